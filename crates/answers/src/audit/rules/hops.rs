//! PC0102: stores of data that are few steps from the internet.

use engine::Network;
use engine::reach::{Class, ClassIx, Ends, Reach, Row};
use indexmap::IndexMap;
use model::{Id, Ix, NetworkInterface};
use rustc_hash::FxHashSet;
use space::{Diagrams, Family, Region, Set};

use super::Rule;
use crate::audit::counterexample::{Counterexample, Ends as Pair};
use crate::audit::groups::{self, At};
use crate::audit::services::count;
use crate::audit::shared::{Shared, Whole};
use crate::audit::{Finding, Found, Related, Severity, Subject, stores};
use crate::ends::name_of;
use crate::reach::everything;

pub(super) static RULE: Rule = Rule {
    id: "PC0102",
    name: "hops-from-internet",
    severity: Severity::Note,
    title: "a store of data that is few steps from the internet, by the shortest chain",
    docs: DOCS,
    check,
};

const DOCS: &str = "\
## What

A store of data (an interface whose groups open the port of a database by a rule for few ports) that somebody on the
internet gets to step by step: each step is a connection that works, from an interface that the last one reached, and the
last asks for the database. The chain that is shown has the fewest steps that there are; the finding's question is of its last
step. Only chains of two steps are found, and more where no shorter one exists; a store that the internet reaches at once is
PC0101. One finding is for one kind of database in one VPC, as many steps away.

## Why

Who takes over the first machine asks the next. Two steps are how most designs are meant (internet, web server, database);
the note says which machines stand between, and that there are no more of them.

## Example

```text
internet -> web-1: tcp 443      web-1 -> db-1: tcp 5432
```

## Fix

Where the chain is not meant: the rule of the last step, or of the first. Nothing has to be done where it is.
";

fn check(shared: &Shared<'_>, found: &mut Found) {
    let network = shared.network;
    let Whole { prepared, reach } = shared.whole();
    let Reach { sets, rows, .. } = &mut *reach.borrow_mut();
    let ends = prepared.ends();
    let internet = [Family::V4, Family::V6].map(|family| shared.of_internet(family, sets));
    let steps = Steps::of(ends, rows, internet, sets);
    let mut found_by: IndexMap<(Id, &str, usize), Near> = IndexMap::new();
    for (ix, class, rules) in stores::all(network, prepared) {
        let (Some(row), Some(first)) = (rows.get(ix), class.members.first()) else { continue };
        let vpc = &network.model().network_interfaces.at(first.interface).vpc;
        for (at, port, name) in rules {
            let asked = sets.region(&Region::FULL.protocol(6).server(port..=port));
            if sets.intersect(row.internet.works, asked) != Set::EMPTY {
                continue;
            }
            // The client that is nearest to the internet of those that get to the port.
            let nearest = clients(ends, row, asked, sets).filter(|client| *client as usize != ix);
            let nearest = nearest.filter_map(|client| Some((steps.at(client)?, client))).min();
            let Some((_, last)) = nearest else { continue };
            let mut chain = steps.chain(last);
            chain.push(u32::try_from(ix).unwrap_or(u32::MAX));
            let key = (vpc.clone(), name, chain.len());
            let near = found_by.entry(key).or_insert_with(|| Near {
                shown: last_step(network, ends.class(last), class, asked, sets),
                chain,
                port,
                at,
                interfaces: FxHashSet::default(),
            });
            near.interfaces.extend(class.members.iter().map(|member| member.interface));
        }
    }
    for ((vpc, name, far), near) in found_by {
        let Some(vpc) = network.model().vpcs.get(vpc.as_str()) else { continue };
        let title = format!("stores of data ({name}) are {far} steps from the internet");
        let subject = Subject::of("vpc", vpc);
        let text = format!("{name} in {}", subject.name);
        let mut finding = Finding::about(network, Severity::Note, title, subject, text, vpc.origin);
        let members = near.chain.iter().filter_map(|class| ends.class(*class)?.members.first());
        let names: Vec<String> = members.map(|member| name_of(network, member.interface)).collect();
        finding.effect.push(format!("internet -> {}:{}", names.join(" -> "), near.port));
        finding.effect.push(format!("so many steps for {}", count(near.interfaces.len(), "interface")));
        if let Some(rule) = groups::rule_at(network, near.at) {
            let text = format!("the last step by {}", groups::text(network, near.at));
            finding.related.push(Related::at(network, text, rule.origin));
        }
        finding.counterexample = near.shown;
        finding.aspect = format!("{far} steps");
        found.add(finding);
    }
}

