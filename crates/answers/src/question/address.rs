//! Addresses and CIDRs, and what merely looks like one.
//!
//! A mistyped address must never pass as a name, or `10.0.0.256 -> db` would be answered with "no
//! such resource". So each family has a test for resemblance, wider than its grammar, and what
//! resembles an address but is none is an error.
//!
//! IPv4-mapped IPv6 (`::ffff:10.0.0.1`) is refused (clause S1.13 of the semantics): AWS filters see
//! IPv4 packets as IPv4.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::lex::Piece;
use super::{Kind, QuestionError, Term, shown};

/// An IPv4 address or CIDR; `None` if the word does not resemble one and may be a name.
pub(super) fn ipv4(word: Piece<'_>) -> Option<Result<Term, QuestionError>> {
    if !resembles_ipv4(word.text) {
        return None;
    }
    Some(net::<Ipv4Addr>(word.text, 32).map_err(|help| {
        QuestionError::new(word.span(), format!("{} is not a valid IPv4 address or CIDR", shown(word.text)))
            .maybe_help(help)
    }))
}

/// An IPv6 address or CIDR.
pub(super) fn ipv6(word: Piece<'_>) -> Result<Term, QuestionError> {
    let term = net::<Ipv6Addr>(word.text, 128).map_err(|help| {
        QuestionError::new(word.span(), format!("{} is not a valid IPv6 address or CIDR", shown(word.text)))
            .maybe_help(help)
    })?;
    match &term {
        Term::Net { net: IpNet::V6(net), .. }
            if net.prefix_len() >= 96 && net.addr().to_ipv4_mapped().is_some() =>
        {
            Err(QuestionError::new(word.span(), format!("{} is an IPv4-mapped address", shown(word.text)))
                .help("write the IPv4 address itself"))
        }
        _ => Ok(term),
    }
}

/// Four numbers with dots, or digits and dots before a slash. Ranges (`10.0.0.1-10.0.0.9`) resemble
/// an address too: they are not in the grammar, but a name they are not either.
fn resembles_ipv4(word: &str) -> bool {
    let (head, tail) = word.split_once('/').map_or((word, None), |(head, tail)| (head, Some(tail)));
    let dots = head.matches('.').count();
    let numeric = head.starts_with(|c: char| c.is_ascii_digit())
        && head.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-');
    let cidr = tail.is_some_and(|tail| dots > 0 || tail.chars().all(|c| c.is_ascii_digit()));
    numeric && (cidr || dots >= 3)
}

/// Hexadecimal groups with two colons or more, or an IPv6 address with something after another colon
/// (`2001:db8::9:https`).
pub(super) fn resembles_ipv6(run: &str) -> bool {
    let is_address = |text| net::<Ipv6Addr>(text, 128).is_ok();
    let groups = run.split(['/', '%']).next().unwrap_or(run);
    if groups.matches(':').count() < 2 {
        return false;
    }
    // `db` is a kind that happens to be a hexadecimal number: `db:a:443`.
    let selector =
        !run.contains("::") && run.split_once(':').is_some_and(|(kind, _)| Kind::from_word(kind).is_some());
    let hexadecimal = groups.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    (hexadecimal && !selector)
        || is_address(run)
        || run.rsplit_once(':').is_some_and(|(head, _)| is_address(head))
}

/// Reads `address[/length]`, or says what may help. The standard library reads the address, because
/// `ipnet` lets octets with leading zeros pass, which elsewhere mean octal.
fn net<A: std::str::FromStr + Into<IpAddr>>(text: &str, longest: u8) -> Result<Term, Option<String>> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<A>() else {
        let octets =
            longest == 32 && address.split('.').any(|octet| octet.len() > 1 && octet.starts_with('0'));
        return Err(octets.then(|| "an octet has no leading zeros".to_owned()));
    };
    let prefix = match length {
        None => longest,
        Some(length) => {
            let plain =
                length.chars().all(|c| c.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
            match length.parse() {
                Ok(prefix) if plain && prefix <= longest => prefix,
                _ => return Err(Some(format!("the prefix length is a number, 0-{longest}"))),
            }
        }
    };
    let written = IpNet::new(address.into(), prefix).map_err(|_| None)?;
    let net = written.trunc();
    Ok(Term::Net { net, host_bits: net != written })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resemblance_is_wider_than_the_grammar_but_leaves_names_alone() {
        for word in [
            "10.0.0.1",
            "300.1.1.1",
            "10.0.0.0/33",
            "10.0/16",
            "10/8",
            "10.0.0.0/x",
            "1.2.3.4.5",
            "1.1.1.1-1.1.1.9",
        ] {
            assert!(resembles_ipv4(word), "{word}");
        }
        for word in ["web-1", "10", "1.2.3", "v1.2.3.4", "web/24", "10/web", "2024-01-01", "-", ""] {
            assert!(!resembles_ipv4(word), "{word}");
        }
        for run in
            ["::", "::1", "fe80::1%eth0", "1:2:3", "2001:db8::/64", "2001:db8::9:https", "::ffff:1.2.3.4"]
        {
            assert!(resembles_ipv6(run), "{run}");
        }
        for run in ["cafe:80", "db:a:443", "sg:a:b", "sg::web", "a:http:/x", "tag:a:b", ""] {
            assert!(!resembles_ipv6(run), "{run}");
        }
    }

    #[test]
    fn host_bits_are_cleared_and_remembered() {
        for (text, canonical, expected) in [
            ("10.0.0.5/16", "10.0.0.0/16", true),
            ("10.0.0.0/16", "10.0.0.0/16", false),
            ("10.0.0.5", "10.0.0.5/32", false),
        ] {
            let term = ipv4(Piece::new(text, 0)).unwrap().unwrap();
            assert_eq!(term, Term::Net { net: canonical.parse().unwrap(), host_bits: expected });
        }
    }
}
