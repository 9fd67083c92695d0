//! What gates do by what they say: two lists that say the same in other words, or in another order, are one to whoever is
//! behind them.

use rustc_hash::FxHashMap;
use space::{Diagrams, Family, Set};

use super::afar::{Said, Verdict};
use crate::{Crossing, Gate, Leg, Match, Network, PeerMatch, Rule, RuleAction, RuleRef, Seen, View, cross};

/// What becomes of requests and of replies, whoever the peer is.
pub(super) type Effect = [Crossing<Set>; 2];

/// What gates do, each found once, by the one definition of a gate.
pub(super) struct Effects<'n> {
    network: &'n Network,
    sets: Diagrams,
    known: FxHashMap<(Family, Said), Effect>,
}

impl<'n> Effects<'n> {
    pub(super) fn new(network: &'n Network) -> Effects<'n> {
        Effects { network, sets: Diagrams::new(), known: FxHashMap::default() }
    }

    /// What a gate does that says this of its peers.
    pub(super) fn of(&mut self, said: Said, family: Family) -> Effect {
        let (network, sets) = (self.network, &mut self.sets);
        *self.known.entry((family, said)).or_insert_with_key(|(_, said)| {
            let rules: Vec<Rule> = said.iter().map(|(traffic, verdict)| rule(*traffic, *verdict)).collect();
            let gate = Gate { rules: vec![&rules] };
            [Leg::Request, Leg::Reply].map(|leg| {
                let view = View::new(family, leg, Seen::Remote);
                cross(&gate, &view, Set::FULL, network, sets, &mut ())
            })
        })
    }
}

fn rule(traffic: model::Traffic, verdict: Verdict) -> Rule {
    let action = match verdict {
        Verdict::Allow => RuleAction::Allow,
        Verdict::Deny => RuleAction::Deny,
        Verdict::Unknown => RuleAction::Unknown(String::new()),
    };
    Rule { origin: RuleRef::Missing, matches: Match { traffic, peer: PeerMatch::Anyone }, action }
}
