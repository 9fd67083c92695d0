//! 50 lines of an intent over the generator's three tiers, in memory, after the load. Behind it stands its limit, and the
//! ratio to it from the same run.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails should stop")]

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use answers::intent::{self, Intent, Settings, Status};
use criterion::Criterion;
use engine::Network;
use model::Resolved;

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const INTERFACES: usize = 99_996;
const LINES: usize = 50;
/// How long all lines may take.
const LIMIT: Duration = Duration::from_secs(1);

fn network() -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::three_tier(INTERFACES, 1);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

/// What three tiers are meant to be: who may talk within some services, and over all of them who may not.
fn lines() -> Intent {
    const NOBODY: [&str; 13] = [
        "web -> db:any",
        "db -> internet:any",
        "db -> web:any",
        "app -> internet:any",
        "app -> web:any",
        "db -> app:any",
        "internet -> app:any",
        "internet -> db:any",
        "(* - web) -> app:any",
        "(* - app) -> db:any",
        "internet -> web:ssh, rdp",
        "* -> db:ssh",
        "* -> *:telnet, ftp, 445",
    ];
    let mut text = String::from("names: { web: \"sg:web-*\", app: \"sg:app-*\", db: \"sg:db-*\" }\ndeny:\n");
    for flow in NOBODY {
        writeln!(text, "  - \"{flow}\"").unwrap();
    }
    text.push_str("  - { flow: \"web -> db:5432\", layers: 2 }\nallow:\n");
    let services = (LINES - NOBODY.len() - 4) / 2;
    for service in (0..services).map(|service| service * 400) {
        writeln!(text, "  - \"sg:web-{service:05} -> sg:app-{service:05}:8080\"").unwrap();
        writeln!(text, "  - \"sg:app-{service:05} -> sg:db-{service:05}:5432\"").unwrap();
    }
    text.push_str(
        "closed: [\"sg:db-00000\", \"sg:db-00400\", \"sg:app-00800\"]\nexpect: [\"subnet:subnet-db-000-* uses nacl:*\"]\n",
    );
    intent::parse("portcullis.yaml", &text, &|_| Err("no file".into())).unwrap()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let (network, intent) = (network(), lines());
    assert_eq!(intent.ids().count(), LINES);
    let test = || {
        let names = intent::names(&intent, &network, None).unwrap();
        intent::test(&intent, &names, &Settings::default(), &|_, _| {}).unwrap()
    };
    for line in test().lines {
        assert_eq!(line.status, Status::Ok, "{} {}", line.id, line.message);
    }
    let mut group = criterion.benchmark_group("intent");
    group.sample_size(10);
    group.bench_function(format!("{LINES}-lines-{INTERFACES}"), |bencher| bencher.iter(|| black_box(test())));
    group.finish();
    let times = (0..5).map(|_| {
        let start = Instant::now();
        black_box(test());
        start.elapsed()
    });
    let time = times.min().unwrap();
    println!("intent: {time:.2?}, {:.3} of the limit of {LIMIT:?}", time.as_secs_f64() / LIMIT.as_secs_f64());
    criterion.final_summary();
}
