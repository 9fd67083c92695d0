//! SARIF 2.1.0, the format of code scanning: one run, all rules, one result each case that is wrong or open. Section numbers are those of the
//! [specification](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).

use std::io;

use model::Location;
use serde::Serialize;

use super::{Case, Format, Outcome, Report, RuleInfo, place};

pub(super) const FORMAT: Format =
    Format { name: "sarif", about: "SARIF 2.1.0, for code scanning and editors", print };

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    automation_details: AutomationDetails,
    column_kind: &'static str,
    results: Vec<Finding<'a>>,
    properties: RunProperties<'a>,
}

/// What tells runs of several commands in one repository apart (3.17.2: everything before the last slash is the
/// category).
#[derive(Serialize)]
struct AutomationDetails {
    id: String,
}

#[derive(Serialize)]
struct RunProperties<'a> {
    summary: &'a str,
    passed: usize,
    skipped: usize,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_description: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Help<'a>>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Help<'a> {
    text: &'a str,
    markdown: &'a str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    kind: &'static str,
    level: &'static str,
    message: Message,
    locations: [Place; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_fingerprints: Option<Fingerprints<'a>>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
}

/// The key names what is in it and its version (3.27.17).
#[derive(Serialize)]
struct Fingerprints<'a> {
    #[serde(rename = "portcullis/v1")]
    portcullis: &'a str,
}

fn print(report: &Report) -> io::Result<String> {
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "portcullis",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: report.rules.iter().map(rule).collect(),
                },
            },
            automation_details: AutomationDetails { id: format!("portcullis/{}/", report.command) },
            // As our locations count them (3.14.17).
            column_kind: "unicodeCodePoints",
            results: report.cases.iter().filter_map(|case| finding(report, case)).collect(),
            properties: RunProperties {
                summary: &report.summary,
                passed: count(report, |outcome| matches!(outcome, Outcome::Passed)),
                skipped: count(report, |outcome| matches!(outcome, Outcome::Skipped(_))),
            },
        }],
    };
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn count(report: &Report, wanted: fn(&Outcome) -> bool) -> usize {
    report.cases.iter().filter(|case| wanted(&case.outcome)).count()
}

fn rule(rule: &RuleInfo) -> Rule<'_> {
    let documentation = Some(rule.documentation.as_str()).filter(|text| !text.trim().is_empty());
    Rule {
        id: &rule.id,
        short_description: Text { text: &rule.title },
        // Its first paragraph: readers show it in lists.
        full_description: documentation
            .and_then(|text| text.trim().split("\n\n").next())
            .map(|text| Text { text }),
        help: documentation.map(|text| Help { text, markdown: text }),
        default_configuration: Configuration { level: rule.level.word() },
    }
}

/// What is wrong or open. What passed or was skipped is none: GitHub shows every result as an alert, whatever its kind
/// (3.27.9), and knows no suppressions.
fn finding<'a>(report: &'a Report, case: &'a Case) -> Option<Finding<'a>> {
    let (kind, level) = match &case.outcome {
        Outcome::Failed(level) => ("fail", level.word()),
        // What did not fail has no level (3.27.10).
        Outcome::Undecided(_) => ("open", "none"),
        Outcome::Passed | Outcome::Skipped(_) => return None,
    };
    // GitHub refuses a file in which a result has no location.
    let whole =
        || PhysicalLocation { artifact_location: Artifact { uri: place::uri(&report.input) }, region: None };
    let physical_location = case.place.as_ref().map_or_else(whole, physical);
    let related = case.related.iter().enumerate();
    Some(Finding {
        rule_id: &case.rule,
        rule_index: report.rule(case).map(|(index, _)| index),
        kind,
        level,
        message: Message { text: message(case) },
        locations: [Place { id: None, physical_location, message: None }],
        related_locations: related.map(|(id, (at, what))| related_place(id, at, what)).collect(),
        partial_fingerprints: (!case.fingerprint.is_empty())
            .then_some(Fingerprints { portcullis: &case.fingerprint }),
    })
}

/// The sentence, why nobody can say, and the details, a line each. Other places and reasons to skip have fields.
fn message(case: &Case) -> String {
    let reason = match &case.outcome {
        Outcome::Undecided(reason) => Some(format!("undecided: {reason}")),
        _ => None,
    };
    let lines = [case.sentence()].into_iter().chain(reason).chain(case.details.iter().cloned());
    literal(&lines.collect::<Vec<_>>().join("\n"))
}

/// Text that holds neither placeholders (3.11.5) nor links (3.11.6). Braces are doubled where they could be taken for
/// anything but themselves, and only there: few readers undo it, and a command that is copied should work. Nothing is said
/// about brackets outside of links, so a space takes a link apart.
fn literal(text: &str) -> String {
    let number = |rest: &str| rest.split_once('}').is_some_and(|(index, _)| index.parse::<u64>().is_ok());
    let ambiguous = text.contains("{{") || text.contains("}}") || text.split('{').skip(1).any(number);
    let text = text.replace("](", "] (");
    if ambiguous { text.replace('{', "{{").replace('}', "}}") } else { text }
}

fn related_place(id: usize, at: &Location, what: &str) -> Place {
    Place { id: Some(id), physical_location: physical(at), message: Some(Message { text: literal(what) }) }
}

fn physical(at: &Location) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: Artifact { uri: place::uri(&at.file) },
        region: Some(Region { start_line: at.line.max(1), start_column: at.column.max(1) }),
    }
}
