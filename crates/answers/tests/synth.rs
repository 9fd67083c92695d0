//! The articles' tables, out of declared paths.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::path::Path;

use answers::ends::Names;
use answers::question;
use answers::synth::{Closeness, Declared, Synthesis, synth};
use engine::Network;

fn declared(lines: &[&str]) -> Vec<Declared> {
    let of_line = |line: &&str| Declared {
        id: (*line).to_owned(),
        question: question::parse(line).unwrap(),
        why: None,
        client: None,
    };
    lines.iter().map(of_line).collect()
}

fn of(network: &Network, lines: &[&str], closeness: Closeness) -> Synthesis {
    let names = Names::new(network, None);
    synth(&names, &declared(lines), closeness, false).unwrap()
}

/// The groups and lists as the articles' tables have them.
fn table(found: &Synthesis) -> Vec<String> {
    let mut rows = Vec::new();
    for planned in &found.groups {
        let group = &planned.group;
        rows.push(format!("{}: {} of {}", group.id, planned.members.join(" "), group.rules.len()));
        for rule in &group.rules {
            rows.push(format!("  {} {rule}", if rule.egress { "out" } else { "in" }));
        }
    }
    for planned in &found.lists {
        rows.push(format!("{}: {}", planned.list.id, planned.list.subnets.join(" ")));
        for entry in &planned.list.entries {
            rows.push(format!("  {} {entry}", if entry.egress { "out" } else { "in" }));
        }
    }
    rows
}

trait Join {
    fn join(&self, by: &str) -> String;
}
impl Join for Vec<model::Id> {
    fn join(&self, by: &str) -> String {
        self.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(by)
    }
}

fn scenario(path: &str) -> Network {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(path)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let mut reader = read::Reader::new();
    for file in files {
        reader.add_bytes(&file.display().to_string(), std::fs::read(&file).unwrap());
    }
    Network::new(model::Resolved::new(reader.finish()))
}

fn random(seed: u64) -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::random(seed);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(model::Resolved::new(reader.finish()))
}

/// Some lines between interfaces of a network and the internet, the same for the same seed.
fn lines(network: &Network, seed: u64) -> Vec<String> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = move |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from((state >> 11) % most as u64).unwrap()
    };
    let interfaces: Vec<_> = network.model().network_interfaces.values().filter(|noun| engine::reach::is_end(noun)).collect();
    let services = ["tcp/443", "tcp/22", "udp/53", "icmp/echo", "tcp/8000-8100", "tcp/80,tcp/443", "tcp/3306"];
    let mut lines = Vec::new();
    for _ in 0..=below(4) {
        let mut side = |or_internet: bool| {
            let mut names: Vec<String> = (0..=below(2)).map(|_| format!("eni:{}", interfaces[below(interfaces.len())].id)).collect();
            if or_internet && below(4) == 0 {
                names = vec![if below(3) == 0 { "internet6" } else { "internet" }.to_owned()];
            }
            if below(12) == 0 { names = vec!["198.51.100.0/24".into()]; }
            names.join(" | ")
        };
        let (from, to) = (side(true), side(false));
        lines.push(format!("{from} -> {to}:{}", services[below(services.len())]));
    }
    lines
}

#[test]
fn random_intents() {
    let (mut rules, mut unmet, mut quota, mut words) = (0, 0, 0, 0);
    for seed in 0..300 {
        let network = random(seed);
        if network.model().network_interfaces.len() < 2 { continue }
        let lines = lines(&network, seed);
        let names = Names::new(&network, None);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let found = match synth(&names, &declared(&lines), Closeness::Full, false) {
            Ok(found) => found,
            Err(errors) => {
                for error in errors { match error { answers::synth::Impossible::Quota{..} => quota += 1, answers::synth::Impossible::Words(_, error) => { if words < 4 { println!("{error:?}"); } words += 1 } } }
                continue
            }
        };
        rules += found.groups.iter().map(|group| group.group.rules.len()).sum::<usize>();
        unmet += found.proof.unmet.len();
        if !found.proof.undeclared.is_empty() {
            let first = &found.proof.undeclared[0];
            let name = |id: &Option<model::Id>| id.as_ref().map_or("internet".to_owned(), |id| format!("eni:{id}"));
            let question = question::parse(&format!("{} -> {}", name(&first.client), name(&first.server))).unwrap();
            let explained = answers::explain::Explainer::new(&found.after, None, answers::explain::Options::default()).explain(&question).unwrap();
            println!("seed {seed} {lines:#?} {:#?} {:?} {:?}", table(&found), first, explained.reasons);
        }
    }
    println!("rules {rules} unmet {unmet} quota {quota} words {words}");
    panic!();
}

#[test]
fn diagram_a() {
    let network = scenario("diagram-a/export");
    let found = of(&network, &["internet -> web-1:80"], Closeness::Full);
    println!("{:#?}\n{:#?}", table(&found), found.proof);
    let network = scenario("diagram-b/export");
    let found = of(&network, &["internet -> lb:web-lb:80", "lb:web-lb -> asg:web:80"], Closeness::Full);
    println!("{:#?}\n{:#?}", table(&found), found.proof);
    let network = scenario("two-tier-corrected/export");
    let found = of(&network, &["internet -> sg:web:443", "sg:web -> sg:db:mysql"], Closeness::Full);
    println!("{:#?}\n{:#?}", table(&found), found.proof);
    let found = of(&network, &["internet -> sg:web:443", "sg:web -> sg:db:mysql", "sg:web -> internet:443"], Closeness::Coarse);
    println!("{:#?}\n{:#?}", table(&found), found.proof);
    panic!()
}
