//! The router of a VPC: network ACLs and route tables. Nothing in it tracks connections (S2.13).

use std::collections::HashMap;

use engine::{Network, RuleAction};
use model::{BlockMode, Ix, NetworkAcl, Subnet};
use space::Family;

use super::compiled::{Compiled, Place};
use super::gate;
use super::next::{NOWHERE, RoutingTable, nowhere_link};
use super::script::{FAMILIES, Script, counters, digit, dropped, ip, recorded, said};
use super::table::Table;
use crate::flow_log::Action;
use crate::marks::Marks;
use crate::numbers::Keyed;
use crate::stage::Stage;
use crate::topology::{Plan, SubnetPlan, VpcPlan, attached_link, nat_link, subnet_link};

/// A link of a router to something that is in a subnet.
struct Door {
    link: String,
    /// The position of the subnet.
    subnet: usize,
    kind: DoorKind,
}

/// What is behind a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DoorKind {
    /// The subnet's interfaces.
    Interfaces,
    /// A transit gateway.
    TransitGateway,
    /// A NAT gateway.
    NatGateway,
}

impl Door {
    fn of(plan: &Plan, vpc: usize, of_vpc: &VpcPlan) -> Vec<Door> {
        let door = |link, subnet, kind| Door { link, subnet, kind };
        let subnets = of_vpc.subnets.iter().enumerate();
        let subnets = subnets.map(|(at, plan)| door(subnet_link(plan.number), at, DoorKind::Interfaces));
        let attached = plan.ways.attached_of(vpc);
        let attached = attached.map(|to| door(attached_link(to.number), to.subnet, DoorKind::TransitGateway));
        let translating = plan.ways.nat_gateways_of(vpc);
        let translating = translating.map(|nat| door(nat_link(nat.number), nat.subnet, DoorKind::NatGateway));
        subnets.chain(attached).chain(translating).collect()
    }
}

/// The rules of a VPC's router.
pub(super) fn rules(
    network: &Network,
    plan: &Plan,
    vpc: usize,
    tables: &[RoutingTable],
    marks: &Marks,
    numbers: &mut Keyed,
    (before, after): (&Compiled, &mut Compiled),
) -> Table {
    let mut script = Script::default();
    let Some(of_vpc) = plan.vpcs.get(vpc) else { return script.finish() };
    counters(&mut script, &NOWHERE);
    counters(&mut script, &[Stage::NotTransitive, Stage::Blocked]);
    let doors = Door::of(plan, vpc, of_vpc);
    places(&mut script, network, of_vpc, &doors, tables);
    let list_of = |subnet: &Ix<Subnet>| network.resolved().network_acl_of(*subnet).ix();
    let mut lists: HashMap<Ix<NetworkAcl>, u32> = HashMap::new();
    for &SubnetPlan { subnet, .. } in &of_vpc.subnets {
        let Some(acl) = list_of(&subnet).filter(|acl| !lists.contains_key(acl)) else { continue };
        let number = numbers.number(network.model().network_acls.at(acl).id.as_str());
        lists.insert(acl, number);
        for place in [true, false].map(|egress| Place { number, egress }) {
            let gate = gate::of_list(network, subnet, place, marks, before.of_list(place));
            gate.into_iter().for_each(|gate| script.gate(after.keep_of_list(place, gate)));
        }
    }
    for (way, stage, rejected) in
        [("o", Stage::ListOut, Action::RejectOut), ("i", Stage::ListIn, Action::RejectIn)]
    {
        let unknown = marks.mark(engine::RuleRef::Missing, &RuleAction::Unknown(String::new()));
        let mut lines = vec![format!("meta mark set {unknown:#x}")];
        lines.extend(said("", stage));
        lines.push(format!("{} drop", recorded(rejected)));
        script.chain(&format!("c_unknown{way}"), &lines);
    }
    for (name, way) in [("v_out", "o"), ("v_in", "i")] {
        let number = |subnet: &Ix<Subnet>| list_of(subnet).and_then(|acl| lists.get(&acl));
        let chain =
            |plan: &SubnetPlan| number(&plan.subnet).map_or("unknown".into(), |number| format!("a{number}"));
        let gates = doors.iter().filter_map(|door| Some((&door.link, of_vpc.subnets.get(door.subnet)?)));
        let gates: Vec<_> =
            gates.map(|(link, subnet)| format!("\"{link}\" : jump c_{}{way}", chain(subnet))).collect();
        script.set("map", name, "type ifname : verdict;", &gates);
    }
    chains(&mut script);
    script.finish()
}

