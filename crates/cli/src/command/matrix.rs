//! `portcullis matrix`: everything to everything.

use std::path::PathBuf;
use std::process::ExitCode;

use answers::reach::{By, Factored, Grouped, Labels};
use clap::{Args, ValueEnum};

use crate::output::{self, ColorChoice};
use crate::sides::Sought;
use crate::target::Target;

/// More cells than this are no matrix that anybody reads.
const MOST_CELLS: u64 = 1_000_000;

/// Nor are more groups than this on a page.
const MOST_GROUPS: usize = 1000;

/// Show who gets to whom in the whole network, and with what
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Group ends by: sg, subnet, vpc, tag:KEY, tier, interface. Who has several security groups is in each of them;
    /// tier is the tag Tier or Role, else the security groups
    #[arg(long, value_name = "BY", env = "PORTCULLIS_BY", conflicts_with = "expand")]
    by: Option<By>,
    /// Only from these clients: ends as in questions, `internet` too
    #[arg(long, value_name = "ENDS", env = "PORTCULLIS_FROM")]
    from: Option<String>,
    /// Only to these servers
    #[arg(long, value_name = "ENDS", env = "PORTCULLIS_TO")]
    to: Option<String>,
    #[command(flatten)]
    sought: Sought,
    /// Every pair of interfaces by itself: for csv and json
    #[arg(long, env = "PORTCULLIS_EXPAND")]
    expand: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
    /// Write to a file: it is there in full or not at all
    #[arg(short, long, value_name = "FILE", env = "PORTCULLIS_OUTPUT")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis matrix -i export                                   who gets to whom, in short
  portcullis matrix -i export --by sg                           between security groups
  portcullis matrix -i export --by tag:Team --ports https       between the values of a tag
  portcullis matrix -i export --from internet                   what the internet reaches
  portcullis matrix -i export --to 'sg:db' --ports mysql
  portcullis matrix -i export --by tier --format html -o matrix.html
  portcullis matrix -i export --expand --format json            every pair, for programs

An end is an interface with its primary address, or the internet. What is in no line is proved to be blocked.

Exit codes: 0 it was shown, 2 wrong usage or input, 130 interrupted";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One object
    Json,
    /// One line for each two sets of ends
    Csv,
    /// One page, by itself
    Html,
}

/// Runs it.
///
/// # Errors
/// If the input or an argument is wrong, or the answer cannot be written.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let error_style = output::style(color, &std::io::stderr());
    if arguments.expand && !matches!(arguments.format, Format::Json | Format::Csv) {
        anyhow::bail!("`--expand` is for programs; expected `--format json` or `--format csv` with it");
    }
    let sides = [arguments.from.as_deref(), arguments.to.as_deref()];
    let Some(words) = arguments.sought.words(sides, error_style)? else {
        return Ok(ExitCode::from(2));
    };
    let target = Target::new(arguments.output.as_deref())?;
    let loaded = arguments.sought.inputs.load(error_style)?;
    let network = &loaded.network;
    let Some(matrix) = arguments.sought.matrix(words, network, error_style) else {
        return Ok(ExitCode::from(2));
    };
    // Who opens a page wants groups: single lines do not make a table.
    let by = arguments.by.clone().or((arguments.format == Format::Html).then_some(By::SecurityGroup));
    if by == Some(By::Interface) {
        let pairs: u64 = matrix.lines.iter().map(|line| matrix.count(line)).sum();
        if pairs > MOST_CELLS {
            anyhow::bail!(
                "by interface this has {pairs} cells; expected up to {MOST_CELLS}: take `--by sg`, `--from` or `--expand`"
            );
        }
    }
    let style = match &target {
        Target::Standard => output::style(color, &std::io::stdout()),
        Target::File { .. } => render::Style::PLAIN,
    };
    let grouped = by.map(|by| {
        let (factored, labels) = (Factored::of(&matrix), Labels::of(network));
        (Grouped::of(&matrix, &factored, &labels, &by), by.to_string())
    });
    if let (Format::Html, Some((grouped, by))) = (arguments.format, &grouped)
        && grouped.groups.len() > MOST_GROUPS
    {
        anyhow::bail!(
            "by {by} this has {} groups; expected up to {MOST_GROUPS} on a page: take a coarser `--by`, or `--from` and `--to`",
            grouped.groups.len()
        );
    }
    target.write(|out| match (arguments.format, &grouped) {
        (Format::Json, _) if arguments.expand => render::expanded_json(&matrix, out),
        (Format::Csv, _) if arguments.expand => render::expanded_csv(&matrix, out),
        (Format::Text, None) => render::matrix_text(&matrix, style, out),
        (Format::Text, Some((grouped, by))) => {
            render::grouped_text(&matrix, grouped, by, output::width(), style, out)
        }
        (Format::Json, None) => render::matrix_json(&matrix, out),
        (Format::Json, Some((grouped, by))) => render::grouped_json(grouped, by, out),
        (Format::Csv, None) => render::matrix_csv(&matrix, out),
        (Format::Csv, Some((grouped, _))) => render::grouped_csv(grouped, out),
        (Format::Html, Some((grouped, by))) => render::matrix_html(&matrix, grouped, by, out),
        (Format::Html, None) => Ok(()),
    })?;
    // The process ends: millions of small things need not be given back one by one.
    std::mem::forget((matrix, grouped));
    std::mem::forget(loaded);
    Ok(ExitCode::SUCCESS)
}
