//! Packets added up: a record an interface, flow and action (S7.1).

use std::collections::BTreeMap;
use std::net::IpAddr;

use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};
use model::{Ix, NetworkInterface};

use super::Action;

/// What is recorded of one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which.
    pub interface: Ix<NetworkInterface>,
    /// When the first packet came, or the interval began; seconds since 1970.
    pub start: u64,
    /// When the last came, or the interval ended.
    pub end: u64,
    /// The flow; `None` where packets were lost before they could be recorded (`SKIPDATA`, S7.11).
    pub flow: Option<Flow>,
}

/// One direction of a connection at an interface, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Whether it left the interface.
    pub egress: bool,
    /// Whether it was let through.
    pub accepted: bool,
    /// As in the packets.
    pub source: IpAddr,
    /// As in the packets.
    pub destination: IpAddr,
    /// 0 for protocols without ports (S7.6).
    pub source_port: u16,
    /// 0 for protocols without ports.
    pub destination_port: u16,
    /// The protocol number.
    pub protocol: u8,
    /// How many.
    pub packets: u64,
    /// Their bytes, with IP headers.
    pub bytes: u64,
    /// TCP's flags, as S7.4 counts them.
    pub tcp_flags: u8,
}

/// What tells flows apart (S7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Header {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    protocol: u8,
    ports: [u16; 2],
}

/// A packet, as far as a record looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) header: Header,
    bytes: u64,
    tcp_flags: u8,
}

impl Packet {
    /// The packet that some bytes begin; `None` if that is none of IP.
    pub(super) fn read(bytes: &[u8]) -> Option<Packet> {
        let sliced = LaxSlicedPacket::from_ip(bytes).ok()?;
        let (source, destination, protocol, length): (IpAddr, IpAddr, _, _) = match sliced.net.as_ref()? {
            LaxNetSlice::Ipv4(v4) => {
                let header = v4.header();
                let (source, destination) = (header.source_addr().into(), header.destination_addr().into());
                (source, destination, header.protocol().0, u64::from(header.total_len()))
            }
            LaxNetSlice::Ipv6(v6) => {
                let header = v6.header();
                let (source, destination) = (header.source_addr().into(), header.destination_addr().into());
                let length = u64::from(header.payload_length()).saturating_add(40);
                (source, destination, v6.payload().ip_number.0, length)
            }
            LaxNetSlice::Arp(_) => return None,
        };
        let (ports, tcp_flags) = match sliced.transport {
            Some(TransportSlice::Tcp(tcp)) => {
                let flags = tcp_flags(tcp.fin(), tcp.syn(), tcp.rst(), tcp.ack());
                ([tcp.source_port(), tcp.destination_port()], flags)
            }
            Some(TransportSlice::Udp(udp)) => ([udp.source_port(), udp.destination_port()], 0),
            _ => ([0, 0], 0),
        };
        let header = Header { source, destination, protocol, ports };
        Some(Packet { header, bytes: length, tcp_flags })
    }
}

/// S7.4: an acknowledgement counts together with SYN only.
fn tcp_flags(fin: bool, syn: bool, rst: bool, ack: bool) -> u8 {
    [(fin, 1), (syn, 2), (rst, 4), (syn && ack, 16)]
        .into_iter()
        .map(|(set, bit)| if set { bit } else { 0 })
        .sum()
}

/// A flow at an interface: which way it goes there, and whether it is let through.
type Key = (Ix<NetworkInterface>, Header, [bool; 2]);

/// The flows of an interval.
#[derive(Debug, Default)]
pub(super) struct Flows {
    found: BTreeMap<Key, Sum>,
}

#[derive(Debug)]
struct Sum {
    packets: u64,
    bytes: u64,
    tcp_flags: u8,
    start: u64,
    end: u64,
}

impl Flows {
    /// Counts a packet that an interface accepted or rejected at a time.
    pub(super) fn add(&mut self, interface: Ix<NetworkInterface>, action: Action, packet: &Packet, now: u64) {
        let key = (interface, packet.header, [action.is_egress(), action.accepts()]);
        let sum = Sum { packets: 0, bytes: 0, tcp_flags: 0, start: now, end: now };
        let sum = self.found.entry(key).or_insert(sum);
        sum.packets = sum.packets.saturating_add(1);
        sum.bytes = sum.bytes.saturating_add(packet.bytes);
        sum.tcp_flags |= packet.tcp_flags;
        sum.end = now;
    }

    /// The records of the interval, in the order in which the flows began; the next interval begins.
    pub(super) fn take(&mut self) -> Vec<Record> {
        let record = |((interface, header, [egress, accepted]), sum): (Key, Sum)| {
            let [source_port, destination_port] = header.ports;
            let flow = Flow {
                egress,
                accepted,
                source: header.source,
                destination: header.destination,
                source_port,
                destination_port,
                protocol: header.protocol,
                packets: sum.packets,
                bytes: sum.bytes,
                tcp_flags: sum.tcp_flags,
            };
            Record { interface, start: sum.start, end: sum.end, flow: Some(flow) }
        };
        let mut records: Vec<_> = std::mem::take(&mut self.found).into_iter().map(record).collect();
        records.sort_by_key(|record| record.start);
        records
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Fields, Packet as Probe};

    #[test]
    fn packets_are_read_though_their_end_is_cut_off() {
        for (source, destination) in [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")] {
            let (source, destination) = (source.parse().expect("a"), destination.parse().expect("b"));
            let fields = Fields::Ports { from: 40000, to: 80 };
            let probe = Probe { source, destination, protocol: 6, fields, answer: false };
            let bytes = probe.bytes(1);
            let cut = bytes.get(..bytes.len() - 5).expect("longer");
            let header = Header { source, destination, protocol: 6, ports: [40000, 80] };
            let length = u64::try_from(bytes.len()).expect("small");
            assert_eq!(Packet::read(cut), Some(Packet { header, bytes: length, tcp_flags: 2 }));
            let other = Probe { protocol: 50, fields: Fields::Nothing, ..probe };
            let header = Header { protocol: 50, ports: [0, 0], ..header };
            assert_eq!(Packet::read(&other.bytes(1)).map(|packet| packet.header), Some(header));
        }
        assert_eq!(Packet::read(&[]), None);
    }

    #[test]
    fn acknowledgements_alone_are_no_flag() {
        // S7.4.
        assert_eq!(tcp_flags(false, true, false, false), 2);
        assert_eq!(tcp_flags(false, true, false, true), 18);
        assert_eq!(tcp_flags(false, false, false, true), 0);
        assert_eq!(tcp_flags(true, false, false, true), 1);
        assert_eq!(tcp_flags(false, false, true, true), 4);
    }
}
