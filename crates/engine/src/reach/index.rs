//! The whole answer, kept while rules change: what a change can touch is found again, and what became different is said.
//!
//! A change never makes classes coarser: where a new block tells members of one apart, the class is split, and what was
//! known of it holds for both parts until their rows are found again.

use ipnet::IpNet;
use model::{
    Change, ChangeError, Id, Ix, NetworkAcl, NetworkInterface, Peer, Route, SecurityGroupRule, Target,
};
use rustc_hash::{FxHashMap, FxHashSet};
use space::address_range;

use super::cuts::Cuts;
use super::neighbours::Neighbours;
use super::row::{Rows, Wanted};
use super::{Asked, Class, ClassIx, CohortIx, Ends, Outcome, Prepared, Reach, Row};
use crate::Network;
use crate::route::RouteEntry;

/// A network, the answer of everything to everything, and what it takes to keep it.
pub struct Index<'a> {
    network: Network,
    asked: Asked<'a>,
    prepared: Prepared,
    reach: Reach,
}

/// One end of what became different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// All members of a class.
    Class(ClassIx),
    /// The internet.
    Internet,
}

/// A pair of which the answer became another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// From whom.
    pub client: Side,
    /// To whom.
    pub server: Side,
    /// What it was.
    pub before: Outcome,
    /// What it is.
    pub after: Outcome,
}

/// What has to be found again after a change.
#[derive(Debug, Default)]
struct Dirty {
    /// Servers to which everything is looked at again.
    servers: FxHashSet<ClassIx>,
    /// Clients from which something is: to the internet, and to `reached`.
    clients: Vec<CohortIx>,
    /// Servers to which only `clients` are looked at again.
    reached: Vec<ClassIx>,
    everything: bool,
}

