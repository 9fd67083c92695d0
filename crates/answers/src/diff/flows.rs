//! Flows for people: pairs of which the same is said, with what makes them differ, gathered from lines.

use engine::Network;
use engine::reach::{is_end, primary_addresses};
use indexmap::IndexMap;
use model::{Differing, Ix, NetworkInterface, Noun};
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use space::{Diagrams, Family, Set};

use super::Both;
use super::causes::{Pair, causes, doubts};
use super::data::{Change, Difference, Edited, EndsOfFlow, Flow, Service, Verdict};
use super::ends::{Joint, Member, PartIx};
use super::live::live;
use super::rows::{Beyond, Changed, Line};
use super::said::{Piece, pieces};
use super::surface::surface;
use crate::reach::Labels;

/// What is said of one line, of those that were gathered.
type Said = (usize, usize);

/// A flow before it has names.
#[derive(Debug, Clone)]
struct Draft {
    change: Change,
    from: Vec<PartIx>,
    from_internet: bool,
    to: Vec<PartIx>,
    to_internet: bool,
    /// The positions of lines, and of what is said of each.
    said: Vec<Said>,
    pairs: u64,
}

/// The answer.
pub(super) fn difference(
    networks: Both<&Network>,
    joint: &Joint,
    edits: Vec<Differing>,
    mut sets: Diagrams,
    lines: Vec<Line>,
) -> Difference {
    let configuration = edits.iter().map(|edit| Edited::of(edit, name_of_edit(networks, edit).as_deref()));
    let changed: u64 = lines.iter().map(|line| line.pairs(joint)).sum();
    let mut difference = Difference {
        verdict: if lines.is_empty() { Verdict::Refactor } else { Verdict::Changed },
        configuration: configuration.collect(),
        flows: Vec::new(),
        same: pairs(networks, joint).saturating_sub(changed),
        broken: Vec::new(),
        surface: surface(networks, joint, &reached(&lines)),
    };
    if lines.is_empty() {
        return difference;
    }
    let mut known: FxHashMap<Changed, Vec<Piece>> = FxHashMap::default();
    for line in &lines {
        known.entry(line.changed).or_insert_with(|| pieces(&line.changed, &mut sets));
    }
    let said: Vec<&[Piece]> =
        lines.iter().map(|line| known.get(&line.changed).map_or(&[][..], Vec::as_slice)).collect();
    let piece = |(line, piece): Said| said.get(line).and_then(|pieces| pieces.get(piece));
    let drafts = gather(joint, &lines, &said);
    let labels = networks.map(Labels::of);
    let telling = Telling { networks, joint, lines: &lines, labels: &labels, shared: &sets };
    difference.flows = drafts.par_iter().map(|draft| telling.flow(draft, &piece)).collect();
    difference.flows.sort_by(|a, b| {
        let key = |flow: &Flow| {
            (!flow.from.internet, flow.change, !flow.to.internet, std::cmp::Reverse(flow.pairs))
        };
        key(a).cmp(&key(b)).then_with(|| (&a.from.name, &a.to.name).cmp(&(&b.from.name, &b.to.name)))
    });
    difference
}

/// How many pairs of ends there are in either network, with the internet on either side.
fn pairs(networks: Both<&Network>, joint: &Joint) -> u64 {
    let earlier = count_ends(networks.old);
    let of_family = |family: Family| -> u64 {
        let count = |only: fn(&Member) -> bool| -> u64 {
            let parts = joint.parts.iter().filter(|part| part.family == family);
            parts.map(|part| part.members.iter().filter(|member| only(member)).count() as u64).sum()
        };
        // One that is gone and one that is new have never met. Where interfaces differ, all of them are looked at.
        let (gone, new) = (count(|member| member.new.is_none()), count(|member| member.old.is_none()));
        let all = new + earlier.get(usize::from(family == Family::V6)).copied().unwrap_or_default();
        all * all.saturating_sub(1) + 2 * all - 2 * gone * new
    };
    [Family::V4, Family::V6].into_iter().map(of_family).sum()
}

