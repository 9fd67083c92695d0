//! Whether the new groups and lists let through what is declared and nothing else, asked of the engine.

use engine::{Checkpoint, Network, Verdict, Way};
use model::{Id, Ix, NetworkInterface};
use rustc_hash::FxHashMap;
use space::{Diagrams, Family, Field, Region, Set};

use super::flows::Flows;
use super::roles::Roles;
use crate::explain::AskedPair;
use crate::reach::{Found, Judged, Matrix, Party, Query, ServiceShare};

/// What the engine says of the network with the new groups and lists.
#[derive(Debug, Default, PartialEq)]
pub struct Proof {
    /// How many pairs of ends the declared lines mean.
    pub pairs: usize,
    /// Lines that do not work in full even so: what is in their way is no rule of a group or a list.
    pub unmet: Vec<Unmet>,
    /// What passes from or to an interface with a new group, and no line declares.
    pub undeclared: Vec<Passage>,
}

impl Proof {
    /// Whether what passes is what is declared.
    pub fn holds(&self) -> bool {
        self.unmet.is_empty() && self.undeclared.is_empty()
    }
}

/// A line of which not everything works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmet {
    /// Its position.
    pub line: usize,
    /// How many of its pairs do not work in full.
    pub pairs: usize,
    /// What would be said of them if groups and lists let everything through; undecided if that is said of one.
    pub verdict: Verdict,
}

/// What passes from a client to a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// The client; `None` is the internet.
    pub client: Option<Id>,
    /// The server, likewise.
    pub server: Option<Id>,
    /// The family.
    pub family: Family,
    /// What passes.
    pub services: Vec<ServiceShare>,
    /// What may pass: nobody can say from the export.
    pub may_pass: Vec<ServiceShare>,
}

/// What each pair of ends may talk about, each family apart.
pub(super) type Allowed = FxHashMap<(Party, Party, Family), Set>;

/// The proof, and what it takes for declared.
pub(super) fn of(
    after: &Network,
    opened: &Network,
    flows: &Flows,
    roles: &Roles,
    sets: &mut Diagrams,
) -> (Proof, Allowed) {
    let mut proof = Proof::default();
    let mut allowed = Allowed::default();
    for (line, of_line) in flows.lines.iter().enumerate() {
        let (mut failing, mut verdict) = (0, Verdict::Blocked);
        for pair in &of_line.pairs {
            let judgement = engine::judge(after, &pair.flow, pair.asked, sets);
            allow(&mut allowed, key(pair), pair.asked, sets);
            for trip in &judgement.trips {
                allow_on_the_way(&mut allowed, &trip.request, pair.flow.family, sets);
            }
            if judgement.works != pair.asked {
                failing += 1;
                let best = engine::judge(opened, &pair.flow, pair.asked, sets);
                let of_pair = best.verdict(sets);
                verdict = worse(verdict, of_pair, failing == 1);
            }
        }
        proof.pairs += of_line.pairs.len();
        if failing > 0 {
            proof.unmet.push(Unmet { line, pairs: failing, verdict });
        }
    }
    proof.undeclared = undeclared(after, roles, &allowed, sets);
    (proof, allowed)
}

/// What is said of several pairs that do not all work.
fn worse(known: Verdict, of_pair: Verdict, is_first: bool) -> Verdict {
    match (known, of_pair) {
        _ if is_first => of_pair,
        (Verdict::Undecided, _) | (_, Verdict::Undecided) => Verdict::Undecided,
        (a, b) if a == b => a,
        _ => Verdict::Partial,
    }
}

fn key(pair: &AskedPair) -> (Party, Party, Family) {
    let party = |held: Option<crate::ends::Held>| {
        held.map_or(Party::Internet, |held| Party::Interface(held.holder.interface))
    };
    (party(pair.client), party(pair.server), pair.flow.family)
}

fn allow(allowed: &mut Allowed, key: (Party, Party, Family), what: Set, sets: &mut Diagrams) {
    let known = allowed.entry(key).or_insert(Set::EMPTY);
    *known = sets.union(*known, what);
}

/// What groups on the way have to let in, they let in whatever it is for: at a target what its load balancer sends, at
/// an instance that translates or inspects what its clients send through it.
fn allow_on_the_way(allowed: &mut Allowed, request: &Way<Set>, family: Family, sets: &mut Diagrams) {
    let protocols = sets.ranges(request.flow, Field::Protocol);
    let ports = sets.ranges(request.flow, Field::Server);
    let remotes = sets.ranges(request.flow, Field::Remote);
    for hop in &request.hops {
        let Checkpoint::SecurityGroups { interface, egress: false } = hop.checkpoint else { continue };
        let source = hop.header.source.interface().map_or(Party::Internet, Party::Interface);
        // A reference to the groups of a load balancer lets in its nodes' own packets too (S1.23).
        let from = [Some(source), hop.header.through.map(Party::Interface)].into_iter().flatten();
        for protocol in &protocols {
            let of_protocol = Region::FULL.with(Field::Protocol, protocol.clone());
            let regions = match hop.header.ports.server {
                Some(port) => vec![of_protocol.server(port..=port)],
                None => {
                    let of_port = |range: &std::ops::RangeInclusive<u128>| {
                        of_protocol.clone().with(Field::Server, range.clone())
                    };
                    ports.iter().map(of_port).collect()
                }
            };
            for region in regions {
                let whole = sets.region(&region);
                // Of those beyond the network only who was declared.
                let of_remote = |remote: &std::ops::RangeInclusive<u128>| {
                    region.clone().with(Field::Remote, remote.clone())
                };
                let of_remotes = sets.set_of(remotes.iter().map(of_remote));
                for from in from.clone() {
                    let set = if from == Party::Internet { of_remotes } else { whole };
                    allow(allowed, (from, Party::Interface(interface), family), set, sets);
                }
            }
        }
    }
}

fn undeclared(after: &Network, roles: &Roles, allowed: &Allowed, sets: &Diagrams) -> Vec<Passage> {
    let mut matrix = Matrix::of(after, Query::everything(after), &|_, _| {});
    let guarded = |party: Party| match party {
        Party::Interface(interface) => roles.role_of(interface).is_some(),
        Party::Internet => false,
    };
    let pairs: Vec<(Party, Party, usize)> = matrix
        .pairs()
        .filter(|pair| guarded(pair.client) || guarded(pair.server))
        .map(|pair| (pair.client, pair.server, pair.judged))
        .collect();
    let mut copies = FxHashMap::default();
    let mut found = Vec::new();
    for (client, server, judged) in pairs {
        let Some(Judged { family, beyond, asked, works, unknown, .. }) = matrix.judged.get(judged).cloned()
        else {
            continue;
        };
        let declared = allowed.get(&(client, server, family)).copied().unwrap_or(Set::EMPTY);
        let declared = matrix.sets.copy(sets, declared, &mut copies);
        let [extra, doubtful] = [works, unknown].map(|set| matrix.sets.subtract(set, declared));
        if extra == Set::EMPTY && doubtful == Set::EMPTY {
            continue;
        }
        let says = Found::of(family, beyond, asked, extra, doubtful, &mut matrix.sets).judged(&matrix.sets);
        let id = |party: Party| match party {
            Party::Interface(interface) => Some(id_of(after, interface)),
            Party::Internet => None,
        };
        let (client, server) = (id(client), id(server));
        let (services, may_pass) = (says.services, says.may_work);
        found.push(Passage { client, server, family, services, may_pass });
    }
    found
}

pub(super) fn id_of(network: &Network, interface: Ix<NetworkInterface>) -> Id {
    network.model().network_interfaces.at(interface).id.clone()
}
