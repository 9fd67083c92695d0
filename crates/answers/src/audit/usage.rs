//! Which rules of security groups any connection works by, and of the others why none does.

use engine::ephemeral::kind_of;
use engine::reach::{Class, ClassIx, Ends as AllEnds, Outcome, Reach, Row};
use engine::{Arrival, Cause, Leg, Network, PeerMatch, RoundTrip, Way};
use ipnet::IpNet;
use model::{Holder, Ix, PortRange, SecurityGroup, SecurityGroupRule, Traffic};
use rustc_hash::{FxHashMap, FxHashSet};
use space::{Diagrams, Family, Region, Set};

use super::counterexample::{Counterexample, Ends};
use super::devices::{pass_on, targets};
use super::groups::{self, At, Lets};
use super::shared::{Shared, Whole, unusual};
use crate::exposure::Stop;
use crate::exposure::stops::{Crossed, blockers, stops};

/// How many pairs of ends are looked at to say why a rule lets nothing in.
const MOST_PAIRS: usize = 2_000;
/// The ports that clients on the internet take (S2.21).
pub(super) const INTERNET: PortRange = PortRange { from: 1024, to: 65535 };

/// A rule that no connection works by.
pub(super) struct Idle {
    pub(super) at: At,
    pub(super) why: Why,
}

/// Why no connection works by a rule.
pub(super) enum Why {
    /// No packet that it names arrives; what stops the first one that was tried, if anybody can send one.
    Never(Option<Stopped>),
    /// Requests arrive, and no answer gets back.
    NoReply(Stopped),
    /// There are more pairs than are looked at.
    TooMany,
}

/// What stops the connections between two ends.
pub(super) struct Stopped {
    pub(super) shown: Option<Counterexample>,
    pub(super) stops: Vec<Stop>,
}

/// The rules by which no connection works, from any address to any, of groups that interfaces have. Left out are rules of
/// interfaces that pass on what others send, and what load balancers ask of targets: connections of others may need them.
pub(super) fn idle(shared: &Shared<'_>) -> Vec<Idle> {
    let network = shared.network;
    let Whole { prepared, reach } = shared.whole();
    let Reach { sets, rows, to_internet } = &mut *reach.borrow_mut();
    let beyond = [Family::V4, Family::V6].map(|family| shared.beyond(family, sets));
    let internet = [Family::V4, Family::V6].map(|family| shared.of_internet(family, sets));
    let mut search =
        Search { network, ends: prepared.ends(), sets, beyond, internet, open: FxHashMap::default() };
    search.open();
    search.mark(rows, to_internet);
    let mut left: Vec<Lets> = std::mem::take(&mut search.open).into_values().flatten().collect();
    left.sort_by_key(|rule| rule.at);
    let why = |rule: Lets| Some(Idle { at: rule.at, why: search.why(&rule)? });
    left.into_iter().filter_map(why).collect()
}

/// The search for rules that nothing works by.
struct Search<'a> {
    network: &'a Network,
    ends: &'a AllEnds,
    sets: &'a mut Diagrams,
    /// The connections with addresses beyond the export.
    beyond: [Set; 2],
    /// Those of them with addresses of the internet.
    internet: [Set; 2],
    /// The rules by which no connection was found to work yet.
    open: FxHashMap<Ix<SecurityGroup>, Vec<Lets>>,
}

/// Clients that get the same to a server.
struct Clients {
    /// What gets through, or may.
    possible: Set,
    /// What may.
    unknown: Set,
    /// The cohort, if they are one or the rest of one.
    cohort: Option<usize>,
    classes: Vec<ClassIx>,
}

impl Clients {
    fn classes<'e>(&'e self, ends: &'e AllEnds) -> impl Iterator<Item = &'e Class> {
        self.classes.iter().filter_map(|class| ends.class(*class))
    }
}

fn number(family: Family) -> usize {
    usize::from(family == Family::V6)
}

fn of(sets: [Set; 2], family: Family) -> Set {
    sets.get(number(family)).copied().unwrap_or(Set::EMPTY)
}

