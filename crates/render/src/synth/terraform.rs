//! As Terraform: one resource a rule. Groups and lists are there in full before anything is given to them, since a
//! list without entries would cut what passes.

use std::fmt::Write;

use answers::synth::{PlannedGroup, PlannedList, attachments};
use model::Id;
use rustc_hash::FxHashMap;

use super::{Synthesised, comment, place};
use crate::terraform::{Reference, acl_rule, entry_name, group_rule, identifier, quoted, resource};

/// The groups, lists and rules as resources of the provider `hashicorp/aws`. Which interfaces get a group stands in
/// comments: where these are resources, `vpc_security_group_ids` of theirs has to name it.
pub fn synth_terraform(shown: &Synthesised<'_>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# {}", comment(&shown.verdict()));
    for note in shown.notes {
        let _ = writeln!(out, "# {}", comment(note));
    }
    let addresses = addresses(shown);
    let reference = |id: &Id| addresses.get(id).cloned().unwrap_or_else(|| quoted(id.as_str()));
    for planned in &shown.found.groups {
        group(&mut out, planned, shown, &reference);
    }
    for planned in &shown.found.lists {
        list(&mut out, planned, shown, &reference);
    }
    out
}

/// The ids of new groups and lists, as attributes of their resources.
fn addresses(shown: &Synthesised<'_>) -> FxHashMap<Id, String> {
    let groups = shown.found.groups.iter().map(|planned| ("aws_security_group", &planned.group.id));
    let lists = shown.found.lists.iter().map(|planned| ("aws_network_acl", &planned.list.id));
    groups.chain(lists).map(|(kind, id)| (id.clone(), format!("{kind}.{}.id", name(id)))).collect()
}

fn name(id: &Id) -> String {
    let id = id.as_str();
    identifier(id.strip_prefix("sg-").or(id.strip_prefix("acl-")).unwrap_or(id))
}

fn group(out: &mut String, planned: &PlannedGroup, shown: &Synthesised<'_>, of: Reference<'_>) {
    let group = &planned.group;
    let name = name(&group.id);
    out.push_str("\n# Give it to these, first beside the groups that they have; take those away when all have theirs:\n");
    for attachment in attachments(&shown.found.after, planned) {
        let _ = writeln!(out, "#   {}", comment(&place(&attachment)));
    }
    let mut attributes = vec![
        ("name", quoted(group.name.as_deref().unwrap_or_default())),
        ("description", quoted(&super::group_description(group))),
    ];
    attributes.extend(group.vpc.as_ref().map(|vpc| ("vpc_id", quoted(vpc.as_str()))));
    out.push_str(&resource("aws_security_group", &name, &attributes));
    let mut counts = [0, 0];
    for rule in &group.rules {
        let [inbound, outbound] = &mut counts;
        let (way, count) = if rule.egress { ("out", outbound) } else { ("in", inbound) };
        *count += 1;
        let _ = write!(out, "\n{}", group_rule(&format!("{name}_{way}_{count}"), &group.id, rule, of));
    }
}

fn list(out: &mut String, planned: &PlannedList, shown: &Synthesised<'_>, of: Reference<'_>) {
    let list = &planned.list;
    let (vpc, tags) = (quoted(list.vpc.as_str()), quoted(list.tags.name().unwrap_or_default()));
    let attributes = [("vpc_id", vpc), ("tags", format!("{{ Name = {tags} }}"))];
    let _ = write!(out, "\n{}", resource("aws_network_acl", &name(&list.id), &attributes));
    let mut entries = Vec::new();
    for entry in &list.entries {
        let name = entry_name(&list.id, entry);
        let _ = write!(out, "\n{}", acl_rule(&name, &list.id, entry, of));
        entries.push(format!("aws_network_acl_rule.{name}"));
    }
    for subnet in &list.subnets {
        let mut attributes = vec![("network_acl_id", of(&list.id)), ("subnet_id", quoted(subnet.as_str()))];
        // Not `subnet_ids` of the list: that would guard the subnet before there are entries.
        if !entries.is_empty() {
            attributes.push(("depends_on", format!("[\n    {},\n  ]", entries.join(",\n    "))));
        }
        let _ = writeln!(out, "\n# {}", comment(&shown.subnet(subnet)));
        out.push_str(&resource("aws_network_acl_association", &identifier(subnet.as_str()), &attributes));
    }
}
