//! Rows T40 to T44, T53 and T54 of S10: what becomes of connections that are open.

use engine::{Network, after_idle};
use model::{Change, Timeouts};

use crate::common::{OPEN, OPEN_OUT, SG_OPEN, VPC, check, fate, rows, tracking};

const SSH: &str = "203.0.113.9 -> @W:tcp/22";
const NARROW: &str = "sg sg-web in: tcp 22 203.0.113.9/32";
const WIDE: &str = "sg sg-web in: tcp 22 0.0.0.0/0";

fn revoke(egress: bool, rule: &str) -> Change {
    Change::RevokeSecurityGroup { group: "sg-web".into(), rule: testkit::rule(egress, rule) }
}

fn after(network: &Network, changes: &[Change]) -> Network {
    network.after(changes).unwrap()
}

#[test]
fn t40_a_tracked_session_outlives_its_rule() {
    let before = testkit::network(&[VPC, OPEN, NARROW, OPEN_OUT]);
    let after = after(&before, &[revoke(false, "tcp 22 203.0.113.9/32")]);
    assert_eq!(fate(&before, &after, SSH), "goes on");
    check(&after, SSH, "blocked: request sg-in W none");
}

/// Of two exports: an interface is known by its id, wherever they list it.
#[test]
fn t40_over_two_exports() {
    let before = testkit::network(&[VPC, OPEN, NARROW, OPEN_OUT]);
    let listed_later = VPC.replace("    eni W", "    eni X app 10.20.1.9\n    eni W");
    let after = testkit::network(&[&listed_later, OPEN, OPEN_OUT]);
    let position = |network: &Network| network.model().network_interfaces.ix("W").unwrap().position();
    assert_ne!(position(&before), position(&after));
    assert_eq!(fate(&before, &after, SSH), "goes on");
}

#[test]
fn t41_an_untracked_session_does_not() {
    let before = testkit::network(&[VPC, OPEN, WIDE, OPEN_OUT]);
    let after = after(&before, &[revoke(false, "tcp 22 0.0.0.0/0")]);
    assert_eq!(fate(&before, &after, SSH), "cut");
    check(&after, SSH, "blocked: request sg-in W none");
}

#[test]
fn t42_what_comes_through_a_transit_gateway_is_tracked() {
    let network = testkit::network(&[VPC, OPEN, WIDE, OPEN_OUT, "table rtb-pub: 10.99.0.0/16 tgw-1"]);
    assert_eq!(tracking(&network, "10.99.0.1 -> W:tcp/22", "W"), "tracked");
    assert_eq!(tracking(&network, SSH, "W"), "untracked");
    // Not what comes through a peering connection: S1.34 does not name it.
    let network = testkit::network(&[VPC, OPEN, WIDE, OPEN_OUT, "table rtb-pub: 10.99.0.0/16 pcx-1"]);
    assert_eq!(tracking(&network, "10.99.0.1 -> W:tcp/22", "W"), "untracked");
}

#[test]
fn t42_what_a_load_balancer_or_a_nat_gateway_sends_is_tracked() {
    for kind in ["type=nlb", "type=nat", "type=lambda"] {
        let node = format!("eni N app 10.20.1.9 groups=sg-web {kind}");
        let before = testkit::network(&[VPC, OPEN, WIDE, OPEN_OUT, &node]);
        let question = "N -> W:tcp/22";
        assert_eq!(tracking(&before, question, "W"), "tracked", "{kind}");
        let after = after(&before, &[revoke(false, "tcp 22 0.0.0.0/0")]);
        assert_eq!(fate(&before, &after, question), "goes on", "{kind}");
    }
    // An ordinary interface's is not.
    let network = testkit::network(&[VPC, OPEN, WIDE, OPEN_OUT, "eni N app 10.20.1.9 groups=sg-web"]);
    assert_eq!(tracking(&network, "N -> W:tcp/22", "W"), "untracked");
}

#[test]
fn t42_so_is_what_goes_to_an_interface_endpoint() {
    let endpoint = "eni E app 10.20.1.9 groups=sg-web type=endpoint";
    let network = testkit::network(&[VPC, OPEN, SG_OPEN, endpoint]);
    assert_eq!(tracking(&network, "W -> E:tcp/443", "W"), "tracked");
    assert_eq!(tracking(&network, "W -> E:tcp/443", "E"), "tracked");
}

#[test]
fn t42_so_is_what_leaves_through_a_nat_or_transit_gateway() {
    let network = "
        table rtb-app: 10.99.0.0/16 tgw-1
        eni A app 10.20.1.9 groups=sg-web
    ";
    let network = testkit::network(&[VPC, OPEN, SG_OPEN, network]);
    assert_eq!(tracking(&network, "A -> 203.0.113.9:tcp/443", "A"), "tracked");
    assert_eq!(tracking(&network, "A -> 10.99.0.9:tcp/443", "A"), "tracked");
    assert_eq!(tracking(&network, "W -> 203.0.113.9:tcp/443", "W"), "untracked");
}

