//! What NAT gateways do and do not: S3.20 to S3.23, S3.27, S12.7, S12.10, S1.22, T55 to T62.
//! No measured row turns on private and regional ones (S12): these tests carry them.

use crate::common::{ask, check, rows, share, tracking};
use crate::nat_gateway::{NAT, OPEN_APP, OPEN_PUB, PUBLIC, WEB};

#[test]
fn s3_20_a_nat_gateway_translates_tcp_udp_and_icmp() {
    rows(
        &[NAT, PUBLIC, OPEN_PUB, OPEN_APP],
        &[
            (WEB, "allowed"),
            ("A -> 203.0.113.9:udp/53", "allowed"),
            // T61.
            ("A -> 203.0.113.9:icmp/8/0", "allowed"),
            ("A -> 203.0.113.9:47", "blocked: request nat nat-1 protocol"),
            ("A -> 203.0.113.9:50", "blocked: request nat nat-1 protocol"),
        ],
    );
}

#[test]
fn s3_21_the_internet_sees_the_elastic_address() {
    let web = |group: &str| {
        format!("eni X pub 10.20.0.20 public=198.51.100.20 groups=sg-x\n sg sg-x in: tcp 80 {group}")
    };
    for (peer, expected) in [
        ("198.51.100.30/32", "allowed"),
        ("10.20.0.0/16", "blocked: request sg-in X none"),
        // S1.22: behind the gateway a reference does not match the client, and the gateway has no group.
        ("sg-app", "blocked: request sg-in X none"),
    ] {
        rows(&[NAT, PUBLIC, OPEN_PUB, OPEN_APP, &web(peer)], &[("A -> @X:tcp/80", expected)]);
    }
}

#[test]
fn s3_21_its_own_subnet_needs_the_route_to_the_internet_gateway() {
    let network = NAT.replace("table rtb-pub: 0.0.0.0/0 igw-1", "table rtb-pub");
    rows(&[&network, PUBLIC, OPEN_PUB, OPEN_APP], &[(WEB, "blocked: request route rtb-pub no route")]);
}

/// A private one sends from its private address: to other networks, and never over an internet gateway.
#[test]
fn s3_21_a_private_nat_gateway() {
    let private = "
        nat nat-1 pub 10.20.0.30
        vgw vgw-1
        table rtb-pub: 192.168.0.0/16 vgw-1
    ";
    let datacentre = "A -> 192.168.5.5:tcp/443";
    rows(
        &[NAT, private, OPEN_PUB, OPEN_APP],
        &[(WEB, "blocked: request igw-out no public address"), (datacentre, "allowed")],
    );
    let network = testkit::network(&[NAT, private, OPEN_PUB, OPEN_APP]);
    let answer = ask(&network, datacentre);
    let far = &answer.judgement.trips[0].request.header.source;
    assert!(matches!(far, engine::Seen::Fixed { address, .. } if address.to_string() == "10.20.0.30"));
    // Its lists are crossed like a public one's, and its ports are its own.
    for (broken, blocker) in [
        ("acl acl-app out: 90 deny tcp 443 192.168.0.0/16", "request nacl-out acl-app 90"),
        ("acl acl-pub in: 90 deny tcp 443 10.20.1.0/24", "request nacl-in acl-pub 90"),
        ("acl acl-pub out: 90 deny tcp 443 192.168.0.0/16", "request nacl-out acl-pub 90"),
        ("acl acl-pub in: 90 deny tcp 1024-65535 192.168.0.0/16", "reply nacl-in acl-pub 90"),
        ("acl acl-pub out: 90 deny tcp 32768-60999 10.20.1.0/24", "reply nacl-out acl-pub 90"),
        ("acl acl-app in: 90 deny tcp 32768-60999 192.168.0.0/16", "reply nacl-in acl-app 90"),
    ] {
        rows(&[NAT, private, OPEN_PUB, OPEN_APP, broken], &[(datacentre, &format!("blocked: {blocker}"))]);
    }
    let part = "acl acl-pub in: 90 deny tcp 1024-32767 192.168.0.0/16";
    let network = testkit::network(&[NAT, private, OPEN_PUB, OPEN_APP, part]);
    assert_eq!(share(&network, datacentre), "50.79 %");
}

