//! Changes of a lab by the command, and changes that do not come to their end.

use std::path::Path;
use std::process::{Command, Stdio};

use lab::build::{Before, Lab};
use lab::clear::clear;
use lab::namespace::Namespace;
use lab::{LabError, TABLE};

use crate::changes::talkers;
use crate::same::found;
use crate::sockets::{Echo, answers, dial};
use crate::support::{LAB, Standing, possible};
use crate::whole::{Named, text};

/// A change that the kernel refuses in the middle leaves the lab as it was; once nothing is in the way, it is made.
#[test]
fn a_change_that_fails_leaves_the_lab_as_it_was() {
    if !possible("a_change_that_fails_leaves_the_lab_as_it_was") {
        return;
    }
    let before = talkers(&["eni other s 10.0.0.20 10.0.0.30 groups=sg-1"]);
    let after = talkers(&["eni other s 10.0.0.20 groups=sg-1", "eni new t 10.0.1.12 10.0.0.30 groups=sg-1"]);
    let standing = Standing::up(&before);
    let _sshd = Echo::on(&standing.namespace("b"), 22);
    let mut session = dial(&standing.namespace("a"), "10.0.0.10:0", "10.0.1.11:22").unwrap();
    let same = found(&standing);
    let changed = Lab::plan(&after, &standing.state.name, standing.lab.numbers()).unwrap();
    let (in_force, wiring) = (standing.lab.in_force(), standing.lab.wiring());
    let change = || {
        let numbers = standing.lab.numbers();
        changed.change(Before { in_force: Some(&in_force), wiring: &wiring, numbers })
    };
    // The name of the link that the new machine is to have is taken.
    let fabric = Namespace::new(format!("{}-f1", standing.state.name));
    let link = |words: &[&str]| {
        let ip = || Ok(Command::new("ip").arg("link").args(words).status().unwrap().success());
        assert!(fabric.within(ip).unwrap());
    };
    link(&["add", "e4", "type", "veth", "peer", "name", "other"]);
    assert!(matches!(change(), Err(LabError::Netlink { .. })));
    link(&["del", "e4"]);
    assert_eq!(found(&standing), same);
    assert!(answers(&mut session));
    // An element that a change is to take away is not there.
    let [gone, back] = ["delete", "add"].map(|command| {
        let value = if command == "add" { " : 3" } else { "" };
        format!("{command} element inet {TABLE} z_to4 {{ 10.0.0.30{value} }}\n")
    });
    fabric.load(&gone).unwrap();
    assert!(matches!(change(), Err(LabError::Rules { .. })));
    fabric.load(&back).unwrap();
    assert_eq!(found(&standing), same);
    assert!(answers(&mut session));
    change().unwrap();
    assert!(answers(&mut session));
    assert!(dial(&standing.namespace("a"), "10.0.0.10:0", "10.0.1.12:22").is_err_and(|error| {
        // Nobody listens, and the machine says so.
        error.kind() == std::io::ErrorKind::ConnectionRefused
    }));
    clear(&changed.state(Vec::new())).unwrap();
    assert!(!changed.state(Vec::new()).namespaces().any(|namespace| namespace.exists()));
}

/// By the command: a wholly other network, load balancers and their nodes too, and back. Other commands know what is there.
#[test]
fn every_command_knows_the_machines_of_a_changed_lab() {
    if !possible("every_command_knows_the_machines_of_a_changed_lab") {
        return;
    }
    let lab = Named::new("changed");
    let up = lab.run(&["up", "-i", "scenarios/two-tier/export"]);
    assert_eq!(up.status.code(), Some(0), "{}", text(&up.stderr));
    let status = text(&lab.run(&["status"]).stdout);
    for (input, new) in [("scenarios/diagram-b/export", true), ("scenarios/two-tier/export", false)] {
        let applied = lab.run(&["apply", "-i", input]);
        let said = text(&applied.stdout) + &text(&applied.stderr);
        assert_eq!(applied.status.code(), Some(0), "{said}");
        assert!(said.contains(": new: ") && said.contains("; gone: "), "{said}");
        let now = text(&lab.run(&["status"]).stdout);
        assert_eq!(now.contains("web-lb 10.0.0.254 ->  web-1:80"), new, "{now}");
    }
    let again = text(&lab.run(&["status"]).stdout);
    let names = |status: &str| -> Vec<String> {
        status.lines().map(|line| line.split("  ").next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(names(&again), names(&status));
    let tested = lab.run(&["test", "scenarios/two-tier/portcullis.yaml"]);
    assert!(text(&tested.stdout).contains("FAIL       allow web -> db:mysql\n"), "{}", text(&tested.stderr));
    let counted = text(&lab.run(&["counters"]).stdout);
    assert!(counted.contains("sg-"), "{counted}");
    let logged = lab.run(&["logs", "web-1", "--for", "1s"]);
    assert_eq!(logged.status.code(), Some(0), "{}", text(&logged.stderr));
    assert_eq!(lab.run(&["down"]).status.code(), Some(0));
    assert_eq!(lab.namespaces(), 0);
}

/// Killed in the middle of a change: nothing passes that neither network allows, and nothing is left after `down`.
#[test]
fn a_change_that_is_killed_leaves_nothing_open() {
    if !possible("a_change_that_is_killed_leaves_nothing_open") {
        return;
    }
    let lab = Named::new("killed");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut torn, mut closed) = (0, 0);
    for milliseconds in [250, 180, 140, 110, 90, 70, 50, 35] {
        let up = lab.run(&["up", "-i", "scenarios/two-tier/export"]);
        assert_eq!(up.status.code(), Some(0), "{}", text(&up.stderr));
        let of = |kind: char| Namespace::new(format!("{}-{kind}1", lab.0));
        let (router, fabric) = (of('r'), of('f'));
        let before = (router.rules().unwrap(), fabric.rules().unwrap());
        let mut child = Command::new(LAB)
            .current_dir(&root)
            .args(["--lab", &lab.0, "apply", "-i", "scenarios/diagram-b/export"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let again = lab.run(&["apply", "-i", "scenarios/two-tier/export"]);
        if text(&again.stderr).contains("a change of it was cut off") {
            torn += 1;
            let tables = || Ok(Command::new("nft").args(["list", "tables"]).output().unwrap().stdout);
            // The router of the old network is there until nothing leads to it any more.
            if router.exists() {
                let is_closed = text(&router.within(tables).unwrap()).contains("portcullis_closed");
                closed += usize::from(is_closed);
                let is_old = (router.rules().unwrap(), fabric.rules().unwrap()) == before;
                let links = || Ok(Command::new("ip").args(["-br", "link"]).output().unwrap().stdout);
                let is_alone = !text(&router.within(links).unwrap()).contains("s1@");
                assert!(is_closed || is_old || is_alone, "killed after {milliseconds} ms");
            }
        }
        let down = lab.run(&["down"]);
        assert_eq!(down.status.code(), Some(0), "{}", text(&down.stderr));
        assert_eq!(lab.namespaces(), 0, "killed after {milliseconds} ms");
        for file in ["json", "rules", "links", "draft"] {
            assert!(!Path::new("/run/portcullis-lab").join(format!("{}.{file}", lab.0)).exists());
        }
    }
    eprintln!("{torn} changes were cut off, {closed} of them while nothing passed");
    assert!(torn > 0, "no change was cut off");
}
