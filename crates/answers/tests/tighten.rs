//! After all that can go has gone: what works of the declared lines works as before, no pair gets more than before, at
//! each step on the way too; and nothing more can go.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]

use answers::explain::{Explainer, Options, Pair};
use answers::intent::{self, FILE, Intent};
use answers::question;
use answers::reach::{Query, compare};
use answers::tighten::{Plan, Refused, tighten};
use engine::{Network, Verdict};
use model::{Action, Change, Resolved};
use space::Set;

fn random(seed: u64) -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::random(seed);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

/// Some lines between interfaces and the internet, the same for the same seed.
fn lines(network: &Network, seed: u64) -> Vec<String> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = move |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from((state >> 11) % most as u64).unwrap()
    };
    let all: Vec<_> =
        network.model().network_interfaces.values().filter(|noun| engine::reach::is_end(noun)).collect();
    let services = ["tcp/443", "any", "udp/53", "icmp/echo", "tcp/1-1024", "tcp/80,tcp/443"];
    (0..=below(4))
        .map(|_| {
            let mut end = || match below(5) {
                0 => "internet".to_owned(),
                1 => "*".to_owned(),
                _ => format!("eni:{}", all[below(all.len())].id),
            };
            let (from, to) = (end(), end());
            format!("{from} -> {to}:{}", services[below(services.len())])
        })
        .collect()
}

fn declared(lines: &[String]) -> Intent {
    let lines: Vec<String> = lines.iter().map(|line| format!("'{line}'")).collect();
    let text = format!("version: 1\nallow: [{}]\n", lines.join(", "));
    intent::parse(FILE, &text, &|_| Err("no file".into())).unwrap()
}

fn planned(network: &Network, intent: &Intent) -> Option<Plan> {
    let names = intent::names(intent, network, None).unwrap();
    match tighten(&names, intent) {
        Ok(plan) => Some(plan),
        Err(Refused::NothingDeclared) => None,
        Err(refused) => panic!("{refused:?}"),
    }
}

/// The verdict and the share of each pair of each line, and what of it certainly fails.
fn answers(network: &Network, lines: &[String]) -> Vec<(Verdict, f64, String)> {
    let explainer = Explainer::new(network, None, Options::default());
    let mut all = Vec::new();
    for line in lines {
        let answer = explainer.explain(&question::parse(line).unwrap()).unwrap();
        let of_pair = |pair: &Pair| (pair.verdict, pair.share, format!("{:?}", pair.fails));
        all.extend(answer.pairs.iter().map(of_pair));
    }
    all
}

/// What becomes of all health checks: those of groups that declared flows lead to are needed, too (S4.5).
fn checks(network: &Network) -> Vec<String> {
    let explainer = Explainer::new(network, None, Options::default());
    let groups = network.model().target_groups.iter();
    groups.map(|(group, _)| format!("{:?}", explainer.health_check(group).checks)).collect()
}

/// Every removal of something that allows.
fn removals(network: &Network) -> Vec<Change> {
    let (model, resolved) = (network.model(), network.resolved());
    let mut all = Vec::new();
    for (_, group) in model.security_groups.iter().filter(|(ix, _)| !resolved.members_of(*ix).is_empty()) {
        let revoke = |rule: &model::SecurityGroupRule| Change::RevokeSecurityGroup {
            group: group.id.clone(),
            rule: rule.clone(),
        };
        all.extend(group.rules.iter().map(revoke));
    }
    for (ix, acl) in model.network_acls.iter() {
        if model.subnets.iter().any(|(subnet, _)| resolved.network_acl_of(subnet).ix() == Some(ix)) {
            let allows = acl.entries.iter().filter(|entry| entry.action == Action::Allow);
            all.extend(allows.map(|entry| Change::DeleteNetworkAclEntry {
                acl: acl.id.clone(),
                egress: entry.egress,
                number: entry.number,
            }));
        }
    }
    all
}

#[test]
fn what_is_declared_stays_and_nothing_more_can_go() {
    let (mut plans, mut changes, mut left) = (0, 0, 0);
    for seed in testkit::seeds(140) {
        let network = random(seed);
        if network.model().network_interfaces.values().filter(|noun| engine::reach::is_end(noun)).count() < 2
        {
            continue;
        }
        let mut lines = lines(&network, seed);
        // Each line once: their texts are their names.
        lines.sort();
        lines.dedup();
        let Some(plan) = planned(&network, &declared(&lines)) else { continue };
        plans += 1;
        changes += plan.changes.len();
        let before = answers(&network, &lines);
        let context = || {
            format!(
                "seed {seed}, {lines:?}: {:?}",
                plan.changes.iter().map(ToString::to_string).collect::<Vec<_>>()
            )
        };
        let mut step = network.clone();
        for change in &plan.changes {
            let next = step.after(std::slice::from_ref(change)).unwrap();
            assert_eq!(answers(&next, &lines), before, "{change} {}", context());
            let compared = compare(&step, &next, Query::everything(&step));
            let opened = compared.moved.iter().filter(|pair| pair.opened != Set::EMPTY).count();
            // A narrower rule beside the wider one opens nothing, nor does what goes.
            assert_eq!(opened, 0, "{change} {}", context());
            step = next;
        }
        // Of what nobody can say, these answers do not show how much of it may work.
        let is_decided = before.iter().all(|(verdict, ..)| *verdict != Verdict::Undecided);
        for removal in removals(&step).into_iter().filter(|_| is_decided) {
            left += 1;
            let less = step.after(std::slice::from_ref(&removal)).unwrap();
            let all = |network: &Network| (answers(network, &lines), checks(network));
            assert_ne!(all(&less), all(&step), "{removal} can go too: {}", context());
        }
        let again = planned(&step, &declared(&lines)).unwrap();
        assert!(again.changes.is_empty(), "again: {:?} {}", again.changes, context());
    }
    assert!(plans >= 80 && changes >= 400 && left >= 80, "{plans} plans, {changes} changes, {left} left");
}

