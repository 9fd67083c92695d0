//! `portcullis test` as programs and CI use it: exit codes, JSON, what it refuses, and that the lines of the scenarios'
//! intents would notice.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

fn run(input: &str, intent: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(["test", "--quiet", "-i"]).arg(scenarios().join(input)).arg(intent).args(arguments);
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// An intent in a file of its own.
fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portcullis.yaml");
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

#[test]
fn every_line_of_the_articles_designs_notices_some_change() {
    for (input, intent) in [
        ("diagram-a/export", "diagram-a/portcullis.yaml"),
        ("diagram-b/export", "diagram-b/portcullis.yaml"),
        ("two-tier-corrected/export", "two-tier/portcullis.yaml"),
        ("white-list/export", "white-list/portcullis.yaml"),
        ("white-list/without-me", "white-list/without-me.yaml"),
        ("two-lines-of-defence/export", "two-lines-of-defence/portcullis.yaml"),
    ] {
        let answer = json(&run(input, &scenarios().join(intent), &["--mutate", "--format", "json"]));
        let lines = answer["lines"].as_array().unwrap();
        assert!(lines.iter().all(|line| line["status"] == "ok"), "{intent}");
        let killed = answer["mutated"]["lines"].as_array().unwrap();
        assert_eq!(killed.len(), lines.len(), "{intent}");
        for line in killed {
            assert!(
                !line["by"].as_array().unwrap().is_empty(),
                "{intent}: nothing makes {} untrue",
                line["id"]
            );
        }
    }
}

#[test]
fn an_entry_that_another_covers_is_told() {
    let intent = scenarios().join("white-list/portcullis.yaml");
    let output = run("white-list/export", &intent, &["--mutate", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "a rule goes unnoticed");
    let answer = json(&output);
    let entries = answer["mutated"]["entries"].as_array().unwrap();
    let idle: Vec<&Value> =
        entries.iter().filter(|entry| entry["noticed_by"].as_array().unwrap().is_empty()).collect();
    let [idle] = idle.as_slice() else { panic!("{idle:?}") };
    assert_eq!(idle["rule"]["text"], "allow tcp 443 from 198.51.100.7/32");
    assert_eq!(idle["changes_nothing"], true);
    assert_eq!(idle["covered_by"]["text"], "allow tcp 443 from 198.51.100.0/24");
}

#[test]
fn exit_codes() {
    let two_tier = scenarios().join("two-tier/portcullis.yaml");
    let code = |input: &str, intent: &Path, arguments: &[&str]| run(input, intent, arguments).status.code();
    assert_eq!(code("two-tier-corrected/export", &two_tier, &[]), Some(0));
    assert_eq!(code("two-tier/export", &two_tier, &[]), Some(1));
    assert_eq!(code("two-tier/export", &two_tier, &["--exit-zero"]), Some(0));
    assert_eq!(code("two-tier/export", &two_tier, &["--only", "db-starts-nothing"]), Some(0));
    assert_eq!(code("two-tier/export", &two_tier, &["--only", "orders"]), Some(1));
    let (_folder, unknown) = written("deny:\n  - app-1 -> internet:443\n");
    assert_eq!(code("unknown-on-the-way/export", &unknown, &[]), Some(3));
    assert_eq!(code("unknown-on-the-way/export", &unknown, &["--strict"]), Some(1));
    let (_folder, vacuous) = written("deny:\n  - internet6 -> sg:sg-db\n");
    assert_eq!(code("two-tier/export", &vacuous, &[]), Some(1), "nobody has an IPv6 address");
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let refused = |text: &str, arguments: &[&str]| {
        let (_folder, file) = written(text);
        let output = run("two-tier/export", &file, arguments);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(output.stdout.is_empty(), "{text}");
        String::from_utf8(output.stderr).unwrap()
    };
    for (text, arguments, expected) in [
        ("alow: []\n", &[][..], "did you mean `allow`?"),
        ("version: 1\n", &[], "asks for nothing"),
        ("allow:\n  - web-1 -> db-7:mysql\n", &[], "nothing is called `db-7`"),
        ("allow:\n  - web-1 -> db-7:mysql\n", &[], "did you mean `db-"),
        ("names: { web: sg:sg-wbe }\nallow: [web-1 -> db-1]\n", &[], "nothing matches `sg:sg-wbe`"),
        ("allow: [web-1 -> db-1]\n", &["--only", "web-1 -> db-2"], "no line is called `web-1 -> db-2`"),
        ("allow: [web-1 -> db-1]\n", &["--granted", "x"], "--granted: no line is called `x`"),
        ("names: { a: file:gone.txt }\nallow: [a -> db-1]\n", &[], "`gone.txt` could not be read"),
        ("expect: [\"subnet:subnet-db-* uses nacl:nacl-dbs\"]\n", &[], "nothing matches `acl:nacl-dbs`"),
    ] {
        let error = refused(text, arguments);
        assert!(error.contains(expected), "{text}: {error}");
    }
    let error = refused("allow:\n  - web-1 -> db-7:mysql\n", &[]);
    assert!(error.contains("portcullis.yaml:2:14"), "{error}");
}

#[test]
fn a_list_is_read_beside_its_intent() {
    let (folder, file) =
        written("names: { bad: file:bad.txt }\ndeny:\n  - { flow: \"bad -> *:any\", id: bad }\n");
    std::fs::write(folder.path().join("bad.txt"), "# scanners\n198.51.100.0/24\n192.0.2.7\n").unwrap();
    let answer = json(&run("two-tier/export", &file, &["--format", "json"]));
    assert_eq!(answer["lines"][0]["status"], "fail", "the web servers take 443 from everybody");
    let question = answer["lines"][0]["counterexamples"][0]["question"].as_str().unwrap();
    assert!(question.starts_with("192.0.2.7 -> 10.1.") && question.contains(":tcp/443"), "{question}");
}

#[test]
fn what_is_temporary_is_closed_until_it_is_granted() {
    let (_folder, file) = written(
        "temporary:\n  - { flow: \"internet -> sg:sg-web:443\", id: shop, max: 2h }\nclosed: [\"sg:sg-web\"]\n",
    );
    let status = |arguments: &[&str]| {
        let answer = json(&run("two-tier/export", &file, &[&["--format", "json"], arguments].concat()));
        let lines = answer["lines"].as_array().unwrap().clone();
        lines.iter().map(|line| line["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(status(&[]), ["fail", "ok"], "declared, and open");
    assert_eq!(status(&["--granted", "shop"]), ["ok", "ok"]);
}

#[test]
fn gaps_of_a_closed_world_can_be_waived_for_a_while() {
    let (_folder, file) = written(
        "closed: [\"sg:sg-web\"]\nwaive:\n  - { finding: PC0902, on: \"sg:sg-web\", until: 2027-01-31, why: moving }\n",
    );
    let line = |today: &str| {
        let output = run("two-tier/export", &file, &["--format", "json", "--today", today]);
        (output.status.code(), json(&output)["lines"][0].clone())
    };
    let (code, waived) = line("2027-01-31");
    assert_eq!((code, &waived["status"], &waived["rule"]), (Some(0), &"waived".into(), &"PC0902".into()));
    let (code, expired) = line("2027-02-01");
    assert_eq!((code, &expired["status"]), (Some(1), &"fail".into()));
    assert_eq!(expired["notes"][0], "it was waived until 2027-01-31: moving");
}

#[test]
fn the_schema_is_one() {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis")).arg("schema").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(json(&output)["title"], "portcullis.yaml");
}
