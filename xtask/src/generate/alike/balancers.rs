//! Load balancers of VPCs that are all but alike: with one, servers of a VPC have targets behind them, of which those of a
//! Network Load Balancer may see the client's own address.

use serde_json::{Value, json};

use super::super::interface::Interface;
use super::super::random::Random;
use super::super::security_group::id as group_id;
use super::super::{ACCOUNT, Export, REGION, set};

/// A VPC in which there is to be one, and what it may have.
pub(super) struct Place<'p> {
    pub(super) number: usize,
    pub(super) vpc: &'p str,
    /// Subnets with their zones and the last number of their blocks.
    pub(super) subnets: &'p [(String, char, usize)],
    /// Instances with their addresses.
    pub(super) instances: &'p [(String, String)],
}

fn arn(resource: &str) -> String {
    format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{resource}")
}

/// As the collector names files.
fn file(call: &str, resource: &str) -> String {
    format!("elbv2-{call}/{}", resource.replace('/', "-"))
}

pub(super) fn write(export: &mut Export, random: &mut Random, place: &Place<'_>) {
    let number = place.number;
    let is_network = random.percent(60);
    let (kind, short) = if is_network { ("network", "net") } else { ("application", "app") };
    let own = format!("{short}/lb{number}/{:016x}", 0x00c0_ffee_0000_0000_u64 + number as u64);
    let balancer = format!("loadbalancer/{own}");
    let has_group = !is_network || random.percent(50);
    let groups: Vec<String> = has_group.then(|| group_id(&format!("a{number}"))).into_iter().collect();
    let (mut zones, mut known) = (Vec::<Value>::new(), Vec::new());
    for (id, zone, start) in place.subnets.iter().take(random.within(1..=2)) {
        // One node a zone.
        if known.contains(zone) {
            continue;
        }
        known.push(*zone);
        let interface = Interface {
            id: format!("eni-lb{number}{zone}"),
            vpc: place.vpc,
            subnet: id,
            zone: *zone,
            address: format!("10.{number}.0.{}", start + 10),
            ipv6: None,
            public: None,
            groups: groups.clone(),
            service: Some((
                if is_network { "network_load_balancer" } else { "interface" },
                format!("ELB {own}"),
            )),
        };
        interface.write(export);
        zones.push(
            json!({"ZoneName": format!("{REGION}{zone}"), "SubnetId": id, "LoadBalancerAddresses": []}),
        );
    }
    let mut element = json!({
        "LoadBalancerArn": arn(&balancer), "DNSName": format!("lb{number}.elb.{REGION}.amazonaws.com"),
        "LoadBalancerName": format!("lb{number}"), "Scheme": "internal", "VpcId": place.vpc,
        "State": {"Code": "active"}, "Type": kind, "AvailabilityZones": zones, "IpAddressType": "ipv4",
    });
    if !groups.is_empty() {
        set(&mut element, "SecurityGroups", groups);
    }
    export.push("elbv2-describe-load-balancers", "LoadBalancers", &element);
    let crosses = !is_network || random.percent(50);
    let attribute = json!({"Key": "load_balancing.cross_zone.enabled", "Value": crosses.to_string()});
    export.push(&file("describe-load-balancer-attributes", &balancer), "Attributes", &attribute);
    listen(export, random, place, &balancer, is_network);
}

fn listen(export: &mut Export, random: &mut Random, place: &Place<'_>, balancer: &str, is_network: bool) {
    let targets = format!("targetgroup/tg{0}/0123456789abcd{0:02}", place.number);
    let listener = format!("{}/0123456789abcdef", balancer.replacen("loadbalancer", "listener", 1));
    let forward = json!([{"Type": "forward", "TargetGroupArn": arn(&targets), "Order": 1}]);
    let element = json!({
        "ListenerArn": arn(&listener), "LoadBalancerArn": arn(balancer), "Port": 443,
        "Protocol": if is_network { "TCP" } else { "HTTPS" }, "DefaultActions": forward,
    });
    export.push(&file("describe-listeners", balancer), "Listeners", &element);
    let rule = arn(&format!("{}/1", listener.replacen("listener", "listener-rule", 1)));
    let element = json!({
        "RuleArn": rule, "Priority": "default", "Conditions": [], "Actions": forward, "IsDefault": true,
    });
    export.push(&file("describe-rules", &listener), "Rules", &element);
    let by_address = random.percent(30);
    let protocol = if is_network { "TCP" } else { "HTTP" };
    let element = json!({
        "TargetGroupArn": arn(&targets), "TargetGroupName": format!("tg{}", place.number), "Protocol": protocol,
        "Port": 443, "VpcId": place.vpc, "HealthCheckProtocol": protocol, "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": true, "LoadBalancerArns": [arn(balancer)], "IpAddressType": "ipv4",
        "TargetType": if by_address { "ip" } else { "instance" },
    });
    export.push("elbv2-describe-target-groups", "TargetGroups", &element);
    let attributes = file("describe-target-group-attributes", &targets);
    let attribute =
        json!({"Key": "load_balancing.cross_zone.enabled", "Value": "use_load_balancer_configuration"});
    export.push(&attributes, "Attributes", &attribute);
    if is_network {
        let attribute = json!({"Key": "preserve_client_ip.enabled", "Value": random.percent(75).to_string()});
        export.push(&attributes, "Attributes", &attribute);
    }
    let health = file("describe-target-health", &targets);
    export.answer(&health, "TargetHealthDescriptions");
    for (instance, address) in place.instances.iter().take(random.within(1..=3)) {
        let id = if by_address { address } else { instance };
        let element = json!({
            "Target": {"Id": id, "Port": 443}, "HealthCheckPort": "443",
            "TargetHealth": {"State": "healthy"},
        });
        export.push(&health, "TargetHealthDescriptions", &element);
    }
}
