//! Fabrics: a link to every interface, and one to its router for every subnet.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::wiring::Wired;
use super::{FIRST_INTERFACE, FIRST_NOWHERE, FIRST_OF_HOST, FIRST_SUBNET, Lab, both, device, index};
use crate::links::{End, LOOPBACK, MAIN, Via};
use crate::ruleset::{Generation, table_mark};
use crate::topology::{VpcPlan, interface_link, own_blocks, subnet_link};

/// What is not known is judged by the rules, packet by packet: no packet from the middle of a connection begins one (S1.38,
/// S1.46).
pub(super) const NO_PICK_UP: (&str, &str) = ("netfilter/nf_conntrack_tcp_loose", "0");

/// An address that stands for none (RFC 7600), of a link that is down.
const NOBODY: Ipv4Addr = Ipv4Addr::new(192, 0, 0, 8);

/// Whether links carry IPv6. Each that does costs the kernel a look at every other of the namespace.
const IPV6: &str = "ipv6/conf/all/disable_ipv6";

/// How long a fabric knows idle flows where no interface says otherwise: [`engine::facts::IDLE_TIMEOUTS`] (S1.43).
fn idle_timeouts() -> [(&'static str, String); 3] {
    let (tcp, stream, udp) = engine::facts::IDLE_TIMEOUTS;
    [
        ("netfilter/nf_conntrack_tcp_timeout_established", tcp.to_string()),
        ("netfilter/nf_conntrack_udp_timeout_stream", stream.to_string()),
        ("netfilter/nf_conntrack_udp_timeout", udp.to_string()),
    ]
}

impl Lab<'_> {
    pub(super) fn fabric(&self, vpc: &VpcPlan) -> Wired {
        let mut wired = Wired::forwarding(&self.names.fabric(vpc.number));
        wired.set(&[NO_PICK_UP]);
        wired.set(&idle_timeouts().each_ref().map(|(name, seconds)| (*name, seconds.as_str())));
        wired.set(&[(IPV6, if vpc.ipv6 { "0" } else { "1" })]);
        let router = self.names.router(vpc.number);
        for subnet in &vpc.subnets {
            let table = table_mark(subnet.number, Generation::First);
            let end = End { name: subnet_link(subnet.number), index: index(FIRST_SUBNET, subnet.number) };
            wired.routes.extend(both(table, Via::Link(end.index)));
            wired.pair(end.clone(), end, &router);
            wired.marks.push(table);
        }
        for plan in &vpc.interfaces {
            let Some(host) = self.plan.hosts.get(plan.host) else { continue };
            let here = End { name: interface_link(plan.number), index: index(FIRST_INTERFACE, plan.number) };
            let there = End { name: device(plan.device), index: index(FIRST_OF_HOST, plan.device) };
            let noun = self.network.model().network_interfaces.at(plan.interface);
            wired.routes.extend(own_blocks(noun).map(|block| (MAIN, block, Via::Link(here.index))));
            wired.pair(here, there, &self.names.host(host.number));
        }
        wired.nowhere(FIRST_NOWHERE, 1);
        // Else the kernel looks for a source address for each route at every link.
        wired.addresses.push((LOOPBACK, IpNet::from(IpAddr::V4(NOBODY))));
        wired.routes.retain(|(_, block, _)| vpc.ipv6 || matches!(block, IpNet::V4(_)));
        wired
    }
}
