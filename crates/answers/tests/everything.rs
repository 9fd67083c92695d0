//! Everything to everything is what each pair's own answer says, before and after every edit.
//!
//! The networks are small and random and have every feature; the oracle is the walk of one pair, which shares with the
//! rows only the walk itself and the meaning of a gate.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use engine::ephemeral::kind_of;
use engine::reach::{Changed, Chosen, Ends, Index, Outcome, Prepared, Reach, Row, Servers, Side};
use engine::{Flow, Network, Server};
use model::{Action, Change, Holder, Peer, Resolved};
use space::{Family, Region, Set};

fn network(seed: u64) -> Network {
    read(&xtask::generate::random(seed))
}

fn read(files: &xtask::generate::Export) -> Network {
    let mut reader = read::Reader::new();
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

fn everything(network: &Network, prepared: &Prepared) -> Reach {
    answers::reach::reach(network, prepared, &|_, _| {})
}

/// All ends, and the internet.
fn ends_of(ends: &Ends) -> Vec<Option<(u32, Holder)>> {
    let classes = (0u32..).zip(&ends.classes);
    let members = classes.flat_map(|(ix, class)| class.members.iter().map(move |member| Some((ix, *member))));
    members.chain([None]).collect()
}

fn looked_up(ends: &Ends, row: &Row, client: u32) -> Outcome {
    let own = row.classes.iter().find(|(class, _)| *class == client).map(|(_, outcome)| *outcome);
    own.or_else(|| ends.cohort_of(client).map(|cohort| row.of_cohort(cohort))).unwrap_or(Outcome::NOTHING)
}

/// Holds each pair of the whole, as its rows and as its blocks say it, against its own walk; how many there are.
fn compare(network: &Network, reach: &mut Reach, prepared: &Prepared, name: &str) -> usize {
    let (ends, asked) = (prepared.ends(), answers::reach::everything(network));
    let all = ends_of(ends);
    let in_blocks = expanded(network, ends, reach);
    let mut compared = 0;
    for (client, server) in all.iter().flat_map(|client| all.iter().map(move |server| (client, server))) {
        for family in [Family::V4, Family::V6] {
            let of_family =
                |end: &Option<(u32, Holder)>| end.is_none_or(|(_, end)| Family::of(end.address) == family);
            let interface = |end: &Option<(u32, Holder)>| end.map(|(_, end)| end.interface);
            if !of_family(client) || !of_family(server) || interface(client) == interface(server) {
                continue;
            }
            let row = |server: u32| reach.rows.get(server as usize).cloned().unwrap_or_default();
            let got = match (client, server) {
                (Some((client, _)), None) => looked_up(ends, &reach.to_internet, *client),
                (None, Some((server, _))) => row(*server).internet,
                (Some((client, _)), Some((server, _))) => looked_up(ends, &row(*server), *client),
                (None, None) => continue,
            };
            let kind = client.map_or("internet", |(_, end)| kind_of(network, end.interface).key);
            let beyond = client.is_none() || server.is_none();
            let asked = asked.of(family, kind, beyond, &mut reach.sets);
            let to = match (client, server) {
                (_, None) => Server::Beyond,
                (None, Some((_, end))) => Server::Public(*end),
                (Some(_), Some((_, end))) => Server::Interface(*end),
            };
            let flow = Flow { family, client: client.map(|(_, end)| end), server: to };
            let judged = engine::judge(network, &flow, asked, &mut reach.sets);
            let want = Outcome { works: judged.works, unknown: judged.unknown };
            assert_eq!(got, want, "{name}: {client:?} -> {server:?}");
            let named = |end: &Option<(u32, Holder)>| match end {
                Some((_, end)) => self::name(network, *end),
                None => format!("internet {family:?}"),
            };
            let want = (reach.sets.regions(got.works), reach.sets.regions(got.unknown));
            let of_blocks = in_blocks.get(&(named(client), named(server)));
            let want = Some(&want).filter(|_| !got.is_nothing());
            assert_eq!(of_blocks, want, "{name}: blocks of {client:?} -> {server:?}");
            compared += 1;
        }
    }
    compared
}

#[test]
fn every_pair_of_the_whole_is_what_its_own_walk_says() {
    let mut compared = 0;
    for seed in testkit::seeds(150) {
        let network = network(seed);
        let prepared = Prepared::of(&network);
        let mut reach = everything(&network, &prepared);
        compared += compare(&network, &mut reach, &prepared, &format!("seed {seed}"));
    }
    assert!(compared > 5_000, "{compared} pairs are too few to show anything");
}

/// So many networks of VPCs that are all but alike.
const ALIKE: u64 = 60;
/// And one of which two attachments list their subnets otherwise than the gateway draws them (S12.14).
const DRAWN: u64 = 2095;

#[test]
fn what_is_answered_once_for_many_is_what_each_walk_says() {
    let (mut compared, mut together, mut works, mut balanced) = (0, 0, 0, 0);
    for seed in testkit::seeds(ALIKE).chain([DRAWN]) {
        let network = read(&xtask::generate::alike(seed));
        let prepared = Prepared::of(&network);
        let mut reach = everything(&network, &prepared);
        let crowds = reach.rows.iter().flat_map(|row| &row.crowds);
        together += crowds.clone().map(|(cohorts, _)| cohorts.len()).sum::<usize>();
        works += crowds.filter(|(_, outcome)| outcome.works != Set::EMPTY).count();
        let rows = prepared.ends().classes.iter().zip(&reach.rows);
        let of_nodes = rows.filter(|(class, _)| is_node(&network, class.members.first()));
        balanced += of_nodes.map(|(_, row)| row.crowds.len()).sum::<usize>();
        compared += compare(&network, &mut reach, &prepared, &format!("seed {seed}"));
    }
    // Of these many are answered together, and not by nothing.
    assert!(together * 20 > compared, "{together} of {compared}");
    assert!(works * 50 > compared, "{works} of {compared}");
    assert!(
        balanced * 500 > compared,
        "{balanced} of {compared} are answered together for nodes of load balancers"
    );
}

fn is_node(network: &Network, end: Option<&Holder>) -> bool {
    end.is_some_and(|end| network.resolved().load_balancer_of(end.interface).is_some())
}

type Answers = BTreeMap<(String, String), (Vec<Region>, Vec<Region>)>;

/// Every pair that is not blocked, by names, with its sets as boxes: what two arenas can be compared by.
fn expanded(network: &Network, ends: &Ends, reach: &Reach) -> Answers {
    let mut all = Answers::new();
    let names = |class: u32| {
        let members = ends.class(class).map(|class| class.members.clone()).unwrap_or_default();
        members.into_iter().map(|member| name(network, member)).collect::<Vec<_>>()
    };
    let regions = |set: Set| reach.sets.regions(set);
    for block in reach.blocks(ends) {
        let mut clients: Vec<String> = block.clients.expand(ends).flat_map(names).collect();
        clients.extend(block.clients.internet.then(|| format!("internet {:?}", block.family)));
        let servers: Vec<String> = match &block.servers {
            Servers::Internet => vec![format!("internet {:?}", block.family)],
            Servers::Classes(classes) => classes.iter().copied().flat_map(names).collect(),
        };
        for (client, server) in
            clients.iter().flat_map(|client| servers.iter().map(move |server| (client, server)))
        {
            if interface(client) != interface(server) {
                let sets = (regions(block.outcome.works), regions(block.outcome.unknown));
                let before = all.insert((client.clone(), server.clone()), sets);
                assert!(before.is_none(), "{client} -> {server} is in two blocks");
            }
        }
    }
    all
}

fn name(network: &Network, end: Holder) -> String {
    format!("{} {}", network.model().network_interfaces.at(end.interface).id, end.address)
}

fn interface(name: &str) -> &str {
    name.split(' ').next().unwrap_or_default()
}

/// Numbers that only look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % (bound.max(1) as u64)).unwrap_or(0)
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> Option<&'t T> {
        all.get(self.below(all.len()))
    }
}

