//! The kernel's account of a connection held against the engine's: verdict, every gate on the way, every rule.

mod expected;
mod parted;

use std::collections::HashMap;
use std::net::IpAddr;
use std::thread;
use std::time::{Duration, Instant};

use engine::{
    Arrival, Checkpoint, Flow, Judgement, Leg, Network, Seen, Server, Verdict, icmp_queries, judge,
};
use model::Holder;
use space::{Connection, Diagrams, FIRST_RELAY_PORT, Family, Field, Region, from_value};

use self::expected::{Difference, Expected, state_differs};
use crate::carried;
use crate::error::LabError;
use crate::marks::Marks;
use crate::probe::{Event, Fields, Packet, Place, Prober};
use crate::ruleset::PROBES_ARE_KNOWN;
use crate::sample::Probes;
use crate::stage::Stage;
use crate::topology::{NatPlan, Plan};

/// One connection that is probed.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// Who asks whom.
    pub flow: Flow,
    /// The connection.
    pub point: Connection,
}

/// What became of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Model and kernel agree: it works, or does not.
    Agree {
        /// It works, there and back.
        works: bool,
        /// Where its request, or else its reply, ended.
        end: Option<Stage>,
        /// With another port that a NAT gateway may draw it would be the other way round.
        by_chance: bool,
    },
    /// They do not; what each says.
    Disagree(String),
    /// A packet went neither to its end nor to a rule that drops it, after what is said: the machine lost it, as it may
    /// under load.
    Lost(String),
    /// Nobody can send such a packet, for this reason, and the model says that it does not work.
    NoPacket(String),
    /// The model cannot say, or the lab does not carry it, for this reason.
    Undecided(String),
}

/// What is to be thought of a line that the kernel's account of a packet lacks, where all others are the engine's and the
/// packet came to the same end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// The machine may have lost it, as it may a packet: the packet is sent again.
    MayBeLost,
    /// It was sent again often enough: the gate was not passed.
    AreAll,
}

/// How often what a machine under load loses is sent again.
const TRIES: usize = 3;

/// Sends probes and compares. They must not be of the same flow, whichever way round. What the machine loses is sent
/// again, when its flows are forgotten.
///
/// # Errors
/// If they cannot be sent.
pub fn verify(
    network: &Network,
    plan: &Plan,
    marks: &Marks,
    prober: &mut Prober,
    probes: &[Probe],
) -> Result<Vec<Outcome>, LabError> {
    let mut outcomes = once(network, plan, marks, prober, (probes, Lines::MayBeLost))?;
    for attempt in 1..=TRIES {
        let lost: Vec<(&mut Outcome, Probe)> = (outcomes.iter_mut().zip(probes.iter().copied()))
            .filter(|(outcome, _)| matches!(outcome, Outcome::Lost(_)))
            .collect();
        if lost.is_empty() {
            break;
        }
        thread::sleep(Duration::from_secs(u64::from(PROBES_ARE_KNOWN) + 1));
        let again: Vec<Probe> = lost.iter().map(|(_, probe)| *probe).collect();
        let lines = if attempt < TRIES { Lines::MayBeLost } else { Lines::AreAll };
        for ((outcome, _), found) in
            lost.into_iter().zip(once(network, plan, marks, prober, (&again, lines))?)
        {
            *outcome = found;
        }
    }
    Ok(outcomes)
}

