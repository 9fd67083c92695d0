//! PC0401: load balancers of which some nodes or targets answer and others do not, and Auto Scaling groups whose
//! instances work in some subnets only.

use engine::reach::{Ends as AllEnds, Reach, Row};
use engine::{Arrival, Cause, Leg, Network};
use indexmap::IndexMap;
use model::{AutoScalingGroup, Holder, Ix, LoadBalancer};
use space::{Diagrams, Family, Field, Region, Set};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::shared::{Shared, Whole};
use crate::audit::{Finding, Found, Severity, Subject};
use crate::ends::name_of;
use crate::explain::causes::cause_word;
use crate::explain::gates::named;
use crate::exposure::Stop;
use crate::exposure::stops::{Crossed, blockers, stops};

pub(super) static RULE: Rule = Rule {
    id: "PC0401",
    name: "zone-partial",
    severity: Severity::Error,
    title: "a load balancer or Auto Scaling group that works in some subnets or for some targets only",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

- **Targets:** a load balancer with a node by which a part of the target picks works for a client, and the rest does not: the client asks
  the same node for the same port from the same port of its own, and whether it gets an answer depends on the target. The
  internet is the client where it gets to the node, else a group of interfaces that does. One finding is for one load
  balancer; it says which node, which share fails, and what stops the first target that does.
- **Nodes:** a load balancer with a node by which the internet gets nothing, where it gets answers by another one; or by which
  nobody gets anything, where somebody does by another one. Nodes in a zone without a target are left out: their addresses
  are taken out of the load balancer's name.
- **Subnets:** the same of the instances that an Auto Scaling group has in its subnets, as servers and as clients. Subnets in
  which nothing runs yet are looked at too, as far as the launch template says which groups an instance would have.

All picks count alike: weights are not known (as everywhere in portcullis).

## Why

A subnet with another network ACL, or instances with another security group, in one zone of three: one request in three
hangs, and each retry may work. An Auto Scaling group works until it grows into the odd subnet.

## Example

```text
web in subnet-a, subnet-b, subnet-c; nacl-c, of subnet-c, lets nothing in from the load balancer's subnets
```

## Fix

Make the zones alike: `portcullis explain 'CLIENT -> lb:NAME:PORT'` lists each target with the gate that stops it, and
proposes the smallest change. For an Auto Scaling group ask `portcullis explain` of an instance in each subnet.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    let Whole { prepared, reach } = shared.whole();
    let reach = &mut *reach.borrow_mut();
    for (balancer, _) in shared.network.model().load_balancers.iter() {
        if let Some(finding) = one(shared, prepared.ends(), balancer, reach) {
            found.add(finding);
        }
        if let Some(finding) = nodes(shared, prepared.ends(), balancer, reach) {
            found.add(finding);
        }
    }
    for (group, _) in shared.network.model().auto_scaling_groups.iter() {
        if let Some(finding) = subnets(shared, prepared.ends(), group, reach) {
            found.add(finding);
        }
    }
}

/// Somebody who gets answers by one of two and nothing by the other, and what they get.
type Only = (Option<Holder>, Set);

/// A client of two servers that gets answers from one, and nothing from the other: the internet, or anybody where nobody
/// gets anything from the other. (A list of a client's own that denies one of them is no trouble of the servers.)
fn only_by_one(ends: &AllEnds, reach: &Reach, one: u32, other: u32) -> Option<Only> {
    let (works, fails) = (reach.rows.get(one as usize)?, reach.rows.get(other as usize)?);
    if works.internet.works != Set::EMPTY && fails.internet.is_nothing() {
        return Some((None, works.internet.works));
    }
    let clients = fails.of_cohorts().map(|(_, outcome)| outcome);
    let mut clients = clients.chain(fails.classes.iter().map(|(_, outcome)| *outcome));
    if !fails.internet.is_nothing() || clients.any(|outcome| !outcome.is_nothing()) {
        return None;
    }
    let own = [one, other].map(|class| ends.class(class));
    works.of_cohorts().filter(|(_, outcome)| outcome.works != Set::EMPTY).find_map(|(cohort, outcome)| {
        let classes = ends.cohort(cohort)?.classes.iter();
        let apart = |class: &&u32| works.classes.iter().any(|(own, _)| own == *class);
        let members = classes.filter(|class| !apart(class)).filter_map(|class| ends.class(*class));
        Some((Some(another(members.flat_map(|class| &class.members), &own)?), outcome.works))
    })
}

