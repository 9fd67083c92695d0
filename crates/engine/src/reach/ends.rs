//! The ends of connections, class by class: interfaces that no rule, route or device can tell apart.
//!
//! Three grains, each finer than the one before. A *site* is all that the routes of a walk can tell: where an end is,
//! what it is, in which state. A *cohort* is ends of one site, in one subnet, that no network ACL tells apart and whose
//! groups let the same out: what a server's own groups do not tell apart either, it answers alike. A *class* is ends of
//! a cohort with the same groups and the same address as far as any rule can see: what is proved of one holds for all.

use std::mem::{Discriminant, discriminant};
use std::net::IpAddr;

use ipnet::IpNet;
use model::{
    Association, BlockMode, Destination, Holder, Id, InstanceState, InterfaceType, Ix, LoadBalancer,
    LoadBalancerType, NetworkAcl, NetworkInterface, Peer, RouteTable, SecurityGroup, Subnet, TargetGroup,
    TargetType, VpcEndpoint,
};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Family, address_range};

use super::cuts::Cuts;
use super::profile::{ProfileIx, Profiles};
use crate::ephemeral::{ClientKind, kind_of};
use crate::facts::{NOT_ON_THE_INTERNET, NOT_ROUTABLE};
use crate::walk::{stands_for, zone};
use crate::{Network, Seen};

/// The position of a class in [`Ends::classes`].
pub type ClassIx = u32;
/// The position of a cohort in [`Ends::cohorts`].
pub type CohortIx = u32;
/// What the routes of a walk can tell of an end.
pub(super) type Site = u32;

/// Ends that nothing can tell apart.
#[derive(Debug, Clone)]
pub struct Class {
    /// Their addresses' family.
    pub family: Family,
    /// Them: interfaces with one address each.
    pub members: Vec<Holder>,
    /// Their cohort.
    pub cohort: CohortIx,
    /// Their groups.
    pub groups: Vec<Ix<SecurityGroup>>,
    /// What routes can tell of them as servers.
    pub(super) site: Site,
    /// Whether and how they send on what is asked of them.
    pub(super) sends_on: Option<SendsOn>,
}

/// What sends on what is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SendsOn {
    /// A node of a load balancer, to the targets of that.
    Node(Ix<LoadBalancer>),
    /// An endpoint, or a node of a load balancer whose targets are other load balancers.
    Further,
}

/// Classes in one subnet that only their groups, as others name them, and rules of security groups tell apart.
#[derive(Debug, Clone)]
pub struct Cohort {
    /// Their addresses' family.
    pub family: Family,
    /// Them.
    pub classes: Vec<ClassIx>,
    /// Their subnet, if the export has it.
    pub subnet: Option<Ix<Subnet>>,
    /// The kind of client that they are.
    pub kind: &'static ClientKind,
    /// What routes can tell of them as clients.
    pub(super) site: Site,
    /// The VPC, by a number of its own.
    pub(super) vpc: u32,
    /// The lowest and the highest address, as values of the remote axis.
    pub(super) span: (u128, u128),
}

/// All ends of a network.
#[derive(Debug)]
pub struct Ends {
    /// The classes.
    pub classes: Vec<Class>,
    /// The cohorts.
    pub cohorts: Vec<Cohort>,
    /// The cohorts of each VPC whose rules let something out by address.
    pub(super) of_vpc: Vec<Vec<CohortIx>>,
    /// The cohorts whose rules let nothing out by address, by the groups that they name.
    pub(super) naming: FxHashMap<Ix<SecurityGroup>, Vec<CohortIx>>,
    /// The classes that have a group.
    pub(super) of_group: FxHashMap<Ix<SecurityGroup>, Vec<ClassIx>>,
    /// The classes that have a group which the export lacks, and which rules may name all the same.
    pub(super) lacking: FxHashSet<ClassIx>,
    /// The classes of each interface, one a family.
    pub(super) of_interface: Vec<Vec<ClassIx>>,
    /// Interfaces that routes name.
    pub(super) routed: FxHashSet<Ix<NetworkInterface>>,
    /// Interfaces of which nobody knows the address (S4.1).
    pub(super) stand_ins: FxHashSet<Ix<NetworkInterface>>,
    /// Interfaces that others' packets pass or that load balancers pick.
    pub(super) devices: FxHashSet<Ix<NetworkInterface>>,
    /// The load balancers that an interface is a target of.
    pub(super) targeted: FxHashMap<Ix<NetworkInterface>, Vec<Ix<LoadBalancer>>>,
    /// Whether Gateway Load Balancers hand packets on the way to some of these.
    pub(super) inspects: bool,
    /// Subnets in which something is that packets of others pass.
    pub(super) hosting: FxHashSet<Ix<Subnet>>,
    vpcs: FxHashMap<Id, u32>,
}

