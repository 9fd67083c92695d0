//! The way of a packet: gates, routes and devices strung together as AWS applies them (S0.4, S0.5).
//!
//! A walk follows routes and not verdicts: a gate that drops everything does not end it, so that all blockers are
//! found. Only where there is no way to go on does it end. One function walks requests and replies alike; what
//! differs is that security groups let the replies of what they admitted pass, and that devices which put their own
//! address in place of the client's put it back.

mod appliance;
mod checkpoints;
mod endpoint;
mod far_end;
mod inspection;
mod internet;
mod listener_rule;
mod load_balancer;
mod nat_gateway;
mod packet;
mod peering;
mod private;
mod routes;
mod services;
mod transit_gateway;

use model::{Association, Holder, Ix, NetworkInterface, Subnet};
use space::Space;

use crate::{Arrival, Cause, Checkpoint, Device, Header, Leg, Network, Relay, Seen, Way};

use checkpoints::own;
pub(crate) use checkpoints::stands_for;
pub(crate) use packet::Packet;
use routes::on_the_way;
pub use transit_gateway::zone;

/// More checkpoints than any way has that leads somewhere: routes that lead in a circle are given up there.
const MOST_CHECKPOINTS: usize = 96;

/// What becomes of a flow at the gates on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gates {
    /// Their rules decide.
    Crossed,
    /// They are noted and left open: a walk follows routes and not verdicts, so that what the rules of its gates do can
    /// be found apart and for many walks together.
    Open,
}

/// Walks packets of one leg.
pub(crate) struct Walker<'n, 'a, S: Space> {
    pub(crate) network: &'n Network,
    pub(crate) arena: &'a mut S::Arena,
    pub(crate) leg: Leg,
    pub(crate) gates: Gates,
}

impl<S: Space> Walker<'_, '_, S> {
    /// The ways of a packet that an interface sends.
    pub(crate) fn sent_by(&mut self, from: Ix<NetworkInterface>, mut packet: Packet<S>) -> Vec<Way<S>> {
        if self.same_host(from, packet.header.destination) {
            return vec![packet.ends(Arrival::SameHost)];
        }
        let (mut ways, subnet) = self.services(&mut packet, from);
        if packet.flow.is_empty() {
            return ways;
        }
        self.host(&mut packet, from);
        self.security_groups(&mut packet, from, true);
        // What the groups do not let out stays where it is, wherever that is.
        let Some(subnet) = subnet else {
            self.lacks_subnet(&mut packet, from);
            ways.push(packet.ends(Arrival::Lost));
            return ways;
        };
        ways.extend(match self.returns_to_node(&packet, from) {
            Some(node) => self.return_to_node(packet, subnet, node),
            None => self.depart(packet, subnet),
        });
        self.narrow(ways)
    }

    /// The ways of a request that comes from beyond the export to an interface, addressed by its public address or, in
    /// IPv6 and from networks that are connected privately, by its own.
    pub(crate) fn arriving_at(&mut self, to: Holder, packet: Packet<S>) -> Vec<Way<S>> {
        let (mut public, mut ways) = (packet, Vec::new());
        if let Some(mut private) = self.part_off(&mut public, self.network.not_on_the_internet()) {
            private.header.destination = own(to);
            ways.extend(self.enter_privately(private, to));
        }
        if public.header.destination.interface().is_some() && self.leg == Leg::Request {
            let private = self.behind_private_gateways(&mut public, to.interface);
            if !private.is_empty() {
                let packet = Packet { flow: private, ..public.clone() };
                ways.extend(self.enter_privately(packet, to));
            }
        }
        if !public.flow.is_empty() {
            ways.extend(self.enter(public, to));
        }
        self.narrow(ways)
    }

    /// Out of a subnet: to a neighbour by link layer, without list or route (S2.12, S3.11), else by its route table.
    fn depart(&mut self, packet: Packet<S>, subnet: Ix<Subnet>) -> Vec<Way<S>> {
        if packet.hops.len() > MOST_CHECKPOINTS {
            let here = Checkpoint::Route { subnet, table: Association::Unknown, route: None };
            return vec![self.lost(packet, here, Cause::RoutingLoop)];
        }
        match self.neighbour(subnet, packet.header.destination) {
            Some(neighbour) => self.deliver(packet, neighbour),
            None => self.route(packet, subnet),
        }
    }

