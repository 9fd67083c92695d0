//! What an explanation says beside the verdict: shares, warnings, flow-log records, why rules did not match.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use answers::explain::{Explainer, Explanation, Options, Outcome};
use answers::question;
use engine::ephemeral::client_kind;
use engine::{Network, Verdict};

const PUBLIC: &str = "
    vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1 | ::/0 igw-1
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
    eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
    sg sg-web in: tcp 80 0.0.0.0/0 | icmp 8 0.0.0.0/0
    sg sg-web out: all 0.0.0.0/0
";
const OPEN: &str = "
    acl acl-pub in: 100 allow all 0.0.0.0/0
    acl acl-pub out: 100 allow all 0.0.0.0/0
";

fn explain_with(network: &Network, question: &str, options: Options) -> Explanation {
    let question = question::parse(question).unwrap();
    Explainer::new(network, None, options).explain(&question).unwrap()
}

fn explain(network: &Network, question: &str) -> Explanation {
    explain_with(network, question, Options::default())
}

/// T25: the connection works, and large packets hang.
#[test]
fn t25_a_list_that_drops_fragmentation_needed_is_warned_about() {
    let lists = |icmp: &str| {
        format!(
            "acl acl-pub in: 100 allow tcp 443 0.0.0.0/0 | 110 allow tcp 1024-65535 0.0.0.0/0{icmp}
             acl acl-pub out: 100 allow all 0.0.0.0/0"
        )
    };
    let network = testkit::network(&[PUBLIC, &lists("")]);
    let answer = explain(&network, "W -> 203.0.113.9:443");
    assert_eq!(answer.verdict, Verdict::Allowed);
    assert!(
        answer.warnings.iter().any(|warning| warning.contains("ICMP type 3 code 4")),
        "{:?}",
        answer.warnings
    );
    let network = testkit::network(&[PUBLIC, &lists(" | 120 allow icmp 3/4 0.0.0.0/0")]);
    assert!(explain(&network, "W -> 203.0.113.9:443").warnings.is_empty());
}

/// S2.22, by the kinds of S2.23.
#[test]
fn s2_22_shares_are_counted_by_kind() {
    let network = testkit::network(&[
        PUBLIC,
        "acl acl-pub in: 100 allow tcp 80 0.0.0.0/0
         acl acl-pub out: 100 allow tcp 49152-65535 0.0.0.0/0",
    ]);
    let answer = explain(&network, "203.0.113.9 -> W:80");
    assert_eq!(answer.verdict, Verdict::Partial);
    let pair = answer.pairs.first().unwrap();
    let of =
        |key: &str| pair.kinds.iter().find(|kind| kind.kind == key).map(|kind| (kind.working, kind.ports));
    assert_eq!(of("linux"), Some((11848, 28232)));
    assert_eq!(of("windows"), Some((16384, 16384)));
    assert_eq!(of("nat-gateway"), Some((16384, 64512)));
    assert_eq!(pair.client_ports, ["49152-65535"]);
    let options = Options { client: client_kind("linux"), ..Options::default() };
    let linux = explain_with(&network, "203.0.113.9 -> W:80", options);
    assert!((linux.share - 11848.0 / 28232.0).abs() < 1e-12);
}

fn records(network: &Network, question: &str) -> Vec<String> {
    let answer = explain(network, question);
    let pair = answer.pairs.first().unwrap();
    pair.flow_log.iter().map(|record| format!("{} {}", record.action, record.direction)).collect()
}

/// S7.8: the example of AWS's flow logs.
#[test]
fn s7_08_which_records_a_ping_leaves() {
    let list = |out: &str| {
        format!("acl acl-pub in: 100 allow icmp 0.0.0.0/0\nacl acl-pub out: {out} icmp 0.0.0.0/0")
    };
    let ping = "203.0.113.9 -> W:icmp/echo";
    let allowed = testkit::network(&[PUBLIC, &list("100 allow")]);
    assert_eq!(records(&allowed, ping), ["ACCEPT ingress", "ACCEPT egress"]);
    let denied = testkit::network(&[PUBLIC, &list("100 deny")]);
    assert_eq!(records(&denied, ping), ["ACCEPT ingress", "REJECT egress"]);
    let closed = PUBLIC.replace(" | icmp 8 0.0.0.0/0", "");
    let refused = testkit::network(&[&closed, &list("100 allow")]);
    assert_eq!(records(&refused, ping), ["REJECT ingress"]);
}

