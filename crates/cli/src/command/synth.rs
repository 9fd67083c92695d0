//! `portcullis synth`: the least rules for what is meant to pass.

use std::mem::ManuallyDrop;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use answers::intent::{self, Intent, IntentError, Tested};
use answers::synth::{Closeness, Declared, Options, Synthesis};
use clap::{Args, ValueEnum};
use engine::Network;
use model::Resolved;
use render::{Style, Synthesised};

use crate::config;
use crate::input::MaybeInputs;
use crate::output::{self, ColorChoice};
use crate::target::Target;

/// The least security groups and network ACLs for the lines below `allow` of portcullis.yaml, proved
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The intent file; without it, the nearest portcullis.yaml from the working folder upwards
    #[arg(value_name = "FILE", env = "PORTCULLIS_INTENT")]
    file: Option<PathBuf>,
    #[command(flatten)]
    inputs: MaybeInputs,
    /// How closely network ACLs follow what is declared
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_NACL")]
    nacl: Nacl,
    /// `internet` is 0.0.0.0/0 also where interfaces of the network would pass by it, which no line declares
    #[arg(long, env = "PORTCULLIS_EVERYONE")]
    everyone: bool,
    /// Most rules of a group in a direction and a family, where an account's quota is another
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000), env = "PORTCULLIS_MAX_RULES")]
    max_rules: Option<u32>,
    /// Most entries of a list in a direction and a family, the final deny included
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(2..=40), env = "PORTCULLIS_MAX_ENTRIES")]
    max_entries: Option<u32>,
    /// Where there are too many, name larger blocks even if that lets more pass, or less
    #[arg(long, env = "PORTCULLIS_AGGREGATE")]
    aggregate: bool,
    /// Keep groups and lists that are there where they have the same members or subnets, and print the steps to what is
    /// meant, each of them proved
    #[arg(long, env = "PORTCULLIS_KEEP_EXISTING")]
    keep_existing: bool,
    /// The address that `me` stands for
    #[arg(long, value_name = "ADDRESS", env = "PORTCULLIS_ME")]
    me: Option<IpAddr>,
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
    /// Write it to a file instead of standard output
    #[arg(short, long, value_name = "FILE", env = "PORTCULLIS_OUTPUT")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis synth -i export                               for the nearest portcullis.yaml, as tables
  portcullis synth                                         for the network that portcullis.yaml describes, not there yet
  portcullis synth -i export shop.yaml --nacl coarse       lists know networks, groups know ports
  portcullis synth -i export --format tf -o rules.tf       as Terraform
  portcullis synth -i export --keep-existing               the steps from what is there, each of them proved

What it makes:
  Interfaces that take part in the same lines get one new security group, in place of those that they have. Subnets on
  the way get new network ACLs. Nothing that is there is changed, and nothing is applied: that is up to you.
  With --keep-existing, groups and lists stay where they have the same members or subnets, and the steps between come in
  an order that breaks no declared flow and opens nothing else, as far as there is one; what a step does beside that is
  said with it, the open connections that it ends too.
  Lines below `deny` that are block lists, such as `203.0.113.0/24 -> *`, are the first entries of network ACLs, both ways.
  Other lines below `deny`, and `closed` and `temporary`, get no rules; that they hold is part of the verdict.

Exit codes: 0 proved: what passes is what is declared, 1 not proved, or it does not fit into a quota,
2 wrong input or intent";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// One object
    Json,
    /// Terraform, one resource a rule
    Tf,
    /// A CloudFormation template in JSON
    Cfn,
    /// A script for bash and the AWS CLI, in an order that cuts nothing that is declared
    Cli,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Nacl {
    /// They stay as they are
    None,
    /// Networks, protocols and the ports of replies: ports inside the network are left to security groups
    Coarse,
    /// Ports too
    #[default]
    Full,
}

impl From<Nacl> for Closeness {
    fn from(nacl: Nacl) -> Closeness {
        match nacl {
            Nacl::None => Closeness::None,
            Nacl::Coarse => Closeness::Coarse,
            Nacl::Full => Closeness::Full,
        }
    }
}

