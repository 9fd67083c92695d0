//! Findings as lines, and what can be asked of all of them.

use engine::Network;

use super::super::{Finding, audit};
use super::rule;
use crate::explain::{Explainer, Options, verdict_word};
use crate::intent::{self, Intent};
use crate::question::parse;

/// What time it is in tests.
pub(crate) const NOON: &str = "2026-11-21T12:00:00Z";

/// What a rule finds in a network of the testkit. Every question of a finding is asked, and has to be answered as the
/// finding says.
pub(crate) fn findings(called: &str, pieces: &[&str]) -> (Network, Vec<Finding>) {
    of(&Intent::default(), called, pieces)
}

/// The same where something is declared: the text of a `portcullis.yaml`.
pub(crate) fn findings_with(declared: &str, called: &str, pieces: &[&str]) -> Vec<Finding> {
    let intent = intent::parse("portcullis.yaml", declared, &|_| Err(String::new())).unwrap();
    of(&intent, called, pieces).1
}

fn of(intent: &Intent, called: &str, pieces: &[&str]) -> (Network, Vec<Finding>) {
    let network = testkit::network(pieces);
    let found = audit(&network, &[rule(called).unwrap()], intent, NOON.parse().unwrap());
    assert_eq!(found.undecided, []);
    for shown in found.findings.iter().filter_map(|finding| finding.counterexample.as_ref()) {
        let explainer = Explainer::new(&network, None, Options::default());
        let explained = explainer.explain(&parse(&shown.question).unwrap()).unwrap();
        assert_eq!(verdict_word(explained.verdict), shown.verdict, "{}", shown.question);
    }
    (network, found.findings)
}

/// Each finding as `severity title: text`.
pub(crate) fn found(called: &str, pieces: &[&str]) -> Vec<String> {
    findings(called, pieces).1.iter().map(line).collect()
}

/// The same where something is declared.
pub(crate) fn found_with(declared: &str, called: &str, pieces: &[&str]) -> Vec<String> {
    findings_with(declared, called, pieces).iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    format!("{} {}: {}", finding.severity.word(), finding.title, finding.text)
}

/// The questions of the findings and what they say.
pub(crate) fn question_of(called: &str, pieces: &[&str]) -> Vec<(String, &'static str)> {
    let (_, findings) = findings(called, pieces);
    let shown = findings.into_iter().filter_map(|finding| finding.counterexample);
    shown.map(|shown| (shown.question, shown.verdict)).collect()
}
