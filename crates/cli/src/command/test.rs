//! `portcullis test`: is what was meant true?

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use answers::grant::Moment;
use answers::intent::{self, Date, Intent, IntentError, Settings, Status, Tested};
use clap::Args;
use engine::Network;
use render::report::{self, Report};

use crate::format::Format;
use crate::input::Inputs;
use crate::output::{self, ColorChoice};
use crate::progress::Progress;
use crate::{config, watch};

/// Test what was meant: each line of portcullis.yaml, proved for all sources, targets, zones and ports
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Intent files; without one, the nearest portcullis.yaml from the working folder upwards
    #[arg(value_name = "FILE", env = "PORTCULLIS_INTENT", value_delimiter = ',')]
    files: Vec<PathBuf>,
    #[command(flatten)]
    inputs: Inputs,
    /// Test these lines only: by `id:`, or by the text of the flow
    #[arg(long, value_name = "ID", env = "PORTCULLIS_ONLY")]
    only: Vec<String>,
    /// Lines below `temporary` that are granted now
    #[arg(long, value_name = "ID", env = "PORTCULLIS_GRANTED")]
    granted: Vec<String>,
    /// Take every rule that allows something away in turn, and say which lines notice; and whether every line notices
    /// some change
    #[arg(long, env = "PORTCULLIS_MUTATE")]
    mutate: bool,
    /// Show no progress
    #[arg(long, env = "PORTCULLIS_NO_PROGRESS")]
    no_progress: bool,
    /// The address that `me` stands for
    #[arg(long, value_name = "ADDRESS", env = "PORTCULLIS_ME")]
    me: Option<IpAddr>,
    /// The day that `until:` and the ends of grants are held against, instead of today
    #[arg(long, value_name = "YYYY-MM-DD", env = "PORTCULLIS_TODAY")]
    today: Option<Date>,
    /// What time it is, instead of the clock's
    #[arg(long, value_name = "TIME", env = "PORTCULLIS_NOW", hide = true)]
    now: Option<Moment>,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
    /// What cannot be decided is a failure
    #[arg(long, env = "PORTCULLIS_STRICT")]
    strict: bool,
    /// End with 0 whatever was found
    #[arg(long, env = "PORTCULLIS_EXIT_ZERO")]
    exit_zero: bool,
    /// Test again whenever an input or an intent changes, until Ctrl-C
    #[arg(long, env = "PORTCULLIS_WATCH")]
    watch: bool,
}

const EXAMPLES: &str = "\
Examples:
  portcullis test -i export                          the nearest portcullis.yaml
  portcullis test -i export shop.yaml --only orders
  portcullis test -i export --strict --format json
  portcullis test -i export --mutate                 which rules does no line need?
  portcullis test -i export --watch

What lines mean:
  allow      works for all: every source, target, zone and client port, and the reply gets back
  deny       no packet arrives, from any client port; `layers: 2`: security groups alone and network ACLs alone stop it
  closed     no packet gets into or out of these but for what `allow` and `temporary` declare
  temporary  as deny, unless rules open it whose own mark says until when, within `max`, or `--granted` says that it is
             granted now; declared for `closed`
  expect     subnets use this network ACL, interfaces have this security group
An answer counts for `allow` only: what `deny` and `closed` forbid has to be stopped before it arrives.
An interface is not asked by itself.

Exit codes: 0 all is so, 1 something is not, or is so for a share, or names nobody, or with --mutate a rule goes unnoticed,
2 wrong input or intent, 3 something cannot be decided (1 with --strict)";

/// Runs it.
///
/// # Errors
/// If the input or an intent is wrong.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    if !arguments.watch {
        return once(arguments, color);
    }
    if arguments.inputs.paths().iter().any(|path| path == Path::new("-")) {
        anyhow::bail!("standard input can be read once: `--watch` needs files");
    }
    let files = || {
        let found = || config::find().into_iter().collect();
        let intents = if arguments.files.is_empty() { found() } else { arguments.files.clone() };
        arguments.inputs.paths().iter().cloned().chain(intents).collect()
    };
    watch::again_and_again(files, || once(arguments, color))
}