/// Runs it.
///
/// # Errors
/// If the input or the intent is wrong, or the output cannot be written.
pub(crate) fn run(arguments: &Arguments, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let error_style = output::style(color, &std::io::stderr());
    // What was written by hand first: an error in it should not wait for a large input.
    let path = match &arguments.file {
        Some(path) => path.clone(),
        None => config::nearest()?,
    };
    let intent = config::read(&path, color)?;
    if intent.allow.is_empty() {
        anyhow::bail!("{} allows nothing; expected lines below `allow` to make rules for", path.display());
    }
    let Asked { intent, network, to_be } = asked(arguments, intent, &path, error_style)?;
    let target = Target::new(arguments.output.as_deref())?;
    let made = match make(arguments, &intent, &network) {
        Ok(made) => made,
        Err(Refused { errors, code }) => {
            config::show(&errors, &path, error_style);
            return Ok(ExitCode::from(code));
        }
    };
    let shown = Synthesised {
        before: &network,
        to_be,
        declared: &made.declared,
        found: &made.found,
        tested: &made.tested,
        notes: &made.notes,
    };
    let style = match &arguments.output {
        Some(_) => Style::PLAIN,
        None => output::style(color, &std::io::stdout()),
    };
    let text = match arguments.format {
        Format::Text => render::synth_text(&shown, style),
        Format::Json => render::synth_json(&shown)? + "\n",
        Format::Tf => render::synth_terraform(&shown),
        Format::Cfn => render::synth_cloudformation(&shown)? + "\n",
        Format::Cli => render::synth_aws_cli(&shown),
    };
    target.write(|out| out.write_all(text.as_bytes()))?;
    if arguments.output.is_some() && !arguments.inputs.notes.quiet {
        anstream::eprintln!("{}", shown.verdict());
    }
    Ok(if shown.is_proved() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What is meant, of which network.
struct Asked {
    intent: Intent,
    network: ManuallyDrop<Network>,
    /// It is only described yet.
    to_be: bool,
}

/// The network of the input; without one, the one that the intent describes.
fn asked(arguments: &Arguments, intent: Intent, path: &Path, style: Style) -> anyhow::Result<Asked> {
    if let Some(loaded) = arguments.inputs.load(style)? {
        return Ok(Asked { intent, network: loaded.network, to_be: false });
    }
    if intent.network.is_empty() {
        anyhow::bail!(
            "no network: expected `-i PATH`, or a description below `network` in {} of what is not there yet",
            path.display()
        );
    }
    if arguments.keep_existing {
        anyhow::bail!("--keep-existing needs what exists: expected `-i PATH`");
    }
    let network = Network::new(Resolved::new(intent::to_be(&intent.network)));
    Ok(Asked { intent: intent::meant_to_be(&intent), network: ManuallyDrop::new(network), to_be: true })
}

/// Rules, and what is said of them.
struct Made {
    declared: Vec<Declared>,
    found: Synthesis,
    tested: Tested,
    notes: Vec<String>,
}

/// Why there are none.
struct Refused {
    errors: Vec<IntentError>,
    code: u8,
}

fn make(arguments: &Arguments, intent: &Intent, network: &Network) -> Result<Made, Refused> {
    let wrong = |errors| Refused { errors, code: 2 };
    let names = intent::names(intent, network, arguments.me).map_err(wrong)?;
    let declared = intent::declared(intent, &names).map_err(wrong)?;
    let options = Options {
        closeness: arguments.nacl.into(),
        everyone: arguments.everyone,
        keep_existing: arguments.keep_existing,
        max_rules: arguments.max_rules,
        max_entries: arguments.max_entries,
        aggregate: arguments.aggregate,
    };
    let found = answers::synth::synth(&names, &declared, &intent::denied(intent), options);
    let found = found.map_err(|reasons| {
        let too_much =
            reasons.iter().any(|reason| matches!(reason, answers::synth::Impossible::Quota { .. }));
        Refused { errors: intent::impossible(intent, &reasons), code: if too_much { 1 } else { 2 } }
    })?;
    let tested = intent::still_closed(intent, &names, &found.after).map_err(wrong)?;
    let notes = notes(arguments, intent, &names, &found);
    Ok(Made { declared, found, tested, notes })
}

/// What is left to whoever applies the rules.
fn notes(
    arguments: &Arguments,
    intent: &Intent,
    names: &answers::ends::Names<'_>,
    found: &Synthesis,
) -> Vec<String> {
    let mut notes = Vec::new();
    if !intent.temporary.is_empty() {
        notes.push("lines below `temporary` get no rules: what they allow stays closed".to_owned());
    }
    if !intent.expect.is_empty() {
        notes.push("lines below `expect` name groups and lists of today; they are not tested".to_owned());
    }
    for unlisted in &found.unlisted {
        let why = match unlisted.declared.and_then(|line| found.lines.get(line)) {
            Some(line) => format!("`{line}` speaks with some of its addresses"),
            None => "some of its addresses are the network's own".to_owned(),
        };
        notes.push(format!("`{}` gets no entries of its own: {why}; it is tested all the same", unlisted.id));
    }
    // What words mean afterwards; an error of theirs was shown before.
    let then = intent::names(intent, &found.after, arguments.me).ok();
    let changed = then.map(|then| intent::means_others(intent, names, &then)).unwrap_or_default();
    if !changed.is_empty() {
        let ids: Vec<String> = changed.iter().map(|id| format!("`{id}`")).collect();
        notes.push(format!(
            "in {} names of groups mean others once these are given: say it by instances, tags or subnets before `portcullis test`",
            ids.join(", ")
        ));
    }
    notes
}
