//! Findings without those that are waived or were known before.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Audit, Finding, Rule, Severity, Undecided};
use crate::date::Date;

/// A finding that somebody decided to live with, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// A rule's id or name, or a finding's fingerprint.
    pub finding: String,
    /// The resource: its name or id, with or without a kind before it (`sg:web`). Empty: any.
    pub on: String,
    /// The last day on which it holds; `None`: always.
    pub until: Option<Date>,
    /// Why.
    pub why: String,
    /// Where it is written, for what is said of it.
    pub place: String,
}

/// What was found and what of it counts.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sifted {
    /// What counts.
    pub findings: Vec<Finding>,
    /// What is waived.
    pub waived: Vec<Waived>,
    /// How many were known before.
    pub known: usize,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
    /// What there is to say of waivers and the baseline.
    pub told: Vec<String>,
}

/// A finding that is waived.
#[derive(Debug, Clone, Serialize)]
pub struct Waived {
    /// It.
    #[serde(flatten)]
    pub finding: Finding,
    /// The last day on which it is.
    pub until: Option<String>,
    /// Why.
    pub why: String,
}

/// The fingerprints of what was known when it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// The version of this shape: [`BASELINE_SCHEMA`].
    pub schema: String,
    /// What was known.
    pub findings: Vec<Known>,
}

/// A finding that was known.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Known {
    /// Its fingerprint; the rest is for people.
    pub fingerprint: String,
    /// Its rule.
    pub rule: String,
    /// What it is about.
    pub text: String,
}

/// The version of the shape of [`Baseline`].
pub const BASELINE_SCHEMA: &str = "portcullis.baseline/1";

impl Baseline {
    /// Of all that an audit found, in an order that does not change with that of the input.
    pub fn of(audit: &Audit) -> Baseline {
        let known = audit.findings.iter().map(|finding| Known {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.to_owned(),
            text: finding.text.clone(),
        });
        let known: BTreeSet<Known> = known.collect();
        Baseline { schema: BASELINE_SCHEMA.to_owned(), findings: known.into_iter().collect() }
    }
}

/// What of an audit counts: findings of at least some severity, not waived on this day and not known before.
pub fn sift(
    audit: Audit,
    least: Severity,
    waivers: &[Waiver],
    baseline: Option<&Baseline>,
    today: Date,
) -> Sifted {
    let mut sifted = Sifted { undecided: audit.undecided, ..Sifted::default() };
    let known: BTreeSet<&str> = baseline
        .into_iter()
        .flat_map(|known| &known.findings)
        .map(|known| known.fingerprint.as_str())
        .collect();
    let mut used = vec![false; waivers.len()];
    for finding in audit.findings {
        let mut holding = None;
        for (waiver, used) in waivers.iter().zip(&mut used).filter(|(waiver, _)| waiver.covers(&finding)) {
            *used = true;
            if waiver.until.is_none_or(|until| today <= until) {
                holding = Some(waiver);
            }
        }
        match holding {
            Some(waiver) => {
                let until = waiver.until.map(|until| until.to_string());
                sifted.waived.push(Waived { finding, until, why: waiver.why.clone() });
            }
            None if known.contains(finding.fingerprint.as_str()) => sifted.known += 1,
            None if finding.severity < least => {}
            None => sifted.findings.push(finding),
        }
    }
    for (waiver, used) in waivers.iter().zip(used) {
        let Waiver { finding, on, place, .. } = waiver;
        let on = if on.is_empty() { String::new() } else { format!(" on `{on}`") };
        match (waiver.until.filter(|until| *until < today), used) {
            (Some(until), true) => {
                let told =
                    format!("{place}: the waiver of `{finding}`{on} ended on {until} and no longer holds");
                sifted.told.push(told);
            }
            (_, false) => {
                sifted
                    .told
                    .push(format!("{place}: the waiver of `{finding}`{on} fits no finding; take it out"));
            }
            (None, true) => {}
        }
    }
    sifted
}

impl Waiver {
    /// Whether it speaks of a finding.
    fn covers(&self, finding: &Finding) -> bool {
        let of = &self.finding;
        let rule = of.eq_ignore_ascii_case(finding.rule) || of == finding.name || *of == finding.fingerprint;
        let resource = self.on.split_once(':').map_or(self.on.as_str(), |(_, name)| name);
        rule && (resource.is_empty() || resource == finding.subject.name || resource == finding.subject.id)
    }
}

/// Rules by what options say: `wanted` empty is all of them.
///
/// # Errors
/// The word that is no rule's id or name.
pub fn choose(wanted: &[String], without: &[String]) -> Result<Vec<&'static Rule>, String> {
    let find = |called: &String| super::rule(called).ok_or_else(|| called.clone());
    let wanted: Vec<&Rule> = wanted.iter().map(find).collect::<Result<_, _>>()?;
    let without: Vec<&Rule> = without.iter().map(find).collect::<Result<_, _>>()?;
    let in_list = |list: &[&Rule], rule: &Rule| list.iter().any(|other| other.id == rule.id);
    let all = super::RULES.iter().copied();
    Ok(all.filter(|rule| (wanted.is_empty() || in_list(&wanted, rule)) && !in_list(&without, rule)).collect())
}
