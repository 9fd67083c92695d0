//! What a check found, for the formats of other tools: one shape, made by each command, printed by one file a format.
//!
//! A new format is a file with a `FORMAT` and its line in [`FORMATS`].

mod github;
mod gitlab;
mod html;
mod jsonl;
mod junit;
mod markdown;
mod place;
mod sarif;

use std::fmt;
use std::io;

use model::Location;

/// A format that other tools read.
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    print: fn(&Report) -> io::Result<String>,
}

/// Every format, in the order of the help.
pub static FORMATS: &[Format] = &[
    jsonl::FORMAT,
    sarif::FORMAT,
    junit::FORMAT,
    markdown::FORMAT,
    github::FORMAT,
    gitlab::FORMAT,
    html::FORMAT,
];

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The version of the shape of a case in `jsonl`.
pub const CASE_SCHEMA: &str = jsonl::SCHEMA;

/// A report in a format, with a line break at its end.
///
/// # Errors
/// None that a report can cause; those of the writers of JSON and XML are passed on all the same.
pub fn print(report: &Report, format: &Format) -> io::Result<String> {
    (format.print)(report)
}

/// What a run of a command has to say.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The command: `test`, `audit` or `diff`.
    pub command: &'static str,
    /// The first line of its answer.
    pub summary: String,
    /// The file or folder that was looked at, as the user named it: what a case without a place is shown at by tools
    /// that show nothing elsewhere.
    pub input: String,
    /// The rules that cases speak of, in the order of their ids.
    pub rules: Vec<RuleInfo>,
    /// What was looked at and what was found, the worst first where the command sorts.
    pub cases: Vec<Case>,
    /// From which level on a case makes the command end with 1: formats that know passed and failed only go by it.
    pub fails_from: Level,
    /// How long it took, in seconds; `None` where output has to stay the same.
    pub seconds: Option<f64>,
}

impl Report {
    /// The rule of a case, and its position.
    fn rule(&self, case: &Case) -> Option<(usize, &RuleInfo)> {
        self.rules.iter().enumerate().find(|(_, rule)| rule.id == case.rule)
    }

    /// How bad a case is: as it says, else as its rule does.
    fn level(&self, case: &Case) -> Level {
        match case.outcome {
            Outcome::Failed(level) => level,
            _ => self.rule(case).map_or(Level::Warning, |(_, rule)| rule.level),
        }
    }
}

impl Case {
    /// What was checked and what became of it, in one sentence.
    fn sentence(&self) -> String {
        match self.message.contains(&self.name) {
            true => self.message.clone(),
            false => format!("{}: {}", self.name, self.message),
        }
    }

    /// What belongs to it, line by line: why nobody can say or why it was skipped, the details, and the other places that
    /// these do not name.
    fn lines(&self) -> Vec<String> {
        let reason = match &self.outcome {
            Outcome::Undecided(reason) => Some(format!("undecided: {reason}")),
            Outcome::Skipped(reason) => Some(format!("skipped: {reason}")),
            Outcome::Passed | Outcome::Failed(_) => None,
        };
        let named = |at: &Location| {
            let place = format!("{}:{}", at.file, at.line);
            self.details.iter().any(|detail| detail.contains(&place))
        };
        let related =
            self.related.iter().filter(|(at, _)| !named(at)).map(|(at, what)| format!("{what}: {at}"));
        reason.into_iter().chain(self.details.iter().cloned()).chain(related).collect()
    }
}

/// A rule, or a kind of check, that cases refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// Its stable id: `PC0203`, `allow`, `opens`.
    pub id: String,
    /// One line, lower case.
    pub title: String,
    /// What it is and why it is bad, as Markdown.
    pub documentation: String,
    /// How bad it is unless a case says otherwise.
    pub level: Level,
}

/// How bad a case is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Should be mended.
    #[default]
    Warning,
    /// Must be mended.
    Error,
}

impl Outcome {
    /// Its word in our own formats: of what failed, how bad it is.
    fn word(&self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Failed(level) => level.word(),
            Outcome::Undecided(_) => "undecided",
            Outcome::Skipped(_) => "skipped",
        }
    }
}

impl Level {
    /// Its word in SARIF and in our own formats.
    fn word(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed(Level),
    /// Nobody can say from the input; the reason.
    Undecided(String),
    /// Looked away from on purpose; the reason.
    Skipped(String),
}

/// One line of an intent, one finding, one difference.
#[derive(Debug, Clone)]
pub struct Case {
    /// The id of its rule among [`Report::rules`].
    pub rule: String,
    /// What was checked or is meant, in one line: the name of a test, the resource of a finding.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// One sentence, without colour.
    pub message: String,
    /// More of it, line by line: the counterexample, the rules on the way, the fix.
    pub details: Vec<String>,
    /// Where it is written: the rule of the network, or the line of the intent.
    pub place: Option<Location>,
    /// Other places that have to do with it, each with what it is.
    pub related: Vec<(Location, String)>,
    /// Stays the same while the finding does, whatever moves around it; hexadecimal.
    pub fingerprint: String,
}
