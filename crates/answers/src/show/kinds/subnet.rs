//! Subnets.

use model::{
    Id, Ix, LoadBalancer, NatGateway, Snapshot, Subnet, Table, TransitGatewayAttachment, Vpc, VpcEndpoint,
};

use super::vpc::blocked;
use crate::show::rows::{interfaces, nouns, silent};
use crate::show::{Kind, Look, Resource, Uses, Value};

impl Kind for Subnet {
    const ONE: &'static str = "subnet";
    const MANY: &'static str = "subnets";

    fn table(model: &Snapshot) -> &Table<Subnet> {
        &model.subnets
    }

    fn vpc(&self) -> Option<&Id> {
        Some(&self.vpc)
    }

    fn owner(&self) -> Option<&Id> {
        self.owner.as_ref()
    }

    fn describe(&self, ix: Ix<Subnet>, look: &Look<'_>, out: &mut Resource) {
        out.values("blocks", self.cidrs.iter().map(|block| block.to_string().into()));
        let zones = [&self.availability_zone, &self.availability_zone_id].into_iter().flatten();
        out.values("zone", zones.map(|zone| zone.as_str().into()));
        out.field("vpc", look.to::<Vpc>(&self.vpc));
        out.field("network ACL", how(look.acl_of(ix)));
        out.field("route table", how(look.table_of(ix)));
        out.field_if("account", self.owner.as_ref().map(Id::as_str));
        out.field_if("Block Public Access", self.block_public_access.and_then(blocked));
    }

    fn uses(&self, _ix: Ix<Subnet>, look: &Look<'_>, out: &mut Uses) {
        out.by("network interfaces", interfaces(look, |noun| noun.subnet == self.id));
        let has_node =
            |noun: &LoadBalancer| noun.nodes.iter().any(|node| node.subnet.as_ref() == Some(&self.id));
        out.by("load balancers", nouns(look, has_node, |noun| noun.kind.words().to_owned()));
        out.by(
            "NAT gateways",
            nouns(look, |noun: &NatGateway| noun.subnet.as_ref() == Some(&self.id), silent),
        );
        let endpoint = |noun: &VpcEndpoint| noun.subnets.contains(&self.id);
        out.by("VPC endpoints", nouns(look, endpoint, |noun| noun.service_name.to_string()));
        let attachment = |noun: &TransitGatewayAttachment| {
            noun.subnets.as_ref().is_some_and(|subnets| subnets.contains(&self.id))
        };
        out.by("transit gateway attachments", nouns(look, attachment, silent));
        let starts = |noun: &model::AutoScalingGroup| noun.subnets.contains(&self.id);
        out.by("Auto Scaling groups", nouns(look, starts, silent));
        out.refuse(
            out.count("network interfaces"),
            "network interface is in it",
            "network interfaces are in it",
        );
        let breaks = out.count("Auto Scaling groups");
        out.breaks(
            breaks,
            "Auto Scaling group starts instances in it",
            "Auto Scaling groups start instances in it",
        );
        if look.model().network_interfaces.is_empty() {
            out.not_known(
                "the export has no network interfaces: add the answer of describe-network-interfaces",
            );
        }
    }
}

/// A list or table and how the subnet came to it.
fn how((value, note): (Value, &'static str)) -> Value {
    Value { note, ..value }
}
