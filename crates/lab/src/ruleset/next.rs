//! Where routes lead, by the engine's choice of them: of subnets, and of transit gateways.

use std::hash::{DefaultHasher, Hash, Hasher};

use engine::route::{Choice, choose};
use engine::transit_route::{self, Next as Towards};
use engine::{Network, Seen, zone};
use ipnet::IpNet;
use model::{AttachmentKind, Id, Ix, RouteState, Subnet, Target, TransitGatewayAttachment};
use space::{Diagrams, Family, Field, Region, Set, prefixes};

use super::script::FAMILIES;
use crate::numbers::Numbers;
use crate::stage::Stage;
use crate::topology::{Plan, SubnetPlan, VpcPlan};

/// Where a packet goes next that leaves a subnet or has come to a transit gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Next {
    /// To whoever of the VPC holds the address.
    Local,
    /// To the internet gateway.
    Gateway,
    /// To the egress-only internet gateway.
    EgressOnly,
    /// To the NAT gateway of this number.
    NatGateway(u32),
    /// Over the peering connection of this number.
    Peering(u32),
    /// By the attached subnet of this number, into its transit gateway or out of it.
    Attached(u32),
    /// Over the peering of transit gateways of this number.
    GatewayPeering(u32),
    /// Nowhere, for this reason.
    Nowhere(Stage),
}

/// The reasons for which packets lead nowhere, each with a link of its own whose other end nobody has.
pub(crate) const NOWHERE: [Stage; 10] = [
    Stage::Nobody,
    Stage::NoRoute,
    Stage::Blackhole,
    Stage::NotRoutable,
    Stage::NoGateway,
    Stage::NotCarried,
    Stage::PeeringNotActive,
    Stage::NotAttached,
    Stage::NoAttachmentInZone,
    Stage::NotAvailable,
];

/// The link for packets that lead nowhere.
pub(crate) fn nowhere_link(stage: Stage) -> String {
    format!("x{}", NOWHERE.iter().position(|other| *other == stage).unwrap_or(0))
}

/// Which of two sets of routing tables is in use: a change fills the other one, and its rules switch over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum Generation {
    /// The one that a lab comes up with.
    #[default]
    First,
    /// The other.
    Second,
}

impl Generation {
    /// The one that is not in use.
    pub fn next(self) -> Generation {
        match self {
            Generation::First => Generation::Second,
            Generation::Second => Generation::First,
        }
    }
}

/// The mark, and the number, of a routing table: in a router and a transit gateway by the position of the subnet or link that
/// it is for, which a change may give to another as it fills the tables that are not in use; in a fabric by the subnet's
/// number.
pub(crate) fn table_mark(number: u32, generation: Generation) -> u32 {
    // Below are numbers that the kernel gives meaning to.
    let first: u32 = match generation {
        Generation::First => 1_000,
        Generation::Second => 1_000_000,
    };
    first.saturating_add(number)
}

/// Disjoint blocks, each with where it leads.
type Routes = Vec<(IpNet, Next)>;
/// A routing table: its number, and its routes.
pub(crate) type RoutingTable = (u32, Routes);

/// Tables with their numbers: those of whom an id names that are in use, or if the routes are others the other ones.
pub(super) fn numbered(tables: Vec<Routes>, id: &str, numbers: &mut Numbers) -> Vec<RoutingTable> {
    let mut hasher = DefaultHasher::new();
    tables.hash(&mut hasher);
    let hash = hasher.finish();
    let (generation, in_use) = numbers.routes.entry(id.to_owned()).or_insert((Generation::First, hash));
    if *in_use != hash {
        (*generation, *in_use) = (generation.next(), hash);
    }
    (0..).zip(tables).map(|(at, routes)| (table_mark(at, *generation), routes)).collect()
}

/// The routes of each subnet of the VPC at a position.
pub(super) fn tables(network: &Network, plan: &Plan, vpc: usize) -> Vec<Routes> {
    let subnets = plan.vpcs.get(vpc).map_or(&[][..], |vpc| &vpc.subnets);
    let table = |&SubnetPlan { subnet, .. }: &SubnetPlan| {
        let mut sets = Diagrams::new();
        let of_family = |&family| {
            let parts = parts(network, plan, vpc, subnet, family, &mut sets);
            blocks(&parts, family, &sets)
        };
        FAMILIES.iter().flat_map(of_family).collect()
    };
    subnets.iter().map(table).collect()
}

