//! `describe-nat-gateways` (S9.9).

use model::{NatGateway, NatGatewayAddress};

use super::other::is_gone;
use super::state::{in_force, is_available};
use crate::object::{Object, shown};
use crate::snapshot::Context;

/// `Status` of an address. All but the first are of one that is on its way in or out.
const ASSIGNED: &[&str] =
    &["succeeded", "assigning", "unassigning", "associating", "disassociating", "failed"];

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("NatGatewayId") else { return };
    if object.text("State").is_some_and(is_gone) {
        // Public addresses that only something gone had are held by nobody (S12.9).
        for address in object.objects("NatGatewayAddresses") {
            super::address::released(address, context);
        }
        return;
    }
    let Some(vpc) = object.required_id("VpcId") else { return };
    let errors = object.errors();
    let private = is_one(object, "ConnectivityType", "private", "public");
    let regional = is_one(object, "AvailabilityMode", "regional", "zonal");
    // Only a regional gateway is in no subnet (S3.27).
    let subnet = if regional { object.id("SubnetId") } else { object.required_id("SubnetId") };
    let mut addresses: Vec<_> = object.objects("NatGatewayAddresses").filter_map(address).collect();
    addresses.sort_by_key(|&(primary, _)| !primary);
    if object.errors() > errors {
        // With an address less it would send from the wrong one; a gateway that is not there leaves it open.
        return;
    }
    let gateway = NatGateway {
        id,
        vpc,
        subnet,
        private,
        regional,
        route_table: object.id("RouteTableId"),
        available: is_available(object),
        addresses: addresses.into_iter().map(|(_, address)| address).collect(),
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    context.insert(|snapshot| &mut snapshot.nat_gateways, gateway);
}

/// Whether a field is the first of two values; the second is what it is where AWS does not print it.
fn is_one(object: Object<'_>, key: &'static str, one: &str, other: &str) -> bool {
    match object.text(key) {
        Some(text) if text == one => true,
        Some(text) if text != other => {
            object.error(format!("expected `{other}` or `{one}` for `{key}`, found `{}`", shown(text)));
            false
        }
        _ => false,
    }
}

/// An address that is assigned, and whether it is the primary one.
fn address(object: Object<'_>) -> Option<(bool, NatGatewayAddress)> {
    if !in_force(object, "Status", ASSIGNED)? {
        return None;
    }
    let address = NatGatewayAddress {
        network_interface: object.id("NetworkInterfaceId"),
        private: object.ipv4("PrivateIp"),
        public: object.ipv4("PublicIp"),
    };
    Some((object.flag("IsPrimary").unwrap_or(false), address))
}

#[cfg(test)]
mod tests {
    use model::Id;

    use crate::testing::{only, problems, read, sound};

    fn gateway(fields: &str) -> String {
        format!(r#"{{"NatGateways":[{{"NatGatewayId":"nat-1","VpcId":"vpc-1",{fields}}}]}}"#)
    }

    #[test]
    fn a_zonal_gateway_and_its_addresses() {
        let snapshot = sound(&gateway(
            r#""SubnetId":"subnet-1","State":"available","ConnectivityType":"public","AvailabilityMode":"zonal",
            "NatGatewayAddresses":[
            {"PrivateIp":"10.20.0.31","PublicIp":"198.51.100.31","IsPrimary":false,"Status":"succeeded"},
            {"PrivateIp":"10.20.0.30","PublicIp":"198.51.100.30","NetworkInterfaceId":"eni-1","IsPrimary":true},
            {"PrivateIp":"10.20.0.32","IsPrimary":false,"Status":"failed"}]"#,
        ));
        let nat = only(&snapshot.nat_gateways);
        assert_eq!((nat.subnet.clone(), nat.available), (Some(Id::from("subnet-1")), true));
        assert!(!nat.private && !nat.regional);
        let addresses: Vec<_> =
            nat.addresses.iter().filter_map(|address| address.private).map(|ip| ip.to_string()).collect();
        assert_eq!(addresses, ["10.20.0.30", "10.20.0.31"], "the primary first, the failed one not");
        assert_eq!(nat.addresses[0].network_interface, Some(Id::from("eni-1")));
    }

    #[test]
    fn private_pending_and_regional_gateways() {
        let private =
            sound(&gateway(r#""SubnetId":"subnet-1","State":"pending","ConnectivityType":"private""#));
        let nat = only(&private.nat_gateways);
        assert!(nat.private && !nat.available);

        let regional = sound(&gateway(
            r#""AvailabilityMode":"regional","RouteTableId":"rtb-1","State":"available",
            "NatGatewayAddresses":[{"PublicIp":"198.51.100.30","AvailabilityZone":"eu-west-1a","Status":"succeeded"}]"#,
        ));
        let nat = only(&regional.nat_gateways);
        assert!(nat.regional && nat.subnet.is_none());
        assert_eq!(nat.route_table, Some(Id::from("rtb-1")));
        assert_eq!(nat.addresses[0].private, None);
    }

    #[test]
    fn a_gateway_that_is_not_understood_is_left_out() {
        for (fields, problem) in [
            (r#""State":"available""#, "1:17: expected `SubnetId` in this object, found none"),
            (
                r#""SubnetId":"s","AvailabilityMode":"galactic""#,
                "1:17: expected `zonal` or `regional` for `AvailabilityMode`, found `galactic`",
            ),
            (
                r#""SubnetId":"s","NatGatewayAddresses":[{"PublicIp":"198"}]"#,
                "1:107: expected an IPv4 address for `PublicIp`, found `198`",
            ),
            (
                r#""SubnetId":"s","NatGatewayAddresses":[{"Status":"lost"}]"#,
                "1:95: expected a state such as `succeeded` for `Status`, found `lost`",
            ),
        ] {
            let snapshot = read(&gateway(fields));
            assert_eq!(problems(&snapshot), [format!("error a.json:{problem}")]);
            assert!(snapshot.nat_gateways.is_empty(), "{fields}");
        }
    }
}
