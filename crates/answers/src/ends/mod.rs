//! Who a question speaks of: its words resolved to interfaces of the network and addresses beyond it.

mod names;
mod resolve;

use model::{Holder, Ix, NetworkInterface, Noun};
use space::{Diagrams, Family, Field, Region, Set, address_range};

pub use names::Names;
pub use resolve::resolve;

use engine::Network;
use ipnet::IpNet;

/// An interface of the network as an end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The interface and its address inside the VPC.
    pub holder: Holder,
    /// Whether the question names it by its public address.
    pub by_public: bool,
}

/// A set of ends. A name stands for the primary addresses of its interfaces, a block for all that lie in it.
#[derive(Debug, Clone, Default)]
pub struct EndSet {
    /// Interfaces, each with one address; no two alike.
    pub held: Vec<Held>,
    /// Addresses that no interface of the network holds.
    pub outside: Outside,
    /// What is named but not modelled, in words: an answer that needs it is undecided.
    pub unmodelled: Vec<String>,
}

/// Addresses beyond the network, of both families, as sets on the remote axis.
#[derive(Debug, Default)]
pub struct Outside {
    sets: Diagrams,
    v4: Option<Set>,
    v6: Option<Set>,
}

impl Clone for Outside {
    fn clone(&self) -> Self {
        let mut copy = Outside::default();
        for family in [Family::V4, Family::V6] {
            for range in self.ranges(family) {
                copy.add(family, &Region::FULL.remote(range));
            }
        }
        copy
    }
}

impl Outside {
    fn set(&self, family: Family) -> Set {
        match family {
            Family::V4 => self.v4.unwrap_or(Set::EMPTY),
            Family::V6 => self.v6.unwrap_or(Set::EMPTY),
        }
    }

    fn put(&mut self, family: Family, set: Set) {
        match family {
            Family::V4 => self.v4 = Some(set),
            Family::V6 => self.v6 = Some(set),
        }
    }

    fn add(&mut self, family: Family, region: &Region) {
        let region = self.sets.region(region);
        let set = self.sets.union(self.set(family), region);
        self.put(family, set);
    }

    /// Adds a block.
    pub fn add_block(&mut self, block: IpNet) {
        self.add(Family::of(block.addr()), &Region::FULL.remote(address_range(block)));
    }

    /// Takes away a block.
    pub fn remove_block(&mut self, block: IpNet) {
        let family = Family::of(block.addr());
        let region = self.sets.region(&Region::FULL.remote(address_range(block)));
        let set = self.sets.subtract(self.set(family), region);
        self.put(family, set);
    }

    /// The addresses of a family, as sorted disjoint ranges.
    pub fn ranges(&self, family: Family) -> Vec<std::ops::RangeInclusive<u128>> {
        self.sets.ranges(self.set(family), Field::Remote)
    }

    /// Whether there is none of either family.
    pub fn is_empty(&self) -> bool {
        [Family::V4, Family::V6].into_iter().all(|family| self.set(family) == Set::EMPTY)
    }

    /// Combines with another set by an operation on each family.
    fn combine(mut self, other: &Outside, operation: fn(&mut Diagrams, Set, Set) -> Set) -> Outside {
        for family in [Family::V4, Family::V6] {
            let mut theirs = Set::EMPTY;
            for range in other.ranges(family) {
                let region = self.sets.region(&Region::FULL.remote(range));
                theirs = self.sets.union(theirs, region);
            }
            let ours = self.set(family);
            let set = operation(&mut self.sets, ours, theirs);
            self.put(family, set);
        }
        self
    }
}

impl EndSet {
    fn one(held: Held) -> EndSet {
        EndSet { held: vec![held], ..EndSet::default() }
    }

    /// Whether it names nobody and nothing.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.outside.is_empty() && self.unmodelled.is_empty()
    }

    fn union(mut self, other: EndSet) -> EndSet {
        for held in other.held {
            if !self.held.contains(&held) {
                self.held.push(held);
            }
        }
        self.outside = self.outside.combine(&other.outside, Diagrams::union);
        self.unmodelled.extend(other.unmodelled);
        self
    }

    fn intersection(mut self, other: &EndSet) -> EndSet {
        self.held.retain(|held| other.held.contains(held));
        self.outside = self.outside.combine(&other.outside, Diagrams::intersect);
        self.unmodelled.retain(|reason| other.unmodelled.contains(reason));
        self
    }

    fn difference(mut self, other: &EndSet) -> EndSet {
        self.held.retain(|held| !other.held.contains(held));
        self.outside = self.outside.combine(&other.outside, Diagrams::subtract);
        self.unmodelled.retain(|reason| !other.unmodelled.contains(reason));
        self
    }
}

/// What people call an interface: its own name, its instance's, else its id.
pub fn name_of(network: &Network, interface: Ix<NetworkInterface>) -> String {
    let noun = network.model().network_interfaces.at(interface);
    let instance = network.resolved().instance_of(interface).map(|ix| network.model().instances.at(ix));
    let own = instance.and_then(|instance| instance.name()).or(noun.name());
    own.map_or_else(|| noun.id.to_string(), str::to_owned)
}
