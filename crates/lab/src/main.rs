//! The `portcullis-lab` command, found by `portcullis lab`: the VPC of an export on this machine.

mod command;

use std::env;
use std::os::unix::process::CommandExt;
use std::process::{self, ExitCode};

use clap::{Parser, Subcommand};
use cli::output;
use lab::rootless;
use lab::state::State;

use crate::command::{apply, capture, counters, down, exec, logs, shell, status, test, up};

/// A plan of a large lab allocates hundreds of thousands of times.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The VPC of an export on this machine: every instance a network namespace, every gate nftables, with real packets.
#[derive(Debug, Parser)]
#[command(name = "portcullis lab", bin_name = "portcullis lab", version, propagate_version = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, env = "PORTCULLIS_COLOR")]
    color: output::ColorChoice,
    /// Which lab, where there are several
    #[arg(long, global = true, value_name = "NAME", default_value = "portcullis", env = "PORTCULLIS_LAB")]
    lab: String,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab up -i export
  portcullis lab exec web-1 -- curl -m 3 http://10.0.2.10/
  portcullis lab exec world -- nc -zvw 2 198.51.100.10 443
  portcullis lab shell db-1
  portcullis lab test                       portcullis.yaml, with packets
  portcullis lab counters                   which rules are used
  portcullis lab logs web-1                 its flow log, as in AWS
  portcullis lab capture web-1              its packets
  portcullis lab apply -i changed           the lab follows a change
  portcullis lab down

It needs Linux and nftables, and root or a kernel that lets users make namespaces. Without root a lab is its user's own.

Exit codes: 0 it worked, 1 something is not as it should be, 2 wrong input or missing rights, 3 cannot be decided;
`exec` and `shell` end as the command does";

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Arguments),
    Apply(apply::Arguments),
    Status(status::Arguments),
    Counters(counters::Arguments),
    Logs(logs::Arguments),
    Capture(capture::Arguments),
    Test(test::Arguments),
    Exec(exec::Arguments),
    Shell(shell::Arguments),
    Down(down::Arguments),
    /// Be a node of a load balancer: `up` starts these
    #[command(name = lab::proxy::NODE, hide = true)]
    Node,
    /// Keep the namespaces of a lab without root: `up` starts this
    #[command(name = rootless::KEEP, hide = true)]
    Keep,
}

/// The allocator's delay before it gives memory back, and none of it given back at all.
const KEEPS_MEMORY: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "-1");

fn main() -> ExitCode {
    let Arguments { command, color, lab } = Arguments::parse();
    if matches!(&command, Command::Apply(arguments) if arguments.follows()) {
        keep_memory();
    }
    output::ended(match command {
        // Processes that other commands start.
        Command::Node => lab::proxy::run().map(|()| ExitCode::SUCCESS).map_err(Into::into),
        Command::Keep => rootless::keep().map(|()| ExitCode::SUCCESS).map_err(Into::into),
        command => run(command, color, &lab),
    })
}

/// Begins again as a process that keeps its memory. Whoever follows plans again and again, and memory that was given back
/// takes longer to get than a rule takes to come into force. If that cannot be, it goes on as it is.
fn keep_memory() {
    let (name, value) = KEEPS_MEMORY;
    if env::var_os(name).is_none()
        && let Ok(program) = env::current_exe()
    {
        let _ = process::Command::new(program).args(env::args_os().skip(1)).env(name, value).exec();
    }
}

/// Runs a command, without root in the namespaces of the user's own lab.
fn run(command: Command, color: output::ColorChoice, lab: &str) -> anyhow::Result<ExitCode> {
    let comes_or_goes = matches!(command, Command::Up(_) | Command::Down(_));
    let keeper = rootless::enter(lab, matches!(command, Command::Up(_)))?;
    let result = match command {
        Command::Up(arguments) => up::run(&arguments, lab, color),
        Command::Apply(arguments) => apply::run(&arguments, lab, color, keeper.is_none()),
        Command::Status(arguments) => status::run(&arguments, lab),
        Command::Counters(arguments) => counters::run(&arguments, lab, color),
        Command::Logs(arguments) => logs::run(&arguments, lab, color),
        Command::Capture(arguments) => capture::run(&arguments, lab),
        Command::Test(arguments) => test::run(&arguments, lab, color),
        Command::Exec(arguments) => exec::run(&arguments, lab),
        Command::Shell(arguments) => shell::run(&arguments, lab),
        Command::Down(arguments) => down::run(&arguments, lab),
        Command::Node | Command::Keep => Ok(ExitCode::SUCCESS),
    };
    if let Some(keeper) = keeper.filter(|_| comes_or_goes)
        && State::read(lab)?.is_none()
    {
        keeper.end()?;
    }
    result
}
