//! One connection that shows what a finding says, as a question that `explain` answers.

use std::net::IpAddr;

use engine::{Flow, Network, Server, Verdict};
use model::{Holder, Ix, NetworkInterface, PortRange};
use serde::Serialize;
use space::{Connection, Diagrams, Family, Field, Region, Set, from_value};

use super::shared::Shared;
use crate::explain::verdict_word;
use crate::question::{IcmpTypes, Service};

/// A question and what `explain` says to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counterexample {
    /// The question, of one connection.
    pub question: String,
    /// `allowed`, `partial`, `blocked` or `undecided`.
    pub verdict: &'static str,
}

/// The ends of what is shown; `None` is an address beyond the export. At most one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) family: Family,
    pub(super) client: Option<Holder>,
    pub(super) server: Option<Holder>,
}

impl Ends {
    /// The flow between them: an interface is asked at its own address by others and at its public one from outside.
    pub(super) fn flow(self) -> Flow {
        let server = match (self.client, self.server) {
            (_, None) => Server::Beyond,
            (None, Some(server)) => Server::Public(server),
            (Some(_), Some(server)) => Server::Interface(server),
        };
        Flow { family: self.family, client: self.client, server }
    }
}

impl Counterexample {
    /// A member of a set of connections between two ends, the most usual one that is in it. `None` if there is none, or
    /// an end that no question can name: a stand-in, an address that is not the first of its interface.
    pub(super) fn of(network: &Network, ends: Ends, set: Set, sets: &mut Diagrams) -> Option<Counterexample> {
        let (connection, remote) = of_nobody(network, ends, set, sets)?;
        let remote = remote.to_string();
        let end = |end: Option<Holder>| match end {
            None => Some(remote.clone()),
            Some(holder) => named(network, holder),
        };
        let (client, mut server) = (end(ends.client)?, end(ends.server)?);
        if let (Some(from), Some(to)) = (ends.client, ends.server)
            && [from, to].into_iter().all(|end| has_both(network, end))
        {
            server = by_address(network, to)?;
        }
        let service = service(ends.family, &connection);
        // The colon before the service is not one of the address.
        let server = if server.contains(':') { format!("[{server}]") } else { server };
        let mut question = format!("{client} -> {server}:{service}");
        let mut asked = Region::FULL
            .protocol(connection.protocol)
            .remote(connection.remote..=connection.remote)
            .server(connection.server..=connection.server);
        if has_ports(connection.protocol) || is_icmp(connection.protocol) {
            asked = asked.client(connection.client..=connection.client);
        }
        if has_ports(connection.protocol) {
            question.push_str(&format!(" from-port {}", connection.client));
        } else if !is_icmp(connection.protocol) {
            asked = asked.server(0..=u16::MAX);
        }
        let asked = sets.region(&asked);
        let judgement = engine::judge(network, &ends.flow(), asked, sets);
        let verdict: Verdict = judgement.verdict(sets);
        Some(Counterexample { question, verdict: verdict_word(verdict) })
    }
}

/// A connection from the internet to an interface, of those that some services mean: one that works if any does. `services`
/// has all connections to them, in the arena of the caller.
pub(super) fn from_internet(
    shared: &Shared<'_>,
    interface: Ix<NetworkInterface>,
    family: Family,
    services: impl FnOnce(&mut Diagrams) -> Set,
) -> Option<Counterexample> {
    let network = shared.network;
    let ends = Ends { family, client: None, server: Some(shared.holder(interface, family)?) };
    let mut sets = Diagrams::new();
    let (asked, services) = (shared.of_internet(family, &mut sets), services(&mut sets));
    let asked = sets.intersect(asked, services);
    let judgement = engine::judge(network, &ends.flow(), asked, &mut sets);
    let shown = if judgement.works == Set::EMPTY { asked } else { judgement.works };
    Counterexample::of(network, ends, shown, &mut sets)
}

/// A member of a set, and its address beyond the export: one that no interface has, since a question would mean that.
fn of_nobody(network: &Network, ends: Ends, set: Set, sets: &mut Diagrams) -> Option<(Connection, IpAddr)> {
    /// More addresses in a row are hardly all held.
    const MOST: usize = 64;
    let mut left = set;
    for _ in 0..MOST {
        let connection = usual(ends.family, left, sets)?;
        let address = from_value(ends.family, connection.remote)?;
        let vpcs = || network.model().vpcs.values().map(|vpc| &vpc.id);
        let held = match address {
            IpAddr::V4(public) => network.resolved().public_holder(public).is_some(),
            IpAddr::V6(_) => false,
        };
        let inside = ends.client.is_some() && ends.server.is_some();
        if inside || !held && vpcs().all(|vpc| network.resolved().holder(vpc, address).is_none()) {
            return Some((connection, address));
        }
        let point = sets.region(&Region::FULL.remote(connection.remote..=connection.remote));
        left = sets.subtract(left, point);
    }
    None
}

fn has_ports(protocol: u8) -> bool {
    [6, 17].contains(&protocol)
}

fn is_icmp(protocol: u8) -> bool {
    [1, 58].contains(&protocol)
}

/// Whether an interface has addresses of both families, so that its name means both.
fn has_both(network: &Network, holder: Holder) -> bool {
    engine::reach::primary_addresses(network.model().network_interfaces.at(holder.interface)).count() > 1
}

/// By the address, if nobody else has it.
fn by_address(network: &Network, holder: Holder) -> Option<String> {
    let vpcs = network.model().vpcs.values();
    let held = vpcs.filter(|vpc| network.resolved().holder(&vpc.id, holder.address).is_some()).count();
    (held == 1).then(|| holder.address.to_string())
}

/// By its id, if that stands for this address.
fn named(network: &Network, holder: Holder) -> Option<String> {
    let noun = network.model().network_interfaces.at(holder.interface);
    let mut names = engine::reach::primary_addresses(noun);
    (noun.stand_in.is_none() && names.any(|address| address == holder.address)).then(|| noun.id.to_string())
}

fn service(family: Family, connection: &Connection) -> Service {
    let port = PortRange::single(connection.server);
    let byte = |value: u16| u8::try_from(value).unwrap_or(u8::MAX);
    let types = IcmpTypes::Code(byte(connection.server), byte(connection.client));
    match (connection.protocol, family) {
        (6, _) => Service::Tcp(port),
        (17, _) => Service::Udp(port),
        (1, Family::V4) => Service::Icmp(types),
        (58, Family::V6) => Service::Icmpv6(types),
        (number, _) => Service::Protocol(number),
    }
}

/// A member of a set; of several one that people would try: TCP before others, a client port that every system takes, an
/// address of those that are kept for examples.
fn usual(family: Family, set: Set, sets: &mut Diagrams) -> Option<Connection> {
    /// In the ranges of Linux, Windows and all that is documented.
    const CLIENT: (u16, u16) = (50_000, 50_000);
    let examples = match family {
        Family::V4 => 0xC633_6407..=0xC633_6407,
        Family::V6 => (0x2001_0db8u128 << 96) + 7..=(0x2001_0db8u128 << 96) + 7,
    };
    let wishes = [
        Region::FULL.protocol(6),
        Region::FULL.client(CLIENT.0..=CLIENT.1),
        Region::FULL.remote(examples),
        Region::FULL.with(Field::Server, 22..=22),
        Region::FULL.with(Field::Server, 1..=1023),
    ];
    let mut set = set;
    for wish in wishes {
        let wish = sets.region(&wish);
        let narrower = sets.intersect(set, wish);
        if narrower != Set::EMPTY {
            set = narrower;
        }
    }
    sets.sample(set)
}