impl Search<'_> {
    /// Every rule that is known, of groups that ends have and nothing else passes by.
    fn open(&mut self) {
        let (network, passing) = (self.network, pass_on(self.network));
        let targets = targets(network);
        let mut exempt: FxHashSet<Ix<SecurityGroup>> = FxHashSet::default();
        let mut asked: FxHashMap<Ix<SecurityGroup>, Vec<u16>> = FxHashMap::default();
        let mut others: Vec<IpNet> = Vec::new();
        for (interface, noun) in network.model().network_interfaces.iter() {
            let groups = network.resolved().groups_of(interface);
            // Only first addresses are in the whole answer.
            let first: Vec<_> = engine::reach::primary_addresses(noun).collect();
            let more = noun.own_addresses().filter(|address| !first.contains(address)).map(IpNet::from);
            let more: Vec<IpNet> = more.chain(noun.prefixes.iter().copied()).collect();
            if passing.contains(&interface) || !more.is_empty() || noun.incomplete {
                exempt.extend(groups);
            }
            others.extend(more);
            for group in groups {
                asked.entry(*group).or_default().extend(targets.get(&interface).into_iter().flatten());
            }
        }
        let mut seen: FxHashSet<At> = FxHashSet::default();
        for interface in groups::lists(network).values().filter_map(|interfaces| interfaces.first()) {
            for egress in [false, true] {
                for rule in groups::lets(network, *interface, egress, self.sets) {
                    let Some(noun) = groups::rule_at(network, rule.at) else { continue };
                    let ports = asked.get(&rule.at.0).into_iter().flatten();
                    let names_others = match &rule.peer {
                        PeerMatch::Blocks(blocks) => {
                            blocks.iter().any(|block| others.iter().any(|one| overlap(block, one)))
                        }
                        _ => false,
                    };
                    let needed =
                        exempt.contains(&rule.at.0) || ports.into_iter().any(|port| serves(noun, *port));
                    if rule.known && !needed && !names_others && seen.insert(rule.at) {
                        self.open.entry(rule.at.0).or_default().push(rule);
                    }
                }
            }
        }
    }

    /// Takes out the rules by which a connection works, or may.
    fn mark(&mut self, rows: &[Row], to_internet: &Row) {
        let mut of_cohorts: Vec<Vec<Ix<SecurityGroup>>> = Vec::new();
        for cohort in &self.ends.cohorts {
            let classes = cohort.classes.iter().filter_map(|class| self.ends.class(*class));
            let mut groups: Vec<_> = classes.flat_map(|class| class.groups.iter().copied()).collect();
            groups.sort_unstable();
            groups.dedup();
            of_cohorts.push(groups);
        }
        for (server, row) in self.ends.classes.iter().zip(rows) {
            let clients = self.clients(row);
            self.mark_ingress(server, row, &clients);
            self.mark_egress(server, &clients, &mut of_cohorts);
        }
        for Clients { possible, classes, .. } in self.clients(to_internet) {
            for class in classes.iter().filter_map(|class| self.ends.class(*class)) {
                self.retain(
                    &class.groups,
                    |rule, sets| {
                        let works = sets.intersect(of(rule.sets, class.family), possible);
                        rule.reference().is_some() || works == Set::EMPTY
                    },
                    true,
                );
            }
        }
    }

    /// The clients of a row: what gets through at best, the cohort if it is one, the classes.
    fn clients(&mut self, row: &Row) -> Vec<Clients> {
        let mut found = Vec::new();
        let own: FxHashSet<ClassIx> = row.classes.iter().map(|(class, _)| *class).collect();
        for (cohort, outcome) in row.of_cohorts() {
            let Some(noun) = self.ends.cohort(cohort) else { continue };
            let classes = noun.classes.iter().copied().filter(|class| !own.contains(class));
            let (cohort, classes) = (usize::try_from(cohort).ok(), classes.collect());
            found.push(Clients {
                possible: self.possible(outcome),
                unknown: outcome.unknown,
                cohort,
                classes,
            });
        }
        for (class, outcome) in &row.classes {
            let (possible, classes) = (self.possible(*outcome), vec![*class]);
            found.push(Clients { possible, unknown: outcome.unknown, cohort: None, classes });
        }
        found
    }

    fn possible(&mut self, outcome: Outcome) -> Set {
        self.sets.union(outcome.works, outcome.unknown)
    }

    /// Keeps those open rules of some groups and of a direction that are to be kept.
    fn retain(
        &mut self,
        groups: &[Ix<SecurityGroup>],
        mut keep: impl FnMut(&Lets, &mut Diagrams) -> bool,
        egress: bool,
    ) {
        for group in groups {
            let Some(rules) = self.open.get_mut(group) else { continue };
            let network = self.network;
            rules.retain(|rule| is_egress(network, rule) != egress || keep(rule, self.sets));
            if rules.is_empty() {
                self.open.remove(group);
            }
        }
    }

    fn mark_ingress(&mut self, server: &Class, row: &Row, clients: &[Clients]) {
        let from_beyond = self.possible(row.internet);
        let (network, ends, family) = (self.network, self.ends, server.family);
        let keep = |rule: &Lets, sets: &mut Diagrams| {
            let beyond = rule.reference().is_none()
                && sets.intersect(of(rule.sets, family), from_beyond) != Set::EMPTY;
            !beyond
                && !clients.iter().any(|of_clients| {
                    let traffic = of(rule.traffic, family);
                    // Behind what nobody knows the source may be anybody (S12.12).
                    sets.intersect(traffic, of_clients.unknown) != Set::EMPTY
                        || sets.intersect(traffic, of_clients.possible) != Set::EMPTY
                            && of_clients.classes(ends).any(|class| names(network, rule, class))
                })
        };
        self.retain(&server.groups, keep, false);
    }

    fn mark_egress(
        &mut self,
        server: &Class,
        clients: &[Clients],
        of_cohorts: &mut [Vec<Ix<SecurityGroup>>],
    ) {
        let (network, ends) = (self.network, self.ends);
        for of_clients in clients {
            if let Some(groups) = of_clients.cohort.and_then(|cohort| of_cohorts.get_mut(cohort)) {
                groups.retain(|group| self.open.contains_key(group));
                if groups.is_empty() {
                    continue;
                }
            }
            for class in of_clients.classes(ends) {
                let keep = |rule: &Lets, sets: &mut Diagrams| {
                    let traffic = of(rule.traffic, server.family);
                    let works = sets.intersect(traffic, of_clients.possible) != Set::EMPTY;
                    let unknown = sets.intersect(traffic, of_clients.unknown) != Set::EMPTY;
                    !(unknown || works && names(network, rule, server))
                };
                self.retain(&class.groups, keep, true);
            }
        }
    }

    /// Why nothing works by a rule; `None` if something does after all.
    fn why(&mut self, rule: &Lets) -> Option<Why> {
        let (network, ends) = (self.network, self.ends);
        let own: Vec<&Class> =
            ends.classes.iter().filter(|class| class.groups.contains(&rule.at.0)).collect();
        let peers: Vec<&Class> = ends.classes.iter().filter(|class| names(network, rule, class)).collect();
        if own.len().saturating_mul(peers.len() + 1) > MOST_PAIRS {
            return Some(Why::TooMany);
        }
        let egress = is_egress(network, rule);
        let (mut never, mut no_reply) = (None, None);
        for class in own {
            let beyond = rule.reference().is_none() && of(rule.sets, class.family) != Set::EMPTY;
            let same_family = peers.iter().filter(|peer| peer.family == class.family);
            let peers = same_family.map(|peer| peer.members.as_slice()).map(Some);
            for peer in peers.chain(beyond.then_some(None)) {
                let Some((own, peer)) = two(&class.members, peer) else { continue };
                let (client, server) = if egress { (Some(own), peer) } else { (peer, Some(own)) };
                let pair = Ends { family: class.family, client, server };
                match self.between(rule, pair)? {
                    Between::Nothing => {}
                    Between::Stopped(stopped) => {
                        never.get_or_insert(stopped);
                    }
                    Between::Arrives(stopped) => {
                        no_reply.get_or_insert(stopped);
                    }
                }
            }
        }
        Some(match no_reply {
            Some(stopped) => Why::NoReply(stopped),
            None => Why::Never(never),
        })
    }

    /// What becomes of what a rule names between two ends; `None` if some of it works.
    fn between(&mut self, rule: &Lets, pair: Ends) -> Option<Between> {
        let (network, family) = (self.network, pair.family);
        let asked = match (pair.client, pair.server) {
            (Some(_), Some(_)) => {
                let inside = self.sets.region(&Region::FULL.remote(0..=0));
                self.sets.intersect(of(rule.traffic, family), inside)
            }
            _ => self.sets.intersect(of(rule.sets, family), of(self.beyond, family)),
        };
        if asked == Set::EMPTY {
            return Some(Between::Nothing);
        }
        let judgement = engine::judge(network, &pair.flow(), asked, self.sets);
        let kind = pair.client.map(|client| kind_of(network, client.interface).ports);
        let unusual = unusual(kind.unwrap_or(INTERNET), self.sets);
        let possible = self.sets.union(judgement.works, judgement.unknown);
        if self.sets.subtract(possible, unusual) != Set::EMPTY {
            return None;
        }
        let mut shown = self.sets.subtract(asked, unusual);
        if pair.client.is_none() || pair.server.is_none() {
            // Of all addresses beyond the export, those on the internet say most.
            let internet = self.sets.intersect(shown, of(self.internet, family));
            shown = if internet == Set::EMPTY { shown } else { internet };
        }
        let judgement = engine::judge(network, &pair.flow(), shown, self.sets);
        let mut found = Between::Nothing;
        for trip in &judgement.trips {
            match self.of_trip(trip, pair, shown) {
                Between::Arrives(stopped) => return Some(Between::Arrives(stopped)),
                other => found = other,
            }
        }
        Some(found)
    }

    /// What stops a part that takes a way, there or back.
    fn of_trip(&mut self, trip: &RoundTrip<Set>, pair: Ends, shown: Set) -> Between {
        let arrived = self.through(&trip.request);
        let arrived = self.sets.intersect(arrived, shown);
        let there = matches!(trip.request.arrival, Arrival::Interface(_) | Arrival::Beyond);
        let (hops, leg, part) = match there && arrived != Set::EMPTY {
            true => {
                let answers = |way: &&Way<Set>| self.sets.intersect(way.flow, arrived) != Set::EMPTY;
                (trip.replies.iter().find(answers).map(|reply| &reply.hops), Leg::Reply, arrived)
            }
            false => (Some(&trip.request.hops), Leg::Request, self.sets.intersect(trip.request.flow, shown)),
        };
        let crossed: Vec<_> = hops.into_iter().flatten().map(|hop| Crossed { hop, leg }).collect();
        let blocking = blockers(&crossed, part, self.sets).unwrap_or_default();
        // From beyond the export nothing comes in where nothing leads back out: that it arrived is a supposition.
        let by_rules = blocking.iter().all(|one| one.hop.cause == Cause::Rules);
        let certain = pair.client.is_some() && pair.server.is_some() || by_rules;
        let stops = stops(self.network, &blocking, part, pair.family, self.sets);
        let shown = Counterexample::of(self.network, pair, part, self.sets);
        let stopped = Stopped { shown, stops };
        if leg == Leg::Reply && certain { Between::Arrives(stopped) } else { Between::Stopped(stopped) }
    }

    /// What gets through a way, or may.
    fn through(&mut self, way: &Way<Set>) -> Set {
        way.hops.iter().fold(way.flow, |left, hop| {
            let possible = self.sets.union(hop.crossing.passed, hop.crossing.unknown);
            self.sets.intersect(left, possible)
        })
    }
}