#[test]
fn t43_a_deny_in_a_list_cuts_a_tracked_session() {
    let before = testkit::network(&[VPC, OPEN, NARROW, OPEN_OUT]);
    let entry = testkit::entry(false, "90 deny tcp 22 203.0.113.9/32");
    let deny = Change::CreateNetworkAclEntry { acl: "acl-pub".into(), entry };
    assert_eq!(
        fate(&before, &after(&before, &[revoke(false, "tcp 22 203.0.113.9/32"), deny.clone()]), SSH),
        "cut"
    );
    assert_eq!(fate(&before, &after(&before, &[deny]), SSH), "cut");
    // In either direction (S1.42).
    let entry = testkit::entry(true, "90 deny all 203.0.113.9/32");
    let deny = Change::CreateNetworkAclEntry { acl: "acl-pub".into(), entry };
    assert_eq!(fate(&before, &after(&before, &[deny]), SSH), "cut");
}

#[test]
fn t44_an_untracked_reply_needs_its_rule() {
    let before = testkit::network(&[VPC, OPEN, WIDE, OPEN_OUT]);
    let after = after(&before, &[revoke(true, "all 0.0.0.0/0")]);
    assert_eq!(fate(&before, &after, SSH), "cut");
    check(&after, SSH, "allowed");
    assert_eq!(tracking(&after, SSH, "W"), "tracked");
}

#[test]
fn s1_38_narrowing_cuts_only_what_is_no_longer_covered() {
    let before = testkit::network(&[VPC, OPEN, WIDE, OPEN_OUT]);
    let rule = testkit::rule(false, "tcp 22 203.0.113.0/24");
    let narrow = Change::AuthorizeSecurityGroup { group: "sg-web".into(), rule };
    let after = after(&before, &[narrow, revoke(false, "tcp 22 0.0.0.0/0")]);
    assert_eq!(fate(&before, &after, SSH), "goes on");
    assert_eq!(fate(&before, &after, "192.0.2.1 -> @W:tcp/22"), "cut");
    assert_eq!(fate(&before, &after, "203.0.112.0/23 -> @W:tcp/22"), "some of both");
}

#[test]
fn s2_16_removing_an_allow_of_a_list_cuts_at_once() {
    let before = testkit::network(&[VPC, OPEN, NARROW, OPEN_OUT]);
    let delete = Change::DeleteNetworkAclEntry { acl: "acl-pub".into(), egress: true, number: 100 };
    assert_eq!(fate(&before, &after(&before, &[delete]), SSH), "cut");
}

#[test]
fn what_does_not_change_cuts_nothing() {
    // Messages that expect no reply included.
    let network = testkit::network(&[VPC, OPEN, SG_OPEN]);
    for question in ["203.0.113.9 -> @W:all", "W -> 203.0.113.9:all", "203.0.113.9 -> @W:icmp/3/4"] {
        assert_eq!(fate(&network, &network, question), "goes on", "{question}");
    }
}

#[test]
fn a_changed_network_is_the_network_of_the_changed_text() {
    let before = testkit::network(&[VPC, OPEN, NARROW, OPEN_OUT]);
    let rule = testkit::rule(false, "tcp 80 0.0.0.0/0");
    let entry = testkit::entry(false, "90 deny tcp 80 203.0.113.0/24");
    let changes = [
        Change::AuthorizeSecurityGroup { group: "sg-web".into(), rule },
        Change::CreateNetworkAclEntry { acl: "acl-pub".into(), entry },
    ];
    let questions = [
        ("192.0.2.1 -> @W:tcp/80", "allowed"),
        ("203.0.113.9 -> @W:tcp/80", "blocked: request nacl-in acl-pub 90"),
    ];
    for (question, expected) in questions {
        check(&after(&before, &changes), question, expected);
    }
    let text = "
        sg sg-web in: tcp 80 0.0.0.0/0
        acl acl-pub in: 90 deny tcp 80 203.0.113.0/24
    ";
    rows(&[VPC, OPEN, NARROW, OPEN_OUT, text], &questions);
    // The network before is as it was.
    check(&before, "192.0.2.1 -> @W:tcp/80", "blocked: request sg-in W none");
}

#[test]
fn t53_a_single_answer_after_the_timeout_is_too_late() {
    let timeouts = Timeouts { udp: Some(30), ..Timeouts::default() };
    assert!(after_idle(&timeouts, 17, false, 29));
    assert!(!after_idle(&timeouts, 17, false, 31));
    // A stream lives longer (S1.43).
    assert!(after_idle(&timeouts, 17, true, 31));
    assert!(!after_idle(&timeouts, 17, true, 181));
}

#[test]
fn t54_timeouts_differ_between_interfaces() {
    let nitro6 = Timeouts { tcp_established: Some(350), ..Timeouts::default() };
    assert!(!after_idle(&nitro6, 6, true, 600));
    assert!(after_idle(&Timeouts::default(), 6, true, 600));
    assert!(!after_idle(&Timeouts::default(), 6, true, 432_001));
    // Protocols without ports: 600 s (S1.31).
    assert!(after_idle(&nitro6, 50, true, 599) && !after_idle(&nitro6, 50, true, 601));
}