/// S3.22, T60, S12.7: it opens nothing inwards, answers nothing itself and takes no answer of a flow that it did not
/// open.
#[test]
fn s3_22_only_flows_that_start_inside() {
    let unsolicited = "blocked: request host eni-nat-1 unsolicited";
    rows(
        &[NAT, PUBLIC, OPEN_PUB, OPEN_APP],
        &[
            ("203.0.113.9 -> 198.51.100.30:tcp/443", unsolicited),
            ("203.0.113.9 -> 198.51.100.30:icmp/8/0", unsolicited),
            ("W -> 10.20.0.30:tcp/443", unsolicited),
            ("W -> 10.20.0.30:icmp/8/0", unsolicited),
            ("A -> 10.20.0.30:udp/53", unsolicited),
            ("W -> 198.51.100.30:tcp/443", unsolicited),
        ],
    );
    let network = "
        table rtb-db: 10.20.0.0/24 nat-1
        subnet db 10.20.2.0/24 table=rtb-db
        eni D db 10.20.2.10 groups=sg-web
    ";
    rows(
        &[NAT, PUBLIC, OPEN_PUB, OPEN_APP, network],
        &[("W -> D:tcp/80", "blocked: reply route rtb-db leaves elsewhere")],
    );
}

/// S3.23: peers do not use it.
#[test]
fn s3_23_no_peer_uses_it() {
    let peer = "
        peering pcx-1 vpc-1 vpc-2
        vpc vpc-2 10.30.0.0/16
        table rtb-2: 0.0.0.0/0 pcx-1
        subnet b 10.30.1.0/24 table=rtb-2
        sg sg-b out: all 0.0.0.0/0
        eni B b 10.30.1.10 groups=sg-b
    ";
    rows(
        &[NAT, PUBLIC, OPEN_PUB, OPEN_APP, peer],
        &[("B -> 203.0.113.9:tcp/443", "blocked: request peering pcx-1 not transitive")],
    );
}

/// S3.27: a regional one is in no subnet, so that crossings 2 to 5 vanish.
#[test]
fn s3_27_a_regional_nat_gateway_crosses_no_list_of_its_own() {
    let regional = "nat nat-1 regional public=198.51.100.33";
    let network = testkit::network(&[NAT, regional, OPEN_APP]);
    check(&network, WEB, "allowed");
    let gates = [
        "request sg-out A",
        "request nacl-out acl-app",
        "request route rtb-app",
        "request nat nat-1",
        "request igw-out",
        "reply igw-in",
        "reply nat nat-1",
        "reply nacl-in acl-app",
        "reply sg-in A",
    ];
    assert_eq!(ask(&network, WEB).gates(), gates);
    for (broken, blocker) in [
        ("acl acl-app out: 90 deny tcp 443 203.0.113.0/24", "request nacl-out acl-app 90"),
        ("acl acl-app in: 90 deny tcp 32768-60999 203.0.113.0/24", "reply nacl-in acl-app 90"),
    ] {
        rows(&[NAT, regional, OPEN_APP, broken], &[(WEB, &format!("blocked: {blocker}"))]);
    }
    rows(
        &[NAT, regional, OPEN_APP],
        &[
            ("A -> 203.0.113.9:47", "blocked: request nat nat-1 protocol"),
            ("A -> 10.50.1.1:tcp/443", "blocked: request igw-out private destination"),
        ],
    );
}

/// S3.22: nor does a regional one take what it did not open, though no interface of the export has its address.
#[test]
fn s3_22_a_regional_nat_gateway_takes_nothing_unsolicited() {
    let regional = "nat nat-1 regional public=198.51.100.33";
    rows(
        &[NAT, regional, OPEN_PUB, OPEN_APP],
        &[("W -> 198.51.100.33:tcp/443", "blocked: request host not held")],
    );
}

#[test]
fn s12_10_behind_it_the_internet_gateway_drops_private_destinations() {
    rows(
        &[NAT, PUBLIC, OPEN_PUB, OPEN_APP],
        &[
            ("A -> 10.50.1.1:tcp/443", "blocked: request igw-out private destination"),
            ("A -> 192.168.1.1:tcp/443", "blocked: request igw-out private destination"),
        ],
    );
}

