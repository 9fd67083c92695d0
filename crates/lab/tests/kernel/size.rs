//! How long large labs take. Not run by itself: `cargo test --release -p lab --test kernel -- --ignored --nocapture size`.

use std::time::Instant;

use crate::support::{Standing, possible};

/// Machines of one application: as many have the same groups.
const OF_APPLICATION: usize = 60;

/// Applications of three tiers, each tier with a group that refers to its neighbours' and has rules of its own.
fn three_tiers(machines: usize, rules: &str) -> String {
    let mut text = String::from(
        "
        vpc vpc-1 10.0.0.0/8
        igw igw-1
        table rtb-1: 0.0.0.0/0 igw-1
        acl acl-1 in: 100 allow all 0.0.0.0/0
        acl acl-1 out: 100 allow all 0.0.0.0/0
        ",
    );
    text.push_str(rules);
    for tier in 0..3 {
        text.push_str(&format!("\nsubnet s{tier} 10.{tier}.0.0/16 table=rtb-1 acl=acl-1"));
    }
    for application in 0..machines.div_ceil(OF_APPLICATION) {
        let [web, app, db] = [0, 1, 2].map(|tier| format!("sg-{application}-{tier}"));
        text.push_str(&format!(
            "
            sg {web} in: tcp 443 0.0.0.0/0
            sg {web} out: tcp 8080 {app}
            sg {app} in: tcp 8080 {web}
            sg {app} out: tcp 3306 {db}
            sg {db} in: tcp 3306 {app}
            "
        ));
        for block in 0..10 {
            let net = format!("172.16.{block}.0/24");
            text.push_str(&format!("\nsg {web} in: tcp {}-{} {net}", 1_000 + block, 2_000 + block));
            text.push_str(&format!("\nsg {db} in: udp {} {net}", 5_000 + application));
        }
    }
    for machine in 0..machines {
        let (tier, number, application) = (machine % 3, machine / 3 + 4, machine / OF_APPLICATION);
        let address = format!("10.{tier}.{}.{}", number / 256, number % 256);
        text.push_str(&format!("\neni e{machine} s{tier} {address} groups=sg-{application}-{tier}"));
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
    let rules = [
        "sg sg-0-0 in: tcp 80 0.0.0.0/0",
        "acl acl-1 in: 90 deny tcp 22 0.0.0.0/0",
        "sg sg-1-2 in: tcp 80 sg-2-0",
    ];
    let changed = rules.map(|rule| testkit::network(&[&three_tiers(machines, rule)]));
    let start = Instant::now();
    let mut standing = Standing::up(&network);
    eprintln!("{machines} machines: up {:?}", start.elapsed());
    for (changed, rule) in changed.iter().zip(rules) {
        for (network, what) in [(changed, rule), (&network, "as before")] {
            let took;
            (standing, took) = standing.apply_in(network);
            eprintln!("{what}: in force after {took:?}");
        }
    }
    let one_more = testkit::network(&[&three_tiers(machines + 1, "")]);
    let (standing, took) = standing.apply_in(&one_more);
    eprintln!("a machine more: in force after {took:?}");
    let start = Instant::now();
    drop(standing);
    eprintln!("down {:?}", start.elapsed());
}
