//! Answers of the right shape with plausible and implausible values in every field that a reader looks at. Nothing
//! panics, every place lies in its file, nothing is refused as a whole, and what could not be read shows: a noun
//! never loses an element without a problem that says so.

#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use model::Severity;

/// Keys of answers, and the fields of their elements. A field `a/b` is a list of objects with the field `b`, a field
/// `a.b` an object with the field `b`.
const NOUNS: &[(&str, &[&str])] = &[
    (
        "Vpcs",
        &[
            "VpcId",
            "OwnerId",
            "CidrBlock",
            "CidrBlockAssociationSet/CidrBlock",
            "CidrBlockAssociationSet/CidrBlockState.State",
            "Ipv6CidrBlockAssociationSet/Ipv6CidrBlock",
            "Ipv6CidrBlockAssociationSet/Ipv6CidrBlockState.State",
            "BlockPublicAccessStates.InternetGatewayBlockMode",
            "Tags/Key",
            "Tags/Value",
        ],
    ),
    (
        "Subnets",
        &[
            "SubnetId",
            "VpcId",
            "OwnerId",
            "CidrBlock",
            "AvailabilityZone",
            "AvailabilityZoneId",
            "Ipv6CidrBlockAssociationSet/Ipv6CidrBlock",
            "Tags/Key",
            "Tags/Value",
        ],
    ),
    (
        "RouteTables",
        &[
            "RouteTableId",
            "VpcId",
            "Associations/Main",
            "Associations/SubnetId",
            "Associations/GatewayId",
            "Associations/AssociationState.State",
            "Routes/DestinationCidrBlock",
            "Routes/DestinationIpv6CidrBlock",
            "Routes/DestinationPrefixListId",
            "Routes/GatewayId",
            "Routes/NatGatewayId",
            "Routes/NetworkInterfaceId",
            "Routes/InstanceId",
            "Routes/CoreNetworkArn",
            "Routes/State",
            "Routes/Origin",
        ],
    ),
    (
        "NetworkAcls",
        &[
            "NetworkAclId",
            "VpcId",
            "IsDefault",
            "Associations/SubnetId",
            "Entries/Egress",
            "Entries/RuleNumber",
            "Entries/Protocol",
            "Entries/RuleAction",
            "Entries/CidrBlock",
            "Entries/Ipv6CidrBlock",
            "Entries/PortRange.From",
            "Entries/PortRange.To",
            "Entries/IcmpTypeCode.Type",
            "Entries/IcmpTypeCode.Code",
        ],
    ),
    (
        "SecurityGroups",
        &[
            "GroupId",
            "GroupName",
            "VpcId",
            "IpPermissions/IpProtocol",
            "IpPermissions/FromPort",
            "IpPermissions/ToPort",
            "IpPermissions/IpRanges/CidrIp",
            "IpPermissions/IpRanges/Description",
            "IpPermissions/Ipv6Ranges/CidrIpv6",
            "IpPermissions/PrefixListIds/PrefixListId",
            "IpPermissions/UserIdGroupPairs/GroupId",
            "IpPermissionsEgress/IpProtocol",
            "IpPermissionsEgress/IpRanges/CidrIp",
        ],
    ),
    (
        "SecurityGroupRules",
        &[
            "SecurityGroupRuleId",
            "GroupId",
            "IsEgress",
            "IpProtocol",
            "FromPort",
            "ToPort",
            "CidrIpv4",
            "CidrIpv6",
            "PrefixListId",
            "ReferencedGroupInfo.GroupId",
            "Description",
        ],
    ),
    (
        "NetworkInterfaces",
        &[
            "NetworkInterfaceId",
            "VpcId",
            "SubnetId",
            "PrivateIpAddress",
            "PrivateIpAddresses/PrivateIpAddress",
            "PrivateIpAddresses/Primary",
            "PrivateIpAddresses/Association.PublicIp",
            "Association.PublicIp",
            "Ipv6Addresses/Ipv6Address",
            "Ipv4Prefixes/Ipv4Prefix",
            "Ipv6Prefixes/Ipv6Prefix",
            "Groups/GroupId",
            "SourceDestCheck",
            "DenyAllIgwTraffic",
            "InterfaceType",
            "Description",
            "Attachment.InstanceId",
            "ConnectionTrackingConfiguration.TcpEstablishedTimeout",
            "TagSet/Key",
            "TagSet/Value",
        ],
    ),
    (
        "Reservations",
        &[
            "Instances/InstanceId",
            "Instances/State.Name",
            "Instances/Platform",
            "Instances/VpcId",
            "Instances/SubnetId",
            "Instances/PrivateIpAddress",
            "Instances/PublicIpAddress",
            "Instances/SourceDestCheck",
            "Instances/SecurityGroups/GroupId",
            "Instances/NetworkInterfaces/NetworkInterfaceId",
            "Instances/NetworkInterfaces/VpcId",
            "Instances/NetworkInterfaces/SubnetId",
            "Instances/NetworkInterfaces/Attachment.DeviceIndex",
        ],
    ),
    ("InternetGateways", &["InternetGatewayId", "Attachments/VpcId", "Attachments/State"]),
    ("Addresses", &["PublicIp", "AllocationId", "NetworkInterfaceId"]),
    ("PrefixLists", &["PrefixListId", "PrefixListName", "OwnerId", "MaxEntries", "Cidrs"]),
    ("Entries", &["Cidr", "Description"]),
    (
        "NatGateways",
        &[
            "NatGatewayId",
            "VpcId",
            "SubnetId",
            "State",
            "ConnectivityType",
            "AvailabilityMode",
            "NatGatewayAddresses/PrivateIp",
            "NatGatewayAddresses/PublicIp",
            "NatGatewayAddresses/IsPrimary",
            "NatGatewayAddresses/Status",
        ],
    ),
    ("VpcEndpoints", &["VpcEndpointId", "VpcId", "VpcEndpointType", "ServiceName", "State"]),
    (
        "LoadBalancers",
        &[
            "LoadBalancerArn",
            "LoadBalancerName",
            "VpcId",
            "Type",
            "Scheme",
            "State.Code",
            "SecurityGroups",
            "AvailabilityZones/SubnetId",
            "AvailabilityZones/LoadBalancerAddresses",
        ],
    ),
    (
        "LoadBalancerDescriptions",
        &[
            "LoadBalancerName",
            "VPCId",
            "Subnets",
            "ListenerDescriptions/Listener",
            "Instances/InstanceId",
            "HealthCheck.Target",
        ],
    ),
    (
        "Listeners",
        &[
            "ListenerArn",
            "LoadBalancerArn",
            "Port",
            "Protocol",
            "DefaultActions/Type",
            "DefaultActions/TargetGroupArn",
        ],
    ),
    ("Rules", &["RuleArn", "Priority", "IsDefault", "Conditions/Field", "Conditions/Values", "Actions/Type"]),
    (
        "TargetGroups",
        &["TargetGroupArn", "Protocol", "Port", "TargetType", "HealthCheckPort", "HealthCheckProtocol"],
    ),
    ("TargetHealthDescriptions", &["Target.Id", "Target.Port", "TargetHealth.State"]),
    ("Attributes", &["Key", "Value"]),
    (
        "AutoScalingGroups",
        &[
            "AutoScalingGroupARN",
            "AutoScalingGroupName",
            "VPCZoneIdentifier",
            "LaunchTemplate.Version",
            "Instances/InstanceId",
        ],
    ),
    (
        "LaunchTemplateVersions",
        &[
            "LaunchTemplateId",
            "VersionNumber",
            "LaunchTemplateData.SecurityGroupIds",
            "LaunchTemplateData.NetworkInterfaces",
        ],
    ),
    (
        "EgressOnlyInternetGateways",
        &["EgressOnlyInternetGatewayId", "Attachments/VpcId", "Attachments/State"],
    ),
    ("TransitGateways", &["TransitGatewayId", "State", "OwnerId", "Options.SecurityGroupReferencingSupport"]),
    (
        "TransitGatewayAttachments",
        &[
            "TransitGatewayAttachmentId",
            "TransitGatewayId",
            "ResourceType",
            "ResourceId",
            "State",
            "Association.TransitGatewayRouteTableId",
            "Association.State",
        ],
    ),
    (
        "TransitGatewayVpcAttachments",
        &[
            "TransitGatewayAttachmentId",
            "TransitGatewayId",
            "VpcId",
            "State",
            "SubnetIds",
            "Options.ApplianceModeSupport",
        ],
    ),
    (
        "TransitGatewayPeeringAttachments",
        &[
            "TransitGatewayAttachmentId",
            "RequesterTgwInfo.TransitGatewayId",
            "AccepterTgwInfo.TransitGatewayId",
            "State",
        ],
    ),
    ("TransitGatewayRouteTables", &["TransitGatewayRouteTableId", "TransitGatewayId", "State"]),
    (
        "Routes",
        &[
            "DestinationCidrBlock",
            "PrefixListId",
            "Type",
            "State",
            "TransitGatewayAttachments/TransitGatewayAttachmentId",
        ],
    ),
    ("Associations", &["TransitGatewayAttachmentId", "TransitGatewayPolicyTableId", "State"]),
    ("TransitGatewayRouteTablePropagations", &["TransitGatewayAttachmentId", "State"]),
    (
        "TransitGatewayPropagations",
        &[
            "TransitGatewayRouteTableId",
            "TransitGatewayRouteTablePropagations/TransitGatewayAttachmentId",
            "TransitGatewayRouteTablePropagations/State",
        ],
    ),
    (
        "TransitGatewayStaticRoutes",
        &[
            "TransitGatewayRouteTableId",
            "Routes/DestinationCidrBlock",
            "Routes/Type",
            "AdditionalRoutesAvailable",
        ],
    ),
    ("VpnGateways", &["VpnGatewayId", "State", "VpcAttachments/VpcId", "VpcAttachments/State"]),
    (
        "VpnConnections",
        &[
            "VpnConnectionId",
            "VpnGatewayId",
            "State",
            "Options.TunnelOptions/OutsideIpAddress",
            "VgwTelemetry/OutsideIpAddress",
            "Routes/DestinationCidrBlock",
        ],
    ),
    ("DBInstances", &["DBInstanceArn", "DBInstanceIdentifier", "DBSubnetGroup.VpcId"]),
    (
        "VpcBlockPublicAccessOptions",
        &["AwsAccountId", "AwsRegion", "State", "InternetGatewayBlockMode", "ExclusionsAllowed"],
    ),
    (
        "VpcBlockPublicAccessExclusions",
        &["ExclusionId", "InternetGatewayExclusionMode", "ResourceArn", "State"],
    ),
    ("Wrapper", &["Vpcs/VpcId", "Entries/Cidr", "SecurityGroups/GroupId", "NextToken", "PrefixListId"]),
    ("NextToken", &["NextToken"]),
];

