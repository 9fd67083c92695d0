//! The network ready to be asked: rules compiled once, and shared by what a change leaves alone.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use model::{
    Association, Change, ChangeError, Id, InterfaceType, Ix, NetworkAcl, NetworkInterface, Resolved,
    SecurityGroup, Snapshot, Subnet,
};
use rustc_hash::FxHashMap;

use crate::gate::network_acl::AclRules;
use crate::gate::security_group::{GroupRules, missing};
use crate::route::RouteEntry;
use crate::{Gate, Rule, Seen, facts};

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
    /// Public addresses that are known and that no interface has (S12.9).
    held_by_nobody: Arc<[IpNet]>,
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
            let absent =
                interface.groups.iter().filter(|id| model.security_groups.get(id.as_str()).is_none());
            let mut rules: Vec<Rule> =
                absent.map(|id| missing(format!("security group `{id}` is not in the export"))).collect();
            if interface.incomplete {
                rules.push(missing(format!("an element of interface `{}` could not be read", interface.id)));
            }
            (!rules.is_empty()).then_some((ix, rules))
        });
        let unheld =
            model.elastic_ips.values().filter(|address| resolved.public_holder(address.public).is_none());
        Network {
            held_by_nobody: unheld.map(|address| IpNet::from(IpAddr::V4(address.public))).collect(),
            groups,
            acls,
            routes: Arc::new(routes),
            missing_groups: Arc::new(missing_groups.collect()),
            not_on_the_internet: facts::NOT_ON_THE_INTERNET
                .iter()
                .filter_map(|block| block.parse().ok())
                .collect(),
            resolved,
        }
    }

    /// The network after some changes to rules. Costs what the changed groups and lists cost.
    pub fn after(&self, changes: &[Change]) -> Result<Network, ChangeError> {
        let mut after = Network { resolved: self.resolved.after(changes)?, ..self.clone() };
        for change in changes {
            match change {
                Change::AuthorizeSecurityGroup { group, .. } | Change::RevokeSecurityGroup { group, .. } => {
                    after.recompile_group(group);
                }
                Change::CreateNetworkAclEntry { acl, .. }
                | Change::ReplaceNetworkAclEntry { acl, .. }
                | Change::DeleteNetworkAclEntry { acl, .. } => after.recompile_acl(acl),
            }
        }
        Ok(after)
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
        let rules = self.acls.get(association.ix()?.position())?;
        Some((association, rules.gate(egress)))
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

    /// An end as the rules of an interface's groups see it: references to groups match an interface of the same VPC, or
    /// of one that is peered in the same Region; else it is an address and no more (S1.18, S1.20).
    pub fn as_seen_by_groups(&self, of: Ix<NetworkInterface>, end: Seen) -> Seen {
        let Seen::Fixed { address, interface: Some(other) } = end else { return end };
        let vpc = |interface| &self.model().network_interfaces.at(interface).vpc;
        let (ours, theirs) = (vpc(of), vpc(other));
        let peered = || {
            self.model().vpc_peering_connections.values().any(|peering| {
                let connects = peering.other_side(ours).is_some_and(|side| side.vpc == *theirs);
                connects && peering.active && !peering.crosses_regions()
            })
        };
        if ours == theirs || peered() { end } else { Seen::Fixed { address, interface: None } }
    }

    /// The blocks that the internet does not route.
    pub fn not_on_the_internet(&self) -> &[IpNet] {
        &self.not_on_the_internet
    }

    /// Public addresses that the export knows and that no interface has (S12.9).
    pub fn held_by_nobody(&self) -> &[IpNet] {
        &self.held_by_nobody
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
