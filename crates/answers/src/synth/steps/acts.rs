//! What is different between what is there and what is planned, call by call, and the network after a call.

use std::collections::BTreeMap;

use engine::Network;
use model::{Change, Guards, Id, Ix, NetworkAcl, NetworkInterface, SecurityGroup};
use rustc_hash::FxHashSet;

use crate::synth::attach::{Attachment, places};
use crate::synth::roles::Roles;
use crate::synth::{PlannedGroup, PlannedList};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// `create-security-group` with its rules; nothing has it yet.
    CreateGroup(SecurityGroup),
    /// `create-network-acl` with its entries; it guards nothing yet.
    CreateList(NetworkAcl),
    /// A rule or an entry.
    Change(Change),
    /// The groups of interfaces, in the place that says which ones these have.
    SetGroups {
        /// The place.
        place: Attachment,
        /// The interfaces whose groups it says, stand-ins included.
        interfaces: Vec<Id>,
        /// Their groups until now.
        from: Vec<Id>,
        /// Their groups from now on.
        to: Vec<Id>,
    },
    /// `replace-network-acl-association`: a subnet and the list that guards it from now on.
    Associate(Id, Id),
}

/// Everything that is different, creations first, then what is added, then what is taken away.
pub(super) fn acts(
    network: &Network,
    groups: &[PlannedGroup],
    lists: &[PlannedList],
    roles: &Roles,
) -> Vec<Act> {
    let model = network.model();
    let (mut acts, mut removals) = (Vec::new(), Vec::new());
    for planned in groups {
        let Some(known) = model.security_groups.get(planned.group.id.as_str()) else {
            acts.push(Act::CreateGroup(planned.group.clone()));
            continue;
        };
        let has = |rules: &[model::SecurityGroupRule], rule: &model::SecurityGroupRule| {
            let key = |rule: &model::SecurityGroupRule| (rule.egress, rule.traffic, rule.peer.clone());
            rules.iter().any(|other| key(other) == key(rule))
        };
        let group = || known.id.clone();
        let new = planned.group.rules.iter().filter(|rule| !has(&known.rules, rule));
        acts.extend(
            new.map(|rule| {
                Act::Change(Change::AuthorizeSecurityGroup { group: group(), rule: rule.clone() })
            }),
        );
        let old = known.rules.iter().filter(|rule| !has(&planned.group.rules, rule));
        removals.extend(
            old.map(|rule| Act::Change(Change::RevokeSecurityGroup { group: group(), rule: rule.clone() })),
        );
    }
    for planned in lists {
        let Some(known) = model.network_acls.get(planned.list.id.as_str()) else {
            acts.push(Act::CreateList(NetworkAcl { subnets: Vec::new(), ..planned.list.clone() }));
            continue;
        };
        let number = |entry: &model::NetworkAclEntry| (entry.egress, entry.number);
        let acl = || known.id.clone();
        for entry in &planned.list.entries {
            // One that is there keeps its number, and a new one has a number that no other has.
            if !known.entries.iter().any(|other| number(other) == number(entry)) {
                let entry = entry.clone();
                acts.push(Act::Change(Change::CreateNetworkAclEntry { acl: acl(), entry }));
            }
        }
        let planned_numbers: FxHashSet<(bool, u32)> = planned.list.entries.iter().map(number).collect();
        let gone = known.entries.iter().filter(|entry| !entry.is_star());
        removals.extend(gone.filter(|entry| !planned_numbers.contains(&number(entry))).map(|entry| {
            let (egress, number) = (entry.egress, entry.number);
            Act::Change(Change::DeleteNetworkAclEntry { acl: acl(), egress, number })
        }));
    }
    for Given { place, interfaces, from, to } in given(network, roles) {
        let set = |from: &Vec<Id>, to: Vec<Id>| Act::SetGroups {
            place: place.clone(),
            interfaces: interfaces.clone(),
            from: from.clone(),
            to,
        };
        // Both for a while, so that others may still name the old ones.
        let new = to.iter().filter(|group| !from.contains(group));
        let both: Vec<Id> = from.iter().chain(new).cloned().collect();
        if both == from || both.len() > model::GROUPS_PER_INTERFACE {
            removals.push(set(&from, to));
            continue;
        }
        acts.push(set(&from, both.clone()));
        if both != to {
            removals.push(set(&both, to));
        }
    }
    for planned in lists {
        for subnet in &planned.list.subnets {
            let guarded =
                model.subnets.ix(subnet.as_str()).and_then(|ix| network.resolved().network_acl_of(ix).ix());
            if guarded.map(|acl| &model.network_acls.at(acl).id) != Some(&planned.list.id) {
                acts.push(Act::Associate(subnet.clone(), planned.list.id.clone()));
            }
        }
    }
    acts.extend(removals);
    acts
}

/// A place whose interfaces get other groups.
struct Given {
    place: Attachment,
    interfaces: Vec<Id>,
    from: Vec<Id>,
    to: Vec<Id>,
}

fn given(network: &Network, roles: &Roles) -> Vec<Given> {
    let mut all: Vec<Given> = Vec::new();
    let mut known: BTreeMap<Attachment, usize> = BTreeMap::new();
    for (interface, to) in roles.given() {
        let noun = network.model().network_interfaces.at(interface);
        for place in places(network, interface) {
            // What an instance has it keeps, whatever the next one is started with.
            let says = !matches!(place, Attachment::Launch { .. }) || noun.stand_in.is_some();
            let at = *known.entry(place.clone()).or_insert_with(|| {
                let (from, to) = (noun.groups.clone(), to.clone());
                all.push(Given { place, interfaces: Vec::new(), from, to });
                all.len() - 1
            });
            if let Some(given) = all.get_mut(at).filter(|_| says) {
                given.interfaces.push(noun.id.clone());
                given.from.clone_from(&noun.groups);
            }
        }
    }
    all.retain(|given| given.from != given.to);
    all
}

/// The network after a call. One that AWS would refuse changes nothing.
pub fn done(state: &Network, act: &Act) -> Network {
    let model = state.model();
    let guards = match act {
        Act::Change(change) => {
            return state.after(std::slice::from_ref(change)).unwrap_or_else(|_| state.clone());
        }
        Act::CreateGroup(group) => Guards { groups: vec![group.clone()], ..Guards::default() },
        Act::CreateList(list) => Guards { lists: vec![list.clone()], ..Guards::default() },
        Act::SetGroups { interfaces, to, .. } => {
            let known = interfaces.iter().filter_map(|id| model.network_interfaces.ix(id.as_str()));
            let of_interfaces = known.map(|interface| (interface, to.clone())).collect();
            Guards { of_interfaces, ..Guards::default() }
        }
        Act::Associate(subnet, acl) => {
            let list = model.network_acls.get(acl.as_str()).cloned();
            let lists = list.map(|list| NetworkAcl { subnets: vec![subnet.clone()], ..list });
            Guards { lists: lists.into_iter().collect(), ..Guards::default() }
        }
    };
    Network::new(state.resolved().guarded(&guards))
}

/// The interfaces whose gates any step changes.
pub(super) fn touched(
    network: &Network,
    roles: &Roles,
    lists: &[PlannedList],
) -> FxHashSet<Ix<NetworkInterface>> {
    let model = network.model();
    let subnets: FxHashSet<&Id> = lists.iter().flat_map(|planned| &planned.list.subnets).collect();
    let behind = model.network_interfaces.iter().filter(|(_, noun)| subnets.contains(&noun.subnet));
    roles.given().map(|(interface, _)| interface).chain(behind.map(|(interface, _)| interface)).collect()
}
