//! Transit gateways: S3.31 to S3.34, S1.18 to S1.20, S1.34, S12.12 to S12.14, T67 to T69. No measured row turns on
//! S3.33, the zone that a gateway picks, references or blackholes (S12): these tests carry them.

use crate::common::{ask, check, rows, share, tracking};

/// A in vpc-1 and B in vpc-2, both attached by a subnet of their own.
const HUB: &str = "
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
const ROUTES: &str = "tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1,a2";
const SG_B: &str = "sg sg-b in: all 10.0.0.0/8 | all 192.168.0.0/16";
const Q: &str = "A -> B:tcp/443";

/// All four lists open.
fn open() -> String {
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

/// S3.31: the table that counts is the one associated with the attachment that the packet comes from.
#[test]
fn s3_31_the_sources_association_picks_the_table() {
    let tables = |one: &str, other: &str| {
        format!(
            "tgwtable one tgw-1 static assoc=a1 propagate={one}\n tgwtable two tgw-1 static assoc=a2 propagate={other}"
        )
    };
    for (one, other, expected) in [
        ("a2", "a1", "allowed"),
        ("a1", "a1", "blocked: request tgw-route one no route"),
        ("a2", "a2", "blocked: reply tgw-route two no route"),
    ] {
        rows(&[HUB, SG_B, &open(), &tables(one, other)], &[(Q, expected)]);
    }
    // Associated with none that the export has, nobody knows.
    let unknown = "tgwtable two tgw-1 static assoc=a2 propagate=a1";
    let network = testkit::network(&[HUB, SG_B, &open(), unknown]);
    assert_eq!(ask(&network, Q).verdict(), engine::Verdict::Undecided);
}

const THIRD: &str = "
    attachment a3 tgw-1 vpc-3 subnets=att3
    vpc vpc-3 10.40.0.0/16
    table rtb-att3
    subnet att3 10.40.9.0/28 az=z1 table=rtb-att3
";

#[test]
fn s3_31_the_longest_prefix_then_static_over_propagated() {
    let elsewhere = "blocked: request route rtb-att3 no route";
    for (routes, expected) in [
        ("10.30.0.0/16 a3 | 10.30.1.0/24 a2", "allowed"),
        ("10.30.0.0/16 a2 | 10.30.1.0/24 a3", elsewhere),
        // The same prefix: static wins, in whatever order.
        ("10.30.0.0/16 a3", elsewhere),
        // A longer propagated prefix beats a static one.
        ("10.0.0.0/8 a3", "allowed"),
    ] {
        let table = format!("tgwtable hub tgw-1 static assoc=a1,a2,a3 propagate=a1,a2: {routes}");
        rows(&[HUB, SG_B, &open(), THIRD, &table], &[(Q, expected)]);
    }
    for (routes, expected) in [
        ("10.30.0.0/16 a2 propagated | 10.30.0.0/16 a3", elsewhere),
        ("10.30.0.0/16 a3 propagated | 10.30.0.0/16 a2", "allowed"),
        ("10.30.1.0/24 a3 propagated | 10.30.0.0/16 a2", elsewhere),
    ] {
        let table = format!("tgwtable hub tgw-1 all assoc=a1,a2,a3: 10.20.0.0/16 a1 propagated | {routes}");
        rows(&[HUB, SG_B, &open(), THIRD, &table], &[(Q, expected)]);
    }
}

#[test]
fn s3_31_a_blackhole_of_the_gateway_drops() {
    for (routes, expected) in [
        ("10.30.1.0/24 blackhole", "blocked: request tgw-route hub blackhole"),
        ("10.30.0.0/16 blackhole", "blocked: request tgw-route hub blackhole"),
        // Not where a longer prefix is propagated.
        ("10.0.0.0/8 blackhole", "allowed"),
        ("10.20.1.0/24 blackhole", "blocked: reply tgw-route hub blackhole"),
    ] {
        let table = format!("tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1,a2: {routes}");
        rows(&[HUB, SG_B, &open(), &table], &[(Q, expected)]);
    }
}

#[test]
fn s3_09_a_blackhole_of_the_vpcs_table_does_not_reach_the_gateway() {
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "10.0.0.0/8 tgw-1 | 10.30.0.0/16 tgw-1 blackhole");
    rows(&[&hub, ROUTES, SG_B, &open()], &[(Q, "blocked: request route rtb-app blackhole")]);
}

