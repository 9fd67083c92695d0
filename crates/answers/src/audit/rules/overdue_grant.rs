//! PC0801: what was granted for a while, and is there for longer.

use super::Rule;
use crate::audit::shared::Shared;
use crate::audit::{Finding, Found, Severity, Subject};
use crate::grant::{Granted, expiries};
use crate::intent::{Intent, TestedLine};

pub(super) static RULE: Rule = Rule {
    id: "PC0801",
    name: "overdue-grant",
    severity: Severity::Error,
    title: "a rule that was granted for a while and has ended, or that is granted for too long",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

Rules carry until when they are granted in their descriptions, and lists in their tags: `portcullis:expires=...`, as
`portcullis grant` writes it.

- A rule or entry whose end has passed and that is still there. An error, one for each.
- A line below `temporary` of `portcullis.yaml` that is open only by rules that are granted still, of which one ends later
  than `max` lets any grant that was made until now. A warning, one for each line. When a grant was made is not written
  down, so that a shorter one that is renewed again and again is not found.

Who approved a grant no rule says: `approve` is told by `portcullis grant` and `portcullis test`.

## Why

What was opened for an hour stays open for a year, since nobody remembers until when.

## Example

```text
sg-web in   allow tcp 22 from 198.51.100.7/32     portcullis:expires=2026-11-20T14:00:00Z portcullis:why=T-123
```

## Fix

`portcullis grant --expired --format cli` prints what takes away all that is overdue.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    let all = expiries(shared.network, shared.now);
    for granted in &all.overdue {
        found.add(overdue(granted));
    }
    for (on, reason) in all.unreadable {
        found.undecided(Subject { kind: "grant", name: on.clone(), id: on }, reason);
    }
    let temporary = shared.intent.temporary.clone();
    if temporary.is_empty() {
        return;
    }
    match shared.test(Intent { temporary, ..Intent::default() }) {
        Ok(tested) => {
            let long = tested.lines.iter().filter(|line| line.rule == Some(RULE.id));
            long.for_each(|line| found.add(too_long(line)));
        }
        Err(errors) => found.not_understood(&errors),
    }
}

fn overdue(granted: &Granted) -> Finding {
    let rule = granted.rule.as_deref().unwrap_or("only its tag is left");
    Finding {
        severity: Severity::Error,
        title: format!("this was granted until {}", granted.mark.expires),
        subject: Subject { kind: "grant", name: granted.gate.clone(), id: granted.gate.clone() },
        text: format!("{} {rule}", granted.gate),
        location: granted.place.clone(),
        effect: vec![format!("granted for: {}", granted.mark.why)],
        help: Some("portcullis grant --expired prints what takes it away".into()),
        ..Finding::default()
    }
}

fn too_long(line: &TestedLine) -> Finding {
    Finding {
        severity: Severity::Warning,
        title: "this is granted for longer than its line lets it be".into(),
        subject: Subject { kind: "intent", name: line.id.clone(), id: line.id.clone() },
        text: format!("temporary {}", line.text),
        location: Some(line.place.clone()),
        effect: vec![line.message.clone()],
        counterexample: line.counterexamples.first().map(|shown| crate::audit::Counterexample {
            question: shown.question.clone(),
            verdict: crate::explain::verdict_word(shown.verdict),
        }),
        help: Some("take it away, or write an earlier end".into()),
        ..Finding::default()
    }
}

#[cfg(test)]
mod tests {
    use model::{Resolved, Snapshot};

