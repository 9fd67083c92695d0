//! The rules of a thousand declared flows over two thousand interfaces, found and proved: in memory, after the load.
//! Behind it stands its limit, and the ratio to it from the same run.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails should stop")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use answers::ends::Names;
use answers::question;
use answers::synth::{Declared, Options, synth};
use criterion::Criterion;
use engine::Network;
use model::Resolved;

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many interfaces, and flows between them.
const INTERFACES: usize = 2_004;
const FLOWS: usize = 1_000;
/// How long it may take.
const LIMIT: Duration = Duration::from_secs(2);

/// Services of four web servers, four applications and four databases.
fn network() -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::three_tier(INTERFACES, 1);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

/// Lines for one service after the other: what its tiers ask each other, on two ports each.
fn flows() -> Vec<Declared> {
    let of_service = |number: usize| {
        let [web, app, db] = ["web", "app", "db"].map(|tier| format!("i:{tier}-{number:05}-*"));
        [
            format!("internet -> {web}:443"),
            format!("internet -> {web}:80"),
            format!("{web} -> {app}:8080"),
            format!("{web} -> {app}:8443"),
            format!("{app} -> {db}:5432"),
            format!("{app} -> {db}:9187"),
        ]
    };
    let lines = (0..INTERFACES / xtask::generate::SERVICE).flat_map(of_service).take(FLOWS);
    let declared = lines.map(|line| Declared {
        question: question::parse(&line).unwrap(),
        id: line,
        why: None,
        profiles: Arc::default(),
    });
    declared.collect()
}

fn main() {
    let (network, declared) = (network(), flows());
    assert_eq!(declared.len(), FLOWS);
    let run = || {
        let found = synth(&Names::new(&network, None), &declared, &[], Options::default()).unwrap();
        assert!(found.proof.holds(), "{:?}", found.proof.undeclared.first());
        found.groups.len()
    };
    let start = Instant::now();
    let groups = black_box(run());
    let time = start.elapsed();
    println!(
        "{FLOWS} flows over {INTERFACES} interfaces, {groups} groups: {time:.2?}, {:.3} of the limit of {LIMIT:?}",
        time.as_secs_f64() / LIMIT.as_secs_f64()
    );
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    criterion.bench_function("synth/flows=1000", |bencher| bencher.iter(|| black_box(run())));
    criterion.final_summary();
}
