//! What is in force, written down beside the lab's state, so that another process can tell what a change changes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Doing, LabError};
use crate::namespace::Namespace;
use crate::ruleset::Table;
use crate::state::{path_of, replace};

/// The table of each namespace that has one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InForce {
    tables: BTreeMap<String, Table>,
}

/// When and where it was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    file: u64,
    bytes: u64,
    at: (i64, i64),
}

impl FromIterator<(Namespace, Table)> for InForce {
    fn from_iter<I: IntoIterator<Item = (Namespace, Table)>>(tables: I) -> InForce {
        let tables = tables.into_iter().map(|(namespace, table)| (namespace.name().to_owned(), table));
        InForce { tables: tables.collect() }
    }
}

impl InForce {
    fn path(lab: &str) -> PathBuf {
        path_of(lab, "rules")
    }

    /// The table that is in force in a namespace, if that is known.
    pub fn table(&self, namespace: &Namespace) -> Option<&Table> {
        self.tables.get(namespace.name())
    }

    /// What is in force in a lab; `None` if a change was cut off, and nobody knows.
    ///
    /// # Errors
    /// If its file cannot be read or understood.
    pub fn read(lab: &str) -> Result<Option<InForce>, LabError> {
        let path = InForce::path(lab);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.doing(|| format!("{} could not be read", path.display()))?,
        };
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| LabError::State(format!("{} is damaged: {error}", path.display())))
    }

    /// What tells whether it was written down again since; `None` where it is not.
    pub fn stamp(lab: &str) -> Option<Stamp> {
        let found = fs::metadata(InForce::path(lab)).ok()?;
        Some(Stamp { file: found.ino(), bytes: found.len(), at: (found.mtime(), found.mtime_nsec()) })
    }

    /// Whether a change of a lab was cut off: nobody knows which of its rules are in force.
    pub fn is_lost(lab: &str) -> bool {
        !InForce::path(lab).exists()
    }

    /// Writes it down, in full or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, lab: &str) -> Result<(), LabError> {
        let text = serde_json::to_vec(self)
            .map_err(|error| LabError::State(format!("the rules of the lab have no text: {error}")))?;
        replace(&InForce::path(lab), &text)
    }

    /// Forgets what is in force, before it is changed or the lab goes down.
    ///
    /// # Errors
    /// If the file is there and cannot be removed.
    pub fn forget(lab: &str) -> Result<(), LabError> {
        let path = InForce::path(lab);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).doing(|| format!("{} could not be removed", path.display()))
            }
            _ => Ok(()),
        }
    }
}
