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

/// The position of a list's interface in its VPC, and the number of the list.
pub(super) type Jumps = Vec<(usize, u32)>;
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
