//! Which VPCs packets of a VPC may get to at all, and where a server may see another address than the client's.
//!
//! Routes are followed for whole VPCs. Only pairs that are left out here are never walked, so all of it errs on the side
//! of looking: what nobody knows leads everywhere.

use ipnet::IpNet;
use model::{
    AttachmentKind, EndpointType, Id, Ix, Route, RouteState, RouteTable, Target, TransitGatewayAttachment,
    TransitGatewayRouteTable,
};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use space::Family;

use super::ends::Ends;
use crate::Network;
use crate::transit_route::Next;

/// Routes that are followed one behind the other.
const MOST_TABLES: usize = 8;

/// How packets may come from one VPC to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Link {
    /// By none of its routes.
    None,
    /// From their senders' addresses.
    Plain,
    /// From others, or nobody knows: the server's rules then do not tell whose packets they let in.
    Disguised,
}

/// For each VPC those from which packets may come, itself included.
#[derive(Debug)]
pub(super) struct Neighbours {
    sources: [Vec<Vec<(u32, Link)>>; 2],
}

impl Neighbours {
    pub(super) fn of(network: &Network, ends: &Ends) -> Neighbours {
        let map = Map::of(network, ends);
        let sources = [Family::V4, Family::V6].map(|family| {
            let vpcs: Vec<u32> = (0u32..).zip(&map.tables).map(|(vpc, _)| vpc).collect();
            let piece = vpcs.len().div_ceil(rayon::current_num_threads().max(1)).max(1);
            let from: Vec<Vec<(u32, Link)>> = vpcs
                .par_chunks(piece)
                .flat_map_iter(|vpcs| {
                    let mut following = Following::new(network, &map, family);
                    vpcs.iter().map(|&vpc| following.from(vpc)).collect::<Vec<_>>()
                })
                .collect();
            let mut sources = vec![Vec::new(); vpcs.len()];
            for (vpc, links) in vpcs.into_iter().zip(from) {
                for (to, link) in links {
                    if let Some(of) = sources.get_mut(to as usize) {
                        of.push((vpc, link));
                    }
                }
            }
            sources
        });
        Neighbours { sources }
    }

    /// The VPCs from which packets may come to a VPC.
    pub(super) fn sources(&self, vpc: u32, family: Family) -> &[(u32, Link)] {
        let [v4, v6] = &self.sources;
        let of_family = if family == Family::V4 { v4 } else { v6 };
        of_family.get(vpc as usize).map_or(&[], Vec::as_slice)
    }

    /// Some VPCs, those from which packets may come to them, and those that theirs may get to.
    pub(super) fn of_vpcs(&self, vpcs: &FxHashSet<u32>) -> FxHashSet<u32> {
        let mut near = vpcs.clone();
        for sources in &self.sources {
            for (to, from) in (0u32..).zip(sources) {
                for (from, _) in from {
                    if vpcs.contains(&to) || vpcs.contains(from) {
                        near.extend([to, *from]);
                    }
                }
            }
        }
        near
    }
}

/// The VPCs of a network by their numbers.
struct Map<'e> {
    ends: &'e Ends,
    /// The route tables of each that its subnets use.
    tables: Vec<Vec<Ix<RouteTable>>>,
    /// The blocks of each; `None` where the export lacks the VPC.
    blocks: Vec<Option<Vec<IpNet>>>,
    /// The attachments of each to transit gateways.
    attachments: Vec<Vec<(Id, Ix<TransitGatewayAttachment>)>>,
    /// VPCs of which a subnet's table is not known.
    unclear: FxHashSet<u32>,
    /// VPCs with a route table for what comes in by a gateway (S3.39).
    edge: FxHashSet<u32>,
}

impl<'e> Map<'e> {
    fn of(network: &Network, ends: &'e Ends) -> Map<'e> {
        let (model, resolved) = (network.model(), network.resolved());
        let count = ends.of_vpc.len();
        let mut map = Map {
            ends,
            tables: vec![Vec::new(); count],
            blocks: vec![None; count],
            attachments: vec![Vec::new(); count],
            unclear: FxHashSet::default(),
            edge: FxHashSet::default(),
        };
        for vpc in model.vpcs.values() {
            let place = ends.vpc(&vpc.id).and_then(|number| map.blocks.get_mut(number as usize));
            if let Some(place) = place {
                *place = Some(vpc.cidrs.clone());
            }
        }
        for (ix, subnet) in model.subnets.iter() {
            let Some(vpc) = ends.vpc(&subnet.vpc) else { continue };
            match (resolved.route_table_of(ix).ix(), map.tables.get_mut(vpc as usize)) {
                (Some(table), Some(tables)) if !tables.contains(&table) => tables.push(table),
                (Some(_), Some(_)) => {}
                _ => {
                    map.unclear.insert(vpc);
                }
            }
        }
        for (ix, attachment) in model.transit_gateway_attachments.iter() {
            let vpc = attachment.resource.as_ref().and_then(|vpc| ends.vpc(vpc));
            if let Some(of_vpc) = vpc.and_then(|vpc| map.attachments.get_mut(vpc as usize)) {
                of_vpc.extend(attachment.transit_gateways.iter().map(|gateway| (gateway.clone(), ix)));
            }
        }
        for (interface, noun) in model.network_interfaces.iter() {
            if resolved.subnet_of(interface).is_none() {
                map.unclear.extend(ends.vpc(&noun.vpc));
            }
        }
        for table in model.route_tables.values() {
            let of_gateway = |association: &model::RouteTableAssociation| {
                matches!(association, model::RouteTableAssociation::Gateway(_))
            };
            if table.associations.iter().any(of_gateway) {
                map.edge.extend(ends.vpc(&table.vpc));
            }
        }
        map
    }
}

/// Follows routes of one family.
struct Following<'m> {
    network: &'m Network,
    map: &'m Map<'m>,
    family: Family,
    tables: FxHashMap<(Ix<RouteTable>, u32), Link>,
    transit: FxHashMap<(Ix<TransitGatewayRouteTable>, u32, IpNet), Link>,
}

