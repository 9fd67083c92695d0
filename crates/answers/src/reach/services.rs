//! A set of connections taken apart into services: `tcp/443` from half of the client's ports.

use std::fmt;
use std::ops::RangeInclusive;

use indexmap::IndexMap;
use ipnet::IpNet;
use model::PortRange;
use rustc_hash::FxBuildHasher;
use space::{Family, Field, Region, prefixes};

use crate::question::icmp_name;

/// What people ask a server for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// Every protocol and port.
    Any,
    /// TCP to these ports.
    Tcp(u16, u16),
    /// UDP to these ports.
    Udp(u16, u16),
    /// ICMP of the family: the first and the last type, the first and the last code.
    Icmp(Family, (u8, u8), (u8, u8)),
    /// The protocols from one number to another.
    Protocols(u8, u8),
    /// Every protocol that has a line of its own in none of the others.
    OtherProtocols,
}

/// A service, and how much of what was asked of it works.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceShare {
    /// The service.
    pub what: What,
    /// The share of the client's ports, and of what devices on the way pick, that works: from those addresses that
    /// `only` and `except` say.
    pub share: f64,
    /// The client's ports that work; none for what has no ports.
    pub client_ports: Vec<PortRange>,
    /// Of the internet, only these addresses; empty for all.
    pub only: Vec<IpNet>,
    /// Of the internet, all addresses but these.
    pub except: Vec<IpNet>,
}

impl ServiceShare {
    /// Whether all that was asked of the service works, whoever and wherever the other end is.
    pub fn is_whole(&self) -> bool {
        self.share >= 1.0 && self.only.is_empty() && self.except.is_empty()
    }
}

impl What {
    /// All connections that it means, as disjoint regions.
    pub(crate) fn regions(self) -> Vec<Region> {
        let all = |number: u8| Region::FULL.protocol(number);
        match self {
            What::Any => vec![Region::FULL],
            What::Tcp(from, to) => vec![all(6).server(from..=to)],
            What::Udp(from, to) => vec![all(17).server(from..=to)],
            What::Icmp(family, types, codes) => {
                let region = all(if family == Family::V4 { 1 } else { 58 });
                let [types, codes] = [types, codes].map(|(from, to)| u16::from(from)..=u16::from(to));
                vec![region.server(types).client(codes)]
            }
            What::Protocols(from, to) => {
                vec![Region::FULL.with(Field::Protocol, u128::from(from)..=u128::from(to))]
            }
            What::OtherProtocols => [0..=0, 2..=5, 7..=16, 18..=57, 59..=255]
                .map(|range| Region::FULL.with(Field::Protocol, range))
                .to_vec(),
        }
    }

    /// What is in both.
    pub fn intersect(self, other: What) -> Option<What> {
        let meet = |a: (u16, u16), b: (u16, u16)| (a.0.max(b.0), a.1.min(b.1));
        let some = |(from, to): (u16, u16)| (from <= to).then_some((from, to));
        let bytes =
            |a: (u8, u8), b: (u8, u8)| Some((a.0.max(b.0), a.1.min(b.1))).filter(|(from, to)| from <= to);
        match (self, other) {
            (What::Any, what) | (what, What::Any) => Some(what),
            (What::Tcp(a, b), What::Tcp(c, d)) => {
                some(meet((a, b), (c, d))).map(|(from, to)| What::Tcp(from, to))
            }
            (What::Udp(a, b), What::Udp(c, d)) => {
                some(meet((a, b), (c, d))).map(|(from, to)| What::Udp(from, to))
            }
            (What::Icmp(family, types, codes), What::Icmp(of, others, and)) if family == of => {
                Some(What::Icmp(family, bytes(types, others)?, bytes(codes, and)?))
            }
            (What::Protocols(a, b), What::Protocols(c, d)) => {
                bytes((a, b), (c, d)).map(|(from, to)| What::Protocols(from, to))
            }
            (What::OtherProtocols, What::OtherProtocols) => Some(What::OtherProtocols),
            (What::OtherProtocols, what @ What::Protocols(..))
            | (what @ What::Protocols(..), What::OtherProtocols) => Some(what),
            _ => None,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            What::Any => f.write_str("any"),
            What::Tcp(0, u16::MAX) => f.write_str("tcp"),
            What::Udp(0, u16::MAX) => f.write_str("udp"),
            What::Tcp(from, to) => write!(f, "tcp/{}", PortRange { from, to }),
            What::Udp(from, to) => write!(f, "udp/{}", PortRange { from, to }),
            What::Icmp(family, types, codes) => {
                f.write_str(if family == Family::V4 { "icmp" } else { "icmpv6" })?;
                match (types, codes) {
                    ((0, 255), (0, 255)) => return Ok(()),
                    ((from, to), codes) if from == to => match icmp_name(family, from, codes) {
                        Some(name) => return write!(f, "/{name}"),
                        None => write!(f, "/{from}")?,
                    },
                    ((from, to), _) => write!(f, "/{from}-{to}")?,
                }
                match codes {
                    (0, 255) => Ok(()),
                    (from, to) if from == to => write!(f, "/{from}"),
                    (from, to) => write!(f, "/{from}-{to}"),
                }
            }
            What::Protocols(from, to) if from == to => write!(f, "proto/{from}"),
            What::Protocols(from, to) => write!(f, "proto/{from}-{to}"),
            What::OtherProtocols => f.write_str("other protocols"),
        }
    }
}

