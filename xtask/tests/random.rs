//! Random networks read without an error, are the same for the same seed, and have, over the seeds, all that is
//! modelled.

use std::collections::{BTreeMap, BTreeSet};

use model::{Resolved, Severity};
use xtask::generate::{Export, random};

const SEEDS: std::ops::Range<u64> = 0..300;

/// The problems of an export that are errors.
fn errors(export: &Export) -> Vec<String> {
    let mut reader = read::Reader::new();
    for (name, text) in export.files() {
        reader.add(&name, text);
    }
    let resolved = Resolved::new(reader.finish());
    let problems = resolved.snapshot.problems.iter();
    problems
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.message.clone())
        .collect()
}

/// A digest that needs no crate: FNV-1a, over names and texts.
fn digest(export: &Export) -> u64 {
    let bytes = export.files().flat_map(|(name, text)| [name, text]).flat_map(String::into_bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(digest(&random(7)), digest(&random(7)));
    let all: BTreeSet<u64> = SEEDS.map(|seed| digest(&random(seed))).collect();
    assert_eq!(all.len(), SEEDS.count());
}

#[test]
fn no_seed_gives_what_cannot_be_read() {
    for seed in SEEDS {
        assert_eq!(errors(&random(seed)), [""; 0], "seed {seed}");
    }
}

#[test]
fn networks_are_small() {
    let mut sizes: Vec<usize> = SEEDS.map(|seed| random(seed).count("describe-network-interfaces")).collect();
    sizes.sort_unstable();
    assert!(sizes[0] >= 3 && sizes[SEEDS.count() - 1] <= 13, "{sizes:?}");
    assert!((4..=9).contains(&sizes[SEEDS.count() / 2]), "{sizes:?}");
}

/// Counted by what the answers say, not by what the generator meant.
#[test]
fn everything_occurs() {
    let mut counts: BTreeMap<&str, usize> = FEATURES.iter().map(|(name, ..)| (*name, 0)).collect();
    for seed in SEEDS {
        let export = random(seed);
        let files: BTreeMap<String, String> =
            export.files().map(|(name, text)| (name, text.split_whitespace().collect())).collect();
        for (name, call, fragment) in FEATURES {
            let mut of_call = files.iter().filter(|(file, _)| file.starts_with(call));
            if of_call.any(|(_, text)| text.contains(fragment)) {
                *counts.entry(name).or_default() += 1;
            }
        }
    }
    let rare: Vec<_> = counts.iter().filter(|(_, count)| **count < 5).collect();
    assert!(rare.is_empty(), "{rare:?}");
}

/// What is to occur: the call, and what its answer has, without white space.
const FEATURES: &[(&str, &str, &str)] = &[
    ("three VPCs", "describe-vpcs", "vpc-2"),
    ("IPv6", "describe-subnets", "2001:db8:"),
    ("five subnets", "describe-subnets", "subnet-04"),
    ("ingress blocked", "describe-vpcs", "\"block-ingress\""),
    ("all blocked", "describe-vpcs", "\"block-bidirectional\""),
    ("subnet excluded", "describe-vpc-block-public-access-exclusions", "subnet/"),
    ("vpc excluded", "describe-vpc-block-public-access-exclusions", "vpc/"),
    ("outward exclusion", "describe-vpc-block-public-access-exclusions", "allow-egress"),
    ("group by block", "describe-security-groups", "\"CidrIp\":\"10."),
    ("group by IPv6", "describe-security-groups", "\"CidrIpv6\":\"2001:"),
    ("group by group", "describe-security-groups", "\"UserIdGroupPairs\":[{"),
    ("group by list", "describe-security-groups", "\"PrefixListIds\":[{"),
    ("group by type", "describe-security-groups", "\"IpProtocol\":\"icmp\",\"FromPort\":8"),
    ("group by type of ICMPv6", "describe-security-groups", "\"IpProtocol\":\"icmpv6\""),
    ("group by odd protocol", "describe-security-groups", "\"IpProtocol\":\"50\""),
    ("no egress", "describe-security-groups", "\"IpPermissionsEgress\":[]"),
    ("list denies", "describe-network-acls", "\"RuleAction\":\"deny\",\"RuleNumber\":2"),
    ("partial ports", "describe-network-acls", "\"PortRange\":{\"From\":49152,\"To\":65535}"),
    ("list by type", "describe-network-acls", "\"IcmpTypeCode\":{\"Code\":-1,\"Type\":8}"),
    (
        "list of IPv6",
        "describe-network-acls",
        "\"Protocol\":\"6\",\"RuleAction\":\"allow\",\"RuleNumber\":20001",
    ),
    ("internet gateway", "describe-route-tables", "\"GatewayId\":\"igw-"),
    (
        "IPv6 by internet gateway",
        "describe-route-tables",
        "\"DestinationIpv6CidrBlock\":\"::/0\",\"GatewayId\":\"igw-",
    ),
    ("NAT gateway", "describe-route-tables", "\"NatGatewayId\":\"nat-"),
    ("egress-only gateway", "describe-route-tables", "\"EgressOnlyInternetGatewayId\":\"eigw-"),
    ("peering", "describe-route-tables", "\"VpcPeeringConnectionId\":\"pcx-"),
    ("waiting peering", "describe-vpc-peering-connections", "pending-acceptance"),
    ("deleted peering", "describe-vpc-peering-connections", "\"Code\":\"deleted\""),
    ("transit gateway", "describe-route-tables", "\"TransitGatewayId\":\"tgw-"),
    ("no association", "describe-transit-gateway-attachments", "\"State\":\"available\",\"Tags\""),
    ("propagation", "search-transit-gateway-routes", "\"propagated\""),
    ("static route", "search-transit-gateway-routes", "\"Type\":\"static\",\"TransitGatewayAttachments\""),
    ("transit blackhole", "search-transit-gateway-routes", "\"blackhole\""),
    ("group across", "describe-transit-gateways", "\"SecurityGroupReferencingSupport\":\"enable\""),
    ("virtual private gateway", "describe-route-tables", "\"GatewayId\":\"vgw-"),
    ("appliance", "describe-route-tables", "\"NetworkInterfaceId\":\"eni-"),
    ("blackhole", "describe-route-tables", "\"State\":\"blackhole\""),
    ("gateway endpoint", "describe-route-tables", "\"GatewayId\":\"vpce-s3"),
    ("route by list", "describe-route-tables", "\"DestinationPrefixListId\":\"pl-0"),
    ("public address", "describe-network-interfaces", "\"PublicIp\""),
    ("stopped", "describe-instances", "\"stopped\""),
    ("Windows", "describe-instances", "\"Platform\":\"windows\""),
    ("function", "describe-network-interfaces", "\"lambda\""),
    ("interface endpoint", "describe-network-interfaces", "\"vpc_endpoint\""),
    ("application balancer", "describe-network-interfaces", "\"ELBapp/"),
    ("network balancer", "describe-network-interfaces", "\"ELBnet/"),
    ("balancer's group", "elbv2-describe-load-balancers", "\"Type\":\"network\",\"AvailabilityZones\":[{"),
    ("rule of a listener", "elbv2-describe-rules", "source-ip"),
    ("UDP listener", "elbv2-describe-listeners", "\"Protocol\":\"UDP\""),
    ("both listener", "elbv2-describe-listeners", "\"Protocol\":\"TCP_UDP\""),
    ("TLS listener", "elbv2-describe-listeners", "\"Protocol\":\"TLS\""),
    (
        "address kept",
        "elbv2-describe-target-group-attributes",
        "\"preserve_client_ip.enabled\",\"Value\":\"true\"",
    ),
    (
        "address replaced",
        "elbv2-describe-target-group-attributes",
        "\"preserve_client_ip.enabled\",\"Value\":\"false\"",
    ),
    ("zones crossed", "elbv2-describe-load-balancer-attributes", "\"true\""),
    ("zones apart", "elbv2-describe-load-balancer-attributes", "\"false\""),
    ("targets by address", "elbv2-describe-target-groups", "\"TargetType\":\"ip\""),
    ("targets by instance", "elbv2-describe-target-groups", "\"TargetType\":\"instance\""),
    ("unhealthy", "elbv2-describe-target-health", "\"unhealthy\""),
    ("unused", "elbv2-describe-target-health", "\"unused\""),
    ("draining", "elbv2-describe-target-health", "\"draining\""),
];

/// What an export lacks is seen by what it does have.
#[test]
fn some_exports_lack_something() {
    let lacking = |lacks: &dyn Fn(&Export) -> bool| SEEDS.filter(|&seed| lacks(&random(seed))).count();
    let files =
        |export: &Export, call: &str| export.files().filter(|(name, _)| name.starts_with(call)).count();
    let counts = [
        lacking(&|export| export.count("describe-instances") == 0),
        lacking(&|export| {
            files(export, "get-managed-prefix-list-entries") < export.count("describe-managed-prefix-lists")
        }),
        lacking(&|export| export.count("describe-route-tables") < export.count("describe-vpcs")),
        lacking(&|export| export.count("describe-network-acls") < export.count("describe-vpcs")),
    ];
    assert!(counts.iter().all(|&count| (1..=15).contains(&count)), "{counts:?}");
}
