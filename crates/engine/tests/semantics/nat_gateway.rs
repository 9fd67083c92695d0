//! NAT gateways: S3.20 to S3.27, S12.7, S12.10, S1.22, T55 to T62. No measured row turns on private and regional ones,
//! UDP or partial client ports (S12): these tests carry them.

use space::Field;

use crate::common::{ask, check, rows, share};

/// A in `app`, which is routed to a NAT gateway in `pub`; W beside the gateway. Lists get their entries elsewhere.
const NAT: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    table rtb-app: 0.0.0.0/0 nat-1
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
    subnet app 10.20.1.0/24 table=rtb-app acl=acl-app
    sg sg-app out: all 0.0.0.0/0
    sg sg-web in: all 0.0.0.0/0
    sg sg-web out: all 0.0.0.0/0
    eni A app 10.20.1.10 groups=sg-app
    eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
";
const PUBLIC: &str = "nat nat-1 pub 10.20.0.30 public=198.51.100.30";
const OPEN_PUB: &str = "
    acl acl-pub in: 100 allow all 0.0.0.0/0
    acl acl-pub out: 100 allow all 0.0.0.0/0
";
const OPEN_APP: &str = "
    acl acl-app in: 100 allow all 0.0.0.0/0
    acl acl-app out: 100 allow all 0.0.0.0/0
";
const WEB: &str = "A -> 203.0.113.9:tcp/443";

#[test]
fn s3_24_the_gates_of_a_flow_through_a_nat_gateway() {
    let network = testkit::network(&[NAT, PUBLIC, OPEN_PUB, OPEN_APP]);
    check(&network, WEB, "allowed");
    let gates = [
        "request sg-out A",
        "request nacl-out acl-app",
        "request route rtb-app",
        "request nacl-in acl-pub",
        "request nat nat-1",
        "request nacl-out acl-pub",
        "request route rtb-pub",
        "request igw-out",
        "reply igw-in",
        "reply nacl-in acl-pub",
        "reply nat nat-1",
        "reply nacl-out acl-pub",
        "reply route rtb-pub",
        "reply nacl-in acl-app",
        "reply sg-in A",
    ];
    assert_eq!(ask(&network, WEB).gates(), gates);
}

/// One broken list at a time, in TCP and in UDP: the rule that decides names exactly the address and the ports that the
/// clause gives the crossing, and no other crossing falls under it.
#[test]
fn s3_24_each_of_the_six_lists_is_crossed() {
    for protocol in ["tcp", "udp"] {
        let crossings = [
            // 1 and 2: from I to H, the service's port.
            ("acl-app out", format!("{protocol} 443 203.0.113.9/32"), "request nacl-out acl-app 90"),
            ("acl-pub in", format!("{protocol} 443 10.20.1.10/32"), "request nacl-in acl-pub 90"),
            // 3 and 4: between the gateway and H; the answer comes to the gateway's port.
            ("acl-pub out", format!("{protocol} 443 203.0.113.9/32"), "request nacl-out acl-pub 90"),
            ("acl-pub in", format!("{protocol} 1024-65535 203.0.113.9/32"), "reply nacl-in acl-pub 90"),
            // 5 and 6: to the client's port, from H and not from the gateway.
            ("acl-pub out", format!("{protocol} 32768-60999 10.20.1.10/32"), "reply nacl-out acl-pub 90"),
            ("acl-app in", format!("{protocol} 32768-60999 203.0.113.9/32"), "reply nacl-in acl-app 90"),
        ];
        for (list, entry, blocker) in crossings {
            let broken = format!("acl {list}: 90 deny {entry}");
            let network = testkit::network(&[NAT, PUBLIC, OPEN_PUB, OPEN_APP, &broken]);
            let question = format!("A -> 203.0.113.9:{protocol}/443");
            check(&network, &question, &format!("blocked: {blocker}"));
        }
    }
}

/// What none of the six crossings sees: the gateway's own addresses, on any side.
#[test]
fn s3_24_no_list_sees_an_address_of_the_gateway() {
    for list in ["acl-app out", "acl-app in", "acl-pub in", "acl-pub out"] {
        let unseen = format!("acl {list}: 80 deny all 10.20.0.30/32 | 90 deny all 198.51.100.30/32");
        rows(&[NAT, PUBLIC, OPEN_PUB, OPEN_APP, &unseen], &[(WEB, "allowed")]);
    }
}

/// S2.21, S2.22: crossing 4 sees the gateway's ports, 1024 to 65535, whatever the client's are.
#[test]
fn s3_24_a_list_that_opens_a_part_of_the_gateways_ports() {
    let part = "
        acl acl-pub in: 100 allow tcp 443 10.20.1.0/24 | 110 allow tcp 32768-65535 203.0.113.0/24
        acl acl-pub out: 100 allow all 0.0.0.0/0
    ";
    let network = testkit::network(&[NAT, PUBLIC, OPEN_APP, part]);
    // The gateway picks its port whatever the client's is.
    for client in ["linux", "windows", "40000"] {
        assert_eq!(share(&network, &format!("{WEB} {client}")), "50.79 %", "{client}");
    }
    let mut answer = ask(&network, WEB);
    assert_eq!(answer.verdict(), engine::Verdict::Partial);
    assert_eq!(answer.blockers(false), ["reply nacl-in acl-pub *"]);
    assert_eq!(answer.works_on(Field::Client), "32768-60999");
    let relay = |port: u16| (port - space::FIRST_RELAY_PORT).to_string();
    assert_eq!(answer.works_on(Field::Relay), format!("{}-{}", relay(32768), relay(65535)));
    // A port of the gateway's range that a deny takes costs a sliver, also where no Linux client would have it (T9).
    let sliver = "acl acl-pub in: 90 deny tcp 2049 203.0.113.0/24";
    let network = testkit::network(&[NAT, PUBLIC, OPEN_PUB, OPEN_APP, sliver]);
    assert_eq!(ask(&network, WEB).verdict(), engine::Verdict::Partial);
    // Below 1024 it never sends.
    let below = "acl acl-pub in: 90 deny tcp 0-1023 203.0.113.0/24";
    rows(&[NAT, PUBLIC, OPEN_PUB, OPEN_APP, below], &[(WEB, "allowed")]);
}

