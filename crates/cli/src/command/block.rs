//! `portcullis block`: stops addresses at network ACLs.

use std::path::PathBuf;
use std::process::ExitCode;

use answers::block::{self, Lists, Plan};
use answers::intent::{Intent, IntentError};
use clap::{Args, Subcommand, ValueEnum};
use engine::Network;
use ipnet::IpNet;
use render::Style;

use crate::config;
use crate::input::Inputs;
use crate::output::{self, ColorChoice};

/// Stop addresses at network ACLs, in both directions, before the entries that let them pass; nothing is applied
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "\
Examples:
  portcullis block add 203.0.113.0/24 -i export
  portcullis block add 203.0.113.7 2001:db8::/32 -i export --vpc shop --format cli
  portcullis block rm 203.0.113.0/24 -i export
  portcullis block list -i export

A list has no memory: what it denies is cut at once, open connections too. It does not stop what stays in one subnet.

Exit codes: 0 it is stopped, 1 it is not, or more than that changes, 2 wrong input, 3 it cannot be decided";

#[derive(Debug, Subcommand)]
enum What {
    /// The entries that stop some addresses, with proof
    Add(Change),
    /// The entries to delete to let them pass again
    Rm(Change),
    /// What is stopped now, and where it can pass all the same
    List(Listing),
}

#[derive(Debug, Args)]
struct Change {
    /// Addresses and blocks: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32
    #[arg(value_name = "CIDR", required = true, value_parser = parse_block)]
    blocks: Vec<IpNet>,
    #[command(flatten)]
    chosen: Chosen,
    /// Where they are stopped: security groups cannot
    #[arg(long, value_name = "GATE", default_value = "nacl", value_parser = parse_gate, env = "PORTCULLIS_VIA")]
    via: Nacl,
    /// The intent whose lines have to go on holding, instead of the nearest portcullis.yaml
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_CONFIG")]
    config: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
}

#[derive(Debug, Args)]
struct Listing {
    #[command(flatten)]
    chosen: Chosen,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: ListFormat,
}

#[derive(Debug, Args)]
struct Chosen {
    #[command(flatten)]
    inputs: Inputs,
    /// Only the lists of this VPC's subnets: an id, a name or a pattern
    #[arg(long, value_name = "VPC", env = "PORTCULLIS_VPC")]
    vpc: Vec<String>,
    /// Only this list: an id, a name or a pattern
    #[arg(long, value_name = "NACL", env = "PORTCULLIS_BLOCK_NACL")]
    nacl: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// AWS CLI lines
    Cli,
    /// Terraform resources
    Tf,
    /// One object
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// For people
    #[default]
    Text,
    /// One object
    Json,
}

/// A block; host bits are cleared, as EC2 does (S2.9).
fn parse_block(text: &str) -> Result<IpNet, String> {
    let address = || text.parse().ok().map(|address: std::net::IpAddr| IpNet::from(address));
    let block: Option<IpNet> = text.parse().ok().map(|block: IpNet| block.trunc()).or_else(address);
    match block {
        Some(block) if block.prefix_len() == 0 => {
            Err("expected a block of addresses, not all of them".into())
        }
        Some(block) => Ok(block),
        None => Err("expected an address or a block such as 203.0.113.0/24".into()),
    }
}

/// The gate that can deny.
#[derive(Debug, Clone, Copy)]
struct Nacl;

fn parse_gate(text: &str) -> Result<Nacl, String> {
    match text {
        "nacl" => Ok(Nacl),
        "sg" => {
            Err("security groups only allow: no rule of them can stop an address; expected `nacl`".into())
        }
        _ => Err("expected `nacl`".into()),
    }
}

/// Runs it.
///
/// # Errors
/// If the input or the intent is wrong.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let style = output::style(color, &std::io::stdout());
    let error_style = output::style(color, &std::io::stderr());
    let plan = match &arguments.what {
        What::Add(change) => self::change(change, block::add, error_style)?,
        What::Rm(change) => self::change(change, block::remove, error_style)?,
        What::List(listing) => return list(listing, style, error_style),
    };
    let (What::Add(change) | What::Rm(change), Some((plan, blocks))) = (&arguments.what, plan) else {
        return Ok(ExitCode::from(2));
    };
    let is_add = matches!(arguments.what, What::Add(_));
    output::print(&match change.format {
        Format::Text => render::block(&plan, &blocks, is_add, style),
        Format::Cli => render::changes_cli(&plan.changes),
        Format::Tf => render::changes_terraform(&plan.changes),
        Format::Json => render::block_json(&plan, &blocks)? + "\n",
    })?;
    Ok(exit_code(&plan, is_add))
}

type Planning = fn(&Network, &Lists, &[IpNet], Option<&Intent>) -> Result<Plan, Vec<IntentError>>;

/// What is planned, and for which blocks: those that are in others are stopped with them.
fn change(change: &Change, planning: Planning, style: Style) -> anyhow::Result<Option<(Plan, Vec<IpNet>)>> {
    // What was written by hand first: an error in it should not wait for a large input.
    let path = change.config.clone().or_else(config::find);
    let intent = path.as_deref().map(|path| config::read(path, ColorChoice::Auto)).transpose()?;
    let mut blocks = change.blocks.clone();
    blocks.sort_unstable();
    blocks.dedup();
    let all = blocks.clone();
    blocks.retain(|block| !all.iter().any(|other| other != block && other.contains(block)));
    let loaded = change.chosen.inputs.load(style)?;
    let lists = block::lists(&loaded.network, &change.chosen.vpc, &change.chosen.nacl)?;
    match planning(&loaded.network, &lists, &blocks, intent.as_ref()) {
        Ok(plan) => Ok(Some((plan, blocks))),
        Err(errors) => {
            let text = path.and_then(|path| std::fs::read_to_string(path).ok());
            anstream::eprintln!("{}\n", render::intent_errors(&errors, &|_| text.clone(), style));
            Ok(None)
        }
    }
}

fn list(listing: &Listing, style: Style, error_style: Style) -> anyhow::Result<ExitCode> {
    let loaded = listing.chosen.inputs.load(error_style)?;
    let lists = block::lists(&loaded.network, &listing.chosen.vpc, &listing.chosen.nacl)?;
    let all = block::listed(&loaded.network, &lists);
    output::print(&match listing.format {
        ListFormat::Text => render::blocked(&all, style),
        ListFormat::Json => render::blocked_json(&all)? + "\n",
    })?;
    let is_open = all.iter().any(|listed| !listed.open.is_empty());
    Ok(ExitCode::from(u8::from(is_open)))
}

fn exit_code(plan: &Plan, is_add: bool) -> ExitCode {
    let breaks = plan.broken.iter().any(|broken| !broken.only_for_blocked);
    let more = !plan.also_closes.is_empty() || !plan.also_opens.is_empty() || breaks;
    match is_add {
        _ if more => ExitCode::from(1),
        true if plan.holds() => ExitCode::SUCCESS,
        true if plan.is_undecided() => ExitCode::from(3),
        true => ExitCode::from(1),
        false => ExitCode::from(u8::from(plan.changes.is_empty())),
    }
}
