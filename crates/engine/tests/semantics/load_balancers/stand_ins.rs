//! Nodes and members of Auto Scaling groups that an export lacks: S4.1, S4.16, S4.19, T84.

use engine::Verdict;

use super::{ALB, GROUPS, H, LISTS_OPEN};
use crate::common::{ask, check};

/// S4.1, S0.6: without the load balancer's interfaces its nodes are somewhere in its subnets. A rule for a whole
/// subnet is decided, one for a part of it is not.
#[test]
fn s4_01_nodes_that_the_export_lacks() {
    let absent = ALB.replace("eni A q 10.20.0.20 public=198.51.100.20 elb=lb-a groups=sg-a\n", "");
    let h = "203.0.113.9 -> @lb:lb-a@q:tcp/80";
    let verdict = |pieces: &[&str]| {
        let network = testkit::network(&[&[absent.as_str()], pieces].concat());
        ask(&network, h).verdict()
    };
    let by_group = "sg sg-w in: tcp 8080 sg-a";
    let sg_a = "sg sg-a in: tcp 80 0.0.0.0/0\nsg sg-a out: tcp 8080 sg-w";
    assert_eq!(verdict(&[LISTS_OPEN, sg_a, by_group]), Verdict::Allowed);
    for (block, expected) in [
        ("10.20.0.0/24", Verdict::Allowed),
        ("10.20.0.0/16", Verdict::Allowed),
        ("0.0.0.0/0", Verdict::Allowed),
        ("10.20.0.0/25", Verdict::Undecided),
        ("10.20.0.20/32", Verdict::Undecided),
        ("10.20.0.0/32", Verdict::Undecided),
        ("10.20.1.0/24", Verdict::Blocked),
    ] {
        let group = format!("sg sg-w in: tcp 8080 {block}");
        assert_eq!(verdict(&[LISTS_OPEN, sg_a, &group]), expected, "group {block}");
        // Both halves together hold all of it.
        let allow = format!(
            "{LISTS_OPEN}
            acl acl-p in: 50 allow tcp 8080 {block} | 60 deny all 0.0.0.0/0"
        );
        assert_eq!(verdict(&[&allow, sg_a, by_group]), expected, "allow {block}");
        let reply = format!(
            "{LISTS_OPEN}
            acl acl-p out: 50 allow tcp 1024-65535 {block} | 60 deny all 0.0.0.0/0"
        );
        assert_eq!(verdict(&[&reply, sg_a, by_group]), expected, "reply {block}");
        let deny = format!("{LISTS_OPEN}\nacl acl-p in: 50 deny tcp 8080 {block}");
        let opposite = match expected {
            Verdict::Allowed => Verdict::Blocked,
            Verdict::Blocked => Verdict::Allowed,
            other => other,
        };
        assert_eq!(verdict(&[&deny, sg_a, by_group]), opposite, "deny {block}");
    }
    // Clients are judged as ever.
    let shut = sg_a.replace("tcp 80 0.0.0.0/0", "tcp 443 0.0.0.0/0");
    assert_eq!(verdict(&[LISTS_OPEN, &shut, by_group]), Verdict::Blocked);
}

/// S4.16: the stand-in of an internal load balancer has no public address.
#[test]
fn s4_16_nodes_that_the_export_lacks() {
    let absent = ALB
        .replace("eni A q 10.20.0.20 public=198.51.100.20 elb=lb-a groups=sg-a\n", "")
        .replace("application subnets", "application internal subnets");
    let network = testkit::network(&[&absent, LISTS_OPEN, GROUPS, "sg sg-w out: tcp 80 sg-a"]);
    check(&network, "203.0.113.9 -> @lb:lb-a@q:tcp/80", "blocked: request igw-in no public address");
    check(&network, "W -> lb:lb-a@q:tcp/80", "allowed");
    // An internet-facing one needs a route to the gateway.
    let inside = ALB.replace("table rtb-q: 0.0.0.0/0 igw-1", "table rtb-q");
    check(&testkit::network(&[&inside, LISTS_OPEN, GROUPS]), H, "blocked: reply route rtb-q no route");
}

/// T84, S4.19: a group that may start instances in a subnet whose list differs.
const SCALING: &str = "
    vpc vpc-1 10.20.0.0/16
    subnet app 10.20.1.0/24
    subnet app2 10.20.2.0/24 acl=acl-app2
    subnet db 10.20.3.0/24
    acl acl-app2 in: 100 allow all 0.0.0.0/0
    acl acl-app2 out: 100 allow tcp 443 0.0.0.0/0
    asg asg-web subnets=app,app2 groups=sg-web: i-1
    instance i-1
    eni W app 10.20.1.10 instance=i-1 groups=sg-web
    eni D db 10.20.3.10 groups=sg-db
    sg sg-web out: all 0.0.0.0/0
    sg sg-db in: tcp 3306 sg-web
";

#[test]
fn t84_instances_to_come_are_judged_by_their_own_subnets_list() {
    let member = "asg:asg-web@app2 -> D:tcp/3306";
    check(&testkit::network(&[SCALING]), "W -> D:tcp/3306", "allowed");
    check(&testkit::network(&[SCALING]), member, "blocked: request nacl-out acl-app2 *");
    check(
        &testkit::network(&[SCALING, "acl acl-app2 out: 110 allow tcp 3306 10.20.3.0/24"]),
        member,
        "allowed",
    );
    // S4.19: rules for single addresses do not hold for them.
    let single = SCALING.replace("tcp 3306 sg-web", "tcp 3306 10.20.1.10/32");
    let open = "acl acl-app2 out: 110 allow all 0.0.0.0/0";
    check(&testkit::network(&[&single, open]), "W -> D:tcp/3306", "allowed");
    check(&testkit::network(&[&single, open]), member, "blocked: request sg-in D none");
    let part = SCALING.replace("tcp 3306 sg-web", "tcp 3306 10.20.2.128/25");
    assert_eq!(ask(&testkit::network(&[&part, open]), member).verdict(), Verdict::Undecided);
}