#[test]
fn s3_31_a_prefix_list_reference_leads_as_its_blocks_do() {
    let list = "pl pl-b: 10.30.1.0/24";
    let table = "tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1: pl-b a2";
    rows(&[HUB, SG_B, &open(), list, table], &[(Q, "allowed")]);
    let table = "tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1,a2: pl-b blackhole";
    rows(&[HUB, SG_B, &open(), list, table], &[(Q, "blocked: request tgw-route hub blackhole")]);
    // In the VPC's table too.
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "pl-b tgw-1");
    rows(&[&hub, ROUTES, SG_B, &open(), list], &[(Q, "allowed")]);
}

#[test]
fn s3_31_a_vpc_needs_an_attachment() {
    let hub = HUB.replace("attachment a1 tgw-1 vpc-1 subnets=att", "");
    rows(&[&hub, ROUTES, SG_B, &open()], &[(Q, "blocked: request unmodelled tgw-1 not attached")]);
    let hub = HUB.replace("attachment a2 tgw-1 vpc-2 subnets=att2", "");
    let table = "tgwtable hub tgw-1 static assoc=a1 propagate=a1";
    rows(&[&hub, table, SG_B, &open()], &[(Q, "blocked: request tgw-route hub no route")]);
}

/// The target attachment's VPC goes on by the route table of the attachment's subnet.
#[test]
fn s3_31_the_attachment_subnets_table_leads_on() {
    let blackhole = "table rtb-att2: 10.30.1.0/24 eni-gone blackhole";
    rows(
        &[HUB, ROUTES, SG_B, &open(), blackhole],
        &[
            (Q, "blocked: request route rtb-att2 blackhole"),
            ("B -> A:tcp/443", "blocked: reply route rtb-att2 blackhole"),
        ],
    );
}

#[test]
fn t69_a_zone_without_an_attachment_subnet_cannot_send() {
    let other = "
        attachment a3 tgw-1 vpc-3 subnets=att3
        vpc vpc-3 10.40.0.0/16
        table rtb-3 main: 10.20.0.0/16 tgw-1 | 10.30.0.0/16 tgw-1
        subnet att3 10.40.9.0/28 az=z1
        subnet c 10.40.1.0/24 az=z2
        sg sg-c in: all 10.0.0.0/8
        sg sg-c out: all 10.0.0.0/8
        eni C c 10.40.1.10 groups=sg-c
    ";
    let routes = "tgwtable hub tgw-1 static assoc=a1,a2,a3 propagate=a1,a2,a3";
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "10.30.0.0/16 tgw-1 | 10.40.0.0/16 tgw-1");
    rows(
        &[&hub, routes, SG_B, &open(), other],
        &[
            ("C -> B:tcp/443", "blocked: request attachment a3 no attachment in zone"),
            // S12.14: it can be delivered to; what needs no answer gets there.
            ("A -> C:tcp/443", "blocked: reply attachment a3 no attachment in zone"),
            ("A -> C:icmp/3/4", "allowed"),
        ],
    );
}

/// B's VPC attached in two zones; z2's attachment subnet lets nothing out.
const TWO_ZONES: &str = "
    tgw tgw-1
    attachment a1 tgw-1 vpc-1 subnets=att,att-2,att-3
    attachment a2 tgw-1 vpc-2 subnets=bt,bt-2
    tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1,a2
    vpc vpc-1 10.20.0.0/16
    table rtb-1 main: 10.30.0.0/16 tgw-1
    subnet app 10.20.1.0/24 az=z1
    subnet app-2 10.20.2.0/24 az=z2
    subnet app-3 10.20.3.0/24 az=z3
    subnet att 10.20.9.0/28 az=z1
    subnet att-2 10.20.9.16/28 az=z2
    subnet att-3 10.20.9.32/28 az=z3
    sg sg-a in: all 0.0.0.0/0
    sg sg-a out: all 0.0.0.0/0
    eni A app 10.20.1.10 groups=sg-a
    eni A2 app-2 10.20.2.10 groups=sg-a
    eni A3 app-3 10.20.3.10 groups=sg-a
    vpc vpc-2 10.30.0.0/16
    table rtb-2 main: 10.20.0.0/16 tgw-1
    subnet b 10.30.1.0/24 az=z1
    subnet bt 10.30.9.0/28 az=z1
    subnet bt-2 10.30.9.16/28 az=z2 acl=acl-bt-2
    acl acl-bt-2 in: 100 allow all 0.0.0.0/0
    acl acl-bt-2 out:
    eni B b 10.30.1.10 groups=sg-a
";

#[test]
fn s12_14_a_packet_leaves_in_the_senders_zone_if_it_has_a_subnet_there() {
    let network = testkit::network(&[TWO_ZONES]);
    check(&network, "A -> B:tcp/443", "allowed");
    check(&network, "A2 -> B:tcp/443", "blocked: request nacl-out acl-bt-2 *");
}