const SHOP: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-pub: 0.0.0.0/0 igw-1
    subnet web 10.20.0.0/24 table=rtb-pub acl=acl-web
    subnet db 10.20.1.0/24 acl=acl-db
    acl acl-web in: 50 deny all 192.0.2.0/24 | 100 allow all 0.0.0.0/0 | 200 allow tcp 80 0.0.0.0/0
    acl acl-web out: 100 allow all 0.0.0.0/0
    acl acl-db in: 100 allow tcp 3306 10.20.0.0/16 | 110 allow tcp 22 10.20.0.0/16
    acl acl-db out: 100 allow all 10.0.0.0/8
    sg sg-web in: tcp 80 0.0.0.0/0 | tcp 22 0.0.0.0/0 | tcp 1-1000 198.51.100.0/24
    sg sg-web out: all 0.0.0.0/0
    sg sg-db in: tcp 3306 10.0.0.0/8 | all sg-web
    sg sg-idle in: tcp 22 0.0.0.0/0
    eni W web 10.20.0.10 public=198.51.100.10 groups=sg-web
    eni D db 10.20.1.10 groups=sg-db
";

/// By hand: of lists what both flows and their answers need (S2.14); of sg-web's outbound rule the way to the database;
/// of sg-db's two rules the wider goes and the other keeps its peer. Denies stay, and what nobody has is left alone.
#[test]
fn a_shop() {
    let network = testkit::network(&[SHOP]);
    let plan = planned(&network, &declared(&["internet -> W:80".into(), "W -> D:3306".into()])).unwrap();
    let shown: Vec<String> = plan.changes.iter().map(ToString::to_string).collect();
    let changes = [
        "sg-web out  + allow tcp 3306 to 10.20.1.0/24",
        "acl-web out  ~ 100 allow tcp 1024-65535 to 0.0.0.0/0",
        "acl-db out  ~ 100 allow tcp 32768-61000 to 10.20.0.0/24",
    ];
    for change in changes {
        assert!(shown.contains(&change.to_owned()), "{change}: {shown:#?}");
    }
    for change in [
        "sg-web in  - allow tcp 22 from 0.0.0.0/0",
        "acl-db in  - 110",
        "sg-web out  - allow all to 0.0.0.0/0",
    ] {
        assert!(shown.contains(&change.to_owned()), "{change}: {shown:#?}");
    }
    assert!(!shown.iter().any(|change| change.contains("sg-idle") || change.contains("- 50")), "{shown:#?}");
    let ssh = |list: &[answers::reach::Affected]| {
        list.iter().any(|pair| pair.client == "internet" && pair.server == "W")
    };
    assert!(
        plan.interrupted.iter().any(|pair| pair.client == "internet" && pair.server == "W"),
        "S1.46, T44"
    );
    // Let in by a rule for everybody, with everything let out: not tracked (S1.32), and cut with the rule (S1.38).
    assert!(ssh(&plan.cut), "{:?}", plan.cut);
}

/// Health checks go to another port than the traffic, and are needed for it (S4.5): 8080 stays, and 9000 goes.
#[test]
fn health_checks_are_needed() {
    let network = testkit::network(&["
        vpc vpc-1 10.20.0.0/16
        igw igw-1
        table rtb-pub: 0.0.0.0/0 igw-1
        subnet pub 10.20.0.0/24 table=rtb-pub
        subnet app 10.20.1.0/24
        sg sg-lb in: tcp 80 0.0.0.0/0
        sg sg-lb out: tcp 80 sg-app | tcp 8080 sg-app | tcp 9000 sg-app
        sg sg-app in: tcp 80 sg-lb | tcp 8080 sg-lb | tcp 9000 sg-lb
        eni N pub 10.20.0.10 public=198.51.100.10 groups=sg-lb elb=lb-1
        eni A app 10.20.1.10 groups=sg-app
        lb lb-1 application subnets=pub groups=sg-lb
        tg tg-1 tcp 80 ip health=8080: 10.20.1.10
        listener l-1 lb-1 tcp 80 tg-1
    "]);
    let plan = planned(&network, &declared(&["internet -> lb:lb-1:80".into()])).unwrap();
    let shown: Vec<String> = plan.changes.iter().map(ToString::to_string).collect();
    let of_groups = |change: &&String| change.starts_with("sg-");
    let changes = ["sg-lb out  - allow tcp 9000 to sg-app", "sg-app in  - allow tcp 9000 from sg-lb"];
    assert!(shown.iter().filter(of_groups).eq(changes.iter()), "{shown:#?}");
}

#[test]
fn nothing_is_declared() {
    let network = testkit::network(&[SHOP]);
    assert!(planned(&network, &Intent::default()).is_none());
}
