//! `describe-load-balancer-attributes` of both services and `describe-target-group-attributes`, which do not say
//! whose attributes they are.

use crate::nameless::{About, Answer};
use crate::object::{Object, Value, shown};
use crate::snapshot::Context;

/// The attributes that the model looks at, and the values that they take.
const KNOWN: &[(&str, &[&str])] = &[
    ("load_balancing.cross_zone.enabled", &["true", "false", "use_load_balancer_configuration"]),
    ("preserve_client_ip.enabled", &["true", "false"]),
];

/// A list of keys and values.
pub(crate) fn read(list: Value<'_>, answer: Object<'_>, names: &[&str], context: &mut Context<'_>) {
    let mut attributes = Vec::new();
    for attribute in list.elements().filter_map(Value::object) {
        let Some(key) = attribute.required_text("Key") else { continue };
        let Some((_, values)) = KNOWN.iter().find(|(known, _)| *known == key) else { continue };
        let Some(value) = attribute.required_text("Value") else { continue };
        if values.contains(&value) {
            attributes.push((key.to_owned(), value.to_owned()));
        } else {
            let (key, value) = (shown(key), shown(value));
            attribute.error(format!("expected `true` or `false` for `{key}`, found `{value}`"));
        }
    }
    // Of the attributes of other services' things, or of none that matter, nobody needs to know whose they are.
    if !attributes.is_empty() {
        let id = answer.id("LoadBalancerArn").or_else(|| answer.id("TargetGroupArn"));
        context.insert_nameless(About::new(id, names), Answer::Attributes(attributes), list.origin());
    }
}

/// The one attribute of a Classic Load Balancer that matters.
pub(crate) fn read_classic(
    setting: Value<'_>,
    answer: Object<'_>,
    names: &[&str],
    context: &mut Context<'_>,
) {
    let enabled = setting.object().and_then(|setting| setting.required_flag("Enabled"));
    if let Some(enabled) = enabled {
        let attribute = ("load_balancing.cross_zone.enabled".to_owned(), enabled.to_string());
        let about = About::new(answer.id("LoadBalancerName"), names);
        context.insert_nameless(about, Answer::Attributes(vec![attribute]), setting.origin());
    }
}

#[cfg(test)]
mod tests {
    use model::Snapshot;

    use crate::testing::problems;

    const NOUNS: &str = r#"{"LoadBalancers":[{"LoadBalancerArn":"arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/shop/0123456789abcdef",
         "LoadBalancerName":"shop","VpcId":"vpc-1","Type":"network","AvailabilityZones":[]}],
        "TargetGroups":[{"TargetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/shop/fedcba9876543210",
         "TargetGroupName":"shop","Protocol":"TCP"}],
        "LoadBalancerDescriptions":[{"LoadBalancerName":"old","VPCId":"vpc-1","ListenerDescriptions":[]}]}"#;
    const ATTRIBUTES: &str = r#"{"Attributes":[{"Key":"deletion_protection.enabled","Value":"false"},
        {"Key":"load_balancing.cross_zone.enabled","Value":"true"}]}"#;

    fn named(name: &str, text: &str) -> Snapshot {
        let mut reader = crate::Reader::new();
        reader.add(name, text);
        reader.add("nouns.json", NOUNS);
        reader.finish()
    }

    #[test]
    fn attributes_find_whose_they_are() {
        let balancer = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/shop/0123456789abcdef";
        let group = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/shop/fedcba9876543210";
        let beside = |key: &str, id: &str| ATTRIBUTES.replacen('{', &format!(r#"{{"{key}":"{id}","#), 1);
        let wrapped = |key: &str, inner: &str, id: &str| format!(r#"{{"{key}":[{}]}}"#, beside(inner, id));
        for (name, text, expected) in [
            (
                "elbv2-describe-load-balancer-attributes/loadbalancer-net-shop-0123456789abcdef.json",
                ATTRIBUTES,
                balancer,
            ),
            ("elbv2-describe-load-balancer-attributes-shop.json", ATTRIBUTES, balancer),
            ("elbv2-describe-target-group-attributes/shop.json", ATTRIBUTES, group),
            ("a.json", &beside("TargetGroupArn", group), group),
            ("a.json", &wrapped("LoadBalancerAttributes", "LoadBalancerArn", balancer), balancer),
            ("a.json", &wrapped("TargetGroupAttributes", "TargetGroupArn", group), group),
        ] {
            let snapshot = named(name, text);
            assert_eq!(problems(&snapshot), Vec::<String>::new(), "{name}");
            let mut found = snapshot.load_balancer_attributes.iter().chain(&snapshot.target_group_attributes);
            let (id, key, value) = found.next().unwrap();
            assert_eq!((id.as_str(), value.as_str()), (expected, "true"), "{name}");
            assert_eq!((key.as_str(), found.next()), ("load_balancing.cross_zone.enabled", None));
        }
    }

    #[test]
    fn attributes_of_a_classic_load_balancer() {
        let text = r#"{"LoadBalancerAttributes":{"CrossZoneLoadBalancing":{"Enabled":true},"AccessLog":{"Enabled":false},
            "ConnectionDraining":{"Enabled":false},"ConnectionSettings":{"IdleTimeout":60},"AdditionalAttributes":[]}}"#;
        let snapshot = named("elb-describe-load-balancer-attributes/old.json", text);
        assert_eq!(problems(&snapshot), Vec::<String>::new());
        let [(id, ..)] = &snapshot.load_balancer_attributes[..] else { panic!("one attribute") };
        assert_eq!(id.as_str(), "old");
    }

    #[test]
    fn attributes_of_nobody_knows_whom_are_named() {
        let snapshot = named("attributes-shop.json", ATTRIBUTES);
        assert_eq!(
            problems(&snapshot),
            [
                "warning attributes-shop.json:1:15: this answer does not say of which load balancer or target group it is"
            ]
        );
        let indifferent =
            named("attributes.json", r#"{"Attributes":[{"Key":"stickiness.enabled","Value":"false"}]}"#);
        assert_eq!(problems(&indifferent), Vec::<String>::new());
    }

    #[test]
    fn values_that_are_not_known_are_named() {
        let snapshot = named("shop.json", &ATTRIBUTES.replace("\"true\"", "\"often\""));
        assert_eq!(
            problems(&snapshot),
            [
                "error shop.json:2:9: expected `true` or `false` for `load_balancing.cross_zone.enabled`, found `often`"
            ]
        );
    }
}
