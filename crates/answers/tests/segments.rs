//! Ways over devices that replace addresses and ports: where each segment begins, from where to where it leads, and
//! what becomes of each target's share.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

use answers::explain::{Explainer, Explanation, FlowLogRecord, Leg, Options, Pair};
use answers::question;
use engine::{Network, Verdict};

fn explain(network: &Network, question: &str) -> Explanation {
    let question = question::parse(question).unwrap();
    Explainer::new(network, None, Options::default()).explain(&question).unwrap()
}

fn pair(network: &Network, question: &str) -> Pair {
    explain(network, question).pairs.swap_remove(0)
}

/// A leg as lines: its ends, then its filters, with the head of each segment in front of the first gate of it.
fn shape(leg: &Leg) -> Vec<String> {
    let mut lines = vec![format!("{} => {}", leg.from, leg.to)];
    let heads = |lines: &mut Vec<String>, position| {
        for segment in leg.segments.iter().filter(|segment| segment.first_gate == position) {
            lines.push(format!("by {}: {} => {}", segment.by, segment.from, segment.to));
        }
    };
    for (position, gate) in leg.gates.iter().enumerate() {
        heads(&mut lines, position);
        if ["security-group", "network-acl"].contains(&gate.gate) {
            lines.push(format!("{} {}", gate.name, gate.direction.unwrap()));
        }
    }
    heads(&mut lines, leg.gates.len());
    lines
}

fn there_and_back(pair: &Pair) -> (Vec<String>, Vec<String>) {
    let [way] = pair.ways.as_slice() else { panic!("one way: {:?}", pair.ways) };
    let [reply] = way.replies.as_slice() else { panic!("one way back: {:?}", way.replies) };
    (shape(&way.request), shape(reply))
}

const NETWORK: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    table rtb-app: 0.0.0.0/0 nat-1
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub az=az1
    subnet app 10.20.1.0/24 table=rtb-app acl=acl-app az=az1
    nat nat-1 pub 10.20.0.30 public=198.51.100.30
    eni N pub 10.20.0.20 public=198.51.100.20 elb=lb-1 groups=sg-lb
    instance i-1
    eni A app 10.20.1.10 instance=i-1 groups=sg-app
    eni B app 10.20.1.11 groups=sg-app
    sg sg-lb in: tcp 443 0.0.0.0/0
    sg sg-lb out: all 0.0.0.0/0
    sg sg-app in: all 0.0.0.0/0
    sg sg-app out: all 0.0.0.0/0
    acl acl-pub in: 100 allow all 0.0.0.0/0
    acl acl-pub out: 100 allow all 0.0.0.0/0
    acl acl-app in: 100 allow all 0.0.0.0/0
    acl acl-app out: 100 allow all 0.0.0.0/0
";
const NLB: &str = "lb lb-1 network subnets=pub groups=sg-lb\nlistener l-1 lb-1 tcp 443 tg-1";
const ALB: &str = "lb lb-1 application subnets=pub groups=sg-lb\nlistener l-1 lb-1 tcp 443 tg-1";
const TARGET: &str = "tg tg-1 tcp 8443 instance: i-1";

/// The gateway's address from crossing 3 on, the client's again from crossing 5 (S3.24).
#[test]
fn s3_24_two_segments_there_and_back() {
    let network = testkit::network(&[NETWORK, ALB, TARGET]);
    let (there, back) = there_and_back(&pair(&network, "A -> 203.0.113.9:443"));
    assert_eq!(
        there,
        [
            "10.20.1.10:32768-60999 => 203.0.113.9:443",
            "sg-app out",
            "acl-app out",
            "acl-pub in",
            "by nat-1: 10.20.0.30:1024-65535 => 203.0.113.9:443",
            "acl-pub out",
        ]
    );
    assert_eq!(
        back,
        [
            "203.0.113.9:443 => 198.51.100.30:1024-65535",
            "acl-pub in",
            "by nat-1: 203.0.113.9:443 => 10.20.1.10:32768-60999",
            "acl-pub out",
            "acl-app in",
            "sg-app in",
        ]
    );
}

/// The answer is to the gateway's public address, and is delivered to its private one (S3.14, S3.21).
#[test]
fn s3_21_the_gateways_addresses_at_the_internet_gateway() {
    let network = testkit::network(&[NETWORK, ALB, TARGET]);
    let pair = pair(&network, "A -> 203.0.113.9:443");
    let way = pair.ways.first().unwrap();
    let reasons = |leg: &Leg| -> Vec<String> {
        let gates = leg.gates.iter().filter(|gate| gate.gate == "internet-gateway");
        gates.map(|gate| gate.reason.clone()).collect()
    };
    assert_eq!(reasons(&way.request), ["sent as 198.51.100.30"]);
    assert_eq!(reasons(way.replies.first().unwrap()), ["delivered to 10.20.0.30"]);
}

