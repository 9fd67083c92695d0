//! Whole processes, as a user starts them: one question on a scenario, and hundreds of questions after one load.
//! Behind each stands its limit, and the ratio to it from the same run.

#![expect(clippy::unwrap_used, reason = "a benchmark may stop at what it does not expect")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::Criterion;

/// How often a process is started to find the median that is held against the limit.
const RUNS: usize = 41;
/// As many as the largest measured network has.
const QUESTIONS: usize = 673;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn explain(input: &Path, questions: &str) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["explain", "--quiet", "--questions", "-", "--format", "jsonl", "--input"])
        .arg(input)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(questions.as_bytes()).unwrap();
    child.wait().unwrap();
}

/// The questions of the measured network where it is there, else those of a scenario, as many times as it takes.
fn many() -> (PathBuf, String) {
    let measured = root().join("../shared/gold/aws_demo");
    if let Ok(rows) = std::fs::read_to_string(measured.join("measured.tsv")) {
        let questions = rows.lines().skip(1).map(|row| {
            let cells: Vec<&str> = row.split('\t').collect();
            let [source, destination, protocol, port, ..] = cells.as_slice() else { return String::new() };
            let service = if *protocol == "icmp" { "icmp/echo".into() } else { format!("{protocol}/{port}") };
            format!("{source} -> {destination}:{service}\n")
        });
        return (measured.join("aws_configs"), questions.collect());
    }
    let questions = ["web-1 -> db-1:mysql\n", "internet -> web-1:https\n", "db-1 -> internet:443\n"];
    let repeated = questions.iter().cycle().take(QUESTIONS).copied();
    (root().join("scenarios/two-tier/export"), repeated.collect())
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let scenario = root().join("scenarios/two-tier/export");
    let (network, questions) = many();
    let cases: [(&str, Duration, &Path, &str); 2] = [
        ("one question on a scenario", Duration::from_millis(10), &scenario, "web-1 -> db-1:mysql\n"),
        ("673 questions after one load", Duration::from_millis(100), &network, &questions),
    ];
    for (name, limit, input, questions) in cases {
        criterion.bench_function(name, |bencher| bencher.iter(|| explain(input, questions)));
        let mut times: Vec<Duration> = (0..RUNS)
            .map(|_| {
                let start = Instant::now();
                explain(input, questions);
                start.elapsed()
            })
            .collect();
        times.sort();
        let median = times.get(RUNS / 2).copied().unwrap_or_default();
        println!(
            "{name}: median {median:.1?} of {RUNS}, {:.2} of the limit of {limit:?}\n",
            median.div_duration_f64(limit)
        );
    }
    criterion.final_summary();
}
