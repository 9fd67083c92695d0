//! What becomes of connections that are open when rules change or when they fall idle (S1.37 to S1.46, S2.16).

use model::{Ix, NetworkInterface, Timeouts};
use space::{Family, Space};

use crate::judge::expecting_reply;
use crate::{Checkpoint, Flow, Judgement, Leg, Network, View, Way, cross, facts, judge};

/// Whether an interface's groups keep track of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tracking {
    /// By its rules: the reply passes and the flow outlives its rule (S1.30, S1.37).
    Tracked,
    /// Not: each packet is judged by the rules of its direction (S1.32, S1.38).
    Untracked,
    /// Whatever the rules, because of what it passes on its way (S1.34).
    Automatic,
}

/// What becomes of the open connections of a flow when the network changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate<S> {
    /// Goes on.
    pub continues: S,
    /// Is cut at once.
    pub cut: S,
}

/// The fate of the connections that work `before` when the network becomes `after`: what is tracked needs no rule of
/// a security group any more, everything else is judged anew (S1.37 to S1.39, S1.42, S1.46, S2.16).
pub fn fate<S: Space>(before: &Judgement<S>, after: &Network, flow: &Flow, arena: &mut S::Arena) -> Fate<S> {
    let open = before.works.clone();
    let judged = judge(after, flow, open.clone(), arena);
    let mut judge = Survival { before, after, family: flow.family, arena };
    let mut continues = S::nothing();
    for trip in &judged.trips {
        let mut alive = judge.survivors(&trip.request, Leg::Request);
        if !trip.replies.is_empty() {
            let back = trip.replies.iter().fold(S::nothing(), |back, reply| {
                let survivors = judge.survivors(reply, Leg::Reply);
                back.join(survivors, judge.arena)
            });
            // What expects no reply needs none to go on (S0.2).
            let (_, one_way) = expecting_reply(flow.family, trip.request.flow.clone(), judge.arena);
            let back = back.join(one_way, judge.arena);
            alive = alive.meet(back, judge.arena);
        }
        continues = continues.join(alive, judge.arena);
    }
    Fate { cut: open.minus(continues.clone(), arena), continues }
}

struct Survival<'a, S: Space> {
    before: &'a Judgement<S>,
    after: &'a Network,
    family: Family,
    arena: &'a mut S::Arena,
}

impl<S: Space> Survival<'_, S> {
    /// The open connections whose packets go on along a way of the changed network.
    fn survivors(&mut self, way: &Way<S>, leg: Leg) -> S {
        way.hops.iter().fold(way.flow.clone(), |alive, hop| match hop.checkpoint {
            Checkpoint::SecurityGroups { interface, egress } => {
                // The direction in which the flow was first seen here.
                let first = if leg == Leg::Request { egress } else { !egress };
                let tracked = self.tracked(interface, first);
                let peer = if egress { hop.destination } else { hop.source };
                let view = View { family: self.family, leg, peer };
                let gate = self.after.security_groups(interface, egress);
                let allowed = cross(&gate, &view, alive.clone(), self.after, self.arena, &mut ()).passed;
                let passes = tracked.join(allowed, self.arena);
                alive.meet(passes, self.arena)
            }
            _ => alive.meet(hop.crossing.passed.clone(), self.arena),
        })
    }

    /// What the groups of an interface kept track of when they admitted it.
    fn tracked(&mut self, interface: Ix<NetworkInterface>, egress: bool) -> S {
        let here = Checkpoint::SecurityGroups { interface, egress };
        let hops = self.before.trips.iter().flat_map(|trip| &trip.request.hops).filter(|hop| hop.checkpoint == here);
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
