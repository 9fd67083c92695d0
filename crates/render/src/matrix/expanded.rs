//! Every pair by itself, as JSON: for programs that check or count. It is written as it is made: there may be millions.

use std::io::{self, Write};

use answers::explain::verdict_word;
use answers::reach::{Judged, Matrix, Party, ServiceShare};
use engine::Verdict;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use space::{FIRST_RELAY_PORT, Family, Field, Region, from_value};

use super::MATRIX_SCHEMA;

/// Every pair of which something works or may work.
///
/// # Errors
/// If it cannot be written.
pub fn expanded_json(matrix: &Matrix<'_>, out: &mut dyn Write) -> io::Result<()> {
    // What is said of many pairs is put into words once.
    let said: Result<Vec<String>, _> =
        matrix.judged.iter().map(|judged| serde_json::to_string(&Said(judged))).collect();
    let said = said?;
    let model = matrix.network.model();
    write!(out, "{{\"schema\":\"{MATRIX_SCHEMA}\",\"expanded\":true,\"pairs\":[")?;
    for (position, pair) in matrix.pairs().enumerate() {
        let name = |party| match party {
            Party::Interface(ix) => model.network_interfaces.at(ix).id.as_str(),
            Party::Internet => internet(pair.says.family),
        };
        out.write_all(if position == 0 { b"\n{\"client\":" } else { b",\n{\"client\":" })?;
        serde_json::to_writer(&mut *out, name(pair.client))?;
        out.write_all(b",\"server\":")?;
        serde_json::to_writer(&mut *out, name(pair.server))?;
        // `{"family":…}` without its first brace.
        let rest = said.get(pair.judged).and_then(|said| said.strip_prefix('{')).unwrap_or("}");
        write!(out, ",{rest}")?;
    }
    out.write_all(b"\n]}\n")
}

/// What questions call the internet of a family.
pub(crate) fn internet(family: Family) -> &'static str {
    match family {
        Family::V4 => "internet",
        Family::V6 => "internet6",
    }
}

/// A family as answers write it.
pub(crate) fn family_word(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}

struct Said<'a>(&'a Judged);

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let judged = self.0;
        let boxes = |regions: &[Region]| -> Vec<Box> {
            let of = |region: &Region| Box {
                region: region.clone(),
                family: judged.family,
                beyond: judged.beyond,
            };
            regions.iter().map(of).collect()
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("family", family_word(judged.family))?;
        map.serialize_entry("verdict", verdict_word(judged.verdict))?;
        map.serialize_entry("share", &judged.share)?;
        serialize_services(judged, &mut map)?;
        map.serialize_entry("works", &boxes(&judged.works_boxes))?;
        map.serialize_entry("unknown", &boxes(&judged.unknown_boxes))?;
        map.end()
    }
}

/// The services that work, and those that may.
pub(crate) fn serialize_services<M: SerializeMap>(judged: &Judged, map: &mut M) -> Result<(), M::Error> {
    let services = |list: &[ServiceShare]| list.iter().cloned().map(Service).collect::<Vec<_>>();
    map.serialize_entry("services", &services(&judged.services))?;
    if judged.verdict == Verdict::Undecided || !judged.may_work.is_empty() {
        map.serialize_entry("may_work", &services(&judged.may_work))?;
    }
    Ok(())
}

pub(crate) struct Service(pub(crate) ServiceShare);

impl Serialize for Service {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ServiceShare { what, share, client_ports, only, except } = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("service", &what.to_string())?;
        map.serialize_entry("share", share)?;
        let texts = |ports: &[model::PortRange]| ports.iter().map(ToString::to_string).collect::<Vec<_>>();
        if !client_ports.is_empty() {
            map.serialize_entry("client_ports", &texts(client_ports))?;
        }
        let blocks = |nets: &[ipnet::IpNet]| nets.iter().map(ToString::to_string).collect::<Vec<_>>();
        if !only.is_empty() {
            map.serialize_entry("only", &blocks(only))?;
        }
        if !except.is_empty() {
            map.serialize_entry("except", &blocks(except))?;
        }
        map.end()
    }
}

/// A box by its axes; those that it does not narrow are left out.
struct Box {
    region: Region,
    family: Family,
    beyond: bool,
}

const AXES: [(Field, &str); 8] = [
    (Field::Protocol, "protocol"),
    (Field::Remote, "remote"),
    (Field::Client, "client"),
    (Field::Server, "server"),
    (Field::Relay, "relay"),
    (Field::SecondRelay, "second_relay"),
    (Field::Draw, "draw"),
    (Field::SecondDraw, "second_draw"),
];

impl Serialize for Box {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, name) in AXES {
            let (low, high) = self.region.range(field).into_inner();
            if low == 0 && high == field.last() {
                continue;
            }
            match field {
                // Both ends are interfaces: there is no address to tell.
                Field::Remote if !self.beyond => {}
                Field::Remote => {
                    let ends = [low, high].map(|value| {
                        from_value(self.family, value).map(|address| address.to_string()).unwrap_or_default()
                    });
                    map.serialize_entry(name, &ends)?;
                }
                Field::Relay | Field::SecondRelay => {
                    let first = u128::from(FIRST_RELAY_PORT);
                    map.serialize_entry(name, &[number(low + first), number(high + first)])?;
                }
                _ => map.serialize_entry(name, &[number(low), number(high)])?,
            }
        }
        map.end()
    }
}

fn number(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
