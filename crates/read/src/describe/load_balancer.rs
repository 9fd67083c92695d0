//! `elbv2 describe-load-balancers` (S9.14): Application, Network and Gateway Load Balancers.

use std::net::IpAddr;

use model::{LoadBalancer, LoadBalancerNode, LoadBalancerType};

use crate::object::{Object, shown};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(vpc), Some(kind)) =
        (object.required_id("LoadBalancerArn"), object.required_id("VpcId"), kind(object))
    else {
        return;
    };
    let errors = object.errors();
    let mut balancer = LoadBalancer {
        id,
        name: object.name("LoadBalancerName"),
        kind,
        internet_facing: internet_facing(object),
        vpc,
        groups: object.ids("SecurityGroups"),
        nodes: object.required_objects("AvailabilityZones").map(node).collect(),
        active: active(object),
        cross_zone: None,
        enforce_on_private_link: object
            .text("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
            .is_none_or(|enforce| !enforce.eq_ignore_ascii_case("off")),
        incomplete: false,
        dns_name: object.text("DNSName").map(Into::into),
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    balancer.incomplete = object.errors() > errors;
    context.insert(|snapshot| &mut snapshot.load_balancers, balancer);
}

fn kind(object: Object<'_>) -> Option<LoadBalancerType> {
    match object.required_text("Type")? {
        "application" => Some(LoadBalancerType::Application),
        "network" => Some(LoadBalancerType::Network),
        "gateway" => Some(LoadBalancerType::Gateway),
        other => {
            object.error(format!(
                "expected `application`, `network` or `gateway` for `Type`, found `{}`",
                shown(other)
            ));
            None
        }
    }
}

/// `Scheme` (S4.16). A Gateway Load Balancer has none, and no public address.
pub(super) fn internet_facing(object: Object<'_>) -> bool {
    match object.text("Scheme") {
        Some("internet-facing") => true,
        Some("internal") | None => false,
        Some(other) => {
            let other = shown(other);
            object.error(format!("expected `internet-facing` or `internal` for `Scheme`, found `{other}`"));
            false
        }
    }
}

fn active(object: Object<'_>) -> bool {
    match object.text_in("State", "Code") {
        Some("active" | "active_impaired") | None => true,
        Some("provisioning" | "failed") => false,
        Some(other) => {
            object.error(format!("`{}` is no known state of a load balancer", shown(other)));
            true
        }
    }
}

/// A zone that it is enabled in, with the addresses that are fixed there.
fn node(zone: Object<'_>) -> LoadBalancerNode {
    let mut node = LoadBalancerNode {
        subnet: zone.required_id("SubnetId"),
        zone: zone.id("ZoneName"),
        public: None,
        private: Vec::new(),
    };
    for address in zone.objects("LoadBalancerAddresses") {
        node.public = node.public.or_else(|| address.ipv4("IpAddress"));
        node.private.extend(address.ipv4("PrivateIPv4Address").map(IpAddr::V4));
        node.private.extend(address.ipv6("IPv6Address").map(IpAddr::V6));
    }
    node
}

#[cfg(test)]
mod tests {
    use model::{Id, LoadBalancerType};

    use crate::testing::{only, problems, read, sound};

    #[test]
    fn a_load_balancer_with_everything() {
        let snapshot = sound(
            r#"{"LoadBalancers":[{"LoadBalancerArn":"arn:lb/net/shop/1","LoadBalancerName":"shop","DNSName":"shop.example.com",
            "Scheme":"internet-facing","VpcId":"vpc-1","Type":"network","State":{"Code":"active_impaired"},
            "SecurityGroups":["sg-1"],"EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic":"off",
            "AvailabilityZones":[{"ZoneName":"a","SubnetId":"subnet-1","LoadBalancerAddresses":[
              {"IpAddress":"198.51.100.1","AllocationId":"eipalloc-1","PrivateIPv4Address":"10.0.0.9","IPv6Address":"2001:db8::9"}]},
             {"ZoneName":"b","SubnetId":"subnet-2","LoadBalancerAddresses":[]}]}]}"#,
        );
        let balancer = only(&snapshot.load_balancers);
        assert_eq!((balancer.kind, balancer.internet_facing), (LoadBalancerType::Network, true));
        assert_eq!((balancer.name.as_deref(), balancer.vpc.as_str()), (Some("shop"), "vpc-1"));
        assert_eq!(balancer.groups, [Id::from("sg-1")]);
        assert!(balancer.active && !balancer.enforce_on_private_link && !balancer.incomplete);
        let [first, second] = &balancer.nodes[..] else { panic!("two nodes") };
        assert_eq!((&first.subnet, &first.zone), (&Some("subnet-1".into()), &Some("a".into())));
        assert_eq!(first.public, Some("198.51.100.1".parse().unwrap()));
        let private: Vec<_> = first.private.iter().map(ToString::to_string).collect();
        assert_eq!(private, ["10.0.0.9", "2001:db8::9"]);
        assert_eq!((second.public, second.private.len()), (None, 0));
    }

    #[test]
    fn kinds_states_and_schemes_that_are_not_known_are_named() {
        let text = |kind, state, scheme| {
            format!(
                r#"{{"LoadBalancers":[{{"LoadBalancerArn":"arn:1","VpcId":"vpc-1","Type":"{kind}","State":{{"Code":"{state}"}},
                "Scheme":"{scheme}","AvailabilityZones":[]}}]}}"#
            )
        };
        assert!(!only(&sound(&text("gateway", "provisioning", "internal")).load_balancers).active);
        let other = read(&text("quantum", "active", "internal"));
        assert!(other.load_balancers.is_empty());
        assert_eq!(
            problems(&other),
            ["error a.json:1:19: expected `application`, `network` or `gateway` for `Type`, found `quantum`"]
        );
        let odd = read(&text("application", "asleep", "both"));
        assert!(only(&odd.load_balancers).incomplete);
        assert_eq!(
            problems(&odd),
            [
                "error a.json:1:19: expected `internet-facing` or `internal` for `Scheme`, found `both`",
                "error a.json:1:19: `asleep` is no known state of a load balancer",
            ]
        );
    }

    #[test]
    fn a_load_balancer_with_a_broken_element_is_incomplete() {
        let snapshot = read(
            r#"{"LoadBalancers":[{"LoadBalancerArn":"arn:1","VpcId":"vpc-1","Type":"application",
            "SecurityGroups":["sg-1",7],"AvailabilityZones":[{"ZoneName":"a"}]}]}"#,
        );
        assert!(only(&snapshot.load_balancers).incomplete);
        assert_eq!(
            problems(&snapshot),
            [
                "error a.json:2:38: expected a string for `SecurityGroups`, found a number",
                "error a.json:2:62: expected `SubnetId` in this object, found none",
            ]
        );
    }
}
