//! Other rules and routes, into force in a lab that is up: what differs, and nothing else.

use std::borrow::Cow;

use super::{Lab, apart, router};
use crate::error::LabError;
use crate::in_force::InForce;
use crate::links::Netlink;
use crate::namespace::Namespace;
use crate::numbers::Numbers;
use crate::ruleset::{Change, RoutingTable, TABLE, Table};

/// What is told to nft in one namespace, and what takes it back.
struct Transaction {
    namespace: Namespace,
    text: String,
    back: String,
}

impl Transaction {
    /// What puts a table into force; `None` where it is.
    fn new(
        namespace: Namespace,
        before: Option<&Table>,
        after: &Table,
    ) -> Result<Option<Transaction>, LabError> {
        let text = before.map_or(Change::Whole, |before| after.change_from(before));
        let back = before.map_or(Change::Whole, |before| before.change_from(after));
        Ok(match (text, back) {
            (Change::Nothing, _) => None,
            (Change::Transaction(text), Change::Transaction(back)) => {
                Some(Transaction { namespace, text, back })
            }
            _ => {
                let text = whole(&namespace, after)?;
                let back = namespace.rules()?;
                Some(Transaction { namespace, text, back })
            }
        })
    }
}

/// A table in place of whatever is there, with what packets have put into its sets.
fn whole(namespace: &Namespace, table: &Table) -> Result<String, LabError> {
    let mut text = table.text();
    for set in table.filled_by_packets() {
        let elements = namespace.elements(set)?;
        if !elements.is_empty() {
            text.push_str(&format!("add element inet {TABLE} {set} {{ {elements}\n}}\n"));
        }
    }
    Ok(text)
}

impl Lab<'_> {
    /// The table of each namespace that has one.
    pub(super) fn tables(&self) -> impl Iterator<Item = (Namespace, Cow<'_, Table>)> {
        let of_vpcs = self.plan.vpcs.iter().zip(&self.rules.vpcs).flat_map(move |(vpc, rules)| {
            let gateway = rules.gateway.iter().map(move |table| (self.names.gateway(vpc.number), table));
            [(self.names.fabric(vpc.number), &rules.fabric), (self.names.router(vpc.number), &rules.router)]
                .into_iter()
                .chain(gateway)
        });
        let ways = &self.plan.ways;
        let transit = ways.transit_gateways.iter().zip(&self.rules.transit_gateways);
        let transit = transit.map(|(plan, rules)| (self.names.transit_gateway(plan.number), &rules.table));
        let translating = ways.nat_gateways.iter().zip(&self.rules.nat_gateways);
        let translating = translating.map(|(plan, table)| (self.names.nat_gateway(plan.number), table));
        let all = of_vpcs.chain(transit).chain(translating).chain([(self.names.world(), &self.rules.world)]);
        let all = all.map(|(namespace, table)| (namespace, Cow::Borrowed(table)));
        all.chain(self.node_rules().into_iter().map(|(namespace, table)| (namespace, Cow::Owned(table))))
    }

    /// What is in force once it is up.
    pub fn in_force(&self) -> InForce {
        self.tables().map(|(namespace, table)| (namespace, table.into_owned())).collect()
    }

    /// Puts this lab's rules and routes into force in a lab that is up and has the same machines, where they are others
    /// than those in force: in one transaction a namespace. Connections that groups keep track of go on, whatever their
    /// rules say now (S1.37). `numbers` are those of the lab that is up.
    ///
    /// # Errors
    /// If the kernel refuses something: then the rules that were in force are in force again, but for
    /// [`LabError::CutOff`].
    pub fn apply(&self, before: Option<&InForce>, numbers: &Numbers) -> Result<(), LabError> {
        self.apply_beside(&[], before, numbers)
    }

    /// The same, but for the rules of some namespaces.
    pub(super) fn apply_beside(
        &self,
        others: &[Namespace],
        before: Option<&InForce>,
        numbers: &Numbers,
    ) -> Result<(), LabError> {
        let mut changes = Vec::new();
        for (namespace, after) in self.tables().filter(|(namespace, _)| !others.contains(namespace)) {
            let before = before.and_then(|before| before.table(&namespace));
            changes.extend(Transaction::new(namespace, before, &after)?);
        }
        // One transaction is in force as a whole or not at all. Of several all are tried before the first is in force.
        if changes.len() > 1 {
            changes.iter().try_for_each(|change| change.namespace.check(&change.text))?;
        }
        self.change_routes(numbers)?;
        for (done, change) in changes.iter().enumerate() {
            if let Err(error) = change.namespace.load(&change.text) {
                let made = changes.iter().take(done).rev();
                let back = made.into_iter().try_for_each(|change| change.namespace.load(&change.back));
                back.map_err(|worse| LabError::CutOff(format!("{error}, then {worse}")))?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// The routing tables of each VPC's router and of each transit gateway, by id.
    pub(super) fn all_routes(&self) -> impl Iterator<Item = (&str, Namespace, &[RoutingTable])> {
        let of_vpcs = self.plan.vpcs.iter().zip(&self.rules.vpcs).map(|(vpc, rules)| {
            let id = self.network.model().vpcs.at(vpc.vpc).id.as_str();
            (id, self.names.router(vpc.number), &*rules.routes)
        });
        let gateways = self.plan.ways.transit_gateways.iter().zip(&self.rules.transit_gateways);
        let gateways = gateways
            .map(|(plan, rules)| (plan.id.as_str(), self.names.transit_gateway(plan.number), &*rules.routes));
        of_vpcs.chain(gateways)
    }

    /// Fills the routing tables that are to be used and were not.
    fn change_routes(&self, numbers: &Numbers) -> Result<(), LabError> {
        for (id, namespace, tables) in self.all_routes() {
            if self.numbers.routes.get(id) == numbers.routes.get(id) {
                continue;
            }
            // Nobody uses these tables yet.
            let unused: Vec<u32> = tables.iter().map(|(table, _)| *table).collect();
            apart(|| {
                let netlink = Netlink::new()?;
                let links = netlink.within(&namespace)?;
                links.clear(&unused)?;
                links.routes(&router::routes(tables))
            })?;
        }
        Ok(())
    }
}
