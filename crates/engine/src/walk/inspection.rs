//! Through a Gateway Load Balancer endpoint: the list of its subnet, the appliances behind the load balancer, and on by
//! the subnet's route table (S3.37, S4.17). The packet itself is not changed.

use model::{Id, Ix, LoadBalancer, LoadBalancerType, NetworkInterface, Subnet, Target};
use space::{Connection, Space};

use super::load_balancer::{self, Node, Pick};
use super::{Packet, Walker};
use crate::{Arrival, Between, Cause, Checkpoint, Flow, Leg, Seen, Server, Way, judge};

/// GENEVE, by which the load balancer hands packets to appliances and takes them back: UDP 6081 (S4.17).
const GENEVE: Connection =
    Connection { protocol: 17, remote: 0, client: 6081, server: 6081, relays: [0; 2], draws: [0; 2] };

impl<S: Space> Walker<'_, '_, S> {
    /// A packet that a route sends to an endpoint. What its appliances do with what they are handed is taken to be
    /// letting it pass.
    pub(super) fn inspect(
        &mut self,
        mut packet: Packet<S>,
        from: Option<Ix<Subnet>>,
        id: &Id,
        target: &Target,
    ) -> Vec<Way<S>> {
        let model = self.network.model();
        let subnet = self.subnet_of_target(target);
        if let Some(subnet) = subnet.filter(|subnet| Some(*subnet) != from) {
            self.network_acl(&mut packet, subnet, false);
        }
        let endpoint = model.vpc_endpoints.ix(id.as_str());
        let (Some(endpoint), Some(subnet)) = (endpoint, subnet) else {
            return self.unmodelled(packet, target);
        };
        let Some((load_balancer, node)) = self.behind(&model.vpc_endpoints.at(endpoint).service_name, subnet)
        else {
            return self.unmodelled(packet, target);
        };
        if !model.vpc_endpoints.at(endpoint).available {
            return vec![self.lost(packet, Checkpoint::InterfaceEndpoint { endpoint }, Cause::NotAvailable)];
        }
        let listener = self.network.resolved().listeners_of(load_balancer).first().copied();
        let at = |target| Checkpoint::LoadBalancer {
            load_balancer,
            node: node.interface,
            listener,
            target,
            keeps_client: true,
        };
        let mut appliances = match self.appliances_of(&packet, node) {
            Ok(appliances) => appliances,
            Err(reason) => {
                self.unknown(&mut packet, at(None), reason);
                return vec![packet.ends(Arrival::Lost)];
            }
        };
        if self.leg == Leg::Reply {
            // The load balancer hands an answer to the appliance that had the request.
            appliances.retain(|(_, admits)| *admits);
            appliances.truncate(1);
        }
        if appliances.is_empty() {
            return vec![self.lost(packet, at(None), Cause::NoTarget)];
        }
        let parts = match self.draw(packet, appliances, |(one, _), (other, _)| one.key().cmp(&other.key())) {
            Ok(parts) => parts,
            Err(packet) => return vec![self.too_many_draws(*packet, at(None))],
        };
        let mut ways = Vec::new();
        for ((load_balancer::Target { words, .. }, admits), mut part) in parts {
            if !admits {
                ways.push(self.lost(part, at(Some(words)), Cause::GeneveNotAdmitted));
                continue;
            }
            self.pass(&mut part, at(Some(words)), Cause::Passed);
            part.header.between = Between::Appliance;
            part.header.through = None;
            part.appliances.push(node.interface);
            ways.extend(self.depart(part, subnet));
        }
        ways
    }

    /// The Gateway Load Balancer of an endpoint's service, and its node in the endpoint's zone, else any.
    fn behind(&self, service: &str, endpoint: Ix<Subnet>) -> Option<(Ix<LoadBalancer>, Node)> {
        let (model, resolved) = (self.network.model(), self.network.resolved());
        let service = model.vpc_endpoint_services.values().find(|noun| noun.name == service)?;
        let load_balancer = model.load_balancers.ix(service.load_balancers.first()?.as_str())?;
        let noun = model.load_balancers.at(load_balancer);
        if noun.kind != LoadBalancerType::Gateway || noun.incomplete {
            return None;
        }
        let zone = |subnet| super::transit_gateway::zone(model, subnet);
        let of = |&interface: &Ix<NetworkInterface>| {
            let subnet = resolved.subnet_of(interface)?;
            Some(Node { load_balancer, interface, subnet })
        };
        let nodes: Vec<Node> = resolved.nodes_of(load_balancer).iter().filter_map(of).collect();
        let same = nodes.iter().find(|node| zone(node.subnet) == zone(endpoint));
        same.or(nodes.first()).map(|node| (load_balancer, *node))
    }

    /// The appliances that a node picks from, and whether each takes GENEVE from it, there and back.
    fn appliances_of(
        &self,
        packet: &Packet<S>,
        node: Node,
    ) -> Result<Vec<(load_balancer::Target, bool)>, String> {
        let (model, resolved) = (self.network.model(), self.network.resolved());
        let listeners = resolved.listeners_of(node.load_balancer);
        if listeners.is_empty() {
            let id = &model.load_balancers.at(node.load_balancer).id;
            return Err(format!("the export has no listener of load balancer `{id}`"));
        }
        let mut found = Vec::new();
        for &listener in listeners {
            for pick in self.picks(packet, node, listener, &[&model.listeners.at(listener).default])? {
                let Pick::Target(target) = pick else { continue };
                let from = self.own_address(node.interface, target.end, packet.header.family);
                let admits = match (from, target.end) {
                    (Some(client), Seen::Fixed { address, interface: Some(interface) }) => {
                        let server = Server::Interface(model::Holder { interface, address });
                        let flow = Flow { family: space::Family::of(address), client: Some(client), server };
                        judge(self.network, &flow, Some(GENEVE), &mut ()).works.is_some()
                    }
                    // An appliance elsewhere: nobody knows what stands before it.
                    _ => return Err("an appliance behind it is not in the export".into()),
                };
                found.push((target, admits));
            }
        }
        Ok(found)
    }
}
