//! One class of interfaces: what the internet reaches of it, service by service.

use std::ops::RangeInclusive;

use engine::{Cause, Checkpoint, Door, Flow, Leg, Network, RoundTrip, RuleAction, Server, Way};
use indexmap::IndexMap;
use model::Holder;
use rustc_hash::{FxBuildHasher, FxHashMap};
use space::{Diagrams, Family, Field, Region, Set, prefixes};

use super::admitting::admitting;
use super::behind::{Sent, sent_on};
use super::data::{Finding, From, Grade, MOST_BLOCKS, Stop, Surface};
use super::slices::{Boxes, Slice, count, services, slices};
use super::stops::{Crossed, NO_RULE, blockers, not_by_the_internet, stops, why, within};
use crate::explain::causes::reason;
use crate::explain::{RuleUse, words};

/// What holds for each member of a class.
pub(super) struct Answer {
    /// What was found, of nobody yet.
    pub(super) findings: Vec<Finding>,
    /// The surface of one member.
    pub(super) surface: Surface,
    /// What load balancers send on.
    pub(super) sent: Vec<Sent>,
    /// Why nothing is reached, if nothing is: the causes in the order of the way.
    pub(super) unreachable: Vec<String>,
}

/// A way there and the ways back.
pub(super) struct Trip<'j> {
    pub(super) round: &'j RoundTrip<Set>,
    /// Not over an internet gateway: then it is no way of the internet, whatever the client's address.
    private: bool,
    /// What the interface's own groups let in, or may.
    admitted: Set,
    /// Where on the way these groups are.
    groups: Option<usize>,
}

impl<'j> Trip<'j> {
    fn of(network: &Network, holder: Holder, round: &'j RoundTrip<Set>, sets: &mut Diagrams) -> Trip<'j> {
        let request = &round.request;
        let door = request.relays.first().map_or(request.door, |relay| relay.door);
        let private = matches!(door, Door::VpnGateway(_) | Door::TransitGateway(_) | Door::Other);
        let own = Checkpoint::SecurityGroups { interface: holder.interface, egress: false };
        let groups = request.hops.iter().position(|hop| hop.checkpoint == own);
        let admitted = match groups.and_then(|position| request.hops.get(position)) {
            // What its service sends is not what the internet sends.
            Some(hop) if hop.cause == Cause::FromService => Set::EMPTY,
            Some(hop) => sets.union(hop.crossing.passed, hop.crossing.unknown),
            None if network.has_security_groups(holder.interface) => Set::EMPTY,
            None => request.flow,
        };
        let admitted = sets.intersect(admitted, request.flow);
        Trip { round, private, admitted, groups }
    }

    /// The checkpoints there, without the interface's own groups.
    fn there(&self) -> Vec<Crossed<'j>> {
        let hops = self.round.request.hops.iter().enumerate();
        let others = hops.filter(|(position, _)| Some(*position) != self.groups);
        others.map(|(_, hop)| Crossed { hop, leg: Leg::Request }).collect()
    }
}

/// Answers for one class by one of its members.
pub(super) fn of_class(
    network: &Network,
    holder: Holder,
    asked: Set,
    sets: &mut Diagrams,
    known: &mut Known,
) -> Answer {
    asking(network, holder, asked, sets, known, |class| class.answer())
}

/// What one member of a class adds to the surface, without words for it.
pub(super) fn surface_of_class(
    network: &Network,
    holder: Holder,
    asked: Set,
    sets: &mut Diagrams,
    known: &mut Known,
) -> Surface {
    asking(network, holder, asked, sets, known, |class| class.surface())
}

