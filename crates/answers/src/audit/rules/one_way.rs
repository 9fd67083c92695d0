//! PC0103: what the internet reaches in one way only: over IPv6 and not over IPv4, or through a load balancer.

use indexmap::IndexMap;
use model::{Ix, LoadBalancer, NetworkInterface};
use space::{Family, Region};

use super::Rule;
use crate::audit::counterexample::from_internet;
use crate::audit::services::{PortClass, count};
use crate::audit::shared::Shared;
use crate::audit::{Finding, Found, Severity, Subject};
use crate::explain::gates::named;
use crate::exposure::{Finding as Exposed, Grade, Services};

pub(super) static RULE: Rule = Rule {
    id: "PC0103",
    name: "exposed-one-way",
    severity: Severity::Warning,
    title: "what the internet reaches in one way only: over IPv6, or through a load balancer",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

- **IPv6 only:** an interface with a public IPv4 address of which the internet reaches TCP or UDP ports over IPv6 that it
  does not reach over IPv4, not even in part. One finding is for one set of rules.
- **Through a load balancer only:** a target that the internet does not reach by itself on a port for administration, of a
  database or of a plaintext protocol (PC0101 has the list), and that a load balancer sends to on that port what the internet
  asks of it. One finding is for one load balancer and target port. Other ports are how networks are built, and no trouble.

Over a peering connection nothing comes in from the internet by itself (S3.30): targets in the other VPC are found as those
of their load balancer.

## Why

Whoever looks at the interface's own rules sees that they do not let the internet in: a load balancer's node is inside, and
the port that it is asked on may be any. Of the two families the IPv4 side says what was meant: rules for `0.0.0.0/0` do not
cover IPv6 (S1.12, S2.6), so a deny or a narrower block in IPv4 has no counterpart, and nobody looks.

## Example

```text
nacl-web in   100 deny all      from 0.0.0.0/0
              110 allow tcp 22  from ::/0
```

```text
load balancer front: tcp 2222 from the internet, to web-1:22        nacl-web in allows 10.0.0.0/24 only
```

## Fix

Write the same rules for both families. Take the listener away, or let its security group name who needs it.
";

/// What is reached, of whom, which ports, and the first of these with their interface.
type OverIpv6<'f> = (&'f Exposed, Vec<String>, Vec<String>, Option<(Ix<NetworkInterface>, Ports)>);
/// A protocol and a range of its ports.
type Ports = (&'static str, (u16, u16));

fn check(shared: &Shared<'_>, found: &mut Found) {
    over_ipv6(shared, found);
    balanced(shared, found);
}

/// Services that only a load balancer makes reachable.
fn balanced(shared: &Shared<'_>, found: &mut Found) {
    let network = shared.network;
    let exposure = shared.exposure();
    let direct = |name: &str, port: u16| {
        exposure.findings.iter().any(|finding| {
            let reached = [Grade::Exposed, Grade::Partial].contains(&finding.grade);
            let serves = ports(finding).any(|(_, range)| touches(range, (port, port)));
            reached && serves && finding.of.iter().any(|who| who.name == name)
        })
    };
    for behind in &exposure.behind {
        let Some(balancer) = behind.by.first().and_then(|name| {
            let balancers = network.model().load_balancers.iter();
            balancers.map(|(ix, _)| ix).find(|ix| named(network.model().load_balancers.at(*ix)) == name)
        }) else {
            continue;
        };
        for (protocol, asked) in behind.services.iter().flat_map(ranges) {
            let target = behind.target_port.map_or(asked, |port| (port, port));
            let classes = [PortClass::Admin, PortClass::Database, PortClass::Plaintext];
            let risky = classes.into_iter().flat_map(PortClass::ports);
            for (_, port, name) in
                risky.filter(|(of, port, _)| *of == protocol && touches(target, (*port, *port)))
            {
                let only: Vec<&str> = behind
                    .targets
                    .iter()
                    .map(String::as_str)
                    .filter(|target| !direct(target, port))
                    .collect();
                if only.is_empty() {
                    continue;
                }
                let asked = if behind.target_port.is_some() { asked } else { (port, port) };
                found.add(through(shared, balancer, &behind.by, &only, (protocol, asked, port, name)));
            }
        }
    }
}

/// The protocol, the ports that the load balancer is asked on, the target's port and the name of its service.
type Sent = (&'static str, (u16, u16), u16, &'static str);

fn through(
    shared: &Shared<'_>,
    balancer: Ix<LoadBalancer>,
    by: &[String],
    targets: &[&str],
    (protocol, (first, last), port, name): Sent,
) -> Finding {
    let network = shared.network;
    let noun = network.model().load_balancers.at(balancer);
    let subject = Subject::of("load-balancer", noun);
    let title = format!("the internet reaches {name} through a load balancer and in no other way");
    let text = format!("{} to {protocol} {port}", by.join(", "));
    let mut finding = Finding::about(network, Severity::Warning, title, subject, text, noun.origin);
    let shown = match targets {
        [several @ .., _] if several.len() > 3 => {
            format!("{}, ..", targets.iter().take(3).copied().collect::<Vec<_>>().join(", "))
        }
        few => few.join(", "),
    };
    finding.effect.push(format!(
        "{} ({shown}) is asked for {} by whoever asks {} for {}",
        count(targets.len(), "target"),
        self::text(protocol, port, port),
        by.first().map_or("", String::as_str),
        self::text(protocol, first, last)
    ));
    let number = if protocol == "tcp" { 6 } else { 17 };
    let nodes = network.resolved().nodes_of(balancer).iter();
    let mut shown = nodes.flat_map(|node| [Family::V4, Family::V6].map(|family| (*node, family)));
    finding.counterexample = shown.find_map(|(node, family)| {
        let shown = from_internet(shared, node, family, |sets| {
            sets.region(&Region::FULL.protocol(number).server(first..=last))
        });
        shown.filter(|shown| shown.verdict == "allowed" || shown.verdict == "partial")
    });
    finding.help = Some("take the listener away, or let only those in who need it".into());
    finding.aspect = format!("through {protocol} {first}-{last}");
    finding
}

/// What is reached over IPv6 and not over IPv4.
fn over_ipv6(shared: &Shared<'_>, found: &mut Found) {
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
            let only: Vec<Ports> = only.collect();
            let Some(first) = only.first() else { continue };
            let interface = shared.network.model().network_interfaces.ix(interface);
            let shown = interface.map(|interface| (interface, *first));
            let only: Vec<String> =
                only.iter().map(|(protocol, (first, last))| text(protocol, *first, *last)).collect();
            let rules = finding.rules.iter().map(|rule| (rule.of.clone(), rule.text.clone())).collect();
            let entry = by_rules.entry(rules).or_insert((finding, Vec::new(), Vec::new(), shown));
            entry.1.push(who.name.clone());
            entry.2.extend(only);
        }
    }
    for (rules, (finding, mut names, mut services, shown)) in by_rules {
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
            counterexample: shown.and_then(|(interface, (protocol, (first, last)))| {
                let number = if protocol == "tcp" { 6 } else { 17 };
                from_internet(shared, interface, Family::V6, |sets| {
                    sets.region(&Region::FULL.protocol(number).server(first..=last))
                })
            }),
            ..Finding::default()
        });
    }
}

