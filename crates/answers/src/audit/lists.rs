//! Network ACLs, entry by entry: what each takes of what it names, and which earlier entries take the rest.

use engine::{Leg, Network, RuleRef, Seen, Taken, View, cross};
use ipnet::IpNet;
use model::{Action, Ix, NetworkAcl, NetworkAclEntry, Subnet};
use rustc_hash::FxHashMap;
use space::{Diagrams, Family, Set};

use crate::explain::gates::named;

/// One direction of a list that guards some subnet.
pub(super) struct List {
    pub(super) acl: Ix<NetworkAcl>,
    pub(super) egress: bool,
    /// The subnets that it guards.
    pub(super) subnets: Vec<Ix<Subnet>>,
    /// Its entries without the final denies, in the order in which they are tried.
    pub(super) entries: Vec<Entry>,
}

/// An entry, over all packets of its family: the peer is the remote axis, the port that rules name the server's.
pub(super) struct Entry {
    /// Its position in the list.
    pub(super) position: usize,
    /// All that it names.
    pub(super) names: Set,
    /// What of that earlier entries leave to it.
    pub(super) takes: Set,
    /// The earlier entries that take the rest, by position, and what each takes.
    pub(super) before: Vec<(usize, Set)>,
}

/// The subnets that each list guards.
pub(super) fn guarded(network: &Network) -> FxHashMap<Ix<NetworkAcl>, Vec<Ix<Subnet>>> {
    let mut guarded: FxHashMap<Ix<NetworkAcl>, Vec<Ix<Subnet>>> = FxHashMap::default();
    for (subnet, _) in network.model().subnets.iter() {
        if let Some(acl) = network.resolved().network_acl_of(subnet).ix() {
            guarded.entry(acl).or_default().push(subnet);
        }
    }
    guarded
}

/// All lists that guard something and of which every entry is known.
pub(super) fn lists(network: &Network, sets: &mut Diagrams) -> Vec<List> {
    let guarded = guarded(network);
    let mut lists = Vec::new();
    for (acl, noun) in network.model().network_acls.iter().filter(|(_, noun)| !noun.incomplete) {
        let Some(subnets) = guarded.get(&acl) else { continue };
        for egress in [false, true] {
            let entries = entries(network, noun, subnets, egress, sets);
            lists.push(List { acl, egress, subnets: subnets.clone(), entries });
        }
    }
    lists
}

fn entries(
    network: &Network,
    noun: &NetworkAcl,
    subnets: &[Ix<Subnet>],
    egress: bool,
    sets: &mut Diagrams,
) -> Vec<Entry> {
    let gate = subnets.first().and_then(|subnet| network.network_acl(*subnet, egress));
    let Some((_, gate)) = gate else { return Vec::new() };
    let mut entries = Vec::new();
    for rule in gate.rules.iter().copied().flatten() {
        let RuleRef::NetworkAcl(_, position) = rule.origin else { continue };
        let Some(entry) = noun.entries.get(position).filter(|entry| !entry.is_star()) else { continue };
        let view = view(entry.cidr, Leg::Request);
        let names = sets.set_of(rule.matches.regions(&view, network));
        let mut log: Vec<Taken<Set>> = Vec::new();
        cross(&gate, &view, names, network, sets, &mut log);
        let (mut takes, mut before) = (Set::EMPTY, Vec::new());
        for taken in log {
            match taken.rule {
                Some(RuleRef::NetworkAcl(_, by)) if by == position => takes = taken.part,
                Some(RuleRef::NetworkAcl(_, by)) => before.push((by, taken.part)),
                _ => {}
            }
        }
        entries.push(Entry { position, names, takes, before });
    }
    entries
}

/// How a packet looks to a list when nothing is known of it but its family.
pub(super) fn view(cidr: IpNet, leg: Leg) -> View {
    View::new(Family::of(cidr.addr()), leg, Seen::Remote)
}

impl List {
    /// The list's noun.
    pub(super) fn noun<'n>(&self, network: &'n Network) -> &'n NetworkAcl {
        network.model().network_acls.at(self.acl)
    }

    /// The list with an entry, as people say it: `nacl-web in 200 deny tcp 22 from 0.0.0.0/0`.
    pub(super) fn text(&self, network: &Network, entry: &NetworkAclEntry) -> String {
        let way = if self.egress { "out" } else { "in" };
        format!("{} {way} {entry}", named(self.noun(network)))
    }

    /// What earlier entries that do this take of what an entry names.
    pub(super) fn taken_by(&self, network: &Network, entry: &Entry, action: Action) -> Vec<(usize, Set)> {
        let entries = &self.noun(network).entries;
        let does = |by: usize| entries.get(by).is_some_and(|other| other.action == action);
        entry.before.iter().filter(|(by, _)| does(*by)).copied().collect()
    }
}

/// Whether a list lets the same through in a direction in two networks.
pub(super) fn same(before: &Network, after: &Network, list: &List, sets: &mut Diagrams) -> bool {
    [Family::V4, Family::V6].into_iter().all(|family| {
        let [was, is] = [before, after].map(|network| passes(network, list, family, sets));
        was == is
    })
}

/// All packets of a family that a list lets through.
pub(super) fn passes(network: &Network, list: &List, family: Family, sets: &mut Diagrams) -> Set {
    let gate = list.subnets.first().and_then(|subnet| network.network_acl(*subnet, list.egress));
    let Some((_, gate)) = gate else { return Set::EMPTY };
    let view = View::new(family, Leg::Request, Seen::Remote);
    cross(&gate, &view, Set::FULL, network, sets, &mut ()).passed
}
