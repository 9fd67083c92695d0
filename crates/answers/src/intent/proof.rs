//! What becomes of all pairs of a flow: proved over whole sets, never by samples.
//!
//! Interfaces by their primary addresses, and the internet, are asked by [`Matrix`]: every rule once, whatever the
//! number of pairs. Ends that it does not know (private addresses beyond the network, further addresses of an
//! interface, a server by its public address, endpoints of AWS services) and flows with `via` are asked pair by pair.

use std::sync::Arc;

use engine::ephemeral::client_kind;
use engine::reach::{Prepared, is_end, primary_addresses};
use engine::{Goal, Network, Verdict};
use model::{Holder, Ix, NetworkInterface, PortRange};
use rustc_hash::FxHashMap;
use space::{Diagrams, Family, Field, Region, Set};

use crate::ends::{EndSet, Held, Outside, internet};
use crate::explain::{AskedPair, MOST_PAIRS, connections, pairs_of, via};
use crate::question::{Question, Spanned};
use crate::reach::{Between, Found, Judged, Matrix, Query, Side};

const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// Clients that send from the same ports, and what they ask.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// The question, with the ports if they are not those of each client's kind.
    pub(crate) question: Question,
    /// The clients.
    pub(crate) clients: EndSet,
}

/// A flow whose ends were found.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    /// Who asks, by the ports that they send from; no client is in two parts.
    pub(super) parts: Vec<Part>,
    /// Who is asked.
    pub(super) servers: EndSet,
    /// Whether nothing of it may arrive.
    pub(super) for_none: bool,
}

impl Asking {
    /// How far it has to get to count: what none may do has to be stopped before it arrives.
    pub(super) fn goal(&self) -> Goal {
        if self.for_none { Goal::Delivered } else { Goal::Answered }
    }
}

/// A pair of ends that stands for others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// The position of its part.
    pub(super) part: usize,
    pub(super) family: Family,
    pub(super) client: Option<Held>,
    pub(super) server: Option<Held>,
}

/// All pairs of a flow, counted by what becomes of them. An interface is not asked by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) pairs: u64,
    pub(super) allowed: u64,
    /// Something works and something does not.
    pub(super) partial: u64,
    pub(super) undecided: u64,
    /// The sum of the shares that work.
    pub(super) share: f64,
    /// Of flows of which nothing may arrive: whether some service of somebody does from every port that clients take.
    pub(super) always: bool,
    /// Ends that are named and not modelled, in words.
    pub(super) unmodelled: Vec<String>,
    /// A pair of which something works.
    pub(super) works: Option<Sample>,
    /// A pair of which something certainly does not.
    pub(super) lacks: Option<Sample>,
    /// A pair of which something may work.
    pub(super) unknown: Option<Sample>,
}

impl Tally {
    /// The share of what was asked that works, pairs counting alike.
    pub(super) fn share(&self) -> f64 {
        if self.pairs == 0 { 0.0 } else { self.share / (self.pairs as f64) }
    }

    fn add(&mut self, says: &Judged, count: u64, sample: Option<Sample>) {
        match says.verdict {
            Verdict::Allowed => self.allowed += count,
            Verdict::Partial => self.partial += count,
            Verdict::Undecided => self.undecided += count,
            Verdict::Blocked => {}
        }
        self.share += says.share * (count as f64);
        let first = |place: &mut Option<Sample>, is: bool| {
            if is && place.is_none() {
                *place = sample;
            }
        };
        first(&mut self.works, says.works != Set::EMPTY);
        first(&mut self.unknown, says.unknown != Set::EMPTY);
        first(&mut self.lacks, says.lacks);
    }
}

/// A network, ready for proofs.
pub(super) struct Prover<'n> {
    pub(super) network: &'n Network,
    prepared: Arc<Prepared>,
    everybody: Side,
    internet: Outside,
    /// The network's own blocks: nobody is at an address of them that no interface holds.
    own: Outside,
}

/// Ends by who can ask them.
struct Split {
    /// Interfaces by their primary addresses.
    plain: EndSet,
    /// Addresses of the internet.
    internet: EndSet,
    /// Interfaces by their public addresses.
    public: EndSet,
    /// Everything else.
    odd: EndSet,
}

