//! VPCs around one transit gateway that are all but alike: to hold what is answered once for many of them against what
//! each is answered for itself. What makes one of them different is rare, and over the seeds it is everything that may.

mod balancers;

use serde_json::json;

use self::balancers::Place;
use super::gateways::{enabled, transit_gateway, transit_gateway_route_table};
use super::interface::Interface;
use super::network_acl::{ALL, Acl, TCP};
use super::random::Random;
use super::security_group::{Group, Peer, id as group_id};
use super::vpc::{Routes, subnet, vpc};
use super::{ACCOUNT, Export, REGION, ZONES, name};

const GATEWAY: &str = "tgw-0";
/// Subnets of a VPC: the last number of their blocks.
const SUBNETS: [usize; 3] = [0, 64, 128];

/// What the VPCs of a network have in common, most of them.
struct World {
    count: usize,
    /// Blocks that rules of several VPCs name.
    blocks: Vec<String>,
    /// For how many subnets most VPCs have a list of their own, and which of the blocks it speaks of, in and out.
    listed: usize,
    entries: [Vec<bool>; 2],
    /// Two VPCs that are peered too, and whether their routes say so.
    peered: Option<(usize, usize, bool)>,
    /// The zones of subnets, by position, and which of these most attachments leave out.
    zones: [usize; 3],
    skipped: usize,
}

/// Four to seven VPCs with two to five interfaces each.
pub fn alike(seed: u64) -> Export {
    let mut random = Random::new(seed);
    let random = &mut random;
    let mut export = Export::default();
    let calls = [
        ("describe-vpc-peering-connections", "VpcPeeringConnections"),
        ("describe-internet-gateways", "InternetGateways"),
        ("describe-nat-gateways", "NatGateways"),
        ("describe-managed-prefix-lists", "PrefixLists"),
        ("describe-vpc-endpoints", "VpcEndpoints"),
        ("elbv2-describe-load-balancers", "LoadBalancers"),
        ("elbv2-describe-target-groups", "TargetGroups"),
    ];
    calls.iter().for_each(|(call, key)| export.answer(call, key));
    let count = random.within(4..=7);
    let peered = random.percent(40).then(|| (0, random.within(1..=count - 1), random.percent(60)));
    let entries = [0; 2].map(|_| (0..4).map(|_| random.percent(40)).collect());
    // Where the sender's zone has no subnet of the attachment, and two others have, the gateway draws.
    let zones = if random.percent(40) { [0, 1, 2] } else { [0, 1, 0] };
    let skipped = if random.percent(50) { 2 } else { SUBNETS.len() };
    let listed = random.below(4);
    let mut world = World { count, blocks: Vec::new(), listed, entries, peered, zones, skipped };
    world.blocks = (0..4).map(|_| piece(random, &world)).collect();
    transit_gateway(&mut export, GATEWAY, random.percent(50));
    for number in 0..count {
        one(&mut export, random, &world, number);
    }
    if let Some((one, other, _)) = world.peered {
        let side = |number| json!({"CidrBlock": block(number), "OwnerId": ACCOUNT, "VpcId": id(number), "Region": REGION});
        let element = json!({
            "AccepterVpcInfo": side(other), "RequesterVpcInfo": side(one), "VpcPeeringConnectionId": "pcx-0",
            "Status": {"Code": "active", "Message": "Active"}, "Tags": name("pcx-0"),
        });
        export.push("describe-vpc-peering-connections", "VpcPeeringConnections", &element);
    }
    tables_of_gateway(&mut export, random, count);
    export
}

fn id(number: usize) -> String {
    format!("vpc-{number}")
}

fn block(number: usize) -> String {
    format!("10.{number}.0.0/24")
}

fn ipv6(number: usize) -> String {
    format!("2001:db8:{number:x}::/56")
}

/// A block that holds a VPC, some of it, or nobody.
fn piece(random: &mut Random, world: &World) -> String {
    let number = random.below(world.count);
    match random.below(8) {
        0 => "10.0.0.0/8".into(),
        1 => format!("10.{}.0.0/15", number & !1),
        2 => block(number),
        3 | 4 => format!("10.{number}.0.{}/26", random.below(3) * 64),
        5 => format!("10.{number}.0.{}/30", 4 + random.below(3) * 64),
        6 => ipv6(number),
        _ => "192.0.2.0/24".into(),
    }
}

