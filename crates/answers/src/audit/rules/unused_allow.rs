//! PC0207: entries of network ACLs that allow what nothing behind them asks for or lets in.

use engine::ephemeral::kind_of;
use engine::{Leg, Network};
use model::{Action, Change, Ix, NetworkAclEntry, NetworkInterface, PortRange, Subnet};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Field, Region, Set};

use super::Rule;
use crate::audit::devices::pass_on;
use crate::audit::groups;
use crate::audit::lists::{self, Entry, List};
use crate::audit::services::count;
use crate::audit::shared::Shared;
use crate::audit::{Finding, Fix, Found, Severity, Subject};

pub(super) static RULE: Rule = Rule {
    id: "PC0207",
    name: "unused-allow",
    severity: Severity::Warning,
    title: "an allow of a network ACL for which no security group behind it has a use",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

An allow of a network ACL of which no part is of any use to the subnets that the list guards: no group of an interface there
lets in, or out, what it allows, and it lets no answers pass to what the interfaces ask or are asked. Ports that clients
take count by what the interfaces are: for answers to those who ask them, every port counts.

Subnets with something that passes on the packets of others (NAT gateways, transit gateway attachments, appliances, load
balancers, endpoints) use whatever is allowed, and are left out, as are lists around subnets without any interface, or with
one of which a group is not in the export.

## Why

What a list allows is one change of a security group away from being open. Where the list is the second line of defence, it
is the line that this entry takes away.

## Example

```text
nacl-web in   100 allow tcp 443  from 0.0.0.0/0
              110 allow tcp 3389 from 0.0.0.0/0      no group behind it has a rule for 3389
```

## Fix

Delete the entry. What the groups let through meets the list as before.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    let (network, mut sets) = (shared.network, Diagrams::new());
    let devices = pass_on(network);
    let (mut hosts, mut passing) = (FxHashMap::default(), FxHashSet::default());
    for (interface, noun) in network.model().network_interfaces.iter() {
        let Some(subnet) = network.resolved().subnet_of(interface) else { continue };
        let known = network.resolved().groups_of(interface).len() == noun.groups.len() && !noun.incomplete;
        let passes_on = !network.has_security_groups(interface) || !noun.source_dest_check;
        if passes_on || !known || devices.contains(&interface) {
            passing.insert(subnet);
        }
        let of_subnet: &mut Vec<Ix<NetworkInterface>> = hosts.entry(subnet).or_default();
        of_subnet.push(interface);
    }
    passing.extend(without_interfaces(network));
    let mut known = FxHashMap::default();
    for list in lists::lists(network, &mut sets) {
        // Nobody can say what will be in a subnet where nothing is yet.
        let empty = !list.subnets.iter().any(|subnet| hosts.contains_key(subnet));
        if empty || list.subnets.iter().any(|subnet| passing.contains(subnet)) {
            continue;
        }
        let used = used(network, &list, &hosts, &mut known, &mut sets);
        for entry in &list.entries {
            let Some(noun) = list.noun(network).entries.get(entry.position) else { continue };
            if noun.action == Action::Allow
                && entry.takes != Set::EMPTY
                && !used.by(network, entry, noun, &mut sets)
            {
                found.add(one(shared, &list, noun));
            }
        }
    }
}

/// Subnets of devices whose interfaces an export may lack.
fn without_interfaces(network: &Network) -> Vec<Ix<Subnet>> {
    let model = network.model();
    let gateways = model.nat_gateways.values().filter_map(|gateway| gateway.subnet.as_ref());
    let attachments = model.transit_gateway_attachments.values().flat_map(|one| one.subnets.iter().flatten());
    let endpoints = model.vpc_endpoints.values().flat_map(|endpoint| &endpoint.subnets);
    let all = gateways.chain(attachments).chain(endpoints);
    all.filter_map(|id| model.subnets.ix(id.as_str())).collect()
}

/// What passes a list in one direction if it lets it, by family: requests, and answers by the port that they go to.
struct Used {
    requests: [Set; 2],
    answers: [Set; 2],
}

impl Used {
    fn by(&self, network: &Network, entry: &Entry, noun: &NetworkAclEntry, sets: &mut Diagrams) -> bool {
        let of = |[v4, v6]: [Set; 2]| if noun.cidr.addr().is_ipv4() { v4 } else { v6 };
        if sets.intersect(entry.takes, of(self.requests)) != Set::EMPTY {
            return true;
        }
        // All that it names and not only what is left to it: more may be used than is.
        let view = lists::view(noun.cidr, Leg::Reply);
        let peer = engine::PeerMatch::Blocks(vec![noun.cidr]);
        let matches = engine::Match { traffic: noun.traffic, peer };
        matches.regions(&view, network).iter().any(|region| {
            let region = sets.region(region);
            sets.intersect(region, of(self.answers)) != Set::EMPTY
        })
    }
}

/// What the groups of interfaces let through in a direction; references are taken to name anybody.
type OfGroups = FxHashMap<(Ix<NetworkInterface>, bool), [Set; 2]>;

