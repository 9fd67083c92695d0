//! Other groups and lists in place of those that are there: the network as a plan would leave it.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Association, Resolved};
use crate::{Id, Ix, NetworkAcl, NetworkInterface, SecurityGroup};

/// Groups and lists, and what they guard.
#[derive(Debug, Clone, Default)]
pub struct Guards {
    /// New groups. One whose id is taken replaces the rules of that one.
    pub groups: Vec<SecurityGroup>,
    /// The groups that interfaces have from now on, in place of theirs.
    pub of_interfaces: Vec<(Ix<NetworkInterface>, Vec<Id>)>,
    /// New lists, with the subnets that they guard from now on. One whose id is taken replaces that one's entries.
    pub lists: Vec<NetworkAcl>,
}

impl Resolved {
    /// The network with other guards. What they do not name stays as it is.
    pub fn guarded(&self, guards: &Guards) -> Resolved {
        let mut after = self.clone();
        for group in &guards.groups {
            match after.snapshot.security_groups.get_mut(group.id.as_str()) {
                Some(known) => known.rules.clone_from(&group.rules),
                None => drop(after.snapshot.security_groups.insert(group.id.clone(), group.clone())),
            }
        }
        after.give_groups(&guards.of_interfaces);
        for list in &guards.lists {
            after.give_list(list);
        }
        after
    }

    pub(super) fn give_groups(&mut self, of_interfaces: &[(Ix<NetworkInterface>, Vec<Id>)]) {
        let changed: FxHashSet<Ix<NetworkInterface>> = of_interfaces.iter().map(|(ix, _)| *ix).collect();
        let mut members: FxHashMap<Ix<SecurityGroup>, Vec<Ix<NetworkInterface>>> = FxHashMap::default();
        let links = Arc::make_mut(&mut self.links);
        links.members.resize(self.snapshot.security_groups.len(), Vec::new());
        for (ix, ids) in of_interfaces {
            let groups: Vec<_> =
                ids.iter().filter_map(|id| self.snapshot.security_groups.ix(id.as_str())).collect();
            for group in &groups {
                members.entry(*group).or_default().push(*ix);
            }
            if let Some(of_interface) = links.interfaces.get_mut(ix.position()) {
                of_interface.groups = groups;
            }
            let id = self.snapshot.network_interfaces.at(*ix).id.clone();
            if let Some(noun) = self.snapshot.network_interfaces.get_mut(id.as_str()) {
                noun.groups.clone_from(ids);
            }
        }
        for of_group in &mut links.members {
            of_group.retain(|member| !changed.contains(member));
        }
        for (group, new) in members {
            if let Some(of_group) = links.members.get_mut(group.position()) {
                of_group.extend(new);
            }
        }
    }

    fn give_list(&mut self, list: &NetworkAcl) {
        for other in self.snapshot.network_acls.values_mut() {
            other.subnets.retain(|subnet| !list.subnets.contains(subnet));
        }
        match self.snapshot.network_acls.get_mut(list.id.as_str()) {
            Some(known) => {
                known.entries.clone_from(&list.entries);
                known.subnets.extend(list.subnets.iter().cloned());
            }
            None => drop(self.snapshot.network_acls.insert(list.id.clone(), list.clone())),
        }
        let Some(acl) = self.snapshot.network_acls.ix(list.id.as_str()) else { return };
        let links = Arc::make_mut(&mut self.links);
        for subnet in list.subnets.iter().filter_map(|id| self.snapshot.subnets.ix(id.as_str())) {
            if let Some(of_subnet) = links.subnets.get_mut(subnet.position()) {
                of_subnet.acl = Association::Explicit(acl);
            }
        }
    }
}
