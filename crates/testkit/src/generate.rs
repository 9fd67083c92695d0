//! Networks, rules and connections at the edges where an off-by-one would show, as text for [`crate::network`].

mod edits;
mod joined;

use std::net::IpAddr;

use engine::{Flow, Network, Server};
use model::Holder;
use proptest::prelude::*;
use proptest::sample::select;
use space::Family;

pub use edits::edits;
pub use joined::joined;

const PORTS: [u16; 14] = [0, 1, 79, 80, 81, 1023, 1024, 32767, 32768, 32769, 60999, 61000, 61001, 65535];
const TYPES: [u8; 9] = [0, 3, 8, 13, 14, 128, 129, 135, 255];
const PROTOCOLS: [u8; 9] = [0, 1, 6, 17, 47, 50, 58, 132, 255];
const BLOCKS: [&str; 17] = [
    "0.0.0.0/0",
    "0.0.0.0/0",
    "::/0",
    "::/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "10.20.0.0/16",
    "10.20.1.0/24",
    "10.20.0.10/32",
    "203.0.113.0/24",
    "203.0.113.77/24",
    "203.0.113.128/25",
    "203.0.113.9/32",
    "198.51.100.0/24",
    "2001:db8::/32",
    "2001:db8:20::/56",
    "2001:db8::9/128",
];
const ADDRESSES: [&str; 24] = [
    "203.0.113.9",
    "203.0.113.9",
    "203.0.113.8",
    "203.0.113.10",
    "203.0.113.0",
    "203.0.113.255",
    "203.0.112.255",
    "203.0.114.0",
    "203.0.113.127",
    "203.0.113.128",
    "127.255.255.255",
    "128.0.0.0",
    "0.0.0.0",
    "255.255.255.255",
    "10.20.0.0",
    "10.20.1.255",
    "10.20.2.0",
    "2001:db8::9",
    "2001:db8::9",
    "2001:db8::8",
    "2001:db8::",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db9::",
];
const PEERS: [&str; 7] = ["sg-a", "sg-b", "sg-c", "pl-1", "pl-6", "pl-empty", "pl-unknown"];

/// A connection's own part: the address is that of an end beyond the export, if there is one.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// The protocol number.
    pub protocol: u8,
    /// The address beyond.
    pub address: IpAddr,
    /// The client's port, or the request's code.
    pub client: u16,
    /// The server's port, or the request's type.
    pub server: u16,
}

/// Any connection.
pub fn point() -> impl Strategy<Value = Point> {
    let address = select(&ADDRESSES[..]).prop_map(|text| text.parse().expect("an address"));
    (select(&PROTOCOLS[..]), address, select(&PORTS[..]), select(&PORTS[..]), select(&TYPES[..]), 0u16..3)
        .prop_map(|(protocol, address, client, server, kind, code)| match protocol {
            1 | 58 => Point { protocol, address, client: code, server: kind.into() },
            6 | 17 => Point { protocol, address, client, server },
            _ => Point { protocol, address, client: 0, server: 0 },
        })
}

/// An address of the internet that no interface of a generated network has.
pub fn ordinary(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets()[0] == 203 || v4.octets()[0] == 128,
        IpAddr::V6(v6) => v6.segments()[2] != 0x20,
    }
}

fn traffic() -> impl Strategy<Value = String> {
    let ports =
        (select(&PORTS[..]), select(&PORTS[..])).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
    let types = (select(&TYPES[..]), prop::option::of(0u8..2)).prop_map(|(kind, code)| match code {
        Some(code) => format!("{kind}/{code}"),
        None => kind.to_string(),
    });
    prop_oneof![
        3 => Just("all".to_owned()),
        1 => Just("tcp".to_owned()),
        4 => ports.clone().prop_map(|range| format!("tcp {range}")),
        2 => ports.prop_map(|range| format!("udp {range}")),
        1 => select(&["icmp", "icmpv6"][..]).prop_map(str::to_owned),
        2 => (select(&["icmp", "icmpv6"][..]), types).prop_map(|(name, types)| format!("{name} {types}")),
        1 => select(&PROTOCOLS[..]).prop_map(|number| number.to_string()),
    ]
}

/// Entries of one list in both directions, one a line, numbers unique in a direction (S2.3), in no order.
fn list(name: &'static str) -> impl Strategy<Value = Vec<String>> {
    let entry = (1u32..60, any::<bool>(), prop::bool::weighted(0.6), traffic(), select(&BLOCKS[..]));
    prop::collection::vec(entry, 0..14).prop_map(move |entries| {
        let mut taken = Vec::new();
        let mut lines = Vec::new();
        for (number, egress, allow, traffic, block) in entries {
            if taken.contains(&(number, egress)) {
                continue;
            }
            taken.push((number, egress));
            let (way, action) = (if egress { "out" } else { "in" }, if allow { "allow" } else { "deny" });
            lines.push(format!("acl {name} {way}: {number} {action} {traffic} {block}"));
        }
        lines
    })
}

/// Entries of the list `acl-1`.
pub fn entries() -> impl Strategy<Value = Vec<String>> {
    (list("acl-1"), any::<bool>()).prop_map(|(mut lines, stars)| {
        if !stars {
            lines.insert(0, "acl acl-1 nostar".into());
        }
        lines
    })
}

