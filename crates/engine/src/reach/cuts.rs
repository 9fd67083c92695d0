//! Where blocks begin and end: two addresses between the same cuts are the same to all of them.

use std::net::IpAddr;

use ipnet::IpNet;
use space::{Family, address_range, address_value};

/// The cuts of some blocks, of each family apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Cuts {
    v4: Vec<u128>,
    v6: Vec<u128>,
}

impl Cuts {
    pub(super) fn of(blocks: impl IntoIterator<Item = IpNet>) -> Cuts {
        let mut cuts = Cuts::default();
        for block in blocks {
            let range = address_range(block);
            let side = match block {
                IpNet::V4(_) => &mut cuts.v4,
                IpNet::V6(_) => &mut cuts.v6,
            };
            side.extend([Some(*range.start()), range.end().checked_add(1)].into_iter().flatten());
        }
        for side in [&mut cuts.v4, &mut cuts.v6] {
            side.sort_unstable();
            side.dedup();
        }
        cuts
    }

    /// How many cuts lie at or below an address: equal for two addresses that no block tells apart.
    pub(super) fn position(&self, address: IpAddr) -> u32 {
        let side = match Family::of(address) {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        let value = address_value(address);
        u32::try_from(side.partition_point(|cut| *cut <= value)).unwrap_or(u32::MAX)
    }
}
