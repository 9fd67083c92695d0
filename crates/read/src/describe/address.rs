//! `describe-addresses`.

use model::{ElasticIp, Id};

use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    if object.required_text("PublicIp").is_none() {
        return;
    }
    let Some(public) = object.ipv4("PublicIp") else { return };
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
