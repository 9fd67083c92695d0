//! The ways between two ends with their gates left open: one walk for all ends of the same sites.
//!
//! The walk is the one of every answer ([`crate::judge`]). What it finds is folded into what the routes and devices let
//! through whoever the ends are, and the list of gates that it met, with whose groups and whose address each looks at.

use model::{Holder, Ix, NetworkInterface, Subnet};
use rustc_hash::FxHashSet;
use space::{Diagrams, Set};

use super::ends::Ends;
use super::slices::Slices;
use crate::judge::{self, Goal, Passage, ways};
use crate::walk::Gates;
use crate::{Arrival, Cause, Checkpoint, Flow, Header, Hop, Leg, Network, Seen, Server, View, Way};

/// Who of the two ends something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// The client, or the public address by which it is known outside.
    Client {
        /// By that.
        public: bool,
    },
    /// The server, likewise.
    Server {
        /// By its public address.
        public: bool,
    },
}

/// A gate that a walk met.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct OpenGate {
    pub(super) gate: Which,
    /// How the packet looks to it; `peer` and `through` are those of the ends walked for.
    pub(super) view: View,
    /// The end that the peer is, if it is one.
    pub(super) peer: Option<Role>,
    pub(super) through: Option<Role>,
}

/// Which gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Which {
    NetworkAcl { at: Spot, egress: bool },
    SecurityGroups { of: Result<Ix<NetworkInterface>, Role>, egress: bool },
}

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Spot {
    /// This subnet's.
    Of(Ix<Subnet>),
    /// That of the subnet at this position of [`Near::subnets`].
    Near(usize),
}

/// The ends of a walk; `None` is the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair<'e> {
    pub(super) client: Option<&'e Holder>,
    pub(super) server: Option<&'e Holder>,
}

/// Between whom is walked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk<'a> {
    pub(super) family: space::Family,
    pub(super) pair: Pair<'a>,
    /// The subnets of [`Near`].
    pub(super) near: &'a [Ix<Subnet>],
}

/// The client's side of a walk that clients of many VPCs share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Near<'a> {
    /// The one of these clients whom the gates of its side see.
    pub(super) client: Option<&'a Holder>,
    /// The subnets of its VPC whose lists its packets pass, each client's in the same order; none where nobody shares the
    /// walk.
    pub(super) subnets: &'a [Ix<Subnet>],
}

#[derive(Debug)]
pub(super) struct Skeleton {
    trips: Vec<Trip>,
    /// The gates of security groups that stand on all ways there.
    always: Vec<OpenGate>,
    /// Whether all other gates are lists, or see neither end: then ends that no list tells apart have them in common.
    pub(super) settles: bool,
    /// Whether groups of the ends that face each other are among the others.
    pub(super) varies: bool,
    /// Interfaces on the way that are neither end: for one of these as an end, the way may be another.
    pub(super) passes: Vec<Ix<NetworkInterface>>,
    /// Whether gates look at more of the client than its site, the network ACLs' cuts and the server's groups see: then
    /// each class of a cohort has its own answer.
    pub(super) individual: bool,
    /// Whether it holds for these two ends only.
    pub(super) exact: bool,
}

#[derive(Debug)]
struct Trip {
    there: Part,
    without_reply: Passage<Set>,
    replies: Vec<Part>,
}

/// A way: what it lets through but for its open gates, and these.
#[derive(Debug)]
struct Part {
    passage: Passage<Set>,
    gates: Vec<OpenGate>,
}

