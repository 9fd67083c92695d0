//! What is wrong with an input, as data.

use crate::Origin;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; no answer depends on it.
    Note,
    /// Something was corrected or stood in for; answers hold under what the message says.
    Warning,
    /// Something could not be understood and was left out; answers that need it are `undecided`.
    Error,
    /// A whole file could not be read: no answer can be trusted.
    Fatal,
}

/// One problem: what was expected, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// Where, unless it is about something that is missing altogether.
    pub origin: Option<Origin>,
    /// Lower case, user input in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// A problem of a severity at a place.
    pub fn new(severity: Severity, origin: impl Into<Option<Origin>>, message: impl Into<String>) -> Problem {
        Problem { severity, origin: origin.into(), message: message.into(), help: None }
    }

    /// Something that was left out.
    pub fn error(origin: impl Into<Option<Origin>>, message: impl Into<String>) -> Problem {
        Problem::new(Severity::Error, origin, message)
    }

    /// Something that was corrected.
    pub fn warning(origin: impl Into<Option<Origin>>, message: impl Into<String>) -> Problem {
        Problem::new(Severity::Warning, origin, message)
    }

    /// Something worth knowing.
    pub fn note(origin: impl Into<Option<Origin>>, message: impl Into<String>) -> Problem {
        Problem::new(Severity::Note, origin, message)
    }

    /// The same problem with advice.
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }
}
