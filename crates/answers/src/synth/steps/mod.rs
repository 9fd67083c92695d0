//! From what is there to what is planned, one call at a time: no step breaks a declared flow that worked, none opens what
//! nobody declared, and what it cuts of open connections is named.
//!
//! Every state on the way is asked of the engine, and a call that a quota would refuse waits until there is room. Where no
//! call is left that keeps both promises, one that opens something for a moment is taken before one that breaks what is
//! declared for a moment, and the step says what.

mod acts;
mod passing;

use engine::Network;
use space::Diagrams;

use super::proof::{Allowed, Passage};
use super::roles::Roles;
use super::{PlannedGroup, PlannedList};
pub use acts::{Act, done};
use acts::{acts, touched};
use passing::{Between, Open, Passing, broken, opened, said};

/// A call and what comes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The call.
    pub act: Act,
    /// What it opens for a moment that nobody declared: later steps close it.
    pub opens: Vec<Passage>,
    /// What is declared, worked before, and cannot begin until a later step.
    pub breaks: Vec<Passage>,
    /// Connections, open since before the first step, that it ends: nothing keeps them going (S1.37, S2.16). What may
    /// end stands below `may_pass`.
    pub cuts: Vec<Passage>,
}

/// The steps, in an order in which each keeps the promises where that is possible.
pub(super) fn find(
    network: &Network,
    groups: &[PlannedGroup],
    lists: &[PlannedList],
    roles: &Roles,
    declared: &Allowed,
    sets: &mut Diagrams,
) -> Vec<Step> {
    let mut left = acts(network, groups, lists, roles);
    let touched = touched(network, roles, lists);
    let mut state = network.clone();
    let mut passing = passing::passing(&state, &touched, sets);
    let mut open = Open::of(network, &passing);
    let mut steps = Vec::new();
    while !left.is_empty() {
        let mut best: Option<Candidate> = None;
        for (position, act) in left.iter().enumerate() {
            if waits(act, left.get(..position).unwrap_or_default()) {
                continue;
            }
            let after = done(&state, act);
            if matches!(act, Act::CreateGroup(_) | Act::CreateList(_)) {
                let (then, unwanted) = (passing.clone(), Unwanted::default());
                best = Some(Candidate { position, after, then, unwanted });
                break;
            }
            let then = passing::passing(&after, &touched, sets);
            let unwanted = Unwanted {
                refused: is_refused(&state, &after, act),
                breaks: broken(&passing, &then, declared, sets),
                opens: opened(&passing, &then, declared, sets),
            };
            let is_clean = unwanted.grade() == [false; 3];
            if best.as_ref().is_none_or(|best| unwanted.grade() < best.unwanted.grade()) {
                best = Some(Candidate { position, after, then, unwanted });
            }
            if is_clean {
                break;
            }
        }
        // The first of them waits for none.
        let Some(Candidate { position, after, then, unwanted }) = best else { break };
        let act = left.remove(position);
        let opens = unwanted.opens.into_iter().map(|opened| said(&after, opened, sets)).collect();
        let breaks = unwanted.breaks.into_iter().map(|broken| said(&after, broken, sets)).collect();
        let cuts =
            open.ended(&after, &then, sets).into_iter().map(|ended| said(&after, ended, sets)).collect();
        steps.push(Step { act, opens, breaks, cuts });
        (state, passing) = (after, then);
    }
    steps
}

/// A call that might be next.
struct Candidate {
    position: usize,
    after: Network,
    then: Passing,
    unwanted: Unwanted,
}

/// What a call does that none should.
#[derive(Default)]
struct Unwanted {
    refused: bool,
    breaks: Vec<Between>,
    opens: Vec<Between>,
}

impl Unwanted {
    /// From worst to least.
    fn grade(&self) -> [bool; 3] {
        [self.refused, !self.breaks.is_empty(), !self.opens.is_empty()]
    }
}

/// Whether an earlier call is about the same place.
fn waits(act: &Act, earlier: &[Act]) -> bool {
    let Act::SetGroups { place, .. } = act else { return false };
    earlier.iter().any(|other| matches!(other, Act::SetGroups { place: of, .. } if of == place))
}

/// Whether AWS refuses it for a quota that it would be the first to exceed.
fn is_refused(before: &Network, after: &Network, act: &Act) -> bool {
    let Act::Change(change) = act else { return false };
    let counts = |network: &Network| {
        let exceeded = model::exceeded(network.resolved(), change);
        exceeded.iter().map(|exceeded| exceeded.count).sum::<u32>()
    };
    counts(after) > counts(before)
}
