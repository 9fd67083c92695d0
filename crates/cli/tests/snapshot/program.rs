//! portcullis itself, with the stand-in for `aws`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Stage, error, portcullis, text};

const PLACE: &str = "export/123456789012/eu-west-1";

impl Stage {
    fn snapshot(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_portcullis"));
        command.arg("snapshot").args(arguments).env("AWS_REGION", "eu-west-1");
        command.envs(environment.iter().copied()).output().unwrap()
    }

    fn not_collected(&self) -> Vec<(String, String)> {
        let record = fs::read(self.path(PLACE).join("not-collected.json")).unwrap();
        let record: Value = serde_json::from_slice(&record).unwrap();
        let text = |entry: &Value, key: &str| entry.get(key).unwrap().as_str().unwrap().to_owned();
        let entries = record.get("NotCollected").unwrap().as_array().unwrap();
        entries.iter().map(|entry| (text(entry, "call"), text(entry, "error"))).collect()
    }
}

#[test]
fn what_it_collects_can_be_explained() {
    let stage = Stage::new();
    let run = stage.snapshot(&["--endpoint-url", "http://127.0.0.1:1"], &[]);
    assert_eq!(run.status.code(), Some(0), "{}", error(&run));
    let files = stage.files(PLACE);
    for file in [
        "describe-vpcs.json",
        "get-managed-prefix-list-entries/pl-1.json",
        "get-managed-prefix-list-entries/pl-2.json",
        "elbv2-describe-listeners/loadbalancer-app-shop-1.json",
        "elbv2-describe-rules/listener-app-shop-1-2.json",
        "elbv2-describe-target-health/targetgroup-web-3.json",
        "search-transit-gateway-routes/tgw-rtb-1.json",
        "wafv2-get-web-acl/edge.json",
        "wafv2-list-resources-for-web-acl/webacl-edge-1.json",
    ] {
        assert!(files.contains(&file.to_owned()), "{file} in {files:#?}");
    }
    // An answer without content is no file.
    assert!(!files.contains(&"describe-prefix-lists.json".to_owned()));
    assert!(!files.contains(&"not-collected.json".to_owned()));
    let log = stage.log();
    for line in [
        "eu-west-1 wafv2 get-web-acl --scope REGIONAL --name edge --id id-1 --output json",
        "eu-west-1 elbv2 describe-target-health --target-group-arn arn:aws:elasticloadbalancing:x:1:targetgroup/web/3 --output json",
        "eu-west-1 ec2 search-transit-gateway-routes --filters Name=state,Values=active,blackhole \
         --transit-gateway-route-table-id tgw-rtb-1 --output json",
    ] {
        assert!(log.lines().any(|logged| logged == line), "{line} in {log}");
    }
    let endpoints = fs::read_to_string(stage.path("log.endpoints")).unwrap();
    assert_eq!(endpoints.lines().count(), log.lines().count(), "every call goes there");

    // What was printed is a command that works as it stands.
    let said = text(&run);
    let line = said.lines().last().unwrap().trim();
    let explained = stage.command("sh").args(["-c", line]).output().unwrap();
    assert_eq!(explained.status.code(), Some(1), "{line}: {}", error(&explained));
    assert!(text(&explained).starts_with("BLOCKED  internet -> i-0398f5f1f1ef8370b:tcp/443"));
    assert!(!error(&explained).contains("error"), "{}", error(&explained));
}

#[test]
fn the_script_and_the_program_collect_the_same() {
    let stage = Stage::with_script(&["--folder", "by-script"]);
    let script = stage.command("sh").arg("collect.sh").env("AWS_REGION", "eu-west-1").output().unwrap();
    assert_eq!(script.status.code(), Some(0), "{}", error(&script));
    assert_eq!(stage.snapshot(&["-o", "by-program"], &[]).status.code(), Some(0));
    let files = stage.files("by-script");
    assert_eq!(files, stage.files("by-program"));
    for file in files {
        let read = |folder: &str| fs::read(stage.path(folder).join(&file)).unwrap();
        assert_eq!(read("by-script"), read("by-program"), "{file}");
    }
}

