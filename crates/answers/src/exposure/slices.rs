//! Services that no gate tells apart: the space cut along its protocols and ports.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Field, Region, Set};

use super::data::Services;

/// A range of protocols and a range of the server's ports (ICMP: types) of which all are treated alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Slice {
    protocols: (u8, u8),
    ports: (u16, u16),
}

/// The protocols that are more than a number.
const NAMED: [(u8, &str); 4] = [(1, "icmp"), (6, "tcp"), (17, "udp"), (58, "icmpv6")];

impl Slice {
    /// The connections of these services.
    pub(super) fn set(self, sets: &mut Diagrams) -> Set {
        let (first, last) = self.protocols;
        let region = Region::FULL.with(Field::Protocol, u128::from(first)..=u128::from(last));
        sets.region(&region.server(self.ports.0..=self.ports.1))
    }

    fn is_icmp(self) -> bool {
        [(1, 1), (58, 58)].contains(&self.protocols)
    }
}

/// A range of protocols and one of the server's ports: first and last each.
type Box4 = [u128; 4];

/// Where sets begin and end along protocols and ports; what classes have in common is looked at once.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    known: FxHashMap<Set, Vec<Box4>>,
}

impl Boxes {
    fn of(&mut self, sets: &Diagrams, set: Set) -> &[Box4] {
        self.known.entry(set).or_insert_with(|| {
            let mut boxes = FxHashSet::default();
            for region in sets.regions(set) {
                let (protocol, server) = (region.range(Field::Protocol), region.range(Field::Server));
                boxes.insert([*protocol.start(), *protocol.end(), *server.start(), *server.end()]);
            }
            boxes.into_iter().collect()
        })
    }
}

/// Cuts what is asked so that no set has a part of a slice only because of its protocol or port.
pub(super) fn slices(sets: &Diagrams, known: &mut Boxes, asked: Set, by: &[Set]) -> Vec<Slice> {
    let mut boxes: FxHashSet<Box4> = FxHashSet::default();
    let mut seen: FxHashSet<Set> = FxHashSet::default();
    for &set in by.iter().chain([&asked]).filter(|set| seen.insert(**set)) {
        boxes.extend(known.of(sets, set));
    }
    let protocols = boxes.iter().flat_map(|[first, last, ..]| [*first, last + 1]);
    let named = NAMED.iter().flat_map(|(number, _)| [u128::from(*number), u128::from(*number) + 1]);
    let protocols: BTreeSet<u128> = protocols.chain(named).collect();
    let protocols: Vec<u128> = protocols.into_iter().collect();
    let mut slices = Vec::new();
    for pair in protocols.windows(2) {
        let &[first, next] = pair else { continue };
        let here = boxes.iter().filter(|[low, high, ..]| *low <= first && first <= *high);
        let ports: BTreeSet<u128> = here.flat_map(|[.., low, high]| [*low, high + 1]).collect();
        let ports: Vec<u128> = ports.into_iter().collect();
        for range in ports.windows(2) {
            let &[low, end] = range else { continue };
            let narrow = |value: u128| u8::try_from(value).unwrap_or(u8::MAX);
            let port = |value: u128| u16::try_from(value).unwrap_or(u16::MAX);
            slices.push(Slice {
                protocols: (narrow(first), narrow(next - 1)),
                ports: (port(low), port(end - 1)),
            });
        }
    }
    slices
}

/// How many ports some slices of one family have, as the surface counts them.
pub(super) fn count(slices: &[Slice]) -> u64 {
    let of = |slice: &Slice| match slice.protocols {
        (first, last) if first == last && [6, 17].contains(&first) => {
            u64::from(slice.ports.1) - u64::from(slice.ports.0) + 1
        }
        (first, last) => u64::from(last) - u64::from(first) + 1,
    };
    let icmp = slices.iter().any(|slice| slice.is_icmp());
    slices.iter().filter(|slice| !slice.is_icmp()).map(of).sum::<u64>() + u64::from(icmp)
}

/// Some slices as services, one entry a protocol.
pub(super) fn services(slices: &[Slice], family: Family) -> Vec<Services> {
    let mut found = Vec::new();
    for protocol in ["tcp", "udp", "icmp", "icmpv6"] {
        let number = NAMED.iter().find(|(_, name)| *name == protocol).map_or(0, |(number, _)| *number);
        let ranges: Vec<(u16, u16)> = slices
            .iter()
            .filter(|slice| slice.protocols == (number, number))
            .map(|slice| slice.ports)
            .collect();
        if ranges.is_empty() {
            continue;
        }
        let numbers = joined(ranges);
        let all = match protocol {
            "tcp" | "udp" => numbers == [(0, u16::MAX)],
            _ => numbers.len() == super::asked::queries(family).len(),
        };
        found.push(Services { protocol, numbers: texts(&numbers), all });
    }
    let others = slices.iter().filter(|slice| {
        let (first, last) = slice.protocols;
        first != last || !NAMED.iter().any(|(number, _)| *number == first)
    });
    let numbers = joined(others.map(|slice| (slice.protocols.0.into(), slice.protocols.1.into())).collect());
    if !numbers.is_empty() {
        let count: u32 = numbers.iter().map(|(first, last)| u32::from(last - first) + 1).sum();
        found.push(Services { protocol: "proto", numbers: texts(&numbers), all: count == OTHER_PROTOCOLS });
    }
    found
}

/// The protocols of a family that have no ports and are not ICMP.
const OTHER_PROTOCOLS: u32 = 256 - 4;

/// Ranges with those joined that touch.
fn joined(mut ranges: Vec<(u16, u16)>) -> Vec<(u16, u16)> {
    ranges.sort_unstable();
    let mut joined: Vec<(u16, u16)> = Vec::new();
    for (first, last) in ranges {
        match joined.last_mut() {
            Some(before) if u32::from(first) <= u32::from(before.1) + 1 => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

fn texts(ranges: &[(u16, u16)]) -> Vec<String> {
    let text = |(first, last): &(u16, u16)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.iter().map(text).collect()
}
