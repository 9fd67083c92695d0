//! Marks: the number by which a packet says which rule took it, and what that rule does.

use std::collections::{BTreeMap, HashMap};

use engine::{Network, RuleAction, RuleRef};
use model::{Ix, NetworkAcl, SecurityGroup};

use crate::error::LabError;
use crate::numbers::Keyed;

/// Set where the gate drops the packet.
pub const DROPS: u32 = 0x8000_0000;
/// Set where nobody can say what the rule does; the lab drops such packets.
pub const UNKNOWN: u32 = 0x4000_0000;
/// Set by security groups where the flow is not tracked (S1.32).
pub const UNTRACKED: u32 = 0x2000_0000;
/// What no rule took.
pub const NO_RULE: u32 = DROPS;

/// The first number of a rule that the export has; the one before is of what it lacks.
const FIRST: u32 = 2;

/// Whose rules have numbers in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Group(Ix<SecurityGroup>),
    List(Ix<NetworkAcl>),
}

/// The numbers of rules: the same for the same network, whatever was marked before.
#[derive(Debug, Default)]
pub struct Marks {
    /// By the first number: whose rules, and how many.
    sources: BTreeMap<u32, (Source, u32)>,
    firsts: HashMap<Source, u32>,
}

impl Marks {
    /// Numbers for every rule of a network.
    ///
    /// # Errors
    /// If there are more rules than numbers.
    pub fn new(network: &Network, numbers: &mut Keyed) -> Result<Marks, LabError> {
        let model = network.model();
        let groups = model.security_groups.iter();
        let groups =
            groups.map(|(ix, noun)| (Source::Group(ix), format!("group {}", noun.id), noun.rules.len()));
        let lists = model.network_acls.iter();
        let lists =
            lists.map(|(ix, noun)| (Source::List(ix), format!("list {}", noun.id), noun.entries.len()));
        let mut marks = Marks::default();
        for (source, key, count) in groups.chain(lists) {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            let first = numbers.block(&key, count).saturating_add(FIRST);
            if first.saturating_add(count) >= UNTRACKED {
                return Err(LabError::TooLarge(
                    "there are more rules than marks: `portcullis lab down`, then `up` begins to count anew"
                        .into(),
                ));
            }
            if count > 0 {
                marks.sources.insert(first, (source, count));
                marks.firsts.insert(source, first);
            }
        }
        Ok(marks)
    }

    /// The mark of what a rule takes.
    pub fn mark(&self, rule: RuleRef, action: &RuleAction) -> u32 {
        let of = |source, position: usize| {
            let first = self.firsts.get(&source).copied().unwrap_or(0);
            first.saturating_add(u32::try_from(position).unwrap_or(0))
        };
        let number = match rule {
            RuleRef::SecurityGroup(ix, position) => of(Source::Group(ix), position),
            RuleRef::NetworkAcl(ix, position) => of(Source::List(ix), position),
            RuleRef::Missing => 1,
        };
        number
            | match action {
                RuleAction::Allow => 0,
                RuleAction::Deny => DROPS,
                RuleAction::Unknown(_) => DROPS | UNKNOWN,
            }
    }

    /// The rule that a mark names; `None` where no rule took the packet.
    pub fn rule(&self, mark: u32) -> Option<RuleRef> {
        let number = mark & !(DROPS | UNKNOWN | UNTRACKED);
        if number == 1 {
            return Some(RuleRef::Missing);
        }
        let (first, (source, count)) = self.sources.range(..=number).next_back()?;
        let position = number.checked_sub(*first).filter(|position| position < count)?;
        Some(source.rule(usize::try_from(position).ok()?))
    }

    /// Every rule with a number, and the number.
    pub fn rules(&self) -> impl Iterator<Item = (u32, RuleRef)> + '_ {
        self.sources.iter().flat_map(|(&first, &(source, count))| {
            (first..).zip(0..count).map(move |(number, position)| {
                (number, source.rule(usize::try_from(position).unwrap_or(usize::MAX)))
            })
        })
    }
}

impl Source {
    fn rule(self, position: usize) -> RuleRef {
        match self {
            Source::Group(ix) => RuleRef::SecurityGroup(ix, position),
            Source::List(ix) => RuleRef::NetworkAcl(ix, position),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_names_its_rule_whatever_the_rule_does() {
        let network = testkit::network(&["vpc vpc-1 10.0.0.0/16\nsubnet s 10.0.0.0/24 acl=a\nacl a"]);
        let marks = Marks::new(&network, &mut Keyed::default()).unwrap();
        let acl = network.model().network_acls.ix("a");
        let rules: Vec<_> =
            acl.into_iter().flat_map(|ix| [0, 1].map(|n| RuleRef::NetworkAcl(ix, n))).collect();
        let [first, second] = rules.as_slice() else { panic!("two rules") };
        let (allow, deny) = (marks.mark(*first, &RuleAction::Allow), marks.mark(*second, &RuleAction::Deny));
        assert_eq!((marks.rule(allow), marks.rule(deny)), (Some(*first), Some(*second)));
        assert_eq!((allow & DROPS, deny & DROPS), (0, DROPS));
        let unknown = marks.mark(*first, &RuleAction::Unknown("why".into()));
        assert_eq!((marks.rule(unknown), unknown & DROPS, unknown & UNKNOWN), (Some(*first), DROPS, UNKNOWN));
        assert_eq!((marks.rule(NO_RULE), marks.rule(1 << 20)), (None, None));
        assert_eq!(marks.rule(marks.mark(RuleRef::Missing, &RuleAction::Allow)), Some(RuleRef::Missing));
        assert!(marks.rules().all(|(number, rule)| marks.rule(number) == Some(rule)));
        let entries = network.model().network_acls.values().map(|acl| acl.entries.len());
        assert_eq!(marks.rules().count(), entries.sum::<usize>());
    }
}
