//! PC0402: health checks that cannot get to a target.

use engine::{Network, Verdict};
use indexmap::IndexMap;
use model::{Ix, TargetGroup};
use space::Diagrams;

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends};
use crate::audit::shared::Shared;
use crate::audit::{Finding, Found, Severity, Subject};
use crate::explain::{Explainer, Options, pairs_of_checks};

pub(super) static RULE: Rule = Rule {
    id: "PC0402",
    name: "health-check-blocked",
    severity: Severity::Error,
    title: "health checks of a target group that cannot get to a target",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A target group of which a health check of some node to some target does not get there, or its answer does not get back. Each
node with each target is looked at, on the port of the check. One finding is for one target group; it says by what each
check is stopped.

Target groups of which nodes and targets make more pairs than 20,000 are told of as undecided.

## Why

Health checks come from the load balancer's nodes and go to a port of their own (S4.5). A target that fails them gets no
traffic although it works; if all fail, all get it (S12.5), and nobody notices until one is really broken.

## Example

```text
target group tg-web: checks tcp 8081
sg-web in   allow tcp 80 from sg-lb        nothing for 8081
```

## Fix

`portcullis explain --health-check NAME` shows each check with its gates, searches for the smallest change and proves it.
";

/// More pairs of nodes and targets are not judged.
const MOST_PAIRS: usize = 20_000;

fn check(shared: &Shared<'_>, found: &mut Found) {
    let network = shared.network;
    let explainer = Explainer::new(network, None, Options::default());
    let nodes: usize =
        network.model().load_balancers.iter().map(|(ix, _)| network.resolved().nodes_of(ix).len()).sum();
    for (ix, group) in network.model().target_groups.iter() {
        let subject = Subject::of("target-group", group);
        let targets = group.targets.as_ref().map_or(0, Vec::len);
        if targets.saturating_mul(nodes) > MOST_PAIRS {
            found.undecided(subject, format!("more than {MOST_PAIRS} pairs of nodes and targets"));
            continue;
        }
        let checks = explainer.health_checks(ix);
        let mut causes: IndexMap<String, Vec<String>> = IndexMap::new();
        let failing =
            checks.checks.iter().filter(|row| [Verdict::Blocked, Verdict::Partial].contains(&row.verdict));
        let mut failed = 0;
        for row in failing {
            failed += 1;
            causes.entry(row.cause.clone()).or_default().push(format!("{} -> {}", row.node, row.target));
        }
        if failed == 0 {
            continue;
        }
        let title = format!("{failed} of {} health checks cannot pass", checks.checks.len());
        let text = format!("{} {}", subject.name, checks.check);
        let name = subject.name.clone();
        let mut finding = Finding::about(network, Severity::Error, title, subject, text, group.origin);
        for (cause, pairs) in causes {
            let (first, more) = (pairs.first().cloned().unwrap_or_default(), pairs.len().saturating_sub(1));
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            finding.effect.push(format!("{first}{more}: {cause}"));
        }
        finding.counterexample = failing_check(network, ix);
        finding.help = Some(format!("portcullis explain --health-check {name} proposes the smallest change"));
        found.add(finding);
    }
}

/// The first check that is stopped, as a question; `None` where a node or target is none that a question can name.
fn failing_check(network: &Network, group: Ix<TargetGroup>) -> Option<Counterexample> {
    let mut sets = Diagrams::new();
    let pairs = pairs_of_checks(network, group, &mut sets);
    pairs.into_iter().find_map(|pair| {
        let judgement = engine::judge(network, &pair.flow, pair.asked, &mut sets);
        let possible = sets.union(judgement.works, judgement.unknown);
        let stopped = sets.subtract(pair.asked, possible);
        let holder = |held: Option<crate::ends::Held>| held.map(|held| held.holder);
        let ends =
            Ends { family: pair.flow.family, client: holder(pair.client), server: holder(pair.server) };
        Counterexample::of(network, ends, stopped, &mut sets)
    })
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{findings, found, question_of};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        subnet one 10.0.0.0/24
        sg sg-lb in: tcp 80 10.0.0.0/16
        sg sg-lb out: all 0.0.0.0/0
        lb lb-1 application internal subnets=one groups=sg-lb
        eni eni-lb one 10.0.0.5 groups=sg-lb elb=lb-1
        listener l-1 lb-1 tcp 80 tg-1
        tg tg-1 tcp 80 instance health=8081: i-1
        instance i-1
        eni eni-1 one 10.0.0.10 groups=sg-web instance=i-1
    ";

    /// T76: the data port is open and the port of the check is not.
    #[test]
    fn a_port_that_nobody_opened() {
        let pieces = [NETWORK, "sg sg-web in: tcp 80 sg-lb"];
        assert_eq!(found("PC0402", &pieces), ["error 1 of 1 health checks cannot pass: tg-1 tcp 8081"]);
        let (_, findings) = findings("PC0402", &pieces);
        assert_eq!(findings[0].effect.len(), 1);
        assert_eq!(
            question_of("PC0402", &pieces),
            [("eni-lb -> eni-1:tcp/8081 from-port 50000".into(), "blocked")]
        );
        assert!(found("PC0402", &[NETWORK, "sg sg-web in: tcp 80-8081 sg-lb"]).is_empty());
    }
}
