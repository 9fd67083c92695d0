//! A batch sent, and what the kernel answers.

use std::os::fd::{AsRawFd, OwnedFd};
use std::thread;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send as send_to, setsockopt, socket,
    sockopt,
};

use crate::error::{Doing, LabError};

/// The type of an answer that says whether a message was taken, and where the code is.
const ERROR: u16 = 2;
const HEADER: usize = 16;

/// Sends a transaction in the calling thread's namespace; `false` if it is too large for that, and nobody has it.
///
/// # Errors
/// If the kernel refuses it: then nothing has changed.
pub(crate) fn send(batch: &[u8], namespace: &str) -> Result<bool, LabError> {
    let words = || format!("the rules of `{namespace}` could not be sent");
    let flags = SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkNetFilter);
    let socket = socket.doing(words)?;
    // Without root there is the room that everybody has.
    let _ = setsockopt(&socket, sockopt::SndBufForce, &batch.len().saturating_mul(2));
    match send_to(socket.as_raw_fd(), batch, MsgFlags::empty()) {
        Err(Errno::EMSGSIZE) => return Ok(false),
        sent => sent.doing(words)?,
    };
    let answered = answers(&socket, namespace);
    // The kernel closes it when it has cleared away what is gone, which takes longer than all else: what was sent is in
    // force.
    thread::spawn(move || drop(socket));
    answered.map(|()| true)
}

/// Reads what the kernel answers: all is done when it is sent.
fn answers(socket: &OwnedFd, namespace: &str) -> Result<(), LabError> {
    let mut buffer = vec![0; 1 << 16];
    let mut answered = false;
    loop {
        let length = match recv(socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Err(Errno::EAGAIN) => break,
            Err(Errno::EINTR) => continue,
            length => length.doing(|| format!("what the kernel says of `{namespace}` could not be read"))?,
        };
        let mut rest = buffer.get(..length).unwrap_or_default();
        while let Some(code) = answer(&mut rest) {
            answered = true;
            if code != 0 {
                let refused = Err(Errno::from_raw(code.saturating_neg()));
                refused.doing(|| format!("the kernel refused the rules of `{namespace}`"))?;
            }
        }
    }
    match answered {
        true => Ok(()),
        false => Err(LabError::State(format!("the kernel says nothing of the rules of `{namespace}`"))),
    }
}

/// The code of the first answer, which is taken away.
fn answer(rest: &mut &[u8]) -> Option<i32> {
    let length = u32::from_ne_bytes(rest.first_chunk().copied()?);
    let kind = u16::from_ne_bytes(rest.get(4..6)?.first_chunk().copied()?);
    let code = rest.get(HEADER..)?.first_chunk().copied()?;
    let aligned = usize::try_from(length).ok()?.next_multiple_of(4);
    *rest = rest.get(aligned..).unwrap_or_default();
    (kind == ERROR).then(|| i32::from_ne_bytes(code))
}