/// Stores as many steps away: a chain to the first of them, the rule of its last step, and all of them.
struct Near {
    chain: Vec<ClassIx>,
    port: u16,
    at: At,
    interfaces: FxHashSet<Ix<NetworkInterface>>,
    shown: Option<Counterexample>,
}

/// One connection of the last step of a chain.
fn last_step(
    network: &Network,
    client: Option<&Class>,
    store: &Class,
    asked: Set,
    sets: &mut Diagrams,
) -> Option<Counterexample> {
    let server = *store.members.first()?;
    let client = *client?.members.iter().find(|member| member.interface != server.interface)?;
    let pair = Pair { family: store.family, client: Some(client), server: Some(server) };
    let kind = engine::ephemeral::kind_of(network, client.interface).key;
    let usual = everything(network).of(store.family, kind, false, sets);
    let asked = sets.intersect(usual, asked);
    let works = engine::judge(network, &pair.flow(), asked, sets).works;
    Counterexample::of(network, pair, works, sets)
}

/// How many connections each class is from the internet, and by which class it is reached.
struct Steps {
    reached: Vec<Option<(u32, Option<ClassIx>)>>,
}

impl Steps {
    /// Breadth first, a round a step. Each cohort counts once, with the first of its classes that is reached.
    fn of(ends: &Ends, rows: &[Row], internet: [Set; 2], sets: &mut Diagrams) -> Steps {
        let [v4, v6] = internet;
        let mut steps = Steps { reached: vec![None; rows.len()] };
        let mut left: Vec<usize> = Vec::new();
        for (ix, (row, class)) in rows.iter().zip(&ends.classes).enumerate() {
            let internet = if class.family == Family::V4 { v4 } else { v6 };
            match sets.intersect(row.internet.works, internet) {
                Set::EMPTY => left.push(ix),
                _ => steps.set(ix, 1, None),
            }
        }
        for step in 2.. {
            let last = step - 1;
            let mut cohorts: Vec<Option<ClassIx>> = vec![None; ends.cohorts.len()];
            for (class, reached) in (0u32..).zip(&steps.reached) {
                let Some((at, _)) = reached else { continue };
                let cohort = ends.cohort_of(class).and_then(|cohort| cohorts.get_mut(cohort as usize));
                if let Some(place) = cohort.filter(|place| *at == last && place.is_none()) {
                    *place = Some(class);
                }
            }
            let before = left.len();
            left.retain(|ix| {
                let Some(row) = rows.get(*ix) else { return false };
                let by_class = row.classes.iter().filter(|(_, outcome)| outcome.works != Set::EMPTY);
                let by_class = by_class.map(|(class, _)| *class).find(|class| steps.at(*class) == Some(last));
                let own: Vec<ClassIx> = row.classes.iter().map(|(class, _)| *class).collect();
                let of_cohorts = row.of_cohorts().filter(|(_, outcome)| outcome.works != Set::EMPTY);
                let by_cohort = of_cohorts.filter_map(|(cohort, _)| {
                    let first = *cohorts.get(cohort as usize)?;
                    let first = first?;
                    match own.contains(&first) {
                        false => Some(first),
                        // Of its own answer: another of the cohort, if one was reached.
                        true => ends
                            .cohort(cohort)?
                            .classes
                            .iter()
                            .copied()
                            .find(|class| !own.contains(class) && steps.at(*class) == Some(last)),
                    }
                });
                match by_class.or_else(|| by_cohort.into_iter().next()) {
                    Some(by) => {
                        steps.set(*ix, step, Some(by));
                        false
                    }
                    None => true,
                }
            });
            if left.len() == before {
                break;
            }
        }
        steps
    }

