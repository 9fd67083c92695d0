//! The fabric of a VPC: every interface with its security groups. Each packet crosses it twice, out of its sender's
//! interface and into its receiver's, with a connection tracking of its own each time.

use std::net::IpAddr;

use engine::{Between, Header, Leg, Network, PeerMatch, Ports, Seen, View, untracked};
use ipnet::IpNet;
use model::{Ix, NetworkInterface};
use rayon::prelude::*;
use space::{Diagrams, Family, Field, Region};

use super::boxes::Boxes;
use super::idle::PROBES_ARE_KNOWN;
use super::next::{Generation, table_mark};
use super::peers::{Class, FAR, Lists, NEAR, Peers};
use super::script::{FAMILIES, Script, by_address, by_family, counters, digit, dropped, ip, recorded, said};
use super::table::{Elements, Table};
use crate::flow_log::Action;
use crate::marks::{DROPS, Marks, UNTRACKED};
use crate::numbers::Keyed;
use crate::stage::{PROBE_DSCP, Stage};
use crate::topology::{Plan, VpcPlan, interface_link, zone};

/// Protocols of which a flow is known by its addresses alone, and for how long (S1.31). The kernel's own trackers for
/// some of them look deeper.
const WITHOUT_PORTS: [&str; 2] =
    ["meta nfproto ipv4 meta l4proto != { 1, 6, 17 }", "meta nfproto ipv6 meta l4proto != { 6, 17, 58 }"];

/// The rules of a VPC's fabric.
pub(super) fn rules(
    network: &Network,
    plan: &Plan,
    position: usize,
    marks: &Marks,
    numbers: &mut Keyed,
) -> Table {
    let mut script = Script::default();
    let Some(vpc) = plan.vpcs.get(position) else { return script.finish() };
    counters(&mut script, &[Stage::SourceCheck, Stage::Down, Stage::Nobody]);
    let lists = Lists::of(network, vpc.interfaces.iter().map(|plan| plan.interface), numbers);
    let peers = Peers::of(network, plan, position, numbers);
    interfaces(&mut script, network, vpc);
    super::pairs::write(&mut script, network, plan, position);
    peers.write(&mut script);
    let all = lists.representatives.iter().zip(&lists.numbers).zip(lists.links());
    let gated: Vec<_> = all.filter(|((interface, _), _)| network.has_security_groups(**interface)).collect();
    let mut gates = [Elements::default(), Elements::default()];
    for (egress, gates) in [true, false].into_iter().zip(&mut gates) {
        let name = |number: &u32| format!("g{number}{}", if egress { "o" } else { "i" });
        let written = gated.par_iter().map(|((interface, number), _)| {
            let mut script = Script::default();
            gate(&mut script, network, **interface, egress, &name(number), &peers, marks);
            script
        });
        written.collect::<Vec<_>>().into_iter().for_each(|of_gate| script.extend(of_gate));
        for ((_, number), links) in &gated {
            let name = name(number);
            for plan in links.iter().filter_map(|at| vpc.interfaces.get(*at)) {
                gates.add(format_args!("\"{}\" : jump c_{name}", interface_link(plan.number)));
            }
        }
    }
    let [out, into] = gates;
    script.set("map", "v_out", "type ifname : verdict;", out);
    script.set("map", "v_in", "type ifname : verdict;", into);
    untracked_flows(&mut script, network, vpc, &lists);
    super::idle::write(&mut script, network, vpc);
    chains(&mut script);
    script.finish()
}

