//! Several files, several inputs: what comes twice, and how answers may be wrapped.

#![expect(clippy::unwrap_used, reason = "a test that finds no place should stop")]

use model::Snapshot;
use read::Reader;

fn problems(snapshot: &Snapshot) -> Vec<String> {
    let words = |problem: &model::Problem| {
        let place = snapshot.sources.locate(problem.origin.unwrap()).unwrap();
        format!("{} {place}: {}", format!("{:?}", problem.severity).to_lowercase(), problem.message)
    };
    snapshot.problems.iter().map(words).collect()
}

/// Reads layers of files.
fn read(layers: &[&[(&str, &str)]]) -> Snapshot {
    let mut reader = Reader::new();
    for (number, files) in layers.iter().enumerate() {
        if number > 0 {
            reader.next_layer();
        }
        files.iter().for_each(|(name, text)| reader.add(name, *text));
    }
    reader.finish()
}

#[test]
fn files_read_at_the_same_time_are_as_files_read_one_after_the_other() {
    let texts = ["", VPC, "{", OTHER_VPC, "[1]", "\u{feff}[]", VPC, r#"{"Vpcs":[{}]}"#, OTHER_VPC];
    let files: Vec<(String, &str)> =
        (0..60).zip(texts.iter().cycle()).map(|(number, text)| (format!("{number}.json"), *text)).collect();
    let mut one_by_one = Reader::new();
    files.iter().for_each(|(name, text)| one_by_one.add(name, *text));
    let mut together = Reader::new();
    together.add_all(files.iter().map(|(name, text)| (name.clone(), text.as_bytes().to_vec())));
    let (one_by_one, together) = (one_by_one.finish(), together.finish());
    assert!(together.problems.len() > 30);
    assert_eq!(problems(&together), problems(&one_by_one));
    assert_eq!(format!("{together:?}"), format!("{one_by_one:?}"));
}

const VPC: &str = r#"{"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/16"}]}"#;
const OTHER_VPC: &str = r#"{"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.1.0.0/16"}]}"#;

#[test]
fn one_noun_in_two_files_of_an_input() {
    let same = read(&[&[("a.json", VPC), ("b.json", VPC)]]);
    assert_eq!(problems(&same), Vec::<String>::new());
    assert_eq!(same.vpcs.len(), 1);

    let differs = read(&[&[("a.json", VPC), ("b.json", OTHER_VPC)]]);
    assert_eq!(
        problems(&differs),
        [
            "warning b.json:1:10: `vpc-1` is described twice, and differently; the description at a.json:1:10 is used"
        ]
    );
    assert_eq!(differs.vpcs.get("vpc-1").unwrap().cidrs, ["10.0.0.0/16".parse().unwrap()]);
}

#[test]
fn a_shared_noun_looks_different_from_each_account() {
    let of = |zone: &str, tags: &str| {
        format!(
            r#"{{"Subnets":[{{"SubnetId":"subnet-1","VpcId":"vpc-1","CidrBlock":"10.0.0.0/24","AvailabilityZone":"{zone}","Tags":{tags}}}]}}"#
        )
    };
    let (guest, owner) = (of("eu-west-1b", "[]"), of("eu-west-1a", r#"[{"Key":"Name","Value":"app"}]"#));
    let snapshot = read(&[&[("a.json", &guest), ("b.json", &owner)]]);
    assert_eq!(problems(&snapshot), Vec::<String>::new());
    assert_eq!(snapshot.subnets.get("subnet-1").unwrap().tags.name(), Some("app"));
}

#[test]
fn the_order_of_rules_has_no_meaning() {
    let group = |first: &str, second: &str| {
        format!(
            r#"{{"SecurityGroups":[{{"GroupId":"sg-1","IpPermissions":[{{"IpProtocol":"-1","IpRanges":[{{"CidrIp":"{first}"}},{{"CidrIp":"{second}"}}]}}],"IpPermissionsEgress":[]}}]}}"#
        )
    };
    let (left, right) = (group("10.0.0.0/8", "0.0.0.0/0"), group("0.0.0.0/0", "10.0.0.0/8"));
    assert_eq!(problems(&read(&[&[("a.json", &left), ("b.json", &right)]])), Vec::<String>::new());
    let right = group("0.0.0.0/0", "11.0.0.0/8");
    assert_eq!(problems(&read(&[&[("a.json", &left), ("b.json", &right)]])).len(), 1);
}

#[test]
fn a_later_input_replaces() {
    let snapshot = read(&[&[("a.json", VPC)], &[("b.json", OTHER_VPC)]]);
    assert_eq!(problems(&snapshot), Vec::<String>::new());
    assert_eq!(snapshot.vpcs.len(), 1);
    assert_eq!(snapshot.vpcs.get("vpc-1").unwrap().cidrs, ["10.1.0.0/16".parse().unwrap()]);
}

fn group(port: u16) -> String {
    format!(
        r#"{{"SecurityGroups":[{{"GroupId":"sg-1","IpPermissions":[{{"IpProtocol":"tcp","FromPort":{port},"ToPort":{port},"IpRanges":[{{"CidrIp":"10.0.0.0/8"}}]}}],"IpPermissionsEgress":[]}}]}}"#
    )
}

fn flat(rule: &str, port: u16) -> String {
    format!(
        r#"{{"SecurityGroupRules":[{{"SecurityGroupRuleId":"{rule}","GroupId":"sg-1","IsEgress":false,"IpProtocol":"tcp","FromPort":{port},"ToPort":{port},"CidrIpv4":"10.0.0.0/8"}}]}}"#
    )
}

#[test]
fn rules_of_the_flat_list_belong_to_their_input() {
    let shown = |snapshot: &Snapshot| -> Vec<String> {
        snapshot
            .security_group_rules
            .iter()
            .map(|(_, rule)| format!("{} {rule}", rule.id.as_ref().unwrap()))
            .collect()
    };
    let both =
        read(&[&[("a.json", &group(80)), ("b.json", &flat("sgr-1", 80)), ("c.json", &flat("sgr-1", 80))]]);
    assert_eq!(shown(&both), ["sgr-1 allow tcp 80 from 10.0.0.0/8"]);
    assert_eq!(problems(&both), Vec::<String>::new());

    // The later description of the group has its rules inside; the earlier flat list is outdated.
    let later_group =
        read(&[&[("a.json", &group(80)), ("b.json", &flat("sgr-1", 80))], &[("c.json", &group(81))]]);
    assert_eq!(shown(&later_group), Vec::<String>::new());

    let later_rules =
        read(&[&[("a.json", &group(80)), ("b.json", &flat("sgr-1", 80))], &[("c.json", &flat("sgr-2", 81))]]);
    assert_eq!(shown(&later_rules), ["sgr-2 allow tcp 81 from 10.0.0.0/8"]);

    let differs = read(&[&[("b.json", &flat("sgr-1", 80)), ("c.json", &flat("sgr-1", 81))]]);
    assert_eq!(
        problems(&differs),
        [
            "warning c.json:1:24: `sgr-1` is described twice, and differently; the description at b.json:1:24 is used"
        ]
    );
}

#[test]
fn a_broken_rule_does_not_outlive_its_input() {
    let broken = r#"{"SecurityGroupRules":[{"SecurityGroupRuleId":"sgr-1","GroupId":"sg-1"}]}"#;
    let nameless = r#"{"SecurityGroupRules":[{"SecurityGroupRuleId":"sgr-1"}]}"#;
    for file in [broken, nameless] {
        let now = read(&[&[("a.json", &group(80)), ("b.json", file)]]);
        assert!(now.security_groups.get("sg-1").unwrap().incomplete);
        let later = read(&[&[("a.json", &group(80)), ("b.json", file)], &[("c.json", &group(80))]]);
        assert!(!later.security_groups.get("sg-1").unwrap().incomplete);
    }
}

#[test]
fn entries_of_prefix_lists_belong_to_their_input() {
    let entries = |cidr: &str| format!(r#"{{"Entries":[{{"Cidr":"{cidr}"}}]}}"#);
    let (old, new) = (entries("10.0.0.0/8"), entries("11.0.0.0/8"));
    let shown = |snapshot: &Snapshot| -> Vec<String> {
        let lists = snapshot.prefix_list_entries.iter();
        lists
            .flat_map(|(id, entries)| entries.iter().map(move |entry| format!("{id} {}", entry.cidr)))
            .collect()
    };
    assert_eq!(shown(&read(&[&[("pl-1.json", &old), ("x/pl-1.json", &old)]])), ["pl-1 10.0.0.0/8"]);
    assert_eq!(shown(&read(&[&[("pl-1.json", &old)], &[("pl-1.json", &new)]])), ["pl-1 11.0.0.0/8"]);
    let differs = read(&[&[("pl-1.json", &old), ("x/pl-1.json", &new)]]);
    assert_eq!(shown(&differs), ["pl-1 10.0.0.0/8"]);
    assert_eq!(
        problems(&differs),
        [
            "warning x/pl-1.json:1:12: `pl-1` is described twice, and differently; the description at pl-1.json:1:12 is used"
        ]
    );
    let list = r#"{"PrefixLists":[{"PrefixListId":"pl-1","Cidrs":["12.0.0.0/8"]}]}"#;
    assert_eq!(shown(&read(&[&[("pl-1.json", &old)], &[("lists.json", list)]])), Vec::<String>::new());
}

#[test]
fn interfaces_inside_instances_come_once() {
    let of = |group: &str| {
        format!(
            r#"{{"Reservations":[{{"Instances":[{{"InstanceId":"i-1","NetworkInterfaces":[{{"NetworkInterfaceId":"eni-1","VpcId":"v","SubnetId":"s","Groups":[{{"GroupId":"{group}"}}]}}]}}]}}]}}"#
        )
    };
    let (old, new) = (of("sg-1"), of("sg-2"));
    let groups = |snapshot: &Snapshot| -> Vec<String> {
        snapshot
            .instance_interfaces
            .iter()
            .flat_map(|interface| &interface.groups)
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(groups(&read(&[&[("a.json", &old), ("b.json", &old)]])), ["sg-1"]);
    assert_eq!(groups(&read(&[&[("a.json", &old)], &[("b.json", &new)]])), ["sg-2"]);
    let differs = read(&[&[("a.json", &old), ("b.json", &new)]]);
    assert_eq!((groups(&differs), problems(&differs).len()), (vec!["sg-1".to_owned()], 1));
}

#[test]
fn answers_are_found_whatever_wraps_them() {
    let vpc = r#"{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/16","InstanceTenancy":"default"}"#;
    let group = r#"{"GroupId":"sg-1","IpPermissions":[],"IpPermissionsEgress":[]}"#;
    for text in [
        format!(r#"{{"Vpcs":[{vpc}],"SecurityGroups":[{group}]}}"#),
        format!(
            r#"{{"describe-vpcs":{{"Vpcs":[{vpc}]}},"describe-security-groups":{{"SecurityGroups":[{group}]}}}}"#
        ),
        format!(r#"[{{"Vpcs":[{vpc}],"ResponseMetadata":{{}}}},{{"SecurityGroups":[{group}]}}]"#),
        format!(
            r#"{{"111122223333":{{"eu-west-1":{{"Vpcs":[{vpc}]}},"us-east-1":[{{"SecurityGroups":[{group}]}}]}}}}"#
        ),
        format!(r#"{{"Vpcs":{{"Vpcs":[{vpc}]}},"SecurityGroups":{{"SecurityGroups":[{group}]}}}}"#),
        format!(r#"{{"Vpcs":{vpc},"SecurityGroups":[{group}]}}"#),
        format!("[{vpc},{group}]"),
        format!(r#"{{"my_vpcs":[{vpc}],"my_groups":[[{group}]]}}"#),
    ] {
        let snapshot = read(&[&[("a.json", &text)]]);
        assert_eq!(problems(&snapshot), Vec::<String>::new(), "{text}");
        assert_eq!((snapshot.vpcs.len(), snapshot.security_groups.len()), (1, 1), "{text}");
    }
}

/// Below the top of a file, a key of ours may be a word of somebody else's.
#[test]
fn what_only_sounds_like_an_answer_is_left_alone() {
    let snapshot = read(&[&[(
        "a.json",
        r#"{"Vpcs":[],"Other":{"SecurityGroups":["sg-1"],"Subnets":[{"SubnetIdentifier":"subnet-1"}],"Vpcs":7}}"#,
    )]]);
    assert_eq!(problems(&snapshot), ["note a.json:1:12: not known, and ignored: `Other`"]);
    assert!(snapshot.subnets.is_empty() && snapshot.security_groups.is_empty());
}

#[test]
fn parts_of_a_transit_gateway_table_in_two_inputs() {
    let routes = |block: &str| {
        format!(
            r#"{{"TransitGatewayRouteTableId":"tgw-rtb-1","Routes":[{{"DestinationCidrBlock":"{block}","Type":"static"}}]}}"#
        )
    };
    let uses = |id: &str| {
        format!(
            r#"{{"TransitGatewayRouteTableId":"tgw-rtb-1","Associations":[{{"TransitGatewayAttachmentId":"{id}","State":"associated"}}]}}"#
        )
    };
    let (one, two) = (routes("10.1.0.0/16"), routes("10.2.0.0/16"));
    let (here, there) = (uses("tgw-attach-1"), uses("tgw-attach-2"));

    let later = read(&[&[("a.json", &one), ("b.json", &here)], &[("c.json", &two), ("d.json", &there)]]);
    assert_eq!(problems(&later), Vec::<String>::new());
    assert_eq!(later.transit_gateway_routes[0].routes[0].destination.to_string(), "10.2.0.0/16");
    assert_eq!(later.transit_gateway_associations[0].attachments, [model::Id::from("tgw-attach-2")]);

    let same = read(&[&[("a.json", &one), ("b.json", &here), ("c.json", &one), ("d.json", &here)]]);
    assert_eq!(problems(&same), Vec::<String>::new());

    let differs = read(&[&[("a.json", &one), ("b.json", &here), ("c.json", &two), ("d.json", &there)]]);
    let message = "`tgw-rtb-1` is described twice, and differently; the description at";
    assert_eq!(
        problems(&differs),
        [
            format!("warning c.json:1:52: {message} a.json:1:52 is used"),
            format!("warning d.json:1:58: {message} b.json:1:58 is used"),
        ]
    );
}
