//! Does the intent notice? Every entry that allows something is taken away in turn, and the lines that notice are listed;
//! and for every line that forbids something, rules are opened until it notices.
//!
//! Taking away what allows can only make `allow` untrue. What forbids (`deny`, `closed`, `temporary`) is tried by opening
//! one security group or one network ACL of its ends in one direction, then all groups, all lists, and everything; a line
//! that nothing of this makes untrue is kept by something else than rules: a route, or an address that is missing.
//! `expect` is tried by attaching another list or group.

use engine::reach::{Asked, Index};
use engine::{Goal, Network, RuleAction, RuleRef};
use model::{Action, Change, Ix, NetworkAcl, Noun, Peer, PortRange, SecurityGroup, SecurityGroupRule};
use rustc_hash::FxHashSet;
use space::{Diagrams, Family};

use super::check::{Check, Checks, Subject, What};
use super::open::{BOTH, Opened, open_group, open_list};
use super::tested::{Entry, Killed, Mutated, Rule, Status};
use crate::ends::EndSet;
use crate::explain::connections;
use crate::explain::rules::rule_use;
use crate::question::Service;
use crate::reach::Side;

/// More groups and lists than this of one line's ends are opened together only.
const MOST_OPENED: usize = 40;

/// Tries all lines that are so. `done` is told how many networks were tried, of about how many.
pub(super) fn mutate(
    network: &Network,
    checks: &Checks,
    before: &[Status],
    done: &(dyn Fn(usize, usize) + Sync),
) -> Mutated {
    let lines: Vec<&Check> = checks
        .all
        .iter()
        .zip(before)
        .filter(|(check, status)| **status == Status::Ok && !matches!(check.what, What::Granted))
        .map(|(check, _)| check)
        .collect();
    let entries = entries(network);
    let total = entries.len() + lines.len();
    let mut index = Index::new(
        network.clone(),
        Asked { connections: &anything, internet: Side::everybody(network).internet(), goal: Goal::Answered },
    );
    let mut killed_by: Vec<Vec<String>> = vec![Vec::new(); lines.len()];
    let mut found = Vec::new();
    for (at, (rule, change)) in entries.iter().enumerate() {
        done(at, total);
        let Ok(after) = network.after(std::slice::from_ref(change)) else { continue };
        let subject = Subject::new(&after, None);
        let mut noticed = Vec::new();
        let allow = lines.iter().zip(&mut killed_by).filter(|(check, _)| matches!(check.what, What::All(_)));
        for (check, killed_by) in allow {
            if notices(&subject, check) {
                noticed.push(check.line.id.clone());
                killed_by.push(format!("without {}", described(rule)));
            }
        }
        let idle = noticed.is_empty() && changes_nothing(&mut index, network, change);
        let covered_by = if idle { covering(network, change) } else { None };
        found.push(Entry { rule: rule.clone(), noticed_by: noticed, changes_nothing: idle, covered_by });
    }
    for (at, (check, killed_by)) in lines.iter().zip(&mut killed_by).enumerate() {
        done(entries.len() + at, total);
        if !matches!(check.what, What::All(_)) {
            killed_by.extend(opening(network, check));
        }
    }
    let lines = lines.iter().zip(killed_by);
    let lines = lines.map(|(check, by)| Killed { id: check.line.id.clone(), by }).collect();
    Mutated { entries: found, lines }
}

fn anything(sets: &mut Diagrams, family: Family, _: PortRange) -> space::Set {
    connections(sets, family, &[Service::Any], PortRange::ALL)
}

fn notices(subject: &Subject<'_>, check: &Check) -> bool {
    subject.decide(check).is_ok_and(|found| found.status != Some(Status::Ok))
}

fn described(rule: &Rule) -> String {
    let direction = rule.direction.map_or(String::new(), |direction| format!(" {direction}"));
    format!("{}{direction}: {}", rule.name, rule.text)
}

