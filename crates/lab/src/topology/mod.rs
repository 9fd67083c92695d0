//! What the lab is made of, as data: which namespaces, which links between them, whose addresses. Nothing is made here.
//!
//! ```text
//! host ── eth0 ── e1 ┐                 ┌ g0 ── r0 gateway w0 ── v1 ┐
//! host ── eth0 ── e2 ┤ fabric ── s1 ── router                      world
//! host ── eth0 ── e3 ┘        └─ s2 ──┘ │ │ └ n1 ── r0 NAT gateway  │
//!                                       │ └ t1 ── t1 transit gateway t2 ── another router
//!                                       └ p1 ── p1 another router
//! ```
//!
//! A fabric and a router a VPC, so that VPCs may have the same blocks. Every packet crosses the fabric twice, once from
//! its sender's interface and once to its receiver's: egress and ingress are two gates, and each interface has its own
//! connection tracking (S1.30). The router tracks nothing (S2.13).

mod limits;
mod ways;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use engine::Network;
use ipnet::IpNet;
use model::{Instance, InstanceState, InterfaceType, Ix, LoadBalancer, NetworkInterface, Noun, Subnet, Vpc};

use crate::error::LabError;
use crate::places::Places;
use crate::proxy::{self, Remarks};

pub use ways::{
    AttachedSubnet, GatewayPeeringPlan, NatPlan, PeeringPlan, TransitGatewayPlan, Ways, attached_link,
    gateway_peering_link, nat_link, peering_link,
};

/// Everything that is brought up.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The VPCs that hosts or subnets are in.
    pub vpcs: Vec<VpcPlan>,
    /// Instances, and interfaces that no instance has.
    pub hosts: Vec<HostPlan>,
    /// What joins VPCs and what translates for them.
    pub ways: Ways,
    /// What the network has and the lab does not carry, in words.
    pub not_carried: Vec<String>,
    /// What the export does not say and the lab does in some way, in words.
    pub assumed: Vec<String>,
}

/// A VPC: its fabric, its router, its internet gateway.
#[derive(Debug, Clone)]
pub struct VpcPlan {
    /// Which.
    pub vpc: Ix<Vpc>,
    /// Its number, by which its namespaces are called.
    pub number: u32,
    /// Its subnets.
    pub subnets: Vec<SubnetPlan>,
    /// Its interfaces.
    pub interfaces: Vec<InterfacePlan>,
    /// Whether it has an internet gateway.
    pub gateway: bool,
    /// Whether it has an egress-only internet gateway, which is in the same namespace.
    pub egress_only: bool,
    /// Whether anybody in it may have an address of IPv6.
    pub ipv6: bool,
}

/// A subnet and its place.
#[derive(Debug, Clone)]
pub struct SubnetPlan {
    /// Which.
    pub subnet: Ix<Subnet>,
    /// Its number in the VPC: the link of number `n` is `s<n + 1>`.
    pub number: u32,
}

/// An interface and its place.
#[derive(Debug, Clone)]
pub struct InterfacePlan {
    /// Which.
    pub interface: Ix<NetworkInterface>,
    /// Its number in the VPC: the link of number `n` is `e<n + 1>`, and `n + 1` is its zone of connection tracking.
    pub number: u32,
    /// The position of its subnet in the VPC's.
    pub subnet: usize,
    /// The position of its host.
    pub host: usize,
    /// Its number in the host: there it is `eth<n>`.
    pub device: u32,
    /// Whether its instance runs (S9.4).
    pub running: bool,
}

/// A namespace that stands for a machine.
#[derive(Debug, Clone)]
pub struct HostPlan {
    /// The instance's id, or the interface's where no instance has it.
    pub id: String,
    /// The name that people use, if it has one.
    pub name: Option<String>,
    /// Why it is down, if it is.
    pub down: Option<String>,
    /// The load balancer that it is a node of, if it is one.
    pub balancer: Option<Ix<LoadBalancer>>,
    /// Its number, by which its namespace is called.
    pub number: u32,
    /// Its interfaces and their numbers in it, which ascend.
    pub interfaces: Vec<(u32, Ix<NetworkInterface>)>,
}

impl VpcPlan {
    /// Whether something of it leads to the internet.
    pub fn has_edge(&self) -> bool {
        self.gateway || self.egress_only
    }
}

/// The name of an interface's link in the fabric.
pub fn interface_link(number: u32) -> String {
    format!("e{}", zone(number))
}

/// The name of a subnet's link, in the fabric and in the router.
pub fn subnet_link(number: u32) -> String {
    format!("s{}", number.saturating_add(1))
}

/// The zone of an interface's connection tracking, which is 16 bits wide.
pub fn zone(number: u32) -> u32 {
    number.saturating_add(1)
}

