//! References followed: which list guards a subnet, which table routes it, whose address is that.
//!
//! The rules of association are AWS's (S1.25, S2.1, S3.1). A reference that leads nowhere is a [`Problem`], and what
//! depends on it is not known: the accessors say so ([`Association::Unknown`], `None`), they never assume.

mod guard;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rustc_hash::FxHashMap;

use crate::links_balancers::BalancerLinks;
use crate::links_between::BetweenLinks;
use crate::stand_in::Added;
use crate::{
    Id, Instance, InternetGateway, Ix, NetworkAcl, NetworkInterface, Route, RouteTable,
    RouteTableAssociation, SecurityGroup, Snapshot, Subnet, Vpc,
};

pub use guard::Guards;

/// How a subnet came to its list or table.
#[derive(Debug)]
pub enum Association<T> {
    /// By an association of its own.
    Explicit(Ix<T>),
    /// By having none: the VPC's default network ACL, or its main route table.
    Implicit(Ix<T>),
    /// The export does not say.
    Unknown,
}

impl<T> Clone for Association<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Association<T> {}
impl<T> PartialEq for Association<T> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Association::Explicit(a), Association::Explicit(b)) => a == b,
            (Association::Implicit(a), Association::Implicit(b)) => a == b,
            (Association::Unknown, Association::Unknown) => true,
            _ => false,
        }
    }
}
impl<T> Eq for Association<T> {}

impl<T> Association<T> {
    /// The list or table, however it came to be.
    pub fn ix(self) -> Option<Ix<T>> {
        match self {
            Association::Explicit(ix) | Association::Implicit(ix) => Some(ix),
            Association::Unknown => None,
        }
    }
}

/// Who holds an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Holder {
    /// The interface.
    pub interface: Ix<NetworkInterface>,
    /// The address that packets carry inside the VPC.
    pub address: IpAddr,
}

/// A snapshot with its references followed. Clones share what they do not change.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// What was declared; rules, entries and prefix lists merged from the answers that hold them.
    pub snapshot: Snapshot,
    links: Arc<Links>,
}

#[derive(Debug, Default, Clone)]
struct Links {
    subnets: Vec<SubnetLinks>,
    interfaces: Vec<InterfaceLinks>,
    members: Vec<Vec<Ix<NetworkInterface>>>,
    gateways: FxHashMap<Id, Ix<InternetGateway>>,
    edge_tables: FxHashMap<Id, Ix<RouteTable>>,
    holders: Holders,
    of_instance: FxHashMap<Id, Vec<Ix<NetworkInterface>>>,
    balancers: BalancerLinks,
    between: BetweenLinks,
}

/// Who holds which address.
#[derive(Debug, Default, Clone)]
struct Holders {
    private: FxHashMap<(Id, IpAddr), Ix<NetworkInterface>>,
    delegated: Vec<(Id, Ix<NetworkInterface>)>,
    public: FxHashMap<Ipv4Addr, Holder>,
}

#[derive(Debug, Clone, Copy)]
struct SubnetLinks {
    acl: Association<NetworkAcl>,
    table: Association<RouteTable>,
    vpc: Option<Ix<Vpc>>,
}

#[derive(Debug, Clone)]
struct InterfaceLinks {
    subnet: Option<Ix<Subnet>>,
    groups: Vec<Ix<SecurityGroup>>,
    instance: Option<Ix<Instance>>,
}

impl Resolved {
    /// Follows every reference of a snapshot. What leads nowhere is added to the snapshot's problems.
    pub fn new(mut snapshot: Snapshot) -> Resolved {
        crate::merge::merge(&mut snapshot);
        crate::merge_public_access::merge(&mut snapshot);
        // Where the export has both, `describe-network-interfaces` is the truth (S9.4).
        let described = &snapshot.network_interfaces;
        let others: Vec<_> = std::mem::take(&mut snapshot.instance_interfaces)
            .into_par_iter()
            .filter(|interface| described.get(interface.id.as_str()).is_none())
            .collect();
        for interface in others {
            let _ = snapshot.network_interfaces.insert(interface.id.clone(), interface);
        }
        crate::merge::claim_interfaces(&mut snapshot);
        crate::merge_balancers::merge(&mut snapshot);
        let added = crate::stand_in::add(&mut snapshot);
        let (links, problems) =
            rayon::join(|| link(&snapshot, added), || crate::validate::problems(&snapshot));
        snapshot.problems.extend(problems);
        Resolved { snapshot, links: Arc::new(links) }
    }

