//! The snapshot as it grows: what happens when a noun comes a second time.
//!
//! Within a layer the first description stays, and one that contradicts it is a problem; a later layer (a later
//! `-i`) replaces silently.

use model::{
    BlockPublicAccessExclusion, BlockPublicAccessOptions, FileId, Id, KnownRoutes, Location,
    NetworkInterface, Origin, PrefixListEntry, Problem, SecurityGroupRule, Severity, Snapshot, Table,
    TransitGatewayRoutes, TransitGatewayTableAttachments,
};
use rustc_hash::FxHashMap;

use crate::nameless::Waiting;
use crate::object::{File, shown};
use crate::same::{Same, same_attachments, same_entries, same_routes, same_rule};

/// The snapshot, and where to find in it what lies in no table.
#[derive(Default)]
pub(crate) struct Growing {
    pub(crate) snapshot: Snapshot,
    /// The first files of the layers after the first, ascending.
    layers: Vec<FileId>,
    /// Rules of the flat list, by their ids.
    rules: FxHashMap<Id, usize>,
    /// Entries of prefix lists, by the ids of their lists, and where they were written.
    entries: FxHashMap<Id, (usize, Origin)>,
    /// Interfaces inside instances, by their ids.
    interfaces: FxHashMap<Id, usize>,
    /// Groups of which a rule of the flat list could not be read, and the file that holds it. A rule that does not
    /// name its group may be any group's.
    incomplete: Vec<(Option<Id>, FileId)>,
    /// Answers of which one can tell only at the end whose they are.
    pub(crate) waiting: Waiting,
}

/// What a reader of nouns needs: the file that notes down what it finds.
pub(crate) struct Context<'a> {
    pub(crate) file: &'a File,
}

impl Growing {
    /// Begins a layer with the next file.
    pub(crate) fn next_layer(&mut self) {
        let next = self.snapshot.sources.files().len();
        self.layers.push(FileId(u32::try_from(next).unwrap_or(u32::MAX)));
    }

    /// The number of the layer that a file is in.
    pub(crate) fn layer(&self, file: FileId) -> usize {
        self.layers.partition_point(|&first| first <= file)
    }

    /// Whether a file is in a layer before the one being read.
    fn is_earlier(&self, file: FileId) -> bool {
        is_earlier(&self.layers, file)
    }

    /// Settles what needs all layers, and gives the snapshot away.
    pub(crate) fn finish(mut self) -> Snapshot {
        self.settle_rules();
        self.settle_entries();
        self.settle_nameless();
        self.snapshot
    }

    /// The flat list is preferred to the rules inside a group, but not where a later layer describes the group anew;
    /// of several layers that list rules of a group, the last counts.
    fn settle_rules(&mut self) {
        let mut latest: FxHashMap<Id, usize> = FxHashMap::default();
        for (group, rule) in &self.snapshot.security_group_rules {
            let layer = self.layer(rule.origin.file);
            let known = latest.entry(group.clone()).or_insert(layer);
            *known = layer.max(*known);
        }
        for (id, file) in &self.incomplete {
            if let Some(id) = id {
                let known = latest.entry(id.clone()).or_insert(0);
                *known = self.layer(*file).max(*known);
            }
        }
        for group in self.snapshot.security_groups.values() {
            let layer = self.layer(group.origin.file);
            if let Some(known) = latest.get_mut(&group.id) {
                *known = layer.max(*known);
            }
        }
        let is_latest = |growing: &Growing, group: &Id, file: FileId| {
            latest.get(group).is_none_or(|&known| growing.layer(file) >= known)
        };
        let mut rules = std::mem::take(&mut self.snapshot.security_group_rules);
        rules.retain(|(group, rule)| is_latest(self, group, rule.origin.file));
        self.snapshot.security_group_rules = rules;
        // A rule that names no group may be missing in any group that no later layer describes.
        let mut concerned: Vec<Id> = Vec::new();
        for (group, file) in &self.incomplete {
            let is_older = |found: FileId| self.layer(found) <= self.layer(*file);
            let groups = self.snapshot.security_groups.values();
            concerned.extend(match group {
                Some(group) => is_latest(self, group, *file).then(|| group.clone()).into_iter().collect(),
                None => groups
                    .filter(|group| is_older(group.origin.file))
                    .map(|group| group.id.clone())
                    .collect::<Vec<_>>(),
            });
        }
        for id in concerned {
            if let Some(group) = self.snapshot.security_groups.get_mut(id.as_str()) {
                group.incomplete = true;
            }
        }
    }

