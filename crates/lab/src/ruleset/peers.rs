//! Whom rules may name by their groups: interfaces with the same groups, and where each of them is.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::{Between, Network};
use model::{Id, Ix, NetworkInterface};
use rustc_hash::{FxHashMap, FxHashSet};
use space::Family;

use super::compiled::{Classes, Compiled, Kept};
use super::script::{FAMILIES, Script, by_address};
use super::table::Part;
use crate::numbers::Keyed;
use crate::topology::{AttachedSubnet, Plan, own_blocks};

/// Interfaces with the same groups: one gate each way.
pub(super) struct Lists {
    pub(super) of_interface: Vec<usize>,
    pub(super) representatives: Vec<Ix<NetworkInterface>>,
    /// What each list is called by: the same after a change.
    pub(super) numbers: Vec<u32>,
}

/// What decides what an interface's groups do: the VPC, the groups, and whether some could not be read.
type GroupKey<'n> = (&'n Id, &'n [Id], bool);

fn key_of(network: &Network, interface: Ix<NetworkInterface>) -> GroupKey<'_> {
    let noun = network.model().network_interfaces.at(interface);
    (&noun.vpc, &noun.groups, noun.incomplete)
}

impl Lists {
    pub(super) fn of(
        network: &Network,
        interfaces: impl Iterator<Item = Ix<NetworkInterface>>,
        numbers: &mut Keyed,
    ) -> Lists {
        let mut known: FxHashMap<GroupKey<'_>, usize> = FxHashMap::default();
        let mut lists = Lists { of_interface: Vec::new(), representatives: Vec::new(), numbers: Vec::new() };
        for interface in interfaces {
            let next = lists.representatives.len();
            let key = key_of(network, interface);
            let list = *known.entry(key).or_insert(next);
            if list == next {
                let (vpc, groups, incomplete) = key;
                let groups: Vec<_> = groups.iter().map(Id::as_str).collect();
                let incomplete = if incomplete { " incomplete" } else { "" };
                lists.numbers.push(numbers.number(&format!("{vpc} {}{incomplete}", groups.join(" "))));
                lists.representatives.push(interface);
            }
            lists.of_interface.push(list);
        }
        lists
    }

    /// The positions of each list's interfaces.
    pub(super) fn links(&self) -> Vec<Vec<usize>> {
        let mut links = vec![Vec::new(); self.representatives.len()];
        for (at, &list) in self.of_interface.iter().enumerate() {
            links.get_mut(list).into_iter().for_each(|links: &mut Vec<_>| links.push(at));
        }
        links
    }
}

/// The maps from addresses and blocks to the classes of peers: of those near, and of those over a transit gateway.
pub(super) const NEAR: [&str; 2] = ["k_class", "k_block"];
pub(super) const FAR: [&str; 2] = ["k_over", "k_over_block"];

/// Those interfaces of a list of groups that a gate may meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Class {
    /// One of them.
    pub(super) member: Ix<NetworkInterface>,
    /// What lies between it and the gate.
    pub(super) between: Between,
    /// What packets of theirs are marked with: never 0, which says that nobody is known by the address.
    pub(super) mark: u32,
}

/// Interfaces that rules may name by their groups, by address.
pub(super) struct Peers<'n> {
    classes: Vec<Class>,
    /// The positions of the classes that have a group.
    of_group: FxHashMap<&'n Id, Vec<usize>>,
    /// Every address, and the mark of the class of whose it is: of the VPC itself and of VPCs that it is peered with, then
    /// of those from which a transit gateway carries references.
    addresses: Classes,
}

/// A transit gateway that carries references.
const OVER: Between = Between::TransitGateway { references: true };

