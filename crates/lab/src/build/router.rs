//! Routers: a link for every subnet, for every way out, and for every reason to lead nowhere.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{
    FIRST_ATTACHED, FIRST_GATEWAY_PEERING, FIRST_NAT, FIRST_NOWHERE, FIRST_PEERING, FIRST_SUBNET, FORWARDS,
    Lab, TO_EGRESS_ONLY, TO_GATEWAY, TO_ROUTER, both, index, nowhere,
};
use crate::error::LabError;
use crate::links::{End, MAIN, Netlink, Via};
use crate::namespace::set;
use crate::ruleset::{Generation, NOWHERE, Next, RoutingTable, table_mark};
use crate::topology::{VpcPlan, attached_link, nat_link, peering_link};

impl Lab<'_> {
    pub(super) fn router(&self, netlink: &Netlink, at: usize, vpc: &VpcPlan) -> Result<(), LabError> {
        let links = netlink.within(&self.names.router(at))?;
        set(&FORWARDS)?;
        let subnets: Vec<u32> = (0..vpc.subnets.len()).map(|at| index(FIRST_SUBNET, at)).collect();
        links.up(&subnets)?;
        nowhere(&links, NOWHERE.len())?;
        if vpc.egress_only {
            let end = End { name: "o0".into(), index: TO_EGRESS_ONLY };
            links.pair(&end, &end, Some(&self.names.gateway(at).open()?))?;
        }
        if vpc.has_edge() {
            let here = End { name: "g0".into(), index: TO_GATEWAY };
            let there = End { name: "r0".into(), index: TO_ROUTER };
            links.pair(&here, &there, Some(&self.names.gateway(at).open()?))?;
        }
        for (position, plan) in self.plan.ways.peerings_of(at) {
            let end = End { name: peering_link(position), index: index(FIRST_PEERING, position) };
            match plan.vpcs.iter().find(|vpc| **vpc > at) {
                Some(other) => links.pair(&end, &end, Some(&self.names.router(*other).open()?))?,
                None => links.up(&[end.index])?,
            }
        }
        for (position, plan) in self.plan.ways.attached_of(at) {
            let end = End { name: attached_link(position), index: index(FIRST_ATTACHED, position) };
            links.pair(&end, &end, Some(&self.names.transit_gateway(plan.gateway).open()?))?;
        }
        let mut routes: Vec<_> = both(MAIN, Via::Link(FIRST_NOWHERE)).into();
        for (position, plan) in self.plan.ways.nat_gateways_of(at) {
            let here = End { name: nat_link(position), index: index(FIRST_NAT, position) };
            let there = End { name: "r0".into(), index: TO_ROUTER };
            links.pair(&here, &there, Some(&self.names.nat_gateway(position).open()?))?;
            routes.push((MAIN, IpNet::from(IpAddr::V4(plan.private)), Via::Link(here.index)));
        }
        for (&subnet, &link) in vpc.subnets.iter().zip(&subnets) {
            let blocks = &self.network.model().subnets.at(subnet).cidrs;
            routes.extend(blocks.iter().map(|&block| (MAIN, block, Via::Link(link))));
        }
        links.routes(&routes)?;
        links.routes(&self.rules.vpcs.get(at).map_or(Vec::new(), |rules| self::routes(&rules.routes)))?;
        links.rules(&both_generations(subnets.len()))
    }
}

/// The numbers of so many routing tables, in use and not.
pub(super) fn both_generations(count: usize) -> Vec<u32> {
    let both = [Generation::First, Generation::Second];
    both.into_iter().flat_map(|generation| (0..count).map(move |at| table_mark(at, generation))).collect()
}

/// The routes of routing tables.
pub(super) fn routes(tables: &[RoutingTable]) -> Vec<(u32, IpNet, Via)> {
    let routes = tables
        .iter()
        .flat_map(|(table, blocks)| blocks.iter().map(move |&(block, next)| (*table, block, via(next))));
    routes.collect()
}

/// What a route does, in a router or a transit gateway.
fn via(next: Next) -> Via {
    let link = |first, position| Via::Link(index(first, position));
    match next {
        Next::Local => Via::NextTable,
        Next::Gateway => Via::Link(TO_GATEWAY),
        Next::EgressOnly => Via::Link(TO_EGRESS_ONLY),
        Next::NatGateway(position) => link(FIRST_NAT, position),
        Next::Peering(position) => link(FIRST_PEERING, position),
        Next::Attached(position) => link(FIRST_ATTACHED, position),
        Next::GatewayPeering(position) => link(FIRST_GATEWAY_PEERING, position),
        Next::Nowhere(stage) => {
            let at = NOWHERE.iter().position(|other| *other == stage);
            link(FIRST_NOWHERE, at.unwrap_or(0))
        }
    }
}
