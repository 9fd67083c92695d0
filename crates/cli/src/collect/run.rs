//! `portcullis snapshot`: makes the calls of the table with the AWS CLI that is installed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;

use super::aws::Aws;
use super::failure::Failure;
use super::folder::Place;
use super::progress::Progress;
use super::script::quoted;
use super::{queue, report};
use crate::output;

/// What to collect, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The profile of the AWS CLI, unless it is the one that the CLI takes by itself.
    pub profile: Option<&'a str>,
    /// The regions; none means the one that the CLI takes by itself.
    pub regions: &'a [String],
    /// Where to send the calls, unless to AWS.
    pub endpoint: Option<&'a str>,
    /// The folder to fill.
    pub folder: &'a str,
    /// Whether what the folder has of these regions is replaced.
    pub replace: bool,
    /// How long a call may take.
    pub timeout: Duration,
    /// Whether to say only what went wrong.
    pub quiet: bool,
    /// Whether to show how far it is.
    pub progress: bool,
}

/// What was collected.
pub struct Collected {
    account: String,
    regions: Vec<(String, queue::Collected)>,
    /// An instance to ask about.
    example: Option<String>,
}

impl Collected {
    /// The calls without a whole answer, as command lines without `aws`, each with the reason.
    pub fn failed(&self) -> impl Iterator<Item = (&str, &str)> {
        let failed = self.regions.iter().flat_map(|(_, collected)| &collected.failed);
        failed.map(|failed| (failed.line.as_str(), failed.failure.message.as_str()))
    }
}

/// Collects, and says nothing but how far it is.
///
/// # Errors
/// If it cannot begin or go on, or `interrupted` is set meanwhile.
pub fn collect(plan: &Plan<'_>, interrupted: &AtomicBool) -> anyhow::Result<Collected> {
    let aws = Aws { profile: plan.profile, endpoint: plan.endpoint, timeout: plan.timeout, interrupted };
    let regions = if plan.regions.is_empty() { vec![region(&aws)?] } else { unique(plan.regions) };
    let account = account(&aws, regions.first().map(String::as_str))?;
    let place = Place::new(Path::new(plan.folder), &account, &regions, plan.replace)?;
    let mut collected = Collected { account, regions: Vec::new(), example: None };
    for region in regions {
        let progress = Progress::new(&collected.account, &region, plan.progress && !plan.quiet);
        let target = place.prepare(&region)?;
        let answers = queue::collect(&aws, &region, &target, &progress)?;
        drop(progress);
        report::record(&target, &answers.failed)?;
        let target = place.finish(&region)?;
        collected.example = collected.example.or_else(|| instance(&target));
        collected.regions.push((region, answers));
    }
    Ok(collected)
}

/// Collects, and says what. The exit code is 0 if everything was collected, and 1 if some calls failed.
///
/// # Errors
/// If it cannot begin or go on.
pub fn run(plan: &Plan<'_>) -> anyhow::Result<ExitCode> {
    // A folder called `-x` would be an option of the command that is printed.
    let folder =
        if plan.folder.starts_with('-') { format!("./{}", plan.folder) } else { plan.folder.to_owned() };
    let plan = Plan { folder: &folder, ..*plan };
    let started = Instant::now();
    let Collected { account, regions: all, example } = collect(&plan, &*interruption()?)?;

    let failed: Vec<_> =
        all.iter().map(|(region, collected)| (region.as_str(), collected.failed.as_slice())).collect();
    let missing = report::missing(&failed);
    let answers: usize = all.iter().map(|(_, collected)| collected.answers).sum();
    let calls = answers + failed.iter().map(|(_, failed)| failed.len()).sum::<usize>();
    let regions: Vec<_> = all.iter().map(|(region, _)| region.as_str()).collect();
    let seconds = started.elapsed().as_secs_f32();
    if !plan.quiet || !missing.is_empty() {
        anstream::eprintln!(
            "collected {answers} of {calls} answers of {} of account {account} in {seconds:.0} s",
            regions.join(", ")
        );
        anstream::eprint!("{missing}");
    }
    if !plan.quiet {
        let end = example.as_deref().unwrap_or("NAME");
        let question = quoted(&format!("internet -> {end}:443"));
        output::print(&format!("\nnow try\n  portcullis explain -i {} {question}\n", quoted(&folder)))?;
    }
    Ok(if missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A flag that Ctrl-C sets. Whoever presses it twice does not wait.
///
/// # Errors
/// If signals cannot be handled.
pub fn interruption() -> anyhow::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    let again = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(2);
        }
    };
    ctrlc::set_handler(again).context("signals cannot be handled")?;
    Ok(interrupted)
}

/// The regions, each once.
fn unique(regions: &[String]) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for region in regions {
        if !unique.contains(region) {
            unique.push(region.clone());
        }
    }
    unique
}

/// The region that the AWS CLI takes by itself.
fn region(aws: &Aws<'_>) -> anyhow::Result<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let region = match set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")) {
        Some(region) => region,
        None => aws.word(None, &["configure", "get", "region"])?.unwrap_or_default(),
    };
    if region.is_empty() {
        anyhow::bail!("which region? give one with --region, or set AWS_REGION");
    }
    super::parse_region(&region).map_err(|expected| anyhow::anyhow!("the region is `{region}`; {expected}"))
}

/// The account that the credentials belong to: without any, nothing can be collected.
fn account(aws: &Aws<'_>, region: Option<&str>) -> anyhow::Result<String> {
    let words = ["sts", "get-caller-identity", "--query", "Account", "--output", "text"];
    match aws.word(region, &words)? {
        Ok(account) if !account.is_empty() && account.chars().all(|letter| letter.is_ascii_digit()) => {
            Ok(account)
        }
        Ok(other) => anyhow::bail!(
            "expected the number of an account from `aws sts get-caller-identity`, found `{other}`"
        ),
        Err(Failure { message, .. }) => anyhow::bail!(
            "AWS does not say whose credentials these are: {message}\n\n  \
             `aws sts get-caller-identity` must work; try `aws configure`, `aws sso login` or another --profile"
        ),
    }
}

/// An instance to ask about.
fn instance(folder: &Path) -> Option<String> {
    let path: PathBuf = folder.join("describe-instances.json");
    let answer: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let reservations = answer.get("Reservations")?.as_array()?.iter();
    let instances = reservations.filter_map(|reservation| reservation.get("Instances")?.as_array()).flatten();
    instances.filter_map(|instance| instance.get("InstanceId")?.as_str()).next().map(str::to_owned)
}
