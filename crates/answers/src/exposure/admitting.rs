//! The rules that let something in.

use engine::{Checkpoint, Hop, Leg, Network, RuleAction, Taken};
use space::{Diagrams, Family, Set, Space};

use super::stops::within;
use crate::explain::RuleUse;
use crate::explain::rules::rule_uses;

/// The rules of an interface's groups that let a part in. All rules of groups count, whichever is tried first (S1.1), so
/// one that matches no more of the part than another does is left out.
pub(super) fn admitting(
    network: &Network,
    hop: &Hop<Set>,
    part: Set,
    family: Family,
    sets: &mut Diagrams,
) -> Vec<RuleUse> {
    let mut hop = within(hop, part, sets);
    hop.taken.retain(|taken| taken.action != RuleAction::Deny);
    let matched: Vec<Set> = hop.taken.iter().map(|taken| matches(network, &hop, taken, part, sets)).collect();
    let mut kept = Vec::new();
    for (position, (taken, own)) in hop.taken.iter().zip(&matched).enumerate() {
        let mut idle = false;
        for (other, theirs) in matched.iter().enumerate().filter(|(other, _)| *other != position) {
            // Of two that match the same, the first stays.
            idle |= sets.is_subset(*own, *theirs) && (own != theirs || other < position);
        }
        if !idle {
            // Which share of the part was left to which rule depends on their order alone: none is named.
            kept.push(Taken { part, ..taken.clone() });
        }
    }
    hop.taken = kept;
    rule_uses(network, &hop, part, family, sets)
}

/// All of a part that a rule matches, whatever other rules do.
fn matches(network: &Network, hop: &Hop<Set>, taken: &Taken<Set>, part: Set, sets: &mut Diagrams) -> Set {
    let Checkpoint::SecurityGroups { interface, egress } = hop.checkpoint else { return taken.part };
    let view = network.as_seen_by_groups(interface, &hop.header, Leg::Request, egress);
    let gate = network.security_groups(interface, egress);
    let rules = gate.rules.iter().copied().flatten();
    let Some(rule) = rules.into_iter().find(|rule| Some(rule.origin) == taken.rule) else {
        return taken.part;
    };
    let mut matched = taken.part;
    for region in rule.matches.regions(&view, network) {
        let (inside, _) = part.split(&region, sets);
        matched = sets.union(matched, inside);
    }
    matched
}
