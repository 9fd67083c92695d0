//! The way of a packet: gates and routes strung together as AWS applies them (S0.4, S0.5).
//!
//! A walk follows routes and not verdicts: a gate that drops everything does not end it, so that all blockers are
//! found. Only where there is no way to go on does it end. One function walks requests and replies alike; what
//! differs is that security groups let the replies of what they admitted pass.

use std::net::IpAddr;

use ipnet::IpNet;
use model::{
    Association, BlockMode, EndpointType, Holder, Id, InstanceState, InterfaceType, InternetGateway, Ix, NetworkInterface, RouteState,
    Subnet, Target,
};
use space::{Family, Region, Space, address_range, address_value};

use crate::gate::security_group::untracked;
use crate::route::{Choice, choose};
use crate::{Arrival, Cause, Checkpoint, Crossing, Gate, Hop, Leg, Network, Seen, View, Way, cross, unfiltered};

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

impl<'n, S: Space> Walker<'n, '_, S> {
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
        ways
    }

    /// The ways of a packet that comes from beyond the export to an interface, addressed by its public address or, in
    /// IPv6 and from networks that are connected privately, by its own.
    pub(crate) fn arriving_at(&mut self, to: Holder, destination: Seen, flow: S) -> Vec<Way<S>> {
        let packet = Packet { source: Seen::Remote, destination, flow, hops: Vec::new() };
        let (mut public, mut ways) = (packet, Vec::new());
        if self.door == Door::GatewayEndpoint {
            return vec![self.from_endpoint(public, to)];
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

    /// Parts off what comes from addresses of the internet that the interface's table sends to another network: a
    /// packet to the interface's own address comes from there (S3.38, S0.6).
    fn behind_private_gateways(&mut self, packet: &mut Packet<S>, to: Ix<NetworkInterface>) -> S {
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
            let vpc = subnet.and_then(|subnet| resolved.vpc_of(subnet)).map(|vpc| self.network.model().vpcs.at(vpc));
            let noun = subnet.map(|subnet| self.network.model().subnets.at(subnet));
            for (address, service) in unfiltered::addresses(vpc, noun) {
                if Family::of(address) != self.family {
                    continue;
                }
                let value = address_value(address);
                let (part, others) = packet.flow.clone().split(&Region::FULL.remote(value..=value), self.arena);
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
        let parts = choose(self.network, table, self.family, packet.destination, packet.flow.clone(), self.arena);
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
            (Target::Local, _) | (Target::InternetGateway(_), Door::InternetGateway) => true,
            (Target::NetworkInterface(_) | Target::VpcEndpoint(_) | Target::Other(_), _) | (_, Door::Other) => true,
            _ => false,
        };
        if !same_door {
            return vec![self.lost(packet, here, Cause::LeavesElsewhere)];
        }
        self.pass(&mut packet, here, Cause::Routed);
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
                vec![packet.ends(Arrival::Lost)]
            }
        }
    }

    /// Whether an endpoint is one that routes lead to for a service's own addresses (S3.35). A Gateway Load Balancer
    /// endpoint is a route's target too (S3.12).
    fn is_gateway_endpoint(&self, id: &Id) -> bool {
        let endpoint = self.network.model().vpc_endpoints.get(id.as_str());
        endpoint.is_some_and(|endpoint| endpoint.endpoint_type == EndpointType::Gateway)
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
            _ => self.lost(packet, Checkpoint::Host { interface: None }, Cause::NotHeld),
        }
    }

    /// Out by the internet gateway (S3.14 to S3.18), and in again if the destination is in the export.
    fn leave(&mut self, mut packet: Packet<S>, from: Holder, subnet: Ix<Subnet>) -> Vec<Way<S>> {
        let network = self.network;
        self.block_public_access(&mut packet, subnet);
        let vpc = &network.model().subnets.at(subnet).vpc;
        let gateway = self.gateway_of(vpc);
        let here = Checkpoint::InternetGateway { gateway: gateway.clone().ok().flatten(), egress: true };
        if gateway == Ok(None) {
            return vec![self.lost(packet, here, Cause::NoGateway)];
        }
        if from.address.is_ipv4() {
            match network.model().network_interfaces.at(from.interface).public_of(from.address) {
                Some(public) => packet.source = Seen::Fixed { address: public.into(), interface: None },
                None => return vec![self.lost(packet, here, Cause::NoPublicAddress)],
            }
        }
        match packet.destination {
            Seen::Fixed { address, interface } => {
                let holder = match (address, interface) {
                    (IpAddr::V4(public), _) => network.resolved().public_holder(public),
                    (IpAddr::V6(_), Some(interface)) => Some(Holder { interface, address }),
                    _ => None,
                };
                let public = holder.is_some() && address.is_ipv4();
                if network.not_on_the_internet().iter().any(|block| block.contains(&address)) && !public {
                    return vec![self.lost(packet, here, Cause::PrivateDestination)];
                }
                self.pass_gateway(&mut packet, here, gateway.err());
                match holder {
                    Some(to) => vec![self.enter(packet, to)],
                    None => vec![self.lost(packet, Checkpoint::Host { interface: None }, Cause::NotHeld)],
                }
            }
            Seen::Remote => {
                let mut ways = Vec::new();
                if let Some(part) = self.part_off(&mut packet, network.not_on_the_internet()) {
                    ways.push(self.lost(part, here.clone(), Cause::PrivateDestination));
                }
                if let Some(mut part) = self.part_off(&mut packet, network.held_by_nobody()) {
                    self.pass_gateway(&mut part, here.clone(), gateway.clone().err());
                    ways.push(self.lost(part, Checkpoint::Host { interface: None }, Cause::NotHeld));
                }
                if !packet.flow.is_empty() {
                    self.pass_gateway(&mut packet, here, gateway.err());
                    ways.push(packet.ends(Arrival::Beyond));
                }
                ways
            }
        }
    }

    /// Parts off what has its remote end in some blocks.
    fn part_off(&mut self, packet: &mut Packet<S>, blocks: &[IpNet]) -> Option<Packet<S>> {
        let mut parted = S::nothing();
        for block in blocks.iter().filter(|block| Family::of(block.addr()) == self.family) {
            let region = Region::FULL.remote(address_range(*block));
            let (part, others) = packet.flow.clone().split(&region, self.arena);
            packet.flow = others;
            parted = parted.join(part, self.arena);
        }
        (!parted.is_empty()).then(|| Packet { flow: parted, ..packet.clone() })
    }

    /// Back from a service behind a gateway endpoint: untranslated, past the subnet's list (S3.35).
    fn from_endpoint(&mut self, mut packet: Packet<S>, to: Holder) -> Way<S> {
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

    /// In by the internet gateway, translated to the private address before list and groups (S3.14).
    fn enter(&mut self, mut packet: Packet<S>, to: Holder) -> Way<S> {
        let network = self.network;
        let interface = network.model().network_interfaces.at(to.interface);
        let Some(subnet) = network.resolved().subnet_of(to.interface) else {
            self.lacks_subnet(&mut packet, to.interface);
            return packet.ends(Arrival::Lost);
        };
        let known = self.gateway_of(&interface.vpc);
        let gateway = known.clone().ok().flatten();
        let here = Checkpoint::InternetGateway { gateway, egress: false };
        let addressed = packet.destination;
        packet.destination = own(to);
        let cause = match (to.address, addressed) {
            _ if known == Ok(None) => Cause::NoGateway,
            (IpAddr::V4(_), Seen::Fixed { interface: Some(_), .. }) => Cause::NoPublicAddress,
            (IpAddr::V6(_), _) if interface.deny_all_igw_traffic && self.leg == Leg::Request => {
                Cause::DenyAllIgwTraffic
            }
            _ => Cause::Passed,
        };
        match cause {
            Cause::Passed => self.pass_gateway(&mut packet, here, known.err()),
            // The rest of the way is known, so its gates are shown too.
            _ => self.stop(&mut packet, here, cause),
        }
        self.block_public_access(&mut packet, subnet);
        if let Some(table) = gateway.and_then(|ix| {
            network.resolved().edge_table_of(&network.model().internet_gateways.at(ix).id)
        }) {
            self.edge(&mut packet, table);
        }
        self.network_acl(&mut packet, subnet, false);
        self.deliver(packet, to.interface)
    }

    /// The internet gateway of a VPC; the error says why nobody can say whether it has one: a route in use leads to one
    /// that the export lacks (S0.6).
    fn gateway_of(&self, vpc: &Id) -> Result<Option<Ix<InternetGateway>>, String> {
        if let Some(gateway) = self.network.resolved().internet_gateway_of(vpc) {
            return Ok(Some(gateway));
        }
        let model = self.network.model();
        let tables = model.route_tables.values().filter(|table| table.vpc == *vpc);
        let in_use = tables.flat_map(|table| &table.routes).filter(|route| route.state == RouteState::Active);
        for route in in_use {
            if let Target::InternetGateway(id) = &route.target
                && model.internet_gateways.get(id.as_str()).is_none()
            {
                return Err(format!("internet gateway `{id}` is not in the export"));
            }
        }
        Ok(None)
    }

    fn pass_gateway(&mut self, packet: &mut Packet<S>, here: Checkpoint, unknown: Option<String>) {
        match unknown {
            None => self.pass(packet, here, Cause::Passed),
            Some(reason) => self.unknown(packet, here, reason),
        }
    }

    /// A gateway's own route table may send what comes in through an appliance first (S3.39).
    fn edge(&mut self, packet: &mut Packet<S>, table: Ix<model::RouteTable>) {
        let noun = self.network.model().route_tables.at(table);
        let parts = choose(self.network, table, self.family, packet.destination, packet.flow.clone(), self.arena);
        for (choice, _) in parts {
            let Choice::Route(position) = choice else { continue };
            let Some(route) = noun.routes.get(position) else { continue };
            if route.target != Target::Local {
                let (id, kind) = (route.target.id(), route.target.kind());
                let reason = format!("the edge route table `{}` sends this through {kind} `{id}`", noun.id);
                self.unknown(packet, Checkpoint::Unmodelled { id: id.into(), kind }, reason);
            }
        }
    }

    /// In from a network that is not the internet, by whatever connects it: known by where the reply would go.
    fn enter_privately(&mut self, packet: Packet<S>, to: Holder) -> Vec<Way<S>> {
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
            match (target, choice) {
                (Some(Target::Local), _) => {
                    self.stop(&mut part, Checkpoint::Host { interface: None }, Cause::NotHeld);
                }
                // Nothing leads back, so that no connection can come about, however the request came in: the reply's
                // own walk says so.
                (None | Some(Target::InternetGateway(_)), _) => {}
                (Some(target), _) => {
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

    /// Into the interface.
    fn deliver(&mut self, mut packet: Packet<S>, to: Ix<NetworkInterface>) -> Way<S> {
        self.security_groups(&mut packet, to, false);
        if self.leg == Leg::Request {
            self.service_interface(&mut packet, to);
        }
        self.host(&mut packet, to);
        packet.ends(Arrival::Interface(to))
    }

    /// Interfaces that stand for something else than a host.
    fn service_interface(&mut self, packet: &mut Packet<S>, to: Ix<NetworkInterface>) {
        let noun = self.network.model().network_interfaces.at(to);
        let Some(kind) = stands_for(noun) else { return };
        let name = if noun.description.is_empty() { noun.id.as_str() } else { noun.description.as_str() };
        let checkpoint = Checkpoint::Unmodelled { id: noun.id.clone(), kind };
        self.unknown(packet, checkpoint, format!("{kind} `{name}` is at the far end"));
    }

    fn security_groups(&mut self, packet: &mut Packet<S>, interface: Ix<NetworkInterface>, egress: bool) {
        if !self.network.has_security_groups(interface) {
            return;
        }
        let checkpoint = Checkpoint::SecurityGroups { interface, egress };
        if self.leg == Leg::Reply {
            self.pass(packet, checkpoint, Cause::Reply);
            return;
        }
        let peer = if egress { packet.destination } else { packet.source };
        let gate = self.network.security_groups(interface, egress);
        let view = View { family: self.family, leg: self.leg, peer };
        self.gate(packet, checkpoint, &gate, &view);
        if let Some(hop) = packet.hops.last_mut() {
            let admitted = hop.crossing.passed.clone();
            hop.untracked = untracked(self.network, interface, egress, &view, admitted, self.arena);
        }
    }

    fn network_acl(&mut self, packet: &mut Packet<S>, subnet: Ix<Subnet>, egress: bool) {
        let peer = if egress { packet.destination } else { packet.source };
        match self.network.network_acl(subnet, egress) {
            Some((acl, gate)) => {
                let view = View { family: self.family, leg: self.leg, peer };
                self.gate(packet, Checkpoint::NetworkAcl { subnet, acl, egress }, &gate, &view);
            }
            None => {
                let id = &self.network.model().subnets.at(subnet).id;
                let reason = format!("the export has no network ACL for subnet `{id}`");
                let checkpoint = Checkpoint::NetworkAcl { subnet, acl: Association::Unknown, egress };
                self.unknown(packet, checkpoint, reason);
            }
        }
    }

    /// Block Public Access as the subnet, else its VPC, reports it (S3.45, S3.47). What goes straight over an internet
    /// gateway is stopped in both modes.
    fn block_public_access(&mut self, packet: &mut Packet<S>, subnet: Ix<Subnet>) {
        let model = self.network.model();
        let vpc = self.network.resolved().vpc_of(subnet).map(|vpc| model.vpcs.at(vpc).block_public_access);
        let mode = model.subnets.at(subnet).block_public_access.or(vpc).unwrap_or_default();
        if mode != BlockMode::Off {
            self.stop(packet, Checkpoint::BlockPublicAccess { subnet }, Cause::BlockedPublicAccess);
        }
    }

    /// Only a running instance sends and answers (S9.4).
    fn host(&mut self, packet: &mut Packet<S>, interface: Ix<NetworkInterface>) {
        let instance = self.network.resolved().instance_of(interface);
        if let Some(InstanceState::Down(state)) = instance.map(|ix| &self.network.model().instances.at(ix).state) {
            let checkpoint = Checkpoint::Host { interface: Some(interface) };
            self.stop(packet, checkpoint, Cause::NotRunning(state.to_string()));
        }
    }

    fn lacks_subnet(&mut self, packet: &mut Packet<S>, interface: Ix<NetworkInterface>) {
        let noun = self.network.model().network_interfaces.at(interface);
        let reason = format!("subnet `{}` of `{}` is not in the export", noun.subnet, noun.id);
        self.unknown(packet, Checkpoint::Host { interface: Some(interface) }, reason);
    }

    fn gate(&mut self, packet: &mut Packet<S>, checkpoint: Checkpoint, gate: &Gate<'_>, view: &View) {
        let mut taken = Vec::new();
        let crossing = cross(gate, view, packet.flow.clone(), self.network, self.arena, &mut taken);
        self.push(packet, checkpoint, crossing, taken, Cause::Rules);
    }

    fn pass(&mut self, packet: &mut Packet<S>, checkpoint: Checkpoint, cause: Cause) {
        let crossing = Crossing { passed: packet.flow.clone(), unknown: S::nothing() };
        self.push(packet, checkpoint, crossing, Vec::new(), cause);
    }

    fn stop(&mut self, packet: &mut Packet<S>, checkpoint: Checkpoint, cause: Cause) {
        let crossing = Crossing { passed: S::nothing(), unknown: S::nothing() };
        self.push(packet, checkpoint, crossing, Vec::new(), cause);
    }

    fn unknown(&mut self, packet: &mut Packet<S>, checkpoint: Checkpoint, reason: String) {
        let crossing = Crossing { passed: S::nothing(), unknown: packet.flow.clone() };
        self.push(packet, checkpoint, crossing, Vec::new(), Cause::Unknown(reason));
    }

    fn lost(&mut self, mut packet: Packet<S>, checkpoint: Checkpoint, cause: Cause) -> Way<S> {
        self.stop(&mut packet, checkpoint, cause);
        packet.ends(Arrival::Lost)
    }

    fn push(
        &mut self,
        packet: &mut Packet<S>,
        checkpoint: Checkpoint,
        crossing: Crossing<S>,
        taken: Vec<crate::Taken<S>>,
        cause: Cause,
    ) {
        let (source, destination) = (packet.source, packet.destination);
        packet.hops.push(Hop { checkpoint, source, destination, crossing, taken, cause, untracked: S::nothing() });
    }
}

/// What an interface stands for, if it is no host's.
pub(crate) fn stands_for(interface: &NetworkInterface) -> Option<&'static str> {
    match &interface.interface_type {
        InterfaceType::NatGateway => Some("NAT gateway"),
        InterfaceType::NetworkLoadBalancer => Some("Network Load Balancer"),
        InterfaceType::GatewayLoadBalancer => Some("Gateway Load Balancer"),
        InterfaceType::GatewayLoadBalancerEndpoint | InterfaceType::VpcEndpoint => Some("VPC endpoint"),
        InterfaceType::TransitGateway => Some("transit gateway"),
        InterfaceType::Interface if interface.description.starts_with("ELB ") => Some("load balancer"),
        _ => None,
    }
}

/// An interface's own address as gates beside it see it (S0.9).
fn own(holder: Holder) -> Seen {
    Seen::Fixed { address: holder.address, interface: Some(holder.interface) }
}
