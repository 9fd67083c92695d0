//! VPC peering connections, of which some are not active.

use serde_json::{Value, json};

use super::super::random::Random;
use super::super::{ACCOUNT, Export, REGION, name, set};
use super::site::Site;

/// A connection between two VPCs.
pub(super) struct Peering {
    pub(super) id: String,
    pub(super) sides: [usize; 2],
    pub(super) is_active: bool,
}

impl Peering {
    /// The number of the VPC behind it, as a VPC sees it.
    pub(super) fn other(&self, site: usize) -> Option<usize> {
        let [one, other] = self.sides;
        match site {
            _ if site == one => Some(other),
            _ if site == other => Some(one),
            _ => None,
        }
    }
}

/// Connects about half of the pairs of VPCs.
pub(super) fn write(export: &mut Export, random: &mut Random, sites: &[Site]) -> Vec<Peering> {
    let mut peerings = Vec::new();
    for (position, other) in sites.iter().enumerate() {
        for one in sites.iter().take(position) {
            if !random.percent(55) {
                continue;
            }
            let is_active = random.percent(85);
            let waits = random.percent(50);
            let (code, message) = match (is_active, waits) {
                (true, _) => ("active", "Active"),
                (false, true) => ("pending-acceptance", "Pending Acceptance"),
                (false, false) => ("deleted", "Deleted"),
            };
            let id = format!("pcx-{}{}", one.number, other.number);
            let element = json!({
                "AccepterVpcInfo": side(other), "RequesterVpcInfo": side(one),
                "Status": {"Code": code, "Message": message}, "Tags": name(&id), "VpcPeeringConnectionId": id,
            });
            export.push("describe-vpc-peering-connections", "VpcPeeringConnections", &element);
            peerings.push(Peering { id, sides: [one.number, other.number], is_active });
        }
    }
    peerings
}

fn side(site: &Site) -> Value {
    let block = site.block.to_string();
    let mut side = json!({
        "CidrBlock": block, "CidrBlockSet": [{"CidrBlock": block}], "OwnerId": ACCOUNT, "VpcId": site.id,
        "Region": REGION,
    });
    if let Some(block) = &site.ipv6 {
        set(&mut side, "Ipv6CidrBlockSet", json!([{"Ipv6CidrBlock": block}]));
    }
    side
}
