//! Load balancers, their listeners and target groups, and Auto Scaling groups.

use model::{
    Application, AutoScalingGroup, CheckSettings, HealthCheck, Id, InterfaceType, Launch, LaunchTemplate,
    Listener, ListenerAction, ListenerProtocol, ListenerRule, LoadBalancer, LoadBalancerNode,
    LoadBalancerType, RegisteredTarget, Tags, TargetGroup, TargetState, TargetType,
};

use super::{Builder, ORIGIN};
use crate::line::Line;

impl Builder {
    pub(super) fn load_balancer(&mut self, line: &Line<'_>) {
        let kind = match line.words.first() {
            Some(&"application") => LoadBalancerType::Application,
            Some(&"network") => LoadBalancerType::Network,
            Some(&"gateway") => LoadBalancerType::Gateway,
            Some(&"classic") => LoadBalancerType::Classic,
            other => panic!("no kind of load balancer `{other:?}`"),
        };
        let zone = |subnet: &Id| self.snapshot.subnets.get(subnet.as_str())?.availability_zone.clone();
        let nodes = ids(line.value("subnets")).into_iter().map(|subnet| LoadBalancerNode {
            zone: zone(&subnet),
            subnet: Some(subnet),
            public: None,
            private: Vec::new(),
        });
        let balancer = LoadBalancer {
            id: line.id.into(),
            name: line.value("name").map(Into::into),
            kind,
            internet_facing: !line.has("internal"),
            vpc: self.vpc.clone(),
            groups: ids(line.value("groups")),
            nodes: nodes.collect(),
            active: !line.has("inactive"),
            cross_zone: switch(line.value("cross-zone")),
            enforce_on_private_link: switch(line.value("enforce")).unwrap_or(true),
            incomplete: line.has("incomplete"),
            dns_name: None,
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.load_balancers.insert(line.id.into(), balancer).expect("a new load balancer");
    }

    pub(super) fn listener(&mut self, line: &Line<'_>) {
        let (balancer, protocol, port, groups) = match line.words.as_slice() {
            [balancer, name, port, rest @ ..] => {
                let groups = rest.first().filter(|word| **word != "norules").copied();
                (*balancer, protocol(name), port.parse().expect("a port"), ids(groups))
            }
            other => panic!("expected a load balancer, a protocol and a port, found {other:?}"),
        };
        let mut rules: Vec<_> = line.elements.iter().map(|element| listener_rule(element)).collect();
        rules.sort_by_key(|rule| rule.priority);
        let listener = Listener {
            id: line.id.into(),
            load_balancer: balancer.into(),
            port: (protocol != ListenerProtocol::Geneve).then_some(port),
            protocol,
            application: Application::Any,
            default: ListenerAction { forward: groups },
            rules: (!line.has("norules")).then_some(rules),
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.listeners.insert(line.id.into(), listener).expect("a new listener");
    }

    pub(super) fn target_group(&mut self, line: &Line<'_>) {
        let [name, port, target_type, ..] = line.words.as_slice() else {
            panic!("expected a protocol, a port and a type, found {:?}", line.words)
        };
        let target_type = match *target_type {
            "instance" => TargetType::Instance,
            "ip" => TargetType::Ip,
            "alb" => TargetType::Alb,
            "lambda" => TargetType::Lambda,
            other => panic!("no type of target `{other}`"),
        };
        let check = line.value("health");
        let group = TargetGroup {
            id: line.id.into(),
            name: None,
            protocol: (target_type != TargetType::Lambda).then(|| protocol(name)),
            application: Application::Any,
            port: Some(port.parse().expect("a port")),
            vpc: Some(self.vpc.clone()),
            target_type,
            load_balancers: Vec::new(),
            health_check: HealthCheck {
                enabled: check != Some("off"),
                protocol: ListenerProtocol::Tcp,
                port: check.filter(|check| *check != "off").map(|port| port.parse().expect("a port")),
                settings: CheckSettings::default(),
            },
            preserve_client_ip: switch(line.value("preserve")),
            cross_zone: switch(line.value("cross-zone")),
            targets: (!line.has("unknown")).then(|| line.elements.iter().map(|text| target(text)).collect()),
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.target_groups.insert(line.id.into(), group).expect("a new target group");
    }

    pub(super) fn auto_scaling_group(&mut self, line: &Line<'_>) {
        let launch = line.value("groups").map(|groups| {
            let template = Id::from(format!("lt-{}", line.id).as_str());
            let launch = LaunchTemplate {
                id: Id::from(format!("{template}:1").as_str()),
                template: Some(template.clone()),
                name: None,
                version: Some(1),
                is_default: true,
                groups: ids(Some(groups)),
                tags: Tags::default(),
                origin: ORIGIN,
            };
            self.snapshot.launch_templates.insert(launch.id.clone(), launch).expect("a new template");
            Launch::Template { id: Some(template), name: None, version: None }
        });
        let group = AutoScalingGroup {
            id: line.id.into(),
            name: None,
            subnets: ids(line.value("subnets")),
            instances: line.elements.iter().copied().map(Id::from).collect(),
            target_groups: ids(line.value("tg")),
            load_balancers: Vec::new(),
            launch,
            tags: Tags::default(),
            origin: ORIGIN,
        };
        self.snapshot.auto_scaling_groups.insert(line.id.into(), group).expect("a new Auto Scaling group");
    }

    /// What is known when all lines are: nodes as AWS describes them, and who uses a target group.
    pub(super) fn finish_balancers(&mut self) {
        for (node, balancer) in std::mem::take(&mut self.nodes) {
            let kind = self.snapshot.load_balancers.get(balancer.as_str()).map(|balancer| balancer.kind);
            let interface = self.snapshot.network_interfaces.get_mut(node.as_str()).expect("just added");
            let (made, description) = match kind {
                Some(LoadBalancerType::Classic) => (None, balancer.to_string()),
                Some(LoadBalancerType::Network) => {
                    (Some(InterfaceType::NetworkLoadBalancer), format!("net/{balancer}/1"))
                }
                Some(LoadBalancerType::Gateway) => {
                    (Some(InterfaceType::GatewayLoadBalancer), format!("gwy/{balancer}/1"))
                }
                Some(LoadBalancerType::Application) | None => (None, format!("app/{balancer}/1")),
            };
            interface.description = format!("ELB {description}").into();
            if let Some(made) = made {
                interface.interface_type = made;
                interface.source_dest_check = false;
            }
        }
        let listeners: Vec<_> = self.snapshot.listeners.values().cloned().collect();
        for listener in listeners {
            let rules = listener.rules.iter().flatten().flat_map(|rule| &rule.action.forward);
            for group in listener.default.forward.iter().chain(rules) {
                let group = self.snapshot.target_groups.get_mut(group.as_str());
                if let Some(group) =
                    group.filter(|group| !group.load_balancers.contains(&listener.load_balancer))
                {
                    group.load_balancers.push(listener.load_balancer.clone());
                }
            }
        }
    }
}

fn ids(list: Option<&str>) -> Vec<Id> {
    list.map_or(Vec::new(), |ids| ids.split(',').map(Id::from).collect())
}

fn switch(value: Option<&str>) -> Option<bool> {
    match value? {
        "on" => Some(true),
        "off" => Some(false),
        other => panic!("expected `on` or `off`, found `{other}`"),
    }
}

fn protocol(name: &str) -> ListenerProtocol {
    match name {
        "tcp" => ListenerProtocol::Tcp,
        "udp" => ListenerProtocol::Udp,
        "tcp_udp" => ListenerProtocol::TcpUdp,
        "geneve" => ListenerProtocol::Geneve,
        other => panic!("no protocol `{other}`"),
    }
}

/// `10 [from=CIDR,CIDR] [request] [TG,TG]`.
fn listener_rule(text: &str) -> ListenerRule {
    let mut words = text.split_whitespace();
    let priority = words.next().and_then(|priority| priority.parse().ok()).expect("a priority");
    let mut rule = ListenerRule {
        id: Id::from(format!("rule-{priority}").as_str()),
        priority,
        source_ips: Vec::new(),
        looks_at_request: false,
        action: ListenerAction::default(),
        origin: ORIGIN,
    };
    for word in words {
        match word.strip_prefix("from=") {
            Some(blocks) => {
                rule.source_ips = blocks.split(',').map(|cidr| cidr.parse().expect("a CIDR")).collect();
            }
            None if word == "request" => rule.looks_at_request = true,
            None => rule.action.forward = ids(Some(word)),
        }
    }
    rule
}

/// `i-1 [port=N] [STATE] [zone=ZONE]`.
fn target(text: &str) -> RegisteredTarget {
    let mut words = text.split_whitespace();
    let mut target = RegisteredTarget {
        id: words.next().expect("a target").into(),
        port: None,
        zone: None,
        state: TargetState::Healthy,
        reason: None,
        origin: ORIGIN,
    };
    for word in words {
        match word.split_once('=') {
            Some(("port", port)) => target.port = Some(port.parse().expect("a port")),
            Some(("zone", zone)) => target.zone = Some(zone.into()),
            _ => {
                target.state = match word {
                    "initial" => TargetState::Initial,
                    "healthy" => TargetState::Healthy,
                    "unhealthy" => TargetState::Unhealthy,
                    "unused" => TargetState::Unused,
                    "draining" => TargetState::Draining,
                    "unavailable" => TargetState::Unavailable,
                    "unknown" => TargetState::Unknown,
                    other => panic!("no state of a target `{other}`"),
                }
            }
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use model::{InterfaceType, Ix, NetworkInterface, Resolved, TargetState};

    use crate::snapshot;

    const NETWORK: &str = "
        vpc vpc-1 10.20.0.0/16
        subnet a 10.20.1.0/24 zone=za
        subnet b 10.20.2.0/24 zone=zb
        sg sg-lb
        lb lb-shop network subnets=a,b groups=sg-lb cross-zone=on
        listener l-80 lb-shop tcp 80 tg-web,tg-old
        listener l-443 lb-shop tcp 443: 10 from=10.0.0.0/8 request tg-web
        tg tg-web tcp 8080 instance health=8081: i-1 port=90 unhealthy zone=za | i-2
        tg tg-old tcp 8080 ip preserve=off unknown
        eni n1 a 10.20.1.20 elb=lb-shop
        asg asg-web subnets=b groups=sg-lb tg=tg-web: i-1";

    #[test]
    fn load_balancers_in_words() {
        let resolved = Resolved::new(snapshot(&[NETWORK]));
        let model = &resolved.snapshot;
        assert_eq!(model.problems, []);
        let balancer = model.load_balancers.ix("lb-shop").unwrap();
        let id = |ix: &Ix<NetworkInterface>| model.network_interfaces.at(*ix).id.to_string();
        let nodes: Vec<_> = resolved.nodes_of(balancer).iter().map(id).collect();
        assert_eq!(nodes, ["n1", "lb:lb-shop@b"]);
        let node = model.network_interfaces.get("n1").unwrap();
        assert_eq!(
            (node.description.as_str(), &node.interface_type),
            ("ELB net/lb-shop/1", &InterfaceType::NetworkLoadBalancer)
        );
        let ports: Vec<_> =
            resolved.listeners_of(balancer).iter().map(|ix| model.listeners.at(*ix).port.unwrap()).collect();
        assert_eq!(ports, [80, 443]);
        let rules = model.listeners.get("l-443").unwrap().rules.as_deref().unwrap();
        assert!(rules[0].looks_at_request && rules[0].source_ips.len() == 1);

        let web = model.target_groups.get("tg-web").unwrap();
        let [first, second] = web.targets.as_deref().unwrap() else { panic!("two targets") };
        assert_eq!(
            (first.port, first.state, second.state),
            (Some(90), TargetState::Unhealthy, TargetState::Healthy)
        );
        assert_eq!((web.health_check.port, web.load_balancers.len()), (Some(8081), 1));
        let old = model.target_groups.get("tg-old").unwrap();
        assert_eq!((old.preserve_client_ip, &old.targets), (Some(false), &None));
        let group = model.auto_scaling_groups.ix("asg-web").unwrap();
        assert_eq!(resolved.members_of_asg(group).iter().map(id).collect::<Vec<_>>(), ["asg:asg-web@b"]);
    }
}
