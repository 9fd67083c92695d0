//! Rows T1 to T27 of S10: network ACLs and the ports of clients. What is expected comes from the specification; the
//! shares of T1 to T15, T21 and T26 also from an independent evaluator (nacl-scenarios.json).

use crate::common::{OPEN, OPEN_OUT, OPEN6, SG_OPEN, VPC, VPC6, ask, check, rows};
use space::Field;

/// The lists of T1 (seed 002) without inbound 130.
const T1: &str = "
    acl acl-pub in: 100 allow tcp 22 0.0.0.0/0 | 110 allow tcp 80 0.0.0.0/0 | 120 allow tcp 443 0.0.0.0/0
    acl acl-pub out: 100 allow tcp 22 0.0.0.0/0 | 110 allow tcp 80 0.0.0.0/0 | 120 allow tcp 443 0.0.0.0/0
    acl acl-pub out: 130 allow tcp 1024-65535 0.0.0.0/0
    sg sg-web in: tcp 443 0.0.0.0/0
    sg sg-web out: all 0.0.0.0/0
";
const DENY_130: &str = "acl acl-pub in: 130 deny tcp 1024-65535 0.0.0.0/0";
const IN_80: &str = "acl acl-pub in: 100 allow tcp 80 0.0.0.0/0";
const BLOCK_LIST: &str = "acl acl-pub in: 90 deny all 203.0.113.0/24";

#[test]
fn t01_replies_to_the_update_are_denied() {
    rows(&[VPC, T1, DENY_130], &[("W -> 203.0.113.9:tcp/443 linux", "blocked: reply nacl-in acl-pub 130")]);
}

#[test]
fn t02_allowed_once_130_allows() {
    let allow = "acl acl-pub in: 130 allow tcp 1024-65535 0.0.0.0/0";
    rows(&[VPC, T1, allow], &[("W -> 203.0.113.9:tcp/443 linux", "allowed")]);
}

#[test]
fn t03_the_deny_leaves_serving_alone() {
    rows(&[VPC, T1, DENY_130], &[("203.0.113.9 -> @W:tcp/443 internet", "allowed")]);
}

#[test]
fn t04_the_final_deny_does_the_same() {
    rows(&[VPC, T1], &[("W -> 203.0.113.9:tcp/443 linux", "blocked: reply nacl-in acl-pub *")]);
}

#[test]
fn t05_the_reply_does_not_go_to_port_80() {
    let out = "acl acl-pub out: 100 allow tcp 80 0.0.0.0/0";
    rows(
        &[VPC, SG_OPEN, IN_80, out],
        &[("203.0.113.9 -> @W:tcp/80 windows", "blocked: reply nacl-out acl-pub *")],
    );
}

#[test]
fn t06_linux_ports_for_windows_clients() {
    let network =
        testkit::network(&[VPC, SG_OPEN, IN_80, "acl acl-pub out: 100 allow tcp 32768-61000 0.0.0.0/0"]);
    let question = "203.0.113.9 -> @W:tcp/80 windows";
    check(&network, question, "partial 11849/16384: reply nacl-out acl-pub *");
    assert_eq!(ask(&network, question).works_on(Field::Client), "49152-61000");
}

#[test]
fn t07_windows_ports_for_linux_clients() {
    let network =
        testkit::network(&[VPC, SG_OPEN, IN_80, "acl acl-pub out: 100 allow tcp 49152-65535 0.0.0.0/0"]);
    let question = "203.0.113.9 -> @W:tcp/80 linux";
    check(&network, question, "partial 11848/28232: reply nacl-out acl-pub *");
    assert_eq!(ask(&network, question).works_on(Field::Client), "49152-60999");
}

#[test]
fn t08_a_load_balancer_takes_ports_from_1024() {
    // The kind of client is found by what made the interface (S2.21, `elb`).
    let alb = "
        sg sg-alb out: all 0.0.0.0/0
        eni ALB app 10.20.1.20 groups=sg-alb elb
        acl acl-pub out: 100 allow tcp 32768-65535 0.0.0.0/0
    ";
    rows(
        &[VPC, SG_OPEN, IN_80, alb],
        &[("ALB -> W:tcp/80", "partial 32768/64512: reply nacl-out acl-pub *")],
    );
}

