//! Changes of security groups.

use engine::{Network, Seen};
use ipnet::IpNet;
use model::{Change, Ix, NetworkInterface, Noun, Origin, Peer, SecurityGroup, SecurityGroupRule};
use space::{Diagrams, Field, address_value};

use super::Blocker;
use super::traffic::{blocks, peer, traffics};

/// Rules that would let the missing part through an interface's groups: by reference to a group of the other end, or
/// by its address.
pub(super) fn alternatives(
    network: &Network,
    blocker: &Blocker<'_>,
    interface: Ix<NetworkInterface>,
    egress: bool,
    sets: &mut Diagrams,
) -> Vec<Vec<Change>> {
    let Some(group) = narrowest(network, interface) else { return Vec::new() };
    let peer = peer(blocker, egress);
    let by_address: Vec<Peer> = blocks(network, blocker, peer, sets).into_iter().map(Peer::Cidr).collect();
    let view = network.as_seen_by_groups(interface, &blocker.hop.header, blocker.leg, egress);
    // A Network Load Balancer's groups stand for what comes through it (S1.23, S4.8): whom it lets in is for its own rules
    // to say, once.
    let through = view.through.and_then(|node| narrowest(network, node));
    let by_reference = match peer {
        _ if through.is_some() => through,
        // Where a reference cannot match, only an address will do (S1.18).
        Seen::Fixed { interface: Some(other), .. } if view.references => narrowest(network, other),
        _ => None,
    };
    let by_reference = by_reference.map(|group| vec![Peer::Group(group.id.clone())]);
    let traffics = traffics(blocker, sets);
    let rules = |peers: Vec<Peer>| {
        let mut changes = Vec::new();
        for traffic in &traffics {
            for peer in &peers {
                let rule = SecurityGroupRule {
                    id: None,
                    egress,
                    traffic: *traffic,
                    peer: peer.clone(),
                    description: None,
                    origin: Origin::PROPOSED,
                };
                changes.push(Change::AuthorizeSecurityGroup { group: group.id.clone(), rule });
            }
        }
        changes
    };
    by_reference.into_iter().chain(through.is_none().then_some(by_address)).map(rules).collect()
}

/// The group of an interface that fewest others have: a rule there opens least besides.
fn narrowest(network: &Network, interface: Ix<NetworkInterface>) -> Option<&SecurityGroup> {
    let groups = network.resolved().groups_of(interface).iter();
    let narrowest = groups.min_by_key(|group| network.resolved().members_of(**group).len())?;
    Some(network.model().security_groups.at(*narrowest))
}

/// Whether a rule just misses the client: 'my address has changed' is the commonest of all causes.
pub(super) fn closest_rule(
    network: &Network,
    blocker: &Blocker<'_>,
    interface: Ix<NetworkInterface>,
    egress: bool,
    sets: &mut Diagrams,
) -> Option<String> {
    const NEAR: u128 = 256;
    let ranges = sets.ranges(blocker.missing, Field::Remote);
    let [range] = ranges.as_slice() else { return None };
    let (Seen::Remote, true) = (peer(blocker, egress), range.start() == range.end()) else { return None };
    let asked = *range.start();
    let wanted = traffics(blocker, sets);
    let groups =
        network.resolved().groups_of(interface).iter().map(|ix| network.model().security_groups.at(*ix));
    let rules = groups.flat_map(|group| group.rules.iter().map(move |rule| (group, rule)));
    let near = rules.filter(|(_, rule)| rule.egress == egress && wanted.contains(&rule.traffic)).filter_map(
        |(group, rule)| {
            let Peer::Cidr(cidr) = &rule.peer else { return None };
            let (low, high) = (address_value(cidr.network()), address_value(cidr.broadcast()));
            let same_family = space::Family::of(cidr.addr()) == blocker.family;
            let distance = low.saturating_sub(asked).max(asked.saturating_sub(high));
            (same_family && distance <= NEAR).then_some((distance, group, rule, *cidr))
        },
    );
    let (distance, group, rule, cidr) = near.min_by_key(|(distance, ..)| *distance)?;
    let address = space::from_value(blocker.family, asked)?;
    let name = group.name().unwrap_or(group.id.as_str());
    let plural = if distance == 1 { "address" } else { "addresses" };
    let cidr = if cidr.prefix_len() == cidr.max_prefix_len() {
        cidr.addr().to_string()
    } else {
        IpNet::to_string(&cidr)
    };
    Some(format!(
        "{name} allows {} from {cidr}, {distance} {plural} away from {address}: has the address changed?",
        rule.traffic
    ))
}
