//! The ports that clients choose: one table (S2.21).

use model::{InterfaceType, Ix, NetworkInterface, Platform, PortRange};

use crate::Network;

/// A kind of client and the range from which it takes its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientKind {
    /// The key that questions and options use.
    pub key: &'static str,
    /// What it is, in words.
    pub words: &'static str,
    /// The range.
    pub ports: PortRange,
    /// Whether AWS documents the range; else it is the operating system's default as remembered `mem`.
    pub documented: bool,
}

const fn kind(key: &'static str, words: &'static str, from: u16, to: u16, documented: bool) -> ClientKind {
    ClientKind { key, words, ports: PortRange { from, to }, documented }
}

/// All kinds (S2.21).
pub const CLIENT_KINDS: [ClientKind; 11] = [
    kind("linux", "Linux", 32768, 60999, false),
    kind("linux-doc", "Linux as AWS documents it", 32768, 61000, true),
    kind("windows", "Windows since 2008", 49152, 65535, true),
    kind("windows-legacy", "Windows until 2003", 1025, 5000, true),
    kind("elb", "a load balancer", 1024, 65535, true),
    kind("nat-gateway", "a NAT gateway", 1024, 65535, true),
    kind("lambda", "Lambda", 1024, 65535, true),
    kind("macos", "macOS", 49152, 65535, false),
    kind("bsd", "BSD", 49152, 65535, false),
    kind("internet", "any client", 1024, 65535, true),
    kind("any", "any client, any port", 0, 65535, true),
];

/// The kinds that a mix of unknown clients is reported by (S2.23).
pub const REPORTED_KINDS: [&str; 3] = ["linux", "windows", "nat-gateway"];

/// The kind with a key.
pub fn client_kind(key: &str) -> Option<&'static ClientKind> {
    CLIENT_KINDS.iter().find(|kind| kind.key == key)
}

/// The kind of client that an interface is, by what made it and by its instance's platform.
pub fn kind_of(network: &Network, interface: Ix<NetworkInterface>) -> &'static ClientKind {
    let [linux, _, windows, _, elb, nat_gateway, lambda, ..] = &CLIENT_KINDS;
    let noun = network.model().network_interfaces.at(interface);
    match noun.interface_type {
        InterfaceType::NetworkLoadBalancer | InterfaceType::GatewayLoadBalancer => return elb,
        InterfaceType::NatGateway => return nat_gateway,
        InterfaceType::Lambda => return lambda,
        _ if noun.description.starts_with("ELB ") => return elb,
        _ => {}
    }
    let instance = network.resolved().instance_of(interface).map(|ix| network.model().instances.at(ix));
    match instance.map(|instance| instance.platform) {
        Some(Platform::Windows) => windows,
        _ => linux,
    }
}

/// The range that a rule should open for clients whose ports are `ports`: for Linux both documented ends (D2).
pub fn required(ports: PortRange) -> PortRange {
    let [linux, linux_doc, ..] = &CLIENT_KINDS;
    if ports == linux.ports { linux_doc.ports } else { ports }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_table() {
        let count = |key| client_kind(key).unwrap().ports.count();
        assert_eq!(count("linux"), 28232);
        assert_eq!(count("linux-doc"), 28233);
        assert_eq!(count("windows"), 16384);
        assert_eq!(count("windows-legacy"), 3976);
        assert_eq!(count("elb"), 64512);
        assert_eq!(count("any"), 65536);
        assert!(REPORTED_KINDS.iter().all(|key| client_kind(key).is_some()));
    }
}
