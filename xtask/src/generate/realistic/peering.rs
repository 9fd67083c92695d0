//! VPC peering connections.

use serde_json::{Value, json};

use super::super::random::Random;
use super::super::{ACCOUNT, Export, REGION, name, set};
use super::site::Site;

/// The connections that are active, from both sides.
pub(super) struct Peerings {
    of: Vec<Vec<Peered>>,
}

/// A connection as one side sees it.
pub(super) struct Peered {
    pub(super) id: String,
    pub(super) other: usize,
    pub(super) block: String,
    pub(super) ipv6: Option<String>,
}

impl Peerings {
    pub(super) fn of(&self, site: &Site) -> &[Peered] {
        self.of.get(site.number).map_or(&[], Vec::as_slice)
    }
}

/// Connects every third VPC, by count, with some other. A few wait for somebody to accept.
pub(super) fn write(export: &mut Export, random: &mut Random, sites: &[Site]) -> Peerings {
    let mut of: Vec<Vec<Peered>> = sites.iter().map(|_| Vec::new()).collect();
    export.answer("describe-vpc-peering-connections", "VpcPeeringConnections");
    for number in 0..sites.len().div_ceil(3) {
        let (Some(one), Some(other)) = (random.pick(sites), random.pick(sites)) else { continue };
        let already = |peers: &Vec<Peered>| peers.iter().any(|peered| peered.other == other.number);
        if one.number == other.number || of.get(one.number).is_none_or(already) {
            continue;
        }
        let id = format!("pcx-{number:04}");
        let is_active = random.percent(95);
        let (code, message) =
            if is_active { ("active", "Active") } else { ("pending-acceptance", "Pending Acceptance") };
        let element = json!({
            "AccepterVpcInfo": side(other), "RequesterVpcInfo": side(one),
            "Status": {"Code": code, "Message": message}, "Tags": name(&id), "VpcPeeringConnectionId": id,
        });
        export.push("describe-vpc-peering-connections", "VpcPeeringConnections", &element);
        for (from, to) in [(one, other), (other, one)] {
            if let Some(list) = of.get_mut(from.number).filter(|_| is_active) {
                let (block, ipv6) = (to.block.clone(), to.ipv6.clone().filter(|_| from.ipv6.is_some()));
                list.push(Peered { id: id.clone(), other: to.number, block, ipv6 });
            }
        }
    }
    Peerings { of }
}

fn side(site: &Site) -> Value {
    let mut side = json!({
        "CidrBlock": site.block, "CidrBlockSet": [{"CidrBlock": site.block}], "OwnerId": ACCOUNT,
        "VpcId": site.id, "Region": REGION,
    });
    if let Some(block) = &site.ipv6 {
        set(&mut side, "Ipv6CidrBlockSet", json!([{"Ipv6CidrBlock": block}]));
    }
    side
}
