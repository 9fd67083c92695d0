//! The smallest fix on ways through load balancers, and towards interfaces whose addresses nobody knows.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod support;

use crate::support::{fix, mended};

/// The changes of a fix that is proved and works.
fn mends(pieces: &[&str], question: &str) -> Vec<String> {
    mended(&testkit::network(pieces), question).0
}

/// Lists that let everything pass, apart from one that is given.
fn lists(broken: &str, entries: &str) -> String {
    let mut text = String::new();
    for name in ["acl-lb in", "acl-lb out", "acl-app in", "acl-app out"] {
        let entries = if name == broken { entries } else { "100 allow all 0.0.0.0/0" };
        text += &format!("acl {name}: {entries}\n");
    }
    text
}

/// A node in a subnet of its own beside a neighbour, a target beside another; everything open that a case does not
/// close.
const PLACES: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    subnet lbs 10.20.0.0/24 table=rtb-pub acl=acl-lb az=az1
    subnet app 10.20.1.0/24 acl=acl-app az=az1
    instance i-1
    eni W app 10.20.1.10 instance=i-1 groups=sg-web
    eni X app 10.20.1.11 groups=sg-web
    eni Y lbs 10.20.0.11 groups=sg-y
    sg sg-y in: all 0.0.0.0/0
    sg sg-y out: all 0.0.0.0/0
";
const NODE: &str = "eni N lbs 10.20.0.20 public=198.51.100.20 elb=lb-1 groups=sg-lb";
const NLB: &str = "
    lb lb-1 network subnets=lbs groups=sg-lb
    listener l-1 lb-1 tcp 443 tg-1
";
const ALB: &str = "
    lb lb-1 application subnets=lbs groups=sg-lb
    listener l-1 lb-1 tcp 443 tg-1
";
const INSTANCES: &str = "tg tg-1 tcp 8443 instance: i-1";
const ADDRESSES: &str = "tg tg-1 tcp 8443 ip: 10.20.1.10";
const GROUPS: &str = "
    sg sg-lb in: all 0.0.0.0/0
    sg sg-lb out: all 0.0.0.0/0
    sg sg-web in: all 0.0.0.0/0
";
const QUESTION: &str = "203.0.113.9 -> lb:lb-1:443 from-port 40000-50000";

/// Each broken list with the change that mends it.
fn check(pieces: &[&str], rows: &[(&str, &str, &str)]) {
    for (list, entries, change) in rows {
        let lists = lists(list, entries);
        let changes = mends(&[pieces, &[lists.as_str()]].concat(), QUESTION);
        assert_eq!(changes, [*change], "{list}: {entries}");
    }
}

/// The client's address and port all the way: the node's subnet asks and is answered as the client is.
#[test]
fn s12_2_each_crossing_with_the_client_kept() {
    check(
        &[PLACES, NODE, NLB, INSTANCES, GROUPS],
        &[
            (
                "acl-lb in",
                "100 allow tcp 1024-65535 10.20.0.0/16",
                "acl-lb in  + 110 allow tcp 443 from 203.0.113.9/32",
            ),
            (
                "acl-lb out",
                "100 allow tcp 1024-65535 203.0.113.0/24",
                "acl-lb out  + 110 allow tcp 8443 to 10.20.1.10/32",
            ),
            // S4.7: the target's subnet sees the client.
            (
                "acl-app in",
                "100 allow all 10.20.0.0/16",
                "acl-app in  + 110 allow tcp 8443 from 203.0.113.9/32",
            ),
            (
                "acl-app out",
                "100 allow all 10.20.0.0/16",
                "acl-app out  + 110 allow tcp 40000-50000 to 203.0.113.9/32",
            ),
            (
                "acl-lb in",
                "100 allow tcp 443 0.0.0.0/0",
                "acl-lb in  + 110 allow tcp 40000-50000 from 10.20.1.10/32",
            ),
            (
                "acl-lb out",
                "100 allow tcp 8443 10.20.0.0/16",
                "acl-lb out  + 110 allow tcp 40000-50000 to 203.0.113.9/32",
            ),
        ],
    );
}

