//! Transit gateways: a link for every attached subnet and for every peering.

use super::router::both_generations;
use super::wiring::Wired;
use super::{FIRST_GATEWAY_PEERING, FIRST_NOWHERE, Lab, index};
use crate::links::End;
use crate::ruleset::NOWHERE;
use crate::topology::{TransitGatewayPlan, gateway_peering_link};

impl Lab<'_> {
    /// The transit gateway at a position.
    pub(super) fn transit_gateway(&self, at: usize, plan: &TransitGatewayPlan) -> Wired {
        let mut wired = Wired::forwarding(&self.names.transit_gateway(plan.number));
        wired.nowhere(FIRST_NOWHERE, NOWHERE.len());
        for peering in self.plan.ways.gateway_peerings.iter().filter(|plan| plan.gateways.contains(&at)) {
            let name = gateway_peering_link(peering.number);
            let end = End { name, index: index(FIRST_GATEWAY_PEERING, peering.number) };
            let numbers = peering.gateways.iter();
            let numbers = numbers.filter_map(|&at| Some(self.plan.ways.transit_gateways.get(at)?.number));
            // The one with the lower number makes the link.
            if let Some(other) = numbers.max().filter(|other| *other > plan.number) {
                wired.pair(end.clone(), end, &self.names.transit_gateway(other));
            }
        }
        let tables = self.rules.transit_gateways.get(at).map_or(0, |rules| rules.routes.len());
        wired.marks = both_generations(tables);
        wired
    }
}
