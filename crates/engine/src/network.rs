//! The network ready to be asked: rules compiled once, and shared by what a change leaves alone.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use model::{
    Association, Change, ChangeError, Id, InterfaceType, Ix, NetworkAcl, NetworkInterface, Resolved, Route,
    SecurityGroup, Snapshot, Subnet, TransitGatewayAttachment, TransitGatewayRouteTable, is_unknown_public,
};
use rustc_hash::FxHashMap;

use crate::gate::network_acl::AclRules;
use crate::gate::security_group::{GroupRules, missing};
use crate::route::RouteEntry;
use crate::transit_route::TransitRoutes;
use crate::{Between, Gate, Header, Leg, Rule, View, facts};

/// A resolved model with its rules compiled.
#[derive(Debug, Clone)]
pub struct Network {
    resolved: Resolved,
    groups: Vec<Arc<GroupRules>>,
    acls: Vec<Arc<AclRules>>,
    routes: Arc<Vec<Vec<RouteEntry>>>,
    /// For interfaces of which the export lacks a group: rules that may allow anything.
    missing_groups: Arc<FxHashMap<Ix<NetworkInterface>, Vec<Rule>>>,
    not_on_the_internet: Arc<[IpNet]>,
    not_routable: Arc<[IpNet]>,
    /// Public addresses that are known and that no interface has (S12.9).
    held_by_nobody: Arc<[IpNet]>,
    services_of_aws: Arc<[IpNet]>,
    transit_routes: Arc<Vec<TransitRoutes>>,
}

impl Network {
    /// Compiles every rule and route.
    pub fn new(resolved: Resolved) -> Network {
        let model = &resolved.snapshot;
        let groups = model.security_groups.iter();
        let groups = groups.map(|(ix, group)| Arc::new(GroupRules::compile(ix, group, model))).collect();
        let acls = model.network_acls.iter().map(|(ix, acl)| Arc::new(AclRules::compile(ix, acl))).collect();
        let routes = model.route_tables.values().map(|table| RouteEntry::compile(table, model)).collect();
        let missing_groups = model.network_interfaces.iter().filter_map(|(ix, interface)| {
            let rules = missing_rules(model, interface);
            (!rules.is_empty()).then_some((ix, rules))
        });
        // A regional NAT gateway's have no interface, and it takes nothing that it did not open (S3.22, S3.27).
        let of_gateways = model.nat_gateways.values().flat_map(|gateway| &gateway.addresses);
        let known = model.elastic_ips.values().map(|address| address.public);
        let known = known.chain(of_gateways.filter_map(|address| address.public));
        let unheld = known.filter(|address| resolved.public_holder(*address).is_none());
        Network {
            held_by_nobody: unheld.map(|address| IpNet::from(IpAddr::V4(address))).collect(),
            services_of_aws: services_of_aws(model).collect(),
            transit_routes: Arc::new(TransitRoutes::of_all(model)),
            groups,
            acls,
            routes: Arc::new(routes),
            missing_groups: Arc::new(missing_groups.collect()),
            not_routable: facts::NOT_ROUTABLE.iter().filter_map(|block| block.parse().ok()).collect(),
            not_on_the_internet: facts::NOT_ON_THE_INTERNET
                .iter()
                .filter_map(|block| block.parse().ok())
                .collect(),
            resolved,
        }
    }

    /// The network after some changes to rules. Costs what the changed groups and lists cost.
    pub fn after(&self, changes: &[Change]) -> Result<Network, ChangeError> {
        let mut after = self.clone();
        for change in changes {
            after.apply(change)?;
        }
        Ok(after)
    }

    /// Makes one change in place. What refuses it leaves everything as it was.
    ///
    /// # Errors
    /// If AWS would refuse it.
    pub fn apply(&mut self, change: &Change) -> Result<(), ChangeError> {
        self.resolved.apply(change)?;
        match change {
            Change::AuthorizeSecurityGroup { group, .. } | Change::RevokeSecurityGroup { group, .. } => {
                self.recompile_group(group);
            }
            Change::CreateNetworkAclEntry { acl, .. }
            | Change::ReplaceNetworkAclEntry { acl, .. }
            | Change::DeleteNetworkAclEntry { acl, .. } => self.recompile_acl(acl),
        }
        Ok(())
    }

    /// Gives an interface these groups in place of those that it has. `false` if there is no such interface.
    pub fn set_groups(&mut self, interface: &Id, groups: Vec<Id>) -> bool {
        if !self.resolved.set_groups(interface.as_str(), groups) {
            return false;
        }
        let model = &self.resolved.snapshot;
        if let Some(ix) = model.network_interfaces.ix(interface.as_str()) {
            let rules = missing_rules(model, model.network_interfaces.at(ix));
            let missing = Arc::make_mut(&mut self.missing_groups);
            missing.remove(&ix);
            missing.extend((!rules.is_empty()).then_some((ix, rules)));
        }
        true
    }

