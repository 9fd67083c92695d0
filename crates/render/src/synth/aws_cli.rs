//! As a script for the AWS CLI, in an order that cuts nothing that is declared: first what lets pass, then what does not.

use std::fmt::Write;

use answers::synth::{Act, Attachment, PlannedList, Step, attachments};
use model::{Change, Id, LoadBalancerType, NetworkAcl, SecurityGroup, SecurityGroupRule};

use super::{Synthesised, comment, group_description, larger, place, steps};
use crate::aws_cli::{acl_entry, aws_cli, permission};

/// What scripts begin with. `&&` and not lines, since `set -e` does not reach into `$(...)`.
const PRELUDE: &str = r#"set -euo pipefail
export AWS_PAGER=

# VPC NAME DESCRIPTION: a group without the outbound rules that AWS gives to new ones.
new_group() {
    local id sends
    id=$(aws ec2 create-security-group --vpc-id "$1" --group-name "$2" --description "$3" --query GroupId --output text) &&
        sends=$(aws ec2 describe-security-groups --group-ids "$id" --query 'SecurityGroups[0].IpPermissionsEgress' --output json) &&
        aws ec2 revoke-security-group-egress --group-id "$id" --ip-permissions "$sends" >/dev/null &&
        printf '%s\n' "$id"
}

# VPC NAME: a list that lets nothing pass yet, and guards no subnet yet.
new_list() {
    aws ec2 create-network-acl --vpc-id "$1" --tag-specifications "ResourceType=network-acl,Tags=[{Key=Name,Value=$2}]" \
        --query NetworkAcl.NetworkAclId --output text
}

# SUBNET LIST: the list guards the subnet in place of the one that does now.
guard() {
    local old
    old=$(aws ec2 describe-network-acls --filters "Name=association.subnet-id,Values=$1" \
        --query "NetworkAcls[0].Associations[?SubnetId=='$1'].NetworkAclAssociationId | [0]" --output text) &&
        aws ec2 replace-network-acl-association --association-id "$old" --network-acl-id "$2" >/dev/null
}
"#;

/// The groups, lists and rules as a script for bash, and the calls that give them to interfaces, load balancers and
/// subnets; step by step where what is there stays.
pub fn synth_aws_cli(shown: &Synthesised<'_>) -> String {
    let mut out = String::from("#!/usr/bin/env bash\n");
    let _ = writeln!(out, "# {}", comment(&shown.verdict()));
    for note in shown.notes.iter().cloned().chain(shown.found.widened.iter().map(larger)) {
        let _ = writeln!(out, "# {}", comment(&note));
    }
    match &shown.found.steps {
        Some(found) => {
            let _ = writeln!(out, "# {}", comment(&steps::verdict(found)));
            out.push_str(PRELUDE);
            for (position, step) in found.iter().enumerate() {
                out.push_str(&one_step(position + 1, step, shown));
            }
        }
        None => {
            out.push_str(PRELUDE);
            if shown.to_be {
                made_elsewhere(&mut out, shown);
            }
            all_at_once(&mut out, shown);
        }
    }
    out
}

/// The ids of VPCs and subnets that were not there yet, from the environment: whoever makes them knows.
fn made_elsewhere(out: &mut String, shown: &Synthesised<'_>) {
    let vpcs = shown.found.groups.iter().filter_map(|planned| planned.group.vpc.as_ref());
    let vpcs = vpcs.chain(shown.found.lists.iter().map(|planned| &planned.list.vpc));
    let mut wanted: Vec<(&str, &Id)> = vpcs.map(|id| ("vpc", id)).collect();
    wanted
        .extend(shown.found.lists.iter().flat_map(|planned| &planned.list.subnets).map(|id| ("subnet", id)));
    wanted.sort();
    wanted.dedup();
    out.push_str("\n# What was not there yet, by the ids that it has now.\n");
    for (kind, id) in wanted {
        let _ = writeln!(
            out,
            ": \"${{{}:?the id of the {kind} {}}}\"",
            handed_over(kind, id),
            comment(id.as_str())
        );
    }
}

