//! What of a network its load balancers' nodes do, and what of it the lab leaves out or takes for granted.

use std::net::SocketAddr;
use std::time::Duration;

use engine::{Network, Seen};
use model::{
    Application, CheckSettings, Id, Ix, Listener, ListenerProtocol, LoadBalancer, LoadBalancerType,
    NetworkInterface, Noun, TargetGroup, TargetType,
};

use super::config::{
    CheckConfig, GroupConfig, ListenerConfig, NodeConfig, RequestConfig, RuleConfig, Spoken, TargetConfig,
};

/// What AWS checks with where a group does not say otherwise: seconds from one check to the next and for each, successes
/// and failures in a row.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
const DEFAULTS: (u32, u32, u32, u32) = (30, 5, 5, 2);
const DEFAULT_PATH: &str = "/";
const DEFAULT_CODES: &str = "200";

/// Whether the lab has a proxy for a load balancer: those that are two connections (S4.2).
pub fn has_node(network: &Network, load_balancer: Ix<LoadBalancer>) -> bool {
    let noun = network.model().load_balancers.at(load_balancer);
    noun.active && matches!(noun.kind, LoadBalancerType::Application | LoadBalancerType::Classic)
}

/// What is said of a network's load balancers.
#[derive(Debug, Default)]
pub struct Remarks {
    /// Listeners that nobody serves, with the reason.
    pub not_carried: Vec<String>,
    /// What the export does not say, with what the lab does instead.
    pub assumed: Vec<String>,
}

/// What is left out or taken for granted of the load balancers that have nodes in the lab.
pub fn remarks(network: &Network) -> Remarks {
    let model = network.model();
    let mut remarks = Remarks::default();
    for (ix, noun) in model.load_balancers.iter().filter(|(ix, _)| has_node(network, *ix)) {
        let name = noun.name().unwrap_or(noun.id.as_str());
        for &listener in network.resolved().listeners_of(ix) {
            let port = model.listeners.at(listener).port.unwrap_or(0);
            match listener_of(network, ix, listener) {
                Err(reason) => {
                    remarks.not_carried.push(format!("listener {port} of load balancer `{name}`: {reason}"));
                }
                Ok((told, groups)) => {
                    if told.spoken.tls {
                        remarks.assumed.push(format!(
                            "listener {port} of `{name}` has a certificate that nobody signed, as with `curl --insecure`"
                        ));
                    }
                    if model.listeners.at(listener).rules.is_none() {
                        remarks.assumed.push(format!(
                            "listener {port} of `{name}` does what its default action says: its rules are not in the export"
                        ));
                    }
                    for group in groups.iter().map(|group| model.target_groups.at(*group)) {
                        let classic = noun.kind == LoadBalancerType::Classic;
                        let said = defaulted(group, classic).map(|what| {
                            let name = group.name().unwrap_or(group.id.as_str());
                            format!("target group `{name}`: AWS's default for the health check's {what}")
                        });
                        remarks.assumed.extend(said.filter(|said| !remarks.assumed.contains(said)));
                    }
                }
            }
        }
    }
    remarks
}

/// What a node does: the listeners of its load balancer that the lab carries. Checks go out at the group's interval, or at
/// another that is given, which then is also the longest that one may take.
pub fn node(
    network: &Network,
    interface: Ix<NetworkInterface>,
    (lab, namespace): (&str, &str),
    interval: Option<Duration>,
) -> Option<NodeConfig> {
    let load_balancer = network.resolved().load_balancer_of(interface)?;
    let noun = network.model().load_balancers.at(load_balancer);
    let mut config = NodeConfig {
        lab: lab.to_owned(),
        namespace: namespace.to_owned(),
        // `mem`: it answers 503 by itself.
        fails_open: noun.kind != LoadBalancerType::Classic,
        listeners: Vec::new(),
        groups: Vec::new(),
    };
    let mut known: Vec<Ix<TargetGroup>> = Vec::new();
    for &listener in network.resolved().listeners_of(load_balancer) {
        let Ok((mut told, groups)) = listener_of(network, load_balancer, listener) else { continue };
        for group in &groups {
            if !known.contains(group) {
                known.push(*group);
                config.groups.push(group_of(network, load_balancer, interface, *group, interval)?);
            }
        }
        // From positions among the listener's groups to those among all.
        let position = |at: &mut usize| {
            *at = known.iter().position(|known| groups.get(*at) == Some(known)).unwrap_or(0);
        };
        told.rules.iter_mut().flat_map(|rule| &mut rule.groups).chain(&mut told.default).for_each(position);
        config.listeners.push(told);
    }
    Some(config)
}

