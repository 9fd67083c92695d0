//! Security groups: their rules, who has them, and which rules name them.

use model::{
    Id, Instance, InterfaceType, Ix, LaunchTemplate, LoadBalancer, Noun, Peer, PrefixList, SecurityGroup,
    Snapshot, Table, Vpc, VpcEndpoint,
};
use rustc_hash::FxHashSet;

use crate::show::data::ITS_OWN;
use crate::show::rows::{interfaces, nouns, rule_id, rules_naming};
use crate::show::{Kind, Look, Resource, Row, Uses, Value};

impl Kind for SecurityGroup {
    const ONE: &'static str = "security group";
    const MANY: &'static str = "security groups";

    fn table(model: &Snapshot) -> &Table<SecurityGroup> {
        &model.security_groups
    }

    fn vpc(&self) -> Option<&Id> {
        self.vpc.as_ref()
    }

    fn owner(&self) -> Option<&Id> {
        self.owner.as_ref()
    }

    fn own_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn describe(&self, _ix: Ix<SecurityGroup>, look: &Look<'_>, out: &mut Resource) {
        // The tag comes first; the group's name is another.
        out.field_if("group name", self.name.as_deref().filter(|name| Noun::name(self) != Some(name)));
        out.field_if("vpc", self.vpc.as_ref().map(|vpc| look.to::<Vpc>(vpc)));
        out.field_if("account", self.owner.as_ref().map(Id::as_str));
        out.list("in", "nothing is let in", rules(self, look, false));
        out.list("out", "nothing that starts here is let out", rules(self, look, true));
        out.incomplete(self.incomplete);
    }

    fn uses(&self, ix: Ix<SecurityGroup>, look: &Look<'_>, out: &mut Uses) {
        let model = look.model();
        out.by("network interfaces", interfaces(look, |noun| noun.groups.contains(&self.id)));
        let members = look.resolved.members_of(ix);
        let instances: FxHashSet<_> =
            members.iter().filter_map(|ix| look.resolved.instance_of(*ix)).collect();
        let has =
            |noun: &Instance| model.instances.ix(noun.id.as_str()).is_some_and(|ix| instances.contains(&ix));
        out.by("instances", nouns(look, has, |noun| super::instance::state(noun).to_owned()));
        let balancer = |noun: &LoadBalancer| noun.groups.contains(&self.id);
        out.by("load balancers", nouns(look, balancer, |noun| noun.kind.words().to_owned()));
        let endpoint = |noun: &VpcEndpoint| noun.groups.contains(&self.id);
        out.by("VPC endpoints", nouns(look, endpoint, |noun| noun.service_name.to_string()));
        // Templates name groups by id or by name.
        let named = |id: &Id| *id == self.id || self.name.as_deref() == Some(id.as_str());
        let template = |noun: &LaunchTemplate| noun.groups.iter().any(named);
        out.by("launch templates", nouns(look, template, super::auto_scaling::version));
        let names = |peer: &Peer| *peer == Peer::Group(self.id.clone());
        out.by("rules of other groups", rules_naming(look, |group, peer| names(peer) && *group != self.id));
        out.by(ITS_OWN, rules_naming(look, |group, peer| names(peer) && *group == self.id));
        deletion(self, look, out);
        not_known(self, look, out);
    }
}

fn rules(group: &SecurityGroup, look: &Look<'_>, egress: bool) -> Vec<Row> {
    let rules = group.rules.iter().filter(|rule| rule.egress == egress);
    rules
        .map(|rule| {
            let peer: Value = match &rule.peer {
                Peer::Cidr(block) => block.to_string().into(),
                Peer::Group(id) => look.to::<SecurityGroup>(id),
                Peer::PrefixList(id) => look.to::<PrefixList>(id),
            };
            Row::at(look.place(rule.origin))
                .cell("traffic", rule.traffic.to_string())
                .cell("peer", peer.after(if egress { "to" } else { "from" }))
                .cell("description", rule.description.as_deref().unwrap_or(""))
                .cell("id", rule_id(rule))
        })
        .collect()
}

