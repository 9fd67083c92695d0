//! Interface endpoints: of services behind Network Load Balancers (S4.10, T83) and of AWS's own (S12.8).

use engine::Verdict;
use space::Field;

use crate::common::{ask, check, rows, tracking};

/// The provider's load balancer with its node N and target T in vpc-1; the client C and the endpoint's interface E in
/// two subnets of vpc-2. The VPCs have the same block, and nothing else connects them.
const LINK: &str = "
    vpc vpc-1 10.20.0.0/16
    subnet q 10.20.0.0/24 acl=acl-q az=a
    subnet p 10.20.1.0/24 acl=acl-p az=a
    lb lb-n network internal subnets=q groups=sg-n ENFORCE
    listener l-443 lb-n tcp 443 tg-1
    tg tg-1 tcp 8443 instance: i-t
    service vpce-svc-1 com.amazonaws.vpce.eu-west-1.vpce-svc-1 lb-n
    eni N q 10.20.0.20 elb=lb-n groups=sg-n
    eni T p 10.20.1.10 instance=i-t groups=sg-t
    instance i-t
    acl acl-q in: 100 allow all 10.20.0.0/16
    acl acl-q out: 100 allow all 10.20.0.0/16
    acl acl-p in: 100 allow all 10.20.0.0/16
    acl acl-p out: 100 allow all 10.20.0.0/16
    sg sg-n out: tcp 8443 sg-t
    sg sg-t in: tcp 8443 sg-n
    vpc vpc-2 10.20.0.0/16
    subnet e 10.20.5.0/24 acl=acl-e az=a
    subnet c 10.20.6.0/24 acl=acl-c az=a
    endpoint vpce-1 service=com.amazonaws.vpce.eu-west-1.vpce-svc-1 interface enis=E groups=sg-e
    eni E e 10.20.5.9 groups=sg-e
    eni C c 10.20.6.7 groups=sg-c
    sg sg-c out: all 0.0.0.0/0
    sg sg-e in: tcp 443 sg-c | tcp 80 sg-c | icmp sg-c
";

/// What the client's side needs.
const LISTS: [&str; 4] = [
    "acl acl-c out: 100 allow tcp 443 10.20.5.0/24",
    "acl acl-e in: 100 allow tcp 443 10.20.6.0/24",
    "acl acl-e out: 100 allow tcp 1024-65535 10.20.6.0/24",
    "acl acl-c in: 100 allow tcp 1024-65535 10.20.5.0/24",
];

const C: &str = "C -> E:tcp/443";

fn link(enforce: &str, rules: &str) -> String {
    [&LINK.replace("ENFORCE", enforce), rules, &LISTS.join("\n")].join("\n")
}

#[test]
fn t83_groups_are_enforced_unless_turned_off() {
    check(&testkit::network(&[&link("enforce=off", "")]), C, "allowed");
    for on in ["", "enforce=on"] {
        check(&testkit::network(&[&link(on, "")]), C, "blocked: request sg-in N none");
    }
}

/// S4.10: it is the client's private address that is judged, not the endpoint's, at the listener's port.
#[test]
fn s4_10_the_clients_own_address_is_judged() {
    for (rule, expected) in [
        ("tcp 443 10.20.6.7/32", "allowed"),
        ("tcp 443 10.20.5.9/32", "blocked: request sg-in N none"),
        ("tcp 443 10.20.5.0/24", "blocked: request sg-in N none"),
        ("tcp 8443 10.20.6.7/32", "blocked: request sg-in N none"),
        ("tcp 443 sg-c", "blocked: request sg-in N none"),
    ] {
        check(&testkit::network(&[&link("", &format!("sg sg-n in: {rule}"))]), C, expected);
    }
}

/// S4.10: turning it off leaves the outbound rules as they are.
#[test]
fn s4_10_outbound_rules_hold_either_way() {
    let narrow = link("enforce=off", "").replace("sg sg-n out: tcp 8443 sg-t", "sg sg-n out: tcp 443 sg-t");
    check(&testkit::network(&[&narrow]), C, "blocked: request sg-out N none");
}

/// S4.6: never the client's address, whatever the target group says; the endpoint's neither.
#[test]
fn s4_06_targets_see_the_node() {
    for attribute in ["", "preserve=on", "preserve=off"] {
        for (block, expected) in [
            ("10.20.0.20/32", "allowed"),
            ("10.20.6.7/32", "blocked: request sg-in T none"),
            ("10.20.5.9/32", "blocked: request sg-in T none"),
        ] {
            let network = link("enforce=off", "")
                .replace("tcp 8443 instance", &format!("tcp 8443 instance {attribute}"))
                .replace("sg sg-t in: tcp 8443 sg-n", &format!("sg sg-t in: tcp 8443 {block}"));
            check(&testkit::network(&[&network]), C, expected);
        }
    }
}