    use crate::audit::rules::testing::NOON;
    use crate::audit::{Finding, audit};
    use crate::intent::{self, Settings, Status, Tested};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24
        sg sg-1 in: tcp 443 0.0.0.0/0 | tcp 22 198.51.100.7/32
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";
    const DECLARED: &str = "version: 1
temporary:
  - { flow: \"198.51.100.7 -> eni-1:ssh\", id: admin, max: 2h, approve: \"#ops\" }
";

    /// The network with the rule for port 22 granted until some moment.
    fn network(expires: &str) -> engine::Network {
        let mut snapshot: Snapshot = testkit::network(&[NETWORK]).model().clone();
        let group = snapshot.security_groups.get_mut("sg-1").unwrap();
        let description = format!("portcullis:expires={expires} portcullis:why=T-1");
        group.rules[1].description = Some(description.as_str().into());
        engine::Network::new(Resolved::new(snapshot))
    }

    fn found(expires: &str) -> Vec<Finding> {
        let intent = intent::parse("portcullis.yaml", DECLARED, &|_| Err(String::new())).unwrap();
        audit(&network(expires), &[&super::RULE], &intent, NOON.parse().unwrap()).findings
    }

    fn tested(expires: &str) -> Tested {
        let network = network(expires);
        let intent = intent::parse("portcullis.yaml", DECLARED, &|_| Err(String::new())).unwrap();
        let names = intent::names(&intent, &network, None).unwrap();
        let settings = Settings { now: Some(NOON.parse().unwrap()), ..Settings::default() };
        intent::test(&intent, &names, &settings, &|_, _| {}).unwrap()
    }

    #[test]
    fn within_its_time_it_is_granted() {
        assert_eq!(found("2026-11-21T13:00:00Z").len(), 0);
        let line = &tested("2026-11-21T13:00:00Z").lines[0];
        assert_eq!(line.status, Status::Ok);
        assert_eq!(line.message, "granted now: sg-1 in until 2026-11-21T13:00:00Z (T-1)");
        assert!(line.notes[0].starts_with("#ops has to have approved it"), "{:?}", line.notes);
    }

    #[test]
    fn what_has_ended_is_found_and_is_not_granted() {
        let found = found("2026-11-21T11:59:59Z");
        assert_eq!(found[0].title, "this was granted until 2026-11-21T11:59:59Z");
        assert_eq!((found.len(), found[0].text.as_str()), (1, "sg-1 in allow tcp 22 from 198.51.100.7/32"));
        let line = &tested("2026-11-21T11:59:59Z").lines[0];
        assert_eq!(line.status, Status::Fail);
        assert!(line.message.starts_with("open by a grant that has ended: sg-1 in"), "{}", line.message);
    }

    /// At noon, with `max: 2h`, no grant may end after two.
    #[test]
    fn longer_than_its_line_lets_it_be() {
        assert_eq!(found("2026-11-21T14:00:00Z").len(), 0);
        let long = found("2026-11-21T14:00:01Z");
        assert_eq!((long.len(), long[0].text.as_str()), (1, "temporary 198.51.100.7 -> eni-1:ssh"));
        assert_eq!(long[0].counterexample.as_ref().unwrap().verdict, "allowed");
        let line = &tested("2026-11-21T14:00:01Z").lines[0];
        assert_eq!((line.status, line.rule), (Status::Fail, Some("PC0801")));
        assert!(line.message.starts_with("granted for longer than `max: 2h`"), "{}", line.message);
    }

    /// Something else opens it as well: the grant is not why.
    #[test]
    fn what_is_open_without_the_grant_is_not_granted() {
        let mut snapshot = network("2026-11-21T13:00:00Z").model().clone();
        let group = snapshot.security_groups.get_mut("sg-1").unwrap();
        let mut wider = group.rules[1].clone();
        wider.description = None;
        wider.peer = model::Peer::Cidr("198.51.100.0/24".parse().unwrap());
        group.rules.push(wider);
        let network = engine::Network::new(Resolved::new(snapshot));
        let intent = intent::parse("portcullis.yaml", DECLARED, &|_| Err(String::new())).unwrap();
        let names = intent::names(&intent, &network, None).unwrap();
        let settings = Settings { now: Some(NOON.parse().unwrap()), ..Settings::default() };
        let tested = intent::test(&intent, &names, &settings, &|_, _| {}).unwrap();
        assert_eq!(tested.lines[0].status, Status::Fail);
        assert!(tested.lines[0].message.contains("nobody said"), "{}", tested.lines[0].message);
    }
}
