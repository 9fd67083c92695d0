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
    synth(&names, &declared(lines), closeness).unwrap()
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
