//! What the internet reaches before and after a change.

use engine::Network;
use model::{Ix, NetworkInterface};
use rustc_hash::FxHashSet;

use super::Both;
use super::data::Exposed;
use crate::exposure::surface_of;

/// Of more interfaces than this, only those count to which flows from the internet differ: that every address is looked
/// at takes longer than the rest of the answer.
const MOST_INTERFACES: usize = 10_000;

/// The surface in both networks; `reached` are the interfaces to which flows from the internet differ.
pub(super) fn surface(
    networks: Both<&Network>,
    reached: Both<FxHashSet<Ix<NetworkInterface>>>,
) -> Option<Exposed> {
    if reached.old.is_empty() && reached.new.is_empty() {
        return None;
    }
    let count = networks.map(|network| network.model().network_interfaces.len());
    let of_all = count.old.max(count.new) <= MOST_INTERFACES;
    let both = networks.zip(reached.as_ref());
    let surface = both.side_by_side(|(network, reached)| surface_of(network, (!of_all).then_some(reached)));
    Some(Exposed { of_all, before: surface.old, after: surface.new })
}
