//! The router of a VPC: network ACLs and route tables. Nothing in it tracks connections (S2.13).

use engine::route::{Choice, choose};
use engine::{Leg, Network, RuleAction, Seen, View};
use ipnet::IpNet;
use model::{Ix, NetworkAcl, RouteState, Subnet, Target};
use space::{Diagrams, Family, Field, Region, prefixes};

use super::boxes::Boxes;
use super::fabric::subnet_links;
use super::script::{FAMILIES, Script, by_family, counters, digit, dropped, ip, recorded, said};
use crate::flow_log::Action;
use crate::marks::{DROPS, Marks};
use crate::stage::Stage;
use crate::topology::{VpcPlan, subnet_link};

/// Where a packet that leaves a subnet goes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Next {
    /// To whoever of the VPC holds the address.
    Local,
    /// To the internet gateway.
    Gateway,
    /// Nowhere, for this reason.
    Nowhere(Stage),
}

/// The reasons for which packets lead nowhere, each with a link of its own whose other end nobody has.
pub(crate) const NOWHERE: [Stage; 6] = [
    Stage::Nobody,
    Stage::NoRoute,
    Stage::Blackhole,
    Stage::NotRoutable,
    Stage::NoGateway,
    Stage::NotCarried,
];

/// The link for packets that lead nowhere.
pub(crate) fn nowhere_link(stage: Stage) -> String {
    format!("x{}", NOWHERE.iter().position(|other| *other == stage).unwrap_or(0))
}

/// Which of two sets of routing tables is in use: a change fills the other one, and its rules switch over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum Generation {
    /// The one that a lab comes up with.
    #[default]
    First,
    /// The other.
    Second,
}

impl Generation {
    /// The one that is not in use.
    pub fn next(self) -> Generation {
        match self {
            Generation::First => Generation::Second,
            Generation::Second => Generation::First,
        }
    }
}

/// The mark, and the number of the routing table, of the subnet at a position.
pub(super) fn subnet_mark(position: usize, generation: Generation) -> usize {
    // Below are numbers that the kernel gives meaning to.
    position
        + match generation {
            Generation::First => 1_000,
            Generation::Second => 1_000_000,
        }
}

/// The routing table of each subnet: disjoint blocks, each with where it leads.
pub(crate) fn tables(
    network: &Network,
    vpc: &VpcPlan,
    generation: Generation,
) -> Vec<(u32, Vec<(IpNet, Next)>)> {
    let table = |(position, &subnet): (usize, &Ix<Subnet>)| {
        let routes = FAMILIES.iter().flat_map(|&family| routes(network, vpc, subnet, family)).collect();
        (u32::try_from(subnet_mark(position, generation)).unwrap_or(u32::MAX), routes)
    };
    vpc.subnets.iter().enumerate().map(table).collect()
}

/// Where each address leads from a subnet, by the engine's choice of routes (S3.3 to S3.10).
fn routes(network: &Network, vpc: &VpcPlan, subnet: Ix<Subnet>, family: Family) -> Vec<(IpNet, Next)> {
    let whole = Region::FULL.remote(0..=family.last_address());
    let everything = prefixes(family, &whole.range(Field::Remote));
    let Some(table) = network.resolved().route_table_of(subnet).ix() else {
        return everything.into_iter().map(|block| (block, Next::Nowhere(Stage::NotCarried))).collect();
    };
    let mut sets = Diagrams::new();
    let flow = sets.region(&whole);
    let mut found: Vec<(Next, Vec<IpNet>)> = Vec::new();
    for (choice, part) in choose(network, table, family, Seen::Remote, flow, &mut sets) {
        let next = match choice {
            Choice::NoRoute => Next::Nowhere(Stage::NoRoute),
            Choice::NotRoutable => Next::Nowhere(Stage::NotRoutable),
            Choice::Unknown(_) => Next::Nowhere(Stage::NotCarried),
            Choice::Route(position) => match network.model().route_tables.at(table).routes.get(position) {
                Some(route) if route.state == RouteState::Blackhole => Next::Nowhere(Stage::Blackhole),
                Some(route) => match &route.target {
                    Target::Local => Next::Local,
                    Target::InternetGateway(_) if vpc.gateway => Next::Gateway,
                    Target::InternetGateway(_) => Next::Nowhere(Stage::NoGateway),
                    _ => Next::Nowhere(Stage::NotCarried),
                },
                None => Next::Nowhere(Stage::NotCarried),
            },
        };
        let blocks = sets.ranges(part, Field::Remote);
        let blocks = blocks.iter().flat_map(|range| prefixes(family, range));
        match found.iter_mut().find(|(known, _)| *known == next) {
            Some((_, all)) => all.extend(blocks),
            None => found.push((next, blocks.collect())),
        }
    }
    // The parts are disjoint and cover everything: the one in most pieces needs no more than the default route.
    let most = found.iter().map(|(_, blocks)| blocks.len()).enumerate().max_by_key(|(_, count)| *count);
    let flat = found.into_iter().enumerate().flat_map(|(position, (next, blocks))| {
        let default = most.is_some_and(|(largest, _)| largest == position);
        let blocks = if default { everything.clone() } else { blocks };
        blocks.into_iter().map(move |block| (block, next))
    });
    flat.collect()
}