/// A listener, and the groups that it forwards to; its rules name them by position in there. Else why the lab does not
/// carry it.
fn listener_of(
    network: &Network,
    load_balancer: Ix<LoadBalancer>,
    listener: Ix<Listener>,
) -> Result<(ListenerConfig, Vec<Ix<TargetGroup>>), String> {
    let model = network.model();
    let noun = model.listeners.at(listener);
    let classic = model.load_balancers.at(load_balancer).kind == LoadBalancerType::Classic;
    let port = noun.port.filter(|_| noun.protocol == ListenerProtocol::Tcp).ok_or("it has no TCP port")?;
    let spoken = match noun.application {
        // An Application Load Balancer takes HTTP and HTTPS only.
        Application::Any => Spoken { http: !classic, tls: false },
        Application::Http => Spoken { http: true, tls: false },
        Application::Https => Spoken { http: true, tls: true },
        Application::Tls => Spoken { http: false, tls: true },
        other @ Application::Http2 => return Err(not_spoken("clients", other)),
    };
    let mut groups: Vec<Ix<TargetGroup>> = Vec::new();
    let mut positions = |ids: &[Id]| -> Result<Vec<usize>, String> {
        if ids.is_empty() {
            return Err("it answers by itself".into());
        }
        let position = |id: &Id| {
            let missing = || format!("target group `{id}` is not in the export");
            let group = model.target_groups.ix(id.as_str()).ok_or_else(missing)?;
            groups.extend((!groups.contains(&group)).then_some(group));
            Ok(groups.iter().position(|known| *known == group).unwrap_or(0))
        };
        ids.iter().map(position).collect()
    };
    let mut rules = Vec::new();
    for rule in noun.rules.iter().flatten() {
        if rule.looks_at_request || rule.source_ips.is_empty() {
            return Err("it has rules that look at requests".into());
        }
        let groups = positions(&rule.action.forward)?;
        rules.push(RuleConfig { source_ips: rule.source_ips.clone(), groups });
    }
    let default = positions(&noun.default.forward)?;
    for &group in &groups {
        served(network, group)?;
    }
    Ok((ListenerConfig { port, spoken, rules, default }, groups))
}

/// Why the lab does not serve a target group, if it does not.
fn served(network: &Network, group: Ix<TargetGroup>) -> Result<(), String> {
    let noun = network.model().target_groups.at(group);
    let name = noun.name().unwrap_or(noun.id.as_str());
    let settings = &noun.health_check.settings;
    match noun.target_type {
        TargetType::Instance | TargetType::Ip => {}
        TargetType::Lambda => return Err(format!("the targets of `{name}` are Lambda functions")),
        TargetType::Alb => return Err(format!("the targets of `{name}` are load balancers")),
    }
    let Some(targets) = &noun.targets else {
        return Err(format!("the targets of `{name}` are not in the export"));
    };
    for spoken in [noun.application, settings.application] {
        if !matches!(spoken, Application::Any | Application::Http) {
            return Err(not_spoken(&format!("targets of `{name}`"), spoken));
        }
    }
    codes(settings).ok_or_else(|| format!("the codes of the health check of `{name}` are no numbers"))?;
    targets.iter().try_for_each(|target| network.ends_of_target(noun, target).map(|_| ()))
}

fn not_spoken(with: &str, spoken: Application) -> String {
    let words = match spoken {
        Application::Any => "bytes",
        Application::Tls => "TLS",
        Application::Http => "HTTP",
        Application::Https => "HTTPS",
        Application::Http2 => "HTTP/2 or gRPC",
    };
    format!("with {with} it speaks {words}, which the lab does not")
}

/// The ranges of codes that a check takes for success: `200`, `200,202`, `200-299`.
fn codes(settings: &CheckSettings) -> Option<Vec<(u16, u16)>> {
    let text = settings.codes.as_deref().unwrap_or(DEFAULT_CODES);
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
    };
    text.split(',').map(range).collect()
}

