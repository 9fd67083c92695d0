//! Security groups as interfaces have them: the lists of groups that occur, and what each of their rules lets through.

use engine::{Leg, Match, Network, PeerMatch, RuleAction, RuleRef, Seen, View};
use indexmap::IndexMap;
use model::{Id, Ix, NetworkInterface, SecurityGroup, SecurityGroupRule};
use rustc_hash::FxBuildHasher;
use space::{Diagrams, Family, Region, Set};

use crate::explain::gates::named;
use crate::explain::rules::group_rule_text;

/// A rule of a group, by group and position.
pub(super) type At = (Ix<SecurityGroup>, usize);

/// Groups that some interfaces have together, and these.
pub(super) type Lists = IndexMap<Vec<Ix<SecurityGroup>>, Vec<Ix<NetworkInterface>>, FxBuildHasher>;

/// Every list of groups that occurs.
pub(super) fn lists(network: &Network) -> Lists {
    let mut lists = Lists::default();
    for (interface, _) in network.model().network_interfaces.iter() {
        if network.has_security_groups(interface) {
            let mut groups = network.resolved().groups_of(interface).to_vec();
            groups.sort_unstable();
            lists.entry(groups).or_default().push(interface);
        }
    }
    lists
}

/// What a rule lets through of all that packets can be.
#[derive(Debug, Clone)]
pub(super) struct Lets {
    pub(super) at: At,
    /// Whom it names.
    pub(super) peer: PeerMatch,
    /// Its traffic in IPv4 and in IPv6, whoever the peer is.
    pub(super) traffic: [Set; 2],
    /// The same of the peers that it names, as the remote axis; of a reference, of any of its members.
    pub(super) sets: [Set; 2],
    /// Whether that is all known.
    pub(super) known: bool,
}

impl Lets {
    /// The group that it names, if it names one.
    pub(super) fn reference(&self) -> Option<&Id> {
        match &self.peer {
            PeerMatch::Group(group) => Some(group),
            _ => None,
        }
    }
}

/// What each rule of an interface's groups lets through in a direction, each rule once.
pub(super) fn lets(
    network: &Network,
    interface: Ix<NetworkInterface>,
    egress: bool,
    sets: &mut Diagrams,
) -> Vec<Lets> {
    let gate = network.security_groups(interface, egress);
    let mut found: IndexMap<At, Lets, FxBuildHasher> = IndexMap::default();
    for rule in gate.rules.iter().copied().flatten() {
        let RuleRef::SecurityGroup(group, position) = rule.origin else { continue };
        let mut lets = Lets {
            at: (group, position),
            peer: rule.matches.peer.clone(),
            traffic: all_of(network, &Match { peer: PeerMatch::Anyone, ..rule.matches.clone() }, sets),
            sets: [Set::EMPTY; 2],
            known: rule.action == RuleAction::Allow,
        };
        lets.sets = match lets.reference() {
            Some(_) => lets.traffic,
            None => all_of(network, &rule.matches, sets),
        };
        // A rule about a group that the export lacks comes twice, once as one that may match.
        match found.get_mut(&lets.at) {
            Some(known) => known.known &= lets.known,
            None => {
                found.insert(lets.at, lets);
            }
        }
    }
    found.into_values().collect()
}

fn all_of(network: &Network, matches: &Match, sets: &mut Diagrams) -> [Set; 2] {
    [Family::V4, Family::V6].map(|family| {
        let view = View::new(family, Leg::Request, Seen::Remote);
        // Whoever matches a reference has an address of the family.
        let addresses = Region::FULL.remote(0..=family.last_address());
        let regions = matches.regions(&view, network);
        sets.set_of(regions.iter().map(|region| region.intersect(&addresses)))
    })
}

/// The rule at a place.
pub(super) fn rule_at(network: &Network, (group, position): At) -> Option<&SecurityGroupRule> {
    network.model().security_groups.at(group).rules.get(position)
}

/// A rule as people say it: `sg-web in allow tcp 80 from 0.0.0.0/0`.
pub(super) fn text(network: &Network, at: At) -> String {
    let group = network.model().security_groups.at(at.0);
    let rule = rule_at(network, at);
    let way = if rule.is_some_and(|rule| rule.egress) { "out" } else { "in" };
    let rule = rule.map_or_else(String::new, |rule| group_rule_text(network, rule));
    format!("{} {way} {rule}", named(group))
}