/// Values that the fields hold, ought not to hold, and must not hold.
const VALUES: &[&str] = &[
    r#""vpc-1""#,
    r#""subnet-1""#,
    r#""sg-1""#,
    r#""sg-2""#,
    r#""eni-1""#,
    r#""acl-1""#,
    r#""rtb-1""#,
    r#""i-1""#,
    r#""igw-1""#,
    r#""local""#,
    r#""vpce-1""#,
    r#""pl-1""#,
    r#""tgw-1""#,
    r#""tgw-attach-1""#,
    r#""tgw-rtb-1""#,
    r#""vpc""#,
    r#""peering""#,
    r#""propagated""#,
    r#""available""#,
    r#""sgr-1""#,
    r#""10.0.0.0/16""#,
    r#""10.0.0.1/8""#,
    r#""0.0.0.0/0""#,
    r#""::/0""#,
    r#""2001:db8::/64""#,
    r#""2001:db8::1/64""#,
    r#""::ffff:10.0.0.0/104""#,
    r#""10.0.0.0/33""#,
    r#""10.0.0.1""#,
    r#""2001:db8::1""#,
    r#""198.51.100.1""#,
    r#""tcp""#,
    r#""UDP""#,
    r#""icmp""#,
    r#""icmpv6""#,
    r#""-1""#,
    r#""6""#,
    r#""58""#,
    r#""256""#,
    r#""50""#,
    r#""allow""#,
    r#""Deny""#,
    r#""active""#,
    r#""blackhole""#,
    r#""associated""#,
    r#""deleted""#,
    r#""running""#,
    r#""terminated""#,
    r#""windows""#,
    r#""off""#,
    r#""block-ingress""#,
    r#""interface""#,
    r#""natGateway""#,
    r#""Name""#,
    r#""""#,
    r#""å\u0000\n\"""#,
    r#""\ud83d\ude00""#,
    "true",
    "false",
    "null",
    "0",
    "-1",
    "1",
    "8",
    "80",
    "100",
    "255",
    "256",
    "32766",
    "32767",
    "65535",
    "65536",
    "4294967296",
    "-9223372036854775809",
    "1e3",
    "0.5",
    "{}",
    "[]",
    "[[]]",
    r#"{"a":1}"#,
    r#"["10.0.0.0/8"]"#,
    r#"["x",null,7]"#,
];