impl<'a> Index<'a> {
    /// Finds everything.
    pub fn new(network: Network, asked: Asked<'a>) -> Index<'a> {
        let prepared = Prepared::of(&network);
        let reach = Reach::by_cohorts(&network, &prepared, &asked);
        Index { network, asked, prepared, reach }
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The ends.
    pub fn ends(&self) -> &Ends {
        &self.prepared.ends
    }

    /// The answer.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Makes a change and says what became different.
    ///
    /// # Errors
    /// If AWS would refuse it; then nothing is changed.
    pub fn apply(&mut self, change: &Change) -> Result<Vec<Changed>, ChangeError> {
        let of_entries = match change {
            Change::CreateNetworkAclEntry { acl, .. }
            | Change::ReplaceNetworkAclEntry { acl, .. }
            | Change::DeleteNetworkAclEntry { acl, .. } => self.network.model().network_acls.ix(acl.as_str()),
            _ => None,
        };
        let before = of_entries.map(|acl| blocks_of(&self.network, acl));
        self.network.apply(change)?;
        let dirty = match change {
            Change::AuthorizeSecurityGroup { group, rule } | Change::RevokeSecurityGroup { group, rule } => {
                self.group_changed(group, rule)
            }
            _ => match (of_entries, before) {
                (Some(acl), Some(before)) => self.list_changed(acl, &before),
                _ => Dirty::default(),
            },
        };
        Ok(self.find_again(dirty))
    }

    /// Gives an interface these groups in place of those that it has (`modify-network-interface-attribute`), and says
    /// what became different. `None` if there is no such interface.
    pub fn set_groups(&mut self, interface: &Id, groups: Vec<Id>) -> Option<Vec<Changed>> {
        let ix = self.network.model().network_interfaces.ix(interface.as_str())?;
        if !self.network.set_groups(interface, groups) {
            return None;
        }
        self.prepared.profiles.regroup(&self.network, ix);
        let mut dirty = Dirty { everything: self.prepared.ends.devices.contains(&ix), ..Dirty::default() };
        for class in self.prepared.ends.classes_of(ix).to_vec() {
            let members = self.prepared.ends.class(class).map_or(&[][..], |class| &class.members);
            let (own, others): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.interface == ix);
            let own = match others.is_empty() {
                true => class,
                false => {
                    let own = self.prepared.ends.split(class, own, others);
                    self.copy_rows(&FxHashMap::from_iter([(class, own)]));
                    own
                }
            };
            let known = self.network.resolved().groups_of(ix);
            let lacks = known.len() < self.network.model().network_interfaces.at(ix).groups.len();
            self.prepared.ends.regroup(own, known, lacks);
            dirty.servers.insert(own);
            dirty.clients.extend(self.regroup(&[own]));
        }
        let own: Vec<ClassIx> = dirty.servers.iter().copied().collect();
        let vpcs = vpcs_of(&self.prepared.ends, &own);
        let servers = (0u32..).zip(&self.prepared.ends.classes).map(|(ix, _)| ix);
        dirty.reached = servers.filter(|server| self.prepared.comes_from(*server, &vpcs)).collect();
        Some(self.find_again(dirty))
    }

    /// Gives a route table these routes in place of those that it has, and says what became different. `None` if there is
    /// no such table, or a route names an interface: an appliance is like nobody else, and the index has to be made anew.
    pub fn set_routes(&mut self, table: &Id, routes: Vec<Route>) -> Option<Vec<Changed>> {
        let ix = self.network.model().route_tables.ix(table.as_str())?;
        let by_interface = |route: &Route| matches!(route.target, Target::NetworkInterface(_));
        let before = self.network.model().route_tables.at(ix).routes.iter();
        if before.chain(&routes).any(by_interface) || !self.network.set_routes(table, routes) {
            return None;
        }
        let blocks: Vec<IpNet> = self.network.routes_of(ix).iter().filter_map(RouteEntry::block).collect();
        for block in blocks {
            self.split_cohorts(block);
            self.prepared.ends.part_sites(block);
        }
        self.prepared.neighbours = Neighbours::of(&self.network, &self.prepared.ends);
        Some(self.find_again(Dirty { everything: true, ..Dirty::default() }))
    }

    fn group_changed(&mut self, group: &Id, rule: &SecurityGroupRule) -> Dirty {
        let mut dirty = Dirty::default();
        let network = &self.network;
        let Some(ix) = network.model().security_groups.ix(group.as_str()) else { return dirty };
        let members = network.resolved().members_of(ix).to_vec();
        dirty.everything = members.iter().any(|member| self.prepared.ends.devices.contains(member));
        let (named, blocks) = match &rule.peer {
            Peer::Cidr(block) => (None, vec![*block]),
            Peer::Group(peer) => (network.model().security_groups.ix(peer.as_str()), Vec::new()),
            Peer::PrefixList(list) => {
                let noun = network.model().prefix_lists.get(list.as_str());
                let entries = noun.and_then(|noun| noun.entries.as_ref()).into_iter().flatten();
                (None, entries.map(|entry| entry.cidr).collect())
            }
        };
        for block in &blocks {
            self.split_classes(*block, |_| true);
        }
        self.prepared.profiles.update(&self.network, &members, rule.egress);
        let ends = &self.prepared.ends;
        let own: Vec<ClassIx> = members
            .iter()
            .flat_map(|member| ends.classes_of(*member))
            .copied()
            .collect::<FxHashSet<_>>()
            .into_iter()
            .collect();
        if !rule.egress {
            dirty.servers.extend(own);
            return dirty;
        }
        // A rule that lets something out touches the servers that it names.
        let named_by_group = matches!(rule.peer, Peer::Group(_)) && named.is_some();
        let anybody = blocks.is_empty() && !named_by_group;
        let of_group = named.and_then(|named| ends.of_group.get(&named)).into_iter().flatten();
        let mut reached: Vec<ClassIx> = of_group.copied().collect();
        if !named_by_group {
            let inside = |class: &Class| {
                let first = class.members.first();
                anybody
                    || first.is_some_and(|member| blocks.iter().any(|block| block.contains(&member.address)))
            };
            let all = (0u32..).zip(&ends.classes);
            reached.extend(all.filter(|(_, class)| inside(class)).map(|(ix, _)| ix));
        }
        let vpcs = vpcs_of(ends, &own);
        reached.retain(|server| self.prepared.comes_from(*server, &vpcs));
        dirty.reached = reached;
        dirty.clients = self.regroup(&own);
        dirty
    }

    fn list_changed(&mut self, acl: Ix<NetworkAcl>, before: &FxHashSet<IpNet>) -> Dirty {
        let mut dirty = Dirty::default();
        let after = blocks_of(&self.network, acl);
        for block in after.symmetric_difference(before) {
            self.split_cohorts(*block);
        }
        if let Some(cuts) = self.prepared.lists.get_mut(acl.position()) {
            *cuts = Cuts::of(after);
        }
        let (network, ends) = (&self.network, &self.prepared.ends);
        let model = network.model();
        let guarded = |subnet| network.resolved().network_acl_of(subnet).ix() == Some(acl);
        let subnets: Vec<_> = model.subnets.iter().filter(|(ix, _)| guarded(*ix)).collect();
        // Packets of others pass the lists of subnets in which a device is, and what gets to a node is what gets to its
        // targets.
        let in_guarded =
            |device: &Ix<NetworkInterface>| network.resolved().subnet_of(*device).is_some_and(guarded);
        let passed = subnets.iter().any(|(ix, _)| ends.hosting.contains(ix));
        dirty.everything = passed || ends.devices.iter().any(in_guarded);
        let inside = |cohort: CohortIx| {
            let subnet = ends.cohort(cohort).and_then(|cohort| cohort.subnet);
            subnet.is_some_and(|subnet| subnets.iter().any(|(guarded, _)| *guarded == subnet))
        };
        dirty.clients = (0u32..).zip(&ends.cohorts).map(|(ix, _)| ix).filter(|ix| inside(*ix)).collect();
        let vpcs: FxHashSet<u32> = subnets.iter().filter_map(|(_, noun)| ends.vpc(&noun.vpc)).collect();
        for (server, class) in (0u32..).zip(&ends.classes) {
            if inside(class.cohort) {
                dirty.servers.insert(server);
            } else if self.prepared.comes_from(server, &vpcs) {
                dirty.reached.push(server);
            }
        }
        dirty
    }

    fn find_again(&mut self, mut dirty: Dirty) -> Vec<Changed> {
        let ends = &self.prepared.ends;
        if dirty.everything {
            dirty.servers = (0u32..).zip(&ends.classes).map(|(ix, _)| ix).collect();
            dirty.clients = (0u32..).zip(&ends.cohorts).map(|(ix, _)| ix).collect();
            dirty.reached.clear();
        }
        dirty.reached.retain(|server| !dirty.servers.contains(server));
        let mut servers: Vec<ClassIx> = dirty.servers.into_iter().collect();
        servers.sort_unstable();
        let mut changed = Vec::new();
        let mut rows = Rows::new(&self.network, &self.prepared, &self.asked, None, None);
        std::mem::swap(&mut rows.sets, &mut self.reach.sets);
        for server in servers {
            let row = rows.row(server, true);
            if let Some(place) = self.reach.rows.get_mut(server as usize) {
                differences(ends, place, &row, Side::Class(server), &mut changed);
                *place = row;
            }
        }
        self.reach.sets = rows.sets;
        if dirty.clients.is_empty() {
            return changed;
        }
        let clients: FxHashSet<CohortIx> = dirty.clients.iter().copied().collect();
        let of_clients = clients.iter().filter_map(|cohort| ends.cohort(*cohort));
        let classes: Vec<ClassIx> = of_clients.flat_map(|cohort| cohort.classes.iter().copied()).collect();
        let wanted = Wanted::of(ends, &classes);
        let mut rows = Rows::new(&self.network, &self.prepared, &self.asked, Some(&wanted), None);
        std::mem::swap(&mut rows.sets, &mut self.reach.sets);
        for server in dirty.reached {
            let found = rows.row(server, false);
            if let Some(place) = self.reach.rows.get_mut(server as usize) {
                let row = with_clients(ends, place, found, &clients);
                differences(ends, place, &row, Side::Class(server), &mut changed);
                *place = row;
            }
        }
        let found = rows.towards_internet(&dirty.clients);
        let row = with_clients(ends, &self.reach.to_internet, found, &clients);
        differences(ends, &self.reach.to_internet, &row, Side::Internet, &mut changed);
        self.reach.to_internet = row;
        self.reach.sets = rows.sets;
        changed
    }

    /// Splits the classes that a block cuts, of those that `of` picks. The new ones hold what is inside.
    fn split_classes(&mut self, block: IpNet, of: impl Fn(CohortIx) -> bool) {
        let mut parts: FxHashMap<ClassIx, ClassIx> = FxHashMap::default();
        let ends = &mut self.prepared.ends;
        let range = address_range(block);
        for ix in 0..u32::try_from(ends.classes.len()).unwrap_or(u32::MAX) {
            let Some(class) = ends.classes.get(ix as usize).filter(|class| of(class.cohort)) else {
                continue;
            };
            let inside = |member: &model::Holder| {
                space::Family::of(member.address) == space::Family::of(block.addr())
                    && range.contains(&space::address_value(member.address))
            };
            let count = class.members.iter().filter(|member| inside(member)).count();
            if count > 0 && count < class.members.len() {
                let (own, others) = class.members.iter().partition(|member| inside(member));
                parts.insert(ix, ends.split(ix, own, others));
            }
        }
        if parts.is_empty() {
            return;
        }
        self.copy_rows(&parts);
    }

    /// What is known of a class holds for a part of it.
    fn copy_rows(&mut self, parts: &FxHashMap<ClassIx, ClassIx>) {
        self.reach.rows.resize(self.prepared.ends.classes.len(), Row::default());
        for (&of, &new) in parts {
            let row = self.reach.rows.get(of as usize).cloned();
            if let (Some(row), Some(place)) = (row, self.reach.rows.get_mut(new as usize)) {
                *place = row;
            }
        }
        for row in self.reach.rows.iter_mut().chain([&mut self.reach.to_internet]) {
            let known = row.classes.iter();
            let new: Vec<(ClassIx, Outcome)> =
                known.filter_map(|(class, outcome)| Some((*parts.get(class)?, *outcome))).collect();
            row.classes.extend(new);
        }
    }

    /// Splits the cohorts that a block of a network ACL or of a route cuts.
    fn split_cohorts(&mut self, block: IpNet) {
        let (low, high) = address_range(block).into_inner();
        let family = space::Family::of(block.addr());
        let cut: FxHashSet<CohortIx> = (0u32..)
            .zip(&self.prepared.ends.cohorts)
            .filter(|(_, cohort)| {
                let (first, last) = cohort.span;
                let touches = low <= last && first <= high;
                cohort.family == family && touches && (first < low || high < last)
            })
            .map(|(ix, _)| ix)
            .collect();
        if cut.is_empty() {
            return;
        }
        self.split_classes(block, |cohort| cut.contains(&cohort));
        for cohort in cut {
            let ends = &self.prepared.ends;
            let of_cohort = ends.cohort(cohort).map_or(&[][..], |cohort| &cohort.classes);
            let inside: Vec<ClassIx> = of_cohort
                .iter()
                .filter(|class| {
                    let first = ends.class(**class).and_then(|class| class.members.first());
                    first.is_some_and(|member| block.contains(&member.address))
                })
                .copied()
                .collect();
            if !inside.is_empty() && inside.len() < of_cohort.len() {
                let new = self.prepared.ends.part(cohort, &inside, &self.prepared.profiles);
                self.copy_entries(cohort, new);
            }
        }
    }

    /// Puts classes whose groups now let something else out into cohorts of their own; returns these.
    fn regroup(&mut self, classes: &[ClassIx]) -> Vec<CohortIx> {
        let Prepared { ends, profiles, .. } = &self.prepared;
        let mut by_cohort: FxHashMap<(CohortIx, u32), Vec<ClassIx>> = FxHashMap::default();
        for &ix in classes {
            let Some(class) = ends.class(ix) else { continue };
            let Some(member) = class.members.first() else { continue };
            let profile = profiles.of_interface(member.interface, true);
            by_cohort.entry((class.cohort, profile)).or_default().push(ix);
        }
        let mut found = Vec::new();
        for ((cohort, _), classes) in by_cohort {
            let new = self.prepared.ends.part(cohort, &classes, &self.prepared.profiles);
            if new != cohort {
                self.copy_entries(cohort, new);
            }
            found.push(new);
        }
        found
    }

    /// What is known of a cohort holds for a part of it.
    fn copy_entries(&mut self, of: CohortIx, new: CohortIx) {
        for row in self.reach.rows.iter_mut().chain([&mut self.reach.to_internet]) {
            let known = row.cohorts.iter().find(|(cohort, _)| *cohort == of).map(|(_, outcome)| *outcome);
            row.cohorts.extend(known.map(|outcome| (new, outcome)));
        }
    }
}

/// A row with what was found again of some clients.
fn with_clients(ends: &Ends, row: &Row, found: Row, clients: &FxHashSet<CohortIx>) -> Row {
    let mut row = row.clone();
    row.cohorts.retain(|(cohort, _)| !clients.contains(cohort));
    row.classes.retain(|(class, _)| ends.cohort_of(*class).is_none_or(|cohort| !clients.contains(&cohort)));
    row.cohorts.extend(found.cohorts);
    row.classes.extend(found.classes);
    row
}

/// The VPCs of some classes.
fn vpcs_of(ends: &Ends, classes: &[ClassIx]) -> FxHashSet<u32> {
    let cohorts = classes.iter().filter_map(|class| ends.cohort(ends.cohort_of(*class)?));
    cohorts.map(|cohort| cohort.vpc).collect()
}

fn blocks_of(network: &Network, acl: Ix<NetworkAcl>) -> FxHashSet<IpNet> {
    network.model().network_acls.at(acl).entries.iter().map(|entry| entry.cidr).collect()
}

/// What became different between two rows of a server.
fn differences(ends: &Ends, before: &Row, after: &Row, server: Side, changed: &mut Vec<Changed>) {
    if before == after {
        return;
    }
    if before.internet != after.internet {
        let (before, after) = (before.internet, after.internet);
        changed.push(Changed { client: Side::Internet, server, before, after });
    }
    let [of_before, of_after] =
        [before, after].map(|row| row.cohorts.iter().copied().collect::<FxHashMap<_, _>>());
    let [own_before, own_after] =
        [before, after].map(|row| row.classes.iter().copied().collect::<FxHashMap<_, _>>());
    let classes = own_before.keys().chain(own_after.keys()).copied();
    let mut single: FxHashSet<ClassIx> = classes.collect();
    let cohorts: FxHashSet<CohortIx> = of_before.keys().chain(of_after.keys()).copied().collect();
    for cohort in cohorts {
        if of_before.get(&cohort) != of_after.get(&cohort) {
            single.extend(ends.cohort(cohort).into_iter().flat_map(|cohort| &cohort.classes));
        }
    }
    let mut single: Vec<ClassIx> = single.into_iter().collect();
    single.sort_unstable();
    for client in single {
        let cohort = ends.cohort_of(client);
        let look = |own: &FxHashMap<ClassIx, Outcome>, of: &FxHashMap<CohortIx, Outcome>| {
            let of_cohort = || cohort.and_then(|cohort| of.get(&cohort)).copied();
            own.get(&client).copied().or_else(of_cohort).unwrap_or(Outcome::NOTHING)
        };
        let (before, after) = (look(&own_before, &of_before), look(&own_after, &of_after));
        // Nobody reaches itself: a class of one member is no pair with itself.
        let alone =
            Side::Class(client) == server && ends.class(client).is_some_and(|class| class.members.len() < 2);
        if before != after && !alone {
            changed.push(Changed { client: Side::Class(client), server, before, after });
        }
    }
}
