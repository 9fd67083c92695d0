//! The articles' tables, out of declared paths.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod alike;
mod limits;
mod steps;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use answers::ends::Names;
use answers::explain::{self, Explainer};
use answers::question;
use answers::reach::{Matrix, Query};
use answers::synth::{
    Act, Closeness, Declared, Denied, Impossible, Options, Step, Synthesis, Unlisted, synth,
};
use engine::reach::is_end;
use engine::{Network, Verdict};
use model::{
    Guards, NetworkAcl, NetworkAclEntry, Peer, PortRange, SecurityGroup, SecurityGroupRule, Traffic,
};

fn declared(lines: &[&str]) -> Vec<Declared> {
    let of_line = |line: &&str| Declared {
        id: (*line).to_owned(),
        question: question::parse(line).unwrap(),
        why: None,
        profiles: Arc::default(),
    };
    lines.iter().map(of_line).collect()
}

fn options(closeness: Closeness) -> Options {
    Options { closeness, ..Options::default() }
}

fn of(network: &Network, lines: &[&str], closeness: Closeness) -> Synthesis {
    let names = Names::new(network, None);
    synth(&names, &declared(lines), &[], options(closeness)).unwrap()
}

/// The groups and lists as the articles' tables have them.
fn table(found: &Synthesis) -> Vec<String> {
    let mut rows = Vec::new();
    for planned in &found.groups {
        let group = &planned.group;
        rows.push(group.id.to_string());
        for rule in &group.rules {
            rows.push(format!("  {} {rule}", if rule.egress { "out" } else { "in" }));
        }
    }
    for planned in &found.lists {
        rows.push(planned.list.id.to_string());
        for entry in &planned.list.entries {
            rows.push(format!("  {} {entry}", if entry.egress { "out" } else { "in" }));
        }
    }
    rows
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
    let interfaces: Vec<_> =
        network.model().network_interfaces.values().filter(|noun| engine::reach::is_end(noun)).collect();
    let services =
        ["tcp/443", "tcp/22", "udp/53", "icmp/echo", "tcp/8000-8100", "tcp/80,tcp/443", "tcp/3306"];
    let mut lines = Vec::new();
    for _ in 0..=below(4) {
        let mut side = |or_internet: bool| {
            let mut names: Vec<String> =
                (0..=below(2)).map(|_| format!("eni:{}", interfaces[below(interfaces.len())].id)).collect();
            if or_internet && below(4) == 0 {
                names = vec![if below(3) == 0 { "internet6" } else { "internet" }.to_owned()];
            }
            if below(12) == 0 {
                names = vec!["198.51.100.0/24".into()];
            }
            names.join(" | ")
        };
        let (from, to) = (side(true), side(false));
        lines.push(format!("{from} -> {to}:{}", services[below(services.len())]));
    }
    lines
}

/// The verdicts and shares of all lines.
fn answers(network: &Network, lines: &[&str]) -> Vec<(Verdict, f64)> {
    let explainer = Explainer::new(network, None, explain::Options::default());
    let ask = |line: &&str| {
        let answer = explainer.explain(&question::parse(line).unwrap()).unwrap();
        (answer.verdict, answer.share)
    };
    lines.iter().map(ask).collect()
}

/// The network with some of the planned groups and lists in another form.
fn changed(found: &Synthesis, groups: Vec<SecurityGroup>, lists: Vec<NetworkAcl>) -> Network {
    let guards = Guards { groups, of_interfaces: Vec::new(), lists };
    Network::new(found.after.resolved().guarded(&guards))
}

/// The network with groups and lists that let everything through.
fn opened(found: &Synthesis) -> Network {
    let group = |planned: &answers::synth::PlannedGroup| {
        let all = ["all 0.0.0.0/0", "all ::/0"];
        let rules = [false, true].iter().flat_map(|egress| all.map(|text| testkit::rule(*egress, text)));
        SecurityGroup { rules: rules.collect(), ..planned.group.clone() }
    };
    let list = |planned: &answers::synth::PlannedList| {
        let all = ["1 allow all 0.0.0.0/0", "2 allow all ::/0"];
        let entries = [false, true].iter().flat_map(|egress| all.map(|text| testkit::entry(*egress, text)));
        NetworkAcl { entries: entries.collect(), ..planned.list.clone() }
    };
    changed(found, found.groups.iter().map(group).collect(), found.lists.iter().map(list).collect())
}

/// Traffic less its first port, and less its last; nothing where it has but one.
fn narrower(traffic: Traffic) -> Vec<Traffic> {
    let ends = |ports: PortRange| {
        // Where Linux's range ends differs between sources, and a rule covers both (D2).
        let last = if ports.to == 61000 { 60998 } else { ports.to - 1 };
        [PortRange { from: ports.from + 1, ..ports }, PortRange { to: last, ..ports }]
    };
    match traffic {
        Traffic::Tcp(ports) if ports.from < ports.to => ends(ports).map(Traffic::Tcp).to_vec(),
        Traffic::Udp(ports) if ports.from < ports.to => ends(ports).map(Traffic::Udp).to_vec(),
        _ => Vec::new(),
    }
}