/// What two services have to have in common to be told in one line: who may ask, how much works, from which ports.
type Shape = (Vec<(u128, u128)>, u64, Vec<(u16, u16)>);

/// Shares that differ by less are taken to be equal: they are sums of floats.
const FINE: f64 = 1e12;

/// Takes disjoint boxes apart, of a set of what was asked.
pub(crate) fn of(family: Family, beyond: bool, asked: &[Region], boxes: &[Region]) -> Vec<ServiceShare> {
    let mut by_protocol: IndexMap<(u128, u128), Vec<&Region>, FxBuildHasher> = IndexMap::default();
    for region in boxes {
        by_protocol.entry(bounds(region, Field::Protocol)).or_default().push(region);
    }
    let mut found: Vec<(What, Shape)> = Vec::new();
    for ((low, high), boxes) in by_protocol {
        let asked: Vec<&Region> = asked
            .iter()
            .filter(|region| {
                let (first, last) = bounds(region, Field::Protocol);
                first <= low && low <= last
            })
            .collect();
        let ported = low == high && [6, 17].contains(&low);
        let icmp = low == high && [1, 58].contains(&low);
        let codes: &[(u128, u128)] = &if icmp { cells(&boxes, Field::Client) } else { vec![(0, u128::MAX)] };
        for &(from, to) in &cells(&boxes, Field::Server) {
            for &code in codes {
                let here: Vec<&&Region> = (boxes.iter())
                    .filter(|region| {
                        holds(region, Field::Server, from) && (!icmp || holds(region, Field::Client, code.0))
                    })
                    .collect();
                for shape in shapes(&here, &asked, from, ported) {
                    let what = match (low, ported, icmp) {
                        (6, true, _) => What::Tcp(port(from), port(to)),
                        (_, true, _) => What::Udp(port(from), port(to)),
                        (_, _, true) => {
                            What::Icmp(family, (byte(from), byte(to)), (byte(code.0), byte(code.1)))
                        }
                        _ => What::Protocols(byte(low), byte(high)),
                    };
                    push(&mut found, what, shape);
                }
            }
        }
    }
    fold_protocols(&mut found, asked);
    fold_any(&mut found, family);
    let whole = if beyond { ranges(asked, Field::Remote) } else { Vec::new() };
    found.sort_by_key(|(what, _)| *what);
    found.into_iter().map(|(what, shape)| share(family, what, shape, &whole)).collect()
}

