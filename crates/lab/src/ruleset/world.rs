//! The world: every address that is nobody's in the network answers there.

use engine::Network;
use ipnet::IpNet;

use space::Family;

use super::script::{FAMILIES, Script, counters, digit, dropped, ip, said};
use super::table::Table;
use crate::stage::Stage;

/// The rules of the world: what the export knows to be nobody's does not answer (S12.9).
pub(super) fn rules(network: &Network) -> Table {
    let mut script = Script::default();
    counters(&mut script, &[Stage::Nobody]);
    let unheld: Vec<_> = network.held_by_nobody().iter().map(IpNet::to_string).collect();
    script.set("set", "s_unheld", "type ipv4_addr; flags interval", &unheld);
    // What the world asks of itself: nobody answers there at private addresses, nor at those of VPCs that no gateway joins.
    let loopback = |block: &&IpNet| !block.addr().is_loopback();
    let private = network.not_on_the_internet().iter().filter(loopback).copied();
    let own = network.model().vpcs.values().flat_map(|vpc| vpc.cidrs.iter().copied());
    // What nft would join by itself it could not take apart again in a change.
    let silent = IpNet::aggregate(&private.chain(own).collect());
    for family in FAMILIES {
        let of_family = silent.iter().filter(|block| Family::of(block.addr()) == family);
        let address = if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" };
        let kind = format!("type {address}; flags interval");
        let elements: Vec<_> = of_family.map(ToString::to_string).collect();
        script.set("set", &format!("s_silent{}", digit(family)), &kind, &elements);
    }
    let mut arriving = vec!["type filter hook input priority filter; policy accept;".into()];
    arriving.extend(dropped("ip daddr @s_unheld", Stage::Nobody));
    arriving.extend(said("iifname \"v*\"", Stage::World));
    for family in FAMILIES {
        arriving.push(format!("iifname \"lo\" {} daddr @s_silent{} drop", ip(family), digit(family)));
    }
    script.chain("c_arriving", &arriving);
    script.chain(
        "c_silent",
        &[
            // Probes are answered by whoever sent them, if at all.
            "type filter hook input priority 10; policy accept;".into(),
            format!("ip dscp {} drop", crate::stage::PROBE_DSCP),
            format!("ip6 dscp {} drop", crate::stage::PROBE_DSCP),
        ],
    );
    script.finish()
}
