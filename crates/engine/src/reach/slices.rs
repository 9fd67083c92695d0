//! What each gate does with everything, seen from each peer that it can tell apart: found once, looked up after that.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use model::{Holder, Ix, NetworkAcl, NetworkInterface, Subnet};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Set};

use super::cuts::Cuts;
use super::ends::{Ends, number};
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
    stand_ins: &'n FxHashSet<Ix<NetworkInterface>>,
}

/// What a gate's answer depends on.
#[derive(Debug, PartialEq, Eq)]
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

impl Hash for Key {
    /// In two words, and without what hardly ever tells two keys apart: there are millions of lookups.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let gate = match self.gate {
            Gate::NetworkAcl(acl) => acl.position() as u64,
            Gate::Groups(profile) => u64::from(profile),
        };
        let peer = match self.peer {
            Peer::Between(position) => position,
            Peer::Exactly(number) => !number,
        };
        state.write_u64(gate << 32 | u64::from(peer));
        let groups = self.groups.map_or(u64::MAX, u64::from);
        state.write_u64(groups << 2 | u64::from(self.egress) << 1 | u64::from(self.leg == Leg::Reply));
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Gate {
    NetworkAcl(Ix<NetworkAcl>),
    Groups(ProfileIx),
}

/// What of a view depends on the ends.
struct Looked<'e> {
    /// An end by its own address, or whoever else it is.
    peer: Result<&'e Holder, Seen>,
    through: Option<Ix<NetworkInterface>>,
    /// Whether references match the peer's groups.
    matched: bool,
}

impl Looked<'_> {
    fn seen(&self) -> Seen {
        let of_end = |end: &Holder| Seen::Fixed { address: end.address, interface: Some(end.interface) };
        self.peer.map_or_else(|seen| seen, of_end)
    }

    /// Whose groups references match.
    fn grouped(&self) -> Option<Ix<NetworkInterface>> {
        let own = || self.peer.map_or_else(Seen::interface, |end| Some(end.interface));
        self.through.or_else(|| self.matched.then(own).flatten())
    }
}

/// Where a gate is asked.
enum Place {
    Subnet(Ix<Subnet>),
    Interface(Ix<NetworkInterface>),
}

#[derive(Debug, PartialEq, Eq)]
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
    pub(super) fn new(
        network: &'n Network,
        profiles: &'n Profiles,
        lists: &'n [Cuts],
        ends: &'n Ends,
    ) -> Slices<'n> {
        Slices {
            network,
            profiles,
            lists,
            inward: FxHashMap::default(),
            known: FxHashMap::default(),
            exact: FxHashMap::default(),
            stand_ins: &ends.stand_ins,
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
        pair: Pair<'_>,
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
        let looked = self.looked(gate, pair, masked);
        let grouped = if references { looked.grouped() } else { None };
        let key = Key {
            egress,
            family: gate.view.family,
            leg: gate.view.leg,
            ports: gate.view.ports,
            peer: self.peer(&looked, cuts),
            groups: grouped.map(|peer| self.profiles.groups_of(peer)),
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
    fn view(&self, gate: &OpenGate, pair: Pair<'_>, masked: bool) -> View {
        let looked = self.looked(gate, pair, masked);
        let (through, references) = (looked.through, looked.matched);
        View { peer: looked.seen(), through, references, ..gate.view }
    }

    fn looked<'e>(&self, gate: &OpenGate, pair: Pair<'e>, masked: bool) -> Looked<'e> {
        let own = || matches!(gate.gate, Which::SecurityGroups { of: Err(Role::Server { .. }), .. });
        let is_masked = masked && gate.peer == Some(Role::Client { public: false }) && own();
        Looked {
            peer: gate.peer.map_or(Err(gate.view.peer), |role| self.peer_of(role, pair)),
            through: gate.through.map_or(gate.view.through, |role| interface_of(role, pair)),
            matched: gate.view.references && !is_masked,
        }
    }

    fn peer_of<'e>(&self, role: Role, pair: Pair<'e>) -> Result<&'e Holder, Seen> {
        let Some(end) = end_of(role, pair) else { return Err(Seen::Remote) };
        let noun = || self.network.model().network_interfaces.at(end.interface);
        let public = match role {
            Role::Client { public: true } | Role::Server { public: true } => noun().public_of(end.address),
            Role::Client { public: false } | Role::Server { public: false } => None,
        };
        match public {
            Some(public) => Err(Seen::Fixed { address: IpAddr::V4(public), interface: None }),
            None => Ok(end),
        }
    }

    fn peer(&mut self, looked: &Looked<'_>, cuts: Option<&Cuts>) -> Peer {
        let (interface, address) = match &looked.peer {
            Ok(end) => (Some(end.interface), Some(&end.address)),
            Err(Seen::Fixed { address, interface }) => (*interface, Some(address)),
            Err(_) => (None, None),
        };
        let stand_in = interface.is_some_and(|interface| self.stand_ins.contains(&interface));
        let known = address.filter(|address| !stand_in && !model::is_unknown_public(**address));
        match (known, cuts) {
            (Some(address), Some(cuts)) => Peer::Between(cuts.position(*address)),
            _ => Peer::Exactly(number(&mut self.exact, looked.seen())),
        }
    }
}

fn end_of(role: Role, pair: Pair<'_>) -> Option<&Holder> {
    match role {
        Role::Client { .. } => pair.client,
        Role::Server { .. } => pair.server,
    }
}

fn interface_of(role: Role, pair: Pair<'_>) -> Option<Ix<NetworkInterface>> {
    end_of(role, pair).map(|end| end.interface)
}
