//! Whose packets a gateway carries, and whose answers: S3.14, S3.15, S3.17, S3.29, S3.30, S3.35, S12.12. Each of these
//! was found by an encoding of the specification that shares nothing with the engine (`tools/z3_matrix.py`).

use crate::common::{OPEN, SG_OPEN, VPC, ask, check, rows};

/// A in `app` of vpc-1, with a NAT gateway in `pub`; all that is not local goes over a transit gateway to vpc-2, which has
/// an internet gateway and a gateway endpoint.
const SPOKE: &str = "
    tgw tgw-1
    attachment a1 tgw-1 vpc-1 subnets=app
    attachment a2 tgw-1 vpc-2 subnets=hub
    tgwtable rtb-tgw tgw-1 static assoc=a1,a2 propagate=a1,a2: 0.0.0.0/0 a2
    pl pl-s3 name=com.amazonaws.eu-west-1.s3: 3.5.0.0/20
    sg sg-a in: all 0.0.0.0/0
    sg sg-a out: all 0.0.0.0/0
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 tgw-1
    table rtb-app: 0.0.0.0/0 tgw-1
    subnet pub 10.20.0.0/24 az=z1 table=rtb-pub
    subnet app 10.20.1.0/24 az=z1 table=rtb-app
    eni A app 10.20.1.10 public=198.51.100.10 groups=sg-a
    nat nat-1 pub 10.20.0.30 public=198.51.100.30
    vpc vpc-2 10.30.0.0/16
    igw igw-2
    endpoint vpce-1 service=com.amazonaws.eu-west-1.s3
    table rtb-hub: 0.0.0.0/0 igw-2 | 10.20.0.0/16 tgw-1 | pl-s3 vpce-1
    subnet hub 10.30.0.0/24 az=z1 table=rtb-hub
    eni B hub 10.30.0.10 groups=sg-a
";

/// S3.35: same-VPC clients only, also where a transit gateway brings them to the route.
#[test]
fn s3_35_a_gateway_endpoint_serves_no_other_vpc() {
    rows(
        &[SPOKE],
        &[
            ("A -> 3.5.0.9:tcp/443", "blocked: request endpoint vpce-1 not transitive"),
            ("B -> 3.5.0.9:tcp/443", "allowed"),
        ],
    );
}

/// S3.15, S3.35: nobody comes in by a gateway endpoint, so that no answer leaves by one.
#[test]
fn s3_35_no_answer_leaves_by_a_gateway_endpoint() {
    let endpoint = "
        pl pl-s3 name=com.amazonaws.eu-west-1.s3: 3.5.0.0/20
        endpoint vpce-1 service=com.amazonaws.eu-west-1.s3
        table rtb-pub: pl-s3 vpce-1
    ";
    rows(
        &[VPC, OPEN, SG_OPEN, endpoint],
        &[
            ("3.5.0.9 -> @W:tcp/80", "blocked: reply route rtb-pub leaves elsewhere"),
            ("203.0.113.9 -> @W:tcp/80", "allowed"),
            ("W -> 3.5.0.9:tcp/443", "allowed"),
        ],
    );
}

/// S3.14, S3.17: a NAT gateway has its Elastic address at the internet gateway of its own VPC.
#[test]
fn s3_17_an_internet_gateway_serves_no_other_vpcs_nat_gateway() {
    let nat = SPOKE.replace("table rtb-app: 0.0.0.0/0 tgw-1", "table rtb-app: 0.0.0.0/0 nat-1");
    let web = "A -> 203.0.113.9:tcp/443";
    rows(&[&nat], &[(web, "blocked: request igw-out not transitive")]);
    let own = nat.replace("table rtb-pub: 0.0.0.0/0 tgw-1", "table rtb-pub: 0.0.0.0/0 igw-1");
    rows(&[&own], &[(web, "allowed")]);
}

/// S3.14, S3.28: nor has an instance, so that an appliance beside the other gateway has to translate for it.
#[test]
fn s3_28_an_appliance_translates_for_an_address_that_is_public_elsewhere() {
    let appliance = "
        table rtb-hub: 0.0.0.0/0 eni-nat
        table rtb-out: 0.0.0.0/0 igw-2 | 10.20.0.0/16 tgw-1
        subnet out 10.30.1.0/24 az=z1 table=rtb-out
        eni eni-nat out 10.30.1.40 public=198.51.100.40 groups=sg-a forwards
    ";
    let network = SPOKE.replace("table rtb-hub: 0.0.0.0/0 igw-2 |", "table rtb-hub:");
    rows(&[&network, appliance], &[("A -> 203.0.113.9:tcp/443", "allowed")]);
}

