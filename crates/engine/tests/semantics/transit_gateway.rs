//! What a flow over a transit gateway crosses: S3.32, S3.33, S1.18, S1.19, S1.34, T67, T68. No measured row turns on
//! S3.33, references or IPv6 (S12): these tests carry them.

use crate::common::{ask, check, rows, tracking};

/// A in vpc-1 and B in vpc-2, both attached by a subnet of their own.
pub(crate) const HUB: &str = "
    tgw tgw-1 sgref
    attachment a1 tgw-1 vpc-1 subnets=att
    attachment a2 tgw-1 vpc-2 subnets=att2
    vpc vpc-1 10.20.0.0/16
    table rtb-app: 10.30.0.0/16 tgw-1 | 192.168.0.0/16 tgw-1
    table rtb-att
    subnet app 10.20.1.0/24 az=z1 table=rtb-app acl=acl-app
    subnet att 10.20.9.0/28 az=z1 table=rtb-att acl=acl-att
    sg sg-a in: all 0.0.0.0/0
    sg sg-a out: all 0.0.0.0/0
    eni A app 10.20.1.10 groups=sg-a
    vpc vpc-2 10.30.0.0/16
    table rtb-b: 10.20.0.0/16 tgw-1
    table rtb-att2
    subnet b 10.30.1.0/24 az=z1 table=rtb-b acl=acl-b
    subnet att2 10.30.9.0/28 az=z1 table=rtb-att2 acl=acl-att2
    sg sg-b out: all 0.0.0.0/0
    eni B b 10.30.1.10 groups=sg-b
";

pub(crate) const ROUTES: &str = "tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1,a2";

pub(crate) const SG_B: &str = "sg sg-b in: all 10.0.0.0/8 | all 192.168.0.0/16";

pub(crate) const Q: &str = "A -> B:tcp/443";

/// All four lists open.
pub(crate) fn open() -> String {
    let list = |acl: &str| {
        format!("acl {acl} in: 100 allow all 0.0.0.0/0\n acl {acl} out: 100 allow all 0.0.0.0/0\n")
    };
    ["acl-app", "acl-att", "acl-b", "acl-att2"].map(list).concat()
}

#[test]
fn s3_31_the_gates_of_a_flow_over_a_transit_gateway() {
    let network = testkit::network(&[HUB, ROUTES, SG_B, &open()]);
    check(&network, Q, "allowed");
    check(&network, "A -> B:udp/53", "allowed");
    check(&network, "A -> B:icmp/8/0", "allowed");
    let gates = [
        "request sg-out A",
        "request nacl-out acl-app",
        "request route rtb-app",
        "request nacl-in acl-att",
        "request attachment a1",
        "request tgw-route hub",
        "request attachment a2",
        "request nacl-out acl-att2",
        "request route rtb-att2",
        "request nacl-in acl-b",
        "request sg-in B",
        "reply sg-out B",
        "reply nacl-out acl-b",
        "reply route rtb-b",
        "reply nacl-in acl-att2",
        "reply attachment a2",
        "reply tgw-route hub",
        "reply attachment a1",
        "reply nacl-out acl-att",
        "reply route rtb-att",
        "reply nacl-in acl-app",
        "reply sg-in A",
    ];
    assert_eq!(ask(&network, Q).gates(), gates);
}

/// S3.32, both VPCs and both directions: the instance's subnet by its own direction, the attachment's inbound by
/// source on the way to the gateway and its outbound by destination on the way from it.
#[test]
fn s3_32_every_list_that_is_crossed() {
    for protocol in ["tcp", "udp"] {
        for (list, entry, blocker) in [
            ("acl-app out", "443 10.30.1.10/32", "request nacl-out acl-app 90"),
            ("acl-att in", "443 10.20.1.10/32", "request nacl-in acl-att 90"),
            ("acl-att2 out", "443 10.30.1.10/32", "request nacl-out acl-att2 90"),
            ("acl-b in", "443 10.20.1.10/32", "request nacl-in acl-b 90"),
            ("acl-b out", "32768-60999 10.20.1.10/32", "reply nacl-out acl-b 90"),
            ("acl-att2 in", "32768-60999 10.30.1.10/32", "reply nacl-in acl-att2 90"),
            ("acl-att out", "32768-60999 10.20.1.10/32", "reply nacl-out acl-att 90"),
            ("acl-app in", "32768-60999 10.30.1.10/32", "reply nacl-in acl-app 90"),
        ] {
            let broken = format!("acl {list}: 90 deny {protocol} {entry}");
            rows(
                &[HUB, ROUTES, SG_B, &open(), &broken],
                &[(&format!("A -> B:{protocol}/443"), &format!("blocked: {blocker}"))],
            );
        }
    }
}

