//! `VpcPeeringConnection`.

use ipnet::IpNet;

use crate::{Id, Origin, Tags};

/// A connection between two VPCs.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcPeeringConnection.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcPeeringConnection {
    /// `pcx-…`.
    pub id: Id,
    /// The side that asked for it.
    pub requester: PeeringSide,
    /// The side that accepted it, or has not yet.
    pub accepter: PeeringSide,
    /// Whether it carries anything: status `active` (S3.30).
    pub active: bool,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// One of the two VPCs of a peering connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeeringSide {
    /// The VPC.
    pub vpc: Id,
    /// Its Region. References to groups work within one Region only (S1.20).
    pub region: Option<Id>,
    /// Its blocks of both families, as far as the answer has them.
    pub cidrs: Vec<IpNet>,
}

impl VpcPeeringConnection {
    /// The other side, seen from one of the two VPCs.
    pub fn other_side(&self, vpc: &Id) -> Option<&PeeringSide> {
        if self.requester.vpc == *vpc {
            Some(&self.accepter)
        } else if self.accepter.vpc == *vpc {
            Some(&self.requester)
        } else {
            None
        }
    }

    /// Whether the two VPCs are known to be in different Regions.
    pub fn crosses_regions(&self) -> bool {
        self.requester.region.is_some()
            && self.accepter.region.is_some()
            && self.requester.region != self.accepter.region
    }
}
