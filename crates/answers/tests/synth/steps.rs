//! The way from what is there: nothing declared is cut, and nothing else is opened.

use super::*;

/// From diagram B as it is to the least: the group of the load balancer is kept and names the group of the instances in
/// place of their subnets; nothing that is declared is cut on the way, and nothing else is opened.
#[test]
fn steps_from_what_is_there() {
    let network = scenario("diagram-b/export");
    let lines = declared(&["internet -> lb:web-lb:80", "lb:web-lb -> asg:web:80"]);
    let options = Options { keep_existing: true, ..options(Closeness::Full) };
    let found = synth(&Names::new(&network, None), &lines, &[], options).unwrap();
    let acts: Vec<String> = steps(&found).iter().map(|step| word(&step.act)).collect();
    let [balancer, instances] = ["sg-078869a5bf09de6ca", "sg-05b6a111a8464061a"];
    let rows = [
        format!("{balancer} out  + allow tcp 80 to {instances}"),
        format!("{balancer} out  - allow tcp 80 to 10.0.2.0/23"),
    ];
    assert_eq!(acts, rows);
    let clean = |step: &Step| step.opens.is_empty() && step.breaks.is_empty() && step.cuts.is_empty();
    assert!(steps(&found).iter().all(clean));
}

fn steps(found: &Synthesis) -> &[Step] {
    found.steps.as_deref().unwrap()
}

fn word(act: &Act) -> String {
    match act {
        Act::Change(change) => change.to_string(),
        other => format!("{other:?}"),
    }
}

/// What works in a network, pair by pair.
fn passing(network: &Network) -> BTreeMap<String, String> {
    let matrix = Matrix::of(network, Query::everything(network), &|_, _| {});
    let pairs = matrix.pairs().map(|pair| {
        let key = format!("{:?} {:?} {:?}", pair.client, pair.server, pair.says.family);
        (key, format!("{:?} {:?}", pair.says.works_boxes, pair.says.unknown_boxes))
    });
    pairs.collect()
}

/// On the way from random networks to what random lines need, no share of a line ever falls, and the last step leaves
/// what was planned.
#[test]
fn steps_never_cut_what_is_declared() {
    let (mut ways, mut taken, mut opening) = (0, 0, 0);
    for seed in testkit::seeds(40) {
        let network = random(seed);
        if network.model().network_interfaces.values().filter(|noun| is_end(noun)).count() < 2 {
            continue;
        }
        let lines = lines(&network, seed);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let options = Options { keep_existing: true, ..options(Closeness::Full) };
        let Ok(found) = synth(&Names::new(&network, None), &declared(&lines), &[], options) else { continue };
        let mut state = network.clone();
        let mut shares = answers(&state, &lines);
        for step in steps(&found) {
            state = answers::synth::done(&state, &step.act);
            let then = answers(&state, &lines);
            for ((before, after), line) in shares.iter().zip(&then).zip(&lines) {
                assert!(
                    after.1 >= before.1,
                    "seed {seed}: {line} falls from {before:?} to {after:?} by {}",
                    word(&step.act)
                );
            }
            shares = then;
            opening += usize::from(!step.opens.is_empty());
        }
        assert_eq!(passing(&state), passing(&found.after), "seed {seed}: {lines:?}");
        ways += 1;
        taken += steps(&found).len();
    }
    println!("{ways} ways, {taken} steps, of which {opening} open something for a moment");
    assert!(ways >= 25 && taken >= 300, "{ways} ways, {taken} steps");
}