    /// Gives an interface these groups in place of those that it has (`modify-network-interface-attribute`). `false` if
    /// there is no such interface.
    pub fn set_groups(&mut self, interface: &str, groups: Vec<Id>) -> bool {
        let Some(ix) = self.snapshot.network_interfaces.ix(interface) else { return false };
        self.give_groups(&[(ix, groups)]);
        true
    }

    /// Gives a route table these routes in place of those that it has. `false` if there is no such table.
    pub fn set_routes(&mut self, table: &str, routes: Vec<Route>) -> bool {
        let noun = self.snapshot.route_tables.get_mut(table);
        noun.map(|noun| noun.routes = routes).is_some()
    }

    pub(crate) fn balancers(&self) -> &BalancerLinks {
        &self.links.balancers
    }

    pub(crate) fn between(&self) -> &BetweenLinks {
        &self.links.between
    }

    /// The network ACL of a subnet (S2.1).
    pub fn network_acl_of(&self, subnet: Ix<Subnet>) -> Association<NetworkAcl> {
        self.links.subnets.get(subnet.position()).map_or(Association::Unknown, |links| links.acl)
    }

    /// The route table of a subnet (S3.1).
    pub fn route_table_of(&self, subnet: Ix<Subnet>) -> Association<RouteTable> {
        self.links.subnets.get(subnet.position()).map_or(Association::Unknown, |links| links.table)
    }

    /// The VPC of a subnet, if the export has it.
    pub fn vpc_of(&self, subnet: Ix<Subnet>) -> Option<Ix<Vpc>> {
        self.links.subnets.get(subnet.position())?.vpc
    }

    /// The subnet of an interface, if the export has it.
    pub fn subnet_of(&self, interface: Ix<NetworkInterface>) -> Option<Ix<Subnet>> {
        self.links.interfaces.get(interface.position())?.subnet
    }

    /// The groups of an interface that the export has. Those that it lacks are in the interface's own list only.
    pub fn groups_of(&self, interface: Ix<NetworkInterface>) -> &[Ix<SecurityGroup>] {
        self.links.interfaces.get(interface.position()).map_or(&[], |links| &links.groups)
    }

    /// The instance of an interface, if it has one and the export has it.
    pub fn instance_of(&self, interface: Ix<NetworkInterface>) -> Option<Ix<Instance>> {
        self.links.interfaces.get(interface.position())?.instance
    }

    /// The interfaces of an instance.
    pub fn interfaces_of(&self, instance: &Id) -> &[Ix<NetworkInterface>] {
        self.links.of_instance.get(instance).map_or(&[], Vec::as_slice)
    }

    /// The interfaces of each instance that has several.
    pub fn with_several_interfaces(&self) -> impl Iterator<Item = &[Ix<NetworkInterface>]> {
        self.links.of_instance.values().map(Vec::as_slice).filter(|interfaces| interfaces.len() > 1)
    }

    /// The interfaces that have a group (S1.15).
    pub fn members_of(&self, group: Ix<SecurityGroup>) -> &[Ix<NetworkInterface>] {
        self.links.members.get(group.position()).map_or(&[], Vec::as_slice)
    }

    /// The internet gateway attached to a VPC (S3.14).
    pub fn internet_gateway_of(&self, vpc: &Id) -> Option<Ix<InternetGateway>> {
        self.links.gateways.get(vpc).copied()
    }

    /// The route table for traffic that comes in through a gateway (S3.39).
    pub fn edge_table_of(&self, gateway: &Id) -> Option<Ix<RouteTable>> {
        self.links.edge_tables.get(gateway).copied()
    }

    /// Who holds a private IPv4 or an IPv6 address in a VPC.
    pub fn holder(&self, vpc: &Id, address: IpAddr) -> Option<Holder> {
        let by_address = self.links.holders.private.get(&(vpc.clone(), address)).copied();
        let interface = by_address.or_else(|| {
            let delegated = self.links.holders.delegated.iter().find(|(of, interface)| {
                of == vpc && self.snapshot.network_interfaces.at(*interface).holds(address)
            });
            delegated.map(|&(_, interface)| interface)
        })?;
        Some(Holder { interface, address })
    }

    /// Who holds a public IPv4 address.
    pub fn public_holder(&self, address: Ipv4Addr) -> Option<Holder> {
        self.links.holders.public.get(&address).copied()
    }
}

