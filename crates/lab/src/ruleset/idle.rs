//! How long flows are known that fall idle (S1.43), where an interface says otherwise than the default, and for probes,
//! which leave nothing behind.

use std::collections::BTreeMap;

use engine::{Network, facts};
use model::Timeouts;

use super::script::Script;
use super::table::Elements;
use crate::stage::PROBE_DSCP;
use crate::topology::{VpcPlan, interface_link};

/// Seconds after which the flow of a probe is forgotten.
pub const PROBES_ARE_KNOWN: u32 = 4;

/// The states of the kernel's connection tracking for TCP and UDP.
const STATES: [(&str, &[&str]); 2] = [
    (
        "tcp",
        &["syn_sent", "syn_recv", "established", "fin_wait", "close_wait", "last_ack", "time_wait", "close"],
    ),
    ("udp", &["unreplied", "replied"]),
];

/// The chains `c_idle_out` and `c_idle_in`, which say it of packets that begin a flow.
pub(super) fn write(script: &mut Script, network: &Network, vpc: &VpcPlan) {
    let mut of_interfaces: BTreeMap<(u32, u32, u32), Vec<u32>> = BTreeMap::new();
    for plan in &vpc.interfaces {
        let timeouts = &network.model().network_interfaces.at(plan.interface).timeouts;
        if *timeouts != Timeouts::default() {
            of_interfaces.entry(seconds(timeouts)).or_default().push(plan.number);
        }
    }
    let mut jumps = [Vec::new(), Vec::new()];
    for ((tcp, stream, udp), interfaces) in &of_interfaces {
        let name = format!("{tcp}_{stream}_{udp}");
        let policies = [format!("established : {tcp}"), format!("unreplied : {udp}, replied : {stream}")];
        objects(script, &name, &policies);
        for jumps in &mut jumps {
            jumps.extend(
                interfaces.iter().map(|at| format!("\"{}\" : jump c_idle{name}", interface_link(*at))),
            );
        }
    }
    of_probes(script);
    for (way, link, jumps) in [("out", "iifname", &jumps[0]), ("in", "oifname", &jumps[1])] {
        script.set("map", &format!("v_idle_{way}"), "type ifname : verdict;", jumps);
        script.chain(
            &format!("c_idle_{way}"),
            &[
                format!("ip dscp {PROBE_DSCP} goto c_idlep"),
                format!("ip6 dscp {PROBE_DSCP} goto c_idlep"),
                format!("{link} vmap @v_idle_{way}"),
            ],
        );
    }
}

/// The chain `c_idlep`, for flows of probes.
pub(super) fn of_probes(script: &mut Script) {
    let brief = STATES.map(|(_, states)| {
        let policy: Vec<_> = states.iter().map(|state| format!("{state} : {PROBES_ARE_KNOWN}")).collect();
        policy.join(", ")
    });
    objects(script, "p", &brief);
}

/// What holds for an interface: what it says, else the default.
fn seconds(timeouts: &Timeouts) -> (u32, u32, u32) {
    let (tcp, stream, udp) = facts::IDLE_TIMEOUTS;
    (
        timeouts.tcp_established.unwrap_or(tcp),
        timeouts.udp_stream.unwrap_or(stream),
        timeouts.udp.unwrap_or(udp),
    )
}

/// The objects that hold policies for TCP and UDP in both families, and the chain that gives them to a flow.
fn objects(script: &mut Script, name: &str, policies: &[String; 2]) {
    let mut lines = Vec::new();
    for ((protocol, _), policy) in STATES.iter().zip(policies) {
        for (digit, family, kind) in [('4', "ip", "ipv4"), ('6', "ip6", "ipv6")] {
            let object = format!("t_{name}{protocol}{digit}");
            let properties = format!("protocol {protocol}; l3proto {family}; policy = {{ {policy} }}");
            script.set("ct timeout", &object, &properties, Elements::default());
            lines.push(format!(
                "meta nfproto {kind} meta l4proto {protocol} ct timeout set \"{object}\" return"
            ));
        }
    }
    script.chain(&format!("c_idle{name}"), &lines);
}
