//! `portcullis show`: what is in an export, what one resource is, and who uses it.

use std::process::ExitCode;

use answers::show;
use clap::{Args, ValueEnum};

use crate::input::Inputs;
use crate::output::{self, ColorChoice};

/// Show what is in an export: all of it in short, or what something is and who uses it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What to show: a name, an id, an address, or a set as in questions. Without it: the whole export in short
    #[arg(value_name = "SELECTOR")]
    selector: Option<String>,
    /// Show who uses it, what refers to it and what stops its deletion, in place of its rules and routes
    #[arg(long, requires = "selector", env = "PORTCULLIS_USES")]
    uses: bool,
    #[command(flatten)]
    inputs: Inputs,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  portcullis show -i export                  VPCs, subnets, gateways, and how many of the rest
  portcullis show -i export web-1            what is called web-1
  portcullis show -i export sg-web --uses    who has the group, which rules name it, can it go?
  portcullis show -i export 10.0.1.15        who has the address
  portcullis show -i export 'sg:web-* - sg:web-old'
  portcullis show -i export 'tag:Env=prod'

Kinds: vpc subnet eni i asg lt lb listener tg sg acl rtb pl igw eigw nat eip vpce vpce-svc pcx
  tgw tgw-attach tgw-rtb vgw vpn db az account

Exit codes: 0 it was shown, 2 nothing is called so, or the input is wrong";

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
/// If the input or the selector is wrong.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let (style, error_style) =
        (output::style(color, &std::io::stdout()), output::style(color, &std::io::stderr()));
    let loaded = arguments.inputs.load(error_style)?;
    let resolved = loaded.network.resolved();
    let shown = match &arguments.selector {
        None => show::overview(resolved),
        Some(selector) => match show::select(resolved, selector) {
            Ok(selection) => show::show(resolved, &selection, arguments.uses),
            Err(error) => {
                anstream::eprintln!(
                    "{}",
                    render::question_error(&error, selector, "selector", 1, error_style)
                );
                return Ok(ExitCode::from(2));
            }
        },
    };
    output::print(&match arguments.format {
        Format::Text => render::show(&shown, style),
        Format::Json => render::show_json(&shown)? + "\n",
    })?;
    Ok(ExitCode::SUCCESS)
}
