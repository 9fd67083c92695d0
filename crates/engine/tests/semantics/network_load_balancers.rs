//! Network Load Balancers: S4.1, S4.6 to S4.9, S4.11, S4.13, S12.1 to S12.5, S1.23, T42, T79 to T82.

use space::Field;

use crate::common::{ask, check, fate, rows, tracking};

/// The node N in subnet q, which leads to the internet; the targets T and U in subnet p, which does not.
const NLB: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-q: 0.0.0.0/0 igw-1
    table rtb-p
    subnet q 10.20.0.0/24 table=rtb-q acl=acl-q az=a
    subnet p 10.20.1.0/24 table=rtb-p acl=acl-p az=a
    lb lb-n network subnets=q
    listener l-80 lb-n tcp 80 tg-1
    eni N q 10.20.0.20 public=198.51.100.20 elb=lb-n
    eni T p 10.20.1.10 instance=i-t groups=sg-t
    instance i-t
    eni C p 10.20.1.70 groups=sg-c
    sg sg-c in: all 0.0.0.0/0
    sg sg-c out: all 0.0.0.0/0
";

/// Every list open.
const LISTS_OPEN: &str = "
    acl acl-q in: 900 allow all 0.0.0.0/0
    acl acl-q out: 900 allow all 0.0.0.0/0
    acl acl-p in: 900 allow all 0.0.0.0/0
    acl acl-p out: 900 allow all 0.0.0.0/0
";

const ANYBODY: &str = "sg sg-t in: all 0.0.0.0/0";
const KEPT: &str = "tg tg-1 tcp 8080 instance: i-t";
const REPLACED: &str = "tg tg-1 tcp 8080 instance preserve=off: i-t";
const H: &str = "203.0.113.9 -> @N:tcp/80";

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
        // Its default route is none to another VPC (S12.10).
        let network = testkit::network(&[NLB, LISTS_OPEN, ANYBODY, group, &without]);
        check(&network, "F -> N:tcp/80", "blocked: reply igw-out private destination");
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

#[test]
fn s12_03_what_no_listener_takes_is_dropped() {
    let listeners = "
        listener l-53 lb-n udp 53 tg-u
        listener l-514 lb-n tcp_udp 514 tg-u
        tg tg-u tcp_udp 5300 instance: i-t
    ";
    let no = "blocked: request lb lb-n no listener";
    rows(
        &[NLB, LISTS_OPEN, ANYBODY, KEPT, listeners],
        &[
            (H, "allowed"),
            ("203.0.113.9 -> @N:tcp/81", no),
            ("203.0.113.9 -> @N:udp/80", no),
            ("203.0.113.9 -> @N:tcp/8080", no),
            ("203.0.113.9 -> @N:icmp/8/0", no),
            ("203.0.113.9 -> @N:50", no),
            ("C -> N:icmp/8/0", no),
            ("C -> N:tcp/22", no),
            ("203.0.113.9 -> @N:udp/53", "allowed"),
            ("203.0.113.9 -> @N:tcp/53", no),
            ("203.0.113.9 -> @N:tcp/514", "allowed"),
            ("203.0.113.9 -> @N:udp/514", "allowed"),
            ("203.0.113.9 -> @N:tcp/79-80", "partial 64512/129024: request lb lb-n no listener"),
        ],
    );
}

/// S12.4: source = destination where the address is kept.
#[test]
fn s12_04_a_client_that_is_its_own_target() {
    let two =
        |group: &str| format!("{group} | i-u\ninstance i-u\neni U p 10.20.1.11 instance=i-u groups=sg-t");
    let out = "sg sg-t out: all 0.0.0.0/0";
    let pieces = [NLB, LISTS_OPEN, ANYBODY, out];
    let ask_with = |group: &str, expected: &str| {
        check(&testkit::network(&[&pieces[..], &[group]].concat()), "T -> N:tcp/80", expected);
    };
    ask_with(KEPT, "blocked: request lb lb-n hairpin");
    ask_with(REPLACED, "allowed");
    ask_with(&two(KEPT), "partial 14116/28232: request lb lb-n hairpin");
    ask_with(&two(REPLACED), "allowed");
    // Another client of the same targets has no such trouble.
    check(&testkit::network(&[&pieces[..], &[&two(KEPT)]].concat()), "C -> N:tcp/80", "allowed");
}