/// A VPC with all that is its own.
fn one(export: &mut Export, random: &mut Random, world: &World, number: usize) {
    let own = id(number);
    let has_ipv6 = random.percent(85).then(|| ipv6(number));
    vpc(export, &own, &block(number), has_ipv6.as_deref());
    let mut subnets = Vec::new();
    // The gateway draws subnets by their ids, which say nothing of their zones.
    let backwards = random.percent(12);
    for (position, (zone, start)) in world.zones.into_iter().zip(SUBNETS).enumerate() {
        let zone = if random.percent(97) { zone } else { (zone + 1) % 2 };
        let zone = ZONES.get(zone).copied().unwrap_or('a');
        let of_ipv6 = has_ipv6.as_ref().map(|_| format!("2001:db8:{number:x}:{position:x}::/64"));
        let name = format!("subnet-{number}{}", if backwards { SUBNETS.len() - position } else { position });
        subnet(export, &own, &name, zone, &format!("10.{number}.0.{start}/26"), of_ipv6.as_deref());
        subnets.push((name, zone, start));
    }
    attachment(export, random, world, number, &subnets, has_ipv6.is_some());
    let names: Vec<String> = subnets.iter().map(|(name, ..)| name.clone()).collect();
    routes(export, random, world, number, &names, has_ipv6.as_deref());
    lists(export, random, world, number, names, has_ipv6.is_some());
    groups(export, random, world, number, has_ipv6.is_some());
    let mut instances = Vec::new();
    for position in 0..random.within(2..=5) {
        let Some((subnet, zone, start)) = subnets.get(position % SUBNETS.len()) else { continue };
        let host = start + 4 + position / SUBNETS.len() * 30 + random.below(2);
        let second = random.percent(30).then(|| group_id(&format!("b{number}")));
        let interface = Interface {
            id: format!("eni-{number}{position}"),
            vpc: &own,
            subnet,
            zone: *zone,
            address: format!("10.{number}.0.{host}"),
            ipv6: has_ipv6
                .as_ref()
                .map(|_| format!("2001:db8:{number:x}:{:x}::{host:x}", position % SUBNETS.len())),
            public: None,
            groups: [group_id(&format!("a{number}"))].into_iter().chain(second).collect(),
            service: None,
        };
        interface.write_with_instance(export, &format!("{number}{position}"), random.percent(8));
        instances.push((format!("i-{number}{position}"), interface.address.clone()));
    }
    if random.percent(35) {
        let place = Place { number, vpc: &own, subnets: &subnets, instances: &instances };
        balancers::write(export, random, &place);
    }
}

fn attachment(
    export: &mut Export,
    random: &mut Random,
    world: &World,
    number: usize,
    subnets: &[(String, char, usize)],
    has_ipv6: bool,
) {
    let id = format!("tgw-attach-{number}");
    let state = if random.percent(97) { "available" } else { "pending" };
    let general = json!({
        "TransitGatewayAttachmentId": id, "TransitGatewayId": GATEWAY, "TransitGatewayOwnerId": ACCOUNT,
        "ResourceOwnerId": ACCOUNT, "ResourceType": "vpc", "ResourceId": self::id(number), "State": state,
        "Tags": name(&id),
    });
    export.push("describe-transit-gateway-attachments", "TransitGatewayAttachments", &general);
    // One subnet a zone.
    let mut chosen: Vec<&(String, char, usize)> = Vec::new();
    let skipped = if random.percent(10) { random.below(2) } else { world.skipped };
    for (position, subnet) in subnets.iter().enumerate() {
        if position != skipped && chosen.iter().all(|(_, zone, _)| *zone != subnet.1) {
            chosen.push(subnet);
        }
    }
    let chosen: Vec<&String> = chosen.into_iter().map(|(name, ..)| name).collect();
    let of_vpc = json!({
        "TransitGatewayAttachmentId": id, "TransitGatewayId": GATEWAY, "VpcId": self::id(number),
        "VpcOwnerId": ACCOUNT, "State": state, "SubnetIds": chosen,
        "Options": {
            "DnsSupport": "enable", "SecurityGroupReferencingSupport": enabled(random.percent(85)),
            "Ipv6Support": enabled(has_ipv6), "ApplianceModeSupport": enabled(random.percent(8)),
        },
        "Tags": name(&id),
    });
    export.push("describe-transit-gateway-vpc-attachments", "TransitGatewayVpcAttachments", &of_vpc);
}

/// Two tables that know all VPCs, but for what is rare: one that is not propagated, one that leads elsewhere.
fn tables_of_gateway(export: &mut Export, random: &mut Random, count: usize) {
    for table in 0..2 {
        let id = format!("tgw-rtb-{table}");
        transit_gateway_route_table(export, GATEWAY, &id);
        let associations = format!("get-transit-gateway-route-table-associations/{id}");
        let propagations = format!("get-transit-gateway-route-table-propagations/{id}");
        let routes = format!("search-transit-gateway-routes/{id}");
        export.answer(&associations, "Associations");
        export.answer(&propagations, "TransitGatewayRouteTablePropagations");
        export.answer(&routes, "Routes");
        for number in 0..count {
            let reference = json!({
                "TransitGatewayAttachmentId": format!("tgw-attach-{number}"), "ResourceId": self::id(number),
                "ResourceType": "vpc",
            });
            let with_state = |state: &str| {
                let mut element = reference.clone();
                super::set(&mut element, "State", state);
                element
            };
            if number % 3 == table || number % 3 == 2 && table == 0 {
                export.push(&associations, "Associations", &with_state("associated"));
            }
            if random.percent(92) {
                let key = "TransitGatewayRouteTablePropagations";
                export.push(&propagations, key, &with_state("enabled"));
                for block in [block(number), ipv6(number)] {
                    let route = json!({
                        "DestinationCidrBlock": block, "TransitGatewayAttachments": [reference.clone()],
                        "Type": "propagated", "State": "active",
                    });
                    export.push(&routes, "Routes", &route);
                }
            }
        }
        if random.percent(20) {
            let block = format!("10.{}.0.64/26", random.below(count));
            let route = json!({"DestinationCidrBlock": block, "Type": "static", "State": "blackhole"});
            export.push(&routes, "Routes", &route);
        }
    }
}

