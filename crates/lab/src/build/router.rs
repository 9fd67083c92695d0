//! Routers: a link for every subnet, for every way out, and for every reason to lead nowhere.

use std::net::IpAddr;

use ipnet::IpNet;

use super::wiring::Wired;
use super::{
    FIRST_ATTACHED, FIRST_GATEWAY_PEERING, FIRST_NAT, FIRST_NOWHERE, FIRST_PEERING, FIRST_SUBNET, Lab,
    TO_EGRESS_ONLY, TO_GATEWAY, TO_ROUTER, index,
};
use crate::links::{End, MAIN, Via};
use crate::ruleset::{Generation, NOWHERE, Next, RoutingTable, table_mark};
use crate::topology::{VpcPlan, attached_link, nat_link, peering_link};

impl Lab<'_> {
    /// The router of the VPC at a position.
    pub(super) fn router(&self, at: usize, vpc: &VpcPlan) -> Wired {
        let mut wired = Wired::forwarding(&self.names.router(vpc.number));
        wired.nowhere(FIRST_NOWHERE, NOWHERE.len());
        let gateway = self.names.gateway(vpc.number);
        if vpc.egress_only {
            let end = End { name: "o0".into(), index: TO_EGRESS_ONLY };
            wired.pair(end.clone(), end, &gateway);
        }
        if vpc.has_edge() {
            let here = End { name: "g0".into(), index: TO_GATEWAY };
            wired.pair(here, End { name: "r0".into(), index: TO_ROUTER }, &gateway);
        }
        for plan in self.plan.ways.peerings_of(at) {
            let end = End { name: peering_link(plan.number), index: index(FIRST_PEERING, plan.number) };
            let numbers = plan.vpcs.iter().filter_map(|&at| Some(self.plan.vpcs.get(at)?.number));
            // The one with the lower number makes the link.
            if let Some(other) = numbers.max().filter(|other| *other > vpc.number) {
                wired.pair(end.clone(), end, &self.names.router(other));
            }
        }
        for plan in self.plan.ways.attached_of(at) {
            let Some(gateway) = self.plan.ways.transit_gateways.get(plan.gateway) else { continue };
            let end = End { name: attached_link(plan.number), index: index(FIRST_ATTACHED, plan.number) };
            wired.pair(end.clone(), end, &self.names.transit_gateway(gateway.number));
        }
        for plan in self.plan.ways.nat_gateways_of(at) {
            let here = End { name: nat_link(plan.number), index: index(FIRST_NAT, plan.number) };
            wired.routes.push((MAIN, IpNet::from(IpAddr::V4(plan.private)), Via::Link(here.index)));
            let there = End { name: "r0".into(), index: TO_ROUTER };
            wired.pair(here, there, &self.names.nat_gateway(plan.number));
        }
        for plan in &vpc.subnets {
            let link = index(FIRST_SUBNET, plan.number);
            let blocks = &self.network.model().subnets.at(plan.subnet).cidrs;
            wired.routes.extend(blocks.iter().map(|&block| (MAIN, block, Via::Link(link))));
        }
        wired.marks = both_generations(vpc.subnets.len());
        wired
    }
}

/// The numbers of so many routing tables, in use and not.
pub(super) fn both_generations(count: usize) -> Vec<u32> {
    let both = [Generation::First, Generation::Second];
    let of = |generation| (0..).take(count).map(move |at| table_mark(at, generation));
    both.into_iter().flat_map(of).collect()
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
    let link = |first, number| Via::Link(index(first, number));
    match next {
        Next::Local => Via::NextTable,
        Next::Gateway => Via::Link(TO_GATEWAY),
        Next::EgressOnly => Via::Link(TO_EGRESS_ONLY),
        Next::NatGateway(number) => link(FIRST_NAT, number),
        Next::Peering(number) => link(FIRST_PEERING, number),
        Next::Attached(number) => link(FIRST_ATTACHED, number),
        Next::GatewayPeering(number) => link(FIRST_GATEWAY_PEERING, number),
        Next::Nowhere(stage) => {
            let at = (0..).zip(NOWHERE).find(|(_, other)| *other == stage);
            link(FIRST_NOWHERE, at.map_or(0, |(at, _)| at))
        }
    }
}
