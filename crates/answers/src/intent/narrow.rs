//! Changes that stop a connection at the rules that let it in.

use engine::{Checkpoint, Network, RuleAction, RuleRef, Seen};
use ipnet::IpNet;
use model::{
    Action, Change, Holder, Ix, NetworkAcl, NetworkAclEntry, NetworkInterface, Noun, Origin, Peer,
    SecurityGroup, SecurityGroupRule,
};
use rustc_hash::FxHashSet;
use space::{Diagrams, Family, Field, prefixes};

use super::check::{Check, Checks, What};
use super::mend::Candidate;
use super::proof::Asking;
use super::tested::Status;
use super::witness::Witness;
use crate::ends::EndSet;

/// More blocks than this do not make rules that people keep.
const MOST_BLOCKS: usize = 4;

/// The flows that must go on working.
pub(super) struct Declared<'c> {
    flows: Vec<(&'c str, &'c Asking)>,
}

impl<'c> Declared<'c> {
    pub(super) fn of(checks: &'c Checks, before: &[Status]) -> Declared<'c> {
        let ok = checks.all.iter().zip(before).filter(|(_, status)| **status == Status::Ok);
        let flows = ok.filter_map(|(check, _)| match &check.what {
            What::All(asking) => Some((check.line.id.as_str(), asking)),
            _ => None,
        });
        Declared { flows: flows.collect() }
    }

    /// The flows that an end has a part in: as server, or as client.
    fn about(&self, end: Holder, as_client: bool) -> impl Iterator<Item = (&'c str, &'c Asking)> {
        let has = move |set: &EndSet| set.held.iter().any(|held| held.holder == end);
        self.flows.iter().copied().filter(move |(_, asking)| match as_client {
            true => asking.parts.iter().any(|part| has(&part.clients)),
            false => has(&asking.servers),
        })
    }
}

/// Changes that might stop a connection, those of groups first, those of fewest rules first.
pub(super) fn candidates(
    network: &Network,
    witness: &Witness,
    check: &Check,
    declared: &Declared<'_>,
) -> Vec<Candidate> {
    let mut sets = Diagrams::new();
    let asked = &witness.asked;
    let only = sets.set_of(&witness.boxes);
    let judgement = engine::judge(network, &asked.flow, only, &mut sets);
    let (mut of_groups, mut of_lists) = (Vec::new(), Vec::new());
    for hop in judgement.trips.iter().flat_map(|trip| &trip.request.hops) {
        for taken in hop.taken.iter().filter(|taken| taken.action != RuleAction::Deny) {
            match (&hop.checkpoint, taken.rule) {
                (
                    Checkpoint::SecurityGroups { interface, egress },
                    Some(RuleRef::SecurityGroup(group, at)),
                ) => {
                    let end = if *egress { asked.client } else { asked.server };
                    let Some(end) = end.filter(|end| end.holder.interface == *interface) else { continue };
                    of_groups.extend(in_group(network, group, at, end.holder, declared));
                }
                (Checkpoint::NetworkAcl { egress, .. }, Some(RuleRef::NetworkAcl(acl, at))) => {
                    let peer = if *egress { hop.header.destination } else { hop.header.source };
                    of_lists.extend(in_list(network, acl, at, peer, witness, check));
                }
                _ => {}
            }
        }
    }
    // Whom a group guards it knows better than a list of addresses.
    of_groups.extend(of_lists);
    of_groups.sort_by_key(|candidate| candidate.changes.len());
    of_groups
}

/// Takes a rule of a group away, or names in place of its peer whom the declared flows are with.
fn in_group(
    network: &Network,
    group: Ix<SecurityGroup>,
    at: usize,
    end: Holder,
    declared: &Declared<'_>,
) -> Vec<Candidate> {
    let noun = network.model().security_groups.at(group);
    let Some(rule) = noun.rules.get(at) else { return Vec::new() };
    let revoke = Change::RevokeSecurityGroup { group: noun.id.clone(), rule: rule.clone() };
    let mut all = vec![Candidate { changes: vec![revoke.clone()], keeps: Vec::new() }];
    let (mut peers, mut keeps) = (Vec::new(), Vec::new());
    for (id, asking) in declared.about(end, rule.egress) {
        let others: Vec<&EndSet> = match rule.egress {
            true => vec![&asking.servers],
            false => asking.parts.iter().map(|part| &part.clients).collect(),
        };
        let found: Option<Vec<Vec<Peer>>> = others.into_iter().map(|set| peers_of(network, set)).collect();
        let Some(found) = found else { continue };
        peers.extend(found.into_iter().flatten());
        keeps.push(id.to_owned());
    }
    peers.sort();
    peers.dedup();
    let of_family = |peer: &Peer| match (peer, &rule.peer) {
        (Peer::Cidr(own), Peer::Cidr(old)) => Family::of(own.addr()) == Family::of(old.addr()),
        _ => true,
    };
    let there = |peer: &Peer| {
        noun.rules.iter().any(|old| (old.egress, old.traffic, &old.peer) == (rule.egress, rule.traffic, peer))
    };
    peers.retain(|peer| of_family(peer) && !there(peer));
    if !peers.is_empty() {
        let authorize = |peer: Peer| Change::AuthorizeSecurityGroup {
            group: noun.id.clone(),
            rule: SecurityGroupRule {
                id: None,
                egress: rule.egress,
                traffic: rule.traffic,
                peer,
                description: rule.description.clone(),
                origin: Origin::PROPOSED,
            },
        };
        let changes = std::iter::once(revoke).chain(peers.into_iter().map(authorize)).collect();
        all.push(Candidate { changes, keeps });
    }
    all
}

/// Peers that a rule could name for some ends: the group that all interfaces have and fewest others, and the blocks of
/// those beyond the network. `None` if that takes too many.
fn peers_of(network: &Network, set: &EndSet) -> Option<Vec<Peer>> {
    let mut peers = Vec::new();
    let mut interfaces = set.held.iter().map(|held| held.holder.interface);
    if let Some(first) = interfaces.next() {
        let mut common: FxHashSet<Ix<SecurityGroup>> = groups(network, first).collect();
        for interface in interfaces {
            let own: FxHashSet<_> = groups(network, interface).collect();
            common.retain(|group| own.contains(group));
        }
        let mut common: Vec<_> = common.into_iter().collect();
        common.sort_by_key(|group| (network.resolved().members_of(*group).len(), *group));
        let group = common.first()?;
        peers.push(Peer::Group(network.model().security_groups.at(*group).id().clone()));
    }
    for family in [Family::V4, Family::V6] {
        let ranges = set.outside.ranges(family);
        let blocks: Vec<IpNet> = ranges.into_iter().flat_map(|range| prefixes(family, &range)).collect();
        if blocks.len() > MOST_BLOCKS {
            return None;
        }
        peers.extend(blocks.into_iter().map(Peer::Cidr));
    }
    Some(peers)
}

fn groups(
    network: &Network,
    interface: Ix<NetworkInterface>,
) -> impl Iterator<Item = Ix<SecurityGroup>> + '_ {
    network.resolved().groups_of(interface).iter().copied()
}

