//! Services: what a destination is asked for, and how that is read and written.

use std::fmt;
use std::str::FromStr;

use model::PortRange;
use space::Family;

use super::catalogue::{CATALOGUE, named};
use super::lex::Piece;
use super::{QuestionError, did_you_mean, shown};

/// What a destination is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Every protocol and port.
    Any,
    /// TCP to these ports.
    Tcp(PortRange),
    /// UDP to these ports.
    Udp(PortRange),
    /// A ping: ICMP type 8 code 0 over IPv4, ICMPv6 type 128 over IPv6. The addresses decide.
    Echo,
    /// ICMP for IPv4.
    Icmp(IcmpTypes),
    /// ICMP for IPv6.
    Icmpv6(IcmpTypes),
    /// Any other protocol, by its IANA number. Build it with [`Service::protocol`], which keeps
    /// the four protocols above out of here.
    Protocol(u8),
}

impl Service {
    /// All of a protocol: number 6 is [`Service::Tcp`] with every port, not `Protocol(6)`.
    pub fn protocol(number: u8) -> Self {
        match number {
            1 => Self::Icmp(IcmpTypes::All),
            6 => Self::Tcp(PortRange::ALL),
            17 => Self::Udp(PortRange::ALL),
            58 => Self::Icmpv6(IcmpTypes::All),
            other => Self::Protocol(other),
        }
    }

    /// Whether a word by itself is a service.
    pub(super) fn is_word(word: &str) -> bool {
        read(Piece::new(word, 0)).is_ok()
    }
}

/// Which ICMP messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IcmpTypes {
    /// Every type and code.
    All,
    /// One type, every code.
    Type(u8),
    /// One type and one code.
    Code(u8, u8),
}

const ICMP_TYPES: &[(&str, IcmpTypes)] = &[
    ("echo-reply", IcmpTypes::Type(0)),
    ("unreachable", IcmpTypes::Type(3)),
    ("frag-needed", IcmpTypes::Code(3, 4)),
    ("redirect", IcmpTypes::Type(5)),
    ("echo", IcmpTypes::Type(8)),
    ("time-exceeded", IcmpTypes::Type(11)),
    ("timestamp", IcmpTypes::Type(13)),
];

const ICMPV6_TYPES: &[(&str, IcmpTypes)] = &[
    ("unreachable", IcmpTypes::Type(1)),
    ("packet-too-big", IcmpTypes::Type(2)),
    ("time-exceeded", IcmpTypes::Type(3)),
    ("echo", IcmpTypes::Type(128)),
    ("echo-reply", IcmpTypes::Type(129)),
    ("redirect", IcmpTypes::Type(137)),
];

/// What the grammar calls ICMP messages of a type with these codes, if it has a name for them.
pub(crate) fn icmp_name(family: Family, kind: u8, codes: (u8, u8)) -> Option<&'static str> {
    let names = if family == Family::V4 { ICMP_TYPES } else { ICMPV6_TYPES };
    let is = |types: &IcmpTypes| match (types, codes) {
        (IcmpTypes::Type(of), (0, 255)) => *of == kind,
        (IcmpTypes::Code(of, code), (from, to)) => *of == kind && *code == from && from == to,
        _ => false,
    };
    // `icmp/echo` is a ping, which carries code 0.
    let ping = kind == if family == Family::V4 { 8 } else { 128 };
    let named = names.iter().find(|(_, types)| is(types)).map(|(name, _)| *name);
    named.or((ping && codes == (0, 0)).then_some("echo"))
}

/// Whether a word was meant as a service, even if a number in it is out of range. Decides between
/// `db:mysql`, a name and a service, and `db:orders`, a selector.
pub(super) fn resembles(word: &str) -> bool {
    let takes_slash = |head: &str| matches!(head, "tcp" | "udp" | "icmp" | "icmpv6" | "icmp6" | "proto");
    Service::is_word(word)
        || word.split_once('/').is_some_and(|(head, _)| head.is_empty() || takes_slash(head))
}

