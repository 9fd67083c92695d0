//! What a change opens besides what was asked for: the difference of what works before and after, between every
//! interface that the change touches and everything that it could talk to.

use std::collections::BTreeMap;

use engine::ephemeral::{client_kind, kind_of};
use engine::reach::{ClassIx, Ends, devices};
use engine::{Flow, Judgement, Network, Server};
use ipnet::IpNet;
use model::{Change, Holder, Id, InterfaceType, Ix, NetworkAclEntry, NetworkInterface, Peer};
use space::{Diagrams, Family, Field, Region, Set};

use crate::ends::{is_end, name_of};
use crate::explain::{AskedPair, blocks, connections, protocol_name, ranges};
use crate::question::Service;

/// How many pairs of classes are compared before the answer says that it is not complete.
const MOST_PAIRS: usize = 10_000;
/// How many openings are named.
const MOST_NAMED: usize = 6;

/// What else is opened.
pub(super) struct Opened {
    /// In words; empty: nothing.
    pub(super) words: Vec<String>,
    /// How many connections, to compare changes by.
    pub(super) size: f64,
    /// Why it is not complete, if it is not.
    pub(super) incomplete: Option<String>,
}

/// Compares the network before and after some changes.
pub(super) fn opened(
    before: &Network,
    after: &Network,
    changes: &[Change],
    asked: &[(AskedPair, Judgement<Set>)],
    sets: &mut Diagrams,
) -> Opened {
    let touched = touched(before, changes);
    let classes = classes(after);
    let of_class: Vec<&[Ix<NetworkInterface>]> = classes.values().map(Vec::as_slice).collect();
    let touched_classes: Vec<_> =
        of_class.iter().filter(|class| class.iter().any(|ix| touched.contains(ix))).copied().collect();
    let mut compare =
        Compare { before, after, asked, sets, found: BTreeMap::new(), size: 0.0, pairs: 0, undecided: None };
    for class in &touched_classes {
        for member in representatives(before, class, asked) {
            for family in [Family::V4, Family::V6] {
                compare.with_the_internet(member, family);
                for other in &of_class {
                    for peer in representatives(before, other, asked) {
                        if peer != member && concerned(before, changes, peer) {
                            compare.between(member, peer, family);
                            compare.between(peer, member, family);
                        }
                    }
                }
            }
        }
    }
    let Compare { found, size, pairs, undecided, .. } = compare;
    let mut words: Vec<String> = found
        .into_iter()
        .map(|((client, server), what)| format!("{client} -> {server}: {}", what.join(", ")))
        .collect();
    let more = words.len().saturating_sub(MOST_NAMED);
    if more > 1 {
        words.truncate(MOST_NAMED);
        words.push(format!("and {more} more pairs"));
    }
    let delegated = before.model().network_interfaces.values().any(|noun| !noun.prefixes.is_empty());
    let too_many = (pairs > MOST_PAIRS).then(|| format!("only {MOST_PAIRS} of {pairs} pairs were compared"));
    let prefixes = || delegated.then(|| "addresses of delegated prefixes were not compared".to_owned());
    let incomplete = too_many.or(undecided).or_else(prefixes);
    Opened { words, size, incomplete }
}

/// The interfaces that nothing can tell apart, by any of their addresses.
fn classes(network: &Network) -> BTreeMap<Vec<ClassIx>, Vec<Ix<NetworkInterface>>> {
    let ends = Ends::of_all_addresses(network);
    let mut classes: BTreeMap<Vec<ClassIx>, Vec<Ix<NetworkInterface>>> = BTreeMap::new();
    for (interface, _) in network.model().network_interfaces.iter() {
        let of_interface = ends.classes_of(interface);
        if !of_interface.is_empty() {
            classes.entry(of_interface.to_vec()).or_default().push(interface);
        }
    }
    classes
}

/// Whether anything behind an interface starts connections: gateways and endpoints only pass on and answer.
fn starts(network: &Network, interface: Ix<NetworkInterface>) -> bool {
    let noun = network.model().network_interfaces.at(interface);
    !matches!(
        noun.interface_type,
        InterfaceType::NatGateway
            | InterfaceType::VpcEndpoint
            | InterfaceType::GatewayLoadBalancerEndpoint
            | InterfaceType::TransitGateway
    )
}

