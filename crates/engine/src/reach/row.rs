//! Who gets to one server, and what: a row of the whole answer.

mod crowds;

use std::sync::Arc;

use crowds::{Arriving, Incoming};
use model::{Holder, InterfaceType, Ix, NetworkInterface, SecurityGroup, Subnet};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Set, address_range};

use super::crowds::Alike;
use super::ends::{ClassIx, Cohort, CohortIx, Ends, Site};
use super::neighbours::{Link, Neighbours};
use super::profile::{Profile, ProfileIx, Profiles};
use super::skeleton::{Near, OpenGate, Pair, Skeleton, Walk};
use super::slices::Slices;
use super::{Asked, INTERNET, Outcome, Prepared};
use crate::Network;
use crate::judge::Passage;

/// What gets to a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// From all classes of a cohort that `classes` does not name.
    pub cohorts: Vec<(CohortIx, Outcome)>,
    /// The same from many cohorts at once, in their order: none of them is in `cohorts`, or here twice. An [`super::Index`]
    /// has none of these.
    pub crowds: Vec<(Arc<[CohortIx]>, Outcome)>,
    /// From single classes, whatever `cohorts` says of theirs.
    pub classes: Vec<(ClassIx, Outcome)>,
    /// From the internet.
    pub internet: Outcome,
}

impl Row {
    /// What gets to the server from each cohort's classes that `classes` does not name.
    pub fn of_cohorts(&self) -> impl Iterator<Item = (CohortIx, Outcome)> {
        let crowds = self.crowds.iter();
        let of_crowds =
            crowds.flat_map(|(cohorts, outcome)| cohorts.iter().map(|cohort| (*cohort, *outcome)));
        self.cohorts.iter().copied().chain(of_crowds)
    }

    /// The same from one cohort.
    pub fn of_cohort(&self, cohort: CohortIx) -> Outcome {
        let own = self.cohorts.iter().find(|(known, _)| *known == cohort).map(|(_, outcome)| *outcome);
        let crowd = || self.crowds.iter().find(|(cohorts, _)| cohorts.binary_search(&cohort).is_ok());
        own.or_else(|| crowd().map(|(_, outcome)| *outcome)).unwrap_or(Outcome::NOTHING)
    }

    /// Single classes, with what gets to the server from each and from the others of its cohort.
    pub(super) fn of_classes(&self, ends: &Ends) -> impl Iterator<Item = (ClassIx, Outcome, Outcome)> {
        // Classes of one cohort mostly follow each other.
        let mut last = None;
        self.classes.iter().map(move |(class, outcome)| {
            let cohort = ends.cohort_of(*class);
            let of_cohort = match last {
                Some((known, of_cohort)) if known == cohort => of_cohort,
                _ => cohort.map_or(Outcome::NOTHING, |cohort| self.of_cohort(cohort)),
            };
            last = Some((cohort, of_cohort));
            (*class, *outcome, of_cohort)
        })
    }
}

/// The cohorts of one VPC by how the blocks of a server's rules hold them. Only those whose own rules let something out by
/// address: the others are found by the groups that they name.
#[derive(Debug, Default)]
struct Admitted {
    /// Cohorts of which every class is a peer of the same rules.
    whole: Vec<CohortIx>,
    /// Cohorts that some rule cuts.
    cut: Vec<CohortIx>,
    /// Cohorts that no rule's blocks hold.
    others: Vec<CohortIx>,
}

/// Finds rows, one after the other.
pub(super) struct Rows<'p> {
    network: &'p Network,
    ends: &'p Ends,
    profiles: &'p Profiles,
    neighbours: &'p Neighbours,
    asked: &'p Asked<'p>,
    pub(super) sets: Diagrams,
    slices: Slices<'p>,
    skeletons: FxHashMap<Walked, Skeleton>,
    /// The VPC of the last server.
    vpc: u32,
    admitted: FxHashMap<(ProfileIx, u32, Family), Admitted>,
    alike: Option<&'p Alike<'p>>,
    /// What comes to that VPC in crowds.
    incoming: Incoming<'p>,
    /// The clients that are asked about; `None` is all.
    wanted: Option<&'p Wanted>,
    /// What passes between ends of that VPC and others but for the groups that look at both.
    settled: FxHashMap<Settling, Passage<Set>>,
    /// What is asked, by family, kind of client and whether one end is beyond the network.
    connections: FxHashMap<(Family, &'static str, bool), Set>,
}

