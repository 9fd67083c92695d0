//! `describe-network-interfaces` (S9.3), and the interfaces that `describe-instances` repeats (S9.4).

use std::net::Ipv4Addr;

use ipnet::IpNet;
use model::{InterfaceType, NetworkInterface, PrivateAddress, Timeouts};

use super::cidr::Family;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(vpc), Some(subnet)) =
        (object.required_id("NetworkInterfaceId"), object.required_id("VpcId"), object.required_id("SubnetId"))
    else {
        return;
    };
    let interface = NetworkInterface {
        id,
        vpc,
        subnet,
        owner: object.id("OwnerId"),
        addresses: addresses(object),
        ipv6: object.objects("Ipv6Addresses").filter_map(|address| address.ipv6("Ipv6Address")).collect(),
        prefixes: prefixes(object),
        groups: object.objects("Groups").filter_map(|group| group.required_id("GroupId")).collect(),
        source_dest_check: object.flag("SourceDestCheck").unwrap_or(true),
        deny_all_igw_traffic: object.flag("DenyAllIgwTraffic").unwrap_or(false),
        interface_type: interface_type(object),
        description: object.text("Description").unwrap_or_default().into(),
        instance: object.object("Attachment").and_then(|attachment| attachment.id("InstanceId")),
        timeouts: timeouts(object),
        tags: object.tags("TagSet"),
        origin: object.origin(),
    };
    context.insert(|snapshot| &mut snapshot.network_interfaces, interface);
}

/// An interface inside `instance`. Real answers repeat the whole interface there; older or shortened ones leave to
/// the instance what its first interface shares with it.
pub(super) fn of_instance(object: Object<'_>, instance: Object<'_>) -> Option<NetworkInterface> {
    let attachment = object.object("Attachment");
    let first = attachment.and_then(|attachment| attachment.number("DeviceIndex")).unwrap_or(0) == 0;
    let missing = |key| first && !object.has(key);
    let mut addresses = addresses(object);
    if addresses.is_empty() && missing("PrivateIpAddress") {
        let public = instance.ipv4("PublicIpAddress");
        addresses.extend(instance.ipv4("PrivateIpAddress").map(|private| PrivateAddress { private, public }));
    }
    let of_first = |key| if missing(key) { instance.id(key) } else { object.id(key) };
    let check = if missing("SourceDestCheck") { instance } else { object };
    let groups = if missing("Groups") { instance.objects("SecurityGroups") } else { object.objects("Groups") };
    Some(NetworkInterface {
        id: object.required_id("NetworkInterfaceId")?,
        vpc: object.id("VpcId").or_else(|| instance.id("VpcId"))?,
        subnet: of_first("SubnetId")?,
        owner: object.id("OwnerId"),
        addresses,
        ipv6: object.objects("Ipv6Addresses").filter_map(|address| address.ipv6("Ipv6Address")).collect(),
        prefixes: prefixes(object),
        groups: groups.filter_map(|group| group.required_id("GroupId")).collect(),
        source_dest_check: check.flag("SourceDestCheck").unwrap_or(true),
        deny_all_igw_traffic: object.flag("DenyAllIgwTraffic").unwrap_or(false),
        interface_type: interface_type(object),
        description: object.text("Description").unwrap_or_default().into(),
        instance: instance.id("InstanceId"),
        timeouts: timeouts(object),
        tags: object.tags("TagSet"),
        origin: object.origin(),
    })
}

/// The private addresses, the primary first, each with the public one that is associated with it (S3.14, S3.19).
fn addresses(object: Object<'_>) -> Vec<PrivateAddress> {
    let mut addresses: Vec<PrivateAddress> = Vec::new();
    for element in object.objects("PrivateIpAddresses") {
        let Some(private) = element.ipv4("PrivateIpAddress") else { continue };
        let address = PrivateAddress { private, public: public(element) };
        if element.flag("Primary") == Some(true) { addresses.insert(0, address) } else { addresses.push(address) }
    }
    if let Some(primary) = object.ipv4("PrivateIpAddress") {
        // The address and association of the interface itself are the primary address's.
        let place = addresses.iter().position(|address| address.private == primary);
        let mut address = match place {
            Some(place) => addresses.remove(place),
            None => PrivateAddress { private: primary, public: None },
        };
        address.public = address.public.or_else(|| public(object));
        addresses.insert(0, address);
    }
    addresses
}

fn public(object: Object<'_>) -> Option<Ipv4Addr> {
    object.object("Association")?.ipv4("PublicIp")
}

fn prefixes(object: Object<'_>) -> Vec<IpNet> {
    let v4 = object.objects("Ipv4Prefixes").filter_map(|prefix| prefix.required_cidr("Ipv4Prefix", Family::V4));
    let v6 = object.objects("Ipv6Prefixes").filter_map(|prefix| prefix.required_cidr("Ipv6Prefix", Family::V6));
    v4.chain(v6).collect()
}

fn interface_type(object: Object<'_>) -> InterfaceType {
    match object.text("InterfaceType").unwrap_or("interface") {
        "interface" => InterfaceType::Interface,
        "natGateway" | "nat_gateway" => InterfaceType::NatGateway,
        "network_load_balancer" => InterfaceType::NetworkLoadBalancer,
        "gateway_load_balancer" => InterfaceType::GatewayLoadBalancer,
        "gateway_load_balancer_endpoint" => InterfaceType::GatewayLoadBalancerEndpoint,
        "vpc_endpoint" => InterfaceType::VpcEndpoint,
        "transit_gateway" => InterfaceType::TransitGateway,
        "lambda" => InterfaceType::Lambda,
        other => InterfaceType::Other(other.into()),
    }
}

/// Interfaces say `ConnectionTrackingConfiguration`, launch parameters `ConnectionTrackingSpecification` (S1.43).
fn timeouts(object: Object<'_>) -> Timeouts {
    let keys = ["ConnectionTrackingConfiguration", "ConnectionTrackingSpecification"];
    let Some(settings) = keys.into_iter().find_map(|key| object.object(key)) else { return Timeouts::default() };
    let seconds = |key| settings.get(key)?.bounded("a number of seconds");
    Timeouts {
        tcp_established: seconds("TcpEstablishedTimeout"),
        udp_stream: seconds("UdpStreamTimeout"),
        udp: seconds("UdpTimeout"),
    }
}
