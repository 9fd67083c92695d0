//! `portcullis reach`: who can reach this, and what can this reach.

use std::process::ExitCode;

use answers::reach::{Factored, Labels, others, talks, why};
use clap::{Args, ValueEnum};
use render::Reached;

use crate::output::{self, ColorChoice};
use crate::sides::Sought;

/// More groups of ends than this are not read: the rest is counted.
const MOST: usize = 60;
/// What stops the others is worth telling of so many.
const MOST_OTHERS: usize = 5_000;

/// Show who can reach something, or what it can reach, and which rule lets them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What these can reach: ends as in questions, `internet` too
    #[arg(long, value_name = "ENDS", required_unless_present = "to", env = "PORTCULLIS_FROM")]
    from: Option<String>,
    /// Who can reach these
    #[arg(long, value_name = "ENDS", env = "PORTCULLIS_TO")]
    to: Option<String>,
    /// The other side is the internet
    #[arg(long, env = "PORTCULLIS_INTERNET")]
    internet: bool,
    #[command(flatten)]
    sought: Sought,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  portcullis reach -i export --to db                       who can reach db, and by which rule?
  portcullis reach -i export --to 'sg:db' --ports mysql
  portcullis reach -i export --from web-1                  what can web-1 reach?
  portcullis reach -i export --from internet               what can the internet reach?
  portcullis reach -i export --to 'tag:Env=prod' --internet --ports ssh,rdp

The rules are those of one pair that stands for its group. An end is an interface with its primary address.

Exit codes: 0 it was shown, 2 wrong usage or input";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One object
    Json,
}

/// Runs it.
///
/// # Errors
/// If the input, an argument or the configuration is wrong.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let (style, error_style) =
        (output::style(color, &std::io::stdout()), output::style(color, &std::io::stderr()));
    let internet = arguments.internet.then_some("internet | internet6");
    let sides = match (arguments.from.as_deref(), arguments.to.as_deref()) {
        (Some(_), Some(_)) if arguments.internet => {
            anyhow::bail!("`--internet` is the other side; expected `--from` or `--to` with it, not both")
        }
        (None, to) => [internet, to],
        (from, None) => [from, internet],
        both => [both.0, both.1],
    };
    let Some(words) = arguments.sought.words(sides, error_style)? else {
        return Ok(ExitCode::from(2));
    };
    let loaded = arguments.sought.inputs.load(error_style)?;
    let network = &loaded.network;
    let Some(matrix) = arguments.sought.matrix(words, network, error_style) else {
        return Ok(ExitCode::from(2));
    };
    let (factored, labels) = (Factored::of(&matrix), Labels::of(network));
    let mut talks = talks(&matrix, &factored);
    let more = talks.len().saturating_sub(MOST);
    if arguments.format == Format::Text {
        talks.truncate(MOST);
    }
    let talks: Vec<_> = talks.into_iter().map(|talk| (why(&matrix, &factored, &talk), talk)).collect();
    let talks: Vec<_> = talks.into_iter().map(|(why, talk)| (talk, why)).collect();
    let few = matrix.interfaces() <= MOST_OTHERS;
    let others = match (few && !arguments.internet, &arguments.from, &arguments.to) {
        (true, None, Some(_)) => Some(others(&matrix, &factored, true)),
        (true, Some(_), None) => Some(others(&matrix, &factored, false)),
        _ => None,
    };
    let named = |side: Option<&'static str>| side.map(|_| "the internet");
    let reached = Reached {
        matrix: &matrix,
        factored: &factored,
        labels: &labels,
        talks: &talks,
        others: others.as_ref(),
        sides: match (arguments.from.as_deref(), arguments.to.as_deref()) {
            (None, to) => [named(internet), to],
            (from, None) => [from, named(internet)],
            both => [both.0, both.1],
        },
    };
    match arguments.format {
        Format::Text => {
            let mut text = render::reach_text(&reached, style);
            if more > 0 {
                text.push_str(&format!("and {more} more groups (--ports, --format json)\n"));
            }
            output::print(&text)?;
        }
        Format::Json => output::print(&(render::reach_json(&reached)? + "\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}
