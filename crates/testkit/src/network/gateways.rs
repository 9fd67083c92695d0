//! The lines about gateways out of a VPC and between VPCs.

use ipnet::IpNet;
use model::{
    AttachmentKind, Destination, EgressOnlyInternetGateway, EndpointType, Id, InterfaceType, KnownRoutes,
    NatGateway, NatGatewayAddress, NetworkInterface, PrivateAddress, RouteState, Tags, Timeouts,
    TransitGateway, TransitGatewayAttachment, TransitGatewayRoute, TransitGatewayRouteTable, VpcEndpoint,
    VpcEndpointService, VpnConnection, VpnGateway,
};

use super::{Builder, ORIGIN};
use crate::line::Line;

impl Builder {
    pub(super) fn nat(&mut self, line: &Line<'_>) {
        let regional = line.has("regional");
        let public = line.value("public").map(|public| public.parse().expect("an address"));
        let mut address = NatGatewayAddress { network_interface: None, private: None, public };
        let mut subnet = None;
        if !regional {
            let [of, private, ..] = line.words.as_slice() else { panic!("a subnet and an address") };
            let private = private.parse().expect("an address");
            let id = line.value("eni").map_or_else(|| format!("eni-{}", line.id), str::to_owned);
            let interface = NetworkInterface {
                id: id.as_str().into(),
                vpc: self.vpc.clone(),
                subnet: (*of).into(),
                owner: None,
                addresses: vec![PrivateAddress { private, public }],
                ipv6: Vec::new(),
                prefixes: Vec::new(),
                groups: Vec::new(),
                source_dest_check: false,
                deny_all_igw_traffic: false,
                incomplete: false,
                stand_in: None,
                interface_type: InterfaceType::NatGateway,
                description: "".into(),
                instance: None,
                device_index: 0,
                timeouts: Timeouts::default(),
                tags: Tags::default(),
                origin: ORIGIN,
            };
            let id = interface.id.clone();
            self.snapshot.network_interfaces.insert(id.clone(), interface).expect("a new interface");
            (address.network_interface, address.private) = (Some(id), Some(private));
            subnet = Some(Id::from(*of));
        }
        let gateway = NatGateway {
            id: line.id.into(),
            vpc: self.vpc.clone(),
            subnet,
            private: !regional && public.is_none(),
            regional,
            route_table: line.value("table").map(Id::from),
            available: !line.has("pending"),
            addresses: vec![address],
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.nat_gateways.insert(line.id.into(), gateway).expect("a new NAT gateway");
    }

    pub(super) fn egress_only_gateway(&mut self, line: &Line<'_>) {
        let vpc = (!line.has("detached")).then(|| self.vpc.clone());
        let gateway =
            EgressOnlyInternetGateway { id: line.id.into(), vpc, tags: Tags::default(), origin: ORIGIN };
        let table = &mut self.snapshot.egress_only_internet_gateways;
        table.insert(line.id.into(), gateway).expect("a new egress-only gateway");
    }

    pub(super) fn transit_gateway(&mut self, line: &Line<'_>) {
        let gateway = TransitGateway {
            id: line.id.into(),
            owner: None,
            security_group_referencing: line.has("sgref"),
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.transit_gateways.insert(line.id.into(), gateway).expect("a new transit gateway");
    }

    pub(super) fn attachment(&mut self, line: &Line<'_>) {
        let [gateway, what, rest @ ..] = line.words.as_slice() else {
            panic!("a gateway and what is attached")
        };
        let mut transit_gateways = vec![Id::from(*gateway)];
        let mut resource = rest.first().filter(|word| !word.contains('=')).map(|word| Id::from(*word));
        let kind = match *what {
            "vpn" => AttachmentKind::Vpn,
            "dx" => AttachmentKind::DirectConnectGateway,
            "connect" => AttachmentKind::Connect,
            "other" => AttachmentKind::Other("other".into()),
            "peering" => {
                transit_gateways.extend(resource.take());
                AttachmentKind::Peering
            }
            vpc => {
                resource = Some(vpc.into());
                AttachmentKind::Vpc
            }
        };
        let attachment = TransitGatewayAttachment {
            id: line.id.into(),
            transit_gateways,
            kind,
            resource,
            available: !line.has("pending"),
            route_tables: line.ids("rtb"),
            subnets: line.value("subnets").map(|_| line.ids("subnets")),
            appliance_mode: line.has("appliance"),
            ipv6: line.has("ipv6"),
            security_group_referencing: !line.has("nosgref"),
            tags: Tags::default(),
            origin: ORIGIN,
        };
        let table = &mut self.snapshot.transit_gateway_attachments;
        table.insert(line.id.into(), attachment).expect("a new attachment");
    }

    pub(super) fn transit_gateway_table(&mut self, line: &Line<'_>) {
        let known = match (line.has("static"), line.has("all")) {
            (true, _) => KnownRoutes::Static,
            (_, true) => KnownRoutes::All,
            _ => KnownRoutes::None,
        };
        let table = TransitGatewayRouteTable {
            id: line.id.into(),
            transit_gateway: (*line.words.first().expect("a transit gateway")).into(),
            routes: line.elements.iter().map(|element| route(element)).collect(),
            known,
            associations: line.ids("assoc"),
            propagations: line.value("propagate").map(|_| line.ids("propagate")),
            tags: Tags::default(),
            origin: ORIGIN,
        };
        let tables = &mut self.snapshot.transit_gateway_route_tables;
        tables.insert(line.id.into(), table).expect("a new transit gateway route table");
    }

    pub(super) fn vpn_gateway(&mut self, line: &Line<'_>) {
        let vpc = (!line.has("detached")).then(|| self.vpc.clone());
        let gateway = VpnGateway { id: line.id.into(), vpc, tags: Tags::default(), origin: ORIGIN };
        self.snapshot.vpn_gateways.insert(line.id.into(), gateway).expect("a new VPN gateway");
    }

    pub(super) fn vpn_connection(&mut self, line: &Line<'_>) {
        let listed = |key| line.value(key).into_iter().flat_map(|list| list.split(','));
        let connection = VpnConnection {
            id: line.id.into(),
            gateway: line.words.first().map(|word| Id::from(*word)),
            outside: listed("outside").map(|address| address.parse().expect("an address")).collect(),
            routes: listed("routes").map(|cidr| cidr.parse().expect("a CIDR")).collect(),
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.vpn_connections.insert(line.id.into(), connection).expect("a new VPN connection");
    }

    pub(super) fn endpoint(&mut self, line: &Line<'_>) {
        let endpoint_type = match (line.has("interface"), line.has("gwlb")) {
            (true, _) => EndpointType::Interface,
            (_, true) => EndpointType::GatewayLoadBalancer,
            _ => EndpointType::Gateway,
        };
        let network_interfaces = line.ids("enis");
        let endpoint = VpcEndpoint {
            id: line.id.into(),
            vpc: self.vpc.clone(),
            endpoint_type,
            service_name: line.value("service").expect("a service").into(),
            available: !line.has("pending"),
            subnets: Vec::new(),
            groups: line.ids("groups"),
            network_interfaces: network_interfaces.clone(),
            private_dns: line.has("private-dns"),
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.vpc_endpoints.insert(line.id.into(), endpoint).expect("a new endpoint");
        self.endpoint_interfaces.extend(network_interfaces.into_iter().map(|id| (id, line.id.into())));
    }

    pub(super) fn endpoint_service(&mut self, line: &Line<'_>) {
        let [name, rest @ ..] = line.words.as_slice() else { panic!("a name") };
        let balancers = rest.first().map_or(Vec::new(), |list| list.split(',').map(Id::from).collect());
        let service = VpcEndpointService {
            id: line.id.into(),
            name: (*name).into(),
            load_balancers: balancers,
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.vpc_endpoint_services.insert(line.id.into(), service).expect("a new endpoint service");
    }

    /// Interfaces of endpoints know what they are and in which subnet of their endpoint, in whatever order the lines
    /// came.
    pub(super) fn settle_endpoints(&mut self) {
        for (interface, endpoint) in std::mem::take(&mut self.endpoint_interfaces) {
            let endpoint = self.snapshot.vpc_endpoints.get_mut(endpoint.as_str()).expect("just added");
            let Some(interface) = self.snapshot.network_interfaces.get_mut(interface.as_str()) else {
                continue;
            };
            interface.interface_type = match endpoint.endpoint_type {
                EndpointType::GatewayLoadBalancer => InterfaceType::GatewayLoadBalancerEndpoint,
                _ => InterfaceType::VpcEndpoint,
            };
            if !endpoint.subnets.contains(&interface.subnet) {
                endpoint.subnets.push(interface.subnet.clone());
            }
        }
    }
}

/// A route of a transit gateway: `10.1.0.0/16 tgw-attach-1[,tgw-attach-2] propagated`, `10.9.0.0/16 blackhole`.
fn route(text: &str) -> TransitGatewayRoute {
    let words: Vec<_> = text.split_whitespace().collect();
    let [destination, rest @ ..] = words.as_slice() else { panic!("no route `{text}`") };
    let destination = match destination.parse::<IpNet>() {
        Ok(cidr) => Destination::Cidr(cidr),
        Err(_) => Destination::PrefixList((*destination).into()),
    };
    let blackhole = rest.contains(&"blackhole");
    let to = rest.first().filter(|word| !matches!(**word, "blackhole" | "propagated"));
    TransitGatewayRoute {
        destination,
        state: if blackhole { RouteState::Blackhole } else { RouteState::Active },
        propagated: rest.contains(&"propagated"),
        attachments: to.into_iter().flat_map(|ids| ids.split(',')).map(Id::from).collect(),
        origin: ORIGIN,
    }
}

#[cfg(test)]
mod tests {
    use model::{
        AttachmentKind, EndpointType, Id, InterfaceType, KnownRoutes, RouteState, TransitGatewayAttachment,
    };

    use crate::snapshot;

    #[test]
    fn nat_gateways_and_their_interfaces() {
        let snapshot = snapshot(&["
            vpc vpc-1 10.20.0.0/16
            subnet pub 10.20.0.0/24 az=euw1-az1
            nat nat-1 pub 10.20.0.30 public=198.51.100.30
            nat nat-2 pub 10.20.0.31 eni=eni-own pending
            nat nat-3 regional public=198.51.100.33 table=rtb-3
        "]);
        assert_eq!(snapshot.subnets.get("pub").unwrap().availability_zone_id, Some(Id::from("euw1-az1")));
        let nat = |id: &str| snapshot.nat_gateways.get(id).unwrap();
        let interface = |id: &str| snapshot.network_interfaces.get(id).unwrap();
        assert_eq!(nat("nat-1").subnet, Some(Id::from("pub")));
        assert!(!nat("nat-1").private && nat("nat-2").private && !nat("nat-2").available);
        assert_eq!(interface("eni-nat-1").addresses[0].public, nat("nat-1").addresses[0].public);
        assert_eq!(interface("eni-own").interface_type, InterfaceType::NatGateway);
        assert!(nat("nat-3").regional && nat("nat-3").subnet.is_none());
        assert_eq!(nat("nat-3").route_table, Some(Id::from("rtb-3")));
        assert_eq!(snapshot.network_interfaces.len(), 2);
    }

    #[test]
    fn transit_gateways() {
        let snapshot = snapshot(&["
            vpc vpc-1 10.20.0.0/16
            tgw tgw-1 sgref
            attachment a tgw-1 vpc-1 subnets=s,t appliance nosgref rtb=hub
            attachment b tgw-1 dx dxgw-1 pending
            attachment c tgw-1 peering tgw-2
            tgwtable hub tgw-1 all assoc=a,b propagate=a: 10.1.0.0/16 a propagated | 10.9.0.0/16 blackhole
            tgwtable spare tgw-1 static:
        "]);
        let attachment =
            |id: &str| -> &TransitGatewayAttachment { snapshot.transit_gateway_attachments.get(id).unwrap() };
        assert_eq!(attachment("a").subnets, Some(vec![Id::from("s"), Id::from("t")]));
        assert!(attachment("a").appliance_mode && !attachment("a").security_group_referencing);
        assert_eq!(attachment("b").kind, AttachmentKind::DirectConnectGateway);
        assert_eq!(
            (attachment("b").resource.clone(), attachment("b").available),
            (Some("dxgw-1".into()), false)
        );
        assert_eq!(attachment("c").transit_gateways, [Id::from("tgw-1"), Id::from("tgw-2")]);
        let hub = snapshot.transit_gateway_route_tables.get("hub").unwrap();
        assert_eq!((hub.known, hub.associations.len()), (KnownRoutes::All, 2));
        assert_eq!(hub.routes[0].attachments, [Id::from("a")]);
        assert_eq!((hub.routes[1].state, hub.routes[1].attachments.len()), (RouteState::Blackhole, 0));
        assert_eq!(snapshot.transit_gateway_route_tables.get("spare").unwrap().known, KnownRoutes::Static);
    }

    #[test]
    fn endpoints_with_interfaces_and_vpns() {
        let snapshot = snapshot(&["
            vpc vpc-1 10.20.0.0/16
            subnet app 10.20.1.0/24
            endpoint vpce-1 service=com.amazonaws.eu-west-1.ssm interface private-dns enis=E groups=sg-1
            eni E app 10.20.1.9 groups=sg-1
            endpoint vpce-2 service=fw gwlb enis=missing
            service vpce-svc-1 com.amazonaws.vpce.eu-west-1.vpce-svc-1 lb-1,lb-2
            eigw eigw-1
            vgw vgw-1 detached
            vpn vpn-1 vgw-1 outside=198.51.100.1,198.51.100.2 routes=192.168.0.0/16
        "]);
        let endpoint = snapshot.vpc_endpoints.get("vpce-1").unwrap();
        assert_eq!((&endpoint.endpoint_type, endpoint.subnets.len()), (&EndpointType::Interface, 1));
        assert!(endpoint.private_dns);
        let service = snapshot.vpc_endpoint_services.get("vpce-svc-1").unwrap();
        assert_eq!(service.name, "com.amazonaws.vpce.eu-west-1.vpce-svc-1");
        assert_eq!(service.load_balancers, ["lb-1", "lb-2"]);
        let interface = snapshot.network_interfaces.get("E").unwrap();
        assert_eq!(interface.interface_type, InterfaceType::VpcEndpoint);
        assert_eq!(snapshot.vpn_gateways.get("vgw-1").unwrap().vpc, None);
        let vpn = snapshot.vpn_connections.get("vpn-1").unwrap();
        assert_eq!((vpn.outside.len(), vpn.routes.len()), (2, 1));
        let eigw = snapshot.egress_only_internet_gateways.get("eigw-1").unwrap();
        assert_eq!(eigw.vpc, Some(Id::from("vpc-1")));
    }
}
