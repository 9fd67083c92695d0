//! Network ACLs: those that VPCs begin with, and some with entries that cut subnets, ports and types.

use super::super::Export;
use super::super::network_acl::{ALL, Acl, TCP, UDP};
use super::super::random::Random;
use super::site::Site;
use super::{Absent, World, lists};

type Ports = (&'static str, usize, usize);

/// Ranges that begin where others end, and pieces of those that clients take.
const PORTS: [Ports; 24] = [
    (ALL, 0, 0),
    (TCP, 8080, 65_535),
    (UDP, 1024, 32_767),
    (TCP, 443, 443),
    (TCP, 0, 442),
    (TCP, 444, 1023),
    (TCP, 0, 1023),
    (TCP, 80, 80),
    (TCP, 8080, 8080),
    (TCP, 0, 65_535),
    (TCP, 1024, 65_535),
    (TCP, 32_768, 65_535),
    (TCP, 32_768, 60_999),
    (TCP, 49_152, 65_535),
    (TCP, 1024, 49_151),
    (TCP, 1024, 32_767),
    (UDP, 53, 53),
    (UDP, 1024, 65_535),
    (UDP, 32_768, 49_151),
    (UDP, 0, 65_535),
    ("50", 0, 0),
    ("47", 0, 0),
    (ALL, 0, 0),
    (TCP, 60_999, 61_000),
];
const TYPES: [(i32, i32); 9] =
    [(-1, -1), (8, -1), (0, -1), (8, 0), (0, 0), (3, 4), (128, -1), (129, 0), (-1, -1)];

pub(super) fn write(export: &mut Export, random: &mut Random, world: &World) {
    for (position, site) in world.sites.iter().enumerate() {
        let is_absent = world.absent == Absent::Acls && position + 1 == world.sites.len();
        let mut rest: Vec<String> = site.subnets.iter().map(|subnet| subnet.id.clone()).collect();
        for number in 0..2 {
            if rest.is_empty() || !random.percent(45) {
                continue;
            }
            let count = random.within(1..=rest.len());
            let subnets = rest.split_off(rest.len() - count);
            let acl = custom(random, world, site, number, subnets);
            if !is_absent {
                acl.write(export);
            }
        }
        let mut acl = Acl::default(&site.id, &format!("{}default", site.number), site.ipv6.is_some());
        acl.guard(rest);
        if !is_absent {
            acl.write(export);
        }
    }
}

fn custom(random: &mut Random, world: &World, site: &Site, number: usize, subnets: Vec<String>) -> Acl {
    let mut acl = Acl::new(&site.id, &format!("{}{number}", site.number), subnets);
    for egress in [false, true] {
        // Either some of it is stopped, or only some of it passes.
        let lets_the_rest_pass = random.percent(70);
        let mut entry = 1;
        for _ in 0..random.within(if lets_the_rest_pass { 1..=3 } else { 2..=4 }) {
            entry += random.within(1..=40);
            special(random, &mut acl, world, egress, entry, random_action(lets_the_rest_pass));
        }
        if lets_the_rest_pass {
            acl.entry(egress, 32_000, true, (ALL, 0, 0), "0.0.0.0/0");
            if site.ipv6.is_some() && random.percent(85) {
                acl.entry(egress, 32_766, true, (ALL, 0, 0), "::/0");
            }
        } else if random.percent(80) {
            let ports = random.pick(&PORTS).copied().unwrap_or((ALL, 0, 0));
            acl.entry(egress, 20_000, true, ports, "0.0.0.0/0");
            if site.ipv6.is_some() {
                acl.entry(egress, 20_001, true, ports, "::/0");
            }
        }
    }
    acl
}

/// How many of a hundred entries allow.
fn random_action(lets_the_rest_pass: bool) -> usize {
    if lets_the_rest_pass { 35 } else { 75 }
}

fn special(random: &mut Random, acl: &mut Acl, world: &World, egress: bool, number: usize, allows: usize) {
    let of_ipv6 = random.percent(30).then(|| lists::block_of_ipv6(random, &world.sites)).flatten();
    let block = match of_ipv6 {
        Some(block) => block,
        None if random.percent(25) => "0.0.0.0/0".to_owned(),
        None => lists::block(random, &world.sites),
    };
    let allow = random.percent(allows);
    if random.percent(15) {
        let kind = random.pick(&TYPES).copied().unwrap_or((-1, -1));
        acl.icmp(egress, number, allow, kind, &block);
    } else {
        let ports = random.pick(&PORTS).copied().unwrap_or((ALL, 0, 0));
        acl.entry(egress, number, allow, ports, &block);
    }
}
