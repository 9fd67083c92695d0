//! Interfaces that no rule can tell apart.
//!
//! Two interfaces are of one class if they are in the same subnet, have the same groups, the same presence of public
//! and IPv6 addresses, are of the same kind and state, have no part in ways of others, and no block of any rule or route contains one and not the
//! other. Whatever is proved of one holds for all of its class.

use std::net::IpAddr;

use ipnet::IpNet;
use model::{Destination, Id, InstanceState, Ix, NetworkInterface, Peer, StandIn, Target};
use rustc_hash::{FxHashMap, FxHashSet};
use space::address_range;

use crate::ephemeral::kind_of;
use crate::walk::stands_for;
use crate::{Network, Seen};

/// What tells interfaces apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    subnet: Id,
    groups: Vec<Id>,
    kind: &'static str,
    cuts: Vec<(bool, usize)>,
    public: Vec<Option<usize>>,
    state: Option<InstanceState>,
    deny_all_igw_traffic: bool,
    incomplete: bool,
    stands_for: Option<&'static str>,
    instance: Option<Id>,
    stand_in: Option<StandIn>,
    /// Whoever has a part in ways of others is like nobody else.
    device: Option<Id>,
}

/// The interfaces of a network, class by class; the first of each class stands for it.
pub fn classes(network: &Network) -> Vec<Vec<Ix<NetworkInterface>>> {
    let cuts = Cuts::of(network);
    let mut classes: FxHashMap<Key, usize> = FxHashMap::default();
    let mut members: Vec<Vec<Ix<NetworkInterface>>> = Vec::new();
    let devices = devices(network);
    for (ix, interface) in network.model().network_interfaces.iter() {
        let mut groups = interface.groups.clone();
        groups.sort();
        let own = network.resolved().instance_of(ix).map(|ix| network.model().instances.at(ix));
        let several = interface.instance.as_ref().filter(|id| network.resolved().interfaces_of(id).len() > 1);
        let key = Key {
            subnet: interface.subnet.clone(),
            groups,
            kind: kind_of(network, ix).key,
            cuts: interface
                .own_addresses()
                .map(|address| (address.is_ipv4(), cuts.position(address)))
                .collect(),
            public: interface.addresses.iter().map(|a| a.public.map(|p| cuts.position(p.into()))).collect(),
            state: own.map(|instance| instance.state.clone()),
            deny_all_igw_traffic: interface.deny_all_igw_traffic,
            incomplete: interface.incomplete,
            stands_for: stands_for(interface),
            // Interfaces of one host reach each other without leaving it (S12.11).
            instance: several.cloned(),
            stand_in: interface.stand_in,
            device: devices.contains(&ix).then(|| interface.id.clone()),
        };
        let class = *classes.entry(key).or_insert(members.len());
        match members.get_mut(class) {
            Some(class) => class.push(ix),
            None => members.push(vec![ix]),
        }
    }
    members
}

/// Interfaces that others' packets pass, or that load balancers pick: targets of routes, nodes, endpoints, NAT gateways
/// and registered targets.
pub fn devices(network: &Network) -> FxHashSet<Ix<NetworkInterface>> {
    let (model, resolved) = (network.model(), network.resolved());
    let interface = |id: &Id| model.network_interfaces.ix(id.as_str());
    let routes = model.route_tables.values().flat_map(|table| &table.routes);
    let routed = routes.filter_map(|route| match &route.target {
        Target::NetworkInterface(id) => interface(id),
        _ => None,
    });
    let nodes = model.load_balancers.iter().flat_map(|(ix, _)| resolved.nodes_of(ix).iter().copied());
    let endpoints = model.vpc_endpoints.values().flat_map(|endpoint| &endpoint.network_interfaces);
    let addresses = model.nat_gateways.values().flat_map(|gateway| &gateway.addresses);
    let gateways = addresses.filter_map(|address| interface(address.network_interface.as_ref()?));
    let targets = model.target_groups.values().flat_map(|group| {
        let ends =
            group.targets.iter().flatten().filter_map(|target| network.ends_of_target(group, target).ok());
        ends.flatten().filter_map(Seen::interface)
    });
    routed.chain(nodes).chain(endpoints.filter_map(interface)).chain(gateways).chain(targets).collect()
}

/// Where blocks of rules and routes begin and end.
struct Cuts {
    v4: Vec<u128>,
    v6: Vec<u128>,
}

impl Cuts {
    fn of(network: &Network) -> Cuts {
        let model = network.model();
        let mut cuts = Cuts { v4: Vec::new(), v6: Vec::new() };
        let rules = model.security_groups.values().flat_map(|group| &group.rules).filter_map(|rule| {
            match &rule.peer {
                Peer::Cidr(block) => Some(*block),
                _ => None,
            }
        });
        let entries = model.network_acls.values().flat_map(|acl| &acl.entries).map(|entry| entry.cidr);
        let routes = model.route_tables.values().flat_map(|table| &table.routes).filter_map(|route| {
            match &route.destination {
                Destination::Cidr(block) => Some(*block),
                Destination::PrefixList(_) => None,
            }
        });
        let lists =
            model.prefix_lists.values().filter_map(|list| list.entries.as_ref()).flatten().map(|e| e.cidr);
        for block in rules.chain(entries).chain(routes).chain(lists) {
            let range = address_range(block);
            let side = match block {
                IpNet::V4(_) => &mut cuts.v4,
                IpNet::V6(_) => &mut cuts.v6,
            };
            side.extend([Some(*range.start()), range.end().checked_add(1)].into_iter().flatten());
        }
        for side in [&mut cuts.v4, &mut cuts.v6] {
            side.sort_unstable();
            side.dedup();
        }
        cuts
    }

    /// How many cuts lie at or below an address: equal for two addresses that no block tells apart.
    fn position(&self, address: IpAddr) -> usize {
        let value = space::address_value(address);
        let side = if address.is_ipv4() { &self.v4 } else { &self.v6 };
        side.partition_point(|cut| *cut <= value)
    }
}
