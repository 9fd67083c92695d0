//! S3.1 to S3.19: which way a packet goes, and the internet gateway.

use crate::common::{OPEN, OPEN6, SG_OPEN, VPC, VPC6, ask, check, rows};

/// W reaches H over an internet gateway; a piece adds to the table and says what is expected.
fn with(routes: &str, questions: &[(&str, &str)]) {
    rows(&[VPC, OPEN, SG_OPEN, &format!("table rtb-pub: {routes}")], questions);
}

#[test]
fn s3_01_a_subnet_uses_its_own_table_else_the_main_one() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-main main: 0.0.0.0/0 igw-1
        table rtb-2
        subnet a 10.20.0.0/24
        subnet b 10.20.1.0/24 table=rtb-2
        eni A a 10.20.0.10 public=198.51.100.1 groups=sg-web
        eni B b 10.20.1.10 public=198.51.100.2 groups=sg-web
    ";
    rows(
        &[network, SG_OPEN],
        &[
            ("A -> 203.0.113.9:tcp/443", "allowed"),
            ("B -> 203.0.113.9:tcp/443", "blocked: request route rtb-2 no route"),
        ],
    );
}

#[test]
fn s3_01_no_known_table_is_undecided() {
    let network = "
        vpc vpc-1 10.20.0.0/16 nodefault
        acl acl-1 default in: 100 allow all 0.0.0.0/0
        acl acl-1 out: 100 allow all 0.0.0.0/0
        subnet a 10.20.0.0/24
        eni A a 10.20.0.10 public=198.51.100.1 groups=sg-web
    ";
    rows(&[network, SG_OPEN], &[("A -> 203.0.113.9:tcp/443", "undecided: request route ? unknown")]);
}

#[test]
fn s3_02_the_local_route_leads_to_every_subnet() {
    let network = "
        vpc vpc-1 10.20.0.0/16 10.30.0.0/16 2001:db8:20::/56
        subnet a 10.20.0.0/24 2001:db8:20::/64
        subnet b 10.30.0.0/24 2001:db8:20:1::/64
        eni A a 10.20.0.10 2001:db8:20::10 groups=sg-web
        eni B b 10.30.0.10 2001:db8:20:1::10 groups=sg-web
    ";
    rows(&[network, SG_OPEN], &[("A -> B:tcp/80", "allowed"), ("A -> B.6:tcp/80", "allowed")]);
    let network = testkit::network(&[network, SG_OPEN]);
    let gates = [
        "request sg-out A",
        "request nacl-out acl-default",
        "request route rtb-main",
        "request nacl-in acl-default",
        "request sg-in B",
        "reply sg-out B",
        "reply nacl-out acl-default",
        "reply route rtb-main",
        "reply nacl-in acl-default",
        "reply sg-in A",
    ];
    assert_eq!(ask(&network, "A -> B:tcp/80").gates(), gates);
}

#[test]
fn s3_03_the_longest_prefix_wins() {
    with(
        "203.0.113.0/24 tgw-1 | 203.0.113.0/28 igw-1 | 203.0.113.9/32 vgw-1",
        &[
            ("W -> 203.0.114.1:tcp/443", "allowed"),
            ("W -> 203.0.113.16:tcp/443", "undecided: request unmodelled tgw-1 unknown"),
            ("W -> 203.0.113.8:tcp/443", "allowed"),
            ("W -> 203.0.113.9:tcp/443", "undecided: request unmodelled vgw-1 unknown"),
        ],
    );
}

#[test]
fn s3_04_ties_go_to_local_then_static_then_lists_then_propagated() {
    let lists = "pl pl-h: 203.0.113.0/24";
    let table = |routes: &str, expected: &str| {
        let routes = format!("table rtb-pub: {routes}");
        rows(&[VPC, OPEN, SG_OPEN, lists, &routes], &[("W -> 203.0.113.9:tcp/443", expected)]);
    };
    table("203.0.113.0/24 vgw-1 propagated | 203.0.113.0/24 igw-1", "allowed");
    table("203.0.113.0/24 vgw-1 propagated | pl-h igw-1", "allowed");
    table("pl-h tgw-1 | 203.0.113.0/24 igw-1", "allowed");
    table("203.0.113.0/24 vgw-1 propagated", "undecided: request unmodelled vgw-1 unknown");
    // D3: a longer propagated prefix beats a shorter static one.
    table(
        "203.0.113.0/25 vgw-1 propagated | 203.0.113.0/24 igw-1",
        "undecided: request unmodelled vgw-1 unknown",
    );
    let network = "
        vpc vpc-1 10.20.0.0/16
        table rtb-1 main: 10.20.0.0/16 vgw-1 propagated
        subnet a 10.20.0.0/24
        subnet b 10.20.1.0/24
        eni A a 10.20.0.10 groups=sg-web
        eni B b 10.20.1.10 groups=sg-web
    ";
    rows(&[network, SG_OPEN], &[("A -> B:tcp/80", "allowed")]);
}

