//! Rows T28 to T39 and T45 to T52 of S10 and the clauses of S1: security groups.

use model::{Change, exceeded};
use space::Field;

use crate::common::{OPEN, OPEN_OUT, OPEN6, SG_OPEN, VPC, VPC6, ask, check, rows, tracking};

const IN_80: &str = "sg sg-web in: tcp 80 0.0.0.0/0";
/// A web and a database interface in two private subnets with AWS's default lists.
const TWO_TIERS: &str = "
    vpc vpc-1 10.20.0.0/16
    subnet app 10.20.1.0/24
    subnet db 10.20.2.0/24
    sg sg-web out: all 0.0.0.0/0
    sg sg-web2 out: all 0.0.0.0/0
    sg sg-db in: tcp 3306 sg-web
    eni D db 10.20.2.10 groups=sg-db
";

#[test]
fn t28_the_reply_needs_no_rule() {
    rows(&[VPC, OPEN, IN_80], &[("203.0.113.9 -> @W:tcp/80", "allowed")]);
}

#[test]
fn t29_what_the_server_starts_does() {
    rows(&[VPC, OPEN, IN_80], &[("W -> 203.0.113.9:tcp/443", "blocked: request sg-out W none")]);
}

#[test]
fn t30_the_reply_needs_no_rule_inwards_either() {
    rows(&[VPC, OPEN, "sg sg-web out: tcp 443 0.0.0.0/0"], &[("W -> 203.0.113.9:tcp/443", "allowed")]);
}

#[test]
fn t31_groups_add_up() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-1 main: 0.0.0.0/0 igw-1
        subnet pub 10.20.0.0/24
        sg sg-a in: tcp 22 192.0.2.0/24
        sg sg-b in: tcp 80 0.0.0.0/0
        eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-a,sg-b
    ";
    rows(
        &[network],
        &[
            ("203.0.113.9 -> @W:tcp/80", "allowed"),
            ("203.0.113.9 -> @W:tcp/22", "blocked: request sg-in W none"),
            ("192.0.2.9 -> @W:tcp/22", "allowed"),
        ],
    );
}

#[test]
fn t32_a_reference_matches_members() {
    rows(&[TWO_TIERS, "eni A app 10.20.1.10 groups=sg-web"], &[("10.20.1.10 -> D:tcp/3306", "allowed")]);
}

#[test]
fn t33_and_no_others() {
    let after = [TWO_TIERS, "eni A app 10.20.1.10 groups=sg-web2"];
    rows(&after, &[("A -> D:tcp/3306", "blocked: request sg-in D none")]);
    // The session that is up is tracked and goes on (S1.39).
    let before = testkit::network(&[TWO_TIERS, "eni A app 10.20.1.10 groups=sg-web"]);
    assert_eq!(crate::common::fate(&before, &testkit::network(&after), "A -> D:tcp/3306"), "goes on");
}

#[test]
fn t34_a_reference_never_matches_a_public_address() {
    let network = "
        sg sg-web out: all 0.0.0.0/0
        sg sg-db in: tcp 3306 sg-web
        eni D pub2 10.20.3.66 public=198.51.100.66 groups=sg-db
    ";
    let pub2 = "subnet pub2 10.20.3.0/24 table=rtb-pub";
    rows(
        &[VPC, OPEN, pub2, network],
        &[
            ("W -> 198.51.100.66:tcp/3306", "blocked: request sg-in D none"),
            ("W -> 10.20.3.66:tcp/3306", "allowed"),
        ],
    );
    // By the public address the list sees the public addresses as well (S3.18).
    let list = "
        subnet pub2 10.20.3.0/24 table=rtb-pub acl=acl-2
        acl acl-2 in: 90 deny all 198.51.100.10/32 | 100 allow all 0.0.0.0/0
        acl acl-2 out: 100 allow all 0.0.0.0/0
    ";
    rows(
        &[VPC, OPEN, list, network, "sg sg-db in: tcp 3306 198.51.100.10/32"],
        &[("W -> @D:tcp/3306", "blocked: request nacl-in acl-2 90"), ("W -> D:tcp/3306", "allowed")],
    );
}

