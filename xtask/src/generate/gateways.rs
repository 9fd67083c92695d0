//! Gateways as AWS prints them, for every network that is made up.

use serde_json::{Value, json};

use super::interface::Interface;
use super::{ACCOUNT, Export, REGION, name};

/// A zonal, public NAT gateway with its interface.
pub(super) fn nat_gateway(id: &str, interface: &Interface<'_>) -> Value {
    json!({
        "NatGatewayAddresses": [{
            "AllocationId": format!("eipalloc-{id}"), "NetworkInterfaceId": interface.id,
            "PrivateIp": interface.address, "PublicIp": interface.public, "IsPrimary": true, "Status": "succeeded",
        }],
        "NatGatewayId": id, "State": "available", "SubnetId": interface.subnet, "VpcId": interface.vpc,
        "Tags": name(id), "ConnectivityType": "public",
    })
}

/// Writes an egress-only internet gateway.
pub(super) fn egress_only_gateway(export: &mut Export, vpc: &str, id: &str) {
    let attachments = [json!({"State": "attached", "VpcId": vpc})];
    let element = json!({"Attachments": attachments, "EgressOnlyInternetGatewayId": id, "Tags": []});
    export.push("describe-egress-only-internet-gateways", "EgressOnlyInternetGateways", &element);
}

/// Writes the gateway endpoint of S3 in a VPC, with the tables that have a route to it.
pub(super) fn s3_endpoint(export: &mut Export, vpc: &str, id: &str, tables: &[String]) {
    let element = json!({
        "VpcEndpointId": id, "VpcEndpointType": "Gateway", "VpcId": vpc,
        "ServiceName": format!("com.amazonaws.{REGION}.s3"), "State": "available", "RouteTableIds": tables,
        "SubnetIds": [], "Groups": [], "PrivateDnsEnabled": false, "NetworkInterfaceIds": [], "Tags": [],
        "OwnerId": ACCOUNT,
    });
    export.push("describe-vpc-endpoints", "VpcEndpoints", &element);
}

/// Writes a transit gateway; `has_references` is whether groups may refer to groups across it.
pub(super) fn transit_gateway(export: &mut Export, id: &str, has_references: bool) {
    let element = json!({
        "TransitGatewayId": id, "State": "available", "OwnerId": ACCOUNT, "Description": "",
        "TransitGatewayArn": format!("arn:aws:ec2:{REGION}:{ACCOUNT}:transit-gateway/{id}"),
        "Options": {
            "AmazonSideAsn": 64_512, "AutoAcceptSharedAttachments": "disable",
            "DefaultRouteTableAssociation": "disable", "DefaultRouteTablePropagation": "disable",
            "VpnEcmpSupport": "enable", "DnsSupport": "enable",
            "SecurityGroupReferencingSupport": enabled(has_references), "MulticastSupport": "disable",
        },
        "Tags": name(id),
    });
    export.push("describe-transit-gateways", "TransitGateways", &element);
}

/// Writes a route table of a transit gateway, without what is in it.
pub(super) fn transit_gateway_route_table(export: &mut Export, gateway: &str, id: &str) {
    let element = json!({
        "TransitGatewayRouteTableId": id, "TransitGatewayId": gateway, "State": "available",
        "DefaultAssociationRouteTable": false, "DefaultPropagationRouteTable": false, "Tags": name(id),
    });
    export.push("describe-transit-gateway-route-tables", "TransitGatewayRouteTables", &element);
}

/// How AWS prints an option of a transit gateway.
pub(super) fn enabled(yes: bool) -> &'static str {
    if yes { "enable" } else { "disable" }
}
