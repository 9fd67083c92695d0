//! What judges requests and not connections, and what is named only (the last paragraph of S12: AWS WAF, Network
//! Firewall).

use engine::Network;
use model::{Origin, Other, OtherKind, Resolved, Tags};
use testkit::{check, snapshot};

const ALB: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    subnet pub 10.20.0.0/24 table=rtb-pub
    subnet app 10.20.1.0/24
    sg sg-alb in: tcp 443 0.0.0.0/0
    sg sg-alb out: tcp 8080 sg-web
    sg sg-web in: tcp 8080 sg-alb
    eni n1 pub 10.20.0.20 public=198.51.100.20 groups=sg-alb elb=lb-1
    instance i-1
    eni W app 10.20.1.10 groups=sg-web instance=i-1
    lb lb-1 application subnets=pub groups=sg-alb
    tg tg-1 tcp 8080 instance: i-1 healthy
    listener l-1 lb-1 tcp 443 tg-1
";

/// The network with a resource that is named only.
fn with(kind: OtherKind, id: &str) -> Network {
    let mut snapshot = snapshot(&[ALB]);
    let other = Other {
        id: id.into(),
        kind,
        name: None,
        vpc: Some("vpc-1".into()),
        tags: Tags::default(),
        origin: Origin::PROPOSED,
    };
    snapshot.others.insert(id.into(), other).unwrap();
    Network::new(Resolved::new(snapshot))
}

#[test]
fn s12_a_web_acl_stops_no_connection() {
    // It answers requests of connections that work (S5); what it does with them is no question of this model.
    check(&with(OtherKind::WebAcl, "arn:acl"), "203.0.113.9 -> @n1:tcp/443", "allowed");
}

#[test]
fn s12_a_network_firewall_beside_the_way_changes_nothing() {
    // On the way it is an endpoint whose appliances nobody knows: see `inspection_endpoints`.
    check(&with(OtherKind::NetworkFirewall, "arn:fw"), "203.0.113.9 -> @n1:tcp/443", "allowed");
}