/// Some edit of a rule, which AWS may refuse.
fn edit(network: &Network, numbers: &mut Numbers) -> Option<Change> {
    let blocks =
        ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/28", "10.0.0.16/29", "10.1.0.0/26", "::/0", "3.0.0.0/8"];
    let traffics = ["all", "tcp 80", "tcp 443", "udp 53", "tcp 32768-45000", "icmp 8/0"];
    let traffic = numbers.of(&traffics)?.parse().ok()?;
    let cidr = numbers.of(&blocks)?.parse().ok()?;
    let groups: Vec<_> = network.model().security_groups.values().collect();
    let lists: Vec<_> = network.model().network_acls.values().collect();
    let (group, acl) = (numbers.of(&groups)?, numbers.of(&lists)?);
    match numbers.below(4) {
        0 => {
            let by_group = Peer::Group(numbers.of(&groups)?.id.clone());
            let peer = if numbers.below(2) == 0 { Peer::Cidr(cidr) } else { by_group };
            let rule = model::SecurityGroupRule {
                egress: numbers.below(2) == 0,
                traffic,
                peer,
                ..group.rules.first()?.clone()
            };
            Some(Change::AuthorizeSecurityGroup { group: group.id.clone(), rule })
        }
        1 => {
            let rule = (*numbers.of(&group.rules)?).clone();
            Some(Change::RevokeSecurityGroup { group: group.id.clone(), rule })
        }
        2 => {
            let entry = model::NetworkAclEntry {
                number: u32::try_from(numbers.below(40)).ok()? + 1,
                egress: numbers.below(2) == 0,
                cidr,
                traffic,
                action: if numbers.below(2) == 0 { Action::Allow } else { Action::Deny },
                ..acl.entries.first()?.clone()
            };
            Some(Change::CreateNetworkAclEntry { acl: acl.id.clone(), entry })
        }
        _ => {
            let entry = numbers.of(&acl.entries)?;
            Some(Change::DeleteNetworkAclEntry {
                acl: acl.id.clone(),
                egress: entry.egress,
                number: entry.number,
            })
        }
    }
}

