//! One pair of ends: its verdict and shares, and who its ends are.

use engine::ephemeral::{REPORTED_KINDS, client_kind};
use engine::{Cause, Judgement, Network};
use model::Noun;
use space::{Diagrams, Family, Field, Set};

use super::legs::Writer;
use super::pairs::AskedPair;
use super::{End, KindShare, Pair, flow_log, targets, words};
use crate::ends::{Held, name_of};

/// More blocks than this are not listed for an end: its name says what is meant.
const MOST_BLOCKS: usize = 16;

/// Explains one pair.
pub(crate) fn explain(
    network: &Network,
    asked: &AskedPair,
    judgement: &Judgement<Set>,
    rules: bool,
    sets: &mut Diagrams,
) -> Pair {
    let family = asked.flow.family;
    let verdict = judgement.verdict(sets);
    let total = sets.count(judgement.asked);
    let certain = sets.union(judgement.works, judgement.unknown);
    let failing = sets.subtract(judgement.asked, certain);
    let some = |part: Set, sets: &Diagrams| match part {
        Set::EMPTY => String::new(),
        part => words::part(sets, family, part, judgement.asked),
    };
    let has_ports = sets
        .ranges(judgement.asked, Field::Protocol)
        .iter()
        .any(|range| range.contains(&6) || range.contains(&17));
    let client_ports =
        if has_ports { words::each_range(sets, judgement.works, Field::Client) } else { Vec::new() };
    let mut writer = Writer { network, asked, rules, sets };
    let ways: Vec<_> = judgement.trips.iter().map(|trip| writer.way(trip, judgement.asked)).collect();
    let targets = targets::outcomes(network, judgement, &ways, sets);
    Pair {
        client: end(network, asked, asked.client, true, sets),
        server: end(network, asked, asked.server, false, sets),
        family: match family {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        },
        services: asked.services.iter().map(ToString::to_string).collect(),
        verdict,
        share: if total > 0.0 { sets.count(judgement.works) / total } else { 0.0 },
        works: some(judgement.works, sets),
        fails: some(failing, sets),
        client_ports,
        kinds: if has_ports { kinds(asked, judgement, sets) } else { Vec::new() },
        flow_log: flow_log::records(network, asked, judgement, sets),
        targets,
        ways,
    }
}

/// Why parts of it are not known.
pub(crate) fn unknowns(judgement: &Judgement<Set>) -> Vec<String> {
    let mut reasons = Vec::new();
    for trip in judgement.trips.iter().filter(|trip| trip.unknown != Set::EMPTY) {
        let hops = trip.request.hops.iter().chain(trip.replies.iter().flat_map(|reply| &reply.hops));
        for hop in hops.filter(|hop| hop.crossing.unknown != Set::EMPTY) {
            if let Cause::Unknown(reason) = &hop.cause {
                reasons.push(reason.clone());
            }
            let unknown = hop.taken.iter().filter_map(|taken| match &taken.action {
                engine::RuleAction::Unknown(reason) => Some(reason.clone()),
                _ => None,
            });
            reasons.extend(unknown);
        }
    }
    reasons
}

/// Shares by kind, for a client that could be of any (S2.23).
fn kinds(asked: &AskedPair, judgement: &Judgement<Set>, sets: &mut Diagrams) -> Vec<KindShare> {
    let of_any_kind = asked.ports.kind.is_some_and(|kind| ["internet", "any"].contains(&kind.key));
    // What fails for other reasons than the client's port fails for every kind alike.
    let by_port = sets.ranges(judgement.works, Field::Client) != sets.ranges(judgement.asked, Field::Client);
    if !of_any_kind || !by_port {
        return Vec::new();
    }
    let mut shares = Vec::new();
    for kind in REPORTED_KINDS.into_iter().filter_map(client_kind) {
        let within = sets.region(&space::Region::FULL.client(kind.ports.from..=kind.ports.to));
        let (asked, works) =
            (sets.intersect(judgement.asked, within), sets.intersect(judgement.works, within));
        let total = sets.count(asked);
        if total == 0.0 {
            continue;
        }
        let working = sets
            .ranges(works, Field::Client)
            .iter()
            .map(|range| range.end() - range.start() + 1)
            .sum::<u128>();
        shares.push(KindShare {
            kind: kind.key,
            words: kind.words,
            share: sets.count(works) / total,
            working: u64::try_from(working).unwrap_or(u64::MAX),
            ports: u64::from(kind.ports.count()),
        });
    }
    shares
}

/// One side in words.
fn end(network: &Network, asked: &AskedPair, held: Option<Held>, client: bool, sets: &Diagrams) -> End {
    let ports = client.then(|| match asked.ports.kind {
        Some(kind) => format!("{}: ports {}", kind.words, kind.ports),
        None => format!("ports {}", asked.ports.ports),
    });
    let Some(Held { holder, .. }) = held else {
        let mut addresses = words::blocks(sets, asked.flow.family, asked.asked);
        if addresses.len() > MOST_BLOCKS {
            addresses.clear();
        }
        return End {
            name: asked.beyond.clone(),
            interface: None,
            addresses,
            public_address: None,
            subnet: None,
            zone: None,
            ports,
        };
    };
    let noun = network.model().network_interfaces.at(holder.interface);
    let subnet = network.resolved().subnet_of(holder.interface).map(|ix| network.model().subnets.at(ix));
    let zone = subnet.and_then(|subnet| subnet.availability_zone.as_ref()).map(ToString::to_string);
    let subnet = subnet.map(|subnet| subnet.name().unwrap_or(subnet.id.as_str()).to_owned());
    End {
        name: name_of(network, holder.interface),
        interface: Some(noun.id.to_string()),
        addresses: match noun.stand_in {
            Some(_) => {
                let blocks = network.blocks_of(Some(holder.interface), holder.address);
                blocks.iter().map(|block| format!("some address in {block}")).collect()
            }
            None => vec![holder.address.to_string()],
        },
        public_address: (noun.public_of(holder.address))
            .filter(|public| !model::is_unknown_public((*public).into()))
            .map(|public| public.to_string()),
        subnet,
        zone,
        ports,
    }
}
