//! Through an instance that routes lead to: a firewall, a proxy, a NAT instance (S3.13, S3.28, S3.40, S3.41).

use model::{Holder, Ix, NetworkInterface, Subnet, Target};
use space::Space;

use super::{Packet, Walker};
use crate::{Arrival, Between, Cause, Checkpoint, Crossing, Device, Hop, Leg, Seen, Way};

impl<S: Space> Walker<'_, '_, S> {
    /// In by the list of its subnet and its groups, through the guest, out by its groups and on by its subnet's table
    /// (S3.41). What a guest does with what it is handed is taken to be forwarding it; towards an internet gateway that
    /// has to be with its own address, as a NAT instance does.
    pub(super) fn pass_appliance(
        &mut self,
        mut packet: Packet<S>,
        from: Option<Ix<Subnet>>,
        to: Ix<NetworkInterface>,
    ) -> Vec<Way<S>> {
        let network = self.network;
        let noun = network.model().network_interfaces.at(to);
        let Some(subnet) = network.resolved().subnet_of(to) else {
            self.lacks_subnet(&mut packet, to);
            return vec![packet.ends(Arrival::Lost)];
        };
        if Some(subnet) != from {
            self.network_acl(&mut packet, subnet, false);
        }
        if packet.header.destination.interface() == Some(to) {
            return self.deliver(packet, to);
        }
        self.security_groups(&mut packet, to, false);
        self.host(&mut packet, to);
        let here = Checkpoint::Appliance { interface: to };
        if noun.source_dest_check {
            return vec![self.lost(packet, here, Cause::SourceDestCheck)];
        }
        self.pass(&mut packet, here.clone(), Cause::Passed);
        packet.header.between = Between::Appliance;
        packet.header.through = None;
        let own = Holder { interface: to, address: packet_address(noun, &packet) };
        let mut ways = Vec::new();
        let parts = self.leaving_by_internet_gateway(&packet, subnet);
        for (translated, mut part) in packet.parts(parts) {
            if translated {
                let source = Seen::Fixed { address: own.address, interface: Some(to) };
                let before = part.header;
                if part.relay(Device::NatInstance(own), source, before).is_none() {
                    ways.push(self.too_many_relays(part, here.clone()));
                    continue;
                }
            } else {
                part.appliances.push(to);
            }
            self.security_groups(&mut part, to, true);
            ways.extend(self.depart(part, subnet));
        }
        ways
    }

    /// An appliance that keeps state knows a flow only if it sees both directions: the answer has to pass those that the
    /// request passed, the other way round, and no others (S3.40).
    pub(crate) fn same_appliances(&mut self, request: &Way<S>, reply: &mut Way<S>) {
        let same = reply.appliances.iter().rev().eq(&request.appliances);
        if same || reply.arrival == Arrival::Lost {
            return;
        }
        let seen_once = |way: &Way<S>, other: &Way<S>| {
            way.appliances.iter().find(|interface| !other.appliances.contains(interface)).copied()
        };
        let nothing = || Crossing { passed: S::nothing(), unknown: S::nothing() };
        // The answer is dropped where it comes to an appliance that has not seen the request.
        if let Some(interface) = seen_once(reply, request) {
            let here = Checkpoint::Appliance { interface };
            let passed = |hop: &&mut Hop<S>| hop.checkpoint == here && hop.cause == Cause::Passed;
            if let Some(hop) = reply.hops.iter_mut().find(passed) {
                (hop.crossing, hop.cause) = (nothing(), Cause::Asymmetric);
                return;
            }
        }
        let odd = seen_once(request, reply);
        let Some(interface) = odd.or_else(|| request.appliances.first().copied()) else { return };
        reply.hops.push(Hop {
            checkpoint: Checkpoint::Appliance { interface },
            header: reply.header,
            crossing: nothing(),
            taken: Vec::new(),
            cause: Cause::Asymmetric,
            untracked: S::nothing(),
        });
    }

    /// Parts a packet into what the subnet's table sends to an internet gateway without a public address that it would
    /// be known by there, and the rest. A gateway knows the addresses of its own VPC (S3.14, S3.17).
    fn leaving_by_internet_gateway(&mut self, packet: &Packet<S>, subnet: Ix<Subnet>) -> Vec<(bool, S)> {
        let table = self.network.resolved().route_table_of(subnet).ix();
        let (Some(table), Leg::Request) = (table, self.leg) else {
            return vec![(false, packet.flow.clone())];
        };
        let public = packet.header.source.holder().is_some_and(|holder| {
            let noun = self.network.model().network_interfaces.at(holder.interface);
            holder.address.is_ipv6()
                || noun.vpc == self.network.model().subnets.at(subnet).vpc
                    && noun.public_of(holder.address).is_some()
        });
        let (mut translated, mut rest) = (S::nothing(), S::nothing());
        for (choice, part) in self.choices(table, packet) {
            let target = self.route_at(table, &choice).map(|route| &route.target);
            if !public && matches!(target, Some(Target::InternetGateway(_))) {
                translated = translated.join(part, self.arena);
            } else {
                rest = rest.join(part, self.arena);
            }
        }
        [(true, translated), (false, rest)].into_iter().filter(|(_, part)| !part.is_empty()).collect()
    }
}

/// The address that an appliance sends from, in the packet's family.
fn packet_address<S>(noun: &NetworkInterface, packet: &Packet<S>) -> std::net::IpAddr {
    let mut own = noun.own_addresses();
    let fits = own.find(|address| space::Family::of(*address) == packet.header.family);
    fits.unwrap_or(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED))
}
