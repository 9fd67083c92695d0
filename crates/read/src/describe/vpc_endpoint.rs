//! `describe-vpc-endpoints`.

use model::{EndpointType, VpcEndpoint};

use super::other::is_gone;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(vpc)) = (object.required_id("VpcEndpointId"), object.required_id("VpcId")) else {
        return;
    };
    // The real CLI prints states of some types in lower case (S9.13).
    if object.text("State").is_some_and(is_gone) {
        return;
    }
    let endpoint_type = match object.text("VpcEndpointType") {
        Some("Interface") => EndpointType::Interface,
        Some("GatewayLoadBalancer") => EndpointType::GatewayLoadBalancer,
        // What the API takes it to be where nobody says.
        Some("Gateway") | None => EndpointType::Gateway,
        Some(other) => EndpointType::Other(other.into()),
    };
    let endpoint = VpcEndpoint {
        id,
        vpc,
        endpoint_type,
        service_name: object.text("ServiceName").unwrap_or_default().into(),
        available: object.text("State").is_none_or(|state| state.eq_ignore_ascii_case("available")),
        subnets: object.ids("SubnetIds"),
        groups: object.objects("Groups").filter_map(|group| group.required_id("GroupId")).collect(),
        network_interfaces: object.ids("NetworkInterfaceIds"),
        private_dns: object.flag("PrivateDnsEnabled").unwrap_or(false),
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    context.insert(|snapshot| &mut snapshot.vpc_endpoints, endpoint);
}

#[cfg(test)]
mod tests {
    use model::EndpointType;

    use crate::testing::{only, sound};

    #[test]
    fn types_and_gone_ones() {
        let text = |endpoint_type, state| {
            format!(
                r#"{{"VpcEndpoints":[{{"VpcEndpointId":"vpce-1","VpcId":"vpc-1","ServiceName":"s3",
                "VpcEndpointType":"{endpoint_type}","State":"{state}"}}]}}"#
            )
        };
        for (name, expected) in [
            ("Gateway", EndpointType::Gateway),
            ("Interface", EndpointType::Interface),
            ("GatewayLoadBalancer", EndpointType::GatewayLoadBalancer),
            ("Resource", EndpointType::Other("Resource".into())),
        ] {
            assert_eq!(only(&sound(&text(name, "available")).vpc_endpoints).endpoint_type, expected);
        }
        assert!(sound(&text("Gateway", "Deleted")).vpc_endpoints.is_empty());
    }
}
