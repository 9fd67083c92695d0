//! Network Load Balancers: what they consist of, their groups, health checks: S1.23, S4.1, S4.7 to S4.9, S4.16, T42,
//! T79 to T82.

mod addresses;
mod lists;
mod targets;

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

/// S4.1: where a node that the export lacks keeps the client's address, its own decides nothing at the target.
#[test]
fn s4_01_nodes_that_the_export_lacks() {
    let absent = NLB.replace("eni N q 10.20.0.20 public=198.51.100.20 elb=lb-n\n", "");
    let h = "203.0.113.9 -> @lb:lb-n@q:tcp/80";
    let client = "sg sg-t in: tcp 8080 203.0.113.9/32";
    check(&testkit::network(&[&absent, LISTS_OPEN, client, KEPT]), h, "allowed");
    check(&testkit::network(&[&absent, LISTS_OPEN, client, REPLACED]), h, "blocked: request sg-in T none");
    for (block, expected) in [
        ("10.20.0.0/24", engine::Verdict::Allowed),
        ("10.20.0.16/28", engine::Verdict::Undecided),
        ("10.20.1.0/24", engine::Verdict::Blocked),
    ] {
        let node = format!("sg sg-t in: tcp 8080 {block}");
        let network = testkit::network(&[&absent, LISTS_OPEN, &node, REPLACED]);
        assert_eq!(ask(&network, h).verdict(), expected, "{block}");
    }
}

#[test]
fn s12_12_behind_an_unknown_stretch_a_port_without_listener_is_refused() {
    let net = testkit::network(&["vpc vpc-1 10.20.0.0/16
         table rtb-a: 10.30.0.0/16 tgw-1
         subnet a 10.20.1.0/24 table=rtb-a
         sg sg-out out: all 0.0.0.0/0
         eni A a 10.20.1.10 groups=sg-out
         vpc vpc-2 10.30.0.0/16
         subnet q 10.30.0.0/24
         eni n1 q 10.30.0.20 elb=lb-1
         instance i-1
         sg sg-in in: tcp 80 0.0.0.0/0
         eni T q 10.30.0.30 groups=sg-in instance=i-1
         lb lb-1 network internal subnets=q
         tg tg-1 tcp 80 instance: i-1 healthy
         listener l-1 lb-1 tcp 80 tg-1
         tgw tgw-1
         attachment att-1 tgw-1 vpc-1 subnets=a
         attachment att-vpn tgw-1 vpn vpn-1
         tgwtable t-1 tgw-1 static assoc=att-1 propagate=att-vpn"]);
    // The route is not known (S12.13); that nothing listens on 22 is (S12.3).
    check(&net, "A -> n1:tcp/80", "undecided: request tgw-route t-1 unknown");
    check(&net, "A -> n1:tcp/22", "blocked: request tgw-route t-1 unknown, request lb lb-1 no listener");
}
