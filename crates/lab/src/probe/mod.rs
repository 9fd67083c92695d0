//! Probes: crafted packets sent from machines of a lab, and what the rules logged of each. Nothing is waited for but
//! what every probe ends with: a line that says where it was dropped, or where it arrived.

mod packet;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, OwnedFd};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, SockaddrIn6, sendto, socket,
};

pub use packet::{Fields, Packet};

use crate::build::{FIRST_INTERFACE, Names};
use crate::error::{Doing, LabError};
use crate::namespace::Namespace;
use crate::nflog::Log;
use crate::stage::{LOG_GROUP, PROBE_DSCP, Stage};
use crate::topology::Plan;

/// Where probes are sent from and arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The machine at this position of the plan.
    Host(usize),
    /// The internet.
    World,
}

/// What the rules said of a probe at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where.
    pub stage: Stage,
    /// The mark of the rule that took it, where rules did.
    pub mark: u32,
    /// The packet as it was there.
    pub packet: Packet,
    /// Who got it, where it arrived.
    pub place: Option<Place>,
    /// Its time to live: by it what several namespaces said has an order.
    pub left: u8,
}

/// How long the last probes may take after everything else has come in: not as long as flows of probes are known.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many probes are sent before what was logged is read: their lines have room where users have little of it.
const AT_ONCE: u16 = 32;
/// The most probes of a batch: their numbers are 16 bits.
pub const MOST: usize = 60_000;

/// Sends probes in a lab and reads what becomes of them.
pub struct Prober {
    world: Namespace,
    logs: Vec<(Log, Option<usize>)>,
    /// The namespace of each host.
    hosts: Vec<Namespace>,
    /// The host of each interface, by the VPC's position and the interface's number there.
    holders: Vec<HashMap<u32, usize>>,
    sockets: HashMap<Place, [OwnedFd; 2]>,
}

/// What keeps machines from answering probes themselves.
fn silence() -> String {
    format!(
        "table inet portcullis_probes {{\n  chain c_silent {{\n    type filter hook input priority filter; policy accept\n    \
         ip dscp {PROBE_DSCP} drop\n    ip6 dscp {PROBE_DSCP} drop\n  }}\n}}\n"
    )
}

/// Ends that.
const SPEECH: &str = "table inet portcullis_probes {\n}\ndelete table inet portcullis_probes\n";

impl Prober {
    /// Prepares to probe a lab that is up.
    ///
    /// # Errors
    /// If its namespaces are not there, or for want of rights.
    pub fn new(plan: &Plan, names: &Names) -> Result<Prober, LabError> {
        // Each packet at once: when the last line about a probe is read, all others are there.
        let open = |namespace: &Namespace| Log::open(namespace, LOG_GROUP, 1);
        let mut logs = vec![(open(&names.world())?, None)];
        for (at, vpc) in plan.vpcs.iter().enumerate() {
            logs.push((open(&names.fabric(vpc.number))?, Some(at)));
            logs.push((open(&names.router(vpc.number))?, None));
            if vpc.has_edge() {
                logs.push((open(&names.gateway(vpc.number))?, None));
            }
        }
        for gateway in &plan.ways.transit_gateways {
            logs.push((open(&names.transit_gateway(gateway.number))?, None));
        }
        for nat in &plan.ways.nat_gateways {
            logs.push((open(&names.nat_gateway(nat.number))?, None));
        }
        let holders = plan.vpcs.iter();
        let holders = holders.map(|vpc| vpc.interfaces.iter().map(|plan| (plan.number, plan.host)).collect());
        let hosts = plan.hosts.iter().map(|host| names.host(host.number)).collect();
        Ok(Prober { world: names.world(), logs, hosts, holders: holders.collect(), sockets: HashMap::new() })
    }

    /// Sends packets, and says what was said of each until it ended.
    ///
    /// # Errors
    /// If one cannot be sent, or something that was logged is lost.
    pub fn send(&mut self, packets: &[(Place, Packet)]) -> Result<Vec<Vec<Event>>, LabError> {
        if packets.len() > MOST {
            return Err(LabError::TooLarge(format!("at most {MOST} probes are sent at once")));
        }
        let mut events = vec![Vec::new(); packets.len()];
        // What is left of a batch before does not count.
        self.read(&mut [])?;
        for (number, (place, packet)) in (1..).zip(packets) {
            self.send_one(*place, packet, number)?;
            if number % AT_ONCE == 0 {
                self.read(&mut events)?;
            }
        }
        let mut since = Instant::now();
        loop {
            if self.read(&mut events)? {
                since = Instant::now();
            }
            let ended = |events: &Vec<Event>| events.iter().any(|event| event.stage.ends(event.mark));
            if events.iter().all(ended) || since.elapsed() > PATIENCE {
                // What was said before the last line, in logs that were read before its.
                self.read(&mut events)?;
                break;
            }
            thread::sleep(Duration::from_micros(500));
        }
        events.iter_mut().for_each(|events| events.sort_by_key(|event| Reverse(event.left)));
        Ok(events)
    }

