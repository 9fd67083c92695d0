//! What declared pairs need of a rule, and the narrower rules that say no more than that.

use engine::{Judgement, Leg, Network, Seen};
use ipnet::IpNet;
use model::{Change, NetworkAclEntry, Origin, Peer, PortRange, SecurityGroupRule, Traffic};
use space::{Diagrams, Set};

use super::Kept;
use super::rules::Allowing;
use crate::fix::{Blocker, blocks, peer, traffics};
use crate::synth::merged;

/// More rules than this in place of one do not make rules that people keep.
const MOST_RULES: usize = 8;

/// Adds what a pair needs of a rule: what it takes of what works.
pub(super) fn needs(
    network: &Network,
    rule: &Allowing,
    kept: &Kept,
    judgement: &Judgement<Set>,
    all: &mut Vec<(Traffic, IpNet)>,
    sets: &mut Diagrams,
) {
    let works = sets.union(kept.works, kept.unknown);
    for trip in &judgement.trips {
        let request = (&trip.request, Leg::Request);
        for (way, leg) in std::iter::once(request).chain(trip.replies.iter().map(|way| (way, Leg::Reply))) {
            for hop in &way.hops {
                let parts = hop.taken.iter().filter(|taken| {
                    taken.rule.and_then(|named| Allowing::of(network, named)).as_ref() == Some(rule)
                });
                for taken in parts {
                    let missing = sets.intersect(taken.part, works);
                    if missing != Set::EMPTY {
                        let ports = engine::ephemeral::required(kept.pair.ports.ports);
                        let family = kept.pair.flow.family;
                        let blocker = Blocker { family, leg, hop, missing, ports };
                        at_hop(network, rule, &blocker, all, sets);
                    }
                }
            }
        }
    }
}

fn at_hop(
    network: &Network,
    rule: &Allowing,
    blocker: &Blocker<'_>,
    all: &mut Vec<(Traffic, IpNet)>,
    sets: &mut Diagrams,
) {
    let (egress, within) = match rule {
        Allowing::Rule(_, rule) => (
            rule.egress,
            match &rule.peer {
                Peer::Cidr(cidr) => Some(*cidr),
                Peer::Group(_) | Peer::PrefixList(_) => None,
            },
        ),
        Allowing::Entry(_, entry) => (entry.egress, Some(entry.cidr)),
    };
    let seen = peer(blocker, egress);
    let mut named = subnet_of(network, seen);
    if named.is_empty() || within.is_some_and(|within| !named.iter().all(|block| within.contains(block))) {
        named = blocks(network, blocker, seen, sets);
    }
    // A rule that names a group keeps it: any block will do.
    let within_rule = |block: IpNet| match within {
        Some(within) if within.contains(&block) => block,
        Some(within) => within,
        None => block,
    };
    for traffic in traffics(blocker, sets) {
        for block in &named {
            let need = (traffic, within_rule(*block));
            if !all.contains(&need) {
                all.push(need);
            }
        }
    }
}

/// The block of the subnet that the other end is in: what is there comes and goes (S4.19).
fn subnet_of(network: &Network, seen: Seen) -> Vec<IpNet> {
    let Seen::Fixed { interface: Some(interface), address } = seen else { return Vec::new() };
    let subnet = network.resolved().subnet_of(interface).map(|ix| network.model().subnets.at(ix));
    let blocks = subnet.into_iter().flat_map(|subnet| subnet.cidrs.iter().copied());
    blocks.filter(|block| block.contains(&address)).collect()
}

