//! `describe-network-acls` (S9.7).

use model::{Action, NetworkAcl, NetworkAclEntry, Severity};
use rustc_hash::FxHashMap;

use super::cidr::Family;
use super::traffic;
use crate::object::{Object, shown};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(vpc)) = (object.required_id("NetworkAclId"), object.required_id("VpcId")) else {
        return context.left_out("NetworkAcls", object.origin());
    };
    let errors = object.errors();
    let associations = object.objects("Associations");
    let subnets = associations.filter_map(|association| association.required_id("SubnetId")).collect();
    // AWS prints the associations even where there is none.
    if object.errors() > errors || !object.has("Associations") {
        context.left_out("NetworkAcls", object.origin());
    }
    let mut entries: Vec<NetworkAclEntry> = Vec::new();
    let mut numbers = FxHashMap::default();
    for element in object.required_objects("Entries") {
        let Some(entry) = entry(element) else { continue };
        // S2.3: a number is unique within a direction. Between entries of one family the order would be unknown;
        // a packet is of one family only (S0.1), so between two families it does not matter.
        let is_v4 = entry.cidr.addr().is_ipv4();
        let first_of = |is_v4| numbers.get(&(entry.egress, entry.number, is_v4)).copied();
        if let Some(first) = first_of(is_v4) {
            let number = entry.number;
            let direction = if entry.egress { "outbound" } else { "inbound" };
            context.report_with_place(Severity::Error, element.origin(), first, move |place| {
                format!("{direction} rule number {number} is used twice; the one at {place} is read")
            });
            continue;
        }
        if let Some(first) = first_of(!is_v4) {
            let number = entry.number;
            context.report_with_place(Severity::Warning, element.origin(), first, move |place| {
                format!("rule number {number} is also used at {place}, for the other address family")
            });
        }
        numbers.insert((entry.egress, entry.number, is_v4), entry.origin);
        entries.push(entry);
    }
    context.insert(
        |snapshot| &mut snapshot.network_acls,
        NetworkAcl {
            id,
            vpc,
            is_default: object.flag("IsDefault").unwrap_or(false),
            subnets,
            entries,
            incomplete: object.errors() > errors,
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}

fn entry(object: Object<'_>) -> Option<NetworkAclEntry> {
    let (egress, number, action) = (object.required_flag("Egress"), number(object), action(object));
    let cidr = match (object.has("CidrBlock"), object.has("Ipv6CidrBlock")) {
        (true, false) => object.cidr("CidrBlock", Family::V4)?,
        (false, true) => object.cidr("Ipv6CidrBlock", Family::V6)?,
        (both, _) => {
            let found = if both { "both" } else { "none" };
            object.error(format!("expected either `CidrBlock` or `Ipv6CidrBlock`, found {found}"));
            return None;
        }
    };
    let traffic = traffic::of_entry(object, cidr.addr().is_ipv4())?;
    let origin = object.origin();
    Some(NetworkAclEntry { egress: egress?, number: number?, action: action?, traffic, cidr, origin })
}

/// 1 to 65535; what is above 32766 is a star entry in whatever order (D4).
fn number(object: Object<'_>) -> Option<u32> {
    let Some(value) = object.get("RuleNumber") else {
        object.error("expected `RuleNumber` in this object, found none");
        return None;
    };
    let number = value.number()?;
    match u16::try_from(number) {
        Ok(number) if number > 0 => Some(u32::from(number)),
        _ => {
            value.error(format!("expected a number from 1 to 65535 for `RuleNumber`, found `{number}`"));
            None
        }
    }
}

fn action(object: Object<'_>) -> Option<Action> {
    let text = object.required_text("RuleAction")?;
    if text.eq_ignore_ascii_case("allow") {
        Some(Action::Allow)
    } else if text.eq_ignore_ascii_case("deny") {
        Some(Action::Deny)
    } else {
        object.error(format!("expected `allow` or `deny` for `RuleAction`, found `{}`", shown(text)));
        None
    }
}

#[cfg(test)]
mod tests {
    use model::{Action, Id, NetworkAcl};

    use crate::testing::{at, only, problems, read, sound};

    fn list(entries: &str) -> String {
        format!(r#"{{"NetworkAcls":[{{"NetworkAclId":"acl-1","VpcId":"vpc-1","Entries":[{entries}]}}]}}"#)
    }

    fn shown(list: &NetworkAcl) -> Vec<String> {
        let direction = |egress| if egress { "out" } else { "in" };
        list.entries.iter().map(|entry| format!("{} {entry}", direction(entry.egress))).collect()
    }

    #[test]
    fn a_list_and_its_entries() {
        let snapshot = sound(
            r#"{"NetworkAcls":[{"NetworkAclId":"acl-app","VpcId":"vpc-0a1","IsDefault":true,
            "Associations":[{"NetworkAclAssociationId":"aclassoc-1","SubnetId":"subnet-app"}],"Entries":[
            {"Egress":false,"RuleNumber":100,"Protocol":"6","RuleAction":"allow","CidrBlock":"10.20.0.0/24","PortRange":{"From":8080,"To":8080}},
            {"Egress":false,"RuleNumber":110,"Protocol":"1","RuleAction":"Allow","CidrBlock":"0.0.0.0/0","IcmpTypeCode":{"Type":3,"Code":4}},
            {"Egress":false,"RuleNumber":120,"Protocol":"58","RuleAction":"DENY","Ipv6CidrBlock":"::/0","IcmpTypeCode":{"Type":128,"Code":-1}},
            {"Egress":false,"RuleNumber":130,"Protocol":"58","RuleAction":"allow","CidrBlock":"0.0.0.0/0","IcmpTypeCode":{"Type":128,"Code":0}},
            {"Egress":false,"RuleNumber":140,"Protocol":"17","RuleAction":"allow","CidrBlock":"0.0.0.0/0"},
            {"Egress":false,"RuleNumber":150,"Protocol":"50","RuleAction":"allow","CidrBlock":"0.0.0.0/0","PortRange":{"From":1,"To":2}},
            {"Egress":false,"RuleNumber":32767,"Protocol":"-1","RuleAction":"deny","CidrBlock":"0.0.0.0/0"},
            {"Egress":true,"RuleNumber":100,"Protocol":"tcp","RuleAction":"allow","CidrBlock":"10.20.0.0/24","PortRange":{"From":1024,"To":65535}},
            {"Egress":true,"RuleNumber":32768,"Protocol":"-1","RuleAction":"deny","Ipv6CidrBlock":"::/0"}]}]}"#,
        );
        let list = only(&snapshot.network_acls);
        assert!(list.is_default && !list.incomplete);
        assert_eq!(list.subnets, [Id::from("subnet-app")]);
        assert_eq!(
            shown(list),
            [
                "in 100 allow tcp 8080 from 10.20.0.0/24",
                "in 110 allow icmp 3/4 from 0.0.0.0/0",
                "in 120 deny icmpv6 128 from ::/0",
                "in 130 allow icmpv6 from 0.0.0.0/0",
                "in 140 allow udp from 0.0.0.0/0",
                "in 150 allow 50 from 0.0.0.0/0",
                "in * deny all from 0.0.0.0/0",
                "out 100 allow tcp 1024-65535 to 10.20.0.0/24",
                "out * deny all to ::/0",
            ]
        );
        assert!(at(&snapshot, list.entries[1].origin).contains(r#""RuleNumber":110"#));
    }

    #[test]
    fn a_number_is_unique_in_a_direction() {
        let entry = |egress, number, action, block| {
            format!(
                r#"{{"Egress":{egress},"RuleNumber":{number},"Protocol":"-1","RuleAction":"{action}",{block}}}"#
            )
        };
        let v4 = r#""CidrBlock":"10.0.0.0/8""#;
        let sound_list =
            sound(&list(&[entry(true, 100, "allow", v4), entry(false, 100, "deny", v4)].join(",")));
        assert_eq!(only(&sound_list.network_acls).entries.len(), 2);

        let twice = read(&list(&[entry(true, 100, "allow", v4), entry(true, 100, "deny", v4)].join(",\n")));
        let list_twice = only(&twice.network_acls);
        assert!(list_twice.incomplete);
        assert_eq!(list_twice.entries.len(), 1);
        assert_eq!(list_twice.entries[0].action, Action::Allow);
        assert_eq!(
            problems(&twice),
            ["error a.json:2:1: outbound rule number 100 is used twice; the one at a.json:1:68 is read"]
        );

        // No packet is of both families, so the order between the two does not matter.
        let v6 = r#""Ipv6CidrBlock":"::/0""#;
        let families =
            read(&list(&[entry(true, 100, "allow", v4), entry(true, 100, "deny", v6)].join(",\n")));
        assert!(!only(&families.network_acls).incomplete);
        assert_eq!(only(&families.network_acls).entries.len(), 2);
        assert_eq!(
            problems(&families),
            ["warning a.json:2:1: rule number 100 is also used at a.json:1:68, for the other address family"]
        );
    }

    #[test]
    fn a_missing_type_stands_for_all_types() {
        let snapshot = read(&list(
            r#"{"Egress":true,"RuleNumber":100,"Protocol":"1","RuleAction":"allow","CidrBlock":"10.0.0.1/8"}"#,
        ));
        assert_eq!(shown(only(&snapshot.network_acls)), ["out 100 allow icmp to 10.0.0.0/8"]);
        assert_eq!(
            problems(&snapshot),
            [
                "warning a.json:1:148: `CidrBlock` `10.0.0.1/8` has bits behind the prefix; read as `10.0.0.0/8`",
                "warning a.json:1:68: this entry has no `IcmpTypeCode`; read as all types and codes",
            ]
        );
        assert!(!only(&snapshot.network_acls).incomplete);
    }

    #[test]
    fn an_entry_that_is_not_understood_leaves_the_list_incomplete() {
        let with = |field: &str, value: &str| {
            let fields = [
                ("Egress", "true"),
                ("RuleNumber", "100"),
                ("Protocol", "\"6\""),
                ("RuleAction", "\"allow\""),
                ("CidrBlock", "\"10.0.0.0/8\""),
                ("PortRange", "{\"From\":1,\"To\":2}"),
            ];
            let fields =
                fields.map(|(key, old)| format!("\"{key}\":{}", if key == field { value } else { old }));
            list(&format!("{{{}}}", fields.join(",")))
        };
        for (field, value, message) in [
            ("Egress", "null", "expected `Egress` in this object, found none"),
            ("Egress", "\"yes\"", "expected true or false for `Egress`, found a string"),
            ("RuleNumber", "0", "expected a number from 1 to 65535 for `RuleNumber`, found `0`"),
            ("RuleNumber", "65536", "expected a number from 1 to 65535 for `RuleNumber`, found `65536`"),
            ("RuleNumber", "1e2", "expected a whole number for `RuleNumber`, found `1e2`"),
            ("RuleNumber", "null", "expected `RuleNumber` in this object, found none"),
            (
                "Protocol",
                "\"256\"",
                "expected `tcp`, `udp`, `icmp`, `icmpv6`, `-1` or a protocol number for `Protocol`, found `256`",
            ),
            ("Protocol", "null", "expected `Protocol` in this object, found none"),
            ("RuleAction", "\"permit\"", "expected `allow` or `deny` for `RuleAction`, found `permit`"),
            (
                "CidrBlock",
                "\"10.0.0.0/33\"",
                "expected an IPv4 block such as `10.0.0.0/16` for `CidrBlock`, found `10.0.0.0/33`",
            ),
            (
                "CidrBlock",
                "\"::/0\"",
                "expected an IPv4 block such as `10.0.0.0/16` for `CidrBlock`, found `::/0`",
            ),
            ("CidrBlock", "null", "expected either `CidrBlock` or `Ipv6CidrBlock`, found none"),
            (
                "CidrBlock",
                "\"10.0.0.0/8\",\"Ipv6CidrBlock\":\"::/0\"",
                "expected either `CidrBlock` or `Ipv6CidrBlock`, found both",
            ),
            ("PortRange", "{\"From\":1}", "expected `To`: tcp and udp have ports"),
            ("PortRange", "{\"From\":3,\"To\":2}", "`From` 3 is above `To` 2"),
            ("PortRange", "{\"From\":-1,\"To\":2}", "expected a port from 0 to 65535 for `From`, found `-1`"),
            ("PortRange", "7", "expected an object for `PortRange`, found a number"),
        ] {
            let snapshot = read(&with(field, value));
            let list = only(&snapshot.network_acls);
            assert!(list.incomplete && list.entries.is_empty(), "{field} {value}");
            let found = problems(&snapshot);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].ends_with(&format!(": {message}")), "{found:?}");
        }
    }
}
