//! Endpoint services: what an account offers to the interface endpoints of others.

use model::{Ix, LoadBalancer, Snapshot, Table, VpcEndpoint, VpcEndpointService};

use crate::show::rows::nouns;
use crate::show::{Kind, Look, Resource, Uses};

impl Kind for VpcEndpointService {
    const ONE: &'static str = "endpoint service";
    const MANY: &'static str = "endpoint services";

    fn table(model: &Snapshot) -> &Table<VpcEndpointService> {
        &model.vpc_endpoint_services
    }

    fn own_name(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn describe(&self, _ix: Ix<VpcEndpointService>, look: &Look<'_>, out: &mut Resource) {
        out.field("service", self.name.as_str());
        out.values("load balancers", look.all::<LoadBalancer>(&self.load_balancers));
    }

    fn uses(&self, _ix: Ix<VpcEndpointService>, look: &Look<'_>, out: &mut Uses) {
        let endpoint = |noun: &VpcEndpoint| noun.service_name == self.name;
        out.by("VPC endpoints", nouns(look, endpoint, |noun| noun.vpc.to_string()));
        out.not_known("endpoints of other accounts are not in the export unless their answers are");
    }
}