#[test]
fn s3_06_overlapping_prefix_lists_are_unknown() {
    let lists = "
        pl pl-a: 203.0.113.0/24
        pl pl-b: 203.0.113.0/25
    ";
    let question = "W -> 203.0.113.9:tcp/443";
    rows(
        &[VPC, OPEN, SG_OPEN, lists, "table rtb-pub: pl-a tgw-1 | pl-b igw-1"],
        &[
            (question, "undecided: request route rtb-pub unknown"),
            // Only one list names it.
            ("W -> 203.0.113.200:tcp/443", "undecided: request unmodelled tgw-1 unknown"),
        ],
    );
    rows(&[VPC, OPEN, SG_OPEN, lists, "table rtb-pub: pl-a igw-1 | pl-b igw-1"], &[(question, "allowed")]);
}

#[test]
fn s3_06_a_list_without_entries_in_the_export_may_take_anything() {
    rows(
        &[VPC, OPEN, SG_OPEN, "pl pl-a unknown", "table rtb-pub: pl-a tgw-1"],
        &[("W -> 203.0.113.9:tcp/443", "undecided: request route rtb-pub unknown")],
    );
}

#[test]
fn s3_07_a_whole_subnet_may_be_sent_through_an_appliance() {
    let network = "
        table rtb-pub: 10.20.1.0/24 eni-fw
        eni A app 10.20.1.10 groups=sg-web
        eni D db 10.20.2.10 groups=sg-web
    ";
    rows(
        &[VPC, OPEN, SG_OPEN, network],
        &[("W -> A:tcp/80", "undecided: request unmodelled eni-fw unknown"), ("W -> D:tcp/80", "allowed")],
    );
}

#[test]
fn s3_08_no_route_forwards_link_local_blocks() {
    // 169.254.168.0/22 and fd00:ec2::/32, whatever the table says; the services in them need no route (S1.50).
    with(
        "169.254.0.0/16 tgw-1",
        &[
            ("W -> 169.254.168.1:tcp/80", "blocked: request route rtb-pub not routable"),
            ("W -> 169.254.171.255:tcp/80", "blocked: request route rtb-pub not routable"),
            ("W -> 169.254.172.0:tcp/80", "undecided: request unmodelled tgw-1 unknown"),
            ("W -> 169.254.169.254:tcp/80", "allowed"),
        ],
    );
    let network = testkit::network(&[VPC6, OPEN6, SG_OPEN, "table rtb-pub: fd00::/8 tgw-1"]);
    check(&network, "W -> fd00:ec2::1:tcp/80", "blocked: request route rtb-pub not routable");
    check(&network, "W -> fd00:ec3::1:tcp/80", "undecided: request unmodelled tgw-1 unknown");
}

#[test]
fn s3_09_a_blackhole_drops_and_a_filtered_route_is_absent() {
    with(
        "203.0.113.0/24 tgw-1 blackhole | 192.0.2.0/24 tgw-1 filtered",
        &[
            ("W -> 203.0.113.9:tcp/443", "blocked: request route rtb-pub blackhole"),
            ("W -> 192.0.2.9:tcp/443", "allowed"),
            // The reply's way counts as well (S0.5).
            ("203.0.113.9 -> @W:tcp/443", "blocked: reply route rtb-pub blackhole"),
        ],
    );
}

#[test]
fn s3_10_no_route_no_way() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-1 main: 203.0.113.0/24 igw-1
        subnet a 10.20.0.0/24
        eni A a 10.20.0.10 public=198.51.100.1 groups=sg-web
    ";
    rows(
        &[network, SG_OPEN],
        &[
            ("A -> 203.0.113.9:tcp/443", "allowed"),
            ("A -> 192.0.2.9:tcp/443", "blocked: request route rtb-1 no route"),
            ("192.0.2.9 -> @A:tcp/443", "blocked: reply route rtb-1 no route"),
            ("203.0.112.0/23 -> @A:tcp/443 40000", "partial 256/512: reply route rtb-1 no route"),
        ],
    );
}

