//! One connection that stands for many: chosen so that people can read it and `explain` can be asked about it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use engine::{Goal, Network, Verdict};
use model::Noun;
use space::{Connection, Diagrams, Family, Field, Region, Set};

use super::tested::{Counterexample, Rule};
use crate::ends::{Held, name_of};
use crate::explain::{self, AskedPair, Gate, Outcome, Pair, protocol_name};
use crate::question::{IcmpTypes, Kind, PortRange, Service, Term};
use crate::reach::{gates, rules, without_rules};

/// Ports that people know, the likeliest first.
const KNOWN: [u128; 9] = [443, 80, 22, 3306, 5432, 3389, 53, 1433, 6379];
/// A port that any kind of client may send from.
const CLIENT: u128 = 50_000;
/// More boxes of a set than this are not looked at.
const MOST_LOOKED_AT: usize = 256;

/// What a counterexample shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// That something works.
    Works,
    /// That something does not.
    Lacks,
    /// That nobody can say.
    Unknown,
}

/// A connection of a pair, one of some.
pub(super) struct Witness {
    pub(super) example: Counterexample,
    /// The pair, asked for that connection only, and what becomes of it gate by gate.
    pub(super) asked: AskedPair,
    pub(super) pair: Pair,
    /// The connection, as boxes.
    pub(super) boxes: Vec<Region>,
}

/// The connection that shows something best; `None` if there is none in `among`.
pub(super) fn witness(
    network: &Network,
    pair: &AskedPair,
    among: Set,
    shows: Shows,
    goal: Goal,
    sets: &mut Diagrams,
) -> Option<Witness> {
    let point = choose(network, pair, among, sets)?;
    let region = Region::FULL
        .protocol(point.protocol)
        .remote(point.remote..=point.remote)
        .client(point.client..=point.client)
        .server(point.server..=point.server);
    let only = sets.region(&region);
    let asked = AskedPair { asked: sets.intersect(only, pair.asked), ..pair.clone() };
    let explained = explain::explain_asked(network, &asked, sets);
    let mut example = describe(network, &asked, &point, &explained, shows);
    example.request = match (goal, shows) {
        (Goal::Delivered, Shows::Works) => Some(Verdict::Allowed),
        (Goal::Delivered, Shows::Unknown) => Some(Verdict::Undecided),
        _ => None,
    };
    let boxes = sets.regions(asked.asked);
    Some(Witness { example, asked, pair: explained, boxes })
}

fn choose(network: &Network, pair: &AskedPair, among: Set, sets: &Diagrams) -> Option<Connection> {
    let family = pair.flow.family;
    let regions = sets.regions(among);
    let best = regions.iter().take(MOST_LOOKED_AT).min_by_key(|region| {
        let protocols = region.range(Field::Protocol);
        let protocol = [6, 17, 1, 58].iter().position(|known| protocols.contains(known)).unwrap_or(4);
        let ports = region.range(Field::Server);
        (protocol, KNOWN.iter().position(|known| ports.contains(known)).unwrap_or(KNOWN.len()))
    })?;
    let protocols = best.range(Field::Protocol);
    let protocol = [6, 17, 1, 58].into_iter().find(|known| protocols.contains(known));
    let protocol = protocol.unwrap_or(*protocols.start());
    let ported = [6, 17].contains(&protocol);
    let value = |field, liked: &[u128]| {
        let range = best.range(field);
        let liked = liked.iter().copied().find(|value| ported && range.contains(value));
        liked.unwrap_or(*range.start())
    };
    let range = best.range(Field::Remote);
    let liked = match family {
        Family::V4 => u128::from(u32::from(Ipv4Addr::new(198, 51, 100, 7))),
        Family::V6 => u128::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7)),
    };
    // An address that an interface has would be asked as that interface.
    let stranger = |value: &u128| match address(family, *value) {
        IpAddr::V4(public) => network.resolved().public_holder(public).is_none(),
        IpAddr::V6(_) => true,
    };
    let near = range.start().saturating_add(1)..=(*range.end()).min(range.start().saturating_add(1000));
    let remote = [liked].into_iter().filter(|value| range.contains(value)).chain(near).find(stranger);
    Some(Connection {
        protocol: u8::try_from(protocol).ok()?,
        remote: remote.unwrap_or(*range.start()),
        client: u16::try_from(value(Field::Client, &[CLIENT])).ok()?,
        server: u16::try_from(value(Field::Server, &KNOWN)).ok()?,
        ..Connection::default()
    })
}