fn once(
    network: &Network,
    plan: &Plan,
    marks: &Marks,
    prober: &mut Prober,
    (probes, lines): (&[Probe], Lines),
) -> Result<Vec<Outcome>, LabError> {
    let mut outcomes = vec![None; probes.len()];
    // What nodes of load balancers make of probes: connections of their own, each probed once.
    let (mut onward, mut of_nodes) = (Probes::default(), HashMap::new());
    let mut judged = Vec::new();
    let mut requests = Vec::new();
    for ((number, probe), outcome) in (1_u16..).zip(probes).zip(&mut outcomes) {
        let mut judgement = judge(network, &probe.flow, Some(probe.point), &mut ());
        match parted::parted(network, &judgement) {
            None => {}
            Some(Err(reason)) => {
                *outcome = Some(Outcome::Undecided(reason));
                continue;
            }
            Some(Ok(parted)) => {
                let works = judgement.works.is_some();
                judgement = parted.first;
                let next = parted.onward.map(|probe| onward.add(probe));
                of_nodes.extend(next.map(|next| (usize::from(number) - 1, (works, next))));
            }
        }
        match prepared(network, plan, probe, &judgement, number) {
            Ok(request) => {
                requests.push(request);
                judged.push((usize::from(number) - 1, judgement));
            }
            Err(NotSent::Impossible(reason)) if judgement.works.is_none() && judgement.unknown.is_none() => {
                *outcome = Some(Outcome::NoPacket(reason.into()));
            }
            Err(NotSent::Impossible(reason)) => *outcome = Some(Outcome::Undecided(reason.into())),
            Err(NotSent::NotCarried(reason)) => *outcome = Some(Outcome::Undecided(reason)),
        }
    }
    prober.silence((0..plan.hosts.len()).map(Place::Host))?;
    let start = Instant::now();
    let there = prober.send(&requests)?;
    let arrived = |events: &[Event]| {
        let last = events.iter().find_map(|event| Some((event.place?, event.packet)));
        last.filter(|(_, packet)| expects_reply(packet))
    };
    let answers: Vec<_> = there.iter().map(|events| arrived(events)).collect();
    let replies: Vec<_> = answers.iter().flatten().map(|(place, packet)| (*place, packet.reply())).collect();
    let mut back = prober.send(&replies)?.into_iter();
    let forgotten = start.elapsed() > Duration::from_secs(PROBES_ARE_KNOWN.into());
    for ((((at, judgement), request), there), answer) in
        judged.iter().zip(&requests).zip(&there).zip(&answers)
    {
        let back = answer.is_some().then(|| back.next()).flatten();
        let drawn = probes.get(*at).and_then(|probe| drawn(network, probe, judgement, there));
        let judgement = drawn.as_ref().unwrap_or(judgement);
        let outcome = match compare(network, (marks, lines), judgement, request, there, back.as_deref()) {
            Outcome::Disagree(_) if forgotten && back.is_some() => {
                Outcome::Lost(format!("{request:?}: the flow was forgotten before its answer came"))
            }
            Outcome::Agree { works, end, .. } if drawn.is_some() => {
                let by_chance = probes.get(*at).is_some_and(|probe| depends_on_chance(network, probe));
                Outcome::Agree { works, end, by_chance }
            }
            outcome => outcome,
        };
        if let Some(place) = outcomes.get_mut(*at) {
            *place = Some(outcome);
        }
    }
    let missing = || Outcome::Undecided("it was not probed".into());
    if !onward.all.is_empty() {
        // Nodes may have been asked for the same connections, which are known still.
        thread::sleep(Duration::from_secs(u64::from(PROBES_ARE_KNOWN)));
        let found = once(network, plan, marks, prober, (&onward.all, lines))?;
        for (at, (works, next)) in of_nodes {
            let Some(outcome) = outcomes.get_mut(at) else { continue };
            let next = next.and_then(|next| found.get(next)).cloned().unwrap_or_else(missing);
            *outcome = outcome.take().map(|first| parted::both(works, first, next));
        }
    }
    Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(missing)).collect())
}

/// The judgement of a probe with the ports that devices on its way drew in the kernel; `None` if they drew none. In the
/// model any port may be drawn: what is held against the kernel is what the model says of this one.
fn drawn(
    network: &Network,
    probe: &Probe,
    judgement: &Judgement<Option<Connection>>,
    there: &[Event],
) -> Option<Judgement<Option<Connection>>> {
    let way = &judgement.trips.iter().find(|trip| trip.request.flow.is_some())?.request;
    let after = way.relays.iter().skip(1).map(|relay| relay.before).chain([way.header]);
    let mut point = probe.point;
    for (relay, after) in way.relays.iter().zip(after) {
        let axis = match after.ports.client {
            _ if after.ports.client == relay.before.ports.client => continue,
            Field::Relay => 0,
            Field::SecondRelay => 1,
            _ => continue,
        };
        let Seen::Fixed { address, .. } = relay.source else { continue };
        let sent = there.iter().filter(|event| event.stage == Stage::Translated);
        let ports = sent.filter(|event| event.packet.source == address).map(|event| event.packet.fields);
        let port = ports.into_iter().find_map(|fields| match fields {
            Fields::Ports { from, .. } => from.checked_sub(FIRST_RELAY_PORT),
            _ => None,
        });
        if let (Some(place), Some(port)) = (point.relays.get_mut(axis), port) {
            *place = port;
        }
    }
    (point != probe.point).then(|| judge(network, &probe.flow, Some(point), &mut ()))
}

