//! A packet on its way: how it begins, how devices change it, how it parts.

use std::cmp::Ordering;

use model::{Ix, NetworkInterface, Subnet, TransitGatewayAttachment};
use space::{Family, Field, Region, Space, drawn};

use super::Walker;
use crate::{Arrival, Between, Device, Door, Header, Hop, Ports, Relay, Seen, Way};

/// As many checkpoints as most ways have: growing copies those before.
const USUAL_CHECKPOINTS: usize = 16;

/// A packet on its way: what gates see of it now, the part of the flow, and the checkpoints so far.
#[derive(Clone)]
pub(crate) struct Packet<S> {
    pub(super) header: Header,
    pub(super) flow: S,
    pub(super) hops: Vec<Hop<S>>,
    /// For requests: where it came in since the last relay. For replies: where it has to leave.
    pub(super) door: Door,
    /// The relays that it passed; for replies those that restored it.
    pub(super) relays: Vec<Relay>,
    /// For replies: the relays that it still has to pass, the next one last.
    pub(super) pending: Vec<Relay>,
    pub(super) appliances: Vec<Ix<NetworkInterface>>,
    /// How many axes of the space devices have drawn by.
    pub(super) draws: usize,
    /// The subnets by which it left attachments in appliance mode, where its answer leaves too (S3.34).
    pub(super) pinned: Vec<(Ix<TransitGatewayAttachment>, Ix<Subnet>)>,
}

/// The parts of a packet by what a device picks for each; the packet itself if no axis is left to draw by.
pub(super) type Drawn<S, T> = Result<Vec<(T, Packet<S>)>, Box<Packet<S>>>;

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
            hops: Vec::with_capacity(USUAL_CHECKPOINTS),
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
            hops: Vec::with_capacity(USUAL_CHECKPOINTS),
            door: request.door,
            relays: Vec::new(),
            pending: request.relays.clone(),
            appliances: Vec::new(),
            draws: request.draws,
            pinned: request.pinned.clone(),
        }
    }

    /// Its parts by what becomes of each. The last one is the packet itself: mostly it is the only one.
    pub(super) fn parts<T>(self, by: Vec<(T, S)>) -> impl Iterator<Item = (T, Packet<S>)>
    where
        S: Clone,
    {
        let last = by.len().saturating_sub(1);
        let mut whole = Some(self);
        by.into_iter().enumerate().filter_map(move |(at, (what, flow))| {
            let packet = if at == last { whole.take() } else { whole.clone() };
            Some((what, Packet { flow, ..packet? }))
        })
    }

    pub(super) fn ends(self, arrival: Arrival) -> Way<S> {
        let Packet { flow, hops, header, relays, appliances, door, draws, pinned, .. } = self;
        Way { flow, hops, arrival, header, relays, appliances, door, draws, pinned }
    }

    /// Sends it on from another address and another port. `None` if no axis is left for the port.
    /// `before` is the packet as it came, whose family the device may have changed.
    pub(super) fn relay(&mut self, device: Device, source: Seen, before: Header) -> Option<()> {
        let client = self.header.ports.relayed()?;
        let after = Header { ports: Ports { client, ..self.header.ports }, source, ..self.header };
        self.header = before;
        self.pass_relay(device, after);
        Some(())
    }

    /// Sends it on with another header, which the device puts back in the answer.
    pub(super) fn pass_relay(&mut self, device: Device, after: Header) {
        let (source, hops) = (after.source, self.hops.len());
        self.relays.push(Relay { device, before: self.header, source, hops, door: self.door });
        self.header = Header { between: Between::Nothing, ..after };
        self.door = Door::Inside;
    }
}

impl<S: Space> Walker<'_, '_, S> {
    /// Narrows what the gates before a fork did to the part that takes each way.
    pub(super) fn narrow(&mut self, mut ways: Vec<Way<S>>) -> Vec<Way<S>> {
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

    /// Parts the packet by what a device picks at random, in equal shares; as it is if there is one way only. Exports list
    /// ways in any order: by their own they draw the same in each.
    pub(super) fn draw<T>(
        &mut self,
        packet: Packet<S>,
        ways: Vec<T>,
        order: impl Fn(&T, &T) -> Ordering,
    ) -> Drawn<S, T> {
        let count = ways.len();
        if count == 1 {
            return Ok(ways.into_iter().next().map(|way| (way, packet)).into_iter().collect());
        }
        let Some(&axis) = [Field::Draw, Field::SecondDraw].get(packet.draws) else {
            return Err(Box::new(packet));
        };
        let mut flows = Vec::with_capacity(count);
        for (position, way) in ranks(&ways, order).into_iter().zip(ways) {
            let region = Region::FULL.with(axis, drawn(position, count));
            let (flow, _) = packet.flow.clone().split(&region, self.arena);
            if !flow.is_empty() {
                flows.push((way, flow));
            }
        }
        let drawn = Packet { draws: packet.draws + 1, ..packet };
        Ok(drawn.parts(flows).collect())
    }
}

/// The position of each element in their order.
fn ranks<T>(elements: &[T], order: impl Fn(&T, &T) -> Ordering) -> Vec<usize> {
    let mut sorted: Vec<(usize, &T)> = elements.iter().enumerate().collect();
    sorted.sort_by(|(_, one), (_, other)| order(one, other));
    let mut ranks = vec![0; elements.len()];
    for (rank, (at, _)) in sorted.into_iter().enumerate() {
        ranks.get_mut(at).into_iter().for_each(|place| *place = rank);
    }
    ranks
}