/// No port is shown where there is none.
#[test]
fn segments_of_echo_have_no_ports() {
    let network = testkit::network(&[NETWORK, ALB, TARGET]);
    let (there, back) = there_and_back(&pair(&network, "A -> 203.0.113.9:icmp/echo"));
    assert!(there.contains(&"by nat-1: 10.20.0.30 => 203.0.113.9".to_owned()), "{there:?}");
    assert!(back.contains(&"by nat-1: 203.0.113.9 => 10.20.1.10".to_owned()), "{back:?}");
}

/// The client's address and port stay, the destination and its port change (S4.6, S12.2).
#[test]
fn s12_2_a_network_load_balancer_that_keeps_the_client() {
    let network = testkit::network(&[NETWORK, NLB, TARGET]);
    let (there, back) = there_and_back(&pair(&network, "203.0.113.9 -> lb:lb-1:443"));
    assert_eq!(
        there,
        [
            "203.0.113.9:1024-65535 => 198.51.100.20:443",
            "acl-pub in",
            "sg-lb in",
            "by lb-1: 203.0.113.9:1024-65535 => 10.20.1.10:8443",
            "sg-lb out",
            "acl-pub out",
            "acl-app in",
            "sg-app in",
        ]
    );
    assert_eq!(
        back,
        [
            "10.20.1.10:8443 => 203.0.113.9:1024-65535",
            "sg-app out",
            "acl-app out",
            "acl-pub in",
            "sg-lb in",
            "by lb-1: 10.20.0.20:443 => 203.0.113.9:1024-65535",
            "sg-lb out",
            "acl-pub out",
        ]
    );
}

/// Two connections: the second is the node's (S4.2).
#[test]
fn s4_2_an_application_load_balancer() {
    let network = testkit::network(&[NETWORK, ALB, TARGET]);
    let (there, back) = there_and_back(&pair(&network, "203.0.113.9 -> lb:lb-1:443"));
    assert_eq!(
        there,
        [
            "203.0.113.9:1024-65535 => 198.51.100.20:443",
            "acl-pub in",
            "sg-lb in",
            "by lb-1: 10.20.0.20:1024-65535 => 10.20.1.10:8443",
            "sg-lb out",
            "acl-pub out",
            "acl-app in",
            "sg-app in",
        ]
    );
    assert_eq!(
        back,
        [
            "10.20.1.10:8443 => 10.20.0.20:1024-65535",
            "sg-app out",
            "acl-app out",
            "acl-pub in",
            "sg-lb in",
            "by lb-1: 10.20.0.20:443 => 203.0.113.9:1024-65535",
            "sg-lb out",
            "acl-pub out",
        ]
    );
}

/// Out by a NAT gateway and in again by a load balancer: each puts its own address in place.
#[test]
fn three_segments_over_two_devices() {
    let network = testkit::network(&[NETWORK, ALB, TARGET]);
    let answer = pair(&network, "B -> lb:lb-1:443");
    assert_eq!(answer.verdict, Verdict::Allowed, "{answer:?}");
    let (there, back) = there_and_back(&answer);
    let heads = |lines: &[String]| -> Vec<String> {
        lines.iter().filter(|line| line.contains("=>")).cloned().collect()
    };
    assert_eq!(
        heads(&there),
        [
            "10.20.1.11:32768-60999 => 198.51.100.20:443",
            "by nat-1: 10.20.0.30:1024-65535 => 198.51.100.20:443",
            "by lb-1: 10.20.0.20:1024-65535 => 10.20.1.10:8443",
        ]
    );
    assert_eq!(heads(&back)[0], "10.20.1.10:8443 => 10.20.0.20:1024-65535");
    assert_eq!(heads(&back)[2], "by nat-1: 198.51.100.20:443 => 10.20.1.11:32768-60999");
}

/// A node that no interface of the export is has a name and no address.
#[test]
fn stand_in_nodes_have_no_address() {
    let without = NETWORK.replace("eni N pub 10.20.0.20 public=198.51.100.20 elb=lb-1 groups=sg-lb", "");
    let network = testkit::network(&[&without, ALB, TARGET]);
    let answer = pair(&network, "203.0.113.9 -> lb:lb-1:443");
    assert_eq!(answer.server.addresses, ["some address in 10.20.0.0/24"]);
    let (there, back) = there_and_back(&answer);
    assert_eq!(there[0], "203.0.113.9:1024-65535 => lb-1 in pub:443");
    assert!(there.contains(&"by lb-1: lb-1 in pub:1024-65535 => 10.20.1.10:8443".to_owned()), "{there:?}");
    assert_eq!(back[0], "10.20.1.10:8443 => lb-1 in pub:1024-65535");
}

