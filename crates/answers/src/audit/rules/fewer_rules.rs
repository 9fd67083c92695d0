//! PC0303: security groups and network ACLs that fewer rules would say.

use engine::Network;
use model::{Change, Ix, NetworkAclEntry, Origin, Peer, SecurityGroup, SecurityGroupRule};
use rustc_hash::FxHashMap;
use space::{Diagrams, Set};

use super::Rule;
use crate::audit::groups;
use crate::audit::lists::{self, List};
use crate::audit::merge::{Named, Part, merged};
use crate::audit::services::count;
use crate::audit::shared::Shared;
use crate::audit::{Finding, Fix, Found, Severity, Subject};

pub(super) static RULE: Rule = Rule {
    id: "PC0303",
    name: "fewer-rules",
    severity: Severity::Note,
    title: "a security group or network ACL of which fewer rules say the same",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

One direction of a security group, or of a network ACL that guards subnets, in which rules merge: two halves of a block with
the same traffic, ports of the same peer that follow each other. Of a list, only entries that do the same and that no entry
which does the other thing stands between. Rules that others hold within them are PC0203's and PC0205's to find and are not
counted here.

The rules that are left are the fewest that merging two by two comes to. It is proved that they let the same through; that
nobody could say it with fewer still is not.

## Why

Every rule counts for a quota: 60 for each direction and family of a group (S1.53), 20 entries of a list, the final deny
among them (S2.19). And two halves look narrower than the whole that they are.

## Example

```text
sg-web in   allow tcp 443 from 0.0.0.0/1
            allow tcp 443 from 128.0.0.0/1          tcp 443 from 0.0.0.0/0
```

## Fix

The proposed changes add the merged rules before they take the others away, so that nothing is cut between. Where a rule for
all addresses takes the place of halves, connections may no longer be tracked (S1.32).
";

/// Something that merges: the changes, and the rules before and after.
struct Merging {
    changes: Vec<Change>,
    before: usize,
    after: usize,
    first: Origin,
    /// What is said once in place of several times, in words.
    new: Vec<String>,
}

fn check(shared: &Shared<'_>, found: &mut Found) {
    let (network, mut sets) = (shared.network, Diagrams::new());
    let mut of_groups: Vec<(Ix<SecurityGroup>, bool, Merging)> = Vec::new();
    for (ix, group) in network.model().security_groups.iter() {
        if group.incomplete || network.resolved().members_of(ix).is_empty() {
            continue;
        }
        for egress in [false, true] {
            of_groups.extend(of_group(group, egress).map(|merging| (ix, egress, merging)));
        }
    }
    let all = lists::lists(network, &mut sets);
    let of_lists: Vec<(&List, Merging)> =
        all.iter().filter_map(|list| Some((list, of_list(network, list)?))).collect();
    let groups = of_groups.iter().map(|(.., merging)| merging);
    let changes: Vec<Change> = groups
        .chain(of_lists.iter().map(|(_, merging)| merging))
        .flat_map(|merging| merging.changes.iter().cloned())
        .collect();
    // Each touches a group or list of its own: what is so with all of them is so with one.
    let Ok(after) = network.after(&changes) else { return };
    for (ix, egress, merging) in of_groups {
        if let Some(member) = network.resolved().members_of(ix).first() {
            let [was, is] = [network, &after].map(|network| lets(network, ix, *member, egress, &mut sets));
            if was != is {
                continue;
            }
        }
        let group = network.model().security_groups.at(ix);
        let subject = Subject::of("security-group", group);
        let proof = "every interface that has the group lets the same through";
        found.add(finding(network, subject, egress, merging, proof));
    }
    for (list, merging) in of_lists {
        if lists::same(network, &after, list, &mut sets) {
            let subject = Subject::of("network-acl", list.noun(network));
            found.add(finding(network, subject, list.egress, merging, "the list lets the same through"));
        }
    }
}

fn finding(network: &Network, subject: Subject, egress: bool, merging: Merging, proof: &str) -> Finding {
    let (way, noun) =
        (if egress { "out" } else { "in" }, if subject.kind == "network-acl" { "entry" } else { "rule" });
    let number = |number: usize| match (noun, number) {
        ("entry", number) if number != 1 => format!("{number} entries"),
        _ => count(number, noun),
    };
    let says = if merging.after == 1 { "says" } else { "say" };
    let title = format!("{} {says} what {} do", number(merging.after), number(merging.before));
    let text = format!("{} {way}", subject.name);
    let mut finding = Finding::about(network, Severity::Note, title, subject, text, merging.first);
    finding.effect.push(format!("in place of several: {}", merging.new.join("; ")));
    finding.fix = Some(Fix { changes: merging.changes, equal: true, proof: proof.into(), ..Fix::default() });
    finding
}

/// What a group's own rules let through in a direction: of blocks together, and of each reference.
fn lets(
    network: &Network,
    group: Ix<SecurityGroup>,
    member: Ix<model::NetworkInterface>,
    egress: bool,
    sets: &mut Diagrams,
) -> FxHashMap<Option<model::Id>, [Set; 2]> {
    let mut all: FxHashMap<Option<model::Id>, [Set; 2]> = FxHashMap::default();
    for rule in groups::lets(network, member, egress, sets) {
        if rule.at.0 == group {
            let [v4, v6] = rule.sets;
            let known = all.entry(rule.reference().cloned()).or_insert([Set::EMPTY; 2]);
            let [known_v4, known_v6] = *known;
            *known = [sets.union(known_v4, v4), sets.union(known_v6, v6)];
        }
    }
    all
}

/// The parts that are not within another one.
fn apart(parts: &[Part]) -> usize {
    let within = |one: &Part, other: &Part| match (&one.named, &other.named) {
        (Named::Block(a), Named::Block(b)) => b.contains(a) && covers(other, one),
        (a, b) => a == b && covers(other, one),
    };
    let is_within = |at: usize, one: &Part| {
        // Of two that are equal one counts.
        parts
            .iter()
            .enumerate()
            .any(|(of, other)| of != at && within(one, other) && (of < at || !within(other, one)))
    };
    parts.iter().enumerate().filter(|(at, part)| !is_within(*at, part)).count()
}

/// Whether some traffic is all within another.
fn covers(wide: &Part, narrow: &Part) -> bool {
    let of = |part: &Part, named: &Named| Part { named: named.clone(), ..part.clone() };
    let same = Named::Other(String::new());
    let both = merged(&[of(wide, &same), of(narrow, &same)]);
    both.len() == 1 && both.first().is_some_and(|one| one.traffic == wide.traffic)
}

fn of_group(group: &SecurityGroup, egress: bool) -> Option<Merging> {
    let rules: Vec<&SecurityGroupRule> = group.rules.iter().filter(|rule| rule.egress == egress).collect();
    let parts: Vec<Part> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| {
            let named = match &rule.peer {
                Peer::Cidr(block) => Named::Block(*block),
                Peer::Group(id) | Peer::PrefixList(id) => Named::Other(id.to_string()),
            };
            Part { named, traffic: rule.traffic, of: vec![at] }
        })
        .collect();
    let merged = merged(&parts);
    let before = if merged.len() < parts.len() { apart(&parts) } else { 0 };
    if merged.len() >= before {
        return None;
    }
    let (mut add, mut revoke, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for part in merged.iter().filter(|part| part.of.len() > 1) {
        let first = rules.get(*part.of.first()?)?;
        let peer = match &part.named {
            Named::Block(block) => Peer::Cidr(*block),
            Named::Other(_) => first.peer.clone(),
        };
        let rule = SecurityGroupRule {
            id: None,
            traffic: part.traffic,
            peer,
            description: None,
            origin: Origin::PROPOSED,
            egress,
        };
        let same = |of: &&usize| {
            rules.get(**of).is_some_and(|old| (old.traffic, &old.peer) == (rule.traffic, &rule.peer))
        };
        let kept = part.of.iter().find(same);
        let gone = part.of.iter().filter(|of| Some(*of) != kept).filter_map(|of| rules.get(*of));
        revoke.extend(
            gone.map(|old| Change::RevokeSecurityGroup { group: group.id.clone(), rule: (*old).clone() }),
        );
        new.push(rule.to_string());
        if kept.is_none() {
            add.push(Change::AuthorizeSecurityGroup { group: group.id.clone(), rule });
        }
    }
    let first = rules.first()?.origin;
    add.extend(revoke);
    Some(Merging { changes: add, before, after: merged.len(), first, new })
}

fn of_list(network: &Network, list: &List) -> Option<Merging> {
    let noun = list.noun(network);
    let entries: Vec<&NetworkAclEntry> =
        list.entries.iter().filter_map(|entry| noun.entries.get(entry.position)).collect();
    let (mut before, mut after, mut changes, mut new) = (0, 0, Vec::new(), Vec::new());
    for run in entries.chunk_by(|one, next| one.action == next.action) {
        let part = |(at, entry): (usize, &&NetworkAclEntry)| Part {
            named: Named::Block(entry.cidr),
            traffic: entry.traffic,
            of: vec![at],
        };
        let parts: Vec<Part> = run.iter().enumerate().map(part).collect();
        let merged = merged(&parts);
        let apart = if merged.len() < parts.len() { apart(&parts) } else { parts.len() };
        before += apart;
        after += merged.len().min(apart);
        if merged.len() >= apart {
            continue;
        }
        for part in merged.iter().filter(|part| part.of.len() > 1) {
            let Named::Block(cidr) = part.named else { continue };
            let mut of = part.of.clone();
            of.sort_unstable();
            let mut of = of.into_iter().filter_map(|of| run.get(of));
            let first = of.next()?;
            let entry =
                NetworkAclEntry { traffic: part.traffic, cidr, origin: Origin::PROPOSED, ..(*first).clone() };
            new.push(entry.to_string());
            if (entry.traffic, entry.cidr) != (first.traffic, first.cidr) {
                changes.push(Change::ReplaceNetworkAclEntry { acl: noun.id.clone(), entry });
            }
            changes.extend(of.map(|gone| Change::DeleteNetworkAclEntry {
                acl: noun.id.clone(),
                egress: list.egress,
                number: gone.number,
            }));
        }
    }
    let first = entries.first()?.origin;
    (after < before).then_some(Merging { changes, before, after, first, new })
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{findings, found};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        subnet one 10.0.0.0/24 acl=acl-1
        acl acl-1 out: 100 allow all 0.0.0.0/0
        eni eni-1 one 10.0.0.10 groups=sg-1
    ";

    fn of(rules: &str) -> Vec<String> {
        found("PC0303", &[NETWORK, rules])
    }

    #[test]
    fn two_halves_and_neighbouring_ports() {
        let rules =
            "sg sg-1 in: tcp 443 0.0.0.0/1 | tcp 443 128.0.0.0/1 | tcp 80 10.0.0.0/8 | tcp 81 10.0.0.0/8";
        assert_eq!(of(rules), ["note 2 rules say what 4 rules do: sg-1 in"]);
        let (_, findings) = findings("PC0303", &[NETWORK, rules]);
        let fix = findings[0].fix.as_ref().unwrap();
        assert!(fix.equal && fix.changes.len() == 6, "{:?}", fix.changes);
    }

    /// What is within another rule is PC0205's.
    #[test]
    fn rules_that_others_hold_do_not_count() {
        assert!(
            of("sg sg-1 in: tcp 443 10.0.0.0/8 | tcp 443 10.0.0.0/16 | tcp 1-65535 10.0.0.0/9").is_empty()
        );
        assert!(of("sg sg-1 in: tcp 80 10.1.0.0/16 | tcp 80 10.2.0.0/16 | udp 80 10.1.0.0/16").is_empty());
    }

    #[test]
    fn entries_with_nothing_of_the_other_action_between() {
        let list = "acl acl-1 in: 100 allow tcp 80 0.0.0.0/1 | 110 allow tcp 80 128.0.0.0/1";
        assert_eq!(of(list), ["note 1 entry says what 2 entries do: acl-1 in"]);
        let between = "acl acl-1 in: 100 allow tcp 80 0.0.0.0/1 | 105 deny all 10.0.0.0/8 | 110 allow tcp 80 128.0.0.0/1";
        assert!(of(between).is_empty());
    }
}