impl Skeleton {
    /// Walks from a client to a server and back.
    pub(super) fn walk(
        network: &Network,
        ends: &Ends,
        walk: Walk<'_>,
        asked: Set,
        goal: Goal,
        sets: &mut Diagrams,
    ) -> Skeleton {
        let mut skeleton = Skeleton {
            trips: Vec::new(),
            always: Vec::new(),
            settles: false,
            varies: false,
            passes: Vec::new(),
            individual: false,
            exact: false,
        };
        let Walk { family, pair, near } = walk;
        let mut drawing =
            Drawing { network, ends, pair, near, passes: FxHashSet::default(), exact: false, noted: None };
        for trip in ways(network, &flow(family, pair), asked, goal, Gates::Open, sets) {
            let judge::Trip { request, one_way, replies } = trip;
            let there = drawing.part(&request, Leg::Request, sets);
            let without_reply = Passage::without_reply(&request, one_way);
            let replies = replies.iter().map(|reply| drawing.part(reply, Leg::Reply, sets)).collect();
            let trip = Trip { there, without_reply, replies };
            if trip.may_work() {
                skeleton.trips.push(trip);
            }
        }
        skeleton.passes = drawing.passes.into_iter().collect();
        skeleton.exact = drawing.exact;
        let individual = skeleton.gates().any(looks_closer);
        skeleton.individual = individual;
        skeleton.set_apart();
        skeleton
    }

    /// Sets the gates of security groups apart that all ways there meet: trips differ in what they carry, so what such a
    /// gate does to each of them it does to all together.
    fn set_apart(&mut self) {
        let Some((first, others)) = self.trips.split_first() else { return };
        let is_list = |gate: &OpenGate| matches!(gate.gate, Which::NetworkAcl { .. });
        let everywhere =
            |gate: &&OpenGate| !is_list(gate) && others.iter().all(|trip| trip.there.gates.contains(gate));
        self.always = first.there.gates.iter().filter(everywhere).cloned().collect();
        for trip in &mut self.trips {
            trip.there.gates.retain(|gate| !self.always.contains(gate));
        }
        let faces_an_end = |gate: &OpenGate| match gate.gate {
            Which::SecurityGroups { of: Err(Role::Client { .. }), .. } => true,
            Which::SecurityGroups { of: Err(Role::Server { .. }), egress } => !egress,
            _ => false,
        };
        let sees_an_end = |gate: &OpenGate| {
            let of_an_end = matches!(gate.gate, Which::SecurityGroups { of: Err(_), .. });
            of_an_end || gate.peer.is_some() || gate.through.is_some()
        };
        let rest = || self.trips.iter().flat_map(Trip::gates);
        self.settles = rest().all(|gate| is_list(gate) || !sees_an_end(gate));
        self.varies = rest().any(faces_an_end);
    }

    /// Whether nothing gets through whatever the gates do.
    pub(super) fn is_dead(&self) -> bool {
        self.trips.is_empty() && !self.exact
    }

    /// The gates on all ways.
    pub(super) fn gates(&self) -> impl Iterator<Item = &OpenGate> {
        self.always.iter().chain(self.trips.iter().flat_map(Trip::gates))
    }

    /// What passes between two ends of all that was walked for, but for the gates that are always met. With `masked` the
    /// server's own groups do not look at the client's. The lists of the client's side see `near`.
    pub(super) fn settle(
        &self,
        pair: Pair<'_>,
        near: Near<'_>,
        masked: bool,
        slices: &mut Slices<'_>,
        sets: &mut Diagrams,
    ) -> Passage<Set> {
        let mut settled = Passage { certain: Set::EMPTY, possible: Set::EMPTY };
        for trip in &self.trips {
            let there = trip.there.fill(pair, near, masked, slices, sets);
            if there.possible == Set::EMPTY {
                continue;
            }
            let mut back = trip.without_reply;
            for reply in &trip.replies {
                let reply = reply.fill(pair, near, masked, slices, sets);
                back = back.join(reply, sets);
            }
            settled = settled.join(there.meet(back, sets), sets);
        }
        settled
    }

    /// What of it the gates that are always met let through: those of one end's groups, or of all.
    pub(super) fn always(
        &self,
        mut passage: Passage<Set>,
        pair: Pair<'_>,
        masked: bool,
        of: impl Fn(&OpenGate) -> bool,
        slices: &mut Slices<'_>,
        sets: &mut Diagrams,
    ) -> Passage<Set> {
        // The server's first: many clients see the same ones, and what they stop needs no other.
        for gate in self.always.iter().rev().filter(|gate| of(gate)) {
            if passage.possible == Set::EMPTY {
                break;
            }
            let near = Near { client: pair.client, subnets: &[] };
            passage = passage.through(&slices.crossing(gate, pair, near, masked, sets), sets);
        }
        passage
    }
}