    /// Reads what was logged; whether something was.
    fn read(&mut self, events: &mut [Vec<Event>]) -> Result<bool, LabError> {
        let mut any = false;
        for (log, vpc) in &mut self.logs {
            for logged in log.read()? {
                any = true;
                let Some((packet, number)) = Packet::read(&logged.packet) else { continue };
                let Some(stage) = Stage::from_prefix(&logged.prefix) else { continue };
                let place = match stage {
                    Stage::World => Some(Place::World),
                    Stage::Delivered => {
                        let number = logged.out.checked_sub(FIRST_INTERFACE);
                        let host = vpc.zip(number).and_then(|(vpc, at)| self.holders.get(vpc)?.get(&at));
                        host.map(|host| Place::Host(*host))
                    }
                    _ => None,
                };
                let Some(of) = usize::from(number).checked_sub(1).and_then(|at| events.get_mut(at)) else {
                    continue;
                };
                let left = Packet::time_to_live(&logged.packet).unwrap_or(0);
                of.push(Event { stage, mark: logged.mark, packet, place, left });
            }
        }
        Ok(any)
    }

    fn send_one(&mut self, place: Place, packet: &Packet, number: u16) -> Result<(), LabError> {
        if !self.sockets.contains_key(&place) {
            let namespace = self.namespace_of(place)?;
            // The world is silent by itself.
            if place != Place::World {
                namespace.load(&silence())?;
            }
            self.sockets.insert(place, sockets(&namespace)?);
        }
        let Some([v4, v6]) = self.sockets.get(&place) else { return Ok(()) };
        let bytes = packet.bytes(number);
        let flags = MsgFlags::empty();
        let sent = loop {
            let sent = match packet.destination {
                IpAddr::V4(to) => {
                    sendto(v4.as_raw_fd(), &bytes, &SockaddrIn::from(SocketAddrV4::new(to, 0)), flags)
                }
                IpAddr::V6(to) => {
                    sendto(v6.as_raw_fd(), &bytes, &SockaddrIn6::from(SocketAddrV6::new(to, 0, 0, 0)), flags)
                }
            };
            match sent {
                Err(Errno::ENOBUFS | Errno::EINTR) => thread::sleep(Duration::from_micros(100)),
                sent => break sent,
            }
        };
        sent.map(|_| ())
            .doing(|| format!("a probe from {} to {} could not be sent", packet.source, packet.destination))
    }

    fn namespace_of(&self, place: Place) -> Result<Namespace, LabError> {
        match place {
            Place::World => Ok(self.world.clone()),
            Place::Host(at) => {
                let found = self.hosts.get(at).cloned();
                found.ok_or_else(|| LabError::State(format!("the lab has no machine at position {at}")))
            }
        }
    }

    /// Keeps some machines from answering probes, before any is sent to them.
    ///
    /// # Errors
    /// If nft refuses.
    pub fn silence(&mut self, places: impl IntoIterator<Item = Place>) -> Result<(), LabError> {
        for place in places {
            if place != Place::World && !self.sockets.contains_key(&place) {
                let namespace = self.namespace_of(place)?;
                namespace.load(&silence())?;
                self.sockets.insert(place, sockets(&namespace)?);
            }
        }
        Ok(())
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        for place in self.sockets.keys().filter(|place| **place != Place::World) {
            // A lab that has gone down meanwhile has nothing left to clear away.
            let _ = self.namespace_of(*place).and_then(|namespace| namespace.load(SPEECH));
        }
    }
}

/// Raw sockets in a namespace, of both families: what is sent by them has its own IP header.
fn sockets(namespace: &Namespace) -> Result<[OwnedFd; 2], LabError> {
    namespace.within(|| {
        let open = |family| {
            socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Raw)
                .doing(|| format!("no raw socket in `{}`", namespace.name()))
        };
        Ok([open(AddressFamily::Inet)?, open(AddressFamily::Inet6)?])
    })
}
