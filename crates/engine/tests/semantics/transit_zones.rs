//! The zones of a transit gateway's attachments: S12.14, T69, and S1.19 over peered gateways. No measured row turns on
//! the zone that a gateway picks (S12): these tests carry it.

use crate::common::{ask, check, rows, share};
use crate::transit_gateway::{HUB, SG_B, open};

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