/// A server of two clients that gives answers to one, and nothing to the other: the internet, or anybody where nobody gives
/// the other any.
fn only_for_one(ends: &AllEnds, reach: &Reach, one: u32, other: u32) -> Option<Only> {
    let of = |row: &Row, class: u32| {
        let own = row.classes.iter().find(|(of, _)| *of == class).map(|(_, outcome)| *outcome);
        own.or_else(|| ends.cohort_of(class).map(|cohort| row.of_cohort(cohort))).unwrap_or_default()
    };
    let to_internet = of(&reach.to_internet, one).works;
    if !of(&reach.to_internet, other).is_nothing() {
        return None;
    }
    if to_internet != Set::EMPTY {
        return Some((None, to_internet));
    }
    if reach.rows.iter().any(|row| !of(row, other).is_nothing()) {
        return None;
    }
    let own = [one, other].map(|class| ends.class(class));
    ends.classes.iter().zip(&reach.rows).find_map(|(class, row)| {
        let works = of(row, one).works;
        let server = another(class.members.iter(), &own)?;
        (works != Set::EMPTY).then_some((Some(server), works))
    })
}

/// The first of some members that is none of some classes.
fn another<'c>(
    mut members: impl Iterator<Item = &'c Holder>,
    own: &[Option<&engine::reach::Class>; 2],
) -> Option<Holder> {
    let itself = |member: &Holder| {
        let mut own = own.iter().flatten().flat_map(|class| &class.members);
        own.any(|own| own.interface == member.interface)
    };
    members.find(|member| !itself(member)).copied()
}

/// Nodes by which a client gets nothing that it gets by others.
fn nodes(
    shared: &Shared<'_>,
    ends: &AllEnds,
    balancer: Ix<LoadBalancer>,
    reach: &mut Reach,
) -> Option<Finding> {
    let network = shared.network;
    let nodes = network.resolved().nodes_of(balancer);
    let classes: Vec<u32> = nodes.iter().flat_map(|node| ends.classes_of(*node).iter().copied()).collect();
    for (one, other) in pairs(ends, &classes) {
        let Some((client, works)) = only_by_one(ends, reach, one, other) else { continue };
        let (Some(good), Some(bad)) = (ends.class(one), ends.class(other)) else { continue };
        let (Some(good), Some(&server)) = (good.members.first(), bad.members.first()) else { continue };
        let pair = Ends { family: bad.family, client, server: Some(server) };
        let (gates, counterexample) = stopped(network, pair, works, &mut reach.sets);
        if gates.iter().any(|gate| gate.cause == cause_word(&Cause::NoTarget)) {
            continue;
        }
        let noun = network.model().load_balancers.at(balancer);
        let subject = Subject::of("load-balancer", noun);
        let text = subject.name.clone();
        let title = "some nodes of this load balancer answer and others do not";
        let mut finding = Finding::about(network, Severity::Error, title, subject, text, noun.origin);
        finding.effect.push(format!(
            "{} gets answers by {} and nothing by {}",
            end_of(network, client),
            name_of(network, good.interface),
            name_of(network, server.interface)
        ));
        (finding.gates, finding.counterexample) = (gates, counterexample);
        finding.aspect = "nodes".into();
        return Some(finding);
    }
    None
}

/// Subnets of an Auto Scaling group in which its instances get less than in others.
fn subnets(
    shared: &Shared<'_>,
    ends: &AllEnds,
    group: Ix<AutoScalingGroup>,
    reach: &mut Reach,
) -> Option<Finding> {
    let network = shared.network;
    let mut by_subnet: IndexMap<_, Vec<u32>> = IndexMap::new();
    for member in network.resolved().members_of_asg(group) {
        let classes = ends.classes_of(member);
        by_subnet.entry(network.resolved().subnet_of(member)?).or_default().extend(classes);
    }
    // One instance of a subnet and family stands for it: what a group starts is alike.
    let classes: Vec<u32> = by_subnet
        .values()
        .flat_map(|classes| {
            let family = |family| {
                classes
                    .iter()
                    .copied()
                    .find(|class| ends.class(*class).is_some_and(|class| class.family == family))
            };
            [family(Family::V4), family(Family::V6)]
        })
        .flatten()
        .collect();
    for (one, other) in pairs(ends, &classes) {
        let asked = only_by_one(ends, reach, one, other).map(|only| (only, true));
        let asks = || only_for_one(ends, reach, one, other).map(|only| (only, false));
        let Some(((peer, works), is_client)) = asked.or_else(asks) else { continue };
        let (Some(good), Some(bad)) = (ends.class(one), ends.class(other)) else { continue };
        let (Some(good), Some(&bad_one)) = (good.members.first(), bad.members.first()) else { continue };
        let (client, server) = if is_client { (peer, Some(bad_one)) } else { (Some(bad_one), peer) };
        let pair = Ends { family: bad.family, client, server };
        let noun = network.model().auto_scaling_groups.at(group);
        let subject = Subject::of("auto-scaling-group", noun);
        let text = subject.name.clone();
        let title = "instances of this group work in some of its subnets only";
        let mut finding = Finding::about(network, Severity::Error, title, subject, text, noun.origin);
        let [good, bad] = [good.interface, bad_one.interface].map(|interface| {
            let subnet = network.resolved().subnet_of(interface);
            subnet.map_or("", |subnet| named(network.model().subnets.at(subnet))).to_owned()
        });
        let peer = end_of(network, peer);
        finding.effect.push(match is_client {
            true => format!("{peer} gets answers in {good} and nothing in {bad}"),
            false => format!("from {good} an instance gets answers of {peer}, and nothing from {bad}"),
        });
        (finding.gates, finding.counterexample) = stopped(network, pair, works, &mut reach.sets);
        return Some(finding);
    }
    None
}

