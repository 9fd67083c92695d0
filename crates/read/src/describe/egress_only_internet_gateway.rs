//! `describe-egress-only-internet-gateways` (S9.9).

use model::EgressOnlyInternetGateway;

use super::internet_gateway::attached_vpc;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("EgressOnlyInternetGatewayId") else { return };
    let Some(vpc) = attached_vpc(object, "Attachments") else { return };
    let (tags, origin) = (object.tags("Tags"), object.origin());
    context.insert(
        |snapshot| &mut snapshot.egress_only_internet_gateways,
        EgressOnlyInternetGateway { id, vpc, tags, origin },
    );
}

#[cfg(test)]
mod tests {
    use model::Id;

    use crate::testing::{only, problems, read, sound};

    fn gateway(attachments: &str) -> String {
        format!(
            r#"{{"EgressOnlyInternetGateways":[{{"EgressOnlyInternetGatewayId":"eigw-1",{attachments}}}]}}"#
        )
    }

    #[test]
    fn the_vpc_it_is_attached_to() {
        for (attachments, vpc) in [
            (r#""Attachments":[{"VpcId":"vpc-1","State":"attached"}]"#, Some("vpc-1")),
            (r#""Attachments":[{"VpcId":"vpc-1","State":"available"}]"#, Some("vpc-1")),
            (r#""Attachments":[{"VpcId":"vpc-1","State":"detaching"}]"#, None),
            (r#""Attachments":[]"#, None),
        ] {
            let snapshot = sound(&gateway(attachments));
            assert_eq!(only(&snapshot.egress_only_internet_gateways).vpc, vpc.map(Id::from), "{attachments}");
        }
    }

    #[test]
    fn without_its_attachments_it_is_not_known() {
        let snapshot = read(&gateway(r#""Tags":[]"#));
        assert_eq!(
            problems(&snapshot),
            ["error a.json:1:32: expected `Attachments` in this object, found none"]
        );
        assert!(snapshot.egress_only_internet_gateways.is_empty());
    }
}
