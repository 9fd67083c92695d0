//! The text of a network: one noun a line, its lists behind a colon, their elements between bars.
//!
//! ```text
//! vpc ID CIDR… [nodefault] [bpa=MODE] [owner=ID]   nodefault: no default list and no main table, as in an incomplete export
//! bpa off|ingress|bidirectional [account=ID] [region=NAME]      what an account declares
//! exclusion ID bidirectional|egress [pending]      of a VPC or subnet
//! igw ID [detached]
//! subnet ID CIDR… [table=ID] [acl=ID] [az=ID] [bpa=off|ingress|bidirectional]
//! table ID [main] [gateway=ID] [nolocal] [incomplete] [: DESTINATION TARGET [blackhole|filtered] [propagated] | …]
//! acl ID [default] [nostar] [incomplete] [in|out: NUMBER allow|deny TRAFFIC CIDR | …]
//! sg ID [incomplete] [in|out: TRAFFIC PEER | …]
//! pl ID [max=N] [name=NAME] [unknown] [: CIDR | …]
//! eni ID SUBNET ADDRESS… [public=ADDRESS] [prefix=CIDR] [groups=ID,ID] [type=TYPE] [instance=ID]
//!     [elb|elb=LB] [deny-igw] [tcp-timeout=N] [incomplete] [forwards]      forwards: source/destination check off
//! instance ID [STATE] [windows]
//! lb ID application|network|gateway|classic [internal] subnets=ID,ID [groups=ID,ID] [cross-zone=on|off] [enforce=off]
//!     [name=NAME] [inactive] [incomplete]
//! listener ID LB tcp|udp|tcp_udp|geneve PORT [TG,TG] [norules] [: PRIORITY [from=CIDR,CIDR] [request] [TG,TG] | …]
//! tg ID tcp|udp|tcp_udp|geneve PORT instance|ip|alb|lambda [preserve=on|off] [cross-zone=on|off] [health=PORT|off]
//!     [unknown] [: TARGET [port=N] [STATE] [zone=ZONE] | …]         without target groups, a load balancer answers itself
//! asg ID subnets=ID,ID [groups=ID,ID] [tg=ID,ID] [: INSTANCE | …]   with groups, it has a launch template
//! endpoint ID service=NAME [interface|gwlb] [private-dns] [enis=ID,ID] [groups=ID,ID] [pending]
//!                                                           a gateway endpoint otherwise
//! service ID NAME [LB,LB]                                   an endpoint service, which endpoints know by its name
//! nat ID SUBNET ADDRESS [public=ADDRESS] [eni=ID] [pending]      with its interface, `eni-ID`; private without public=
//! nat ID regional [public=ADDRESS] [table=ID] [pending]
//! eigw ID [detached]
//! vgw ID [detached]
//! vpn ID GATEWAY [outside=ADDRESS,ADDRESS] [routes=CIDR,CIDR]
//! tgw ID [sgref]
//! attachment ID TGW VPC [subnets=ID,ID] [pending] [appliance] [ipv6] [nosgref] [rtb=ID]
//! attachment ID TGW vpn|dx|connect|other|peering RESOURCE [pending] [rtb=ID]      of a peering the other gateway
//! tgwtable ID TGW [static|all] [assoc=ID,ID] [propagate=ID,ID] [: CIDR ATTACHMENT,… [propagated] | CIDR blackhole | …]
//! peering ID VPC VPC [pending] [region=NAME] [CIDR…]      the second VPC's Region, and its blocks
//! ```
//! Lines about one list, table or group add up. Everything belongs to the last VPC named, and every table has the
//! VPC's local routes. A list has its final denies as AWS prints them unless it says `nostar`; a VPC that names no
//! default list or main table has AWS's (S2.10), called `acl-default` and `rtb-main`. What a table of a transit gateway
//! does not mention (routes without `static` or `all`, `propagate=`), the export does not have.

mod balancers;
mod gateways;
mod public_access;

use std::net::IpAddr;

use engine::Network;
use ipnet::IpNet;
use model::{
    GatewayAttachment, Id, Instance, InstanceState, InterfaceType, InternetGateway, NetworkAcl,
    NetworkInterface, Origin, PeeringSide, Platform, PrefixList, PrefixListEntry, PrivateAddress, Resolved,
    RouteTable, RouteTableAssociation, SecurityGroup, Snapshot, Subnet, Tags, Target, Timeouts, Vpc,
    VpcPeeringConnection,
};

