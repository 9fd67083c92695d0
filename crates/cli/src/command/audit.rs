//! `portcullis audit`: what is wrong with a network, each finding proved.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use answers::audit::{
    BASELINE_SCHEMA, Baseline, Graded, SarifLog, Severity, audit, choose, grade_imported, sift,
};
use answers::grant::Moment;
use answers::intent::{Date, Intent};
use anyhow::Context;
use clap::{Args, ValueEnum};
use render::report::{self, Report};

use super::rule::no_rule;
use crate::config;
use crate::format::Format;
use crate::input::Inputs;
use crate::output::{self, ColorChoice};

/// Show what is wrong: shadowed and idle rules, what the internet reaches or nearly reaches, replies that are lost
#[derive(Debug, Args)]
#[command(visible_alias = "lint", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    inputs: Inputs,
    /// Only these rules, by id or name
    #[arg(long, value_name = "RULE", value_delimiter = ',', env = "PORTCULLIS_RULE")]
    rule: Vec<String>,
    /// Not these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', env = "PORTCULLIS_SKIP")]
    skip: Vec<String>,
    /// Only findings that are at least this bad
    #[arg(long, value_enum, env = "PORTCULLIS_SEVERITY")]
    severity: Option<Least>,
    /// Only findings that this file does not list
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_BASELINE")]
    baseline: Option<PathBuf>,
    /// Write what is found to this file, for `--baseline`
    #[arg(long, value_name = "FILE", conflicts_with = "baseline", env = "PORTCULLIS_WRITE_BASELINE")]
    write_baseline: Option<PathBuf>,
    /// Grade what another scanner found, in SARIF: exposed, partial, latent or unreachable, and what stops it
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_IMPORT")]
    import: Option<PathBuf>,
    /// Exit with 0 whatever is found
    #[arg(long, env = "PORTCULLIS_EXIT_ZERO")]
    exit_zero: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
    /// The intent file with what is meant, waivers and settings, instead of the nearest portcullis.yaml
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_CONFIG")]
    config: Option<PathBuf>,
    /// The address that `me` stands for in the intent
    #[arg(long, value_name = "ADDRESS", env = "PORTCULLIS_ME")]
    me: Option<IpAddr>,
    /// The day by which waivers and grants are judged, from its beginning; else it is now, in UTC
    #[arg(long, value_name = "DATE", env = "PORTCULLIS_TODAY")]
    today: Option<Date>,
    /// What time it is, instead of the clock's
    #[arg(long, value_name = "TIME", env = "PORTCULLIS_NOW", hide = true)]
    now: Option<Moment>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis audit -i export                                     all that is wrong, the worst first
  portcullis audit -i export --severity error                    only what must be mended
  portcullis audit -i export --rule PC0203,exposed               only these rules, by id or name
  portcullis audit -i export --write-baseline known.json         what is there today
  portcullis audit -i export --baseline known.json               only what is new since
  portcullis audit -i export --import results.sarif              what of another scanner's findings is true
  portcullis rule PC0203                                         what a rule is about

Each finding says what follows from it, with a question that shows it. A fix is proposed only where the engine proved on the
changed network what it does.

With portcullis.yaml, given by --config or found, rules go by it too: what it declares must not be cut by denies (PC0204),
and what it denies should not be stopped by one layer alone (PC0301).

Exit codes: 0 nothing was found, 1 something was, at least as bad as --severity says (a note counts by default), 2 wrong
rules or input, 3 nothing was found, and something cannot be decided";

/// The least severity that counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Least {
    /// Everything
    #[default]
    Note,
    /// What should or must be mended
    Warning,
    /// What must be mended
    Error,
}

/// Runs it.
///
/// # Errors
/// If a rule, the baseline or the input is wrong.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let style = output::style(color, &std::io::stdout());
    let mut intent = config::load(arguments.config.as_ref())?;
    intent.me = arguments.me.or(intent.me);
    let intent = intent;
    let skip = intent.audit.skip.iter().map(|skip| skip.rule.clone());
    let skip: Vec<String> = arguments.skip.iter().cloned().chain(skip).collect();
    let rules = choose(&arguments.rule, &skip).map_err(|called| no_rule(&called))?;
    let baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let loaded = arguments.inputs.load(output::style(color, &std::io::stderr()))?;
    let now = match (arguments.now, arguments.today) {
        (Some(now), _) => now,
        (None, Some(today)) => Moment::from(today),
        (None, None) => clock()?,
    };
    let found = audit(&loaded.network, &rules, &intent, now);
    if let Some(path) = &arguments.write_baseline {
        let text = serde_json::to_string_pretty(&Baseline::of(&found))? + "\n";
        std::fs::write(path, text).with_context(|| format!("{} could not be written", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let imported = match &arguments.import {
        Some(path) => import(path, &loaded.network)?,
        None => Vec::new(),
    };
    let today = arguments.today.unwrap_or_else(|| now.day());
    let mut sifted =
        sift(found, least(arguments.severity, &intent)?, &intent.waive, baseline.as_ref(), today);
    sifted.imported = imported;
    output::print(&match arguments.format {
        Format::Text => render::audit(&sifted, style),
        Format::Json => render::audit_json(&sifted)? + "\n",
        Format::Report(format) => {
            let report = render::audit_report(&sifted, &rules);
            report::print(&Report { input: arguments.inputs.first(), ..report }, format)?
        }
    })?;
    Ok(match () {
        () if arguments.exit_zero => ExitCode::SUCCESS,
        () if !sifted.findings.is_empty() => ExitCode::from(1),
        // What nobody can say is not safe.
        () if !sifted.undecided.is_empty() => ExitCode::from(3),
        () => ExitCode::SUCCESS,
    })
}

/// What another scanner found, graded.
fn import(path: &Path, network: &engine::Network) -> anyhow::Result<Vec<Graded>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))?;
    let log: SarifLog =
        serde_json::from_str(&text).with_context(|| format!("{} is no SARIF 2.1.0", path.display()))?;
    Ok(grade_imported(network, &log))
}

/// The least severity that counts: as the option says, else as the intent file does.
fn least(option: Option<Least>, intent: &Intent) -> anyhow::Result<Severity> {
    let written = match &intent.audit.severity {
        Some((word, place)) => {
            Least::from_str(word, true).map_err(|error| anyhow::anyhow!("{place}: {error}"))?
        }
        None => Least::default(),
    };
    Ok(match option.unwrap_or(written) {
        Least::Note => Severity::Note,
        Least::Warning => Severity::Warning,
        Least::Error => Severity::Error,
    })
}

fn read_baseline(path: &Path) -> anyhow::Result<Baseline> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))?;
    let baseline: Baseline = serde_json::from_str(&text)
        .with_context(|| format!("{} is no baseline; `--write-baseline` writes one", path.display()))?;
    anyhow::ensure!(
        baseline.schema == BASELINE_SCHEMA,
        "{}: expected a baseline of schema `{BASELINE_SCHEMA}`, found `{}`",
        path.display(),
        baseline.schema
    );
    Ok(baseline)
}

/// What time it is.
fn clock() -> anyhow::Result<Moment> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    Ok(Moment::of_unix_seconds(since.as_secs()))
}
