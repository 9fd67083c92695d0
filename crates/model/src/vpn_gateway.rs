//! `VpnGateway`: a virtual private gateway.

use crate::{Id, Origin, Tags};

/// The VPC's end of VPN connections and Direct Connect (S3.38).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnGateway.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpnGateway {
    /// `vgw-…`.
    pub id: Id,
    /// The VPC it is attached to, if it is.
    pub vpc: Option<Id>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}
