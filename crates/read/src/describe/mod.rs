//! What the `describe-*` calls answer: one file a noun, and the one table that says which key holds what.

mod address;
mod cidr;
mod ignored;
mod instance;
mod internet_gateway;
mod network_acl;
mod network_interface;
mod other;
mod prefix_list;
mod route_table;
mod security_group;
mod subnet;
mod traffic;
mod vpc;
mod vpc_endpoint;
mod vpc_peering_connection;

use crate::object::{Object, Value};
use crate::snapshot::Context;

pub(crate) use ignored::is_ignored;

/// What reads an answer.
#[derive(Clone, Copy)]
pub(crate) enum Read {
    /// Each element by itself.
    Each(fn(Object<'_>, &mut Context<'_>)),
    /// Entries of a prefix list, whose id is elsewhere.
    Entries,
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
    ("Entries", &["Cidr"], Read::Entries),
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
    ("Addresses", &["PublicIp", "Domain"], Read::Each(address::read)),
];

/// What reads the elements under a key, and the key that each of them has.
pub(crate) fn of_key(key: &str) -> Option<(&'static [&'static str], Read)> {
    if let Some(&(_, keys, read)) = READERS.iter().find(|(known, ..)| *known == key) {
        return Some((keys.get(..1).unwrap_or(keys), read));
    }
    let shape = other::SHAPES.iter().find(|shape| shape.key == key)?;
    Some((shape.ids, Read::Named(shape)))
}

/// What reads an object that is under no known key.
pub(crate) fn of_object(object: Object<'_>) -> Option<Read> {
    let fits = |keys: &[&'static str]| keys.iter().all(|key| object.has(key));
    let row = READERS.iter().find(|(_, keys, read)| fits(keys) && !matches!(read, Read::Entries));
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
            Read::Entries => {}
        }
    }

    /// Reads the list under a known key of `answer`. `names` are the file's name and the keys above the answer.
    pub(crate) fn list(self, list: Value<'_>, answer: Object<'_>, names: &[&str], context: &mut Context<'_>) {
        match self {
            Read::Entries => prefix_list::read_entries(list, answer, names, context),
            _ => list.elements().for_each(|element| match element.object() {
                Some(object) => self.one(object, context),
                None => context.left_out(list.key, list.origin()),
            }),
        }
    }
}
