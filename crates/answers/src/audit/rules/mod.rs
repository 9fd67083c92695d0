//! The rules, one file each.

mod asymmetric;
mod bypass;
mod dead_reference;
mod deny_collateral;
mod exposed;
mod fewer_rules;
mod group_reference;
mod health_check;
mod hops;
mod idle_rule;
mod implied_rule;
mod kept_address;
mod one_layer;
mod one_way;
mod overdue_grant;
mod path_mtu;
mod reply_blocked;
mod reply_partial;
mod shadowed_entry;
mod store_egress;
mod unused_allow;
mod zone_partial;

use super::shared::Shared;
use super::{Found, Severity};

/// A rule.
pub struct Rule {
    /// Its stable id: `PC0203`.
    pub id: &'static str,
    /// Its name in words of a path: `shadowed-entry`.
    pub name: &'static str,
    /// The worst that its findings can be.
    pub severity: Severity,
    /// What it is about, in one line, lower case.
    pub title: &'static str,
    /// What it looks for, why that is bad, an example, and how to mend it: Markdown, with these four headings.
    pub docs: &'static str,
    pub(super) check: fn(&Shared<'_>, &mut Found),
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// All rules, in the order of their ids. A new rule is a file here and a line.
pub static RULES: &[&Rule] = &[
    &exposed::RULE,
    &hops::RULE,
    &one_way::RULE,
    &reply_blocked::RULE,
    &reply_partial::RULE,
    &shadowed_entry::RULE,
    &deny_collateral::RULE,
    &implied_rule::RULE,
    &idle_rule::RULE,
    &unused_allow::RULE,
    &dead_reference::RULE,
    &one_layer::RULE,
    &group_reference::RULE,
    &fewer_rules::RULE,
    &zone_partial::RULE,
    &health_check::RULE,
    &asymmetric::RULE,
    &kept_address::RULE,
    &path_mtu::RULE,
    &store_egress::RULE,
    &bypass::RULE,
    &overdue_grant::RULE,
];

/// The rule with an id or a name.
pub fn rule(called: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id.eq_ignore_ascii_case(called) || rule.name == called).copied()
}

#[cfg(test)]
pub(super) mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids and names are what people write into files: each is of one rule, and the table is in order.
    #[test]
    fn ids_and_names_are_unique_and_in_order() {
        assert!(RULES.windows(2).all(|pair| pair[0].id < pair[1].id));
        for one in RULES {
            assert_eq!(RULES.iter().filter(|other| other.name == one.name).count(), 1, "{one:?}");
            assert_eq!(rule(one.name).map(|rule| rule.id), Some(one.id));
            assert_eq!(rule(&one.id.to_lowercase()).map(|rule| rule.id), Some(one.id));
        }
    }

    #[test]
    fn every_rule_says_what_why_an_example_and_the_fix() {
        for one in RULES {
            let headings: Vec<&str> = one.docs.lines().filter(|line| line.starts_with("## ")).collect();
            assert_eq!(headings, ["## What", "## Why", "## Example", "## Fix"], "{one:?}");
            assert!(
                !one.title.ends_with('.') && one.title.starts_with(char::is_lowercase)
                    || one.title.starts_with("SG")
            );
        }
    }
}
