//! What is generated reads without a problem, answers as it was meant, and is the same for the same seed.

use std::collections::BTreeSet;

use engine::{Network, Verdict};
use model::Resolved;
use testkit::check;
use xtask::generate::{Export, alike, realistic, three_tier};

/// The network of an export, which must be without a problem.
fn network(export: &Export) -> Network {
    let mut reader = read::Reader::new();
    for (name, text) in export.files() {
        reader.add(&name, text);
    }
    let resolved = Resolved::new(reader.finish());
    let sources = &resolved.snapshot.sources;
    let problems: Vec<String> = resolved
        .snapshot
        .problems
        .iter()
        .map(|problem| {
            format!(
                "{:?}: {}",
                problem.origin.and_then(|origin| sources.file(origin.file)).map(|file| &file.name),
                problem.message
            )
        })
        .collect();
    assert_eq!(problems, [""; 0]);
    assert_eq!(resolved.snapshot.network_interfaces.len(), export.count("describe-network-interfaces"));
    Network::new(resolved)
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for generate in [three_tier, realistic] {
        let [one, same, other] = [7, 7, 8].map(|seed| generate(600, seed));
        assert_eq!(one, same);
        assert_ne!(one, other);
    }
}

#[test]
fn vpcs_that_are_all_but_alike_read_without_a_problem() {
    for seed in 0..40 {
        let vpcs = network(&alike(seed)).model().vpcs.len();
        assert!((4..=7).contains(&vpcs), "seed {seed}: {vpcs}");
    }
}

/// A digest that needs no crate: FNV-1a, over names and texts.
fn digest(export: &Export) -> u64 {
    let bytes = export.files().flat_map(|(name, text)| [name, text]).flat_map(String::into_bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Figures are compared with those of earlier versions: a change here says that the networks are others from now on.
#[test]
fn the_bytes_of_a_seed_are_these() {
    assert_eq!(format!("{:016x}", digest(&three_tier(120, 1))), "2f295bc5bc6cd72e");
    assert_eq!(format!("{:016x}", digest(&realistic(400, 1))), "1a4bedb5fc5b5500");
}

#[test]
fn three_tiers_have_whole_services() {
    for (asked, expected) in [(0, 0), (11, 0), (12, 12), (100, 96), (12_000, 12_000)] {
        assert_eq!(three_tier(asked, 1).count("describe-network-interfaces"), expected);
    }
}

#[test]
fn three_tiers_talk_to_their_neighbours() {
    let network = network(&three_tier(1_500, 3));
    // The first service of the first subnet, and one of the second.
    for service in ["00000", "00061"] {
        let [web, app, db] = ["web", "app", "db"].map(|tier| format!("eni-{tier}-{service}-2"));
        check(&network, &format!("{web} -> {app}:tcp/8080"), "allowed");
        check(&network, &format!("{app} -> {db}:tcp/5432"), "allowed");
        check(&network, &format!("8.8.8.8 -> @{web}:tcp/443"), "allowed");
    }
}

#[test]
fn three_tiers_have_no_way_around_the_middle() {
    let network = network(&three_tier(24, 3));
    let line = |question: &str| testkit::ask(&network, question).line();
    for (question, gate) in [
        ("eni-web-00000-0 -> eni-db-00000-0:tcp/5432", "request sg-out eni-web-00000-0"),
        ("eni-web-00000-0 -> eni-app-00001-0:tcp/8080", "request sg-out eni-web-00000-0"),
        ("8.8.8.8 -> @eni-web-00000-0:tcp/22", "request nacl-in acl-web-000"),
    ] {
        let answer = line(question);
        assert!(answer.starts_with(&format!("blocked: {gate}")), "{question}: {answer}");
    }
}

#[test]
fn realistic_networks_have_some_of_everything() {
    let export = realistic(6_500, 5);
    for (call, least) in [
        ("describe-vpcs", 25),
        ("describe-transit-gateways", 1),
        ("describe-transit-gateway-vpc-attachments", 10),
        ("describe-vpc-peering-connections", 5),
        ("describe-managed-prefix-lists", 5),
        ("describe-nat-gateways", 10),
        ("describe-egress-only-internet-gateways", 3),
        ("describe-vpc-endpoints", 10),
        ("elbv2-describe-load-balancers", 10),
        ("elbv2-describe-target-groups", 10),
    ] {
        assert!(export.count(call) >= least, "{call}: {}", export.count(call));
    }
    assert_eq!(export.count("describe-network-interfaces"), 6_500);
    let network = network(&export);
    let model = network.model();
    let most = |counts: &mut dyn Iterator<Item = usize>| counts.max().unwrap();
    let rules = most(&mut model.security_groups.values().map(|group| group.rules.len()));
    assert!((40..=64).contains(&rules), "{rules}");
    let entries = most(&mut model.network_acls.values().map(|acl| acl.entries.len()));
    assert!(entries > 50, "both directions: {entries}");
    let members = model.security_groups.values().map(|group| {
        model.network_interfaces.values().filter(|interface| interface.groups.contains(&group.id)).count()
    });
    assert!(most(&mut members.into_iter()) >= 100);
}

#[test]
fn any_size_and_seed_reads_without_a_problem() {
    for seed in 0..4 {
        for size in [0, 1, 150, 700] {
            network(&three_tier(size, seed));
            network(&realistic(size, seed));
        }
    }
}

/// Everybody's way out, the way to every node, and some ways from VPC to VPC.
#[test]
fn realistic_networks_answer() {
    let network = network(&realistic(1_000, 5));
    let interfaces: Vec<_> = network.model().network_interfaces.values().collect();
    let instances = |vpc: &str| {
        let of = interfaces.iter().filter(|interface| interface.instance.is_some());
        of.filter(|interface| interface.vpc.as_str() == vpc).collect::<Vec<_>>()
    };
    let mut questions = Vec::new();
    for vpc in network.model().vpcs.values() {
        let own = instances(vpc.id.as_str());
        let client = own.first().unwrap();
        questions.push(format!("{} -> 8.8.8.8:tcp/443", client.id));
        let nodes =
            interfaces.iter().filter(|node| node.vpc == vpc.id && node.description.starts_with("ELB "));
        questions.extend(nodes.map(|node| format!("{} -> {}:tcp/443", client.id, node.id)));
        for other in network.model().vpcs.values() {
            let servers = instances(other.id.as_str());
            questions
                .extend(servers.iter().take(2).map(|server| format!("{} -> {}:all", client.id, server.id)));
        }
    }
    let (mut verdicts, mut passed) = (BTreeSet::new(), BTreeSet::new());
    for question in &questions {
        let mut answer = testkit::ask(&network, question);
        let verdict = answer.verdict();
        verdicts.insert(verdict);
        if matches!(verdict, Verdict::Allowed | Verdict::Partial) {
            let gates = answer.gates().into_iter();
            passed.extend(gates.filter_map(|gate| Some(gate.split(' ').nth(1)?.to_owned())));
        }
    }
    assert_eq!(verdicts, BTreeSet::from([Verdict::Allowed, Verdict::Partial, Verdict::Blocked]));
    let devices = ["attachment", "igw-out", "lb", "nacl-in", "nat", "peering", "sg-in", "tgw-route"];
    let missing: Vec<_> = devices.into_iter().filter(|device| !passed.contains(*device)).collect();
    assert_eq!(missing, [""; 0], "{passed:?}");
}
