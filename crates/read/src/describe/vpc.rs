//! `describe-vpcs` (S9.1).

use ipnet::IpNet;
use model::{BlockMode, Vpc};

use super::cidr::Family;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("VpcId") else { return };
    let primary = object.cidr("CidrBlock", Family::V4);
    let mut cidrs: Vec<IpNet> = primary.into_iter().collect();
    let others = associated(object, "CidrBlockAssociationSet", "CidrBlock", "CidrBlockState", Family::V4);
    cidrs.extend(others.into_iter().filter(|&block| Some(block) != primary));
    cidrs.extend(ipv6_blocks(object));
    let mode = object.object("BlockPublicAccessStates").and_then(block_public_access);
    context.insert(
        |snapshot| &mut snapshot.vpcs,
        Vpc {
            id,
            owner: object.id("OwnerId"),
            cidrs,
            block_public_access: mode.unwrap_or_default(),
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}

/// The blocks of a set of associations that are in force.
fn associated(
    object: Object<'_>,
    set: &'static str,
    block: &'static str,
    state: &'static str,
    family: Family,
) -> Vec<IpNet> {
    let in_force = object.objects(set).filter(|association| {
        let state = association.text_in(state, "State");
        state.is_none_or(|state| state.eq_ignore_ascii_case("associated"))
    });
    in_force.filter_map(|association| association.required_cidr(block, family)).collect()
}

pub(super) fn ipv6_blocks(object: Object<'_>) -> Vec<IpNet> {
    associated(object, "Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", "Ipv6CidrBlockState", Family::V6)
}

/// `BlockPublicAccessStates` (S3.43).
pub(super) fn block_public_access(states: Object<'_>) -> Option<BlockMode> {
    let value = states.get("InternetGatewayBlockMode")?;
    match value.text()? {
        "off" => Some(BlockMode::Off),
        "block-bidirectional" => Some(BlockMode::Bidirectional),
        "block-ingress" => Some(BlockMode::Ingress),
        other => {
            let other = crate::object::shown(other);
            value.error(format!("expected `off`, `block-bidirectional` or `block-ingress`, found `{other}`"));
            None
        }
    }
}
