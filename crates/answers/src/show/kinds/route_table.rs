//! Route tables of VPCs.

use model::{Id, Ix, NatGateway, RouteTable, RouteTableAssociation, Snapshot, Table, Target, Vpc};

use crate::show::rows::{destination, nouns, silent, state, subnets};
use crate::show::{Kind, Look, Resource, Row, Uses, Value};

impl Kind for RouteTable {
    const ONE: &'static str = "route table";
    const MANY: &'static str = "route tables";

    fn table(model: &Snapshot) -> &Table<RouteTable> {
        &model.route_tables
    }

    fn vpc(&self) -> Option<&Id> {
        Some(&self.vpc)
    }

    fn describe(&self, ix: Ix<RouteTable>, look: &Look<'_>, out: &mut Resource) {
        out.field("vpc", look.to::<Vpc>(&self.vpc));
        if self.associations.contains(&RouteTableAssociation::Main) {
            out.field("main", "for every subnet of the VPC that has no other");
        }
        let routes = self.routes.iter().map(|route| {
            let kind = match &route.target {
                Target::Local => "",
                target => target.kind(),
            };
            Row::at(look.place(route.origin))
                .cell("destination", destination(look, &route.destination))
                .cell("target", look.target(&route.target).after("to"))
                .cell("kind", kind)
                .cell("state", state(route.state, route.propagated))
        });
        out.list("routes", "none", routes.collect());
        out.list("subnets", "none", serves(ix, look));
        if !gateways(self, look).is_empty() {
            out.list("gateways", "", gateways(self, look));
        }
        out.incomplete(self.incomplete);
    }

    fn uses(&self, ix: Ix<RouteTable>, look: &Look<'_>, out: &mut Uses) {
        out.by("subnets", serves(ix, look));
        out.by("gateways", gateways(self, look));
        let regional = |noun: &NatGateway| noun.route_table.as_ref() == Some(&self.id);
        out.by("NAT gateways", nouns(look, regional, silent));
        out.refuse_if(
            self.associations.contains(&RouteTableAssociation::Main),
            "it is its VPC's main route table",
        );
        let count =
            |is: fn(&RouteTableAssociation) -> bool| self.associations.iter().filter(|one| is(one)).count();
        let own = count(|association| matches!(association, RouteTableAssociation::Subnet(_)));
        out.refuse(own, "subnet is associated with it", "subnets are associated with it");
        let edge = count(|association| matches!(association, RouteTableAssociation::Gateway(_)));
        out.refuse(edge, "gateway is associated with it", "gateways are associated with it");
        if look.model().route_tables_incomplete {
            out.not_known(
                "some route table could not be read, so which subnets have none of their own is not certain",
            );
        }
    }
}

fn serves(ix: Ix<RouteTable>, look: &Look<'_>) -> Vec<Row> {
    let how = |explicit| if explicit { "" } else { "as the main table" };
    subnets(look, look.subnets_of_table(ix).into_iter().map(|(ix, explicit)| (ix, how(explicit).to_owned())))
}

/// The gateways whose incoming traffic it routes.
fn gateways(table: &RouteTable, look: &Look<'_>) -> Vec<Row> {
    let gateways = table.associations.iter().filter_map(|association| match association {
        RouteTableAssociation::Gateway(id) => Some(id),
        RouteTableAssociation::Main | RouteTableAssociation::Subnet(_) => None,
    });
    gateways.map(|id| Row::at(None).cell("name", gateway(look, id)).cell("id", id.as_str())).collect()
}

fn gateway(look: &Look<'_>, id: &Id) -> Value {
    match look.model().vpn_gateways.get(id.as_str()) {
        Some(noun) => look.noun(noun),
        None => look.to::<model::InternetGateway>(id),
    }
}
