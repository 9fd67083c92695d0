//! PC0101: services that the internet should not get to, and how far it is from getting there.

use engine::Network;
use indexmap::IndexMap;
use model::{Ix, SecurityGroup};

use super::Rule;
use crate::audit::counterexample::{Counterexample, from_internet};
use crate::audit::services::{PortClass, count};
use crate::audit::shared::Shared;
use crate::audit::{Finding, Found, Related, Severity, Subject};
use crate::exposure::{self, Grade, Who};

pub(super) static RULE: Rule = Rule {
    id: "PC0101",
    name: "exposed",
    severity: Severity::Error,
    title: "a service for administration, a database, a plaintext protocol or every port, open to the internet",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A rule of a security group that lets addresses of the internet in to ports of one of these classes, on an interface that
has the group:

| class | services |
|---|---|
| any | every port of TCP or of UDP |
| administration | ssh, rdp, winrm, telnet, smb, snmp |
| database | mysql, postgres, mssql, oracle, redshift, mongodb, redis, memcached, elasticsearch, kafka, nfs |
| plaintext | ftp, ldap |

Each finding has a grade, which is proved for every address of the internet and every port that clients take, there and
back:

- **exposed**: clients of the internet get an answer. An error.
- **partial**: they get one from some of their ports, or for some picks of a load balancer. An error.
- **latent(n)**: the group lets them in, and n other gates still stop it; they are named. A warning where n is 1, a note
  otherwise.

What nothing lets in is unreachable and no finding. One finding is for one set of rules, class and grade, however many
interfaces it shows at. Where the export does not say, the rule says so and makes no finding.

## Why

These are the ports that everybody on the internet tries all day. A latent one is one change away from them: the day that
somebody gives the instance a public address, or opens the network ACL for something else.

## Example

```text
sg-admin in   allow tcp 22 from 0.0.0.0/0        the interface has a public address: exposed
```

## Fix

Name the addresses that need it, or a security group, or take the rule away. Which of them need it the export cannot say,
so no change is proposed.
";

/// Findings of the same rules, class and grade.
type Key = (Grade, PortClass, Option<usize>, Vec<(String, String)>);

fn check(shared: &Shared<'_>, found: &mut Found) {
    let network = shared.network;
    let mut groups: IndexMap<Key, Vec<&exposure::Finding>> = IndexMap::new();
    for finding in &shared.exposure().findings {
        for class in classes(finding) {
            if finding.grade == Grade::Undecided {
                for who in finding.of.iter().take(1) {
                    let id = who.interface.clone().unwrap_or_default();
                    let subject = Subject { kind: "network-interface", name: who.name.clone(), id };
                    found.undecided(subject, finding.reasons.join("; "));
                }
                continue;
            }
            let rules = finding.rules.iter().map(|rule| (rule.of.clone(), rule.text.clone())).collect();
            groups.entry((finding.grade, class, finding.gates_left, rules)).or_default().push(finding);
        }
    }
    for ((grade, class, left, _), findings) in groups {
        if let Some(finding) = one(shared, network, grade, class, left, &findings) {
            found.add(finding);
        }
    }
}

/// The classes that a finding's services are in.
fn classes(finding: &exposure::Finding) -> Vec<PortClass> {
    let every = finding.services.iter().any(|of| ["tcp", "udp"].contains(&of.protocol) && of.all);
    if every {
        return vec![PortClass::Any];
    }
    let has = |class: &PortClass| {
        class.ports().into_iter().any(|(protocol, port, _)| serves(finding, protocol, port))
    };
    PortClass::ALL.into_iter().filter(has).collect()
}

fn serves(finding: &exposure::Finding, protocol: &str, port: u16) -> bool {
    let of_protocol = finding.services.iter().filter(|of| of.protocol == protocol);
    of_protocol.flat_map(|of| &of.numbers).any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let within = |first: u16, last: u16| (first..=last).contains(&port);
        first.parse().ok().zip(last.parse().ok()).is_some_and(|(first, last)| within(first, last))
    })
}

