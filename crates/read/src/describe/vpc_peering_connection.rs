//! `describe-vpc-peering-connections` (S9.11).

use ipnet::IpNet;
use model::{PeeringSide, VpcPeeringConnection};

use super::cidr::Family;
use super::other::is_gone;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("VpcPeeringConnectionId") else { return };
    let status = object.text_in("Status", "Code");
    if status.is_some_and(is_gone) {
        return;
    }
    let side = |key| object.object(key).and_then(side);
    let (Some(requester), Some(accepter)) = (side("RequesterVpcInfo"), side("AccepterVpcInfo")) else {
        object.error("expected `RequesterVpcInfo` and `AccepterVpcInfo` with a `VpcId` in this connection");
        return;
    };
    let peering = VpcPeeringConnection {
        id,
        requester,
        accepter,
        active: status == Some("active"),
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    context.insert(|snapshot| &mut snapshot.vpc_peering_connections, peering);
}

fn side(object: Object<'_>) -> Option<PeeringSide> {
    let mut cidrs: Vec<IpNet> = object.cidr("CidrBlock", Family::V4).into_iter().collect();
    let v4 = object.objects("CidrBlockSet").filter_map(|block| block.cidr("CidrBlock", Family::V4));
    let v6 = object.objects("Ipv6CidrBlockSet").filter_map(|block| block.cidr("Ipv6CidrBlock", Family::V6));
    for block in v4.chain(v6) {
        if !cidrs.contains(&block) {
            cidrs.push(block);
        }
    }
    Some(PeeringSide { vpc: object.id("VpcId")?, region: object.id("Region"), cidrs })
}

#[cfg(test)]
mod tests {
    use crate::testing::{only, problems, read, sound};

    const SIDES: &str = r#""RequesterVpcInfo":{"VpcId":"vpc-1","Region":"eu-west-1","CidrBlock":"10.20.0.0/16",
        "CidrBlockSet":[{"CidrBlock":"10.20.0.0/16"},{"CidrBlock":"10.21.0.0/16"}]},
        "AccepterVpcInfo":{"VpcId":"vpc-2","Region":"eu-north-1","Ipv6CidrBlockSet":[{"Ipv6CidrBlock":"2001:db8::/56"}]}"#;

    fn text(status: &str) -> String {
        format!(
            r#"{{"VpcPeeringConnections":[{{"VpcPeeringConnectionId":"pcx-1","Status":{{"Code":"{status}"}},{SIDES}}}]}}"#
        )
    }

    #[test]
    fn both_sides_and_whether_it_is_active() {
        let snapshot = sound(&text("active"));
        let peering = only(&snapshot.vpc_peering_connections);
        assert!(peering.active && peering.crosses_regions());
        let blocks =
            |side: &model::PeeringSide| side.cidrs.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(blocks(&peering.requester), ["10.20.0.0/16", "10.21.0.0/16"]);
        assert_eq!(blocks(&peering.accepter), ["2001:db8::/56"]);
        assert!(!only(&sound(&text("pending-acceptance")).vpc_peering_connections).active);
        assert!(sound(&text("deleted")).vpc_peering_connections.is_empty());
    }

    #[test]
    fn a_side_without_a_vpc_is_none() {
        let snapshot =
            read(r#"{"VpcPeeringConnections":[{"VpcPeeringConnectionId":"pcx-1","RequesterVpcInfo":{}}]}"#);
        assert_eq!(
            problems(&snapshot),
            [
                "error a.json:1:27: expected `RequesterVpcInfo` and `AccepterVpcInfo` with a `VpcId` in this connection"
            ]
        );
        assert!(snapshot.vpc_peering_connections.is_empty());
    }
}
