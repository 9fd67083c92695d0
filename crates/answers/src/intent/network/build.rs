//! What is described as nouns, so that everything that is asked of a network can be asked of one to be.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use model::{
    Action, Application, AutoScalingGroup, CheckSettings, Destination, EgressOnlyInternetGateway,
    GatewayAttachment, HealthCheck, Id, Instance, InstanceState, InterfaceType, InternetGateway, Listener,
    ListenerAction, ListenerProtocol, LoadBalancer, LoadBalancerNode, NatGateway, NatGatewayAddress,
    NetworkAcl, NetworkAclEntry, NetworkInterface, Origin, Platform, PrivateAddress, RegisteredTarget, Route,
    RouteState, RouteTable, RouteTableAssociation, STAR, Snapshot, StandIn, Subnet, Tags, Target,
    TargetGroup, TargetState, TargetType, Timeouts, Traffic, Vpc,
};

use super::{Listens, PlannedLoadBalancer, PlannedSubnet, PlannedVpc, Tier, WayOut};

/// What stands for the public addresses of what is not there yet: AWS gives these to nobody. Stand-ins of nodes of load
/// balancers have the first of them.
const PUBLIC: u32 = 1 << 16;
/// In each subnet a tier has two instances, so that what they say to each other is looked at too.
const MEMBERS: u32 = 2;

/// The nouns of some VPCs to be. Their ids are the names that the description gives.
pub fn to_be(vpcs: &[PlannedVpc]) -> Snapshot {
    let mut builder = Builder { snapshot: Snapshot::default(), publics: PUBLIC };
    for vpc in vpcs {
        builder.vpc(vpc);
    }
    builder.snapshot
}

struct Builder {
    snapshot: Snapshot,
    publics: u32,
}

impl Builder {
    fn vpc(&mut self, vpc: &PlannedVpc) {
        let id = Id::from(vpc.name.as_str());
        let (cidrs, tags, origin) = (vpc.cidrs.clone(), Tags::default(), Origin::PROPOSED);
        let noun = Vpc { id: id.clone(), owner: None, cidrs, block_public_access: None, tags, origin };
        insert(&mut self.snapshot.vpcs, id, noun);
        for subnet in &vpc.subnets {
            self.subnet(vpc, subnet);
        }
        for way_out in [WayOut::Internet, WayOut::Nat, WayOut::None] {
            self.routes(vpc, way_out);
        }
        self.default_list(vpc);
        if let Some(subnet) = &vpc.nat_gateway {
            self.nat_gateway(vpc, subnet);
        }
        for tier in &vpc.tiers {
            self.tier(vpc, tier);
        }
        for balancer in &vpc.load_balancers {
            self.load_balancer(vpc, balancer);
        }
    }

    fn subnet(&mut self, vpc: &PlannedVpc, subnet: &PlannedSubnet) {
        let noun = Subnet {
            id: Id::from(subnet.name.as_str()),
            vpc: Id::from(vpc.name.as_str()),
            owner: None,
            availability_zone: None,
            availability_zone_id: None,
            cidrs: subnet.cidrs.clone(),
            block_public_access: None,
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        };
        insert(&mut self.snapshot.subnets, noun.id.clone(), noun);
    }

    /// The gateway and the table of the subnets whose routes lead one way; the table of the others is the VPC's main one.
    fn routes(&mut self, vpc: &PlannedVpc, way_out: WayOut) {
        let own: Vec<Id> = (vpc.subnets.iter())
            .filter(|subnet| subnet.way_out == way_out)
            .map(|subnet| Id::from(subnet.name.as_str()))
            .collect();
        let vpc_id = Id::from(vpc.name.as_str());
        let is_v6 = vpc.cidrs.iter().any(|block| matches!(block, IpNet::V6(_)));
        let [every_v4, every_v6] = [IpNet::from(Ipv4Net::default()), IpNet::from(Ipv6Net::default())];
        let mut routes: Vec<Route> = vpc.cidrs.iter().map(|block| route(*block, Target::Local)).collect();
        let mut associations: Vec<RouteTableAssociation> =
            own.iter().cloned().map(RouteTableAssociation::Subnet).collect();
        let word = match way_out {
            WayOut::Internet => "internet",
            WayOut::Nat => "nat",
            WayOut::None => "main",
        };
        let named = |word: &str| Id::from(format!("{}/{word}", vpc.name).as_str());
        match way_out {
            _ if own.is_empty() && way_out != WayOut::None => return,
            WayOut::Internet => {
                let id = named("internet-gateway");
                let attachments = vec![GatewayAttachment { vpc: vpc_id.clone(), attached: true }];
                let (tags, origin) = (Tags::default(), Origin::PROPOSED);
                let noun = InternetGateway { id: id.clone(), attachments, tags, origin };
                insert(&mut self.snapshot.internet_gateways, id.clone(), noun);
                let every = [every_v4, every_v6].into_iter().take(if is_v6 { 2 } else { 1 });
                routes.extend(every.map(|every| route(every, Target::InternetGateway(id.clone()))));
            }
            WayOut::Nat => {
                routes.push(route(every_v4, Target::NatGateway(named("nat-gateway"))));
                if is_v6 {
                    let id = named("egress-only-gateway");
                    let (tags, origin) = (Tags::default(), Origin::PROPOSED);
                    let noun =
                        EgressOnlyInternetGateway { id: id.clone(), vpc: Some(vpc_id.clone()), tags, origin };
                    insert(&mut self.snapshot.egress_only_internet_gateways, id.clone(), noun);
                    routes.push(route(every_v6, Target::EgressOnlyInternetGateway(id)));
                }
            }
            WayOut::None => associations.push(RouteTableAssociation::Main),
        }
        let noun = RouteTable {
            id: named(&format!("{word}-routes")),
            vpc: vpc_id,
            associations,
            incomplete: false,
            routes,
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        };
        insert(&mut self.snapshot.route_tables, noun.id.clone(), noun);
    }

