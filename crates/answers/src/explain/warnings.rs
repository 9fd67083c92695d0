//! What works and may yet surprise, and what an answer takes for granted.

use engine::facts::taken;
use engine::{Arrival, Cause, Checkpoint, Judgement, Leg, Network, Seen, View, Way, cross};
use model::{Ix, LoadBalancerType, NetworkAcl, Subnet};
use space::{Diagrams, Family, Region, Set};

use super::gates::named;
use super::pairs::AskedPair;
use crate::question::{Question, Term};

/// Warnings about a question and its answer.
pub(crate) fn warnings(
    network: &Network,
    question: &Question,
    judged: &[(AskedPair, Judgement<Set>)],
    sets: &mut Diagrams,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for term in question.source.terms().chain(question.destination.terms()) {
        if let Term::Net { net, host_bits: true } = &term.node {
            warnings.push(format!(
                "`{}` has bits set behind its prefix; read as {net}",
                written(question, &term.span)
            ));
        }
    }
    for (pair, judgement) in judged {
        if judgement.works != Set::EMPTY {
            path_mtu(network, pair, judgement, sets, &mut warnings);
            warnings.extend(judgement.trips.iter().filter_map(|trip| appliance_mode(network, &trip.request)));
        }
    }
    warnings.sort();
    warnings.dedup();
    warnings
}

/// An appliance behind a transit gateway's attachment without appliance mode: the two directions of a flow may take the
/// appliances of different zones (S3.34).
fn appliance_mode(network: &Network, request: &Way<Set>) -> Option<String> {
    let model = network.model();
    let appliance = request.appliances.first()?;
    let vpc = &model.network_interfaces.at(*appliance).vpc;
    request.hops.iter().find_map(|hop| {
        let Checkpoint::TransitGatewayAttachment { attachment } = hop.checkpoint else { return None };
        let noun = model.transit_gateway_attachments.at(attachment);
        let several = noun.subnets.as_ref().is_some_and(|subnets| subnets.len() > 1);
        (noun.resource.as_ref() == Some(vpc) && several && !noun.appliance_mode).then(|| {
            format!(
                "{} is not in appliance mode: flows between zones may come back by another appliance, which drops them",
                named(noun)
            )
        })
    })
}

fn written<'q>(question: &'q Question, span: &std::ops::Range<usize>) -> &'q str {
    question.text.get(span.clone()).unwrap_or("")
}

/// Path MTU discovery over an internet gateway needs ICMP 'fragmentation needed', or ICMPv6 'packet too big', to reach
/// the sender; security groups let it in as related (D1), network ACLs do not know it (S2.24, S2.25).
fn path_mtu(
    network: &Network,
    pair: &AskedPair,
    judgement: &Judgement<Set>,
    sets: &mut Diagrams,
    warnings: &mut Vec<String>,
) {
    if !carries_tcp(judgement, sets) {
        return;
    }
    let family = pair.flow.family;
    for acl in drops_too_big(network, family, judgement, sets) {
        let name = named(network.model().network_acls.at(acl));
        warnings.push(format!(
            "{name} drops {} inbound: where the path's MTU is smaller, large packets hang while small ones pass",
            too_big(family)
        ));
    }
}

/// What says that a packet is too big for the way on, in words.
pub(crate) fn too_big(family: Family) -> &'static str {
    match family {
        Family::V4 => "ICMP type 3 code 4",
        Family::V6 => "ICMPv6 type 2",
    }
}

/// Whether a network ACL lets in nothing that says that a packet is too big for the way on, whoever says so.
pub(crate) fn drops_too_big_of(
    network: &Network,
    subnet: Ix<Subnet>,
    family: Family,
    sets: &mut Diagrams,
) -> bool {
    let message = match family {
        Family::V4 => Region::FULL.protocol(1).server(3..=3).client(4..=4),
        Family::V6 => Region::FULL.protocol(58).server(2..=2).client(0..=0),
    };
    let Some((_, gate)) = network.network_acl(subnet, false) else { return false };
    let message = sets.region(&message);
    let crossing =
        cross(&gate, &View::new(family, Leg::Request, Seen::Remote), message, network, sets, &mut ());
    crossing.passed == Set::EMPTY && crossing.unknown == Set::EMPTY
}

