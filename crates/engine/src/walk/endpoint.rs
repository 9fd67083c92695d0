//! Interface endpoints: what answers at their addresses (S3.36, S12.8), and the Network Load Balancers that endpoint
//! services lead to (S4.10).

use model::{Ix, LoadBalancer, NetworkInterface, VpcEndpoint};
use space::{Region, Space};

use super::{Packet, Walker};
use crate::{Arrival, Cause, Checkpoint, Crossing, Device, Header, Leg, Seen, Way, facts};

impl<S: Space> Walker<'_, '_, S> {
    /// A request that was let into an endpoint's interface: only the service's ports answer (S12.8).
    pub(super) fn ask_endpoint(
        &mut self,
        mut packet: Packet<S>,
        at: Ix<NetworkInterface>,
        endpoint: Ix<VpcEndpoint>,
    ) -> Vec<Way<S>> {
        let network = self.network;
        let model = network.model();
        let noun = model.vpc_endpoints.at(endpoint);
        let here = Checkpoint::InterfaceEndpoint { endpoint };
        if !noun.available {
            return vec![self.lost(packet, here, Cause::NotAvailable)];
        }
        if let Some((passed, cause)) = self.answered_by_service(&packet, endpoint) {
            let crossing = Crossing { passed, unknown: S::nothing() };
            self.push(&mut packet, here, crossing, Vec::new(), cause);
            return vec![packet.ends(Arrival::Interface(at))];
        }
        let service = model.vpc_endpoint_services.values().find(|service| service.name == noun.service_name);
        let balancers: Option<Vec<Ix<LoadBalancer>>> = service.and_then(|service| {
            let known = service.load_balancers.iter().map(|id| model.load_balancers.ix(id.as_str()));
            known.collect()
        });
        let nodes: Vec<(Ix<LoadBalancer>, Ix<NetworkInterface>)> = balancers
            .into_iter()
            .flatten()
            .flat_map(|balancer| {
                network.resolved().nodes_of(balancer).iter().map(move |&node| (balancer, node))
            })
            .collect();
        let Some(holder) = packet.header.destination.holder().filter(|_| !nodes.is_empty()) else {
            let reason =
                format!("what answers behind endpoint service `{}` is not in the export", noun.service_name);
            self.unknown(&mut packet, here, reason);
            return vec![packet.ends(Arrival::Lost)];
        };
        self.pass(&mut packet, here.clone(), Cause::Passed);
        let id = |node| &model.network_interfaces.at(node).id;
        let parts = match self.draw(packet, nodes, |(_, one), (_, other)| id(*one).cmp(id(*other))) {
            Ok(parts) => parts,
            Err(packet) => return vec![self.too_many_draws(*packet, here)],
        };
        let mut ways = Vec::new();
        for ((balancer, node), mut part) in parts {
            let Some(address) = model.network_interfaces.at(node).own_addresses().next() else { continue };
            // The load balancer's inbound rules judge the client's own address, if they are enforced (S4.10).
            let destination = Seen::Fixed { address, interface: Some(node) };
            let after = Header { destination, ..part.header };
            part.pass_relay(Device::Endpoint(holder), after);
            if model.load_balancers.at(balancer).enforce_on_private_link {
                self.security_groups(&mut part, node, false);
            }
            ways.extend(self.balance(part, node, balancer));
        }
        ways
    }

    /// The part of a flow that a service of AWS answers; `None` for services of others, which answer as they please.
    fn answered_by_service(&mut self, packet: &Packet<S>, endpoint: Ix<VpcEndpoint>) -> Option<(S, Cause)> {
        let name = &self.network.model().vpc_endpoints.at(endpoint).service_name;
        let ports = facts::ports_of_service(name)?;
        let (mut passed, mut rest) = (S::nothing(), packet.flow.clone());
        for &port in ports {
            let region = Region::FULL.protocol(6);
            let region = match packet.header.ports.server {
                Some(sent_to) if sent_to != port => continue,
                Some(_) => region,
                None => region.server(port..=port),
            };
            let (inside, outside) = rest.split(&region, self.arena);
            passed = passed.join(inside, self.arena);
            rest = outside;
        }
        let cause = if rest.is_empty() { Cause::Passed } else { Cause::NotAnswered };
        Some((passed, cause))
    }

    /// What a service does not answer, it answers nobody, whoever asks (S12.8, S12.12).
    pub(super) fn refused_by_service(&mut self, packet: &mut Packet<S>, at: Ix<NetworkInterface>) {
        let Some(endpoint) = self.network.resolved().endpoint_of(at) else { return };
        if let Some((passed, cause @ Cause::NotAnswered)) = self.answered_by_service(packet, endpoint) {
            let here = Checkpoint::InterfaceEndpoint { endpoint };
            let crossing = Crossing { passed, unknown: S::nothing() };
            self.push(packet, here, crossing, Vec::new(), cause);
        }
    }

    /// Whether the next device that an answer has to pass is an endpoint, which it comes back to by PrivateLink.
    pub(super) fn returns_to_endpoint(&self, packet: &Packet<S>) -> Option<Ix<NetworkInterface>> {
        let relay = packet.pending.last().filter(|_| self.leg == Leg::Reply)?;
        match relay.device {
            Device::Endpoint(holder) => Some(holder.interface),
            _ => None,
        }
    }
}
