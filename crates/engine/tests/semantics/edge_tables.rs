//! What comes in by a gateway with a route table of its own: S3.39, S3.40. No measured row turns on it (S12): these
//! tests carry it.

use crate::common::{ask, check, rows};

/// What comes in by a gateway with a table of its own goes through a firewall, and back the same way.
const EDGE: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    vgw vgw-1
    table rtb-edge gateway=igw-1: 10.20.1.0/24 eni-fw
    table rtb-vpn gateway=vgw-1: 10.20.1.0/24 eni-fw
    table rtb-app: 0.0.0.0/0 eni-fw
    table rtb-fw: 0.0.0.0/0 igw-1 | 192.168.0.0/16 vgw-1
    subnet app 10.20.1.0/24 table=rtb-app acl=acl-app
    subnet fw 10.20.3.0/24 table=rtb-fw acl=acl-fw
    acl acl-app in: 100 allow all 0.0.0.0/0
    acl acl-app out: 100 allow all 0.0.0.0/0
    acl acl-fw in: 100 allow all 0.0.0.0/0
    acl acl-fw out: 100 allow all 0.0.0.0/0
    sg sg-app in: tcp 443 0.0.0.0/0
    sg sg-app out: tcp 443 0.0.0.0/0
    eni A app 10.20.1.10 public=198.51.100.20 groups=sg-app
    eni eni-fw fw 10.20.3.99 public=198.51.100.99 groups=sg-fw forwards
    sg sg-fw in: all 0.0.0.0/0
    sg sg-fw out: all 0.0.0.0/0
";

const FROM_INTERNET: &str = "203.0.113.9 -> @A:tcp/443";

#[test]
fn s3_39_through_an_appliance_by_an_edge_table_and_back() {
    let network = testkit::network(&[EDGE]);
    let gates = [
        "request igw-in",
        "request nacl-in acl-fw",
        "request sg-in eni-fw",
        "request appliance eni-fw",
        "request sg-out eni-fw",
        "request nacl-out acl-fw",
        "request route rtb-fw",
        "request nacl-in acl-app",
        "request sg-in A",
        "reply sg-out A",
        "reply nacl-out acl-app",
        "reply route rtb-app",
        "reply nacl-in acl-fw",
        "reply sg-in eni-fw",
        "reply appliance eni-fw",
        "reply sg-out eni-fw",
        "reply nacl-out acl-fw",
        "reply route rtb-fw",
        "reply igw-out",
    ];
    check(&network, FROM_INTERNET, "allowed");
    assert_eq!(ask(&network, FROM_INTERNET).gates(), gates);
    // What A starts goes the same way, and its answer comes in by the edge table (S3.39).
    check(&network, "A -> 203.0.113.9:tcp/443", "allowed");
    check(&network, "192.168.5.5 -> A:tcp/443", "allowed");
    check(&network, "A -> 192.168.5.5:tcp/443", "allowed");
    for (broken, blocker) in [
        ("acl-fw in: 90 deny tcp 443 203.0.113.0/24", "request nacl-in acl-fw 90"),
        ("acl-fw out: 90 deny tcp 443 10.20.1.10/32", "request nacl-out acl-fw 90"),
        ("acl-app in: 90 deny tcp 443 203.0.113.0/24", "request nacl-in acl-app 90"),
        ("acl-app out: 90 deny tcp 1024-65535 203.0.113.0/24", "reply nacl-out acl-app 90"),
        ("acl-fw in: 90 deny tcp 1024-65535 10.20.1.10/32", "reply nacl-in acl-fw 90"),
        ("acl-fw out: 90 deny tcp 1024-65535 203.0.113.0/24", "reply nacl-out acl-fw 90"),
    ] {
        rows(&[EDGE, &format!("acl {broken}")], &[(FROM_INTERNET, &format!("blocked: {blocker}"))]);
    }
}

/// S3.40: without the edge table the firewall sees one direction only.
#[test]
fn s3_40_without_the_edge_table_the_appliance_sees_half() {
    let half = EDGE
        .replace("table rtb-edge gateway=igw-1", "table rtb-edge")
        .replace("table rtb-vpn gateway=vgw-1", "table rtb-vpn");
    let asymmetric = "blocked: reply appliance eni-fw asymmetric";
    rows(
        &[&half],
        &[
            (FROM_INTERNET, asymmetric),
            ("A -> 203.0.113.9:tcp/443", asymmetric),
            ("192.168.5.5 -> A:tcp/443", asymmetric),
            ("A -> 192.168.5.5:tcp/443", asymmetric),
        ],
    );
    // And the other half: what comes in passes it, what leaves does not.
    let half = EDGE.replace("0.0.0.0/0 eni-fw", "0.0.0.0/0 igw-1 | 192.168.0.0/16 vgw-1");
    rows(
        &[&half],
        &[
            (FROM_INTERNET, asymmetric),
            ("A -> 203.0.113.9:tcp/443", asymmetric),
            ("192.168.5.5 -> A:tcp/443", asymmetric),
        ],
    );
}

/// S3.40: what comes through an internet gateway gets to an appliance with a public address only.
#[test]
fn s3_40_for_the_internet_the_appliance_needs_a_public_address() {
    let private = EDGE.replace(" public=198.51.100.99", "");
    let network = testkit::network(&[&private]);
    for question in [FROM_INTERNET, "A -> 203.0.113.9:tcp/443"] {
        assert_eq!(ask(&network, question).verdict(), engine::Verdict::Blocked, "{question}");
    }
    check(&network, FROM_INTERNET, "blocked: request appliance eni-fw no public address");
    // Not so what comes through a virtual private gateway.
    check(&network, "192.168.5.5 -> A:tcp/443", "allowed");
}

/// S3.39: the whole VPC, and what the edge table does not name.
#[test]
fn s3_39_an_edge_table_for_the_whole_vpc() {
    let whole = EDGE.replace("gateway=igw-1: 10.20.1.0/24", "gateway=igw-1 nolocal: 10.20.0.0/16");
    rows(&[&whole], &[(FROM_INTERNET, "allowed")]);
    // The firewall itself is addressed, and not routed through.
    rows(&[&whole], &[("203.0.113.9 -> 198.51.100.99:tcp/22", "allowed")]);
    rows(&[EDGE], &[("203.0.113.9 -> 198.51.100.99:tcp/22", "allowed")]);
}