/// Which links belong to which subnet, and which addresses to which.
fn places(script: &mut Script, network: &Network, vpc: &VpcPlan, doors: &[Door], tables: &[RoutingTable]) {
    let model = network.model();
    let tables = doors.iter().filter_map(|door| Some((&door.link, tables.get(door.subnet)?)));
    let tables: Vec<_> = tables.map(|(link, (table, _))| format!("\"{link}\" : {table}")).collect();
    script.set("map", "t_from", "type ifname : mark;", &tables);
    // Within a subnet no list is asked (S2.12, S3.24), but on the way into a transit gateway (S3.33).
    let within = |from: &Door, to: &Door| from.subnet == to.subnet && to.kind != DoorKind::TransitGateway;
    let same = doors.iter().flat_map(|from| doors.iter().map(move |to| (from, to)));
    let same = same.filter(|(from, to)| within(from, to));
    let same: Vec<_> = same.map(|(from, to)| format!("\"{}\" . \"{}\"", from.link, to.link)).collect();
    script.set("set", "s_same", "type ifname . ifname;", &same);
    for (set, way) in [("s_blocked", Way::InternetGateway), ("s_blocked_egress", Way::EgressOnly)] {
        let blocked = doors.iter().filter(|door| blocked(network, vpc, door, way));
        let blocked: Vec<_> = blocked.map(|door| format!("\"{}\"", door.link)).collect();
        script.set("set", set, "type ifname;", &blocked);
    }
    for family in FAMILIES {
        let of_family = |block: &&ipnet::IpNet| Family::of(block.addr()) == family;
        let near = doors.iter().filter_map(|door| Some((door, vpc.subnets.get(door.subnet)?)));
        let near = near.flat_map(|(door, plan)| {
            let own = model.subnets.at(plan.subnet).cidrs.iter().filter(of_family);
            own.map(|block| format!("\"{}\" . {block}", door.link))
        });
        let address = if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" };
        let kind = format!("type ifname . {address}; flags interval");
        script.set("set", &format!("s_near{}", digit(family)), &kind, &near.collect::<Vec<_>>());
        let own = model.vpcs.at(vpc.vpc).cidrs.iter().filter(of_family);
        let own: Vec<_> = own.map(ToString::to_string).collect();
        let kind = format!("type {address}; flags interval");
        script.set("set", &format!("s_vpc{}", digit(family)), &kind, &own);
    }
}

/// A way to the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    InternetGateway,
    EgressOnly,
}

/// Whether Block Public Access stops what leaves for the internet from a link. Where it blocks what comes in, only what a
/// NAT gateway has translated passes, and what leaves by an egress-only gateway (S3.43, S3.45).
fn blocked(network: &Network, vpc: &VpcPlan, door: &Door, way: Way) -> bool {
    let model = network.model();
    let of_vpc = model.vpcs.at(vpc.vpc).block_public_access.as_ref();
    let subnet = vpc.subnets.get(door.subnet).map(|plan| model.subnets.at(plan.subnet));
    match subnet.and_then(|subnet| subnet.block_public_access.as_ref()).or(of_vpc) {
        Some(BlockMode::Off) => false,
        Some(BlockMode::Ingress) => way == Way::InternetGateway && door.kind != DoorKind::NatGateway,
        _ => true,
    }
}

fn chains(script: &mut Script) {
    let mut arriving = vec![
        "type filter hook prerouting priority mangle; policy accept;".into(),
        "meta mark set iifname map @t_from".into(),
    ];
    // To a neighbour by link layer, without list or route (S2.12, S3.11).
    arriving
        .extend(FAMILIES.map(|family| {
            format!("iifname . {} daddr @s_near{} meta mark set 0", ip(family), digit(family))
        }));
    script.chain("c_arriving", &arriving);
    let mut forward = vec![
        "type filter hook forward priority filter; policy drop;".into(),
        format!("iifname . oifname @s_same {} accept", recorded(Action::AcceptOut)),
    ];
    // A peering connection leads to its other VPC and no further (S3.30).
    for family in FAMILIES {
        let beyond = format!("iifname \"p*\" {} daddr != @s_vpc{}", ip(family), digit(family));
        forward.extend(dropped(&beyond, Stage::NotTransitive));
    }
    forward.extend(said("iifname \"p*\"", Stage::Peering));
    forward.push("iifname vmap @v_out".into());
    forward.push(format!("iifname \"s*\" {}", recorded(Action::AcceptOut)));
    let gateway = format!("iifname @s_blocked oifname {{ \"g0\", \"{}\" }}", nowhere_link(Stage::NoGateway));
    forward.extend(dropped(&gateway, Stage::Blocked));
    forward.extend(dropped("iifname @s_blocked_egress oifname \"o0\"", Stage::Blocked));
    for stage in NOWHERE {
        forward.extend(dropped(&format!("oifname \"{}\"", nowhere_link(stage)), stage));
    }
    forward.push("oifname vmap @v_in".into());
    forward.push("accept".into());
    script.chain("c_forward", &forward);
    script.chain("c_output", &["type filter hook output priority filter; policy drop;".into()]);
}
