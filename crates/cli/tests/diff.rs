//! `portcullis diff`: exit codes, what programs read, and two inputs that are read at the same time.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name)
}

fn diff(old: &str, new: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.env("LC_ALL", "C.UTF-8").arg("diff").arg(scenario(old)).arg(scenario(new)).args(arguments);
    command.output().unwrap()
}

fn json(old: &str, new: &str) -> Value {
    let output = diff(old, new, &["--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The group's rule for one address goes (S1.37): that closes and opens nothing.
#[test]
fn exit_codes_go_by_the_policy() {
    let (tracked, removed) = ("ssh-survives/tracked", "ssh-survives/removed");
    let code = |old, new, arguments: &[&str]| diff(old, new, arguments).status.code();
    assert_eq!(code(tracked, removed, &[]), Some(0));
    assert_eq!(code(tracked, removed, &["--fail-on", "opens"]), Some(0));
    assert_eq!(code(tracked, removed, &["--fail-on", "closes"]), Some(1));
    assert_eq!(code(tracked, removed, &["--fail-on", "opens,closes"]), Some(1));
    assert_eq!(code(tracked, removed, &["--fail-on", "any"]), Some(1));
    assert_eq!(code(tracked, removed, &["--fail-on", "any", "--exit-zero"]), Some(0));
    assert_eq!(code(removed, tracked, &["--fail-on", "opens"]), Some(1));
    assert_eq!(code(tracked, tracked, &["--fail-on", "any"]), Some(0));
    assert_eq!(code(tracked, "no-such-folder", &[]), Some(2));
    // A share that becomes less closes something, and opens something for others (S2.21).
    let (high, linux) = ("sometimes-hangs/out-49152-65535", "sometimes-hangs/out-32768-61000");
    assert_eq!(code(high, linux, &["--fail-on", "opens"]), Some(1));
    assert_eq!(code(high, linux, &["--fail-on", "closes"]), Some(1));
}

/// S0.6: of replies to 49152-65535 any client gets 16,384 of 64,512, of replies to 32768-61000 28,233.
#[test]
fn shares_are_told_before_and_after() {
    let difference = json("sometimes-hangs/out-49152-65535", "sometimes-hangs/out-32768-61000");
    assert_eq!(
        (difference["schema"].as_str(), difference["verdict"].as_str()),
        (Some("portcullis.diff/1"), Some("changed"))
    );
    let flow = &difference["flows"][0];
    assert_eq!((flow["change"].as_str(), flow["from"]["internet"].as_bool()), (Some("partial"), Some(true)));
    let service = &flow["services"][0];
    let share = |of: &Value| of["share"].as_f64().unwrap();
    assert!((share(&service["before"]) - 16384.0 / 64512.0).abs() < 1e-9);
    assert!((share(&service["after"]) - 28233.0 / 64512.0).abs() < 1e-9);
    let linux = &service["kinds"][0];
    assert_eq!(linux["kind"], "linux");
    assert!((linux["before"].as_f64().unwrap() - 11848.0 / 28232.0).abs() < 1e-12);
    assert!((linux["after"].as_f64().unwrap() - 1.0).abs() < 1e-12);
}

/// What nobody can say is neither the same nor opened (S0.6): app-1 may send to another port, through a NAT gateway that
/// the export lacks.
#[test]
fn what_cannot_be_decided_gives_three() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(scenario("unknown-on-the-way/export")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap().replace("Port\": 443", "Port\": 444");
        std::fs::write(folder.path().join(path.file_name().unwrap()), text).unwrap();
    }
    let after = folder.path().to_str().unwrap();
    let code = |arguments: &[&str]| diff("unknown-on-the-way/export", after, arguments).status.code();
    let difference = json("unknown-on-the-way/export", after);
    let flows = difference["flows"].as_array().unwrap();
    assert_eq!((flows.len(), flows[0]["change"].as_str()), (1, Some("undecided")), "{difference:#}");
    let said = |at: usize| {
        let service = &flows[0]["services"][at];
        let status = |of: &str| service[of]["status"].as_str().unwrap().to_owned();
        (service["service"].as_str().unwrap().to_owned(), status("before"), status("after"))
    };
    assert_eq!(said(0), ("tcp/443".into(), "undecided".into(), "nothing".into()));
    assert_eq!(said(1), ("tcp/444".into(), "nothing".into(), "undecided".into()));
    assert_eq!(code(&[]), Some(0));
    for policy in ["opens", "closes", "any"] {
        assert_eq!(code(&["--fail-on", policy]), Some(3), "{policy}");
    }
}

/// One of the two may come from a pipe, and not both.
#[test]
fn one_input_may_be_standard_input() {
    let vpc = r#"{"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/16"}]}"#;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vpc.json");
    std::fs::write(&file, vpc).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["diff", "-q", "-"])
        .arg(&file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(vpc.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "the same configuration\n");
    let twice = Command::new(env!("CARGO_BIN_EXE_portcullis")).args(["diff", "-", "-"]).output().unwrap();
    assert_eq!(twice.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&twice.stderr).contains("`-` is given twice"));
}
