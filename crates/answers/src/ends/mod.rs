//! Who a question speaks of: its words resolved to interfaces of the network and addresses beyond it.

mod aws;
mod names;
mod resolve;

use model::{Holder, Ix, NatGateway, NetworkInterface, Noun, VpcEndpoint};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Field, Region, Set, address_range};

pub(crate) use aws::{AwsEnd, ends_of_service};
pub use names::Names;
pub use resolve::resolve;
pub(crate) use resolve::{beyond, block, internet, resolve_even_nobody};

use std::net::IpAddr;

use engine::Network;
use ipnet::IpNet;

/// An interface of the network as an end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Held {
    /// The interface and its address inside the VPC.
    pub holder: Holder,
    /// Whether the question names it by its public address.
    pub by_public: bool,
}

/// A set of ends. A name stands for the primary addresses of its interfaces, a block for all that lie in it.
#[derive(Debug, Clone, Default)]
pub struct EndSet {
    /// Interfaces, each with one address; no two alike.
    pub held: Vec<Held>,
    /// Addresses that no interface of the network holds.
    pub outside: Outside,
    /// AWS services, by their names: where they are depends on the client's VPC.
    pub aws: Vec<String>,
    /// What is named but not modelled, in words: an answer that needs it is undecided.
    pub unmodelled: Vec<String>,
}

/// Addresses beyond the network, of both families, as sets on the remote axis.
#[derive(Debug, Default)]
pub struct Outside {
    sets: Diagrams,
    v4: Option<Set>,
    v6: Option<Set>,
}

impl Clone for Outside {
    fn clone(&self) -> Self {
        let mut copy = Outside::default();
        for family in [Family::V4, Family::V6] {
            for range in self.ranges(family) {
                copy.add(family, &Region::FULL.remote(range));
            }
        }
        copy
    }
}

impl Outside {
    fn set(&self, family: Family) -> Set {
        match family {
            Family::V4 => self.v4.unwrap_or(Set::EMPTY),
            Family::V6 => self.v6.unwrap_or(Set::EMPTY),
        }
    }

    fn put(&mut self, family: Family, set: Set) {
        match family {
            Family::V4 => self.v4 = Some(set),
            Family::V6 => self.v6 = Some(set),
        }
    }

    fn add(&mut self, family: Family, region: &Region) {
        let region = self.sets.region(region);
        let set = self.sets.union(self.set(family), region);
        self.put(family, set);
    }

    /// Adds a block.
    pub fn add_block(&mut self, block: IpNet) {
        self.add(Family::of(block.addr()), &Region::FULL.remote(address_range(block)));
    }

    /// Takes away a block.
    pub fn remove_block(&mut self, block: IpNet) {
        let family = Family::of(block.addr());
        let region = self.sets.region(&Region::FULL.remote(address_range(block)));
        let set = self.sets.subtract(self.set(family), region);
        self.put(family, set);
    }

    /// The addresses of a family, as sorted disjoint ranges.
    pub fn ranges(&self, family: Family) -> Vec<std::ops::RangeInclusive<u128>> {
        self.sets.ranges(self.set(family), Field::Remote)
    }

    /// Whether there is none of either family.
    pub fn is_empty(&self) -> bool {
        [Family::V4, Family::V6].into_iter().all(|family| self.set(family) == Set::EMPTY)
    }

    /// Combines with another set by an operation on each family.
    pub(crate) fn combine(
        mut self,
        other: &Outside,
        operation: fn(&mut Diagrams, Set, Set) -> Set,
    ) -> Outside {
        for family in [Family::V4, Family::V6] {
            let mut theirs = Set::EMPTY;
            for range in other.ranges(family) {
                let region = self.sets.region(&Region::FULL.remote(range));
                theirs = self.sets.union(theirs, region);
            }
            let ours = self.set(family);
            let set = operation(&mut self.sets, ours, theirs);
            self.put(family, set);
        }
        self
    }
}

impl EndSet {
    fn one(held: Held) -> EndSet {
        EndSet { held: vec![held], ..EndSet::default() }
    }

    /// Whether it names nobody and nothing.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.outside.is_empty() && self.aws.is_empty() && self.unmodelled.is_empty()
    }

    pub(crate) fn union(self, other: EndSet) -> EndSet {
        EndSet::union_of([self, other])
    }

    /// What is in any of some sets.
    pub(crate) fn union_of(sets: impl IntoIterator<Item = EndSet>) -> EndSet {
        let mut sets = sets.into_iter();
        let mut all = sets.next().unwrap_or_default();
        // Groups have tens of thousands of members.
        let mut seen: FxHashSet<Held> = FxHashSet::default();
        for set in sets {
            if !set.held.is_empty() {
                if seen.is_empty() {
                    seen.extend(&all.held);
                }
                all.held.extend(set.held.into_iter().filter(|held| seen.insert(*held)));
            }
            if !set.outside.is_empty() {
                all.outside = all.outside.combine(&set.outside, Diagrams::union);
            }
            all.aws.extend(set.aws);
            all.unmodelled.extend(set.unmodelled);
        }
        all
    }

    pub(crate) fn intersection(mut self, other: &EndSet) -> EndSet {
        let theirs = other.holders();
        self.held.retain(|held| theirs.contains(&held.holder));
        self.outside = self.outside.combine(&other.outside, Diagrams::intersect);
        self.aws.retain(|service| other.aws.contains(service));
        self.unmodelled.retain(|reason| other.unmodelled.contains(reason));
        self
    }

    pub(crate) fn difference(mut self, other: &EndSet) -> EndSet {
        let theirs = other.holders();
        self.held.retain(|held| !theirs.contains(&held.holder));
        self.outside = self.outside.combine(&other.outside, Diagrams::subtract);
        self.aws.retain(|service| !other.aws.contains(service));
        self.unmodelled.retain(|reason| !other.unmodelled.contains(reason));
        self
    }

    /// Who is in it, by whichever address the words name them: `* - lb` is without the load balancer's nodes.
    pub(crate) fn holders(&self) -> FxHashSet<Holder> {
        self.held.iter().map(|held| held.holder).collect()
    }
}

