//! Which connections of a set are probed: the corners of what works and of what does not, for that is where answers
//! change.

use std::collections::HashMap;

use engine::{Checkpoint, Flow, Judgement, Network, Server, Way, icmp_queries, judge};
use space::{Connection, Diagrams, Family, Field, Region, Set};

use crate::verify::Probe;

/// Boxes that are looked at of each part of an answer.
const MOST_BOXES: usize = 6;
/// IPv6 takes these protocol numbers for headers of its own, and not for what a packet carries.
const EXTENSIONS_OF_IPV6: [u8; 8] = [0, 43, 44, 51, 59, 60, 135, 139];

/// Whether a crafted packet can begin such a connection. A query of ICMP has code 0 (S0.2); neighbour discovery (133 to
/// 137) never leaves its link.
pub fn probeable(point: &Connection, family: Family) -> bool {
    match (point.protocol, family) {
        (1, Family::V4) | (58, Family::V6) => {
            let query = icmp_queries(family).iter().any(|(query, _)| u16::from(*query) == point.server);
            (!query || point.client == 0) && !(family == Family::V6 && (133..=137).contains(&point.server))
        }
        (number, Family::V6) => !EXTENSIONS_OF_IPV6.contains(&number),
        (_, Family::V4) => true,
    }
}

/// Connections of a flow that show all that the model says of it.
pub fn points(network: &Network, flow: &Flow, asked: Set, sets: &mut Diagrams) -> Vec<Connection> {
    let judgement = judge(network, flow, asked, sets);
    let Judgement { works, unknown, .. } = judgement;
    let certain = sets.union(works, unknown);
    let blocked = sets.subtract(asked, certain);
    let mut parts = vec![works, blocked, unknown];
    // Each target of a load balancer is behind gates of its own, whatever they have in common.
    for trip in judgement.trips.iter().filter(|trip| is_balanced(&trip.request)) {
        parts.extend([works, blocked].map(|part| sets.intersect(part, trip.request.flow)));
    }
    let (mut found, mut drawn) = (Vec::new(), 0);
    for part in parts {
        let mut boxes = sets.regions(part);
        let rank = |region: &Region| {
            let protocols = region.range(Field::Protocol);
            [6, 17, 1, 58].iter().position(|number| protocols.contains(number)).unwrap_or(usize::MAX)
        };
        boxes.sort_by_key(rank);
        for region in boxes.iter().take(MOST_BOXES) {
            // What differs only in what devices draw gets ports of its own: it is the same flow otherwise.
            let any = DRAWN.iter().all(|field| is_any(region, *field));
            let step = if any { 0 } else { drawn };
            drawn += usize::from(!any);
            found.extend([false, true].map(|high| corner(region, high, step, flow.family)));
        }
    }
    found.retain(|point| probeable(point, flow.family));
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a load balancer picked a target on a way.
fn is_balanced<S>(way: &Way<S>) -> bool {
    way.hops.iter().any(|hop| matches!(hop.checkpoint, Checkpoint::LoadBalancer { target: Some(_), .. }))
}

/// What devices on a way pick: ports, and ways.
const DRAWN: [Field; 4] = [Field::Relay, Field::SecondRelay, Field::Draw, Field::SecondDraw];

/// Whether a box has all of an axis.
fn is_any(region: &Region, field: Field) -> bool {
    region.range(field) == (0..=field.last())
}

/// The lowest or the highest connection of a box; its client's port some steps further inside, as far as there is room.
fn corner(region: &Region, high: bool, step: usize, family: Family) -> Connection {
    let end = |field: Field, last: u128| {
        let range = region.range(field);
        if high { (*range.end()).min(last) } else { *range.start() }
    };
    // Of several protocols one that people know.
    let protocols = region.range(Field::Protocol);
    let known = [6, 17, 1, 58].into_iter().find(|number| protocols.contains(number));
    let port = |field: Field| u16::try_from(end(field, u128::from(u16::MAX))).unwrap_or(u16::MAX);
    let protocol = u8::try_from(known.unwrap_or(end(Field::Protocol, 255))).unwrap_or(u8::MAX);
    let icmp = protocol == if family == Family::V4 { 1 } else { 58 };
    let inside = || {
        let (ports, port) = (region.range(Field::Client), port(Field::Client));
        let step = u16::try_from(step).unwrap_or(u16::MAX);
        let moved = if high { port.checked_sub(step) } else { port.checked_add(step) };
        moved.filter(|moved| ports.contains(&u128::from(*moved))).unwrap_or(port)
    };
    let (client, server) = match protocol {
        6 | 17 => (inside(), port(Field::Server)),
        _ if icmp => (port(Field::Client).min(255), port(Field::Server).min(255)),
        _ => (0, 0),
    };
    let remote = end(Field::Remote, family.last_address());
    // Where any draw does, the first.
    let drawn = |field: Field| if is_any(region, field) { 0 } else { end(field, field.last()) };
    let relay = |field| u16::try_from(drawn(field)).unwrap_or(u16::MAX);
    let draw = |field| u32::try_from(drawn(field)).unwrap_or(u32::MAX);
    let relays = [relay(Field::Relay), relay(Field::SecondRelay)];
    let draws = [draw(Field::Draw), draw(Field::SecondDraw)];
    Connection { protocol, remote, client, server, relays, draws }
}

/// Probes of which none meets the state that another leaves behind.
#[derive(Debug, Default)]
pub struct Probes {
    /// The probes, each once.
    pub all: Vec<Probe>,
    known: HashMap<Track, usize>,
}

/// What two connections have in common that meet the same state of a group, whichever way round they go.
type Track = (Family, u8, u128, [(usize, u16); 2]);

impl Probes {
    /// Adds a connection; its position, or `None` where another would disturb it.
    pub fn add(&mut self, probe: Probe) -> Option<usize> {
        let same = |other: &Probe| other.flow == probe.flow && other.point == probe.point;
        let track = track(&probe)?;
        if let Some(&at) = self.known.get(&track) {
            return self.all.get(at).is_some_and(same).then_some(at);
        }
        self.known.insert(track, self.all.len());
        self.all.push(probe);
        Some(self.all.len() - 1)
    }
}

/// `None` where a connection meets its own state: whoever asks itself by its public address from the port that it asks
/// gets what looks like the answer to its own packet (S1.31).
fn track(Probe { flow, point }: &Probe) -> Option<Track> {
    const BEYOND: usize = usize::MAX;
    let client = flow.client.map_or(BEYOND, |holder| holder.interface.position());
    let server = match flow.server {
        Server::Interface(holder) | Server::Public(holder) => holder.interface.position(),
        Server::Beyond => BEYOND,
    };
    let icmp = point.protocol == if flow.family == Family::V4 { 1 } else { 58 };
    let ported = icmp || matches!(point.protocol, 6 | 17);
    let [from, to] = if ported { [point.client, point.server] } else { [0, 0] };
    if client == server && !icmp && from == to {
        return None;
    }
    let mut ends = [(client, from), (server, to)];
    ends.sort_unstable();
    Some((flow.family, point.protocol, point.remote, ends))
}
