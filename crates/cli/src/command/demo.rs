use clap::Args;
use std::process::ExitCode;
/// x
#[derive(Debug, Args)]
pub(crate) struct Arguments {}
pub(crate) fn run(_: &Arguments, _: crate::output::ColorChoice) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
