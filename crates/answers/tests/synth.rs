//! The articles' tables, out of declared paths.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

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
    for seed in 0..320 {
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
    for seed in 0..40 {
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

/// The nodes of a load balancer and what an Auto Scaling group starts, before a database.
fn makers() -> Network {
    testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-pub: 0.0.0.0/0 igw-1
        subnet pub-a 10.20.0.0/24 table=rtb-pub
        subnet pub-b 10.20.1.0/24 table=rtb-pub
        subnet app-a 10.20.2.0/24
        subnet app-b 10.20.3.0/24
        subnet db 10.20.4.0/24
        sg sg-old
        lb lb-1 application subnets=pub-a,pub-b groups=sg-old
        eni N1 pub-a 10.20.0.10 public=198.51.100.10 groups=sg-old elb=lb-1
        eni N2 pub-b 10.20.1.10 public=198.51.100.11 groups=sg-old elb=lb-1
        asg asg-web subnets=app-a,app-b groups=sg-old: i-1
        instance i-1
        eni W app-a 10.20.2.10 groups=sg-old instance=i-1
        eni D db 10.20.4.10 groups=sg-old
    "])
}

/// All nodes have the groups of their load balancer (S4.1), and every instance those of its launch template (S4.19):
/// lines that mean some of them give all of them one group, where that lets no more pass.
#[test]
fn what_is_made_alike_has_one_group() {
    let network = makers();
    let both = ["N1 -> D:5432", "N2 -> D:5432"];
    let found = of(&network, &both, Closeness::Full);
    assert!(found.proof.holds(), "{:?}", found.proof);
    let members: Vec<usize> = found.groups.iter().map(|planned| planned.members.len()).collect();
    assert_eq!(members, [2, 1], "{:#?}", table(&found));
    let found =
        of(&network, &["asg:asg-web -> D:5432", "D -> W:ssh", "D -> asg:asg-web:ssh"], Closeness::Full);
    assert!(found.proof.holds(), "{:?}", found.proof);
    let makers: Vec<usize> = found.groups.iter().map(|planned| planned.makers.len()).collect();
    assert_eq!(makers, [1, 0], "{:#?}", table(&found));
}

/// Where it would let more pass, there are no rules for it, and the lines are named. Lists may keep it closed.
#[test]
fn what_is_made_alike_cannot_be_parted() {
    let network = makers();
    let of_nodes: &[&str] = &["internet -> N1:443", "internet -> N2:443", "N1 -> D:5432"];
    let of_instances: &[&str] = &["asg:asg-web -> D:5432", "W -> D:ssh"];
    for (lines, maker, parting) in [
        (of_nodes, "the Application Load Balancer lb-1", 2),
        (of_instances, "the Auto Scaling group asg-web with the launch template lt-asg-web", 1),
    ] {
        let names = Names::new(&network, None);
        let found = synth(&names, &declared(lines), &[], options(Closeness::None)).map(|found| table(&found));
        let expected = Impossible::Alike { maker: maker.to_owned(), lines: vec![lines[parting].to_owned()] };
        assert_eq!(found, Err(vec![expected]), "{lines:?}");
        assert!(of(&network, lines, Closeness::Full).proof.undeclared.is_empty(), "{lines:?}");
    }
}

fn denied(lines: &[&str]) -> Vec<Denied> {
    let of = |line: &&str| Denied { id: (*line).to_owned(), question: question::parse(line).unwrap() };
    lines.iter().map(of).collect()
}

/// Requests and answers of what a block list names are stopped before anything is let pass (S2.3); groups need not know.
#[test]
fn block_lists_come_first() {
    let network = scenario("diagram-a/export");
    let names = Names::new(&network, None);
    let bad = denied(&["192.0.2.0/24 | 8.8.8.8 -> *"]);
    let lines = declared(&["internet - (192.0.2.0/24 | 8.8.8.8) -> web-1:80"]);
    let found = synth(&names, &lines, &bad, options(Closeness::Full)).unwrap();
    assert!(found.proof.holds() && found.unlisted.is_empty(), "{:?}", found.proof);
    let rows = [
        "sg-web-1",
        "  in allow tcp 80 from 0.0.0.0/0",
        "acl-web-1",
        "  in 10 deny all from 8.8.8.8/32",
        "  in 20 deny all from 192.0.2.0/24",
        "  in 100 allow tcp 80 from 0.0.0.0/0",
        "  out 10 deny all to 8.8.8.8/32",
        "  out 20 deny all to 192.0.2.0/24",
        "  out 100 allow tcp 1024-65535 to 0.0.0.0/0",
    ];
    assert_eq!(table(&found), rows);
    // Nothing but the block list needs the denies.
    assert_eq!(found.lists[0].lines[0], [1]);
    assert_eq!(found.lines[1], "192.0.2.0/24 | 8.8.8.8 -> *");
}

/// A list would stop the answers of those whom a declared line asks, and what is inside the network.
#[test]
fn what_is_spoken_with_is_not_blocked() {
    let network = scenario("diagram-a/export");
    let names = Names::new(&network, None);
    let bad = denied(&["192.0.2.0/24 -> *", "10.0.0.0/9 - * -> web-1", "192.0.2.0/24 -> web-1:ssh"]);
    let found = synth(&names, &declared(&["web-1 -> internet:443"]), &bad, options(Closeness::Full)).unwrap();
    assert!(found.proof.holds(), "{:?}", found.proof);
    let unlisted = [
        Unlisted { id: "192.0.2.0/24 -> *".into(), declared: Some(0) },
        Unlisted { id: "10.0.0.0/9 - * -> web-1".into(), declared: None },
    ];
    assert_eq!(found.unlisted, unlisted);
    assert!(!table(&found).iter().any(|row| row.contains("deny")), "{:#?}", table(&found));
}

/// 19 entries and the final deny are what a list takes (S2.19), 60 rules a group (S1.53), which cannot deny.
#[test]
fn what_block_lists_do_not_fit_into_is_said() {
    let network = scenario("diagram-a/export");
    let names = Names::new(&network, None);
    let blocks: Vec<String> = (0..19).map(|number| format!("192.0.2.{}/32", number * 2)).collect();
    let many = denied(&[&format!("{} -> *", blocks.join(" | "))]);
    let refused = |lines: &[&str], bad: &[Denied], closeness| {
        let found = synth(&names, &declared(lines), bad, options(closeness)).map(|found| table(&found));
        let reasons = found.unwrap_err();
        let quota = |reason: &Impossible| match reason {
            Impossible::Quota { exceeded, lines, deny_instead } => {
                (exceeded.count, lines.clone(), *deny_instead)
            }
            other => panic!("{other:?}"),
        };
        reasons.iter().map(quota).collect::<Vec<_>>()
    };
    let served = format!("internet - ({}) -> web-1:80", blocks.join(" | "));
    // 19 denies, the allow, and the final deny, in both directions; larger blocks would stop visitors.
    let lines = vec![served.clone(), many[0].id.clone()];
    assert_eq!(refused(&[&served], &many, Closeness::Full), [(21, lines.clone(), false), (21, lines, false)]);
    let around = "internet - (192.0.2.1 | 8.8.8.8 | 1.1.1.1) -> web-1:80";
    let found = refused(&[around], &[], Closeness::None);
    let [(count, lines, true)] = found.as_slice() else { panic!("{found:?}") };
    assert!(*count > 60, "{count}");
    assert_eq!(*lines, [around]);
}

/// More subnets ask than a list has entries for (S2.19). Larger blocks let more past the lists and nothing past the groups.
#[test]
fn larger_blocks_where_they_do_no_harm() {
    let mut text = "
        vpc vpc-1 10.0.0.0/16
        sg sg-old
        subnet db 10.0.200.0/24
        eni D db 10.0.200.10 groups=sg-old
    "
    .to_owned();
    for number in (0..40).step_by(2) {
        text.push_str(&format!("subnet app-{number} 10.0.{number}.0/24\n"));
        text.push_str(&format!("eni A{number} app-{number} 10.0.{number}.10 groups=sg-old\n"));
    }
    let network = testkit::network(&[&text]);
    let found = of(&network, &["subnet:app-* -> D:5432"], Closeness::Full);
    assert!(found.proof.holds(), "{:?}", found.proof);
    // 20 blocks are one too many beside the final deny: the first of those that are nearest become one.
    let of_db = |egress| found.widened.iter().filter(move |widened| widened.egress == egress);
    for egress in [false, true] {
        let [widened] = of_db(egress).collect::<Vec<_>>()[..] else { panic!("{:?}", found.widened) };
        assert_eq!((widened.into.to_string().as_str(), widened.extra), ("10.0.0.0/22", 512));
        assert_eq!(widened.blocks.len(), 2);
    }
    let names = Names::new(&network, None);
    let more = Options { max_entries: Some(40), ..options(Closeness::Full) };
    let found = synth(&names, &declared(&["subnet:app-* -> D:5432"]), &[], more).unwrap();
    assert!(found.widened.is_empty() && found.proof.holds());
}

/// Who is let in beside those who are declared is for the user to allow, and is said.
#[test]
fn larger_blocks_where_they_let_more_pass() {
    let network = scenario("diagram-a/export");
    let names = Names::new(&network, None);
    let clients: Vec<String> = (0..20).map(|number| format!("192.0.2.{}/32", number * 3)).collect();
    let line = format!("{} -> web-1:80", clients.join(" | "));
    let lines = declared(&[&line]);
    // A list alone lets nobody in: there larger blocks are harmless.
    let found = synth(&names, &lines, &[], options(Closeness::Full)).unwrap();
    assert!(found.proof.holds() && found.widened.iter().all(|widened| widened.id.as_str() == "acl-web-1"));
    assert_eq!(found.widened.len(), 2, "{:?}", found.widened);
    let few = Options { max_rules: Some(15), ..options(Closeness::Full) };
    let refused = synth(&names, &lines, &[], few).map(|found| table(&found)).unwrap_err();
    let named: Vec<_> = refused
        .iter()
        .map(|reason| match reason {
            Impossible::Quota { exceeded, lines, .. } => (exceeded.count, exceeded.limit, lines.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    let line = vec![line];
    assert_eq!(named, [(20, 15, line.clone()), (21, 20, line.clone()), (21, 20, line)]);
    let few = Options { aggregate: true, ..few };
    let found = synth(&names, &lines, &[], few).unwrap();
    let of_group = found.widened.iter().filter(|widened| widened.id.as_str() == "sg-web-1").count();
    assert!(of_group > 0 && !found.proof.undeclared.is_empty(), "{:?}", found.widened);
    assert!(found.proof.unmet.is_empty());
    assert!(found.groups[0].group.rules.len() <= 15, "{:#?}", table(&found));
}
