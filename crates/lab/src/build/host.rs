//! Machines: their interfaces' ends, addresses and routes.

use ipnet::IpNet;

use super::{FIRST_OF_HOST, Lab, both, index};
use crate::error::LabError;
use crate::links::{LOOPBACK, MAIN, Netlink, Via};
use crate::namespace::set;

/// The first routing table for what a host sends from interfaces beside its first.
const FIRST_TABLE_OF_HOST: u32 = 1_000;
/// What machines with several interfaces need. Others go without: the kernel finds a setting the more slowly the more
/// namespaces there are.
const HAS_SEVERAL: [(&str, &str); 2] =
    [("ipv4/conf/all/rp_filter", "0"), ("ipv4/conf/default/rp_filter", "0")];

impl Lab<'_> {
    pub(super) fn host(&self, netlink: &Netlink, at: usize) -> Result<(), LabError> {
        let Some(host) = self.plan.hosts.get(at) else { return Ok(()) };
        let links = netlink.within(&self.names.host(at))?;
        if host.interfaces.len() > 1 {
            set(&HAS_SEVERAL)?;
        }
        let indices: Vec<u32> = (0..host.interfaces.len()).map(|at| index(FIRST_OF_HOST, at)).collect();
        links.without_own_addresses(&indices)?;
        let all: Vec<u32> = indices.iter().copied().chain([LOOPBACK]).collect();
        links.up(&all)?;
        for (position, (&interface, &link)) in host.interfaces.iter().zip(&indices).enumerate() {
            let noun = self.network.model().network_interfaces.at(interface);
            let table = if position == 0 { MAIN } else { index(FIRST_TABLE_OF_HOST, position) };
            for address in noun.own_addresses() {
                links.address(link, IpNet::from(address))?;
                if position > 0 {
                    links.source_rule(address, table)?;
                }
            }
            links.routes(&both(table, Via::Link(link)))?;
        }
        Ok(())
    }
}
