//! PC0201: what is let in and never answered.

use indexmap::IndexMap;

use super::Rule;
use crate::audit::groups;
use crate::audit::services::count;
use crate::audit::shared::Shared;
use crate::audit::usage::{Idle, Stopped, Why};
use crate::audit::{Finding, Found, Related, Severity, Subject};

pub(super) static RULE: Rule = Rule {
    id: "PC0201",
    name: "reply-blocked",
    severity: Severity::Error,
    title: "requests that arrive and of which no answer gets back",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A rule of a security group lets requests through, they arrive, and the answer to none of them gets back, whoever asks: a
network ACL drops it, or it has no way. TCP is asked from the ports that clients take (1024-65535 from beyond the export,
the range of its system for an interface), all else from every port. One finding is for one cause; it lists the rules of groups
that promise what does not work. What is looked at, and what is left out, is as for PC0206.

## Why

Network ACLs have no memory (S2.13): the answer goes to the client's port, which none of the entries names. Every rule looks
right, the client sees a timeout, and the flow log has ACCEPT and then REJECT.

## Example

```text
nacl-web in    100 allow tcp 80 from 0.0.0.0/0
         out   100 allow tcp 80 to   0.0.0.0/0      answers go to ports 1024-65535
```

## Fix

`portcullis explain` with the question of the finding searches for the smallest change and proves it.
";

/// The gates that stop something, by their ids and directions.
type Cause = Vec<(String, Option<&'static str>)>;

fn check(shared: &Shared<'_>, found: &mut Found) {
    let mut causes: IndexMap<Cause, Vec<(&Idle, &Stopped)>> = IndexMap::new();
    for idle in shared.idle() {
        let Why::NoReply(stopped) = &idle.why else { continue };
        let gates = stopped.stops.iter();
        let cause = gates.map(|stop| (stop.id.clone().unwrap_or_else(|| stop.name.clone()), stop.direction));
        causes.entry(cause.collect()).or_default().push((idle, stopped));
    }
    for of_cause in causes.into_values() {
        found.add(one(shared, &of_cause));
    }
}

fn one(shared: &Shared<'_>, of_cause: &[(&Idle, &Stopped)]) -> Finding {
    let network = shared.network;
    let Some((first, stopped)) = of_cause.first() else { return Finding::default() };
    let stop = stopped.stops.first();
    let subject = match stop {
        Some(stop) => Subject {
            kind: stop.gate,
            name: stop.name.clone(),
            id: stop.id.clone().unwrap_or_else(|| stop.name.clone()),
        },
        None => Subject::of("security-group", network.model().security_groups.at(first.at.0)),
    };
    let text = match stop.and_then(|stop| Some((stop, stop.rules.first()?))) {
        Some((stop, rule)) => {
            let number = rule.number.as_ref().map_or_else(String::new, |number| format!("rule {number} "));
            format!("{} {} {number}{}", stop.name, stop.direction.unwrap_or_default(), rule.text)
        }
        None => stop.map_or_else(|| "no way back".to_owned(), |stop| stop.why.clone()),
    };
    let mut finding = Finding {
        severity: Severity::Error,
        title: "requests arrive here, and no answer gets back".into(),
        subject,
        text,
        location: stop.and_then(|stop| stop.rules.first()?.location.clone().or(stop.location.clone())),
        gates: stopped.stops.clone(),
        counterexample: stopped.shown.clone(),
        help: Some("explain with this question proposes the smallest change".into()),
        ..Finding::default()
    };
    // Another cause may begin at the same gate.
    let others = stopped.stops.iter().skip(1).map(|stop| {
        let id = stop.id.as_ref().unwrap_or(&stop.name);
        format!("{id} {}", stop.direction.unwrap_or_default())
    });
    finding.aspect = others.collect::<Vec<_>>().join(", ");
    for (idle, _) in of_cause {
        if let Some(rule) = groups::rule_at(network, idle.at) {
            let text = format!("in vain: {}", groups::text(network, idle.at));
            finding.related.push(Related::at(network, text, rule.origin));
        }
    }
    let rules = count(of_cause.len(), "rule");
    finding.effect.push(format!("nothing that {rules} of security groups let through is ever answered"));
    finding
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{findings, found};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24 acl=acl-1
        acl acl-1 in: 100 allow tcp 80 0.0.0.0/0
        sg sg-1 in: tcp 80 0.0.0.0/0
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";

    /// T1 of the specification: the answer goes to the client's port.
    #[test]
    fn a_list_without_the_clients_ports() {
        let pieces = [NETWORK, "acl acl-1 out: 100 allow tcp 80 0.0.0.0/0"];
        let text =
            "error requests arrive here, and no answer gets back: acl-1 out rule * deny all to 0.0.0.0/0";
        assert_eq!(found("PC0201", &pieces), [text]);
        let (_, findings) = findings("PC0201", &pieces);
        assert_eq!(findings[0].related[0].text, "in vain: sg-1 in allow tcp 80 from 0.0.0.0/0");
        assert_eq!(findings[0].counterexample.as_ref().unwrap().verdict, "blocked");
    }

    /// Two causes, the second with one gate more: a baseline knows one from the other.
    #[test]
    fn causes_that_begin_at_one_gate_are_told_apart() {
        let pieces = [
            NETWORK,
            "acl acl-1 in: 110 allow 47 0.0.0.0/0",
            "acl acl-1 out: 100 allow tcp 80 0.0.0.0/0",
            "subnet other 10.0.1.0/24 acl=acl-2",
            "acl acl-2 out: 100 allow 47 0.0.0.0/0",
            "sg sg-1 in: 47 sg-2",
            "sg sg-2 out: all 0.0.0.0/0",
            "eni eni-2 other 10.0.1.10 groups=sg-2",
        ];
        let (_, findings) = findings("PC0201", &pieces);
        let apart: Vec<_> = findings.iter().map(|finding| finding.aspect.as_str()).collect();
        assert_eq!(apart, ["", "acl-2 in"]);
        assert_eq!(findings[0].text, findings[1].text);
        assert_ne!(findings[0].fingerprint, findings[1].fingerprint);
    }

    #[test]
    fn with_them_it_works() {
        assert!(found("PC0201", &[NETWORK, "acl acl-1 out: 100 allow tcp 1024-65535 0.0.0.0/0"]).is_empty());
    }
}
