//! Out of a subnet by its route table: one way for each route that part of a packet takes.

use model::{Association, Ix, RouteState, RouteTable, Subnet, Target};
use space::{Family, Space};

use super::{Packet, Walker};
use crate::route::{Choice, choose};
use crate::{Arrival, Cause, Checkpoint, Device, Door, Header, Leg, Way};

impl<S: Space> Walker<'_, '_, S> {
    /// Splits the packet by the routes of a subnet and goes on along each, past the subnet's list unless the device that
    /// the route names is in the subnet too (S3.24).
    pub(super) fn route(&mut self, mut packet: Packet<S>, subnet: Ix<Subnet>) -> Vec<Way<S>> {
        let association = self.network.resolved().route_table_of(subnet);
        let Some(table) = association.ix() else {
            self.network_acl(&mut packet, subnet, true);
            let checkpoint = Checkpoint::Route { subnet, table: association, route: None };
            let id = &self.network.model().subnets.at(subnet).id;
            let reason = format!("the export has no route table for subnet `{id}`");
            self.unknown(&mut packet, checkpoint, reason);
            return vec![packet.ends(Arrival::Lost)];
        };
        let mut ways = Vec::new();
        let choices = self.choices(table, &packet);
        for (choice, mut part) in packet.parts(choices) {
            let target = self.route_at(table, &choice).map(|route| &route.target);
            if target.and_then(|target| self.subnet_of_target(target)) != Some(subnet) {
                self.network_acl(&mut part, subnet, true);
            }
            ways.extend(self.follow(part, subnet, association, choice));
        }
        ways
    }

    pub(super) fn choices(&mut self, table: Ix<RouteTable>, packet: &Packet<S>) -> Vec<(Choice, S)> {
        let Header { family, destination, .. } = packet.header;
        choose(self.network, table, family, destination, packet.flow.clone(), self.arena)
    }

    pub(super) fn route_at(&self, table: Ix<RouteTable>, choice: &Choice) -> Option<&model::Route> {
        let Choice::Route(position) = choice else { return None };
        self.network.model().route_tables.at(table).routes.get(*position)
    }

    /// Goes on along one choice of a route table.
    pub(super) fn follow(
        &mut self,
        mut packet: Packet<S>,
        subnet: Ix<Subnet>,
        association: Association<RouteTable>,
        choice: Choice,
    ) -> Vec<Way<S>> {
        let checkpoint = |route| Checkpoint::Route { subnet, table: association, route };
        let network = self.network;
        let position = match choice {
            Choice::Route(position) => position,
            Choice::NoRoute => return vec![self.lost(packet, checkpoint(None), Cause::NoRoute)],
            Choice::NotRoutable => return vec![self.lost(packet, checkpoint(None), Cause::NotRoutable)],
            Choice::Unknown(reason) => {
                self.unknown(&mut packet, checkpoint(None), reason);
                return vec![packet.ends(Arrival::Lost)];
            }
        };
        let table = association.ix().map(|table| network.model().route_tables.at(table));
        let Some(route) = table.and_then(|table| table.routes.get(position)) else { return Vec::new() };
        let here = checkpoint(Some(position));
        if route.state == RouteState::Blackhole {
            return vec![self.lost(packet, here, Cause::Blackhole)];
        }
        if self.leg == Leg::Reply && !self.same_door(&route.target, &packet) {
            return vec![self.lost(packet, here, Cause::LeavesElsewhere)];
        }
        self.pass(&mut packet, here, Cause::Routed);
        match &route.target {
            Target::Local => self.local(packet, subnet),
            Target::InternetGateway(_) => self.leave(packet, subnet),
            Target::NatGateway(id) => match network.model().nat_gateways.ix(id.as_str()) {
                Some(gateway) => self.translate(packet, Some(subnet), gateway),
                None => self.unmodelled(packet, &route.target),
            },
            Target::EgressOnlyInternetGateway(id) => self.leave_for_good(packet, subnet, id),
            Target::NetworkInterface(id) => match network.model().network_interfaces.ix(id.as_str()) {
                Some(interface) => self.pass_appliance(packet, Some(subnet), interface),
                None => self.unmodelled(packet, &route.target),
            },
            Target::VpcPeeringConnection(_) => match self.peering_of(&route.target, subnet) {
                Some(peering) => self.peer(packet, subnet, peering),
                None => self.unmodelled(packet, &route.target),
            },
            Target::TransitGateway(id) => self.enter_transit_gateway(packet, subnet, id, &route.target),
            Target::VpnGateway(id) => self.leave_by_vpn(packet, subnet, id, &route.target),
            Target::VpcEndpoint(id) if self.is_gateway_endpoint(id) => {
                let endpoint = network.model().vpc_endpoints.ix(id.as_str());
                let here = Checkpoint::GatewayEndpoint { endpoint };
                // It serves its own VPC, and no other by way of it (S3.35).
                if self.vpc_of_sender(&packet) != Some(&network.model().subnets.at(subnet).vpc) {
                    return vec![self.lost(packet, here, Cause::NotTransitive)];
                }
                self.pass(&mut packet, here, Cause::Passed);
                packet.door = Door::GatewayEndpoint;
                self.beyond(packet)
            }
            Target::VpcEndpoint(id) => self.inspect(packet, Some(subnet), id, &route.target),
            Target::Other(_) => self.unmodelled(packet, &route.target),
        }
    }

