//! Services of three tiers, all alike: what grows is their number, not what is to be understood.

use super::interface::{Interface, public_address};
use super::network_acl::{Acl, ICMP, TCP, UDP};
use super::random::Random;
use super::security_group::{Group, Peer, id as group_id};
use super::vpc::{Routes, internet_gateway, subnet, vpc};
use super::{DOCUMENTATION, Export, ZONES};

/// How many interfaces a service has: four in each tier.
pub const SERVICE: usize = 12;
const PER_TIER: usize = 4;
const TIERS: [&str; 3] = ["web", "app", "db"];
/// Services in a block, which is a /24 subnet in each tier: 240 of its 251 addresses.
const PER_BLOCK: usize = 60;
/// Blocks in a VPC: a /20 in each tier.
const BLOCKS: usize = 16;

/// Services of 12 interfaces: web takes 443 from the world, app 8080 from its web, db 5432 from its app. The number of
/// interfaces is rounded down to whole services.
pub fn three_tier(interfaces: usize, seed: u64) -> Export {
    let mut random = Random::new(seed);
    let mut export = Export::default();
    let services = interfaces / SERVICE;
    for number in 0..services.div_ceil(PER_BLOCK * BLOCKS) {
        let first = number * PER_BLOCK * BLOCKS;
        network(&mut export, &mut random, number, first..services.min(first + PER_BLOCK * BLOCKS));
    }
    export
}

/// A VPC and the services in it.
fn network(export: &mut Export, random: &mut Random, number: usize, services: std::ops::Range<usize>) {
    let id = format!("vpc-{number:03}");
    let prefix = format!("10.{}", number % 256);
    let block = format!("{prefix}.0.0/16");
    vpc(export, &id, &block, None);
    let gateway = internet_gateway(export, &id);
    let blocks = services.len().div_ceil(PER_BLOCK);
    let subnet_id = |tier: &str, block: usize| format!("subnet-{tier}-{number:03}-{block}");
    for (position, tier) in TIERS.iter().enumerate() {
        let subnets: Vec<String> = (0..blocks).map(|block| subnet_id(tier, block)).collect();
        for (block, subnet_id) in subnets.iter().enumerate() {
            let cidr = format!("{prefix}.{}.0/24", position * BLOCKS + block);
            subnet(export, &id, subnet_id, zone(block), &cidr, None);
        }
        let mut routes = Routes::new(&id, &format!("rtb-{tier}-{number:03}"), &block, None);
        if *tier == "web" {
            routes.to("0.0.0.0/0", "GatewayId", &gateway);
        }
        routes.write(export, *tier == "db", &subnets);
        acl(random, &id, &format!("{tier}-{number:03}"), &prefix, tier, subnets).write(export);
    }
    Acl::default(&id, &format!("default-{number:03}"), false).write(export);
    // Who has which address is chance, block by block.
    let mut hosts = Vec::new();
    for (position, service) in services.enumerate() {
        let (block, within) = (position / PER_BLOCK, position % PER_BLOCK);
        if within == 0 {
            // AWS keeps the first four of a subnet and the last.
            hosts = (4..255).collect::<Vec<usize>>();
            random.shuffle(&mut hosts);
        }
        groups(export, &id, service);
        for (tier_position, tier) in TIERS.iter().enumerate() {
            for member in 0..PER_TIER {
                let host = hosts.get(within * PER_TIER + member).copied().unwrap_or(4);
                let name = format!("{tier}-{service:05}-{member}");
                let public = (*tier == "web").then(|| public_address(service * PER_TIER + member));
                let interface = Interface {
                    id: format!("eni-{name}"),
                    vpc: &id,
                    subnet: &subnet_id(tier, block),
                    zone: zone(block),
                    address: format!("{prefix}.{}.{host}", tier_position * BLOCKS + block),
                    ipv6: None,
                    public,
                    groups: vec![group_id(&format!("{tier}-{service:05}"))],
                    service: None,
                };
                interface.write_with_instance(export, &name, false);
            }
        }
    }
}

fn zone(block: usize) -> char {
    ZONES.get(block % ZONES.len()).copied().unwrap_or('a')
}

/// The groups of a service, each with what it takes from the one before and sends to the one behind.
fn groups(export: &mut Export, vpc: &str, service: usize) {
    let [web, app, db] = TIERS.map(|tier| format!("{tier}-{service:05}"));
    let peer = |name: &str| Peer::Group(group_id(name));
    let (https, http, postgres) = (("tcp", 443, 443), ("tcp", 8080, 8080), ("tcp", 5432, 5432));
    let mut group = Group::new(vpc, &web);
    group.inward(https, Peer::Cidr("0.0.0.0/0".into()));
    group.outward(http, peer(&app));
    group.write(export);
    let mut group = Group::new(vpc, &app);
    group.inward(http, peer(&web));
    group.outward(postgres, peer(&db));
    group.write(export);
    let mut group = Group::new(vpc, &db);
    group.inward(postgres, peer(&app));
    group.write(export);
}

/// The list of a tier: a block list, five entries in and three out.
fn acl(random: &mut Random, vpc: &str, name: &str, prefix: &str, tier: &str, subnets: Vec<String>) -> Acl {
    let mut acl = Acl::new(vpc, name, subnets);
    for number in 10..10 + random.within(3..=8) {
        let (length, size) =
            [(24, 256), (26, 64), (28, 16)].get(random.below(3)).copied().unwrap_or((24, 256));
        let start = random.below(256 / size) * size;
        let range = random.pick(&DOCUMENTATION).copied().unwrap_or("192.0.2");
        acl.entry(false, number, false, ("-1", 0, 0), &format!("{range}.{start}/{length}"));
    }
    let world = "0.0.0.0/0".to_owned();
    let [web, app, db] = [0, 1, 2].map(|tier| format!("{prefix}.{}.0/20", tier * BLOCKS));
    let own = format!("{prefix}.0.0/16");
    let admin = format!("{prefix}.255.0/24");
    let replies = (TCP, 1024, 65_535);
    let too_big = (ICMP, 3, 4);
    let (ssh, dns, time) = ((TCP, 22, 22), (UDP, 1024, 65_535), (UDP, 123, 123));
    let (inward, outward) = match tier {
        "web" => (
            [((TCP, 443, 443), &world), (replies, &app), (ssh, &admin), (too_big, &world), (dns, &own)],
            [(replies, &world), (too_big, &world), (time, &own)],
        ),
        "app" => (
            [((TCP, 8080, 8080), &web), (replies, &db), (ssh, &admin), (too_big, &own), (dns, &own)],
            [(replies, &web), ((TCP, 5432, 5432), &db), (too_big, &own)],
        ),
        _ => (
            [
                ((TCP, 5432, 5432), &app),
                ((TCP, 9187, 9187), &admin),
                (ssh, &admin),
                (too_big, &own),
                (dns, &own),
            ],
            [(replies, &app), (too_big, &own), (time, &own)],
        ),
    };
    for (position, (ports, block)) in inward.into_iter().enumerate() {
        acl.entry(false, 100 + position * 10, true, ports, block);
    }
    for (position, (ports, block)) in outward.into_iter().enumerate() {
        acl.entry(true, 100 + position * 10, true, ports, block);
    }
    acl
}