/// Where each address leads from a subnet (S3.3 to S3.10): disjoint parts on the remote axis that cover all of it.
pub(super) fn parts(
    network: &Network,
    plan: &Plan,
    vpc: usize,
    subnet: Ix<Subnet>,
    family: Family,
    sets: &mut Diagrams,
) -> Vec<(Next, Set)> {
    let flow = sets.region(&everything(family));
    let Some(table) = network.resolved().route_table_of(subnet).ix() else {
        return vec![(Next::Nowhere(Stage::NotCarried), flow)];
    };
    let mut found = Vec::new();
    for (choice, part) in choose(network, table, family, Seen::Remote, flow, sets) {
        let next = match choice {
            Choice::NoRoute => Next::Nowhere(Stage::NoRoute),
            Choice::NotRoutable => Next::Nowhere(Stage::NotRoutable),
            Choice::Unknown(_) => Next::Nowhere(Stage::NotCarried),
            Choice::Route(position) => match network.model().route_tables.at(table).routes.get(position) {
                Some(route) if route.state == RouteState::Blackhole => Next::Nowhere(Stage::Blackhole),
                Some(route) => next(network, plan, vpc, subnet, &route.target),
                None => Next::Nowhere(Stage::NotCarried),
            },
        };
        join(&mut found, next, part, sets);
    }
    found
}

fn next(network: &Network, plan: &Plan, vpc: usize, subnet: Ix<Subnet>, target: &Target) -> Next {
    let not_carried = Next::Nowhere(Stage::NotCarried);
    let model = network.model();
    let Some(of_vpc) = plan.vpcs.get(vpc) else { return not_carried };
    match target {
        Target::Local => Next::Local,
        Target::InternetGateway(_) if of_vpc.gateway => Next::Gateway,
        Target::InternetGateway(_) => Next::Nowhere(Stage::NoGateway),
        Target::EgressOnlyInternetGateway(id) => {
            let noun = model.egress_only_internet_gateways.get(id.as_str());
            let own = noun.is_some_and(|noun| noun.vpc.as_ref() == Some(&model.vpcs.at(of_vpc.vpc).id));
            if own { Next::EgressOnly } else { not_carried }
        }
        Target::NatGateway(id) => {
            let nat = model.nat_gateways.ix(id.as_str()).and_then(|nat| plan.ways.nat_gateway(nat));
            // One of another VPC is no target that AWS accepts.
            nat.filter(|nat| nat.vpc == vpc).map_or(not_carried, |nat| Next::NatGateway(nat.number))
        }
        Target::VpcPeeringConnection(id) => {
            let own = &model.vpcs.at(of_vpc.vpc).id;
            let Some(peering) = model.vpc_peering_connections.ix(id.as_str()) else { return not_carried };
            let noun = model.vpc_peering_connections.at(peering);
            match noun.other_side(own) {
                Some(_) if !noun.active => Next::Nowhere(Stage::PeeringNotActive),
                Some(_) => plan.ways.peering(peering).map_or(not_carried, |plan| Next::Peering(plan.number)),
                None => not_carried,
            }
        }
        Target::TransitGateway(id) => into_transit_gateway(network, plan, of_vpc, subnet, id),
        _ => not_carried,
    }
}

/// By the attachment's subnet in the sender's zone (S3.31).
fn into_transit_gateway(
    network: &Network,
    plan: &Plan,
    vpc: &VpcPlan,
    from: Ix<Subnet>,
    gateway: &Id,
) -> Next {
    let model = network.model();
    let resolved = network.resolved();
    let Some(attachment) = resolved.attachment_of(gateway, &model.vpcs.at(vpc.vpc).id) else {
        let known = resolved.has_attachments(gateway) && !model.transit_gateway_attachments_incomplete;
        return Next::Nowhere(if known { Stage::NotAttached } else { Stage::NotCarried });
    };
    let noun = model.transit_gateway_attachments.at(attachment);
    if !noun.available {
        return Next::Nowhere(Stage::NotAvailable);
    }
    let attached = plan.ways.attached.iter().filter(|plan| plan.attachment == attachment);
    let own = zone(model, from);
    let of_zone = attached
        .clone()
        .find(|attached| attached.subnet(&plan.vpcs).and_then(|subnet| zone(model, subnet)) == own);
    match (of_zone, &noun.subnets) {
        (Some(attached), _) => Next::Attached(attached.number),
        (None, Some(subnets)) if attached.count() == subnets.len() => {
            Next::Nowhere(Stage::NoAttachmentInZone)
        }
        _ => Next::Nowhere(Stage::NotCarried),
    }
}

