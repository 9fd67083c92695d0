//! `describe-vpc-endpoint-service-configurations`.

use model::VpcEndpointService;

use super::other::is_gone;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(name)) = (object.required_id("ServiceId"), object.required_text("ServiceName"))
    else {
        return;
    };
    if object.text("ServiceState").is_some_and(is_gone) {
        return;
    }
    let mut load_balancers = object.ids("NetworkLoadBalancerArns");
    load_balancers.extend(object.ids("GatewayLoadBalancerArns"));
    let service = VpcEndpointService {
        id,
        name: name.into(),
        load_balancers,
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    context.insert(|snapshot| &mut snapshot.vpc_endpoint_services, service);
}

#[cfg(test)]
mod tests {
    use crate::testing::{only, problems, read, sound};

    /// A service as the call prints it.
    fn service(state: &str, balancers: &str) -> String {
        format!(
            r#"{{"ServiceConfigurations":[{{"ServiceType":[{{"ServiceType":"Interface"}}],"ServiceId":"vpce-svc-1",
            "ServiceName":"com.amazonaws.vpce.eu-west-1.vpce-svc-1","ServiceState":"{state}",
            "AvailabilityZones":["eu-west-1a"],"AcceptanceRequired":true,"ManagesVpcEndpoints":false,{balancers},
            "BaseEndpointDnsNames":["vpce-svc-1.eu-west-1.vpce.amazonaws.com"],
            "Tags":[{{"Key":"Name","Value":"shop"}}]}}]}}"#
        )
    }

    #[test]
    fn the_load_balancers_behind_it() {
        for (balancers, expected) in [
            (r#""NetworkLoadBalancerArns":["arn:a","arn:b"]"#, &["arn:a", "arn:b"][..]),
            (r#""GatewayLoadBalancerArns":["arn:g"]"#, &["arn:g"]),
            (r#""NetworkLoadBalancerArns":[],"GatewayLoadBalancerArns":["arn:g"]"#, &["arn:g"]),
        ] {
            let snapshot = sound(&service("Available", balancers));
            let service = only(&snapshot.vpc_endpoint_services);
            assert_eq!(service.load_balancers, expected);
            assert_eq!(service.name, "com.amazonaws.vpce.eu-west-1.vpce-svc-1");
            assert_eq!((service.id.as_str(), service.tags.name()), ("vpce-svc-1", Some("shop")));
        }
    }

    #[test]
    fn gone_ones_and_those_to_come() {
        let number = |state| {
            let text = service(state, r#""NetworkLoadBalancerArns":["arn:a"]"#);
            sound(&text).vpc_endpoint_services.len()
        };
        assert_eq!([number("Available"), number("Pending")], [1, 1]);
        assert_eq!([number("Deleting"), number("Deleted"), number("Failed")], [0, 0, 0]);
    }

    /// One cut out by `--query`, under no key.
    #[test]
    fn without_the_key_around_it() {
        let text = r#"[{"ServiceId":"vpce-svc-1","ServiceName":"s","ServiceState":"Available",
            "NetworkLoadBalancerArns":["arn:a"]}]"#;
        assert_eq!(only(&sound(text).vpc_endpoint_services).load_balancers, ["arn:a"]);
    }

    #[test]
    fn what_it_cannot_do_without() {
        for (text, problem) in [
            (
                r#"{"ServiceConfigurations":[{"ServiceName":"s"}]}"#,
                "error a.json:1:27: expected `ServiceId` in this object, found none",
            ),
            (
                r#"{"ServiceConfigurations":[{"ServiceId":"vpce-svc-1"}]}"#,
                "error a.json:1:27: expected `ServiceName` in this object, found none",
            ),
        ] {
            let snapshot = read(text);
            assert_eq!(problems(&snapshot), [problem]);
            assert!(snapshot.vpc_endpoint_services.is_empty());
        }
    }
}
