//! Who gets to whom: lines of many pairs each, and what is said of them.

use std::convert::Infallible;
use std::ops::RangeInclusive;
use std::sync::Arc;

use engine::reach::{Asked, Block, Chosen, ClassIx, Clients, Ends, Outcome, Prepared, Reach, ahead};
use engine::{Goal, Network};
use indexmap::IndexMap;
use model::{Holder, Ix, NetworkInterface, PortRange};
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};
use space::{Diagrams, Family, Set};

use super::count::Counts;
use super::{Found, Judged, Side};
use crate::explain::connections;
use crate::question::Service;

pub use engine::reach::Servers;

/// The kind of client that the internet is.
const INTERNET: &str = "internet";

/// Of whom what is asked.
#[derive(Debug, Clone)]
pub struct Query {
    /// The clients.
    pub from: Side,
    /// The servers.
    pub to: Side,
    /// What they are asked for.
    pub services: Vec<Service>,
    /// From which ports; `None`: from those of each client's kind.
    pub client_ports: Option<PortRange>,
    /// How far that has to get.
    pub goal: Goal,
}

impl Query {
    /// Everything from everybody to everybody.
    pub fn everything(network: &Network) -> Query {
        let all = Side::everybody(network);
        Query {
            from: all.clone(),
            to: all,
            services: vec![Service::Any],
            client_ports: None,
            goal: Goal::Answered,
        }
    }
}

/// One end of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// An interface.
    Interface(Ix<NetworkInterface>),
    /// The internet, in the pair's family.
    Internet,
}

/// A client, a server, and what is said of them.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'m> {
    /// Who asks.
    pub client: Party,
    /// Who is asked.
    pub server: Party,
    /// The position of what is said in [`Matrix::judged`].
    pub judged: usize,
    /// What is said.
    pub says: &'m Judged,
}

/// Pairs of which the same is said: every client with every server that is not the same interface. No pair is in two
/// lines; of those in none all is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From whom.
    pub clients: Clients,
    /// To whom.
    pub servers: Servers,
    /// The position of what is said in [`Matrix::judged`].
    pub judged: usize,
}

/// Everything that gets from somebody to somebody.
#[derive(Debug)]
pub struct Matrix<'n> {
    /// The network.
    pub network: &'n Network,
    /// What was asked.
    pub query: Query,
    /// The ends.
    pub prepared: Arc<Prepared>,
    /// What is said, each once.
    pub judged: Vec<Judged>,
    /// Who is meant by it.
    pub lines: Vec<Line>,
    /// The sets that `judged` speaks of.
    pub sets: Diagrams,
    counts: Counts,
}

