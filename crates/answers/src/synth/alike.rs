//! Interfaces that take no groups of their own but those of what makes them: they can only have the same ones.

use std::collections::BTreeMap;

use engine::Network;
use model::{Id, Ix, Launch, LoadBalancer, NetworkInterface, Noun};

/// Interfaces that have the same groups, always.
#[derive(Debug)]
pub(super) struct Alike {
    /// What makes them, in words.
    pub(super) maker: String,
    /// The interfaces that take groups, in their order.
    pub(super) members: Vec<Ix<NetworkInterface>>,
}

/// Auto Scaling groups that start their instances from the same.
struct Launched<'n> {
    launch: Option<&'n Launch>,
    /// Their names.
    groups: Vec<&'n str>,
    members: Vec<Ix<NetworkInterface>>,
}

/// The nodes of each load balancer (S4.1), the interfaces of each endpoint, and the instances of each launch template,
/// since the next instance of an Auto Scaling group has what that says (S4.19).
pub(super) fn alike(network: &Network) -> Vec<Alike> {
    let model = network.model();
    let mut all = Vec::new();
    let mut nodes: BTreeMap<Ix<LoadBalancer>, Vec<Ix<NetworkInterface>>> = BTreeMap::new();
    for (node, _) in model.network_interfaces.iter() {
        if let Some(balancer) = network.resolved().load_balancer_of(node) {
            nodes.entry(balancer).or_default().push(node);
        }
    }
    for (balancer, members) in nodes {
        let noun = model.load_balancers.at(balancer);
        let maker = format!("the {} {}", noun.kind.words(), noun.name().unwrap_or(noun.id.as_str()));
        all.push(Alike { maker, members });
    }
    for noun in model.vpc_endpoints.values() {
        let own = noun.network_interfaces.iter().filter_map(|id| model.network_interfaces.ix(id.as_str()));
        let maker = format!("the endpoint {}", noun.tags.name().unwrap_or(noun.id.as_str()));
        all.push(Alike { maker, members: own.collect() });
    }
    let mut launched: Vec<Launched<'_>> = Vec::new();
    for (ix, noun) in model.auto_scaling_groups.iter() {
        let name = noun.name().unwrap_or(noun.id.as_str());
        let members = network.resolved().members_of_asg(ix);
        let launch = noun.launch.as_ref();
        match launched.iter_mut().find(|of| launch.is_some() && of.launch == launch) {
            Some(of) => {
                of.groups.push(name);
                of.members.extend(members);
            }
            None => launched.push(Launched { launch, groups: vec![name], members }),
        }
    }
    all.extend(launched.into_iter().map(|Launched { launch, groups, members }| {
        let groups = match groups.as_slice() {
            [name] => format!("the Auto Scaling group {name}"),
            names => format!("the Auto Scaling groups {}", names.join(", ")),
        };
        let maker = match launch.and_then(called) {
            Some(launch) => format!("{groups} with {launch}"),
            None => groups,
        };
        Alike { maker, members }
    }));
    for alike in &mut all {
        alike.members.retain(|member| network.has_security_groups(*member));
        alike.members.sort_unstable();
        alike.members.dedup();
    }
    all
}

/// What people call what instances are started from.
fn called(launch: &Launch) -> Option<String> {
    match launch {
        Launch::Template { id, name, .. } => {
            name.as_ref().or(id.as_ref()).map(|name: &Id| format!("the launch template {name}"))
        }
        Launch::Configuration(name) => Some(format!("the launch configuration {name}")),
    }
}
