//! Egress-only gateways and virtual private gateways: S3.29, S3.38, T66. No measured row turns on IPv6 or egress-only
//! gateways (S12): these tests carry them.

use crate::common::{ask, check, rows, tracking};

const V6: &str = "
    vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
    eigw eigw-1
    table rtb-app: ::/0 eigw-1
    subnet app 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-app acl=acl-app
    sg sg-app in: all 0.0.0.0/0 | all ::/0
    sg sg-app out: all 0.0.0.0/0 | all ::/0
    eni A app 10.20.1.10 2001:db8:20:1::10 groups=sg-app
";

const OPEN6: &str = "
    acl acl-app in: 101 allow all ::/0
    acl acl-app out: 101 allow all ::/0
";

const OUT6: &str = "A -> 2001:db8::9:tcp/443";

#[test]
fn t66_an_egress_only_gateway_lets_nothing_in() {
    rows(
        &[V6, OPEN6],
        &[
            (OUT6, "allowed"),
            ("A -> 2001:db8::9:udp/53", "allowed"),
            ("A -> 2001:db8::9:icmpv6/128/0", "allowed"),
        ],
    );
    // Without and with an internet gateway beside it, by which the answer does not leave.
    for gateways in ["", "igw igw-1"] {
        let network = testkit::network(&[V6, OPEN6, gateways]);
        let mut answer = ask(&network, "2001:db8::9 -> A:tcp/80");
        assert_eq!(answer.verdict(), engine::Verdict::Blocked, "{gateways}");
        assert!(answer.blockers(true).contains(&"reply route rtb-app leaves elsewhere".into()));
    }
    let network = testkit::network(&[V6, OPEN6]);
    assert_eq!(tracking(&network, OUT6, "A"), "tracked");
    let gates = [
        "request sg-out A",
        "request nacl-out acl-app",
        "request route rtb-app",
        "request eigw eigw-1",
        "reply nacl-in acl-app",
        "reply sg-in A",
    ];
    assert_eq!(ask(&network, OUT6).gates(), gates);
}

/// S3.29: the list of the source's subnet applies, in IPv6 (S1.12).
#[test]
fn s3_29_the_list_of_the_source_applies() {
    for (lists, expected) in [
        ("acl acl-app in: 101 allow all ::/0\n acl acl-app out: 101 allow tcp 443 ::/0", "allowed"),
        (
            "acl acl-app in: 101 allow all ::/0\n acl acl-app out: 101 allow all 0.0.0.0/0",
            "blocked: request nacl-out acl-app *",
        ),
        (
            "acl acl-app in: 101 allow all 0.0.0.0/0\n acl acl-app out: 101 allow all ::/0",
            "blocked: reply nacl-in acl-app *",
        ),
        (
            "acl acl-app in: 90 deny tcp 1024-65535 2001:db8::/64 | 101 allow all ::/0\n acl acl-app out: 101 allow all ::/0",
            "blocked: reply nacl-in acl-app 90",
        ),
        (
            "acl acl-app in: 101 allow tcp 49152-65535 ::/0\n acl acl-app out: 101 allow all ::/0",
            "partial 11848/28232: reply nacl-in acl-app *",
        ),
    ] {
        rows(&[V6, lists], &[(OUT6, expected)]);
    }
}

#[test]
fn s3_29_ipv6_only_and_attached() {
    let v4 = "
        acl acl-app out: 100 allow all 0.0.0.0/0
        table rtb-app: 0.0.0.0/0 eigw-1
    ";
    rows(&[V6, OPEN6, v4], &[("A -> 203.0.113.9:tcp/443", "blocked: request eigw eigw-1 other family")]);
    let detached = V6.replace("eigw eigw-1", "eigw eigw-1 detached");
    rows(&[&detached, OPEN6], &[(OUT6, "blocked: request eigw eigw-1 not attached")]);
}

