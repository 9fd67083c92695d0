//! What a rule of a security group or a network ACL lets through, apart from whose it is.

use std::fmt;
use std::str::FromStr;

/// A closed range of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRange {
    /// The first port.
    pub from: u16,
    /// The last port.
    pub to: u16,
}

impl PortRange {
    /// All ports, 0 to 65535.
    pub const ALL: PortRange = PortRange { from: 0, to: u16::MAX };

    /// One port.
    pub const fn single(port: u16) -> PortRange {
        PortRange { from: port, to: port }
    }

    /// How many ports.
    pub fn count(self) -> u32 {
        (u32::from(self.to) + 1).saturating_sub(u32::from(self.from))
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to { write!(f, "{}", self.from) } else { write!(f, "{}-{}", self.from, self.to) }
    }
}

/// Protocol, and ports or ICMP type and code, normalised from the ways in which the APIs write them (S1.3 to S1.9,
/// S2.6 to S2.8).
///
/// The text form reads and writes: `all`, `tcp 80`, `tcp 1024-65535`, `udp`, `icmp 8`, `icmp 3/4`, `icmpv6`, `50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Traffic {
    /// Protocol -1: every protocol, port, type and code (S1.4, S2.7).
    All,
    /// TCP to a range of destination ports.
    Tcp(PortRange),
    /// UDP to a range of destination ports.
    Udp(PortRange),
    /// ICMP (IPv4); `None` stands for all types, or all codes of the type. Not a range (S1.6).
    Icmp(Option<u8>, Option<u8>),
    /// ICMPv6, likewise.
    Icmpv6(Option<u8>, Option<u8>),
    /// Any other protocol, all of it: ports given with it are ignored (S1.4, S2.7).
    Protocol(u8),
}

impl Traffic {
    /// Whether other traffic is a part of this.
    pub fn covers(self, part: Traffic) -> bool {
        let within = |whole: PortRange, part: PortRange| whole.from <= part.from && part.to <= whole.to;
        let narrows = |whole: Option<u8>, part: Option<u8>| whole.is_none() || whole == part;
        match (self, part) {
            (Traffic::All, _) => true,
            (Traffic::Tcp(whole), Traffic::Tcp(part)) | (Traffic::Udp(whole), Traffic::Udp(part)) => {
                within(whole, part)
            }
            (Traffic::Icmp(kind, code), Traffic::Icmp(of_kind, of_code))
            | (Traffic::Icmpv6(kind, code), Traffic::Icmpv6(of_kind, of_code)) => {
                narrows(kind, of_kind) && narrows(code, of_code)
            }
            (Traffic::Protocol(whole), Traffic::Protocol(part)) => whole == part,
            _ => false,
        }
    }

    /// The protocol as EC2's calls take it: a name for the four that have one, else a number; `-1` for all.
    pub fn protocol_name(self) -> String {
        match self {
            Traffic::All => "-1".into(),
            Traffic::Tcp(_) => "tcp".into(),
            Traffic::Udp(_) => "udp".into(),
            Traffic::Icmp(..) => "icmp".into(),
            Traffic::Icmpv6(..) => "icmpv6".into(),
            Traffic::Protocol(number) => number.to_string(),
        }
    }

    /// The protocol number, unless it is all of them.
    pub fn protocol_number(self) -> Option<u8> {
        match self {
            Traffic::All => None,
            Traffic::Tcp(_) => Some(6),
            Traffic::Udp(_) => Some(17),
            Traffic::Icmp(..) => Some(1),
            Traffic::Icmpv6(..) => Some(58),
            Traffic::Protocol(number) => Some(number),
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = |f: &mut fmt::Formatter<'_>, name, range: &PortRange| {
            if *range == PortRange::ALL { f.write_str(name) } else { write!(f, "{name} {range}") }
        };
        let types =
            |f: &mut fmt::Formatter<'_>, name, kind: &Option<u8>, code: &Option<u8>| match (kind, code) {
                (None, _) => f.write_str(name),
                (Some(kind), None) => write!(f, "{name} {kind}"),
                (Some(kind), Some(code)) => write!(f, "{name} {kind}/{code}"),
            };
        match self {
            Traffic::All => f.write_str("all"),
            Traffic::Tcp(range) => ports(f, "tcp", range),
            Traffic::Udp(range) => ports(f, "udp", range),
            Traffic::Icmp(kind, code) => types(f, "icmp", kind, code),
            Traffic::Icmpv6(kind, code) => types(f, "icmpv6", kind, code),
            Traffic::Protocol(number) => write!(f, "{number}"),
        }
    }
}

/// A text that is not a [`Traffic`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `all`, `tcp 80`, `udp 1024-65535`, `icmp 8/0` or a protocol number, found `{0}`")]
pub struct TrafficError(String);

impl FromStr for Traffic {
    type Err = TrafficError;

    fn from_str(text: &str) -> Result<Traffic, TrafficError> {
        let wrong = || TrafficError(text.into());
        let mut words = text.split_whitespace();
        let (protocol, detail) = (words.next().ok_or_else(wrong)?, words.next());
        let ports = || match detail {
            None => Ok(PortRange::ALL),
            Some(range) => {
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                let range = PortRange {
                    from: from.parse().map_err(|_| wrong())?,
                    to: to.parse().map_err(|_| wrong())?,
                };
                if range.from <= range.to { Ok(range) } else { Err(wrong()) }
            }
        };
        let types = || match detail.map(|detail| detail.split_once('/').unwrap_or((detail, ""))) {
            None => Ok((None, None)),
            Some((kind, "")) => Ok((Some(kind.parse().map_err(|_| wrong())?), None)),
            Some((kind, code)) => {
                Ok((Some(kind.parse().map_err(|_| wrong())?), Some(code.parse().map_err(|_| wrong())?)))
            }
        };
        let traffic = match protocol {
            "all" | "-1" => Traffic::All,
            "tcp" => Traffic::Tcp(ports()?),
            "udp" => Traffic::Udp(ports()?),
            "icmp" => types().map(|(kind, code)| Traffic::Icmp(kind, code))?,
            "icmpv6" => types().map(|(kind, code)| Traffic::Icmpv6(kind, code))?,
            number => Traffic::Protocol(number.parse().map_err(|_| wrong())?),
        };
        if words.next().is_some() { Err(wrong()) } else { Ok(traffic) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back() {
        for text in [
            "all",
            "tcp",
            "tcp 80",
            "tcp 1024-65535",
            "udp 53",
            "icmp",
            "icmp 8",
            "icmp 3/4",
            "icmpv6 128",
            "50",
        ] {
            assert_eq!(text.parse::<Traffic>().unwrap().to_string(), text);
        }
        for text in ["", "tcp x", "tcp 2-1", "tcp 70000", "icmp 300", "ip", "tcp 1 2"] {
            assert!(text.parse::<Traffic>().is_err(), "{text}");
        }
    }
}