/// The network ACLs by which a flow comes in from an internet gateway and which drop what says that a packet is too big.
pub(crate) fn drops_too_big(
    network: &Network,
    family: Family,
    judgement: &Judgement<Set>,
    sets: &mut Diagrams,
) -> Vec<Ix<NetworkAcl>> {
    let mut dropping = Vec::new();
    let ways = judgement.trips.iter().flat_map(|trip| std::iter::once(&trip.request).chain(&trip.replies));
    for way in ways.filter(|way| over_internet_gateway(way)) {
        for hop in &way.hops {
            let Checkpoint::NetworkAcl { subnet, acl, egress: false } = hop.checkpoint else { continue };
            if hop.header.source != Seen::Remote {
                continue;
            }
            if let Some(acl) = acl.ix().filter(|_| drops_too_big_of(network, subnet, family, sets)) {
                dropping.push(acl);
            }
        }
    }
    dropping
}

fn carries_tcp(judgement: &Judgement<Set>, sets: &mut Diagrams) -> bool {
    let tcp = sets.region(&Region::FULL.protocol(6));
    sets.intersect(judgement.works, tcp) != Set::EMPTY
}

/// Whether a way takes a route that a gateway propagated.
fn way_uses_propagated(network: &Network, way: &Way<Set>) -> bool {
    way.hops.iter().any(|hop| match hop.checkpoint {
        Checkpoint::Route { table, route: Some(position), .. } => table
            .ix()
            .and_then(|table| network.model().route_tables.at(table).routes.get(position))
            .is_some_and(|route| route.propagated),
        _ => false,
    })
}

fn over_internet_gateway(way: &Way<Set>) -> bool {
    way.hops.iter().any(|hop| matches!(hop.checkpoint, Checkpoint::InternetGateway { .. }))
}

/// What the answer leans on that no file of the export says.
pub(crate) fn assumptions(network: &Network, judged: &[(AskedPair, Judgement<Set>)]) -> Vec<String> {
    let mut assumptions = Vec::new();
    let mut assume = |text: &str| {
        if !assumptions.iter().any(|known| known == text) {
            assumptions.push(text.to_owned());
        }
    };
    for (pair, judgement) in judged {
        if judgement.trips.iter().any(|trip| trip.request.arrival == Arrival::Beyond) {
            assume("a destination beyond the export answers");
        }
        let answered = |trip: &engine::RoundTrip<Set>| {
            trip.works != Set::EMPTY && matches!(trip.request.arrival, Arrival::Interface(_))
        };
        if judgement.trips.iter().any(answered) {
            assume("the server listens, and no firewall of its own stops it");
        }
        let hops = judgement.trips.iter().flat_map(|trip| {
            let replies = trip.replies.iter().flat_map(|reply| &reply.hops);
            trip.request.hops.iter().chain(replies)
        });
        for hop in hops {
            match &hop.checkpoint {
                Checkpoint::Appliance { .. } if hop.cause == Cause::Passed => {
                    assume(
                        "an appliance forwards what it is handed, towards the internet with its own address",
                    );
                }
                Checkpoint::LoadBalancer { load_balancer, .. }
                    if network.model().load_balancers.at(*load_balancer).kind
                        == LoadBalancerType::Gateway =>
                {
                    assume("the appliances behind a Gateway Load Balancer let it pass");
                }
                Checkpoint::LoadBalancer { listener: Some(listener), .. }
                    if network.model().listeners.at(*listener).rules.is_none() =>
                {
                    assume("a listener does what its default action says: its rules are not in the export");
                }
                _ => {}
            }
        }
        match pair.ports.kind {
            Some(kind) if kind.key == "linux" => assume(taken("D2")),
            Some(kind) if !kind.documented => {
                assume("the client takes its ports from its system's default range");
            }
            _ => {}
        }
        let overlapping = |trip: &engine::RoundTrip<Set>| {
            std::iter::once(&trip.request).chain(&trip.replies).any(|way| way_uses_propagated(network, way))
        };
        if judgement.trips.iter().any(overlapping) {
            assume(taken("D3"));
        }
    }
    assumptions
}
