//! `NetworkAcl`: numbered allow and deny entries on subnets.

use std::fmt;

use ipnet::IpNet;

use crate::{Id, Origin, Tags, Traffic};

/// The first number that users cannot give: entries from here on are the final deny, shown as `*` (S2.3, S2.5, D4).
pub const STAR: u32 = 32767;

/// What an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Lets pass.
    Allow,
    /// Drops.
    Deny,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Action::Allow => "allow",
            Action::Deny => "deny",
        })
    }
}

/// A network access control list.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAcl.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkAcl {
    /// `acl-…`.
    pub id: Id,
    /// The VPC it belongs to.
    pub vpc: Id,
    /// Whether it serves the VPC's subnets that have no association (S2.1).
    pub is_default: bool,
    /// The subnets associated with it.
    pub subnets: Vec<Id>,
    /// Some element of it could not be read, so what it lets through is not fully known.
    pub incomplete: bool,
    /// Its entries in the order given; their numbers decide (S2.4).
    pub entries: Vec<NetworkAclEntry>,
    /// The tags.
    pub tags: Tags,
    /// Where it was written.
    pub origin: Origin,
}

/// One entry (S2.2).
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAclEntry.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkAclEntry {
    /// Whether it judges what leaves the subnet.
    pub egress: bool,
    /// Its number: lower is earlier. Unique within a direction, both families together (S2.3).
    pub number: u32,
    /// What it does.
    pub action: Action,
    /// Protocol and ports, or type and code.
    pub traffic: Traffic,
    /// The source of what enters, the destination of what leaves (S0.8).
    pub cidr: IpNet,
    /// Where it was written.
    pub origin: Origin,
}

impl NetworkAclEntry {
    /// Whether it is one of the final denies (S2.5).
    pub fn is_star(&self) -> bool {
        self.number >= STAR
    }
}

/// As people say it: `100 allow tcp 80 from 0.0.0.0/0`.
impl fmt::Display for NetworkAclEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_star() {
            f.write_str("*")?;
        } else {
            write!(f, "{}", self.number)?;
        }
        let preposition = if self.egress { "to" } else { "from" };
        write!(f, " {} {} {preposition} {}", self.action, self.traffic, self.cidr)
    }
}