/// Denies the other end before the entry that lets it in, or takes that entry away.
fn in_list(
    network: &Network,
    acl: Ix<NetworkAcl>,
    at: usize,
    peer: Seen,
    witness: &Witness,
    check: &Check,
) -> Vec<Candidate> {
    let noun = network.model().network_acls.at(acl);
    let Some(entry) = noun.entries.get(at).filter(|entry| !entry.is_star()) else { return Vec::new() };
    let mut all = Vec::new();
    let taken = |number: &u32| {
        noun.entries.iter().any(|other| (other.egress, other.number) == (entry.egress, *number))
    };
    let tens = (1..entry.number).rev().filter(|number| number.is_multiple_of(10));
    let number = tens.chain((1..entry.number).rev()).find(|number| !taken(number));
    for cidr in blocks_of(network, peer, witness, check) {
        let deny = number.map(|number| NetworkAclEntry {
            number,
            action: Action::Deny,
            cidr,
            origin: Origin::PROPOSED,
            ..entry.clone()
        });
        let create = |entry| Change::CreateNetworkAclEntry { acl: noun.id.clone(), entry };
        all.extend(deny.map(|entry| Candidate { changes: vec![create(entry)], keeps: Vec::new() }));
    }
    let delete =
        Change::DeleteNetworkAclEntry { acl: noun.id.clone(), egress: entry.egress, number: entry.number };
    all.push(Candidate { changes: vec![delete], keeps: Vec::new() });
    all
}

/// The blocks that an end could be denied by: its subnet's and its own address, or the block of the line that it is in.
fn blocks_of(network: &Network, peer: Seen, witness: &Witness, check: &Check) -> Vec<IpNet> {
    match peer {
        Seen::Fixed { address, interface } => {
            let subnet = interface.and_then(|interface| network.resolved().subnet_of(interface));
            let subnet = subnet.map(|subnet| network.model().subnets.at(subnet));
            let blocks = subnet.into_iter().flat_map(|subnet| subnet.cidrs.iter().copied());
            blocks.filter(|block| block.contains(&address)).chain([IpNet::from(address)]).collect()
        }
        Seen::Remote => {
            let family = witness.asked.flow.family;
            let What::None(asking, _) = &check.what else { return Vec::new() };
            let from_beyond = witness.asked.client.is_none();
            let sets: Vec<&EndSet> = match from_beyond {
                true => asking.parts.iter().map(|part| &part.clients).collect(),
                false => vec![&asking.servers],
            };
            let point = witness.boxes.first().map(|region| *region.range(Field::Remote).start());
            let all = sets.into_iter().flat_map(|set| set.outside.ranges(family));
            let around = all.filter(|range| point.is_some_and(|point| range.contains(&point)));
            let blocks = around.flat_map(|range| prefixes(family, &range));
            let contains = |block: &IpNet| {
                let (low, high) =
                    (space::address_value(block.network()), space::address_value(block.broadcast()));
                point.is_some_and(|point| (low..=high).contains(&point))
            };
            blocks.filter(contains).collect()
        }
        Seen::Embedded | Seen::Unknown => Vec::new(),
    }
}
