//! The fabric of a VPC: every interface with its security groups. Each packet crosses it twice, out of its sender's
//! interface and into its receiver's, with a connection tracking of its own each time.

use engine::Network;
use rayon::prelude::*;
use space::Family;

use super::compiled::{Compiled, Jumps, Kept, Place};
use super::gate;
use super::idle::PROBES_ARE_KNOWN;
use super::peers::{Lists, Peers};
use super::script::{FAMILIES, Script, counters, digit, dropped, families, ip, recorded, said};
use super::seats::{self, ZONES};
use super::table::{Elements, Table};
use crate::flow_log::Action;
use crate::marks::Marks;
use crate::numbers::Keyed;
use crate::stage::{PROBE_DSCP, Stage};
use crate::topology::{Plan, interface_link};

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
    (before, after): (&Compiled, &mut Compiled),
) -> Table {
    let mut script = Script::default();
    let Some(vpc) = plan.vpcs.get(position) else { return script.finish() };
    counters(&mut script, &[Stage::SourceCheck, Stage::Down, Stage::Nobody]);
    let lists = Lists::of(network, vpc.interfaces.iter().map(|plan| plan.interface), numbers);
    let mut peers = Peers::of(network, plan, position, numbers);
    script.share(seats::part(network, vpc, position, (before, after)));
    super::pairs::write(&mut script, network, plan, position);
    script.share(peers.part(position, (before, after)));
    let all = lists.representatives.iter().zip(&lists.numbers).zip(lists.links());
    let gated: Vec<_> = all.filter(|((interface, _), _)| network.has_security_groups(**interface)).collect();
    for egress in [true, false] {
        let compiled = gated.par_iter().map(|((interface, number), _)| {
            let place = Place { number: **number, egress };
            let known = before.of_groups(place);
            (place, gate::of_groups(network, **interface, (place, families(vpc)), &peers, marks, known))
        });
        for (place, gate) in compiled.collect::<Vec<_>>() {
            script.gate(after.keep_of_groups(place, gate));
        }
    }
    let links = gated.iter().flat_map(|((_, number), links)| {
        let plans = links.iter().filter_map(|at| vpc.interfaces.get(*at));
        plans.map(|plan| (plan.number, **number))
    });
    let links: Jumps = links.collect();
    let known = before.jumps(position).filter(|known| *known.of == links);
    script.share(after.keep_jumps(position, known.unwrap_or_else(|| jumps(links))));
    super::untracked::write(&mut script, network, vpc, &lists, (before, after));
    super::idle::write(&mut script, network, vpc);
    chains(&mut script);
    script.finish()
}

/// The maps from the links of interfaces, each with the number of its list of groups, to gates.
fn jumps(links: Jumps) -> Kept<Jumps> {
    let mut script = Script::default();
    for (egress, map) in [(true, "v_out"), (false, "v_in")] {
        let mut gates = Elements::default();
        for &(at, number) in &links {
            let name = Place { number, egress }.of_groups();
            gates.add(format_args!("\"{}\" : jump c_{name}", interface_link(at)));
        }
        script.set("map", map, "type ifname : verdict;", gates);
    }
    Kept::new(links, script)
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
    for own in seats::OWN {
        let sent = |family| format!("iifname . {} saddr @{own}{} goto c_sent", ip(family), digit(family));
        arriving.extend(FAMILIES.map(sent));
    }
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
