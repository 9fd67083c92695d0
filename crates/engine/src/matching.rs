//! What a rule matches, and how that looks in terms of the connection.
//!
//! A rule speaks of a packet: the peer's address and the *destination* port (S0.7, S0.8). A connection is
//! (protocol, remote address, client port, server port). Which field of the connection a rule's words mean depends
//! on the leg and on whose address the gate sees: the [`View`]. [`Match::regions`] is that translation, and the only
//! place that does it.

use std::net::IpAddr;

use ipnet::IpNet;
use model::{Id, Ix, NetworkInterface, PortRange, Traffic};
use space::{Family, Region, address_range};

use crate::{Network, icmp};

/// Which of the two packets of a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leg {
    /// From the client to the server: the destination port is the server's.
    Request,
    /// From the server to the client: the destination port is the client's (S0.2).
    Reply,
}

/// An address in a packet's header, as a gate sees it (S0.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seen {
    /// One address.
    Fixed {
        /// The address.
        address: IpAddr,
        /// The interface whose private IPv4 or IPv6 address it is, if the packet comes straight from it or goes
        /// straight to it. Only then do references to groups match (S1.15, S1.21, S3.18).
        interface: Option<Ix<NetworkInterface>>,
    },
    /// The remote end, whose address is an axis of the space.
    Remote,
    /// Some address that nobody knows, behind something that is not modelled. Rules are then taken to match where they
    /// could: only what matches no address at all is certain (S12.12).
    Unknown {
        /// The appliance's interface that the packet comes from, if it comes from one that the export has. Then
        /// references to groups can match that interface's groups only (S1.21, S1.22).
        through: Option<Ix<NetworkInterface>>,
    },
}

/// How a packet looks to a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    /// The packet's family (S0.1).
    pub family: Family,
    /// Which packet.
    pub leg: Leg,
    /// The end that the gate's rules name: the source of what enters, the destination of what leaves (S0.8).
    pub peer: Seen,
}

/// What a rule matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Protocol and destination ports, or ICMP type and code.
    pub traffic: Traffic,
    /// Whose traffic.
    pub peer: PeerMatch,
}

/// The peers that a rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerMatch {
    /// Addresses in any of these blocks; a prefix list has several (S1.14).
    Blocks(Vec<IpNet>),
    /// Interfaces that have the group (S1.15).
    Group(Id),
    /// Private addresses beyond the export: whoever has them may be a member of a group that the export lacks (S1.18).
    Foreign,
    /// Anyone, as far as is known.
    Anyone,
}

impl Match {
    /// The connections whose packet, seen so, the rule matches: disjoint in no particular sense, none if it cannot
    /// match.
    pub fn regions(&self, view: &View, network: &Network) -> Vec<Region> {
        let traffic = traffic_regions(self.traffic, view);
        if traffic.is_empty() {
            return traffic;
        }
        let peers: Vec<Region> = match (&self.peer, view.peer) {
            (PeerMatch::Anyone, _) => return traffic,
            (PeerMatch::Blocks(blocks), Seen::Fixed { address, .. }) => {
                // A block never contains an address of the other family (S0.1).
                return if blocks.iter().any(|block| block.contains(&address)) {
                    traffic
                } else {
                    Vec::new()
                };
            }
            (PeerMatch::Blocks(blocks), Seen::Remote) => {
                let same_family = blocks.iter().filter(|block| Family::of(block.addr()) == view.family);
                same_family.map(|&block| Region::FULL.remote(address_range(block))).collect()
            }
            (PeerMatch::Group(group), Seen::Fixed { interface: Some(interface), .. }) => {
                let groups = &network.model().network_interfaces.at(interface).groups;
                return if groups.contains(group) { traffic } else { Vec::new() };
            }
            (PeerMatch::Blocks(blocks), Seen::Unknown { .. }) => {
                let possible = blocks.iter().any(|block| Family::of(block.addr()) == view.family);
                return if possible { traffic } else { Vec::new() };
            }
            (PeerMatch::Group(group), Seen::Unknown { through: Some(appliance) }) => {
                let groups = &network.model().network_interfaces.at(appliance).groups;
                return if groups.contains(group) { traffic } else { Vec::new() };
            }
            (PeerMatch::Group(_) | PeerMatch::Foreign, Seen::Unknown { .. }) => return traffic,
            (PeerMatch::Foreign, Seen::Remote) => {
                let same_family = network
                    .not_on_the_internet()
                    .iter()
                    .filter(|block| Family::of(block.addr()) == view.family);
                same_family.map(|&block| Region::FULL.remote(address_range(block))).collect()
            }
            (PeerMatch::Group(_) | PeerMatch::Foreign, _) => return Vec::new(),
        };
        traffic.iter().flat_map(|region| peers.iter().map(|peer| region.intersect(peer))).collect()
    }
}

/// The connections of a family whose packet on this leg carries such traffic.
fn traffic_regions(traffic: Traffic, view: &View) -> Vec<Region> {
    let ports = |protocol, range: PortRange| {
        let region = Region::FULL.protocol(protocol);
        vec![match view.leg {
            Leg::Request => region.server(range.from..=range.to),
            Leg::Reply => region.client(range.from..=range.to),
        }]
    };
    let icmp = |kind: Option<u8>, code: Option<u8>| match view.leg {
        Leg::Request => {
            let mut region = Region::FULL.protocol(icmp::number(view.family));
            if let Some(kind) = kind {
                region = region.server(u16::from(kind)..=u16::from(kind));
            }
            if let Some(code) = code {
                region = region.client(u16::from(code)..=u16::from(code));
            }
            vec![region]
        }
        Leg::Reply => icmp::queries_answered_by(view.family, kind, code),
    };
    match (traffic, view.family) {
        (Traffic::All, _) => vec![Region::FULL],
        (Traffic::Tcp(range), _) => ports(6, range),
        (Traffic::Udp(range), _) => ports(17, range),
        (Traffic::Icmp(kind, code), Family::V4) | (Traffic::Icmpv6(kind, code), Family::V6) => {
            icmp(kind, code)
        }
        // ICMP is IPv4's, ICMPv6 is IPv6's (S1.8).
        (Traffic::Icmp(..) | Traffic::Icmpv6(..), _) => Vec::new(),
        (Traffic::Protocol(number), _) => vec![Region::FULL.protocol(number)],
    }
}
