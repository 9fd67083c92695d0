//! Auto Scaling groups and what they start instances from.

use model::{
    AutoScalingGroup, Id, Instance, Ix, Launch, LaunchTemplate, LoadBalancer, Noun, Resolved, SecurityGroup,
    Snapshot, Subnet, Table, TargetGroup,
};

use crate::show::rows::{nouns, silent};
use crate::show::{Kind, Look, Resource, Row, Uses, Value};

impl Kind for AutoScalingGroup {
    const ONE: &'static str = "Auto Scaling group";
    const MANY: &'static str = "Auto Scaling groups";

    fn table(model: &Snapshot) -> &Table<AutoScalingGroup> {
        &model.auto_scaling_groups
    }

    fn home<'a>(&'a self, resolved: &'a Resolved) -> Option<&'a Id> {
        let mut subnets = self.subnets.iter().filter_map(|id| resolved.snapshot.subnets.get(id.as_str()));
        subnets.next().map(|noun| &noun.vpc)
    }

    fn own_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn describe(&self, _ix: Ix<AutoScalingGroup>, look: &Look<'_>, out: &mut Resource) {
        out.values("subnets", look.all::<Subnet>(&self.subnets));
        match &self.launch {
            Some(launch) => out.field("starts from", starts_from(launch)),
            None => out.note("what it starts instances from is not in the export"),
        }
        out.values("target groups", look.all::<TargetGroup>(&self.target_groups));
        out.values("load balancers", look.all::<LoadBalancer>(&self.load_balancers));
        let row = |id| {
            let state = look.model().instances.get(model::Id::as_str(id)).map_or("", super::instance::state);
            Row::at(None).cell("name", look.to::<Instance>(id)).cell("state", state).cell("id", id.as_str())
        };
        out.list("instances", "none", self.instances.iter().map(row).collect());
    }

    fn uses(&self, _ix: Ix<AutoScalingGroup>, look: &Look<'_>, out: &mut Uses) {
        out.by(
            "instances",
            nouns(
                look,
                |noun: &Instance| self.instances.contains(&noun.id),
                |noun| super::instance::state(noun).to_owned(),
            ),
        );
        out.by(
            "target groups",
            nouns(look, |noun: &TargetGroup| self.target_groups.contains(&noun.id), silent),
        );
    }
}

fn starts_from(launch: &Launch) -> Value {
    match launch {
        Launch::Template { id, name, version } => {
            let word = name.as_ref().or(id.as_ref()).map_or("a launch template", |word| word.as_str());
            let version =
                version.as_ref().map_or("default version".to_owned(), |version| format!("version {version}"));
            let text = format!("{word}, {version}");
            Value { id: name.as_ref().and(id.as_ref()).map(ToString::to_string), ..Value::from(text) }
        }
        Launch::Configuration(name) => name.as_str().into(),
    }
}

impl Kind for LaunchTemplate {
    const ONE: &'static str = "launch template";
    const MANY: &'static str = "launch templates";

    fn table(model: &Snapshot) -> &Table<LaunchTemplate> {
        &model.launch_templates
    }

    fn own_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn describe(&self, _ix: Ix<LaunchTemplate>, look: &Look<'_>, out: &mut Resource) {
        if self.template.is_none() {
            out.kind = "launch configuration".to_owned();
        }
        out.field_if("version", self.version.map(|_| version(self)));
        if self.groups.is_empty() {
            out.field("security groups", "its VPC's default group");
        }
        out.values("security groups", self.groups.iter().map(|id| group(look, id)));
    }

    fn uses(&self, _ix: Ix<LaunchTemplate>, look: &Look<'_>, out: &mut Uses) {
        let starts = |noun: &AutoScalingGroup| noun.launch.as_ref().is_some_and(|launch| is_of(self, launch));
        out.by(
            "Auto Scaling groups",
            nouns(look, starts, |noun| {
                noun.launch.as_ref().map_or(String::new(), |launch| starts_from(launch).text)
            }),
        );
    }
}

/// A security group of a template, which names it by its id or its name.
fn group(look: &Look<'_>, word: &Id) -> Value {
    match look.model().security_groups.values().find(|noun| noun.name.as_deref() == Some(word.as_str())) {
        Some(noun) => look.noun(noun),
        None => look.to::<SecurityGroup>(word),
    }
}

/// Whether a group names this template, whatever the version.
fn is_of(noun: &LaunchTemplate, launch: &Launch) -> bool {
    match launch {
        Launch::Template { id: Some(id), .. } => noun.template.as_ref() == Some(id),
        Launch::Template { name: Some(name), .. } => {
            noun.template.is_some() && noun.name.as_deref() == Some(name.as_str())
        }
        Launch::Template { .. } => false,
        Launch::Configuration(name) => noun.template.is_none() && *noun.id() == *name,
    }
}

/// The version of a template in words.
pub(super) fn version(noun: &LaunchTemplate) -> String {
    match (noun.version, noun.is_default) {
        (None, _) => "launch configuration".into(),
        (Some(version), true) => format!("version {version}, the default"),
        (Some(version), false) => format!("version {version}"),
    }
}
