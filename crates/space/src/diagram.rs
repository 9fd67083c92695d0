//! Hash-consed interval decision diagrams: any set of connections, canonical and shared.
//!
//! A node stands for one field and cuts its axis into intervals, each with a child: a sorted list of
//! (upper bound, child) whose last bound is the field's maximum. Neighbours with the same child are merged, a node
//! with a single child is that child, and equal nodes are one node. So every set has exactly one diagram, equality is
//! a comparison of two integers, and ranges and prefixes are read back without decoding bits.
//!
//! Depth is the number of fields, so no recursion here is deep.

use std::borrow::Borrow;
use std::ops::RangeInclusive;

use indexmap::{Equivalent, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::{Connection, Field, Region};

/// A set of connections: a handle into the [`Diagrams`] that made it. Equal handles, equal sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Set(u32);

impl Set {
    /// No connection.
    pub const EMPTY: Set = Set(0);
    /// Every connection.
    pub const FULL: Set = Set(1);
}

#[derive(Debug, PartialEq, Eq, Hash, Clone)]
struct Node {
    level: u8,
    cuts: Box<[(u128, Set)]>,
}

/// A node that may be in the arena already: looked up before anything is allocated for it.
#[derive(Hash)]
struct Sought<'c> {
    level: u8,
    cuts: &'c [(u128, Set)],
}

