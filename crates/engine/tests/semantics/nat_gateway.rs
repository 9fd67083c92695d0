//! What a flow through a NAT gateway crosses: S3.24, S2.22, T61. No measured row turns on UDP or partial client ports
//! (S12): these tests carry them.

use model::InterfaceType;
use space::Field;

use crate::common::{ask, check, rows, share};

/// A in `app`, which is routed to a NAT gateway in `pub`; W beside the gateway. Lists get their entries elsewhere.
pub(crate) const NAT: &str = "
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

pub(crate) const PUBLIC: &str = "nat nat-1 pub 10.20.0.30 public=198.51.100.30";

pub(crate) const OPEN_PUB: &str = "
    acl acl-pub in: 100 allow all 0.0.0.0/0
    acl acl-pub out: 100 allow all 0.0.0.0/0
";

pub(crate) const OPEN_APP: &str = "
    acl acl-app in: 100 allow all 0.0.0.0/0
    acl acl-app out: 100 allow all 0.0.0.0/0
";

pub(crate) const WEB: &str = "A -> 203.0.113.9:tcp/443";

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

/// Emulators describe the interfaces of NAT gateways and endpoints as ordinary ones with the VPC's default group. What
/// the gateway and the endpoint say of them is the truth.
#[test]
fn interfaces_are_what_their_owners_say() {
    let mut snapshot = testkit::snapshot(&["
        vpc vpc-1 10.20.0.0/16
        subnet pub 10.20.0.0/24
        nat nat-1 pub 10.20.0.30 public=198.51.100.30
        endpoint vpce-1 service=com.amazonaws.eu-west-1.ssm interface enis=E groups=sg-1
        eni E pub 10.20.0.9 groups=sg-1
        eni F pub 10.20.0.10 groups=sg-0
    "]);
    for interface in snapshot.network_interfaces.values_mut() {
        interface.interface_type = InterfaceType::Interface;
        interface.groups = vec!["sg-0".into()];
    }
    let resolved = model::Resolved::new(snapshot);
    let interface = |id: &str| resolved.snapshot.network_interfaces.get(id).unwrap();
    assert_eq!(interface("eni-nat-1").interface_type, InterfaceType::NatGateway);
    assert!(interface("eni-nat-1").groups.is_empty());
    assert_eq!(interface("E").interface_type, InterfaceType::VpcEndpoint);
    assert_eq!(interface("E").groups, ["sg-1"]);
    assert_eq!(interface("F").interface_type, InterfaceType::Interface);
    assert_eq!(interface("F").groups, ["sg-0"]);
}
