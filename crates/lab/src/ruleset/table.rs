//! A table of nft as data: the text that puts all of it into force, and the text that makes it of another one.

use std::collections::{HashMap, HashSet};
use std::fmt::{Arguments, Write};

use serde::{Deserialize, Serialize};

/// The name of the lab's table in each of its namespaces.
pub const TABLE: &str = "portcullis";

/// What a namespace's table has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Table {
    pub(super) sets: Vec<Set>,
    pub(super) chains: Vec<Chain>,
}

/// A set, a map, or an object with a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Set {
    /// nft's word for what it is: `map`.
    pub(super) kind: String,
    pub(super) name: String,
    /// What it is declared with: `type ifname : mark;`.
    pub(super) properties: String,
    /// `key`, or `key : value`.
    pub(super) elements: Elements,
}

/// Elements of a set, in one text, a line each: there are a hundred thousand of them in a large lab.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Elements(String);

impl Elements {
    /// Adds one.
    pub(crate) fn add(&mut self, element: Arguments<'_>) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(element);
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.lines()
    }

    /// Those that others do not have.
    fn only_here(&self, others: &Elements) -> Vec<&str> {
        let others: HashSet<&str> = others.iter().collect();
        self.iter().filter(|element| !others.contains(element)).collect()
    }
}

impl<T: AsRef<[String]>> From<&T> for Elements {
    fn from(elements: &T) -> Elements {
        Elements(elements.as_ref().join("\n"))
    }
}

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Chain {
    pub(super) name: String,
    /// Where packets come into it, if not from other chains: `type filter hook …`.
    pub(super) hook: Option<String>,
    pub(super) lines: Vec<String>,
}

/// What it takes to make one table of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// They are the same.
    Nothing,
    /// A transaction for `nft -f -`.
    Transaction(String),
    /// The whole table has to be put in place of the other: something is declared otherwise.
    Whole,
}

/// The key of an element.
fn key(element: &str) -> &str {
    element.split_once(" : ").map_or(element, |(key, _)| key)
}

impl Set {
    fn write(&self, text: &mut String) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {} {} {{\n    {}", self.kind, self.name, self.properties);
        if !self.elements.0.is_empty() {
            let _ = writeln!(text, "    elements = {{ {} }}", self.elements.0.replace('\n', ",\n"));
        }
        text.push_str("  }\n");
    }
}

impl Chain {
    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "  chain {} {{", self.name);
        for line in self.hook.iter().chain(&self.lines) {
            let _ = writeln!(text, "    {line}");
        }
        text.push_str("  }\n");
    }
}

/// A block that adds to the table, whether or not it is there.
fn block(content: &str) -> String {
    format!("table inet {TABLE} {{\n{content}}}\n")
}

impl Table {
    /// The whole table, as a transaction that puts it in place of the one that is there.
    pub fn text(&self) -> String {
        let mut content = String::new();
        self.sets.iter().for_each(|set| set.write(&mut content));
        self.chains.iter().for_each(|chain| chain.write(&mut content));
        // The first block makes sure that there is one to delete.
        format!("{}delete table inet {TABLE}\n{}", block(""), block(&content))
    }

    /// The names of the sets that packets fill.
    pub(crate) fn filled_by_packets(&self) -> impl Iterator<Item = &str> {
        self.sets.iter().filter(|set| set.properties.contains("dynamic")).map(|set| &*set.name)
    }

