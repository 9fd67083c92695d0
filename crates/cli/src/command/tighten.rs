//! `portcullis tighten`: what is there and no declared flow needs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use answers::intent::{self, FILE, IntentError};
use answers::tighten::{Refused, tighten};
use clap::Args;
use render::Style;

use super::block::Format;
use crate::config;
use crate::input::Inputs;
use crate::output::{self, ColorChoice};

/// Find rules that no declared flow needs, to take away or to narrow, with proof; nothing is applied
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The intent file; without one, the nearest portcullis.yaml from the working folder upwards
    #[arg(value_name = "FILE", env = "PORTCULLIS_INTENT")]
    file: Option<PathBuf>,
    #[command(flatten)]
    inputs: Inputs,
    /// The address that `me` stands for
    #[arg(long, value_name = "ADDRESS", env = "PORTCULLIS_ME")]
    me: Option<std::net::IpAddr>,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  portcullis tighten -i export                     the nearest portcullis.yaml
  portcullis tighten -i export shop.yaml --format cli

The lines of `allow` and `temporary` are what is needed: of those, all that works goes on working at each step. Rules of
groups that nothing has, lists that guard no subnet, and denies are left alone.

Exit codes: 0 nothing can go, 1 something can, 2 wrong input or intent";

/// Runs it.
///
/// # Errors
/// If the input or the intent is wrong.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let style = output::style(color, &std::io::stdout());
    let error_style = output::style(color, &std::io::stderr());
    let Some(path) = arguments.file.clone().or_else(config::find) else {
        anyhow::bail!(
            "no {FILE} here or in any folder above; name an intent file whose `allow` lines say what is needed"
        );
    };
    // What was written by hand first: an error in it should not wait for a large input.
    let intent = config::read(&path, color)?;
    let loaded = arguments.inputs.load(error_style)?;
    let planned = intent::names(&intent, &loaded.network, arguments.me)
        .map_err(Refused::Intent)
        .and_then(|names| tighten(&names, &intent));
    let plan = match planned {
        Ok(plan) => plan,
        Err(Refused::Intent(errors)) => {
            show(&errors, &path, error_style);
            return Ok(ExitCode::from(2));
        }
        Err(Refused::NothingDeclared) => anyhow::bail!(
            "{} declares no flow that the network has; expected `allow` lines that say what is needed",
            path.display()
        ),
        Err(Refused::NotProved(why)) => anyhow::bail!("no proof: {why}; please report this"),
    };
    output::print(&match arguments.format {
        Format::Text => render::tighten(&plan, style),
        Format::Cli => render::changes_cli(&plan.changes),
        Format::Tf => render::changes_terraform(&plan.changes),
        Format::Json => render::tighten_json(&plan)? + "\n",
    })?;
    Ok(ExitCode::from(u8::from(!plan.changes.is_empty())))
}

fn show(errors: &[IntentError], path: &Path, style: Style) {
    let text = std::fs::read_to_string(path).ok();
    anstream::eprintln!("{}\n", render::intent_errors(errors, &|_| text.clone(), style));
}
