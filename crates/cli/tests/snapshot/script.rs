//! The script of `--script`.

use std::fs;
use std::process::{Command, Output};

use crate::{Stage, error, portcullis, text};

impl Stage {
    fn run(&self, denied: &str) -> Output {
        self.command("sh")
            .arg("collect.sh")
            .env("DENIED", denied)
            .env("AWS_REGION", "eu-west-1")
            .output()
            .unwrap()
    }
}

#[test]
fn what_the_script_collects_can_be_explained() {
    let stage = Stage::with_script(&[]);
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
    assert!(!error(&explained).contains("error"), "{}", error(&explained));
}

#[test]
fn a_call_that_is_not_permitted_is_named_and_leaves_nothing_behind() {
    let stage = Stage::with_script(&[]);
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
    let record = fs::read(stage.path("export/123456789012/eu-west-1/not-collected.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let entries = record.get("NotCollected").unwrap().as_array().unwrap();
    let first = entries.first().unwrap();
    assert_eq!(first.get("call").unwrap(), "ec2 describe-nat-gateways");
    assert!(first.get("error").unwrap().as_str().unwrap().ends_with("not \"permitted\""));
    assert_eq!(entries.len(), 3);
    let explained =
        portcullis().args(["explain", "internet -> web-1:80", "-i"]).arg(stage.path("export")).output();
    assert_eq!(explained.unwrap().status.code(), Some(0));
}

#[test]
fn nothing_is_overwritten() {
    let stage = Stage::with_script(&[]);
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
    let stage = Stage::with_script(&["--region", "eu-west-1", "--region", "us-east-1"]);
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
    let stage = Stage::with_script(&["--profile", profile, "--folder", folder]);
    let run = stage.run("");
    assert_eq!(run.status.code(), Some(0), "{}", error(&run));
    let profiles = fs::read_to_string(stage.path("log.profiles")).unwrap();
    assert!(profiles.lines().all(|line| line == profile), "{profiles}");
    assert!(stage.files(folder).len() > 30);
    assert!(!stage.path("oops").exists());
    let printed = text(&run);
    let explained = stage.command("sh").args(["-c", printed.lines().last().unwrap()]).output().unwrap();
    assert_eq!(explained.status.code(), Some(1), "{printed}\n{}", error(&explained));

    let stage = Stage::with_script(&["--folder=-dash"]);
    let run = stage.run("");
    assert_eq!(run.status.code(), Some(0), "{}", error(&run));
    assert!(stage.path("-dash/123456789012/eu-west-1/describe-vpcs.json").exists());
}

#[test]
fn without_credentials_a_region_or_the_aws_cli_nothing_begins() {
    let stage = Stage::with_script(&[]);
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
    let stage = Stage::with_script(&["--region", "eu-west-1", "--profile", "prod", "--folder", "export"]);
    let checked = stage.command("sh").args(["-n", "collect.sh"]).output().unwrap();
    assert!(checked.status.success(), "{}", error(&checked));
    // Where it is installed.
    if let Ok(checked) = Command::new("shellcheck").arg(stage.path("collect.sh")).output() {
        assert!(checked.status.success(), "{}", text(&checked));
    }
}

#[test]
fn what_would_break_the_script_is_refused() {
    for wrong in [["--region", "../x"], ["--region", ""], ["--region", "EU west"], ["--folder", ""]] {
        let output = portcullis().args(["snapshot", "--script"]).args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty(), "{wrong:?}");
    }
}
