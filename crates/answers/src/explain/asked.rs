//! What a question asks of one pair of ends, as a set of connections.

use engine::Network;
use engine::ephemeral::{CLIENT_KINDS, ClientKind, client_kind, kind_of};
use model::PortRange;
use space::{Diagrams, Family, Region, Set};

use crate::ends::Held;
use crate::question::{IcmpTypes, Service};

/// The client's range of ports and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientPorts {
    pub(crate) ports: PortRange,
    /// The kind of client; `None` where the question gives the ports.
    pub(crate) kind: Option<&'static ClientKind>,
}

/// The ports that a client uses: as the question says, as the caller says, else by what the client is.
pub(crate) fn client_ports(
    network: &Network,
    client: Option<Held>,
    from_port: Option<PortRange>,
    kind: Option<&'static ClientKind>,
) -> ClientPorts {
    if let Some(ports) = from_port {
        return ClientPorts { ports, kind: None };
    }
    let by_client = || match client {
        Some(held) => kind_of(network, held.holder.interface),
        None => client_kind("internet").unwrap_or(&CLIENT_KINDS[0]),
    };
    let kind = kind.unwrap_or_else(by_client);
    ClientPorts { ports: kind.ports, kind: Some(kind) }
}

/// The connections to some services from some ports, whoever the remote end is.
pub(crate) fn connections(
    sets: &mut Diagrams,
    family: Family,
    services: &[Service],
    ports: PortRange,
) -> Set {
    sets.set_of(services.iter().flat_map(|service| regions(family, *service, ports)))
}

fn regions(family: Family, service: Service, client: PortRange) -> Vec<Region> {
    let ported = |number, server: PortRange| {
        Region::FULL.protocol(number).client(client.from..=client.to).server(server.from..=server.to)
    };
    // ICMP: the type on the server's axis, the code on the client's.
    let icmp = |number, kind: (u8, u8), code: (u8, u8)| {
        let region = Region::FULL.protocol(number);
        region.server(kind.0.into()..=kind.1.into()).client(code.0.into()..=code.1.into())
    };
    let types = |number, types| match types {
        IcmpTypes::All => icmp(number, (0, 255), (0, 255)),
        IcmpTypes::Type(kind) => icmp(number, (kind, kind), (0, 255)),
        IcmpTypes::Code(kind, code) => icmp(number, (kind, kind), (code, code)),
    };
    match (service, family) {
        (Service::Any, _) => {
            let (icmp_number, other) = if family == Family::V4 { (1, 58) } else { (58, 1) };
            let mut all = vec![
                ported(6, PortRange::ALL),
                ported(17, PortRange::ALL),
                types(icmp_number, IcmpTypes::All),
            ];
            let portless = (0..=255).filter(|number| ![6, 17, icmp_number, other].contains(number));
            all.extend(portless.map(|number| Region::FULL.protocol(number).client(0..=0).server(0..=0)));
            all
        }
        (Service::Tcp(ports), _) => vec![ported(6, ports)],
        (Service::Udp(ports), _) => vec![ported(17, ports)],
        (Service::Echo, Family::V4) => vec![icmp(1, (8, 8), (0, 0))],
        (Service::Echo, Family::V6) => vec![icmp(58, (128, 128), (0, 0))],
        (Service::Icmp(kinds), Family::V4) => vec![types(1, kinds)],
        (Service::Icmpv6(kinds), Family::V6) => vec![types(58, kinds)],
        // Each is of one family only (S1.8).
        (Service::Icmp(_) | Service::Icmpv6(_), _) => Vec::new(),
        (Service::Protocol(number), _) => vec![Region::FULL.protocol(number).client(0..=0).server(0..=0)],
    }
}
