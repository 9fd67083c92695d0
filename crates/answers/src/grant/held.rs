//! Which grants open what a line of `temporary` speaks of, and whether they end in time.

use std::time::Duration;

use engine::Network;
use model::Change;

use super::{Expiries, Granted, Moment, expiries};
use crate::intent::Temporary;

/// Why something that is open for a while is open, or should not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OpenBy {
    /// By these grants, of which each ends within the line's `max`.
    Granted(Vec<Granted>),
    /// By these, which end later than the line's `max` lets any grant that was made until now.
    TooLong(Vec<Granted>),
    /// By these, which have ended.
    Overdue(Vec<Granted>),
}

/// The marks of a network, looked up once.
pub(crate) struct Held {
    all: Expiries,
    now: Moment,
}

impl Held {
    pub(crate) fn of(network: &Network, now: Moment) -> Held {
        Held { all: expiries(network, now), now }
    }

    /// By which grants a line is open; `None` if it is open without any. `closed` says whether nothing that the line speaks
    /// of works in a network.
    pub(crate) fn open(
        &self,
        network: &Network,
        line: &Temporary,
        closed: &dyn Fn(&Network) -> bool,
    ) -> Option<OpenBy> {
        let Expiries { overdue, running, .. } = &self.all;
        if overdue.is_empty() && running.is_empty() {
            return None;
        }
        let shut = |granted: &[&Granted]| without(network, granted).is_some_and(|after| closed(&after));
        let (ended, valid): (Vec<&Granted>, Vec<&Granted>) =
            (overdue.iter().collect(), running.iter().collect());
        let all: Vec<&Granted> = ended.iter().chain(&valid).copied().collect();
        if !shut(&all) {
            return None;
        }
        // Those without which nothing is open, or that leave it open by themselves; of several that do it together, all.
        let matters = |one: &&Granted| {
            let others: Vec<&Granted> =
                all.iter().copied().filter(|other| !std::ptr::eq(*other, *one)).collect();
            shut(&[*one]) || !shut(&others)
        };
        let of = |list: &[&Granted]| -> Vec<Granted> {
            let some: Vec<Granted> = list.iter().copied().filter(matters).map(Granted::clone).collect();
            if some.is_empty() { list.iter().copied().map(Granted::clone).collect() } else { some }
        };
        if !shut(&valid) {
            return Some(OpenBy::Overdue(of(&ended)));
        }
        let granted = of(&valid);
        let latest = longest(line).and_then(|max| self.now.after(max));
        let late: Vec<Granted> = granted
            .iter()
            .filter(|one| latest.is_some_and(|latest| one.mark.expires > latest))
            .cloned()
            .collect();
        Some(if late.is_empty() { OpenBy::Granted(granted) } else { OpenBy::TooLong(late) })
    }
}

/// For how long a line lets something be granted; the reader has refused what is no duration.
fn longest(line: &Temporary) -> Option<Duration> {
    line.max.as_ref().and_then(|max| crate::question::parse_duration(max).ok())
}

/// A network without what some grants added.
fn without(network: &Network, granted: &[&Granted]) -> Option<Network> {
    let changes: Vec<Change> = granted.iter().filter_map(|one| one.remove.clone()).collect();
    network.after(&changes).ok()
}