use crate::line::{Line, entry, route, rule};
use public_access::block_mode;

const ORIGIN: Origin = Origin::PROPOSED;

/// The network of some pieces of text, ready to be asked.
pub fn network(pieces: &[&str]) -> Network {
    Network::new(Resolved::new(snapshot(pieces)))
}

/// The nouns of some pieces of text.
pub fn snapshot(pieces: &[&str]) -> Snapshot {
    let mut builder = Builder::default();
    let lines = pieces.iter().flat_map(|piece| piece.lines()).map(str::trim);
    for text in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        builder.line(&Line::new(text));
    }
    builder.finish()
}

#[derive(Default)]
struct Builder {
    snapshot: Snapshot,
    vpc: Id,
    /// VPCs without defaults.
    bare: Vec<Id>,
    /// Lists without final denies.
    starless: Vec<Id>,
    /// Interfaces that are nodes of load balancers.
    nodes: Vec<(Id, Id)>,
    /// Interfaces that endpoints name, and the endpoints.
    endpoint_interfaces: Vec<(Id, Id)>,
}

impl Builder {
    fn line(&mut self, line: &Line<'_>) {
        match line.noun {
            "vpc" => self.vpc(line),
            "bpa" => self.block_public_access(line),
            "exclusion" => self.exclusion(line),
            "igw" => self.gateway(line),
            "subnet" => self.subnet(line),
            "table" => self.table(line),
            "acl" => self.acl(line),
            "sg" => self.group(line),
            "pl" => self.prefix_list(line),
            "eni" => self.interface(line),
            "instance" => self.instance(line),
            "endpoint" => self.endpoint(line),
            "service" => self.endpoint_service(line),
            "lb" => self.load_balancer(line),
            "listener" => self.listener(line),
            "tg" => self.target_group(line),
            "asg" => self.auto_scaling_group(line),
            "peering" => self.peering(line),
            "nat" => self.nat(line),
            "eigw" => self.egress_only_gateway(line),
            "vgw" => self.vpn_gateway(line),
            "vpn" => self.vpn_connection(line),
            "tgw" => self.transit_gateway(line),
            "attachment" => self.attachment(line),
            "tgwtable" => self.transit_gateway_table(line),
            other => panic!("no noun `{other}`"),
        }
    }

    fn vpc(&mut self, line: &Line<'_>) {
        self.vpc = line.id.into();
        if line.has("nodefault") {
            self.bare.push(line.id.into());
        }
        let (owner, block_public_access) = (line.value("owner").map(Id::from), block_mode(line));
        let (id, cidrs, tags) = (Id::from(line.id), line.all(), Tags::default());
        let vpc = Vpc { id: id.clone(), owner, cidrs, block_public_access, tags, origin: ORIGIN };
        self.snapshot.vpcs.insert(id, vpc).expect("a new VPC");
    }

    fn gateway(&mut self, line: &Line<'_>) {
        let attachments = vec![GatewayAttachment { vpc: self.vpc.clone(), attached: !line.has("detached") }];
        let id = Id::from(line.id);
        let gateway = InternetGateway { id: id.clone(), attachments, tags: Tags::default(), origin: ORIGIN };
        self.snapshot.internet_gateways.insert(id, gateway).expect("a new gateway");
    }

