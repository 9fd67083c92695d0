//! What listeners do: S4.1, S4.14.

use super::{ALB, GROUPS, H, LISTS_OPEN};
use crate::common::check;

#[test]
fn s4_14_listeners_that_answer_by_themselves() {
    let network = ALB.replace("lb-a tcp 80 tg-1", "lb-a tcp 80");
    check(&testkit::network(&[&network, LISTS_OPEN, GROUPS]), H, "allowed");
    let shut = GROUPS.replace("tcp 80 0.0.0.0/0", "tcp 443 0.0.0.0/0");
    check(&testkit::network(&[&network, LISTS_OPEN, &shut]), H, "blocked: request sg-in A none");
    let deaf = LISTS_OPEN.replace("acl-q out: 900", "acl-q out: 50 deny tcp 1024-33279 0.0.0.0/0 | 900");
    check(&testkit::network(&[&network, &deaf, GROUPS]), H, "partial 32256/64512: reply nacl-out acl-q 50");
    // What no listener takes is not answered.
    check(
        &testkit::network(&[&network, LISTS_OPEN, "sg sg-a in: all 0.0.0.0/0"]),
        "203.0.113.9 -> @A:tcp/81",
        "blocked: request lb lb-a no listener",
    );
}

/// S4.14: which rule takes a request, a connection does not show: each may.
#[test]
fn s4_14_rules_by_what_is_in_the_request() {
    let network = ALB.replace("lb-a tcp 80 tg-1", "lb-a tcp 80 tg-1: 10 request tg-2");
    let group = "tg tg-2 tcp 8080 instance: i-v";
    check(
        &testkit::network(&[&network, LISTS_OPEN, GROUPS, group]),
        H,
        "partial 32256/64512: request sg-in V none",
    );
}

/// S4.14: `source-ip` looks at the connection, so that a rule that asks for nothing else is known to match or not.
#[test]
fn s4_14_rules_by_source_ip() {
    let group = "tg tg-2 tcp 8080 instance: i-v";
    let of = |rules: &str| {
        let network = ALB.replace("lb-a tcp 80 tg-1", &format!("lb-a tcp 80 tg-1: {rules}"));
        testkit::network(&[&network, LISTS_OPEN, GROUPS, group, "sg sg-w out: tcp 80 sg-a"])
    };
    let stopped = "blocked: request sg-in V none";
    let network = of("10 from=203.0.113.0/24,192.0.2.1/32 tg-2");
    rows_of(
        &network,
        &[
            (H, stopped),
            ("192.0.2.1 -> @A:tcp/80", stopped),
            ("198.51.100.77 -> @A:tcp/80", "allowed"),
            ("W -> A:tcp/80 linux", "allowed"),
        ],
    );
    // In the order of their priority, whatever the order of the list.
    let network = of("20 from=203.0.113.0/24 tg-2 | 10 from=203.0.113.9/32 tg-1");
    check(&network, H, "allowed");
    check(&network, "203.0.113.10 -> @A:tcp/80", stopped);
    // With another condition it may match, and those after it may.
    let network = of("10 from=203.0.113.0/24 request tg-2");
    check(&network, H, "partial 32256/64512: request sg-in V none");
    check(&network, "198.51.100.77 -> @A:tcp/80", "allowed");
}

#[track_caller]
fn rows_of(network: &engine::Network, questions: &[(&str, &str)]) {
    for (question, expected) in questions {
        check(network, question, expected);
    }
}

#[test]
fn s4_01_lambda_functions_are_called_not_sent_packets() {
    let network = ALB.replace("tg tg-1 tcp 8080 instance: i-w", "tg tg-1 tcp 80 lambda: function-1");
    check(&testkit::network(&[&network, LISTS_OPEN, "sg sg-a in: tcp 80 0.0.0.0/0"]), H, "allowed");
    let shut = testkit::network(&[&network, LISTS_OPEN, "sg sg-a in: tcp 443 0.0.0.0/0"]);
    check(&shut, H, "blocked: request sg-in A none");
    // The answer leaves the node's subnet all the same (S4.2).
    let deaf = LISTS_OPEN.replace("acl-q out: 900", "acl-q out: 50 deny tcp 1024-65535 0.0.0.0/0 | 900");
    let network = testkit::network(&[&network, &deaf, "sg sg-a in: tcp 80 0.0.0.0/0"]);
    check(&network, H, "blocked: reply nacl-out acl-q 50");
}
