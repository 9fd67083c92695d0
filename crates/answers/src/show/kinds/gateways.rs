//! Internet gateways and egress-only internet gateways.

use model::{
    EgressOnlyInternetGateway, Id, InternetGateway, Ix, Noun, RouteTable, Snapshot, Table, Target, Vpc,
};

use crate::show::rows::{nouns, routes_to};
use crate::show::{Kind, Look, Resource, Uses};

impl Kind for InternetGateway {
    const ONE: &'static str = "internet gateway";
    const MANY: &'static str = "internet gateways";

    fn table(model: &Snapshot) -> &Table<InternetGateway> {
        &model.internet_gateways
    }

    fn vpc(&self) -> Option<&Id> {
        self.attachments.iter().find(|attachment| attachment.attached).map(|attachment| &attachment.vpc)
    }

    fn describe(&self, _ix: Ix<InternetGateway>, look: &Look<'_>, out: &mut Resource) {
        match self.vpc() {
            Some(vpc) => out.field("attached to", look.to::<Vpc>(vpc)),
            None => out.field("attached to", "no VPC"),
        }
        let table = look.resolved.edge_table_of(&self.id).map(|ix| look.model().route_tables.at(ix));
        out.field_if("route table", table.map(|table: &RouteTable| look.noun(table)));
    }

    fn uses(&self, _ix: Ix<InternetGateway>, look: &Look<'_>, out: &mut Uses) {
        let vpc = |noun: &Vpc| self.serves(&noun.id);
        out.by("VPC", nouns(look, vpc, |_| "attached".to_owned()));
        let to = |target: &Target| matches!(target, Target::InternetGateway(id) if *id == self.id);
        out.by("routes", routes_to(look, to));
        if let Some(vpc) = self.vpc() {
            let name = look.to::<Vpc>(vpc).text;
            out.refuse_if(true, &format!("it is attached to {name}"));
            let public = look.model().network_interfaces.values().filter(|noun| noun.vpc == *vpc);
            let public =
                public.flat_map(|noun| &noun.addresses).filter(|address| address.public.is_some()).count();
            out.refuse(public, "public address stops its detachment", "public addresses stop its detachment");
        }
        breaks_routes(out);
    }
}

impl Kind for EgressOnlyInternetGateway {
    const ONE: &'static str = "egress-only internet gateway";
    const MANY: &'static str = "egress-only internet gateways";

    fn table(model: &Snapshot) -> &Table<EgressOnlyInternetGateway> {
        &model.egress_only_internet_gateways
    }

    fn vpc(&self) -> Option<&Id> {
        self.vpc.as_ref()
    }

    fn describe(&self, _ix: Ix<EgressOnlyInternetGateway>, look: &Look<'_>, out: &mut Resource) {
        match &self.vpc {
            Some(vpc) => out.field("attached to", look.to::<Vpc>(vpc)),
            None => out.field("attached to", "no VPC"),
        }
        out.field("carries", "IPv6 that starts inside, and its replies");
    }

    fn uses(&self, _ix: Ix<EgressOnlyInternetGateway>, look: &Look<'_>, out: &mut Uses) {
        let to = |target: &Target| {
            matches!(target, Target::EgressOnlyInternetGateway(_)) && target.id() == self.id().as_str()
        };
        out.by("routes", routes_to(look, to));
    }
}

/// Routes stay when their target goes.
pub(super) fn breaks_routes(out: &mut Uses) {
    let routes = out.count("routes");
    out.breaks(routes, "route becomes a blackhole", "routes become blackholes");
}
