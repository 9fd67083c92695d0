//! `describe-security-groups` (S9.5) and `describe-security-group-rules` (S9.6).

use model::{Id, Origin, Peer, Problem, SecurityGroup, SecurityGroupRule, Traffic};

use super::cidr::Family;
use super::traffic;
use crate::object::{Object, Value};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("GroupId") else {
        return;
    };
    let errors = object.errors();
    let mut rules = Vec::new();
    for (key, egress) in [("IpPermissions", false), ("IpPermissionsEgress", true)] {
        object.required_objects(key).for_each(|permission| split(permission, egress, &mut rules));
    }
    context.insert(
        |snapshot| &mut snapshot.security_groups,
        SecurityGroup {
            id,
            name: object.name("GroupName"),
            vpc: object.id("VpcId"),
            owner: object.id("OwnerId"),
            rules,
            incomplete: object.errors() > errors,
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}

/// One rule a source (S1.2), each with the place of its source.
fn split(permission: Object<'_>, egress: bool, rules: &mut Vec<SecurityGroupRule>) {
    let Some(traffic) = traffic::of_rule(permission) else {
        return;
    };
    let mut any = false;
    let mut each = |key, peer: fn(Object<'_>) -> Option<Peer>| {
        for source in permission.list(key).filter_map(Value::object) {
            any = true;
            if let Some(peer) = peer(source) {
                rules.push(rule(None, egress, traffic, peer, source));
            }
        }
    };
    each("IpRanges", |source| source.required_cidr("CidrIp", Family::V4).map(Peer::Cidr));
    each("Ipv6Ranges", |source| source.required_cidr("CidrIpv6", Family::V6).map(Peer::Cidr));
    each("PrefixListIds", |source| source.required_id("PrefixListId").map(Peer::PrefixList));
    each("UserIdGroupPairs", |source| source.required_id("GroupId").map(Peer::Group));
    if !any {
        let message = "this permission names no source or destination, so it allows nothing";
        permission.report(Problem::note(permission.origin(), message));
    }
}

fn rule(id: Option<Id>, egress: bool, traffic: Traffic, peer: Peer, source: Object<'_>) -> SecurityGroupRule {
    let (description, origin): (_, Origin) = (source.name("Description"), source.origin());
    SecurityGroupRule { id, egress, traffic, peer, description, origin }
}

/// One rule of the flat list. One that cannot be read leaves its group incomplete, in whatever file that is.
pub(crate) fn read_rule(object: Object<'_>, context: &mut Context<'_>) {
    let group = object.required_id("GroupId");
    match (&group, flat(object)) {
        (Some(group), Some(rule)) => context.insert_rule(group.clone(), rule),
        _ => context.incomplete_group(group, object.origin()),
    }
}

fn flat(object: Object<'_>) -> Option<SecurityGroupRule> {
    let id = object.required_id("SecurityGroupRuleId")?;
    let egress = object.required_flag("IsEgress")?;
    let traffic = traffic::of_rule(object)?;
    let fields = ["CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupInfo"];
    let mut given = fields.into_iter().filter(|&key| object.has(key));
    let peer = match (given.next(), given.next()) {
        (Some("CidrIpv4"), None) => Peer::Cidr(object.cidr("CidrIpv4", Family::V4)?),
        (Some("CidrIpv6"), None) => Peer::Cidr(object.cidr("CidrIpv6", Family::V6)?),
        (Some("PrefixListId"), None) => Peer::PrefixList(object.required_id("PrefixListId")?),
        (Some(_), None) => Peer::Group(object.object("ReferencedGroupInfo")?.required_id("GroupId")?),
        (first, second) => {
            let found = match (first, second) {
                (Some(first), Some(second)) => format!("`{first}` and `{second}`"),
                _ => "none".to_owned(),
            };
            let fields = fields.map(|field| format!("`{field}`")).join(", ");
            object.error(format!("expected exactly one of {fields}, found {found}"));
            return None;
        }
    };
    Some(rule(Some(id), egress, traffic, peer, object))
}

#[cfg(test)]
mod tests {
    use model::{Id, SecurityGroup};

    use crate::testing::{at, only, problems, read, sound};

    fn group(permissions: &str) -> String {
        format!(
            r#"{{"SecurityGroups":[{{"GroupId":"sg-1","GroupName":"web","VpcId":"vpc-1","IpPermissions":[{permissions}],"IpPermissionsEgress":[]}}]}}"#
        )
    }

    fn shown(group: &SecurityGroup) -> Vec<String> {
        group.rules.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_permission_is_one_rule_a_source() {
        let snapshot = sound(
            r#"{"SecurityGroups":[{"GroupId":"sg-1","GroupName":"web","VpcId":"vpc-1","OwnerId":"1",
            "IpPermissions":[{"IpProtocol":"tcp","FromPort":443,"ToPort":443,
              "IpRanges":[{"CidrIp":"0.0.0.0/0","Description":"world"},{"CidrIp":"10.0.0.0/8"}],
              "Ipv6Ranges":[{"CidrIpv6":"::/0"}],"PrefixListIds":[{"PrefixListId":"pl-1"}],
              "UserIdGroupPairs":[{"GroupId":"sg-2","UserId":"1"}]}],
            "IpPermissionsEgress":[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]}]}"#,
        );
        let group = only(&snapshot.security_groups);
        assert_eq!((group.name.as_deref(), group.incomplete), (Some("web"), false));
        assert_eq!(
            shown(group),
            [
                "allow tcp 443 from 0.0.0.0/0",
                "allow tcp 443 from 10.0.0.0/8",
                "allow tcp 443 from ::/0",
                "allow tcp 443 from pl-1",
                "allow tcp 443 from sg-2",
                "allow all to 0.0.0.0/0",
            ]
        );
        assert_eq!(group.rules[0].description.as_deref(), Some("world"));
        assert_eq!(
            at(&snapshot, group.rules[1].origin),
            r#"{"CidrIp":"10.0.0.0/8"}"#,
            "the place of its own source"
        );
        assert_eq!(group.rules[0].id, None);
    }

    #[test]
    fn protocols_and_ports_in_all_spellings() {
        for (fields, traffic) in [
            (r#""IpProtocol":"TCP","FromPort":0,"ToPort":65535"#, "tcp"),
            (r#""IpProtocol":"6","FromPort":22,"ToPort":23"#, "tcp 22-23"),
            (r#""IpProtocol":17,"FromPort":53,"ToPort":53"#, "udp 53"),
            (r#""IpProtocol":"icmp","FromPort":8,"ToPort":-1"#, "icmp 8"),
            (r#""IpProtocol":"icmp","FromPort":3,"ToPort":4"#, "icmp 3/4"),
            (r#""IpProtocol":"1","FromPort":-1,"ToPort":-1"#, "icmp"),
            (r#""IpProtocol":"icmp","FromPort":-1,"ToPort":4"#, "icmp"),
            (r#""IpProtocol":"icmpv6""#, "icmpv6"),
            (r#""IpProtocol":"58","FromPort":0,"ToPort":0"#, "icmpv6 0/0"),
            (r#""IpProtocol":"-1","FromPort":null,"ToPort":null"#, "all"),
            (r#""IpProtocol":"-1","FromPort":0,"ToPort":0"#, "all"),
            (r#""IpProtocol":"-1","FromPort":-1,"ToPort":-1"#, "all"),
            (r#""IpProtocol":-1"#, "all"),
            (r#""IpProtocol":"50","FromPort":7,"ToPort":9"#, "50"),
        ] {
            let snapshot = sound(&group(&format!(r#"{{{fields},"IpRanges":[{{"CidrIp":"10.0.0.0/8"}}]}}"#)));
            assert_eq!(shown(only(&snapshot.security_groups)), [format!("allow {traffic} from 10.0.0.0/8")]);
        }
    }

    #[test]
    fn a_rule_that_is_not_understood_leaves_the_group_incomplete() {
        let ranges = r#""IpRanges":[{"CidrIp":"10.0.0.0/8"}]"#;
        let tcp = r#""IpProtocol":"tcp","FromPort":80,"ToPort":80"#;
        for (permission, expected) in [
            (
                format!(r#"{{"IpProtocol":"tcp",{ranges}}}"#),
                vec![
                    "expected `FromPort`: tcp and udp have ports",
                    "expected `ToPort`: tcp and udp have ports",
                ],
            ),
            (
                format!(r#"{{"IpProtocol":"tcp","FromPort":-1,"ToPort":-1,{ranges}}}"#),
                vec![
                    "expected a port from 0 to 65535 for `FromPort`, found `-1`",
                    "expected a port from 0 to 65535 for `ToPort`, found `-1`",
                ],
            ),
            (
                format!(r#"{{"IpProtocol":"udp","FromPort":9,"ToPort":8,{ranges}}}"#),
                vec!["`FromPort` 9 is above `ToPort` 8"],
            ),
            (
                format!(r#"{{"IpProtocol":"udp","FromPort":"9","ToPort":9,{ranges}}}"#),
                vec!["expected a number for `FromPort`, found a string"],
            ),
            (
                format!(r#"{{"IpProtocol":"icmp","FromPort":256,"ToPort":0,{ranges}}}"#),
                vec!["expected an ICMP type from 0 to 255, or -1 for `FromPort`, found `256`"],
            ),
            (
                format!(r#"{{"IpProtocol":"gre",{ranges}}}"#),
                vec![
                    "expected `tcp`, `udp`, `icmp`, `icmpv6`, `-1` or a protocol number for `IpProtocol`, found `gre`",
                ],
            ),
            (
                format!(r#"{{"FromPort":1,{ranges}}}"#),
                vec!["expected `IpProtocol` in this object, found none"],
            ),
            (
                format!(r#"{{{tcp},"IpRanges":[{{"CidrIp":"10.0.0.1"}}]}}"#),
                vec!["expected an IPv4 block such as `10.0.0.0/16` for `CidrIp`, found `10.0.0.1`"],
            ),
            (format!(r#"{{{tcp},"IpRanges":[{{}}]}}"#), vec!["expected `CidrIp` in this object, found none"]),
            (
                format!(r#"{{{tcp},"IpRanges":["10.0.0.0/8"]}}"#),
                vec!["expected an object for `IpRanges`, found a string", "NOTE"],
            ),
            (
                format!(r#"{{{tcp},"Ipv6Ranges":[{{"CidrIpv6":"::ffff:10.0.0.0/104"}}]}}"#),
                vec!["`::ffff:10.0.0.0/104` is an IPv4 address written as IPv6, which matches nothing"],
            ),
            (
                format!(r#"{{{tcp},"UserIdGroupPairs":[{{"GroupName":"old"}}]}}"#),
                vec!["expected `GroupId` in this object, found none"],
            ),
            (
                format!(r#"{{{tcp},"UserIdGroupPairs":[{{"GroupId":""}}]}}"#),
                vec!["expected a value for `GroupId`, found an empty string"],
            ),
        ] {
            let snapshot = read(&group(&permission));
            let found = only(&snapshot.security_groups);
            assert!(found.incomplete && found.rules.is_empty(), "{permission}");
            let note = "this permission names no source or destination, so it allows nothing";
            let messages: Vec<_> = snapshot.problems.iter().map(|problem| problem.message.as_str()).collect();
            let expected: Vec<_> =
                expected.into_iter().map(|line| if line == "NOTE" { note } else { line }).collect();
            assert_eq!(messages, expected, "{permission}");
        }
    }

    #[test]
    fn a_group_without_its_lists_is_a_group_of_unknown_rules() {
        let snapshot = read(r#"{"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[]}]}"#);
        assert!(only(&snapshot.security_groups).incomplete);
        assert_eq!(
            problems(&snapshot),
            ["error a.json:1:20: expected `IpPermissionsEgress` in this object, found none"]
        );
    }

    #[test]
    fn a_permission_without_a_source_is_no_rule() {
        let snapshot = read(&group(
            r#"{"IpProtocol":"tcp","FromPort":80,"ToPort":80,"IpRanges":[],"UserIdGroupPairs":[]}"#,
        ));
        assert!(
            only(&snapshot.security_groups).rules.is_empty() && !only(&snapshot.security_groups).incomplete
        );
        assert_eq!(
            problems(&snapshot),
            ["note a.json:1:89: this permission names no source or destination, so it allows nothing"]
        );
    }

    #[test]
    fn the_flat_list_has_the_ids_of_rules() {
        let snapshot = sound(
            r#"{"SecurityGroupRules":[
            {"SecurityGroupRuleId":"sgr-01","GroupId":"sg-1","IsEgress":false,"IpProtocol":"tcp","FromPort":8080,"ToPort":8080,"ReferencedGroupInfo":{"GroupId":"sg-2"},"Description":"lb"},
            {"SecurityGroupRuleId":"sgr-02","GroupId":"sg-1","IsEgress":true,"IpProtocol":"-1","FromPort":-1,"ToPort":-1,"CidrIpv4":"0.0.0.0/0"},
            {"SecurityGroupRuleId":"sgr-03","GroupId":"sg-1","IsEgress":true,"IpProtocol":"icmpv6","FromPort":-1,"ToPort":-1,"CidrIpv6":"::/0"},
            {"SecurityGroupRuleId":"sgr-04","GroupId":"sg-1","IsEgress":true,"IpProtocol":"tcp","FromPort":443,"ToPort":443,"PrefixListId":"pl-1"}]}"#,
        );
        let rules: Vec<_> =
            snapshot.security_group_rules.iter().map(|(group, rule)| format!("{group} {rule}")).collect();
        assert_eq!(
            rules,
            [
                "sg-1 allow tcp 8080 from sg-2",
                "sg-1 allow all to 0.0.0.0/0",
                "sg-1 allow icmpv6 to ::/0",
                "sg-1 allow tcp 443 to pl-1",
            ]
        );
        assert_eq!(snapshot.security_group_rules[0].1.id, Some(Id::from("sgr-01")));
        assert_eq!(snapshot.security_group_rules[0].1.description.as_deref(), Some("lb"));
    }

    #[test]
    fn a_flat_rule_that_is_not_understood_leaves_its_group_incomplete() {
        let group = |id| format!(r#"{{"GroupId":"{id}","IpPermissions":[],"IpPermissionsEgress":[]}}"#);
        let groups = format!(r#""SecurityGroups":[{},{}]"#, group("sg-1"), group("sg-2"));
        let fields = "`CidrIpv4`, `CidrIpv6`, `PrefixListId`, `ReferencedGroupInfo`";
        for (rule, incomplete, message) in [
            (
                r#"{"SecurityGroupRuleId":"sgr-1","GroupId":"sg-1","IsEgress":false,"IpProtocol":"-1"}"#,
                vec!["sg-1"],
                format!("expected exactly one of {fields}, found none"),
            ),
            (
                r#"{"SecurityGroupRuleId":"sgr-1","GroupId":"sg-1","IsEgress":false,"IpProtocol":"-1","CidrIpv4":"10.0.0.0/8","CidrIpv6":"::/0"}"#,
                vec!["sg-1"],
                format!("expected exactly one of {fields}, found `CidrIpv4` and `CidrIpv6`"),
            ),
            (
                r#"{"SecurityGroupRuleId":"sgr-1","GroupId":"sg-1","IpProtocol":"-1","CidrIpv4":"10.0.0.0/8"}"#,
                vec!["sg-1"],
                "expected `IsEgress` in this object, found none".into(),
            ),
            (
                r#"{"GroupId":"sg-1","IsEgress":false,"IpProtocol":"-1","CidrIpv4":"10.0.0.0/8"}"#,
                vec!["sg-1"],
                "expected `SecurityGroupRuleId` in this object, found none".into(),
            ),
            (
                r#"{"SecurityGroupRuleId":"sgr-1","IsEgress":false,"IpProtocol":"-1","CidrIpv4":"10.0.0.0/8"}"#,
                vec!["sg-1", "sg-2"],
                "expected `GroupId` in this object, found none".into(),
            ),
        ] {
            let snapshot = read(&format!(r#"{{{groups},"SecurityGroupRules":[{rule}]}}"#));
            let groups = snapshot.security_groups.values().filter(|group| group.incomplete);
            assert_eq!(groups.map(|group| group.id.as_str()).collect::<Vec<_>>(), incomplete, "{rule}");
            assert_eq!(problems(&snapshot), [format!("error a.json:1:169: {message}")], "{rule}");
            assert!(snapshot.security_group_rules.is_empty());
        }
    }
}