const T9: &str = "acl acl-pub out: 90 deny tcp 3389 0.0.0.0/0 | 100 allow tcp 1024-65535 0.0.0.0/0";

#[test]
fn t09_a_deny_inside_the_ephemeral_ports_costs_a_sliver() {
    let network = testkit::network(&[VPC, SG_OPEN, IN_80, T9]);
    let question = "203.0.113.9 -> @W:tcp/80 internet";
    check(&network, question, "partial 64511/64512: reply nacl-out acl-pub 90");
    assert_eq!(ask(&network, question).works_on(Field::Client), "1024-3388,3390-65535");
}

#[test]
fn t10_a_deny_outside_the_ephemeral_ports_costs_nothing() {
    rows(&[VPC, SG_OPEN, IN_80, T9], &[("203.0.113.9 -> @W:tcp/80 linux", "allowed")]);
}

#[test]
fn t11_a_deny_below_the_allow_is_dead() {
    let lists = "
        acl acl-pub in: 100 allow tcp 0-65535 0.0.0.0/0 | 110 deny all 203.0.113.0/24
        acl acl-pub out: 100 allow all 0.0.0.0/0
    ";
    rows(&[VPC, SG_OPEN, lists], &[("203.0.113.9 -> @W:tcp/80", "allowed")]);
}

#[test]
fn t12_a_block_list_above_the_allow() {
    rows(
        &[VPC, SG_OPEN, OPEN, BLOCK_LIST],
        &[("203.0.113.9 -> @W:tcp/80", "blocked: request nacl-in acl-pub 90")],
    );
}

#[test]
fn t13_a_block_list_also_cuts_what_the_server_starts() {
    rows(
        &[VPC, SG_OPEN, OPEN, BLOCK_LIST],
        &[("W -> 203.0.113.9:tcp/443", "blocked: reply nacl-in acl-pub 90")],
    );
}

#[test]
fn t14_a_block_list_on_out_only_stops_the_reply() {
    let out = "acl acl-pub out: 90 deny all 203.0.113.0/24";
    rows(&[VPC, SG_OPEN, OPEN, out], &[("203.0.113.9 -> @W:tcp/80", "blocked: reply nacl-out acl-pub 90")]);
}

#[test]
fn t15_a_service_port_inside_the_denied_range() {
    let lists = "
        acl acl-pub in: 100 deny tcp 1024-65535 0.0.0.0/0 | 200 allow tcp 80 0.0.0.0/0 | 300 allow tcp 8080 0.0.0.0/0
        acl acl-pub out: 100 allow all 0.0.0.0/0
    ";
    rows(&[VPC, SG_OPEN, lists], &[("203.0.113.9 -> @W:tcp/8080", "blocked: request nacl-in acl-pub 100")]);
}

#[test]
fn t16_neighbours_meet_no_list() {
    let lists = "
        acl acl-pub in: 100 allow tcp 80 0.0.0.0/0 | 32766 deny all 0.0.0.0/0
        acl acl-pub out: 100 allow all 0.0.0.0/0
        sg sg-peer in: tcp 22 10.20.0.0/24
        eni P pub 10.20.0.50 groups=sg-peer
    ";
    let network = testkit::network(&[VPC, OPEN_OUT, lists]);
    check(&network, "W -> 10.20.0.50:tcp/22", "allowed");
    assert_eq!(
        ask(&network, "W -> P:tcp/22").gates(),
        ["request sg-out W", "request sg-in P", "reply sg-out P", "reply sg-in W"]
    );
}

#[test]
fn t17_sharing_a_list_does_not_join_subnets() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        subnet pub 10.20.0.0/24 acl=acl-x
        subnet app 10.20.1.0/24 acl=acl-x
        eni W pub 10.20.0.10 groups=sg-web
        eni A app 10.20.1.10 groups=sg-web
    ";
    rows(&[network, SG_OPEN], &[("A -> W:tcp/80", "blocked: request nacl-out acl-x *")]);
}

