//! Application, Classic and Gateway Load Balancers: S4.1 to S4.4, S4.6, S4.13, S4.17, T78.

mod listeners;
mod seed;
mod stand_ins;

use engine::Verdict;
use space::Field;

use crate::common::{ask, check, rows, tracking};

/// The node A in subnet q, which leads to the internet; the instances W and V in subnet p, which does not.
const ALB: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-q: 0.0.0.0/0 igw-1
    table rtb-p
    subnet q 10.20.0.0/24 table=rtb-q acl=acl-q az=a
    subnet p 10.20.1.0/24 table=rtb-p acl=acl-p az=a
    lb lb-a application subnets=q groups=sg-a
    listener l-80 lb-a tcp 80 tg-1
    tg tg-1 tcp 8080 instance: i-w
    eni A q 10.20.0.20 public=198.51.100.20 elb=lb-a groups=sg-a
    eni W p 10.20.1.10 instance=i-w groups=sg-w
    instance i-w
    eni V p 10.20.1.11 instance=i-v groups=sg-v
    instance i-v
    sg sg-v in: tcp 1 0.0.0.0/0
";

const GROUPS: &str = "
    sg sg-a in: tcp 80 0.0.0.0/0
    sg sg-a out: tcp 8080 sg-w | tcp 8080 sg-v
    sg sg-w in: tcp 8080 sg-a
";

const LISTS_OPEN: &str = "
    acl acl-q in: 900 allow all 0.0.0.0/0
    acl acl-q out: 900 allow all 0.0.0.0/0
    acl acl-p in: 900 allow all 0.0.0.0/0
    acl acl-p out: 900 allow all 0.0.0.0/0
";

const H: &str = "203.0.113.9 -> @A:tcp/80";

#[test]
fn t78_instances_do_not_see_the_client() {
    let groups = GROUPS.replace("sg-w in: tcp 8080 sg-a", "sg-w in: tcp 8080 203.0.113.0/24");
    check(&testkit::network(&[ALB, LISTS_OPEN, &groups]), H, "blocked: request sg-in W none");
}

/// S4.3: both directions of its groups, the listener's port in, the target's out; there is no gate less for Classic
/// Load Balancers.
#[test]
fn s4_03_each_of_its_groups_rules_is_needed() {
    for kind in ["application", "classic"] {
        let network = ALB.replace("application", kind);
        let judged = |from: &str, to: &str, expected: &str| {
            check(&testkit::network(&[&network, LISTS_OPEN, &GROUPS.replace(from, to)]), H, expected);
        };
        judged("", "", "allowed");
        judged("tcp 80 0.0.0.0/0", "tcp 8080 0.0.0.0/0", "blocked: request sg-in A none");
        judged("tcp 80 0.0.0.0/0", "tcp 80 10.20.0.0/16", "blocked: request sg-in A none");
        judged("out: tcp 8080 sg-w |", "out: tcp 80 sg-w |", "blocked: request sg-out A none");
        judged("in: tcp 8080 sg-a", "in: tcp 80 sg-a", "blocked: request sg-in W none");
    }
}

/// S4.4: the rows of the table, one at a time.
#[test]
fn s4_04_each_of_the_six_lists_is_crossed() {
    let lists = [
        "acl acl-q in: 100 allow tcp 80 203.0.113.0/24",
        "acl acl-q out: 200 allow tcp 8080 10.20.1.0/24",
        "acl acl-p in: 300 allow tcp 8080 10.20.0.0/24",
        "acl acl-p out: 400 allow tcp 1024-65535 10.20.0.0/24",
        "acl acl-q in: 500 allow tcp 1024-65535 10.20.1.0/24",
        "acl acl-q out: 600 allow tcp 1024-65535 203.0.113.0/24",
    ];
    let places = [
        "request nacl-in acl-q",
        "request nacl-out acl-q",
        "request nacl-in acl-p",
        "reply nacl-out acl-p",
        "reply nacl-in acl-q",
        "reply nacl-out acl-q",
    ];
    for kind in ["application", "classic"] {
        let network = ALB.replace("application", kind);
        check(&testkit::network(&[&lists[..], &[&network, GROUPS]].concat()), H, "allowed");
        for (missing, place) in places.iter().enumerate() {
            let mut rest = lists.to_vec();
            rest.remove(missing);
            rest.extend([network.as_str(), GROUPS]);
            check(&testkit::network(&rest), H, &format!("blocked: {place} *"));
        }
    }
}

