//! `describe-transit-gateway-attachments`, `-vpc-attachments` and `-peering-attachments`, which complete each other
//! (S9.12): the first says what is attached and to which route table, the others what only their kind has.

use model::{AttachmentKind, Id, TransitGatewayAttachment};

use super::other::is_gone;
use super::state::{in_force, is_available};
use crate::object::Object;
use crate::snapshot::Context;

/// `State` of an association with a route table.
pub(super) const ASSOCIATED: &[&str] = &["associated", "associating", "disassociating", "disassociated"];

/// An attachment of any kind.
pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(attachment) = common(object, context) else { return };
    let (Some(gateway), Some(kind)) =
        (object.required_id("TransitGatewayId"), object.required_text("ResourceType"))
    else {
        return context.left_out("TransitGatewayAttachments", object.origin());
    };
    let kind = match kind {
        "vpc" => AttachmentKind::Vpc,
        "vpn" => AttachmentKind::Vpn,
        "direct-connect-gateway" => AttachmentKind::DirectConnectGateway,
        "peering" | "tgw-peering" => AttachmentKind::Peering,
        "connect" => AttachmentKind::Connect,
        other => AttachmentKind::Other(other.into()),
    };
    let (mut transit_gateways, mut resource) = (vec![gateway], object.id("ResourceId"));
    if kind == AttachmentKind::Peering {
        // What is attached is the other gateway, which sees it the other way round.
        transit_gateways.extend(resource.take());
    }
    let route_tables = object.object("Association").map(route_tables).unwrap_or_default();
    insert(
        TransitGatewayAttachment { transit_gateways, kind, resource, route_tables, ..attachment },
        context,
    );
}

/// An attachment of a VPC, with its subnets and options.
pub(crate) fn read_vpc(object: Object<'_>, context: &mut Context<'_>) {
    let Some(attachment) = common(object, context) else { return };
    let (Some(gateway), Some(vpc)) = (object.required_id("TransitGatewayId"), object.required_id("VpcId"))
    else {
        return context.left_out("TransitGatewayVpcAttachments", object.origin());
    };
    let errors = object.errors();
    let subnets = object.has("SubnetIds").then(|| object.ids("SubnetIds"));
    let option = |key| object.object("Options").and_then(|options| options.text(key));
    let attachment = TransitGatewayAttachment {
        transit_gateways: vec![gateway],
        resource: Some(vpc),
        appliance_mode: option("ApplianceModeSupport") == Some("enable"),
        ipv6: option("Ipv6Support") == Some("enable"),
        security_group_referencing: option("SecurityGroupReferencingSupport") != Some("disable"),
        // With a subnet less, a zone would look cut off.
        subnets: subnets.filter(|_| object.errors() == errors),
        ..attachment
    };
    insert(attachment, context);
}

/// A peering of two gateways, which both of their Regions and accounts list.
pub(crate) fn read_peering(object: Object<'_>, context: &mut Context<'_>) {
    let Some(attachment) = common(object, context) else { return };
    let sides = ["RequesterTgwInfo", "AccepterTgwInfo"].into_iter();
    let transit_gateways: Vec<Id> =
        sides.filter_map(|key| object.object(key)?.id("TransitGatewayId")).collect();
    if transit_gateways.is_empty() {
        let expected = "expected `RequesterTgwInfo` or `AccepterTgwInfo` with a `TransitGatewayId`";
        object.error(format!("{expected} in this attachment"));
        return context.left_out("TransitGatewayPeeringAttachments", object.origin());
    }
    let kind = AttachmentKind::Peering;
    insert(TransitGatewayAttachment { transit_gateways, kind, ..attachment }, context);
}

/// What all three print; what they do not is as AWS has it by default. `None` where it is gone.
fn common(object: Object<'_>, context: &mut Context<'_>) -> Option<TransitGatewayAttachment> {
    let Some(id) = object.required_id("TransitGatewayAttachmentId") else {
        context.left_out("TransitGatewayAttachments", object.origin());
        return None;
    };
    if object.text("State").is_some_and(is_gone) {
        return None;
    }
    Some(TransitGatewayAttachment {
        id,
        transit_gateways: Vec::new(),
        kind: AttachmentKind::Vpc,
        resource: None,
        available: is_available(object),
        route_tables: Vec::new(),
        subnets: None,
        appliance_mode: false,
        ipv6: false,
        security_group_referencing: true,
        tags: object.tags("Tags"),
        origin: object.origin(),
    })
}

/// The route table of the attachment's own `Association`, if it is in force. Without one, and where the state is not
/// understood, nobody knows where its packets go unless a table lists it.
fn route_tables(association: Object<'_>) -> Vec<Id> {
    let in_force = in_force(association, "State", ASSOCIATED) == Some(true);
    association.id("TransitGatewayRouteTableId").filter(|_| in_force).into_iter().collect()
}

fn insert(mut attachment: TransitGatewayAttachment, context: &mut Context<'_>) {
    attachment.transit_gateways.sort();
    attachment.transit_gateways.dedup();
    context.insert(|snapshot| &mut snapshot.transit_gateway_attachments, attachment);
}

#[cfg(test)]
mod tests {
    use model::{AttachmentKind, Id};

    use crate::testing::{only, problems, read, sound};

