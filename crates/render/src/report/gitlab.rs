//! GitLab's code quality report: a list of what failed, shown in the merge request.
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::collections::HashMap;
use std::io;

use serde::Serialize;

use super::{Case, Format, Level, Outcome, Report, place};

pub(super) const FORMAT: Format =
    Format { name: "gitlab", about: "Code quality report of GitLab, for merge requests", print };

#[derive(Serialize)]
struct Violation<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

fn print(report: &Report) -> io::Result<String> {
    let wrong = |case: &&Case| matches!(case.outcome, Outcome::Failed(_) | Outcome::Undecided(_));
    let mut seen = HashMap::new();
    let violations = report.cases.iter().filter(wrong).map(|case| Violation {
        description: description(case),
        check_name: &case.rule,
        fingerprint: unique(&case.fingerprint, &mut seen),
        severity: severity(report.level(case)),
        location: location(report, case),
    });
    Ok(serde_json::to_string_pretty(&violations.collect::<Vec<_>>())? + "\n")
}

/// GitLab shows this and nothing else.
fn description(case: &Case) -> String {
    let text = format!("{}: {}", case.rule, case.sentence());
    match &case.outcome {
        Outcome::Undecided(reason) => format!("{text}; undecided: {reason}"),
        _ => text,
    }
}

/// GitLab drops all but one of those with the same fingerprint, so that later ones are counted.
fn unique<'a>(fingerprint: &'a str, seen: &mut HashMap<&'a str, usize>) -> String {
    let times = seen.entry(fingerprint).or_default();
    *times += 1;
    if *times == 1 { fingerprint.to_owned() } else { format!("{fingerprint}-{times}") }
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Note => "info",
        Level::Warning => "minor",
        Level::Error => "major",
    }
}

/// GitLab needs a path and a line: without a place, the first of the input.
fn location(report: &Report, case: &Case) -> Place {
    let (file, line) =
        case.place.as_ref().map_or((report.input.as_str(), 1), |at| (at.file.as_str(), at.line));
    Place { path: place::path(file), lines: Lines { begin: line.max(1) } }
}
