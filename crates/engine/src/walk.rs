//! The way of a packet: gates and routes strung together as AWS applies them (S0.4, S0.5).
//!
//! A walk follows routes and not verdicts: a gate that drops everything does not end it, so that all blockers are
//! found. Only where there is no way to go on does it end. One function walks requests and replies alike; what
//! differs is that security groups let the replies of what they admitted pass.

mod checkpoints;
mod internet;
mod peering;
mod private;

use model::{Association, Holder, Ix, NetworkInterface, RouteState, Subnet, Target};
use space::{Family, Region, Space, address_value};

use crate::route::{Choice, choose};
use crate::{Arrival, Cause, Checkpoint, Hop, Leg, Network, Seen, Way, unfiltered};

use checkpoints::own;
pub(crate) use checkpoints::stands_for;

/// Where the two ends of a round trip meet the outside, if they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Nowhere: the request stayed inside a VPC.
    Inside,
    /// An internet gateway.
    InternetGateway,
    /// A gateway endpoint.
    GatewayEndpoint,
    /// Something else, or nobody knows.
    Other,
}

/// Walks packets of one leg.
pub(crate) struct Walker<'n, 'a, S: Space> {
    pub(crate) network: &'n Network,
    pub(crate) arena: &'a mut S::Arena,
    pub(crate) family: Family,
    pub(crate) leg: Leg,
    /// For replies: the door that the request went through; the reply has to use the same one.
    pub(crate) door: Door,
}

/// A packet on its way: addresses as seen now, the part of the flow, and the checkpoints so far.
#[derive(Clone)]
struct Packet<S> {
    source: Seen,
    destination: Seen,
    flow: S,
    hops: Vec<Hop<S>>,
}

impl<S: Space> Packet<S> {
    fn ends(self, arrival: Arrival) -> Way<S> {
        Way { flow: self.flow, hops: self.hops, arrival, source: self.source }
    }
}

impl<S: Space> Walker<'_, '_, S> {
    /// The ways of a packet that an interface sends.
    pub(crate) fn sent_by(&mut self, from: Holder, destination: Seen, flow: S) -> Vec<Way<S>> {
        let source = Seen::Fixed { address: from.address, interface: Some(from.interface) };
        let mut packet = Packet { source, destination, flow, hops: Vec::new() };
        if self.same_host(from.interface, destination) {
            return vec![packet.ends(Arrival::SameHost)];
        }
        let (mut ways, subnet) = self.services(&mut packet, from.interface);
        if packet.flow.is_empty() {
            return ways;
        }
        let Some(subnet) = subnet else {
            self.lacks_subnet(&mut packet, from.interface);
            ways.push(packet.ends(Arrival::Lost));
            return ways;
        };
        self.host(&mut packet, from.interface);
        self.security_groups(&mut packet, from.interface, true);
        match self.neighbour(subnet, destination) {
            // Link layer: neither list nor route (S2.12, S3.11).
            Some(neighbour) => ways.push(self.deliver(packet, neighbour)),
            None => {
                self.network_acl(&mut packet, subnet, true);
                ways.extend(self.route(packet, from, subnet));
            }
        }
        self.narrow(ways)
    }

    /// The ways of a packet that comes from beyond the export to an interface, addressed by its public address or, in
    /// IPv6 and from networks that are connected privately, by its own.
    pub(crate) fn arriving_at(&mut self, to: Holder, destination: Seen, flow: S) -> Vec<Way<S>> {
        let packet = Packet { source: Seen::Remote, destination, flow, hops: Vec::new() };
        let (mut public, mut ways) = (packet, Vec::new());
        if self.door == Door::GatewayEndpoint {
            return vec![self.answer_of_endpoint(public, to)];
        }
        if let Some(private) = self.part_off(&mut public, self.network.not_on_the_internet()) {
            ways.extend(self.enter_privately(Packet { destination: own(to), ..private }, to));
        }
        let by_own = matches!(destination, Seen::Fixed { interface: Some(_), .. });
        if by_own && self.leg == Leg::Request {
            let private = self.behind_private_gateways(&mut public, to.interface);
            if !private.is_empty() {
                let packet = Packet { flow: private, ..public.clone() };
                ways.extend(self.enter_privately(packet, to));
            }
        }
        if !public.flow.is_empty() {
            ways.push(self.enter(public, to));
        }
        ways
    }

