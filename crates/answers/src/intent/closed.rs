//! A closed world: every connection into or out of some ends that works and that no line declares is a gap (PC0902).

use std::sync::Arc;

use engine::Goal;
use engine::reach::Servers;
use model::{Holder, PortRange};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Region, Set};

use super::proof::{Asking, Prover, Sample};
use crate::ends::{EndSet, Held};
use crate::explain::connections;
use crate::question::{Question, Service, Spanned};
use crate::reach::{Line, Matrix};

/// Ends that are closed but for what is declared.
pub(super) struct Closing {
    pub(super) ends: EndSet,
    pub(super) declared: Arc<Vec<Asking>>,
}

/// Connections that work, or may, and that nothing declares.
pub(super) struct Gap {
    /// Whether they work for certain.
    pub(super) works: bool,
    /// How many pairs have them.
    pub(super) pairs: u64,
    /// A pair that has them; its part is that of [`everything`].
    pub(super) sample: Sample,
    /// The connections, as disjoint boxes.
    pub(super) boxes: Vec<Region>,
}

/// What is asked: everything, from any port.
pub(super) fn everything() -> Question {
    let nobody = crate::question::Ends::Term(Spanned::new(crate::question::Term::Everything, 0..0));
    Question {
        text: String::new(),
        source: nobody.clone(),
        destination: nobody,
        services: vec![Spanned::new(Service::Any, 0..0)],
        from_port: Some(Spanned::new(PortRange::ALL, 0..0)),
        via: None,
        not_via: None,
        within: None,
    }
}

/// How many pairs are closed, and the gaps among them. Not looked at: private addresses beyond the network.
pub(super) fn gaps(prover: &Prover<'_>, closing: &Closing) -> (u64, Vec<Gap>) {
    let question = everything();
    let mut found = Vec::new();
    let own: FxHashSet<Holder> = closing.ends.holders();
    for (from, to) in [(None, Some(&closing.ends)), (Some(&closing.ends), None)] {
        let matrix = prover.matrix(from, to, &question, Goal::Delivered);
        let mut declared = Declared::new(&closing.declared);
        for line in &matrix.lines {
            // What is between two closed ends was looked at on its way in.
            let inside = to.is_none().then_some(&own);
            gaps_of(&matrix, line, &mut declared, inside, &mut found);
        }
    }
    found.sort_by_key(|gap: &Gap| !gap.works);
    (prover.pairs_with_everybody(&closing.ends), found)
}

fn gaps_of(
    matrix: &Matrix<'_>,
    line: &Line,
    declared: &mut Declared<'_>,
    inside: Option<&FxHashSet<Holder>>,
    found: &mut Vec<Gap>,
) {
    let Some(says) = matrix.says(line) else { return };
    let family = says.family;
    let classes = line.clients.expand(matrix.ends());
    let clients = classes.flat_map(|class| matrix.clients_of(class)).map(Some);
    let clients =
        by_lines(clients.chain(line.clients.internet.then_some(None)), |end| declared.from(end, family));
    let servers: Vec<Option<Holder>> = match &line.servers {
        Servers::Internet => vec![None],
        Servers::Classes(classes) => {
            let all = classes.iter().flat_map(|class| matrix.servers_of(*class));
            all.filter(|server| inside.is_none_or(|own| !own.contains(server))).map(Some).collect()
        }
    };
    let servers = by_lines(servers.into_iter(), |end| declared.to(end, family));
    for (of_clients, clients) in &clients {
        for (of_servers, servers) in &servers {
            let Some((client, server)) = two(clients, servers) else { continue };
            let beyond = client.is_none() || server.is_none();
            let mut sets = Diagrams::new();
            let both = of_clients.iter().filter(|line| of_servers.contains(line));
            let mut allowed = Set::EMPTY;
            for line in both {
                let of_line = declared.set(*line, family, client.is_none(), beyond, &mut sets);
                allowed = sets.union(allowed, of_line);
            }
            for (works, boxes) in [(true, &says.works_boxes), (false, &says.unknown_boxes)] {
                let all = sets.set_of(boxes);
                let left = sets.subtract(all, allowed);
                if left == Set::EMPTY {
                    continue;
                }
                let held = |end: Option<Holder>| end.map(|holder| Held { holder, by_public: false });
                let sample = Sample { part: 0, family, client: held(client), server: held(server) };
                let same =
                    clients.iter().filter(|client| client.is_some() && servers.contains(client)).count();
                let pairs = (clients.len() * servers.len()).saturating_sub(same) as u64;
                found.push(Gap { works, pairs, sample, boxes: sets.regions(left) });
            }
        }
    }
}

