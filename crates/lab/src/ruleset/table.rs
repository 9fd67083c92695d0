//! A table of nft as data: the text that puts all of it into force, and what makes it of another one.

use std::collections::{HashMap, HashSet};
use std::fmt::{Arguments, Write};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::change::{Change, Elsewhere, Transaction};

/// The name of the lab's table in each of its namespaces.
pub const TABLE: &str = "portcullis";

/// What a namespace's table has, in parts that a later table may share. No name is in two of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Table {
    pub(super) parts: Vec<Arc<Part>>,
}

/// A part of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) sets: Vec<Set>,
    pub(super) chains: Vec<Chain>,
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.parts.iter().map(Arc::as_ref))
    }
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Table, D::Error> {
        let parts = Vec::<Part>::deserialize(deserializer)?;
        Ok(Table { parts: parts.into_iter().map(Arc::new).collect() })
    }
}

/// A set, a map, or an object with a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Set {
    /// nft's word for what it is: `map`.
    pub(crate) kind: String,
    pub(crate) name: String,
    /// What it is declared with: `type ifname : mark;`.
    pub(crate) properties: String,
    /// `key`, or `key : value`.
    pub(crate) elements: Elements,
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
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
pub(crate) struct Chain {
    pub(crate) name: String,
    /// Where packets come into it, if not from other chains: `type filter hook …`.
    pub(crate) hook: Option<String>,
    pub(crate) lines: Vec<String>,
}

impl Set {
    pub(super) fn write(&self, text: &mut String) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {} {} {{\n    {}", self.kind, self.name, self.properties);
        if !self.elements.0.is_empty() {
            let _ = writeln!(text, "    elements = {{ {} }}", self.elements.0.replace('\n', ",\n"));
        }
        text.push_str("  }\n");
    }
}

impl Chain {
    pub(super) fn write(&self, text: &mut String) {
        let _ = writeln!(text, "  chain {} {{", self.name);
        for line in self.hook.iter().chain(&self.lines) {
            let _ = writeln!(text, "    {line}");
        }
        text.push_str("  }\n");
    }
}

/// Something that may follow the rest of a table.
pub(crate) enum Content<'t> {
    /// Sets and chains.
    Part(&'t [Set], &'t [Chain]),
    /// The elements of a set.
    Elements(&'t Set),
}

/// A block that adds to the table, whether or not it is there.
pub(super) fn block(content: &str) -> String {
    format!("table inet {TABLE} {{\n{content}}}\n")
}

impl Table {
    fn sets(&self) -> impl Iterator<Item = &Set> {
        self.parts.iter().flat_map(|part| &part.sets)
    }

    /// The whole table, as a transaction that puts it in place of the one that is there.
    pub fn text(&self) -> String {
        let mut content = String::new();
        self.sets().for_each(|set| set.write(&mut content));
        let chains = self.parts.iter().flat_map(|part| &part.chains);
        chains.for_each(|chain| chain.write(&mut content));
        // The first block makes sure that there is one to delete.
        format!("{}delete table inet {TABLE}\n{}", block(""), block(&content))
    }

    /// The table without what `may_follow`: parts that nothing but elements refer to, and elements of sets.
    pub(crate) fn beginning(&self, may_follow: impl Fn(Content<'_>) -> bool) -> Table {
        let parts = self
            .parts
            .iter()
            .filter(|part| part.chains.is_empty() || !may_follow(Content::Part(&part.sets, &part.chains)));
        let emptied = |set: &Set| match may_follow(Content::Elements(set)) {
            true => Set { elements: Elements::default(), ..set.clone() },
            false => set.clone(),
        };
        let begun = |part: &Arc<Part>| Part {
            sets: part.sets.iter().map(emptied).collect(),
            chains: part.chains.clone(),
        };
        Table { parts: parts.map(|part| Arc::new(begun(part))).collect() }
    }

    /// The names of the sets that packets fill.
    pub(crate) fn filled_by_packets(&self) -> impl Iterator<Item = &str> {
        self.sets().filter(|set| set.properties.contains("dynamic")).map(|set| &*set.name)
    }

    /// The parts that another table does not share. Parts with the same content may be there twice.
    fn only_here(&self, other: &Table) -> Elsewhere<'_> {
        let shared: HashSet<*const Part> = other.parts.iter().map(Arc::as_ptr).collect();
        let mut found = Elsewhere::default();
        for part in self.parts.iter().filter(|part| !shared.contains(&Arc::as_ptr(part))) {
            found.sets.extend(&part.sets);
            found.chains.extend(&part.chains);
        }
        found
    }

