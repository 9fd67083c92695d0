//! To and from networks that are not the internet, and answers from beyond the export.

use std::net::IpAddr;

use model::{
    EndpointType, Holder, Id, InterfaceType, Ix, NetworkInterface, RouteState, Subnet, Target, VpnGateway,
};
use space::{Family, Space};

use super::checkpoints::own;
use super::{Packet, Walker};
use crate::route::{Choice, choose};
use crate::{Arrival, Cause, Checkpoint, Crossing, Door, Leg, Seen, Way};

/// How many appliances are followed, one behind the other, to where a request from another network comes in.
const MOST_APPLIANCES: usize = 4;

impl<S: Space> Walker<'_, '_, S> {
    /// Parts off what comes from addresses of the internet that the interface's table sends to another network: a
    /// packet to the interface's own address comes from there (S3.38, S0.6).
    pub(super) fn behind_private_gateways(&mut self, packet: &mut Packet<S>, to: Ix<NetworkInterface>) -> S {
        let network = self.network;
        let Some(subnet) = network.resolved().subnet_of(to) else { return S::nothing() };
        let Some(table) = network.resolved().route_table_of(subnet).ix() else { return S::nothing() };
        let parts =
            choose(network, table, packet.header.family, Seen::Remote, packet.flow.clone(), self.arena);
        let mut private = S::nothing();
        for (choice, part) in parts {
            let Choice::Route(position) = choice else { continue };
            let route = network.model().route_tables.at(table).routes.get(position);
            let active = route.filter(|route| route.state == RouteState::Active);
            let Some(target) = active.map(|route| &route.target) else { continue };
            let part = match target {
                Target::VpcPeeringConnection(_) => match self.peering_of(target, subnet) {
                    // Whoever is not in the other VPC does not come by peering, whatever the routes say (S3.30).
                    Some(peering) => {
                        let mut part = Packet { flow: part, ..packet.clone() };
                        self.brought_by(&mut part, subnet, peering).map_or_else(S::nothing, |part| part.flow)
                    }
                    None => part,
                },
                Target::TransitGateway(_) | Target::VpnGateway(_) | Target::Other(_) => part,
                _ => continue,
            };
            packet.flow = packet.flow.clone().minus(part.clone(), self.arena);
            private = private.join(part, self.arena);
        }
        private
    }

    /// In from a network that is not the internet, by whatever connects it: known by where the reply would go.
    pub(super) fn enter_privately(&mut self, packet: Packet<S>, to: Holder) -> Vec<Way<S>> {
        let network = self.network;
        let Some(subnet) = network.resolved().subnet_of(to.interface) else {
            let mut packet = packet;
            self.lacks_subnet(&mut packet, to.interface);
            return vec![packet.ends(Arrival::Lost)];
        };
        let family = packet.header.family;
        let mut ways = Vec::new();
        // The tables that lead towards it: the interface's own, and those of the appliances that it names (S3.40).
        let mut tables = vec![(subnet, packet.flow.clone(), 0)];
        while let Some((from, flow, passed)) = tables.pop() {
            let association = network.resolved().route_table_of(from);
            let parts = match association.ix() {
                Some(table) => choose(network, table, family, Seen::Remote, flow, self.arena),
                None => vec![(Choice::Unknown("no route table is known".into()), flow)],
            };
            for (choice, flow) in parts {
                let mut part = Packet { flow, door: Door::Other, ..packet.clone() };
                let route = association.ix().and_then(|table| self.route_at(table, &choice));
                let target = route.filter(|route| route.state == RouteState::Active);
                match target.map(|route| route.target.clone()) {
                    Some(Target::Local) => {
                        self.stop(&mut part, Checkpoint::Host { interface: None }, Cause::NotHeld);
                    }
                    // Nothing leads back, so that no connection can come about, however the request came in: the
                    // reply's own walk says so, or that nobody knows.
                    None
                    | Some(
                        Target::InternetGateway(_)
                        | Target::NatGateway(_)
                        | Target::EgressOnlyInternetGateway(_),
                    ) => {}
                    Some(target @ Target::NetworkInterface(_)) if passed < MOST_APPLIANCES => {
                        match self.subnet_of_target(&target) {
                            Some(of_appliance) => {
                                tables.push((of_appliance, part.flow, passed + 1));
                                continue;
                            }
                            None => self.comes_by_unmodelled(&mut part, &target),
                        }
                    }
                    Some(target @ Target::VpcPeeringConnection(_)) => {
                        if let Some(peering) = self.peering_of(&target, from) {
                            for mut part in self.enter_by_peering(part, from, peering) {
                                self.network_acl(&mut part, subnet, false);
                                ways.extend(self.deliver(part, to.interface));
                            }
                            continue;
                        }
                        self.comes_by_unmodelled(&mut part, &target);
                    }
                    Some(Target::VpnGateway(id))
                        if network.model().vpn_gateways.ix(id.as_str()).is_some() =>
                    {
                        let gateway = network.model().vpn_gateways.ix(id.as_str());
                        ways.extend(
                            gateway
                                .into_iter()
                                .flat_map(|gateway| self.enter_by_vpn(part.clone(), to, gateway)),
                        );
                        continue;
                    }
                    Some(Target::TransitGateway(id)) => {
                        for (attachment, flow) in self.attachments_towards(&part, from, &id) {
                            let mut part = Packet { flow, ..part.clone() };
                            match attachment {
                                Some(attachment) => ways.extend(self.enter_by_attachment(part, attachment)),
                                None => {
                                    self.comes_by_unmodelled(&mut part, &Target::TransitGateway(id.clone()));
                                    self.network_acl(&mut part, subnet, false);
                                    ways.extend(self.deliver(part, to.interface));
                                }
                            }
                        }
                        continue;
                    }
                    Some(target) => self.comes_by_unmodelled(&mut part, &target),
                }
                self.network_acl(&mut part, subnet, false);
                ways.extend(self.deliver(part, to.interface));
            }
        }
        ways
    }

