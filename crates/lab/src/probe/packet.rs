//! Crafted packets: written byte by byte, told apart by a number that they carry, and read back from logs.

use std::net::IpAddr;

use etherparse::{
    Icmpv4Header, Icmpv4Type, Icmpv6Header, Icmpv6Type, IpDscp, IpNumber, Ipv4Header, Ipv4HeaderSlice,
    Ipv6FlowLabel, Ipv6Header, Ipv6HeaderSlice, TcpHeader, UdpHeader,
};

use crate::stage::PROBE_DSCP;

/// What a packet says after its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fields {
    /// TCP or UDP.
    Ports {
        /// The source port.
        from: u16,
        /// The destination port.
        to: u16,
    },
    /// ICMP of the packet's family.
    Icmp {
        /// The type.
        kind: u8,
        /// The code.
        code: u8,
        /// The identifier, by which answers are told apart.
        identifier: u16,
    },
    /// Any other protocol.
    Nothing,
}

/// A packet, as far as anything in a VPC looks at it (S0.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Where from.
    pub source: IpAddr,
    /// Where to, of the same family.
    pub destination: IpAddr,
    /// The protocol number.
    pub protocol: u8,
    /// The rest.
    pub fields: Fields,
    /// Whether it answers another: TCP says so.
    pub answer: bool,
}

/// The sequence number that crafted TCP requests begin with.
const SEQUENCE: u32 = 1000;
/// Enough for every router on the way.
const HOPS: u8 = 64;
/// What follows the headers.
const PAYLOAD: &[u8] = b"portcullis";

impl Packet {
    /// The answer that a server sends: addresses and ports swapped, ICMP queries as what answers them (S0.2).
    pub fn reply(&self) -> Packet {
        let fields = match self.fields {
            Fields::Ports { from, to } => Fields::Ports { from: to, to: from },
            Fields::Icmp { kind, identifier, .. } => {
                let family = space::Family::of(self.source);
                let answered = engine::icmp_queries(family).iter().find(|(query, _)| *query == kind);
                Fields::Icmp { kind: answered.map_or(kind, |(_, reply)| *reply), code: 0, identifier }
            }
            Fields::Nothing => Fields::Nothing,
        };
        let (source, destination) = (self.destination, self.source);
        Packet { source, destination, fields, answer: true, ..*self }
    }

    /// Its bytes, with a number between 1 and 65535 that it carries all the way.
    pub fn bytes(&self, number: u16) -> Vec<u8> {
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let (source, destination) = (source.octets(), destination.octets());
                let transport = self.transport(|part| part.checksum_v4(source, destination));
                let length = u16::try_from(transport.len()).unwrap_or(0);
                // None of the lengths can be too large.
                let header = Ipv4Header::new(length, HOPS, IpNumber(self.protocol), source, destination);
                let Ok(mut header) = header else { return Vec::new() };
                header.dscp = IpDscp::try_new(PROBE_DSCP).unwrap_or_default();
                header.identification = number;
                header.header_checksum = header.calc_header_checksum();
                [header.to_bytes().as_slice(), &transport].concat()
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let (source, destination) = (source.octets(), destination.octets());
                let transport = self.transport(|part| part.checksum_v6(source, destination));
                let header = Ipv6Header {
                    traffic_class: PROBE_DSCP << 2,
                    flow_label: Ipv6FlowLabel::try_new(u32::from(number)).unwrap_or_default(),
                    payload_length: u16::try_from(transport.len()).unwrap_or(0),
                    next_header: IpNumber(self.protocol),
                    hop_limit: HOPS,
                    source,
                    destination,
                };
                [header.to_bytes().as_slice(), &transport].concat()
            }
            _ => Vec::new(),
        }
    }

    /// What follows the IP header; `checksummed` fills in the checksum.
    fn transport(&self, checksummed: impl FnOnce(Part) -> Vec<u8>) -> Vec<u8> {
        match (self.fields, self.protocol) {
            (Fields::Ports { from, to }, 6) => {
                let mut header = TcpHeader::new(from, to, SEQUENCE, u16::MAX);
                header.syn = true;
                header.ack = self.answer;
                header.acknowledgment_number = if self.answer { SEQUENCE + 1 } else { 0 };
                checksummed(Part::Tcp(header))
            }
            (Fields::Ports { from, to }, _) => checksummed(Part::Udp(from, to)),
            (Fields::Icmp { kind, code, identifier }, _) => {
                let [high, low] = identifier.to_be_bytes();
                checksummed(Part::Icmp(kind, code, [high, low, 0, 1]))
            }
            (Fields::Nothing, _) => PAYLOAD.to_vec(),
        }
    }

    /// The time to live, or hop limit, of the packet in some bytes.
    pub fn time_to_live(bytes: &[u8]) -> Option<u8> {
        match bytes.first()? >> 4 {
            4 => bytes.get(8).copied(),
            _ => bytes.get(7).copied(),
        }
    }

    /// The packet in some bytes, and its number; `None` if they are none of the lab's.
    pub fn read(bytes: &[u8]) -> Option<(Packet, u16)> {
        let (source, destination, protocol, number, rest) = match bytes.first()? >> 4 {
            4 => {
                let header = Ipv4HeaderSlice::from_slice(bytes).ok()?;
                let rest = bytes.get(header.slice().len()..)?;
                let (source, destination) = (header.source_addr().into(), header.destination_addr().into());
                (source, destination, header.protocol().0, header.identification(), rest)
            }
            _ => {
                let header = Ipv6HeaderSlice::from_slice(bytes).ok()?;
                let rest = bytes.get(Ipv6Header::LEN..)?;
                let number = u16::try_from(header.flow_label().value()).ok()?;
                let (source, destination) =
                    (IpAddr::V6(header.source_addr()), IpAddr::V6(header.destination_addr()));
                (source, destination, header.next_header().0, number, rest)
            }
        };
        let number_at = |at: usize| Some(u16::from_be_bytes([*rest.get(at)?, *rest.get(at + 1)?]));
        let icmp = if source.is_ipv4() { 1 } else { 58 };
        let fields = match protocol {
            6 | 17 => Fields::Ports { from: number_at(0)?, to: number_at(2)? },
            number if number == icmp => {
                Fields::Icmp { kind: *rest.first()?, code: *rest.get(1)?, identifier: number_at(4)? }
            }
            _ => Fields::Nothing,
        };
        // Flags of TCP: SYN and ACK.
        let answer = protocol == 6 && rest.get(13).is_some_and(|flags| flags & 0x10 != 0);
        Some((Packet { source, destination, protocol, fields, answer }, number))
    }
}

