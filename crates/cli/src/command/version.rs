//! `portcullis version`: which version this is, and which versions of JSON it prints.

use std::process::ExitCode;

use clap::Args;

use crate::output;

/// Print the version, and those of the shapes of its JSON
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {}

const EXAMPLES: &str = "\
Examples:
  portcullis version                         also: portcullis --version, in one line

A shape's version changes when a field is renamed, removed or changes its meaning; new fields do not change it.

Exit codes: 0 it was printed";

/// Runs it.
///
/// # Errors
/// If standard output cannot be written.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let mut text = format!("portcullis {}\n", env!("CARGO_PKG_VERSION"));
    for schema in render::SCHEMAS {
        text.push_str(schema);
        text.push('\n');
    }
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}
