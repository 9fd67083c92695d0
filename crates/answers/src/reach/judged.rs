//! What is said of a pair: its verdict, its share and what works, service by service.

use engine::{Judgement, Verdict};
use space::{Diagrams, Family, Region, Set};

use super::services::{self, ServiceShare};

/// What is said of all pairs with the same outcome that were asked the same.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The family of their addresses.
    pub family: Family,
    /// Whether one end is on the internet.
    pub beyond: bool,
    /// The verdict, as for a question.
    pub verdict: Verdict,
    /// The share of what was asked that works for certain.
    pub share: f64,
    /// What works.
    pub works: Set,
    /// What may work.
    pub unknown: Set,
    /// Whether some of what was asked certainly does not work.
    pub lacks: bool,
    /// What works, as disjoint boxes.
    pub works_boxes: Vec<Region>,
    /// What may work, as disjoint boxes.
    pub unknown_boxes: Vec<Region>,
    /// What was asked.
    pub asked: Set,
    /// What works, service by service.
    pub services: Vec<ServiceShare>,
    /// What may work, service by service.
    pub may_work: Vec<ServiceShare>,
}

/// What was asked of pairs, what works and what may, with what takes an arena to find.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    family: Family,
    beyond: bool,
    asked: Set,
    works: Set,
    unknown: Set,
    verdict: Verdict,
    lacks: bool,
}

impl Found {
    /// Of what was asked, what works and what may.
    pub(crate) fn of(
        family: Family,
        beyond: bool,
        asked: Set,
        works: Set,
        unknown: Set,
        sets: &mut Diagrams,
    ) -> Found {
        let judgement = Judgement { asked, works, unknown, trips: Vec::new() };
        let verdict = judgement.verdict(sets);
        let certain = sets.union(works, unknown);
        let lacks = sets.subtract(asked, certain) != Set::EMPTY;
        Found { family, beyond, asked, works, unknown, verdict, lacks }
    }

    /// What is said of it: the longer part, which many can find side by side.
    pub(crate) fn judged(self, sets: &Diagrams) -> Judged {
        let Found { family, beyond, asked, works, unknown, verdict, lacks } = self;
        let all = sets.count(asked);
        let share = if works == asked {
            1.0
        } else if all > 0.0 {
            sets.count(works) / all
        } else {
            0.0
        };
        let asked_boxes = sets.regions(asked);
        let (works_boxes, unknown_boxes) = (sets.regions(works), sets.regions(unknown));
        let of = |boxes: &[Region]| services::of(family, beyond, &asked_boxes, boxes);
        Judged {
            family,
            beyond,
            asked,
            verdict,
            share,
            works,
            unknown,
            lacks,
            services: of(&works_boxes),
            may_work: of(&unknown_boxes),
            works_boxes,
            unknown_boxes,
        }
    }
}
