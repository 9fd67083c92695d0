//! VPC peering connections.

use model::{Id, Ix, PeeringSide, Resolved, Snapshot, Table, Target, Vpc, VpcPeeringConnection};

use crate::show::look::joined;
use crate::show::rows::routes_to;
use crate::show::{Kind, Look, Resource, Row, Uses};

impl Kind for VpcPeeringConnection {
    const ONE: &'static str = "peering connection";
    const MANY: &'static str = "peering connections";

    fn table(model: &Snapshot) -> &Table<VpcPeeringConnection> {
        &model.vpc_peering_connections
    }

    /// The first of the two that the export has.
    fn home<'a>(&'a self, resolved: &'a Resolved) -> Option<&'a Id> {
        let sides = [&self.requester.vpc, &self.accepter.vpc];
        sides.into_iter().find(|vpc| resolved.snapshot.vpcs.get(vpc.as_str()).is_some())
    }

    fn describe(&self, _ix: Ix<VpcPeeringConnection>, look: &Look<'_>, out: &mut Resource) {
        if !self.active {
            out.field("state", "not active: it carries nothing");
        }
        let side = |role: &str, side: &PeeringSide| {
            Row::at(None)
                .cell("role", role)
                .cell("vpc", look.to::<Vpc>(&side.vpc))
                .cell("region", side.region.as_ref().map_or("", |region| region.as_str()))
                .cell("blocks", joined(&side.cidrs))
        };
        out.list("between", "", vec![side("asked", &self.requester), side("accepted", &self.accepter)]);
    }

    fn uses(&self, _ix: Ix<VpcPeeringConnection>, look: &Look<'_>, out: &mut Uses) {
        let to = |target: &Target| matches!(target, Target::VpcPeeringConnection(id) if *id == self.id);
        out.by("routes", routes_to(look, to));
        super::gateways::breaks_routes(out);
        for side in [&self.requester, &self.accepter] {
            if look.model().vpcs.get(side.vpc.as_str()).is_none() {
                out.not_known(format!("the routes of VPC `{}` are not in the export", side.vpc));
            }
        }
    }
}
