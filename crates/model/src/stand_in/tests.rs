//! What stands for interfaces that the export lacks.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::*;

const ORIGIN: Origin = Origin::PROPOSED;
const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/shop/50dc6c495c0c9188";

fn ids(list: &[&str]) -> Vec<Id> {
    list.iter().copied().map(Id::from).collect()
}

fn subnet(id: &str, cidrs: &[&str]) -> Subnet {
    Subnet {
        id: id.into(),
        vpc: "vpc-1".into(),
        owner: None,
        availability_zone: None,
        availability_zone_id: None,
        cidrs: cidrs.iter().map(|cidr| cidr.parse::<IpNet>().unwrap()).collect(),
        block_public_access: None,
        tags: Tags::default(),
        origin: ORIGIN,
    }
}

fn group(id: &str, name: &str) -> SecurityGroup {
    SecurityGroup {
        id: id.into(),
        name: Some(name.into()),
        vpc: Some("vpc-1".into()),
        owner: None,
        incomplete: false,
        rules: Vec::new(),
        tags: Tags::default(),
        origin: ORIGIN,
    }
}

fn interface(id: &str, subnet: &str, address: &str) -> NetworkInterface {
    NetworkInterface {
        id: id.into(),
        vpc: "vpc-1".into(),
        subnet: subnet.into(),
        owner: None,
        addresses: vec![PrivateAddress { private: address.parse().unwrap(), public: None }],
        ipv6: Vec::new(),
        prefixes: Vec::new(),
        groups: ids(&["sg-1"]),
        source_dest_check: true,
        deny_all_igw_traffic: false,
        incomplete: false,
        stand_in: None,
        interface_type: InterfaceType::Interface,
        description: "".into(),
        instance: None,
        device_index: 0,
        timeouts: Timeouts::default(),
        tags: Tags::default(),
        origin: ORIGIN,
    }
}

fn balancer(id: &str, kind: LoadBalancerType, subnets: &[&str]) -> LoadBalancer {
    let node = |subnet: &&str| LoadBalancerNode {
        subnet: Some((*subnet).into()),
        zone: None,
        public: None,
        private: Vec::new(),
    };
    LoadBalancer {
        id: id.into(),
        name: Some("shop".into()),
        kind,
        internet_facing: true,
        vpc: "vpc-1".into(),
        groups: ids(&["sg-1"]),
        nodes: subnets.iter().map(node).collect(),
        active: true,
        cross_zone: None,
        enforce_on_private_link: true,
        incomplete: false,
        dns_name: None,
        tags: Tags::default(),
        origin: ORIGIN,
    }
}

fn scaling(instances: &[&str], launch: Option<Launch>) -> AutoScalingGroup {
    AutoScalingGroup {
        id: "arn:asg".into(),
        name: Some("web".into()),
        subnets: ids(&["subnet-1", "subnet-2", "subnet-gone"]),
        instances: ids(instances),
        target_groups: Vec::new(),
        load_balancers: Vec::new(),
        launch,
        tags: Tags::default(),
        origin: ORIGIN,
    }
}

fn template(version: u32, is_default: bool, groups: &[&str]) -> LaunchTemplate {
    LaunchTemplate {
        id: format!("lt-1:{version}").as_str().into(),
        template: Some("lt-1".into()),
        name: Some("web".into()),
        version: Some(version),
        is_default,
        groups: ids(groups),
        tags: Tags::default(),
        origin: ORIGIN,
    }
}

fn snapshot() -> Snapshot {
    let mut snapshot = Snapshot::default();
    for subnet in [subnet("subnet-1", &["10.0.1.0/24"]), subnet("subnet-2", &["10.0.2.0/24"])] {
        snapshot.subnets.insert(subnet.id.clone(), subnet).unwrap();
    }
    for group in [group("sg-1", "one"), group("sg-2", "two"), group("sg-0", "default")] {
        snapshot.security_groups.insert(group.id.clone(), group).unwrap();
    }
    snapshot
}

fn with(interfaces: Vec<NetworkInterface>, balancers: Vec<LoadBalancer>) -> Resolved {
    let mut snapshot = snapshot();
    for interface in interfaces {
        snapshot.network_interfaces.insert(interface.id.clone(), interface).unwrap();
    }
    for balancer in balancers {
        snapshot.load_balancers.insert(balancer.id.clone(), balancer).unwrap();
    }
    Resolved::new(snapshot)
}