/// S3.40, S3.41: what has a public address at the gateway keeps its own past an appliance, a NAT gateway too. Its answer
/// then comes to that address, and not to the appliance.
#[test]
fn s3_40_an_appliance_does_not_translate_what_has_a_public_address() {
    let appliance = |route: &str| {
        format!(
            "
            vpc vpc-1 10.20.0.0/16
            igw igw-1
            table rtb-fw: 0.0.0.0/0 igw-1
            table rtb-pub: 0.0.0.0/0 eni-fw
            table rtb-app: 0.0.0.0/0 {route}
            subnet fw 10.20.9.0/24 table=rtb-fw
            subnet pub 10.20.0.0/24 table=rtb-pub
            subnet app 10.20.1.0/24 table=rtb-app
            sg sg-a in: all 0.0.0.0/0
            sg sg-a out: all 0.0.0.0/0
            eni A app 10.20.1.10 public=198.51.100.10 groups=sg-a
            eni eni-fw fw 10.20.9.40 public=198.51.100.40 groups=sg-a forwards
            nat nat-1 pub 10.20.0.30 public=198.51.100.30
            "
        )
    };
    let broken = "blocked: reply appliance eni-fw asymmetric";
    for route in ["nat-1", "eni-fw"] {
        rows(&[&appliance(route)], &[("A -> 203.0.113.9:tcp/443", broken)]);
    }
}

/// A in vpc-1 behind an egress-only gateway, B in vpc-2 behind an internet gateway.
const EGRESS: &str = "
    sg sg-a in: all ::/0
    sg sg-a out: all ::/0
    vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
    eigw eigw-1
    table rtb-1: ::/0 eigw-1
    subnet a 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-1
    eni A a 10.20.1.10 2001:db8:20:1::10 groups=sg-a
    vpc vpc-2 10.30.0.0/16 2001:db8:30::/56
    igw igw-2
    table rtb-2: ::/0 igw-2
    subnet b 10.30.1.0/24 2001:db8:30:1::/64 table=rtb-2
    eni B b 10.30.1.10 2001:db8:30:1::10 groups=sg-a
";

/// S3.29: it keeps state, so that the answer comes back by it, whatever other gateway its VPC has or lacks.
#[test]
fn s3_29_the_answer_comes_back_by_the_egress_only_gateway() {
    for gateway in ["eigw eigw-1", "eigw eigw-1\n igw igw-1"] {
        let network = testkit::network(&[&EGRESS.replace("eigw eigw-1\n", &format!("{gateway}\n"))]);
        let q = "A -> B.6:tcp/443";
        check(&network, q, "allowed");
        let gates = ask(&network, q).gates();
        assert!(gates.contains(&"reply igw-out".into()) && gates.contains(&"reply eigw eigw-1".into()));
        assert!(!gates.contains(&"reply igw-in".into()), "{gates:?}");
        assert_eq!(ask(&network, "B -> A.6:tcp/443").verdict(), engine::Verdict::Blocked);
    }
}

/// S3.15 speaks of translation, and IPv6 is not translated: an answer between two VPCs may leave by the internet gateway
/// though the request came over peering.
#[test]
fn s3_15_an_ipv6_answer_may_leave_by_an_internet_gateway() {
    let peered = EGRESS
        .replace("eigw eigw-1", "igw igw-1")
        .replace("::/0 eigw-1", "::/0 igw-1 | 2001:db8:30::/56 pcx-1");
    let network = testkit::network(&["peering pcx-1 vpc-1 vpc-2", &peered]);
    check(&network, "A -> B.6:tcp/443", "allowed");
    assert!(ask(&network, "A -> B.6:tcp/443").gates().contains(&"reply igw-in".into()));
}

/// The same the other way round: over peering, though the request came by the internet gateway. Found by the lab, where the
/// kernel delivers it.
#[test]
fn s3_15_an_ipv6_answer_may_leave_over_peering() {
    let peered = EGRESS
        .replace("eigw eigw-1", "igw igw-1")
        .replace("::/0 eigw-1", "::/0 igw-1")
        .replace("::/0 igw-2", "::/0 igw-2 | 2001:db8:20::/56 pcx-1");
    let network = testkit::network(&["peering pcx-1 vpc-1 vpc-2", &peered]);
    check(&network, "A -> B.6:tcp/443", "allowed");
    assert!(ask(&network, "A -> B.6:tcp/443").gates().contains(&"reply peering pcx-1".into()));
    let attached = EGRESS
        .replace("eigw eigw-1", "igw igw-1")
        .replace("::/0 eigw-1", "::/0 igw-1")
        .replace("::/0 igw-2", "::/0 igw-2 | 2001:db8:20::/56 tgw-1");
    let gateway = "
        tgw tgw-1
        attachment a1 tgw-1 vpc-1 subnets=a
        attachment a2 tgw-1 vpc-2 subnets=b
        tgwtable rtb-tgw tgw-1 static assoc=a1,a2: 2001:db8:20::/56 a1";
    let network = testkit::network(&[&attached, gateway]);
    check(&network, "A -> B.6:tcp/443", "allowed");
    assert!(!ask(&network, "A -> B.6:tcp/443").gates().contains(&"reply igw-out".into()));
}

