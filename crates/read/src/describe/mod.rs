//! What the `describe-*` calls answer: one file a noun, and the one table that says which key holds what.

mod address;
mod attributes;
mod auto_scaling_group;
mod block_public_access;
mod cidr;
mod classic_load_balancer;
mod egress_only_internet_gateway;
mod ignored;
mod instance;
mod internet_gateway;
mod launch_template;
mod listener;
mod listener_rule;
mod load_balancer;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod not_collected;
mod other;
mod part;
mod prefix_list;
mod route_table;
mod security_group;
mod state;
mod subnet;
mod target_group;
mod target_health;
mod traffic;
mod transit_gateway;
mod transit_gateway_attachment;
mod transit_gateway_route;
mod transit_gateway_route_table;
mod vpc;
mod vpc_endpoint;
mod vpc_endpoint_service;
mod vpc_peering_connection;
mod vpn_connection;
mod vpn_gateway;

use crate::object::{Object, Value};
use crate::snapshot::Context;

pub(crate) use ignored::is_ignored;

/// What reads an answer.
#[derive(Clone, Copy)]
pub(crate) enum Read {
    /// Each element by itself.
    Each(fn(Object<'_>, &mut Context<'_>)),
    /// The whole list, a part of something whose id is elsewhere: it takes the list, the answer around it, and the
    /// file's name with the keys above.
    Part(fn(Value<'_>, Object<'_>, &[&str], &mut Context<'_>)),
    /// Answers about one thing each, under this key within each element.
    Wrapped(&'static str),
    /// Each element by a row of the table of what is only named.
    Named(&'static other::Shape),
}

/// A top-level key, the keys that tell one of its elements where that key is missing (`--query 'Vpcs[]'`), and what
/// reads it. The first of the keys is the id.
type Row = (&'static str, &'static [&'static str], Read);

/// The table. Where two rows fit an object, the first counts.
const READERS: &[Row] = &[
    ("Vpcs", &["VpcId", "CidrBlock", "InstanceTenancy"], Read::Each(vpc::read)),
    ("Subnets", &["SubnetId", "VpcId", "AvailabilityZone", "MapPublicIpOnLaunch"], Read::Each(subnet::read)),
    ("RouteTables", &["RouteTableId", "Routes"], Read::Each(route_table::read)),
    ("NetworkAcls", &["NetworkAclId", "Entries"], Read::Each(network_acl::read)),
    ("SecurityGroups", &["GroupId", "IpPermissions"], Read::Each(security_group::read)),
    ("SecurityGroupRules", &["SecurityGroupRuleId", "IsEgress"], Read::Each(security_group::read_rule)),
    ("PrefixLists", &["PrefixListId", "PrefixListName"], Read::Each(prefix_list::read)),
    ("Entries", &["Cidr"], Read::Part(prefix_list::read_entries)),
    ("NetworkInterfaces", &["NetworkInterfaceId", "SubnetId", "Groups"], Read::Each(network_interface::read)),
    ("Reservations", &["ReservationId", "Instances"], Read::Each(instance::read_reservation)),
    ("Reservations[].Instances", &["InstanceId", "InstanceType", "State"], Read::Each(instance::read)),
    ("InternetGateways", &["InternetGatewayId", "Attachments"], Read::Each(internet_gateway::read)),
    (
        "VpcPeeringConnections",
        &["VpcPeeringConnectionId", "RequesterVpcInfo"],
        Read::Each(vpc_peering_connection::read),
    ),
    ("VpcEndpoints", &["VpcEndpointId", "ServiceName"], Read::Each(vpc_endpoint::read)),
    (
        "ServiceConfigurations",
        &["ServiceId", "ServiceName", "ServiceState"],
        Read::Each(vpc_endpoint_service::read),
    ),
    ("NatGateways", &["NatGatewayId", "NatGatewayAddresses"], Read::Each(nat_gateway::read)),
    (
        "EgressOnlyInternetGateways",
        &["EgressOnlyInternetGatewayId", "Attachments"],
        Read::Each(egress_only_internet_gateway::read),
    ),
    (
        "TransitGatewayVpcAttachments",
        &["TransitGatewayAttachmentId", "SubnetIds"],
        Read::Each(transit_gateway_attachment::read_vpc),
    ),
    (
        "TransitGatewayPeeringAttachments",
        &["TransitGatewayAttachmentId", "RequesterTgwInfo"],
        Read::Each(transit_gateway_attachment::read_peering),
    ),
    (
        "TransitGatewayAttachments",
        // Routes have lists of the same name, whose elements lack the gateway.
        &["TransitGatewayId", "TransitGatewayAttachmentId", "ResourceType"],
        Read::Each(transit_gateway_attachment::read),
    ),
    (
        "TransitGatewayRouteTables",
        &["TransitGatewayRouteTableId", "TransitGatewayId"],
        Read::Each(transit_gateway_route_table::read),
    ),
    ("Routes", &["Type", "TransitGatewayAttachments"], Read::Part(transit_gateway_route::read)),
    (
        "Associations",
        &["TransitGatewayAttachmentId"],
        Read::Part(transit_gateway_route_table::read_associations),
    ),
    (
        "TransitGatewayRouteTablePropagations",
        &["TransitGatewayAttachmentId"],
        Read::Part(transit_gateway_route_table::read_propagations),
    ),
    (
        "TransitGatewayStaticRoutes",
        &["TransitGatewayRouteTableId"],
        Read::Part(transit_gateway_route::read_static),
    ),
    (
        "TransitGatewayPropagations",
        &["TransitGatewayRouteTableId"],
        Read::Part(transit_gateway_route_table::read_all_propagations),
    ),
    ("TransitGateways", &["TransitGatewayId", "TransitGatewayArn"], Read::Each(transit_gateway::read)),
    ("VpnGateways", &["VpnGatewayId", "VpcAttachments"], Read::Each(vpn_gateway::read)),
    ("VpnConnections", &["VpnConnectionId", "CustomerGatewayId"], Read::Each(vpn_connection::read)),
    ("Addresses", &["PublicIp", "Domain"], Read::Each(address::read)),
    ("LoadBalancers", &["LoadBalancerArn", "LoadBalancerName"], Read::Each(load_balancer::read)),
    (
        "LoadBalancerDescriptions",
        &["LoadBalancerName", "ListenerDescriptions"],
        Read::Each(classic_load_balancer::read),
    ),
    ("Listeners", &["ListenerArn", "DefaultActions"], Read::Each(listener::read)),
    ("LoadBalancerListeners", &["LoadBalancerArn"], Read::Wrapped("Listeners")),
    ("Rules", &["RuleArn", "Conditions"], Read::Each(listener_rule::read)),
    ("TargetGroups", &["TargetGroupArn", "TargetGroupName"], Read::Each(target_group::read)),
    ("TargetHealthDescriptions", &["Target"], Read::Part(target_health::read)),
    ("LoadBalancerTargetHealth", &["TargetGroupArn"], Read::Wrapped("TargetHealthDescriptions")),
    ("Attributes", &["Key"], Read::Part(attributes::read)),
    ("LoadBalancerAttributes", &["LoadBalancerArn"], Read::Wrapped("Attributes")),
    ("TargetGroupAttributes", &["TargetGroupArn"], Read::Wrapped("Attributes")),
    ("CrossZoneLoadBalancing", &["Enabled"], Read::Part(attributes::read_classic)),
    ("AutoScalingGroups", &["AutoScalingGroupName", "MinSize"], Read::Each(auto_scaling_group::read)),
    (
        "LaunchTemplateVersions",
        &["LaunchTemplateId", "LaunchTemplateData"],
        Read::Each(launch_template::read_version),
    ),
    (
        "LaunchConfigurations",
        &["LaunchConfigurationName", "ImageId"],
        Read::Each(launch_template::read_configuration),
    ),
    (
        "VpcBlockPublicAccessOptions",
        &["InternetGatewayBlockMode", "AwsAccountId"],
        Read::Each(block_public_access::read_options),
    ),
    (
        "VpcBlockPublicAccessExclusions",
        &["ExclusionId", "InternetGatewayExclusionMode"],
        Read::Each(block_public_access::read_exclusion),
    ),
    ("NotCollected", &["call", "error"], Read::Each(not_collected::read)),
];

/// What reads the elements under a key, and the key that each of them has.
pub(crate) fn of_key(key: &str) -> Option<(&'static [&'static str], Read)> {
    if let Some(&(_, keys, read)) = READERS.iter().find(|(known, ..)| *known == key) {
        // Any of the keys tells a part; of a noun it is the id.
        let ids = if matches!(read, Read::Part(_)) { keys } else { keys.get(..1).unwrap_or(keys) };
        return Some((ids, read));
    }
    let shape = other::SHAPES.iter().find(|shape| shape.key == key)?;
    Some((shape.ids, Read::Named(shape)))
}

/// What reads the elements of the list under a key at the top of a file, where each can be read by itself.
pub(crate) fn elements_of(key: &str) -> Option<Read> {
    let (_, read) = of_key(key).filter(|_| !is_ignored(key) && !is_common(key))?;
    matches!(read, Read::Each(_) | Read::Named(_)).then_some(read)
}

/// Whether other services have answers under the same key, so that its elements must show whose it is.
pub(crate) fn is_common(key: &str) -> bool {
    matches!(key, "Routes" | "Associations" | "Rules" | "Attributes")
}

/// What reads an object that is under no known key.
pub(crate) fn of_object(object: Object<'_>) -> Option<Read> {
    let fits = |keys: &[&'static str]| keys.iter().all(|key| object.has(key));
    let row = READERS.iter().find(|(_, keys, read)| fits(keys) && matches!(read, Read::Each(_)));
    if let Some(&(.., read)) = row {
        return Some(read);
    }
    let named = |shape: &&other::Shape| shape.ids.iter().any(|key| object.has(key)) && object.has(shape.mark);
    other::SHAPES.iter().find(named).map(Read::Named)
}

impl Read {
    /// Reads one element.
    pub(crate) fn one(self, object: Object<'_>, context: &mut Context<'_>) {
        match self {
            Read::Each(read) => read(object, context),
            Read::Named(shape) => other::read(shape, object, context),
            Read::Part(_) | Read::Wrapped(_) => {}
        }
    }

    /// Reads an object that stands under a known key of `answer` in place of a list.
    pub(crate) fn single(
        self,
        value: Value<'_>,
        answer: Object<'_>,
        names: &[&str],
        context: &mut Context<'_>,
    ) {
        match (self, value.as_object()) {
            (Read::Part(read), _) => read(value, answer, names, context),
            (Read::Wrapped(key), Some(object)) => wrapped(key, object, names, context),
            (_, Some(object)) => self.one(object, context),
            _ => {}
        }
    }

    /// Reads the list under a known key of `answer`. `names` are the file's name and the keys above the answer.
    pub(crate) fn list(self, list: Value<'_>, answer: Object<'_>, names: &[&str], context: &mut Context<'_>) {
        match self {
            Read::Part(read) => read(list, answer, names, context),
            Read::Wrapped(key) => {
                list.elements()
                    .filter_map(Value::object)
                    .for_each(|object| wrapped(key, object, names, context));
            }
            _ if list.is_in_pieces() => list.file.add_pieces(),
            _ => list.elements().for_each(|element| match element.object() {
                Some(object) => self.one(object, context),
                None => context.left_out(list.key, list.origin()),
            }),
        }
    }
}

/// Reads the answer within an object that names what it is about.
fn wrapped(key: &'static str, object: Object<'_>, names: &[&str], context: &mut Context<'_>) {
    match (object.get(key), of_key(key)) {
        (Some(list), Some((_, reader))) => reader.list(list, object, names, context),
        _ => object.error(format!("expected `{key}` in this object, found none")),
    }
}