/// What of a group's checks the export does not say, in words.
fn defaulted(group: &TargetGroup, classic: bool) -> Option<String> {
    let CheckSettings { path, interval, timeout, healthy, unhealthy, application, .. } =
        &group.health_check.settings;
    let missing = [
        ("path", path.is_none() && (*application == Application::Http || !classic)),
        ("interval", interval.is_none()),
        ("timeout", timeout.is_none()),
        ("healthy threshold", healthy.is_none()),
        ("unhealthy threshold", unhealthy.is_none()),
    ];
    let missing: Vec<_> = missing.iter().filter(|(_, missing)| *missing).map(|(what, _)| *what).collect();
    (group.health_check.enabled && !missing.is_empty()).then(|| missing.join(", "))
}

fn group_of(
    network: &Network,
    load_balancer: Ix<LoadBalancer>,
    node: Ix<NetworkInterface>,
    group: Ix<TargetGroup>,
    interval: Option<Duration>,
) -> Option<GroupConfig> {
    let model = network.model();
    let noun = model.target_groups.at(group);
    let classic = model.load_balancers.at(load_balancer).kind == LoadBalancerType::Classic;
    let subnet = network.resolved().subnet_of(node)?;
    let mut targets = Vec::new();
    for target in noun.targets.iter().flatten().filter(|target| target.takes_connections()) {
        let port = target.port.or(noun.port).unwrap_or(0);
        let checked = noun.health_check.port.unwrap_or(port);
        for end in network.ends_for_node(load_balancer, subnet, noun, target).ok()? {
            let Seen::Fixed { address, interface } = end else { continue };
            let instance = interface.and_then(|interface| network.resolved().instance_of(interface));
            let name = instance.and_then(|instance| model.instances.at(instance).name());
            targets.push(TargetConfig {
                name: name.unwrap_or(target.id.as_str()).to_owned(),
                address: SocketAddr::new(address, port),
                checked: SocketAddr::new(address, checked),
            });
        }
    }
    let name = noun.name().unwrap_or(noun.id.as_str()).to_owned();
    Some(GroupConfig { name, check: check_of(noun, classic, interval)?, targets })
}