    fn set(&mut self, ix: usize, step: u32, by: Option<ClassIx>) {
        if let Some(place) = self.reached.get_mut(ix) {
            *place = Some((step, by));
        }
    }

    fn at(&self, class: ClassIx) -> Option<u32> {
        self.reached.get(class as usize).copied().flatten().map(|(step, _)| step)
    }

    /// The classes on the way to one, from the first that the internet reaches.
    fn chain(&self, class: ClassIx) -> Vec<ClassIx> {
        let mut chain = vec![class];
        let mut at = class;
        while let Some((_, Some(by))) = self.reached.get(at as usize).copied().flatten() {
            chain.push(by);
            at = by;
        }
        chain.reverse();
        chain
    }
}

/// The classes by which some of what is asked works in a row.
fn clients<'r>(
    ends: &'r Ends,
    row: &'r Row,
    asked: Set,
    sets: &mut Diagrams,
) -> impl Iterator<Item = ClassIx> {
    let own: FxHashSet<ClassIx> = row.classes.iter().map(|(class, _)| *class).collect();
    let mut found = Vec::new();
    for (class, outcome) in &row.classes {
        if sets.intersect(outcome.works, asked) != Set::EMPTY {
            found.push(*class);
        }
    }
    for (cohort, outcome) in row.of_cohorts() {
        if sets.intersect(outcome.works, asked) != Set::EMPTY {
            let classes = ends.cohort(cohort).map(|cohort| cohort.classes.as_slice()).unwrap_or_default();
            found.extend(classes.iter().copied().filter(|class| !own.contains(class)));
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use crate::audit::rules::testing::{findings, found, question_of};

    const NETWORK: &str = "
        vpc vpc-1 10.0.0.0/16
        igw igw-1
        table rtb-1 main
        table rtb-2: 0.0.0.0/0 igw-1
        subnet public 10.0.0.0/24 table=rtb-2
        subnet private 10.0.1.0/24
        sg sg-web in: tcp 443 0.0.0.0/0
        sg sg-web out: all 10.0.0.0/16
        sg sg-app in: tcp 8080 sg-web
        sg sg-app out: all 10.0.0.0/16
        eni eni-web public 10.0.0.10 public=198.51.100.10 groups=sg-web
        eni eni-app private 10.0.1.10 groups=sg-app
        eni eni-db private 10.0.1.20 groups=sg-db
    ";

    #[test]
    fn the_shortest_chain() {
        let direct = [NETWORK, "sg sg-db in: tcp 5432 sg-web"];
        assert_eq!(findings("PC0102", &direct).1[0].effect[0], "internet -> eni-web -> eni-db:5432");
        assert_eq!(
            question_of("PC0102", &direct),
            [("eni-web -> eni-db:tcp/5432 from-port 50000".into(), "allowed")]
        );
        let by_app = [NETWORK, "sg sg-db in: tcp 5432 sg-app"];
        let text = "note stores of data (postgres) are 3 steps from the internet: postgres in vpc-1";
        assert_eq!(found("PC0102", &by_app), [text]);
        assert_eq!(
            findings("PC0102", &by_app).1[0].effect[0],
            "internet -> eni-web -> eni-app -> eni-db:5432"
        );
    }

    #[test]
    fn nobody_gets_there() {
        assert!(found("PC0102", &[NETWORK, "sg sg-db in: tcp 5432 10.9.0.0/16"]).is_empty());
    }
}