fn all_at_once(out: &mut String, shown: &Synthesised<'_>) {
    let Synthesised { found, .. } = shown;
    if !found.groups.is_empty() {
        out.push_str("\n# The groups, then their rules, which name each other.\n");
    }
    for planned in &found.groups {
        new_group(out, &planned.group, shown);
    }
    for planned in &found.groups {
        rules(out, &planned.group, shown);
    }
    if !found.lists.is_empty() {
        out.push_str("\n# The lists. They guard nothing before all entries are there.\n");
    }
    for planned in &found.lists {
        new_list(out, &planned.list, shown);
    }
    if shown.to_be {
        groups_for(out, shown);
    } else {
        out.push_str("\n# Interfaces get the new groups beside those that they have: rules of new groups name new groups.\n");
        give(out, shown, false);
    }
    if !found.lists.is_empty() {
        out.push_str("\n# The new lists, in place of the old ones.\n");
    }
    for PlannedList { list, .. } in &found.lists {
        for subnet in &list.subnets {
            let _ =
                writeln!(out, "guard {} {}", elsewhere("subnet", subnet, shown), reference(&list.id, shown));
        }
    }
    if shown.to_be {
        return;
    }
    out.push_str(
        "\n# All have their new groups: the old ones go. Nobody has them from here on that had a new one.\n",
    );
    give(out, shown, true);
}

/// A step: what it is and does in a comment, then its calls.
fn one_step(number: usize, step: &Step, shown: &Synthesised<'_>) -> String {
    let mut out = format!("\n# {number}: {}\n", comment(&steps::words(&step.act, shown)));
    for said in steps::does(step, shown) {
        let _ = writeln!(out, "#    {}", comment(&said));
    }
    let _ = match &step.act {
        Act::CreateGroup(group) => {
            new_group(&mut out, group, shown);
            Ok(())
        }
        Act::CreateList(list) => {
            new_list(&mut out, list, shown);
            Ok(())
        }
        Act::Change(Change::AuthorizeSecurityGroup { group, rule }) => {
            writeln!(out, "{} >/dev/null", one_rule("authorize", group, rule, shown))
        }
        Act::Change(Change::RevokeSecurityGroup { group, rule }) => {
            writeln!(out, "{} >/dev/null", one_rule("revoke", group, rule, shown))
        }
        Act::Change(change) => writeln!(out, "{}", aws_cli(change)),
        Act::SetGroups { place, from, to, .. } => set_groups(&mut out, place, from, to, shown),
        Act::Associate(subnet, list) => {
            writeln!(out, "guard {} {}", word(subnet.as_str()), reference(list, shown))
        }
    };
    out
}

fn new_group(out: &mut String, group: &SecurityGroup, shown: &Synthesised<'_>) {
    let vpc = group.vpc.as_ref().map_or_else(String::new, |vpc| elsewhere("vpc", vpc, shown));
    let name = group.name.as_deref().unwrap_or_default();
    let [name, description] = [name, &group_description(group)].map(word);
    let _ = writeln!(out, "{}=$(new_group {vpc} {name} {description})", variable(&group.id));
}

fn rules(out: &mut String, group: &SecurityGroup, shown: &Synthesised<'_>) {
    for rule in &group.rules {
        let _ = writeln!(out, "{} >/dev/null", one_rule("authorize", &group.id, rule, shown));
    }
}

fn one_rule(verb: &str, group: &Id, rule: &SecurityGroupRule, shown: &Synthesised<'_>) -> String {
    // Out of the single quotes and into them again.
    let peer = |id: &Id| match shown.is_new_group(id) {
        true => format!("'{}'", reference(id, shown)),
        false => id.to_string(),
    };
    permission(verb, &reference(group, shown), rule, &peer)
}

fn new_list(out: &mut String, list: &NetworkAcl, shown: &Synthesised<'_>) {
    let variable = variable(&list.id);
    let (vpc, name) = (elsewhere("vpc", &list.vpc, shown), word(list.tags.name().unwrap_or_default()));
    let _ = writeln!(out, "{variable}=$(new_list {vpc} {name})");
    for entry in &list.entries {
        let _ = writeln!(out, "{}", acl_entry("create", &format!("\"${variable}\""), entry));
    }
}

/// Whom the groups are for: what is not there yet is made with them.
fn groups_for(out: &mut String, shown: &Synthesised<'_>) {
    out.push_str("\n# What is made with them.\n");
    for planned in &shown.found.groups {
        for attachment in attachments(&shown.found.after, planned) {
            let whom = word(&comment(&place(&attachment, true)));
            let _ = writeln!(out, "printf '%s: %s\\n' {whom} {}", reference(&planned.group.id, shown));
        }
    }
}

