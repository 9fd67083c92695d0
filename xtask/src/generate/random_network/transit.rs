//! A transit gateway with one table or two, between the VPCs.

use serde_json::{Value, json};

use super::super::gateways::{enabled, transit_gateway, transit_gateway_route_table};
use super::super::random::Random;
use super::super::{ACCOUNT, Export, name, set};
use super::Absent;
use super::lists;
use super::site::Site;

/// The gateway and which VPCs are attached to it.
pub(super) struct Transit {
    pub(super) id: String,
    pub(super) members: Vec<usize>,
    /// Whether groups may refer to groups across it.
    pub(super) has_references: bool,
}

/// Writes a gateway in some networks: more often where there is something to join.
pub(super) fn write(
    export: &mut Export,
    random: &mut Random,
    sites: &mut [Site],
    absent: Absent,
) -> Option<Transit> {
    if !random.percent(if sites.len() > 1 { 55 } else { 10 }) {
        return None;
    }
    let id = "tgw-0".to_owned();
    let has_references = random.percent(50);
    transit_gateway(export, &id, has_references);
    let tables = random.within(1..=2);
    let mut members = Vec::new();
    let mut associated = Vec::new();
    for site in sites.iter_mut() {
        if random.percent(90) {
            let table = (!random.percent(5)).then(|| random.below(tables));
            attachment(export, random, &id, site, table);
            members.push(site.number);
            associated.extend(table.map(|table| (site.number, table)));
        }
    }
    let sites: &[Site] = sites;
    for table in 0..tables {
        route_table(export, random, &id, table, sites, &members, &associated, absent);
    }
    Some(Transit { id, members, has_references })
}

fn attachment(
    export: &mut Export,
    random: &mut Random,
    gateway: &str,
    site: &mut Site,
    table: Option<usize>,
) {
    let id = format!("tgw-attach-{}", site.number);
    let mut general = json!({
        "TransitGatewayAttachmentId": id, "TransitGatewayId": gateway, "TransitGatewayOwnerId": ACCOUNT,
        "ResourceOwnerId": ACCOUNT, "ResourceType": "vpc", "ResourceId": site.id, "State": "available",
        "Tags": name(&id),
    });
    if let Some(table) = table {
        let association = json!({"TransitGatewayRouteTableId": table_id(table), "State": "associated"});
        set(&mut general, "Association", association);
    }
    export.push("describe-transit-gateway-attachments", "TransitGatewayAttachments", &general);
    let has_ipv6 = site.ipv6.is_some();
    // One subnet a zone, and not always every zone.
    let (mut zones, mut subnets) = (Vec::new(), Vec::new());
    let mut order: Vec<usize> = (0..site.subnets.len()).collect();
    random.shuffle(&mut order);
    for position in order {
        let Some(subnet) = site.subnets.get(position) else { continue };
        let is_wanted = subnets.is_empty() || random.percent(80);
        if is_wanted && !zones.contains(&subnet.zone) && subnet.ipv6.is_some() == has_ipv6 {
            zones.push(subnet.zone);
            subnets.push(subnet.id.clone());
        }
    }
    if subnets.is_empty() {
        subnets.extend(site.subnets.first().map(|subnet| subnet.id.clone()));
    }
    let of_vpc = json!({
        "TransitGatewayAttachmentId": id, "TransitGatewayId": gateway, "VpcId": site.id, "VpcOwnerId": ACCOUNT,
        "State": "available", "SubnetIds": subnets,
        "Options": {
            "DnsSupport": "enable", "SecurityGroupReferencingSupport": enabled(random.percent(80)),
            "Ipv6Support": enabled(has_ipv6), "ApplianceModeSupport": enabled(random.percent(10)),
        },
        "Tags": name(&id),
    });
    export.push("describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments", &of_vpc);
}

fn table_id(number: usize) -> String {
    format!("tgw-rtb-{number}")
}

fn reference(site: &Site) -> Value {
    json!({
        "TransitGatewayAttachmentId": format!("tgw-attach-{}", site.number), "ResourceId": site.id,
        "ResourceType": "vpc",
    })
}

#[expect(clippy::too_many_arguments, reason = "all of what a table depends on, once")]
fn route_table(
    export: &mut Export,
    random: &mut Random,
    gateway: &str,
    number: usize,
    sites: &[Site],
    members: &[usize],
    associated: &[(usize, usize)],
    absent: Absent,
) {
    let id = table_id(number);
    transit_gateway_route_table(export, gateway, &id);
    let associations = format!("get-transit-gateway-route-table-associations/{id}");
    let propagations = format!("get-transit-gateway-route-table-propagations/{id}");
    let routes = format!("search-transit-gateway-routes/{id}");
    let lists = format!("get-transit-gateway-prefix-list-references/{id}");
    export.answer(&associations, "Associations");
    export.answer(&propagations, "TransitGatewayRouteTablePropagations");
    export.answer(&lists, "TransitGatewayPrefixListReferences");
    export.answer(&routes, "Routes");
    let mut taken = Vec::new();
    for site in sites.iter().filter(|site| members.contains(&site.number)) {
        let mut element = reference(site);
        if associated.contains(&(site.number, number)) {
            set(&mut element, "State", "associated");
            export.push(&associations, "Associations", &element);
        }
        if random.percent(75) {
            set(&mut element, "State", "enabled");
            export.push(&propagations, "TransitGatewayRouteTablePropagations", &element);
            for block in [Some(site.block.to_string()), site.ipv6.clone()].into_iter().flatten() {
                export.push(&routes, "Routes", &route(&block, "propagated", Some(site)));
                taken.push(block);
            }
        }
    }
    for _ in 0..random.below(3) {
        let block = match random.below(4) {
            0 => lists::block_of_ipv6(random, sites),
            1 => Some("0.0.0.0/0".to_owned()),
            _ => random.pick(sites).map(|site| site.block.piece(random).to_string()),
        };
        let Some(block) = block.filter(|block| !taken.contains(block)) else { continue };
        let to = random.pick(members).and_then(|&member| sites.get(member)).filter(|_| random.percent(65));
        export.push(&routes, "Routes", &route(&block, "static", to));
        taken.push(block);
    }
    if absent == Absent::TransitRoutes {
        export.leave_out(&routes);
    }
}

/// A route to a VPC, or to nowhere.
fn route(block: &str, origin: &str, to: Option<&Site>) -> Value {
    let mut route = json!({"DestinationCidrBlock": block, "Type": origin});
    match to {
        Some(site) => {
            set(&mut route, "TransitGatewayAttachments", [reference(site)].to_vec());
            set(&mut route, "State", "active");
        }
        None => set(&mut route, "State", "blackhole"),
    }
    route
}