#[test]
fn t18_a_new_list_denies_everything() {
    let questions = [
        ("203.0.113.9 -> @W:all", "blocked: request nacl-in acl-pub *"),
        ("W -> 203.0.113.9:all", "blocked: request nacl-out acl-pub *"),
        ("A -> W:icmp/8", "blocked: request nacl-in acl-pub *"),
    ];
    let a = "eni A app 10.20.1.10 groups=sg-web";
    rows(&[VPC, SG_OPEN, a, "acl acl-pub"], &questions);
    // moto lists no final denies; they are there all the same (S2.5, S2.11).
    rows(&[VPC, SG_OPEN, a, "acl acl-pub nostar"], &questions);
}

#[test]
fn t19_the_echo_reply_needs_the_list_too() {
    let lists = "
        acl acl-pub in: 100 allow icmp 8 0.0.0.0/0
        sg sg-web in: icmp 8 0.0.0.0/0
    ";
    rows(&[VPC, lists], &[("203.0.113.9 -> @W:icmp/8/0", "blocked: reply nacl-out acl-pub *")]);
}

#[test]
fn t20_terraforms_type_and_code_default_to_zero() {
    let lists = "
        acl acl-pub in: 100 allow icmp 0/0 0.0.0.0/0
        acl acl-pub out: 100 allow all 0.0.0.0/0
    ";
    rows(&[VPC, SG_OPEN, lists], &[("203.0.113.9 -> @W:icmp/8/0", "blocked: request nacl-in acl-pub *")]);
}

#[test]
fn t21_allowing_ipv4_allows_no_ipv6() {
    let question = "2001:db8::9 -> W:tcp/80 internet";
    rows(&[VPC6, SG_OPEN, OPEN], &[(question, "blocked: request nacl-in acl-pub *")]);
    let network = testkit::network(&[VPC6, SG_OPEN, OPEN]);
    let answer = ask(&network, question);
    let hop = answer.judgement.trips[0]
        .request
        .hops
        .iter()
        .find(|hop| matches!(hop.checkpoint, engine::Checkpoint::NetworkAcl { .. }));
    let Some(engine::RuleRef::NetworkAcl(acl, position)) = hop.unwrap().taken[0].rule else {
        panic!("no entry")
    };
    assert_eq!(network.model().network_acls.at(acl).entries[position].number, 32768);
}

const DENY_DNS: &str = "
    acl acl-pub in: 90 allow all 10.20.0.0/16 | 100 allow tcp 0-65535 0.0.0.0/0
    acl acl-pub out: 90 deny udp 53 0.0.0.0/0 | 100 allow all 0.0.0.0/0
";

#[test]
fn t22_the_resolver_is_never_filtered() {
    rows(&[VPC, OPEN_OUT, DENY_DNS], &[("W -> 10.20.0.2:udp/53", "allowed")]);
}

#[test]
fn t23_other_resolvers_are() {
    rows(&[VPC, OPEN_OUT, DENY_DNS], &[("W -> 8.8.8.8:udp/53", "blocked: request nacl-out acl-pub 90")]);
}

#[test]
fn t24_instance_metadata_is_never_filtered() {
    rows(&[VPC, "sg sg-web"], &[("W -> 169.254.169.254:tcp/80", "allowed")]);
}

#[test]
fn t25_the_message_for_path_mtu_discovery_does_not_get_in() {
    let lists = "
        acl acl-pub in: 100 allow tcp 443 0.0.0.0/0 | 110 allow tcp 1024-65535 0.0.0.0/0
        acl acl-pub out: 100 allow all 0.0.0.0/0
    ";
    rows(
        &[VPC, SG_OPEN, lists],
        &[
            ("W -> 203.0.113.9:tcp/443", "allowed"),
            ("203.0.113.9 -> @W:icmp/3/4", "blocked: request nacl-in acl-pub *"),
        ],
    );
    // Such a message expects no answer (S0.2): with the two entries of S2.24 it is through.
    let icmp = "acl acl-pub in: 120 allow icmp 3/4 0.0.0.0/0";
    rows(&[VPC, SG_OPEN, lists, icmp], &[("203.0.113.9 -> @W:icmp/3/4", "allowed")]);
}

