//! What is wrong with the generator's three tiers of 99,996 interfaces, and what the internet reaches of them: in memory,
//! after the load. Behind all rules stands their limit, and the ratio to it from the same run.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails should stop")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use answers::audit::{Audit, RULES, Rule, audit};
use answers::ends::Names;
use answers::exposure::exposure;
use answers::grant::Moment;
use answers::intent::Intent;
use engine::Network;
use model::Resolved;

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const INTERFACES: usize = 99_996;
/// How long all rules may take.
const LIMIT: Duration = Duration::from_secs(10);

fn network() -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::three_tier(INTERFACES, 1);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

/// What some rules find where nothing is declared.
fn found(network: &Network, rules: &[&'static Rule]) -> Audit {
    audit(network, rules, &Intent::default(), Moment::of_unix_seconds(0))
}

fn least(measured: impl Fn()) -> Duration {
    let times = (0..3).map(|_| {
        let start = Instant::now();
        measured();
        start.elapsed()
    });
    times.min().unwrap()
}

fn main() {
    let network = network();
    let names = Names::new(&network, None);
    let reached = exposure(&names, None, &[]).unwrap();
    assert_eq!(reached.interfaces.all, INTERFACES);
    let time = least(|| {
        black_box(exposure(&names, None, &[]).unwrap());
    });
    println!("exposure: {time:.2?}");
    // Each by itself finds again what several share.
    for &rule in RULES {
        let time = least(|| {
            black_box(found(&network, &[rule]));
        });
        println!("audit/{}: {time:.2?}", rule.id);
    }
    assert!(!found(&network, RULES).findings.is_empty());
    let time = least(|| {
        black_box(found(&network, RULES));
    });
    println!("audit: {time:.2?}, {:.3} of the limit of {LIMIT:?}", time.as_secs_f64() / LIMIT.as_secs_f64());
}