/// A in `app`, whose table leads to the data centre behind a virtual private gateway.
const VPN: &str = "
    vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
    vgw vgw-1
    table rtb-app: 192.168.0.0/16 vgw-1 propagated
    subnet app 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-app acl=acl-app
    sg sg-app in: tcp 22 192.168.0.0/16 | icmp 10.0.0.0/8 | all ::/0
    sg sg-app out: tcp 443 192.168.0.0/16 | all ::/0
    eni A app 10.20.1.10 2001:db8:20:1::10 groups=sg-app
";

const OPEN: &str = "
    acl acl-app in: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
    acl acl-app out: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
";

const TO_VPN: &str = "A -> 192.168.5.5:tcp/443";

const FROM_VPN: &str = "192.168.5.5 -> A:tcp/22";

/// S3.38: the data centre is a zone beyond the export, both ways.
#[test]
fn s3_38_a_virtual_private_gateway_both_ways() {
    let network = testkit::network(&[VPN, OPEN]);
    let gates = [
        "request vgw vgw-1",
        "request nacl-in acl-app",
        "request sg-in A",
        "reply sg-out A",
        "reply nacl-out acl-app",
        "reply route rtb-app",
        "reply vgw vgw-1",
    ];
    check(&network, FROM_VPN, "allowed");
    assert_eq!(ask(&network, FROM_VPN).gates(), gates);
    check(&network, TO_VPN, "allowed");
    check(&network, "A -> 192.168.5.5:tcp/22", "blocked: request sg-out A none");
    check(&network, "192.168.5.5 -> A:tcp/443", "blocked: request sg-in A none");
    for (broken, inward, outward) in [
        ("in: 90 deny tcp 22 192.168.0.0/16", "blocked: request nacl-in acl-app 90", "allowed"),
        ("out: 90 deny tcp 1024-65535 192.168.0.0/16", "blocked: reply nacl-out acl-app 90", "allowed"),
        ("out: 90 deny tcp 443 192.168.5.0/24", "allowed", "blocked: request nacl-out acl-app 90"),
        ("in: 90 deny tcp 32768-60999 192.168.5.0/24", "allowed", "blocked: reply nacl-in acl-app 90"),
    ] {
        let network = testkit::network(&[VPN, OPEN, &format!("acl acl-app {broken}")]);
        check(&network, FROM_VPN, inward);
        check(&network, TO_VPN, outward);
    }
}

#[test]
fn s3_38_a_route_and_an_attached_gateway_are_needed() {
    let open = VPN.replace("tcp 443 192.168.0.0/16", "all 0.0.0.0/0");
    let without = open.replace(": 192.168.0.0/16 vgw-1 propagated", "");
    rows(
        &[&without, OPEN],
        &[
            (TO_VPN, "blocked: request route rtb-app no route"),
            (FROM_VPN, "blocked: reply route rtb-app no route"),
        ],
    );
    let detached = open.replace("vgw vgw-1\n", "vgw vgw-1 detached\n");
    rows(
        &[&detached, OPEN],
        &[
            (TO_VPN, "blocked: request vgw vgw-1 not attached"),
            (FROM_VPN, "blocked: request vgw vgw-1 not attached"),
        ],
    );
    // A static route is as good as a learned one, a blackhole is none.
    let fixed = open.replace(" propagated", "");
    rows(&[&fixed, OPEN], &[(TO_VPN, "allowed"), (FROM_VPN, "allowed")]);
    let gone = open.replace(" propagated", " blackhole");
    let network = testkit::network(&[&gone, OPEN]);
    check(&network, TO_VPN, "blocked: request route rtb-app blackhole");
    assert_eq!(ask(&network, FROM_VPN).verdict(), engine::Verdict::Blocked);
}

#[test]
fn s3_38_a_virtual_private_gateway_carries_no_ipv6() {
    let v6 = VPN.replace("192.168.0.0/16 vgw-1 propagated", "192.168.0.0/16 vgw-1 | fd99::/48 vgw-1");
    let network = testkit::network(&[&v6, OPEN]);
    check(&network, "A -> fd99::1:tcp/443", "blocked: request vgw vgw-1 other family");
    for question in ["fd99::1 -> A:tcp/22", "fd99::1 -> A:icmpv6/2/0"] {
        assert_eq!(ask(&network, question).verdict(), engine::Verdict::Blocked, "{question}");
    }
}
