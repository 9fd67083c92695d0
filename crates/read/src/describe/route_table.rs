//! `describe-route-tables` (S9.8).

use model::{Destination, Id, Route, RouteState, RouteTable, RouteTableAssociation, Target};

use super::cidr::Family;
use crate::object::{Object, shown};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(vpc)) = (object.required_id("RouteTableId"), object.required_id("VpcId")) else { return };
    let errors = object.errors();
    let associations = object.objects("Associations").filter_map(association).collect();
    let routes = object.objects("Routes").filter_map(route).collect();
    context.insert(
        |snapshot| &mut snapshot.route_tables,
        RouteTable {
            id,
            vpc,
            associations,
            routes,
            incomplete: object.errors() > errors,
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}

/// What uses the table; an association that is on its way in or out is not in force.
fn association(object: Object<'_>) -> Option<RouteTableAssociation> {
    let state = object.text_in("AssociationState", "State");
    if state.is_some_and(|state| !state.eq_ignore_ascii_case("associated")) {
        return None;
    }
    if object.flag("Main") == Some(true) {
        return Some(RouteTableAssociation::Main);
    }
    if let Some(subnet) = object.id("SubnetId") {
        return Some(RouteTableAssociation::Subnet(subnet));
    }
    let gateway = object.id("GatewayId").map(RouteTableAssociation::Gateway);
    if gateway.is_none() {
        object.error("expected `Main`, `SubnetId` or `GatewayId` in this association, found none");
    }
    gateway
}

fn route(object: Object<'_>) -> Option<Route> {
    let state = state(object)?;
    Some(Route {
        destination: destination(object)?,
        target: target(object, state)?,
        state,
        propagated: object.text("Origin") == Some("EnableVgwRoutePropagation"),
        origin: object.origin(),
    })
}

fn state(object: Object<'_>) -> Option<RouteState> {
    let Some(text) = object.text("State") else { return Some(RouteState::Active) };
    match text.to_ascii_lowercase().as_str() {
        "active" => Some(RouteState::Active),
        "blackhole" => Some(RouteState::Blackhole),
        "filtered" => Some(RouteState::Filtered),
        _ => {
            let found = shown(text);
            object.error(format!("expected `active`, `blackhole` or `filtered` for `State`, found `{found}`"));
            None
        }
    }
}

fn destination(object: Object<'_>) -> Option<Destination> {
    let fields = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
    let mut given = fields.into_iter().filter(|&key| object.has(key));
    match (given.next(), given.next()) {
        (Some("DestinationCidrBlock"), None) => {
            object.cidr("DestinationCidrBlock", Family::V4).map(Destination::Cidr)
        }
        (Some("DestinationIpv6CidrBlock"), None) => {
            object.cidr("DestinationIpv6CidrBlock", Family::V6).map(Destination::Cidr)
        }
        (Some(_), None) => object.required_id("DestinationPrefixListId").map(Destination::PrefixList),
        (first, _) => {
            let found = if first.is_some() { "several" } else { "none" };
            let fields = fields.map(|field| format!("`{field}`")).join(", ");
            object.error(format!("expected exactly one of {fields}, found {found}"));
            None
        }
    }
}

/// Keys that name a target, and what they name. The interface comes before its instance, which only says whose
/// interface it is (S3.12).
const TARGETS: &[(&str, fn(Id) -> Target)] = &[
    ("GatewayId", gateway),
    ("NatGatewayId", Target::NatGateway),
    ("EgressOnlyInternetGatewayId", Target::EgressOnlyInternetGateway),
    ("TransitGatewayId", Target::TransitGateway),
    ("VpcPeeringConnectionId", Target::VpcPeeringConnection),
    ("NetworkInterfaceId", Target::NetworkInterface),
    ("InstanceId", Target::Other),
    ("CarrierGatewayId", Target::Other),
    ("LocalGatewayId", Target::Other),
    ("CoreNetworkArn", Target::Other),
    ("OdbNetworkArn", Target::Other),
];

fn target(object: Object<'_>, state: RouteState) -> Option<Target> {
    let named = TARGETS.iter().find_map(|(key, target)| object.id(key).map(target));
    match (named, state) {
        (Some(target), _) => Some(target),
        // What the route led to was deleted; it still catches its packets (S3.9).
        (None, RouteState::Blackhole) => Some(Target::Other(Id::from("none"))),
        (None, _) => {
            object.error("expected a target such as `GatewayId` or `NatGatewayId` in this route, found none");
            None
        }
    }
}

/// `GatewayId` holds four kinds of id.
fn gateway(id: Id) -> Target {
    let text = id.as_str();
    match text.split_once('-').map_or(text, |(kind, _)| kind) {
        "local" => Target::Local,
        "igw" => Target::InternetGateway(id),
        "vgw" => Target::VpnGateway(id),
        "vpce" => Target::VpcEndpoint(id),
        // Some exports put an egress-only gateway here.
        "eigw" => Target::EgressOnlyInternetGateway(id),
        _ => Target::Other(id),
    }
}
