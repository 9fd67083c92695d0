//! What each line asks of a network, and whether it is so.

use std::sync::Arc;

use engine::Network;
use model::PortRange;

use super::closed::{Closing, Gap, gaps};
use super::expect::{Attachments, wrong};
use super::names::{ends, located, sides};
use super::open::Opened;
use super::profiles::{by_profile, profiles};
use super::proof::{Asking, Part, Prover, Sample, Tally, from_ports};
use super::tested::{Asks, Status};
use super::witness::Shows;
use super::{Intent, IntentError, Line};
use crate::ends::{EndSet, Names};
use crate::question::{Question, QuestionError};

/// A line whose names were found in a network.
pub(super) struct Check {
    pub(super) line: Line,
    pub(super) asks: Asks,
    /// What it says, in words.
    pub(super) text: String,
    pub(super) what: What,
}

/// What has to be proved.
pub(super) enum What {
    /// For all.
    All(Asking),
    /// For none; alone by security groups and alone by lists too, if `true`.
    None(Asking, bool),
    /// While granted nothing; else for none.
    Granted,
    /// Nothing but what is declared.
    Closed(Closing),
    /// What is attached to what.
    Attached(Attachments),
}

/// Whether a line is so, and what shows it.
#[derive(Default)]
pub(super) struct Found {
    pub(super) status: Option<Status>,
    pub(super) tally: Tally,
    /// A pair to show, and of which network: as it is, or opened.
    pub(super) sample: Option<Shown>,
    pub(super) gaps: Vec<Gap>,
    /// What is attached wrongly, in words.
    pub(super) wrong: Vec<String>,
}

/// A pair, what it shows, and of which network.
pub(super) type Shown = (Sample, Shows, Layer);

/// The network that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    /// As it is.
    Both,
    /// With every network ACL open: only security groups are left.
    GroupsAlone,
    /// With every security group open.
    ListsAlone,
}

/// All lines of an intent, with what their names mean.
pub(super) struct Checks {
    pub(super) all: Vec<Check>,
}

impl Checks {
    /// Finds what the lines speak of.
    pub(super) fn of(
        intent: &Intent,
        names: &Names<'_>,
        granted: &[String],
    ) -> Result<Checks, Vec<IntentError>> {
        let (profiles, errors) = profiles(intent, names);
        let mut finder = Finder { names, profiles, errors };
        let mut all = Vec::new();
        // What is declared for `closed`: from any port.
        let mut declared = Vec::new();
        for allow in &intent.allow {
            let asking = finder.flow(&allow.line, &allow.flow, true);
            declared.extend(asking.as_ref().map(|asking| from_any_port(asking, &allow.flow)));
            all.extend(
                asking.map(|asking| check(&allow.line, Asks::Allow, &allow.flow.text, What::All(asking))),
            );
        }
        for deny in &intent.deny {
            let asking = finder.flow(&deny.line, &deny.flow, false);
            let what = |asking| What::None(asking, deny.two_layers);
            all.extend(asking.map(|asking| check(&deny.line, Asks::Deny, &deny.flow.text, what(asking))));
        }
        for temporary in &intent.temporary {
            let (line, flow) = (&temporary.line, &temporary.flow);
            let asking = finder.flow(line, flow, false);
            declared.extend(asking.as_ref().map(|asking| from_any_port(asking, flow)));
            let is_granted = granted.contains(&line.id);
            let what = |asking| if is_granted { What::Granted } else { What::None(asking, false) };
            all.extend(asking.map(|asking| check(line, Asks::Temporary, &flow.text, what(asking))));
        }
        let declared = Arc::new(declared);
        for closed in &intent.closed {
            let set = finder.at(&closed.line, &closed.text, ends(names, &closed.ends));
            let closing = set.map(|ends| What::Closed(Closing { ends, declared: declared.clone() }));
            all.extend(closing.map(|what| check(&closed.line, Asks::Closed, &closed.text, what)));
        }
        for expect in &intent.expect {
            let found = Attachments::find(names, expect);
            let found = finder.at(&expect.line, &expect.text, found);
            let text = format!("{} uses {}:{}", expect.text, expect.uses.kind().word(), expect.glob);
            all.extend(found.map(|found| check(&expect.line, Asks::Expect, &text, What::Attached(found))));
        }
        all.sort_by_key(|check| (check.line.place.line, check.line.place.column));
        if finder.errors.is_empty() { Ok(Checks { all }) } else { Err(finder.errors) }
    }

    /// Whether any line asks for two layers.
    pub(super) fn two_layers(&self) -> bool {
        self.all.iter().any(|check| matches!(check.what, What::None(_, true)))
    }
}

fn check(line: &Line, asks: Asks, text: &str, what: What) -> Check {
    Check { line: line.clone(), asks, text: text.to_owned(), what }
}

/// Finds what words mean; what they do not is noted down.
struct Finder<'a, 'n> {
    names: &'a Names<'n>,
    profiles: Vec<(EndSet, PortRange)>,
    errors: Vec<IntentError>,
}

impl Finder<'_, '_> {
    fn at<T>(&mut self, line: &Line, text: &str, found: Result<T, QuestionError>) -> Option<T> {
        match found {
            Ok(found) => Some(found),
            Err(error) => {
                self.errors.push(located(error, text, line.words.as_ref(), &line.place));
                None
            }
        }
    }

    /// A flow: for all, from the ports of its clients' profiles; for none, from any port.
    fn flow(&mut self, line: &Line, flow: &Question, for_all: bool) -> Option<Asking> {
        let [clients, servers] = self.at(line, &flow.text, sides(self.names, flow))?;
        if !for_all {
            let question = from_ports(flow, PortRange::ALL);
            return Some(Asking { parts: vec![Part { question, clients }], servers, for_none: true });
        }
        Some(Asking { parts: by_profile(flow, clients, &self.profiles), servers, for_none: false })
    }
}

