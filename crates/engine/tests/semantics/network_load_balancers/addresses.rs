//! Whose address the targets of a Network Load Balancer see: S4.6.

use space::Field;

use super::{ANYBODY, H, LISTS_OPEN, NLB};
use crate::common::{ask, check};

/// S4.6: what the target sees, by the type of target, the protocol and the attribute.
#[test]
fn s4_06_where_the_clients_address_is_kept() {
    let client = "sg sg-t in: all 203.0.113.9/32";
    let node = "sg sg-t in: all 10.20.0.20/32";
    let refused = "blocked: request sg-in T none";
    for (protocol, target, attribute, kept) in [
        ("tcp", "instance", "", true),
        ("tcp", "instance", "preserve=on", true),
        ("tcp", "instance", "preserve=off", false),
        ("tcp", "ip", "", false),
        ("tcp", "ip", "preserve=off", false),
        ("tcp", "ip", "preserve=on", true),
        ("udp", "instance", "", true),
        ("udp", "instance", "preserve=off", true),
        ("udp", "ip", "", true),
        ("udp", "ip", "preserve=off", true),
        ("tcp_udp", "instance", "", true),
        ("tcp_udp", "instance", "preserve=off", true),
        ("tcp_udp", "ip", "", true),
        ("tcp_udp", "ip", "preserve=off", true),
    ] {
        let id = if target == "ip" { "10.20.1.10" } else { "i-t" };
        let network = NLB.replace("tcp 80 tg-1", &format!("{protocol} 80 tg-1"));
        let group = format!("tg tg-1 {protocol} 8080 {target} {attribute}: {id}");
        let services = if protocol == "tcp_udp" { vec!["tcp", "udp"] } else { vec![protocol] };
        for service in services {
            let question = format!("203.0.113.9 -> @N:{service}/80");
            let (by_client, by_node) = if kept { ("allowed", refused) } else { (refused, "allowed") };
            check(&testkit::network(&[&network, LISTS_OPEN, client, &group]), &question, by_client);
            check(&testkit::network(&[&network, LISTS_OPEN, node, &group]), &question, by_node);
        }
    }
}

/// S4.6: kept only towards targets of the same VPC.
#[test]
fn s4_06_not_towards_another_vpc() {
    let peer = "
        table rtb-q: 10.30.0.0/16 pcx-1
        tg tg-1 tcp 8080 ip preserve=on: 10.30.0.9
        peering pcx-1 vpc-1 vpc-2
        vpc vpc-2 10.30.0.0/16
        table rtb-2 main: 10.20.0.0/16 pcx-1
        subnet f 10.30.0.0/24 az=a
        eni F f 10.30.0.9 groups=sg-f
        sg sg-f in: tcp 8080 10.20.0.20/32
    ";
    check(&testkit::network(&[NLB, LISTS_OPEN, ANYBODY, peer]), H, "allowed");
    // Registered for all zones, it is every node's, wherever it is (S4.13, AvailabilityZone of a target).
    let zone = peer.replace("subnet f 10.30.0.0/24 az=a", "subnet f 10.30.0.0/24 az=b");
    let network = testkit::network(&[NLB, LISTS_OPEN, ANYBODY, &zone]);
    check(&network, H, "blocked: request lb lb-n no target");
    let all = zone.replace(": 10.30.0.9", ": 10.30.0.9 zone=all");
    check(&testkit::network(&[NLB, LISTS_OPEN, ANYBODY, &all]), H, "allowed");
    let client = peer.replace("10.20.0.20/32", "203.0.113.9/32");
    check(&testkit::network(&[NLB, LISTS_OPEN, ANYBODY, &client]), H, "blocked: request sg-in F none");
}

/// S4.6: never kept for what is translated from IPv6 to IPv4; between one family it is.
#[test]
fn s4_06_ipv6_clients() {
    let dual = "
        vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
        igw igw-1
        table rtb-q: ::/0 igw-1
        table rtb-p
        subnet q 10.20.0.0/24 2001:db8:20::/64 table=rtb-q acl=acl-q az=a
        subnet p 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-p acl=acl-p az=a
        lb lb-n network subnets=q
        listener l-80 lb-n tcp 80 tg-1
        eni N q 10.20.0.20 2001:db8:20::20 elb=lb-n
        eni T p 10.20.1.10 2001:db8:20:1::10 instance=i-t groups=sg-t
        instance i-t
        acl acl-q in: 100 allow tcp 80 ::/0 | 110 allow tcp 1024-65535 10.20.1.0/24
        acl acl-q out: 100 allow tcp 8080 10.20.1.0/24 | 110 allow tcp 1024-65535 ::/0
        acl acl-p in: 100 allow tcp 8080 10.20.0.0/24
        acl acl-p out: 100 allow tcp 1024-65535 10.20.0.0/24
    ";
    let client = "2001:db8:ffff::9 -> N:tcp/80";
    let four = "tg tg-1 tcp 8080 instance: i-t";
    check(&testkit::network(&[dual, four, "sg sg-t in: tcp 8080 10.20.0.20/32"]), client, "allowed");
    check(
        &testkit::network(&[dual, four, "sg sg-t in: tcp 8080 ::/0"]),
        client,
        "blocked: request sg-in T none",
    );
    let forced = "tg tg-1 tcp 8080 ip preserve=on: 10.20.1.10";
    check(&testkit::network(&[dual, forced, "sg sg-t in: tcp 8080 10.20.0.20/32"]), client, "allowed");
    // The client's own range is judged at the node, and the node's at the target.
    let narrow = dual.replace("110 allow tcp 1024-65535 ::/0", "110 allow tcp 1024-33279 ::/0");
    let network = testkit::network(&[&narrow, four, "sg sg-t in: tcp 8080 10.20.0.20/32"]);
    let mut answer = ask(&network, client);
    assert_eq!(answer.line(), "partial 32256/64512: reply nacl-out acl-q *");
    assert_eq!(answer.works_on(Field::Client), "1024-33279");

    let six = "
        acl acl-q in: 200 allow all ::/0
        acl acl-q out: 200 allow all ::/0
        acl acl-p in: 200 allow all ::/0
        acl acl-p out: 200 allow all ::/0
        tg tg-1 tcp 8080 ip preserve=on: 2001:db8:20:1::10
    ";
    check(&testkit::network(&[dual, six, "sg sg-t in: tcp 8080 2001:db8:ffff::9/128"]), client, "allowed");
    let network = testkit::network(&[
        dual,
        &six.replace(" preserve=on", ""),
        "sg sg-t in: tcp 8080 2001:db8:20::20/128",
    ]);
    check(&network, client, "allowed");
}
