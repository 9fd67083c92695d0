//! The plan carried out: namespaces, links and rules, then machines: there is no moment at which packets pass that rules
//! would stop.

mod apply;
mod change;
mod connect;
mod fabric;
mod gateway;
mod host;
mod names;
mod nat_gateway;
mod nodes;
mod router;
mod transit_gateway;
mod up;
mod wiring;
mod world;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use engine::Network;
use ipnet::IpNet;
use rayon::prelude::*;

use crate::error::LabError;
use crate::links::Via;
use crate::numbers::Numbers;
use crate::ruleset::{Compiled, Rulesets};
use crate::state::{HostState, State};
use crate::topology::{HostPlan, Plan};

use wiring::Wired;

pub use change::Before;
pub use names::Names;
pub(crate) use wiring::WIRING;
pub use wiring::Wiring;

/// Indices of links, so that nobody has to look one up: of interfaces' and subnets' by number, and of others.
pub(crate) const FIRST_INTERFACE: u32 = 100_000;
pub(crate) const FIRST_SUBNET: u32 = 1_000;
const FIRST_PEERING: u32 = 10_000;
const FIRST_ATTACHED: u32 = 20_000;
const FIRST_GATEWAY_PEERING: u32 = 40_000;
const FIRST_NAT: u32 = 60_000;
const FIRST_NOWHERE: u32 = 100;
const TO_GATEWAY: u32 = 50;
const TO_ROUTER: u32 = 51;
const TO_EGRESS_ONLY: u32 = 53;
const FIRST_OF_HOST: u32 = 2;

/// A lab that is to come up.
pub struct Lab<'n> {
    network: &'n Network,
    plan: Plan,
    rules: Rulesets,
    names: Names,
    numbers: Numbers,
    check_interval: Option<Duration>,
}

impl<'n> Lab<'n> {
    /// Plans the lab of a network; nothing is made. What has numbers keeps them.
    ///
    /// # Errors
    /// If the network is too large for one.
    pub fn plan(network: &'n Network, name: &str, numbers: &Numbers) -> Result<Lab<'n>, LabError> {
        Lab::plan_after(network, name, numbers, &Compiled::default())
    }

    /// The same, where an earlier plan's rules are at hand: only gates that are others now are compiled.
    ///
    /// # Errors
    /// If the network is too large for one.
    pub fn plan_after(
        network: &'n Network,
        name: &str,
        numbers: &Numbers,
        before: &Compiled,
    ) -> Result<Lab<'n>, LabError> {
        let mut numbers = numbers.clone();
        let plan = Plan::new(network, &mut numbers.places)?;
        let rules = Rulesets::new(network, &plan, &mut numbers, before)?;
        // A router that is gone has no routing tables; one that comes back begins with the first.
        let vpcs = plan.vpcs.iter().map(|plan| network.model().vpcs.at(plan.vpc).id.as_str());
        let routing = vpcs.chain(plan.ways.transit_gateways.iter().map(|plan| plan.id.as_str()));
        let routing: HashSet<&str> = routing.collect();
        numbers.routes.retain(|id, _| routing.contains(&**id));
        Ok(Lab { network, plan, rules, names: Names::new(name), numbers, check_interval: None })
    }

    /// The network that it is of.
    pub fn network(&self) -> &'n Network {
        self.network
    }

    /// Its plan.
    pub fn topology(&self) -> &Plan {
        &self.plan
    }

    /// Its rules.
    pub fn rules(&self) -> &Rulesets {
        &self.rules
    }

    /// What a later plan need not compile again.
    pub fn into_compiled(self) -> Compiled {
        self.rules.compiled
    }

    /// Its numbers.
    pub fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// The names of its namespaces.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What is written down of it.
    pub fn state(&self, inputs: Vec<PathBuf>) -> State {
        let hosts = self.plan.hosts.iter().map(|host| {
            let nouns = host.interfaces.iter();
            let nouns: Vec<_> =
                nouns.map(|&(_, ix)| self.network.model().network_interfaces.at(ix)).collect();
            let public = nouns.iter().flat_map(|noun| &noun.addresses).filter_map(|address| address.public);
            HostState {
                id: host.id.clone(),
                name: host.name.clone(),
                interfaces: nouns.iter().map(|noun| noun.id.to_string()).collect(),
                namespace: self.names.host(host.number).name().to_owned(),
                down: host.down.clone(),
                is_node: host.balancer.is_some(),
                addresses: nouns.iter().flat_map(|noun| noun.own_addresses()).collect(),
                public: public.map(IpAddr::V4).collect(),
            }
        });
        State {
            name: self.names.lab.clone(),
            complete: false,
            inputs,
            fingerprint: self.fingerprint(),
            shape: self.shape(),
            numbers: self.numbers.clone(),
            namespaces: self.names.all(&self.plan).iter().map(|one| one.name().to_owned()).collect(),
            hosts: hosts.collect(),
            world: self.names.world().name().to_owned(),
            not_carried: self.plan.not_carried.clone(),
            assumed: self.plan.assumed.clone(),
            check_interval: self.check_interval,
        }
    }

    /// A number that changes with the rules and the routes.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for rules in &self.rules.vpcs {
            (&rules.fabric, &rules.router, &rules.gateway, &rules.routes).hash(&mut hasher);
        }
        for rules in &self.rules.transit_gateways {
            (&rules.table, &rules.routes).hash(&mut hasher);
        }
        self.rules.nat_gateways.hash(&mut hasher);
        self.rules.world.hash(&mut hasher);
        self.nodes(None).hash(&mut hasher);
        hasher.finish()
    }

    /// A number that changes with the machines, their interfaces and addresses, and with subnets and VPCs.
    pub fn shape(&self) -> u64 {
        let of_host = |host: &HostPlan| number_of(&(self.host(host), &host.id, &host.name, &host.down));
        let of_hosts = || self.plan.hosts.par_iter().map(of_host).collect::<Vec<_>>();
        number_of(&rayon::join(|| number_of(&self.forwarding()), of_hosts))
    }

    /// What connects it.
    pub fn wiring(&self) -> Wiring {
        let mut all = self.forwarding();
        all.extend(self.plan.hosts.iter().map(|host| self.host(host)));
        Wiring(all)
    }

    /// What connects what forwards packets.
    fn forwarding(&self) -> Vec<Wired> {
        let mut world = self.world();
        let mut of_vpcs = Vec::new();
        for (at, vpc) in self.plan.vpcs.iter().enumerate() {
            of_vpcs.extend([self.fabric(vpc), self.router(at, vpc)]);
            if vpc.has_edge() {
                of_vpcs.push(self.gateway(at, vpc, &mut world));
            }
        }
        let mut all = vec![world];
        all.extend(of_vpcs);
        let transit = self.plan.ways.transit_gateways.iter().enumerate();
        all.extend(transit.map(|(at, plan)| self.transit_gateway(at, plan)));
        all.extend(self.plan.ways.nat_gateways.iter().map(|nat| self.nat_gateway(nat)));
        all
    }
}

/// A number that changes with something.
fn number_of(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// The name of an interface's end in its machine.
fn device(number: u32) -> String {
    format!("eth{number}")
}

fn index(first: u32, number: u32) -> u32 {
    first.saturating_add(number)
}

/// The default routes of both families.
fn both(table: u32, via: Via) -> [(u32, IpNet, Via); 2] {
    [IpNet::V4(ipnet::Ipv4Net::default()), IpNet::V6(ipnet::Ipv6Net::default())]
        .map(|block| (table, block, via))
}
