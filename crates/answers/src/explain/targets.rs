//! What becomes of the share of each target that a load balancer picks from.

use engine::{Arrival, Checkpoint, Judgement, Network, Verdict};
use space::{Diagrams, Set};

use super::{Gate, Outcome, TargetOutcome, Way};

/// The targets that ways lead to, in the order of the ways; none where no load balancer picks.
pub(super) fn outcomes(
    network: &Network,
    judgement: &Judgement<Set>,
    ways: &[Way],
    sets: &mut Diagrams,
) -> Vec<TargetOutcome> {
    let mut outcomes = Vec::new();
    for (trip, way) in judgement.trips.iter().zip(ways) {
        let picked = trip.request.hops.iter().rev().find_map(|hop| match &hop.checkpoint {
            Checkpoint::LoadBalancer { target, .. } => target.clone(),
            _ => None,
        });
        let Some(target) = picked else { continue };
        let zone = match trip.request.arrival {
            Arrival::Interface(interface) => network.resolved().subnet_of(interface),
            _ => None,
        };
        let zone = zone.and_then(|subnet| network.model().subnets.at(subnet).availability_zone.clone());
        let possible = sets.union(trip.works, trip.unknown);
        let fails = sets.subtract(trip.request.flow, possible);
        let verdict = match (trip.works, fails, trip.unknown) {
            (Set::EMPTY, _, Set::EMPTY) => Verdict::Blocked,
            (_, Set::EMPTY, Set::EMPTY) => Verdict::Allowed,
            (_, Set::EMPTY, _) | (Set::EMPTY, ..) => Verdict::Undecided,
            _ => Verdict::Partial,
        };
        let cause = first_cause(way).unwrap_or_default();
        outcomes.push(TargetOutcome { target, zone: zone.map(|zone| zone.to_string()), verdict, cause });
    }
    outcomes
}

/// The first gate of a way that does not let everything pass, and why.
pub(super) fn first_cause(way: &Way) -> Option<String> {
    let mut gates = std::iter::once(&way.request).chain(&way.replies).flat_map(|leg| &leg.gates);
    gates.find(|gate| gate.outcome != Outcome::Passes).map(cause)
}

/// A gate that stops something, and why, in a few words.
fn cause(gate: &Gate) -> String {
    let name = match gate.direction {
        Some(direction) => format!("{} {direction}", gate.name),
        None => gate.name.clone(),
    };
    let rule = gate.rules.iter().find(|rule| rule.action != "allow").map(|rule| match &rule.number {
        Some(number) => format!("rule {number}  {}", rule.text),
        None => rule.text.clone(),
    });
    let why = rule.filter(|_| gate.reason.is_empty()).unwrap_or_else(|| gate.reason.clone());
    format!("{name}: {why}")
}
