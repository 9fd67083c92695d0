//! `portcullis snapshot`: what to collect for `explain`, and how.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::collect::script::{self, script};
use crate::collect::{parse_region, run};
use crate::output;

/// Collect what `explain` reads, with the AWS CLI that is installed, or print a script that does it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder to fill; answers go to FOLDER/ACCOUNT/REGION
    #[arg(short = 'o', long, value_name = "FOLDER", default_value = "export", env = "PORTCULLIS_FOLDER")]
    folder: String,
    /// The profile of the AWS CLI
    #[arg(long, value_name = "PROFILE", env = "PORTCULLIS_PROFILE")]
    profile: Option<String>,
    /// A region to collect; may be given several times. Otherwise the one that the AWS CLI takes by itself
    #[arg(
        long = "region", value_name = "REGION", value_parser = parse_region, env = "PORTCULLIS_REGION",
        value_delimiter = ','
    )]
    regions: Vec<String>,
    /// Where to send the calls, unless to AWS: an emulator, for example
    #[arg(long, value_name = "URL", env = "PORTCULLIS_ENDPOINT_URL")]
    endpoint_url: Option<String>,
    /// How long a call may take, in seconds
    #[arg(
        long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..),
        env = "PORTCULLIS_TIMEOUT"
    )]
    timeout: u64,
    /// Replace what the folder has of the same account and region
    #[arg(long, conflicts_with = "script", env = "PORTCULLIS_FORCE")]
    force: bool,
    /// Say only what could not be collected
    #[arg(short, long, env = "PORTCULLIS_QUIET")]
    quiet: bool,
    /// Show no progress
    #[arg(long, env = "PORTCULLIS_NO_PROGRESS")]
    no_progress: bool,
    /// Print a shell script that collects the same, for people who hand out no credentials
    #[arg(long, env = "PORTCULLIS_SCRIPT")]
    script: bool,
}

const EXAMPLES: &str = "\
Examples:
  portcullis snapshot                                fills the folder `export`
  portcullis snapshot --profile prod --region eu-west-1 --region us-east-1 -o prod
  portcullis snapshot --script > collect.sh          look at it, then run it: sh collect.sh

It runs `aws`, with the credentials that `aws` finds, and nothing else. The calls only read.
Where one is not permitted it goes on, and says so at the end. The managed policy ReadOnlyAccess
permits all of them. Keys of VPN tunnels and user data of launch templates are not asked for.

Exit codes: 0 all was collected, 1 some calls failed, 2 it could not begin or go on";

/// Runs it.
///
/// # Errors
/// If it cannot begin or go on.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (profile, endpoint) = (arguments.profile.as_deref(), arguments.endpoint_url.as_deref());
    let (regions, folder) = (arguments.regions.as_slice(), arguments.folder.as_str());
    if folder.is_empty() {
        anyhow::bail!("--folder is empty; expected a folder such as `export`");
    }
    if arguments.script {
        output::print(&script(&script::Plan { profile, regions, endpoint, folder }))?;
        return Ok(ExitCode::SUCCESS);
    }
    run::run(&run::Plan {
        profile,
        regions,
        endpoint,
        folder,
        replace: arguments.force,
        timeout: Duration::from_secs(arguments.timeout),
        quiet: arguments.quiet,
        progress: !arguments.no_progress,
    })
}