/// S3.32: on the way to the gateway the attachment subnet's outbound rules are not used, on the way from it its inbound
/// rules are not.
#[test]
fn s3_32_the_lists_that_are_not_crossed() {
    for unused in [
        "acl acl-att out: 90 deny tcp 443 0.0.0.0/0",
        "acl acl-att in: 90 deny tcp 1024-65535 10.30.0.0/16",
        "acl acl-att2 in: 90 deny tcp 443 0.0.0.0/0",
        "acl acl-att2 out: 90 deny tcp 1024-65535 10.20.0.0/16",
        // Nobody sees an address of the attachments' own.
        "acl acl-app out: 90 deny all 10.20.9.0/28",
        "acl acl-b in: 90 deny all 10.30.9.0/28",
        "acl acl-att in: 90 deny all 10.30.0.0/16",
        "acl acl-att2 out: 90 deny all 10.20.0.0/16",
    ] {
        rows(&[HUB, ROUTES, SG_B, &open(), unused], &[(Q, "allowed")]);
    }
}

/// Partial client ports on the way back through an attachment's list.
#[test]
fn s3_32_an_attachments_list_may_open_a_part_of_the_ports() {
    let part = open().replace(
        "acl acl-att out: 100 allow all 0.0.0.0/0",
        "acl acl-att out: 100 allow tcp 49152-65535 10.20.0.0/16",
    );
    rows(&[HUB, ROUTES, SG_B, &part], &[(Q, "partial 11848/28232: reply nacl-out acl-att *")]);
}

#[test]
fn t67_the_attachment_subnets_list_judges_what_leaves() {
    let stars = open().replace("acl acl-att in: 100 allow all 0.0.0.0/0", "acl acl-att in:");
    rows(&[HUB, ROUTES, SG_B, &stars], &[(Q, "blocked: request nacl-in acl-att *")]);
}

/// S3.33, T68: attached by the instance's own subnet, what leaves is judged both out by destination and in by source,
/// what comes is judged by neither.
#[test]
fn s3_33_attached_by_the_instances_own_subnet() {
    let hub = HUB.replace("vpc-1 subnets=att", "vpc-1 subnets=app");
    let others = open();
    let others: Vec<&str> = others.lines().filter(|line| !line.contains("acl-app")).collect();
    let others = others.join("\n");
    let with = |inbound: &str, outbound: &str, expected: &[(&str, &str)]| {
        let lists = format!("acl acl-app in: {inbound}\n acl acl-app out: {outbound}");
        rows(&[&hub, ROUTES, SG_B, "sg sg-b out: all 0.0.0.0/0", &others, &lists], expected);
    };
    let all = "100 allow all 0.0.0.0/0";
    // T68: the answer's ports are open nowhere.
    with("100 allow tcp 443 0.0.0.0/0", "100 allow tcp 443 0.0.0.0/0", &[(Q, "allowed")]);
    with("100 allow tcp 443 10.20.1.0/24", "100 allow tcp 443 10.30.0.0/16", &[(Q, "allowed")]);
    with("100 allow tcp 443 10.30.0.0/16", all, &[(Q, "blocked: request nacl-in acl-app *")]);
    with("100 allow tcp 1024-65535 0.0.0.0/0", all, &[(Q, "blocked: request nacl-in acl-app *")]);
    with(all, "100 allow tcp 443 10.20.0.0/16", &[(Q, "blocked: request nacl-out acl-app *")]);
    // What B asks comes in past no rule; A's answer passes both.
    let back = "B -> A:tcp/22";
    with(
        "100 allow tcp 1024-65535 10.20.1.10/32",
        "100 allow tcp 1024-65535 10.30.1.10/32",
        &[(back, "allowed")],
    );
    with("100 allow tcp 22 0.0.0.0/0", all, &[(back, "blocked: reply nacl-in acl-app *")]);
    with(all, "100 allow tcp 22 0.0.0.0/0", &[(back, "blocked: reply nacl-out acl-app *")]);
}

