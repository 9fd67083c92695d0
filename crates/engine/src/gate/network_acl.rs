//! Network ACLs as gates: numbered entries, the first that matches decides, no state (S2.2 to S2.13).

use model::{Action, Ix, NetworkAcl};

use super::{Gate, Rule, RuleAction, RuleRef};
use crate::{Match, PeerMatch};

/// The entries of one list, each direction in the order of its numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AclRules {
    ingress: Vec<Rule>,
    egress: Vec<Rule>,
}

impl AclRules {
    /// Compiles a list: ascending by number (S2.4). A list of which an entry could not be read decides nothing, since
    /// that entry may stand before any other.
    pub(crate) fn compile(ix: Ix<NetworkAcl>, acl: &NetworkAcl) -> AclRules {
        if acl.incomplete {
            let reason = format!("an entry of network ACL `{}` could not be read", acl.id);
            let unknown = || {
                vec![Rule {
                    origin: RuleRef::Missing,
                    matches: Match { traffic: model::Traffic::All, peer: PeerMatch::Anyone },
                    action: RuleAction::Unknown(reason.clone()),
                }]
            };
            return AclRules { ingress: unknown(), egress: unknown() };
        }
        let direction = |egress: bool| {
            let mut entries: Vec<_> =
                acl.entries.iter().enumerate().filter(|(_, entry)| entry.egress == egress).collect();
            entries.sort_by_key(|(_, entry)| entry.number);
            let rule = |(position, entry): (usize, &model::NetworkAclEntry)| Rule {
                origin: RuleRef::NetworkAcl(ix, position),
                matches: Match { traffic: entry.traffic, peer: PeerMatch::Blocks(vec![entry.cidr]) },
                action: match entry.action {
                    Action::Allow => RuleAction::Allow,
                    Action::Deny => RuleAction::Deny,
                },
            };
            entries.into_iter().map(rule).collect()
        };
        AclRules { ingress: direction(false), egress: direction(true) }
    }

    /// The gate for what enters or leaves the subnets of the list.
    pub(crate) fn gate(&self, egress: bool) -> Gate<'_> {
        Gate { rules: vec![if egress { &self.egress } else { &self.ingress }] }
    }
}