    /// Entries that came apart from their list are outdated where a later layer has the list with its entries.
    fn settle_entries(&mut self) {
        let mut kept = Vec::new();
        let entries = std::mem::take(&mut self.snapshot.prefix_list_entries);
        for (position, (id, list)) in entries.into_iter().enumerate() {
            let written =
                self.entries.get(&id).filter(|(at, _)| *at == position).map(|(_, origin)| origin.file);
            let noun = self.snapshot.prefix_lists.get(id.as_str()).filter(|list| list.entries.is_some());
            let outdated =
                noun.zip(written).is_some_and(|(noun, file)| self.layer(noun.origin.file) > self.layer(file));
            if !outdated {
                kept.push((id, list));
            }
        }
        self.snapshot.prefix_list_entries = kept;
    }
}

/// Whether a file is in a layer before the last.
fn is_earlier(layers: &[FileId], file: FileId) -> bool {
    layers.last().is_some_and(|&first| file < first)
}

impl Growing {
    fn place(&self, origin: Origin) -> String {
        self.snapshot.sources.locate(origin).as_ref().map(Location::to_string).unwrap_or_default()
    }

    /// That something is described twice.
    pub(crate) fn contradiction(&self, id: &Id, origin: Origin, first: Origin) -> Problem {
        let first = self.place(first);
        let message = format!(
            "`{}` is described twice, and differently; the description at {first} is used",
            shown(id.as_str())
        );
        let help = "if both were saved at different times, give the older one first, each with its own `-i`";
        Problem::warning(origin, message).help(help)
    }

    /// Reports that something is described twice.
    pub(crate) fn contradict(&mut self, id: &Id, origin: Origin, first: Origin) {
        let problem = self.contradiction(id, origin, first);
        self.snapshot.problems.push(problem);
    }
}

impl Context<'_> {
    /// Adds a noun to its table.
    pub(crate) fn insert<T: Same>(&mut self, table: fn(&mut Snapshot) -> &mut Table<T>, noun: T) {
        self.file.add(move |growing| growing.insert(table, noun));
    }

    /// Adds a rule of the flat list.
    pub(crate) fn insert_rule(&mut self, group: Id, rule: SecurityGroupRule) {
        self.file.add(move |growing| growing.insert_rule(group, rule));
    }

    /// Remembers that a rule of the flat list could not be read.
    pub(crate) fn incomplete_group(&mut self, group: Option<Id>, origin: Origin) {
        self.file.add(move |growing| growing.incomplete_group(group, origin));
    }

    /// Remembers that an element of an answer was left out, where others stand in for what is not there.
    pub(crate) fn left_out(&mut self, answer: &str, origin: Origin) {
        let answer = answer.to_owned();
        self.file.add(move |growing| growing.left_out(&answer, origin));
    }

    /// Adds the entries of a prefix list.
    pub(crate) fn insert_entries(&mut self, id: Id, entries: Vec<PrefixListEntry>, origin: Origin) {
        self.file.add(move |growing| growing.insert_entries(id, entries, origin));
    }

    /// Adds the routes of a table of a transit gateway. All of them are more than the static ones.
    pub(crate) fn insert_transit_gateway_routes(&mut self, routes: TransitGatewayRoutes) {
        self.file.add(move |growing| growing.insert_transit_gateway_routes(routes));
    }

    /// Adds the attachments associated with a table of a transit gateway.
    pub(crate) fn insert_transit_gateway_associations(&mut self, list: TransitGatewayTableAttachments) {
        self.file.add(move |growing| {
            growing.insert_attachments(|snapshot| &mut snapshot.transit_gateway_associations, list);
        });
    }

    /// Adds the attachments that propagate into a table of a transit gateway.
    pub(crate) fn insert_transit_gateway_propagations(&mut self, list: TransitGatewayTableAttachments) {
        self.file.add(move |growing| {
            growing.insert_attachments(|snapshot| &mut snapshot.transit_gateway_propagations, list);
        });
    }

    /// Adds an interface that an instance repeats.
    pub(crate) fn insert_instance_interface(&mut self, interface: NetworkInterface) {
        self.file.add(move |growing| growing.insert_instance_interface(interface));
    }

    /// Reports a problem whose message says where another value is.
    pub(crate) fn report_with_place(
        &mut self,
        severity: Severity,
        origin: Origin,
        other: Origin,
        message: impl FnOnce(&str) -> String + Send + 'static,
    ) {
        self.file.count(severity);
        self.file.add(move |growing| {
            let message = message(&growing.place(other));
            growing.snapshot.problems.push(Problem::new(severity, origin, message));
        });
    }
}

impl Growing {
    fn insert<T: Same>(&mut self, table: fn(&mut Snapshot) -> &mut Table<T>, noun: T) {
        let origin = noun.origin();
        let Err(noun) = table(&mut self.snapshot).insert(noun.id().clone(), noun) else {
            return;
        };
        let id = noun.id().clone();
        let Some(present) = table(&mut self.snapshot).get_mut(id.as_str()) else {
            return;
        };
        let first = present.origin();
        if self.layers.last().is_some_and(|&layer| first.file < layer) {
            *present = noun;
        } else if !present.agrees(noun) {
            self.contradict(&id, origin, first);
        }
    }