/// S3.14: an answer from somebody of the export to a NAT gateway's public address comes in by the internet gateway, as one
/// from beyond does.
#[test]
fn s3_14_an_answer_to_a_nat_gateway_comes_in_by_the_internet_gateway() {
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-pub: 0.0.0.0/0 igw-1
        table rtb-app: 0.0.0.0/0 nat-1
        subnet pub 10.20.0.0/24 table=rtb-pub
        subnet app 10.20.1.0/24 table=rtb-app
        sg sg-a in: all 0.0.0.0/0
        sg sg-a out: all 0.0.0.0/0
        eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-a
        eni A app 10.20.1.10 groups=sg-a
        nat nat-1 pub 10.20.0.30 public=198.51.100.30
    "]);
    check(&network, "A -> @W:tcp/443", "allowed");
    let gates = ask(&network, "A -> @W:tcp/443").gates();
    assert!(gates.contains(&"reply igw-out".into()) && gates.contains(&"reply igw-in".into()), "{gates:?}");
}

/// S3.30: whoever is not in the other VPC comes by no peering connection, whatever the routes say.
#[test]
fn s3_30_a_peering_connection_brings_only_the_other_vpcs_addresses() {
    let peered = "
        peering pcx-1 vpc-1 vpc-2
        peering pcx-9 vpc-1 vpc-9 10.90.0.0/16
        vpc vpc-2 10.30.0.0/16
        vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
        igw igw-1
        table rtb-1: 0.0.0.0/0 pcx-1 | ::/0 pcx-1 | 10.90.0.0/16 pcx-9
        subnet a 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-1
        sg sg-a in: all 0.0.0.0/0 | all ::/0
        sg sg-a out: all 0.0.0.0/0 | all ::/0
        eni A a 10.20.1.10 2001:db8:20:1::10 groups=sg-a
    ";
    let network = testkit::network(&[peered]);
    for (question, expected) in [
        ("203.0.113.9 -> A:tcp/443", "igw-in no public address"),
        ("2001:db8::9 -> A:tcp/443", "reply route rtb-1 leaves elsewhere"),
        ("192.168.5.5 -> A:tcp/443", "request peering pcx-1 not transitive"),
        ("10.30.1.99 -> A:tcp/443", "request host not held"),
    ] {
        let mut answer = ask(&network, question);
        assert_eq!(answer.verdict(), engine::Verdict::Blocked, "{question}");
        let blockers = answer.blockers(true);
        assert!(blockers.iter().any(|blocker| blocker.contains(expected)), "{question}: {blockers:?}");
    }
    // Of a VPC that the export lacks nobody knows who has its addresses.
    assert_eq!(ask(&network, "10.90.1.1 -> A:tcp/443").verdict(), engine::Verdict::Undecided);
}

/// S12.8, S12.12: what its service does not answer, an interface endpoint answers nobody.
#[test]
fn s12_12_behind_an_unknown_stretch_an_endpoint_answers_its_service_only() {
    let unknown = "
        vpc vpc-1 10.20.0.0/16
        table rtb-1: 10.20.4.0/24 eni-gone
        subnet a 10.20.1.0/24 table=rtb-1
        subnet e 10.20.4.0/24
        sg sg-a in: all 0.0.0.0/0
        sg sg-a out: all 0.0.0.0/0
        endpoint vpce-1 service=com.amazonaws.eu-west-1.ssm interface enis=E groups=sg-a
        eni A a 10.20.1.10 groups=sg-a
        eni E e 10.20.4.9 groups=sg-a
    ";
    let unmodelled = "request unmodelled eni-gone unknown";
    let silent = format!("blocked: {unmodelled}, request endpoint vpce-1 not answered");
    rows(
        &[unknown],
        &[
            ("A -> E:tcp/443", &format!("undecided: {unmodelled}")),
            ("A -> E:tcp/80", &silent),
            ("A -> E:icmp/8/0", &silent),
        ],
    );
}

/// S12.8: the port that a target is sent to is the one that the service is asked on.
#[test]
fn s12_08_an_endpoint_as_a_target_is_asked_on_the_targets_port() {
    let balanced = "
        vpc vpc-1 10.20.0.0/16
        subnet a 10.20.1.0/24
        subnet e 10.20.4.0/24
        sg sg-a in: all 0.0.0.0/0
        sg sg-a out: all 0.0.0.0/0
        endpoint vpce-1 service=com.amazonaws.eu-west-1.ssm interface enis=E groups=sg-a
        eni A a 10.20.1.10 groups=sg-a
        eni E e 10.20.4.9 groups=sg-a
        lb nlb network internal subnets=a groups=sg-a
        eni N a 10.20.1.20 groups=sg-a elb=nlb
        listener l nlb tcp 8443 tg
        tg tg tcp 443 ip: 10.20.4.9 port=443
    ";
    rows(&[balanced], &[("A -> N:tcp/8443", "allowed")]);
    let other = balanced.replace("port=443", "port=8443");
    rows(&[&other], &[("A -> N:tcp/8443", "blocked: request endpoint vpce-1 not answered")]);
}
