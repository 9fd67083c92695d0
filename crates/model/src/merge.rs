//! What answers say apart from the noun it belongs to, put where it belongs: rules into groups, entries into prefix
//! lists, routes into tables of transit gateways.
//!
//! What belongs to a noun that the export lacks is a [`Problem`].

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    AttachmentKind, EndpointType, Id, InterfaceType, KnownRoutes, Origin, Problem, SecurityGroupRule,
    Snapshot, TransitGatewayRouteTable,
};

/// Empties the lists of a snapshot that come apart from their nouns.
pub(crate) fn merge(snapshot: &mut Snapshot) {
    merge_security_group_rules(snapshot);
    merge_prefix_list_entries(snapshot);
    merge_transit_gateway_routes(snapshot);
    merge_transit_gateway_attachments(snapshot);
    downgrade_searches(snapshot);
}

/// Interfaces that an export describes as ordinary ones, and that NAT gateways or endpoints say are theirs, as
/// emulators print them: a NAT gateway's has no groups (S3.20), an endpoint's has the endpoint's (S3.36).
pub(crate) fn claim_interfaces(snapshot: &mut Snapshot) {
    let mut claims: Vec<(Id, InterfaceType, &[Id])> = Vec::new();
    for gateway in snapshot.nat_gateways.values() {
        let own = gateway.addresses.iter().filter_map(|address| address.network_interface.clone());
        claims.extend(own.map(|id| (id, InterfaceType::NatGateway, &[][..])));
    }
    for endpoint in snapshot.vpc_endpoints.values() {
        let kind = match endpoint.endpoint_type {
            EndpointType::Interface => InterfaceType::VpcEndpoint,
            EndpointType::GatewayLoadBalancer => InterfaceType::GatewayLoadBalancerEndpoint,
            EndpointType::Gateway | EndpointType::Other(_) => continue,
        };
        let own = endpoint.network_interfaces.iter();
        claims.extend(own.map(|id| (id.clone(), kind.clone(), &endpoint.groups[..])));
    }
    for (id, kind, groups) in claims {
        let Some(interface) = snapshot.network_interfaces.get_mut(id.as_str()) else { continue };
        if interface.interface_type == InterfaceType::Interface && interface.instance.is_none() {
            interface.interface_type = kind;
            interface.groups = groups.to_vec();
        }
    }
}

/// S9.6: the flat list of rules is preferred to the rules inside the groups, since it has ids.
fn merge_security_group_rules(snapshot: &mut Snapshot) {
    let mut by_group: FxHashMap<Id, Vec<SecurityGroupRule>> = FxHashMap::default();
    for (group, rule) in std::mem::take(&mut snapshot.security_group_rules) {
        by_group.entry(group).or_default().push(rule);
    }
    let content = |rule: &SecurityGroupRule| (rule.egress, rule.traffic, rule.peer.clone());
    for group in snapshot.security_groups.values_mut() {
        let Some(flat) = by_group.remove(&group.id) else { continue };
        let sorted = |rules: &[SecurityGroupRule]| {
            let mut all: Vec<_> = rules.iter().map(content).collect();
            all.sort();
            all.dedup();
            all
        };
        if sorted(&flat) != sorted(&group.rules) && !group.incomplete {
            let message = format!(
                "the rules of `{}` differ between describe-security-groups ({}) and describe-security-group-rules ({}); the latter are used",
                group.id,
                group.rules.len(),
                flat.len()
            );
            let problem = Problem::warning(group.origin, message);
            snapshot.problems.push(problem.help("take both answers at the same time"));
        }
        group.rules = flat;
    }
    for (group, rules) in by_group {
        let origin = rules.first().map(|rule| rule.origin);
        let message =
            format!("rules are listed for security group `{group}`, which the export does not have");
        snapshot
            .problems
            .push(Problem::warning(origin, message).help("add the answer of describe-security-groups"));
    }
}

fn merge_prefix_list_entries(snapshot: &mut Snapshot) {
    for (list, entries) in std::mem::take(&mut snapshot.prefix_list_entries) {
        match snapshot.prefix_lists.get_mut(list.as_str()) {
            Some(noun) => noun.entries.get_or_insert_default().extend(entries),
            None => {
                let origin = entries.first().map(|entry| entry.origin);
                let message =
                    format!("entries are given for prefix list `{list}`, which the export does not have");
                let help = "add the answer of describe-managed-prefix-lists";
                snapshot.problems.push(Problem::warning(origin, message).help(help));
            }
        }
    }
}

