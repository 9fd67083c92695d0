//! What each gate does with everything, seen from each peer that it can tell apart: found once, looked up after that.

use std::net::IpAddr;

use model::{Holder, Ix, NetworkAcl, NetworkInterface, Subnet};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Set};

use super::cuts::Cuts;
use super::ends::number;
use super::profile::{ProfileIx, Profiles};
use super::skeleton::{Near, OpenGate, Pair, Role, Spot, Which};
use crate::gate::security_group::cross_groups;
use crate::{Crossing, Leg, Network, Ports, Seen, View, cross};

/// The gates of a network, each evaluated when it is first asked for.
pub(super) struct Slices<'n> {
    network: &'n Network,
    profiles: &'n Profiles,
    lists: &'n [Cuts],
    /// Of the groups that let something in: of servers, which come VPC by VPC and have nothing in common across them.
    inward: FxHashMap<Key, Crossing<Set>>,
    /// Of all other gates.
    known: FxHashMap<Key, Crossing<Set>>,
    /// Peers of which only rules know what they see, by their numbers: keys stay small.
    exact: FxHashMap<Seen, u32>,
    /// Interfaces of which nobody knows the address (S4.1).
    stand_ins: FxHashSet<Ix<NetworkInterface>>,
}

/// What a gate's answer depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    gate: Gate,
    egress: bool,
    family: Family,
    leg: Leg,
    ports: Ports,
    peer: Peer,
    /// Whose groups references match, if anybody's.
    groups: Option<u32>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Gate {
    NetworkAcl(Ix<NetworkAcl>),
    Groups(ProfileIx),
}

/// What of a view depends on the ends.
struct Looked {
    peer: Seen,
    through: Option<Ix<NetworkInterface>>,
    /// Whether references match the peer's groups.
    matched: bool,
}

