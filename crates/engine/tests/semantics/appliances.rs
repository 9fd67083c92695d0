//! Instances that routes lead to: S1.21, S3.7, S3.11, S3.13, S3.28, S3.40, S3.41, T46, T70, T74.

use crate::common::{ask, check, rows};

/// A and D in subnets of their own, and a firewall between them in a third, by routes both ways.
const FIREWALL: &str = "
    vpc vpc-1 10.20.0.0/16
    table rtb-app: 10.20.2.0/24 eni-fw
    table rtb-db: 10.20.1.0/24 eni-fw
    table rtb-fw
    subnet app 10.20.1.0/24 table=rtb-app acl=acl-app
    subnet db 10.20.2.0/24 table=rtb-db acl=acl-db
    subnet fw 10.20.3.0/24 table=rtb-fw acl=acl-fw
    acl acl-app in: 100 allow all 0.0.0.0/0
    acl acl-app out: 100 allow all 0.0.0.0/0
    acl acl-db in: 100 allow all 0.0.0.0/0
    acl acl-db out: 100 allow all 0.0.0.0/0
    acl acl-fw in: 100 allow all 0.0.0.0/0
    acl acl-fw out: 100 allow all 0.0.0.0/0
    sg sg-app out: all 0.0.0.0/0
    sg sg-db in: tcp 3306 10.20.1.0/24 | tcp 22 sg-app | udp 53 10.20.1.10/32
    eni A app 10.20.1.10 groups=sg-app
    eni D db 10.20.2.10 groups=sg-db
";
const FW: &str = "eni eni-fw fw 10.20.3.99 groups=sg-fw forwards";
const SG_FW: &str = "
    sg sg-fw in: all 10.20.0.0/16
    sg sg-fw out: all 10.20.0.0/16
";
const Q: &str = "A -> D:tcp/3306";

#[test]
fn s3_41_a_hop_through_an_appliance_is_a_full_crossing() {
    let network = testkit::network(&[FIREWALL, FW, SG_FW]);
    check(&network, Q, "allowed");
    check(&network, "A -> D:udp/53", "allowed");
    let gates = [
        "request sg-out A",
        "request nacl-out acl-app",
        "request route rtb-app",
        "request nacl-in acl-fw",
        "request sg-in eni-fw",
        "request appliance eni-fw",
        "request sg-out eni-fw",
        "request nacl-out acl-fw",
        "request route rtb-fw",
        "request nacl-in acl-db",
        "request sg-in D",
        "reply sg-out D",
        "reply nacl-out acl-db",
        "reply route rtb-db",
        "reply nacl-in acl-fw",
        "reply sg-in eni-fw",
        "reply appliance eni-fw",
        "reply sg-out eni-fw",
        "reply nacl-out acl-fw",
        "reply route rtb-fw",
        "reply nacl-in acl-app",
        "reply sg-in A",
    ];
    assert_eq!(ask(&network, Q).gates(), gates);
}

