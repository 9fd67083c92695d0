//! What nft logs in a namespace, read over netlink (nflog).

use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, send, setsockopt,
    socket, sockopt,
};

use crate::error::{Doing, LabError};
use crate::namespace::Namespace;

/// A packet that a rule logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logged {
    /// The rule's prefix.
    pub(crate) prefix: String,
    /// The packet's mark, 0 if it has none.
    pub(crate) mark: u32,
    /// The index of the link that it came by, 0 if it is none.
    pub(crate) into: u32,
    /// The index of the link that it leaves by, 0 if that is not known yet.
    pub(crate) out: u32,
    /// The packet.
    pub(crate) packet: Vec<u8>,
}

/// A reader of one group of a namespace's log. The kernel skips groups that nobody reads.
pub(crate) struct Log {
    socket: OwnedFd,
    buffer: Vec<u8>,
}

/// How long packets may wait for others, in hundredths of a second.
const A_WHILE: u32 = 5;
/// Room for one packet that is logged, with what is said of it.
const LOGGED: u32 = 512;
/// Room for what is logged before it is read.
const RECEIVE_BUFFER: usize = 64 << 20;

// linux/netfilter/nfnetlink_log.h
const SUBSYSTEM: u16 = 4;
const CONFIGURE: u16 = SUBSYSTEM << 8 | 1;
const PACKET: u16 = SUBSYSTEM << 8;
const CFG_COMMAND: u16 = 1;
const CFG_MODE: u16 = 2;
const CFG_BUFFER: u16 = 3;
const CFG_TIMEOUT: u16 = 4;
const CFG_THRESHOLD: u16 = 5;
const BIND: u8 = 1;
const COPY_PACKET: u8 = 2;
const ATTRIBUTE_MARK: u16 = 2;
const ATTRIBUTE_IN: u16 = 4;
const ATTRIBUTE_OUT: u16 = 5;
const ATTRIBUTE_PAYLOAD: u16 = 9;
const ATTRIBUTE_PREFIX: u16 = 10;
/// The bits of an attribute's type that say how it is encoded.
const ENCODING: u16 = 0xc000;

impl Log {
    /// Begins to read what a namespace logs to a group. The kernel hands packets over so many at a time, or as many as
    /// there are after a while.
    pub(crate) fn open(namespace: &Namespace, group: u16, at_once: u32) -> Result<Log, LabError> {
        let words = || format!("what `{}` logs could not be read", namespace.name());
        let opened = namespace.within(|| {
            let opened = || {
                let kind = SockType::Raw;
                let flags = SockFlag::SOCK_CLOEXEC;
                let socket = socket(AddressFamily::Netlink, kind, flags, SockProtocol::NetlinkNetFilter)?;
                receive_buffer(&socket, RECEIVE_BUFFER)?;
                bind(socket.as_raw_fd(), &NetlinkAddr::new(0, 0))?;
                let mode = [&u32::MAX.to_be_bytes()[..], &[COPY_PACKET, 0]].concat();
                for attribute in [
                    attribute(CFG_COMMAND, &[BIND]),
                    attribute(CFG_MODE, &mode),
                    attribute(CFG_BUFFER, &at_once.saturating_mul(LOGGED).to_be_bytes()),
                    attribute(CFG_TIMEOUT, &A_WHILE.to_be_bytes()),
                    attribute(CFG_THRESHOLD, &at_once.to_be_bytes()),
                ] {
                    send(socket.as_raw_fd(), &message(group, &attribute), MsgFlags::empty())?;
                }
                Ok::<_, Errno>(socket)
            };
            opened().doing(words)
        });
        Ok(Log { socket: opened?, buffer: vec![0; 1 << 17] })
    }

    /// What was logged since; never waits.
    ///
    /// # Errors
    /// If something was lost.
    pub(crate) fn read(&mut self) -> Result<Vec<Logged>, LabError> {
        match self.read_some(usize::MAX)? {
            (found, true) => Ok(found),
            (_, false) => Err(Errno::ENOBUFS).doing(|| "part of what was logged is lost".into()),
        }
    }

