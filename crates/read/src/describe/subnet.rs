//! `describe-subnets` (S9.2).

use model::Subnet;

use super::cidr::Family;
use super::vpc::{block_public_access, ipv6_blocks};
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let (Some(id), Some(vpc)) = (object.required_id("SubnetId"), object.required_id("VpcId")) else {
        return;
    };
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

#[cfg(test)]
mod tests {
    use model::{BlockMode, Id};

    use crate::testing::{only, sound};

    #[test]
    fn a_subnet_with_both_families() {
        let snapshot = sound(
            r#"{"Subnets":[{"SubnetId":"subnet-1","VpcId":"vpc-1","OwnerId":"1","CidrBlock":"10.20.0.0/24",
            "AvailabilityZone":"eu-west-1a","AvailabilityZoneId":"euw1-az1","MapPublicIpOnLaunch":true,
            "BlockPublicAccessStates":{"InternetGatewayBlockMode":"off"},
            "Ipv6CidrBlockAssociationSet":[
              {"Ipv6CidrBlock":"2001:db8::/64","Ipv6CidrBlockState":{"State":"associated"}},
              {"Ipv6CidrBlock":"2001:db8:0:1::/64","Ipv6CidrBlockState":{"State":"disassociating"}}]}]}"#,
        );
        let subnet = only(&snapshot.subnets);
        assert_eq!((&subnet.id, &subnet.vpc), (&Id::from("subnet-1"), &Id::from("vpc-1")));
        assert_eq!(subnet.availability_zone, Some(Id::from("eu-west-1a")));
        assert_eq!(subnet.availability_zone_id, Some(Id::from("euw1-az1")));
        let cidrs: Vec<_> = subnet.cidrs.iter().map(ToString::to_string).collect();
        assert_eq!(cidrs, ["10.20.0.0/24", "2001:db8::/64"]);
        assert_eq!(subnet.block_public_access, Some(BlockMode::Off));
    }

    #[test]
    fn an_ipv6_only_subnet_has_no_ipv4_block() {
        let snapshot = sound(
            r#"{"Subnets":[{"SubnetId":"subnet-1","VpcId":"vpc-1","CidrBlock":"","Ipv6Native":true,
            "Ipv6CidrBlockAssociationSet":[{"Ipv6CidrBlock":"2001:db8::/64"}]}]}"#,
        );
        assert_eq!(only(&snapshot.subnets).cidrs, ["2001:db8::/64".parse().unwrap()]);
    }
}
