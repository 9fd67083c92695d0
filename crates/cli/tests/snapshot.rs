//! The script of `portcullis snapshot --script`, run with a stand-in for `aws`, and what it collects, explained.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Answers from the folder `$ANSWERS`, and `{}` to what is not there. It knows no credentials if `$ANSWERS` is empty,
/// and refuses the calls of `$DENIED`.
const AWS: &str = r#"#!/bin/sh
while :; do
    case $1 in
        --profile) printf '%s\n' "$2" >>"$LOG.profiles"; shift 2 ;;
        --region) region=$2; shift 2 ;;
        *) break ;;
    esac
done
printf '%s %s\n' "$region" "$*" >>"$LOG"
if [ -z "$ANSWERS" ]; then
    echo 'An error occurred (ExpiredToken): the security token is expired' >&2
    exit 254
fi
case " $DENIED " in
    *" $2 "*)
        printf '\nAn error occurred (UnauthorizedOperation) when calling the operation: not "permitted"\n\n' >&2
        exit 254
        ;;
esac
case "$*" in
    'sts get-caller-identity '*) echo 123456789012 ;;
    'configure get region') exit 1 ;;
    'ec2 describe-managed-prefix-lists '*text) printf 'pl-1\npl-2\n' ;;
    'elbv2 describe-load-balancers '*text) printf 'arn:aws:elasticloadbalancing:x:1:loadbalancer/app/shop/1\n' ;;
    'elbv2 describe-listeners '*text) printf 'arn:aws:elasticloadbalancing:x:1:listener/app/shop/1/2\n' ;;
    'wafv2 list-web-acls '*'[Name,Id]'*text) printf 'edge\tid-1\nNone\tNone\n' ;;
    'ec2 describe-instances '*text) sed -n 's/.*"InstanceId": "\(.*\)".*/\1/p' "$ANSWERS/describe-instances.json" ;;
    *text) ;;
    'ec2 describe-prefix-lists '*) ;;
    'ec2 describe-managed-prefix-lists '*) echo '{"PrefixLists":[{"PrefixListId":"pl-1"},{"PrefixListId":"pl-2"}]}' ;;
    'ec2 get-managed-prefix-list-entries --prefix-list-id '*) echo '{"Entries":[{"Cidr":"198.51.100.0/24"}]}' ;;
    ec2*) if [ -e "$ANSWERS/$2.json" ]; then cat "$ANSWERS/$2.json"; else echo '{}'; fi ;;
    *) echo '{}' ;;
esac
"#;

/// A folder with the stand-in and the script in it.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new(arguments: &[&str]) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        let aws = folder.path().join("bin/aws");
        fs::write(&aws, AWS).unwrap();
        fs::set_permissions(&aws, fs::Permissions::from_mode(0o755)).unwrap();
        let script = portcullis().args(["snapshot", "--script"]).args(arguments).output().unwrap();
        assert!(script.status.success(), "{}", error(&script));
        fs::write(folder.path().join("collect.sh"), script.stdout).unwrap();
        Stage { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command in the folder that finds the stand-in and portcullis.
    fn command(&self, program: &str) -> Command {
        let portcullis = Path::new(env!("CARGO_BIN_EXE_portcullis")).parent().unwrap();
        let path = format!("{}:{}:/usr/bin:/bin", self.path("bin").display(), portcullis.display());
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().env("PATH", path).env("LOG", self.path("log"));
        command.env("ANSWERS", scenario("diagram-a/export"));
        command
    }

    fn run(&self, denied: &str) -> Output {
        self.command("sh")
            .arg("collect.sh")
            .env("DENIED", denied)
            .env("AWS_REGION", "eu-west-1")
            .output()
            .unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// Everything below a folder, hidden or not, relative to it.
    fn files(&self, name: &str) -> Vec<String> {
        let (mut files, mut folders) = (Vec::new(), vec![self.path(name)]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path.strip_prefix(self.path(name)).unwrap().display().to_string());
                }
            }
        }
        files.sort();
        files
    }
}

fn portcullis() -> Command {
    Command::new(env!("CARGO_BIN_EXE_portcullis"))
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name)
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn what_the_script_collects_can_be_explained() {
    let stage = Stage::new(&[]);
    let run = stage.run("");
    assert_eq!(run.status.code(), Some(0), "{}", error(&run));
    let files = stage.files("export");
    for file in [
        "describe-vpcs.json",
        "describe-security-group-rules.json",
        "get-managed-prefix-list-entries/pl-1.json",
        "get-managed-prefix-list-entries/pl-2.json",
        "elbv2-describe-listeners/loadbalancer-app-shop-1.json",
        "elbv2-describe-rules/listener-app-shop-1-2.json",
        "wafv2-get-web-acl/edge.json",
    ] {
        assert!(files.contains(&format!("123456789012/eu-west-1/{file}")), "{file} in {files:#?}");
    }
    // An answer without content is no file, and no file is empty.
    assert!(!files.iter().any(|file| file.contains("describe-prefix-lists")));
    assert!(files.iter().all(|file| fs::metadata(stage.path("export").join(file)).unwrap().len() > 0));
    assert!(
        stage
            .log()
            .contains("eu-west-1 wafv2 get-web-acl --scope REGIONAL --name edge --id id-1 --output json")
    );
    assert!(!stage.log().contains("None"));

    // The last line is a command that works as it stands.
    let printed = text(&run);
    let line = printed.lines().last().unwrap().trim();
    let explained = stage.command("sh").args(["-c", line]).output().unwrap();
    assert_eq!(explained.status.code(), Some(1), "{line}: {}", error(&explained));
    assert!(
        text(&explained).starts_with("BLOCKED  internet -> i-0398f5f1f1ef8370b:tcp/443"),
        "{}",
        text(&explained)
    );
    let explained = stage.command("sh").args(["-c", &line.replace(":443", ":80")]).output().unwrap();
    assert_eq!(explained.status.code(), Some(0), "{}", error(&explained));
    assert_eq!(error(&explained), "");
}

