//! Through a NAT gateway (S3.20 to S3.27, S12.7, S12.10), and back.

use model::{Holder, Id, Ix, NatGateway, Subnet, Target};
use space::{Family, Region, Space};

use super::{Packet, Walker};
use crate::matching::NAT64;
use crate::route::Choice;
use crate::{Arrival, Cause, Checkpoint, Device, Leg, Seen, Way};

/// The protocols that a NAT gateway translates (S3.20): TCP, UDP, ICMP.
const TRANSLATED: [u8; 3] = [6, 17, 1];

impl<S: Space> Walker<'_, '_, S> {
    /// A request that a route sends to a NAT gateway: past its subnet's list, and on from its own address.
    pub(super) fn translate(
        &mut self,
        mut packet: Packet<S>,
        from: Option<Ix<Subnet>>,
        gateway: Ix<NatGateway>,
    ) -> Vec<Way<S>> {
        let network = self.network;
        let noun = network.model().nat_gateways.at(gateway);
        let here = Checkpoint::NatGateway { gateway };
        let subnet = match &noun.subnet {
            Some(id) => match network.model().subnets.ix(id.as_str()) {
                Some(subnet) => Some(subnet),
                None => {
                    let reason = format!("subnet `{id}` of NAT gateway `{}` is not in the export", noun.id);
                    self.unknown(&mut packet, here, reason);
                    return vec![packet.ends(Arrival::Lost)];
                }
            },
            None => None,
        };
        if let Some(subnet) = subnet.filter(|subnet| Some(*subnet) != from) {
            self.network_acl(&mut packet, subnet, false);
        }
        if !noun.available {
            return vec![self.lost(packet, here, Cause::NotAvailable)];
        }
        // Its own subnet's table leads back to it: it reaches no internet gateway (S3.21).
        let again =
            |relay: &crate::Relay| matches!(relay.device, Device::NatGateway(own, _) if own == gateway);
        if packet.relays.iter().any(again) {
            return vec![self.lost(packet, here, Cause::RoutingLoop)];
        }
        let mut ways = Vec::new();
        let before = packet.header;
        if before.family == Family::V6 {
            ways.extend(self.by_nat64(&mut packet, &here));
        }
        if packet.flow.is_empty() {
            return ways;
        }
        if let Some(dropped) = self.not_of_protocols(&mut packet, &TRANSLATED) {
            ways.push(self.lost(dropped, here.clone(), Cause::ProtocolNotTranslated));
        }
        if packet.flow.is_empty() {
            return ways;
        }
        let Some((source, holder)) = self.address_of(gateway) else {
            let reason = format!("the export has no address of NAT gateway `{}`", noun.id);
            self.unknown(&mut packet, here, reason);
            ways.push(packet.ends(Arrival::Lost));
            return ways;
        };
        self.pass(&mut packet, here.clone(), Cause::Passed);
        if packet.relay(Device::NatGateway(gateway, holder), source, before).is_none() {
            ways.push(self.too_many_relays(packet, here));
            return ways;
        }
        ways.extend(match (subnet, &noun.route_table) {
            (Some(subnet), _) => self.depart(packet, subnet),
            // A regional one stands in no subnet: no list is crossed (S3.27); its own table says where to.
            (None, Some(table)) => self.by_own_table(packet, gateway, table.clone(), from),
            (None, None) => match from {
                Some(from) => self.leave(packet, from),
                None => vec![packet.ends(Arrival::Lost)],
            },
        });
        ways
    }

    /// NAT64 (S3.26): what goes to an IPv6 address that holds an IPv4 one goes on to that; all else is dropped.
    fn by_nat64(&mut self, packet: &mut Packet<S>, here: &Checkpoint) -> Vec<Way<S>> {
        let mut ways = Vec::new();
        let block: Vec<_> = NAT64.parse().into_iter().collect();
        let embedded = match packet.header.destination {
            Seen::Remote => self.part_off(packet, &block),
            _ => None,
        };
        if !packet.flow.is_empty() {
            ways.push(self.lost(packet.clone(), here.clone(), Cause::OtherFamily));
        }
        packet.flow = embedded.map_or_else(S::nothing, |embedded| embedded.flow);
        // Which ICMPv6 message becomes which of ICMP is left open.
        if let Some(mut messages) = self.not_of_protocols(packet, &[6, 17]) {
            self.unknown(&mut messages, here.clone(), "how NAT64 translates ICMPv6 is not modelled".into());
            ways.push(messages.ends(Arrival::Lost));
        }
        packet.header.family = Family::V4;
        packet.header.destination = Seen::Embedded;
        ways
    }