/// Targets that work (T) and that do not (X, whose groups admit nothing), so that the share tells who is picked.
const POOL: &str = "
    eni X p 10.20.1.66 instance=i-x groups=sg-x
    instance i-x
    sg sg-x in: tcp 1 0.0.0.0/0
";

#[test]
fn s12_05_only_healthy_targets_count_else_all_that_are_registered() {
    let pool = |targets: &str| format!("tg tg-1 tcp 8080 instance: {targets}");
    let stops = "request sg-in X none";
    for (targets, expected) in [
        ("i-t | i-x unhealthy", "allowed".to_owned()),
        ("i-t | i-x initial", "allowed".into()),
        ("i-t | i-x unused", "allowed".into()),
        ("i-t | i-x draining", "allowed".into()),
        ("i-t | i-x unavailable", "allowed".into()),
        ("i-t unhealthy | i-x", format!("blocked: {stops}")),
        ("i-t | i-x", format!("partial 32256/64512: {stops}")),
        // None is healthy: all of them, but never those three states.
        ("i-t unhealthy | i-x unhealthy", format!("partial 32256/64512: {stops}")),
        ("i-t unhealthy | i-x initial", format!("partial 32256/64512: {stops}")),
        ("i-t unhealthy | i-x unused", "allowed".into()),
        ("i-t unhealthy | i-x draining", "allowed".into()),
        ("i-t unhealthy | i-x unavailable", "allowed".into()),
        ("i-t unused", "blocked: request lb lb-n no target".into()),
        ("i-t draining", "blocked: request lb lb-n no target".into()),
        ("i-t unavailable", "blocked: request lb lb-n no target".into()),
        ("", "blocked: request lb lb-n no target".into()),
    ] {
        let network = testkit::network(&[NLB, LISTS_OPEN, ANYBODY, POOL, &pool(targets)]);
        check(&network, H, &expected);
    }
    // Without its targets, nobody knows.
    let network = testkit::network(&[NLB, LISTS_OPEN, ANYBODY, "tg tg-1 tcp 8080 instance unknown"]);
    check(&network, H, "undecided: request lb lb-n unknown");
}

/// Equal shares, whatever the number.
#[test]
fn s12_05_each_target_gets_its_share() {
    let four = "
        tg tg-1 tcp 8080 instance: i-t | i-x | i-u port=9090 | i-v
        instance i-u
        eni U p 10.20.1.11 instance=i-u groups=sg-u
        sg sg-u in: tcp 9090 0.0.0.0/0
        instance i-v
        eni V p 10.20.1.12 instance=i-v groups=sg-t
    ";
    let network = testkit::network(&[NLB, LISTS_OPEN, ANYBODY, POOL, four]);
    check(&network, H, "partial 48384/64512: request sg-in X none");
    // A target's own port goes before the group's.
    let network = testkit::network(&[
        NLB,
        LISTS_OPEN,
        ANYBODY,
        POOL,
        &four.replace("sg-u in: tcp 9090", "sg-u in: tcp 8080"),
    ]);
    check(&network, H, "partial 32256/64512: request sg-in X none, request sg-in U none");
}