/// S0.5: there and back past the lists of the client's and the endpoint's subnets, and the endpoint's group.
#[test]
fn s4_10_each_gate_on_the_clients_side() {
    let network = LINK.replace("ENFORCE", "enforce=off");
    let places =
        ["request nacl-out acl-c", "request nacl-in acl-e", "reply nacl-out acl-e", "reply nacl-in acl-c"];
    for (missing, place) in places.iter().enumerate() {
        let mut lists = LISTS.to_vec();
        lists.remove(missing);
        lists.push(&network);
        // A list without any rule has its final deny.
        check(&testkit::network(&lists), C, &format!("blocked: {place} *"));
    }
    let refused = link("enforce=off", "").replace("sg sg-e in: tcp 443 sg-c |", "sg sg-e in:");
    check(&testkit::network(&[&refused]), C, "blocked: request sg-in E none");
}

/// S12.2: the node's own ports on the provider's side, the client's on its own.
#[test]
fn s4_10_which_port_each_list_of_the_reply_judges() {
    let network = link("enforce=off", "");
    let provider = network.replace(
        "acl acl-p out: 100 allow all 10.20.0.0/16",
        "acl acl-p out: 100 allow tcp 1024-33279 10.20.0.20/32",
    );
    let network_of = |text: &str| testkit::network(&[text]);
    let provider = network_of(&provider);
    let mut answer = ask(&provider, C);
    assert_eq!(answer.line(), "partial 14116/28232: reply nacl-out acl-p *");
    assert_eq!(answer.works_on(Field::Relay), "0-32255");
    let client = network_of(
        &network
            .replace("acl acl-e out: 100 allow tcp 1024-65535", "acl acl-e out: 100 allow tcp 32768-46883"),
    );
    let mut answer = ask(&client, C);
    assert_eq!(answer.line(), "partial 14116/28232: reply nacl-out acl-e *");
    assert_eq!(answer.works_on(Field::Client), "32768-46883");
}

/// S12.3, S12.5 behind an endpoint as anywhere.
#[test]
fn s12_03_what_no_listener_takes_is_dropped() {
    let open = link("enforce=off", "")
        .replace("allow tcp 443 10.20", "allow all 10.20")
        .replace("allow tcp 1024-65535 10.20", "allow all 10.20");
    let no = "blocked: request lb lb-n no listener";
    rows(&[&open], &[(C, "allowed"), ("C -> E:tcp/80", no), ("C -> E:icmp/8/0", no)]);
    let none = open.replace("instance: i-t", "instance: i-t unused");
    check(&testkit::network(&[&none]), C, "blocked: request lb lb-n no target");
}

#[test]
fn s4_10_endpoints_of_which_something_is_missing() {
    // A service of another account: what is behind it, nobody knows.
    let foreign = link("enforce=off", "").replace("service vpce-svc-1 com", "service vpce-svc-1 org");
    check(&testkit::network(&[&foreign]), C, "undecided: request endpoint vpce-1 unknown");
    let elsewhere = link("enforce=off", "").replace("vpce-svc-1 lb-n", "vpce-svc-1 lb-other");
    check(&testkit::network(&[&elsewhere]), C, "undecided: request endpoint vpce-1 unknown");
    // S12.12: but what its group refuses, it refuses.
    let refused = foreign.replace("sg sg-e in: tcp 443 sg-c |", "sg sg-e in:");
    assert_eq!(ask(&testkit::network(&[&refused]), C).verdict(), Verdict::Blocked);
    let pending = link("enforce=off", "").replace("groups=sg-e\n    eni E", "groups=sg-e pending\n    eni E");
    check(&testkit::network(&[&pending]), C, "blocked: request endpoint vpce-1 not available");
}

/// S1.34: what passes an endpoint or a Network Load Balancer is tracked.
#[test]
fn s1_34_flows_through_an_endpoint_are_tracked() {
    let wide = link("enforce=off", "sg sg-c in: all 0.0.0.0/0")
        .replace("sg-e in: tcp 443 sg-c", "sg-e in: tcp 443 0.0.0.0/0");
    let network = testkit::network(&[&wide, "sg sg-e out: all 0.0.0.0/0"]);
    for interface in ["C", "E"] {
        assert_eq!(tracking(&network, C, interface), "tracked", "{interface}");
    }
}

/// S12.8: the port of the service and no other, nor echo, whatever the group admits.
#[test]
fn s12_08_endpoints_of_aws_answer_their_services_port() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        subnet a 10.20.1.0/24
        endpoint vpce-1 service=com.amazonaws.eu-west-1.ssm interface enis=E groups=sg-e
        eni E a 10.20.1.9 groups=sg-e
        eni C a 10.20.1.7 groups=sg-c
        sg sg-c out: all 0.0.0.0/0
        sg sg-e in: all 0.0.0.0/0
    ";
    let no = "blocked: request endpoint vpce-1 not answered";
    rows(
        &[network],
        &[
            ("C -> E:tcp/443", "allowed"),
            ("C -> E:tcp/80", no),
            ("C -> E:udp/443", no),
            ("C -> E:icmp/8/0", no),
            ("C -> E:tcp/443-444", "partial 28232/56464: request endpoint vpce-1 not answered"),
        ],
    );
}