/// DependencyViolation: an interface has it, or a rule of another group of the same VPC names it.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html>
fn deletion(group: &SecurityGroup, look: &Look<'_>, out: &mut Uses) {
    let model = look.model();
    out.refuse_if(group.name.as_deref() == Some("default"), "it is its VPC's default group");
    out.refuse(out.count("network interfaces"), "network interface has it", "network interfaces have it");
    let names = |rule: &&model::SecurityGroupRule| rule.peer == Peer::Group(group.id.clone());
    let others = model.security_groups.values().filter(|other| other.id != group.id);
    let (same, elsewhere): (Vec<_>, Vec<_>) = others
        .flat_map(|other| other.rules.iter().filter(names).map(move |rule| (other, rule)))
        .partition(|(other, _)| other.vpc == group.vpc);
    // The interfaces of a load balancer's nodes have its groups, also where an export lacks them.
    let unlisted =
        |ix| look.resolved.nodes_of(ix).iter().all(|ix| model.network_interfaces.at(*ix).stand_in.is_some());
    let balancers = model.load_balancers.iter().filter(|(_, noun)| noun.groups.contains(&group.id));
    let balancers = balancers.filter(|(ix, _)| unlisted(*ix)).count();
    out.refuse(balancers, "load balancer has it", "load balancers have it");
    let depends = out.count("network interfaces") + balancers + same.len() > 0;
    out.deletion.get_or_insert_default().error = depends.then_some("DependencyViolation");
    out.refuse(same.len(), "rule of another group names it", "rules of other groups name it");
    out.breaks(
        elsewhere.len(),
        "rule of a group in another VPC goes stale",
        "rules of groups in other VPCs go stale",
    );
    let templates = out.count("launch templates");
    out.breaks(
        templates,
        "launch template fails to start instances",
        "launch templates fail to start instances",
    );
}

fn not_known(group: &SecurityGroup, look: &Look<'_>, out: &mut Uses) {
    let model = look.model();
    if model.network_interfaces.is_empty() {
        out.not_known("the export has no network interfaces: add the answer of describe-network-interfaces");
    }
    let unread = model.network_interfaces.values().filter(|noun| noun.incomplete).count();
    if unread > 0 {
        out.not_known(format!(
            "{unread} of the network interfaces could not be read in full and may have it"
        ));
    }
    let incomplete =
        model.security_groups.values().filter(|noun| noun.incomplete && noun.id != group.id).count();
    if incomplete > 0 {
        out.not_known(format!("{incomplete} of the other groups could not be read in full and may name it"));
    }
    if model.launch_templates.is_empty() {
        out.not_known("the export has no launch templates, which may give it to new instances");
    }
    let Some(vpc) = &group.vpc else { return };
    let peers = model.vpc_peering_connections.values().filter_map(|noun| noun.other_side(vpc));
    for side in peers.filter(|side| model.vpcs.get(side.vpc.as_str()).is_none()) {
        out.not_known(format!("groups of the peered VPC `{}`, not in the export, may name it", side.vpc));
    }
    let shared = model
        .subnets
        .values()
        .any(|noun| noun.vpc == *vpc && noun.owner.is_some() && noun.owner != group.owner)
        || model.transit_gateways.values().any(|noun| noun.security_group_referencing);
    if shared {
        out.not_known("groups of other accounts, which the export does not have, may name it");
    }
    let managed = |kind: &InterfaceType| matches!(kind, InterfaceType::Lambda | InterfaceType::Other(_));
    if !model
        .network_interfaces
        .values()
        .any(|noun| noun.groups.contains(&group.id) && managed(&noun.interface_type))
    {
        out.not_known("services that are set up with it and have no interface now (Lambda, ECS, RDS) are not in the export");
    }
}