#[test]
fn t55_without_a_public_address_only_a_nat_gateway_helps() {
    rows(
        &[NAT, PUBLIC, OPEN_PUB, OPEN_APP, "eni P pub 10.20.0.40 groups=sg-web"],
        &[("P -> 203.0.113.9:tcp/443", "blocked: request igw-out no public address"), (WEB, "allowed")],
    );
}

/// T56: a public address in a subnet that is routed to a NAT gateway.
#[test]
fn t56_a_public_address_behind_a_nat_gateway_is_not_reached() {
    let web = "eni X app 10.20.1.20 public=198.51.100.20 groups=sg-web";
    rows(
        &[NAT, PUBLIC, OPEN_PUB, OPEN_APP, web],
        &[
            ("203.0.113.9 -> @X:tcp/80", "blocked: reply route rtb-app leaves elsewhere"),
            ("X -> 203.0.113.9:tcp/443", "allowed"),
        ],
    );
}

#[test]
fn t57_t58_the_gateways_list_sees_the_client() {
    let list = "
        acl acl-pub in: 100 allow tcp 80 0.0.0.0/0 | 110 allow tcp 443 0.0.0.0/0 | 120 allow tcp 1024-65535 0.0.0.0/0
        acl acl-pub out: 100 allow all 0.0.0.0/0
    ";
    rows(&[NAT, PUBLIC, OPEN_APP, list], &[(WEB, "allowed")]);
    let denied = "acl acl-pub in: 90 deny all 10.20.0.0/16";
    rows(&[NAT, PUBLIC, OPEN_APP, list, denied], &[(WEB, "blocked: request nacl-in acl-pub 90")]);
}

#[test]
fn t59_the_answer_comes_from_the_internet_and_not_from_the_gateway() {
    let list = "
        acl acl-app in: 100 allow tcp 1024-65535 10.20.0.0/24
        acl acl-app out: 100 allow all 0.0.0.0/0
    ";
    rows(&[NAT, PUBLIC, OPEN_PUB, list], &[(WEB, "blocked: reply nacl-in acl-app *")]);
}

#[test]
fn t62_a_blackhole_does_not_fall_back_to_the_nat_gateway() {
    let routes = "table rtb-app: 10.50.0.0/16 pcx-1 blackhole | 203.0.113.0/28 pcx-1 blackhole";
    rows(
        &[NAT, PUBLIC, OPEN_PUB, OPEN_APP, routes],
        &[
            ("A -> 10.50.1.1:tcp/443", "blocked: request route rtb-app blackhole"),
            (WEB, "blocked: request route rtb-app blackhole"),
            ("A -> 203.0.113.16:tcp/443", "allowed"),
        ],
    );
    // Nor does the gateway's own subnet.
    let routes = "table rtb-pub: 203.0.113.0/28 pcx-1 blackhole";
    rows(&[NAT, PUBLIC, OPEN_PUB, OPEN_APP, routes], &[(WEB, "blocked: request route rtb-pub blackhole")]);
}

#[test]
fn t65_an_associated_table_without_the_route_is_the_one_that_counts() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-main main: 0.0.0.0/0 igw-1
        table rtb-2
        subnet pub 10.20.0.0/24 table=rtb-2
        sg sg-web out: all 0.0.0.0/0
        eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
    ";
    rows(&[network], &[("W -> 203.0.113.9:tcp/443", "blocked: request route rtb-2 no route")]);
}

/// A route to a prefix list leads as one to each of its blocks does.
#[test]
fn s3_12_a_prefix_list_leads_to_a_nat_gateway() {
    let list = "pl pl-partners: 203.0.113.0/28 | 192.0.2.0/24";
    let network = NAT.replace("0.0.0.0/0 nat-1", "pl-partners nat-1");
    rows(
        &[&network, PUBLIC, OPEN_PUB, OPEN_APP, list],
        &[
            (WEB, "allowed"),
            ("A -> 192.0.2.1:tcp/443", "allowed"),
            ("A -> 203.0.113.16:tcp/443", "blocked: request route rtb-app no route"),
        ],
    );
}

/// S1.34: through a NAT gateway a flow is tracked whatever the rules.
#[test]
fn s1_34_flows_through_a_nat_gateway_are_tracked() {
    let wide = "sg sg-app in: all 0.0.0.0/0";
    let network = testkit::network(&[NAT, PUBLIC, OPEN_PUB, OPEN_APP, wide]);
    assert_eq!(tracking(&network, WEB, "A"), "tracked");
}
