//! The matrix says of each pair what a question about that pair is answered with, and what it leaves out is blocked.

use std::collections::HashMap;

use answers::explain::{Explainer, Options};
use answers::question;
use answers::reach::{By, Factored, Grouped, Judged, Labels, Matrix, Party, Query, Summary, talks};
use engine::reach::{is_end, primary_addresses};
use engine::{Flow, Network, Server, Verdict};
use model::Holder;
use space::{Diagrams, Family, Set};

/// Every end, the internet included, with the address that it is asked by.
fn ends(network: &Network, family: Family) -> Vec<Option<Holder>> {
    let interfaces = network.model().network_interfaces.iter().filter(|(_, noun)| is_end(noun));
    let held = interfaces.flat_map(|(interface, noun)| {
        primary_addresses(noun).map(move |address| Holder { interface, address })
    });
    held.filter(|end| Family::of(end.address) == family).map(Some).chain([None]).collect()
}

fn party(end: Option<Holder>) -> Party {
    end.map_or(Party::Internet, |end| Party::Interface(end.interface))
}

/// The set of an answer, in another arena.
fn copy(matrix: &Matrix<'_>, set: Set, sets: &mut Diagrams) -> Set {
    sets.copy(&matrix.sets, set, &mut rustc_hash::FxHashMap::default())
}

/// Holds the matrix against one judgement a pair; gives how many pairs there are and how many are in the matrix.
fn check(network: &Network, name: &str) -> (usize, usize) {
    let matrix = Matrix::of(network, Query::everything(network), &|_, _| {});
    let mut found: HashMap<(Family, Party, Party), &Judged> = HashMap::new();
    for pair in matrix.pairs() {
        let known = found.insert((pair.says.family, pair.client, pair.server), pair.says);
        assert!(known.is_none(), "{name}: a pair is in two lines: {:?} {:?}", pair.client, pair.server);
    }
    let counted: u64 = matrix.lines.iter().map(|line| matrix.count(line)).sum();
    assert_eq!(counted, found.len() as u64, "{name}: pairs counted and pairs listed");
    let everything = answers::reach::everything(network);
    let mut sets = Diagrams::new();
    let (mut all, mut listed) = (0, 0);
    for family in [Family::V4, Family::V6] {
        let ends = ends(network, family);
        for &client in &ends {
            for &server in &ends {
                if client.map(|end| end.interface) == server.map(|end| end.interface) {
                    continue;
                }
                all += 1;
                let kind =
                    client.map_or("internet", |end| engine::ephemeral::kind_of(network, end.interface).key);
                let beyond = client.is_none() || server.is_none();
                let asked = everything.of(family, kind, beyond, &mut sets);
                let server_end = match (client, server) {
                    (_, None) => Server::Beyond,
                    (None, Some(end)) => Server::Public(end),
                    (Some(_), Some(end)) => Server::Interface(end),
                };
                let flow = Flow { family, client, server: server_end };
                let judgement = engine::judge(network, &flow, asked, &mut sets);
                let who = format!("{name}: {client:?} -> {server:?}");
                match found.get(&(family, party(client), party(server))) {
                    Some(says) => {
                        listed += 1;
                        assert_eq!(copy(&matrix, says.works, &mut sets), judgement.works, "{who}: works");
                        assert_eq!(
                            copy(&matrix, says.unknown, &mut sets),
                            judgement.unknown,
                            "{who}: unknown"
                        );
                        assert_eq!(says.verdict, judgement.verdict(&mut sets), "{who}");
                        let share = sets.count(judgement.works) / sets.count(asked);
                        assert!((says.share - share).abs() < 1e-9, "{who}: {} and {share}", says.share);
                        assert_eq!(says.services.is_empty(), judgement.works == Set::EMPTY, "{who}");
                    }
                    None => {
                        assert_eq!(judgement.works, Set::EMPTY, "{who} is not listed");
                        assert_eq!(judgement.unknown, Set::EMPTY, "{who} is not listed");
                    }
                }
            }
        }
    }
    factored(&matrix, name);
    (all, listed)
}

