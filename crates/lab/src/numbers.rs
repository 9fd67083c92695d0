//! Numbers of what a lab is made of. They outlive changes: whatever keeps its id keeps its number, and none is given
//! twice, so that a change of one thing is no change of others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::places::Places;
use crate::ruleset::Generation;

/// Numbers by key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Keyed {
    /// The first number of each key, and how many it has.
    of: BTreeMap<String, (u32, u32)>,
    /// The least that nobody has had.
    next: u32,
}

impl Keyed {
    /// The number of a key.
    pub fn number(&mut self, key: &str) -> u32 {
        self.block(key, 1)
    }

    /// The first of so many numbers in a row for a key. Where it has fewer, it gets others, with room to grow.
    pub fn block(&mut self, key: &str, count: u32) -> u32 {
        if let Some(&(first, room)) = self.of.get(key)
            && count <= room
        {
            return first;
        }
        let room = count.checked_next_power_of_two().unwrap_or(count);
        let first = self.next;
        self.next = first.saturating_add(room);
        self.of.insert(key.to_owned(), (first, room));
        first
    }
}

/// The numbers of a lab.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Numbers {
    /// Of lists of groups, by VPC and groups: what a gate's chains are called by.
    pub gates: Keyed,
    /// Of network ACLs, likewise.
    pub lists: Keyed,
    /// Of the rules of security groups and network ACLs, by whose they are.
    pub rules: Keyed,
    /// Which routing tables each VPC uses, and a number that changes with what is in them.
    pub routes: BTreeMap<String, (Generation, u64)>,
    /// Of machines, links, subnets and VPCs.
    pub places: Places,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_keeps_a_key_keeps_its_numbers() {
        let mut numbers = Keyed::default();
        assert_eq!((numbers.block("a", 3), numbers.block("b", 1)), (0, 4));
        assert_eq!((numbers.block("a", 4), numbers.block("b", 1)), (0, 4));
        // What outgrows its room moves, and nobody else does.
        assert_eq!((numbers.block("a", 5), numbers.block("b", 1), numbers.number("c")), (5, 4, 13));
    }
}
