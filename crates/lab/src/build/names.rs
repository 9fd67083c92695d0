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

    fn of(&self, kind: char, number: usize) -> Namespace {
        Namespace::new(format!("{}-{kind}{}", self.lab, number + 1))
    }

    /// The fabric of the VPC at a position.
    pub fn fabric(&self, vpc: usize) -> Namespace {
        self.of('f', vpc)
    }

    /// Its router.
    pub fn router(&self, vpc: usize) -> Namespace {
        self.of('r', vpc)
    }

    /// Its internet gateway, and its egress-only one.
    pub fn gateway(&self, vpc: usize) -> Namespace {
        self.of('g', vpc)
    }

    /// The transit gateway at a position.
    pub fn transit_gateway(&self, gateway: usize) -> Namespace {
        self.of('t', gateway)
    }

    /// The NAT gateway at a position.
    pub fn nat_gateway(&self, gateway: usize) -> Namespace {
        self.of('n', gateway)
    }

    /// The machine at a position.
    pub fn host(&self, host: usize) -> Namespace {
        self.of('h', host)
    }

    /// The internet.
    pub fn world(&self) -> Namespace {
        Namespace::new(format!("{}-world", self.lab))
    }

    pub(super) fn is_host(&self, namespace: &Namespace) -> bool {
        namespace.name().starts_with(&format!("{}-h", self.lab))
    }

    pub(super) fn all(&self, plan: &Plan) -> Vec<Namespace> {
        let vpcs = plan.vpcs.iter().enumerate().flat_map(|(at, vpc)| {
            let gateway = vpc.has_edge().then(|| self.gateway(at));
            [self.fabric(at), self.router(at)].into_iter().chain(gateway)
        });
        let hosts = (0..plan.hosts.len()).map(|at| self.host(at));
        let joining = (0..plan.ways.transit_gateways.len()).map(|at| self.transit_gateway(at));
        let translating = (0..plan.ways.nat_gateways.len()).map(|at| self.nat_gateway(at));
        vpcs.chain(joining).chain(translating).chain(hosts).chain([self.world()]).collect()
    }
}
