//! Colours and marks. Marks differ in shape, so that colour is never alone in saying something.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Effects};
use answers::audit::Severity;
use answers::diff::Change;
use answers::explain::Outcome;
use answers::exposure::Grade;
use engine::Verdict;

/// How text may look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Colours and bold.
    pub colour: bool,
    /// Characters beyond ASCII.
    pub unicode: bool,
}

impl Style {
    /// Text without colours, with all characters: for files and tests.
    pub const PLAIN: Style = Style { colour: false, unicode: true };

    pub(crate) fn outcome(self, outcome: Outcome) -> Painted {
        let (mark, ascii, colour) = match outcome {
            Outcome::Passes => ("\u{2713}", "+", AnsiColor::Green),
            Outcome::Blocks => ("\u{2717}", "x", AnsiColor::Red),
            Outcome::Partly => ("\u{25d0}", "~", AnsiColor::Yellow),
            Outcome::Unknown => ("?", "?", AnsiColor::Yellow),
        };
        self.paint(if self.unicode { mark } else { ascii }, colour, false)
    }

    pub(crate) fn grade(self, grade: Grade) -> Painted {
        let (mark, ascii, colour) = match grade {
            Grade::Exposed => ("\u{25cf}", "*", AnsiColor::Red),
            Grade::Partial => ("\u{25d0}", "~", AnsiColor::Yellow),
            Grade::Undecided => ("?", "?", AnsiColor::Yellow),
            Grade::Latent => ("\u{25cb}", "o", AnsiColor::Cyan),
        };
        self.paint(if self.unicode { mark } else { ascii }, colour, false)
    }

    pub(crate) fn severity(self, severity: Severity, word: &str) -> Painted {
        let colour = match severity {
            Severity::Error => AnsiColor::Red,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Note => AnsiColor::Cyan,
        };
        self.paint(word, colour, true)
    }

    pub(crate) fn change(self, change: Change, word: &str) -> Painted {
        let colour = match change {
            Change::Opens => AnsiColor::Red,
            Change::Closes => AnsiColor::Cyan,
            Change::Partial | Change::Undecided => AnsiColor::Yellow,
        };
        self.paint(word, colour, true)
    }

    pub(crate) fn not_reached(self) -> &'static str {
        if self.unicode { "\u{b7}" } else { "." }
    }

    pub(crate) fn arrow(self) -> &'static str {
        if self.unicode { "\u{2500}\u{25b6}" } else { "->" }
    }

    pub(crate) fn verdict(self, verdict: Verdict, word: &str) -> Painted {
        let colour = match verdict {
            Verdict::Allowed => AnsiColor::Green,
            Verdict::Partial | Verdict::Undecided => AnsiColor::Yellow,
            Verdict::Blocked => AnsiColor::Red,
        };
        self.paint(word, colour, true)
    }

    pub(crate) fn dim(self, text: &str) -> Painted {
        let style = anstyle::Style::new().effects(Effects::DIMMED);
        Painted { text: text.to_owned(), style: self.colour.then_some(style) }
    }

    pub(crate) fn heading(self, text: &str) -> Painted {
        let style = anstyle::Style::new().effects(Effects::BOLD);
        Painted { text: text.to_owned(), style: self.colour.then_some(style) }
    }

    fn paint(self, text: &str, colour: AnsiColor, bold: bool) -> Painted {
        let effects = if bold { Effects::BOLD } else { Effects::new() };
        let style = anstyle::Style::new().fg_color(Some(colour.into())).effects(effects);
        Painted { text: text.to_owned(), style: self.colour.then_some(style) }
    }
}

/// Text that paints itself.
pub(crate) struct Painted {
    text: String,
    style: Option<anstyle::Style>,
}

impl Display for Painted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style {
            Some(style) => write!(f, "{style}{}{style:#}", self.text),
            None => f.write_str(&self.text),
        }
    }
}
