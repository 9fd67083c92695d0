//! Managed prefix lists.

use serde_json::json;

use super::super::random::Random;
use super::super::{ACCOUNT, DOCUMENTATION, Export, REGION};
use super::Absent;
use super::site::Site;

/// The list of S3, which AWS keeps.
pub(super) const S3: &str = "pl-s3";

/// Writes up to three lists and S3's; the ids of the account's own.
pub(super) fn write(export: &mut Export, random: &mut Random, sites: &[Site], absent: Absent) -> Vec<String> {
    let mut lists = Vec::new();
    for number in 0..random.below(3) + 1 {
        let is_ipv6 = random.percent(25);
        let id = format!("pl-{number}");
        list(export, &id, &format!("list-{number}"), ACCOUNT, is_ipv6);
        let entries = format!("get-managed-prefix-list-entries/{id}");
        export.answer(&entries, "Entries");
        let mut seen = Vec::new();
        for _ in 0..random.within(0..=4) {
            let block = if is_ipv6 { block_of_ipv6(random, sites) } else { Some(block(random, sites)) };
            let Some(block) = block.filter(|block| !seen.contains(block)) else { continue };
            export.push(&entries, "Entries", &json!({"Cidr": block}));
            seen.push(block);
        }
        if absent == Absent::Entries && number == 0 {
            export.leave_out(&entries);
        }
        lists.push(id);
    }
    list(export, S3, &format!("com.amazonaws.{REGION}.s3"), "AWS", false);
    for block in ["3.246.0.0/20", "3.246.32.0/21"] {
        export.push(&format!("get-managed-prefix-list-entries/{S3}"), "Entries", &json!({"Cidr": block}));
    }
    lists
}

/// A block of IPv4 that cuts what there is: pieces of subnets, of VPCs, of the world.
pub(super) fn block(random: &mut Random, sites: &[Site]) -> String {
    let site = random.pick(sites);
    let subnet = site.and_then(|site| random.pick(&site.subnets));
    match (random.below(10), site, subnet) {
        (0..=3, _, Some(subnet)) => subnet.block.piece(random).to_string(),
        (4..=6, Some(site), _) => site.block.piece(random).to_string(),
        (7, ..) => world(random),
        _ => {
            let range = random.pick(&DOCUMENTATION).copied().unwrap_or("192.0.2");
            format!("{range}.{}/25", random.below(2) * 128)
        }
    }
}

/// A large block of IPv4: everybody, or about a half or a quarter of them.
pub(super) fn world(random: &mut Random) -> String {
    let blocks =
        ["0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/4", "3.0.0.0/8", "10.0.0.0/8"];
    random.pick(&blocks).copied().unwrap_or("0.0.0.0/0").to_owned()
}

/// The same of IPv6, if a VPC has any.
pub(super) fn block_of_ipv6(random: &mut Random, sites: &[Site]) -> Option<String> {
    let with: Vec<&Site> = sites.iter().filter(|site| site.ipv6.is_some()).collect();
    let site = random.pick(&with)?;
    let subnet = random.pick(&site.subnets).and_then(|subnet| subnet.ipv6.as_ref());
    match (random.below(8), subnet) {
        (0..=2, Some(block)) => Some(block.clone()),
        // Half of the addresses that hosts have: 0 to 15.
        (3 | 4, Some(block)) => Some(block.replace("/64", "/124")),
        (5, _) => Some("2000::/3".to_owned()),
        (6, _) => Some("2600::/7".to_owned()),
        _ => site.ipv6.clone(),
    }
}

fn list(export: &mut Export, id: &str, name: &str, owner: &str, is_ipv6: bool) {
    let element = json!({
        "PrefixListId": id, "AddressFamily": if is_ipv6 { "IPv6" } else { "IPv4" }, "State": "modify-complete",
        "PrefixListArn": format!("arn:aws:ec2:{REGION}:{owner}:prefix-list/{id}"), "PrefixListName": name,
        "MaxEntries": 10, "Version": 1, "Tags": [], "OwnerId": owner,
    });
    export.push("describe-managed-prefix-lists", "PrefixLists", &element);
}