impl OpenGate {
    /// Whether it is one of the client's own groups.
    pub(super) fn is_of_client(&self) -> bool {
        matches!(self.gate, Which::SecurityGroups { of: Err(Role::Client { .. }), .. })
    }
}

/// Whether a gate looks at the client more closely than its cohort tells: all but network ACLs and, which a server's
/// row sees to, the server's own groups.
pub(super) fn looks_closer(gate: &OpenGate) -> bool {
    let own = Some(Role::Client { public: false });
    match gate.gate {
        Which::SecurityGroups { of: Err(Role::Server { .. }), egress: false } => {
            gate.peer == Some(Role::Client { public: true }) || gate.through == own
        }
        Which::SecurityGroups { of: Err(Role::Client { .. }), egress } => !egress,
        Which::SecurityGroups { .. } => {
            matches!(gate.peer, Some(Role::Client { .. }))
                || matches!(gate.through, Some(Role::Client { .. }))
        }
        Which::NetworkAcl { .. } => false,
    }
}

impl Trip {
    fn may_work(&self) -> bool {
        let back = self.without_reply.possible != Set::EMPTY
            || self.replies.iter().any(|reply| reply.passage.possible != Set::EMPTY);
        self.there.passage.possible != Set::EMPTY && back
    }

    fn gates(&self) -> impl Iterator<Item = &OpenGate> {
        self.there.gates.iter().chain(self.replies.iter().flat_map(|reply| &reply.gates))
    }
}

impl Part {
    fn fill(
        &self,
        pair: Pair<'_>,
        near: Near<'_>,
        masked: bool,
        slices: &mut Slices<'_>,
        sets: &mut Diagrams,
    ) -> Passage<Set> {
        let mut passage = self.passage;
        for gate in &self.gates {
            if passage.possible == Set::EMPTY {
                break;
            }
            let crossing = slices.crossing(gate, pair, near, masked, sets);
            passage = passage.through(&crossing, sets);
        }
        passage
    }
}

struct Drawing<'n> {
    network: &'n Network,
    ends: &'n Ends,
    pair: Pair<'n>,
    near: &'n [Ix<Subnet>],
    passes: FxHashSet<Ix<NetworkInterface>>,
    exact: bool,
    /// The last header that was looked at.
    noted: Option<Header>,
}

