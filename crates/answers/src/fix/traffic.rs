//! What has to get through a gate, as the traffic and the blocks that rules are written with.

use engine::{Leg, Network, Ports, Seen};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use model::{PortRange, Traffic};
use space::{Diagrams, FIRST_RELAY_PORT, Family, Field, Region, Set, prefixes};

use super::Blocker;

/// More blocks than this are not listed in rules: the whole family is meant.
const MOST_BLOCKS: usize = 5;

/// The traffic that rules have to name to let the missing part through: by destination port (S0.7), which is the
/// server's on the way there and the client's on the way back.
pub(crate) fn traffics(blocker: &Blocker<'_>, sets: &mut Diagrams) -> Vec<Traffic> {
    let mut traffics = Vec::new();
    let protocols = sets.ranges(blocker.missing, Field::Protocol);
    let count: u128 = protocols.iter().map(|range| range.end() - range.start() + 1).sum();
    if count > 200 {
        return vec![Traffic::All];
    }
    for number in protocols.into_iter().flatten().filter_map(|number| u8::try_from(number).ok()) {
        let region = sets.region(&Region::FULL.protocol(number));
        let part = sets.intersect(blocker.missing, region);
        match (number, blocker.family) {
            (6, _) => traffics.extend(ports(blocker, part, sets).into_iter().map(Traffic::Tcp)),
            (17, _) => traffics.extend(ports(blocker, part, sets).into_iter().map(Traffic::Udp)),
            (1, Family::V4) => traffics.extend(types(blocker.leg, part, sets, Family::V4)),
            (58, Family::V6) => traffics.extend(types(blocker.leg, part, sets, Family::V6)),
            (other, _) => traffics.push(Traffic::Protocol(other)),
        }
    }
    traffics
}

fn ports(blocker: &Blocker<'_>, part: Set, sets: &Diagrams) -> Vec<PortRange> {
    let Ports { client, server } = blocker.hop.header.ports;
    let (field, shift) = match (blocker.leg, server, client) {
        (Leg::Request, Some(port), _) => return vec![PortRange { from: port, to: port }],
        (Leg::Request, None, _) => (Field::Server, 0),
        (Leg::Reply, _, Field::Client) => (Field::Client, 0),
        (Leg::Reply, _, axis) => (axis, FIRST_RELAY_PORT),
    };
    let port = |value: u128| {
        let value = value.saturating_add(u128::from(shift));
        u16::try_from(value).unwrap_or(u16::MAX)
    };
    let ranges = sets.ranges(part, field);
    let mut ranges: Vec<PortRange> =
        ranges.iter().map(|range| PortRange { from: port(*range.start()), to: port(*range.end()) }).collect();
    if let (Leg::Reply, Field::Client, Some(last)) = (blocker.leg, field, ranges.last_mut()) {
        // Where a client's range ends differs between sources; a rule covers both (D2).
        if last.to < blocker.ports.to && last.to.saturating_add(1) == blocker.ports.to {
            last.to = blocker.ports.to;
        }
    }
    ranges
}

/// ICMP types and codes; on the way back those of the replies, whose code is 0.
fn types(leg: Leg, part: Set, sets: &Diagrams, family: Family) -> Vec<Traffic> {
    let traffic = |kind, code| match family {
        Family::V4 => Traffic::Icmp(kind, code),
        Family::V6 => Traffic::Icmpv6(kind, code),
    };
    let regions = sets.regions(part);
    let whole = regions.iter().any(|region| region.range(Field::Server) == (0..=255));
    if whole {
        return vec![traffic(None, None)];
    }
    let kinds =
        sets.ranges(part, Field::Server).into_iter().flatten().filter_map(|kind| u8::try_from(kind).ok());
    kinds
        .map(|kind| match (leg, reply_type(family, kind)) {
            (Leg::Reply, Some(reply)) => traffic(Some(reply), Some(0)),
            _ => traffic(Some(kind), None),
        })
        .collect()
}

fn reply_type(family: Family, query: u8) -> Option<u8> {
    engine::icmp_queries(family).iter().find(|(kind, _)| *kind == query).map(|(_, reply)| *reply)
}

/// The blocks that rules have to name for the peer at a gate.
pub(crate) fn blocks(network: &Network, blocker: &Blocker<'_>, peer: Seen, sets: &Diagrams) -> Vec<IpNet> {
    match peer {
        Seen::Fixed { address, interface } => network.blocks_of(interface, address),
        Seen::Unknown => Vec::new(),
        Seen::Remote | Seen::Embedded => {
            let mut ranges = sets.ranges(blocker.missing, Field::Remote);
            if peer == Seen::Embedded {
                // The last 32 bits are the IPv4 address (RFC 6052).
                let embedded = |value: &u128| value & u128::from(u32::MAX);
                ranges.iter_mut().for_each(|range| *range = embedded(range.start())..=embedded(range.end()));
            }
            let blocks: Vec<IpNet> =
                ranges.iter().flat_map(|range| prefixes(blocker.family, range)).collect();
            if blocks.len() <= MOST_BLOCKS {
                return blocks;
            }
            match blocker.family {
                Family::V4 => vec![IpNet::V4(Ipv4Net::default())],
                Family::V6 => vec![IpNet::V6(Ipv6Net::default())],
            }
        }
    }
}

/// The end that rules of the gate name.
pub(crate) fn peer(blocker: &Blocker<'_>, egress: bool) -> Seen {
    if egress { blocker.hop.header.destination } else { blocker.hop.header.source }
}
