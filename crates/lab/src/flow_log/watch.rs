//! Reads what a lab's rules log of packets, and says whose interface it was.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::time::{SystemTime, UNIX_EPOCH};

use engine::{Network, service_at};
use ipnet::IpNet;
use model::{Ix, NetworkInterface};

use super::flows::{Flows, Header, Packet};
use super::{Action, Record};
use crate::build::{FIRST_INTERFACE, FIRST_SUBNET, Names};
use crate::error::{Doing, LabError};
use crate::namespace::Namespace;
use crate::nflog::{Log, Logged};
use crate::stage::FLOW_LOG_GROUP;
use crate::topology::Plan;

/// How many packets the kernel hands over at once.
const AT_ONCE: u32 = 64;
/// How many such messages are read of a log before the next one is.
const MESSAGES: usize = 1_000;

/// Watches what the interfaces of a lab accept and reject.
pub struct Watch<'n> {
    network: &'n Network,
    vpcs: Vec<Vpc>,
    flows: Flows,
    skipped: BTreeSet<Ix<NetworkInterface>>,
    since: u64,
    world: (Namespace, u64),
}

/// A VPC's logs, and who is where in it.
struct Vpc {
    fabric: Log,
    router: Log,
    /// By number.
    interfaces: HashMap<u32, Ix<NetworkInterface>>,
    /// Who holds an address, and the number of the subnet.
    holders: HashMap<IpAddr, (Ix<NetworkInterface>, u32)>,
    prefixes: Vec<(IpNet, Ix<NetworkInterface>, u32)>,
}

impl<'n> Watch<'n> {
    /// Begins to watch a lab that is up.
    ///
    /// # Errors
    /// If its namespaces are not there, or for want of rights.
    pub fn open(network: &'n Network, plan: &Plan, names: &Names) -> Result<Watch<'n>, LabError> {
        let mut vpcs = Vec::new();
        for vpc in &plan.vpcs {
            let open = |namespace: Namespace| Log::open(&namespace, FLOW_LOG_GROUP, AT_ONCE);
            let nouns = || {
                let plans = vpc.interfaces.iter();
                plans.filter_map(|plan| {
                    let subnet = vpc.subnets.get(plan.subnet)?.number;
                    Some((plan.interface, subnet, network.model().network_interfaces.at(plan.interface)))
                })
            };
            let own = nouns().flat_map(|(interface, subnet, noun)| {
                noun.own_addresses().map(move |address| (address, (interface, subnet)))
            });
            let prefixes = nouns().flat_map(|(interface, subnet, noun)| {
                noun.prefixes.iter().map(move |&prefix| (prefix, interface, subnet))
            });
            vpcs.push(Vpc {
                fabric: open(names.fabric(vpc.number))?,
                router: open(names.router(vpc.number))?,
                interfaces: vpc.interfaces.iter().map(|plan| (plan.number, plan.interface)).collect(),
                holders: own.collect(),
                prefixes: prefixes.collect(),
            });
        }
        let world = names.world();
        let number = number_of(&world.open()?)?;
        let (flows, skipped) = (Flows::default(), BTreeSet::new());
        Ok(Watch { network, vpcs, flows, skipped, since: now(), world: (world, number) })
    }

    /// Whether the lab is still the one that was up when this began.
    pub fn stands(&self) -> bool {
        let (world, number) = &self.world;
        world.open().and_then(|file| number_of(&file)).is_ok_and(|found| found == *number)
    }

    /// Counts what was logged since; never waits.
    ///
    /// # Errors
    /// If a log cannot be read.
    pub fn read(&mut self) -> Result<(), LabError> {
        let now = now();
        let Watch { network, vpcs, flows, skipped, .. } = self;
        for vpc in vpcs {
            let both = [vpc.fabric.read_some(MESSAGES)?, vpc.router.read_some(MESSAGES)?];
            for (logged, complete) in both {
                if !complete {
                    skipped.extend(vpc.interfaces.values());
                }
                for logged in &logged {
                    let Some(action) = Action::from_prefix(&logged.prefix) else { continue };
                    let Some(packet) = Packet::read(&logged.packet) else { continue };
                    let at = vpc.interface(action, logged, &packet.header);
                    let recorded = at.filter(|&at| !is_of_service(network, at, action, &packet.header));
                    if let Some(interface) = recorded {
                        flows.add(interface, action, &packet, now);
                    }
                }
            }
        }
        Ok(())
    }

    /// The records of what was counted; the next interval begins.
    pub fn take(&mut self) -> Vec<Record> {
        let now = now();
        let start = std::mem::replace(&mut self.since, now);
        let mut records = self.flows.take();
        let skipped = std::mem::take(&mut self.skipped).into_iter();
        records.extend(skipped.map(|interface| Record { interface, start, end: now, flow: None }));
        records
    }
}

impl Vpc {
    /// Whose groups or list it was that a packet met: the fabric logs by an interface's link, the router by a subnet's
    /// and the address of the machine there. Nobody's, where no machine of the lab holds the address.
    fn interface(&self, action: Action, logged: &Logged, header: &Header) -> Option<Ix<NetworkInterface>> {
        let (link, address) = match action.is_egress() {
            true => (logged.into, header.source),
            false => (logged.out, header.destination),
        };
        if let Some(number) = link.checked_sub(FIRST_INTERFACE) {
            return self.interfaces.get(&number).copied();
        }
        let subnet = link.checked_sub(FIRST_SUBNET)?;
        let by_prefix = || {
            let found = self.prefixes.iter().find(|(prefix, ..)| prefix.contains(&address));
            found.map(|&(_, interface, at)| (interface, at))
        };
        let (interface, at) = self.holders.get(&address).copied().or_else(by_prefix)?;
        (at == subnet).then_some(interface)
    }
}

/// Whether the other end is a service that nothing filters: what is sent to it and what it answers is never logged
/// (S7.12).
fn is_of_service(network: &Network, at: Ix<NetworkInterface>, action: Action, header: &Header) -> bool {
    let model = network.model();
    let noun = model.network_interfaces.at(at);
    let other = if action.is_egress() { header.destination } else { header.source };
    let place = model.vpcs.get(noun.vpc.as_str()).zip(model.subnets.get(noun.subnet.as_str()));
    place.is_some_and(|(vpc, subnet)| service_at(other, vpc, subnet).is_some())
}

/// The number of a namespace, which no other has.
fn number_of(file: &File) -> Result<u64, LabError> {
    Ok(file.metadata().doing(|| "a namespace has no number".into())?.ino())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