impl Plan {
    /// Plans the lab of a network. What has numbers keeps them.
    ///
    /// # Errors
    /// If there are, or have been since the lab came up, more interfaces in a VPC than zones of connection tracking, or more
    /// links of a kind than numbers for them.
    pub fn new(network: &Network, places: &mut Places) -> Result<Plan, LabError> {
        places.renew(|places| Plan::numbered(network, places))
    }

    fn numbered(network: &Network, places: &mut Places) -> Result<Plan, LabError> {
        let mut plan = Plan::default();
        let model = network.model();
        for (vpc, noun) in model.vpcs.iter() {
            let subnets = model.subnets.iter().filter(|(_, subnet)| subnet.vpc == noun.id);
            let subnets = subnets.map(|(subnet, noun)| {
                let number = places.within(noun.vpc.as_str()).subnets.number(noun.id.as_str());
                SubnetPlan { subnet, number }
            });
            let subnets: Vec<_> = subnets.collect();
            if subnets.is_empty() {
                continue;
            }
            let number = places.vpcs.number(noun.id.as_str());
            let gateway = network.resolved().internet_gateway_of(&noun.id).is_some();
            let mut egress_only = model.egress_only_internet_gateways.values();
            let egress_only = egress_only.any(|gateway| gateway.vpc.as_ref() == Some(&noun.id));
            let interfaces = Vec::new();
            let ipv6 = has_ipv6(network, noun);
            plan.vpcs.push(VpcPlan { vpc, number, subnets, interfaces, gateway, egress_only, ipv6 });
        }
        plan.ways = Ways::of(network, &plan.vpcs, places);
        plan.hosts.reserve(model.network_interfaces.len());
        let mut machines = HashMap::new();
        for (interface, noun) in model.network_interfaces.iter() {
            match stands_for_a_host(network, interface) {
                Ok(()) => plan.add(network, interface, &mut machines, places),
                Err(reason) => plan.not_carried.extend(reason.map(|what| format!("{what} `{}`", noun.id))),
            }
        }
        plan.hosts.iter_mut().for_each(|host| host.interfaces.sort_unstable());
        plan.fits(network)?;
        plan.not_carried.extend(crate::carried::routes(network, &plan));
        let Remarks { not_carried, assumed } = proxy::remarks(network);
        plan.not_carried.extend(not_carried);
        plan.assumed.extend(assumed);
        Ok(plan)
    }

    fn add(
        &mut self,
        network: &Network,
        interface: Ix<NetworkInterface>,
        machines: &mut HashMap<Ix<Instance>, usize>,
        places: &mut Places,
    ) {
        let model = network.model();
        let noun = model.network_interfaces.at(interface);
        let Some(vpc) = self.vpcs.iter_mut().find(|vpc| model.vpcs.at(vpc.vpc).id == noun.vpc) else {
            return;
        };
        let subnet = network.resolved().subnet_of(interface);
        let Some(subnet) = vpc.subnets.iter().position(|of_vpc| Some(of_vpc.subnet) == subnet) else {
            return;
        };
        let of_instance = network.resolved().instance_of(interface);
        let instance = of_instance.map(|ix| model.instances.at(ix));
        let id = instance.map_or(noun.id.to_string(), |instance| instance.id.to_string());
        let down = instance.and_then(|instance| match &instance.state {
            InstanceState::Running => None,
            InstanceState::Down(state) | InstanceState::Unknown(state) => Some(state.to_string()),
        });
        let running = down.is_none();
        let device = places.devices(&id).number(&format!("{} {}", noun.vpc, noun.id));
        let within = &mut places.within(noun.vpc.as_str()).interfaces;
        let number = within.number(&format!("{} {id}", noun.id));
        let host = match of_instance.and_then(|ix| machines.get(&ix)) {
            Some(&host) => host,
            None => {
                let balancer = network.resolved().load_balancer_of(interface);
                let name = match (instance, balancer) {
                    (Some(instance), _) => instance.name(),
                    (None, Some(balancer)) => model.load_balancers.at(balancer).name(),
                    (None, None) => noun.name(),
                };
                let name = name.map(str::to_owned);
                let number = places.hosts.number(&id);
                self.hosts.push(HostPlan { id, name, down, balancer, number, interfaces: Vec::new() });
                let host = self.hosts.len() - 1;
                machines.extend(of_instance.map(|ix| (ix, host)));
                host
            }
        };
        if let Some(machine) = self.hosts.get_mut(host) {
            machine.interfaces.push((device, interface));
            vpc.interfaces.push(InterfacePlan { interface, number, subnet, host, device, running });
        }
    }

