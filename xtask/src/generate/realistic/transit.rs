//! Transit gateways: a table for production, for development and for what both share.

use serde_json::{Value, json};

use super::super::gateways::{enabled, transit_gateway, transit_gateway_route_table};
use super::super::random::Random;
use super::super::{ACCOUNT, Export, name, set};
use super::site::{Site, Tier};

/// VPCs for each gateway.
const PER_GATEWAY: usize = 150;
/// Whose routes each table learns.
const LEARNS: [(&str, &[usize]); 3] = [("prod", &[0, 2]), ("dev", &[1, 2]), ("shared", &[0, 1, 2])];

/// The gateway that each VPC is attached to.
pub(super) struct Transit {
    gateways: Vec<Option<String>>,
}

impl Transit {
    pub(super) fn of(&self, site: &Site) -> Option<&str> {
        self.gateways.get(site.number)?.as_deref()
    }
}

/// Writes the gateways and attaches most VPCs.
pub(super) fn write(export: &mut Export, random: &mut Random, sites: &[Site]) -> Transit {
    let mut gateways = Vec::new();
    for (number, sites) in sites.chunks(PER_GATEWAY).enumerate() {
        let id = format!("tgw-{number:03}");
        transit_gateway(export, &id, random.percent(50));
        let attached: Vec<bool> = sites.iter().map(|_| random.percent(70)).collect();
        let members: Vec<&Site> =
            sites.iter().zip(&attached).filter(|(_, attached)| **attached).map(|(site, _)| site).collect();
        members.iter().for_each(|site| attachment(export, random, &id, number, site));
        for environment in 0..LEARNS.len() {
            route_table(export, &id, number, environment, &members);
        }
        gateways.extend(attached.iter().map(|attached| attached.then(|| id.clone())));
    }
    Transit { gateways }
}

fn table_id(gateway: usize, environment: usize) -> String {
    let name = LEARNS.get(environment).map_or("", |(name, _)| *name);
    format!("tgw-rtb-{gateway:03}{name}")
}

fn attachment(export: &mut Export, random: &mut Random, gateway: &str, number: usize, site: &Site) {
    let id = format!("tgw-attach-{:04}", site.number);
    let table = table_id(number, site.environment);
    let general = json!({
        "TransitGatewayAttachmentId": id, "TransitGatewayId": gateway, "TransitGatewayOwnerId": ACCOUNT,
        "ResourceOwnerId": ACCOUNT, "ResourceType": "vpc", "ResourceId": site.id, "State": "available",
        "Association": {"TransitGatewayRouteTableId": table, "State": "associated"}, "Tags": name(&id),
    });
    export.push("describe-transit-gateway-attachments", "TransitGatewayAttachments", &general);
    let of_vpc = json!({
        "TransitGatewayAttachmentId": id, "TransitGatewayId": gateway, "VpcId": site.id, "VpcOwnerId": ACCOUNT,
        "State": "available", "SubnetIds": site.subnet_ids(Some(Tier::Data)),
        "Options": {
            "DnsSupport": "enable", "SecurityGroupReferencingSupport": "enable",
            "Ipv6Support": enabled(site.ipv6.is_some()),
            "ApplianceModeSupport": enabled(site.environment == 2 && random.percent(50)),
        },
        "Tags": name(&id),
    });
    export.push("describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments", &of_vpc);
}

fn route_table(export: &mut Export, gateway: &str, number: usize, environment: usize, members: &[&Site]) {
    let id = table_id(number, environment);
    transit_gateway_route_table(export, gateway, &id);
    let learns = LEARNS.get(environment).map_or(&[][..], |(_, learns)| learns);
    let associations = format!("get-transit-gateway-route-table-associations/{id}");
    let propagations = format!("get-transit-gateway-route-table-propagations/{id}");
    let routes = format!("search-transit-gateway-routes/{id}");
    export.answer(&associations, "Associations");
    export.answer(&propagations, "TransitGatewayRouteTablePropagations");
    export.answer(&routes, "Routes");
    for site in members {
        let mut element = reference(site);
        if site.environment == environment {
            set(&mut element, "State", "associated");
            export.push(&associations, "Associations", &element);
        }
        if learns.contains(&site.environment) {
            set(&mut element, "State", "enabled");
            export.push(&propagations, "TransitGatewayRouteTablePropagations", &element);
            for block in [Some(&site.block), site.ipv6.as_ref()].into_iter().flatten() {
                let attachments = [reference(site)];
                let route = json!({
                    "DestinationCidrBlock": block, "TransitGatewayAttachments": attachments, "Type": "propagated",
                    "State": "active",
                });
                export.push(&routes, "Routes", &route);
            }
        }
    }
    // What nobody has leads nowhere.
    let nowhere = json!({"DestinationCidrBlock": "10.255.0.0/16", "Type": "static", "State": "blackhole"});
    export.push(&routes, "Routes", &nowhere);
}

fn reference(site: &Site) -> Value {
    json!({
        "TransitGatewayAttachmentId": format!("tgw-attach-{:04}", site.number), "ResourceId": site.id,
        "ResourceType": "vpc",
    })
}