fn one(
    shared: &Shared<'_>,
    network: &Network,
    grade: Grade,
    class: PortClass,
    left: Option<usize>,
    findings: &[&exposure::Finding],
) -> Option<Finding> {
    let first = findings.first()?;
    let mut of: Vec<&Who> = findings.iter().flat_map(|finding| &finding.of).collect();
    of.sort_by(|a, b| (&a.name, &a.address).cmp(&(&b.name, &b.address)));
    of.dedup();
    let (severity, how) = match (grade, left) {
        (Grade::Exposed, _) => (Severity::Error, "exposed to the internet".to_owned()),
        (Grade::Partial, _) => (Severity::Error, "partly exposed to the internet".to_owned()),
        (_, Some(1)) => (Severity::Warning, "one gate away from the internet".to_owned()),
        (_, left) => (Severity::Note, format!("{} gates away from the internet", left.unwrap_or(0))),
    };
    let names: Vec<&str> = names(findings, class);
    let what = if class == PortClass::Any { "every port".to_owned() } else { names.join(", ") };
    let title = format!("{what} {} {how}", if names.len() > 1 { "are" } else { "is" });
    let rule = first.rules.first();
    let (subject, text) = match (rule, of.first()) {
        (Some(rule), Some(who)) => {
            let group = group_of(network, who, &rule.of);
            let subject = match group {
                Some(ix) => Subject::of("security-group", network.model().security_groups.at(ix)),
                None => Subject { kind: "security-group", name: rule.of.clone(), id: rule.of.clone() },
            };
            (subject, format!("{} in {}", rule.of, rule.text))
        }
        // An interface that no groups filter.
        (None, Some(who)) => {
            let id = who.interface.clone().unwrap_or_else(|| who.name.clone());
            (
                Subject { kind: "network-interface", name: who.name.clone(), id },
                format!("{}: no security group", who.name),
            )
        }
        _ => return None,
    };
    let mut finding = Finding {
        severity,
        title,
        subject,
        text,
        location: rule.and_then(|rule| rule.location.clone()),
        aspect: aspect(grade, class, left, first),
        gates: first.gates.clone(),
        help: Some("name the addresses or the group that need it, or take the rule away".into()),
        ..Finding::default()
    };
    for rule in first.rules.iter().skip(1) {
        let text = format!("also let in by {} in {}", rule.of, rule.text);
        finding.related.push(Related { text, location: rule.location.clone() });
    }
    let mut interfaces: Vec<&str> = of.iter().map(|who| who.name.as_str()).collect();
    interfaces.dedup();
    let shown = match interfaces.as_slice() {
        several if several.len() > 4 => {
            several.iter().take(3).copied().chain([".."]).collect::<Vec<_>>().join(", ")
        }
        few => few.join(", "),
    };
    let mut from: Vec<String> = findings.iter().map(|finding| from(finding)).collect();
    from.sort();
    from.dedup();
    let reached = if grade == Grade::Latent { "would be reached" } else { "is reached" };
    finding.effect.push(format!(
        "{} ({shown}) {reached} from {}",
        count(interfaces.len(), "interface"),
        from.join(" and ")
    ));
    let works = findings.iter().map(|finding| finding.works.as_str()).find(|works| !works.is_empty());
    finding.effect.extend(works.map(|works| format!("works for {works}")));
    finding.counterexample = shown_by(shared, findings, class);
    Some(finding)
}

/// What sets it apart: the grade, the class, and the other rules that let it in.
fn aspect(grade: Grade, class: PortClass, left: Option<usize>, finding: &exposure::Finding) -> String {
    let left = left.map_or_else(String::new, |left| format!("({left})"));
    let mut aspect = format!("{}{left} {}", grade_word(grade), class.word());
    for rule in finding.rules.iter().skip(1) {
        aspect.push_str(&format!(", {} {}", rule.of, rule.text));
    }
    aspect
}

fn grade_word(grade: Grade) -> &'static str {
    match grade {
        Grade::Exposed => "exposed",
        Grade::Partial => "partial",
        Grade::Undecided => "undecided",
        Grade::Latent => "latent",
    }
}

/// The services of the class that some findings have, by name.
fn names(findings: &[&exposure::Finding], class: PortClass) -> Vec<&'static str> {
    let ports = class.ports().into_iter();
    let served =
        ports.filter(|(protocol, port, _)| findings.iter().any(|finding| serves(finding, protocol, *port)));
    let mut names: Vec<&str> = served.map(|(.., name)| name).collect();
    names.dedup();
    names
}

