//! The rules of a gate: which took what, and why the others did not.

use engine::{Checkpoint, Gate, Hop, Leg, Network, PeerMatch, RuleAction, RuleRef, Seen, View};
use model::{NetworkAclEntry, Peer, SecurityGroupRule, Traffic};
use space::{Diagrams, Family, Field, Set, Space};

use super::gates::named;
use super::{RuleUse, Tried, words};

/// The rules that took part of the flow, in the order tried.
pub(crate) fn rule_uses(
    network: &Network,
    hop: &Hop<Set>,
    flow: Set,
    family: Family,
    sets: &Diagrams,
) -> Vec<RuleUse> {
    if let Checkpoint::Route { table, route: Some(position), .. } = &hop.checkpoint {
        let model = network.model();
        let route = table
            .ix()
            .and_then(|ix| model.route_tables.at(ix).routes.get(*position).map(|route| (ix, route)));
        return route
            .map(|(ix, route)| RuleUse {
                id: None,
                of: named(model.route_tables.at(ix)).to_owned(),
                number: None,
                action: "route",
                text: format!("{} to {}", route.destination, route.target.id()),
                location: model.sources.locate(route.origin),
                takes: String::new(),
            })
            .into_iter()
            .collect();
    }
    let uses = hop.taken.iter().map(|taken| {
        let mut used = rule_use(network, taken.rule, &taken.action);
        used.takes = words::part(sets, family, taken.part, flow);
        used
    });
    uses.collect()
}

/// What people call a rule, and where it is written; `None` is the implicit deny. `takes` is left empty.
pub fn rule_use(network: &Network, rule: Option<RuleRef>, action: &RuleAction) -> RuleUse {
    let model = network.model();
    let word = match action {
        RuleAction::Allow => "allow",
        RuleAction::Deny => "deny",
        RuleAction::Unknown(_) => "unknown",
    };
    let empty = RuleUse {
        id: None,
        of: String::new(),
        number: None,
        action: word,
        text: String::new(),
        location: None,
        takes: String::new(),
    };
    match rule {
        Some(RuleRef::SecurityGroup(group, position)) => {
            let group = model.security_groups.at(group);
            let Some(rule) = group.rules.get(position) else { return empty };
            RuleUse {
                id: rule.id.as_ref().map(ToString::to_string),
                of: named(group).to_owned(),
                text: group_rule_text(network, rule),
                location: model.sources.locate(rule.origin),
                ..empty
            }
        }
        Some(RuleRef::NetworkAcl(acl, position)) => {
            let acl = model.network_acls.at(acl);
            let Some(entry) = acl.entries.get(position) else { return empty };
            RuleUse {
                of: named(acl).to_owned(),
                number: Some(number(entry)),
                text: entry_text(entry),
                location: model.sources.locate(entry.origin),
                ..empty
            }
        }
        Some(RuleRef::Missing) => {
            let reason = match action {
                RuleAction::Unknown(reason) => reason.clone(),
                _ => String::new(),
            };
            RuleUse { text: reason, ..empty }
        }
        None => RuleUse { number: None, text: "no rule allows it".into(), ..empty },
    }
}

/// Numbers as the console shows them: `*` for the final deny.
fn number(entry: &NetworkAclEntry) -> String {
    if entry.is_star() { "*".into() } else { entry.number.to_string() }
}

/// An entry without its number.
fn entry_text(entry: &NetworkAclEntry) -> String {
    let preposition = if entry.egress { "to" } else { "from" };
    format!("{} {} {preposition} {}", entry.action, entry.traffic, entry.cidr)
}

/// A rule with the names of what it refers to.
pub(crate) fn group_rule_text(network: &Network, rule: &SecurityGroupRule) -> String {
    let model = network.model();
    let preposition = if rule.egress { "to" } else { "from" };
    let peer = match &rule.peer {
        Peer::Cidr(cidr) => cidr.to_string(),
        Peer::Group(id) => model.security_groups.get(id.as_str()).map_or(id.as_str(), named).to_owned(),
        Peer::PrefixList(id) => model.prefix_lists.get(id.as_str()).map_or(id.as_str(), named).to_owned(),
    };
    format!("allow {} {preposition} {peer}", rule.traffic)
}

