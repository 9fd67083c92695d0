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
mod internet;
mod listener_rule;
mod load_balancer;
mod nat_gateway;
mod peering;
mod private;
mod transit_gateway;

use ipnet::IpNet;
use model::{
    Association, Holder, Ix, NetworkInterface, RouteState, RouteTable, Subnet, Target,
    TransitGatewayAttachment,
};
use space::{Family, Field, Region, Space, address_value, drawn};

use crate::route::{Choice, choose};
use crate::{
    Arrival, Between, Cause, Checkpoint, Device, Door, Header, Hop, Leg, Network, Ports, Relay, Seen, Way,
    unfiltered,
};

use checkpoints::own;
pub(crate) use checkpoints::stands_for;

/// More checkpoints than any way has that leads somewhere: routes that lead in a circle are given up there.
const MOST_CHECKPOINTS: usize = 96;

/// Walks packets of one leg.
pub(crate) struct Walker<'n, 'a, S: Space> {
    pub(crate) network: &'n Network,
    pub(crate) arena: &'a mut S::Arena,
    pub(crate) leg: Leg,
}

/// A packet on its way: what gates see of it now, the part of the flow, and the checkpoints so far.
#[derive(Clone)]
pub(crate) struct Packet<S> {
    header: Header,
    flow: S,
    hops: Vec<Hop<S>>,
    /// For requests: where it came in since the last relay. For replies: where it has to leave.
    door: Door,
    /// The relays that it passed; for replies those that restored it.
    relays: Vec<Relay>,
    /// For replies: the relays that it still has to pass, the next one last.
    pending: Vec<Relay>,
    appliances: Vec<Ix<NetworkInterface>>,
    /// How many axes of the space devices have drawn by.
    draws: usize,
    /// The subnets by which it left attachments in appliance mode, where its answer leaves too (S3.34).
    pinned: Vec<(Ix<TransitGatewayAttachment>, Ix<Subnet>)>,
}

/// The parts of a packet by what a device picks for each; the packet itself if no axis is left to draw by.
type Drawn<S, T> = Result<Vec<(Packet<S>, T)>, Box<Packet<S>>>;

impl<S> Packet<S> {
    /// A request as its client sends it.
    pub(crate) fn request(family: Family, source: Seen, destination: Seen, flow: S) -> Packet<S> {
        let header = Header {
            family,
            source,
            destination,
            ports: Ports::OWN,
            through: None,
            between: Between::Nothing,
        };
        Packet {
            header,
            flow,
            hops: Vec::new(),
            door: Door::Inside,
            relays: Vec::new(),
            pending: Vec::new(),
            appliances: Vec::new(),
            draws: 0,
            pinned: Vec::new(),
        }
    }

    /// The reply to a request that arrived, as its server sends it.
    pub(crate) fn reply(request: &Way<S>, flow: S) -> Packet<S> {
        let header = Header {
            source: request.header.destination,
            destination: request.header.source,
            through: None,
            between: Between::Nothing,
            ..request.header
        };
        Packet {
            header,
            flow,
            hops: Vec::new(),
            door: request.door,
            relays: Vec::new(),
            pending: request.relays.clone(),
            appliances: Vec::new(),
            draws: request.draws,
            pinned: request.pinned.clone(),
        }
    }

    fn ends(self, arrival: Arrival) -> Way<S> {
        let Packet { flow, hops, header, relays, appliances, door, draws, pinned, .. } = self;
        Way { flow, hops, arrival, header, relays, appliances, door, draws, pinned }
    }

    /// Sends it on from another address and another port. `None` if no axis is left for the port.
    /// `before` is the packet as it came, whose family the device may have changed.
    fn relay(&mut self, device: Device, source: Seen, before: Header) -> Option<()> {
        let client = self.header.ports.relayed()?;
        let after = Header { ports: Ports { client, ..self.header.ports }, source, ..self.header };
        self.header = before;
        self.pass_relay(device, after);
        Some(())
    }

