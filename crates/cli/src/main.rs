//! The `portcullis` command: reads files, asks the libraries, prints what `render` makes of their answers.
//!
//! Exit codes are an interface: 0 it works, 1 it is blocked or partial, 3 it cannot be decided, 2 the question or the
//! input is wrong.

mod command;
mod conventions;
mod format;
mod progress;
mod sides;
mod stories;
mod target;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use cli::{collect, config, input, output, watch};

use crate::command::{
    audit, block, completions, demo, diff, explain, exposure, grant, lab, man, matrix, reach, rule, schema,
    show, snapshot, synth, test, tighten, version,
};

/// Loading a large export allocates millions of times, on all processors, and large texts at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Does this connection work, who blocks it on the way there or back, and what is the smallest fix?
///
/// portcullis reads what `aws ec2 describe-...` prints and answers from that alone: no network, no credentials. Only
/// `snapshot` runs `aws`.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, propagate_version = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, env = "PORTCULLIS_COLOR")]
    color: output::ColorChoice,
}

const EXAMPLES: &str = "\
Examples:
  portcullis demo                                            a tour, without AWS
  portcullis snapshot -o export                              collects what is needed, with the AWS CLI
  portcullis explain -i export 'me -> web-1:ssh' --me 198.51.100.7
  portcullis explain -i export 'web-1 -> db-1:mysql'
  portcullis reach -i export --to db-1                       who can reach it, and by which rule?
  portcullis matrix -i export --by sg                        who gets to whom in the whole network?
  portcullis exposure -i export                              what does the internet reach, and what nearly?
  portcullis test -i export                                  is what portcullis.yaml means true?
  portcullis audit -i export                                 what is wrong, and how to mend it
  portcullis diff before after --fail-on opens               what does this change open, and close?
  portcullis synth -i export                                 the least rules for what it allows, proved
  portcullis block add 203.0.113.0/24 -i export              the entries that stop it, proved
  portcullis grant 'me -> web-1:ssh' -i export --for 2h --why T-123
  portcullis tighten -i export                               which rules does portcullis.yaml not need?
  portcullis show -i export sg-web --uses                    who uses it, and what stops its deletion?
  portcullis lab up -i export                                the network on this machine, with real packets

Exit codes: 0 it works, 1 blocked or partial, 2 wrong question or input, 3 cannot be decided";

#[derive(Debug, Subcommand)]
enum Command {
    Explain(explain::Arguments),
    Matrix(matrix::Arguments),
    Reach(reach::Arguments),
    Exposure(exposure::Arguments),
    Test(test::Arguments),
    Audit(audit::Arguments),
    Rule(rule::Arguments),
    Synth(synth::Arguments),
    Block(block::Arguments),
    Grant(grant::Arguments),
    Tighten(tighten::Arguments),
    Show(show::Arguments),
    Diff(diff::Arguments),
    Lab(lab::Arguments),
    Demo(demo::Arguments),
    Snapshot(snapshot::Arguments),
    Schema(schema::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
    Version(version::Arguments),
}

fn main() -> ExitCode {
    let command = conventions::flags_from_environment(Arguments::command());
    let arguments =
        Arguments::from_arg_matches(&command.clone().get_matches()).unwrap_or_else(|error| error.exit());
    let color = arguments.color;
    let result = match arguments.command {
        Command::Explain(arguments) => explain::run(&arguments, color),
        Command::Matrix(arguments) => matrix::run(&arguments, color),
        Command::Reach(arguments) => reach::run(&arguments, color),
        Command::Exposure(arguments) => exposure::run(&arguments, color),
        Command::Test(arguments) => test::run(&arguments, color),
        Command::Audit(arguments) => audit::run(&arguments, color),
        Command::Rule(arguments) => rule::run(&arguments, color),
        Command::Synth(arguments) => synth::run(&arguments, color),
        Command::Block(arguments) => block::run(&arguments, color),
        Command::Grant(arguments) => grant::run(&arguments, color),
        Command::Tighten(arguments) => tighten::run(&arguments, color),
        Command::Show(arguments) => show::run(&arguments, color),
        Command::Diff(arguments) => diff::run(&arguments, color),
        Command::Lab(arguments) => lab::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments, color),
        Command::Snapshot(arguments) => snapshot::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, command),
        Command::Man(arguments) => man::run(&arguments, command),
        Command::Version(_) => version::run(),
    };
    output::ended(result)
}
