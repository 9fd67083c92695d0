//! The links that join VPCs, and the NAT gateways: each a number, by which both ends of its link are called.

use std::net::Ipv4Addr;

use engine::{Network, zone};
use model::{AttachmentKind, Id, Ix, NatGateway, Subnet, TransitGatewayAttachment, VpcPeeringConnection};

use super::limits::MOST_LINKS;
use super::{SubnetPlan, VpcPlan};
use crate::places::Places;

/// What joins VPCs and what translates for them.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// Active peering connections; the link of number `n` is `p<n + 1>` in both routers.
    pub peerings: Vec<PeeringPlan>,
    /// Transit gateways that something planned is attached to.
    pub transit_gateways: Vec<TransitGatewayPlan>,
    /// Subnets of VPCs' attachments; the link of number `n` is `t<n + 1>` in router and gateway.
    pub attached: Vec<AttachedSubnet>,
    /// Peerings of transit gateways; the link of number `n` is `q<n + 1>` in both gateways.
    pub gateway_peerings: Vec<GatewayPeeringPlan>,
    /// NAT gateways; the link of number `n` is `n<n + 1>` in its router.
    pub nat_gateways: Vec<NatPlan>,
}

/// A peering connection that is a link (S3.30).
#[derive(Debug, Clone)]
pub struct PeeringPlan {
    /// Which.
    pub peering: Ix<VpcPeeringConnection>,
    /// Its number.
    pub number: u32,
    /// The positions of its two VPCs.
    pub vpcs: [usize; 2],
}

/// A transit gateway.
#[derive(Debug, Clone)]
pub struct TransitGatewayPlan {
    /// Which, by id.
    pub id: Id,
    /// Its number, by which its namespace is called.
    pub number: u32,
}

/// A subnet by which a VPC is attached to a transit gateway, one for each of its zones (S3.31).
#[derive(Debug, Clone)]
pub struct AttachedSubnet {
    /// The attachment.
    pub attachment: Ix<TransitGatewayAttachment>,
    /// The number of this subnet of it.
    pub number: u32,
    /// The position of the gateway.
    pub gateway: usize,
    /// The position of the VPC.
    pub vpc: usize,
    /// The position of the subnet in the VPC's.
    pub subnet: usize,
}

/// A peering of two transit gateways.
#[derive(Debug, Clone)]
pub struct GatewayPeeringPlan {
    /// The attachment that it is.
    pub attachment: Ix<TransitGatewayAttachment>,
    /// Its number.
    pub number: u32,
    /// The positions of the two gateways.
    pub gateways: [usize; 2],
}

/// A zonal NAT gateway (S3.20).
#[derive(Debug, Clone)]
pub struct NatPlan {
    /// Which.
    pub gateway: Ix<NatGateway>,
    /// Its number.
    pub number: u32,
    /// The position of its VPC.
    pub vpc: usize,
    /// The position of its subnet in the VPC's.
    pub subnet: usize,
    /// The address that it sends from.
    pub private: Ipv4Addr,
    /// The public address that an internet gateway puts in its place, if it has one (S3.21).
    pub public: Option<Ipv4Addr>,
}

/// The name of a peering connection's link.
pub fn peering_link(number: u32) -> String {
    format!("p{}", number.saturating_add(1))
}

/// The name of the link by which a subnet is attached to a transit gateway.
pub fn attached_link(number: u32) -> String {
    format!("t{}", number.saturating_add(1))
}

/// The name of the link between two transit gateways.
pub fn gateway_peering_link(number: u32) -> String {
    format!("q{}", number.saturating_add(1))
}

/// The name of a NAT gateway's link in its router.
pub fn nat_link(number: u32) -> String {
    format!("n{}", number.saturating_add(1))
}

impl Ways {
    /// Those between planned VPCs.
    pub(super) fn of(network: &Network, vpcs: &[VpcPlan], places: &mut Places) -> Ways {
        let mut ways = Ways::default();
        let model = network.model();
        let planned = |id: &Id| vpcs.iter().position(|plan| model.vpcs.at(plan.vpc).id == *id);
        for (peering, noun) in model.vpc_peering_connections.iter().filter(|(_, noun)| noun.active) {
            if let (Some(one), Some(other)) = (planned(&noun.requester.vpc), planned(&noun.accepter.vpc)) {
                let ends = format!("{} {} {}", noun.id, noun.requester.vpc, noun.accepter.vpc);
                let number = places.peerings.number(&ends);
                ways.peerings.push(PeeringPlan { peering, number, vpcs: [one, other] });
            }
        }
        for (attachment, noun) in model.transit_gateway_attachments.iter() {
            match (&noun.kind, noun.transit_gateways.as_slice()) {
                (AttachmentKind::Vpc, [gateway]) => {
                    let Some(vpc) = noun.resource.as_ref().and_then(planned) else { continue };
                    let to = gateway;
                    let gateway = ways.transit_gateway(to, places);
                    let subnets = vpcs.get(vpc).map_or(&[][..], |plan| &plan.subnets);
                    let own = noun.subnets.iter().flatten();
                    let attached = own.filter_map(|id| {
                        let is_it = |plan: &SubnetPlan| model.subnets.at(plan.subnet).id == *id;
                        let subnet = subnets.iter().position(is_it)?;
                        let number = places.attached.number(&format!("{} {to} {id}", noun.id));
                        Some(AttachedSubnet { attachment, number, gateway, vpc, subnet })
                    });
                    ways.attached.extend(attached);
                }
                (AttachmentKind::Peering, [one, other]) => {
                    let gateways = [ways.transit_gateway(one, places), ways.transit_gateway(other, places)];
                    let number = places.gateway_peerings.number(&format!("{} {one} {other}", noun.id));
                    ways.gateway_peerings.push(GatewayPeeringPlan { attachment, number, gateways });
                }
                _ => {}
            }
        }
        for (gateway, noun) in model.nat_gateways.iter() {
            let Some(address) = noun.addresses.first() else { continue };
            let (Some(vpc), Some(private)) = (planned(&noun.vpc), address.private) else { continue };
            let subnets = vpcs.get(vpc).map_or(&[][..], |plan| &plan.subnets);
            let of_noun = |plan: &SubnetPlan| Some(&model.subnets.at(plan.subnet).id) == noun.subnet.as_ref();
            let Some(subnet) = subnets.iter().position(of_noun) else { continue };
            let number = places.nat_gateways.number(&format!("{} {}", noun.id, noun.vpc));
            ways.nat_gateways.push(NatPlan { gateway, number, vpc, subnet, private, public: address.public });
        }
        ways
    }