/// The ends of a network in IPv4 and in IPv6.
fn count_ends(network: &Network) -> [u64; 2] {
    let interfaces = network.model().network_interfaces.values().filter(|noun| is_end(noun));
    interfaces.flat_map(primary_addresses).fold([0, 0], |[v4, v6], address| match Family::of(address) {
        Family::V4 => [v4 + 1, v6],
        Family::V6 => [v4, v6 + 1],
    })
}

/// The ends to which flows from the internet differ.
fn reached(lines: &[Line]) -> Vec<PartIx> {
    let from_internet = lines.iter().filter(|line| line.changed.beyond == Beyond::Client);
    let mut found: Vec<PartIx> = from_internet.flat_map(|line| &line.servers).copied().collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Lines with the same ends on one side, and of which the same is said, as one; both families of the same ends too.
fn gather(joint: &Joint, lines: &[Line], said: &[&[Piece]]) -> Vec<Draft> {
    let words = |draft: &Draft| -> Vec<String> {
        let pieces = draft.said.iter().filter_map(|(line, piece)| said.get(*line)?.get(*piece));
        let mut words: Vec<String> = pieces.map(|piece| format!("{:?}", piece.services)).collect();
        words.sort_unstable();
        words.dedup();
        words
    };
    let drafts = lines.iter().enumerate().flat_map(|(position, line)| {
        let pieces = said.get(position).copied().unwrap_or_default();
        pieces.iter().enumerate().map(move |(piece, of)| Draft {
            change: of.change,
            from: line.clients.clone(),
            from_internet: line.from_internet,
            to: line.servers.clone(),
            to_internet: line.to_internet,
            said: vec![(position, piece)],
            pairs: line.pairs(joint),
        })
    });
    let drafts = merged(drafts, |draft| (words(draft), Vec::new(), draft.to.clone()));
    let drafts = merged(drafts, |draft| (words(draft), draft.from.clone(), Vec::new()));
    let who = |parts: &[PartIx]| -> Vec<u32> {
        let members = parts.iter().filter_map(|ix| joint.part(*ix)).flat_map(|part| &part.members);
        let mut all: Vec<u32> = members.map(number).collect();
        all.sort_unstable();
        all
    };
    // Of both families of the same ends, whatever is said of each.
    merged(drafts, |draft| (Vec::new(), who(&draft.from), who(&draft.to))).collect()
}

/// A number that is an interface's own: even for those of the later network, odd for those that are gone.
fn number(member: &Member) -> u32 {
    let position = |end: model::Holder| u32::try_from(end.interface.position()).unwrap_or(u32::MAX / 2);
    match (member.new, member.old) {
        (Some(end), _) => position(end).saturating_mul(2),
        (None, Some(end)) => position(end).saturating_mul(2).saturating_add(1),
        (None, None) => u32::MAX,
    }
}

/// What is said, the clients and the servers: what tells drafts apart, beside their change.
type Key = (Vec<String>, Vec<u32>, Vec<u32>);

fn merged(drafts: impl Iterator<Item = Draft>, key: impl Fn(&Draft) -> Key) -> impl Iterator<Item = Draft> {
    let mut found: IndexMap<(Change, bool, bool, Key), Draft, FxBuildHasher> = IndexMap::default();
    for draft in drafts {
        match found.entry((draft.change, draft.from_internet, draft.to_internet, key(&draft))) {
            indexmap::map::Entry::Vacant(place) => {
                place.insert(draft);
            }
            indexmap::map::Entry::Occupied(mut kept) => {
                let kept = kept.get_mut();
                kept.from.extend(draft.from);
                kept.to.extend(draft.to);
                kept.said.extend(draft.said);
                kept.pairs += draft.pairs;
                for list in [&mut kept.from, &mut kept.to] {
                    list.sort_unstable();
                    list.dedup();
                }
            }
        }
    }
    found.into_values()
}

/// Gives drafts names, causes, and what becomes of open connections.
struct Telling<'a> {
    networks: Both<&'a Network>,
    joint: &'a Joint,
    lines: &'a [Line],
    labels: &'a Both<Labels<'a>>,
    shared: &'a Diagrams,
}