    /// Gives a route table these routes in place of those that it has. `false` if there is no such table.
    pub fn set_routes(&mut self, table: &Id, routes: Vec<Route>) -> bool {
        if !self.resolved.set_routes(table.as_str(), routes) {
            return false;
        }
        let model = &self.resolved.snapshot;
        if let Some(ix) = model.route_tables.ix(table.as_str()) {
            let compiled = RouteEntry::compile(model.route_tables.at(ix), model);
            if let Some(place) = Arc::make_mut(&mut self.routes).get_mut(ix.position()) {
                *place = compiled;
            }
        }
        true
    }

    fn recompile_group(&mut self, group: &Id) {
        let model = &self.resolved.snapshot;
        let Some(ix) = model.security_groups.ix(group.as_str()) else { return };
        let rules = GroupRules::compile(ix, model.security_groups.at(ix), model);
        if let Some(place) = self.groups.get_mut(ix.position()) {
            *place = Arc::new(rules);
        }
    }

    fn recompile_acl(&mut self, acl: &Id) {
        let model = &self.resolved.snapshot;
        let Some(ix) = model.network_acls.ix(acl.as_str()) else { return };
        let rules = AclRules::compile(ix, model.network_acls.at(ix));
        if let Some(place) = self.acls.get_mut(ix.position()) {
            *place = Arc::new(rules);
        }
    }

    /// The nouns.
    pub fn model(&self) -> &Snapshot {
        &self.resolved.snapshot
    }

    /// The nouns with their references followed.
    pub fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// The gate of a subnet's network ACL, in or out, and which list it is; `None` where the export does not say.
    pub fn network_acl(
        &self,
        subnet: Ix<Subnet>,
        egress: bool,
    ) -> Option<(Association<NetworkAcl>, Gate<'_>)> {
        let association = self.resolved.network_acl_of(subnet);
        Some((association, self.gate_of_acl(association.ix()?, egress)?))
    }

