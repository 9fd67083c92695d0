//! From declared traffic paths to the least that security groups and network ACLs have to let through, proved.
//!
//! In the order of the work: `flows` finds the pairs of ends that the lines mean; `roles` divides the interfaces on
//! their ways by the lines that they take part in, one new group each, and `alike` says which of them can only have the
//! same; `needs` walks every pair past groups and lists
//! that let nothing through, and writes down what each gate would have had to let pass, on the way there and back: the
//! engine's own walk, so that relays, replies and what meets no gate are what every other answer says. `groups` and
//! `lists` write that as rules, and `proof` asks the engine whether the result lets through what is declared, and
//! nothing else. `blocked` finds what lists stop first, `fewer`
//! makes larger blocks of several where these are too many, and `steps` is the way there from what is there now.

mod alike;
mod attach;
mod blocked;
mod fewer;
mod flows;
mod groups;
mod impossible;
mod lists;
mod needs;
mod proof;
mod roles;
mod rules;
mod steps;

use std::sync::Arc;

use engine::Network;
use model::{Guards, Id, NetworkAcl, PortRange, SecurityGroup};
use rustc_hash::FxHashSet;
use space::Diagrams;

use crate::ends::{EndSet, Names};
use crate::question::Question;
pub use attach::{Attachment, attachments};
pub use blocked::Unlisted;
use blocked::{Blocked, block_lists};
use fewer::Room;
pub use fewer::Widened;
use flows::Flows;
pub use impossible::Impossible;
use impossible::{over_quota, parted};
use needs::Needs;
pub use proof::{Passage, Proof, Unmet};
use roles::Roles;
pub(crate) use rules::merged;
pub use steps::{Act, Step, done};

/// One line of what is meant to pass.
#[derive(Debug, Clone)]
pub struct Declared {
    /// What people call the line.
    pub id: String,
    /// Who asks whom for what.
    pub question: Question,
    /// Why; it becomes the description of rules.
    pub why: Option<String>,
    /// From which ports clients send, where it is not told by what they are. The first set that has a client decides.
    pub profiles: Arc<[(EndSet, PortRange)]>,
}

/// One line of what must not pass.
#[derive(Debug, Clone)]
pub struct Denied {
    /// What people call the line.
    pub id: String,
    /// Who must not reach whom by what.
    pub question: Question,
}

/// How closely network ACLs follow what is declared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Closeness {
    /// They stay as they are.
    None,
    /// Networks and the ports of replies: between subnets of the network every port of the declared protocols.
    Coarse,
    /// Ports too.
    #[default]
    Full,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How closely network ACLs follow what is declared.
    pub closeness: Closeness,
    /// Say the internet as every address even where that lets more pass.
    pub everyone: bool,
    /// Change groups and lists that are there already, where one has the same members or subnets, and find the steps.
    pub keep_existing: bool,
    /// How many rules of a direction and a family a group may have, where it is not AWS's default (S1.53).
    pub max_rules: Option<u32>,
    /// How many entries of a direction and a family a list may have, the final deny included, where it is not AWS's
    /// default (S2.19).
    pub max_entries: Option<u32>,
    /// Where there are too many, name larger blocks even if that lets more pass, or less.
    pub aggregate: bool,
}

/// A group to be made.
#[derive(Debug, Clone)]
pub struct PlannedGroup {
    /// The group. Its id stands for the one that AWS will give it, in references too.
    pub group: SecurityGroup,
    /// The interfaces that have it and no other from now on.
    pub members: Vec<Id>,
    /// Auto Scaling groups and load balancers whose interfaces the export does not have: what they start has it.
    pub makers: Vec<Id>,
    /// The lines that each rule is for, by their positions.
    pub lines: Vec<Vec<usize>>,
}

/// A list to be made.
#[derive(Debug, Clone)]
pub struct PlannedList {
    /// The list; it guards its subnets in place of what guards them now.
    pub list: NetworkAcl,
    /// The lines that each entry is for, by their positions; a denied block list has those that leave it out.
    pub lines: Vec<Vec<usize>>,
}

/// Rules for what is declared, and their proof.
#[derive(Debug)]
pub struct Synthesis {
    /// What people call the lines: those declared in their order, then the health checks that they need (S4.5), then the
    /// block lists that lists stop. All positions of lines are in this.
    pub lines: Vec<String>,
    /// How many health checks are among them.
    pub health_checks: usize,
    /// Denied lines of addresses beyond the network that lists do not stop first.
    pub unlisted: Vec<Unlisted>,
    /// The groups.
    pub groups: Vec<PlannedGroup>,
    /// The lists; none where they stay as they are.
    pub lists: Vec<PlannedList>,
    /// Blocks that stand for several smaller ones, since these would be too many.
    pub widened: Vec<Widened>,
    /// Whether it is what was declared.
    pub proof: Proof,
    /// The way from what is there, call by call; only with [`Options::keep_existing`].
    pub steps: Option<Vec<Step>>,
    /// The network with these groups and lists.
    pub after: Network,
}

