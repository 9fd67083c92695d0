//! Where blocks begin and end: two addresses between the same cuts are the same to all of them.

use std::net::IpAddr;

use ipnet::IpNet;

/// The cuts of some blocks, of each family apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Cuts {
    v4: Vec<u32>,
    v6: Vec<u128>,
}

impl Cuts {
    pub(super) fn of(blocks: impl IntoIterator<Item = IpNet>) -> Cuts {
        let mut cuts = Cuts::default();
        for block in blocks {
            match block {
                IpNet::V4(block) => {
                    let after = u32::from(block.broadcast()).checked_add(1);
                    cuts.v4.extend([Some(block.network().into()), after].into_iter().flatten());
                }
                IpNet::V6(block) => {
                    let after = u128::from(block.broadcast()).checked_add(1);
                    cuts.v6.extend([Some(block.network().into()), after].into_iter().flatten());
                }
            }
        }
        cuts.v4.sort_unstable();
        cuts.v4.dedup();
        cuts.v6.sort_unstable();
        cuts.v6.dedup();
        cuts
    }

    /// How many cuts lie at or below an address: equal for two addresses that no block tells apart.
    pub(super) fn position(&self, address: IpAddr) -> u32 {
        let position = match address {
            IpAddr::V4(address) => self.v4.partition_point(|cut| *cut <= u32::from(address)),
            IpAddr::V6(address) => self.v6.partition_point(|cut| *cut <= u128::from(address)),
        };
        u32::try_from(position).unwrap_or(u32::MAX)
    }
}
