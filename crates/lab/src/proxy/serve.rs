//! The proxy of one node of a load balancer: a process in the node's namespace, which nothing but its socket there speaks
//! to. It keeps nothing on disk, and ends with its namespace, or with the process that keeps a lab without root.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::linux::net::SocketAddrExt;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::runtime::Builder;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use super::config::{
    CheckConfig, ListenerConfig, NodeConfig, Order, Reply, Spoken, TargetConfig, TargetHealth,
};
use super::health::{Health, State, check};
use super::tls;
use crate::error::{Doing, LabError};
use crate::namespace::Namespace;
use crate::rootless::Keeper;

/// What the node's socket is called. The kernel keeps such names a namespace each, and no file is left of them.
pub(super) const SOCKET: &str = "portcullis-lab-node";
/// What the node prints when it takes connections.
pub(super) const READY: &str = "ready";
/// How long a target may take to accept a connection.
pub(super) const CONNECTING: Duration = Duration::from_secs(10);
/// How often it is looked whether the namespace is still there.
const LOOKING: Duration = Duration::from_secs(1);

/// What a node does now: its configuration, and the health of each target of each group.
struct Now {
    config: NodeConfig,
    health: Vec<Vec<RefCell<Health>>>,
}

/// A node that runs.
pub(super) struct Node {
    now: RefCell<Rc<Now>>,
    listening: RefCell<HashMap<u16, (Spoken, JoinHandle<()>)>>,
    checking: RefCell<Vec<JoinHandle<()>>>,
    turn: Cell<usize>,
    /// How it speaks TLS, once a listener does.
    acceptor: OnceCell<TlsAcceptor>,
}

/// Runs a node: reads its configuration from standard input, says `READY` or why not, and goes on until its namespace
/// is gone.
///
/// # Errors
/// If it cannot begin.
pub fn run() -> Result<(), LabError> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).doing(|| "no configuration could be read".into())?;
    let config: NodeConfig = serde_json::from_str(&line)
        .map_err(|error| LabError::State(format!("the configuration of a node is damaged: {error}")))?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.doing(|| "the node could not be prepared".into())?;
    LocalSet::new().block_on(&runtime, async move {
        let namespace = Namespace::new(&config.namespace);
        let keeper = Keeper::of(&config.lab)?;
        let address = std::os::unix::net::SocketAddr::from_abstract_name(SOCKET);
        let socket = address.and_then(|address| std::os::unix::net::UnixListener::bind_addr(&address));
        let socket = socket.and_then(|socket| socket.set_nonblocking(true).map(|()| socket));
        let socket = socket.and_then(UnixListener::from_std);
        let socket = socket.doing(|| format!("a node runs in `{}` already", namespace.name()))?;
        let empty = NodeConfig { listeners: Vec::new(), groups: Vec::new(), ..config.clone() };
        let node = Rc::new(Node {
            now: RefCell::new(Rc::new(Now { config: empty, health: Vec::new() })),
            listening: RefCell::default(),
            checking: RefCell::default(),
            turn: Cell::new(0),
            acceptor: OnceCell::new(),
        });
        node.configure(config).await?;
        spawn_local(Rc::clone(&node).obey(socket));
        // Whoever started it may be gone: then nobody reads this, and that is all.
        let _ = writeln!(std::io::stdout(), "{READY}").and_then(|()| std::io::stdout().flush());
        while namespace.is_own() && keeper.as_ref().is_none_or(Keeper::is_there) {
            sleep(LOOKING).await;
        }
        Ok(())
    })
}

impl Node {
    /// Does what a configuration says from now on. Open connections go on; what is known of a target that stays is kept.
    async fn configure(self: &Rc<Node>, config: NodeConfig) -> Result<(), LabError> {
        let kept = |listener: &&ListenerConfig| {
            self.listening.borrow().get(&listener.port).is_some_and(|(spoken, _)| *spoken == listener.spoken)
        };
        let mut sockets = Vec::new();
        for listener in config.listeners.iter().filter(|listener| !kept(listener)) {
            let before = self.listening.borrow_mut().remove(&listener.port);
            if let Some((_, task)) = before {
                task.abort();
                // The port is free when the task is gone.
                let _ = task.await;
            }
            let socket = listen(listener.port).await;
            let socket = socket.doing(|| format!("port {} cannot be taken", listener.port))?;
            sockets.push((listener, socket));
        }
        if self.acceptor.get().is_none() && config.listeners.iter().any(|listener| listener.spoken.tls) {
            let _ = self.acceptor.set(tls::acceptor()?);
        }
        for (listener, socket) in sockets {
            let task = spawn_local(Rc::clone(self).accept(socket, listener.port, listener.spoken));
            self.listening.borrow_mut().insert(listener.port, (listener.spoken, task));
        }
        self.listening.borrow_mut().retain(|port, (_, task)| {
            let stays = config.listeners.iter().any(|listener| listener.port == *port);
            if !stays {
                task.abort();
            }
            stays
        });
        let before = Rc::clone(&self.now.borrow());
        let health = config.groups.iter().map(|group| {
            let of_target = |target| RefCell::new(before.known(&group.name, &group.check, target));
            group.targets.iter().map(of_target).collect()
        });
        let now = Rc::new(Now { health: health.collect(), config });
        self.checking.borrow_mut().drain(..).for_each(|task| task.abort());
        let checks = now.config.groups.iter().enumerate().flat_map(|(group, of_group)| {
            let checked = of_group.check.is_some();
            (0..of_group.targets.len()).filter(move |_| checked).map(move |target| (group, target))
        });
        let checks = checks.map(|(group, target)| spawn_local(Rc::clone(&now).watch(group, target)));
        self.checking.borrow_mut().extend(checks);
        *self.now.borrow_mut() = now;
        Ok(())
    }

