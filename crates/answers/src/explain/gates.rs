//! One gate on the way: its name, what it did, the rules that decided and where they are written.

use engine::{Checkpoint, Hop, Leg as Direction};
use model::Noun;
use space::Set;

use super::causes::{cause_word, reason, state, takes_effect};
use super::legs::Writer;
use super::places::{Place, location, place};
use super::rules::{rule_uses, tried};
use super::{Gate, Outcome};

impl Writer<'_> {
    /// What a hop did with the part that takes its way.
    pub(super) fn gate(&mut self, hop: &Hop<Set>, leg: Direction, flow: Set, reached: bool) -> Gate {
        let network = self.network;
        let Place { kind, name, id, direction } = place(network, &hop.checkpoint);
        let outcome = match (hop.crossing.passed, hop.crossing.unknown) {
            (passed, _) if passed == flow => Outcome::Passes,
            (Set::EMPTY, Set::EMPTY) => Outcome::Blocks,
            (Set::EMPTY, _) => Outcome::Unknown,
            _ => Outcome::Partly,
        };
        let filters =
            matches!(hop.checkpoint, Checkpoint::SecurityGroups { .. } | Checkpoint::NetworkAcl { .. });
        Gate {
            gate: kind,
            name,
            id,
            direction: direction.map(|egress| if egress { "out" } else { "in" }),
            outcome,
            reached,
            cause: cause_word(&hop.cause),
            rules: rule_uses(network, hop, flow, self.asked.flow.family, self.sets),
            location: location(network, &hop.checkpoint),
            reason: reason(network, hop),
            state: (kind == "security-group" && leg == Direction::Request).then(|| state(hop)).flatten(),
            change_takes_effect: filters.then(|| takes_effect(hop, leg)).flatten(),
            tried: if self.rules && filters {
                tried(network, hop, leg, flow, self.asked.flow.family, self.sets)
            } else {
                Vec::new()
            },
        }
    }
}

/// The name that people use, else the id.
pub(crate) fn named<T: Noun>(noun: &T) -> &str {
    noun.name().unwrap_or(noun.id().as_str())
}
