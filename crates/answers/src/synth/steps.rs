//! From what is there to what is planned, one call at a time: no step cuts a declared flow that worked, none opens what
//! nobody declared, and what it cuts of open connections is named.
//!
//! Every state on the way is asked of the engine. Where no call is left that keeps both promises, the one that opens
//! something for a moment is taken, and it says what; declared flows are never cut.

use engine::Network;
use engine::reach::Outcome;
use model::{Change, Guards, Id, Ix, NetworkAcl, NetworkInterface, SecurityGroup};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Set};

use super::proof::{Allowed, Undeclared, id_of};
use super::roles::Roles;
use super::{PlannedGroup, PlannedList};
use crate::explain::pair_between;
use crate::reach::{Judged, Matrix, Party, Query};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// `create-security-group` with its rules; nothing has it yet.
    CreateGroup(SecurityGroup),
    /// `create-network-acl` with its entries; it guards nothing yet.
    CreateList(NetworkAcl),
    /// A rule or an entry.
    Change(Change),
    /// `modify-network-interface-attribute --groups`; of what an Auto Scaling group or a load balancer makes, their own
    /// setting.
    SetGroups(Id, Vec<Id>),
    /// `replace-network-acl-association`: a subnet and the list that guards it from now on.
    Associate(Id, Id),
}

/// A call and what comes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The call.
    pub act: Act,
    /// What it opens for a moment that nobody declared: later steps close it.
    pub opens: Vec<Undeclared>,
    /// Open connections that it cuts: they worked, nobody declared them, and nothing keeps them going (S1.37, S2.16).
    pub cuts: Vec<Undeclared>,
}

/// What passes from a client to a server.
type Passage = (Party, Party, Family, Set);

/// What passes in one state, pair by pair.
type Passing = FxHashMap<(Party, Party, Family), Outcome>;

/// The steps, in an order in which each keeps the promises where that is possible.
pub(super) fn find(
    network: &Network,
    groups: &[PlannedGroup],
    lists: &[PlannedList],
    roles: &Roles,
    declared: &Allowed,
    sets: &mut Diagrams,
) -> Vec<Step> {
    let mut left = acts(network, groups, lists, roles);
    let touched = touched(network, roles, lists);
    let mut state = network.clone();
    let mut passing = passing(&state, &touched, sets);
    let mut steps = Vec::new();
    while !left.is_empty() {
        let mut best: Option<(usize, Network, Passing, Vec<Passage>)> = None;
        for (position, act) in left.iter().enumerate() {
            if waits(act, left.get(..position).unwrap_or_default()) {
                continue;
            }
            let after = done(&state, act);
            if matches!(act, Act::CreateGroup(_) | Act::CreateList(_)) {
                best = Some((position, after, passing.clone(), Vec::new()));
                break;
            }
            let then = self::passing(&after, &touched, sets);
            if cuts_declared(&passing, &then, declared, sets) {
                continue;
            }
            let opens = opened(&passing, &then, declared, sets);
            let is_clean = opens.is_empty();
            if is_clean || best.is_none() {
                best = Some((position, after, then, opens));
            }
            if is_clean {
                break;
            }
        }
        // What cuts a declared flow now is done last of all: by then the new rules are in force.
        let (position, after, then, opens) = best.unwrap_or_else(|| {
            let after = left.first().map_or_else(|| state.clone(), |act| done(&state, act));
            let then = self::passing(&after, &touched, sets);
            (0, after, then, Vec::new())
        });
        let act = left.remove(position);
        let opens = opens.into_iter().map(|opened| said(&after, opened, sets)).collect();
        let cuts = cut(&state, &after, &passing, &then, sets);
        steps.push(Step { act, opens, cuts });
        (state, passing) = (after, then);
    }
    steps
}

/// Whether an earlier call is about the same interface.
fn waits(act: &Act, earlier: &[Act]) -> bool {
    let Act::SetGroups(interface, _) = act else { return false };
    earlier.iter().any(|other| matches!(other, Act::SetGroups(of, _) if of == interface))
}

