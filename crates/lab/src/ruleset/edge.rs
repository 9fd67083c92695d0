//! What an edge of a VPC has to know about flows of IPv6, and so keeps state of: which of them an egress-only internet
//! gateway opened (S3.29), and which the internet begins to an interface that takes none of these (S3.16).

use engine::Network;

use super::idle;
use super::script::{Script, counters, dropped, said};
use crate::stage::{PROBE_DSCP, Stage};
use crate::topology::VpcPlan;

/// The mark of flows that an egress-only gateway opened.
const OPENED: u32 = 1;

/// Writes it, where there is anything to know; lines for the beginning of the first chain, before connections are tracked:
/// IPv6 passes it, and goes on once the kernel has found its flow.
pub(super) fn write(script: &mut Script, network: &Network, vpc: &VpcPlan) -> Vec<String> {
    let nouns = vpc.interfaces.iter().map(|plan| network.model().network_interfaces.at(plan.interface));
    let denying = nouns.filter(|noun| noun.deny_all_igw_traffic).flat_map(|noun| &noun.ipv6);
    let denying: Vec<_> = denying.map(ToString::to_string).collect();
    if !vpc.egress_only && denying.is_empty() {
        return Vec::new();
    }
    counters(script, &[Stage::DenyAllIgwTraffic, Stage::OtherFamily, Stage::Unsolicited]);
    script.set("set", "s_denying", "type ipv6_addr;", &denying);
    idle::of_probes(script);
    let mut opening = dropped("ct state invalid", Stage::Unsolicited);
    opening.extend(dropped("ct direction reply", Stage::Unsolicited));
    opening.extend(dropped("ip6 saddr != @s_vpc6", Stage::NotTransitive));
    opening.extend(dropped("ip6 daddr @s_unrouted6", Stage::PrivateDestination));
    opening.push(format!("ct mark set {OPENED}"));
    opening.extend(said("", Stage::EgressOnly));
    script.chain("c_opening", &opening);
    let mut known = vec![
        "type filter hook prerouting priority mangle; policy accept;".into(),
        "meta nfproto ipv4 accept".into(),
        format!("ct state new ip6 dscp {PROBE_DSCP} jump c_idlep"),
        "iifname \"o0\" goto c_opening".into(),
        "iifname \"r0\" goto c_leaving".into(),
        format!("ct direction reply ct mark {OPENED} accept"),
        "ct direction reply goto c_entering".into(),
    ];
    known.extend(dropped("ip6 daddr @s_denying", Stage::DenyAllIgwTraffic));
    known.push("iifname \"w0\" goto c_entering".into());
    script.chain("c_known", &known);
    let mut first = dropped("iifname \"o0\" ip version 4", Stage::OtherFamily);
    first.push("meta nfproto ipv6 accept".into());
    first.push("notrack".into());
    first
}
