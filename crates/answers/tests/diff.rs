//! What differs is what each pair's own walk says: nothing is listed exactly when all pairs have the same answer, and
//! what is listed is all that differs.
//!
//! The networks are small and random and have every feature; the oracle judges one pair at a time in each network.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use std::collections::{BTreeMap, BTreeSet};

use answers::diff::{Both, Difference, Verdict, diff};
use engine::ephemeral::kind_of;
use engine::reach::{Asked, is_end, primary_addresses};
use engine::{Flow, Network, Server};
use model::{Action, Change, Holder, Noun, Peer, Resolved};
use space::{Diagrams, Family, Region, Set};

fn read(files: &[(String, String)]) -> Network {
    let mut reader = read::Reader::new();
    reader.add_all(
        files.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())).collect::<Vec<_>>(),
    );
    Network::new(Resolved::new(reader.finish()))
}

fn files(seed: u64) -> Vec<(String, String)> {
    xtask::generate::random(seed).files().collect()
}

/// An end by a name that both networks know; `None` is the internet.
type Name = Option<(String, String)>;

/// All ends of a network.
fn ends(network: &Network) -> Vec<(Name, Option<Holder>)> {
    let nouns = network.model().network_interfaces.iter().filter(|(_, noun)| is_end(noun));
    let held = nouns.flat_map(|(interface, noun)| {
        let name = move |address: std::net::IpAddr| Some((noun.id.to_string(), address.to_string()));
        primary_addresses(noun).map(move |address| (name(address), Some(Holder { interface, address })))
    });
    held.chain([(None, None)]).collect()
}

/// What becomes of a pair: what works and what may, as boxes.
fn judged(
    network: &Network,
    family: Family,
    client: Option<Holder>,
    server: Option<Holder>,
    asked: &Asked<'_>,
) -> (Vec<Region>, Vec<Region>) {
    let mut sets = Diagrams::new();
    let kind = client.map_or("internet", |end| kind_of(network, end.interface).key);
    let beyond = client.is_none() || server.is_none();
    let asked = asked.of(family, kind, beyond, &mut sets);
    let server = match (client, server) {
        (_, None) => Server::Beyond,
        (None, Some(end)) => Server::Public(end),
        (Some(_), Some(end)) => Server::Interface(end),
    };
    let judged = engine::judge(network, &Flow { family, client, server }, asked, &mut sets);
    (sets.regions(judged.works), sets.regions(judged.unknown))
}

type Pair = (String, String);

/// Whether something works that did not, and whether something worked that does not.
type Opens = (bool, bool);

/// The pairs of interfaces and of the internet that differ, by ids, over both families.
fn differing(old: &Network, new: &Network) -> BTreeMap<Pair, Opens> {
    let networks = [old, new];
    let names: BTreeSet<Name> =
        networks.iter().flat_map(|network| ends(network)).map(|(name, _)| name).collect();
    let held = networks.map(|network| ends(network).into_iter().collect::<BTreeMap<_, _>>());
    // What is of the internet in both: the random networks take their blocks from the same few.
    let common = answers::diff::common_internet(Both { old, new });
    let asked = Asked { internet: common, ..answers::reach::everything(new) };
    let mut found: BTreeMap<Pair, Opens> = BTreeMap::new();
    for (client, server) in names.iter().flat_map(|client| names.iter().map(move |server| (client, server))) {
        let id = |name: &Name| name.as_ref().map_or("internet".to_owned(), |(id, _)| id.clone());
        if id(client) == id(server) {
            continue;
        }
        for family in [Family::V4, Family::V6] {
            let of_family = |name: &Name| {
                name.as_ref().is_none_or(|(_, address)| Family::of(address.parse().unwrap()) == family)
            };
            if !of_family(client) || !of_family(server) {
                continue;
            }
            let answers = [0, 1].map(|at| match (held[at].get(client), held[at].get(server)) {
                (Some(client), Some(server)) => judged(networks[at], family, *client, *server, &asked),
                _ => (Vec::new(), Vec::new()),
            });
            if answers[0] != answers[1] {
                let of = found.entry((id(client), id(server))).or_default();
                of.0 |= more(&answers[1].0, &answers[0].0);
                of.1 |= more(&answers[0].0, &answers[1].0);
            }
        }
    }
    found
}

