//! PC0302: blocks in rules of security groups in whose place a group could be named.

use std::net::IpAddr;

use engine::Network;
use ipnet::IpNet;
use model::{Change, Id, Ix, NetworkInterface, Origin, Peer, SecurityGroup, SecurityGroupRule, Vpc};
use rustc_hash::FxHashMap;

use super::Rule;
use crate::audit::groups::{self, At};
use crate::audit::services::count;
use crate::audit::shared::Shared;
use crate::audit::{Finding, Fix, Found, Severity, Subject};
use crate::diff::{Both, Verdict, diff};
use crate::explain::gates::named;

pub(super) static RULE: Rule = Rule {
    id: "PC0302",
    name: "group-reference",
    severity: Severity::Note,
    title: "a block in a rule of a security group in whose place a group could be named",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A rule of a security group that names a block of its own VPC, where the addresses that are held in the block are exactly those
of the interfaces that have some other group, or the same one. With a reference to that group in place of the block every pair
of ends gets the same answer: the rule is changed, and the engine compares all of them. Where several groups would do, the
first by its name is proposed.

Blocks in which a load balancer or an Auto Scaling group may start something whose address nobody knows are left out.

## Why

A block lets in whoever gets an address in it next. A reference means who is meant, wherever they are (S1.15).

## Example

```text
sg-db in   allow tcp 5432 from 10.0.1.0/24       in it are the instances with sg-app, and nobody else
```

## Fix

Name the group. From then on an address in the block is not let in by itself, and a member of the group in another subnet is.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    let candidates = candidates(shared.network);
    for candidate in proved(shared.network, &candidates) {
        found.add(finding(shared.network, candidate));
    }
}

/// A rule and the group that it could name.
struct Candidate {
    at: At,
    group: Ix<SecurityGroup>,
    changes: [Change; 2],
}

/// Who holds which addresses of a VPC.
struct Addresses {
    held: Vec<(IpAddr, Ix<NetworkInterface>)>,
    /// Blocks in which something may come up whose address nobody knows.
    open: Vec<IpNet>,
}

impl Addresses {
    fn of(network: &Network) -> FxHashMap<Id, Addresses> {
        let mut all: FxHashMap<Id, Addresses> = FxHashMap::default();
        for (interface, noun) in network.model().network_interfaces.iter() {
            let of_vpc = all
                .entry(noun.vpc.clone())
                .or_insert_with(|| Addresses { held: Vec::new(), open: Vec::new() });
            if noun.stand_in.is_some() || noun.incomplete {
                let subnet = network.resolved().subnet_of(interface);
                of_vpc
                    .open
                    .extend(subnet.into_iter().flat_map(|ix| network.model().subnets.at(ix).cidrs.clone()));
            } else {
                of_vpc.held.extend(noun.own_addresses().map(|address| (address, interface)));
                of_vpc.open.extend(&noun.prefixes);
            }
        }
        all.values_mut().for_each(|addresses| addresses.held.sort_unstable());
        all
    }

    /// The holders of addresses in a block; `None` if something unknown may be there.
    fn within(&self, block: IpNet) -> Option<&[(IpAddr, Ix<NetworkInterface>)]> {
        if self.open.iter().any(|open| open.contains(&block) || block.contains(open)) {
            return None;
        }
        let from = self.held.partition_point(|(address, _)| *address < block.network());
        let to = self.held.partition_point(|(address, _)| *address <= block.broadcast());
        self.held.get(from..to).filter(|held| !held.is_empty())
    }
}

fn candidates(network: &Network) -> Vec<Candidate> {
    let model = network.model();
    let addresses = Addresses::of(network);
    let mut found = Vec::new();
    for (ix, noun) in model.security_groups.iter() {
        let vpc = noun.vpc.as_ref().and_then(|vpc| model.vpcs.get(vpc.as_str()));
        let Some((vpc, addresses)) = vpc.and_then(|vpc| Some((vpc, addresses.get(&vpc.id)?))) else {
            continue;
        };
        if noun.incomplete || network.resolved().members_of(ix).is_empty() {
            continue;
        }
        for (position, rule) in noun.rules.iter().enumerate() {
            let Peer::Cidr(block) = rule.peer else { continue };
            let Some(group) = own(vpc, block)
                .then(|| addresses.within(block))
                .flatten()
                .and_then(|held| holding(network, held, block))
            else {
                continue;
            };
            let peer = Peer::Group(model.security_groups.at(group).id.clone());
            let new = SecurityGroupRule { id: None, peer, origin: Origin::PROPOSED, ..rule.clone() };
            let same = |old: &SecurityGroupRule| {
                (old.egress, old.traffic, &old.peer) == (new.egress, new.traffic, &new.peer)
            };
            if !noun.rules.iter().any(same) {
                let (id, old) = (noun.id.clone(), rule.clone());
                let changes = [
                    Change::AuthorizeSecurityGroup { group: id.clone(), rule: new },
                    Change::RevokeSecurityGroup { group: id, rule: old },
                ];
                found.push(Candidate { at: (ix, position), group, changes });
            }
        }
    }
    found
}

