//! The ways of a pair, there and back: which gates are reached, from where to where.

use engine::{Arrival, Device, Header, Leg as Direction, Network, Ports, Relay, RoundTrip, Seen};
use model::{Ix, NetworkInterface};
use space::{Diagrams, Field, Set, from_value};

use super::gates::named;
use super::pairs::AskedPair;
use super::{Leg, Segment, Way, words};
use crate::ends::{Held, name_of, shown_address};

/// Writes down the ways of one pair.
pub(super) struct Writer<'a> {
    pub(super) network: &'a Network,
    pub(super) asked: &'a AskedPair,
    pub(super) rules: bool,
    pub(super) sets: &'a mut Diagrams,
}

impl Writer<'_> {
    /// A way there and the ways back.
    pub(super) fn way(&mut self, trip: &RoundTrip<Set>, all: Set) -> Way {
        let carries = words::part(self.sets, self.asked.flow.family, trip.request.flow, all);
        let (request, alive) =
            self.leg(&trip.request, Direction::Request, trip.request.flow, trip.request.flow);
        let mut replies = Vec::new();
        for reply in &trip.replies {
            let here = self.sets.intersect(alive, reply.flow);
            replies.push(self.leg(reply, Direction::Reply, here, trip.request.flow).0);
        }
        Way { carries, request, replies }
    }

    /// One direction, and what is left at its end. `alive` is what still comes to its first gate.
    fn leg(&mut self, way: &engine::Way<Set>, leg: Direction, mut alive: Set, whole: Set) -> (Leg, Set) {
        let (client, server) =
            (self.address(self.asked.client, true), self.address(self.asked.server, false));
        let ports = self.ports(way.flow);
        let (from, to) = match (leg, way.hops.first()) {
            (Direction::Request, _) => (format!("{client}{}", ports.0), format!("{server}{}", ports.1)),
            (Direction::Reply, Some(first)) if !way.relays.is_empty() => {
                self.ends_of(&first.header, leg, way.flow)
            }
            (Direction::Reply, _) => (format!("{server}{}", ports.1), format!("{client}{}", ports.0)),
        };
        let mut gates = Vec::new();
        for hop in &way.hops {
            let reached = alive != Set::EMPTY;
            gates.push(self.gate(hop, leg, way.flow, reached));
            let possible = self.sets.union(hop.crossing.passed, hop.crossing.unknown);
            alive = self.sets.intersect(alive, possible);
        }
        let arrives = match way.arrival {
            Arrival::Interface(interface) => name_of(self.network, interface),
            Arrival::Beyond if leg == Direction::Request => {
                format!("{}, assumed to answer", self.asked.beyond)
            }
            Arrival::Beyond => self.asked.beyond.clone(),
            Arrival::Service(service) => format!("{service}, whose traffic is never filtered"),
            Arrival::SameHost => "the sending host itself: nothing leaves it".into(),
            Arrival::Lost => String::new(),
        };
        let carries = words::part(self.sets, self.asked.flow.family, way.flow, whole);
        let segments = self.segments(way, leg);
        (Leg { from, to, carries, gates, segments, arrives }, alive)
    }

    /// Where the packet is sent on with other addresses or ports.
    fn segments(&self, way: &engine::Way<Set>, leg: Direction) -> Vec<Segment> {
        let model = self.network.model();
        let segment = |relay: &Relay| {
            let header = way.hops.get(relay.hops).map_or(way.header, |hop| hop.header);
            let (from, to) = self.ends_of(&header, leg, way.flow);
            let by = match relay.device {
                Device::NatGateway(gateway, _) => named(model.nat_gateways.at(gateway)).to_owned(),
                Device::NatInstance(holder) | Device::Endpoint(holder) => {
                    name_of(self.network, holder.interface)
                }
                Device::LoadBalancer(balancer, _) => named(model.load_balancers.at(balancer)).to_owned(),
            };
            Segment { by, first_gate: relay.hops, from, to }
        };
        way.relays.iter().map(segment).collect()
    }

    /// Source and destination with their ports, as a packet's header has them.
    fn ends_of(&self, header: &Header, leg: Direction, flow: Set) -> (String, String) {
        let address = |seen| match seen {
            Seen::Fixed { address, interface } => match interface.and_then(|ix| self.stand_in(ix)) {
                Some(words) => words,
                None => shown_address(self.network, address),
            },
            Seen::Remote | Seen::Embedded => self.address(None, true),
            Seen::Unknown => "some address".into(),
        };
        let (client, server) = match (self.ports(flow).0.is_empty(), header.ports) {
            (true, _) => (String::new(), String::new()),
            (false, Ports { client, server }) => {
                let client = match client {
                    Field::Client => words::ranges(self.sets, flow, Field::Client),
                    axis => words::relayed(self.sets, flow, axis),
                };
                let server = server
                    .map_or_else(|| words::ranges(self.sets, flow, Field::Server), |port| port.to_string());
                (format!(":{client}"), format!(":{server}"))
            }
        };
        let (source, destination) = (address(header.source), address(header.destination));
        match leg {
            Direction::Request => (format!("{source}{client}"), format!("{destination}{server}")),
            Direction::Reply => (format!("{source}{server}"), format!("{destination}{client}")),
        }
    }

    /// How an interface is spoken of whose address nobody knows.
    fn stand_in(&self, interface: Ix<NetworkInterface>) -> Option<String> {
        self.network.model().network_interfaces.at(interface).stand_in?;
        Some(name_of(self.network, interface))
    }

    /// The ports of client and server, as `:443`; empty for protocols without.
    fn ports(&self, flow: Set) -> (String, String) {
        let protocols = self.sets.ranges(flow, Field::Protocol);
        let single =
            protocols.first().filter(|_| protocols.len() == 1).map(|range| (*range.start(), *range.end()));
        match single {
            Some((6, 6) | (17, 17)) => {
                let ports = |field| format!(":{}", words::ranges(self.sets, flow, field));
                (ports(Field::Client), ports(Field::Server))
            }
            _ => (String::new(), String::new()),
        }
    }

    /// The address by which the packet knows an end.
    fn address(&self, held: Option<Held>, client: bool) -> String {
        match held {
            None => match self.sets.ranges(self.asked.asked, Field::Remote).as_slice() {
                [one] if one.start() == one.end() => from_value(self.asked.flow.family, *one.start())
                    .map_or_else(|| self.asked.beyond.clone(), |address| address.to_string()),
                _ => self.asked.beyond.clone(),
            },
            Some(Held { holder, .. }) if self.stand_in(holder.interface).is_some() => {
                name_of(self.network, holder.interface)
            }
            Some(Held { holder, by_public }) => {
                let noun = self.network.model().network_interfaces.at(holder.interface);
                let by_public = !client && (by_public || self.asked.client.is_none());
                let public = noun.public_of(holder.address).filter(|_| by_public);
                public.map_or_else(|| holder.address.to_string(), |public| public.to_string())
            }
        }
    }
}
