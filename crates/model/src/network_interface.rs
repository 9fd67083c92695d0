//! `NetworkInterface`: the truth for addresses, groups and the source/destination check (S9.3).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use compact_str::CompactString;
use ipnet::IpNet;

use crate::{Id, Origin, Tags};

/// An elastic network interface.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkInterface {
    /// `eni-…`.
    pub id: Id,
    /// The VPC it is in.
    pub vpc: Id,
    /// The subnet it is in.
    pub subnet: Id,
    /// The account that owns it.
    pub owner: Option<Id>,
    /// Its private IPv4 addresses, the primary first.
    pub addresses: Vec<PrivateAddress>,
    /// Its IPv6 addresses.
    pub ipv6: Vec<Ipv6Addr>,
    /// Prefixes delegated to it, of either family.
    pub prefixes: Vec<IpNet>,
    /// The ids of its security groups.
    pub groups: Vec<Id>,
    /// Whether it drops what is neither from nor to one of its addresses (S3.13).
    pub source_dest_check: bool,
    /// Whether it drops what the internet starts over IPv6 (S3.16).
    pub deny_all_igw_traffic: bool,
    /// Some element of it could not be read: it may have groups and addresses that are not in the lists.
    pub incomplete: bool,
    /// For an interface that the export lacks: what it stands for. Its address is then any of its subnet's.
    pub stand_in: Option<StandIn>,
    /// What made it.
    pub interface_type: InterfaceType,
    /// Its description, which for some services names their resource.
    pub description: CompactString,
    /// The instance it is attached to.
    pub instance: Option<Id>,
    /// Its place among the instance's interfaces; 0 is the primary one.
    pub device_index: u32,
    /// Idle timeouts of tracked flows (S1.43).
    pub timeouts: Timeouts,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// Why an interface is here that nobody described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StandIn {
    /// A load balancer's node in a subnet, which exports of emulators lack (S4.1).
    LoadBalancerNode {
        /// It has a public address, which is not known.
        public: bool,
    },
    /// An instance that an Auto Scaling group may start in a subnet (S4.19).
    AutoScalingMember,
}

/// Whether an address stands for a public one that nobody knows: a node's that the export lacks. Such are taken from
/// 0.0.0.0/8, which no host has (RFC 6890).
pub fn is_unknown_public(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.octets()[0] == 0)
}

/// A private IPv4 address and the public one that an internet gateway translates it to (S3.14, S3.19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrivateAddress {
    /// The private address.
    pub private: Ipv4Addr,
    /// Its public or Elastic address.
    pub public: Option<Ipv4Addr>,
}

/// Idle timeouts of tracked flows in seconds, where they were configured (S1.43).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// `TcpEstablishedTimeout`.
    pub tcp_established: Option<u32>,
    /// `UdpStreamTimeout`: more than one request or response was seen.
    pub udp_stream: Option<u32>,
    /// `UdpTimeout`: one direction, or a single request and response.
    pub udp: Option<u32>,
}

/// What an interface belongs to (`InterfaceType`, S9.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InterfaceType {
    /// An ordinary interface: an instance's, a task's, an Application or Classic Load Balancer's, a service's.
    Interface,
    /// A NAT gateway's.
    NatGateway,
    /// A Network Load Balancer's.
    NetworkLoadBalancer,
    /// A Gateway Load Balancer's.
    GatewayLoadBalancer,
    /// A Gateway Load Balancer endpoint's.
    GatewayLoadBalancerEndpoint,
    /// An interface endpoint's.
    VpcEndpoint,
    /// A transit gateway attachment's.
    TransitGateway,
    /// A Lambda function's.
    Lambda,
    /// An EC2 Instance Connect Endpoint's.
    InstanceConnectEndpoint,
    /// Any other, by the API's name for it.
    Other(CompactString),
}

impl NetworkInterface {
    /// The primary private IPv4 address.
    pub fn primary(&self) -> Option<Ipv4Addr> {
        self.addresses.first().map(|address| address.private)
    }

    /// Every address that packets carry inside the VPC: private IPv4 and IPv6.
    pub fn own_addresses(&self) -> impl Iterator<Item = IpAddr> {
        let v4 = self.addresses.iter().map(|address| IpAddr::V4(address.private));
        v4.chain(self.ipv6.iter().map(|&address| IpAddr::V6(address)))
    }

    /// Whether packets inside the VPC carry this address for the interface, delegated prefixes included.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.own_addresses().any(|own| own == address)
            || self.prefixes.iter().any(|prefix| prefix.contains(&address))
    }

    /// The public address that an internet gateway gives to a private one.
    pub fn public_of(&self, private: IpAddr) -> Option<Ipv4Addr> {
        self.addresses.iter().find(|address| IpAddr::V4(address.private) == private)?.public
    }
}