#[test]
fn t35_membership_alone_gives_nothing() {
    let network = "
        sg sg-app out: all 0.0.0.0/0
        eni A app 10.20.1.10 groups=sg-app
        eni B app 10.20.1.11 groups=sg-app
    ";
    rows(&[VPC, network], &[("A -> B:tcp/7000", "blocked: request sg-in B none")]);
}

const DEFAULT_GROUP: &str = "
    sg sg-default in: all sg-default
    sg sg-default out: all 0.0.0.0/0
    eni A app 10.20.1.10 groups=sg-default
";

#[test]
fn t36_the_default_group_lets_members_talk() {
    rows(&[VPC, DEFAULT_GROUP, "eni B app 10.20.1.11 groups=sg-default"], &[("A -> B:all any", "allowed")]);
}

#[test]
fn t37_but_only_members() {
    let network = "
        sg sg-b out: all 0.0.0.0/0
        eni B app 10.20.1.11 groups=sg-b
    ";
    rows(&[VPC, DEFAULT_GROUP, network], &[("A -> B:tcp/22", "blocked: request sg-in B none")]);
}

#[test]
fn t38_an_echo_reply_is_tracked() {
    rows(&[VPC, OPEN, "sg sg-web in: icmp 8 0.0.0.0/0"], &[("203.0.113.9 -> @W:icmp/8/0", "allowed")]);
}

#[test]
fn t39_type_3_code_4_is_no_range() {
    rows(
        &[VPC, OPEN, "sg sg-web in: icmp 3/4 0.0.0.0/0"],
        &[
            ("203.0.113.9 -> @W:icmp/8/0", "blocked: request sg-in W none"),
            ("203.0.113.9 -> @W:icmp/4/0", "blocked: request sg-in W none"),
            ("203.0.113.9 -> @W:icmp/3/4", "allowed"),
        ],
    );
}

#[test]
fn t45_a_deleted_peering_leaves_no_way() {
    let network = "
        table rtb-pub: 10.50.0.0/16 pcx-1 blackhole
        sg sg-web in: all sg-peer
        sg sg-web out: all 0.0.0.0/0
    ";
    let network = testkit::network(&[VPC, OPEN, network]);
    let mut answer = ask(&network, "10.50.1.1 -> W:tcp/80");
    assert_eq!(answer.verdict(), engine::Verdict::Blocked);
    assert!(answer.blockers(true).contains(&"reply route rtb-pub blackhole".into()));
    check(&network, "W -> 10.50.1.1:tcp/80", "blocked: request route rtb-pub blackhole");
}

/// By the routes of S1.21; the firewall lets everything through and has the source/destination check off (S3.13).
#[test]
fn t46_a_reference_through_an_appliance_does_not_match() {
    let network = "
        table rtb-app: 10.20.2.0/24 eni-fw
        table rtb-db: 10.20.1.0/24 eni-fw
        sg sg-app out: all 0.0.0.0/0
        sg sg-db in: all sg-app
        sg sg-cidr in: tcp 443 10.20.1.0/24
        sg sg-fw in: all 0.0.0.0/0
        sg sg-fw out: all 0.0.0.0/0
        eni A app 10.20.1.10 groups=sg-app
        eni D db 10.20.2.10 groups=sg-db
        eni C db 10.20.2.11 groups=sg-cidr
    ";
    let appliance = "eni eni-fw pub 10.20.0.99 groups=sg-fw forwards";
    rows(
        &[VPC, OPEN, network, appliance],
        &[
            ("A -> D:tcp/443", "blocked: request sg-in D none"),
            ("A -> C:tcp/443", "allowed"),
            ("A -> C:tcp/80", "blocked: request sg-in C none"),
        ],
    );
    // An appliance that is not in the export may have any group (S1.22), keep the address or drop the packet; what no
    // rule lets in from anywhere is refused (S12.12).
    rows(
        &[VPC, OPEN, network],
        &[
            ("A -> D:tcp/443", "undecided: request unmodelled eni-fw unknown"),
            ("A -> C:tcp/80", "blocked: request unmodelled eni-fw unknown, request sg-in C none"),
        ],
    );
}

