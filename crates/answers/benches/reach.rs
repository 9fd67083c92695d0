//! Everything to everything over the generator's three tiers, proofs over parts of it, and edits of rules: in memory,
//! after the load. Behind each stands its limit, and the ratio to it from the same run.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that fails should stop")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion};
use engine::Network;
use engine::reach::{Chosen, ClassIx, Index, Prepared, Reach};
use model::{Change, Resolved};

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The sizes, and how long the whole answer may take from files to text: loading and writing included, which are not
/// measured here.
const SIZES: [(usize, Duration); 3] = [
    (192, Duration::from_millis(10)),
    (12_000, Duration::from_millis(400)),
    (99_996, Duration::from_secs(3)),
];
/// How long a second proof, and one to all, may take at the largest size.
const PROOF: Duration = Duration::from_millis(20);
/// How long an edit of a rule may take at the largest size: on average, and at worst.
const EDIT: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));
/// How many edits are made, each taken back after.
const EDITS: usize = 500;

fn network(interfaces: usize) -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::three_tier(interfaces, 1);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

fn whole(network: &Network) -> usize {
    let prepared = Prepared::of(network);
    let reach = answers::reach::reach(network, &prepared, &|_, _| {});
    reach.blocks(prepared.ends()).len()
}

/// The classes of interfaces whose groups are called so.
fn tier(network: &Network, prepared: &Prepared, prefix: &str) -> Chosen {
    let all = network.model().network_interfaces.iter();
    let of_tier = all.filter(|(_, noun)| noun.groups.iter().any(|group| group.as_str().starts_with(prefix)));
    let mut classes: Vec<ClassIx> =
        of_tier.flat_map(|(ix, _)| prepared.ends().classes_of(ix)).copied().collect();
    classes.sort_unstable();
    classes.dedup();
    Chosen { classes: Some(classes), internet: false }
}

fn against(name: &str, time: Duration, limit: Duration) {
    println!("{name}: {time:.2?}, {:.3} of the limit of {limit:?}", time.as_secs_f64() / limit.as_secs_f64());
}

fn least(runs: usize, mut measured: impl FnMut()) -> Duration {
    let times = (0..runs).map(|_| {
        let start = Instant::now();
        measured();
        start.elapsed()
    });
    times.min().unwrap()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let networks = SIZES.map(|(size, limit)| (size, limit, network(size)));
    let mut group = criterion.benchmark_group("reach/everything");
    group.sample_size(10);
    for (size, _, network) in &networks {
        group.bench_function(size.to_string(), |bencher| bencher.iter(|| black_box(whole(network))));
    }
    group.finish();
    for (size, limit, network) in &networks {
        let time = least(5, || {
            black_box(whole(network));
        });
        against(&format!("reach/everything/{size}"), time, *limit);
    }
    let (_, _, large) = networks.into_iter().next_back().unwrap();
    parts(&mut criterion, &large);
    edits(&mut criterion, large);
    criterion.final_summary();
}

/// 'Web never reaches db', and one to all.
fn parts(criterion: &mut Criterion, network: &Network) {
    let prepared = Prepared::of(network);
    let asked = answers::reach::everything(network);
    let (web, db) = (tier(network, &prepared, "sg-web"), tier(network, &prepared, "sg-db"));
    let proof = || {
        let reach = Reach::among(network, &prepared, &asked, &web, &db, &|_, _| {});
        assert!(reach.blocks(prepared.ends()).is_empty(), "web reaches db");
    };
    let one = Chosen { classes: Some(web.classes.as_ref().unwrap()[..1].to_vec()), internet: false };
    let one_to_all = || {
        let reach = Reach::among(network, &prepared, &asked, &one, &Chosen::ALL, &|_, _| {});
        assert_eq!(
            reach.rows.iter().filter(|row| !row.classes.is_empty() || !row.cohorts.is_empty()).count(),
            1
        );
    };
    let mut group = criterion.benchmark_group("reach/part");
    group.sample_size(20);
    group.bench_function("web-to-db", |bencher| bencher.iter(proof));
    group.bench_function("one-to-all", |bencher| bencher.iter(one_to_all));
    group.finish();
    against("reach/part/web-to-db", least(9, proof), PROOF);
    against("reach/part/one-to-all", least(9, one_to_all), PROOF);
}

/// A rule is taken away and given back, all over the network.
fn edits(criterion: &mut Criterion, network: Network) {
    let rules: Vec<(Change, Change)> = {
        let model = network.model();
        let groups = model.security_groups.values().flat_map(|group| {
            group.rules.iter().map(|rule| {
                let (group, rule) = (group.id.clone(), rule.clone());
                let back = Change::AuthorizeSecurityGroup { group: group.clone(), rule: rule.clone() };
                (Change::RevokeSecurityGroup { group, rule }, back)
            })
        });
        let lists = model.network_acls.values().flat_map(|acl| {
            acl.entries.iter().filter(|entry| entry.number < model::STAR).map(|entry| {
                let (acl, number, egress) = (acl.id.clone(), entry.number, entry.egress);
                let back = Change::CreateNetworkAclEntry { acl: acl.clone(), entry: entry.clone() };
                (Change::DeleteNetworkAclEntry { acl, egress, number }, back)
            })
        });
        groups.chain(lists).collect()
    };
    let lists = rules.iter().filter(|(change, _)| matches!(change, Change::DeleteNetworkAclEntry { .. }));
    let lists: Vec<(Change, Change)> = lists.cloned().collect();
    let asked = answers::reach::everything(&network);
    let mut index = Index::new(network, asked);
    let mut times = Vec::new();
    for (away, back) in rules.iter().step_by((rules.len() / (EDITS / 2)).max(1)).chain(lists.iter().take(8)) {
        for change in [away, back] {
            let start = Instant::now();
            black_box(index.apply(change).unwrap());
            times.push(start.elapsed());
        }
    }
    // As often as each kind of rule is there: lists were edited more often than that.
    let of_groups = &times[..times.len() - 2 * lists.len().min(8)];
    let mean = of_groups.iter().sum::<Duration>() / u32::try_from(of_groups.len()).unwrap();
    against("reach/edit, mean", mean, EDIT.0);
    against("reach/edit, worst", *times.iter().max().unwrap(), EDIT.1);
    let mut group = criterion.benchmark_group("reach/edit");
    let (away, back) = &rules[0];
    group.bench_function("security-group", |bencher| {
        bencher.iter_batched(
            || (),
            |()| {
                index.apply(away).unwrap();
                index.apply(back).unwrap();
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}