    /// A packet to one of the sending instance's own addresses never leaves the guest (S12.11).
    fn same_host(&self, from: Ix<NetworkInterface>, destination: Seen) -> bool {
        let interfaces = &self.network.model().network_interfaces;
        destination.interface().is_some_and(|to| {
            let instance = |interface| interfaces.at(interface).instance.as_ref();
            to == from || instance(from).is_some() && instance(from) == instance(to)
        })
    }

    /// The interface in the same subnet that the packet goes to, if it goes to one.
    fn neighbour(&self, subnet: Ix<Subnet>, destination: Seen) -> Option<Ix<NetworkInterface>> {
        let to = destination.interface()?;
        (self.network.resolved().subnet_of(to) == Some(subnet)).then_some(to)
    }

    /// Into the interface that it is addressed to.
    fn deliver(&mut self, mut packet: Packet<S>, to: Ix<NetworkInterface>) -> Vec<Way<S>> {
        if let Some(relay) = packet.pending.last()
            && relay.device.holder().is_some_and(|holder| holder.interface == to)
        {
            return self.restore(packet, to);
        }
        self.security_groups(&mut packet, to, false);
        if self.leg == Leg::Request {
            if let Some(load_balancer) = self.network.resolved().load_balancer_of(to) {
                return self.balance(packet, to, load_balancer);
            }
            if let Some(endpoint) = self.network.resolved().endpoint_of(to) {
                return self.ask_endpoint(packet, to, endpoint);
            }
            self.service_interface(&mut packet, to);
        }
        self.host(&mut packet, to);
        vec![packet.ends(Arrival::Interface(to))]
    }

    /// An answer comes back to an interface that sent the request on: what it had replaced is put back, and the answer
    /// goes on.
    fn restore(&mut self, mut packet: Packet<S>, at: Ix<NetworkInterface>) -> Vec<Way<S>> {
        self.security_groups(&mut packet, at, false);
        self.put_back(&mut packet);
        self.security_groups(&mut packet, at, true);
        if let Some(endpoint) = self.returns_to_endpoint(&packet) {
            return self.restore(packet, endpoint);
        }
        match (self.network.resolved().subnet_of(at), self.returns_to_node(&packet, at)) {
            // An Application Load Balancer is the target of a Network Load Balancer (S12.1).
            (Some(subnet), Some(node)) => self.return_to_node(packet, subnet, node),
            (Some(subnet), None) => self.depart(packet, subnet),
            (None, _) => {
                self.lacks_subnet(&mut packet, at);
                vec![packet.ends(Arrival::Lost)]
            }
        }
    }

    /// What the next relay had replaced, as its answer carries it.
    fn put_back(&mut self, packet: &mut Packet<S>) {
        let Some(relay) = packet.pending.pop() else { return };
        if let Some(checkpoint) = self.checkpoint_of(&relay) {
            self.pass(packet, checkpoint, Cause::Passed);
        }
        // A NAT keeps the address of whoever answers; a load balancer answers for its targets.
        let source = match relay.device {
            Device::LoadBalancer(..) | Device::Endpoint(_) => relay.before.destination,
            Device::NatGateway(..) if relay.before.family != packet.header.family => relay.before.destination,
            Device::NatGateway(..) | Device::NatInstance(_) => packet.header.source,
        };
        packet.header = Header {
            source,
            destination: relay.before.source,
            through: None,
            between: packet.header.between,
            ..relay.before
        };
        packet.door = relay.door;
        packet.relays.push(Relay { hops: packet.hops.len(), ..relay });
    }

    fn checkpoint_of(&self, relay: &Relay) -> Option<Checkpoint> {
        match relay.device {
            Device::NatGateway(gateway, _) => Some(Checkpoint::NatGateway { gateway }),
            Device::NatInstance(holder) => Some(Checkpoint::Appliance { interface: holder.interface }),
            Device::LoadBalancer(..) | Device::Endpoint(_) => None,
        }
    }
}