/// Every entry that allows something to somebody, and the change that takes it away.
fn entries(network: &Network) -> Vec<(Rule, Change)> {
    let model = network.model();
    let mut all = Vec::new();
    let rule = |gate, egress: bool, origin| {
        let used = rule_use(network, Some(origin), &RuleAction::Allow);
        let number = used.number.map_or(String::new(), |number| format!("rule {number}  "));
        Rule {
            gate,
            name: used.of,
            direction: Some(if egress { "out" } else { "in" }),
            reply: false,
            text: format!("{number}{}", used.text),
            location: used.location,
        }
    };
    // Rules of what is attached to nothing judge nobody.
    let resolved = network.resolved();
    let lists: FxHashSet<_> =
        model.subnets.iter().filter_map(|(subnet, _)| resolved.network_acl_of(subnet).ix()).collect();
    for (ix, acl) in model.network_acls.iter().filter(|(ix, _)| lists.contains(ix)) {
        for (at, entry) in acl.entries.iter().enumerate() {
            if entry.action == Action::Allow && !entry.is_star() {
                let change = Change::DeleteNetworkAclEntry {
                    acl: acl.id.clone(),
                    egress: entry.egress,
                    number: entry.number,
                };
                all.push((rule("network-acl", entry.egress, RuleRef::NetworkAcl(ix, at)), change));
            }
        }
    }
    let groups = model.security_groups.iter();
    for (ix, group) in groups.filter(|(ix, _)| !resolved.members_of(*ix).is_empty()) {
        for (at, of_group) in group.rules.iter().enumerate() {
            let change = Change::RevokeSecurityGroup { group: group.id.clone(), rule: of_group.clone() };
            all.push((rule("security-group", of_group.egress, RuleRef::SecurityGroup(ix, at)), change));
        }
    }
    all
}

/// Whether taking an entry away changes nothing between interfaces and with the internet.
fn changes_nothing(index: &mut Index<'_>, network: &Network, change: &Change) -> bool {
    let Ok(changed) = index.apply(change) else { return false };
    let back = match change {
        Change::RevokeSecurityGroup { group, rule } => {
            Some(Change::AuthorizeSecurityGroup { group: group.clone(), rule: rule.clone() })
        }
        Change::DeleteNetworkAclEntry { acl, egress, number } => {
            let noun = network.model().network_acls.get(acl.as_str());
            let entries = noun.into_iter().flat_map(|noun| &noun.entries);
            let old = entries.into_iter().find(|old| (old.egress, old.number) == (*egress, *number));
            old.map(|entry| Change::CreateNetworkAclEntry { acl: acl.clone(), entry: entry.clone() })
        }
        _ => None,
    };
    let is_back = back.is_some_and(|back| index.apply(&back).is_ok());
    changed.is_empty() && is_back
}

/// The rule of the same group, or the entry of the same list, that matches all that an entry matches.
fn covering(network: &Network, change: &Change) -> Option<Rule> {
    let model = network.model();
    let used = |gate, egress: bool, origin, action: RuleAction| {
        let used = rule_use(network, Some(origin), &action);
        let number = used.number.map_or(String::new(), |number| format!("rule {number}  "));
        let direction = Some(if egress { "out" } else { "in" });
        let text = format!("{number}{}", used.text);
        Rule { gate, name: used.of, direction, reply: false, text, location: used.location }
    };
    match change {
        Change::RevokeSecurityGroup { group, rule } => {
            let ix = model.security_groups.ix(group.as_str())?;
            let rules = model.security_groups.at(ix).rules.iter();
            let covers = |other: &SecurityGroupRule| {
                other != rule
                    && other.egress == rule.egress
                    && other.traffic.covers(rule.traffic)
                    && covers_peer(&other.peer, &rule.peer)
            };
            let at = rules.into_iter().position(covers)?;
            Some(used("security-group", rule.egress, RuleRef::SecurityGroup(ix, at), RuleAction::Allow))
        }
        Change::DeleteNetworkAclEntry { acl, egress, number } => {
            let ix = model.network_acls.ix(acl.as_str())?;
            let entries = &model.network_acls.at(ix).entries;
            let own = entries.iter().find(|own| (own.egress, own.number) == (*egress, *number))?;
            let at = entries.iter().position(|other| {
                other.egress == *egress
                    && other.number != *number
                    && !other.is_star()
                    && other.traffic.covers(own.traffic)
                    && other.cidr.contains(&own.cidr)
            })?;
            let action = match entries.get(at)?.action {
                Action::Allow => RuleAction::Allow,
                Action::Deny => RuleAction::Deny,
            };
            Some(used("network-acl", *egress, RuleRef::NetworkAcl(ix, at), action))
        }
        _ => None,
    }
}

