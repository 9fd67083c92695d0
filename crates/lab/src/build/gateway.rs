//! Internet gateways and egress-only ones: a link each to their router, one to the world.

use std::net::IpAddr;

use ipnet::IpNet;

use super::fabric::NO_PICK_UP;
use super::{FORWARDS, Lab, TO_EGRESS_ONLY, TO_ROUTER, both, index};
use crate::error::LabError;
use crate::links::{End, MAIN, Netlink, Via};
use crate::namespace::set;
use crate::topology::{VpcPlan, public_addresses};

const TO_WORLD: u32 = 52;
const FIRST_OF_WORLD: u32 = 1_000;

impl Lab<'_> {
    pub(super) fn gateway(&self, netlink: &Netlink, at: usize, vpc: &VpcPlan) -> Result<(), LabError> {
        let blocks = &self.network.model().vpcs.at(vpc.vpc).cidrs;
        let links = netlink.within(&self.names.gateway(at))?;
        set(&FORWARDS)?;
        set(&[NO_PICK_UP])?;
        links.up(&[TO_ROUTER])?;
        if vpc.egress_only {
            links.up(&[TO_EGRESS_ONLY])?;
        }
        let here = End { name: "w0".into(), index: TO_WORLD };
        let there = End { name: format!("v{}", at + 1), index: index(FIRST_OF_WORLD, at) };
        links.pair(&here, &there, Some(&self.names.world().open()?))?;
        let mut routes: Vec<_> = both(MAIN, Via::Link(TO_WORLD)).into();
        routes.extend(blocks.iter().map(|&block| (MAIN, block, Via::Link(TO_ROUTER))));
        links.routes(&routes)?;

        let links = netlink.within(&self.names.world())?;
        links.up(&[there.index])?;
        let public =
            public_addresses(self.network, &self.plan, at).map(|(public, _)| IpNet::from(IpAddr::V4(public)));
        let reached = public.chain(blocks.iter().copied().filter(|block| matches!(block, IpNet::V6(_))));
        links.routes(&reached.map(|block| (MAIN, block, Via::Link(there.index))).collect::<Vec<_>>())
    }
}
