//! Which targets a Network Load Balancer picks: S4.13, S12.3 to S12.5.

use super::{ANYBODY, H, KEPT, LISTS_OPEN, NLB, REPLACED};
use crate::common::{check, rows};

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

#[test]
fn s4_13_one_that_is_not_active_takes_nothing() {
    let network = NLB.replace("network subnets=q", "network subnets=q inactive");
    let network = testkit::network(&[&network, LISTS_OPEN, ANYBODY, KEPT]);
    check(&network, H, "blocked: request lb lb-n not available");
}
