//! Two whole answers, row by row: for which clients and servers they differ.

use engine::reach::{Asked, Outcome, Reach, Row};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use space::{Diagrams, Family, Set};

use super::Both;
use super::ends::{BandIx, Joint, Part, PartIx};

/// The kind of client that the internet is.
const INTERNET: &str = "internet";

/// Whether an end is beyond the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Beyond {
    Nobody,
    Client,
    Server,
}

/// What differs between two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Changed {
    pub(super) family: Family,
    pub(super) beyond: Beyond,
    /// What was asked of them, and what became of it.
    pub(super) asked: Both<Set>,
    pub(super) outcome: Both<Outcome>,
}

/// A set of clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Clients {
    /// All parts of these that were looked at.
    bands: Vec<BandIx>,
    /// And these.
    parts: Vec<PartIx>,
    pub(super) internet: bool,
}

/// Pairs of which the same differs: every client with every server that is not the same interface.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) changed: Changed,
    pub(super) clients: Vec<PartIx>,
    pub(super) from_internet: bool,
    pub(super) servers: Vec<PartIx>,
    pub(super) to_internet: bool,
}

impl Line {
    /// How many pairs that is.
    pub(super) fn pairs(&self, joint: &Joint) -> u64 {
        let count = |parts: &[PartIx]| -> u64 {
            parts.iter().filter_map(|ix| joint.part(*ix)).map(|part| part.members.len() as u64).sum()
        };
        let clients = count(&self.clients) + u64::from(self.from_internet);
        let servers = count(&self.servers) + u64::from(self.to_internet);
        let both: Vec<PartIx> =
            self.clients.iter().filter(|ix| self.servers.binary_search(ix).is_ok()).copied().collect();
        clients * servers - count(&both)
    }
}

/// Which parts are looked at; `None` is all.
pub(super) type Looked<'a> = Option<&'a [bool]>;

pub(super) fn is_looked_at(looked: Looked<'_>, part: PartIx) -> bool {
    looked.is_none_or(|all| all.get(part as usize).copied().unwrap_or(false))
}

