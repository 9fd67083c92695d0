//! `autoscaling describe-auto-scaling-groups` (S9.15).

use model::{AutoScalingGroup, Id, Launch};

use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(name) = object.required_id("AutoScalingGroupName") else {
        return;
    };
    let subnets = object.text("VPCZoneIdentifier").unwrap_or_default();
    let group = AutoScalingGroup {
        name: Some(name.as_str().to_owned()),
        id: object.id("AutoScalingGroupARN").unwrap_or(name),
        subnets: subnets.split(',').map(str::trim).filter(|id| !id.is_empty()).map(Id::from).collect(),
        // In whatever state: what is on its way in or out has an interface too (S4.20).
        instances: object
            .objects("Instances")
            .filter_map(|instance| instance.required_id("InstanceId"))
            .collect(),
        target_groups: object.ids("TargetGroupARNs"),
        load_balancers: object.ids("LoadBalancerNames"),
        launch: launch(object),
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    context.insert(|snapshot| &mut snapshot.auto_scaling_groups, group);
}

fn launch(object: Object<'_>) -> Option<Launch> {
    let mixed = || {
        let policy = object.object("MixedInstancesPolicy")?.object("LaunchTemplate")?;
        policy.object("LaunchTemplateSpecification")
    };
    if let Some(template) = object.object("LaunchTemplate").or_else(mixed) {
        let (id, name) = (template.id("LaunchTemplateId"), template.id("LaunchTemplateName"));
        return Some(Launch::Template { id, name, version: template.id("Version") });
    }
    object.id("LaunchConfigurationName").map(Launch::Configuration)
}

#[cfg(test)]
mod tests {
    use model::{Id, Launch};

    use crate::testing::{only, problems, read, sound};

    #[test]
    fn an_auto_scaling_group_with_everything() {
        let snapshot = sound(
            r#"{"AutoScalingGroups":[{"AutoScalingGroupName":"shop-web","AutoScalingGroupARN":"arn:asg","MinSize":1,
            "VPCZoneIdentifier":"subnet-1, subnet-2","TargetGroupARNs":["arn:tg"],"LoadBalancerNames":["old"],
            "LaunchTemplate":{"LaunchTemplateId":"lt-1","LaunchTemplateName":"web","Version":"$Latest"},
            "Instances":[{"InstanceId":"i-1","LifecycleState":"InService"},{"InstanceId":"i-2","LifecycleState":"Standby"}]}]}"#,
        );
        let group = only(&snapshot.auto_scaling_groups);
        assert_eq!((group.id.as_str(), group.name.as_deref()), ("arn:asg", Some("shop-web")));
        let ids = |ids: &[&str]| -> Vec<Id> { ids.iter().copied().map(Id::from).collect() };
        assert_eq!(
            (&group.subnets, &group.instances),
            (&ids(&["subnet-1", "subnet-2"]), &ids(&["i-1", "i-2"]))
        );
        assert_eq!((&group.target_groups, &group.load_balancers), (&ids(&["arn:tg"]), &ids(&["old"])));
        let template = Launch::Template {
            id: Some("lt-1".into()),
            name: Some("web".into()),
            version: Some("$Latest".into()),
        };
        assert_eq!(group.launch, Some(template));
    }

    #[test]
    fn what_new_instances_are_started_from() {
        for (fields, expected) in [
            (r#""LaunchConfigurationName":"web""#, Some(Launch::Configuration("web".into()))),
            (
                r#""MixedInstancesPolicy":{"LaunchTemplate":{"LaunchTemplateSpecification":{"LaunchTemplateName":"web"}}}"#,
                Some(Launch::Template { id: None, name: Some("web".into()), version: None }),
            ),
            (r#""MaxSize":1"#, None),
        ] {
            let text = format!(
                r#"{{"AutoScalingGroups":[{{"AutoScalingGroupName":"shop-web","MinSize":1,{fields}}}]}}"#
            );
            let snapshot = sound(&text);
            let group = only(&snapshot.auto_scaling_groups);
            assert_eq!((group.id.as_str(), &group.launch), ("shop-web", &expected));
        }
    }

    #[test]
    fn a_name_is_needed() {
        let snapshot = read(r#"{"AutoScalingGroups":[{"MinSize":1}]}"#);
        assert_eq!(
            problems(&snapshot),
            ["error a.json:1:23: expected `AutoScalingGroupName` in this object, found none"]
        );
    }
}