/// A subnet as far as routes can tell; itself where something that packets of others pass is in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    vpc: u32,
    table: Option<Ix<RouteTable>>,
    acl: Option<Ix<NetworkAcl>>,
    zone: Option<Id>,
    block_public_access: Option<BlockMode>,
    itself: Option<Ix<Subnet>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SiteKey {
    place: u32,
    /// Between which blocks of routes the address is.
    position: u32,
    public: Option<u32>,
    interface_type: Discriminant<InterfaceType>,
    stands_for: Option<&'static str>,
    filtered: bool,
    state: Option<InstanceState>,
    deny_all_igw_traffic: bool,
    incomplete: bool,
    /// Interfaces of one host reach each other without leaving it (S12.11).
    instance: Option<Id>,
    /// What is like nobody else: a stand-in, an appliance that routes name.
    identity: Option<Ix<NetworkInterface>>,
    /// As servers: whose node it is.
    load_balancer: Option<Ix<LoadBalancer>>,
    endpoint: Option<Ix<VpcEndpoint>>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CohortKey {
    family: Family,
    site: Site,
    subnet: Option<Ix<Subnet>>,
    kind: &'static str,
    egress: ProfileIx,
    /// Between which blocks of network ACLs the addresses are.
    positions: (u32, u32),
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ClassKey {
    cohort: CohortIx,
    site: Site,
    groups: Vec<Ix<SecurityGroup>>,
    /// A group that the export lacks is known by its id only.
    missing: Vec<Id>,
    /// Between which blocks of security groups the addresses are.
    positions: (u32, u32),
    /// Registered targets and other devices: load balancers can tell them apart.
    device: Option<Ix<NetworkInterface>>,
}

/// Whether connections begin or end at an interface: at those of gateways, which carry the packets of others, none do
/// (S3.22, S12.7).
pub fn is_end(interface: &NetworkInterface) -> bool {
    use InterfaceType::{GatewayLoadBalancer, GatewayLoadBalancerEndpoint, NatGateway, TransitGateway};
    !matches!(
        interface.interface_type,
        NatGateway | TransitGateway | GatewayLoadBalancer | GatewayLoadBalancerEndpoint
    )
}

/// The addresses that a name stands for: the primary one of IPv4 and the first one of IPv6.
pub fn primary_addresses(interface: &NetworkInterface) -> impl Iterator<Item = IpAddr> {
    let v4 = interface.primary().map(IpAddr::V4);
    v4.into_iter().chain(interface.ipv6.first().map(|address| IpAddr::V6(*address)))
}

impl Ends {
    /// The ends of a network by all addresses of interfaces, and not only by those that a name stands for.
    pub fn of_all_addresses(network: &Network) -> Ends {
        let profiles = Profiles::of(network, &|_| true);
        Ends::without_classes(network).by(network, &profiles, |_| true, |noun| noun.own_addresses().collect())
    }

    /// The same with the interfaces in some VPCs, by the addresses that a name stands for.
    pub(super) fn with_profiles(
        self,
        network: &Network,
        profiles: &Profiles,
        looked: impl Fn(Ix<NetworkInterface>) -> bool,
    ) -> Ends {
        self.by(network, profiles, looked, |noun| primary_addresses(noun).collect())
    }

    fn by(
        self,
        network: &Network,
        profiles: &Profiles,
        looked: impl Fn(Ix<NetworkInterface>) -> bool,
        addresses: fn(&NetworkInterface) -> Vec<IpAddr>,
    ) -> Ends {
        let mut gathered = Gathered::new(network, profiles, self);
        let interfaces =
            network.model().network_interfaces.iter().filter(|(interface, _)| looked(*interface));
        for (interface, noun) in interfaces.filter(|(_, noun)| is_end(noun)) {
            for address in addresses(noun) {
                gathered.add(Holder { interface, address });
            }
        }
        let mut ends = gathered.ends;
        for cohort in 0..u32::try_from(ends.cohorts.len()).unwrap_or(u32::MAX) {
            ends.list(cohort, profiles);
        }
        ends
    }

    /// What there is to know of a network before its interfaces are looked at.
    pub(super) fn without_classes(network: &Network) -> Ends {
        let model = network.model();
        let mut vpcs: FxHashMap<Id, u32> = FxHashMap::default();
        for id in model.vpcs.values().map(|vpc| &vpc.id) {
            number(&mut vpcs, id.clone());
        }
        for id in model.network_interfaces.values().map(|noun| &noun.vpc) {
            if !vpcs.contains_key(id) {
                number(&mut vpcs, id.clone());
            }
        }
        let interfaces = model.network_interfaces.iter();
        Ends {
            classes: Vec::new(),
            cohorts: Vec::new(),
            of_vpc: vec![Vec::new(); vpcs.len()],
            naming: FxHashMap::default(),
            of_group: FxHashMap::default(),
            lacking: FxHashSet::default(),
            of_interface: vec![Vec::new(); model.network_interfaces.len()],
            routed: routed(network),
            stand_ins: interfaces.filter(|(_, noun)| noun.stand_in.is_some()).map(|(ix, _)| ix).collect(),
            devices: devices(network),
            targeted: targeted(network),
            inspects: model.load_balancers.values().any(|noun| noun.kind == LoadBalancerType::Gateway),
            hosting: hosting(network),
            vpcs,
        }
    }

    /// A class.
    pub fn class(&self, ix: ClassIx) -> Option<&Class> {
        self.classes.get(ix as usize)
    }

    /// A cohort.
    pub fn cohort(&self, ix: CohortIx) -> Option<&Cohort> {
        self.cohorts.get(ix as usize)
    }

    /// Whether the way from an interface to a server may be its own: it may be sent on to the interface itself.
    pub(super) fn has_own_way(&self, client: Ix<NetworkInterface>, server: &Class) -> bool {
        let targeted = |by| self.targeted.get(&client).is_some_and(|all| all.contains(&by));
        let to_it = match server.sends_on {
            None => self.inspects && self.devices.contains(&client),
            Some(SendsOn::Further) => self.devices.contains(&client),
            Some(SendsOn::Node(by)) => targeted(by) || self.inspects && self.devices.contains(&client),
        };
        to_it || self.routed.contains(&client)
    }

    /// All that routes can tell of a class, as a server and as a client: the ways between two classes are those between
    /// all others with the same numbers.
    pub fn sites_of(&self, class: &Class) -> (u32, Option<u32>) {
        (class.site, self.cohort(class.cohort).map(|cohort| cohort.site))
    }

    /// The number of a VPC.
    pub(super) fn vpc(&self, id: &Id) -> Option<u32> {
        self.vpcs.get(id).copied()
    }

    /// The cohort of a class.
    pub fn cohort_of(&self, class: ClassIx) -> Option<CohortIx> {
        self.class(class).map(|class| class.cohort)
    }

    /// The classes of an interface: one of each family that it has an address of.
    pub fn classes_of(&self, interface: Ix<NetworkInterface>) -> &[ClassIx] {
        self.of_interface.get(interface.position()).map_or(&[], Vec::as_slice)
    }
}

/// The ends found so far, and what tells them apart.
struct Gathered<'n> {
    network: &'n Network,
    profiles: &'n Profiles,
    ends: Ends,
    routes: Cuts,
    lists: Cuts,
    groups: Cuts,
    endpoints: FxHashMap<Ix<NetworkInterface>, Ix<VpcEndpoint>>,
    /// Interfaces of hosts that have several.
    sharing: FxHashSet<Ix<NetworkInterface>>,
    places: FxHashMap<Place, u32>,
    place_of: FxHashMap<Ix<Subnet>, u32>,
    sites: FxHashMap<SiteKey, Site>,
    cohorts: FxHashMap<CohortKey, CohortIx>,
    classes: FxHashMap<ClassKey, ClassIx>,
}

impl<'n> Gathered<'n> {
    fn new(network: &'n Network, profiles: &'n Profiles, ends: Ends) -> Gathered<'n> {
        let model = network.model();
        let rules = model.security_groups.values().flat_map(|group| &group.rules);
        let mut by_rules: FxHashSet<IpNet> = FxHashSet::default();
        for rule in rules {
            match &rule.peer {
                Peer::Cidr(block) => by_rules.extend([*block]),
                Peer::PrefixList(list) => by_rules.extend(entries_of(network, list)),
                Peer::Group(_) => {}
            }
        }
        let endpoints = model.vpc_endpoints.iter().flat_map(|(ix, endpoint)| {
            let own = endpoint.network_interfaces.iter();
            own.filter_map(move |id| Some((model.network_interfaces.ix(id.as_str())?, ix)))
        });
        Gathered {
            network,
            profiles,
            ends,
            routes: Cuts::of(route_blocks(network)),
            lists: Cuts::of(model.network_acls.values().flat_map(|acl| &acl.entries).map(|entry| entry.cidr)),
            groups: Cuts::of(by_rules),
            endpoints: endpoints.collect(),
            sharing: network.resolved().with_several_interfaces().flatten().copied().collect(),
            places: FxHashMap::default(),
            place_of: FxHashMap::default(),
            sites: FxHashMap::default(),
            cohorts: FxHashMap::default(),
            classes: FxHashMap::default(),
        }
    }

    fn add(&mut self, holder: Holder) {
        let (network, interface) = (self.network, holder.interface);
        let noun = network.model().network_interfaces.at(interface);
        let public = noun.public_of(holder.address).map(IpAddr::V4);
        let both = |cuts: &Cuts| (cuts.position(holder.address), public.map_or(0, |at| cuts.position(at)));
        let (in_lists, in_groups) = (both(&self.lists), both(&self.groups));
        let subnet = network.resolved().subnet_of(interface);
        let vpc = self.ends.vpcs.get(&noun.vpc).copied().unwrap_or(u32::MAX);
        let place = subnet.map_or(u32::MAX, |subnet| self.place(subnet, vpc));
        let several = noun.instance.as_ref().filter(|_| self.sharing.contains(&interface));
        let instance = network.resolved().instance_of(interface).map(|ix| network.model().instances.at(ix));
        let alone = noun.stand_in.is_some() || self.ends.routed.contains(&interface);
        let as_client = SiteKey {
            place,
            position: self.routes.position(holder.address),
            public: public.map(|public| self.routes.position(public)),
            interface_type: discriminant(&noun.interface_type),
            stands_for: stands_for(noun),
            filtered: network.has_security_groups(interface),
            state: instance.map(|instance| instance.state.clone()),
            deny_all_igw_traffic: noun.deny_all_igw_traffic,
            incomplete: noun.incomplete,
            instance: several.cloned(),
            identity: alone.then_some(interface),
            load_balancer: None,
            endpoint: None,
        };
        let as_server = SiteKey {
            load_balancer: network.resolved().load_balancer_of(interface),
            endpoint: self.endpoints.get(&interface).copied(),
            ..as_client.clone()
        };
        let sends_on = match (as_server.load_balancer, as_server.endpoint) {
            (Some(balancer), None) if !leads_on(network, balancer) => Some(SendsOn::Node(balancer)),
            (None, None) => None,
            _ => Some(SendsOn::Further),
        };
        let (site, server_site) = (number(&mut self.sites, as_client), number(&mut self.sites, as_server));
        let kind = kind_of(network, interface);
        let egress = self.profiles.of_interface(interface, true);
        let family = Family::of(holder.address);
        let key = CohortKey { family, site, subnet, kind: kind.key, egress, positions: in_lists };
        let cohort = number(&mut self.cohorts, key);
        let span = span(network, holder);
        match self.ends.cohorts.get_mut(cohort as usize) {
            Some(known) => known.span = (known.span.0.min(span.0), known.span.1.max(span.1)),
            None => {
                let classes = Vec::new();
                self.ends.cohorts.push(Cohort { family, classes, subnet, kind, site, vpc, span });
            }
        }
        let mut groups = network.resolved().groups_of(interface).to_vec();
        groups.sort_unstable();
        // Mostly the export has them all, and none has to be looked up by its id.
        let listed = if groups.len() == noun.groups.len() { &[][..] } else { noun.groups.as_slice() };
        let absent = listed.iter().filter(|id| network.model().security_groups.get(id.as_str()).is_none());
        let key = ClassKey {
            cohort,
            site: server_site,
            groups,
            missing: absent.cloned().collect(),
            positions: in_groups,
            device: self.ends.devices.contains(&interface).then_some(interface),
        };
        let (groups, lacks) = (key.groups.clone(), !key.missing.is_empty());
        let class = number(&mut self.classes, key);
        if lacks {
            self.ends.lacking.insert(class);
        }
        match self.ends.classes.get_mut(class as usize) {
            Some(known) => known.members.push(holder),
            None => {
                for group in &groups {
                    self.ends.of_group.entry(*group).or_default().push(class);
                }
                self.ends.classes.push(Class {
                    family,
                    members: vec![holder],
                    cohort,
                    groups,
                    site: server_site,
                    sends_on,
                });
                if let Some(cohort) = self.ends.cohorts.get_mut(cohort as usize) {
                    cohort.classes.push(class);
                }
            }
        }
        if let Some(of_interface) = self.ends.of_interface.get_mut(interface.position()) {
            of_interface.push(class);
        }
    }

    fn place(&mut self, subnet: Ix<Subnet>, vpc: u32) -> u32 {
        if let Some(&known) = self.place_of.get(&subnet) {
            return known;
        }
        let (model, resolved) = (self.network.model(), self.network.resolved());
        let acl = resolved.network_acl_of(subnet);
        let table = resolved.route_table_of(subnet);
        // What the export lacks is told by the subnet's id.
        let unclear = acl == Association::Unknown || table == Association::Unknown;
        let place = Place {
            vpc,
            table: table.ix(),
            acl: acl.ix(),
            zone: zone(model, subnet).cloned(),
            block_public_access: model.subnets.at(subnet).block_public_access,
            itself: (unclear || self.ends.hosting.contains(&subnet)).then_some(subnet),
        };
        let place = number(&mut self.places, place);
        self.place_of.insert(subnet, place);
        place
    }
}

