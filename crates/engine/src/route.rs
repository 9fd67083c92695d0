//! Which way a route table sends a packet: longest prefix first, then by kind of route (S3.3, S3.4).
//!
//! A table is a first-match list like a gate's, sorted once; what it yields is a route instead of a verdict.

use ipnet::IpNet;
use model::{Destination, Id, Ix, RouteState, RouteTable, Snapshot, Target};
use space::{Family, Space};

use crate::facts::{ROUTE_PREFERENCE, RouteKind};
use crate::{Network, Seen};

/// One block that a route covers, ready to be tried in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteEntry {
    /// The route's position in its table.
    pub route: usize,
    /// The block; `None` if the route's prefix list has entries that the export lacks, or the route itself could not be
    /// read and `route` is no position.
    block: Option<IpNet>,
    /// The prefix list that the block comes from.
    list: Option<Id>,
}

/// What a table says of a part of the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The route at this position of the table.
    Route(usize),
    /// No route matches: dropped (S3.10).
    NoRoute,
    /// An address that no route forwards (S3.8).
    NotRoutable,
    /// Nobody can say.
    Unknown(String),
}

impl RouteEntry {
    /// The block, if it is known.
    pub(crate) fn block(&self) -> Option<IpNet> {
        self.block
    }

    /// Whether it comes from a prefix list.
    pub(crate) fn is_listed(&self) -> bool {
        self.list.is_some()
    }

    /// A table's entries in the order of preference. Filtered routes count as absent (S3.9).
    pub(crate) fn compile(table: &RouteTable, model: &Snapshot) -> Vec<RouteEntry> {
        let mut entries = Vec::new();
        if table.incomplete {
            entries.push(RouteEntry { route: usize::MAX, block: None, list: None });
        }
        for (position, route) in table.routes.iter().enumerate() {
            if route.state == RouteState::Filtered {
                continue;
            }
            match &route.destination {
                Destination::Cidr(block) => {
                    entries.push(RouteEntry { route: position, block: Some(*block), list: None });
                }
                Destination::PrefixList(list) => {
                    let known = model.prefix_lists.get(list.as_str()).and_then(|noun| noun.entries.as_ref());
                    let entry = |block| RouteEntry { route: position, block, list: Some(list.clone()) };
                    match known {
                        Some(blocks) => entries.extend(blocks.iter().map(|block| entry(Some(block.cidr)))),
                        None => entries.push(entry(None)),
                    }
                }
            }
        }
        let rank = |entry: &RouteEntry| {
            let kind = table.routes.get(entry.route).map(|route| match (&route.target, &route.destination) {
                (Target::Local, _) => RouteKind::Local,
                _ if route.propagated => RouteKind::Propagated,
                (_, Destination::Cidr(_)) => RouteKind::StaticCidr,
                (_, Destination::PrefixList(_)) => RouteKind::StaticPrefixList,
            });
            ROUTE_PREFERENCE.iter().position(|preferred| Some(*preferred) == kind)
        };
        // Lists whose entries are unknown may hold a block of any length: they are looked at first, see `choose`.
        entries.sort_by_key(|entry| {
            let length = entry.block.map_or(u8::MAX, |block| block.prefix_len());
            (std::cmp::Reverse(length), rank(entry))
        });
        entries
    }
}

/// Splits a flow by the route that its packets take towards `destination`: disjoint parts, none empty.
pub fn choose<S: Space>(
    network: &Network,
    table: Ix<RouteTable>,
    family: Family,
    destination: Seen,
    flow: S,
    arena: &mut S::Arena,
) -> Vec<(Choice, S)> {
    let noun = network.model().route_tables.at(table);
    let entries = network.routes_of(table);
    let mut chosen: Vec<(Choice, S)> = Vec::new();
    let mut give = |choice: Choice, part: S, arena: &mut S::Arena| {
        if part.is_empty() {
            return;
        }
        match chosen.iter_mut().find(|(known, _)| *known == choice) {
            Some((_, whole)) => *whole = whole.clone().join(part, arena),
            None => chosen.push((choice, part)),
        }
    };
    let mut rest = flow;
    for &block in network.not_routable() {
        let (part, others) = towards(rest, block, family, destination, arena);
        give(Choice::NotRoutable, part, arena);
        rest = others;
    }
    for entry in entries {
        let (Some(block), false) = (entry.block, rest.is_empty()) else { continue };
        let (mut part, others) = towards(rest, block, family, destination, arena);
        rest = others;
        if let Some(list) = &entry.list {
            // Two lists that overlap and lead elsewhere: AWS picks one and does not say which (S3.6).
            let target = noun.routes.get(entry.route).map(|route| &route.target);
            for rival in entries.iter().filter(|rival| rival.list.as_ref().is_some_and(|other| other != list))
            {
                let elsewhere = noun.routes.get(rival.route).map(|route| &route.target) != target;
                if let (true, Some(block)) = (elsewhere, rival.block) {
                    let (ambiguous, clear) = towards(part, block, family, destination, arena);
                    let lists = rival.list.as_ref().map_or("", Id::as_str);
                    let reason =
                        format!("prefix lists `{list}` and `{lists}` overlap and lead to different targets");
                    give(Choice::Unknown(reason), ambiguous, arena);
                    part = clear;
                }
            }
        }
        // A list whose entries are not known may hold a longer prefix than this one, or the same.
        let hidden = entries.iter().find(|other| other.block.is_none() && other.route != entry.route);
        match (hidden, noun.routes.get(entry.route).map(|route| &route.target)) {
            (Some(hidden), Some(target)) if *target != Target::Local => {
                give(Choice::Unknown(unknown_list(hidden)), part, arena);
            }
            _ => give(Choice::Route(entry.route), part, arena),
        }
    }
    match entries.iter().find(|entry| entry.block.is_none()) {
        Some(hidden) => give(Choice::Unknown(unknown_list(hidden)), rest, arena),
        None => give(Choice::NoRoute, rest, arena),
    }
    chosen
}

fn unknown_list(entry: &RouteEntry) -> String {
    let Some(list) = &entry.list else { return "a route of the table could not be read".into() };
    format!("a route names prefix list `{list}`, whose entries are not in the export")
}

/// Parts a flow into what goes to a block and what does not.
pub(crate) fn towards<S: Space>(
    flow: S,
    block: IpNet,
    family: Family,
    destination: Seen,
    arena: &mut S::Arena,
) -> (S, S) {
    match destination {
        Seen::Remote | Seen::Embedded => match destination.within(block, family) {
            Some(region) => flow.split(&region, arena),
            None => (S::nothing(), flow),
        },
        Seen::Fixed { address, .. } if block.contains(&address) => (flow, S::nothing()),
        Seen::Fixed { .. } | Seen::Unknown => (S::nothing(), flow),
    }
}