/// Whether some boxes hold what others do not.
fn more(some: &[Region], than: &[Region]) -> bool {
    let mut sets = Diagrams::new();
    let mut union = |boxes: &[Region]| {
        boxes.iter().fold(Set::EMPTY, |all, region| {
            let region = sets.region(region);
            sets.union(all, region)
        })
    };
    let (some, than) = (union(some), union(than));
    sets.subtract(some, than) != Set::EMPTY
}

/// The pairs that a difference lists, with what it says of them for certain, and what it says may be.
fn listed(difference: &Difference) -> BTreeMap<Pair, (Opens, Opens)> {
    let ends = |ends: &answers::diff::EndsOfFlow| -> Vec<String> {
        ends.interfaces.iter().cloned().chain(ends.internet.then(|| "internet".to_owned())).collect()
    };
    let mut found: BTreeMap<Pair, (Opens, Opens)> = BTreeMap::new();
    for flow in &difference.flows {
        let (from, to) = (ends(&flow.from), ends(&flow.to));
        for pair in
            from.iter().flat_map(|client| to.iter().map(move |server| (client.clone(), server.clone())))
        {
            if pair.0 != pair.1 {
                let (certain, perhaps) = found.entry(pair).or_default();
                *certain = (certain.0 || flow.opens, certain.1 || flow.closes);
                *perhaps = (perhaps.0 || flow.may_open, perhaps.1 || flow.may_close);
            }
        }
    }
    found
}

/// Compares what is listed with what each pair's own walk says.
fn check(old: &Network, new: &Network, what: &str) -> Verdict {
    let difference = diff(Both { old, new });
    let (listed, differing) = (listed(&difference), differing(old, new));
    assert_eq!(listed.keys().collect::<Vec<_>>(), differing.keys().collect::<Vec<_>>(), "{what}");
    for (pair, is) in &differing {
        let (certain, perhaps) = listed[pair];
        // What is said for certain is so, and what is so is said, if only as something that nobody can say.
        assert!(!certain.0 || is.0, "{what}: {pair:?} opens nothing");
        assert!(!certain.1 || is.1, "{what}: {pair:?} closes nothing");
        assert!(!is.0 || certain.0 || perhaps.0, "{what}: {pair:?} opens something");
        assert!(!is.1 || certain.1 || perhaps.1, "{what}: {pair:?} closes something");
    }
    assert_eq!(difference.flows.is_empty(), difference.verdict != Verdict::Changed, "{what}");
    difference.verdict
}

/// Numbers that only look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % (bound.max(1) as u64)).unwrap()
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> Option<&'t T> {
        all.get(self.below(all.len()))
    }
}

/// Some edit of a rule, which AWS may refuse.
fn edit(network: &Network, numbers: &mut Numbers) -> Option<Change> {
    let blocks = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/28", "10.0.0.16/29", "::/0", "3.0.0.0/8"];
    let traffics = ["all", "tcp 80", "tcp 443", "udp 53", "tcp 32768-45000", "icmp 8/0"];
    let traffic = numbers.of(&traffics)?.parse().ok()?;
    let cidr = numbers.of(&blocks)?.parse().ok()?;
    let groups: Vec<_> = network.model().security_groups.values().collect();
    let lists: Vec<_> = network.model().network_acls.values().collect();
    let (group, acl) = (numbers.of(&groups)?, numbers.of(&lists)?);
    match numbers.below(4) {
        0 => {
            let peer = match numbers.below(2) {
                0 => Peer::Group(numbers.of(&groups)?.id.clone()),
                _ => Peer::Cidr(cidr),
            };
            let egress = numbers.below(2) == 0;
            let origin = group.origin();
            let rule =
                model::SecurityGroupRule { id: None, egress, traffic, peer, description: None, origin };
            Some(Change::AuthorizeSecurityGroup { group: group.id.clone(), rule })
        }
        1 => {
            let rule = numbers.of(&group.rules)?.clone();
            Some(Change::RevokeSecurityGroup { group: group.id.clone(), rule })
        }
        2 => {
            let entry = model::NetworkAclEntry {
                egress: numbers.below(2) == 0,
                number: u32::try_from(numbers.below(300)).ok()? + 1,
                action: if numbers.below(2) == 0 { Action::Allow } else { Action::Deny },
                traffic,
                cidr,
                origin: acl.origin(),
            };
            Some(Change::CreateNetworkAclEntry { acl: acl.id.clone(), entry })
        }
        _ => {
            let entry = numbers.of(&acl.entries)?;
            let (egress, number) = (entry.egress, entry.number);
            Some(Change::DeleteNetworkAclEntry { acl: acl.id.clone(), egress, number })
        }
    }
}

