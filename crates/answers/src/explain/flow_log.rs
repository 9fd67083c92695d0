//! The flow-log records that a connection leaves at the interfaces of its ends and of load balancers between them (S7.2, S7.7 to S7.10, S7.12).

use std::net::IpAddr;

use engine::{Arrival, Checkpoint, Device, Header, Hop, Judgement, Network, RoundTrip, Seen, Way};
use model::{Ix, NetworkInterface};
use space::{Connection, Diagrams, FIRST_RELAY_PORT, Field, Set, from_value};

use super::pairs::AskedPair;
use super::{FlowLogRecord, words};
use crate::ends::name_of;

/// Records to expect, in the order in which the packets pass.
pub(crate) fn records(
    network: &Network,
    asked: &AskedPair,
    judgement: &Judgement<Set>,
    sets: &mut Diagrams,
) -> Vec<FlowLogRecord> {
    let mut records = Vec::new();
    for trip in &judgement.trips {
        // What is never filtered or never leaves a host is not logged (S7.12).
        if !matches!(trip.request.arrival, Arrival::SameHost | Arrival::Service(_)) {
            Recorder { network, asked, sets, records: &mut records }.trip(trip);
        }
    }
    records
}

struct Recorder<'a> {
    network: &'a Network,
    asked: &'a AskedPair,
    sets: &'a mut Diagrams,
    records: &'a mut Vec<FlowLogRecord>,
}

/// A part of a way between two interfaces that write records; `None` for an end that writes none here.
struct Stretch<'a> {
    from: Option<Ix<NetworkInterface>>,
    to: Option<Ix<NetworkInterface>>,
    hops: &'a [Hop<Set>],
}

/// A way cut at the interfaces that send on in their own name: nodes, endpoints, NAT instances.
fn stretches(
    way: &Way<Set>,
    from: Option<Ix<NetworkInterface>>,
    to: Option<Ix<NetworkInterface>>,
) -> Vec<Stretch<'_>> {
    let (mut from, mut start) = (from, 0);
    let mut stretches = Vec::new();
    let part = |start: usize, end: usize| way.hops.get(start..end).unwrap_or_default();
    for relay in &way.relays {
        let at = match relay.device {
            Device::NatGateway(..) => continue,
            Device::NatInstance(holder) | Device::Endpoint(holder) | Device::LoadBalancer(_, holder) => {
                Some(holder.interface)
            }
        };
        stretches.push(Stretch { from, to: at, hops: part(start, relay.hops) });
        (from, start) = (at, relay.hops);
    }
    stretches.push(Stretch { from, to, hops: part(start, way.hops.len()) });
    stretches
}

