//! Rows of part 1 of the requirements that concern gates and that no row of S10 covers.
//!
//! Covered elsewhere: 2 (t14), 25 (the model's rules have no action), 26 (t28, t30), 27 (t16, t17), 28 (naive.rs),
//! 29 (t04), 33 (t05), 50 (s3_12: a NAT gateway is named and undecided), 52 (t01, t02), 55 (t06, t07), 75 (t12),
//! 90 to 92 (t40, t41, t43), 94 (t13, t14), 95 (t18, t27), 96 (t09, t13).

use engine::ephemeral::{client_kind, kind_of};
use space::Field;

use crate::common::{OPEN, OPEN_OUT, SG_OPEN, VPC, ask, check, rows};

#[test]
fn row_01_a_stateful_gate_lets_replies_back() {
    rows(
        &[VPC, OPEN, "sg sg-web in: tcp 80 0.0.0.0/0"],
        &[
            ("203.0.113.0/24 -> @W:tcp/80 any", "allowed"),
            ("W -> 203.0.113.0/24:all any", "blocked: request sg-out W none"),
        ],
    );
}

#[test]
fn row_03_an_empty_group_admits_nothing() {
    let network = testkit::network(&[VPC, OPEN, "sg sg-web"]);
    assert_eq!(ask(&network, "0.0.0.0/0 -> @W:all any").judgement.works, space::Set::EMPTY);
}

#[test]
fn row_04_a_group_belongs_to_the_interface() {
    let network = "
        sg sg-b out: all 0.0.0.0/0
        eni B pub 10.20.0.11 public=198.51.100.11 groups=sg-b
        sg sg-web in: tcp 80 0.0.0.0/0
    ";
    rows(
        &[VPC, OPEN, network],
        &[
            ("203.0.113.9 -> @W:tcp/80", "allowed"),
            ("203.0.113.9 -> @B:tcp/80", "blocked: request sg-in B none"),
        ],
    );
}

#[test]
fn row_05_one_rule_serves_both_directions_of_every_connection() {
    // Whatever a group admits, no group stops the reply of.
    let network =
        testkit::network(&[VPC, OPEN, "sg sg-web in: tcp 80 0.0.0.0/0 | icmp 0.0.0.0/0 | 47 0.0.0.0/0"]);
    let answer = ask(&network, "203.0.113.9 -> @W:all any");
    let replies = answer.judgement.trips.iter().flat_map(|trip| &trip.replies);
    for hop in replies.flat_map(|reply| &reply.hops) {
        if matches!(hop.checkpoint, engine::Checkpoint::SecurityGroups { .. }) {
            assert_eq!(hop.cause, engine::Cause::Reply);
        }
    }
}

#[test]
fn row_06_a_web_server_behind_a_list_needs_80_in_and_ephemeral_ports_out() {
    let lists = "
        acl acl-pub in: 100 allow tcp 80 0.0.0.0/0
        acl acl-pub out: 100 allow tcp 1024-65535 0.0.0.0/0
        sg sg-web in: tcp 80 0.0.0.0/0
    ";
    for kind in ["linux", "linux-doc", "windows", "windows-legacy", "elb", "nat-gateway", "macos", "internet"]
    {
        rows(&[VPC, lists], &[(&format!("203.0.113.9 -> @W:tcp/80 {kind}"), "allowed")]);
    }
    let network = testkit::network(&[VPC, lists]);
    check(&network, "203.0.113.9 -> @W:tcp/80 any", "partial 64512/65536: reply nacl-out acl-pub *");
}

#[test]
fn row_07_the_reply_goes_to_the_port_that_the_client_took() {
    let lists = "
        acl acl-pub in: 100 allow tcp 80 0.0.0.0/0
        acl acl-pub out: 100 allow tcp 2000-2999 0.0.0.0/0 | 110 allow tcp 4000 0.0.0.0/0
    ";
    let network = testkit::network(&[VPC, SG_OPEN, lists]);
    assert_eq!(ask(&network, "203.0.113.9 -> @W:tcp/80 any").works_on(Field::Client), "2000-2999,4000");
}

