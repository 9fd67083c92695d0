//! Everything to everything: the whole answer of a network, sparse from its rules and not from its pairs.
//!
//! In the order of the files: `profile` and `ends` find what nothing can tell apart; `neighbours` says which VPCs packets
//! may get to at all; `skeleton` walks once between two sites with the gates left open, by the walk of every other
//! answer; `slices` holds what each gate does, found once by the one definition of a gate ([`crate::cross`]); `afar` and
//! `crowds` find the cohorts of other VPCs for whom all of that is the same; `row` puts these together for one class of
//! servers; this file does so for all, side by side, and keeps them.

mod afar;
mod ahead;
mod blocks;
mod crowds;
mod cuts;
mod effects;
mod ends;
mod index;
mod neighbours;
mod profile;
mod regroup;
mod row;
mod signature;
mod skeleton;
mod slices;
mod unique;

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::{Ix, NetworkInterface, PortRange};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Region, Set};

pub use ahead::ahead;
pub use blocks::{Block, Clients, Servers};
pub use ends::{Class, ClassIx, Cohort, CohortIx, Ends, devices, is_end, primary_addresses};
pub use index::{Changed, Index, Side};
pub use row::Row;
pub use signature::random;
pub use unique::Unique;

use crate::ephemeral::client_kind;
use crate::{Goal, Network};
use crowds::Alike;
use cuts::Cuts;
use neighbours::Neighbours;
use profile::Profiles;
use row::{Rows, Wanted};

/// The kind of client that the internet is.
const INTERNET: &str = "internet";

/// What works between two ends, and what else may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Outcome {
    /// What works both ways.
    pub works: Set,
    /// What may work.
    pub unknown: Set,
}

impl Outcome {
    /// All is blocked.
    pub const NOTHING: Outcome = Outcome { works: Set::EMPTY, unknown: Set::EMPTY };

    /// Whether all is blocked.
    pub fn is_nothing(self) -> bool {
        self == Outcome::NOTHING
    }
}

impl Default for Outcome {
    fn default() -> Self {
        Outcome::NOTHING
    }
}

/// What is asked of every pair.
pub struct Asked<'a> {
    /// The connections that are asked, from a range of client ports, whoever the remote end is.
    pub connections: &'a (dyn Fn(&mut Diagrams, Family, PortRange) -> Set + Sync),
    /// The addresses of the internet, in IPv4 and in IPv6, as values of the remote axis.
    pub internet: [Vec<RangeInclusive<u128>>; 2],
    /// How far it has to get.
    pub goal: Goal,
}

impl Asked<'_> {
    /// What is asked of a kind of client; the remote end is on the internet, or there is none.
    pub fn of(&self, family: Family, kind: &str, beyond: bool, sets: &mut Diagrams) -> Set {
        let ports = client_kind(kind).map_or(PortRange::ALL, |kind| kind.ports);
        let connections = (self.connections)(sets, family, ports);
        let remote = self.remote(family, beyond, sets);
        sets.intersect(connections, remote)
    }

    fn remote(&self, family: Family, beyond: bool, sets: &mut Diagrams) -> Set {
        let [v4, v6] = &self.internet;
        let inside = [0..=0];
        let ranges = match (beyond, family) {
            (false, _) => inside.as_slice(),
            (true, Family::V4) => v4,
            (true, Family::V6) => v6,
        };
        sets.set_of(ranges.iter().map(|range| Region::FULL.remote(range.clone())))
    }
}

/// What all rows of a network share.
#[derive(Debug)]
pub struct Prepared {
    ends: Ends,
    profiles: Profiles,
    neighbours: Neighbours,
    lists: Vec<Cuts>,
}

impl Prepared {
    /// Finds the ends of a network and what tells them apart.
    pub fn of(network: &Network) -> Prepared {
        let ends = Ends::without_classes(network);
        let neighbours = Neighbours::of(network, &ends);
        Prepared::looking(network, ends, neighbours, |_| true)
    }