const ENDPOINT: &str = "
    vpc vpc-1 10.20.0.0/16
    endpoint vpce-1 service=com.amazonaws.eu-west-1.s3
    pl pl-s3 name=com.amazonaws.eu-west-1.s3: 3.5.0.0/20 | 52.218.0.0/17
    table rtb-app: pl-s3 vpce-1
    subnet app 10.20.1.0/24 table=rtb-app acl=acl-app
    sg sg-app out: tcp 443 pl-s3
    eni A app 10.20.1.10 groups=sg-app
";

#[test]
fn t47_a_gateway_endpoint_keeps_public_addresses() {
    let open = "
        acl acl-app in: 100 allow all 0.0.0.0/0
        acl acl-app out: 100 allow all 0.0.0.0/0
    ";
    rows(
        &[ENDPOINT, open],
        &[("A -> 3.5.0.9:tcp/443", "allowed"), ("A -> 3.5.0.9:tcp/80", "blocked: request sg-out A none")],
    );
}

#[test]
fn t48_so_the_list_has_to_admit_them() {
    let lists = "
        acl acl-app in: 100 allow all 0.0.0.0/0
        acl acl-app out: 100 allow tcp 443 10.20.0.0/16
    ";
    let network = testkit::network(&[ENDPOINT, lists]);
    let mut answer = ask(&network, "A -> 3.5.0.9:tcp/443");
    assert_eq!(answer.verdict(), engine::Verdict::Blocked);
    assert_eq!(answer.blockers(false)[0], "request nacl-out acl-app *");
}

#[test]
fn t49_ports_of_esp_are_ignored() {
    // FromPort and ToPort 4500 are gone when the rule is read: S1.4.
    rows(
        &[VPC, OPEN, "sg sg-web in: 50 192.0.2.1/32"],
        &[
            ("192.0.2.1 -> @W:50", "allowed"),
            ("192.0.2.1 -> @W:51", "blocked: request sg-in W none"),
            ("192.0.2.2 -> @W:50", "blocked: request sg-in W none"),
        ],
    );
}

#[test]
fn t50_all_of_ipv4_is_nothing_of_ipv6() {
    rows(
        &[VPC6, OPEN, OPEN6, IN_80],
        &[
            ("2001:db8::9 -> W:tcp/80", "blocked: request sg-in W none"),
            ("203.0.113.9 -> @W:tcp/80", "allowed"),
        ],
    );
}

/// The counts over a quota after rules are added one by one, each to the group `sg-web`.
fn over(pieces: &[&str], added: &[String]) -> Vec<(usize, String)> {
    let mut resolved = model::Resolved::new(testkit::snapshot(pieces));
    let mut found = Vec::new();
    for (position, text) in added.iter().enumerate() {
        let change =
            Change::AuthorizeSecurityGroup { group: "sg-web".into(), rule: testkit::rule(false, text) };
        resolved = resolved.after(std::slice::from_ref(&change)).unwrap();
        found.extend(
            exceeded(&resolved, &change)
                .iter()
                .map(|over| (position, format!("{} {}", over.code, over.count))),
        );
    }
    found
}

#[test]
fn t51_the_61st_rule_is_over_the_quota() {
    let rules: Vec<String> = (1..=61).map(|port| format!("tcp {port} 203.0.113.0/24")).collect();
    assert_eq!(over(&[VPC, "sg sg-web"], &rules), [(60, "RulesPerSecurityGroupLimitExceeded 61".into())]);
    // Families are counted apart (S1.53).
    let mixed: Vec<String> = (1..=60)
        .flat_map(|port| [format!("tcp {port} 203.0.113.0/24"), format!("tcp {port} 2001:db8::/32")])
        .collect();
    assert_eq!(over(&[VPC, "sg sg-web"], &mixed), []);
}

#[test]
fn t52_a_prefix_list_counts_its_maximum() {
    let list = "pl pl-office max=60: 192.0.2.0/26 | 192.0.2.64/26 | 192.0.2.128/26";
    let rules = ["tcp 443 pl-office".into(), "tcp 443 203.0.113.0/24".into()];
    assert_eq!(
        over(&[VPC, list, "sg sg-web"], &rules),
        [(1, "RulesPerSecurityGroupLimitExceeded 61".into())]
    );
}

