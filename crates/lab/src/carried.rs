//! What of a network the lab carries. What it does not is named when the lab comes up, and answers about it are undecided.

use engine::{Arrival, Cause, Checkpoint, Network, RoundTrip, Way};
use model::{RouteState, Target};
use space::Space;

/// Routes in use that lead to something that the lab does not carry, in words.
pub fn routes(network: &Network) -> Vec<String> {
    let model = network.model();
    let mut found = Vec::new();
    for table in model.route_tables.values() {
        for route in table.routes.iter().filter(|route| route.state == RouteState::Active) {
            if matches!(route.target, Target::Local | Target::InternetGateway(_)) {
                continue;
            }
            let words = format!("{} `{}`, where a route leads", route.target.kind(), route.target.id());
            if !found.contains(&words) {
                found.push(words);
            }
        }
    }
    let edges =
        model.internet_gateways.values().filter_map(|gateway| network.resolved().edge_table_of(&gateway.id));
    found
        .extend(edges.map(|table| {
            format!("route table `{}` of an internet gateway", model.route_tables.at(table).id)
        }));
    let denying = model.network_interfaces.values().filter(|noun| noun.deny_all_igw_traffic);
    found.extend(denying.map(|noun| format!("`DenyAllIgwTraffic` of interface `{}`", noun.id)));
    found
}

/// Why the lab cannot show what becomes of a round trip; `None` if it can.
pub fn not_carried<S: Space>(network: &Network, trip: &RoundTrip<S>) -> Option<String> {
    std::iter::once(&trip.request).chain(&trip.replies).find_map(|way| not_on_way(network, way))
}

fn not_on_way<S: Space>(network: &Network, way: &Way<S>) -> Option<String> {
    if let Arrival::Service(service) = way.arrival {
        return Some(format!("{service} answers, which the lab has not"));
    }
    way.hops.iter().find_map(|hop| {
        if let Cause::Unknown(reason) = &hop.cause {
            return Some(reason.clone());
        }
        match &hop.checkpoint {
            Checkpoint::Host { .. }
            | Checkpoint::SecurityGroups { .. }
            | Checkpoint::NetworkAcl { .. }
            | Checkpoint::BlockPublicAccess { .. } => None,
            Checkpoint::Route { table, route, .. } => {
                let table = table.ix().map(|table| network.model().route_tables.at(table));
                let route = table.zip(*route).and_then(|(table, position)| table.routes.get(position))?;
                match &route.target {
                    _ if route.state == RouteState::Blackhole => None,
                    Target::Local | Target::InternetGateway(_) => None,
                    target => Some(format!("{} `{}` is on the way", target.kind(), target.id())),
                }
            }
            Checkpoint::InternetGateway { gateway, .. } => {
                let table = gateway.and_then(|ix| {
                    network.resolved().edge_table_of(&network.model().internet_gateways.at(ix).id)
                });
                match (table, &hop.cause) {
                    (Some(_), _) => Some("the internet gateway has a route table of its own".into()),
                    (None, Cause::DenyAllIgwTraffic) => Some("`DenyAllIgwTraffic` is set".into()),
                    (None, _) => None,
                }
            }
            // A proxy makes a connection of its own: packets alone are not passed on.
            Checkpoint::LoadBalancer { load_balancer, .. }
                if crate::proxy::has_node(network, *load_balancer) =>
            {
                Some("a load balancer answers, which crafted packets do not show: try `lab exec`".into())
            }
            _ => Some("something on the way is not carried".into()),
        }
    })
}
