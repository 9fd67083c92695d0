//! What a VPC's routes lead to, and the routes.

use serde_json::json;

use super::super::gateways::{egress_only_gateway, nat_gateway, s3_endpoint};
use super::super::interface::{Interface, public_address};
use super::super::random::Random;
use super::super::security_group::{Group, Peer, id as group_id};
use super::super::vpc::{Routes, internet_gateway};
use super::super::{ACCOUNT, Export, REGION, ZONES};
use super::lists::S3;
use super::peering::Peerings;
use super::site::{Site, Tier};
use super::transit::Transit;

const SERVICES: [&str; 5] = ["ssm", "ec2messages", "kms", "logs", "sts"];

/// Internet, NAT and egress-only gateways, endpoints, and the tables: one for public subnets, one a zone for others.
pub(super) fn write(
    export: &mut Export,
    random: &mut Random,
    site: &mut Site,
    transit: &Transit,
    peerings: &Peerings,
) {
    let number = site.number;
    let new = |name: &str| {
        Routes::new(&site.id, &format!("rtb-{number:04}-{name}"), &site.block, site.ipv6.as_deref())
    };
    new("main").write(export, true, &[]);
    let mut public = new("public");
    let mut private: Vec<(char, Routes)> =
        ZONES.into_iter().map(|zone| (zone, new(&format!("private-{zone}")))).collect();
    if site.has_internet {
        let gateway = internet_gateway(export, &site.id);
        public.to("0.0.0.0/0", "GatewayId", &gateway);
        let zones = if site.environment == 0 { ZONES.len() } else { 1 };
        let nats: Vec<String> = (0..zones).filter_map(|zone| nat(export, site, zone)).collect();
        for (zone, (_, routes)) in private.iter_mut().enumerate() {
            if let Some(nat) = nats.get(zone).or(nats.first()) {
                routes.to("0.0.0.0/0", "NatGatewayId", nat);
            }
        }
        if site.ipv6.is_some() {
            public.to("::/0", "GatewayId", &gateway);
            let outward = format!("eigw-{number:04}");
            egress_only_gateway(export, &site.id, &outward);
            private
                .iter_mut()
                .for_each(|(_, routes)| routes.to("::/0", "EgressOnlyInternetGatewayId", &outward));
        }
    }
    let s3 = random.percent(50).then(|| format!("vpce-s3-{number:04}"));
    if let Some(id) = &s3 {
        let tables: Vec<String> =
            ZONES.iter().map(|zone| format!("rtb-{number:04}-private-{zone}")).collect();
        s3_endpoint(export, &site.id, id, &tables);
        private.iter_mut().for_each(|(_, routes)| routes.to(S3, "GatewayId", id));
    }
    for routes in private.iter_mut().map(|(_, routes)| routes).chain([&mut public]) {
        if let Some(gateway) = transit.of(site) {
            routes.to("10.0.0.0/8", "TransitGatewayId", gateway);
        }
        for peered in peerings.of(site) {
            for block in [Some(&peered.block), peered.ipv6.as_ref()].into_iter().flatten() {
                if routes.has_room() {
                    routes.to(block, "VpcPeeringConnectionId", &peered.id);
                }
            }
        }
    }
    public.write(export, false, &site.subnet_ids(Some(Tier::Public)));
    for (zone, routes) in private {
        let others = site.subnets.iter().filter(|subnet| subnet.zone == zone && subnet.tier != Tier::Public);
        let subnets: Vec<String> = others.map(|subnet| subnet.id.clone()).collect();
        routes.write(export, false, &subnets);
    }
    endpoints(export, random, site);
}

/// A NAT gateway in a zone; its id.
fn nat(export: &mut Export, site: &mut Site, zone: usize) -> Option<String> {
    let zone = ZONES.get(zone).copied()?;
    let id = format!("nat-{:04}-{zone}", site.number);
    let public = public_address(export.count("describe-network-interfaces"));
    let wanted = site.subnets.iter_mut().find(|subnet| subnet.tier == Tier::Public && subnet.zone == zone);
    let subnet = wanted?;
    let (address, _) = subnet.next()?;
    let interface = Interface {
        id: format!("eni-{id}"),
        vpc: &site.id,
        subnet: &subnet.id,
        zone,
        address,
        ipv6: None,
        public: Some(public),
        groups: Vec::new(),
        service: Some(("natGateway", format!("Interface for NAT Gateway {id}"))),
    };
    interface.write(export);
    export.push("describe-nat-gateways", "NatGateways", &nat_gateway(&id, &interface));
    Some(id)
}

/// Interface endpoints, each in two zones, with one group for all of them.
fn endpoints(export: &mut Export, random: &mut Random, site: &mut Site) {
    let count = random.below(4);
    let group = format!("endpoints-{:04}", site.number);
    if count > 0 {
        let mut rules = Group::new(&site.id, &group);
        rules.inward(("tcp", 443, 443), Peer::Cidr(site.block.clone()));
        rules.write(export);
    }
    for service in SERVICES.into_iter().take(count) {
        let id = format!("vpce-{service}-{:04}", site.number);
        let (mut subnets, mut interfaces) = (Vec::new(), Vec::new());
        for subnet in site.subnets.iter_mut().filter(|subnet| subnet.tier == Tier::Private).take(2) {
            let Some((address, _)) = subnet.next() else { continue };
            let interface = Interface {
                id: format!("eni-{id}-{}", subnet.zone),
                vpc: &site.id,
                subnet: &subnet.id,
                zone: subnet.zone,
                address,
                ipv6: None,
                public: None,
                groups: vec![group_id(&group)],
                service: Some(("vpc_endpoint", format!("VPC Endpoint Interface {id}"))),
            };
            interface.write(export);
            subnets.push(subnet.id.clone());
            interfaces.push(interface.id);
        }
        let element = json!({
            "VpcEndpointId": id, "VpcEndpointType": "Interface", "VpcId": site.id,
            "ServiceName": format!("com.amazonaws.{REGION}.{service}"), "State": "available", "RouteTableIds": [],
            "SubnetIds": subnets, "Groups": [{"GroupId": group_id(&group), "GroupName": group}],
            "IpAddressType": "ipv4", "PrivateDnsEnabled": true, "NetworkInterfaceIds": interfaces, "Tags": [],
            "OwnerId": ACCOUNT,
        });
        export.push("describe-vpc-endpoints", "VpcEndpoints", &element);
    }
}
