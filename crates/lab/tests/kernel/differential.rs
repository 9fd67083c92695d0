//! Random small networks times random connections, as crafted packets: model and kernel have to agree on every one, in
//! verdict, in every gate on the way there and back, and in every rule.

use engine::{Network, Server};
use lab::probe::Prober;
use lab::sample::{Probes, probeable};
use lab::verify::{Outcome, Probe, verify};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use space::{Connection, Family, address_value};
use testkit::generate::{self, Point};

use crate::support::{Standing, possible};

/// How many probes the test in CI sends at least; `PORTCULLIS_LAB_PROBES` asks for more, and
/// `PORTCULLIS_LAB_SEED` for other networks.
const PROBES: usize = 20_000;
/// The same between VPCs.
const PROBES_BETWEEN: usize = 10_000;
/// Connections that are tried of each pair of ends.
const POINTS: usize = 12;
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
    if possible("model_and_kernel_agree") {
        agree(PROBES, &generate::network());
    }
}

/// The same for peering connections, transit gateways and NAT gateways, each of which has two lists more and a table more
/// on the way.
#[test]
fn model_and_kernel_agree_between_vpcs() {
    if possible("model_and_kernel_agree_between_vpcs") {
        agree(PROBES_BETWEEN, &generate::joined());
    }
}

fn agree(probes: usize, networks: &impl Strategy<Value = Vec<String>>) {
    let wanted = std::env::var("PORTCULLIS_LAB_PROBES").map_or(probes, |text| text.parse().unwrap());
    let mut tally = Tally::default();
    let first = std::env::var("PORTCULLIS_LAB_SEED").map_or(0, |text| text.parse().unwrap());
    for seed in first.. {
        one_network(seed, networks, &mut tally);
        if tally.probes >= wanted {
            break;
        }
    }
    eprintln!("{tally:?}");
    // Both answers have to occur, or the test shows nothing.
    assert!(tally.work * 10 > tally.probes && tally.work * 10 < tally.probes * 9, "{tally:?}");
    assert!(tally.undecided * 4 < tally.probes, "{tally:?}");
}

/// The text of a network that a seed makes up, and what makes up more.
pub(crate) fn generated(
    seed: u64,
    networks: &impl Strategy<Value = Vec<String>>,
) -> (Vec<String>, TestRunner) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let text = networks.new_tree(&mut runner).unwrap().current();
    (text, runner)
}

fn one_network(seed: u64, networks: &impl Strategy<Value = Vec<String>>, tally: &mut Tally) {
    let (text, mut runner) = generated(seed, networks);
    let text: Vec<&str> = text.iter().map(String::as_str).collect();
    let network = testkit::network(&text);
    let probes = probes(&network, &mut runner);

    let standing = Standing::up(&network);
    let lab = &standing.lab;
    let mut prober = Prober::new(lab.topology(), lab.names()).unwrap();
    let outcomes = verify(&network, lab.topology(), &lab.rules().marks, &mut prober, &probes).unwrap();
    for (probe, outcome) in probes.iter().zip(outcomes) {
        match outcome {
            Outcome::Agree { works, .. } => {
                tally.probes += 1;
                tally.work += usize::from(works);
            }
            Outcome::NoPacket(_) => {}
            Outcome::Undecided(_) => tally.undecided += 1,
            Outcome::Lost(how) => panic!("seed {seed}: {probe:?} is lost again and again: {how}"),
            Outcome::Disagree(difference) => panic!("seed {seed}: {difference}\n{}", text.join("\n")),
        }
    }
}

/// Connections of every pair of ends, none of which leaves state behind that another meets.
pub(crate) fn probes(network: &Network, runner: &mut TestRunner) -> Vec<Probe> {
    let mut probes = Probes::default();
    for client in 0..=INTERNET {
        for server in 0..=INTERNET {
            for family in [Family::V4, Family::V6] {
                let Some(flow) = generate::flow(network, client, server, family) else { continue };
                for _ in 0..POINTS {
                    let Point { protocol, address, client, server } =
                        generate::point().new_tree(runner).unwrap().current();
                    let beyond = flow.client.is_none() || flow.server == Server::Beyond;
                    // Other addresses beyond are the business of tests by clause.
                    let ordinary = Family::of(address) == family && generate::ordinary(address);
                    let remote = if beyond { address_value(address) } else { 0 };
                    let point = Connection { protocol, remote, client, server, ..Connection::default() };
                    if (!beyond || ordinary) && probeable(&point, family) {
                        probes.add(Probe { flow, point });
                    }
                }
            }
        }
    }
    probes.all
}
