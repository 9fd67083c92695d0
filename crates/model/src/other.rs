//! Resources that are known by name only: what they do to a packet is not modelled.

use crate::{Id, Origin, Tags};

/// A resource that the model names and does not follow. An answer that needs it is `undecided` and says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its id or ARN.
    pub id: Id,
    /// What it is.
    pub kind: OtherKind,
    /// Its name, where it has one apart from its tags.
    pub name: Option<String>,
    /// The VPC it is in, where it says.
    pub vpc: Option<Id>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// The kinds of resource that are named only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum OtherKind {
    /// NAT gateway.
    NatGateway,
    /// Egress-only internet gateway.
    EgressOnlyInternetGateway,
    /// Transit gateway.
    TransitGateway,
    /// Transit gateway attachment.
    TransitGatewayAttachment,
    /// Transit gateway route table.
    TransitGatewayRouteTable,
    /// Virtual private gateway.
    VpnGateway,
    /// Customer gateway.
    CustomerGateway,
    /// Site-to-Site VPN connection.
    VpnConnection,
    /// Application, Network or Gateway Load Balancer.
    LoadBalancer,
    /// Classic Load Balancer.
    ClassicLoadBalancer,
    /// Target group.
    TargetGroup,
    /// Auto Scaling group.
    AutoScalingGroup,
    /// Network Firewall.
    NetworkFirewall,
    /// AWS WAF web ACL.
    WebAcl,
    /// RDS instance.
    DbInstance,
}

impl OtherKind {
    /// The kind in words.
    pub fn words(self) -> &'static str {
        match self {
            OtherKind::NatGateway => "NAT gateway",
            OtherKind::EgressOnlyInternetGateway => "egress-only internet gateway",
            OtherKind::TransitGateway => "transit gateway",
            OtherKind::TransitGatewayAttachment => "transit gateway attachment",
            OtherKind::TransitGatewayRouteTable => "transit gateway route table",
            OtherKind::VpnGateway => "virtual private gateway",
            OtherKind::CustomerGateway => "customer gateway",
            OtherKind::VpnConnection => "VPN connection",
            OtherKind::LoadBalancer => "load balancer",
            OtherKind::ClassicLoadBalancer => "Classic Load Balancer",
            OtherKind::TargetGroup => "target group",
            OtherKind::AutoScalingGroup => "Auto Scaling group",
            OtherKind::NetworkFirewall => "network firewall",
            OtherKind::WebAcl => "web ACL",
            OtherKind::DbInstance => "database instance",
        }
    }
}
