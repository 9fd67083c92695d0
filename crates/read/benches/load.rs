//! How fast an export loads: 20,000 interfaces as `describe-network-interfaces` prints them, from text to snapshot.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that fails should stop")]

use std::fmt::Write;

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};

const INTERFACES: u32 = 20_000;
/// What loading must reach, in MB/s.
const FLOOR: f64 = 200.0;
/// How often it is loaded to find the median that is held against the floor.
const RUNS: usize = 21;

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
    criterion.final_summary();
}
