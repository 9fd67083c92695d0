//! `describe-vpn-connections`.

use std::net::IpAddr;

use model::VpnConnection;

use super::cidr::Family;
use super::other::is_gone;
use crate::object::Object;
use crate::snapshot::Context;

pub(crate) fn read(object: Object<'_>, context: &mut Context<'_>) {
    let Some(id) = object.required_id("VpnConnectionId") else { return };
    if object.text("State").is_some_and(is_gone) {
        return;
    }
    // Both lists name the tunnels; neither is printed for every connection.
    let tunnels = object.object("Options").into_iter().flat_map(|options| options.objects("TunnelOptions"));
    let mut outside: Vec<IpAddr> = Vec::new();
    for tunnel in tunnels.chain(object.objects("VgwTelemetry")) {
        let address = tunnel.get("OutsideIpAddress").filter(|value| !value.is_empty_text());
        let Some(address) = address.and_then(|value| value.parsed("an IP address")) else { continue };
        if !outside.contains(&address) {
            outside.push(address);
        }
    }
    let routes = object.objects("Routes").filter(|route| !route.text("State").is_some_and(is_gone));
    let connection = VpnConnection {
        id,
        gateway: object.id("VpnGatewayId").or_else(|| object.id("TransitGatewayId")),
        outside,
        routes: routes
            .filter_map(|route| route.required_cidr("DestinationCidrBlock", Family::Either))
            .collect(),
        tags: object.tags("Tags"),
        origin: object.origin(),
    };
    context.insert(|snapshot| &mut snapshot.vpn_connections, connection);
}

#[cfg(test)]
mod tests {
    use crate::testing::{only, problems, read, sound};

    #[test]
    fn its_gateway_its_tunnels_and_its_routes() {
        let snapshot = sound(
            r#"{"VpnConnections":[{"VpnConnectionId":"vpn-1","State":"available","VpnGatewayId":"vgw-1",
            "Options":{"StaticRoutesOnly":true,"TunnelOptions":[{"OutsideIpAddress":"198.51.100.1"}]},
            "Routes":[{"DestinationCidrBlock":"192.168.0.0/16","Source":"Static","State":"available"},
            {"DestinationCidrBlock":"192.168.8.0/24","State":"deleted"}],
            "VgwTelemetry":[{"OutsideIpAddress":"198.51.100.1","Status":"UP"},{"OutsideIpAddress":"198.51.100.2"}]},
            {"VpnConnectionId":"vpn-2","State":"deleted"}]}"#,
        );
        let vpn = only(&snapshot.vpn_connections);
        assert_eq!(vpn.gateway.as_ref().map(model::Id::as_str), Some("vgw-1"));
        let outside: Vec<_> = vpn.outside.iter().map(ToString::to_string).collect();
        assert_eq!(outside, ["198.51.100.1", "198.51.100.2"]);
        let routes: Vec<_> = vpn.routes.iter().map(ToString::to_string).collect();
        assert_eq!(routes, ["192.168.0.0/16"]);
    }

    #[test]
    fn a_connection_of_a_transit_gateway_and_values_that_are_none() {
        let snapshot = read(
            r#"{"VpnConnections":[{"VpnConnectionId":"vpn-1","VpnGatewayId":"","TransitGatewayId":"tgw-1",
            "Routes":[{"DestinationCidrBlock":"all"}],"VgwTelemetry":[{"OutsideIpAddress":"here"}]}]}"#,
        );
        assert_eq!(
            problems(&snapshot),
            [
                "error a.json:2:91: expected an IP address for `OutsideIpAddress`, found `here`",
                "error a.json:2:47: expected a block such as `10.0.0.0/16` for `DestinationCidrBlock`, found `all`",
            ]
        );
        let vpn = only(&snapshot.vpn_connections);
        assert_eq!(vpn.gateway.as_ref().map(model::Id::as_str), Some("tgw-1"));
    }
}
