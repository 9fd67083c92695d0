//! How long large labs take. Not run by itself: `cargo test --release -p lab --test kernel -- --ignored --nocapture size`.

use std::time::Instant;

use crate::support::{Standing, possible};

/// Machines in three subnets and three groups that refer to each other.
fn three_tiers(machines: usize, rules: &str) -> String {
    let mut text = String::from(
        "
        vpc vpc-1 10.0.0.0/8
        igw igw-1
        table rtb-1: 0.0.0.0/0 igw-1
        acl acl-1 in: 100 allow all 0.0.0.0/0
        acl acl-1 out: 100 allow all 0.0.0.0/0
        sg sg-0 in: tcp 443 0.0.0.0/0
        sg sg-0 out: tcp 8080 sg-1
        sg sg-1 in: tcp 8080 sg-0
        sg sg-1 out: tcp 3306 sg-2
        sg sg-2 in: tcp 3306 sg-1
        ",
    );
    text.push_str(rules);
    for tier in 0..3 {
        text.push_str(&format!("\nsubnet s{tier} 10.{tier}.0.0/16 table=rtb-1 acl=acl-1"));
    }
    for machine in 0..machines {
        let (tier, number) = (machine % 3, machine / 3 + 4);
        let address = format!("10.{tier}.{}.{}", number / 256, number % 256);
        text.push_str(&format!("\neni e{machine} s{tier} {address} groups=sg-{tier}"));
    }
    text
}

#[test]
#[ignore = "a measurement"]
fn size_and_time() {
    if !possible("size_and_time") {
        return;
    }
    let machines = std::env::var("PORTCULLIS_LAB_MACHINES").map_or(1_000, |text| text.parse().unwrap());
    let network = testkit::network(&[&three_tiers(machines, "")]);
    let changed = testkit::network(&[&three_tiers(machines, "\nsg sg-0 in: tcp 80 0.0.0.0/0")]);
    let start = Instant::now();
    let standing = Standing::up(&network);
    let up = start.elapsed();
    let start = Instant::now();
    let standing = standing.apply(&changed);
    let applied = start.elapsed();
    let start = Instant::now();
    drop(standing);
    eprintln!("{machines} machines: up {up:?}, a rule changed {applied:?}, down {:?}", start.elapsed());
}