/// Some clients.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) cohorts: Vec<CohortIx>,
    classes: FxHashSet<ClassIx>,
    /// So few that each is looked at, rather than whom a server's rules name.
    few: bool,
}

impl Wanted {
    pub(super) fn of(ends: &Ends, classes: &[ClassIx]) -> Wanted {
        const FEW: usize = 16;
        let mut cohorts: Vec<CohortIx> = classes.iter().filter_map(|class| ends.cohort_of(*class)).collect();
        cohorts.sort_unstable();
        cohorts.dedup();
        Wanted { few: cohorts.len() <= FEW, cohorts, classes: classes.iter().copied().collect() }
    }

    fn has_cohort(&self, cohort: CohortIx) -> bool {
        self.cohorts.binary_search(&cohort).is_ok()
    }
}

/// Between what a skeleton was walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Walked {
    /// Any two ends of these sites, and whether they share a subnet.
    Sites(Option<Site>, Option<Site>, bool, Family),
    /// Any client of another VPC with this way to the server's, and an end of this site.
    Way(u32, Site, Family),
    /// These two.
    Ends(Option<Ix<NetworkInterface>>, Option<Ix<NetworkInterface>>, Family),
}

/// What tells all of two ends that lists see of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Settling {
    /// How it was walked between them, and their cohorts.
    Cohorts(Walked, CohortIx, CohortIx),
    /// The server's station, the client's crowd and where it is between the blocks of the lists on the server's side.
    Crowd(u32, usize, usize),
}

/// Two ends, and by what way one gets to the other.
#[derive(Clone, Copy)]
struct Between<'a> {
    key: Walked,
    pair: Pair<'a>,
    near: Near<'a>,
    /// Whether the server's own groups do not look at the client's.
    masked: bool,
    family: Family,
    /// The kind of the client, if it is not the internet.
    kind: Option<&'static str>,
    /// `None` if nobody else has in common what lists do.
    settling: Option<Settling>,
}

impl<'a> Between<'a> {
    /// Two ends that have nothing in common with others.
    fn two(key: Walked, pair: Pair<'a>, family: Family, kind: Option<&'static str>) -> Between<'a> {
        let near = Near { client: pair.client, subnets: &[] };
        Between { key, pair, near, masked: false, family, kind, settling: None }
    }
}