#[test]
fn s1_54_lists_of_aws_count_their_published_weight() {
    let cloudfront = "pl pl-cf name=com.amazonaws.global.cloudfront.origin-facing: 130.176.0.0/17";
    let lattice = "pl pl-vl name=com.amazonaws.eu-west-1.vpc-lattice: 169.254.171.0/24";
    let rules: Vec<String> = std::iter::once("tcp 443 pl-cf".into())
        .chain((1..=6).map(|port| format!("tcp {port} 203.0.113.0/24")))
        .collect();
    assert_eq!(
        over(&[VPC, cloudfront, "sg sg-web"], &rules),
        [(6, "RulesPerSecurityGroupLimitExceeded 61".into())]
    );
    let rules: Vec<String> = std::iter::once("tcp 443 pl-vl".into())
        .chain((1..=51).map(|port| format!("tcp {port} 203.0.113.0/24")))
        .collect();
    assert_eq!(
        over(&[VPC, lattice, "sg sg-web"], &rules),
        [(51, "RulesPerSecurityGroupLimitExceeded 61".into())]
    );
}

#[test]
fn s1_05_ports_are_a_closed_range() {
    rows(
        &[VPC, OPEN, "sg sg-web in: tcp 1024-2048 0.0.0.0/0"],
        &[
            ("203.0.113.9 -> @W:tcp/1023", "blocked: request sg-in W none"),
            ("203.0.113.9 -> @W:tcp/1024-2048", "allowed"),
            ("203.0.113.9 -> @W:tcp/2049", "blocked: request sg-in W none"),
            ("203.0.113.9 -> @W:udp/1024", "blocked: request sg-in W none"),
        ],
    );
}

#[test]
fn s1_08_icmpv6_is_ipv6s_and_icmp_ipv4s() {
    let wrong = "sg sg-web in: icmpv6 0.0.0.0/0 | icmp ::/0";
    rows(
        &[VPC6, OPEN, OPEN6, wrong],
        &[
            ("203.0.113.9 -> @W:icmp/8/0", "blocked: request sg-in W none"),
            ("2001:db8::9 -> W:icmpv6/128/0", "blocked: request sg-in W none"),
        ],
    );
    let right = "sg sg-web in: icmpv6 128 ::/0";
    rows(&[VPC6, OPEN, OPEN6, right], &[("2001:db8::9 -> W:icmpv6/128/0", "allowed")]);
}

#[test]
fn s1_10_host_bits_of_a_block_do_not_count() {
    rows(&[VPC, OPEN, "sg sg-web in: tcp 80 203.0.113.77/24"], &[("203.0.113.0/24 -> @W:tcp/80", "allowed")]);
}

#[test]
fn s1_14_a_prefix_list_matches_any_entry_and_an_empty_one_nothing() {
    let lists = "
        pl pl-a: 203.0.113.0/26 | 192.0.2.0/24
        pl pl-empty:
        sg sg-web in: tcp 80 pl-a | tcp 81 pl-empty
    ";
    let network = testkit::network(&[VPC, OPEN, lists]);
    check(&network, "192.0.2.200 -> @W:tcp/80", "allowed");
    check(&network, "203.0.113.64 -> @W:tcp/80", "blocked: request sg-in W none");
    check(&network, "203.0.113.9 -> @W:tcp/81", "blocked: request sg-in W none");
    let question = "203.0.113.0/24 -> @W:tcp/80 40000";
    assert_eq!(ask(&network, question).line(), "partial 64/256: request sg-in W none");
    let last = u32::from(std::net::Ipv4Addr::new(203, 0, 113, 63));
    assert_eq!(ask(&network, question).works_on(Field::Remote), format!("{}-{last}", last - 63));
}

#[test]
fn s1_14_a_list_whose_entries_are_not_known_is_undecided() {
    let lists = "
        pl pl-a unknown
        sg sg-web in: tcp 80 pl-a | tcp 81 pl-b | tcp 82 pl-a | tcp 82 203.0.113.0/24
    ";
    rows(
        &[VPC, OPEN, lists],
        &[
            ("203.0.113.9 -> @W:tcp/80", "undecided: request sg-in W unknown"),
            ("203.0.113.9 -> @W:tcp/81", "undecided: request sg-in W unknown"),
            // What another rule allows is allowed (S1.26).
            ("203.0.113.9 -> @W:tcp/82", "allowed"),
            ("203.0.113.9 -> @W:tcp/83", "blocked: request sg-in W none"),
        ],
    );
}

