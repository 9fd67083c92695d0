//! `describe-transit-gateway-route-tables`, and which attachments use the tables:
//! `get-transit-gateway-route-table-associations` and `-propagations`, whose answers do not name their table (S9.12).

use model::{Id, KnownRoutes, Problem, TransitGatewayRouteTable, TransitGatewayTableAttachments};

use super::other::is_gone;
use super::part::owner;
use super::state::in_force;
use super::transit_gateway_attachment::ASSOCIATED;
use crate::detect::next_page;
use crate::object::{Object, Value};
use crate::snapshot::Context;

/// `State` of a propagation.
const ENABLED: &[&str] = &["enabled", "enabling", "disabling", "disabled"];

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(transit_gateway)) =
        (object.required_id("TransitGatewayRouteTableId"), object.required_id("TransitGatewayId"))
    else {
        return;
    };
    if object.text("State").is_some_and(is_gone) {
        return;
    }
    let table = TransitGatewayRouteTable {
        id,
        transit_gateway,
        routes: Vec::new(),
        known: KnownRoutes::None,
        associations: Vec::new(),
        propagations: None,
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    context.insert(|snapshot| &mut snapshot.transit_gateway_route_tables, table);
}

/// The attachments whose packets a table routes.
pub(crate) fn read_associations(
    list: Value<'_>,
    answer: Object<'_>,
    names: &[&str],
    context: &mut Context<'_>,
) {
    let is_foreign = |object: Object<'_>| object.has("TransitGatewayPolicyTableId");
    if list.elements().filter_map(Value::as_object).any(is_foreign) {
        // Policy tables have associations too; what they do is not modelled.
        return;
    }
    if let Some(associations) = attachments("associations", ASSOCIATED, list, answer, names) {
        context.insert_transit_gateway_associations(associations);
    }
}

/// The attachments whose routes a table learns.
pub(crate) fn read_propagations(
    list: Value<'_>,
    answer: Object<'_>,
    names: &[&str],
    context: &mut Context<'_>,
) {
    if let Some(propagations) = attachments("propagations", ENABLED, list, answer, names) {
        context.insert_transit_gateway_propagations(propagations);
    }
}

/// Propagations, table by table.
pub(crate) fn read_all_propagations(
    list: Value<'_>,
    _answer: Object<'_>,
    names: &[&str],
    context: &mut Context<'_>,
) {
    for table in list.elements().filter_map(Value::object) {
        match table.get("TransitGatewayRouteTablePropagations") {
            Some(list) => read_propagations(list, table, names, context),
            None => table.error("expected `TransitGatewayRouteTablePropagations` in this object, found none"),
        }
    }
}

/// The attachments of an answer that are in force; `None` where they are not known.
fn attachments(
    what: &str,
    states: &[&str],
    list: Value<'_>,
    answer: Object<'_>,
    names: &[&str],
) -> Option<TransitGatewayTableAttachments> {
    let table = table_of(what, list, answer, names)?;
    let errors = answer.errors();
    let attachment = |object: Object<'_>| {
        let id = object.required_id("TransitGatewayAttachmentId")?;
        in_force(object, "State", states)?.then_some(id)
    };
    let attachments: Vec<Id> = list.elements().filter_map(Value::object).filter_map(attachment).collect();
    let known = answer.errors() == errors && next_page(answer).is_none();
    known.then(|| TransitGatewayTableAttachments { table, attachments, origin: list.origin() })
}

/// The table that an answer is about, or a warning that nobody says which.
pub(super) fn table_of(what: &str, list: Value<'_>, answer: Object<'_>, names: &[&str]) -> Option<Id> {
    let table = owner(answer, "TransitGatewayRouteTableId", names, "tgw-rtb-");
    if table.is_none() {
        let message = format!("these {what} do not say of which transit gateway route table they are");
        let help = "name the file after the table, such as `tgw-rtb-0123456789abcdef0.json`";
        answer.report(Problem::warning(list.origin(), message).help(help));
    }
    table
}

#[cfg(test)]
mod tests {
    use model::{KnownRoutes, RouteState, Snapshot};

