//! Whether a snapshot makes sense: what refers to nothing, overlaps, or lies outside.
//!
//! Nothing is changed here; a reader that drops or mends something says so itself.

use std::net::IpAddr;

use ipnet::IpNet;
use rustc_hash::FxHashMap;

use crate::{Id, Noun, Origin, Peer, Problem, Snapshot, Table};

/// What the nouns of a snapshot, taken together, get wrong.
pub(crate) fn problems(snapshot: &Snapshot) -> Vec<Problem> {
    let mut problems = Vec::new();
    dangling(snapshot, &mut problems);
    overlapping_subnets(snapshot, &mut problems);
    addresses(snapshot, &mut problems);
    associations(snapshot, &mut problems);
    problems
}

/// Reports a reference to something that the export does not have. One line for each missing thing: the first place
/// that refers to it, and how many do.
fn dangling(snapshot: &Snapshot, problems: &mut Vec<Problem>) {
    let mut missing: Vec<(&str, &str, &Id, Origin, usize)> = Vec::new();
    let mut seen: FxHashMap<(&str, &Id), usize> = FxHashMap::default();
    let mut refer = |kind: &'static str, call: &'static str, id, there: bool, origin| {
        if there {
            return;
        }
        match seen.get(&(kind, id)) {
            Some(&at) => missing.get_mut(at).into_iter().for_each(|entry| entry.4 += 1),
            None => {
                seen.insert((kind, id), missing.len());
                missing.push((kind, call, id, origin, 1));
            }
        }
    };
    fn has<T>(table: &Table<T>, id: &Id) -> bool {
        table.get(id.as_str()).is_some()
    }
    for subnet in snapshot.subnets.values() {
        refer("VPC", "describe-vpcs", &subnet.vpc, has(&snapshot.vpcs, &subnet.vpc), subnet.origin);
    }
    for interface in snapshot.network_interfaces.values() {
        let there = has(&snapshot.subnets, &interface.subnet);
        refer("subnet", "describe-subnets", &interface.subnet, there, interface.origin);
        for group in &interface.groups {
            let there = has(&snapshot.security_groups, group);
            refer("security group", "describe-security-groups", group, there, interface.origin);
        }
    }
    for balancer in snapshot.load_balancers.values() {
        for subnet in balancer.nodes.iter().filter_map(|node| node.subnet.as_ref()) {
            refer("subnet", "describe-subnets", subnet, has(&snapshot.subnets, subnet), balancer.origin);
        }
    }
    for listener in snapshot.listeners.values() {
        for group in &listener.default.forward {
            let there = has(&snapshot.target_groups, group);
            refer("target group", "describe-target-groups", group, there, listener.origin);
        }
    }
    for acl in snapshot.network_acls.values() {
        for subnet in &acl.subnets {
            refer("subnet", "describe-subnets", subnet, has(&snapshot.subnets, subnet), acl.origin);
        }
    }
    for group in snapshot.security_groups.values() {
        for rule in &group.rules {
            if let Peer::PrefixList(list) = &rule.peer {
                let there = has(&snapshot.prefix_lists, list);
                refer("prefix list", "describe-managed-prefix-lists", list, there, rule.origin);
            }
        }
    }
    for (kind, call, id, origin, count) in missing {
        let others = if count > 1 { format!(" ({count} references)") } else { String::new() };
        let message = format!("{kind} `{id}` is referred to but not in the export{others}");
        let help = format!("add the answer of {call}; what depends on it is undecided until then");
        problems.push(Problem::warning(origin, message).help(help));
    }
}

