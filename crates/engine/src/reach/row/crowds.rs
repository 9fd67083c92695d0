//! What gets to a server from the crowds of other VPCs: one walk for a crowd, one answer for each of its parts.

use std::net::IpAddr;
use std::rc::Rc;

use indexmap::IndexSet;
use ipnet::IpNet;
use model::Holder;
use rustc_hash::{FxBuildHasher, FxHashMap};
use space::{Family, address_value};

use super::{Between, Row, Rows, Settling, Walked, first_of};
use crate::reach::Outcome;
use crate::reach::crowds::{Crowds, Parts, ranges_of};
use crate::reach::ends::{ClassIx, Cohort, CohortIx, SendsOn};
use crate::reach::profile::ProfileIx;
use crate::reach::skeleton::{Near, OpenGate, Pair, Role, Spot, Which, looks_closer};

/// The crowds that come to one VPC, and how its rules part them.
#[derive(Debug, Default)]
pub(super) struct Incoming<'p> {
    /// By family.
    crowds: FxHashMap<Family, Rc<Crowds>>,
    /// These, by their positions, as blocks of servers' groups and of network ACLs part them.
    parts: FxHashMap<(Family, usize, usize, Option<usize>), Rc<Parts>>,
    /// Such blocks: many servers' groups have the same ones, as far as crowds can tell.
    blocks: IndexSet<Vec<(u128, u128)>, FxBuildHasher>,
    /// Those of groups.
    of_groups: FxHashMap<(ProfileIx, Family), usize>,
    /// Those of network ACLs that look at the client's address, by the way that they are on; `None` where each cohort of a
    /// crowd has its own answer.
    of_lists: FxHashMap<Walked, Option<usize>>,
    /// How each crowd gets to the servers of a station.
    openings: FxHashMap<u32, Rc<[Opening<'p>]>>,
}

/// How a crowd gets to the servers of a station.
#[derive(Debug, Clone, Copy)]
struct Opening<'p> {
    key: Walked,
    /// One of its first cohort, if any takes the usual way.
    client: Option<&'p Holder>,
    /// Whether nothing gets there whatever its gates do.
    dead: bool,
    /// The number of the blocks of network ACLs on the way that look at the client's address; `None` where each of its
    /// cohorts has its own answer.
    lists: Option<usize>,
}

/// All crowds as they come to one server.
pub(super) struct Arriving<'p> {
    pub(super) crowds: Rc<Crowds>,
    openings: Rc<[Opening<'p>]>,
    server: ClassIx,
    station: u32,
    holder: &'p Holder,
}

impl Arriving<'_> {
    /// The position of a cohort's crowd, if all of it gets there in one way.
    pub(super) fn together(&self, cohort: CohortIx) -> Option<usize> {
        let &at = self.crowds.of.get(&cohort)?;
        self.openings.get(at).is_some_and(|opening| opening.dead || opening.lists.is_some()).then_some(at)
    }
}

impl Incoming<'_> {
    /// The number of some blocks.
    fn number(&mut self, blocks: &[IpNet], family: Family, crowds: &Crowds) -> usize {
        let mut ranges = ranges_of(blocks, family);
        ranges.retain(|range| crowds.meets(*range));
        self.blocks.insert_full(ranges).0
    }

    /// The blocks of a number.
    fn blocks(&self, number: Option<usize>) -> &[(u128, u128)] {
        number.and_then(|number| self.blocks.get_index(number)).map_or(&[], Vec::as_slice)
    }

    /// Where an address is between the ends of some blocks: the same for two that none of them tells apart.
    fn cell(&self, number: Option<usize>, address: IpAddr) -> usize {
        let value = address_value(address);
        let ends_below = |(low, high): &(u128, u128)| usize::from(*low <= value) + usize::from(*high < value);
        self.blocks(number).iter().map(ends_below).sum()
    }

    /// A crowd in parts.
    fn parts_of(
        &mut self,
        family: Family,
        crowds: &Crowds,
        at: usize,
        groups: usize,
        lists: Option<usize>,
    ) -> Rc<Parts> {
        let key = (family, at, groups, lists);
        if let Some(known) = self.parts.get(&key) {
            return Rc::clone(known);
        }
        let parts = crowds.all.get(at).map(|crowd| crowd.part(self.blocks(Some(groups)), self.blocks(lists)));
        let parts = Rc::new(parts.unwrap_or_default());
        self.parts.insert(key, Rc::clone(&parts));
        parts
    }
}