impl Drawing<'_> {
    fn part(&mut self, way: &Way<Set>, leg: Leg, sets: &mut Diagrams) -> Part {
        let is_open = |hop: &Hop<Set>| hop.cause == Cause::Rules;
        let passage = Passage::of(way, |hop| !is_open(hop), sets);
        let mut gates: Vec<OpenGate> = Vec::new();
        for hop in &way.hops {
            if is_open(hop)
                && let Some(gate) = self.gate(hop, leg)
                && !gates.contains(&gate)
            {
                gates.push(gate);
            }
            self.note(hop);
        }
        for relay in &way.relays {
            self.pass(relay.device.holder().map(|holder| holder.interface));
        }
        self.note_header(&way.header);
        if let Arrival::Interface(interface) = way.arrival {
            self.pass(Some(interface));
        }
        Part { passage, gates }
    }

    fn gate(&mut self, hop: &Hop<Set>, leg: Leg) -> Option<OpenGate> {
        self.note_header(&hop.header);
        let (gate, view) = match hop.checkpoint {
            Checkpoint::NetworkAcl { subnet, acl, egress } => {
                acl.ix()?;
                let near = self.near.iter().position(|near| *near == subnet);
                let at = near.map_or(Spot::Of(subnet), Spot::Near);
                (Which::NetworkAcl { at, egress }, hop.header.view(leg, egress))
            }
            Checkpoint::SecurityGroups { interface, egress } => {
                let of = self.role(interface).map_or(Ok(interface), Err);
                let view = self.network.as_seen_by_groups(interface, &hop.header, leg, egress);
                (Which::SecurityGroups { of, egress }, view)
            }
            _ => return None,
        };
        let peer = self.end(view.peer);
        let through = view.through.and_then(|interface| self.role(interface));
        Some(OpenGate { gate, view, peer, through })
    }

    /// The end that an interface is.
    fn role(&self, interface: Ix<NetworkInterface>) -> Option<Role> {
        let is = |end: Option<&Holder>| end.is_some_and(|holder| holder.interface == interface);
        match (is(self.pair.client), is(self.pair.server)) {
            (true, _) => Some(Role::Client { public: false }),
            (_, true) => Some(Role::Server { public: false }),
            _ => None,
        }
    }

    /// The end whose address it is.
    fn end(&mut self, seen: Seen) -> Option<Role> {
        let Seen::Fixed { address, interface } = seen else { return None };
        let ends = [(self.pair.client, true), (self.pair.server, false)];
        for (holder, is_client) in ends {
            let Some(holder) = holder else { continue };
            let role = |public| if is_client { Role::Client { public } } else { Role::Server { public } };
            if interface == Some(holder.interface) {
                // Another address of it: whether others of its site have one like it, nobody has looked.
                self.exact |= address != holder.address;
                return (address == holder.address).then(|| role(false));
            }
            let noun = self.network.model().network_interfaces.at(holder.interface);
            if interface.is_none()
                && noun.public_of(holder.address).map(std::net::IpAddr::V4) == Some(address)
            {
                return Some(role(true));
            }
        }
        None
    }

    fn note_header(&mut self, header: &Header) {
        // Mostly nothing has changed it since the last gate.
        if self.noted.replace(*header) == Some(*header) {
            return;
        }
        self.end(header.source);
        self.end(header.destination);
        self.pass(header.source.interface());
        self.pass(header.destination.interface());
        self.pass(header.through);
    }

    fn note(&mut self, hop: &Hop<Set>) {
        match &hop.checkpoint {
            Checkpoint::Route { subnet, .. } => self.leaves(*subnet, &hop.header),
            Checkpoint::Host { interface } => self.pass(*interface),
            Checkpoint::SecurityGroups { interface, .. } | Checkpoint::Appliance { interface } => {
                self.pass(Some(*interface));
            }
            Checkpoint::LoadBalancer { node, .. } => self.pass(Some(*node)),
            _ => {}
        }
    }

    /// Whether an end is in a subnet shows where a packet to it leaves that subnet. That is part of the ends' sites for
    /// subnets in which something is, be it this one or the end's own; for others it is not.
    fn leaves(&mut self, subnet: Ix<Subnet>, header: &Header) {
        let subnet_of = |interface| self.network.resolved().subnet_of(interface);
        let mut ends = [self.pair.client, self.pair.server].into_iter().flatten();
        let own = |end: &Holder| subnet_of(end.interface) == Some(subnet);
        let Some(end) = header.destination.interface().filter(|to| self.role(*to).is_some()) else { return };
        let told = [Some(subnet), subnet_of(end)].into_iter().flatten();
        self.exact |= !told.into_iter().any(|of| self.ends.hosting.contains(&of)) && !ends.any(own);
    }

    fn pass(&mut self, interface: Option<Ix<NetworkInterface>>) {
        self.passes.extend(interface.filter(|interface| self.role(*interface).is_none()));
    }
}

/// The flow between two ends: an interface is asked at its own address by others and at its public one from outside.
fn flow(family: space::Family, pair: Pair<'_>) -> Flow {
    let server = match (pair.client, pair.server) {
        (_, None) => Server::Beyond,
        (None, Some(server)) => Server::Public(*server),
        (Some(_), Some(server)) => Server::Interface(*server),
    };
    Flow { family, client: pair.client.copied(), server }
}
