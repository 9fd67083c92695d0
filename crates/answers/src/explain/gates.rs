//! One gate on the way: its name, what it did, the rules that decided and where they are written.

use engine::{Checkpoint, Hop, Leg as Direction};
use model::Noun;
use space::Set;

use super::causes::{cause_word, reason, state, takes_effect};
use super::legs::Writer;
use super::rules::{rule_uses, tried};
use super::{Gate, Outcome};
use crate::ends::name_of;

impl Writer<'_> {
    /// What a hop did with the part that takes its way.
    pub(super) fn gate(&mut self, hop: &Hop<Set>, leg: Direction, flow: Set, reached: bool) -> Gate {
        let network = self.network;
        let model = network.model();
        let (kind, name, id, direction): (&'static str, String, Option<String>, Option<bool>) = match &hop
            .checkpoint
        {
            Checkpoint::Host { interface } => match interface {
                Some(ix) => (
                    "host",
                    name_of(network, *ix),
                    Some(model.network_interfaces.at(*ix).id.to_string()),
                    None,
                ),
                None => ("host", "destination".into(), None, None),
            },
            Checkpoint::SecurityGroups { interface, egress } => {
                let groups =
                    network.resolved().groups_of(*interface).iter().map(|ix| model.security_groups.at(*ix));
                let names: Vec<_> = groups.clone().map(|group| named(group).to_owned()).collect();
                let ids: Vec<_> = groups.map(|group| group.id.to_string()).collect();
                ("security-group", names.join(", "), Some(ids.join(", ")), Some(*egress))
            }
            Checkpoint::NetworkAcl { acl, egress, .. } => {
                match acl.ix().map(|ix| model.network_acls.at(ix)) {
                    Some(acl) => {
                        ("network-acl", named(acl).to_owned(), Some(acl.id.to_string()), Some(*egress))
                    }
                    None => ("network-acl", "network ACL".into(), None, Some(*egress)),
                }
            }
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
        let outcome = match (hop.crossing.passed, hop.crossing.unknown) {
            (passed, _) if passed == flow => Outcome::Passes,
            (Set::EMPTY, Set::EMPTY) => Outcome::Blocks,
            (Set::EMPTY, _) => Outcome::Unknown,
            _ => Outcome::Partly,
        };
        let filters =
            matches!(hop.checkpoint, Checkpoint::SecurityGroups { .. } | Checkpoint::NetworkAcl { .. });
        Gate {
            gate: kind,
            name,
            id,
            direction: direction.map(|egress| if egress { "out" } else { "in" }),
            outcome,
            reached,
            cause: cause_word(&hop.cause),
            rules: rule_uses(network, hop, flow, self.asked.flow.family, self.sets),
            location: self.location(hop),
            reason: reason(network, hop),
            state: (kind == "security-group" && leg == Direction::Request).then(|| state(hop)).flatten(),
            change_takes_effect: filters.then(|| takes_effect(hop, leg)).flatten(),
            tried: if self.rules && filters {
                tried(network, hop, leg, flow, self.asked.flow.family, self.sets)
            } else {
                Vec::new()
            },
        }
    }

    /// Where the gate itself is written. For security groups that is the group of the rule that decided, or the first.
    fn location(&self, hop: &Hop<Set>) -> Option<model::Location> {
        let model = self.network.model();
        let origin = match &hop.checkpoint {
            Checkpoint::Host { interface } => model.network_interfaces.at((*interface)?).origin,
            Checkpoint::SecurityGroups { interface, .. } => {
                let first = self.network.resolved().groups_of(*interface).first()?;
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
            Checkpoint::TransitGatewayRoute { table, .. } => {
                model.transit_gateway_route_tables.at(*table).origin
            }
            Checkpoint::Appliance { interface } => model.network_interfaces.at(*interface).origin,
            Checkpoint::LoadBalancer { load_balancer, .. } => model.load_balancers.at(*load_balancer).origin,
            Checkpoint::BlockPublicAccess { subnet } => model.subnets.at(*subnet).origin,
            Checkpoint::Unmodelled { id, .. } => model.others.get(id.as_str())?.origin,
        };
        model.sources.locate(origin)
    }
}

/// The name that people use, else the id.
pub(crate) fn named<T: Noun>(noun: &T) -> &str {
    noun.name().unwrap_or(noun.id().as_str())
}
