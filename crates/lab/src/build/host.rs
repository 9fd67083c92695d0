//! Machines: their interfaces' ends, addresses and routes.

use std::mem::discriminant;

use ipnet::IpNet;

use super::nodes::CLIENT_PORTS;
use super::wiring::Wired;
use super::{FIRST_OF_HOST, Lab, both, index};
use crate::links::{MAIN, Via};
use crate::topology::{HostPlan, own_blocks};

/// The first routing table for what a host sends from interfaces beside its first.
const FIRST_TABLE_OF_HOST: u32 = 1_000;
/// What machines with several interfaces need. Others go without: the kernel finds a setting the more slowly the more
/// namespaces there are.
const HAS_SEVERAL: [(&str, &str); 2] =
    [("ipv4/conf/all/rp_filter", "0"), ("ipv4/conf/default/rp_filter", "0")];

impl Lab<'_> {
    pub(super) fn host(&self, host: &HostPlan) -> Wired {
        let mut wired = Wired::of(&self.names.host(host.number));
        if host.balancer.is_some() {
            wired.set(&[CLIENT_PORTS]);
        }
        if host.interfaces.len() > 1 {
            wired.set(&HAS_SEVERAL);
        }
        for (position, &(device, interface)) in host.interfaces.iter().enumerate() {
            let link = index(FIRST_OF_HOST, device);
            let noun = self.network.model().network_interfaces.at(interface);
            let table = if position == 0 { MAIN } else { index(FIRST_TABLE_OF_HOST, device) };
            for address in noun.own_addresses() {
                wired.addresses.push((link, IpNet::from(address)));
                if position > 0 {
                    wired.sources.push((address, table));
                }
            }
            // Who forwards for others forwards both families.
            let has = |block: &IpNet| {
                let is_like = |own: IpNet| discriminant(&own) == discriminant(block);
                !noun.source_dest_check || own_blocks(noun).any(is_like)
            };
            wired.routes.extend(both(table, Via::Link(link)).into_iter().filter(|(_, block, _)| has(block)));
        }
        wired.loopback = true;
        wired
    }
}
