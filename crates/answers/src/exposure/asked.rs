//! What is asked of every interface: all that clients on the internet could ask and hope for an answer to.

use engine::icmp_queries;
use engine::reach::Asked;
use space::{Diagrams, Family, Field, Region, Set};

use crate::explain::connections;
use crate::question::{QuestionError, Service, Spanned};

/// The kind of client that the internet is.
const INTERNET: &str = "internet";

/// Neighbour discovery, which no router forwards (RFC 4861).
const LINK_LOCAL: [u8; 2] = [133, 135];

/// The types of ICMP messages that ask for an answer and that the internet can send.
pub(super) fn queries(family: Family) -> Vec<u8> {
    let all = icmp_queries(family).iter().map(|(query, _)| *query);
    all.filter(|query| family == Family::V4 || !LINK_LOCAL.contains(query)).collect()
}

/// Every connection from the internet, of these services; of ICMP the queries, since nothing else is answered.
pub(super) fn asked(
    everything: &Asked<'_>,
    services: &[Spanned<Service>],
    family: Family,
    sets: &mut Diagrams,
) -> Set {
    let all = everything.of(family, INTERNET, true, sets);
    let own = answered(family, sets);
    let all = sets.intersect(all, own);
    if services.is_empty() {
        return all;
    }
    let services: Vec<Service> = services.iter().map(|service| service.node).collect();
    let of_services = connections(sets, family, &services, model::PortRange::ALL);
    sets.intersect(all, of_services)
}

/// Refuses services of which nothing expects an answer.
///
/// # Errors
/// If there is one.
pub fn check_services(services: &[Spanned<Service>]) -> Result<(), QuestionError> {
    let mut sets = Diagrams::new();
    for service in services {
        let mut of = |family| {
            let own = answered(family, &mut sets);
            let asked = connections(&mut sets, family, &[service.node], model::PortRange::ALL);
            sets.intersect(own, asked)
        };
        if of(Family::V4) == Set::EMPTY && of(Family::V6) == Set::EMPTY {
            let message =
                format!("`{}` asks for no answer, so that nothing can be exposed by it", service.node);
            return Err(QuestionError::new(service.span.clone(), message)
                .help("of ICMP, name messages that are answered, such as `icmp/echo`"));
        }
    }
    Ok(())
}

/// What may be answered: all but ICMP, and its queries.
fn answered(family: Family, sets: &mut Diagrams) -> Set {
    let (below, above) = (0..=0, 2..=57);
    let ranges = [below, above, 59..=255].map(|range| {
        let region = Region::FULL.with(Field::Protocol, range);
        sets.region(&region)
    });
    let mut set = ranges.into_iter().fold(Set::EMPTY, |all, range| sets.union(all, range));
    let number = if family == Family::V4 { 1 } else { 58 };
    for query in queries(family) {
        let region = Region::FULL.protocol(number).server(query.into()..=query.into()).client(0..=0);
        let query = sets.region(&region);
        set = sets.union(set, query);
    }
    set
}
