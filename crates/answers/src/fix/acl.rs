//! Changes of network ACLs: an entry more, one that opens wider, or a deny turned into an allow.

use engine::{Network, RuleRef, Seen};
use ipnet::IpNet;
use model::{Action, Change, Ix, NetworkAcl, NetworkAclEntry, Noun, Origin, PortRange, STAR, Traffic};
use space::Diagrams;

use super::traffic::{blocks, peer, traffics};
use super::{Blocker, Means};

/// One direction of a list, and the number of the entry that drops what should pass.
struct Direction<'a> {
    acl: &'a NetworkAcl,
    egress: bool,
    deny: u32,
}

/// Entries that would let the missing part through a list.
pub(super) fn alternatives(
    network: &Network,
    blocker: &Blocker<'_>,
    (acl, egress): (Ix<NetworkAcl>, bool),
    means: Means,
    sets: &mut Diagrams,
) -> Vec<Vec<Change>> {
    let acl = network.model().network_acls.at(acl);
    let list = Direction { acl, egress, deny: first_deny(blocker, acl) };
    let traffics = traffics(blocker, sets);
    let mut alternatives = Vec::new();
    for blocks in peers(network, blocker, peer(blocker, egress), sets) {
        let wanted: Vec<(Traffic, IpNet)> =
            traffics.iter().flat_map(|traffic| blocks.iter().map(|block| (*traffic, *block))).collect();
        if let ([(traffic, block)], Means::Any) = (wanted.as_slice(), means) {
            let entry = list.widened(*traffic, *block).or_else(|| list.turned(*traffic, *block));
            let replace = |entry| vec![Change::ReplaceNetworkAclEntry { acl: acl.id().clone(), entry }];
            alternatives.extend(entry.map(replace));
        }
        alternatives.extend(list.created(&wanted));
    }
    alternatives
}

impl Direction<'_> {
    fn entries(&self) -> impl Iterator<Item = &NetworkAclEntry> {
        self.acl.entries.iter().filter(|entry| entry.egress == self.egress)
    }

    /// An allow before the deny for the block or one around it whose ports, with what is wanted, are still one range.
    fn widened(&self, wanted: Traffic, block: IpNet) -> Option<NetworkAclEntry> {
        let join = |a: PortRange, b: PortRange| {
            let touch = u32::from(a.from) <= u32::from(b.to) + 1 && u32::from(b.from) <= u32::from(a.to) + 1;
            touch.then(|| PortRange { from: a.from.min(b.from), to: a.to.max(b.to) })
        };
        let allows = self.entries().filter(|entry| entry.action == Action::Allow);
        let fitting = allows.filter(|entry| entry.cidr.contains(&block) && entry.number < self.deny);
        let mut fitting: Vec<_> = fitting.collect();
        fitting.sort_by_key(|entry| std::cmp::Reverse(entry.cidr.prefix_len()));
        fitting.into_iter().find_map(|entry| {
            let traffic = match (entry.traffic, wanted) {
                (Traffic::Tcp(a), Traffic::Tcp(b)) => Traffic::Tcp(join(a, b)?),
                (Traffic::Udp(a), Traffic::Udp(b)) => Traffic::Udp(join(a, b)?),
                _ => return None,
            };
            Some(NetworkAclEntry { traffic, origin: Origin::PROPOSED, ..entry.clone() })
        })
    }

    /// The deny itself, turned into an allow of what is wanted, where it names the same block and protocol.
    fn turned(&self, wanted: Traffic, block: IpNet) -> Option<NetworkAclEntry> {
        let entry = self.entries().find(|entry| entry.number == self.deny && !entry.is_star())?;
        let same = entry.cidr == block && entry.traffic.protocol_number() == wanted.protocol_number();
        let (action, origin) = (Action::Allow, Origin::PROPOSED);
        same.then(|| NetworkAclEntry { traffic: wanted, action, origin, ..entry.clone() })
    }

    /// New entries in front of the deny, at free numbers; none if there is no room.
    fn created(&self, wanted: &[(Traffic, IpNet)]) -> Option<Vec<Change>> {
        let mut taken: Vec<u32> = self.entries().map(|entry| entry.number).collect();
        let mut changes = Vec::new();
        for &(traffic, cidr) in wanted {
            let number = free_number(&taken, self.deny)?;
            taken.push(number);
            let (egress, action, origin) = (self.egress, Action::Allow, Origin::PROPOSED);
            let entry = NetworkAclEntry { egress, number, action, traffic, cidr, origin };
            changes.push(Change::CreateNetworkAclEntry { acl: self.acl.id().clone(), entry });
        }
        (!changes.is_empty()).then_some(changes)
    }
}

/// The blocks that entries may name, the narrowest last: the other end's subnet as lists are usually written, and its
/// address alone.
fn peers(network: &Network, blocker: &Blocker<'_>, peer: Seen, sets: &Diagrams) -> Vec<Vec<IpNet>> {
    let mut peers = Vec::new();
    if let Seen::Fixed { interface: Some(other), address } = peer
        && let Some(subnet) = network.resolved().subnet_of(other)
    {
        let cidrs = network.model().subnets.at(subnet).cidrs.iter();
        peers.extend(cidrs.filter(|cidr| cidr.contains(&address)).map(|cidr| vec![*cidr]));
    }
    peers.push(blocks(network, blocker, peer, sets));
    peers
}

