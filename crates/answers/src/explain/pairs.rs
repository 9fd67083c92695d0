//! The pairs of ends that a question means.

use engine::ephemeral::ClientKind;
use engine::{Flow, Network, Server};
use model::{Holder, PortRange};
use space::{Diagrams, Family, Region, Set};

use super::asked::{ClientPorts, client_ports, connections};
use crate::ends::{AwsEnd, EndSet, Held, Outside, ends_of_service};
use crate::question::{Question, Service};

/// A client and a server of one family, and what is asked of them.
#[derive(Debug, Clone)]
pub(crate) struct AskedPair {
    pub(crate) flow: Flow,
    /// `None`: addresses beyond the network.
    pub(crate) client: Option<Held>,
    pub(crate) server: Option<Held>,
    pub(crate) ports: ClientPorts,
    pub(crate) services: Vec<Service>,
    pub(crate) asked: Set,
    /// What the question calls the end that is beyond the network.
    pub(crate) beyond: String,
}

/// Every client with every server, in every family that both have. None for two ends beyond the network.
pub(crate) fn pairs_of(
    network: &Network,
    question: &Question,
    clients: &EndSet,
    servers: &EndSet,
    kind: Option<&'static ClientKind>,
    sets: &mut Diagrams,
) -> Vec<AskedPair> {
    let mut services: Vec<Service> = question.services.iter().map(|service| service.node).collect();
    if !servers.aws.is_empty() && services == [Service::Any] {
        // What all of them answer on.
        services = vec![Service::Tcp(PortRange { from: 443, to: 443 })];
    }
    let from_port: Option<PortRange> = question.from_port.as_ref().map(|ports| ports.node);
    let mut pairs = Vec::new();
    for family in [Family::V4, Family::V6] {
        let clients_of_services = if servers.aws.is_empty() { &[][..] } else { &clients.held };
        for client in clients_of_services.iter().filter(|held| Family::of(held.holder.address) == family) {
            let vpc = &network.model().network_interfaces.at(client.holder.interface).vpc;
            let ports = client_ports(network, Some(*client), from_port, kind);
            let all = connections(sets, family, &services, ports.ports);
            let ends = servers.aws.iter().flat_map(|service| ends_of_service(network, vpc, service, family));
            for AwsEnd { name, held, outside } in ends {
                let of_endpoint = held.into_iter().map(Some);
                let public = (!outside.is_empty()).then_some(None);
                for server in of_endpoint.chain(public) {
                    let outside = server.is_none().then_some(&outside);
                    let remote = remote(outside, family, sets);
                    let asked = sets.intersect(all, remote);
                    if asked != Set::EMPTY {
                        let client = Some(*client);
                        let flow = flow(family, client, server);
                        let (services, beyond) = (services.clone(), format!("aws:{name}"));
                        pairs.push(AskedPair { flow, client, server, ports, services, asked, beyond });
                    }
                }
            }
        }
        let of_family = |set: &EndSet| -> Vec<Option<Held>> {
            let held =
                set.held.iter().filter(|held| Family::of(held.holder.address) == family).copied().map(Some);
            let beyond = (!set.outside.ranges(family).is_empty()).then_some(None);
            held.chain(beyond).collect()
        };
        let server_ends = of_family(servers);
        for client in of_family(clients) {
            let ports = client_ports(network, client, from_port, kind);
            let all = connections(sets, family, &services, ports.ports);
            for &server in &server_ends {
                let (outside, beyond) = match (client, server) {
                    (None, None) => continue,
                    (None, Some(_)) => (Some(&clients.outside), question.source.to_string()),
                    (Some(_), None) => (Some(&servers.outside), question.destination.to_string()),
                    (Some(_), Some(_)) => (None, String::new()),
                };
                let remote = remote(outside, family, sets);
                let asked = sets.intersect(all, remote);
                if asked != Set::EMPTY {
                    let flow = flow(family, client, server);
                    let services = services.clone();
                    pairs.push(AskedPair { flow, client, server, ports, services, asked, beyond });
                }
            }
        }
    }
    pairs
}

/// The remote ends of a pair, as a set; 0 where both ends are held.
fn remote(outside: Option<&Outside>, family: Family, sets: &mut Diagrams) -> Set {
    let ranges = outside.map_or_else(|| vec![0..=0], |outside| outside.ranges(family));
    sets.set_of(ranges.into_iter().map(|range| Region::FULL.remote(range)))
}

/// A pair of ends by their own addresses, whatever is asked of it.
pub(crate) fn pair_between(
    network: &Network,
    family: Family,
    client: Option<Holder>,
    server: Option<Holder>,
    asked: Set,
) -> AskedPair {
    let held = |end: Option<Holder>| end.map(|holder| Held { holder, by_public: false });
    let (client, server) = (held(client), held(server));
    let beyond = if family == Family::V4 { "internet" } else { "internet6" };
    AskedPair {
        flow: flow(family, client, server),
        client,
        server,
        ports: client_ports(network, client, None, None),
        services: vec![Service::Any],
        asked,
        beyond: beyond.into(),
    }
}

fn flow(family: Family, client: Option<Held>, server: Option<Held>) -> Flow {
    let server = match server {
        None => Server::Beyond,
        Some(held) if held.by_public || client.is_none() => Server::Public(held.holder),
        Some(held) => Server::Interface(held.holder),
    };
    Flow { family, client: client.map(|held| held.holder), server }
}