impl<'p> Rows<'p> {
    /// The crowds that come to a server's VPC, if all cohorts are asked about.
    pub(super) fn crowds_to(&mut self, server: ClassIx, holder: &Holder) -> Option<Rc<Crowds>> {
        let alike = self.alike?;
        let class = self.ends.class(server)?;
        let vpc = self.ends.cohort(class.cohort)?.vpc;
        if !alike.holds(vpc, holder) || class.sends_on == Some(SendsOn::Further) {
            return None;
        }
        let (ends, profiles, neighbours) = (self.ends, self.profiles, self.neighbours);
        let found = || Rc::new(alike.towards(vpc, class.family, ends, profiles, neighbours));
        Some(Rc::clone(self.incoming.crowds.entry(class.family).or_insert_with(found)))
    }

    /// The same with the ways that they take.
    pub(super) fn arriving(&mut self, server: ClassIx, holder: &'p Holder) -> Option<Arriving<'p>> {
        let crowds = self.crowds_to(server, holder)?;
        let station = self.alike?.station(server)?;
        let openings = match self.incoming.openings.get(&station) {
            Some(known) => Rc::clone(known),
            None => {
                let all = 0..crowds.all.len();
                let found: Option<Rc<[Opening<'p>]>> =
                    all.map(|at| self.opening(&crowds, at, server, holder)).collect();
                self.incoming.openings.insert(station, Rc::clone(found.as_ref()?));
                found?
            }
        };
        Some(Arriving { crowds, openings, server, station, holder })
    }

    fn opening(
        &mut self,
        crowds: &Crowds,
        at: usize,
        server: ClassIx,
        holder: &'p Holder,
    ) -> Option<Opening<'p>> {
        let (ends, class) = (self.ends, self.ends.class(server)?);
        let crowd = crowds.all.get(at)?;
        let &first = crowd.whole.first()?;
        let client = first_of(ends, first, |member| !ends.has_own_way(member.interface, class));
        let key = match crowd.way {
            Some(way) => Walked::Way(way, class.site, class.family),
            None => self.between(first, server),
        };
        let pair = Pair { client, server: Some(holder) };
        let dead = client.is_some() && self.skeleton(key, class.family, pair, &crowd.passed).is_dead();
        let lists = match client {
            Some(_) if !dead => self.lists_between(key, ends.cohort(class.cohort)?, crowds),
            _ => None,
        };
        Some(Opening { key, client, dead, lists })
    }

    /// Adds what gets to a server from crowds; what has to be looked at class by class is added to `single`.
    pub(super) fn add_crowds(&mut self, arriving: &Arriving, row: &mut Row, single: &mut Vec<ClassIx>) {
        let Arriving { crowds, openings, server, holder, .. } = arriving;
        let (ends, ingress) = (self.ends, self.profiles.of_interface(holder.interface, false));
        let (Some(class), Some(profile)) = (ends.class(*server), self.profiles.at(ingress)) else { return };
        let anyone = profile.anyone || self.is_unguarded(holder.interface);
        let groups = self.blocks_of_groups(ingress, class.family, crowds);
        let usual = |member: &Holder| !ends.has_own_way(member.interface, class);
        for (at, opening) in openings.iter().enumerate().filter(|(_, opening)| !opening.dead) {
            let parts = self.incoming.parts_of(class.family, crowds, at, groups, opening.lists);
            let cut = parts.cut.iter().filter_map(|cut| ends.cohort(*cut));
            single.extend(cut.flat_map(|cohort| &cohort.classes));
            for (cohorts, _) in parts.held.iter().filter(|(_, held)| *held || anyone) {
                if opening.lists.is_none() {
                    for &cohort in cohorts.iter() {
                        let outcome = self.of_cohort(cohort, *server, holder, single);
                        row.cohorts.extend((!outcome.is_nothing()).then_some((cohort, outcome)));
                    }
                    continue;
                }
                let client = cohorts.first().and_then(|cohort| first_of(ends, *cohort, usual));
                let outcome = client.map(|client| self.of_crowd(arriving, at, client, true));
                match (outcome, cohorts.as_ref()) {
                    (None | Some(Outcome::NOTHING), _) => {}
                    (Some(outcome), [only]) => row.cohorts.push((*only, outcome)),
                    (Some(outcome), _) => row.crowds.push((cohorts.clone(), outcome)),
                }
            }
        }
    }

    /// What gets to a server from a client of a crowd that gets there in one way.
    pub(super) fn of_crowd(
        &mut self,
        arriving: &Arriving,
        at: usize,
        client: &Holder,
        masked: bool,
    ) -> Outcome {
        let Arriving { crowds, openings, station, holder, .. } = arriving;
        let (Some(crowd), Some(opening)) = (crowds.all.get(at), openings.get(at)) else {
            return Outcome::NOTHING;
        };
        let first = crowd.whole.first().and_then(|first| self.ends.cohort(*first));
        let Some(first) = first else { return Outcome::NOTHING };
        let cell = self.incoming.cell(opening.lists, client.address);
        self.outcome(Between {
            key: opening.key,
            pair: Pair { client: Some(client), server: Some(holder) },
            near: Near { client: opening.client, subnets: &crowd.passed },
            masked,
            family: first.family,
            kind: Some(first.kind.key),
            settling: Some(Settling::Crowd(*station, at, cell)),
        })
    }

    /// The blocks of the rules of a server's groups.
    fn blocks_of_groups(&mut self, ingress: ProfileIx, family: Family, crowds: &Crowds) -> usize {
        if let Some(&known) = self.incoming.of_groups.get(&(ingress, family)) {
            return known;
        }
        let blocks = self.profiles.at(ingress).map_or(&[][..], |profile| &profile.blocks);
        let found = self.incoming.number(blocks, family, crowds);
        self.incoming.of_groups.insert((ingress, family), found);
        found
    }

    /// The blocks of network ACLs on a way that look at the client's address, if nothing else there tells those of a crowd
    /// apart.
    fn lists_between(&mut self, key: Walked, server: &Cohort, crowds: &Crowds) -> Option<usize> {
        if let Some(known) = self.incoming.of_lists.get(&key) {
            return *known;
        }
        let found = self.find_lists(key, server);
        let found = found.map(|blocks| self.incoming.number(&blocks, server.family, crowds));
        self.incoming.of_lists.insert(key, found);
        found
    }

    fn find_lists(&self, key: Walked, server: &Cohort) -> Option<Vec<IpNet>> {
        let skeleton = self.skeletons.get(&key)?;
        let model = self.network.model();
        let vpc_of = |interface| self.ends.vpc(&model.network_interfaces.at(interface).vpc);
        // What is on the way in a third VPC, or in the client's, may see of it what nobody has looked at.
        let inside = skeleton.passes.iter().all(|interface| vpc_of(*interface) == Some(server.vpc));
        if skeleton.varies || skeleton.exact || !inside {
            return None;
        }
        let of_client = |gate: &OpenGate| matches!(gate.peer, Some(Role::Client { .. }));
        let mut blocks = Vec::new();
        for gate in skeleton.gates() {
            match gate.gate {
                // What those of its own VPC say of a client is part of how it looks.
                Which::NetworkAcl { at: Spot::Near(_), .. } => {}
                Which::NetworkAcl { at: Spot::Of(subnet), egress } => {
                    if self.ends.vpc(&model.subnets.at(subnet).vpc) != Some(server.vpc) {
                        return None;
                    }
                    let acl = self.network.resolved().network_acl_of(subnet).ix()?;
                    let entries = model.network_acls.at(acl).entries.iter().filter(|_| of_client(gate));
                    blocks.extend(entries.filter(|entry| entry.egress == egress).map(|entry| entry.cidr));
                }
                // A target that sees the client as it is.
                Which::SecurityGroups { of: Ok(target), egress: false } if of_client(gate) => {
                    let profile = self.profiles.at(self.profiles.of_interface(target, false))?;
                    let named = !profile.groups.is_empty() || profile.foreign;
                    // References match the groups of a node that stands between the two, whoever asks (S1.22, S1.23).
                    let sees_groups = match gate.through {
                        Some(Role::Client { .. }) => true,
                        _ => gate.view.through.is_none() && gate.view.references,
                    };
                    if gate.peer != Some(Role::Client { public: false }) || named && sees_groups {
                        return None;
                    }
                    blocks.extend(profile.blocks.iter().copied());
                }
                Which::SecurityGroups { .. } if looks_closer(gate) => return None,
                Which::SecurityGroups { .. } => {}
            }
        }
        Some(blocks)
    }
}
