//! Packets at the links of a namespace: what a machine sends, before any gate, and what comes to it, after all.

mod line;
mod pcap;

use std::collections::BTreeMap;
use std::io::IoSliceMut;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::net::if_::if_nameindex;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recvmsg,
    setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeSpec, TimeVal, TimeValLike};

pub use line::line;
pub use pcap::Pcap;

use crate::error::{Doing, LabError};
use crate::namespace::Namespace;
use crate::nflog::receive_buffer;

/// A packet as a link carried it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The name of the link inside the machine.
    pub link: String,
    /// Whether the machine sent it.
    pub sent: bool,
    /// When, since 1970.
    pub at: Duration,
    /// The frame, from its Ethernet header on.
    pub frame: Vec<u8>,
}

/// The length of an Ethernet header.
const ETHERNET: usize = 14;
/// More than the kernel hands over in one piece.
const LONGEST: usize = 1 << 18;
/// Room for what is captured before it is read.
const RECEIVE_BUFFER: usize = 16 << 20;
/// `PACKET_OUTGOING`, linux/if_packet.h.
const OUTGOING: u8 = 4;
/// How long [`Capture::packet`] waits.
const WAITS: i64 = 100;

/// A capture that is running.
pub struct Capture {
    socket: OwnedFd,
    links: BTreeMap<usize, String>,
    buffer: Vec<u8>,
}

impl Capture {
    /// Begins to capture at some links of a namespace, or at all but the loopback.
    ///
    /// # Errors
    /// If the namespace is not there, or for want of rights.
    pub fn begin(namespace: &Namespace, links: Option<&[String]>) -> Result<Capture, LabError> {
        let words = || format!("packets of `{}` could not be captured", namespace.name());
        namespace.within(|| {
            let found = if_nameindex().doing(words)?;
            let found = found.iter().map(|link| (link.index(), link.name().to_string_lossy().into_owned()));
            let found = found.filter_map(|(index, name)| Some((usize::try_from(index).ok()?, name)));
            let wanted = |name: &String| match links {
                Some(links) => links.contains(name),
                None => name != "lo",
            };
            let links = found.filter(|(_, name)| wanted(name)).collect();
            let open = || {
                let (kind, flags) = (SockType::Raw, SockFlag::SOCK_CLOEXEC);
                let socket = socket(AddressFamily::Packet, kind, flags, SockProtocol::EthAll)?;
                receive_buffer(&socket, RECEIVE_BUFFER)?;
                setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
                setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::milliseconds(WAITS))?;
                Ok::<_, Errno>(socket)
            };
            Ok(Capture { socket: open().doing(words)?, links, buffer: vec![0; LONGEST] })
        })
    }

    /// The links, by name.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.links.values().map(String::as_str)
    }

    /// The next packet; `None` if none came for a moment, or it was at another link.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn packet(&mut self) -> Result<Option<Captured>, LabError> {
        let mut control = nix::cmsg_space!(TimeSpec);
        let mut slices = [IoSliceMut::new(&mut self.buffer)];
        let flags = MsgFlags::empty();
        let (length, from, time) =
            match recvmsg::<LinkAddr>(self.socket.as_raw_fd(), &mut slices, Some(&mut control), flags) {
                Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
                Err(error) => return Err(error).doing(|| "a packet could not be captured".into()),
                Ok(message) => {
                    let mut controls = message.cmsgs().doing(|| "a packet has no time".into())?;
                    let time = controls.find_map(|control| match control {
                        ControlMessageOwned::ScmTimestampns(time) => Some(time),
                        _ => None,
                    });
                    (message.bytes, message.address, time)
                }
            };
        let Some(from) = from else { return Ok(None) };
        let Some(link) = self.links.get(&from.ifindex()) else { return Ok(None) };
        let at = time.map_or(Duration::ZERO, Duration::from);
        let frame = self.buffer.get(..length).unwrap_or_default().to_vec();
        Ok(Some(Captured { link: link.clone(), sent: from.pkttype() == OUTGOING, at, frame }))
    }
}
