//! `SecurityGroup`: rules that allow, on interfaces.

use std::fmt;

use ipnet::IpNet;

use crate::{Id, Origin, Tags, Traffic};

/// A security group.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: Id,
    /// The group's name, which is not the tag `Name`.
    pub name: Option<String>,
    /// The VPC it belongs to.
    pub vpc: Option<Id>,
    /// The account that owns it.
    pub owner: Option<Id>,
    /// Some element of it could not be read, so what it lets through is not fully known.
    pub incomplete: bool,
    /// Its rules, one source each (S1.2). Order has no meaning (S1.1).
    pub rules: Vec<SecurityGroupRule>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// One rule: it allows; there is no other kind (S1.1).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityGroupRule {
    /// `sgr-…`, where the export has `describe-security-group-rules`.
    pub id: Option<Id>,
    /// Whether it judges what leaves the interface.
    pub egress: bool,
    /// Protocol and ports, or type and code.
    pub traffic: Traffic,
    /// Whose traffic: the source of what enters, the destination of what leaves (S0.8).
    pub peer: Peer,
    /// The rule's description.
    pub description: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// The other end that a rule names: exactly one of these (S1.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Peer {
    /// A block of addresses.
    Cidr(IpNet),
    /// The blocks of a prefix list (S1.14).
    PrefixList(Id),
    /// The interfaces that have a group (S1.15). Kept as a reference, never as a list of addresses.
    Group(Id),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Cidr(cidr) => cidr.fmt(f),
            Peer::PrefixList(id) | Peer::Group(id) => id.fmt(f),
        }
    }
}

/// As people say it: `allow tcp 80 from 0.0.0.0/0`.
impl fmt::Display for SecurityGroupRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let preposition = if self.egress { "to" } else { "from" };
        write!(f, "allow {} {preposition} {}", self.traffic, self.peer)
    }
}