/// Every rule and entry away, or narrower, that some of the first lines need: each with what it is called.
fn weakenings(found: &Synthesis, lines: usize, narrow: bool) -> Vec<(String, Network)> {
    let mut all = Vec::new();
    for planned in &found.groups {
        for (position, rule) in planned.group.rules.iter().enumerate() {
            if planned.lines[position].iter().all(|line| *line >= lines) {
                continue;
            }
            // Where a line works for a part of the internet only, rules for the rest are there as declared.
            if !narrow && matches!(rule.peer, Peer::Cidr(block) if outside(found, block)) {
                continue;
            }
            let with = |rules: Vec<SecurityGroupRule>| {
                let mut group = planned.group.clone();
                group.rules.splice(position..=position, rules);
                changed(found, vec![group], Vec::new())
            };
            let name = format!("{} {} {rule}", planned.group.id, if rule.egress { "out" } else { "in" });
            all.push((format!("{name} away"), with(Vec::new())));
            let traffics = if narrow { narrower(rule.traffic) } else { Vec::new() };
            for traffic in traffics {
                all.push((
                    format!("{name} as {traffic}"),
                    with(vec![SecurityGroupRule { traffic, ..rule.clone() }]),
                ));
            }
            if let (Peer::Cidr(block), true) = (&rule.peer, narrow) {
                for half in halves(*block) {
                    let rule = SecurityGroupRule { peer: Peer::Cidr(half), ..rule.clone() };
                    all.push((format!("{name} as {half}"), with(vec![rule])));
                }
            }
        }
    }
    for planned in &found.lists {
        for (position, entry) in planned.list.entries.iter().enumerate() {
            let of_checks = planned.lines[position].iter().all(|line| *line >= lines);
            if of_checks || !narrow && outside(found, entry.cidr) {
                continue;
            }
            let with = |entries: Vec<NetworkAclEntry>| {
                let mut list = planned.list.clone();
                list.entries.splice(position..=position, entries);
                changed(found, Vec::new(), vec![list])
            };
            let name = format!("{} {} {entry}", planned.list.id, if entry.egress { "out" } else { "in" });
            all.push((format!("{name} away"), with(Vec::new())));
            let traffics = if narrow { narrower(entry.traffic) } else { Vec::new() };
            for traffic in traffics {
                all.push((
                    format!("{name} as {traffic}"),
                    with(vec![NetworkAclEntry { traffic, ..entry.clone() }]),
                ));
            }
        }
    }
    all
}

/// Whether a block is a part of the world outside.
fn outside(found: &Synthesis, block: ipnet::IpNet) -> bool {
    let mut own = found.after.model().vpcs.values().flat_map(|vpc| &vpc.cidrs);
    block.prefix_len() > 0 && !own.any(|own| own.contains(&block))
}

fn halves(block: ipnet::IpNet) -> Vec<ipnet::IpNet> {
    block.subnets(block.prefix_len() + 1).map(Iterator::collect).unwrap_or_default()
}

/// Sound, complete, least: what passes is declared; what could work works; nothing can be taken away or made narrower.
/// Lists name whole subnets, since what is in them comes and goes, so their blocks are not narrowed here.
#[test]
fn what_is_declared_and_nothing_else() {
    let (mut intents, mut whole, mut rules, mut weakened) = (0, 0, 0, 0);
    for seed in testkit::seeds(320) {
        let network = random(seed);
        if network.model().network_interfaces.values().filter(|noun| is_end(noun)).count() < 2 {
            continue;
        }
        for intent in 0..4 {
            let lines = lines(&network, seed * 4 + intent);
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let names = Names::new(&network, None);
            let found = match synth(&names, &declared(&lines), &[], options(Closeness::Full)) {
                Ok(found) => found,
                // Ends without a family in common, or too much for a list of 20.
                Err(_) => continue,
            };
            intents += 1;
            let context = || format!("seed {seed}, {lines:?}: {:#?}", table(&found));
            for extra in &found.proof.undeclared {
                assert!(extra.services.is_empty(), "{extra:?} {}", context());
            }
            let (works, best) = (answers(&found.after, &lines), answers(&opened(&found), &lines));
            for ((works, best), line) in works.iter().zip(&best).zip(&lines) {
                assert!(works.1 >= best.1, "{line}: {works:?}, could be {best:?} {}", context());
            }
            let all_work = works.iter().all(|(verdict, _)| *verdict == Verdict::Allowed);
            whole += usize::from(all_work);
            rules += found.groups.iter().map(|planned| planned.group.rules.len()).sum::<usize>();
            for (name, weaker) in weakenings(&found, lines.len(), all_work) {
                weakened += 1;
                assert_ne!(answers(&weaker, &lines), works, "{name} changes nothing: {}", context());
            }
        }
    }
    assert!(intents >= 1_000 && whole >= 150, "{intents} intents, of {whole} every line works");
    assert!(rules >= 3_000 && weakened >= 8_000, "{rules} rules of groups, {weakened} weaker ones");
}

fn proved(path: &str, lines: &[&str], closeness: Closeness) -> Vec<String> {
    let found = of(&scenario(path), lines, closeness);
    assert!(found.proof.holds(), "{lines:?}: {:?}", found.proof);
    table(&found)
}