/// What happens to a network in the life of an index: an edit of a rule, other groups for an interface, other routes.
fn happens(index: &mut Index<'_>, numbers: &mut Numbers) -> Option<(String, Vec<Changed>)> {
    match numbers.below(6) {
        0 => {
            let model = index.network().model();
            let interfaces: Vec<_> = model.network_interfaces.values().collect();
            let groups: Vec<_> = model.security_groups.values().map(|group| group.id.clone()).collect();
            let interface = numbers.of(&interfaces)?.id.clone();
            let count = numbers.below(3);
            let mut given: Vec<model::Id> = (0..count).filter_map(|_| numbers.of(&groups).cloned()).collect();
            given.dedup();
            let text = format!("{interface} gets {given:?}");
            Some((text, index.set_groups(&interface, given)?))
        }
        1 => {
            let tables: Vec<_> = index.network().model().route_tables.values().collect();
            let table = *numbers.of(&tables)?;
            // A local route says where the VPC is, and stays.
            let is_local = |route: &model::Route| route.target == model::Target::Local;
            let (local, mut routes): (Vec<_>, Vec<_>) = table.routes.iter().cloned().partition(is_local);
            let at = numbers.below(routes.len());
            let other = numbers.of(&routes)?.clone();
            match numbers.below(3) {
                0 => drop(routes.remove(at)),
                1 => routes.get_mut(at)?.target = other.target,
                _ => {
                    let blocks =
                        ["10.0.0.0/28", "10.0.0.16/29", "10.1.0.0/26", "10.1.0.32/28", "2001:db8:0:1::/64"];
                    let block = numbers.of(&blocks)?.parse().ok()?;
                    routes.push(model::Route { destination: model::Destination::Cidr(block), ..other });
                }
            }
            routes.extend(local);
            let (id, text) = (table.id.clone(), format!("{} gets {} routes", table.id, routes.len()));
            Some((text, index.set_routes(&id, routes)?))
        }
        _ => {
            let change = edit(index.network(), numbers)?;
            Some((change.to_string(), index.apply(&change).ok()?))
        }
    }
}