/// Every two different classes of one family, either way round.
fn pairs(ends: &AllEnds, classes: &[u32]) -> Vec<(u32, u32)> {
    let family = |class: u32| ends.class(class).map(|class| class.family);
    let others = |one: u32| classes.iter().map(move |other| (one, *other));
    let all = classes.iter().flat_map(|one| others(*one));
    all.filter(|(one, other)| one != other && family(*one) == family(*other)).collect()
}

/// What stops what works for another pair, and one connection of it.
fn stopped(
    network: &Network,
    pair: Ends,
    works: Set,
    sets: &mut Diagrams,
) -> (Vec<Stop>, Option<Counterexample>) {
    let asked = widened(works, sets);
    let judgement = engine::judge(network, &pair.flow(), asked, sets);
    let gates = judgement.trips.iter().find_map(|trip| {
        let back = trip.replies.iter().flat_map(|reply| &reply.hops);
        let back = back.map(|hop| Crossed { hop, leg: Leg::Reply });
        let there = trip.request.hops.iter().map(|hop| Crossed { hop, leg: Leg::Request });
        let crossed: Vec<_> = there.chain(back).collect();
        let part = sets.intersect(trip.request.flow, asked);
        let blocking = blockers(&crossed, part, sets)?;
        let gates = stops(network, &blocking, part, pair.family, sets);
        (!gates.is_empty()).then_some(gates)
    });
    (gates.unwrap_or_default(), Counterexample::of(network, pair, asked, sets))
}

fn end_of(network: &Network, end: Option<Holder>) -> String {
    end.map_or_else(|| "the internet".to_owned(), |holder| name_of(network, holder.interface))
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
    for (cohort, outcome) in row.of_cohorts() {
        let classes = ends.cohort(cohort).map(|cohort| cohort.classes.as_slice()).unwrap_or_default();
        let other = |class: &u32| -> Option<Holder> {
            let member =
                ends.class(*class)?.members.iter().find(|member| member.interface != server.interface)?;
            (!row.classes.iter().any(|(own, _)| own == class)).then_some(*member)
        };
        clients.extend(classes.iter().find_map(other).map(|client| (Some(client), outcome)));
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
    let wide = |region: Region| {
        kept.iter().fold(Region::FULL, |wide, field| wide.with(*field, region.range(*field)))
    };
    let regions = sets.regions(works);
    sets.set_of(regions.into_iter().map(wide))
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

    /// The second node's subnet has a list that lets nothing out to its clients' ports (S2.13).
    #[test]
    fn a_node_that_does_not_answer() {
        let two = NETWORK.replace(
            "lb lb-1 application subnets=public",
            "subnet other 10.0.2.0/24 acl=acl-1
        acl acl-1 in: 100 allow all 0.0.0.0/0
        lb lb-1 application subnets=public,other
        eni eni-lb-2 other 10.0.2.5 public=198.51.100.6 groups=sg-lb elb=lb-1",
        );
        let rest = "eni eni-2 app 10.0.1.11 groups=sg-web instance=i-2";
        let out = |rule: &str| format!("acl acl-1 out: 100 allow {rule}");
        let text = "error some nodes of this load balancer answer and others do not: lb-1";
        assert_eq!(found("PC0401", &[&two, rest, &out("tcp 80 10.0.0.0/16")]), [text]);
        assert!(found("PC0401", &[&two, rest, &out("all 0.0.0.0/0")]).is_empty());
    }

    const GROUP: &str = "
        vpc vpc-1 10.0.0.0/16
        subnet one 10.0.1.0/24
        subnet two 10.0.2.0/24 acl=acl-1
        subnet tools 10.0.9.0/24
        acl acl-1 out: 100 allow all 0.0.0.0/0
        sg sg-web in: tcp 80 10.0.9.0/24
        sg sg-tools out: all 0.0.0.0/0
        asg asg-1 subnets=one,two groups=sg-web: i-1
        instance i-1
        eni eni-1 one 10.0.1.10 groups=sg-web instance=i-1
        eni eni-tools tools 10.0.9.10 groups=sg-tools
    ";

    /// Nothing runs in the second subnet yet; its list would let nobody in.
    #[test]
    fn a_subnet_into_which_the_group_has_not_grown() {
        let list = |rule: &str| format!("acl acl-1 in: 100 allow {rule}");
        let text = "error instances of this group work in some of its subnets only: asg-1";
        assert_eq!(found("PC0401", &[GROUP, &list("tcp 22 0.0.0.0/0")]), [text]);
        assert!(found("PC0401", &[GROUP, &list("all 0.0.0.0/0")]).is_empty());
    }
}
