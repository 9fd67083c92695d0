//! Transit gateways: a link for every attached subnet and for every peering.

use ipnet::IpNet;

use super::router::via;
use super::{FIRST_ATTACHED, FIRST_GATEWAY_PEERING, FIRST_NOWHERE, FORWARDS, Lab, both, index, nowhere};
use crate::error::LabError;
use crate::links::{End, MAIN, Netlink, Via};
use crate::namespace::set;
use crate::ruleset::{Generation, NOWHERE, transit_tables};
use crate::topology::gateway_peering_link;

impl Lab<'_> {
    /// After the routers, which make the links to it.
    pub(super) fn transit_gateway(&self, netlink: &Netlink, at: usize) -> Result<(), LabError> {
        let links = netlink.within(&self.names.transit_gateway(at))?;
        set(&FORWARDS)?;
        nowhere(&links, NOWHERE.len())?;
        let attached = self.plan.ways.attached.iter().enumerate().filter(|(_, plan)| plan.gateway == at);
        links.up(&attached.map(|(position, _)| index(FIRST_ATTACHED, position)).collect::<Vec<_>>())?;
        for (position, plan) in self.plan.ways.gateway_peerings.iter().enumerate() {
            let end =
                End { name: gateway_peering_link(position), index: index(FIRST_GATEWAY_PEERING, position) };
            match plan.gateways {
                [one, other] if one.min(other) == at => {
                    let other = self.names.transit_gateway(one.max(other)).open()?;
                    links.pair(&end, &end, Some(&other))?;
                }
                gateways if gateways.contains(&at) => links.up(&[end.index])?,
                _ => {}
            }
        }
        links.routes(&both(MAIN, Via::Link(FIRST_NOWHERE)))?;
        links.routes(&self.transit_routes_of(at))?;
        let both = [Generation::First, Generation::Second];
        let marks = both.map(|generation| transit_tables(self.network, &self.plan, at, generation));
        links.rules(&marks.iter().flatten().map(|(_, (table, _))| *table).collect::<Vec<_>>())
    }

    /// The routes of a transit gateway's route tables, in the routing tables of this generation.
    pub(super) fn transit_routes_of(&self, gateway: usize) -> Vec<(u32, IpNet, Via)> {
        let tables = transit_tables(self.network, &self.plan, gateway, self.generation);
        let routes = tables.iter().flat_map(|(_, (table, blocks))| {
            blocks.iter().map(move |&(block, next)| (*table, block, via(next)))
        });
        routes.collect()
    }
}