    /// Narrows what the gates before a fork did to the part that takes each way.
    fn narrow(&mut self, mut ways: Vec<Way<S>>) -> Vec<Way<S>> {
        if ways.len() < 2 {
            return ways;
        }
        for way in &mut ways {
            for hop in &mut way.hops {
                let taken = hop.taken.iter_mut().map(|taken| &mut taken.part);
                let parts =
                    [&mut hop.crossing.passed, &mut hop.crossing.unknown, &mut hop.untracked].into_iter();
                for part in parts.chain(taken) {
                    *part = part.clone().meet(way.flow.clone(), self.arena);
                }
                hop.taken.retain(|taken| !taken.part.is_empty());
            }
        }
        ways
    }

    /// A packet to one of the sending instance's own addresses never leaves the guest (S12.11).
    fn same_host(&self, from: Ix<NetworkInterface>, destination: Seen) -> bool {
        let interfaces = &self.network.model().network_interfaces;
        match destination {
            Seen::Fixed { interface: Some(to), .. } if to == from => true,
            Seen::Fixed { interface: Some(to), .. } => {
                let (from, to) = (interfaces.at(from), interfaces.at(to));
                from.instance.is_some() && from.instance == to.instance
            }
            _ => false,
        }
    }

    /// Parts off what asks services that are never filtered; returns their ways and the interface's subnet. They only
    /// answer: a "reply" to one of them goes the way of any packet, and no route forwards it (S3.8).
    fn services(
        &mut self,
        packet: &mut Packet<S>,
        from: Ix<NetworkInterface>,
    ) -> (Vec<Way<S>>, Option<Ix<Subnet>>) {
        let resolved = self.network.resolved();
        let subnet = resolved.subnet_of(from);
        let mut ways = Vec::new();
        if packet.destination == Seen::Remote && self.leg == Leg::Request {
            let vpc = subnet
                .and_then(|subnet| resolved.vpc_of(subnet))
                .map(|vpc| self.network.model().vpcs.at(vpc));
            let noun = subnet.map(|subnet| self.network.model().subnets.at(subnet));
            for (address, service) in unfiltered::addresses(vpc, noun) {
                if Family::of(address) != self.family {
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
        }
        (ways, subnet)
    }

    /// The interface in the same subnet that the packet goes to, if it goes to one.
    fn neighbour(&self, subnet: Ix<Subnet>, destination: Seen) -> Option<Ix<NetworkInterface>> {
        match destination {
            Seen::Fixed { interface: Some(to), .. } => {
                (self.network.resolved().subnet_of(to) == Some(subnet)).then_some(to)
            }
            _ => None,
        }
    }

    /// Splits the packet by the routes of its subnet and goes on along each.
    fn route(&mut self, packet: Packet<S>, from: Holder, subnet: Ix<Subnet>) -> Vec<Way<S>> {
        let association = self.network.resolved().route_table_of(subnet);
        let Some(table) = association.ix() else {
            let mut packet = packet;
            let checkpoint = Checkpoint::Route { subnet, table: association, route: None };
            let id = &self.network.model().subnets.at(subnet).id;
            let reason = format!("the export has no route table for subnet `{id}`");
            self.unknown(&mut packet, checkpoint, reason);
            return vec![packet.ends(Arrival::Lost)];
        };
        let parts =
            choose(self.network, table, self.family, packet.destination, packet.flow.clone(), self.arena);
        let mut ways = Vec::new();
        for (choice, flow) in parts {
            let part = Packet { flow, ..packet.clone() };
            ways.extend(self.follow(part, from, subnet, association, choice));
        }
        ways
    }

    /// Goes on along one choice of a route table.
    fn follow(
        &mut self,
        mut packet: Packet<S>,
        from: Holder,
        subnet: Ix<Subnet>,
        association: Association<model::RouteTable>,
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
        // A reply that leaves by another way than the request came in by is not translated back (S3.15).
        let same_door = match (&route.target, self.door) {
            _ if self.leg == Leg::Request => true,
            // Both drop answers of flows that they did not open (S3.22, S3.29, S12.7).
            (Target::NatGateway(_) | Target::EgressOnlyInternetGateway(_), _) => false,
            // Nothing is translated inside a VPC or between VPCs: any way back will do.
            (
                Target::VpcPeeringConnection(_) | Target::TransitGateway(_) | Target::VpnGateway(_),
                Door::Inside,
            )
            | (Target::Local, _)
            | (Target::InternetGateway(_), Door::InternetGateway) => true,
            (Target::NetworkInterface(_) | Target::VpcEndpoint(_) | Target::Other(_), _)
            | (_, Door::Other) => true,
            _ => false,
        };
        if !same_door {
            return vec![self.lost(packet, here, Cause::LeavesElsewhere)];
        }
        self.pass(&mut packet, here, Cause::Routed);
        if let Some(peering) = self.peering_of(&route.target, subnet) {
            return self.peer(packet, subnet, peering);
        }
        match &route.target {
            Target::Local => vec![self.local(packet, subnet)],
            Target::InternetGateway(_) => self.leave(packet, from, subnet),
            Target::VpcEndpoint(id) if self.is_gateway_endpoint(id) => {
                let endpoint = network.model().vpc_endpoints.ix(id.as_str());
                self.pass(&mut packet, Checkpoint::GatewayEndpoint { endpoint }, Cause::Passed);
                vec![packet.ends(Arrival::Beyond)]
            }
            target => {
                let checkpoint = Checkpoint::Unmodelled { id: target.id().into(), kind: target.kind() };
                let reason = format!("{} `{}` is on the way", target.kind(), target.id());
                self.unknown(&mut packet, checkpoint, reason);
                self.beyond_unknown(&mut packet, target);
                vec![packet.ends(Arrival::Lost)]
            }
        }
    }

    /// Inside the VPC, to another subnet.
    fn local(&mut self, mut packet: Packet<S>, from: Ix<Subnet>) -> Way<S> {
        let resolved = self.network.resolved();
        let vpc = |subnet: Ix<Subnet>| &self.network.model().subnets.at(subnet).vpc;
        let to = match packet.destination {
            Seen::Fixed { interface: Some(to), .. } => resolved.subnet_of(to).map(|subnet| (to, subnet)),
            _ => None,
        };
        match to {
            Some((to, subnet)) if vpc(subnet) == vpc(from) => {
                self.network_acl(&mut packet, subnet, false);
                self.deliver(packet, to)
            }
            // Without the VPC's blocks nobody can say where its resolver is (S1.49).
            _ if resolved.vpc_of(from).is_none() => {
                let reason = format!("VPC `{}` is not in the export", vpc(from));
                self.unknown(&mut packet, Checkpoint::Host { interface: None }, reason);
                packet.ends(Arrival::Lost)
            }
            _ => self.lost(packet, Checkpoint::Host { interface: None }, Cause::NotHeld),
        }
    }

    /// Into the interface.
    fn deliver(&mut self, mut packet: Packet<S>, to: Ix<NetworkInterface>) -> Way<S> {
        self.security_groups(&mut packet, to, false);
        if self.leg == Leg::Request {
            self.service_interface(&mut packet, to);
        }
        self.host(&mut packet, to);
        packet.ends(Arrival::Interface(to))
    }
}
