//! Connections through a load balancer's node. They are two (S4.2), and a proxy passes on no packet: each is probed by
//! itself, the client's with the node and the node's with its target, and both have to work.

use engine::{Arrival, Checkpoint, Device, Flow, Judgement, Network, RoundTrip, Seen, Server, Way};
use model::Holder;
use space::{Connection, FIRST_RELAY_PORT, Family, Field};

use super::{Outcome, Probe};
use crate::proxy;

/// A probe that a node of a load balancer answers.
pub(super) struct Parted {
    /// What the model says of the client's connection with the node.
    pub(super) first: Judgement<Option<Connection>>,
    /// The connection that the node makes; none where the client's does not get to it.
    pub(super) onward: Option<Probe>,
}

/// Parts a judged probe at the node that answers it; `None` if none does.
///
/// # Errors
/// If the lab cannot show it, in words.
pub(super) fn parted(
    network: &Network,
    judgement: &Judgement<Option<Connection>>,
) -> Option<Result<Parted, String>> {
    let trip = judgement.trips.iter().find(|trip| trip.request.flow.is_some())?;
    let (at, balancer, node) = trip.request.hops.iter().enumerate().find_map(|(at, hop)| {
        let Checkpoint::LoadBalancer { load_balancer, node, .. } = hop.checkpoint else { return None };
        proxy::has_node(network, load_balancer).then_some((at, load_balancer, node))
    })?;
    let mut request = trip.request.clone();
    request.hops.truncate(at);
    request.arrival = Arrival::Interface(node);
    request.relays.clear();
    if !passes(&request, 0) {
        let first = alone(judgement, RoundTrip { request, replies: Vec::new(), works: None, unknown: None });
        return Some(Ok(Parted { first, onward: None }));
    }
    let [relay] = trip.request.relays.as_slice() else {
        let name = &network.model().load_balancers.at(balancer).id;
        let reason = if trip.request.relays.is_empty() {
            format!("what load balancer `{name}` does with it, packets do not show")
        } else {
            format!("load balancer `{name}` is one of several devices on the way")
        };
        return Some(Err(reason));
    };
    Some(both_connections(judgement, trip, request, relay.device))
}

fn both_connections(
    judgement: &Judgement<Option<Connection>>,
    trip: &RoundTrip<Option<Connection>>,
    request: Way<Option<Connection>>,
    device: Device,
) -> Result<Parted, String> {
    let (Device::LoadBalancer(_, own), Some(point)) = (device, trip.request.flow) else {
        return Err("something before a load balancer sends on from an address of its own".into());
    };
    let header = &trip.request.header;
    let (Seen::Fixed { address, interface: Some(interface) }, Some(server)) =
        (header.destination, header.ports.server)
    else {
        return Err("a target of the load balancer is not a machine of the lab".into());
    };
    let axis = usize::from(header.ports.client == Field::SecondRelay);
    let client = point.relays.get(axis).map(|port| port.saturating_add(FIRST_RELAY_PORT));
    let flow = Flow {
        family: Family::of(own.address),
        client: Some(own),
        server: Server::Interface(Holder { interface, address }),
    };
    let onward =
        Connection { protocol: 6, client: client.unwrap_or_default(), server, ..Connection::default() };
    // The node answers its client from the place where it puts the client's address back.
    let returned = trip.replies.iter().find_map(|reply| Some((reply, reply.relays.first()?.hops)));
    let Some((reply, from)) = returned else {
        return Err("the model knows no answer of the target at the load balancer".into());
    };
    let mut reply = reply.clone();
    reply.hops.drain(..from.min(reply.hops.len()));
    reply.relays.clear();
    let arrives = matches!(reply.arrival, Arrival::Interface(_) | Arrival::Beyond);
    let works = trip.request.flow.filter(|_| arrives && passes(&reply, 0));
    let first = alone(judgement, RoundTrip { request, replies: vec![reply], works, unknown: None });
    Ok(Parted { first, onward: Some(Probe { flow, point: onward }) })
}

/// Whether every hop of a way from one on lets all pass, as far as anybody knows.
fn passes(way: &Way<Option<Connection>>, from: usize) -> bool {
    way.hops.iter().skip(from).all(|hop| hop.crossing.passed.is_some() || hop.crossing.unknown.is_some())
}

/// A judgement of one trip and no more.
fn alone(
    judgement: &Judgement<Option<Connection>>,
    trip: RoundTrip<Option<Connection>>,
) -> Judgement<Option<Connection>> {
    Judgement { asked: judgement.asked, works: trip.works, unknown: None, trips: vec![trip] }
}

/// What became of a probe whose two connections were probed; `works` is what the model says of the whole.
pub(super) fn both(works: bool, first: Outcome, onward: Outcome) -> Outcome {
    match (first, onward) {
        (
            Outcome::Agree { works: there, end, .. },
            Outcome::Agree { works: beyond, end: end_beyond, by_chance },
        ) => {
            if (there && beyond) == works {
                Outcome::Agree { works, end: if there { end_beyond } else { end }, by_chance }
            } else {
                Outcome::Disagree(format!(
                    "the model says works: {works}, the kernel of the client's connection: {there}, of the load balancer's own: {beyond}"
                ))
            }
        }
        (Outcome::Disagree(difference), _) => Outcome::Disagree(difference),
        (_, Outcome::Disagree(difference)) => {
            Outcome::Disagree(format!("the load balancer's own connection: {difference}"))
        }
        (Outcome::Agree { .. }, onward) => onward,
        (first, _) => first,
    }
}
