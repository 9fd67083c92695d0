//! `elb describe-load-balancers`: Classic Load Balancers, as if they were described the way the others are. The
//! listeners inside one become listeners, and each port of its instances a target group.

use std::collections::BTreeMap;

use model::{
    Application, CheckSettings, HealthCheck, Id, Listener, ListenerAction, ListenerProtocol, LoadBalancer,
    LoadBalancerNode, LoadBalancerType, Problem, RegisteredTarget, Tags, TargetGroup, TargetState,
    TargetType,
};

use super::listener::application;
use super::load_balancer::internet_facing;
use super::target_group::count;
use crate::object::{Object, shown};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("LoadBalancerName") else {
        return;
    };
    if !object.has("VPCId") && !object.has("Subnets") {
        // Of the days before VPCs: no packet of a VPC meets it.
        let message = format!("`{}` is in no VPC; it is ignored", shown(id.as_str()));
        object.report(Problem::note(object.origin(), message));
        return;
    }
    let Some(vpc) = object.required_id("VPCId") else {
        return;
    };
    let errors = object.errors();
    let listeners: Vec<_> =
        object.required_objects("ListenerDescriptions").filter_map(|listener| ports(listener)).collect();
    let node =
        |subnet| LoadBalancerNode { subnet: Some(subnet), zone: None, public: None, private: Vec::new() };
    let mut balancer = LoadBalancer {
        name: Some(id.as_str().to_owned()),
        id: id.clone(),
        kind: LoadBalancerType::Classic,
        internet_facing: internet_facing(object),
        vpc: vpc.clone(),
        groups: object.ids("SecurityGroups"),
        nodes: object.ids("Subnets").into_iter().map(node).collect(),
        active: true,
        cross_zone: None,
        enforce_on_private_link: true,
        incomplete: false,
        dns_name: object.text("DNSName").map(Into::into),
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    let target = |instance: Object<'_>| {
        Some(RegisteredTarget {
            id: instance.required_text("InstanceId")?.into(),
            port: None,
            zone: None,
            state: TargetState::Unknown,
            reason: None,
            origin: instance.origin(),
        })
    };
    let found: Vec<_> = object.objects("Instances").map(target).collect();
    // With an instance that cannot be read, it is not known where requests go.
    let targets: Option<Vec<_>> = found.into_iter().collect();
    let health_check = health_check(object);
    balancer.incomplete = object.errors() > errors;
    context.insert(|snapshot| &mut snapshot.load_balancers, balancer);

    let group = |port: u16| Id::from(format!("{id}:{port}").as_str());
    // A port of the instances and what is spoken with them, which is the listener's protocol where nobody says.
    let mut groups: BTreeMap<u16, Application> = BTreeMap::new();
    for (listener, taken, sent) in &listeners {
        let spoken = |key| listener.text(key).map(application);
        let with_clients = spoken("Protocol").unwrap_or_default();
        groups.entry(*sent).or_insert(spoken("InstanceProtocol").unwrap_or(with_clients));
        let listener = Listener {
            id: group(*taken),
            load_balancer: id.clone(),
            port: Some(*taken),
            protocol: ListenerProtocol::Tcp,
            application: with_clients,
            default: ListenerAction { forward: vec![group(*sent)] },
            rules: Some(Vec::new()),
            tags: Tags::default(),
            origin: listener.origin(),
        };
        context.insert(|snapshot| &mut snapshot.listeners, listener);
    }
    for (port, application) in groups {
        let group = TargetGroup {
            id: group(port),
            name: None,
            protocol: Some(ListenerProtocol::Tcp),
            application,
            port: Some(port),
            vpc: Some(vpc.clone()),
            target_type: TargetType::Instance,
            load_balancers: vec![id.clone()],
            health_check: health_check.clone(),
            preserve_client_ip: Some(false),
            cross_zone: None,
            targets: targets.clone(),
            tags: Tags::default(),
            origin: object.origin(),
        };
        context.insert(|snapshot| &mut snapshot.target_groups, group);
    }
}

/// The port that clients connect to, and the one of the instances. All protocols of Classic Load Balancers are TCP.
fn ports(description: Object<'_>) -> Option<(Object<'_>, u16, u16)> {
    let Some(listener) = description.get("Listener") else {
        description.error("expected `Listener` in this object, found none");
        return None;
    };
    let listener = listener.object()?;
    let port = |key| {
        if !listener.has(key) {
            listener.error(format!("expected `{key}` in this object, found none"));
        }
        listener.get(key)?.bounded("a port")
    };
    let (taken, sent) = (port("LoadBalancerPort"), port("InstancePort"));
    Some((listener, taken?, sent?))
}

/// `HTTP:8081/ping` or `TCP:80`.
fn health_check(object: Object<'_>) -> HealthCheck {
    let check = object.object("HealthCheck");
    let target = check.and_then(|check| check.get("Target"));
    // What is asked, and from the path on what for.
    let asked = target.and_then(|target| target.text()?.split_once(':'));
    let path = asked.and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| format!("/{path}").into());
    let port = target.and_then(|target| {
        let text = target.text()?;
        let port = text.split_once(':').map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
        let port = port.and_then(|port| port.parse().ok());
        if port.is_none() {
            let text = shown(text);
            target.error(format!(
                "expected a protocol and a port such as `TCP:80` for `Target`, found `{text}`"
            ));
        }
        port
    });
    let count = |key, expected| count(check?, key, expected);
    let settings = CheckSettings {
        application: asked.map_or(Application::Any, |(protocol, _)| application(protocol)),
        path,
        codes: None,
        interval: count("Interval", "seconds"),
        timeout: count("Timeout", "seconds"),
        healthy: count("HealthyThreshold", "a count"),
        unhealthy: count("UnhealthyThreshold", "a count"),
    };
    HealthCheck { enabled: true, protocol: ListenerProtocol::Tcp, port, settings }
}