fn merge_transit_gateway_routes(snapshot: &mut Snapshot) {
    for answer in std::mem::take(&mut snapshot.transit_gateway_routes) {
        if let Some(table) = transit_gateway_table(snapshot, &answer.table, "routes", answer.origin) {
            table.routes = answer.routes;
            table.known = answer.known;
        }
    }
}

/// Associations and propagations; then what only the attachments themselves say of their associations (S3.31).
fn merge_transit_gateway_attachments(snapshot: &mut Snapshot) {
    for answer in std::mem::take(&mut snapshot.transit_gateway_associations) {
        let table = transit_gateway_table(snapshot, &answer.table, "associations", answer.origin);
        if let Some(table) = table {
            extend(&mut table.associations, answer.attachments);
        }
    }
    for answer in std::mem::take(&mut snapshot.transit_gateway_propagations) {
        let table = transit_gateway_table(snapshot, &answer.table, "propagations", answer.origin);
        if let Some(table) = table {
            extend(table.propagations.get_or_insert_default(), answer.attachments);
        }
    }
    // On each of its gateways an attachment has one table; what a table lists is preferred.
    let listed: FxHashSet<(Id, Id)> = (snapshot.transit_gateway_route_tables.values())
        .flat_map(|table| table.associations.iter().map(|id| (table.transit_gateway.clone(), id.clone())))
        .collect();
    for attachment in snapshot.transit_gateway_attachments.values() {
        for id in &attachment.route_tables {
            let table = snapshot.transit_gateway_route_tables.get(id.as_str());
            let Some(gateway) = table.map(|table| table.transit_gateway.clone()) else { continue };
            if listed.contains(&(gateway, attachment.id.clone())) {
                continue;
            }
            if let Some(table) = snapshot.transit_gateway_route_tables.get_mut(id.as_str()) {
                extend(&mut table.associations, [attachment.id.clone()]);
            }
        }
    }
}

/// A search that was asked for static routes only looks like one for all. It gives itself away where a VPC propagates
/// into the table, which is always a route (S12.13), and no propagated route was found.
fn downgrade_searches(snapshot: &mut Snapshot) {
    let is_vpc = |id: &Id| {
        let attachment = snapshot.transit_gateway_attachments.get(id.as_str());
        attachment.is_some_and(|attachment| attachment.kind == AttachmentKind::Vpc && attachment.available)
    };
    for table in snapshot.transit_gateway_route_tables.values_mut() {
        let found = table.routes.iter().any(|route| route.propagated);
        if table.known == KnownRoutes::All && !found && table.propagations.iter().flatten().any(is_vpc) {
            table.known = KnownRoutes::Static;
        }
    }
}

/// The table that an answer is about, or a warning that the export lacks it.
fn transit_gateway_table<'s>(
    snapshot: &'s mut Snapshot,
    id: &Id,
    what: &str,
    origin: Origin,
) -> Option<&'s mut TransitGatewayRouteTable> {
    let Snapshot { transit_gateway_route_tables, problems, .. } = snapshot;
    let table = transit_gateway_route_tables.get_mut(id.as_str());
    if table.is_none() {
        let message = format!(
            "{what} are given for transit gateway route table `{id}`, which the export does not have"
        );
        let help = "add the answer of describe-transit-gateway-route-tables";
        problems.push(Problem::warning(origin, message).help(help));
    }
    table
}

