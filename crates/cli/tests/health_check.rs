//! `portcullis explain --health-check`: exit codes and the shape of its JSON.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn export(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/health-checks-failing").join(name)
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(["explain", "-q", "-i"]).arg(folder).args(arguments).output().unwrap()
}

fn json(folder: &Path) -> (Option<i32>, Value) {
    let output = run(folder, &["--health-check", "tg-web", "--format", "json"]);
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

/// Nothing passes, some does, all does: as for connections.
#[test]
fn exit_codes_are_those_of_connections() {
    for (folder, code, verdict) in
        [("export-egress", 1, "blocked"), ("export-list", 1, "partial"), ("export-fixed", 0, "allowed")]
    {
        let (found, answer) = json(&export(folder));
        assert_eq!((found, answer["verdict"].as_str()), (Some(code), Some(verdict)), "{folder}");
    }
    // Without the targets nobody can say.
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(export("export-fixed")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if !name.to_string_lossy().contains("target-health") {
            fs::copy(&path, copy.path().join(name)).unwrap();
        }
    }
    let (code, answer) = json(copy.path());
    assert_eq!((code, answer["verdict"].as_str()), (Some(3), Some("undecided")));
    assert_eq!(answer["reasons"][0], "the targets are not in the export");
}

#[test]
fn json_has_a_row_for_each_node_with_each_target() {
    let (_, answer) = json(&export("export-list"));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut top = keys(&answer);
    top.sort();
    assert_eq!(top, ["check", "checks", "fix", "notes", "reasons", "schema", "target_group", "verdict"]);
    assert_eq!(answer["schema"], "portcullis.health-check/1");
    assert_eq!((&answer["target_group"], &answer["check"]), (&"tg-web".into(), &"tcp 8081".into()));
    let checks = answer["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 6);
    let mut row = keys(&checks[0]);
    row.sort();
    assert_eq!(row, ["cause", "node", "node_zone", "state", "target", "verdict", "zone"]);
    let blocked: Vec<_> = checks.iter().filter(|check| check["verdict"] == "blocked").collect();
    assert_eq!(blocked.len(), 2);
    assert!(blocked.iter().all(|check| check["target"] == "web-3:8081" && check["state"] == "unhealthy"));
    assert!(blocked.iter().all(|check| check["cause"].as_str().unwrap().starts_with("nacl-app-b in: ")));
    assert_eq!(answer["fix"]["proved"], true);
    let lines = run(&export("export-list"), &["--health-check", "tg-web", "--format", "jsonl"]).stdout;
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Value>(&lines).unwrap(), answer);
}

#[test]
fn names_of_no_target_group_are_refused() {
    for (name, said) in [
        ("tg-wbe", "no target group is called `tg-wbe`; did you mean `tg-web`?"),
        ("sg-web", "no target group is called `sg-web`"),
    ] {
        let output = run(&export("export-fixed"), &["--health-check", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(said), "{error}");
    }
    // It takes the place of a question.
    let output = run(&export("export-fixed"), &["--health-check", "tg-web", "internet -> web-1:80"]);
    assert_eq!(output.status.code(), Some(2));
}
