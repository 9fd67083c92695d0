//! `portcullis lab exec`: a command on a machine of the lab.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use clap::Args;
use lab::namespace::Namespace;

use super::standing;

/// Run a command on a machine of the lab
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Which: a name, an instance's or interface's id, an address, or `world` for a host on the internet
    #[arg(value_name = "MACHINE")]
    machine: String,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab exec web-1 -- curl -m 3 http://10.0.2.10/
  portcullis lab exec world -- nc -zvw 2 198.51.100.10 443

The command sees this machine's files, and the network of the machine that is named.

Exit codes: 0 and others as the command has them, 2 the lab is not up or nobody is called so";

/// Runs it.
///
/// # Errors
/// If the lab is not up, nobody is called so, or the command cannot be started.
pub(crate) fn run(arguments: &Arguments, name: &str) -> anyhow::Result<ExitCode> {
    let Some((program, rest)) = arguments.command.split_first() else { anyhow::bail!("no command") };
    become_of(name, &arguments.machine, Command::new(program).args(rest))
}

/// Becomes a command on a machine of the lab.
pub(super) fn become_of(name: &str, machine: &str, command: &mut Command) -> anyhow::Result<ExitCode> {
    let state = standing(name)?;
    let namespace = if machine == "world" {
        state.world
    } else {
        let host = state.host(machine)?;
        if let Some(down) = &host.down {
            anyhow::bail!("`{machine}` is {down}: nothing runs on it");
        }
        host.namespace.clone()
    };
    Namespace::new(namespace).enter()?;
    let error = command.exec();
    Err(error).map_err(|error| {
        anyhow::anyhow!("`{}` could not be started: {error}", command.get_program().display())
    })
}
