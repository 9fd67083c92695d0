//! Application and Network Load Balancers: nodes, listeners, target groups and who is healthy.

use serde_json::{Value, json};

use super::super::interface::{Interface, public_address};
use super::super::random::Random;
use super::super::{ACCOUNT, Export, REGION, set};
use super::block::dotted;
use super::site::Site;
use super::{Absent, Host, World};

/// A load balancer of which the listeners are still to come.
struct Balancer {
    is_network: bool,
    /// What its ARN ends with.
    resource: String,
    zones: Vec<char>,
}

/// A listener and the target group behind it: protocols and ports.
struct Listener {
    protocol: &'static str,
    port: u16,
    to: &'static str,
    to_port: u16,
}

const OF_NETWORK: [Listener; 6] = [
    Listener { protocol: "TCP", port: 443, to: "TCP", to_port: 8080 },
    Listener { protocol: "TCP", port: 80, to: "TCP", to_port: 80 },
    Listener { protocol: "UDP", port: 53, to: "UDP", to_port: 53 },
    Listener { protocol: "TCP_UDP", port: 53, to: "TCP_UDP", to_port: 53 },
    Listener { protocol: "TLS", port: 443, to: "TCP", to_port: 443 },
    Listener { protocol: "TCP", port: 444, to: "TCP_UDP", to_port: 444 },
];
const OF_APPLICATION: [Listener; 3] = [
    Listener { protocol: "HTTPS", port: 443, to: "HTTP", to_port: 8080 },
    Listener { protocol: "HTTP", port: 80, to: "HTTP", to_port: 80 },
    Listener { protocol: "HTTP", port: 8080, to: "HTTPS", to_port: 443 },
];

pub(super) fn write(export: &mut Export, random: &mut Random, world: &mut World) {
    let mut number = 0;
    for position in 0..world.sites.len() {
        for is_network in [false, true] {
            // Two balancers fill a small network.
            if number < 2 && random.percent(if is_network { 28 } else { 24 }) {
                one(export, random, world, position, number, is_network);
                number += 1;
            }
        }
    }
}

fn arn(resource: &str) -> String {
    format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{resource}")
}

/// As the collector names files.
fn file(call: &str, resource: &str) -> String {
    format!("elbv2-{call}/{}", resource.replace('/', "-"))
}

fn one(
    export: &mut Export,
    random: &mut Random,
    world: &mut World,
    position: usize,
    number: usize,
    is_network: bool,
) {
    let internet = world.gateways.get(position).is_some_and(|gateways| gateways.internet.is_some());
    let is_public = internet && random.percent(50);
    let Some(site) = world.sites.get_mut(position) else { return };
    let (kind, short) = if is_network { ("network", "net") } else { ("application", "app") };
    let (name, hash) = (format!("lb{number}"), format!("{:016x}", 0x00c0_ffee_0000_0000_u64 + number as u64));
    let mut balancer =
        Balancer { is_network, resource: format!("loadbalancer/{short}/{name}/{hash}"), zones: Vec::new() };
    let groups: Vec<String> =
        (!is_network || random.percent(50)).then(|| site.group(random)).into_iter().collect();
    let nodes =
        nodes(export, random, site, &mut balancer, &groups, is_public, &format!("{short}/{name}/{hash}"));
    let mut element = json!({
        "LoadBalancerArn": arn(&balancer.resource), "DNSName": format!("{name}.elb.{REGION}.amazonaws.com"),
        "LoadBalancerName": name, "Scheme": if is_public { "internet-facing" } else { "internal" },
        "VpcId": site.id, "State": {"Code": "active"}, "Type": kind, "AvailabilityZones": nodes,
        "IpAddressType": "ipv4",
    });
    if !groups.is_empty() {
        set(&mut element, "SecurityGroups", groups);
    }
    export.push("elbv2-describe-load-balancers", "LoadBalancers", &element);
    let crosses = !is_network || random.percent(40);
    let cross_zone = json!({"Key": "load_balancing.cross_zone.enabled", "Value": crosses.to_string()});
    export.push(&file("describe-load-balancer-attributes", &balancer.resource), "Attributes", &cross_zone);
    let all = if is_network { OF_NETWORK.iter() } else { OF_APPLICATION.iter() };
    let all: Vec<&Listener> = all.collect();
    let mut ports = Vec::new();
    for count in 0..random.within(1..=2) {
        let Some(listener) = random.pick(&all).filter(|listener| !ports.contains(&listener.port)) else {
            continue;
        };
        ports.push(listener.port);
        balancer.listen(export, random, world, position, listener, &format!("{number}{count}"));
    }
}

/// A node in one zone or in both: the zones as the balancer's description lists them.
fn nodes(
    export: &mut Export,
    random: &mut Random,
    site: &mut Site,
    balancer: &mut Balancer,
    groups: &[String],
    is_public: bool,
    description: &str,
) -> Vec<Value> {
    let mut zones = Vec::new();
    for subnet in &mut site.subnets {
        if balancer.zones.contains(&subnet.zone) || (!zones.is_empty() && random.percent(40)) {
            continue;
        }
        let public = is_public.then(|| public_address(export.count("describe-network-interfaces")));
        let interface = Interface {
            id: format!("eni-{}-{}", description.split('/').nth(1).unwrap_or_default(), subnet.zone),
            vpc: &site.id,
            subnet: &subnet.id.clone(),
            zone: subnet.zone,
            address: dotted(subnet.next(random).ipv4),
            ipv6: None,
            public,
            groups: groups.to_vec(),
            service: Some((
                if balancer.is_network { "network_load_balancer" } else { "interface" },
                format!("ELB {description}"),
            )),
        };
        interface.write(export);
        let zone = format!("{REGION}{}", subnet.zone);
        zones.push(json!({"ZoneName": zone, "SubnetId": subnet.id, "LoadBalancerAddresses": []}));
        balancer.zones.push(subnet.zone);
    }
    zones
}

