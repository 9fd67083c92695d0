//! `describe-vpn-gateways`.

use model::VpnGateway;

use super::internet_gateway::attached_vpc;
use super::other::is_gone;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("VpnGatewayId") else { return };
    if object.text("State").is_some_and(is_gone) {
        return;
    }
    let Some(vpc) = attached_vpc(object, "VpcAttachments") else { return };
    let (tags, origin) = (object.tags("Tags"), object.origin());
    context.insert(|snapshot| &mut snapshot.vpn_gateways, VpnGateway { id, vpc, tags, origin });
}

#[cfg(test)]
mod tests {
    use model::Id;

    use crate::testing::{only, sound};

    #[test]
    fn the_vpc_it_is_attached_to_and_gone_ones() {
        let snapshot = sound(
            r#"{"VpnGateways":[{"VpnGatewayId":"vgw-1","State":"deleting","VpcAttachments":[]},
            {"VpnGatewayId":"vgw-2","State":"available","Type":"ipsec.1","AmazonSideAsn":64512,
            "VpcAttachments":[{"VpcId":"vpc-1","State":"detached"},{"VpcId":"vpc-2","State":"attached"}]}]}"#,
        );
        let gateway = only(&snapshot.vpn_gateways);
        assert_eq!((gateway.id.as_str(), gateway.vpc.clone()), ("vgw-2", Some(Id::from("vpc-2"))));
    }
}