    /// The gate of a network ACL, in or out.
    pub(crate) fn gate_of_acl(&self, acl: Ix<NetworkAcl>, egress: bool) -> Option<Gate<'_>> {
        Some(self.acls.get(acl.position())?.gate(egress))
    }

    /// Whether an interface has security groups at all: those of NAT gateways (S3.20), Gateway Load Balancers and
    /// transit gateways have none, a Network Load Balancer's may have none (S4.7).
    pub fn has_security_groups(&self, interface: Ix<NetworkInterface>) -> bool {
        let noun = self.model().network_interfaces.at(interface);
        match noun.interface_type {
            InterfaceType::NatGateway
            | InterfaceType::GatewayLoadBalancer
            | InterfaceType::GatewayLoadBalancerEndpoint
            | InterfaceType::TransitGateway => false,
            InterfaceType::NetworkLoadBalancer => !noun.groups.is_empty(),
            _ => true,
        }
    }

    /// How a packet looks to the rules of an interface's groups: references to groups match an interface of the same
    /// VPC, of one that is peered in the same Region, or inbound over transit gateways that carry references, and never
    /// behind an appliance; else it is an address and no more (S1.18 to S1.21).
    pub fn as_seen_by_groups(
        &self,
        of: Ix<NetworkInterface>,
        header: &Header,
        leg: Leg,
        egress: bool,
    ) -> View {
        let mut view = header.view(leg, egress);
        if let Some(other) = view.peer.interface() {
            view.references = match header.between {
                Between::TransitGateway { references } => references && !egress,
                Between::Appliance if !egress => false,
                Between::Appliance | Between::Nothing => self.reachable_by_reference(of, other),
            };
        }
        view
    }

    /// Whether references to groups work over a transit gateway and an attachment to it (S1.18, S1.19).
    pub fn carries_references(&self, gateway: &Id, attachment: Ix<TransitGatewayAttachment>) -> bool {
        let model = self.model();
        let gateway = model.transit_gateways.get(gateway.as_str());
        gateway.is_some_and(|gateway| gateway.security_group_referencing)
            && model.transit_gateway_attachments.at(attachment).security_group_referencing
    }

    fn reachable_by_reference(&self, of: Ix<NetworkInterface>, other: Ix<NetworkInterface>) -> bool {
        let vpc = |interface| &self.model().network_interfaces.at(interface).vpc;
        let (ours, theirs) = (vpc(of), vpc(other));
        ours == theirs || self.resolved.are_peered(ours, theirs)
    }

    /// The blocks of the subnet in which an interface has some address: one that stands for what the export lacks
    /// (S4.1, S4.19).
    fn anywhere_in(&self, interface: Option<Ix<NetworkInterface>>) -> Option<&[IpNet]> {
        let interface = interface?;
        self.model().network_interfaces.at(interface).stand_in?;
        Some(&self.model().subnets.at(self.resolved.subnet_of(interface)?).cidrs)
    }

    /// The blocks that hold the address of an interface in a family: its subnet's where nobody knows more.
    pub fn blocks_of(&self, interface: Option<Ix<NetworkInterface>>, address: IpAddr) -> Vec<IpNet> {
        match self.anywhere_in(interface) {
            Some(blocks) => blocks.iter().filter(|block| block.contains(&address)).copied().collect(),
            None => vec![IpNet::from(address)],
        }
    }

    /// Whether an address stands for a node's public one that nobody knows.
    fn is_unknown_public(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(public) if is_unknown_public(address) => self.resolved.public_holder(public).is_some(),
            _ => false,
        }
    }

    /// Whether an address is in a block for certain.
    pub(crate) fn is_in(
        &self,
        address: IpAddr,
        interface: Option<Ix<NetworkInterface>>,
        block: &IpNet,
    ) -> bool {
        match self.anywhere_in(interface) {
            Some(blocks) => blocks.iter().any(|subnet| subnet.contains(&address) && block.contains(subnet)),
            None if self.is_unknown_public(address) => block.prefix_len() == 0 && block.addr().is_ipv4(),
            None => block.contains(&address),
        }
    }

    /// Whether an address may be in a block.
    pub(crate) fn may_be_in(
        &self,
        address: IpAddr,
        interface: Option<Ix<NetworkInterface>>,
        block: &IpNet,
    ) -> bool {
        match self.anywhere_in(interface) {
            Some(blocks) => blocks.iter().any(|subnet| {
                subnet.contains(&address) && (block.contains(subnet) || subnet.contains(block))
            }),
            // It is some address of the internet.
            None if self.is_unknown_public(address) => {
                let elsewhere = self.not_on_the_internet.iter().any(|other| other.contains(block));
                block.addr().is_ipv4() && !elsewhere
            }
            None => block.contains(&address),
        }
    }

    /// The blocks that the internet does not route.
    pub fn not_on_the_internet(&self) -> &[IpNet] {
        &self.not_on_the_internet
    }

    /// The blocks that no route forwards (S3.8).
    pub(crate) fn not_routable(&self) -> &[IpNet] {
        &self.not_routable
    }

    /// Public addresses that the export knows and that no interface has (S12.9).
    pub fn held_by_nobody(&self) -> &[IpNet] {
        &self.held_by_nobody
    }

    /// The addresses of AWS's own services, by its prefix lists (S12.6).
    pub fn services_of_aws(&self) -> &[IpNet] {
        &self.services_of_aws
    }

    pub(crate) fn transit_routes_of(&self, table: Ix<TransitGatewayRouteTable>) -> Option<&TransitRoutes> {
        self.transit_routes.get(table.position())
    }

    pub(crate) fn group_rules(&self, group: Ix<SecurityGroup>) -> Option<&GroupRules> {
        self.groups.get(group.position()).map(Arc::as_ref)
    }

    pub(crate) fn missing_groups(&self, interface: Ix<NetworkInterface>) -> Option<&[Rule]> {
        self.missing_groups.get(&interface).map(Vec::as_slice)
    }

    pub(crate) fn routes_of(&self, table: Ix<model::RouteTable>) -> &[RouteEntry] {
        self.routes.get(table.position()).map_or(&[], Vec::as_slice)
    }
}

/// Rules that may allow anything: for groups of an interface that the export lacks, and for what could not be read.
fn missing_rules(model: &Snapshot, interface: &NetworkInterface) -> Vec<Rule> {
    let absent = interface.groups.iter().filter(|id| model.security_groups.get(id.as_str()).is_none());
    let mut rules: Vec<Rule> =
        absent.map(|id| missing(format!("security group `{id}` is not in the export"))).collect();
    if interface.incomplete {
        rules.push(missing(format!("an element of interface `{}` could not be read", interface.id)));
    }
    rules
}

/// The blocks of the prefix lists that AWS owns, as far as their entries are known.
fn services_of_aws(model: &Snapshot) -> impl Iterator<Item = IpNet> {
    let of_aws = |list: &&model::PrefixList| {
        let name = list.name.as_deref().unwrap_or_default();
        list.owner.as_ref().is_some_and(|owner| owner.as_str() == "AWS") || name.starts_with("com.amazonaws.")
    };
    model
        .prefix_lists
        .values()
        .filter(of_aws)
        .filter_map(|list| list.entries.as_ref())
        .flatten()
        .map(|e| e.cidr)
}
