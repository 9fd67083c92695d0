//! Which resources a name, an id or a pattern means.

use std::cell::OnceCell;
use std::net::IpAddr;

use engine::Network;
use model::{
    AutoScalingGroup, Id, Instance, Ix, LoadBalancer, NetworkInterface, Noun, Other, PrefixList,
    SecurityGroup, Subnet, Table, TargetGroup, Vpc, VpcEndpoint, VpcPeeringConnection,
};
use rustc_hash::FxHashMap;

use super::EndSet;

/// A resource that a name can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Instance(Ix<Instance>),
    Interface(Ix<NetworkInterface>),
    SecurityGroup(Ix<SecurityGroup>),
    Subnet(Ix<Subnet>),
    Vpc(Ix<Vpc>),
    PrefixList(Ix<PrefixList>),
    Endpoint(Ix<VpcEndpoint>),
    Peering(Ix<VpcPeeringConnection>),
    LoadBalancer(Ix<LoadBalancer>),
    TargetGroup(Ix<TargetGroup>),
    AutoScalingGroup(Ix<AutoScalingGroup>),
    Other(Ix<Other>),
}

impl Named {
    /// The word that a selector for it begins with, if there is one, its kind in words, and its id.
    pub(crate) fn describe(self, network: &Network) -> (Option<&'static str>, &'static str, Id) {
        let model = network.model();
        match self {
            Named::Instance(ix) => (Some("i"), "instance", model.instances.at(ix).id.clone()),
            Named::Interface(ix) => {
                (Some("eni"), "network interface", model.network_interfaces.at(ix).id.clone())
            }
            Named::SecurityGroup(ix) => {
                (Some("sg"), "security group", model.security_groups.at(ix).id.clone())
            }
            Named::Subnet(ix) => (Some("subnet"), "subnet", model.subnets.at(ix).id.clone()),
            Named::Vpc(ix) => (Some("vpc"), "VPC", model.vpcs.at(ix).id.clone()),
            Named::PrefixList(ix) => (Some("pl"), "prefix list", model.prefix_lists.at(ix).id.clone()),
            Named::Endpoint(ix) => (None, "VPC endpoint", model.vpc_endpoints.at(ix).id.clone()),
            Named::Peering(ix) => {
                (None, "VPC peering connection", model.vpc_peering_connections.at(ix).id.clone())
            }
            Named::LoadBalancer(ix) => {
                let noun = model.load_balancers.at(ix);
                (Some("lb"), noun.kind.words(), noun.id.clone())
            }
            Named::TargetGroup(ix) => (Some("tg"), "target group", model.target_groups.at(ix).id.clone()),
            Named::AutoScalingGroup(ix) => {
                (Some("asg"), "Auto Scaling group", model.auto_scaling_groups.at(ix).id.clone())
            }
            Named::Other(ix) => (None, model.others.at(ix).kind.words(), model.others.at(ix).id.clone()),
        }
    }
}

/// The names of a network. Built when the first name is looked up: questions by address need none.
pub struct Names<'n> {
    pub(crate) network: &'n Network,
    /// What `me` means, as the user said.
    pub(crate) me: Option<IpAddr>,
    index: OnceCell<FxHashMap<String, Vec<Named>>>,
    /// Names that the intent gives: they go before those of the network.
    defined: FxHashMap<String, EndSet>,
}

impl<'n> Names<'n> {
    /// The names of a network, and the address that `me` stands for: nothing is looked up anywhere.
    pub fn new(network: &'n Network, me: Option<IpAddr>) -> Names<'n> {
        Names { network, me, index: OnceCell::new(), defined: FxHashMap::default() }
    }

    /// Everything that an exact name or id means.
    pub(crate) fn exactly(&self, name: &str) -> &[Named] {
        self.index().get(name).map_or(&[], Vec::as_slice)
    }

    /// Gives ends a name.
    pub(crate) fn define(&mut self, name: &str, ends: EndSet) {
        self.defined.insert(name.to_owned(), ends);
    }

    /// The ends that were given a name.
    pub(crate) fn defined(&self, name: &str) -> Option<&EndSet> {
        self.defined.get(name)
    }

    /// All names, for 'did you mean'.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.defined.keys().chain(self.index().keys()).map(String::as_str)
    }

    fn index(&self) -> &FxHashMap<String, Vec<Named>> {
        self.index.get_or_init(|| {
            let model = self.network.model();
            let mut index: FxHashMap<String, Vec<Named>> = FxHashMap::default();
            add(&mut index, &model.instances, Named::Instance);
            add(&mut index, &model.network_interfaces, Named::Interface);
            add(&mut index, &model.security_groups, Named::SecurityGroup);
            add(&mut index, &model.subnets, Named::Subnet);
            add(&mut index, &model.vpcs, Named::Vpc);
            add(&mut index, &model.prefix_lists, Named::PrefixList);
            add(&mut index, &model.vpc_endpoints, Named::Endpoint);
            add(&mut index, &model.vpc_peering_connections, Named::Peering);
            add(&mut index, &model.load_balancers, Named::LoadBalancer);
            add(&mut index, &model.target_groups, Named::TargetGroup);
            add(&mut index, &model.auto_scaling_groups, Named::AutoScalingGroup);
            add(&mut index, &model.others, Named::Other);
            for (ix, balancer) in model.load_balancers.iter() {
                if let Some(name) = &balancer.dns_name {
                    index.entry(name.to_string()).or_default().push(Named::LoadBalancer(ix));
                }
            }
            for (ix, group) in model.security_groups.iter() {
                // A group has a name of its own beside the tag.
                if let Some(name) = &group.name {
                    let entry = index.entry(name.clone()).or_default();
                    if !entry.contains(&Named::SecurityGroup(ix)) {
                        entry.push(Named::SecurityGroup(ix));
                    }
                }
            }
            index
        })
    }
}

fn add<T: Noun>(index: &mut FxHashMap<String, Vec<Named>>, table: &Table<T>, named: fn(Ix<T>) -> Named) {
    for (ix, noun) in table.iter() {
        index.entry(noun.id().to_string()).or_default().push(named(ix));
        if let Some(name) = noun.name().filter(|name| *noun.id() != **name) {
            index.entry(name.to_owned()).or_default().push(named(ix));
        }
    }
}
