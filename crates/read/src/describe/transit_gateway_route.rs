//! `search-transit-gateway-routes`, whose answers do not name their table (S9.12).

use model::{Destination, KnownRoutes, Problem, RouteState, TransitGatewayRoute, TransitGatewayRoutes};

use super::cidr::Family;
use super::transit_gateway_route_table::table_of;
use crate::detect::next_page;
use crate::object::{Object, Value, shown};
use crate::snapshot::Context;

/// Routes that `search-transit-gateway-routes` found.
pub(crate) fn read(list: Value<'_>, answer: Object<'_>, names: &[&str], context: &mut Context<'_>) {
    routes(list, answer, names, KnownRoutes::All, context);
}

/// Static routes, table by table.
pub(crate) fn read_static(list: Value<'_>, _answer: Object<'_>, names: &[&str], context: &mut Context<'_>) {
    for table in list.elements().filter_map(Value::object) {
        match table.get("Routes") {
            Some(list) => routes(list, table, names, KnownRoutes::Static, context),
            None => table.error("expected `Routes` in this object, found none"),
        }
    }
}

fn routes(
    list: Value<'_>,
    answer: Object<'_>,
    names: &[&str],
    known: KnownRoutes,
    context: &mut Context<'_>,
) {
    let Some(table) = table_of("routes", list, answer, names) else { return };
    let errors = answer.errors();
    let more = answer.get("AdditionalRoutesAvailable");
    if answer.flag("AdditionalRoutesAvailable") == Some(true)
        && let Some(more) = more
    {
        let message = "the answer is cut: the table has more routes than were saved";
        let help = "a search finds 1000 routes at most; where this table leads is undecided";
        answer.report(Problem::error(more.origin(), message).help(help));
        return;
    }
    let routes: Vec<_> = list.elements().filter_map(Value::object).filter_map(route).collect();
    // Of a list that is cut, as of one that cannot be read, the routes are not known.
    if answer.errors() == errors && next_page(answer).is_none() {
        let routes = TransitGatewayRoutes { table, known, routes, origin: list.origin() };
        context.insert_transit_gateway_routes(routes);
    }
}

/// A route; one that is on its way in or out is not in force.
fn route(object: Object<'_>) -> Option<TransitGatewayRoute> {
    let state = object.text("State").unwrap_or("active");
    let state = match state.to_ascii_lowercase().as_str() {
        "active" => RouteState::Active,
        "blackhole" => RouteState::Blackhole,
        "pending" | "deleting" | "deleted" => return None,
        _ => {
            let found = shown(state);
            object.error(format!("expected `active` or `blackhole` for `State`, found `{found}`"));
            return None;
        }
    };
    let propagated = match object.text("Type") {
        Some("propagated") => true,
        Some("static") | None => false,
        Some(other) => {
            let found = shown(other);
            object.error(format!("expected `static` or `propagated` for `Type`, found `{found}`"));
            return None;
        }
    };
    // Routes to a prefix list are printed block by block, with the list beside.
    let destination = if object.has("DestinationCidrBlock") || !object.has("PrefixListId") {
        Destination::Cidr(object.required_cidr("DestinationCidrBlock", Family::Either)?)
    } else {
        Destination::PrefixList(object.required_id("PrefixListId")?)
    };
    let attachments = object.objects("TransitGatewayAttachments");
    let attachments =
        attachments.filter_map(|attachment| attachment.required_id("TransitGatewayAttachmentId")).collect();
    Some(TransitGatewayRoute { destination, state, propagated, attachments, origin: object.origin() })
}

#[cfg(test)]
mod tests {
    use model::KnownRoutes;

    use crate::testing::{problems, read, sound};

    const ROUTES: &str = r#""Routes":[{"DestinationCidrBlock":"10.30.0.0/16","Type":"propagated","State":"active",
        "TransitGatewayAttachments":[{"ResourceId":"vpc-b","TransitGatewayAttachmentId":"tgw-attach-2","ResourceType":"vpc"}]},
        {"DestinationCidrBlock":"2001:db8::/32","Type":"static","State":"blackhole"},
        {"DestinationCidrBlock":"10.9.0.0/16","Type":"static","State":"deleting"}],
        "AdditionalRoutesAvailable":false"#;

    #[test]
    fn all_routes_are_more_than_the_static_ones() {
        let some = r#""TransitGatewayStaticRoutes":[{"TransitGatewayRouteTableId":"tgw-rtb-1","Routes":[]}]"#;
        for text in [
            format!(r#"{{"x":{{{some}}},"tgw-rtb-1":{{{ROUTES}}}}}"#),
            format!(r#"{{"tgw-rtb-1":{{{ROUTES}}},"x":{{{some}}}}}"#),
        ] {
            let snapshot = sound(&text);
            let [routes] = &snapshot.transit_gateway_routes[..] else { panic!("one list of routes") };
            assert_eq!((routes.known, routes.routes.len()), (KnownRoutes::All, 2));
        }
    }

    #[test]
    fn an_answer_that_is_cut_is_not_known() {
        let snapshot = read(&format!(r#"{{"tgw-rtb-1":{{{}}}}}"#, ROUTES.replace("false", "true")));
        assert_eq!(
            problems(&snapshot),
            ["error a.json:5:37: the answer is cut: the table has more routes than were saved"]
        );
        assert!(snapshot.transit_gateway_routes.is_empty());
    }

    #[test]
    fn a_route_by_itself_is_no_attachment() {
        let snapshot = read(&format!(
            r#"{{"found":{{"ROUTES":{}}}}}"#,
            ROUTES.split_once(':').unwrap().1.split_once(",\n        \"Add").unwrap().0
        ));
        assert!(snapshot.transit_gateway_attachments.is_empty());
        assert_eq!(
            problems(&snapshot),
            ["note a.json:1:1: nothing in this file is known: `found`; it is ignored"]
        );
    }
}
