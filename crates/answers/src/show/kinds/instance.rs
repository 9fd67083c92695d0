//! Instances.

use model::{
    AutoScalingGroup, Id, Instance, InstanceState, Ix, Platform, Resolved, SecurityGroup, Snapshot, Table,
    Target, TargetGroup, TargetType,
};

use crate::show::rows::{interface, nouns, routes_to, silent};
use crate::show::{Kind, Look, Resource, Row, Uses};

impl Kind for Instance {
    const ONE: &'static str = "instance";
    const MANY: &'static str = "instances";

    fn table(model: &Snapshot) -> &Table<Instance> {
        &model.instances
    }

    fn home<'a>(&'a self, resolved: &'a Resolved) -> Option<&'a Id> {
        let own = resolved.interfaces_of(&self.id).first()?;
        Some(&resolved.snapshot.network_interfaces.at(*own).vpc)
    }

    fn describe(&self, _ix: Ix<Instance>, look: &Look<'_>, out: &mut Resource) {
        out.field("state", state(self));
        if self.platform == Platform::Windows {
            out.field("platform", "Windows");
        }
        out.field_if("Auto Scaling group", self.auto_scaling_group());
        let rows = look.resolved.interfaces_of(&self.id).iter().map(|ix| {
            let groups = &look.model().network_interfaces.at(*ix).groups;
            let mut row = interface(look, *ix);
            row.cells.retain(|(name, _)| !matches!(*name, "name" | "purpose" | "id"));
            row.cell("groups", look.names::<SecurityGroup>(groups))
                .cell("id", look.model().network_interfaces.at(*ix).id.as_str())
        });
        out.list("network interfaces", "none in the export", rows.collect::<Vec<Row>>());
    }

    fn uses(&self, _ix: Ix<Instance>, look: &Look<'_>, out: &mut Uses) {
        let own = look.resolved.interfaces_of(&self.id);
        out.by("network interfaces", own.iter().map(|ix| interface(look, *ix)).collect());
        let holds = |id: &str| {
            let address = id.parse::<std::net::IpAddr>();
            address.is_ok_and(|address| {
                own.iter().any(|ix| look.model().network_interfaces.at(*ix).holds(address))
            })
        };
        let is_target = |noun: &TargetGroup| {
            noun.targets.iter().flatten().any(|target| match noun.target_type {
                TargetType::Instance => self.id == *target.id,
                TargetType::Ip => holds(&target.id),
                TargetType::Lambda | TargetType::Alb => false,
            })
        };
        out.by("target groups", nouns(look, is_target, |noun| health(self, noun)));
        let group = |noun: &AutoScalingGroup| noun.instances.contains(&self.id);
        out.by("Auto Scaling groups", nouns(look, group, silent));
        let ids: Vec<&Id> = own.iter().map(|ix| &look.model().network_interfaces.at(*ix).id).collect();
        let to = |target: &Target| matches!(target, Target::NetworkInterface(id) if ids.contains(&id));
        out.by("routes", routes_to(look, to));
        if look.model().target_groups.values().any(|noun| noun.targets.is_none()) {
            out.not_known("the targets of some target groups are not in the export: add the answers of describe-target-health");
        }
    }
}

/// The state of an instance's target in a group.
fn health(instance: &Instance, group: &TargetGroup) -> String {
    let own = group.targets.iter().flatten().find(|target| instance.id == *target.id);
    own.map_or(String::new(), |target| super::target_group::state(target.state).to_owned())
}

/// Whether it runs, in the API's words.
pub(super) fn state(noun: &Instance) -> &str {
    match &noun.state {
        InstanceState::Running => "running",
        InstanceState::Down(state) | InstanceState::Unknown(state) => state,
    }
}
