//! The pairs of ends that an intent declares (`allow`, and `temporary`, which is open now and then), and those that any of
//! its lines asks about.

use engine::{Flow, Network};
use space::{Diagrams, Set};

use super::check::{Checks, What};
use super::proof::Asking;
use super::{Allow, Asks, Intent, IntentError, Line};
use crate::ends::Names;
use crate::explain::{AskedPair, MOST_PAIRS, pairs_of};

/// Each declared line with its pairs; an interface is not asked by itself. `names` are those of [`super::names`].
///
/// # Errors
/// Lines that speak of what is not there, and lines that mean too many pairs.
pub(crate) fn declared_pairs(
    intent: &Intent,
    names: &Names<'_>,
    sets: &mut Diagrams,
) -> Result<Vec<(Line, Vec<AskedPair>)>, Vec<IntentError>> {
    let temporary = intent.temporary.iter();
    let temporary = temporary.map(|line| Allow { line: line.line.clone(), flow: line.flow.clone() });
    let declared = Intent {
        allow: intent.allow.iter().cloned().chain(temporary).collect(),
        profiles: intent.profiles.clone(),
        ..Intent::default()
    };
    let checks = Checks::of(&declared, names, &[])?;
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for check in checks.all {
        let What::All(asking) = check.what else { continue };
        match pairs(&check.line, &asking, names.network, sets) {
            Ok(pairs) => lines.push((check.line, pairs)),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}

/// A line of an intent and what it asks, pair by pair: for whoever asks something else than the engine.
#[derive(Debug)]
pub struct AskedLine {
    /// The line.
    pub line: Line,
    /// What it asks for: [`Asks::Allow`] for all, [`Asks::Deny`] and [`Asks::Temporary`] for none.
    pub asks: Asks,
    /// What it says.
    pub text: String,
    /// Who asks whom, and for what. `None`: the line speaks of no flow, or of more than packets can show (`closed`,
    /// `expect`, `via`).
    pub pairs: Option<Vec<(Flow, Set)>>,
    /// What it names and nothing models, in words.
    pub unmodelled: Vec<String>,
}

/// Every line with the pairs that it speaks of, in the order of the file. `names` are those of [`super::names`]; the sets
/// live in `sets`.
///
/// # Errors
/// Lines that speak of what is not there, and lines that mean too many pairs.
pub fn asked(
    intent: &Intent,
    names: &Names<'_>,
    sets: &mut Diagrams,
) -> Result<Vec<AskedLine>, Vec<IntentError>> {
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for check in Checks::of(intent, names, &[])?.all {
        let mut unmodelled = Vec::new();
        let pairs = match &check.what {
            What::All(asking) | What::None(asking, _) if !on_a_way(asking) => {
                let ends = asking.parts.iter().map(|part| &part.clients).chain([&asking.servers]);
                unmodelled.extend(ends.flat_map(|ends| ends.unmodelled.iter().cloned()));
                match pairs(&check.line, asking, names.network, sets) {
                    Ok(pairs) => Some(pairs.into_iter().map(|pair| (pair.flow, pair.asked)).collect()),
                    Err(error) => {
                        errors.push(error);
                        continue;
                    }
                }
            }
            _ => None,
        };
        lines.push(AskedLine { line: check.line, asks: check.asks, text: check.text, pairs, unmodelled });
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}

/// Whether a flow is asked for by its way.
fn on_a_way(asking: &Asking) -> bool {
    asking.parts.iter().any(|part| part.question.via.is_some() || part.question.not_via.is_some())
}

fn pairs(
    line: &Line,
    asking: &Asking,
    network: &Network,
    sets: &mut Diagrams,
) -> Result<Vec<AskedPair>, IntentError> {
    let mut pairs = Vec::new();
    for part in &asking.parts {
        let size = (part.clients.held.len() + 2).saturating_mul(asking.servers.held.len() + 2);
        if size > MOST_PAIRS {
            let message = format!("this means some {size} pairs of ends, more than {MOST_PAIRS}");
            let help = Some("name fewer ends in a line".to_owned());
            return Err(IntentError { place: line.place.clone(), width: 1, message, help });
        }
        pairs.extend(others(network, part, &asking.servers, sets));
    }
    Ok(pairs)
}

fn others(
    network: &Network,
    part: &super::proof::Part,
    servers: &crate::ends::EndSet,
    sets: &mut Diagrams,
) -> Vec<AskedPair> {
    let mut pairs = pairs_of(network, &part.question, &part.clients, servers, None, sets);
    let interface = |held: Option<crate::ends::Held>| held.map(|held| held.holder.interface);
    pairs.retain(|pair| pair.client.is_none() || interface(pair.client) != interface(pair.server));
    pairs
}