/// The health check of a group, if it has one.
fn check_of(noun: &TargetGroup, classic: bool, interval: Option<Duration>) -> Option<Option<CheckConfig>> {
    if !noun.health_check.enabled {
        return Some(None);
    }
    let settings = &noun.health_check.settings;
    let (every, within, healthy, unhealthy) = DEFAULTS;
    let seconds = |given: Option<u32>, default| Duration::from_secs(u64::from(given.unwrap_or(default)));
    let timeout = seconds(settings.timeout, within);
    let request = match settings.application {
        // An Application Load Balancer checks with requests only.
        Application::Any if classic => None,
        _ => Some(RequestConfig {
            path: settings.path.as_deref().unwrap_or(DEFAULT_PATH).to_owned(),
            codes: codes(settings)?,
            agent: format!("ELB-HealthChecker/{}", if classic { "1.0" } else { "2.0" }),
        }),
    };
    Some(Some(CheckConfig {
        request,
        interval: interval.unwrap_or(seconds(settings.interval, every)),
        timeout: interval.map_or(timeout, |interval| timeout.min(interval)),
        healthy: settings.healthy.unwrap_or(healthy),
        unhealthy: settings.unhealthy.unwrap_or(unhealthy),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        subnet a 10.0.0.0/24 az=a
        subnet b 10.0.1.0/24 az=b
        sg sg-1 in: tcp 80 0.0.0.0/0
        instance i-1
        eni web-1 a 10.0.0.10 instance=i-1
        instance i-2
        eni web-2 b 10.0.1.10 instance=i-2
        lb lb-1 application internal subnets=a,b groups=sg-1
        eni n-1 a 10.0.0.5 elb=lb-1 groups=sg-1
        eni n-2 b 10.0.1.5 elb=lb-1 groups=sg-1
        tg tg-1 tcp 8080 instance health=8081: i-1 healthy | i-2 draining
        tg tg-2 tcp 90 ip cross-zone=off: 10.0.0.10 port=91 healthy | 10.0.1.10 unhealthy
    ";

    fn told(listener: &str, node: &str, interval: Option<Duration>) -> NodeConfig {
        let network = testkit::network(&[NETWORK, listener]);
        let interface = network.model().network_interfaces.ix(node).unwrap();
        super::node(&network, interface, ("lab", "lab-h1"), interval).unwrap()
    }

    fn addresses(group: &GroupConfig) -> Vec<String> {
        group.targets.iter().map(|target| format!("{} {}", target.address, target.checked)).collect()
    }

    #[test]
    fn a_node_is_told_its_listeners_and_the_targets_of_its_zones() {
        let listener = "listener l lb-1 tcp 80 tg-1: 10 from=192.0.2.0/24 tg-2";
        let config = told(listener, "n-1", None);
        let [listener] = config.listeners.as_slice() else { panic!("one listener") };
        assert!(config.fails_open && listener.spoken.http);
        let group = |client: &str| {
            let [at] = listener.groups_for(client.parse().unwrap()) else { panic!("one group") };
            config.groups[*at].clone()
        };
        // The rule for its address first, else the default (S4.14).
        let (named, others) = (group("192.0.2.9"), group("198.51.100.7"));
        assert_eq!((named.name.as_str(), others.name.as_str()), ("tg-2", "tg-1"));
        // Without cross-zone those of the node's own zone (S4.13), whatever the export says of their health; what drains
        // never (S12.5).
        assert_eq!(addresses(&named), ["10.0.0.10:91 10.0.0.10:91"]);
        assert_eq!(addresses(&others), ["10.0.0.10:8080 10.0.0.10:8081"]);
        let there = told("listener l lb-1 tcp 80 tg-2", "n-2", None);
        assert_eq!(addresses(&there.groups[0]), ["10.0.1.10:90 10.0.1.10:90"]);
    }

    #[test]
    fn checks_are_the_exports_or_awss_defaults() {
        let second = Duration::from_secs(1);
        let check =
            |interval| told("listener l lb-1 tcp 80 tg-1", "n-1", interval).groups[0].check.clone().unwrap();
        let CheckConfig { request, interval, timeout, healthy, unhealthy } = check(None);
        let request = request.unwrap();
        assert_eq!((request.path.as_str(), request.codes), ("/", vec![(200, 200)]));
        assert_eq!((interval, timeout, healthy, unhealthy), (second * 30, second * 5, 5, 2));
        let hurried = check(Some(second));
        assert_eq!((hurried.interval, hurried.timeout), (second, second));
        let ranges =
            |text: &str| codes(&CheckSettings { codes: Some(text.into()), ..CheckSettings::default() });
        assert_eq!(ranges("200,301-303"), Some(vec![(200, 200), (301, 303)]));
        assert_eq!(ranges("2xx"), None);
    }

    #[test]
    fn what_is_left_out_or_made_up_is_named() {
        for (listener, reason) in [
            ("listener l lb-1 tcp 80 tg-1: 10 request tg-2", "it has rules that look at requests"),
            ("listener l lb-1 tcp 80", "it answers by itself"),
            ("listener l lb-1 tcp 80 tg-9", "target group `tg-9` is not in the export"),
            (
                "listener l lb-1 tcp 80 tg-3\ntg tg-3 tcp 1 lambda: arn",
                "the targets of `tg-3` are Lambda functions",
            ),
            (
                "listener l lb-1 tcp 80 tg-3\ntg tg-3 tcp 1 ip unknown",
                "the targets of `tg-3` are not in the export",
            ),
            ("listener l lb-1 tcp 80 tg-3\ntg tg-3 tcp 1 instance: i-9", "target `i-9` is not in the export"),
        ] {
            let network = testkit::network(&[NETWORK, listener]);
            let expected = format!("listener 80 of load balancer `lb-1`: {reason}");
            assert_eq!(remarks(&network).not_carried, [expected], "{listener}");
            assert!(told(listener, "n-1", None).listeners.is_empty());
        }
        let network = testkit::network(&[NETWORK, "listener l lb-1 tcp 80 tg-1 norules"]);
        assert_eq!(
            remarks(&network).assumed,
            [
                "listener 80 of `lb-1` does what its default action says: its rules are not in the export",
                "target group `tg-1`: AWS's default for the health check's path, interval, timeout, healthy threshold, unhealthy threshold",
            ]
        );
    }
}