/// Whether a word is a service by its shape, not by a name that a resource could carry as well.
pub(super) fn is_explicit(word: &str) -> bool {
    resembles(word) && named(word).is_none()
}

/// The services one word stands for; names may stand for several.
pub(super) fn read(word: Piece<'_>) -> Result<Vec<Service>, QuestionError> {
    if word.text == "-1" {
        return Ok(vec![Service::Any]); // as the AWS API writes it
    }
    if word.text.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(vec![Service::Tcp(ports(word)?)]);
    }
    let Some((head, tail)) = word.split_once('/') else {
        return named(word.text).map(<[_]>::to_vec).ok_or_else(|| unknown(word));
    };
    let service = match head.text.to_ascii_lowercase().as_str() {
        "tcp" => Service::Tcp(ports(tail)?),
        "udp" => Service::Udp(ports(tail)?),
        "icmp" if tail.text.eq_ignore_ascii_case("echo") => Service::Echo,
        "icmp" => Service::Icmp(icmp(tail, ICMP_TYPES)?),
        "icmpv6" | "icmp6" => Service::Icmpv6(icmp(tail, ICMPV6_TYPES)?),
        "proto" => protocol(tail)?,
        "" => return Err(request_path(word)),
        name if named(name).is_some() => {
            return Err(QuestionError::new(tail.span(), format!("{} takes no port", shown(head.text)))
                .help("write `tcp/` or `udp/` before a port"));
        }
        _ => return Err(unknown(head)),
    };
    Ok(vec![service])
}

/// One port, or a range of them.
pub(super) fn ports(word: Piece<'_>) -> Result<PortRange, QuestionError> {
    let port = |piece| number::<u16>(piece, "a port", "0-65535");
    let Some((first, last)) = word.split_once('-') else {
        return Ok(PortRange::single(port(word)?));
    };
    let range = PortRange { from: port(first)?, to: port(last)? };
    if range.from > range.to {
        return Err(QuestionError::new(
            word.span(),
            format!("the range {} runs backwards", shown(word.text)),
        )
        .help(format!("did you mean `{}-{}`?", range.to, range.from)));
    }
    Ok(range)
}

fn icmp(word: Piece<'_>, names: &[(&str, IcmpTypes)]) -> Result<IcmpTypes, QuestionError> {
    let (kind, code) = word.split_once('/').map_or((word, None), |(kind, code)| (kind, Some(code)));
    let types = match names.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind.text)) {
        Some((_, types)) => *types,
        None if kind.text.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            let message = format!("unknown ICMP type {}", shown(kind.text));
            let help = did_you_mean(kind.text, names.iter().map(|(name, _)| *name));
            return Err(QuestionError::new(kind.span(), message).maybe_help(help));
        }
        None => IcmpTypes::Type(number(kind, "an ICMP type", "0-255")?),
    };
    match (types, code) {
        (types, None) => Ok(types),
        (IcmpTypes::Type(kind), Some(code)) => {
            Ok(IcmpTypes::Code(kind, number(code, "an ICMP code", "0-255")?))
        }
        (_, Some(code)) => {
            Err(QuestionError::new(code.span(), format!("{} already names a code", shown(kind.text))))
        }
    }
}

fn protocol(word: Piece<'_>) -> Result<Service, QuestionError> {
    let whole = |service: &&Service| {
        matches!(
            service,
            Service::Protocol(_)
                | Service::Tcp(PortRange::ALL)
                | Service::Udp(PortRange::ALL)
                | Service::Icmp(IcmpTypes::All)
                | Service::Icmpv6(IcmpTypes::All)
        )
    };
    match named(word.text).and_then(<[_]>::first).filter(whole) {
        Some(service) => Ok(*service),
        None => number(word, "a protocol number", "0-255").map(Service::protocol),
    }
}

fn number<T: FromStr>(word: Piece<'_>, what: &str, range: &str) -> Result<T, QuestionError> {
    let digits = !word.text.is_empty() && word.text.chars().all(|c| c.is_ascii_digit());
    if !digits {
        let found = if word.text.is_empty() { "nothing".to_owned() } else { shown(word.text) };
        return Err(QuestionError::new(word.span(), format!("expected {what}, {range}, found {found}")));
    }
    word.text.parse().map_err(|_| {
        QuestionError::new(word.span(), format!("{} is out of range for {what}, {range}", shown(word.text)))
    })
}