#[test]
fn row_09_serving_needs_ephemeral_ports_out_fetching_needs_them_in() {
    let serve = "
        acl acl-pub in: 100 allow tcp 443 0.0.0.0/0
        acl acl-pub out: 100 allow tcp 1024-65535 0.0.0.0/0
    ";
    let fetch = "
        acl acl-pub in: 110 allow tcp 1024-65535 0.0.0.0/0
        acl acl-pub out: 110 allow tcp 443 0.0.0.0/0
    ";
    let (served, fetched) = ("203.0.113.9 -> @W:tcp/443", "W -> 203.0.113.9:tcp/443");
    rows(&[VPC, SG_OPEN, serve], &[(served, "allowed"), (fetched, "blocked: request nacl-out acl-pub *")]);
    rows(&[VPC, SG_OPEN, serve, fetch], &[(served, "allowed"), (fetched, "allowed")]);
    rows(&[VPC, SG_OPEN, fetch], &[(fetched, "allowed"), (served, "blocked: request nacl-in acl-pub *")]);
}

#[test]
fn row_11_and_row_60_two_halves_are_everyone() {
    let halves = "
        acl acl-pub in: 100 allow all 0.0.0.0/1 | 110 allow all 128.0.0.0/1
        acl acl-pub out: 100 allow all 128.0.0.0/1 | 110 allow all 0.0.0.0/1
        sg sg-web in: all 0.0.0.0/1 | all 128.0.0.0/1
    ";
    let whole = "sg sg-web in: tcp 0-65535 0.0.0.0/0";
    let works = |pieces: &[&str]| {
        let network = testkit::network(pieces);
        ask(&network, "0.0.0.0/0 -> @W:tcp any").works_on(Field::Remote)
    };
    assert_eq!(works(&[VPC, halves]), works(&[VPC, OPEN, whole]));
}

#[test]
fn row_30_and_row_51_the_range_is_the_clients() {
    let network = "
        instance i-win windows
        eni X app 10.20.1.10 groups=sg-web instance=i-win
        eni L app 10.20.1.11 groups=sg-web
        eni F app 10.20.1.12 groups=sg-web type=lambda
    ";
    let network = testkit::network(&[
        VPC,
        SG_OPEN,
        network,
        "acl acl-pub in: 100 allow tcp 80 0.0.0.0/0",
        "acl acl-pub out: 100 allow tcp 49152-65535 0.0.0.0/0",
    ]);
    // The server is W, a Linux host, in all three.
    check(&network, "X -> W:tcp/80", "allowed");
    check(&network, "L -> W:tcp/80", "partial 11848/28232: reply nacl-out acl-pub *");
    check(&network, "F -> W:tcp/80", "partial 16384/64512: reply nacl-out acl-pub *");
}

#[test]
fn row_31_load_balancers_take_ports_from_1024() {
    let network = testkit::network(&[
        VPC,
        "eni B app 10.20.1.10 elb",
        "eni N app 10.20.1.11 type=nlb",
        "eni G app 10.20.1.12 type=nat",
    ]);
    let range = |id: &str| kind_of(&network, network.model().network_interfaces.ix(id).unwrap()).ports;
    for id in ["B", "N", "G"] {
        assert_eq!(range(id), client_kind("elb").unwrap().ports, "{id}");
    }
}

#[test]
fn row_32_diagram_a() {
    let diagram = "
        acl acl-pub in: 100 allow tcp 80 0.0.0.0/0
        acl acl-pub out: 100 allow tcp 1024-65535 0.0.0.0/0
        sg sg-web in: tcp 80 0.0.0.0/0
    ";
    rows(
        &[VPC, diagram],
        &[
            ("203.0.113.9 -> @W:tcp/80", "allowed"),
            ("203.0.113.9 -> @W:tcp/22", "blocked: request nacl-in acl-pub *"),
            ("W -> 203.0.113.9:tcp/80", "blocked: request sg-out W none"),
        ],
    );
}

#[test]
fn row_34_every_blocker_shows() {
    let network = testkit::network(&[
        VPC,
        "sg sg-web in: tcp 443 0.0.0.0/0",
        "acl acl-pub in: 100 deny tcp 80 0.0.0.0/0",
    ]);
    let blockers = ask(&network, "203.0.113.9 -> @W:tcp/80").blockers(true);
    assert_eq!(blockers, ["request nacl-in acl-pub 100", "request sg-in W none", "reply nacl-out acl-pub *"]);
}

