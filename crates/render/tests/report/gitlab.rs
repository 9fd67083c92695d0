//! GitLab's code quality report. What GitLab documents of it is asked in CI (tools/validate_reports.py).

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{HOSTILE, filled, sample};
use crate::print;

fn violations(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_is_wrong_is_listed() {
    let found = violations(&print(&sample(), "gitlab"));
    let expected = json!([
        {
            "description": "PC0203: acl-web in 200: this deny never applies",
            "check_name": "PC0203",
            "fingerprint": "00c0ffee",
            "severity": "minor",
            "location": {"path": "export/acls.json", "lines": {"begin": 57}},
        },
        {
            "description": "PC0101: web-1: tcp 22 is open to the internet",
            "check_name": "PC0101",
            "fingerprint": "0badcafe",
            "severity": "major",
            "location": {"path": "export", "lines": {"begin": 1}},
        },
        {
            "description": "PC0101: db-1: may be open; undecided: no route table is described",
            "check_name": "PC0101",
            "fingerprint": "1",
            "severity": "major",
            "location": {"path": "export", "lines": {"begin": 1}},
        },
    ]);
    assert_eq!(json!(found), expected);
}

fn survives(text: &str) {
    let found = violations(&print(&filled(text), "gitlab"));
    assert_eq!(found.len(), 4);
    let fingerprints: HashSet<_> = found.iter().map(|one| one["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(fingerprints.len(), 4, "GitLab would drop some");
    for one in &found {
        assert_eq!(one["check_name"], text);
        assert!(one["description"].as_str().unwrap().starts_with(&format!("{text}: {text}")));
    }
}

#[test]
fn hostile_text_stays_text() {
    survives(HOSTILE);
}

proptest! {
    #[test]
    fn any_text_stays_text(text in "(?s)\\PC{1,20}|.{1,20}") {
        survives(&text);
    }
}