    const ALL: &str = r#""TransitGatewayAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-1","TransitGatewayId":"tgw-1",
        "ResourceType":"vpc","ResourceId":"vpc-1","State":"available",
        "Association":{"TransitGatewayRouteTableId":"tgw-rtb-1","State":"associated"}}]"#;
    const VPCS: &str = r#""TransitGatewayVpcAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-1","TransitGatewayId":"tgw-1",
        "VpcId":"vpc-1","State":"available","SubnetIds":["subnet-1","subnet-2"],"Tags":[{"Key":"Name","Value":"hub"}],
        "Options":{"ApplianceModeSupport":"enable","Ipv6Support":"enable","SecurityGroupReferencingSupport":"disable"}}]"#;

    #[test]
    fn two_calls_complete_each_other() {
        for text in [format!("{{{ALL},\n{VPCS}}}"), format!("{{{VPCS},\n{ALL}}}")] {
            let snapshot = sound(&text);
            let attachment = only(&snapshot.transit_gateway_attachments);
            assert_eq!(attachment.kind, AttachmentKind::Vpc);
            assert_eq!(attachment.resource, Some(Id::from("vpc-1")));
            assert_eq!(attachment.transit_gateways, [Id::from("tgw-1")]);
            assert_eq!(attachment.route_tables, [Id::from("tgw-rtb-1")]);
            assert_eq!(attachment.subnets, Some(vec![Id::from("subnet-1"), Id::from("subnet-2")]));
            assert!(attachment.available && attachment.appliance_mode && attachment.ipv6);
            assert!(!attachment.security_group_referencing);
            assert_eq!(attachment.tags.name(), Some("hub"));
        }
    }

    #[test]
    fn without_the_second_call_subnets_are_not_known() {
        let snapshot = sound(&format!("{{{ALL}}}"));
        let attachment = only(&snapshot.transit_gateway_attachments);
        assert_eq!(attachment.subnets, None);
        assert!(!attachment.appliance_mode && attachment.security_group_referencing);
    }

    #[test]
    fn a_contradiction_is_named() {
        let snapshot = read(&format!("{{{ALL},\n{}}}", VPCS.replace("vpc-1", "vpc-2")));
        assert_eq!(problems(&snapshot).len(), 1, "{:?}", problems(&snapshot));
    }

    #[test]
    fn both_sides_of_a_peering_list_it() {
        let one = |gateway: &str, peer: &str, table: &str| {
            format!(
                r#""TransitGatewayAttachments":[{{"TransitGatewayAttachmentId":"tgw-attach-9","TransitGatewayId":"{gateway}",
                "ResourceType":"peering","ResourceId":"{peer}","State":"available",
                "Association":{{"TransitGatewayRouteTableId":"{table}","State":"associated"}}}}]"#
            )
        };
        let (here, there) = (one("tgw-1", "tgw-2", "tgw-rtb-1"), one("tgw-2", "tgw-1", "tgw-rtb-2"));
        let peering = r#""TransitGatewayPeeringAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-9",
            "RequesterTgwInfo":{"TransitGatewayId":"tgw-1","Region":"eu-west-1"},
            "AccepterTgwInfo":{"TransitGatewayId":"tgw-2","Region":"eu-north-1"},"State":"available"}]"#;
        for text in [
            format!(r#"{{"a":{{{here},{peering}}},"b":{{{there},{peering}}}}}"#),
            format!(r#"{{"b":{{{peering}}},"a":{{{there}}},"c":{{{here}}}}}"#),
        ] {
            let snapshot = sound(&text);
            let attachment = only(&snapshot.transit_gateway_attachments);
            assert_eq!(attachment.kind, AttachmentKind::Peering);
            assert_eq!(attachment.transit_gateways, [Id::from("tgw-1"), Id::from("tgw-2")]);
            assert_eq!(attachment.route_tables, [Id::from("tgw-rtb-1"), Id::from("tgw-rtb-2")]);
        }
    }

    #[test]
    fn an_attachment_that_is_left_out_may_be_any_vpcs() {
        for text in [
            ALL.replace("\"ResourceType\":\"vpc\",", ""),
            VPCS.replace("\"VpcId\":\"vpc-1\",", ""),
            r#""TransitGatewayPeeringAttachments":[{"TransitGatewayAttachmentId":"tgw-attach-1"}]"#
                .to_owned(),
            r#""TransitGatewayAttachments":[7]"#.to_owned(),
            r#""TransitGatewayVpcAttachments":[],"NextToken":"x""#.to_owned(),
        ] {
            let snapshot = read(&format!("{{{text}}}"));
            assert_eq!(problems(&snapshot).len(), 1, "{text}");
            assert!(snapshot.transit_gateway_attachments_incomplete, "{text}");
        }
        assert!(!sound(&format!("{{{ALL}}}")).transit_gateway_attachments_incomplete);
    }

    #[test]
    fn kinds_and_states() {
        for (name, kind) in [
            ("vpn", AttachmentKind::Vpn),
            ("direct-connect-gateway", AttachmentKind::DirectConnectGateway),
            ("connect", AttachmentKind::Connect),
            ("vpn-concentrator", AttachmentKind::Other("vpn-concentrator".into())),
        ] {
            let text = ALL.replace("\"vpc\"", &format!("\"{name}\"")).replace("available", "modifying");
            let snapshot = sound(&format!("{{{text}}}"));
            let attachment = only(&snapshot.transit_gateway_attachments);
            assert_eq!((&attachment.kind, attachment.available), (&kind, false));
        }
        assert!(
            sound(&format!("{{{}}}", ALL.replace("available", "rejected")))
                .transit_gateway_attachments
                .is_empty()
        );
        let leaving = sound(&format!("{{{}}}", ALL.replace("associated", "disassociating")));
        assert!(only(&leaving.transit_gateway_attachments).route_tables.is_empty());
        let odd = read(&format!("{{{}}}", ALL.replace("associated", "odd")));
        assert_eq!(
            problems(&odd),
            ["error a.json:3:23: expected a state such as `associated` for `State`, found `odd`"]
        );
        assert!(only(&odd.transit_gateway_attachments).route_tables.is_empty());
    }
}
