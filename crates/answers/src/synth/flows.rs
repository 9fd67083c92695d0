//! The pairs of ends that declared lines mean.

use space::Diagrams;

use super::{Declared, Impossible};
use crate::ends::{EndSet, Names, resolve};
use crate::explain::{AskedPair, pairs_of};
use crate::question::QuestionError;

/// Of each line its ends and its pairs.
pub(super) struct Flows {
    pub(super) lines: Vec<Line>,
}

pub(super) struct Line {
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
        if errors.is_empty() { Ok(Flows { lines }) } else { Err(errors) }
    }
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
    let pairs = pairs_of(names.network, question, &clients, &servers, line.client, sets);
    if pairs.is_empty() {
        let message = "this means no pair of ends: nothing to make rules for";
        return Err(QuestionError::new(0..question.text.len(), message).help(
            "expected interfaces of the network on one side at least, in a family that both sides have",
        ));
    }
    Ok(Line { clients, servers, pairs })
}
