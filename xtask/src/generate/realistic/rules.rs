//! What the groups of instances let in and out.

use super::super::Export;
use super::super::random::Random;
use super::super::security_group::{Group, Peer, Ports, id as group_id};
use super::instances::{group, shared};
use super::lists::outside;
use super::peering::Peerings;
use super::site::{Site, address};

const PORTS: [Ports; 14] = [
    ("tcp", 22, 22),
    ("tcp", 80, 80),
    ("tcp", 443, 443),
    ("tcp", 3306, 3306),
    ("tcp", 5432, 5432),
    ("tcp", 6379, 6379),
    ("tcp", 8000, 8100),
    ("tcp", 8080, 8080),
    ("tcp", 8443, 8443),
    ("tcp", 9092, 9094),
    ("tcp", 30_000, 32_767),
    ("udp", 53, 53),
    ("udp", 8125, 8125),
    ("-1", 0, 0),
];
const ALL: Ports = ("-1", 0, 0);

/// Writes the shared group of a VPC and those of its services. `counts` says how many services each VPC has.
pub(super) fn write(
    export: &mut Export,
    random: &mut Random,
    site: &Site,
    counts: &[usize],
    lists: &[String],
    peerings: &Peerings,
) {
    let world = [Some("0.0.0.0/0"), site.ipv6.as_ref().map(|_| "::/0")];
    let mut base = Group::new(&site.id, &shared(site.number));
    base.inward(("tcp", 22, 22), Peer::List("pl-bastions".into()));
    base.inward(("tcp", 9100, 9100), Peer::List("pl-monitoring".into()));
    base.inward(("icmp", 8, -1), Peer::Cidr("10.0.0.0/8".into()));
    base.inward(("tcp", 8080, 8443), Peer::Cidr(site.block.clone()));
    world.into_iter().flatten().for_each(|block| base.outward(ALL, block.into()));
    base.write(export);
    for service in 0..counts.get(site.number).copied().unwrap_or(0) {
        let mut rules = Group::new(&site.id, &group(site.number, service));
        let wanted = match random.below(10) {
            0 => random.within(26..=60),
            1 | 2 => random.within(9..=25),
            _ => random.within(2..=8),
        };
        // What was drawn twice is one rule, and drawn again.
        for _ in 0..wanted * 2 {
            if rules.inward_len() < wanted {
                let ports = random.pick(&PORTS).copied().unwrap_or(ALL);
                rules.inward(ports, peer(random, site, counts, lists, peerings));
            }
        }
        for _ in 0..random.below(4) {
            let ports = random.pick(&PORTS).copied().unwrap_or(ALL);
            rules.outward(ports, peer(random, site, counts, lists, peerings));
        }
        rules.write(export);
    }
}

fn peer(random: &mut Random, site: &Site, counts: &[usize], lists: &[String], peerings: &Peerings) -> Peer {
    let service_of = |random: &mut Random, site: usize| {
        let service = random.below(counts.get(site).copied().unwrap_or(0).max(1));
        let exists = counts.get(site).is_some_and(|&count| service < count);
        exists.then(|| Peer::Group(group_id(&group(site, service))))
    };
    let chosen = match random.below(20) {
        0..=6 => Some(site.block_within(random).as_str().into()),
        7..=9 => {
            let (length, other) = (random.within(20..=28), random.below(counts.len()));
            let size = 1 << (32 - length);
            let start = random.below(4096 / size) * size;
            Some(format!("{}/{length}", address(other, start)).as_str().into())
        }
        10..=13 => service_of(random, site.number),
        14 => {
            let other = random.pick(peerings.of(site)).map(|peered| peered.other);
            other.and_then(|other| service_of(random, other))
        }
        15 | 16 => random.pick(lists).map(|list| Peer::List(list.clone())),
        17 if site.ipv6.is_some() => {
            let subnet = random.below(9);
            Some(format!("2001:db8:{:x}:{subnet:x}::/64", site.number).as_str().into())
        }
        18 => Some("0.0.0.0/0".into()),
        _ => None,
    };
    chosen.unwrap_or_else(|| outside(random).as_str().into())
}
