//! The checkpoints that stop something: which, how many have to open, and why they stop it.

use engine::{Cause, Checkpoint, Hop, Leg, Network};
use space::{Diagrams, Family, Set};

use super::data::Stop;
use crate::explain::causes::{cause_word, reason};
use crate::explain::places::{Place, location, place};
use crate::explain::rules::rule_uses;

/// What the answer calls it that nothing leads back to the internet.
const NO_ROUTE: &str = "no route to an internet gateway";
/// What it calls it that the internet has no address for it.
const NO_ADDRESS: &str = "no public address";
/// What it calls it that no group lets anything in.
pub(super) const NO_RULE: &str = "no security group lets anything in from the internet";

/// A checkpoint of a way, and what it lets through of a part.
pub(crate) struct Crossed<'j> {
    pub(crate) hop: &'j Hop<Set>,
    pub(crate) leg: Leg,
}

impl Crossed<'_> {
    /// What passes, or may.
    pub(super) fn lets(&self, part: Set, sets: &mut Diagrams) -> Set {
        let possible = sets.union(self.hop.crossing.passed, self.hop.crossing.unknown);
        sets.intersect(possible, part)
    }

    /// Whether there is nothing that could answer: no gate to open.
    pub(super) fn is_nothing_there(&self) -> bool {
        use Cause::{Hairpin, NoListener, NotAnswered, NotHeld, Unsolicited};
        matches!(self.hop.cause, NoListener | NotAnswered | NotHeld | Unsolicited | Hairpin)
    }
}

/// The fewest checkpoints that have to open before any of a part gets through: those that stop all of it, and of those
/// that stop a part as few as it takes. `None` if that is none, or not to be found.
pub(crate) fn blockers<'a, 'j>(
    crossed: &'a [Crossed<'j>],
    part: Set,
    sets: &mut Diagrams,
) -> Option<Vec<&'a Crossed<'j>>> {
    let (mut stopping, mut narrowing, mut left) = (Vec::new(), Vec::new(), part);
    for (position, one) in crossed.iter().enumerate() {
        match one.lets(part, sets) {
            Set::EMPTY => stopping.push(position),
            lets if lets == part => {}
            lets => {
                narrowing.push((position, lets));
                left = sets.intersect(left, lets);
            }
        }
    }
    if left == Set::EMPTY {
        stopping.extend(fewest(&narrowing, part, sets)?);
        stopping.sort_unstable();
    }
    Some(stopping.into_iter().filter_map(|position| crossed.get(position)).collect())
}

/// The fewest of some checkpoints without which the others let something through together.
fn fewest(narrowing: &[(usize, Set)], part: Set, sets: &mut Diagrams) -> Option<Vec<usize>> {
    /// More would have to be tried than any network is worth.
    const MOST: usize = 12;
    let subsets = 1u32 << narrowing.len().min(MOST);
    let mut order: Vec<u32> = (1..subsets).collect();
    order.sort_by_key(|subset| subset.count_ones());
    let without = |subset: u32, position: usize| position < MOST && subset & (1 << position) != 0;
    let open = order.into_iter().find(|&subset| {
        let others = narrowing.iter().enumerate().filter(|(position, _)| !without(subset, *position));
        others.fold(part, |left, (_, (_, lets))| sets.intersect(left, *lets)) != Set::EMPTY
    })?;
    let chosen = narrowing.iter().enumerate().filter(|(position, _)| without(open, *position));
    Some(chosen.map(|(_, (position, _))| *position).collect())
}

/// Some checkpoints as the answer speaks of them; one that stops both directions for the same reason is one.
pub(crate) fn stops(
    network: &Network,
    crossed: &[&Crossed<'_>],
    part: Set,
    family: Family,
    sets: &mut Diagrams,
) -> Vec<Stop> {
    let mut found: Vec<(Leg, Stop)> = Vec::new();
    for one in crossed {
        let stop = stop(network, one.hop, part, family, sets);
        let by_rules = one.hop.cause == Cause::Rules;
        let same = |(leg, known): &(Leg, Stop)| {
            (known.gate, &known.id, known.cause) == (stop.gate, &stop.id, stop.cause)
                && (!by_rules || *leg == one.leg && known.direction == stop.direction)
        };
        if !found.iter().any(same) {
            found.push((one.leg, stop));
        }
    }
    found.into_iter().map(|(_, stop)| stop).collect()
}

/// The checkpoints of the ways back of what came by a private gateway, which internet gateways would have to take its
/// place of.
pub(super) fn not_by_the_internet(
    network: &Network,
    replies: &[Crossed<'_>],
    family: Family,
    sets: &mut Diagrams,
) -> Vec<Stop> {
    let public = (family == Family::V4).then(|| Stop {
        gate: "internet-gateway",
        name: "internet gateway".into(),
        id: None,
        direction: Some("in"),
        cause: cause_word(&Cause::NoPublicAddress),
        why: NO_ADDRESS.into(),
        rules: Vec::new(),
        location: None,
    });
    let route = replies.iter().find(|one| matches!(one.hop.checkpoint, Checkpoint::Route { .. }));
    let route = route.map(|one| Stop {
        cause: cause_word(&Cause::LeavesElsewhere),
        why: NO_ROUTE.into(),
        ..stop(network, one.hop, one.hop.crossing.passed, family, sets)
    });
    public.into_iter().chain(route).collect()
}

/// Why a checkpoint stops something, in a few words.
pub(super) fn why(network: &Network, hop: &Hop<Set>) -> String {
    match &hop.cause {
        Cause::NoPublicAddress => NO_ADDRESS.into(),
        Cause::NoRoute | Cause::LeavesElsewhere => NO_ROUTE.into(),
        Cause::Blackhole => "the route to the internet is a blackhole".into(),
        Cause::NoGateway => "no internet gateway".into(),
        Cause::BlockedPublicAccess => "Block Public Access".into(),
        Cause::Rules => {
            let Place { name, direction, .. } = place(network, &hop.checkpoint);
            direction.map_or_else(|| reason(network, hop), |egress| format!("{name} {}", word(egress)))
        }
        _ => reason(network, hop),
    }
}

fn word(egress: bool) -> &'static str {
    if egress { "out" } else { "in" }
}

fn stop(network: &Network, hop: &Hop<Set>, part: Set, family: Family, sets: &mut Diagrams) -> Stop {
    let Place { kind, name, id, direction } = place(network, &hop.checkpoint);
    let within = within(hop, part, sets);
    Stop {
        gate: kind,
        name,
        id,
        direction: direction.map(word),
        cause: cause_word(&hop.cause),
        why: why(network, hop),
        rules: rule_uses(network, &within, part, family, sets),
        location: location(network, &hop.checkpoint),
    }
}

/// A hop as far as it is about a part of the flow.
pub(super) fn within(hop: &Hop<Set>, part: Set, sets: &mut Diagrams) -> Hop<Set> {
    let mut hop = hop.clone();
    for taken in &mut hop.taken {
        taken.part = sets.intersect(taken.part, part);
    }
    hop.taken.retain(|taken| taken.part != Set::EMPTY);
    hop
}
