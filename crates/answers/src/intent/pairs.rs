//! The pairs of ends that an intent declares: those of `allow`, and of `temporary`, which is open now and then.

use engine::Network;
use space::Diagrams;

use super::check::{Checks, What};
use super::{Allow, Intent, IntentError, Line};
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
        let mut pairs = Vec::new();
        for part in &asking.parts {
            let size = (part.clients.held.len() + 2).saturating_mul(asking.servers.held.len() + 2);
            if size > MOST_PAIRS {
                let message = format!("this means some {size} pairs of ends, more than {MOST_PAIRS}");
                let place = check.line.place.clone();
                let help = Some("name fewer ends in a line".to_owned());
                errors.push(IntentError { place, width: 1, message, help });
                continue;
            }
            pairs.extend(others(names.network, part, &asking.servers, sets));
        }
        lines.push((check.line, pairs));
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
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
