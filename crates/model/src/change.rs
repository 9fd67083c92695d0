//! Changes to rules, and the model after them.

use std::fmt;

use crate::{Id, NetworkAclEntry, Resolved, STAR, SecurityGroupRule};

/// One call that changes what is let through, named as EC2 names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `authorize-security-group-ingress` or `-egress`.
    AuthorizeSecurityGroup {
        /// The group.
        group: Id,
        /// The rule to add.
        rule: SecurityGroupRule,
    },
    /// `revoke-security-group-ingress` or `-egress`.
    RevokeSecurityGroup {
        /// The group.
        group: Id,
        /// The rule to take away: same direction, traffic and peer.
        rule: SecurityGroupRule,
    },
    /// `create-network-acl-entry`.
    CreateNetworkAclEntry {
        /// The list.
        acl: Id,
        /// The entry to add; its number must be free in its direction (S2.3).
        entry: NetworkAclEntry,
    },
    /// `replace-network-acl-entry`.
    ReplaceNetworkAclEntry {
        /// The list.
        acl: Id,
        /// The entry that takes the place of the one with its number and direction.
        entry: NetworkAclEntry,
    },
    /// `delete-network-acl-entry`.
    DeleteNetworkAclEntry {
        /// The list.
        acl: Id,
        /// The direction.
        egress: bool,
        /// The number.
        number: u32,
    },
}

/// A change that AWS would refuse (S8.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// No such group.
    #[error("no security group `{0}`")]
    NoGroup(Id),
    /// No such list.
    #[error("no network ACL `{0}`")]
    NoAcl(Id),
    /// The rule is there already, or is not there to take away.
    #[error("rule `{rule}` of `{group}` {}", if *exists { "exists already" } else { "does not exist" })]
    Rule {
        /// The group.
        group: Id,
        /// The rule.
        rule: String,
        /// Whether it exists.
        exists: bool,
    },
    /// The number is taken, or there is no entry with it.
    #[error("entry {number} of `{acl}` {}", if *exists { "exists already" } else { "does not exist" })]
    Entry {
        /// The list.
        acl: Id,
        /// The number.
        number: u32,
        /// Whether it exists.
        exists: bool,
    },
    /// A number that users cannot give or take (S2.3, S2.5).
    #[error("entry {0}: expected a number from 1 to 32766")]
    Number(u32),
}

impl Resolved {
    /// The network after some changes, in order. Cheap: what is not changed is shared.
    pub fn after(&self, changes: &[Change]) -> Result<Resolved, ChangeError> {
        let mut after = self.clone();
        for change in changes {
            after.apply(change)?;
        }
        Ok(after)
    }

    /// Makes one change in place. What refuses it leaves everything as it was.
    ///
    /// # Errors
    /// If AWS would refuse it.
    pub fn apply(&mut self, change: &Change) -> Result<(), ChangeError> {
        match change {
            Change::AuthorizeSecurityGroup { group, rule } | Change::RevokeSecurityGroup { group, rule } => {
                let noun = self.snapshot.security_groups.get_mut(group.as_str());
                let rules = &mut noun.ok_or_else(|| ChangeError::NoGroup(group.clone()))?.rules;
                let same = |other: &SecurityGroupRule| {
                    (other.egress, other.traffic, &other.peer) == (rule.egress, rule.traffic, &rule.peer)
                };
                let at = rules.iter().position(same);
                let error =
                    |exists| ChangeError::Rule { group: group.clone(), rule: rule.to_string(), exists };
                match (change, at) {
                    (Change::RevokeSecurityGroup { .. }, Some(at)) => drop(rules.remove(at)),
                    (Change::RevokeSecurityGroup { .. }, None) => return Err(error(false)),
                    (_, Some(_)) => return Err(error(true)),
                    (_, None) => rules.push(rule.clone()),
                }
            }
            Change::CreateNetworkAclEntry { acl, entry } | Change::ReplaceNetworkAclEntry { acl, entry } => {
                usable(entry.number)?;
                let replace = matches!(change, Change::ReplaceNetworkAclEntry { .. });
                let entries = self.entries(acl)?;
                let at = entries.iter().position(|e| (e.egress, e.number) == (entry.egress, entry.number));
                match at.and_then(|at| entries.get_mut(at)) {
                    Some(place) if replace => *place = entry.clone(),
                    None if !replace => entries.push(entry.clone()),
                    _ => {
                        return Err(ChangeError::Entry {
                            acl: acl.clone(),
                            number: entry.number,
                            exists: !replace,
                        });
                    }
                }
            }
            Change::DeleteNetworkAclEntry { acl, egress, number } => {
                usable(*number)?;
                let entries = self.entries(acl)?;
                let at = entries.iter().position(|e| (e.egress, e.number) == (*egress, *number));
                let missing = ChangeError::Entry { acl: acl.clone(), number: *number, exists: false };
                entries.remove(at.ok_or(missing)?);
            }
        }
        Ok(())
    }

    fn entries(&mut self, acl: &Id) -> Result<&mut Vec<NetworkAclEntry>, ChangeError> {
        let noun = self.snapshot.network_acls.get_mut(acl.as_str());
        Ok(&mut noun.ok_or_else(|| ChangeError::NoAcl(acl.clone()))?.entries)
    }
}

fn usable(number: u32) -> Result<(), ChangeError> {
    if (1..STAR).contains(&number) { Ok(()) } else { Err(ChangeError::Number(number)) }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = |egress: bool| if egress { "out" } else { "in" };
        match self {
            Change::AuthorizeSecurityGroup { group, rule } => {
                write!(f, "{group} {}  + {rule}", way(rule.egress))
            }
            Change::RevokeSecurityGroup { group, rule } => {
                write!(f, "{group} {}  - {rule}", way(rule.egress))
            }
            Change::CreateNetworkAclEntry { acl, entry } => {
                write!(f, "{acl} {}  + {entry}", way(entry.egress))
            }
            Change::ReplaceNetworkAclEntry { acl, entry } => {
                write!(f, "{acl} {}  ~ {entry}", way(entry.egress))
            }
            Change::DeleteNetworkAclEntry { acl, egress, number } => {
                write!(f, "{acl} {}  - {number}", way(*egress))
            }
        }
    }
}