    /// By the route table of a regional gateway (S3.27).
    fn by_own_table(
        &mut self,
        mut packet: Packet<S>,
        gateway: Ix<NatGateway>,
        table: Id,
        from: Option<Ix<Subnet>>,
    ) -> Vec<Way<S>> {
        let here = Checkpoint::NatGateway { gateway };
        let known = self.network.model().route_tables.ix(table.as_str());
        let (Some(table), Some(from)) = (known, from) else {
            self.unknown(&mut packet, here, format!("route table `{table}` is not in the export"));
            return vec![packet.ends(Arrival::Lost)];
        };
        let mut ways = Vec::new();
        let choices = self.choices(table, &packet);
        for (choice, mut part) in packet.parts(choices) {
            match (self.route_at(table, &choice).map(|route| &route.target), choice) {
                (Some(Target::InternetGateway(_)), _) => ways.extend(self.leave(part, from)),
                (Some(target), _) => {
                    let target = target.clone();
                    ways.extend(self.unmodelled(part, &target));
                }
                (None, Choice::Unknown(reason)) => {
                    self.unknown(&mut part, here.clone(), reason);
                    ways.push(part.ends(Arrival::Lost));
                }
                (None, _) => ways.push(self.lost(part, here.clone(), Cause::NoRoute)),
            }
        }
        ways
    }

    /// Parts off what is of none of some protocols.
    fn not_of_protocols(&mut self, packet: &mut Packet<S>, protocols: &[u8]) -> Option<Packet<S>> {
        let (mut kept, mut rest) = (S::nothing(), packet.flow.clone());
        for &number in protocols {
            let (inside, outside) = rest.split(&Region::FULL.protocol(number), self.arena);
            kept = kept.join(inside, self.arena);
            rest = outside;
        }
        packet.flow = kept;
        (!rest.is_empty()).then(|| Packet { flow: rest, ..packet.clone() })
    }

    /// The address that a gateway sends from, and who holds it.
    fn address_of(&self, gateway: Ix<NatGateway>) -> Option<(Seen, Option<Holder>)> {
        let noun = self.network.model().nat_gateways.at(gateway);
        let address = noun.addresses.first()?;
        let private = address.private.map(std::net::IpAddr::V4);
        let by_id = address.network_interface.as_ref();
        let interface = by_id
            .and_then(|id| self.network.model().network_interfaces.ix(id.as_str()))
            .or_else(|| Some(self.network.resolved().holder(&noun.vpc, private?)?.interface));
        match (private, address.public) {
            (Some(address), _) => {
                let holder = interface.map(|interface| Holder { interface, address });
                Some((Seen::Fixed { address, interface }, holder))
            }
            (None, Some(public)) => Some((Seen::Fixed { address: public.into(), interface: None }, None)),
            (None, None) => None,
        }
    }

    /// The NAT gateway that has to take an answer to this destination, if the answer is one to its public or private
    /// address.
    pub(super) fn answered_gateway(&self, packet: &Packet<S>) -> Option<Ix<NatGateway>> {
        let relay = packet.pending.last().filter(|_| self.leg == Leg::Reply)?;
        let Device::NatGateway(gateway, _) = relay.device else { return None };
        let noun = self.network.model().nat_gateways.at(gateway);
        let addresses = noun.addresses.first()?;
        let Seen::Fixed { address, .. } = packet.header.destination else { return None };
        let own = [addresses.private, addresses.public].into_iter().flatten();
        own.map(std::net::IpAddr::V4).any(|own| own == address).then_some(gateway)
    }

    /// The answer goes back from a NAT gateway to the client, by the gateway's subnet.
    pub(super) fn translate_back(&mut self, mut packet: Packet<S>, gateway: Ix<NatGateway>) -> Vec<Way<S>> {
        let network = self.network;
        let noun = network.model().nat_gateways.at(gateway);
        let subnet = noun.subnet.as_ref().and_then(|id| network.model().subnets.ix(id.as_str()));
        if let Some(subnet) = subnet {
            self.network_acl(&mut packet, subnet, false);
            self.put_back(&mut packet);
            return self.depart(packet, subnet);
        }
        self.put_back(&mut packet);
        let to = packet.header.destination.interface();
        match to.and_then(|to| Some((to, network.resolved().subnet_of(to)?))) {
            Some((to, of_client)) if network.model().subnets.at(of_client).vpc == noun.vpc => {
                self.network_acl(&mut packet, of_client, false);
                self.deliver(packet, to)
            }
            _ => {
                let reason = format!("how regional NAT gateway `{}` sends to other VPCs", noun.id);
                self.unknown(&mut packet, Checkpoint::NatGateway { gateway }, reason);
                vec![packet.ends(Arrival::Lost)]
            }
        }
    }
}
