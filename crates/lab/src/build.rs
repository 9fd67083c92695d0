//! The plan carried out: namespaces, rules, then links. Rules come first, so that there is no moment at which packets
//! pass that they would stop.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::path::PathBuf;
use std::thread;

use engine::Network;
use ipnet::IpNet;

use crate::error::LabError;
use crate::links::{End, LOOPBACK, Links, MAIN, Netlink, Via};
use crate::namespace::{Namespace, make, set};
use crate::ruleset::{Generation, NOWHERE, Next, Rulesets, nowhere_link, tables};
use crate::state::{HostState, State};
use crate::topology::{Plan, VpcPlan, interface_link, public_addresses, subnet_link, world_addresses};

/// Indices of links, so that nobody has to look one up: of interfaces' and subnets' by position, and of others.
pub(crate) const FIRST_INTERFACE: u32 = 100_000;
pub(crate) const FIRST_SUBNET: u32 = 1_000;
const FIRST_NOWHERE: u32 = 100;
const FIRST_OF_WORLD: u32 = 1_000;
const TO_GATEWAY: u32 = 50;
const TO_ROUTER: u32 = 51;
const TO_WORLD: u32 = 52;
const FIRST_OF_HOST: u32 = 2;
/// The first routing table for what a host sends from interfaces beside its first.
const FIRST_TABLE_OF_HOST: u32 = 1_000;

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
/// What is not known is judged by the rules, packet by packet: no packet from the middle of a connection begins one (S1.38,
/// S1.46).
const NO_PICK_UP: (&str, &str) = ("netfilter/nf_conntrack_tcp_loose", "0");

/// How long a fabric knows idle flows where no interface says otherwise: [`engine::facts::IDLE_TIMEOUTS`] (S1.43).
fn idle_timeouts() -> [(&'static str, String); 3] {
    let (tcp, stream, udp) = engine::facts::IDLE_TIMEOUTS;
    [
        ("netfilter/nf_conntrack_tcp_timeout_established", tcp.to_string()),
        ("netfilter/nf_conntrack_udp_timeout_stream", stream.to_string()),
        ("netfilter/nf_conntrack_udp_timeout", udp.to_string()),
    ]
}
/// The world may also send from any address.
const IS_EVERYBODY: [(&str, &str); 2] = [("ipv4/ip_nonlocal_bind", "1"), ("ipv6/ip_nonlocal_bind", "1")];
/// What machines with several interfaces need. Others go without: the kernel finds a setting the more slowly the more
/// namespaces there are.
const HAS_SEVERAL: [(&str, &str); 2] =
    [("ipv4/conf/all/rp_filter", "0"), ("ipv4/conf/default/rp_filter", "0")];

/// The names of a lab's namespaces.
#[derive(Debug, Clone)]
pub struct Names {
    lab: String,
}

impl Names {
    /// Of a lab.
    pub fn new(lab: &str) -> Names {
        Names { lab: lab.to_owned() }
    }

    fn of(&self, kind: char, number: usize) -> Namespace {
        Namespace::new(format!("{}-{kind}{}", self.lab, number + 1))
    }

    /// The fabric of the VPC at a position.
    pub fn fabric(&self, vpc: usize) -> Namespace {
        self.of('f', vpc)
    }

    /// Its router.
    pub fn router(&self, vpc: usize) -> Namespace {
        self.of('r', vpc)
    }

    /// Its internet gateway.
    pub fn gateway(&self, vpc: usize) -> Namespace {
        self.of('g', vpc)
    }

    /// The machine at a position.
    pub fn host(&self, host: usize) -> Namespace {
        self.of('h', host)
    }

    /// The internet.
    pub fn world(&self) -> Namespace {
        Namespace::new(format!("{}-world", self.lab))
    }

    fn is_host(&self, namespace: &Namespace) -> bool {
        namespace.name().starts_with(&format!("{}-h", self.lab))
    }

    fn all(&self, plan: &Plan) -> Vec<Namespace> {
        let vpcs = plan.vpcs.iter().enumerate().flat_map(|(at, vpc)| {
            let gateway = vpc.gateway.then(|| self.gateway(at));
            [self.fabric(at), self.router(at)].into_iter().chain(gateway)
        });
        let hosts = (0..plan.hosts.len()).map(|at| self.host(at));
        vpcs.chain(hosts).chain([self.world()]).collect()
    }
}

/// A lab that is to come up.
pub struct Lab<'n> {
    network: &'n Network,
    plan: Plan,
    rules: Rulesets,
    names: Names,
    generation: Generation,
}

