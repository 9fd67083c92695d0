//! What a change of rules opens and closes: everything to everything, before and after, pair by pair.
//!
//! For two states of one network: who is in it is the same in both.

use engine::Network;
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use space::{Diagrams, Family, Set};

use super::{Found, Labels, Matrix, Party, Query, ServiceShare};

/// A pair of ends, in the family of its addresses.
type Key = (Party, Party, Family);

/// What becomes of a pair.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Who asks.
    pub client: Party,
    /// Who is asked.
    pub server: Party,
    /// The family of their addresses.
    pub family: Family,
    /// What worked and does not any more.
    pub closed: Set,
    /// What works or may work, and did not.
    pub opened: Set,
}

/// The pairs of which something else works than before.
#[derive(Debug)]
pub struct Comparison {
    /// The pairs, in the order of the matrix before; those of which nothing worked come last.
    pub moved: Vec<Moved>,
    /// The sets that they speak of.
    pub sets: Diagrams,
}

/// Compares the pairs of a query.
pub fn compare(before: &Network, after: &Network, query: Query) -> Comparison {
    let old = Matrix::of(before, query.clone(), &|_, _| {});
    let mut new = Matrix::of(after, query, &|_, _| {});
    let mut pairs: IndexMap<Key, [Option<usize>; 2], FxBuildHasher> = IndexMap::default();
    for (side, matrix) in [&old, &new].into_iter().enumerate() {
        for pair in matrix.pairs() {
            let both = pairs.entry((pair.client, pair.server, pair.says.family)).or_default();
            if let Some(place) = both.get_mut(side) {
                *place = Some(pair.judged);
            }
        }
    }
    let mut sets = std::mem::take(&mut new.sets);
    let mut copies = FxHashMap::default();
    // What is said is said of many pairs.
    let mut known: FxHashMap<[Option<usize>; 2], [Set; 2]> = FxHashMap::default();
    let mut moved = Vec::new();
    for ((client, server, family), both) in pairs {
        let [closed, opened] = *known.entry(both).or_insert_with(|| {
            let [was, is] = both;
            let was = was.and_then(|at| old.judged.get(at));
            let is = is.and_then(|at| new.judged.get(at));
            let mut copy = |set| sets.copy(&old.sets, set, &mut copies);
            let [worked, might] = was.map_or([Set::EMPTY; 2], |was| [copy(was.works), copy(was.unknown)]);
            let [works, may] = is.map_or([Set::EMPTY; 2], |is| [is.works, is.unknown]);
            let closed = sets.subtract(worked, works);
            let surely = sets.subtract(works, worked);
            let (before, now) = (sets.union(worked, might), sets.union(works, may));
            let perhaps = sets.subtract(now, before);
            [closed, sets.union(surely, perhaps)]
        });
        if closed != Set::EMPTY || opened != Set::EMPTY {
            moved.push(Moved { client, server, family, closed, opened });
        }
    }
    Comparison { moved, sets }
}

impl Moved {
    /// Some connections of the pair as services.
    pub fn services(&self, connections: Set, sets: &mut Diagrams) -> Vec<ServiceShare> {
        let beyond = [self.client, self.server].contains(&Party::Internet);
        Found::of(self.family, beyond, connections, connections, Set::EMPTY, sets).judged(sets).services
    }
}

/// A pair and some of what becomes of it, with the names that people use.
#[derive(Debug, Clone, PartialEq)]
pub struct Affected {
    /// The client.
    pub client: String,
    /// The server.
    pub server: String,
    /// Whether the server is the internet.
    pub to_internet: bool,
    /// The services.
    pub services: Vec<ServiceShare>,
}

impl Affected {
    /// Some connections of a pair; what both families have alike is said once.
    pub(crate) fn add(
        all: &mut Vec<Affected>,
        labels: &Labels<'_>,
        moved: &Moved,
        connections: Set,
        sets: &mut Diagrams,
    ) {
        if connections == Set::EMPTY {
            return;
        }
        let name = |party: Party| match (party, moved.family) {
            (Party::Interface(interface), _) => labels.interface_and_id(interface),
            (Party::Internet, Family::V4) => "internet".to_owned(),
            (Party::Internet, Family::V6) => "internet6".to_owned(),
        };
        let affected = Affected {
            client: name(moved.client),
            server: name(moved.server),
            to_internet: moved.server == Party::Internet,
            services: moved.services(connections, sets),
        };
        if !all.contains(&affected) {
            all.push(affected);
        }
    }
}
