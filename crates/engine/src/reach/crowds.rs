//! Cohorts of other VPCs that the servers of a VPC can tell apart by their addresses only, each *crowd* answered once.
//!
//! A large network repeats itself: hundreds of VPCs behind a transit gateway, each with the same few kinds of clients.
//! What tells clients of a crowd apart is which blocks of the server's own rules hold them: these part it, and one of
//! each part is walked and judged for all of it.

use std::sync::Arc;

use indexmap::IndexMap;
use ipnet::IpNet;
use model::{Holder, Id, InstanceState, Ix, NetworkAcl, RouteTable, Subnet};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use space::{Family, address_range};

use super::afar::{Afar, Hub, Link, Said, Towards, said_by_groups};
use super::cuts::Cuts;
use super::effects::{Effect, Effects};
use super::ends::{Class, ClassIx, Cohort, CohortIx, Ends, number};
use super::neighbours::{self, Neighbours};
use super::profile::{ProfileIx, Profiles};
use crate::Network;
use crate::facts::{NOT_ON_THE_INTERNET, NOT_ROUTABLE};
use crate::walk::zone;

/// What a walk that leaves a VPC by its transit gateway only can tell of a client, but for the gates that it meets. What
/// the interface is, or its public address, matters to servers and on the internet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Stance {
    filtered: bool,
    /// Of an instance that does not run.
    state: Option<InstanceState>,
    zone: Option<Id>,
    /// The zones of its VPC's attachment, in the order by which the gateway draws.
    zones: Vec<Option<Id>>,
    /// The position of its subnet among those.
    entry: Option<usize>,
    /// Between which blocks of listeners' rules and of addresses that are special everywhere.
    position: u32,
}

/// What a VPC's servers can tell of a cohort elsewhere but for its address and the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Likeness {
    kind: &'static str,
    stance: u32,
    /// What the lists of its VPC's attachment do with what is its own, in and out.
    entries: Vec<[Effect; 2]>,
}

/// All that tells cohorts of one VPC apart but for their addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    family: Family,
    likeness: u32,
    stance: u32,
    table: Ix<RouteTable>,
    acl: Ix<NetworkAcl>,
    egress: ProfileIx,
}

/// How cohorts of a kind look from one VPC.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Look {
    way: u32,
    likeness: u32,
    /// What its list says, in and out, and its groups.
    list: [u32; 2],
    groups: u32,
}

/// All cohorts by what is not told by their addresses.
#[derive(Debug)]
pub(super) struct Alike<'n> {
    afar: Afar<'n>,
    /// The cohorts of each VPC whose rules let something out by address; without a kind for what is like nobody else.
    kinds: Vec<IndexMap<Option<Kind>, Vec<CohortIx>, FxBuildHasher>>,
    /// Of each class what routes and network ACLs can tell of it as a server.
    stations: Vec<u32>,
}

/// The clients of other VPCs as one VPC's servers see them in one family.
#[derive(Debug, Default)]
pub(super) struct Crowds {
    pub(super) all: Vec<Crowd>,
    /// The other VPCs that packets come from, and how: their cohorts are not in these.
    pub(super) others: Vec<(u32, neighbours::Link)>,
    /// The position of each cohort's crowd.
    pub(super) of: FxHashMap<CohortIx, usize>,
    /// The ranges of addresses that they are in, in their order and apart from each other.
    spans: Vec<(u128, u128)>,
}

/// Cohorts that look the same.
#[derive(Debug)]
pub(super) struct Crowd {
    /// What a walk can tell of them, by a number: packets of crowds with the same one go the same ways.
    pub(super) way: Option<u32>,
    /// The subnets of the first one's VPC whose lists its packets pass; of others with the same way in the same order.
    pub(super) passed: Vec<Ix<Subnet>>,
    /// By their lowest address: that, the highest one, and the highest one of all so far.
    members: Vec<(u128, u128, u128, CohortIx)>,
    /// In their own order.
    pub(super) whole: Arc<[CohortIx]>,
}

/// A crowd as the blocks of some rules part it.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Cohorts that are in the same blocks each, and whether a rule of the server's groups holds them.
    pub(super) held: Vec<(Arc<[CohortIx]>, bool)>,
    /// Cohorts of which some block holds a part.
    pub(super) cut: Vec<CohortIx>,
}

