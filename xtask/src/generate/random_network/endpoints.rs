//! Interface endpoints.

use serde_json::json;

use super::super::interface::Interface;
use super::super::random::Random;
use super::super::{ACCOUNT, Export, REGION};
use super::World;
use super::block::dotted;

const SERVICES: [&str; 3] = ["ssm", "kms", "sts"];

/// Writes an endpoint in some VPCs.
pub(super) fn write(export: &mut Export, random: &mut Random, world: &mut World) {
    for site in &mut world.sites {
        if !random.percent(12) {
            continue;
        }
        let service = random.pick(&SERVICES).copied().unwrap_or("ssm");
        let id = format!("vpce-{service}{}", site.number);
        let group = site.group(random);
        let vpc = site.id.clone();
        let Some(subnet) = site.subnet(random) else { continue };
        let interface = Interface {
            id: format!("eni-{id}"),
            vpc: &vpc,
            subnet: &subnet.id.clone(),
            zone: subnet.zone,
            address: dotted(subnet.next(random).ipv4),
            ipv6: None,
            public: None,
            groups: vec![group.clone()],
            service: Some(("vpc_endpoint", format!("VPC Endpoint Interface {id}"))),
        };
        interface.write(export);
        let element = json!({
            "VpcEndpointId": id, "VpcEndpointType": "Interface", "VpcId": vpc,
            "ServiceName": format!("com.amazonaws.{REGION}.{service}"), "State": "available", "RouteTableIds": [],
            "SubnetIds": [subnet.id], "Groups": [{"GroupId": group, "GroupName": group.trim_start_matches("sg-")}],
            "IpAddressType": "ipv4", "PrivateDnsEnabled": true, "NetworkInterfaceIds": [interface.id], "Tags": [],
            "OwnerId": ACCOUNT,
        });
        export.push("describe-vpc-endpoints", "VpcEndpoints", &element);
    }
}