/// All rows that a query needs.
fn rows(
    network: &Network,
    prepared: &Prepared,
    query: &Query,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Reach {
    let connections = |sets: &mut Diagrams, family, ports: PortRange| {
        connections(sets, family, &query.services, query.client_ports.unwrap_or(ports))
    };
    let [from, to] = [&query.from.internet, &query.to.internet];
    let both = |family: usize| -> Vec<RangeInclusive<u128>> {
        let ranges = [from, to].into_iter().filter_map(|ranges| ranges.get(family)).flatten();
        ranges.cloned().collect()
    };
    let asked = Asked { connections: &connections, internet: [both(0), both(1)], goal: query.goal };
    let chosen = |side: &Side| {
        let ends = prepared.ends();
        Chosen {
            classes: side.classes(ends),
            internet: [Family::V4, Family::V6].into_iter().any(|family| side.has_internet(family)),
        }
    };
    Reach::among(network, prepared, &asked, &chosen(&query.from), &chosen(&query.to), done)
}

impl<'n> Matrix<'n> {
    /// Finds it. `done` is told how many classes of servers are finished, of how many.
    pub fn of(network: &'n Network, query: Query, done: &(dyn Fn(usize, usize) + Sync)) -> Matrix<'n> {
        Matrix::among(network, Arc::new(Prepared::of(network)), query, done)
    }

    /// Finds it, where what all rows share is known already.
    pub fn among(
        network: &'n Network,
        prepared: Arc<Prepared>,
        query: Query,
        done: &(dyn Fn(usize, usize) + Sync),
    ) -> Matrix<'n> {
        let reach = rows(network, &prepared, &query, done);
        let blocks = reach.blocks(prepared.ends());
        let mut narrow = Narrow {
            wanted: Wanted { ends: prepared.ends(), query: &query },
            sets: reach.sets,
            asked: FxHashMap::default(),
            judged: IndexMap::default(),
            lines: Vec::new(),
        };
        narrow.add_all(blocks);
        let Narrow { sets, judged, lines, .. } = narrow;
        let found: Vec<Found> = judged.into_values().collect();
        let judged = found.into_par_iter().map(|found| found.judged(&sets)).collect();
        let counts = Counts::of(prepared.ends(), &query.from, &query.to);
        let mut matrix = Matrix { network, query, prepared, judged, lines: Vec::new(), sets, counts };
        // A block may be of nobody: of a cohort but for all of its classes, or of an interface with itself.
        matrix.lines = lines.into_par_iter().filter(|line| matrix.count(line) > 0).collect();
        matrix
    }

    /// The ends.
    pub fn ends(&self) -> &Ends {
        self.prepared.ends()
    }

    /// How many interfaces connections can begin or end at.
    pub fn interfaces(&self) -> usize {
        let nouns = self.network.model().network_interfaces.values();
        nouns.filter(|noun| engine::reach::is_end(noun)).count()
    }

    /// What is said of a line.
    pub fn says(&self, line: &Line) -> Option<&Judged> {
        self.judged.get(line.judged)
    }

    /// The members of a class that are asked for as clients.
    pub fn clients_of(&self, class: ClassIx) -> impl Iterator<Item = Holder> {
        members(self.ends(), &self.query.from, class)
    }

    /// The members of a class that are asked for as servers.
    pub fn servers_of(&self, class: ClassIx) -> impl Iterator<Item = Holder> {
        members(self.ends(), &self.query.to, class)
    }

    /// All clients of a line, each once.
    pub fn clients<'m>(&'m self, line: &'m Line) -> impl Iterator<Item = Party> + 'm {
        let classes = line.clients.expand(self.ends());
        let held = classes.flat_map(|class| self.clients_of(class));
        held.map(|holder| Party::Interface(holder.interface))
            .chain(line.clients.internet.then_some(Party::Internet))
    }

    /// All servers of a line, each once.
    pub fn servers<'m>(&'m self, line: &'m Line) -> impl Iterator<Item = Party> + 'm {
        let (classes, internet) = match &line.servers {
            Servers::Classes(classes) => (classes.as_slice(), None),
            Servers::Internet => (&[][..], Some(Party::Internet)),
        };
        let held = classes.iter().flat_map(|class| self.servers_of(*class));
        held.map(|holder| Party::Interface(holder.interface)).chain(internet)
    }

    /// Every pair of which something works or may work.
    pub fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        let lines = self.lines.iter().filter_map(|line| Some((line, self.says(line)?)));
        lines.flat_map(move |(line, says)| {
            self.clients(line).flat_map(move |client| {
                let others = self.servers(line).filter(move |server| *server != client);
                others.map(move |server| Pair { client, server, judged: line.judged, says })
            })
        })
    }

    /// How many pairs a line stands for, without listing them.
    pub fn count(&self, line: &Line) -> u64 {
        self.counts.pairs(line, self.ends())
    }
}

/// Whether a class is among clients.
pub(super) fn has(clients: &Clients, ends: &Ends, class: ClassIx) -> bool {
    let of_cohort = |cohort| clients.cohorts.binary_search(&cohort).is_ok();
    clients.classes.binary_search(&class).is_ok()
        || (ends.cohort_of(class).is_some_and(of_cohort) && clients.except.binary_search(&class).is_err())
}

pub(super) fn members<'m>(
    ends: &'m Ends,
    side: &'m Side,
    class: ClassIx,
) -> impl Iterator<Item = Holder> + 'm {
    let all = ends.class(class).map_or(&[][..], |class| class.members.as_slice());
    all.iter().copied().filter(|holder| side.has(*holder))
}