/// Where a gate is asked.
enum Place {
    Subnet(Ix<Subnet>),
    Interface(Ix<NetworkInterface>),
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Peer {
    /// Between which of the gate's own cuts.
    Between(u32),
    /// One of which only rules know what they see of it, by a number.
    Exactly(u32),
}

/// Where the blocks of each network ACL begin and end.
pub(super) fn cuts_of_lists(network: &Network) -> Vec<Cuts> {
    let lists = network.model().network_acls.values();
    lists.map(|acl| Cuts::of(acl.entries.iter().map(|entry| entry.cidr))).collect()
}

impl<'n> Slices<'n> {
    pub(super) fn new(network: &'n Network, profiles: &'n Profiles, lists: &'n [Cuts]) -> Slices<'n> {
        let interfaces = network.model().network_interfaces.iter();
        let stand_ins = interfaces.filter(|(_, noun)| noun.stand_in.is_some()).map(|(ix, _)| ix).collect();
        Slices {
            network,
            profiles,
            lists,
            inward: FxHashMap::default(),
            known: FxHashMap::default(),
            exact: FxHashMap::default(),
            stand_ins,
        }
    }

    /// Lets go of what is known of the groups of servers.
    pub(super) fn forget_servers(&mut self) {
        self.inward.clear();
    }

    /// What an open gate does with everything, between two ends; the lists of the client's side see `near` in its place.
    pub(super) fn crossing(
        &mut self,
        gate: &OpenGate,
        pair: Pair,
        near: Near<'_>,
        masked: bool,
        sets: &mut Diagrams,
    ) -> Crossing<Set> {
        let nothing = Crossing { passed: Set::EMPTY, unknown: Set::EMPTY };
        let (pair, subnet) = match gate.gate {
            Which::NetworkAcl { at: Spot::Near(at), .. } => {
                (Pair { client: near.client, ..pair }, near.subnets.get(at).copied())
            }
            Which::NetworkAcl { at: Spot::Of(subnet), .. } => (pair, Some(subnet)),
            Which::SecurityGroups { .. } => (pair, None),
        };
        let (which, egress, place, cuts, references) = match gate.gate {
            Which::NetworkAcl { egress, .. } => {
                let acl = |subnet| self.network.resolved().network_acl_of(subnet).ix();
                let Some((subnet, acl)) = subnet.and_then(|subnet| Some((subnet, acl(subnet)?))) else {
                    return nothing;
                };
                let cuts = self.lists.get(acl.position());
                (Gate::NetworkAcl(acl), egress, Place::Subnet(subnet), cuts, false)
            }
            Which::SecurityGroups { of, egress } => {
                let interface = match of {
                    Ok(interface) => Some(interface),
                    Err(role) => interface_of(role, pair),
                };
                let Some(interface) = interface else { return nothing };
                let profile = self.profiles.of_interface(interface, egress);
                let Some(known) = self.profiles.at(profile) else {
                    // Nobody looked at what tells its peers apart.
                    let view = self.view(gate, pair, masked);
                    return cross_groups(self.network, interface, egress, &view, Set::FULL, sets, &mut ());
                };
                let references = !known.groups.is_empty() || known.foreign;
                (Gate::Groups(profile), egress, Place::Interface(interface), Some(&known.cuts), references)
            }
        };
        let Looked { peer, through, matched } = self.looked(gate, pair, masked);
        let own = peer.interface().filter(|_| matched);
        let key = Key {
            egress,
            family: gate.view.family,
            leg: gate.view.leg,
            ports: gate.view.ports,
            peer: self.peer(peer, cuts),
            groups: through.or(own).filter(|_| references).map(|peer| self.profiles.groups_of(peer)),
            gate: which,
        };
        let inward = matches!(key.gate, Gate::Groups(_)) && !egress;
        if let Some(known) = if inward { &self.inward } else { &self.known }.get(&key) {
            return *known;
        }
        let view = self.view(gate, pair, masked);
        let crossing = match place {
            Place::Interface(interface) => {
                cross_groups(self.network, interface, egress, &view, Set::FULL, sets, &mut ())
            }
            Place::Subnet(subnet) => self
                .network
                .network_acl(subnet, egress)
                .map_or(nothing, |(_, gate)| cross(&gate, &view, Set::FULL, self.network, sets, &mut ())),
        };
        if inward { &mut self.inward } else { &mut self.known }.insert(key, crossing);
        crossing
    }

    /// How the packet looks to the gate when it is between these two ends.
    fn view(&self, gate: &OpenGate, pair: Pair, masked: bool) -> View {
        let Looked { peer, through, matched } = self.looked(gate, pair, masked);
        View { peer, through, references: matched, ..gate.view }
    }

    fn looked(&self, gate: &OpenGate, pair: Pair, masked: bool) -> Looked {
        let own = || matches!(gate.gate, Which::SecurityGroups { of: Err(Role::Server { .. }), .. });
        let is_masked = masked && gate.peer == Some(Role::Client { public: false }) && own();
        Looked {
            peer: gate.peer.map_or(gate.view.peer, |role| self.seen(role, pair)),
            through: gate.through.map_or(gate.view.through, |role| interface_of(role, pair)),
            matched: gate.view.references && !is_masked,
        }
    }

    fn seen(&self, role: Role, pair: Pair) -> Seen {
        let (holder, public) = match role {
            Role::Client { public } => (pair.client, public),
            Role::Server { public } => (pair.server, public),
        };
        let Some(Holder { interface, address }) = holder else { return Seen::Remote };
        let noun = || self.network.model().network_interfaces.at(interface);
        match public.then(|| noun().public_of(address)).flatten() {
            Some(public) => Seen::Fixed { address: IpAddr::V4(public), interface: None },
            None => Seen::Fixed { address, interface: Some(interface) },
        }
    }

    fn peer(&mut self, seen: Seen, cuts: Option<&Cuts>) -> Peer {
        let stand_in = seen.interface().is_some_and(|interface| self.stand_ins.contains(&interface));
        match (seen, cuts) {
            (Seen::Fixed { address, .. }, Some(cuts)) if !stand_in && !model::is_unknown_public(address) => {
                Peer::Between(cuts.position(address))
            }
            _ => Peer::Exactly(number(&mut self.exact, seen)),
        }
    }
}

fn interface_of(role: Role, pair: Pair) -> Option<Ix<NetworkInterface>> {
    let holder = match role {
        Role::Client { .. } => pair.client,
        Role::Server { .. } => pair.server,
    };
    holder.map(|holder| holder.interface)
}
