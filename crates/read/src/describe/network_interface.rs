//! `describe-network-interfaces` (S9.3), and the interfaces that `describe-instances` repeats (S9.4).

use std::net::Ipv4Addr;

use ipnet::IpNet;
use model::{InterfaceType, NetworkInterface, PrivateAddress, Timeouts};

use super::cidr::Family;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(vpc), Some(subnet)) = (
        object.required_id("NetworkInterfaceId"),
        object.required_id("VpcId"),
        object.required_id("SubnetId"),
    ) else {
        return;
    };
    let errors = object.errors();
    let mut interface = NetworkInterface {
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
        stand_in: None,
        interface_type: interface_type(object),
        description: object.text("Description").unwrap_or_default().into(),
        instance: object.object("Attachment").and_then(|attachment| attachment.id("InstanceId")),
        device_index: device_index(object),
        timeouts: timeouts(object),
        incomplete: false,
        tags: object.tags("TagSet"),
        origin: object.origin(),
    };
    // AWS prints the list of groups even where it is empty.
    interface.incomplete = object.errors() > errors || !object.has("Groups");
    context.insert(|snapshot| &mut snapshot.network_interfaces, interface);
}

/// An interface inside `instance`. Real answers repeat the whole interface there; older or shortened ones leave to
/// the instance what its first interface shares with it.
pub(super) fn of_instance(object: Object<'_>, instance: Object<'_>) -> Option<NetworkInterface> {
    let first = device_index(object) == 0;
    let missing = |key| first && !object.has(key);
    let mut addresses = addresses(object);
    if addresses.is_empty() && missing("PrivateIpAddress") {
        let public = instance.ipv4("PublicIpAddress");
        addresses.extend(instance.ipv4("PrivateIpAddress").map(|private| PrivateAddress { private, public }));
    }
    let of_first = |key| {
        if missing(key) { instance.id(key) } else { object.id(key) }
    };
    let check = if missing("SourceDestCheck") { instance } else { object };
    let groups =
        if missing("Groups") { instance.objects("SecurityGroups") } else { object.objects("Groups") };
    let errors = object.errors();
    let mut interface = NetworkInterface {
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
        stand_in: None,
        interface_type: interface_type(object),
        description: object.text("Description").unwrap_or_default().into(),
        instance: instance.id("InstanceId"),
        device_index: device_index(object),
        timeouts: timeouts(object),
        incomplete: false,
        tags: object.tags("TagSet"),
        origin: object.origin(),
    };
    interface.incomplete = object.errors() > errors || missing("Groups") && !instance.has("SecurityGroups");
    Some(interface)
}

fn device_index(object: Object<'_>) -> u32 {
    let index = object.object("Attachment").and_then(|attachment| attachment.number("DeviceIndex"));
    index.and_then(|index| u32::try_from(index).ok()).unwrap_or(0)
}

/// The private addresses, the primary first, each with the public one that is associated with it (S3.14, S3.19).
fn addresses(object: Object<'_>) -> Vec<PrivateAddress> {
    let mut addresses: Vec<PrivateAddress> = Vec::new();
    for element in object.objects("PrivateIpAddresses") {
        let Some(private) = element.ipv4("PrivateIpAddress") else {
            continue;
        };
        let address = PrivateAddress { private, public: public(element) };
        if element.flag("Primary") == Some(true) {
            addresses.insert(0, address);
        } else {
            addresses.push(address);
        }
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
    let v4 =
        object.objects("Ipv4Prefixes").filter_map(|prefix| prefix.required_cidr("Ipv4Prefix", Family::V4));
    let v6 =
        object.objects("Ipv6Prefixes").filter_map(|prefix| prefix.required_cidr("Ipv6Prefix", Family::V6));
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
        "ec2_instance_connect_endpoint" => InterfaceType::InstanceConnectEndpoint,
        "transit_gateway" => InterfaceType::TransitGateway,
        "lambda" => InterfaceType::Lambda,
        other => InterfaceType::Other(other.into()),
    }
}

/// Interfaces say `ConnectionTrackingConfiguration`, launch parameters `ConnectionTrackingSpecification` (S1.43).
fn timeouts(object: Object<'_>) -> Timeouts {
    let keys = ["ConnectionTrackingConfiguration", "ConnectionTrackingSpecification"];
    let Some(settings) = keys.into_iter().find_map(|key| object.object(key)) else {
        return Timeouts::default();
    };
    let seconds = |key| settings.get(key)?.bounded("a number of seconds");
    Timeouts {
        tcp_established: seconds("TcpEstablishedTimeout"),
        udp_stream: seconds("UdpStreamTimeout"),
        udp: seconds("UdpTimeout"),
    }
}

#[cfg(test)]
mod tests {
    use model::{Id, InterfaceType, Timeouts};

    use crate::testing::{only, sound};