/// Finds the rules that lines need, in place of those of all interfaces and subnets on their ways. Of the denied lines
/// lists stop those first that are block lists.
///
/// All of the internet is every address, `0.0.0.0/0`, wherever that lets nothing else pass; where it would, between
/// interfaces of the network, it is everything but the network's own blocks, unless [`Options::everyone`] allows it.
///
/// # Errors
/// For a line that names what is not there, where what is declared does not fit into AWS's quotas, and where it parts
/// interfaces that can only have the same groups.
pub fn synth(
    names: &Names<'_>,
    declared: &[Declared],
    denied: &[Denied],
    options: Options,
) -> Result<Synthesis, Vec<Impossible>> {
    let network = names.network;
    let Options { closeness, everyone, keep_existing, .. } = options;
    let mut sets = Diagrams::new();
    let flows = Flows::of(names, declared, &mut sets)?;
    let roles = Roles::of(names, &flows, keep_existing, &mut sets);
    let (blocked, unlisted) = match closeness {
        Closeness::None => (Vec::new(), Vec::new()),
        _ => block_lists(names, denied, &flows, &roles)?,
    };
    let [emptied, opened] = [false, true].map(|open| blank(network, &roles, closeness, open));
    let needs = Needs::of(&emptied, &opened, &flows, &roles, &mut sets);
    let planning = Planning { network, flows: &flows, needs: &needs, roles: &roles, blocked: &blocked };
    let names: Vec<String> = (flows.lines.iter().map(|line| line.id.clone()))
        .chain(blocked.iter().map(|blocked| blocked.id.clone()))
        .collect();
    let (mut narrowed, mut room, mut exact) = (Narrowed::default(), Room::default(), None);
    loop {
        let mut widened = Vec::new();
        let lists = match closeness {
            Closeness::None => Vec::new(),
            _ => lists::plan(&planning, &room, &mut widened, &options),
        };
        let lists_deny = closeness != Closeness::None;
        let groups = groups::plan(&planning, &narrowed, &room, &mut widened, lists_deny);
        let guards = Guards {
            groups: groups.iter().map(|planned| planned.group.clone()).collect(),
            of_interfaces: roles.given().collect(),
            lists: lists.iter().map(|planned| planned.list.clone()).collect(),
        };
        let after = Network::new(network.resolved().guarded(&guards));
        let (proof, allowed) = proof::of(&after, &opened, &flows, &roles, &mut sets);
        if !everyone && exact.is_none() && narrowed.narrow(&after, &roles, &proof) {
            continue;
        }
        let parted = parted(network, &flows, &roles, &proof);
        if !parted.is_empty() {
            return Err(parted);
        }
        let too_many = over_quota(&after, &groups, &lists, &names, &planning, &options);
        let has_more_room = room.make(&too_many, &options);
        let fits = too_many.is_empty();
        let reasons: Vec<Impossible> = too_many.into_iter().map(|of| of.reason).collect();
        match &exact {
            None if has_more_room => {
                exact = Some((reasons, proof));
                continue;
            }
            Some(_) if has_more_room => continue,
            // Larger blocks have to do no harm, or the user has to allow it.
            Some((reasons, exact)) if !options.aggregate && proof != *exact => return Err(reasons.clone()),
            _ if !fits => return Err(reasons),
            _ => {}
        }
        let steps = keep_existing.then(|| steps::find(network, &groups, &lists, &roles, &allowed, &mut sets));
        let health_checks = flows.lines.len().saturating_sub(declared.len());
        let lines = names;
        return Ok(Synthesis { lines, health_checks, unlisted, groups, lists, widened, proof, steps, after });
    }
}

/// The network with groups and lists that let nothing through where new ones will be; or everything.
fn blank(network: &Network, roles: &Roles, closeness: Closeness, open: bool) -> Network {
    let lists = if closeness == Closeness::None { Vec::new() } else { lists::blank(network, roles, open) };
    let guards = Guards { groups: roles.blank_groups(open), of_interfaces: roles.given().collect(), lists };
    Network::new(network.resolved().guarded(&guards))
}

/// What groups are planned from.
struct Planning<'a> {
    network: &'a Network,
    flows: &'a Flows,
    needs: &'a Needs,
    roles: &'a Roles,
    blocked: &'a [Blocked],
}

/// The directions of groups in which every address has to be every address but the network's own.
#[derive(Debug, Default)]
struct Narrowed(FxHashSet<(usize, bool)>);

impl Narrowed {
    fn has(&self, role: usize, egress: bool) -> bool {
        self.0.contains(&(role, egress))
    }

    /// Narrows what lets pass what nobody declared: at the client first, then at the server. `false` if there is nothing
    /// left to narrow.
    fn narrow(&mut self, after: &Network, roles: &Roles, proof: &Proof) -> bool {
        let before = self.0.len();
        for found in &proof.undeclared {
            let role = |id: &Option<Id>| {
                let ix = after.model().network_interfaces.ix(id.as_ref()?.as_str())?;
                roles.role_of(ix)
            };
            if found.client.is_none() || found.server.is_none() {
                continue;
            }
            let sides = [(role(&found.client), true), (role(&found.server), false)];
            let known = sides.into_iter().filter_map(|(role, egress)| Some((role?, egress)));
            let next = known.into_iter().find(|side| !self.0.contains(side));
            self.0.extend(next);
        }
        self.0.len() > before
    }
}
