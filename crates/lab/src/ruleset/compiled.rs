//! What a plan compiled, by all that it depended on: a later plan compiles only what depends on something else now.

use std::collections::HashMap;
use std::sync::Arc;

use super::gate::Gate;
use super::table::Part;
use super::untracked::Untracked;

/// Which gate: its number among those of its kind, and its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) number: u32,
    pub(super) egress: bool,
}

/// The gates of a lab as they are compiled.
#[derive(Debug, Default)]
pub struct Compiled {
    of_groups: HashMap<Place, Arc<Gate>>,
    of_lists: HashMap<Place, Arc<Gate>>,
    untracked: HashMap<u32, Arc<Untracked>>,
}

impl Compiled {
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