/// S4.2: two connections, each from a port of its own; what works is the product.
#[test]
fn s4_02_shares_of_two_connections_multiply() {
    let lists = "
        acl acl-q in: 100 allow all 0.0.0.0/0
        acl acl-q out: 100 allow all 10.20.0.0/16 | 200 allow tcp 32768-60999 0.0.0.0/0
        acl acl-p in: 100 allow all 0.0.0.0/0
        acl acl-p out: 100 allow tcp 1024-33279 10.20.0.0/24
    ";
    let network = testkit::network(&[ALB, lists, GROUPS]);
    let mut answer = ask(&network, H);
    assert_eq!(answer.line(), "partial 14116/64512: reply nacl-out acl-p *, reply nacl-out acl-q *");
    assert_eq!(answer.works_on(Field::Client), "32768-60999");
    assert_eq!(answer.works_on(Field::Relay), "0-32255", "1024-33279 of a relay's 1024-65535");
    // A client from whose ports all pass still meets the load balancer's.
    check(&network, &format!("{H} linux"), "partial 14116/28232: reply nacl-out acl-p *");
    check(
        &network,
        &format!("{H} windows-legacy"),
        "blocked: reply nacl-out acl-p *, reply nacl-out acl-q *",
    );
    // S2.22.
    let documented = lists
        .replace("1024-33279", "32768-60999")
        .replace("200 allow tcp 32768-60999", "200 allow tcp 1024-65535");
    check(&testkit::network(&[ALB, &documented, GROUPS]), H, "partial 28232/64512: reply nacl-out acl-p *");
}

/// S4.13: and by target.
#[test]
fn s4_13_a_part_of_the_targets() {
    let half = ALB.replace("instance: i-w", "instance: i-w | i-v");
    check(&testkit::network(&[&half, LISTS_OPEN, GROUPS]), H, "partial 32256/64512: request sg-in V none");
    let state = |state: &str| ALB.replace("instance: i-w", &format!("instance: i-w | i-v {state}"));
    for gone in ["unhealthy", "initial", "unused", "draining", "unavailable"] {
        check(&testkit::network(&[&state(gone), LISTS_OPEN, GROUPS]), H, "allowed");
    }
}

/// S4.1: on for Application Load Balancers, off for Classic ones that the API made; the target group's word counts
/// first.
#[test]
fn s4_01_cross_zone_by_kind() {
    let zones = |kind: &str, balancer: &str, group: &str| {
        ALB.replace("application subnets=q", &format!("{kind} subnets=q,r {balancer}"))
            .replace("eni V p 10.20.1.11", "subnet r 10.20.2.0/24 table=rtb-q az=b\neni V r 10.20.2.11")
            .replace("tcp 8080 instance: i-w", &format!("tcp 8080 instance {group}: i-w | i-v"))
    };
    let half = "partial 32256/64512: request sg-in V none";
    for (kind, balancer, group, expected) in [
        ("application", "", "", half),
        ("application", "", "cross-zone=off", "allowed"),
        ("application", "cross-zone=on", "cross-zone=on", half),
        ("classic", "", "", "allowed"),
        ("classic", "cross-zone=on", "", half),
        ("classic", "cross-zone=off", "", "allowed"),
    ] {
        check(&testkit::network(&[&zones(kind, balancer, group), LISTS_OPEN, GROUPS]), H, expected);
    }
}

/// An ordinary connection goes on from the node: what it answers by is the target's table (S4.2), and without a way
/// back there is none.
#[test]
fn s4_02_targets_in_a_peered_vpc_need_a_route_back() {
    let peer = "
        table rtb-q: 10.30.0.0/16 pcx-1
        peering pcx-1 vpc-1 vpc-2
        vpc vpc-2 10.30.0.0/16
        table rtb-2 main: 10.20.0.0/16 pcx-1
        subnet f 10.30.0.0/24 az=a
        eni F f 10.30.0.9 groups=sg-f
        sg sg-f in: tcp 8080 sg-a
    ";
    let network = ALB.replace("instance: i-w", "ip: 10.30.0.9");
    let groups = GROUPS.replace("tcp 8080 sg-v", "tcp 8080 sg-f");
    check(&testkit::network(&[&network, LISTS_OPEN, &groups, peer]), H, "allowed");
    let one_way = peer.replace("main: 10.20.0.0/16 pcx-1", "main");
    check(
        &testkit::network(&[&network, LISTS_OPEN, &groups, &one_way]),
        H,
        "blocked: reply route rtb-2 no route",
    );
}