impl<'n> Alike<'n> {
    /// `None` where nothing is alike: without at least three VPCs on one gateway no two look the same to the third.
    pub(super) fn of(network: &'n Network, ends: &Ends, profiles: &Profiles) -> Option<Alike<'n>> {
        let afar = Afar::of(network, ends);
        if afar.count() < 3 {
            return None;
        }
        let model = network.model();
        let sources = model.listeners.values().flat_map(|listener| listener.rules.iter().flatten());
        let sources = sources.flat_map(|rule| rule.source_ips.iter().copied());
        let special = NOT_ON_THE_INTERNET.iter().chain(&NOT_ROUTABLE).filter_map(|block| block.parse().ok());
        let cuts = Cuts::of(sources.chain(special));
        let sharing: FxHashSet<_> = network.resolved().with_several_interfaces().flatten().collect();
        let mut stances: FxHashMap<Stance, u32> = FxHashMap::default();
        let mut numbers: FxHashMap<Likeness, u32> = FxHashMap::default();
        let mut effects = Effects::new(network);
        let mut kind = |cohort: &Cohort| {
            let member = first_member(ends, cohort)?;
            let noun = model.network_interfaces.at(member.interface);
            let alone = noun.stand_in.is_some()
                || noun.incomplete
                || ends.routed.contains(&member.interface)
                || sharing.contains(&member.interface);
            let subnet = cohort.subnet.filter(|_| !alone)?;
            let instance = network.resolved().instance_of(member.interface);
            let state = instance.map(|ix| &model.instances.at(ix).state);
            // The blocks of VPCs are among those that tell sites apart: what holds for one address of a cohort holds for all.
            let hub = afar.hub(cohort.vpc).filter(|hub| hub.holds(member.address))?;
            let entries = afar.entries(hub, member.address)?;
            let stance = Stance {
                filtered: network.has_security_groups(member.interface),
                state: state.filter(|state| **state != InstanceState::Running).cloned(),
                zone: zone(model, subnet).cloned(),
                zones: hub.zones().map(Option::<&Id>::cloned).collect(),
                entry: hub.entry(subnet),
                position: cuts.position(member.address),
            };
            let stance = number(&mut stances, stance);
            let likeness = Likeness {
                kind: cohort.kind.key,
                stance,
                entries: entries
                    .into_iter()
                    .map(|said| said.map(|said| effects.of(said, cohort.family)))
                    .collect(),
            };
            Some(Kind {
                family: cohort.family,
                likeness: number(&mut numbers, likeness),
                stance,
                table: network.resolved().route_table_of(subnet).ix()?,
                acl: network.resolved().network_acl_of(subnet).ix()?,
                egress: profiles.of_interface(member.interface, true),
            })
        };
        let mut kinds = vec![IndexMap::default(); ends.of_vpc.len()];
        for (kinds, cohorts) in kinds.iter_mut().zip(&ends.of_vpc) {
            for &ix in cohorts {
                let kind = ends.cohort(ix).and_then(&mut kind);
                kinds.entry(kind).or_insert_with(Vec::new).push(ix);
            }
        }
        Some(Alike { afar, kinds, stations: stations(network, ends) })
    }

    /// What routes and network ACLs can tell of a class as a server, by a number.
    pub(super) fn station(&self, class: ClassIx) -> Option<u32> {
        self.stations.get(class as usize).copied()
    }

    /// The crowds that come to a VPC.
    pub(super) fn towards(
        &self,
        vpc: u32,
        family: Family,
        ends: &Ends,
        profiles: &Profiles,
        neighbours: &Neighbours,
    ) -> Crowds {
        let sources = neighbours.sources(vpc, family);
        let Some(to) = self.afar.hub(vpc) else {
            return Crowds { others: sources.to_vec(), ..Crowds::default() };
        };
        let mut looking = Looking {
            alike: self,
            to,
            blocks: to.blocks_of(family).copied().collect(),
            family,
            profiles,
            links: FxHashMap::default(),
            ways: FxHashMap::default(),
            by_table: FxHashMap::default(),
            said: FxHashMap::default(),
            by_list: FxHashMap::default(),
            by_groups: FxHashMap::default(),
        };
        let (mut by_look, mut alone) = (FxHashMap::<Look, Vec<CohortIx>>::default(), Vec::new());
        let mut others = Vec::new();
        for &(source, how) in sources {
            // From other addresses than their own the blocks of a server's rules do not tell whose packets they let in.
            let hub = self.afar.hub(source).filter(|_| how == neighbours::Link::Plain);
            let Some((hub, link)) = hub.and_then(|hub| Some((hub, self.afar.link(hub, to, family)?))) else {
                others.push((source, how));
                continue;
            };
            let link = number(&mut looking.links, link);
            for (kind, cohorts) in self.kinds.get(source as usize).into_iter().flatten() {
                let look = kind.filter(|kind| kind.family == family);
                let look = look.and_then(|kind| looking.look(kind, hub, link));
                let is_of = |ix: &CohortIx| ends.cohort(*ix).is_some_and(|cohort| cohort.family == family);
                match look {
                    Some(look) => by_look.entry(look).or_default().extend_from_slice(cohorts),
                    None => alone.extend(cohorts.iter().filter(|ix| is_of(ix)).map(|ix| vec![*ix])),
                }
            }
        }
        let crowds = by_look.into_iter().map(|(look, cohorts)| (Some(look.way), cohorts));
        let all = crowds.chain(alone.into_iter().map(|cohorts| (None, cohorts)));
        let mut all: Vec<Crowd> = all.map(|(way, cohorts)| self.crowd(ends, way, cohorts)).collect();
        all.sort_unstable_by(|one, other| one.whole.cmp(&other.whole));
        let members = all.iter().enumerate();
        let of = members.flat_map(|(position, crowd)| crowd.whole.iter().map(move |ix| (*ix, position)));
        let spans = joined(all.iter().flat_map(|crowd| &crowd.members).map(|(low, high, ..)| (*low, *high)));
        Crowds { of: of.collect(), all, others, spans }
    }

    fn crowd(&self, ends: &Ends, way: Option<u32>, cohorts: Vec<CohortIx>) -> Crowd {
        let mut crowd = Crowd::of(ends, cohorts);
        let first = crowd.whole.first().and_then(|first| ends.cohort(*first));
        let hub = first.and_then(|first| Some((self.afar.hub(first.vpc)?, first.subnet?)));
        if let (Some(way), Some((hub, subnet))) = (way, hub) {
            (crowd.way, crowd.passed) = (Some(way), hub.passed_from(subnet));
        }
        crowd
    }

    /// Whether an address is one of a VPC's own.
    pub(super) fn holds(&self, vpc: u32, holder: &Holder) -> bool {
        self.afar.hub(vpc).is_some_and(|hub| hub.holds(holder.address))
    }
}

/// Looks at cohorts from one VPC.
struct Looking<'a, 'n> {
    alike: &'a Alike<'n>,
    to: &'a Hub<'n>,
    /// The addresses of the servers' VPC.
    blocks: Vec<IpNet>,
    family: Family,
    profiles: &'a Profiles,
    links: FxHashMap<Link, u32>,
    ways: FxHashMap<(u32, Towards, u32), u32>,
    by_table: FxHashMap<Ix<RouteTable>, Option<Towards>>,
    said: FxHashMap<Said, u32>,
    by_list: FxHashMap<(Ix<NetworkAcl>, bool), Option<u32>>,
    by_groups: FxHashMap<ProfileIx, Option<u32>>,
}

impl Looking<'_, '_> {
    /// How cohorts of a kind look; `None` if rules or routes of its own tell addresses of the servers' VPC apart.
    fn look(&mut self, kind: Kind, hub: &Hub<'_>, link: u32) -> Option<Look> {
        let Kind { likeness, stance, table, acl, egress, .. } = kind;
        let afar = &self.alike.afar;
        let towards = || afar.towards(table, hub, self.to, self.family);
        let towards = (*self.by_table.entry(table).or_insert_with(towards))?;
        Some(Look {
            way: number(&mut self.ways, (link, towards, stance)),
            likeness,
            list: [self.list(acl, false)?, self.list(acl, true)?],
            groups: self.groups(egress)?,
        })
    }