/// The interfaces whose gates a change touches.
fn touched(network: &Network, changes: &[Change]) -> Vec<Ix<NetworkInterface>> {
    let model = network.model();
    let mut touched = Vec::new();
    for change in changes {
        match change {
            Change::AuthorizeSecurityGroup { group, .. } | Change::RevokeSecurityGroup { group, .. } => {
                let members =
                    model.security_groups.ix(group.as_str()).map(|ix| network.resolved().members_of(ix));
                touched.extend(members.into_iter().flatten().copied());
            }
            Change::CreateNetworkAclEntry { acl, .. }
            | Change::ReplaceNetworkAclEntry { acl, .. }
            | Change::DeleteNetworkAclEntry { acl, .. } => {
                let acl = model.network_acls.ix(acl.as_str());
                let inside = model.network_interfaces.iter().filter(|(ix, _)| {
                    let subnet = network.resolved().subnet_of(*ix);
                    subnet.and_then(|subnet| network.resolved().network_acl_of(subnet).ix()) == acl
                });
                touched.extend(inside.map(|(ix, _)| ix));
            }
        }
    }
    touched.sort();
    touched.dedup();
    // Through a list or a group that others' packets pass, anybody may get anywhere.
    let devices = devices(network);
    let transit = touched.iter().any(|ix| devices.contains(ix)) || attached(network, changes);
    if transit { model.network_interfaces.iter().map(|(ix, _)| ix).collect() } else { touched }
}

/// Whether a changed list guards a subnet of a transit gateway's attachment, by which packets of others pass (S3.32).
fn attached(network: &Network, changes: &[Change]) -> bool {
    let model = network.model();
    let lists = changes.iter().filter_map(|change| match change {
        Change::CreateNetworkAclEntry { acl, .. }
        | Change::ReplaceNetworkAclEntry { acl, .. }
        | Change::DeleteNetworkAclEntry { acl, .. } => model.network_acls.ix(acl.as_str()),
        _ => None,
    });
    let lists: Vec<_> = lists.collect();
    let subnets = model.transit_gateway_attachments.values().flat_map(|noun| noun.subnets.iter().flatten());
    let mut guarded =
        subnets.filter_map(|id| network.resolved().network_acl_of(model.subnets.ix(id.as_str())?).ix());
    guarded.any(|list| lists.contains(&list))
}

/// Whether a changed rule or entry speaks of an interface as the other end: for all others nothing changes.
fn concerned(network: &Network, changes: &[Change], peer: Ix<NetworkInterface>) -> bool {
    let noun = network.model().network_interfaces.at(peer);
    let within = |cidr: &IpNet| noun.own_addresses().any(|address| cidr.contains(&address));
    let entries_of =
        |acl: &Id| network.model().network_acls.get(acl.as_str()).map_or(&[][..], |noun| &noun.entries);
    changes.iter().any(|change| match change {
        Change::AuthorizeSecurityGroup { rule, .. } | Change::RevokeSecurityGroup { rule, .. } => {
            match &rule.peer {
                Peer::Cidr(cidr) => within(cidr),
                Peer::Group(group) => noun.groups.contains(group),
                Peer::PrefixList(_) => true,
            }
        }
        Change::CreateNetworkAclEntry { entry, .. } => within(&entry.cidr),
        // What the old entry took concerns whom it spoke of.
        Change::ReplaceNetworkAclEntry { acl, entry: NetworkAclEntry { egress, number, cidr, .. } } => {
            let old = entries_of(acl).iter().find(|old| (old.egress, old.number) == (*egress, *number));
            within(cidr) || old.is_some_and(|old| within(&old.cidr))
        }
        Change::DeleteNetworkAclEntry { acl, egress, number } => {
            let old = entries_of(acl).iter().find(|old| (old.egress, old.number) == (*egress, *number));
            old.is_some_and(|old| within(&old.cidr))
        }
    })
}

/// The members of a class that have to be looked at: two, so that pairs inside the class show, and those that the
/// question names, since what was asked for is not opened besides. None of what no connection begins or ends at.
fn representatives(
    network: &Network,
    class: &[Ix<NetworkInterface>],
    asked: &[(AskedPair, Judgement<Set>)],
) -> Vec<Ix<NetworkInterface>> {
    let named = |ix: &Ix<NetworkInterface>| {
        asked.iter().any(|(pair, _)| {
            [pair.client, pair.server].into_iter().flatten().any(|held| held.holder.interface == *ix)
        })
    };
    let plain = class.iter().copied().filter(|ix| !named(ix) && is_end(network, *ix)).take(2);
    plain.chain(class.iter().copied().filter(named)).collect()
}

