//! AWS services as servers: by interface endpoints whose private DNS name hides the public addresses, else by gateway
//! endpoints or the internet (S3.35, S3.36).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

use answers::explain::{Explainer, Explanation, Options, Pair};
use answers::question;
use engine::{Network, Verdict};
use model::Change;

fn explain(network: &Network, question: &str) -> Explanation {
    let options = Options { fix: true, ..Options::default() };
    let question = question::parse(question).unwrap();
    Explainer::new(network, None, options).explain(&question).unwrap()
}

fn only(answer: &Explanation) -> &Pair {
    let [pair] = answer.pairs.as_slice() else { panic!("one pair: {:?}", answer.pairs) };
    pair
}

/// The kinds of gates that requests pass.
fn gates(pair: &Pair) -> Vec<&str> {
    pair.ways.iter().flat_map(|way| &way.request.gates).map(|gate| gate.gate).collect()
}

fn changes(answer: &Explanation) -> Vec<String> {
    let fix = answer.fix.as_ref().unwrap();
    assert!(fix.proved, "{fix:?}");
    fix.changes.iter().map(Change::to_string).collect()
}

const VPC: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    subnet pub 10.20.0.0/24 table=rtb-pub
    subnet app 10.20.1.0/24 table=rtb-app acl=acl-app
    subnet ep 10.20.2.0/24
    nat nat-1 pub 10.20.0.30 public=198.51.100.30
    eni A app 10.20.1.10 groups=sg-app
    sg sg-app out: tcp 443 0.0.0.0/0
    eni eni-sm ep 10.20.2.5 groups=sg-ep
    endpoint vpce-sm service=com.amazonaws.eu-west-1.secretsmanager interface private-dns enis=eni-sm groups=sg-ep
";
const BY_NAT: &str = "table rtb-app: 0.0.0.0/0 nat-1";
const NO_WAY_OUT: &str = "table rtb-app:";
const OPEN: &str = "
    acl acl-app in: 100 allow all 0.0.0.0/0
    acl acl-app out: 100 allow all 0.0.0.0/0
    sg sg-ep in: tcp 443 10.20.0.0/16
";

/// S3.36: the endpoint, although there is a way to the internet too; on 443 where nothing else is said.
#[test]
fn s3_36_by_an_interface_endpoint() {
    for ways_out in [BY_NAT, NO_WAY_OUT] {
        let network = testkit::network(&[VPC, ways_out, OPEN]);
        let answer = explain(&network, "A -> aws:secretsmanager");
        assert_eq!(answer.verdict, Verdict::Allowed, "{answer:?}");
        let pair = only(&answer);
        assert_eq!(pair.services, ["tcp/443"]);
        assert_eq!(pair.server.addresses, ["10.20.2.5"]);
        assert!(gates(pair).contains(&"interface-endpoint") && !gates(pair).contains(&"nat-gateway"));
    }
}

/// T73: the endpoint's group lets in its own members only, as a VPC's default group does.
#[test]
fn t73_the_group_of_the_endpoint_is_closed() {
    let network = testkit::network(&[VPC, BY_NAT, &OPEN.replace("tcp 443 10.20.0.0/16", "all sg-ep")]);
    let answer = explain(&network, "A -> aws:secretsmanager");
    assert_eq!(answer.verdict, Verdict::Blocked);
    assert_eq!(changes(&answer), ["sg-ep in  + allow tcp 443 from sg-app"]);
}

/// S12.8: an endpoint answers on its service's port alone, whatever its group admits.
#[test]
fn s12_8_other_ports_do_not_answer() {
    let network = testkit::network(&[
        VPC,
        BY_NAT,
        "sg sg-app out: all 0.0.0.0/0\nsg sg-ep in: all 0.0.0.0/0",
        "acl acl-app in: 100 allow all 0.0.0.0/0\nacl acl-app out: 100 allow all 0.0.0.0/0",
    ]);
    assert_eq!(explain(&network, "A -> aws:secretsmanager:443").verdict, Verdict::Allowed);
    for question in ["A -> aws:secretsmanager:80", "A -> aws:secretsmanager:icmp/echo"] {
        let answer = explain(&network, question);
        assert_eq!(answer.verdict, Verdict::Blocked, "{question}");
        let endpoint =
            only(&answer).ways[0].request.gates.iter().find(|gate| gate.gate == "interface-endpoint");
        assert_eq!(endpoint.unwrap().cause, "not-answered", "{question}");
    }
}

/// Without private DNS the service's name leads to its public addresses, past the endpoint.
#[test]
fn without_private_dns_the_endpoint_is_not_asked() {
    let public = VPC.replace(" private-dns", "");
    let network = testkit::network(&[&public, BY_NAT, OPEN]);
    let answer = explain(&network, "A -> aws:secretsmanager");
    assert_eq!(answer.verdict, Verdict::Allowed);
    assert_eq!(only(&answer).server.name, "aws:secretsmanager");
    assert!(gates(only(&answer)).contains(&"nat-gateway"));
    assert!(
        answer.assumptions.iter().any(|text| text.contains("beyond the export")),
        "{:?}",
        answer.assumptions
    );
    let network = testkit::network(&[&public, NO_WAY_OUT, OPEN]);
    let answer = explain(&network, "A -> aws:secretsmanager");
    assert_eq!(answer.verdict, Verdict::Blocked);
    let fix = answer.fix.as_ref().unwrap();
    assert!(fix.changes.is_empty() && !fix.proved, "{fix:?}");
    assert!(matches!(fix.advice.as_slice(), [one] if one.contains("rtb-app")), "{fix:?}");
    // The endpoint's own name works all the same.
    assert_eq!(explain(&network, "A -> vpce-sm:443").verdict, Verdict::Allowed);
}

