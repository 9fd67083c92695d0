//! What security groups let in and out.

use super::super::Export;
use super::super::random::Random;
use super::super::security_group::{Group, Peer, Ports};
use super::block::dotted;
use super::site::Site;
use super::{Absent, World, lists};

/// Ranges that begin where others end, and the ports that clients and servers have.
const PORTS: [Ports; 26] = [
    ("-1", 0, 0),
    ("-1", 0, 0),
    ("tcp", 443, 443),
    ("tcp", 80, 80),
    ("tcp", 0, 442),
    ("tcp", 444, 65_535),
    ("tcp", 0, 65_535),
    ("tcp", 8080, 8080),
    ("tcp", 8000, 8079),
    ("tcp", 1024, 65_535),
    ("tcp", 32_768, 60_999),
    ("tcp", 0, 0),
    ("tcp", 65_535, 65_535),
    ("udp", 53, 53),
    ("udp", 0, 52),
    ("udp", 54, 65_535),
    ("udp", 0, 65_535),
    ("icmp", -1, -1),
    ("icmp", 8, -1),
    ("icmp", 8, 0),
    ("icmp", 3, 4),
    ("icmpv6", -1, -1),
    ("icmpv6", 128, 0),
    ("50", -1, -1),
    ("47", -1, -1),
    ("255", -1, -1),
];

/// Writes the groups of all VPCs.
pub(super) fn write(export: &mut Export, random: &mut Random, world: &World) {
    for (position, site) in world.sites.iter().enumerate() {
        for (number, id) in site.groups.iter().enumerate() {
            let mut group = Group::new(&site.id, id.trim_start_matches("sg-"));
            if random.percent(30) {
                group.inward(("-1", 0, 0), "0.0.0.0/0".into());
                group.inward(("-1", 0, 0), "::/0".into());
            }
            for _ in 0..random.within(1..=4) {
                let ports = ports(random);
                group.inward(ports, peer(random, world, site, id));
            }
            match random.below(100) {
                0..=59 => {
                    group.outward(("-1", 0, 0), "0.0.0.0/0".into());
                    if site.ipv6.is_some() && random.percent(85) {
                        group.outward(("-1", 0, 0), "::/0".into());
                    }
                }
                60..=94 => {
                    for _ in 0..random.within(1..=3) {
                        let ports = ports(random);
                        group.outward(ports, peer(random, world, site, id));
                    }
                }
                _ => {}
            }
            if world.absent != Absent::Group || position + number > 0 {
                group.write(export);
            }
        }
    }
}

fn ports(random: &mut Random) -> Ports {
    random.pick(&PORTS).copied().unwrap_or(("-1", 0, 0))
}

fn peer(random: &mut Random, world: &World, site: &Site, own: &str) -> Peer {
    let chosen = match random.below(100) {
        0..=19 => Some("0.0.0.0/0".into()),
        20..=29 => Some(site.block.to_string().as_str().into()),
        30..=46 => Some(lists::block(random, &world.sites).as_str().into()),
        47..=52 => {
            random.pick(&world.hosts).map(|host| format!("{}/32", dotted(host.address)).as_str().into())
        }
        53..=59 => Some("::/0".into()),
        60..=67 => lists::block_of_ipv6(random, &world.sites).map(|block| block.as_str().into()),
        68..=70 => random
            .pick(&world.hosts)
            .and_then(|host| host.ipv6.as_ref())
            .map(|address| format!("{address}/128").as_str().into()),
        71..=77 => Some(Peer::Group(own.into())),
        78..=88 => group(random, world, site),
        _ => random.pick(&world.lists).map(|list| Peer::List(list.clone())),
    };
    chosen.unwrap_or_else(|| lists::world(random).as_str().into())
}

/// A group that a rule may name (S1.18): of the same VPC, or of one behind active peering or a transit gateway that
/// carries references.
fn group(random: &mut Random, world: &World, site: &Site) -> Option<Peer> {
    let is_reachable = |other: &&Site| {
        let peered = world
            .peerings
            .iter()
            .any(|peering| peering.is_active && peering.other(site.number) == Some(other.number));
        let joined = world.transit.as_ref().is_some_and(|transit| {
            let members = &transit.members;
            transit.has_references && members.contains(&site.number) && members.contains(&other.number)
        });
        other.number == site.number || peered || joined
    };
    let sites: Vec<&Site> = world.sites.iter().filter(is_reachable).collect();
    random.pick(&sites).map(|site| Peer::Group(site.group(random)))
}
