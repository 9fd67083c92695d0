//! VPCs and subnets.

use serde_json::json;

use super::super::random::Random;
use super::super::{Export, ZONES, set, vpc};
use super::Block;

/// A VPC.
pub(super) struct Site {
    pub(super) number: usize,
    pub(super) id: String,
    pub(super) block: Block,
    pub(super) ipv6: Option<String>,
    pub(super) subnets: Vec<Subnet>,
    /// The ids of its security groups.
    pub(super) groups: Vec<String>,
}

/// A subnet.
pub(super) struct Subnet {
    pub(super) id: String,
    pub(super) vpc: String,
    pub(super) zone: char,
    pub(super) block: Block,
    pub(super) ipv6: Option<String>,
    used: Vec<u32>,
}

/// An address that was given out.
pub(super) struct Address {
    pub(super) ipv4: u32,
    pub(super) ipv6: Option<String>,
}

impl Site {
    pub(super) fn group(&self, random: &mut Random) -> String {
        random.pick(&self.groups).cloned().unwrap_or_default()
    }

    /// Some of its subnets, at least one.
    pub(super) fn subnet(&mut self, random: &mut Random) -> Option<&mut Subnet> {
        let position = random.below(self.subnets.len());
        self.subnets.get_mut(position)
    }
}

impl Subnet {
    /// An address that nobody has: the first, the last, those around the middle, where halves part. AWS keeps the
    /// first four and the last of a subnet.
    pub(super) fn next(&mut self, random: &mut Random) -> Address {
        let size = self.block.size();
        let half = size / 2;
        let edges = [4, half - 1, half, size - 2, 5, half + 1, size - 3, half - 2];
        let free: Vec<u32> =
            edges.into_iter().chain(4..size - 1).filter(|offset| !self.used.contains(offset)).collect();
        let offset = random.pick(free.get(..4).unwrap_or(&free)).copied().unwrap_or(4);
        self.used.push(offset);
        let ipv6 = self.ipv6.as_ref().map(|block| format!("{}{offset:x}", block.trim_end_matches("/64")));
        Address { ipv4: self.block.start + offset, ipv6 }
    }
}

/// One to three VPCs with two to five subnets.
pub(super) fn sites(random: &mut Random) -> Vec<Site> {
    let count = [1, 2, 2, 3].get(random.below(4)).copied().unwrap_or(2);
    let subnets = random.within(count.max(2)..=5);
    let mut sites: Vec<Site> = (0..count).map(|number| site(random, number)).collect();
    for position in 0..subnets {
        let chosen = if position < count { position } else { random.below(count) };
        let Some(site) = sites.get_mut(chosen) else { continue };
        let number = site.subnets.len();
        let offset = u32::try_from(number).unwrap_or(0) * 32;
        let zone = random.pick(ZONES.get(..2).unwrap_or(&ZONES)).copied().unwrap_or('a');
        site.subnets.push(Subnet {
            id: format!("subnet-{}{number}", site.number),
            vpc: site.id.clone(),
            zone,
            block: site.block.around(offset, if random.percent(70) { 27 } else { 28 }),
            // Not every subnet of a VPC with IPv6 has it.
            ipv6: site
                .ipv6
                .as_ref()
                .filter(|_| random.percent(90))
                .map(|_| format!("2001:db8:{:x}:{number:x}::/64", site.number)),
            used: Vec::new(),
        });
    }
    sites
}

fn site(random: &mut Random, number: usize) -> Site {
    let groups = (0..random.within(2..=3)).map(|group| format!("sg-{number}{group}")).collect();
    Site {
        number,
        id: format!("vpc-{number}"),
        block: Block::new([10, u8::try_from(number).unwrap_or(0), 0, 0], 24),
        ipv6: random.percent(60).then(|| format!("2001:db8:{number:x}::/56")),
        subnets: Vec::new(),
        groups,
    }
}

/// Writes VPCs and subnets, with what Block Public Access does at each.
pub(super) fn write(export: &mut Export, random: &mut Random, sites: &[Site]) {
    let account = match random.below(100) {
        0..=6 => "block-ingress",
        7..=12 => "block-bidirectional",
        _ => "off",
    };
    let key = "BlockPublicAccessStates";
    for site in sites {
        let of_vpc = excluded(export, random, account, account, &format!("vpc/{}", site.id));
        let block = site.block.to_string();
        let mut element = vpc::vpc_element(&site.id, &block, site.ipv6.as_deref());
        set(&mut element, key, json!({"InternetGatewayBlockMode": of_vpc}));
        export.push("describe-vpcs", "Vpcs", &element);
        for subnet in &site.subnets {
            let mode = if of_vpc == account {
                excluded(export, random, account, of_vpc, &format!("subnet/{}", subnet.id))
            } else {
                of_vpc
            };
            let block = subnet.block.to_string();
            let mut element =
                vpc::subnet_element(&site.id, &subnet.id, subnet.zone, &block, subnet.ipv6.as_deref());
            set(&mut element, key, json!({"InternetGatewayBlockMode": mode}));
            export.push("describe-subnets", "Subnets", &element);
        }
    }
}

/// What is in force where there may be an exclusion.
fn excluded(
    export: &mut Export,
    random: &mut Random,
    account: &str,
    mode: &'static str,
    resource: &str,
) -> &'static str {
    if account == "off" || !random.percent(25) {
        return mode;
    }
    let outward_only = account == "block-bidirectional" && random.percent(50);
    let exclusion = if outward_only { "allow-egress" } else { "allow-bidirectional" };
    let count = export.count("describe-vpc-block-public-access-exclusions");
    let element = json!({
        "ExclusionId": format!("vpcbpa-exclude-{count}"), "InternetGatewayExclusionMode": exclusion,
        "ResourceArn": format!("arn:aws:ec2:eu-west-1:111122223333:{resource}"), "State": "create-complete",
        "Tags": [],
    });
    let key = "VpcBlockPublicAccessExclusions";
    export.push("describe-vpc-block-public-access-exclusions", key, &element);
    if outward_only { "block-ingress" } else { "off" }
}
