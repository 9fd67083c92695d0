//! What gets to a server from the crowds of other VPCs: one walk for a crowd, one answer for each of its parts.

use std::rc::Rc;

use indexmap::IndexSet;
use ipnet::IpNet;
use model::Holder;
use rustc_hash::{FxBuildHasher, FxHashMap};
use space::Family;

use super::{Row, Rows, Walked, first_of};
use crate::reach::crowds::{Crowds, Parts, ranges_of};
use crate::reach::ends::{ClassIx, Cohort, SendsOn};
use crate::reach::profile::ProfileIx;
use crate::reach::skeleton::{Pair, Role, Which};

/// The crowds that come to one VPC, and how its rules part them.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// By family.
    crowds: FxHashMap<Family, Rc<Crowds>>,
    /// These, by their positions, as blocks of servers' groups and of network ACLs part them.
    parts: FxHashMap<(Family, usize, usize, usize), Rc<Parts>>,
    /// Such blocks: many servers' groups have the same ones, as far as crowds can tell.
    blocks: IndexSet<Vec<(u128, u128)>, FxBuildHasher>,
    /// Those of groups.
    of_groups: FxHashMap<(ProfileIx, Family), usize>,
    /// Those of network ACLs that look at the client's address, by the way that they are on; `None` where each cohort of a
    /// crowd has its own answer.
    of_lists: FxHashMap<Walked, Option<usize>>,
}

impl Incoming {
    /// The number of some blocks.
    fn number(&mut self, blocks: &[IpNet], family: Family, crowds: &Crowds) -> usize {
        let mut ranges = ranges_of(blocks, family);
        ranges.retain(|range| crowds.meets(*range));
        self.blocks.insert_full(ranges).0
    }

    /// A crowd in parts.
    fn parts_of(
        &mut self,
        family: Family,
        crowds: &Crowds,
        at: usize,
        groups: usize,
        lists: usize,
    ) -> Rc<Parts> {
        let blocks = &self.blocks;
        let found = self.parts.entry((family, at, groups, lists)).or_insert_with(|| {
            let of = |number: usize| blocks.get_index(number).map_or(&[][..], Vec::as_slice);
            let parts = crowds.all.get(at).map(|crowd| crowd.part(of(groups), of(lists)));
            Rc::new(parts.unwrap_or_default())
        });
        Rc::clone(found)
    }
}

impl Rows<'_> {
    /// The crowds that come to a server's VPC, if all cohorts are asked about.
    pub(super) fn crowds_to(&mut self, server: ClassIx, holder: Holder) -> Option<Rc<Crowds>> {
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

    /// Adds what gets to a server from crowds; what has to be looked at class by class is added to `single`. Says how each
    /// crowd was walked for, where all of it was at once.
    pub(super) fn add_crowds(
        &mut self,
        crowds: &Crowds,
        server: ClassIx,
        holder: Holder,
        row: &mut Row,
        single: &mut Vec<ClassIx>,
    ) -> Vec<Option<(Walked, Pair)>> {
        (0..crowds.all.len()).map(|at| self.add_crowd(crowds, at, server, holder, row, single)).collect()
    }

    fn add_crowd(
        &mut self,
        crowds: &Crowds,
        at: usize,
        server: ClassIx,
        holder: Holder,
        row: &mut Row,
        single: &mut Vec<ClassIx>,
    ) -> Option<(Walked, Pair)> {
        let ends = self.ends;
        let class = ends.class(server)?;
        let ingress = self.profiles.of_interface(holder.interface, false);
        let anyone = self.profiles.at(ingress)?.anyone || self.is_unguarded(holder.interface);
        let first = *crowds.all.get(at)?.whole.first()?;
        let client = ends.cohort(first)?;
        let usual = |member: &Holder| !ends.has_own_way(member.interface, class);
        let near = Pair { client: first_of(ends, first, usual), server: Some(holder) };
        let key = self.between(first, server);
        if near.client.is_some() && self.skeleton(key, class.family, near).is_dead() {
            return Some((key, near));
        }
        let of_lists = match near.client {
            Some(_) => self.lists_between(key, client, ends.cohort(class.cohort)?, crowds),
            None => None,
        };
        let together = of_lists.is_some();
        let of_lists = of_lists.unwrap_or_else(|| self.incoming.number(&[], class.family, crowds));
        let of_groups = self.blocks_of_groups(ingress, class.family, crowds);
        let parts = self.incoming.parts_of(class.family, crowds, at, of_groups, of_lists);
        let cut = parts.cut.iter().filter_map(|cut| ends.cohort(*cut));
        single.extend(cut.flat_map(|cohort| &cohort.classes));
        for (cohorts, _) in parts.held.iter().filter(|(_, held)| *held || anyone) {
            if !together {
                for &cohort in cohorts.iter() {
                    let outcome = self.of_cohort(cohort, server, holder, single);
                    row.cohorts.extend((!outcome.is_nothing()).then_some((cohort, outcome)));
                }
                continue;
            }
            let one = cohorts.first().and_then(|cohort| first_of(ends, *cohort, usual));
            let far = Pair { client: one, ..near };
            let outcome = self.outcome(key, far, near, true, class.family, Some(client.kind.key));
            match cohorts.as_ref() {
                _ if outcome.is_nothing() => {}
                [only] => row.cohorts.push((*only, outcome)),
                _ => row.crowds.push((cohorts.clone(), outcome)),
            }
        }
        together.then_some((key, near))
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

    /// The blocks of network ACLs between two sites that look at the client's address, if nothing else on the way tells
    /// those of its crowd apart.
    fn lists_between(
        &mut self,
        key: Walked,
        client: &Cohort,
        server: &Cohort,
        crowds: &Crowds,
    ) -> Option<usize> {
        if let Some(known) = self.incoming.of_lists.get(&key) {
            return *known;
        }
        let found = self.find_lists(key, client, server);
        let found = found.map(|blocks| self.incoming.number(&blocks, server.family, crowds));
        self.incoming.of_lists.insert(key, found);
        found
    }

    fn find_lists(&self, key: Walked, client: &Cohort, server: &Cohort) -> Option<Vec<IpNet>> {
        let skeleton = self.skeletons.get(&key)?;
        let model = self.network.model();
        let vpc_of = |interface| self.ends.vpc(&model.network_interfaces.at(interface).vpc);
        // What is on the way in a third VPC, or in the client's, may see of it what nobody has looked at.
        let inside = skeleton.passes.iter().all(|interface| vpc_of(*interface) == Some(server.vpc));
        if skeleton.individual || skeleton.exact || !inside {
            return None;
        }
        let mut blocks = Vec::new();
        for gate in skeleton.gates() {
            let Which::NetworkAcl { acl, subnet, egress } = gate.gate else { continue };
            let vpc = self.ends.vpc(&model.subnets.at(subnet).vpc)?;
            if vpc != client.vpc && vpc != server.vpc {
                return None;
            }
            // What those of its own VPC say of a client is part of how it looks.
            if vpc == server.vpc && matches!(gate.peer, Some(Role::Client { .. })) {
                let entries = model.network_acls.at(acl).entries.iter();
                blocks.extend(entries.filter(|entry| entry.egress == egress).map(|entry| entry.cidr));
            }
        }
        Some(blocks)
    }
}
