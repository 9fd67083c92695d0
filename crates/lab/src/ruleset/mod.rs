//! What nft is told in each namespace: sets, maps and verdict maps, never long lists of rules.

mod boxes;
mod fabric;
mod gateway;
mod idle;
mod node;
mod router;
mod script;
mod world;

use engine::Network;

use crate::marks::Marks;
use crate::topology::Plan;

pub use idle::PROBES_ARE_KNOWN;
pub(crate) use node::rules as node_rules;
pub use router::Generation;
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

impl VpcRules {
    /// The fabric's rules with flows that it already knows, as nft lists them: of IPv4, then of IPv6 (S1.31).
    pub(crate) fn fabric_with(&self, known: &[String; 2]) -> String {
        let mut text = self.fabric.clone();
        for (family, elements) in ["4", "6"].iter().zip(known) {
            if !elements.is_empty() {
                text.push_str(&format!("add element inet {TABLE} f_known{family} {{ {elements}\n}}\n"));
            }
        }
        text
    }
}

impl Rulesets {
    /// Compiles the rules of a planned lab.
    pub fn new(network: &Network, plan: &Plan, generation: Generation) -> Rulesets {
        let mut marks = Marks::default();
        let vpcs = plan.vpcs.iter().map(|vpc| VpcRules {
            fabric: fabric::rules(network, plan, vpc, &mut marks),
            router: router::rules(network, vpc, generation, &mut marks),
            gateway: vpc.gateway.then(|| gateway::rules(network, plan, vpc)),
        });
        let vpcs = vpcs.collect();
        Rulesets { vpcs, world: world::rules(network), marks }
    }
}