    fn list(&mut self, acl: Ix<NetworkAcl>, egress: bool) -> Option<u32> {
        let (afar, blocks, said) = (&self.alike.afar, &self.blocks, &mut self.said);
        *self.by_list.entry((acl, egress)).or_insert_with(|| {
            let found = afar.said_by_list(acl, egress, blocks)?;
            Some(number(said, found))
        })
    }

    fn groups(&mut self, egress: ProfileIx) -> Option<u32> {
        let (blocks, said) = (&self.blocks, &mut self.said);
        let profile = self.profiles.at(egress)?;
        *self.by_groups.entry(egress).or_insert_with(|| {
            let found = said_by_groups(profile, blocks)?;
            Some(number(said, found))
        })
    }
}

impl Crowds {
    /// Whether any of them is in a range of addresses.
    pub(super) fn meets(&self, (from, to): (u128, u128)) -> bool {
        let next = self.spans.partition_point(|(_, high)| *high < from);
        self.spans.get(next).is_some_and(|(low, _)| *low <= to)
    }
}

/// Ranges that overlap as one, in their order.
fn joined(ranges: impl Iterator<Item = (u128, u128)>) -> Vec<(u128, u128)> {
    let mut ranges: Vec<_> = ranges.collect();
    ranges.sort_unstable();
    ranges.dedup_by(|next, last| {
        let meets = next.0 <= last.1;
        if meets {
            last.1 = last.1.max(next.1);
        }
        meets
    });
    ranges
}

impl Crowd {
    fn of(ends: &Ends, mut cohorts: Vec<CohortIx>) -> Crowd {
        cohorts.sort_unstable();
        let spans = cohorts.iter().filter_map(|ix| Some((ends.cohort(*ix)?.span, *ix)));
        let mut members: Vec<_> = spans.map(|((low, high), ix)| (low, high, high, ix)).collect();
        members.sort_unstable();
        let mut highest = 0;
        for member in &mut members {
            highest = highest.max(member.2);
            member.2 = highest;
        }
        Crowd { way: None, passed: Vec::new(), members, whole: cohorts.into() }
    }

