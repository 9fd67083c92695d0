//! Egress-only gateways, virtual private gateways, edge tables, endpoints, and what answers beyond the export: S3.29,
//! S3.35 to S3.39, S12.6, S12.8, S12.9, T66, T73. No measured row turns on IPv6, edge tables, egress-only gateways or
//! prefix lists (S12): these tests carry them.

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
    for (question, expected) in [
        (TO_VPN, "allowed"),
        ("A -> 192.168.5.5:tcp/22", "blocked: request sg-out A none"),
        ("192.168.5.5 -> A:tcp/443", "blocked: request sg-in A none"),
        // S3.38: no route, no way, in or out.
        ("A -> 172.16.0.1:tcp/443", "blocked: request sg-out A none, request route rtb-app no route"),
    ] {
        let mut answer = ask(&network, question);
        assert_eq!(answer.line().split(", ").next(), expected.split(", ").next(), "{question}");
    }
    for (broken, inward, outward) in [
        ("in: 90 deny tcp 22 192.168.0.0/16", "blocked: request nacl-in acl-app 90", "allowed"),
        ("out: 90 deny tcp 1024-65535 192.168.0.0/16", "blocked: reply nacl-out acl-app 90", "allowed"),
        ("out: 90 deny tcp 443 192.168.5.0/24", "allowed", "blocked: request nacl-out acl-app 90"),
        ("in: 90 deny tcp 32768-60999 192.168.5.0/24", "partial", "blocked: reply nacl-in acl-app 90"),
    ] {
        let network = testkit::network(&[VPN, OPEN, &format!("acl acl-app {broken}")]);
        if inward != "partial" {
            check(&network, FROM_VPN, inward);
        }
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

/// S3.36: an endpoint's interface is an end like others; S12.8: it answers its service's port and nothing else.
#[test]
fn s3_36_an_interface_endpoint() {
    let network = |group: &str| {
        format!(
            "
            vpc vpc-1 10.20.0.0/16
            subnet app 10.20.1.0/24 acl=acl-app
            subnet endpoints 10.20.4.0/24 acl=acl-e
            acl acl-app in: 100 allow all 0.0.0.0/0
            acl acl-app out: 100 allow all 0.0.0.0/0
            acl acl-e in: 100 allow all 0.0.0.0/0
            acl acl-e out: 100 allow all 0.0.0.0/0
            sg sg-web out: all 0.0.0.0/0
            eni W app 10.20.1.10 groups=sg-web
            endpoint vpce-1 service=com.amazonaws.eu-west-1.ssm interface enis=E groups=sg-e
            sg sg-e in: {group}
            eni E endpoints 10.20.4.9 groups=sg-e
            "
        )
    };
    // T73: the default group admits its own members.
    rows(&[&network("all sg-e")], &[("W -> E:tcp/443", "blocked: request sg-in E none")]);
    rows(
        &[&network("tcp 443 sg-web")],
        &[("W -> E:tcp/443", "allowed"), ("W -> E:tcp/80", "blocked: request sg-in E none")],
    );
    rows(
        &[&network("all 0.0.0.0/0")],
        &[
            ("W -> E:tcp/443", "allowed"),
            ("W -> E:tcp/80", "blocked: request endpoint vpce-1 not answered"),
            ("W -> E:udp/443", "blocked: request endpoint vpce-1 not answered"),
            ("W -> E:icmp/8/0", "blocked: request endpoint vpce-1 not answered"),
        ],
    );
    for (broken, blocker) in [
        ("acl-app out: 90 deny tcp 443 10.20.4.0/24", "request nacl-out acl-app 90"),
        ("acl-e in: 90 deny tcp 443 10.20.1.0/24", "request nacl-in acl-e 90"),
        ("acl-e out: 90 deny tcp 1024-65535 10.20.1.0/24", "reply nacl-out acl-e 90"),
        ("acl-app in: 90 deny tcp 1024-65535 10.20.4.0/24", "reply nacl-in acl-app 90"),
    ] {
        rows(
            &[&network("tcp 443 sg-web"), &format!("acl {broken}")],
            &[("W -> E:tcp/443", &format!("blocked: {blocker}"))],
        );
    }
}

/// S3.35: only the VPC's own hosts use a gateway endpoint; a list without the service's addresses leads nowhere.
#[test]
fn s3_35_no_peer_uses_a_gateway_endpoint() {
    let network = "
        peering pcx-1 vpc-1 vpc-2
        endpoint vpce-1 service=com.amazonaws.eu-west-1.s3
        pl pl-s3 name=com.amazonaws.eu-west-1.s3: 3.5.0.0/20
        vpc vpc-1 10.20.0.0/16
        table rtb-1 main: pl-s3 vpce-1 | 10.30.0.0/16 pcx-1
        subnet app 10.20.1.0/24
        sg sg-a out: tcp 443 pl-s3
        eni A app 10.20.1.10 groups=sg-a
        vpc vpc-2 10.30.0.0/16
        table rtb-2 main: pl-s3 pcx-1 | 10.20.0.0/16 pcx-1
        subnet b 10.30.1.0/24
        sg sg-b out: all 0.0.0.0/0
        eni B b 10.30.1.10 groups=sg-b
    ";
    rows(
        &[network],
        &[
            ("A -> 3.5.1.1:tcp/443", "allowed"),
            ("A -> 3.5.16.1:tcp/443", "blocked: request sg-out A none"),
            ("B -> 3.5.1.1:tcp/443", "blocked: request peering pcx-1 not transitive"),
        ],
    );
}

const BEYOND: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    vgw vgw-1
    vpn vpn-1 vgw-1 outside=198.51.100.200,198.51.100.201
    pl pl-s3 name=com.amazonaws.eu-west-1.s3: 3.5.0.0/20
    pl pl-own name=partners: 192.0.2.0/24
    table rtb-1 main: 0.0.0.0/0 igw-1
    subnet pub 10.20.0.0/24
    sg sg-web out: all 0.0.0.0/0
    eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
";

/// S12.6: what lies beyond the export answers, except what is known not to.
#[test]
fn s12_06_what_answers_beyond_the_export() {
    let silent = "blocked: request host not answered";
    rows(
        &[BEYOND],
        &[
            ("W -> 203.0.113.9:tcp/5432", "allowed"),
            ("W -> 203.0.113.9:udp/53", "allowed"),
            // AWS's ends of tunnels.
            ("W -> 198.51.100.200:tcp/443", silent),
            ("W -> 198.51.100.201:tcp/22", silent),
            ("W -> 198.51.100.200:icmp/8/0", "allowed"),
            ("W -> 198.51.100.202:tcp/443", "allowed"),
            // AWS's own prefix lists.
            ("W -> 3.5.1.1:tcp/443", "allowed"),
            ("W -> 3.5.1.1:tcp/80", "allowed"),
            ("W -> 3.5.1.1:icmp/8/0", "allowed"),
            ("W -> 3.5.1.1:tcp/22", silent),
            ("W -> 3.5.1.1:udp/443", silent),
            ("W -> 3.5.16.1:tcp/22", "allowed"),
            // A customer's list says nothing of the kind.
            ("W -> 192.0.2.1:tcp/22", "allowed"),
        ],
    );
}

/// S1.14: a list as a peer of rules matches its entries, in its own family; without entries nothing.
#[test]
fn s1_14_prefix_lists_as_peers() {
    let rule = BEYOND.replace("sg sg-web out: all 0.0.0.0/0", "sg sg-web out: tcp 443 pl-own");
    let question = "W -> 192.0.2.1:tcp/443";
    rows(
        &[&rule],
        &[
            (question, "allowed"),
            ("W -> 192.0.2.1:tcp/80", "blocked: request sg-out W none"),
            ("W -> 203.0.113.9:tcp/443", "blocked: request sg-out W none"),
        ],
    );
    let empty = rule.replace("name=partners: 192.0.2.0/24", "name=partners:");
    rows(&[&empty], &[(question, "blocked: request sg-out W none")]);
    let other = rule.replace("name=partners: 192.0.2.0/24", "name=partners: ::/0");
    rows(&[&other], &[(question, "blocked: request sg-out W none")]);
    let unknown = rule.replace("name=partners: 192.0.2.0/24", "name=partners unknown");
    rows(&[&unknown], &[(question, "undecided: request sg-out W unknown")]);
}
