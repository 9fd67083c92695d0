//! `VpcEndpoint`.

use compact_str::CompactString;

use crate::{Id, Origin, Tags};

/// An endpoint for a service inside a VPC.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcEndpoint {
    /// `vpce-…`.
    pub id: Id,
    /// The VPC it is in.
    pub vpc: Id,
    /// How traffic gets to it.
    pub endpoint_type: EndpointType,
    /// The service, such as `com.amazonaws.eu-west-1.s3`.
    pub service_name: CompactString,
    /// The state is `available`.
    pub available: bool,
    /// The subnets of its interfaces.
    pub subnets: Vec<Id>,
    /// The security groups of its interfaces (S3.36).
    pub groups: Vec<Id>,
    /// Its interfaces.
    pub network_interfaces: Vec<Id>,
    /// Whether the service's public name leads to the endpoint inside the VPC (`PrivateDnsEnabled`).
    pub private_dns: bool,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// `VpcEndpointType`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointType {
    /// By routes to the prefix list of the service (S3.35).
    Gateway,
    /// By the addresses of its interfaces (S3.36).
    Interface,
    /// By routes through an appliance (S3.37).
    GatewayLoadBalancer,
    /// Any other, by the API's name for it.
    Other(CompactString),
}
