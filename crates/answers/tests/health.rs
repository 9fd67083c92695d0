//! Health checks of target groups: flows of their own, from every node to every target (S4.5, S4.9).

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use answers::explain::{Explainer, HealthCheck, Options};
use engine::{Network, Verdict};
use model::Change;

fn health(network: &Network) -> HealthCheck {
    let explainer = Explainer::new(network, None, Options::default());
    explainer.health_check(explainer.target_group("tg-1").unwrap())
}

/// Node, target and verdict of each check, sorted.
fn table(health: &HealthCheck) -> Vec<(&str, &str, Verdict)> {
    let mut rows: Vec<_> = (health.checks.iter())
        .map(|check| (check.node_zone.as_str(), check.target.as_str(), check.verdict))
        .collect();
    rows.sort_by_key(|(node, target, _)| (*node, *target));
    rows
}

/// The changes of a fix that makes all checks pass.
fn mended(network: &Network) -> Vec<String> {
    let fix = health(network).fix.unwrap();
    assert!(fix.proved && fix.advice.is_empty(), "{fix:?}");
    let after = network.after(&fix.changes).unwrap();
    assert_eq!(health(&after).verdict, Verdict::Allowed, "{fix:?}");
    fix.changes.iter().map(Change::to_string).collect()
}

/// Two nodes and two targets, one of each in each of two zones.
const PLACES: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    subnet pub-a 10.20.0.0/24 table=rtb-pub az=az1
    subnet pub-b 10.20.1.0/24 table=rtb-pub az=az2
    subnet app-a 10.20.2.0/24 az=az1 acl=acl-a
    subnet app-b 10.20.3.0/24 az=az2 acl=acl-b
    instance i-1
    instance i-2
    eni A app-a 10.20.2.10 instance=i-1 groups=sg-app
    eni B app-b 10.20.3.10 instance=i-2 groups=sg-app
    listener l-1 lb-1 tcp 443 tg-1
";
const NODES: &str = "
    eni N pub-a 10.20.0.20 elb=lb-1 groups=sg-lb
    eni M pub-b 10.20.1.20 elb=lb-1 groups=sg-lb
";
const ALB: &str = "lb lb-1 application subnets=pub-a,pub-b groups=sg-lb";
const NLB: &str = "lb lb-1 network subnets=pub-a,pub-b groups=sg-lb";
const TARGETS: &str = "tg tg-1 tcp 8080 instance health=8081: i-1 | i-2";
const OPEN: &str = "
    acl acl-a in: 100 allow all 0.0.0.0/0
    acl acl-a out: 100 allow all 0.0.0.0/0
    acl acl-b in: 100 allow all 0.0.0.0/0
    acl acl-b out: 100 allow all 0.0.0.0/0
";
const GROUPS: &str = "
    sg sg-lb in: tcp 443 0.0.0.0/0
    sg sg-lb out: tcp 8080-8081 sg-app
    sg sg-app in: tcp 8080-8081 sg-lb
";

#[test]
fn s4_5_every_node_checks_every_target() {
    let network = testkit::network(&[PLACES, NODES, ALB, TARGETS, OPEN, GROUPS]);
    let answer = health(&network);
    assert_eq!(answer.verdict, Verdict::Allowed);
    assert_eq!(answer.check, "tcp 8081");
    assert_eq!(
        table(&answer),
        [
            ("az1", "i-1:8081", Verdict::Allowed),
            ("az1", "i-2:8081", Verdict::Allowed),
            ("az2", "i-1:8081", Verdict::Allowed),
            ("az2", "i-2:8081", Verdict::Allowed),
        ]
    );
    assert!(answer.notes.is_empty() && answer.reasons.is_empty() && answer.fix.is_none(), "{answer:?}");
    assert!(answer.checks.iter().all(|check| check.cause.is_empty() && check.state == "healthy"));
}

/// The data port is open and the port of the checks is not: no data, or all of it (S4.5).
#[test]
fn t76_the_port_of_the_checks_is_closed() {
    let data_only = GROUPS.replace("sg-app in: tcp 8080-8081", "sg-app in: tcp 8080");
    let network = testkit::network(&[PLACES, NODES, ALB, TARGETS, OPEN, &data_only]);
    let answer = health(&network);
    assert_eq!(answer.verdict, Verdict::Blocked);
    assert_eq!(answer.checks.len(), 4);
    assert!(answer.checks.iter().all(|check| check.cause.starts_with("sg-app in: ")), "{answer:?}");
    assert!(answer.notes.iter().any(|note| note.contains("fails open")), "{:?}", answer.notes);
    assert_eq!(mended(&network), ["sg-app in  + allow tcp 8081 from sg-lb"]);
}

