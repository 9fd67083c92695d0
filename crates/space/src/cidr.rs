//! Addresses as values of [`Field::Remote`](crate::Field), and ranges of them as prefixes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

use crate::Family;

/// An address as a value of the remote axis.
pub fn address_value(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// The address of a family that a value of the remote axis stands for; `None` where it is out of the family's range.
pub fn from_value(family: Family, value: u128) -> Option<IpAddr> {
    match family {
        Family::V4 => u32::try_from(value).ok().map(|v4| IpAddr::V4(Ipv4Addr::from(v4))),
        Family::V6 => Some(IpAddr::V6(Ipv6Addr::from(value))),
    }
}

/// All addresses of a network, as values of the remote axis.
pub fn address_range(net: IpNet) -> RangeInclusive<u128> {
    address_value(net.network())..=address_value(net.broadcast())
}

/// The fewest prefixes that cover exactly a range of addresses.
pub fn prefixes(family: Family, range: &RangeInclusive<u128>) -> Vec<IpNet> {
    match (from_value(family, *range.start()), from_value(family, *range.end())) {
        (Some(IpAddr::V4(low)), Some(IpAddr::V4(high))) => {
            // ipnet's iterator yields 0.0.0.0/0 as two halves; say it as people do.
            if (low, high) == (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST) {
                return vec![IpNet::V4(Ipv4Net::default())];
            }
            Ipv4Subnets::new(low, high, 0).map(IpNet::V4).collect()
        }
        (Some(IpAddr::V6(low)), Some(IpAddr::V6(high))) => {
            if (u128::from(low), u128::from(high)) == (0, u128::MAX) {
                return vec![IpNet::V6(Ipv6Net::default())];
            }
            Ipv6Subnets::new(low, high, 0).map(IpNet::V6).collect()
        }
        _ => Vec::new(),
    }
}
