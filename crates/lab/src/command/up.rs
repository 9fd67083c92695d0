//! `portcullis lab up`: brings the lab of an export up.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use cli::input::Inputs;
use cli::output::{self, ColorChoice};
use lab::build::Lab;
use lab::numbers::Numbers;
use lab::state::State;
use lab::{addresses, clear, privileges};

use super::count;

/// Bring up the lab of an export
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    /// Seconds from one health check of a load balancer to the next, in place of the export's
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..), env = "PORTCULLIS_CHECK_INTERVAL")]
    check_interval: Option<u64>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab up -i export

Nothing leaves this machine: the lab's namespaces have links to each other only.

Exit codes: 0 it is up, 2 wrong input or missing rights";

/// Runs it.
///
/// # Errors
/// If a lab of that name is up, the input is wrong, rights are missing, or the kernel refuses something: then nothing of
/// it is left.
pub(crate) fn run(arguments: &Arguments, name: &str, color: ColorChoice) -> anyhow::Result<ExitCode> {
    named_well(name)?;
    privileges::check()?;
    if let Some(state) = State::read(name)? {
        let how = if state.complete { "is up" } else { "did not come up in full" };
        anyhow::bail!("lab `{name}` {how}; `portcullis lab down` ends it");
    }
    let paths = absolute(arguments.inputs.paths())?;
    let loaded = arguments.inputs.load(output::style(color, &std::io::stderr()))?;
    let start = Instant::now();
    let (network, made_up) = addresses::given(&loaded.network);
    let lab = Lab::plan(&network, name, &Numbers::default())?
        .with_check_interval(arguments.check_interval.map(Duration::from_secs));
    let mut state = lab.state(paths);
    state.assumed.extend(made_up);
    if let Some(taken) = state.namespaces().find(lab::namespace::Namespace::exists) {
        anyhow::bail!(
            "a namespace `{}` is there already and is not this lab's; name it otherwise with `--lab`",
            taken.name()
        );
    }
    state.write()?;
    let program = std::env::current_exe().context("this program's own file could not be found")?;
    if let Err(error) = lab.up().and_then(|()| lab.balance(&program)) {
        clear::clear(&state)?;
        return Err(error.into());
    }
    lab.wiring().write(name)?;
    lab.in_force().write(name)?;
    state.complete = true;
    state.write()?;
    let took = start.elapsed().as_secs_f64();
    let machines = || state.hosts.iter().filter(|host| !host.is_node);
    let down = machines().filter(|host| host.down.is_some()).count();
    let stopped = if down > 0 { format!(" ({down} not running)") } else { String::new() };
    let nodes = state.hosts.len().saturating_sub(machines().count());
    let nodes =
        if nodes > 0 { format!(" and {}", count(nodes, "load balancer node")) } else { String::new() };
    output::print(&format!(
        "{}{stopped}{nodes} in {} up in {took:.2} s\n",
        count(machines().count(), "machine"),
        count(lab.topology().vpcs.len(), "VPC")
    ))?;
    not_carried(&state)?;
    Ok(ExitCode::SUCCESS)
}

/// Says what the lab does not carry, and what it takes for granted.
pub(super) fn not_carried(state: &State) -> anyhow::Result<()> {
    for (heading, list) in [
        ("not carried, what goes there is dropped", &state.not_carried),
        ("the export does not say, and the lab has", &state.assumed),
    ] {
        if !list.is_empty() {
            let lines: String = list.iter().map(|what| format!("  {what}\n")).collect();
            output::print(&format!("{heading}:\n{lines}"))?;
        }
    }
    Ok(())
}

/// A name becomes part of names of namespaces and of a file.
fn named_well(name: &str) -> anyhow::Result<()> {
    let fine = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(fine) {
        anyhow::bail!("a lab is named with at most 64 letters, digits, `-` and `_`, not `{name}`");
    }
    Ok(())
}

/// Inputs as they are found from everywhere: other commands read them again.
pub(super) fn absolute(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    if paths.iter().any(|path| path == Path::new("-")) {
        anyhow::bail!(
            "standard input can be read once, and `lab test` reads the input again: give a file or a folder"
        );
    }
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).with_context(|| format!("{} could not be found", path.display()))
    };
    paths.iter().map(absolute).collect()
}