/// A header of a transport protocol without its checksum.
enum Part {
    Tcp(TcpHeader),
    Udp(u16, u16),
    Icmp(u8, u8, [u8; 4]),
}

impl Part {
    fn checksum_v4(self, source: [u8; 4], destination: [u8; 4]) -> Vec<u8> {
        match self {
            Part::Tcp(mut header) => {
                header.checksum = header.calc_checksum_ipv4_raw(source, destination, PAYLOAD).unwrap_or(0);
                [header.to_bytes().as_slice(), PAYLOAD].concat()
            }
            Part::Udp(from, to) => {
                let mut header = udp(from, to);
                header.checksum = header.calc_checksum_ipv4_raw(source, destination, PAYLOAD).unwrap_or(0);
                [header.to_bytes().as_slice(), PAYLOAD].concat()
            }
            Part::Icmp(type_u8, code_u8, bytes5to8) => {
                let kind = Icmpv4Type::Unknown { type_u8, code_u8, bytes5to8 };
                [Icmpv4Header::with_checksum(kind, PAYLOAD).to_bytes().as_slice(), PAYLOAD].concat()
            }
        }
    }

    fn checksum_v6(self, source: [u8; 16], destination: [u8; 16]) -> Vec<u8> {
        match self {
            Part::Tcp(mut header) => {
                header.checksum = header.calc_checksum_ipv6_raw(source, destination, PAYLOAD).unwrap_or(0);
                [header.to_bytes().as_slice(), PAYLOAD].concat()
            }
            Part::Udp(from, to) => {
                let mut header = udp(from, to);
                header.checksum = header.calc_checksum_ipv6_raw(source, destination, PAYLOAD).unwrap_or(0);
                [header.to_bytes().as_slice(), PAYLOAD].concat()
            }
            Part::Icmp(type_u8, code_u8, bytes5to8) => {
                let kind = Icmpv6Type::Unknown { type_u8, code_u8, bytes5to8 };
                let header = Icmpv6Header::with_checksum(kind, source, destination, PAYLOAD);
                header.map(|header| [header.to_bytes().as_slice(), PAYLOAD].concat()).unwrap_or_default()
            }
        }
    }
}

fn udp(source_port: u16, destination_port: u16) -> UdpHeader {
    let length = u16::try_from(UdpHeader::LEN + PAYLOAD.len()).unwrap_or(0);
    UdpHeader { source_port, destination_port, length, checksum: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read_back_as_they_were_written() {
        let ends = [("10.0.0.1", "203.0.113.9"), ("2001:db8::1", "2001:db8::9")];
        for (source, destination) in ends.map(|(a, b)| (a.parse().expect("a"), b.parse().expect("b"))) {
            let source: IpAddr = source;
            let icmp = if source.is_ipv4() { 1 } else { 58 };
            for (protocol, fields) in [
                (6, Fields::Ports { from: 0, to: 65535 }),
                (17, Fields::Ports { from: 40000, to: 53 }),
                (icmp, Fields::Icmp { kind: 13, code: 2, identifier: 7 }),
                (50, Fields::Nothing),
            ] {
                let packet = Packet { source, destination, protocol, fields, answer: false };
                assert_eq!(Packet::read(&packet.bytes(4711)), Some((packet, 4711)));
                let back = packet.reply();
                assert_eq!((back.source, back.destination), (destination, source));
                let answer = Packet { answer: protocol == 6, ..back };
                assert_eq!(Packet::read(&back.bytes(1)), Some((answer, 1)));
            }
        }
    }

    #[test]
    fn a_query_is_answered_by_its_reply() {
        let ping = Packet {
            source: "10.0.0.1".parse().expect("an address"),
            destination: "10.0.0.2".parse().expect("an address"),
            protocol: 1,
            fields: Fields::Icmp { kind: 8, code: 0, identifier: 3 },
            answer: false,
        };
        assert_eq!(ping.reply().fields, Fields::Icmp { kind: 0, code: 0, identifier: 3 });
    }
}