/// S1.18, S1.19: inbound references match if the gateway and both attachments carry them, outbound ones never.
#[test]
fn s1_19_references_over_a_transit_gateway() {
    let reference = "sg sg-b in: tcp 443 sg-a";
    let none = "blocked: request sg-in B none";
    for (from, to, expected) in [
        ("", "", "allowed"),
        ("tgw-1 sgref", "tgw-1", none),
        ("vpc-1 subnets=att", "vpc-1 subnets=att nosgref", none),
        ("vpc-2 subnets=att2", "vpc-2 subnets=att2 nosgref", none),
    ] {
        let hub = if from.is_empty() { HUB.to_owned() } else { HUB.replace(from, to) };
        rows(&[&hub, ROUTES, reference, &open()], &[(Q, expected)]);
    }
    rows(&[HUB, ROUTES, reference, &open()], &[("A -> B:tcp/80", none)]);
    let outbound = HUB.replace("sg sg-a out: all 0.0.0.0/0", "sg sg-a out: tcp 443 sg-b");
    rows(&[&outbound, ROUTES, SG_B, &open()], &[(Q, "blocked: request sg-out A none")]);
    // A public address of a member is no member's (S1.15), nor is another group's member.
    let other = HUB.replace(
        "eni A app 10.20.1.10 groups=sg-a",
        "eni A app 10.20.1.10 groups=sg-x\n sg sg-x out: all 0.0.0.0/0",
    );
    rows(&[&other, ROUTES, reference, &open()], &[(Q, none)]);
}

/// S1.34, T42.
#[test]
fn s1_34_what_passes_a_transit_gateway_is_tracked() {
    let wide = "sg sg-b in: all 0.0.0.0/0";
    let network = testkit::network(&[HUB, ROUTES, wide, &open()]);
    assert_eq!(tracking(&network, Q, "B"), "tracked");
    assert_eq!(tracking(&network, Q, "A"), "tracked");
}

/// IPv6 goes over attachments that carry it.
#[test]
fn s3_31_ipv6_over_attachments_that_carry_it() {
    let v6 = |ipv6: &str| {
        format!(
            "
            tgw tgw-1 sgref
            attachment a1 tgw-1 vpc-1 subnets=app ipv6
            attachment a2 tgw-1 vpc-2 subnets=b {ipv6}
            tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1,a2
            vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
            table rtb-1 main: 10.30.0.0/16 tgw-1 | 2001:db8:30::/56 tgw-1
            subnet app 10.20.1.0/24 2001:db8:20:1::/64 az=z1
            sg sg-a out: all 0.0.0.0/0 | all ::/0
            eni A app 10.20.1.10 2001:db8:20:1::10 groups=sg-a
            vpc vpc-2 10.30.0.0/16 2001:db8:30::/56
            table rtb-2 main: 10.20.0.0/16 tgw-1 | 2001:db8:20::/56 tgw-1
            subnet b 10.30.1.0/24 2001:db8:30:1::/64 az=z1
            sg sg-b in: tcp 443 sg-a | tcp 80 10.20.0.0/16
            eni B b 10.30.1.10 2001:db8:30:1::10 groups=sg-b
            "
        )
    };
    // References match IPv6 addresses too (S1.15); blocks of the other family never do (S1.12).
    rows(
        &[&v6("ipv6")],
        &[
            ("A -> B.6:tcp/443", "allowed"),
            ("A -> B.6:tcp/80", "blocked: request sg-in B none"),
            ("A -> B:tcp/80", "allowed"),
        ],
    );
    rows(
        &[&v6("")],
        &[("A -> B.6:tcp/443", "blocked: request tgw-route hub no route"), ("A -> B:tcp/443", "allowed")],
    );
}
