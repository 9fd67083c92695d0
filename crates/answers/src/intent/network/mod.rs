//! `network`: a network that is not there yet, in a few words: VPCs, subnets by where their routes lead, tiers of
//! instances, load balancers.
//!
//! ```yaml
//! network:
//!   shop:
//!     cidrs: 10.0.0.0/16
//!     public:                  # a default route to an internet gateway, and public addresses
//!       public-a: 10.0.0.0/24
//!     private:                 # no default route; `nat` has one to a NAT gateway
//!       private-a: 10.0.1.0/24
//!     tiers:
//!       web: [private-a]
//!     load-balancers:
//!       front: { kind: application, subnets: [public-a], listens: 443 -> web:8080 }
//! ```

mod build;
mod meant;
mod parse;

use ipnet::IpNet;
use model::{LoadBalancerType, Location};

pub use build::to_be;
pub use meant::meant_to_be;
pub(super) use parse::{BALANCER, VPC, network};

/// A VPC to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedVpc {
    /// Its name, which is its id in the network that is built of it.
    pub name: String,
    /// Where it is written.
    pub place: Location,
    /// Its blocks.
    pub cidrs: Vec<IpNet>,
    /// Its subnets.
    pub subnets: Vec<PlannedSubnet>,
    /// The subnet in which its NAT gateway is.
    pub nat_gateway: Option<String>,
    /// Who stands in it.
    pub tiers: Vec<Tier>,
    /// Its load balancers.
    pub load_balancers: Vec<PlannedLoadBalancer>,
}

/// A subnet to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSubnet {
    /// Its name, which is its id.
    pub name: String,
    /// Its blocks.
    pub cidrs: Vec<IpNet>,
    /// Where its default routes lead.
    pub way_out: WayOut,
}

/// Where the default routes of a subnet lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WayOut {
    /// To an internet gateway; what is in it has public addresses.
    Internet,
    /// To a NAT gateway, for IPv6 to an egress-only gateway.
    Nat,
    /// It has none.
    None,
}

/// Instances that are alike, any number in each of some subnets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// What they are called, all together.
    pub name: String,
    /// Their subnets.
    pub subnets: Vec<String>,
}

/// A load balancer to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedLoadBalancer {
    /// Its name.
    pub name: String,
    /// Which kind.
    pub kind: LoadBalancerType,
    /// Whether its nodes have no public addresses.
    pub internal: bool,
    /// Where it has nodes.
    pub subnets: Vec<String>,
    /// What it listens to.
    pub listens: Vec<Listens>,
}

/// A port of a load balancer, and what is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listens {
    /// The port that clients ask.
    pub port: u16,
    /// The tier that it asks.
    pub tier: String,
    /// On which port.
    pub target: u16,
}
