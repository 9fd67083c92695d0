//! Attributes, health and rules, whose answers come apart, put into their load balancers, target groups and listeners.

use rustc_hash::FxHashSet;

use crate::{Id, LoadBalancerType, Origin, Problem, Snapshot};

/// Merges what came apart. What belongs to something that the export lacks is named in a problem.
pub(crate) fn merge(snapshot: &mut Snapshot) {
    let mut orphans = Orphans::default();
    for (id, key, value) in std::mem::take(&mut snapshot.load_balancer_attributes) {
        match snapshot.load_balancers.get_mut(id.as_str()) {
            Some(balancer) if key == CROSS_ZONE => balancer.cross_zone = flag(&value),
            Some(_) => {}
            None => orphans.add("attributes are", "load balancer", &id, None, "describe-load-balancers"),
        }
    }
    for (id, key, value) in std::mem::take(&mut snapshot.target_group_attributes) {
        match snapshot.target_groups.get_mut(id.as_str()) {
            Some(group) if key == CROSS_ZONE => group.cross_zone = flag(&value),
            Some(group) if key == PRESERVE => group.preserve_client_ip = flag(&value),
            Some(_) => {}
            None => orphans.add("attributes are", "target group", &id, None, "describe-target-groups"),
        }
    }
    for health in std::mem::take(&mut snapshot.target_health) {
        match snapshot.target_groups.get_mut(health.group.as_str()) {
            Some(group) => group.targets = Some(health.targets),
            None => {
                let origin = health.targets.first().map(|target| target.origin);
                orphans.add("targets are", "target group", &health.group, origin, "describe-target-groups");
            }
        }
    }
    for (id, mut rules) in std::mem::take(&mut snapshot.listener_rules) {
        rules.sort_by_key(|rule| rule.priority);
        match snapshot.listeners.get_mut(id.as_str()) {
            Some(listener) => listener.rules = Some(rules),
            None => {
                let origin = rules.first().map(|rule| rule.origin);
                orphans.add("rules are", "listener", &id, origin, "describe-listeners");
            }
        }
    }
    // Only an Application Load Balancer's listeners have rules before the default one (S4.14).
    let balancers = snapshot.load_balancers.clone();
    for listener in snapshot.listeners.values_mut().filter(|listener| listener.rules.is_none()) {
        let balancer = balancers.get(listener.load_balancer.as_str());
        if balancer.is_some_and(|balancer| balancer.kind != LoadBalancerType::Application) {
            listener.rules = Some(Vec::new());
        }
    }
    snapshot.problems.append(&mut orphans.problems);
}

const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";
const PRESERVE: &str = "preserve_client_ip.enabled";

/// `use_load_balancer_configuration` says that nothing is said.
fn flag(value: &str) -> Option<bool> {
    value.parse().ok()
}

/// What belongs to something that is not there, each thing named once.
#[derive(Default)]
struct Orphans {
    seen: FxHashSet<(&'static str, Id)>,
    problems: Vec<Problem>,
}

impl Orphans {
    fn add(&mut self, what: &'static str, of: &str, id: &Id, origin: Option<Origin>, call: &str) {
        if self.seen.insert((what, id.clone())) {
            let message = format!("{what} given for {of} `{id}`, which the export does not have");
            self.problems.push(Problem::warning(origin, message).help(format!("add the answer of {call}")));
        }
    }
}