/// A flow as `closed` takes it: its clients may send from any port.
fn from_any_port(asking: &Asking, flow: &Question) -> Asking {
    let question = from_ports(flow, PortRange::ALL);
    let clients = EndSet::union_of(asking.parts.iter().map(|part| part.clients.clone()));
    let parts = vec![Part { question, clients }];
    Asking { parts, servers: asking.servers.clone(), for_none: false }
}

/// Whether a line is so in a network. `opened` has the two networks with one layer each, if the line asks for them.
///
/// # Errors
/// If it means too many pairs that have to be asked one by one.
pub(super) fn decide(
    check: &Check,
    prover: &Prover<'_>,
    opened: Option<&Opened<Prover<'_>>>,
) -> Result<Found, IntentError> {
    let many = |pairs: usize| IntentError {
        place: check.line.place.clone(),
        width: 1,
        message: format!("this means some {pairs} pairs of ends that have to be asked one by one"),
        help: Some(
            "name fewer: those with `via`, with addresses beyond the network and with public addresses are"
                .into(),
        ),
    };
    match &check.what {
        What::All(asking) => Ok(for_all(prover.prove(asking).map_err(many)?)),
        What::None(asking, two_layers) => {
            let found = for_none(prover.prove(asking).map_err(many)?, Layer::Both);
            if !two_layers || found.status != Some(Status::Ok) {
                return Ok(found);
            }
            let Some(opened) = opened else { return Ok(found) };
            for (layer, prover) in [(Layer::GroupsAlone, &opened.lists), (Layer::ListsAlone, &opened.groups)]
            {
                let alone = for_none(prover.prove(asking).map_err(many)?, layer);
                if alone.status != Some(Status::Ok) {
                    return Ok(alone);
                }
            }
            Ok(found)
        }
        What::Granted => Ok(Found { status: Some(Status::Ok), ..Found::default() }),
        What::Closed(closing) => {
            let (pairs, gaps) = gaps(prover, closing);
            let status = match () {
                () if pairs == 0 => Status::Vacuous,
                () if gaps.iter().any(|gap| gap.works) => Status::Fail,
                () if !gaps.is_empty() => Status::Undecided,
                () => Status::Ok,
            };
            let tally = Tally { pairs, ..Tally::default() };
            Ok(Found { status: Some(status), tally, gaps, ..Found::default() })
        }
        What::Attached(attachments) => {
            let wrong = wrong(prover.network, attachments);
            let pairs = attachments.count() as u64;
            let status = match () {
                () if pairs == 0 => Status::Vacuous,
                () if wrong.is_empty() => Status::Ok,
                () => Status::Fail,
            };
            let tally = Tally { pairs, ..Tally::default() };
            Ok(Found { status: Some(status), tally, wrong, ..Found::default() })
        }
    }
}

fn for_all(tally: Tally) -> Found {
    let fails = tally.lacks;
    let (status, sample) = match () {
        () if tally.pairs == 0 && tally.unmodelled.is_empty() => (Status::Vacuous, None),
        () if fails.is_some() && tally.works.is_some() => {
            (Status::Partial, fails.map(|at| (at, Shows::Lacks)))
        }
        () if fails.is_some() => (Status::Fail, fails.map(|at| (at, Shows::Lacks))),
        () if tally.unknown.is_some() || !tally.unmodelled.is_empty() => {
            (Status::Undecided, tally.unknown.map(|at| (at, Shows::Unknown)))
        }
        () => (Status::Ok, None),
    };
    let sample = sample.map(|(sample, shows)| (sample, shows, Layer::Both));
    Found { status: Some(status), sample, tally, ..Found::default() }
}

fn for_none(tally: Tally, layer: Layer) -> Found {
    let (status, sample) = match () {
        () if tally.pairs == 0 && tally.unmodelled.is_empty() => (Status::Vacuous, None),
        () if tally.works.is_some() => {
            let status = if tally.always { Status::Fail } else { Status::Partial };
            (status, tally.works.map(|at| (at, Shows::Works)))
        }
        () if tally.unknown.is_some() || !tally.unmodelled.is_empty() => {
            (Status::Undecided, tally.unknown.map(|at| (at, Shows::Unknown)))
        }
        () => (Status::Ok, None),
    };
    let sample = sample.map(|(sample, shows)| (sample, shows, layer));
    Found { status: Some(status), sample, tally, ..Found::default() }
}

/// A network and what else has to be asked of it.
pub(super) struct Subject<'n> {
    pub(super) prover: Prover<'n>,
    pub(super) opened: Option<Opened<Prover<'n>>>,
}

impl<'n> Subject<'n> {
    pub(super) fn new(network: &'n Network, opened: Option<&'n Opened<Network>>) -> Subject<'n> {
        let of_layers = || {
            let opened = opened?;
            let provers = rayon::join(|| Prover::new(&opened.lists), || Prover::new(&opened.groups));
            Some(Opened { lists: provers.0, groups: provers.1 })
        };
        let (prover, opened) = rayon::join(|| Prover::new(network), of_layers);
        Subject { prover, opened }
    }

    /// Whether a line is so.
    pub(super) fn decide(&self, check: &Check) -> Result<Found, IntentError> {
        decide(check, &self.prover, self.opened.as_ref())
    }

    /// The network of a layer.
    pub(super) fn of(&self, layer: Layer) -> &Prover<'n> {
        match (layer, &self.opened) {
            (Layer::GroupsAlone, Some(opened)) => &opened.lists,
            (Layer::ListsAlone, Some(opened)) => &opened.groups,
            _ => &self.prover,
        }
    }
}
