//! The internet gateway of a VPC: a 1:1 translation without state (S3.14), and what it drops.

use engine::Network;
use ipnet::IpNet;
use model::BlockMode;
use space::Family;

use super::script::{FAMILIES, Script, counters, digit, dropped, ip, said};
use crate::stage::Stage;
use crate::topology::{Plan, VpcPlan, public_addresses};

/// The rules of a VPC's internet gateway.
pub(super) fn rules(network: &Network, plan: &Plan, vpc: &VpcPlan) -> String {
    let mut script = Script::default();
    counters(
        &mut script,
        &[Stage::NoPublicAddress, Stage::PrivateDestination, Stage::Blocked, Stage::Nobody],
    );
    let pairs: Vec<_> = public_addresses(network, vpc).collect();
    let elements = |line: &dyn Fn(&(_, _)) -> String| -> Vec<String> { pairs.iter().map(line).collect() };
    let translation = "type ipv4_addr : ipv4_addr;";
    script.set("map", "n_in", translation, &elements(&|(public, private)| format!("{public} : {private}")));
    script.set("map", "n_out", translation, &elements(&|(public, private)| format!("{private} : {public}")));
    script.set("set", "s_public", "type ipv4_addr;", &elements(&|(public, _)| public.to_string()));
    script.set("set", "s_private", "type ipv4_addr;", &elements(&|(_, private)| private.to_string()));
    // A public address of anybody in the network is one, whatever block it is in.
    let held = plan.vpcs.iter().flat_map(|vpc| public_addresses(network, vpc));
    let held: Vec<_> = held.map(|(public, _)| public.to_string()).collect();
    script.set("set", "s_held", "type ipv4_addr;", &held);
    let blocked = blocked(network, vpc);
    for family in FAMILIES {
        let (digit, address) = (digit(family), if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" });
        let kind = format!("type {address}; flags interval");
        let of_family = |blocks: &[IpNet]| -> Vec<String> {
            let of_family = blocks.iter().filter(|block| Family::of(block.addr()) == family);
            of_family.map(ToString::to_string).collect()
        };
        script.set("set", &format!("s_unrouted{digit}"), &kind, &of_family(network.not_on_the_internet()));
        script.set("set", &format!("s_blocked{digit}"), &kind, &of_family(&blocked));
    }

    let mut leaving = Vec::new();
    for family in FAMILIES {
        let (ip, digit) = (ip(family), digit(family));
        leaving.extend(dropped(&format!("{ip} saddr @s_blocked{digit}"), Stage::Blocked));
    }
    leaving.extend(dropped("ip saddr != @s_private", Stage::NoPublicAddress));
    leaving.extend(dropped("ip daddr != @s_held ip daddr @s_unrouted4", Stage::PrivateDestination));
    leaving.extend(dropped("ip6 daddr @s_unrouted6", Stage::PrivateDestination));
    leaving.extend(said("", Stage::GatewayOut));
    script.chain("c_leaving", &leaving);

    let mut entering = dropped("ip daddr != @s_public", Stage::Nobody);
    entering.push("ip daddr set ip daddr map @n_in".into());
    entering.extend(said("", Stage::GatewayIn));
    for family in FAMILIES {
        let (ip, digit) = (ip(family), digit(family));
        entering.extend(dropped(&format!("{ip} daddr @s_blocked{digit}"), Stage::Blocked));
    }
    script.chain("c_entering", &entering);

    script.chain(
        "c_arriving",
        &[
            "type filter hook prerouting priority raw; policy accept;".into(),
            "iifname \"r0\" goto c_leaving".into(),
            "iifname \"w0\" goto c_entering".into(),
        ],
    );
    script.chain(
        "c_departing",
        &[
            "type filter hook postrouting priority srcnat; policy accept;".into(),
            "oifname \"w0\" ip saddr set ip saddr map @n_out".into(),
        ],
    );
    script.chain("c_output", &["type filter hook output priority filter; policy drop;".into()]);
    script.finish()
}

/// The blocks of the subnets whose traffic with the internet is blocked. Over an internet gateway both modes block
/// everything (S3.45).
fn blocked(network: &Network, vpc: &VpcPlan) -> Vec<IpNet> {
    let model = network.model();
    let of_vpc = model.vpcs.at(vpc.vpc).block_public_access;
    let subnets = vpc.subnets.iter().map(|&subnet| model.subnets.at(subnet));
    let blocked =
        subnets.filter(|subnet| !matches!(subnet.block_public_access.or(of_vpc), Some(BlockMode::Off)));
    blocked.flat_map(|subnet| subnet.cidrs.iter().copied()).collect()
}
