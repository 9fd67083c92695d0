//! `Vpc`.

use ipnet::IpNet;

use crate::{Id, Origin, Tags};

/// What VPC Block Public Access does in a VPC or subnet (S3.43, S3.47).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum BlockMode {
    /// Nothing.
    #[default]
    Off,
    /// Stops everything to and from internet gateways and egress-only internet gateways.
    Bidirectional,
    /// Stops all but what starts inside and leaves by a NAT gateway or egress-only internet gateway.
    Ingress,
    /// Nobody can say, and why.
    Unknown(&'static str),
}

/// A virtual private cloud.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: Id,
    /// The account that owns it.
    pub owner: Option<Id>,
    /// All associated blocks of both families; the primary IPv4 block comes first (S1.52).
    pub cidrs: Vec<IpNet>,
    /// The effective Block Public Access mode: as `describe` prints it, else from the account's options and its
    /// exclusions once references are followed.
    pub block_public_access: Option<BlockMode>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}
