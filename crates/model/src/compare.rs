//! In which nouns two models differ.

use rayon::prelude::*;

use crate::same::Comparable;
use crate::{Id, Snapshot, Table};

/// How a noun differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Difference {
    /// Only the later model has it.
    Added,
    /// Only the earlier one has it.
    Removed,
    /// Both have it, and say something else of it.
    Changed,
}

/// A noun of which two models do not say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// What it is, as AWS says it: `security group`.
    pub kind: &'static str,
    /// Its id.
    pub id: Id,
    /// How it differs.
    pub how: Difference,
}

macro_rules! tables {
    ($before:ident, $after:ident: $($table:ident $kind:literal),* $(,)?) => {{
        let mut found = Vec::new();
        $(found.extend(differing($kind, &$before.$table, &$after.$table));)*
        found
    }};
}

/// The nouns in which two resolved models differ. Where they are written and in which order makes no difference.
///
/// Whether an export is complete is said of what is not there: of `what is in the export` as a whole.
pub fn compare(before: &Snapshot, after: &Snapshot) -> Vec<Differing> {
    let mut found = tables!(before, after:
        vpcs "VPC",
        subnets "subnet",
        security_groups "security group",
        network_acls "network ACL",
        route_tables "route table",
        prefix_lists "prefix list",
        network_interfaces "network interface",
        instances "instance",
        internet_gateways "internet gateway",
        egress_only_internet_gateways "egress-only internet gateway",
        nat_gateways "NAT gateway",
        elastic_ips "Elastic IP address",
        load_balancers "load balancer",
        listeners "listener",
        target_groups "target group",
        auto_scaling_groups "Auto Scaling group",
        launch_templates "launch template",
        vpc_endpoints "VPC endpoint",
        vpc_endpoint_services "endpoint service",
        vpc_peering_connections "peering connection",
        transit_gateways "transit gateway",
        transit_gateway_attachments "transit gateway attachment",
        transit_gateway_route_tables "transit gateway route table",
        vpn_gateways "virtual private gateway",
        vpn_connections "VPN connection",
        others "resource",
    );
    let complete = |model: &Snapshot| {
        [
            model.network_acls_incomplete,
            model.route_tables_incomplete,
            model.transit_gateway_attachments_incomplete,
        ]
    };
    if complete(before) != complete(after) {
        let id = Id::from("what is in the export");
        found.push(Differing { kind: "export", id, how: Difference::Changed });
    }
    found
}

/// The nouns of one kind, in the order of the earlier model; new ones last.
fn differing<T: Comparable>(kind: &'static str, before: &Table<T>, after: &Table<T>) -> Vec<Differing> {
    // Two exports of one network mostly list the same nouns in the same order: then none is looked up.
    let aligned = |position: usize, noun: &T, other: &[&T], table: &Table<T>| -> Option<bool> {
        let same_place = other.get(position).filter(|other| other.id() == noun.id()).copied();
        Some(noun.says_the_same(same_place.or_else(|| table.get(noun.id().as_str()))?))
    };
    let [left, right] = [before, after].map(|table| table.values().collect::<Vec<_>>());
    let of_before = left.par_iter().enumerate().filter_map(|(position, noun)| {
        let how = match aligned(position, noun, &right, after) {
            Some(true) => return None,
            Some(false) => Difference::Changed,
            None => Difference::Removed,
        };
        Some(Differing { kind, id: noun.id().clone(), how })
    });
    let mut found: Vec<Differing> = of_before.collect();
    let added = right.par_iter().enumerate().filter(|(position, noun)| {
        let same_place = left.get(*position).is_some_and(|other| other.id() == noun.id());
        !same_place && before.get(noun.id().as_str()).is_none()
    });
    let added: Vec<Differing> =
        added.map(|(_, noun)| Differing { kind, id: noun.id().clone(), how: Difference::Added }).collect();
    found.extend(added);
    found
}