    #[test]
    fn an_interface_with_everything() {
        let snapshot = sound(
            r#"{"NetworkInterfaces":[{"NetworkInterfaceId":"eni-1","VpcId":"vpc-1","SubnetId":"subnet-1","OwnerId":"1",
            "Description":"Primary","InterfaceType":"interface","SourceDestCheck":false,"DenyAllIgwTraffic":true,
            "PrivateIpAddress":"10.0.0.10","Association":{"PublicIp":"198.51.100.10"},
            "PrivateIpAddresses":[{"Primary":false,"PrivateIpAddress":"10.0.0.11","Association":{"PublicIp":"198.51.100.11"}},
              {"Primary":true,"PrivateIpAddress":"10.0.0.10"},{"Primary":false,"PrivateIpAddress":"10.0.0.12"}],
            "Ipv6Addresses":[{"Ipv6Address":"2001:db8::1"}],"Ipv4Prefixes":[{"Ipv4Prefix":"10.0.0.16/28"}],
            "Ipv6Prefixes":[{"Ipv6Prefix":"2001:db8:0:1::/80"}],"Groups":[{"GroupId":"sg-1"},{"GroupId":"sg-2"}],
            "Attachment":{"InstanceId":"i-1","DeviceIndex":0},
            "ConnectionTrackingConfiguration":{"TcpEstablishedTimeout":600,"UdpTimeout":30},
            "TagSet":[{"Key":"Name","Value":"web-1"}]}]}"#,
        );
        let interface = only(&snapshot.network_interfaces);
        assert_eq!((&interface.vpc, &interface.subnet), (&Id::from("vpc-1"), &Id::from("subnet-1")));
        let shown = |address: &model::PrivateAddress| {
            (address.private.to_string(), address.public.map(|p| p.to_string()))
        };
        let addresses: Vec<_> = interface.addresses.iter().map(shown).collect();
        let address = |private: &str, public: Option<&str>| (private.to_owned(), public.map(str::to_owned));
        assert_eq!(
            addresses,
            [
                address("10.0.0.10", Some("198.51.100.10")),
                address("10.0.0.11", Some("198.51.100.11")),
                address("10.0.0.12", None),
            ]
        );
        assert_eq!(interface.ipv6, ["2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap()]);
        let prefixes: Vec<_> = interface.prefixes.iter().map(ToString::to_string).collect();
        assert_eq!(prefixes, ["10.0.0.16/28", "2001:db8:0:1::/80"]);
        assert_eq!(interface.groups, [Id::from("sg-1"), Id::from("sg-2")]);
        assert!(!interface.source_dest_check && interface.deny_all_igw_traffic);
        assert_eq!(interface.instance, Some(Id::from("i-1")));
        let timeouts = Timeouts { tcp_established: Some(600), udp_stream: None, udp: Some(30) };
        assert_eq!((interface.timeouts, interface.description.as_str()), (timeouts, "Primary"));
        assert_eq!(interface.tags.name(), Some("web-1"));
    }

    #[test]
    fn a_short_interface_has_defaults() {
        let snapshot = sound(
            r#"{"NetworkInterfaces":[{"NetworkInterfaceId":"eni-1","VpcId":"vpc-1","SubnetId":"subnet-1",
            "PrivateIpAddress":"10.0.0.30","Association":{"PublicIp":"198.51.100.30"},"InterfaceType":"natGateway"}]}"#,
        );
        let interface = only(&snapshot.network_interfaces);
        assert_eq!(interface.addresses.len(), 1);
        assert_eq!(interface.addresses[0].public, Some("198.51.100.30".parse().unwrap()));
        assert!(interface.source_dest_check && !interface.deny_all_igw_traffic);
        assert_eq!(interface.interface_type, InterfaceType::NatGateway);
    }

    #[test]
    fn types_of_interfaces() {
        for (text, expected) in [
            ("interface", InterfaceType::Interface),
            ("nat_gateway", InterfaceType::NatGateway),
            ("network_load_balancer", InterfaceType::NetworkLoadBalancer),
            ("gateway_load_balancer", InterfaceType::GatewayLoadBalancer),
            ("gateway_load_balancer_endpoint", InterfaceType::GatewayLoadBalancerEndpoint),
            ("vpc_endpoint", InterfaceType::VpcEndpoint),
            ("ec2_instance_connect_endpoint", InterfaceType::InstanceConnectEndpoint),
            ("transit_gateway", InterfaceType::TransitGateway),
            ("lambda", InterfaceType::Lambda),
            ("load_balancer", InterfaceType::Other("load_balancer".into())),
        ] {
            let snapshot = sound(&format!(
                r#"{{"NetworkInterfaces":[{{"NetworkInterfaceId":"eni-1","VpcId":"v","SubnetId":"s","InterfaceType":"{text}"}}]}}"#
            ));
            assert_eq!(only(&snapshot.network_interfaces).interface_type, expected);
        }
    }
}
