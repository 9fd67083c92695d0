//! Why there are no rules for what is declared.

use engine::Network;
use model::{ENTRIES_PER_ACL, Exceeded, Ix, NetworkInterface, RULES_PER_GROUP};

use super::flows::{self, Flows};
use super::groups::lists_would_deny;
use super::needs::Gate;
use super::proof::Proof;
use super::roles::{Roles, Stretched};
use super::{Options, PlannedGroup, PlannedList, Planning};
use crate::question::QuestionError;

/// Why there is nothing to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Impossible {
    /// A declared line, by its position, speaks of what is not there or of what rules cannot say.
    Words(usize, QuestionError),
    /// A denied line, by its id, does.
    Denied(String, QuestionError),
    /// What lines need does not fit into a group or a list.
    Quota {
        /// The group or list, by the name it would have, and by how much.
        exceeded: Exceeded,
        /// What people call the lines that need something of it.
        lines: Vec<String>,
        /// It is a group that lists the addresses around others, which lists could deny instead.
        deny_instead: bool,
    },
    /// Interfaces that can only have the same groups would have to have different ones.
    Alike {
        /// What makes them, in words.
        maker: String,
        /// What people call the lines that only some of them take part in.
        lines: Vec<String>,
    },
}

/// What interfaces have to have in common and no line declares of all of them: where it lets something pass for
/// certain, the lines that some of them take part in with whom they reach, else all that part them.
pub(super) fn parted(network: &Network, flows: &Flows, roles: &Roles, proof: &Proof) -> Vec<Impossible> {
    let alike_to = |interface: Ix<NetworkInterface>| {
        let mut of = roles.stretched.iter().map(|stretched| &stretched.alike.members);
        of.find(|members| members.contains(&interface)).cloned().unwrap_or_else(|| vec![interface])
    };
    let of = |stretched: &Stretched| {
        let (mut lines, mut is_wrong) = (Vec::new(), false);
        for found in proof.undeclared.iter().filter(|found| !found.services.is_empty()) {
            let [client, server] = [&found.client, &found.server]
                .map(|id| id.as_ref().and_then(|id| network.model().network_interfaces.ix(id.as_str())));
            for (own, other, is_client) in [(client, server, true), (server, client, false)] {
                if !own.is_some_and(|own| stretched.alike.members.contains(&own)) {
                    continue;
                }
                is_wrong = true;
                let meets = |line: &flows::Line| {
                    let side = if is_client { &line.servers } else { &line.clients };
                    match other {
                        Some(other) => {
                            let others = alike_to(other);
                            side.held.iter().any(|held| others.contains(&held.holder.interface))
                        }
                        None => !side.outside.is_empty(),
                    }
                };
                let of_line = |line: &usize| flows.lines.get(*line).is_some_and(meets);
                lines.extend(stretched.lines.iter().copied().filter(of_line));
            }
        }
        lines.sort_unstable();
        lines.dedup();
        if lines.is_empty() {
            lines.clone_from(&stretched.lines);
        }
        let lines =
            lines.into_iter().filter_map(|line| flows.lines.get(line)).map(|line| line.id.clone()).collect();
        is_wrong.then(|| Impossible::Alike { maker: stretched.alike.maker.clone(), lines })
    };
    roles.stretched.iter().filter_map(of).collect()
}

/// A direction of a gate with too many rules.
pub(super) struct TooMany {
    pub(super) gates: Vec<Gate>,
    pub(super) egress: bool,
    pub(super) reason: Impossible,
}

/// What does not fit into the quotas (S1.53, S1.54, S2.19). `names` are what people call the lines.
pub(super) fn over_quota(
    after: &Network,
    groups: &[PlannedGroup],
    lists: &[PlannedList],
    names: &[String],
    planning: &Planning<'_>,
    options: &Options,
) -> Vec<TooMany> {
    let model = after.model();
    let quota = |exceeded: Exceeded, lines: &[Vec<usize>]| {
        let mut lines: Vec<usize> = lines.iter().flatten().copied().collect();
        lines.sort_unstable();
        lines.dedup();
        let lines = lines.into_iter().filter_map(|line| names.get(line).cloned()).collect();
        Impossible::Quota { deny_instead: lists_would_deny(planning, &exceeded.id), exceeded, lines }
    };
    let mut found = Vec::new();
    for egress in [false, true] {
        let limit = options.max_rules.unwrap_or(RULES_PER_GROUP);
        for (role, planned) in groups.iter().enumerate() {
            let exceeded = model::exceeded_by_group(&planned.group, egress, model, limit);
            found.extend(exceeded.into_iter().map(|exceeded| TooMany {
                gates: vec![Gate::Group(role)],
                egress,
                reason: quota(exceeded, &planned.lines),
            }));
        }
        let limit = options.max_entries.unwrap_or(ENTRIES_PER_ACL);
        for planned in lists {
            let subnets = planned.list.subnets.iter().filter_map(|id| model.subnets.ix(id.as_str()));
            let gates: Vec<Gate> = subnets.map(Gate::List).collect();
            let exceeded = model::exceeded_by_acl(&planned.list, egress, limit);
            found.extend(exceeded.into_iter().map(|exceeded| TooMany {
                gates: gates.clone(),
                egress,
                reason: quota(exceeded, &planned.lines),
            }));
        }
    }
    found
}