    /// Takes connections on a port.
    async fn accept(self: Rc<Node>, socket: TcpListener, port: u16, spoken: Spoken) {
        loop {
            let Ok((stream, client)) = socket.accept().await else {
                // No more files, for now.
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            let client = client.ip().to_canonical();
            let node = Rc::clone(&self);
            match self.acceptor.get().filter(|_| spoken.tls) {
                None => drop(spawn_local(node.take(stream, port, spoken, client))),
                Some(acceptor) => {
                    let greeting = timeout(CONNECTING, acceptor.accept(stream));
                    spawn_local(async move {
                        // A client that does not speak TLS, or not with this certificate, goes.
                        if let Ok(Ok(stream)) = greeting.await {
                            node.take(stream, port, spoken, client).await;
                        }
                    });
                }
            }
        }
    }

    /// Takes what a client says.
    async fn take<C: AsyncRead + AsyncWrite + Unpin + 'static>(
        self: Rc<Node>,
        stream: C,
        port: u16,
        spoken: Spoken,
        client: IpAddr,
    ) {
        match spoken.http {
            true => super::http::serve(self, port, spoken.tls, stream, client).await,
            false => self.pass_bytes(stream, port, client).await,
        }
    }

    /// Joins a client with a target, byte by byte.
    async fn pass_bytes(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin, port: u16, client: IpAddr) {
        let Some(target) = self.pick(port, client) else { return };
        if let Ok(Ok(mut target)) = timeout(CONNECTING, TcpStream::connect(target)).await {
            // Whichever side breaks off: both are closed.
            let _ = copy_bidirectional(&mut stream, &mut target).await;
        }
    }

    /// The target that is next: of each group that the listener names for this client the healthy ones, else all where the
    /// load balancer fails open (S12.5).
    pub(super) fn pick(&self, port: u16, client: IpAddr) -> Option<SocketAddr> {
        let now = Rc::clone(&self.now.borrow());
        let listener = now.config.listeners.iter().find(|listener| listener.port == port)?;
        let usable: Vec<SocketAddr> =
            listener.groups_for(client).iter().flat_map(|&group| now.usable(group)).collect();
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        usable.get(turn.checked_rem(usable.len())?).copied()
    }

    /// Answers orders, one a connection.
    async fn obey(self: Rc<Node>, socket: UnixListener) {
        loop {
            if let Ok((stream, _)) = socket.accept().await {
                // Whoever asks and goes needs no answer.
                let _ = self.answer(stream).await;
            }
        }
    }

    async fn answer(self: &Rc<Node>, mut stream: UnixStream) -> std::io::Result<()> {
        let mut line = String::new();
        BufReader::new(&mut stream).read_line(&mut line).await?;
        let reply = match serde_json::from_str(&line) {
            Err(error) => Reply::Refused(format!("the order is damaged: {error}")),
            Ok(Order::Report) => Reply::Health(self.now.borrow().report()),
            Ok(Order::Configure(config)) => match self.configure(config).await {
                Ok(()) => Reply::Done,
                Err(error) => Reply::Refused(error.to_string()),
            },
        };
        stream.write_all(serde_json::to_string(&reply)?.as_bytes()).await?;
        stream.write_all(b"\n").await
    }
}

impl Now {
    /// What is known of a target, if the group and its check are the same as before.
    fn known(&self, group: &str, check: &Option<CheckConfig>, target: &TargetConfig) -> Health {
        let groups = self.config.groups.iter().zip(&self.health);
        let mut same = groups.filter(|(of_before, _)| of_before.name == group && of_before.check == *check);
        let found = same.find_map(|(of_before, health)| {
            let at = of_before.targets.iter().position(|before| before == target)?;
            Some(health.get(at)?.borrow().clone())
        });
        found.unwrap_or_else(Health::new)
    }

    /// The targets of a group that connections may go to.
    fn usable(&self, group: usize) -> Vec<SocketAddr> {
        let Some((config, health)) = self.config.groups.get(group).zip(self.health.get(group)) else {
            return Vec::new();
        };
        let all = || config.targets.iter().map(|target| target.address);
        let healthy: Vec<_> = all()
            .zip(health)
            .filter(|(_, health)| config.check.is_none() || health.borrow().state == State::Healthy)
            .map(|(address, _)| address)
            .collect();
        if healthy.is_empty() && self.config.fails_open { all().collect() } else { healthy }
    }

    /// Checks a target again and again.
    async fn watch(self: Rc<Now>, group: usize, target: usize) {
        let Some(config) = self.config.groups.get(group) else { return };
        let health = self.health.get(group).and_then(|health| health.get(target));
        let (Some(target), Some(health), Some(asked)) = (config.targets.get(target), health, &config.check)
        else {
            return;
        };
        loop {
            let next = Instant::now() + asked.interval;
            let found = check(target.checked, asked).await;
            health.borrow_mut().add(found, asked);
            sleep_until(next).await;
        }
    }

    fn report(&self) -> Vec<TargetHealth> {
        let groups = self.config.groups.iter().zip(&self.health);
        let targets = groups.flat_map(|(group, health)| {
            group.targets.iter().zip(health).map(move |(target, health)| {
                let health = health.borrow();
                let state = if group.check.is_some() { health.state.word() } else { "unavailable" };
                TargetHealth {
                    group: group.name.clone(),
                    target: target.name.clone(),
                    address: target.address,
                    state: state.to_owned(),
                    reason: health.reason.clone(),
                }
            })
        });
        targets.collect()
    }
}

/// A socket at all addresses of both families, or of IPv4 where the kernel has no other.
async fn listen(port: u16) -> std::io::Result<TcpListener> {
    match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
        Err(error) if error.kind() != std::io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await
        }
        result => result,
    }
}
