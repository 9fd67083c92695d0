//! Flows that groups keep no track of, by protocol and the server's port (S1.32 to S1.36).

use std::sync::Arc;

use engine::{Leg, Network, Seen, View, untracked};
use model::{Ix, NetworkInterface, Peer, Traffic};
use rayon::prelude::*;
use space::{Diagrams, Family, Field, Region};

use super::compiled::Compiled;
use super::peers::Lists;
use super::script::{FAMILIES, Script, digit, ip};
use super::table::{Elements, Part};
use crate::topology::{VpcPlan, interface_link};

/// The flows of a list of groups that it keeps no track of, as they are compiled, and the rules that decide it.
#[derive(Debug)]
pub(super) struct Untracked {
    /// Which way, what, and whose traffic each rule admits.
    rules: Vec<(bool, Traffic, Peer)>,
    /// Whether there are some, of each family.
    any: [bool; 2],
    part: Arc<Part>,
}

/// Writes it for the lists of a VPC.
pub(super) fn write(
    script: &mut Script,
    network: &Network,
    vpc: &VpcPlan,
    lists: &Lists,
    (before, after): (&Compiled, &mut Compiled),
) {
    let all: Vec<_> = lists.representatives.iter().zip(&lists.numbers).collect();
    let found: Vec<_> = all
        .par_iter()
        .map(|&(&interface, &number)| Untracked::of(network, interface, number, before.untracked(number)))
        .collect();
    let links = lists.links();
    for (family, at) in FAMILIES.into_iter().zip(0_usize..) {
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
        for ((number, links), untracked) in lists.numbers.iter().zip(&links).zip(&found) {
            if untracked.any.get(at) != Some(&true) {
                continue;
            }
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
    for (number, untracked) in lists.numbers.iter().zip(found) {
        if untracked.any.contains(&true) {
            script.share(Arc::clone(&untracked.part));
        }
        after.keep_untracked(*number, untracked);
    }
}

impl Untracked {
    /// As it was compiled before if the rules are the same, else compiled anew.
    fn of(
        network: &Network,
        interface: Ix<NetworkInterface>,
        number: u32,
        before: Option<&Arc<Untracked>>,
    ) -> Arc<Untracked> {
        let groups = network.resolved().groups_of(interface).iter();
        let rules = groups.flat_map(|&group| &network.model().security_groups.at(group).rules);
        let rules: Vec<_> = rules.map(|rule| (rule.egress, rule.traffic, &rule.peer)).collect();
        let same = |before: &&Arc<Untracked>| {
            let mut both = before.rules.iter().zip(&rules);
            let known = both.all(|((egress, traffic, peer), new)| (*egress, *traffic, peer) == *new);
            known && before.rules.len() == rules.len()
        };
        if let Some(before) = before.filter(same) {
            return Arc::clone(before);
        }
        let mut script = Script::default();
        let any = FAMILIES.map(|family| of_family(&mut script, network, interface, number, family));
        let rules =
            rules.into_iter().map(|(egress, traffic, peer)| (egress, traffic, peer.clone())).collect();
        Arc::new(Untracked { rules, any, part: Arc::new(script.part()) })
    }
}

/// Writes the sets and chains of a family; whether there are any.
fn of_family(
    script: &mut Script,
    network: &Network,
    interface: Ix<NetworkInterface>,
    number: u32,
    family: Family,
) -> bool {
    let digit = digit(family);
    let [out, into] = [true, false].map(|egress| ports(network, interface, egress, family));
    if out.is_empty() && into.is_empty() {
        return false;
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
    true
}

/// The protocols and ports of requests that an interface's groups admit without keeping track of them.
fn ports(network: &Network, interface: Ix<NetworkInterface>, egress: bool, family: Family) -> Vec<String> {
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
