//! Marks: the number by which a packet says which rule took it, and what that rule does.

use engine::{RuleAction, RuleRef};
use std::collections::HashMap;

/// Set where the gate drops the packet.
pub const DROPS: u32 = 0x8000_0000;
/// Set where nobody can say what the rule does; the lab drops such packets.
pub const UNKNOWN: u32 = 0x4000_0000;
/// Set by security groups where the flow is not tracked (S1.32).
pub const UNTRACKED: u32 = 0x2000_0000;
/// What no rule took.
pub const NO_RULE: u32 = DROPS;

/// The numbers of rules.
#[derive(Debug, Default)]
pub struct Marks {
    rules: Vec<RuleRef>,
    numbers: HashMap<RuleRef, u32>,
}

impl Marks {
    /// The mark of what a rule takes.
    pub fn mark(&mut self, rule: RuleRef, action: &RuleAction) -> u32 {
        let rules = &mut self.rules;
        let number = *self.numbers.entry(rule).or_insert_with(|| {
            rules.push(rule);
            // Far fewer than 2^29: a rule takes more than a byte of an export.
            u32::try_from(rules.len()).unwrap_or(0)
        });
        number
            | match action {
                RuleAction::Allow => 0,
                RuleAction::Deny => DROPS,
                RuleAction::Unknown(_) => DROPS | UNKNOWN,
            }
    }

    /// The rule that a mark names; `None` where no rule took the packet.
    pub fn rule(&self, mark: u32) -> Option<RuleRef> {
        let position = usize::try_from(mark & !(DROPS | UNKNOWN | UNTRACKED)).ok()?.checked_sub(1)?;
        self.rules.get(position).copied()
    }

    /// Every rule with a number, and the number.
    pub fn rules(&self) -> impl Iterator<Item = (u32, RuleRef)> + '_ {
        (1..).zip(self.rules.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_names_its_rule_whatever_the_rule_does() {
        let mut marks = Marks::default();
        let network = testkit::network(&["vpc vpc-1 10.0.0.0/16\nsubnet s 10.0.0.0/24 acl=a\nacl a"]);
        let acl = network.model().network_acls.ix("a");
        let rules: Vec<_> =
            acl.into_iter().flat_map(|ix| [0, 1].map(|n| RuleRef::NetworkAcl(ix, n))).collect();
        let [first, second] = rules.as_slice() else { panic!("two rules") };
        let (allow, deny) = (marks.mark(*first, &RuleAction::Allow), marks.mark(*second, &RuleAction::Deny));
        assert_eq!((marks.rule(allow), marks.rule(deny)), (Some(*first), Some(*second)));
        assert_eq!((allow & DROPS, deny & DROPS), (0, DROPS));
        let unknown = marks.mark(*first, &RuleAction::Unknown("why".into()));
        assert_eq!((marks.rule(unknown), unknown & DROPS, unknown & UNKNOWN), (Some(*first), DROPS, UNKNOWN));
        assert_eq!(marks.rule(NO_RULE), None);
    }
}
