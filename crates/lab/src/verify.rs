//! The kernel's account of a connection held against the engine's: verdict, every gate on the way, every rule.

use engine::{
    Arrival, Cause, Checkpoint, Flow, Judgement, Leg, Network, RuleRef, Seen, Server, View, Way,
    icmp_queries, judge, untracked,
};
use model::Holder;
use space::{Connection, Family, from_value};
use std::net::IpAddr;

use crate::carried;
use crate::error::LabError;
use crate::marks::{DROPS, Marks, UNTRACKED};
use crate::probe::{Event, Fields, Packet, Place, Prober};
use crate::stage::Stage;
use crate::topology::Plan;

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

/// Something that the kernel has to say of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    stage: Stage,
    /// The rule that took it, at gates that have rules.
    rule: Option<RuleRef>,
}

/// Sends probes and compares. They must not be of the same flow, whichever way round.
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
    let mut outcomes = vec![None; probes.len()];
    let mut judged = Vec::new();
    let mut requests = Vec::new();
    for ((number, probe), outcome) in (1_u16..).zip(probes).zip(&mut outcomes) {
        let judgement = judge(network, &probe.flow, Some(probe.point), &mut ());
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
    let there = prober.send(&requests)?;
    let arrived = |events: &[Event]| {
        let last = events.iter().find_map(|event| Some((event.place?, event.packet)));
        last.filter(|(_, packet)| expects_reply(packet))
    };
    let answers: Vec<_> = there.iter().map(|events| arrived(events)).collect();
    let replies: Vec<_> = answers.iter().flatten().map(|(place, packet)| (*place, packet.reply())).collect();
    let mut back = prober.send(&replies)?.into_iter();
    for ((((at, judgement), request), there), answer) in
        judged.iter().zip(&requests).zip(&there).zip(&answers)
    {
        let back = answer.is_some().then(|| back.next()).flatten();
        let outcome = compare(network, marks, judgement, request, there, back.as_deref());
        if let Some(place) = outcomes.get_mut(*at) {
            *place = Some(outcome);
        }
    }
    let missing = || Outcome::Undecided("it was not probed".into());
    Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(missing)).collect())
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
    if let Some(reason) = judgement.trips.iter().find_map(|trip| carried::not_carried(network, trip)) {
        return Err(NotSent::NotCarried(reason));
    }
    if judgement.trips.iter().any(|trip| trip.request.arrival == Arrival::SameHost) {
        return Err(not_carried("it never leaves the machine"));
    }
    let Probe { flow, point } = probe;
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
            host(holder)?;
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