/// What of the boxes at one server's port works: from whom, how much, from which ports.
fn shapes(here: &[&&Region], asked: &[&Region], server: u128, ported: bool) -> Vec<Shape> {
    let mut by_remote: IndexMap<(u128, u128), Vec<&Region>, FxBuildHasher> = IndexMap::default();
    for region in here {
        by_remote.entry(bounds(region, Field::Remote)).or_default().push(region);
    }
    /// The share, and the ports; the addresses.
    type Found = IndexMap<(u64, Vec<(u16, u16)>), Vec<(u128, u128)>, FxBuildHasher>;
    let mut found: Found = IndexMap::default();
    for (remote, boxes) in by_remote {
        let size = |region: &Region| if ported { length(bounds(region, Field::Client)) } else { 1.0 };
        let works: f64 = boxes.iter().map(|region| size(region) * chance(region)).sum();
        let all = (asked.iter())
            .filter(|region| holds(region, Field::Server, server) && holds(region, Field::Remote, remote.0));
        let all: f64 = if ported { all.map(|region| size(region)).sum() } else { 1.0 };
        let share = if all > 0.0 { (works / all * FINE).round() } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10^12")]
        let share = share as u64;
        let clients = if ported {
            let ranges = joined(boxes.iter().map(|region| bounds(region, Field::Client)).collect());
            ranges.into_iter().map(|(from, to)| (port(from), port(to))).collect()
        } else {
            Vec::new()
        };
        found.entry((share, clients)).or_default().push(remote);
    }
    found.into_iter().map(|((share, clients), remote)| (joined(remote), share, clients)).collect()
}

/// Adds a service, to its neighbour if both are of one shape.
fn push(found: &mut Vec<(What, Shape)>, what: What, shape: Shape) {
    let neighbour = found.iter_mut().rev().find(|(known, of)| {
        *of == shape
            && match (*known, what) {
                (What::Tcp(_, to), What::Tcp(from, _)) | (What::Udp(_, to), What::Udp(from, _)) => {
                    to.checked_add(1) == Some(from)
                }
                (What::Icmp(_, (_, to), a), What::Icmp(_, (from, _), b))
                    if to.checked_add(1) == Some(from) =>
                {
                    a == b
                }
                (What::Icmp(_, a, (_, to)), What::Icmp(_, b, (from, _))) => {
                    a == b && to.checked_add(1) == Some(from)
                }
                (What::Protocols(_, to), What::Protocols(from, _)) => to.checked_add(1) == Some(from),
                _ => false,
            }
    });
    match neighbour.map(|(known, _)| known) {
        Some(What::Tcp(_, last)) | Some(What::Udp(_, last)) => {
            if let What::Tcp(_, to) | What::Udp(_, to) = what {
                *last = to;
            }
        }
        Some(What::Icmp(_, types, codes)) => {
            if let What::Icmp(_, (_, to), (_, code)) = what {
                (types.1, codes.1) = (to, code);
            }
        }
        Some(What::Protocols(_, last)) => {
            if let What::Protocols(_, to) = what {
                *last = to;
            }
        }
        _ => found.push((what, shape)),
    }
}

/// All protocols without ports that were asked for, as one, if many were and they are of one shape.
fn fold_protocols(found: &mut Vec<(What, Shape)>, asked: &[Region]) {
    const MANY: usize = 16;
    let portless = |number: &u128| ![1, 6, 17, 58].contains(number);
    let numbers = |low: u128, high: u128| (low..=high).filter(portless).count();
    let all: usize = joined(asked.iter().map(|region| bounds(region, Field::Protocol)).collect())
        .into_iter()
        .map(|(low, high)| numbers(low, high))
        .sum();
    let mut by_shape: IndexMap<Shape, usize, FxBuildHasher> = IndexMap::default();
    for (what, shape) in found.iter() {
        if let What::Protocols(low, high) = what {
            *by_shape.entry(shape.clone()).or_default() += numbers((*low).into(), (*high).into());
        }
    }
    for (shape, count) in by_shape {
        if count == all && all >= MANY {
            found.retain(|(what, of)| !matches!(what, What::Protocols(..)) || *of != shape);
            found.push((What::OtherProtocols, shape));
        }
    }
}

