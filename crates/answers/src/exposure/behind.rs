//! What a load balancer that the internet reaches sends on, and to whom.

use engine::{Arrival, Checkpoint, Device, Network};
use model::{Ix, NetworkInterface};
use space::{Diagrams, Family, Set};

use super::data::Services;
use super::grade::Trip;
use super::slices::{Slice, services};
use crate::ends::name_of;
use crate::explain::gates::named;

/// What one target gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    /// The load balancers, the first one first.
    pub(super) by: Vec<String>,
    /// What is asked of the first.
    pub(super) services: Vec<Services>,
    /// The port that the target is asked on, where the load balancer chooses it.
    pub(super) port: Option<u16>,
    /// The target's interface; none for functions and for addresses beyond the export.
    pub(super) interface: Option<Ix<NetworkInterface>>,
    /// What people call it.
    pub(super) target: String,
}

/// What is sent on of the slices that the internet reaches.
pub(super) fn sent_on(
    network: &Network,
    family: Family,
    trips: &[Trip<'_>],
    reached: &[Slice],
    partial: &[Slice],
    sets: &mut Diagrams,
) -> Vec<Sent> {
    let mut all = Vec::new();
    for round in trips.iter().map(|trip| trip.round).filter(|round| round.works != Set::EMPTY) {
        let mut by = Vec::new();
        let mut target = None;
        for hop in &round.request.hops {
            if let Checkpoint::LoadBalancer { load_balancer, target: Some(picked), .. } = &hop.checkpoint {
                by.push(named(network.model().load_balancers.at(*load_balancer)).to_owned());
                target = Some(picked.clone());
            }
        }
        let Some(target) = target else { continue };
        let relayed =
            round.request.relays.iter().any(|relay| matches!(relay.device, Device::LoadBalancer(..)));
        let mut slices = Vec::new();
        for &slice in reached.iter().chain(partial) {
            let of = slice.set(sets);
            if sets.intersect(of, round.works) != Set::EMPTY {
                slices.push(slice);
            }
        }
        if slices.is_empty() {
            continue;
        }
        let interface = match round.request.arrival {
            Arrival::Interface(interface) if relayed => Some(interface),
            _ => None,
        };
        let sent = Sent {
            by,
            services: services(&slices, family),
            port: round.request.header.ports.server.filter(|_| relayed),
            interface,
            target: interface.map_or(target, |interface| name_of(network, interface)),
        };
        if !all.contains(&sent) {
            all.push(sent);
        }
    }
    all
}
