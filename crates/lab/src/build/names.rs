//! What the namespaces of a lab are called.

use crate::namespace::Namespace;
use crate::topology::Plan;

/// The names of a lab's namespaces.
#[derive(Debug, Clone)]
pub struct Names {
    pub(super) lab: String,
}

impl Names {
    /// Of a lab.
    pub fn new(lab: &str) -> Names {
        Names { lab: lab.to_owned() }
    }

    fn of(&self, kind: char, number: u32) -> Namespace {
        Namespace::new(format!("{}-{kind}{}", self.lab, number.saturating_add(1)))
    }

    /// The fabric of the VPC of a number.
    pub fn fabric(&self, vpc: u32) -> Namespace {
        self.of('f', vpc)
    }

    /// Its router.
    pub fn router(&self, vpc: u32) -> Namespace {
        self.of('r', vpc)
    }

    /// Its internet gateway, and its egress-only one.
    pub fn gateway(&self, vpc: u32) -> Namespace {
        self.of('g', vpc)
    }

    /// The transit gateway of a number.
    pub fn transit_gateway(&self, gateway: u32) -> Namespace {
        self.of('t', gateway)
    }

    /// The NAT gateway of a number.
    pub fn nat_gateway(&self, gateway: u32) -> Namespace {
        self.of('n', gateway)
    }

    /// The machine of a number.
    pub fn host(&self, host: u32) -> Namespace {
        self.of('h', host)
    }

    /// The internet.
    pub fn world(&self) -> Namespace {
        Namespace::new(format!("{}-world", self.lab))
    }

    pub(super) fn is_router(&self, namespace: &Namespace) -> bool {
        namespace.name().starts_with(&format!("{}-r", self.lab))
    }

    pub(super) fn is_host(&self, namespace: &Namespace) -> bool {
        namespace.name().starts_with(&format!("{}-h", self.lab))
    }

    pub(super) fn all(&self, plan: &Plan) -> Vec<Namespace> {
        let vpcs = plan.vpcs.iter().flat_map(|vpc| {
            let gateway = vpc.has_edge().then(|| self.gateway(vpc.number));
            [self.fabric(vpc.number), self.router(vpc.number)].into_iter().chain(gateway)
        });
        let hosts = plan.hosts.iter().map(|host| self.host(host.number));
        let joining = plan.ways.transit_gateways.iter().map(|plan| self.transit_gateway(plan.number));
        let translating = plan.ways.nat_gateways.iter().map(|plan| self.nat_gateway(plan.number));
        vpcs.chain(joining).chain(translating).chain(hosts).chain([self.world()]).collect()
    }
}
