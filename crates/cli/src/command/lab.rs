//! `portcullis lab`: becomes `portcullis-lab`, which is built apart since it needs Linux and nftables.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::Args;

/// Bring the network up on this machine, with real packets (`portcullis-lab`)
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, disable_help_flag = true, disable_version_flag = true)]
pub(crate) struct Arguments {
    /// What `portcullis-lab` is told; `--help` shows what it can be
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab up -i export
  portcullis lab exec web-1 -- curl -m 3 http://10.0.2.10/
  portcullis lab test
  portcullis lab down

Exit codes: 0 it worked, 1 something is not as it should be, 2 wrong input or missing rights, 3 cannot be decided";

/// The name of the command's file.
const NAME: &str = "portcullis-lab";

/// Runs it.
///
/// # Errors
/// If it is not installed, or cannot be started.
pub(crate) fn run(Arguments { arguments }: &Arguments) -> anyhow::Result<ExitCode> {
    let mut command = Command::new(beside().unwrap_or_else(|| NAME.into()));
    let status = match command.args(arguments).status() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            anyhow::bail!(
                "`{NAME}` is neither beside `portcullis` nor in PATH; `cargo install --path crates/lab` builds it"
            )
        }
        status => status.map_err(|error| anyhow::anyhow!("`{NAME}` could not be started: {error}"))?,
    };
    // Ended by a signal, it has no code.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::from(2), ExitCode::from))
}

/// The one in the folder of this program.
fn beside() -> Option<PathBuf> {
    let here = std::env::current_exe().ok()?.with_file_name(NAME);
    here.is_file().then_some(here)
}
