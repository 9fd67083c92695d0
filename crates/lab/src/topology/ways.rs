//! The links that join VPCs, and the NAT gateways: each a position, by which both ends of its link are called.

use std::net::Ipv4Addr;

use engine::{Network, zone};
use model::{AttachmentKind, Id, Ix, NatGateway, Subnet, TransitGatewayAttachment, VpcPeeringConnection};

use super::VpcPlan;

/// What joins VPCs and what translates for them.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// Active peering connections; the link of the one at position `n` is `p<n + 1>` in both routers.
    pub peerings: Vec<PeeringPlan>,
    /// Transit gateways that something planned is attached to, by id.
    pub transit_gateways: Vec<Id>,
    /// Subnets of VPCs' attachments; the link of the one at position `n` is `t<n + 1>` in router and gateway.
    pub attached: Vec<AttachedSubnet>,
    /// Peerings of transit gateways; the link of the one at position `n` is `q<n + 1>` in both gateways.
    pub gateway_peerings: Vec<GatewayPeeringPlan>,
    /// NAT gateways; the link of the one at position `n` is `n<n + 1>` in its router.
    pub nat_gateways: Vec<NatPlan>,
}

/// A peering connection that is a link (S3.30).
#[derive(Debug, Clone)]
pub struct PeeringPlan {
    /// Which.
    pub peering: Ix<VpcPeeringConnection>,
    /// The positions of its two VPCs.
    pub vpcs: [usize; 2],
}

/// A subnet by which a VPC is attached to a transit gateway, one for each of its zones (S3.31).
#[derive(Debug, Clone)]
pub struct AttachedSubnet {
    /// The attachment.
    pub attachment: Ix<TransitGatewayAttachment>,
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
    /// The positions of the two gateways.
    pub gateways: [usize; 2],
}

/// A zonal NAT gateway (S3.20).
#[derive(Debug, Clone)]
pub struct NatPlan {
    /// Which.
    pub gateway: Ix<NatGateway>,
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
pub fn peering_link(position: usize) -> String {
    format!("p{}", position + 1)
}

/// The name of the link by which a subnet is attached to a transit gateway.
pub fn attached_link(position: usize) -> String {
    format!("t{}", position + 1)
}

/// The name of the link between two transit gateways.
pub fn gateway_peering_link(position: usize) -> String {
    format!("q{}", position + 1)
}

/// The name of a NAT gateway's link in its router.
pub fn nat_link(position: usize) -> String {
    format!("n{}", position + 1)
}

impl Ways {
    /// Those between planned VPCs.
    pub(super) fn of(network: &Network, vpcs: &[VpcPlan]) -> Ways {
        let mut ways = Ways::default();
        let model = network.model();
        let planned = |id: &Id| vpcs.iter().position(|plan| model.vpcs.at(plan.vpc).id == *id);
        for (peering, noun) in model.vpc_peering_connections.iter().filter(|(_, noun)| noun.active) {
            if let (Some(one), Some(other)) = (planned(&noun.requester.vpc), planned(&noun.accepter.vpc)) {
                ways.peerings.push(PeeringPlan { peering, vpcs: [one, other] });
            }
        }
        for (attachment, noun) in model.transit_gateway_attachments.iter() {
            match (&noun.kind, noun.transit_gateways.as_slice()) {
                (AttachmentKind::Vpc, [gateway]) => {
                    let Some(vpc) = noun.resource.as_ref().and_then(planned) else { continue };
                    let gateway = ways.transit_gateway(gateway);
                    let subnets = vpcs.get(vpc).map_or(&[][..], |plan| &plan.subnets);
                    let own = noun.subnets.iter().flatten();
                    let own = own.filter_map(|id| {
                        subnets.iter().position(|subnet| model.subnets.at(*subnet).id == *id)
                    });
                    let attached = own.map(|subnet| AttachedSubnet { attachment, gateway, vpc, subnet });
                    ways.attached.extend(attached);
                }
                (AttachmentKind::Peering, [one, other]) => {
                    let gateways = [ways.transit_gateway(one), ways.transit_gateway(other)];
                    ways.gateway_peerings.push(GatewayPeeringPlan { attachment, gateways });
                }
                _ => {}
            }
        }
        for (gateway, noun) in model.nat_gateways.iter() {
            let Some(address) = noun.addresses.first() else { continue };
            let (Some(vpc), Some(private)) = (planned(&noun.vpc), address.private) else { continue };
            let subnets = vpcs.get(vpc).map_or(&[][..], |plan| &plan.subnets);
            let of_noun = |subnet: &Ix<Subnet>| Some(&model.subnets.at(*subnet).id) == noun.subnet.as_ref();
            let Some(subnet) = subnets.iter().position(of_noun) else { continue };
            ways.nat_gateways.push(NatPlan { gateway, vpc, subnet, private, public: address.public });
        }
        ways
    }

