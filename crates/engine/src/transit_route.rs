//! The routes of transit gateways' tables: longest prefix first, then static before propagated (S3.31); and what is
//! not known of them (S12.13).

use ipnet::IpNet;
use model::{
    AttachmentKind, Destination, Ix, KnownRoutes, RouteState, Snapshot, TransitGatewayAttachment,
    TransitGatewayRouteTable,
};
use space::{Family, Space};

use crate::route::towards;
use crate::{Network, Seen};

/// A table ready to be asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct TransitRoutes {
    entries: Vec<Entry>,
    /// Why routes may exist that the export does not have: what no entry takes is then not known.
    hidden: Option<String>,
    /// Why even what an entry takes is not known.
    doubtful: Option<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    block: IpNet,
    propagated: bool,
    to: Next,
}

/// Where a table sends a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// To one of these attachments, by their ids; with the route in words.
    Attachments(Vec<Ix<TransitGatewayAttachment>>, String),
    /// To an attachment that the export lacks.
    Missing(String),
    /// Nowhere: a blackhole route.
    Blackhole(String),
    /// No route matches.
    NoRoute,
    /// Nobody can say.
    Unknown(String),
}

/// Splits a flow by where a table of a transit gateway sends it: disjoint parts, none empty.
pub fn choose<S: Space>(
    network: &Network,
    table: Ix<TransitGatewayRouteTable>,
    family: Family,
    destination: Seen,
    flow: S,
    arena: &mut S::Arena,
) -> Vec<(Next, S)> {
    let routes = network.transit_routes_of(table);
    routes.map_or_else(Vec::new, |routes| routes.choose(family, destination, flow, arena))
}

impl TransitRoutes {
    /// The tables of a model, in their order.
    pub(crate) fn of_all(model: &Snapshot) -> Vec<TransitRoutes> {
        model
            .transit_gateway_route_tables
            .values()
            .map(|table| TransitRoutes::compile(table, model))
            .collect()
    }

    fn compile(table: &TransitGatewayRouteTable, model: &Snapshot) -> TransitRoutes {
        let mut routes = TransitRoutes::default();
        for route in table.routes.iter().filter(|route| route.state != RouteState::Filtered) {
            let text = |block: &IpNet| match route.propagated {
                true => format!("{block}, propagated"),
                false => format!("{block}, static"),
            };
            let blocks: Vec<IpNet> = match &route.destination {
                Destination::Cidr(block) => vec![*block],
                Destination::PrefixList(list) => {
                    let known = model.prefix_lists.get(list.as_str()).and_then(|noun| noun.entries.as_ref());
                    match known {
                        Some(entries) => entries.iter().map(|entry| entry.cidr).collect(),
                        None => {
                            let reason = format!("the entries of prefix list `{list}` are not in the export");
                            routes.doubtful = Some(reason);
                            continue;
                        }
                    }
                }
            };
            for block in blocks {
                let attachments = &model.transit_gateway_attachments;
                let missing = route.attachments.iter().find(|id| attachments.ix(id.as_str()).is_none());
                let to = match (route.state, missing) {
                    (RouteState::Blackhole, _) => Next::Blackhole(text(&block)),
                    _ if route.attachments.is_empty() => Next::Blackhole(text(&block)),
                    (_, Some(id)) => {
                        Next::Missing(format!("transit gateway attachment `{id}` is not in the export"))
                    }
                    _ => {
                        let mut ids: Vec<_> = route.attachments.iter().collect();
                        ids.sort();
                        let known = ids.into_iter().filter_map(|id| attachments.ix(id.as_str()));
                        Next::Attachments(known.collect(), text(&block))
                    }
                };
                routes.entries.push(Entry { block, propagated: route.propagated, to });
            }
        }
        if table.known != KnownRoutes::All {
            routes.propagate(table, model);
        }
        if table.known == KnownRoutes::None {
            let reason = format!("the static routes of `{}` are not in the export", table.id);
            routes.doubtful = Some(reason);
        }
        // Longest prefix first, then static before propagated (S3.31).
        routes.entries.sort_by_key(|entry| (std::cmp::Reverse(entry.block.prefix_len()), entry.propagated));
        routes
    }

    /// What the table's propagations bring in: the blocks of attached VPCs, and what others learned and nobody shows.
    fn propagate(&mut self, table: &TransitGatewayRouteTable, model: &Snapshot) {
        let Some(propagations) = &table.propagations else {
            self.hidden = Some(format!("the propagations of `{}` are not in the export", table.id));
            return;
        };
        for id in propagations {
            let Some(ix) = model.transit_gateway_attachments.ix(id.as_str()) else {
                self.hidden = Some(format!("transit gateway attachment `{id}` is not in the export"));
                continue;
            };
            let attachment = model.transit_gateway_attachments.at(ix);
            let vpc = attachment.resource.as_ref().and_then(|vpc| model.vpcs.get(vpc.as_str()));
            match (&attachment.kind, vpc) {
                (AttachmentKind::Vpc, Some(vpc)) => {
                    let carried =
                        vpc.cidrs.iter().filter(|block| attachment.ipv6 || matches!(block, IpNet::V4(_)));
                    self.entries.extend(carried.map(|block| Entry {
                        block: *block,
                        propagated: true,
                        to: Next::Attachments(vec![ix], format!("{block}, propagated")),
                    }));
                }
                (AttachmentKind::Vpc, None) => {
                    self.hidden = Some(format!("the VPC of `{id}` is not in the export"));
                }
                (kind, _) if kind.learns() => {
                    let kind = kind.words();
                    self.hidden = Some(format!(
                        "{kind} `{id}` propagates routes that it learned and that the export does not have"
                    ));
                }
                _ => {}
            }
        }
    }

    /// Where the table may send packets to the addresses of a block.
    pub(crate) fn towards(&self, block: IpNet) -> Vec<Next> {
        if let Some(reason) = &self.doubtful {
            return vec![Next::Unknown(reason.clone())];
        }
        let mut found = Vec::new();
        for entry in &self.entries {
            if entry.block.contains(&block) || block.contains(&entry.block) {
                found.push(entry.to.clone());
            }
            if entry.block.contains(&block) {
                return found;
            }
        }
        found.extend(self.hidden.clone().map(Next::Unknown));
        found
    }

    /// See [`choose`].
    fn choose<S: Space>(
        &self,
        family: Family,
        destination: Seen,
        flow: S,
        arena: &mut S::Arena,
    ) -> Vec<(Next, S)> {
        let mut chosen: Vec<(Next, S)> = Vec::new();
        let mut rest = flow;
        for entry in &self.entries {
            let (part, others) = towards(rest, entry.block, family, destination, arena);
            rest = others;
            if part.is_empty() {
                continue;
            }
            let next = match &self.doubtful {
                Some(reason) => Next::Unknown(reason.clone()),
                None => entry.to.clone(),
            };
            match chosen.iter_mut().find(|(known, _)| *known == next) {
                Some((_, whole)) => *whole = whole.clone().join(part, arena),
                None => chosen.push((next, part)),
            }
        }
        if !rest.is_empty() {
            let reason = self.doubtful.as_ref().or(self.hidden.as_ref());
            chosen.push((reason.map_or(Next::NoRoute, |reason| Next::Unknown(reason.clone())), rest));
        }
        chosen
    }
}
