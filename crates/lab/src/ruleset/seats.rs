//! Who is where in a fabric: links, zones, addresses.

use std::sync::Arc;

use engine::Network;
use ipnet::IpNet;
use model::NetworkInterface;
use space::Family;

use super::compiled::{Compiled, Kept};
use super::next::{Generation, table_mark};
use super::script::{FAMILIES, Script, by_address, digit, ip};
use super::table::{Elements, Part};
use crate::topology::{InterfacePlan, VpcPlan, interface_link, own_blocks, zone};

/// The maps from addresses and blocks to zones.
pub(super) const ZONES: [&str; 2] = ["z_to", "z_block"];

/// The sets of links with what is sent from them rightly: single addresses and blocks, of which there are few. What the kernel
/// matches by intervals it lays out anew for each that comes.
pub(super) const OWN: [&str; 2] = ["s_own", "s_owned"];

/// What a fabric has to know of an interface.
#[derive(Debug)]
pub(super) struct Seat {
    number: u32,
    /// The number of its subnet.
    subnet: u32,
    running: bool,
    source_dest_check: bool,
    blocks: Vec<IpNet>,
}

impl Seat {
    fn of(plan: &InterfacePlan, subnet: u32, noun: &NetworkInterface) -> Seat {
        let blocks = own_blocks(noun).collect();
        let source_dest_check = noun.source_dest_check;
        Seat { number: plan.number, subnet, running: plan.running, source_dest_check, blocks }
    }

    fn is_of(&self, plan: &InterfacePlan, subnet: u32, noun: &NetworkInterface) -> bool {
        (self.number, self.subnet, self.running, self.source_dest_check)
            == (plan.number, subnet, plan.running, noun.source_dest_check)
            && own_blocks(noun).eq(self.blocks.iter().copied())
    }
}

/// The part of the fabric of the VPC at a position.
pub(super) fn part(
    network: &Network,
    vpc: &VpcPlan,
    position: usize,
    (before, after): (&Compiled, &mut Compiled),
) -> Arc<Part> {
    let all = vpc.interfaces.iter().filter_map(|plan| {
        let noun = network.model().network_interfaces.at(plan.interface);
        Some((plan, vpc.subnets.get(plan.subnet)?.number, noun))
    });
    let same = |known: &Kept<Vec<Seat>>| {
        let mut both = known.of.iter().zip(all.clone());
        known.of.len() == all.clone().count()
            && both.all(|(seat, (plan, subnet, noun))| seat.is_of(plan, subnet, noun))
    };
    let known = before.seats(position).filter(same);
    let seats = || written(all.clone().map(|(plan, subnet, noun)| Seat::of(plan, subnet, noun)).collect());
    after.keep_seats(position, known.unwrap_or_else(seats))
}

fn written(seats: Vec<Seat>) -> Kept<Vec<Seat>> {
    let mut script = Script::default();
    let (mut zones, mut tables) = (Elements::default(), Elements::default());
    for seat in &seats {
        let link = interface_link(seat.number);
        zones.add(format_args!("\"{link}\" : {}", zone(seat.number)));
        let table = table_mark(seat.subnet, Generation::First);
        tables.add(format_args!("\"{link}\" : {table}"));
    }
    script.set("map", "z_from", "typeof iifname : ct zone;", zones);
    script.set("map", "t_from", "type ifname : mark;", tables);
    let links = |which: fn(&Seat) -> bool| -> Vec<String> {
        let found = seats.iter().filter(|seat| which(seat));
        found.map(|seat| format!("\"{}\"", interface_link(seat.number))).collect()
    };
    script.set("set", "s_down", "type ifname;", &links(|seat| !seat.running));
    script.set("set", "s_free", "type ifname;", &links(|seat| !seat.source_dest_check));
    for family in FAMILIES {
        let (digit, address) = (digit(family), if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" });
        let (mut own, mut owned, mut zones) = (Elements::default(), Elements::default(), Vec::new());
        for seat in &seats {
            for block in seat.blocks.iter().filter(|block| Family::of(block.addr()) == family) {
                let link = interface_link(seat.number);
                match block.prefix_len() == block.max_prefix_len() {
                    true => own.add(format_args!("\"{link}\" . {}", block.addr())),
                    false => owned.add(format_args!("\"{link}\" . {block}")),
                }
                zones.push((*block, zone(seat.number)));
            }
        }
        let [single, block] = OWN.map(|name| format!("{name}{digit}"));
        script.set("set", &single, &format!("type ifname . {address};"), own);
        script.set("set", &block, &format!("type ifname . {address}; flags interval"), owned);
        let key = format!("typeof {} daddr : ct zone;", ip(family));
        by_address(&mut script, ZONES, family, &key, &zones);
        let known =
            format!("type ifname . {address} . inet_proto; size 1048576; flags dynamic,timeout; timeout 10m");
        script.set("set", &format!("f_known{digit}"), &known, Elements::default());
    }
    Kept::new(seats, script)
}
