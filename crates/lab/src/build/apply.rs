//! Other rules and routes, into force in a lab that is up: what differs, and nothing else.

use std::borrow::Cow;

use super::{Lab, router};
use crate::error::LabError;
use crate::in_force::InForce;
use crate::links::Netlink;
use crate::namespace::{Namespace, apart};
use crate::numbers::Numbers;
use crate::ruleset::{Change, RoutingTable, TABLE, Table, Transaction};
use crate::wire::{encoded, is_known};

/// What is told in one namespace, and what takes it back.
struct Step<'t> {
    namespace: Namespace,
    forth: Told<'t>,
    back: Told<'t>,
}

/// What makes one table of another.
enum Told<'t> {
    Differing(Transaction<'t>),
    /// A whole table, in nft's words.
    Whole(String),
}

impl<'t> Step<'t> {
    /// What puts a table into force; `None` where it is.
    fn new(
        namespace: Namespace,
        before: Option<&'t Table>,
        after: &'t Table,
    ) -> Result<Option<Step<'t>>, LabError> {
        let forth = before.map_or(Change::Whole, |before| after.change_from(before));
        let back = before.map_or(Change::Whole, |before| before.change_from(after));
        Ok(match (forth, back) {
            (Change::Nothing, _) => None,
            (Change::Transaction(forth), Change::Transaction(back)) => {
                let (forth, back) = (Told::Differing(forth), Told::Differing(back));
                Some(Step { namespace, forth, back })
            }
            _ => {
                let forth = Told::Whole(whole(&namespace, after)?);
                let back = Told::Whole(namespace.rules()?);
                Some(Step { namespace, forth, back })
            }
        })
    }

    /// Whether it could be made; nothing is changed.
    fn check(&self) -> Result<(), LabError> {
        match self.forth.sent(&self.namespace, false)? {
            true => Ok(()),
            false => self.namespace.check(&self.forth.text()),
        }
    }

    fn make(&self) -> Result<(), LabError> {
        self.forth.load(&self.namespace)
    }

    fn take_back(&self) -> Result<(), LabError> {
        self.back.load(&self.namespace)
    }
}

impl Told<'_> {
    fn load(&self, namespace: &Namespace) -> Result<(), LabError> {
        match self.sent(namespace, true)? {
            true => Ok(()),
            false => namespace.load(&self.text()),
        }
    }

    /// Whether it could be sent to the kernel without nft, which takes less time than nft takes to begin.
    fn sent(&self, namespace: &Namespace, made: bool) -> Result<bool, LabError> {
        match self {
            Told::Differing(change) => {
                encoded(change, made).map_or(Ok(false), |batch| namespace.send(&batch))
            }
            Told::Whole(_) => Ok(false),
        }
    }

    fn text(&self) -> Cow<'_, str> {
        match self {
            Told::Differing(change) => Cow::Owned(change.text()),
            Told::Whole(text) => Cow::Borrowed(text),
        }
    }
}

/// A table that is put into force where there is none and nothing is sent yet: first what nft has to be told, then the rest.
/// Links that come wait for the kernel to take in what it is told of their namespace, and it asks every chain there about
/// each: so what there is much of is made ready beside them, and told once they are there.
pub(super) struct Begun<'t> {
    namespace: Namespace,
    table: Cow<'t, Table>,
    beginning: Table,
    rest: Option<Vec<u8>>,
}

impl<'t> Begun<'t> {
    /// Puts the first of it into force.
    pub(super) fn new((namespace, table): (Namespace, Cow<'t, Table>)) -> Result<Begun<'t>, LabError> {
        let beginning = table.beginning(is_known);
        namespace.load(&beginning.text())?;
        let rest = match table.change_from(&beginning) {
            Change::Transaction(change) => encoded(&change, true),
            Change::Nothing | Change::Whole => None,
        };
        Ok(Begun { namespace, table, beginning, rest })
    }

    /// Puts the rest into force.
    pub(super) fn finish(&self) -> Result<(), LabError> {
        match &self.rest {
            Some(rest) if self.namespace.send(rest)? => Ok(()),
            _ => tell(&self.namespace, &self.beginning, &self.table),
        }
    }
}

/// Makes one table of another.
fn tell(namespace: &Namespace, before: &Table, after: &Table) -> Result<(), LabError> {
    match after.change_from(before) {
        Change::Nothing => Ok(()),
        Change::Transaction(change) => Told::Differing(change).load(namespace),
        Change::Whole => namespace.load(&after.text()),
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
        let tables: Vec<_> = self.tables().filter(|(namespace, _)| !others.contains(namespace)).collect();
        let mut changes = Vec::new();
        for (namespace, after) in &tables {
            let before = before.and_then(|before| before.table(namespace));
            changes.extend(Step::new(namespace.clone(), before, after)?);
        }
        // One transaction is in force as a whole or not at all. Of several all are tried before the first is in force.
        if changes.len() > 1 {
            changes.iter().try_for_each(Step::check)?;
        }
        self.change_routes(numbers)?;
        for (done, change) in changes.iter().enumerate() {
            if let Err(error) = change.make() {
                let made = changes.iter().take(done).rev();
                let back = made.into_iter().try_for_each(Step::take_back);
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
