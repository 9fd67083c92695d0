//! What is behind transit gateways and not in the export: S12.12, S12.13, S3.38.

use crate::common::{ask, check, rows};
use crate::transit_gateway::{HUB, Q, ROUTES, SG_B, open};

const VPN: &str = "attachment v tgw-1 vpn vpn-1";

/// S12.13: what a VPN attachment has learned nobody shows; known routes and those of VPCs decide all the same.
#[test]
fn s12_13_learned_routes_are_undecided_only_where_nothing_else_matches() {
    let datacentre = "A -> 192.168.5.5:tcp/443";
    for (kind, what) in [("vpn", "vpn-1"), ("dx", "dxgw-1"), ("connect", "cn-1")] {
        let attachment = format!("attachment v tgw-1 {kind} {what}");
        let learned = "tgwtable hub tgw-1 static assoc=a1,a2,v propagate=a1,a2,v";
        rows(
            &[HUB, SG_B, &open(), &attachment, learned],
            &[(datacentre, "undecided: request tgw-route hub unknown"), (Q, "allowed")],
        );
    }
    let table = |words: &str| format!("tgwtable hub tgw-1 {words}");
    for (words, expected) in [
        // Not enabled: no route.
        ("static assoc=a1,a2,v propagate=a1,a2", "blocked: request tgw-route hub no route"),
        // All routes are known: no route.
        ("all assoc=a1,a2,v: 10.20.0.0/16 a1 propagated", "blocked: request tgw-route hub no route"),
        ("static assoc=a1,a2,v propagate=a1,a2,v: 192.168.0.0/16 v", "allowed"),
        (
            "static assoc=a1,a2,v propagate=a1,a2,v: 192.168.5.0/24 blackhole",
            "blocked: request tgw-route hub blackhole",
        ),
        ("all assoc=a1,a2,v: 10.20.0.0/16 a1 propagated | 192.168.0.0/16 v propagated", "allowed"),
    ] {
        rows(&[HUB, SG_B, &open(), VPN, &table(words)], &[(datacentre, expected)]);
    }
}

/// S3.38: the far side of a VPN attachment is a zone beyond the export, and asks as it is asked.
#[test]
fn s3_38_a_vpn_attachment_both_ways() {
    let table = "tgwtable hub tgw-1 static assoc=a1,a2,v propagate=a1,a2,v: 192.168.0.0/16 v";
    let pieces = [HUB, SG_B, &open(), VPN, table];
    let network = testkit::network(&pieces);
    let there = [
        "request attachment v",
        "request tgw-route hub",
        "request attachment a1",
        "request nacl-out acl-att",
        "request route rtb-att",
        "request nacl-in acl-app",
        "request sg-in A",
    ];
    let inward = "192.168.5.5 -> A:tcp/443";
    check(&network, inward, "allowed");
    assert_eq!(ask(&network, inward).gates()[..7], there);
    for (broken, inside, outside) in [
        ("acl-att out: 90 deny tcp 443 10.20.1.0/24", "blocked: request nacl-out acl-att 90", "allowed"),
        ("acl-app in: 90 deny tcp 443 192.168.0.0/16", "blocked: request nacl-in acl-app 90", "allowed"),
        ("acl-app out: 90 deny tcp 443 192.168.0.0/16", "allowed", "blocked: request nacl-out acl-app 90"),
        ("acl-att in: 90 deny tcp 443 10.20.1.0/24", "allowed", "blocked: request nacl-in acl-att 90"),
        ("acl-att in: 90 deny tcp 1024-65535 10.20.1.0/24", "blocked: reply nacl-in acl-att 90", "allowed"),
        ("acl-att out: 90 deny tcp 1024-65535 10.20.1.0/24", "allowed", "blocked: reply nacl-out acl-att 90"),
    ] {
        let broken = format!("acl {broken}");
        let mut pieces = pieces.to_vec();
        pieces.push(&broken);
        rows(&pieces, &[(inward, inside), ("A -> 192.168.5.5:tcp/443", outside)]);
    }
    // The VPN's own association picks the table by which it comes in.
    let tables = "
        tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1,a2: 192.168.0.0/16 v
        tgwtable outside tgw-1 static assoc=v:
    ";
    let tables = tables.replace("assoc=v:", "assoc=v propagate=a2");
    rows(&[HUB, SG_B, &open(), VPN, &tables], &[(inward, "blocked: request tgw-route outside no route")]);
}

/// S12.12: behind a gateway that the export lacks nobody knows, unless the destination refuses everyone.
#[test]
fn s12_12_an_unknown_gateway_is_undecided_unless_the_destination_refuses_everyone() {
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "10.30.0.0/16 tgw-9");
    rows(
        &[&hub, ROUTES, "sg sg-b in: tcp 443 10.20.0.0/16", &open()],
        &[
            (Q, "undecided: request unmodelled tgw-9 unknown"),
            ("A -> B:tcp/22", "blocked: request unmodelled tgw-9 unknown, request sg-in B none"),
            ("A -> B:udp/443", "blocked: request unmodelled tgw-9 unknown, request sg-in B none"),
        ],
    );
}

/// S12.12: nor does a NAT gateway take anything, whoever asks.
#[test]
fn s12_12_a_nat_gateway_refuses_everyone_behind_an_unknown_gateway() {
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "10.30.0.0/16 tgw-9");
    let network = testkit::network(&[&hub, ROUTES, SG_B, &open(), "nat nat-1 b 10.30.1.30"]);
    assert_eq!(ask(&network, "A -> 10.30.1.30:tcp/443").verdict(), engine::Verdict::Blocked);
}

/// S12.9, S12.12: an address of a VPC of the export that no interface holds answers nobody.
#[test]
fn s12_12_what_nobody_holds_answers_nobody() {
    rows(&[HUB, ROUTES, SG_B, &open()], &[("A -> 10.30.1.99:tcp/443", "blocked: request host not held")]);
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "10.30.0.0/16 tgw-9");
    let network = testkit::network(&[&hub, ROUTES, SG_B, &open()]);
    assert_eq!(ask(&network, "A -> 10.30.1.99:tcp/443").verdict(), engine::Verdict::Blocked);
}
