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
    /// Customer gateway.
    CustomerGateway,
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
            OtherKind::CustomerGateway => "customer gateway",
            OtherKind::NetworkFirewall => "network firewall",
            OtherKind::WebAcl => "web ACL",
            OtherKind::DbInstance => "database instance",
        }
    }
}
