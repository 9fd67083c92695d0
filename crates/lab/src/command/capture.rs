//! `portcullis lab capture`: the packets at a machine's interfaces.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use cli::output;
use lab::capture::{Capture, Pcap, line};
use lab::namespace::Namespace;
use lab::state::State;

use super::{count, length, signals, standing};

/// Show the packets at a machine's interfaces, or write them to a file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where: a name, an instance's id, an address, `world`, or an interface's id for that one alone
    #[arg(value_name = "MACHINE")]
    machine: String,
    /// Write them to this file, which Wireshark and tcpdump read
    #[arg(short, long, value_name = "FILE", env = "PORTCULLIS_WRITE")]
    write: Option<PathBuf>,
    /// End after so many packets
    #[arg(long, value_name = "NUMBER", env = "PORTCULLIS_COUNT")]
    count: Option<u64>,
    /// End after this time
    #[arg(long = "for", value_name = "DURATION", value_parser = length, env = "PORTCULLIS_FOR")]
    lasts: Option<Duration>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab capture web-1
  portcullis lab capture web-1 --write web-1.pcap --for 30s
  portcullis lab capture eni-0dd9f01cc167a60da --count 10

What the machine sends is seen before any gate, what comes to it after all of them: as on an instance in AWS. Times are UTC.
Ctrl-C ends it.

Exit codes: 0 it ended as it was told, 2 no lab is up, nobody is called so, or the file cannot be written";

/// Runs it.
///
/// # Errors
/// If no lab is up, nobody is called so, or the file cannot be written.
pub(crate) fn run(arguments: &Arguments, name: &str) -> anyhow::Result<ExitCode> {
    let state = standing(name)?;
    let (namespace, links) = place(&state, &arguments.machine)?;
    let mut capture = Capture::begin(&namespace, links.as_deref())?;
    let mut file = match &arguments.write {
        None => None,
        Some(path) => {
            let words = || format!("{} could not be written", path.display());
            Some(Pcap::begin(File::create(path).with_context(words)?).with_context(words)?)
        }
    };
    let ends = signals()?;
    let at: Vec<_> = capture.links().collect();
    anstream::eprintln!("capturing at {} of {}", at.join(", "), arguments.machine);
    let (start, mut seen) = (Instant::now(), 0_u64);
    while ends.read_signal()?.is_none()
        && arguments.lasts.is_none_or(|most| start.elapsed() < most)
        && arguments.count.is_none_or(|most| seen < most)
    {
        let Some(captured) = capture.packet()? else { continue };
        seen = seen.saturating_add(1);
        match &mut file {
            Some(file) => file.add(&captured).context("the file could not be written")?,
            None => output::print(&(line(&captured) + "\n"))?,
        }
    }
    let seen = usize::try_from(seen).unwrap_or(usize::MAX);
    anstream::eprintln!("{}", count(seen, "packet"));
    Ok(ExitCode::SUCCESS)
}

/// Where to capture: a namespace, and the link of an interface that is named by its id.
fn place(state: &State, machine: &str) -> anyhow::Result<(Namespace, Option<Vec<String>>)> {
    if machine == "world" {
        return Ok((Namespace::new(&state.world), None));
    }
    let host = state.host(machine)?;
    let device = host.interfaces.iter().position(|id| id == machine && host.id != machine);
    let link = device.map(|position| vec![format!("eth{position}")]);
    Ok((Namespace::new(&host.namespace), link))
}
