//! Values that cannot be understood: listed, and what needs them is undecided.

use super::*;

#[test]
fn what_is_left_out_decides_nothing() {
    let custom = |acl: &Value| acl["IsDefault"] == false;
    let is_main = |table: &Value| table["Associations"][0]["Main"] == true;
    let to_all = |rule: &Value| rule["RuleNumber"] == 100 && rule["Egress"] == false;
    let list = |object: &mut Value, key: &str| drop(object.as_object_mut().unwrap().remove(key));
    for (name, export, place) in [
        (
            "a rule with an invalid CIDR",
            Export::new().each_rule(|rule| rule["CidrIpv4"] = json!("0.0.0.0/99")),
            "describe-security-group-rules.json:38:19",
        ),
        (
            "a rule with ports in the wrong order",
            Export::new().each_rule(|rule| rule["FromPort"] = json!(90)),
            "describe-security-group-rules.json:",
        ),
        (
            "a rule without a direction",
            Export::new().each_rule(|rule| rule["IsEgress"] = json!("no")),
            "describe-security-group-rules.json:",
        ),
        (
            "an invalid CIDR inside a group",
            Export::new().without(RULES).each(GROUPS, |group| {
                for rule in group["IpPermissions"].as_array_mut().unwrap() {
                    rule["IpRanges"] = json!([{"CidrIp": "0.0.0.0/x"}]);
                }
            }),
            "describe-security-groups.json:",
        ),
        (
            "a group without its lists",
            Export::new().without(RULES).each(GROUPS, |group| list(group, "IpPermissions")),
            "describe-security-groups.json:",
        ),
        (
            "an entry with an invalid protocol",
            Export::new().each_entry(|entry| entry["Protocol"] = json!("tcpp")),
            "describe-network-acls.json:",
        ),
        (
            "an entry with an invalid CIDR",
            Export::new().each_entry(|entry| entry["CidrBlock"] = json!("10.0.0/8")),
            "describe-network-acls.json:",
        ),
        (
            "an entry with a number that is too large",
            Export::new().each_entry(|entry| entry["RuleNumber"] = json!(1e30)),
            "describe-network-acls.json:",
        ),
        (
            "an entry that neither allows nor denies",
            Export::new().each_entry(|entry| entry["RuleAction"] = json!("maybe")),
            "describe-network-acls.json:",
        ),
        (
            "two entries of one number",
            Export::new().each(ACLS, |acl| {
                let entries = acl["Entries"].as_array_mut().unwrap();
                let mut twice: Vec<_> = entries.iter().filter(|entry| to_all(entry)).cloned().collect();
                twice.iter_mut().for_each(|entry| entry["RuleAction"] = json!("deny"));
                entries.extend(twice);
            }),
            "describe-network-acls.json:",
        ),
        (
            "a list without entries",
            Export::new().each(ACLS, |acl| list(acl, "Entries")),
            "describe-network-acls.json:",
        ),
        (
            "a list without an id: the default one must not stand in for it",
            Export::new().each(ACLS, |acl| {
                if custom(acl) {
                    list(acl, "NetworkAclId");
                }
            }),
            "describe-network-acls.json:",
        ),
        (
            "an association of a list with something",
            Export::new().each(ACLS, |acl| {
                if custom(acl) {
                    acl["Associations"] = json!([{"SubnetId": 7}]);
                }
            }),
            "describe-network-acls.json:",
        ),
        (
            "lists that are texts",
            Export::new().all(ACLS, |acls| {
                acls.iter_mut().filter(|acl| custom(acl)).for_each(|acl| *acl = json!("acl"));
            }),
            "describe-network-acls.json:",
        ),
        (
            "a table without an id: the main one must not stand in for it",
            Export::new().each(TABLES, |table| {
                if !is_main(table) {
                    list(table, "RouteTableId");
                }
            }),
            "describe-route-tables.json:",
        ),
        (
            "an association of a table with something",
            Export::new().each(TABLES, |table| {
                if !is_main(table) {
                    table["Associations"] = json!([{"SubnetId": []}]);
                }
            }),
            "describe-route-tables.json:",
        ),
        (
            "a route with an invalid destination",
            Export::new().each(TABLES, |table| {
                for route in table["Routes"].as_array_mut().unwrap() {
                    route["DestinationCidrBlock"] = json!("0.0.0.0/-1");
                }
            }),
            "describe-route-tables.json:",
        ),
        (
            "a gateway attached to something",
            Export::new().each(GATEWAYS, |gateway| {
                gateway["Attachments"] = json!([{"VpcId": 7, "State": "available"}]);
            }),
            "describe-internet-gateways.json:",
        ),
        (
            "a gateway in an unknown state",
            Export::new().each(GATEWAYS, |gateway| gateway["Attachments"][0]["State"] = json!("zombie")),
            "describe-internet-gateways.json:",
        ),
        (
            "an interface with an unreadable group",
            Export::new().each(INTERFACES, |interface| interface["Groups"] = json!([{"GroupId": 7}])),
            "describe-network-interfaces.json:",
        ),
        (
            "an interface with an unreadable public address",
            Export::new().each(INTERFACES, |interface| {
                interface["Association"] = json!(7);
                interface["PrivateIpAddresses"][0]["Association"] = json!({"PublicIp": "203.0.113.999"});
            }),
            "describe-network-interfaces.json:",
        ),
        (
            "a subnet without an id",
            Export::new().each(SUBNETS, |subnet| subnet["SubnetId"] = json!(7)),
            "describe-subnets.json:",
        ),
    ] {
        let said = export.said();
        assert_eq!((said.verdict(), said.code), ("UNDECIDED", 3), "{name}: {said:#?}");
        assert!(said.error.starts_with("error: "), "{name}: {}", said.error);
        assert!(said.error.contains(place) && said.error.contains('^'), "{name}: {}", said.error);
    }
}

