//! What a plan compiled, by all that it depended on: a later plan compiles only what depends on something else now.

use std::collections::HashMap;
use std::sync::Arc;

use ipnet::IpNet;

use super::gate::Gate;
use super::script::Script;
use super::seats::Seat;
use super::table::Part;
use super::untracked::Untracked;

/// Which gate: its number among those of its kind, and its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) number: u32,
    pub(super) egress: bool,
}

/// A part of a table, and what it says.
#[derive(Debug)]
pub(super) struct Kept<T> {
    /// What it says.
    pub(super) of: Arc<T>,
    part: Arc<Part>,
}

impl<T> Kept<T> {
    pub(super) fn new(of: T, script: Script) -> Kept<T> {
        Kept { of: Arc::new(of), part: Arc::new(script.part()) }
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Kept<T> {
        Kept { of: Arc::clone(&self.of), part: Arc::clone(&self.part) }
    }
}

/// The number of a list's interface in its VPC, and the number of the list.
pub(super) type Jumps = Vec<(u32, u32)>;
/// Addresses near and far, and the marks of their classes.
pub(super) type Classes = [Vec<(IpNet, u32)>; 2];

/// The rules of a lab as they are compiled: gates, and parts of each VPC's fabric by its position.
#[derive(Debug, Default)]
pub struct Compiled {
    seats: HashMap<usize, Kept<Vec<Seat>>>,
    jumps: HashMap<usize, Kept<Jumps>>,
    classes: HashMap<usize, Kept<Classes>>,
    of_groups: HashMap<Place, Arc<Gate>>,
    of_lists: HashMap<Place, Arc<Gate>>,
    untracked: HashMap<u32, Arc<Untracked>>,
}

impl Compiled {
    pub(super) fn seats(&self, vpc: usize) -> Option<Kept<Vec<Seat>>> {
        self.seats.get(&vpc).cloned()
    }

    pub(super) fn jumps(&self, vpc: usize) -> Option<Kept<Jumps>> {
        self.jumps.get(&vpc).cloned()
    }

    pub(super) fn classes(&self, vpc: usize) -> Option<Kept<Classes>> {
        self.classes.get(&vpc).cloned()
    }

    pub(super) fn keep_seats(&mut self, vpc: usize, kept: Kept<Vec<Seat>>) -> Arc<Part> {
        keep(&mut self.seats, vpc, kept)
    }

    pub(super) fn keep_jumps(&mut self, vpc: usize, kept: Kept<Jumps>) -> Arc<Part> {
        keep(&mut self.jumps, vpc, kept)
    }

    pub(super) fn keep_classes(&mut self, vpc: usize, kept: Kept<Classes>) -> Arc<Part> {
        keep(&mut self.classes, vpc, kept)
    }

    pub(super) fn of_groups(&self, place: Place) -> Option<&Arc<Gate>> {
        self.of_groups.get(&place)
    }

    pub(super) fn of_list(&self, place: Place) -> Option<&Arc<Gate>> {
        self.of_lists.get(&place)
    }

    pub(super) fn untracked(&self, number: u32) -> Option<&Arc<Untracked>> {
        self.untracked.get(&number)
    }

    /// Keeps the gate of a list of groups; its part of the table.
    pub(super) fn keep_of_groups(&mut self, place: Place, gate: Arc<Gate>) -> Arc<Part> {
        let part = gate.part();
        self.of_groups.insert(place, gate);
        part
    }

    /// Likewise, of a network ACL.
    pub(super) fn keep_of_list(&mut self, place: Place, gate: Arc<Gate>) -> Arc<Part> {
        let part = gate.part();
        self.of_lists.insert(place, gate);
        part
    }

    pub(super) fn keep_untracked(&mut self, number: u32, untracked: Arc<Untracked>) {
        self.untracked.insert(number, untracked);
    }
}

fn keep<T>(all: &mut HashMap<usize, Kept<T>>, vpc: usize, kept: Kept<T>) -> Arc<Part> {
    let part = Arc::clone(&kept.part);
    all.insert(vpc, kept);
    part
}

#[cfg(test)]
mod tests {
    use engine::Network;
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;
    use testkit::generate;

    use super::*;
    use crate::numbers::Numbers;
    use crate::ruleset::{Change, Rulesets, Table};
    use crate::topology::Plan;
    use crate::wire::encoded;

    fn tables(rules: &Rulesets) -> Vec<&Table> {
        rules.vpcs.iter().flat_map(|vpc| [&vpc.fabric, &vpc.router]).collect()
    }

    /// Goes from one random network to another in small steps, and holds each against the same compiled anew.
    fn step_by_step(networks: &impl Strategy<Value = Vec<String>>, pairs: usize) {
        let mut runner = TestRunner::deterministic();
        let (mut kept, mut changed) = (0, 0);
        for _ in 0..pairs {
            let [from, to] = [(); 2].map(|()| networks.new_tree(&mut runner).unwrap().current());
            let mut numbers = Numbers::default();
            let mut before: Option<Rulesets> = None;
            for text in std::iter::once(from.clone()).chain(generate::edits(&from, &to)) {
                let text: Vec<&str> = text.iter().map(String::as_str).collect();
                let network: Network = testkit::network(&text);
                let plan = Plan::new(&network, &mut numbers.places).unwrap();
                let nothing = Compiled::default();
                let known = before.as_ref().map_or(&nothing, |rules| &rules.compiled);
                let anew = Rulesets::new(&network, &plan, &mut numbers.clone(), &nothing).unwrap();
                let rules = Rulesets::new(&network, &plan, &mut numbers, known).unwrap();
                let before_tables = before.as_ref().map_or(Vec::new(), tables);
                for (position, (table, anew)) in tables(&rules).into_iter().zip(tables(&anew)).enumerate() {
                    assert_eq!(table, anew, "{}", text.join("\n"));
                    let Some(old) = before_tables.get(position) else { continue };
                    let is_old = |part: &&Arc<Part>| old.parts.iter().any(|old| Arc::ptr_eq(old, part));
                    kept += table.parts.iter().filter(is_old).count();
                    match table.change_from(old) {
                        Change::Nothing => {}
                        // All of it can be told to the kernel without nft.
                        Change::Transaction(change) => {
                            assert!(encoded(&change, true).is_some(), "{}", change.text());
                            changed += 1;
                        }
                        Change::Whole => panic!("{}", text.join("\n")),
                    }
                }
                before = Some(rules);
            }
        }
        assert!(kept > 20 * pairs && changed > 5 * pairs, "{kept} parts were kept, {changed} tables changed");
    }

    #[test]
    fn what_is_kept_is_what_would_be_compiled_anew() {
        step_by_step(&generate::network(), 20);
    }

    #[test]
    fn what_is_kept_is_what_would_be_compiled_anew_between_vpcs() {
        step_by_step(&generate::joined(), 20);
    }
}
