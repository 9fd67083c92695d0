//! Virtual private gateways and VPN connections.

use model::{Id, Ix, Snapshot, Table, Target, TransitGatewayAttachment, Vpc, VpnConnection, VpnGateway};

use crate::show::rows::{nouns, routes_to, silent};
use crate::show::{Kind, Look, Resource, Uses};

impl Kind for VpnGateway {
    const ONE: &'static str = "virtual private gateway";
    const MANY: &'static str = "virtual private gateways";

    fn table(model: &Snapshot) -> &Table<VpnGateway> {
        &model.vpn_gateways
    }

    fn vpc(&self) -> Option<&Id> {
        self.vpc.as_ref()
    }

    fn describe(&self, _ix: Ix<VpnGateway>, look: &Look<'_>, out: &mut Resource) {
        match &self.vpc {
            Some(vpc) => out.field("attached to", look.to::<Vpc>(vpc)),
            None => out.field("attached to", "no VPC"),
        }
        let table =
            look.resolved.edge_table_of(&self.id).map(|ix| look.noun(look.model().route_tables.at(ix)));
        out.field_if("route table", table);
    }

    fn uses(&self, _ix: Ix<VpnGateway>, look: &Look<'_>, out: &mut Uses) {
        let vpn = |noun: &VpnConnection| noun.gateway.as_ref() == Some(&self.id);
        out.by("VPN connections", nouns(look, vpn, silent));
        let to = |target: &Target| matches!(target, Target::VpnGateway(id) if *id == self.id);
        out.by("routes", routes_to(look, to));
        let attached = self.vpc.as_ref().map(|vpc| format!("it is attached to {}", look.to::<Vpc>(vpc).text));
        out.refuse_if(attached.is_some(), &attached.unwrap_or_default());
        out.refuse(out.count("VPN connections"), "VPN connection ends at it", "VPN connections end at it");
        super::gateways::breaks_routes(out);
        out.not_known("Direct Connect is not in the export");
    }
}

impl Kind for VpnConnection {
    const ONE: &'static str = "VPN connection";
    const MANY: &'static str = "VPN connections";

    fn table(model: &Snapshot) -> &Table<VpnConnection> {
        &model.vpn_connections
    }

    fn describe(&self, _ix: Ix<VpnConnection>, look: &Look<'_>, out: &mut Resource) {
        let gateway = self.gateway.as_ref().map(|id| match look.model().transit_gateways.get(id.as_str()) {
            Some(noun) => look.noun(noun),
            None => look.to::<VpnGateway>(id),
        });
        out.field_if("gateway", gateway);
        out.values("tunnel addresses", self.outside.iter().map(|address| address.to_string().into()));
        out.values("static routes", self.routes.iter().map(|block| block.to_string().into()));
    }

    fn uses(&self, _ix: Ix<VpnConnection>, look: &Look<'_>, out: &mut Uses) {
        let attachment = |noun: &TransitGatewayAttachment| noun.resource.as_ref() == Some(&self.id);
        out.by("transit gateway attachments", nouns(look, attachment, silent));
    }
}
