//! What the names of an intent mean in a network.

use std::net::IpAddr;

use engine::Network;
use model::Location;

use super::{Intent, IntentError, Meaning};
use crate::ends::{EndSet, Names, block, resolve_even_nobody};
use crate::question::{Ends, Question, QuestionError};

/// The names of a network and those that the intent gives, which go before them. `me` is what the user says their
/// address is; else it is what the file says.
///
/// # Errors
/// Names that stand for nothing that the network has.
pub fn names<'n>(
    intent: &Intent,
    network: &'n Network,
    me: Option<IpAddr>,
) -> Result<Names<'n>, Vec<IntentError>> {
    let mut names = Names::new(network, me.or(intent.me));
    let mut errors = Vec::new();
    for defined in &intent.names {
        let set = match &defined.meaning {
            Meaning::Ends { text, ends } => match resolve_even_nobody(&names, ends) {
                Ok(set) => set,
                Err(error) => {
                    errors.push(located(error, text, Some(&defined.place), &defined.place));
                    // What speaks of it is not to blame.
                    EndSet::default()
                }
            },
            Meaning::Blocks { blocks, .. } => {
                EndSet::union_of(blocks.iter().map(|listed| block(network, *listed)))
            }
        };
        names.define(&defined.name, set);
    }
    if errors.is_empty() { Ok(names) } else { Err(errors) }
}

/// Both sides of a flow.
pub(super) fn sides(names: &Names<'_>, flow: &Question) -> Result<[EndSet; 2], QuestionError> {
    Ok([resolve_even_nobody(names, &flow.source)?, resolve_even_nobody(names, &flow.destination)?])
}

/// Ends by themselves.
pub(super) fn ends(names: &Names<'_>, ends: &Ends) -> Result<EndSet, QuestionError> {
    resolve_even_nobody(names, ends)
}

/// An error of some words, whose first character is at `words`; else at the place of their line.
pub(super) fn located(
    error: QuestionError,
    text: &str,
    words: Option<&Location>,
    line: &Location,
) -> IntentError {
    let QuestionError { span, message, help } = error;
    let Some(words) = words else {
        return IntentError { place: line.clone(), width: 1, message, help };
    };
    let before = text.get(..span.start).map_or(0, |before| before.chars().count());
    let width = text.get(span).map_or(1, |words| words.chars().count().max(1));
    let place = Location { column: words.column + before, ..words.clone() };
    IntentError { place, width, message, help }
}
