//! The lists and route tables on the way through a Network Load Balancer: S12.1, S12.2, S4.11.

use space::Field;

use super::{ANYBODY, H, KEPT, LISTS_OPEN, NLB, REPLACED};
use crate::common::{ask, check};

/// The six crossings of S12.2 in order, each opened for itself alone.
fn six(source_at_target: &str) -> [String; 6] {
    [
        "acl acl-q in: 100 allow tcp 80 203.0.113.9/32".into(),
        "acl acl-q out: 200 allow tcp 8080 10.20.1.10/32".into(),
        format!("acl acl-p in: 300 allow tcp 8080 {source_at_target}"),
        format!("acl acl-p out: 400 allow tcp 1024-65535 {source_at_target}"),
        "acl acl-q in: 500 allow tcp 1024-65535 10.20.1.10/32".into(),
        "acl acl-q out: 600 allow tcp 1024-65535 203.0.113.9/32".into(),
    ]
}

const PLACES: [&str; 6] = [
    "request nacl-in acl-q",
    "request nacl-out acl-q",
    "request nacl-in acl-p",
    "reply nacl-out acl-p",
    "reply nacl-in acl-q",
    "reply nacl-out acl-q",
];

/// The source that the target sees, and whether the client's own port comes with it.
const SEEN: [(&str, &str, Field); 2] =
    [(KEPT, "203.0.113.9/32", Field::Client), (REPLACED, "10.20.0.20/32", Field::Relay)];

/// S12.2: these six rules are enough, and each of them is needed. The reply's three (S4.11) go to the port that the
/// request came from: the client's where its address is kept, else the node's.
#[test]
fn s12_02_each_of_the_six_lists_is_crossed() {
    for (group, seen, _) in SEEN {
        let lists = six(seen);
        let all: Vec<&str> = lists.iter().map(String::as_str).chain([NLB, ANYBODY, group]).collect();
        check(&testkit::network(&all), H, "allowed");
        for (missing, place) in PLACES.iter().enumerate() {
            let others = lists.iter().enumerate().filter(|(position, _)| *position != missing);
            let rest: Vec<&str> =
                others.map(|(_, list)| list.as_str()).chain([NLB, ANYBODY, group]).collect();
            check(&testkit::network(&rest), H, &format!("blocked: {place} *"));
        }
    }
}

/// S12.2: a rule that denies names itself, wherever it stands.
#[test]
fn s12_02_the_rule_that_denies_is_named() {
    for (group, seen, _) in SEEN {
        let lists = six(seen);
        for (list, place) in lists.iter().zip(PLACES) {
            let (head, rule) = list.split_once(": ").unwrap();
            let deny = format!("{head}: 50 {}", rule.split_once(' ').unwrap().1.replace("allow", "deny"));
            let all: Vec<&str> =
                lists.iter().map(String::as_str).chain([NLB, ANYBODY, group, &deny]).collect();
            check(&testkit::network(&all), H, &format!("blocked: {place} 50"));
        }
    }
}

/// S12.2, S2.21: lists 4 and 5 judge the port that the target answers to, list 6 the client's.
#[test]
fn s12_02_which_port_each_list_of_the_reply_judges() {
    for (group, seen, axis) in SEEN {
        for (narrow, axis) in [(3, axis), (4, axis), (5, Field::Client)] {
            let mut lists = six(seen);
            lists[narrow] = lists[narrow].replace("1024-65535", "1024-33279");
            let all: Vec<&str> = lists.iter().map(String::as_str).chain([NLB, ANYBODY, group]).collect();
            let network = testkit::network(&all);
            let mut answer = ask(&network, H);
            assert_eq!(answer.line(), format!("partial 32256/64512: {} *", PLACES[narrow]), "{group}");
            // The axis of a relay's port begins at 1024.
            let half = if axis == Field::Client { "1024-33279" } else { "0-32255" };
            assert_eq!(answer.works_on(axis), half, "{group} {narrow}");
            let other = if axis == Field::Client { Field::Relay } else { Field::Client };
            let whole = if other == Field::Client { "1024-65535" } else { "0-64511" };
            assert_eq!(answer.works_on(other), whole, "{group} {narrow}");
        }
    }
}