/// Endpoints of other VPCs do not count: their names are private to these.
#[test]
fn an_endpoint_serves_its_own_vpc() {
    let other = "
        vpc vpc-2 10.30.0.0/16
        table rtb-2:
        subnet other 10.30.1.0/24 table=rtb-2
        eni B other 10.30.1.10 groups=sg-b
        sg sg-b out: all 0.0.0.0/0";
    let network = testkit::network(&[VPC, BY_NAT, OPEN, other]);
    let answer = explain(&network, "B -> aws:secretsmanager");
    assert_eq!(answer.verdict, Verdict::Blocked);
    assert_eq!(only(&answer).server.interface, None);
}

const S3: &str = "
    pl pl-s3 name=com.amazonaws.eu-west-1.s3: 52.218.0.0/17 | 3.5.64.0/21
    endpoint vpce-s3 service=com.amazonaws.eu-west-1.s3
";
const BY_ENDPOINT: &str = "table rtb-app: pl-s3 vpce-s3";

/// T47: by the prefix list's addresses, which rules may name by the list.
#[test]
fn t47_by_a_gateway_endpoint() {
    let by_list = VPC.replace("sg sg-app out: tcp 443 0.0.0.0/0", "sg sg-app out: tcp 443 pl-s3");
    let network = testkit::network(&[&by_list, S3, BY_ENDPOINT, OPEN]);
    let answer = explain(&network, "A -> aws:s3");
    assert_eq!(answer.verdict, Verdict::Allowed, "{answer:?}");
    assert_eq!(only(&answer).services, ["tcp/443"]);
    assert!(gates(only(&answer)).contains(&"gateway-endpoint"), "{:?}", gates(only(&answer)));
    // With the endpoint but without its route the packets have nowhere to go.
    let network = testkit::network(&[&by_list, S3, NO_WAY_OUT, OPEN]);
    assert_eq!(explain(&network, "A -> aws:s3").verdict, Verdict::Blocked);
}

/// T48: the addresses stay public, and lists have to let them pass, with the client's range back (S3.35).
#[test]
fn t48_lists_see_public_addresses() {
    let list = OPEN.replace("out: 100 allow all 0.0.0.0/0", "out: 100 allow tcp 443 10.20.0.0/16");
    let network = testkit::network(&[VPC, S3, BY_ENDPOINT, &list]);
    let answer = explain(&network, "A -> aws:s3");
    assert_eq!(answer.verdict, Verdict::Blocked);
    assert_eq!(
        changes(&answer),
        [
            "acl-app out  + 110 allow tcp 443 to 3.5.64.0/21",
            "acl-app out  + 120 allow tcp 443 to 52.218.0.0/17",
        ]
    );
    let list = OPEN.replace("in: 100 allow all 0.0.0.0/0", "in: 100 allow tcp 443 0.0.0.0/0");
    let network = testkit::network(&[VPC, &S3.replace(" | 3.5.64.0/21", ""), BY_ENDPOINT, &list]);
    let answer = explain(&network, "A -> aws:s3");
    assert_eq!(changes(&answer), ["acl-app in  + 110 allow tcp 32768-61000 from 52.218.0.0/17"]);
}

/// Session Manager needs three services; each is told apart (row 19 of what users run into).
#[test]
fn services_of_several_parts() {
    let endpoints = "
        eni eni-ssm ep 10.20.2.6 groups=sg-ep
        endpoint vpce-ssm service=com.amazonaws.eu-west-1.ssm interface private-dns enis=eni-ssm groups=sg-ep
        eni eni-msg ep 10.20.2.7 groups=sg-ep
        endpoint vpce-msg service=com.amazonaws.eu-west-1.ssmmessages interface private-dns enis=eni-msg groups=sg-ep";
    let network = testkit::network(&[VPC, NO_WAY_OUT, OPEN, endpoints]);
    let answer = explain(&network, "A -> aws:ssm");
    assert_eq!(answer.verdict, Verdict::Partial);
    let verdicts: Vec<_> =
        answer.pairs.iter().map(|pair| (pair.server.name.as_str(), pair.verdict)).collect();
    assert_eq!(
        verdicts,
        [
            ("com.amazonaws.eu-west-1.ssm in ep", Verdict::Allowed),
            ("com.amazonaws.eu-west-1.ssmmessages in ep", Verdict::Allowed),
            ("aws:ec2messages", Verdict::Blocked),
        ]
    );
}

/// Who is not in a VPC of the export has no endpoints that anybody knows.
#[test]
fn only_interfaces_of_the_export_ask_services() {
    let network = testkit::network(&[VPC, BY_NAT, OPEN]);
    let answer = explain(&network, "internet -> aws:s3");
    assert_eq!(answer.verdict, Verdict::Undecided);
    assert!(answer.pairs.is_empty() && answer.reasons.len() == 1, "{answer:?}");
}