impl Balancer {
    fn listen(
        &self,
        export: &mut Export,
        random: &mut Random,
        world: &World,
        position: usize,
        listener: &Listener,
        number: &str,
    ) {
        let Some(site) = world.sites.get(position) else { return };
        let group = format!("targetgroup/tg{number}/0123456789abcd{number}");
        let resource =
            format!("{}/0123456789abcd{number}", self.resource.replacen("loadbalancer", "listener", 1));
        let forward = json!([{"Type": "forward", "TargetGroupArn": arn(&group), "Order": 1}]);
        let element = json!({
            "ListenerArn": arn(&resource), "LoadBalancerArn": arn(&self.resource), "Port": listener.port,
            "Protocol": listener.protocol, "DefaultActions": forward,
        });
        export.push(&file("describe-listeners", &self.resource), "Listeners", &element);
        let rules = file("describe-rules", &resource);
        let rule = arn(&format!("{}/", resource.replacen("listener", "listener-rule", 1)));
        if !self.is_network && random.percent(25) {
            let blocks = [super::lists::block(random, &world.sites)];
            let conditions = json!([{"Field": "source-ip", "SourceIpConfig": {"Values": blocks}}]);
            let refuses = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}]);
            let element = json!({
                "RuleArn": format!("{rule}1"), "Priority": "10", "Conditions": conditions, "Actions": refuses,
                "IsDefault": false,
            });
            export.push(&rules, "Rules", &element);
        }
        let element = json!({
            "RuleArn": format!("{rule}0"), "Priority": "default", "Conditions": [], "Actions": forward,
            "IsDefault": true,
        });
        export.push(&rules, "Rules", &element);
        self.target_group(export, random, world, site, listener, &group);
    }

    fn target_group(
        &self,
        export: &mut Export,
        random: &mut Random,
        world: &World,
        site: &Site,
        listener: &Listener,
        group: &str,
    ) {
        let by_address = random.percent(40);
        let check = if self.is_network { "TCP" } else { "HTTP" };
        let element = json!({
            "TargetGroupArn": arn(group), "TargetGroupName": group.split('/').nth(1).unwrap_or_default(),
            "Protocol": listener.to, "Port": listener.to_port, "VpcId": site.id, "HealthCheckProtocol": check,
            "HealthCheckPort": "traffic-port", "HealthCheckEnabled": true, "IpAddressType": "ipv4",
            "LoadBalancerArns": [arn(&self.resource)], "TargetType": if by_address { "ip" } else { "instance" },
        });
        export.push("elbv2-describe-target-groups", "TargetGroups", &element);
        let attributes = file("describe-target-group-attributes", group);
        let zones = ["use_load_balancer_configuration", "use_load_balancer_configuration", "true", "false"];
        let zones = random.pick(&zones).copied().unwrap_or_default();
        let attribute = json!({"Key": "load_balancing.cross_zone.enabled", "Value": zones});
        export.push(&attributes, "Attributes", &attribute);
        if self.is_network {
            // Over UDP nobody can turn it off (S4.6).
            let keeps = listener.to.contains("UDP") || random.percent(if by_address { 40 } else { 70 });
            let attribute = json!({"Key": "preserve_client_ip.enabled", "Value": keeps.to_string()});
            export.push(&attributes, "Attributes", &attribute);
        }
        let health = file("describe-target-health", group);
        export.answer(&health, "TargetHealthDescriptions");
        for host in world.hosts.iter().filter(|host| host.site == site.number) {
            let Some(instance) = host.instance.as_ref().filter(|_| random.percent(75)) else { continue };
            let port = if random.percent(15) { listener.to_port + 1 } else { listener.to_port };
            let id = if by_address { dotted(host.address) } else { instance.clone() };
            let element = json!({
                "Target": {"Id": id, "Port": port, "AvailabilityZone": format!("{REGION}{}", host.zone)},
                "HealthCheckPort": port.to_string(), "TargetHealth": self.state(random, host),
            });
            export.push(&health, "TargetHealthDescriptions", &element);
        }
        if world.absent == Absent::Health {
            export.leave_out(&health);
        }
    }

    fn state(&self, random: &mut Random, host: &Host) -> Value {
        if !self.zones.contains(&host.zone) {
            return json!({"State": "unused", "Reason": "Target.NotInUse"});
        }
        if !host.runs {
            return json!({"State": "unused", "Reason": "Target.InvalidState"});
        }
        match random.below(20) {
            0..=13 => json!({"State": "healthy"}),
            14..=16 => json!({"State": "unhealthy", "Reason": "Target.Timeout"}),
            17 => json!({"State": "initial", "Reason": "Elb.InitialHealthChecking"}),
            18 => json!({"State": "draining", "Reason": "Target.DeregistrationInProgress"}),
            _ => json!({"State": "unhealthy", "Reason": "Target.FailedHealthChecks"}),
        }
    }
}
