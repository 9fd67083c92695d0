//! Managed prefix lists.

use serde_json::json;

use super::super::random::Random;
use super::super::{ACCOUNT, DOCUMENTATION, Export, REGION};
use super::site::Site;

/// The list of S3, which AWS keeps.
pub(super) const S3: &str = "pl-s3";
const NAMES: [&str; 8] =
    ["office", "partners", "monitoring", "build", "scanners", "branches", "vendors", "bastions"];

/// Writes the lists; the ids of the company's own.
pub(super) fn write(export: &mut Export, random: &mut Random, sites: &[Site]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in NAMES {
        let id = format!("pl-{name}");
        list(export, &id, name, ACCOUNT, 40);
        let mut blocks = Vec::new();
        for _ in 0..random.within(3..=20) {
            let inside = random.pick(sites).filter(|_| random.percent(40));
            let block = match inside {
                Some(site) => site.block_within(random),
                None => outside(random),
            };
            if !blocks.contains(&block) {
                blocks.push(block);
            }
        }
        blocks.iter().for_each(|block| entry(export, &id, block));
        ids.push(id);
    }
    list(export, S3, &format!("com.amazonaws.{REGION}.s3"), "AWS", 10);
    ["3.246.0.0/20", "3.246.32.0/21"].iter().for_each(|block| entry(export, S3, block));
    ids
}

/// A block of the world.
pub(super) fn outside(random: &mut Random) -> String {
    let length = random.within(25..=32);
    let size = 1 << (32 - length);
    let range = random.pick(&DOCUMENTATION).copied().unwrap_or("192.0.2");
    format!("{range}.{}/{length}", random.below(256 / size) * size)
}

fn list(export: &mut Export, id: &str, name: &str, owner: &str, most: usize) {
    let element = json!({
        "PrefixListId": id, "AddressFamily": "IPv4", "State": "modify-complete",
        "PrefixListArn": format!("arn:aws:ec2:{REGION}:{owner}:prefix-list/{id}"), "PrefixListName": name,
        "MaxEntries": most, "Version": 1, "Tags": [], "OwnerId": owner,
    });
    export.push("describe-managed-prefix-lists", "PrefixLists", &element);
}

fn entry(export: &mut Export, list: &str, block: &str) {
    export.push(&format!("get-managed-prefix-list-entries/{list}"), "Entries", &json!({"Cidr": block}));
}
