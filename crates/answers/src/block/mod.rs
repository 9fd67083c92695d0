//! Addresses stopped at network ACLs: the entries that it takes, and what else they do.
//!
//! Security groups only allow (S1.1), so an address is stopped by entries of lists: in both directions, since a list has
//! no memory (S2.13), and before the first entry that would let it pass (S2.4). `lists` finds which lists are meant,
//! `entries` what to add or take away, and `effect` asks the engine what becomes of the network.

mod effect;
mod entries;
mod lists;

use engine::Network;
use ipnet::IpNet;
use model::{Change, Exceeded, Ix, NetworkAcl, NetworkAclEntry, Noun};

use crate::intent::{Intent, IntentError, Status, TestedLine};
use crate::reach::Affected;
pub use lists::{Lists, NoSuch, lists};

/// One direction of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Direction {
    /// What people call the list.
    pub list: String,
    /// Whether it judges what leaves.
    pub egress: bool,
}

/// Entries that are there and stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where.
    pub direction: Direction,
    /// The block that is asked for.
    pub block: IpNet,
    /// The entry that denies all of it; `None`: no entry lets any of it pass.
    pub entry: Option<NetworkAclEntry>,
}

/// A block that a direction of a list cannot deny: the numbers before the entry that lets it pass are all taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRoom {
    /// Where.
    pub direction: Direction,
    /// The block.
    pub block: IpNet,
    /// The entry that it would have to come before.
    pub before: NetworkAclEntry,
}

/// How many entries a direction of a list has after the change, with the final deny of each family (S2.19).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Where.
    pub direction: Direction,
    /// Of IPv4 and of IPv6.
    pub entries: [u32; 2],
}

/// A line of the intent that was so and is not after the change.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The line as it is after the change.
    pub line: TestedLine,
    /// Whether it is so for all but the blocked addresses.
    pub only_for_blocked: bool,
}

/// A change of what lists deny, and what it does.
#[derive(Debug, Default)]
pub struct Plan {
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// What people call the lists, by id.
    pub names: Vec<(String, String)>,
    /// What is there already.
    pub kept: Vec<Kept>,
    /// What there is no number for.
    pub no_room: Vec<NoRoom>,
    /// The entries of the changed lists.
    pub counts: Vec<Count>,
    /// The default quotas that they exceed.
    pub exceeded: Vec<Exceeded>,
    /// Subnets of which the export does not say which list they have.
    pub unknown: Vec<String>,
    /// Interfaces of the network that are in a block.
    pub own: Vec<String>,
    /// What of the blocks still gets through after `add`, or may, each with a connection that shows it.
    pub passes: Vec<TestedLine>,
    /// What the change closes with the blocked addresses, or opens to them.
    pub of_blocks: Vec<Affected>,
    /// What it closes besides.
    pub also_closes: Vec<Affected>,
    /// What it opens besides.
    pub also_opens: Vec<Affected>,
    /// Lines of the intent that were so and are not any more.
    pub broken: Vec<Broken>,
}

impl Plan {
    /// Whether the blocks are stopped for certain, by changes that AWS takes.
    pub fn holds(&self) -> bool {
        self.passes.is_empty() && self.no_room.is_empty() && self.exceeded.is_empty()
    }

    /// Whether it cannot be said that something passes, nor that nothing does.
    pub fn is_undecided(&self) -> bool {
        let unknown = |line: &TestedLine| line.status == Status::Undecided;
        self.no_room.is_empty() && self.exceeded.is_empty() && self.passes.iter().all(unknown)
    }
}

/// The entries that stop some blocks at some lists, each before the first entry that would let the block pass. What is
/// denied already is kept.
///
/// # Errors
/// If the intent speaks of what the network does not have.
pub fn add(
    network: &Network,
    lists: &Lists,
    blocks: &[IpNet],
    intent: Option<&Intent>,
) -> Result<Plan, Vec<IntentError>> {
    let mut plan = entries::add(network, lists, blocks);
    effect::find(network, lists, blocks, intent, true, &mut plan)?;
    Ok(plan)
}

/// Takes away the entries that deny all of some blocks, exactly those.
///
/// # Errors
/// As [`add`].
pub fn remove(
    network: &Network,
    lists: &Lists,
    blocks: &[IpNet],
    intent: Option<&Intent>,
) -> Result<Plan, Vec<IntentError>> {
    let mut plan = entries::remove(network, lists, blocks);
    effect::find(network, lists, blocks, intent, false, &mut plan)?;
    Ok(plan)
}

/// A block that lists deny.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The block.
    pub block: IpNet,
    /// The entries that deny all of it.
    pub entries: Vec<(Direction, NetworkAclEntry)>,
    /// Where it passes all the same, and the entry that lets it: no deny comes before that.
    pub open: Vec<(Direction, NetworkAclEntry)>,
}

/// What some lists deny as a whole: every protocol, of some addresses.
pub fn listed(network: &Network, lists: &Lists) -> Vec<Listed> {
    entries::listed(network, lists)
}

/// What people call a list.
fn name_of(network: &Network, acl: Ix<NetworkAcl>) -> String {
    let noun = network.model().network_acls.at(acl);
    noun.name().unwrap_or(noun.id.as_str()).to_owned()
}
