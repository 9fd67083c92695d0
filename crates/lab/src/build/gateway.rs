//! Internet gateways and egress-only ones: a link each to their router, one to the world.

use std::net::IpAddr;

use ipnet::IpNet;

use super::fabric::NO_PICK_UP;
use super::wiring::Wired;
use super::{Lab, TO_ROUTER, both, index};
use crate::links::{End, MAIN, Via};
use crate::topology::{VpcPlan, public_addresses};

const TO_WORLD: u32 = 52;
const FIRST_OF_WORLD: u32 = 1_000;

impl Lab<'_> {
    /// The gateway of the VPC at a position, and what the world has for it.
    pub(super) fn gateway(&self, at: usize, vpc: &VpcPlan, world: &mut Wired) -> Wired {
        let blocks = &self.network.model().vpcs.at(vpc.vpc).cidrs;
        let mut wired = Wired::forwarding(&self.names.gateway(vpc.number));
        wired.set(&[NO_PICK_UP]);
        let here = End { name: "w0".into(), index: TO_WORLD };
        let there = End {
            name: format!("v{}", vpc.number.saturating_add(1)),
            index: index(FIRST_OF_WORLD, vpc.number),
        };
        let from_world = Via::Link(there.index);
        wired.pair(here, there, &self.names.world());
        wired.routes.extend(both(MAIN, Via::Link(TO_WORLD)));
        wired.routes.extend(blocks.iter().map(|&block| (MAIN, block, Via::Link(TO_ROUTER))));

        let public =
            public_addresses(self.network, &self.plan, at).map(|(public, _)| IpNet::from(IpAddr::V4(public)));
        let reached = public.chain(blocks.iter().copied().filter(|block| matches!(block, IpNet::V6(_))));
        world.routes.extend(reached.map(|block| (MAIN, block, from_world)));
        wired
    }
}