#[test]
fn t26_without_the_default_allow_only_the_final_deny_is_left() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        acl acl-1 default in: 100 deny tcp 22 0.0.0.0/0
        acl acl-1 out: 100 allow all 0.0.0.0/0
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet pub 10.20.0.0/24
        eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
    ";
    rows(
        &[network, SG_OPEN],
        &[
            ("203.0.113.9 -> @W:tcp/80 internet", "blocked: request nacl-in acl-1 *"),
            ("203.0.113.9 -> @W:tcp/22 internet", "blocked: request nacl-in acl-1 100"),
        ],
    );
}

#[test]
fn t27_the_default_list_allows_everything() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet pub 10.20.0.0/24
        sg sg-web in: tcp 80 0.0.0.0/0
        eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
    ";
    rows(&[network], &[("203.0.113.9 -> @W:tcp/80", "allowed")]);
}

#[test]
fn s2_02_lists_know_neither_groups_nor_prefix_lists_but_both_families() {
    rows(
        &[VPC6, SG_OPEN, OPEN, OPEN6],
        &[("2001:db8::9 -> W:tcp/80", "allowed"), ("203.0.113.9 -> @W:tcp/80", "allowed")],
    );
}

#[test]
fn s2_03_one_number_serves_both_directions() {
    let lists = "
        acl acl-pub in: 100 allow tcp 80 0.0.0.0/0
        acl acl-pub out: 100 deny tcp 80 0.0.0.0/0 | 110 allow all 0.0.0.0/0
    ";
    rows(
        &[VPC, SG_OPEN, lists],
        &[
            ("203.0.113.9 -> @W:tcp/80", "allowed"),
            ("W -> 203.0.113.9:tcp/80", "blocked: request nacl-out acl-pub 100"),
        ],
    );
}

#[test]
fn s2_04_numbers_and_not_storage_order_decide() {
    let lists = "
        acl acl-pub in: 200 allow all 0.0.0.0/0 | 32766 deny all 0.0.0.0/0 | 90 deny tcp 80 203.0.113.0/24
        acl acl-pub out: 100 allow all 0.0.0.0/0
    ";
    rows(
        &[VPC, SG_OPEN, lists],
        &[
            ("203.0.113.9 -> @W:tcp/80", "blocked: request nacl-in acl-pub 90"),
            ("203.0.113.9 -> @W:tcp/81", "allowed"),
        ],
    );
}

#[test]
fn s2_07_ports_of_other_protocols_are_ignored_and_minus_one_is_all() {
    let lists = "
        acl acl-pub in: 100 allow 47 0.0.0.0/0 | 110 deny all 192.0.2.0/24 | 120 allow all 0.0.0.0/0
        acl acl-pub out: 100 allow all 0.0.0.0/0
    ";
    rows(
        &[VPC, SG_OPEN, lists],
        &[
            ("192.0.2.1 -> @W:47", "allowed"),
            ("192.0.2.1 -> @W:50", "blocked: request nacl-in acl-pub 110"),
            ("192.0.2.1 -> @W:icmp/8/0", "blocked: request nacl-in acl-pub 110"),
            ("192.0.3.1 -> @W:50", "allowed"),
        ],
    );
}

#[test]
fn s2_08_minus_one_stands_for_all_types_or_all_codes() {
    let lists = "
        acl acl-pub in: 100 deny icmp 8/1 0.0.0.0/0 | 110 allow icmp 8 0.0.0.0/0 | 120 deny icmp 13 0.0.0.0/0
        acl acl-pub in: 130 allow icmp 0.0.0.0/0
        acl acl-pub out: 100 allow icmp 0.0.0.0/0
    ";
    rows(
        &[VPC, SG_OPEN, lists],
        &[
            ("203.0.113.9 -> @W:icmp/8/0", "allowed"),
            ("203.0.113.9 -> @W:icmp/8/1", "blocked: request nacl-in acl-pub 100"),
            ("203.0.113.9 -> @W:icmp/13/0", "blocked: request nacl-in acl-pub 120"),
            ("203.0.113.9 -> @W:icmp/17/0", "allowed"),
        ],
    );
}