/// Two connections, of which the second has the node's address and a port of its range (S4.2, S4.4, S4.6).
#[test]
fn s12_2_and_s4_4_each_crossing_from_the_node() {
    let rows = [
        (
            "acl-lb in",
            "100 allow tcp 1024-65535 10.20.0.0/16",
            "acl-lb in  + 110 allow tcp 443 from 203.0.113.9/32",
        ),
        (
            "acl-lb out",
            "100 allow tcp 1024-65535 203.0.113.0/24",
            "acl-lb out  + 110 allow tcp 8443 to 10.20.1.10/32",
        ),
        ("acl-app in", "100 allow tcp 22 0.0.0.0/0", "acl-app in  + 110 allow tcp 8443 from 10.20.0.20/32"),
        (
            "acl-app out",
            "100 allow tcp 443 0.0.0.0/0",
            "acl-app out  + 110 allow tcp 1024-65535 to 10.20.0.20/32",
        ),
        (
            "acl-lb in",
            "100 allow tcp 443 0.0.0.0/0",
            "acl-lb in  + 110 allow tcp 1024-65535 from 10.20.1.10/32",
        ),
        (
            "acl-lb out",
            "100 allow tcp 8443 10.20.0.0/16",
            "acl-lb out  + 110 allow tcp 40000-50000 to 203.0.113.9/32",
        ),
    ];
    check(&[PLACES, NODE, NLB, ADDRESSES, GROUPS], &rows);
    check(&[PLACES, NODE, ALB, INSTANCES, GROUPS], &rows);
}

/// S4.3, S4.8: the listener from the client, the target by reference, and from the load balancer's group even where the
/// client's address is kept.
#[test]
fn groups_of_load_balancers_are_referred_to() {
    let open = lists("", "");
    for (balancer, targets) in [(ALB, INSTANCES), (NLB, INSTANCES), (NLB, ADDRESSES)] {
        let changes = mends(&[PLACES, NODE, balancer, targets, "sg sg-lb\nsg sg-web", &open], QUESTION);
        assert_eq!(
            changes,
            [
                "sg-lb in  + allow tcp 443 from 203.0.113.9/32",
                "sg-lb out  + allow tcp 8443 to sg-web",
                "sg-web in  + allow tcp 8443 from sg-lb",
            ]
        );
    }
}

/// S4.7: without groups of its own there is nothing to refer to.
#[test]
fn a_network_load_balancer_without_groups() {
    let balancer = NLB.replace(" groups=sg-lb", "");
    let node = NODE.replace(" groups=sg-lb", "");
    let open = lists("", "");
    for (targets, peer) in [(INSTANCES, "203.0.113.9/32"), (ADDRESSES, "10.20.0.20/32")] {
        let changes = mends(&[PLACES, &node, &balancer, targets, "sg sg-web", &open], QUESTION);
        assert_eq!(changes, [format!("sg-web in  + allow tcp 8443 from {peer}")]);
    }
}

/// T79: the rule that lets the health checks in does not let the clients in.
#[test]
fn t79_healthy_but_dead() {
    let balancer = NLB.replace(" groups=sg-lb", "");
    let node = NODE.replace(" groups=sg-lb", "");
    let open = lists("", "");
    let pieces = [PLACES, &node, &balancer, INSTANCES, "sg sg-web in: tcp 8443 10.20.0.0/16", &open];
    let changes = mends(&pieces, "internet -> lb:lb-1:443");
    assert_eq!(changes, ["sg-web in  + allow tcp 8443 from 0.0.0.0/0"]);
}

/// Nodes that no interface of the export is: rules name their subnet or their group, never a made-up address (S4.1).
#[test]
fn stand_in_nodes_are_named_by_subnet_or_group() {
    let groups = "sg sg-lb in: all 0.0.0.0/0\nsg sg-lb out: all 0.0.0.0/0\nsg sg-web";
    let changes = mends(&[PLACES, ALB, INSTANCES, groups, &lists("", "")], QUESTION);
    assert_eq!(changes, ["sg-web in  + allow tcp 8443 from sg-lb"]);
    for (list, entries, change) in [
        ("acl-app in", "100 allow tcp 22 0.0.0.0/0", "acl-app in  + 110 allow tcp 8443 from 10.20.0.0/24"),
        (
            "acl-app out",
            "100 allow tcp 443 0.0.0.0/0",
            "acl-app out  + 110 allow tcp 1024-65535 to 10.20.0.0/24",
        ),
    ] {
        let changes = mends(&[PLACES, ALB, INSTANCES, GROUPS, &lists(list, entries)], QUESTION);
        assert_eq!(changes, [change]);
    }
    // A Network Load Balancer without groups: only the subnet is left.
    let balancer = NLB.replace(" groups=sg-lb", "");
    let changes = mends(&[PLACES, &balancer, ADDRESSES, "sg sg-web", &lists("", "")], QUESTION);
    assert_eq!(changes, ["sg-web in  + allow tcp 8443 from 10.20.0.0/24"]);
}

