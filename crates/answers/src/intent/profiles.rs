//! From which ports clients send, where the intent says it.

use model::PortRange;

use super::names::{ends, located};
use super::proof::{Part, from_ports};
use super::{Intent, IntentError};
use crate::ends::{EndSet, Names};
use crate::question::Question;

/// Whose the profiles are, in the order of the file, and what names nobody that the network has.
pub(super) fn profiles(intent: &Intent, names: &Names<'_>) -> (Vec<(EndSet, PortRange)>, Vec<IntentError>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for profile in &intent.profiles {
        match ends(names, &profile.ends) {
            Ok(set) => found.push((set, profile.ports)),
            Err(error) => errors.push(located(error, &profile.text, None, &profile.place)),
        }
    }
    (found, errors)
}

/// A flow in parts whose clients send from the same ports: those of the first profile that has them, else by what they
/// are.
pub(crate) fn by_profile(flow: &Question, clients: EndSet, profiles: &[(EndSet, PortRange)]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = clients;
    for (set, ports) in profiles {
        let own = rest.clone().intersection(set);
        if !own.is_empty() {
            rest = rest.difference(set);
            parts.push(Part { question: from_ports(flow, *ports), clients: own });
        }
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(Part { question: flow.clone(), clients: rest });
    }
    parts
}