    fn comes_by_unmodelled(&mut self, packet: &mut Packet<S>, target: &Target) {
        let checkpoint = Checkpoint::Unmodelled { id: target.id().into(), kind: target.kind() };
        self.unknown(packet, checkpoint, super::on_the_way(target));
    }

    /// Out by a virtual private gateway, to whatever VPN or Direct Connect leads to (S3.38).
    pub(super) fn leave_by_vpn(
        &mut self,
        mut packet: Packet<S>,
        from: Ix<Subnet>,
        id: &Id,
        target: &Target,
    ) -> Vec<Way<S>> {
        let model = self.network.model();
        let Some(gateway) = model.vpn_gateways.ix(id.as_str()) else {
            return self.unmodelled(packet, target);
        };
        let here = Checkpoint::VpnGateway { gateway };
        if packet.header.family == Family::V6 {
            return vec![self.lost(packet, here, Cause::OtherFamily)];
        }
        if model.vpn_gateways.at(gateway).vpc.as_ref() != Some(&model.subnets.at(from).vpc) {
            return vec![self.lost(packet, here, Cause::NotAttached)];
        }
        if !matches!(packet.header.destination, Seen::Remote | Seen::Embedded) {
            // An address of the export behind a VPN: which copy of it answers, nobody knows.
            return self.unmodelled(packet, target);
        }
        self.pass(&mut packet, here, Cause::Passed);
        packet.door = Door::VpnGateway(gateway);
        self.beyond(packet)
    }

    /// In by a virtual private gateway, by its own route table if it has one (S3.39).
    pub(super) fn enter_by_vpn(
        &mut self,
        mut packet: Packet<S>,
        to: Holder,
        gateway: Ix<VpnGateway>,
    ) -> Vec<Way<S>> {
        let network = self.network;
        let Some(subnet) = network.resolved().subnet_of(to.interface) else {
            self.lacks_subnet(&mut packet, to.interface);
            return vec![packet.ends(Arrival::Lost)];
        };
        let here = Checkpoint::VpnGateway { gateway };
        let attached = network.model().vpn_gateways.at(gateway).vpc.as_ref();
        if attached != Some(&network.model().subnets.at(subnet).vpc) {
            return vec![self.lost(packet, here, Cause::NotAttached)];
        }
        if packet.header.family == Family::V6 {
            return vec![self.lost(packet, here, Cause::OtherFamily)];
        }
        self.pass(&mut packet, here, Cause::Passed);
        packet.door = Door::VpnGateway(gateway);
        packet.header.destination = own(to);
        let id = &network.model().vpn_gateways.at(gateway).id;
        if let Some(table) = network.resolved().edge_table_of(id) {
            return self.by_edge_table(packet, table, subnet, to.interface);
        }
        self.network_acl(&mut packet, subnet, false);
        self.deliver(packet, to.interface)
    }