/// Adds what is not there yet.
fn extend(ids: &mut Vec<Id>, more: impl IntoIterator<Item = Id>) {
    for id in more {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::merge;
    use crate::{
        AttachmentKind, Destination, Id, KnownRoutes, Origin, RouteState, Snapshot, Tags,
        TransitGatewayAttachment, TransitGatewayRoute, TransitGatewayRouteTable, TransitGatewayRoutes,
        TransitGatewayTableAttachments,
    };

    const ORIGIN: Origin = Origin::PROPOSED;

    fn ids(ids: &[&str]) -> Vec<Id> {
        ids.iter().map(|&id| Id::from(id)).collect()
    }

    fn list(table: &str, attachments: &[&str]) -> TransitGatewayTableAttachments {
        TransitGatewayTableAttachments { table: table.into(), attachments: ids(attachments), origin: ORIGIN }
    }

    fn routes(table: &str, propagated: bool) -> TransitGatewayRoutes {
        let route = TransitGatewayRoute {
            destination: Destination::Cidr("10.30.0.0/16".parse().unwrap()),
            state: RouteState::Active,
            propagated,
            attachments: ids(&["a"]),
            origin: ORIGIN,
        };
        TransitGatewayRoutes {
            table: table.into(),
            known: KnownRoutes::All,
            routes: vec![route],
            origin: ORIGIN,
        }
    }

    /// A gateway with the tables `one` and `two`, and a VPC attachment `a` that says it is associated with `one`.
    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::default();
        for id in ["one", "two"] {
            let table = TransitGatewayRouteTable {
                id: id.into(),
                transit_gateway: "tgw-1".into(),
                routes: Vec::new(),
                known: KnownRoutes::None,
                associations: Vec::new(),
                propagations: None,
                tags: Tags::default(),
                origin: ORIGIN,
            };
            snapshot.transit_gateway_route_tables.insert(id.into(), table).unwrap();
        }
        let attachment = TransitGatewayAttachment {
            id: "a".into(),
            transit_gateways: ids(&["tgw-1"]),
            kind: AttachmentKind::Vpc,
            resource: Some("vpc-1".into()),
            available: true,
            route_tables: ids(&["one", "elsewhere"]),
            subnets: None,
            appliance_mode: false,
            ipv6: false,
            security_group_referencing: true,
            tags: Tags::default(),
            origin: ORIGIN,
        };
        snapshot.transit_gateway_attachments.insert("a".into(), attachment).unwrap();
        snapshot
    }

    fn table<'s>(snapshot: &'s Snapshot, id: &str) -> &'s TransitGatewayRouteTable {
        snapshot.transit_gateway_route_tables.get(id).unwrap()
    }

    #[test]
    fn an_association_that_only_the_attachment_says_counts() {
        let mut alone = snapshot();
        merge(&mut alone);
        assert_eq!(table(&alone, "one").associations, ids(&["a"]));
        assert!(alone.problems.is_empty());
    }

    #[test]
    fn an_association_that_a_table_lists_is_preferred() {
        let mut listed = snapshot();
        listed.transit_gateway_associations = vec![list("two", &["a", "b"])];
        merge(&mut listed);
        assert_eq!(table(&listed, "one").associations, ids(&[]));
        assert_eq!(table(&listed, "two").associations, ids(&["a", "b"]));
    }

    #[test]
    fn routes_and_propagations_come_to_their_table() {
        let mut snapshot = snapshot();
        snapshot.transit_gateway_routes = vec![routes("one", true)];
        snapshot.transit_gateway_propagations = vec![list("one", &["a"]), list("two", &[])];
        merge(&mut snapshot);
        let one = table(&snapshot, "one");
        assert_eq!(
            (one.known, one.routes.len(), &one.propagations),
            (KnownRoutes::All, 1, &Some(ids(&["a"])))
        );
        let two = table(&snapshot, "two");
        assert_eq!((two.known, &two.propagations), (KnownRoutes::None, &Some(Vec::new())));
        assert!(snapshot.transit_gateway_routes.is_empty());
    }

    #[test]
    fn a_search_without_the_routes_that_a_vpc_propagates_was_for_static_ones() {
        for (propagations, known) in
            [(&["a"][..], KnownRoutes::Static), (&["vpn"], KnownRoutes::All), (&[], KnownRoutes::All)]
        {
            let mut snapshot = snapshot();
            snapshot.transit_gateway_routes = vec![routes("one", false)];
            snapshot.transit_gateway_propagations = vec![list("one", propagations)];
            merge(&mut snapshot);
            assert_eq!(table(&snapshot, "one").known, known, "{propagations:?}");
        }
    }

    #[test]
    fn a_table_that_the_export_lacks_is_named() {
        let mut snapshot = snapshot();
        snapshot.transit_gateway_routes = vec![routes("three", true)];
        snapshot.transit_gateway_associations = vec![list("three", &["a"])];
        merge(&mut snapshot);
        let messages: Vec<_> = snapshot.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "routes are given for transit gateway route table `three`, which the export does not have",
                "associations are given for transit gateway route table `three`, which the export does not have",
            ]
        );
    }
}
