//! What commands print for other tools says what their text says, at the places that the user knows.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const INTENT: &str = "\
version: 1
allow:
  - { flow: \"web-1 -> db-1:mysql\", id: orders }
deny:
  - { flow: \"internet -> db-1\", id: no-way-in }
";

/// What `test` prints in the repository's root, of an intent in a folder of its own; the first lines that answer is 1.
fn test(format: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shop.yaml"), INTENT).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["test", "shop.yaml", "--format", format, "-i"])
        .arg(root.canonicalize().unwrap().join("scenarios/two-tier/export"))
        .current_dir(folder.path())
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn json_lines_have_every_line() {
    let lines: Vec<Value> = test("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["rule"].clone(), line["name"].clone(), line["outcome"].clone()))
        .collect();
    let expected = [
        (json!("allow"), json!("orders"), json!("failed")),
        (json!("deny"), json!("no-way-in"), json!("passed")),
    ];
    assert_eq!(told, expected);
    assert_eq!(lines[0]["place"]["file"], "shop.yaml");
    assert_eq!(lines[0]["place"]["line"], 3);
    // The rule that would have to let it through is the default of sg-web (scenarios/two-tier): no rule, no place.
    let details = lines[0]["details"].to_string();
    assert!(details.contains("counterexample") && details.contains("portcullis explain"), "{details}");
}

#[test]
fn sarif_points_at_the_line_of_the_intent() {
    let log: Value = serde_json::from_str(&test("sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let [result] = results.as_slice() else { panic!("one line fails: {results:?}") };
    assert_eq!(result["ruleId"], "allow");
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "shop.yaml");
    assert_eq!(location["region"]["startLine"], 3);
    assert_eq!(log["runs"][0]["properties"]["passed"], 1);
}

#[test]
fn other_formats_say_the_same() {
    let junit = test("junit");
    assert!(junit.contains("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\""), "{junit}");
    let github = test("github");
    let errors: Vec<_> =
        github.lines().filter(|line| line.starts_with("::error file=shop.yaml,line=3,")).collect();
    assert_eq!((errors.len(), github.lines().count()), (1, 2), "{github}");
    let gitlab: Value = serde_json::from_str(&test("gitlab")).unwrap();
    assert_eq!(gitlab.as_array().unwrap().len(), 1);
    assert_eq!(gitlab[0]["location"], json!({"path": "shop.yaml", "lines": {"begin": 3}}));
    let markdown = test("md");
    assert!(markdown.starts_with("### portcullis test: 1 of 2 lines does not hold\n"), "{markdown}");
    assert!(markdown.contains("<summary>1 passed</summary>"), "{markdown}");
    let html = test("html");
    assert!(html.contains("<article class=\"error\">") && html.contains("1 passed"), "{html}");
}

/// What action.yml runs on GitHub: the log has annotations, the summary of the job has Markdown, the file has SARIF.
#[cfg(unix)]
#[test]
fn the_action_ends_as_the_command_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("shop.yaml"), INTENT).unwrap();
    std::os::unix::fs::symlink(root.join("scenarios/two-tier/export"), folder.path().join("export")).unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_portcullis")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let run = |arguments: &str| {
        let mut command = Command::new(root.join("tools/action"));
        command
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("COMMAND", "test")
            .env("ARGUMENTS", arguments);
        command.env("SARIF", "found.sarif").env("GITHUB_STEP_SUMMARY", "summary.md").output().unwrap()
    };
    // Nothing in it is run or expanded.
    let wrong = run("shop.yaml -i * $(touch run)");
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    assert!(!folder.path().join("run").exists() && !folder.path().join("found.sarif").exists());
    let output = run("shop.yaml -i export");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("\n::error file=shop.yaml,line=3,"));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("summary.md").starts_with("### portcullis test: 1 of 2 lines does not hold\n"));
    let log: Value = serde_json::from_str(&read("found.sarif")).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 1);
}
