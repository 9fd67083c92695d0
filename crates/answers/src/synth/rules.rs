//! Fewer rules for the same: ports that touch are one range, blocks that make up a larger one are that one, and what
//! other rules say already is left out.

use std::collections::BTreeMap;

use engine::Network;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use model::{PortRange, Traffic};
use space::{Diagrams, Family, Field, Region, Set, address_range, prefixes};

use super::needs::Beyond;
use crate::ends::internet;

/// More blocks than this are not listed where the rest of the internet can be denied instead.
const MOST_BLOCKS: usize = 5;

/// Addresses beyond the network as rules say them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// What is let through.
    pub(super) allowed: Vec<IpNet>,
    /// What is denied before that.
    pub(super) denied: Vec<IpNet>,
}

/// Some addresses beyond the network as rules say them: all of the internet is every address, since nothing else comes
/// from there; with `may_deny`, all but a few is every address after denies. What is `stopped` before, anyhow, needs none.
pub(super) fn said(network: &Network, beyond: &Beyond, may_deny: bool, stopped: &[IpNet]) -> Said {
    let (family, every): (_, IpNet) = match beyond.is_v6 {
        true => (Family::V6, Ipv6Net::default().into()),
        false => (Family::V4, Ipv4Net::default().into()),
    };
    let own: Vec<IpNet> =
        beyond.ranges.iter().flat_map(|(low, high)| prefixes(family, &(*low..=*high))).collect();
    let all = internet(network, family).outside.ranges(family);
    let mut sets = Diagrams::new();
    let mut set = |ranges: &mut dyn Iterator<Item = (u128, u128)>| {
        ranges.fold(Set::EMPTY, |set, (low, high)| {
            let region = sets.region(&Region::FULL.remote(low..=high));
            sets.union(set, region)
        })
    };
    let wanted = set(&mut beyond.ranges.iter().copied());
    let everything = set(&mut all.iter().map(|range| (*range.start(), *range.end())));
    let mut left = sets.subtract(everything, wanted);
    for block in stopped.iter().filter(|block| Family::of(block.addr()) == family) {
        let region = sets.region(&Region::FULL.remote(address_range(*block)));
        left = sets.subtract(left, region);
    }
    let denied: Vec<IpNet> =
        sets.ranges(left, Field::Remote).iter().flat_map(|range| prefixes(family, range)).collect();
    match denied.is_empty() {
        true => Said { allowed: vec![every], denied },
        false if may_deny && own.len() > MOST_BLOCKS && denied.len() < own.len() => {
            Said { allowed: vec![every], denied }
        }
        false => Said { allowed: own, denied: Vec::new() },
    }
}

/// Every address, where it is said, without those that the network's own VPCs have: of private ones all that are like
/// theirs, since none of these is on the internet and fewer blocks say it.
pub(super) fn without_own(network: &Network, blocks: Vec<IpNet>) -> Vec<IpNet> {
    let private = network.not_on_the_internet();
    let own: Vec<IpNet> = (network.model().vpcs.values().flat_map(|vpc| vpc.cidrs.iter().copied()))
        .map(|own| private.iter().copied().find(|private| private.contains(&own)).unwrap_or(own))
        .collect();
    let mut sets = Diagrams::new();
    let mut left = Vec::new();
    for block in blocks {
        let family = Family::of(block.addr());
        let mut set = sets.region(&Region::FULL.remote(address_range(block)));
        for own in own.iter().filter(|own| block.prefix_len() == 0 && Family::of(own.addr()) == family) {
            let region = sets.region(&Region::FULL.remote(address_range(*own)));
            set = sets.subtract(set, region);
        }
        left.extend(sets.ranges(set, Field::Remote).iter().flat_map(|range| prefixes(family, range)));
    }
    left
}

/// What a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reason {
    /// Answers come after requests, as the articles number them.
    pub(super) is_reply: bool,
    /// The line, by its position.
    pub(super) line: usize,
}

/// A rule on its way to being one of a group or a list, and what it is for.
pub(crate) type Draft<P> = (Traffic, P, Vec<Reason>);

/// Rules of one direction that name blocks, as few as say the same.
pub(crate) fn merged(rules: Vec<Draft<IpNet>>) -> Vec<Draft<IpNet>> {
    let (v4, v6): (Vec<_>, Vec<_>) = rules.into_iter().partition(|(_, block, _)| block.addr().is_ipv4());
    let of_family = |rules| without_implied(ranges_joined(blocks_joined(ranges_joined(rules))));
    let mut merged = of_family(v4);
    merged.extend(of_family(v6));
    merged
}

