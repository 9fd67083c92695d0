//! There and back, folded into one judgement (S0.5, S0.6).

use model::{Holder, InterfaceType};
use space::{Family, Space};

use crate::walk::{Packet, Walker, stands_for};
use crate::{Arrival, Leg, Network, Seen, Way, facts, icmp};

/// The server's side of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// An interface, by its own address.
    Interface(Holder),
    /// An interface, by the public address that an internet gateway gives it.
    Public(Holder),
    /// Addresses that no interface of the export holds: the remote axis of the space.
    Beyond,
}

/// Who asks whom. At most one of the two is beyond the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// The family of its packets.
    pub family: Family,
    /// The client: an interface, or addresses beyond the export.
    pub client: Option<Holder>,
    /// The server.
    pub server: Server,
}

/// A way of the request and the ways of its replies.
#[derive(Debug, Clone)]
pub struct RoundTrip<S> {
    /// There.
    pub request: Way<S>,
    /// Back. Empty where none is expected or nothing arrived.
    pub replies: Vec<Way<S>>,
    /// What works both ways.
    pub works: S,
    /// What may work.
    pub unknown: S,
}

/// What is said of a connection or a set of them (S0.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// All of it works.
    Allowed,
    /// Some works and some does not.
    Partial,
    /// None works.
    Blocked,
    /// It depends on something that is not known.
    Undecided,
}

/// The judgement of a flow.
#[derive(Debug, Clone)]
pub struct Judgement<S> {
    /// What was asked.
    pub asked: S,
    /// What works both ways.
    pub works: S,
    /// What may work.
    pub unknown: S,
    /// The ways, disjoint in what they carry.
    pub trips: Vec<RoundTrip<S>>,
}

impl<S: Space> Judgement<S> {
    /// The verdict. 'Do not know' becomes neither allowed nor blocked; where some works for certain and some for
    /// certain does not, it is partial whatever the rest.
    pub fn verdict(&self, arena: &mut S::Arena) -> Verdict {
        let certain = self.works.clone().join(self.unknown.clone(), arena);
        let blocked = self.asked.clone().minus(certain, arena);
        match (self.works.is_empty(), blocked.is_empty(), self.unknown.is_empty()) {
            (false, true, true) => Verdict::Allowed,
            (true, _, true) => Verdict::Blocked,
            (false, false, _) => Verdict::Partial,
            _ => Verdict::Undecided,
        }
    }
}

/// Judges a flow: all of `asked`, there and back.
pub fn judge<S: Space>(network: &Network, flow: &Flow, asked: S, arena: &mut S::Arena) -> Judgement<S> {
    let mut judgement =
        Judgement { asked: asked.clone(), works: S::nothing(), unknown: S::nothing(), trips: Vec::new() };
    for mut request in requests(network, flow, asked, arena) {
        if automatically_tracked(network, flow, &request) {
            request.hops.iter_mut().for_each(|hop| hop.untracked = S::nothing());
        }
        let trip = round_trip(network, flow, request, arena);
        judgement.works = judgement.works.join(trip.works.clone(), arena);
        judgement.unknown = judgement.unknown.join(trip.unknown.clone(), arena);
        judgement.trips.push(trip);
    }
    judgement
}

/// Whether groups keep track of all that takes this way, whatever their rules: for what it passes, anywhere on the
/// way, or for what an end of it is (S1.34).
fn automatically_tracked<S>(network: &Network, flow: &Flow, way: &Way<S>) -> bool {
    let passed = way.hops.iter().filter_map(|hop| hop.checkpoint.device(network));
    let server = match flow.server {
        Server::Interface(holder) | Server::Public(holder) => Some(holder),
        Server::Beyond => None,
    };
    let ends = [flow.client, server].into_iter().flatten().filter_map(|holder| {
        let interface = network.model().network_interfaces.at(holder.interface);
        match interface.interface_type {
            InterfaceType::Lambda => Some("Lambda function"),
            _ => stands_for(interface),
        }
    });
    passed.chain(ends).any(|kind| facts::AUTOMATICALLY_TRACKED.contains(&kind))
}

