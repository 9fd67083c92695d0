//! Inputs and questions that are wrong: what is said, where, with which exit code, and that an answer never leans on
//! what had to be left out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const VPCS: &str = "describe-vpcs";
const SUBNETS: &str = "describe-subnets";
const TABLES: &str = "describe-route-tables";
const ACLS: &str = "describe-network-acls";
const GROUPS: &str = "describe-security-groups";
const RULES: &str = "describe-security-group-rules";
const INTERFACES: &str = "describe-network-interfaces";
const INSTANCES: &str = "describe-instances";
const GATEWAYS: &str = "describe-internet-gateways";

/// A sound export, in which `internet -> web-1:80` works, to be spoilt.
struct Export {
    folder: TempDir,
}

/// What the command said.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    error: String,
}

impl Export {
    fn new() -> Export {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(scenario("diagram-a/export")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        Export { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.json"))
    }

    fn write(self, name: &str, contents: impl AsRef<[u8]>) -> Export {
        fs::write(self.path(name), contents).unwrap();
        self
    }

    fn without(self, name: &str) -> Export {
        fs::remove_file(self.path(name)).unwrap();
        self
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Changes each element of the answer in a file.
    fn each(self, name: &str, change: impl FnMut(&mut Value)) -> Export {
        self.all(name, |elements| elements.iter_mut().for_each(change))
    }

    /// Changes the list of elements of the answer in a file.
    fn all(self, name: &str, change: impl FnOnce(&mut Vec<Value>)) -> Export {
        let mut answer: Value = serde_json::from_str(&self.text(name)).unwrap();
        change(answer.as_object_mut().unwrap().values_mut().next().unwrap().as_array_mut().unwrap());
        self.write(name, serde_json::to_string_pretty(&answer).unwrap())
    }

    /// Changes each entry of each network ACL.
    fn each_entry(self, mut change: impl FnMut(&mut Value)) -> Export {
        self.each(ACLS, |acl| acl["Entries"].as_array_mut().unwrap().iter_mut().for_each(&mut change))
    }

    /// Empties the rules inside the groups, which would stand in for those that the flat list lacks.
    fn flat(self) -> Export {
        self.each(GROUPS, |group| group["IpPermissions"] = json!([]))
    }

    /// Changes the rule that lets the world in to port 80.
    fn each_rule(self, change: impl Fn(&mut Value)) -> Export {
        self.flat().each(RULES, |rule| {
            if rule["FromPort"] == 80 {
                change(rule);
            }
        })
    }

    fn ask(&self, question: &str) -> Said {
        explain(&[question, "-i", self.folder.path().to_str().unwrap()])
    }

    /// What is said about the connection that works in the sound export.
    fn said(&self) -> Said {
        self.ask("internet -> web-1:80")
    }
}

impl Said {
    /// It is no answer: a question or an input is wrong, and every one of `parts` is said.
    fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, 2, "{self:#?}");
        assert!(self.out.is_empty(), "{self:#?}");
        self.says(parts);
    }

    fn says(&self, parts: &[&str]) {
        let missing: Vec<_> = parts.iter().filter(|part| !self.error.contains(**part)).collect();
        assert!(missing.is_empty(), "not said: {missing:?}\n{}", self.error);
    }

    fn verdict(&self) -> &str {
        self.out.split_whitespace().next().unwrap_or_default()
    }

    fn undecided(&self) {
        assert_eq!((self.verdict(), self.code), ("UNDECIDED", 3), "{self:#?}");
    }

    fn works(&self) {
        assert_eq!((self.verdict(), self.code), ("OK", 0), "{self:#?}");
    }
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name)
}

fn explain(arguments: &[&str]) -> Said {
    explain_from(arguments, b"")
}

/// Whatever is asked, it ends with one of its exit codes.
fn explain_from(arguments: &[&str], input: &[u8]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command
        .arg("explain")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let said = Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    };
    assert!((0..=3).contains(&said.code), "{arguments:?}: {said:#?}");
    assert!(!said.error.contains("panicked") && !said.out.contains("panicked"), "{arguments:?}: {said:#?}");
    said
}

#[test]
fn the_sound_export_works() {
    let said = Export::new().said();
    said.works();
    assert_eq!(said.error, "");
}

// Files that cannot be read at all.

#[test]
fn a_file_may_be_cut_anywhere() {
    let text = Export::new().text(ACLS);
    for at in (1..text.len() - 2).step_by(97) {
        let said = Export::new().write(ACLS, &text[..at]).said();
        said.refused(&["error: the file is cut: it ends inside a", "describe-network-acls.json:", "^"]);
    }
}