#[test]
fn a_call_that_is_not_permitted_is_named_and_leaves_nothing_behind() {
    let stage = Stage::new(&[]);
    let run = stage.run("describe-nat-gateways describe-managed-prefix-lists get-web-acl");
    assert_eq!(run.status.code(), Some(1));
    let error = error(&run);
    assert!(error.contains("eu-west-1: aws ec2 describe-nat-gateways\n"), "{error}");
    assert!(error.contains("aws wafv2 get-web-acl --scope REGIONAL --name edge --id id-1\n"), "{error}");
    assert_eq!(
        error.matches("(UnauthorizedOperation) when calling the operation: not \"permitted\"").count(),
        3
    );
    let files = stage.files("export").join("\n");
    let absent = ["nat-gateways", "managed-prefix-list", "wafv2-get-web-acl", ".collecting"];
    assert!(absent.iter().all(|absent| !files.contains(absent)), "{files}");
    assert!(files.contains("autoscaling"), "it went on: {files}");
    let explained =
        portcullis().args(["explain", "internet -> web-1:80", "-i"]).arg(stage.path("export")).output();
    assert_eq!(explained.unwrap().status.code(), Some(0));
}

#[test]
fn nothing_is_overwritten() {
    let stage = Stage::new(&[]);
    assert_eq!(stage.run("").status.code(), Some(0));
    let before = stage.files("export");
    fs::remove_file(stage.path("log")).unwrap();
    let again = stage.run("");
    assert_eq!(again.status.code(), Some(2));
    assert!(error(&again).contains("export/123456789012/eu-west-1 is not empty"), "{}", error(&again));
    assert_eq!(stage.files("export"), before);
    assert_eq!(stage.log().lines().count(), 1, "it asked only for the account: {}", stage.log());

    let other =
        stage.command("sh").args(["collect.sh", "other"]).env("AWS_REGION", "eu-west-1").output().unwrap();
    assert_eq!(other.status.code(), Some(0));
    assert_eq!(stage.files("other"), before);
}

#[test]
fn every_region_has_its_folder() {
    let stage = Stage::new(&["--region", "eu-west-1", "--region", "us-east-1"]);
    let run = stage.run("");
    assert_eq!(run.status.code(), Some(0), "{}", error(&run));
    let files = stage.files("export");
    let of = |region: &str| files.iter().filter(|file| file.contains(region)).count();
    assert!(of("/eu-west-1/") > 30);
    assert_eq!(of("/eu-west-1/"), of("/us-east-1/"));
}

#[test]
fn names_are_taken_literally() {
    let (profile, folder) = ("it's $(touch oops) `touch oops`", "a b/it's $HOME; touch oops");
    let stage = Stage::new(&["--profile", profile, "--folder", folder]);
    let run = stage.run("");
    assert_eq!(run.status.code(), Some(0), "{}", error(&run));
    let profiles = fs::read_to_string(stage.path("log.profiles")).unwrap();
    assert!(profiles.lines().all(|line| line == profile), "{profiles}");
    assert!(stage.files(folder).len() > 30);
    assert!(!stage.path("oops").exists());
    let printed = text(&run);
    let explained = stage.command("sh").args(["-c", printed.lines().last().unwrap()]).output().unwrap();
    assert_eq!(explained.status.code(), Some(1), "{printed}\n{}", error(&explained));

    let stage = Stage::new(&["--folder=-dash"]);
    let run = stage.run("");
    assert_eq!(run.status.code(), Some(0), "{}", error(&run));
    assert!(stage.path("-dash/123456789012/eu-west-1/describe-vpcs.json").exists());
}

#[test]
fn without_credentials_a_region_or_the_aws_cli_nothing_begins() {
    let stage = Stage::new(&[]);
    let run =
        stage.command("sh").arg("collect.sh").env("AWS_REGION", "x").env("ANSWERS", "").output().unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(
        error(&run).contains("ExpiredToken") && error(&run).contains("no credentials"),
        "{}",
        error(&run)
    );

    let run = stage.command("sh").arg("collect.sh").output().unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(error(&run).contains("which region?"), "{}", error(&run));

    fs::remove_file(stage.path("bin/aws")).unwrap();
    let run = stage.command("/bin/sh").arg("collect.sh").env("PATH", stage.path("bin")).output().unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(error(&run).contains("there is no command aws"), "{}", error(&run));
    assert!(!stage.path("export").exists());
}

#[test]
fn the_script_is_sound_shell() {
    let stage = Stage::new(&["--region", "eu-west-1", "--profile", "prod", "--folder", "export"]);
    let checked = stage.command("sh").args(["-n", "collect.sh"]).output().unwrap();
    assert!(checked.status.success(), "{}", error(&checked));
    // Where it is installed.
    if let Ok(checked) = Command::new("shellcheck").arg(stage.path("collect.sh")).output() {
        assert!(checked.status.success(), "{}", text(&checked));
    }
}

#[test]
fn without_script_it_says_what_to_do() {
    let output = portcullis().arg("snapshot").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("collects nothing itself yet; use --script"), "{}", error(&output));
    assert!(output.stdout.is_empty());
    for wrong in [["--region", "../x"], ["--region", ""], ["--region", "EU west"], ["--folder", ""]] {
        let output = portcullis().args(["snapshot", "--script"]).args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty(), "{wrong:?}");
    }
}
