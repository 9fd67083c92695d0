//! What nft is told in each namespace: sets, maps and verdict maps, never long lists of rules.

mod boxes;
mod fabric;
mod gateway;
mod idle;
mod nat_gateway;
mod next;
mod node;
mod pairs;
mod router;
mod script;
mod transit_gateway;
mod world;

use engine::Network;

use crate::marks::Marks;
use crate::topology::Plan;

pub use idle::PROBES_ARE_KNOWN;
pub use next::Generation;
pub(crate) use next::{NOWHERE, Next, nowhere_link, tables, transit_tables};
pub(crate) use node::rules as node_rules;
pub use script::TABLE;

/// The rules of every namespace that has some.
#[derive(Debug)]
pub struct Rulesets {
    /// Of each VPC's fabric, router and, where it has one, internet gateway.
    pub vpcs: Vec<VpcRules>,
    /// Of each transit gateway.
    pub transit_gateways: Vec<String>,
    /// Of each NAT gateway.
    pub nat_gateways: Vec<String>,
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
        let vpcs = plan.vpcs.iter().enumerate().map(|(at, vpc)| VpcRules {
            fabric: fabric::rules(network, plan, at, &mut marks),
            router: router::rules(network, plan, at, generation, &mut marks),
            gateway: vpc.gateway.then(|| gateway::rules(network, plan, at)),
        });
        let vpcs = vpcs.collect();
        let gateways = 0..plan.ways.transit_gateways.len();
        let transit_gateways = gateways.map(|at| transit_gateway::rules(network, plan, at, generation));
        let nat_gateways = plan.ways.nat_gateways.iter().map(|nat| nat_gateway::rules(network, nat));
        Rulesets {
            vpcs,
            transit_gateways: transit_gateways.collect(),
            nat_gateways: nat_gateways.collect(),
            world: world::rules(network),
            marks,
        }
    }
}
