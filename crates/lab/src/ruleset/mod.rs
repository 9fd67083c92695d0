//! What nft is told in each namespace: sets, maps and verdict maps, never long lists of rules.

mod boxes;
mod fabric;
mod gateway;
mod idle;
mod router;
mod script;
mod world;

use engine::Network;

use crate::marks::Marks;
use crate::topology::Plan;

pub use idle::PROBES_ARE_KNOWN;
pub(crate) use router::{NOWHERE, Next, nowhere_link, tables};
pub use script::TABLE;

/// The rules of every namespace that has some.
#[derive(Debug)]
pub struct Rulesets {
    /// Of each VPC's fabric, router and, where it has one, internet gateway.
    pub vpcs: Vec<VpcRules>,
    /// Of the world.
    pub world: String,
    /// Which rule a mark names.
    pub marks: Marks,
}

/// The rules of a VPC's namespaces, each a transaction for `nft -f -`.
#[derive(Debug)]
pub struct VpcRules {
    /// Security groups, source/destination check.
    pub fabric: String,
    /// Network ACLs, routes that lead nowhere.
    pub router: String,
    /// Translation.
    pub gateway: Option<String>,
}

impl Rulesets {
    /// Compiles the rules of a planned lab.
    pub fn new(network: &Network, plan: &Plan) -> Rulesets {
        let mut marks = Marks::default();
        let vpcs = plan.vpcs.iter().map(|vpc| VpcRules {
            fabric: fabric::rules(network, plan, vpc, &mut marks),
            router: router::rules(network, vpc, &mut marks),
            gateway: vpc.gateway.then(|| gateway::rules(network, plan, vpc)),
        });
        let vpcs = vpcs.collect();
        Rulesets { vpcs, world: world::rules(network), marks }
    }
}
