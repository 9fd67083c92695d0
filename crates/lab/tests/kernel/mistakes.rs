//! What other local clouds get wrong, each a test: read from their sources and issues, and checked against the clause.

use lab::numbers::Numbers;

use crate::support::{Standing, possible};

/// A VPC with two subnets: c and d are in one, s is in the other.
const AROUND: &str = "
    vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
    igw igw-1
    table rtb-1: 0.0.0.0/0 igw-1 | ::/0 igw-1
    sg sg-open in: all 0.0.0.0/0 | all ::/0
    sg sg-open out: all 0.0.0.0/0 | all ::/0
";

fn with(lines: &str) -> engine::Network {
    testkit::network(&[AROUND, lines])
}

fn check(test: &str, lines: &str, questions: &[(&str, bool)]) {
    if !possible(test) {
        return;
    }
    let network = with(lines);
    Standing::up(&network).expect(questions);
}

const HOSTS: &str = "
    subnet a 10.20.0.0/24 2001:db8:20::/64 table=rtb-1 acl=acl-a
    subnet b 10.20.1.0/24 2001:db8:20:1::/64 table=rtb-1 acl=acl-b
    eni c a 10.20.0.10 2001:db8:20::10 public=198.51.100.10 groups=sg-open
    eni d a 10.20.0.11 2001:db8:20::11 groups=sg-open
";

/// One accepting list alone decided, whichever was asked last.
#[test]
fn a_list_that_allows_does_not_skip_the_group_nor_a_group_the_list() {
    check(
        "a_list_that_allows_does_not_skip_the_group_nor_a_group_the_list",
        &format!(
            "{HOSTS}
            sg sg-80 in: tcp 80 0.0.0.0/0
            acl acl-a in: 100 allow all 0.0.0.0/0
            acl acl-a out: 100 allow all 0.0.0.0/0
            acl acl-b in: 100 allow tcp 22-443 0.0.0.0/0
            acl acl-b out: 100 allow all 0.0.0.0/0
            eni s b 10.20.1.10 groups=sg-80
            eni t b 10.20.1.11 groups=sg-open"
        ),
        // S0.4: both have to let it through.
        &[
            ("c -> s:tcp/80", true),
            ("c -> s:tcp/443", false),
            ("c -> t:tcp/443", true),
            ("c -> t:tcp/8080", false),
        ],
    );
}

/// A bridge or a shared chain let lists filter neighbours.
#[test]
fn a_list_is_not_asked_inside_a_subnet() {
    check(
        "a_list_is_not_asked_inside_a_subnet",
        &format!("{HOSTS}\nacl acl-a\nacl acl-b"),
        // S2.12.
        &[("c -> d:tcp/80", true), ("d -> c:udp/53", true), ("c.6 -> d.6:tcp/80", true)],
    );
}

/// Protocols other than ICMP, TCP and UDP became `all`.
#[test]
fn a_protocol_by_number_is_that_protocol() {
    check(
        "a_protocol_by_number_is_that_protocol",
        &format!(
            "{HOSTS}
            acl acl-a in: 100 allow all 0.0.0.0/0
            acl acl-a out: 100 allow all 0.0.0.0/0
            acl acl-b in: 100 allow 50 0.0.0.0/0
            acl acl-b out: 100 allow 50 0.0.0.0/0
            sg sg-gre in: 47 0.0.0.0/0
            eni s b 10.20.1.10 groups=sg-open
            eni t a 10.20.0.12 groups=sg-gre"
        ),
        // S2.7, S1.4.
        &[
            ("c -> s:50", true),
            ("c -> s:47", false),
            ("c -> s:tcp/80", false),
            ("d -> t:47", true),
            ("d -> t:50", false),
        ],
    );
}

/// Entries for IPv6 became 0.0.0.0/0, or were not there.
#[test]
fn an_entry_for_ipv6_says_nothing_of_ipv4() {
    check(
        "an_entry_for_ipv6_says_nothing_of_ipv4",
        &format!(
            "{HOSTS}
            acl acl-a in: 100 allow all ::/0
            acl acl-a out: 100 allow all ::/0
            acl acl-b in: 90 deny tcp 22 ::/0 | 100 allow all ::/0 | 110 allow tcp 22 0.0.0.0/0
            acl acl-b out: 100 allow all ::/0
            eni s b 10.20.1.10 2001:db8:20:1::10 groups=sg-open"
        ),
        // S0.1, S1.12.
        &[
            ("c.6 -> s.6:tcp/80", true),
            ("c.6 -> s.6:tcp/22", false),
            ("c -> s:tcp/80", false),
            ("c -> s:tcp/22", false),
        ],
    );
}

