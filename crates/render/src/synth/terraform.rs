//! As Terraform: one resource a rule. Groups and lists are there in full before anything is given to them, since a
//! list without entries would cut what passes.

use std::fmt::Write;

use answers::synth::{PlannedGroup, PlannedList, attachments};
use model::{Change, Id};
use rustc_hash::FxHashMap;

use super::{Synthesised, comment, larger, place, steps};
use crate::terraform::{
    Reference, acl_rule, entry_name, group_rule, identifier, quoted, resource, terraform,
};

/// What is not there yet is made elsewhere, and handed over by its name.
const VARIABLES: &str = r#"
variable "vpc_ids" {
  description = "The ids of the VPCs, by the names that portcullis.yaml gives them"
  type        = map(string)
}

variable "subnet_ids" {
  description = "The ids of the subnets, likewise"
  type        = map(string)
}
"#;

/// The groups, lists and rules as resources of the provider `hashicorp/aws`. Which interfaces get a group stands in
/// comments: where these are resources, `vpc_security_group_ids` of theirs has to name it.
pub fn synth_terraform(shown: &Synthesised<'_>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# {}", comment(&shown.verdict()));
    for note in shown.notes.iter().cloned().chain(shown.found.widened.iter().map(larger)) {
        let _ = writeln!(out, "# {}", comment(&note));
    }
    let addresses = addresses(shown);
    let reference = |id: &Id| addresses.get(id).cloned().unwrap_or_else(|| quoted(id.as_str()));
    if shown.to_be {
        out.push_str(VARIABLES);
    }
    if let Some(found) = &shown.found.steps {
        let _ = writeln!(out, "# {}", comment(&steps::verdict(found)));
        out.push_str(
            "# Terraform takes them in an order of its own, which is not proved: `--format cli` keeps it.\n",
        );
    }
    for planned in shown.found.groups.iter().filter(|planned| shown.is_new_group(&planned.group.id)) {
        group(&mut out, planned, shown, &reference);
    }
    for planned in shown.found.lists.iter().filter(|planned| shown.is_new_list(&planned.list.id)) {
        list(&mut out, planned, shown, &reference);
    }
    for (position, change) in steps::added(shown).enumerate() {
        let _ = match change {
            Change::AuthorizeSecurityGroup { group, rule } => {
                let name = format!("{}_added_{}", name(group), position + 1);
                write!(out, "\n{}", group_rule(&name, group, rule, &reference))
            }
            other => write!(out, "\n{}", terraform(other)),
        };
    }
    if shown.to_be {
        group_ids(&mut out, shown);
    }
    let by_hand = steps::by_hand(shown);
    if !by_hand.is_empty() {
        out.push_str(
            "\n# These steps are nothing that resources of Terraform's own say; by hand, in this order:\n",
        );
    }
    for step in by_hand {
        let _ = writeln!(out, "#   {}", comment(&step));
    }
    out
}

/// The id of a VPC or a subnet: of one that is not there yet, what the variable says.
fn made_elsewhere(variable: &str, id: &Id, shown: &Synthesised<'_>) -> String {
    let name = quoted(id.as_str());
    if shown.to_be { format!("var.{variable}[{name}]") } else { name }
}

/// What tiers and load balancers are made with.
fn group_ids(out: &mut String, shown: &Synthesised<'_>) {
    out.push_str("\noutput \"security_group_ids\" {\n  description = \"The groups, by what they are for\"\n  value = {\n");
    let names = shown.found.groups.iter().map(|planned| &planned.group.id);
    let rows: Vec<(String, String)> =
        names.map(|id| (quoted(name_of(id)), format!("aws_security_group.{}.id", name(id)))).collect();
    let width = rows.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    for (key, value) in rows {
        let _ = writeln!(out, "    {key:<width$} = {value}");
    }
    out.push_str("  }\n}\n");
}

/// The ids of new groups and lists, as attributes of their resources.
fn addresses(shown: &Synthesised<'_>) -> FxHashMap<Id, String> {
    let groups = shown.found.groups.iter().map(|planned| &planned.group.id);
    let groups = groups.filter(|id| shown.is_new_group(id)).map(|id| ("aws_security_group", id));
    let lists = shown.found.lists.iter().map(|planned| &planned.list.id);
    let lists = lists.filter(|id| shown.is_new_list(id)).map(|id| ("aws_network_acl", id));
    groups.chain(lists).map(|(kind, id)| (id.clone(), format!("{kind}.{}.id", name(id)))).collect()
}

fn name(id: &Id) -> String {
    identifier(name_of(id))
}

fn name_of(id: &Id) -> &str {
    let id = id.as_str();
    id.strip_prefix("sg-").or(id.strip_prefix("acl-")).unwrap_or(id)
}

fn group(out: &mut String, planned: &PlannedGroup, shown: &Synthesised<'_>, of: Reference<'_>) {
    let group = &planned.group;
    let name = name(&group.id);
    out.push_str(match shown.to_be {
        true => "\n# For these:\n",
        false => "\n# Give it to these, first beside the groups that they have; take those away when all have theirs:\n",
    });
    for attachment in attachments(&shown.found.after, planned) {
        let _ = writeln!(out, "#   {}", comment(&place(&attachment, shown.to_be)));
    }
    let mut attributes = vec![
        ("name", quoted(group.name.as_deref().unwrap_or_default())),
        ("description", quoted(&super::group_description(group))),
    ];
    attributes.extend(group.vpc.as_ref().map(|vpc| ("vpc_id", made_elsewhere("vpc_ids", vpc, shown))));
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
    let vpc = made_elsewhere("vpc_ids", &list.vpc, shown);
    let tags = quoted(list.tags.name().unwrap_or_default());
    let attributes = [("vpc_id", vpc), ("tags", format!("{{ Name = {tags} }}"))];
    let _ = write!(out, "\n{}", resource("aws_network_acl", &name(&list.id), &attributes));
    let mut entries = Vec::new();
    for entry in &list.entries {
        let name = entry_name(&list.id, entry);
        let _ = write!(out, "\n{}", acl_rule(&name, &list.id, entry, of));
        entries.push(format!("aws_network_acl_rule.{name}"));
    }
    for subnet in &list.subnets {
        let subnet_id = made_elsewhere("subnet_ids", subnet, shown);
        let mut attributes = vec![("network_acl_id", of(&list.id)), ("subnet_id", subnet_id)];
        // Not `subnet_ids` of the list: that would guard the subnet before there are entries.
        if !entries.is_empty() {
            attributes.push(("depends_on", format!("[\n    {},\n  ]", entries.join(",\n    "))));
        }
        let _ = writeln!(out, "\n# {}", comment(&shown.subnet(subnet)));
        out.push_str(&resource("aws_network_acl_association", &identifier(subnet.as_str()), &attributes));
    }
}
