//! What findings say is true: of random networks with every feature, by answers that share no code with the rules.

use answers::audit::{Audit, Finding, RULES, audit};
use answers::explain::{Explainer, Options, verdict_word};
use answers::grant::Moment;
use answers::intent::Intent;
use engine::Network;
use engine::reach::{Changed, Index};
use model::Resolved;
use rustc_hash::FxHashMap;

fn network(seed: u64) -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::random(seed);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

/// Every finding of 150 random networks.
fn each(mut check: impl FnMut(u64, &Network, &Finding)) -> FxHashMap<&'static str, usize> {
    let mut counts = FxHashMap::default();
    for seed in testkit::seeds(150) {
        let network = network(seed);
        let Audit { findings, .. } = audit(&network, RULES, &Intent::default(), Moment::of_unix_seconds(0));
        for finding in &findings {
            *counts.entry(finding.rule).or_insert(0) += 1;
            check(seed, &network, finding);
        }
    }
    counts
}

#[test]
fn explain_says_of_every_counterexample_what_the_finding_says() {
    let mut asked = 0;
    let counts = each(|seed, network, finding| {
        let Some(shown) = &finding.counterexample else { return };
        let explainer = Explainer::new(network, None, Options::default());
        let question = answers::question::parse(&shown.question)
            .unwrap_or_else(|error| panic!("seed {seed}: {}: {}", shown.question, error.message));
        let explained = explainer
            .explain(&question)
            .unwrap_or_else(|error| panic!("seed {seed}: {}: {}", shown.question, error.message));
        assert_eq!(
            verdict_word(explained.verdict),
            shown.verdict,
            "seed {seed}: {} {}",
            finding.rule,
            shown.question
        );
        asked += 1;
    });
    assert!(asked > 200, "{asked} questions are too few to show anything: {counts:?}");
}

/// A fix that changes nothing changes no pair; one that closes opens no pair.
#[test]
fn a_fix_does_what_it_says() {
    let mut fixed = FxHashMap::<&str, usize>::default();
    each(|seed, network, finding| {
        let Some(fix) = &finding.fix else { return };
        *fixed.entry(finding.rule).or_default() += 1;
        let mut index = Index::new(network.clone(), answers::reach::everything(network));
        let mut changed: Vec<Changed> = Vec::new();
        for change in &fix.changes {
            let more = index.apply(change).unwrap_or_else(|error| panic!("seed {seed}: {change}: {error}"));
            changed.extend(more);
        }
        let named = format!("seed {seed}: {} {}", finding.rule, finding.text);
        if fix.equal {
            assert!(changed.is_empty(), "{named}: {changed:?}");
        }
    });
    assert!(fixed.values().sum::<usize>() > 100, "too few fixes to show anything: {fixed:?}");
}

/// The same network from a file with its lists in another order is the same to a baseline.
#[test]
fn fingerprints_are_unique_in_a_network_and_the_same_twice() {
    for seed in testkit::seeds(30) {
        let prints = |network: &Network| {
            let findings =
                audit(network, RULES, &Intent::default(), Moment::of_unix_seconds(0)).findings.into_iter();
            let print = |finding: Finding| {
                (finding.fingerprint, format!("{} {} {}", finding.rule, finding.text, finding.aspect))
            };
            let mut all: Vec<(String, String)> = findings.map(print).collect();
            all.sort();
            all
        };
        let (first, second) = (prints(&network(seed)), prints(&network(seed)));
        assert_eq!(first, second, "seed {seed}");
        for pair in first.windows(2) {
            assert_ne!(pair[0].0, pair[1].0, "seed {seed}: {} and {}", pair[0].1, pair[1].1);
        }
    }
}