/// Compares answers, and gathers what differs.
pub(super) struct Comparison<'a> {
    joint: &'a Joint,
    asked: &'a Asked<'a>,
    pub(super) sets: Diagrams,
    copies: Both<FxHashMap<Set, Set>>,
    connections: FxHashMap<(Family, &'static str, bool), Set>,
    found: IndexMap<(Changed, Clients), (Vec<PartIx>, bool), FxBuildHasher>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(joint: &'a Joint, asked: &'a Asked<'a>) -> Comparison<'a> {
        Comparison {
            joint,
            asked,
            sets: Diagrams::new(),
            copies: Both::default(),
            connections: FxHashMap::default(),
            found: IndexMap::default(),
        }
    }

    /// Compares what gets from some clients to some servers. Each answer of a network is copied from one arena only.
    pub(super) fn add(
        &mut self,
        reach: Both<&Reach>,
        clients: Looked<'_>,
        servers: &dyn Fn(PartIx) -> bool,
        internet: Both<bool>,
    ) {
        self.copies = Both::default();
        let nothing = Row::default();
        for (ix, part) in (0u32..).zip(&self.joint.parts).filter(|(ix, _)| servers(*ix)) {
            let row = reach.zip(part.class).map(|(reach, class)| {
                class.and_then(|class| reach.rows.get(class as usize)).unwrap_or(&nothing)
            });
            self.row(reach, row, Some((ix, part)), clients, internet.old);
        }
        if internet.new {
            self.row(reach, reach.map(|reach| &reach.to_internet), None, clients, false);
        }
    }

    /// All that differs.
    pub(super) fn lines(self) -> (Diagrams, Vec<Line>) {
        let lines = self.found.into_iter().map(|((changed, clients), (mut servers, to_internet))| {
            let of_bands = clients.bands.iter().filter_map(|ix| self.joint.band(*ix));
            let of_bands = of_bands.flat_map(|band| &band.parts).copied();
            let mut of_clients: Vec<PartIx> = of_bands.chain(clients.parts).collect();
            of_clients.sort_unstable();
            servers.sort_unstable();
            Line { changed, clients: of_clients, from_internet: clients.internet, servers, to_internet }
        });
        (self.sets, lines.filter(|line| line.pairs(self.joint) > 0).collect())
    }

    fn row(
        &mut self,
        reach: Both<&Reach>,
        row: Both<&Row>,
        server: Option<(PartIx, &Part)>,
        looked: Looked<'_>,
        internet: bool,
    ) {
        let joint = self.joint;
        let mut of_bands: FxHashMap<BandIx, Both<Outcome>> = FxHashMap::default();
        let mut own: FxHashMap<PartIx, Both<Option<Outcome>>> = FxHashMap::default();
        for later in [false, true] {
            let row = row.of(later);
            for (cohort, outcome) in row.of_cohorts() {
                let outcome = self.copy(reach, outcome, later);
                for band in joint.of_cohort.of(later).get(cohort as usize).into_iter().flatten() {
                    *of_bands.entry(*band).or_default().of_mut(later) = outcome;
                }
            }
            for &(class, outcome) in &row.classes {
                let outcome = self.copy(reach, outcome, later);
                for part in joint.of_class.of(later).get(class as usize).into_iter().flatten() {
                    *own.entry(*part).or_default().of_mut(later) = Some(outcome);
                }
            }
        }
        let mut clients: IndexMap<Changed, Clients, FxBuildHasher> = IndexMap::default();
        let mut single: Vec<PartIx> = own.keys().copied().collect();
        let beyond = if server.is_some() { Beyond::Nobody } else { Beyond::Server };
        for (ix, outcome) in &of_bands {
            let Some(band) = joint.band(*ix).filter(|_| outcome.differs()) else { continue };
            let exceptional = band.parts.iter().any(|part| own.contains_key(part));
            let whole = band.parts.iter().all(|part| is_looked_at(looked, *part));
            let family = band.parts.first().and_then(|part| joint.part(*part)).map(|part| part.family);
            match family {
                Some(family) if whole && !exceptional => {
                    let changed = self.changed(family, band.kind, beyond, *outcome);
                    clients.entry(changed).or_default().bands.push(*ix);
                }
                _ => single.extend(&band.parts),
            }
        }
        single.sort_unstable();
        single.dedup();
        for ix in single.into_iter().filter(|ix| is_looked_at(looked, *ix)) {
            let Some(part) = joint.part(ix) else { continue };
            let of_band = of_bands.get(&part.band).copied().unwrap_or_default();
            let own = own.get(&ix).copied().unwrap_or_default();
            let outcome = own.zip(of_band).map(|(own, of_band)| own.unwrap_or(of_band));
            if outcome.differs() {
                let changed = self.changed(part.family, joint.kind(part), beyond, outcome);
                clients.entry(changed).or_default().parts.push(ix);
            }
        }
        if let Some((_, part)) = server.filter(|_| internet) {
            let outcome = Both {
                old: self.copy(reach, row.old.internet, false),
                new: self.copy(reach, row.new.internet, true),
            };
            if outcome.differs() {
                let kind = Both { old: Some(INTERNET), new: Some(INTERNET) };
                let changed = self.changed(part.family, kind, Beyond::Client, outcome);
                clients.entry(changed).or_default().internet = true;
            }
        }
        for (changed, mut clients) in clients {
            clients.bands.sort_unstable();
            let (servers, to_internet) = self.found.entry((changed, clients)).or_default();
            match server {
                Some((ix, _)) => servers.push(ix),
                None => *to_internet = true,
            }
        }
    }

    fn changed(
        &mut self,
        family: Family,
        kind: Both<Option<&'static str>>,
        beyond: Beyond,
        outcome: Both<Outcome>,
    ) -> Changed {
        // Of an end that one network lacks, that network was asked what the other was.
        let kinds = Both { old: kind.old.or(kind.new), new: kind.new.or(kind.old) };
        let asked =
            kinds.map(|kind| self.connections(family, kind.unwrap_or(INTERNET), beyond != Beyond::Nobody));
        Changed { family, beyond, asked, outcome }
    }

    fn connections(&mut self, family: Family, kind: &'static str, beyond: bool) -> Set {
        if let Some(known) = self.connections.get(&(family, kind, beyond)) {
            return *known;
        }
        let asked = self.asked.of(family, kind, beyond, &mut self.sets);
        self.connections.insert((family, kind, beyond), asked);
        asked
    }

    fn copy(&mut self, reach: Both<&Reach>, outcome: Outcome, later: bool) -> Outcome {
        let (from, copies) = (&reach.of(later).sets, self.copies.of_mut(later));
        let mut copy = |set| self.sets.copy(from, set, copies);
        Outcome { works: copy(outcome.works), unknown: copy(outcome.unknown) }
    }
}