/// S4.1, S4.13: off unless the load balancer or the target group says otherwise, the group first.
#[test]
fn s4_13_a_node_sends_within_its_zone_unless_cross_zone() {
    let zones = NLB
        .replace("lb lb-n network subnets=q", "lb lb-n network subnets=q,r LB")
        .replace("eni T p", "subnet r 10.20.2.0/24 table=rtb-q az=b\nsubnet s 10.20.3.0/24 az=c\neni T p")
        + "
        eni M r 10.20.2.20 public=198.51.100.21 elb=lb-n
        eni X r 10.20.2.66 instance=i-x groups=sg-x
        instance i-x
        sg sg-x in: tcp 1 0.0.0.0/0
    ";
    let other = "203.0.113.9 -> @M:tcp/80";
    let (half, none) = ("partial 32256/64512: request sg-in X none", "blocked: request sg-in X none");
    for (balancer, group, first, second) in [
        ("", "", "allowed", none),
        ("cross-zone=off", "", "allowed", none),
        ("cross-zone=on", "", half, half),
        ("", "cross-zone=on", half, half),
        ("cross-zone=on", "cross-zone=off", "allowed", none),
    ] {
        let network = zones.replace(" LB", &format!(" {balancer}"));
        let group = format!("tg tg-1 tcp 8080 instance {group}: i-t | i-x");
        let network = testkit::network(&[&network, LISTS_OPEN, ANYBODY, &group]);
        check(&network, H, first);
        check(&network, other, second);
    }
    // A zone that is not enabled gets nothing, across zones or not, whatever its target's health.
    let elsewhere =
        zones.replace("eni X r 10.20.2.66", "eni X s 10.20.3.66").replace(" LB", " cross-zone=on");
    let group = "tg tg-1 tcp 8080 instance: i-t unhealthy | i-x";
    check(&testkit::network(&[&elsewhere, LISTS_OPEN, ANYBODY, group]), H, "allowed");
    let only = "tg tg-1 tcp 8080 instance: i-x";
    check(
        &testkit::network(&[&elsewhere, LISTS_OPEN, ANYBODY, only]),
        H,
        "blocked: request lb lb-n no target",
    );
    // Nor has a zone's node anything to send to, if all its targets are elsewhere.
    let single = zones.replace(" LB", "");
    let network = testkit::network(&[&single, LISTS_OPEN, ANYBODY, KEPT]);
    check(&network, H, "allowed");
    check(&network, other, "blocked: request lb lb-n no target");
}

/// S4.6: what the target sees, by the type of target, the protocol and the attribute.
#[test]
fn s4_06_where_the_clients_address_is_kept() {
    let client = "sg sg-t in: all 203.0.113.9/32";
    let node = "sg sg-t in: all 10.20.0.20/32";
    let refused = "blocked: request sg-in T none";
    for (protocol, target, attribute, kept) in [
        ("tcp", "instance", "", true),
        ("tcp", "instance", "preserve=on", true),
        ("tcp", "instance", "preserve=off", false),
        ("tcp", "ip", "", false),
        ("tcp", "ip", "preserve=off", false),
        ("tcp", "ip", "preserve=on", true),
        ("udp", "instance", "", true),
        ("udp", "instance", "preserve=off", true),
        ("udp", "ip", "", true),
        ("udp", "ip", "preserve=off", true),
        ("tcp_udp", "instance", "", true),
        ("tcp_udp", "instance", "preserve=off", true),
        ("tcp_udp", "ip", "", true),
        ("tcp_udp", "ip", "preserve=off", true),
    ] {
        let id = if target == "ip" { "10.20.1.10" } else { "i-t" };
        let network = NLB.replace("tcp 80 tg-1", &format!("{protocol} 80 tg-1"));
        let group = format!("tg tg-1 {protocol} 8080 {target} {attribute}: {id}");
        let services = if protocol == "tcp_udp" { vec!["tcp", "udp"] } else { vec![protocol] };
        for service in services {
            let question = format!("203.0.113.9 -> @N:{service}/80");
            let (by_client, by_node) = if kept { ("allowed", refused) } else { (refused, "allowed") };
            check(&testkit::network(&[&network, LISTS_OPEN, client, &group]), &question, by_client);
            check(&testkit::network(&[&network, LISTS_OPEN, node, &group]), &question, by_node);
        }
    }
}

