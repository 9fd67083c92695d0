//! Route tables: what leads where, and what should and does not.

use super::super::Export;
use super::super::random::Random;
use super::super::vpc::Routes;
use super::gateways::{self, Gateways};
use super::lists::{self, S3};
use super::site::Site;
use super::{Absent, World};

/// A table and where it already leads: AWS has one static route a destination.
struct Table {
    routes: Routes,
    taken: Vec<String>,
}

impl Table {
    fn to(&mut self, destination: &str, key: &str, target: &str) {
        self.add(destination, key, target, "active");
    }

    fn add(&mut self, destination: &str, key: &str, target: &str, state: &str) {
        if !self.taken.iter().any(|taken| taken == destination) {
            self.routes.add(destination, key, target, state);
            self.taken.push(destination.to_owned());
        }
    }
}

pub(super) fn write(export: &mut Export, random: &mut Random, world: &World) {
    let nothing = Gateways::default();
    for (position, site) in world.sites.iter().enumerate() {
        let gateways = world.gateways.get(position).unwrap_or(&nothing);
        let is_absent = world.absent == Absent::Routes && position == 0;
        let mut with_s3 = Vec::new();
        let mut own: Vec<&str> = Vec::new();
        for subnet in &site.subnets {
            if random.percent(65) {
                own.push(&subnet.id);
            }
        }
        let main = format!("rtb-{}main", site.number);
        let explicit = own
            .iter()
            .map(|subnet| (subnet.replacen("subnet-", "rtb-", 1), false, vec![(*subnet).to_owned()]));
        for (id, is_main, subnets) in explicit.chain([(main, true, Vec::new())]) {
            // A NAT gateway's own subnet leads to the internet, or else it leads in a circle.
            let of_nat = gateways.nat_subnet.as_ref().is_some_and(|nat| subnets.contains(nat));
            let table = table(random, world, site, gateways, &id, of_nat);
            if table.taken.iter().any(|taken| taken == S3) {
                with_s3.push(id);
            }
            if !is_absent {
                table.routes.write(export, is_main, &subnets);
            }
        }
        if let Some(s3) = &gateways.s3 {
            gateways::endpoint(export, site, s3, &with_s3);
        }
    }
}

fn table(
    random: &mut Random,
    world: &World,
    site: &Site,
    gateways: &Gateways,
    id: &str,
    of_nat: bool,
) -> Table {
    let block = site.block.to_string();
    let routes = Routes::new(&site.id, id, &block, site.ipv6.as_deref());
    let mut table = Table { routes, taken: [Some(block), site.ipv6.clone()].into_iter().flatten().collect() };
    within(random, world, site, &mut table);
    let others = world.sites.iter().filter(|other| other.number != site.number);
    others.for_each(|other| between(random, world, site, other, &mut table));
    outward(random, world, site, gateways, of_nat, &mut table);
    if let Some(s3) = gateways.s3.as_ref().filter(|_| random.percent(60)) {
        table.to(S3, "GatewayId", s3);
    }
    table
}

/// Routes inside a VPC, to a whole subnet (S3.7): by an appliance.
fn within(random: &mut Random, world: &World, site: &Site, table: &mut Table) {
    let mut appliances = world.hosts.iter().filter(|host| host.is_appliance && host.site == site.number);
    if let Some(appliance) = appliances.next() {
        let diverted = random.percent(30).then(|| random.pick(&site.subnets)).flatten();
        if let Some(subnet) = diverted {
            table.to(&subnet.block.to_string(), "NetworkInterfaceId", &appliance.interface);
        }
        if random.percent(25) {
            table.to("0.0.0.0/0", "NetworkInterfaceId", &appliance.interface);
        }
    }
}

/// Routes to another VPC, by all that may lead there.
fn between(random: &mut Random, world: &World, site: &Site, other: &Site, table: &mut Table) {
    for peering in world.peerings.iter().filter(|peering| peering.other(site.number) == Some(other.number)) {
        let state = if peering.is_active { "active" } else { "blackhole" };
        let part = if random.percent(75) { other.block } else { other.block.piece(random) };
        if random.percent(75) {
            table.add(&part.to_string(), "VpcPeeringConnectionId", &peering.id, state);
        }
        if let Some(block) = other.ipv6.as_ref().filter(|_| site.ipv6.is_some() && random.percent(75)) {
            table.add(block, "VpcPeeringConnectionId", &peering.id, state);
        }
    }
    let transit = world.transit.as_ref().filter(|transit| transit.members.contains(&site.number));
    if let Some(transit) = transit.filter(|_| random.percent(80)) {
        let part = if random.percent(60) { other.block } else { other.block.piece(random) };
        table.to(&part.to_string(), "TransitGatewayId", &transit.id);
        if let Some(block) = other.ipv6.as_ref().filter(|_| site.ipv6.is_some() && random.percent(80)) {
            table.to(block, "TransitGatewayId", &transit.id);
        }
    }
    if random.percent(8) {
        let list = random.pick(&world.lists).cloned();
        let by = world
            .peerings
            .iter()
            .find(|peering| peering.is_active && peering.other(site.number) == Some(other.number));
        if let (Some(list), Some(peering)) = (list, by) {
            table.to(&list, "VpcPeeringConnectionId", &peering.id);
        }
    }
}

/// Routes to the world, whole or in pieces.
fn outward(
    random: &mut Random,
    world: &World,
    site: &Site,
    gateways: &Gateways,
    of_nat: bool,
    table: &mut Table,
) {
    let transit = world.transit.as_ref().filter(|transit| transit.members.contains(&site.number));
    let transit = transit.map(|transit| ("TransitGatewayId", &transit.id));
    let internet = gateways.internet.as_ref().map(|id| ("GatewayId", id));
    let nat = gateways.nat.as_ref().filter(|_| !of_nat).map(|id| ("NatGatewayId", id));
    let private = gateways.private.as_ref().map(|id| ("GatewayId", id));
    let egress_only = gateways.egress_only.as_ref().map(|id| ("EgressOnlyInternetGatewayId", id));
    let ipv4: Vec<_> = [internet, nat, internet, nat, nat, transit, private].into_iter().flatten().collect();
    if let Some((key, target)) = random.pick(&ipv4).filter(|_| random.percent(85)) {
        let block = if random.percent(85) { "0.0.0.0/0".to_owned() } else { lists::world(random) };
        table.to(&block, key, target);
    }
    if site.ipv6.is_some() {
        let ipv6: Vec<_> =
            [internet, internet, egress_only, egress_only, transit].into_iter().flatten().collect();
        if let Some((key, target)) = random.pick(&ipv6).filter(|_| random.percent(85)) {
            table.to(if random.percent(85) { "::/0" } else { "2000::/3" }, key, target);
        }
    }
    // A second way for a part of the world, or what was deleted and left its route behind.
    if random.percent(20) {
        let block = lists::world(random);
        match random.pick(&ipv4).filter(|_| random.percent(60)) {
            Some((key, target)) => table.to(&block, key, target),
            None => table.add(&block, "NatGatewayId", "nat-gone", "blackhole"),
        }
    }
    if random.percent(6) {
        let block = site.block.around(0, site.block.length - 1);
        table.add(&block.to_string(), "VpcPeeringConnectionId", "pcx-gone", "blackhole");
    }
}
