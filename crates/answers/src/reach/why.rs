//! Why somebody reaches somebody: the rules that let them, and what cuts a part; and of those who do not, the first
//! thing that stops them. Always of one pair that stands for the others.

use engine::reach::{Asked, primary_addresses};
use engine::{Flow, Server};
use indexmap::IndexMap;
use model::{Holder, Ix, Location, NetworkInterface, PortRange};
use rustc_hash::{FxBuildHasher, FxHashSet};
use space::{Diagrams, Family, Field, Region, Set};

use super::{Factored, Matrix, Query, Talk};
use crate::explain::{Gate, Outcome, Pair, connections, explain_pair};

/// How many of those who are stopped are looked at: one of each class.
const MOST_LOOKED_AT: usize = 1000;

/// A rule on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOnWay {
    /// The gate that has it: `security-group`, `network-acl`, …
    pub gate: &'static str,
    /// What people call the gate.
    pub name: String,
    /// `in` or `out`.
    pub direction: Option<&'static str>,
    /// Whether it is the reply that meets it.
    pub reply: bool,
    /// The rule with its number, or what decided where no rule did.
    pub text: String,
    /// Where it is written.
    pub location: Option<Location>,
}

/// Why a talk is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Why {
    /// The rules of security groups that let it pass, in the order of the way.
    pub by: Vec<RuleOnWay>,
    /// What stops a part of it.
    pub cut: Vec<RuleOnWay>,
}

/// Interfaces that are stopped by the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Them.
    pub interfaces: Vec<Ix<NetworkInterface>>,
    /// By what, in words.
    pub cause: String,
}

/// Those that reach nobody, or whom nobody reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Others {
    /// By what stops them, the most first.
    pub stopped: Vec<Stopped>,
    /// How many more were not looked at.
    pub more: usize,
}

/// Why a talk is as it is, by one of its pairs.
pub fn why(matrix: &Matrix<'_>, factored: &Factored, talk: &Talk) -> Why {
    let Some((family, client, server)) = representative(matrix, factored, talk) else {
        return Why::default();
    };
    let mut sets = Diagrams::new();
    let asked = asked(matrix, family, client, server, &mut sets);
    let flow = flow(family, client, server);
    let judgement = engine::judge(matrix.network, &flow, asked, &mut sets);
    let passes = if judgement.works == Set::EMPTY { judgement.unknown } else { judgement.works };
    let pair = explain_pair(matrix.network, family, client, server, passes, &mut sets);
    let allow = |gate: &Gate| gate.gate == "security-group" && gate.cause == "rules";
    let by = rules(&pair, allow, "allow");
    // Of the services that work at all, what does not.
    let mut services = Set::EMPTY;
    for region in sets.regions(passes) {
        let server = region.range(Field::Server);
        let wide = Region::FULL.with(Field::Protocol, region.range(Field::Protocol));
        let wide = wide.with(Field::Server, server).with(Field::Remote, region.range(Field::Remote));
        let wide = sets.region(&wide);
        services = sets.union(services, wide);
    }
    let services = sets.intersect(services, asked);
    let cut = match services == passes {
        true => Vec::new(),
        false => {
            let pair = explain_pair(matrix.network, family, client, server, services, &mut sets);
            let mut cut = rules(&pair, |gate| gate.outcome != Outcome::Passes, "deny");
            cut.extend(rules(&pair, |gate| gate.outcome != Outcome::Passes, "unknown"));
            cut.extend(without_rules(&pair));
            cut
        }
    };
    Why { by, cut }
}

