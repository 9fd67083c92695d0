//! PC0403: flows that pass an appliance in one direction only.

use engine::reach::Class;
use engine::{Arrival, Cause, Checkpoint, Judgement, Leg, Network};
use indexmap::IndexMap;
use model::{Ix, NetworkInterface, Target};
use rustc_hash::FxHashMap;
use space::{Diagrams, Set};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::shared::Shared;
use crate::audit::{Finding, Found, Severity, Subject};
use crate::ends::name_of;
use crate::exposure::stops::{Crossed, blockers};
use crate::reach::everything;

pub(super) static RULE: Rule = Rule {
    id: "PC0403",
    name: "asymmetric",
    severity: Severity::Error,
    title: "an appliance that sees one direction of a flow only, and drops it",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

Flows between two places of the network, or a place and the internet, whose request passes an instance that routes name and
whose reply does not, or the other way round: the appliance has no state for what it sees and drops it (S3.40). Every gate
lets the flow through; nothing but the way of the reply is wrong. Places are told apart as far as routes can tell them
apart, and one pair of ends of each two is shown. One finding is for one appliance.

Networks with more than 20,000 pairs of places are told of as undecided.

## Why

Each direction has a route that leads somewhere, no rule denies anything, and it times out: between some zones only, where
the appliances stand behind a transit gateway.

## Example

```text
rtb-app   10.0.2.0/24 -> eni-firewall          rtb-db   10.0.1.0/24 -> local
```

## Fix

Route both directions through the same appliance, or neither. Behind a transit gateway: turn on appliance mode of the
attachment (S3.34).
";

/// More pairs of places are not judged.
const MOST_PAIRS: usize = 20_000;
/// More members of two places are not tried for one that gates let through.
const MOST_TRIED: usize = 64;

/// The pairs that an appliance drops: how many of places, and one to show.
type Dropped = (usize, Option<Shown>);
/// A pair of ends, and a connection between them.
type Shown = (Ends, Option<Counterexample>);

fn check(shared: &Shared<'_>, found: &mut Found) {
    let network = shared.network;
    let mut routes = network.model().route_tables.values().flat_map(|table| &table.routes);
    // Without an appliance there is nothing to miss.
    if !routes.any(|route| matches!(route.target, Target::NetworkInterface(_))) {
        return;
    }
    let ends = shared.whole().prepared.ends();
    let mut places: FxHashMap<_, Vec<&Class>> = FxHashMap::default();
    for class in &ends.classes {
        places.entry(ends.sites_of(class)).or_default().push(class);
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_unstable_by_key(|(sites, _)| *sites);
    let places: Vec<Vec<&Class>> = places.into_iter().map(|(_, classes)| classes).collect();
    let pairs = places.len().saturating_mul(places.len() + 1);
    if pairs > MOST_PAIRS {
        let subject = Subject { kind: "network", name: "network".into(), id: String::new() };
        return found.undecided(subject, format!("more than {MOST_PAIRS} pairs of places"));
    }
    let mut by_appliance: IndexMap<Ix<NetworkInterface>, Dropped> = IndexMap::new();
    let mut sets = Diagrams::new();
    for client in places.iter().map(Some).chain([None]) {
        for server in places.iter().map(Some).chain([None]) {
            let Some((appliance, shown)) = between(shared, client, server, &mut sets) else { continue };
            let (count, first) = by_appliance.entry(appliance).or_default();
            *count += 1;
            first.get_or_insert(shown);
        }
    }
    for (appliance, (pairs, shown)) in by_appliance {
        found.add(finding(network, appliance, pairs, shown));
    }
}

/// The appliance that drops what two places ask of each other, and one pair of which nothing else does.
fn between(
    shared: &Shared<'_>,
    client: Option<&Vec<&Class>>,
    server: Option<&Vec<&Class>>,
    sets: &mut Diagrams,
) -> Option<(Ix<NetworkInterface>, Shown)> {
    let network = shared.network;
    let mut tried = 0;
    let of = |place: Option<&Vec<&Class>>| -> Vec<Option<Class>> {
        place.map_or_else(
            || vec![None],
            |classes| classes.iter().map(|class| Some((*class).clone())).collect(),
        )
    };
    let (clients, servers) = (of(client), of(server));
    for client in &clients {
        for server in &servers {
            let Some(pair) = pair(client.as_ref(), server.as_ref()) else { continue };
            tried += 1;
            if tried > MOST_TRIED {
                return None;
            }
            let kind = pair
                .client
                .map_or("internet", |client| engine::ephemeral::kind_of(network, client.interface).key);
            let beyond = pair.client.is_none() || pair.server.is_none();
            let asked = everything(network).of(pair.family, kind, beyond, sets);
            let judgement = engine::judge(network, &pair.flow(), asked, sets);
            // Ways do not depend on gates: what is not dropped here is dropped for no other pair of these places.
            if !appears(&judgement) {
                return None;
            }
            if let Some((appliance, part)) = dropped(&judgement, sets) {
                return Some((appliance, (pair, Counterexample::of(network, pair, part, sets))));
            }
        }
    }
    None
}

fn pair(client: Option<&Class>, server: Option<&Class>) -> Option<Ends> {
    let family = match (client, server) {
        (Some(client), Some(server)) if client.family != server.family => return None,
        (Some(class), _) | (None, Some(class)) => class.family,
        (None, None) => return None,
    };
    let from = client.and_then(|class| class.members.first()).copied();
    let other = |class: &Class| {
        class.members.iter().find(|member| Some(member.interface) != from.map(|from| from.interface)).copied()
    };
    let to = server.map(other).map_or(Some(None), |to| to.map(Some))?;
    Some(Ends { family, client: from, server: to })
}

fn appears(judgement: &Judgement<Set>) -> bool {
    let hops = judgement.trips.iter().flat_map(|trip| trip.replies.iter().flat_map(|reply| &reply.hops));
    let mut causes = hops.map(|hop| &hop.cause);
    causes.any(|cause| *cause == Cause::Asymmetric)
}

/// What nothing but an appliance without state drops.
fn dropped(judgement: &Judgement<Set>, sets: &mut Diagrams) -> Option<(Ix<NetworkInterface>, Set)> {
    for trip in judgement.trips.iter().filter(|trip| trip.works == Set::EMPTY && trip.unknown == Set::EMPTY) {
        if !matches!(trip.request.arrival, Arrival::Interface(_) | Arrival::Beyond) {
            continue;
        }
        for reply in &trip.replies {
            let odd = reply.hops.iter().find(|hop| hop.cause == Cause::Asymmetric);
            let Some((appliance, hop)) = odd.and_then(|hop| match hop.checkpoint {
                Checkpoint::Appliance { interface } => Some((interface, hop)),
                _ => None,
            }) else {
                continue;
            };
            let request = trip.request.hops.iter().map(|hop| Crossed { hop, leg: Leg::Request });
            let back = reply.hops.iter().map(|hop| Crossed { hop, leg: Leg::Reply });
            let crossed: Vec<Crossed<'_>> = request.chain(back).collect();
            let others = crossed.iter().filter(|one| !std::ptr::eq(one.hop, hop));
            let part = others.fold(sets.intersect(trip.request.flow, reply.flow), |left, one| {
                sets.intersect(left, one.hop.crossing.passed)
            });
            let only = blockers(&crossed, part, sets).is_some_and(|stopping| stopping.len() == 1);
            if part != Set::EMPTY && only {
                return Some((appliance, part));
            }
        }
    }
    None
}

fn finding(
    network: &Network,
    appliance: Ix<NetworkInterface>,
    pairs: usize,
    shown: Option<Shown>,
) -> Finding {
    let noun = network.model().network_interfaces.at(appliance);
    let name = name_of(network, appliance);
    let subject = Subject { kind: "network-interface", name: name.clone(), id: noun.id.to_string() };
    let title = "this appliance sees one direction of a flow only, and drops it";
    let mut finding = Finding::about(network, Severity::Error, title, subject, name, noun.origin);
    let Some((pair, shown)) = shown else { return finding };
    let end = |end: Option<model::Holder>| {
        end.map_or_else(|| "the internet".to_owned(), |holder| name_of(network, holder.interface))
    };
    let others = match pairs {
        1 => String::new(),
        several => format!(", and so between {several} pairs of places"),
    };
    finding.effect.push(format!("{} gets no answer from {}{others}", end(pair.client), end(pair.server)));
    finding.counterexample = shown;
    finding.help = Some(
        "route both directions through the same appliance; behind a transit gateway, turn on appliance mode"
            .into(),
    );
    finding
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{found, question_of};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        table rtb-1 main
        table rtb-2: 10.0.2.0/24 eni-fw
        subnet app 10.0.1.0/24 table=rtb-2
        subnet db 10.0.2.0/24 table=rtb-3
        subnet fw 10.0.3.0/24
        sg sg-fw in: all 10.0.0.0/16
        sg sg-fw out: all 0.0.0.0/0
        sg sg-app out: all 0.0.0.0/0
        eni eni-fw fw 10.0.3.10 groups=sg-fw forwards
        eni eni-app app 10.0.1.10 groups=sg-app
        eni eni-db db 10.0.2.10 groups=sg-db
    ";
    const OPEN: &str = "sg sg-db in: tcp 5432 10.0.1.0/24";

    /// T74 of the specification: the way there has a more specific route, the way back has none.
    #[test]
    fn one_direction_past_the_appliance() {
        let pieces = [NETWORK, OPEN, "table rtb-3"];
        let text = "error this appliance sees one direction of a flow only, and drops it: eni-fw";
        assert_eq!(found("PC0403", &pieces), [text]);
        assert_eq!(
            question_of("PC0403", &pieces),
            [("eni-app -> eni-db:tcp/5432 from-port 50000".into(), "blocked")]
        );
    }

    #[test]
    fn both_directions_or_nothing_that_groups_let_through() {
        assert!(found("PC0403", &[NETWORK, OPEN, "table rtb-3: 10.0.1.0/24 eni-fw"]).is_empty());
        assert!(found("PC0403", &[NETWORK, "sg sg-db in: tcp 5432 10.9.0.0/16", "table rtb-3"]).is_empty());
    }
}
