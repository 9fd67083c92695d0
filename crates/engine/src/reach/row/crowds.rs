//! What gets to a server from the crowds of other VPCs: one walk for a crowd, one answer for each of its parts.

use std::rc::Rc;

use ipnet::IpNet;
use model::Holder;

use super::{Row, Rows, Walked, first_of};
use crate::reach::crowds::{Crowd, Crowds, Parts, ranges_of};
use crate::reach::ends::{Class, ClassIx, Cohort, SendsOn};
use crate::reach::profile::ProfileIx;
use crate::reach::skeleton::{Pair, Role, Which};

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
        Some(Rc::clone(self.crowds.entry(class.family).or_insert_with(found)))
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
        let all = crowds.all.iter().enumerate();
        all.map(|(position, crowd)| self.add_crowd(position, crowd, server, holder, row, single)).collect()
    }

    fn add_crowd(
        &mut self,
        position: usize,
        crowd: &Crowd,
        server: ClassIx,
        holder: Holder,
        row: &mut Row,
        single: &mut Vec<ClassIx>,
    ) -> Option<(Walked, Pair)> {
        let ends = self.ends;
        let class = ends.class(server)?;
        let ingress = self.profiles.of_interface(holder.interface, false);
        let anyone = self.profiles.at(ingress)?.anyone || self.is_unguarded(holder.interface);
        let first = *crowd.whole.first()?;
        let client = ends.cohort(first)?;
        let usual = |member: &Holder| !ends.has_own_way(member.interface, class);
        let near = Pair { client: first_of(ends, first, usual), server: Some(holder) };
        let key = self.between(first, server);
        if near.client.is_some() && self.skeleton(key, class.family, near).is_dead() {
            return Some((key, near));
        }
        let lists = near.client.and_then(|_| self.lists_between(key, client, ends.cohort(class.cohort)?));
        let together = lists.is_some();
        let of = (class.family, position, ingress, together.then_some(class.site));
        let parts = match self.parts.get(&of) {
            Some(known) => Rc::clone(known),
            None => {
                let found = Rc::new(self.part(crowd, class, ingress, lists.as_deref().unwrap_or_default()));
                self.parts.insert(of, Rc::clone(&found));
                found
            }
        };
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

    /// The blocks of network ACLs between two sites that look at the client's address, if nothing else on the way tells
    /// those of its crowd apart.
    fn lists_between(&mut self, key: Walked, client: &Cohort, server: &Cohort) -> Option<Rc<[IpNet]>> {
        if let Some(known) = self.lists.get(&key) {
            return known.clone();
        }
        let found = self.find_lists(key, client, server).map(Rc::from);
        self.lists.insert(key, found.clone());
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

    fn part(&self, crowd: &Crowd, class: &Class, ingress: ProfileIx, lists: &[IpNet]) -> Parts {
        let of_groups = self.profiles.at(ingress).map_or(&[][..], |profile| &profile.blocks);
        let mut blocks = ranges_of(of_groups, class.family);
        let count = blocks.len();
        blocks.extend(ranges_of(lists, class.family));
        crowd.part(&blocks, count)
    }
}
