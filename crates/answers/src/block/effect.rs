//! What becomes of the network: whether the blocks are stopped, and what else changes.

use engine::{Goal, Network};
use ipnet::IpNet;
use model::Location;
use space::{Diagrams, Region, Set, address_range};

use super::{Broken, Lists, Plan};
use crate::ends::{EndSet, name_of};
use crate::intent::{self, Deny, Intent, IntentError, Line, Settings, Status, TestedLine};
use crate::question::{self, Ends, Question, Service, SetOp, Spanned, Term};
use crate::reach::{Affected, Comparison, Labels, Moved, Party, Query, Side, compare};

/// Finds the effect of a plan's changes.
pub(super) fn find(
    network: &Network,
    lists: &Lists,
    blocks: &[IpNet],
    intent: Option<&Intent>,
    is_add: bool,
    plan: &mut Plan,
) -> Result<(), Vec<IntentError>> {
    // What AWS would refuse was never planned.
    let Ok(after) = network.after(&plan.changes) else { return Ok(()) };
    plan.own = own(network, blocks);
    if is_add {
        plan.passes = passes(&after, lists, blocks)?;
    }
    if plan.changes.is_empty() {
        return Ok(());
    }
    affected(network, &after, blocks, plan);
    if let Some(intent) = intent {
        plan.broken = broken(network, &after, blocks, intent)?;
    }
    Ok(())
}

/// The interfaces of the network that are in a block.
fn own(network: &Network, blocks: &[IpNet]) -> Vec<String> {
    let all = network.model().network_interfaces.iter();
    let inside = all.filter_map(|(ix, noun)| {
        let public = noun.addresses.iter().filter_map(|address| address.public).map(Into::into);
        let mut addresses = noun.own_addresses().chain(public);
        let address = addresses.find(|address| blocks.iter().any(|block| block.contains(address)))?;
        Some(format!("{} {address}", name_of(network, ix)))
    });
    inside.collect()
}

/// What of the blocks still gets through, asked as lines that say that nothing does.
fn passes(after: &Network, lists: &Lists, blocks: &[IpNet]) -> Result<Vec<TestedLine>, Vec<IntentError>> {
    let guarded = match &lists.subnets {
        None => "*".to_owned(),
        Some(subnets) => {
            let ids = subnets.iter().map(|ix| format!("subnet:{}", after.model().subnets.at(*ix).id));
            ids.collect::<Vec<_>>().join(" | ")
        }
    };
    let mut deny = Vec::new();
    for block in blocks {
        let block = Term::Net { net: *block, host_bits: false };
        for text in [format!("{block} -> {guarded}:any"), format!("{guarded} -> {block}:any")] {
            let place = Location { file: text.clone(), line: 1, column: 1 };
            let flow = question::parse(&text).map_err(|error| {
                let place = place.clone();
                vec![IntentError { place, width: 1, message: error.message, help: error.help }]
            })?;
            let line = Line { id: text, why: None, place, words: None };
            deny.push(Deny { line, flow, two_layers: false });
        }
    }
    let intent = Intent { deny, ..Intent::default() };
    let names = intent::names(&intent, after, None)?;
    let tested = intent::test(&intent, &names, &Settings::default(), &|_, _| {})?;
    let is_stopped = |line: &TestedLine| matches!(line.status, Status::Ok | Status::Vacuous);
    Ok(tested.lines.into_iter().filter(|line| !is_stopped(line)).collect())
}

/// What changes, in the blocks and besides.
fn affected(before: &Network, after: &Network, blocks: &[IpNet], plan: &mut Plan) {
    let mut compared = Vec::new();
    if plan.own.is_empty() && !translates_to(before, blocks) {
        // Packets between interfaces carry addresses of the network only.
        let everybody = Side::everybody(before);
        let mut outside = EndSet::default();
        for block in ["0.0.0.0/0", "::/0"].into_iter().filter_map(|block| block.parse().ok()) {
            outside.outside.add_block(block);
        }
        let world = Side::among(&everybody, &outside);
        for (from, to) in [(everybody.clone(), world.clone()), (world, everybody)] {
            let query =
                Query { from, to, services: vec![Service::Any], client_ports: None, goal: Goal::Answered };
            compared.push(compare(before, after, query));
        }
    } else {
        compared.push(compare(before, after, Query::everything(before)));
    }
    let labels = Labels::of(before);
    for Comparison { moved, mut sets } in compared {
        let inside = sets.set_of(blocks.iter().map(|block| Region::FULL.remote(address_range(*block))));
        for pair in &moved {
            for (connections, besides) in
                [(pair.closed, &mut plan.also_closes), (pair.opened, &mut plan.also_opens)]
            {
                let (of_blocks, rest) = split(pair, connections, inside, &mut sets);
                Affected::add(&mut plan.of_blocks, &labels, pair, of_blocks, &mut sets);
                Affected::add(besides, &labels, pair, rest, &mut sets);
            }
        }
    }
}

/// Of the connections of a pair, those with blocked addresses of the internet, and the others.
fn split(pair: &Moved, connections: Set, inside: Set, sets: &mut Diagrams) -> (Set, Set) {
    if ![pair.client, pair.server].contains(&Party::Internet) {
        return (Set::EMPTY, connections);
    }
    (sets.intersect(connections, inside), sets.subtract(connections, inside))
}

/// Whether a block has an address that a gateway of the network gives to packets.
fn translates_to(network: &Network, blocks: &[IpNet]) -> bool {
    let gateways = network.model().nat_gateways.values();
    let mut public = gateways.flat_map(|gateway| &gateway.addresses).filter_map(|address| address.public);
    public.any(|address| blocks.iter().any(|block| block.contains(&std::net::IpAddr::V4(address))))
}

/// The lines that were so and are not any more.
fn broken(
    before: &Network,
    after: &Network,
    blocks: &[IpNet],
    intent: &Intent,
) -> Result<Vec<Broken>, Vec<IntentError>> {
    let test = |intent: &Intent, network: &Network| {
        let names = intent::names(intent, network, None)?;
        intent::test(intent, &names, &Settings::default(), &|_, _| {})
    };
    let (was, is) = (test(intent, before)?, test(intent, after)?);
    let lines = was.lines.iter().zip(is.lines);
    let lines: Vec<TestedLine> = lines
        .filter(|(was, is)| was.status == Status::Ok && is.status != Status::Ok)
        .map(|(_, is)| is)
        .collect();
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let rest = test(&without(intent, blocks), after)?;
    let holds = |line: &TestedLine| {
        let same = |other: &&TestedLine| (&other.id, &other.place) == (&line.id, &line.place);
        rest.lines.iter().find(same).is_some_and(|rest| rest.status == Status::Ok)
    };
    Ok(lines.into_iter().map(|line| Broken { only_for_blocked: holds(&line), line }).collect())
}

/// The intent with the blocks taken out of what is allowed.
fn without(intent: &Intent, blocks: &[IpNet]) -> Intent {
    let less = |ends: &Ends| {
        blocks.iter().fold(ends.clone(), |left, block| {
            let span = left.span();
            let term = Term::Net { net: *block, host_bits: false };
            let right = Box::new(Ends::Term(Spanned::new(term, span.clone())));
            Ends::Set { op: SetOp::Difference, left: Box::new(left), right, span }
        })
    };
    let mut rest = intent.clone();
    for allow in &mut rest.allow {
        let (source, destination) = (less(&allow.flow.source), less(&allow.flow.destination));
        allow.flow = Question { source, destination, ..allow.flow.clone() };
    }
    rest
}
