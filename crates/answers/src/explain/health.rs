//! Health checks of a target group: flows of their own, from every node to every target (S4.5, S4.9).

use engine::ephemeral::{CLIENT_KINDS, client_kind};
use engine::{Checkpoint, Flow, Judgement, Network, RoundTrip, Seen, Server, Verdict};
use model::{
    Holder, Ix, ListenerProtocol, LoadBalancerType, NetworkInterface, Noun, PortRange, TargetGroup,
    TargetState, TargetType,
};
use serde::Serialize;
use space::{Diagrams, Family, Region, Set};

use super::asked::{ClientPorts, connections};
use super::data::{Fix, verdict};
use super::{AskedPair, Explainer, pair, targets};
use crate::ends::{Held, name_of};
use crate::fix::Means;
use crate::question::Service;

/// The health checks of a target group.
#[derive(Debug, Clone, Serialize)]
pub struct HealthCheck {
    /// The target group.
    pub target_group: String,
    /// What is checked, in words: `tcp 8081`.
    pub check: String,
    /// Whether all checks pass, none, some.
    #[serde(serialize_with = "verdict")]
    pub verdict: Verdict,
    /// Each node with each target.
    pub checks: Vec<HealthRow>,
    /// Why some or all are not known.
    pub reasons: Vec<String>,
    /// What follows from it.
    pub notes: Vec<String>,
    /// The smallest change that makes all of them pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// One node's check of one target.
#[derive(Debug, Clone, Serialize)]
pub struct HealthRow {
    /// The node.
    pub node: String,
    /// The node's Availability Zone.
    pub node_zone: String,
    /// The target and the port that is checked.
    pub target: String,
    /// The target's Availability Zone.
    pub zone: String,
    /// Whether the check passes, answer included.
    #[serde(serialize_with = "verdict")]
    pub verdict: Verdict,
    /// Which gate stops it, and why; empty if none does.
    pub cause: String,
    /// The target's state as AWS saw it.
    pub state: &'static str,
    /// Why AWS says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<String>,
}

impl Explainer<'_> {
    /// The checks of the target group at a place of the table.
    pub fn health_check(&self, group: Ix<TargetGroup>) -> HealthCheck {
        self.check(group, true)
    }

    /// The same without a search for a fix.
    pub(crate) fn health_checks(&self, group: Ix<TargetGroup>) -> HealthCheck {
        self.check(group, false)
    }

    fn check(&self, group: Ix<TargetGroup>, fix: bool) -> HealthCheck {
        let network = self.names.network;
        let noun = network.model().target_groups.at(group);
        let mut sets = Diagrams::new();
        let mut health = HealthCheck {
            target_group: noun.name().unwrap_or(noun.id.as_str()).to_owned(),
            check: check_words(noun),
            verdict: Verdict::Undecided,
            checks: Vec::new(),
            reasons: Vec::new(),
            notes: Vec::new(),
            fix: None,
        };
        let nodes = nodes(network, noun, &mut health.reasons);
        let mut judged: Vec<(AskedPair, Judgement<Set>)> = Vec::new();
        match &noun.targets {
            _ if !noun.health_check.enabled => {
                health.notes.push("health checks are off: every target counts as healthy".into());
            }
            _ if noun.target_type == TargetType::Lambda => {
                let note = "a Lambda function is called and not connected to: no rule is in the way";
                health.notes.push(note.into());
            }
            None => health.reasons.push("the targets are not in the export".into()),
            Some(targets) => {
                for target in targets {
                    let ends = match network.ends_of_target(noun, target) {
                        Ok(ends) => ends,
                        Err(reason) => {
                            health.reasons.push(reason);
                            continue;
                        }
                    };
                    let port = checked_port(noun, target);
                    for &node in &nodes {
                        for &end in &ends {
                            let Some(asked) = asked(network, node, end, port, &mut sets) else {
                                let id = &target.id;
                                health.reasons.push(format!("no interface of the export holds target {id}, or the node has no address of its family"));
                                continue;
                            };
                            let judgement = engine::judge(network, &asked.flow, asked.asked, &mut sets);
                            health
                                .checks
                                .push(row(network, noun, &asked, &judgement, target, port, &mut sets));
                            health.reasons.extend(pair::unknowns(&judgement));
                            judged.push((asked, judgement));
                        }
                    }
                }
            }
        }
        health.reasons.sort();
        health.reasons.dedup();
        health.verdict = overall(&health);
        if fix && matches!(health.verdict, Verdict::Blocked | Verdict::Partial) {
            health.fix = Some(crate::fix::search(network, None, &judged, Means::Any, &mut sets));
        }
        follows(&mut health, uses_classic(network, noun));
        health
    }