fn address(family: Family, value: u128) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from(u32::try_from(value).unwrap_or(u32::MAX))),
        Family::V6 => IpAddr::V6(Ipv6Addr::from(value)),
    }
}

fn describe(
    network: &Network,
    asked: &AskedPair,
    point: &Connection,
    pair: &Pair,
    shows: Shows,
) -> Counterexample {
    let family = asked.flow.family;
    let beyond = address(family, point.remote);
    let service = match point.protocol {
        6 => Service::Tcp(PortRange::single(point.server)),
        17 => Service::Udp(PortRange::single(point.server)),
        1 => Service::Icmp(code(point)),
        58 => Service::Icmpv6(code(point)),
        other => Service::Protocol(other),
    };
    let ported = [6, 17].contains(&point.protocol);
    let from_port = if ported { format!(" from-port {}", point.client) } else { String::new() };
    let of_service = asked.beyond.starts_with("aws:").then_some(asked.beyond.as_str());
    let client = asked_as(network, asked.client, beyond);
    let server = match of_service {
        Some(service) => service.to_owned(),
        None => asked_as(network, asked.server, beyond),
    };
    let stand_in = |held: &Held| {
        network.model().network_interfaces.at(held.holder.interface).stand_in.is_some() && !held.by_public
    };
    let end = |held: Option<Held>, addresses: &[String], port: u16| {
        if held.is_some_and(|held| stand_in(&held)) {
            // Which one it will be nobody knows.
            let some = addresses.join(", ");
            return if ported { format!("{some}, port {port}") } else { some };
        }
        let address = held.map_or(beyond, |held| shown(network, held));
        match (address, ported) {
            (address, false) => address.to_string(),
            (IpAddr::V4(address), true) => format!("{address}:{port}"),
            (IpAddr::V6(address), true) => format!("[{address}]:{port}"),
        }
    };
    let name = |held: Option<Held>, other: &str| match held {
        Some(held) => name_of(network, held.holder.interface),
        None => other.to_owned(),
    };
    let world = if family == Family::V4 { "internet" } else { "internet6" };
    Counterexample {
        question: format!("{client} -> {server}:{service}{from_port}"),
        verdict: pair.verdict,
        request: None,
        client: name(asked.client, world),
        server: name(asked.server, of_service.unwrap_or(world)),
        from: end(asked.client, &pair.client.addresses, point.client),
        to: end(asked.server, &pair.server.addresses, point.server),
        protocol: match point.protocol {
            6 => None,
            1 | 58 => Some(service.to_string()),
            other => Some(protocol_name(other)),
        },
        when: String::new(),
        rules: evidence(pair, shows).into_iter().collect(),
    }
}

fn code(point: &Connection) -> IcmpTypes {
    let byte = |value: u16| u8::try_from(value).unwrap_or(u8::MAX);
    IcmpTypes::Code(byte(point.server), byte(point.client))
}

/// The address that an end is named by.
fn shown(network: &Network, held: Held) -> IpAddr {
    let noun = network.model().network_interfaces.at(held.holder.interface);
    let public = noun.public_of(held.holder.address).filter(|_| held.by_public);
    public.map_or(held.holder.address, IpAddr::V4)
}

