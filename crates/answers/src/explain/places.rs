//! What people call a checkpoint, and where it is written.

use engine::{Checkpoint, Network};
use model::{Location, Noun};

use super::gates::named;
use crate::ends::name_of;

/// A checkpoint as answers speak of it.
pub(crate) struct Place {
    /// Which kind of gate.
    pub(crate) kind: &'static str,
    /// What people call it.
    pub(crate) name: String,
    /// Its id.
    pub(crate) id: Option<String>,
    /// Whether it lets out, where it has two directions.
    pub(crate) direction: Option<bool>,
}

/// What a checkpoint is called.
pub(crate) fn place(network: &Network, checkpoint: &Checkpoint) -> Place {
    let model = network.model();
    let (kind, name, id, direction) = match checkpoint {
        Checkpoint::Host { interface } => match interface {
            Some(ix) => {
                ("host", name_of(network, *ix), Some(model.network_interfaces.at(*ix).id.to_string()), None)
            }
            None => ("host", "destination".into(), None, None),
        },
        Checkpoint::SecurityGroups { interface, egress } => {
            let groups =
                network.resolved().groups_of(*interface).iter().map(|ix| model.security_groups.at(*ix));
            let names: Vec<_> = groups.clone().map(|group| named(group).to_owned()).collect();
            let ids: Vec<_> = groups.map(|group| group.id.to_string()).collect();
            ("security-group", names.join(", "), Some(ids.join(", ")), Some(*egress))
        }
        Checkpoint::NetworkAcl { acl, egress, .. } => match acl.ix().map(|ix| model.network_acls.at(ix)) {
            Some(acl) => ("network-acl", named(acl).to_owned(), Some(acl.id.to_string()), Some(*egress)),
            None => ("network-acl", "network ACL".into(), None, Some(*egress)),
        },
        Checkpoint::Route { table, .. } => match table.ix().map(|ix| model.route_tables.at(ix)) {
            Some(table) => ("route", named(table).to_owned(), Some(table.id.to_string()), None),
            None => ("route", "route table".into(), None, None),
        },
        Checkpoint::InternetGateway { gateway, egress } => {
            match gateway.map(|ix| model.internet_gateways.at(ix)) {
                Some(noun) => {
                    ("internet-gateway", named(noun).to_owned(), Some(noun.id.to_string()), Some(*egress))
                }
                None => ("internet-gateway", "internet gateway".into(), None, Some(*egress)),
            }
        }
        Checkpoint::GatewayEndpoint { endpoint } => match endpoint.map(|ix| model.vpc_endpoints.at(ix)) {
            Some(noun) => ("gateway-endpoint", named(noun).to_owned(), Some(noun.id.to_string()), None),
            None => ("gateway-endpoint", "gateway endpoint".into(), None, None),
        },
        Checkpoint::InterfaceEndpoint { endpoint } => {
            let noun = model.vpc_endpoints.at(*endpoint);
            ("interface-endpoint", named(noun).to_owned(), Some(noun.id.to_string()), None)
        }
        Checkpoint::VpcPeeringConnection { peering } => {
            let noun = model.vpc_peering_connections.at(*peering);
            ("vpc-peering-connection", named(noun).to_owned(), Some(noun.id.to_string()), None)
        }
        Checkpoint::NatGateway { gateway } => {
            let noun = model.nat_gateways.at(*gateway);
            ("nat-gateway", named(noun).to_owned(), Some(noun.id.to_string()), None)
        }
        Checkpoint::EgressOnlyInternetGateway { gateway } => {
            let noun = model.egress_only_internet_gateways.at(*gateway);
            ("egress-only-internet-gateway", named(noun).to_owned(), Some(noun.id.to_string()), None)
        }
        Checkpoint::VpnGateway { gateway } => {
            let noun = model.vpn_gateways.at(*gateway);
            ("vpn-gateway", named(noun).to_owned(), Some(noun.id.to_string()), None)
        }
        Checkpoint::TransitGatewayAttachment { attachment } => {
            let noun = model.transit_gateway_attachments.at(*attachment);
            ("transit-gateway-attachment", named(noun).to_owned(), Some(noun.id.to_string()), None)
        }
        Checkpoint::TransitGatewayRoute { table, .. } => {
            let noun = model.transit_gateway_route_tables.at(*table);
            ("transit-gateway-route", named(noun).to_owned(), Some(noun.id.to_string()), None)
        }
        Checkpoint::Appliance { interface } => {
            let id = model.network_interfaces.at(*interface).id.to_string();
            ("appliance", name_of(network, *interface), Some(id), None)
        }
        Checkpoint::LoadBalancer { load_balancer, .. } => {
            let noun = model.load_balancers.at(*load_balancer);
            ("load-balancer", named(noun).to_owned(), Some(noun.id.to_string()), None)
        }
        Checkpoint::BlockPublicAccess { subnet } => {
            let id = model.subnets.at(*subnet).id.to_string();
            ("block-public-access", "Block Public Access".into(), Some(id), None)
        }
        Checkpoint::Unmodelled { id, kind } => {
            let noun = model.others.get(id.as_str());
            let name = noun.and_then(|noun| noun.name()).unwrap_or(id.as_str());
            ("unmodelled", format!("{kind} {name}"), Some(id.to_string()), None)
        }
    };
    Place { kind, name, id, direction }
}

/// Where a checkpoint is written. For security groups that is the first of them.
pub(crate) fn location(network: &Network, checkpoint: &Checkpoint) -> Option<Location> {
    let model = network.model();
    let origin = match checkpoint {
        Checkpoint::Host { interface } => model.network_interfaces.at((*interface)?).origin,
        Checkpoint::SecurityGroups { interface, .. } => {
            let first = network.resolved().groups_of(*interface).first()?;
            model.security_groups.at(*first).origin
        }
        Checkpoint::NetworkAcl { acl, .. } => model.network_acls.at(acl.ix()?).origin,
        Checkpoint::Route { table, .. } => model.route_tables.at(table.ix()?).origin,
        Checkpoint::InternetGateway { gateway, .. } => model.internet_gateways.at((*gateway)?).origin,
        Checkpoint::GatewayEndpoint { endpoint } => model.vpc_endpoints.at((*endpoint)?).origin,
        Checkpoint::InterfaceEndpoint { endpoint } => model.vpc_endpoints.at(*endpoint).origin,
        Checkpoint::VpcPeeringConnection { peering } => model.vpc_peering_connections.at(*peering).origin,
        Checkpoint::NatGateway { gateway } => model.nat_gateways.at(*gateway).origin,
        Checkpoint::EgressOnlyInternetGateway { gateway } => {
            model.egress_only_internet_gateways.at(*gateway).origin
        }
        Checkpoint::VpnGateway { gateway } => model.vpn_gateways.at(*gateway).origin,
        Checkpoint::TransitGatewayAttachment { attachment } => {
            model.transit_gateway_attachments.at(*attachment).origin
        }
        Checkpoint::TransitGatewayRoute { table, .. } => model.transit_gateway_route_tables.at(*table).origin,
        Checkpoint::Appliance { interface } => model.network_interfaces.at(*interface).origin,
        Checkpoint::LoadBalancer { load_balancer, .. } => model.load_balancers.at(*load_balancer).origin,
        Checkpoint::BlockPublicAccess { subnet } => model.subnets.at(*subnet).origin,
        Checkpoint::Unmodelled { id, .. } => model.others.get(id.as_str())?.origin,
    };
    model.sources.locate(origin)
}