#[test]
fn s3_11_neighbours_need_neither_route_nor_list() {
    let network = "
        vpc vpc-1 10.20.0.0/16 nodefault
        subnet a 10.20.0.0/24
        eni A a 10.20.0.10 groups=sg-web
        eni B a 10.20.0.11 groups=sg-web
    ";
    rows(&[network, SG_OPEN], &[("A -> B:tcp/80", "allowed")]);
}

#[test]
fn s3_12_every_kind_of_target_is_known_and_none_is_taken_for_another() {
    for target in ["nat-1", "eigw-1", "eni-1", "pcx-1", "tgw-1", "vpce-1", "vgw-1", "cagw-1", "lgw-1"] {
        with(
            &format!("203.0.113.0/24 {target}"),
            &[("W -> 203.0.113.9:tcp/443", &format!("undecided: request unmodelled {target} unknown"))],
        );
    }
}

#[test]
fn s3_13_own_addresses_pass_the_source_destination_check() {
    // Checked by default; every address of the interface is its own, delegated ones too.
    let network = "
        eni A app 10.20.1.10 10.20.1.11 prefix=10.20.1.64/28 groups=sg-web
    ";
    rows(
        &[VPC, OPEN, SG_OPEN, network],
        &[
            ("W -> 10.20.1.11:tcp/80", "allowed"),
            ("W -> 10.20.1.79:tcp/80", "allowed"),
            ("10.20.1.64 -> W:tcp/80", "allowed"),
            ("W -> 10.20.1.80:tcp/80", "blocked: request host not held"),
        ],
    );
}

#[test]
fn s3_14_out_without_a_public_address() {
    let network = "eni P pub 10.20.0.20 10.20.0.21 public=198.51.100.20 groups=sg-web";
    rows(
        &[VPC, OPEN, SG_OPEN, network, "eni Q pub 10.20.0.30 groups=sg-web"],
        &[
            ("Q -> 203.0.113.9:tcp/443", "blocked: request igw-out no public address"),
            ("10.20.0.20 -> 203.0.113.9:tcp/443", "allowed"),
            // The association belongs to one private address.
            ("10.20.0.21 -> 203.0.113.9:tcp/443", "blocked: request igw-out no public address"),
            ("203.0.113.9 -> Q:tcp/443", "blocked: request igw-in no public address"),
        ],
    );
}

#[test]
fn s3_14_in_the_address_is_private_before_the_gates() {
    // No gate of the VPC names the public address, and none needs to.
    let network = testkit::network(&[VPC, OPEN, SG_OPEN]);
    let answer = ask(&network, "203.0.113.9 -> @W:tcp/80");
    let private = engine::Seen::Fixed {
        address: "10.20.0.10".parse().unwrap(),
        interface: network.model().network_interfaces.ix("W"),
    };
    assert!(answer.judgement.trips[0].request.hops.iter().all(|hop| hop.header.destination == private));
    let gates = [
        "request igw-in",
        "request nacl-in acl-pub",
        "request sg-in W",
        "reply sg-out W",
        "reply nacl-out acl-pub",
        "reply route rtb-pub",
        "reply igw-out",
    ];
    assert_eq!(answer.gates(), gates);
}

#[test]
fn s3_14_a_vpc_without_internet_gateway() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        igw igw-1 detached
        table rtb-1 main: 0.0.0.0/0 igw-1 blackhole
        subnet a 10.20.0.0/24
        eni A a 10.20.0.10 public=198.51.100.1 groups=sg-web
    ";
    rows(
        &[network, SG_OPEN],
        &[
            ("203.0.113.9 -> @A:tcp/80", "blocked: request igw-in no gateway"),
            ("A -> 203.0.113.9:tcp/80", "blocked: request route rtb-1 blackhole"),
        ],
    );
}

#[test]
fn s3_14_a_gateway_that_the_export_lacks_is_undecided() {
    // An active route names it, so that it is there; what it does nobody can say (S0.6).
    let network = "
        vpc vpc-1 10.20.0.0/16
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet a 10.20.0.0/24
        eni A a 10.20.0.10 public=198.51.100.1 groups=sg-web
    ";
    rows(
        &[network, SG_OPEN],
        &[
            ("203.0.113.9 -> @A:tcp/80", "undecided: request igw-in unknown, reply igw-out unknown"),
            ("A -> 203.0.113.9:tcp/80", "undecided: request igw-out unknown, reply igw-in unknown"),
        ],
    );
}

