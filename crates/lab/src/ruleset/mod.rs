//! What nft is told in each namespace: sets, maps and verdict maps, never long lists of rules.

mod boxes;
mod change;
mod compiled;
mod edge;
mod fabric;
mod gate;
mod gateway;
mod idle;
mod nat_gateway;
mod next;
mod node;
mod pairs;
mod peers;
mod router;
mod script;
mod seats;
mod table;
mod transit_gateway;
mod untracked;
mod world;

use engine::Network;

use crate::error::LabError;
use crate::marks::Marks;
use crate::numbers::Numbers;
use crate::topology::Plan;

pub use change::Change;
pub(crate) use change::{Transaction, key};
pub use compiled::Compiled;
pub use idle::PROBES_ARE_KNOWN;
pub use next::Generation;
pub(crate) use next::{NOWHERE, Next, RoutingTable, nowhere_link, table_mark};
pub(crate) use node::rules as node_rules;
pub(crate) use table::{Content, Set};
pub use table::{TABLE, Table};

/// The rules of every namespace that has some.
#[derive(Debug)]
pub struct Rulesets {
    /// Of each VPC's fabric, router and, where it has some, internet gateways.
    pub vpcs: Vec<VpcRules>,
    /// Of each transit gateway.
    pub transit_gateways: Vec<TransitRules>,
    /// Of each NAT gateway.
    pub nat_gateways: Vec<Table>,
    /// Of the world.
    pub world: Table,
    /// Which rule a mark names.
    pub marks: Marks,
    /// What a later plan need not compile again.
    pub compiled: Compiled,
}

/// The rules of a VPC's namespaces.
#[derive(Debug)]
pub struct VpcRules {
    /// Security groups, source/destination check.
    pub fabric: Table,
    /// Network ACLs, routes that lead nowhere.
    pub router: Table,
    /// Translation.
    pub gateway: Option<Table>,
    /// The routing table of each subnet.
    pub(crate) routes: Vec<RoutingTable>,
}

/// The rules of a transit gateway.
#[derive(Debug)]
pub struct TransitRules {
    /// Which routing table is for which link.
    pub table: Table,
    /// The routing table of each link.
    pub(crate) routes: Vec<RoutingTable>,
}

impl Rulesets {
    /// Compiles the rules of a planned lab, but for what was compiled before and depends on nothing that has changed.
    ///
    /// # Errors
    /// If there are more rules than marks.
    pub fn new(
        network: &Network,
        plan: &Plan,
        numbers: &mut Numbers,
        before: &Compiled,
    ) -> Result<Rulesets, LabError> {
        let mut compiled = Compiled::default();
        let marks = Marks::new(network, &mut numbers.rules)?;
        let vpcs = plan.vpcs.iter().enumerate().map(|(at, vpc)| {
            let id = network.model().vpcs.at(vpc.vpc).id.as_str();
            let routes = next::numbered(next::tables(network, plan, at), id, numbers);
            VpcRules {
                fabric: fabric::rules(network, plan, at, &marks, &mut numbers.gates, (before, &mut compiled)),
                router: router::rules(
                    network,
                    plan,
                    at,
                    &routes,
                    &marks,
                    &mut numbers.lists,
                    (before, &mut compiled),
                ),
                gateway: vpc.has_edge().then(|| gateway::rules(network, plan, at)),
                routes,
            }
        });
        let vpcs = vpcs.collect();
        let transit_gateways = plan.ways.transit_gateways.iter().enumerate().map(|(at, gateway)| {
            let (links, tables): (Vec<_>, _) = next::transit_tables(network, plan, at).into_iter().unzip();
            let routes = next::numbered(tables, gateway.id.as_str(), numbers);
            TransitRules { table: transit_gateway::rules(&links, &routes), routes }
        });
        let transit_gateways = transit_gateways.collect();
        let nat_gateways = plan.ways.nat_gateways.iter().map(|nat| nat_gateway::rules(network, nat));
        let nat_gateways = nat_gateways.collect();
        Ok(Rulesets { vpcs, transit_gateways, nat_gateways, world: world::rules(network), marks, compiled })
    }
}
