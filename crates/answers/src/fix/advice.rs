//! What would help where no rule can: routes, addresses, gateways, hosts.

use engine::{Cause, Checkpoint, Leg, Network, Seen};
use model::{Ix, NetworkInterface, Noun, Subnet};

use super::Blocker;
use crate::ends::name_of;
use crate::explain::AskedPair;

/// Advice about a checkpoint without rules that stops part of a flow.
pub(super) fn advice(network: &Network, pair: &AskedPair, blocker: &Blocker<'_>) -> Option<String> {
    let hop = blocker.hop;
    let model = network.model();
    let vpc_of = |subnet: Ix<Subnet>| &model.subnets.at(subnet).vpc;
    let gateway_of = |subnet: Ix<Subnet>| {
        let gateway = network.resolved().internet_gateway_of(vpc_of(subnet))?;
        Some(model.internet_gateways.at(gateway).id.to_string())
    };
    let any = match pair.flow.family {
        space::Family::V4 => "0.0.0.0/0",
        space::Family::V6 => "::/0",
    };
    let interface = |seen: Seen| match seen {
        Seen::Fixed { interface: Some(ix), .. } => name_of(network, ix),
        Seen::Fixed { address, .. } => address.to_string(),
        Seen::Remote | Seen::Embedded => pair.beyond.clone(),
        Seen::Unknown => "what is behind it".into(),
    };
    // Of a function the address cannot be given by hand, and of an instance it need not be: its VPC has a NAT gateway.
    let nat_gateway = |seen: Seen| {
        let vpc = &model.network_interfaces.at(seen.interface()?).vpc;
        let gateway = model.nat_gateways.values().find(|gateway| gateway.vpc == *vpc && gateway.available)?;
        Some(gateway.name().unwrap_or(gateway.id.as_str()).to_owned())
    };
    let balancer = |seen: Seen| {
        let balancer = network.resolved().load_balancer_of(seen.interface()?)?;
        let noun = model.load_balancers.at(balancer);
        Some(noun.name().unwrap_or(noun.id.as_str()).to_owned())
    };
    Some(match (&hop.cause, &hop.checkpoint) {
        (Cause::Rules, Checkpoint::SecurityGroups { interface: to, .. }) => format!(
            "no group of {} allows this from any address: name the addresses that come this way; a reference to the client's group does not match behind an appliance",
            name_of(network, *to)
        ),
        (Cause::NoRoute, Checkpoint::Route { subnet, table, .. }) => {
            let table = table.ix().map_or("its route table".into(), |ix| model.route_tables.at(ix).id.to_string());
            if let Some(service) = pair.beyond.strip_prefix("aws:") {
                return Some(match service {
                    "s3" | "dynamodb" => format!("add {table} to a gateway endpoint of {service} (aws ec2 modify-vpc-endpoint --add-route-table-ids), or route it to a NAT gateway"),
                    _ => format!("create an interface endpoint of {service} with private DNS in {}, or route {table} to a NAT gateway", vpc_of(*subnet)),
                });
            }
            match (hop.header.destination, gateway_of(*subnet)) {
                (Seen::Remote, Some(gateway)) => format!("add a route {any} to {gateway} in {table}: no rule can make up for it"),
                (Seen::Remote, None) => {
                    format!("attach an internet gateway to {} and add a route {any} to it in {table}", vpc_of(*subnet))
                }
                (destination, _) => match other_vpc(network, *subnet, destination) {
                    Some(way) => format!("{table} has no route to {way}"),
                    None => format!("add a route to {} in {table}: no rule can make up for it", interface(destination)),
                },
            }
        }
        (Cause::LeavesElsewhere, Checkpoint::Route { subnet, table, .. }) => {
            let table = table.ix().map_or("its route table".into(), |ix| model.route_tables.at(ix).id.to_string());
            let gateway = gateway_of(*subnet).unwrap_or_else(|| "an internet gateway".into());
            format!("the subnet is private: its answers have to leave by {gateway}; change the route in {table}, or associate the subnet with a table that leads there")
        }
        (Cause::Blackhole, Checkpoint::Route { table, route, .. }) => {
            let table = table.ix().map(|ix| model.route_tables.at(ix))?;
            let route = table.routes.get((*route)?)?;
            format!("give the route {} of {} a target that exists, or delete it", route.destination, table.id)
        }
        // The request's way in has said so already.
        (Cause::NoPublicAddress, _) if blocker.leg == Leg::Reply => return None,
        (Cause::NoPublicAddress, Checkpoint::InternetGateway { egress: true, .. }) if nat_gateway(hop.header.source).is_some() => format!(
            "route the subnet of {} to {} instead of the internet gateway: without a public address nothing leaves there",
            interface(hop.header.source),
            nat_gateway(hop.header.source).unwrap_or_default()
        ),
        (Cause::NoPublicAddress, Checkpoint::InternetGateway { egress: true, .. }) => format!(
            "give {} a public address (an Elastic IP), or route its subnet through a NAT gateway: no rule can make up for it",
            interface(hop.header.source)
        ),
        (Cause::NoPublicAddress, _) if balancer(hop.header.destination).is_some() => format!(
            "{} is internal: ask it from inside, or make a load balancer that faces the internet",
            balancer(hop.header.destination).unwrap_or_default()
        ),
        (Cause::NoPublicAddress, _) => format!(
            "give {} a public address (an Elastic IP), or put a load balancer in front of it: no rule can make up for it",
            interface(hop.header.destination)
        ),
        (Cause::NoGateway, _) => "attach an internet gateway to the VPC".into(),
        (Cause::PrivateDestination, _) => {
            "a private address is not reached over the internet: connect the networks (peering, transit gateway, VPN) and route to it".into()
        }
        (Cause::DenyAllIgwTraffic, _) => format!("{} denies what the internet starts over IPv6 (DenyAllIgwTraffic); turn that off", interface(hop.header.destination)),
        (Cause::PeeringNotActive, _) => "accept the peering connection: only an active one carries traffic".into(),
        (Cause::NotTransitive, _) => {
            "peering is not transitive: peer the two VPCs with each other, or use a transit gateway".into()
        }
        (Cause::Unsolicited, _) => {
            "nothing behind a NAT gateway is reached through it: use a load balancer or a public address".into()
        }
        (Cause::NotHeld, _) => "nothing holds the address: check it, or the name it came from".into(),
        (Cause::NotRunning(_), Checkpoint::Host { interface: Some(ix) }) => format!("start {}", name_of(network, *ix)),
        (Cause::BlockedPublicAccess, Checkpoint::BlockPublicAccess { subnet }) => {
            let subnet = model.subnets.at(*subnet);
            format!("exclude {} from VPC Block Public Access, or change its mode", subnet.name().unwrap_or(subnet.id.as_str()))
        }
        (Cause::ProtocolNotTranslated, _) => "a NAT gateway takes TCP, UDP and ICMP only: use a NAT instance or another way".into(),
        (Cause::NotAvailable, _) => "wait until it is available, or route past it".into(),
        (Cause::OtherFamily, _) => "route this address family by another gateway".into(),
        (Cause::SourceDestCheck, Checkpoint::Appliance { interface }) => format!(
            "turn off the source/destination check of {} ({}): aws ec2 modify-network-interface-attribute --network-interface-id {} --no-source-dest-check",
            name_of(network, *interface),
            model.network_interfaces.at(*interface).id,
            model.network_interfaces.at(*interface).id
        ),
        (Cause::Asymmetric, Checkpoint::Appliance { interface }) => format!(
            "route both directions through {}, or neither{}",
            name_of(network, *interface),
            appliance_mode(network, *interface)
        ),
        (Cause::NotAttached, _) => "attach the VPC to the gateway".into(),
        (Cause::NoAttachmentInZone, Checkpoint::TransitGatewayAttachment { attachment }) => format!(
            "add a subnet of the sender's Availability Zone to {}: no rule can make up for it",
            model.transit_gateway_attachments.at(*attachment).id
        ),
        (Cause::NoRoute, Checkpoint::TransitGatewayRoute { table, .. }) => format!(
            "add a route to {} in {}, or let its attachment propagate there",
            interface(hop.header.destination),
            model.transit_gateway_route_tables.at(*table).id
        ),
        (Cause::Blackhole, Checkpoint::TransitGatewayRoute { table, route }) => format!(
            "the route {} of {} is a blackhole: delete it, or give it an attachment",
            route.as_deref().and_then(|route| route.split(',').next()).unwrap_or("that matches"),
            model.transit_gateway_route_tables.at(*table).id
        ),
        (Cause::NoListener, _) => "ask for a port that a listener takes, or add a listener".into(),
        (Cause::NoTarget, _) => "register targets in the load balancer's zones, or turn on cross-zone load balancing".into(),
        (Cause::GeneveNotAdmitted, Checkpoint::LoadBalancer { target, .. }) => format!(
            "let {} take udp 6081 from the load balancer's addresses, and answer to them: `portcullis explain` asks each node and target",
            target.as_deref().unwrap_or("the appliance")
        ),
        (Cause::Hairpin, _) => "turn off client address preservation of the target group (preserve_client_ip.enabled), or do not let a target be its own client".into(),
        (Cause::NotRoutable, _) => "no route forwards packets to this address; use another".into(),
        _ => return None,
    })
}