    /// Behind something that is not modelled nobody knows from which address a packet comes to its destination. If no
    /// rule of the destination's groups lets it in from any, it is refused all the same (S12.12).
    pub(super) fn beyond_unknown(&mut self, packet: &mut Packet<S>, target: &Target) {
        let through = match target {
            Target::NetworkInterface(id) => self.network.model().network_interfaces.ix(id.as_str()),
            _ => None,
        };
        self.refused_by_all(packet, through);
    }

    /// See [`Self::beyond_unknown`]. Nor does a NAT gateway take anything, nor does an address of a VPC that no
    /// interface holds answer.
    pub(super) fn refused_by_all(&mut self, packet: &mut Packet<S>, through: Option<Ix<NetworkInterface>>) {
        if self.leg == Leg::Reply {
            return;
        }
        let network = self.network;
        match packet.header.destination {
            Seen::Fixed { interface: Some(to), .. } => {
                packet.header.source = Seen::Unknown;
                packet.header.through = through;
                self.security_groups(packet, to, false);
                self.host(packet, to);
                if network.model().network_interfaces.at(to).interface_type == InterfaceType::NatGateway {
                    self.service_interface(packet, to);
                }
                self.refused_by_listeners(packet, to);
                self.refused_by_service(packet, to);
            }
            Seen::Remote => {
                let blocks: Vec<_> =
                    network.model().vpcs.values().flat_map(|vpc| vpc.cidrs.clone()).collect();
                let mut others = packet.clone();
                if self.part_off(&mut others, &blocks).is_some() {
                    let crossing = Crossing { passed: others.flow, unknown: S::nothing() };
                    let here = Checkpoint::Host { interface: None };
                    self.push(packet, here, crossing, Vec::new(), Cause::NotHeld);
                }
            }
            Seen::Fixed { interface: None, .. } | Seen::Embedded | Seen::Unknown => {}
        }
    }

    /// Whether an endpoint is one that routes lead to for a service's own addresses (S3.35). A Gateway Load Balancer
    /// endpoint is a route's target too (S3.12).
    pub(super) fn is_gateway_endpoint(&self, id: &Id) -> bool {
        let endpoint = self.network.model().vpc_endpoints.get(id.as_str());
        endpoint.is_some_and(|endpoint| endpoint.endpoint_type == EndpointType::Gateway)
    }

    /// The answer from beyond the export, by the door that the request left by, to where the request came from.
    pub(crate) fn answer_from_beyond(&mut self, mut packet: Packet<S>) -> Vec<Way<S>> {
        let network = self.network;
        if let Some(gateway) = self.answered_gateway(&packet)
            && matches!(packet.door, Door::InternetGateway { .. })
        {
            return self.enter_to_nat_gateway(packet, gateway);
        }
        let to = packet.header.destination.holder().or_else(|| match packet.header.destination {
            Seen::Fixed { address: IpAddr::V4(public), .. } => network.resolved().public_holder(public),
            _ => None,
        });
        let to = to.or_else(|| self.client_behind(&packet));
        let Some(to) = to else { return vec![packet.ends(Arrival::Lost)] };
        let ways = match packet.door {
            Door::VpnGateway(gateway) => self.enter_by_vpn(packet, to, gateway),
            Door::TransitGateway(attachment) => {
                packet.header.destination = own(to);
                self.enter_by_attachment(packet, attachment)
            }
            Door::GatewayEndpoint | Door::EgressOnlyInternetGateway(_) => {
                packet.header.destination = own(to);
                match network.resolved().subnet_of(to.interface) {
                    // Untranslated, past the subnet's list (S3.29, S3.35).
                    Some(subnet) => {
                        self.network_acl(&mut packet, subnet, false);
                        self.deliver(packet, to.interface)
                    }
                    None => {
                        self.lacks_subnet(&mut packet, to.interface);
                        vec![packet.ends(Arrival::Lost)]
                    }
                }
            }
            Door::InternetGateway { .. } => self.enter(packet, to),
            Door::Inside | Door::Other => return self.arriving_at(to, packet),
        };
        self.narrow(ways)
    }

    /// The stand-in node whose public address nobody knows.
    fn client_behind(&self, packet: &Packet<S>) -> Option<Holder> {
        packet.pending.last()?.device.holder()
    }
}
