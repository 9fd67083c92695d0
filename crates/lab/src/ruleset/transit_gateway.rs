//! A transit gateway: the route table of the attachment by which a packet comes says by which it leaves (S3.31).

use super::next::{NOWHERE, RoutingTable, nowhere_link};
use super::script::{Script, counters, dropped, said};
use super::table::Table;
use crate::stage::Stage;

/// The rules of a transit gateway, by its links and the routing table of each.
pub(super) fn rules(links: &[String], tables: &[RoutingTable]) -> Table {
    let mut script = Script::default();
    counters(&mut script, &NOWHERE);
    let marks = links.iter().zip(tables).map(|(link, (table, _))| format!("\"{link}\" : {table}"));
    let marks: Vec<_> = marks.collect();
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
