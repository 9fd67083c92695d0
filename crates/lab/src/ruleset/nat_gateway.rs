//! A zonal NAT gateway: what comes goes on from its own address and a port of its own, and answers go back (S3.20 to
//! S3.25). Its own connection tracking is all that it knows.

use engine::Network;

use super::idle;
use super::script::{Script, counters, dropped, said};
use super::table::Table;
use crate::stage::{PROBE_DSCP, Stage};
use crate::topology::NatPlan;

/// The rules of a NAT gateway.
pub(super) fn rules(network: &Network, nat: &NatPlan) -> Table {
    let mut script = Script::default();
    let stages = [
        Stage::Unsolicited,
        Stage::NotAvailable,
        Stage::NotCarried,
        Stage::OtherFamily,
        Stage::ProtocolNotTranslated,
    ];
    counters(&mut script, &stages);
    idle::of_probes(&mut script);
    let own = nat.private;
    let mut arriving = vec!["type filter hook prerouting priority filter; policy accept;".into()];
    // What it opened has another destination by now (S3.22, S12.7).
    arriving.extend(dropped(&format!("ip daddr {own}"), Stage::Unsolicited));
    if !network.model().nat_gateways.at(nat.gateway).available {
        arriving.extend(dropped("", Stage::NotAvailable));
    }
    arriving.extend(dropped("ip6 daddr 64:ff9b::/96", Stage::NotCarried));
    arriving.extend(dropped("ip6 version 6", Stage::OtherFamily));
    arriving.extend(said("ct direction reply", Stage::Translated));
    arriving.push("ct direction reply accept".into());
    arriving.extend(dropped("meta l4proto != { 1, 6, 17 }", Stage::ProtocolNotTranslated));
    // Whoever goes on with what has fallen idle is told (S3.25).
    let known = format!("ct state invalid meta l4proto 6 ip dscp != {PROBE_DSCP} tcp flags & rst == 0x0");
    arriving.push(format!("{known} reject with tcp reset"));
    arriving.extend(dropped("ct state invalid", Stage::Unsolicited));
    arriving.push(format!("ct state new ip dscp {PROBE_DSCP} goto c_idlep"));
    script.chain("c_arriving", &arriving);
    script.chain(
        "c_translating",
        &[
            "type nat hook postrouting priority srcnat; policy accept;".into(),
            format!("meta l4proto {{ 6, 17 }} snat ip to {own}:1024-65535 fully-random"),
            format!("meta l4proto 1 snat ip to {own}"),
        ],
    );
    let mut departing = vec!["type filter hook postrouting priority 300; policy accept;".into()];
    departing.extend(said("ct direction original", Stage::Translated));
    script.chain("c_departing", &departing);
    let output = ["type filter hook output priority filter; policy drop;", "tcp flags & rst != 0x0 accept"];
    script.chain("c_output", &output.map(str::to_owned));
    script.finish()
}
