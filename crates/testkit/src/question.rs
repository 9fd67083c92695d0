//! The text of a question: `CLIENT -> SERVER:SERVICE [CLIENT KIND]`.
//!
//! An end is an interface's id, an address (of an interface if one holds it), or a block of external addresses; `@W`
//! is W by its public address. A service is `tcp/443`, `udp/53-54`, `icmp/8/0`, `icmp`, `50`, `all`. The kind is a
//! key of [`engine::ephemeral`], a port or a range; without one it is what the client is. Names stand for IPv4
//! addresses unless the other end is IPv6 or the name ends with `.6`.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use engine::{Flow, Network, Server, ephemeral};
use ipnet::IpNet;
use model::{Holder, PortRange, Traffic};
use space::{Family, Region, address_range};

/// A question, ready for [`engine::judge`].
#[derive(Debug, Clone)]
pub struct Question {
    /// Who asks whom.
    pub flow: Flow,
    /// What is asked.
    pub asked: Region,
}

/// One end.
enum End {
    Holder(Holder),
    Public(Holder),
    Beyond(IpNet),
}

/// Reads a question.
pub fn question(network: &Network, text: &str) -> Question {
    let (client, rest) = text.split_once(" -> ").expect("`client -> server:service kind`");
    let (target, kind) = rest.split_once(' ').unwrap_or((rest, ""));
    let (server, service) = target.rsplit_once(':').expect("`server:service`");
    // Interfaces that stand for what an export lacks have colons in their names too.
    let names = |end: &str| network.model().network_interfaces.ix(end.trim_start_matches('@')).is_some();
    let is_v6 = |end: &&str| end.contains(':') && !names(end) || end.ends_with(".6");
    let v6 = [client, server].iter().any(is_v6);
    let family = if v6 { Family::V6 } else { Family::V4 };
    let (client, server) = (end(network, client, family), end(network, server, family));
    let mut asked = Region::FULL.remote(0..=0);
    for side in [&client, &server] {
        if let End::Beyond(block) = side {
            asked = Region::FULL.remote(address_range(*block));
        }
    }
    let client = match client {
        End::Holder(holder) | End::Public(holder) => Some(holder),
        End::Beyond(_) => None,
    };
    let server = match server {
        End::Holder(holder) => Server::Interface(holder),
        End::Public(holder) => Server::Public(holder),
        End::Beyond(_) => Server::Beyond,
    };
    let kind = match (kind, client) {
        ("", Some(holder)) => ephemeral::kind_of(network, holder.interface).ports,
        ("", None) => ephemeral::client_kind("internet").expect("a kind of the table").ports,
        (key, _) => ephemeral::client_kind(key).map_or_else(|| ports(key), |kind| kind.ports),
    };
    let asked = asked.intersect(&region(service, family, kind));
    Question { flow: Flow { family, client, server }, asked }
}

fn end(network: &Network, text: &str, family: Family) -> End {
    let (name, public) = text.strip_prefix('@').map_or((text, false), |name| (name, true));
    let name = name.trim_end_matches(".6");
    let interfaces = &network.model().network_interfaces;
    if let Some(interface) = interfaces.ix(name) {
        let mut own = interfaces.at(interface).own_addresses();
        let address = own.find(|address| Family::of(*address) == family).expect("an address of the family");
        let holder = Holder { interface, address };
        return if public { End::Public(holder) } else { End::Holder(holder) };
    }
    let block = match name.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => name.parse().unwrap_or_else(|_| panic!("no interface, address or block `{name}`")),
    };
    let address = block.addr();
    if block.prefix_len() == block.max_prefix_len() {
        if let Some((interface, _)) = interfaces.iter().find(|(_, noun)| noun.holds(address)) {
            return End::Holder(Holder { interface, address });
        }
        if let IpAddr::V4(address) = address
            && let Some(holder) = network.resolved().public_holder(address)
        {
            return End::Public(holder);
        }
    }
    End::Beyond(block)
}

/// The connections of a service from a range of client ports.
fn region(service: &str, family: Family, client: PortRange) -> Region {
    let whole = |part: Option<u8>| part.map_or(0..=255, |value| u16::from(value)..=u16::from(value));
    let with_ports = |protocol, range: PortRange| {
        Region::FULL.protocol(protocol).server(range.from..=range.to).client(client.from..=client.to)
    };
    let types = |protocol, kind, code| {
        let (kind, code): (RangeInclusive<u16>, RangeInclusive<u16>) = (whole(kind), whole(code));
        Region::FULL.protocol(protocol).server(kind).client(code)
    };
    match service.replacen('/', " ", 1).parse::<Traffic>().expect("a service") {
        Traffic::All => Region::FULL.client(client.from..=client.to),
        Traffic::Tcp(range) => with_ports(6, range),
        Traffic::Udp(range) => with_ports(17, range),
        Traffic::Icmp(kind, code) if family == Family::V4 => types(1, kind, code),
        Traffic::Icmp(kind, code) | Traffic::Icmpv6(kind, code) => types(58, kind, code),
        Traffic::Protocol(number) => Region::FULL.protocol(number).client(0..=0).server(0..=0),
    }
}

fn ports(text: &str) -> PortRange {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    PortRange { from: from.parse().expect("a client kind or port"), to: to.parse().expect("a port") }
}