/// Ends by the lines that declare something of them.
fn by_lines(
    ends: impl Iterator<Item = Option<Holder>>,
    mut lines: impl FnMut(Option<Holder>) -> Vec<usize>,
) -> Vec<(Vec<usize>, Vec<Option<Holder>>)> {
    let mut found: FxHashMap<Vec<usize>, Vec<Option<Holder>>> = FxHashMap::default();
    for end in ends {
        found.entry(lines(end)).or_default().push(end);
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

/// A client and a server that are two.
fn two(clients: &[Option<Holder>], servers: &[Option<Holder>]) -> Option<(Option<Holder>, Option<Holder>)> {
    let interface = |end: &Option<Holder>| end.map(|holder| holder.interface);
    let pairs =
        clients.iter().take(2).flat_map(|client| servers.iter().map(move |server| (*client, *server)));
    pairs.into_iter().find(|(client, server)| interface(client) != interface(server))
}

/// The lines that declare something, by whom they are about.
struct Declared<'d> {
    lines: &'d [Asking],
    from: FxHashMap<Holder, Vec<usize>>,
    to: FxHashMap<Holder, Vec<usize>>,
}

impl<'d> Declared<'d> {
    fn new(lines: &'d [Asking]) -> Declared<'d> {
        let mut declared = Declared { lines, from: FxHashMap::default(), to: FxHashMap::default() };
        for (at, line) in lines.iter().enumerate() {
            for part in &line.parts {
                for held in &part.clients.held {
                    push(declared.from.entry(held.holder).or_default(), at);
                }
            }
            for held in &line.servers.held {
                push(declared.to.entry(held.holder).or_default(), at);
            }
        }
        declared
    }

    /// The lines whose clients have an end; `None`: somebody of the internet.
    fn from(&self, end: Option<Holder>, family: Family) -> Vec<usize> {
        match end {
            Some(end) => self.from.get(&end).cloned().unwrap_or_default(),
            None => self.beyond(|line| line.parts.iter().any(|part| has(&part.clients, family))),
        }
    }

    fn to(&self, end: Option<Holder>, family: Family) -> Vec<usize> {
        match end {
            Some(end) => self.to.get(&end).cloned().unwrap_or_default(),
            None => self.beyond(|line| has(&line.servers, family)),
        }
    }

    fn beyond(&self, is: impl Fn(&Asking) -> bool) -> Vec<usize> {
        self.lines.iter().enumerate().filter(|(_, line)| is(line)).map(|(at, _)| at).collect()
    }

    /// What a line declares between two ends, of which one may be beyond the network.
    fn set(&self, line: usize, family: Family, from_beyond: bool, beyond: bool, sets: &mut Diagrams) -> Set {
        let Some(line) = self.lines.get(line) else { return Set::EMPTY };
        let mut all = Set::EMPTY;
        for part in &line.parts {
            let services: Vec<Service> = part.question.services.iter().map(|service| service.node).collect();
            let ports = part.question.from_port.as_ref().map_or(PortRange::ALL, |ports| ports.node);
            let asked = connections(sets, family, &services, ports);
            let side = if from_beyond { &part.clients } else { &line.servers };
            let ranges = if beyond { side.outside.ranges(family) } else { vec![0..=0] };
            for range in ranges {
                let remote = sets.region(&Region::FULL.remote(range));
                let of_range = sets.intersect(asked, remote);
                all = sets.union(all, of_range);
            }
        }
        all
    }
}

fn push(lines: &mut Vec<usize>, line: usize) {
    if lines.last() != Some(&line) {
        lines.push(line);
    }
}

fn has(set: &EndSet, family: Family) -> bool {
    !set.outside.ranges(family).is_empty()
}