fn from(finding: &exposure::Finding) -> String {
    let family = if finding.family == "IPv6" { " over IPv6" } else { "" };
    match (finding.from.all, finding.from.blocks.as_slice()) {
        (true, _) => format!("the whole internet{family}"),
        (false, blocks @ ([_] | [_, _])) => blocks.join(" and "),
        (false, _) => format!("{} addresses{family}", finding.from.addresses),
    }
}

/// The group with a name that an interface has.
fn group_of(network: &Network, who: &Who, name: &str) -> Option<Ix<SecurityGroup>> {
    let model = network.model();
    let interface = model.network_interfaces.ix(who.interface.as_deref()?)?;
    let groups = network.resolved().groups_of(interface).iter().copied();
    groups.into_iter().find(|ix| crate::explain::gates::named(model.security_groups.at(*ix)) == name)
}

/// One connection from the internet to one of the interfaces.
fn shown_by(
    shared: &Shared<'_>,
    findings: &[&exposure::Finding],
    class: PortClass,
) -> Option<Counterexample> {
    let network = shared.network;
    let finding = findings.first()?;
    let interface = finding.of.iter().find_map(|who| who.interface.as_deref())?;
    let interface = network.model().network_interfaces.ix(interface)?;
    let family = if finding.family == "IPv6" { space::Family::V6 } else { space::Family::V4 };
    from_internet(shared, interface, family, |sets| {
        class.set(sets, |protocol, port| serves(finding, protocol, port))
    })
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{found, question_of};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24 acl=acl-1
        acl acl-1 in: 100 allow all 0.0.0.0/0
        acl acl-1 out: 100 allow all 0.0.0.0/0
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";

    #[test]
    fn an_exposed_port_is_an_error_and_its_question_is_allowed() {
        let pieces = [NETWORK, "sg sg-1 in: tcp 22 0.0.0.0/0"];
        assert_eq!(
            found("PC0101", &pieces),
            ["error ssh is exposed to the internet: sg-1 in allow tcp 22 from 0.0.0.0/0"]
        );
        assert_eq!(
            question_of("PC0101", &pieces),
            [("198.51.100.7 -> eni-1:tcp/22 from-port 50000".into(), "allowed")]
        );
    }

    /// Two halves are the whole (checks.md 5.2): one finding, with both rules.
    #[test]
    fn halves_of_the_internet_are_the_internet() {
        let pieces = [NETWORK, "sg sg-1 in: tcp 22 0.0.0.0/1 | tcp 22 128.0.0.0/1"];
        assert_eq!(
            found("PC0101", &pieces),
            ["error ssh is exposed to the internet: sg-1 in allow tcp 22 from 0.0.0.0/1"]
        );
    }

    /// A list that drops the answers leaves one gate (S2.13).
    #[test]
    fn what_one_gate_stops_is_a_warning() {
        let closed = NETWORK
            .replace("acl acl-1 out: 100 allow all 0.0.0.0/0", "acl acl-1 out: 100 allow tcp 443 0.0.0.0/0");
        let pieces = [closed.as_str(), "sg sg-1 in: tcp 3306 0.0.0.0/0"];
        let text = "warning mysql is one gate away from the internet: sg-1 in allow tcp 3306 from 0.0.0.0/0";
        assert_eq!(found("PC0101", &pieces), [text]);
        assert_eq!(
            question_of("PC0101", &pieces),
            [("198.51.100.7 -> eni-1:tcp/3306 from-port 50000".into(), "blocked")]
        );
    }

    #[test]
    fn every_port_is_one_finding() {
        let pieces = [NETWORK, "sg sg-1 in: tcp 0.0.0.0/0"];
        assert_eq!(
            found("PC0101", &pieces),
            ["error every port is exposed to the internet: sg-1 in allow tcp from 0.0.0.0/0"]
        );
    }

    #[test]
    fn the_web_and_the_office_are_no_findings() {
        assert!(found("PC0101", &[NETWORK, "sg sg-1 in: tcp 443 0.0.0.0/0 | tcp 22 10.0.0.0/8"]).is_empty());
    }
}