struct Compare<'a> {
    before: &'a Network,
    after: &'a Network,
    asked: &'a [(AskedPair, Judgement<Set>)],
    sets: &'a mut Diagrams,
    found: BTreeMap<(String, String), Vec<String>>,
    size: f64,
    pairs: usize,
    /// Something that may be opened, and nobody can say.
    undecided: Option<String>,
}

impl Compare<'_> {
    fn with_the_internet(&mut self, member: Ix<NetworkInterface>, family: Family) {
        let name = name_of(self.before, member);
        let world = match family {
            Family::V4 => "internet",
            Family::V6 => "internet6",
        };
        for holder in self.holders(member, family) {
            let inbound = Flow { family, client: None, server: Server::Public(holder) };
            let outbound = Flow { family, client: Some(holder), server: Server::Beyond };
            self.flow(&inbound, (world.into(), name.clone()));
            if starts(self.before, member) {
                self.flow(&outbound, (name.clone(), world.into()));
            }
        }
    }

    fn between(&mut self, client: Ix<NetworkInterface>, server: Ix<NetworkInterface>, family: Family) {
        if !starts(self.before, client) {
            return;
        }
        for from in self.holders(client, family) {
            for to in self.holders(server, family) {
                let flow = Flow { family, client: Some(from), server: Server::Interface(to) };
                self.flow(&flow, (name_of(self.before, client), name_of(self.before, server)));
            }
        }
    }

    /// An interface by each of its addresses.
    fn holders(&self, interface: Ix<NetworkInterface>, family: Family) -> Vec<Holder> {
        let noun = self.before.model().network_interfaces.at(interface);
        let of_family = noun.own_addresses().filter(|address| Family::of(*address) == family);
        of_family.map(|address| Holder { interface, address }).collect()
    }

    /// All that works after and did not before, apart from what was asked for.
    fn flow(&mut self, flow: &Flow, ends: (String, String)) {
        self.pairs += 1;
        if self.pairs > MOST_PAIRS {
            return;
        }
        let kind =
            flow.client.map(|client| kind_of(self.before, client.interface)).or(client_kind("internet"));
        let Some(kind) = kind else { return };
        let remote = match (flow.client, flow.server) {
            (None, _) | (_, Server::Beyond) => Region::FULL.remote(0..=flow.family.last_address()),
            _ => Region::FULL.remote(0..=0),
        };
        let all = connections(self.sets, flow.family, &[Service::Any], kind.ports);
        let remote = self.sets.region(&remote);
        let mut all = self.sets.intersect(all, remote);
        for (pair, _) in self.asked {
            if pair.flow == *flow {
                all = self.sets.subtract(all, pair.asked);
            }
        }
        let before = engine::judge(self.before, flow, all, self.sets);
        let after = engine::judge(self.after, flow, all, self.sets);
        let new = self.sets.subtract(after.works, before.works);
        let may_now = self.sets.subtract(after.unknown, before.works);
        if self.undecided.is_none() && self.sets.subtract(may_now, before.unknown) != Set::EMPTY {
            let (client, server) = &ends;
            self.undecided = Some(format!("whether {client} -> {server} opens more cannot be decided"));
        }
        if new != Set::EMPTY {
            self.size += self.sets.count(new);
            let words = self.words(flow, new, remote);
            let entry = self.found.entry(ends).or_default();
            entry.extend(words);
            entry.dedup();
        }
    }

    fn words(&mut self, flow: &Flow, new: Set, remote: Set) -> Vec<String> {
        let protocols = self.sets.ranges(new, Field::Protocol);
        if protocols.iter().map(|range| range.end() - range.start() + 1).sum::<u128>() > 200 {
            return vec!["everything".into()];
        }
        let mut words = Vec::new();
        for number in protocols.into_iter().flatten().filter_map(|number| u8::try_from(number).ok()) {
            let region = self.sets.region(&Region::FULL.protocol(number));
            let part = self.sets.intersect(new, region);
            let mut text = protocol_name(number);
            if [6, 17].contains(&number) {
                text = format!("{text} {}", ranges(self.sets, part, Field::Server));
            }
            if self.sets.ranges(part, Field::Remote) != self.sets.ranges(remote, Field::Remote) {
                let blocks = blocks(self.sets, flow.family, part);
                // The whole family less what the internet does not route is the internet.
                if blocks.len() <= 4 {
                    text = format!("{text} ({})", blocks.join(", "));
                }
            }
            words.push(text);
        }
        words
    }
}