fn routes(
    export: &mut Export,
    random: &mut Random,
    world: &World,
    number: usize,
    subnets: &[String],
    ipv6: Option<&str>,
) {
    let new = |name: &str| Routes::new(&id(number), &format!("rtb-{number}{name}"), &block(number), ipv6);
    let mut first = new("first");
    let mut main = new("main");
    for routes in [&mut first, &mut main] {
        if random.percent(95) {
            routes.to("10.0.0.0/8", "TransitGatewayId", GATEWAY);
        }
        if ipv6.is_some() && random.percent(90) {
            routes.to("2001:db8::/32", "TransitGatewayId", GATEWAY);
        }
        if random.percent(4) {
            let other = format!("10.{}.0.0/25", random.below(world.count));
            if other != format!("10.{number}.0.0/25") {
                routes.add(&other, "TransitGatewayId", GATEWAY, "blackhole");
            }
        }
        if let Some((one, other, true)) = world.peered
            && (number == one || number == other)
        {
            let there = if number == one { other } else { one };
            routes.to(&block(there), "VpcPeeringConnectionId", "pcx-0");
        }
    }
    first.write(export, false, subnets.get(..1).unwrap_or_default());
    main.write(export, true, &[]);
}

/// One list for some subnets, in most VPCs with the same entries.
fn lists(
    export: &mut Export,
    random: &mut Random,
    world: &World,
    number: usize,
    mut subnets: Vec<String>,
    has_ipv6: bool,
) {
    let mut default = Acl::default(&id(number), &format!("{number}default"), has_ipv6);
    let listed = if random.percent(85) { world.listed } else { random.below(subnets.len() + 1) };
    if listed > 0 {
        let some = subnets.split_off(subnets.len() - listed);
        let is_usual = random.percent(80);
        let mut acl = Acl::new(&id(number), &format!("{number}own"), some);
        for (egress, spoken_of) in [false, true].into_iter().zip(&world.entries) {
            for (position, (block, usual)) in world.blocks.iter().zip(spoken_of).enumerate() {
                if if is_usual { *usual } else { random.percent(40) } {
                    let ports = [(TCP, 0, 1023), (TCP, 32_768, 40_000), (ALL, 0, 0)];
                    let ports = ports.get(position % 3).copied().unwrap_or((ALL, 0, 0));
                    acl.entry(egress, 10 + position, position == 1, ports, block);
                }
            }
            acl.entry(egress, 100, true, (ALL, 0, 0), "0.0.0.0/0");
            acl.entry(egress, 101, true, (TCP, 0, 65_535), "::/0");
        }
        acl.write(export);
    }
    default.guard(subnets);
    default.write(export);
}

/// Two groups: one that most VPCs have like this, and one that some interfaces have besides.
fn groups(export: &mut Export, random: &mut Random, world: &World, number: usize, has_ipv6: bool) {
    let mut usual = Group::new(&id(number), &format!("a{number}"));
    usual.inward(("tcp", 443, 443), "10.0.0.0/8".into());
    for _ in 0..random.below(4) {
        let ports = [("tcp", 22, 22), ("udp", 53, 53), ("-1", 0, 0)];
        let ports = random.pick(&ports).copied().unwrap_or(("-1", 0, 0));
        usual.inward(ports, peer(random, world));
    }
    if random.percent(85) {
        usual.outward(("-1", 0, 0), "0.0.0.0/0".into());
    }
    if has_ipv6 && random.percent(85) {
        usual.outward(("-1", 0, 0), "::/0".into());
    }
    usual.write(export);
    let mut other = Group::new(&id(number), &format!("b{number}"));
    other.inward(("tcp", 8080, 8080), peer(random, world));
    other.outward(("tcp", 443, 443), peer(random, world));
    other.write(export);
}

fn peer(random: &mut Random, world: &World) -> Peer {
    match random.below(6) {
        0 => Peer::Group(group_id(&format!("a{}", random.below(world.count)))),
        1 => "::/0".into(),
        2 | 3 => random.pick(&world.blocks).map_or_else(|| "0.0.0.0/0".into(), |block| block.as_str().into()),
        _ => piece(random, world).as_str().into(),
    }
}