    fn subnet(&mut self, line: &Line<'_>) {
        let id = Id::from(line.id);
        let subnet = Subnet {
            id: id.clone(),
            vpc: self.vpc.clone(),
            owner: None,
            availability_zone: line.value("az").map(Into::into),
            availability_zone_id: line.value("az").map(Into::into),
            cidrs: line.all(),
            block_public_access: block_mode(line),
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.subnets.insert(id.clone(), subnet).expect("a new subnet");
        if let Some(table) = line.value("table") {
            self.table_mut(table).associations.push(RouteTableAssociation::Subnet(id.clone()));
        }
        if let Some(acl) = line.value("acl") {
            self.acl_mut(acl).subnets.push(id);
        }
    }

    fn table(&mut self, line: &Line<'_>) {
        let table = self.table_mut(line.id);
        table.incomplete |= line.has("incomplete");
        if line.has("main") {
            table.associations.push(RouteTableAssociation::Main);
        }
        if let Some(gateway) = line.value("gateway") {
            table.associations.push(RouteTableAssociation::Gateway(gateway.into()));
        }
        if line.has("nolocal") {
            table.routes.retain(|route| route.target != Target::Local);
        }
        table.routes.extend(line.elements.iter().map(|element| route(element)));
    }

    fn table_mut(&mut self, id: &str) -> &mut RouteTable {
        if self.snapshot.route_tables.get(id).is_none() {
            let cidrs = self.snapshot.vpcs.get(self.vpc.as_str()).map_or(&[][..], |vpc| &vpc.cidrs);
            let table = RouteTable {
                id: id.into(),
                vpc: self.vpc.clone(),
                associations: Vec::new(),
                incomplete: false,
                routes: cidrs.iter().map(|cidr| route(&format!("{cidr} local"))).collect(),
                tags: Tags::default(),
                origin: ORIGIN,
            };
            self.snapshot.route_tables.insert(id.into(), table).expect("a new table");
        }
        self.snapshot.route_tables.get_mut(id).expect("just added")
    }

    fn acl(&mut self, line: &Line<'_>) {
        if line.has("nostar") {
            self.starless.push(line.id.into());
        }
        let acl = self.acl_mut(line.id);
        acl.is_default |= line.has("default");
        acl.incomplete |= line.has("incomplete");
        acl.entries.extend(line.elements.iter().map(|element| entry(line.has("out"), element)));
    }

    fn acl_mut(&mut self, id: &str) -> &mut NetworkAcl {
        if self.snapshot.network_acls.get(id).is_none() {
            let acl = NetworkAcl {
                id: id.into(),
                vpc: self.vpc.clone(),
                is_default: false,
                subnets: Vec::new(),
                incomplete: false,
                entries: Vec::new(),
                tags: Tags::default(),
                origin: ORIGIN,
            };
            self.snapshot.network_acls.insert(id.into(), acl).expect("a new list");
        }
        self.snapshot.network_acls.get_mut(id).expect("just added")
    }

    fn group(&mut self, line: &Line<'_>) {
        if self.snapshot.security_groups.get(line.id).is_none() {
            let group = SecurityGroup {
                id: line.id.into(),
                name: None,
                vpc: Some(self.vpc.clone()),
                owner: None,
                incomplete: false,
                rules: Vec::new(),
                tags: Tags::default(),
                origin: ORIGIN,
            };
            self.snapshot.security_groups.insert(line.id.into(), group).expect("a new group");
        }
        let group = self.snapshot.security_groups.get_mut(line.id).expect("just added");
        group.incomplete |= line.has("incomplete");
        group.rules.extend(line.elements.iter().map(|element| rule(line.has("out"), element)));
    }

    fn prefix_list(&mut self, line: &Line<'_>) {
        let entries = line
            .elements
            .iter()
            .map(|cidr| PrefixListEntry { cidr: cidr.parse().expect("a CIDR"), origin: ORIGIN });
        let list = PrefixList {
            id: line.id.into(),
            name: line.value("name").map(Into::into),
            owner: None,
            max_entries: line.value("max").map(|max| max.parse().expect("a number")),
            entries: (!line.has("unknown")).then(|| entries.collect()),
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.prefix_lists.insert(line.id.into(), list).expect("a new prefix list");
    }

    fn interface(&mut self, line: &Line<'_>) {
        let (mut addresses, mut ipv6) = (Vec::new(), Vec::new());
        for address in line.all::<IpAddr>() {
            match address {
                IpAddr::V4(private) => {
                    let public = line.value("public").filter(|_| addresses.is_empty());
                    let public = public.map(|public| public.parse().expect("an address"));
                    addresses.push(PrivateAddress { private, public });
                }
                IpAddr::V6(address) => ipv6.push(address),
            }
        }
        let interface_type = match line.value("type") {
            None => InterfaceType::Interface,
            Some("nat") => InterfaceType::NatGateway,
            Some("nlb") => InterfaceType::NetworkLoadBalancer,
            Some("endpoint") => InterfaceType::VpcEndpoint,
            Some("eice") => InterfaceType::InstanceConnectEndpoint,
            Some("tgw") => InterfaceType::TransitGateway,
            Some("lambda") => InterfaceType::Lambda,
            Some(other) => InterfaceType::Other(other.into()),
        };
        let interface = NetworkInterface {
            id: line.id.into(),
            vpc: self.vpc.clone(),
            subnet: (*line.words.first().expect("a subnet")).into(),
            owner: None,
            addresses,
            ipv6,
            prefixes: line
                .value("prefix")
                .map(|prefix| prefix.parse().expect("a CIDR"))
                .into_iter()
                .collect(),
            groups: line.ids("groups"),
            source_dest_check: !line.has("forwards"),
            deny_all_igw_traffic: line.has("deny-igw"),
            stand_in: None,
            interface_type,
            description: if line.has("elb") { format!("ELB app/{}/1", line.id).into() } else { "".into() },
            instance: line.value("instance").map(Id::from),
            device_index: 0,
            incomplete: line.has("incomplete"),
            timeouts: Timeouts {
                tcp_established: line.value("tcp-timeout").map(|seconds| seconds.parse().expect("seconds")),
                ..Timeouts::default()
            },
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.nodes.extend(line.value("elb").map(|balancer| (line.id.into(), balancer.into())));
        self.snapshot.network_interfaces.insert(line.id.into(), interface).expect("a new interface");
    }

    fn instance(&mut self, line: &Line<'_>) {
        let platform = if line.has("windows") { Platform::Windows } else { Platform::Linux };
        let state = match line.words.first() {
            None | Some(&"running" | &"windows") => InstanceState::Running,
            Some(down) => InstanceState::Down((*down).into()),
        };
        let instance =
            Instance { id: line.id.into(), state, platform, tags: Tags::default(), origin: ORIGIN };
        self.snapshot.instances.insert(line.id.into(), instance).expect("a new instance");
    }

    fn peering(&mut self, line: &Line<'_>) {
        let [requester, accepter, rest @ ..] = line.words.as_slice() else { panic!("two VPCs") };
        let side = |vpc: &str, region: &str, cidrs| PeeringSide {
            vpc: vpc.into(),
            region: Some(region.into()),
            cidrs,
        };
        let cidrs = rest.iter().filter_map(|word| word.parse().ok()).collect();
        let peering = VpcPeeringConnection {
            id: line.id.into(),
            requester: side(requester, "eu-west-1", Vec::new()),
            accepter: side(accepter, line.value("region").unwrap_or("eu-west-1"), cidrs),
            active: !line.has("pending"),
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot
            .vpc_peering_connections
            .insert(line.id.into(), peering)
            .expect("a new peering connection");
    }

    fn finish(mut self) -> Snapshot {
        self.finish_balancers();
        self.settle_endpoints();
        let vpcs: Vec<_> = self.snapshot.vpcs.values().cloned().collect();
        let bare = std::mem::take(&mut self.bare);
        for vpc in vpcs.iter().filter(|vpc| !bare.contains(&vpc.id)) {
            self.vpc = vpc.id.clone();
            let suffix = if vpcs.len() > 1 { format!("-{}", vpc.id) } else { String::new() };
            let v6 = vpc.cidrs.iter().any(|cidr| matches!(cidr, IpNet::V6(_)));
            if !self.snapshot.network_acls.values().any(|acl| acl.vpc == vpc.id && acl.is_default) {
                let acl = self.acl_mut(&format!("acl-default{suffix}"));
                acl.is_default = true;
                for egress in [false, true] {
                    acl.entries.push(entry(egress, "100 allow all 0.0.0.0/0"));
                    acl.entries.extend(v6.then(|| entry(egress, "101 allow all ::/0")));
                }
            }
            let main = |table: &RouteTable| table.associations.contains(&RouteTableAssociation::Main);
            if !self.snapshot.route_tables.values().any(|table| table.vpc == vpc.id && main(table)) {
                self.table_mut(&format!("rtb-main{suffix}")).associations.push(RouteTableAssociation::Main);
            }
        }
        let starless = self.starless;
        for acl in self.snapshot.network_acls.values_mut().filter(|acl| !starless.contains(&acl.id)) {
            let vpc = vpcs.iter().find(|vpc| vpc.id == acl.vpc);
            let v6 = vpc.is_some_and(|vpc| vpc.cidrs.iter().any(|cidr| matches!(cidr, IpNet::V6(_))));
            for egress in [false, true] {
                acl.entries.push(entry(egress, "32767 deny all 0.0.0.0/0"));
                acl.entries.extend(v6.then(|| entry(egress, "32768 deny all ::/0")));
            }
        }
        self.snapshot
    }
}