/// The routes of each link of the transit gateway at a position: those of attached subnets, then those of its
/// peerings (S3.31).
pub(super) fn transit_tables(network: &Network, plan: &Plan, gateway: usize) -> Vec<(String, Routes)> {
    let model = network.model();
    let attached = plan.ways.attached.iter().filter(|plan| plan.gateway == gateway);
    let attached = attached.map(|attached| {
        let of_zone = attached.subnet(&plan.vpcs).and_then(|subnet| zone(model, subnet));
        (crate::topology::attached_link(attached.number), attached.attachment, of_zone)
    });
    let peerings = plan.ways.gateway_peerings.iter().filter(|plan| plan.gateways.contains(&gateway));
    // Behind a peering of gateways the zone is not known (S12.14).
    let peerings =
        peerings.map(|plan| (crate::topology::gateway_peering_link(plan.number), plan.attachment, None));
    let tables = attached.chain(peerings).map(|(link, from, zone)| {
        let mut sets = Diagrams::new();
        let of_family = |&family| {
            let flow = sets.region(&everything(family));
            let parts: Vec<_> = transit_parts(network, plan, gateway, from, flow, family, &mut sets)
                .into_iter()
                .map(|(to, part)| (out_of_gateway(network, plan, gateway, &to, zone), part))
                .collect();
            blocks(&parts, family, &sets)
        };
        (link, FAMILIES.iter().flat_map(of_family).collect())
    });
    tables.collect()
}

/// Where the route table of an attachment sends parts of a flow.
pub(super) fn transit_parts(
    network: &Network,
    plan: &Plan,
    gateway: usize,
    from: Ix<TransitGatewayAttachment>,
    flow: Set,
    family: Family,
    sets: &mut Diagrams,
) -> Vec<(Towards, Set)> {
    let of_gateway = plan.ways.transit_gateways.get(gateway);
    match of_gateway.and_then(|plan| network.resolved().associated_table(&plan.id, from)) {
        Some(table) => transit_route::choose(network, table, family, Seen::Remote, flow, sets),
        None => vec![(Towards::Unknown("no table is associated".into()), flow)],
    }
}

/// Out of a transit gateway. Where it picks one of several ways, the lab takes the first.
fn out_of_gateway(network: &Network, plan: &Plan, gateway: usize, to: &Towards, zone: Option<&Id>) -> Next {
    let attachment = match to {
        Towards::Attachments(attachments, _) => attachments.first().copied(),
        Towards::Blackhole(_) => return Next::Nowhere(Stage::Blackhole),
        Towards::NoRoute => return Next::Nowhere(Stage::NoRoute),
        Towards::Missing(_) | Towards::Unknown(_) => None,
    };
    let Some(attachment) = attachment else { return Next::Nowhere(Stage::NotCarried) };
    let noun = network.model().transit_gateway_attachments.at(attachment);
    let next = match noun.kind {
        _ if !noun.available => return Next::Nowhere(Stage::NotAvailable),
        AttachmentKind::Vpc => {
            plan.ways.exits(network, &plan.vpcs, attachment, zone).first().copied().map(Next::Attached)
        }
        AttachmentKind::Peering => {
            let is_it = |plan: &crate::topology::GatewayPeeringPlan| {
                plan.attachment == attachment && plan.gateways.contains(&gateway)
            };
            let peering = plan.ways.gateway_peerings.iter().find(|plan| is_it(plan));
            peering.map(|plan| Next::GatewayPeering(plan.number))
        }
        _ => None,
    };
    next.unwrap_or(Next::Nowhere(Stage::NotCarried))
}

fn everything(family: Family) -> Region {
    Region::FULL.remote(0..=family.last_address())
}

fn join(found: &mut Vec<(Next, Set)>, next: Next, part: Set, sets: &mut Diagrams) {
    match found.iter_mut().find(|(known, _)| *known == next) {
        Some((_, whole)) => *whole = sets.union(*whole, part),
        None => found.push((next, part)),
    }
}

/// Disjoint parts that cover everything, as blocks: the one in most pieces needs no more than the default route.
fn blocks(parts: &[(Next, Set)], family: Family, sets: &Diagrams) -> Routes {
    let blocks_of = |part: Set| -> Vec<IpNet> {
        let ranges = sets.ranges(part, Field::Remote);
        ranges.iter().flat_map(|range| prefixes(family, range)).collect()
    };
    let found: Vec<_> = parts.iter().map(|(next, part)| (*next, blocks_of(*part))).collect();
    let most = found.iter().map(|(_, blocks)| blocks.len()).enumerate().max_by_key(|(_, count)| *count);
    let flat = found.into_iter().enumerate().flat_map(|(position, (next, blocks))| {
        let default = most.is_some_and(|(largest, _)| largest == position);
        let blocks =
            if default { prefixes(family, &everything(family).range(Field::Remote)) } else { blocks };
        blocks.into_iter().map(move |block| (block, next))
    });
    flat.collect()
}
