//! `portcullis lab test`: portcullis.yaml with packets.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use answers::intent::{self, AskedLine, Asks};
use anyhow::Context;
use clap::Args;
use cli::output::{self, ColorChoice};
use cli::{config, input};
use engine::{Flow, Network, Server};
use lab::PROBES_ARE_KNOWN;
use lab::addresses;
use lab::build::Lab;
use lab::probe::{MOST, Prober};
use lab::sample::{Probes, points};
use lab::verify::{Outcome, Probe, verify};
use space::{Connection, Diagrams, from_value};

use super::{count, planned, standing};

/// Test the lines of portcullis.yaml with packets, and the model with them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Intent files; without one, the nearest portcullis.yaml from the working folder upwards
    #[arg(value_name = "FILE", env = "PORTCULLIS_INTENT", value_delimiter = ',')]
    files: Vec<PathBuf>,
    /// The address that `me` stands for
    #[arg(long, value_name = "ADDRESS", env = "PORTCULLIS_ME")]
    me: Option<IpAddr>,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab test
  portcullis lab test shop.yaml

Of each line, the connections are sent at which the model's answer changes, and at the ends of what is asked. The kernel
has to say the same of each at every gate, there and back.

Exit codes: 0 all is so, 1 something is not, or model and kernel disagree, 2 wrong intent, 3 something cannot be decided:
the lab does not carry it, or the line is not about packets";

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    Fail,
    Undecided,
}

/// Runs it.
///
/// # Errors
/// If no lab is up, the input has changed since, or the intent is wrong.
pub(crate) fn run(arguments: &Arguments, name: &str, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let style = output::style(color, &std::io::stderr());
    let state = standing(name)?;
    let mut files = arguments.files.clone();
    if files.is_empty() {
        files.push(config::nearest()?);
    }
    let loaded = input::load(&state.inputs, style)?;
    let (network, _) = addresses::given(&loaded.network);
    let lab = planned(&state, &network)?;
    let mut prober = Prober::new(lab.topology(), lab.names())?;
    let (mut worst, mut text) = (Verdict::Ok, String::new());
    for path in &files {
        let intent = config::read(path, color)?;
        if intent.is_empty() {
            anyhow::bail!(
                "{} asks for nothing; expected `allow`, `deny`, `closed` or `expect`",
                path.display()
            );
        }
        let mut sets = Diagrams::new();
        let lines = intent::names(&intent, &network, arguments.me)
            .and_then(|names| intent::asked(&intent, &names, &mut sets));
        let lines = match lines {
            Ok(lines) => lines,
            Err(errors) => {
                config::show(&errors, path, style);
                return Ok(ExitCode::from(2));
            }
        };
        for (verdict, line) in tested(&lab, &mut prober, &lines, &mut sets)? {
            worst = match (worst, verdict) {
                (Verdict::Fail, _) | (_, Verdict::Fail) => Verdict::Fail,
                (Verdict::Undecided, _) | (_, Verdict::Undecided) => Verdict::Undecided,
                _ => Verdict::Ok,
            };
            text.push_str(&line);
        }
    }
    drop(prober);
    output::print(&text)?;
    // Whoever tests again at once must not meet flows of these probes.
    thread::sleep(Duration::from_secs(u64::from(PROBES_ARE_KNOWN)));
    Ok(match worst {
        Verdict::Ok => ExitCode::SUCCESS,
        Verdict::Fail => ExitCode::from(1),
        Verdict::Undecided => ExitCode::from(3),
    })
}

/// Each line with what became of it, in words.
fn tested(
    lab: &Lab<'_>,
    prober: &mut Prober,
    lines: &[AskedLine],
    sets: &mut Diagrams,
) -> anyhow::Result<Vec<(Verdict, String)>> {
    let network = lab.network();
    let mut probes = Probes::default();
    let of_lines: Vec<Vec<usize>> = lines
        .iter()
        .map(|line| {
            let mut of_line = Vec::new();
            for (flow, asked) in line.pairs.iter().flatten() {
                let points = points(network, flow, *asked, sets).into_iter();
                of_line.extend(points.filter_map(|point| probes.add(Probe { flow: *flow, point })));
            }
            of_line
        })
        .collect();
    let mut outcomes = Vec::new();
    for batch in probes.all.chunks(MOST) {
        let found = verify(network, lab.topology(), &lab.rules().marks, prober, batch);
        outcomes.extend(found.context("the lab could not be probed")?);
    }
    let lines = lines.iter().zip(of_lines).map(|(line, of_line)| {
        let of_line = of_line.iter().filter_map(|&at| Some((probes.all.get(at)?, outcomes.get(at)?)));
        of_line_in_words(network, line, &of_line.collect::<Vec<_>>())
    });
    Ok(lines.collect())
}

