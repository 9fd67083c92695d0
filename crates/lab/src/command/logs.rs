//! `portcullis lab logs`: flow logs of the running lab.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use cli::input;
use cli::output::{self, ColorChoice};
use engine::Network;
use lab::addresses;
use lab::flow_log::{Fields, Record, Watch};

use super::{length, planned, signals, standing};

/// Write flow logs of what passes and what is stopped, in AWS's format
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Only of this machine's interfaces: a name, an id or an address
    #[arg(value_name = "MACHINE")]
    machine: Option<String>,
    /// End after this time; without it Ctrl-C ends it
    #[arg(long = "for", value_name = "DURATION", value_parser = length, env = "PORTCULLIS_FOR")]
    lasts: Option<Duration>,
    /// Over how long packets of a flow are added up: at most 10m, as in AWS
    #[arg(long, value_name = "DURATION", value_parser = interval, default_value = "5s", env = "PORTCULLIS_INTERVAL")]
    interval: Duration,
    /// The fields of a record, in their order; without it those of version 2
    #[arg(long, value_name = "FIELDS", env = "PORTCULLIS_FIELDS")]
    fields: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab logs
  portcullis lab logs web-1 --for 30s | grep REJECT
  portcullis lab logs --fields 'interface-id srcaddr dstaddr dstport tcp-flags flow-direction action'
  portcullis lab logs --fields '${version} ${vpc-id} ${pkt-srcaddr} ${pkt-dstaddr} ${action}'

A record is one direction of a connection at one interface, over one interval: ACCEPT passed the interface's groups and its
subnet's list, REJECT was stopped by either. A reply that a list stops shows as ACCEPT, then REJECT. Not logged, as in AWS:
what is sent to the VPC's resolver and other services that nothing filters. Not logged either: what an interface without
source/destination check forwards for others, what the source/destination check or Block Public Access stops, and intervals
without traffic (NODATA). Where the machine was too slow to record all packets, SKIPDATA says so.

Packets and bytes are as the kernel hands them on: it sends large TCP segments in one piece. Nothing is logged from before
this runs, and while nobody reads nothing is logged at all.

Fields: version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status;
vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr; az-id; flow-direction

Exit codes: 0 it ended as it was told, 2 no lab is up, its input has changed, or a field is not known";

/// How long is slept between two looks.
const BREATH: Duration = Duration::from_millis(20);

/// AWS's longest interval (S7.1).
const LONGEST: Duration = Duration::from_secs(600);

fn interval(text: &str) -> Result<Duration, String> {
    let length = length(text)?;
    if length > LONGEST { Err("expected at most 10m".into()) } else { Ok(length) }
}

/// Runs it.
///
/// # Errors
/// If no lab is up, its input has changed since, or the options are wrong.
pub(crate) fn run(arguments: &Arguments, name: &str, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let fields = arguments.fields.as_deref().map(Fields::parse).transpose()?.unwrap_or_default();
    let state = standing(name)?;
    let of_machine = arguments.machine.as_deref().map(|machine| state.host(machine)).transpose()?;
    // Before there are other threads, to which they could be delivered.
    let ends = signals()?;
    let loaded = input::load(&state.inputs, output::style(color, &std::io::stderr()))?;
    let (network, _) = addresses::given(&loaded.network);
    let network = &*network;
    let lab = planned(&state, network)?;
    let shown = |record: &Record| {
        let id = &network.model().network_interfaces.at(record.interface).id;
        of_machine.is_none_or(|machine| machine.interfaces.iter().any(|own| own == id.as_str()))
    };
    let mut watch = Watch::open(network, lab.topology(), lab.names())?;
    anstream::eprintln!("flow logs of lab `{name}`, every {} s", arguments.interval.as_secs());
    let (start, mut since) = (Instant::now(), Instant::now());
    loop {
        let told =
            ends.read_signal()?.is_some() || arguments.lasts.is_some_and(|most| start.elapsed() >= most);
        let gone = !watch.stands();
        watch.read()?;
        if told || gone || since.elapsed() >= arguments.interval {
            since = Instant::now();
            print(network, &fields, watch.take().iter().filter(|record| shown(record)))?;
        }
        if gone {
            anstream::eprintln!("the lab is not up any more");
        }
        if told || gone {
            return Ok(ExitCode::SUCCESS);
        }
        thread::sleep(BREATH);
    }
}

fn print<'r>(
    network: &Network,
    fields: &Fields,
    records: impl Iterator<Item = &'r Record>,
) -> anyhow::Result<()> {
    let lines: String = records.map(|record| fields.line(network, record) + "\n").collect();
    output::print(&lines)
}
