//! As a script for the AWS CLI, in an order that cuts nothing that is declared: first what lets pass, then what does not.

use std::fmt::Write;

use answers::synth::{Attachment, PlannedGroup, PlannedList, attachments};
use model::{Id, LoadBalancerType};

use super::{Synthesised, comment, group_description, place};
use crate::aws_cli::{acl_entry, permission};

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
/// subnets.
pub fn synth_aws_cli(shown: &Synthesised<'_>) -> String {
    let mut out = String::from("#!/usr/bin/env bash\n");
    let _ = writeln!(out, "# {}", comment(&shown.verdict()));
    for note in shown.notes {
        let _ = writeln!(out, "# {}", comment(note));
    }
    out.push_str(PRELUDE);
    let Synthesised { found, .. } = shown;
    if !found.groups.is_empty() {
        out.push_str("\n# The groups, then their rules, which name each other.\n");
    }
    for planned in &found.groups {
        let group = &planned.group;
        let vpc = group.vpc.as_ref().map_or("", Id::as_str);
        let name = group.name.as_deref().unwrap_or_default();
        let (variable, words) = (variable(&group.id), [vpc, name, &group_description(group)].map(word));
        let _ = writeln!(out, "{variable}=$(new_group {})", words.join(" "));
    }
    for planned in &found.groups {
        rules(&mut out, planned, shown);
    }
    if !found.lists.is_empty() {
        out.push_str("\n# The lists. They guard nothing before all entries are there.\n");
    }
    for planned in &found.lists {
        entries(&mut out, planned);
    }
    out.push_str("\n# Interfaces get the new groups beside those that they have: rules of new groups name new groups.\n");
    give(&mut out, shown, false);
    if !found.lists.is_empty() {
        out.push_str("\n# The new lists, in place of the old ones.\n");
    }
    for planned in &found.lists {
        for subnet in &planned.list.subnets {
            let list = variable(&planned.list.id);
            let _ = writeln!(out, "guard {} \"${list}\"", word(subnet.as_str()));
        }
    }
    out.push_str(
        "\n# All have their new groups: the old ones go. Nobody has them from here on that had a new one.\n",
    );
    give(&mut out, shown, true);
    out
}

fn rules(out: &mut String, planned: &PlannedGroup, shown: &Synthesised<'_>) {
    let is_new = |id: &Id| shown.found.groups.iter().any(|planned| planned.group.id == *id);
    // Out of the single quotes and into them again.
    let peer = |id: &Id| match is_new(id) {
        true => format!("'\"${}\"'", variable(id)),
        false => id.to_string(),
    };
    let group = format!("\"${}\"", variable(&planned.group.id));
    for rule in &planned.group.rules {
        let _ = writeln!(out, "{} >/dev/null", permission("authorize", &group, rule, &peer));
    }
}

fn entries(out: &mut String, planned: &PlannedList) {
    let list = &planned.list;
    let variable = variable(&list.id);
    let words = [list.vpc.as_str(), list.tags.name().unwrap_or_default()].map(word);
    let _ = writeln!(out, "{variable}=$(new_list {})", words.join(" "));
    for entry in &list.entries {
        let _ = writeln!(out, "{}", acl_entry("create", &format!("\"${variable}\""), entry));
    }
}

/// Gives groups to what takes them: beside the groups that it has, or alone.
fn give(out: &mut String, shown: &Synthesised<'_>, alone: bool) {
    for planned in &shown.found.groups {
        let new = format!("\"${}\"", variable(&planned.group.id));
        for attachment in attachments(&shown.found.after, planned) {
            let old = if alone { Vec::new() } else { groups_of(&attachment, shown) };
            let groups: Vec<String> = std::iter::once(new.clone()).chain(old).collect();
            let groups = groups.join(" ");
            let _ = match &attachment {
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
                    let verb = if alone { "remove" } else { "add" };
                    let changed = if alone { groups_of(&attachment, shown).join(" ") } else { new.clone() };
                    if changed.is_empty() {
                        Ok(())
                    } else {
                        writeln!(
                            out,
                            "aws ec2 modify-vpc-endpoint --vpc-endpoint-id {} --{verb}-security-group-ids {changed} >/dev/null",
                            word(id.as_str())
                        )
                    }
                }
                Attachment::Launch { .. } | Attachment::Service { .. } => writeln!(
                    out,
                    "# by hand: {} {} {}",
                    if alone { "no other group than" } else { "also" },
                    variable(&planned.group.id),
                    comment(&format!("in {}", place(&attachment)))
                ),
            };
        }
    }
}

/// The groups that something has now, as words.
fn groups_of(attachment: &Attachment, shown: &Synthesised<'_>) -> Vec<String> {
    let model = shown.before.model();
    let groups = match attachment {
        Attachment::Interface { id, .. } | Attachment::Service { id, .. } => {
            model.network_interfaces.get(id.as_str()).map(|noun| &noun.groups)
        }
        Attachment::LoadBalancer { id, .. } => model.load_balancers.get(id.as_str()).map(|noun| &noun.groups),
        Attachment::Endpoint { id, .. } => model.vpc_endpoints.get(id.as_str()).map(|noun| &noun.groups),
        Attachment::Launch { .. } => None,
    };
    groups.into_iter().flatten().map(|id| word(id.as_str())).collect()
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
