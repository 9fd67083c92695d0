//! The smallest change that makes a question's connections work: searched for, then proved.
//!
//! Every gate that stops something offers a few alternative changes; combinations are applied to the model and the
//! engine is run again. Of those that make all of the question work, the one with the fewest changes wins; of those the
//! one that names fewest addresses of single interfaces, which come and go (S4.19); of those the one that opens least.
//! What no rule can mend, such as a missing route, becomes advice.

mod acl;
mod advice;
mod group;
mod opens;
mod traffic;

use engine::{Checkpoint, Hop, Judgement, Leg, Network, Seen, Way};
use model::{Change, Id};
use space::{Diagrams, Family, Set};

use crate::explain::{AskedPair, Fix, via};
use crate::question::Question;
pub(crate) use acl::free_number;
use opens::{Opened, opened};
pub(crate) use traffic::{blocks, peer, traffics};

/// How many combinations of alternatives are tried.
const MOST_COMBINATIONS: usize = 64;

/// What a fix may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Means {
    /// Whatever is smallest.
    #[default]
    Any,
    /// Add rules and entries, so that taking them away again leaves everything as it was.
    Additions,
}

/// A gate that stops part of a flow, and what has to get through.
pub(crate) struct Blocker<'a> {
    pub(crate) family: Family,
    pub(crate) leg: Leg,
    pub(crate) hop: &'a Hop<Set>,
    pub(crate) missing: Set,
    /// The client's ports that rules should open for, a little wider than those that shares are counted over (D2).
    pub(crate) ports: model::PortRange,
}

/// Searches for the smallest fix of all pairs of a question; only the ways that the question wants count.
pub(crate) fn search(
    network: &Network,
    question: Option<&Question>,
    judged: &[(AskedPair, Judgement<Set>)],
    means: Means,
    sets: &mut Diagrams,
) -> Fix {
    let (mut needs, mut advice): (Vec<Vec<Vec<Change>>>, Vec<String>) = (Vec::new(), Vec::new());
    let mut notes = Vec::new();
    for (pair, judgement) in judged {
        let ways = judgement.trips.iter().map(|trip| &trip.request);
        let unwanted = |question: &&Question| !ways.clone().all(|way| via::counts(network, question, way));
        advice.extend(question.filter(unwanted).map(via::advice));
        for blocker in blockers(network, question, pair, judgement, sets) {
            let alternatives = match blocker.hop.checkpoint {
                // Which rule would do depends on what is not modelled.
                _ if blocker.hop.header.source == Seen::Unknown => {
                    advice.extend(advice::advice(network, pair, &blocker));
                    continue;
                }
                Checkpoint::SecurityGroups { interface, egress } => {
                    notes.extend(group::closest_rule(network, &blocker, interface, egress, sets));
                    group::alternatives(network, &blocker, interface, egress, sets)
                }
                Checkpoint::NetworkAcl { acl, egress, .. } => acl.ix().map_or_else(Vec::new, |acl| {
                    acl::alternatives(network, &blocker, (acl, egress), means, sets)
                }),
                _ => {
                    advice.extend(advice::advice(network, pair, &blocker));
                    continue;
                }
            };
            if !needs.contains(&alternatives) {
                needs.push(alternatives);
            }
        }
    }
    dedup(&mut advice);
    dedup(&mut notes);
    let best = best(network, question, judged, &needs, !advice.is_empty(), sets);
    let Some((Candidate { changes, after, proved }, opens)) = best else {
        return Fix { advice, notes, ..Fix::default() };
    };
    notes.extend(
        changes
            .iter()
            .flat_map(|change| model::exceeded(after.resolved(), change))
            .map(|quota| quota.to_string()),
    );
    let names = names(network, &changes);
    Fix {
        advice,
        changes,
        names,
        proved,
        also_opens: opens.words,
        also_opens_incomplete: opens.incomplete,
        notes,
    }
}

struct Candidate {
    changes: Vec<Change>,
    after: Network,
    proved: bool,
}

