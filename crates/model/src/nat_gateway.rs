//! `NatGateway`.

use std::net::Ipv4Addr;

use crate::{Id, Origin, Tags};

/// A NAT gateway (S3.20 to S3.27).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatGateway {
    /// `nat-…`.
    pub id: Id,
    /// The VPC it is in.
    pub vpc: Id,
    /// The subnet it is in; a regional one is in none (S3.27).
    pub subnet: Option<Id>,
    /// `ConnectivityType` is `private`: its source address is its private one (S3.21).
    pub private: bool,
    /// `AvailabilityMode` is `regional` (S3.27).
    pub regional: bool,
    /// The route table of a regional one.
    pub route_table: Option<Id>,
    /// The state, `available` if it carries anything.
    pub available: bool,
    /// Its addresses, the primary first. Those that are not assigned are absent.
    pub addresses: Vec<NatGatewayAddress>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// An address of a NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatGatewayAddress {
    /// The interface that has it; a regional gateway's has none that the account sees.
    pub network_interface: Option<Id>,
    /// The private address.
    pub private: Option<Ipv4Addr>,
    /// The Elastic address; a private gateway has none.
    pub public: Option<Ipv4Addr>,
}