    /// Where an interface is: the position of its VPC, and its own in there.
    pub fn place_of(&self, interface: Ix<NetworkInterface>) -> Option<(usize, usize)> {
        self.vpcs.iter().enumerate().find_map(|(position, vpc)| {
            let within = vpc.interfaces.iter().position(|plan| plan.interface == interface)?;
            Some((position, within))
        })
    }
}

/// Whether anybody in a VPC may have an address of IPv6.
fn has_ipv6(network: &Network, vpc: &Vpc) -> bool {
    let model = network.model();
    let subnets =
        model.subnets.values().filter(|subnet| subnet.vpc == vpc.id).flat_map(|subnet| &subnet.cidrs);
    let nouns = model.network_interfaces.values().filter(|noun| noun.vpc == vpc.id);
    let mut all = vpc.cidrs.iter().chain(subnets).copied().chain(nouns.flat_map(own_blocks));
    all.any(|block| matches!(block, IpNet::V6(_)))
}

/// Whether an interface is a machine's; else what it is instead, where that is not carried.
fn stands_for_a_host(network: &Network, interface: Ix<NetworkInterface>) -> Result<(), Option<String>> {
    let noun = network.model().network_interfaces.at(interface);
    let other = |what: &str| Err(Some(what.to_owned()));
    if noun.stand_in.is_some() {
        return other("the address, which the export lacks, of");
    }
    let balancer = network.resolved().load_balancer_of(interface);
    if balancer.map_or(noun.description.starts_with("ELB "), |balancer| !proxy::has_node(network, balancer)) {
        return other("the load balancer's node");
    }
    if network.resolved().subnet_of(interface).is_none() {
        return other("the export lacks the subnet of interface");
    }
    match &noun.interface_type {
        InterfaceType::Interface => Ok(()),
        // What has it is carried, or is named itself where a route leads to it.
        InterfaceType::NatGateway | InterfaceType::TransitGateway => Err(None),
        InterfaceType::NetworkLoadBalancer | InterfaceType::GatewayLoadBalancer => {
            other("the load balancer's node")
        }
        InterfaceType::GatewayLoadBalancerEndpoint | InterfaceType::VpcEndpoint => {
            other("the endpoint's interface")
        }
        InterfaceType::Lambda => other("the function's interface"),
        InterfaceType::InstanceConnectEndpoint => other("the Instance Connect Endpoint's interface"),
        InterfaceType::Other(kind) => Err(Some(format!("the interface of type `{kind}`"))),
    }
}

/// The addresses of an interface, and the prefixes that are delegated to it.
pub(crate) fn own_blocks(noun: &NetworkInterface) -> impl Iterator<Item = IpNet> + '_ {
    noun.own_addresses().map(IpNet::from).chain(noun.prefixes.iter().copied())
}

/// The public addresses of the interfaces and NAT gateways of the VPC at a position, each with the private one that its
/// gateway puts in its place (S3.14, S3.21).
pub fn public_addresses<'n>(
    network: &'n Network,
    plan: &'n Plan,
    vpc: usize,
) -> impl Iterator<Item = (Ipv4Addr, Ipv4Addr)> + 'n {
    let interfaces = plan.vpcs.get(vpc).into_iter().flat_map(|vpc| &vpc.interfaces);
    let nouns = interfaces.map(|plan| network.model().network_interfaces.at(plan.interface));
    let of_hosts = nouns.flat_map(|noun| &noun.addresses);
    let of_hosts = of_hosts.filter_map(|address| Some((address.public?, address.private)));
    let translating = plan.ways.nat_gateways_of(vpc).filter_map(|nat| Some((nat.public?, nat.private)));
    of_hosts.chain(translating)
}

/// The addresses that the world's own host has: the first of these documentation blocks (RFC 5737, RFC 3849) that nobody
/// in the network holds.
pub fn world_addresses(network: &Network) -> [Option<IpAddr>; 2] {
    let v4 = [(203, 0, 113), (198, 51, 100), (192, 0, 2)]
        .into_iter()
        .flat_map(|(a, b, c)| (1..=254).map(move |last| Ipv4Addr::new(a, b, c, last)));
    let held = |address: &Ipv4Addr| {
        let by_interface = network.resolved().public_holder(*address).is_some();
        by_interface || network.held_by_nobody().iter().any(|block| block.contains(&IpAddr::V4(*address)))
    };
    let blocks = || network.model().vpcs.values().flat_map(|vpc| &vpc.cidrs);
    let v6 = (0..=0xffff_u16).rev().map(|group| Ipv6Addr::new(0x2001, 0xdb8, group, 0, 0, 0, 0, 1));
    let free = |address: &IpAddr| !blocks().any(|block| block.contains(address));
    [v4.filter(|address| !held(address)).map(IpAddr::V4).find(free), v6.map(IpAddr::V6).find(free)]
}
