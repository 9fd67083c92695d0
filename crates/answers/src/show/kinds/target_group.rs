//! Target groups.

use model::{
    AutoScalingGroup, Id, Instance, Ix, LoadBalancer, RegisteredTarget, Snapshot, Table, TargetGroup,
    TargetState, TargetType, Vpc,
};

use super::load_balancer::{forwards, listeners, protocol_words};
use crate::show::rows::{nouns, silent};
use crate::show::{Kind, Look, Resource, Row, Uses, Value};

impl Kind for TargetGroup {
    const ONE: &'static str = "target group";
    const MANY: &'static str = "target groups";

    fn table(model: &Snapshot) -> &Table<TargetGroup> {
        &model.target_groups
    }

    fn vpc(&self) -> Option<&Id> {
        self.vpc.as_ref()
    }

    fn own_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn describe(&self, _ix: Ix<TargetGroup>, look: &Look<'_>, out: &mut Resource) {
        let port = self.port.map_or(String::new(), |port| format!(" {port}"));
        out.field_if("takes", self.protocol.map(|protocol| format!("{}{port}", protocol_words(protocol))));
        out.field(
            "targets are",
            match self.target_type {
                TargetType::Instance => "instances",
                TargetType::Ip => "addresses",
                TargetType::Lambda => "Lambda functions",
                TargetType::Alb => "Application Load Balancers",
            },
        );
        out.field_if("vpc", self.vpc.as_ref().map(|vpc| look.to::<Vpc>(vpc)));
        let check = &self.health_check;
        if check.enabled {
            let port = check.port.map_or("the traffic port".to_owned(), |port| format!("port {port}"));
            out.field("health check", format!("{} to {port}", protocol_words(check.protocol)));
        } else {
            out.field("health check", "off");
        }
        let keeps = self
            .preserve_client_ip
            .map(|keeps| if keeps { "kept" } else { "replaced by the load balancer's" });
        out.field_if("client address", keeps);
        out.field_if("cross-zone", self.cross_zone.map(|on| if on { "on" } else { "off" }));
        let row = |target: &RegisteredTarget| {
            let port = target.port.or(self.port).map_or(String::new(), |port| format!("port {port}"));
            Row::at(look.place(target.origin))
                .cell("name", name(look, self, target))
                .cell("port", port)
                .cell("state", state(target.state))
                .cell("reason", target.reason.as_deref().unwrap_or(""))
        };
        match &self.targets {
            Some(targets) => out.list("targets", "none", targets.iter().map(row).collect()),
            None => {
                out.note("its targets are not in the export: add the answer of elbv2 describe-target-health");
            }
        }
    }

    fn uses(&self, _ix: Ix<TargetGroup>, look: &Look<'_>, out: &mut Uses) {
        out.by("listeners", listeners(look, |noun| forwards(noun, &self.id)));
        out.by(
            "load balancers",
            nouns(look, |noun: &LoadBalancer| self.load_balancers.contains(&noun.id), silent),
        );
        out.by(
            "Auto Scaling groups",
            nouns(look, |noun: &AutoScalingGroup| noun.target_groups.contains(&self.id), silent),
        );
        out.refuse(out.count("listeners"), "listener forwards to it", "listeners forward to it");
        if look.model().listeners.values().any(|noun| noun.rules.is_none()) {
            out.not_known("the rules of some listeners are not in the export and may forward to it");
        }
        if look.model().listeners.is_empty() {
            out.not_known("the export has no listeners: add the answers of elbv2 describe-listeners");
        }
    }
}

/// A target by the name of what it is.
fn name(look: &Look<'_>, group: &TargetGroup, target: &RegisteredTarget) -> Value {
    let id = Id::from(target.id.as_str());
    match group.target_type {
        TargetType::Instance => look.to::<Instance>(&id),
        TargetType::Alb => look.to::<LoadBalancer>(&id),
        TargetType::Ip => {
            let holder = group.vpc.as_ref().zip(target.id.parse().ok());
            let holder = holder.and_then(|(vpc, address)| look.resolved.holder(vpc, address));
            let of = holder
                .map_or(String::new(), |holder| format!(" ({})", look.interface(holder.interface).text));
            format!("{id}{of}").into()
        }
        TargetType::Lambda => id.as_str().into(),
    }
}

/// The state of a target as AWS writes it.
pub(super) fn state(state: TargetState) -> &'static str {
    match state {
        TargetState::Initial => "initial",
        TargetState::Healthy => "healthy",
        TargetState::Unhealthy => "unhealthy",
        TargetState::Unused => "unused",
        TargetState::Draining => "draining",
        TargetState::Unavailable => "unavailable",
        TargetState::Unknown => "state not known",
    }
}
