//! Security groups as gates: rules that only allow, in no order, all groups of an interface together (S1.1, S1.26);
//! and which flows they keep track of (S1.30 to S1.36).

use model::{Ix, NetworkInterface, Peer, PortRange, SecurityGroup, SecurityGroupRule, Traffic};
use space::{Family, Region, Space};

use super::{Crossing, Gate, Log, Rule, RuleAction, RuleRef, cross};
use crate::{Match, Network, PeerMatch, Seen, View};

/// The rules of one group, each direction apart; those that nobody can evaluate apart from the rest, since a rule
/// that allows makes one that may allow irrelevant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GroupRules {
    known: [Vec<Rule>; 2],
    unknown: [Vec<Rule>; 2],
}

impl GroupRules {
    /// Compiles a group.
    pub(crate) fn compile(
        ix: Ix<SecurityGroup>,
        group: &SecurityGroup,
        network: &model::Snapshot,
    ) -> GroupRules {
        let mut rules = GroupRules::default();
        for (position, rule) in group.rules.iter().enumerate() {
            let [known, unknown] = rules.direction(rule.egress);
            let origin = RuleRef::SecurityGroup(ix, position);
            if let Peer::Group(peer) = &rule.peer
                && network.security_groups.get(peer.as_str()).is_none()
            {
                let matches = Match { traffic: rule.traffic, peer: PeerMatch::Foreign };
                let reason = format!("security group `{peer}` and its members are not in the export");
                unknown.push(Rule { origin, matches, action: RuleAction::Unknown(reason) });
            }
            match peers(rule, network) {
                Ok(peer) => {
                    let matches = Match { traffic: rule.traffic, peer };
                    known.push(Rule { origin, matches, action: RuleAction::Allow });
                }
                Err(reason) => {
                    let matches = Match { traffic: rule.traffic, peer: PeerMatch::Anyone };
                    unknown.push(Rule { origin, matches, action: RuleAction::Unknown(reason) });
                }
            }
        }
        if group.incomplete {
            for egress in [false, true] {
                let reason = format!("a rule of security group `{}` could not be read", group.id);
                rules.direction(egress)[1].push(missing(reason));
            }
        }
        rules
    }

    fn direction(&mut self, egress: bool) -> [&mut Vec<Rule>; 2] {
        let [known_in, known_out] = &mut self.known;
        let [unknown_in, unknown_out] = &mut self.unknown;
        if egress { [known_out, unknown_out] } else { [known_in, unknown_in] }
    }

    pub(crate) fn known(&self, egress: bool) -> &[Rule] {
        let [ingress, out] = &self.known;
        if egress { out } else { ingress }
    }

    pub(crate) fn unknown(&self, egress: bool) -> &[Rule] {
        let [ingress, out] = &self.unknown;
        if egress { out } else { ingress }
    }
}

/// A rule that may allow anything: for what the export lacks.
pub(crate) fn missing(reason: String) -> Rule {
    let matches = Match { traffic: Traffic::All, peer: PeerMatch::Anyone };
    Rule { origin: RuleRef::Missing, matches, action: RuleAction::Unknown(reason) }
}

/// Whom a rule names, or why nobody can say.
fn peers(rule: &SecurityGroupRule, snapshot: &model::Snapshot) -> Result<PeerMatch, String> {
    match &rule.peer {
        Peer::Cidr(cidr) => Ok(PeerMatch::Blocks(vec![*cidr])),
        Peer::Group(group) => Ok(PeerMatch::Group(group.clone())),
        Peer::PrefixList(list) => match snapshot.prefix_lists.get(list.as_str()) {
            None => Err(format!("prefix list `{list}` is not in the export")),
            Some(noun) => match &noun.entries {
                None => Err(format!("the entries of prefix list `{list}` are not in the export")),
                Some(entries) => Ok(PeerMatch::Blocks(entries.iter().map(|entry| entry.cidr).collect())),
            },
        },
    }
}

/// What all groups of an interface together do with a flow. From an address that nobody knows, what some address could
/// get in by is not known to get in (S12.12).
pub(crate) fn cross_groups<S: Space>(
    network: &Network,
    interface: Ix<NetworkInterface>,
    egress: bool,
    view: &View,
    flow: S,
    arena: &mut S::Arena,
    log: &mut impl Log<S>,
) -> Crossing<S> {
    let gate = network.security_groups(interface, egress);
    let Crossing { passed, unknown } = cross(&gate, view, flow, network, arena, log);
    match view.peer {
        Seen::Unknown => Crossing { passed: S::nothing(), unknown: passed.join(unknown, arena) },
        _ => Crossing { passed, unknown },
    }
}

/// The part of an admitted flow that the interface's groups do not keep track of (S1.32): TCP or UDP, admitted by a
/// rule for the whole family, where the other direction lets the responses of the whole family out on all ports.
/// `egress` is the direction in which the flow was first seen. Paths that are tracked whatever the rules (S1.34) are
/// the caller's business.
pub fn untracked<S: Space>(
    network: &Network,
    interface: Ix<NetworkInterface>,
    egress: bool,
    view: &View,
    admitted: S,
    arena: &mut S::Arena,
) -> S {
    let whole_family = |rule: &SecurityGroupRule| match &rule.peer {
        Peer::Cidr(cidr) => cidr.prefix_len() == 0 && Family::of(cidr.addr()) == view.family,
        _ => false,
    };
    let rules = |direction: bool| {
        let groups = network.resolved().groups_of(interface).iter();
        let nouns = groups.map(|&group| network.model().security_groups.at(group));
        nouns
            .flat_map(|group| &group.rules)
            .filter(move |rule| rule.egress == direction && whole_family(rule))
    };
    let mut untracked = S::nothing();
    // ICMP (S1.33) and protocols without ports (S1.31) are always tracked.
    for (number, of_protocol) in
        [(6, Traffic::Tcp as fn(PortRange) -> Traffic), (17, Traffic::Udp as fn(PortRange) -> Traffic)]
    {
        let responses_open =
            rules(!egress).any(|rule| [Traffic::All, of_protocol(PortRange::ALL)].contains(&rule.traffic));
        if !responses_open {
            continue;
        }
        let (mut rest, _) = admitted.clone().split(&Region::FULL.protocol(number), arena);
        for rule in rules(egress) {
            let matches = Match { traffic: rule.traffic, peer: PeerMatch::Anyone };
            for region in matches.regions(view, network) {
                let (inside, outside) = rest.split(&region, arena);
                untracked = untracked.join(inside, arena);
                rest = outside;
            }
        }
    }
    untracked
}

impl Network {
    /// The gate of an interface's groups, in or out (S1.26). An interface of a service that takes no groups, such as a
    /// NAT gateway's, has no such gate.
    pub fn security_groups(&self, interface: Ix<NetworkInterface>, egress: bool) -> Gate<'_> {
        let groups = self.resolved().groups_of(interface);
        let rules = || groups.iter().filter_map(|&group| self.group_rules(group));
        let mut pieces: Vec<&[Rule]> = rules().map(|rules| rules.known(egress)).collect();
        pieces.extend(rules().map(|rules| rules.unknown(egress)));
        if let Some(missing) = self.missing_groups(interface) {
            pieces.push(missing);
        }
        Gate { rules: pieces }
    }
}
