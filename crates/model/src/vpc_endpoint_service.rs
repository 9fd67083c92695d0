//! `ServiceConfiguration`: an endpoint service that an account offers.

use compact_str::CompactString;

use crate::{Id, Origin, Tags};

/// A service that interface endpoints of other VPCs lead to (S4.10).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ServiceConfiguration.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcEndpointService {
    /// `vpce-svc-…`.
    pub id: Id,
    /// Its name, by which endpoints name it.
    pub name: CompactString,
    /// The Network or Gateway Load Balancers behind it, by ARN.
    pub load_balancers: Vec<Id>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}
