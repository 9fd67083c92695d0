//! The world: every address that is nobody's in the network answers there.

use engine::Network;
use ipnet::IpNet;

use super::script::{Script, counters, dropped, said};
use super::table::Table;
use crate::stage::Stage;

/// The rules of the world: what the export knows to be nobody's does not answer (S12.9).
pub(super) fn rules(network: &Network) -> Table {
    let mut script = Script::default();
    counters(&mut script, &[Stage::Nobody]);
    let unheld: Vec<_> = network.held_by_nobody().iter().map(IpNet::to_string).collect();
    script.set("set", "s_unheld", "type ipv4_addr; flags interval", &unheld);
    let mut arriving = vec!["type filter hook input priority filter; policy accept;".into()];
    arriving.extend(dropped("ip daddr @s_unheld", Stage::Nobody));
    arriving.extend(said("iifname \"v*\"", Stage::World));
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