/// An end as a question names it: its address, or its id where several interfaces have that.
fn asked_as(network: &Network, held: Option<Held>, beyond: IpAddr) -> String {
    let written = |address: IpAddr| match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    let Some(held) = held else { return written(beyond) };
    let address = shown(network, held);
    let model = network.model();
    let holders = model.vpcs.values().filter_map(|vpc| network.resolved().holder(&vpc.id, address));
    if !held.by_public && holders.count() != 1 {
        let glob = model.network_interfaces.at(held.holder.interface).id().to_string();
        return Term::Selector { kind: Kind::NetworkInterface, glob }.to_string();
    }
    written(address)
}

/// The rules that let a connection in, or what stops it.
fn evidence(pair: &Pair, shows: Shows) -> Vec<Rule> {
    let filters =
        |gate: &Gate| ["security-group", "network-acl"].contains(&gate.gate) && gate.cause == "rules";
    let found = match shows {
        Shows::Works => rules(pair, filters, "allow").into_iter().filter(|rule| !rule.reply).collect(),
        Shows::Lacks => {
            let mut found = rules(pair, |gate| gate.outcome != Outcome::Passes, "deny");
            found.extend(without_rules(pair));
            found
        }
        Shows::Unknown => {
            let unknown = |gate: &Gate| gate.outcome == Outcome::Unknown;
            let mut found = rules(pair, unknown, "unknown");
            found.extend(without_rules(pair));
            found
        }
    };
    found.into_iter().map(Rule::from).collect()
}

/// Why something does not work, in one sentence about what people wrote: `what` is asked by `client` of `server`.
pub(super) fn because(
    network: &Network,
    witness: &Witness,
    client: &str,
    server: &str,
    what: &str,
) -> String {
    let stopping = gates(&witness.pair).find(|(_, gate)| gate.outcome != Outcome::Passes);
    let Some((reply, gate)) = stopping else { return "what one gate lets through another stops".to_owned() };
    let place = gate.direction.map_or(String::new(), |direction| format!(" {direction}"));
    let denied = gate.rules.iter().find(|rule| rule.action == "deny");
    let it = if reply { "the reply" } else { "it" };
    match (gate.gate, gate.direction, denied) {
        ("security-group", Some(direction), _) if !gate.name.is_empty() => {
            let egress = direction == "out";
            let (word, verb) = if egress { ("outbound", "open") } else { ("inbound", "get") };
            let fine = gates(&witness.pair).find(|(reply, other)| {
                !reply && other.gate == "security-group" && other.direction != gate.direction
            });
            let fine = fine.filter(|(_, other)| other.outcome == Outcome::Passes && !other.name.is_empty());
            let fine = fine.map_or(String::new(), |(_, other)| format!(" ({} is fine)", other.name));
            let preposition = if egress { "to" } else { "at" };
            match has_rules(network, witness, egress) {
                false => format!(
                    "{} has no {word} rules, so {client} cannot {verb} {what} {preposition} {server}{fine}",
                    gate.name
                ),
                true => format!(
                    "no {word} rule of {} lets {client} {verb} {what} {preposition} {server}{fine}",
                    gate.name
                ),
            }
        }
        (_, _, Some(rule)) => {
            let number = rule.number.as_deref().unwrap_or("*");
            format!("{}{place} drops {it}: rule {number}  {}", gate.name, rule.text)
        }
        _ if !gate.reason.is_empty() => format!("{}{place}: {}", gate.name, gate.reason),
        _ => format!("{}{place} drops {it}", gate.name),
    }
}

/// Whether the groups of the end whose outbound, or inbound, rules are asked have any of these.
fn has_rules(network: &Network, witness: &Witness, egress: bool) -> bool {
    let end = if egress { witness.asked.client } else { witness.asked.server };
    end.is_none_or(|end| {
        let groups = network.resolved().groups_of(end.holder.interface).iter();
        let mut rules = groups.flat_map(|group| &network.model().security_groups.at(*group).rules);
        rules.any(|rule| rule.egress == egress)
    })
}