/// Whether a block is within those of a VPC: nobody else has its addresses.
fn own(vpc: &Vpc, block: IpNet) -> bool {
    vpc.cidrs.iter().any(|own| own.contains(&block))
}

/// The first group, by its name, whose members hold exactly some addresses, of those in a block's family.
fn holding(
    network: &Network,
    held: &[(IpAddr, Ix<NetworkInterface>)],
    block: IpNet,
) -> Option<Ix<SecurityGroup>> {
    let (model, resolved) = (network.model(), network.resolved());
    let (_, first) = held.first()?;
    let all_in = |group: Ix<SecurityGroup>| {
        held.iter().all(|(_, interface)| resolved.groups_of(*interface).contains(&group))
            && resolved.members_of(group).iter().all(|member| {
                let noun = model.network_interfaces.at(*member);
                let mut own = noun.own_addresses().filter(|own| own.is_ipv4() == block.addr().is_ipv4());
                noun.stand_in.is_none() && own.all(|own| block.contains(&own))
            })
    };
    let mut groups: Vec<_> =
        resolved.groups_of(*first).iter().copied().filter(|group| all_in(*group)).collect();
    groups.sort_by_key(|group| named(model.security_groups.at(*group)));
    groups.first().copied()
}

/// Those of some candidates with which every pair of ends gets the same answer. A reference lets through no more than
/// the block did, so that what all of them together leave as it is, each does.
fn proved<'c>(network: &Network, candidates: &'c [Candidate]) -> Vec<&'c Candidate> {
    if candidates.is_empty() {
        return Vec::new();
    }
    let changes: Vec<Change> = candidates.iter().flat_map(|one| one.changes.iter().cloned()).collect();
    let Ok(after) = network.after(&changes) else { return Vec::new() };
    if diff(Both { old: network, new: &after }).verdict != Verdict::Changed {
        return candidates.iter().collect();
    }
    if candidates.len() == 1 {
        return Vec::new();
    }
    let (one, other) = candidates.split_at(candidates.len() / 2);
    let mut found = proved(network, one);
    found.extend(proved(network, other));
    found
}

fn finding(network: &Network, candidate: &Candidate) -> Finding {
    let model = network.model();
    let group = model.security_groups.at(candidate.at.0);
    let (subject, text) = (Subject::of("security-group", group), groups::text(network, candidate.at));
    let origin = groups::rule_at(network, candidate.at).map_or(group.origin, |rule| rule.origin);
    let reference = model.security_groups.at(candidate.group);
    let title = format!("{} could be named in place of this block", named(reference));
    let mut finding = Finding::about(network, Severity::Note, title, subject, text, origin);
    let members = network.resolved().members_of(candidate.group).len();
    finding.effect.push(format!("in the block are {} with it, and nobody else", count(members, "interface")));
    let proof = "every pair of ends gets the same answer".into();
    finding.fix = Some(Fix { changes: candidate.changes.to_vec(), equal: true, proof, ..Fix::default() });
    finding
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::found;

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        subnet one 10.0.1.0/24
        subnet two 10.0.2.0/24
        sg sg-app out: all 0.0.0.0/0
        eni eni-1 one 10.0.1.10 groups=sg-app
        eni eni-2 one 10.0.1.11 groups=sg-app
        eni eni-3 two 10.0.2.10 groups=sg-db
    ";

    fn of(rules: &str) -> Vec<String> {
        found("PC0302", &[NETWORK, rules])
    }

    #[test]
    fn the_block_of_a_subnet_of_one_group() {
        let text =
            "note sg-app could be named in place of this block: sg-db in allow tcp 5432 from 10.0.1.0/24";
        assert_eq!(of("sg sg-db in: tcp 5432 10.0.1.0/24"), [text]);
    }

    /// Somebody else is in the block; a member is outside; the block is not the VPC's own; a stand-in is in it.
    #[test]
    fn others_in_the_block_or_members_outside() {
        let rule = "sg sg-db in: tcp 5432 10.0.1.0/24";
        assert!(of(&format!("{rule}\nsg sg-x\neni eni-4 one 10.0.1.12 groups=sg-x")).is_empty());
        assert!(of(&format!("{rule}\neni eni-4 two 10.0.2.12 groups=sg-app")).is_empty());
        assert!(of("sg sg-db in: tcp 5432 10.0.0.0/8").is_empty());
        assert!(of(&format!("{rule}\nasg asg-1 subnets=one groups=sg-app")).is_empty());
    }

    /// A Network Load Balancer keeps the clients' addresses and not their groups (S4.7).
    #[test]
    fn clients_that_come_by_a_load_balancer() {
        let balanced = "sg sg-db in: tcp 5432 10.0.1.0/24
            lb lb-1 network internal subnets=two
            eni eni-lb two 10.0.2.5 elb=lb-1
            listener l-1 lb-1 tcp 5432 tg-1
            tg tg-1 tcp 5432 instance preserve=on: i-3
            instance i-3
            eni eni-5 two 10.0.2.11 groups=sg-db instance=i-3";
        assert!(of(balanced).is_empty());
    }
}
