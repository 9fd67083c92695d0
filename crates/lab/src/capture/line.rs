//! A packet as a line of text, in tcpdump's manner.

use std::net::IpAddr;
use std::time::Duration;

use etherparse::{LaxNetSlice, LaxSlicedPacket, TcpSlice, TransportSlice};

use super::{Captured, ETHERNET};

/// The packet in a line, without its end; the time is UTC.
pub fn line(captured: &Captured) -> String {
    let Captured { link, sent, at, frame } = captured;
    let way = if *sent { "Out" } else { "In " };
    let bytes = frame.get(ETHERNET..).unwrap_or_default();
    let words = words(bytes).unwrap_or_else(|| format!("{} bytes that are no IP", bytes.len()));
    format!("{} {link} {way} {words}", clock(*at))
}

/// `19:04:05.000123`
fn clock(at: Duration) -> String {
    let (seconds, micros) = (at.as_secs(), at.subsec_micros());
    format!("{:02}:{:02}:{:02}.{micros:06}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

fn words(bytes: &[u8]) -> Option<String> {
    let sliced = LaxSlicedPacket::from_ip(bytes).ok()?;
    let (family, source, destination, protocol, length): (_, IpAddr, IpAddr, _, _) =
        match sliced.net.as_ref()? {
            LaxNetSlice::Ipv4(v4) => {
                let header = v4.header();
                let payload = v4.payload();
                let (source, destination) = (header.source_addr().into(), header.destination_addr().into());
                ("IP", source, destination, payload.ip_number.0, payload.payload.len())
            }
            LaxNetSlice::Ipv6(v6) => {
                let header = v6.header();
                let payload = v6.payload();
                let (source, destination) = (header.source_addr().into(), header.destination_addr().into());
                ("IP6", source, destination, payload.ip_number.0, payload.payload.len())
            }
            LaxNetSlice::Arp(_) => return None,
        };
    let between = |from: u16, to: u16| format!("{family} {source}.{from} > {destination}.{to}");
    let hosts = || format!("{family} {source} > {destination}");
    Some(match &sliced.transport {
        Some(TransportSlice::Tcp(tcp)) => {
            let ends = between(tcp.source_port(), tcp.destination_port());
            format!("{ends}: Flags [{}], length {}", flags(tcp), tcp.payload().len())
        }
        Some(TransportSlice::Udp(udp)) => {
            let ends = between(udp.source_port(), udp.destination_port());
            format!("{ends}: UDP, length {}", udp.payload().len())
        }
        Some(TransportSlice::Icmpv4(icmp)) => {
            let (kind, code) = (icmp.type_u8(), icmp.code_u8());
            format!("{}: ICMP type {kind} code {code}, length {length}", hosts())
        }
        Some(TransportSlice::Icmpv6(icmp)) => {
            let (kind, code) = (icmp.type_u8(), icmp.code_u8());
            format!("{}: ICMP6 type {kind} code {code}, length {length}", hosts())
        }
        _ => format!("{}: protocol {protocol}, length {length}", hosts()),
    })
}

/// Flags as tcpdump writes them: a dot is an acknowledgement.
fn flags(tcp: &TcpSlice<'_>) -> String {
    let all = [
        (tcp.syn(), 'S'),
        (tcp.fin(), 'F'),
        (tcp.rst(), 'R'),
        (tcp.psh(), 'P'),
        (tcp.urg(), 'U'),
        (tcp.ack(), '.'),
    ];
    all.into_iter().filter_map(|(set, letter)| set.then_some(letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Fields, Packet};

    fn text(packet: Packet) -> String {
        let frame = [vec![0; ETHERNET], packet.bytes(1)].concat();
        let at = Duration::new(86_400 + 3_600 + 62, 5_000);
        line(&Captured { link: "eth0".into(), sent: true, at, frame })
    }

    #[test]
    fn packets_of_each_protocol() {
        let address = |text: &str| text.parse().expect("an address");
        let tcp = Packet {
            source: address("10.0.0.1"),
            destination: address("10.0.0.2"),
            protocol: 6,
            fields: Fields::Ports { from: 40000, to: 80 },
            answer: false,
        };
        assert_eq!(
            text(tcp),
            "01:01:02.000005 eth0 Out IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], length 10"
        );
        assert!(text(tcp.reply()).ends_with("IP 10.0.0.2.80 > 10.0.0.1.40000: Flags [S.], length 10"));
        let udp = Packet { protocol: 17, ..tcp };
        assert!(text(udp).ends_with("IP 10.0.0.1.40000 > 10.0.0.2.80: UDP, length 10"));
        let esp = Packet { protocol: 50, fields: Fields::Nothing, ..tcp };
        assert!(text(esp).ends_with("IP 10.0.0.1 > 10.0.0.2: protocol 50, length 10"));
        let ping = Packet {
            source: address("2001:db8::1"),
            destination: address("2001:db8::2"),
            protocol: 58,
            fields: Fields::Icmp { kind: 128, code: 0, identifier: 7 },
            answer: false,
        };
        assert!(text(ping).ends_with("IP6 2001:db8::1 > 2001:db8::2: ICMP6 type 128 code 0, length 18"));
        let frame = vec![0; ETHERNET + 3];
        let broken = Captured { link: "eth1".into(), sent: false, at: Duration::ZERO, frame };
        assert_eq!(line(&broken), "00:00:00.000000 eth1 In  3 bytes that are no IP");
    }
}