#[test]
fn s3_15_the_reply_has_to_leave_by_the_internet_gateway_as_well() {
    let network = "
        eni A app 10.20.1.10 public=198.51.100.20 groups=sg-web
        eni D db 10.20.2.10 public=198.51.100.30 groups=sg-web
    ";
    rows(
        &[VPC, SG_OPEN, network],
        &[
            // T56: the table leads to a NAT gateway.
            ("203.0.113.9 -> @A:tcp/80", "blocked: reply route rtb-app leaves elsewhere"),
            ("203.0.113.9 -> @D:tcp/80", "blocked: reply route rtb-db no route"),
        ],
    );
}

#[test]
fn s3_16_ipv6_needs_a_route_and_no_translation() {
    let closed = "eni X app 2001:db8:20:1::20 groups=sg-web deny-igw";
    rows(
        &[VPC6, OPEN6, SG_OPEN, closed],
        &[
            ("2001:db8::9 -> W:tcp/80", "allowed"),
            ("W -> 2001:db8::9:tcp/443", "allowed"),
            ("2001:db8::9 -> X:tcp/80", "blocked: request igw-in deny-igw"),
            ("X -> 2001:db8::9:tcp/443", "allowed"),
        ],
    );
    // The clause speaks of what the internet starts, and not of an answer to what left over a peering connection.
    let answered_elsewhere = |denies: &str| {
        let text = "
            vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
            igw igw-1
            table rtb-1 main: 2001:db8:21::/56 pcx-1
            subnet a 10.20.0.0/24 2001:db8:20::/64
            eni A a 10.20.0.10 2001:db8:20::10 groups=sg-web DENIES
            vpc vpc-2 10.21.0.0/16 2001:db8:21::/56
            igw igw-2
            table rtb-2 main: ::/0 igw-2
            subnet b 10.21.0.0/24 2001:db8:21::/64
            eni B b 10.21.0.10 2001:db8:21::10 groups=sg-web
            peering pcx-1 vpc-1 vpc-2
        ";
        text.replace("DENIES", denies)
    };
    rows(&[&answered_elsewhere(""), SG_OPEN], &[("A.6 -> B.6:tcp/80", "allowed")]);
    let unknown = "undecided: reply igw-in unknown";
    rows(&[&answered_elsewhere("deny-igw"), SG_OPEN], &[("A.6 -> B.6:tcp/80", unknown)]);
    let no_route = "
        vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet a 10.20.0.0/24 2001:db8:20::/64
        eni A a 10.20.0.10 2001:db8:20::10 groups=sg-web
    ";
    rows(
        &[no_route, SG_OPEN],
        &[
            ("A -> 2001:db8::9:tcp/443", "blocked: request route rtb-1 no route"),
            ("2001:db8::9 -> A:tcp/443", "blocked: reply route rtb-1 no route"),
        ],
    );
}

#[test]
fn s3_17_no_other_network_uses_the_internet_gateway() {
    // A request from a network behind a virtual private gateway whose replies would leave by the internet gateway.
    rows(&[VPC, OPEN, SG_OPEN], &[("10.99.0.1 -> W:tcp/80", "blocked: reply igw-out private destination")]);
}

#[test]
fn s3_18_over_public_addresses_the_way_leads_out_and_in() {
    let network =
        testkit::network(&[VPC, OPEN, SG_OPEN, "eni X pub 10.20.0.66 public=198.51.100.66 groups=sg-web"]);
    check(&network, "W -> @X:tcp/80", "allowed");
    let there = [
        "request sg-out W",
        "request nacl-out acl-pub",
        "request route rtb-pub",
        "request igw-out",
        "request igw-in",
        "request nacl-in acl-pub",
        "request sg-in X",
    ];
    let answer = ask(&network, "W -> @X:tcp/80");
    assert_eq!(answer.gates()[..7], there);
    // W's list and group see X's public address, X's see W's.
    let hops = &answer.judgement.trips[0].request.hops;
    let public = |address: &str| engine::Seen::Fixed { address: address.parse().unwrap(), interface: None };
    assert_eq!(
        (hops[0].header.destination, hops[1].header.destination),
        (public("198.51.100.66"), public("198.51.100.66"))
    );
    assert_eq!(
        (hops[5].header.source, hops[6].header.source),
        (public("198.51.100.10"), public("198.51.100.10"))
    );
}