/// It keeps both addresses and the client's ports: every gate sees A and D.
#[test]
fn s3_41_each_of_its_gates_decides() {
    for (broken, blocker) in [
        ("acl acl-app out: 90 deny tcp 3306 10.20.2.10/32", "request nacl-out acl-app 90"),
        ("acl acl-fw in: 90 deny tcp 3306 10.20.1.10/32", "request nacl-in acl-fw 90"),
        ("acl acl-fw out: 90 deny tcp 3306 10.20.2.10/32", "request nacl-out acl-fw 90"),
        ("acl acl-db in: 90 deny tcp 3306 10.20.1.10/32", "request nacl-in acl-db 90"),
        ("acl acl-db out: 90 deny tcp 32768-60999 10.20.1.10/32", "reply nacl-out acl-db 90"),
        ("acl acl-fw in: 90 deny tcp 32768-60999 10.20.2.10/32", "reply nacl-in acl-fw 90"),
        ("acl acl-fw out: 90 deny tcp 32768-60999 10.20.1.10/32", "reply nacl-out acl-fw 90"),
        ("acl acl-app in: 90 deny tcp 32768-60999 10.20.2.10/32", "reply nacl-in acl-app 90"),
    ] {
        rows(&[FIREWALL, FW, SG_FW, broken], &[(Q, &format!("blocked: {blocker}"))]);
    }
    // Its own address is in no packet.
    let unseen = "
        acl acl-app out: 80 deny all 10.20.3.0/24
        acl acl-db in: 80 deny all 10.20.3.0/24
        acl acl-db out: 80 deny all 10.20.3.0/24
        acl acl-app in: 80 deny all 10.20.3.0/24
    ";
    rows(&[FIREWALL, FW, SG_FW, unseen], &[(Q, "allowed")]);
    for (groups, expected) in [
        ("sg sg-fw in: tcp 3306 10.20.1.0/24\n sg sg-fw out: tcp 3306 10.20.2.0/24", "allowed"),
        (
            "sg sg-fw in: tcp 443 0.0.0.0/0\n sg sg-fw out: all 0.0.0.0/0",
            "blocked: request sg-in eni-fw none",
        ),
        (
            "sg sg-fw in: all 0.0.0.0/0\n sg sg-fw out: all 10.20.1.0/24",
            "blocked: request sg-out eni-fw none",
        ),
    ] {
        rows(&[FIREWALL, FW, groups], &[(Q, expected)]);
    }
    let part = FIREWALL.replace(
        "acl acl-fw in: 100 allow all 0.0.0.0/0",
        "acl acl-fw in: 100 allow tcp 3306 10.20.1.0/24 | 110 allow tcp 49152-65535 0.0.0.0/0",
    );
    rows(&[&part, FW, SG_FW], &[(Q, "partial 11848/28232: reply nacl-in acl-fw *")]);
}

/// S0.4, S2.12: that a route names the destination itself spares it no list.
#[test]
fn s3_41_an_appliance_asked_at_its_own_address_stands_behind_its_list() {
    let routed = FIREWALL.replace("10.20.2.0/24 eni-fw", "10.20.2.0/24 eni-fw | 10.20.3.0/24 eni-fw");
    let to_itself = "A -> eni-fw:tcp/443";
    rows(&[&routed, FW, SG_FW], &[(to_itself, "allowed")]);
    let listed = "acl acl-fw in: 90 deny tcp 443 10.20.1.0/24";
    rows(&[&routed, FW, SG_FW, listed], &[(to_itself, "blocked: request nacl-in acl-fw 90")]);
}

/// S1.21, T46: behind an appliance a reference to the other end's group does not match, its address does.
#[test]
fn t46_a_reference_behind_an_appliance_does_not_match() {
    rows(&[FIREWALL, FW, SG_FW], &[("A -> D:tcp/22", "blocked: request sg-in D none"), (Q, "allowed")]);
    // At the appliance's own inbound rules it does: so far the packet has passed nothing (S1.15).
    let reference = "
        sg sg-fw in: all sg-app
        sg sg-fw out: all 10.20.0.0/16
    ";
    rows(&[FIREWALL, FW, reference], &[(Q, "allowed")]);
    // Without the detour the reference matches.
    let direct = FIREWALL.replace(": 10.20.2.0/24 eni-fw", "").replace(": 10.20.1.0/24 eni-fw", "");
    rows(&[&direct, FW, SG_FW], &[("A -> D:tcp/22", "allowed")]);
}

