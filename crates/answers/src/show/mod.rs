//! What is in an export: resources with their fields, rules and routes, who uses them, and what stops their deletion.
//!
//! `KINDS` is the table of kinds. A kind of resource is a type that implements `Kind`, in `kinds/`, and a line there.
//! `select.rs` turns the words of a selector into resources, `rows.rs` has what several kinds say alike.

mod data;
mod kinds;
mod look;
mod overview;
mod rows;
mod select;

use model::{Id, Ix, Noun, Resolved, Snapshot, Table};

pub use data::{Count, Deletion, Field, List, Place, Resource, Row, Shown, Uses, Value};
pub(crate) use look::Look;
pub use select::Selection;

use crate::question::{self, QuestionError};

/// The whole export, in short: its VPCs with their subnets and gateways, and how many there are of the rest.
pub fn overview(resolved: &Resolved) -> Shown {
    overview::overview(&Look { resolved })
}

/// What a selector means in an export: a name or an id as it is, else the ends of a question.
///
/// # Errors
/// Where the text leaves the grammar, or the first term that means nothing here.
pub fn select(resolved: &Resolved, text: &str) -> Result<Selection, QuestionError> {
    // Names with white space and ARNs need quotes in a question; alone there is nothing to mistake them for.
    let whole = select::called(resolved, text);
    if !whole.is_empty() {
        return Ok(whole);
    }
    select::select(resolved, &question::parse_ends(text)?)
}

/// The selected resources, and who uses each if that is asked for.
pub fn show(resolved: &Resolved, selection: &Selection, uses: bool) -> Shown {
    let look = Look { resolved };
    let resources = selection.iter().filter_map(|(kind, id)| (kind.show)(&look, id, uses)).collect();
    Shown { resources, counts: Vec::new() }
}

/// A kind of resource that can be shown.
pub(crate) trait Kind: Noun + Clone + Sized + 'static {
    /// What one is called.
    const ONE: &'static str;
    /// What several are called.
    const MANY: &'static str;

    /// All of them.
    fn table(model: &Snapshot) -> &Table<Self>;

    /// The VPC it is in, if it is in one.
    fn vpc(&self) -> Option<&Id> {
        None
    }

    /// The VPC that it is in, where it takes others to tell.
    fn home<'a>(&'a self, _resolved: &'a Resolved) -> Option<&'a Id> {
        self.vpc()
    }

    /// The account that owns it, where the export says so.
    fn owner(&self) -> Option<&Id> {
        None
    }

    /// Whether it is there; what only stands for something that the export lacks is not.
    fn is_there(&self) -> bool {
        true
    }

    /// A name of its own beside the tag `Name`.
    fn own_name(&self) -> Option<&str> {
        None
    }

    /// Says what it is.
    fn describe(&self, ix: Ix<Self>, look: &Look<'_>, out: &mut Resource);

    /// Says who uses it. A kind that nothing refers to has no users.
    fn uses(&self, _ix: Ix<Self>, _look: &Look<'_>, _out: &mut Uses) {}
}

/// A row of the table of kinds: a [`Kind`] without its type.
pub(crate) struct KindEntry {
    /// The kind that selectors call it by.
    pub(crate) selector: Option<question::Kind>,
    pub(crate) one: &'static str,
    pub(crate) many: &'static str,
    /// Those that match.
    pub(crate) find: fn(&Resolved, Matches<'_>) -> Vec<Id>,
    pub(crate) show: fn(&Look<'_>, &Id, bool) -> Option<Resource>,
}

/// Whether a resource is meant.
pub(crate) type Matches<'m> = &'m dyn Fn(&Candidate<'_>) -> bool;

/// A resource as selectors look at it.
pub(crate) struct Candidate<'m> {
    pub(crate) noun: &'m dyn Noun,
    pub(crate) own_name: Option<&'m str>,
    pub(crate) vpc: Option<&'m Id>,
    pub(crate) owner: Option<&'m Id>,
}

impl Candidate<'_> {
    /// Everything that it is called.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        [Some(self.noun.id().as_str()), self.noun.name(), self.own_name].into_iter().flatten()
    }
}

impl KindEntry {
    const fn of<T: Kind>(selector: Option<question::Kind>) -> KindEntry {
        KindEntry { selector, one: T::ONE, many: T::MANY, find: find::<T>, show: one::<T> }
    }

    /// How many there are of it, in words; nothing if there is none.
    pub(crate) fn count(&self, count: usize) -> Option<Count> {
        let kind = if count == 1 { self.one } else { self.many };
        (count > 0).then_some(Count { kind, count })
    }
}

fn find<'r, T: Kind>(resolved: &'r Resolved, matches: Matches<'_>) -> Vec<Id> {
    let candidate = |noun: &'r T| Candidate {
        noun,
        own_name: noun.own_name(),
        vpc: noun.home(resolved),
        owner: noun.owner(),
    };
    let nouns = T::table(&resolved.snapshot).values();
    nouns.filter(|noun| noun.is_there() && matches(&candidate(noun))).map(|noun| noun.id().clone()).collect()
}

fn one<T: Kind>(look: &Look<'_>, id: &Id, uses: bool) -> Option<Resource> {
    let table = T::table(look.model());
    let ix = table.ix(id.as_str())?;
    let noun = table.at(ix);
    let mut resource = Resource {
        kind: T::ONE.to_owned(),
        name: noun.name().filter(|name| *id != **name).map(str::to_owned),
        id: id.to_string(),
        place: look.place(noun.origin()),
        fields: Vec::new(),
        lists: Vec::new(),
        notes: Vec::new(),
        uses: None,
    };
    noun.describe(ix, look, &mut resource);
    if uses {
        let mut found = Uses::default();
        noun.uses(ix, look, &mut found);
        resource.uses = Some(found);
    }
    Some(resource)
}

#[cfg(test)]
mod tests;
