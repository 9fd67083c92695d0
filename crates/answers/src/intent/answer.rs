//! `test`: every line of an intent, proved, with what shows that it is not so.

use engine::Network;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use space::Diagrams;

use super::check::{Check, Checks, Found, Layer, Subject, What};
use super::closed::everything;
use super::mend::Broken;
use super::mutate::mutate;
use super::open::Opened;
use super::proof::{Asking, Prover, Sample};
use super::tested::{Asks, Status, Tested, TestedLine};
use super::witness::{Shows, Witness, because, witness};
use super::{Date, Intent, IntentError, Temporary, Waive};
use crate::ends::Names;
use crate::grant::{Granted, Held, Moment, OpenBy};

/// More gaps than this are counted and not shown.
const MOST_SHOWN: usize = 5;

/// How to test.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The lines to test, by their ids; empty: all.
    pub only: Vec<String>,
    /// The lines below `temporary` that are granted now, by their ids.
    pub granted: Vec<String>,
    /// Which day it is, for `waive ... until`; `None`: nothing has expired.
    pub today: Option<Date>,
    /// What time it is, for grants that stand in the network; `None`: there are none.
    pub now: Option<Moment>,
    /// Search for the smallest change where a line is not so.
    pub fix: bool,
    /// Try which changes of rules the lines notice.
    pub mutate: bool,
}