/// S4.6: kept only towards targets of the same VPC.
#[test]
fn s4_06_not_towards_another_vpc() {
    let peer = "
        table rtb-q: 10.30.0.0/16 pcx-1
        tg tg-1 tcp 8080 ip preserve=on: 10.30.0.9
        peering pcx-1 vpc-1 vpc-2
        vpc vpc-2 10.30.0.0/16
        table rtb-2 main: 10.20.0.0/16 pcx-1
        subnet f 10.30.0.0/24 az=a
        eni F f 10.30.0.9 groups=sg-f
        sg sg-f in: tcp 8080 10.20.0.20/32
    ";
    check(&testkit::network(&[NLB, LISTS_OPEN, ANYBODY, peer]), H, "allowed");
    let client = peer.replace("10.20.0.20/32", "203.0.113.9/32");
    check(&testkit::network(&[NLB, LISTS_OPEN, ANYBODY, &client]), H, "blocked: request sg-in F none");
}

/// S4.6: never kept for what is translated from IPv6 to IPv4; between one family it is.
#[test]
fn s4_06_ipv6_clients() {
    let dual = "
        vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
        igw igw-1
        table rtb-q: ::/0 igw-1
        table rtb-p
        subnet q 10.20.0.0/24 2001:db8:20::/64 table=rtb-q acl=acl-q az=a
        subnet p 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-p acl=acl-p az=a
        lb lb-n network subnets=q
        listener l-80 lb-n tcp 80 tg-1
        eni N q 10.20.0.20 2001:db8:20::20 elb=lb-n
        eni T p 10.20.1.10 2001:db8:20:1::10 instance=i-t groups=sg-t
        instance i-t
        acl acl-q in: 100 allow tcp 80 ::/0 | 110 allow tcp 1024-65535 10.20.1.0/24
        acl acl-q out: 100 allow tcp 8080 10.20.1.0/24 | 110 allow tcp 1024-65535 ::/0
        acl acl-p in: 100 allow tcp 8080 10.20.0.0/24
        acl acl-p out: 100 allow tcp 1024-65535 10.20.0.0/24
    ";
    let client = "2001:db8:ffff::9 -> N:tcp/80";
    let four = "tg tg-1 tcp 8080 instance: i-t";
    check(&testkit::network(&[dual, four, "sg sg-t in: tcp 8080 10.20.0.20/32"]), client, "allowed");
    check(
        &testkit::network(&[dual, four, "sg sg-t in: tcp 8080 ::/0"]),
        client,
        "blocked: request sg-in T none",
    );
    let forced = "tg tg-1 tcp 8080 ip preserve=on: 10.20.1.10";
    check(&testkit::network(&[dual, forced, "sg sg-t in: tcp 8080 10.20.0.20/32"]), client, "allowed");
    // The client's own range is judged at the node, and the node's at the target.
    let narrow = dual.replace("110 allow tcp 1024-65535 ::/0", "110 allow tcp 1024-33279 ::/0");
    let network = testkit::network(&[&narrow, four, "sg sg-t in: tcp 8080 10.20.0.20/32"]);
    let mut answer = ask(&network, client);
    assert_eq!(answer.line(), "partial 32256/64512: reply nacl-out acl-q *");
    assert_eq!(answer.works_on(Field::Client), "1024-33279");

    let six = "
        acl acl-q in: 200 allow all ::/0
        acl acl-q out: 200 allow all ::/0
        acl acl-p in: 200 allow all ::/0
        acl acl-p out: 200 allow all ::/0
        tg tg-1 tcp 8080 ip preserve=on: 2001:db8:20:1::10
    ";
    check(&testkit::network(&[dual, six, "sg sg-t in: tcp 8080 2001:db8:ffff::9/128"]), client, "allowed");
    let network = testkit::network(&[
        dual,
        &six.replace(" preserve=on", ""),
        "sg sg-t in: tcp 8080 2001:db8:20::20/128",
    ]);
    check(&network, client, "allowed");
}

