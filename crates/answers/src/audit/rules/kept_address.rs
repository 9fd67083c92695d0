//! PC0404: Network Load Balancers that keep the client's address, which their targets do not expect.

use engine::{Cause, Checkpoint, Hop, Judgement, Leg, Network, Seen, Verdict};
use model::{Holder, Id, Ix, LoadBalancer, LoadBalancerType, NetworkInterface, TargetGroup};
use rustc_hash::FxHashSet;
use space::{Diagrams, Family, Set};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::services::count;
use crate::audit::shared::{Shared, Whole};
use crate::audit::{Finding, Found, Severity, Subject};
use crate::ends::name_of;
use crate::explain::pairs_of_checks;
use crate::exposure::stops::{Crossed, blockers, stops};
use crate::reach::everything;

pub(super) static RULE: Rule = Rule {
    id: "PC0404",
    name: "kept-address",
    severity: Severity::Error,
    title: "a Network Load Balancer that keeps the client's address, which its targets do not expect",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

Two troubles of Network Load Balancers that keep the client's address (S4.6):

- **healthy but dead**, an error: nobody gets an answer by the load balancer (nobody on the internet, where it faces it), and
  for the client that is shown nothing stops it but the target's security groups: they do not let the client in, whose
  address the target sees. The health checks, which come from the nodes, pass.
- **hairpin**, a note: an interface is a target of an internal load balancer and gets to its nodes as a client; where it is
  picked itself, the packet comes back to its sender, which drops it (S12.4). Whether targets ask their own load balancer is
  in no export; that they are let to is.

One finding is for one load balancer. Those with more than 2,000 pairs of nodes and targets are told of as undecided.

## Why

The rules name the load balancer, its checks are green, and every connection times out. The other one is worse to find: one
connection in as many as there are targets hangs, and from the targets only.

## Example

```text
sg-web in   allow tcp 80 from 10.20.0.0/16        the load balancer is there; its clients are not
```

## Fix

Give the load balancer a security group and let the targets name it, or let the clients' addresses in, or turn
`preserve_client_ip.enabled` off; for the hairpin only the last one helps.
";

/// More pairs of nodes and targets are not judged.
const MOST_PAIRS: usize = 2_000;
/// More clients are not tried for one that only the targets' groups stop.
const MOST_CLIENTS: usize = 64;

fn check(shared: &Shared<'_>, found: &mut Found) {
    let network = shared.network;
    for (balancer, noun) in network.model().load_balancers.iter() {
        if noun.kind != LoadBalancerType::Network || noun.incomplete {
            continue;
        }
        let nodes = network.resolved().nodes_of(balancer);
        let targets = targets(network, &noun.id);
        if nodes.len().saturating_mul(targets.len()) > MOST_PAIRS {
            let reason = format!("more than {MOST_PAIRS} pairs of nodes and targets");
            found.undecided(Subject::of("load-balancer", noun), reason);
            continue;
        }
        if let Some(finding) = dead(shared, balancer, nodes) {
            found.add(finding);
        }
        if let Some(finding) = hairpin(network, balancer, nodes, &targets) {
            found.add(finding);
        }
    }
}

/// The target groups that a load balancer sends to.
fn groups_of<'n>(
    network: &'n Network,
    balancer: &'n Id,
) -> impl Iterator<Item = (Ix<TargetGroup>, &'n TargetGroup)> {
    let groups = network.model().target_groups.iter();
    groups.filter(move |(_, group)| group.load_balancers.contains(balancer))
}

/// The interfaces that are targets of a load balancer.
fn targets(network: &Network, balancer: &Id) -> Vec<Holder> {
    let mut found = Vec::new();
    for (_, group) in groups_of(network, balancer) {
        for target in group.targets.iter().flatten() {
            let ends = network.ends_of_target(group, target).unwrap_or_default();
            found.extend(ends.into_iter().filter_map(Seen::holder));
        }
    }
    found.sort_unstable_by_key(|holder| (holder.interface, holder.address));
    found.dedup();
    found
}

/// A finding about a load balancer.
fn about(network: &Network, balancer: Ix<LoadBalancer>, severity: Severity, title: &str) -> Finding {
    let noun = network.model().load_balancers.at(balancer);
    let subject = Subject::of("load-balancer", noun);
    let text = subject.name.clone();
    Finding::about(network, severity, title, subject, text, noun.origin)
}

