//! `via X` and `not via X`: only the ways that pass a device count, or only those that do not.

use engine::{Checkpoint, Judgement, Network, Way};
use model::{Ix, NetworkInterface, Noun, TransitGatewayAttachment};
use space::{Diagrams, Set};
use wildmatch::WildMatch;

use crate::question::{Ends, Question, QuestionError, SetOp, Term, shown};
use crate::suggest::closest;

/// What a device can be called: the word of its kind in selectors, and a name or id.
type Called = (&'static str, String);

/// Refuses what names no device that a way could pass.
pub(super) fn check(network: &Network, question: &Question) -> Result<(), QuestionError> {
    let terms = [&question.via, &question.not_via].into_iter().flatten().flat_map(Ends::terms);
    for term in terms {
        let devices = devices(network);
        if !devices.iter().any(|called| is(&term.node, called)) {
            let message = format!("{} is no device that a way can pass", shown(&term.node.to_string()));
            let help = closest(&term.node.to_string(), devices.iter().map(|(_, name)| name.as_str()))
                .map(|meant| format!("did you mean `{meant}`?"));
            return Err(QuestionError::new(term.span.clone(), message).maybe_help(help.or_else(|| {
                Some(
                    "name a gateway, a load balancer, an endpoint, a peering connection or an appliance"
                        .into(),
                )
            })));
        }
    }
    Ok(())
}

/// Leaves of what works only what passes what it has to pass; says why the rest does not count.
pub(crate) fn narrow(
    network: &Network,
    question: &Question,
    judgement: &mut Judgement<Set>,
    sets: &mut Diagrams,
) -> Option<String> {
    if question.via.is_none() && question.not_via.is_none() {
        return None;
    }
    let (mut works, mut unknown, mut other) = (Set::EMPTY, Set::EMPTY, false);
    for trip in &mut judgement.trips {
        if !counts(network, question, &trip.request) {
            other |= trip.works != Set::EMPTY;
            (trip.works, trip.unknown) = (Set::EMPTY, Set::EMPTY);
        }
        works = sets.union(works, trip.works);
        unknown = sets.union(unknown, trip.unknown);
    }
    (judgement.works, judgement.unknown) = (works, unknown);
    other.then(|| "what works takes another way than the one that was asked for".to_owned())
}

/// Whether a way passes what it has to pass, and nothing that it has to avoid.
pub(crate) fn counts(network: &Network, question: &Question, way: &Way<Set>) -> bool {
    let passes = |ends: &Ends| passes(network, ends, way);
    question.via.as_ref().is_none_or(passes) && !question.not_via.as_ref().is_some_and(passes)
}

/// What would have to change for other ways to count.
pub(crate) fn advice(question: &Question) -> String {
    let over = question.via.as_ref().map(|ends| format!("lead over `{ends}`"));
    let past = question.not_via.as_ref().map(|ends| format!("do not lead over `{ends}`"));
    let wanted = over.into_iter().chain(past).collect::<Vec<_>>().join(" and ");
    format!("change the routes so that they {wanted}: no rule chooses the way")
}

fn passes(network: &Network, ends: &Ends, way: &Way<Set>) -> bool {
    match ends {
        Ends::Term(term) => {
            let called = way.hops.iter().flat_map(|hop| of_checkpoint(network, &hop.checkpoint));
            called.into_iter().any(|called| is(&term.node, &called))
        }
        Ends::Set { op, left, right, .. } => {
            let (left, right) = (passes(network, left, way), passes(network, right, way));
            match op {
                SetOp::Union => left || right,
                SetOp::Intersection => left && right,
                SetOp::Difference => left && !right,
            }
        }
    }
}

fn is(term: &Term, (word, name): &Called) -> bool {
    match term {
        Term::Name(wanted) => wanted == name,
        Term::Selector { kind, glob } => kind.word() == *word && WildMatch::new(glob).matches(name),
        _ => false,
    }
}

/// The id and the name of a noun.
fn both<T: Noun>(word: &'static str, noun: &T) -> Vec<Called> {
    let name = noun.name().map(|name| (word, name.to_owned()));
    std::iter::once((word, noun.id().to_string())).chain(name).collect()
}

fn of_checkpoint(network: &Network, checkpoint: &Checkpoint) -> Vec<Called> {
    let model = network.model();
    match checkpoint {
        Checkpoint::InternetGateway { gateway: Some(ix), .. } => both("igw", model.internet_gateways.at(*ix)),
        Checkpoint::NatGateway { gateway } => both("nat", model.nat_gateways.at(*gateway)),
        Checkpoint::EgressOnlyInternetGateway { gateway } => {
            both("eigw", model.egress_only_internet_gateways.at(*gateway))
        }
        Checkpoint::VpnGateway { gateway } => both("vgw", model.vpn_gateways.at(*gateway)),
        Checkpoint::VpcPeeringConnection { peering } => {
            both("pcx", model.vpc_peering_connections.at(*peering))
        }
        Checkpoint::GatewayEndpoint { endpoint: Some(endpoint) }
        | Checkpoint::InterfaceEndpoint { endpoint } => both("vpce", model.vpc_endpoints.at(*endpoint)),
        Checkpoint::TransitGatewayAttachment { attachment } => of_attachment(network, *attachment),
        Checkpoint::LoadBalancer { load_balancer, .. } => both("lb", model.load_balancers.at(*load_balancer)),
        Checkpoint::Appliance { interface } => of_interface(network, *interface),
        _ => Vec::new(),
    }
}

fn of_attachment(network: &Network, attachment: Ix<TransitGatewayAttachment>) -> Vec<Called> {
    let model = network.model();
    let noun = model.transit_gateway_attachments.at(attachment);
    let gateways =
        noun.transit_gateways.iter().flat_map(|id| match model.transit_gateways.get(id.as_str()) {
            Some(gateway) => both("tgw", gateway),
            None => vec![("tgw", id.to_string())],
        });
    both("tgw-attach", noun).into_iter().chain(gateways).collect()
}

fn of_interface(network: &Network, interface: Ix<NetworkInterface>) -> Vec<Called> {
    let model = network.model();
    let instance = network.resolved().instance_of(interface).map(|ix| both("i", model.instances.at(ix)));
    both("eni", model.network_interfaces.at(interface))
        .into_iter()
        .chain(instance.into_iter().flatten())
        .collect()
}

/// Everything that a way could pass.
fn devices(network: &Network) -> Vec<Called> {
    let model = network.model();
    let mut all = Vec::new();
    all.extend(model.internet_gateways.values().flat_map(|noun| both("igw", noun)));
    all.extend(model.nat_gateways.values().flat_map(|noun| both("nat", noun)));
    all.extend(model.egress_only_internet_gateways.values().flat_map(|noun| both("eigw", noun)));
    all.extend(model.vpn_gateways.values().flat_map(|noun| both("vgw", noun)));
    all.extend(model.vpc_peering_connections.values().flat_map(|noun| both("pcx", noun)));
    all.extend(model.vpc_endpoints.values().flat_map(|noun| both("vpce", noun)));
    all.extend(model.load_balancers.values().flat_map(|noun| both("lb", noun)));
    all.extend(model.transit_gateway_attachments.iter().flat_map(|(ix, _)| of_attachment(network, ix)));
    all.extend(model.network_interfaces.iter().flat_map(|(ix, _)| of_interface(network, ix)));
    all
}