/// S4.7: no gate at the node, and groups of clients cannot be referenced through it.
#[test]
fn s4_07_without_groups_the_target_decides() {
    let network = testkit::network(&[NLB, LISTS_OPEN, ANYBODY, KEPT]);
    let gates = ask(&network, H).gates();
    assert!(gates.iter().all(|gate| !gate.ends_with(" N")), "{gates:?}");

    let by_group = [NLB, LISTS_OPEN, KEPT, "sg sg-t in: tcp 8080 sg-c"];
    let network = testkit::network(&by_group);
    check(&network, "C -> T:tcp/8080", "allowed");
    check(&network, "C -> N:tcp/80", "blocked: request sg-in T none");
    check(
        &testkit::network(&[NLB, LISTS_OPEN, REPLACED, "sg sg-t in: tcp 8080 sg-c"]),
        "C -> N:tcp/80",
        "blocked: request sg-in T none",
    );
    for (group, admits) in [(KEPT, "10.20.1.70/32"), (REPLACED, "10.20.0.0/16")] {
        let rule = format!("sg sg-t in: tcp 8080 {admits}");
        check(&testkit::network(&[NLB, LISTS_OPEN, group, &rule]), "C -> N:tcp/80", "allowed");
    }
}

#[test]
fn t79_healthy_but_dead() {
    let network = testkit::network(&[NLB, LISTS_OPEN, KEPT, "sg sg-t in: tcp 8080 10.20.0.0/16"]);
    check(&network, H, "blocked: request sg-in T none");
    check(&network, "N -> T:tcp/8080", "allowed");
}

#[test]
fn t81_ip_targets_see_the_node() {
    let group = "tg tg-1 tcp 8080 ip: 10.20.1.10";
    check(&testkit::network(&[NLB, LISTS_OPEN, group, "sg sg-t in: tcp 8080 10.20.0.0/24"]), H, "allowed");
}

/// The same with groups at the node.
fn with_groups() -> String {
    NLB.replace("network subnets=q", "network subnets=q groups=sg-n")
        .replace("elb=lb-n", "elb=lb-n groups=sg-n")
}

/// S4.8, S1.23: by provenance, whichever address the packet has.
#[test]
fn t80_targets_may_name_the_load_balancers_group() {
    let groups = "
        sg sg-n in: tcp 80 203.0.113.9/32 | tcp 80 sg-c
        sg sg-n out: tcp 8080 sg-t
        sg sg-t in: tcp 8080 sg-n
    ";
    for group in [KEPT, REPLACED] {
        let direct = NLB.replace("eni T p", "table rtb-p: 0.0.0.0/0 igw-1\neni T p");
        let network = direct
            .replace("network subnets=q", "network subnets=q groups=sg-n")
            .replace("elb=lb-n", "elb=lb-n groups=sg-n")
            .replace("eni T p 10.20.1.10", "eni T p 10.20.1.10 public=198.51.100.10");
        rows(
            &[&network, LISTS_OPEN, groups, group],
            &[
                (H, "allowed"),
                ("203.0.113.9 -> @T:tcp/8080", "blocked: request sg-in T none"),
                ("C -> N:tcp/80", "allowed"),
                ("C -> T:tcp/8080", "blocked: request sg-in T none"),
                ("203.0.113.10 -> @N:tcp/80", "blocked: request sg-in N none"),
            ],
        );
    }
}