/// Tests once.
fn once(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let (style, error_style) =
        (output::style(color, &std::io::stdout()), output::style(color, &std::io::stderr()));
    // What was written by hand first: an error in it should not wait for a large input.
    let intents = read(arguments, color)?;
    let loaded = arguments.inputs.load(error_style)?;
    let start = Instant::now();
    let mut tested = Tested::default();
    for (path, intent) in &intents {
        match test(arguments, intent, &loaded.network) {
            Ok(found) => {
                tested.lines.extend(found.lines);
                if let Some(more) = found.mutated {
                    let all = tested.mutated.get_or_insert_default();
                    all.entries.extend(more.entries);
                    all.lines.extend(more.lines);
                }
            }
            Err(errors) => {
                config::show(&errors, path, error_style);
                return Ok(ExitCode::from(2));
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    output::print(&match arguments.format {
        Format::Text => render::test(&tested, Some(seconds), style),
        Format::Json => render::test_json(&tested)? + "\n",
        Format::Report(format) => {
            let report = render::test_report(&tested, Some(seconds));
            report::print(&Report { input: arguments.inputs.first(), ..report }, format)?
        }
    })?;
    Ok(exit_code(arguments, &tested))
}

/// The intents that are tested.
fn read(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<Vec<(PathBuf, Intent)>> {
    let mut files = arguments.files.clone();
    if files.is_empty() {
        files.push(config::nearest()?);
    }
    let mut intents = Vec::new();
    for path in files {
        let intent = config::read(&path, color)?;
        if intent.is_empty() {
            // No line at all must not look like "all is so" to whoever goes by the exit code.
            anyhow::bail!(
                "{} asks for nothing; expected `allow`, `deny`, `closed` or `expect`",
                path.display()
            );
        }
        intents.push((path, intent));
    }
    let ids = || intents.iter().flat_map(|(_, intent)| intent.ids());
    let temporary = || {
        intents
            .iter()
            .flat_map(|(_, intent)| intent.temporary.iter().map(|temporary| temporary.line.id.as_str()))
    };
    let known = [
        ("--only", &arguments.only, ids().collect::<Vec<_>>()),
        ("--granted", &arguments.granted, temporary().collect()),
    ];
    for (option, wanted, known) in known {
        if let Some(wrong) = wanted.iter().find(|wanted| !known.contains(&wanted.as_str())) {
            let meant = answers::suggest::closest(wrong, known.iter().copied());
            let hint = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            anyhow::bail!("{option}: no line is called `{wrong}`{hint}");
        }
    }
    Ok(intents)
}

fn test(arguments: &Arguments, intent: &Intent, network: &Network) -> Result<Tested, Vec<IntentError>> {
    let names = intent::names(intent, network, arguments.me)?;
    let clock = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Some(Moment::of_unix_seconds(since.as_secs()))
    };
    let now = arguments.now.or_else(|| arguments.today.map(Moment::from)).or_else(clock);
    let today = arguments.today.or_else(|| now.map(Moment::day));
    let settings = Settings {
        only: arguments.only.clone(),
        granted: arguments.granted.clone(),
        today,
        now,
        fix: true,
        mutate: arguments.mutate,
    };
    let wanted = arguments.mutate && !arguments.no_progress && !arguments.inputs.notes.quiet;
    let progress = Progress::new("rules tried", wanted);
    intent::test(intent, &names, &settings, &|done, of| progress.at(done, of))
}

fn exit_code(arguments: &Arguments, tested: &Tested) -> ExitCode {
    let any = |status: &[Status]| status.iter().any(|status| tested.count(*status) > 0);
    if arguments.exit_zero {
        ExitCode::SUCCESS
    } else if any(&[Status::Fail, Status::Partial, Status::Vacuous]) || tested.unnoticed() {
        ExitCode::from(1)
    } else if any(&[Status::Undecided]) {
        ExitCode::from(if arguments.strict { 1 } else { 3 })
    } else {
        ExitCode::SUCCESS
    }
}