/// The id of a VPC or a subnet: of one that was not there yet, what the environment says.
fn elsewhere(kind: &str, id: &Id, shown: &Synthesised<'_>) -> String {
    if shown.to_be { format!("\"${}\"", handed_over(kind, id)) } else { word(id.as_str()) }
}

/// The variable that has to be in the environment.
fn handed_over(kind: &str, id: &Id) -> String {
    format!("{kind}_{}", variable(id))
}

/// Gives groups to what takes them: beside the groups that it has, or alone.
fn give(out: &mut String, shown: &Synthesised<'_>, alone: bool) {
    for planned in &shown.found.groups {
        let new = vec![planned.group.id.clone()];
        for attachment in attachments(&shown.found.after, planned) {
            let old = groups_of(&attachment, shown);
            let both: Vec<Id> = new.iter().chain(&old).cloned().collect();
            let _ = match alone {
                true => set_groups(out, &attachment, &both, &new, shown),
                false => set_groups(out, &attachment, &old, &both, shown),
            };
        }
    }
}

/// The call that gives a place other groups than it has.
fn set_groups(
    out: &mut String,
    place_of: &Attachment,
    from: &[Id],
    to: &[Id],
    shown: &Synthesised<'_>,
) -> std::fmt::Result {
    let words = |ids: &[&Id]| ids.iter().map(|id| reference(id, shown)).collect::<Vec<_>>().join(" ");
    let groups = words(&to.iter().collect::<Vec<_>>());
    match place_of {
        Attachment::Interface { id, name } => writeln!(
            out,
            "aws ec2 modify-network-interface-attribute --network-interface-id {} --groups {groups} # {}",
            word(id.as_str()),
            comment(name)
        ),
        Attachment::LoadBalancer { id, kind: LoadBalancerType::Classic, .. } => writeln!(
            out,
            "aws elb apply-security-groups-to-load-balancer --load-balancer-name {} --security-groups {groups} >/dev/null",
            word(id.as_str())
        ),
        Attachment::LoadBalancer { id, .. } => writeln!(
            out,
            "aws elbv2 set-security-groups --load-balancer-arn {} --security-groups {groups} >/dev/null",
            word(id.as_str())
        ),
        Attachment::Endpoint { id, .. } => {
            let less: Vec<&Id> = from.iter().filter(|group| !to.contains(group)).collect();
            let more: Vec<&Id> = to.iter().filter(|group| !from.contains(group)).collect();
            for (verb, changed) in [("add", more), ("remove", less)].iter().filter(|(_, ids)| !ids.is_empty())
            {
                writeln!(
                    out,
                    "aws ec2 modify-vpc-endpoint --vpc-endpoint-id {} --{verb}-security-group-ids {} >/dev/null",
                    word(id.as_str()),
                    words(changed)
                )?;
            }
            Ok(())
        }
        Attachment::Launch { .. } | Attachment::Service { .. } => {
            let place = comment(&place(place_of, shown.to_be));
            writeln!(out, "# by hand: these groups and no others, {groups}, in {place}")
        }
    }
}

/// The groups that something has now.
fn groups_of(attachment: &Attachment, shown: &Synthesised<'_>) -> Vec<Id> {
    let model = shown.before.model();
    let groups = match attachment {
        Attachment::Interface { id, .. } | Attachment::Service { id, .. } => {
            model.network_interfaces.get(id.as_str()).map(|noun| &noun.groups)
        }
        Attachment::LoadBalancer { id, .. } => model.load_balancers.get(id.as_str()).map(|noun| &noun.groups),
        Attachment::Endpoint { id, .. } => model.vpc_endpoints.get(id.as_str()).map(|noun| &noun.groups),
        Attachment::Launch { .. } => None,
    };
    groups.into_iter().flatten().cloned().collect()
}

/// A word that stands for a group or list: of a new one the variable with its id.
fn reference(id: &Id, shown: &Synthesised<'_>) -> String {
    match shown.is_new_group(id) || shown.is_new_list(id) {
        true => format!("\"${}\"", variable(id)),
        false => word(id.as_str()),
    }
}

/// The variable that holds the id that AWS gives.
fn variable(id: &Id) -> String {
    id.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// A word of the shell.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