/// What no device replaces has one segment: the leg itself (S3.31).
#[test]
fn transit_gateways_begin_no_segment() {
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        table rtb-app: 10.30.0.0/16 tgw-1
        subnet app 10.20.1.0/24 table=rtb-app az=az1
        eni A app 10.20.1.10 groups=sg-app
        sg sg-app out: all 0.0.0.0/0
        vpc vpc-2 10.30.0.0/16
        table rtb-db: 10.20.0.0/16 tgw-1
        subnet db 10.30.1.0/24 table=rtb-db az=az1
        eni D db 10.30.1.10 groups=sg-db
        sg sg-db in: all 0.0.0.0/0
        tgw tgw-1
        attachment at-a tgw-1 vpc-1 subnets=app
        attachment at-b tgw-1 vpc-2 subnets=db
        tgwtable hub tgw-1 all assoc=at-a,at-b propagate=at-a,at-b: 10.20.0.0/16 at-a propagated | 10.30.0.0/16 at-b propagated
    "]);
    let answer = pair(&network, "A -> D:5432");
    let [way] = answer.ways.as_slice() else { panic!("{answer:?}") };
    assert!(way.request.segments.is_empty() && way.replies.iter().all(|reply| reply.segments.is_empty()));
    let gates: Vec<_> = way.request.gates.iter().map(|gate| gate.gate).collect();
    assert!(
        gates.contains(&"transit-gateway-attachment") && gates.contains(&"transit-gateway-route"),
        "{gates:?}"
    );
}

const THREE: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    subnet pub 10.20.0.0/24 table=rtb-pub az=az1
    subnet app-a 10.20.1.0/24 az=az1
    subnet app-b 10.20.2.0/24 az=az2 acl=acl-b
    acl acl-b in: 100 allow tcp 22 0.0.0.0/0
    acl acl-b out: 100 allow all 0.0.0.0/0
    instance i-1
    instance i-2
    instance i-3
    eni A app-a 10.20.1.10 instance=i-1 groups=sg-app
    eni B app-a 10.20.1.11 instance=i-2 groups=sg-app
    eni C app-b 10.20.2.10 instance=i-3 groups=sg-app
    sg sg-lb in: tcp 443 0.0.0.0/0
    sg sg-lb out: all 0.0.0.0/0
    sg sg-app in: all 0.0.0.0/0
    sg sg-app out: all 0.0.0.0/0
    listener l-1 lb-1 tcp 443 tg-1
    tg tg-1 tcp 8443 instance: i-1 | i-2 port=9443 | i-3
";

fn outcomes(pair: &Pair) -> Vec<(&str, &str, Verdict)> {
    let zone = |target: &answers::explain::TargetOutcome| target.zone.clone().unwrap_or_default();
    let mut all: Vec<_> =
        pair.targets.iter().map(|target| (target.target.as_str(), target.verdict)).collect();
    all.sort_by_key(|(target, _)| *target);
    let zone_of = |name: &str| pair.targets.iter().find(|target| target.target == name).map(zone).unwrap();
    all.into_iter()
        .map(|(target, verdict)| (target, if zone_of(target) == "az1" { "az1" } else { "az2" }, verdict))
        .collect()
}

/// Each target has its share, its zone, and the gate that stops it.
#[test]
fn shares_by_target() {
    let node = "
        lb lb-1 application subnets=pub groups=sg-lb cross-zone=on
        eni N pub 10.20.0.20 public=198.51.100.20 elb=lb-1 groups=sg-lb";
    // Targets of zones that are not enabled get nothing (S4.13); both are here.
    let network = testkit::network(&[&THREE.replace("az=az2", "az=az1"), node]);
    let answer = explain(&network, "203.0.113.9 -> lb:lb-1:443");
    assert_eq!(answer.verdict, Verdict::Partial);
    assert!((answer.share - 2.0 / 3.0).abs() < 1e-9, "{}", answer.share);
    let pair = answer.pairs.first().unwrap();
    assert_eq!(
        outcomes(pair),
        [
            ("i-1:8443", "az1", Verdict::Allowed),
            ("i-2:9443", "az1", Verdict::Allowed),
            ("i-3:8443", "az1", Verdict::Blocked),
        ]
    );
    let causes: Vec<_> = pair.targets.iter().map(|target| target.cause.as_str()).collect();
    let [stopped] = causes.iter().filter(|cause| !cause.is_empty()).copied().collect::<Vec<_>>()[..] else {
        panic!("{causes:?}")
    };
    assert!(stopped.starts_with("acl-b in: "), "{stopped}");
}