fn ports(finding: &Exposed) -> impl Iterator<Item = Ports> {
    finding.services.iter().flat_map(ranges)
}

/// The ranges of ports of TCP or of UDP.
fn ranges(services: &Services) -> impl Iterator<Item = Ports> {
    let numbers = services.numbers.iter().filter(|_| ["tcp", "udp"].contains(&services.protocol));
    numbers.filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((services.protocol, (first.parse().ok()?, last.parse().ok()?)))
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
    use crate::audit::rules::testing::{found, question_of};

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
        assert_eq!(
            question_of("PC0103", &[NETWORK, acl]),
            [("2001:db8::7 -> eni-1:tcp/22 from-port 50000".into(), "allowed")]
        );
    }

    #[test]
    fn both_families_or_no_public_address() {
        let acl = "acl acl-1 in: 100 allow all 0.0.0.0/0 | 110 allow tcp 22 ::/0";
        assert!(found("PC0103", &[NETWORK, acl]).is_empty());
        let acl = "acl acl-1 in: 100 deny all 0.0.0.0/0 | 110 allow tcp 22 ::/0";
        assert!(found("PC0103", &[&NETWORK.replace("public=198.51.100.10 ", ""), acl]).is_empty());
    }

    const BALANCED: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main
        table rtb-2: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24 table=rtb-2
        subnet private 10.0.1.0/24
        lb lb-1 network subnets=public
        eni eni-lb public 10.0.0.5 public=198.51.100.5 elb=lb-1
        tg tg-1 tcp 22 instance preserve=off: i-1
        instance i-1
    ";

    /// No rule of its own lets the internet in, and the internet logs in.
    #[test]
    fn a_shell_behind_a_load_balancer() {
        let private = "eni eni-1 private 10.0.1.10 groups=sg-1 instance=i-1\nsg sg-1 in: tcp 22 10.0.0.0/24";
        let pieces = [BALANCED, "listener l-1 lb-1 tcp 2222 tg-1", private];
        let text =
            "warning the internet reaches ssh through a load balancer and in no other way: lb-1 to tcp 22";
        assert_eq!(found("PC0103", &pieces), [text]);
        assert_eq!(
            question_of("PC0103", &pieces),
            [("198.51.100.7 -> eni-lb:tcp/2222 from-port 50000".into(), "allowed")]
        );
    }

    #[test]
    fn a_web_server_behind_one_or_a_shell_that_is_open_besides() {
        let web = BALANCED.replace("tg tg-1 tcp 22", "tg tg-1 tcp 80");
        let private = "eni eni-1 private 10.0.1.10 groups=sg-1 instance=i-1\nsg sg-1 in: tcp 80 10.0.0.0/24";
        assert!(found("PC0103", &[&web, "listener l-1 lb-1 tcp 2222 tg-1", private]).is_empty());
        let open = "eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1 instance=i-1
            sg sg-1 in: tcp 22 0.0.0.0/0";
        assert!(found("PC0103", &[BALANCED, "listener l-1 lb-1 tcp 2222 tg-1", open]).is_empty());
    }
}
