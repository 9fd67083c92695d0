//! The flow-log records that a connection leaves at its two interfaces (S7.2, S7.7 to S7.10, S7.12).

use engine::{Arrival, Checkpoint, Judgement, Network, RoundTrip, Seen};
use model::{Holder, Ix, NetworkInterface};
use space::{Connection, Diagrams, Field, Set, from_value};

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

impl Recorder<'_> {
    fn trip(&mut self, trip: &RoundTrip<Set>) {
        let (client, server) =
            (self.asked.client.map(|held| held.holder), self.asked.server.map(|held| held.holder));
        let flow = trip.request.flow;
        let left = match client {
            Some(client) => self.at(client, &trip.request.hops, true, flow, false),
            None => flow,
        };
        let arriving = self.between(&trip.request.hops, left);
        if arriving == Set::EMPTY {
            return;
        }
        let accepted = match server {
            Some(server) => self.at(server, &trip.request.hops, false, arriving, false),
            None => arriving,
        };
        for reply in &trip.replies {
            let answered = self.sets.intersect(accepted, reply.flow);
            if answered == Set::EMPTY {
                continue;
            }
            let left = match server {
                Some(server) => self.at(server, &reply.hops, true, answered, true),
                None => answered,
            };
            let arriving = self.between(&reply.hops, left);
            if let (Some(client), false) = (client, arriving == Set::EMPTY) {
                self.at(client, &reply.hops, false, arriving, true);
            }
        }
    }

    /// Records what an interface accepts and rejects of a flow, and returns what it accepts. Its record speaks for its
    /// groups and its subnet's list together (S7.7).
    fn at(&mut self, at: Holder, hops: &[engine::Hop<Set>], egress: bool, flow: Set, reply: bool) -> Set {
        let subnet = self.network.resolved().subnet_of(at.interface);
        let here = |hop: &&engine::Hop<Set>| match &hop.checkpoint {
            Checkpoint::SecurityGroups { interface, egress: out } => {
                *interface == at.interface && *out == egress
            }
            Checkpoint::NetworkAcl { subnet: of, egress: out, .. } => Some(*of) == subnet && *out == egress,
            _ => false,
        };
        let mut accepted = flow;
        let mut seen = None;
        for hop in hops.iter().filter(here) {
            accepted = self.sets.intersect(accepted, hop.crossing.passed);
            seen = Some((hop.header.source, hop.header.destination));
        }
        let Some((source, destination)) = seen else { return accepted };
        let rejected = self.sets.subtract(flow, accepted);
        for (action, part) in [("ACCEPT", accepted), ("REJECT", rejected)] {
            let record = Record { at: at.interface, action, egress, reply, source, destination };
            self.record(&record, part, flow);
        }
        accepted
    }

    /// What is left after all that stands between the two interfaces and writes no record at either.
    fn between(&mut self, hops: &[engine::Hop<Set>], flow: Set) -> Set {
        let resolved = self.network.resolved();
        let ends = [self.asked.client, self.asked.server].into_iter().flatten();
        let ends: Vec<_> = ends.map(|held| held.holder.interface).collect();
        hops.iter().fold(flow, |left, hop| match &hop.checkpoint {
            Checkpoint::SecurityGroups { interface, .. } if ends.contains(interface) => left,
            Checkpoint::NetworkAcl { subnet, .. }
                if ends.iter().any(|end| resolved.subnet_of(*end) == Some(*subnet)) =>
            {
                left
            }
            _ => self.sets.intersect(left, hop.crossing.passed),
        })
    }

    fn record(&mut self, record: &Record, part: Set, flow: Set) {
        let Some(sample) = self.sets.sample(part) else { return };
        let noun = self.network.model().network_interfaces.at(record.at);
        let has_ports = [6, 17].contains(&sample.protocol);
        let ports = if has_ports { (sample.client, sample.server) } else { (0, 0) };
        let (source_field, destination_field, source_port, destination_port) = if record.reply {
            (Field::Server, Field::Client, ports.1, ports.0)
        } else {
            (Field::Client, Field::Server, ports.0, ports.1)
        };
        let owner = noun.owner.as_ref().map_or("-", |owner| owner.as_str());
        let address = |seen| self.address(seen, &sample);
        let text = format!(
            "2 {owner} {} {} {} {source_port} {destination_port} {} - - - - {} OK",
            noun.id,
            address(record.source),
            address(record.destination),
            sample.protocol,
            record.action
        );
        let end = |seen, field| match seen {
            Seen::Remote => self.ports(&self.asked.beyond, part, field, has_ports),
            seen => self.ports(&address(seen), part, field, has_ports),
        };
        let arrow = format!(
            "{} \u{2192} {}",
            end(record.source, source_field),
            end(record.destination, destination_field)
        );
        let words =
            if has_ports { arrow } else { format!("{arrow} {}", words::protocol_name(sample.protocol)) };
        self.records.push(FlowLogRecord {
            at: name_of(self.network, record.at),
            direction: if record.egress { "egress" } else { "ingress" },
            action: record.action,
            record: text,
            words,
            part: words::part(self.sets, self.asked.flow.family, part, flow),
        });
    }

    fn ports(&self, end: &str, part: Set, field: Field, has_ports: bool) -> String {
        if has_ports { format!("{end}:{}", words::ranges(self.sets, part, field)) } else { end.to_owned() }
    }

    /// An address of a record: an interface's own is its private one, the other end's is as the packet has it (S7.10).
    fn address(&self, seen: Seen, sample: &Connection) -> String {
        match seen {
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
    source: Seen,
    destination: Seen,
}