    /// Target groups on the way of what works whose health checks no rule lets through: then AWS sends there only where
    /// it fails open, or not at all (S4.5).
    pub(super) fn failing_checks(&self, judged: &[(AskedPair, Judgement<Set>)]) -> Vec<String> {
        let trips = judged.iter().flat_map(|(_, judgement)| &judgement.trips);
        let groups = target_groups_on(self.names.network, trips.filter(|trip| trip.works != Set::EMPTY));
        let failing = groups.into_iter().map(|group| self.check(group, false)).filter_map(|health| {
            let fails = health.checks.iter().filter(|check| check.verdict == Verdict::Blocked).count();
            let name = &health.target_group;
            (fails > 0).then(|| {
                format!(
                    "{fails} of {} health checks of {name} ({}) are blocked; see --health-check {name}",
                    health.checks.len(),
                    health.check
                )
            })
        });
        failing.collect()
    }

    /// The target group that exactly one name or id means.
    ///
    /// # Errors
    /// If none or several are called so; in words, with what was meant.
    pub fn target_group(&self, name: &str) -> Result<Ix<TargetGroup>, String> {
        let name = name.strip_prefix("tg:").unwrap_or(name);
        let model = self.names.network.model();
        let groups = &model.target_groups;
        // A load balancer with one group names it too.
        let named = name.strip_prefix("lb:").unwrap_or(name);
        let balancer = model.load_balancers.values().find(|noun| noun.name() == Some(named));
        let mut of_balancer = groups
            .iter()
            .filter(|(_, group)| balancer.is_some_and(|noun| group.load_balancers.contains(&noun.id)));
        let only = of_balancer.next().filter(|_| of_balancer.next().is_none());
        let called =
            groups.iter().filter(|(_, group)| group.id.as_str() == name || group.name() == Some(name));
        match called.collect::<Vec<_>>().as_slice() {
            [(one, _)] => Ok(*one),
            [] => {
                if let Some((one, _)) = only {
                    return Ok(one);
                }
                let names = groups.values().filter_map(|group| group.name());
                let meant = crate::suggest::closest(name, names);
                let help = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
                Err(format!("no target group is called `{name}`{help}"))
            }
            several => {
                let ids: Vec<_> = several.iter().map(|(_, group)| format!("`{}`", group.id)).collect();
                Err(format!("`{name}` is ambiguous: {}", ids.join(", ")))
            }
        }
    }
}

/// The target groups that load balancers on some ways send to.
pub(crate) fn target_groups_on<'t>(
    network: &Network,
    trips: impl Iterator<Item = &'t RoundTrip<Set>>,
) -> Vec<Ix<TargetGroup>> {
    let model = network.model();
    let listeners = trips.flat_map(|trip| &trip.request.hops).filter_map(|hop| match hop.checkpoint {
        Checkpoint::LoadBalancer { listener: Some(listener), .. } => Some(model.listeners.at(listener)),
        _ => None,
    });
    let actions = listeners.flat_map(|listener| {
        let rules = listener.rules.iter().flatten().map(|rule| &rule.action);
        std::iter::once(&listener.default).chain(rules)
    });
    let mut groups: Vec<_> = actions
        .flat_map(|action| &action.forward)
        .filter_map(|id| model.target_groups.ix(id.as_str()))
        .collect();
    groups.sort();
    groups.dedup();
    groups
}

