//! Block Public Access as AWS's answers tell it, from the files to the verdict (S3.43 to S3.47, T72).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const VPC: &str = "vpc-0c37c1bde15b71381";
const PUBLIC: &str = "subnet-07a8cae15524da9dd";

const IN: &str = "203.0.113.9 -> web-1:80";
const BY_NAT: &str = "app-1 -> 203.0.113.9:443";

fn options(account: &str, region: &str, mode: &str) -> Value {
    json!({
        "AwsAccountId": account, "AwsRegion": region, "State": "update-complete",
        "InternetGatewayBlockMode": mode, "ManagedBy": "account", "ExclusionsAllowed": "allowed",
    })
}

fn exclusion(resource: &str, mode: &str, state: &str) -> Value {
    json!({
        "ExclusionId": format!("vpcbpa-exclude-{}", resource.len()), "InternetGatewayExclusionMode": mode,
        "ResourceArn": format!("arn:aws:ec2:{REGION}:{ACCOUNT}:{resource}"), "State": state, "Tags": [],
    })
}

/// The verdicts of `IN` and `BY_NAT` in a VPC of which `describe-vpcs` and `describe-subnets` print no mode.
fn verdicts(options: &[Value], exclusions: &[Value]) -> [Value; 2] {
    let folder = tempfile::tempdir().unwrap();
    let export = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/unknown-on-the-way/export");
    for entry in fs::read_dir(export).unwrap() {
        let path = entry.unwrap().path();
        let mut answer: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for list in answer.as_object_mut().unwrap().values_mut() {
            for noun in list.as_array_mut().unwrap() {
                noun.as_object_mut().unwrap().remove("BlockPublicAccessStates");
            }
        }
        fs::write(folder.path().join(path.file_name().unwrap()), answer.to_string()).unwrap();
    }
    let write =
        |name: String, answer: Value| fs::write(folder.path().join(name), answer.to_string()).unwrap();
    let gateway = json!({
        "NatGatewayId": "nat-05b58bb6a592b26a8", "VpcId": VPC, "SubnetId": PUBLIC, "State": "available",
        "NatGatewayAddresses": [{
            "PrivateIp": "10.20.0.30", "PublicIp": "203.0.113.30", "NetworkInterfaceId": "eni-0a1b2c3d4e5f60718",
        }],
    });
    write("describe-nat-gateways.json".into(), json!({ "NatGateways": [gateway] }));
    for (number, options) in options.iter().enumerate() {
        write(format!("options-{number}.json"), json!({ "VpcBlockPublicAccessOptions": options }));
    }
    write("exclusions.json".into(), json!({ "VpcBlockPublicAccessExclusions": exclusions }));
    [IN, BY_NAT].map(|question| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["explain", "--format", "json", question, "--input"]).arg(folder.path());
        let output = command.output().unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["verdict"].clone()
    })
}

#[test]
fn t72_an_account_blocks_both_directions_and_a_vpc_is_excluded_for_egress() {
    let both = [options(ACCOUNT, REGION, "block-bidirectional")];
    let vpc = format!("vpc/{VPC}");
    assert_eq!(verdicts(&both, &[]), ["blocked", "blocked"]);
    assert_eq!(
        verdicts(&both, &[exclusion(&vpc, "allow-egress", "create-complete")]),
        ["blocked", "allowed"]
    );
    assert_eq!(
        verdicts(&both, &[exclusion(&vpc, "allow-egress", "delete-complete")]),
        ["blocked", "blocked"]
    );
    let subnet = exclusion(&format!("subnet/{PUBLIC}"), "allow-bidirectional", "update-complete");
    assert_eq!(verdicts(&both, &[subnet]), ["allowed", "allowed"]);
}

#[test]
fn the_option_of_the_account_and_the_region_counts() {
    let own = options(ACCOUNT, REGION, "block-ingress");
    let other = options(ACCOUNT, "eu-west-2", "off");
    assert_eq!(verdicts(&[], &[]), ["allowed", "allowed"], "no answer at all");
    assert_eq!(verdicts(&[other.clone(), own], &[]), ["blocked", "allowed"]);
    assert_eq!(verdicts(&[other], &[]), ["undecided", "undecided"]);
    assert_eq!(verdicts(&[options("444455556666", REGION, "off")], &[]), ["undecided", "undecided"]);
}
