//! Quotas that a change may run into (S1.53, S1.54, S2.19). The limits are AWS's defaults; an account can have them
//! raised, so that what already exceeds one shows that it was.

use std::fmt;

use ipnet::IpNet;

use crate::{Change, Id, NetworkAcl, Noun, Peer, Resolved, SecurityGroup, SecurityGroupRule, Snapshot};

/// Rules of a security group, for each direction and family.
pub const RULES_PER_GROUP: u32 = 60;
/// Entries of a network ACL, for each direction and family, the final deny included.
pub const ENTRIES_PER_ACL: u32 = 20;

/// Security groups of an interface.
pub const GROUPS_PER_INTERFACE: usize = 5;

/// A quota that a change would exceed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// The group or list.
    pub id: Id,
    /// The code with which AWS refuses (S8.2).
    pub code: &'static str,
    /// The limit.
    pub limit: u32,
    /// What it would come to.
    pub count: u32,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exceeded { id, code, limit, count } = self;
        let default = if [RULES_PER_GROUP, ENTRIES_PER_ACL].contains(limit) { "default " } else { "" };
        write!(f, "`{id}` would come to {count}, over the {default}limit of {limit} ({code})")
    }
}

/// The default quotas that the network exceeds after a change to it. Empty for what takes away.
pub fn exceeded(after: &Resolved, change: &Change) -> Vec<Exceeded> {
    let model = &after.snapshot;
    match change {
        Change::AuthorizeSecurityGroup { group, rule } => {
            let noun = model.security_groups.get(group.as_str());
            noun.map(|noun| exceeded_by_group(noun, rule.egress, model, RULES_PER_GROUP)).unwrap_or_default()
        }
        Change::CreateNetworkAclEntry { acl, entry } | Change::ReplaceNetworkAclEntry { acl, entry } => {
            let noun = model.network_acls.get(acl.as_str());
            noun.map(|noun| exceeded_by_acl(noun, entry.egress, ENTRIES_PER_ACL)).unwrap_or_default()
        }
        Change::RevokeSecurityGroup { .. } | Change::DeleteNetworkAclEntry { .. } => Vec::new(),
    }
}

/// The quotas that one direction of a group exceeds, a family each (S1.53, S1.54). `limit` is [`RULES_PER_GROUP`], unless
/// an account has another.
pub fn exceeded_by_group(group: &SecurityGroup, egress: bool, model: &Snapshot, limit: u32) -> Vec<Exceeded> {
    let rules = group.rules.iter().filter(|rule| rule.egress == egress);
    let counts = rules.fold([0, 0], |[v4, v6], rule| {
        let [more_v4, more_v6] = weight(rule, model);
        [v4 + more_v4, v6 + more_v6]
    });
    over(&group.id, "RulesPerSecurityGroupLimitExceeded", limit, counts)
}

/// The quotas that one direction of a list exceeds, a family each: the final deny of each counts, listed or not (S2.19).
/// `limit` is [`ENTRIES_PER_ACL`], unless an account has another.
pub fn exceeded_by_acl(acl: &NetworkAcl, egress: bool, limit: u32) -> Vec<Exceeded> {
    over(&acl.id, "NetworkAclEntryLimitExceeded", limit, entries_of_acl(acl, egress))
}

/// How many entries of one direction of a list count towards [`ENTRIES_PER_ACL`], of IPv4 and of IPv6, the final deny of
/// each included (S2.19).
pub fn entries_of_acl(acl: &NetworkAcl, egress: bool) -> [u32; 2] {
    let entries = acl.entries.iter().filter(|entry| entry.egress == egress && !entry.is_star());
    entries.fold([1, 1], |[v4, v6], entry| match entry.cidr {
        IpNet::V4(_) => [v4 + 1, v6],
        IpNet::V6(_) => [v4, v6 + 1],
    })
}

fn over(id: &Id, code: &'static str, limit: u32, counts: [u32; 2]) -> Vec<Exceeded> {
    let counts = counts.into_iter().filter(|count| *count > limit);
    counts.map(|count| Exceeded { id: id.clone(), code, limit, count }).collect()
}

/// What one of AWS's own prefix lists counts (S1.54).
fn published_weight(name: &str) -> u32 {
    match name {
        _ if name.ends_with(".cloudfront.origin-facing") => 55,
        _ if name.ends_with(".vpc-lattice") => 10,
        _ => 1,
    }
}

/// What a rule counts, for IPv4 and IPv6: a prefix list counts its maximum of entries in its own family, a reference
/// to a group counts in both (S1.54).
fn weight(rule: &SecurityGroupRule, model: &Snapshot) -> [u32; 2] {
    match &rule.peer {
        Peer::Cidr(IpNet::V4(_)) => [1, 0],
        Peer::Cidr(IpNet::V6(_)) => [0, 1],
        Peer::Group(_) => [1, 1],
        Peer::PrefixList(list) => {
            let Some(noun) = model.prefix_lists.get(list.as_str()) else { return [1, 1] };
            let weight = noun.max_entries.unwrap_or_else(|| published_weight(noun.name().unwrap_or("")));
            let v6 = noun.entries.iter().flatten().any(|entry| matches!(entry.cidr, IpNet::V6(_)));
            if v6 { [0, weight] } else { [weight, 0] }
        }
    }
}
