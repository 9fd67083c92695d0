//! `describe-subnets` (S9.2).

use model::Subnet;

use super::cidr::Family;
use super::vpc::{block_public_access, ipv6_blocks};
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(vpc)) = (object.required_id("SubnetId"), object.required_id("VpcId")) else { return };
    // An IPv6-only subnet has no IPv4 block, which the API writes as absent or empty.
    let block = object.get("CidrBlock").filter(|value| !value.is_empty_text());
    let mut cidrs: Vec<_> = block.and_then(|value| value.cidr(Family::V4)).into_iter().collect();
    cidrs.extend(ipv6_blocks(object));
    context.insert(
        |snapshot| &mut snapshot.subnets,
        Subnet {
            id,
            vpc,
            owner: object.id("OwnerId"),
            availability_zone: object.id("AvailabilityZone"),
            availability_zone_id: object.id("AvailabilityZoneId"),
            cidrs,
            block_public_access: object.object("BlockPublicAccessStates").and_then(block_public_access),
            tags: object.tags("Tags"),
            origin: object.origin(),
        },
    );
}
