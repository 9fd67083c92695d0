//! The whole answer as blocks: a set of clients, a set of servers, and what passes between each of these and each of
//! those. No pair is in two blocks.

use indexmap::IndexMap;
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};
use space::Family;

use super::{Class, ClassIx, CohortIx, Ends, Outcome, Reach, Row, Unique, random};

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

/// What blocks differ in but for their servers: whom, by a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    family: Family,
    outcome: Outcome,
    clients: u128,
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
        let keys_of = |numbers: &mut Numbers, (row, class): (&Row, &Class)| -> Vec<Key> {
            let family = class.family;
            let outcomes = numbers.of_row(row, ends).into_iter();
            outcomes.map(|(outcome, clients)| Key { family, outcome, clients }).collect()
        };
        let rows = self.rows.par_iter().zip(&ends.classes);
        let keys: Vec<_> = rows.map_init(Numbers::default, keys_of).collect();
        // Most rows have blocks in common: whose these are is spelled out once.
        let mut found: IndexMap<Key, (usize, Vec<ClassIx>), FxBuildHasher> = IndexMap::default();
        for ((at, keys), server) in keys.into_iter().enumerate().zip(0u32..) {
            for key in keys {
                found.entry(key).or_insert((at, Vec::new())).1.push(server);
            }
        }
        let found: Vec<_> = found.into_iter().collect();
        let block = |unique: &mut Unique, (key, (row, servers)): (Key, (usize, Vec<ClassIx>))| {
            let Key { family, outcome, .. } = key;
            let clients = clients_of(self.rows.get(row)?, outcome, ends, unique);
            Some(Block { family, clients, servers: Servers::Classes(servers), outcome })
        };
        let unique = || Unique::below(ends.cohorts.len());
        let mut blocks: Vec<Block> = found.into_par_iter().map_init(unique, block).flatten().collect();
        for family in [Family::V4, Family::V6] {
            let cohorts = self.to_internet.cohorts.iter();
            let is_of = |ix: CohortIx| ends.cohort(ix).is_some_and(|cohort| cohort.family == family);
            let has = |ix: ClassIx| ends.class(ix).is_some_and(|class| class.family == family);
            let row = Row {
                cohorts: cohorts.filter(|(ix, _)| is_of(*ix)).copied().collect(),
                classes: self.to_internet.classes.iter().filter(|(ix, _)| has(*ix)).copied().collect(),
                ..Row::default()
            };
            let mut unique = unique();
            blocks.extend(Numbers::default().of_row(&row, ends).into_iter().map(|(outcome, _)| Block {
                family,
                clients: clients_of(&row, outcome, ends, &mut unique),
                servers: Servers::Internet,
                outcome,
            }));
        }
        blocks
    }
}

/// What clients are to a set of them.
#[derive(Clone, Copy)]
enum As {
    Cohort,
    Except,
    Class,
    Internet,
}

/// Sets of clients by one number each.
#[derive(Default)]
struct Numbers {
    /// Of crowds, by where their cohorts are.
    of_crowd: FxHashMap<*const CohortIx, u128>,
}

impl Numbers {
    fn crowd(&mut self, cohorts: &[CohortIx]) -> u128 {
        if let Some(known) = self.of_crowd.get(&cohorts.as_ptr()) {
            return *known;
        }
        let add = |sum: u128, cohort: &CohortIx| sum.wrapping_add(number(As::Cohort, *cohort));
        let sum = cohorts.iter().fold(0, add);
        self.of_crowd.insert(cohorts.as_ptr(), sum);
        sum
    }

    /// What is got by anybody of a row, and by whom.
    fn of_row(&mut self, row: &Row, ends: &Ends) -> Vec<(Outcome, u128)> {
        let mut found: Vec<(Outcome, u128)> = Vec::new();
        let mut add = |outcome: Outcome, number: u128| match found.iter_mut().find(|(of, _)| *of == outcome) {
            _ if outcome.is_nothing() => {}
            Some((_, sum)) => *sum = sum.wrapping_add(number),
            None => found.push((outcome, number)),
        };
        for (cohort, outcome) in &row.cohorts {
            add(*outcome, number(As::Cohort, *cohort));
        }
        for (cohorts, outcome) in &row.crowds {
            add(*outcome, self.crowd(cohorts));
        }
        for (class, outcome, of_cohort) in row.of_classes(ends) {
            add(of_cohort, number(As::Except, class));
            add(outcome, number(As::Class, class));
        }
        add(row.internet, number(As::Internet, 0));
        found
    }
}

fn number(what: As, of: u32) -> u128 {
    random((what as u64) << 32 | u64::from(of))
}

/// The clients of a row that get something.
fn clients_of(row: &Row, wanted: Outcome, ends: &Ends, unique: &mut Unique) -> Clients {
    let single = row.cohorts.iter().filter(|(_, outcome)| *outcome == wanted).map(|(cohort, _)| *cohort);
    let crowds = row.crowds.iter().filter(|(_, outcome)| *outcome == wanted);
    let cohorts = unique.of(single.chain(crowds.flat_map(|(cohorts, _)| cohorts.iter().copied())));
    let (mut except, mut classes) = (Vec::new(), Vec::new());
    for (class, outcome, of_cohort) in row.of_classes(ends) {
        except.extend((of_cohort == wanted).then_some(class));
        classes.extend((outcome == wanted).then_some(class));
    }
    except.sort_unstable();
    classes.sort_unstable();
    Clients { cohorts, except, classes, internet: row.internet == wanted }
}
