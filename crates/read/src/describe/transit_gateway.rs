//! `describe-transit-gateways` (S9.12).

use model::TransitGateway;

use super::other::is_gone;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("TransitGatewayId") else { return };
    if object.text("State").is_some_and(is_gone) {
        return;
    }
    let gateway = TransitGateway {
        id,
        owner: object.id("OwnerId"),
        // Off unless it says otherwise (S1.18).
        security_group_referencing: object.text_in("Options", "SecurityGroupReferencingSupport")
            == Some("enable"),
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    context.insert(|snapshot| &mut snapshot.transit_gateways, gateway);
}

#[cfg(test)]
mod tests {
    use crate::testing::{only, sound};

    #[test]
    fn references_to_groups_and_gone_ones() {
        for (options, referencing) in [
            (r#","Options":{"SecurityGroupReferencingSupport":"enable"}"#, true),
            (r#","Options":{"SecurityGroupReferencingSupport":"disable"}"#, false),
            (r#","Options":{"AmazonSideAsn":64512}"#, false),
            ("", false),
        ] {
            let snapshot = sound(&format!(
                r#"{{"TransitGateways":[{{"TransitGatewayId":"tgw-1","State":"available","OwnerId":"1"{options}}},
                {{"TransitGatewayId":"tgw-2","State":"deleted"}}]}}"#
            ));
            assert_eq!(only(&snapshot.transit_gateways).security_group_referencing, referencing, "{options}");
        }
    }
}