#[test]
fn edits_of_rules_differ_in_the_pairs_that_they_change() {
    let (mut refactors, mut changes) = (0, 0);
    for seed in testkit::seeds(40) {
        let files = files(seed);
        let (old, mut new) = (read(&files), read(&files));
        let mut numbers = Numbers(seed * 7919 + 1);
        assert_eq!(check(&old, &new, &format!("seed {seed}")), Verdict::Same);
        for step in 0..4 {
            let Some(change) = edit(&new, &mut numbers) else { continue };
            if new.apply(&change).is_err() {
                continue;
            }
            match check(&old, &new, &format!("seed {seed}, step {step}: {change:?}")) {
                Verdict::Changed => changes += 1,
                _ => refactors += 1,
            }
        }
    }
    assert!(refactors > 10 && changes > 10, "{refactors} and {changes} are too few to show anything");
}

#[test]
fn two_networks_differ_in_the_pairs_that_differ() {
    for seed in testkit::seeds(15) {
        let (old, new) = (read(&files(seed)), read(&files(seed + 1)));
        check(&old, &new, &format!("seeds {seed} and {}", seed + 1));
    }
}

/// Groups of an interface and routes of a table are no rules: whatever they touch is compared.
#[test]
fn other_groups_and_routes_differ_in_the_pairs_that_they_change() {
    let mut changes = 0;
    // The last loses its local route: its neighbours get packets of a transit gateway without.
    for seed in testkit::seeds(20).chain([5008]) {
        let files = files(seed);
        let (old, mut new) = (read(&files), read(&files));
        let mut numbers = Numbers(seed * 104_729 + 7);
        let groups: Vec<_> = new.model().security_groups.values().map(|group| group.id.clone()).collect();
        let nouns: Vec<_> = new.model().network_interfaces.values().map(|noun| noun.id.clone()).collect();
        let tables: Vec<_> = new.model().route_tables.values().cloned().collect();
        let (Some(group), Some(noun)) = (numbers.of(&groups), numbers.of(&nouns)) else { continue };
        if new.set_groups(noun, vec![group.clone()]) {
            let verdict = check(&old, &new, &format!("seed {seed}: {noun} has {group}"));
            changes += usize::from(verdict == Verdict::Changed);
        }
        if let Some(mut table) = numbers.of(&tables).cloned().filter(|table| !table.routes.is_empty()) {
            table.routes.remove(numbers.below(table.routes.len()));
            new.set_routes(&table.id, table.routes);
            check(&old, &new, &format!("seed {seed}: a route of {} less", table.id));
        }
    }
    assert!(changes > 5, "{changes} changes are too few to show anything");
}

/// Nouns are known by their ids: in whatever order two exports list them, they say the same.
#[test]
fn the_order_of_an_export_means_nothing() {
    let mut numbers = Numbers(99);
    // In the last one target of three answers.
    for seed in testkit::seeds(20).chain([5016]) {
        let files = files(seed);
        let turned: Vec<_> = files
            .iter()
            .map(|(name, text)| {
                let mut answer: serde_json::Value = serde_json::from_str(text).unwrap();
                for list in
                    answer.as_object_mut().unwrap().values_mut().filter_map(|list| list.as_array_mut())
                {
                    list.reverse();
                }
                (name.clone(), answer.to_string())
            })
            .collect();
        let (old, mut new) = (read(&files), read(&turned));
        assert_eq!(check(&old, &new, &format!("seed {seed}")), Verdict::Same);
        if edit(&new, &mut numbers).is_some_and(|change| new.apply(&change).is_ok()) {
            check(&old, &new, &format!("seed {seed}, edited"));
        }
    }
}

/// An export that lacks one file has other ends, associations and gateways.
#[test]
fn so_do_networks_of_which_a_part_is_missing() {
    let mut numbers = Numbers(42);
    for seed in testkit::seeds(15) {
        let files = files(seed);
        let mut fewer = files.clone();
        fewer.remove(numbers.below(files.len()));
        check(&read(&files), &read(&fewer), &format!("seed {seed}"));
        check(&read(&fewer), &read(&files), &format!("seed {seed}, the other way round"));
    }
}
