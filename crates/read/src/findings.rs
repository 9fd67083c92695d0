//! What a file says, noted down to be added to the snapshot later.
//!
//! Files, and pieces of large ones, are read side by side. Reading only notes down what it finds; adding it in the
//! order of files and places makes the snapshot, and the order of problems, what reading one after the other makes.

use model::Problem;

use crate::snapshot::Growing;

/// What was found at one place.
pub(crate) enum Finding {
    Problem(Problem),
    /// A noun or a part of one. What becomes of it depends on what was found before.
    Add(Box<dyn FnOnce(&mut Growing) + Send>),
    /// Here belongs what the pieces have.
    Pieces,
}

/// What was found in a file or in a piece of one, in order.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) list: Vec<Finding>,
    /// What was found in the pieces of its list.
    pub(crate) pieces: Vec<Findings>,
}

impl Findings {
    /// Adds everything to the snapshot.
    pub(crate) fn add_to(self, growing: &mut Growing) {
        let mut pieces = self.pieces.into_iter();
        for finding in self.list {
            match finding {
                Finding::Problem(problem) => growing.snapshot.problems.push(problem),
                Finding::Add(add) => add(growing),
                Finding::Pieces => pieces.by_ref().for_each(|piece| piece.add_to(growing)),
            }
        }
    }
}