#[test]
fn answers_are_for_the_user_alone() {
    let stage = Stage::new();
    assert_eq!(stage.snapshot(&[], &[("DENIED", "describe-vpcs")]).status.code(), Some(1));
    let mode = |path: &str| fs::metadata(stage.path(path)).unwrap().permissions().mode() & 0o777;
    for folder in ["export", "export/123456789012", PLACE, &format!("{PLACE}/elbv2-describe-rules")] {
        assert_eq!(mode(folder), 0o700, "{folder}");
    }
    for file in ["describe-subnets.json", "not-collected.json", "get-managed-prefix-list-entries/pl-1.json"] {
        assert_eq!(mode(&format!("{PLACE}/{file}")), 0o600, "{file}");
    }
}

#[test]
fn what_is_not_permitted_is_named_now_and_later() {
    let stage = Stage::new();
    let run = stage.snapshot(&[], &[("DENIED", "describe-network-acls get-managed-prefix-list-entries")]);
    assert_eq!(run.status.code(), Some(1));
    let said = error(&run);
    assert!(said.contains("not allowed to be read, and what will be undecided without it:\n"), "{said}");
    assert!(
        said.contains(
            "  ec2 describe-network-acls                      whatever enters or leaves a subnet\n"
        ),
        "{said}"
    );
    assert!(said.contains("  ec2 get-managed-prefix-list-entries (2 calls)  "), "{said}");
    assert!(!said.contains("failed"), "{said}");
    let calls: Vec<_> = stage.not_collected().into_iter().map(|(call, _)| call).collect();
    assert_eq!(
        calls,
        [
            "ec2 describe-network-acls",
            "ec2 get-managed-prefix-list-entries --prefix-list-id pl-1",
            "ec2 get-managed-prefix-list-entries --prefix-list-id pl-2",
        ]
    );
    assert!(
        stage.not_collected().iter().all(|(_, error)| error == "UnauthorizedOperation: not \"permitted\"")
    );

    let explained =
        portcullis().args(["explain", "-v", "internet -> web-1:80", "-i"]).arg(stage.path("export")).output();
    let explained = explained.unwrap();
    assert_eq!(explained.status.code(), Some(3), "without its list nobody knows: {}", text(&explained));
    let said = error(&explained);
    assert!(
        said.contains(
            "warning: `aws ec2 describe-network-acls` gave no answer: what depends on it is undecided"
        ),
        "{said}"
    );
    assert!(said.contains("UnauthorizedOperation: not \"permitted\""), "{said}");
}

#[test]
fn other_failures_say_why_and_stop_nothing() {
    let stage = Stage::new();
    let started = Instant::now();
    let run = stage.snapshot(
        &["--timeout", "2"],
        &[("SLOW", "describe-vpn-gateways"), ("CUT", "true"), ("NEW", "describe-customer-gateways")],
    );
    assert!(started.elapsed().as_secs() < 30, "it did not wait");
    assert_eq!(run.status.code(), Some(1));
    let said = error(&run);
    assert!(said.contains("failed, and what will be undecided without it:\n"), "{said}");
    assert!(said.contains("      no answer within 2 s; --timeout allows more\n"), "{said}");
    assert!(
        said.contains("      this version of the AWS CLI does not know the call; a newer one does\n"),
        "{said}"
    );
    assert!(said.contains("      there are more routes than one answer holds\n"), "{said}");
    let files = stage.files(PLACE);
    assert!(files.contains(&"search-transit-gateway-routes/tgw-rtb-1.json".to_owned()), "a part is kept");
    assert!(!files.contains(&"describe-vpn-gateways.json".to_owned()));
    assert_eq!(stage.not_collected().len(), 3);
}