fn asking<R>(
    network: &Network,
    holder: Holder,
    asked: Set,
    sets: &mut Diagrams,
    known: &mut Known,
    answer: fn(&mut Class<'_>) -> R,
) -> R {
    let family = Family::of(holder.address);
    let flow = Flow { family, client: None, server: Server::Public(holder) };
    let judgement = engine::judge(network, &flow, asked, sets);
    let trips: Vec<Trip<'_>> =
        judgement.trips.iter().map(|round| Trip::of(network, holder, round, sets)).collect();
    answer(&mut Class { network, family, asked, trips: &trips, sets, known })
}

/// What was found out about sets that classes have in common: those of the internet have as many ranges of addresses as
/// the network has VPCs.
#[derive(Debug, Default)]
pub(super) struct Known {
    boxes: Boxes,
    remotes: FxHashMap<Set, Vec<RangeInclusive<u128>>>,
    /// All connections from the clients of a set.
    from_clients: FxHashMap<Set, Set>,
    from: FxHashMap<(Set, Set), From>,
}

impl Known {
    /// The addresses of the clients of a set.
    fn remotes(&mut self, sets: &Diagrams, set: Set) -> &[RangeInclusive<u128>] {
        self.remotes.entry(set).or_insert_with(|| sets.ranges(set, Field::Remote))
    }
}

/// What becomes of some connections.
struct Fate {
    /// What there is of them over internet gateways.
    asked: Set,
    works: Set,
    unknown: Set,
    /// What the interface's own groups let in, over whatever way.
    admitted: Set,
}

/// Connections that work, by how their clients fare.
struct Reached {
    /// Those of clients of which all that is asked works.
    full: Set,
    /// Those of the other clients.
    part: Set,
    /// All that the clients of `part` ask.
    asked_by_part: Set,
}

/// Slices by their grade, as far as the surface counts them.
#[derive(Default)]
struct Graded {
    reached: Vec<Slice>,
    partial: Vec<Slice>,
    undecided: Vec<Slice>,
}

impl Graded {
    fn add(&mut self, slice: Slice, grade: Option<Grade>) {
        match grade {
            Some(Grade::Exposed) => self.reached.push(slice),
            Some(Grade::Partial) => self.partial.push(slice),
            Some(Grade::Undecided) => self.undecided.push(slice),
            Some(Grade::Latent) | None => {}
        }
    }

    fn surface(&self) -> Surface {
        let reached = count(&self.reached);
        let partial = count(&[self.reached.clone(), self.partial.clone()].concat()) - reached;
        Surface { pairs: reached + partial, partial, undecided: count(&self.undecided) }
    }
}

/// The grading of one class.
struct Class<'a> {
    network: &'a Network,
    family: Family,
    asked: Set,
    trips: &'a [Trip<'a>],
    sets: &'a mut Diagrams,
    known: &'a mut Known,
}

