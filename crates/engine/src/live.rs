//! What becomes of connections that are open when rules change or when they fall idle (S1.37 to S1.46, S2.16).

use model::{Ix, NetworkInterface, Timeouts};
use space::{Family, Space};

use crate::judge::expecting_reply;
use crate::{Checkpoint, Flow, Judgement, Leg, Network, RoundTrip, Way, cross, facts, judge};

/// What becomes of the open connections of a flow when the network changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate<S> {
    /// Goes on.
    pub continues: S,
    /// Is cut at once.
    pub cut: S,
    /// Nobody can say.
    pub unknown: S,
}

/// The fate of the connections that work in `old`, as `before` says, when that becomes `after`: what is tracked needs no
/// rule of a security group any more, everything else is judged anew (S1.37 to S1.39, S1.42, S1.46, S2.16). The two
/// networks may be read from two exports: an interface is known by its id. `flow` is that of `after`.
pub fn fate<S: Space>(
    old: &Network,
    before: &Judgement<S>,
    after: &Network,
    flow: &Flow,
    arena: &mut S::Arena,
) -> Fate<S> {
    let open = before.works.clone();
    let judged = judge(after, flow, open.clone(), arena);
    let mut survival = Survival { old, before, after, family: flow.family, arena };
    let (mut continues, mut possible) = (S::nothing(), S::nothing());
    for trip in &judged.trips {
        let certain = survival.of_trip(trip, false);
        let maybe = survival.of_trip(trip, true);
        continues = continues.join(certain, survival.arena);
        possible = possible.join(maybe, survival.arena);
    }
    let cut = open.minus(possible.clone(), arena);
    Fate { unknown: possible.minus(continues.clone(), arena), cut, continues }
}

struct Survival<'a, S: Space> {
    old: &'a Network,
    before: &'a Judgement<S>,
    after: &'a Network,
    family: Family,
    arena: &'a mut S::Arena,
}

impl<S: Space> Survival<'_, S> {
    /// What of a trip goes on both ways; with `maybe` also what may.
    fn of_trip(&mut self, trip: &RoundTrip<S>, maybe: bool) -> S {
        let alive = self.survivors(&trip.request, Leg::Request, maybe);
        if trip.replies.is_empty() {
            return alive;
        }
        // What expects no reply needs none to go on (S0.2).
        let (_, one_way) = expecting_reply(self.family, trip.request.flow.clone(), self.arena);
        let back = trip.replies.iter().fold(one_way, |back, reply| {
            let survivors = self.survivors(reply, Leg::Reply, maybe);
            back.join(survivors, self.arena)
        });
        alive.meet(back, self.arena)
    }

    /// The open connections whose packets go on along a way of the changed network.
    fn survivors(&mut self, way: &Way<S>, leg: Leg, maybe: bool) -> S {
        way.hops.iter().fold(way.flow.clone(), |alive, hop| {
            let mut crossing = hop.crossing.clone();
            if let Checkpoint::SecurityGroups { interface, egress } = hop.checkpoint {
                // The direction in which the flow was first seen here.
                let first = if leg == Leg::Request { egress } else { !egress };
                let tracked = self.tracked(interface, first);
                let view = self.after.as_seen_by_groups(interface, &hop.header, leg, egress);
                let gate = self.after.security_groups(interface, egress);
                crossing = cross(&gate, &view, alive.clone(), self.after, self.arena, &mut ());
                crossing.passed = crossing.passed.join(tracked, self.arena);
            }
            let unknown = if maybe { crossing.unknown } else { S::nothing() };
            let passes = crossing.passed.join(unknown, self.arena);
            alive.meet(passes, self.arena)
        })
    }

    /// What the groups of an interface kept track of when they admitted it.
    fn tracked(&mut self, interface: Ix<NetworkInterface>, egress: bool) -> S {
        let id = &self.after.model().network_interfaces.at(interface).id;
        let Some(interface) = self.old.model().network_interfaces.ix(id.as_str()) else {
            return S::nothing();
        };
        let here = Checkpoint::SecurityGroups { interface, egress };
        let hops =
            self.before.trips.iter().flat_map(|trip| &trip.request.hops).filter(|hop| hop.checkpoint == here);
        hops.fold(S::nothing(), |tracked, hop| {
            let kept = hop.crossing.passed.clone().minus(hop.untracked.clone(), self.arena);
            tracked.join(kept, self.arena)
        })
    }
}

/// Whether an interface still knows a flow that has been idle for some seconds (S1.43, S1.44, S1.31).
/// `answered` says whether more than one request or response was seen, which UDP counts as a stream.
pub fn after_idle(timeouts: &Timeouts, protocol: u8, answered: bool, seconds: u32) -> bool {
    let (tcp, stream, udp) = facts::IDLE_TIMEOUTS;
    let limit = match protocol {
        6 => timeouts.tcp_established.unwrap_or(tcp),
        17 if answered => timeouts.udp_stream.unwrap_or(stream),
        17 => timeouts.udp.unwrap_or(udp),
        _ => facts::IDLE_OTHER,
    };
    seconds <= limit
}