/// Targets that as clients may be picked themselves.
fn hairpin(
    network: &Network,
    balancer: Ix<LoadBalancer>,
    nodes: &[Ix<NetworkInterface>],
    targets: &[Holder],
) -> Option<Finding> {
    if network.model().load_balancers.at(balancer).internet_facing {
        return None;
    }
    let mut sets = Diagrams::new();
    let (mut hit, mut shown): (FxHashSet<Ix<NetworkInterface>>, _) = (FxHashSet::default(), None);
    for &target in targets {
        let family = Family::of(target.address);
        for &node in nodes {
            let noun = network.model().network_interfaces.at(node);
            let address = noun.own_addresses().find(|own| Family::of(*own) == family);
            let Some(server) = address.map(|address| Holder { interface: node, address }) else { continue };
            let pair = Ends { family, client: Some(target), server: Some(server) };
            let kind = engine::ephemeral::kind_of(network, target.interface).key;
            let asked = everything(network).of(family, kind, false, &mut sets);
            let judgement = engine::judge(network, &pair.flow(), asked, &mut sets);
            let part = to_itself(&judgement, &mut sets);
            if part != Set::EMPTY && hit.insert(target.interface) && shown.is_none() {
                shown = Counterexample::of(network, pair, part, &mut sets);
            }
        }
    }
    let first = targets.iter().find(|target| hit.contains(&target.interface))?;
    let title = "a target that asks its own load balancer may be picked itself, and gets no answer";
    let mut finding = about(network, balancer, Severity::Note, title);
    finding.effect.push(format!(
        "{} may ask it, as {} may: a pick of the client itself is lost",
        count(hit.len(), "target"),
        name_of(network, first.interface)
    ));
    finding.counterexample = shown;
    finding.help = Some("turn off preserve_client_ip.enabled of the target group if targets ask it".into());
    finding.aspect = "hairpin".into();
    Some(finding)
}

/// What gets to a node and is sent back to its sender.
fn to_itself(judgement: &Judgement<Set>, sets: &mut Diagrams) -> Set {
    let mut all = Set::EMPTY;
    for trip in &judgement.trips {
        let at = trip.request.hops.iter().position(|hop| hop.cause == Cause::Hairpin);
        let Some(before) = at.and_then(|at| trip.request.hops.get(..at)) else { continue };
        let part = passed(before, trip.request.flow, sets);
        all = sets.union(all, part);
    }
    all
}

fn passed(hops: &[Hop<Set>], flow: Set, sets: &mut Diagrams) -> Set {
    hops.iter().fold(flow, |left, hop| sets.intersect(left, hop.crossing.passed))
}

/// A load balancer by which nobody gets an answer, because of the clients' addresses.
fn dead(shared: &Shared<'_>, balancer: Ix<LoadBalancer>, nodes: &[Ix<NetworkInterface>]) -> Option<Finding> {
    let network = shared.network;
    let Whole { prepared, reach } = shared.whole();
    let reach = &mut *reach.borrow_mut();
    let ends = prepared.ends();
    let classes: Vec<u32> = nodes.iter().flat_map(|node| ends.classes_of(*node).iter().copied()).collect();
    let facing = network.model().load_balancers.at(balancer).internet_facing;
    let nobody = |class: &u32| {
        reach.rows.get(*class as usize).is_some_and(|row| {
            let of_crowds = row.crowds.iter().map(|(_, outcome)| outcome);
            let others = row.cohorts.iter().map(|(_, outcome)| outcome).chain(of_crowds);
            let others = others.chain(row.classes.iter().map(|(_, outcome)| outcome));
            // Whoever is inside may get in where it is there for the internet.
            row.internet.is_nothing() && (facing || others.into_iter().all(|outcome| outcome.is_nothing()))
        })
    };
    if classes.is_empty() || !classes.iter().all(nobody) {
        return None;
    }
    let sets = &mut reach.sets;
    for class in classes {
        let node = ends.class(class)?;
        let server = *node.members.first()?;
        let inside = ends.cohorts.iter().filter(|cohort| cohort.family == node.family);
        let inside = inside.filter_map(|cohort| ends.class(*cohort.classes.first()?)?.members.first());
        let inside = inside.filter(|client| client.interface != server.interface).copied().map(Some);
        let clients: Vec<Option<Holder>> = match facing {
            true => vec![None],
            false => inside.take(MOST_CLIENTS).collect(),
        };
        for client in clients {
            let pair = Ends { family: node.family, client, server: Some(server) };
            let kind =
                client.map_or("internet", |client| engine::ephemeral::kind_of(network, client.interface).key);
            let asked = everything(network).of(node.family, kind, client.is_none(), sets);
            let judgement = engine::judge(network, &pair.flow(), asked, sets);
            let Some((target, part, gates)) = by_target(network, &judgement, pair.family, sets) else {
                continue;
            };
            if !healthy(network, &network.model().load_balancers.at(balancer).id, target, sets) {
                continue;
            }
            let title =
                "no client gets an answer: the targets see the clients' addresses and do not let them in";
            let mut finding = about(network, balancer, Severity::Error, title);
            finding.effect.push(format!(
                "{} lets in the health checks, which come from the load balancer, and no client",
                name_of(network, target)
            ));
            finding.gates = gates;
            finding.counterexample = Counterexample::of(network, pair, part, sets);
            finding.help =
                Some("give the load balancer a security group and name it in those of the targets".into());
            finding.aspect = "dead".into();
            return Some(finding);
        }
    }
    None
}