    /// As much of it as some interfaces have to do with, as clients or as servers: the ends in VPCs that packets of theirs
    /// may get to or come from.
    pub fn around(network: &Network, interfaces: &[Ix<NetworkInterface>]) -> Prepared {
        let (model, resolved) = (network.model(), network.resolved());
        let ends = Ends::without_classes(network);
        let neighbours = Neighbours::of(network, &ends);
        let vpc_of = |interface| ends.vpc(&model.network_interfaces.at(interface).vpc);
        let mut own: FxHashSet<u32> = FxHashSet::default();
        for &interface in interfaces {
            own.extend(vpc_of(interface));
            // Interfaces of one host reach each other wherever they are (S12.11).
            let instance = &model.network_interfaces.at(interface).instance;
            let same_host = instance.iter().flat_map(|id| resolved.interfaces_of(id));
            own.extend(same_host.filter_map(|interface| vpc_of(*interface)));
        }
        let near = neighbours.of_vpcs(&own);
        let inside = |noun: &NetworkInterface| ends.vpc(&noun.vpc).is_some_and(|vpc| near.contains(&vpc));
        let inside: Vec<bool> = model.network_interfaces.values().map(inside).collect();
        let looked = |interface: Ix<NetworkInterface>| inside.get(interface.position()) == Some(&true);
        Prepared::looking(network, ends, neighbours, looked)
    }

    fn looking(
        network: &Network,
        ends: Ends,
        neighbours: Neighbours,
        looked: impl Fn(Ix<NetworkInterface>) -> bool,
    ) -> Prepared {
        let profiles = Profiles::of(network, &looked);
        let ends = ends.with_profiles(network, &profiles, looked);
        Prepared { lists: slices::cuts_of_lists(network), ends, profiles, neighbours }
    }

    /// The ends.
    pub fn ends(&self) -> &Ends {
        &self.ends
    }

    /// Whether packets from any of some VPCs may get to a server.
    fn comes_from(&self, server: ClassIx, vpcs: &FxHashSet<u32>) -> bool {
        let class = self.ends.class(server);
        let Some((class, cohort)) = class.and_then(|class| Some((class, self.ends.cohort(class.cohort)?)))
        else {
            return false;
        };
        let sources = self.neighbours.sources(cohort.vpc, class.family);
        sources.iter().any(|(from, _)| vpcs.contains(from))
    }
}

/// What works between all ends of a network.
#[derive(Debug)]
pub struct Reach {
    /// The sets of the rows.
    pub sets: Diagrams,
    /// What gets to each class of servers.
    pub rows: Vec<Row>,
    /// What gets from each cohort, and from single classes, to the internet.
    pub to_internet: Row,
}

/// Which ends are asked about.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Classes of interfaces; `None` is all of them.
    pub classes: Option<Vec<ClassIx>>,
    /// Whether the internet is asked about too.
    pub internet: bool,
}

impl Chosen {
    /// Everything.
    pub const ALL: Chosen = Chosen { classes: None, internet: true };
}

impl Reach {
    /// Everything to everything. `done` is told how many classes of servers are finished, of how many.
    pub fn of(
        network: &Network,
        prepared: &Prepared,
        asked: &Asked<'_>,
        done: &(dyn Fn(usize, usize) + Sync),
    ) -> Reach {
        Reach::among(network, prepared, asked, &Chosen::ALL, &Chosen::ALL, done)
    }

    /// Everything to everything, with no crowds: rows that can be changed cohort by cohort.
    fn by_cohorts(network: &Network, prepared: &Prepared, asked: &Asked<'_>) -> Reach {
        Reach::found(network, prepared, asked, &Chosen::ALL, &Chosen::ALL, None, &|_, _| {})
    }

    /// What passes from some ends to some. Rows may hold a cohort of which only some classes were asked about.
    pub fn among(
        network: &Network,
        prepared: &Prepared,
        asked: &Asked<'_>,
        clients: &Chosen,
        servers: &Chosen,
        done: &(dyn Fn(usize, usize) + Sync),
    ) -> Reach {
        let alike = clients
            .classes
            .is_none()
            .then(|| Alike::of(network, &prepared.ends, &prepared.profiles))
            .flatten();
        Reach::found(network, prepared, asked, clients, servers, alike.as_ref(), done)
    }

