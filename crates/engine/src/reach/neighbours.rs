//! Which VPCs packets of a VPC may get to at all, and for which clients that says nothing.
//!
//! Only what is left out here is never looked at, so all of it errs on the side of looking.

use model::{
    AttachmentKind, EndpointType, Id, RouteState, Route, RouteTable, Target, TransitGatewayAttachment,
};
use rustc_hash::{FxHashMap, FxHashSet};
use space::Family;

use super::ends::Ends;
use crate::Network;
use crate::transit_route::TransitRoutes;

/// The VPCs that a client's packets may get to.
#[derive(Debug)]
pub(super) struct Neighbours {
    /// For each VPC those from which packets may come, itself included; by family.
    sources: [Vec<Vec<u32>>; 2],
    /// VPCs of which some route leads where nobody can say what becomes of a packet: their clients may get anywhere.
    pub(super) anywhere: FxHashSet<u32>,
    /// VPCs in which a server may see another address than the client's own, or none that is known: there the server's
    /// rules do not tell who may get in.
    pub(super) disguised: FxHashSet<u32>,
}

impl Neighbours {
    pub(super) fn of(network: &Network, ends: &Ends) -> Neighbours {
        let reach = Links::of(network, ends);
        let count = ends.of_vpc.len();
        let mut sources = [vec![Vec::new(); count], vec![Vec::new(); count]];
        for (family, sources) in [Family::V4, Family::V6].into_iter().zip(&mut sources) {
            let outside = outside(network, ends, family);
            for vpc in 0..u32::try_from(count).unwrap_or(u32::MAX) {
                let mut to = reach.from(vpc);
                if outside.contains(&vpc) {
                    to.extend(outside.iter().copied());
                }
                for to in to {
                    if let Some(of) = sources.get_mut(to as usize) {
                        of.push(vpc);
                    }
                }
            }
        }
        let (mut anywhere, mut disguised) = (FxHashSet::default(), FxHashSet::default());
        let transit = transit_gateways_known(network);
        for table in network.model().route_tables.values() {
            let Some(vpc) = ends.vpc(&table.vpc) else { continue };
            match risk(network, table, transit) {
                Risk::None => {}
                Risk::Disguised => {
                    disguised.insert(vpc);
                }
                Risk::Anywhere => {
                    anywhere.insert(vpc);
                }
            }
        }
        // A subnet whose VPC, list or table the export lacks.
        for (ix, subnet) in network.model().subnets.iter() {
            let resolved = network.resolved();
            let known = resolved.vpc_of(ix).is_some() && resolved.route_table_of(ix).ix().is_some();
            anywhere.extend(ends.vpc(&subnet.vpc).filter(|_| !known));
        }
        for noun in network.model().network_interfaces.values() {
            let known = network.model().subnets.get(noun.subnet.as_str()).is_some();
            anywhere.extend(ends.vpc(&noun.vpc).filter(|_| !known));
        }
        // Through whatever disguises, a client of another VPC may come.
        let through: Vec<u32> = disguised.iter().chain(&anywhere).copied().collect();
        for vpc in through {
            for family in [Family::V4, Family::V6] {
                let from = sources.get(side(family)).and_then(|of| of.get(vpc as usize));
                disguised.extend(from.into_iter().flatten().copied());
            }
        }
        Neighbours { sources, anywhere, disguised }
    }

    /// The VPCs from which packets may come to a VPC.
    pub(super) fn sources(&self, vpc: u32, family: Family) -> &[u32] {
        self.sources.get(side(family)).and_then(|of| of.get(vpc as usize)).map_or(&[], Vec::as_slice)
    }
}

fn side(family: Family) -> usize {
    match family {
        Family::V4 => 0,
        Family::V6 => 1,
    }
}

/// VPCs that reach each other over their internet gateways: in IPv6, and where a VPC has addresses of the internet.
fn outside(network: &Network, ends: &Ends, family: Family) -> FxHashSet<u32> {
    let model = network.model();
    let private = |block: &ipnet::IpNet| network.not_on_the_internet().iter().any(|known| known.contains(block));
    let blocks = model.vpcs.values().flat_map(|vpc| &vpc.cidrs);
    if family == Family::V4 && blocks.filter(|block| matches!(block, ipnet::IpNet::V4(_))).all(private) {
        return FxHashSet::default();
    }
    let leaves = |table: &&RouteTable| {
        let out = |route: &Route| {
            matches!(route.target, Target::InternetGateway(_) | Target::EgressOnlyInternetGateway(_))
        };
        table.routes.iter().any(out)
    };
    model.route_tables.values().filter(leaves).filter_map(|table| ends.vpc(&table.vpc)).collect()
}

