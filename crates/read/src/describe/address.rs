//! `describe-addresses`.

use model::{ElasticIp, Id, Tags};

use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    if object.required_text("PublicIp").is_none() {
        return;
    }
    let Some(public) = object.ipv4("PublicIp") else {
        return;
    };
    context.insert(
        |snapshot| &mut snapshot.elastic_ips,
        ElasticIp {
            id: object.id("AllocationId").unwrap_or_else(|| Id::from(public.to_string().as_str())),
            public,
            network_interface: object.id("NetworkInterfaceId"),
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}

/// The public address of something that is gone. Where the address went to another, that one's association counts.
pub(super) fn released(object: Object<'_>, context: &mut Context<'_>) {
    if let Some(public) = object.ipv4("PublicIp") {
        let id = Id::from(format!("released {public}").as_str());
        let address =
            ElasticIp { id, public, network_interface: None, tags: Tags::default(), origin: object.origin() };
        context.insert(|snapshot| &mut snapshot.elastic_ips, address);
    }
}

#[cfg(test)]
mod tests {
    use model::Id;

    use crate::testing::{only, problems, read, sound};

    #[test]
    fn an_address_and_who_holds_it() {
        let snapshot = sound(
            r#"{"Addresses":[{"PublicIp":"198.51.100.1","AllocationId":"eipalloc-1","NetworkInterfaceId":"eni-1","InstanceId":""}]}"#,
        );
        let address = only(&snapshot.elastic_ips);
        assert_eq!(
            (address.id.as_str(), address.network_interface.as_ref()),
            ("eipalloc-1", Some(&Id::from("eni-1")))
        );

        let bare = sound(r#"{"Addresses":[{"PublicIp":"198.51.100.2"}]}"#);
        assert_eq!(only(&bare.elastic_ips).id, "198.51.100.2");
        assert_eq!(only(&bare.elastic_ips).network_interface, None);
    }

    #[test]
    fn what_a_deleted_nat_gateway_had_is_held_by_nobody() {
        let snapshot = sound(
            r#"{"NatGateways":[{"NatGatewayId":"nat-1","State":"deleted","NatGatewayAddresses":[{"PublicIp":"198.51.100.3"}]},
            {"NatGatewayId":"nat-2","VpcId":"vpc-1","SubnetId":"subnet-1","State":"available",
            "NatGatewayAddresses":[{"PublicIp":"198.51.100.4"}]}]}"#,
        );
        let address = only(&snapshot.elastic_ips);
        assert_eq!(
            (address.public.to_string().as_str(), &address.network_interface),
            ("198.51.100.3", &None)
        );
    }

    #[test]
    fn an_address_must_be_one() {
        let snapshot = read(r#"{"Addresses":[{"PublicIp":"198.51.100"},{"AllocationId":"eipalloc-1"}]}"#);
        assert_eq!(
            problems(&snapshot),
            [
                "error a.json:1:27: expected an IPv4 address for `PublicIp`, found `198.51.100`",
                "error a.json:1:41: expected `PublicIp` in this object, found none",
            ]
        );
    }
}