fn unknown(word: Piece<'_>) -> QuestionError {
    let names = CATALOGUE.iter().flat_map(|row| row.names.iter().copied());
    QuestionError::new(word.span(), format!("unknown service {}", shown(word.text)))
        .help(EXAMPLES)
        .maybe_help(did_you_mean(word.text, names.chain(["proto"])))
}

/// The help of an unknown service that is close to no known one.
pub(super) const EXAMPLES: &str =
    "a service is a name such as `mysql`, or `tcp/443`, `udp/53`, `icmp`, `any`";

/// `http:/admin*` is a question for a web ACL.
pub(super) fn request_path(path: Piece<'_>) -> QuestionError {
    let message = "paths of requests are decided by a web ACL, which portcullis does not model yet";
    QuestionError::new(path.span(), message)
        .help(format!("leave {} out to ask about the connection", shown(path.text)))
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Tcp(PortRange::ALL) => f.write_str("tcp"),
            Self::Tcp(ports) => write!(f, "tcp/{ports}"),
            Self::Udp(PortRange::ALL) => f.write_str("udp"),
            Self::Udp(ports) => write!(f, "udp/{ports}"),
            Self::Echo => f.write_str("icmp/echo"),
            Self::Icmp(types) => write!(f, "icmp{types}"),
            Self::Icmpv6(types) => write!(f, "icmpv6{types}"),
            Self::Protocol(number) => write!(f, "proto/{number}"),
        }
    }
}

/// Writes what follows the protocol: nothing, `/3` or `/3/4`.
impl fmt::Display for IcmpTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::Type(kind) => write!(f, "/{kind}"),
            Self::Code(kind, code) => write!(f, "/{kind}/{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(word: &str) -> String {
        let services = read(Piece::new(word, 0)).unwrap();
        services.iter().map(Service::to_string).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn words_and_what_they_stand_for() {
        for (word, expected) in [
            ("443", "tcp/443"),
            ("8000-8100", "tcp/8000-8100"),
            ("tcp/8000-8000", "tcp/8000"),
            ("tcp/0-65535", "tcp"),
            ("UDP/53", "udp/53"),
            ("-1", "any"),
            ("ALL", "any"),
            ("HTTPS", "tcp/443"),
            ("aurora-mysql", "tcp/3306"),
            ("dns", "udp/53, tcp/53"),
            ("ping", "icmp/echo"),
            ("icmp", "icmp"),
            ("icmp/echo", "icmp/echo"),
            ("icmp/8", "icmp/8"),
            ("icmp/echo/0", "icmp/8/0"),
            ("icmp/unreachable", "icmp/3"),
            ("icmp/unreachable/1", "icmp/3/1"),
            ("icmp/frag-needed", "icmp/3/4"),
            ("icmp/time-exceeded", "icmp/11"),
            ("icmp6/128", "icmpv6/128"),
            ("icmpv6/echo", "icmpv6/128"),
            ("esp", "proto/50"),
            ("proto/esp", "proto/50"),
            ("proto/0", "proto/0"),
            ("proto/1", "icmp"),
            ("proto/6", "tcp"),
            ("proto/17", "udp"),
            ("proto/58", "icmpv6"),
        ] {
            assert_eq!(written(word), expected, "{word}");
        }
    }

    #[test]
    fn shapes_and_names() {
        for word in ["443", "1-2", "tcp/99999", "proto/x", "/admin*", "icmp/8"] {
            assert!(is_explicit(word), "{word}");
        }
        for word in ["mysql", "any", "tcp"] {
            assert!(resembles(word) && !is_explicit(word), "{word}");
        }
        for word in ["orders", "web/1", "123456789012", "mysql-1", ""] {
            assert!(!resembles(word), "{word}");
        }
    }
}
