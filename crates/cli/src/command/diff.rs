//! `portcullis diff`: what a change opens and closes.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use answers::diff::{Both, Change, Difference, Flow};
use answers::intent::Intent;
use clap::{Args, ValueEnum};
use render::report::{self, Report};

use crate::config;
use crate::format::Format;
use crate::input::{self, Notes};
use crate::output::{self, ColorChoice};

/// Show what a change opens, closes and makes partial, by which rules, and what becomes of open connections
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The network before: a folder of `aws ... describe-*` answers, a file, or `-` for standard input
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The network after, likewise
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// More of the network before, over OLD; later ones overlay earlier ones
    #[arg(long = "old", value_name = "PATH", env = "PORTCULLIS_OLD", value_delimiter = ',')]
    over_old: Vec<PathBuf>,
    /// More of the network after, over NEW
    #[arg(long = "new", value_name = "PATH", env = "PORTCULLIS_NEW", value_delimiter = ',')]
    over_new: Vec<PathBuf>,
    /// Exit with 1 if the change does this; may be given several times
    #[arg(long, value_enum, value_name = "WHAT", env = "PORTCULLIS_FAIL_ON", value_delimiter = ',')]
    fail_on: Vec<FailOn>,
    /// The intent that the change is held against, instead of the nearest portcullis.yaml
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_INTENT")]
    intent: Option<PathBuf>,
    /// The address that `me` stands for in the intent
    #[arg(long, value_name = "ADDRESS", env = "PORTCULLIS_ME")]
    me: Option<IpAddr>,
    /// Exit with 0 whatever the change does
    #[arg(long, env = "PORTCULLIS_EXIT_ZERO")]
    exit_zero: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
    #[command(flatten)]
    notes: Notes,
}

const EXAMPLES: &str = "\
Examples:
  portcullis diff before after                       what differs, from the internet first
  portcullis diff prod - --fail-on opens             in a pipeline: fail if anything opens
  portcullis diff prod prod --new sg-web.json        the same network, with one answer laid over it
  portcullis diff before after --format md           as a comment on a pull request

Every pair of ends is compared, in both families, with replies and shares: where nothing is listed, nothing differs. An end
is an interface, by its id, with its primary address of a family, or the internet: the addresses that are nobody's in both.

Changes:
  opens      nothing of a service worked between two ends, and something does
  closes     something worked, and nothing does
  partial    it works before and after, for another share of client ports or of what load balancers pick
  undecided  before or after, nobody can say from the input

--fail-on goes by connections: `opens` is any that works now and did not, in a partial flow too; `closes` is any that
worked and does not now; `breaks` is any line of the intent that held and does not now; `any` is any flow that differs.
What may do so, and nobody can say, gives 3 instead of 1.

With an intent file, given or found, flows and the end say which lines below `allow`, `deny`, `closed`, `temporary` and
`expect` hold before and not after: `deny #2` is the second below `deny`.

Exit codes: 0 the same, or nothing that fails; 1 something that --fail-on names; 2 wrong usage or input; 3 that cannot be
decided";

/// What a change must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Something works that did not
    Opens,
    /// Something worked that does not
    Closes,
    /// A line of the intent held and does not
    Breaks,
    /// Anything differs
    Any,
}

/// Runs it.
///
/// # Errors
/// If the input is wrong.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let (style, error_style) =
        (output::style(color, &std::io::stdout()), output::style(color, &std::io::stderr()));
    let over = |first: &PathBuf, more: &[PathBuf]| -> Vec<PathBuf> {
        std::iter::once(first).chain(more).cloned().collect()
    };
    let (old, new) = (over(&arguments.old, &arguments.over_old), over(&arguments.new, &arguments.over_new));
    if old.iter().chain(&new).filter(|path| *path == Path::new("-")).count() > 1 {
        anyhow::bail!("`-` is given twice; expected one input from standard input, the other one from files");
    }
    let (old, new) = rayon::join(|| input::load(&old, error_style), || input::load(&new, error_style));
    let (old, new) = (old?, new?);
    arguments.notes.report(&old, error_style);
    arguments.notes.report(&new, error_style);
    let networks = Both { old: &*old.network, new: &*new.network };
    let mut difference = answers::diff::diff(networks);
    if let Some(path) = arguments.intent.clone().or_else(config::find) {
        let intent = config::read(&path, color)?;
        let intent = Intent { me: arguments.me.or(intent.me), ..intent };
        let held = difference.hold_against(&intent, networks);
        if let Err(errors) = held {
            config::show(&errors, &path, error_style);
            if arguments.intent.is_some() {
                return Ok(ExitCode::from(2));
            }
            anstream::eprintln!("note: the change is not held against {}\n", path.display());
        }
    }
    let difference = difference;
    output::print(&match arguments.format {
        Format::Text => render::diff(&difference, style),
        Format::Json => render::diff_json(&difference)? + "\n",
        // Its own has the flows side by side.
        Format::Report(format) if format.name == "md" => render::diff_markdown(&difference),
        Format::Report(format) => {
            let report = render::diff_report(
                &difference,
                &|flow| fails(flow, &arguments.fail_on),
                arguments.fail_on.contains(&FailOn::Breaks),
            );
            report::print(&Report { input: arguments.new.display().to_string(), ..report }, format)?
        }
    })?;
    Ok(if arguments.exit_zero { ExitCode::SUCCESS } else { exit_code(&difference, &arguments.fail_on) })
}

/// Whether a flow certainly does what the change must not do.
fn fails(flow: &Flow, fail_on: &[FailOn]) -> bool {
    fail_on.iter().any(|what| match what {
        FailOn::Opens => flow.opens,
        FailOn::Closes => flow.closes,
        // That is of lines, and no matter of one flow.
        FailOn::Breaks => false,
        FailOn::Any => flow.change != Change::Undecided,
    })
}

/// Whether it may, and nobody can say.
fn may_fail(flow: &Flow, fail_on: &[FailOn]) -> bool {
    fail_on.iter().any(|what| match what {
        FailOn::Opens => flow.may_open,
        FailOn::Closes => flow.may_close,
        FailOn::Breaks => false,
        FailOn::Any => flow.change == Change::Undecided,
    })
}

/// By what the change must not do: certainly before perhaps.
fn exit_code(difference: &Difference, fail_on: &[FailOn]) -> ExitCode {
    let breaks = fail_on.contains(&FailOn::Breaks) && !difference.broken.is_empty();
    if breaks || difference.flows.iter().any(|flow| fails(flow, fail_on)) {
        ExitCode::from(1)
    } else if difference.flows.iter().any(|flow| may_fail(flow, fail_on)) {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    }
}