/// The best combination of one alternative a need, and what else it opens.
fn best(
    network: &Network,
    question: Option<&Question>,
    judged: &[(AskedPair, Judgement<Set>)],
    needs: &[Vec<Vec<Change>>],
    advised: bool,
    sets: &mut Diagrams,
) -> Option<(Candidate, Opened)> {
    let mut found: Vec<Candidate> = Vec::new();
    for changes in combinations(network, needs).into_iter().filter(|changes| !changes.is_empty()) {
        let Ok(after) = network.after(&changes) else { continue };
        let (mut proved, mut rules_pass) = (true, true);
        for (pair, _) in judged {
            let mut judgement = engine::judge(&after, &pair.flow, pair.asked, sets);
            let left = blockers(&after, question, pair, &judgement, sets);
            rules_pass &= !left.iter().any(|blocker| is_gate(&blocker.hop.checkpoint));
            if let Some(question) = question {
                via::narrow(&after, question, &mut judgement, sets);
            }
            proved &= judgement.works == pair.asked;
        }
        // With something else in the way too, the rules are right when no rule is in the way any more.
        if proved || advised && rules_pass {
            found.push(Candidate { changes, after, proved });
        }
    }
    let hosts =
        |candidate: &Candidate| candidate.changes.iter().filter(|change| names_host(network, change)).count();
    let cost = |candidate: &Candidate| (candidate.changes.len(), hosts(candidate));
    let cheapest = found.iter().map(cost).min()?;
    // What else they open takes longest to find out, and only decides among the cheapest.
    let cheapest = found.into_iter().filter(|candidate| cost(candidate) == cheapest);
    let opened = cheapest.map(|candidate| {
        let opens = opened(network, &candidate.after, &candidate.changes, judged, sets);
        (candidate, opens)
    });
    opened.min_by(|(_, a), (_, b)| a.size.total_cmp(&b.size))
}

/// One alternative of each need, first alternatives first; changes that several needs share appear once, and entries of
/// one list get numbers of their own.
fn combinations(network: &Network, needs: &[Vec<Vec<Change>>]) -> Vec<Vec<Change>> {
    let mut all: Vec<Vec<Change>> = vec![Vec::new()];
    for alternatives in needs.iter().filter(|alternatives| !alternatives.is_empty()) {
        let mut next = Vec::new();
        for so_far in &all {
            for alternative in alternatives {
                let mut changes = so_far.clone();
                for change in alternative {
                    if !so_far.iter().any(|known| acl::same(known, change)) {
                        changes.push(acl::renumbered(network, &changes, change.clone()));
                    }
                }
                next.push(changes);
            }
        }
        next.truncate(MOST_COMBINATIONS);
        all = next;
    }
    all
}

/// Whether a group's rule names the address of an interface, where a group could be named (S4.19).
fn names_host(network: &Network, change: &Change) -> bool {
    let Change::AuthorizeSecurityGroup { rule, .. } = change else { return false };
    let model::Peer::Cidr(cidr) = &rule.peer else { return false };
    let single = cidr.prefix_len() == cidr.max_prefix_len();
    single
        && network.model().vpcs.values().any(|vpc| network.resolved().holder(&vpc.id, cidr.addr()).is_some())
}

fn is_gate(checkpoint: &Checkpoint) -> bool {
    matches!(checkpoint, Checkpoint::SecurityGroups { .. } | Checkpoint::NetworkAcl { .. })
}

/// Every checkpoint that stops part of a pair's flow, there and back, on the ways that the question wants.
pub(crate) fn blockers<'a>(
    network: &Network,
    question: Option<&Question>,
    pair: &AskedPair,
    judgement: &'a Judgement<Set>,
    sets: &mut Diagrams,
) -> Vec<Blocker<'a>> {
    let mut blockers = Vec::new();
    let mut add = |way: &'a Way<Set>, leg| {
        for hop in &way.hops {
            let possible = sets.union(hop.crossing.passed, hop.crossing.unknown);
            let missing = sets.subtract(way.flow, possible);
            if missing != Set::EMPTY {
                let ports = engine::ephemeral::required(pair.ports.ports);
                blockers.push(Blocker { family: pair.flow.family, leg, hop, missing, ports });
            }
        }
    };
    let wanted = |way| question.is_none_or(|question| via::counts(network, question, way));
    for trip in judgement.trips.iter().filter(|trip| wanted(&trip.request)) {
        add(&trip.request, Leg::Request);
        for reply in &trip.replies {
            add(reply, Leg::Reply);
        }
    }
    blockers
}

/// What people call the groups and lists that changes speak of.
pub(crate) fn names(network: &Network, changes: &[Change]) -> Vec<(String, String)> {
    use model::{Noun, Peer};
    let model = network.model();
    let group = |id: &Id| Some((id.to_string(), model.security_groups.get(id.as_str())?.name()?.to_owned()));
    let acl = |id: &Id| Some((id.to_string(), model.network_acls.get(id.as_str())?.name()?.to_owned()));
    let mut names = Vec::new();
    for change in changes {
        match change {
            Change::AuthorizeSecurityGroup { group: id, rule }
            | Change::RevokeSecurityGroup { group: id, rule } => {
                names.extend(group(id));
                if let Peer::Group(id) = &rule.peer {
                    names.extend(group(id));
                }
            }
            Change::CreateNetworkAclEntry { acl: id, .. }
            | Change::ReplaceNetworkAclEntry { acl: id, .. }
            | Change::DeleteNetworkAclEntry { acl: id, .. } => names.extend(acl(id)),
        }
    }
    names.sort();
    names.dedup();
    names
}

fn dedup(texts: &mut Vec<String>) {
    let mut seen = Vec::new();
    texts.retain(|text| {
        let new = !seen.contains(text);
        if new {
            seen.push(text.clone());
        }
        new
    });
}
