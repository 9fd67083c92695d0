//! `portcullis lab shell`: a shell on a machine of the lab.

use std::process::{Command, ExitCode};

use clap::Args;

use super::exec;

/// Open a shell on a machine of the lab
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Which: as for `lab exec`
    #[arg(value_name = "MACHINE")]
    machine: String,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab shell db-1

Exit codes: 0 and others as the shell has them, 2 the lab is not up or nobody is called so";

/// Runs it.
///
/// # Errors
/// As `lab exec`.
pub(crate) fn run(arguments: &Arguments, name: &str) -> anyhow::Result<ExitCode> {
    let shell = std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    let mut command = Command::new(shell);
    command.env("PORTCULLIS_MACHINE", &arguments.machine);
    exec::become_of(name, &arguments.machine, &mut command)
}