/// Whether some of the ports that devices on the way may draw work and others do not.
fn depends_on_chance(network: &Network, Probe { flow, point }: &Probe) -> bool {
    let mut sets = Diagrams::new();
    let ports = Region::FULL.client(point.client..=point.client).server(point.server..=point.server);
    let asked = ports.protocol(point.protocol).remote(point.remote..=point.remote);
    // The lab takes the first of several ways.
    let asked = asked.with(Field::Draw, 0..=0).with(Field::SecondDraw, 0..=0);
    let asked = sets.region(&asked);
    judge(network, flow, asked, &mut sets).verdict(&mut sets) == Verdict::Partial
}

/// Whether something answers such a packet (S0.2): everything but ICMP messages that are no queries.
fn expects_reply(packet: &Packet) -> bool {
    match packet.fields {
        Fields::Icmp { kind, .. } => {
            icmp_queries(Family::of(packet.source)).iter().any(|(query, _)| *query == kind)
        }
        _ => true,
    }
}

/// Why a probe is not sent.
enum NotSent {
    /// Nobody can send such a packet.
    Impossible(&'static str),
    /// The lab does not carry it.
    NotCarried(String),
}

/// The other end is something else.
const NO_MACHINE: &str = "an end is not a machine of the lab";
/// The internet does not route private addresses.
const NOT_KNOWN: &str = "the internet does not know private addresses";

/// The packet that a probe sends, and where from; else why it cannot be sent.
fn prepared(
    network: &Network,
    plan: &Plan,
    probe: &Probe,
    judgement: &Judgement<Option<Connection>>,
    number: u16,
) -> Result<(Place, Packet), NotSent> {
    let not_carried = |reason: &str| NotSent::NotCarried(reason.to_owned());
    if let Some(reason) = judgement.trips.iter().find_map(|trip| carried::not_carried(network, plan, trip)) {
        return Err(NotSent::NotCarried(reason));
    }
    if judgement.trips.iter().any(|trip| trip.request.arrival == Arrival::SameHost) {
        return Err(not_carried("it never leaves the machine"));
    }
    let Probe { flow, point } = probe;
    if flow.client.is_none() && !comes_by_internet_gateway(judgement) {
        return Err(not_carried("the client is in a private network that the lab has not"));
    }
    let edge = flow.family == Family::V6 && keeps_state(network, judgement);
    if edge && !matches!(point.protocol, 6 | 17 | 58) {
        return Err(not_carried("an edge of a VPC knows flows of TCP, UDP and ICMP"));
    }
    let translates = judgement.trips.iter().any(|trip| !trip.request.relays.is_empty());
    if (edge || translates) && is_stray_message(flow.family, point) {
        return Err(not_carried("gateways that keep state take ICMP messages of flows that they know"));
    }
    let beyond = || from_value(flow.family, point.remote).ok_or_else(|| not_carried("no address"));
    let host = |holder: Holder| {
        let (vpc, at) = plan.place_of(holder.interface).ok_or_else(|| not_carried(NO_MACHINE))?;
        let plan = plan.vpcs.get(vpc).and_then(|vpc| vpc.interfaces.get(at));
        plan.map(|plan| Place::Host(plan.host)).ok_or_else(|| not_carried(NO_MACHINE))
    };
    let (place, source) = match flow.client {
        Some(holder) => (host(holder)?, holder.address),
        None => (Place::World, beyond()?),
    };
    let destination = match flow.server {
        Server::Beyond => beyond()?,
        Server::Interface(holder) => {
            let is_it = |nat: &NatPlan| IpAddr::V4(nat.private) == holder.address;
            if !plan.ways.nat_gateways.iter().any(is_it) {
                host(holder)?;
            }
            if place == Place::World && holder.address.is_ipv4() {
                return Err(NotSent::Impossible(NOT_KNOWN));
            }
            holder.address
        }
        Server::Public(holder) => {
            host(holder)?;
            let noun = network.model().network_interfaces.at(holder.interface);
            match noun.public_of(holder.address) {
                Some(public) => IpAddr::V4(public),
                None if place == Place::World && holder.address.is_ipv4() => {
                    return Err(NotSent::Impossible(NOT_KNOWN));
                }
                None => holder.address,
            }
        }
    };
    let icmp = if source.is_ipv4() { 1 } else { 58 };
    let byte = |value: u16| u8::try_from(value).map_err(|_| not_carried("no type or code of ICMP"));
    let fields = match point.protocol {
        6 | 17 => Fields::Ports { from: point.client, to: point.server },
        number_of if number_of == icmp => {
            Fields::Icmp { kind: byte(point.server)?, code: byte(point.client)?, identifier: number }
        }
        _ => Fields::Nothing,
    };
    Ok((place, Packet { source, destination, protocol: point.protocol, fields, answer: false }))
}

/// Whether what comes from beyond comes from the internet, which is all that the lab has there.
fn comes_by_internet_gateway(judgement: &Judgement<Option<Connection>>) -> bool {
    let ways = judgement.trips.iter().map(|trip| &trip.request).filter(|way| way.flow.is_some());
    let mut first = ways.filter_map(|way| way.hops.first());
    first.all(|hop| matches!(hop.checkpoint, Checkpoint::InternetGateway { egress: false, .. }))
}

/// Whether an edge of a VPC that keeps state is on the way: of IPv6, as something of the network needs it.
fn keeps_state(network: &Network, judgement: &Judgement<Option<Connection>>) -> bool {
    let model = network.model();
    let denying = model.network_interfaces.values().any(|noun| noun.deny_all_igw_traffic);
    let ways = judgement.trips.iter().flat_map(|trip| std::iter::once(&trip.request).chain(&trip.replies));
    let edge = |checkpoint: &Checkpoint| {
        let internet = matches!(checkpoint, Checkpoint::InternetGateway { .. });
        internet || matches!(checkpoint, Checkpoint::EgressOnlyInternetGateway { .. })
    };
    (denying || !model.egress_only_internet_gateways.is_empty())
        && ways.flat_map(|way| &way.hops).any(|hop| edge(&hop.checkpoint))
}

/// Whether it is an ICMP message that is no query: it is about a packet, and whoever keeps state finds out by that which
/// flow is meant.
fn is_stray_message(family: Family, point: &Connection) -> bool {
    let icmp = if family == Family::V4 { 1 } else { 58 };
    let query = icmp_queries(family).iter().any(|(query, _)| u16::from(*query) == point.server);
    point.protocol == icmp && !query
}

fn compare(
    network: &Network,
    (marks, lines): (&Marks, Lines),
    judgement: &Judgement<Option<Connection>>,
    (_, request): &(Place, Packet),
    there: &[Event],
    back: Option<&[Event]>,
) -> Outcome {
    let lost = |expected: &Expected, events: &[Event]| {
        let ended = expected.open || events.iter().any(|event| event.stage.ends(event.mark));
        let stages = || events.iter().map(|event| event.stage.to_string()).collect::<Vec<_>>().join(", ");
        (!ended).then(|| Outcome::Lost(format!("{request:?}: {}", stages())))
    };
    let taken = judgement.trips.iter().find(|trip| trip.request.flow.is_some());
    let Some(trip) = taken else { return Outcome::Undecided("the model knows no way".into()) };
    let Some(expected) = expected::expected(network, &trip.request, Leg::Request) else {
        return Outcome::Undecided("the model cannot say".into());
    };
    if let Some(lost) = lost(&expected, there) {
        return lost;
    }
    if let Some(difference) = expected.difference(there, marks, Leg::Request) {
        return differs(format!("request {request:?}"), difference, lines);
    }
    if let Some(difference) = state_differs(network, &trip.request, there) {
        return Outcome::Disagree(format!("request {request:?}: {difference}"));
    }
    let mut arrived = there.iter().any(|event| event.place.is_some());
    if let Some(back) = back {
        let Some(reply) = trip.replies.iter().find(|reply| reply.flow.is_some()) else {
            return Outcome::Disagree(format!("request {request:?} arrives, and the model knows no reply"));
        };
        let Some(expected) = expected::expected(network, reply, Leg::Reply) else {
            return Outcome::Undecided("the model cannot say".into());
        };
        if let Some(lost) = lost(&expected, back) {
            return lost;
        }
        if let Some(difference) = expected.difference(back, marks, Leg::Reply) {
            return differs(format!("reply to {request:?}"), difference, lines);
        }
        // Back where it came from, as the answer to what was sent.
        let own = request.reply();
        arrived = back.iter().any(|event| {
            let packet = Packet { answer: true, ..event.packet };
            event.place.is_some() && packet == own
        });
    }
    let works = judgement.works.is_some();
    if arrived == works {
        let mut said = back.unwrap_or(there).iter();
        let end = said.find(|event| event.stage.ends(event.mark)).map(|event| event.stage);
        return Outcome::Agree { works, end, by_chance: false };
    }
    Outcome::Disagree(format!("{request:?}: the model says works: {works}, the kernel: {arrived}"))
}

/// Two accounts of a packet that differ.
fn differs(what: String, Difference { text, lacks }: Difference, lines: Lines) -> Outcome {
    let text = format!("{what}: {text}");
    match lines {
        Lines::MayBeLost if lacks => Outcome::Lost(text),
        _ => Outcome::Disagree(text),
    }
}
