//! The plan carried out: namespaces, links and rules, then machines: there is no moment at which packets pass that rules
//! would stop.

mod apply;
mod fabric;
mod gateway;
mod host;
mod names;
mod nat_gateway;
mod nodes;
mod router;
mod transit_gateway;
mod world;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use engine::Network;
use ipnet::IpNet;

use crate::error::LabError;
use crate::links::{End, Links, Netlink, Via};
use crate::namespace::make;
use crate::numbers::Numbers;
use crate::ruleset::{Compiled, NOWHERE, Rulesets, nowhere_link};
use crate::state::{HostState, State};
use crate::topology::Plan;

pub use names::Names;

/// Indices of links, so that nobody has to look one up: of interfaces' and subnets' by position, and of others.
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

/// What forwards packets for others and says nothing itself.
const FORWARDS: [(&str, &str); 9] = [
    ("ipv4/ip_forward", "1"),
    ("ipv6/conf/all/forwarding", "1"),
    ("ipv4/conf/all/rp_filter", "0"),
    ("ipv4/conf/default/rp_filter", "0"),
    ("ipv4/conf/all/send_redirects", "0"),
    ("ipv4/conf/default/send_redirects", "0"),
    ("ipv4/conf/all/accept_local", "1"),
    ("ipv6/conf/default/addr_gen_mode", "1"),
    ("ipv6/conf/default/accept_dad", "0"),
];

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
        let plan = Plan::new(network)?;
        let rules = Rulesets::new(network, &plan, &mut numbers, before)?;
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
        let hosts = self.plan.hosts.iter().enumerate().map(|(at, host)| {
            let nouns: Vec<_> =
                host.interfaces.iter().map(|&ix| self.network.model().network_interfaces.at(ix)).collect();
            let public = nouns.iter().flat_map(|noun| &noun.addresses).filter_map(|address| address.public);
            HostState {
                id: host.id.clone(),
                name: host.name.clone(),
                interfaces: nouns.iter().map(|noun| noun.id.to_string()).collect(),
                namespace: self.names.host(at).name().to_owned(),
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
        let mut hasher = DefaultHasher::new();
        let model = self.network.model();
        for vpc in &self.plan.vpcs {
            let noun = model.vpcs.at(vpc.vpc);
            (noun.id.as_str(), &noun.cidrs, vpc.gateway, vpc.egress_only).hash(&mut hasher);
            for subnet in vpc.subnets.iter().map(|&ix| model.subnets.at(ix)) {
                (subnet.id.as_str(), &subnet.cidrs).hash(&mut hasher);
            }
            for plan in &vpc.interfaces {
                let noun = model.network_interfaces.at(plan.interface);
                let public: Vec<_> = noun.addresses.iter().map(|address| address.public).collect();
                (noun.id.as_str(), plan.host, plan.subnet, &plan.device, public).hash(&mut hasher);
                (noun.own_addresses().collect::<Vec<_>>(), &noun.prefixes).hash(&mut hasher);
            }
        }
        self.plan.hosts.iter().for_each(|host| (&host.id, &host.down).hash(&mut hasher));
        let ways = &self.plan.ways;
        ways.transit_gateways.hash(&mut hasher);
        ways.peerings.iter().for_each(|plan| plan.vpcs.hash(&mut hasher));
        for plan in &ways.attached {
            let attachment = &model.transit_gateway_attachments.at(plan.attachment).id;
            (attachment, plan.gateway, plan.vpc, plan.subnet).hash(&mut hasher);
        }
        ways.gateway_peerings.iter().for_each(|plan| plan.gateways.hash(&mut hasher));
        for plan in &ways.nat_gateways {
            let id = &model.nat_gateways.at(plan.gateway).id;
            (id, plan.vpc, plan.subnet, plan.private, plan.public).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Brings it up. Its state has to be written down before.
    ///
    /// # Errors
    /// If something could not be made; what was made is in the state.
    pub fn up(&self) -> Result<(), LabError> {
        let namespaces = self.names.all(&self.plan);
        make(&namespaces)?;
        self.prepare_nodes()?;
        let (tell, linked) = mpsc::channel();
        let given_up = |_| Err(LabError::State("making links was given up".into()));
        thread::scope(|scope| {
            let links = scope.spawn(move || self.links(tell));
            let machines = scope.spawn(move || self.machines(linked));
            links.join().unwrap_or_else(given_up).and(machines.join().unwrap_or_else(given_up))
        })?;
        let forwarding = namespaces.iter().filter(|one| !self.names.is_host(one));
        apart(|| {
            let netlink = Netlink::new()?;
            forwarding.into_iter().try_for_each(|namespace| netlink.within(namespace)?.ready())
        })
    }

    /// Makes every link. Each machine whose links are there is told of.
    fn links(&self, tell: Sender<usize>) -> Result<(), LabError> {
        let netlink = Netlink::new()?;
        self.world(&netlink)?;
        for (at, vpc) in self.plan.vpcs.iter().enumerate() {
            self.fabric(&netlink, at, vpc, &tell)?;
            self.router(&netlink, at, vpc)?;
            if vpc.has_edge() {
                self.gateway(&netlink, at, vpc)?;
            }
        }
        (0..self.rules.transit_gateways.len()).try_for_each(|at| self.transit_gateway(&netlink, at))?;
        (0..self.rules.nat_gateways.len()).try_for_each(|at| self.nat_gateway(&netlink, at))
    }

    /// Puts the rules into force, and then brings machines up, so that nothing is sent that rules would stop.
    fn machines(&self, linked: Receiver<usize>) -> Result<(), LabError> {
        self.tables().try_for_each(|(namespace, table)| apply::begin(&namespace, &table))?;
        let netlink = Netlink::new()?;
        linked.into_iter().try_for_each(|at| self.host(&netlink, at))
    }
}

/// Does something on a thread of its own, which may move through namespaces.
fn apart<T: Send>(work: impl FnOnce() -> Result<T, LabError> + Send) -> Result<T, LabError> {
    thread::scope(|scope| {
        let given_up = |_| Err(LabError::State("making links was given up".into()));
        scope.spawn(work).join().unwrap_or_else(given_up)
    })
}

/// Links for packets that lead nowhere: what is dropped has to have somewhere to go, for the rules to say so.
fn nowhere(links: &Links<'_>, count: usize) -> Result<(), LabError> {
    for (position, &stage) in NOWHERE.iter().take(count).enumerate() {
        let here = End { name: nowhere_link(stage), index: index(FIRST_NOWHERE, position) };
        let there =
            End { name: format!("y{position}"), index: index(FIRST_NOWHERE, position + NOWHERE.len()) };
        links.pair(&here, &there, None)?;
        links.up(&[there.index])?;
    }
    Ok(())
}

fn index(first: u32, position: usize) -> u32 {
    first.saturating_add(u32::try_from(position).unwrap_or(u32::MAX))
}

/// The default routes of both families.
fn both(table: u32, via: Via) -> [(u32, IpNet, Via); 2] {
    [IpNet::V4(ipnet::Ipv4Net::default()), IpNet::V6(ipnet::Ipv6Net::default())]
        .map(|block| (table, block, via))
}
