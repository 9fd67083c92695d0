//! Routers: a link for every subnet, for every way out, and for every reason to lead nowhere.

use ipnet::IpNet;

use super::{FIRST_NOWHERE, FIRST_SUBNET, FORWARDS, Lab, TO_GATEWAY, TO_ROUTER, both, index, nowhere};
use crate::error::LabError;
use crate::links::{End, MAIN, Netlink, Via};
use crate::namespace::set;
use crate::ruleset::{Generation, NOWHERE, Next, tables};
use crate::topology::VpcPlan;

impl Lab<'_> {
    pub(super) fn router(&self, netlink: &Netlink, at: usize, vpc: &VpcPlan) -> Result<(), LabError> {
        let links = netlink.within(&self.names.router(at))?;
        set(&FORWARDS)?;
        let subnets: Vec<u32> = (0..vpc.subnets.len()).map(|at| index(FIRST_SUBNET, at)).collect();
        links.up(&subnets)?;
        nowhere(&links, NOWHERE.len())?;
        if vpc.gateway {
            let here = End { name: "g0".into(), index: TO_GATEWAY };
            let there = End { name: "r0".into(), index: TO_ROUTER };
            links.pair(&here, &there, Some(&self.names.gateway(at).open()?))?;
        }
        let mut routes: Vec<_> = both(MAIN, Via::Link(FIRST_NOWHERE)).into();
        for (&subnet, &link) in vpc.subnets.iter().zip(&subnets) {
            let blocks = &self.network.model().subnets.at(subnet).cidrs;
            routes.extend(blocks.iter().map(|&block| (MAIN, block, Via::Link(link))));
        }
        links.routes(&routes)?;
        links.routes(&self.routes_of(vpc))?;
        let both = [Generation::First, Generation::Second];
        let marks = both.map(|generation| tables(self.network, vpc, generation));
        links.rules(&marks.iter().flatten().map(|(table, _)| *table).collect::<Vec<_>>())
    }

    /// The routes of a VPC's route tables, in the routing tables of this generation.
    pub(super) fn routes_of(&self, vpc: &VpcPlan) -> Vec<(u32, IpNet, Via)> {
        let via = |next: Next| match next {
            Next::Local => Via::NextTable,
            Next::Gateway => Via::Link(TO_GATEWAY),
            Next::Nowhere(stage) => {
                let at = NOWHERE.iter().position(|other| *other == stage);
                Via::Link(index(FIRST_NOWHERE, at.unwrap_or(0)))
            }
        };
        let tables = tables(self.network, vpc, self.generation);
        let routes = tables
            .iter()
            .flat_map(|(table, blocks)| blocks.iter().map(move |&(block, next)| (*table, block, via(next))));
        routes.collect()
    }
}
