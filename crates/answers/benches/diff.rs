//! What a change does to the generator's three tiers of 99,996 interfaces: in memory, after both are loaded. Behind each
//! stands its limit, and the ratio to it from the same run.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails should stop")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use answers::diff::{Both, Verdict, diff};
use criterion::Criterion;
use engine::Network;
use model::{Change, NetworkAclEntry, Resolved, SecurityGroupRule};

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const INTERFACES: usize = 99_996;
/// How long one changed rule may take.
const LIMIT: Duration = Duration::from_millis(100);
const GROUPS: &str = "security-groups";

/// The network, with everything in one of its files at another place, as if something was written before it.
fn network(moved: &str) -> Network {
    let mut reader = read::Reader::new();
    let files = xtask::generate::three_tier(INTERFACES, 1);
    let text = |(name, text): (String, String)| {
        let space = if name.contains(moved) { " " } else { "" };
        let text = format!("{space}{text}").into_bytes();
        (name, text)
    };
    reader.add_all(files.files().map(text).collect::<Vec<_>>());
    Network::new(Resolved::new(reader.finish()))
}

/// Changes of one rule, each with its name and whether an answer differs: port 443 of web servers is closed in their group
/// and in their list, and port 22 is opened in the group, which the list stops.
/// Before each stands the file that an export has it in.
fn changes(network: &Network) -> [(&'static str, &'static str, Change, Verdict); 3] {
    let model = network.model();
    let web = model.security_groups.values().find(|group| group.id.as_str().starts_with("sg-web")).unwrap();
    let https = web.rules.iter().find(|rule| !rule.egress).unwrap().clone();
    let ssh = SecurityGroupRule { traffic: "tcp 22".parse().unwrap(), ..https.clone() };
    let https_in = |entry: &&NetworkAclEntry| !entry.egress && entry.traffic == https.traffic;
    let (acl, entry) = model
        .network_acls
        .values()
        .find_map(|acl| Some((acl.id.clone(), acl.entries.iter().find(https_in)?)))
        .unwrap();
    let group = web.id.clone();
    let delete = Change::DeleteNetworkAclEntry { acl, egress: false, number: entry.number };
    [
        (
            GROUPS,
            "rule of a group revoked",
            Change::RevokeSecurityGroup { group: group.clone(), rule: https },
            Verdict::Changed,
        ),
        (
            GROUPS,
            "rule that opens nothing",
            Change::AuthorizeSecurityGroup { group, rule: ssh },
            Verdict::Refactor,
        ),
        ("network-acls", "entry of a list deleted", delete, Verdict::Changed),
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
    let old = network("nothing");
    for (file, name, change, verdict) in changes(&old) {
        // Read anew, as the command does: nothing is shared, and what stands behind the rule has moved.
        let mut new = network(file);
        new.apply(&change).unwrap();
        let compared = || {
            let difference = diff(Both { old: &old, new: &new });
            assert_eq!(difference.verdict, verdict);
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