/// S12.2: between neighbours only the ways in from the client and out to it remain.
#[test]
fn s12_02_in_one_subnet_lists_2_to_5_vanish() {
    let network = NLB.replace("eni T p 10.20.1.10", "eni T q 10.20.0.10");
    for (group, _, _) in SEEN {
        let lists = [
            "acl acl-q in: 100 allow tcp 80 203.0.113.9/32",
            "acl acl-q out: 600 allow tcp 1024-65535 203.0.113.9/32",
        ];
        check(&testkit::network(&[&network, ANYBODY, group, lists[0], lists[1]]), H, "allowed");
        check(
            &testkit::network(&[&network, ANYBODY, group, lists[1]]),
            H,
            "blocked: request nacl-in acl-q *",
        );
        check(&testkit::network(&[&network, ANYBODY, group, lists[0]]), H, "blocked: reply nacl-out acl-q *");
        let narrow = lists[1].replace("65535", "33279");
        let network = testkit::network(&[&network, ANYBODY, group, lists[0], &narrow]);
        let mut answer = ask(&network, H);
        assert_eq!(answer.line(), "partial 32256/64512: reply nacl-out acl-q *");
        assert_eq!(answer.works_on(Field::Client), "1024-33279");
    }
}

/// S12.1: the target needs no route to the client; the node's subnet does.
#[test]
fn s12_01_the_node_answers_by_its_own_route_table() {
    for group in [KEPT, REPLACED] {
        check(&testkit::network(&[NLB, LISTS_OPEN, ANYBODY, group]), H, "allowed");
        let turned = NLB.replace("table rtb-q: 0.0.0.0/0 igw-1", "table rtb-q\ntable rtb-p: 0.0.0.0/0 igw-1");
        check(
            &testkit::network(&[&turned, LISTS_OPEN, ANYBODY, group]),
            H,
            "blocked: reply route rtb-q no route",
        );
    }
}

/// S12.1 between VPCs: only the node's table names the peering connection.
#[test]
fn s12_01_a_client_of_a_peered_vpc() {
    let peer = "
        table rtb-q: 10.30.0.0/16 pcx-1
        peering pcx-1 vpc-1 vpc-2
        vpc vpc-2 10.30.0.0/16
        table rtb-2 main: 10.20.0.0/16 pcx-1
        subnet f 10.30.0.0/24
        sg sg-f out: all 0.0.0.0/0
        eni F f 10.30.0.9 groups=sg-f
    ";
    for group in [KEPT, REPLACED] {
        check(&testkit::network(&[NLB, LISTS_OPEN, ANYBODY, group, peer]), "F -> N:tcp/80", "allowed");
        let without = peer.replace("table rtb-q: 10.30.0.0/16 pcx-1", "table rtb-p: 10.30.0.0/16 pcx-1");
        let local = NLB.replace("table rtb-q: 0.0.0.0/0 igw-1", "table rtb-q");
        let network = testkit::network(&[&local, LISTS_OPEN, ANYBODY, group, &without]);
        check(&network, "F -> N:tcp/80", "blocked: reply route rtb-q no route");
    }
    // What the client may send, the target sees: its own address or the node's.
    let only = "sg sg-t in: tcp 8080 10.30.0.9/32";
    check(&testkit::network(&[NLB, LISTS_OPEN, only, KEPT, peer]), "F -> N:tcp/80", "allowed");
    check(
        &testkit::network(&[NLB, LISTS_OPEN, only, REPLACED, peer]),
        "F -> N:tcp/80",
        "blocked: request sg-in T none",
    );
}

/// S12.2 with the client in the target's subnet: two crossings more, and each by the address that it sees.
#[test]
fn s12_02_a_client_in_the_targets_subnet() {
    let lists = [
        ("acl acl-p out: 100 allow tcp 80 10.20.0.20/32", "request nacl-out acl-p"),
        ("acl acl-q in: 110 allow tcp 80 10.20.1.70/32", "request nacl-in acl-q"),
        ("acl acl-q out: 120 allow tcp 8080 10.20.1.10/32", "request nacl-out acl-q"),
        ("acl acl-p in: 130 allow tcp 8080 10.20.1.70/32", "request nacl-in acl-p"),
        ("acl acl-p out: 140 allow tcp 1024-65535 10.20.1.70/32", "reply nacl-out acl-p"),
        ("acl acl-q in: 150 allow tcp 1024-65535 10.20.1.10/32", "reply nacl-in acl-q"),
        ("acl acl-q out: 160 allow tcp 1024-65535 10.20.1.70/32", "reply nacl-out acl-q"),
        ("acl acl-p in: 170 allow tcp 1024-65535 10.20.0.20/32", "reply nacl-in acl-p"),
    ];
    let all = || lists.iter().map(|(list, _)| *list).chain([NLB, ANYBODY, KEPT]);
    check(&testkit::network(&all().collect::<Vec<_>>()), "C -> N:tcp/80", "allowed");
    for (missing, place) in lists {
        let rest: Vec<&str> = all().filter(|list| *list != missing).collect();
        check(&testkit::network(&rest), "C -> N:tcp/80", &format!("blocked: {place} *"));
    }
}
