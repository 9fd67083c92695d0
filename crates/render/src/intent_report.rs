//! What became of an intent, for the formats of other tools.

use answers::fingerprint::fingerprint;
use answers::intent::{Asks, Counterexample, Mutated, Rule, Status, Tested, TestedLine};

use crate::aws_cli::aws_cli;
use crate::intent::{summary, unanswered};
use crate::report::{Case, Level, Outcome, Report, RuleInfo};

/// The kinds of lines, and what else can be wrong with one: id, title, what it means and why it matters.
const RULES: [(&str, &str, &str); 10] = [
    (
        "PC0801",
        "something is granted for longer than its line lets it be",
        "A line below `temporary` is open by rules that are granted still, of which one ends later than `max` lets any \
         grant that was made until now.",
    ),
    (
        "PC0901",
        "a line of the intent speaks of nobody",
        "No interface and no address is on one side of the line, or no two of them have an address family and the services in common. \
         Whatever the rules say, the line would be as it is: it tests nothing.",
    ),
    (
        "PC0902",
        "something works that no line of the intent declares",
        "`closed` says that nothing gets into or out of these but by what `allow` and `temporary` declare. This does.",
    ),
    (
        "allow",
        "a flow that must work does not",
        "`allow` is for all: every source, every target, every zone and every port that the client may send from, and the \
         reply gets back.",
    ),
    ("closed", "nothing undeclared gets in or out", "See PC0902."),
    (
        "deny",
        "a flow of which nothing may work does",
        "`deny` is for none: no connection works, from any port. With `layers: 2` security groups alone, and network ACLs \
         alone, have to stop it.",
    ),
    (
        "expect",
        "something else is attached than expected",
        "`expect` names the network ACL that subnets use, or a security group that interfaces have.",
    ),
    (
        "temporary",
        "a flow is open and nobody granted it",
        "A flow below `temporary` may be open only while it is granted: `portcullis test --granted ID`.",
    ),
    (
        "unmovable",
        "a line of the intent that no change of rules makes untrue",
        "`portcullis test --mutate` opened every group and list of its ends: a route or a missing address keeps it, and not a rule.",
    ),
    (
        "unnoticed",
        "a rule that no line of the intent needs",
        "`portcullis test --mutate` took it away, and no line that holds noticed: either nothing needs it, or a line is missing.",
    ),
];

/// An answer as a report. `seconds` is how long it took.
pub fn test_report(tested: &Tested, seconds: Option<f64>) -> Report {
    let rules = RULES.iter().map(|(id, title, documentation)| RuleInfo {
        id: (*id).to_owned(),
        title: (*title).to_owned(),
        documentation: (*documentation).to_owned(),
        level: Level::Error,
    });
    Report {
        command: "test",
        summary: summary(tested),
        rules: rules.collect(),
        cases: tested.lines.iter().map(case).chain(tested.mutated.iter().flat_map(mutated)).collect(),
        seconds,
        ..Report::default()
    }
}

fn case(line: &TestedLine) -> Case {
    let outcome = match line.status {
        Status::Ok => Outcome::Passed,
        Status::Fail | Status::Partial => Outcome::Failed(Level::Error),
        Status::Vacuous => Outcome::Failed(Level::Warning),
        Status::Undecided => Outcome::Undecided(message(line)),
        Status::Waived => Outcome::Skipped(line.notes.join("; ")),
    };
    let mut details = Vec::new();
    for example in &line.counterexamples {
        details.extend(counterexample(example));
    }
    if let Some(fix) = &line.fix {
        details.extend(fix.advice.iter().map(|advice| format!("fix: {advice}")));
        details.extend(fix.changes.iter().map(|change| format!("fix: {}", aws_cli(change))));
    }
    details.extend(line.notes.iter().map(|note| format!("note: {note}")));
    let rules = line.counterexamples.iter().flat_map(|example| &example.rules);
    let related = rules.filter_map(|rule| Some((rule.location.clone()?, named(rule))));
    Case {
        rule: line.rule.unwrap_or(line.asks.word()).to_owned(),
        name: line.id.clone(),
        message: message(line),
        details,
        place: Some(line.place.clone()),
        related: related.collect(),
        // Not the reason: that may be put better, and the line stays the same.
        fingerprint: fingerprint([line.asks.word(), line.text.as_str()]),
        outcome,
    }
}

/// Every rule that was taken away, and every line that nothing made untrue.
fn mutated(mutated: &Mutated) -> impl Iterator<Item = Case> {
    let entries = mutated.entries.iter().map(|entry| {
        let name = named(&entry.rule);
        let (outcome, message) = match entry.noticed_by.as_slice() {
            [] => (Outcome::Failed(Level::Warning), format!("{name}: no line notices when it is taken away")),
            lines => (Outcome::Passed, format!("{name}: noticed by {}", lines.join(", "))),
        };
        let covered = entry.covered_by.as_ref();
        let covered = covered.map(|by| format!("changes nothing: covered by {}", named(by)));
        let nothing = (entry.changes_nothing && covered.is_none())
            .then(|| "changes nothing: nobody is there, or it is stopped elsewhere".to_owned());
        Case {
            rule: "unnoticed".into(),
            message,
            details: covered.into_iter().chain(nothing).collect(),
            place: entry.rule.location.clone(),
            related: Vec::new(),
            fingerprint: fingerprint(["unnoticed", &name]),
            outcome,
            name,
        }
    });
    let lines = mutated.lines.iter().filter(|line| line.by.is_empty()).map(|line| Case {
        rule: "unmovable".into(),
        name: line.id.clone(),
        outcome: Outcome::Failed(Level::Note),
        message: format!("{}: no change of rules makes it untrue", line.id),
        details: vec!["whatever the rules say: routes or missing addresses keep it".into()],
        place: None,
        related: Vec::new(),
        fingerprint: fingerprint(["unmovable", &line.id]),
    });
    entries.chain(lines)
}

/// One sentence.
fn message(line: &TestedLine) -> String {
    let text = format!("{} {}", line.asks.word(), line.text);
    match line.status {
        Status::Ok => format!("{text}: it is so"),
        _ if !line.message.is_empty() => format!("{text}: {}", line.message),
        Status::Undecided => format!("{text}: it cannot be decided"),
        Status::Partial if line.asks == Asks::Allow => {
            format!("{text}: {:.1} % of it works", line.share * 100.0)
        }
        _ => format!("{text}: it is not so"),
    }
}

fn counterexample(example: &Counterexample) -> Vec<String> {
    let mut lines = vec![format!(
        "counterexample: {} {} -> {} {}",
        example.client, example.from, example.server, example.to
    )];
    lines.extend(example.rules.iter().map(|rule| match &rule.location {
        Some(location) => format!("{}: {location}", named(rule)),
        None => named(rule),
    }));
    lines.extend(unanswered(example).map(str::to_owned));
    if example.when.is_empty() {
        lines.push(format!("replay: portcullis explain '{}'", example.question));
    } else {
        lines.push(example.when.clone());
    }
    lines
}

fn named(rule: &Rule) -> String {
    let direction = rule.direction.map_or(String::new(), |direction| format!(" {direction}"));
    format!("{}{direction}  {}", rule.name, rule.text)
}
