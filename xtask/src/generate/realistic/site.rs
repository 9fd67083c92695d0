//! A VPC and where its addresses are.

use super::super::random::Random;
use super::super::{Export, ZONES};
use super::vpc;

/// What a subnet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    Private,
    Public,
    Data,
}

/// Of each zone: what a subnet is for, where it begins within the zone, and the length of its prefix.
const TIERS: [(Tier, &str, usize, usize); 3] =
    [(Tier::Private, "private", 0, 23), (Tier::Public, "public", 512, 24), (Tier::Data, "data", 768, 24)];
/// Addresses of a zone.
const ZONE: usize = 1024;

/// A VPC.
pub(super) struct Site {
    pub(super) number: usize,
    pub(super) id: String,
    pub(super) block: String,
    pub(super) ipv6: Option<String>,
    /// 0 is production, 1 development, 2 what both share.
    pub(super) environment: usize,
    pub(super) has_internet: bool,
    pub(super) subnets: Vec<Subnet>,
}

/// A subnet.
pub(super) struct Subnet {
    pub(super) id: String,
    pub(super) tier: Tier,
    pub(super) zone: char,
    pub(super) block: String,
    pub(super) ipv6: Option<String>,
    site: usize,
    position: usize,
    start: usize,
    size: usize,
    used: usize,
}

impl Site {
    pub(super) fn new(number: usize, random: &mut Random) -> Site {
        let has_ipv6 = random.percent(40);
        let environment = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2].get(random.below(10)).copied().unwrap_or(0);
        let mut subnets = Vec::new();
        for (zone_position, zone) in ZONES.into_iter().enumerate() {
            for (tier, name, start, length) in TIERS {
                let (position, start) = (subnets.len(), zone_position * ZONE + start);
                subnets.push(Subnet {
                    id: format!("subnet-{number:04}-{name}-{zone}"),
                    tier,
                    zone,
                    block: format!("{}/{length}", address(number, start)),
                    ipv6: has_ipv6.then(|| format!("2001:db8:{number:x}:{position:x}::/64")),
                    site: number,
                    position,
                    start,
                    size: 1 << (32 - length),
                    used: 0,
                });
            }
        }
        Site {
            number,
            id: format!("vpc-{number:04}"),
            block: format!("{}/20", address(number, 0)),
            ipv6: has_ipv6.then(|| format!("2001:db8:{number:x}::/56")),
            environment,
            has_internet: random.percent(80),
            subnets,
        }
    }

    pub(super) fn write(&self, export: &mut Export) {
        vpc::vpc(export, &self.id, &self.block, self.ipv6.as_deref());
        for subnet in &self.subnets {
            vpc::subnet(export, &self.id, &subnet.id, subnet.zone, &subnet.block, subnet.ipv6.as_deref());
        }
    }

    /// The ids of subnets that are for one thing, or for all.
    pub(super) fn subnet_ids(&self, tier: Option<Tier>) -> Vec<String> {
        let wanted = |subnet: &&Subnet| tier.is_none_or(|tier| subnet.tier == tier);
        self.subnets.iter().filter(wanted).map(|subnet| subnet.id.clone()).collect()
    }

    /// A block within the subnets, of any length from a /24 to a single address: most cut one in two.
    pub(super) fn block_within(&self, random: &mut Random) -> String {
        let length = random.within(24..=32);
        let size = 1 << (32 - length);
        format!("{}/{length}", address(self.number, random.below(ZONES.len() * ZONE / size) * size))
    }
}

impl Subnet {
    /// The next address that nobody has, and its like in IPv6. AWS keeps the first four and the last.
    pub(super) fn next(&mut self) -> Option<(String, Option<String>)> {
        let host = self.used + 4;
        if host + 1 >= self.size {
            return None;
        }
        self.used += 1;
        let Subnet { site, position, .. } = self;
        let ipv6 = self.ipv6.as_ref().map(|_| format!("2001:db8:{site:x}:{position:x}::{host:x}"));
        Some((address(self.site, self.start + host), ipv6))
    }
}

/// An address of a VPC by its offset.
pub(super) fn address(site: usize, offset: usize) -> String {
    format!("10.{}.{}.{}", site / 16, site % 16 * 16 + offset / 256, offset % 256)
}