/// Who is where: links, zones, addresses.
fn interfaces(script: &mut Script, network: &Network, vpc: &VpcPlan) {
    let nouns = || {
        let plans = vpc.interfaces.iter();
        plans.map(|plan| (plan.number, network.model().network_interfaces.at(plan.interface)))
    };
    let (mut zones, mut tables) = (Elements::default(), Elements::default());
    for plan in &vpc.interfaces {
        let link = interface_link(plan.number);
        zones.add(format_args!("\"{link}\" : {}", zone(plan.number)));
        let Some(subnet) = vpc.subnets.get(plan.subnet) else { continue };
        let table = table_mark(subnet.number, Generation::First);
        tables.add(format_args!("\"{link}\" : {table}"));
    }
    script.set("map", "z_from", "typeof iifname : ct zone;", zones);
    script.set("map", "t_from", "type ifname : mark;", tables);
    let down = vpc.interfaces.iter().filter(|plan| !plan.running);
    let down: Vec<_> = down.map(|plan| format!("\"{}\"", interface_link(plan.number))).collect();
    script.set("set", "s_down", "type ifname;", &down);
    let free = nouns().filter(|(_, noun)| !noun.source_dest_check);
    let free: Vec<_> = free.map(|(number, _)| format!("\"{}\"", interface_link(number))).collect();
    script.set("set", "s_free", "type ifname;", &free);
    for family in FAMILIES {
        let (digit, address) = (digit(family), if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" });
        let of_family = |block: &IpNet| Family::of(block.addr()) == family;
        let (mut own, mut zones) = (Elements::default(), Vec::new());
        for (number, noun) in nouns() {
            let single = noun.own_addresses().map(IpNet::from);
            for block in single.chain(noun.prefixes.iter().copied()).filter(of_family) {
                own.add(format_args!("\"{}\" . {block}", interface_link(number)));
                zones.push((block, zone(number)));
            }
        }
        script.set("set", &format!("s_own{digit}"), &format!("type ifname . {address}; flags interval"), own);
        let key = format!("typeof {} daddr : ct zone;", ip(family));
        by_address(script, ZONES, family, &key, &zones);
        let known =
            format!("type ifname . {address} . inet_proto; size 1048576; flags dynamic,timeout; timeout 10m");
        script.set("set", &format!("f_known{digit}"), &known, Elements::default());
    }
}

/// The maps from addresses and blocks to zones.
const ZONES: [&str; 2] = ["z_to", "z_block"];

/// The gate of a list of groups, one way: by the class of the peer if rules name groups of it, else by its address.
fn gate(
    script: &mut Script,
    network: &Network,
    interface: Ix<NetworkInterface>,
    egress: bool,
    name: &str,
    peers: &Peers<'_>,
    marks: &Marks,
) {
    let gate = network.security_groups(interface, egress);
    let end = if egress { "daddr" } else { "saddr" };
    let named = gate.rules.iter().copied().flatten().filter_map(|rule| match &rule.matches.peer {
        PeerMatch::Group(group) => Some(group),
        _ => None,
    });
    let members = peers.members(named);
    for family in FAMILIES {
        let mut jumps = Vec::new();
        for &Class { member, between, mark: class } in &members {
            let Some(view) = seen_as_member(network, interface, member, between, family, egress) else {
                continue;
            };
            let elements = Boxes::of(network, &gate, &view, marks).elements();
            let chain = format!("{name}{}c{class}", digit(family));
            let lines = script.lookups(&chain, family, end, &elements);
            script.chain(&format!("c_{chain}"), &lines);
            jumps.push(format!("{class} : goto c_{chain}"));
        }
        let view = View::new(family, Leg::Request, Seen::Remote);
        let elements = Boxes::of(network, &gate, &view, marks).elements();
        let chain = format!("{name}{}", digit(family));
        let mut lines = Vec::new();
        if !jumps.is_empty() {
            let (ip, digit) = (ip(family), digit(family));
            lines.extend(NEAR.map(|map| format!("meta mark set {ip} {end} map @{map}{digit}")));
            // Out of an interface nobody can tell yet which way a packet will take (S1.19).
            if !egress {
                let pair = format!("{ip} saddr . {ip} daddr");
                lines.push(format!("{pair} @s_over{digit} meta mark set 0"));
                let refers =
                    |map| format!("{pair} @s_refers{digit} meta mark set {ip} saddr map @{map}{digit}");
                lines.extend(FAR.map(refers));
            }
            script.set("map", &format!("v_{chain}"), "type mark : verdict;", &jumps);
            lines.push(format!("meta mark vmap @v_{chain}"));
        }
        lines.extend(script.lookups(&chain, family, end, &elements));
        // What no class has is left unmarked by the first look-up.
        if !jumps.is_empty() {
            lines.insert(0, "meta mark set 0".into());
        }
        script.chain(&format!("c_{chain}"), &lines);
    }
    let mut lines = by_family(name);
    lines.push(format!("ct state untracked meta mark set meta mark | {UNTRACKED:#x}"));
    lines.extend(said("", if egress { Stage::GroupsOut } else { Stage::GroupsIn }));
    let action = if egress { Action::RejectOut } else { Action::RejectIn };
    lines.push(format!("meta mark & {DROPS:#x} != 0 {} drop", recorded(action)));
    script.chain(&format!("c_{name}"), &lines);
}

/// How a packet of somebody with certain groups looks to a gate, whatever the address; `None` where references to groups
/// do not match (S1.18).
fn seen_as_member(
    network: &Network,
    interface: Ix<NetworkInterface>,
    member: Ix<NetworkInterface>,
    between: Between,
    family: Family,
    egress: bool,
) -> Option<View> {
    let address = |of: Ix<NetworkInterface>| -> Option<IpAddr> {
        let mut own = network.model().network_interfaces.at(of).own_addresses();
        own.next()
    };
    let seen = |of| Some(Seen::Fixed { address: address(of)?, interface: Some(of) });
    let (source, destination) =
        if egress { (seen(interface)?, seen(member)?) } else { (seen(member)?, seen(interface)?) };
    let header = Header { family, source, destination, ports: Ports::OWN, through: None, between };
    let view = network.as_seen_by_groups(interface, &header, Leg::Request, egress);
    view.references.then(|| View { through: Some(member), ..View::new(family, Leg::Request, Seen::Remote) })
}

/// Flows that groups keep no track of, by protocol and the server's port (S1.32 to S1.36).
fn untracked_flows(script: &mut Script, network: &Network, vpc: &VpcPlan, lists: &Lists) {
    let links = lists.links();
    for family in FAMILIES {
        let (ip, digit) = (ip(family), digit(family));
        // But for what passes a device on whose account groups keep track of it (S1.34).
        for (name, client, server) in [("request", "saddr", "daddr"), ("reply", "daddr", "saddr")] {
            let lines = [
                format!("{ip} {client} . {ip} {server} @s_tracked{digit} return"),
                format!("{ip} {client} @s_translating{digit} return"),
                "notrack accept".into(),
            ];
            script.chain(&format!("c_{name}{digit}"), &lines);
        }
        let (mut from, mut to) = (Elements::default(), Elements::default());
        for ((&interface, number), links) in lists.representatives.iter().zip(&lists.numbers).zip(&links) {
            let [out, into] = [true, false].map(|egress| untracked_ports(network, interface, egress, family));
            if out.is_empty() && into.is_empty() {
                continue;
            }
            for (way, elements) in [("o", &out), ("i", &into)] {
                let name = format!("u{number}{way}{digit}");
                script.set("set", &name, "type inet_proto . inet_service; flags interval", elements);
            }
            // As a request of this direction, or as the answer to one of the other.
            let lines = |request: &str, reply: &str| {
                [
                    format!("meta l4proto . th dport @u{number}{request}{digit} jump c_request{digit}"),
                    format!("meta l4proto . th sport @u{number}{reply}{digit} jump c_reply{digit}"),
                ]
            };
            script.chain(&format!("c_u{number}o{digit}"), &lines("o", "i"));
            script.chain(&format!("c_u{number}i{digit}"), &lines("i", "o"));
            for plan in links.iter().filter_map(|at| vpc.interfaces.get(*at)) {
                from.add(format_args!("\"{}\" : jump c_u{number}o{digit}", interface_link(plan.number)));
                let noun = network.model().network_interfaces.at(plan.interface);
                for address in noun.own_addresses().filter(|address| Family::of(*address) == family) {
                    to.add(format_args!("{address} : jump c_u{number}i{digit}"));
                }
            }
        }
        let address = if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" };
        script.set("map", &format!("v_from{digit}"), "type ifname : verdict;", from);
        script.set("map", &format!("v_to{digit}"), &format!("type {address} : verdict;"), to);
    }
}

/// The protocols and ports of requests that an interface's groups admit without keeping track of them.
fn untracked_ports(
    network: &Network,
    interface: Ix<NetworkInterface>,
    egress: bool,
    family: Family,
) -> Vec<String> {
    let mut sets = Diagrams::new();
    let whole = sets.region(&Region::FULL);
    let view = View::new(family, Leg::Request, Seen::Remote);
    let found = untracked(network, interface, egress, &view, whole, &mut sets);
    let regions = sets.regions(found);
    let element = |region: &Region| {
        let (protocol, ports) = (region.range(Field::Protocol), region.range(Field::Server));
        format!("{} . {}-{}", protocol.start(), ports.start(), ports.end())
    };
    regions.iter().map(element).collect()
}

fn chains(script: &mut Script) {
    // What is given a zone is tracked, whatever is said of it after.
    let mut sent = vec!["meta mark set iifname map @t_from".into()];
    let mut received = Vec::new();
    for lines in [&mut sent, &mut received] {
        lines.extend(WITHOUT_PORTS.map(|condition| format!("{condition} notrack accept")));
    }
    for family in FAMILIES {
        let (ip, digit) = (ip(family), digit(family));
        let protocol = if family == Family::V4 { "ipv4" } else { "ipv6" };
        sent.push(format!("meta nfproto {protocol} iifname vmap @v_from{digit}"));
        received.push(format!("{ip} daddr vmap @v_to{digit}"));
        received.extend(ZONES.map(|map| format!("ct zone set {ip} daddr map @{map}{digit}")));
    }
    sent.push("ct zone set iifname map @z_from".into());
    script.chain("c_sent", &sent);
    script.chain("c_received", &received);
    let mut arriving = vec![
        "type filter hook prerouting priority raw; policy accept;".into(),
        "iifname \"s*\" goto c_received".into(),
    ];
    arriving.extend(dropped("iifname @s_down", Stage::Down));
    arriving.push("iifname @s_free goto c_sent".into());
    arriving.extend(
        FAMILIES.map(|family| format!("iifname . {} saddr @s_own{} goto c_sent", ip(family), digit(family))),
    );
    arriving.extend(dropped("", Stage::SourceCheck));
    script.chain("c_arriving", &arriving);

    for (way, link, end, gate, known) in [
        ("out", "iifname", "daddr", "v_out", Stage::KnownOut),
        ("in", "oifname", "saddr", "v_in", Stage::KnownIn),
    ] {
        let mut pass: Vec<String> = said("", known);
        let mut lines = Vec::new();
        if way == "in" {
            lines.extend(dropped("oifname \"x*\"", Stage::Nobody));
            pass.push(recorded(Action::AcceptIn));
            pass.extend(dropped("oifname @s_down", Stage::Down));
            pass.extend(said("", Stage::Delivered));
        }
        pass.push("accept".into());
        script.chain(&format!("c_known_{way}"), &pass);
        lines.push(format!("ct state established,related goto c_known_{way}"));
        let known_by_address = |family: Family| {
            let (ip, digit) = (ip(family), digit(family));
            let [v4, v6] = WITHOUT_PORTS;
            let condition = if family == Family::V4 { v4 } else { v6 };
            (condition, format!("{link} . {ip} {end} . meta l4proto"), format!("@f_known{digit}"))
        };
        for (condition, key, set) in FAMILIES.map(known_by_address) {
            lines.push(format!("{condition} {key} {set} goto c_known_{way}"));
        }
        lines.push(format!("ct state new jump c_idle_{way}"));
        lines.push(format!("{link} vmap @{gate}"));
        for ((condition, key, set), family) in FAMILIES.map(known_by_address).into_iter().zip(FAMILIES) {
            let (probe, brief) = (format!("{} dscp {PROBE_DSCP}", ip(family)), PROBES_ARE_KNOWN);
            lines.push(format!("{condition} {probe} update {set} {{ {key} timeout {brief}s }}"));
            lines.push(format!("{condition} {} dscp != {PROBE_DSCP} update {set} {{ {key} }}", ip(family)));
        }
        if way == "in" {
            lines.push(recorded(Action::AcceptIn));
            lines.extend(dropped("oifname @s_down", Stage::Down));
            lines.extend(said("", Stage::Delivered));
        }
        lines.push("accept".into());
        script.chain(&format!("c_{way}"), &lines);
    }
    script.chain(
        "c_forward",
        &[
            "type filter hook forward priority filter; policy drop;".into(),
            "iifname \"s*\" goto c_in".into(),
            "goto c_out".into(),
        ],
    );
    script.chain("c_output", &["type filter hook output priority filter; policy drop;".into()]);
}
