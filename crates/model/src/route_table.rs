//! `RouteTable`, its routes and what it is associated with.

use std::fmt;

use ipnet::IpNet;

use crate::{Id, Origin, Tags};

/// A route table.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: Id,
    /// The VPC it belongs to.
    pub vpc: Id,
    /// What uses it.
    pub associations: Vec<RouteTableAssociation>,
    /// Some element of it could not be read, so what it lets through is not fully known.
    pub incomplete: bool,
    /// Its routes, in the order given; order has no meaning (S3.3).
    pub routes: Vec<Route>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// What uses a route table (S3.1, S3.39).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteTableAssociation {
    /// Every subnet of the VPC without an association of its own.
    Main,
    /// One subnet.
    Subnet(Id),
    /// Traffic that comes in through an internet or virtual private gateway: an edge association.
    Gateway(Id),
}

/// One route (S3.12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Which addresses.
    pub destination: Destination,
    /// Where to.
    pub target: Target,
    /// Whether the target is there.
    pub state: RouteState,
    /// Learned from a virtual private gateway (origin `EnableVgwRoutePropagation`) and not written by hand.
    pub propagated: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// The addresses of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A block of either family.
    Cidr(IpNet),
    /// All blocks of a prefix list.
    PrefixList(Id),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Cidr(cidr) => cidr.fmt(f),
            Destination::PrefixList(id) => id.fmt(f),
        }
    }
}

/// The state of a route (S3.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteState {
    /// In use.
    Active,
    /// The target is gone: packets are dropped.
    Blackhole,
    /// Treated as absent.
    Filtered,
}

/// Where a route leads: one variant a kind of target that the API knows (S3.12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Inside the VPC.
    Local,
    /// `igw-…`.
    InternetGateway(Id),
    /// `eigw-…`.
    EgressOnlyInternetGateway(Id),
    /// `nat-…`.
    NatGateway(Id),
    /// `eni-…`: an appliance, a NAT instance.
    NetworkInterface(Id),
    /// `pcx-…`.
    VpcPeeringConnection(Id),
    /// `tgw-…`.
    TransitGateway(Id),
    /// `vpce-…`: a gateway endpoint or a Gateway Load Balancer endpoint.
    VpcEndpoint(Id),
    /// `vgw-…`.
    VpnGateway(Id),
    /// A carrier gateway, local gateway, core network or ODB network (S3.42), or a target that a later API added.
    Other(Id),
}

impl Target {
    /// The target's id; `local` for local.
    pub fn id(&self) -> &str {
        match self {
            Target::Local => "local",
            Target::InternetGateway(id)
            | Target::EgressOnlyInternetGateway(id)
            | Target::NatGateway(id)
            | Target::NetworkInterface(id)
            | Target::VpcPeeringConnection(id)
            | Target::TransitGateway(id)
            | Target::VpcEndpoint(id)
            | Target::VpnGateway(id)
            | Target::Other(id) => id.as_str(),
        }
    }

    /// What kind of thing it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Target::Local => "local",
            Target::InternetGateway(_) => "internet gateway",
            Target::EgressOnlyInternetGateway(_) => "egress-only internet gateway",
            Target::NatGateway(_) => "NAT gateway",
            Target::NetworkInterface(_) => "network interface",
            Target::VpcPeeringConnection(_) => "VPC peering connection",
            Target::TransitGateway(_) => "transit gateway",
            Target::VpcEndpoint(_) => "VPC endpoint",
            Target::VpnGateway(_) => "virtual private gateway",
            Target::Other(_) => "gateway of another kind",
        }
    }
}
