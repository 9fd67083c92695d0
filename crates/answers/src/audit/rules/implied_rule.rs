//! PC0205: rules of security groups that let nothing through that others do not.

use model::{Change, Peer};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Set};

use super::Rule;
use crate::audit::groups::{self, At, Lets};
use crate::audit::services::count;
use crate::audit::shared::Shared;
use crate::audit::{Finding, Fix, Found, Related, Severity, Subject};

pub(super) static RULE: Rule = Rule {
    id: "PC0205",
    name: "implied-rule",
    severity: Severity::Note,
    title: "a rule of a security group that lets through nothing that other rules do not",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A rule of a security group of which other rules let everything through, on every interface that has the group: rules of the
same group, or of others that the interfaces have besides (S1.26). Several rules may do so together. A reference to a group
is implied by the same reference, or by rules for all addresses, and not by a block that happens to hold its members today.

Of two rules that imply each other one is found. All that are found can go together.

A group that no interface has and no rule names is found too: it changes nothing.

## Why

Every rule has to be read by whoever asks what is open, and counts for the quota (S1.53). Somebody who takes an implied rule
away to close a port believes that it is closed.

## Example

```text
sg-web in   allow tcp 443 from 0.0.0.0/0
            allow tcp 443 from 198.51.100.0/24       implied by the first
```

## Fix

Take the rule away: what the interfaces let through stays the same, whoever their peers are. New connections are meant;
where a rule for all addresses goes and narrower ones stay, connections are tracked from then on that were not (S1.32).
";

/// One list of groups, one direction: its rules, and what of each no other rule lets through.
struct Together {
    rules: Vec<Lets>,
}

fn check(shared: &Shared<'_>, found: &mut Found) {
    let (network, mut sets) = (shared.network, Diagrams::new());
    let mut together: Vec<Together> = Vec::new();
    let mut of_rule: FxHashMap<At, Vec<usize>> = FxHashMap::default();
    let lists = groups::lists(network);
    for interface in lists.values().filter_map(|interfaces| interfaces.first()) {
        for egress in [false, true] {
            let rules = groups::lets(network, *interface, egress, &mut sets);
            for rule in &rules {
                of_rule.entry(rule.at).or_default().push(together.len());
            }
            together.push(Together { rules });
        }
    }
    let mut doubtful: FxHashSet<At> = FxHashSet::default();
    for one in &together {
        doubtful.extend(one.needed(&mut sets));
    }
    let mut gone: FxHashSet<At> = FxHashSet::default();
    for (group, noun) in network.model().security_groups.iter() {
        for position in 0..noun.rules.len() {
            let at = (group, position);
            let Some(in_lists) = of_rule.get(&at).filter(|_| !doubtful.contains(&at)) else { continue };
            let in_lists = in_lists.iter().filter_map(|ix| together.get(*ix));
            let by: Option<Vec<Vec<At>>> = in_lists.map(|one| one.implied(at, &gone, &mut sets)).collect();
            let Some(by) = by else { continue };
            gone.insert(at);
            let mut by: Vec<At> = by.into_iter().flatten().collect();
            by.sort_unstable();
            by.dedup();
            found.add(implied(shared, at, &by));
        }
    }
    unused(shared, found);
}

impl Together {
    /// The rules that let something through that no other does, or of which that is not known.
    fn needed(&self, sets: &mut Diagrams) -> Vec<At> {
        let blocks: Vec<&Lets> =
            self.rules.iter().filter(|rule| rule.known && rule.reference().is_none()).collect();
        // What all blocks before one let through, and all behind it: linear, where a union of the others for each is not.
        let mut before = vec![[Set::EMPTY; 2]];
        for rule in &blocks {
            let last = before.last().copied().unwrap_or([Set::EMPTY; 2]);
            before.push(joined(last, rule.sets, sets));
        }
        let all = before.last().copied().unwrap_or([Set::EMPTY; 2]);
        let (mut needed, mut behind) = (Vec::new(), [Set::EMPTY; 2]);
        for (rule, before) in blocks.iter().zip(&before).rev() {
            let others = joined(*before, behind, sets);
            if !within(rule.sets, others, sets) || rule.sets == [Set::EMPTY; 2] {
                needed.push(rule.at);
            }
            behind = joined(behind, rule.sets, sets);
        }
        for rule in self.rules.iter().filter(|rule| !rule.known || rule.reference().is_some()) {
            let same = self
                .rules
                .iter()
                .filter(|other| other.known && other.at != rule.at && other.reference() == rule.reference());
            let others = same.fold(all, |others, other| joined(others, other.sets, sets));
            if !rule.known || !within(rule.sets, others, sets) {
                needed.push(rule.at);
            }
        }
        needed
    }

    /// The other rules, but for those that are gone, that together let everything through that one does; `None` if they
    /// do not.
    fn implied(&self, at: At, gone: &FxHashSet<At>, sets: &mut Diagrams) -> Option<Vec<At>> {
        let rule = self.rules.iter().find(|rule| rule.at == at)?;
        let counts = |other: &&Lets| {
            let same = other.reference().is_none() || other.reference() == rule.reference();
            other.known && same && other.at != at && !gone.contains(&other.at)
        };
        let others: Vec<&Lets> = self.rules.iter().filter(counts).collect();
        if let Some(one) = others.iter().find(|other| within(rule.sets, other.sets, sets)) {
            return Some(vec![one.at]);
        }
        let (mut left, mut by) = (rule.sets, Vec::new());
        for other in others {
            let [v4, v6] = left;
            let [of_v4, of_v6] = other.sets;
            let rest = [sets.subtract(v4, of_v4), sets.subtract(v6, of_v6)];
            if rest != left {
                by.push(other.at);
            }
            left = rest;
        }
        (left == [Set::EMPTY; 2]).then_some(by)
    }
}

fn joined(a: [Set; 2], b: [Set; 2], sets: &mut Diagrams) -> [Set; 2] {
    let ([a4, a6], [b4, b6]) = (a, b);
    [sets.union(a4, b4), sets.union(a6, b6)]
}

fn within(a: [Set; 2], b: [Set; 2], sets: &mut Diagrams) -> bool {
    let ([a4, a6], [b4, b6]) = (a, b);
    sets.is_subset(a4, b4) && sets.is_subset(a6, b6)
}

fn implied(shared: &Shared<'_>, at: At, by: &[At]) -> Finding {
    let network = shared.network;
    let group = network.model().security_groups.at(at.0);
    let subject = Subject::of("security-group", group);
    let text = groups::text(network, at);
    let Some(rule) = groups::rule_at(network, at) else { return Finding::default() };
    let title = "other rules let through all that this one does";
    let mut finding = Finding::about(network, Severity::Note, title, subject, text, rule.origin);
    for &other in by {
        let origin = groups::rule_at(network, other).map_or(rule.origin, |rule| rule.origin);
        finding.related.push(Related::at(
            network,
            format!("implied by {}", groups::text(network, other)),
            origin,
        ));
    }
    let members = network.resolved().members_of(at.0).len();
    finding.effect.push(format!("no new connection of {} depends on it", count(members, "interface")));
    let whole = |peer: &Peer| matches!(peer, Peer::Cidr(block) if block.prefix_len() == 0);
    let others = by.iter().filter_map(|at| groups::rule_at(network, *at));
    if whole(&rule.peer) && !others.map(|rule| &rule.peer).all(whole) {
        finding.effect.push("without it, connections may be tracked that are not now (S1.32)".into());
    }
    let change = Change::RevokeSecurityGroup { group: group.id.clone(), rule: rule.clone() };
    let proof = "every interface that has the group lets the same through".into();
    finding.fix = Some(Fix { changes: vec![change], equal: true, proof, ..Fix::default() });
    finding
}

/// Groups that no interface has and no rule names.
fn unused(shared: &Shared<'_>, found: &mut Found) {
    let model = shared.network.model();
    let rules = model.security_groups.values().flat_map(|group| &group.rules);
    let named: FxHashSet<&str> = rules
        .filter_map(|rule| match &rule.peer {
            Peer::Group(group) => Some(group.as_str()),
            _ => None,
        })
        .collect();
    for (ix, group) in model.security_groups.iter() {
        let idle = shared.network.resolved().members_of(ix).is_empty() && !named.contains(group.id.as_str());
        // A VPC's default group is always there (S1.28).
        if !idle || group.name.as_deref() == Some("default") {
            continue;
        }
        let subject = Subject::of("security-group", group);
        let (title, text) = ("no interface of the export has this group", subject.name.clone());
        let mut finding = Finding::about(shared.network, Severity::Note, title, subject, text, group.origin);
        finding.effect.push("nothing that works depends on it".into());
        finding.help = Some("delete it, unless a launch template that is not in the export names it".into());
        found.add(finding);
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::found;

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        subnet one 10.0.0.0/24
        sg sg-2
        eni eni-1 one 10.0.0.10 groups=sg-1
        eni eni-2 one 10.0.0.11 groups=sg-2
    ";

    fn of(rules: &str) -> Vec<String> {
        found("PC0205", &[NETWORK, rules])
    }

    #[test]
    fn a_rule_within_another_is_implied() {
        let rules = "sg sg-1 in: tcp 443 0.0.0.0/0 | tcp 443 10.0.0.0/8 | tcp 443 ::/0";
        let text =
            "note other rules let through all that this one does: sg-1 in allow tcp 443 from 10.0.0.0/8";
        assert_eq!(of(rules), [text]);
    }

    #[test]
    fn two_rules_imply_a_third_together() {
        let rules = "sg sg-1 in: tcp 0.0.0.0/1 | tcp 128.0.0.0/1 | tcp 80 0.0.0.0/0";
        assert_eq!(of(rules).len(), 1);
    }

    /// Both say the same: one of them goes, and not both.
    #[test]
    fn of_two_that_are_equal_one_is_found() {
        let rules = "sg sg-1 in: tcp 80-81 10.0.0.0/8
            sg sg-3 in: tcp 80-81 10.0.0.0/8
            eni eni-3 one 10.0.0.12 groups=sg-1,sg-3
            eni eni-4 one 10.0.0.13 groups=sg-3";
        let text =
            "note other rules let through all that this one does: sg-3 in allow tcp 80-81 from 10.0.0.0/8";
        assert!(of(rules).iter().all(|found| found != text), "eni-4 has nothing else");
    }

    /// The members' addresses are in the block today; the reference is for whoever joins (S1.15).
    #[test]
    fn a_block_does_not_imply_a_reference_but_all_addresses_do() {
        assert!(of("sg sg-1 in: tcp 80 10.0.0.0/24 | tcp 80 sg-2").is_empty());
        let all = of("sg sg-1 in: tcp 0.0.0.0/0 | tcp ::/0 | tcp 80 sg-2");
        assert_eq!(
            all,
            ["note other rules let through all that this one does: sg-1 in allow tcp 80 from sg-2"]
        );
    }

    #[test]
    fn other_directions_ports_and_families_do_not() {
        assert!(of("sg sg-1 in: tcp 80 0.0.0.0/0\nsg sg-1 out: tcp 80 0.0.0.0/0").is_empty());
        assert!(of("sg sg-1 in: tcp 80 0.0.0.0/0 | tcp 80 ::/0 | udp 80 0.0.0.0/0").is_empty());
    }

    #[test]
    fn a_group_that_nothing_has_or_names() {
        let rules = "sg sg-1 in: tcp 80 sg-5\nsg sg-5\nsg sg-6 in: tcp 80 0.0.0.0/0";
        assert_eq!(of(rules), ["note no interface of the export has this group: sg-6"]);
    }
}
