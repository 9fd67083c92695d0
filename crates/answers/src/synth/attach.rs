//! Where a group has to be written so that its members have it: not every interface takes groups by itself.

use engine::Network;
use model::{Id, InterfaceType, Ix, LoadBalancerType, NetworkInterface, Noun, VpcEndpoint};

use super::PlannedGroup;
use crate::ends::name_of;

/// What has to name a group so that interfaces have it, and no other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attachment {
    /// The interface itself.
    Interface {
        /// The interface.
        id: Id,
        /// What people call it.
        name: String,
    },
    /// A load balancer, whose nodes have its groups (S4.1).
    LoadBalancer {
        /// Its ARN; a Classic Load Balancer's name.
        id: Id,
        /// Its name.
        name: String,
        /// Its kind.
        kind: LoadBalancerType,
    },
    /// The launch template or configuration of an Auto Scaling group, for the instances that it starts (S4.19).
    Launch {
        /// The Auto Scaling group's name.
        group: String,
    },
    /// An interface endpoint.
    Endpoint {
        /// The endpoint.
        id: Id,
        /// What people call it.
        name: String,
    },
    /// The settings of the service that made the interface.
    Service {
        /// The interface.
        id: Id,
        /// What people call it.
        name: String,
    },
}

/// Where a group has to be written, each place once.
pub fn attachments(network: &Network, planned: &PlannedGroup) -> Vec<Attachment> {
    let ids = planned.members.iter().chain(&planned.makers);
    let interfaces = ids.filter_map(|id| network.model().network_interfaces.ix(id.as_str()));
    let mut all: Vec<Attachment> = interfaces.flat_map(|interface| places(network, interface)).collect();
    all.sort();
    all.dedup();
    all
}

/// Where a group has to be written so that an interface has it, and what takes its place.
pub(super) fn places(network: &Network, interface: Ix<NetworkInterface>) -> Vec<Attachment> {
    let launched = network.model().auto_scaling_groups.iter().filter(|(group, _)| {
        let members = network.resolved().members_of_asg(*group);
        members.contains(&interface)
    });
    let launched = launched
        .map(|(_, noun)| Attachment::Launch { group: noun.name().unwrap_or(noun.id.as_str()).to_owned() });
    launched.chain(of_interface(network, interface)).collect()
}

fn of_interface(network: &Network, ix: Ix<NetworkInterface>) -> Option<Attachment> {
    let model = network.model();
    let noun = model.network_interfaces.at(ix);
    if let Some(balancer) = network.resolved().load_balancer_of(ix) {
        let balancer = model.load_balancers.at(balancer);
        let (id, kind) = (balancer.id.clone(), balancer.kind);
        let name = balancer.name().unwrap_or(balancer.id.as_str()).to_owned();
        return Some(Attachment::LoadBalancer { id, name, kind });
    }
    if noun.stand_in.is_some() {
        return None;
    }
    let own = |endpoint: &&VpcEndpoint| endpoint.network_interfaces.contains(&noun.id);
    let name = name_of(network, ix);
    if let Some(endpoint) = model.vpc_endpoints.values().find(own) {
        return Some(Attachment::Endpoint { id: endpoint.id.clone(), name });
    }
    let id = noun.id.clone();
    Some(match noun.interface_type {
        InterfaceType::Interface => Attachment::Interface { id, name },
        _ => Attachment::Service { id, name },
    })
}
