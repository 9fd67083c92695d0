//! The scenarios, run as their readers would run them: the console blocks of every README, and every row of
//! `expected.tsv`, whose expectations were derived by hand from the specification.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
fn readmes_show_what_the_command_prints() {
    std::env::set_current_dir(root()).unwrap();
    trycmd::TestCases::new().env("LC_ALL", "C.UTF-8").case("README.md").case("scenarios/*/README.md").run();
}

/// One row of an `expected.tsv`.
struct Row {
    place: String,
    question: String,
    verdict: String,
    share: String,
    blockers: String,
}

#[test]
fn every_expected_row_comes_out() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for ((folder, me), rows) in rows() {
        let questions: String = rows.iter().map(|row| format!("{}\n", row.question)).collect();
        let answers = explain(&folder, me.as_deref(), &questions);
        assert_eq!(answers.len(), rows.len(), "{}", folder.display());
        for (row, answer) in rows.iter().zip(&answers) {
            count += 1;
            let verdict = answer["verdict"].as_str().unwrap();
            let share = answer["share"].as_f64().unwrap();
            let blockers = blockers(answer);
            let share_agrees = row.share == "-" || (share - fraction(&row.share)).abs() < 1e-12;
            if verdict != row.verdict || !share_agrees || blockers != row.blockers {
                wrong.push(format!(
                    "{} {}\n  expected {} {} {}\n  found    {verdict} {share} {blockers}",
                    row.place, row.question, row.verdict, row.share, row.blockers
                ));
            }
        }
    }
    assert!(count > 200, "only {count} rows were found");
    assert!(wrong.is_empty(), "{} of {count} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// All rows, by input folder and what `me` means.
fn rows() -> BTreeMap<(PathBuf, Option<String>), Vec<Row>> {
    let mut rows: BTreeMap<_, Vec<Row>> = BTreeMap::new();
    let scenarios = std::fs::read_dir(root().join("scenarios")).unwrap();
    for scenario in scenarios.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let text = std::fs::read_to_string(scenario.join("expected.tsv")).unwrap();
        for (position, line) in text.lines().enumerate().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let (me, question) = match cells[1].strip_prefix("--me ") {
                Some(rest) => {
                    let (me, question) = rest.split_once(' ').unwrap();
                    (Some(me.to_owned()), question)
                }
                None => (None, cells[1]),
            };
            let row = Row {
                place: format!("{}:{}", scenario.file_name().unwrap().to_string_lossy(), position + 1),
                question: question.to_owned(),
                verdict: cells[2].to_owned(),
                share: cells[3].to_owned(),
                blockers: cells[4].to_owned(),
            };
            rows.entry((scenario.join(cells[0]), me)).or_default().push(row);
        }
    }
    rows
}

fn explain(input: &Path, me: Option<&str>, questions: &str) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(["explain", "--quiet", "--questions", "-", "--format", "jsonl", "--input"]).arg(input);
    if let Some(me) = me {
        command.args(["--me", me]);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(questions.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn fraction(text: &str) -> f64 {
    let (part, whole) = text.split_once('/').unwrap_or((text, "1"));
    part.parse::<f64>().unwrap() / whole.parse::<f64>().unwrap()
}

/// Everything that stops part of it, as `leg:gate:rule` in the order of the way.
fn blockers(answer: &Value) -> String {
    let mut found: Vec<String> = Vec::new();
    let mut leg = |name: &str, leg: &Value| {
        for gate in leg["gates"].as_array().unwrap() {
            if !["blocks", "partly"].contains(&gate["outcome"].as_str().unwrap()) {
                continue;
            }
            for rule in deciding(gate) {
                let blocker = format!("{name}:{}:{rule}", label(gate));
                if !found.contains(&blocker) {
                    found.push(blocker);
                }
            }
        }
    };
    for pair in answer["pairs"].as_array().unwrap() {
        for way in pair["ways"].as_array().unwrap() {
            leg("request", &way["request"]);
            for reply in way["replies"].as_array().unwrap() {
                leg("reply", reply);
            }
        }
    }
    if found.is_empty() { "-".into() } else { found.join(",") }
}

fn label(gate: &Value) -> String {
    let name = gate["name"].as_str().unwrap();
    match (gate["gate"].as_str().unwrap(), gate["direction"].as_str()) {
        ("route" | "transit-gateway-route", _) => format!("route {name}"),
        ("security-group" | "network-acl", Some(direction)) => format!("{name} {direction}"),
        _ => name.to_owned(),
    }
}

/// The rules of a gate that stop something, or its cause where it has none.
fn deciding(gate: &Value) -> Vec<String> {
    let rules = gate["rules"].as_array().unwrap();
    match gate["cause"].as_str().unwrap() {
        "rules" => {
            let denies = rules.iter().filter(|rule| rule["action"] == "deny");
            // The final deny of a list that an emulator does not print is a final deny all the same.
            let unnumbered = if gate["gate"] == "network-acl" { "*" } else { "implicit" };
            denies.map(|rule| rule["number"].as_str().unwrap_or(unnumbered).to_owned()).collect()
        }
        "blackhole" => {
            // A transit gateway's route is no rule with a line of its own.
            let text = rules.first().map_or(&gate["reason"], |rule| &rule["text"]);
            vec![text.as_str().unwrap().split([' ', ',']).next().unwrap().to_owned()]
        }
        cause => vec![cause.to_owned()],
    }
}
