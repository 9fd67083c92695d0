//! What rules let through and no declared flow needs: the rules to take away or to narrow, proved.
//!
//! More rules never let less through (S1.1), and an entry of a list that allows less lets less through, whatever comes
//! behind it (S2.4): so a rule that can go now can go later, and one that has to stay has to stay. `removal` takes away
//! what can go, the widest first; `narrow` says of what is left what declared flows need of it; `steps` are the changes
//! from what is there to that, and `effect` says what they close. Denies stay: they let nothing through.

mod effect;
mod narrow;
mod removal;
mod rules;
mod steps;

use engine::Network;
use model::{Change, Exceeded};
use space::{Diagrams, Set};

use crate::ends::Names;
use crate::explain::{AskedPair, pairs_of_checks, target_groups_on};
use crate::intent::{self, Intent, IntentError, Line};
use crate::reach::Affected;
use removal::Tightening;

/// How often rules are narrowed: what one of them needs not say, another may say.
const MOST_ROUNDS: usize = 8;

/// Rules that can go or be narrower, and what that does.
#[derive(Debug, Default)]
pub struct Plan {
    /// The changes, in an order in which no declared flow is ever cut, and nothing is ever opened.
    pub changes: Vec<Change>,
    /// What people call the groups and lists, by id.
    pub names: Vec<(String, String)>,
    /// How many rules and entries that allow something were looked at.
    pub rules: usize,
    /// How many of them go.
    pub removed: usize,
    /// How many become narrower.
    pub narrowed: usize,
    /// Of how many pairs of ends it was proved that what is declared works as before.
    pub pairs: usize,
    /// Lines that do not work in full as it is: only what works of them is kept.
    pub failing: Vec<Line>,
    /// What works now and will not, of which open connections are cut at once.
    pub cut: Vec<Affected>,
    /// What works now and will not, of which open connections go on until they end (S1.37).
    pub goes_on: Vec<Affected>,
    /// What works now and will not, of which nobody can say what becomes of open connections.
    pub perhaps_cut: Vec<Affected>,
    /// Declared flows of which open connections are cut, or may be, although new ones work.
    pub interrupted: Vec<Affected>,
    /// Default quotas that are exceeded on the way, while narrower rules stand beside those that they replace.
    pub exceeded: Vec<Exceeded>,
}

/// A declared pair and what works of it.
struct Kept {
    pair: AskedPair,
    works: Set,
    unknown: Set,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum Refused {
    /// The intent speaks of what is not there.
    Intent(Vec<IntentError>),
    /// No flow is declared: every rule would go.
    NothingDeclared,
    /// The changed network does not do what was to be proved: a fault of this program.
    NotProved(String),
}

/// Finds what can go.
///
/// # Errors
/// See [`Refused`].
pub fn tighten(names: &Names<'_>, intent: &Intent) -> Result<Plan, Refused> {
    let network = names.network;
    let mut sets = Diagrams::new();
    let lines = intent::declared_pairs(intent, names, &mut sets).map_err(Refused::Intent)?;
    let (mut kept, mut failing, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for (line, pairs) in lines {
        let mut all_works = true;
        for pair in pairs {
            let judgement = engine::judge(network, &pair.flow, pair.asked, &mut sets);
            all_works &= judgement.works == pair.asked;
            groups.extend(target_groups_on(network, judgement.trips.iter()));
            kept.push(Kept { works: judgement.works, unknown: judgement.unknown, pair });
        }
        if !all_works {
            failing.push(line);
        }
    }
    // Without its health checks a load balancer sends nothing to its targets (S4.5).
    groups.sort();
    groups.dedup();
    for pair in
        groups.into_iter().flat_map(|group| pairs_of_checks(network, group, &mut sets)).collect::<Vec<_>>()
    {
        let judgement = engine::judge(network, &pair.flow, pair.asked, &mut sets);
        kept.push(Kept { works: judgement.works, unknown: judgement.unknown, pair });
    }
    if kept.is_empty() {
        return Err(Refused::NothingDeclared);
    }
    let mut tightening = Tightening::new(network, &kept, &mut sets);
    let rules = tightening.rules();
    tightening.remove(&mut sets);
    for _ in 0..MOST_ROUNDS {
        let before = tightening.network.clone();
        tightening.narrow(&mut sets);
        // Of what a narrowed rule says, other rules may say a part already.
        tightening.remove(&mut sets);
        if steps::between(&before, &tightening.network).changes.is_empty() {
            break;
        }
    }
    let after = tightening.network;
    let steps = steps::between(network, &after);
    let mut plan = Plan { rules, pairs: kept.len(), failing, ..Plan::default() };
    plan.names = crate::fix::names(network, &steps.changes);
    (plan.removed, plan.narrowed) = (steps.removed, steps.narrowed);
    plan.exceeded = exceeded(network, &steps.changes);
    plan.changes = steps.changes;
    prove(network, &after, &plan.changes, &kept, &mut sets).map_err(Refused::NotProved)?;
    effect::find(network, &after, &mut plan).map_err(Refused::NotProved)?;
    effect::interrupted(network, &after, &kept, &mut plan, &mut sets);
    Ok(plan)
}

/// The changes lead to the network that was looked at, and there works of each declared pair what worked.
fn prove(
    network: &Network,
    after: &Network,
    changes: &[Change],
    kept: &[Kept],
    sets: &mut Diagrams,
) -> Result<(), String> {
    let changed = network.after(changes).map_err(|error| error.to_string())?;
    if !steps::between(&changed, after).changes.is_empty() {
        return Err("the changes do not lead to where they should".to_owned());
    }
    for Kept { pair, works, unknown } in kept {
        let judgement = engine::judge(&changed, &pair.flow, pair.asked, sets);
        if (judgement.works, judgement.unknown) != (*works, *unknown) {
            return Err("a declared flow would be cut".to_owned());
        }
    }
    Ok(())
}

/// Quotas that a change on the way runs into.
fn exceeded(network: &Network, changes: &[Change]) -> Vec<Exceeded> {
    let mut all: Vec<Exceeded> = Vec::new();
    let mut on_the_way = network.resolved().clone();
    for change in changes {
        if on_the_way.apply(change).is_ok() {
            for found in model::exceeded(&on_the_way, change) {
                all.retain(|known| known.id != found.id || known.count > found.count);
                all.push(found);
            }
        }
    }
    all
}