impl<'n> Prover<'n> {
    pub(super) fn new(network: &'n Network) -> Prover<'n> {
        let world = FAMILIES.map(|family| internet(network, family).outside);
        let [v4, v6] = world;
        let mut own = Outside::default();
        for block in network.model().vpcs.values().flat_map(|vpc| &vpc.cidrs) {
            own.add_block(*block);
        }
        Prover {
            network,
            prepared: Arc::new(Prepared::of(network)),
            everybody: Side::everybody(network),
            internet: v4.combine(&v6, Diagrams::union),
            own,
        }
    }

    /// Everything that gets from some ends to some; `None` for all of them. Only what the whole knows.
    pub(super) fn matrix(
        &self,
        from: Option<&EndSet>,
        to: Option<&EndSet>,
        part: &Question,
        goal: Goal,
    ) -> Matrix<'n> {
        let side = |set: Option<&EndSet>| match set {
            Some(set) => Side::among(&self.everybody, set),
            None => self.everybody.clone(),
        };
        let query = Query {
            from: side(from),
            to: side(to),
            services: part.services.iter().map(|service| service.node).collect(),
            client_ports: part.from_port.as_ref().map(|ports| ports.node),
            goal,
        };
        Matrix::among(self.network, self.prepared.clone(), query, &|_, _| {})
    }

    /// What becomes of a flow.
    ///
    /// # Errors
    /// If it means too many pairs that have to be asked one by one; how many.
    pub(super) fn prove(&self, asking: &Asking) -> Result<Tally, usize> {
        let mut tally = Tally::default();
        for (part, of_part) in asking.parts.iter().enumerate() {
            let question = &of_part.question;
            let unmodelled = of_part.clients.unmodelled.iter().chain(&asking.servers.unmodelled);
            tally.unmodelled.extend(unmodelled.cloned());
            if question.via.is_some() || question.not_via.is_some() {
                self.one_by_one(asking, part, [&of_part.clients, &asking.servers], &mut tally)?;
                continue;
            }
            let (from, to) = (self.split(&of_part.clients), self.split(&asking.servers));
            // By whichever address an interface is named, it sends from its own.
            let held = from.plain.clone().union(private(&from.public));
            let clients = held.clone().union(from.internet.clone());
            let inside = to.plain.clone().union(to.internet.clone());
            self.at_once(asking, part, [&clients, &inside], &mut tally);
            self.at_once(asking, part, [&from.internet, &private(&to.public)], &mut tally);
            self.one_by_one(asking, part, [&held, &to.public], &mut tally)?;
            self.one_by_one(asking, part, [&clients, &to.odd], &mut tally)?;
            if !from.odd.is_empty() {
                let servers = to.plain.union(to.internet).union(to.public).union(to.odd);
                self.one_by_one(asking, part, [&from.odd, &servers], &mut tally)?;
            }
        }
        tally.unmodelled.sort();
        tally.unmodelled.dedup();
        Ok(tally)
    }

    /// How many pairs some ends are in with everybody, in either direction.
    pub(super) fn pairs_with_everybody(&self, set: &EndSet) -> u64 {
        let of_family = |family: Family| {
            let classes = self.prepared.ends().classes.iter().filter(|class| class.family == family);
            let all: u64 = classes.map(|class| class.members.len() as u64).sum();
            let (own, world) = (interfaces(family, set).len() as u64, beyond_in(family, set));
            // Everybody but itself, and the internet.
            2 * (own * all + world * all) - pairs(family, set, set)
        };
        FAMILIES.into_iter().map(of_family).sum()
    }

    /// Everything that is asked of two ends, for samples of [`Prover::matrix`].
    pub(super) fn anything(&self, question: Question) -> Asking {
        let world = EndSet { outside: self.internet.clone(), ..EndSet::default() };
        let parts = vec![Part { question, clients: world.clone() }];
        Asking { parts, servers: world, for_none: true }
    }

    fn split(&self, set: &EndSet) -> Split {
        let mut split = Split {
            plain: EndSet::default(),
            internet: EndSet::default(),
            public: EndSet::default(),
            odd: EndSet { aws: set.aws.clone(), ..EndSet::default() },
        };
        for held in &set.held {
            let noun = self.network.model().network_interfaces.at(held.holder.interface);
            let primary =
                is_end(noun) && primary_addresses(noun).any(|address| address == held.holder.address);
            let place = match (primary, held.by_public) {
                (true, false) => &mut split.plain,
                (true, true) => &mut split.public,
                (false, _) => &mut split.odd,
            };
            place.held.push(*held);
        }
        if !set.outside.is_empty() {
            split.internet.outside = set.outside.clone().combine(&self.internet, Diagrams::intersect);
            let others = set.outside.clone().combine(&self.internet, Diagrams::subtract);
            split.odd.outside = others.combine(&self.own, Diagrams::subtract);
        }
        split
    }

