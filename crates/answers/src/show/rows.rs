//! Rows that several kinds show alike: the interfaces, routes, rules and others that match something.

use model::{Destination, Id, Ix, NetworkInterface, Peer, RouteState, SecurityGroupRule, Subnet, Target};

use super::look::{addresses, joined};
use super::{Kind, Look, Row, Value};

/// The interfaces that match; what stands for one is none.
pub(crate) fn interfaces(look: &Look<'_>, matches: impl Fn(&NetworkInterface) -> bool) -> Vec<Row> {
    let all = look.model().network_interfaces.iter();
    all.filter(|(_, noun)| noun.stand_in.is_none() && matches(noun))
        .map(|(ix, _)| interface(look, ix))
        .collect()
}

/// An interface.
pub(crate) fn interface(look: &Look<'_>, ix: Ix<NetworkInterface>) -> Row {
    let noun = look.model().network_interfaces.at(ix);
    Row::at(None)
        .cell("name", look.interface(ix))
        .cell("addresses", addresses(noun))
        .cell("subnet", look.to::<Subnet>(&noun.subnet).after("in"))
        .cell("purpose", look.purpose(noun))
        .cell("id", noun.id.as_str())
}

/// The nouns of a kind that match, with something to say of each.
pub(crate) fn nouns<T: Kind>(
    look: &Look<'_>,
    matches: impl Fn(&T) -> bool,
    note: impl Fn(&T) -> String,
) -> Vec<Row> {
    let all = T::table(look.model()).values().filter(|noun| matches(noun));
    let row = |noun: &T| Row::at(None).cell("name", look.noun(noun)).cell("note", note(noun));
    all.map(|noun| row(noun).cell("id", noun.id().as_str())).collect()
}

/// Nothing to say of a noun.
pub(crate) fn silent<T>(_: &T) -> String {
    String::new()
}

/// The routes of VPC route tables that lead to a target.
pub(crate) fn routes_to(look: &Look<'_>, matches: impl Fn(&Target) -> bool) -> Vec<Row> {
    let tables = look.model().route_tables.values();
    let routes = tables.flat_map(|table| table.routes.iter().map(move |route| (table, route)));
    let matching = routes.filter(|(_, route)| matches(&route.target));
    matching
        .map(|(table, route)| {
            Row::at(look.place(route.origin))
                .cell("table", look.noun(table))
                .cell("destination", destination(look, &route.destination))
                .cell("state", state(route.state, route.propagated))
        })
        .collect()
}

/// The routes of transit gateways that lead to an attachment.
pub(crate) fn transit_routes_to(look: &Look<'_>, attachment: &Id) -> Vec<Row> {
    let tables = look.model().transit_gateway_route_tables.values();
    let routes = tables.flat_map(|table| table.routes.iter().map(move |route| (table, route)));
    routes
        .filter(|(_, route)| route.attachments.contains(attachment))
        .map(|(table, route)| {
            Row::at(look.place(route.origin))
                .cell("table", look.noun(table))
                .cell("destination", destination(look, &route.destination))
                .cell("state", state(route.state, route.propagated))
        })
        .collect()
}

/// The addresses of a route; a prefix list by its name.
pub(crate) fn destination(look: &Look<'_>, destination: &Destination) -> Value {
    match destination {
        Destination::Cidr(block) => block.to_string().into(),
        Destination::PrefixList(id) => look.to::<model::PrefixList>(id),
    }
}

/// What is to say of a route beside where it leads; nothing if it is as usual.
pub(crate) fn state(state: RouteState, propagated: bool) -> &'static str {
    match (state, propagated) {
        (RouteState::Active, false) => "",
        (RouteState::Active, true) => "propagated",
        (RouteState::Blackhole, false) => "blackhole",
        (RouteState::Blackhole, true) => "blackhole, propagated",
        (RouteState::Filtered, _) => "filtered: treated as absent",
    }
}

/// The rules of security groups whose peer matches, with their groups.
pub(crate) fn rules_naming(look: &Look<'_>, matches: impl Fn(&Id, &Peer) -> bool) -> Vec<Row> {
    let groups = look.model().security_groups.values();
    let rules = groups.flat_map(|group| group.rules.iter().map(move |rule| (group, rule)));
    let matching = rules.filter(|(group, rule)| matches(&group.id, &rule.peer));
    matching
        .map(|(group, rule)| {
            Row::at(look.place(rule.origin))
                .cell("group", look.noun(group))
                .cell("direction", if rule.egress { "out" } else { "in" })
                .cell("traffic", rule.traffic.to_string())
                .cell("id", rule_id(rule))
        })
        .collect()
}

/// The id of a rule, where the export has one.
pub(crate) fn rule_id(rule: &SecurityGroupRule) -> &str {
    rule.id.as_ref().map_or("", Id::as_str)
}

/// The routes, of VPCs and transit gateways, whose destination is a prefix list.
pub(crate) fn routes_for(look: &Look<'_>, list: &Id) -> Vec<Row> {
    let is = |destination: &Destination| matches!(destination, Destination::PrefixList(id) if id == list);
    let model = look.model();
    let mut rows = Vec::new();
    for table in model.route_tables.values() {
        for route in table.routes.iter().filter(|route| is(&route.destination)) {
            let row = Row::at(look.place(route.origin)).cell("table", look.noun(table));
            rows.push(row.cell("target", look.target(&route.target).after("to")));
        }
    }
    for table in model.transit_gateway_route_tables.values() {
        for route in table.routes.iter().filter(|route| is(&route.destination)) {
            let to = look.names::<model::TransitGatewayAttachment>(&route.attachments);
            let row = Row::at(look.place(route.origin)).cell("table", look.noun(table));
            rows.push(row.cell("target", Value::from(to).after("to")));
        }
    }
    rows
}

/// Subnets with their blocks and zones, and a word on each.
pub(crate) fn subnets(look: &Look<'_>, subnets: impl IntoIterator<Item = (Ix<Subnet>, String)>) -> Vec<Row> {
    let row = |(ix, note): (Ix<Subnet>, String)| {
        let noun = look.model().subnets.at(ix);
        Row::at(None)
            .cell("name", look.noun(noun))
            .cell("blocks", joined(&noun.cidrs))
            .cell("zone", zone(noun))
            .cell("note", note)
            .cell("id", noun.id.as_str())
    };
    subnets.into_iter().map(row).collect()
}

/// The zone of a subnet: its name, else its id.
pub(crate) fn zone(noun: &Subnet) -> &str {
    noun.availability_zone.as_ref().or(noun.availability_zone_id.as_ref()).map_or("", Id::as_str)
}
