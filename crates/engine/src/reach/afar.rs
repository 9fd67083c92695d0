//! What a server can tell of a client's VPC when nothing but one transit gateway lies between theirs.
//!
//! From such a client to such a server every walk is the same: out by the client's list and table, past the list of its
//! VPC's attachment, by the gateway to the server's attachment, and back (S3.31 to S3.33). So all that can differ from
//! client to client is what its list, its groups and the tables say of the other VPC, what the attachment's lists say of
//! the client, and the zones. Whatever is less plain than that is not looked at here: [`Afar::link`] is then `None`, and
//! each cohort is walked for by itself.

use std::net::IpAddr;

use ipnet::IpNet;
use model::{
    AttachmentKind, Id, Ix, NetworkAcl, RouteState, RouteTable, RouteTableAssociation, Subnet, Target,
    Traffic, TransitGatewayAttachment, TransitGatewayRouteTable,
};
use rustc_hash::{FxHashMap, FxHashSet};
use space::Family;

use super::ends::Ends;
use super::profile::Profile;
use crate::route::RouteEntry;
use crate::transit_route::Next;
use crate::walk::zone;
use crate::{Match, Network, PeerMatch, RuleAction};

/// A VPC with one attachment to one transit gateway.
#[derive(Debug)]
pub(super) struct Hub<'n> {
    id: &'n Id,
    blocks: &'n [IpNet],
    gateway: &'n Id,
    attachment: Ix<TransitGatewayAttachment>,
    /// The gateway's table for what comes from the VPC.
    table: Ix<TransitGatewayRouteTable>,
    /// The attachment's subnets with their zones and lists, in the order of their ids, by which the gateway draws.
    entries: Vec<(Ix<Subnet>, Option<&'n Id>, Ix<NetworkAcl>)>,
    /// The route tables of the VPC's subnets.
    tables: Vec<Ix<RouteTable>>,
}

/// All VPCs by what others can tell of them.
#[derive(Debug)]
pub(super) struct Afar<'n> {
    network: &'n Network,
    hubs: Vec<Option<Hub<'n>>>,
}

/// What the rules of a gate say of all addresses of a VPC alike: their traffic and what becomes of it, in their order.
pub(super) type Said = Vec<(Traffic, Verdict)>;

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Verdict {
    Allow,
    Deny,
    /// For any address, by a rule for what the export lacks.
    Unknown,
}

/// Where a route table sends all addresses of a VPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Towards {
    /// To the neighbours in its own VPC.
    Local,
    /// To the transit gateway.
    Gateway,
    /// It has no route.
    Nowhere,
}

/// What servers of one VPC can tell of the VPC of a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Link {
    references: bool,
    appliance_mode: bool,
    /// Where the servers' tables send their answers.
    answers: Vec<Towards>,
}

impl<'n> Afar<'n> {
    pub(super) fn of(network: &'n Network, ends: &Ends) -> Afar<'n> {
        let (model, resolved) = (network.model(), network.resolved());
        let mut attachments: FxHashMap<&Id, Vec<Ix<TransitGatewayAttachment>>> = FxHashMap::default();
        for (ix, noun) in model.transit_gateway_attachments.iter() {
            if let Some(vpc) = &noun.resource {
                attachments.entry(vpc).or_default().push(ix);
            }
        }
        let mut tables: FxHashMap<&Id, Vec<Ix<RouteTable>>> = FxHashMap::default();
        let mut unclear: FxHashSet<&Id> = FxHashSet::default();
        for (ix, subnet) in model.subnets.iter() {
            match resolved.route_table_of(ix).ix() {
                Some(table) => {
                    let own = tables.entry(&subnet.vpc).or_default();
                    if !own.contains(&table) {
                        own.push(table);
                    }
                }
                None => unclear.extend([&subnet.vpc]),
            }
        }
        // What comes in by a gateway with a table of its own goes other ways (S3.39).
        for table in model.route_tables.values() {
            let of_gateway = |by: &RouteTableAssociation| matches!(by, RouteTableAssociation::Gateway(_));
            unclear.extend(table.associations.iter().any(of_gateway).then_some(&table.vpc));
        }
        let mut hubs: Vec<Option<Hub<'n>>> = ends.of_vpc.iter().map(|_| None).collect();
        // Gateway Load Balancers hand packets on to targets in any VPC.
        let plain = model.vpcs.values().filter(|vpc| !unclear.contains(&vpc.id) && !ends.inspects);
        for vpc in plain {
            let place = ends.vpc(&vpc.id).and_then(|number| hubs.get_mut(number as usize));
            let (Some(place), Some([attachment])) = (place, attachments.get(&vpc.id).map(Vec::as_slice))
            else {
                continue;
            };
            let of_vpc = tables.remove(&vpc.id).unwrap_or_default();
            *place = Hub::of(network, &vpc.id, &vpc.cidrs, *attachment, of_vpc);
        }
        Afar { network, hubs }
    }

    /// How many VPCs there is something to tell of.
    pub(super) fn count(&self) -> usize {
        self.hubs.iter().flatten().count()
    }

    pub(super) fn hub(&self, vpc: u32) -> Option<&Hub<'n>> {
        self.hubs.get(vpc as usize).and_then(Option::as_ref)
    }