    /// All pairs of ends that the whole knows.
    fn at_once(&self, asking: &Asking, part: usize, ends: [&EndSet; 2], tally: &mut Tally) {
        let [from, to] = ends;
        let Some(question) = asking.parts.get(part).map(|part| &part.question) else { return };
        let for_none = asking.for_none;
        if from.is_empty() || to.is_empty() {
            return;
        }
        let mut matrix = self.matrix(Some(from), Some(to), question, asking.goal());
        let sample = |between: Between| {
            let held = |end: Option<Holder>| end.map(|holder| Held { holder, by_public: false });
            let (client, server) = (held(between.client), held(between.server));
            Sample { part, family: between.family, client, server }
        };
        let mut listed = 0;
        for line in &matrix.lines {
            let Some(says) = matrix.says(line) else { continue };
            let count = matrix.count(line);
            listed += count;
            tally.add(says, count, matrix.one_of(line).map(sample));
        }
        for says in &matrix.judged {
            if for_none && !tally.always {
                tally.always = always(question, says.family, says.works, &mut matrix.sets);
            }
        }
        let asked = self.asked_families(question);
        let all: u64 = asked.iter().map(|family| pairs(*family, from, to)).sum();
        tally.pairs += all;
        if listed < all && tally.lacks.is_none() {
            tally.lacks = matrix.one_blocked(&asked).map(sample);
        }
    }

    /// The families in which any of the services is.
    fn asked_families(&self, question: &Question) -> Vec<Family> {
        let services: Vec<_> = question.services.iter().map(|service| service.node).collect();
        let mut sets = Diagrams::new();
        let is = |family: &Family| connections(&mut sets, *family, &services, PortRange::ALL) != Set::EMPTY;
        FAMILIES.into_iter().filter(is).collect()
    }

    /// Each pair by itself. Where one side is beyond the network, interfaces that nothing can tell apart are asked once.
    fn one_by_one(
        &self,
        asking: &Asking,
        part: usize,
        ends: [&EndSet; 2],
        tally: &mut Tally,
    ) -> Result<(), usize> {
        let [from, to] = ends;
        let Some(question) = asking.parts.get(part).map(|part| &part.question) else { return Ok(()) };
        if from.is_empty() || to.is_empty() {
            return Ok(());
        }
        let plain = question.via.is_none() && question.not_via.is_none();
        let mut groups = Vec::new();
        if plain && to.aws.is_empty() {
            let (clients, of_clients) = self.classes(from);
            let (servers, of_servers) = self.classes(to);
            groups.push((beyond(from), servers, of_servers));
            groups.push((clients, beyond(to), of_clients));
            groups.push((held(from), held(to), FxHashMap::default()));
        } else {
            groups.push((from.clone(), to.clone(), FxHashMap::default()));
        }
        let size = groups.iter().map(|(from, to, _)| size(from).saturating_mul(size(to))).max().unwrap_or(0);
        if size > MOST_PAIRS {
            return Err(size);
        }
        for (from, to, weights) in &groups {
            let mut sets = Diagrams::new();
            for pair in pairs_of(self.network, question, from, to, None, &mut sets) {
                let interface = |held: Option<Held>| held.map(|held| held.holder.interface);
                if interface(pair.client) == interface(pair.server) {
                    continue;
                }
                let ends = [pair.client, pair.server].into_iter().flatten();
                let weight = ends.filter_map(|held| weights.get(&held.holder)).copied().next().unwrap_or(1);
                let says = self.judged(asking.goal(), question, &pair, &mut sets);
                if asking.for_none && !tally.always {
                    tally.always = always(question, says.family, says.works, &mut sets);
                }
                let AskedPair { client, server, .. } = pair;
                tally.pairs += weight;
                tally.add(&says, weight, Some(Sample { part, family: pair.flow.family, client, server }));
            }
        }
        Ok(())
    }

    fn judged(&self, goal: Goal, question: &Question, pair: &AskedPair, sets: &mut Diagrams) -> Judged {
        let mut judgement = engine::judge_for(goal, self.network, &pair.flow, pair.asked, sets);
        via::narrow(self.network, question, &mut judgement, sets);
        let beyond = pair.client.is_none() || pair.server.is_none();
        let (works, unknown) = (judgement.works, judgement.unknown);
        Found::of(pair.flow.family, beyond, pair.asked, works, unknown, sets).judged(sets)
    }

    /// The interfaces of a set, one of each class, with how many it stands for.
    fn classes(&self, set: &EndSet) -> (EndSet, FxHashMap<Holder, u64>) {
        let ends = self.prepared.ends();
        let mut weights = FxHashMap::default();
        let mut first: FxHashMap<(u32, bool), Holder> = FxHashMap::default();
        let mut some = EndSet::default();
        for held in &set.held {
            let family = Family::of(held.holder.address);
            let of_family = |class: &&u32| ends.class(**class).is_some_and(|class| class.family == family);
            let noun = self.network.model().network_interfaces.at(held.holder.interface);
            let primary = primary_addresses(noun).any(|address| address == held.holder.address);
            let class = ends.classes_of(held.holder.interface).iter().find(of_family).filter(|_| primary);
            let known = match class {
                Some(class) => *first.entry((*class, held.by_public)).or_insert(held.holder),
                None => held.holder,
            };
            if known == held.holder {
                some.held.push(*held);
            }
            *weights.entry(known).or_insert(0) += 1;
        }
        (some, weights)
    }

