//! The rules of the new groups: other groups where references match, addresses elsewhere.

use ipnet::IpNet;
use model::{Id, NetworkInterface, Origin, Peer as Named, SecurityGroupRule};

use super::fewer::{Joined, Room, Widened, fewer};
use super::flows::Flows;
use super::needs::{Gate, Peer};
use super::roles::Role;
use super::rules::{Draft, Reason, lines, merged, ranges_joined, said, sort, without_own};
use super::{Narrowed, PlannedGroup, Planning};

/// The groups, one a role.
pub(super) fn plan(
    planning: &Planning<'_>,
    narrowed: &Narrowed,
    room: &Room,
    widened: &mut Vec<Widened>,
    lists_deny: bool,
) -> Vec<PlannedGroup> {
    let plan = |(position, role): (usize, &Role)| {
        let mut group = role.empty_group();
        let mut of_rules = Vec::new();
        for egress in [false, true] {
            let (rules, joined) = rules(planning, narrowed, room, position, egress, lists_deny);
            widened.extend(Widened::of(&group.id, egress, joined));
            for (traffic, peer, reasons) in rules {
                let lines = lines(&reasons);
                let description = description(&lines, planning.flows);
                let origin = Origin::PROPOSED;
                group.rules.push(SecurityGroupRule { id: None, egress, traffic, peer, description, origin });
                of_rules.push(lines);
            }
        }
        let model = planning.network.model();
        let nouns = || role.members.iter().map(|member| model.network_interfaces.at(*member));
        let is_real = |noun: &&NetworkInterface| noun.stand_in.is_none();
        let mut makers: Vec<_> =
            nouns().filter(|noun| noun.stand_in.is_some()).map(|noun| noun.id.clone()).collect();
        makers.sort();
        let members = nouns().filter(is_real).map(|noun| noun.id.clone()).collect();
        PlannedGroup { group, members, makers, lines: of_rules }
    };
    planning.roles.all.iter().enumerate().map(plan).collect()
}

/// The rules of one direction.
fn rules(
    planning: &Planning<'_>,
    narrowed: &Narrowed,
    room: &Room,
    role: usize,
    egress: bool,
    lists_deny: bool,
) -> (Vec<Draft<Named>>, Vec<Joined>) {
    let Planning { network, needs, roles, .. } = *planning;
    let (mut by_reference, mut by_address) = (Vec::new(), Vec::new());
    for (need, of_lines) in needs.at(Gate::Group(role)).filter(|(need, _)| need.egress == egress) {
        let reasons: Vec<Reason> =
            of_lines.iter().map(|line| Reason { is_reply: need.is_reply, line: *line }).collect();
        match &need.peer {
            Peer::Role(other, family) => {
                let other = roles.all.get(*other);
                by_reference.extend(other.map(|other| (need.traffic, other, *family, reasons)));
            }
            Peer::Block(block) => by_address.push((need.traffic, *block, reasons)),
            Peer::Remote(beyond) => {
                let mut allowed = said(network, beyond, lists_deny, &stopped(planning, role)).allowed;
                if narrowed.has(role, egress) {
                    allowed = without_own(network, allowed);
                }
                by_address.extend(allowed.into_iter().map(|block| (need.traffic, block, reasons.clone())));
            }
        }
    }
    let by_address = merged(by_address);
    // A block that holds all members of a group says all that the reference would.
    by_reference.retain(|(traffic, other, family, _)| {
        let members = other.blocks(network, *family);
        let holds_all = |block: &IpNet| members.iter().all(|member| block.contains(member));
        let covering = by_address.iter().filter(|(whole, ..)| whole.covers(*traffic));
        !covering.map(|(_, block, _)| block).any(holds_all)
    });
    let by_reference = by_reference.into_iter();
    let by_reference = by_reference
        .map(|(traffic, other, _, reasons)| (traffic, Named::Group(other.group.clone()), reasons));
    let mut rules = ranges_joined(by_reference.collect());
    let (by_address, joined) = match room.at(Gate::Group(role), egress) {
        Some(most) => {
            let ([by_address], joined) = fewer([by_address], most.saturating_sub(rules.len()));
            (by_address, joined)
        }
        None => (by_address, Vec::new()),
    };
    let by_address = by_address.into_iter();
    rules.extend(by_address.map(|(traffic, block, reasons)| (traffic, Named::Cidr(block), reasons)));
    sort(&mut rules);
    (rules, joined)
}

/// What the lists of all members stop before it gets to their groups.
fn stopped(planning: &Planning<'_>, role: usize) -> Vec<IpNet> {
    let Some(role) = planning.roles.all.get(role) else { return Vec::new() };
    let resolved = planning.network.resolved();
    let subnets: Vec<_> = role.members.iter().map(|member| resolved.subnet_of(*member)).collect();
    let of_all = planning.blocked.iter().filter(|blocked| {
        subnets.iter().all(|subnet| subnet.is_some_and(|subnet| blocked.subnets.contains(&subnet)))
    });
    of_all.flat_map(|blocked| blocked.blocks.iter().copied()).collect()
}

/// Whether a group has to list the addresses around some that lists could deny.
pub(super) fn lists_would_deny(planning: &Planning<'_>, group: &Id) -> bool {
    let Some(role) = planning.roles.all.iter().position(|role| role.group == *group) else { return false };
    planning.needs.at(Gate::Group(role)).any(|(need, _)| match &need.peer {
        Peer::Remote(beyond) => {
            let said = said(planning.network, beyond, true, &stopped(planning, role));
            !said.denied.is_empty()
        }
        Peer::Role(..) | Peer::Block(_) => false,
    })
}

/// The reasons of the lines that a rule is for, as far as AWS takes them: 255 of its characters (S1.2).
fn description(lines: &[usize], flows: &Flows) -> Option<String> {
    const MOST: usize = 255;
    let of_lines = lines.iter().filter_map(|line| flows.lines.get(*line));
    let mut whys: Vec<&str> = of_lines.filter_map(|line| line.why.as_deref()).collect();
    whys.dedup();
    let taken = |c: &char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(*c);
    let text: String = whys.join("; ").chars().filter(taken).take(MOST).collect();
    (!text.is_empty()).then_some(text)
}