#[test]
fn s0_02_an_echo_reply_has_type_0_and_code_0() {
    let with =
        |out: &str| testkit::network(&[VPC, SG_OPEN, "acl acl-pub in: 100 allow icmp 8 0.0.0.0/0", out]);
    let question = "203.0.113.9 -> @W:icmp/8/0";
    check(&with("acl acl-pub out: 100 allow icmp 0/0 0.0.0.0/0"), question, "allowed");
    for wrong in ["icmp 0/1", "icmp 8", "icmp 14"] {
        let out = format!("acl acl-pub out: 100 allow {wrong} 0.0.0.0/0");
        check(&with(&out), question, "blocked: reply nacl-out acl-pub *");
    }
    // IPv6: 128/0 and 129/0.
    let lists = "
        acl acl-pub in: 100 allow icmpv6 128 ::/0
        acl acl-pub out: 100 allow icmpv6 129/0 ::/0
    ";
    rows(&[VPC6, SG_OPEN, lists], &[("2001:db8::9 -> W:icmpv6/128/0", "allowed")]);
}

#[test]
fn s2_09_host_bits_of_a_block_do_not_count() {
    let lists = "
        acl acl-pub in: 100 allow all 100.68.0.18/18
        acl acl-pub in: 110 allow all 203.0.113.77/24
        acl acl-pub out: 100 allow all 0.0.0.0/0
    ";
    rows(
        &[VPC, SG_OPEN, lists],
        &[
            ("203.0.113.0 -> @W:tcp/80", "allowed"),
            ("203.0.114.0 -> @W:tcp/80", "blocked: request nacl-in acl-pub *"),
        ],
    );
}

#[test]
fn s2_13_a_reply_is_judged_by_its_destination_port() {
    let lists = "
        acl acl-pub in: 100 allow tcp 80 0.0.0.0/0
        acl acl-pub out: 100 allow tcp 40000 203.0.113.9/32
    ";
    rows(
        &[VPC, SG_OPEN, lists],
        &[
            ("203.0.113.9 -> @W:tcp/80 40000", "allowed"),
            ("203.0.113.9 -> @W:tcp/80 40001", "blocked: reply nacl-out acl-pub *"),
            ("203.0.113.10 -> @W:tcp/80 40000", "blocked: reply nacl-out acl-pub *"),
        ],
    );
}

#[test]
fn s2_22_shares() {
    for (allow, client, share) in [
        ("49152-65535", "linux", "11848/28232"),
        ("32768-61000", "windows", "11849/16384"),
        ("32768-65535", "nat-gateway", "32768/64512"),
        ("32768-60999", "elb", "28232/64512"),
    ] {
        let out = format!("acl acl-pub out: 100 allow tcp {allow} 0.0.0.0/0");
        let network = testkit::network(&[VPC, SG_OPEN, IN_80, &out]);
        let expected = format!("partial {share}: reply nacl-out acl-pub *");
        check(&network, &format!("203.0.113.9 -> @W:tcp/80 {client}"), &expected);
    }
}

#[test]
fn a_list_that_could_not_be_read_decides_nothing() {
    // S0.6: the lost entry may stand before any other.
    let question = (
        "203.0.113.9 -> @W:tcp/80",
        "undecided: request nacl-in acl-pub unknown, reply nacl-out acl-pub unknown",
    );
    rows(&[VPC, SG_OPEN, OPEN, "acl acl-pub incomplete"], &[question]);
}

#[test]
fn a_subnet_without_a_known_list_is_undecided() {
    let network = "
        vpc vpc-1 10.20.0.0/16 nodefault
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet pub 10.20.0.0/24
        eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
    ";
    let expected = "undecided: request nacl-in ? unknown, reply nacl-out ? unknown";
    rows(&[network, SG_OPEN], &[("203.0.113.9 -> @W:tcp/80", expected)]);
}
