//! Inputs on which analyzers of VPCs were seen to stop or to be wrong, each from AWS's JSON to the verdict that AWS's
//! documentation gives.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use answers::explain::{Explainer, Options};
use answers::question;
use engine::{Network, Verdict};
use model::Resolved;
use serde_json::{Value, json};

/// A VPC with an internet gateway, a public subnet with `web` in it, and a peer VPC with `peer`.
struct Export {
    acl_entries: Vec<Value>,
    group: Value,
    internet_route: bool,
    public_address: bool,
    map_public_ip: bool,
    created: &'static str,
}

impl Export {
    fn new() -> Export {
        Export {
            acl_entries: [true, false]
                .map(|egress| entry(100, egress, "-1", json!({"CidrBlock": "0.0.0.0/0"})))
                .into(),
            group: group(&json!([])),
            internet_route: true,
            public_address: true,
            map_public_ip: true,
            created: "2026-09-14T08:31:07+00:00",
        }
    }

    fn network(&self) -> (Network, Vec<String>) {
        let interface = |id: &str,
                         vpc: &str,
                         subnet: &str,
                         address: &str,
                         group: &str,
                         public: Option<&str>| {
            let mut primary = json!({"Primary": true, "PrivateIpAddress": address});
            if let Some(public) = public {
                primary["Association"] = json!({"PublicIp": public, "IpOwnerId": "111122223333"});
            }
            json!({"NetworkInterfaceId": id, "VpcId": vpc, "SubnetId": subnet, "InterfaceType": "interface",
                "PrivateIpAddress": address, "PrivateIpAddresses": [primary], "Ipv6Addresses": [],
                "Groups": [{"GroupId": group, "GroupName": group}], "SourceDestCheck": true, "Status": "in-use",
                "Attachment": {"AttachTime": self.created, "Status": "attached"},
                "TagSet": [{"Key": "Name", "Value": id.trim_start_matches("eni-")}]})
        };
        let vpc = |id: &str, block: &str| {
            json!({"VpcId": id, "CidrBlock": block, "State": "available",
                "CidrBlockAssociationSet": [{"CidrBlock": block, "CidrBlockState": {"State": "associated"}}]})
        };
        let subnet = |id: &str, vpc: &str, block: &str| {
            json!({"SubnetId": id, "VpcId": vpc, "CidrBlock": block, "AvailabilityZone": "eu-west-1a",
                "Ipv6CidrBlockAssociationSet": [], "MapPublicIpOnLaunch": self.map_public_ip})
        };
        let peering = json!({"DestinationCidrBlock": "10.1.0.0/16", "VpcPeeringConnectionId": "pcx-1", "State": "active"});
        let local =
            |block: &str| json!({"DestinationCidrBlock": block, "GatewayId": "local", "State": "active"});
        let mut routes = vec![local("10.0.0.0/16"), peering];
        if self.internet_route {
            routes
                .push(json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}));
        }
        let main = |id: &str, vpc: &str, routes: Vec<Value>| {
            json!({"RouteTableId": id, "VpcId": vpc, "Routes": routes, "PropagatingVgws": [],
                "Associations": [{"Main": true, "RouteTableId": id, "AssociationState": {"State": "associated"}}]})
        };
        let acl = |id: &str, vpc: &str, default: bool, associations: Value, entries: Vec<Value>| {
            let star =
                [true, false].map(|egress| entry(32767, egress, "-1", json!({"CidrBlock": "0.0.0.0/0"})));
            json!({"NetworkAclId": id, "VpcId": vpc, "IsDefault": default, "Associations": associations,
                "Entries": entries.into_iter().chain(star).collect::<Vec<_>>()})
        };
        let all = || Export::new().acl_entries;
        let of = |subnet: &str, acl: &str| json!([{"SubnetId": subnet, "NetworkAclId": acl}]);
        let side = |vpc: &str, block: &str| json!({"VpcId": vpc, "OwnerId": "111122223333", "Region": "eu-west-1", "CidrBlockSet": [{"CidrBlock": block}]});
        let public = self.public_address.then_some("203.0.113.20");
        let peer_group = json!({"GroupId": "sg-peer", "GroupName": "sg-peer", "VpcId": "vpc-2", "OwnerId": "111122223333",
            "IpPermissions": [], "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}]});
        let answers = [
            json!({"Vpcs": [vpc("vpc-1", "10.0.0.0/16"), vpc("vpc-2", "10.1.0.0/16")]}),
            json!({"Subnets": [subnet("subnet-1", "vpc-1", "10.0.0.0/24"), subnet("subnet-2", "vpc-2", "10.1.0.0/24")]}),
            json!({"InternetGateways": [{"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}]}),
            json!({"RouteTables": [main("rtb-1", "vpc-1", routes), main("rtb-2", "vpc-2", vec![
                local("10.1.0.0/16"),
                json!({"DestinationCidrBlock": "10.0.0.0/16", "VpcPeeringConnectionId": "pcx-1", "State": "active"}),
            ])]}),
            json!({"VpcPeeringConnections": [{"VpcPeeringConnectionId": "pcx-1", "Status": {"Code": "active"},
                "RequesterVpcInfo": side("vpc-1", "10.0.0.0/16"), "AccepterVpcInfo": side("vpc-2", "10.1.0.0/16")}]}),
            json!({"NetworkAcls": [acl("acl-1", "vpc-1", true, of("subnet-1", "acl-1"), self.acl_entries.clone()),
                acl("acl-2", "vpc-2", true, of("subnet-2", "acl-2"), all())]}),
            json!({"SecurityGroups": [self.group, peer_group]}),
            json!({"PrefixLists": [{"PrefixListId": "pl-0a1b2c3d4e5f60718", "PrefixListName": "offices", "State": "create-complete", "MaxEntries": 2}]}),
            json!({"Entries": [{"Cidr": "198.51.100.0/24", "Description": "office"}]}),
            json!({"NetworkInterfaces": [
                interface("eni-web", "vpc-1", "subnet-1", "10.0.0.10", "sg-web", public),
                interface("eni-peer", "vpc-2", "subnet-2", "10.1.0.10", "sg-peer", None),
            ]}),
        ];
        let mut reader = read::Reader::new();
        let name = |(number, answer): (usize, Value)| {
            // Whose entries an answer of `get-managed-prefix-list-entries` has, only the file's name says.
            let name = if answer.get("Entries").is_some() {
                "get-managed-prefix-list-entries-pl-0a1b2c3d4e5f60718.json".into()
            } else {
                format!("{number}.json")
            };
            (name, serde_json::to_vec_pretty(&answer).unwrap())
        };
        reader.add_all(answers.into_iter().enumerate().map(name).collect::<Vec<_>>());
        let snapshot = reader.finish();
        let problems = snapshot.problems.iter().map(|problem| problem.message.clone()).collect();
        (Network::new(Resolved::new(snapshot)), problems)
    }

    /// What becomes of questions. Nothing of the export may be a problem.
    fn verdicts<const N: usize>(&self, questions: [&str; N]) -> [Verdict; N] {
        let (network, problems) = self.network();
        assert_eq!(problems, Vec::<String>::new());
        let explainer = Explainer::new(&network, None, Options::default());
        questions.map(|text| explainer.explain(&question::parse(text).unwrap()).unwrap().verdict)
    }
}

fn entry(number: u32, egress: bool, protocol: &str, more: Value) -> Value {
    let mut entry =
        json!({"RuleNumber": number, "Egress": egress, "Protocol": protocol, "RuleAction": "allow"});
    if number == 32767 {
        entry["RuleAction"] = json!("deny");
    }
    for (key, value) in more.as_object().unwrap() {
        entry[key] = value.clone();
    }
    entry
}

/// `sg-web` with some permissions in, and everything out.
fn group(permissions: &Value) -> Value {
    json!({"GroupId": "sg-web", "GroupName": "sg-web", "VpcId": "vpc-1", "OwnerId": "111122223333",
        "IpPermissions": permissions, "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
            "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}]})
}

fn tcp_22(peers: &Value) -> Value {
    let mut permission = json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
        "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []});
    for (key, value) in peers.as_object().unwrap() {
        permission[key] = value.clone();
    }
    group(&json!([permission]))
}

const ANYBODY: &str = "0.0.0.0/0";

fn everybody() -> Value {
    json!({"IpRanges": [{"CidrIp": ANYBODY}]})
}

/// Lists have no memory for any protocol (S2.13): DNS over UDP, ping and HTTPS hang alike.
#[test]
fn a_list_that_lets_requests_out_and_nothing_in() {
    let port = |port: u16| json!({"CidrBlock": ANYBODY, "PortRange": {"From": port, "To": port}});
    let ping = json!({"CidrBlock": ANYBODY, "IcmpTypeCode": {"Type": 8, "Code": -1}});
    let out =
        vec![entry(100, true, "17", port(53)), entry(110, true, "1", ping), entry(120, true, "6", port(443))];
    let questions = ["web -> 203.0.113.9:udp/53", "web -> 203.0.113.9:ping", "web -> 203.0.113.9:443"];
    let export = Export { acl_entries: out.clone(), ..Export::new() };
    assert_eq!(export.verdicts(questions), [Verdict::Blocked; 3]);
    let open = out.into_iter().chain([entry(100, false, "-1", json!({"CidrBlock": ANYBODY}))]).collect();
    let export = Export { acl_entries: open, ..Export::new() };
    assert_eq!(export.verdicts(questions), [Verdict::Allowed; 3]);
}

/// An entry has one of the two (S2.2), and says nothing of the other family (S2.6).
#[test]
fn an_entry_with_an_ipv6_block_only() {
    let mut entries = Export::new().acl_entries;
    entries.push(entry(
        90,
        false,
        "6",
        json!({"Ipv6CidrBlock": "::/0", "PortRange": {"From": 22, "To": 22}, "RuleAction": "deny"}),
    ));
    let export = Export { acl_entries: entries, group: tcp_22(&everybody()), ..Export::new() };
    assert_eq!(export.verdicts(["198.51.100.7 -> web:22"]), [Verdict::Allowed]);
}

/// A protocol by its number (S1.4): ESP is let in, and nothing else is.
#[test]
fn a_rule_for_protocol_50() {
    let esp = json!([{"IpProtocol": "50", "IpRanges": [{"CidrIp": ANYBODY}],
        "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}]);
    let export = Export { group: group(&esp), ..Export::new() };
    let questions = ["198.51.100.7 -> web:proto/50", "198.51.100.7 -> web:22"];
    assert_eq!(export.verdicts(questions), [Verdict::Allowed, Verdict::Blocked]);
}

/// The blocks of the list, and no others (S1.14).
#[test]
fn a_rule_with_nothing_but_a_prefix_list() {
    let list = json!({"PrefixListIds": [{"PrefixListId": "pl-0a1b2c3d4e5f60718"}]});
    let export = Export { group: tcp_22(&list), ..Export::new() };
    let questions = ["198.51.100.7 -> web:22", "203.0.113.9 -> web:22"];
    assert_eq!(export.verdicts(questions), [Verdict::Allowed, Verdict::Blocked]);
}

/// A group of a peer VPC means its members (S1.18).
#[test]
fn a_rule_that_names_a_group_of_a_peer_vpc() {
    let pair = json!({"UserIdGroupPairs": [{"GroupId": "sg-peer", "UserId": "111122223333", "VpcId": "vpc-2",
        "VpcPeeringConnectionId": "pcx-1", "PeeringStatus": "active"}]});
    let export = Export { group: tcp_22(&pair), ..Export::new() };
    assert_eq!(
        export.verdicts(["peer -> web:22", "198.51.100.7 -> web:22"]),
        [Verdict::Allowed, Verdict::Blocked]
    );
}

/// Numbers decide, and not the order in the answer (S2.4).
#[test]
fn entries_in_any_order() {
    let deny = entry(90, false, "-1", json!({"CidrBlock": "198.51.100.0/24", "RuleAction": "deny"}));
    let mut entries: Vec<Value> = Export::new().acl_entries.into_iter().chain([deny]).collect();
    for _ in 0..entries.len() {
        entries.rotate_left(1);
        let export = Export { acl_entries: entries.clone(), group: tcp_22(&everybody()), ..Export::new() };
        let questions = ["198.51.100.7 -> web:22", "203.0.113.9 -> web:22"];
        assert_eq!(export.verdicts(questions), [Verdict::Blocked, Verdict::Allowed]);
    }
}

/// Times are not read: what prints them with a space is read as well.
#[test]
fn a_time_with_a_space() {
    let export =
        Export { created: "2020-05-28 21:18:47+00:00", group: tcp_22(&everybody()), ..Export::new() };
    assert_eq!(export.verdicts(["198.51.100.7 -> web:22"]), [Verdict::Allowed]);
}

/// A route to the internet gateway and a public address decide (S3.14), not what new instances would get.
#[test]
fn without_a_route_or_a_public_address() {
    let open = |internet_route, public_address, map_public_ip| {
        let export = Export {
            internet_route,
            public_address,
            map_public_ip,
            group: tcp_22(&everybody()),
            ..Export::new()
        };
        export.verdicts(["198.51.100.7 -> web:22"])
    };
    assert_eq!(open(true, true, false), [Verdict::Allowed]);
    assert_eq!(open(false, true, true), [Verdict::Blocked]);
    assert_eq!(open(true, false, true), [Verdict::Blocked]);
}
