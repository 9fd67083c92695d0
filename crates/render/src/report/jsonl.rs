//! A line of JSON each case, for programs that read as it comes.

use std::io;

use model::Location;
use serde::Serialize;

use super::{Format, Outcome, Report};

pub(super) const FORMAT: Format =
    Format { name: "jsonl", about: "One object a line, for each thing that was looked at", print };

/// The version of a line's shape. It changes when a field is renamed, removed or changes its meaning; new fields do not
/// change it.
pub(super) const SCHEMA: &str = "portcullis.case/1";

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    command: &'static str,
    rule: &'a str,
    name: &'a str,
    outcome: &'static str,
    level: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    details: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place<'a>>,
    related: Vec<Related<'a>>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    what: &'a str,
}

fn print(report: &Report) -> io::Result<String> {
    let mut out = String::new();
    for case in &report.cases {
        let (outcome, reason) = match &case.outcome {
            Outcome::Passed => ("passed", None),
            Outcome::Failed(_) => ("failed", None),
            Outcome::Undecided(reason) => ("undecided", Some(reason.as_str())),
            Outcome::Skipped(reason) => ("skipped", Some(reason.as_str())),
        };
        let related = case.related.iter().map(|(at, what)| Related { place: place(at), what });
        let line = Line {
            schema: SCHEMA,
            command: report.command,
            rule: &case.rule,
            name: &case.name,
            outcome,
            level: report.level(case).word(),
            message: &case.message,
            reason,
            details: &case.details,
            place: case.place.as_ref().map(place),
            related: related.collect(),
            fingerprint: &case.fingerprint,
        };
        out.push_str(&serde_json::to_string(&line)?);
        out.push('\n');
    }
    Ok(out)
}

fn place(at: &Location) -> Place<'_> {
    Place { file: &at.file, line: at.line, column: at.column }
}
