//! Protocol, ports, types and codes, from the ways in which the APIs write them (S1.3 to S1.9, S2.6 to S2.8).

use model::{PortRange, Traffic};

use crate::object::{Object, shown};

/// A protocol, before its ports are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    All,
    Tcp,
    Udp,
    Icmp,
    Icmpv6,
    Other(u8),
}

/// A name or number in any case (S1.3); calls print strings, some exports hold numbers.
fn protocol(object: Object<'_>, key: &'static str) -> Option<Protocol> {
    let Some(value) = object.get(key) else {
        object.error(format!("expected `{key}` in this object, found none"));
        return None;
    };
    let number = |number: i64| match number {
        -1 => Some(Protocol::All),
        1 => Some(Protocol::Icmp),
        6 => Some(Protocol::Tcp),
        17 => Some(Protocol::Udp),
        58 => Some(Protocol::Icmpv6),
        _ => u8::try_from(number).ok().map(Protocol::Other),
    };
    let (protocol, found) = if value.is_number() {
        let found = value.number()?;
        (number(found), found.to_string())
    } else {
        let text = value.text()?;
        let protocol = match text.to_ascii_lowercase().as_str() {
            "all" => Some(Protocol::All),
            "tcp" => Some(Protocol::Tcp),
            "udp" => Some(Protocol::Udp),
            "icmp" => Some(Protocol::Icmp),
            "icmpv6" => Some(Protocol::Icmpv6),
            other => other.parse().ok().and_then(number),
        };
        (protocol, shown(text))
    };
    if protocol.is_none() {
        value.error(format!(
            "expected `tcp`, `udp`, `icmp`, `icmpv6`, `-1` or a protocol number for `{key}`, found `{found}`"
        ));
    }
    protocol
}

/// A number from 0 to 65535 that is there.
fn port(object: Object<'_>, key: &'static str) -> Option<u16> {
    let Some(value) = object.get(key) else {
        object.error(format!("expected `{key}`: tcp and udp have ports"));
        return None;
    };
    value.bounded("a port from 0 to 65535")
}

fn ports(object: Object<'_>, from: &'static str, to: &'static str) -> Option<PortRange> {
    let (first, last) = (port(object, from), port(object, to));
    let range = PortRange { from: first?, to: last? };
    if range.from > range.to {
        object.error(format!("`{from}` {} is above `{to}` {}", range.from, range.to));
        return None;
    }
    Some(range)
}

/// An ICMP type and code; -1 and absent stand for all, and all types have all codes (S1.6, S2.8).
fn types(object: Object<'_>, kind: &'static str, code: &'static str) -> Option<(Option<u8>, Option<u8>)> {
    let field = |key, expected| match object.get(key) {
        None => Some(None),
        Some(value) if value.number()? == -1 => Some(None),
        Some(value) => value.bounded(expected).map(Some),
    };
    let kind = field(kind, "an ICMP type from 0 to 255, or -1")?;
    let code = field(code, "an ICMP code from 0 to 255, or -1")?;
    Some((kind, kind.and(code)))
}

/// Of a permission or rule of a security group: `IpProtocol`, `FromPort`, `ToPort`.
pub(super) fn of_rule(object: Object<'_>) -> Option<Traffic> {
    Some(match protocol(object, "IpProtocol")? {
        Protocol::All => Traffic::All,
        Protocol::Tcp => Traffic::Tcp(ports(object, "FromPort", "ToPort")?),
        Protocol::Udp => Traffic::Udp(ports(object, "FromPort", "ToPort")?),
        Protocol::Icmp => {
            types(object, "FromPort", "ToPort").map(|(kind, code)| Traffic::Icmp(kind, code))?
        }
        Protocol::Icmpv6 => {
            types(object, "FromPort", "ToPort").map(|(kind, code)| Traffic::Icmpv6(kind, code))?
        }
        Protocol::Other(number) => Traffic::Protocol(number),
    })
}

/// Of an entry of a network ACL: `Protocol`, `PortRange`, `IcmpTypeCode`.
pub(super) fn of_entry(object: Object<'_>, is_v4: bool) -> Option<Traffic> {
    let range = || match object.get("PortRange") {
        None => Some(PortRange::ALL),
        Some(range) => ports(range.object()?, "From", "To"),
    };
    let kinds = || match object.get("IcmpTypeCode") {
        Some(kinds) => types(kinds.object()?, "Type", "Code"),
        None => {
            // Real answers always have it; moto loses it (clients.md, row 2).
            object.warning("this entry has no `IcmpTypeCode`; read as all types and codes");
            Some((None, None))
        }
    };
    Some(match protocol(object, "Protocol")? {
        Protocol::All => Traffic::All,
        Protocol::Tcp => Traffic::Tcp(range()?),
        Protocol::Udp => Traffic::Udp(range()?),
        Protocol::Icmp => kinds().map(|(kind, code)| Traffic::Icmp(kind, code))?,
        // With an IPv4 block the API ignores type and code (S2.7).
        Protocol::Icmpv6 if is_v4 => Traffic::Icmpv6(None, None),
        Protocol::Icmpv6 => kinds().map(|(kind, code)| Traffic::Icmpv6(kind, code))?,
        Protocol::Other(number) => Traffic::Protocol(number),
    })
}
