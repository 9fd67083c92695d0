//! Ends that rules tell apart anew: classes are split and put into other cohorts, and never made coarser.

use ipnet::IpNet;
use model::{Holder, Ix, SecurityGroup};
use rustc_hash::{FxHashMap, FxHashSet};
use space::address_value;

use super::ends::{Class, ClassIx, Cohort, CohortIx, Ends, Site};
use super::profile::Profiles;

impl Ends {
    /// Splits a class: these members become a new one, those stay.
    pub(super) fn split(&mut self, class: ClassIx, own: Vec<Holder>, others: Vec<Holder>) -> ClassIx {
        let new = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        let Some(known) = self.classes.get_mut(class as usize) else { return class };
        known.members = others;
        let part = Class { members: own, ..known.clone() };
        for group in &part.groups {
            self.of_group.entry(*group).or_default().push(new);
        }
        if self.lacking.contains(&class) {
            self.lacking.insert(new);
        }
        if let Some(cohort) = self.cohorts.get_mut(part.cohort as usize) {
            cohort.classes.push(new);
        }
        for member in &part.members {
            for of_interface in self.of_interface.get_mut(member.interface.position()).into_iter().flatten() {
                if *of_interface == class {
                    *of_interface = new;
                }
            }
        }
        self.classes.push(part);
        new
    }

    /// Gives a class other groups; `lacks`: besides some that the export lacks.
    pub(super) fn regroup(&mut self, class: ClassIx, groups: &[Ix<SecurityGroup>], lacks: bool) {
        match lacks {
            true => self.lacking.insert(class),
            false => self.lacking.remove(&class),
        };
        let Some(known) = self.classes.get_mut(class as usize) else { return };
        for group in std::mem::replace(&mut known.groups, groups.to_vec()) {
            if let Some(of_group) = self.of_group.get_mut(&group) {
                of_group.retain(|listed| *listed != class);
            }
        }
        for group in groups {
            self.of_group.entry(*group).or_default().push(class);
        }
    }

    /// Gives what is inside a block sites of its own: routes tell it apart now. Nothing may be cut by the block.
    pub(super) fn part_sites(&mut self, block: IpNet) {
        let mut parts: FxHashMap<Site, Site> = FxHashMap::default();
        let cohorts = self.cohorts.iter().map(|cohort| cohort.site);
        let mut next = cohorts.chain(self.classes.iter().map(|class| class.site)).max().unwrap_or(0);
        let mut part = |site: &mut Site| {
            *site = *parts.entry(*site).or_insert_with(|| {
                next = next.saturating_add(1);
                next
            });
        };
        let mut inside = FxHashSet::default();
        for class in &mut self.classes {
            if class.members.first().is_some_and(|member| block.contains(&member.address)) {
                part(&mut class.site);
                inside.insert(class.cohort);
            }
        }
        for (ix, cohort) in (0u32..).zip(&mut self.cohorts) {
            if inside.contains(&ix) {
                part(&mut cohort.site);
            }
        }
    }

    /// Makes some classes of a cohort a cohort of its own, or all of it anew; found again by what its groups let out.
    pub(super) fn part(&mut self, cohort: CohortIx, classes: &[ClassIx], profiles: &Profiles) -> CohortIx {
        let next = u32::try_from(self.cohorts.len()).unwrap_or(u32::MAX);
        let Some(known) = self.cohorts.get_mut(cohort as usize) else { return cohort };
        let part = match classes.len() == known.classes.len() {
            true => cohort,
            false => {
                known.classes.retain(|class| !classes.contains(class));
                let new = Cohort { classes: classes.to_vec(), ..known.clone() };
                self.cohorts.push(new);
                next
            }
        };
        for &class in classes {
            if let Some(class) = self.classes.get_mut(class as usize) {
                class.cohort = part;
            }
        }
        for lists in self.of_vpc.iter_mut().chain(self.naming.values_mut()) {
            lists.retain(|listed| *listed != part);
        }
        self.span(cohort);
        self.span(part);
        self.list(part, profiles);
        part
    }

    /// The lowest and the highest address of a cohort, found again.
    fn span(&mut self, cohort: CohortIx) {
        let Some(known) = self.cohorts.get(cohort as usize) else { return };
        let classes = known.classes.iter().filter_map(|class| self.classes.get(*class as usize));
        let values = classes.flat_map(|class| &class.members).map(|member| address_value(member.address));
        let span = values.fold(None, |span: Option<(u128, u128)>, value| match span {
            Some((low, high)) => Some((low.min(value), high.max(value))),
            None => Some((value, value)),
        });
        let single = known.classes.len() == 1;
        if let (Some(span), Some(known)) = (span, self.cohorts.get_mut(cohort as usize))
            && !single
        {
            known.span = span;
        }
    }

    /// Notes by what a cohort's groups let out where it is found.
    pub(super) fn list(&mut self, cohort: CohortIx, profiles: &Profiles) {
        let Some(known) = self.cohorts.get(cohort as usize) else { return };
        let first = known.classes.first().and_then(|class| self.classes.get(*class as usize));
        let Some(first) = first.and_then(|class| class.members.first()) else { return };
        let profile = profiles.at(profiles.of_interface(first.interface, true));
        // Nothing lists who has a group that the export lacks.
        let by_address =
            profile.is_none_or(|profile| profile.anyone || profile.foreign || !profile.blocks.is_empty());
        match self.of_vpc.get_mut(known.vpc as usize) {
            Some(of_vpc) if by_address => of_vpc.push(cohort),
            _ => {
                for group in profile.into_iter().flat_map(|profile| &profile.groups) {
                    self.naming.entry(*group).or_default().push(cohort);
                }
            }
        }
    }
}
