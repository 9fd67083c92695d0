//! `Address`: an Elastic IP.

use std::net::Ipv4Addr;

use crate::{Id, Origin, Tags};

/// An Elastic IP address.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Address.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElasticIp {
    /// `eipalloc-…`, or the address itself where the allocation has no id.
    pub id: Id,
    /// The public address.
    pub public: Ipv4Addr,
    /// The interface it is associated with; none: nobody holds the address (S12.9).
    pub network_interface: Option<Id>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}