/// The checks of a target group as pairs of ends, as far as both ends are known.
pub(crate) fn pairs_of_checks(
    network: &Network,
    group: Ix<TargetGroup>,
    sets: &mut Diagrams,
) -> Vec<AskedPair> {
    let noun = network.model().target_groups.at(group);
    if !noun.health_check.enabled || noun.target_type == TargetType::Lambda {
        return Vec::new();
    }
    let nodes = nodes(network, noun, &mut Vec::new());
    let mut pairs = Vec::new();
    for target in noun.targets.iter().flatten() {
        let port = checked_port(noun, target);
        let ends = network.ends_of_target(noun, target).unwrap_or_default();
        let of_node = |node: &Ix<NetworkInterface>| ends.iter().map(|end| (*node, *end)).collect::<Vec<_>>();
        for (node, end) in nodes.iter().flat_map(of_node) {
            pairs.extend(asked(network, node, end, port, sets));
        }
    }
    pairs
}

/// The port that is checked (S4.5).
fn checked_port(group: &TargetGroup, target: &model::RegisteredTarget) -> u16 {
    group.health_check.port.or(target.port).or(group.port).unwrap_or(0)
}

/// The nodes that check a group's targets: those of every load balancer that uses it.
fn nodes(network: &Network, group: &TargetGroup, reasons: &mut Vec<String>) -> Vec<Ix<NetworkInterface>> {
    let model = network.model();
    let mut nodes = Vec::new();
    if group.load_balancers.is_empty() {
        reasons.push("no load balancer uses the target group, so nothing checks its targets".into());
    }
    for id in &group.load_balancers {
        let Some(balancer) = model.load_balancers.ix(id.as_str()) else {
            reasons.push(format!("load balancer `{id}` is not in the export"));
            continue;
        };
        nodes.extend(network.resolved().nodes_of(balancer));
    }
    nodes
}

/// A node's check of a target, where both have addresses of one family.
fn asked(
    network: &Network,
    node: Ix<NetworkInterface>,
    target: Seen,
    port: u16,
    sets: &mut Diagrams,
) -> Option<AskedPair> {
    let holder = target.holder()?;
    let family = Family::of(holder.address);
    // A dual-stack node checks a target over the target's family.
    let noun = network.model().network_interfaces.at(node);
    let address = noun.own_addresses().find(|address| Family::of(*address) == family)?;
    let node = Holder { interface: node, address };
    let kind = client_kind("elb").unwrap_or(&CLIENT_KINDS[0]);
    let services = vec![Service::Tcp(PortRange { from: port, to: port })];
    let all = connections(sets, family, &services, kind.ports);
    let remote = sets.region(&Region::FULL.remote(0..=0));
    let held = |holder| Held { holder, by_public: false };
    Some(AskedPair {
        flow: Flow { family, client: Some(node), server: Server::Interface(holder) },
        client: Some(held(node)),
        server: Some(held(holder)),
        ports: ClientPorts { ports: kind.ports, kind: Some(kind) },
        services,
        asked: sets.intersect(all, remote),
        beyond: String::new(),
    })
}

