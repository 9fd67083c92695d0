//! The changes from one state of rules to a narrower one: what is narrower first, then what goes, so that at each step
//! there is at least what there will be, and at most what there was.

use engine::Network;
use model::{Change, NetworkAclEntry, Peer, SecurityGroupRule};

/// Changes, and what they do.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub(super) changes: Vec<Change>,
    /// How many rules and entries go and nothing comes in their place.
    pub(super) removed: usize,
    /// How many become narrower.
    pub(super) narrowed: usize,
}

pub(super) fn between(before: &Network, after: &Network) -> Steps {
    let mut steps = Steps::default();
    let (mut first, mut last) = (Vec::new(), Vec::new());
    let groups = before.model().security_groups.values().zip(after.model().security_groups.values());
    for (old, new) in groups {
        let missing = |rule: &SecurityGroupRule, from: &[SecurityGroupRule]| {
            let same = |other: &SecurityGroupRule| {
                (other.egress, other.traffic, &other.peer) == (rule.egress, rule.traffic, &rule.peer)
            };
            !from.iter().any(same)
        };
        let more: Vec<_> = new.rules.iter().filter(|rule| missing(rule, &old.rules)).collect();
        let less: Vec<_> = old.rules.iter().filter(|rule| missing(rule, &new.rules)).collect();
        let of = |rule: &SecurityGroupRule| more.iter().any(|new| is_within(new, rule));
        steps.narrowed += less.iter().filter(|rule| of(rule)).count();
        steps.removed += less.iter().filter(|rule| !of(rule)).count();
        first.extend(
            more.into_iter()
                .map(|rule| Change::AuthorizeSecurityGroup { group: new.id.clone(), rule: rule.clone() }),
        );
        last.extend(
            less.into_iter()
                .map(|rule| Change::RevokeSecurityGroup { group: new.id.clone(), rule: rule.clone() }),
        );
    }
    let lists = before.model().network_acls.values().zip(after.model().network_acls.values());
    for (old, new) in lists {
        for entry in &old.entries {
            let same =
                |other: &&NetworkAclEntry| (other.egress, other.number) == (entry.egress, entry.number);
            match new.entries.iter().find(same) {
                None => {
                    let (acl, egress, number) = (new.id.clone(), entry.egress, entry.number);
                    last.push(Change::DeleteNetworkAclEntry { acl, egress, number });
                    steps.removed += 1;
                }
                Some(now) if (now.traffic, now.cidr) != (entry.traffic, entry.cidr) => {
                    first.push(Change::ReplaceNetworkAclEntry { acl: new.id.clone(), entry: now.clone() });
                    steps.narrowed += 1;
                }
                Some(_) => {}
            }
        }
    }
    steps.changes = first.into_iter().chain(last).collect();
    steps
}

/// Whether a rule lets through a part of what another does.
fn is_within(part: &SecurityGroupRule, whole: &SecurityGroupRule) -> bool {
    let same_peers = match (&part.peer, &whole.peer) {
        (Peer::Cidr(part), Peer::Cidr(whole)) => whole.contains(part),
        (part, whole) => part == whole,
    };
    part.egress == whole.egress && same_peers && whole.traffic.covers(part.traffic)
}