fn used(
    network: &Network,
    list: &List,
    hosts: &FxHashMap<Ix<Subnet>, Vec<Ix<NetworkInterface>>>,
    known: &mut OfGroups,
    sets: &mut Diagrams,
) -> Used {
    let mut used = Used { requests: [Set::EMPTY; 2], answers: [Set::EMPTY; 2] };
    let mut seen = FxHashSet::default();
    for &interface in list.subnets.iter().filter_map(|subnet| hosts.get(subnet)).flatten() {
        let kind = kind_of(network, interface).ports;
        if !seen.insert((network.resolved().groups_of(interface), kind)) {
            continue;
        }
        // Requests pass in the direction of the list, answers to those of the other.
        let requests = of_groups(network, interface, list.egress, known, sets);
        let asked = of_groups(network, interface, !list.egress, known, sets);
        let ports = if list.egress { PortRange::ALL } else { kind };
        let ports = sets.region(&Region::FULL.client(ports.from..=ports.to));
        let icmp = sets.region(&Region::FULL.with(Field::Protocol, 1..=1));
        let icmp6 = sets.region(&Region::FULL.with(Field::Protocol, 58..=58));
        let anything = [ports, icmp, icmp6].into_iter().fold(Set::EMPTY, |all, set| sets.union(all, set));
        let answers = asked.map(|set| sets.intersect(set, anything));
        for family in [0, 1] {
            for (all, more) in [(&mut used.requests, requests), (&mut used.answers, answers)] {
                if let (Some(all), Some(more)) = (all.get_mut(family), more.get(family)) {
                    *all = sets.union(*all, *more);
                }
            }
        }
    }
    used
}

fn of_groups(
    network: &Network,
    interface: Ix<NetworkInterface>,
    egress: bool,
    known: &mut OfGroups,
    sets: &mut Diagrams,
) -> [Set; 2] {
    if let Some(known) = known.get(&(interface, egress)) {
        return *known;
    }
    let rules = groups::lets(network, interface, egress, sets);
    let all = rules.iter().fold([Set::EMPTY; 2], |[v4, v6], rule| {
        let [of_v4, of_v6] = if rule.known { rule.sets } else { [Set::FULL; 2] };
        [sets.union(v4, of_v4), sets.union(v6, of_v6)]
    });
    known.insert((interface, egress), all);
    all
}

fn one(shared: &Shared<'_>, list: &List, noun: &NetworkAclEntry) -> Finding {
    let network = shared.network;
    let acl = list.noun(network);
    let (subject, text) = (Subject::of("network-acl", acl), list.text(network, noun));
    let title = "no security group behind this allow has a use for it";
    let mut finding = Finding::about(network, Severity::Warning, title, subject, text, noun.origin);
    finding.effect.push(format!("nothing in {} needs it", count(list.subnets.len(), "subnet")));
    let change =
        Change::DeleteNetworkAclEntry { acl: acl.id.clone(), egress: list.egress, number: noun.number };
    let proof =
        "no group of an interface behind the list lets through what it allows, nor anything that it answers";
    finding.fix = Some(Fix { changes: vec![change], equal: true, proof: proof.into(), ..Fix::default() });
    finding
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::found;

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24 acl=acl-1
        acl acl-1 out: 100 allow tcp 1024-65535 0.0.0.0/0
        sg sg-1 in: tcp 443 0.0.0.0/0
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";

    fn of(more: &str) -> Vec<String> {
        found("PC0207", &[NETWORK, more])
    }

    #[test]
    fn a_port_that_no_group_opens() {
        let text = "warning no security group behind this allow has a use for it: acl-1 in 110 allow tcp 3389 from 0.0.0.0/0";
        assert_eq!(of("acl acl-1 in: 100 allow tcp 443 0.0.0.0/0 | 110 allow tcp 3389 0.0.0.0/0"), [text]);
        let with_rule = "acl acl-1 in: 100 allow tcp 443 0.0.0.0/0 | 110 allow tcp 3389 0.0.0.0/0
            sg sg-1 in: tcp 3389 10.0.0.0/8";
        assert!(of(with_rule).is_empty());
    }

    /// Answers come to the client's port (S0.2): of use only to who asks.
    #[test]
    fn ports_of_answers_are_of_use_to_clients_only() {
        let acl = "acl acl-1 in: 100 allow tcp 443 0.0.0.0/0 | 110 allow tcp 32768-61000 0.0.0.0/0";
        assert_eq!(of(acl).len(), 1);
        assert!(of(&format!("{acl}\nsg sg-1 out: tcp 443 0.0.0.0/0")).is_empty());
    }

    /// A NAT gateway passes on what others ask, from any port.
    #[test]
    fn where_nothing_is_yet_nothing_is_said() {
        let acl = "acl acl-2 in: 100 allow tcp 3389 0.0.0.0/0\nsubnet later 10.0.9.0/24 acl=acl-2";
        assert!(of(acl).is_empty());
    }

    #[test]
    fn where_others_packets_pass_everything_is_of_use() {
        let acl = "acl acl-1 in: 100 allow tcp 443 0.0.0.0/0 | 110 allow tcp 3389 0.0.0.0/0
            nat nat-1 public 10.0.0.20 public=198.51.100.20";
        assert!(of(acl).is_empty());
    }
}