#[test]
fn s1_15_every_private_address_of_a_member_counts() {
    let network = "
        vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
        subnet app 10.20.1.0/24 2001:db8:20:1::/64
        sg sg-web out: all 0.0.0.0/0 | all ::/0
        sg sg-db in: tcp 3306 sg-web
        eni A app 10.20.1.10 10.20.1.11 2001:db8:20:1::10 prefix=10.20.1.64/28 groups=sg-web
        eni D app 10.20.1.20 2001:db8:20:1::20 groups=sg-db
    ";
    rows(
        &[network],
        &[
            ("10.20.1.10 -> D:tcp/3306", "allowed"),
            ("10.20.1.11 -> D:tcp/3306", "allowed"),
            ("10.20.1.70 -> D:tcp/3306", "allowed"),
            ("2001:db8:20:1::10 -> D:tcp/3306", "allowed"),
            ("D -> A:tcp/3306", "blocked: request sg-out D none"),
        ],
    );
}

#[test]
fn s1_16_a_reference_imports_no_rules() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        subnet app 10.20.1.0/24
        sg sg-open in: all 0.0.0.0/0
        sg sg-open out: all 0.0.0.0/0
        sg sg-db in: tcp 3306 sg-open
        eni A app 10.20.1.10 groups=sg-open
        eni D app 10.20.1.20 groups=sg-db
        eni X app 10.20.1.30 groups=sg-x
        sg sg-x out: all 0.0.0.0/0
    ";
    rows(
        &[network],
        &[
            ("A -> D:tcp/3306", "allowed"),
            ("X -> D:tcp/3306", "blocked: request sg-in D none"),
            ("A -> D:tcp/3307", "blocked: request sg-in D none"),
        ],
    );
}

/// A peer whose hosts are not in the export, and a rule that refers to a group over there.
const PEERED: &str = "
    table rtb-pub: 10.50.0.0/16 pcx-1
    sg sg-web in: tcp 443 sg-peer
    sg sg-web out: all 0.0.0.0/0
";

#[test]
fn s1_18_a_host_of_a_peer_may_have_the_group_that_the_export_lacks() {
    rows(
        &[VPC, OPEN, PEERED],
        &[
            (
                "10.50.1.1 -> W:tcp/443",
                "undecided: request unmodelled pcx-1 unknown, request sg-in W unknown, reply unmodelled pcx-1 unknown",
            ),
            // No rule names this port for anybody (S12.12).
            ("10.50.1.1 -> W:tcp/444", "blocked: request unmodelled pcx-1 unknown, request sg-in W none"),
            // A public address never counts (S1.15).
            ("203.0.113.9 -> @W:tcp/443", "blocked: request sg-in W none"),
        ],
    );
}

#[test]
fn s1_24_a_reference_to_a_group_that_nobody_has_matches_nothing() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        subnet app 10.20.1.0/24
        sg sg-a out: all 0.0.0.0/0
        sg sg-db in: tcp 3306 sg-gone
        eni A app 10.20.1.10 groups=sg-a
        eni D app 10.20.1.20 groups=sg-db
    ";
    rows(&[network], &[("A -> D:tcp/3306", "blocked: request sg-in D none")]);
}

#[test]
fn s1_25_an_interface_whose_group_is_not_in_the_export_is_undecided() {
    let network = "
        vpc vpc-1 10.20.0.0/16
        subnet app 10.20.1.0/24
        sg sg-a in: tcp 80 0.0.0.0/0
        sg sg-a out: all 0.0.0.0/0
        eni A app 10.20.1.10 groups=sg-a
        eni B app 10.20.1.20 groups=sg-a,sg-lost
    ";
    rows(
        &[network],
        &[("A -> B:tcp/80", "allowed"), ("A -> B:tcp/81", "undecided: request sg-in B unknown")],
    );
}

#[test]
fn s1_27_a_new_group_lets_everything_out_and_nothing_in() {
    let question = ("203.0.113.9 -> @W:all", "blocked: request sg-in W none");
    rows(&[VPC, OPEN, OPEN_OUT], &[question, ("W -> 203.0.113.9:all", "allowed")]);
    rows(&[VPC, OPEN, "sg sg-web"], &[question, ("W -> 203.0.113.9:all", "blocked: request sg-out W none")]);
}