/// An interface shows its primary address on its own side, the other end as the packet has it.
#[test]
fn s7_10_a_secondary_address_shows_as_the_primary_one() {
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        subnet s 10.20.0.0/24
        sg sg-open in: all 0.0.0.0/0
        sg sg-open out: all 0.0.0.0/0
        eni A s 10.20.0.10 groups=sg-open
        eni B s 10.20.0.20 10.20.0.21 groups=sg-open
    "]);
    let answer = explain(&network, "A -> 10.20.0.21:80 from-port 40000");
    let pair = answer.pairs.first().unwrap();
    let records: Vec<_> = pair.flow_log.iter().map(|record| record.record.as_str()).collect();
    assert_eq!(
        records,
        [
            "2 - A 10.20.0.10 10.20.0.21 40000 80 6 - - - - ACCEPT OK",
            "2 - B 10.20.0.10 10.20.0.20 40000 80 6 - - - - ACCEPT OK",
            "2 - B 10.20.0.20 10.20.0.10 80 40000 6 - - - - ACCEPT OK",
            "2 - A 10.20.0.21 10.20.0.10 80 40000 6 - - - - ACCEPT OK",
        ]
    );
}

/// S7.12.
#[test]
fn s7_12_what_is_never_filtered_is_not_logged() {
    let network = testkit::network(&[PUBLIC, OPEN]);
    assert!(records(&network, "W -> 169.254.169.254:80").is_empty());
    assert!(records(&network, "W -> 10.20.0.2:udp/53").is_empty());
}

#[test]
fn every_rule_tried_says_why_it_does_not_match() {
    let network = testkit::network(&[
        PUBLIC,
        "acl acl-pub in: 90 deny tcp 80 192.0.2.0/24 | 100 allow udp 80 0.0.0.0/0 | 110 allow tcp 443 0.0.0.0/0
         acl acl-pub out: 100 allow all 0.0.0.0/0",
    ]);
    let answer = explain_with(&network, "203.0.113.9 -> W:80", Options { rules: true, ..Options::default() });
    let leg = &answer.pairs.first().unwrap().ways.first().unwrap().request;
    let list = leg.gates.iter().find(|gate| gate.gate == "network-acl").unwrap();
    assert_eq!(list.outcome, Outcome::Blocks);
    let why: Vec<(Option<&str>, &str)> =
        list.tried.iter().map(|tried| (tried.rule.number.as_deref(), tried.why.as_str())).collect();
    assert_eq!(
        why,
        [
            (Some("90"), "203.0.113.9 is not in it"),
            (Some("100"), "not tcp"),
            (Some("110"), "port 443 \u{2260} 80"),
            (Some("*"), ""),
        ]
    );
}

#[test]
fn ends_without_a_family_in_common_cannot_talk() {
    let network = testkit::network(&[PUBLIC, OPEN]);
    let answer = explain(&network, "internet6 -> W:80");
    assert_eq!((answer.verdict, answer.pairs.len()), (Verdict::Blocked, 0));
    assert!(answer.reasons.iter().any(|reason| reason.contains("family")), "{:?}", answer.reasons);
    assert_eq!(explain(&network, "192.0.2.1 -> 203.0.113.9:80").verdict, Verdict::Undecided);
}

/// Effects of a change: tracked, untracked, stateless (S1.37, S1.38, S2.16).
#[test]
fn when_a_change_takes_effect() {
    let effect = |rules: &str, question: &str| {
        let network = testkit::network(&[&PUBLIC.replace("tcp 80 0.0.0.0/0", rules), OPEN]);
        let answer = explain(&network, question);
        let leg = &answer.pairs.first().unwrap().ways.first().unwrap().request;
        let gate = leg.gates.iter().find(|gate| gate.gate == "security-group").unwrap();
        (gate.state.unwrap(), gate.change_takes_effect.unwrap())
    };
    let (state, when) = effect("tcp 80 203.0.113.9/32", "203.0.113.9 -> W:80");
    assert_eq!(state, "tracked");
    assert!(when.contains("open ones go on"), "{when}");
    let (state, when) = effect("tcp 80 0.0.0.0/0", "203.0.113.9 -> W:80");
    assert_eq!(state, "untracked");
    assert!(when.starts_with("at once"), "{when}");
}