    /// Sends it on with another header, which the device puts back in the answer.
    fn pass_relay(&mut self, device: Device, after: Header) {
        let (source, hops) = (after.source, self.hops.len());
        self.relays.push(Relay { device, before: self.header, source, hops, door: self.door });
        self.header = Header { between: Between::Nothing, ..after };
        self.door = Door::Inside;
    }
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
        let Some(subnet) = subnet else {
            self.lacks_subnet(&mut packet, from);
            ways.push(packet.ends(Arrival::Lost));
            return ways;
        };
        self.host(&mut packet, from);
        self.security_groups(&mut packet, from, true);
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
        destination.interface().is_some_and(|to| {
            let instance = |interface| interfaces.at(interface).instance.as_ref();
            to == from || instance(from).is_some() && instance(from) == instance(to)
        })
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
        if packet.header.destination == Seen::Remote && self.leg == Leg::Request {
            let vpc = subnet
                .and_then(|subnet| resolved.vpc_of(subnet))
                .map(|vpc| self.network.model().vpcs.at(vpc));
            let noun = subnet.map(|subnet| self.network.model().subnets.at(subnet));
            for (address, service) in unfiltered::addresses(vpc, noun) {
                if Family::of(address) != packet.header.family {
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
            if let (Some(noun), None) = (noun, vpc) {
                ways.extend(self.maybe_resolver(packet, &noun.vpc));
            }
        }
        (ways, subnet)
    }

    /// Parts off what may ask the resolver of a VPC that the export lacks: its blocks are known by local routes only, and
    /// which is the primary one is not.
    fn maybe_resolver(&mut self, packet: &mut Packet<S>, vpc: &model::Id) -> Option<Way<S>> {
        let tables = self.network.model().route_tables.values().filter(|table| table.vpc == *vpc);
        let blocks = tables.flat_map(|table| &table.routes).filter_map(|route| {
            match (&route.target, &route.destination) {
                (Target::Local, model::Destination::Cidr(block)) => Some(*block),
                _ => None,
            }
        });
        let resolvers: Vec<IpNet> = blocks.filter_map(unfiltered::resolver_of).collect();
        let mut part = self.part_off(packet, &resolvers)?;
        let reason = format!("VPC `{vpc}` is not in the export: whether its resolver is asked is not known");
        self.unknown(&mut part, Checkpoint::Host { interface: None }, reason);
        Some(part.ends(Arrival::Lost))
    }

    /// The interface in the same subnet that the packet goes to, if it goes to one.
    fn neighbour(&self, subnet: Ix<Subnet>, destination: Seen) -> Option<Ix<NetworkInterface>> {
        let to = destination.interface()?;
        (self.network.resolved().subnet_of(to) == Some(subnet)).then_some(to)
    }

    /// Splits the packet by the routes of a subnet and goes on along each, past the subnet's list unless the device that
    /// the route names is in the subnet too (S3.24).
    fn route(&mut self, mut packet: Packet<S>, subnet: Ix<Subnet>) -> Vec<Way<S>> {
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
        for (choice, flow) in self.choices(table, &packet) {
            let mut part = Packet { flow, ..packet.clone() };
            let target = self.route_at(table, &choice).map(|route| &route.target);
            if target.and_then(|target| self.subnet_of_target(target)) != Some(subnet) {
                self.network_acl(&mut part, subnet, true);
            }
            ways.extend(self.follow(part, subnet, association, choice));
        }
        ways
    }

    fn choices(&mut self, table: Ix<RouteTable>, packet: &Packet<S>) -> Vec<(Choice, S)> {
        let Header { family, destination, .. } = packet.header;
        choose(self.network, table, family, destination, packet.flow.clone(), self.arena)
    }

    fn route_at(&self, table: Ix<RouteTable>, choice: &Choice) -> Option<&model::Route> {
        let Choice::Route(position) = choice else { return None };
        self.network.model().route_tables.at(table).routes.get(*position)
    }

    /// Goes on along one choice of a route table.
    fn follow(
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
        if self.leg == Leg::Reply && !same_door(&route.target, &packet) {
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
                self.pass(&mut packet, Checkpoint::GatewayEndpoint { endpoint }, Cause::Passed);
                packet.door = Door::GatewayEndpoint;
                self.beyond(packet)
            }
            Target::VpcEndpoint(_) => {
                let inspects = self.subnet_of_target(&route.target);
                if let Some(of_endpoint) = inspects.filter(|of_endpoint| *of_endpoint != subnet) {
                    self.network_acl(&mut packet, of_endpoint, false);
                }
                self.unmodelled(packet, &route.target)
            }
            Target::Other(_) => self.unmodelled(packet, &route.target),
        }
    }

