//! The pairs of ends that declared lines mean.

use engine::Network;
use model::{Ix, Noun, TargetGroup};
use space::Diagrams;

use super::{Declared, Impossible};
use crate::ends::{EndSet, Held, Names, resolve};
use crate::explain::{AskedPair, pairs_of, pairs_of_checks, target_groups_on};
use crate::intent::by_profile;
use crate::question::{Ends, QuestionError};

/// Of each line its ends and its pairs; behind the declared ones those of health checks, without which a load balancer
/// sends nothing to its targets (S4.5).
pub(super) struct Flows {
    pub(super) lines: Vec<Line>,
}

pub(super) struct Line {
    /// What people call it.
    pub(super) id: String,
    pub(super) why: Option<String>,
    /// The words of its two sides, where somebody wrote them.
    pub(super) words: Option<[Ends; 2]>,
    pub(super) clients: EndSet,
    pub(super) servers: EndSet,
    pub(super) pairs: Vec<AskedPair>,
}

impl Flows {
    pub(super) fn of(
        names: &Names<'_>,
        declared: &[Declared],
        sets: &mut Diagrams,
    ) -> Result<Flows, Vec<Impossible>> {
        let (mut lines, mut errors) = (Vec::new(), Vec::new());
        for (position, line) in declared.iter().enumerate() {
            match of_line(names, line, sets) {
                Ok(found) => lines.push(found),
                Err(error) => errors.push(Impossible::Words(position, error)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        lines.extend(health_checks(names.network, &lines, sets));
        Ok(Flows { lines })
    }
}

/// The health checks of the target groups that declared lines lead to.
fn health_checks(network: &Network, lines: &[Line], sets: &mut Diagrams) -> Vec<Line> {
    let mut groups = Vec::new();
    for pair in lines.iter().flat_map(|line| &line.pairs) {
        let judgement = engine::judge(network, &pair.flow, pair.asked, sets);
        groups.extend(target_groups_on(network, judgement.trips.iter()));
    }
    groups.sort();
    groups.dedup();
    let of_group = |group: Ix<TargetGroup>| {
        let pairs = pairs_of_checks(network, group, sets);
        let side = |end: fn(&AskedPair) -> Option<Held>| {
            let mut side = EndSet::default();
            for held in pairs.iter().filter_map(end) {
                if !side.held.contains(&held) {
                    side.held.push(held);
                }
            }
            side
        };
        let (clients, servers) = (side(|pair| pair.client), side(|pair| pair.server));
        let noun = network.model().target_groups.at(group);
        let id = format!("health checks of {}", noun.name().unwrap_or(noun.id.as_str()));
        let why = Some("health checks".to_owned());
        (!pairs.is_empty()).then_some(Line { id, why, words: None, clients, servers, pairs })
    };
    groups.into_iter().filter_map(of_group).collect()
}

fn of_line(names: &Names<'_>, line: &Declared, sets: &mut Diagrams) -> Result<Line, QuestionError> {
    let question = &line.question;
    let options = [
        question.via.as_ref().map(|ends| ("via", ends.span())),
        question.not_via.as_ref().map(|ends| ("not via", ends.span())),
        question.within.as_ref().map(|within| ("within", within.span.clone())),
    ];
    if let Some((option, span)) = options.into_iter().flatten().next() {
        let message = format!("`{option}` is nothing that a rule of a group or a list can say");
        return Err(QuestionError::new(span, message).help("leave it out, or test it with `portcullis test`"));
    }
    let clients = resolve(names, &question.source)?;
    let servers = resolve(names, &question.destination)?;
    let sides = [(&clients, &question.source), (&servers, &question.destination)];
    for (set, words) in sides {
        if let Some(reason) = set.unmodelled.first() {
            return Err(QuestionError::new(words.span(), reason.clone()));
        }
    }
    let parts = by_profile(question, clients.clone(), &line.profiles);
    let pairs: Vec<AskedPair> = parts
        .iter()
        .flat_map(|part| pairs_of(names.network, &part.question, &part.clients, &servers, None, sets))
        .collect();
    if pairs.is_empty() {
        let message = "this means no pair of ends: nothing to make rules for";
        return Err(QuestionError::new(0..question.text.len(), message).help(
            "expected interfaces of the network on one side at least, in a family that both sides have",
        ));
    }
    let words = Some([question.source.clone(), question.destination.clone()]);
    Ok(Line { id: line.id.clone(), why: line.why.clone(), words, clients, servers, pairs })
}