    fn found(
        network: &Network,
        prepared: &Prepared,
        asked: &Asked<'_>,
        clients: &Chosen,
        servers: &Chosen,
        alike: Option<&Alike<'_>>,
        done: &(dyn Fn(usize, usize) + Sync),
    ) -> Reach {
        let ends = &prepared.ends;
        let wanted = clients.classes.as_ref().map(|classes| Wanted::of(ends, classes));
        let all = || (0u32..).zip(&ends.classes).map(|(ix, _)| ix).collect();
        let mut of_servers: Vec<ClassIx> = servers.classes.clone().unwrap_or_else(all);
        // What is near each other has gates in common.
        of_servers.sort_by_key(|ix| {
            ends.class(*ix).and_then(|class| ends.cohort(class.cohort)).map(|cohort| cohort.vpc)
        });
        let all = || (0u32..).zip(&ends.cohorts).map(|(ix, _)| ix).collect();
        let cohorts: Vec<CohortIx> = match servers.internet {
            true => wanted.as_ref().map_or_else(all, |wanted| wanted.cohorts.clone()),
            false => Vec::new(),
        };
        let total = of_servers.len();
        let finished = AtomicUsize::new(0);
        let find = |(of_servers, cohorts): &(&[ClassIx], &[CohortIx])| {
            let mut rows = Rows::new(network, prepared, asked, wanted.as_ref(), alike);
            let mut found = Vec::with_capacity(of_servers.len());
            for &server in *of_servers {
                found.push((server, rows.row(server, clients.internet)));
                let now = finished.fetch_add(1, Ordering::Relaxed);
                if now.is_multiple_of(256) {
                    done(now, total);
                }
            }
            let to_internet = rows.towards_internet(cohorts);
            Piece { sets: rows.sets, rows: found, to_internet }
        };
        let pieces: Vec<_> = in_pieces(&of_servers).zip(in_pieces(&cohorts)).collect();
        let found: Vec<Piece> = pieces.par_iter().map(find).collect();
        let mut reach = Reach {
            sets: Diagrams::new(),
            rows: vec![Row::default(); ends.classes.len()],
            to_internet: Row::default(),
        };
        for piece in found {
            reach.take(piece);
        }
        reach
    }

    fn take(&mut self, Piece { sets, rows, mut to_internet }: Piece) {
        let mut copies = FxHashMap::default();
        for (server, mut row) in rows {
            self.copy(&mut row, &sets, &mut copies);
            if let Some(place) = self.rows.get_mut(server as usize) {
                *place = row;
            }
        }
        self.copy(&mut to_internet, &sets, &mut copies);
        self.to_internet.cohorts.append(&mut to_internet.cohorts);
        self.to_internet.classes.append(&mut to_internet.classes);
    }

    /// Makes a row speak of this arena's sets.
    fn copy(&mut self, row: &mut Row, sets: &Diagrams, copies: &mut FxHashMap<Set, Set>) {
        let of_cohorts = row.cohorts.iter_mut().map(|(_, outcome)| outcome);
        let of_crowds = row.crowds.iter_mut().map(|(_, outcome)| outcome);
        let of_classes = row.classes.iter_mut().map(|(_, outcome)| outcome);
        for outcome in of_cohorts.chain(of_crowds).chain(of_classes).chain([&mut row.internet]) {
            for set in [&mut outcome.works, &mut outcome.unknown] {
                *set = self.sets.copy(sets, *set, copies);
            }
        }
    }
}

/// What one thread found, in an arena of its own.
struct Piece {
    sets: Diagrams,
    rows: Vec<(ClassIx, Row)>,
    to_internet: Row,
}

/// As many pieces as there are threads, some of them empty where there is little.
fn in_pieces<T>(all: &[T]) -> impl Iterator<Item = &[T]> {
    let count = rayon::current_num_threads().max(1);
    let piece = all.len().div_ceil(count).max(1);
    all.chunks(piece).chain(std::iter::repeat(&[][..])).take(count)
}