/// S4.19, T84: any instance that the group may start, in each of its subnets.
#[test]
fn stand_in_members_are_named_by_subnet_or_group() {
    let base = "
        vpc vpc-1 10.20.0.0/16
        subnet app1 10.20.1.0/24 acl=acl-app1
        subnet app2 10.20.2.0/24 acl=acl-app2
        subnet db 10.20.3.0/24 acl=acl-db
        asg asg-web subnets=app1,app2 groups=sg-web
        eni D db 10.20.3.10 groups=sg-db
        eni E db 10.20.3.11 groups=sg-db
        sg sg-web out: all 0.0.0.0/0
        sg sg-db
    ";
    let lists = |db: &str| {
        format!(
            "acl acl-app1 in: 100 allow all 0.0.0.0/0
             acl acl-app1 out: 100 allow all 0.0.0.0/0
             acl acl-app2 in: 100 allow all 0.0.0.0/0
             acl acl-app2 out: 100 allow tcp 443 0.0.0.0/0
             acl acl-db in: {db}
             acl acl-db out: 100 allow all 0.0.0.0/0"
        )
    };
    let open = lists("100 allow all 0.0.0.0/0");
    let changes = mends(&[base, &open], "asg:asg-web -> D:3306");
    assert_eq!(
        changes,
        ["sg-db in  + allow tcp 3306 from sg-web", "acl-app2 out  + 110 allow tcp 3306 to 10.20.3.10/32",]
    );
    let changes = mends(
        &[base, &lists("100 allow tcp 3306 10.20.1.0/24"), "sg sg-db in: tcp 3306 sg-web"],
        "asg:asg-web -> D:3306",
    );
    assert_eq!(
        changes,
        [
            "acl-app2 out  + 110 allow tcp 3306 to 10.20.3.10/32",
            "acl-db in  + 110 allow tcp 3306 from 10.20.2.0/24",
        ]
    );
}

/// Where both layers of a target stop it, and the answer too, all are mended, each towards the node.
#[test]
fn layers_behind_a_node_are_mended_together() {
    let text = "
        acl acl-lb in: 100 allow tcp 443 0.0.0.0/0
        acl acl-lb out: 100 allow all 0.0.0.0/0
        acl acl-app in: 100 allow tcp 22 0.0.0.0/0
        acl acl-app out: 100 allow all 0.0.0.0/0
        sg sg-lb in: all 0.0.0.0/0
        sg sg-lb out: all 0.0.0.0/0
        sg sg-web";
    let changes = mends(&[PLACES, NODE, ALB, INSTANCES, text], QUESTION);
    assert_eq!(
        changes,
        [
            "acl-app in  + 110 allow tcp 8443 from 10.20.0.20/32",
            "sg-web in  + allow tcp 8443 from sg-lb",
            "acl-lb in  + 110 allow tcp 1024-65535 from 10.20.1.10/32",
        ]
    );
}

#[test]
fn what_no_rule_mends_at_a_load_balancer_is_advice() {
    let internal = NLB.replace("network subnets", "network internal subnets");
    let inside = NODE.replace(" public=198.51.100.20", "");
    let cases = [
        // S12.3.
        (NODE, NLB, INSTANCES, "203.0.113.9 -> lb:lb-1:80", "a port that a listener takes"),
        (NODE, NLB, "tg tg-1 tcp 8443 instance", "203.0.113.9 -> lb:lb-1:443", "register targets"),
        // S4.16.
        (inside.as_str(), internal.as_str(), INSTANCES, "internet -> lb:lb-1:443", "lb-1 is internal"),
        // S12.4.
        (
            inside.as_str(),
            internal.as_str(),
            INSTANCES,
            "W -> lb:lb-1:443",
            "turn off client address preservation",
        ),
    ];
    for (node, balancer, targets, question, words) in cases {
        let network = testkit::network(&[
            PLACES,
            node,
            balancer,
            targets,
            GROUPS,
            "sg sg-web out: all 0.0.0.0/0",
            &lists("", ""),
        ]);
        let fix = fix(&network, question);
        assert!(fix.changes.is_empty() && !fix.proved, "{question}: {fix:?}");
        assert!(matches!(fix.advice.as_slice(), [one] if one.contains(words)), "{question}: {fix:?}");
    }
}