/// Subnets of one VPC cannot overlap.
fn overlapping_subnets(snapshot: &Snapshot, problems: &mut Vec<Problem>) {
    let mut blocks: Vec<(&Id, IpNet, &crate::Subnet)> = Vec::new();
    for subnet in snapshot.subnets.values() {
        blocks.extend(subnet.cidrs.iter().map(|&cidr| (&subnet.vpc, cidr, subnet)));
    }
    // Sorted by first address, the wider first, a block overlaps an earlier one exactly when it lies in the last that
    // was not itself inside another.
    blocks.sort_by_key(|&(vpc, cidr, _)| (vpc, cidr.network(), cidr.prefix_len()));
    let mut outermost: Option<(&Id, IpNet, &crate::Subnet)> = None;
    for (vpc, inner, second) in blocks {
        match outermost {
            Some((other, outer, first)) if vpc == other && outer.contains(&inner) => {
                if first.id != second.id {
                    let message =
                        format!("subnets `{}` ({outer}) and `{}` ({inner}) overlap", first.id, second.id);
                    let help = "a VPC cannot have both; one of the answers is old";
                    problems.push(Problem::warning(second.origin, message).help(help));
                }
            }
            _ => outermost = Some((vpc, inner, second)),
        }
    }
}

/// Interfaces outside of their subnet, and two holders of one address.
fn addresses(snapshot: &Snapshot, problems: &mut Vec<Problem>) {
    let mut holders: FxHashMap<(&Id, IpAddr), &Id> = FxHashMap::default();
    holders.reserve(snapshot.network_interfaces.len());
    for interface in snapshot.network_interfaces.values() {
        // The address of a stand-in is any of its subnet's, and may be that of another.
        for address in interface.own_addresses().filter(|_| interface.stand_in.is_none()) {
            if let Some(first) = holders.insert((&interface.vpc, address), &interface.id) {
                let message =
                    format!("`{first}` and `{}` both hold {address}; the first is used", interface.id);
                problems.push(Problem::warning(interface.origin, message));
            }
        }
        let Some(subnet) = snapshot.subnets.get(interface.subnet.as_str()) else { continue };
        if subnet.vpc != interface.vpc {
            let (of, other) = (&subnet.vpc, &interface.vpc);
            let message =
                format!("`{}` is in `{other}`, but its subnet `{}` is in `{of}`", interface.id, subnet.id);
            problems.push(Problem::error(interface.origin, message).help("what depends on it is undecided"));
        }
        for address in interface.own_addresses() {
            if !subnet.cidrs.iter().any(|cidr| cidr.contains(&address)) {
                let message = format!("{address} of `{}` is not in its subnet `{}`", interface.id, subnet.id);
                let help =
                    "rules and routes go by the address as it is printed; emulators print such addresses";
                problems.push(Problem::warning(interface.origin, message).help(help));
            }
        }
    }
}

/// A VPC has one default list and one main table, a subnet one list and one table (S2.1, S3.1).
fn associations(snapshot: &Snapshot, problems: &mut Vec<Problem>) {
    let mut claims: FxHashMap<(&'static str, &Id), &Id> = FxHashMap::default();
    let mut claim = |what, of, by, origin| {
        if let Some(first) = claims.insert((what, of), by)
            && first != by
        {
            let message = format!("`{first}` and `{by}` are both the {what} of `{of}`; the last is used");
            problems.push(Problem::warning(origin, message));
        }
    };
    for acl in snapshot.network_acls.values() {
        if acl.is_default {
            claim("default network ACL", &acl.vpc, acl.id(), acl.origin);
        }
        for subnet in &acl.subnets {
            claim("network ACL", subnet, acl.id(), acl.origin);
        }
    }
    for table in snapshot.route_tables.values() {
        for association in &table.associations {
            match association {
                crate::RouteTableAssociation::Main => {
                    claim("main route table", &table.vpc, table.id(), table.origin);
                }
                crate::RouteTableAssociation::Subnet(subnet) => {
                    claim("route table", subnet, table.id(), table.origin);
                }
                crate::RouteTableAssociation::Gateway(gateway) => {
                    claim("edge route table", gateway, table.id(), table.origin);
                }
            }
        }
    }
}