    fn transit_gateway(&mut self, id: &Id) -> usize {
        let known = self.transit_gateways.iter().position(|other| other == id);
        known.unwrap_or_else(|| {
            self.transit_gateways.push(id.clone());
            self.transit_gateways.len() - 1
        })
    }

    /// The position of a peering connection's link.
    pub fn peering(&self, peering: Ix<VpcPeeringConnection>) -> Option<usize> {
        self.peerings.iter().position(|plan| plan.peering == peering)
    }

    /// The position of a NAT gateway.
    pub fn nat_gateway(&self, gateway: Ix<NatGateway>) -> Option<usize> {
        self.nat_gateways.iter().position(|plan| plan.gateway == gateway)
    }

    /// The peering connections of the VPC at a position, by position.
    pub fn peerings_of(&self, vpc: usize) -> impl Iterator<Item = (usize, &PeeringPlan)> {
        self.peerings.iter().enumerate().filter(move |(_, plan)| plan.vpcs.contains(&vpc))
    }

    /// The subnets by which the VPC at a position is attached, by position.
    pub fn attached_of(&self, vpc: usize) -> impl Iterator<Item = (usize, &AttachedSubnet)> {
        self.attached.iter().enumerate().filter(move |(_, plan)| plan.vpc == vpc)
    }

    /// The NAT gateways of the VPC at a position, by position.
    pub fn nat_gateways_of(&self, vpc: usize) -> impl Iterator<Item = (usize, &NatPlan)> {
        self.nat_gateways.iter().enumerate().filter(move |(_, plan)| plan.vpc == vpc)
    }

    /// The subnets of an attachment by which a packet may leave its gateway, by position: of the sender's zone, else all,
    /// in the attachment's order (S12.14). In appliance mode all, as a flow keeps to one whichever it is (S3.34).
    pub fn exits(
        &self,
        network: &Network,
        vpcs: &[VpcPlan],
        attachment: Ix<TransitGatewayAttachment>,
        zone: Option<&Id>,
    ) -> Vec<usize> {
        let noun = network.model().transit_gateway_attachments.at(attachment);
        let all = self.attached.iter().enumerate().filter(|(_, plan)| plan.attachment == attachment);
        let of_zone = |plan: &AttachedSubnet| {
            let subnet = vpcs.get(plan.vpc).and_then(|vpc| vpc.subnets.get(plan.subnet));
            subnet.and_then(|subnet| self::zone(network.model(), *subnet)) == zone
        };
        let same = all.clone().find(|(_, plan)| zone.is_some() && of_zone(plan));
        match same.filter(|_| !noun.appliance_mode) {
            Some((position, _)) => vec![position],
            None => all.map(|(position, _)| position).collect(),
        }
    }
}

impl AttachedSubnet {
    /// The VPC's subnet.
    pub fn subnet(&self, vpcs: &[VpcPlan]) -> Option<Ix<Subnet>> {
        vpcs.get(self.vpc)?.subnets.get(self.subnet).copied()
    }
}