fn covers_peer(wide: &Peer, narrow: &Peer) -> bool {
    match (wide, narrow) {
        (Peer::Cidr(wide), Peer::Cidr(narrow)) => wide.contains(narrow),
        _ => wide == narrow,
    }
}

/// What has to be opened, or attached, for a line that forbids something to notice.
fn opening(network: &Network, check: &Check) -> Vec<String> {
    let (groups, lists) = match &check.what {
        What::None(asking, _) => {
            let clients = asking.parts.iter().map(|part| &part.clients);
            of_ends(network, clients.chain([&asking.servers]))
        }
        What::Closed(closing) => of_ends(network, [&closing.ends]),
        What::Attached(attachments) => return attachments.others(network),
        What::All(_) | What::Granted => return Vec::new(),
    };
    let model = network.model();
    let mut found = Vec::new();
    let attempt = |changes: &[Change]| {
        let Ok(after) = network.after(changes) else { return false };
        let opened = matches!(check.what, What::None(_, true)).then(|| Opened::of(&after));
        notices(&Subject::new(&after, opened.as_ref()), check)
    };
    let direction = |egress: bool| if egress { "out" } else { "in" };
    if groups.len() + lists.len() <= MOST_OPENED {
        for egress in BOTH {
            for group in groups.iter().map(|ix| model.security_groups.at(*ix)) {
                if attempt(&open_group(group, &[egress]).collect::<Vec<_>>()) {
                    let name = group.name().unwrap_or(group.id().as_str());
                    found.push(format!("with {name} {} open", direction(egress)));
                }
            }
            for acl in lists.iter().map(|ix| model.network_acls.at(*ix)) {
                if attempt(&open_list(acl, &[egress]).collect::<Vec<_>>()) {
                    let name = acl.name().unwrap_or(acl.id().as_str());
                    found.push(format!("with {name} {} open", direction(egress)));
                }
            }
        }
    }
    if !found.is_empty() {
        return found;
    }
    let all_groups: Vec<Change> =
        model.security_groups.values().flat_map(|group| open_group(group, &BOTH)).collect();
    let all_lists: Vec<Change> = model.network_acls.values().flat_map(|acl| open_list(acl, &BOTH)).collect();
    let everything: Vec<Change> = all_groups.iter().chain(&all_lists).cloned().collect();
    for (changes, what) in [
        (&all_groups, "with all security groups open"),
        (&all_lists, "with all network ACLs open"),
        (&everything, "with all security groups and all network ACLs open"),
    ] {
        if attempt(changes) {
            return vec![what.to_owned()];
        }
    }
    Vec::new()
}

/// The groups of some interfaces and the lists of their subnets.
fn of_ends<'e>(
    network: &Network,
    sets: impl IntoIterator<Item = &'e EndSet>,
) -> (Vec<Ix<SecurityGroup>>, Vec<Ix<NetworkAcl>>) {
    let (mut groups, mut lists) = (FxHashSet::default(), FxHashSet::default());
    let resolved = network.resolved();
    for held in sets.into_iter().flat_map(|set| &set.held) {
        groups.extend(resolved.groups_of(held.holder.interface).iter().copied());
        let subnet = resolved.subnet_of(held.holder.interface);
        lists.extend(subnet.and_then(|subnet| resolved.network_acl_of(subnet).ix()));
    }
    let (mut groups, mut lists): (Vec<_>, Vec<_>) =
        (groups.into_iter().collect(), lists.into_iter().collect());
    groups.sort_unstable();
    lists.sort_unstable();
    (groups, lists)
}
