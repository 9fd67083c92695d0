//! `portcullis exposure`: what the internet reaches, and what it nearly reaches.

use std::process::ExitCode;

use answers::ends::Names;
use answers::question::{self, QuestionError};
use clap::{Args, ValueEnum};

use crate::input::Inputs;
use crate::output::{self, ColorChoice};

/// Show what the internet reaches: which ports of which interfaces, by which rules, and how much stops the rest
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Whose exposure: a name, an id, an address, or a set as in questions. Without it: of everything
    #[arg(value_name = "ENDS")]
    ends: Option<String>,
    /// Look at these services only, as in questions
    #[arg(long, value_name = "SERVICES", env = "PORTCULLIS_PORTS")]
    ports: Option<String>,
    #[command(flatten)]
    inputs: Inputs,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
    /// Show all that was found as text, however long the lists are
    #[arg(long, env = "PORTCULLIS_ALL")]
    all: bool,
}

const EXAMPLES: &str = "\
Examples:
  portcullis exposure -i export                          all that the internet reaches, and what it nearly reaches
  portcullis exposure -i export --ports ssh,rdp          who can be logged in to from outside?
  portcullis exposure -i export --ports mysql,postgres 'sg:db-*'
  portcullis exposure -i export 'subnet:private-*'       should be unreachable; is anything latent?
  portcullis exposure -i export --format json

Grades:
  exposed      every client in `from` gets an answer, whichever port it sends from and whichever target is picked
  partial      for a share of the client's ports or of the load balancer's picks only; the gates that cut it follow
  undecided    perhaps: it depends on something that is not modelled or not in the export
  latent(n)    the interface's groups let the internet in, and n other gates there and back still stop it: as many
               would have to open before any client gets an answer
  unreachable  everything else, with the reason: no group lets the internet in, or nothing there would answer

The surface counts each port of each interface's address that some client of the internet reaches, for TCP and for UDP;
a range counts as many as it has ports, ICMP counts one, and so does every other protocol. What is reached only behind a
load balancer counts for the load balancer.

Exit codes: 0 it was shown, 2 wrong ends, services or input";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One object
    Json,
    /// Markdown
    Md,
}

/// Runs it.
///
/// # Errors
/// If the input, the ends or the services are wrong.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let (style, error_style) =
        (output::style(color, &std::io::stdout()), output::style(color, &std::io::stderr()));
    let refuse = |error: &QuestionError, text: &str, place: &str| {
        anstream::eprintln!("{}", render::question_error(error, text, place, 1, error_style));
        Ok(ExitCode::from(2))
    };
    // What was typed first: an error in it should not wait for a large input.
    let services = arguments.ports.as_deref().unwrap_or_default();
    let parsed = match services {
        "" => Ok(Vec::new()),
        text => question::parse_services(text),
    };
    let asked = match parsed.and_then(|parsed| answers::exposure::check_services(&parsed).map(|()| parsed)) {
        Ok(asked) => asked,
        Err(error) => return refuse(&error, services, "--ports"),
    };
    let text = arguments.ends.as_deref().unwrap_or_default();
    let ends = match arguments.ends.as_deref().map(question::parse_ends).transpose() {
        Ok(ends) => ends,
        Err(error) => return refuse(&error, text, "ends"),
    };
    let loaded = arguments.inputs.load(error_style)?;
    let names = Names::new(&loaded.network, None);
    let exposure = match answers::exposure::exposure(&names, ends.as_ref(), &asked) {
        Ok(exposure) => exposure,
        Err(error) => return refuse(&error, text, "ends"),
    };
    output::print(&match arguments.format {
        Format::Text => render::exposure(&exposure, arguments.all, style),
        Format::Json => render::exposure_json(&exposure)? + "\n",
        Format::Md => render::exposure_markdown(&exposure),
    })?;
    Ok(ExitCode::SUCCESS)
}
