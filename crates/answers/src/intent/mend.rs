//! The smallest change that makes a line so, proved by the engine on the changed network.
//!
//! What must work is mended for one pair that fails; if others still fail, they are mended with it, and so on. What must
//! not work is mended at the rules that let the connection in: taken away, narrowed to what is declared, or denied
//! before. A change that makes another line untrue is not proposed.

use engine::{Judgement, Network};
use model::Change;
use space::{Diagrams, Set};

use super::answer::show;
use super::check::{Check, Checks, Found, Shown, Subject, What};
use super::closed::everything;
use super::narrow::{Declared, candidates};
use super::open::Opened;
use super::proof::{Asking, Sample};
use super::tested::{LineFix, Status};
use super::witness::{Shows, Witness};
use crate::explain::AskedPair;
use crate::fix::{self, Means};

/// How many pairs are mended together, and how many rules one after the other.
const MOST_ROUNDS: usize = 6;
/// How many changes are tried at each turn: each is a network of its own.
const MOST_TRIED: usize = 16;

/// A line that is not so, among all.
pub(super) struct Broken<'a> {
    pub(super) network: &'a Network,
    pub(super) checks: &'a Checks,
    /// The position of the line.
    pub(super) at: usize,
    /// What became of all lines.
    pub(super) before: &'a [Status],
}

impl Broken<'_> {
    /// The smallest change that was found; `None` where no rule has a say in it.
    pub(super) fn mend(&self, found: &Found) -> Option<LineFix> {
        let check = self.checks.all.get(self.at)?;
        match &check.what {
            What::All(asking) => {
                let (sample, _, _) = found.sample?;
                Some(self.let_through(check, asking, sample))
            }
            What::None(..) | What::Closed(_) => Some(self.stop(check)),
            What::Granted | What::Attached(_) => None,
        }
    }

    /// Lets all through.
    fn let_through(&self, check: &Check, asking: &Asking, first: Sample) -> LineFix {
        let mut samples = vec![first];
        let mut last = LineFix::default();
        let subject = Subject::new(self.network, None);
        for _ in 0..MOST_ROUNDS {
            let mut sets = Diagrams::new();
            let judged: Vec<(AskedPair, Judgement<Set>)> = samples
                .iter()
                .filter_map(|sample| {
                    let pair = subject.prover.pair(asking, *sample, &mut sets)?;
                    let judgement = engine::judge(self.network, &pair.flow, pair.asked, &mut sets);
                    Some((pair, judgement))
                })
                .collect();
            let question = asking.parts.get(first.part).map(|part| &part.question);
            let fix = fix::search(self.network, question, &judged, Means::Any, &mut sets);
            last =
                LineFix { changes: fix.changes, names: fix.names, advice: fix.advice, ..LineFix::default() };
            let Ok(after) = self.network.after(&last.changes) else { break };
            if last.changes.is_empty() {
                break;
            }
            let outcome = self.outcome(&after, check);
            let Some((status, next)) = outcome else { break };
            if status == Status::Ok {
                last.proved = true;
                last.breaks = self.breaks(&after);
                break;
            }
            match next {
                Some((next, Shows::Lacks, _)) if samples.len() < MOST_ROUNDS => samples.push(next),
                _ => break,
            }
        }
        last
    }

    /// Lets none through.
    fn stop(&self, check: &Check) -> LineFix {
        let declared = Declared::of(self.checks, self.before);
        let (mut changes, mut keeps, mut broken) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..MOST_ROUNDS {
            let Ok(network) = self.network.after(&changes) else { break };
            let Some(witness) = self.shown(&network, check) else { break };
            let mut next = None;
            let proposed = candidates(&network, &witness, check, &declared);
            for candidate in proposed.into_iter().take(MOST_TRIED) {
                let Ok(after) = network.after(&candidate.changes) else { continue };
                let breaks = self.breaks(&after);
                if !breaks.is_empty() {
                    broken.extend(breaks);
                    continue;
                }
                let is_so = self.outcome(&after, check).is_some_and(|(status, _)| status == Status::Ok);
                let stops = |after: &Network| {
                    let shown = self.shown(after, check);
                    shown.is_none_or(|shown| shown.example.question != witness.example.question)
                };
                if is_so {
                    changes.extend(candidate.changes);
                    keeps.extend(candidate.keeps);
                    keeps.sort();
                    keeps.dedup();
                    let names = fix::names(self.network, &changes);
                    return LineFix { changes, names, proved: true, keeps, ..LineFix::default() };
                }
                if next.is_none() && stops(&after) {
                    next = Some(candidate);
                }
            }
            let Some(next) = next else { break };
            changes.extend(next.changes);
            keeps.extend(next.keeps);
        }
        broken.sort();
        broken.dedup();
        LineFix { breaks: broken, ..LineFix::default() }
    }

    /// What becomes of a line in a changed network.
    fn outcome(&self, network: &Network, check: &Check) -> Option<(Status, Option<Shown>)> {
        let opened = matches!(check.what, What::None(_, true)).then(|| Opened::of(network));
        let found = Subject::new(network, opened.as_ref()).decide(check).ok()?;
        Some((found.status?, found.sample))
    }

    /// The lines that are so, and are not in a changed network.
    fn breaks(&self, network: &Network) -> Vec<String> {
        let opened = self.checks.two_layers().then(|| Opened::of(network));
        let subject = Subject::new(network, opened.as_ref());
        let was_so = |at: usize| self.before.get(at) == Some(&Status::Ok);
        let others = self.checks.all.iter().enumerate().filter(|(at, _)| *at != self.at && was_so(*at));
        let broken = others
            .filter(|(_, check)| !subject.decide(check).is_ok_and(|found| found.status == Some(Status::Ok)));
        broken.map(|(_, check)| check.line.id.clone()).collect()
    }

    /// A connection that shows that a line is not so; in the network of one layer if it is so in that of both.
    fn shown(&self, network: &Network, check: &Check) -> Option<Witness> {
        let opened = matches!(check.what, What::None(_, true)).then(|| Opened::of(network));
        let subject = Subject::new(network, opened.as_ref());
        let found = subject.decide(check).ok()?;
        match &check.what {
            What::None(asking, _) => {
                let (sample, shows, layer) = found.sample?;
                show(subject.of(layer), asking, sample, shows)
            }
            What::Closed(_) => {
                let gap = found.gaps.first()?;
                let asking = subject.prover.anything(everything());
                super::answer::gap_shown(&subject.prover, &asking, gap.sample, &gap.boxes, Shows::Works)
            }
            What::All(_) | What::Granted | What::Attached(_) => None,
        }
    }
}

/// A change that might do, and the lines that it is made to keep.
pub(super) struct Candidate {
    pub(super) changes: Vec<Change>,
    pub(super) keeps: Vec<String>,
}
