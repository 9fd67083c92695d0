//! What a rule matches, and how that looks in terms of the connection.
//!
//! A rule speaks of a packet: the peer's address and the *destination* port (S0.7, S0.8). A connection is
//! (protocol, remote address, client port, server port). Which field of the connection a rule's words mean depends
//! on the leg and on whose address the gate sees: the [`View`]. [`Match::regions`] is that translation, and the only
//! place that does it.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use model::{Holder, Id, Ix, NetworkInterface, PortRange, Traffic};
use space::{FIRST_RELAY_PORT, Family, Field, Region, address_range};

use crate::{Network, icmp};

/// Which of the two packets of a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leg {
    /// From the client to the server: the destination port is the server's.
    Request,
    /// From the server to the client: the destination port is the client's (S0.2).
    Reply,
}

/// The block that NAT64 maps IPv4 into (S3.26, RFC 6052).
pub(crate) const NAT64: &str = "64:ff9b::/96";

/// Its first address.
const NAT64_BASE: u128 = 0x64_ff9b << 96;

/// An address in a packet's header, as a gate sees it (S0.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seen {
    /// One address.
    Fixed {
        /// The address.
        address: IpAddr,
        /// The interface whose private IPv4 or IPv6 address it is, if it is one's. References to groups match
        /// interfaces only (S1.15, S3.18).
        interface: Option<Ix<NetworkInterface>>,
    },
    /// The remote end, whose address is an axis of the space.
    Remote,
    /// The remote end in IPv4 behind NAT64: the axis has the IPv6 addresses that hold its own (S3.26).
    Embedded,
    /// Some address that nobody knows, behind something that is not modelled. Rules are then taken to match where they
    /// could: only what matches no address at all is certain (S12.12).
    Unknown,
}

impl Seen {
    /// The interface whose own address it is.
    pub fn interface(self) -> Option<Ix<NetworkInterface>> {
        match self {
            Seen::Fixed { interface, .. } => interface,
            Seen::Remote | Seen::Embedded | Seen::Unknown => None,
        }
    }

    /// The connections whose remote end, seen so, is in a block; none for a block of the other family (S0.1).
    pub(crate) fn within(self, block: IpNet, family: Family) -> Option<Region> {
        if Family::of(block.addr()) != family {
            return None;
        }
        let range = address_range(block);
        match self {
            Seen::Embedded => {
                let at = |value: u128| NAT64_BASE.saturating_add(value);
                Some(Region::FULL.remote(at(*range.start())..=at(*range.end())))
            }
            _ => Some(Region::FULL.remote(range)),
        }
    }

    /// The holder, if it is an interface's own address.
    pub fn holder(self) -> Option<Holder> {
        match self {
            Seen::Fixed { address, interface: Some(interface) } => Some(Holder { interface, address }),
            _ => None,
        }
    }
}

/// Which axis holds the port that packets of the client carry, and the server's port where it was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ports {
    /// [`Field::Client`], or the axis of the device that put its own port in its place.
    pub client: Field,
    /// The port that a load balancer sends to, in place of the one that it was asked at.
    pub server: Option<u16>,
}

impl Ports {
    /// As the client sent them.
    pub const OWN: Ports = Ports { client: Field::Client, server: None };

    /// The axis of the next device that puts its own port in place of the client's; `None` after two.
    pub(crate) fn relayed(self) -> Option<Field> {
        match self.client {
            Field::Client => Some(Field::Relay),
            Field::Relay => Some(Field::SecondRelay),
            _ => None,
        }
    }
}

/// What lies between the two ends, as far as references to groups depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Between {
    /// Nothing, or a VPC peering connection: references match within a VPC and between VPCs peered in one Region.
    Nothing,
    /// Transit gateways; whether they carry references (S1.18, S1.19).
    TransitGateway {
        /// They do.
        references: bool,
    },
    /// An appliance: references match no longer (S1.21).
    Appliance,
}

/// What gates see of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Header {
    /// Its family (S0.1).
    pub family: Family,
    /// Where from.
    pub source: Seen,
    /// Where to.
    pub destination: Seen,
    /// Its ports.
    pub ports: Ports,
    /// The interface of the Network Load Balancer or appliance that it comes through: references to groups match that
    /// one's, whatever the address (S1.22, S1.23).
    pub through: Option<Ix<NetworkInterface>>,
    /// What it has passed.
    pub between: Between,
}

impl Header {
    /// How it looks to a gate that lets things out of a subnet or interface, or into it (S0.8).
    pub fn view(&self, leg: Leg, egress: bool) -> View {
        let peer = if egress { self.destination } else { self.source };
        let through = if egress { None } else { self.through };
        View { through, ports: self.ports, ..View::new(self.family, leg, peer) }
    }
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
    /// See [`Header::through`].
    pub through: Option<Ix<NetworkInterface>>,
    /// Whether references to groups match the peer's interface.
    pub references: bool,
    /// Where its ports are.
    pub ports: Ports,
}

