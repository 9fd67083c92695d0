//! The lines of `temporary` that a flow falls under, and for how long they let it be granted.

use std::time::Duration;

use model::PortRange;
use space::{Diagrams, Family, Set};

use super::{Refused, Under};
use crate::ends::{EndSet, Names, resolve, resolve_even_nobody};
use crate::explain::connections;
use crate::intent::{Intent, IntentError, Temporary};
use crate::question::{Question, Service};

/// The lines that speak of some of what a question asks for.
pub(super) fn under(
    names: &Names<'_>,
    intent: &Intent,
    question: &Question,
    length: Duration,
) -> Result<Vec<Under>, Refused> {
    let [clients, servers] =
        [&question.source, &question.destination].map(|ends| resolve(names, ends).map_err(Refused::Question));
    let (clients, servers) = (clients?, servers?);
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for temporary in &intent.temporary {
        let Temporary { line, flow, max, approve } = temporary;
        let sides = [&flow.source, &flow.destination].map(|ends| resolve_even_nobody(names, ends));
        let [Ok(from), Ok(to)] = sides else { continue };
        if !(meet(&clients, &from) && meet(&servers, &to) && services_meet(question, flow)) {
            continue;
        }
        // The reader has refused what is no duration.
        let most = max.as_ref().and_then(|max| crate::question::parse_duration(max).ok());
        if let (Some(most), Some(max)) = (most, max)
            && length > most
        {
            let message = format!("`{}` may be granted for {max} at most", line.id);
            let help = Some(format!("ask for `--for {max}` or less"));
            errors.push(IntentError { place: line.place.clone(), width: 1, message, help });
        }
        found.push(Under { id: line.id.clone(), place: line.place.clone(), approve: approve.clone() });
    }
    if errors.is_empty() { Ok(found) } else { Err(Refused::Intent(errors)) }
}

fn meet(a: &EndSet, b: &EndSet) -> bool {
    !a.clone().intersection(b).is_empty()
}

fn services_meet(a: &Question, b: &Question) -> bool {
    let mut sets = Diagrams::new();
    let services = |question: &Question| -> Vec<Service> {
        question.services.iter().map(|service| service.node).collect()
    };
    [Family::V4, Family::V6].into_iter().any(|family| {
        let [a, b] = [a, b].map(|one| connections(&mut sets, family, &services(one), PortRange::ALL));
        sets.intersect(a, b) != Set::EMPTY
    })
}