    /// The list that a new VPC has, which lets everything pass (S2.10).
    fn default_list(&mut self, vpc: &PlannedVpc) {
        let every = [IpNet::from(Ipv4Net::default()), IpNet::from(Ipv6Net::default())];
        let entry = |egress: bool, number: u32, action: Action, cidr: IpNet| {
            let (traffic, origin) = (Traffic::All, Origin::PROPOSED);
            NetworkAclEntry { egress, number, action, traffic, cidr, origin }
        };
        let of_family = |egress: bool, (above, cidr): (u32, IpNet)| {
            [entry(egress, 100 + above, Action::Allow, cidr), entry(egress, STAR + above, Action::Deny, cidr)]
        };
        let entries = [false, true]
            .into_iter()
            .flat_map(|egress| (0..).zip(every).flat_map(move |family| of_family(egress, family)));
        let noun = NetworkAcl {
            id: Id::from(format!("{}/default-acl", vpc.name).as_str()),
            vpc: Id::from(vpc.name.as_str()),
            is_default: true,
            subnets: Vec::new(),
            incomplete: false,
            entries: entries.collect(),
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        };
        insert(&mut self.snapshot.network_acls, noun.id.clone(), noun);
    }

    fn nat_gateway(&mut self, vpc: &PlannedVpc, subnet: &str) {
        let id = Id::from(format!("{}/nat-gateway", vpc.name).as_str());
        let Some(placed) = vpc.subnets.iter().find(|placed| placed.name == subnet) else { return };
        let mut own = self.interface(vpc, placed, id.as_str());
        own.interface_type = InterfaceType::NatGateway;
        own.source_dest_check = false;
        own.ipv6.clear();
        let first = own.addresses.first();
        let address = NatGatewayAddress {
            network_interface: Some(own.id.clone()),
            private: first.map(|address| address.private),
            public: first.and_then(|address| address.public),
        };
        insert(&mut self.snapshot.network_interfaces, own.id.clone(), own);
        let noun = NatGateway {
            id: id.clone(),
            vpc: Id::from(vpc.name.as_str()),
            subnet: Some(Id::from(subnet)),
            private: false,
            regional: false,
            route_table: None,
            available: true,
            addresses: vec![address],
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        };
        insert(&mut self.snapshot.nat_gateways, id, noun);
    }

    /// An interface at some address of a subnet; nobody knows which (S4.19).
    fn interface(&mut self, vpc: &PlannedVpc, subnet: &PlannedSubnet, id: &str) -> NetworkInterface {
        let (mut addresses, mut ipv6) = (Vec::new(), Vec::new());
        for block in &subnet.cidrs {
            match block.network() {
                IpAddr::V4(private) if addresses.is_empty() => {
                    self.publics = self.publics.saturating_add(1);
                    let public = (subnet.way_out == WayOut::Internet).then(|| Ipv4Addr::from(self.publics));
                    addresses.push(PrivateAddress { private, public });
                }
                IpAddr::V6(address) if ipv6.is_empty() => ipv6.push(address),
                _ => {}
            }
        }
        NetworkInterface {
            id: Id::from(id),
            vpc: Id::from(vpc.name.as_str()),
            subnet: Id::from(subnet.name.as_str()),
            owner: None,
            addresses,
            ipv6,
            prefixes: Vec::new(),
            groups: Vec::new(),
            source_dest_check: true,
            deny_all_igw_traffic: false,
            incomplete: false,
            stand_in: Some(StandIn::AutoScalingMember),
            interface_type: InterfaceType::Interface,
            description: "".into(),
            instance: None,
            device_index: 0,
            timeouts: Timeouts::default(),
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        }
    }