    fn transit_gateway(&mut self, id: &Id, places: &mut Places) -> usize {
        let known = self.transit_gateways.iter().position(|other| other.id == *id);
        known.unwrap_or_else(|| {
            let number = places.transit_gateways.number(id.as_str());
            self.transit_gateways.push(TransitGatewayPlan { id: id.clone(), number });
            self.transit_gateways.len() - 1
        })
    }

    /// What has links, how many it can have, and the largest number there is.
    pub(super) fn numbers(&self) -> [(&'static str, u32, Option<u32>); 4] {
        [
            ("peering connections", MOST_LINKS, self.peerings.iter().map(|plan| plan.number).max()),
            ("attached subnets", 2 * MOST_LINKS, self.attached.iter().map(|plan| plan.number).max()),
            (
                "peerings of transit gateways",
                MOST_LINKS,
                self.gateway_peerings.iter().map(|plan| plan.number).max(),
            ),
            ("NAT gateways", MOST_LINKS, self.nat_gateways.iter().map(|plan| plan.number).max()),
        ]
    }

    /// A peering connection's link.
    pub fn peering(&self, peering: Ix<VpcPeeringConnection>) -> Option<&PeeringPlan> {
        self.peerings.iter().find(|plan| plan.peering == peering)
    }

    /// A NAT gateway.
    pub fn nat_gateway(&self, gateway: Ix<NatGateway>) -> Option<&NatPlan> {
        self.nat_gateways.iter().find(|plan| plan.gateway == gateway)
    }

    /// The attached subnet of a number.
    pub fn attached(&self, number: u32) -> Option<&AttachedSubnet> {
        self.attached.iter().find(|plan| plan.number == number)
    }

    /// The peering connections of the VPC at a position.
    pub fn peerings_of(&self, vpc: usize) -> impl Iterator<Item = &PeeringPlan> {
        self.peerings.iter().filter(move |plan| plan.vpcs.contains(&vpc))
    }

    /// The subnets by which the VPC at a position is attached.
    pub fn attached_of(&self, vpc: usize) -> impl Iterator<Item = &AttachedSubnet> {
        self.attached.iter().filter(move |plan| plan.vpc == vpc)
    }

    /// The NAT gateways of the VPC at a position.
    pub fn nat_gateways_of(&self, vpc: usize) -> impl Iterator<Item = &NatPlan> {
        self.nat_gateways.iter().filter(move |plan| plan.vpc == vpc)
    }

    /// The subnets of an attachment by which a packet may leave its gateway, by number: of the sender's zone, else all,
    /// in the order in which they draw (S12.14). In appliance mode all, as a flow keeps to one whichever it is (S3.34).
    pub fn exits(
        &self,
        network: &Network,
        vpcs: &[VpcPlan],
        attachment: Ix<TransitGatewayAttachment>,
        zone: Option<&Id>,
    ) -> Vec<u32> {
        let noun = network.model().transit_gateway_attachments.at(attachment);
        let all = self.attached.iter().filter(|plan| plan.attachment == attachment);
        let of_zone = |plan: &AttachedSubnet| {
            plan.subnet(vpcs).and_then(|subnet| self::zone(network.model(), subnet)) == zone
        };
        let same = all.clone().find(|plan| zone.is_some() && of_zone(plan));
        match same.filter(|_| !noun.appliance_mode) {
            Some(plan) => vec![plan.number],
            None => {
                let mut all: Vec<_> = all.collect();
                all.sort_by_key(|plan| {
                    plan.subnet(vpcs).map(|subnet| &network.model().subnets.at(subnet).id)
                });
                all.into_iter().map(|plan| plan.number).collect()
            }
        }
    }
}

impl AttachedSubnet {
    /// The VPC's subnet.
    pub fn subnet(&self, vpcs: &[VpcPlan]) -> Option<Ix<Subnet>> {
        Some(vpcs.get(self.vpc)?.subnets.get(self.subnet)?.subnet)
    }
}
