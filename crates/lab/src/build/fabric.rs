//! Fabrics: a link to every interface, and one to its router for every subnet.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::Sender;

use ipnet::IpNet;

use super::{
    FIRST_INTERFACE, FIRST_NOWHERE, FIRST_OF_HOST, FIRST_SUBNET, FORWARDS, Lab, both, index, nowhere,
};
use crate::error::LabError;
use crate::links::{End, LOOPBACK, MAIN, Netlink, Via};
use crate::namespace::set;
use crate::ruleset::{Generation, table_mark};
use crate::topology::{VpcPlan, interface_link, subnet_link};

/// What is not known is judged by the rules, packet by packet: no packet from the middle of a connection begins one (S1.38,
/// S1.46).
pub(super) const NO_PICK_UP: (&str, &str) = ("netfilter/nf_conntrack_tcp_loose", "0");

/// An address that stands for none (RFC 7600), of a link that is down.
const NOBODY: Ipv4Addr = Ipv4Addr::new(192, 0, 0, 8);

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
    pub(super) fn fabric(
        &self,
        netlink: &Netlink,
        at: usize,
        vpc: &VpcPlan,
        linked: &Sender<usize>,
    ) -> Result<(), LabError> {
        let links = netlink.within(&self.names.fabric(at))?;
        set(&FORWARDS)?;
        set(&[NO_PICK_UP])?;
        set(&idle_timeouts().each_ref().map(|(name, seconds)| (*name, seconds.as_str())))?;
        let router = self.names.router(at).open()?;
        let mut marks = Vec::new();
        let mut routes = Vec::new();
        for position in 0..vpc.subnets.len() {
            let table = table_mark(position, Generation::First);
            let end = End { name: subnet_link(position), index: index(FIRST_SUBNET, position) };
            links.pair(&end, &end, Some(&router))?;
            routes.extend(both(table, Via::Link(end.index)));
            marks.push(table);
        }
        for (position, plan) in vpc.interfaces.iter().enumerate() {
            let here = End { name: interface_link(position), index: index(FIRST_INTERFACE, position) };
            let of_host = self.plan.hosts.get(plan.host).map_or(&[][..], |host| &host.interfaces);
            let device = of_host.iter().position(|interface| *interface == plan.interface).unwrap_or(0);
            let there = End { name: plan.device.clone(), index: index(FIRST_OF_HOST, device) };
            links.pair(&here, &there, Some(&self.names.host(plan.host).open()?))?;
            if of_host.last() == Some(&plan.interface) {
                // Where nobody listens any more, there is an error that says more.
                let _ = linked.send(plan.host);
            }
            let noun = self.network.model().network_interfaces.at(plan.interface);
            let own = noun.own_addresses().map(IpNet::from).chain(noun.prefixes.iter().copied());
            routes.extend(own.map(|block| (MAIN, block, Via::Link(here.index))));
        }
        nowhere(&links, 1)?;
        routes.extend(both(MAIN, Via::Link(FIRST_NOWHERE)));
        // Else the kernel looks for a source address for each route at every link.
        links.address(LOOPBACK, IpNet::from(IpAddr::V4(NOBODY)))?;
        links.routes(&routes)?;
        links.rules(&marks)
    }
}