/// Rules for the same traffic whose blocks make up larger ones, as those.
fn blocks_joined(rules: Vec<Draft<IpNet>>) -> Vec<Draft<IpNet>> {
    let mut by_traffic: BTreeMap<Traffic, Vec<(IpNet, Vec<Reason>)>> = BTreeMap::new();
    for (traffic, block, reasons) in rules {
        by_traffic.entry(traffic).or_default().push((block, reasons));
    }
    let mut found = Vec::new();
    for (traffic, parts) in by_traffic {
        for block in IpNet::aggregate(&parts.iter().map(|(block, _)| *block).collect()) {
            let inside = parts.iter().filter(|(part, _)| block.contains(part));
            let mut reasons: Vec<Reason> = inside.flat_map(|(_, reasons)| reasons.iter().copied()).collect();
            tidy(&mut reasons);
            found.push((traffic, block, reasons));
        }
    }
    found
}

/// Rules for the same peer whose ports touch, as one.
pub(super) fn ranges_joined<P: Ord + Clone>(rules: Vec<Draft<P>>) -> Vec<Draft<P>> {
    let mut by_peer: BTreeMap<P, Vec<(Traffic, Vec<Reason>)>> = BTreeMap::new();
    for (traffic, peer, reasons) in rules {
        by_peer.entry(peer).or_default().push((traffic, reasons));
    }
    let mut found = Vec::new();
    for (peer, mut rules) in by_peer {
        rules.sort_by_key(|(traffic, _)| *traffic);
        let mut joined: Vec<(Traffic, Vec<Reason>)> = Vec::new();
        for (traffic, reasons) in rules {
            let last = joined.last_mut();
            match last.and_then(|last| Some((together(last.0, traffic)?, last))) {
                Some((both, last)) => {
                    last.0 = both;
                    last.1.extend(reasons);
                    tidy(&mut last.1);
                }
                None => joined.push((traffic, reasons)),
            }
        }
        found.extend(joined.into_iter().map(|(traffic, reasons)| (traffic, peer.clone(), reasons)));
    }
    found
}

pub(super) fn tidy(reasons: &mut Vec<Reason>) {
    reasons.sort_unstable();
    reasons.dedup();
}

/// The order in which people read them: line by line, so that one more line renumbers nothing, and requests before
/// answers.
pub(super) fn sort<P: Ord + Clone>(rules: &mut [Draft<P>]) {
    let order = |(traffic, peer, reasons): &Draft<P>| {
        let only_replies = reasons.iter().all(|reason| reason.is_reply);
        let first = reasons.iter().map(|reason| reason.line).min();
        (first, only_replies, *traffic, peer.clone())
    };
    rules.sort_by_key(order);
}

/// The lines that a rule is for.
pub(super) fn lines(reasons: &[Reason]) -> Vec<usize> {
    let mut lines: Vec<usize> = reasons.iter().map(|reason| reason.line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// Two kinds of traffic as one, where that is exactly both; the first begins no later than the second.
fn together(a: Traffic, b: Traffic) -> Option<Traffic> {
    let join = |a: PortRange, b: PortRange| {
        let touch = u32::from(b.from) <= u32::from(a.to) + 1;
        touch.then(|| PortRange { from: a.from, to: a.to.max(b.to) })
    };
    match (a, b) {
        _ if a.covers(b) => Some(a),
        (Traffic::Tcp(a), Traffic::Tcp(b)) => join(a, b).map(Traffic::Tcp),
        (Traffic::Udp(a), Traffic::Udp(b)) => join(a, b).map(Traffic::Udp),
        _ => None,
    }
}

/// Rules of one family without those that the others say together.
fn without_implied(rules: Vec<Draft<IpNet>>) -> Vec<Draft<IpNet>> {
    let mut sets = Diagrams::new();
    let mut kept: Vec<Set> =
        rules.iter().map(|(traffic, block, _)| sets.set_of(regions(*traffic, *block))).collect();
    for position in 0..kept.len() {
        let others = kept.iter().enumerate().filter(|(other, _)| *other != position);
        let others = others.fold(Set::EMPTY, |all, (_, set)| sets.union(all, *set));
        if let Some(own) = kept.get_mut(position)
            && sets.subtract(*own, others) == Set::EMPTY
        {
            *own = Set::EMPTY;
        }
    }
    rules.into_iter().zip(kept).filter(|(_, kept)| *kept != Set::EMPTY).map(|(rule, _)| rule).collect()
}

/// What a rule takes, as boxes of protocol, port or type and code, and address.
fn regions(traffic: Traffic, block: IpNet) -> Vec<Region> {
    let region = Region::FULL.remote(address_range(block));
    let icmp = |number: u8, kind: Option<u8>, code: Option<u8>| {
        let range = |value: Option<u8>| value.map_or(0..=255, |value| u16::from(value)..=u16::from(value));
        region.clone().protocol(number).server(range(kind)).client(range(code))
    };
    match traffic {
        Traffic::Tcp(ports) => vec![region.protocol(6).server(ports.from..=ports.to)],
        Traffic::Udp(ports) => vec![region.protocol(17).server(ports.from..=ports.to)],
        Traffic::Icmp(kind, code) => vec![icmp(1, kind, code)],
        Traffic::Icmpv6(kind, code) => vec![icmp(58, kind, code)],
        Traffic::Protocol(number) => vec![region.protocol(number)],
        Traffic::All => vec![region],
    }
}