/// The number of a key: the next one for a new key.
pub(super) fn number<K: std::hash::Hash + Eq>(known: &mut FxHashMap<K, u32>, key: K) -> u32 {
    let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
    *known.entry(key).or_insert(next)
}

/// The lowest and the highest address that an end may have.
fn span(network: &Network, holder: Holder) -> (u128, u128) {
    let blocks = network.blocks_of(Some(holder.interface), holder.address);
    let ranges = blocks.iter().map(|block| address_range(*block));
    let own = address_range(IpNet::from(holder.address));
    ranges.fold((*own.start(), *own.end()), |(low, high), range| {
        (low.min(*range.start()), high.max(*range.end()))
    })
}

fn entries_of(network: &Network, list: &Id) -> Vec<IpNet> {
    let noun = network.model().prefix_lists.get(list.as_str());
    let entries = noun.and_then(|noun| noun.entries.as_ref());
    entries.into_iter().flatten().map(|entry| entry.cidr).collect()
}

/// The blocks by which walks go one way or another.
fn route_blocks(network: &Network) -> Vec<IpNet> {
    let model = network.model();
    let tables = model.route_tables.values().flat_map(|table| &table.routes).map(|route| &route.destination);
    let of_gateways = model.transit_gateway_route_tables.values().flat_map(|table| &table.routes);
    let destinations = tables.chain(of_gateways.map(|route| &route.destination));
    let mut blocks: Vec<IpNet> = destinations
        .flat_map(|destination| match destination {
            Destination::Cidr(block) => vec![*block],
            Destination::PrefixList(list) => entries_of(network, list),
        })
        .collect();
    blocks.extend(model.vpcs.values().flat_map(|vpc| vpc.cidrs.iter().copied()));
    let rules = model.listeners.values().flat_map(|listener| listener.rules.iter().flatten());
    blocks.extend(rules.flat_map(|rule| rule.source_ips.iter().copied()));
    blocks.extend(
        NOT_ON_THE_INTERNET.iter().chain(&NOT_ROUTABLE).filter_map(|block| block.parse::<IpNet>().ok()),
    );
    blocks
}