/// S4.13: each node hands to its own zone, unless cross-zone is on; off is the default of a Network Load Balancer.
#[test]
fn s4_13_each_node_with_the_targets_of_its_zone() {
    let nodes = "
        subnet pub-b 10.20.3.0/24 table=rtb-pub az=az2
        lb lb-1 network subnets=pub,pub-b groups=sg-lb
        eni N pub 10.20.0.20 public=198.51.100.20 elb=lb-1 groups=sg-lb
        eni M pub-b 10.20.3.20 public=198.51.100.21 elb=lb-1 groups=sg-lb";
    let network = testkit::network(&[THREE, nodes]);
    let answer = explain(&network, "203.0.113.9 -> lb:lb-1:443");
    assert_eq!(answer.verdict, Verdict::Partial);
    assert!((answer.share - 0.5).abs() < 1e-9, "{}", answer.share);
    let of = |subnet: &str| {
        answer.pairs.iter().find(|pair| pair.server.subnet.as_deref() == Some(subnet)).unwrap()
    };
    assert_eq!(of("pub").verdict, Verdict::Allowed);
    assert_eq!(
        outcomes(of("pub")),
        [("i-1:8443", "az1", Verdict::Allowed), ("i-2:9443", "az1", Verdict::Allowed)]
    );
    assert_eq!(of("pub-b").verdict, Verdict::Blocked);
    assert_eq!(outcomes(of("pub-b")), [("i-3:8443", "az2", Verdict::Blocked)]);
}

/// S12.4: of three targets the one that asks.
#[test]
fn s12_4_the_client_among_the_targets() {
    let node = "
        lb lb-1 network internal subnets=pub groups=sg-lb cross-zone=on
        eni N pub 10.20.0.20 elb=lb-1 groups=sg-lb";
    let text =
        THREE.replace("100 allow tcp 22 0.0.0.0/0", "100 allow all 0.0.0.0/0").replace("az=az2", "az=az1");
    let network = testkit::network(&[&text, node]);
    let answer = explain(&network, "A -> lb:lb-1:443");
    assert_eq!(answer.verdict, Verdict::Partial);
    assert!((answer.share - 2.0 / 3.0).abs() < 1e-9, "{}", answer.share);
    let pair = answer.pairs.first().unwrap();
    let itself = pair.targets.iter().find(|target| target.verdict == Verdict::Blocked).unwrap();
    assert_eq!(itself.target, "i-1:8443");
    assert!(itself.cause.contains("the client is its own target"), "{}", itself.cause);
    // Not if it gets the node's address.
    let network = testkit::network(&[&text.replace("instance: i-1", "instance preserve=off: i-1"), node]);
    assert_eq!(explain(&network, "A -> lb:lb-1:443").verdict, Verdict::Allowed);
}

/// S7.7, S7.8, S4.2: a record at the node and at the target for each of the two connections, as far as packets get.
#[test]
fn flow_log_records_on_both_sides_of_a_node() {
    let records = |balancer: &str, broken: &str| -> Vec<String> {
        let text = NETWORK.replace(broken, &broken.replace("100 allow", "100 deny"));
        let pair = pair(&testkit::network(&[&text, balancer, TARGET]), "203.0.113.9 -> lb:lb-1:443");
        let text = |record: &FlowLogRecord| format!("{} {} {}", record.at, record.direction, record.action);
        pair.flow_log.iter().map(text).collect()
    };
    let there = ["lb-1 in pub ingress ACCEPT", "lb-1 in pub egress ACCEPT", "A ingress ACCEPT"];
    let back = ["A egress ACCEPT", "lb-1 in pub ingress ACCEPT", "lb-1 in pub egress ACCEPT"];
    for balancer in [NLB, ALB] {
        let list = |name: &str| format!("acl {name}: 100 allow all 0.0.0.0/0");
        assert_eq!(records(balancer, "nothing"), [there, back].concat());
        assert_eq!(records(balancer, &list("acl-pub in")), ["lb-1 in pub ingress REJECT"]);
        assert_eq!(records(balancer, &list("acl-app in")), [there[0], there[1], "A ingress REJECT"]);
        assert_eq!(records(balancer, &list("acl-app out")), [&there[..], &["A egress REJECT"]].concat());
    }
}