/// Type and code were ignored, or read as ports.
#[test]
fn icmp_has_types_and_codes() {
    check(
        "icmp_has_types_and_codes",
        &format!(
            "{HOSTS}
            acl acl-a in: 100 allow all 0.0.0.0/0
            acl acl-a out: 100 allow all 0.0.0.0/0
            acl acl-b in: 100 allow icmp 3/4 0.0.0.0/0 | 110 allow icmp 8 0.0.0.0/0
            acl acl-b out: 100 allow icmp 0 0.0.0.0/0
            sg sg-ping in: icmp 8 0.0.0.0/0
            eni s b 10.20.1.10 groups=sg-open
            eni t b 10.20.1.11 groups=sg-ping"
        ),
        // S1.6, S2.8.
        &[
            ("c -> s:icmp/8/0", true),
            ("c -> s:icmp/3/4", true),
            ("c -> s:icmp/3/3", false),
            ("c -> s:icmp/13/0", false),
            ("c -> t:icmp/8/0", true),
            ("c -> t:icmp/3/4", false),
            ("c -> t:tcp/8", false),
        ],
    );
}

/// UDP 53 was always let through.
#[test]
fn dns_to_a_server_of_ones_own_is_filtered() {
    check(
        "dns_to_a_server_of_ones_own_is_filtered",
        &format!(
            "{HOSTS}
            acl acl-a in: 100 allow all 0.0.0.0/0
            acl acl-a out: 100 allow all 0.0.0.0/0
            acl acl-b in: 100 allow all 0.0.0.0/0
            acl acl-b out: 100 allow all 0.0.0.0/0
            sg sg-80 in: tcp 80 0.0.0.0/0
            eni s b 10.20.1.10 groups=sg-80"
        ),
        // S1.51.
        &[("c -> s:udp/53", false), ("c -> s:tcp/53", false), ("c -> s:tcp/80", true)],
    );
}

/// A reference to a group became 0.0.0.0/0.
#[test]
fn a_reference_is_its_members_private_addresses() {
    check(
        "a_reference_is_its_members_private_addresses",
        &format!(
            "{HOSTS}
            acl acl-a in: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
            acl acl-a out: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
            acl acl-b in: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
            acl acl-b out: 100 allow all 0.0.0.0/0 | 101 allow all ::/0
            sg sg-web out: all 0.0.0.0/0 | all ::/0
            sg sg-db in: tcp 3306 sg-web
            eni w a 10.20.0.12 2001:db8:20::12 public=198.51.100.12 groups=sg-web
            eni s b 10.20.1.10 2001:db8:20:1::10 public=198.51.100.20 groups=sg-db
            eni t b 10.20.1.11 groups=sg-db"
        ),
        // S1.15, S1.17, S3.18.
        &[
            ("w -> s:tcp/3306", true),
            ("w.6 -> s.6:tcp/3306", true),
            ("c -> s:tcp/3306", false),
            ("t -> s:tcp/3306", false),
            ("w -> @s:tcp/3306", false),
            ("203.0.113.9 -> @s:tcp/3306", false),
        ],
    );
}

/// `established` stood before the lists, which made them stateful.
#[test]
fn a_list_keeps_no_state() {
    check(
        "a_list_keeps_no_state",
        &format!(
            "{HOSTS}
            acl acl-a in: 100 allow tcp 49152-65535 0.0.0.0/0
            acl acl-a out: 100 allow all 0.0.0.0/0
            acl acl-b in: 100 allow all 0.0.0.0/0
            acl acl-b out: 100 allow all 0.0.0.0/0
            eni s b 10.20.1.10 groups=sg-open"
        ),
        // S2.13.
        &[("c -> s:tcp/80 32768", false), ("c -> s:tcp/80 49151", false), ("c -> s:tcp/80 49152", true)],
    );
}

/// Only denies were there: allows rode on a policy that accepts, and the last `*` was missing.
#[test]
fn a_list_denies_what_no_entry_allows() {
    check(
        "a_list_denies_what_no_entry_allows",
        &format!(
            "{HOSTS}
            acl acl-a in: 100 allow all 0.0.0.0/0
            acl acl-a out: 100 allow all 0.0.0.0/0
            acl acl-b in: 100 allow tcp 80 0.0.0.0/0
            acl acl-b out: 100 allow all 0.0.0.0/0
            eni s b 10.20.1.10 groups=sg-open"
        ),
        // S2.5, S2.11.
        &[
            ("c -> s:tcp/80", true),
            ("c -> s:tcp/81", false),
            ("c -> s:udp/80", false),
            ("c -> s:icmp/8/0", false),
        ],
    );
}