/// The target groups that a load balancer may send to.
fn target_groups(network: &Network, balancer: Ix<LoadBalancer>) -> impl Iterator<Item = &TargetGroup> {
    let model = network.model();
    let listeners = network.resolved().listeners_of(balancer).iter().map(|ix| model.listeners.at(*ix));
    let actions = listeners.flat_map(|listener| {
        listener.rules.iter().flatten().map(|rule| &rule.action).chain([&listener.default])
    });
    actions.flat_map(|action| &action.forward).filter_map(|id| model.target_groups.get(id.as_str()))
}

/// Whether the targets of a load balancer are other load balancers.
fn leads_on(network: &Network, balancer: Ix<LoadBalancer>) -> bool {
    target_groups(network, balancer).any(|group| group.target_type == TargetType::Alb)
}

/// The load balancers that interfaces are targets of.
fn targeted(network: &Network) -> FxHashMap<Ix<NetworkInterface>, Vec<Ix<LoadBalancer>>> {
    let mut found: FxHashMap<Ix<NetworkInterface>, Vec<Ix<LoadBalancer>>> = FxHashMap::default();
    for (balancer, _) in network.model().load_balancers.iter() {
        for group in target_groups(network, balancer) {
            let targets = group.targets.iter().flatten();
            let ends = targets.filter_map(|target| network.ends_of_target(group, target).ok()).flatten();
            for interface in ends.filter_map(Seen::interface) {
                found.entry(interface).or_default().push(balancer);
            }
        }
    }
    found
}

