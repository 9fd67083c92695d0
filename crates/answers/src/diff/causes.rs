//! What makes a flow differ: the rules that one of the networks has and the other has not, where it is stopped and
//! where it passes. Always of one pair that stands for the others.

use engine::{Checkpoint, Flow, Hop, Judgement, Leg, Network, RuleAction, RuleRef, Server};
use model::{Comparable, Holder, Ix, NetworkAcl, NetworkInterface, Noun, SecurityGroupRule};
use space::{Diagrams, Family, Set};

use super::Both;
use super::data::{Cause, Sign};
use super::ends::Member;
use crate::ends::name_of;
use crate::explain::causes::reason;
use crate::explain::gates::named;
use crate::explain::places::{location, place};
use crate::explain::rules::{rule_use, rule_uses};

/// Two ends, in each of the networks; `None` beyond the network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) family: Family,
    pub(super) client: Option<Member>,
    pub(super) server: Option<Member>,
}

impl Pair {
    /// The flow between them in one of the networks, if both are there.
    pub(super) fn flow(&self, later: bool) -> Option<Flow> {
        let end = |member: Option<Member>| -> Option<Option<Holder>> {
            match member {
                None => Some(None),
                Some(member) => member.of(later).map(Some),
            }
        };
        let (client, server) = (end(self.client)?, end(self.server)?);
        let server = match (client, server) {
            (_, None) => Server::Beyond,
            (None, Some(server)) => Server::Public(server),
            (Some(_), Some(server)) => Server::Interface(server),
        };
        Some(Flow { family: self.family, client, server })
    }
}

/// Why some connections work in one network and not in the other; `later`: whether it is the later one in which they do.
pub(super) fn causes(
    networks: Both<&Network>,
    pair: &Pair,
    part: Set,
    later: bool,
    sets: &mut Diagrams,
) -> Vec<Cause> {
    let mut find = Finding { networks, family: pair.family, sets, found: Vec::new() };
    let flows = Both { old: pair.flow(false), new: pair.flow(true) };
    let Some(passing) = flows.of(later) else { return Vec::new() };
    let passes = engine::judge(networks.of(later), passing, part, find.sets);
    let Some(stopping) = flows.of(!later) else {
        find.missing_ends(pair, later);
        find.rules(&passes, later, |_| true);
        find.allows(&passes, later);
        return find.found;
    };
    let stops = engine::judge(networks.of(!later), stopping, part, find.sets);
    let stopped: Vec<String> = hops(&stops)
        .filter(|(_, flow, hop)| hop.crossing.passed != *flow)
        .map(|(leg, _, hop)| key(networks.of(!later), leg, hop))
        .collect();
    find.rules(&stops, !later, |key| stopped.contains(key));
    find.rules(&passes, later, |key| stopped.contains(key));
    if find.found.is_empty() {
        // It takes another way: what leads it there.
        find.rules(&passes, later, |_| true);
        find.rules(&stops, !later, |_| true);
    }
    if find.found.is_empty() {
        find.ends(pair);
        find.reasons(&stops, !later, |flow, hop| hop.crossing.passed != flow);
    }
    find.found
}

/// Why nobody can say: in the later network, else in the earlier one.
pub(super) fn doubts(networks: Both<&Network>, pair: &Pair, part: Set, sets: &mut Diagrams) -> Vec<Cause> {
    let mut find = Finding { networks, family: pair.family, sets, found: Vec::new() };
    for later in [true, false] {
        if let Some(flow) = pair.flow(later).filter(|_| find.found.is_empty()) {
            let judgement = engine::judge(networks.of(later), &flow, part, find.sets);
            find.reasons(&judgement, later, |_, hop| hop.crossing.unknown != Set::EMPTY);
        }
    }
    find.found
}

/// All hops of a judgement, each with its leg and with what takes its way.
fn hops(judgement: &Judgement<Set>) -> impl Iterator<Item = (Leg, Set, &Hop<Set>)> {
    judgement.trips.iter().flat_map(|trip| {
        let replies = trip.replies.iter().map(|reply| (Leg::Reply, reply));
        let ways = std::iter::once((Leg::Request, &trip.request)).chain(replies);
        ways.flat_map(|(leg, way)| way.hops.iter().map(move |hop| (leg, way.flow, hop)))
    })
}

/// What a checkpoint is in both networks.
fn key(network: &Network, leg: Leg, hop: &Hop<Set>) -> String {
    let model = network.model();
    let of = match &hop.checkpoint {
        Checkpoint::SecurityGroups { interface, .. } => {
            model.network_interfaces.at(*interface).id.to_string()
        }
        Checkpoint::NetworkAcl { subnet, .. } | Checkpoint::Route { subnet, .. } => {
            model.subnets.at(*subnet).id.to_string()
        }
        other => place(network, other).id.unwrap_or_default(),
    };
    let place = place(network, &hop.checkpoint);
    format!("{leg:?} {} {:?} {of}", place.kind, place.direction)
}

