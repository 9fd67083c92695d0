//! Stores of data: interfaces whose groups open the port of a database, and the rules that do.

use engine::Network;
use engine::reach::{Class, Prepared};
use model::Traffic;

use super::groups::At;
use super::services::PortClass;

/// More ports than this in one rule are open for something else too.
const MOST_PORTS: u16 = 16;

/// The rules of a class's groups that let something in to the port of a database, each with the port and the name of the
/// database: rules for some ports only, since a rule for all of them says nothing of what is there.
pub(super) fn rules(network: &Network, class: &Class) -> Vec<(At, u16, &'static str)> {
    let databases: Vec<_> = PortClass::Database.ports();
    let mut found = Vec::new();
    for &group in &class.groups {
        for (position, rule) in network.model().security_groups.at(group).rules.iter().enumerate() {
            let Traffic::Tcp(range) = rule.traffic else { continue };
            if rule.egress || range.to - range.from >= MOST_PORTS {
                continue;
            }
            let named = databases
                .iter()
                .find(|(protocol, port, _)| *protocol == "tcp" && (range.from..=range.to).contains(port));
            found.extend(named.map(|(_, port, name)| ((group, position), *port, *name)));
        }
    }
    found
}

/// The classes of stores, by their positions, with their rules.
pub(super) fn all<'p>(
    network: &'p Network,
    prepared: &'p Prepared,
) -> impl Iterator<Item = (usize, &'p Class, Vec<(At, u16, &'static str)>)> {
    let classes = prepared.ends().classes.iter().enumerate();
    classes.filter_map(move |(ix, class)| {
        let rules = rules(network, class);
        (!rules.is_empty()).then_some((ix, class, rules))
    })
}
