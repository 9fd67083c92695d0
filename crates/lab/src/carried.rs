//! What of a network the lab carries. What it does not is named when the lab comes up, and answers about it are undecided.

use engine::{Arrival, Cause, Checkpoint, Device, Leg, Network, RoundTrip, Way};
use model::{AttachmentKind, Ix, RouteState, Target, TransitGatewayAttachment};
use space::Space;

use crate::topology::Plan;

/// Routes in use that lead to something that the lab does not carry, and other things that it does not, in words.
pub fn routes(network: &Network, plan: &Plan) -> Vec<String> {
    let model = network.model();
    let mut found = Vec::new();
    for table in model.route_tables.values() {
        for route in table.routes.iter().filter(|route| route.state == RouteState::Active) {
            if is_carried(network, plan, &route.target) {
                continue;
            }
            let words = format!("{} `{}`, where a route leads", route.target.kind(), route.target.id());
            if !found.contains(&words) {
                found.push(words);
            }
        }
    }
    let attachments = model.transit_gateway_attachments.iter();
    let attachments = attachments.filter(|(ix, _)| !is_attachment_carried(network, plan, *ix));
    found.extend(attachments.map(|(_, noun)| format!("{} `{}`", noun.kind.words(), noun.id)));
    let edges =
        model.internet_gateways.values().filter_map(|gateway| network.resolved().edge_table_of(&gateway.id));
    found
        .extend(edges.map(|table| {
            format!("route table `{}` of an internet gateway", model.route_tables.at(table).id)
        }));
    found
}

fn is_carried(network: &Network, plan: &Plan, target: &Target) -> bool {
    let model = network.model();
    match target {
        Target::Local | Target::InternetGateway(_) => true,
        Target::NatGateway(id) => {
            model.nat_gateways.ix(id.as_str()).is_some_and(|nat| plan.ways.nat_gateway(nat).is_some())
        }
        Target::EgressOnlyInternetGateway(id) => {
            let noun = model.egress_only_internet_gateways.get(id.as_str());
            noun.is_some_and(|noun| noun.vpc.is_some())
        }
        Target::VpcPeeringConnection(id) => {
            let peering = model.vpc_peering_connections.ix(id.as_str());
            peering.is_some_and(|peering| {
                !model.vpc_peering_connections.at(peering).active || plan.ways.peering(peering).is_some()
            })
        }
        Target::TransitGateway(id) => plan.ways.transit_gateways.iter().any(|plan| plan.id == *id),
        _ => false,
    }
}

/// Attachments of planned VPCs are, and peerings of gateways that something planned is attached to.
fn is_attachment_carried(network: &Network, plan: &Plan, attachment: Ix<TransitGatewayAttachment>) -> bool {
    match network.model().transit_gateway_attachments.at(attachment).kind {
        AttachmentKind::Vpc => plan.ways.attached.iter().any(|plan| plan.attachment == attachment),
        AttachmentKind::Peering => {
            plan.ways.gateway_peerings.iter().any(|plan| plan.attachment == attachment)
        }
        _ => false,
    }
}

/// Why the lab cannot show what becomes of a round trip; `None` if it can.
pub fn not_carried<S: Space>(network: &Network, plan: &Plan, trip: &RoundTrip<S>) -> Option<String> {
    let there = not_on_way(network, plan, &trip.request, Leg::Request);
    there.or_else(|| trip.replies.iter().find_map(|way| not_on_way(network, plan, way, Leg::Reply)))
}

fn not_on_way<S: Space>(network: &Network, plan: &Plan, way: &Way<S>, leg: Leg) -> Option<String> {
    if let Arrival::Service(service) = way.arrival {
        return Some(format!("{service} answers, which the lab has not"));
    }
    let translated = way.relays.iter().find(|relay| match relay.device {
        Device::NatGateway(..) => relay.before.family != way.header.family,
        _ => false,
    });
    if translated.is_some() {
        return Some("NAT64 is not carried".into());
    }
    way.hops.iter().find_map(|hop| {
        match &hop.cause {
            Cause::Unknown(reason) => return Some(reason.clone()),
            Cause::RoutingLoop => return Some("routes lead in a circle".into()),
            _ => {}
        }
        let model = network.model();
        match &hop.checkpoint {
            Checkpoint::Host { .. }
            | Checkpoint::SecurityGroups { .. }
            | Checkpoint::NetworkAcl { .. }
            | Checkpoint::BlockPublicAccess { .. }
            | Checkpoint::TransitGatewayRoute { .. } => None,
            Checkpoint::Route { table, route, .. } => {
                let table = table.ix().map(|table| model.route_tables.at(table));
                let route = table.zip(*route).and_then(|(table, position)| table.routes.get(position))?;
                match &route.target {
                    _ if route.state == RouteState::Blackhole => None,
                    target if is_carried(network, plan, target) => None,
                    target => Some(format!("{} `{}` is on the way", target.kind(), target.id())),
                }
            }
            Checkpoint::InternetGateway { gateway, .. } => {
                let table = gateway
                    .and_then(|ix| network.resolved().edge_table_of(&model.internet_gateways.at(ix).id));
                table.map(|_| "the internet gateway has a route table of its own".into())
            }
            Checkpoint::NatGateway { gateway } => {
                let id = &model.nat_gateways.at(*gateway).id;
                let missing = plan.ways.nat_gateway(*gateway).is_none();
                missing.then(|| format!("NAT gateway `{id}` is on the way"))
            }
            Checkpoint::VpcPeeringConnection { peering } => {
                let noun = model.vpc_peering_connections.at(*peering);
                let missing = noun.active && plan.ways.peering(*peering).is_none();
                missing.then(|| format!("VPC peering connection `{}` is on the way", noun.id))
            }
            Checkpoint::TransitGatewayAttachment { attachment } => {
                let noun = model.transit_gateway_attachments.at(*attachment);
                let missing = !is_attachment_carried(network, plan, *attachment);
                missing.then(|| format!("{} `{}` is on the way", noun.kind.words(), noun.id))
            }
            Checkpoint::EgressOnlyInternetGateway { gateway } => {
                let noun = model.egress_only_internet_gateways.at(*gateway);
                let sender = hop.header.source.interface().map(|of| &model.network_interfaces.at(of).vpc);
                let foreign = leg == Leg::Request && sender != noun.vpc.as_ref();
                let missing = foreign || hop.cause == Cause::NotAttached;
                missing.then(|| format!("egress-only internet gateway `{}` is of another VPC", noun.id))
            }
            Checkpoint::Unmodelled { .. } if hop.cause == Cause::NotAttached => None,
            _ => Some("something on the way is not carried".into()),
        }
    })
}