impl<'n> Lab<'n> {
    /// Plans the lab of a network; nothing is made.
    ///
    /// # Errors
    /// If the network is too large for one.
    pub fn plan(network: &'n Network, name: &str, generation: Generation) -> Result<Lab<'n>, LabError> {
        let plan = Plan::new(network)?;
        let rules = Rulesets::new(network, &plan, generation);
        Ok(Lab { network, plan, rules, names: Names::new(name), generation })
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
            generation: self.generation,
            namespaces: self.names.all(&self.plan).iter().map(|one| one.name().to_owned()).collect(),
            hosts: hosts.collect(),
            world: self.names.world().name().to_owned(),
            not_carried: self.plan.not_carried.clone(),
        }
    }

    /// A number that changes with the rules and the routes.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for (vpc, rules) in self.plan.vpcs.iter().zip(&self.rules.vpcs) {
            (&rules.fabric, &rules.router, &rules.gateway).hash(&mut hasher);
            tables(self.network, vpc, self.generation).hash(&mut hasher);
        }
        self.rules.world.hash(&mut hasher);
        hasher.finish()
    }

    /// A number that changes with the machines, their interfaces and addresses, and with subnets and VPCs.
    pub fn shape(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let model = self.network.model();
        for vpc in &self.plan.vpcs {
            let noun = model.vpcs.at(vpc.vpc);
            (noun.id.as_str(), &noun.cidrs, vpc.gateway).hash(&mut hasher);
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
        hasher.finish()
    }

    /// Brings it up. Its state has to be written down before.
    ///
    /// # Errors
    /// If something could not be made; what was made is in the state.
    pub fn up(&self) -> Result<(), LabError> {
        make(&self.names.all(&self.plan))?;
        self.names.world().load(&self.rules.world)?;
        for (at, rules) in self.rules.vpcs.iter().enumerate() {
            self.names.fabric(at).load(&rules.fabric)?;
            self.names.router(at).load(&rules.router)?;
            if let Some(gateway) = &rules.gateway {
                self.names.gateway(at).load(gateway)?;
            }
        }
        apart(|| {
            let netlink = Netlink::new()?;
            self.world(&netlink)?;
            for (at, vpc) in self.plan.vpcs.iter().enumerate() {
                self.fabric(&netlink, at, vpc)?;
                self.router(&netlink, at, vpc)?;
                if vpc.gateway {
                    self.gateway(&netlink, at, vpc)?;
                }
            }
            (0..self.plan.hosts.len()).try_for_each(|at| self.host(&netlink, at))?;
            let forwarding = self.names.all(&self.plan).into_iter().filter(|one| !self.names.is_host(one));
            forwarding.into_iter().try_for_each(|namespace| netlink.within(&namespace)?.ready())
        })
    }

    fn world(&self, netlink: &Netlink) -> Result<(), LabError> {
        let links = netlink.within(&self.names.world())?;
        set(&FORWARDS)?;
        set(&IS_EVERYBODY)?;
        links.up(&[LOOPBACK])?;
        for address in world_addresses(self.network).into_iter().flatten() {
            links.address(LOOPBACK, IpNet::from(address))?;
        }
        links.routes(&both(MAIN, Via::Here))
    }

    fn fabric(&self, netlink: &Netlink, at: usize, vpc: &VpcPlan) -> Result<(), LabError> {
        let links = netlink.within(&self.names.fabric(at))?;
        set(&FORWARDS)?;
        set(&[NO_PICK_UP])?;
        set(&idle_timeouts().each_ref().map(|(name, seconds)| (*name, seconds.as_str())))?;
        let router = self.names.router(at).open()?;
        let mut marks = Vec::new();
        let mut routes = Vec::new();
        for (position, (table, _)) in tables(self.network, vpc, Generation::First).into_iter().enumerate() {
            let end = End { name: subnet_link(position), index: index(FIRST_SUBNET, position) };
            links.pair(&end, &end, Some(&router))?;
            routes.extend(both(table, Via::Link(end.index)));
            marks.push(table);
        }
        for (position, plan) in vpc.interfaces.iter().enumerate() {
            let here = End { name: interface_link(position), index: index(FIRST_INTERFACE, position) };
            let of_host = self.plan.hosts.get(plan.host).map_or(&[][..], |host| &host.interfaces);
            let device = of_host.iter().position(|interface| *interface == plan.interface).unwrap_or(0);
            let there = End { name: plan.device.clone(), index: index(FIRST_OF_HOST, device) };
            links.pair(&here, &there, Some(&self.names.host(plan.host).open()?))?;
            let noun = self.network.model().network_interfaces.at(plan.interface);
            let own = noun.own_addresses().map(IpNet::from).chain(noun.prefixes.iter().copied());
            routes.extend(own.map(|block| (MAIN, block, Via::Link(here.index))));
        }
        nowhere(&links, 1)?;
        routes.extend(both(MAIN, Via::Link(FIRST_NOWHERE)));
        links.routes(&routes)?;
        links.rules(&marks)
    }

    fn router(&self, netlink: &Netlink, at: usize, vpc: &VpcPlan) -> Result<(), LabError> {
        let links = netlink.within(&self.names.router(at))?;
        set(&FORWARDS)?;
        let subnets: Vec<u32> = (0..vpc.subnets.len()).map(|at| index(FIRST_SUBNET, at)).collect();
        links.up(&subnets)?;
        nowhere(&links, NOWHERE.len())?;
        if vpc.gateway {
            let here = End { name: "g0".into(), index: TO_GATEWAY };
            let there = End { name: "r0".into(), index: TO_ROUTER };
            links.pair(&here, &there, Some(&self.names.gateway(at).open()?))?;
        }
        let mut routes: Vec<_> = both(MAIN, Via::Link(FIRST_NOWHERE)).into();
        for (&subnet, &link) in vpc.subnets.iter().zip(&subnets) {
            let blocks = &self.network.model().subnets.at(subnet).cidrs;
            routes.extend(blocks.iter().map(|&block| (MAIN, block, Via::Link(link))));
        }
        links.routes(&routes)?;
        links.routes(&self.routes_of(vpc))?;
        let both = [Generation::First, Generation::Second];
        let marks = both.map(|generation| tables(self.network, vpc, generation));
        links.rules(&marks.iter().flatten().map(|(table, _)| *table).collect::<Vec<_>>())
    }

    /// The routes of a VPC's route tables, in the routing tables of this generation.
    fn routes_of(&self, vpc: &VpcPlan) -> Vec<(u32, IpNet, Via)> {
        let via = |next: Next| match next {
            Next::Local => Via::NextTable,
            Next::Gateway => Via::Link(TO_GATEWAY),
            Next::Nowhere(stage) => {
                let at = NOWHERE.iter().position(|other| *other == stage);
                Via::Link(index(FIRST_NOWHERE, at.unwrap_or(0)))
            }
        };
        let tables = tables(self.network, vpc, self.generation);
        let routes = tables
            .iter()
            .flat_map(|(table, blocks)| blocks.iter().map(move |&(block, next)| (*table, block, via(next))));
        routes.collect()
    }

    /// Puts this lab's rules and routes into force in a lab that is up and has the same machines. All namespaces' rules
    /// are checked before any is changed; each is changed in one transaction. Connections that groups keep track of go
    /// on, whatever their rules say now (S1.37).
    ///
    /// # Errors
    /// If the kernel refuses something: then the rules that were in force are in force again.
    pub fn apply(&self) -> Result<(), LabError> {
        let mut changes = vec![(self.names.world(), self.rules.world.clone())];
        for (at, rules) in self.rules.vpcs.iter().enumerate() {
            let fabric = self.names.fabric(at);
            let known = fabric.known_flows()?;
            changes.push((fabric, rules.fabric_with(&known)));
            changes.push((self.names.router(at), rules.router.clone()));
            changes.extend(rules.gateway.iter().map(|rules| (self.names.gateway(at), rules.clone())));
        }
        for (namespace, rules) in &changes {
            namespace.check(rules)?;
        }
        for (at, vpc) in self.plan.vpcs.iter().enumerate() {
            // Nobody uses these tables yet.
            let routes = self.routes_of(vpc);
            let tables: Vec<u32> =
                tables(self.network, vpc, self.generation).iter().map(|(table, _)| *table).collect();
            let work = || {
                let netlink = Netlink::new()?;
                let links = netlink.within(&self.names.router(at))?;
                links.clear(&tables)?;
                links.routes(&routes)
            };
            apart(work)?;
        }
        let mut before = Vec::new();
        for (namespace, rules) in &changes {
            before.push((namespace, namespace.rules()?));
            if let Err(error) = namespace.load(rules) {
                for (namespace, rules) in before {
                    namespace.load(&rules)?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn gateway(&self, netlink: &Netlink, at: usize, vpc: &VpcPlan) -> Result<(), LabError> {
        let blocks = &self.network.model().vpcs.at(vpc.vpc).cidrs;
        let links = netlink.within(&self.names.gateway(at))?;
        set(&FORWARDS)?;
        links.up(&[TO_ROUTER])?;
        let here = End { name: "w0".into(), index: TO_WORLD };
        let there = End { name: format!("v{}", at + 1), index: index(FIRST_OF_WORLD, at) };
        links.pair(&here, &there, Some(&self.names.world().open()?))?;
        let mut routes: Vec<_> = both(MAIN, Via::Link(TO_WORLD)).into();
        routes.extend(blocks.iter().map(|&block| (MAIN, block, Via::Link(TO_ROUTER))));
        links.routes(&routes)?;

        let links = netlink.within(&self.names.world())?;
        links.up(&[there.index])?;
        let public = public_addresses(self.network, vpc).map(|(public, _)| IpNet::from(IpAddr::V4(public)));
        let reached = public.chain(blocks.iter().copied().filter(|block| matches!(block, IpNet::V6(_))));
        links.routes(&reached.map(|block| (MAIN, block, Via::Link(there.index))).collect::<Vec<_>>())
    }

    fn host(&self, netlink: &Netlink, at: usize) -> Result<(), LabError> {
        let Some(host) = self.plan.hosts.get(at) else { return Ok(()) };
        let links = netlink.within(&self.names.host(at))?;
        if host.interfaces.len() > 1 {
            set(&HAS_SEVERAL)?;
        }
        let indices: Vec<u32> = (0..host.interfaces.len()).map(|at| index(FIRST_OF_HOST, at)).collect();
        links.without_own_addresses(&indices)?;
        let all: Vec<u32> = indices.iter().copied().chain([LOOPBACK]).collect();
        links.up(&all)?;
        for (position, (&interface, &link)) in host.interfaces.iter().zip(&indices).enumerate() {
            let noun = self.network.model().network_interfaces.at(interface);
            let table = if position == 0 { MAIN } else { index(FIRST_TABLE_OF_HOST, position) };
            for address in noun.own_addresses() {
                links.address(link, IpNet::from(address))?;
                if position > 0 {
                    links.source_rule(address, table)?;
                }
            }
            links.routes(&both(table, Via::Link(link)))?;
        }
        Ok(())
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