fn compare(
    network: &Network,
    marks: &Marks,
    judgement: &Judgement<Option<Connection>>,
    (_, request): &(Place, Packet),
    there: &[Event],
    back: Option<&[Event]>,
) -> Outcome {
    let ended = |events: &[Event]| events.iter().any(|event| event.stage.ends(event.mark));
    if let Some(lost) = [Some(there), back].into_iter().flatten().find(|events| !ended(events)) {
        let stages: Vec<_> = lost.iter().map(|event| event.stage.to_string()).collect();
        return Outcome::Lost(format!("{request:?}: {}", stages.join(", ")));
    }
    let taken = judgement.trips.iter().find(|trip| trip.request.flow.is_some());
    let Some(trip) = taken else { return Outcome::Undecided("the model knows no way".into()) };
    let Some(expected) = expected(network, &trip.request, Leg::Request) else {
        return Outcome::Undecided("the model cannot say".into());
    };
    if let Some(difference) = difference(&expected, there, marks, Leg::Request) {
        return Outcome::Disagree(format!("request {request:?}: {difference}"));
    }
    if let Some(difference) = state_differs(network, &trip.request, there) {
        return Outcome::Disagree(format!("request {request:?}: {difference}"));
    }
    let mut arrived = there.iter().any(|event| event.place.is_some());
    if let Some(back) = back {
        let Some(reply) = trip.replies.iter().find(|reply| reply.flow.is_some()) else {
            return Outcome::Disagree(format!("request {request:?} arrives, and the model knows no reply"));
        };
        let Some(expected) = self::expected(network, reply, Leg::Reply) else {
            return Outcome::Undecided("the model cannot say".into());
        };
        if let Some(difference) = difference(&expected, back, marks, Leg::Reply) {
            return Outcome::Disagree(format!("reply to {request:?}: {difference}"));
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
        return Outcome::Agree { works, end };
    }
    Outcome::Disagree(format!("{request:?}: the model says works: {works}, the kernel: {arrived}"))
}

/// What the kernel has to say along a way, up to where it ends; `None` where the model cannot say.
fn expected(network: &Network, way: &Way<Option<Connection>>, leg: Leg) -> Option<Vec<Said>> {
    let mut said = Vec::new();
    for hop in &way.hops {
        if hop.crossing.unknown.is_some() {
            return None;
        }
        let passes = hop.crossing.passed.is_some();
        let stage = match (&hop.checkpoint, &hop.cause) {
            (Checkpoint::SecurityGroups { egress: true, .. }, _) if leg == Leg::Reply => {
                Some(Stage::KnownOut)
            }
            (Checkpoint::SecurityGroups { egress: false, .. }, _) if leg == Leg::Reply => {
                Some(Stage::KnownIn)
            }
            (Checkpoint::SecurityGroups { egress: true, .. }, _) => Some(Stage::GroupsOut),
            (Checkpoint::SecurityGroups { egress: false, .. }, _) => Some(Stage::GroupsIn),
            (Checkpoint::NetworkAcl { egress: true, .. }, _) => Some(Stage::ListOut),
            (Checkpoint::NetworkAcl { egress: false, .. }, _) => Some(Stage::ListIn),
            (Checkpoint::InternetGateway { egress: true, .. }, Cause::Passed) => Some(Stage::GatewayOut),
            (Checkpoint::InternetGateway { egress: false, .. }, Cause::Passed) => Some(Stage::GatewayIn),
            (_, Cause::NoRoute) => Some(Stage::NoRoute),
            (_, Cause::Blackhole) => Some(Stage::Blackhole),
            (_, Cause::NotRoutable) => Some(Stage::NotRoutable),
            (_, Cause::NoGateway) => Some(Stage::NoGateway),
            (_, Cause::NoPublicAddress) => Some(Stage::NoPublicAddress),
            (_, Cause::PrivateDestination) => Some(Stage::PrivateDestination),
            (_, Cause::BlockedPublicAccess) => Some(Stage::Blocked),
            (_, Cause::NotRunning(_)) => Some(Stage::Down),
            (_, Cause::NotHeld) => Some(Stage::Nobody),
            _ if passes => None,
            // The kernel drops it for a reason that has no name here.
            _ => return None,
        };
        let rule = hop.taken.first().and_then(|taken| taken.rule);
        said.extend(stage.map(|stage| Said { stage, rule }));
        if !passes {
            return Some(said);
        }
    }
    let stage = match way.arrival {
        Arrival::Interface(interface) => {
            network.model().network_interfaces.at(interface);
            Stage::Delivered
        }
        Arrival::Beyond => Stage::World,
        Arrival::Service(_) | Arrival::SameHost | Arrival::Lost => return None,
    };
    said.push(Said { stage, rule: None });
    Some(said)
}

/// Whether the kernel keeps track of a TCP or UDP flow at an interface where the model says that groups do not, or the
/// other way round (S1.32). What leaves from a port that serves everybody without being tracked cannot be told from an
/// answer of that service: such a packet may be taken for one.
fn state_differs(network: &Network, way: &Way<Option<Connection>>, events: &[Event]) -> Option<String> {
    way.hops.iter().find_map(|hop| {
        let Checkpoint::SecurityGroups { interface, egress } = hop.checkpoint else { return None };
        let point = hop.crossing.passed.filter(|point| matches!(point.protocol, 6 | 17))?;
        let stage = if egress { Stage::GroupsOut } else { Stage::GroupsIn };
        let event = events.iter().find(|event| event.stage == stage)?;
        let found = event.mark & UNTRACKED != 0;
        let answer = Connection { client: point.server, server: point.client, ..point };
        let view = View::new(hop.header.family, Leg::Request, Seen::Remote);
        let like_answer = untracked(network, interface, !egress, &view, Some(answer), &mut ()).is_some();
        let agrees = match hop.untracked.is_some() {
            true => found,
            false => !found || like_answer,
        };
        (!agrees).then(|| format!("{stage}: the model says untracked: {}, the kernel: {found}", !found))
    })
}

/// In what the kernel's account is another than the expected one; `None` if in nothing. Namespaces log apart, so what is
/// said at each kind of place is compared in order, and not the whole.
fn difference(expected: &[Said], events: &[Event], marks: &Marks, leg: Leg) -> Option<String> {
    let found: Vec<Said> = events
        .iter()
        .map(|event| {
            let dropped = event.mark & DROPS != 0;
            // Groups that do not keep track of a flow let its answer pass by a rule (S1.46).
            match (leg, event.stage) {
                (Leg::Reply, Stage::GroupsOut) if !dropped => Said { stage: Stage::KnownOut, rule: None },
                (Leg::Reply, Stage::GroupsIn) if !dropped => Said { stage: Stage::KnownIn, rule: None },
                (_, Stage::GroupsOut | Stage::GroupsIn | Stage::ListOut | Stage::ListIn) => {
                    Said { stage: event.stage, rule: marks.rule(event.mark) }
                }
                (_, stage) => Said { stage, rule: None },
            }
        })
        .collect();
    let at = |said: &[Said], stage| -> Vec<Said> {
        said.iter().filter(|said| said.stage == stage).cloned().collect()
    };
    let differs = Stage::ALL.iter().any(|&stage| at(expected, stage) != at(&found, stage));
    differs.then(|| {
        let text = |said: &[Said]| {
            let words = said.iter().map(|said| match said.rule {
                Some(rule) => format!("{} {rule:?}", said.stage),
                None => said.stage.to_string(),
            });
            words.collect::<Vec<_>>().join(", ")
        };
        format!("the model says [{}], the kernel [{}]", text(expected), text(&found))
    })
}