    /// What makes this table of an earlier one. What both have stays as it is, with its counts; sets that packets fill
    /// keep what they know.
    pub fn change_from<'t>(&'t self, before: &'t Table) -> Change<'t> {
        let (new, old) = (self.only_here(before), before.only_here(self));
        let old_sets: HashMap<&str, &Set> = old.sets.iter().map(|set| (&*set.name, *set)).collect();
        let old_chains: HashMap<&str, &Chain> =
            old.chains.iter().map(|chain| (&*chain.name, *chain)).collect();
        let mut change = Transaction::default();
        for &set in &new.sets {
            match old_sets.get(&*set.name) {
                None => change.sets.push(set),
                Some(old) if (&old.kind, &old.properties) != (&set.kind, &set.properties) => {
                    return Change::Whole;
                }
                Some(old) if old.elements == set.elements => {}
                Some(old) => {
                    let gone = old.elements.only_here(&set.elements);
                    change.deleted.extend((!gone.is_empty()).then_some((*old, gone)));
                    let come = set.elements.only_here(&old.elements);
                    change.added.extend((!come.is_empty()).then_some((set, come)));
                }
            }
        }
        for &chain in &new.chains {
            match old_chains.get(&*chain.name) {
                None => change.chains.push(chain),
                Some(old) if old.hook != chain.hook => return Change::Whole,
                Some(old) if old.lines == chain.lines => {}
                Some(_) => {
                    change.flushed.push(&chain.name);
                    change.chains.push(chain);
                }
            }
        }
        let sets: HashSet<&str> = new.sets.iter().map(|set| &*set.name).collect();
        let chains: HashSet<&str> = new.chains.iter().map(|chain| &*chain.name).collect();
        change.ended_sets.extend(old.sets.iter().filter(|set| !sets.contains(&*set.name)));
        change.ended_chains.extend(old.chains.iter().filter(|chain| !chains.contains(&*chain.name)));
        if change.is_empty() { Change::Nothing } else { Change::Transaction(change) }
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

    fn text(after: &Table, before: &Table) -> String {
        match after.change_from(before) {
            Change::Transaction(change) => change.text(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_both_have_is_not_touched() {
        let before = table(&["10.0.0.1 : 1", "10.0.0.2 : 2", "10.0.0.3 : 3"], &["accept"]);
        assert_eq!(before.change_from(&before.clone()), Change::Nothing);
        assert_eq!(
            before.change_from(&table(&["10.0.0.1 : 1", "10.0.0.2 : 2", "10.0.0.3 : 3"], &["accept"])),
            Change::Nothing
        );
        let after = table(&["10.0.0.1 : 1", "10.0.0.2 : 5"], &["accept"]);
        let expected = "delete element inet portcullis m { 10.0.0.2,\n10.0.0.3 }\n\
                        add element inet portcullis m { 10.0.0.2 : 5 }\n";
        assert_eq!(text(&after, &before), expected);
    }

    #[test]
    fn a_changed_chain_is_filled_again_and_what_is_gone_goes_last() {
        let (before, after) = (table(&[], &["accept"]), table(&[], &["drop"]));
        let expected =
            "flush chain inet portcullis c_a\ntable inet portcullis {\n  chain c_a {\n    drop\n  }\n}\n";
        assert_eq!(text(&after, &before), expected);
        let expected = "flush chain inet portcullis c_a\ndelete map inet portcullis m\ndelete chain inet portcullis c_a\n";
        assert_eq!(text(&Table::default(), &before), expected);
    }

    #[test]
    fn what_is_declared_otherwise_needs_the_whole() {
        let before = table(&[], &["type filter hook forward priority filter; policy drop;"]);
        let after = table(&[], &["type filter hook forward priority filter; policy accept;"]);
        assert_eq!(after.change_from(&before), Change::Whole);
    }
}