#[cfg(test)]
mod tests {
    use model::{Application, Id, LoadBalancerType, TargetState, TargetType};

    use crate::testing::{only, problems, read, sound};

    #[test]
    fn a_classic_load_balancer_is_one_with_listeners_and_target_groups() {
        let snapshot = sound(
            r#"{"LoadBalancerDescriptions":[{"LoadBalancerName":"old","VPCId":"vpc-1","Scheme":"internal","DNSName":"old.example.com",
            "ListenerDescriptions":[{"Listener":{"Protocol":"HTTPS","LoadBalancerPort":443,"InstanceProtocol":"HTTP","InstancePort":8080}},
             {"Listener":{"Protocol":"HTTP","LoadBalancerPort":80,"InstancePort":8080}},
             {"Listener":{"Protocol":"TCP","LoadBalancerPort":22,"InstancePort":22}}],
            "Subnets":["subnet-1","subnet-2"],"SecurityGroups":["sg-1"],"Instances":[{"InstanceId":"i-1"},{"InstanceId":"i-2"}],
            "HealthCheck":{"Target":"HTTP:8081/ping?deep=1","Interval":30,"Timeout":5,"UnhealthyThreshold":2,"HealthyThreshold":10}}]}"#,
        );
        let balancer = only(&snapshot.load_balancers);
        assert_eq!((balancer.kind, balancer.internet_facing), (LoadBalancerType::Classic, false));
        assert!(balancer.active && !balancer.incomplete);
        let subnets: Vec<_> = balancer.nodes.iter().filter_map(|node| node.subnet.as_ref()).collect();
        assert_eq!(subnets, [&Id::from("subnet-1"), &Id::from("subnet-2")]);
        let listeners: Vec<_> = snapshot
            .listeners
            .values()
            .map(|listener| (listener.id.as_str(), listener.default.forward[0].as_str()))
            .collect();
        assert_eq!(listeners, [("old:443", "old:8080"), ("old:80", "old:8080"), ("old:22", "old:22")]);
        assert_eq!(snapshot.target_groups.len(), 2);
        let group = snapshot.target_groups.get("old:8080").unwrap();
        assert_eq!((group.target_type, group.port), (TargetType::Instance, Some(8080)));
        assert_eq!(
            (group.health_check.port, &group.load_balancers[..]),
            (Some(8081), &[Id::from("old")][..])
        );
        let settings = &group.health_check.settings;
        assert_eq!(
            (settings.application, settings.path.as_deref()),
            (Application::Http, Some("/ping?deep=1"))
        );
        assert_eq!((settings.interval, settings.timeout), (Some(30), Some(5)));
        assert_eq!((settings.unhealthy, settings.healthy), (Some(2), Some(10)));
        let spoken: Vec<_> = snapshot.listeners.values().map(|listener| listener.application).collect();
        assert_eq!(spoken, [Application::Https, Application::Http, Application::Any]);
        assert_eq!(group.application, Application::Http);
        assert_eq!(snapshot.target_groups.get("old:22").unwrap().application, Application::Any);
        let targets: Vec<_> =
            group.targets.iter().flatten().map(|target| (target.id.as_str(), target.state)).collect();
        assert_eq!(targets, [("i-1", TargetState::Unknown), ("i-2", TargetState::Unknown)]);
    }

    #[test]
    fn one_that_is_in_no_vpc_is_ignored() {
        let snapshot =
            read(r#"{"LoadBalancerDescriptions":[{"LoadBalancerName":"old","ListenerDescriptions":[]}]}"#);
        assert!(snapshot.load_balancers.is_empty());
        assert_eq!(problems(&snapshot), ["note a.json:1:30: `old` is in no VPC; it is ignored"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let snapshot = read(
            r#"{"LoadBalancerDescriptions":[{"LoadBalancerName":"old","VPCId":"vpc-1","ListenerDescriptions":[
            {"Listener":{"LoadBalancerPort":80,"InstancePort":80}},{"Listener":{"LoadBalancerPort":70000}},{}],
            "Instances":[{"InstanceId":"i-1"},{}],"HealthCheck":{"Target":"80"}}]}"#,
        );
        assert!(only(&snapshot.load_balancers).incomplete);
        assert_eq!(snapshot.listeners.len(), 1);
        assert_eq!(only(&snapshot.target_groups).targets, None);
        assert_eq!(
            problems(&snapshot),
            [
                "error a.json:2:100: expected a port for `LoadBalancerPort`, found `70000`",
                "error a.json:2:80: expected `InstancePort` in this object, found none",
                "error a.json:2:108: expected `Listener` in this object, found none",
                "error a.json:3:47: expected `InstanceId` in this object, found none",
                "error a.json:3:75: expected a protocol and a port such as `TCP:80` for `Target`, found `80`",
            ]
        );
    }
}