fn nodes(resolved: &Resolved, id: &str) -> Vec<String> {
    let ix = resolved.snapshot.load_balancers.ix(id).unwrap();
    let name = |node: &Ix<NetworkInterface>| resolved.snapshot.network_interfaces.at(*node).id.to_string();
    resolved.nodes_of(ix).iter().map(name).collect()
}

#[test]
fn a_load_balancer_has_a_node_in_each_of_its_subnets() {
    let mut real = interface("eni-1", "subnet-1", "10.0.1.9");
    real.description = "ELB app/shop/50dc6c495c0c9188".into();
    let balancer = balancer(ARN, LoadBalancerType::Application, &["subnet-1", "subnet-2", "subnet-gone"]);
    let resolved = with(vec![real], vec![balancer]);
    assert_eq!(nodes(&resolved, ARN), ["eni-1", "lb:shop@subnet-2"]);

    let ix = resolved.snapshot.network_interfaces.ix("lb:shop@subnet-2").unwrap();
    let node = resolved.snapshot.network_interfaces.at(ix);
    assert_eq!(node.stand_in, Some(StandIn::LoadBalancerNode { public: true }));
    assert_eq!((node.description.as_str(), node.name()), ("ELB app/shop/50dc6c495c0c9188", Some("shop")));
    assert_eq!((&node.groups, node.primary()), (&ids(&["sg-1"]), Some("10.0.2.0".parse().unwrap())));
    assert_eq!(resolved.load_balancer_of(ix), resolved.snapshot.load_balancers.ix(ARN));
    let address: IpAddr = "10.0.2.0".parse().unwrap();
    assert_eq!(resolved.holder(&"vpc-1".into(), address), None, "nobody holds what stands for all addresses");
    let group = resolved.snapshot.security_groups.ix("sg-1").unwrap();
    assert_eq!(resolved.members_of(group).len(), 2);
}

#[test]
fn kinds_of_load_balancers_and_their_nodes() {
    let arn = |kind| format!("arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/{kind}/shop/1");
    for (id, kind, interface_type, description) in [
        (arn("net"), LoadBalancerType::Network, InterfaceType::NetworkLoadBalancer, "ELB net/shop/1"),
        (arn("gwy"), LoadBalancerType::Gateway, InterfaceType::GatewayLoadBalancer, "ELB gwy/shop/1"),
        ("shop".to_owned(), LoadBalancerType::Classic, InterfaceType::Interface, "ELB shop"),
        (
            "lb-shop".to_owned(),
            LoadBalancerType::Network,
            InterfaceType::NetworkLoadBalancer,
            "ELB net/lb-shop/0",
        ),
    ] {
        let resolved = with(Vec::new(), vec![balancer(&id, kind, &["subnet-1"])]);
        let node = resolved.snapshot.network_interfaces.get("lb:shop@subnet-1").unwrap().clone();
        assert_eq!((&node.interface_type, node.description.as_str()), (&interface_type, description));

        // As AWS describes it, it is found.
        let real = NetworkInterface { id: "eni-1".into(), stand_in: None, ..node };
        let resolved = with(vec![real], vec![balancer(&id, kind, &["subnet-1"])]);
        assert_eq!(nodes(&resolved, &id), ["eni-1"]);
    }
}

#[test]
fn a_classic_load_balancer_is_not_an_application_load_balancer_of_its_name() {
    let mut real = interface("eni-1", "subnet-1", "10.0.1.9");
    real.description = "ELB app/shop/50dc6c495c0c9188".into();
    let classic = balancer("shop", LoadBalancerType::Classic, &["subnet-1"]);
    let application = balancer(ARN, LoadBalancerType::Application, &["subnet-1", "subnet-2"]);
    let other = balancer("x", LoadBalancerType::Classic, &["subnet-2"]);
    let resolved = with(vec![real], vec![classic, application, other]);
    assert_eq!(nodes(&resolved, "shop"), ["lb:shop@subnet-1"]);
    assert_eq!(nodes(&resolved, ARN), ["eni-1", "lb:shop@subnet-2"]);
    assert_eq!(nodes(&resolved, "x"), ["lb:shop@subnet-2'"], "one name, two load balancers");
}

