//! A lab that is up follows a network with other machines, links, subnets and VPCs.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use engine::Network;
use lab::build::{Before, Lab};
use lab::clear::clear;
use lab::namespace::Namespace;
use lab::probe::Prober;
use lab::verify::{Outcome, verify};
use lab::{LabError, TABLE};
use proptest::prelude::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use testkit::generate;

use crate::differential::{generated, probes};
use crate::same::{differences, found};
use crate::sockets::{Echo, Peers, answers, dial};
use crate::support::{LAB, Standing, possible};
use crate::whole::{Named, text};

/// Two machines that talk, and others that are there or not, before them and after them.
fn talkers(others: &[&str]) -> Network {
    let (before, after): (Vec<&str>, Vec<&str>) =
        others.iter().copied().partition(|line| line.contains("0.0.9"));
    testkit::network(&[&format!(
        "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1: 0.0.0.0/0 igw-1
        acl acl-1 in: 100 allow all 0.0.0.0/0
        acl acl-1 out: 100 allow all 0.0.0.0/0
        sg sg-1 in: tcp 22 10.0.0.0/16 | tcp 80 0.0.0.0/0
        sg sg-1 out: all 0.0.0.0/0
        subnet s 10.0.0.0/24 table=rtb-1 acl=acl-1
        subnet t 10.0.1.0/24 table=rtb-1 acl=acl-1
        {}
        eni a s 10.0.0.10 groups=sg-1
        eni b t 10.0.1.11 groups=sg-1
        {}
        ",
        before.join("\n"),
        after.join("\n"),
    )])
}

/// A process on a machine, ended when this is dropped.
struct Process(Child);

impl Process {
    fn on(standing: &Standing<'_>, machine: &str) -> Process {
        let started = standing.namespace(machine).within(|| {
            let sleep = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn();
            Ok(sleep.unwrap())
        });
        Process(started.unwrap())
    }