/// Every rule of a gate in the order tried, with why it does not match.
pub(crate) fn tried(
    network: &Network,
    hop: &Hop<Set>,
    leg: Leg,
    flow: Set,
    family: Family,
    sets: &mut Diagrams,
) -> Vec<Tried> {
    let (gate, view) = match hop.checkpoint {
        // The reply of what was let through is not judged by rules.
        Checkpoint::SecurityGroups { .. } if leg == Leg::Reply => return Vec::new(),
        Checkpoint::SecurityGroups { interface, egress } => (
            network.security_groups(interface, egress),
            network.as_seen_by_groups(interface, &hop.header, leg, egress),
        ),
        Checkpoint::NetworkAcl { subnet, egress, .. } => match network.network_acl(subnet, egress) {
            Some((_, gate)) => (gate, hop.header.view(leg, egress)),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let first_match = matches!(hop.checkpoint, Checkpoint::NetworkAcl { .. });
    let Gate { rules } = gate;
    let mut all = Vec::new();
    let mut rest = flow;
    for rule in rules.into_iter().flatten() {
        // The first entry that matches decides, so that the later ones are not tried (S2.4). Rules of groups have no
        // order: all of them count (S1.1).
        if first_match && rest == Set::EMPTY {
            break;
        }
        let mut matched = Set::EMPTY;
        for region in rule.matches.regions(&view, network) {
            let (inside, _) = flow.split(&region, sets);
            matched = sets.union(matched, inside);
        }
        if first_match {
            matched = sets.intersect(matched, rest);
            rest = sets.subtract(rest, matched);
        }
        let mut used = rule_use(network, Some(rule.origin), &rule.action);
        let why =
            if matched == Set::EMPTY { mismatch(network, rule, &view, flow, sets) } else { String::new() };
        if matched != Set::EMPTY {
            used.takes = words::part(sets, family, matched, flow);
        }
        all.push(Tried { rule: used, matches: matched != Set::EMPTY, why });
    }
    all
}

/// The first thing that keeps a rule from matching any of the flow.
fn mismatch(network: &Network, rule: &engine::Rule, view: &View, flow: Set, sets: &mut Diagrams) -> String {
    let anyone = engine::Match { traffic: rule.matches.traffic, peer: PeerMatch::Anyone };
    let traffic =
        anyone.regions(view, network).into_iter().any(|region| !flow.split(&region, sets).0.is_empty());
    let peer =
        rule.matches.regions(view, network).into_iter().any(|region| !flow.split(&region, sets).0.is_empty());
    if traffic && peer {
        return "an earlier entry took all of it".into();
    }
    if traffic {
        return match (&rule.matches.peer, view.peer) {
            (PeerMatch::Group(_), _) if view.through.is_some() => {
                "it comes through a load balancer, and only the load balancer's groups match".into()
            }
            (PeerMatch::Group(_), Seen::Fixed { interface, address })
                if interface.is_none() || !view.references =>
            {
                let near = network.not_on_the_internet().iter().any(|block| block.contains(&address));
                let why = match (interface, near) {
                    (Some(_), _) => "behind what lies between, or in another Region or VPC",
                    (None, true) => "of no interface that the export has",
                    (None, false) => "a public address",
                };
                format!(
                    "{address} is {why}: references to groups match private addresses of the VPC and its peers only"
                )
            }
            (PeerMatch::Group(_), Seen::Fixed { address, .. }) => {
                format!("{address} is of no member of the group")
            }
            (PeerMatch::Group(_), Seen::Remote | Seen::Embedded) => {
                "the other end is no member of the group".into()
            }
            (_, Seen::Unknown) => "no address that could come this way matches it".into(),
            (_, Seen::Fixed { address, .. }) => format!("{address} is not in it"),
            (_, Seen::Embedded) => "the address that NAT64 makes of it is not in it".into(),
            (_, Seen::Remote) => {
                format!("{} not in it", plural(&words::addresses(sets, view.family, flow)))
            }
        };
    }
    let numbers = sets.ranges(flow, Field::Protocol);
    let of_protocol = |number: u8| numbers.iter().any(|range| range.contains(&u128::from(number)));
    match rule.matches.traffic {
        Traffic::Tcp(range) | Traffic::Udp(range)
            if rule.matches.traffic.protocol_number().is_some_and(of_protocol) =>
        {
            let ports = match (view.leg, view.ports.server, view.ports.client) {
                (Leg::Request, Some(port), _) => port.to_string(),
                (Leg::Request, None, _) => words::ranges(sets, flow, Field::Server),
                (Leg::Reply, _, Field::Client) => words::ranges(sets, flow, Field::Client),
                (Leg::Reply, _, axis) => words::relayed(sets, flow, axis),
            };
            format!("port {range} \u{2260} {ports}")
        }
        Traffic::Icmp(..) | Traffic::Icmpv6(..) if of_protocol(1) || of_protocol(58) => {
            "another type or code".into()
        }
        _ => {
            let asked = numbers.first().and_then(|range| u8::try_from(*range.start()).ok());
            format!("not {}", asked.map_or_else(String::new, words::protocol_name))
        }
    }
}

fn plural(list: &str) -> String {
    if list.contains(',') { format!("{list} are") } else { format!("{list} is") }
}