/// S4.8: in by the client's address and the listener's port, out to the target and its port.
#[test]
fn s4_08_both_directions_of_its_groups() {
    let network = with_groups();
    let judged = |sg_in: &str, sg_out: &str, expected: &str| {
        let groups = format!("sg sg-n in: {sg_in}\nsg sg-n out: {sg_out}");
        for group in [KEPT, REPLACED] {
            check(&testkit::network(&[&network, LISTS_OPEN, ANYBODY, group, &groups]), H, expected);
        }
    };
    judged("tcp 80 203.0.113.0/24", "tcp 8080 10.20.1.10/32", "allowed");
    judged("tcp 80 203.0.113.0/24", "tcp 8080 sg-t", "allowed");
    judged("tcp 8080 203.0.113.0/24", "tcp 8080 sg-t", "blocked: request sg-in N none");
    judged("tcp 80 10.20.0.0/16", "tcp 8080 sg-t", "blocked: request sg-in N none");
    judged("tcp 80 203.0.113.0/24", "tcp 80 sg-t", "blocked: request sg-out N none");
    judged("tcp 80 203.0.113.0/24", "tcp 8080 203.0.113.0/24", "blocked: request sg-out N none");
}

/// S4.9, S4.5: a health check is a flow from the node to the target's health port.
#[test]
fn t82_health_checks_obey_the_outbound_rules() {
    let network = with_groups();
    let group = "tg tg-1 tcp 8080 instance health=8081: i-t";
    let inbound = "sg sg-n in: tcp 80 0.0.0.0/0";
    let check_of = "N -> T:tcp/8081";
    let network_of = |rules: &str| testkit::network(&[&network, LISTS_OPEN, ANYBODY, group, rules]);
    check(&network_of(inbound), check_of, "blocked: request sg-out N none");
    check(&network_of("sg sg-n out: tcp 8080 sg-t"), check_of, "blocked: request sg-out N none");
    check(&network_of("sg sg-n out: tcp 8081 sg-t"), check_of, "allowed");
    // Without groups nothing stops them at the node; the target's groups have to name its address (S4.7).
    let bare = |rule: &str| testkit::network(&[NLB, LISTS_OPEN, group, rule]);
    check(&bare("sg sg-t in: tcp 8081 10.20.0.20/32"), check_of, "allowed");
    check(&bare("sg sg-t in: tcp 8081 203.0.113.0/24"), check_of, "blocked: request sg-in T none");
}

/// T42, S1.34: the target's groups keep track of whatever comes through it.
#[test]
fn t42_what_comes_through_it_is_tracked() {
    let wide = "sg sg-t in: tcp 8080 0.0.0.0/0\nsg sg-t out: all 0.0.0.0/0";
    let shut = "sg sg-t out: all 0.0.0.0/0";
    for group in [KEPT, REPLACED] {
        let before = testkit::network(&[NLB, LISTS_OPEN, wide, group]);
        assert_eq!(tracking(&before, H, "T"), "tracked");
        assert_eq!(fate(&before, &testkit::network(&[NLB, LISTS_OPEN, shut, group]), H), "goes on");
        assert_eq!(tracking(&before, "C -> T:tcp/8080", "T"), "untracked");
    }
}

/// S4.16: the nodes of an internal one have no public address, and without a route to the internet gateway no client of
/// the internet gets an answer.
#[test]
fn s4_16_internal_load_balancers_have_private_addresses_only() {
    let internal = NLB
        .replace("network subnets=q", "network internal subnets=q")
        .replace("eni N q 10.20.0.20 public=198.51.100.20 elb=lb-n", "eni N q 10.20.0.20 elb=lb-n");
    let network = testkit::network(&[&internal, LISTS_OPEN, ANYBODY, KEPT]);
    check(&network, H, "blocked: request igw-in no public address");
    check(&network, "C -> N:tcp/80", "allowed");
}

#[test]
fn s4_13_one_that_is_not_active_takes_nothing() {
    let network = NLB.replace("network subnets=q", "network subnets=q inactive");
    let network = testkit::network(&[&network, LISTS_OPEN, ANYBODY, KEPT]);
    check(&network, H, "blocked: request lb lb-n not available");
}