    /// What was logged since, as far as some messages hold it, and whether nothing was lost before; never waits.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn read_some(&mut self, messages: usize) -> Result<(Vec<Logged>, bool), LabError> {
        let (mut found, mut complete) = (Vec::new(), true);
        for _ in 0..messages {
            match recv(self.socket.as_raw_fd(), &mut self.buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(length) => packets(self.buffer.get(..length).unwrap_or_default(), &mut found),
                Err(Errno::EAGAIN) => break,
                Err(Errno::EINTR) => {}
                Err(Errno::ENOBUFS) => complete = false,
                Err(error) => return Err(error).doing(|| "what was logged could not be read".into()),
            }
        }
        Ok((found, complete))
    }
}

/// Makes room in a socket for what is not read yet: without root no more than the kernel lets everybody have.
pub(crate) fn receive_buffer(socket: &OwnedFd, bytes: usize) -> Result<(), Errno> {
    match setsockopt(socket, sockopt::RcvBufForce, &bytes) {
        Err(Errno::EPERM) => setsockopt(socket, sockopt::RcvBuf, &bytes),
        forced => forced,
    }
}

/// A message that configures the log group: netlink's header, netfilter's, one attribute.
fn message(group: u16, attribute: &[u8]) -> Vec<u8> {
    /// `NLM_F_REQUEST`.
    const REQUEST: u16 = 1;
    let length = u32::try_from(HEADERS + attribute.len()).unwrap_or(0);
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(CONFIGURE.to_ne_bytes());
    bytes.extend(REQUEST.to_ne_bytes());
    bytes.extend([0; 8]);
    // Family, version, then the group in network order.
    bytes.extend([0, 0]);
    bytes.extend(group.to_be_bytes());
    bytes.extend(attribute);
    bytes
}

/// The length of netlink's and netfilter's headers.
const HEADERS: usize = 20;

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap_or(0);
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn packets(mut bytes: &[u8], found: &mut Vec<Logged>) {
    while let Some(header) = bytes.get(..16) {
        let length = u32_at(header, 0).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let Some(message) = bytes.get(..length).filter(|message| message.len() >= HEADERS) else { return };
        if u16_at(header, 4) == Some(PACKET) {
            found.push(packet(message.get(HEADERS..).unwrap_or_default()));
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
}

fn packet(mut attributes: &[u8]) -> Logged {
    let mut logged = Logged { prefix: String::new(), mark: 0, into: 0, out: 0, packet: Vec::new() };
    while let (Some(length), Some(kind)) = (u16_at(attributes, 0), u16_at(attributes, 2)) {
        let length = usize::from(length);
        let Some(value) = attributes.get(4..length) else { break };
        let number = || value.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        match kind & !ENCODING {
            ATTRIBUTE_MARK => logged.mark = number(),
            ATTRIBUTE_IN => logged.into = number(),
            ATTRIBUTE_OUT => logged.out = number(),
            ATTRIBUTE_PAYLOAD => logged.packet = value.to_vec(),
            ATTRIBUTE_PREFIX => {
                logged.prefix = String::from_utf8_lossy(value).trim_end_matches('\0').to_owned();
            }
            _ => {}
        }
        attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    logged
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_whatever_their_order() {
        let body = [
            attribute(ATTRIBUTE_PAYLOAD, b"0123456"),
            attribute(ATTRIBUTE_PREFIX, b"so\0"),
            attribute(99, b"?"),
            attribute(ATTRIBUTE_MARK, &7_u32.to_be_bytes()),
            attribute(ATTRIBUTE_OUT, &3_u32.to_be_bytes()),
        ]
        .concat();
        let expected = Logged { prefix: "so".into(), mark: 7, into: 0, out: 3, packet: b"0123456".to_vec() };
        assert_eq!(packet(&body), expected);
        let nothing = Logged { prefix: String::new(), mark: 0, into: 0, out: 0, packet: Vec::new() };
        assert_eq!(packet(&[9, 0]), nothing);
    }
}