    use crate::testing::{only, problems, read, sound};

    const ROUTES: &str = r#""Routes":[{"DestinationCidrBlock":"10.30.0.0/16","Type":"propagated","State":"active",
        "TransitGatewayAttachments":[{"ResourceId":"vpc-b","TransitGatewayAttachmentId":"tgw-attach-2","ResourceType":"vpc"}]},
        {"DestinationCidrBlock":"2001:db8::/32","Type":"static","State":"blackhole"},
        {"DestinationCidrBlock":"10.9.0.0/16","Type":"static","State":"deleting"}],
        "AdditionalRoutesAvailable":false"#;
    const ATTACHMENTS: &str = r#"[{"TransitGatewayAttachmentId":"tgw-attach-1","ResourceType":"vpc","State":"YES"},
        {"TransitGatewayAttachmentId":"tgw-attach-2","ResourceType":"vpc","State":"NO"}]"#;

    fn file(name: &str, text: String) -> Snapshot {
        let mut reader = crate::Reader::new();
        reader.add(name, text);
        reader.finish()
    }

    fn associations() -> String {
        format!(r#""Associations":{ATTACHMENTS}"#)
            .replace("YES", "associated")
            .replace("NO", "disassociating")
    }

    fn propagations() -> String {
        let list = ATTACHMENTS.replace("YES", "enabled").replace("NO", "disabled");
        format!(r#""TransitGatewayRouteTablePropagations":{list}"#)
    }

    #[test]
    fn tables() {
        let snapshot = sound(
            r#"{"TransitGatewayRouteTables":[
            {"TransitGatewayRouteTableId":"tgw-rtb-1","TransitGatewayId":"tgw-1","State":"available"},
            {"TransitGatewayRouteTableId":"tgw-rtb-2","TransitGatewayId":"tgw-1","State":"deleted"}]}"#,
        );
        let table = only(&snapshot.transit_gateway_route_tables);
        assert_eq!((table.id.as_str(), table.transit_gateway.as_str()), ("tgw-rtb-1", "tgw-1"));
        assert_eq!((table.known, &table.propagations), (KnownRoutes::None, &None));
    }

    #[test]
    fn answers_find_their_table() {
        let (associations, propagations) = (associations(), propagations());
        let all = format!("{ROUTES},\n{associations},\n{propagations}");
        for (name, text) in [
            ("ec2-search-transit-gateway-routes-tgw-rtb-1.json", format!("{{{all}}}")),
            ("tgw/tgw-rtb-1.json", format!("{{{all}}}")),
            ("all.json", format!(r#"{{"tgw-rtb-1":{{{all}}}}}"#)),
            ("all.json", format!(r#"{{"TransitGatewayRouteTableId":"tgw-rtb-1",{all}}}"#)),
            (
                "all.json",
                format!(
                    r#"{{"a":{{"{name}-associations-tgw-rtb-1":{{{associations}}},"{name}-propagations-tgw-rtb-1":{{{propagations}}},
                    "search-transit-gateway-routes-tgw-rtb-1":{{{ROUTES}}}}}}}"#,
                    name = "get-transit-gateway-route-table"
                ),
            ),
        ] {
            let snapshot = file(name, text);
            assert_eq!(problems(&snapshot), Vec::<String>::new(), "{name}");
            let [routes] = &snapshot.transit_gateway_routes[..] else { panic!("one list of routes") };
            assert_eq!((routes.table.as_str(), routes.known), ("tgw-rtb-1", KnownRoutes::All));
            let [first, second] = &routes.routes[..] else { panic!("two routes in force") };
            assert_eq!(first.destination.to_string(), "10.30.0.0/16");
            assert!(first.propagated && first.state == RouteState::Active);
            assert_eq!(first.attachments, [model::Id::from("tgw-attach-2")]);
            assert_eq!(second.state, RouteState::Blackhole);
            for list in [&snapshot.transit_gateway_associations, &snapshot.transit_gateway_propagations] {
                let [list] = &list[..] else { panic!("one list of attachments") };
                assert_eq!(list.table, "tgw-rtb-1");
                assert_eq!(list.attachments, [model::Id::from("tgw-attach-1")]);
            }
        }
    }

    #[test]
    fn answers_of_several_tables_in_one_list() {
        let snapshot = sound(&format!(
            r#"{{"a":{{"TransitGatewayPropagations":[{{"TransitGatewayRouteTableId":"tgw-rtb-1",{}}}]}},
            "b":{{"TransitGatewayStaticRoutes":[{{"TransitGatewayRouteTableId":"tgw-rtb-1",{ROUTES}}}]}},
            "c":{{"TransitGatewayPropagations":[],"TransitGatewayStaticRoutes":[]}}}}"#,
            propagations()
        ));
        let [routes] = &snapshot.transit_gateway_routes[..] else { panic!("one list of routes") };
        assert_eq!((routes.table.as_str(), routes.known), ("tgw-rtb-1", KnownRoutes::Static));
        let [list] = &snapshot.transit_gateway_propagations[..] else { panic!("one list") };
        assert_eq!((list.table.as_str(), list.attachments.len()), ("tgw-rtb-1", 1));
    }

    #[test]
    fn what_names_no_table_is_named() {
        let text = format!("{{{ROUTES},\n{},\n{}}}", associations(), propagations());
        let snapshot = read(&text);
        let of = |what| format!("these {what} do not say of which transit gateway route table they are");
        assert_eq!(
            problems(&snapshot),
            [
                format!("warning a.json:1:11: {}", of("routes")),
                format!("warning a.json:6:16: {}", of("associations")),
                format!("warning a.json:8:40: {}", of("propagations")),
            ]
        );
        assert!(snapshot.transit_gateway_routes.is_empty());
    }

    #[test]
    fn what_is_not_understood_is_not_known() {
        let snapshot = file(
            "tgw-rtb-1.json",
            r#"{"Routes":[{"DestinationCidrBlock":"10.0.0.0/8","Type":"dynamic"},{"DestinationCidrBlock":"x","Type":"static"},
            {"DestinationCidrBlock":"10.0.0.0/8","Type":"static","State":"lost"}],
            "Associations":[{"TransitGatewayAttachmentId":"tgw-attach-1","State":"lost"}],
            "TransitGatewayRouteTablePropagations":[{"ResourceId":"vpc-1"}]}"#
                .to_owned(),
        );
        assert_eq!(
            problems(&snapshot),
            [
                "error tgw-rtb-1.json:1:12: expected `static` or `propagated` for `Type`, found `dynamic`",
                "error tgw-rtb-1.json:1:91: expected a block such as `10.0.0.0/16` for `DestinationCidrBlock`, found `x`",
                "error tgw-rtb-1.json:2:13: expected `active` or `blackhole` for `State`, found `lost`",
                "error tgw-rtb-1.json:3:29: expected a state such as `associated` for `State`, found `lost`",
                "error tgw-rtb-1.json:4:53: expected `TransitGatewayAttachmentId` in this object, found none",
            ]
        );
        assert!(snapshot.transit_gateway_routes.is_empty());
        assert!(snapshot.transit_gateway_associations.is_empty());
        assert!(snapshot.transit_gateway_propagations.is_empty());
    }

    #[test]
    fn the_same_words_of_other_services_are_not_ours() {
        for (text, known) in [
            (r#"{"Routes":[{"RouteId":"r-1","RouteKey":"GET /"}]}"#, false),
            (r#"{"Associations":[{"Name":"doc","AssociationId":"a"}]}"#, false),
            (
                r#"{"Associations":[{"TransitGatewayPolicyTableId":"tgw-ptb-1","TransitGatewayAttachmentId":"x"}]}"#,
                true,
            ),
        ] {
            let snapshot = file("tgw-rtb-1.json", text.to_owned());
            assert!(
                snapshot.transit_gateway_routes.is_empty()
                    && snapshot.transit_gateway_associations.is_empty()
            );
            assert_eq!(snapshot.problems.is_empty(), known, "{text}");
            assert!(snapshot.problems.iter().all(|problem| problem.severity == model::Severity::Note));
        }
    }
}
