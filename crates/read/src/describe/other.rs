//! What is known by name only: one row of a table each.

use model::{Id, Other, OtherKind};

use crate::object::Object;
use crate::snapshot::Context;

/// How an answer names its things.
pub(crate) struct Shape {
    /// The answer's key.
    pub(crate) key: &'static str,
    pub(crate) kind: OtherKind,
    /// Where the id is; the first that is there counts.
    pub(crate) ids: &'static [&'static str],
    /// Another field that all of them have, by which one is known where the answer's key is missing.
    pub(crate) mark: &'static str,
    /// Where a name is.
    name: Option<&'static str>,
    /// Where the VPC is: a path of keys, where a list stands for its first element.
    vpc: &'static [&'static str],
    /// Where the state is, likewise.
    state: &'static [&'static str],
}

/// Objects in these states are absent (S12.9).
const GONE: &[&str] = &["deleted", "deleting", "failed", "rejected", "expired"];

const fn shape(
    key: &'static str,
    kind: OtherKind,
    ids: &'static [&'static str],
    mark: &'static str,
    name: Option<&'static str>,
    vpc: &'static [&'static str],
    state: &'static [&'static str],
) -> Shape {
    Shape { key, kind, ids, mark, name, vpc, state }
}

/// The table. Where two rows fit an object, the first counts.
#[rustfmt::skip]
pub(crate) const SHAPES: &[Shape] = &[
    shape("CustomerGateways", OtherKind::CustomerGateway, &["CustomerGatewayId"], "IpAddress", None, &[], &["State"]),
    shape("Firewalls", OtherKind::NetworkFirewall, &["FirewallArn"], "FirewallName", Some("FirewallName"), &["VpcId"], &[]),
    shape("Firewall", OtherKind::NetworkFirewall, &["FirewallArn"], "FirewallName", Some("FirewallName"), &["VpcId"], &[]),
    shape("WebACLs", OtherKind::WebAcl, &["ARN"], "LockToken", Some("Name"), &[], &[]),
    shape("WebACL", OtherKind::WebAcl, &["ARN"], "DefaultAction", Some("Name"), &[], &[]),
    shape("DBInstances", OtherKind::DbInstance, &["DBInstanceArn", "DBInstanceIdentifier"], "DBInstanceIdentifier",
        Some("DBInstanceIdentifier"), &["DBSubnetGroup", "VpcId"], &["DBInstanceStatus"]),
];

/// Whether an object in this state is absent.
pub(super) fn is_gone(state: &str) -> bool {
    GONE.iter().any(|gone| state.eq_ignore_ascii_case(gone))
}

pub(crate) fn read(shape: &Shape, object: Object<'_>, context: &mut Context<'_>) {
    let id = match shape.ids {
        [only] => object.required_id(only),
        ids => {
            let id = ids.iter().find_map(|key| object.id(key));
            if id.is_none() {
                let keys: Vec<_> = ids.iter().map(|key| format!("`{key}`")).collect();
                object.error(format!("expected {} in this object, found none", keys.join(" or ")));
            }
            id
        }
    };
    let Some(id) = id else { return };
    if follow(object, shape.state).is_some_and(is_gone) {
        return;
    }
    context.insert(
        |snapshot| &mut snapshot.others,
        Other {
            id,
            kind: shape.kind,
            name: shape.name.and_then(|key| object.name(key)),
            vpc: follow(object, shape.vpc).filter(|vpc| !vpc.is_empty()).map(Id::from),
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}

/// The text at the end of a path of keys.
fn follow<'a>(object: Object<'a>, path: &[&'static str]) -> Option<&'a str> {
    match path {
        [] => None,
        [last] => object.text(last),
        [first, rest @ ..] => {
            let value = object.get(first)?;
            let inner = if value.is_list() { value.elements().next()? } else { value };
            follow(inner.object()?, rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Id, OtherKind};

    use crate::testing::{only, problems, read, sound};

    #[test]
    fn names_and_vpcs_of_what_is_only_named() {
        for (text, kind, id, name, vpc) in [
            (
                r#"{"CustomerGateways":[{"CustomerGatewayId":"cgw-1","State":"available","IpAddress":"198.51.100.9"}]}"#,
                OtherKind::CustomerGateway,
                "cgw-1",
                None,
                None,
            ),
            (
                r#"{"Firewall":{"FirewallArn":"arn:fw","FirewallName":"fw","VpcId":"vpc-1"},"UpdateToken":"x"}"#,
                OtherKind::NetworkFirewall,
                "arn:fw",
                Some("fw"),
                Some("vpc-1"),
            ),
            (
                r#"{"DBInstances":[{"DBInstanceArn":"arn:db","DBInstanceIdentifier":"db","DBSubnetGroup":{"VpcId":"vpc-1"}}]}"#,
                OtherKind::DbInstance,
                "arn:db",
                Some("db"),
                Some("vpc-1"),
            ),
        ] {
            let snapshot = sound(text);
            let other = only(&snapshot.others);
            assert_eq!(
                (other.kind, other.id.as_str(), other.name.as_deref(), other.vpc.clone()),
                (kind, id, name, vpc.map(Id::from))
            );
        }
    }

    #[test]
    fn what_is_gone_is_absent() {
        let snapshot = sound(
            r#"{"CustomerGateways":[{"CustomerGatewayId":"cgw-1","State":"deleted"},
            {"CustomerGatewayId":"cgw-2","State":"Deleting"},{"CustomerGatewayId":"cgw-3","State":"Available"}]}"#,
        );
        assert_eq!(only(&snapshot.others).id, "cgw-3");
    }

    #[test]
    fn a_list_of_names_and_a_description_are_one() {
        let snapshot = sound(
            r#"{"Firewalls":[{"FirewallArn":"arn:fw","FirewallName":"fw"}],
            "Firewall":{"FirewallArn":"arn:fw","FirewallName":"fw","VpcId":"vpc-1"}}"#,
        );
        assert_eq!(only(&snapshot.others).vpc, Some(Id::from("vpc-1")));
    }

    #[test]
    fn an_id_is_needed() {
        let snapshot =
            read(r#"{"DBInstances":[{"Engine":"pg"}],"CustomerGateways":[{"CustomerGatewayId":7}]}"#);
        assert_eq!(
            problems(&snapshot),
            [
                "error a.json:1:17: expected `DBInstanceArn` or `DBInstanceIdentifier` in this object, found none",
                "error a.json:1:75: expected a string for `CustomerGatewayId`, found a number",
            ]
        );
    }
}