struct Finding<'a> {
    networks: Both<&'a Network>,
    family: Family,
    sets: &'a mut Diagrams,
    found: Vec<Cause>,
}

impl Finding<'_> {
    fn push(&mut self, cause: Cause) {
        if !self.found.contains(&cause) {
            self.found.push(cause);
        }
    }

    fn cause(&self, later: bool, leg: Leg, hop: &Hop<Set>, sign: Sign) -> Cause {
        let network = self.networks.of(later);
        let place = place(network, &hop.checkpoint);
        Cause {
            sign,
            gate: place.kind,
            name: place.name,
            direction: place.direction.map(|egress| if egress { "out" } else { "in" }),
            reply: leg == Leg::Reply,
            text: String::new(),
            location: location(network, &hop.checkpoint),
        }
    }

    /// The rules by which a network decides and which the other one has not.
    fn rules(&mut self, judgement: &Judgement<Set>, later: bool, wanted: impl Fn(&String) -> bool) {
        let network = *self.networks.of(later);
        let sign = if later { Sign::Added } else { Sign::Removed };
        for (leg, flow, hop) in hops(judgement).filter(|(leg, _, hop)| wanted(&key(network, *leg, hop))) {
            if let Checkpoint::Route { .. } = hop.checkpoint {
                if !self.has_route(hop, !later) {
                    for rule in rule_uses(network, hop, flow, self.family, self.sets) {
                        let cause = self.cause(later, leg, hop, sign);
                        self.push(Cause { text: rule.text, location: rule.location, ..cause });
                    }
                }
                continue;
            }
            for taken in hop.taken.iter().filter(|taken| !matches!(taken.action, RuleAction::Unknown(_))) {
                let Some(rule) = taken.rule.filter(|rule| !self.has_rule(hop, *rule, later)) else {
                    continue;
                };
                let used = rule_use(network, Some(rule), &taken.action);
                let text = match &used.number {
                    Some(number) if number == "*" => continue,
                    Some(number) => format!("rule {number}  {}", used.text),
                    None => used.text,
                };
                let cause = self.cause(later, leg, hop, sign);
                self.push(Cause { name: used.of, text, location: used.location, ..cause });
            }
        }
    }

    /// The rules of groups that let it pass, whether or not both networks have them.
    fn allows(&mut self, judgement: &Judgement<Set>, later: bool) {
        let network = *self.networks.of(later);
        for (leg, _, hop) in hops(judgement) {
            let allows = hop.taken.iter().filter(|taken| taken.action == RuleAction::Allow);
            for rule in allows.filter_map(|taken| taken.rule) {
                if matches!(rule, RuleRef::SecurityGroup(..)) {
                    let used = rule_use(network, Some(rule), &RuleAction::Allow);
                    let cause = self.cause(later, leg, hop, Sign::Decides);
                    let cause = Cause { name: used.of, text: used.text, location: used.location, ..cause };
                    if !self.found.iter().any(|known| known.location == cause.location) {
                        self.found.push(cause);
                    }
                }
            }
        }
    }

    /// Whether a rule of one network (`later`) is at the same gate of the other; of a gate that the other lacks,
    /// whether it has the rule at all.
    fn has_rule(&self, hop: &Hop<Set>, rule: RuleRef, later: bool) -> bool {
        let (here, there) = (self.networks.of(later), self.networks.of(!later));
        let (model, other) = (here.model(), there.model());
        match (rule, &hop.checkpoint) {
            (RuleRef::SecurityGroup(group, position), Checkpoint::SecurityGroups { interface, .. }) => {
                let group = model.security_groups.at(group);
                let Some(rule) = group.rules.get(position) else { return true };
                let interface =
                    other.network_interfaces.ix(model.network_interfaces.at(*interface).id.as_str());
                let groups = match interface {
                    Some(interface) => there.resolved().groups_of(interface).to_vec(),
                    None => other.security_groups.ix(group.id.as_str()).into_iter().collect(),
                };
                let same = |known: &SecurityGroupRule| {
                    known.egress == rule.egress && known.traffic == rule.traffic && known.peer == rule.peer
                };
                let mut nouns = groups.iter().map(|ix| other.security_groups.at(*ix));
                nouns.any(|known| known.id == group.id && known.rules.iter().any(same))
            }
            (RuleRef::NetworkAcl(acl, position), Checkpoint::NetworkAcl { subnet, .. }) => {
                let acl = model.network_acls.at(acl);
                let Some(entry) = acl.entries.get(position) else { return true };
                let subnet = other.subnets.ix(model.subnets.at(*subnet).id.as_str());
                let known = match subnet {
                    Some(subnet) => there.resolved().network_acl_of(subnet).ix(),
                    None => other.network_acls.ix(acl.id.as_str()),
                };
                let known = known.map(|ix: Ix<NetworkAcl>| other.network_acls.at(ix));
                known.filter(|known| known.id == acl.id).is_some_and(|known| {
                    known.entries.iter().any(|known| {
                        (known.egress, known.number, known.action, known.traffic, known.cidr)
                            == (entry.egress, entry.number, entry.action, entry.traffic, entry.cidr)
                    })
                })
            }
            _ => true,
        }
    }

    /// Whether the route that a hop took is in the table of the same subnet of the other network (`later`).
    fn has_route(&self, hop: &Hop<Set>, later: bool) -> bool {
        let (here, there) = (self.networks.of(!later), self.networks.of(later));
        let (model, other) = (here.model(), there.model());
        let Checkpoint::Route { subnet, table, route: Some(position) } = &hop.checkpoint else { return true };
        let table = table.ix().map(|ix| model.route_tables.at(ix));
        let Some((table, route)) = table.and_then(|table| Some((table, table.routes.get(*position)?))) else {
            return true;
        };
        let subnet = other.subnets.ix(model.subnets.at(*subnet).id.as_str());
        let known = match subnet {
            Some(subnet) => there.resolved().route_table_of(subnet).ix(),
            None => other.route_tables.ix(table.id.as_str()),
        };
        let known = known.map(|ix| other.route_tables.at(ix)).filter(|known| known.id == table.id);
        known.is_some_and(|known| {
            known.routes.iter().any(|known| {
                (&known.destination, &known.target, known.state)
                    == (&route.destination, &route.target, route.state)
            })
        })
    }

    /// The ends that only one network has.
    fn missing_ends(&mut self, pair: &Pair, later: bool) {
        let network = *self.networks.of(later);
        let (sign, text) = match later {
            true => (Sign::Added, "a new network interface"),
            false => (Sign::Removed, "the network interface is gone, or has another address"),
        };
        for member in [pair.client, pair.server].into_iter().flatten() {
            if let (Some(end), None) = (member.of(later), member.of(!later)) {
                self.push(of_interface(network, end.interface, sign, text.into()));
            }
        }
    }

    /// What differs in the ends themselves.
    fn ends(&mut self, pair: &Pair) {
        for member in [pair.client, pair.server].into_iter().flatten() {
            let (Some(old), Some(new)) = (member.old, member.new) else { continue };
            let ends = self.networks.zip(Both { old: old.interface, new: new.interface });
            let nouns = ends.map(|(network, ix)| network.model().network_interfaces.at(ix));
            if nouns.old.says_the_same(nouns.new) {
                continue;
            }
            let groups = ends.map(|(network, ix)| {
                let groups = network.resolved().groups_of(ix).iter();
                let names: Vec<&str> =
                    groups.map(|ix| named(network.model().security_groups.at(*ix))).collect();
                if names.is_empty() { "none".to_owned() } else { names.join(", ") }
            });
            let text = match groups.differs() {
                true => format!("its groups are {}; they were {}", groups.new, groups.old),
                false => "the network interface changed".into(),
            };
            self.push(of_interface(self.networks.new, new.interface, Sign::Decides, text));
        }
    }

    /// What some checkpoints say of themselves.
    fn reasons(&mut self, judgement: &Judgement<Set>, later: bool, wanted: impl Fn(Set, &Hop<Set>) -> bool) {
        let network = *self.networks.of(later);
        for (leg, _, hop) in hops(judgement).filter(|(_, flow, hop)| wanted(*flow, hop)) {
            let unknown = hop.taken.iter().find_map(|taken| match &taken.action {
                RuleAction::Unknown(reason) => Some(reason.clone()),
                _ => None,
            });
            let said = reason(network, hop);
            let text = match (unknown, said.is_empty()) {
                (Some(reason), _) => reason,
                (None, false) => said,
                (None, true) => "no rule allows it".into(),
            };
            let cause = self.cause(later, leg, hop, Sign::Decides);
            self.push(Cause { text, ..cause });
        }
    }
}

fn of_interface(network: &Network, interface: Ix<NetworkInterface>, sign: Sign, text: String) -> Cause {
    let model = network.model();
    Cause {
        sign,
        gate: "network-interface",
        name: name_of(network, interface),
        direction: None,
        reply: false,
        text,
        location: model.sources.locate(model.network_interfaces.at(interface).origin()),
    }
}