#[test]
fn s3_19_the_interfaces_association_is_the_truth() {
    let network = testkit::network(&[VPC, OPEN, SG_OPEN]);
    // Addressed by text, the public address is W's.
    check(&network, "203.0.113.9 -> 198.51.100.10:tcp/80", "allowed");
    // A public address that no interface has is somewhere on the internet.
    check(&network, "W -> 198.51.100.11:tcp/80", "allowed");
}

#[test]
fn s3_38_a_public_block_behind_a_private_gateway_is_not_the_internet() {
    // S0.6: whether a request comes in that way nobody can say, least of all `blocked`.
    let network = "
        vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1 | ::/0 igw-1 | 192.0.2.0/24 vgw-1 | 2001:db8:99::/48 pcx-1
        subnet a 10.20.0.0/24 2001:db8:20::/64
        eni A a 10.20.0.10 2001:db8:20::10 public=198.51.100.1 groups=sg-web
    ";
    let network = testkit::network(&[network, SG_OPEN]);
    for question in ["192.0.2.9 -> A:tcp/80", "2001:db8:99::1 -> A:tcp/80"] {
        assert_eq!(ask(&network, question).verdict(), engine::Verdict::Undecided, "{question}");
    }
    // To the public address it comes by the internet gateway, and the reply leaves elsewhere (S3.15).
    check(&network, "192.0.2.9 -> @A:tcp/80", "blocked: reply route rtb-1 leaves elsewhere");
}

#[test]
fn s3_39_an_edge_table_may_send_what_comes_in_through_an_appliance() {
    let edge = "table rtb-edge gateway=igw-1: 10.20.1.0/24 eni-fw";
    let app = "
        subnet open 10.20.3.0/24 table=rtb-pub
        eni A open 10.20.3.10 public=198.51.100.20 groups=sg-web
    ";
    rows(
        &[VPC, OPEN, SG_OPEN, app, edge, "table rtb-edge: 10.20.3.0/24 eni-fw"],
        &[
            ("203.0.113.9 -> @W:tcp/80", "allowed"),
            ("203.0.113.9 -> @A:tcp/80", "undecided: request unmodelled eni-fw unknown"),
        ],
    );
}

#[test]
fn a_table_that_could_not_be_read_is_undecided() {
    // S0.6: the lost route may be the longest match. Inside the VPC the local route stands.
    let app = "eni A app 10.20.1.10 groups=sg-web";
    rows(
        &[
            VPC,
            OPEN,
            SG_OPEN,
            app,
            "table rtb-db incomplete",
            "eni D db 10.20.2.10 public=198.51.100.30 groups=sg-web",
        ],
        &[
            ("D -> 203.0.113.9:tcp/443", "undecided: request route rtb-db unknown"),
            ("D -> A:tcp/443", "allowed"),
        ],
    );
}

const NAT: &str = "eni N pub 10.20.0.30 public=198.51.100.30 type=nat";

#[test]
fn t60_a_nat_gateway_takes_nothing_unsolicited() {
    rows(
        &[VPC, OPEN, SG_OPEN, NAT],
        &[
            ("203.0.113.9 -> @N:tcp/443", "blocked: request host N unsolicited"),
            // S12.7: not even from its own subnet, echo included.
            ("W -> N:tcp/443", "blocked: request host N unsolicited"),
            ("W -> N:icmp/8/0", "blocked: request host N unsolicited"),
        ],
    );
}

/// S3.22, S3.23: an answer that the table sends to a NAT gateway belongs to no flow that the gateway opened.
#[test]
fn s3_22_answers_do_not_leave_by_a_nat_gateway() {
    let network = "sg sg-app in: all 0.0.0.0/0
        eni A app 10.20.1.10 groups=sg-app";
    rows(
        &[VPC, OPEN, NAT, network],
        &[("10.99.0.1 -> A:tcp/443", "blocked: reply route rtb-app leaves elsewhere")],
    );
}

/// S0.6: an edge table of which a route could not be read may send anything through an appliance.
#[test]
fn s3_39_an_edge_table_that_could_not_be_read_is_undecided() {
    let edge = |words: &str| format!("table rtb-edge gateway=igw-1 {words}");
    rows(&[VPC, OPEN, SG_OPEN, &edge("")], &[("203.0.113.9 -> @W:tcp/80", "allowed")]);
    let lost = edge("nolocal incomplete");
    rows(
        &[VPC, OPEN, SG_OPEN, &lost],
        &[("203.0.113.9 -> @W:tcp/80", "undecided: request unmodelled rtb-edge unknown")],
    );
}