    /// What servers of a VPC can tell of a client's VPC, if only one transit gateway joins the two.
    pub(super) fn link(&self, from: &Hub<'n>, to: &Hub<'n>, family: Family) -> Option<Link> {
        let network = self.network;
        let apart = from.id != to.id && from.gateway == to.gateway;
        if !apart || network.resolved().are_peered(from.id, to.id) {
            return None;
        }
        let both = [(from, to), (to, from)];
        if !both.iter().all(|(one, other)| self.is_switched(one, other, family)) {
            return None;
        }
        // Whoever has crossed the gateway is in the VPC: from the attachment's subnets it is delivered.
        let delivers = |hub: &Hub<'n>| {
            hub.entries.iter().all(|(subnet, ..)| {
                let table = network.resolved().route_table_of(*subnet).ix();
                table.and_then(|table| self.towards(table, hub, hub, family)) == Some(Towards::Local)
            })
        };
        if !delivers(from) || !delivers(to) {
            return None;
        }
        let answers = to.tables.iter().map(|table| self.towards(*table, to, from, family));
        let attachment = network.model().transit_gateway_attachments.at(from.attachment);
        Some(Link {
            appliance_mode: attachment.appliance_mode,
            references: network.carries_references(from.gateway, from.attachment),
            answers: answers.collect::<Option<_>>()?,
        })
    }

    /// Whether the gateway sends all that a VPC sends to another there and nowhere else.
    fn is_switched(&self, from: &Hub<'n>, to: &Hub<'n>, family: Family) -> bool {
        let Some(routes) = self.network.transit_routes_of(from.table) else { return false };
        let mut blocks = to.blocks_of(family).peekable();
        blocks.peek().is_some()
            && blocks.all(|block| {
                let next = routes.towards(*block);
                matches!(next.as_slice(), [Next::Attachments(only, _)] if *only == [to.attachment])
            })
    }

    /// Where a table of a VPC sends packets to another one, or to its own: if to one and the same place.
    pub(super) fn towards(
        &self,
        table: Ix<RouteTable>,
        of: &Hub<'n>,
        to: &Hub<'n>,
        family: Family,
    ) -> Option<Towards> {
        let noun = self.network.model().route_tables.at(table);
        let entries = self.network.routes_of(table);
        let towards_block = |block: &IpNet| {
            let mut special = self.network.not_routable().iter();
            if special.any(|other| !apart(other, block))
                || entries.iter().any(|entry| entry.block().is_none())
            {
                return None;
            }
            let meets = |entry: &&RouteEntry| entry.block().is_some_and(|covered| !apart(&covered, block));
            let Some(entry) = entries.iter().find(meets) else { return Some(Towards::Nowhere) };
            // Lists may overlap, and AWS does not say which holds (S3.6).
            let plain = !entry.is_listed() && entry.block()?.contains(block);
            let route =
                noun.routes.get(entry.route).filter(|route| plain && route.state == RouteState::Active)?;
            match &route.target {
                Target::Local if of.id == to.id => Some(Towards::Local),
                Target::TransitGateway(id) if id == of.gateway => Some(Towards::Gateway),
                _ => None,
            }
        };
        let mut all = to.blocks_of(family).map(towards_block);
        let first = all.next()??;
        all.all(|other| other == Some(first)).then_some(first)
    }

    /// What the lists of the attachment's subnets say of a client of its VPC, in and out.
    pub(super) fn entries(&self, of: &Hub<'n>, client: IpAddr) -> Option<Vec<[Said; 2]>> {
        let client = [IpNet::from(client)];
        let entries = of.entries.iter().map(|(_, _, acl)| {
            let [inward, outward] = [false, true].map(|egress| self.said_by_list(*acl, egress, &client));
            Some([inward?, outward?])
        });
        entries.collect()
    }

    /// What a network ACL says of some blocks, if the same of all their addresses.
    pub(super) fn said_by_list(&self, acl: Ix<NetworkAcl>, egress: bool, of: &[IpNet]) -> Option<Said> {
        let gate = self.network.gate_of_acl(acl, egress)?;
        let rules = gate.rules.into_iter().flatten();
        said(rules.map(|rule| (&rule.matches, verdict(&rule.action))), of)
    }
}

