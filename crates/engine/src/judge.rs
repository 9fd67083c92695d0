//! There and back, folded into one judgement (S0.5, S0.6).

use model::{Holder, InterfaceType};
use space::{Family, Space};

use crate::walk::{Gates, Packet, Walker, stands_for};
use crate::{Arrival, Crossing, Hop, Leg, Network, Seen, Way, facts, icmp};

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

/// How far a connection has to get to count as one that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Goal {
    /// Its request arrives, whatever becomes of replies: what nothing of may get in has to be stopped before that.
    Delivered,
    /// A reply gets back too, where one is expected (S0.2).
    #[default]
    Answered,
}

/// A way of the request and the ways of its replies.
#[derive(Debug, Clone)]
pub struct RoundTrip<S> {
    /// There.
    pub request: Way<S>,
    /// Back. Empty where none is expected or asked for, or nothing arrived.
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
    /// What works.
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
    judge_for(Goal::Answered, network, flow, asked, arena)
}

/// Judges a flow: what of `asked` gets as far as `goal`.
pub fn judge_for<S: Space>(
    goal: Goal,
    network: &Network,
    flow: &Flow,
    asked: S,
    arena: &mut S::Arena,
) -> Judgement<S> {
    let mut judgement =
        Judgement { asked: asked.clone(), works: S::nothing(), unknown: S::nothing(), trips: Vec::new() };
    for Trip { mut request, one_way, replies } in ways(network, flow, asked, goal, Gates::Crossed, arena) {
        if automatically_tracked(network, flow, &request) {
            request.hops.iter_mut().for_each(|hop| hop.untracked = S::nothing());
        }
        let there = Passage::of(&request, |_| true, arena);
        let mut back = Passage::without_reply(&request, one_way);
        for reply in &replies {
            let reply = Passage::of(reply, |_| true, arena);
            back = back.join(reply, arena);
        }
        let (works, unknown) = there.meet(back, arena).works(arena);
        judgement.works = judgement.works.join(works.clone(), arena);
        judgement.unknown = judgement.unknown.join(unknown.clone(), arena);
        judgement.trips.push(RoundTrip { request, replies, works, unknown });
    }
    judgement
}

/// A way of a request and the ways of its replies.
pub(crate) struct Trip<S> {
    pub(crate) request: Way<S>,
    /// What of it expects no reply, or is asked to arrive only.
    pub(crate) one_way: S,
    pub(crate) replies: Vec<Way<S>>,
}

/// The ways of a request, each with the ways of its replies if these are asked for.
pub(crate) fn ways<S: Space>(
    network: &Network,
    flow: &Flow,
    asked: S,
    goal: Goal,
    gates: Gates,
    arena: &mut S::Arena,
) -> Vec<Trip<S>> {
    // Each way carries a part of what is asked: what expects a reply is found once for all.
    let answered = match goal {
        Goal::Answered => expecting_reply(flow.family, asked.clone(), arena).0,
        Goal::Delivered => S::nothing(),
    };
    let requests = requests(network, flow, asked, gates, arena);
    let with_replies = requests.into_iter().map(|request| {
        let queries = request.flow.clone().meet(answered.clone(), arena);
        let one_way = request.flow.clone().minus(queries.clone(), arena);
        let replies = match request.arrival {
            Arrival::Interface(_) | Arrival::Beyond => answers(network, &request, queries, gates, arena),
            Arrival::SameHost | Arrival::Service(_) | Arrival::Lost => Vec::new(),
        };
        Trip { request, one_way, replies }
    });
    with_replies.collect()
}

/// What gets through some checkpoints: for certain, and at best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passage<S> {
    pub(crate) certain: S,
    pub(crate) possible: S,
}

impl<S: Space> Passage<S> {
    /// What gets through those checkpoints of a way that `counts` picks.
    pub(crate) fn of(way: &Way<S>, counts: impl Fn(&Hop<S>) -> bool, arena: &mut S::Arena) -> Passage<S> {
        let whole = Passage { certain: way.flow.clone(), possible: way.flow.clone() };
        let hops = way.hops.iter().filter(|hop| counts(hop));
        hops.fold(whole, |passage, hop| passage.through(&hop.crossing, arena))
    }

    /// What needs no reply to have worked, or has one that nothing filters: messages that expect none are through when
    /// they arrive (S0.2), and a request that is lost for want of knowledge may be answered. All, if none is asked for.
    pub(crate) fn without_reply(request: &Way<S>, one_way: S) -> Passage<S> {
        match request.arrival {
            Arrival::SameHost | Arrival::Service(_) => {
                Passage { certain: request.flow.clone(), possible: request.flow.clone() }
            }
            Arrival::Lost => Passage { certain: one_way, possible: request.flow.clone() },
            Arrival::Interface(_) | Arrival::Beyond => {
                Passage { certain: one_way.clone(), possible: one_way }
            }
        }
    }

    /// What of it gets through one more checkpoint.
    pub(crate) fn through(self, crossing: &Crossing<S>, arena: &mut S::Arena) -> Passage<S> {
        let at_best = crossing.passed.clone().join(crossing.unknown.clone(), arena);
        let certain = self.certain.meet(crossing.passed.clone(), arena);
        Passage { certain, possible: self.possible.meet(at_best, arena) }
    }

    /// What gets through here or there.
    pub(crate) fn join(self, other: Passage<S>, arena: &mut S::Arena) -> Passage<S> {
        let certain = self.certain.join(other.certain, arena);
        Passage { certain, possible: self.possible.join(other.possible, arena) }
    }

    /// What gets through both here and there.
    pub(crate) fn meet(self, other: Passage<S>, arena: &mut S::Arena) -> Passage<S> {
        let certain = self.certain.meet(other.certain, arena);
        Passage { certain, possible: self.possible.meet(other.possible, arena) }
    }

    /// What of it is among some connections.
    pub(crate) fn among(self, connections: S, arena: &mut S::Arena) -> Passage<S> {
        self.meet(Passage { certain: connections.clone(), possible: connections }, arena)
    }

    /// What works, and what else may.
    pub(crate) fn works(self, arena: &mut S::Arena) -> (S, S) {
        (self.certain.clone(), self.possible.minus(self.certain, arena))
    }
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

fn requests<S: Space>(
    network: &Network,
    flow: &Flow,
    asked: S,
    gates: Gates,
    arena: &mut S::Arena,
) -> Vec<Way<S>> {
    let mut walker = Walker { network, arena, leg: Leg::Request, gates };
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

/// The ways of the reply to what arrived.
fn answers<S: Space>(
    network: &Network,
    request: &Way<S>,
    queries: S,
    gates: Gates,
    arena: &mut S::Arena,
) -> Vec<Way<S>> {
    if queries.is_empty() {
        return Vec::new();
    }
    let packet = Packet::reply(request, queries);
    let mut walker = Walker { network, arena, leg: Leg::Reply, gates };
    let mut replies = match request.arrival {
        Arrival::Interface(server) => walker.sent_by(server, packet),
        _ => walker.answer_from_beyond(packet),
    };
    replies.iter_mut().for_each(|reply| walker.same_appliances(request, reply));
    replies
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