/// The sets and the groups speak of the same pairs.
fn factored(matrix: &Matrix<'_>, name: &str) {
    let factored = Factored::of(matrix);
    let mut again = Vec::new();
    for line in &factored.lines {
        let side = |sets: &[u32], internet: bool| -> Vec<Party> {
            let held = factored.interfaces(sets).into_iter().map(Party::Interface);
            held.chain(internet.then_some(Party::Internet)).collect()
        };
        for client in side(&line.from, line.from_internet) {
            for server in side(&line.to, line.to_internet).into_iter().filter(|server| *server != client) {
                again.push((line.judged, format!("{client:?}"), format!("{server:?}")));
            }
        }
    }
    let mut pairs: Vec<_> = matrix
        .pairs()
        .map(|pair| (pair.judged, format!("{:?}", pair.client), format!("{:?}", pair.server)))
        .collect();
    again.sort();
    pairs.sort();
    assert_eq!(again, pairs, "{name}: sets");
    let talks: u64 = talks(matrix, &factored).iter().map(|talk| talk.pairs).sum();
    assert_eq!(talks, pairs.len() as u64, "{name}: talks");
    let labels = Labels::of(matrix.network);
    let grouped = Grouped::of(matrix, &factored, &labels, &By::Interface);
    let passing: u64 = grouped.cells.values().map(|cell| cell.passing).sum();
    assert_eq!(passing, pairs.len() as u64, "{name}: by interface");
    for cell in grouped.cells.values() {
        assert!(cell.passing <= cell.pairs, "{name}: {cell:?}");
    }
    for by in [By::Subnet, By::Vpc] {
        let grouped = Grouped::of(matrix, &factored, &labels, &by);
        let passing: u64 = grouped.cells.values().map(|cell| cell.passing).sum();
        assert_eq!(passing, pairs.len() as u64, "{name}: by {by}");
    }
    let summary = Summary::of(matrix, &factored);
    let beyond = matrix.pairs().filter(|pair| pair.says.beyond).count() as u64;
    assert_eq!(summary.talk + summary.may_talk + beyond, pairs.len() as u64, "{name}: summary");
}

const NETWORK: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    table rtb-app: 0.0.0.0/0 nat-1
    subnet pub 10.20.0.0/24 table=rtb-pub acl=acl-pub
    subnet app 10.20.1.0/24 table=rtb-app
    subnet db 10.20.2.0/24
    acl acl-pub in: 100 allow tcp 80 0.0.0.0/0 | 110 allow tcp 1024-65535 0.0.0.0/0
    acl acl-pub out: 100 allow tcp 49152-65535 0.0.0.0/0 | 110 allow tcp 443 0.0.0.0/0
    nat nat-1 pub 10.20.0.30 public=198.51.100.30
    sg sg-web in: tcp 80 0.0.0.0/0 | icmp 8 10.20.0.0/16
    sg sg-web out: all 0.0.0.0/0
    sg sg-app in: tcp 8080 sg-web | tcp 22 198.51.100.0/24
    sg sg-app out: all 0.0.0.0/0
    sg sg-db in: tcp 3306 sg-app
    eni W pub 10.20.0.10 public=198.51.100.10 groups=sg-web
    eni W2 pub 10.20.0.11 public=198.51.100.11 groups=sg-web
    eni A app 10.20.1.10 groups=sg-app
    eni A2 app 10.20.1.11 groups=sg-app
    eni D db 10.20.2.10 groups=sg-db
";

#[test]
fn each_pair_is_judged_as_by_itself() {
    let network = testkit::network(&[NETWORK]);
    let (all, listed) = check(&network, "network");
    assert_eq!(all, 6 * 5);
    assert!(listed > 8, "{listed} of {all}");
}

fn read(files: impl IntoIterator<Item = (String, String)>) -> Network {
    let mut reader = read::Reader::new();
    for (name, text) in files {
        reader.add_bytes(&name, text.into_bytes());
    }
    Network::new(model::Resolved::new(reader.finish()))
}

/// How many networks from a seed are looked at: what a test may take, built without optimisation.
const SEEDS: u64 = 400;

