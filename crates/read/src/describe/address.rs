//! `describe-addresses`.

use model::{ElasticIp, Id};

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
            id: object
                .id("AllocationId")
                .unwrap_or_else(|| Id::from(public.to_string().as_str())),
            public,
            network_interface: object.id("NetworkInterfaceId"),
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
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