/// An Application Load Balancer in subnet p behind a Network Load Balancer in subnet q: W sees the one, which sees
/// the client (S4.6: alb targets keep its address).
const BEHIND: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-q: 0.0.0.0/0 igw-1
    table rtb-p
    subnet q 10.20.0.0/24 table=rtb-q acl=acl-q az=a
    subnet p 10.20.1.0/24 table=rtb-p acl=acl-p az=a
    subnet s 10.20.2.0/24 table=rtb-p acl=acl-s az=a
    lb lb-n network subnets=q
    listener l-443 lb-n tcp 443 tg-alb
    tg tg-alb tcp 443 alb: lb-a
    eni N q 10.20.0.30 public=198.51.100.30 elb=lb-n
    lb lb-a application internal subnets=p groups=sg-a
    listener l-a lb-a tcp 443 tg-1
    tg tg-1 tcp 8080 instance: i-w
    eni A p 10.20.1.20 elb=lb-a groups=sg-a
    eni W s 10.20.2.10 instance=i-w groups=sg-w
    instance i-w
    acl acl-q in: 100 allow tcp 443 203.0.113.9/32 | 110 allow tcp 1024-65535 10.20.1.0/24
    acl acl-q out: 100 allow tcp 443 10.20.1.0/24 | 110 allow tcp 1024-65535 203.0.113.9/32
    acl acl-p in: 100 allow tcp 443 203.0.113.9/32 | 110 allow tcp 1024-65535 10.20.2.0/24
    acl acl-p out: 100 allow tcp 8080 10.20.2.0/24 | 110 allow tcp 1024-65535 203.0.113.9/32
    acl acl-s in: 100 allow tcp 8080 10.20.1.0/24
    acl acl-s out: 100 allow tcp 1024-65535 10.20.1.0/24
    sg sg-a in: tcp 443 203.0.113.9/32
    sg sg-a out: tcp 8080 sg-w
    sg sg-w in: tcp 8080 sg-a
";

const THROUGH_BOTH: &str = "203.0.113.9 -> @N:tcp/443";

/// S12.1 for the first, whose target has no route to the client either.
#[test]
fn s4_06_an_application_behind_a_network_load_balancer() {
    check(&testkit::network(&[BEHIND]), THROUGH_BOTH, "allowed");
    let of = |from: &str, to: &str, expected: &str| {
        check(&testkit::network(&[&BEHIND.replace(from, to)]), THROUGH_BOTH, expected);
    };
    of("sg-a in: tcp 443 203.0.113.9/32", "sg-a in: tcp 443 10.20.0.0/16", "blocked: request sg-in A none");
    of("sg-w in: tcp 8080 sg-a", "sg-w in: tcp 8080 203.0.113.9/32", "blocked: request sg-in W none");
    of(
        "acl-p in: 100 allow tcp 443 203.0.113.9/32",
        "acl-p in: 100 allow tcp 443 10.20.0.0/24",
        "blocked: request nacl-in acl-p *",
    );
    // One draw of ports for each: the client's, kept by the first, and the second's own.
    let narrow =
        BEHIND.replace("acl-s out: 100 allow tcp 1024-65535", "acl-s out: 100 allow tcp 1024-33279").replace(
            "acl-p out: 100 allow tcp 8080 10.20.2.0/24 | 110 allow tcp 1024-65535",
            "acl-p out: 100 allow tcp 8080 10.20.2.0/24 | 110 allow tcp 32768-60999",
        );
    let network = testkit::network(&[&narrow]);
    let mut answer = ask(&network, THROUGH_BOTH);
    assert_eq!(answer.line(), "partial 14116/64512: reply nacl-out acl-s *, reply nacl-out acl-p *");
    assert_eq!(answer.works_on(Field::Client), "32768-60999");
    assert_eq!(answer.works_on(Field::Relay), "0-32255");
}

/// S1.34: its groups track what comes from a Network Load Balancer.
#[test]
fn s1_34_an_application_load_balancer_tracks_what_comes_from_a_network_load_balancer() {
    let wide = BEHIND
        .replace("sg-a in: tcp 443 203.0.113.9/32", "sg-a in: tcp 443 0.0.0.0/0")
        .replace("sg-a out: tcp 8080 sg-w", "sg-a out: all 0.0.0.0/0");
    let network = testkit::network(&[&wide]);
    assert_eq!(tracking(&network, THROUGH_BOTH, "A"), "tracked");
}

/// S4.17: packets to appliances are GENEVE, from the node's address; what becomes of those that a Gateway Load
/// Balancer is asked for itself, nobody knows.
#[test]
fn s4_17_gateway_load_balancers() {
    let gateway = "
        vpc vpc-1 10.20.0.0/16
        subnet q 10.20.0.0/24 az=a
        lb lb-g gateway subnets=q
        listener l-g lb-g geneve 6081 tg-g
        tg tg-g geneve 6081 instance health=80: i-f
        eni G q 10.20.0.20 elb=lb-g
        eni F q 10.20.0.30 instance=i-f groups=sg-f
        instance i-f
        sg sg-f in: udp 6081 10.20.0.20/32 | tcp 80 10.20.0.20/32
    ";
    rows(
        &[gateway],
        &[
            ("G -> F:udp/6081", "allowed"),
            ("G -> F:tcp/80", "allowed"),
            ("G -> F:tcp/22", "blocked: request sg-in F none"),
        ],
    );
    let network = testkit::network(&[gateway]);
    assert_eq!(ask(&network, "F -> G:udp/6081").verdict(), Verdict::Blocked, "no group lets it out");
    let network = testkit::network(&[gateway, "sg sg-f out: all 0.0.0.0/0"]);
    assert_eq!(ask(&network, "F -> G:udp/6081").verdict(), Verdict::Undecided);
}