impl Class<'_> {
    fn answer(&mut self) -> Answer {
        let mut found: IndexMap<String, (Finding, Vec<Slice>), FxBuildHasher> = IndexMap::default();
        let mut graded = Graded::default();
        let mut nothing_there = None;
        for slice in self.slices() {
            let of = slice.set(self.sets);
            let findings = self.of_slice(of, &mut nothing_there);
            graded.add(slice, findings.iter().map(|finding| finding.grade).min());
            for finding in findings {
                // What holds alike for several services is said once.
                let entry = found.entry(format!("{finding:?}"));
                entry.or_insert_with(|| (finding, Vec::new())).1.push(slice);
            }
        }
        let sent =
            sent_on(self.network, self.family, self.trips, &graded.reached, &graded.partial, self.sets);
        let surface = graded.surface();
        let unreachable = match (found.is_empty(), nothing_there) {
            (false, _) => Vec::new(),
            (true, Some(why)) => vec![why],
            (true, None) => self.first_causes(),
        };
        let findings = found.into_values().map(|(mut finding, slices)| {
            finding.services = services(&slices, self.family);
            finding.ports = count(&slices);
            finding
        });
        Answer { findings: findings.collect(), surface, sent, unreachable }
    }

    fn surface(&mut self) -> Surface {
        let mut graded = Graded::default();
        for slice in self.slices() {
            let of = slice.set(self.sets);
            let fate = self.fate(of);
            let grade = match fate {
                Fate { works, .. } if works != Set::EMPTY => match self.by_client(&fate).full {
                    Set::EMPTY => Some(Grade::Partial),
                    _ => Some(Grade::Exposed),
                },
                Fate { unknown, .. } if unknown != Set::EMPTY => Some(Grade::Undecided),
                _ => None,
            };
            graded.add(slice, grade);
        }
        graded.surface()
    }

    /// The services that no gate on any way tells apart.
    fn slices(&mut self) -> Vec<Slice> {
        let mut by = Vec::new();
        for trip in self.trips {
            let round = trip.round;
            by.extend([round.works, round.unknown, trip.admitted, round.request.flow]);
            let replies = round.replies.iter();
            let ways = std::iter::once(&round.request).chain(replies);
            for (way, hop) in ways.flat_map(|way| way.hops.iter().map(move |hop| (way, hop))) {
                let sets = [hop.crossing.passed, hop.crossing.unknown];
                by.extend(sets.into_iter().filter(|set| *set != way.flow));
            }
        }
        slices(self.sets, &mut self.known.boxes, self.asked, &by)
    }

    /// What becomes of one slice of services.
    fn fate(&mut self, slice: Set) -> Fate {
        let (mut asked, mut works, mut unknown, mut admitted) =
            (Set::EMPTY, Set::EMPTY, Set::EMPTY, Set::EMPTY);
        for trip in self.trips {
            admitted = self.sets.union(admitted, trip.admitted);
            if !trip.private {
                asked = self.sets.union(asked, trip.round.request.flow);
                works = self.sets.union(works, trip.round.works);
                unknown = self.sets.union(unknown, trip.round.unknown);
            }
        }
        let [asked, works, unknown, admitted] =
            [asked, works, unknown, admitted].map(|set| self.sets.intersect(set, slice));
        Fate { asked, works, unknown, admitted }
    }

    /// What works, by how its clients fare.
    fn by_client(&mut self, fate: &Fate) -> Reached {
        let from = self.remotes(fate.works);
        let whole = self.sets.intersect(fate.asked, from);
        let fails = self.sets.subtract(whole, fate.works);
        let hit = self.remotes(fails);
        Reached {
            full: self.sets.subtract(fate.works, hit),
            part: self.sets.intersect(fate.works, hit),
            asked_by_part: self.sets.intersect(whole, hit),
        }
    }

    /// What is found of one slice of services.
    fn of_slice(&mut self, slice: Set, nothing_there: &mut Option<String>) -> Vec<Finding> {
        let fate = self.fate(slice);
        let Fate { works, unknown, admitted, .. } = fate;
        if works != Set::EMPTY {
            return self.reached(&fate);
        }
        if unknown != Set::EMPTY {
            let mut finding = self.finding(Grade::Undecided, unknown);
            finding.rules = self.admitting(unknown);
            finding.reasons = self.reasons(unknown);
            return vec![finding];
        }
        if admitted == Set::EMPTY {
            return Vec::new();
        }
        match self.latent(admitted) {
            Ok(finding) => finding.into_iter().collect(),
            Err(why) => {
                nothing_there.get_or_insert(why);
                Vec::new()
            }
        }
    }

    /// What is answered: in full to these clients, in part to those.
    fn reached(&mut self, fate: &Fate) -> Vec<Finding> {
        let Reached { full, part, asked_by_part: whole } = self.by_client(fate);
        let mut findings = Vec::new();
        if full != Set::EMPTY {
            let mut finding = self.finding(Grade::Exposed, full);
            finding.share = 1.0;
            finding.rules = self.admitting(full);
            findings.push(finding);
        }
        if part != Set::EMPTY {
            let mut finding = self.finding(Grade::Partial, part);
            finding.share = self.sets.count(part) / self.sets.count(whole);
            finding.works = words::part(self.sets, self.family, part, whole);
            finding.rules = self.admitting(part);
            finding.gates = self.cutting(whole);
            finding.reasons = self.reasons(fate.unknown);
            findings.push(finding);
        }
        findings
    }

    /// What the groups let in and others stop: by the way that takes the fewest gates to open. An error where nothing is
    /// there that could answer, with why.
    fn latent(&mut self, admitted: Set) -> Result<Option<Finding>, String> {
        let (mut best, mut nothing_there): (Option<Vec<Stop>>, Option<String>) = (None, None);
        for trip in self.trips {
            let own = self.sets.intersect(trip.admitted, admitted);
            if own == Set::EMPTY || best.as_ref().is_some_and(|stops| stops.len() == 1) {
                continue;
            }
            // A gateway endpoint leads to its service, and never back to a client on the internet (S3.35).
            let endpoint = |way: &Way<Set>| {
                way.hops.iter().any(|hop| matches!(hop.checkpoint, Checkpoint::GatewayEndpoint { .. }))
            };
            let replies = trip.round.replies.iter().filter(|reply| !endpoint(reply)).map(Some);
            let replies: Vec<_> = if trip.round.replies.is_empty() { vec![None] } else { replies.collect() };
            for reply in replies {
                let part = reply.map_or(own, |reply| self.sets.intersect(own, reply.flow));
                if part == Set::EMPTY {
                    continue;
                }
                let mut crossed = trip.there();
                let back = reply.into_iter().flat_map(|reply| &reply.hops);
                let back: Vec<_> = back.map(|hop| Crossed { hop, leg: Leg::Reply }).collect();
                let mut found = match trip.private {
                    true => not_by_the_internet(self.network, &back, self.family, self.sets),
                    false => Vec::new(),
                };
                crossed.extend(back);
                let Some(blockers) = blockers(&crossed, part, self.sets) else { continue };
                if let Some(nothing) = blockers.iter().find(|one| one.is_nothing_there()) {
                    nothing_there.get_or_insert_with(|| reason(self.network, nothing.hop));
                    continue;
                }
                found.extend(stops(self.network, &blockers, part, self.family, self.sets));
                let fewer = best.as_ref().is_none_or(|known| found.len() < known.len());
                if fewer && !found.is_empty() {
                    best = Some(found);
                }
            }
        }
        let Some(gates) = best else { return nothing_there.map_or(Ok(None), Err) };
        let mut finding = self.finding(Grade::Latent, admitted);
        finding.gates_left = Some(gates.len());
        finding.gates = gates;
        finding.rules = self.admitting(admitted);
        Ok(Some(finding))
    }

    /// A finding without its services.
    fn finding(&mut self, grade: Grade, part: Set) -> Finding {
        Finding {
            grade,
            family: match self.family {
                Family::V4 => "IPv4",
                Family::V6 => "IPv6",
            },
            services: Vec::new(),
            ports: 0,
            from: self.part_of_internet(part),
            share: 0.0,
            works: String::new(),
            gates_left: None,
            gates: Vec::new(),
            rules: Vec::new(),
            reasons: Vec::new(),
            of: Vec::new(),
        }
    }

    /// All connections from the clients that a set has any of.
    fn remotes(&mut self, set: Set) -> Set {
        if let Some(&known) = self.known.from_clients.get(&set) {
            return known;
        }
        let ranges = self.known.remotes(self.sets, set).to_vec();
        let all = self.sets.set_of(ranges.into_iter().map(|range| Region::FULL.remote(range)));
        self.known.from_clients.insert(set, all);
        all
    }

    fn part_of_internet(&mut self, part: Set) -> From {
        if let Some(from) = self.known.from.get(&(self.asked, part)) {
            return from.clone();
        }
        let from = self.new_part(part);
        self.known.from.insert((self.asked, part), from.clone());
        from
    }

    fn new_part(&mut self, part: Set) -> From {
        let ranges = self.known.remotes(self.sets, part).to_vec();
        let internet = self.known.remotes(self.sets, self.asked);
        let all = ranges == internet;
        let addresses = |range: &RangeInclusive<u128>| range.end() - range.start() + 1;
        let count = ranges.iter().map(addresses).sum::<u128>();
        let of = internet.iter().map(addresses).sum::<u128>();
        let blocks = || ranges.iter().flat_map(|range| prefixes(self.family, range));
        let listed = !all && blocks().take(MOST_BLOCKS + 1).count() <= MOST_BLOCKS;
        let blocks = if listed { words::blocks(self.sets, self.family, part) } else { Vec::new() };
        From {
            all,
            addresses: count.to_string(),
            without: of.saturating_sub(count).to_string(),
            share: count as f64 / (of as f64),
            blocks,
        }
    }

    /// The rules of the interface's own groups that let a part in, without those that let in no more than another does.
    fn admitting(&mut self, part: Set) -> Vec<RuleUse> {
        let mut rules: Vec<RuleUse> = Vec::new();
        for trip in self.trips {
            let groups = trip.groups.and_then(|position| trip.round.request.hops.get(position));
            let part = self.sets.intersect(part, trip.admitted);
            let Some(hop) = groups.filter(|_| part != Set::EMPTY) else { continue };
            for rule in admitting(self.network, hop, part, self.family, self.sets) {
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
        }
        rules
    }

    /// The checkpoints that stop a part of what was asked.
    fn cutting(&mut self, whole: Set) -> Vec<Stop> {
        let mut found: Vec<Stop> = Vec::new();
        for trip in self.trips.iter().filter(|trip| !trip.private) {
            let part = self.sets.intersect(whole, trip.round.request.flow);
            let back = trip.round.replies.iter().flat_map(|reply| {
                reply.hops.iter().map(move |hop| (Crossed { hop, leg: Leg::Reply }, reply.flow))
            });
            let there = trip.there().into_iter().map(|one| (one, trip.round.request.flow));
            for (one, flow) in there.chain(back).collect::<Vec<_>>() {
                let part = self.sets.intersect(part, flow);
                if one.lets(part, self.sets) == part {
                    continue;
                }
                for stop in stops(self.network, &[&one], part, self.family, self.sets) {
                    if !found.contains(&stop) {
                        found.push(stop);
                    }
                }
            }
        }
        found
    }

    /// Why a part is not decided.
    fn reasons(&mut self, part: Set) -> Vec<String> {
        let mut reasons = Vec::new();
        for round in self.trips.iter().filter(|trip| !trip.private).map(|trip| trip.round) {
            if self.sets.intersect(round.unknown, part) == Set::EMPTY {
                continue;
            }
            let hops = round.request.hops.iter().chain(round.replies.iter().flat_map(|reply| &reply.hops));
            for hop in hops {
                if self.sets.intersect(hop.crossing.unknown, part) == Set::EMPTY {
                    continue;
                }
                if let Cause::Unknown(reason) = &hop.cause {
                    reasons.push(reason.clone());
                }
                for taken in within(hop, part, self.sets).taken {
                    if let RuleAction::Unknown(reason) = taken.action {
                        reasons.push(reason);
                    }
                }
            }
        }
        reasons.sort();
        reasons.dedup();
        reasons
    }

    /// What stops everything that is asked, in the order of the way: up to the interface and from it on, not what
    /// would come behind a load balancer.
    fn first_causes(&mut self) -> Vec<String> {
        let with_reply = self.trips.iter().max_by_key(|trip| (!trip.private, !trip.round.replies.is_empty()));
        let Some(trip) = with_reply else { return vec![NO_RULE.into()] };
        let (network, request) = (self.network, &trip.round.request);
        let end = request.relays.first().map_or(request.hops.len(), |relay| relay.hops);
        let mut crossed: Vec<(usize, Crossed<'_>)> = Vec::new();
        let there = request.hops.iter().take(end).map(|hop| Crossed { hop, leg: Leg::Request });
        crossed.extend(there.enumerate());
        let reply = trip.round.replies.first();
        let start = reply.and_then(|reply| reply.relays.last()).map_or(0, |relay| relay.hops);
        let back = reply.into_iter().flat_map(|reply| reply.hops.iter().skip(start));
        let back: Vec<_> = back.map(|hop| Crossed { hop, leg: Leg::Reply }).collect();
        let mut causes: Vec<String> = match trip.private {
            true => {
                let stops = not_by_the_internet(network, &back, self.family, self.sets);
                stops.into_iter().map(|stop| stop.why).collect()
            }
            false => Vec::new(),
        };
        crossed.extend(back.into_iter().map(|one| (usize::MAX, one)));
        for (position, one) in crossed {
            let flow =
                if one.leg == Leg::Request { request.flow } else { reply.map_or(Set::EMPTY, |r| r.flow) };
            if one.is_nothing_there() || flow == Set::EMPTY || one.lets(flow, self.sets) != Set::EMPTY {
                continue;
            }
            causes.push(match Some(position) == trip.groups {
                true => NO_RULE.to_owned(),
                false => why(network, one.hop),
            });
        }
        let mut once: Vec<String> = Vec::new();
        for cause in causes {
            if !once.contains(&cause) {
                once.push(cause);
            }
        }
        if once.is_empty() {
            once.push(NO_RULE.into());
        }
        once
    }
}