#[test]
fn after_every_edit_the_index_is_what_is_found_anew_and_says_what_changed() {
    let (mut edits, mut differences) = (0, 0);
    for seed in testkit::seeds(150) {
        let network = network(seed);
        let asked = answers::reach::everything(&network);
        let mut index = Index::new(network, asked);
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed + 1) | 1);
        let mut before = expanded(index.network(), index.ends(), index.reach());
        for _ in 0..8 {
            let Some((text, changed)) = happens(&mut index, &mut numbers) else { continue };
            let after = expanded(index.network(), index.ends(), index.reach());
            let anew = Prepared::of(index.network());
            let want = expanded(index.network(), anew.ends(), &everything(index.network(), &anew));
            let lost = want.iter().find(|(pair, sets)| after.get(*pair) != Some(sets));
            let surplus = after.keys().find(|pair| !want.contains_key(*pair));
            assert!(lost.is_none() && surplus.is_none(), "seed {seed}: {text}: {lost:?} {surplus:?}");

            let side = |side: Side| match side {
                Side::Internet => vec!["internet".to_owned()],
                Side::Class(class) => {
                    let members =
                        index.ends().class(class).map(|class| class.members.clone()).unwrap_or_default();
                    members.into_iter().map(|member| name(index.network(), member)).collect()
                }
            };
            let mut said = BTreeSet::new();
            for one in &changed {
                let servers = side(one.server);
                let pairs = side(one.client)
                    .into_iter()
                    .flat_map(|client| servers.iter().map(move |server| (client.clone(), server.clone())));
                said.extend(pairs.filter(|(client, server)| interface(client) != interface(server)));
            }
            let plain =
                |name: &String| if interface(name) == "internet" { "internet".into() } else { name.clone() };
            let differ =
                before.keys().chain(after.keys()).filter(|pair| before.get(*pair) != after.get(*pair));
            let differ: BTreeSet<(String, String)> =
                differ.map(|(client, server)| (plain(client), plain(server))).collect();
            assert_eq!(said, differ, "seed {seed}: {text}");
            edits += 1;
            differences += said.len();
            before = after;
        }
    }
    assert!(edits > 500 && differences > 300, "{edits} edits and {differences} differences show too little");
}

#[test]
fn a_part_of_the_whole_is_what_the_whole_says_of_it() {
    for seed in testkit::seeds(60) {
        let network = network(seed);
        let prepared = Prepared::of(&network);
        let (ends, asked) = (prepared.ends(), answers::reach::everything(&network));
        let whole = expanded(&network, ends, &everything(&network, &prepared));
        for class in 0..u32::try_from(ends.classes.len()).unwrap_or(0) {
            let one = Chosen { classes: Some(vec![class]), internet: false };
            let own: BTreeSet<String> = ends
                .class(class)
                .into_iter()
                .flat_map(|class| &class.members)
                .map(|end| name(&network, *end))
                .collect();
            let from = Reach::among(&network, &prepared, &asked, &one, &Chosen::ALL, &|_, _| {});
            let to = Reach::among(&network, &prepared, &asked, &Chosen::ALL, &one, &|_, _| {});
            let of = |answers: Answers, is_own: &dyn Fn(&(String, String)) -> bool| -> Answers {
                answers.into_iter().filter(|(pair, _)| is_own(pair)).collect()
            };
            let from_own = |pair: &(String, String)| own.contains(&pair.0);
            let to_own = |pair: &(String, String)| own.contains(&pair.1);
            assert_eq!(
                of(expanded(&network, ends, &from), &from_own),
                of(whole.clone(), &from_own),
                "seed {seed}"
            );
            assert_eq!(of(expanded(&network, ends, &to), &to_own), of(whole.clone(), &to_own), "seed {seed}");
        }
    }
}