fn requests<S: Space>(network: &Network, flow: &Flow, asked: S, arena: &mut S::Arena) -> Vec<Way<S>> {
    let mut walker = Walker { network, arena, leg: Leg::Request };
    let to = match flow.server {
        Server::Interface(to) => own(to),
        Server::Public(to) => public(network, to),
        Server::Beyond => Seen::Remote,
    };
    match (flow.client, flow.server) {
        (Some(from), _) => {
            let packet = Packet::request(flow.family, own(from), to, asked);
            walker.sent_by(from.interface, packet)
        }
        (None, Server::Interface(holder) | Server::Public(holder)) => {
            let packet = Packet::request(flow.family, Seen::Remote, to, asked);
            walker.arriving_at(holder, packet)
        }
        (None, Server::Beyond) => Vec::new(),
    }
}

fn own(holder: Holder) -> Seen {
    Seen::Fixed { address: holder.address, interface: Some(holder.interface) }
}

/// The address by which the world knows a holder: its public one in IPv4, its own in IPv6.
fn public(network: &Network, holder: Holder) -> Seen {
    let noun = network.model().network_interfaces.at(holder.interface);
    match noun.public_of(holder.address) {
        Some(public) => Seen::Fixed { address: public.into(), interface: None },
        None => own(holder),
    }
}

fn round_trip<S: Space>(
    network: &Network,
    flow: &Flow,
    request: Way<S>,
    arena: &mut S::Arena,
) -> RoundTrip<S> {
    let (there, maybe_there) = through(&request, arena);
    // Messages that expect no reply are through when they arrive.
    let (queries, one_way) = expecting_reply(flow.family, request.flow.clone(), arena);
    let mut back = one_way.clone();
    let mut maybe_back = one_way;
    let mut replies = Vec::new();
    match request.arrival {
        Arrival::SameHost | Arrival::Service(_) => {
            back = request.flow.clone();
            maybe_back = request.flow.clone();
        }
        // A request that is lost for want of knowledge may be answered.
        Arrival::Lost => maybe_back = request.flow.clone(),
        Arrival::Interface(_) | Arrival::Beyond => replies = answers(network, &request, queries, arena),
    }
    for reply in &replies {
        let (passed, maybe) = through(reply, arena);
        back = back.join(passed, arena);
        maybe_back = maybe_back.join(maybe, arena);
    }
    let works = there.meet(back, arena);
    let unknown = maybe_there.meet(maybe_back, arena).minus(works.clone(), arena);
    RoundTrip { request, replies, works, unknown }
}

/// The ways of the reply to what arrived.
fn answers<S: Space>(network: &Network, request: &Way<S>, queries: S, arena: &mut S::Arena) -> Vec<Way<S>> {
    if queries.is_empty() {
        return Vec::new();
    }
    let packet = Packet::reply(request, queries);
    let mut walker = Walker { network, arena, leg: Leg::Reply };
    let mut replies = match request.arrival {
        Arrival::Interface(server) => walker.sent_by(server, packet),
        _ => walker.answer_from_beyond(packet),
    };
    replies.iter_mut().for_each(|reply| walker.same_appliances(request, reply));
    replies
}

/// What passes every checkpoint of a way for certain, and what may.
fn through<S: Space>(way: &Way<S>, arena: &mut S::Arena) -> (S, S) {
    let (mut passed, mut maybe) = (way.flow.clone(), way.flow.clone());
    for hop in &way.hops {
        passed = passed.meet(hop.crossing.passed.clone(), arena);
        let possible = hop.crossing.passed.clone().join(hop.crossing.unknown.clone(), arena);
        maybe = maybe.meet(possible, arena);
    }
    (passed, maybe)
}

/// Splits a flow into what expects a reply and what does not: ICMP messages that are no queries (S0.2).
pub(crate) fn expecting_reply<S: Space>(family: Family, flow: S, arena: &mut S::Arena) -> (S, S) {
    let icmp = space::Region::FULL.protocol(icmp::number(family));
    let (mut one_way, mut queries) = flow.split(&icmp, arena);
    for region in icmp::queries(family) {
        let (query, others) = one_way.split(&region, arena);
        one_way = others;
        queries = queries.join(query, arena);
    }
    (queries, one_way)
}