/// The changes that put narrower rules in the place of one; `None` if it is as narrow as that already.
pub(super) fn narrower(
    network: &Network,
    rule: &Allowing,
    needs: Vec<(Traffic, IpNet)>,
) -> Option<Vec<Change>> {
    if needs.is_empty() {
        return None;
    }
    match rule {
        Allowing::Rule(group, old) => {
            let wanted = match &old.peer {
                Peer::Cidr(_) => {
                    let drafts =
                        needs.iter().map(|(traffic, block)| (*traffic, *block, Vec::new())).collect();
                    let all = merged(drafts).into_iter();
                    let all: Vec<_> = all.map(|(traffic, block, _)| (traffic, Peer::Cidr(block))).collect();
                    if all.len() <= MOST_RULES {
                        all
                    } else {
                        vec![hull(&needs).map(|(t, b)| (t, Peer::Cidr(b)))?]
                    }
                }
                peer => {
                    let mut traffics: Vec<Traffic> = needs.iter().map(|(traffic, _)| *traffic).collect();
                    traffics.sort_unstable();
                    traffics.dedup();
                    traffics.into_iter().map(|traffic| (traffic, peer.clone())).collect()
                }
            };
            let mut wanted: Vec<(Traffic, Peer)> =
                wanted.into_iter().map(|(traffic, peer)| (within(traffic, old.traffic), peer)).collect();
            wanted.dedup();
            if wanted.len() > MOST_RULES || wanted.iter().any(|(t, p)| (t, p) == (&old.traffic, &old.peer)) {
                return None;
            }
            let rules = &network.model().security_groups.get(group.as_str())?.rules;
            let there = |traffic: Traffic, peer: &Peer| {
                rules
                    .iter()
                    .any(|rule| (rule.egress, rule.traffic, &rule.peer) == (old.egress, traffic, peer))
            };
            wanted.retain(|(traffic, peer)| !there(*traffic, peer));
            let add = |(traffic, peer)| Change::AuthorizeSecurityGroup {
                group: group.clone(),
                rule: SecurityGroupRule { id: None, traffic, peer, origin: Origin::PROPOSED, ..old.clone() },
            };
            Some(wanted.into_iter().map(add).chain([rule.removal()]).collect())
        }
        Allowing::Entry(acl, old) => {
            let (traffic, cidr) = hull(&needs)?;
            let traffic = within(traffic, old.traffic);
            let cidr = if old.cidr.contains(&cidr) { cidr } else { old.cidr };
            if (traffic, cidr) == (old.traffic, old.cidr) {
                return None;
            }
            let entry = NetworkAclEntry { traffic, cidr, origin: Origin::PROPOSED, ..old.clone() };
            Some(vec![Change::ReplaceNetworkAclEntry { acl: acl.clone(), entry }])
        }
    }
}

/// Traffic that is not wider than what a rule has: where Linux's ports end differs between sources (D2).
fn within(traffic: Traffic, old: Traffic) -> Traffic {
    let meet = |a: PortRange, b: PortRange| PortRange { from: a.from.max(b.from), to: a.to.min(b.to) };
    match (traffic, old) {
        (Traffic::Tcp(a), Traffic::Tcp(b)) => Traffic::Tcp(meet(a, b)),
        (Traffic::Udp(a), Traffic::Udp(b)) => Traffic::Udp(meet(a, b)),
        (traffic, old) if old.covers(traffic) => traffic,
        (_, old) => old,
    }
}

/// One traffic and one block that all needs are in.
fn hull(needs: &[(Traffic, IpNet)]) -> Option<(Traffic, IpNet)> {
    let (first, rest) = needs.split_first()?;
    rest.iter().try_fold(*first, |(traffic, block), (other, more)| {
        Some((both(traffic, *other), around(block, *more)?))
    })
}

fn both(a: Traffic, b: Traffic) -> Traffic {
    let join = |a: PortRange, b: PortRange| PortRange { from: a.from.min(b.from), to: a.to.max(b.to) };
    match (a, b) {
        (a, b) if a == b => a,
        (Traffic::Tcp(a), Traffic::Tcp(b)) => Traffic::Tcp(join(a, b)),
        (Traffic::Udp(a), Traffic::Udp(b)) => Traffic::Udp(join(a, b)),
        (Traffic::Icmp(..), Traffic::Icmp(..)) => Traffic::Icmp(None, None),
        (Traffic::Icmpv6(..), Traffic::Icmpv6(..)) => Traffic::Icmpv6(None, None),
        _ => Traffic::All,
    }
}

/// The smallest block around two; `None` for different families.
fn around(a: IpNet, b: IpNet) -> Option<IpNet> {
    std::iter::successors(Some(a), IpNet::supernet).find(|block| block.contains(&b))
}