impl Telling<'_> {
    fn flow<'p>(&self, draft: &Draft, piece: &dyn Fn(Said) -> Option<&'p Piece>) -> Flow {
        let pieces = || draft.said.iter().filter_map(|said| Some((said.0, piece(*said)?)));
        let (mut sets, mut copies) = (Diagrams::new(), FxHashMap::default());
        let mut copy = |set: Set| sets.copy(self.shared, set, &mut copies);
        let parts: Vec<(usize, [Set; 3])> = pieces()
            .map(|(line, piece)| (line, [piece.won, piece.lost, piece.asked].map(&mut copy)))
            .collect();
        let mut found = Vec::new();
        // One pair of each family stands for the others.
        for family in [Family::V4, Family::V6] {
            let of_family = |(line, _): &&(usize, [Set; 3])| {
                self.lines.get(*line).is_some_and(|line| line.changed.family == family)
            };
            let first = parts.iter().find(of_family);
            let Some((line, [won, lost, asked])) = first else { continue };
            let Some(pair) = self.lines.get(*line).and_then(|line| self.pairs(line).next()) else { continue };
            if *won != Set::EMPTY {
                found.extend(causes(self.networks, &pair, *won, true, &mut sets));
            }
            if *lost != Set::EMPTY {
                found.extend(causes(self.networks, &pair, *lost, false, &mut sets));
            }
            if draft.change == Change::Undecided {
                found.extend(doubts(self.networks, &pair, *asked, &mut sets));
            }
        }
        let mut seen = FxHashSet::default();
        found.retain(|cause| seen.insert(cause.clone()));
        found.sort_by_key(|cause| cause.sign);
        let with_lost = parts.iter().filter_map(|(line, [_, lost, _])| Some((self.lines.get(*line)?, *lost)));
        let open = with_lost.flat_map(|(line, lost)| self.pairs(line).map(move |pair| (pair, lost)));
        let live = live(self.networks, open, &mut sets);
        let closed = draft.change == Change::Closes;
        Flow {
            change: draft.change,
            from: self.ends(&draft.from, draft.from_internet, closed),
            to: self.ends(&draft.to, draft.to_internet, closed),
            pairs: draft.pairs,
            services: services(pieces().map(|(_, piece)| piece)),
            causes: found,
            opens: pieces().any(|(_, piece)| piece.won != Set::EMPTY),
            closes: pieces().any(|(_, piece)| piece.lost != Set::EMPTY),
            may_open: pieces().any(|(_, piece)| piece.may_open),
            may_close: pieces().any(|(_, piece)| piece.may_close),
            live,
            breaks: Vec::new(),
        }
    }

    /// A pair of each two parts of a line: nothing tells the others apart from it.
    fn pairs<'l>(&'l self, line: &'l Line) -> impl Iterator<Item = Pair> + 'l {
        let family = line.changed.family;
        let ends = |parts: &'l [PartIx], internet: bool| {
            let parts = parts.iter().filter_map(|ix| self.joint.part(*ix)).map(|part| Some(&part.members));
            parts.chain(internet.then_some(None))
        };
        ends(&line.clients, line.from_internet).flat_map(move |clients| {
            ends(&line.servers, line.to_internet).filter_map(move |servers| {
                let (client, server) = match (clients, servers) {
                    (Some(clients), Some(servers)) => {
                        let pairs = clients
                            .iter()
                            .take(2)
                            .flat_map(|client| servers.iter().take(2).map(move |server| (*client, *server)));
                        let (client, server) =
                            pairs.into_iter().find(|(client, server)| number(client) != number(server))?;
                        (Some(client), Some(server))
                    }
                    (clients, servers) => (
                        clients.and_then(|all| all.first()).copied(),
                        servers.and_then(|all| all.first()).copied(),
                    ),
                };
                Some(Pair { family, client, server })
            })
        })
    }

    /// One side in the words of the network that has it: of the earlier one for what closes.
    fn ends(&self, parts: &[PartIx], internet: bool, closed: bool) -> EndsOfFlow {
        let members = || parts.iter().filter_map(|ix| self.joint.part(*ix)).flat_map(|part| &part.members);
        let in_network = |later: bool| -> Vec<Ix<NetworkInterface>> {
            let mut all: Vec<_> =
                members().filter_map(|member| *member.of(later)).map(|end| end.interface).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let of = Both { old: in_network(false), new: in_network(true) };
        let only = |one: fn(&Member) -> Option<Ix<NetworkInterface>>| -> Vec<Ix<NetworkInterface>> {
            let mut all: Vec<_> = members().filter_map(one).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let gone = only(|member| member.old.filter(|_| member.new.is_none()).map(|end| end.interface));
        let new = only(|member| member.new.filter(|_| member.old.is_none()).map(|end| end.interface));
        let name = match (gone.is_empty(), new.is_empty()) {
            (_, true) if closed || !gone.is_empty() => self.labels.old.side(&of.old, internet),
            (true, _) => self.labels.new.side(&of.new, internet),
            (false, false) => {
                let gone = self.labels.old.side(&gone, false);
                format!("{}, {gone}", self.labels.new.side(&of.new, internet))
            }
            (false, true) => self.labels.old.side(&of.old, internet),
        };
        let id = |later: bool, ix: &Ix<NetworkInterface>| {
            self.networks.of(later).model().network_interfaces.at(*ix).id.to_string()
        };
        let interfaces = of.new.iter().map(|ix| id(true, ix)).chain(gone.iter().map(|ix| id(false, ix)));
        EndsOfFlow { name, interfaces: interfaces.collect(), internet, new: new.len(), gone: gone.len() }
    }
}

/// All services of some pieces, each once: those of which the same is said in both families as one.
fn services<'p>(pieces: impl Iterator<Item = &'p Piece>) -> Vec<Service> {
    let mut found: Vec<Service> = Vec::new();
    for service in pieces.flat_map(|piece| &piece.services) {
        let in_family = |known: &Service| Service { families: service.families.clone(), ..known.clone() };
        match found.iter_mut().find(|known| in_family(known) == *service) {
            None => found.push(service.clone()),
            Some(known) => {
                known.families.extend(&service.families);
                known.families.sort_unstable();
                known.families.dedup();
            }
        }
    }
    found.sort_by_key(|service| service.what);
    found
}

/// The name of a noun that differs, by the kinds that people name.
fn name_of_edit(networks: Both<&Network>, edit: &Differing) -> Option<String> {
    let id = edit.id.as_str();
    let of = |network: &Network| -> Option<String> {
        let model = network.model();
        fn name<T: Noun>(noun: Option<&T>) -> Option<String> {
            noun.and_then(Noun::name).map(str::to_owned)
        }
        match edit.kind {
            "VPC" => name(model.vpcs.get(id)),
            "subnet" => name(model.subnets.get(id)),
            "security group" => name(model.security_groups.get(id)),
            "network ACL" => name(model.network_acls.get(id)),
            "route table" => name(model.route_tables.get(id)),
            "prefix list" => name(model.prefix_lists.get(id)),
            "instance" => name(model.instances.get(id)),
            "load balancer" => name(model.load_balancers.get(id)),
            "target group" => name(model.target_groups.get(id)),
            "network interface" => {
                model.network_interfaces.ix(id).map(|ix| crate::ends::name_of(network, ix))
            }
            _ => None,
        }
    };
    of(networks.new).or_else(|| of(networks.old))
}
