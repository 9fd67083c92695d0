//! PC0401: load balancers of which some nodes or targets answer and others do not.

use engine::reach::{Ends as AllEnds, Reach};
use engine::{Arrival, Leg};
use model::{Holder, Ix, LoadBalancer};
use space::{Diagrams, Field, Region, Set};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::shared::{Shared, Whole};
use crate::audit::{Finding, Found, Severity, Subject};
use crate::ends::name_of;
use crate::exposure::stops::{Crossed, blockers, stops};

pub(super) static RULE: Rule = Rule {
    id: "PC0401",
    name: "zone-partial",
    severity: Severity::Error,
    title: "a load balancer of which some nodes or targets answer and others do not",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A load balancer with a node by which a part of the target picks works for a client, and the rest does not: the client asks
the same node for the same port from the same port of its own, and whether it gets an answer depends on the target. The
internet is the client where it gets to the node, else a group of interfaces that does. One finding is for one load
balancer; it says which node, which share fails, and what stops the first target that does.

All picks count alike: weights are not known (as everywhere in portcullis).

## Why

A subnet with another network ACL, or instances with another security group, in one zone of three: one request in three
hangs, and each retry may work.

## Example

```text
web in subnet-a, subnet-b, subnet-c; nacl-c, of subnet-c, lets nothing in from the load balancer's subnets
```

## Fix

Make the zones alike: `portcullis explain 'CLIENT -> lb:NAME:PORT'` lists each target with the gate that stops it, and
proposes the smallest change.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    let Whole { prepared, reach } = shared.whole();
    let reach = &mut *reach.borrow_mut();
    for (balancer, _) in shared.network.model().load_balancers.iter() {
        if let Some(finding) = one(shared, prepared.ends(), balancer, reach) {
            found.add(finding);
        }
    }
}

/// What is cut of what a client asks of a node.
struct Cut {
    pair: Ends,
    part: Set,
    share: f64,
}

fn one(
    shared: &Shared<'_>,
    ends: &AllEnds,
    balancer: Ix<LoadBalancer>,
    reach: &mut Reach,
) -> Option<Finding> {
    let network = shared.network;
    let nodes = network.resolved().nodes_of(balancer);
    let mut cuts: Vec<Cut> = Vec::new();
    for &node in nodes {
        cuts.extend(ends.classes_of(node).iter().filter_map(|class| of_node(ends, *class, reach)));
    }
    let first = cuts.first()?;
    let noun = network.model().load_balancers.at(balancer);
    let subject = Subject::of("load-balancer", noun);
    let text = subject.name.clone();
    let title = "some targets of this load balancer answer and others do not";
    let mut finding = Finding::about(network, Severity::Error, title, subject, text, noun.origin);
    for cut in &cuts {
        let Some(node) = cut.pair.server else { continue };
        let effect = format!(
            "by {}: {:.1} % of the picks of a target fail",
            name_of(network, node.interface),
            100.0 * cut.share
        );
        if !finding.effect.contains(&effect) {
            finding.effect.push(effect);
        }
    }
    let judgement = engine::judge(network, &first.pair.flow(), first.part, &mut reach.sets);
    for trip in &judgement.trips {
        let back =
            trip.replies.iter().flat_map(|reply| &reply.hops).map(|hop| Crossed { hop, leg: Leg::Reply });
        let there = trip.request.hops.iter().map(|hop| Crossed { hop, leg: Leg::Request });
        let crossed: Vec<_> = there.chain(back).collect();
        let part = reach.sets.intersect(trip.request.flow, first.part);
        if part == Set::EMPTY || trip.works != Set::EMPTY {
            continue;
        }
        let blocking = blockers(&crossed, part, &mut reach.sets).unwrap_or_default();
        finding.gates = stops(network, &blocking, part, first.pair.family, &mut reach.sets);
        if let Arrival::Interface(target) = trip.request.arrival {
            finding.effect.push(format!("a target that does not answer: {}", name_of(network, target)));
        }
        break;
    }
    finding.counterexample = Counterexample::of(network, first.pair, first.part, &mut reach.sets);
    Some(finding)
}

/// What works for some picks of a node and fails for others, of the first clients that get anything.
fn of_node(ends: &AllEnds, class: u32, reach: &mut Reach) -> Option<Cut> {
    let node = ends.class(class)?;
    let server = *node.members.first()?;
    let row = reach.rows.get(class as usize)?.clone();
    let mut clients = vec![(None, row.internet)];
    for (cohort, outcome) in &row.cohorts {
        let classes = ends.cohort(*cohort).map(|cohort| cohort.classes.as_slice()).unwrap_or_default();
        let other = |class: &u32| -> Option<Holder> {
            let member =
                ends.class(*class)?.members.iter().find(|member| member.interface != server.interface)?;
            (!row.classes.iter().any(|(own, _)| own == class)).then_some(*member)
        };
        clients.extend(classes.iter().find_map(other).map(|client| (Some(client), *outcome)));
    }
    clients.into_iter().find_map(|(client, outcome)| {
        let sets = &mut reach.sets;
        let whole = widened(outcome.works, sets);
        let possible = sets.union(outcome.works, outcome.unknown);
        let part = sets.subtract(whole, possible);
        let pair = Ends { family: node.family, client, server: Some(server) };
        (part != Set::EMPTY).then(|| Cut { pair, part, share: sets.count(part) / sets.count(whole) })
    })
}

/// The connections that differ from some only by the target that is picked.
fn widened(works: Set, sets: &mut Diagrams) -> Set {
    let kept =
        [Field::Protocol, Field::Remote, Field::Client, Field::Server, Field::Relay, Field::SecondRelay];
    sets.regions(works).into_iter().fold(Set::EMPTY, |all, region| {
        let wide = kept.iter().fold(Region::FULL, |wide, field| wide.with(*field, region.range(*field)));
        let wide = sets.region(&wide);
        sets.union(all, wide)
    })
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{findings, found};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24
        subnet app 10.0.1.0/24
        sg sg-lb in: tcp 80 0.0.0.0/0
        sg sg-lb out: all 0.0.0.0/0
        sg sg-web in: tcp 80 sg-lb
        lb lb-1 application subnets=public groups=sg-lb
        eni eni-lb public 10.0.0.5 public=198.51.100.5 groups=sg-lb elb=lb-1
        listener l-1 lb-1 tcp 80 tg-1
        tg tg-1 tcp 80 instance: i-1 | i-2
        instance i-1
        instance i-2
        eni eni-1 app 10.0.1.10 groups=sg-web instance=i-1
    ";

    /// One of two targets has another group: half of the picks fail.
    #[test]
    fn one_target_of_two() {
        let pieces = [NETWORK, "sg sg-old\neni eni-2 app 10.0.1.11 groups=sg-old instance=i-2"];
        assert_eq!(
            found("PC0401", &pieces),
            ["error some targets of this load balancer answer and others do not: lb-1"]
        );
        let (_, findings) = findings("PC0401", &pieces);
        assert!(findings[0].effect[0].contains("50.0 %"), "{:?}", findings[0].effect);
    }

    #[test]
    fn all_targets_alike() {
        assert!(found("PC0401", &[NETWORK, "eni eni-2 app 10.0.1.11 groups=sg-web instance=i-2"]).is_empty());
    }
}