/// Rule for rule as the article has it.
#[test]
fn diagram_a() {
    let rows = [
        "sg-web-1",
        "  in allow tcp 80 from 0.0.0.0/0",
        "acl-web-1",
        "  in 100 allow tcp 80 from 0.0.0.0/0",
        "  out 100 allow tcp 1024-65535 to 0.0.0.0/0",
    ];
    assert_eq!(proved("diagram-a/export", &["internet -> web-1:80"], Closeness::Full), rows);
}

/// As the article has it, but for sg-2's outbound rule: a reference in place of the private subnets lets less out.
#[test]
fn diagram_b() {
    let rows = [
        "sg-web-2",
        "  in allow tcp 80 from sg-web-lb",
        "sg-web-lb",
        "  in allow tcp 80 from 0.0.0.0/0",
        "  out allow tcp 80 to sg-web-2",
        "acl-web-lb",
        "  in 100 allow tcp 80 from 0.0.0.0/0",
        "  in 200 allow tcp 1024-65535 from 10.0.2.0/23",
        "  out 100 allow tcp 80 to 10.0.2.0/23",
        "  out 200 allow tcp 1024-65535 to 0.0.0.0/0",
        "acl-web-2",
        "  in 100 allow tcp 80 from 10.0.0.0/23",
        "  out 100 allow tcp 1024-65535 to 10.0.0.0/23",
    ];
    let lines = ["internet -> lb:web-lb:80", "lb:web-lb -> asg:web:80"];
    assert_eq!(proved("diagram-b/export", &lines, Closeness::Full), rows);
}

/// Tighter than the article in two ways: Linux answers to its own ports (D2), and what lets answers out to everyone on
/// 1024-65535 lets 3306 out to the database already.
#[test]
fn two_tiers() {
    let rows = [
        "sg-web-2",
        "  in allow tcp 443 from 0.0.0.0/0",
        "  out allow tcp 3306 to sg-db-2",
        "sg-db-2",
        "  in allow tcp 3306 from sg-web-2",
        "acl-web-2",
        "  in 100 allow tcp 443 from 0.0.0.0/0",
        "  in 200 allow tcp 32768-61000 from 10.1.10.0/23",
        "  out 100 allow tcp 1024-65535 to 0.0.0.0/0",
        "acl-db-2",
        "  in 100 allow tcp 3306 from 10.1.0.0/23",
        "  out 100 allow tcp 32768-61000 to 10.1.0.0/23",
    ];
    let lines = ["internet -> sg:web:443", "sg:web -> sg:db:mysql"];
    assert_eq!(proved("two-tier-corrected/export", &lines, Closeness::Full), rows);
}

/// A server that fetches updates needs a rule of its group, one of its list out, and one for the
/// answers in; nothing else changes.
#[test]
fn a_server_with_and_without_updates() {
    let serving = proved("diagram-a/export", &["internet -> web-1:80"], Closeness::Full);
    let lines = ["internet -> web-1:80", "web-1 -> internet:443"];
    let fetching = proved("diagram-a/export", &lines, Closeness::Full);
    assert!(serving.iter().all(|row| fetching.contains(row)));
    let more: Vec<&String> = fetching.iter().filter(|row| !serving.contains(row)).collect();
    let rows = [
        "  out allow tcp 443 to 0.0.0.0/0",
        "  in 200 allow tcp 32768-61000 from 0.0.0.0/0",
        "  out 200 allow tcp 443 to 0.0.0.0/0",
    ];
    assert_eq!(more, rows);
}

/// Where every address would let servers of one tier reach each other, the internet is said without private addresses.
#[test]
fn everyone_is_not_the_network_itself() {
    let network = scenario("two-tier-corrected/export");
    let lines = ["internet -> sg:web:443", "sg:web -> internet:443"];
    let exact = of(&network, &lines, Closeness::Full);
    assert!(exact.proof.holds());
    let everyone = synth(
        &Names::new(&network, None),
        &declared(&lines),
        &[],
        Options { everyone: true, ..options(Closeness::Full) },
    )
    .unwrap();
    assert_eq!(everyone.proof.undeclared.len(), 2, "each web server reaches the other");
    assert!(table(&everyone).contains(&"  out allow tcp 443 to 0.0.0.0/0".to_owned()));
    assert!(!table(&exact).contains(&"  out allow tcp 443 to 0.0.0.0/0".to_owned()));
}

/// A check on another port than the traffic's is a flow that nobody declares and everybody needs (S4.5).
#[test]
fn health_checks_are_declared_with_their_traffic() {
    let network = scenario("diagram-b/health-check");
    let found = of(&network, &["internet -> lb:web-lb:80"], Closeness::Full);
    assert!(found.proof.holds(), "{:?}", found.proof);
    assert_eq!(found.lines.len(), 2, "{:?}", found.lines);
    let rows = table(&found);
    for row in ["  out allow tcp 8081 to sg-3", "  in allow tcp 8081 from sg-web-lb"] {
        assert!(rows.iter().any(|other| other == row), "{row}: {rows:#?}");
    }
}
