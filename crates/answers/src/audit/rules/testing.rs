//! Findings as lines, and what can be asked of all of them.

use engine::Network;

use super::super::{Finding, audit};
use super::rule;
use crate::explain::{Explainer, Options, verdict_word};
use crate::question::parse;

/// What a rule finds in a network of the testkit. Every question of a finding is asked, and has to be answered as the
/// finding says.
pub(crate) fn findings(called: &str, pieces: &[&str]) -> (Network, Vec<Finding>) {
    let network = testkit::network(pieces);
    let found = audit(&network, &[rule(called).unwrap()]);
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
    let line = |finding: &Finding| format!("{} {}: {}", finding.severity.word(), finding.title, finding.text);
    findings(called, pieces).1.iter().map(line).collect()
}

/// The questions of the findings and what they say.
pub(crate) fn question_of(called: &str, pieces: &[&str]) -> Vec<(String, &'static str)> {
    let (_, findings) = findings(called, pieces);
    let shown = findings.into_iter().filter_map(|finding| finding.counterexample);
    shown.map(|shown| (shown.question, shown.verdict)).collect()
}
