//! SARIF, by section of its specification. The official schema is asked in CI (tools/validate_reports.py).

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{HOSTILE, filled, sample};
use crate::print;

fn run(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    log["runs"][0].clone()
}

#[test]
fn rules_say_what_they_are() {
    let run = run(&print(&sample(), "sarif"));
    assert_eq!(run["automationDetails"]["id"], "portcullis/audit/");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rule = &run["tool"]["driver"]["rules"][1];
    assert_eq!(rule["id"], "PC0203");
    assert_eq!(rule["shortDescription"]["text"], "a rule that never applies");
    assert_eq!(rule["fullDescription"]["text"], "a rule that never applies.");
    assert!(rule["help"]["markdown"].as_str().unwrap().contains("```hcl\nrule { }\n```"));
    assert_eq!(rule["defaultConfiguration"]["level"], "warning");
}

#[test]
fn a_finding_has_its_place_and_what_belongs_to_it() {
    let run = run(&print(&sample(), "sarif"));
    let result = &run["results"][0];
    assert_eq!((&result["ruleId"], &result["ruleIndex"]), (&json!("PC0203"), &json!(1)));
    assert_eq!((&result["kind"], &result["level"]), (&json!("fail"), &json!("warning")));
    assert_eq!(
        result["message"]["text"],
        "acl-web in 200: this deny never applies\nshadowed by rule 100 allow all\nfix: renumber 200 to 90"
    );
    assert_eq!(
        result["locations"],
        json!([{"physicalLocation": {
            "artifactLocation": {"uri": "export/acls.json"},
            "region": {"startLine": 57, "startColumn": 3},
        }}])
    );
    assert_eq!(
        result["relatedLocations"],
        json!([{
            "id": 0,
            "physicalLocation": {
                "artifactLocation": {"uri": "export/my%20acls.json"},
                "region": {"startLine": 44, "startColumn": 1},
            },
            "message": {"text": "the rule that comes first"},
        }])
    );
    assert_eq!(result["partialFingerprints"], json!({"portcullis/v1": "00c0ffee"}));
    // Without a place of its own: the whole input.
    assert_eq!(
        run["results"][1]["locations"],
        json!([{"physicalLocation": {"artifactLocation": {"uri": "export"}}}])
    );
}

/// 3.27.9, 3.27.10: what did not fail has no level. What passed or was skipped would be an alert on GitHub.
#[test]
fn what_is_wrong_or_open_is_a_result() {
    let run = run(&print(&sample(), "sarif"));
    let results = run["results"].as_array().unwrap().iter();
    let kinds: Vec<_> =
        results.map(|one| (one["kind"].as_str().unwrap(), one["level"].as_str().unwrap())).collect();
    assert_eq!(kinds, [("fail", "warning"), ("fail", "error"), ("open", "none")]);
    assert_eq!(
        run["results"][2]["message"]["text"],
        "db-1: may be open\nundecided: no route table is described"
    );
    assert_eq!(run["properties"], json!({"summary": "2 findings, 1 undecided", "passed": 1, "skipped": 1}));
}

/// What a reader shows for a message without arguments (3.11.5): pairs of braces are one, and `{0}` would be replaced.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, braces) = rest.split_at(at);
        let brace = &braces[..1];
        shown.push_str(before);
        shown.push_str(brace);
        let doubled = braces.starts_with("{{") || braces.starts_with("}}");
        let index = braces[1..].split_once('}').map(|(index, _)| index);
        assert!(
            doubled || brace == "}" || index.is_none_or(|index| index.parse::<u64>().is_err()),
            "{text:?}"
        );
        rest = &braces[1 + usize::from(doubled)..];
    }
    shown + rest
}

#[test]
fn commands_can_be_copied() {
    let command = "--ip-permissions 'UserIdGroupPairs=[{GroupId=sg-1}]'";
    let run = run(&print(&filled(command), "sarif"));
    assert!(run["results"][0]["message"]["text"].as_str().unwrap().contains(command));
}

fn survives(text: &str) {
    let run = run(&print(&filled(text), "sarif"));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        assert_eq!(result["ruleId"], text);
        let message = shown(result["message"]["text"].as_str().unwrap());
        assert!(!message.contains("]("), "a link in {message:?}");
        // As filled: the sentence, which has the name, and two details.
        let whole = format!("{text}\n{text}\n{text}").replace("](", "] (");
        let undecided = format!("{text}\nundecided: {text}\n{text}\n{text}").replace("](", "] (");
        assert!(message == whole || message == undecided, "{message:?}");
        assert_eq!(result["partialFingerprints"]["portcullis/v1"], text);
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(
            uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#?".contains(&byte)),
            "{uri}"
        );
    }
}

#[test]
fn hostile_text_stays_text() {
    survives(HOSTILE);
}

proptest! {
    #[test]
    fn any_text_stays_text(text in "(?s)\\PC{1,20}|.{1,20}|([{}01]|\\]\\(|%2F|//){1,6}") {
        survives(&text);
    }
}
