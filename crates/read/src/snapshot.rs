//! The snapshot as it grows: what happens when a noun comes a second time.
//!
//! Within a layer the first description stays, and one that contradicts it is a problem; a later layer (a later
//! `-i`) replaces silently.

use model::{
    FileId, Id, Location, NetworkInterface, Noun, Origin, PrefixListEntry, Problem, SecurityGroupRule, Snapshot,
    Table,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::object::File;
use crate::same::{Same, same_entries, same_rule};

/// What is known about nouns that do not lie in a table, until [`Growing::finish`].
#[derive(Default)]
pub(crate) struct Growing {
    pub(crate) snapshot: Snapshot,
    /// The first file of the layer being read.
    pub(crate) layer: FileId,
    /// Rules of the flat list, by their ids.
    rules: FxHashMap<Id, usize>,
    /// Entries of prefix lists, by their lists' ids, and where they were written.
    entries: FxHashMap<Id, (usize, Origin)>,
    /// Interfaces inside instances, by their ids.
    interfaces: FxHashMap<Id, usize>,
    /// Groups of which a rule of the flat list could not be read; `None` for a rule that does not name its group.
    incomplete: Vec<(Option<Id>, FileId)>,
    /// The first files of all layers.
    layers: Vec<FileId>,
}