/// The lowest number of the denies that took part of what is missing.
fn first_deny(blocker: &Blocker<'_>, acl: &NetworkAcl) -> u32 {
    let denies = blocker.hop.taken.iter().filter_map(|taken| match taken.rule {
        Some(RuleRef::NetworkAcl(_, position)) => acl.entries.get(position),
        _ => None,
    });
    denies.filter(|entry| entry.action == Action::Deny).map(|entry| entry.number).min().unwrap_or(STAR)
}

/// Whether two changes do the same, whatever the number of an entry that both create.
pub(super) fn same(a: &Change, b: &Change) -> bool {
    match (a, b) {
        (
            Change::CreateNetworkAclEntry { acl, entry },
            Change::CreateNetworkAclEntry { acl: other, entry: wanted },
        ) => acl == other && NetworkAclEntry { number: wanted.number, ..entry.clone() } == *wanted,
        _ => a == b,
    }
}

/// A change whose entry has a number that no change before it takes: one between the same entries of the list, so that
/// it comes as early as it was meant to.
pub(super) fn renumbered(network: &Network, before: &[Change], change: Change) -> Change {
    let Change::CreateNetworkAclEntry { acl, entry } = change else { return change };
    let taken: Vec<u32> = (before.iter())
        .filter_map(|change| match change {
            Change::CreateNetworkAclEntry { acl: of, entry: taken } => {
                (*of == acl && taken.egress == entry.egress).then_some(taken.number)
            }
            _ => None,
        })
        .collect();
    let entries = network.model().network_acls.get(acl.as_str()).map_or(&[][..], |noun| &noun.entries);
    let existing = entries.iter().filter(|other| other.egress == entry.egress).map(|other| other.number);
    let above = existing.clone().filter(|number| *number > entry.number).min().unwrap_or(STAR).min(STAR);
    let below = existing.filter(|number| *number < entry.number).max().unwrap_or(0);
    let tens = (entry.number..above).step_by(10);
    let mut numbers = tens.chain((below + 1)..above).filter(|number| !taken.contains(number));
    let number = numbers.next().unwrap_or(entry.number);
    Change::CreateNetworkAclEntry { acl, entry: NetworkAclEntry { number, ..entry } }
}

/// A free number as close before the deny as leaves room: after the entries before it, in tens where that fits, else
/// half-way. Where the entries before it leave no room, any free number below.
pub(crate) fn free_number(taken: &[u32], deny: u32) -> Option<u32> {
    let limit = deny.min(STAR);
    let before = taken.iter().copied().filter(|number| *number < limit).max().unwrap_or(0);
    let next_ten = (before / 10 + 1) * 10;
    // A first entry gets 100, as the console gives it.
    let preferred = if before == 0 && limit > 100 { 100 } else { next_ten };
    if preferred < limit {
        return Some(preferred);
    }
    let halfway = before + (limit - before) / 2;
    if halfway > before && halfway < limit {
        return Some(halfway);
    }
    (1..limit).rev().find(|number| !taken.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_leave_room_and_stay_before_the_deny() {
        assert_eq!(free_number(&[], STAR), Some(100));
        assert_eq!(free_number(&[100, STAR], STAR), Some(110));
        assert_eq!(free_number(&[100, 120, 130], 130), Some(125));
        assert_eq!(free_number(&[100, 200], 200), Some(110));
        assert_eq!(free_number(&[99, 100, 101], 101), Some(98));
        assert_eq!(free_number(&[1], 1), None);
        assert_eq!(free_number(&[100, STAR, STAR + 1], STAR + 1), Some(110));
        assert_eq!(free_number(&[32766, STAR], STAR), Some(32765));
    }

    #[test]
    fn entries_of_one_list_get_numbers_of_their_own() {
        let network = testkit::network(&["
            vpc vpc-1 10.20.0.0/16
            acl acl-1 in: 100 allow tcp 22 0.0.0.0/0 | 122 deny all 0.0.0.0/0
        "]);
        let create = |number: u32, block: &str| Change::CreateNetworkAclEntry {
            acl: "acl-1".into(),
            entry: testkit::entry(false, &format!("{number} allow tcp 80 {block}")),
        };
        let wanted = create(110, "10.0.0.0/8");
        let after = |before: &[Change]| renumbered(&network, before, wanted.clone());
        assert_eq!(after(&[]), wanted);
        let mut before = vec![create(110, "10.1.0.0/16")];
        assert_eq!(after(&before), create(120, "10.0.0.0/8"));
        before.push(create(120, "10.2.0.0/16"));
        assert_eq!(after(&before), create(101, "10.0.0.0/8"));
        assert!(same(&wanted, &create(120, "10.0.0.0/8")) && !same(&wanted, &before[0]));
    }
}
