//! What each new gate has to let through: every declared pair is walked past gates that let nothing through, and each
//! checkpoint says what it stopped.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use engine::{Checkpoint, Leg, Network, Seen};
use ipnet::IpNet;
use model::{Ix, Subnet, Traffic};
use space::{Diagrams, Family, Field, Region, Set};

use super::flows::Flows;
use super::roles::Roles;
use crate::explain::AskedPair;
use crate::fix::{Blocker, blockers, peer, traffics};

/// A gate that rules are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Gate {
    /// The group of a role.
    Group(usize),
    /// The list of a subnet.
    List(Ix<Subnet>),
}

/// Whom a gate has to let through.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Peer {
    /// The members of a role by their addresses of a family, where references to groups match (S1.15 to S1.23).
    Role(usize, Family),
    /// These addresses, of interfaces of the network.
    Block(IpNet),
    /// These addresses beyond it, as sorted disjoint ranges of a family's numbers.
    Remote(Beyond),
}

/// Addresses beyond the network.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Beyond {
    pub(super) is_v6: bool,
    pub(super) ranges: Vec<(u128, u128)>,
}

/// What a gate has to let through, and on which leg.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Need {
    pub(super) egress: bool,
    /// Answers come after requests, as the articles number them.
    pub(super) is_reply: bool,
    pub(super) traffic: Traffic,
    pub(super) peer: Peer,
}

/// Everything that is needed, gate by gate, each with the lines that need it.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub(super) all: BTreeMap<Gate, BTreeMap<Need, Vec<usize>>>,
}

impl Needs {
    /// Of what works for certain past gates that let everything through: what does not, needs no rule.
    pub(super) fn of(
        emptied: &Network,
        opened: &Network,
        flows: &Flows,
        roles: &Roles,
        sets: &mut Diagrams,
    ) -> Needs {
        let mut needs = Needs::default();
        for (line, of_line) in flows.lines.iter().enumerate() {
            for pair in &of_line.pairs {
                let best = engine::judge(opened, &pair.flow, pair.asked, sets);
                if best.works == Set::EMPTY {
                    continue;
                }
                let judgement = engine::judge(emptied, &pair.flow, best.works, sets);
                for blocker in blockers(emptied, None, pair, &judgement, sets) {
                    needs.add(emptied, roles, &blocker, pair, line, sets);
                }
            }
        }
        needs
    }

    /// What a gate needs; nothing for one that stops nothing that is declared.
    pub(super) fn at(&self, gate: Gate) -> impl Iterator<Item = (&Need, &Vec<usize>)> {
        self.all.get(&gate).into_iter().flatten()
    }

    fn add(
        &mut self,
        network: &Network,
        roles: &Roles,
        blocker: &Blocker<'_>,
        pair: &AskedPair,
        line: usize,
        sets: &mut Diagrams,
    ) {
        let (gate, egress) = match blocker.hop.checkpoint {
            Checkpoint::SecurityGroups { interface, egress } => {
                let Some(role) = roles.role_of(interface) else { return };
                (Gate::Group(role), egress)
            }
            Checkpoint::NetworkAcl { subnet, egress, .. } => (Gate::List(subnet), egress),
            _ => return,
        };
        let peers = peers(network, roles, blocker, pair, egress, sets);
        for traffic in traffics(blocker, sets) {
            let traffic = with_code(traffic, blocker, sets);
            for peer in &peers {
                let need = Need { egress, is_reply: blocker.leg == Leg::Reply, traffic, peer: peer.clone() };
                let lines = self.all.entry(gate).or_default().entry(need).or_default();
                if lines.last() != Some(&line) {
                    lines.push(line);
                }
            }
        }
    }
}

/// An ICMP type with its code, where only one is asked for: `icmp/echo` is code 0.
fn with_code(traffic: Traffic, blocker: &Blocker<'_>, sets: &mut Diagrams) -> Traffic {
    let (number, kind) = match traffic {
        Traffic::Icmp(Some(kind), None) => (1, kind),
        Traffic::Icmpv6(Some(kind), None) => (58, kind),
        _ => return traffic,
    };
    let region = Region::FULL.protocol(number).server(kind.into()..=kind.into());
    let region = sets.region(&region);
    let of_kind = sets.intersect(blocker.missing, region);
    let codes = sets.ranges(of_kind, Field::Client);
    let only = match codes.as_slice() {
        [range] if range.start() == range.end() => u8::try_from(*range.start()).ok(),
        _ => None,
    };
    if number == 1 { Traffic::Icmp(Some(kind), only) } else { Traffic::Icmpv6(Some(kind), only) }
}

/// Whom the rules of a gate have to name: at a group other groups where these match, at a list whole subnets, since what
/// is in them comes and goes.
fn peers(
    network: &Network,
    roles: &Roles,
    blocker: &Blocker<'_>,
    pair: &AskedPair,
    egress: bool,
    sets: &Diagrams,
) -> Vec<Peer> {
    let seen = peer(blocker, egress);
    let mut other = seen.interface();
    let is_list = matches!(blocker.hop.checkpoint, Checkpoint::NetworkAcl { .. });
    if let Checkpoint::SecurityGroups { interface, .. } = blocker.hop.checkpoint {
        let view = network.as_seen_by_groups(interface, &blocker.hop.header, blocker.leg, egress);
        let named = view.through.or(other.filter(|_| view.references));
        if let Some(role) = named.and_then(|member| roles.role_of(member)) {
            return vec![Peer::Role(role, blocker.family)];
        }
        other = other.filter(|_| view.through.is_none());
    }
    match seen {
        Seen::Fixed { address, .. } => {
            let of_subnet = other.filter(|_| is_list).and_then(|other| network.resolved().subnet_of(other));
            let blocks = match of_subnet {
                Some(subnet) => {
                    let cidrs = network.model().subnets.at(subnet).cidrs.iter();
                    cidrs.filter(|cidr| cidr.contains(&address)).copied().collect()
                }
                None => network.blocks_of(other, address),
            };
            blocks.into_iter().map(Peer::Block).collect()
        }
        Seen::Remote | Seen::Embedded => {
            // All that is declared, though routes may lead only a part of it past this gate.
            let mut ranges: Vec<RangeInclusive<u128>> = sets.ranges(pair.asked, Field::Remote);
            let is_v6 = blocker.family == Family::V6 && seen == Seen::Remote;
            if seen == Seen::Embedded {
                // The last 32 bits are the IPv4 address (RFC 6052).
                let low = |value: &u128| value & u128::from(u32::MAX);
                ranges = ranges.iter().map(|range| low(range.start())..=low(range.end())).collect();
            }
            let ranges = ranges.into_iter().map(RangeInclusive::into_inner).collect();
            vec![Peer::Remote(Beyond { is_v6, ranges })]
        }
        Seen::Unknown => Vec::new(),
    }
}