impl Recorder<'_> {
    fn trip(&mut self, trip: &RoundTrip<Set>) {
        let client = self.asked.client.map(|held| held.holder.interface);
        let server = match trip.request.arrival {
            Arrival::Interface(interface) => Some(interface),
            Arrival::Lost => self.asked.server.map(|held| held.holder.interface),
            _ => None,
        };
        let arrived = self.follow(stretches(&trip.request, client, server), trip.request.flow, false);
        for reply in &trip.replies {
            let answered = self.sets.intersect(arrived, reply.flow);
            self.follow(stretches(reply, server, client), answered, true);
        }
    }

    /// Records what happens along a way, and returns what comes to its end.
    fn follow(&mut self, stretches: Vec<Stretch<'_>>, flow: Set, reply: bool) -> Set {
        let mut left = flow;
        for stretch in stretches {
            if left != Set::EMPTY
                && let Some(from) = stretch.from
            {
                left = self.at(from, stretch.hops, true, left, reply);
            }
            left = self.between(&stretch, left);
            if left != Set::EMPTY
                && let Some(to) = stretch.to
            {
                left = self.at(to, stretch.hops, false, left, reply);
            }
        }
        left
    }

    /// Records what an interface accepts and rejects of a flow, and returns what it accepts. Its record speaks for its
    /// groups and its subnet's list together (S7.7).
    fn at(
        &mut self,
        at: Ix<NetworkInterface>,
        hops: &[Hop<Set>],
        egress: bool,
        flow: Set,
        reply: bool,
    ) -> Set {
        let mut accepted = flow;
        let mut seen = None;
        let own: Vec<&Hop<Set>> = hops.iter().filter(|hop| self.is_of(hop, at, egress)).collect();
        for hop in own {
            accepted = self.sets.intersect(accepted, hop.crossing.passed);
            seen = Some(hop.header);
        }
        let Some(header) = seen else { return accepted };
        let rejected = self.sets.subtract(flow, accepted);
        for (action, part) in [("ACCEPT", accepted), ("REJECT", rejected)] {
            self.record(&Record { at, action, egress, reply, header }, part, flow);
        }
        accepted
    }

    /// Whether a checkpoint is one of an interface's own: its groups or its subnet's list.
    fn is_of(&self, hop: &Hop<Set>, at: Ix<NetworkInterface>, egress: bool) -> bool {
        match &hop.checkpoint {
            Checkpoint::SecurityGroups { interface, egress: out } => *interface == at && *out == egress,
            Checkpoint::NetworkAcl { subnet, egress: out, .. } => {
                Some(*subnet) == self.network.resolved().subnet_of(at) && *out == egress
            }
            _ => false,
        }
    }

    /// What is left after all that stands between the two interfaces and writes no record at either.
    fn between(&mut self, stretch: &Stretch<'_>, flow: Set) -> Set {
        stretch.hops.iter().fold(flow, |left, hop| {
            let own = stretch.from.is_some_and(|from| self.is_of(hop, from, true))
                || stretch.to.is_some_and(|to| self.is_of(hop, to, false));
            if own { left } else { self.sets.intersect(left, hop.crossing.passed) }
        })
    }

    fn record(&mut self, record: &Record, part: Set, flow: Set) {
        let Some(sample) = self.sets.sample(part) else { return };
        let noun = self.network.model().network_interfaces.at(record.at);
        let has_ports = [6, 17].contains(&sample.protocol);
        let Header { source, destination, ports, .. } = record.header;
        let client = self.client_port(&sample, ports.client, part, has_ports);
        let server = match (ports.server, has_ports) {
            (_, false) => (0, String::new()),
            (Some(port), true) => (port, port.to_string()),
            (None, true) => (sample.server, words::ranges(self.sets, part, Field::Server)),
        };
        let (from, to) = if record.reply { (server, client) } else { (client, server) };
        let owner = noun.owner.as_ref().map_or("-", |owner| owner.as_str());
        let address = |seen| self.address(seen, &sample);
        // On its own side an interface shows its primary private address, whichever it uses (S7.10).
        let own = |seen, own: bool| match (seen, noun.primary()) {
            (Seen::Fixed { address: at @ IpAddr::V4(_), .. }, Some(primary)) if own && noun.holds(at) => {
                primary.to_string()
            }
            _ => address(seen),
        };
        let text = format!(
            "2 {owner} {} {} {} {} {} {} - - - - {} OK",
            noun.id,
            own(source, record.egress),
            own(destination, !record.egress),
            from.0,
            to.0,
            sample.protocol,
            record.action
        );
        let end = |seen, ports: &str| {
            let end = match seen {
                Seen::Remote => self.asked.beyond.clone(),
                seen => address(seen),
            };
            if has_ports { format!("{end}:{ports}") } else { end }
        };
        let arrow = format!("{} \u{2192} {}", end(source, &from.1), end(destination, &to.1));
        let words =
            if has_ports { arrow } else { format!("{arrow} {}", words::protocol_name(sample.protocol)) };
        let record = FlowLogRecord {
            at: name_of(self.network, record.at),
            direction: if record.egress { "egress" } else { "ingress" },
            action: record.action,
            record: text,
            words,
            part: words::part(self.sets, self.asked.flow.family, part, flow),
        };
        // Ways that part behind an interface look the same there.
        if !self.records.contains(&record) {
            self.records.push(record);
        }
    }

    /// The client's port in a record and in words.
    fn client_port(&self, sample: &Connection, axis: Field, part: Set, has_ports: bool) -> (u16, String) {
        match axis {
            _ if !has_ports => (0, String::new()),
            Field::Client => (sample.client, words::ranges(self.sets, part, Field::Client)),
            axis => {
                let value = u16::try_from(sample.field(axis)).unwrap_or(0);
                (value.saturating_add(FIRST_RELAY_PORT), words::relayed(self.sets, part, axis))
            }
        }
    }

    /// An address as the packet has it.
    fn address(&self, seen: Seen, sample: &Connection) -> String {
        match seen {
            Seen::Fixed { address, .. } if model::is_unknown_public(address) => "-".into(),
            Seen::Fixed { address, .. } => address.to_string(),
            Seen::Unknown | Seen::Embedded => "-".into(),
            Seen::Remote => from_value(self.asked.flow.family, sample.field(Field::Remote))
                .map_or_else(String::new, |address| address.to_string()),
        }
    }
}

/// What a record is about.
struct Record {
    at: Ix<NetworkInterface>,
    action: &'static str,
    egress: bool,
    reply: bool,
    header: Header,
}
