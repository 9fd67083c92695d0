//! Findings of other scanners, graded: on random networks, the grade is what `explain` says of the interfaces.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use answers::audit::{Graded, ImportGrade, SarifLog, grade_imported};
use answers::explain::{Explainer, Leg, Options, Outcome};
use answers::question;
use engine::{Network, Verdict};
use model::Resolved;
use rustc_hash::FxHashMap;
use serde_json::json;

/// Rules of scanners that are about one port, as their documentation says (checks.md 5.1), and a question about it.
const RULES: [(&str, u16); 3] = [("CKV_AWS_24", 22), ("CKV_AWS_25", 3389), ("CKV_AWS_260", 80)];

fn network(seed: u64) -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::random(seed);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

fn graded(network: &Network, results: Vec<serde_json::Value>) -> Vec<Graded> {
    let log = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "a scanner"}}, "results": results}]});
    let log: SarifLog = serde_json::from_value(log).unwrap();
    grade_imported(network, &log)
}

fn result(rule: &str, id: &str) -> serde_json::Value {
    json!({"ruleId": rule, "message": {"text": format!("{id} is open to the world")}})
}

/// What the internet gets of a port of an interface over an internet gateway.
#[derive(Debug, Default)]
struct Reached {
    works: bool,
    unknown: bool,
}

/// The same in both families, as `explain` says; `None` where no question can name the interface. A public address that comes
/// in from a private network, by a virtual private gateway, is not on the internet.
fn explained(explainer: &Explainer<'_>, id: &str, port: u16) -> Option<Reached> {
    let asked = ["internet", "internet6"].map(|from| {
        let question = question::parse(&format!("{from} -> {id}:{port}")).unwrap();
        explainer.explain(&question).ok()
    });
    let mut found: Option<Reached> = None;
    for answer in asked.into_iter().flatten() {
        let reached = found.get_or_insert_default();
        if answer.verdict == Verdict::Blocked {
            continue;
        }
        for way in answer.pairs.iter().flat_map(|pair| &pair.ways) {
            let legs = || std::iter::once(&way.request).chain(&way.replies);
            if !legs().flat_map(|leg| &leg.gates).any(|gate| gate.gate == "internet-gateway") {
                continue;
            }
            let has = |leg: &Leg, outcome| leg.gates.iter().any(|gate| gate.outcome == outcome);
            let passes = |leg: &Leg| !has(leg, Outcome::Blocks) && !has(leg, Outcome::Unknown);
            reached.works |= passes(&way.request) && way.replies.iter().any(passes);
            reached.unknown |= legs().any(|leg| has(leg, Outcome::Unknown));
        }
    }
    found
}

/// Of each interface and port: reached, perhaps, or not, as `explain` says; and of each group, reached only if one of its
/// interfaces is.
#[test]
fn a_grade_is_what_explain_says() {
    let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
    for seed in testkit::seeds(40) {
        let network = network(seed);
        let explainer = Explainer::new(&network, None, Options::default());
        let model = network.model();
        let interfaces = model.network_interfaces.values().filter(|noun| noun.stand_in.is_none());
        let ids: Vec<&str> = interfaces.map(|noun| noun.id.as_str()).collect();
        for (rule, port) in RULES {
            let results = ids.iter().map(|id| result(rule, id)).collect();
            let all = graded(&network, results);
            assert_eq!(all.len(), ids.len(), "seed {seed}: a finding is lost");
            let mut reached: Vec<&str> = Vec::new();
            for one in &all {
                let id = one.resource.as_ref().unwrap().id.as_str();
                let Some(said) = explained(&explainer, id, port) else { continue };
                let named = format!("seed {seed}: {id}:{port} is {:?}, and explain says {said:?}", one.grade);
                *counts.entry(one.grade.word()).or_default() += 1;
                match one.grade {
                    ImportGrade::Exposed | ImportGrade::Partial => {
                        assert!(said.works, "{named}");
                        reached.push(id);
                    }
                    ImportGrade::Undecided => assert!(said.unknown && !said.works, "{named}"),
                    ImportGrade::Latent | ImportGrade::Unreachable => {
                        assert!(!said.works && !said.unknown, "{named}");
                    }
                    ImportGrade::NotMatched => panic!("{named}"),
                }
            }
            let groups =
                model.security_groups.values().map(|group| result(rule, group.id.as_str())).collect();
            for one in graded(&network, groups) {
                let id = one.resource.as_ref().unwrap().id.as_str();
                let members =
                    model.security_groups.ix(id).map(|ix| network.resolved().members_of(ix)).unwrap();
                let members = members.iter().map(|ix| model.network_interfaces.at(*ix).id.as_str());
                if matches!(one.grade, ImportGrade::Exposed | ImportGrade::Partial) {
                    assert!(
                        members.clone().any(|member| reached.contains(&member)),
                        "seed {seed}: {id}:{port}"
                    );
                    *counts.entry("a group that lets in").or_default() += 1;
                }
            }
        }
    }
    for grade in ["exposed", "latent", "unreachable", "a group that lets in"] {
        assert!(counts.get(grade).is_some_and(|count| *count > 20), "too few: {counts:?}");
    }
}

/// What is no resource of the network is said to be so, in any text.
#[test]
fn what_is_not_of_the_network_is_not_matched() {
    let network = network(1);
    let texts = ["", "sg-", "bucket receipts has no access logging", "sg-0123456789abcdef0", "\u{0}{\"}"];
    let all = graded(&network, texts.iter().map(|text| result("X", text)).collect());
    assert_eq!(all.len(), texts.len());
    assert!(all.iter().all(|one| one.grade == ImportGrade::NotMatched), "{all:?}");
}
