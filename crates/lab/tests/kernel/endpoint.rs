//! `lab apply --follow --endpoint-url`: with a stand-in for `aws`, and with the real one and an emulator of AWS.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use lab::namespace::Namespace;
use tempfile::TempDir;

use crate::emulator::{Moto, credentials, has};
use crate::support::{LAB, possible};
use crate::whole::{Named, text};

/// Answers from the folder beside it; no call of EC2 that has a file `fail-CALL` there.
const AWS: &str = r#"#!/bin/sh
answers=$(dirname "$0")/answers
while :; do
    case $1 in
        --*) shift 2 ;;
        *) break ;;
    esac
done
[ "$1 $2" = 'sts get-caller-identity' ] && echo round >>"$answers.rounds" && echo 123456789012 && exit
if [ -e "$answers/fail-$2" ]; then
    echo 'An error occurred (InternalError): try again' >&2
    exit 254
fi
case "$*" in
    *text) ;;
    ec2*) cat "$answers/$2.json" 2>/dev/null || echo '{}' ;;
    *) echo '{}' ;;
esac
"#;

/// A command that follows, and what it says.
struct Follower {
    child: Child,
    said: PathBuf,
}

impl Follower {
    fn start(lab: &Named, endpoint: &str, path: Option<&Path>, said: PathBuf) -> Follower {
        // It starts many processes, which leave the processors to tests that go by time, such as scans.
        let mut command = Command::new("nice");
        command.args(["-n", "19", LAB, "--lab", &lab.0, "apply", "--follow", "--endpoint-url", endpoint]);
        command.args(["--every", "1", "--region", "eu-west-1"]);
        if let Some(path) = path {
            let others = std::env::var("PATH").unwrap();
            command.env("PATH", format!("{}:{others}", path.display()));
        }
        let output = File::create(&said).unwrap();
        credentials(&mut command).stdout(output.try_clone().unwrap()).stderr(output);
        Follower { child: command.spawn().unwrap(), said }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap()
    }

    /// Waits until it has said something so many times; the line that says it last.
    #[track_caller]
    fn says(&self, times: usize, words: &str) -> String {
        let start = Instant::now();
        while self.said().matches(words).count() < times {
            assert!(start.elapsed() < Duration::from_secs(300), "{words}: {}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
        let said = self.said();
        assert_eq!(said.matches(words).count(), times, "{said}");
        said.lines().rfind(|line| line.contains(words)).unwrap().to_owned()
    }

    /// Ends it as Ctrl-C does.
    fn end(mut self) {
        let id = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGINT).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{}", self.said());
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It has ended, unless a test stopped before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The stand-in, and what it answers.
struct Stage(TempDir);

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let aws = folder.path().join("aws");
        fs::write(&aws, AWS).unwrap();
        fs::set_permissions(&aws, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("answers")).unwrap();
        Stage(folder)
    }

    fn answers(&self, scenario: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(scenario);
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            // Never half of a file; one file after the other, as things change in AWS too.
            let draft = self.0.path().join("draft");
            fs::copy(entry.path(), &draft).unwrap();
            fs::rename(draft, self.0.path().join("answers").join(entry.file_name())).unwrap();
        }
    }