/// The interfaces of one side that are in no talk, by what stops the first of them: on their way to the first of the
/// others, or from it.
pub fn others(matrix: &Matrix<'_>, factored: &Factored, clients: bool) -> Others {
    let talking: FxHashSet<Ix<NetworkInterface>> = {
        let sides = factored.lines.iter().map(|line| if clients { &line.from } else { &line.to });
        let sets: FxHashSet<u32> = sides.flatten().copied().collect();
        sets.iter().filter_map(|set| factored.sets.get(*set as usize)).flatten().copied().collect()
    };
    let (here, there) = match clients {
        true => (&matrix.query.from, &matrix.query.to),
        false => (&matrix.query.to, &matrix.query.from),
    };
    let ends = matrix.ends();
    let mut found: IndexMap<String, Vec<Ix<NetworkInterface>>, FxBuildHasher> = IndexMap::default();
    let (mut looked_at, mut more) = (0, 0);
    let mut seen: FxHashSet<Ix<NetworkInterface>> = FxHashSet::default();
    let alone = {
        let all = ends.classes.iter().flat_map(|class| &class.members).filter(|end| there.has(**end));
        let interfaces: FxHashSet<_> = all.map(|end| end.interface).collect();
        interfaces.iter().next().filter(|_| interfaces.len() == 1).copied()
    };
    for class in &ends.classes {
        let members = class.members.iter().filter(|end| here.has(**end));
        let silent: Vec<Holder> = members.filter(|end| !talking.contains(&end.interface)).copied().collect();
        // The only one there is asked by the others, and not by itself.
        let silent: Vec<Holder> = silent.into_iter().filter(|end| alone != Some(end.interface)).collect();
        // Who has two families is told once, by the first.
        let silent: Vec<Holder> = silent.into_iter().filter(|end| seen.insert(end.interface)).collect();
        let Some(&one) = silent.first() else { continue };
        let mut all = ends.classes.iter().filter(|other| other.family == class.family);
        let other = all.find_map(|other| {
            other.members.iter().find(|end| there.has(**end) && end.interface != one.interface)
        });
        let other = match other.copied() {
            None if !there.has_internet(class.family) => continue,
            other => other,
        };
        if looked_at == MOST_LOOKED_AT {
            more += silent.len();
            continue;
        }
        looked_at += 1;
        let (client, server) = if clients { (Some(one), other) } else { (other, Some(one)) };
        let mut sets = Diagrams::new();
        let asked = asked(matrix, class.family, client, server, &mut sets);
        let pair = explain_pair(matrix.network, class.family, client, server, asked, &mut sets);
        found.entry(stops(&pair)).or_default().extend(silent.iter().map(|end| end.interface));
    }
    let stopped = found.into_iter().map(|(cause, mut interfaces)| {
        interfaces.sort_unstable();
        Stopped { interfaces, cause }
    });
    let mut stopped: Vec<Stopped> = stopped.collect();
    stopped.sort_by_key(|stopped| std::cmp::Reverse(stopped.interfaces.len()));
    Others { stopped, more }
}

/// A pair that stands for a talk.
fn representative(
    matrix: &Matrix<'_>,
    factored: &Factored,
    talk: &Talk,
) -> Option<(Family, Option<Holder>, Option<Holder>)> {
    let family = talk.judged.iter().filter_map(|judged| matrix.judged.get(*judged)).next()?.family;
    let end = |ix: Ix<NetworkInterface>| {
        let noun = matrix.network.model().network_interfaces.at(ix);
        let mut addresses = primary_addresses(noun);
        let address = addresses.find(|address| Family::of(*address) == family)?;
        Some(Holder { interface: ix, address })
    };
    let ends = |sets: &[u32], internet: bool| -> Vec<Option<Holder>> {
        let held = sets.iter().filter_map(|set| factored.sets.get(*set as usize)).flatten();
        // Two are enough to have one that is not the other end.
        let held = held.filter_map(|ix| end(*ix)).take(2).map(Some);
        held.chain(internet.then_some(None)).collect()
    };
    let (clients, servers) = (ends(&talk.from, talk.from_internet), ends(&talk.to, talk.to_internet));
    let pairs = clients.iter().flat_map(|client| servers.iter().map(move |server| (*client, *server)));
    let same = |client: Option<Holder>, server: Option<Holder>| {
        client.map(|end| end.interface) == server.map(|end| end.interface)
    };
    let (client, server) = pairs.into_iter().find(|(client, server)| !same(*client, *server))?;
    Some((family, client, server))
}

fn flow(family: Family, client: Option<Holder>, server: Option<Holder>) -> Flow {
    let server = match (client, server) {
        (_, None) => Server::Beyond,
        (None, Some(server)) => Server::Public(server),
        (Some(_), Some(server)) => Server::Interface(server),
    };
    Flow { family, client, server }
}