/// Everything, as one.
fn fold_any(found: &mut Vec<(What, Shape)>, family: Family) {
    let parts = [
        What::Tcp(0, u16::MAX),
        What::Udp(0, u16::MAX),
        What::Icmp(family, (0, 255), (0, 255)),
        What::OtherProtocols,
    ];
    // The client's ports are those of TCP and UDP; the others have none.
    let same = |a: &Shape, b: &Shape| a.0 == b.0 && a.1 == b.1 && (a.2.is_empty() || a.2 == b.2);
    let candidates: Vec<Shape> =
        found.iter().filter(|(what, _)| *what == What::Tcp(0, u16::MAX)).map(|(_, of)| of.clone()).collect();
    for shape in candidates {
        let has = |part: &What| found.iter().any(|(what, of)| what == part && same(of, &shape));
        if parts.iter().all(has) {
            found.retain(|(what, of)| !(parts.contains(what) && same(of, &shape)));
            found.push((What::Any, shape));
        }
    }
}

fn share(
    family: Family,
    what: What,
    (remote, share, clients): Shape,
    whole: &[(u128, u128)],
) -> ServiceShare {
    let blocks = |ranges: &[(u128, u128)]| -> Vec<IpNet> {
        ranges.iter().flat_map(|(low, high)| prefixes(family, &(*low..=*high))).collect()
    };
    let (mut only, mut except) = (Vec::new(), Vec::new());
    if !whole.is_empty() && remote != whole {
        only = blocks(&remote);
        let others = blocks(&without(whole, &remote));
        if others.len() < only.len() {
            (only, except) = (Vec::new(), others);
        }
    }
    let client_ports = clients.into_iter().map(|(from, to)| PortRange { from, to }).collect();
    ServiceShare { what, share: share as f64 / FINE, client_ports, only, except }
}

/// The intervals of a field on each of which all boxes agree, those that some box has.
fn cells(boxes: &[&Region], field: Field) -> Vec<(u128, u128)> {
    let mut cuts: Vec<u128> = Vec::new();
    for region in boxes {
        let (low, high) = bounds(region, field);
        cuts.extend([low, high.saturating_add(1)]);
    }
    cuts.sort_unstable();
    cuts.dedup();
    let pairs = cuts.iter().zip(cuts.iter().skip(1));
    let cells = pairs.map(|(low, next)| (*low, next.saturating_sub(1)));
    cells.filter(|(low, _)| boxes.iter().any(|region| holds(region, field, *low))).collect()
}

/// Sorted disjoint ranges that cover the same.
fn joined(mut all: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    all.sort_unstable();
    let mut merged: Vec<(u128, u128)> = Vec::new();
    for (low, high) in all {
        match merged.last_mut() {
            Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
            _ => merged.push((low, high)),
        }
    }
    merged
}

/// What of some sorted ranges is not in others.
fn without(whole: &[(u128, u128)], part: &[(u128, u128)]) -> Vec<(u128, u128)> {
    let mut left = Vec::new();
    for &(low, high) in whole {
        let mut from = Some(low);
        for &(first, last) in part.iter().filter(|(first, last)| *first <= high && low <= *last) {
            if let Some(start) = from
                && start < first
            {
                left.push((start, first - 1));
            }
            from = last.checked_add(1).filter(|next| *next <= high);
        }
        left.extend(from.map(|start| (start, high)));
    }
    left
}

fn ranges(boxes: &[Region], field: Field) -> Vec<(u128, u128)> {
    joined(boxes.iter().map(|region| bounds(region, field)).collect())
}

fn bounds(region: &Region, field: Field) -> (u128, u128) {
    RangeInclusive::into_inner(region.range(field))
}

fn holds(region: &Region, field: Field, value: u128) -> bool {
    region.range(field).contains(&value)
}

fn length((low, high): (u128, u128)) -> f64 {
    (high - low) as f64 + 1.0
}

/// The share of what devices pick.
fn chance(region: &Region) -> f64 {
    let of_chance = Field::ALL.iter().filter(|field| field.is_chance());
    of_chance.map(|field| length(bounds(region, *field)) / (field.last() as f64 + 1.0)).product()
}

fn port(value: u128) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

fn byte(value: u128) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}
