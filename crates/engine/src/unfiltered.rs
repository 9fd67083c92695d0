//! Services inside every VPC whose traffic is never filtered and needs no route (S1.49, S1.50, S2.15).

use std::net::IpAddr;

use ipnet::IpNet;
use model::{Subnet, Vpc};

use crate::facts::{RESOLVER_ON_PRIMARY_BLOCK_ONLY, UNFILTERED, address};

/// The service that has an address, seen from a subnet.
pub fn service_at(at: IpAddr, vpc: &Vpc, subnet: &Subnet) -> Option<&'static str> {
    if let Some((_, service)) = UNFILTERED.iter().find(|(text, _)| address(text) == Some(at)) {
        return Some(service);
    }
    let blocks = vpc.cidrs.iter().filter(|block| matches!(block, IpNet::V4(_)));
    let resolvers = if RESOLVER_ON_PRIMARY_BLOCK_ONLY { 1 } else { usize::MAX };
    if blocks.take(resolvers).any(|block| nth(*block, 2) == Some(at)) {
        return Some("Route 53 Resolver");
    }
    subnet.cidrs.iter().any(|block| nth(*block, 1) == Some(at)).then_some("the subnet's router")
}

/// The address at an offset from a block's base.
fn nth(block: IpNet, offset: u32) -> Option<IpAddr> {
    match block.network() {
        IpAddr::V4(base) => u32::from(base).checked_add(offset).map(|value| IpAddr::V4(value.into())),
        IpAddr::V6(base) => {
            u128::from(base).checked_add(u128::from(offset)).map(|value| IpAddr::V6(value.into()))
        }
    }
}

/// The address that a VPC's resolver has if the block is the VPC's primary one.
pub(crate) fn resolver_of(block: IpNet) -> Option<IpNet> {
    matches!(block, IpNet::V4(_)).then(|| nth(block, 2)).flatten().map(IpNet::from)
}

/// All addresses of such services, seen from a subnet: what a set of destinations is split by.
pub(crate) fn addresses(vpc: Option<&Vpc>, subnet: Option<&Subnet>) -> Vec<(IpAddr, &'static str)> {
    let mut all: Vec<_> =
        UNFILTERED.iter().filter_map(|(text, service)| Some((address(text)?, *service))).collect();
    if let (Some(vpc), Some(subnet)) = (vpc, subnet) {
        let candidates = vpc.cidrs.iter().filter_map(|block| nth(*block, 2));
        let routers = subnet.cidrs.iter().filter_map(|block| nth(*block, 1));
        all.extend(candidates.chain(routers).filter_map(|at| Some((at, service_at(at, vpc, subnet)?))));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{FileId, Origin, Tags};

    #[test]
    fn the_resolver_is_two_above_the_primary_block_only() {
        let origin = Origin { file: FileId(0), start: 0, end: 0 };
        let vpc = Vpc {
            id: "vpc-1".into(),
            owner: None,
            cidrs: vec!["10.20.0.0/16".parse().unwrap(), "10.30.0.0/16".parse().unwrap()],
            block_public_access: None,
            tags: Tags::default(),
            origin,
        };
        let subnet = Subnet {
            id: "subnet-1".into(),
            vpc: "vpc-1".into(),
            owner: None,
            availability_zone: None,
            availability_zone_id: None,
            cidrs: vec!["10.20.1.0/24".parse().unwrap()],
            block_public_access: None,
            tags: Tags::default(),
            origin,
        };
        let at = |text: &str| service_at(text.parse().unwrap(), &vpc, &subnet);
        assert_eq!(at("10.20.0.2"), Some("Route 53 Resolver"));
        assert_eq!(at("10.30.0.2"), None);
        assert_eq!(at("10.20.1.2"), None);
        assert_eq!(at("10.20.1.1"), Some("the subnet's router"));
        assert_eq!(at("169.254.169.254"), Some("instance metadata"));
        assert_eq!(at("8.8.8.8"), None);
    }
}
