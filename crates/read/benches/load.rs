//! How fast an export loads: 20,000 interfaces as `describe-network-interfaces` prints them, from text to snapshot; and
//! 99,996 interfaces in three tiers, from files to a network that can be asked.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that fails should stop")]

use std::fmt::Write;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use engine::Network;
use model::Resolved;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const INTERFACES: u32 = 20_000;
/// What loading must reach, in MB/s.
const FLOOR: f64 = 200.0;
/// How often it is loaded to find the median that is held against the floor.
const RUNS: usize = 21;

/// How many interfaces the large network has.
const LARGE: usize = 99_996;
/// How long it may take from its files to the network.
const LIMIT: Duration = Duration::from_secs(1);
/// How often it is loaded. The least time counts: what else the machine does only adds to it.
const LARGE_RUNS: usize = 9;

/// An answer of the shape, order and indentation that the AWS CLI prints.
fn answer(interfaces: u32) -> String {
    let mut text = String::from("{\n    \"NetworkInterfaces\": [\n");
    for number in 0..interfaces {
        let (high, low) = (number / 250 % 250, number % 250 + 4);
        let comma = if number + 1 < interfaces { "," } else { "" };
        write!(
            text,
            r#"        {{
            "Attachment": {{
                "AttachTime": "2026-03-11T08:21:47+00:00",
                "AttachmentId": "eni-attach-{number:017x}",
                "DeleteOnTermination": true,
                "DeviceIndex": 0,
                "NetworkCardIndex": 0,
                "InstanceId": "i-{number:017x}",
                "InstanceOwnerId": "111122223333",
                "Status": "attached"
            }},
            "AvailabilityZone": "eu-west-1a",
            "Description": "",
            "Groups": [
                {{
                    "GroupName": "web-servers",
                    "GroupId": "sg-{group:017x}"
                }}
            ],
            "InterfaceType": "interface",
            "Ipv6Addresses": [],
            "MacAddress": "06:00:00:00:{high:02x}:{low:02x}",
            "NetworkInterfaceId": "eni-{number:017x}",
            "OwnerId": "111122223333",
            "PrivateDnsName": "ip-10-{site}-{high}-{low}.eu-west-1.compute.internal",
            "PrivateIpAddress": "10.{site}.{high}.{low}",
            "PrivateIpAddresses": [
                {{
                    "Primary": true,
                    "PrivateDnsName": "ip-10-{site}-{high}-{low}.eu-west-1.compute.internal",
                    "PrivateIpAddress": "10.{site}.{high}.{low}"
                }}
            ],
            "RequesterManaged": false,
            "SourceDestCheck": true,
            "Status": "in-use",
            "SubnetId": "subnet-{subnet:017x}",
            "TagSet": [
                {{
                    "Key": "Name",
                    "Value": "web-{number}"
                }},
                {{
                    "Key": "environment",
                    "Value": "production"
                }}
            ],
            "VpcId": "vpc-0123456789abcdef0",
            "ConnectionTrackingConfiguration": {{}}
        }}{comma}
"#,
            group = number % 400,
            subnet = number % 600,
            site = number / 62_500,
        )
        .unwrap();
    }
    text.push_str("    ]\n}\n");
    text
}

fn load(text: &str) -> model::Snapshot {
    let mut reader = read::Reader::new();
    reader.add("network-interfaces.json", text);
    let snapshot = reader.finish();
    assert_eq!(snapshot.network_interfaces.len(), INTERFACES as usize);
    assert!(snapshot.problems.is_empty());
    snapshot
}

fn main() {
    let text = answer(INTERFACES);
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("load");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(30);
    group
        .bench_function("network-interfaces", |bencher| bencher.iter_with_large_drop(|| load(text.as_str())));
    group.finish();
    // The limit, and the ratio to it from the same run.
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            let snapshot = load(text.as_str());
            let time = start.elapsed();
            drop(snapshot);
            time
        })
        .collect();
    times.sort();
    let median = times[RUNS / 2];
    let speed = text.len() as f64 / median.as_secs_f64() / 1e6;
    println!(
        "load/network-interfaces: median {median:.1?}, {speed:.0} MB/s, {:.2} times the floor of {FLOOR} MB/s",
        speed / FLOOR
    );
    large();
    criterion.final_summary();
}

/// The large network from its files.
fn large() {
    let folder = tempfile::tempdir().unwrap();
    xtask::generate::three_tier(LARGE, 1).write(folder.path()).unwrap();
    let mut files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let times = (0..LARGE_RUNS).map(|_| {
        let start = Instant::now();
        let network = network(&files);
        let time = start.elapsed();
        assert_eq!(network.model().network_interfaces.len(), LARGE);
        assert!(network.model().problems.is_empty());
        time
    });
    let least = times.min().unwrap();
    println!(
        "load/three-tier: {LARGE} interfaces from files to network: least of {LARGE_RUNS} {least:.1?}, {:.2} of the limit of {LIMIT:?}",
        least.as_secs_f64() / LIMIT.as_secs_f64()
    );
}

fn network(files: &[PathBuf]) -> Network {
    let mut reader = read::Reader::new();
    let files: Vec<_> = files.par_iter().map(|file| (file.display().to_string(), contents(file))).collect();
    reader.add_all(files);
    Network::new(Resolved::new(reader.finish()))
}

/// What is in a file, as the command reads it: in parts at the same time.
fn contents(path: &Path) -> Vec<u8> {
    const PART: usize = 8 << 20;
    let mut bytes = vec![0; usize::try_from(std::fs::metadata(path).unwrap().len()).unwrap()];
    bytes.par_chunks_mut(PART).enumerate().for_each(|(number, part)| {
        let mut file = File::open(path).unwrap();
        file.seek(SeekFrom::Start((number * PART) as u64)).unwrap();
        file.read_exact(part).unwrap();
    });
    bytes
}
