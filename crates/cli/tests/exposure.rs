//! `portcullis exposure` as programs use it: the JSON, and what it refuses.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/exposure/export");
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(["exposure", "-i"]).arg(input).args(arguments).output().unwrap()
}

fn error(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn json_has_the_grades_and_where_each_rule_is() {
    let output = run(&["--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["schema"], "portcullis.exposure/1");
    assert_eq!(answer["surface"], serde_json::json!({ "pairs": 3, "partial": 0, "undecided": 0 }));
    assert_eq!(answer["interfaces"]["all"], 7);
    let finding = |grade: &str, name: &str| {
        let mut findings = answer["findings"].as_array().unwrap().iter();
        let of = |finding: &&Value| finding["grade"] == grade && finding["of"][0]["name"] == name;
        findings.find(of).cloned().unwrap()
    };
    let bastion = finding("exposed", "bastion");
    assert_eq!(bastion["services"][0]["numbers"], serde_json::json!(["22"]));
    assert_eq!(bastion["from"]["all"], true);
    assert_eq!(bastion["of"][0]["public_address"], "203.0.113.25");
    assert_eq!(bastion["rules"][0]["id"], "sgr-0b7e1c9a52d4f3806");
    assert!(bastion["rules"][0]["line"].is_u64());
    let database = finding("latent", "db-1");
    assert_eq!(database["gates_left"], 4);
    let causes: Vec<_> =
        database["gates"].as_array().unwrap().iter().map(|gate| gate["cause"].clone()).collect();
    assert_eq!(causes, ["no-public-address", "rules", "rules", "no-route"]);
    assert_eq!(answer["behind"][0]["targets"], serde_json::json!(["web-1", "web-2"]));
}

#[test]
fn what_names_nothing_is_refused() {
    assert!(error(&["bastio"]).contains("did you mean `bastion`?"));
    assert!(error(&["internet"]).contains("names no network interface"));
    assert!(error(&["--ports", "sssh"]).contains("unknown service `sssh`"));
    assert!(error(&["--ports", "icmp/3/4"]).contains("asks for no answer"));
    assert!(error(&["bastion ->"]).contains("ends"));
}