/// What gets to a load balancer is what it gets to its targets (S4.2): a list of theirs touches whoever asks the balancer.
#[test]
fn a_list_of_targets_is_felt_by_clients_of_their_load_balancer() {
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        subnet c 10.20.0.0/24
        subnet p 10.20.1.0/24
        subnet t 10.20.2.0/24 acl=acl-t
        acl acl-t in: 100 allow all 0.0.0.0/0
        acl acl-t out: 100 allow all 0.0.0.0/0
        sg sg-a in: all 0.0.0.0/0
        sg sg-a out: all 0.0.0.0/0
        eni client c 10.20.0.10 groups=sg-a
        lb alb application internal subnets=p groups=sg-a
        eni node p 10.20.1.20 groups=sg-a elb=alb
        eni target t 10.20.2.10 groups=sg-a
        tg web tcp 8080 ip: 10.20.2.10
        listener l alb tcp 80 web
    "]);
    let asked = answers::reach::everything(&network);
    let mut index = Index::new(network, asked);
    let class = |index: &Index<'_>, name: &str| {
        let ix = index.network().model().network_interfaces.ix(name).unwrap();
        index.ends().classes_of(ix)[0]
    };
    let (client, node) = (class(&index, "client"), class(&index, "node"));
    let works = |index: &Index<'_>| looked_up(index.ends(), &index.reach().rows[node as usize], client).works;
    assert_ne!(works(&index), Set::EMPTY);
    let of_list = model::Id::from("acl-t");
    let change = Change::DeleteNetworkAclEntry { acl: of_list, egress: true, number: 100 };
    let changed = index.apply(&change).unwrap();
    assert_eq!(works(&index), Set::EMPTY, "no answer leaves the target's subnet");
    assert!(changed.iter().any(|one| one.client == Side::Class(client) && one.server == Side::Class(node)));
}

/// An instance reaches its own interfaces without leaving (S12.11), and each family by itself: whoever asks for the answers of
/// one interface gets those that the whole has of it.
#[test]
fn interfaces_of_one_host_are_looked_at_family_by_family() {
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16 2001:db8:20::/56
        subnet a 10.20.0.0/24 2001:db8:20::/64
        subnet b 10.20.1.0/24 2001:db8:20:1::/64
        sg sg-none in: tcp 22 192.0.2.0/24
        sg sg-none out: all 0.0.0.0/0 | all ::/0
        eni A a 10.20.0.10 2001:db8:20::10 groups=sg-none instance=i-1
        eni B b 10.20.1.10 2001:db8:20:1::10 groups=sg-none instance=i-1
    "]);
    let prepared = Prepared::of(&network);
    let (ends, asked) = (prepared.ends(), answers::reach::everything(&network));
    let whole = expanded(&network, ends, &everything(&network, &prepared));
    let client = network.model().network_interfaces.ix("A").unwrap();
    let chosen = Chosen { classes: Some(ends.classes_of(client).to_vec()), internet: false };
    let from = Reach::among(&network, &prepared, &asked, &chosen, &Chosen::ALL, &|_, _| {});
    let members = ends
        .classes_of(client)
        .iter()
        .filter_map(|class| ends.class(*class))
        .flat_map(|class| &class.members);
    let own: BTreeSet<String> = members.map(|end| name(&network, *end)).collect();
    assert_eq!(own.len(), 2, "in two families");
    let of_own = |answers: Answers| -> Answers {
        answers.into_iter().filter(|(pair, _)| own.contains(&pair.0)).collect()
    };
    assert_eq!(of_own(expanded(&network, ends, &from)), of_own(whole));
}