#[test]
fn row_49_who_starts_decides_on_which_side_the_ephemeral_ports_are() {
    let out = "
        acl acl-pub in: 100 allow tcp 443 0.0.0.0/0
        acl acl-pub out: 100 allow tcp 443 0.0.0.0/0
    ";
    rows(
        &[VPC, SG_OPEN, out],
        &[
            ("W -> 203.0.113.9:tcp/443", "blocked: reply nacl-in acl-pub *"),
            ("203.0.113.9 -> @W:tcp/443", "blocked: reply nacl-out acl-pub *"),
        ],
    );
}

#[test]
fn row_54_a_server_is_a_client_as_well() {
    rows(
        &[VPC, OPEN, SG_OPEN],
        &[("203.0.113.9 -> @W:tcp/80", "allowed"), ("W -> 203.0.113.9:tcp/443", "allowed")],
    );
}

#[test]
fn row_58_and_row_70_the_list_comes_before_the_group_inwards_and_behind_it_outwards() {
    let network = testkit::network(&[VPC, OPEN, SG_OPEN]);
    assert_eq!(
        ask(&network, "203.0.113.9 -> @W:tcp/80").gates()[1..3],
        ["request nacl-in acl-pub", "request sg-in W"]
    );
    assert_eq!(
        ask(&network, "W -> 203.0.113.9:tcp/80").gates()[..2],
        ["request sg-out W", "request nacl-out acl-pub"]
    );
}

#[test]
fn row_68_four_places_at_each_end() {
    let network = testkit::network(&[VPC, OPEN, SG_OPEN, "eni A app 10.20.1.10 groups=sg-web"]);
    assert_eq!(
        ask(&network, "A -> W:tcp/80").gates(),
        [
            "request sg-out A",
            "request nacl-out acl-default",
            "request route rtb-app",
            "request nacl-in acl-pub",
            "request sg-in W",
            "reply sg-out W",
            "reply nacl-out acl-pub",
            "reply route rtb-pub",
            "reply nacl-in acl-default",
            "reply sg-in A",
        ]
    );
}

#[test]
fn row_72_the_world_needs_list_and_group() {
    let list = "
        acl acl-pub in: 100 allow tcp 80 0.0.0.0/0
        acl acl-pub out: 100 allow tcp 1024-65535 0.0.0.0/0
    ";
    let group = "sg sg-web in: tcp 80 0.0.0.0/0";
    let question = "203.0.113.9 -> @W:tcp/80";
    rows(&[VPC, list, group], &[(question, "allowed")]);
    rows(&[VPC, list, "sg sg-web"], &[(question, "blocked: request sg-in W none")]);
    rows(&[VPC, group], &[(question, "blocked: request nacl-in acl-pub *")]);
}

#[test]
fn row_78_outbound_rules_decide_as_inbound_rules_do() {
    let narrow = "
        sg sg-web out: tcp 443 203.0.113.0/24
        acl acl-pub out: 90 deny tcp 443 203.0.113.64/26
    ";
    rows(
        &[VPC, OPEN, narrow],
        &[
            ("W -> 203.0.113.9:tcp/443", "allowed"),
            ("W -> 203.0.113.64:tcp/443", "blocked: request nacl-out acl-pub 90"),
            ("W -> 192.0.2.1:tcp/443", "blocked: request sg-out W none"),
        ],
    );
}

#[test]
fn row_80_what_no_rule_names_is_denied() {
    let lists = "
        acl acl-pub in: 100 allow tcp 80 0.0.0.0/0
        acl acl-pub out: 100 allow all 0.0.0.0/0
        sg sg-web in: all 0.0.0.0/0
    ";
    let network = testkit::network(&[VPC, lists]);
    assert_eq!(ask(&network, "203.0.113.9 -> @W:all any").works_on(Field::Server), "80");
    assert_eq!(ask(&network, "203.0.113.9 -> @W:all any").works_on(Field::Protocol), "6");
}

