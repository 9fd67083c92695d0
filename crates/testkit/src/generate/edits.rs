//! Networks on the way from one to another, each a step from the one before.

use std::collections::BTreeMap;

/// A generated network, taken apart into what may change by itself.
#[derive(Clone)]
struct Parts {
    /// What has addresses, groups, tables and lists.
    places: Vec<String>,
    rules: Vec<String>,
    /// The entries of each list: their numbers are unique, so that they come and go together.
    lists: BTreeMap<String, Vec<String>>,
}

impl Parts {
    fn of(text: &[String]) -> Parts {
        let mut parts = Parts { places: Vec::new(), rules: Vec::new(), lists: BTreeMap::new() };
        for line in text {
            let mut words = line.split_whitespace();
            match (words.next(), words.next()) {
                (Some("sg"), _) => parts.rules.push(line.clone()),
                (Some("acl"), Some(name)) => parts.lists.entry(name.into()).or_default().push(line.clone()),
                _ => parts.places.push(line.clone()),
            }
        }
        parts
    }

    fn text(&self) -> Vec<String> {
        self.places.iter().chain(&self.rules).chain(self.lists.values().flatten()).cloned().collect()
    }
}

/// The steps from a generated network to another of the same generator: another table, list or group at a place, another
/// rule, another list. What the first line says, and so which machines there are, stays.
pub fn edits(from: &[String], to: &[String]) -> Vec<Vec<String>> {
    let (mut now, to) = (Parts::of(from), Parts::of(to));
    let mut steps = Vec::new();
    for (at, place) in to.places.iter().enumerate().skip(1) {
        if let Some(old) = now.places.get_mut(at) {
            old.clone_from(place);
            steps.push(now.text());
        }
    }
    let from = now.rules.clone();
    for at in 0..from.len().max(to.rules.len()) {
        let (new, old) = (to.rules.iter().take(at + 1), from.iter().skip(at + 1));
        now.rules = new.chain(old).cloned().collect();
        steps.push(now.text());
    }
    for (name, entries) in to.lists {
        now.lists.insert(name, entries);
        steps.push(now.text());
    }
    steps
}
