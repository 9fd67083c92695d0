//! What passes in one state, and what becomes of it and of open connections in the next.

use engine::Network;
use engine::reach::Outcome;
use model::{Holder, Ix, NetworkInterface};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Set};

use crate::explain::pair_between;
use crate::reach::{Found, Matrix, Party, Query};
use crate::synth::proof::{Allowed, Passage, id_of};

/// A client, a server and a family.
pub(super) type Pair = (Party, Party, Family);

/// What passes in one state, pair by pair.
pub(super) type Passing = FxHashMap<Pair, Seen>;

/// What passes of all that a pair could be asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    asked: Set,
    outcome: Outcome,
}

impl Default for Seen {
    fn default() -> Seen {
        Seen { asked: Set::EMPTY, outcome: Outcome::default() }
    }
}

/// Something that a pair is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Between {
    pair: Pair,
    asked: Set,
    what: Set,
    /// Nobody can say of this.
    doubtful: Set,
}

pub(super) fn passing(
    network: &Network,
    touched: &FxHashSet<Ix<NetworkInterface>>,
    sets: &mut Diagrams,
) -> Passing {
    let matrix = Matrix::of(network, Query::everything(network), &|_, _| {});
    let is_touched =
        |party: Party| matches!(party, Party::Interface(interface) if touched.contains(&interface));
    let mut copies = FxHashMap::default();
    let mut found = Passing::default();
    for pair in matrix.pairs().filter(|pair| is_touched(pair.client) || is_touched(pair.server)) {
        let [works, unknown] =
            [pair.says.works, pair.says.unknown].map(|set| sets.copy(&matrix.sets, set, &mut copies));
        let asked = sets.copy(&matrix.sets, pair.says.asked, &mut copies);
        let seen = found.entry((pair.client, pair.server, pair.says.family)).or_default();
        seen.asked = sets.union(seen.asked, asked);
        seen.outcome.works = sets.union(seen.outcome.works, works);
        seen.outcome.unknown = sets.union(seen.outcome.unknown, unknown);
    }
    found
}

/// What is declared, worked, and works no more.
pub(super) fn broken(
    before: &Passing,
    after: &Passing,
    declared: &Allowed,
    sets: &mut Diagrams,
) -> Vec<Between> {
    let mut found = Vec::new();
    for (pair, seen) in before {
        let Some(declared) = declared.get(pair) else { continue };
        let worked = sets.intersect(seen.outcome.works, *declared);
        let after = after.get(pair).copied().unwrap_or_default();
        let what = sets.subtract(worked, after.outcome.works);
        if what != Set::EMPTY {
            found.push(Between { pair: *pair, asked: seen.asked, what, doubtful: Set::EMPTY });
        }
    }
    sort(&mut found);
    found
}

/// What may pass now, might not before, and nobody declared.
pub(super) fn opened(
    before: &Passing,
    after: &Passing,
    declared: &Allowed,
    sets: &mut Diagrams,
) -> Vec<Between> {
    let mut found = Vec::new();
    for (pair, seen) in after {
        let before = before.get(pair).copied().unwrap_or_default();
        let declared = declared.get(pair).copied().unwrap_or(Set::EMPTY);
        let known = sets.union(before.outcome.works, before.outcome.unknown);
        let known = sets.union(known, declared);
        let [what, doubtful] =
            [seen.outcome.works, seen.outcome.unknown].map(|set| sets.subtract(set, known));
        if what != Set::EMPTY || doubtful != Set::EMPTY {
            found.push(Between { pair: *pair, asked: seen.asked, what, doubtful });
        }
    }
    sort(&mut found);
    found
}

fn sort(found: &mut [Between]) {
    found.sort_by_key(|Between { pair: (client, server, family), .. }| {
        (order(*client), order(*server), *family)
    });
}

/// Interfaces in their order, the internet before them.
fn order(party: Party) -> Option<Ix<NetworkInterface>> {
    match party {
        Party::Interface(interface) => Some(interface),
        Party::Internet => None,
    }
}

/// The connections that were open before the first step, as far as none has ended them.
pub(super) struct Open<'a> {
    start: &'a Network,
    /// Those that go on for certain, and those that may.
    alive: FxHashMap<Pair, [Set; 2]>,
    asked: FxHashMap<Pair, Set>,
}

impl<'a> Open<'a> {
    pub(super) fn of(start: &'a Network, passing: &Passing) -> Open<'a> {
        let alive = passing.iter().map(|(pair, seen)| (*pair, [seen.outcome.works; 2])).collect();
        let asked = passing.iter().map(|(pair, seen)| (*pair, seen.asked)).collect();
        Open { start, alive, asked }
    }

    /// What a step ends: what could not begin any more, and nothing keeps going that let it begin (S1.37, S2.16). What a
    /// step before took the rule of may live on until this one.
    pub(super) fn ended(&mut self, after: &Network, passes: &Passing, sets: &mut Diagrams) -> Vec<Between> {
        let mut found = Vec::new();
        for (pair, [certain, possible]) in &mut self.alive {
            let still = passes.get(pair).copied().unwrap_or_default();
            let lost = sets.subtract(*possible, still.outcome.works);
            let holders = [pair.0, pair.1].map(|party| holder(self.start, party, pair.2));
            let [Some(client), Some(server)] = holders else { continue };
            if lost == Set::EMPTY {
                continue;
            }
            let asked = pair_between(self.start, pair.2, client, server, lost);
            let judgement = engine::judge(self.start, &asked.flow, lost, sets);
            let fate = engine::fate(self.start, &judgement, after, &asked.flow, sets);
            let doubtful = sets.intersect(fate.unknown, *certain);
            *possible = sets.subtract(*possible, fate.cut);
            *certain = sets.subtract(*certain, fate.cut);
            *certain = sets.subtract(*certain, fate.unknown);
            if fate.cut != Set::EMPTY || doubtful != Set::EMPTY {
                let asked = self.asked.get(pair).copied().unwrap_or(Set::FULL);
                found.push(Between { pair: *pair, asked, what: fate.cut, doubtful });
            }
        }
        sort(&mut found);
        found
    }
}

/// Who a party is to a walk: nobody of the network, or an interface by an address of a family, if it has one.
fn holder(network: &Network, party: Party, family: Family) -> Option<Option<Holder>> {
    let Party::Interface(interface) = party else { return Some(None) };
    let noun = network.model().network_interfaces.at(interface);
    let address = engine::reach::primary_addresses(noun).find(|address| Family::of(*address) == family)?;
    Some(Some(Holder { interface, address }))
}

pub(super) fn said(network: &Network, between: Between, sets: &mut Diagrams) -> Passage {
    let Between { pair: (client, server, family), asked, what, doubtful } = between;
    let beyond = client == Party::Internet || server == Party::Internet;
    let says = Found::of(family, beyond, asked, what, doubtful, sets).judged(sets);
    let id = |party| order(party).map(|interface| id_of(network, interface));
    Passage {
        client: id(client),
        server: id(server),
        family,
        services: says.services,
        may_pass: says.may_work,
    }
}
