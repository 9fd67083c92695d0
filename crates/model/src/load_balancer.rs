//! `LoadBalancer`: the four kinds, which two services describe.

use std::net::{IpAddr, Ipv4Addr};

use compact_str::CompactString;

use crate::{Id, Origin, Tags};

/// A load balancer (S4.1).
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancer.html>
/// <https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_LoadBalancerDescription.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Its ARN; a Classic Load Balancer's name.
    pub id: Id,
    /// Its name.
    pub name: Option<String>,
    /// Which kind.
    pub kind: LoadBalancerType,
    /// `Scheme` is `internet-facing`: its nodes have public addresses (S4.16).
    pub internet_facing: bool,
    /// The VPC it is in.
    pub vpc: Id,
    /// Its security groups; a Network Load Balancer may have none, a Gateway Load Balancer never has (S4.1).
    pub groups: Vec<Id>,
    /// The subnets that it has nodes in, one a zone.
    pub nodes: Vec<LoadBalancerNode>,
    /// The state is `active` or `active_impaired`; a Classic Load Balancer has none and counts as active.
    pub active: bool,
    /// Whether a node sends to targets of other zones (`load_balancing.cross_zone.enabled`); `None` where the export
    /// does not say, and the kind's default holds (S4.1).
    pub cross_zone: Option<bool>,
    /// `EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic` is not `off` (S4.10).
    pub enforce_on_private_link: bool,
    /// Some element of it could not be read: it may have groups, nodes and listeners that are not in the lists.
    pub incomplete: bool,
    /// Its name in DNS.
    pub dns_name: Option<CompactString>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// Which kind of load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LoadBalancerType {
    /// Application Load Balancer.
    Application,
    /// Network Load Balancer.
    Network,
    /// Gateway Load Balancer.
    Gateway,
    /// Classic Load Balancer.
    Classic,
}

impl LoadBalancerType {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            LoadBalancerType::Application => "Application Load Balancer",
            LoadBalancerType::Network => "Network Load Balancer",
            LoadBalancerType::Gateway => "Gateway Load Balancer",
            LoadBalancerType::Classic => "Classic Load Balancer",
        }
    }

    /// Whether a node sends to targets of other zones where nothing is configured (S4.1). A Classic Load Balancer's
    /// default depends on who made it; the API's is off (`mem`).
    pub fn cross_zone_default(self) -> bool {
        self == LoadBalancerType::Application
    }
}

/// A node: the presence of a load balancer in one subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancerNode {
    /// The subnet, where the answer names one.
    pub subnet: Option<Id>,
    /// The zone's name.
    pub zone: Option<Id>,
    /// Addresses that are fixed: Elastic, private, IPv6.
    pub public: Option<Ipv4Addr>,
    /// Fixed private addresses.
    pub private: Vec<IpAddr>,
}