    /// Whether the answer may leave by a route's target, given where its request came in: what was translated on its
    /// way in has to be translated back by the same gateway (S3.15).
    fn same_door(&self, target: &Target, packet: &Packet<S>) -> bool {
        match (target, packet.door) {
            // Both drop answers of flows that they did not open (S3.22, S3.29, S12.7).
            (Target::NatGateway(_) | Target::EgressOnlyInternetGateway(_), _) => false,
            // No request comes in by a gateway endpoint (S3.35); one of a Gateway Load Balancer is on the way.
            (Target::VpcEndpoint(id), _) => !self.is_gateway_endpoint(id),
            (Target::Local | Target::NetworkInterface(_) | Target::Other(_), _) => true,
            (Target::InternetGateway(_), Door::InternetGateway { .. } | Door::Other) => true,
            // IPv6 is not translated: between two ends that have internet addresses any way back will do.
            (Target::InternetGateway(_), Door::Inside) => packet.header.family == Family::V6,
            (Target::VpcPeeringConnection(_) | Target::TransitGateway(_), Door::InternetGateway { .. }) => {
                packet.header.family == Family::V6 && packet.header.destination.interface().is_some()
            }
            // Nothing is translated inside a VPC or between private networks: any way back will do.
            (
                Target::VpcPeeringConnection(_) | Target::TransitGateway(_) | Target::VpnGateway(_),
                Door::Inside | Door::VpnGateway(_) | Door::TransitGateway(_) | Door::Other,
            ) => true,
            _ => false,
        }
    }

    /// The VPC that a packet is sent from: by an interface, or by a NAT gateway that has none.
    pub(super) fn vpc_of_sender(&self, packet: &Packet<S>) -> Option<&model::Id> {
        let model = self.network.model();
        match (packet.header.source.interface(), packet.relays.last().map(|relay| relay.device)) {
            (Some(interface), _) => Some(&model.network_interfaces.at(interface).vpc),
            (None, Some(Device::NatGateway(gateway, _))) => Some(&model.nat_gateways.at(gateway).vpc),
            _ => None,
        }
    }

    /// The subnet of the device that a route names, if it is in one.
    pub(super) fn subnet_of_target(&self, target: &Target) -> Option<Ix<Subnet>> {
        let model = self.network.model();
        let of_interface = |id: &model::Id| {
            let interface = model.network_interfaces.ix(id.as_str())?;
            self.network.resolved().subnet_of(interface)
        };
        match target {
            Target::NatGateway(id) => {
                let subnet = model.nat_gateways.get(id.as_str())?.subnet.as_ref()?;
                model.subnets.ix(subnet.as_str())
            }
            Target::NetworkInterface(id) => of_interface(id),
            Target::VpcEndpoint(id) => {
                let endpoint = model.vpc_endpoints.get(id.as_str())?;
                let by_interface = endpoint.network_interfaces.first().and_then(of_interface);
                by_interface.or_else(|| model.subnets.ix(endpoint.subnets.first()?.as_str()))
            }
            _ => None,
        }
    }

    /// Into something that is not modelled.
    pub(super) fn unmodelled(&mut self, mut packet: Packet<S>, target: &Target) -> Vec<Way<S>> {
        let checkpoint = Checkpoint::Unmodelled { id: target.id().into(), kind: target.kind() };
        let reason = on_the_way(target);
        self.unknown(&mut packet, checkpoint, reason);
        self.beyond_unknown(&mut packet, target);
        vec![packet.ends(Arrival::Lost)]
    }

    /// Inside the VPC, to another subnet.
    pub(super) fn local(&mut self, mut packet: Packet<S>, from: Ix<Subnet>) -> Vec<Way<S>> {
        let resolved = self.network.resolved();
        let vpc = |subnet: Ix<Subnet>| &self.network.model().subnets.at(subnet).vpc;
        let to = packet.header.destination.interface();
        if let (None, Some(gateway)) = (to, self.answered_gateway(&packet)) {
            return self.translate_back(packet, gateway);
        }
        match to.and_then(|to| Some((to, resolved.subnet_of(to)?))) {
            Some((to, subnet)) if vpc(subnet) == vpc(from) => {
                self.network_acl(&mut packet, subnet, false);
                self.deliver(packet, to)
            }
            // Without the VPC's blocks nobody can say where its resolver is (S1.49).
            _ if resolved.vpc_of(from).is_none() => {
                let reason = format!("VPC `{}` is not in the export", vpc(from));
                self.unknown(&mut packet, Checkpoint::Host { interface: None }, reason);
                vec![packet.ends(Arrival::Lost)]
            }
            _ => vec![self.lost(packet, Checkpoint::Host { interface: None }, Cause::NotHeld)],
        }
    }
}

/// Why nobody knows what becomes of a packet behind a route's target.
pub(super) fn on_the_way(target: &Target) -> String {
    let why = match target {
        Target::VpcEndpoint(_) => "what the appliances behind it do is not modelled",
        Target::Other(_) => "what is behind it is not modelled",
        _ => "it is not in the export",
    };
    format!("{} `{}` is on the way, and {why}", target.kind(), target.id())
}
