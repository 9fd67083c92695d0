//! What is wrong with a network: rules of which each proves its findings with the engine.
//!
//! A rule is one file in `rules/`, with its documentation, and one line in the table there. It adds [`Finding`]s: few and
//! true ones, one for each cause and not for each interface that it shows at. What a rule cannot decide from the export
//! it lists as [`Undecided`]; it never guesses.

mod counterexample;
mod devices;
mod finding;
mod groups;
mod import;
mod lists;
mod merge;
mod rules;
mod services;
mod shared;
mod sift;
mod stores;
mod usage;

use engine::Network;

use crate::grant::Moment;
use crate::intent::{Intent, IntentError};

pub use counterexample::Counterexample;
pub use finding::{Finding, Fix, Related, Severity, Subject, Undecided};
pub use import::{Graded, ImportGrade, SarifLog, grade_imported};
pub use rules::{RULES, Rule, rule};
pub use sift::{BASELINE_SCHEMA, Baseline, Known, Sifted, Waived, choose, sift};

use crate::fix::names;
use shared::Shared;

/// What was found.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Audit {
    /// The worst first; of one severity by rule, then by place.
    pub findings: Vec<Finding>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
}

/// Looks for everything that some rules are about. `intent` is what is meant, for the rules that ask; an
/// empty one says nothing. Lines of it that speak of what the network does not have are undecided.
/// `now` is what time it is, for what was granted for a while.
pub fn audit(network: &Network, rules: &[&'static Rule], intent: &Intent, now: Moment) -> Audit {
    let shared = Shared::new(network, intent, now);
    let mut found = Found::default();
    for rule in rules {
        found.rule = Some(rule);
        (rule.check)(&shared, &mut found);
    }
    let mut audit = found.audit;
    for fix in audit.findings.iter_mut().filter_map(|finding| finding.fix.as_mut()) {
        fix.names = names(network, &fix.changes);
    }
    audit.findings.sort_by(|a, b| {
        let place = |finding: &Finding| {
            let place = finding.location.as_ref();
            (place.map(|place| (place.file.clone(), place.line, place.column)), finding.text.clone())
        };
        b.severity.cmp(&a.severity).then(a.rule.cmp(b.rule)).then_with(|| place(a).cmp(&place(b)))
    });
    audit.undecided.sort();
    audit.undecided.dedup();
    audit
}

/// What the rules found so far, and which one is at work.
#[derive(Default)]
struct Found {
    rule: Option<&'static Rule>,
    audit: Audit,
}

impl Found {
    /// Adds a finding of the rule at work: its id and name are filled in, and its severity unless it has its own.
    fn add(&mut self, mut finding: Finding) {
        if let Some(rule) = self.rule {
            (finding.rule, finding.name) = (rule.id, rule.name);
            finding.fingerprint = finding.fingerprint_of(rule.id);
        }
        self.audit.findings.push(finding);
    }

    /// Says that the rule at work could not decide about something.
    fn undecided(&mut self, subject: Subject, reason: impl Into<String>) {
        let rule = self.rule.map_or("", |rule| rule.id);
        self.audit.undecided.push(Undecided { rule, subject, reason: reason.into() });
    }

    /// Says that lines of the intent mean nothing in this network, so that the rule at work cannot go by them.
    fn not_understood(&mut self, errors: &[IntentError]) {
        for error in errors {
            let place = error.place.to_string();
            self.undecided(Subject { kind: "intent", name: place.clone(), id: place }, error.message.clone());
        }
    }
}