/// What was asked of a pair, and what became of it.
type Key = (Family, &'static str, bool, Set, Set);

/// So many blocks are gone through side by side.
const MANY: usize = 4096;

/// A block with its clients kind by kind.
struct Parts {
    family: Family,
    clients: Vec<(&'static str, Clients)>,
    servers: Servers,
    outcome: Outcome,
}

/// Who is asked for.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    ends: &'a Ends,
    query: &'a Query,
}

/// Makes lines of blocks: only who is asked for, and only those together that were asked the same.
struct Narrow<'a> {
    wanted: Wanted<'a>,
    sets: Diagrams,
    asked: FxHashMap<(Family, &'static str, Option<bool>), Set>,
    judged: IndexMap<Key, Found, FxBuildHasher>,
    lines: Vec<Line>,
}

impl Wanted<'_> {
    /// Who of a block is asked for, if anybody is.
    fn parts(self, Block { family, clients, servers, outcome }: Block) -> Option<Parts> {
        let servers = match servers {
            Servers::Classes(mut classes) => {
                if !self.query.to.is_everybody() {
                    classes.retain(|class| members(self.ends, &self.query.to, *class).next().is_some());
                }
                (!classes.is_empty()).then_some(Servers::Classes(classes))?
            }
            Servers::Internet if !self.query.to.has_internet(family) => return None,
            Servers::Internet => Servers::Internet,
        };
        Some(Parts { family, clients: self.by_kind(clients, family), servers, outcome })
    }

    /// The clients that are asked for, kind by kind; the internet is a kind of its own.
    fn by_kind(self, clients: Clients, family: Family) -> Vec<(&'static str, Clients)> {
        let mut kinds = Kinds::default();
        let kind_of = |class: ClassIx| {
            let cohort = self.ends.cohort_of(class).and_then(|cohort| self.ends.cohort(cohort));
            cohort.map_or(INTERNET, |cohort| cohort.kind.key)
        };
        if self.query.from.is_everybody() {
            for cohort in clients.cohorts {
                let kind = self.ends.cohort(cohort).map_or(INTERNET, |cohort| cohort.kind.key);
                kinds.add(kind, |clients| clients.cohorts.push(cohort));
            }
            for class in clients.except {
                kinds.add(kind_of(class), |clients| clients.except.push(class));
            }
            for class in clients.classes {
                kinds.add(kind_of(class), |clients| clients.classes.push(class));
            }
        } else {
            // The rows of few clients may name those of a server's own host by their other family too.
            let of_family =
                |class: &ClassIx| self.ends.class(*class).is_some_and(|class| class.family == family);
            let asks = |class: &ClassIx| members(self.ends, &self.query.from, *class).next().is_some();
            let some = |class: &ClassIx| of_family(class) && asks(class);
            for class in clients.expand(self.ends).filter(some) {
                kinds.add(kind_of(class), |clients| clients.classes.push(class));
            }
            kinds.all.iter_mut().for_each(|(_, clients)| clients.classes.sort_unstable());
        }
        let internet = clients.internet && self.query.from.has_internet(family);
        let internet = internet.then(|| (INTERNET, Clients { internet: true, ..Clients::default() }));
        let anybody = |clients: &Clients| !clients.cohorts.is_empty() || !clients.classes.is_empty();
        let interfaces = kinds.all.into_iter().filter(|(_, clients)| anybody(clients));
        interfaces.chain(internet).collect()
    }
}

/// Clients kind by kind, of which there are few.
#[derive(Default)]
struct Kinds {
    all: Vec<(&'static str, Clients)>,
    /// The position of the last one that was asked for: mostly it is asked for again.
    last: usize,
}

impl Kinds {
    fn add(&mut self, kind: &'static str, client: impl FnOnce(&mut Clients)) {
        if self.all.get(self.last).is_none_or(|(last, _)| *last != kind) {
            self.last = self.all.iter().position(|(known, _)| *known == kind).unwrap_or(self.all.len());
        }
        if self.last == self.all.len() {
            self.all.push((kind, Clients::default()));
        }
        if let Some((_, clients)) = self.all.get_mut(self.last) {
            client(clients);
        }
    }
}

impl Narrow<'_> {
    fn add_all(&mut self, blocks: Vec<Block>) {
        let wanted = self.wanted;
        let mut blocks = blocks.into_iter();
        let some = std::iter::from_fn(|| {
            let some: Vec<Block> = blocks.by_ref().take(MANY).collect();
            (!some.is_empty()).then_some(some)
        });
        let parts = |some: Vec<Block>| -> Vec<Parts> {
            some.into_par_iter().filter_map(|block| wanted.parts(block)).collect()
        };
        let Ok(()) = ahead(some, parts, |parts| {
            parts.into_iter().for_each(|parts| self.add(parts));
            Ok::<(), Infallible>(())
        });
    }

    fn add(&mut self, Parts { family, clients, servers, outcome }: Parts) {
        let to_internet = servers == Servers::Internet;
        for (kind, clients) in clients {
            let from_internet = clients.internet;
            let beyond = match (from_internet, to_internet) {
                (false, false) => None,
                (from, _) => Some(from),
            };
            let asked = self.asked(family, kind, beyond);
            let (works, unknown) =
                (self.sets.intersect(outcome.works, asked), self.sets.intersect(outcome.unknown, asked));
            if works == Set::EMPTY && unknown == Set::EMPTY {
                continue;
            }
            let key = (family, kind, beyond.is_some(), works, unknown);
            let judged = match self.judged.get_index_of(&key) {
                Some(known) => known,
                None => {
                    let judged = Found::of(family, beyond.is_some(), asked, works, unknown, &mut self.sets);
                    self.judged.insert_full(key, judged).0
                }
            };
            self.lines.push(Line { clients, servers: servers.clone(), judged });
        }
    }

    /// What is asked of a kind of client; `Some(true)` if it is on the internet, `Some(false)` if the server is.
    fn asked(&mut self, family: Family, kind: &'static str, beyond: Option<bool>) -> Set {
        if let Some(known) = self.asked.get(&(family, kind, beyond)) {
            return *known;
        }
        let Query { from, to, services, client_ports, goal } = self.wanted.query;
        let of_services = |sets: &mut Diagrams, family, ports: PortRange| {
            connections(sets, family, services, client_ports.unwrap_or(ports))
        };
        let side = if beyond == Some(true) { from } else { to };
        let asked = Asked { connections: &of_services, internet: side.internet.clone(), goal: *goal };
        let set = asked.of(family, kind, beyond.is_some(), &mut self.sets);
        self.asked.insert((family, kind, beyond), set);
        set
    }
}