    /// The pair of a sample, as `explain` would ask it.
    pub(super) fn pair(&self, asking: &Asking, sample: Sample, sets: &mut Diagrams) -> Option<AskedPair> {
        let part = asking.parts.get(sample.part)?;
        let one = |all: &EndSet, end: Option<Held>| match end {
            Some(held) => EndSet { held: vec![held], ..EndSet::default() },
            None => EndSet { held: Vec::new(), ..all.clone() },
        };
        let (from, to) = (one(&part.clients, sample.client), one(&asking.servers, sample.server));
        let to = if asking.servers.aws.is_empty() { to } else { asking.servers.clone() };
        let pairs = pairs_of(self.network, &part.question, &from, &to, None, sets);
        pairs.into_iter().find(|pair| {
            let same = |a: Option<Held>, b: Option<Held>| a.map(|a| a.holder) == b.map(|b| b.holder);
            pair.flow.family == sample.family
                && same(pair.client, sample.client)
                && same(pair.server, sample.server)
        })
    }
}

/// Whether something of what works does so from every port that clients take, and whatever devices pick.
fn always(question: &Question, family: Family, works: Set, sets: &mut Diagrams) -> bool {
    let services: Vec<_> = question.services.iter().map(|service| service.node).collect();
    let given = question.from_port.as_ref().map(|ports| ports.node).filter(|ports| *ports != PortRange::ALL);
    let ports = given.or(client_kind("internet").map(|kind| kind.ports)).unwrap_or(PortRange::ALL);
    let all = connections(sets, family, &services, ports);
    let fails = sets.subtract(all, works);
    let mut sometimes = Set::EMPTY;
    for region in sets.regions(fails) {
        let mut wide = Region::FULL;
        for field in [Field::Protocol, Field::Remote, Field::Server] {
            wide = wide.with(field, region.range(field));
        }
        // ICMP has a code where others have the client's port.
        if !(6..=17).contains(region.range(Field::Protocol).start()) {
            wide = wide.with(Field::Client, region.range(Field::Client));
        }
        let wide = sets.region(&wide);
        sometimes = sets.union(sometimes, wide);
    }
    sets.subtract(works, sometimes) != Set::EMPTY
}

/// A question whose clients send from some ports.
pub(super) fn from_ports(question: &Question, ports: PortRange) -> Question {
    let mut question = question.clone();
    if question.from_port.is_none() {
        question.from_port = Some(Spanned::new(ports, 0..0));
    }
    question
}

/// The same interfaces by their own addresses.
fn private(set: &EndSet) -> EndSet {
    let held = set.held.iter().map(|held| Held { by_public: false, ..*held });
    EndSet { held: held.collect(), ..EndSet::default() }
}

fn held(set: &EndSet) -> EndSet {
    EndSet { held: set.held.clone(), ..EndSet::default() }
}

fn beyond(set: &EndSet) -> EndSet {
    EndSet { outside: set.outside.clone(), ..EndSet::default() }
}

/// How many ends a set is, at most: those beyond the network are one a family.
fn size(set: &EndSet) -> usize {
    set.held.len()
        + set.aws.len()
        + FAMILIES.iter().filter(|family| !set.outside.ranges(**family).is_empty()).count()
}

/// How many pairs two sets are in a family, of interfaces that are not the same and of the internet with these.
fn pairs(family: Family, from: &EndSet, to: &EndSet) -> u64 {
    let (clients, servers) = (interfaces(family, from), interfaces(family, to));
    let both = clients.iter().filter(|client| servers.binary_search(client).is_ok()).count() as u64;
    let (clients, servers) = (clients.len() as u64, servers.len() as u64);
    clients * servers - both + beyond_in(family, from) * servers + clients * beyond_in(family, to)
}

/// The interfaces of a set with an address of a family, sorted.
fn interfaces(family: Family, set: &EndSet) -> Vec<Ix<NetworkInterface>> {
    let held = set.held.iter().filter(|held| Family::of(held.holder.address) == family);
    let mut interfaces: Vec<_> = held.map(|held| held.holder.interface).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    interfaces
}

/// 1 if somebody of a set is beyond the network.
fn beyond_in(family: Family, set: &EndSet) -> u64 {
    u64::from(!set.outside.ranges(family).is_empty())
}
