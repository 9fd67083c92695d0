//! What a change does to the generator's three tiers of 99,996 interfaces: in memory, after both are loaded. Behind each
//! stands its limit, and the ratio to it from the same run.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails should stop")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use answers::diff::{Both, Verdict, diff};
use criterion::Criterion;
use engine::Network;
use model::{Change, Resolved};

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const INTERFACES: usize = 99_996;
/// How long one changed rule may take.
const LIMIT: Duration = Duration::from_millis(100);

fn network() -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::three_tier(INTERFACES, 1);
    reader.add_all(files.files().map(|(name, text)| (name, text.into_bytes())).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

/// Changes of one rule, each with its name: of a group and of a list.
fn changes(network: &Network) -> [(&'static str, Change); 3] {
    let model = network.model();
    let group = |prefix: &str| {
        model.security_groups.values().find(|group| group.id.as_str().starts_with(prefix)).unwrap()
    };
    let (web, db) = (group("sg-web"), group("sg-db"));
    let mut open = web.rules.iter().find(|rule| !rule.egress).unwrap().clone();
    (open.traffic, open.peer) = ("tcp 22".parse().unwrap(), model::Peer::Cidr("0.0.0.0/0".parse().unwrap()));
    let revoked = db.rules.iter().find(|rule| !rule.egress).unwrap().clone();
    let (acl, entry) = model
        .network_acls
        .values()
        .find_map(|acl| Some((acl, acl.entries.iter().find(|entry| !entry.is_star())?)))
        .unwrap();
    [
        ("opened to the world", Change::AuthorizeSecurityGroup { group: web.id.clone(), rule: open }),
        ("revoked", Change::RevokeSecurityGroup { group: db.id.clone(), rule: revoked }),
        (
            "entry of a list deleted",
            Change::DeleteNetworkAclEntry { acl: acl.id.clone(), egress: entry.egress, number: entry.number },
        ),
    ]
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
    let old = network();
    for (name, change) in changes(&old) {
        // Read anew, as the command does: nothing is shared.
        let mut new = network();
        new.apply(&change).unwrap();
        let compared = || {
            let difference = diff(Both { old: &old, new: &new });
            assert_eq!(difference.verdict, Verdict::Changed);
            black_box(difference)
        };
        let time = least(7, || {
            compared();
        });
        let ratio = time.as_secs_f64() / LIMIT.as_secs_f64();
        println!("diff/{name}: {time:.2?}, {ratio:.3} of the limit of {LIMIT:?}");
        let mut group = criterion.benchmark_group("diff");
        group.sample_size(10);
        group.bench_function(name, |bencher| bencher.iter(compared));
        group.finish();
    }
    criterion.final_summary();
}
