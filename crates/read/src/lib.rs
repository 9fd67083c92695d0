//! Files to a model: what the AWS CLI prints, with the place of every value.
//!
//! ```
//! let mut reader = read::Reader::new();
//! reader.add("vpcs.json", r#"{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}"#);
//! let snapshot = reader.finish();
//! assert_eq!(snapshot.vpcs.len(), 1);
//! assert!(snapshot.problems.is_empty());
//! ```
//!
//! Bytes become a located tree (`parse`), answers are found in it whatever wraps them (`detect`), and each
//! noun is read from its objects (`describe`). This is the only crate that knows JSON keys. It reads no files: the
//! caller does. It resolves nothing: a reference stays an id until [`model`] follows it.
//!
//! What cannot be understood is never dropped in silence. It becomes a [`model::Problem`] at its place, and a noun
//! of which an element was left out says that it is incomplete.

mod describe;
mod detect;
mod file;
mod findings;
mod named;
mod nameless;
mod object;
mod parse;
mod pieces;
mod same;
mod scan;
mod snapshot;
#[cfg(test)]
mod testing;
mod tree;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use model::{FileId, Snapshot};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use crate::findings::Findings;
use crate::snapshot::Growing;

/// Reads files into a snapshot.
#[derive(Default)]
pub struct Reader {
    growing: Growing,
}

impl Reader {
    /// A reader that has read nothing.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Begins a later input: from here on, a noun replaces the one of the same id in an earlier input. Within an
    /// input the first description of a noun stays.
    pub fn next_layer(&mut self) {
        self.growing.next_layer();
    }

    /// Reads a file. `name` is what problems and answers call it; it matters only to answers that do not name what
    /// they are about: the entries of a prefix list (S9.10), what is in a route table of a transit gateway (S9.12),
    /// health and attributes of target groups and load balancers.
    pub fn add(&mut self, name: &str, text: impl Into<String>) {
        self.add_all([(name.to_owned(), text.into().into_bytes())]);
    }

    /// Reads a file that may hold anything.
    pub fn add_bytes(&mut self, name: &str, bytes: Vec<u8>) {
        self.add_all([(name.to_owned(), bytes)]);
    }

    /// Reads files as if they were added one by one, but as many at the same time as there are processors.
    pub fn add_all(&mut self, files: impl IntoIterator<Item = (String, Vec<u8>)>) {
        let sources = &mut self.growing.snapshot.sources;
        let files: Vec<_> = files
            .into_iter()
            .zip(sources.files().len()..)
            .map(|(file, position)| (FileId(u32::try_from(position).unwrap_or(u32::MAX)), file))
            .collect();
        let adding = Mutex::new(Adding { growing: &mut self.growing, early: BTreeMap::new(), next: 0 });
        files.into_par_iter().enumerate().for_each(|(at, (id, (name, bytes)))| {
            let (text, findings) = file::read(id, &name, bytes);
            let mut adding = adding.lock().unwrap_or_else(PoisonError::into_inner);
            adding.add(at, name, text, findings);
        });
    }

    /// What was read.
    pub fn finish(self) -> Snapshot {
        self.growing.finish()
    }
}

/// Adds files in their order while others are still being read.
struct Adding<'g> {
    growing: &'g mut Growing,
    /// Those that were read before one that comes before them: name, text and what it says.
    early: BTreeMap<usize, (String, String, Findings)>,
    /// The position of the next file.
    next: usize,
}

impl Adding<'_> {
    fn add(&mut self, at: usize, name: String, text: String, findings: Findings) {
        self.early.insert(at, (name, text, findings));
        while let Some((name, text, findings)) = self.early.remove(&self.next) {
            self.growing.snapshot.sources.add(name, text);
            findings.add_to(self.growing);
            self.next += 1;
        }
    }
}