#[test]
fn a_file_may_hold_anything() {
    let utf16 = |order: fn(u16) -> [u8; 2]| {
        let text = Export::new().text(VPCS);
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect::<Vec<u8>>()
    };
    let binary: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    for (contents, said) in [
        (b"[".repeat(200), "nested deeper than 100 levels\n --> "),
        (b"{\"a\":".repeat(200), "nested deeper than 100 levels\n --> "),
        (b"[".repeat(2_000_000), "nested deeper than 100 levels\n --> "),
        (binary, "this is not text: expected UTF-8\n --> "),
        (vec![0; 5000], "this is not JSON: expected `{` or `[`, found `\\0`\n --> "),
        (utf16(u16::to_le_bytes), "the file is UTF-16; expected UTF-8\n --> "),
        (utf16(u16::to_be_bytes), "the file is UTF-16; expected UTF-8\n --> "),
        (
            b"An error occurred (AccessDenied)".to_vec(),
            "this is not JSON: expected `{` or `[`, found `A`\n --> ",
        ),
        (br#"{"Vpcs":[],"Vpcs":[]}"#.to_vec(), "`Vpcs` is given twice in one object\n --> "),
        (br#"{"Vpcs":[]} {"#.to_vec(), "expected the end of the file, found `{`\n --> "),
    ] {
        let said_of = Export::new().write("zzz", contents).said();
        said_of.refused(&["error: ", said, "zzz.json:", "^", "error: the input could not be read"]);
        assert!(said_of.error.len() < 3000, "{}", said_of.error);
    }
}

#[test]
fn a_large_file_of_garbage_is_refused_soon() {
    for chunk in [&b"garbage "[..], b"\xfegarbage", b"[1],[2],"] {
        let said = Export::new().write("zzz", chunk.repeat(64 * 1024 * 1024 / chunk.len())).said();
        said.refused(&["error: this is not ", "zzz.json:1:"]);
        assert!(said.error.len() < 3000, "{}", said.error.len());
    }
}

#[test]
fn many_problems_are_not_all_shown() {
    let many = format!("{{\"Vpcs\":[\n{}{{}}]}}", "{\"VpcId\":7},\n".repeat(100_000));
    let said = Export::new().write("zzz", many).said();
    said.works();
    said.says(&["zzz.json:2:10", "and 99981 more"]);
    assert!(said.error.lines().count() < 200);
}

#[test]
fn a_file_with_nothing_in_it_is_no_answer_of_aws() {
    for contents in ["", " \n\t", "{}", "[]", "7", "\"text\"", "null", r#"{"Teapots":[{"Id":1}]}"#] {
        Export::new().write("zzz", contents).said().works();
        Export::new().write(ACLS, contents).said().undecided();
    }
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let export = Export::new();
    let text = format!("\u{feff}{}", export.text(ACLS));
    export.write(ACLS, text).said().works();
}

#[test]
fn a_folder_must_have_something_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    explain(&["a -> b:1", "-i", path]).refused(&["error: no .json file below ", path]);
    fs::write(folder.path().join("notes.txt"), "{}").unwrap();
    explain(&["a -> b:1", "-i", path]).refused(&["error: no .json file below ", path]);
    let missing = folder.path().join("missing");
    explain(&["a -> b:1", "-i", missing.to_str().unwrap()])
        .refused(&["missing could not be read: No such file"]);
    // What was wrong says why there is nothing.
    fs::write(folder.path().join("a.json"), r#"{"Teapots":[{"Id":1}]}"#).unwrap();
    explain(&["a -> b:1", "-i", path]).refused(&[
        "a.json:1:1",
        "`Teapots`",
        "error: no VPC and no network interface in",
    ]);
    fs::write(folder.path().join("a.json"), r#"{"Vpcs":[{"VpcId":7}]}"#).unwrap();
    explain(&["a -> b:1", "-i", path]).refused(&[
        "a.json:1:19",
        "^",
        "error: no VPC and no network interface in",
    ]);
    explain_from(&["a -> b:1", "-i", "-"], b"").refused(&["the file is empty", "no network interface in -"]);
    explain_from(&["a -> b:1", "-i", "-"], b"{\"Vpcs").refused(&["standard input:1:7", "the file is cut"]);
}

// Values that cannot be understood: listed, and what needs them is undecided.

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
                acls.iter_mut().filter(|acl| custom(acl)).for_each(|acl| *acl = json!("acl"))
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
                gateway["Attachments"] = json!([{"VpcId": 7, "State": "available"}])
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

// Questions.

fn ask(export: &str, arguments: &[&str]) -> Said {
    let folder = scenario(export);
    explain(&[arguments, &["-i", folder.to_str().unwrap()]].concat())
}

#[test]
fn a_question_that_means_nothing_is_refused() {
    for (question, parts) in [
        ("", &["expected a source, found the end", "question:1:1", "^"][..]),
        ("web-1", &["expected `->`, found the end", "`source -> destination:service`"]),
        ("internet web-1:80", &["expected `->`, found `web-1`", "question:1:10", "needs quotes"]),
        ("internet -> -> web-1", &["expected a destination, found `->`", "question:1:13"]),
        (
            "internet -> wbe-1:80",
            &["nothing is called `wbe-1`", "question:1:13", "^^^^^", "did you mean `web-1`?"],
        ),
        ("internet -> web-1:htp", &["unknown service `htp`", "question:1:19", "did you mean `http`?"]),
        ("internet -> web-1:99999", &["`99999` is out of range for a port, 0-65535", "question:1:19"]),
        ("internet -> sg:nobody:80", &["nothing matches `sg:nobody`", "question:1:13"]),
        ("me -> web-1:80", &["nobody said which address `me` is", "question:1:1", "--me ADDRESS"]),
        ("10.0.0.0/33 -> web-1:80", &["question:1:", "^"]),
        ("internet -> i-00000000000000000:80", &["nothing is called `i-00000000000000000`"]),
        (&"(".repeat(100_000), &["question:1:", "^"]),
    ] {
        let said = ask("diagram-a/export", &[question]);
        said.refused(parts);
    }
}

#[test]
fn a_question_from_standard_input_may_hold_anything() {
    let folder = scenario("diagram-a/export");
    for line in ["internet -> web-1:80\0", "\u{1b}[31m -> web-1:80", "→ -> ←:80", "internet -> \"web-1:80"]
    {
        let said = explain_from(&["--questions", "-", "-i", folder.to_str().unwrap()], line.as_bytes());
        said.refused(&["error: ", "standard input:1:", "^"]);
        assert!(!said.error.contains(['\0', '\u{1b}']), "{}", said.error);
    }
}

#[test]
fn an_ambiguous_name_has_candidates() {
    let export = Export::new().all(INSTANCES, |reservations| {
        let mut second: Value = serde_json::from_str(
            &reservations[0].to_string().replace("i-0398f5f1f1ef8370b", "i-second").replace("eni-", "eni-9"),
        )
        .unwrap();
        second["ReservationId"] = json!("r-second");
        reservations.push(second);
    });
    export.said().refused(&["`web-1`", "question:1:13", "i-0398f5f1f1ef8370b", "i-second"]);
}

#[test]
fn between_strangers_nothing_is_decided() {
    for question in ["internet -> 8.8.8.8:53", "8.8.8.8 -> 198.51.100.7:443", "internet -> 192.0.2.0/24:80"] {
        let said = ask("diagram-a/export", &[question]);
        said.undecided();
        assert!(said.out.contains("neither end is an interface of the export"), "{}", said.out);
    }
}

#[test]
fn bits_behind_a_prefix_are_not_silently_dropped() {
    // The answer says what was asked: the whole block, not the address.
    let said = ask("diagram-a/export", &["198.51.100.7/24 -> web-1:80"]);
    said.works();
    assert!(said.out.starts_with("OK  198.51.100.0/24 -> web-1:tcp/80\n"), "{}", said.out);
}

#[test]
fn options_are_checked_before_anything_is_read() {
    let question = "internet -> web-1:80";
    for (arguments, parts) in [
        (
            &[question, "--client", "linx"][..],
            &["--client", "expected one of linux", "did you mean `linux`?"][..],
        ),
        (&[question, "--client", "teapot"], &["expected one of linux"]),
        (&[question, "--me", "home"], &["'home' for '--me <ADDRESS>'"]),
        (&[question, "--format", "xml"], &["--format", "text, json, jsonl, md"]),
        (&[question, "--questions", "x"], &["cannot be used with"]),
        (&[question, "-q", "-v"], &["cannot be used with"]),
        (&[], &["<QUESTION>"]),
    ] {
        ask("diagram-a/export", arguments).refused(parts);
    }
    explain(&[question]).refused(&["--input <PATH>"]);
    // A typing error does not wait for the input.
    explain(&["internet web-1:80", "-i", "/nowhere"]).refused(&["expected `->`"]);
}

#[test]
fn a_file_of_questions_names_the_lines_that_are_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("questions");
    let path = path.to_str().unwrap();
    let answer = |contents: &[u8]| {
        fs::write(path, contents).unwrap();
        ask("diagram-a/export", &["--questions", path])
    };
    let said = answer(b"internet -> web-1:80\n\n# comment\ninternet -> -> x\nweb-1 -> internet:http\nfoo\n");
    said.refused(&["questions:4:13", "questions:6:4", "error: 2 questions could not be read"]);
    let said = answer(b"internet -> web-1:80\ninternet -> wbe-1:80\n");
    said.refused(&["nothing is called `wbe-1`", "questions:2:13", "did you mean `web-1`?"]);
    for empty in ["", "\n \n", "# only a comment\n"] {
        answer(empty.as_bytes()).refused(&["questions has no question"]);
    }
    answer(b"\xff\xfei\0").refused(&["questions could not be read"]);
    let said = answer("\u{feff}internet -> web-1:80\r\n".as_bytes());
    said.works();
    fs::remove_file(path).unwrap();
    ask("diagram-a/export", &["--questions", path]).refused(&["questions could not be read: No such file"]);
}