/// What nothing but a target's groups stop, of what a load balancer sends it with the client's address.
fn by_target(
    network: &Network,
    judgement: &Judgement<Set>,
    family: Family,
    sets: &mut Diagrams,
) -> Option<(Ix<NetworkInterface>, Set, Vec<crate::exposure::Stop>)> {
    for trip in &judgement.trips {
        let hops = &trip.request.hops;
        let kept = hops.iter().any(|hop| {
            matches!(hop.checkpoint, Checkpoint::LoadBalancer { keeps_client: true, target: Some(_), .. })
        });
        let Some((last, before)) = hops.split_last().filter(|_| kept) else { continue };
        let Checkpoint::SecurityGroups { interface, egress: false } = last.checkpoint else { continue };
        let part = passed(before, trip.request.flow, sets);
        let part = sets.subtract(part, last.crossing.passed);
        let part = sets.subtract(part, last.crossing.unknown);
        let request = hops.iter().map(|hop| Crossed { hop, leg: Leg::Request });
        let replies = trip.replies.iter().flat_map(|reply| &reply.hops);
        let back = replies.map(|hop| Crossed { hop, leg: Leg::Reply });
        let crossed: Vec<Crossed<'_>> = request.chain(back).collect();
        let stopping = blockers(&crossed, part, sets).unwrap_or_default();
        if part != Set::EMPTY && stopping.iter().all(|one| std::ptr::eq(one.hop, last)) {
            return Some((interface, part, stops(network, &stopping, part, family, sets)));
        }
    }
    None
}

/// Whether a load balancer's check of a target passes.
fn healthy(network: &Network, balancer: &Id, target: Ix<NetworkInterface>, sets: &mut Diagrams) -> bool {
    groups_of(network, balancer).any(|(group, _)| {
        let checks = pairs_of_checks(network, group, sets).into_iter();
        let mut of_target =
            checks.filter(|pair| pair.server.is_some_and(|server| server.holder.interface == target));
        of_target.any(|pair| {
            let judgement = engine::judge(network, &pair.flow, pair.asked, sets);
            judgement.verdict(sets) == Verdict::Allowed
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{found, question_of};

    const NETWORK: &str = "
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-1 main
        table rtb-2: 0.0.0.0/0 igw-1
        subnet public 10.20.0.0/24 table=rtb-2
        subnet private 10.20.1.0/24
        lb lb-1 network subnets=public
        eni eni-lb public 10.20.0.5 public=198.51.100.5 elb=lb-1
        listener l-1 lb-1 tcp 80 tg-1
        instance i-1
        instance i-2
        eni eni-1 private 10.20.1.10 groups=sg-web instance=i-1
    ";

    /// T79 of the specification.
    #[test]
    fn healthy_but_dead() {
        let pieces = [NETWORK, "sg sg-web in: tcp 80 10.20.0.0/16\ntg tg-1 tcp 80 instance: i-1"];
        let text = "error no client gets an answer: the targets see the clients' addresses and do not let them in: lb-1";
        assert_eq!(found("PC0404", &pieces), [text]);
        assert_eq!(question_of("PC0404", &pieces)[0].1, "blocked");
    }

    /// The clients are let in; the address is not kept; the checks fail too, which is PC0402's.
    #[test]
    fn clients_that_are_let_in_and_targets_that_are_unhealthy() {
        let rule = |peer: &str| format!("sg sg-web in: tcp 80 {peer}");
        let group = |preserve: &str| format!("tg tg-1 tcp 80 instance {preserve}: i-1");
        assert!(found("PC0404", &[NETWORK, &rule("0.0.0.0/0"), &group("")]).is_empty());
        assert!(found("PC0404", &[NETWORK, &rule("10.20.0.0/16"), &group("preserve=off")]).is_empty());
        assert!(found("PC0404", &[NETWORK, &rule("10.9.0.0/16"), &group("")]).is_empty());
    }

    /// One of two picks is the client itself (S12.4).
    #[test]
    fn a_target_that_asks_its_own_load_balancer() {
        let internal = NETWORK
            .replace("lb lb-1 network subnets=public", "lb lb-1 network internal subnets=public")
            .replace(" public=198.51.100.5", "");
        let rest = "sg sg-web in: tcp 80 10.20.0.0/16
            eni eni-2 private 10.20.1.11 groups=sg-web instance=i-2";
        let out = "sg sg-web out: all 10.20.0.0/16";
        let group = |preserve: &str| format!("tg tg-1 tcp 80 instance {preserve}: i-1 | i-2");
        let text =
            "note a target that asks its own load balancer may be picked itself, and gets no answer: lb-1";
        let pieces = [internal.as_str(), rest, out, &group("")];
        assert_eq!(found("PC0404", &pieces), [text]);
        assert_eq!(question_of("PC0404", &pieces)[0].1, "partial");
        assert!(found("PC0404", &[&internal, rest, out, &group("preserve=off")]).is_empty());
        assert!(found("PC0404", &[&internal, rest, &group("")]).is_empty(), "targets may not ask");
    }
}