    /// Waits until a round has been gone through from now on.
    fn round(&self) {
        let so_far =
            || fs::read_to_string(self.0.path().join("answers.rounds")).unwrap_or_default().len() / 6;
        let (start, wanted) = (Instant::now(), so_far() + 2);
        while so_far() < wanted {
            assert!(start.elapsed() < Duration::from_secs(120), "nobody asks any more");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn an_endpoint_is_followed_and_a_round_that_fails_leaves_what_is_in_force() {
    if !possible("an_endpoint_is_followed_and_a_round_that_fails_leaves_what_is_in_force") {
        return;
    }
    let (lab, stage) = (Named::new("asked"), Stage::new());
    stage.answers("ssh-survives/tracked");
    let up = lab.run(&["up", "-i", "scenarios/ssh-survives/tracked"]);
    assert_eq!(up.status.code(), Some(0), "{}", text(&up.stderr));
    let fabric = Namespace::new(format!("{}-f1", lab.0));
    let before = fabric.rules().unwrap();
    let said = stage.0.path().join("said");
    let follower = Follower::start(&lab, "http://127.0.0.1:1", Some(stage.0.path()), said);
    stage.round();
    // What is the same is not touched.
    assert_eq!((follower.said().matches("in force").count(), fabric.rules().unwrap()), (0, before.clone()));

    stage.answers("ssh-survives/removed");
    let line = follower.says(1, "in force in ");
    assert!(line.ends_with(" s: rules and routes"), "{line}");
    let removed = fabric.rules().unwrap();
    assert_ne!(removed, before);

    // What is not answered for once is not gone.
    for call in ["describe-network-interfaces", "describe-addresses"] {
        let fails = stage.0.path().join("answers").join(format!("fail-{call}"));
        fs::write(&fails, "").unwrap();
        stage.answers("ssh-survives/tracked");
        let words = format!("error: `aws ec2 {call}` has no answer");
        let start = Instant::now();
        while !follower.said().contains(&words) {
            assert!(start.elapsed() < Duration::from_secs(120), "{}", follower.said());
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(fabric.rules().unwrap(), removed);
        stage.answers("ssh-survives/removed");
        fs::remove_file(&fails).unwrap();
        stage.round();
    }
    assert_eq!(follower.said().matches("in force in ").count(), 1);

    stage.answers("two-tier/export");
    let line = follower.says(2, "in force in ");
    assert!(line.contains("new: ") && line.contains("db-1"), "{line}");
    follower.end();
    // Other commands read what was answered last.
    let tested = lab.run(&["test", "scenarios/two-tier/portcullis.yaml"]);
    assert_eq!(tested.status.code(), Some(1), "{}{}", text(&tested.stdout), text(&tested.stderr));
    assert!(text(&tested.stdout).contains("FAIL       allow web -> db:mysql\n"), "{}", text(&tested.stdout));
    let export = Path::new("/run/portcullis-lab").join(format!("{}.export", lab.0));
    assert!(export.exists());
    assert_eq!(lab.run(&["down"]).status.code(), Some(0));
    assert!(!export.exists() && lab.namespaces() == 0);
}

/// Instances come and go in an emulator of AWS, and in the lab.
#[test]
fn instances_of_an_emulator_come_and_go() {
    let test = "instances_of_an_emulator_come_and_go";
    if !possible(test) || !has(test, &["aws", "moto_server"]) {
        return;
    }
    let lab = Named::new("emulated");
    let folder = tempfile::tempdir().unwrap();
    let moto = Moto::start(&folder.path().join("moto.log"));
    let vpc = moto.aws("ec2 create-vpc --cidr-block 10.20.0.0/16", "Vpc.VpcId");
    let subnet =
        moto.aws(&format!("ec2 create-subnet --vpc-id {vpc} --cidr-block 10.20.0.0/24"), "Subnet.SubnetId");
    let instance = |name: &str| {
        let tag = format!("ResourceType=instance,Tags=[{{Key=Name,Value={name}}}]");
        let line = format!(
            "ec2 run-instances --image-id ami-12345678 --subnet-id {subnet} --tag-specifications {tag}"
        );
        moto.aws(&line, "Instances[0].InstanceId")
    };
    let first = instance("web-1");
    let up = lab.run(&["up", "-i", "scenarios/two-tier/export"]);
    assert_eq!(up.status.code(), Some(0), "{}", text(&up.stderr));
    let follower = Follower::start(&lab, &moto.endpoint, None, folder.path().join("said"));
    let line = follower.says(1, "in force in ");
    assert!(line.contains("new: web-1; gone: ") && line.contains("db-1"), "{line}");
    moto.aws(&format!("ec2 terminate-instances --instance-ids {first}"), "x");
    instance("web-2");
    let line = follower.says(2, "in force in ");
    assert!(line.contains("new: ") && line.contains("web-2") && line.contains("gone: web-1"), "{line}");
    let addresses = lab.run(&["exec", "web-2", "--", "ip", "-br", "address", "show", "eth0"]);
    assert!(text(&addresses.stdout).contains("10.20.0."), "{}", text(&addresses.stderr));
    follower.end();
    let status = text(&lab.run(&["status"]).stdout);
    assert!(status.contains("web-2") && !status.contains("web-1"), "{status}");
    assert_eq!(lab.run(&["down"]).status.code(), Some(0));
    assert_eq!(lab.namespaces(), 0);
}
