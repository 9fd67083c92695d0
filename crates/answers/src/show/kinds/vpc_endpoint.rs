//! VPC endpoints.

use model::{EndpointType, Id, Ix, SecurityGroup, Snapshot, Subnet, Table, Target, Vpc, VpcEndpoint};

use crate::show::rows::{interfaces, routes_to};
use crate::show::{Kind, Look, Resource, Uses};

impl Kind for VpcEndpoint {
    const ONE: &'static str = "VPC endpoint";
    const MANY: &'static str = "VPC endpoints";

    fn table(model: &Snapshot) -> &Table<VpcEndpoint> {
        &model.vpc_endpoints
    }

    fn vpc(&self) -> Option<&Id> {
        Some(&self.vpc)
    }

    fn describe(&self, _ix: Ix<VpcEndpoint>, look: &Look<'_>, out: &mut Resource) {
        out.kind = match &self.endpoint_type {
            EndpointType::Gateway => "gateway endpoint".to_owned(),
            EndpointType::Interface => "interface endpoint".to_owned(),
            EndpointType::GatewayLoadBalancer => "Gateway Load Balancer endpoint".to_owned(),
            EndpointType::Other(kind) => format!("{kind} endpoint"),
        };
        if !self.available {
            out.field("state", "not available");
        }
        out.field("service", self.service_name.as_str());
        out.field("vpc", look.to::<Vpc>(&self.vpc));
        out.values("subnets", look.all::<Subnet>(&self.subnets));
        out.values("security groups", look.all::<SecurityGroup>(&self.groups));
        if self.endpoint_type == EndpointType::Interface {
            let leads = if self.private_dns { "leads to it inside the VPC" } else { "does not lead to it" };
            out.field("public name", leads);
        }
    }

    fn uses(&self, _ix: Ix<VpcEndpoint>, look: &Look<'_>, out: &mut Uses) {
        let to = |target: &Target| matches!(target, Target::VpcEndpoint(id) if *id == self.id);
        out.by("routes", routes_to(look, to));
        out.by("network interfaces", interfaces(look, |noun| self.network_interfaces.contains(&noun.id)));
    }
}