    /// Parts the crowd by the blocks of the server's groups and by those of lists.
    pub(super) fn part(&self, of_groups: &[(u128, u128)], of_lists: &[(u128, u128)]) -> Parts {
        // Which part each member is in: a block gives new numbers to those that it holds.
        let mut part = vec![0u32; self.members.len()];
        let mut held = vec![false; self.members.len()];
        let mut cut = vec![false; self.members.len()];
        let mut next = 1;
        let in_groups = of_groups.iter().map(|range| (true, *range));
        for (in_groups, (from, to)) in in_groups.chain(of_lists.iter().map(|range| (false, *range))) {
            let end = self.members.partition_point(|(low, ..)| *low <= to);
            let start = self.members.partition_point(|(_, _, highest, _)| *highest < from);
            let mut new: FxHashMap<u32, u32> = FxHashMap::default();
            for at in start..end {
                let (Some((low, high, ..)), Some(part)) = (self.members.get(at), part.get_mut(at)) else {
                    continue;
                };
                if *high < from {
                    continue;
                }
                let whole = from <= *low && *high <= to;
                if let Some(cut) = cut.get_mut(at).filter(|_| !whole) {
                    *cut = true;
                }
                if let Some(held) = held.get_mut(at).filter(|_| in_groups) {
                    *held = true;
                }
                *part = *new.entry(*part).or_insert_with(|| {
                    next += 1;
                    next
                });
            }
        }
        let mut parts = Parts::default();
        let mut by_part: FxHashMap<u32, (Vec<CohortIx>, bool)> = FxHashMap::default();
        for (((.., ix), part), (held, cut)) in self.members.iter().zip(part).zip(held.into_iter().zip(cut)) {
            if cut {
                parts.cut.push(*ix);
            } else {
                by_part.entry(part).or_insert((Vec::new(), held)).0.push(*ix);
            }
        }
        if let (1, true) = (by_part.len(), parts.cut.is_empty()) {
            parts.held.extend(by_part.into_values().map(|(_, held)| (Arc::clone(&self.whole), held)));
            return parts;
        }
        parts.held = by_part
            .into_values()
            .map(|(mut cohorts, held)| {
                cohorts.sort_unstable();
                (cohorts.into(), held)
            })
            .collect();
        parts.held.sort_unstable();
        parts
    }
}

/// The lowest and the highest addresses of blocks of a family, each block once.
pub(super) fn ranges_of(blocks: &[IpNet], family: Family) -> Vec<(u128, u128)> {
    let of_family = blocks.iter().filter(|block| Family::of(block.addr()) == family);
    let mut ranges: Vec<_> = of_family.map(|block| address_range(*block).into_inner()).collect();
    ranges.sort_unstable();
    ranges.dedup();
    ranges
}

/// See [`Alike::station`].
fn stations(network: &Network, ends: &Ends) -> Vec<u32> {
    let model = network.model();
    let lists = Cuts::of(model.network_acls.values().flat_map(|acl| &acl.entries).map(|entry| entry.cidr));
    let mut numbers = FxHashMap::default();
    let station = |class: &Class| {
        let position = |holder: &Holder| {
            let public = model.network_interfaces.at(holder.interface).public_of(holder.address);
            (lists.position(holder.address), public.map(|public| lists.position(public.into())))
        };
        let subnet = ends.cohort(class.cohort).and_then(|cohort| cohort.subnet);
        let position = class.members.first().map(position);
        // Whoever is behind one that sends on may look at it more closely.
        let itself = class.sends_on.and_then(|_| class.members.first());
        number(&mut numbers, (class.family, class.site, subnet, position, itself.copied()))
    };
    ends.classes.iter().map(station).collect()
}

fn first_member(ends: &Ends, cohort: &Cohort) -> Option<Holder> {
    let class = ends.class(*cohort.classes.first()?)?;
    class.members.first().copied()
}