/// What is asked of a pair.
fn asked(
    matrix: &Matrix<'_>,
    family: Family,
    client: Option<Holder>,
    server: Option<Holder>,
    sets: &mut Diagrams,
) -> Set {
    let Query { services, client_ports, goal, .. } = &matrix.query;
    let of_services = |sets: &mut Diagrams, family, ports: PortRange| {
        connections(sets, family, services, client_ports.unwrap_or(ports))
    };
    let side = if client.is_none() { &matrix.query.from } else { &matrix.query.to };
    let asked = Asked { connections: &of_services, internet: side.internet.clone(), goal: *goal };
    let kind =
        client.map_or("internet", |client| engine::ephemeral::kind_of(matrix.network, client.interface).key);
    asked.of(family, kind, client.is_none() || server.is_none(), sets)
}

/// The rules of some gates that did something, each once.
pub(crate) fn rules(pair: &Pair, wanted: impl Fn(&Gate) -> bool, action: &str) -> Vec<RuleOnWay> {
    let mut found: Vec<RuleOnWay> = Vec::new();
    for (reply, gate) in gates(pair).filter(|(_, gate)| wanted(gate)) {
        for rule in gate.rules.iter().filter(|rule| rule.action == action) {
            let text = match &rule.number {
                Some(number) => format!("rule {number}  {}", rule.text),
                None => rule.text.clone(),
            };
            let name = if rule.of.is_empty() { gate.name.clone() } else { rule.of.clone() };
            let rule = RuleOnWay {
                gate: gate.gate,
                name,
                direction: gate.direction,
                reply,
                text,
                location: rule.location.clone(),
            };
            if !found.contains(&rule) {
                found.push(rule);
            }
        }
    }
    found
}

/// What stops some of it without a rule.
pub(crate) fn without_rules(pair: &Pair) -> Vec<RuleOnWay> {
    let stopping = gates(pair).filter(|(_, gate)| {
        gate.outcome != Outcome::Passes
            && !gate.rules.iter().any(|rule| ["deny", "unknown"].contains(&rule.action))
    });
    let mut found: Vec<RuleOnWay> = Vec::new();
    for (reply, gate) in stopping {
        let rule = RuleOnWay {
            gate: gate.gate,
            name: gate.name.clone(),
            direction: gate.direction,
            reply,
            text: if gate.reason.is_empty() { "no rule allows it".into() } else { gate.reason.clone() },
            location: gate.location.clone(),
        };
        if !found.contains(&rule) {
            found.push(rule);
        }
    }
    found
}

/// All gates of a pair, in the order of its ways; whether the reply meets them.
pub(crate) fn gates(pair: &Pair) -> impl Iterator<Item = (bool, &Gate)> {
    pair.ways.iter().flat_map(|way| {
        let request = way.request.gates.iter().map(|gate| (false, gate));
        request.chain(way.replies.iter().flat_map(|reply| &reply.gates).map(|gate| (true, gate)))
    })
}

/// The gate behind which nothing is left, in words.
fn stops(pair: &Pair) -> String {
    let Some(way) = pair.ways.first() else { return "there is no way".into() };
    let request = way.request.gates.iter().map(|gate| (false, gate));
    let replies = way.replies.first().into_iter().flat_map(|reply| &reply.gates).map(|gate| (true, gate));
    let all: Vec<(bool, &Gate)> = request.chain(replies).collect();
    let first_dead = all.iter().position(|(_, gate)| !gate.reached).and_then(|at| at.checked_sub(1));
    let last = all.iter().rposition(|(_, gate)| gate.outcome != Outcome::Passes);
    let Some((reply, gate)) = first_dead.or(last).and_then(|at| all.get(at)) else {
        return "what one gate lets through another stops".into();
    };
    let it = if *reply { "the reply" } else { "it" };
    let direction = gate.direction.map_or(String::new(), |direction| format!(" {direction}"));
    let denied = gate.rules.iter().find(|rule| rule.action == "deny" && rule.number.is_some());
    match (gate.gate, gate.direction, denied) {
        ("security-group", Some("in"), _) if gate.name.is_empty() => "it has no security group".into(),
        ("security-group", Some("in"), _) => format!("no rule of {} lets {it} in", gate.name),
        ("security-group", _, _) if gate.name.is_empty() => "they have no security group".into(),
        ("security-group", _, _) => format!("no rule of {} lets {it} out", gate.name),
        (_, _, Some(rule)) => {
            let number = rule.number.as_deref().unwrap_or("*");
            format!("{}{direction} drops {it}: rule {number}  {}", gate.name, rule.text)
        }
        _ if !gate.reason.is_empty() => format!("{}{direction}: {}", gate.name, gate.reason),
        _ => format!("{}{direction} drops {it}", gate.name),
    }
}