/// T46 as it stands: across a peering connection, with the appliance on the near side.
#[test]
fn t46_a_reference_across_peering_behind_an_appliance() {
    let peered = |rule: &str| {
        format!(
            "
            peering pcx-1 vpc-1 vpc-2
            vpc vpc-1 10.20.0.0/16
            table rtb-app: 10.30.1.0/24 eni-fw
            table rtb-fw: 10.30.0.0/16 pcx-1
            subnet app 10.20.1.0/24 table=rtb-app
            subnet fw 10.20.3.0/24 table=rtb-fw
            sg sg-app out: all 0.0.0.0/0
            eni A app 10.20.1.10 groups=sg-app
            eni eni-fw fw 10.20.3.99 groups=sg-fw forwards
            sg sg-fw in: all 0.0.0.0/0
            sg sg-fw out: all 0.0.0.0/0
            vpc vpc-2 10.30.0.0/16
            table rtb-2 main: 10.20.0.0/16 pcx-1
            subnet b 10.30.1.0/24
            sg sg-b in: {rule}
            eni B b 10.30.1.10 groups=sg-b
            "
        )
    };
    rows(&[&peered("tcp 443 sg-app")], &[("A -> B:tcp/443", "blocked: request sg-in B none")]);
    // By the block it is let in; B's answer passes the connection straight to A, which is asymmetric (S3.40).
    rows(
        &[&peered("tcp 443 10.20.1.0/24")],
        &[("A -> B:tcp/443", "blocked: reply appliance eni-fw asymmetric")],
    );
}

#[test]
fn s3_13_an_appliance_with_the_check_drops_what_is_not_its_own() {
    let checks = FW.replace(" forwards", "");
    rows(
        &[FIREWALL, &checks, SG_FW],
        &[
            (Q, "blocked: request appliance eni-fw source/destination check"),
            // Its own packets are none of the check's business.
            ("A -> eni-fw:tcp/443", "allowed"),
        ],
    );
}

/// T74: one route of the two.
#[test]
fn t74_an_appliance_has_to_see_both_directions() {
    let only_there = FIREWALL.replace("table rtb-db: 10.20.1.0/24 eni-fw", "table rtb-db");
    rows(&[&only_there, FW, SG_FW], &[(Q, "blocked: reply appliance eni-fw asymmetric")]);
    let only_back = FIREWALL.replace("table rtb-app: 10.20.2.0/24 eni-fw", "table rtb-app");
    rows(&[&only_back, FW, SG_FW], &[(Q, "blocked: reply appliance eni-fw asymmetric")]);
    // What needs no answer passes one way (S0.2).
    let icmp = "sg sg-db in: icmp 3/4 10.20.1.0/24";
    rows(&[&only_there, FW, SG_FW, icmp], &[("A -> D:icmp/3/4", "allowed")]);
}

/// S3.40: the same appliance, not another one.
#[test]
fn s3_40_two_appliances_for_the_two_directions_break_the_flow() {
    let other = "eni eni-fw2 fw 10.20.3.98 groups=sg-fw forwards";
    let network = FIREWALL.replace("10.20.1.0/24 eni-fw", "10.20.1.0/24 eni-fw2");
    let network = testkit::network(&[&network, FW, other, SG_FW]);
    assert_eq!(ask(&network, Q).verdict(), engine::Verdict::Blocked);
}

#[test]
fn s3_11_neighbours_do_not_pass_it() {
    let neighbours = "
        table rtb-app: 10.20.1.0/24 eni-fw
        sg sg-in in: tcp 443 sg-app
        eni B app 10.20.1.11 groups=sg-in
    ";
    rows(&[FIREWALL, FW, "sg sg-fw", neighbours], &[("A -> B:tcp/443", "allowed")]);
}

/// A stopped appliance forwards nothing.
#[test]
fn s9_04_a_stopped_appliance_forwards_nothing() {
    let stopped = "
        eni eni-fw fw 10.20.3.99 groups=sg-fw instance=i-fw forwards
        instance i-fw stopped
    ";
    rows(&[FIREWALL, SG_FW, stopped], &[(Q, "blocked: request host eni-fw not running")]);
}

const NAT_INSTANCE: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    table rtb-app: 0.0.0.0/0 eni-nat
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
    subnet app 10.20.1.0/24 table=rtb-app acl=acl-app
    acl acl-pub in: 100 allow all 0.0.0.0/0
    acl acl-pub out: 100 allow all 0.0.0.0/0
    acl acl-app in: 100 allow all 0.0.0.0/0
    acl acl-app out: 100 allow all 0.0.0.0/0
    sg sg-app out: all 0.0.0.0/0
    eni A app 10.20.1.10 groups=sg-app