    fn tier(&mut self, vpc: &PlannedVpc, tier: &Tier) {
        let mut instances = Vec::new();
        for subnet in vpc.subnets.iter().filter(|subnet| tier.subnets.contains(&subnet.name)) {
            for count in 1..=MEMBERS {
                let id = Id::from(format!("{}-{count} in {}", tier.name, subnet.name).as_str());
                let (state, platform) = (InstanceState::Running, Platform::Linux);
                let (tags, origin) = (Tags::default(), Origin::PROPOSED);
                let noun = Instance { id: id.clone(), state, platform, tags, origin };
                insert(&mut self.snapshot.instances, id.clone(), noun);
                let mut own = self.interface(vpc, subnet, id.as_str());
                own.instance = Some(id.clone());
                insert(&mut self.snapshot.network_interfaces, own.id.clone(), own);
                instances.push(id);
            }
        }
        let noun = AutoScalingGroup {
            id: Id::from(tier.name.as_str()),
            name: Some(tier.name.clone()),
            subnets: tier.subnets.iter().map(|name| Id::from(name.as_str())).collect(),
            instances,
            target_groups: Vec::new(),
            load_balancers: Vec::new(),
            launch: None,
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        };
        insert(&mut self.snapshot.auto_scaling_groups, noun.id.clone(), noun);
    }

    fn load_balancer(&mut self, vpc: &PlannedVpc, balancer: &PlannedLoadBalancer) {
        let node = |subnet: &String| LoadBalancerNode {
            subnet: Some(Id::from(subnet.as_str())),
            zone: None,
            public: None,
            private: Vec::new(),
        };
        let noun = LoadBalancer {
            id: Id::from(balancer.name.as_str()),
            name: Some(balancer.name.clone()),
            kind: balancer.kind,
            internet_facing: !balancer.internal,
            vpc: Id::from(vpc.name.as_str()),
            // A Network Load Balancer that was made without groups never gets any (S4.1).
            groups: vec![Id::from(format!("{}/none", balancer.name).as_str())],
            nodes: balancer.subnets.iter().map(node).collect(),
            active: true,
            // Nothing says which zones subnets are in.
            cross_zone: Some(true),
            enforce_on_private_link: true,
            incomplete: false,
            dns_name: None,
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        };
        insert(&mut self.snapshot.load_balancers, noun.id.clone(), noun);
        for listens in &balancer.listens {
            self.listener(vpc, balancer, listens);
        }
    }

    fn listener(&mut self, vpc: &PlannedVpc, balancer: &PlannedLoadBalancer, listens: &Listens) {
        let id = Id::from(format!("{}:{}", balancer.name, listens.port).as_str());
        let protocol = ListenerProtocol::Tcp;
        let tier = self.snapshot.auto_scaling_groups.get(&listens.tier);
        let registered = |instance: &Id| RegisteredTarget {
            id: instance.as_str().into(),
            port: Some(listens.target),
            zone: None,
            state: TargetState::Healthy,
            reason: None,
            origin: Origin::PROPOSED,
        };
        let targets = tier.map(|tier| tier.instances.iter().map(registered).collect());
        let group = TargetGroup {
            id: id.clone(),
            name: Some(id.to_string()),
            protocol: Some(protocol),
            application: Application::Any,
            port: Some(listens.target),
            vpc: Some(Id::from(vpc.name.as_str())),
            target_type: TargetType::Instance,
            load_balancers: vec![Id::from(balancer.name.as_str())],
            health_check: HealthCheck {
                enabled: true,
                protocol,
                port: None,
                settings: CheckSettings::default(),
            },
            preserve_client_ip: None,
            cross_zone: None,
            targets,
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        };
        insert(&mut self.snapshot.target_groups, id.clone(), group);
        let noun = Listener {
            id: id.clone(),
            load_balancer: Id::from(balancer.name.as_str()),
            port: Some(listens.port),
            protocol,
            application: Application::Any,
            default: ListenerAction { forward: vec![id.clone()] },
            rules: Some(Vec::new()),
            tags: Tags::default(),
            origin: Origin::PROPOSED,
        };
        insert(&mut self.snapshot.listeners, id, noun);
    }
}

fn route(block: IpNet, target: Target) -> Route {
    let destination = Destination::Cidr(block);
    Route { destination, target, state: RouteState::Active, propagated: false, origin: Origin::PROPOSED }
}

/// Names are told apart when they are read: a noun is never there already.
fn insert<N: Clone>(table: &mut model::Table<N>, id: Id, noun: N) {
    drop(table.insert(id, noun));
}