/// Else by any: half of them by the subnet that lets nothing out.
#[test]
fn s12_14_else_by_any() {
    let network = testkit::network(&[TWO_ZONES]);
    assert_eq!(share(&network, "A3 -> B:tcp/443"), "50.00 %");
    let mut answer = ask(&network, "A3 -> B:tcp/443");
    assert_eq!(answer.blockers(false), ["request nacl-out acl-bt-2 *"]);
    // All subnets agree.
    let open = TWO_ZONES.replace("acl acl-bt-2 out:", "acl acl-bt-2 out: 100 allow all 0.0.0.0/0");
    rows(&[&open], &[("A3 -> B:tcp/443", "allowed")]);
}

/// Behind a peering of gateways the zone is unknown, and references do not match (S1.19).
const PEERED: &str = "
    tgw tgw-1 sgref
    tgw tgw-2 sgref
    attachment a1 tgw-1 vpc-1 subnets=att
    attachment p tgw-1 peering tgw-2
    attachment a2 tgw-2 vpc-2 subnets=bt,bt-2
    tgwtable near tgw-1 static assoc=a1,p propagate=a1: 10.30.0.0/16 p
    tgwtable far tgw-2 static assoc=a2,p propagate=a2: 10.20.0.0/16 p
    vpc vpc-1 10.20.0.0/16
    table rtb-1 main: 10.30.0.0/16 tgw-1
    subnet app 10.20.1.0/24 az=z1
    subnet att 10.20.9.0/28 az=z1
    sg sg-a in: all 0.0.0.0/0
    sg sg-a out: all 0.0.0.0/0
    eni A app 10.20.1.10 groups=sg-a
    vpc vpc-2 10.30.0.0/16
    table rtb-2 main: 10.20.0.0/16 tgw-2
    subnet b 10.30.1.0/24 az=z1
    subnet bt 10.30.9.0/28 az=z1
    subnet bt-2 10.30.9.16/28 az=z2 acl=acl-bt-2
    acl acl-bt-2 in: 100 allow all 0.0.0.0/0
    acl acl-bt-2 out:
    sg sg-b in: tcp 443 10.20.0.0/16 | tcp 22 sg-a
    eni B b 10.30.1.10 groups=sg-b
";