/// Crossings 5 and 6 see the client's ports.
#[test]
fn s3_24_a_list_that_opens_a_part_of_the_clients_ports() {
    let app = "
        acl acl-app in: 100 allow tcp 49152-65535 203.0.113.0/24
        acl acl-app out: 100 allow all 0.0.0.0/0
    ";
    let public = "
        acl acl-pub in: 100 allow all 0.0.0.0/0
        acl acl-pub out: 90 allow tcp 443 0.0.0.0/0 | 100 allow tcp 49152-65535 10.20.1.0/24
    ";
    for (pieces, blocker) in
        [([app, OPEN_PUB], "reply nacl-in acl-app *"), ([OPEN_APP, public], "reply nacl-out acl-pub *")]
    {
        let network = testkit::network(&[NAT, PUBLIC, pieces[0], pieces[1]]);
        check(&network, WEB, &format!("partial 11848/28232: {blocker}"));
        assert_eq!(ask(&network, WEB).works_on(Field::Client), "49152-60999");
        check(&network, &format!("{WEB} windows"), "allowed");
    }
}

/// The two ports are drawn apart: 11848/28232 of 32768/64512.
#[test]
fn s3_24_the_two_shares_are_multiplied() {
    let lists = "
        acl acl-app in: 100 allow tcp 49152-65535 203.0.113.0/24
        acl acl-app out: 100 allow all 0.0.0.0/0
        acl acl-pub in: 100 allow tcp 443 10.20.1.0/24 | 110 allow tcp 32768-65535 203.0.113.0/24
        acl acl-pub out: 100 allow all 0.0.0.0/0
    ";
    let network = testkit::network(&[NAT, PUBLIC, lists]);
    let mut answer = ask(&network, WEB);
    assert_eq!(answer.verdict(), engine::Verdict::Partial);
    assert_eq!(answer.blockers(false), ["reply nacl-in acl-pub *", "reply nacl-in acl-app *"]);
    assert_eq!(share(&network, WEB), "21.32 %");
}

/// P = Q: crossings 1, 2, 5 and 6 vanish. With one table for both, the gateway's own packets come back to it, and it
/// reaches no internet gateway (S3.21).
#[test]
fn s3_24_beside_its_gateway_a_client_crosses_no_list() {
    let beside = "
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 nat-1
        subnet pub 10.20.0.0/24 acl=acl-pub
        sg sg-app out: all 0.0.0.0/0
        eni A pub 10.20.0.10 groups=sg-app
    ";
    let network = testkit::network(&[beside, PUBLIC, "acl acl-pub in:"]);
    check(&network, WEB, "blocked: request nat nat-1 loop");
    let gates = ["request sg-out A", "request route rtb-1", "request nat nat-1"];
    assert_eq!(ask(&network, WEB).gates()[..3], gates);
}

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

/// T61: an echo's answer is type 0 at crossings 4, 5 and 6.
#[test]
fn t61_the_answer_to_an_echo_crosses_the_lists_as_well() {
    let ping = "A -> 203.0.113.9:icmp/8/0";
    for (broken, expected) in [
        ("acl acl-app out: 90 deny icmp 8 0.0.0.0/0", "blocked: request nacl-out acl-app 90"),
        ("acl acl-pub in: 90 deny icmp 8 10.20.0.0/16", "blocked: request nacl-in acl-pub 90"),
        ("acl acl-pub in: 90 deny icmp 0 203.0.113.0/24", "blocked: reply nacl-in acl-pub 90"),
        ("acl acl-pub out: 90 deny icmp 0/0 10.20.1.0/24", "blocked: reply nacl-out acl-pub 90"),
        ("acl acl-app in: 90 deny icmp 0/0 203.0.113.9/32", "blocked: reply nacl-in acl-app 90"),
        // What does not match the crossing's type or address.
        ("acl acl-app in: 90 deny icmp 8 0.0.0.0/0", "allowed"),
        ("acl acl-pub out: 90 deny icmp 0 203.0.113.0/24", "allowed"),
    ] {
        rows(&[NAT, PUBLIC, OPEN_PUB, OPEN_APP, broken], &[(ping, expected)]);
    }
}

/// S2.13: lists with rules for TCP answer no resolver beyond the VPC.
#[test]
fn s3_24_udp_needs_its_own_ephemeral_ports() {
    let tcp = "
        acl acl-app in: 100 allow tcp 1024-65535 0.0.0.0/0
        acl acl-app out: 100 allow all 0.0.0.0/0
    ";
    rows(
        &[NAT, PUBLIC, OPEN_PUB, tcp],
        &[(WEB, "allowed"), ("A -> 203.0.113.9:udp/53", "blocked: reply nacl-in acl-app *")],
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

/// S3.26 says that NAT64 leads IPv6 clients to IPv4; which port and address it takes is not modelled, and then nobody
/// can say (S0.6).

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
    assert_eq!(crate::common::tracking(&network, WEB, "A"), "tracked");
}
