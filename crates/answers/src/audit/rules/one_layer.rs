//! PC0301: flows that must not work, and that one layer alone does not stop.

use super::Rule;
use crate::audit::shared::Shared;
use crate::audit::{Counterexample, Finding, Found, Related, Severity, Subject};
use crate::intent::{Deny, Intent, Status, Tested};

pub(super) static RULE: Rule = Rule {
    id: "PC0301",
    name: "one-layer",
    severity: Severity::Note,
    title: "a declared `deny` that security groups alone, or network ACLs alone, do not stop",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A line below `deny` of `portcullis.yaml` that is so, and would not be if every network ACL were open, or every security
group: what is forbidden is stopped by one layer only, or by the two together. Lines with `layers: 2` are `portcullis test`'s
to say; lines that are not so at all as well. What is not declared is not known to be forbidden, so without an intent file
the rule finds nothing. (What one gate keeps from the internet is PC0101, latent.)

Routes count as they are: a flow that has no way is stopped in both networks that are asked.

## Why

One wrong rule opens it. With two layers, whoever opens one by mistake opens nothing.

## Example

```text
deny:
  - internet -> db:5432       sg-db lets 10.0.0.0/16 in only; nacl-db allows everything
```

## Fix

Let the other layer stop it too, and say `layers: 2` in the intent, so that `portcullis test` keeps it so. Or waive it:
one layer may be what is meant.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    let lines: Vec<Deny> = shared.intent.deny.iter().filter(|deny| !deny.two_layers).cloned().collect();
    if lines.is_empty() {
        return;
    }
    match tested(shared, lines) {
        Ok(tested) => tested.lines.iter().for_each(|line| match line.status {
            Status::Fail | Status::Partial => found.add(one(line)),
            Status::Undecided => {
                found.undecided(subject(line), "whether one layer alone stops it cannot be decided");
            }
            Status::Ok | Status::Vacuous | Status::Waived => {}
        }),
        Err(errors) => found.not_understood(&errors),
    }
}

/// The lines that are so, tested with each layer alone.
fn tested(shared: &Shared<'_>, mut deny: Vec<Deny>) -> Result<Tested, Vec<crate::intent::IntentError>> {
    let so = shared.test(Intent { deny: deny.clone(), ..Intent::default() })?;
    let so: Vec<String> =
        so.lines.into_iter().filter(|line| line.status == Status::Ok).map(|line| line.id).collect();
    deny.retain(|line| so.contains(&line.line.id));
    deny.iter_mut().for_each(|line| line.two_layers = true);
    shared.test(Intent { deny, ..Intent::default() })
}

fn subject(line: &crate::intent::TestedLine) -> Subject {
    Subject { kind: "intent", name: line.id.clone(), id: line.id.clone() }
}

fn one(line: &crate::intent::TestedLine) -> Finding {
    let example = line.counterexamples.first();
    let mut finding = Finding {
        severity: Severity::Note,
        title: "one layer alone does not stop what is forbidden".into(),
        subject: subject(line),
        text: format!("deny {}", line.text),
        location: Some(line.place.clone()),
        help: Some("let the other layer stop it too, and declare `layers: 2`".into()),
        ..Finding::default()
    };
    let Some(example) = example else { return finding };
    finding.effect.push(example.when.clone());
    for rule in &example.rules {
        let direction = rule.direction.map_or(String::new(), |direction| format!(" {direction}"));
        let text = format!("lets it pass: {}{direction} {}", rule.name, rule.text);
        finding.related.push(Related { text, location: rule.location.clone() });
    }
    // In the network as it is nothing of the line works.
    finding.counterexample = Some(Counterexample { question: example.question.clone(), verdict: "blocked" });
    finding
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::found_with;

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24 acl=acl-1
        acl acl-1 out: 100 allow all 0.0.0.0/0
        sg sg-1 in: tcp 5432 10.0.0.0/16
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";
    const OPEN: &str = "acl acl-1 in: 100 allow all 0.0.0.0/0";
    const SHUT: &str = "acl acl-1 in: 100 allow all 10.0.0.0/16";
    const DENY: &str = "version: 1\ndeny:\n  - internet -> eni-1:5432\n";

    #[test]
    fn a_list_that_lets_everything_in() {
        let text = "note one layer alone does not stop what is forbidden: deny internet -> eni-1:5432";
        assert_eq!(found_with(DENY, "PC0301", &[NETWORK, OPEN]), [text]);
    }

    #[test]
    fn both_layers_stop_it_or_neither_does() {
        assert!(found_with(DENY, "PC0301", &[NETWORK, SHUT]).is_empty());
        let open = NETWORK.replace("tcp 5432 10.0.0.0/16", "tcp 5432 0.0.0.0/0");
        assert!(found_with(DENY, "PC0301", &[&open, OPEN]).is_empty(), "that is for `test` to say");
    }

    #[test]
    fn a_line_about_two_layers_and_no_intent() {
        let layers = "version: 1\ndeny:\n  - { flow: \"internet -> eni-1:5432\", layers: 2 }\n";
        assert!(found_with(layers, "PC0301", &[NETWORK, OPEN]).is_empty());
        assert!(found_with("version: 1\n", "PC0301", &[NETWORK, OPEN]).is_empty());
    }
}