/// Everything that is different, creations first, then what is added, then what is taken away.
fn acts(network: &Network, groups: &[PlannedGroup], lists: &[PlannedList], roles: &Roles) -> Vec<Act> {
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
    for (interface, groups) in roles.given() {
        let noun = model.network_interfaces.at(interface);
        if noun.groups == groups {
            continue;
        }
        // Both for a while, so that others may still name the old ones.
        let new = groups.iter().filter(|group| !noun.groups.contains(group));
        let both: Vec<Id> = noun.groups.iter().chain(new).cloned().collect();
        if both != noun.groups {
            acts.push(Act::SetGroups(noun.id.clone(), both));
        }
        removals.push(Act::SetGroups(noun.id.clone(), groups));
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

/// The network after a call. One that AWS would refuse changes nothing.
pub fn done(state: &Network, act: &Act) -> Network {
    let model = state.model();
    let guards = match act {
        Act::Change(change) => {
            return state.after(std::slice::from_ref(change)).unwrap_or_else(|_| state.clone());
        }
        Act::CreateGroup(group) => Guards { groups: vec![group.clone()], ..Guards::default() },
        Act::CreateList(list) => Guards { lists: vec![list.clone()], ..Guards::default() },
        Act::SetGroups(interface, groups) => {
            let of_interfaces =
                model.network_interfaces.ix(interface.as_str()).map(|ix| (ix, groups.clone()));
            Guards { of_interfaces: of_interfaces.into_iter().collect(), ..Guards::default() }
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
fn touched(network: &Network, roles: &Roles, lists: &[PlannedList]) -> FxHashSet<Ix<NetworkInterface>> {
    let model = network.model();
    let subnets: FxHashSet<&Id> = lists.iter().flat_map(|planned| &planned.list.subnets).collect();
    let behind = model.network_interfaces.iter().filter(|(_, noun)| subnets.contains(&noun.subnet));
    roles.given().map(|(interface, _)| interface).chain(behind.map(|(interface, _)| interface)).collect()
}

fn passing(network: &Network, touched: &FxHashSet<Ix<NetworkInterface>>, sets: &mut Diagrams) -> Passing {
    let matrix = Matrix::of(network, Query::everything(network), &|_, _| {});
    let is_touched =
        |party: Party| matches!(party, Party::Interface(interface) if touched.contains(&interface));
    let mut copies = FxHashMap::default();
    let mut found = Passing::default();
    for pair in matrix.pairs().filter(|pair| is_touched(pair.client) || is_touched(pair.server)) {
        let [works, unknown] =
            [pair.says.works, pair.says.unknown].map(|set| sets.copy(&matrix.sets, set, &mut copies));
        let entry = found.entry((pair.client, pair.server, pair.says.family)).or_default();
        entry.works = sets.union(entry.works, works);
        entry.unknown = sets.union(entry.unknown, unknown);
    }
    found
}

/// Whether something declared that worked works no more.
fn cuts_declared(before: &Passing, after: &Passing, declared: &Allowed, sets: &mut Diagrams) -> bool {
    before.iter().any(|(pair, outcome)| {
        let Some(declared) = declared.get(pair) else { return false };
        let worked = sets.intersect(outcome.works, *declared);
        let after = after.get(pair).copied().unwrap_or_default();
        sets.subtract(worked, after.works) != Set::EMPTY
    })
}

/// What may pass now, might not before, and nobody declared.
fn opened(before: &Passing, after: &Passing, declared: &Allowed, sets: &mut Diagrams) -> Vec<Passage> {
    let mut found = Vec::new();
    for (pair, outcome) in after {
        let before = before.get(pair).copied().unwrap_or_default();
        let [possible, known] = [*outcome, before].map(|outcome| sets.union(outcome.works, outcome.unknown));
        let new = sets.subtract(possible, known);
        let declared = declared.get(pair).copied().unwrap_or(Set::EMPTY);
        let extra = sets.subtract(new, declared);
        if extra != Set::EMPTY {
            found.push((pair.0, pair.1, pair.2, extra));
        }
    }
    found.sort_by_key(|(client, server, ..)| (order(*client), order(*server)));
    found
}

/// Interfaces in their order, the internet before them.
fn order(party: Party) -> Option<Ix<NetworkInterface>> {
    match party {
        Party::Interface(interface) => Some(interface),
        Party::Internet => None,
    }
}

/// Open connections that a step ends, of those that it no longer lets begin.
fn cut(
    before: &Network,
    after: &Network,
    passed: &Passing,
    passes: &Passing,
    sets: &mut Diagrams,
) -> Vec<Undeclared> {
    let mut found = Vec::new();
    for (pair, outcome) in passed {
        let still = passes.get(pair).copied().unwrap_or_default();
        let lost = sets.subtract(outcome.works, still.works);
        if lost == Set::EMPTY {
            continue;
        }
        let holder = |party: Party| match party {
            Party::Internet => None,
            Party::Interface(interface) => {
                let noun = before.model().network_interfaces.at(interface);
                let mut addresses = engine::reach::primary_addresses(noun);
                let address = addresses.find(|address| Family::of(*address) == pair.2)?;
                Some(model::Holder { interface, address })
            }
        };
        let asked = pair_between(before, pair.2, holder(pair.0), holder(pair.1), lost);
        let judgement = engine::judge(before, &asked.flow, lost, sets);
        let fate = engine::fate(before, &judgement, after, &asked.flow, sets);
        if fate.cut != Set::EMPTY {
            found.push((pair.0, pair.1, pair.2, fate.cut));
        }
    }
    found.sort_by_key(|(client, server, ..)| (order(*client), order(*server)));
    found.into_iter().map(|found| said(before, found, sets)).collect()
}

fn said(network: &Network, (client, server, family, what): Passage, sets: &mut Diagrams) -> Undeclared {
    let beyond = client == Party::Internet || server == Party::Internet;
    let says = Judged::of(family, beyond, Set::FULL, what, Set::EMPTY, sets);
    let id = |party| order(party).map(|interface| id_of(network, interface));
    Undeclared {
        client: id(client),
        server: id(server),
        family,
        services: says.services,
        may_pass: Vec::new(),
    }
}