fn row(
    network: &Network,
    group: &TargetGroup,
    asked: &AskedPair,
    judgement: &Judgement<Set>,
    target: &model::RegisteredTarget,
    port: u16,
    sets: &mut Diagrams,
) -> HealthRow {
    let zone = |held: Option<Held>| {
        let subnet = held.and_then(|held| network.resolved().subnet_of(held.holder.interface));
        let zone = subnet.and_then(|subnet| network.model().subnets.at(subnet).availability_zone.clone());
        zone.map_or_else(String::new, |zone| zone.to_string())
    };
    let name =
        |held: Option<Held>| held.map_or_else(String::new, |held| name_of(network, held.holder.interface));
    let explained = pair::explain(network, asked, judgement, false, sets);
    HealthRow {
        node: name(asked.client),
        node_zone: zone(asked.client),
        target: format!("{}:{port}", target_name(network, group, target, asked.server)),
        zone: zone(asked.server),
        verdict: judgement.verdict(sets),
        cause: explained.ways.iter().find_map(targets::first_cause).unwrap_or_default(),
        state: match target.state {
            TargetState::Initial => "initial",
            TargetState::Healthy => "healthy",
            TargetState::Unhealthy => "unhealthy",
            TargetState::Unused => "unused",
            TargetState::Draining => "draining",
            TargetState::Unavailable => "unavailable",
            TargetState::Unknown => "-",
        },
        state_reason: target.reason.clone(),
    }
}

/// A target as people and AWS call it: by its instance's name, else as it is registered.
fn target_name(
    network: &Network,
    group: &TargetGroup,
    target: &model::RegisteredTarget,
    held: Option<Held>,
) -> String {
    let interface = held.map(|held| held.holder.interface);
    if let (TargetType::Alb, Some(node)) = (group.target_type, interface) {
        return name_of(network, node);
    }
    let instance = interface.and_then(|interface| network.resolved().instance_of(interface));
    let name = instance.and_then(|instance| network.model().instances.at(instance).name());
    name.unwrap_or(target.id.as_str()).to_owned()
}

fn check_words(group: &TargetGroup) -> String {
    let protocol = match group.health_check.protocol {
        ListenerProtocol::Udp => "udp",
        _ => "tcp",
    };
    match group.health_check.port {
        Some(port) => format!("{protocol} {port}"),
        None => format!("{protocol}, the port that traffic goes to"),
    }
}

fn overall(health: &HealthCheck) -> Verdict {
    let any = |verdict| health.checks.iter().any(|check| check.verdict == verdict);
    let (passes, fails) = (any(Verdict::Allowed), any(Verdict::Blocked) || any(Verdict::Partial));
    match (passes || any(Verdict::Partial), fails, any(Verdict::Undecided)) {
        _ if health.checks.is_empty() && health.reasons.is_empty() => Verdict::Allowed,
        _ if health.checks.is_empty() => Verdict::Undecided,
        (true, true, _) => Verdict::Partial,
        (true, false, false) if health.reasons.is_empty() => Verdict::Allowed,
        (false, true, false) if health.reasons.is_empty() => Verdict::Blocked,
        _ => Verdict::Undecided,
    }
}

fn uses_classic(network: &Network, group: &TargetGroup) -> bool {
    let balancers = &network.model().load_balancers;
    let mut kinds = group.load_balancers.iter().filter_map(|id| balancers.get(id.as_str()));
    kinds.any(|balancer| balancer.kind == LoadBalancerType::Classic)
}

/// What failing checks do to traffic (S4.5), and where AWS saw something else.
fn follows(health: &mut HealthCheck, classic: bool) {
    match health.verdict {
        // `mem`: only the others fail open.
        Verdict::Blocked if classic => health
            .notes
            .push("every instance is unhealthy: a Classic Load Balancer answers 503 by itself".into()),
        Verdict::Blocked => health.notes.push(
            "every target is unhealthy: the load balancer fails open and sends to all of them, healthy or not".into(),
        ),
        Verdict::Partial => health.notes.push(
            "targets that fail their checks get no traffic, though their data port may be open".into(),
        ),
        _ => {}
    }
    let passes = |check: &&HealthRow| check.verdict == Verdict::Allowed && check.state == "unhealthy";
    if health.checks.iter().any(|check| passes(&check)) {
        health.notes.push(
            "AWS calls targets unhealthy whose checks no rule stops: look at what listens there, and at what it answers"
                .into(),
        );
    }
}