#[test]
fn nothing_is_replaced_unasked() {
    let stage = Stage::new();
    assert_eq!(stage.snapshot(&["-q"], &[]).status.code(), Some(0));
    fs::write(stage.path(PLACE).join("mine.json"), "{}").unwrap();
    let before = stage.files("export");
    let again = stage.snapshot(&[], &[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        error(&again).contains("export/123456789012/eu-west-1 is not empty; give another folder with -o")
    );
    assert_eq!(stage.files("export"), before);

    assert_eq!(stage.snapshot(&["--force"], &[]).status.code(), Some(0));
    assert!(!stage.path(PLACE).join("mine.json").exists());
    assert_eq!(stage.files("export").len() + 1, before.len(), "nothing else is left behind");
}

#[test]
fn quiet_says_nothing_but_what_is_missing() {
    let stage = Stage::new();
    let run = stage.snapshot(&["-q"], &[]);
    assert_eq!((run.status.code(), text(&run).as_str(), error(&run).as_str()), (Some(0), "", ""));
    let run = stage.snapshot(&["-q", "-o", "other"], &[("DENIED", "describe-vpcs")]);
    assert_eq!((run.status.code(), text(&run).as_str()), (Some(1), ""));
    assert!(error(&run).contains("ec2 describe-vpcs"));
}

#[test]
fn every_region_has_its_folder() {
    let stage = Stage::new();
    let run = stage.snapshot(
        &["--region", "eu-west-1,us-east-1", "--region", "eu-west-1"],
        &[("DENIED", "describe-vpcs")],
    );
    let said = error(&run);
    assert!(said.contains("  eu-west-1: ec2 describe-vpcs  "), "{said}");
    assert!(said.contains("  us-east-1: ec2 describe-vpcs  "), "{said}");
    let files = stage.files("export/123456789012");
    let of = |region: &str| files.iter().filter(|file| file.starts_with(region)).count();
    assert!(of("eu-west-1/") > 30);
    assert_eq!(of("eu-west-1/"), of("us-east-1/"));
}

#[test]
fn without_credentials_a_region_or_the_aws_cli_nothing_begins() {
    let stage = Stage::new();
    let run = stage.snapshot(&[], &[("ANSWERS", "")]);
    assert_eq!(run.status.code(), Some(2));
    assert!(error(&run).contains("ExpiredToken): the security token is expired"), "{}", error(&run));
    assert!(error(&run).contains("--profile"), "{}", error(&run));

    let run = stage.snapshot(&[], &[("AWS_REGION", "")]);
    assert_eq!(run.status.code(), Some(2));
    assert!(error(&run).contains("which region? give one with --region"), "{}", error(&run));

    fs::remove_file(stage.path("bin/aws")).unwrap();
    let path = stage.path("bin").display().to_string();
    let run = stage.snapshot(&[], &[("PATH", &path)]);
    assert_eq!(run.status.code(), Some(2));
    assert!(error(&run).contains("there is no command `aws`"), "{}", error(&run));
    assert!(error(&run).contains("snapshot --script"), "{}", error(&run));
    assert!(!stage.path("export").exists());
}

#[test]
fn what_is_interrupted_leaves_nothing_behind() {
    let stage = Stage::new();
    let mut command = stage.command(env!("CARGO_BIN_EXE_portcullis"));
    command.arg("snapshot").env("AWS_REGION", "eu-west-1").env("SLOW", "describe-vpn-gateways");
    let mut snapshot = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let hangs =
        || fs::read_to_string(stage.path("log")).is_ok_and(|log| log.contains("describe-vpn-gateways"));
    while !hangs() {
        assert_eq!(snapshot.try_wait().unwrap(), None);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(stage.command("kill").arg(snapshot.id().to_string()).status().unwrap().success());
    let output = snapshot.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(error(&output).lines().last(), Some("error: interrupted; nothing of eu-west-1 was kept"));
    assert!(stage.files("export").is_empty());
}
