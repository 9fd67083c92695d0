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

mod ways;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use engine::Network;
use model::{Instance, InstanceState, InterfaceType, Ix, LoadBalancer, NetworkInterface, Noun, Subnet, Vpc};

use crate::error::LabError;
use crate::proxy::{self, Remarks};

pub use ways::{
    AttachedSubnet, GatewayPeeringPlan, NatPlan, PeeringPlan, Ways, attached_link, gateway_peering_link,
    nat_link, peering_link,
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
    /// Its subnets; the link of the one at position `n` is `s<n + 1>`.
    pub subnets: Vec<Ix<Subnet>>,
    /// Its interfaces; the link of the one at position `n` is `e<n + 1>`, and `n + 1` is its zone of connection tracking.
    pub interfaces: Vec<InterfacePlan>,
    /// Whether it has an internet gateway.
    pub gateway: bool,
    /// Whether it has an egress-only internet gateway, which is in the same namespace.
    pub egress_only: bool,
}

/// An interface and its place.
#[derive(Debug, Clone)]
pub struct InterfacePlan {
    /// Which.
    pub interface: Ix<NetworkInterface>,
    /// The position of its subnet in the VPC's.
    pub subnet: usize,
    /// The position of its host.
    pub host: usize,
    /// Its name inside the host.
    pub device: String,
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
    /// Its interfaces.
    pub interfaces: Vec<Ix<NetworkInterface>>,
}

impl VpcPlan {
    /// Whether something of it leads to the internet.
    pub fn has_edge(&self) -> bool {
        self.gateway || self.egress_only
    }
}

/// The name of an interface's link in the fabric.
pub fn interface_link(position: usize) -> String {
    format!("e{}", position + 1)
}

/// The name of a subnet's link, in the fabric and in the router.
pub fn subnet_link(position: usize) -> String {
    format!("s{}", position + 1)
}

/// The zone of an interface's connection tracking, which is 16 bits wide.
pub fn zone(position: usize) -> usize {
    position + 1
}

impl Plan {
    /// Plans the lab of a network.
    ///
    /// # Errors
    /// If a VPC has more interfaces than there are zones of connection tracking.
    pub fn new(network: &Network) -> Result<Plan, LabError> {
        let mut plan = Plan::default();
        let model = network.model();
        for (vpc, noun) in model.vpcs.iter() {
            let subnets = model.subnets.iter().filter(|(_, subnet)| subnet.vpc == noun.id);
            let subnets: Vec<_> = subnets.map(|(ix, _)| ix).collect();
            if subnets.is_empty() {
                continue;
            }
            let gateway = network.resolved().internet_gateway_of(&noun.id).is_some();
            let mut egress_only = model.egress_only_internet_gateways.values();
            let egress_only = egress_only.any(|gateway| gateway.vpc.as_ref() == Some(&noun.id));
            plan.vpcs.push(VpcPlan { vpc, subnets, interfaces: Vec::new(), gateway, egress_only });
        }
        plan.ways = Ways::of(network, &plan.vpcs);
        let mut machines = HashMap::new();
        for (interface, noun) in model.network_interfaces.iter() {
            match stands_for_a_host(network, interface) {
                Ok(()) => plan.add(network, interface, &mut machines)?,
                Err(reason) => plan.not_carried.extend(reason.map(|what| format!("{what} `{}`", noun.id))),
            }
        }
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
    ) -> Result<(), LabError> {
        /// What 16 bits hold, but for the zone of everything else.
        const MOST: usize = 65_535;
        let model = network.model();
        let noun = model.network_interfaces.at(interface);
        let of_instance = network.resolved().instance_of(interface);
        let instance = of_instance.map(|ix| model.instances.at(ix));
        let id = instance.map_or(noun.id.to_string(), |instance| instance.id.to_string());
        let down = instance.and_then(|instance| match &instance.state {
            InstanceState::Running => None,
            InstanceState::Down(state) | InstanceState::Unknown(state) => Some(state.to_string()),
        });
        let running = down.is_none();
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
                self.hosts.push(HostPlan { id, name, down, balancer, interfaces: Vec::new() });
                let host = self.hosts.len() - 1;
                machines.extend(of_instance.map(|ix| (ix, host)));
                host
            }
        };
        let Some(vpc) = self.vpcs.iter_mut().find(|vpc| model.vpcs.at(vpc.vpc).id == noun.vpc) else {
            return Ok(());
        };
        let subnet = network.resolved().subnet_of(interface);
        let subnet = vpc.subnets.iter().position(|&of_vpc| Some(of_vpc) == subnet);
        let (Some(subnet), Some(machine)) = (subnet, self.hosts.get_mut(host)) else { return Ok(()) };
        let device = format!("eth{}", machine.interfaces.len());
        machine.interfaces.push(interface);
        vpc.interfaces.push(InterfacePlan { interface, subnet, host, device, running });
        if vpc.interfaces.len() > MOST {
            let id = &noun.vpc;
            return Err(LabError::TooLarge(format!(
                "VPC `{id}` has more than {MOST} interfaces, which is how many zones of connection tracking there are"
            )));
        }
        Ok(())
    }

    /// Where an interface is: the position of its VPC, and its own in there.
    pub fn place_of(&self, interface: Ix<NetworkInterface>) -> Option<(usize, usize)> {
        self.vpcs.iter().enumerate().find_map(|(position, vpc)| {
            let within = vpc.interfaces.iter().position(|plan| plan.interface == interface)?;
            Some((position, within))
        })
    }
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
    let translating = plan.ways.nat_gateways_of(vpc).filter_map(|(_, nat)| Some((nat.public?, nat.private)));
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