";
const NAT: &str = "eni eni-nat pub 10.20.0.40 public=198.51.100.40 groups=sg-nat forwards";
const SG_NAT: &str = "
    sg sg-nat in: tcp 443 10.20.1.0/24
    sg sg-nat out: tcp 443 0.0.0.0/0
";
const WEB: &str = "A -> 203.0.113.9:tcp/443";

#[test]
fn t70_a_nat_instance_needs_the_check_off() {
    rows(&[NAT_INSTANCE, NAT, SG_NAT], &[(WEB, "allowed")]);
    let checks = NAT.replace(" forwards", "");
    rows(
        &[NAT_INSTANCE, &checks, SG_NAT],
        &[(WEB, "blocked: request appliance eni-nat source/destination check")],
    );
}

/// S3.28: its groups let the subnet in and the internet out; the answers are tracked.
#[test]
fn s3_28_a_nat_instances_groups() {
    for (groups, expected) in [
        ("sg sg-nat in: tcp 443 sg-app\n sg sg-nat out: tcp 443 203.0.113.9/32", "allowed"),
        (
            "sg sg-nat in: tcp 80 10.20.1.0/24\n sg sg-nat out: all 0.0.0.0/0",
            "blocked: request sg-in eni-nat none",
        ),
        // The internet is where it goes, not where it comes from.
        (
            "sg sg-nat in: tcp 443 203.0.113.0/24\n sg sg-nat out: all 0.0.0.0/0",
            "blocked: request sg-in eni-nat none",
        ),
        (
            "sg sg-nat in: all 10.20.1.0/24\n sg sg-nat out: all 10.20.0.0/16",
            "blocked: request sg-out eni-nat none",
        ),
        ("sg sg-nat in: all 10.20.1.0/24", "blocked: request sg-out eni-nat none"),
    ] {
        rows(&[NAT_INSTANCE, NAT, groups], &[(WEB, expected)]);
    }
}

/// It translates: lists see what they see beside a NAT gateway, and the internet its Elastic address.
#[test]
fn s3_28_the_lists_beside_a_nat_instance() {
    for (broken, blocker) in [
        ("acl acl-app out: 90 deny tcp 443 203.0.113.9/32", "request nacl-out acl-app 90"),
        ("acl acl-pub in: 90 deny tcp 443 10.20.1.10/32", "request nacl-in acl-pub 90"),
        ("acl acl-pub out: 90 deny tcp 443 203.0.113.9/32", "request nacl-out acl-pub 90"),
        ("acl acl-pub in: 90 deny tcp 1024-65535 203.0.113.9/32", "reply nacl-in acl-pub 90"),
        ("acl acl-pub out: 90 deny tcp 32768-60999 10.20.1.10/32", "reply nacl-out acl-pub 90"),
        ("acl acl-app in: 90 deny tcp 32768-60999 203.0.113.9/32", "reply nacl-in acl-app 90"),
    ] {
        rows(&[NAT_INSTANCE, NAT, SG_NAT, broken], &[(WEB, &format!("blocked: {blocker}"))]);
    }
    let web = |peer: &str| {
        format!(
            "eni X pub 10.20.0.20 public=198.51.100.20 groups=sg-x\n sg sg-x in: tcp 443 {peer}\n sg sg-x out: all 0.0.0.0/0"
        )
    };
    for (peer, expected) in [
        ("198.51.100.40/32", "allowed"),
        ("10.20.0.0/16", "blocked: request sg-in X none"),
        ("sg-app", "blocked: request sg-in X none"),
    ] {
        rows(&[NAT_INSTANCE, NAT, SG_NAT, &web(peer)], &[("A -> @X:tcp/443", expected)]);
    }
}

/// S3.14, S3.40: over an internet gateway it needs a public address.
#[test]
fn s3_40_a_nat_instance_without_a_public_address() {
    let private = NAT.replace(" public=198.51.100.40", "");
    rows(&[NAT_INSTANCE, &private, SG_NAT], &[(WEB, "blocked: request igw-out no public address")]);
}