impl<'n> Peers<'n> {
    /// Those that a gate of the VPC may meet.
    pub(super) fn of(network: &'n Network, plan: &Plan, vpc: usize, numbers: &mut Keyed) -> Peers<'n> {
        let model = network.model();
        let id = |vpc: usize| plan.vpcs.get(vpc).map(|vpc| &model.vpcs.at(vpc.vpc).id);
        let peered = |other: usize| match (id(vpc), id(other)) {
            (Some(own), Some(other)) => own == other || network.resolved().are_peered(own, other),
            _ => false,
        };
        let carries = |attached: &&AttachedSubnet| {
            let gateway = plan.ways.transit_gateways.get(attached.gateway);
            gateway.is_some_and(|gateway| network.carries_references(&gateway.id, attached.attachment))
        };
        let own_gateways: Vec<_> =
            plan.ways.attached.iter().filter(|one| one.vpc == vpc).filter(carries).collect();
        let over = |other: usize| {
            let mut others = plan.ways.attached.iter().filter(|one| one.vpc == other).filter(carries);
            others.any(|other| own_gateways.iter().any(|own| own.gateway == other.gateway))
        };
        let mut peers = Peers {
            classes: Vec::new(),
            of_group: FxHashMap::default(),
            addresses: [Vec::new(), Vec::new()],
        };
        let all = 0..plan.vpcs.len();
        let near = (all.clone().filter(|&other| peered(other)).collect(), Between::Nothing);
        let far: (Vec<usize>, _) = (all.filter(|&other| over(other)).collect(), OVER);
        for ((vpcs, between), addresses) in [near, far].into_iter().zip(0..) {
            peers.add(network, plan, &vpcs, (between, addresses), numbers);
        }
        peers
    }

    fn add(
        &mut self,
        network: &'n Network,
        plan: &Plan,
        vpcs: &[usize],
        (between, to): (Between, usize),
        numbers: &mut Keyed,
    ) {
        let vpcs = vpcs.iter().filter_map(|vpc| plan.vpcs.get(*vpc));
        let interfaces: Vec<_> = vpcs.flat_map(|vpc| &vpc.interfaces).map(|plan| plan.interface).collect();
        let lists = Lists::of(network, interfaces.iter().copied(), numbers);
        let noun = |interface| network.model().network_interfaces.at(interface);
        // Near or far, each list has marks of its own.
        let mark = |list: usize| {
            let number = lists.numbers.get(list).map_or(0, |number| number.saturating_mul(2));
            number.saturating_add(if between == OVER { 2 } else { 1 })
        };
        for (list, &member) in lists.representatives.iter().enumerate() {
            for group in &noun(member).groups {
                self.of_group.entry(group).or_default().push(self.classes.len());
            }
            self.classes.push(Class { member, between, mark: mark(list) });
        }
        let Some(addresses) = self.addresses.get_mut(to) else { return };
        let mut known = FxHashSet::default();
        for (&interface, &list) in interfaces.iter().zip(&lists.of_interface) {
            // VPCs with the same blocks may be attached to one gateway: whose an address is then, nobody can tell.
            let new = own_blocks(noun(interface)).filter(|block| known.insert(*block));
            addresses.extend(new.map(|block| (block, mark(list))));
        }
    }

    /// Those that have one of some groups.
    pub(super) fn members<'g>(&self, groups: impl Iterator<Item = &'g Id>) -> Vec<Class> {
        let positions: BTreeSet<usize> =
            groups.filter_map(|group| self.of_group.get(group)).flatten().copied().collect();
        positions.into_iter().filter_map(|position| self.classes.get(position).copied()).collect()
    }

    /// Whose addresses are of which class, as a part of the fabric of the VPC at a position. They are not needed after.
    pub(super) fn part(&mut self, vpc: usize, (before, after): (&Compiled, &mut Compiled)) -> Arc<Part> {
        let addresses = std::mem::take(&mut self.addresses);
        let known = before.classes(vpc).filter(|known| *known.of == addresses);
        after.keep_classes(vpc, known.unwrap_or_else(|| written(addresses)))
    }
}

fn written(addresses: Classes) -> Kept<Classes> {
    let mut script = Script::default();
    for (names, addresses) in [NEAR, FAR].into_iter().zip(&addresses) {
        for family in FAMILIES {
            let of_family = addresses.iter().filter(|(block, _)| Family::of(block.addr()) == family);
            let of_family: Vec<_> = of_family.copied().collect();
            let address = if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" };
            by_address(&mut script, names, family, &format!("type {address} : mark;"), &of_family);
        }
    }
    Kept::new(addresses, script)
}