/// The block of the VPC that a packet goes to, with the command that routes it over the peering connection of the two
/// VPCs, if there is one.
fn other_vpc(network: &Network, from: Ix<Subnet>, to: Seen) -> Option<String> {
    let model = network.model();
    let ours = model.subnets.at(from);
    let noun = model.network_interfaces.at(to.interface()?);
    if noun.vpc == ours.vpc {
        return None;
    }
    let Seen::Fixed { address, .. } = to else { return None };
    let block = model.vpcs.get(noun.vpc.as_str())?.cidrs.iter().find(|block| block.contains(&address))?;
    let connects = |peering: &&model::VpcPeeringConnection| {
        peering.active && peering.other_side(&ours.vpc).is_some_and(|side| side.vpc == noun.vpc)
    };
    let peering = model.vpc_peering_connections.values().find(connects);
    let table = network.resolved().route_table_of(from).ix().map(|ix| model.route_tables.at(ix).id.clone());
    Some(match (peering, table) {
        (Some(peering), Some(table)) => format!(
            "{block}: aws ec2 create-route --route-table-id {table} --destination-cidr-block {block} --vpc-peering-connection-id {}",
            peering.id
        ),
        _ => format!("{block}: add one to what connects the two VPCs"),
    })
}

/// The command that turns on appliance mode, if the appliance's VPC hangs on a transit gateway without it (S3.34).
fn appliance_mode(network: &Network, appliance: Ix<NetworkInterface>) -> String {
    let model = network.model();
    let vpc = &model.network_interfaces.at(appliance).vpc;
    let attachment = model
        .transit_gateway_attachments
        .values()
        .find(|noun| noun.resource.as_ref() == Some(vpc) && !noun.appliance_mode);
    attachment.map_or_else(String::new, |noun| {
        format!(
            "; turn on appliance mode: aws ec2 modify-transit-gateway-vpc-attachment --transit-gateway-attachment-id {} --options ApplianceModeSupport=enable",
            noun.id
        )
    })
}