#[test]
fn row_81_outbound_rules_of_a_list_touch_inbound_sessions_those_of_a_group_do_not() {
    let group = "sg sg-web in: tcp 80 0.0.0.0/0";
    let question = "203.0.113.9 -> @W:tcp/80";
    rows(&[VPC, OPEN, group], &[(question, "allowed")]);
    let deny = "acl acl-pub out: 90 deny all 0.0.0.0/0";
    rows(&[VPC, OPEN, group, OPEN_OUT, deny], &[(question, "blocked: reply nacl-out acl-pub 90")]);
}

/// Rows 83 to 86: the web tier for the world, the database for the web tier.
const TWO_TIERS: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    table rtb-db
    subnet web 10.20.0.0/24 table=rtb-pub acl=acl-web
    subnet db 10.20.2.0/24 table=rtb-db acl=acl-db
    acl acl-web in: 100 allow tcp 443 0.0.0.0/0 | 110 allow tcp 1024-65535 10.20.2.0/24
    acl acl-web out: 100 allow tcp 1024-65535 0.0.0.0/0 | 110 allow tcp 3306 10.20.2.0/24
    acl acl-db in: 100 allow tcp 3306 10.20.0.0/24
    acl acl-db out: 100 allow tcp 1024-65535 10.20.0.0/24
    sg sg-web in: tcp 443 0.0.0.0/0
    sg sg-db in: tcp 3306 sg-web
    eni W web 10.20.0.10 public=198.51.100.10 groups=sg-web
    eni X web 10.20.0.11 public=198.51.100.11 groups=sg-x
    eni D db 10.20.2.10 groups=sg-db
    sg sg-x out: all 0.0.0.0/0
";

#[test]
fn row_83_and_row_84_nobody_but_the_web_tier_reaches_the_database() {
    rows(
        &[TWO_TIERS, "sg sg-web out: tcp 3306 sg-db"],
        &[
            ("203.0.113.9 -> @W:tcp/443", "allowed"),
            ("W -> D:tcp/3306", "allowed"),
            ("W -> D:tcp/22", "blocked: request sg-out W none"),
            ("X -> D:tcp/3306", "blocked: request sg-in D none"),
        ],
    );
    let network = testkit::network(&[TWO_TIERS]);
    assert_eq!(ask(&network, "0.0.0.0/0 -> D:all any").works_on(Field::Remote), "");
}

#[test]
fn row_85_without_outbound_rules_it_serves_and_starts_nothing() {
    rows(
        &[TWO_TIERS],
        &[
            ("203.0.113.9 -> @W:tcp/443", "allowed"),
            ("W -> 203.0.113.9:all any", "blocked: request sg-out W none"),
            // 1e: as worded, the article's design cuts its own web tier off its database.
            ("W -> D:tcp/3306", "blocked: request sg-out W none"),
        ],
    );
}

#[test]
fn row_86_the_databases_list_answers_the_web_tier_only() {
    let open = "
        sg sg-db in: tcp 3306 0.0.0.0/0
        subnet app 10.20.1.0/24
        eni A app 10.20.1.10 groups=sg-x
        acl acl-db in: 110 allow tcp 3306 10.20.1.0/24
    ";
    rows(
        &[TWO_TIERS, open],
        &[("X -> D:tcp/3306", "allowed"), ("A -> D:tcp/3306", "blocked: reply nacl-out acl-db *")],
    );
}

#[test]
fn row_89_a_new_group_has_no_inbound_and_all_outbound() {
    rows(
        &[VPC, OPEN, OPEN_OUT],
        &[
            ("203.0.113.9 -> @W:all any", "blocked: request sg-in W none"),
            ("W -> 203.0.113.9:all any", "allowed"),
        ],
    );
}

#[test]
fn row_93_no_rule_of_a_group_takes_anything_away() {
    let question = ("203.0.113.9 -> @W:tcp/80", "allowed");
    rows(&[VPC, OPEN, "sg sg-web in: tcp 80 0.0.0.0/0"], &[question]);
    rows(&[VPC, OPEN, "sg sg-web in: tcp 80 0.0.0.0/0 | tcp 80 192.0.2.0/24 | icmp 10.0.0.0/8"], &[question]);
}