impl View {
    /// Of a packet that nothing has changed.
    pub fn new(family: Family, leg: Leg, peer: Seen) -> View {
        View { family, leg, peer, through: None, references: true, ports: Ports::OWN }
    }
}

/// What a rule matches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Match {
    /// Protocol and destination ports, or ICMP type and code.
    pub traffic: Traffic,
    /// Whose traffic.
    pub peer: PeerMatch,
}

/// The peers that a rule names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

/// Whether a rule names the peer of a packet.
enum Named<'r> {
    Nobody,
    Peer,
    /// Where its address, which is an axis of the space, is in any of these.
    Within(&'r [IpNet]),
}

impl Match {
    /// The connections whose packet, seen so, the rule matches: disjoint in no particular sense, none if it cannot
    /// match.
    pub fn regions(&self, view: &View, network: &Network) -> Vec<Region> {
        // Most rules are about somebody else: whom they name is looked at first.
        let blocks: &[IpNet] = match self.names(view, network) {
            Named::Nobody => return Vec::new(),
            Named::Peer => return traffic_regions(self.traffic, view),
            Named::Within(blocks) => blocks,
        };
        let peers: Vec<Region> =
            blocks.iter().filter_map(|&block| view.peer.within(block, view.family)).collect();
        let traffic = traffic_regions(self.traffic, view);
        traffic.iter().flat_map(|region| peers.iter().map(|peer| region.intersect(peer))).collect()
    }

    /// Whether it names the peer.
    fn names<'r>(&'r self, view: &View, network: &'r Network) -> Named<'r> {
        let peer_if = |named: bool| if named { Named::Peer } else { Named::Nobody };
        match (&self.peer, view.peer) {
            (PeerMatch::Anyone, _) => Named::Peer,
            // A block never contains an address of the other family (S0.1).
            (PeerMatch::Blocks(blocks), Seen::Fixed { address, interface }) => {
                peer_if(blocks.iter().any(|block| network.may_be_in(address, interface, block)))
            }
            (PeerMatch::Blocks(blocks), Seen::Unknown) => {
                peer_if(blocks.iter().any(|block| Family::of(block.addr()) == view.family))
            }
            (PeerMatch::Blocks(blocks), Seen::Remote | Seen::Embedded) => Named::Within(blocks),
            (PeerMatch::Group(group), peer) => {
                let own = peer.interface().filter(|_| view.references);
                match (view.through.or(own), peer) {
                    (Some(member), _) => {
                        peer_if(network.model().network_interfaces.at(member).groups.contains(group))
                    }
                    (None, peer) => peer_if(peer == Seen::Unknown),
                }
            }
            (PeerMatch::Foreign, Seen::Unknown) if view.through.is_none() => Named::Peer,
            (PeerMatch::Foreign, Seen::Remote) if view.through.is_none() => {
                Named::Within(network.not_on_the_internet())
            }
            (PeerMatch::Foreign, _) => Named::Nobody,
        }
    }

    /// Whether nobody can say if it matches: the peer has some address of its subnet, and a block of the rule holds
    /// some of these only (S4.1, S4.19).
    pub fn is_uncertain(&self, view: &View, network: &Network) -> bool {
        match (&self.peer, view.peer) {
            (PeerMatch::Blocks(blocks), Seen::Fixed { address, interface }) => {
                !blocks.iter().any(|block| network.is_in(address, interface, block))
            }
            _ => false,
        }
    }
}

/// A range of ports on the axis that holds the client's.
fn client_ports(range: PortRange, axis: Field) -> Option<RangeInclusive<u128>> {
    if axis == Field::Client {
        return Some(u128::from(range.from)..=u128::from(range.to));
    }
    let to = range.to.checked_sub(FIRST_RELAY_PORT)?;
    Some(u128::from(range.from.saturating_sub(FIRST_RELAY_PORT))..=u128::from(to))
}

/// The connections of a family whose packet on this leg carries such traffic.
fn traffic_regions(traffic: Traffic, view: &View) -> Vec<Region> {
    let ports = |protocol, range: PortRange| {
        let region = Region::FULL.protocol(protocol);
        match (view.leg, view.ports.server) {
            (Leg::Request, None) => vec![region.server(range.from..=range.to)],
            (Leg::Request, Some(port)) if (range.from..=range.to).contains(&port) => vec![region],
            (Leg::Request, Some(_)) => Vec::new(),
            (Leg::Reply, _) => client_ports(range, view.ports.client)
                .map(|range| region.with(view.ports.client, range))
                .into_iter()
                .collect(),
        }
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