/// VPCs by what joins them.
struct Links {
    peers: FxHashMap<u32, Vec<u32>>,
    /// The transit gateways, joined where they are peered, of each VPC; and the VPCs of each.
    gateways: FxHashMap<u32, Vec<usize>>,
    members: Vec<Vec<u32>>,
    /// VPCs that forward what comes to them by a transit gateway to a peer.
    forwards: FxHashSet<u32>,
}

impl Links {
    fn of(network: &Network, ends: &Ends) -> Links {
        let model = network.model();
        let mut links = Links {
            peers: FxHashMap::default(),
            gateways: FxHashMap::default(),
            members: Vec::new(),
            forwards: FxHashSet::default(),
        };
        for peering in model.vpc_peering_connections.values() {
            let sides = [&peering.requester, &peering.accepter].map(|side| ends.vpc(&side.vpc));
            if let [Some(one), Some(other)] = sides {
                links.peers.entry(one).or_default().push(other);
                links.peers.entry(other).or_default().push(one);
            }
        }
        let component = components(network);
        for attachment in model.transit_gateway_attachments.values() {
            let vpc = attachment.resource.as_ref().filter(|_| attachment.kind == AttachmentKind::Vpc);
            let Some(vpc) = vpc.and_then(|id| ends.vpc(id)) else { continue };
            for gateway in &attachment.transit_gateways {
                let Some(&at) = component.get(gateway) else { continue };
                if links.members.len() <= at {
                    links.members.resize(at + 1, Vec::new());
                }
                if let Some(members) = links.members.get_mut(at) {
                    members.push(vpc);
                }
                links.gateways.entry(vpc).or_default().push(at);
            }
            if forwards(network, attachment) {
                links.forwards.insert(vpc);
            }
        }
        links
    }

    /// The VPCs that packets of a VPC may get to: itself, its peers, those on its transit gateways, and what those
    /// forward to.
    fn from(&self, vpc: u32) -> FxHashSet<u32> {
        let mut found: FxHashSet<u32> = FxHashSet::default();
        let mut waiting = vec![vpc];
        while let Some(at) = waiting.pop() {
            if !found.insert(at) {
                continue;
            }
            let goes_on = at == vpc || self.forwards.contains(&at);
            if goes_on {
                let joined = self.gateways.get(&at).into_iter().flatten();
                waiting.extend(joined.filter_map(|at| self.members.get(*at)).flatten());
                waiting.extend(self.peers.get(&at).into_iter().flatten());
            }
        }
        found
    }
}

/// The transit gateways, numbered so that those which peering attachments join have one number.
fn components(network: &Network) -> FxHashMap<Id, usize> {
    let mut numbers: FxHashMap<Id, usize> = FxHashMap::default();
    for attachment in network.model().transit_gateway_attachments.values() {
        let known: Vec<usize> =
            attachment.transit_gateways.iter().filter_map(|id| numbers.get(id).copied()).collect();
        let number = known.first().copied().unwrap_or(numbers.len());
        for other in numbers.values_mut().filter(|other| known.contains(other)) {
            *other = number;
        }
        for id in &attachment.transit_gateways {
            numbers.insert(id.clone(), number);
        }
    }
    numbers
}

/// Whether what an attachment hands to its VPC may leave it again: a subnet of the attachment has more than local and
/// internet routes, or nobody knows.
fn forwards(network: &Network, attachment: &TransitGatewayAttachment) -> bool {
    let model = network.model();
    let Some(subnets) = &attachment.subnets else { return true };
    subnets.iter().any(|id| {
        let subnet = model.subnets.ix(id.as_str());
        let table = subnet.and_then(|subnet| network.resolved().route_table_of(subnet).ix());
        let Some(table) = table.map(|table| model.route_tables.at(table)) else { return true };
        let stays = |route: &Route| {
            matches!(route.target, Target::Local | Target::InternetGateway(_) | Target::EgressOnlyInternetGateway(_))
                || matches!(&route.target, Target::TransitGateway(gateway) if attachment.transit_gateways.contains(gateway))
        };
        table.incomplete || !table.routes.iter().all(stays)
    })
}

/// What a table's routes mean for who may be seen by a server.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Risk {
    /// Packets arrive from their own addresses or not at all.
    None,
    /// They may arrive from another address.
    Disguised,
    /// Nobody knows where they get to.
    Anywhere,
}

