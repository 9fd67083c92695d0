//! The internet gateway of a VPC: a 1:1 translation without state (S3.14), and what it drops. The egress-only one is in the
//! same namespace, as the world knows one way to an address of IPv6.

use engine::Network;
use ipnet::IpNet;
use model::BlockMode;
use space::Family;

use super::script::{FAMILIES, Script, counters, digit, dropped, ip, said};
use super::table::Table;
use crate::stage::Stage;
use crate::topology::{Plan, VpcPlan, public_addresses};

/// The rules of a VPC's internet gateway.
pub(super) fn rules(network: &Network, plan: &Plan, vpc: usize) -> Table {
    let mut script = Script::default();
    let Some(of_vpc) = plan.vpcs.get(vpc) else { return script.finish() };
    counters(
        &mut script,
        &[
            Stage::NotTransitive,
            Stage::NoPublicAddress,
            Stage::PrivateDestination,
            Stage::Blocked,
            Stage::Nobody,
            Stage::NoGateway,
        ],
    );
    let pairs: Vec<_> = public_addresses(network, plan, vpc).collect();
    let elements = |line: &dyn Fn(&(_, _)) -> String| -> Vec<String> { pairs.iter().map(line).collect() };
    let translation = "type ipv4_addr : ipv4_addr;";
    script.set("map", "n_in", translation, &elements(&|(public, private)| format!("{public} : {private}")));
    script.set("map", "n_out", translation, &elements(&|(public, private)| format!("{private} : {public}")));
    script.set("set", "s_public", "type ipv4_addr;", &elements(&|(public, _)| public.to_string()));
    script.set("set", "s_private", "type ipv4_addr;", &elements(&|(_, private)| private.to_string()));
    // A public address of anybody in the network is one, whatever block it is in.
    let held = (0..plan.vpcs.len()).flat_map(|vpc| public_addresses(network, plan, vpc));
    let held: Vec<_> = held.map(|(public, _)| public.to_string()).collect();
    script.set("set", "s_held", "type ipv4_addr;", &held);
    let translating = plan.ways.nat_gateways_of(vpc).map(|nat| nat.private.to_string());
    script.set("set", "s_translating", "type ipv4_addr;", &translating.collect::<Vec<_>>());
    let blocked = blocked(network, of_vpc);
    let own = &network.model().vpcs.at(of_vpc.vpc).cidrs;
    for family in FAMILIES {
        let (digit, address) = (digit(family), if family == Family::V4 { "ipv4_addr" } else { "ipv6_addr" });
        let kind = format!("type {address}; flags interval");
        let of_family = |blocks: &[IpNet]| -> Vec<String> {
            let of_family = blocks.iter().filter(|block| Family::of(block.addr()) == family);
            of_family.map(ToString::to_string).collect()
        };
        script.set("set", &format!("s_unrouted{digit}"), &kind, &of_family(network.not_on_the_internet()));
        script.set("set", &format!("s_blocked{digit}"), &kind, &of_family(&blocked));
        script.set("set", &format!("s_vpc{digit}"), &kind, &of_family(own));
    }

    let mut leaving = Vec::new();
    for family in FAMILIES {
        // It serves its own VPC only (S3.17).
        let (ip, digit) = (ip(family), digit(family));
        leaving.extend(dropped(&format!("{ip} saddr != @s_vpc{digit}"), Stage::NotTransitive));
    }
    leaving.extend(dropped("ip saddr != @s_private", Stage::NoPublicAddress));
    leaving.extend(dropped("ip daddr != @s_held ip daddr @s_unrouted4", Stage::PrivateDestination));
    leaving.extend(dropped("ip6 daddr @s_unrouted6", Stage::PrivateDestination));
    leaving.extend(said("", Stage::GatewayOut));
    script.chain("c_leaving", &leaving);

    let mut entering = Vec::new();
    if !of_vpc.gateway {
        entering.extend(dropped("", Stage::NoGateway));
    }
    entering.extend(dropped("ip daddr != @s_public", Stage::Nobody));
    entering.push("ip daddr set ip daddr map @n_in".into());
    entering.extend(said("", Stage::GatewayIn));
    // What a NAT gateway opened comes back where only what comes in is blocked; where all is, it opened nothing (S3.43).
    entering.push("ip daddr @s_translating accept".into());
    for family in FAMILIES {
        let (ip, digit) = (ip(family), digit(family));
        entering.extend(dropped(&format!("{ip} daddr @s_blocked{digit}"), Stage::Blocked));
    }
    script.chain("c_entering", &entering);

    let mut arriving: Vec<String> = vec!["type filter hook prerouting priority raw; policy accept;".into()];
    arriving.extend(super::edge::write(&mut script, network, of_vpc));
    arriving.push("iifname \"r0\" goto c_leaving".into());
    arriving.push("iifname \"w0\" goto c_entering".into());
    script.chain("c_arriving", &arriving);
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

/// The blocks of the subnets into which traffic from the internet is blocked: both modes block everything that comes by
/// an internet gateway (S3.45). What leaves is stopped in the router, which knows by which subnet it does.
fn blocked(network: &Network, vpc: &VpcPlan) -> Vec<IpNet> {
    let model = network.model();
    let of_vpc = model.vpcs.at(vpc.vpc).block_public_access;
    let subnets = vpc.subnets.iter().map(|plan| model.subnets.at(plan.subnet));
    let blocked =
        subnets.filter(|subnet| !matches!(subnet.block_public_access.or(of_vpc), Some(BlockMode::Off)));
    blocked.flat_map(|subnet| subnet.cidrs.iter().copied()).collect()
}
