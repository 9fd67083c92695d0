//! What a check found, for the formats of other tools: one shape, made by each command, printed by one file a format.

use model::Location;

/// What a run of a command has to say.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The command: `test`, `audit` or `diff`.
    pub command: &'static str,
    /// The first line of its answer.
    pub summary: String,
    /// The rules that cases speak of, in the order of their ids.
    pub rules: Vec<RuleInfo>,
    /// What was looked at and what was found, the worst first where the command sorts.
    pub cases: Vec<Case>,
    /// How long it took, in seconds; `None` where output has to stay the same.
    pub seconds: Option<f64>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
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
