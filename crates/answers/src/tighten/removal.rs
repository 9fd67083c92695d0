//! Rules that can go: without them, of each declared pair works what worked.

use engine::{Judgement, Network};
use model::{Change, Id};
use rustc_hash::FxHashMap;
use space::{Diagrams, Set};

use super::Kept;
use super::narrow::narrower;
use super::rules::Allowing;

/// A network on its way to fewer rules.
pub(super) struct Tightening<'k> {
    pub(super) network: Network,
    kept: &'k [Kept],
    /// Of each pair the rules that take any of it; whatever else goes, nothing changes for it.
    uses: Vec<Vec<Allowing>>,
}

impl<'k> Tightening<'k> {
    pub(super) fn new(network: &Network, kept: &'k [Kept], sets: &mut Diagrams) -> Tightening<'k> {
        let of_pair = |kept: &Kept| {
            let judgement = engine::judge(network, &kept.pair.flow, kept.pair.asked, sets);
            used(network, &judgement)
        };
        let uses = kept.iter().map(of_pair).collect();
        Tightening { network: network.clone(), kept, uses }
    }

    /// How many rules there are.
    pub(super) fn rules(&self) -> usize {
        Allowing::all(&self.network).len()
    }

    /// Takes away all that can go: at once what takes nothing of any pair, then one by one.
    pub(super) fn remove(&mut self, sets: &mut Diagrams) {
        let mut uses: FxHashMap<&Id, Vec<&Allowing>> = FxHashMap::default();
        for rule in self.uses.iter().flatten() {
            uses.entry(rule.owner()).or_default().push(rule);
        }
        let is_used = |rule: &Allowing| uses.get(rule.owner()).is_some_and(|rules| rules.contains(&rule));
        let (used, unused): (Vec<_>, Vec<_>) = Allowing::all(&self.network).into_iter().partition(is_used);
        let changes: Vec<Change> = unused.iter().map(Allowing::removal).collect();
        if let Ok(after) = self.network.after(&changes) {
            self.network = after;
        }
        for rule in used {
            self.attempt(&rule, &[rule.removal()], sets);
        }
    }

    /// Puts in place of each rule what declared pairs need of it.
    pub(super) fn narrow(&mut self, sets: &mut Diagrams) {
        for rule in Allowing::all(&self.network) {
            let mut needs = Vec::new();
            for (kept, _) in self.kept.iter().zip(&self.uses).filter(|(_, uses)| uses.contains(&rule)) {
                let judgement = engine::judge(&self.network, &kept.pair.flow, kept.pair.asked, sets);
                super::narrow::needs(&self.network, &rule, kept, &judgement, &mut needs, sets);
            }
            if let Some(changes) = narrower(&self.network, &rule, needs) {
                self.attempt(&rule, &changes, sets);
            }
        }
    }

    /// Makes changes to what is said by one rule, if every declared pair that it takes any of works as it did.
    fn attempt(&mut self, rule: &Allowing, changes: &[Change], sets: &mut Diagrams) {
        let Ok(after) = self.network.after(changes) else { return };
        let mut uses = Vec::new();
        for (position, (kept, _)) in
            self.kept.iter().zip(&self.uses).enumerate().filter(|(_, (_, uses))| uses.contains(rule))
        {
            let judgement = engine::judge(&after, &kept.pair.flow, kept.pair.asked, sets);
            if (judgement.works, judgement.unknown) != (kept.works, kept.unknown) {
                return;
            }
            uses.push((position, used(&after, &judgement)));
        }
        self.network = after;
        for (position, now) in uses {
            if let Some(place) = self.uses.get_mut(position) {
                *place = now;
            }
        }
    }
}

/// The rules that take any of what was asked.
fn used(network: &Network, judgement: &Judgement<Set>) -> Vec<Allowing> {
    let ways = judgement.trips.iter().flat_map(|trip| std::iter::once(&trip.request).chain(&trip.replies));
    let taken = ways.flat_map(|way| &way.hops).flat_map(|hop| &hop.taken);
    let mut used: Vec<Allowing> = Vec::new();
    for rule in taken.filter_map(|taken| Allowing::of(network, taken.rule?)) {
        if !used.contains(&rule) {
            used.push(rule);
        }
    }
    used
}
