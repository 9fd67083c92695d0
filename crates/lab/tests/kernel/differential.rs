//! Random small networks times random connections, as crafted packets: model and kernel have to agree on every one, in
//! verdict, in every gate on the way there and back, and in every rule.

use std::collections::HashSet;

use engine::{Network, Server, icmp_queries};
use lab::probe::Prober;
use lab::verify::{Outcome, Probe, verify};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use space::{Connection, Family, address_value};
use testkit::generate::{self, Point};

use crate::support::{Standing, possible};

/// How many probes the test in CI sends at least; `PORTCULLIS_LAB_PROBES` asks for more.
const PROBES: usize = 20_000;
/// Connections that are tried of each pair of ends.
const POINTS: usize = 12;
/// IPv6 takes these for headers of its own, and not for what a packet carries.
const EXTENSIONS_OF_IPV6: [u8; 8] = [0, 43, 44, 51, 59, 60, 135, 139];
/// The internet, among the ends of a generated network.
const INTERNET: usize = 4;

#[derive(Debug, Default)]
struct Tally {
    probes: usize,
    work: usize,
    undecided: usize,
}

#[test]
fn model_and_kernel_agree() {
    if !possible("model_and_kernel_agree") {
        return;
    }
    let wanted = std::env::var("PORTCULLIS_LAB_PROBES").map_or(PROBES, |text| text.parse().unwrap());
    let mut tally = Tally::default();
    for seed in 0_u64.. {
        one_network(seed, &mut tally);
        if tally.probes >= wanted {
            break;
        }
    }
    eprintln!("{tally:?}");
    // Both answers have to occur, or the test shows nothing.
    assert!(tally.work * 10 > tally.probes && tally.work * 10 < tally.probes * 9, "{tally:?}");
    assert!(tally.undecided * 4 < tally.probes, "{tally:?}");
}

fn one_network(seed: u64, tally: &mut Tally) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let text = generate::network().new_tree(&mut runner).unwrap().current();
    let text: Vec<&str> = text.iter().map(String::as_str).collect();
    let network = testkit::network(&text);
    let probes = probes(&network, &mut runner);

    let standing = Standing::up(&network);
    let lab = &standing.lab;
    let mut prober = Prober::new(lab.topology(), lab.names()).unwrap();
    let outcomes = verify(&network, lab.topology(), &lab.rules().marks, &mut prober, &probes).unwrap();
    for (probe, outcome) in probes.iter().zip(outcomes) {
        match outcome {
            Outcome::Agree { works } => {
                tally.probes += 1;
                tally.work += usize::from(works);
            }
            Outcome::Undecided(_) => tally.undecided += 1,
            Outcome::Disagree(difference) => {
                panic!("seed {seed}: {probe:?}\n{difference}\n{}", text.join("\n"));
            }
        }
    }
}

/// Connections of every pair of ends, none of which leaves state behind that another meets.
fn probes(network: &Network, runner: &mut TestRunner) -> Vec<Probe> {
    let mut used = HashSet::new();
    let mut probes = Vec::new();
    for client in 0..=INTERNET {
        for server in 0..=INTERNET {
            for family in [Family::V4, Family::V6] {
                let Some(flow) = generate::flow(network, client, server, family) else { continue };
                for _ in 0..POINTS {
                    let point = generate::point().new_tree(runner).unwrap().current();
                    if !probeable(&point, family) {
                        continue;
                    }
                    let beyond = flow.client.is_none() || flow.server == Server::Beyond;
                    // Other addresses beyond are the business of tests by clause.
                    let ordinary = Family::of(point.address) == family && generate::ordinary(point.address);
                    if beyond && !ordinary {
                        continue;
                    }
                    if client == server && meets_itself(&point) {
                        continue;
                    }
                    let remote = if beyond { address_value(point.address) } else { 0 };
                    if used.insert(track(&point, family, (client, server), remote)) {
                        let Point { protocol, client, server, .. } = point;
                        let point = Connection { protocol, remote, client, server, ..Connection::default() };
                        probes.push(Probe { flow, point });
                    }
                }
            }
        }
    }
    probes
}

/// Whether a crafted packet can be such a connection.
fn probeable(point: &Point, family: Family) -> bool {
    match (point.protocol, family) {
        (1, Family::V4) | (58, Family::V6) => {
            let query = icmp_queries(family).iter().any(|(query, _)| u16::from(*query) == point.server);
            // S0.2: a query has code 0. Neighbour discovery (133 to 137) never leaves its link.
            (!query || point.client == 0) && !(family == Family::V6 && (133..=137).contains(&point.server))
        }
        (number, Family::V6) => !EXTENSIONS_OF_IPV6.contains(&number),
        (_, Family::V4) => true,
    }
}

/// Whether what comes back to its own sender, by its public address, looks like the answer to what it sent: see
/// `regressions::an_instance_that_asks_itself_by_its_public_address_is_its_own_answer`.
fn meets_itself(point: &Point) -> bool {
    point.protocol != 1 && (!matches!(point.protocol, 6 | 17) || point.client == point.server)
}

/// What two connections have in common that meet the same state of a group, whichever way round they go.
fn track(
    point: &Point,
    family: Family,
    (client, server): (usize, usize),
    remote: u128,
) -> (Family, u8, u128, [(usize, u16); 2]) {
    let (from, to) = match (point.protocol, family) {
        (6 | 17, _) => (point.client, point.server),
        // The identifier is the probe's own; type and code tell requests apart.
        (1, Family::V4) | (58, Family::V6) => (point.client, point.server),
        _ => (0, 0),
    };
    let mut ends = [(client, from), (server, to)];
    ends.sort_unstable();
    (family, point.protocol, remote, ends)
}
