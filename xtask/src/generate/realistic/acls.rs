//! Network ACLs: most VPCs keep the default, some have grown a list.

use super::super::Export;
use super::super::network_acl::{ALL, Acl, TCP, UDP};
use super::super::random::Random;
use super::lists::outside;
use super::site::{Site, Tier};

/// Entries that a list may have in each direction, the last one that lets the rest pass included.
const MOST: usize = 40;

/// Writes the lists of a VPC.
pub(super) fn write(export: &mut Export, random: &mut Random, site: &Site) {
    let mut rest = site.subnet_ids(None);
    for (tier, name) in [(Tier::Public, "public"), (Tier::Data, "data"), (Tier::Private, "private")] {
        if !random.percent(30) {
            continue;
        }
        let subnets = site.subnet_ids(Some(tier));
        rest.retain(|subnet| !subnets.contains(subnet));
        let mut acl = Acl::new(&site.id, &format!("{:04}-{name}", site.number), subnets);
        for egress in [false, true] {
            let count = random.within(2..=MOST - 2);
            (0..count).for_each(|entry| special(random, &mut acl, site, egress, 10 + entry * 10));
            acl.entry(egress, 1000, true, (ALL, 0, 0), "0.0.0.0/0");
            if site.ipv6.is_some() {
                acl.entry(egress, 1001, true, (ALL, 0, 0), "::/0");
            }
        }
        acl.write(export);
    }
    let mut acl = Acl::default(&site.id, &format!("{:04}-default", site.number), site.ipv6.is_some());
    acl.guard(rest);
    acl.write(export);
}

/// An entry that somebody once needed.
fn special(random: &mut Random, acl: &mut Acl, site: &Site, egress: bool, number: usize) {
    let block = if random.percent(50) { outside(random) } else { site.block_within(random) };
    let ports = [(TCP, 22, 22), (TCP, 3389, 3389), (TCP, 8000, 8999), (UDP, 53, 53), (ALL, 0, 0)];
    let ports = random.pick(&ports).copied().unwrap_or((ALL, 0, 0));
    acl.entry(egress, number, random.percent(40), ports, &block);
}