impl<'m> Following<'m> {
    fn new(network: &'m Network, map: &'m Map<'m>, family: Family) -> Following<'m> {
        Following { network, map, family, tables: FxHashMap::default(), transit: FxHashMap::default() }
    }

    /// The VPCs that packets of a VPC may get to.
    fn from(&mut self, vpc: u32) -> Vec<(u32, Link)> {
        let map = self.map;
        let tables = map.tables.get(vpc as usize).map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        for (to, _) in (0u32..).zip(&map.blocks) {
            // Within a VPC neighbours need no route.
            let mut link = if to == vpc { Link::Plain } else { Link::None };
            if map.unclear.contains(&vpc) {
                link = Link::Disguised;
            }
            for &table in tables {
                link = link.max(self.by_table(table, to, 0));
            }
            if link != Link::None {
                found.push((to, link));
            }
        }
        found
    }

    fn by_table(&mut self, table: Ix<RouteTable>, to: u32, passed: usize) -> Link {
        if let Some(&known) = self.tables.get(&(table, to)) {
            return known;
        }
        if passed > MOST_TABLES {
            return Link::Disguised;
        }
        let link = self.by_routes(table, to, passed);
        if passed > 0 {
            self.tables.insert((table, to), link);
        }
        link
    }

    fn by_routes(&mut self, table: Ix<RouteTable>, to: u32, passed: usize) -> Link {
        let network = self.network;
        let noun = network.model().route_tables.at(table);
        let map = self.map;
        let Some(Some(blocks)) = map.blocks.get(to as usize) else { return Link::Disguised };
        let mut link = Link::None;
        let family = self.family;
        for block in blocks.iter().filter(|block| Family::of(block.addr()) == family) {
            for entry in network.routes_of(table) {
                let (Some(covered), Some(route)) = (entry.block(), noun.routes.get(entry.route)) else {
                    return Link::Disguised;
                };
                if !(covered.contains(block) || block.contains(&covered)) {
                    continue;
                }
                link = link.max(match entry.is_listed() {
                    // Lists may overlap, and AWS does not say which holds (S3.6).
                    true => Link::Disguised,
                    false => self.by_route(noun, route, to, *block, passed),
                });
                if covered.contains(block) || link == Link::Disguised {
                    break;
                }
            }
        }
        link
    }

    fn by_route(&mut self, table: &RouteTable, route: &Route, to: u32, block: IpNet, passed: usize) -> Link {
        let network = self.network;
        let model = network.model();
        let map = self.map;
        let own = map.ends.vpc(&table.vpc) == Some(to);
        if route.state != RouteState::Active {
            return Link::None;
        }
        match &route.target {
            Target::Local if own => Link::Plain,
            Target::Local => Link::None,
            Target::InternetGateway(id) => {
                self.by_internet(model.internet_gateways.get(id.as_str()).is_some(), to, block)
            }
            Target::EgressOnlyInternetGateway(id) => {
                let known = model.egress_only_internet_gateways.get(id.as_str()).is_some();
                self.by_internet(known, to, block)
            }
            Target::VpcPeeringConnection(id) => {
                let peering = model.vpc_peering_connections.get(id.as_str());
                match peering.and_then(|peering| peering.other_side(&table.vpc)) {
                    Some(side) if map.ends.vpc(&side.vpc) == Some(to) => Link::Plain,
                    Some(_) => Link::None,
                    None => Link::Disguised,
                }
            }
            Target::NatGateway(id) => {
                let gateway = model.nat_gateways.get(id.as_str());
                let subnet = gateway.and_then(|gateway| gateway.subnet.as_ref());
                self.through(subnet, to, passed)
            }
            Target::NetworkInterface(id) => {
                let subnet = model.network_interfaces.get(id.as_str()).map(|noun| &noun.subnet);
                self.through(subnet, to, passed).max(if own { Link::Disguised } else { Link::None })
            }
            Target::VpcEndpoint(id) => match model.vpc_endpoints.get(id.as_str()) {
                Some(endpoint) if endpoint.endpoint_type == EndpointType::Gateway => Link::Plain,
                _ => Link::Disguised,
            },
            Target::TransitGateway(id) => self.by_transit_gateway(table, id, to, block, passed),
            Target::VpnGateway(_) | Target::Other(_) => Link::Disguised,
        }
    }

    /// Over the internet, where its addresses are routed there.
    fn by_internet(&self, known: bool, to: u32, block: IpNet) -> Link {
        let elsewhere = self.network.not_on_the_internet();
        match known {
            false => Link::Disguised,
            true if elsewhere.iter().any(|private| private.contains(&block)) => Link::None,
            true if self.map.edge.contains(&to) => Link::Disguised,
            true => Link::Plain,
        }
    }

    /// On from a device that may put its own address in place of the client's, by the table of its subnet.
    fn through(&mut self, subnet: Option<&Id>, to: u32, passed: usize) -> Link {
        match self.by_subnet(subnet, to, passed) {
            Link::None => Link::None,
            Link::Plain | Link::Disguised => Link::Disguised,
        }
    }

    fn by_subnet(&mut self, subnet: Option<&Id>, to: u32, passed: usize) -> Link {
        let model = self.network.model();
        let subnet = subnet.and_then(|id| model.subnets.ix(id.as_str()));
        let table = subnet.and_then(|subnet| self.network.resolved().route_table_of(subnet).ix());
        let link = table.map_or(Link::Disguised, |table| self.by_table(table, to, passed + 1));
        // Neighbours need no route (S3.11).
        let own = subnet.and_then(|subnet| self.map.ends.vpc(&model.subnets.at(subnet).vpc));
        link.max(if own == Some(to) { Link::Plain } else { Link::None })
    }

    fn by_transit_gateway(
        &mut self,
        table: &RouteTable,
        gateway: &Id,
        to: u32,
        block: IpNet,
        passed: usize,
    ) -> Link {
        let vpc = self.map.ends.vpc(&table.vpc).and_then(|vpc| self.map.attachments.get(vpc as usize));
        let mut own = vpc.into_iter().flatten().filter(|(at, _)| at == gateway).map(|(_, own)| *own);
        let (Some(only), None) = (own.next(), own.next()) else { return Link::Disguised };
        let model = self.network.model();
        let subnets = model.transit_gateway_attachments.at(only).subnets.as_ref();
        // Where it is entered nobody knows.
        if subnets.is_none_or(|ids| ids.iter().any(|id| model.subnets.ix(id.as_str()).is_none())) {
            return Link::Disguised;
        }
        self.by_attachment(gateway, only, to, block, passed)
    }

    fn by_attachment(
        &mut self,
        gateway: &Id,
        attachment: Ix<TransitGatewayAttachment>,
        to: u32,
        block: IpNet,
        passed: usize,
    ) -> Link {
        let network = self.network;
        let Some(table) = network.resolved().associated_table(gateway, attachment) else {
            return Link::Disguised;
        };
        if passed > MOST_TABLES {
            return Link::Disguised;
        }
        if let Some(&known) = self.transit.get(&(table, to, block)) {
            return known;
        }
        let mut link = Link::None;
        for next in
            self.network.transit_routes_of(table).map(|routes| routes.towards(block)).unwrap_or_default()
        {
            link = link.max(match next {
                Next::Blackhole(_) | Next::NoRoute => Link::None,
                Next::Missing(_) | Next::Unknown(_) => Link::Disguised,
                Next::Attachments(attachments, _) => {
                    let links =
                        attachments.iter().map(|next| self.out_of(gateway, *next, to, block, passed + 1));
                    links.max().unwrap_or(Link::None)
                }
            });
        }
        self.transit.insert((table, to, block), link);
        link
    }

    fn out_of(
        &mut self,
        gateway: &Id,
        attachment: Ix<TransitGatewayAttachment>,
        to: u32,
        block: IpNet,
        passed: usize,
    ) -> Link {
        let model = self.network.model();
        let noun = model.transit_gateway_attachments.at(attachment);
        match noun.kind {
            AttachmentKind::Peering => {
                let mut others = noun.transit_gateways.iter().filter(|other| *other != gateway);
                match others.next() {
                    Some(other) => self.by_attachment(other, attachment, to, block, passed),
                    None => Link::Disguised,
                }
            }
            AttachmentKind::Vpc => {
                let arrives = noun.resource.as_ref().and_then(|vpc| self.map.ends.vpc(vpc)) == Some(to);
                let Some(subnets) = &noun.subnets else { return Link::Disguised };
                let links = subnets.iter().map(|subnet| match self.by_subnet(Some(subnet), to, passed) {
                    Link::Plain if !arrives => Link::Disguised,
                    link => link,
                });
                links.max().unwrap_or(Link::Disguised)
            }
            _ => Link::Disguised,
        }
    }
}
