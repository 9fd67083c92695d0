//! Services in words, and the classes of ports that findings tell apart.

use model::PortRange;
use space::{Diagrams, Field, Region, Set};

use crate::explain::words as parts;
use crate::question::{CATALOGUE, Service};

/// A class of services that the internet should not get to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum PortClass {
    /// Logging in: whoever gets to one of these tries passwords.
    Admin,
    /// Stores of data.
    Database,
    /// Protocols that send passwords in clear.
    Plaintext,
    /// Every port of TCP or of UDP.
    Any,
}

/// The classes by the names of their services, as questions have them.
const CLASSES: [(PortClass, &str, &[&str]); 3] = [
    (PortClass::Admin, "administration", &["ssh", "rdp", "winrm", "telnet", "smb", "snmp"]),
    (
        PortClass::Database,
        "database",
        &[
            "mysql",
            "postgres",
            "mssql",
            "oracle",
            "redshift",
            "mongodb",
            "redis",
            "memcached",
            "elasticsearch",
            "kafka",
            "nfs",
        ],
    ),
    (PortClass::Plaintext, "plaintext", &["ftp", "ldap"]),
];

impl PortClass {
    /// All of them.
    pub(super) const ALL: [PortClass; 4] =
        [PortClass::Any, PortClass::Admin, PortClass::Database, PortClass::Plaintext];

    /// Its name.
    pub(super) fn word(self) -> &'static str {
        CLASSES.iter().find(|(class, ..)| *class == self).map_or("any", |(_, word, _)| word)
    }

    /// The protocols and ports that are in it: `tcp` or `udp` and the port. None for [`PortClass::Any`].
    pub(super) fn ports(self) -> Vec<(&'static str, u16, &'static str)> {
        let names = CLASSES.iter().filter(|(class, ..)| *class == self).flat_map(|(.., names)| *names);
        let mut ports = Vec::new();
        for name in names {
            let row = CATALOGUE.iter().find(|row| row.names.contains(name));
            ports.extend(row.into_iter().flat_map(|row| row.services).filter_map(|service| match service {
                Service::Tcp(PortRange { from, .. }) => Some(("tcp", *from, *name)),
                Service::Udp(PortRange { from, .. }) => Some(("udp", *from, *name)),
                _ => None,
            }));
        }
        ports
    }

    /// Its connections, to those of its ports that are wanted.
    pub(super) fn set(self, sets: &mut Diagrams, wanted: impl Fn(&str, u16) -> bool) -> Set {
        let mut set = Set::EMPTY;
        let ports = self.ports().into_iter().filter(|(protocol, port, _)| wanted(protocol, *port));
        let ports = ports.map(|(protocol, port, _)| (protocol, port..=port));
        let every = ["tcp", "udp"].map(|protocol| (protocol, 0..=u16::MAX));
        for (protocol, ports) in ports.chain(every.into_iter().filter(|_| self == PortClass::Any)) {
            let number = if protocol == "tcp" { 6 } else { 17 };
            let region = sets.region(&Region::FULL.protocol(number).server(ports));
            set = sets.union(set, region);
        }
        set
    }
}

/// The services of a set: `tcp 22, 80; udp 53`.
pub(super) fn words(sets: &mut Diagrams, set: Set) -> String {
    let mut found = Vec::new();
    for (number, name) in [(6, "tcp"), (17, "udp"), (1, "icmp"), (58, "icmpv6")] {
        let region = sets.region(&Region::FULL.protocol(number));
        let part = sets.intersect(set, region);
        if part != Set::EMPTY {
            let ports = parts::ranges(sets, part, Field::Server);
            let all = ["0-65535", "0-255"].contains(&ports.as_str());
            found.push(if all { name.to_owned() } else { format!("{name} {ports}") });
        }
    }
    let mut others = Vec::new();
    for (first, last) in [(0, 0), (2, 5), (7, 16), (18, 57), (59, 255)] {
        let region = sets.region(&Region::FULL.with(Field::Protocol, first..=last));
        let part = sets.intersect(set, region);
        others.extend(parts::each_range(sets, part, Field::Protocol));
    }
    match others.as_slice() {
        [] => {}
        [first, .., last] if found.len() >= 2 && first.starts_with('0') && last.ends_with("255") => {
            if found.iter().any(|name| name == "tcp") && found.iter().any(|name| name == "udp") {
                return "everything".into();
            }
            found.push("other protocols".into());
        }
        several => found.push(format!("protocols {}", several.join(", "))),
    }
    if found.is_empty() { "nothing".into() } else { found.join("; ") }
}

/// `1 interface`, `2 interfaces`.
pub(super) fn count(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