/// The rules of a VPC's router.
pub(super) fn rules(network: &Network, vpc: &VpcPlan, generation: Generation, marks: &mut Marks) -> String {
    let mut script = Script::default();
    counters(&mut script, &NOWHERE);
    let links = || (0..vpc.subnets.len()).map(subnet_link);
    let marks_of: Vec<_> = links()
        .enumerate()
        .map(|(at, link)| format!("\"{link}\" : {}", subnet_mark(at, generation)))
        .collect();
    script.set("map", "t_from", "type ifname : mark;", &marks_of);
    let same: Vec<_> = links().map(|link| format!("\"{link}\" . \"{link}\"")).collect();
    script.set("set", "s_same", "type ifname . ifname;", &same);
    let blocks = subnet_links(network, vpc);
    for family in FAMILIES {
        let of_family = blocks.iter().filter(|(_, block)| Family::of(block.addr()) == family);
        let near: Vec<_> = of_family.map(|(link, block)| format!("\"{link}\" . {block}")).collect();
        let address = if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" };
        let kind = format!("type ifname . {address}; flags interval");
        script.set("set", &format!("s_near{}", digit(family)), &kind, &near);
    }
    let list_of = |subnet: &Ix<Subnet>| network.resolved().network_acl_of(*subnet).ix();
    let mut lists: Vec<(Ix<NetworkAcl>, Ix<Subnet>)> = Vec::new();
    for subnet in &vpc.subnets {
        let new = list_of(subnet).filter(|acl| !lists.iter().any(|(known, _)| known == acl));
        lists.extend(new.map(|acl| (acl, *subnet)));
    }
    for (acl, subnet) in lists {
        gate(&mut script, network, subnet, true, &format!("a{}o", acl.position()), marks);
        gate(&mut script, network, subnet, false, &format!("a{}i", acl.position()), marks);
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
        let chain = |subnet| list_of(subnet).map_or("unknown".into(), |acl| format!("a{}", acl.position()));
        let gates = links().zip(&vpc.subnets);
        let gates: Vec<_> =
            gates.map(|(link, subnet)| format!("\"{link}\" : jump c_{}{way}", chain(subnet))).collect();
        script.set("map", name, "type ifname : verdict;", &gates);
    }
    chains(&mut script);
    script.finish()
}

/// The gate of a network ACL, one way (S2.4).
fn gate(
    script: &mut Script,
    network: &Network,
    subnet: Ix<Subnet>,
    egress: bool,
    name: &str,
    marks: &mut Marks,
) {
    let Some((_, gate)) = network.network_acl(subnet, egress) else { return };
    let end = if egress { "daddr" } else { "saddr" };
    for family in FAMILIES {
        let view = View::new(family, Leg::Request, Seen::Remote);
        let elements = Boxes::of(network, &gate, &view, marks).elements();
        let chain = format!("{name}{}", digit(family));
        let lines = script.lookups(&chain, family, end, &elements);
        script.chain(&format!("c_{chain}"), &lines);
    }
    let mut lines = by_family(name);
    lines.extend(said("", if egress { Stage::ListOut } else { Stage::ListIn }));
    let rejected = if egress { Action::RejectOut } else { Action::RejectIn };
    lines.push(format!("meta mark & {DROPS:#x} != 0 {} drop", recorded(rejected)));
    script.chain(&format!("c_{name}"), &lines);
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
        "iifname vmap @v_out".into(),
        format!("iifname \"s*\" {}", recorded(Action::AcceptOut)),
    ];
    for stage in NOWHERE {
        forward.extend(dropped(&format!("oifname \"{}\"", nowhere_link(stage)), stage));
    }
    forward.push("oifname vmap @v_in".into());
    forward.push("accept".into());
    script.chain("c_forward", &forward);
    script.chain("c_output", &["type filter hook output priority filter; policy drop;".into()]);
}
