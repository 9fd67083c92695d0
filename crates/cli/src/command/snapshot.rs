//! `portcullis snapshot`: what to collect for `explain`, and how.

use std::process::ExitCode;

use clap::Args;

use crate::collect::script::{Plan, script};
use crate::output;

/// Print a script that collects what `explain` reads, for the AWS CLI and credentials of your own
#[derive(Debug, Args)]
#[command(override_usage = "portcullis snapshot --script [OPTIONS]", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print the script (required: portcullis itself collects nothing yet, and needs no credentials)
    #[arg(long, env = "PORTCULLIS_SCRIPT")]
    script: bool,
    /// The profile of the AWS CLI
    #[arg(long, value_name = "PROFILE", env = "PORTCULLIS_PROFILE")]
    profile: Option<String>,
    /// A region to collect; may be given several times. Otherwise the one that the AWS CLI takes by itself
    #[arg(
        long = "region", value_name = "REGION", value_parser = parse_region, env = "PORTCULLIS_REGION",
        value_delimiter = ','
    )]
    regions: Vec<String>,
    /// The folder that the script fills, unless it is run with another
    #[arg(long, value_name = "FOLDER", default_value = "export", env = "PORTCULLIS_FOLDER")]
    folder: String,
}

const EXAMPLES: &str = "\
Examples:
  portcullis snapshot --script > collect.sh          look at it, then run it: sh collect.sh
  portcullis snapshot --script --profile prod --region eu-west-1 --region us-east-1 | sh

The calls of the script only read. The script needs `aws` and nothing else; it goes on where a call is not permitted.";

/// A region is a word of the script and a folder.
fn parse_region(text: &str) -> Result<String, String> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let is_region = text.starts_with(|letter: char| letter.is_ascii_lowercase()) && text.chars().all(plain);
    if is_region { Ok(text.to_owned()) } else { Err("expected a region such as eu-west-1".into()) }
}

/// Runs it.
///
/// # Errors
/// If `--script` is missing.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if !arguments.script {
        anyhow::bail!(
            "snapshot collects nothing itself yet; use --script, which prints a script that does it with the AWS CLI:\n\n  \
             portcullis snapshot --script > collect.sh"
        );
    }
    if arguments.folder.is_empty() {
        anyhow::bail!("--folder is empty; expected a folder such as `export`");
    }
    let profile = arguments.profile.as_deref();
    output::print(&script(&Plan { profile, regions: &arguments.regions, folder: &arguments.folder }))?;
    Ok(ExitCode::SUCCESS)
}
