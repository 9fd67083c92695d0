//! What the internet reaches before and after a change.

use engine::Network;
use engine::reach::primary_addresses;
use model::Holder;
use rustc_hash::FxHashSet;

use super::Both;
use super::data::Exposed;
use super::ends::{Joint, PartIx};
use crate::exposure::{surface_of, surface_of_all};

/// Of more interfaces than this, only those count to which flows from the internet differ: that every address is looked
/// at takes longer than the rest of the answer.
const MOST_INTERFACES: usize = 10_000;

/// The surface in both networks; `reached` are the ends to which flows from the internet differ.
pub(super) fn surface(networks: Both<&Network>, joint: &Joint, reached: &[PartIx]) -> Option<Exposed> {
    if reached.is_empty() {
        return None;
    }
    let count = networks.map(|network| network.model().network_interfaces.len());
    let of_all = count.old.max(count.new) <= MOST_INTERFACES;
    let surface =
        networks.zip(Both { old: false, new: true }).side_by_side(|(network, later)| match of_all {
            true => surface_of_all(network),
            false => surface_of(network, classes(network, joint, reached, later)),
        });
    Some(Exposed { of_all, before: surface.old, after: surface.new })
}

/// The ends, those together that nothing tells apart; and the other addresses of their interfaces, each by itself.
fn classes(network: &Network, joint: &Joint, reached: &[PartIx], later: bool) -> Vec<Vec<Holder>> {
    let parts = reached.iter().filter_map(|ix| joint.part(*ix));
    let held = parts.map(|part| part.members.iter().filter_map(|member| *member.of(later)).collect());
    let mut classes: Vec<Vec<Holder>> = held.collect();
    let interfaces: FxHashSet<_> = classes.iter().flatten().map(|end| end.interface).collect();
    for interface in interfaces {
        let noun = network.model().network_interfaces.at(interface);
        let others =
            noun.own_addresses().filter(|address| primary_addresses(noun).all(|primary| primary != *address));
        classes.extend(others.map(|address| vec![Holder { interface, address }]));
    }
    classes
}
