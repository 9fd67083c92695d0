//! `portcullis lab status`: what is up.

use std::process::ExitCode;

use clap::Args;
use cli::output;
use lab::state::{HostState, State};
use render::LAB_STATUS_SCHEMA;
use serde::Serialize;

use super::{Format, health, standing, up};

/// Show the machines of the lab that is up, and how the targets of its load balancers are
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab status
  portcullis lab status --format json

Exit codes: 0 it is up, 2 it is not";

/// Runs it.
///
/// # Errors
/// If no lab is up.
pub(crate) fn run(arguments: &Arguments, name: &str) -> anyhow::Result<ExitCode> {
    let state = standing(name)?;
    match arguments.format {
        Format::Text => text(&state)?,
        Format::Json => output::print(&(serde_json::to_string_pretty(&Shown::of(&state))? + "\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What programs read.
#[derive(Serialize)]
struct Shown<'a> {
    schema: &'static str,
    lab: &'a str,
    machines: &'a [HostState],
    world: &'a str,
    not_carried: &'a [String],
}

impl Shown<'_> {
    fn of(state: &State) -> Shown<'_> {
        let State { name, hosts, world, not_carried, .. } = state;
        Shown { schema: LAB_STATUS_SCHEMA, lab: name, machines: hosts, world, not_carried }
    }
}

fn text(state: &State) -> anyhow::Result<()> {
    let rows: Vec<[String; 4]> = state
        .hosts
        .iter()
        .map(|host| {
            let called = host.name.clone().unwrap_or_else(|| host.id.clone());
            let private: Vec<_> = host.addresses.iter().map(ToString::to_string).collect();
            let public: Vec<_> = host.public.iter().map(ToString::to_string).collect();
            let note = host.down.clone().unwrap_or_default();
            [called, private.join(" "), public.join(" "), [host.namespace.as_str(), &note].join(" ")]
        })
        .collect();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
    let [first, second, third] = [width(0), width(1), width(2)];
    let lines: String = rows
        .iter()
        .map(|[called, private, public, namespace]| {
            let line = format!("{called:first$}  {private:second$}  {public:third$}  {namespace}");
            format!("{}\n", line.trim_end())
        })
        .collect();
    output::print(&format!("{lines}world  {}\n", state.world))?;
    output::print(&health::lines(state))?;
    up::not_carried(state)
}
