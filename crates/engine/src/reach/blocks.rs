//! The whole answer as blocks: a set of clients, a set of servers, and what passes between each of these and each of
//! those. No pair is in two blocks.

use std::hash::{BuildHasher, Hash, Hasher};

use indexmap::IndexMap;
use rayon::prelude::*;
use rustc_hash::FxBuildHasher;
use space::Family;

use super::{Class, ClassIx, CohortIx, Ends, Outcome, Reach, Row, Unique, ahead};

/// So many rows are gone through side by side: all at once would take much memory.
const MANY: usize = 2048;

/// A set of clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Clients {
    /// All classes of these.
    pub cohorts: Vec<CohortIx>,
    /// But for these.
    pub except: Vec<ClassIx>,
    /// And these.
    pub classes: Vec<ClassIx>,
    /// And the internet.
    pub internet: bool,
}

/// A set of servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Servers {
    /// Classes of interfaces.
    Classes(Vec<ClassIx>),
    /// Addresses of the internet.
    Internet,
}

/// What passes between every client and every server that are not the same interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Their addresses' family.
    pub family: Family,
    /// From whom.
    pub clients: Clients,
    /// To whom.
    pub servers: Servers,
    /// What.
    pub outcome: Outcome,
}

/// What blocks differ in but for their servers. There are hundreds of thousands, of hundreds of clients each: the hash is
/// found side by side.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    hash: u64,
    family: Family,
    outcome: Outcome,
    clients: Clients,
}

impl Key {
    fn new(family: Family, outcome: Outcome, clients: Clients) -> Key {
        let hash = FxBuildHasher.hash_one((family, outcome, &clients));
        Key { hash, family, outcome, clients }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Clients {
    /// The classes, each once.
    pub fn expand<'e>(&'e self, ends: &'e Ends) -> impl Iterator<Item = ClassIx> + 'e {
        let of_cohorts =
            self.cohorts.iter().filter_map(|ix| ends.cohort(*ix)).flat_map(|cohort| &cohort.classes);
        let of_cohorts = of_cohorts.filter(|class| self.except.binary_search(class).is_err());
        of_cohorts.chain(&self.classes).copied()
    }
}

impl Reach {
    /// The blocks, in the order of their first server; to the internet last.
    pub fn blocks(&self, ends: &Ends) -> Vec<Block> {
        let mut found: IndexMap<Key, Vec<ClassIx>, FxBuildHasher> = IndexMap::default();
        let mut servers = 0u32..;
        let keys_of = |unique: &mut Unique, (row, class): (&Row, &Class)| -> Vec<Key> {
            let clients = of_row(row, ends, unique).into_iter();
            clients.map(|(outcome, clients)| Key::new(class.family, outcome, clients)).collect()
        };
        let keys = |(rows, classes): (&[Row], &[Class])| -> Vec<Vec<Key>> {
            let unique = || Unique::below(ends.cohorts.len());
            rows.par_iter().zip(classes).map_init(unique, keys_of).collect()
        };
        ahead(self.rows.chunks(MANY).zip(ends.classes.chunks(MANY)), keys, |keys| {
            for (keys, server) in keys.into_iter().zip(servers.by_ref()) {
                for key in keys {
                    found.entry(key).or_default().push(server);
                }
            }
        });
        let mut blocks: Vec<Block> = found
            .into_iter()
            .map(|(Key { family, outcome, clients, .. }, servers)| Block {
                family,
                clients,
                servers: Servers::Classes(servers),
                outcome,
            })
            .collect();
        for family in [Family::V4, Family::V6] {
            let cohorts = self.to_internet.cohorts.iter();
            let of_cohort = |ix: CohortIx| ends.cohort(ix).map(|cohort| cohort.family);
            let of_class = |ix: ClassIx| ends.class(ix).map(|class| class.family);
            let row = Row {
                cohorts: cohorts.filter(|(ix, _)| of_cohort(*ix) == Some(family)).copied().collect(),
                classes: (self.to_internet.classes.iter())
                    .filter(|(ix, _)| of_class(*ix) == Some(family))
                    .copied()
                    .collect(),
                ..Row::default()
            };
            let mut unique = Unique::below(ends.cohorts.len());
            blocks.extend(of_row(&row, ends, &mut unique).into_iter().map(|(outcome, clients)| Block {
                family,
                clients,
                servers: Servers::Internet,
                outcome,
            }));
        }
        blocks
    }
}

/// A row's clients by what they get.
fn of_row(row: &Row, ends: &Ends, unique: &mut Unique) -> Vec<(Outcome, Clients)> {
    let mut found: Vec<(Outcome, Clients)> = Vec::new();
    fn of(found: &mut Vec<(Outcome, Clients)>, outcome: Outcome) -> Option<&mut Clients> {
        let at = found.iter().position(|(known, _)| *known == outcome).unwrap_or_else(|| {
            found.push((outcome, Clients::default()));
            found.len() - 1
        });
        found.get_mut(at).map(|(_, clients)| clients)
    }
    for &(cohort, outcome) in &row.cohorts {
        if let Some(clients) = of(&mut found, outcome) {
            clients.cohorts.push(cohort);
        }
    }
    for (cohorts, outcome) in &row.crowds {
        if let Some(clients) = of(&mut found, *outcome) {
            clients.cohorts.extend_from_slice(cohorts);
        }
    }
    for &(class, outcome) in &row.classes {
        let of_cohort = ends.cohort_of(class).map_or(Outcome::NOTHING, |cohort| row.of_cohort(cohort));
        if let Some(clients) = of(&mut found, of_cohort).filter(|_| !of_cohort.is_nothing()) {
            clients.except.push(class);
        }
        if let Some(clients) = of(&mut found, outcome).filter(|_| !outcome.is_nothing()) {
            clients.classes.push(class);
        }
    }
    if !row.internet.is_nothing()
        && let Some(clients) = of(&mut found, row.internet)
    {
        clients.internet = true;
    }
    for (_, clients) in &mut found {
        clients.cohorts = unique.of(std::mem::take(&mut clients.cohorts));
        clients.except.sort_unstable();
        clients.classes.sort_unstable();
    }
    found.retain(|(outcome, _)| !outcome.is_nothing());
    found
}
