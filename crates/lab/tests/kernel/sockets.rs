//! Real sockets on machines of a lab.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lab::namespace::Namespace;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

/// How long is waited for what may never come.
const PATIENCE: Duration = Duration::from_millis(700);

/// A server that sends back what it gets, until it is dropped.
pub(crate) struct Echo {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Echo {
    /// On a machine, at all of its addresses.
    pub(crate) fn on(namespace: &Namespace, port: u16) -> Echo {
        let listener = namespace.within(|| Ok(TcpListener::bind(("::", port)).unwrap())).unwrap();
        listener.set_nonblocking(true).unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            let mut sessions: Vec<TcpStream> = Vec::new();
            while !flag.load(Ordering::Relaxed) {
                if let Ok((session, _)) = listener.accept() {
                    session.set_nonblocking(true).unwrap();
                    sessions.push(session);
                }
                for session in &mut sessions {
                    let mut bytes = [0; 64];
                    if let Ok(length) = session.read(&mut bytes) {
                        let _ = session.write_all(bytes.get(..length).unwrap());
                    }
                }
                thread::sleep(Duration::from_millis(2));
            }
        });
        Echo { ends, thread: Some(thread) }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A server that notes who connects.
pub(crate) struct Peers(TcpListener);

impl Peers {
    /// On a machine, at all of its addresses.
    pub(crate) fn on(namespace: &Namespace, port: u16) -> Peers {
        Peers(namespace.within(|| Ok(TcpListener::bind(("::", port)).unwrap())).unwrap())
    }

    /// Whoever connected next; they have to have done so.
    pub(crate) fn next(&self) -> SocketAddr {
        let peer = self.0.accept().unwrap().1;
        // A socket of both families says it otherwise.
        SocketAddr::new(peer.ip().to_canonical(), peer.port())
    }
}

/// Connects from an address and a port of a machine; port 0 is any.
pub(crate) fn dial(namespace: &Namespace, from: &str, to: &str) -> io::Result<TcpStream> {
    let [from, to] = [from, to].map(|text| text.parse::<SocketAddr>().unwrap());
    let family = if to.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let [from, to] = [from, to].map(SockaddrStorage::from);
    let wait = TimeVal::milliseconds(i64::try_from(PATIENCE.as_millis()).unwrap());
    let dialled = namespace.within(|| {
        let open = || -> nix::Result<TcpStream> {
            let socket = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
            setsockopt(&socket, sockopt::ReuseAddr, &true)?;
            // What `connect` waits for, too.
            setsockopt(&socket, sockopt::SendTimeout, &wait)?;
            bind(socket.as_raw_fd(), &from)?;
            connect(socket.as_raw_fd(), &to)?;
            Ok(TcpStream::from(socket))
        };
        Ok(open())
    });
    let stream = dialled.unwrap().map_err(io::Error::from)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Whether what is sent comes back.
pub(crate) fn answers(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 4];
    stream.write_all(b"ping").is_ok() && stream.read_exact(&mut bytes).is_ok() && &bytes == b"ping"
}
