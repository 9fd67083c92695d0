//! A line of JSON each case.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{HOSTILE, filled, sample};
use crate::print;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_is_a_case() {
    let found = lines(&print(&sample(), "jsonl"));
    assert_eq!(
        found[0],
        json!({
            "schema": "portcullis.case/1",
            "command": "audit",
            "rule": "PC0203",
            "name": "acl-web in 200",
            "outcome": "failed",
            "level": "warning",
            "message": "this deny never applies",
            "details": ["shadowed by rule 100 allow all", "fix: renumber 200 to 90"],
            "place": {"file": "./export/acls.json", "line": 57, "column": 3},
            "related": [{"file": "export/my acls.json", "line": 44, "column": 1, "what": "the rule that comes first"}],
            "fingerprint": "00c0ffee",
        })
    );
    let outcomes: Vec<_> = found.iter().map(|one| (one["outcome"].clone(), one["reason"].clone())).collect();
    let expected = [
        (json!("failed"), Value::Null),
        (json!("failed"), Value::Null),
        (json!("undecided"), json!("no route table is described")),
        (json!("skipped"), json!("the shop, until 2027-01-31")),
        (json!("passed"), Value::Null),
    ];
    assert_eq!(outcomes, expected);
}

fn survives(text: &str) {
    let found = lines(&print(&filled(text), "jsonl"));
    assert_eq!(found.len(), 6);
    for one in found {
        for field in ["rule", "name", "message", "fingerprint"] {
            assert_eq!(one[field], text);
        }
        assert_eq!(one["details"], json!([text, text]));
        assert_eq!((&one["place"]["file"], &one["related"][0]["what"]), (&json!(text), &json!(text)));
    }
}

#[test]
fn hostile_text_stays_text() {
    survives(HOSTILE);
}

proptest! {
    #[test]
    fn any_text_stays_text(text in "(?s)\\PC{0,20}|.{0,20}") {
        survives(&text);
    }
}