/// Without a port of its own, a check takes that of the target, else of the group.
#[test]
fn the_port_that_traffic_goes_to() {
    let targets = "tg tg-1 tcp 8080 instance: i-1 | i-2 port=8081";
    let answer = health(&testkit::network(&[PLACES, NODES, ALB, targets, OPEN, GROUPS]));
    assert!(answer.check.contains("the port that traffic goes to"), "{}", answer.check);
    let ports: Vec<_> = table(&answer).into_iter().map(|(_, target, _)| target).collect();
    assert_eq!(ports, ["i-1:8080", "i-2:8081", "i-1:8080", "i-2:8081"]);
}

#[test]
fn one_zone_of_the_targets_fails() {
    // T84's like: the subnets of one group have lists of their own. The second lets no answer out to az1's node.
    let lists = OPEN
        .replace("acl acl-b in: 100 allow all 0.0.0.0/0", "acl acl-b in: 100 allow tcp 8080 0.0.0.0/0")
        .replace(
            "acl acl-a out: 100 allow all 0.0.0.0/0",
            "acl acl-a out: 100 allow tcp 1024-65535 10.20.0.0/24",
        );
    let network = testkit::network(&[PLACES, NODES, ALB, TARGETS, &lists, GROUPS]);
    let answer = health(&network);
    assert_eq!(answer.verdict, Verdict::Partial);
    assert_eq!(
        table(&answer),
        [
            ("az1", "i-1:8081", Verdict::Allowed),
            ("az1", "i-2:8081", Verdict::Blocked),
            ("az2", "i-1:8081", Verdict::Blocked),
            ("az2", "i-2:8081", Verdict::Blocked),
        ]
    );
    let cause = |zone: &str, target: &str| {
        let row = answer.checks.iter().find(|check| check.node_zone == zone && check.target == target);
        row.unwrap().cause.clone()
    };
    assert!(cause("az1", "i-2:8081").starts_with("acl-b in: "), "{answer:?}");
    assert!(cause("az2", "i-1:8081").starts_with("acl-a out: "), "{answer:?}");
    assert!(answer.notes.iter().any(|note| note.contains("get no traffic")), "{:?}", answer.notes);
    // The nodes' range is 1024-65535 (S4.2).
    let changes = mended(&network);
    assert!(
        changes.contains(&"acl-b in  ~ 100 allow tcp 8080-8081 from 0.0.0.0/0".to_owned())
            || changes.len() == 3
    );
    assert!(
        changes.iter().any(|change| change.starts_with("acl-a out  + 110 allow tcp 1024-65535 to 10.20.1."))
    );
}

/// The checks of a Network Load Balancer obey its outbound rules and not its inbound ones.
#[test]
fn s4_9_and_t82_checks_obey_outbound_rules_only() {
    let inbound = "sg sg-lb out: tcp 8081 sg-app\nsg sg-app in: tcp 8081 sg-lb";
    let network = testkit::network(&[PLACES, NODES, NLB, TARGETS, OPEN, inbound]);
    assert_eq!(health(&network).verdict, Verdict::Allowed);
    let outbound = "sg sg-lb in: all 0.0.0.0/0\nsg sg-app in: tcp 8081 sg-lb";
    let network = testkit::network(&[PLACES, NODES, NLB, TARGETS, OPEN, outbound]);
    let answer = health(&network);
    assert_eq!(answer.verdict, Verdict::Blocked);
    assert!(answer.checks.iter().all(|check| check.cause.starts_with("sg-lb out: ")), "{answer:?}");
    assert_eq!(mended(&network), ["sg-lb out  + allow tcp 8081 to sg-app"]);
}

/// S4.5, S4.7: they come from the nodes' own addresses, also where clients keep theirs.
#[test]
fn checks_come_from_the_nodes_own_addresses() {
    let (nlb, nodes) = (NLB.replace(" groups=sg-lb", ""), NODES.replace(" groups=sg-lb", ""));
    let by_node = "sg sg-app in: tcp 8081 10.20.0.0/23";
    let answer = health(&testkit::network(&[PLACES, &nodes, &nlb, TARGETS, OPEN, by_node]));
    assert_eq!(answer.verdict, Verdict::Allowed);
    let by_client = "sg sg-app in: tcp 8080-8081 203.0.113.0/24";
    let network = testkit::network(&[PLACES, &nodes, &nlb, TARGETS, OPEN, by_client]);
    assert_eq!(health(&network).verdict, Verdict::Blocked);
    assert_eq!(
        mended(&network),
        ["sg-app in  + allow tcp 8081 from 10.20.0.20/32", "sg-app in  + allow tcp 8081 from 10.20.1.20/32",]
    );
}