#[test]
fn each_pair_of_random_networks_is_judged_as_by_itself() {
    let (mut pairs, mut listed) = (0, 0);
    for seed in testkit::seeds(SEEDS) {
        let network = read(xtask::generate::random(seed).files());
        let (all, some) = check(&network, &format!("seed {seed}"));
        (pairs, listed) = (pairs + all, listed + some);
    }
    assert!(listed * 20 > pairs, "{listed} of {pairs} pairs have something");
}

/// An export that lacks a file: what nobody knows is in the matrix too.
#[test]
fn each_pair_of_networks_of_which_a_part_is_missing_is_judged_as_by_itself() {
    let (mut pairs, mut listed) = (0, 0);
    for seed in testkit::seeds(SEEDS) {
        let mut files: Vec<(String, String)> = xtask::generate::random(seed).files().collect();
        let missing = usize::try_from(seed).unwrap() % files.len();
        let (name, _) = files.remove(missing);
        let network = read(files);
        let (all, some) = check(&network, &format!("seed {seed} without {name}"));
        (pairs, listed) = (pairs + all, listed + some);
    }
    assert!(listed * 20 > pairs, "{listed} of {pairs} pairs have something");
}

#[test]
fn each_pair_is_answered_as_the_question_about_it() {
    let network = testkit::network(&[NETWORK]);
    let matrix = Matrix::of(&network, Query::everything(&network), &|_, _| {});
    let explainer = Explainer::new(&network, None, Options::default());
    let nouns = &network.model().network_interfaces;
    let name = |party: Party| match party {
        Party::Interface(ix) => nouns.at(ix).id.to_string(),
        Party::Internet => "internet".into(),
    };
    let mut listed = 0;
    for pair in matrix.pairs() {
        let text = format!("{} -> {}:any", name(pair.client), name(pair.server));
        let answer = explainer.explain(&question::parse(&text).unwrap()).unwrap();
        assert_eq!(answer.verdict, pair.says.verdict, "{text}");
        assert!((answer.share - pair.says.share).abs() < 1e-9, "{text}");
        listed += 1;
    }
    let ids: Vec<String> =
        nouns.iter().filter(|(_, noun)| is_end(noun)).map(|(_, n)| n.id.to_string()).collect();
    let mut works = 0;
    for client in &ids {
        for server in ids.iter().filter(|server| *server != client) {
            let text = format!("{client} -> {server}:any");
            let answer = explainer.explain(&question::parse(&text).unwrap()).unwrap();
            works += usize::from(answer.verdict != Verdict::Blocked);
        }
    }
    let between = matrix.pairs().filter(|pair| !pair.says.beyond).count();
    assert_eq!(works, between, "of {listed}");
}

#[test]
fn services_are_told_with_their_shares() {
    let network = testkit::network(&[NETWORK]);
    let matrix = Matrix::of(&network, Query::everything(&network), &|_, _| {});
    let nouns = &network.model().network_interfaces;
    let said = |client: &str, server: &str| -> Vec<String> {
        let is = |party: Party, name: &str| match party {
            Party::Interface(ix) => nouns.at(ix).id == *name,
            Party::Internet => name == "internet",
        };
        let pair = matrix.pairs().find(|pair| is(pair.client, client) && is(pair.server, server));
        let services = pair.map(|pair| pair.says.services.clone()).unwrap_or_default();
        services
            .iter()
            .map(|one| {
                format!(
                    "{} {:.4} {:?}",
                    one.what,
                    one.share,
                    one.client_ports.first().map(ToString::to_string)
                )
            })
            .collect()
    };
    // S0.6, S2.21: replies of a Linux client to 49152-60999 of 32768-60999 pass.
    assert_eq!(said("A", "W"), [r#"tcp/80 0.4197 Some("49152-60999")"#]);
    // Of 1024-65535, 49152-65535.
    assert_eq!(said("internet", "W"), [r#"tcp/80 0.2540 Some("49152-65535")"#]);
    // In one subnet no list stands between (S2.13); pings carry any code.
    assert_eq!(said("W", "W2"), [r#"tcp/80 1.0000 Some("32768-60999")"#, "icmp/echo 1.0000 None"]);
    assert_eq!(said("A", "D"), [r#"tcp/3306 1.0000 Some("32768-60999")"#]);
    assert_eq!(said("W", "D"), Vec::<String>::new());
    assert_eq!(said("D", "A"), Vec::<String>::new());
}
