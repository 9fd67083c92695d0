//! Which pairs of ends the differences of two models can touch.
//!
//! Rules of a group are asked only at its members, and entries of a list only at the edge of its subnets (S1.4, S2.12): so
//! long as nothing else differs and nobody else's packets pass there, all other pairs have the same answer in both
//! networks. Whatever differs otherwise may touch any pair.

use std::collections::BTreeSet;

use engine::Network;
use engine::reach::devices;
use model::{Comparable, Differing, Holder, Ix, NetworkAcl, NetworkInterface, SecurityGroup, Subnet};
use rustc_hash::FxHashSet;

use super::Both;
use super::ends::Member;

/// What can differ.
#[derive(Debug)]
pub(super) enum Scope {
    /// Any pair.
    Everything,
    /// What these clients get to, and what gets to these servers.
    Ends { clients: Wanted, servers: Wanted },
}

/// Some interfaces, in each network.
#[derive(Debug, Default)]
pub(super) struct Wanted(Both<FxHashSet<Ix<NetworkInterface>>>);

impl Wanted {
    pub(super) fn has(&self, member: &Member) -> bool {
        let of = |later: bool| {
            let end: Option<Holder> = *member.of(later);
            end.is_some_and(|end| self.0.of(later).contains(&end.interface))
        };
        of(false) || of(true)
    }

    /// These and others.
    pub(super) fn with(&self, others: &Wanted) -> Both<Vec<Ix<NetworkInterface>>> {
        self.0.as_ref().zip(others.0.as_ref()).map(|(own, others)| own.union(others).copied().collect())
    }

    fn add(&mut self, interfaces: Both<&[Ix<NetworkInterface>]>) {
        self.0.old.extend(interfaces.old);
        self.0.new.extend(interfaces.new);
    }
}

impl Scope {
    pub(super) fn of(networks: Both<&Network>, edits: &[Differing]) -> Scope {
        let mut narrow =
            Narrow { networks, devices: None, clients: Wanted::default(), servers: Wanted::default() };
        let mut narrows = |edit: &Differing| match edit.kind {
            "security group" => narrow.group(edit),
            "network ACL" => narrow.list(edit),
            _ => None,
        };
        match edits.iter().all(|edit| narrows(edit).is_some()) {
            true => Scope::Ends { clients: narrow.clients, servers: narrow.servers },
            false => Scope::Everything,
        }
    }
}

struct Narrow<'n> {
    networks: Both<&'n Network>,
    /// What packets of others pass, in each network; found when it is first needed.
    devices: Option<Both<FxHashSet<Ix<NetworkInterface>>>>,
    clients: Wanted,
    servers: Wanted,
}

impl Narrow<'_> {
    /// The members of a group of which only rules differ; `None` if more does, or packets of others pass a member.
    fn group(&mut self, edit: &Differing) -> Option<()> {
        let nouns = self.networks.map(|network| {
            let groups = &network.model().security_groups;
            Some((groups.ix(edit.id.as_str())?, groups.get(edit.id.as_str())?))
        });
        let ((old_ix, old), (new_ix, new)) = (nouns.old?, nouns.new?);
        if !(SecurityGroup { rules: Vec::new(), ..old.clone() })
            .says_the_same(&SecurityGroup { rules: Vec::new(), ..new.clone() })
        {
            return None;
        }
        let directions = |group: &SecurityGroup, egress: bool| -> BTreeSet<String> {
            let rules = group.rules.iter().filter(|rule| rule.egress == egress);
            rules.map(|rule| format!("{:?} {:?}", rule.traffic, rule.peer)).collect()
        };
        let ix = Both { old: old_ix, new: new_ix };
        let members = self.networks.zip(ix).map(|(network, ix)| network.resolved().members_of(ix));
        if self.is_passed(members) {
            return None;
        }
        if directions(old, false) != directions(new, false) {
            self.servers.add(members);
        }
        if directions(old, true) != directions(new, true) {
            self.clients.add(members);
        }
        Some(())
    }

    /// The interfaces behind a list of which only entries differ.
    fn list(&mut self, edit: &Differing) -> Option<()> {
        let nouns = self.networks.map(|network| {
            let lists = &network.model().network_acls;
            Some((lists.ix(edit.id.as_str())?, lists.get(edit.id.as_str())?))
        });
        let ((old_ix, old), (new_ix, new)) = (nouns.old?, nouns.new?);
        if !(NetworkAcl { entries: Vec::new(), ..old.clone() })
            .says_the_same(&NetworkAcl { entries: Vec::new(), ..new.clone() })
        {
            return None;
        }
        let ix = Both { old: old_ix, new: new_ix };
        let guarded = self.networks.zip(ix).map(|(network, ix)| guarded(network, ix));
        let hosting =
            self.networks.zip(self.devices().as_ref()).map(|(network, devices)| hosting(network, devices));
        if [false, true].into_iter().any(|later| !guarded.of(later).is_disjoint(hosting.of(later))) {
            return None;
        }
        let inside = self.networks.zip(guarded.as_ref()).map(|(network, subnets)| {
            let all = network.model().network_interfaces.iter().map(|(ix, _)| ix);
            let inside = |ix: &Ix<NetworkInterface>| {
                network.resolved().subnet_of(*ix).is_some_and(|subnet| subnets.contains(&subnet))
            };
            all.filter(inside).collect::<Vec<_>>()
        });
        let inside = inside.as_ref().map(Vec::as_slice);
        self.servers.add(inside);
        self.clients.add(inside);
        Some(())
    }

    /// Whether packets of others pass any of some interfaces.
    fn is_passed(&mut self, members: Both<&[Ix<NetworkInterface>]>) -> bool {
        let devices = self.devices();
        [false, true]
            .into_iter()
            .any(|later| members.of(later).iter().any(|member| devices.of(later).contains(member)))
    }

    fn devices(&mut self) -> &Both<FxHashSet<Ix<NetworkInterface>>> {
        let networks = self.networks;
        self.devices.get_or_insert_with(|| networks.map(devices))
    }
}

/// The subnets at whose edge packets of others are judged: where a device is, or a target that one picks.
fn hosting(network: &Network, devices: &FxHashSet<Ix<NetworkInterface>>) -> FxHashSet<Ix<Subnet>> {
    let model = network.model();
    let of_devices = devices.iter().filter_map(|ix| network.resolved().subnet_of(*ix));
    let of_gateways = model.nat_gateways.values().filter_map(|gateway| gateway.subnet.as_ref());
    let attachments = model.transit_gateway_attachments.values();
    let of_attachments = attachments.flat_map(|attachment| attachment.subnets.iter().flatten());
    let of_endpoints = model.vpc_endpoints.values().flat_map(|endpoint| &endpoint.subnets);
    let named = of_gateways.chain(of_attachments).chain(of_endpoints);
    of_devices.chain(named.filter_map(|id| model.subnets.ix(id.as_str()))).collect()
}

/// The subnets that a list guards.
fn guarded(network: &Network, acl: Ix<NetworkAcl>) -> FxHashSet<Ix<Subnet>> {
    let subnets = network.model().subnets.iter().map(|(ix, _)| ix);
    subnets.filter(|ix| network.resolved().network_acl_of(*ix).ix() == Some(acl)).collect()
}