/// An address as answers show it; of a public one that nobody knows, whose it is.
pub(crate) fn shown_address(network: &Network, address: IpAddr) -> String {
    match (address, model::is_unknown_public(address)) {
        (IpAddr::V4(public), true) => match network.resolved().public_holder(public) {
            Some(holder) => format!("the public address of {}", name_of(network, holder.interface)),
            None => address.to_string(),
        },
        _ => address.to_string(),
    }
}

/// The Lambda function that an interface is for, by its description: `AWS Lambda VPC ENI-NAME-UUID` (`mem`).
pub(crate) fn function_of(interface: &NetworkInterface) -> Option<&str> {
    const UUID: usize = "-00000000-0000-0000-0000-000000000000".len();
    let rest = interface.description.strip_prefix("AWS Lambda VPC ENI-")?;
    rest.get(..rest.len().checked_sub(UUID)?).filter(|name| !name.is_empty())
}

/// See [`engine::reach::is_end`].
pub(crate) fn is_end(network: &Network, interface: Ix<NetworkInterface>) -> bool {
    engine::reach::is_end(network.model().network_interfaces.at(interface))
}

/// What people call an interface: its own name, its instance's, its load balancer's or endpoint's, else its id.
pub fn name_of(network: &Network, interface: Ix<NetworkInterface>) -> String {
    let device = |noun: &NetworkInterface| {
        let model = network.model();
        let translates = |gateway: &&NatGateway| {
            gateway.addresses.iter().any(|address| address.network_interface.as_ref() == Some(&noun.id))
        };
        if let Some(gateway) = model.nat_gateways.values().find(translates) {
            return Some(Device::NatGateway(gateway));
        }
        let own = |endpoint: &&VpcEndpoint| endpoint.network_interfaces.contains(&noun.id);
        model.vpc_endpoints.values().find(own).map(Device::Endpoint)
    };
    called(network, interface, device)
}

/// What people call an interface, for whoever asks of many.
pub(crate) fn name_with(
    network: &Network,
    interface: Ix<NetworkInterface>,
    devices: &DeviceNames<'_>,
) -> String {
    called(network, interface, |noun| devices.0.get(noun.id.as_str()).copied())
}

/// The gateways and endpoints that interfaces are of.
pub(crate) struct DeviceNames<'n>(FxHashMap<&'n str, Device<'n>>);

impl<'n> DeviceNames<'n> {
    pub(crate) fn of(network: &'n Network) -> DeviceNames<'n> {
        let model = network.model();
        let mut devices = FxHashMap::default();
        for endpoint in model.vpc_endpoints.values() {
            for id in &endpoint.network_interfaces {
                devices.entry(id.as_str()).or_insert(Device::Endpoint(endpoint));
            }
        }
        for gateway in model.nat_gateways.values() {
            for id in gateway.addresses.iter().filter_map(|address| address.network_interface.as_ref()) {
                devices.insert(id.as_str(), Device::NatGateway(gateway));
            }
        }
        DeviceNames(devices)
    }
}

/// What an interface without a name belongs to.
#[derive(Debug, Clone, Copy)]
enum Device<'n> {
    NatGateway(&'n NatGateway),
    Endpoint(&'n VpcEndpoint),
}

fn called<'n>(
    network: &'n Network,
    interface: Ix<NetworkInterface>,
    device: impl FnOnce(&'n NetworkInterface) -> Option<Device<'n>>,
) -> String {
    let model = network.model();
    let noun = model.network_interfaces.at(interface);
    let instance = network.resolved().instance_of(interface).map(|ix| model.instances.at(ix));
    let balancer = network.resolved().load_balancer_of(interface);
    // A node that the export lacks is called like its load balancer, as would be all others of it.
    let of_balancer = balancer.map(|ix| model.load_balancers.at(ix));
    let of_balancer = of_balancer.map(|noun| noun.name().unwrap_or(noun.id.as_str()));
    let own = noun.name().filter(|own| of_balancer != Some(*own));
    if let Some(own) = instance.and_then(|instance| instance.name()).or(own) {
        return own.to_owned();
    }
    if let Some(function) = function_of(noun) {
        return function.to_owned();
    }
    let subnet = network.resolved().subnet_of(interface).map(|ix| model.subnets.at(ix));
    let place = || subnet.map_or(noun.subnet.as_str(), |subnet| subnet.name().unwrap_or(subnet.id.as_str()));
    if let Some(balancer) = balancer {
        let balancer = model.load_balancers.at(balancer);
        return format!("{} in {}", balancer.name().unwrap_or(balancer.id.as_str()), place());
    }
    match device(noun) {
        Some(Device::NatGateway(gateway)) => gateway.name().unwrap_or(gateway.id.as_str()).to_owned(),
        Some(Device::Endpoint(endpoint)) => {
            format!("{} in {}", endpoint.name().unwrap_or(&endpoint.service_name), place())
        }
        None => noun.id.to_string(),
    }
}
