//! The entries of the new network ACLs: one list for all subnets that need the same.

use std::collections::BTreeMap;

use engine::Network;
use ipnet::IpNet;
use model::{Action, Id, Ix, NetworkAcl, NetworkAclEntry, Noun, Origin, PortRange, Subnet, Tags, Traffic};
use rustc_hash::FxHashSet;

use super::blocked::Blocked;
use super::fewer::{Joined, Room, Widened, fewer};
use super::needs::{Gate, Need, Needs, Peer};
use super::roles::{Role, Roles, everything, unused};
use super::rules::{Draft, Reason, Said, lines, merged, said, sort};
use super::{Closeness, Options, PlannedList, Planning};

/// Between the numbers of allows, and of denies before them: room for what comes later.
const STEP: u32 = 100;
const STEP_OF_DENIES: u32 = 10;

/// The entries of one direction before they have numbers: denies, then allows.
type Direction = [Vec<Draft<IpNet>>; 2];

/// Lists that let nothing pass, or everything, one for each subnet on the ways.
pub(super) fn blank(network: &Network, roles: &Roles, open: bool) -> Vec<NetworkAcl> {
    let entry = |(number, (egress, cidr)): (u32, (bool, IpNet))| {
        let (action, traffic, origin) = (Action::Allow, Traffic::All, Origin::PROPOSED);
        NetworkAclEntry { egress, number, action, traffic, cidr, origin }
    };
    let entries: Vec<NetworkAclEntry> =
        if open { (1..).zip(everything()).map(entry).collect() } else { Vec::new() };
    let of_subnet = |subnet: &Ix<Subnet>| {
        let noun = network.model().subnets.at(*subnet);
        NetworkAcl {
            entries: entries.clone(),
            ..list(&noun.vpc, &format!("blank-{}", noun.id), vec![noun.id.clone()])
        }
    };
    roles.subnets.iter().map(of_subnet).collect()
}

fn list(vpc: &Id, name: &str, subnets: Vec<Id>) -> NetworkAcl {
    NetworkAcl {
        id: Id::from(format!("acl-{name}").as_str()),
        vpc: vpc.clone(),
        is_default: false,
        subnets,
        incomplete: false,
        entries: Vec::new(),
        tags: Tags(vec![("Name".into(), format!("{name}-acl").into())]),
        origin: Origin::PROPOSED,
    }
}

/// The lists, in the order of their first subnets.
pub(super) fn plan(
    planning: &Planning<'_>,
    room: &Room,
    widened: &mut Vec<Widened>,
    options: &Options,
) -> Vec<PlannedList> {
    let Planning { network, needs, roles, blocked, .. } = *planning;
    let mut all_joined: BTreeMap<Ix<Subnet>, [Vec<Joined>; 2]> = BTreeMap::new();
    let mut alike: BTreeMap<(Id, [Direction; 2]), Vec<Ix<Subnet>>> = BTreeMap::new();
    for &subnet in &roles.subnets {
        let stopped: Vec<&Blocked> =
            blocked.iter().filter(|blocked| blocked.subnets.contains(&subnet)).collect();
        let mut joined = <[Vec<Joined>; 2]>::default();
        let directions = [false, true].map(|egress| {
            let exact = direction(network, needs, subnet, egress, &stopped, options.closeness);
            let Some(most) = room.at(Gate::List(subnet), egress) else { return exact };
            let (mut fewer, of_direction) = fewer(exact, most);
            fewer.iter_mut().for_each(|drafts| sort(drafts));
            let [inbound, outbound] = &mut joined;
            *(if egress { outbound } else { inbound }) = of_direction;
            fewer
        });
        all_joined.insert(subnet, joined);
        let vpc = network.model().subnets.at(subnet).vpc.clone();
        alike.entry((vpc, directions)).or_default().push(subnet);
    }
    let mut alike: Vec<_> = alike.into_iter().collect();
    alike.sort_by_key(|(_, subnets)| subnets.first().copied());
    let mut taken = FxHashSet::default();
    let mut planned = Vec::new();
    for ((vpc, directions), subnets) in alike {
        let ids = subnets.iter().map(|subnet| network.model().subnets.at(*subnet).id.clone()).collect();
        let denies = directions.iter().any(|[denies, _]| !denies.is_empty());
        // Denies have to come before what is there.
        let known = (options.keep_existing && !denies).then(|| same_subnets(network, &subnets)).flatten();
        let list = match known {
            Some(known) => NetworkAcl { subnets: ids, entries: Vec::new(), ..known.clone() },
            None => list(&vpc, &name(network, roles, &subnets, &mut taken), ids),
        };
        let joined = subnets.first().and_then(|subnet| all_joined.remove(subnet)).unwrap_or_default();
        for (egress, joined) in [false, true].into_iter().zip(joined) {
            widened.extend(Widened::of(&list.id, egress, joined));
        }
        let mut plan = PlannedList { list, lines: Vec::new() };
        let known = known.map_or(&[][..], |known| &known.entries);
        for (egress, [denies, allows]) in [false, true].into_iter().zip(directions) {
            number(&mut plan, egress, denies, allows, known);
        }
        planned.push(plan);
    }
    planned
}

