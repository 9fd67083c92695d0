//! What a host asks of its VPC itself: the resolver, metadata, time (S1.49, S1.50).

use ipnet::IpNet;
use model::{Ix, NetworkInterface, Subnet, Target};
use space::{Family, Region, Space, address_value};

use super::{Packet, Walker};
use crate::{Arrival, Checkpoint, Leg, Seen, Way, unfiltered};

impl<S: Space> Walker<'_, '_, S> {
    /// Parts off what asks services that are never filtered; returns their ways and the interface's subnet. They only
    /// answer: a "reply" to one of them goes the way of any packet, and no route forwards it (S3.8).
    pub(super) fn services(
        &mut self,
        packet: &mut Packet<S>,
        from: Ix<NetworkInterface>,
    ) -> (Vec<Way<S>>, Option<Ix<Subnet>>) {
        let resolved = self.network.resolved();
        let subnet = resolved.subnet_of(from);
        let mut ways = Vec::new();
        if packet.header.destination == Seen::Remote && self.leg == Leg::Request {
            let vpc = subnet
                .and_then(|subnet| resolved.vpc_of(subnet))
                .map(|vpc| self.network.model().vpcs.at(vpc));
            let noun = subnet.map(|subnet| self.network.model().subnets.at(subnet));
            for (address, service) in unfiltered::addresses(vpc, noun) {
                if Family::of(address) != packet.header.family {
                    continue;
                }
                let value = address_value(address);
                let (part, others) =
                    packet.flow.clone().split(&Region::FULL.remote(value..=value), self.arena);
                packet.flow = others;
                if !part.is_empty() {
                    ways.push(Packet { flow: part, ..packet.clone() }.ends(Arrival::Service(service)));
                }
            }
            if let (Some(noun), None) = (noun, vpc) {
                ways.extend(self.maybe_resolver(packet, &noun.vpc));
            }
        }
        (ways, subnet)
    }

    /// Parts off what may ask the resolver of a VPC that the export lacks: its blocks are known by local routes only, and
    /// which is the primary one is not.
    pub(super) fn maybe_resolver(&mut self, packet: &mut Packet<S>, vpc: &model::Id) -> Option<Way<S>> {
        let tables = self.network.resolved().route_tables_of(vpc).iter();
        let tables = tables.map(|table| self.network.model().route_tables.at(*table));
        let blocks = tables.flat_map(|table| &table.routes).filter_map(|route| {
            match (&route.target, &route.destination) {
                (Target::Local, model::Destination::Cidr(block)) => Some(*block),
                _ => None,
            }
        });
        let resolvers: Vec<IpNet> = blocks.filter_map(unfiltered::resolver_of).collect();
        let mut part = self.part_off(packet, &resolvers)?;
        let reason = format!("VPC `{vpc}` is not in the export: whether its resolver is asked is not known");
        self.unknown(&mut part, Checkpoint::Host { interface: None }, reason);
        Some(part.ends(Arrival::Lost))
    }
}