/// The worked example.
const S1_35: &str = "
    sg sg-web in: tcp 22 203.0.113.1/32 | tcp 80 0.0.0.0/0 | tcp 80 ::/0 | icmp 0.0.0.0/0
    sg sg-web out: all ::/0
";

#[test]
fn s1_35_tracked_and_untracked() {
    let network = testkit::network(&[VPC6, OPEN, OPEN6, S1_35, OPEN_OUT]);
    let at = |question| tracking(&network, question, "W");
    assert_eq!(at("203.0.113.1 -> @W:tcp/22"), "tracked");
    assert_eq!(at("203.0.113.1 -> @W:tcp/80"), "untracked");
    assert_eq!(at("2001:db8::9 -> W:tcp/80"), "untracked");
    assert_eq!(at("203.0.113.1 -> @W:icmp/8/0"), "tracked");
    let network = testkit::network(&[VPC6, OPEN, OPEN6, S1_35]);
    assert_eq!(tracking(&network, "203.0.113.1 -> @W:tcp/80", "W"), "tracked");
    assert_eq!(tracking(&network, "2001:db8::9 -> W:tcp/80", "W"), "untracked");
}

#[test]
fn s1_32_responses_have_to_be_allowed_on_all_ports() {
    let at = |out: &str| {
        let network = testkit::network(&[VPC, OPEN, IN_80, out]);
        tracking(&network, "203.0.113.1 -> @W:tcp/80", "W")
    };
    assert_eq!(at("sg sg-web out: tcp 0.0.0.0/0"), "untracked");
    assert_eq!(at("sg sg-web out: tcp 1-65535 0.0.0.0/0"), "tracked");
    assert_eq!(at("sg sg-web out: udp 0.0.0.0/0"), "tracked");
    assert_eq!(at("sg sg-web out: all 0.0.0.0/1"), "tracked");
    assert_eq!(at("sg sg-web out: all ::/0"), "tracked");
}

#[test]
fn s1_31_and_s1_33_other_protocols_are_always_tracked() {
    let network = testkit::network(&[VPC, OPEN, SG_OPEN]);
    assert_eq!(tracking(&network, "203.0.113.1 -> @W:47", "W"), "tracked");
    assert_eq!(tracking(&network, "203.0.113.1 -> @W:icmp/8/0", "W"), "tracked");
    assert_eq!(tracking(&network, "203.0.113.1 -> @W:udp/53", "W"), "untracked");
}

#[test]
fn s1_36_what_the_same_server_starts_is_tracked() {
    let network = testkit::network(&[VPC, OPEN, IN_80, OPEN_OUT]);
    assert_eq!(tracking(&network, "W -> 203.0.113.1:tcp/443", "W"), "tracked");
}

/// S0.6: an interface of which a group or an address could not be read may have others.
#[test]
fn s0_06_an_unreadable_interface_may_have_other_groups_and_addresses() {
    let network = "
        sg sg-a in: tcp 80 0.0.0.0/0
        sg sg-a out: tcp 443 0.0.0.0/0
        eni A app 10.20.1.10 groups=sg-a incomplete
        table rtb-app: 0.0.0.0/0 nat-1
        eni C pub 10.20.0.30 groups=sg-a incomplete
    ";
    rows(
        &[VPC, OPEN, OPEN_OUT, network],
        &[
            ("W -> A:tcp/80", "allowed"),
            ("W -> A:tcp/81", "undecided: request sg-in A unknown"),
            ("C -> 203.0.113.9:tcp/443", "undecided: request igw-out unknown"),
        ],
    );
}

#[test]
fn s1_48_an_instance_connect_endpoint_sends_by_its_rules_and_receives_whatever_they_say() {
    let network = "
        sg sg-eice out: tcp 22 10.20.0.0/16
        sg sg-web in: tcp 22 sg-eice
        eni E app 10.20.1.40 groups=sg-eice type=eice
    ";
    let network = testkit::network(&[VPC, OPEN, OPEN_OUT, network]);
    check(&network, "E -> W:tcp/22", "allowed");
    check(&network, "E -> W:tcp/80", "blocked: request sg-out E none");
    // Who its clients are is the service's business.
    check(&network, "W -> E:tcp/443", "undecided: request unmodelled E unknown");
}
