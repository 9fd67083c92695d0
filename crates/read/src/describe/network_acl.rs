//! `describe-network-acls` (S9.7).

use model::{Action, NetworkAcl, NetworkAclEntry};
use rustc_hash::FxHashMap;

use super::cidr::Family;
use super::traffic;
use crate::object::{Object, shown};
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(vpc)) = (object.required_id("NetworkAclId"), object.required_id("VpcId")) else { return };
    let errors = object.errors();
    let subnets = object.objects("Associations").filter_map(|association| association.required_id("SubnetId"));
    let subnets = subnets.collect();
    let mut entries: Vec<NetworkAclEntry> = Vec::new();
    let mut numbers = FxHashMap::default();
    for element in object.objects("Entries") {
        let Some(entry) = entry(element) else { continue };
        // S2.3: a number is unique within a direction; which of two AWS would ask first is not known.
        if let Some(&first) = numbers.get(&(entry.egress, entry.number)) {
            let direction = if entry.egress { "outbound" } else { "inbound" };
            let first = context.place(first);
            let number = entry.number;
            element.error(format!("{direction} rule number {number} is used twice; only the one at {first} is read"));
            continue;
        }
        numbers.insert((entry.egress, entry.number), entry.origin);
        entries.push(entry);
    }
    context.insert(
        |snapshot| &mut snapshot.network_acls,
        NetworkAcl {
            id,
            vpc,
            is_default: object.flag("IsDefault").unwrap_or(false),
            subnets,
            entries,
            incomplete: object.errors() > errors,
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}

fn entry(object: Object<'_>) -> Option<NetworkAclEntry> {
    let (egress, number, action) = (object.required_flag("Egress"), number(object), action(object));
    let cidr = match (object.has("CidrBlock"), object.has("Ipv6CidrBlock")) {
        (true, false) => object.cidr("CidrBlock", Family::V4)?,
        (false, true) => object.cidr("Ipv6CidrBlock", Family::V6)?,
        (both, _) => {
            let found = if both { "both" } else { "none" };
            object.error(format!("expected either `CidrBlock` or `Ipv6CidrBlock`, found {found}"));
            return None;
        }
    };
    let traffic = traffic::of_entry(object, cidr.addr().is_ipv4())?;
    let origin = object.origin();
    Some(NetworkAclEntry { egress: egress?, number: number?, action: action?, traffic, cidr, origin })
}

/// 1 to 65535; what is above 32766 is a star entry in whatever order (D4).
fn number(object: Object<'_>) -> Option<u32> {
    let Some(value) = object.get("RuleNumber") else {
        object.error("expected `RuleNumber` in this object, found none");
        return None;
    };
    let number = value.number()?;
    match u16::try_from(number) {
        Ok(number) if number > 0 => Some(u32::from(number)),
        _ => {
            value.error(format!("expected a number from 1 to 65535 for `RuleNumber`, found `{number}`"));
            None
        }
    }
}

fn action(object: Object<'_>) -> Option<Action> {
    let text = object.required_text("RuleAction")?;
    if text.eq_ignore_ascii_case("allow") {
        Some(Action::Allow)
    } else if text.eq_ignore_ascii_case("deny") {
        Some(Action::Deny)
    } else {
        object.error(format!("expected `allow` or `deny` for `RuleAction`, found `{}`", shown(text)));
        None
    }
}