    /// The subnet of the device that a route names, if it is in one.
    fn subnet_of_target(&self, target: &Target) -> Option<Ix<Subnet>> {
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
    fn unmodelled(&mut self, mut packet: Packet<S>, target: &Target) -> Vec<Way<S>> {
        let checkpoint = Checkpoint::Unmodelled { id: target.id().into(), kind: target.kind() };
        let reason = on_the_way(target);
        self.unknown(&mut packet, checkpoint, reason);
        self.beyond_unknown(&mut packet, target);
        vec![packet.ends(Arrival::Lost)]
    }

    /// Inside the VPC, to another subnet.
    fn local(&mut self, mut packet: Packet<S>, from: Ix<Subnet>) -> Vec<Way<S>> {
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
            if let Some(endpoint) = self.endpoint_of(to) {
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

    /// Parts the packet by what a device picks at random, in equal shares; as it is if there is one way only.
    fn draw<T>(&mut self, packet: Packet<S>, ways: Vec<T>) -> Drawn<S, T> {
        let count = ways.len();
        let mut ways = ways.into_iter();
        if count == 1 {
            return Ok(ways.next().map(|way| (packet, way)).into_iter().collect());
        }
        let Some(&axis) = [Field::Draw, Field::SecondDraw].get(packet.draws) else {
            return Err(Box::new(packet));
        };
        let mut parts = Vec::new();
        for (position, way) in ways.enumerate() {
            let region = Region::FULL.with(axis, drawn(position, count));
            let (flow, _) = packet.flow.clone().split(&region, self.arena);
            if !flow.is_empty() {
                parts.push((Packet { flow, draws: packet.draws + 1, ..packet.clone() }, way));
            }
        }
        Ok(parts)
    }
}

/// Why nobody knows what becomes of a packet behind a route's target.
fn on_the_way(target: &Target) -> String {
    let why = match target {
        Target::VpcEndpoint(_) => "what the appliances behind it do is not modelled",
        Target::Other(_) => "what is behind it is not modelled",
        _ => "it is not in the export",
    };
    format!("{} `{}` is on the way, and {why}", target.kind(), target.id())
}

/// Whether the answer may leave by a route's target, given where its request came in: what was translated on its way in
/// has to be translated back by the same gateway (S3.15).
fn same_door<S>(target: &Target, packet: &Packet<S>) -> bool {
    match (target, packet.door) {
        // Both drop answers of flows that they did not open (S3.22, S3.29, S12.7).
        (Target::NatGateway(_) | Target::EgressOnlyInternetGateway(_), _) => false,
        (Target::Local | Target::NetworkInterface(_) | Target::VpcEndpoint(_) | Target::Other(_), _) => true,
        (Target::InternetGateway(_), Door::InternetGateway | Door::Other) => true,
        // IPv6 is not translated.
        (Target::InternetGateway(_), _) => packet.header.family == Family::V6,
        // Nothing is translated inside a VPC or between private networks: any way back will do.
        (
            Target::VpcPeeringConnection(_) | Target::TransitGateway(_) | Target::VpnGateway(_),
            Door::Inside | Door::VpnGateway(_) | Door::TransitGateway(_) | Door::Other,
        ) => true,
        _ => false,
    }
}
