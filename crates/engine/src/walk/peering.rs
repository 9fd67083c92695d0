//! Over a VPC peering connection (S3.30): nothing in between filters, nothing beyond the other VPC is reached.

use ipnet::IpNet;
use model::{Ix, PeeringSide, Subnet, Target, VpcPeeringConnection};
use space::Space;

use super::{Packet, Walker};
use crate::{Arrival, Cause, Checkpoint, Device, Leg, Network, Seen, Way};

impl<S: Space> Walker<'_, '_, S> {
    /// The peering connection that a route leads to, if the export has it and knows the VPC.
    pub(super) fn peering_of(&self, target: &Target, subnet: Ix<Subnet>) -> Option<Ix<VpcPeeringConnection>> {
        let Target::VpcPeeringConnection(id) = target else { return None };
        let model = self.network.model();
        let ix = model.vpc_peering_connections.ix(id.as_str())?;
        let vpc = &model.subnets.at(subnet).vpc;
        model.vpc_peering_connections.at(ix).other_side(vpc).map(|_| ix)
    }

    /// Parts off what a peering connection can bring to a subnet: packets from addresses of the other VPC.
    pub(super) fn brought_by(
        &mut self,
        packet: &mut Packet<S>,
        to: Ix<Subnet>,
        peering: Ix<VpcPeeringConnection>,
    ) -> Option<Packet<S>> {
        let network = self.network;
        let noun = network.model().vpc_peering_connections.at(peering);
        let side = noun.other_side(&network.model().subnets.at(to).vpc)?;
        self.part_off(packet, blocks_of(network, side))
    }

    /// What a client that is no interface of the export sends by a peering connection, parted by whether it can.
    pub(super) fn enter_by_peering(
        &mut self,
        mut packet: Packet<S>,
        to: Ix<Subnet>,
        peering: Ix<VpcPeeringConnection>,
    ) -> Vec<Packet<S>> {
        let model = self.network.model();
        let noun = model.vpc_peering_connections.at(peering);
        let here = Checkpoint::VpcPeeringConnection { peering };
        let mut parts = Vec::new();
        if let Some(mut brought) = self.brought_by(&mut packet, to, peering) {
            let side = noun.other_side(&model.subnets.at(to).vpc);
            match side.filter(|side| model.vpcs.get(side.vpc.as_str()).is_none()) {
                _ if !noun.active => self.stop(&mut brought, here.clone(), Cause::PeeringNotActive),
                Some(side) => {
                    let reason = format!("VPC `{}` behind `{}` is not in the export", side.vpc, noun.id);
                    self.unknown(&mut brought, here.clone(), reason);
                }
                None => self.stop(&mut brought, Checkpoint::Host { interface: None }, Cause::NotHeld),
            }
            parts.push(brought);
        }
        if !packet.flow.is_empty() {
            self.stop(&mut packet, here, Cause::NotTransitive);
            parts.push(packet);
        }
        parts
    }

    /// To the other VPC, and no further.
    pub(super) fn peer(
        &mut self,
        mut packet: Packet<S>,
        from: Ix<Subnet>,
        peering: Ix<VpcPeeringConnection>,
    ) -> Vec<Way<S>> {
        let network = self.network;
        let model = network.model();
        let noun = model.vpc_peering_connections.at(peering);
        let here = Checkpoint::VpcPeeringConnection { peering };
        let Some(side) = noun.other_side(&model.subnets.at(from).vpc) else { return Vec::new() };
        if !noun.active {
            return vec![self.lost(packet, here, Cause::PeeringNotActive)];
        }
        if let Some(relay) = packet.relays.last()
            && matches!(relay.device, Device::NatGateway(..))
            && self.leg == Leg::Request
        {
            let reason = "whether a NAT gateway sends over a peering connection is not documented".into();
            self.unknown(&mut packet, here, reason);
            return vec![packet.ends(Arrival::Lost)];
        }
        match packet.header.destination {
            Seen::Fixed { interface: Some(to), .. } if model.network_interfaces.at(to).vpc == side.vpc => {
                self.pass(&mut packet, here, Cause::Passed);
                let Some(subnet) = network.resolved().subnet_of(to) else {
                    self.lacks_subnet(&mut packet, to);
                    return vec![packet.ends(Arrival::Lost)];
                };
                self.network_acl(&mut packet, subnet, false);
                self.deliver(packet, to)
            }
            Seen::Remote | Seen::Embedded => {
                let mut ways = Vec::new();
                if let Some(mut inside) = self.part_off(&mut packet, blocks_of(network, side)) {
                    if model.vpcs.get(side.vpc.as_str()).is_some() {
                        self.pass(&mut inside, here.clone(), Cause::Passed);
                        ways.push(self.lost(inside, Checkpoint::Host { interface: None }, Cause::NotHeld));
                    } else {
                        let reason = format!("VPC `{}` behind `{}` is not in the export", side.vpc, noun.id);
                        self.unknown(&mut inside, here.clone(), reason);
                        ways.push(inside.ends(Arrival::Lost));
                    }
                }
                if !packet.flow.is_empty() {
                    ways.push(self.lost(packet, here, Cause::NotTransitive));
                }
                ways
            }
            // The other VPC's gateways and peers cannot be used through it.
            _ => vec![self.lost(packet, here, Cause::NotTransitive)],
        }
    }
}

/// The blocks of one side of a peering connection.
fn blocks_of<'n>(network: &'n Network, side: &'n PeeringSide) -> &'n [IpNet] {
    network.model().vpcs.get(side.vpc.as_str()).map_or(&side.cidrs, |vpc| &vpc.cidrs)
}