/// What each field of a noun holds; a missing value leaves the field out.
#[derive(Debug)]
struct Answers(Vec<(String, bool)>);

impl<'a> Arbitrary<'a> for Answers {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Answers> {
        let mut files = Vec::new();
        for _ in 0..u.int_in_range(1..=4)? {
            let mut keys: Vec<&(&str, &[&str])> = Vec::new();
            for _ in 0..u.int_in_range(1..=3)? {
                let noun = u.choose(NOUNS)?;
                if !keys.iter().any(|(key, _)| *key == noun.0) {
                    keys.push(noun);
                }
            }
            let mut answers = Vec::new();
            for (key, fields) in keys {
                let mut elements = Vec::new();
                for _ in 0..u.int_in_range(0..=3)? {
                    elements.push(object(u, fields)?);
                }
                answers.push(format!("\"{key}\":[{}]", elements.join(",")));
            }
            files.push((format!("{{{}}}", answers.join(",\n")), u.ratio(1, 4)?));
        }
        Ok(Answers(files))
    }
}

fn value(u: &mut Unstructured<'_>) -> arbitrary::Result<String> {
    if u.ratio(1, 16)? {
        return Ok(u.arbitrary::<i32>()?.to_string());
    }
    if u.ratio(1, 16)? {
        let text: String = u.arbitrary()?;
        return Ok(serde_json::Value::String(text).to_string());
    }
    Ok((*u.choose(VALUES)?).to_owned())
}

