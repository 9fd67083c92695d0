//! Inputs and questions that are wrong: what is said, where, with which exit code, and that an answer never leans on
//! what had to be left out.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test may stop at what it does not expect")]

mod files;
mod questions;
mod values;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const VPCS: &str = "describe-vpcs";
const SUBNETS: &str = "describe-subnets";
const TABLES: &str = "describe-route-tables";
const ACLS: &str = "describe-network-acls";
const GROUPS: &str = "describe-security-groups";
const RULES: &str = "describe-security-group-rules";
const INTERFACES: &str = "describe-network-interfaces";
const INSTANCES: &str = "describe-instances";
const GATEWAYS: &str = "describe-internet-gateways";

/// A sound export, in which `internet -> web-1:80` works, to be spoilt.
struct Export {
    folder: TempDir,
}

/// What the command said.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    error: String,
}

impl Export {
    fn new() -> Export {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(scenario("diagram-a/export")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        Export { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.json"))
    }

    fn write(self, name: &str, contents: impl AsRef<[u8]>) -> Export {
        fs::write(self.path(name), contents).unwrap();
        self
    }

    fn without(self, name: &str) -> Export {
        fs::remove_file(self.path(name)).unwrap();
        self
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Changes each element of the answer in a file.
    fn each(self, name: &str, change: impl FnMut(&mut Value)) -> Export {
        self.all(name, |elements| elements.iter_mut().for_each(change))
    }

    /// Changes the list of elements of the answer in a file.
    fn all(self, name: &str, change: impl FnOnce(&mut Vec<Value>)) -> Export {
        let mut answer: Value = serde_json::from_str(&self.text(name)).unwrap();
        change(answer.as_object_mut().unwrap().values_mut().next().unwrap().as_array_mut().unwrap());
        self.write(name, serde_json::to_string_pretty(&answer).unwrap())
    }

    /// Changes each entry of each network ACL.
    fn each_entry(self, mut change: impl FnMut(&mut Value)) -> Export {
        self.each(ACLS, |acl| acl["Entries"].as_array_mut().unwrap().iter_mut().for_each(&mut change))
    }

    /// Empties the rules inside the groups, which would stand in for those that the flat list lacks.
    fn flat(self) -> Export {
        self.each(GROUPS, |group| group["IpPermissions"] = json!([]))
    }

    /// Changes the rule that lets the world in to port 80.
    fn each_rule(self, change: impl Fn(&mut Value)) -> Export {
        self.flat().each(RULES, |rule| {
            if rule["FromPort"] == 80 {
                change(rule);
            }
        })
    }

    fn ask(&self, question: &str) -> Said {
        explain(&[question, "-i", self.folder.path().to_str().unwrap()])
    }

    /// What is said about the connection that works in the sound export.
    fn said(&self) -> Said {
        self.ask("internet -> web-1:80")
    }
}

impl Said {
    /// It is no answer: a question or an input is wrong, and every one of `parts` is said.
    fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, 2, "{self:#?}");
        assert!(self.out.is_empty(), "{self:#?}");
        self.says(parts);
    }

    fn says(&self, parts: &[&str]) {
        let missing: Vec<_> = parts.iter().filter(|part| !self.error.contains(**part)).collect();
        assert!(missing.is_empty(), "not said: {missing:?}\n{}", self.error);
    }

    fn verdict(&self) -> &str {
        self.out.split_whitespace().next().unwrap_or_default()
    }

    fn undecided(&self) {
        assert_eq!((self.verdict(), self.code), ("UNDECIDED", 3), "{self:#?}");
    }

    fn works(&self) {
        assert_eq!((self.verdict(), self.code), ("OK", 0), "{self:#?}");
    }
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name)
}

fn explain(arguments: &[&str]) -> Said {
    explain_from(arguments, b"")
}

/// Whatever is asked, it ends with one of its exit codes.
fn explain_from(arguments: &[&str], input: &[u8]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command
        .arg("explain")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let said = Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    };
    assert!((0..=3).contains(&said.code), "{arguments:?}: {said:#?}");
    assert!(!said.error.contains("panicked") && !said.out.contains("panicked"), "{arguments:?}: {said:#?}");
    said
}

#[test]
fn the_sound_export_works() {
    let said = Export::new().said();
    said.works();
    assert_eq!(said.error, "");
}
