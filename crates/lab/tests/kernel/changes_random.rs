//! Random networks, and what becomes of a lab that follows from one to the next.

use lab::probe::Prober;
use lab::verify::{Outcome, verify};
use proptest::prelude::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use testkit::generate;

use crate::differential::{generated, probes};
use crate::same::differences;
use crate::support::{Standing, possible};

/// The lines of a network, some left out and some with other addresses: what one day differs from the next.
fn thinned(lines: &[String], runner: &mut TestRunner) -> Vec<String> {
    let mut coin = |of: u32| (0..of).new_tree(runner).unwrap().current() == 0;
    let lines = lines.iter().flat_map(|piece| piece.lines()).map(str::trim);
    let lines = lines.filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match *words.first()? {
            "eni" | "nat" | "peering" if coin(4) => None,
            "eni" if coin(3) => {
                let address = words.get(3)?;
                let (block, last) = address.rsplit_once('.')?;
                Some(line.replacen(address, &format!("{address} {block}.1{last}"), 1))
            }
            "eni" if coin(4) => Some(
                line.split(' ').filter(|word| !word.starts_with("public=")).collect::<Vec<_>>().join(" "),
            ),
            _ => Some(line.to_owned()),
        }
    });
    lines.collect()
}

/// A lab that was made of another by a change, and of that by another, is the one that comes up from the last network: the
/// same rules, links, addresses and routes. What packets meet there is what the model says.
#[test]
fn a_changed_lab_is_the_one_that_comes_up() {
    if !possible("a_changed_lab_is_the_one_that_comes_up") {
        return;
    }
    let (mut compared, mut probed) = (0, 0);
    for seed in 0..4 {
        let (near, mut runner) = generated(2_000 + seed, &generate::network());
        let (far, _) = generated(3_000 + seed, &generate::joined());
        let mut sequence = [
            thinned(&near, &mut runner),
            thinned(&near, &mut runner),
            thinned(&far, &mut runner),
            thinned(&far, &mut runner),
            thinned(&near, &mut runner),
        ];
        if seed % 2 == 1 {
            sequence.rotate_left(1);
        }
        let networks = sequence.map(|lines| testkit::network(&[&lines.join("\n")]));
        let [first, others @ ..] = &networks;
        let mut standing = Standing::up(first);
        for network in others {
            let numbers = standing.lab.numbers().clone();
            standing = standing.apply(network);
            let fresh = Standing::up_with(network, &numbers);
            let differences = differences(&standing, &fresh);
            assert!(differences.is_empty(), "seed {seed}: {}", differences.join("\n"));
            compared += 1;
        }
        // Packets come last: some are known for a while.
        let network = standing.lab.network();
        let probes = probes(network, &mut runner);
        let mut prober = Prober::new(standing.lab.topology(), standing.lab.names()).unwrap();
        let marks = &standing.lab.rules().marks;
        let outcomes = verify(network, standing.lab.topology(), marks, &mut prober, &probes).unwrap();
        for (probe, outcome) in probes.iter().zip(outcomes) {
            match outcome {
                Outcome::Agree { .. } => probed += 1,
                Outcome::NoPacket(_) | Outcome::Undecided(_) => {}
                Outcome::Lost(how) => panic!("seed {seed}: {probe:?} is lost again and again: {how}"),
                Outcome::Disagree(difference) => panic!("seed {seed}: {difference}"),
            }
        }
    }
    eprintln!("{compared} changes, {probed} probes");
    assert!(compared == 16 && probed > 300, "{compared} changes, {probed} probes");
}