fn link(snapshot: &Snapshot, added: Added) -> Links {
    let (holders, mut links) = rayon::join(|| holders(snapshot), || associations(snapshot));
    links.holders = holders;
    links.balancers = crate::links_balancers::link(snapshot, added);
    links.between = crate::links_between::link(snapshot);
    links
}

fn associations(snapshot: &Snapshot) -> Links {
    let mut links = Links::default();
    let mut acls: FxHashMap<&Id, Ix<NetworkAcl>> = FxHashMap::default();
    let mut default_acls: FxHashMap<&Id, Ix<NetworkAcl>> = FxHashMap::default();
    for (ix, acl) in snapshot.network_acls.iter() {
        acls.extend(acl.subnets.iter().map(|subnet| (subnet, ix)));
        if acl.is_default {
            default_acls.insert(&acl.vpc, ix);
        }
    }
    let mut tables: FxHashMap<&Id, Ix<RouteTable>> = FxHashMap::default();
    let mut main_tables: FxHashMap<&Id, Ix<RouteTable>> = FxHashMap::default();
    for (ix, table) in snapshot.route_tables.iter() {
        for association in &table.associations {
            match association {
                RouteTableAssociation::Main => {
                    main_tables.insert(&table.vpc, ix);
                }
                RouteTableAssociation::Subnet(subnet) => {
                    tables.insert(subnet, ix);
                }
                RouteTableAssociation::Gateway(gateway) => {
                    links.edge_tables.insert(gateway.clone(), ix);
                }
            }
        }
    }
    links.subnets = snapshot
        .subnets
        .values()
        .map(|subnet| SubnetLinks {
            acl: associate(
                acls.get(&subnet.id),
                default_acls.get(&subnet.vpc).filter(|_| !snapshot.network_acls_incomplete),
            ),
            table: associate(
                tables.get(&subnet.id),
                main_tables.get(&subnet.vpc).filter(|_| !snapshot.route_tables_incomplete),
            ),
            vpc: snapshot.vpcs.ix(subnet.vpc.as_str()),
        })
        .collect();
    for (ix, gateway) in snapshot.internet_gateways.iter() {
        let attached = gateway.attachments.iter().filter(|attachment| attachment.attached);
        links.gateways.extend(attached.map(|attachment| (attachment.vpc.clone(), ix)));
    }
    links.interfaces.reserve(snapshot.network_interfaces.len());
    links.of_instance.reserve(snapshot.instances.len());
    links.members = vec![Vec::new(); snapshot.security_groups.len()];
    for (ix, interface) in snapshot.network_interfaces.iter() {
        let groups: Vec<_> =
            interface.groups.iter().filter_map(|group| snapshot.security_groups.ix(group.as_str())).collect();
        for group in &groups {
            if let Some(members) = links.members.get_mut(group.position()) {
                members.push(ix);
            }
        }
        if let Some(instance) = &interface.instance {
            links.of_instance.entry(instance.clone()).or_default().push(ix);
        }
        links.interfaces.push(InterfaceLinks {
            // Where the two disagree on the VPC, nobody can say what is around the interface.
            subnet: (snapshot.subnets.ix(interface.subnet.as_str()))
                .filter(|subnet| snapshot.subnets.at(*subnet).vpc == interface.vpc),
            groups,
            instance: interface.instance.as_ref().and_then(|id| snapshot.instances.ix(id.as_str())),
        });
    }
    links
}

fn holders(snapshot: &Snapshot) -> Holders {
    let mut holders = Holders::default();
    holders.private.reserve(snapshot.network_interfaces.len());
    for (ix, interface) in snapshot.network_interfaces.iter() {
        // What stands for an interface holds no address that is known.
        for address in interface.own_addresses().filter(|_| interface.stand_in.is_none()) {
            holders.private.entry((interface.vpc.clone(), address)).or_insert(ix);
        }
        if !interface.prefixes.is_empty() {
            holders.delegated.push((interface.vpc.clone(), ix));
        }
        for address in &interface.addresses {
            if let Some(public) = address.public {
                let holder = Holder { interface: ix, address: IpAddr::V4(address.private) };
                holders.public.entry(public).or_insert(holder);
            }
        }
    }
    holders
}

fn associate<T>(explicit: Option<&Ix<T>>, implicit: Option<&Ix<T>>) -> Association<T> {
    match (explicit, implicit) {
        (Some(&ix), _) => Association::Explicit(ix),
        (None, Some(&ix)) => Association::Implicit(ix),
        (None, None) => Association::Unknown,
    }
}
