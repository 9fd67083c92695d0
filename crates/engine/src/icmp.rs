//! ICMP queries and the replies that they expect (S0.2).

use space::{Family, Region};

/// Protocol number of ICMP.
const ICMP: u8 = 1;
/// Protocol number of ICMPv6.
const ICMPV6: u8 = 58;

/// Pairs of query type and reply type (RFC 792, RFC 950; RFC 4443, RFC 4861, RFC 4620).
pub fn icmp_queries(family: Family) -> &'static [(u8, u8)] {
    match family {
        Family::V4 => &[(8, 0), (13, 14), (15, 16), (17, 18)],
        Family::V6 => &[(128, 129), (133, 134), (135, 136), (139, 140)],
    }
}

/// The protocol number that ICMP has in a family.
pub(crate) fn number(family: Family) -> u8 {
    match family {
        Family::V4 => ICMP,
        Family::V6 => ICMPV6,
    }
}

/// The queries whose reply has a type and code that a rule names: the rule of a gate on the way back, said in terms of
/// the connection. Replies carry code 0.
pub(crate) fn queries_answered_by(family: Family, kind: Option<u8>, code: Option<u8>) -> Vec<Region> {
    if code.is_some_and(|code| code != 0) {
        return Vec::new();
    }
    let matching = icmp_queries(family).iter().filter(|(_, reply)| kind.is_none_or(|kind| kind == *reply));
    matching.map(|&(query, _)| of_type(family, query)).collect()
}

/// Every ICMP message that expects a reply.
pub(crate) fn queries(family: Family) -> Vec<Region> {
    icmp_queries(family).iter().map(|&(query, _)| of_type(family, query)).collect()
}

/// ICMP messages of one type: the type stands on the server's axis, the code on the client's.
fn of_type(family: Family, kind: u8) -> Region {
    Region::FULL.protocol(number(family)).server(u16::from(kind)..=u16::from(kind))
}
