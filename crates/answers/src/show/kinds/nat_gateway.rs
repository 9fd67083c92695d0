//! NAT gateways.

use model::{ElasticIp, Id, Ix, NatGateway, NatGatewayAddress, Snapshot, Subnet, Table, Target, Vpc};

use super::gateways::breaks_routes;
use crate::show::rows::{nouns, routes_to};
use crate::show::{Kind, Look, Resource, Uses};

impl Kind for NatGateway {
    const ONE: &'static str = "NAT gateway";
    const MANY: &'static str = "NAT gateways";

    fn table(model: &Snapshot) -> &Table<NatGateway> {
        &model.nat_gateways
    }

    fn vpc(&self) -> Option<&Id> {
        Some(&self.vpc)
    }

    fn describe(&self, _ix: Ix<NatGateway>, look: &Look<'_>, out: &mut Resource) {
        if !self.available {
            out.field("state", "not available: it carries nothing");
        }
        out.field_if("type", self.private.then_some("private: it keeps private addresses"));
        out.field_if("mode", self.regional.then_some("regional"));
        let address = |one: &NatGatewayAddress| match (one.private, one.public) {
            (Some(private), Some(public)) => format!("{private} / {public}"),
            (Some(one), None) | (None, Some(one)) => one.to_string(),
            (None, None) => "not known".to_owned(),
        };
        out.values("addresses", self.addresses.iter().map(|one| address(one).into()));
        out.field_if("subnet", self.subnet.as_ref().map(|subnet| look.to::<Subnet>(subnet)));
        out.field("vpc", look.to::<Vpc>(&self.vpc));
        out.field_if(
            "route table",
            self.route_table.as_ref().map(|table| look.to::<model::RouteTable>(table)),
        );
        out.values(
            "interface",
            self.addresses
                .iter()
                .filter_map(|one| one.network_interface.as_ref())
                .map(|id| id.as_str().into()),
        );
    }

    fn uses(&self, _ix: Ix<NatGateway>, look: &Look<'_>, out: &mut Uses) {
        let to = |target: &Target| matches!(target, Target::NatGateway(id) if *id == self.id);
        out.by("routes", routes_to(look, to));
        let own = |noun: &ElasticIp| self.addresses.iter().any(|one| one.public == Some(noun.public));
        out.by("Elastic IP addresses", nouns(look, own, |noun| noun.public.to_string()));
        breaks_routes(out);
    }
}
