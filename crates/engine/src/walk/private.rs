//! In from networks that are not the internet, and back from gateway endpoints.

use model::{EndpointType, Holder, Id, Ix, NetworkInterface, RouteState, Target};
use space::Space;

use super::{Packet, Walker};
use crate::route::{Choice, choose};
use crate::{Arrival, Cause, Checkpoint, Leg, Seen, Way};

impl<S: Space> Walker<'_, '_, S> {
    /// Parts off what comes from addresses of the internet that the interface's table sends to another network: a
    /// packet to the interface's own address comes from there (S3.38, S0.6).
    pub(super) fn behind_private_gateways(&mut self, packet: &mut Packet<S>, to: Ix<NetworkInterface>) -> S {
        let network = self.network;
        let subnet = network.resolved().subnet_of(to);
        let Some(table) = subnet.and_then(|subnet| network.resolved().route_table_of(subnet).ix()) else {
            return S::nothing();
        };
        let parts = choose(network, table, self.family, Seen::Remote, packet.flow.clone(), self.arena);
        let mut private = S::nothing();
        for (choice, part) in parts {
            let Choice::Route(position) = choice else { continue };
            let route = network.model().route_tables.at(table).routes.get(position);
            let leads_elsewhere = route.is_some_and(|route| {
                route.state == RouteState::Active
                    && matches!(
                        route.target,
                        Target::VpcPeeringConnection(_)
                            | Target::TransitGateway(_)
                            | Target::VpnGateway(_)
                            | Target::Other(_)
                    )
            });
            if leads_elsewhere {
                packet.flow = packet.flow.clone().minus(part.clone(), self.arena);
                private = private.join(part, self.arena);
            }
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
        let association = network.resolved().route_table_of(subnet);
        let parts = match association.ix() {
            Some(table) => choose(network, table, self.family, Seen::Remote, packet.flow.clone(), self.arena),
            None => vec![(Choice::Unknown("no route table is known".into()), packet.flow.clone())],
        };
        let mut ways = Vec::new();
        for (choice, flow) in parts {
            let mut part = Packet { flow, ..packet.clone() };
            let target = match &choice {
                Choice::Route(position) => association
                    .ix()
                    .and_then(|table| network.model().route_tables.at(table).routes.get(*position))
                    .filter(|route| route.state == RouteState::Active)
                    .map(|route| &route.target),
                _ => None,
            };
            match target {
                Some(Target::Local) => {
                    self.stop(&mut part, Checkpoint::Host { interface: None }, Cause::NotHeld);
                }
                // Nothing leads back, so that no connection can come about, however the request came in: the reply's
                // own walk says so, or that nobody knows.
                None
                | Some(
                    Target::InternetGateway(_) | Target::NatGateway(_) | Target::EgressOnlyInternetGateway(_),
                ) => {}
                Some(target) => {
                    let checkpoint = Checkpoint::Unmodelled { id: target.id().into(), kind: target.kind() };
                    let reason = format!("{} `{}` is on the way", target.kind(), target.id());
                    self.unknown(&mut part, checkpoint, reason);
                }
            }
            self.network_acl(&mut part, subnet, false);
            ways.push(self.deliver(part, to.interface));
        }
        ways
    }

    /// Behind something that is not modelled nobody knows from which address a packet comes to its destination. If no
    /// rule of the destination's groups lets it in from any, it is refused all the same (S12.12).
    pub(super) fn beyond_unknown(&mut self, packet: &mut Packet<S>, target: &Target) {
        let Seen::Fixed { interface: Some(to), .. } = packet.destination else { return };
        if self.leg == Leg::Reply {
            return;
        }
        let through = match target {
            Target::NetworkInterface(id) => self.network.model().network_interfaces.ix(id.as_str()),
            _ => None,
        };
        packet.source = Seen::Unknown { through };
        self.security_groups(packet, to, false);
        self.host(packet, to);
    }

    /// Whether an endpoint is one that routes lead to for a service's own addresses (S3.35). A Gateway Load Balancer
    /// endpoint is a route's target too (S3.12).
    pub(super) fn is_gateway_endpoint(&self, id: &Id) -> bool {
        let endpoint = self.network.model().vpc_endpoints.get(id.as_str());
        endpoint.is_some_and(|endpoint| endpoint.endpoint_type == EndpointType::Gateway)
    }

    /// Back from a service behind a gateway endpoint: untranslated, past the subnet's list (S3.35).
    pub(super) fn answer_of_endpoint(&mut self, mut packet: Packet<S>, to: Holder) -> Way<S> {
        match self.network.resolved().subnet_of(to.interface) {
            Some(subnet) => {
                self.network_acl(&mut packet, subnet, false);
                self.deliver(packet, to.interface)
            }
            None => {
                self.lacks_subnet(&mut packet, to.interface);
                packet.ends(Arrival::Lost)
            }
        }
    }
}