/// Nodes that the export lacks are there all the same, somewhere in their subnets (S4.1).
#[test]
fn stand_in_nodes_check_too() {
    let lists =
        OPEN.replace("acl acl-a in: 100 allow all 0.0.0.0/0", "acl acl-a in: 100 allow tcp 22 0.0.0.0/0");
    let network = testkit::network(&[PLACES, ALB, TARGETS, &lists, GROUPS]);
    let answer = health(&network);
    assert_eq!(answer.verdict, Verdict::Partial);
    let names: Vec<_> = answer.checks.iter().map(|check| check.node.as_str()).collect();
    assert!(names.contains(&"lb-1 in pub-a") && names.contains(&"lb-1 in pub-b"), "{names:?}");
    let mut changes = mended(&network);
    changes.sort();
    assert_eq!(
        changes,
        [
            "acl-a in  + 110 allow tcp 8081 from 10.20.0.0/24",
            "acl-a in  + 120 allow tcp 8081 from 10.20.1.0/24",
        ]
    );
}

#[test]
fn what_aws_saw_otherwise_is_told() {
    let targets = TARGETS.replace("i-1 |", "i-1 unhealthy |");
    let answer = health(&testkit::network(&[PLACES, NODES, ALB, &targets, OPEN, GROUPS]));
    assert_eq!(answer.verdict, Verdict::Allowed);
    assert_eq!(answer.checks.iter().filter(|check| check.state == "unhealthy").count(), 2);
    assert!(matches!(answer.notes.as_slice(), [note] if note.contains("look at what listens")), "{answer:?}");
}

#[test]
fn what_is_not_checked_passes() {
    for (targets, words) in [
        ("tg tg-1 tcp 443 lambda: arn:aws:lambda:eu-west-1:111122223333:function:f", "Lambda function"),
        ("tg tg-1 tcp 8080 instance health=off: i-1", "health checks are off"),
    ] {
        let answer = health(&testkit::network(&[PLACES, NODES, ALB, targets, OPEN]));
        assert_eq!((answer.verdict, answer.checks.len()), (Verdict::Allowed, 0), "{targets}");
        assert!(matches!(answer.notes.as_slice(), [note] if note.contains(words)), "{answer:?}");
    }
}

#[test]
fn what_the_export_lacks_is_undecided() {
    let missing = "target `i-9` is not in the export";
    let closed = "sg sg-lb\nsg sg-app";
    for (targets, groups, words) in [
        ("tg tg-1 tcp 8080 instance unknown", GROUPS, "the targets are not in the export"),
        ("tg tg-1 tcp 8080 instance: i-1 | i-9", GROUPS, missing),
        // What is known fails, and of the rest nobody can say that all fails.
        ("tg tg-1 tcp 8080 instance: i-1 | i-9", closed, missing),
    ] {
        let answer = health(&testkit::network(&[PLACES, NODES, ALB, targets, OPEN, groups]));
        assert_eq!(answer.verdict, Verdict::Undecided, "{targets}: {answer:?}");
        assert!(answer.reasons.iter().any(|reason| reason == words), "{answer:?}");
        assert!(answer.notes.is_empty(), "{answer:?}");
    }
    let unused = PLACES.replace("tcp 443 tg-1", "tcp 443");
    let answer = health(&testkit::network(&[&unused, NODES, ALB, TARGETS, OPEN, GROUPS]));
    assert_eq!(answer.verdict, Verdict::Undecided);
    assert!(answer.reasons.iter().any(|reason| reason.contains("no load balancer uses")), "{answer:?}");
}

#[test]
fn a_dual_stack_node_checks_over_the_targets_family() {
    let nodes = NODES
        .replace("10.20.0.20 ", "10.20.0.20 2001:db8::20 ")
        .replace("10.20.1.20 ", "10.20.1.20 2001:db8::21 ");
    let health = health(&testkit::network(&[PLACES, &nodes, ALB, TARGETS, OPEN, GROUPS]));
    assert_eq!((health.verdict, health.checks.len(), health.reasons.len()), (Verdict::Allowed, 4, 0));
}
