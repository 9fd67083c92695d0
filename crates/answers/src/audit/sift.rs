//! Findings without those that are waived or were known before.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

use super::{Audit, Finding, Graded, Rule, Severity, Subject, Undecided};
use crate::intent::{Date, Waive};
use crate::question::{Ends, Kind, SetOp, Term};

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
    /// What there is to say of waivers.
    pub told: Vec<String>,
    /// What another scanner found, graded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub imported: Vec<Graded>,
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
    waivers: &[Waive],
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
        for (waiver, used) in waivers.iter().zip(&mut used).filter(|(waiver, _)| covers(waiver, &finding)) {
            *used = true;
            if waiver.holds(today) {
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
        let Waive { finding, on, place, .. } = waiver;
        let on = on.as_ref().map_or_else(String::new, |(on, _)| format!(" on `{on}`"));
        match (waiver.until.filter(|_| !waiver.holds(today)), used) {
            (Some(until), true) => sifted
                .told
                .push(format!("{place}: the waiver of {finding}{on} ended on {until} and no longer holds")),
            (_, false) => sifted.told.push(format!("{place}: the waiver of {finding}{on} fits no finding")),
            (None, true) => {}
        }
    }
    sifted
}

/// Whether a waiver speaks of a finding: by its rule's id or name or by its fingerprint, and of its resource.
fn covers(waiver: &Waive, finding: &Finding) -> bool {
    let of = &waiver.finding;
    let rule = of.eq_ignore_ascii_case(finding.rule) || of == finding.name || *of == finding.fingerprint;
    rule && waiver.on.as_ref().is_none_or(|(_, ends)| means(ends, &finding.subject))
}

/// Whether words for ends mean a resource: lists and load balancers too, which are no ends themselves.
fn means(ends: &Ends, subject: &Subject) -> bool {
    let fits = |glob: &str| {
        let glob = WildMatch::new(glob);
        glob.matches(&subject.name) || glob.matches(&subject.id)
    };
    match ends {
        Ends::Set { op, left, right, .. } => {
            let (left, right) = (means(left, subject), means(right, subject));
            match op {
                SetOp::Union => left || right,
                SetOp::Intersection => left && right,
                SetOp::Difference => left && !right,
            }
        }
        Ends::Term(term) => match &term.node {
            Term::Name(name) => *name == subject.name || *name == subject.id,
            Term::Selector { kind, glob } => {
                let of_kind = match kind {
                    Kind::SecurityGroup => "security-group",
                    Kind::NetworkAcl => "network-acl",
                    Kind::NetworkInterface => "network-interface",
                    Kind::LoadBalancer => "load-balancer",
                    Kind::TargetGroup => "target-group",
                    _ => "",
                };
                of_kind == subject.kind && fits(glob)
            }
            Term::Everything => true,
            _ => false,
        },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::{Intent, parse};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24
        sg sg-1 in: tcp 22 0.0.0.0/0
        eni eni-1 public 10.0.0.10 public=198.51.100.10 groups=sg-1
    ";

    fn sifted(waivers: &str, baseline: bool, today: &str) -> Sifted {
        let network = testkit::network(&[NETWORK]);
        let audit = super::super::audit(
            &network,
            &choose(&["PC0101".into()], &[]).unwrap(),
            &Intent::default(),
            crate::grant::Moment::of_unix_seconds(0),
        );
        let known = Baseline::of(&audit);
        let text = format!("version: 1\nwaive:\n{waivers}");
        let text = if waivers.is_empty() { "version: 1\n" } else { &text };
        let intent = parse("portcullis.yaml", text, &|_| Err(String::new())).unwrap();
        sift(audit, Severity::Note, &intent.waive, baseline.then_some(&known), today.parse().unwrap())
    }

    #[test]
    fn a_waiver_holds_to_its_last_day_and_is_told_of_after() {
        let waiver = "  - { finding: PC0101, on: sg:sg-*, until: 2027-01-31, why: migration }\n";
        let on_the_day = sifted(waiver, false, "2027-01-31");
        assert_eq!((on_the_day.findings.len(), on_the_day.waived.len(), on_the_day.told.len()), (0, 1, 0));
        assert_eq!(on_the_day.waived[0].why, "migration");
        let after = sifted(waiver, false, "2027-02-01");
        assert_eq!((after.findings.len(), after.waived.len()), (1, 0));
        assert!(after.told[0].contains("ended on 2027-01-31"), "{:?}", after.told);
    }

    #[test]
    fn a_waiver_of_something_else_is_told_of() {
        let other = sifted("  - { finding: PC0101, on: sg:sg-2, why: x }\n", false, "2027-01-01");
        assert_eq!((other.findings.len(), other.told.len()), (1, 1));
    }

    #[test]
    fn what_was_known_is_counted_and_not_shown() {
        let known = sifted("", true, "2027-01-01");
        assert_eq!((known.findings.len(), known.known), (0, 1));
    }

    #[test]
    fn rules_are_chosen_by_id_and_name() {
        let ids = |wanted: &[&str], without: &[&str]| {
            let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
            choose(&words(wanted), &words(without))
                .map(|rules| rules.iter().map(|rule| rule.id).collect::<Vec<_>>())
        };
        assert_eq!(ids(&["exposed", "PC0203"], &[]), Ok(vec!["PC0101", "PC0203"]));
        assert_eq!(ids(&["exposed"], &["PC0101"]), Ok(vec![]));
        assert_eq!(ids(&["PC9999"], &[]), Err("PC9999".into()));
    }
}
