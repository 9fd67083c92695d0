//! `portcullis lab down`: ends the lab.

use std::process::ExitCode;

use clap::Args;
use cli::output;
use lab::clear;
use lab::state::State;

use super::count;

/// End the lab: what runs on its machines, its namespaces, its file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {}

const EXAMPLES: &str = "\
Examples:
  portcullis lab down

Exit codes: 0 nothing of it is left, 2 something could not be removed";

/// Runs it.
///
/// # Errors
/// If something could not be removed.
pub(crate) fn run(Arguments {}: &Arguments, name: &str) -> anyhow::Result<ExitCode> {
    let Some(state) = State::read(name)? else {
        output::print(&format!("no lab `{name}` is up\n"))?;
        return Ok(ExitCode::SUCCESS);
    };
    let ended = clear::clear(&state)?;
    let processes = if ended > 0 {
        format!(", and {} on it", count(ended, "process").replace("processs", "processes"))
    } else {
        String::new()
    };
    let machines = state.hosts.iter().filter(|host| !host.is_node).count();
    output::print(&format!("ended {}{processes}\n", count(machines, "machine")))?;
    Ok(ExitCode::SUCCESS)
}
