//! `describe-route-tables` (S9.8).

use model::{Destination, Id, Route, RouteState, RouteTable, RouteTableAssociation, Target};

use super::cidr::Family;
use crate::object::{Object, shown};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(vpc)) = (object.required_id("RouteTableId"), object.required_id("VpcId")) else {
        return context.left_out("RouteTables", object.origin());
    };
    let errors = object.errors();
    let associations = object.objects("Associations").filter_map(association).collect();
    // AWS prints the associations even where there is none.
    if object.errors() > errors || !object.has("Associations") {
        context.left_out("RouteTables", object.origin());
    }
    let routes = object.required_objects("Routes").filter_map(route).collect();
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
    match state.map(str::to_ascii_lowercase).as_deref() {
        None | Some("associated") => {}
        Some("associating" | "disassociating" | "disassociated" | "failing" | "failed") => return None,
        Some(_) => {
            let found = shown(state.unwrap_or_default());
            object.error(format!("`{found}` is no known state of an association"));
            return None;
        }
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
    let Some(text) = object.text("State") else {
        return Some(RouteState::Active);
    };
    match text.to_ascii_lowercase().as_str() {
        "active" => Some(RouteState::Active),
        "blackhole" => Some(RouteState::Blackhole),
        "filtered" => Some(RouteState::Filtered),
        _ => {
            let found = shown(text);
            object
                .error(format!("expected `active`, `blackhole` or `filtered` for `State`, found `{found}`"));
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

type Make = fn(Id) -> Target;

/// Keys that name a target, and what they name. The interface comes before its instance, which only says whose
/// interface it is (S3.12).
const TARGETS: &[(&str, Make)] = &[
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

#[cfg(test)]
mod tests {
    use model::{Destination, Id, RouteState, RouteTableAssociation, Target};

    use crate::testing::{only, problems, read, sound};

    fn table(routes: &str) -> String {
        format!(r#"{{"RouteTables":[{{"RouteTableId":"rtb-1","VpcId":"vpc-1","Routes":[{routes}]}}]}}"#)
    }

    #[test]
    fn each_kind_of_target() {
        let cases = [
            (r#""GatewayId":"local""#, Target::Local),
            (r#""GatewayId":"igw-1""#, Target::InternetGateway(Id::from("igw-1"))),
            (r#""GatewayId":"vgw-1""#, Target::VpnGateway(Id::from("vgw-1"))),
            (r#""GatewayId":"vpce-1""#, Target::VpcEndpoint(Id::from("vpce-1"))),
            (r#""NatGatewayId":"nat-1""#, Target::NatGateway(Id::from("nat-1"))),
            (
                r#""EgressOnlyInternetGatewayId":"eigw-1""#,
                Target::EgressOnlyInternetGateway(Id::from("eigw-1")),
            ),
            (r#""TransitGatewayId":"tgw-1""#, Target::TransitGateway(Id::from("tgw-1"))),
            (r#""VpcPeeringConnectionId":"pcx-1""#, Target::VpcPeeringConnection(Id::from("pcx-1"))),
            (
                r#""InstanceId":"i-1","NetworkInterfaceId":"eni-1""#,
                Target::NetworkInterface(Id::from("eni-1")),
            ),
            (r#""InstanceId":"i-1""#, Target::Other(Id::from("i-1"))),
            (r#""CarrierGatewayId":"cagw-1""#, Target::Other(Id::from("cagw-1"))),
            (r#""LocalGatewayId":"lgw-1""#, Target::Other(Id::from("lgw-1"))),
            (r#""CoreNetworkArn":"arn:1""#, Target::Other(Id::from("arn:1"))),
        ];
        for (field, target) in cases {
            let snapshot = sound(&table(&format!(r#"{{"DestinationCidrBlock":"0.0.0.0/0",{field}}}"#)));
            let route = &only(&snapshot.route_tables).routes[0];
            assert_eq!((&route.target, route.state), (&target, RouteState::Active), "{field}");
        }
    }

    #[test]
    fn destinations_states_and_origins() {
        let snapshot = sound(&table(
            r#"{"DestinationIpv6CidrBlock":"::/0","EgressOnlyInternetGatewayId":"eigw-1","State":"active"},
            {"DestinationPrefixListId":"pl-1","GatewayId":"vpce-1","State":"filtered"},
            {"DestinationCidrBlock":"10.9.0.0/16","State":"blackhole","Origin":"EnableVgwRoutePropagation"}"#,
        ));
        let table = only(&snapshot.route_tables);
        assert!(!table.incomplete);
        assert_eq!(table.routes[0].destination, Destination::Cidr("::/0".parse().unwrap()));
        assert_eq!(table.routes[1].destination, Destination::PrefixList(Id::from("pl-1")));
        assert_eq!(table.routes[1].state, RouteState::Filtered);
        let gone = &table.routes[2];
        assert_eq!(
            (&gone.target, gone.state, gone.propagated),
            (&Target::Other(Id::from("none")), RouteState::Blackhole, true)
        );
    }

    #[test]
    fn associations_that_are_not_in_force_are_skipped() {
        let snapshot = sound(
            r#"{"RouteTables":[{"RouteTableId":"rtb-1","VpcId":"vpc-1","Associations":[
            {"Main":true,"AssociationState":{"State":"associated"}},
            {"Main":false,"SubnetId":"subnet-1"},
            {"Main":false,"SubnetId":"subnet-2","AssociationState":{"State":"disassociating"}},
            {"Main":false,"GatewayId":"igw-1","AssociationState":{"State":"associated"}}],"Routes":[]}]}"#,
        );
        let expected = [
            RouteTableAssociation::Main,
            RouteTableAssociation::Subnet(Id::from("subnet-1")),
            RouteTableAssociation::Gateway(Id::from("igw-1")),
        ];
        assert_eq!(only(&snapshot.route_tables).associations, expected);
    }

    #[test]
    fn a_route_that_is_not_understood_leaves_the_table_incomplete() {
        for (route, message) in [
            (
                r#"{"DestinationCidrBlock":"0.0.0.0/0","State":"active"}"#,
                "expected a target such as `GatewayId` or `NatGatewayId` in this route, found none",
            ),
            (
                r#"{"DestinationCidrBlock":"0.0.0.0/0","DestinationIpv6CidrBlock":"::/0","GatewayId":"igw-1"}"#,
                "expected exactly one of `DestinationCidrBlock`, `DestinationIpv6CidrBlock`, `DestinationPrefixListId`, found several",
            ),
            (
                r#"{"GatewayId":"igw-1"}"#,
                "expected exactly one of `DestinationCidrBlock`, `DestinationIpv6CidrBlock`, `DestinationPrefixListId`, found none",
            ),
            (
                r#"{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"igw-1","State":"lost"}"#,
                "expected `active`, `blackhole` or `filtered` for `State`, found `lost`",
            ),
        ] {
            let snapshot = read(&table(route));
            let table = only(&snapshot.route_tables);
            assert!(table.routes.is_empty() && table.incomplete);
            assert_eq!(problems(&snapshot), [format!("error a.json:1:67: {message}")]);
        }
    }

    #[test]
    fn an_association_in_a_state_that_is_not_known_is_named_and_leaves_open_what_it_serves() {
        let snapshot = read(
            r#"{"RouteTables":[{"RouteTableId":"rtb-1","VpcId":"vpc-1","Routes":[],"Associations":[
            {"SubnetId":"subnet-1","AssociationState":{"State":"zombie"}}]}]}"#,
        );
        assert_eq!(problems(&snapshot), ["error a.json:2:13: `zombie` is no known state of an association"]);
        assert!(snapshot.route_tables_incomplete);
    }
}