#[test]
fn what_is_missing_decides_nothing() {
    let prefix_list = |rule: &mut Value| {
        rule.as_object_mut().unwrap().remove("CidrIpv4");
        rule["PrefixListId"] = json!("pl-1");
    };
    let lists = r#"{"PrefixLists":[{"PrefixListId":"pl-1","PrefixListName":"office"}]}"#;
    let known = || Export::new().each_rule(prefix_list).write("describe-managed-prefix-lists", lists);
    let cut = |export: Export, name: &str, drop: fn(&Value) -> bool| {
        let mut answer: Value = serde_json::from_str(&export.text(name)).unwrap();
        let object = answer.as_object_mut().unwrap();
        object.values_mut().next().unwrap().as_array_mut().unwrap().retain(|element| !drop(element));
        object.insert("NextToken".into(), json!("eyJ"));
        export.write(name, answer.to_string())
    };
    for (name, export, reason) in [
        ("the lists", Export::new().without(ACLS), "no network ACL for subnet `subnet-"),
        ("the tables", Export::new().without(TABLES), "no route table for subnet `subnet-"),
        ("the gateways", Export::new().without(GATEWAYS), "internet gateway `igw-"),
        ("the groups", Export::new().without(GROUPS), "security group `sg-"),
        ("the subnets", Export::new().without(SUBNETS), "subnet `subnet-"),
        (
            "the only group of the interface",
            Export::new().each(INTERFACES, |interface| interface["Groups"] = json!([{"GroupId": "sg-gone"}])),
            "security group `sg-gone` is not in the export",
        ),
        (
            "the list of the interface's groups",
            Export::new()
                .each(INTERFACES, |interface| drop(interface.as_object_mut().unwrap().remove("Groups"))),
            "eni-",
        ),
        (
            "the subnet of the interface",
            Export::new().each(INTERFACES, |interface| interface["SubnetId"] = json!("subnet-gone")),
            "subnet `subnet-gone`",
        ),
        ("the prefix list", Export::new().each_rule(prefix_list), "prefix list `pl-1` is not in the export"),
        ("its entries", known(), "the entries of prefix list `pl-1` are not in the export"),
        (
            "whose entries they are",
            known().write("entries", r#"{"Entries":[{"Cidr":"0.0.0.0/0"}]}"#),
            "the entries of prefix list `pl-1` are not in the export",
        ),
        (
            "one of its entries",
            known().write("entries-pl-1", r#"{"Entries":[{"Cidr":"198.51.100.0/24"},{"Cidr":"1.2.3.4.5"}]}"#),
            "the entries of prefix list `pl-1` are not in the export",
        ),
        (
            "the next page of its entries",
            known().write("entries-pl-1", r#"{"Entries":[{"Cidr":"198.51.100.0/24"}],"NextToken":"eyJ"}"#),
            "the entries of prefix list `pl-1` are not in the export",
        ),
        (
            "the next page of lists, with the one that counts",
            cut(Export::new(), ACLS, |acl| acl["IsDefault"] == false),
            "no network ACL for subnet `subnet-",
        ),
        (
            "the next page of tables, with the one that counts",
            cut(Export::new(), TABLES, |table| table["Associations"][0]["Main"] != true),
            "no route table for subnet `subnet-",
        ),
        (
            "the next page of rules, with the one that counts",
            cut(Export::new().flat(), RULES, |rule| rule["FromPort"] == 80),
            "security group `sg-",
        ),
    ] {
        let said = export.said();
        assert_eq!((said.verdict(), said.code), ("UNDECIDED", 3), "{name}: {said:#?}");
        assert!(said.out.contains(reason), "{name}: {}", said.out);
    }
}

#[test]
fn what_is_left_out_matters_only_where_it_is_needed() {
    // Groups only allow: what another group of the interface allows stays allowed.
    let gone = json!({"GroupId": "sg-gone"});
    let export = Export::new()
        .each(INTERFACES, |interface| interface["Groups"].as_array_mut().unwrap().push(gone.clone()));
    export.said().works();
    // The list stops it, whatever the unknown group allows.
    let said = export.ask("internet -> web-1:22");
    assert_eq!((said.verdict(), said.code), ("BLOCKED", 1), "{said:#?}");
    // The group stops it, whatever a list would do.
    let said = Export::new().without(ACLS).ask("internet -> web-1:22");
    assert_eq!((said.verdict(), said.code), ("BLOCKED", 1), "{said:#?}");
    // What no question needs.
    let said = Export::new().write("zzz", r#"{"NatGateways":[{"NatGatewayId":7}]}"#).said();
    said.works();
    said.says(&["error: expected a string for `NatGatewayId`, found a number", "zzz.json:1:33"]);
    // An interface that one answer spoils is in the other.
    let said = Export::new().each(INTERFACES, |interface| interface["NetworkInterfaceId"] = json!(7)).said();
    said.works();
    said.says(&["describe-network-interfaces.json:"]);
}

#[test]
fn contradictions_are_listed() {
    let twice = |name: &str, change: fn(&mut Value)| {
        Export::new().all(name, |elements| {
            let mut second = elements[0].clone();
            change(&mut second);
            elements.push(second);
        })
    };
    for (export, said) in [
        (twice(VPCS, |vpc| vpc["CidrBlock"] = json!("10.9.0.0/16")), "is described twice, and differently"),
        (twice(GROUPS, |group| group["GroupName"] = json!("other")), "is described twice, and differently"),
        (twice(SUBNETS, |subnet| subnet["SubnetId"] = json!("subnet-0")), "overlap"),
        (
            Export::new().each(SUBNETS, |subnet| subnet["CidrBlock"] = json!("10.0.9.0/24")),
            "is not in its subnet `subnet-",
        ),
        (
            Export::new().each(SUBNETS, |subnet| subnet["VpcId"] = json!("vpc-gone")),
            "VPC `vpc-gone` is referred to but not in the export",
        ),
        (
            twice(INTERFACES, |interface| interface["NetworkInterfaceId"] = json!("eni-0")),
            "both hold 10.0.1.15",
        ),
        (
            Export::new().each_entry(|entry| {
                if entry["RuleNumber"] == 100 && entry["CidrBlock"] == "0.0.0.0/0" {
                    entry["CidrBlock"] = json!("10.0.0.1/0");
                }
            }),
            "has bits behind the prefix; read as `0.0.0.0/0`",
        ),
    ] {
        let quiet = export.said();
        assert!(quiet.error.contains("warning") && quiet.error.contains("-v shows them"), "{}", quiet.error);
        let said_all = explain(&["internet -> web-1:80", "-v", "-i", export.folder.path().to_str().unwrap()]);
        said_all.says(&["warning: ", said, ".json:", "^"]);
        assert_eq!(said_all.out, quiet.out);
    }
}
