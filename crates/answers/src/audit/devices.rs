//! Interfaces by which others' packets pass, and what load balancers ask of registered targets.

use engine::{Network, Seen};
use model::{Id, Ix, NetworkInterface, Target};
use rustc_hash::{FxHashMap, FxHashSet};

/// Interfaces that pass on what others send: nodes of load balancers, endpoints, NAT gateways, targets of routes.
pub(super) fn pass_on(network: &Network) -> FxHashSet<Ix<NetworkInterface>> {
    let (model, resolved) = (network.model(), network.resolved());
    let interface = |id: &Id| model.network_interfaces.ix(id.as_str());
    let nodes = model.load_balancers.iter().flat_map(|(ix, _)| resolved.nodes_of(ix).iter().copied());
    let endpoints = model.vpc_endpoints.values().flat_map(|endpoint| &endpoint.network_interfaces);
    let gateways = model.nat_gateways.values().flat_map(|gateway| &gateway.addresses);
    let gateways = gateways.filter_map(|address| address.network_interface.as_ref());
    let routes = model.route_tables.values().flat_map(|table| &table.routes);
    let routed = routes.filter_map(|route| match &route.target {
        Target::NetworkInterface(id) => Some(id),
        _ => None,
    });
    nodes.chain(endpoints.chain(gateways).chain(routed).filter_map(interface)).collect()
}

/// The registered targets, each with the ports that it is asked on: by clients and by health checks.
pub(super) fn targets(network: &Network) -> FxHashMap<Ix<NetworkInterface>, Vec<u16>> {
    let mut found: FxHashMap<Ix<NetworkInterface>, Vec<u16>> = FxHashMap::default();
    for group in network.model().target_groups.values() {
        for target in group.targets.iter().flatten() {
            // Of targets that the export lacks nothing is asked here.
            let ends = network.ends_of_target(group, target).unwrap_or_default();
            for interface in ends.into_iter().filter_map(Seen::interface) {
                let ports = [target.port.or(group.port), group.health_check.port];
                found.entry(interface).or_default().extend(ports.into_iter().flatten());
            }
        }
    }
    found
}