impl<'n> Hub<'n> {
    fn of(
        network: &'n Network,
        id: &'n Id,
        blocks: &'n [IpNet],
        attachment: Ix<TransitGatewayAttachment>,
        tables: Vec<Ix<RouteTable>>,
    ) -> Option<Hub<'n>> {
        let (model, resolved) = (network.model(), network.resolved());
        let noun = model.transit_gateway_attachments.at(attachment);
        let [gateway] = noun.transit_gateways.as_slice() else { return None };
        let usual = noun.kind == AttachmentKind::Vpc && noun.available;
        if !usual || resolved.attachment_of(gateway, id) != Some(attachment) {
            return None;
        }
        let mut ids: Vec<&Id> = noun.subnets.as_ref()?.iter().collect();
        ids.sort_unstable();
        let entries = ids.into_iter().map(|id| {
            let subnet = model.subnets.ix(id.as_str())?;
            Some((subnet, zone(model, subnet), resolved.network_acl_of(subnet).ix()?))
        });
        let entries: Vec<_> = entries.collect::<Option<_>>()?;
        // Of two in one zone the first is taken, by the attachment's own order.
        let zones: FxHashSet<_> = entries.iter().map(|(_, zone, _)| zone).collect();
        if zones.len() < entries.len() {
            return None;
        }
        let table = resolved.associated_table(gateway, attachment)?;
        (!entries.is_empty()).then_some(Hub { id, blocks, gateway, attachment, table, entries, tables })
    }

    /// Its blocks of a family.
    pub(super) fn blocks_of(&self, family: Family) -> impl Iterator<Item = &'n IpNet> + Clone + use<'n> {
        self.blocks.iter().filter(move |block| Family::of(block.addr()) == family)
    }

    /// Whether an address is one of the VPC's.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        self.blocks.iter().any(|block| block.contains(&address))
    }

    /// The position of a subnet among those of the attachment, as [`Self::zones`] has them.
    pub(super) fn entry(&self, subnet: Ix<Subnet>) -> Option<usize> {
        self.entries.iter().position(|(entry, ..)| *entry == subnet)
    }

    /// The zones of the attachment's subnets.
    pub(super) fn zones(&self) -> impl Iterator<Item = Option<&'n Id>> {
        self.entries.iter().map(|(_, zone, _)| *zone)
    }

    /// The subnets whose lists packets of a subnet pass: its own and the attachment's.
    pub(super) fn passed_from(&self, subnet: Ix<Subnet>) -> Vec<Ix<Subnet>> {
        [subnet].into_iter().chain(self.entries.iter().map(|(entry, ..)| *entry)).collect()
    }
}

/// What the groups of an interface say of some blocks, if the same of all their addresses. What a rule lets through that
/// another one does too says nothing.
pub(super) fn said_by_groups(groups: &Profile, of: &[IpNet]) -> Option<Said> {
    let verdict = |allows: bool| if allows { Verdict::Allow } else { Verdict::Unknown };
    let all = groups.rules.iter().map(|(matches, allows)| (matches, verdict(*allows)));
    let (by_group, by_block): (Vec<_>, Vec<_>) = all.partition(|(matches, _)| names_groups(matches));
    let mut said = said(by_block.into_iter(), of)?;
    said.sort_unstable();
    said.dedup();
    let whole = said.clone();
    let besides = |traffic: Traffic| {
        whole.iter().any(|(wide, verdict)| {
            *verdict == Verdict::Allow && wide.covers(traffic) && !traffic.covers(*wide)
        })
    };
    said.retain(|(traffic, _)| !besides(*traffic));
    // Who has a group is not told by its address.
    let implied =
        |traffic: Traffic| said.iter().any(|(wide, by)| *by == Verdict::Allow && wide.covers(traffic));
    by_group.iter().all(|(matches, _)| implied(matches.traffic)).then_some(said)
}

/// What rules say of some blocks, in their order.
fn said<'r>(rules: impl Iterator<Item = (&'r Match, Verdict)>, of: &[IpNet]) -> Option<Said> {
    let mut said = Said::new();
    for (matches, verdict) in rules {
        let of_all = match &matches.peer {
            PeerMatch::Anyone => true,
            PeerMatch::Group(_) | PeerMatch::Foreign => return None,
            PeerMatch::Blocks(blocks) => {
                let holds = |block: &IpNet| blocks.iter().any(|whole| whole.contains(block));
                let meets = |block: &IpNet| blocks.iter().any(|other| !apart(other, block));
                match of.iter().filter(|block| holds(block)).count() {
                    0 if !of.iter().any(meets) => false,
                    all if all == of.len() => true,
                    _ => return None,
                }
            }
        };
        if of_all {
            said.push((matches.traffic, verdict));
        }
        // No rule after it takes anything of these.
        if of_all && matches.traffic == Traffic::All {
            break;
        }
    }
    Some(said)
}

fn names_groups(matches: &Match) -> bool {
    matches!(matches.peer, PeerMatch::Group(_) | PeerMatch::Foreign)
}

fn verdict(action: &RuleAction) -> Verdict {
    match action {
        RuleAction::Allow => Verdict::Allow,
        RuleAction::Deny => Verdict::Deny,
        RuleAction::Unknown(_) => Verdict::Unknown,
    }
}

/// Whether two blocks have no address in common.
fn apart(one: &IpNet, other: &IpNet) -> bool {
    !one.contains(other) && !other.contains(one)
}
