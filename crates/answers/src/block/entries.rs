//! The entries that deny blocks: which are there, which are missing, and their numbers.

use engine::Network;
use ipnet::IpNet;
use model::{Action, Change, Exceeded, Ix, NetworkAcl, NetworkAclEntry, Noun, Origin, Traffic};

use super::{Count, Direction, Kept, Listed, Lists, NoRoom, Plan, name_of};
use crate::fix::free_number;

/// What a direction of a list does with a block.
enum State {
    /// This entry denies all of it, and none before lets any of it pass.
    Denied(NetworkAclEntry),
    /// This is the first entry that lets some of it pass.
    Allowed(NetworkAclEntry),
    /// No entry lets any of it pass.
    Idle,
}

/// An entry that denies every protocol of a block, and is not the final one.
fn is_deny(entry: &NetworkAclEntry) -> bool {
    entry.action == Action::Deny && entry.traffic == Traffic::All && !entry.is_star()
}

fn state(entries: &[NetworkAclEntry], egress: bool, block: IpNet) -> State {
    let mut of_direction: Vec<&NetworkAclEntry> =
        entries.iter().filter(|entry| entry.egress == egress && !entry.is_star()).collect();
    of_direction.sort_by_key(|entry| entry.number);
    for entry in of_direction {
        if is_deny(entry) && entry.cidr.contains(&block) {
            return State::Denied(entry.clone());
        }
        if entry.action == Action::Allow && (entry.cidr.contains(&block) || block.contains(&entry.cidr)) {
            return State::Allowed(entry.clone());
        }
    }
    State::Idle
}

/// The directions of lists, with what is in them.
fn directions<'n>(
    network: &'n Network,
    lists: &Lists,
) -> impl Iterator<Item = (&'n NetworkAcl, Direction)> + use<'n> {
    let all = lists.all.clone().into_iter();
    all.flat_map(move |acl: Ix<NetworkAcl>| {
        let noun = network.model().network_acls.at(acl);
        [false, true].map(|egress| (noun, Direction { list: name_of(network, acl), egress }))
    })
}

pub(super) fn add(network: &Network, lists: &Lists, blocks: &[IpNet]) -> Plan {
    let mut plan = Plan::default();
    for (noun, direction) in directions(network, lists) {
        let egress = direction.egress;
        let mut entries = noun.entries.clone();
        for &block in blocks {
            let before = match state(&entries, egress, block) {
                State::Allowed(before) => before,
                State::Denied(entry) => {
                    plan.kept.push(Kept { direction: direction.clone(), block, entry: Some(entry) });
                    continue;
                }
                State::Idle => {
                    plan.kept.push(Kept { direction: direction.clone(), block, entry: None });
                    continue;
                }
            };
            let of_direction = entries.iter().filter(|entry| entry.egress == egress);
            let taken: Vec<u32> = of_direction.map(|entry| entry.number).collect();
            let Some(number) = free_number(&taken, before.number) else {
                plan.no_room.push(NoRoom { direction: direction.clone(), block, before });
                continue;
            };
            let (action, traffic, origin) = (Action::Deny, Traffic::All, Origin::PROPOSED);
            let entry = NetworkAclEntry { egress, number, action, traffic, cidr: block, origin };
            entries.push(entry.clone());
            plan.changes.push(Change::CreateNetworkAclEntry { acl: noun.id.clone(), entry });
            // The same, where it comes too late to do anything: it would only count.
            let late = |other: &NetworkAclEntry| {
                other.egress == egress && other.number > number && is_deny(other) && other.cidr == block
            };
            while let Some(at) = entries.iter().position(late) {
                let NetworkAclEntry { egress, number, .. } = entries.swap_remove(at);
                plan.changes.push(Change::DeleteNetworkAclEntry { acl: noun.id.clone(), egress, number });
            }
        }
        count(noun, entries, direction, &mut plan);
    }
    finish(network, lists, plan)
}

pub(super) fn remove(network: &Network, lists: &Lists, blocks: &[IpNet]) -> Plan {
    let mut plan = Plan::default();
    for (noun, direction) in directions(network, lists) {
        let gone = |entry: &&NetworkAclEntry| {
            entry.egress == direction.egress && is_deny(entry) && blocks.contains(&entry.cidr)
        };
        let delete = |entry: &NetworkAclEntry| {
            let (acl, egress, number) = (noun.id.clone(), entry.egress, entry.number);
            Change::DeleteNetworkAclEntry { acl, egress, number }
        };
        plan.changes.extend(noun.entries.iter().filter(gone).map(delete));
    }
    finish(network, lists, plan)
}

/// Counts the entries of a direction, if they change.
fn count(noun: &NetworkAcl, entries: Vec<NetworkAclEntry>, direction: Direction, plan: &mut Plan) {
    if entries.len() <= noun.entries.len() {
        return;
    }
    let after = NetworkAcl { entries, ..noun.clone() };
    let exceeded: Vec<Exceeded> = model::exceeded_by_acl(&after, direction.egress, model::ENTRIES_PER_ACL);
    plan.exceeded.extend(exceeded);
    let entries = model::entries_of_acl(&after, direction.egress);
    plan.counts.push(Count { direction, entries });
}

fn finish(network: &Network, lists: &Lists, mut plan: Plan) -> Plan {
    plan.names = crate::fix::names(network, &plan.changes);
    let subnets = lists.unknown.iter().map(|ix| network.model().subnets.at(*ix));
    plan.unknown = subnets.map(|noun| noun.name().unwrap_or(noun.id.as_str()).to_owned()).collect();
    plan
}

pub(super) fn listed(network: &Network, lists: &Lists) -> Vec<Listed> {
    let denied = directions(network, lists).flat_map(|(noun, direction)| {
        let own = noun.entries.iter().filter(move |entry| entry.egress == direction.egress && is_deny(entry));
        // A deny of everything is how a list ends, and no block list.
        own.map(|entry| entry.cidr).filter(|block| block.prefix_len() > 0)
    });
    let mut blocks: Vec<IpNet> = denied.collect();
    blocks.sort_unstable();
    blocks.dedup();
    let of_block = |block: IpNet| {
        let mut listed = Listed { block, entries: Vec::new(), open: Vec::new() };
        for (noun, direction) in directions(network, lists) {
            let own = |entry: &&NetworkAclEntry| {
                entry.egress == direction.egress && is_deny(entry) && entry.cidr == block
            };
            let own = noun.entries.iter().filter(own).cloned();
            listed.entries.extend(own.map(|entry| (direction.clone(), entry)));
            if let State::Allowed(entry) = state(&noun.entries, direction.egress, block) {
                listed.open.push((direction, entry));
            }
        }
        listed
    };
    blocks.into_iter().map(of_block).collect()
}
