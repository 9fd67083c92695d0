//! PC0103: what the internet reaches over IPv6 and not over IPv4.

use indexmap::IndexMap;

use super::Rule;
use crate::audit::services::count;
use crate::audit::shared::Shared;
use crate::audit::{Finding, Found, Severity, Subject};
use crate::exposure::{Finding as Exposed, Grade};

pub(super) static RULE: Rule = Rule {
    id: "PC0103",
    name: "exposed-on-ipv6-only",
    severity: Severity::Warning,
    title: "ports that the internet reaches over IPv6 and not over IPv4",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

An interface with a public IPv4 address of which the internet reaches TCP or UDP ports over IPv6 that it does not reach over
IPv4, not even in part. One finding is for one set of rules.

What is reached behind load balancers, or over peering connections, is `portcullis reach`'s to say: that is how networks are
built, and no trouble.

## Why

The IPv4 side says what was meant. Rules for `0.0.0.0/0` do not cover IPv6 (S1.12, S2.6), so a deny or a narrower block in
IPv4 has no counterpart, and nobody looks.

## Example

```text
nacl-web in   100 deny all      from 0.0.0.0/0
              110 allow tcp 22  from ::/0
```

## Fix

Write the same rules for both families.
";

/// What is reached, of whom, and which ports.
type OverIpv6<'f> = (&'f Exposed, Vec<String>, Vec<String>);

fn check(shared: &Shared<'_>, found: &mut Found) {
    let reached = |finding: &&Exposed| finding.grade <= Grade::Undecided;
    let findings: Vec<&Exposed> = shared.exposure().findings.iter().filter(reached).collect();
    let mut by_rules: IndexMap<Vec<(String, String)>, OverIpv6<'_>> = IndexMap::new();
    let six = |finding: &&&Exposed| {
        finding.family == "IPv6" && [Grade::Exposed, Grade::Partial].contains(&finding.grade)
    };
    for &finding in findings.iter().filter(six) {
        for who in &finding.of {
            let Some(interface) = who.interface.as_deref() else { continue };
            let noun = shared.network.model().network_interfaces.get(interface);
            if !noun.is_some_and(|noun| noun.addresses.iter().any(|address| address.public.is_some())) {
                continue;
            }
            let four: Vec<&&Exposed> = findings
                .iter()
                .filter(|other| {
                    other.family == "IPv4" && other.of.iter().any(|own| own.interface == who.interface)
                })
                .collect();
            let only = ports(finding).filter(|(protocol, range)| {
                !four
                    .iter()
                    .any(|other| ports(other).any(|(of, over)| of == *protocol && touches(over, *range)))
            });
            let only: Vec<String> =
                only.map(|(protocol, (first, last))| text(protocol, first, last)).collect();
            if only.is_empty() {
                continue;
            }
            let rules = finding.rules.iter().map(|rule| (rule.of.clone(), rule.text.clone())).collect();
            let entry = by_rules.entry(rules).or_insert((finding, Vec::new(), Vec::new()));
            entry.1.push(who.name.clone());
            entry.2.extend(only);
        }
    }
    for (rules, (finding, mut names, mut services)) in by_rules {
        names.sort();
        names.dedup();
        services.sort();
        services.dedup();
        let of = rules.first().map_or("", |(of, _)| of);
        let group = shared.network.model().security_groups.values();
        let mut group = group.filter(|group| crate::explain::gates::named(*group) == of);
        let subject = match group.next() {
            Some(group) => Subject::of("security-group", group),
            None => Subject { kind: "network-interface", name: names.concat(), id: names.concat() },
        };
        found.add(Finding {
            severity: Severity::Warning,
            title: "the internet reaches this over IPv6 and not over IPv4".into(),
            text: rules.first().map_or_else(String::new, |(of, text)| format!("{of} in {text}")),
            location: finding.rules.first().and_then(|rule| rule.location.clone()),
            effect: vec![format!("{} of {}", services.join(", "), count(names.len(), "interface"))],
            subject,
            ..Finding::default()
        });
    }
}

fn ports(finding: &Exposed) -> impl Iterator<Item = (&'static str, (u16, u16))> {
    let with_ports = finding.services.iter().filter(|services| ["tcp", "udp"].contains(&services.protocol));
    with_ports.flat_map(|services| {
        services.numbers.iter().filter_map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            Some((services.protocol, (first.parse().ok()?, last.parse().ok()?)))
        })
    })
}

fn touches((first, last): (u16, u16), (from, to): (u16, u16)) -> bool {
    first <= to && from <= last
}

fn text(protocol: &str, first: u16, last: u16) -> String {
    if first == last { format!("{protocol} {first}") } else { format!("{protocol} {first}-{last}") }
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::found;

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16 2001:db8:1::/56
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1 | ::/0 igw-1
        subnet public 10.0.0.0/24 2001:db8:1::/64 acl=acl-1
        acl acl-1 out: 100 allow all 0.0.0.0/0 | 110 allow all ::/0
        sg sg-1 in: tcp 22 0.0.0.0/0 | tcp 22 ::/0
        eni eni-1 public 10.0.0.10 2001:db8:1::10 public=198.51.100.10 groups=sg-1
    ";

    #[test]
    fn a_deny_that_only_ipv4_has() {
        let acl = "acl acl-1 in: 100 deny all 0.0.0.0/0 | 110 allow tcp 22 ::/0";
        let text =
            "warning the internet reaches this over IPv6 and not over IPv4: sg-1 in allow tcp 22 from ::/0";
        assert_eq!(found("PC0103", &[NETWORK, acl]), [text]);
    }

    #[test]
    fn both_families_or_no_public_address() {
        let acl = "acl acl-1 in: 100 allow all 0.0.0.0/0 | 110 allow tcp 22 ::/0";
        assert!(found("PC0103", &[NETWORK, acl]).is_empty());
        let acl = "acl acl-1 in: 100 deny all 0.0.0.0/0 | 110 allow tcp 22 ::/0";
        assert!(found("PC0103", &[&NETWORK.replace("public=198.51.100.10 ", ""), acl]).is_empty());
    }
}
