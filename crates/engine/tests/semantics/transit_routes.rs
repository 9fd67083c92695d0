//! Which way a transit gateway sends: S3.31, S3.9. No measured row turns on blackholes or prefix lists (S12): these
//! tests carry them.

use crate::common::{ask, rows};
use crate::transit_gateway::{HUB, Q, ROUTES, SG_B, open};

/// S3.31: the table that counts is the one associated with the attachment that the packet comes from.
#[test]
fn s3_31_the_sources_association_picks_the_table() {
    let tables = |one: &str, other: &str| {
        format!(
            "tgwtable one tgw-1 static assoc=a1 propagate={one}\n tgwtable two tgw-1 static assoc=a2 propagate={other}"
        )
    };
    for (one, other, expected) in [
        ("a2", "a1", "allowed"),
        ("a1", "a1", "blocked: request tgw-route one no route"),
        ("a2", "a2", "blocked: reply tgw-route two no route"),
    ] {
        rows(&[HUB, SG_B, &open(), &tables(one, other)], &[(Q, expected)]);
    }
    // Associated with none that the export has, nobody knows.
    let unknown = "tgwtable two tgw-1 static assoc=a2 propagate=a1";
    let network = testkit::network(&[HUB, SG_B, &open(), unknown]);
    assert_eq!(ask(&network, Q).verdict(), engine::Verdict::Undecided);
}

const THIRD: &str = "
    attachment a3 tgw-1 vpc-3 subnets=att3
    vpc vpc-3 10.40.0.0/16
    table rtb-att3
    subnet att3 10.40.9.0/28 az=z1 table=rtb-att3
";

#[test]
fn s3_31_the_longest_prefix_then_static_over_propagated() {
    let elsewhere = "blocked: request route rtb-att3 no route";
    for (routes, expected) in [
        ("10.30.0.0/16 a3 | 10.30.1.0/24 a2", "allowed"),
        ("10.30.0.0/16 a2 | 10.30.1.0/24 a3", elsewhere),
        // The same prefix: static wins, in whatever order.
        ("10.30.0.0/16 a3", elsewhere),
        // A longer propagated prefix beats a static one.
        ("10.0.0.0/8 a3", "allowed"),
    ] {
        let table = format!("tgwtable hub tgw-1 static assoc=a1,a2,a3 propagate=a1,a2: {routes}");
        rows(&[HUB, SG_B, &open(), THIRD, &table], &[(Q, expected)]);
    }
    for (routes, expected) in [
        ("10.30.0.0/16 a2 propagated | 10.30.0.0/16 a3", elsewhere),
        ("10.30.0.0/16 a3 propagated | 10.30.0.0/16 a2", "allowed"),
        ("10.30.1.0/24 a3 propagated | 10.30.0.0/16 a2", elsewhere),
    ] {
        let table = format!("tgwtable hub tgw-1 all assoc=a1,a2,a3: 10.20.0.0/16 a1 propagated | {routes}");
        rows(&[HUB, SG_B, &open(), THIRD, &table], &[(Q, expected)]);
    }
}

#[test]
fn s3_31_a_blackhole_of_the_gateway_drops() {
    for (routes, expected) in [
        ("10.30.1.0/24 blackhole", "blocked: request tgw-route hub blackhole"),
        ("10.30.0.0/16 blackhole", "blocked: request tgw-route hub blackhole"),
        // Not where a longer prefix is propagated.
        ("10.0.0.0/8 blackhole", "allowed"),
        ("10.20.1.0/24 blackhole", "blocked: reply tgw-route hub blackhole"),
    ] {
        let table = format!("tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1,a2: {routes}");
        rows(&[HUB, SG_B, &open(), &table], &[(Q, expected)]);
    }
}

#[test]
fn s3_09_a_blackhole_of_the_vpcs_table_does_not_reach_the_gateway() {
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "10.0.0.0/8 tgw-1 | 10.30.0.0/16 tgw-1 blackhole");
    rows(&[&hub, ROUTES, SG_B, &open()], &[(Q, "blocked: request route rtb-app blackhole")]);
}

#[test]
fn s3_31_a_prefix_list_reference_leads_as_its_blocks_do() {
    let list = "pl pl-b: 10.30.1.0/24";
    let table = "tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1: pl-b a2";
    rows(&[HUB, SG_B, &open(), list, table], &[(Q, "allowed")]);
    let table = "tgwtable hub tgw-1 static assoc=a1,a2 propagate=a1,a2: pl-b blackhole";
    rows(&[HUB, SG_B, &open(), list, table], &[(Q, "blocked: request tgw-route hub blackhole")]);
    // In the VPC's table too.
    let hub = HUB.replace("10.30.0.0/16 tgw-1", "pl-b tgw-1");
    rows(&[&hub, ROUTES, SG_B, &open(), list], &[(Q, "allowed")]);
}

#[test]
fn s3_31_a_vpc_needs_an_attachment() {
    let hub = HUB.replace("attachment a1 tgw-1 vpc-1 subnets=att", "");
    rows(&[&hub, ROUTES, SG_B, &open()], &[(Q, "blocked: request unmodelled tgw-1 not attached")]);
    let hub = HUB.replace("attachment a2 tgw-1 vpc-2 subnets=att2", "");
    let table = "tgwtable hub tgw-1 static assoc=a1 propagate=a1";
    rows(&[&hub, table, SG_B, &open()], &[(Q, "blocked: request tgw-route hub no route")]);
}

/// The target attachment's VPC goes on by the route table of the attachment's subnet.
#[test]
fn s3_31_the_attachment_subnets_table_leads_on() {
    let blackhole = "table rtb-att2: 10.30.1.0/24 eni-gone blackhole";
    rows(
        &[HUB, ROUTES, SG_B, &open(), blackhole],
        &[
            (Q, "blocked: request route rtb-att2 blackhole"),
            ("B -> A:tcp/443", "blocked: reply route rtb-att2 blackhole"),
        ],
    );
}
