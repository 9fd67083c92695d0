//! `Subnet`.

use ipnet::IpNet;

use crate::{BlockMode, Id, Origin, Tags};

/// A subnet: a range of addresses of a VPC in one Availability Zone.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: Id,
    /// The VPC it belongs to.
    pub vpc: Id,
    /// The account that owns it; a shared subnet's differs from that of its interfaces.
    pub owner: Option<Id>,
    /// The name of its Availability Zone, which differs between accounts.
    pub availability_zone: Option<Id>,
    /// The id of its Availability Zone, which does not (S12.14).
    pub availability_zone_id: Option<Id>,
    /// Its blocks: one IPv4 block (none if IPv6-native) and the associated IPv6 blocks.
    pub cidrs: Vec<IpNet>,
    /// The effective Block Public Access mode, where `describe` or an exclusion gives one for the subnet.
    pub block_public_access: Option<BlockMode>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}
