//! `describe-security-groups` (S9.5) and `describe-security-group-rules` (S9.6).

use model::{Id, Origin, Peer, Problem, SecurityGroup, SecurityGroupRule, Traffic};

use super::cidr::Family;
use super::traffic;
use crate::object::{Object, Value};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("GroupId") else { return };
    let errors = object.errors();
    let mut rules = Vec::new();
    for (key, egress) in [("IpPermissions", false), ("IpPermissionsEgress", true)] {
        object.objects(key).for_each(|permission| split(permission, egress, &mut rules));
    }
    context.insert(
        |snapshot| &mut snapshot.security_groups,
        SecurityGroup {
            id,
            name: object.name("GroupName"),
            vpc: object.id("VpcId"),
            owner: object.id("OwnerId"),
            rules,
            incomplete: object.errors() > errors,
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}

/// One rule a source (S1.2), each with the place of its source.
fn split(permission: Object<'_>, egress: bool, rules: &mut Vec<SecurityGroupRule>) {
    let Some(traffic) = traffic::of_rule(permission) else { return };
    let mut any = false;
    let mut each = |key, peer: fn(Object<'_>) -> Option<Peer>| {
        for source in permission.list(key).filter_map(Value::object) {
            any = true;
            if let Some(peer) = peer(source) {
                rules.push(rule(None, egress, traffic, peer, source));
            }
        }
    };
    each("IpRanges", |source| source.required_cidr("CidrIp", Family::V4).map(Peer::Cidr));
    each("Ipv6Ranges", |source| source.required_cidr("CidrIpv6", Family::V6).map(Peer::Cidr));
    each("PrefixListIds", |source| source.required_id("PrefixListId").map(Peer::PrefixList));
    each("UserIdGroupPairs", |source| source.required_id("GroupId").map(Peer::Group));
    if !any {
        let message = "this permission names no source or destination, so it allows nothing";
        permission.report(Problem::note(permission.origin(), message));
    }
}

fn rule(id: Option<Id>, egress: bool, traffic: Traffic, peer: Peer, source: Object<'_>) -> SecurityGroupRule {
    let (description, origin): (_, Origin) = (source.name("Description"), source.origin());
    SecurityGroupRule { id, egress, traffic, peer, description, origin }
}

/// One rule of the flat list. One that cannot be read leaves its group incomplete, in whatever file that is.
pub(crate) fn read_rule(object: Object<'_>, context: &mut Context<'_>) {
    let group = object.required_id("GroupId");
    match (&group, flat(object)) {
        (Some(group), Some(rule)) => context.insert_rule(group.clone(), rule),
        _ => context.incomplete_group(group),
    }
}

fn flat(object: Object<'_>) -> Option<SecurityGroupRule> {
    let id = object.required_id("SecurityGroupRuleId")?;
    let Some(egress) = object.required_flag("IsEgress") else { return None };
    let traffic = traffic::of_rule(object)?;
    let fields = ["CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupInfo"];
    let mut given = fields.into_iter().filter(|&key| object.has(key));
    let peer = match (given.next(), given.next()) {
        (Some("CidrIpv4"), None) => Peer::Cidr(object.cidr("CidrIpv4", Family::V4)?),
        (Some("CidrIpv6"), None) => Peer::Cidr(object.cidr("CidrIpv6", Family::V6)?),
        (Some("PrefixListId"), None) => Peer::PrefixList(object.required_id("PrefixListId")?),
        (Some(_), None) => Peer::Group(object.object("ReferencedGroupInfo")?.required_id("GroupId")?),
        (first, second) => {
            let found = match (first, second) {
                (Some(first), Some(second)) => format!("`{first}` and `{second}`"),
                _ => "none".to_owned(),
            };
            let fields = fields.map(|field| format!("`{field}`")).join(", ");
            object.error(format!("expected exactly one of {fields}, found {found}"));
            return None;
        }
    };
    Some(rule(Some(id), egress, traffic, peer, object))
}
