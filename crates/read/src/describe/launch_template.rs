//! `ec2 describe-launch-template-versions` and `autoscaling describe-launch-configurations`, as far as they say which
//! groups new instances get (S4.18).

use model::{Id, LaunchTemplate};

use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read_version(object: Object<'_>, context: &mut Context<'_>) {
    let Some(template) = object.required_id("LaunchTemplateId") else {
        return;
    };
    let errors = object.errors();
    let version: Option<u32> = object.get("VersionNumber").and_then(|version| version.bounded("a version"));
    if !object.has("VersionNumber") {
        object.error("expected `VersionNumber` in this object, found none");
    }
    if !object.has("LaunchTemplateData") {
        object.error("expected `LaunchTemplateData` in this object, found none");
    }
    let groups = object.object("LaunchTemplateData").map(groups);
    let (Some(version), Some(groups)) = (version, groups) else { return };
    let launch = LaunchTemplate {
        id: Id::from(format!("{template}:{version}").as_str()),
        template: Some(template),
        name: object.name("LaunchTemplateName"),
        version: Some(version),
        is_default: object.flag("DefaultVersion").unwrap_or(false),
        groups,
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    // With a group that cannot be read, it is not known which groups a new instance gets.
    if object.errors() == errors {
        context.insert(|snapshot| &mut snapshot.launch_templates, launch);
    }
}

pub(crate) fn read_configuration(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("LaunchConfigurationName") else {
        return;
    };
    let errors = object.errors();
    let launch = LaunchTemplate {
        name: Some(id.as_str().to_owned()),
        id,
        template: None,
        version: None,
        is_default: false,
        groups: object.ids("SecurityGroups"),
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    if object.errors() == errors {
        context.insert(|snapshot| &mut snapshot.launch_templates, launch);
    }
}

/// The groups of the primary interface. A template that names interfaces has its groups there only; one that names
/// groups for a default VPC may have names for ids.
fn groups(data: Object<'_>) -> Vec<Id> {
    let index = |interface: &Object<'_>| interface.number("DeviceIndex").unwrap_or(0);
    match data.objects("NetworkInterfaces").min_by_key(index) {
        Some(interface) => interface.ids("Groups"),
        None => data.ids("SecurityGroupIds").into_iter().chain(data.ids("SecurityGroups")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use model::Id;

    use crate::testing::{only, problems, read, sound};

    #[test]
    fn versions_of_a_template() {
        for (data, expected) in [
            (r#"{"SecurityGroupIds":["sg-1","sg-2"]}"#, &["sg-1", "sg-2"][..]),
            (r#"{"SecurityGroups":["web"]}"#, &["web"]),
            (
                r#"{"NetworkInterfaces":[{"DeviceIndex":1,"Groups":["sg-2"]},{"DeviceIndex":0,"Groups":["sg-1"]}]}"#,
                &["sg-1"],
            ),
            ("{}", &[]),
        ] {
            let snapshot = sound(&format!(
                r#"{{"LaunchTemplateVersions":[{{"LaunchTemplateId":"lt-1","LaunchTemplateName":"web","VersionNumber":7,
                "DefaultVersion":true,"LaunchTemplateData":{data}}}]}}"#
            ));
            let launch = only(&snapshot.launch_templates);
            assert_eq!((launch.id.as_str(), launch.template.as_ref()), ("lt-1:7", Some(&Id::from("lt-1"))));
            assert_eq!(
                (launch.name.as_deref(), launch.version, launch.is_default),
                (Some("web"), Some(7), true)
            );
            let groups: Vec<_> = launch.groups.iter().map(Id::as_str).collect();
            assert_eq!(groups, expected);
        }
    }

    #[test]
    fn launch_configurations() {
        let snapshot = sound(
            r#"{"LaunchConfigurations":[{"LaunchConfigurationName":"web","ImageId":"ami-1","SecurityGroups":["sg-1"]}]}"#,
        );
        let launch = only(&snapshot.launch_templates);
        assert_eq!((launch.id.as_str(), launch.template.as_ref()), ("web", None));
        assert_eq!(launch.groups, [Id::from("sg-1")]);
    }

    #[test]
    fn a_version_with_an_unreadable_group_is_not_known() {
        let snapshot = read(
            r#"{"LaunchTemplateVersions":[{"LaunchTemplateId":"lt-1","VersionNumber":1,"LaunchTemplateData":{"SecurityGroupIds":[7]}},
            {"LaunchTemplateId":"lt-1"}],"LaunchConfigurations":[{"LaunchConfigurationName":"web","SecurityGroups":"sg-1"}]}"#,
        );
        assert!(snapshot.launch_templates.is_empty());
        assert_eq!(
            problems(&snapshot),
            [
                "error a.json:1:115: expected a string for `SecurityGroupIds`, found a number",
                "error a.json:2:13: expected `VersionNumber` in this object, found none",
                "error a.json:2:13: expected `LaunchTemplateData` in this object, found none",
                "error a.json:2:116: expected a list for `SecurityGroups`, found a string",
            ]
        );
    }
}
