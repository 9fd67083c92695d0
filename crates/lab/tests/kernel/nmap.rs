//! A scan by nmap from the internet against what `exposure` says the internet reaches.

use std::collections::BTreeMap;
use std::process::Command;

use answers::ends::Names;
use answers::exposure::{Grade, exposure};
use answers::question;
use engine::Network;

use crate::support::{Standing, installed, possible};

/// The TCP ports of a public address that `exposure` says are exposed to the whole internet. What is exposed to some of
/// it only, or partly, is not what these tests are about, and they have none.
fn exposed(network: &Network, address: &str) -> Vec<(u16, u16)> {
    let names = Names::new(network, None);
    let ends = question::parse_ends(address).unwrap();
    let services = question::parse_services("tcp/0-65535").unwrap();
    let found = exposure(&names, Some(&ends), &services).unwrap();
    let mut ranges = Vec::new();
    for finding in &found.findings {
        match finding.grade {
            Grade::Latent => continue,
            Grade::Exposed => assert!(finding.from.all, "{finding:?}"),
            Grade::Partial | Grade::Undecided => panic!("{finding:?}"),
        }
        for numbers in finding.services.iter().flat_map(|services| &services.numbers) {
            let (low, high) = numbers.split_once('-').unwrap_or((numbers, numbers));
            ranges.push((low.parse().unwrap(), high.parse().unwrap()));
        }
    }
    ranges.sort_unstable();
    ranges
}

/// What nmap says of some ports of an address: whether anything came back, an answer or a refusal.
fn scanned(standing: &Standing<'_>, address: &str, ports: &str) -> BTreeMap<u16, bool> {
    let file = std::env::temp_dir().join(format!("{}-{address}.nmap", standing.state.name));
    let run = standing.namespace("world").within(|| {
        let mut nmap = Command::new("nmap");
        // At this level of detail it lists every port, and not the rarer states only.
        nmap.args(["-n", "-Pn", "-sS", "-d3", "-T4", "-g", "40000", "-p", ports, address]);
        nmap.args(["--initial-rtt-timeout", "100ms", "--max-rtt-timeout", "300ms", "--min-rate", "3000"]);
        Ok(nmap.args(["--max-retries", "3", "-oG"]).arg(&file).output().unwrap())
    });
    let run = run.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let listed =
        text.lines().find_map(|line| Some(line.split_once("Ports: ")?.1)).unwrap_or_else(|| panic!("{text}"));
    let listed = listed.split('\t').next().unwrap();
    let port = |entry: &str| {
        let mut words = entry.trim().split('/');
        let number = words.next().unwrap().parse().unwrap();
        let reached = match words.next() {
            // Whoever refuses a connection has been reached.
            Some("open" | "closed") => true,
            Some("filtered") => false,
            other => panic!("{entry}: {other:?}"),
        };
        (number, reached)
    };
    listed.split(", ").map(port).collect()
}

/// What nmap finds is what the model says, port by port. Those that ought to have answered are asked again: a busy machine
/// loses packets, and what a rule stops it stops each time.
#[track_caller]
fn compare(standing: &Standing<'_>, address: &str, ranges: &[(u16, u16)], ports: &str) -> usize {
    const AGAIN: usize = 3;
    const MOST: usize = 4000;
    let expected = |port: u16| ranges.iter().any(|&(low, high)| (low..=high).contains(&port));
    let mut found = scanned(standing, address, ports);
    for _ in 0..AGAIN {
        let silent = found.iter().filter(|&(&port, &reached)| expected(port) && !reached);
        let silent: Vec<String> = silent.map(|(port, _)| port.to_string()).take(MOST).collect();
        if silent.is_empty() {
            break;
        }
        found.extend(scanned(standing, address, &silent.join(",")));
    }
    let differ: Vec<_> =
        found.iter().filter(|&(&port, &reached)| expected(port) != reached).take(20).collect();
    assert!(differ.is_empty(), "nmap reaches: {differ:?}, the model: {ranges:?}");
    found.len()
}

/// The ports on both sides of each edge, and the first and last.
fn around(ranges: &[(u16, u16)]) -> Vec<u16> {
    let edges =
        ranges.iter().flat_map(|&(low, high)| [low.saturating_sub(1), low, high, high.saturating_add(1)]);
    let mut ports: Vec<u16> = edges.chain([1, 22, 80, 65535]).filter(|port| *port > 0).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

const NETWORK: &str = "
    vpc vpc-1 10.20.0.0/16
    igw igw-1
    table rtb-1: 0.0.0.0/0 igw-1
    subnet a 10.20.0.0/24 table=rtb-1 acl=acl-a
    subnet b 10.20.1.0/24 table=rtb-1
    acl acl-a in: 90 deny tcp 8000-8099 0.0.0.0/0 | 95 deny tcp 25 0.0.0.0/0 | 100 allow tcp 0-49151 0.0.0.0/0
    acl acl-a out: 100 allow tcp 1024-65535 0.0.0.0/0
    sg sg-web in: tcp 80 0.0.0.0/0 | tcp 443 0.0.0.0/0 | tcp 7990-8110 0.0.0.0/0 | tcp 22 sg-web
    sg sg-all in: tcp 0-65535 0.0.0.0/0
    sg sg-open in: tcp 20-30 0.0.0.0/0 | tcp 49000-50000 0.0.0.0/0
    eni w a 10.20.0.10 public=198.51.100.10 groups=sg-web
    eni l a 10.20.0.11 public=198.51.100.11 groups=sg-all
    eni n b 10.20.1.10 public=198.51.100.20 groups=sg-open
    eni o b 10.20.1.11 public=198.51.100.21 groups=sg-web,sg-open
";

/// Groups, lists before groups, ranges that both cut: S1.1, S2.4, S0.4.
#[test]
fn nmap_reaches_what_is_exposed_around_every_edge() {
    let test = "nmap_reaches_what_is_exposed_around_every_edge";
    if !possible(test) || !installed(test, "nmap") {
        return;
    }
    let network = testkit::network(&[NETWORK]);
    let standing = Standing::up(&network);
    for (address, edges) in [
        ("198.51.100.10", vec![(80, 80), (443, 443), (7990, 7999), (8100, 8110)]),
        ("198.51.100.11", vec![(0, 24), (26, 7999), (8100, 49151)]),
        ("198.51.100.20", vec![(20, 30), (49000, 50000)]),
        ("198.51.100.21", vec![(20, 30), (80, 80), (443, 443), (7990, 8110), (49000, 50000)]),
    ] {
        let ranges = exposed(&network, address);
        assert_eq!(ranges, edges, "{address}");
        let ports = around(&ranges);
        let list: Vec<_> = ports.iter().map(u16::to_string).collect();
        assert_eq!(compare(&standing, address, &ranges, &list.join(",")), ports.len());
    }
}

/// Every port of one machine.
#[test]
fn nmap_reaches_what_is_exposed_of_all_ports() {
    let test = "nmap_reaches_what_is_exposed_of_all_ports";
    if !possible(test) || !installed(test, "nmap") {
        return;
    }
    let network = testkit::network(&[&NETWORK.replace("0-49151", "0-65000")]);
    let standing = Standing::up(&network);
    let ranges = exposed(&network, "198.51.100.11");
    assert_eq!(ranges, [(0, 24), (26, 7999), (8100, 65000)]);
    assert_eq!(compare(&standing, "198.51.100.11", &ranges, "1-65535"), 65535);
}