#[test]
fn s12_14_behind_a_peering_of_gateways_the_zone_is_unknown() {
    let network = testkit::network(&[PEERED]);
    assert_eq!(share(&network, "A -> B:tcp/443"), "50.00 %");
    let open = PEERED.replace("acl acl-bt-2 out:", "acl acl-bt-2 out: 100 allow all 0.0.0.0/0");
    rows(&[&open], &[("A -> B:tcp/443", "allowed"), ("A -> B:tcp/22", "blocked: request sg-in B none")]);
    // The far gateway's table is the one associated with the peering.
    let lost = open.replace("assoc=a2,p propagate=a2:", "assoc=a2,p:");
    rows(
        &[&lost.replace("10.20.0.0/16 p", "10.20.0.0/16 p | 10.30.0.0/16 blackhole")],
        &[("A -> B:tcp/443", "blocked: request tgw-route far blackhole")],
    );
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

const VPN: &str = "attachment v tgw-1 vpn vpn-1";

/// S12.13: what a VPN attachment has learned nobody shows; known routes and those of VPCs decide all the same.
#[test]
fn s12_13_learned_routes_are_undecided_only_where_nothing_else_matches() {
    let datacentre = "A -> 192.168.5.5:tcp/443";
    for (kind, what) in [("vpn", "vpn-1"), ("dx", "dxgw-1"), ("connect", "cn-1")] {
        let attachment = format!("attachment v tgw-1 {kind} {what}");
        let learned = "tgwtable hub tgw-1 static assoc=a1,a2,v propagate=a1,a2,v";
        rows(
            &[HUB, SG_B, &open(), &attachment, learned],
            &[(datacentre, "undecided: request tgw-route hub unknown"), (Q, "allowed")],
        );
    }
    let table = |words: &str| format!("tgwtable hub tgw-1 {words}");
    for (words, expected) in [
        // Not enabled: no route.
        ("static assoc=a1,a2,v propagate=a1,a2", "blocked: request tgw-route hub no route"),
        // All routes are known: no route.
        ("all assoc=a1,a2,v: 10.20.0.0/16 a1 propagated", "blocked: request tgw-route hub no route"),
        ("static assoc=a1,a2,v propagate=a1,a2,v: 192.168.0.0/16 v", "allowed"),
        (
            "static assoc=a1,a2,v propagate=a1,a2,v: 192.168.5.0/24 blackhole",
            "blocked: request tgw-route hub blackhole",
        ),
        ("all assoc=a1,a2,v: 10.20.0.0/16 a1 propagated | 192.168.0.0/16 v propagated", "allowed"),
    ] {
        rows(&[HUB, SG_B, &open(), VPN, &table(words)], &[(datacentre, expected)]);
    }
}

/// S3.38: the far side of a VPN attachment is a zone beyond the export, and asks as it is asked.
#[test]
fn s3_38_a_vpn_attachment_both_ways() {
    let table = "tgwtable hub tgw-1 static assoc=a1,a2,v propagate=a1,a2,v: 192.168.0.0/16 v";
    let pieces = [HUB, SG_B, &open(), VPN, table];
    let network = testkit::network(&pieces);
    let there = [
        "request attachment v",
        "request tgw-route hub",
        "request attachment a1",
        "request nacl-out acl-att",
        "request route rtb-att",
        "request nacl-in acl-app",
        "request sg-in A",
    ];
    let inward = "192.168.5.5 -> A:tcp/443";
    check(&network, inward, "allowed");
    assert_eq!(ask(&network, inward).gates()[..7], there);
    for (broken, inside, outside) in [
        ("acl-att out: 90 deny tcp 443 10.20.1.0/24", "blocked: request nacl-out acl-att 90", "allowed"),
        ("acl-app in: 90 deny tcp 443 192.168.0.0/16", "blocked: request nacl-in acl-app 90", "allowed"),
        ("acl-app out: 90 deny tcp 443 192.168.0.0/16", "allowed", "blocked: request nacl-out acl-app 90"),
        ("acl-att in: 90 deny tcp 443 10.20.1.0/24", "allowed", "blocked: request nacl-in acl-att 90"),
        ("acl-att in: 90 deny tcp 1024-65535 10.20.1.0/24", "blocked: reply nacl-in acl-att 90", "allowed"),
        ("acl-att out: 90 deny tcp 1024-65535 10.20.1.0/24", "allowed", "blocked: reply nacl-out acl-att 90"),
    ] {
        let broken = format!("acl {broken}");
        let mut pieces = pieces.to_vec();
        pieces.push(&broken);
        rows(&pieces, &[(inward, inside), ("A -> 192.168.5.5:tcp/443", outside)]);
    }
    // The VPN's own association picks the table by which it comes in.
    let tables = "
        tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1,a2: 192.168.0.0/16 v
        tgwtable outside tgw-1 static assoc=v:
    ";
    let tables = tables.replace("assoc=v:", "assoc=v propagate=a2");
    rows(&[HUB, SG_B, &open(), VPN, &tables], &[(inward, "blocked: request tgw-route outside no route")]);
}

/// S12.12: behind a gateway that the export lacks nobody knows, unless the destination refuses everyone.
#[test]
fn s12_12_an_unknown_gateway_is_undecided_unless_the_destination_refuses_everyone() {
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "10.30.0.0/16 tgw-9");
    rows(
        &[&hub, ROUTES, "sg sg-b in: tcp 443 10.20.0.0/16", &open()],
        &[
            (Q, "undecided: request unmodelled tgw-9 unknown"),
            ("A -> B:tcp/22", "blocked: request unmodelled tgw-9 unknown, request sg-in B none"),
            ("A -> B:udp/443", "blocked: request unmodelled tgw-9 unknown, request sg-in B none"),
        ],
    );
}

/// S12.12: nor does a NAT gateway take anything, whoever asks.
#[test]
fn s12_12_a_nat_gateway_refuses_everyone_behind_an_unknown_gateway() {
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "10.30.0.0/16 tgw-9");
    let network = testkit::network(&[&hub, ROUTES, SG_B, &open(), "nat nat-1 b 10.30.1.30"]);
    assert_eq!(ask(&network, "A -> 10.30.1.30:tcp/443").verdict(), engine::Verdict::Blocked);
}

/// S12.9, S12.12: an address of a VPC of the export that no interface holds answers nobody.
#[test]
fn s12_12_what_nobody_holds_answers_nobody() {
    rows(&[HUB, ROUTES, SG_B, &open()], &[("A -> 10.30.1.99:tcp/443", "blocked: request host not held")]);
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "10.30.0.0/16 tgw-9");
    let network = testkit::network(&[&hub, ROUTES, SG_B, &open()]);
    assert_eq!(ask(&network, "A -> 10.30.1.99:tcp/443").verdict(), engine::Verdict::Blocked);
}