#[test]
fn a_node_with_a_private_address_is_no_guess() {
    let mut fixed = balancer("lb", LoadBalancerType::Network, &["subnet-1", "subnet-2"]);
    fixed.nodes[0].private = vec!["10.0.1.77".parse().unwrap()];
    fixed.nodes[0].public = Some("198.51.100.1".parse().unwrap());
    fixed.nodes[1].public = Some("198.51.100.2".parse().unwrap());
    let resolved = with(Vec::new(), vec![fixed.clone()]);
    let first = resolved.snapshot.network_interfaces.get("lb:shop@subnet-1").unwrap();
    assert_eq!((first.stand_in, first.primary()), (None, Some("10.0.1.77".parse().unwrap())));
    assert!(resolved.holder(&"vpc-1".into(), "10.0.1.77".parse().unwrap()).is_some());
    let second = resolved.snapshot.network_interfaces.get("lb:shop@subnet-2").unwrap();
    assert_eq!(second.stand_in, Some(StandIn::LoadBalancerNode { public: true }));
    assert_eq!(second.addresses[0].public, Some("198.51.100.2".parse().unwrap()));
    assert!(resolved.public_holder("198.51.100.2".parse().unwrap()).is_some(), "this one is no placeholder");

    // An interface with one of these addresses is the node, whatever its description says.
    let real = interface("eni-1", "subnet-1", "10.0.1.77");
    assert_eq!(nodes(&with(vec![real], vec![fixed]), "lb"), ["eni-1", "lb:shop@subnet-2"]);
}

#[test]
fn a_load_balancer_that_is_not_active_has_no_nodes_and_one_without_ipv4_has_ipv6() {
    let mut inactive = balancer("lb", LoadBalancerType::Application, &["subnet-1"]);
    inactive.active = false;
    assert!(with(Vec::new(), vec![inactive]).snapshot.network_interfaces.is_empty());

    let mut snapshot = snapshot();
    snapshot.subnets.insert("subnet-6".into(), subnet("subnet-6", &["2001:db8::/64"])).unwrap();
    let six = balancer("lb", LoadBalancerType::Application, &["subnet-6"]);
    snapshot.load_balancers.insert("lb".into(), six).unwrap();
    let resolved = Resolved::new(snapshot);
    let node = resolved.snapshot.network_interfaces.get("lb:shop@subnet-6").unwrap();
    assert_eq!((node.primary(), &node.ipv6[..]), (None, &["2001:db8::".parse().unwrap()][..]));
}

fn scaled(instances: &[(&str, &str)], launch: Option<Launch>, templates: Vec<LaunchTemplate>) -> Resolved {
    let mut snapshot = snapshot();
    for (number, (id, subnet)) in instances.iter().enumerate() {
        let mut own = interface(&format!("eni-{id}"), subnet, &format!("10.0.{}.9", number + 1));
        own.instance = Some((*id).into());
        snapshot.network_interfaces.insert(own.id.clone(), own).unwrap();
    }
    for template in templates {
        snapshot.launch_templates.insert(template.id.clone(), template).unwrap();
    }
    let instances: Vec<_> = instances.iter().map(|(id, _)| *id).collect();
    let group = scaling(&instances, launch);
    snapshot.auto_scaling_groups.insert(group.id.clone(), group).unwrap();
    Resolved::new(snapshot)
}

/// The members, with their groups; `?` where these are not known.
fn members(resolved: &Resolved) -> Vec<String> {
    let ix = resolved.snapshot.auto_scaling_groups.ix("arn:asg").unwrap();
    let shown = |member: Ix<NetworkInterface>| {
        let noun = resolved.snapshot.network_interfaces.at(member);
        let groups: Vec<_> = noun.groups.iter().map(Id::as_str).collect();
        format!("{} {}", noun.id, if noun.incomplete { "?".to_owned() } else { groups.join(",") })
    };
    resolved.members_of_asg(ix).into_iter().map(shown).collect()
}

fn latest(version: Option<&str>) -> Option<Launch> {
    Some(Launch::Template { id: Some("lt-1".into()), name: None, version: version.map(Id::from) })
}