/// A rule may name a group that the export lacks: whoever has it is let in, and nobody else is.
#[test]
fn a_group_that_the_export_lacks_is_a_reference_like_others() {
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        subnet a 10.20.1.0/24
        sg sg-a in: tcp 443 sg-gone
        sg sg-a out: all 0.0.0.0/0
        eni A a 10.20.1.10 groups=sg-a
        eni B a 10.20.1.11 groups=sg-gone
        eni C a 10.20.1.12 groups=sg-a
        sg sg-d out: tcp 443 sg-gone
        eni D a 10.20.1.13 groups=sg-d
    "]);
    let prepared = Prepared::of(&network);
    let ends = prepared.ends();
    let class_of = |name: &str| {
        let ix = network.model().network_interfaces.ix(name).unwrap();
        ends.classes_of(ix).first().copied().unwrap()
    };
    let reach = everything(&network, &prepared);
    let row = &reach.rows[class_of("A") as usize];
    let (b, c) = (looked_up(ends, row, class_of("B")), looked_up(ends, row, class_of("C")));
    assert!(b.works == Set::EMPTY && b.unknown != Set::EMPTY, "what its own groups let out is not known");
    assert_eq!(c, Outcome::NOTHING);
    let d = looked_up(ends, &reach.rows[class_of("B") as usize], class_of("D"));
    assert!(d.works == Set::EMPTY && d.unknown != Set::EMPTY, "whom the group lets in is not known");
}

/// How many cohorts two interfaces with these outbound rules, beside one for all of IPv4, are in.
fn cohorts(one: &str, other: &str) -> usize {
    let text = format!(
        "vpc vpc-1 10.0.0.0/16
        subnet s 10.0.0.0/24
        sg sg-0 out: all 0.0.0.0/0
        sg sg-1 out: {one}
        sg sg-2 out: {other}
        eni e1 s 10.0.0.4 groups=sg-0,sg-1
        eni e2 s 10.0.0.5 groups=sg-0,sg-2"
    );
    Prepared::of(&testkit::network(&[&text])).ends().cohorts.len()
}

#[test]
fn what_another_rule_lets_out_anyway_tells_nobody_apart() {
    assert_eq!(cohorts("tcp 443 10.1.0.0/16", "udp 53 0.0.0.0/0"), 1);
    // Neither IPv6 nor, so far as it has an IPv6 address, a member of a group is among what is let out anyway.
    assert_eq!(cohorts("tcp 443 10.1.0.0/16", "tcp 443 2001:db8::/32"), 2);
    assert_eq!(cohorts("tcp 443 10.1.0.0/16", "tcp 443 sg-1"), 2);
}

/// Where a VPC's attachment is entered is not known: then nor is what the gateway's table, which has no route to the other, would do.
#[test]
fn an_attachment_without_subnets_may_lead_anywhere() {
    let text = "
        vpc vpc-1 10.1.0.0/16
        table rtb-1: 10.2.0.0/16 tgw-1
        subnet s 10.1.0.0/24 table=rtb-1
        sg sg-1 in: all 0.0.0.0/0
        sg sg-1 out: all 0.0.0.0/0
        eni A s 10.1.0.4 groups=sg-1
        vpc vpc-2 10.2.0.0/16
        table rtb-2: 10.1.0.0/16 tgw-1
        subnet t 10.2.0.0/24 table=rtb-2
        sg sg-2 in: all 0.0.0.0/0
        sg sg-2 out: all 0.0.0.0/0
        eni B t 10.2.0.4 groups=sg-2
        tgw tgw-1
        attachment at-1 tgw-1 vpc-1
        attachment at-2 tgw-1 vpc-2 subnets=t
        tgwtable tgw-rtb-1 tgw-1 all assoc=at-1,at-2: 10.1.0.0/16 at-1
    ";
    let network = testkit::network(&[text]);
    let prepared = Prepared::of(&network);
    let mut reach = everything(&network, &prepared);
    assert!(compare(&network, &mut reach, &prepared, "no subnets") > 2);
    let class = |name| prepared.ends().classes_of(network.model().network_interfaces.ix(name).unwrap())[0];
    let there = looked_up(prepared.ends(), &reach.rows[class("B") as usize], class("A"));
    assert!(there.works == Set::EMPTY && there.unknown != Set::EMPTY, "nobody knows how A gets on");
}
