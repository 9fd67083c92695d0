//! Which interfaces are a load balancer's nodes, which listeners it has, and which interfaces an Auto Scaling group.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::stand_in::{Added, primaries};
use crate::{
    AutoScalingGroup, Id, Ix, Listener, LoadBalancer, LoadBalancerType, NetworkInterface, Resolved, Snapshot,
};

/// Those links.
#[derive(Debug, Default, Clone)]
pub(crate) struct BalancerLinks {
    nodes: FxHashMap<Ix<LoadBalancer>, Vec<Ix<NetworkInterface>>>,
    of_node: FxHashMap<Ix<NetworkInterface>, Ix<LoadBalancer>>,
    listeners: FxHashMap<Ix<LoadBalancer>, Vec<Ix<Listener>>>,
    members: FxHashMap<Ix<AutoScalingGroup>, Vec<Ix<NetworkInterface>>>,
}

impl Resolved {
    /// The interfaces that are a load balancer's nodes, stand-ins included (S4.1).
    pub fn nodes_of(&self, load_balancer: Ix<LoadBalancer>) -> &[Ix<NetworkInterface>] {
        self.balancers().nodes.get(&load_balancer).map_or(&[], Vec::as_slice)
    }

    /// The load balancer that an interface is a node of.
    pub fn load_balancer_of(&self, interface: Ix<NetworkInterface>) -> Option<Ix<LoadBalancer>> {
        self.balancers().of_node.get(&interface).copied()
    }

    /// The listeners of a load balancer, by port. None may also mean that the export does not have them.
    pub fn listeners_of(&self, load_balancer: Ix<LoadBalancer>) -> &[Ix<Listener>] {
        self.balancers().listeners.get(&load_balancer).map_or(&[], Vec::as_slice)
    }

    /// The primary interfaces of an Auto Scaling group's instances, and what stands for instances to come (S4.19).
    pub fn members_of_asg(&self, ix: Ix<AutoScalingGroup>) -> Vec<Ix<NetworkInterface>> {
        self.balancers().members.get(&ix).cloned().unwrap_or_default()
    }
}

/// Finds the links of a snapshot to which stand-ins were added.
pub(crate) fn link(snapshot: &Snapshot, added: Added) -> BalancerLinks {
    let mut links = BalancerLinks { nodes: existing_nodes(snapshot), ..BalancerLinks::default() };
    for (balancer, node) in added.nodes {
        let nodes = links.nodes.entry(balancer).or_default();
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    for (balancer, nodes) in &links.nodes {
        links.of_node.extend(nodes.iter().map(|node| (*node, *balancer)));
    }
    for (ix, listener) in snapshot.listeners.iter() {
        if let Some(balancer) = snapshot.load_balancers.ix(listener.load_balancer.as_str()) {
            links.listeners.entry(balancer).or_default().push(ix);
        }
    }
    for listeners in links.listeners.values_mut() {
        listeners.sort_by_key(|ix| {
            let listener = snapshot.listeners.at(*ix);
            (listener.port, listener.id.clone())
        });
    }
    let primaries =
        if snapshot.auto_scaling_groups.is_empty() { FxHashMap::default() } else { primaries(snapshot) };
    for (ix, group) in snapshot.auto_scaling_groups.iter() {
        let live = group.instances.iter().filter_map(|instance| primaries.get(instance).copied());
        links.members.insert(ix, live.collect());
    }
    for (group, member) in added.members {
        links.members.entry(group).or_default().push(member);
    }
    links
}

/// The nodes that the export has: by their description, else by an address that the load balancer says is theirs.
pub(crate) fn existing_nodes(snapshot: &Snapshot) -> FxHashMap<Ix<LoadBalancer>, Vec<Ix<NetworkInterface>>> {
    let mut described: FxHashMap<(&Id, &str), Ix<LoadBalancer>> = FxHashMap::default();
    let mut private: FxHashMap<(&Id, IpAddr), Ix<LoadBalancer>> = FxHashMap::default();
    let mut public: FxHashMap<_, Ix<LoadBalancer>> = FxHashMap::default();
    for (ix, balancer) in snapshot.load_balancers.iter() {
        described.insert((&balancer.vpc, key(balancer)), ix);
        for node in &balancer.nodes {
            public.extend(node.public.map(|address| (address, ix)));
            private.extend(node.private.iter().map(|address| ((&balancer.vpc, *address), ix)));
        }
    }
    let mut nodes: FxHashMap<Ix<LoadBalancer>, Vec<Ix<NetworkInterface>>> = FxHashMap::default();
    if snapshot.load_balancers.is_empty() {
        return nodes;
    }
    for (ix, interface) in snapshot.network_interfaces.iter() {
        let vpc = &interface.vpc;
        let by_description = || {
            let rest = interface.description.strip_prefix("ELB ")?;
            let whole = described.get(&(vpc, rest)).copied();
            // An id that is no ARN is the name in the middle, unless it is a Classic Load Balancer's.
            whole.or_else(|| {
                let found = *described.get(&(vpc, rest.split('/').nth(1)?))?;
                let balancer = snapshot.load_balancers.at(found);
                (balancer.kind != LoadBalancerType::Classic).then_some(found)
            })
        };
        let by_address = || {
            let mut own = interface.own_addresses();
            let found = own.find_map(|address| private.get(&(vpc, address)));
            let mut addresses = interface.addresses.iter();
            found.or_else(|| addresses.find_map(|address| public.get(&address.public?))).copied()
        };
        // An instance's interface is no node, whatever address it has come by since.
        let found =
            by_description().or_else(|| if interface.instance.is_none() { by_address() } else { None });
        if let Some(balancer) = found {
            nodes.entry(balancer).or_default().push(ix);
        }
    }
    nodes
}

/// What a node's description says after `ELB `.
fn key(balancer: &LoadBalancer) -> &str {
    let id = balancer.id.as_str();
    id.split_once("loadbalancer/").map_or(id, |(_, rest)| rest)
}
