//! A lab that is up follows a network with other machines, links, subnets and VPCs.

use std::process::{Child, Command, Stdio};

use engine::Network;

use crate::sockets::{Echo, Peers, answers, dial};
use crate::support::{Standing, possible};

/// Two machines that talk, and others that are there or not, before them and after them.
pub(crate) fn talkers(others: &[&str]) -> Network {
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

/// A VPC without IPv6 gets it and loses it again, while a session of IPv4 lives on.
#[test]
fn ipv6_comes_to_a_vpc_and_goes() {
    if !possible("ipv6_comes_to_a_vpc_and_goes") {
        return;
    }
    let network = |of_vpc: &str, of_s: &str, of_t: &str, [a, b]: [&str; 2]| {
        testkit::network(&[&format!(
            "
            vpc vpc-1 10.0.0.0/16 {of_vpc}
            table rtb-1:
            acl acl-1 in: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
            acl acl-1 out: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
            sg sg-1 in: tcp 22 10.0.0.0/16 | tcp 22 ::/0
            sg sg-1 out: all 0.0.0.0/0 | all ::/0
            subnet s 10.0.0.0/24 {of_s} table=rtb-1 acl=acl-1
            subnet t 10.0.1.0/24 {of_t} table=rtb-1 acl=acl-1
            eni a s 10.0.0.10 {a} groups=sg-1
            eni b t 10.0.1.11 {b} groups=sg-1
            "
        )])
    };
    let without = network("", "", "", ["", ""]);
    let of_ends = ["2001:db8::10", "2001:db8:0:1::11"];
    let with = network("2001:db8::/56", "2001:db8::/64", "2001:db8:0:1::/64", of_ends);
    let standing = Standing::up(&without);
    let _sshd = Echo::on(&standing.namespace("b"), 22);
    let mut session = dial(&standing.namespace("a"), "10.0.0.10:0", "10.0.1.11:22").unwrap();
    assert!(answers(&mut session));
    let standing = standing.apply(&with);
    assert!(answers(&mut session));
    let mut of_ipv6 = dial(&standing.namespace("a"), "[2001:db8::10]:0", "[2001:db8:0:1::11]:22").unwrap();
    assert!(answers(&mut of_ipv6));
    standing.expect(&[("@a -> @b:tcp/22", true)]);
    let standing = standing.apply(&without);
    assert!(answers(&mut session));
    assert!(!answers(&mut of_ipv6));
    let standing = standing.apply(&with);
    let mut again = dial(&standing.namespace("a"), "[2001:db8::10]:0", "[2001:db8:0:1::11]:22").unwrap();
    assert!(answers(&mut again) && answers(&mut session));
}
