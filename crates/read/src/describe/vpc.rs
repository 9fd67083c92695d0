//! `describe-vpcs` (S9.1).

use ipnet::IpNet;
use model::{BlockMode, Vpc};

use super::cidr::Family;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("VpcId") else {
        return;
    };
    let primary = object.cidr("CidrBlock", Family::Either);
    let mut cidrs: Vec<IpNet> = primary.into_iter().collect();
    let associated =
        associated(object, "CidrBlockAssociationSet", "CidrBlock", "CidrBlockState", Family::Either);
    for block in associated.into_iter().chain(ipv6_blocks(object)) {
        if !cidrs.contains(&block) {
            cidrs.push(block);
        }
    }
    let mode = object.object("BlockPublicAccessStates").and_then(block_public_access);
    context.insert(
        |snapshot| &mut snapshot.vpcs,
        Vpc {
            id,
            owner: object.id("OwnerId"),
            cidrs,
            block_public_access: mode,
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
    let Some(mode) = value.text() else {
        return Some(BlockMode::Unknown("what the export says could not be read"));
    };
    match mode {
        "off" => Some(BlockMode::Off),
        "block-bidirectional" => Some(BlockMode::Bidirectional),
        "block-ingress" => Some(BlockMode::Ingress),
        other => {
            let other = crate::object::shown(other);
            // A mode that this version does not know still blocks something: the strictest is the safe reading.
            value.warning(format!(
                "expected `off`, `block-bidirectional` or `block-ingress`, found `{other}`; read as `block-bidirectional`"
            ));
            Some(BlockMode::Bidirectional)
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{BlockMode, Id};

    use crate::testing::{only, problems, read, sound};

    #[test]
    fn a_vpc_with_all_its_blocks() {
        let snapshot = sound(
            r#"{"Vpcs":[{"VpcId":"vpc-1","OwnerId":"111122223333","CidrBlock":"10.20.0.0/16","State":"available",
            "CidrBlockAssociationSet":[
              {"CidrBlock":"100.64.0.0/16","CidrBlockState":{"State":"associated"}},
              {"CidrBlock":"10.20.0.0/16","CidrBlockState":{"State":"associated"}},
              {"CidrBlock":"10.99.0.0/16","CidrBlockState":{"State":"disassociated"}}],
            "Ipv6CidrBlockAssociationSet":[
              {"Ipv6CidrBlock":"2001:db8::/56","Ipv6CidrBlockState":{"State":"associated"}}],
            "BlockPublicAccessStates":{"InternetGatewayBlockMode":"block-ingress"},
            "Tags":[{"Key":"Name","Value":"shop"}]}]}"#,
        );
        let vpc = only(&snapshot.vpcs);
        assert_eq!(vpc.id, Id::from("vpc-1"));
        assert_eq!(vpc.owner, Some(Id::from("111122223333")));
        let cidrs: Vec<_> = vpc.cidrs.iter().map(ToString::to_string).collect();
        assert_eq!(cidrs, ["10.20.0.0/16", "100.64.0.0/16", "2001:db8::/56"], "the primary block first");
        assert_eq!(vpc.block_public_access, Some(BlockMode::Ingress));
        assert_eq!(vpc.tags.name(), Some("shop"));
    }

    #[test]
    fn an_older_answer_has_the_primary_block_only() {
        let snapshot = sound(r#"{"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/8","Tags":null}]}"#);
        assert_eq!(only(&snapshot.vpcs).cidrs, ["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(only(&snapshot.vpcs).block_public_access, None);
    }

    #[test]
    fn a_mode_that_cannot_be_read_is_not_known() {
        let snapshot = read(
            r#"{"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/8","BlockPublicAccessStates":{"InternetGatewayBlockMode":7}}]}"#,
        );
        assert!(matches!(only(&snapshot.vpcs).block_public_access, Some(BlockMode::Unknown(_))));
        assert_eq!(snapshot.problems.len(), 1);
    }

    #[test]
    fn an_answer_that_prints_no_mode_contradicts_none() {
        let with = r#"{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/8","BlockPublicAccessStates":{"InternetGatewayBlockMode":"block-ingress"}}"#;
        let without = r#"{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/8"}"#;
        for (first, second) in [(with, without), (without, with)] {
            let snapshot = sound(&format!(r#"{{"Vpcs":[{first},{second}]}}"#));
            assert_eq!(only(&snapshot.vpcs).block_public_access, Some(BlockMode::Ingress));
        }
    }

    #[test]
    fn an_unknown_mode_blocks() {
        let snapshot = read(
            r#"{"Vpcs":[{"VpcId":"vpc-1","CidrBlock":"10.0.0.0/8","BlockPublicAccessStates":{"InternetGatewayBlockMode":"on"}}]}"#,
        );
        assert_eq!(only(&snapshot.vpcs).block_public_access, Some(BlockMode::Bidirectional));
        assert_eq!(
            problems(&snapshot),
            [concat!(
                "warning a.json:1:106: expected `off`, `block-bidirectional` or `block-ingress`, found `on`; ",
                "read as `block-bidirectional`"
            )]
        );
    }
}