/// The interfaces that routes name.
fn routed(network: &Network) -> FxHashSet<Ix<NetworkInterface>> {
    let model = network.model();
    let routes = model.route_tables.values().flat_map(|table| &table.routes);
    let named = routes.filter_map(|route| match &route.target {
        model::Target::NetworkInterface(id) => model.network_interfaces.ix(id.as_str()),
        _ => None,
    });
    named.collect()
}

/// The subnets in which something is that packets of others pass.
fn hosting(network: &Network) -> FxHashSet<Ix<Subnet>> {
    let (model, resolved) = (network.model(), network.resolved());
    let subnet = |id: &Id| model.subnets.ix(id.as_str());
    let of_gateways = model.nat_gateways.values().filter_map(|gateway| subnet(gateway.subnet.as_ref()?));
    let attachments = model.transit_gateway_attachments.values();
    let of_attachments = attachments.flat_map(|noun| noun.subnets.iter().flatten()).filter_map(subnet);
    let of_endpoints = model.vpc_endpoints.values().flat_map(|noun| &noun.subnets).filter_map(subnet);
    let nodes = model.load_balancers.iter().flat_map(|(ix, _)| resolved.nodes_of(ix).iter().copied());
    let endpoints = model.vpc_endpoints.values().flat_map(|noun| &noun.network_interfaces);
    let endpoints = endpoints.filter_map(|id| model.network_interfaces.ix(id.as_str()));
    let interfaces = nodes.chain(endpoints).chain(routed(network));
    let of_interfaces = interfaces.filter_map(|interface| resolved.subnet_of(interface));
    of_gateways.chain(of_attachments).chain(of_endpoints).chain(of_interfaces).collect()
}

/// Interfaces that others' packets pass, or that load balancers pick: targets of routes, nodes, endpoints, NAT gateways
/// and registered targets.
pub fn devices(network: &Network) -> FxHashSet<Ix<NetworkInterface>> {
    let (model, resolved) = (network.model(), network.resolved());
    let interface = |id: &Id| model.network_interfaces.ix(id.as_str());
    let nodes = model.load_balancers.iter().flat_map(|(ix, _)| resolved.nodes_of(ix).iter().copied());
    let endpoints = model.vpc_endpoints.values().flat_map(|endpoint| &endpoint.network_interfaces);
    let addresses = model.nat_gateways.values().flat_map(|gateway| &gateway.addresses);
    let gateways = addresses.filter_map(|address| interface(address.network_interface.as_ref()?));
    let targets = model.target_groups.values().flat_map(|group| {
        let ends =
            group.targets.iter().flatten().filter_map(|target| network.ends_of_target(group, target).ok());
        ends.flatten().filter_map(Seen::interface)
    });
    let routed = routed(network);
    routed
        .into_iter()
        .chain(nodes)
        .chain(endpoints.filter_map(interface))
        .chain(gateways)
        .chain(targets)
        .collect()
}
