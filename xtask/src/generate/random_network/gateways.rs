//! What stands at the edge of a VPC: internet, NAT, egress-only and virtual private gateways, gateway endpoints.

use serde_json::json;

use super::super::gateways::{egress_only_gateway, nat_gateway, s3_endpoint};
use super::super::interface::{Interface, public_address};
use super::super::random::Random;
use super::super::vpc::internet_gateway;
use super::super::{Export, set};
use super::block::dotted;
use super::site::Site;

/// What a VPC has to lead elsewhere.
#[derive(Default)]
pub(super) struct Gateways {
    pub(super) internet: Option<String>,
    pub(super) nat: Option<String>,
    /// The subnet that the NAT gateway is in.
    pub(super) nat_subnet: Option<String>,
    pub(super) egress_only: Option<String>,
    pub(super) private: Option<String>,
    pub(super) s3: Option<String>,
}

pub(super) fn write(export: &mut Export, random: &mut Random, sites: &mut [Site]) -> Vec<Gateways> {
    sites.iter_mut().map(|site| of_site(export, random, site)).collect()
}

fn of_site(export: &mut Export, random: &mut Random, site: &mut Site) -> Gateways {
    let mut gateways = Gateways::default();
    if random.percent(80) {
        gateways.internet = Some(internet_gateway(export, &site.id));
        if random.percent(50) {
            (gateways.nat, gateways.nat_subnet) = nat(export, random, site).unzip();
        }
    }
    if site.ipv6.is_some() && random.percent(45) {
        let id = format!("eigw-{}", site.number);
        egress_only_gateway(export, &site.id, &id);
        gateways.egress_only = Some(id);
    }
    if random.percent(10) {
        let id = format!("vgw-{}", site.number);
        let element = json!({
            "AmazonSideAsn": 64_512, "Tags": [], "VpnGatewayId": id, "State": "available", "Type": "ipsec.1",
            "VpcAttachments": [{"State": "attached", "VpcId": site.id}],
        });
        export.push("describe-vpn-gateways", "VpnGateways", &element);
        gateways.private = Some(id);
    }
    if random.percent(20) {
        gateways.s3 = Some(format!("vpce-s3{}", site.number));
    }
    gateways
}

/// A NAT gateway in one of the subnets: its id and the subnet's.
fn nat(export: &mut Export, random: &mut Random, site: &mut Site) -> Option<(String, String)> {
    let id = format!("nat-{}", site.number);
    let public = public_address(export.count("describe-network-interfaces"));
    let subnet = site.subnet(random)?;
    let address = dotted(subnet.next(random).ipv4);
    let interface = Interface {
        id: format!("eni-{id}"),
        vpc: &subnet.vpc,
        subnet: &subnet.id,
        zone: subnet.zone,
        address,
        ipv6: None,
        public: Some(public),
        groups: Vec::new(),
        service: Some(("natGateway", format!("Interface for NAT Gateway {id}"))),
    };
    interface.write(export);
    let mut element = nat_gateway(&id, &interface);
    set(&mut element, "AvailabilityMode", "zonal");
    export.push("describe-nat-gateways", "NatGateways", &element);
    Some((id, subnet.id.clone()))
}

/// Writes the gateway endpoint of a VPC, once it is known which tables have a route to it.
pub(super) fn endpoint(export: &mut Export, site: &Site, id: &str, tables: &[String]) {
    s3_endpoint(export, &site.id, id, tables);
}
