//! A load balancer's node: it takes what its listeners take, and drops the rest in silence (S12.3).

use super::script::Script;
use super::table::Table;

/// The rules of a node with listeners on some ports.
pub(crate) fn rules(ports: impl Iterator<Item = u16>) -> Table {
    let mut script = Script::default();
    let ports: Vec<_> = ports.map(|port| port.to_string()).collect();
    script.set("set", "s_ports", "type inet_service;", &ports);
    script.chain(
        "c_arriving",
        &[
            "type filter hook input priority filter; policy drop;".into(),
            "iifname \"lo\" accept".into(),
            // Answers of targets.
            "ct state established,related accept".into(),
            "tcp dport @s_ports accept".into(),
        ],
    );
    script.finish()
}
