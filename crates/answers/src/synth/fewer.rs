//! Fewer rules than are exact: where a group or a list has no room, neighbouring blocks become a larger one. Whether the
//! addresses that come with it do any harm, the proof says.

use ipnet::IpNet;
use model::{ENTRIES_PER_ACL, Id, RULES_PER_GROUP, Traffic};
use rustc_hash::FxHashMap;

use super::Options;
use super::impossible::TooMany;
use super::needs::Gate;
use super::rules::{Draft, tidy};

/// Blocks in whose place a larger one stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widened {
    /// The group or list.
    pub id: Id,
    /// Outbound rules.
    pub egress: bool,
    /// The blocks.
    pub blocks: Vec<IpNet>,
    /// What stands in their place.
    pub into: IpNet,
    /// How many addresses it has that they do not have.
    pub extra: u128,
}

/// How many rules that name blocks each gate may have in a direction and a family, where all that are exact are too many.
#[derive(Debug, Default)]
pub(super) struct Room(FxHashMap<(Gate, bool), usize>);

impl Room {
    /// Makes room for what is too many; `false` if that was tried before.
    pub(super) fn make(&mut self, too_many: &[TooMany], options: &Options) -> bool {
        let mut is_new = false;
        let gates = too_many.iter().flat_map(|of| of.gates.iter().map(|gate| (gate, of.egress)));
        for (gate, egress) in gates {
            let most = match gate {
                Gate::Group(_) => options.max_rules.unwrap_or(RULES_PER_GROUP),
                // The final deny is one of them.
                Gate::List(_) => options.max_entries.unwrap_or(ENTRIES_PER_ACL).saturating_sub(1),
            };
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            is_new |= self.0.insert((*gate, egress), most).is_none();
        }
        is_new
    }

    pub(super) fn at(&self, gate: Gate, egress: bool) -> Option<usize> {
        self.0.get(&(gate, egress)).copied()
    }
}

/// Some blocks and what stands in their place.
pub(super) type Joined = (Vec<IpNet>, IpNet);

impl Widened {
    /// What was joined at a group or a list.
    pub(super) fn of(id: &Id, egress: bool, joined: Vec<Joined>) -> impl Iterator<Item = Widened> {
        joined.into_iter().map(move |joined| {
            let extra = extra(&joined);
            let (blocks, into) = joined;
            Widened { id: id.clone(), egress, blocks, into, extra }
        })
    }
}

/// Rules of one direction, as lists of which each is joined within itself, with no more than `most` of a family as far as
/// that goes: each step joins the two blocks whose common block has the fewest addresses more.
pub(super) fn fewer<const N: usize>(
    mut lists: [Vec<Draft<IpNet>>; N],
    most: usize,
) -> ([Vec<Draft<IpNet>>; N], Vec<Joined>) {
    let before = lists.clone();
    for is_v4 in [true, false] {
        let of_family = |draft: &&Draft<IpNet>| draft.1.addr().is_ipv4() == is_v4;
        while lists.iter().flatten().filter(of_family).count() > most {
            let all = lists.iter().enumerate();
            let best = all.filter_map(|(list, drafts)| {
                let mut drafts: Vec<(Traffic, IpNet)> =
                    drafts.iter().filter(of_family).map(|(traffic, block, _)| (*traffic, *block)).collect();
                // The smallest block with another is that with a neighbour.
                drafts.sort_unstable();
                let pairs = drafts.windows(2).filter_map(|pair| {
                    let [(traffic, one), (of_other, other)] = pair else { return None };
                    let into = common(*one, *other);
                    let own = size(*one).saturating_add(size(*other));
                    (traffic == of_other).then(|| (size(into).saturating_sub(own), list, *traffic, into))
                });
                pairs.min()
            });
            let Some((_, list, traffic, into)) = best.min() else { break };
            let Some(drafts) = lists.get_mut(list) else { break };
            let (inside, mut rest): (Vec<_>, Vec<_>) = std::mem::take(drafts)
                .into_iter()
                .partition(|(other, block, _)| *other == traffic && into.contains(block));
            let mut reasons: Vec<_> = inside.into_iter().flat_map(|(.., reasons)| reasons).collect();
            tidy(&mut reasons);
            rest.push((traffic, into, reasons));
            *drafts = rest;
        }
    }
    let mut joined = Vec::new();
    for (before, after) in before.iter().zip(&lists) {
        for (traffic, into, _) in after {
            let inside = before.iter().filter(|(other, block, _)| other == traffic && into.contains(block));
            let blocks: Vec<IpNet> = inside.map(|(_, block, _)| *block).collect();
            if blocks.as_slice() != [*into] {
                joined.push((blocks, *into));
            }
        }
    }
    (lists, joined)
}

/// The smallest block with both.
fn common(one: IpNet, other: IpNet) -> IpNet {
    let mut block = one;
    while !block.contains(&other) {
        match block.supernet() {
            Some(larger) => block = larger,
            None => break,
        }
    }
    block
}

/// How many addresses a block has; of all of IPv6 one less.
fn size(block: IpNet) -> u128 {
    let free = block.max_prefix_len() - block.prefix_len();
    1u128.checked_shl(free.into()).unwrap_or(u128::MAX)
}

/// How many addresses stand in for blocks and are not theirs.
fn extra((blocks, into): &Joined) -> u128 {
    let own = IpNet::aggregate(blocks).into_iter().fold(0u128, |sum, block| sum.saturating_add(size(block)));
    size(*into).saturating_sub(own)
}

#[cfg(test)]
mod tests {
    use model::PortRange;

    use super::*;

    fn drafts(port: u16, blocks: &[&str]) -> Vec<Draft<IpNet>> {
        let traffic = Traffic::Tcp(PortRange { from: port, to: port });
        blocks.iter().map(|block| (traffic, block.parse().unwrap(), Vec::new())).collect()
    }

    fn words(drafts: &[Draft<IpNet>]) -> Vec<String> {
        drafts.iter().map(|(traffic, block, _)| format!("{traffic} {block}")).collect()
    }

    #[test]
    fn the_nearest_are_joined_first() {
        let web = drafts(80, &["203.0.113.0/26", "203.0.113.128/26", "198.51.100.0/24", "2001:db8::/64"]);
        let ([found], joined) = fewer([web], 2);
        let rows = ["tcp 80 198.51.100.0/24", "tcp 80 2001:db8::/64", "tcp 80 203.0.113.0/24"];
        assert_eq!(words(&found), rows);
        assert_eq!(joined.iter().map(extra).collect::<Vec<_>>(), [128]);
    }

    /// Other ports are other rules, and a deny is no allow.
    #[test]
    fn only_what_is_alike_is_joined() {
        let [one, other] = [drafts(80, &["203.0.113.0/26"]), drafts(443, &["203.0.113.64/26"])];
        let both = [one.clone(), other].concat();
        let ([found], joined) = fewer([both.clone()], 1);
        assert_eq!((words(&found), joined), (words(&both), Vec::new()));
        let (found, joined) = fewer([one, drafts(80, &["203.0.113.64/26"])], 1);
        assert_eq!((found.map(|list| list.len()), joined), ([1, 1], Vec::new()));
    }
}