fn direction(
    network: &Network,
    needs: &Needs,
    subnet: Ix<Subnet>,
    egress: bool,
    stopped: &[&Blocked],
    closeness: Closeness,
) -> Direction {
    let of_direction: Vec<(&Need, &Vec<usize>)> =
        needs.at(Gate::List(subnet)).filter(|(need, _)| need.egress == egress).collect();
    let (mut denies, mut allows) = (Vec::new(), Vec::new());
    for blocked in stopped {
        let reasons = vec![Reason { is_reply: false, line: blocked.line }];
        denies.extend(blocked.blocks.iter().map(|block| (Traffic::All, *block, reasons.clone())));
    }
    let stopped: Vec<IpNet> = stopped.iter().flat_map(|blocked| &blocked.blocks).copied().collect();
    for (need, of_lines) in &of_direction {
        let reasons: Vec<Reason> =
            of_lines.iter().map(|line| Reason { is_reply: need.is_reply, line: *line }).collect();
        let said = match &need.peer {
            Peer::Block(block) => Said { allowed: vec![*block], denied: Vec::new() },
            // Lists name no groups: needs at lists are blocks.
            Peer::Role(..) => continue,
            Peer::Remote(beyond) => {
                let with_denies = said(network, beyond, true, &stopped);
                let others = of_direction.iter().filter(|(other, _)| other != need);
                match others.into_iter().any(|(other, _)| is_cut(network, other, need.traffic, &with_denies))
                {
                    true => said(network, beyond, false, &stopped),
                    false => with_denies,
                }
            }
        };
        let inside = matches!(need.peer, Peer::Block(_));
        let traffic = match closeness {
            Closeness::Coarse if inside && !need.is_reply => every_port(need.traffic),
            _ => need.traffic,
        };
        denies.extend(said.denied.into_iter().map(|block| (need.traffic, block, reasons.clone())));
        allows.extend(said.allowed.into_iter().map(|block| (traffic, block, reasons.clone())));
    }
    let [mut denies, mut allows] = [merged(denies), merged(allows)];
    sort(&mut denies);
    sort(&mut allows);
    [denies, allows]
}

/// Whether denies would cut off something else that the list has to let through.
fn is_cut(network: &Network, other: &Need, traffic: Traffic, said: &Said) -> bool {
    let overlap =
        traffic.covers(other.traffic) || other.traffic.covers(traffic) || ports_meet(traffic, other.traffic);
    let blocks = match &other.peer {
        Peer::Block(block) => vec![*block],
        Peer::Role(..) => Vec::new(),
        Peer::Remote(beyond) => super::rules::said(network, beyond, false, &[]).allowed,
    };
    let meets = |denied: &IpNet| blocks.iter().any(|block| block.contains(denied) || denied.contains(block));
    overlap && said.denied.iter().any(meets)
}

fn ports_meet(a: Traffic, b: Traffic) -> bool {
    let meet = |a: PortRange, b: PortRange| a.from <= b.to && b.from <= a.to;
    match (a, b) {
        (Traffic::Tcp(a), Traffic::Tcp(b)) | (Traffic::Udp(a), Traffic::Udp(b)) => meet(a, b),
        _ => false,
    }
}

fn every_port(traffic: Traffic) -> Traffic {
    match traffic {
        Traffic::Tcp(_) => Traffic::Tcp(PortRange::ALL),
        Traffic::Udp(_) => Traffic::Udp(PortRange::ALL),
        other => other,
    }
}

/// The list that guards these subnets and no others.
fn same_subnets<'n>(network: &'n Network, subnets: &[Ix<Subnet>]) -> Option<&'n NetworkAcl> {
    let resolved = network.resolved();
    let acl = resolved.network_acl_of(*subnets.first()?).ix()?;
    let guarded = network.model().subnets.iter().map(|(subnet, _)| subnet);
    let guarded: Vec<Ix<Subnet>> =
        guarded.filter(|subnet| resolved.network_acl_of(*subnet).ix() == Some(acl)).collect();
    (guarded == subnets).then(|| network.model().network_acls.at(acl))
}

/// Gives entries their numbers: denies first; an entry that is there already keeps its own, and no other has it.
fn number(
    plan: &mut PlannedList,
    egress: bool,
    denies: Vec<Draft<IpNet>>,
    allows: Vec<Draft<IpNet>>,
    known: &[NetworkAclEntry],
) {
    let known: Vec<&NetworkAclEntry> =
        known.iter().filter(|entry| entry.egress == egress && !entry.is_star()).collect();
    let mut add = |number: u32, action: Action, (traffic, cidr, reasons): Draft<IpNet>| {
        let origin = Origin::PROPOSED;
        plan.list.entries.push(NetworkAclEntry { egress, number, action, traffic, cidr, origin });
        plan.lines.push(lines(&reasons));
    };
    let mut last = 0;
    for deny in denies {
        last += STEP_OF_DENIES;
        add(last, Action::Deny, deny);
    }
    last = last / STEP * STEP;
    for allow in allows {
        let same = |entry: &&&NetworkAclEntry| {
            (entry.action, entry.traffic, entry.cidr) == (Action::Allow, allow.0, allow.1)
        };
        if let Some(there) = known.iter().find(same) {
            add(there.number, Action::Allow, allow);
            continue;
        }
        last += STEP;
        while known.iter().any(|entry| entry.number == last) {
            last += STEP_OF_DENIES;
        }
        add(last, Action::Allow, allow);
    }
}

/// What people call the list: after the roles in its subnets.
fn name(network: &Network, roles: &Roles, subnets: &[Ix<Subnet>], taken: &mut FxHashSet<String>) -> String {
    let here = |role: &&Role| {
        let mut of_members = role.members.iter().filter_map(|member| network.resolved().subnet_of(*member));
        of_members.any(|subnet| subnets.contains(&subnet))
    };
    let mut names: Vec<String> = roles.all.iter().filter(here).map(|role| role.name.clone()).collect();
    if names.is_empty() {
        let first = subnets.first().map(|subnet| network.model().subnets.at(*subnet));
        names.extend(first.map(|noun| noun.tags.name().unwrap_or(noun.id().as_str()).to_owned()));
    }
    let is_free = |name: &str| network.model().network_acls.get(&format!("acl-{name}")).is_none();
    unused(&names.join("-"), taken, is_free)
}