/// What becomes of requests between two ends.
enum Between {
    /// There are none.
    Nothing,
    /// None arrives.
    Stopped(Stopped),
    /// Some arrive, and no answer comes back.
    Arrives(Stopped),
}

/// A member of a class and one of another, or somebody beyond the export, that are not the same interface.
fn two(own: &[Holder], peer: Option<&[Holder]>) -> Option<(Holder, Option<Holder>)> {
    let Some(peers) = peer else { return Some((*own.first()?, None)) };
    let pairs = own.iter().take(2).flat_map(|own| peers.iter().take(2).map(move |peer| (*own, *peer)));
    pairs.into_iter().find(|(own, peer)| own.interface != peer.interface).map(|(own, peer)| (own, Some(peer)))
}

fn is_egress(network: &Network, rule: &Lets) -> bool {
    groups::rule_at(network, rule.at).is_some_and(|rule| rule.egress)
}

/// Whether a rule names the members of a class, by their own address or by the public one that stands for it.
fn names(network: &Network, rule: &Lets, class: &Class) -> bool {
    let Some(holder) = class.members.first() else { return false };
    let noun = network.model().network_interfaces.at(holder.interface);
    match &rule.peer {
        PeerMatch::Group(group) => noun.groups.contains(group),
        PeerMatch::Blocks(blocks) => {
            let public =
                noun.public_of(holder.address).map(|public| IpNet::from(std::net::IpAddr::V4(public)));
            let own = network.blocks_of(Some(holder.interface), holder.address);
            blocks.iter().any(|block| own.iter().chain(&public).any(|own| overlap(block, own)))
        }
        PeerMatch::Foreign | PeerMatch::Anyone => true,
    }
}

fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(b) || b.contains(a)
}

fn serves(rule: &SecurityGroupRule, port: u16) -> bool {
    match rule.traffic {
        Traffic::All => true,
        Traffic::Tcp(range) | Traffic::Udp(range) => (range.from..=range.to).contains(&port),
        _ => false,
    }
}