    fn lives(&mut self) -> bool {
        // What was asked to end has a moment to do so.
        std::thread::sleep(std::time::Duration::from_millis(50));
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What an Auto Scaling group does: an instance more, another less. A session of two that stay lives on (S1.37), whatever
/// comes before them in the export.
#[test]
fn a_machine_comes_and_another_goes_while_a_session_lives() {
    if !possible("a_machine_comes_and_another_goes_while_a_session_lives") {
        return;
    }
    let (first, second) =
        ("eni first s 10.0.0.9 groups=sg-1", "eni last t 10.0.1.12 public=198.51.100.12 groups=sg-1");
    let with_first = talkers(&[first]);
    let standing = Standing::up(&with_first);
    let names = |standing: &Standing<'_>| ["a", "b"].map(|one| standing.namespace(one).name().to_owned());
    let before = names(&standing);
    let (mut stays, mut goes) = (Process::on(&standing, "a"), Process::on(&standing, "first"));
    let _sshd = Echo::on(&standing.namespace("b"), 22);
    let mut session = dial(&standing.namespace("a"), "10.0.0.10:0", "10.0.1.11:22").unwrap();
    assert!(answers(&mut session) && goes.lives());
    let gone = standing.namespace("first");

    let with_second = talkers(&[second]);
    let standing = standing.apply(&with_second);
    assert_eq!(names(&standing), before);
    assert!(answers(&mut session) && stays.lives() && !goes.lives());
    assert!(!gone.exists());
    assert!(dial(&standing.namespace("a"), "10.0.0.10:0", "10.0.0.9:22").is_err());
    let _new = [Echo::on(&standing.namespace("last"), 22), Echo::on(&standing.namespace("last"), 80)];
    let mut inside = dial(&standing.namespace("a"), "10.0.0.10:0", "10.0.1.12:22").unwrap();
    let mut outside = dial(&standing.namespace("world"), "203.0.113.9:0", "198.51.100.12:80").unwrap();
    assert!(answers(&mut inside) && answers(&mut outside));
    standing.expect(&[
        ("203.0.113.9 -> @last:tcp/80", true),
        ("203.0.113.9 -> @last:tcp/22", false),
        ("@last -> @b:tcp/22", true),
    ]);

    // Whoever comes back under an old id is somebody new, whom nobody has a session with.
    let with_both = talkers(&[first, second]);
    let standing = standing.apply(&with_both);
    assert_ne!(standing.namespace("first"), gone);
    assert!(answers(&mut session) && answers(&mut inside) && stays.lives());
    let none = talkers(&[]);
    let standing = standing.apply(&none);
    assert!(answers(&mut session) && !answers(&mut inside) && stays.lives());
    let state = standing.state.clone();
    assert_eq!(state.namespaces.len(), 6);
    drop(standing);
    assert!(!state.namespaces().any(|namespace| namespace.exists()));
}

/// A session of the machine whose other addresses change lives on, and an address leads to whoever has it now (S3.14).
#[test]
fn addresses_move_from_machine_to_machine() {
    if !possible("addresses_move_from_machine_to_machine") {
        return;
    }
    let [one, other] = ["public=198.51.100.10", "10.0.0.30"].map(str::to_owned);
    let network = |of_one: &str, of_other: &str| {
        talkers(&[
            &format!("eni one s 10.0.0.20 {of_one} groups=sg-1"),
            &format!("eni other t 10.0.1.21 {of_other} groups=sg-1"),
        ])
    };
    let before = network(&format!("{other} {one}"), "");
    let standing = Standing::up(&before);
    let served = |standing: &Standing<'_>, machine: &str, from: &str, to: &str| {
        let peers = Peers::on(&standing.namespace(machine), 80);
        let from = (standing.namespace(from), if from == "world" { "203.0.113.9:0" } else { "10.0.0.10:0" });
        dial(&from.0, from.1, to).is_ok_and(|_| !peers.next().ip().is_unspecified())
    };
    let _sshd = Echo::on(&standing.namespace("one"), 22);
    let mut session = dial(&standing.namespace("a"), "10.0.0.10:0", "10.0.0.20:22").unwrap();
    assert!(answers(&mut session));
    assert!(served(&standing, "one", "world", "198.51.100.10:80"));
    assert!(served(&standing, "one", "a", "10.0.0.30:80"));
    let after = network("", "10.0.1.31 public=198.51.100.10");
    let standing = standing.apply(&after);
    assert!(answers(&mut session));
    assert!(served(&standing, "other", "world", "198.51.100.10:80"));
    assert!(served(&standing, "other", "a", "10.0.1.31:80"));
    assert!(dial(&standing.namespace("a"), "10.0.0.10:0", "10.0.0.30:80").is_err());
    // The only address of an interface becomes another one.
    let moved = testkit::network(&["
        vpc vpc-1 10.0.0.0/16
        sg sg-1 in: tcp 80 10.0.0.0/16
        sg sg-1 out: all 0.0.0.0/0
        subnet s 10.0.0.0/24
        subnet t 10.0.1.0/24
        eni a s 10.0.0.10 groups=sg-1
        eni one s 10.0.0.22 groups=sg-1
        eni other t 10.0.1.21 groups=sg-1
    "]);
    let standing = standing.apply(&moved);
    assert!(served(&standing, "one", "a", "10.0.0.22:80"));
    assert!(!answers(&mut session));
}

/// The lines of a network, some left out and some with other addresses: what one day differs from the next.
fn thinned(lines: &[String], runner: &mut TestRunner) -> Vec<String> {
    let mut coin = |of: u32| (0..of).new_tree(runner).unwrap().current() == 0;
    let lines = lines.iter().flat_map(|piece| piece.lines()).map(str::trim);
    let lines = lines.filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match *words.first()? {
            "eni" | "nat" | "peering" if coin(4) => None,
            "eni" if coin(3) => {
                let address = words.get(3)?;
                let (block, last) = address.rsplit_once('.')?;
                Some(line.replacen(address, &format!("{address} {block}.1{last}"), 1))
            }
            "eni" if coin(4) => Some(
                line.split(' ').filter(|word| !word.starts_with("public=")).collect::<Vec<_>>().join(" "),
            ),
            _ => Some(line.to_owned()),
        }
    });
    lines.collect()
}

/// A lab that was made of another by a change, and of that by another, is the one that comes up from the last network: the
/// same rules, links, addresses and routes. What packets meet there is what the model says.
#[test]
fn a_changed_lab_is_the_one_that_comes_up() {
    if !possible("a_changed_lab_is_the_one_that_comes_up") {
        return;
    }
    let (mut compared, mut probed) = (0, 0);
    for seed in 0..4 {
        let (near, mut runner) = generated(2_000 + seed, &generate::network());
        let (far, _) = generated(3_000 + seed, &generate::joined());
        let mut sequence = [
            thinned(&near, &mut runner),
            thinned(&near, &mut runner),
            thinned(&far, &mut runner),
            thinned(&far, &mut runner),
            thinned(&near, &mut runner),
        ];
        if seed % 2 == 1 {
            sequence.rotate_left(1);
        }
        let networks = sequence.map(|lines| testkit::network(&[&lines.join("\n")]));
        let [first, others @ ..] = &networks;
        let mut standing = Standing::up(first);
        for network in others {
            let numbers = standing.lab.numbers().clone();
            standing = standing.apply(network);
            let fresh = Standing::up_with(network, &numbers);
            let differences = differences(&standing, &fresh);
            assert!(differences.is_empty(), "seed {seed}: {}", differences.join("\n"));
            compared += 1;
        }
        // Packets come last: some are known for a while.
        let network = standing.lab.network();
        let probes = probes(network, &mut runner);
        let mut prober = Prober::new(standing.lab.topology(), standing.lab.names()).unwrap();
        let marks = &standing.lab.rules().marks;
        let outcomes = verify(network, standing.lab.topology(), marks, &mut prober, &probes).unwrap();
        for (probe, outcome) in probes.iter().zip(outcomes) {
            match outcome {
                Outcome::Agree { .. } => probed += 1,
                Outcome::NoPacket(_) | Outcome::Undecided(_) => {}
                Outcome::Lost(how) => panic!("seed {seed}: {probe:?} is lost again and again: {how}"),
                Outcome::Disagree(difference) => panic!("seed {seed}: {difference}"),
            }
        }
    }
    eprintln!("{compared} changes, {probed} probes");
    assert!(compared == 16 && probed > 300, "{compared} changes, {probed} probes");
}

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
