//! What makes one table of another, as data.

use std::fmt::Write;

use super::table::{Chain, Set, TABLE, block};

/// What it takes to make one table of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<'t> {
    /// They are the same.
    Nothing,
    /// What differs, in one transaction.
    Transaction(Transaction<'t>),
    /// The whole table has to be put in place of the other: something is declared otherwise.
    Whole,
}

/// Some of a table's sets and chains.
#[derive(Debug, Default)]
pub(super) struct Elsewhere<'t> {
    pub(super) sets: Vec<&'t Set>,
    pub(super) chains: Vec<&'t Chain>,
}

/// What differs, in the order in which it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transaction<'t> {
    /// Chains that are filled again.
    pub(crate) flushed: Vec<&'t str>,
    /// Elements that go.
    pub(crate) deleted: Vec<(&'t Set, Vec<&'t str>)>,
    /// Sets that are new, with all that is in them.
    pub(crate) sets: Vec<&'t Set>,
    /// Chains that are new, or flushed.
    pub(crate) chains: Vec<&'t Chain>,
    /// Elements that come.
    pub(crate) added: Vec<(&'t Set, Vec<&'t str>)>,
    /// What is gone goes last: nothing refers to it any more.
    pub(crate) ended_sets: Vec<&'t Set>,
    /// Likewise.
    pub(crate) ended_chains: Vec<&'t Chain>,
}

/// The key of an element.
pub(crate) fn key(element: &str) -> &str {
    element.split_once(" : ").map_or(element, |(key, _)| key)
}

impl Transaction<'_> {
    pub(super) fn is_empty(&self) -> bool {
        *self == Transaction::default()
    }

    /// It as text for `nft -f -`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let ended = self.ended_chains.iter().map(|chain| &*chain.name);
        for chain in self.flushed.iter().copied().chain(ended) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "flush chain inet {TABLE} {chain}");
        }
        for (set, gone) in &self.deleted {
            let keys: Vec<_> = gone.iter().map(|element| key(element)).collect();
            elements("delete", &set.name, &keys, &mut text);
        }
        let mut new = String::new();
        self.sets.iter().for_each(|set| set.write(&mut new));
        self.chains.iter().for_each(|chain| chain.write(&mut new));
        if !new.is_empty() {
            text.push_str(&block(&new));
        }
        for (set, come) in &self.added {
            elements("add", &set.name, come, &mut text);
        }
        for set in &self.ended_sets {
            let _ = writeln!(text, "delete {} inet {TABLE} {}", set.kind, set.name);
        }
        for chain in &self.ended_chains {
            let _ = writeln!(text, "delete chain inet {TABLE} {}", chain.name);
        }
        text
    }
}

/// A command that adds elements to a set or deletes them.
fn elements(command: &str, set: &str, elements: &[&str], text: &mut String) {
    let _ = writeln!(text, "{command} element inet {TABLE} {set} {{ {} }}", elements.join(",\n"));
}