impl<'p> Rows<'p> {
    pub(super) fn new(
        network: &'p Network,
        prepared: &'p Prepared,
        asked: &'p Asked<'p>,
        wanted: Option<&'p Wanted>,
        alike: Option<&'p Alike<'p>>,
    ) -> Rows<'p> {
        let Prepared { ends, profiles, neighbours, lists } = prepared;
        Rows {
            network,
            ends,
            profiles,
            neighbours,
            asked,
            sets: Diagrams::new(),
            slices: Slices::new(network, profiles, lists, ends),
            skeletons: FxHashMap::default(),
            vpc: u32::MAX,
            admitted: FxHashMap::default(),
            alike,
            incoming: Incoming::default(),
            wanted,
            settled: FxHashMap::default(),
            connections: FxHashMap::default(),
        }
    }

    /// Everything that gets to a class of servers.
    pub(super) fn row(&mut self, server: ClassIx, from_internet: bool) -> Row {
        let ends = self.ends;
        let mut row = Row::default();
        let Some(class) = ends.class(server) else { return row };
        let Some(holder) = class.members.first() else { return row };
        self.forget(class.cohort);
        let mut single = Vec::new();
        for cohort in self.wanted_candidates(server, &mut single) {
            let outcome = self.of_cohort(cohort, server, holder, &mut single);
            if !outcome.is_nothing() {
                row.cohorts.push((cohort, outcome));
            }
        }
        let arriving = self.arriving(server, holder);
        if let Some(arriving) = &arriving {
            self.add_crowds(arriving, &mut row, &mut single);
        }
        single.sort_unstable();
        single.dedup();
        if let Some(wanted) = self.wanted {
            single.retain(|client| wanted.classes.contains(client));
        }
        for client in single {
            let outcome = self.of_class(client, server, arriving.as_ref());
            row.classes.extend(outcome.map(|outcome| (client, outcome)));
        }
        let other = row.of_classes(ends).filter(|(_, outcome, of_cohort)| outcome != of_cohort);
        row.classes = other.map(|(client, outcome, _)| (client, outcome)).collect();
        if from_internet {
            row.internet = self.internet_to(server, holder);
        }
        row
    }

    /// Lets go of what was found for servers of another VPC, once it is much: nobody asks for it again, for they come VPC
    /// by VPC.
    fn forget(&mut self, server: CohortIx) {
        const MUCH: usize = 4096;
        let vpc = self.ends.cohort(server).map_or(u32::MAX, |cohort| cohort.vpc);
        if vpc != self.vpc {
            self.incoming = Incoming::default();
            self.settled.clear();
            self.slices.forget_servers();
        }
        if vpc != self.vpc && self.skeletons.len() > MUCH {
            self.skeletons.clear();
            self.admitted.clear();
        }
        self.vpc = vpc;
    }

    /// What gets to the internet from some cohorts.
    pub(super) fn towards_internet(&mut self, cohorts: &[CohortIx]) -> Row {
        let ends = self.ends;
        let (mut row, mut single, mut of_cohorts) = (Row::default(), Vec::new(), FxHashMap::default());
        for &cohort in cohorts {
            let outcome = self.cohort_to_internet(cohort, &mut single);
            if !outcome.is_nothing() {
                row.cohorts.push((cohort, outcome));
                of_cohorts.insert(cohort, outcome);
            }
        }
        for client in single {
            let outcome = self.class_to_internet(client);
            let of_cohort = ends.cohort_of(client).and_then(|cohort| of_cohorts.get(&cohort));
            if outcome != of_cohort.copied().unwrap_or(Outcome::NOTHING) {
                row.classes.push((client, outcome));
            }
        }
        row
    }

    fn cohort_to_internet(&mut self, cohort: CohortIx, single: &mut Vec<ClassIx>) -> Outcome {
        let ends = self.ends;
        let Some(noun) = ends.cohort(cohort) else { return Outcome::NOTHING };
        let Some(client) = first_of(ends, cohort, |_| true) else { return Outcome::NOTHING };
        let pair = Pair { client: Some(client), server: None };
        let key = Walked::Sites(Some(noun.site), None, false, noun.family);
        let skeleton = self.skeleton(key, noun.family, pair, &[]);
        if skeleton.individual || skeleton.exact || ends.inspects {
            single.extend(noun.classes.iter().copied());
            return Outcome::NOTHING;
        }
        single.extend(of_cohort(ends, cohort, &skeleton.passes));
        self.outcome(Between::two(key, pair, noun.family, Some(noun.kind.key)))
    }

    /// What gets from one class of clients to the internet.
    fn class_to_internet(&mut self, client: ClassIx) -> Outcome {
        let ends = self.ends;
        let Some(class) = ends.class(client) else { return Outcome::NOTHING };
        let kind = ends.cohort(class.cohort).map(|cohort| cohort.kind.key);
        let holder = class.members.first();
        let pair = Pair { client: holder, server: None };
        let key = Walked::Ends(holder.map(|holder| holder.interface), None, class.family);
        self.skeleton(key, class.family, pair, &[]);
        self.outcome(Between::two(key, pair, class.family, kind))
    }

    fn internet_to(&mut self, server: ClassIx, holder: &Holder) -> Outcome {
        let Some(class) = self.ends.class(server) else { return Outcome::NOTHING };
        let pair = Pair { client: None, server: Some(holder) };
        let mut key = Walked::Sites(None, Some(class.site), false, class.family);
        if self.skeleton(key, class.family, pair, &[]).exact {
            key = Walked::Ends(None, Some(holder.interface), class.family);
            self.skeleton(key, class.family, pair, &[]);
        }
        self.outcome(Between::two(key, pair, class.family, None))
    }

    /// What gets from a whole cohort to a server; what has to be looked at class by class is added to `single`.
    fn of_cohort(
        &mut self,
        cohort: CohortIx,
        server: ClassIx,
        holder: &Holder,
        single: &mut Vec<ClassIx>,
    ) -> Outcome {
        let ends = self.ends;
        let (Some(noun), Some(class)) = (ends.cohort(cohort), ends.class(server)) else {
            return Outcome::NOTHING;
        };
        let usual = |member: &Holder| {
            member.interface != holder.interface && !ends.has_own_way(member.interface, class)
        };
        let Some(client) = first_of(ends, cohort, usual) else {
            single.extend(noun.classes.iter().copied());
            return Outcome::NOTHING;
        };
        let pair = Pair { client: Some(client), server: Some(holder) };
        let key = self.between(cohort, server);
        let skeleton = self.skeleton(key, class.family, pair, &[]);
        if skeleton.is_dead() {
            return Outcome::NOTHING;
        }
        if skeleton.individual || skeleton.exact {
            single.extend(noun.classes.iter().copied());
            return Outcome::NOTHING;
        }
        single.extend(of_cohort(ends, cohort, &skeleton.passes));
        let settling = Some(Settling::Cohorts(key, cohort, class.cohort));
        let two = Between::two(key, pair, class.family, Some(noun.kind.key));
        self.outcome(Between { masked: true, settling, ..two })
    }

    /// What gets from one class to another; `None` if there is no pair of different interfaces.
    fn of_class(&mut self, client: ClassIx, server: ClassIx, arriving: Option<&Arriving>) -> Option<Outcome> {
        let ends = self.ends;
        let (of_client, of_server) = (ends.class(client)?, ends.class(server)?);
        let to = of_server.members.first()?;
        let from = of_client.members.iter().find(|member| member.interface != to.interface)?;
        let pair = Pair { client: Some(from), server: Some(to) };
        let cohort = ends.cohort(of_client.cohort)?;
        let has_own_way = ends.has_own_way(from.interface, of_server);
        let arriving = arriving.filter(|_| !has_own_way);
        if let Some((arriving, at)) = arriving.and_then(|all| Some((all, all.together(of_client.cohort)?))) {
            return Some(self.of_crowd(arriving, at, from, false));
        }
        let own = Walked::Ends(Some(from.interface), Some(to.interface), of_server.family);
        let key = if has_own_way { own } else { self.between(of_client.cohort, server) };
        let skeleton = self.skeleton(key, of_server.family, pair, &[]);
        let two = Between::two(key, pair, of_server.family, Some(cohort.kind.key));
        if key == own || !(skeleton.exact || skeleton.passes.contains(&from.interface)) {
            let settling = (key != own).then_some(Settling::Cohorts(key, of_client.cohort, of_server.cohort));
            return Some(self.outcome(Between { settling, ..two }));
        }
        self.skeleton(own, of_server.family, pair, &[]);
        Some(self.outcome(Between { key: own, ..two }))
    }

    fn between(&self, client: CohortIx, server: ClassIx) -> Walked {
        let to = self.ends.class(server).and_then(|class| Some((class, self.ends.cohort(class.cohort)?)));
        let (Some(from), Some((class, to))) = (self.ends.cohort(client), to) else {
            return Walked::Ends(None, None, Family::V4);
        };
        let neighbours = from.subnet.is_some() && from.subnet == to.subnet;
        Walked::Sites(Some(from.site), Some(class.site), neighbours, class.family)
    }

    /// The ways between two ends; those that clients of many VPCs share pass the lists of `near` on the client's side.
    fn skeleton(&mut self, key: Walked, family: Family, pair: Pair<'_>, near: &[Ix<Subnet>]) -> &Skeleton {
        let (network, ends, asked, sets) = (self.network, self.ends, self.asked, &mut self.sets);
        self.skeletons.entry(key).or_insert_with(|| {
            let remote = match pair {
                Pair { client: Some(_), server: Some(_) } => Set::FULL,
                _ => asked.remote(family, true, sets),
            };
            Skeleton::walk(network, ends, Walk { family, pair, near }, remote, asked.goal, sets)
        })
    }

    fn outcome(&mut self, between: Between<'_>) -> Outcome {
        let connections = self.connections(between);
        let Between { key, pair, near, masked, .. } = between;
        let Some(skeleton) = self.skeletons.get(&key) else { return Outcome::NOTHING };
        let (slices, sets) = (&mut self.slices, &mut self.sets);
        // A crowd's own groups say the same of all servers.
        let of_crowd = matches!(between.settling, Some(Settling::Crowd(..)));
        let settling = between.settling.filter(|_| of_crowd || skeleton.settles);
        let known = settling.and_then(|settling| self.settled.get(&settling).copied());
        let settled = known.unwrap_or_else(|| {
            let mut settled = skeleton.settle(pair, near, masked, slices, sets).among(connections, sets);
            if of_crowd {
                let near = Pair { client: near.client, ..pair };
                settled = skeleton.always(settled, near, masked, OpenGate::is_of_client, slices, sets);
            }
            self.settled.extend(settling.map(|settling| (settling, settled)));
            settled
        });
        let rest = |gate: &OpenGate| !(of_crowd && gate.is_of_client());
        let (works, unknown) = skeleton.always(settled, pair, masked, rest, slices, sets).works(sets);
        Outcome { works, unknown }
    }

    /// What is asked between two ends.
    fn connections(&mut self, Between { pair, family, kind, .. }: Between<'_>) -> Set {
        let beyond = pair.client.is_none() || pair.server.is_none();
        let kind = kind.unwrap_or(INTERNET);
        if let Some(known) = self.connections.get(&(family, kind, beyond)) {
            return *known;
        }
        let found = self.asked.of(family, kind, beyond, &mut self.sets);
        self.connections.insert((family, kind, beyond), found);
        found
    }

    /// Of the clients that are asked about those of [`Self::candidates`].
    fn wanted_candidates(&mut self, server: ClassIx, single: &mut Vec<ClassIx>) -> Vec<CohortIx> {
        let ends = self.ends;
        let Some(wanted) = self.wanted else { return self.candidates(server, single) };
        if !wanted.few {
            let mut found = self.candidates(server, single);
            found.retain(|cohort| wanted.has_cohort(*cohort));
            return found;
        }
        let Some(class) = ends.class(server) else { return Vec::new() };
        let (Some(of_server), Some(holder)) = (ends.cohort(class.cohort), class.members.first()) else {
            return Vec::new();
        };
        let profile = self.profiles.at(self.profiles.of_interface(holder.interface, false));
        let sources = self.neighbours.sources(of_server.vpc, class.family);
        let mut found = Vec::new();
        for &ix in &wanted.cohorts {
            let Some(cohort) = ends.cohort(ix).filter(|cohort| cohort.family == class.family) else {
                continue;
            };
            let link = sources.binary_search_by_key(&cohort.vpc, |(from, _)| *from);
            let Some((_, link)) = link.ok().and_then(|at| sources.get(at)) else { continue };
            // Whom the server's rules name by their groups is among the cohort's classes.
            let named = |groups: &[Ix<SecurityGroup>]| {
                cohort
                    .classes
                    .iter()
                    .filter(|class| {
                        let of_class = ends.class(**class).map(|class| &class.groups);
                        of_class.is_some_and(|own| own.iter().any(|group| groups.contains(group)))
                            || profile.is_some_and(|profile| profile.foreign) && ends.lacking.contains(class)
                    })
                    .copied()
                    .collect::<Vec<_>>()
            };
            single.extend(profile.map(|profile| named(&profile.groups)).into_iter().flatten());
            let unguarded = self.is_unguarded(holder.interface);
            match profile.map(|profile| (overlap(cohort, profile), profile.anyone)) {
                Some((Overlap::Cut, _)) => single.extend(cohort.classes.iter().copied()),
                Some((Overlap::None, false)) if !unguarded && *link != Link::Disguised => {
                    single.extend(self.same_host(holder.interface, class.family));
                }
                _ => found.push(ix),
            }
        }
        found
    }

    /// Whether what comes to an interface is not judged by its rules: an EC2 Instance Connect Endpoint (S1.48).
    fn is_unguarded(&self, interface: Ix<NetworkInterface>) -> bool {
        let noun = self.network.model().network_interfaces.at(interface);
        noun.interface_type == InterfaceType::InstanceConnectEndpoint
    }

    /// The classes of an interface's own host, which reach it without leaving it (S12.11).
    fn same_host(&self, interface: Ix<NetworkInterface>, family: Family) -> Vec<ClassIx> {
        let noun = self.network.model().network_interfaces.at(interface);
        let own = noun.instance.iter().flat_map(|id| self.network.resolved().interfaces_of(id));
        let classes = own.flat_map(|interface| self.ends.classes_of(*interface)).copied();
        classes.filter(|ix| self.ends.class(*ix).is_some_and(|class| class.family == family)).collect()
    }

    /// The cohorts from which anything may get to a server, and single classes of others.
    fn candidates(&mut self, server: ClassIx, single: &mut Vec<ClassIx>) -> Vec<CohortIx> {
        let (ends, neighbours) = (self.ends, self.neighbours);
        let Some(class) = ends.class(server) else { return Vec::new() };
        let (Some(cohort), Some(holder)) = (ends.cohort(class.cohort), class.members.first()) else {
            return Vec::new();
        };
        let family = class.family;
        let unguarded = self.is_unguarded(holder.interface);
        let ingress = self.profiles.of_interface(holder.interface, false);
        let Some(profile) = self.profiles.at(ingress) else { return Vec::new() };
        let mut found = Vec::new();
        let crowds = self.crowds_to(server, holder);
        let all = neighbours.sources(cohort.vpc, family);
        for &(vpc, link) in crowds.as_ref().map_or(all, |crowds| &crowds.others) {
            let admitted = self
                .admitted
                .entry((ingress, vpc, family))
                .or_insert_with(|| Admitted::of(ends, profile, vpc, family));
            found.extend(admitted.whole.iter().copied());
            single.extend(admitted.cut.iter().filter_map(|cut| ends.cohort(*cut)).flat_map(|c| &c.classes));
            // Who may be let in whatever the address.
            if unguarded || profile.anyone || link == Link::Disguised {
                found.extend(admitted.others.iter().copied());
            }
        }
        // Those whose own rules name the server's groups and no addresses.
        for group in &class.groups {
            for &client in ends.naming.get(group).into_iter().flatten() {
                match ends.cohort(client).map(|noun| (noun.family == family, overlap(noun, profile))) {
                    Some((true, Overlap::Cut)) => {
                        single.extend(ends.cohort(client).into_iter().flat_map(|noun| &noun.classes));
                    }
                    Some((true, _)) => found.push(client),
                    _ => {}
                }
            }
        }
        single.extend(self.same_host(holder.interface, family));
        let members = profile.groups.iter().filter_map(|group| ends.of_group.get(group)).flatten();
        single.extend(members);
        single.extend(ends.lacking.iter().filter(|_| profile.foreign));
        single.retain(|client| ends.class(*client).is_some_and(|client| client.family == family));
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Admitted {
    fn of(ends: &Ends, profile: &Profile, vpc: u32, family: Family) -> Admitted {
        let mut admitted = Admitted::default();
        for &ix in ends.of_vpc.get(vpc as usize).into_iter().flatten() {
            let Some(cohort) = ends.cohort(ix).filter(|cohort| cohort.family == family) else { continue };
            match overlap(cohort, profile) {
                Overlap::Whole => admitted.whole.push(ix),
                Overlap::Cut => admitted.cut.push(ix),
                Overlap::None => admitted.others.push(ix),
            }
        }
        admitted
    }
}

/// How much of a cohort the blocks of some rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overlap {
    /// None of it.
    None,
    /// Each block all of it, or none.
    Whole,
    /// Some block a part of it.
    Cut,
}

fn overlap(cohort: &Cohort, profile: &Profile) -> Overlap {
    let (low, high) = cohort.span;
    let mut overlap = Overlap::None;
    for block in profile.blocks.iter().filter(|block| Family::of(block.addr()) == cohort.family) {
        let (from, to) = address_range(*block).into_inner();
        if to < low || high < from {
            continue;
        }
        if from > low || high > to {
            return Overlap::Cut;
        }
        overlap = Overlap::Whole;
    }
    overlap
}

/// A member of a cohort.
fn first_of(ends: &Ends, cohort: CohortIx, wanted: impl Fn(&Holder) -> bool) -> Option<&Holder> {
    let classes = ends.cohort(cohort)?.classes.iter().filter_map(|class| ends.class(*class));
    classes.flat_map(|class| &class.members).find(|member| wanted(member))
}

/// The classes of a cohort that some interfaces are in.
fn of_cohort(ends: &Ends, cohort: CohortIx, interfaces: &[Ix<NetworkInterface>]) -> Vec<ClassIx> {
    let classes = interfaces.iter().flat_map(|interface| ends.classes_of(*interface));
    classes.copied().filter(|class| ends.cohort_of(*class) == Some(cohort)).collect()
}