fn risk(network: &Network, table: &RouteTable, transit: bool) -> Risk {
    let model = network.model();
    if table.incomplete {
        return Risk::Anywhere;
    }
    let unlisted = |route: &&Route| match &route.destination {
        model::Destination::Cidr(_) => false,
        // Lists that overlap or are unknown: see `route::choose`.
        model::Destination::PrefixList(_) => true,
    };
    let lists = table.routes.iter().filter(unlisted).count();
    let unknown_list = table.routes.iter().any(|route| match &route.destination {
        model::Destination::Cidr(_) => false,
        model::Destination::PrefixList(list) => {
            model.prefix_lists.get(list.as_str()).is_none_or(|noun| noun.entries.is_none())
        }
    });
    if lists > 1 || unknown_list {
        return Risk::Anywhere;
    }
    let of_route = |route: &Route| match &route.target {
        _ if route.state != RouteState::Active => Risk::None,
        Target::Local => Risk::None,
        Target::InternetGateway(id) => known(model.internet_gateways.get(id.as_str()).is_some()),
        Target::EgressOnlyInternetGateway(id) => {
            known(model.egress_only_internet_gateways.get(id.as_str()).is_some())
        }
        Target::VpcPeeringConnection(id) => {
            known(model.vpc_peering_connections.get(id.as_str()).is_some_and(|noun| noun.other_side(&table.vpc).is_some()))
        }
        Target::VpcEndpoint(id) => match model.vpc_endpoints.get(id.as_str()) {
            Some(endpoint) if endpoint.endpoint_type == EndpointType::Gateway => Risk::None,
            _ => Risk::Anywhere,
        },
        Target::NatGateway(id) => nat_gateway(network, id, route, table),
        Target::NetworkInterface(id) => match model.network_interfaces.get(id.as_str()) {
            Some(_) => Risk::Disguised,
            None => Risk::Anywhere,
        },
        Target::TransitGateway(id) => known(transit && model.transit_gateways.get(id.as_str()).is_some()),
        Target::VpnGateway(_) | Target::Other(_) => Risk::Anywhere,
    };
    table.routes.iter().map(of_route).max().unwrap_or(Risk::None)
}

/// Whether it is known of all transit gateways where they send what.
fn transit_gateways_known(network: &Network) -> bool {
    let model = network.model();
    let tables = model.transit_gateway_route_tables.iter();
    let associated = |attachment: &TransitGatewayAttachment| {
        attachment.transit_gateways.iter().all(|gateway| {
            let of_gateway = |table: &&model::TransitGatewayRouteTable| {
                table.transit_gateway == *gateway && table.associations.contains(&attachment.id)
            };
            model.transit_gateway_route_tables.values().filter(of_gateway).count() == 1
        })
    };
    let within = |attachment: &TransitGatewayAttachment| {
        let subnets = attachment.subnets.iter().flatten();
        let all_known = subnets.clone().all(|id| model.subnets.get(id.as_str()).is_some());
        match attachment.kind {
            AttachmentKind::Vpc => attachment.subnets.is_some() && all_known,
            AttachmentKind::Peering => true,
            _ => false,
        }
    };
    !model.transit_gateway_attachments_incomplete
        && tables.into_iter().all(|(ix, _)| network.transit_routes_of(ix).is_some_and(TransitRoutes::are_known))
        && model.transit_gateway_attachments.values().all(|noun| within(noun) && associated(noun))
}

fn known(known: bool) -> Risk {
    if known { Risk::None } else { Risk::Anywhere }
}

/// A NAT gateway whose own subnet leads to the internet only sends nothing to other interfaces.
fn nat_gateway(network: &Network, id: &Id, route: &Route, table: &RouteTable) -> Risk {
    let model = network.model();
    let Some(gateway) = model.nat_gateways.get(id.as_str()) else { return Risk::Anywhere };
    let subnet = gateway.subnet.as_ref().and_then(|id| model.subnets.ix(id.as_str()));
    let own = subnet.and_then(|subnet| network.resolved().route_table_of(subnet).ix());
    let Some(own) = own.map(|own| model.route_tables.at(own)) else { return Risk::Disguised };
    let internet_only = own.routes.iter().all(|route| {
        matches!(route.target, Target::Local | Target::InternetGateway(_))
            || matches!(&route.target, Target::VpcEndpoint(id) if model.vpc_endpoints.get(id.as_str())
                .is_some_and(|endpoint| endpoint.endpoint_type == EndpointType::Gateway))
    });
    let vpc = model.vpcs.get(table.vpc.as_str());
    let inside = match &route.destination {
        model::Destination::Cidr(block) => {
            vpc.is_none_or(|vpc| vpc.cidrs.iter().any(|own| own.contains(block)))
        }
        model::Destination::PrefixList(_) => true,
    };
    let private = network.not_on_the_internet();
    let all_private = model.vpcs.values().flat_map(|vpc| &vpc.cidrs).all(|block| {
        matches!(block, ipnet::IpNet::V6(_)) || private.iter().any(|known| known.contains(block))
    });
    if internet_only && !own.incomplete && !inside && all_private { Risk::None } else { Risk::Disguised }
}