/// An object of some of the fields: those of one list or object below it are made together.
fn object(u: &mut Unstructured<'_>, fields: &[&str]) -> arbitrary::Result<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = fields;
    while let Some(first) = rest.first() {
        let name = first.split(['/', '.']).next().unwrap_or(first);
        let same = rest.iter().take_while(|field| field.split(['/', '.']).next() == Some(name)).count();
        let (group, after) = rest.split_at(same);
        rest = after;
        if u.ratio(1, 8)? {
            continue;
        }
        let odd = u.ratio(1, 16)?;
        let inner: Vec<&str> = group.iter().filter_map(|field| field.get(name.len() + 1..)).collect();
        let made = if odd || inner.is_empty() {
            value(u)?
        } else if first.as_bytes().get(name.len()) == Some(&b'/') {
            let mut elements = Vec::new();
            for _ in 0..u.int_in_range(0..=3)? {
                elements.push(if u.ratio(1, 32)? { value(u)? } else { object(u, &inner)? });
            }
            format!("[{}]", elements.join(","))
        } else {
            object(u, &inner)?
        };
        parts.push(format!("\"{name}\": {made}"));
    }
    Ok(format!("{{{}}}", parts.join(",\n ")))
}

fuzz_target!(|answers: Answers| {
    let mut reader = read::Reader::new();
    for (number, (text, later)) in answers.0.iter().enumerate() {
        if *later {
            reader.next_layer();
        }
        let name = if number % 2 == 0 {
            format!("pl-{number} tgw-rtb-{number}.json")
        } else {
            format!("{number}.json")
        };
        reader.add(&name, text.as_str());
    }
    let snapshot = reader.finish();
    fuzz::check_places(&snapshot);
    assert!(!fuzz::is_refused(&snapshot), "{:?}", snapshot.problems);

    // What is left out is said: without any problem, no noun is incomplete.
    let errors = snapshot.problems.iter().any(|problem| problem.severity >= Severity::Error);
    let incomplete = snapshot.security_groups.values().any(|group| group.incomplete)
        || snapshot.network_acls.values().any(|list| list.incomplete)
        || snapshot.route_tables.values().any(|table| table.incomplete);
    assert!(errors || !incomplete);

    // Blocks are canonical, and numbers of rules unique where their order would matter.
    for rule in snapshot.security_groups.values().flat_map(|group| &group.rules) {
        if let model::Peer::Cidr(block) = rule.peer {
            assert_eq!(block, block.trunc());
        }
    }
    for list in snapshot.network_acls.values() {
        for (position, entry) in list.entries.iter().enumerate() {
            assert_eq!(entry.cidr, entry.cidr.trunc());
            let same = |other: &&model::NetworkAclEntry| {
                let family = other.cidr.addr().is_ipv4() == entry.cidr.addr().is_ipv4();
                family && (other.egress, other.number) == (entry.egress, entry.number)
            };
            assert_eq!(list.entries.iter().skip(position + 1).find(same), None);
        }
    }
});