    fn insert_rule(&mut self, group: Id, rule: SecurityGroupRule) {
        let Some(id) = rule.id.clone() else { return };
        let next = self.snapshot.security_group_rules.len();
        let position = *self.rules.entry(id.clone()).or_insert(next);
        let Some((_, present)) = self.snapshot.security_group_rules.get(position) else {
            self.snapshot.security_group_rules.push((group, rule));
            return;
        };
        let first = present.origin;
        if self.is_earlier(first.file) {
            if let Some(place) = self.snapshot.security_group_rules.get_mut(position) {
                *place = (group, rule);
            }
        } else if !same_rule(present, &rule) {
            self.contradict(&id, rule.origin, first);
        }
    }

    fn incomplete_group(&mut self, group: Option<Id>, origin: Origin) {
        self.incomplete.push((group, origin.file));
    }

    fn left_out(&mut self, answer: &str, origin: Origin) {
        match answer {
            "NetworkAcls" => self.snapshot.network_acls_incomplete = true,
            "RouteTables" => self.snapshot.route_tables_incomplete = true,
            "TransitGatewayAttachments"
            | "TransitGatewayVpcAttachments"
            | "TransitGatewayPeeringAttachments" => {
                self.snapshot.transit_gateway_attachments_incomplete = true;
            }
            "SecurityGroupRules" => self.incomplete_group(None, origin),
            "Listeners" => self.waiting.incomplete_balancer(None, origin),
            "Rules" => self.waiting.incomplete_listener(None, origin),
            "VpcBlockPublicAccessOptions" => {
                let unreadable = BlockPublicAccessOptions::unreadable(origin);
                self.snapshot.block_public_access_options.push(unreadable);
            }
            "VpcBlockPublicAccessExclusions" => {
                let unreadable = BlockPublicAccessExclusion::unreadable(origin);
                self.snapshot.block_public_access_exclusions.push(unreadable);
            }
            _ => {}
        }
    }

    fn insert_entries(&mut self, id: Id, entries: Vec<PrefixListEntry>, origin: Origin) {
        let next = self.snapshot.prefix_list_entries.len();
        let (position, first) = *self.entries.entry(id.clone()).or_insert((next, origin));
        let earlier = self.is_earlier(first.file);
        let Some((_, present)) = self.snapshot.prefix_list_entries.get_mut(position) else {
            self.snapshot.prefix_list_entries.push((id, entries));
            return;
        };
        if earlier {
            *present = entries;
            self.entries.insert(id, (position, origin));
        } else if !same_entries(present, &entries) {
            self.contradict(&id, origin, first);
        }
    }

    fn insert_transit_gateway_routes(&mut self, routes: TransitGatewayRoutes) {
        let present = &mut self.snapshot.transit_gateway_routes;
        let layers = &self.layers;
        let Some(known) = present.iter_mut().find(|known| known.table == routes.table) else {
            return present.push(routes);
        };
        let is_more = known.known == KnownRoutes::Static && routes.known == KnownRoutes::All;
        let is_less = known.known == KnownRoutes::All && routes.known == KnownRoutes::Static;
        if is_more || is_earlier(layers, known.origin.file) {
            *known = routes;
        } else if !is_less && !same_routes(known, &routes) {
            let first = known.origin;
            self.contradict(&routes.table, routes.origin, first);
        }
    }

    fn insert_attachments(
        &mut self,
        lists: fn(&mut Snapshot) -> &mut Vec<TransitGatewayTableAttachments>,
        list: TransitGatewayTableAttachments,
    ) {
        let present = lists(&mut self.snapshot);
        let Some(known) = present.iter_mut().find(|known| known.table == list.table) else {
            return present.push(list);
        };
        if is_earlier(&self.layers, known.origin.file) {
            *known = list;
        } else if !same_attachments(known, &list) {
            let first = known.origin;
            self.contradict(&list.table, list.origin, first);
        }
    }

    fn insert_instance_interface(&mut self, interface: NetworkInterface) {
        let next = self.snapshot.instance_interfaces.len();
        let position = *self.interfaces.entry(interface.id.clone()).or_insert(next);
        let layer = self.layers.last().copied();
        let Some(present) = self.snapshot.instance_interfaces.get_mut(position) else {
            self.snapshot.instance_interfaces.push(interface);
            return;
        };
        let (first, origin, id) = (present.origin, interface.origin, interface.id.clone());
        if layer.is_some_and(|layer| first.file < layer) {
            *present = interface;
        } else if !present.agrees(interface) {
            self.contradict(&id, origin, first);
        }
    }
}
