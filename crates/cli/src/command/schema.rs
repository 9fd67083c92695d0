//! `portcullis schema`: the JSON Schema of portcullis.yaml.

use std::process::ExitCode;

use answers::intent::SCHEMA;
use clap::Args;

use crate::output;

/// Print the JSON Schema of portcullis.yaml, for editors
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {}

const EXAMPLES: &str = "\
Examples:
  portcullis schema > portcullis.schema.json

An editor with YAML support reads it where the first line of portcullis.yaml is
  # yaml-language-server: $schema=portcullis.schema.json

Exit codes: 0 it was printed";

/// Runs it.
///
/// # Errors
/// If standard output cannot be written to.
pub(crate) fn run(_: &Arguments) -> anyhow::Result<ExitCode> {
    output::print(SCHEMA)?;
    Ok(ExitCode::SUCCESS)
}
