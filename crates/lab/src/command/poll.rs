//! The answers of an endpoint, asked for again and again with the AWS CLI.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use cli::collect::parse_region;
use cli::collect::run::{Plan, collect, interruption};
use lab::state::polled;

/// How to ask.
#[derive(Debug, Args)]
pub(crate) struct Endpoint {
    /// In place of files: what `aws` says there, asked for again and again, until Ctrl-C; an emulator, for example
    #[arg(long, value_name = "URL", requires = "follow")]
    // It has no variable: one that is set for `snapshot` would turn `-i` away.
    pub(super) endpoint_url: Option<String>,
    /// The profile of the AWS CLI
    #[arg(long, value_name = "PROFILE", env = "PORTCULLIS_PROFILE")]
    profile: Option<String>,
    /// A region to ask for; may be given several times. Otherwise the one that the AWS CLI takes by itself
    #[arg(
        long = "region", value_name = "REGION", value_parser = parse_region, env = "PORTCULLIS_REGION",
        value_delimiter = ','
    )]
    regions: Vec<String>,
    /// Seconds from the end of one round of questions to the beginning of the next
    #[arg(
        long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..),
        env = "PORTCULLIS_EVERY"
    )]
    every: u64,
}

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long is slept between two looks for Ctrl-C.
const BREATH: Duration = Duration::from_millis(50);

/// Calls without whose answers a network has no machines, or no rules: what they do not say is not gone.
const NEEDED: [&str; 7] = [
    "ec2 describe-vpcs",
    "ec2 describe-subnets",
    "ec2 describe-route-tables",
    "ec2 describe-network-acls",
    "ec2 describe-security-groups",
    "ec2 describe-network-interfaces",
    "ec2 describe-instances",
];

impl Endpoint {
    /// Asks, and has done what there is to do about the answers, again and again until Ctrl-C: at once where that says that
    /// they may not be whole. What goes wrong is said, and the next round waited for.
    pub(super) fn follow(
        &self,
        lab: &str,
        mut act: impl FnMut(&Path) -> anyhow::Result<bool>,
    ) -> anyhow::Result<ExitCode> {
        let interrupted = interruption()?;
        let mut unanswered = None;
        anstream::eprintln!(
            "asking {}, and again {} s after each round; Ctrl-C ends",
            self.endpoint_url.as_deref().unwrap_or("AWS"),
            self.every
        );
        loop {
            let asked = self.ask(lab, &mut unanswered, &interrupted);
            let done = asked.and_then(|()| act(&polled(lab)[0]));
            if interrupted.load(Ordering::Relaxed) {
                return Ok(ExitCode::SUCCESS);
            }
            match done {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) => anstream::eprintln!("error: {error:#}; what is in force stays"),
            }
            let since = Instant::now();
            while since.elapsed() < Duration::from_secs(self.every) {
                if interrupted.load(Ordering::Relaxed) {
                    return Ok(ExitCode::SUCCESS);
                }
                thread::sleep(BREATH);
            }
        }
    }

    /// One round. Answers that lack what the round before had are not taken: what is not answered for once is not gone.
    fn ask(
        &self,
        lab: &str,
        unanswered: &mut Option<BTreeSet<String>>,
        interrupted: &AtomicBool,
    ) -> anyhow::Result<()> {
        let [taken, asked, before] = polled(lab);
        let collected = collect(
            &Plan {
                profile: self.profile.as_deref(),
                regions: &self.regions,
                endpoint: self.endpoint_url.as_deref(),
                folder: asked.to_str().context("the lab's folder has no name")?,
                replace: true,
                timeout: PATIENCE,
                quiet: true,
                progress: false,
            },
            interrupted,
        )?;
        for (line, message) in collected.failed() {
            let needed = NEEDED.iter().any(|call| line.starts_with(call));
            let answered_before = unanswered.as_ref().is_some_and(|known| !known.contains(line));
            if needed || answered_before {
                anyhow::bail!("`aws {line}` has no answer: {message}");
            }
        }
        let failed: BTreeSet<String> = collected.failed().map(|(line, _)| line.to_owned()).collect();
        if unanswered.is_none() && !failed.is_empty() {
            let lines: String = failed.iter().map(|line| format!("  aws {line}\n")).collect();
            anstream::eprint!("no answer, and what it is about is not in the lab:\n{lines}");
        }
        *unanswered = Some(failed);
        let moved = || -> std::io::Result<()> {
            if taken.exists() {
                fs::rename(&taken, &before)?;
            }
            fs::rename(&asked, &taken)?;
            if before.exists() { fs::remove_dir_all(&before) } else { Ok(()) }
        };
        moved().with_context(|| format!("{} could not be written", taken.display()))
    }
}
