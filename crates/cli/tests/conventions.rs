//! What every command has in common: the environment, colours, exit codes; completions, manual pages, versions.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn export() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/two-tier/export")
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(arguments).env("LC_ALL", "C.UTF-8").env("PORTCULLIS_INPUT", export());
    command.envs(environment.iter().copied()).output().unwrap()
}

fn text(arguments: &[&str]) -> String {
    let output = run(arguments, &[]);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const COMMANDS: [&str; 10] =
    ["explain", "matrix", "reach", "exposure", "show", "demo", "snapshot", "completions", "man", "version"];

#[test]
fn the_environment_stands_for_options() {
    let json = run(&["show"], &[("PORTCULLIS_FORMAT", "json")]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["schema"], "portcullis.show/1");
    // What is typed counts for more.
    let typed = run(&["show", "--format", "text"], &[("PORTCULLIS_FORMAT", "json")]);
    assert!(serde_json::from_slice::<Value>(&typed.stdout).is_err());
}

#[test]
fn flags_in_the_environment_are_yes_or_no() {
    let blocked = |value: &str| {
        run(&["explain", "web-1 -> db-1:mysql"], &[("PORTCULLIS_EXIT_ZERO", value)]).status.code()
    };
    assert_eq!(["1", "true", "yes", "on"].map(blocked), [Some(0); 4]);
    assert_eq!(["0", "false", "no", "off"].map(blocked), [Some(1); 4]);
    let wrong = run(&["show"], &[("PORTCULLIS_QUIET", "perhaps")]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("'perhaps' for '--quiet'"));
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let coloured = |arguments: &[&str], environment: &[(&str, &str)]| {
        let output = run(arguments, environment);
        output.stdout.contains(&0x1b)
    };
    let question = "web-1 -> db-1:mysql";
    assert!(!coloured(&["explain", question], &[]));
    assert!(coloured(&["explain", question, "--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&["explain", question], &[("PORTCULLIS_COLOR", "always")]));
    assert!(!coloured(&["explain", question, "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn exit_zero_does_not_hide_mistakes() {
    let code = |arguments: &[&str]| run(arguments, &[]).status.code();
    assert_eq!(code(&["explain", "web-1 -> db-1:mysql"]), Some(1));
    assert_eq!(code(&["explain", "web-1 -> db-1:mysql", "--exit-zero"]), Some(0));
    assert_eq!(code(&["explain", "nobody -> db-1:mysql", "--exit-zero"]), Some(2));
    assert_eq!(code(&["explain", "web-1 -> db-1:mysql", "--exit-zero", "-i", "no-such-folder"]), Some(2));
}

#[test]
fn completions_know_commands_and_options() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = text(&["completions", shell]);
        for word in COMMANDS.into_iter().chain(["--health-check", "--no-progress"]) {
            let word = if shell == "fish" { word.trim_start_matches("--") } else { word };
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    assert_eq!(run(&["completions", "cmd"], &[]).status.code(), Some(2));
}

#[test]
fn manual_pages_are_there_for_every_command() {
    let page = text(&["man"]);
    assert!(page.contains(".TH portcullis 1"), "{page}");
    for command in COMMANDS {
        assert!(page.contains(&format!("portcullis\\-{command}(1)")), "{command} is not in the list");
        let page = text(&["man", command]);
        assert!(page.contains(&format!(".TH portcullis-{command} 1")), "{page}");
        assert!(page.contains("Exit codes: 0 "), "{command}");
    }
    let wrong = run(&["man", "explian"], &[]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("did you mean `explain`?"));
}

#[test]
fn versions_are_those_that_commands_print() {
    let versions = text(&["version"]);
    let mut lines = versions.lines();
    assert_eq!(lines.next(), Some(concat!("portcullis ", env!("CARGO_PKG_VERSION"))));
    assert_eq!(text(&["--version"]), concat!("portcullis ", env!("CARGO_PKG_VERSION"), "\n"));
    let known: Vec<_> = lines.collect();
    for arguments in [
        &["explain", "web-1 -> db-1:mysql", "--exit-zero"][..],
        &["show"],
        &["exposure"],
        &["matrix"],
        &["reach", "--to", "db-1"],
    ] {
        let output = text(&[arguments, &["--format", "json"]].concat());
        let json: Value = serde_json::from_str(&output).unwrap();
        let schema = json["schema"].as_str().unwrap();
        assert!(known.contains(&schema), "{schema} is not in {known:?}");
    }
}