/// Tests an intent. `names` are those of [`super::names`], for the same intent. `done` is told how far trying changes of
/// rules is: how many of how many.
///
/// # Errors
/// Lines that speak of what is not there or is several things, and ids in the settings that no line has.
pub fn test(
    intent: &Intent,
    names: &Names<'_>,
    settings: &Settings,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Result<Tested, Vec<IntentError>> {
    test_in(intent, names, names.network, settings, done)
}

/// Tests an intent in another network than that of its names, with the same interfaces.
pub(super) fn test_in(
    intent: &Intent,
    names: &Names<'_>,
    network: &Network,
    settings: &Settings,
    done: &(dyn Fn(usize, usize) + Sync),
) -> Result<Tested, Vec<IntentError>> {
    let mut checks = Checks::of(intent, names, &settings.granted)?;
    if !settings.only.is_empty() {
        checks.all.retain(|check| settings.only.contains(&check.line.id));
    }
    let opened = checks.two_layers().then(|| Opened::of(network));
    let subject = Subject::new(network, opened.as_ref());
    let found: Result<Vec<Found>, IntentError> =
        checks.all.par_iter().map(|check| subject.decide(check)).collect();
    let found = found.map_err(|error| vec![error])?;
    let status = |found: &Found| found.status.unwrap_or(Status::Undecided);
    let before: Vec<Status> = found.iter().map(status).collect();
    let mut lines = Vec::new();
    for (at, (check, found)) in checks.all.iter().zip(found).enumerate() {
        let mut line = describe(check, &found, &subject);
        if let Some(now) = settings.now {
            granted(intent, network, check, now, &mut line);
        }
        let not_so = matches!(line.status, Status::Fail | Status::Partial);
        if not_so && settings.fix {
            line.fix = Broken { network, checks: &checks, at, before: &before }.mend(&found);
        }
        waived(intent, settings.today, &mut line);
        lines.push(line);
    }
    let mutated = settings.mutate.then(|| mutate(network, &checks, &before, done));
    Ok(Tested { lines, mutated })
}

fn describe(check: &Check, found: &Found, subject: &Subject<'_>) -> TestedLine {
    let status = found.status.unwrap_or(Status::Undecided);
    let tally = &found.tally;
    let mut line = TestedLine {
        id: check.line.id.clone(),
        asks: check.asks,
        text: check.text.clone(),
        why: check.line.why.clone(),
        place: check.line.place.clone(),
        status,
        rule: match (status, check.asks) {
            (Status::Vacuous, _) => Some("PC0901"),
            (Status::Fail | Status::Undecided, Asks::Closed) => Some("PC0902"),
            _ => None,
        },
        message: String::new(),
        pairs: tally.pairs,
        works: tally.allowed,
        share: tally.share(),
        counterexamples: Vec::new(),
        fix: None,
        notes: Vec::new(),
    };
    line.message = match (&check.what, status) {
        (_, Status::Vacuous) => nobody(check),
        (What::Attached(_), _) => found.wrong.join("; "),
        (What::Granted, _) => "granted now".to_owned(),
        (What::None(..), Status::Fail | Status::Partial) => {
            let open = tally.allowed + tally.partial;
            format!(
                "something gets through for {open} of {} {}",
                tally.pairs,
                plural("pair", "pairs", tally.pairs)
            )
        }
        (_, Status::Undecided) if !tally.unmodelled.is_empty() => tally.unmodelled.join("; "),
        _ => String::new(),
    };
    match &check.what {
        What::All(asking) | What::None(asking, _) => {
            if let Some((sample, shows, layer)) = found.sample {
                let shown = show(subject.of(layer), asking, sample, shows);
                if let Some(shown) = shown {
                    if shows == Shows::Lacks {
                        line.message = cause(subject.of(layer).network, asking, sample, &shown);
                    }
                    let mut example = shown.example;
                    example.when = when(layer).to_owned();
                    if layer != Layer::Both {
                        // What was opened to ask is written nowhere.
                        example.rules.retain(|rule| rule.location.is_some());
                    }
                    line.counterexamples.push(example);
                }
            }
        }
        What::Closed(_) => {
            let asking = subject.prover.anything(everything());
            for gap in found.gaps.iter().take(MOST_SHOWN) {
                let shows = if gap.works { Shows::Works } else { Shows::Unknown };
                let shown = gap_shown(&subject.prover, &asking, gap.sample, &gap.boxes, shows);
                line.counterexamples.extend(shown.map(|shown| shown.example));
            }
            let pairs: u64 = found.gaps.iter().map(|gap| gap.pairs).sum();
            let more = found.gaps.len().saturating_sub(MOST_SHOWN);
            if pairs > 0 {
                line.message = format!("{pairs} {} that no line declares", plural("flow", "flows", pairs));
            }
            if more > 0 {
                line.notes.push(format!("{more} more kinds of gaps are not shown"));
            }
        }
        What::Granted | What::Attached(_) => {}
    }
    if check.asks == Asks::Temporary && matches!(status, Status::Fail | Status::Partial) {
        line.message = format!("open, and nobody said that it is granted: `--granted '{}'`", line.id);
    }
    line
}

/// Goes by the grants that stand in the network: what only they open is granted for as long as `max` lets it be.
fn granted(intent: &Intent, network: &Network, check: &Check, now: Moment, line: &mut TestedLine) {
    let open = check.asks == Asks::Temporary && matches!(line.status, Status::Fail | Status::Partial);
    let of_line = |temporary: &&Temporary| temporary.line.place == check.line.place;
    let Some(temporary) = intent.temporary.iter().find(of_line).filter(|_| open) else { return };
    let closed = |after: &Network| {
        Subject::new(after, None).decide(check).is_ok_and(|found| found.status == Some(Status::Ok))
    };
    let listed = |granted: &[Granted]| {
        let each =
            granted.iter().map(|one| format!("{} until {} ({})", one.gate, one.mark.expires, one.mark.why));
        each.collect::<Vec<_>>().join(", ")
    };
    match Held::of(network, now).open(network, temporary, &closed) {
        None => {}
        Some(OpenBy::Granted(by)) => {
            line.status = Status::Ok;
            line.counterexamples.clear();
            line.message = format!("granted now: {}", listed(&by));
            if let Some(approve) = &temporary.approve {
                line.notes.push(format!("{approve} has to have approved it: {}", listed(&by)));
            }
        }
        Some(OpenBy::TooLong(by)) => {
            let max = temporary.max.as_deref().unwrap_or_default();
            line.message = format!("granted for longer than `max: {max}`: {}", listed(&by));
            line.rule = Some("PC0801");
        }
        Some(OpenBy::Overdue(by)) => {
            line.message = format!("open by a grant that has ended: {}", listed(&by));
        }
    }
}

fn nobody(check: &Check) -> String {
    let who = match &check.what {
        What::All(asking) | What::None(asking, _) => {
            let clients = asking.parts.iter().all(|part| part.clients.is_empty());
            match (clients, asking.servers.is_empty()) {
                (true, true) => "both sides name nobody",
                (true, false) => "nobody is on the side that asks",
                (false, true) => "nobody is on the side that is asked",
                (false, false) => "no two of these ends have an address family and these services in common",
            }
        }
        What::Attached(_) | What::Closed(_) | What::Granted => "it names nobody",
    };
    format!("{who}: no rule can make it true or false")
}

/// What `layers: 2` looked at.
fn when(layer: Layer) -> &'static str {
    match layer {
        Layer::Both => "",
        Layer::GroupsAlone => "security groups alone do not stop it",
        Layer::ListsAlone => "network ACLs alone do not stop it",
    }
}

