//! `portcullis grant`: opens something for a while, as a plan; and says what is overdue.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use answers::grant::{self, Moment, Plan, Refused, Request};
use answers::intent::IntentError;
use answers::question;
use clap::Args;
use render::Style;

use super::block::Format;
use crate::config;
use crate::input::Inputs;
use crate::output::{self, ColorChoice};

/// Open something for a while: the rules with their end, and what takes them away; or what is overdue
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What to open: `A -> B:SERVICE`
    #[arg(required_unless_present = "expired", requires = "length", requires = "why")]
    question: Option<String>,
    #[command(flatten)]
    inputs: Inputs,
    /// For how long: 30m, 2h, 1d
    #[arg(long = "for", id = "length", value_name = "TIME", value_parser = parse_length, env = "PORTCULLIS_FOR")]
    length: Option<Duration>,
    /// Why, such as the number of a ticket: it stands in the rules
    #[arg(long, value_name = "REASON", env = "PORTCULLIS_WHY")]
    why: Option<String>,
    /// Show what is overdue instead, and the lines that take it away
    #[arg(long, env = "PORTCULLIS_EXPIRED", conflicts_with_all = ["question", "length", "why"])]
    expired: bool,
    /// The address that `me` stands for
    #[arg(long, value_name = "ADDRESS", env = "PORTCULLIS_ME")]
    me: Option<std::net::IpAddr>,
    /// The intent whose `temporary` lines say what may be granted, instead of the nearest portcullis.yaml
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_CONFIG")]
    config: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
    /// What time it is, instead of the clock's
    #[arg(long, value_name = "TIME", env = "PORTCULLIS_NOW", hide = true)]
    now: Option<Moment>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis grant 'me -> web-1:ssh' -i export --me 198.51.100.7 --for 2h --why T-123
  portcullis grant 'office -> web:ssh' -i export --for 30m --why T-124 --format cli
  portcullis grant --expired -i export

Nothing is applied. Rules of groups carry their end in their descriptions and tags, entries of lists in tags of the list.

Exit codes: 0 it can be granted, or nothing is overdue; 1 it cannot, or it breaks a declared line, or something is
overdue; 2 wrong input, or longer than `max` says; 3 it cannot be decided";

fn parse_length(text: &str) -> Result<Duration, String> {
    match question::parse_duration(text) {
        Ok(length) if length.is_zero() => Err("expected more than no time".into()),
        Ok(length) => Ok(length),
        Err(error) => Err(format!("{}; {}", error.message, error.help.unwrap_or_default())),
    }
}

/// Runs it.
///
/// # Errors
/// If the input, the question or the intent is wrong.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let style = output::style(color, &std::io::stdout());
    let error_style = output::style(color, &std::io::stderr());
    let now = match arguments.now {
        Some(now) => now,
        None => Moment::of_unix_seconds(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()),
    };
    let (Some(text), Some(length), Some(why)) = (&arguments.question, arguments.length, &arguments.why)
    else {
        return expired(arguments, now, style, error_style);
    };
    // What was written by hand first: an error in it should not wait for a large input.
    let question = match question::parse(text) {
        Ok(question) => question,
        Err(error) => {
            anstream::eprintln!("{}", render::question_error(&error, text, "question", 1, error_style));
            return Ok(ExitCode::from(2));
        }
    };
    let path = arguments.config.clone().or_else(config::find);
    let intent = path.as_deref().map(|path| config::read(path, color)).transpose()?.unwrap_or_default();
    let loaded = arguments.inputs.load(error_style)?;
    let request = Request { question: &question, intent: &intent, me: arguments.me, now, length, why };
    match grant::grant(&loaded.network, &request) {
        Ok(plan) => {
            output::print(&match arguments.format {
                Format::Text => render::grant(&plan, style),
                Format::Cli => render::grant_cli(&plan),
                Format::Tf => render::grant_terraform(&plan),
                Format::Json => render::grant_json(&plan)? + "\n",
            })?;
            Ok(exit_code(&plan))
        }
        Err(Refused::Question(error)) => {
            anstream::eprintln!("{}", render::question_error(&error, text, "question", 1, error_style));
            Ok(ExitCode::from(2))
        }
        Err(Refused::Intent(errors)) => {
            show(&errors, path, error_style);
            Ok(ExitCode::from(2))
        }
        Err(Refused::Reason(error)) => anyhow::bail!("--why: {error}"),
        Err(Refused::Length) => anyhow::bail!("--for: it would end after the year 9999"),
    }
}

fn show(errors: &[IntentError], path: Option<PathBuf>, style: Style) {
    let text = path.and_then(|path| std::fs::read_to_string(path).ok());
    anstream::eprintln!("{}\n", render::intent_errors(errors, &|_| text.clone(), style));
}

fn expired(arguments: &Arguments, now: Moment, style: Style, error_style: Style) -> anyhow::Result<ExitCode> {
    let loaded = arguments.inputs.load(error_style)?;
    let found = grant::expiries(&loaded.network, now);
    output::print(&match arguments.format {
        Format::Text => render::expiries(&found, style),
        Format::Cli => render::expiries_cli(&found),
        Format::Tf => render::expiries_terraform(&found),
        Format::Json => render::expiries_json(&found)? + "\n",
    })?;
    let nothing = found.overdue.is_empty() && found.unreadable.is_empty();
    Ok(ExitCode::from(u8::from(!nothing)))
}

fn exit_code(plan: &Plan) -> ExitCode {
    let breaks = !plan.broken.is_empty();
    match plan {
        _ if plan.is_idle() => ExitCode::SUCCESS,
        _ if plan.is_proved() => ExitCode::from(u8::from(breaks)),
        _ if plan.now.verdict == engine::Verdict::Undecided => ExitCode::from(3),
        _ => ExitCode::from(1),
    }
}