impl Equivalent<Node> for Sought<'_> {
    fn equivalent(&self, node: &Node) -> bool {
        self.level == node.level && *self.cuts == *node.cuts
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Operation {
    Union,
    Intersect,
    Subtract,
}

/// The arena in which sets live.
#[derive(Debug, Default)]
pub struct Diagrams {
    /// Node `n` is the set `n + 2`; 0 and 1 are the terminals.
    nodes: IndexSet<Node, FxBuildHasher>,
    memo: FxHashMap<(Operation, Set, Set), Set>,
}

impl Diagrams {
    /// An arena that holds the empty and the full set.
    pub fn new() -> Diagrams {
        Diagrams::default()
    }

    /// The set of a box. A box with an empty range is the empty set.
    pub fn region(&mut self, region: &Region) -> Set {
        let mut set = Set::FULL;
        for &field in Field::ALL.iter().rev() {
            let (low, high) = region.bounds(field);
            if low > high {
                return Set::EMPTY;
            }
            // A side that is the whole axis needs no node.
            if low == 0 && high == field.last() {
                continue;
            }
            let above = (field.last(), Set::EMPTY);
            set = match low.checked_sub(1).map(|below| (below, Set::EMPTY)) {
                Some(below) if high == field.last() => self.node(field.level(), &[below, (high, set)]),
                Some(below) => self.node(field.level(), &[below, (high, set), above]),
                None => self.node(field.level(), &[(high, set), above]),
            };
        }
        set
    }

    /// The set of some boxes together.
    pub fn set_of(&mut self, regions: impl IntoIterator<Item = impl Borrow<Region>>) -> Set {
        regions.into_iter().fold(Set::EMPTY, |all, region| {
            let region = self.region(region.borrow());
            self.union(all, region)
        })
    }

    /// Connections in either set.
    pub fn union(&mut self, a: Set, b: Set) -> Set {
        // The operation is symmetric: one memo entry serves both orders.
        self.apply(Operation::Union, a.min(b), a.max(b))
    }

    /// Connections in both sets.
    pub fn intersect(&mut self, a: Set, b: Set) -> Set {
        self.apply(Operation::Intersect, a.min(b), a.max(b))
    }

    /// Connections of `a` that are not in `b`.
    pub fn subtract(&mut self, a: Set, b: Set) -> Set {
        self.apply(Operation::Subtract, a, b)
    }

    /// Whether every connection of `a` is in `b`.
    pub fn is_subset(&mut self, a: Set, b: Set) -> bool {
        self.subtract(a, b) == Set::EMPTY
    }

    /// Whether the connection is in the set.
    pub fn contains(&self, set: Set, connection: &Connection) -> bool {
        let mut at = set;
        while let Some(node) = self.get(at) {
            let Some(field) = Field::ALL.get(usize::from(node.level)) else { return false };
            let value = connection.field(*field);
            let index = node.cuts.partition_point(|&(upper, _)| upper < value);
            let Some(&(_, child)) = node.cuts.get(index) else { return false };
            at = child;
        }
        at == Set::FULL
    }

    /// The set as disjoint boxes, in ascending order of the fields.
    pub fn regions(&self, set: Set) -> Vec<Region> {
        let mut found = Vec::new();
        self.collect(set, Region::FULL, &mut found);
        found
    }

    /// The values that one field takes in the set: its projection on that axis, as sorted disjoint ranges.
    pub fn ranges(&self, set: Set, field: Field) -> Vec<RangeInclusive<u128>> {
        let mut all: Vec<(u128, u128)> =
            self.regions(set).iter().map(|region| region.bounds(field)).collect();
        all.sort_unstable();
        let mut merged: Vec<RangeInclusive<u128>> = Vec::new();
        for (low, high) in all {
            match merged.last_mut() {
                // Adjacent or overlapping: `low - 1` cannot underflow behind an earlier range that ends below it.
                Some(last) if low <= *last.end() || low - 1 == *last.end() => {
                    *last = *last.start()..=high.max(*last.end());
                }
                _ => merged.push(low..=high),
            }
        }
        merged
    }

    /// How many connections the set has; one that works for a share of what chance decides counts as that share
    /// ([`Field::is_chance`]). Exact below 2^53 where chance has no part, else to the precision of a float.
    pub fn count(&self, set: Set) -> f64 {
        let side = |region: &Region, field: Field| {
            let (low, high) = region.bounds(field);
            let values = (high - low) as f64 + 1.0;
            if field.is_chance() { values / (field.last() as f64 + 1.0) } else { values }
        };
        let size = |region: &Region| Field::ALL.iter().map(|&field| side(region, field)).product::<f64>();
        // Not `sum`, whose zero is negative.
        self.regions(set).iter().map(size).fold(0.0, |total, size| total + size)
    }

    /// The smallest connection of the set, if it has any: a witness to show or to replay.
    pub fn sample(&self, set: Set) -> Option<Connection> {
        let mut found = Connection::default();
        let mut at = set;
        while let Some(node) = self.get(at) {
            let mut low = 0;
            for &(upper, child) in &node.cuts {
                if child != Set::EMPTY {
                    at = child;
                    break;
                }
                low = upper + 1;
            }
            match Field::ALL.get(usize::from(node.level))? {
                Field::Protocol => found.protocol = u8::try_from(low).ok()?,
                Field::Remote => found.remote = low,
                Field::Client => found.client = u16::try_from(low).ok()?,
                Field::Server => found.server = u16::try_from(low).ok()?,
                Field::Relay => found.relays[0] = u16::try_from(low).ok()?,
                Field::SecondRelay => found.relays[1] = u16::try_from(low).ok()?,
                Field::Draw => found.draws[0] = u32::try_from(low).ok()?,
                Field::SecondDraw => found.draws[1] = u32::try_from(low).ok()?,
            }
        }
        (at == Set::FULL).then_some(found)
    }

    /// A set of another arena, in this one. `copies` remembers what was copied from that arena before.
    pub fn copy(&mut self, from: &Diagrams, set: Set, copies: &mut FxHashMap<Set, Set>) -> Set {
        let Some(node) = from.get(set) else { return set };
        if let Some(&known) = copies.get(&set) {
            return known;
        }
        let cuts: Vec<(u128, Set)> =
            node.cuts.iter().map(|&(upper, child)| (upper, self.copy(from, child, copies))).collect();
        let copy = self.cut(node.level, cuts);
        copies.insert(set, copy);
        copy
    }

    /// How many nodes the arena holds: its size in memory, for benchmarks.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether only the two terminals exist.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn get(&self, set: Set) -> Option<&Node> {
        self.nodes.get_index((set.0 as usize).checked_sub(2)?)
    }

    fn collect(&self, set: Set, within: Region, found: &mut Vec<Region>) {
        match self.get(set) {
            None if set == Set::FULL => found.push(within),
            None => {}
            Some(node) => {
                let Some(&field) = Field::ALL.get(usize::from(node.level)) else { return };
                let mut low = 0;
                for &(upper, child) in &node.cuts {
                    if child != Set::EMPTY {
                        self.collect(child, within.clone().with(field, low..=upper), found);
                    }
                    low = upper.saturating_add(1);
                }
            }
        }
    }

    /// The set with these cuts, which may still hold equal neighbours.
    fn cut(&mut self, level: u8, mut cuts: Vec<(u128, Set)>) -> Set {
        // Of neighbours with one child only the last bound counts.
        cuts.dedup_by(|next, kept| {
            let same = next.1 == kept.1;
            if same {
                kept.0 = next.0;
            }
            same
        });
        match cuts.as_slice() {
            [(_, only)] => *only,
            cuts => self.node(level, cuts),
        }
    }

    /// The one node with these cuts.
    fn node(&mut self, level: u8, cuts: &[(u128, Set)]) -> Set {
        let index = match self.nodes.get_index_of(&Sought { level, cuts }) {
            Some(known) => known,
            None => self.nodes.insert_full(Node { level, cuts: cuts.into() }).0,
        };
        Set(u32::try_from(index + 2).unwrap_or(u32::MAX))
    }

    fn apply(&mut self, operation: Operation, a: Set, b: Set) -> Set {
        use Operation::{Intersect, Subtract, Union};
        match (operation, a, b) {
            (Union, Set::EMPTY, x)
            | (Union, x, Set::EMPTY)
            | (Intersect, Set::FULL, x)
            | (Intersect, x, Set::FULL) => x,
            (Union, Set::FULL, _) | (Union, _, Set::FULL) => Set::FULL,
            (Intersect, Set::EMPTY, _) | (Intersect, _, Set::EMPTY) => Set::EMPTY,
            (Subtract, Set::EMPTY, _) | (Subtract, _, Set::FULL) => Set::EMPTY,
            (Subtract, x, Set::EMPTY) => x,
            (Union | Intersect, x, y) if x == y => x,
            (Subtract, x, y) if x == y => Set::EMPTY,
            _ => {
                if let Some(&known) = self.memo.get(&(operation, a, b)) {
                    return known;
                }
                let set = self.merge(operation, a, b);
                self.memo.insert((operation, a, b), set);
                set
            }
        }
    }

    /// Walks two nodes' cuts side by side, the outer level first.
    fn merge(&mut self, operation: Operation, a: Set, b: Set) -> Set {
        let level_of = |set| self.get(set).map_or(u8::MAX, |node| node.level);
        let level = level_of(a).min(level_of(b));
        let last = Field::ALL.get(usize::from(level)).map_or(0, |field| field.last());
        // A set that does not look at this field is the same for all its values.
        let cut_at = |diagrams: &Diagrams, set: Set, at: usize| match diagrams.get(set) {
            Some(node) if node.level == level => node.cuts.get(at).copied(),
            _ => (at == 0).then_some((last, set)),
        };
        let (mut of_a, mut of_b) = (0, 0);
        let mut cuts = Vec::new();
        while let (Some((upper_a, child_a)), Some((upper_b, child_b))) =
            (cut_at(self, a, of_a), cut_at(self, b, of_b))
        {
            let child = self.apply(operation, child_a, child_b);
            cuts.push((upper_a.min(upper_b), child));
            of_a += usize::from(upper_a <= upper_b);
            of_b += usize::from(upper_b <= upper_a);
        }
        self.cut(level, cuts)
    }
}
