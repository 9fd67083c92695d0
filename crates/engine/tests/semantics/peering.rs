//! VPC peering: S3.30, S1.18, S1.20, T63, T64.

use crate::common::{OPEN, VPC, check};

const PEERS: &str = "
    peering pcx-1 vpc-1 vpc-2
    peering pcx-2 vpc-2 vpc-3
    peering pcx-3 vpc-1 vpc-4 pending
    peering pcx-4 vpc-1 vpc-5 region=eu-north-1
    vpc vpc-1 10.20.0.0/16
    table rtb-1 main: 10.30.0.0/16 pcx-1 | 10.40.0.0/16 pcx-1 | 10.50.0.0/16 pcx-3 | 10.60.0.0/16 pcx-4
    subnet a 10.20.1.0/24 acl=acl-a
    acl acl-a in: 100 allow all 0.0.0.0/0
    acl acl-a out: 100 allow tcp 443 10.30.0.0/16 | 110 allow all 10.40.0.0/13
    sg sg-a in: all 0.0.0.0/0
    sg sg-a out: tcp 443 sg-b | all 10.40.0.0/13
    eni A a 10.20.1.10 groups=sg-a
    vpc vpc-2 10.30.0.0/16
    table rtb-2 main: 10.20.0.0/16 pcx-1 | 10.40.0.0/16 pcx-2
    subnet b 10.30.1.0/24
    sg sg-b in: tcp 443 sg-a
    eni B b 10.30.1.10 groups=sg-b
    vpc vpc-3 10.40.0.0/16
    table rtb-3 main: 10.30.0.0/16 pcx-2
    subnet c 10.40.1.0/24
    eni C c 10.40.1.10 groups=sg-b
    vpc vpc-4 10.50.0.0/16
    subnet d 10.50.1.0/24
    eni D d 10.50.1.10 groups=sg-b
    vpc vpc-5 10.60.0.0/16
    table rtb-5 main: 10.20.0.0/16 pcx-4
    subnet e 10.60.1.0/24
    sg sg-e in: tcp 443 sg-a | tcp 80 10.20.1.0/24
    eni E e 10.60.1.10 groups=sg-e
";

/// S3.30, S1.18: lists at both ends and nothing in between; references to groups of the peer match.
#[test]
fn s3_30_peering_carries_both_ways_where_both_have_routes() {
    let network = testkit::network(&[PEERS]);
    check(&network, "A -> B:tcp/443", "allowed");
    check(&network, "A -> B:tcp/80", "blocked: request sg-out A none");
    // Addresses of the other VPC that no interface holds.
    let open = PEERS.replace("sg sg-a out:", "sg sg-a out: all 10.30.0.0/16 |");
    check(&testkit::network(&[&open]), "A -> 10.30.1.99:tcp/443", "blocked: request host not held");
}

#[test]
fn t63_peering_is_not_transitive() {
    let network = testkit::network(&[PEERS]);
    check(&network, "A -> C:tcp/443", "blocked: request peering pcx-1 not transitive");
}

#[test]
fn t64_without_a_route_back_there_is_no_connection() {
    let network =
        testkit::network(&[&PEERS.replace("table rtb-2 main: 10.20.0.0/16 pcx-1 |", "table rtb-2 main:")]);
    check(&network, "A -> B:tcp/443", "blocked: reply route rtb-2 no route");
}

#[test]
fn s3_30_only_an_active_peering_carries() {
    // Nor does a reference match over one that is pending (S1.18): by address, the connection itself stops it.
    check(&testkit::network(&[PEERS]), "A -> D:tcp/443", "blocked: request sg-out A none");
    let open = PEERS.replace("sg sg-a out:", "sg sg-a out: all 10.50.0.0/16 |");
    let open = open.replace("110 allow all 10.40.0.0/13", "110 allow all 10.32.0.0/11");
    check(&testkit::network(&[&open]), "A -> D:tcp/443", "blocked: request peering pcx-3 not active");
}

/// S1.20: across Regions an address is an address.
#[test]
fn s1_20_references_do_not_match_across_regions() {
    let open = PEERS
        .replace("sg sg-a out:", "sg sg-a out: all 10.60.0.0/16 |")
        .replace("110 allow all 10.40.0.0/13", "110 allow all 10.32.0.0/11");
    let network = testkit::network(&[&open]);
    check(&network, "A -> E:tcp/80", "allowed");
    check(&network, "A -> E:tcp/443", "blocked: request sg-in E none");
}

/// A peer that the export lacks decides nothing.
#[test]
fn s0_06_a_peered_vpc_that_is_not_in_the_export_is_unknown() {
    let network = testkit::network(&[
        "peering pcx-9 vpc-1 vpc-9 10.90.0.0/16",
        VPC,
        OPEN,
        "sg sg-web out: all 0.0.0.0/0",
        "table rtb-pub: 10.90.0.0/16 pcx-9",
    ]);
    check(&network, "W -> 10.90.1.1:tcp/443", "undecided: request peering pcx-9 unknown");
}

/// The answer may come back another way, since nothing is translated: what is not modelled there decides nothing.
#[test]
fn an_answer_by_a_transit_gateway_is_undecided() {
    let asymmetric = PEERS.replace("10.20.0.0/16 pcx-1 |", "10.20.0.0/16 tgw-1 |");
    let network = testkit::network(&[&asymmetric]);
    check(&network, "A -> B:tcp/443", "undecided: reply unmodelled tgw-1 unknown");
}