#[test]
fn an_instance_to_come_has_what_it_is_started_from() {
    let versions = || vec![template(1, true, &["sg-1"]), template(2, false, &["sg-2"])];
    for (version, expected) in
        [(None, "sg-1"), (Some("$Default"), "sg-1"), (Some("$Latest"), "sg-2"), (Some("2"), "sg-2")]
    {
        let resolved = scaled(&[], latest(version), versions());
        let member = |subnet| format!("asg:web@{subnet} {expected}");
        assert_eq!(members(&resolved), [member("subnet-1"), member("subnet-2")], "{version:?}");
        let member = resolved.snapshot.network_interfaces.get("asg:web@subnet-1").unwrap();
        assert_eq!(member.stand_in, Some(StandIn::AutoScalingMember));
        assert_eq!((member.name(), member.instance.as_ref()), (Some("web (new in subnet-1)"), None));
    }
    let named = Some(Launch::Template { id: None, name: Some("web".into()), version: None });
    assert_eq!(members(&scaled(&[], named, vec![template(1, true, &["two"])]))[0], "asg:web@subnet-1 sg-2");
    let configuration =
        LaunchTemplate { id: "web".into(), template: None, version: None, ..template(1, false, &[]) };
    let resolved = scaled(&[], Some(Launch::Configuration("web".into())), vec![configuration]);
    assert_eq!(members(&resolved)[0], "asg:web@subnet-1 sg-0", "without a group, the VPC's default one");
}

#[test]
fn an_instance_stands_for_those_to_come_with_its_groups() {
    let same = scaled(&[("i-1", "subnet-1")], latest(None), vec![template(1, true, &["sg-1"])]);
    assert_eq!(members(&same), ["eni-i-1 sg-1", "asg:web@subnet-2 sg-1"]);
    let changed = scaled(&[("i-1", "subnet-1")], latest(None), vec![template(1, true, &["sg-2"])]);
    assert_eq!(members(&changed), ["eni-i-1 sg-1", "asg:web@subnet-1 sg-2", "asg:web@subnet-2 sg-2"]);
}

#[test]
fn without_what_it_is_started_from_an_instance_to_come_has_what_the_others_have() {
    assert_eq!(
        members(&scaled(&[("i-1", "subnet-1")], latest(None), Vec::new())),
        ["eni-i-1 sg-1", "asg:web@subnet-2 sg-1"]
    );
    let unknown = ["asg:web@subnet-1 ?", "asg:web@subnet-2 ?"];
    assert_eq!(members(&scaled(&[], None, Vec::new())), unknown);
    assert_eq!(members(&scaled(&[], latest(Some("9")), vec![template(1, true, &["sg-1"])])), unknown);
}

#[test]
fn what_comes_apart_is_merged_and_orphans_are_named() {
    let mut snapshot = snapshot();
    let lb = balancer(ARN, LoadBalancerType::Network, &[]);
    snapshot.load_balancers.insert(lb.id.clone(), lb).unwrap();
    let listener = Listener {
        id: "l".into(),
        load_balancer: ARN.into(),
        port: Some(80),
        protocol: ListenerProtocol::Tcp,
        application: crate::Application::Any,
        default: ListenerAction::default(),
        rules: None,
        tags: Tags::default(),
        origin: ORIGIN,
    };
    snapshot.listeners.insert("l".into(), listener).unwrap();
    let cross =
        |id: &str, value: &str| (id.into(), "load_balancing.cross_zone.enabled".to_owned(), value.to_owned());
    snapshot.load_balancer_attributes =
        vec![cross(ARN, "true"), cross("gone", "true"), cross("gone", "true")];
    snapshot.target_group_attributes = vec![cross("tg-gone", "use_load_balancer_configuration")];
    snapshot.target_health = vec![TargetHealth { group: "tg-gone".into(), targets: Vec::new() }];
    snapshot.listener_rules = vec![("l-gone".into(), Vec::new())];
    let resolved = Resolved::new(snapshot);
    assert_eq!(resolved.snapshot.load_balancers.get(ARN).unwrap().cross_zone, Some(true));
    assert_eq!(resolved.snapshot.listeners.get("l").unwrap().rules.as_deref(), Some(&[][..]));
    let messages: Vec<_> =
        resolved.snapshot.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages[..4],
        [
            "attributes are given for load balancer `gone`, which the export does not have",
            "attributes are given for target group `tg-gone`, which the export does not have",
            "targets are given for target group `tg-gone`, which the export does not have",
            "rules are given for listener `l-gone`, which the export does not have",
        ]
    );
}