/// Rules of the groups a, b and c, one a line.
pub fn rules() -> impl Strategy<Value = Vec<String>> {
    let peer = prop_oneof![2 => select(&BLOCKS[..]), 1 => select(&PEERS[..])];
    let rule = (select(&["sg-a", "sg-b", "sg-c"][..]), any::<bool>(), traffic(), peer);
    prop::collection::vec(rule, 0..12).prop_map(|rules| {
        let line = |(group, egress, traffic, peer)| {
            format!("sg {group} {}: {traffic} {peer}", if egress { "out" } else { "in" })
        };
        rules.into_iter().map(line).collect()
    })
}

/// Rules that let most pass, so that paths are not all blocked at once.
fn generous() -> impl Strategy<Value = Vec<String>> {
    let open = "
        sg sg-a in: tcp 0.0.0.0/0 | icmp 0.0.0.0/0 | all ::/0
        sg sg-a out: all 0.0.0.0/0
        sg sg-b in: all sg-a
        sg sg-b out: all 0.0.0.0/0 | all ::/0
        sg sg-c in: all 0.0.0.0/0 | all ::/0
    ";
    (rules(), any::<bool>()).prop_map(move |(mut rules, add)| {
        rules.extend(add.then(|| open.to_owned()));
        rules
    })
}

/// A list that opens everything below its generated entries, or not.
fn half_open(name: &'static str) -> impl Strategy<Value = Vec<String>> {
    (list(name), prop::bool::weighted(0.8)).prop_map(move |(mut lines, open)| {
        lines.truncate(5);
        for way in ["in", "out"].into_iter().filter(|_| open) {
            lines.push(format!("acl {name} {way}: 100 allow all 0.0.0.0/0 | 101 allow all ::/0"));
        }
        lines
    })
}

/// The network of property d: three subnets, their tables and lists, five interfaces.
pub fn network() -> impl Strategy<Value = Vec<String>> {
    let routes = select(
        &[
            "0.0.0.0/0 igw-1 | ::/0 igw-1",
            "0.0.0.0/0 igw-1 | ::/0 igw-1",
            "0.0.0.0/0 igw-1 | 203.0.113.0/25 igw-1 blackhole | ::/0 igw-1 blackhole",
            "203.0.113.0/24 igw-1 | 2001:db8::/32 igw-1 | 198.51.100.0/24 igw-1",
            "0.0.0.0/0 igw-1 | ::/0 igw-1 | 10.20.2.0/24 igw-1 blackhole",
            "0.0.0.0/0 igw-1 filtered",
            "",
        ][..],
    );
    let lists = (half_open("acl-a"), half_open("acl-b"));
    let chosen = [
        select(&["acl=acl-a", "acl=acl-b", ""][..]),
        select(&["acl=acl-a", "acl=acl-b", ""][..]),
        select(&["acl=acl-a", "acl=acl-b", ""][..]),
    ];
    let groups = || select(&["sg-a", "sg-b", "sg-c", "sg-a,sg-b", "sg-b,sg-c"][..]);
    (generous(), lists, chosen, [routes.clone(), routes.clone(), routes], [groups(), groups(), groups(), groups()])
        .prop_map(|(mut lines, (a, b), acls, routes, groups)| {
            let mut text = vec![
                "
                vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
                igw igw-1
                acl acl-a
                acl acl-b
                sg sg-a
                sg sg-b
                sg sg-c
                pl pl-1: 203.0.113.0/25 | 203.0.113.64/26 | 10.20.1.0/24
                pl pl-6: 2001:db8::/32
                pl pl-empty:
                pl pl-unknown unknown
                ".to_owned(),
            ];
            for (index, (acl, routes)) in acls.iter().zip(routes).enumerate() {
                text.push(format!("table rtb-{index}: {routes}"));
                text.push(format!(
                    "subnet s{index} 10.20.{index}.0/24 2001:db8:20:{index}::/64 table=rtb-{index} {acl}"
                ));
            }
            // Two in the first subnet, one each in the others; the fourth has no public address.
            for (index, (subnet, groups)) in [0, 0, 1, 2].into_iter().zip(groups).enumerate() {
                let public = if index < 3 { format!("public=198.51.100.1{index}") } else { String::new() };
                text.push(format!(
                    "eni e{index} s{subnet} 10.20.{subnet}.1{index} 2001:db8:20:{subnet}::1{index} {public} groups={groups}"
                ));
            }
            text.append(&mut lines);
            text.extend(a);
            text.extend(b);
            text
        })
}

/// A flow between two of the interfaces e0 to e3, or with the internet, which is 4. To an interface with a public
/// address from another subnet, every other pair goes by that address.
pub fn flow(network: &Network, client: usize, server: usize, family: Family) -> Option<Flow> {
    let holder = |index: usize| {
        let interface = network.model().network_interfaces.ix(&format!("e{index}"))?;
        let mut own = network.model().network_interfaces.at(interface).own_addresses();
        Some(Holder { interface, address: own.find(|address| Family::of(*address) == family)? })
    };
    if client == 4 && server == 4 {
        return None;
    }
    let server_end = match holder(server) {
        None => Server::Beyond,
        Some(to) if client == 4 || (client + server).is_multiple_of(2) => Server::Public(to),
        Some(to) => Server::Interface(to),
    };
    Some(Flow { family, client: holder(client), server: server_end })
}
