//! A transit gateway: the route table of the attachment by which a packet comes says by which it leaves (S3.31).

use engine::Network;

use super::next::{Generation, NOWHERE, nowhere_link, transit_tables};
use super::script::{Script, counters, dropped, said};
use crate::stage::Stage;
use crate::topology::Plan;

/// The rules of the transit gateway at a position.
pub(super) fn rules(network: &Network, plan: &Plan, gateway: usize, generation: Generation) -> String {
    let mut script = Script::default();
    counters(&mut script, &NOWHERE);
    let tables = transit_tables(network, plan, gateway, generation);
    let marks: Vec<_> = tables.iter().map(|(link, (table, _))| format!("\"{link}\" : {table}")).collect();
    script.set("map", "t_from", "type ifname : mark;", &marks);
    script.chain(
        "c_arriving",
        &[
            "type filter hook prerouting priority mangle; policy accept;".into(),
            "meta mark set iifname map @t_from".into(),
        ],
    );
    let mut forward = vec!["type filter hook forward priority filter; policy drop;".into()];
    let nowhere = |stage| dropped(&format!("oifname \"{}\"", nowhere_link(stage)), stage);
    // Only then a route is taken.
    let (after, before): (Vec<_>, Vec<_>) =
        NOWHERE.into_iter().partition(|stage| *stage == Stage::NotAvailable);
    forward.extend(before.into_iter().flat_map(nowhere));
    forward.extend(said("", Stage::TransitGateway));
    forward.extend(after.into_iter().flat_map(nowhere));
    forward.push("accept".into());
    script.chain("c_forward", &forward);
    script.chain("c_output", &["type filter hook output priority filter; policy drop;".into()]);
    script.finish()
}