/// One pair with a connection that shows something.
pub(super) fn show(prover: &Prover<'_>, asking: &Asking, sample: Sample, shows: Shows) -> Option<Witness> {
    let mut sets = Diagrams::new();
    let pair = prover.pair(asking, sample, &mut sets)?;
    let question = &asking.parts.get(sample.part)?.question;
    let mut judgement = engine::judge_for(asking.goal(), prover.network, &pair.flow, pair.asked, &mut sets);
    crate::explain::via::narrow(prover.network, question, &mut judgement, &mut sets);
    let certain = sets.union(judgement.works, judgement.unknown);
    let among = match shows {
        Shows::Works => judgement.works,
        Shows::Unknown => judgement.unknown,
        Shows::Lacks => sets.subtract(judgement.asked, certain),
    };
    witness(prover.network, &pair, among, shows, asking.goal(), &mut sets)
}

pub(super) fn gap_shown(
    prover: &Prover<'_>,
    asking: &Asking,
    sample: Sample,
    boxes: &[space::Region],
    shows: Shows,
) -> Option<Witness> {
    let mut sets = Diagrams::new();
    let pair = prover.pair(asking, sample, &mut sets)?;
    let left = sets.set_of(boxes);
    witness(prover.network, &pair, left, shows, asking.goal(), &mut sets)
}

/// Why something that must work does not, in the words of the line.
fn cause(network: &Network, asking: &Asking, sample: Sample, shown: &Witness) -> String {
    let Some(part) = asking.parts.get(sample.part) else { return String::new() };
    let question = &part.question;
    let services = question.services.iter().map(|service| service.node.to_string());
    let services = services.map(|service| service.trim_start_matches("tcp/").to_owned());
    let what = services.collect::<Vec<_>>().join(", ");
    because(network, shown, &question.source.to_string(), &question.destination.to_string(), &what)
}

fn plural(one: &'static str, many: &'static str, count: u64) -> &'static str {
    if count == 1 { one } else { many }
}

/// Looks away from what is waived, and says of what is waived no more.
fn waived(intent: &Intent, today: Option<Date>, line: &mut TestedLine) {
    let Some(rule) = line.rule else { return };
    let about = |waive: &&Waive| {
        waive.finding == rule
            && waive.on.as_ref().is_none_or(|(text, _)| *text == line.text || *text == line.id)
    };
    let Some(waive) = intent.waive.iter().find(about) else { return };
    match (waive.until, today) {
        (Some(until), Some(today)) if !waive.holds(today) => {
            line.notes.push(format!("it was waived until {until}: {}", waive.why));
        }
        _ => {
            line.status = Status::Waived;
            line.notes.push(format!("waived: {}", waive.why));
        }
    }
}
