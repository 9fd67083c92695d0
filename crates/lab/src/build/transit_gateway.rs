//! Transit gateways: a link for every attached subnet and for every peering.

use super::router::{both_generations, routes};
use super::{FIRST_ATTACHED, FIRST_GATEWAY_PEERING, FIRST_NOWHERE, FORWARDS, Lab, both, index, nowhere};
use crate::error::LabError;
use crate::links::{End, MAIN, Netlink, Via};
use crate::namespace::set;
use crate::ruleset::NOWHERE;
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
        let tables = self.rules.transit_gateways.get(at).map_or(&[][..], |rules| &rules.routes);
        links.routes(&routes(tables))?;
        links.rules(&both_generations(tables.len()))
    }
}
