//! Transit gateways, their attachments and their route tables.

use model::{
    AttachmentKind, Id, Ix, KnownRoutes, Snapshot, Subnet, Table, Target, TransitGateway,
    TransitGatewayAttachment, TransitGatewayRouteTable, Vpc, VpnConnection,
};

use crate::show::look::joined;
use crate::show::rows::{destination, nouns, routes_to, silent, state, transit_routes_to};
use crate::show::{Kind, Look, Resource, Row, Uses, Value};

impl Kind for TransitGateway {
    const ONE: &'static str = "transit gateway";
    const MANY: &'static str = "transit gateways";

    fn table(model: &Snapshot) -> &Table<TransitGateway> {
        &model.transit_gateways
    }

    fn owner(&self) -> Option<&Id> {
        self.owner.as_ref()
    }

    fn describe(&self, _ix: Ix<TransitGateway>, look: &Look<'_>, out: &mut Resource) {
        out.field_if("account", self.owner.as_ref().map(Id::as_str));
        let works = if self.security_group_referencing { "work across it" } else { "do not work across it" };
        out.field("references to groups", works);
        out.list("attachments", "none in the export", attachments(look, &self.id));
        let table = |noun: &TransitGatewayRouteTable| noun.transit_gateway == self.id;
        out.list("route tables", "none in the export", nouns(look, table, silent));
    }

    fn uses(&self, _ix: Ix<TransitGateway>, look: &Look<'_>, out: &mut Uses) {
        out.by("attachments", attachments(look, &self.id));
        let vpn = |noun: &VpnConnection| noun.gateway.as_ref() == Some(&self.id);
        out.by("VPN connections", nouns(look, vpn, silent));
        let to = |target: &Target| matches!(target, Target::TransitGateway(id) if *id == self.id);
        out.by("routes", routes_to(look, to));
        out.refuse(out.count("attachments"), "attachment", "attachments");
        super::gateways::breaks_routes(out);
        out.not_known(
            "attachments and routes of other accounts are not in the export unless their answers are",
        );
    }
}

fn attachments(look: &Look<'_>, gateway: &Id) -> Vec<Row> {
    let of = look.model().transit_gateway_attachments.values();
    let row = |noun: &TransitGatewayAttachment| {
        Row::at(None)
            .cell("name", look.noun(noun))
            .cell("resource", resource(look, noun))
            .cell("state", if noun.available { "" } else { "not available" })
            .cell("route table", joined(tables_of(look, noun).into_iter().map(|value| value.text)))
            .cell("id", noun.id.as_str())
    };
    of.filter(|noun| noun.transit_gateways.contains(gateway)).map(row).collect()
}

/// What is attached.
fn resource(look: &Look<'_>, noun: &TransitGatewayAttachment) -> Value {
    match (&noun.kind, &noun.resource) {
        (AttachmentKind::Vpc, Some(id)) => look.to::<Vpc>(id),
        (AttachmentKind::Vpn, Some(id)) => look.to::<VpnConnection>(id),
        (AttachmentKind::Peering, _) => look.names::<TransitGateway>(&noun.transit_gateways).into(),
        (_, Some(id)) => id.as_str().into(),
        (_, None) => "not known".into(),
    }
}

/// The tables that route what comes from an attachment: one, for a peering one on each side.
fn tables_of(look: &Look<'_>, noun: &TransitGatewayAttachment) -> Vec<Value> {
    let tables = look.model().transit_gateway_route_tables.values();
    let mut all: Vec<Value> =
        tables.filter(|table| table.associations.contains(&noun.id)).map(|table| look.noun(table)).collect();
    for own in look.all::<TransitGatewayRouteTable>(&noun.route_tables) {
        if !all.contains(&own) {
            all.push(own);
        }
    }
    all
}

impl Kind for TransitGatewayAttachment {
    const ONE: &'static str = "transit gateway attachment";
    const MANY: &'static str = "transit gateway attachments";

    fn table(model: &Snapshot) -> &Table<TransitGatewayAttachment> {
        &model.transit_gateway_attachments
    }

    fn vpc(&self) -> Option<&Id> {
        self.resource.as_ref().filter(|_| self.kind == AttachmentKind::Vpc)
    }

    fn describe(&self, _ix: Ix<TransitGatewayAttachment>, look: &Look<'_>, out: &mut Resource) {
        out.kind = format!("transit gateway {}", self.kind.words().trim_start_matches("transit gateway "));
        out.values("gateway", look.all::<TransitGateway>(&self.transit_gateways));
        out.field("attaches", resource(look, self));
        if !self.available {
            out.field("state", "not available: it carries nothing");
        }
        let tables = tables_of(look, self);
        if tables.is_empty() {
            out.field("route table", "none known");
        }
        out.values("route table", tables);
        match &self.subnets {
            Some(subnets) => out.values("subnets", look.all::<Subnet>(subnets)),
            None if self.kind == AttachmentKind::Vpc => {
                out.note("its subnets are not in the export: add the answer of describe-transit-gateway-vpc-attachments");
            }
            None => {}
        }
        out.field_if("appliance mode", self.appliance_mode.then_some("on"));
    }

    fn uses(&self, _ix: Ix<TransitGatewayAttachment>, look: &Look<'_>, out: &mut Uses) {
        out.by("routes", transit_routes_to(look, &self.id));
        let routes = |noun: &TransitGatewayRouteTable| noun.associations.contains(&self.id);
        out.by("routed by", nouns(look, routes, silent));
        let propagates = |noun: &TransitGatewayRouteTable| {
            noun.propagations.as_ref().is_some_and(|all| all.contains(&self.id))
        };
        out.by("propagates into", nouns(look, propagates, silent));
    }
}

impl Kind for TransitGatewayRouteTable {
    const ONE: &'static str = "transit gateway route table";
    const MANY: &'static str = "transit gateway route tables";

    fn table(model: &Snapshot) -> &Table<TransitGatewayRouteTable> {
        &model.transit_gateway_route_tables
    }

    fn describe(&self, _ix: Ix<TransitGatewayRouteTable>, look: &Look<'_>, out: &mut Resource) {
        out.field("gateway", look.to::<TransitGateway>(&self.transit_gateway));
        let routes = self.routes.iter().map(|route| {
            let to = look.names::<TransitGatewayAttachment>(&route.attachments);
            Row::at(look.place(route.origin))
                .cell("destination", destination(look, &route.destination))
                .cell("target", Value::from(to).after("to"))
                .cell("state", state(route.state, route.propagated))
        });
        out.list("routes", "none in the export", routes.collect());
        out.values("routes for", look.all::<TransitGatewayAttachment>(&self.associations));
        match &self.propagations {
            Some(from) => out.values("learns from", look.all::<TransitGatewayAttachment>(from)),
            None => out.note("what propagates into it is not in the export"),
        }
        match self.known {
            KnownRoutes::None => {
                out.note("its routes are not in the export: add the answer of search-transit-gateway-routes");
            }
            KnownRoutes::Static => out.note("only its static routes are in the export"),
            KnownRoutes::All => {}
        }
    }

    fn uses(&self, _ix: Ix<TransitGatewayRouteTable>, look: &Look<'_>, out: &mut Uses) {
        let of = |noun: &TransitGatewayAttachment| {
            self.associations.contains(&noun.id) || noun.route_tables.contains(&self.id)
        };
        out.by("attachments", nouns(look, of, |noun| resource(look, noun).text));
        out.refuse(
            out.count("attachments"),
            "attachment is associated with it",
            "attachments are associated with it",
        );
    }
}