    /// What makes this table of an earlier one. What both have stays as it is, with its counts; sets that packets fill
    /// keep what they know.
    pub fn change_from(&self, before: &Table) -> Change {
        let old_sets: HashMap<&str, &Set> = before.sets.iter().map(|set| (&*set.name, set)).collect();
        let old_chains: HashMap<&str, &Chain> =
            before.chains.iter().map(|chain| (&*chain.name, chain)).collect();
        let (mut flushed, mut deleted, mut new, mut added) = Default::default();
        for set in &self.sets {
            match old_sets.get(&*set.name) {
                None => set.write(&mut new),
                Some(old) if (&old.kind, &old.properties) != (&set.kind, &set.properties) => {
                    return Change::Whole;
                }
                Some(old) if old.elements == set.elements => {}
                Some(old) => {
                    let gone = old.elements.only_here(&set.elements);
                    elements("delete", &set.name, gone.into_iter().map(key), &mut deleted);
                    let come = set.elements.only_here(&old.elements);
                    elements("add", &set.name, come.into_iter(), &mut added);
                }
            }
        }
        for chain in &self.chains {
            match old_chains.get(&*chain.name) {
                None => chain.write(&mut new),
                Some(old) if old.hook != chain.hook => return Change::Whole,
                Some(old) if old.lines == chain.lines => {}
                Some(_) => {
                    flush(&chain.name, &mut flushed);
                    chain.write(&mut new);
                }
            }
        }
        let sets: HashSet<&str> = self.sets.iter().map(|set| &*set.name).collect();
        let chains: HashSet<&str> = self.chains.iter().map(|chain| &*chain.name).collect();
        // What is gone goes last: nothing refers to it any more.
        let mut ended = String::new();
        for set in before.sets.iter().filter(|set| !sets.contains(&*set.name)) {
            let _ = writeln!(ended, "delete {} inet {TABLE} {}", set.kind, set.name);
        }
        for chain in before.chains.iter().filter(|chain| !chains.contains(&*chain.name)) {
            flush(&chain.name, &mut flushed);
            let _ = writeln!(ended, "delete chain inet {TABLE} {}", chain.name);
        }
        let new = if new.is_empty() { new } else { block(&new) };
        let text = [flushed, deleted, new, added, ended].concat();
        if text.is_empty() { Change::Nothing } else { Change::Transaction(text) }
    }
}

fn flush(chain: &str, text: &mut String) {
    let _ = writeln!(text, "flush chain inet {TABLE} {chain}");
}

/// A command that adds elements to a set or deletes them.
fn elements<'t>(command: &str, set: &str, elements: impl Iterator<Item = &'t str>, text: &mut String) {
    let elements: Vec<_> = elements.collect();
    if !elements.is_empty() {
        let _ = writeln!(text, "{command} element inet {TABLE} {set} {{ {} }}", elements.join(",\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::script::Script;

    fn table(elements: &[&str], lines: &[&str]) -> Table {
        let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut script = Script::default();
        script.set("map", "m", "type ipv4_addr : mark; flags interval", &owned(elements));
        script.chain("c_a", &owned(lines));
        script.finish()
    }

    #[test]
    fn what_both_have_is_not_touched() {
        let before = table(&["10.0.0.1 : 1", "10.0.0.2 : 2", "10.0.0.3 : 3"], &["accept"]);
        assert_eq!(before.change_from(&before), Change::Nothing);
        let after = table(&["10.0.0.1 : 1", "10.0.0.2 : 5"], &["accept"]);
        let expected = "delete element inet portcullis m { 10.0.0.2,\n10.0.0.3 }\n\
                        add element inet portcullis m { 10.0.0.2 : 5 }\n";
        assert_eq!(after.change_from(&before), Change::Transaction(expected.into()));
    }

    #[test]
    fn a_changed_chain_is_filled_again_and_what_is_gone_goes_last() {
        let (before, after) = (table(&[], &["accept"]), table(&[], &["drop"]));
        let expected =
            "flush chain inet portcullis c_a\ntable inet portcullis {\n  chain c_a {\n    drop\n  }\n}\n";
        assert_eq!(after.change_from(&before), Change::Transaction(expected.into()));
        let expected = "flush chain inet portcullis c_a\ndelete map inet portcullis m\ndelete chain inet portcullis c_a\n";
        assert_eq!(Table::default().change_from(&before), Change::Transaction(expected.into()));
    }

    #[test]
    fn what_is_declared_otherwise_needs_the_whole() {
        let before = table(&[], &["type filter hook forward priority filter; policy drop;"]);
        let after = table(&[], &["type filter hook forward priority filter; policy accept;"]);
        assert_eq!(after.change_from(&before), Change::Whole);
    }
}
