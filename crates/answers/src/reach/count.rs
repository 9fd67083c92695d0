//! How many pairs a line stands for, found without listing them.

use engine::reach::{ClassIx, Clients, CohortIx, Ends, Servers};

use super::Side;
use super::matrix::{Line, has, members};

/// How many are asked for, counted once.
#[derive(Debug)]
pub(super) struct Counts {
    of_class: Vec<Counted>,
    /// Clients of whole cohorts.
    of_cohort: Vec<u64>,
}

/// The members of a class that are asked for.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    clients: u64,
    servers: u64,
    /// As both.
    both: u64,
}

impl Counts {
    pub(super) fn of(ends: &Ends, from: &Side, to: &Side) -> Counts {
        let mut of_class = vec![Counted::default(); ends.classes.len()];
        // Where few are asked for, no others are looked at.
        let all = || (0u32..).zip(&ends.classes).map(|(class, _)| class).collect();
        for class in from.classes(ends).unwrap_or_else(all) {
            let Some(counted) = of_class.get_mut(class as usize) else { continue };
            counted.clients = members(ends, from, class).count() as u64;
            counted.both = members(ends, from, class).filter(|holder| to.has(*holder)).count() as u64;
        }
        for class in to.classes(ends).unwrap_or_else(all) {
            let Some(counted) = of_class.get_mut(class as usize) else { continue };
            counted.servers = members(ends, to, class).count() as u64;
        }
        let clients = |class: &ClassIx| of_class.get(*class as usize).map_or(0, |counted| counted.clients);
        let of_cohort = ends.cohorts.iter().map(|cohort| cohort.classes.iter().map(clients).sum()).collect();
        Counts { of_class, of_cohort }
    }

    fn class(&self, class: ClassIx) -> Counted {
        self.of_class.get(class as usize).copied().unwrap_or_default()
    }

    fn cohort(&self, cohort: CohortIx) -> u64 {
        self.of_cohort.get(cohort as usize).copied().unwrap_or_default()
    }

    fn clients(&self, clients: &Clients) -> u64 {
        let whole: u64 = clients.cohorts.iter().map(|cohort| self.cohort(*cohort)).sum();
        let of = |classes: &[ClassIx]| classes.iter().map(|class| self.class(*class).clients).sum::<u64>();
        whole - of(&clients.except).min(whole) + of(&clients.classes) + u64::from(clients.internet)
    }

    /// The pairs of a line.
    pub(super) fn pairs(&self, line: &Line, ends: &Ends) -> u64 {
        let clients = self.clients(&line.clients);
        let Servers::Classes(classes) = &line.servers else { return clients };
        let servers: u64 = classes.iter().map(|class| self.class(*class).servers).sum();
        let on_both = classes.iter().filter(|class| has(&line.clients, ends, **class));
        let with_themselves: u64 = on_both.map(|class| self.class(*class).both).sum();
        clients * servers - with_themselves
    }
}
