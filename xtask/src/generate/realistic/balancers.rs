//! Application and Network Load Balancers, with listeners, target groups and who is healthy.

use serde_json::json;

use super::super::interface::{Interface, public_address};
use super::super::random::Random;
use super::super::security_group::{Group, Peer, id as group_id};
use super::super::{ACCOUNT, Export, REGION, set};
use super::instances::instance;
use super::site::{Site, Tier};

/// A load balancer whose targets are still to come.
pub(super) struct Balancer {
    pub(super) site: usize,
    /// What the last part of its ARN and of its target group's is.
    balancer: String,
    target_group: String,
    is_network: bool,
    vpc: String,
}

fn arn(resource: &str) -> String {
    format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:{resource}")
}

/// As the collector names files.
fn file(call: &str, resource: &str) -> String {
    format!("elbv2-{call}/{}", resource.replace('/', "-"))
}

/// Writes up to two load balancers of a VPC, their nodes and their listeners.
pub(super) fn write(export: &mut Export, random: &mut Random, site: &mut Site) -> Vec<Balancer> {
    (0..random.below(3)).map(|number| one(export, random, site, number)).collect()
}

fn one(export: &mut Export, random: &mut Random, site: &mut Site, number: usize) -> Balancer {
    let is_network = random.percent(35);
    let is_public = site.has_internet && random.percent(50);
    let (kind, short) = if is_network { ("network", "net") } else { ("application", "app") };
    let name = format!("lb-{:04}-{number}", site.number);
    let hash = format!("{:016x}", 0x00c0_ffee_0000_0000_u64 + (site.number * 16 + number) as u64);
    let resource = format!("loadbalancer/{short}/{name}/{hash}");
    let mut groups = Vec::new();
    if !is_network {
        let source = if is_public { "0.0.0.0/0" } else { "10.0.0.0/8" };
        let mut group = Group::new(&site.id, &name);
        group.inward(("tcp", 443, 443), source.into());
        group.outward(("tcp", 8080, 8443), Peer::Cidr(site.block.clone()));
        group.write(export);
        groups.push(group_id(&name));
    }
    let tier = if is_public { Tier::Public } else { Tier::Private };
    let mut zones = Vec::new();
    for subnet in site.subnets.iter_mut().filter(|subnet| subnet.tier == tier) {
        let Some((address, _)) = subnet.next() else { continue };
        let public = is_public.then(|| public_address(export.count("describe-network-interfaces")));
        let interface_type = if is_network { "network_load_balancer" } else { "interface" };
        let interface = Interface {
            id: format!("eni-{name}-{}", subnet.zone),
            vpc: &site.id,
            subnet: &subnet.id,
            zone: subnet.zone,
            address,
            ipv6: None,
            public,
            groups: groups.clone(),
            service: Some((interface_type, format!("ELB {short}/{name}/{hash}"))),
        };
        interface.write(export);
        let zone = format!("{REGION}{}", subnet.zone);
        zones.push(json!({"ZoneName": zone, "SubnetId": subnet.id, "LoadBalancerAddresses": []}));
    }
    let mut element = json!({
        "LoadBalancerArn": arn(&resource), "DNSName": format!("{name}.elb.{REGION}.amazonaws.com"),
        "LoadBalancerName": name, "Scheme": if is_public { "internet-facing" } else { "internal" },
        "VpcId": site.id, "State": {"Code": "active"}, "Type": kind, "AvailabilityZones": zones,
        "IpAddressType": "ipv4",
    });
    if !is_network {
        set(&mut element, "SecurityGroups", groups);
    }
    export.push("elbv2-describe-load-balancers", "LoadBalancers", &element);
    let cross_zone = json!({"Key": "load_balancing.cross_zone.enabled", "Value": (!is_network).to_string()});
    export.push(&file("describe-load-balancer-attributes", &resource), "Attributes", &cross_zone);
    let balancer = Balancer {
        site: site.number,
        target_group: format!("targetgroup/tg-{:04}-{number}/{hash}", site.number),
        balancer: resource,
        is_network,
        vpc: site.id.clone(),
    };
    balancer.listen(export);
    balancer
}

impl Balancer {
    fn listen(&self, export: &mut Export) {
        let listener =
            arn(&format!("{}/0123456789abcdef", self.balancer.replacen("loadbalancer", "listener", 1)));
        let forward = json!([{"Type": "forward", "TargetGroupArn": arn(&self.target_group), "Order": 1}]);
        let element = json!({
            "ListenerArn": listener, "LoadBalancerArn": arn(&self.balancer), "Port": 443,
            "Protocol": if self.is_network { "TCP" } else { "HTTPS" }, "DefaultActions": forward,
        });
        export.push(&file("describe-listeners", &self.balancer), "Listeners", &element);
        let rule = arn(&format!(
            "{}/0123456789abcdef/1",
            self.balancer.replacen("loadbalancer", "listener-rule", 1)
        ));
        let element = json!({
            "RuleArn": rule, "Priority": "default", "Conditions": [], "Actions": forward, "IsDefault": true,
        });
        let rules = file("describe-rules", &self.balancer.replacen("loadbalancer", "listener", 1));
        export.push(&rules, "Rules", &element);
    }

    /// Writes the target group with some of the VPC's instances, of which most are healthy.
    pub(super) fn register(&self, export: &mut Export, random: &mut Random, members: usize) {
        let (protocol, port) = if self.is_network { ("TCP", 8443) } else { ("HTTP", 8080) };
        let name = self.target_group.split('/').nth(1).unwrap_or_default();
        let element = json!({
            "TargetGroupArn": arn(&self.target_group), "TargetGroupName": name, "Protocol": protocol, "Port": port,
            "VpcId": self.vpc, "HealthCheckProtocol": protocol, "HealthCheckPort": "traffic-port",
            "HealthCheckEnabled": true, "LoadBalancerArns": [arn(&self.balancer)], "TargetType": "instance",
            "IpAddressType": "ipv4",
        });
        export.push("elbv2-describe-target-groups", "TargetGroups", &element);
        let attributes = file("describe-target-group-attributes", &self.target_group);
        let value = "use_load_balancer_configuration";
        let attribute = json!({"Key": "load_balancing.cross_zone.enabled", "Value": value});
        export.push(&attributes, "Attributes", &attribute);
        if self.is_network {
            let attribute = json!({"Key": "preserve_client_ip.enabled", "Value": "true"});
            export.push(&attributes, "Attributes", &attribute);
        }
        let health = file("describe-target-health", &self.target_group);
        export.answer(&health, "TargetHealthDescriptions");
        let count = random.within(2..=10).min(members);
        let first = random.below(members - count + 1);
        for position in first..first + count {
            let state = if random.percent(90) {
                json!({"State": "healthy"})
            } else {
                let description = "Request timed out";
                json!({"State": "unhealthy", "Reason": "Target.Timeout", "Description": description})
            };
            let id = format!("i-{}", instance(self.site, position));
            let target = json!({"Id": id, "Port": port});
            let element =
                json!({"Target": target, "HealthCheckPort": port.to_string(), "TargetHealth": state});
            export.push(&health, "TargetHealthDescriptions", &element);
        }
    }
}