/// A deny counted only against an allow of the same words, and numbers did not order them.
#[test]
fn the_lowest_number_decides_where_entries_overlap() {
    check(
        "the_lowest_number_decides_where_entries_overlap",
        &format!(
            "{HOSTS}
            acl acl-a in: 100 allow all 0.0.0.0/0
            acl acl-a out: 100 allow all 0.0.0.0/0
            acl acl-b in: 200 deny tcp 0-1023 10.20.0.0/16 | 100 allow tcp 80-90 10.20.0.0/24 | 300 allow all 0.0.0.0/0
            acl acl-b out: 100 allow all 0.0.0.0/0
            eni s b 10.20.1.10 groups=sg-open"
        ),
        // S2.4, S2.17.
        &[
            ("c -> s:tcp/80-90 40000", true),
            ("c -> s:tcp/79 40000", false),
            ("c -> s:tcp/91 40000", false),
            ("c -> s:tcp/1024 40000", true),
        ],
    );
}

/// A deny was dropped on the way of all subnets.
#[test]
fn a_list_is_of_its_subnet() {
    check(
        "a_list_is_of_its_subnet",
        &format!(
            "{HOSTS}
            acl acl-a in: 100 allow all 0.0.0.0/0
            acl acl-a out: 100 allow all 0.0.0.0/0
            acl acl-b in: 100 deny tcp 22 0.0.0.0/0 | 200 allow all 0.0.0.0/0
            acl acl-b out: 100 allow all 0.0.0.0/0
            subnet x 10.20.2.0/24 table=rtb-1 acl=acl-a
            eni s b 10.20.1.10 groups=sg-open
            eni t x 10.20.2.10 groups=sg-open"
        ),
        // S2.1.
        &[("c -> s:tcp/22", false), ("c -> t:tcp/22", true), ("t -> c:tcp/22", true)],
    );
}

/// Egress that was accepted ended the chain, and ingress was never asked.
#[test]
fn egress_and_ingress_are_two_gates() {
    check(
        "egress_and_ingress_are_two_gates",
        &format!(
            "{HOSTS}
            acl acl-a in: 100 allow all 0.0.0.0/0
            acl acl-a out: 100 allow all 0.0.0.0/0
            acl acl-b
            sg sg-in in: tcp 80 0.0.0.0/0
            sg sg-out out: tcp 80-81 0.0.0.0/0
            eni s a 10.20.0.12 groups=sg-in
            eni t a 10.20.0.13 groups=sg-out"
        ),
        // S1.27, S1.29: in one subnet as between two.
        &[
            ("t -> s:tcp/80", true),
            ("t -> s:tcp/81", false),
            ("t -> c:tcp/82", false),
            ("s -> c:tcp/80", false),
            ("c -> t:tcp/80", false),
        ],
    );
}

/// Words of the input became rules.
#[test]
fn no_word_of_an_input_is_told_to_nft() {
    let network = with(&format!("{HOSTS}\nacl acl-a\nacl acl-b\neni evil;flush a 10.20.0.12 groups=sg-open"));
    let plan = lab::topology::Plan::new(&network, &mut lab::places::Places::default()).unwrap();
    let rules =
        lab::Rulesets::new(&network, &plan, &mut Numbers::default(), &lab::Compiled::default()).unwrap();
    let vpc = &rules.vpcs[0];
    for table in [&vpc.fabric, &vpc.router, vpc.gateway.as_ref().unwrap(), &rules.world] {
        let text = table.text();
        for word in ["evil", "flush", "sg-open", "acl-a", "vpc-1", "rtb-1", "igw-1"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

/// A failed update left an interface without filters.
#[test]
fn what_cannot_be_applied_leaves_the_rules_in_force() {
    if !possible("what_cannot_be_applied_leaves_the_rules_in_force") {
        return;
    }
    let network = with(&format!("{HOSTS}\nacl acl-a\nacl acl-b"));
    let standing = Standing::up(&network);
    let fabric = standing.lab.names().fabric(0);
    let before = fabric.rules().unwrap();
    let broken =
        standing.lab.rules().vpcs[0].fabric.text().replacen("policy drop;", "policy drop; no such word", 1);
    assert!(fabric.load(&broken).is_err());
    assert_eq!(fabric.rules().unwrap(), before);
    standing.expect(&[("c -> d:tcp/80", true)]);
}
