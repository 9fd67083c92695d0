//! PC0502: targets of a load balancer that the internet reaches past it.

use indexmap::IndexMap;
use model::{Ix, NetworkInterface};
use space::{Family, Region, Set};

use super::Rule;
use crate::audit::counterexample::from_internet;
use crate::audit::devices::targets;
use crate::audit::services::count;
use crate::audit::shared::Shared;
use crate::audit::{Finding, Found, Severity, Subject};
use crate::ends::name_of;
use crate::exposure::{Finding as Exposed, Grade};

pub(super) static RULE: Rule = Rule {
    id: "PC0502",
    name: "bypass",
    severity: Severity::Warning,
    title: "a target of a load balancer that the internet reaches directly on the target's port",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

An interface that is a registered target of a load balancer, and that clients of the internet also reach at its own public
address, on the port that the load balancer asks. That they get an answer is proved.

## Why

Whatever the load balancer does for the target (AWS WAF, TLS, logs, limits) is not done for who goes past it.

## Example

```text
sg-web in   allow tcp 80 from sg-lb
            allow tcp 80 from 0.0.0.0/0      and the instance has a public address
```

## Fix

Let the load balancer in by its group and nobody else, or place the targets in a subnet without a route to the internet
gateway.
";

/// What is open, of whom, on which of the targets' ports.
type Past<'f> = (&'f Exposed, Vec<Ix<NetworkInterface>>, Vec<u16>);

fn check(shared: &Shared<'_>, found: &mut Found) {
    let network = shared.network;
    let targets = targets(network);
    let mut by_rules: IndexMap<Vec<String>, Past<'_>> = IndexMap::new();
    let reached = |finding: &&Exposed| [Grade::Exposed, Grade::Partial].contains(&finding.grade);
    for finding in shared.exposure().findings.iter().filter(reached) {
        for who in &finding.of {
            let interface = who.interface.as_deref().and_then(|id| network.model().network_interfaces.ix(id));
            let Some((interface, ports)) = interface.and_then(|ix| Some((ix, targets.get(&ix)?))) else {
                continue;
            };
            let open: Vec<u16> = ports.iter().copied().filter(|port| serves(finding, *port)).collect();
            if open.is_empty() {
                continue;
            }
            let rules = finding.rules.iter().map(|rule| format!("{} in {}", rule.of, rule.text)).collect();
            let entry = by_rules.entry(rules).or_insert((finding, Vec::new(), Vec::new()));
            entry.1.push(interface);
            entry.2.extend(open);
        }
    }
    for (rules, (finding, mut interfaces, mut ports)) in by_rules {
        interfaces.sort_unstable();
        interfaces.dedup();
        ports.sort_unstable();
        ports.dedup();
        let Some(&first) = interfaces.first() else { continue };
        let noun = network.model().network_interfaces.at(first);
        let name = name_of(network, first);
        let rule = finding.rules.first();
        let numbers = ports;
        let ports: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        found.add(Finding {
            severity: Severity::Warning,
            title: "the internet reaches a load balancer's target past the load balancer".into(),
            subject: Subject { kind: "network-interface", name: name.clone(), id: noun.id.to_string() },
            text: rules.first().cloned().unwrap_or(name),
            location: rule.and_then(|rule| rule.location.clone()),
            effect: vec![format!(
                "port {} of {} is open to clients that do not come by the load balancer",
                ports.join(", "),
                count(interfaces.len(), "target")
            )],
            counterexample: from_internet(shared, first, family_of(finding), |sets| {
                numbers.iter().fold(Set::EMPTY, |all, port| {
                    let port = sets.region(&Region::FULL.server(*port..=*port));
                    sets.union(all, port)
                })
            }),
            help: Some("name the load balancer's group in place of addresses".into()),
            ..Finding::default()
        });
    }
}

fn family_of(finding: &Exposed) -> Family {
    if finding.family == "IPv6" { Family::V6 } else { Family::V4 }
}

fn serves(finding: &Exposed, port: u16) -> bool {
    let tcp = finding.services.iter().filter(|services| ["tcp", "udp"].contains(&services.protocol));
    tcp.flat_map(|services| &services.numbers).any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let range = first.parse::<u16>().ok().zip(last.parse::<u16>().ok());
        range.is_some_and(|(first, last)| (first..=last).contains(&port))
    })
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{found, question_of};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24
        sg sg-lb in: tcp 80 0.0.0.0/0
        sg sg-lb out: all 0.0.0.0/0
        lb lb-1 application subnets=public groups=sg-lb
        eni eni-lb public 10.0.0.5 public=198.51.100.5 groups=sg-lb elb=lb-1
        listener l-1 lb-1 tcp 80 tg-1
        tg tg-1 tcp 8080 instance: i-1
        instance i-1
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-web instance=i-1
    ";

    #[test]
    fn a_target_that_is_open_besides() {
        let pieces = [NETWORK, "sg sg-web in: tcp 8080 sg-lb | tcp 8000-9000 0.0.0.0/0"];
        let text = "warning the internet reaches a load balancer's target past the load balancer: sg-web in allow tcp 8000-9000 from 0.0.0.0/0";
        assert_eq!(found("PC0502", &pieces), [text]);
        assert_eq!(
            question_of("PC0502", &pieces),
            [("198.51.100.7 -> eni-1:tcp/8080 from-port 50000".into(), "allowed")]
        );
    }

    #[test]
    fn another_port_or_only_the_load_balancer() {
        assert!(found("PC0502", &[NETWORK, "sg sg-web in: tcp 8080 sg-lb | tcp 22 0.0.0.0/0"]).is_empty());
    }
}