fn of_line_in_words(
    network: &Network,
    line: &AskedLine,
    outcomes: &[(&Probe, &Outcome)],
) -> (Verdict, String) {
    let says = |verdict: Verdict, word: &str, details: &[String]| {
        let mut text = format!("{word:9}  {} {}\n", line.asks.word(), line.text);
        for detail in details {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "           {detail}");
        }
        (verdict, text)
    };
    let disagree = outcomes.iter().filter_map(|(_, outcome)| match outcome {
        Outcome::Disagree(difference) => Some(difference.clone()),
        _ => None,
    });
    let disagree: Vec<_> = disagree.take(3).collect();
    if !disagree.is_empty() {
        return says(Verdict::Fail, "DISAGREE", &disagree);
    }
    let worked = |outcome: &Outcome| match outcome {
        Outcome::Agree { works, .. } => Some(*works),
        _ => None,
    };
    let wanted = line.asks == Asks::Allow;
    let chance = |outcome: &Outcome| matches!(outcome, Outcome::Agree { by_chance: true, .. });
    let broken = outcomes.iter().filter(|(_, outcome)| worked(outcome) == Some(!wanted) || chance(outcome));
    let broken: Vec<_> = broken.collect();
    if let Some((probe, outcome)) = broken.first() {
        let end = match outcome {
            Outcome::Agree { by_chance: true, .. } => {
                ": it depends on the port that a NAT gateway draws".into()
            }
            Outcome::Agree { works: false, end: Some(end), .. } => format!(": {end}"),
            _ => String::new(),
        };
        let probed = count(outcomes.len(), "connection");
        let what = match (wanted, broken.iter().any(|(_, outcome)| chance(outcome))) {
            (true, false) => "do not work",
            (true, true) => "do not always work",
            (false, false) => "work",
            (false, true) => "work at times",
        };
        let detail = format!("{} of {probed} {what}, such as {}{end}", broken.len(), shown(network, probe));
        return says(Verdict::Fail, "FAIL", &[detail]);
    }
    let undecided = outcomes.iter().find_map(|(_, outcome)| match outcome {
        Outcome::Undecided(reason) => Some(reason.clone()),
        Outcome::Lost(_) => Some("this machine lost a packet: try again".into()),
        _ => None,
    });
    let undecided = line.unmodelled.first().cloned().or(undecided);
    let sent = outcomes.iter().filter(|(_, outcome)| worked(outcome).is_some()).count();
    let impossible = outcomes.iter().find_map(|(_, outcome)| match outcome {
        Outcome::NoPacket(reason) => Some(reason.clone()),
        _ => None,
    });
    if let (true, Some(reason), None) = (wanted, &impossible, &undecided) {
        return says(Verdict::Fail, "FAIL", std::slice::from_ref(reason));
    }
    match (undecided, &line.pairs) {
        (_, None) => {
            says(Verdict::Undecided, "undecided", &["packets cannot show this: see `portcullis test`".into()])
        }
        (Some(reason), _) => says(Verdict::Undecided, "undecided", &[reason]),
        (None, _) if outcomes.is_empty() => {
            says(Verdict::Undecided, "undecided", &["it speaks of nobody that could be probed".into()])
        }
        (None, _) => {
            let besides = impossible.map(|reason| format!("others cannot be: {reason}"));
            let probed = format!("{} probed", count(sent, "connection"));
            says(Verdict::Ok, "ok", &[probed].into_iter().chain(besides).collect::<Vec<_>>())
        }
    }
}

/// A connection in addresses.
fn shown(network: &Network, Probe { flow, point }: &Probe) -> String {
    let Flow { family, client, server } = flow;
    let beyond = from_value(*family, point.remote);
    let source = client.map(|holder| holder.address).or(beyond);
    let destination = match server {
        Server::Beyond => beyond,
        Server::Interface(holder) => Some(holder.address),
        Server::Public(holder) => {
            let public = network.model().network_interfaces.at(holder.interface).public_of(holder.address);
            Some(public.map_or(holder.address, IpAddr::V4))
        }
    };
    let text = |address: Option<IpAddr>| address.map_or(String::new(), |address| address.to_string());
    let Connection { protocol, client, server, .. } = point;
    let (source, destination) = (text(source), text(destination));
    match protocol {
        6 => format!("{source} -> {destination} tcp/{server} from port {client}"),
        17 => format!("{source} -> {destination} udp/{server} from port {client}"),
        1 | 58 => format!("{source} -> {destination} icmp type {server} code {client}"),
        other => format!("{source} -> {destination} protocol {other}"),
    }
}
