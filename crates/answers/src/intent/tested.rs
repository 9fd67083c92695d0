//! What became of the lines of an intent, as data. The field names are the JSON that `test --format json` prints.

use model::{Change, Location};
use serde::{Serialize, Serializer};

use crate::reach::RuleOnWay;

/// All lines, in the order of the file.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Tested {
    /// The lines.
    pub lines: Vec<TestedLine>,
    /// Which changes of rules the lines notice, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutated: Option<Mutated>,
}

/// Which changes of rules the lines that are so notice.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Mutated {
    /// Every entry that allows something, of groups that interfaces have and of lists that guard subnets.
    pub entries: Vec<Entry>,
    /// Every line that is so.
    pub lines: Vec<Killed>,
}

/// An entry that allows something.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// The entry.
    pub rule: Rule,
    /// The lines that are so with it and not without it.
    pub noticed_by: Vec<String>,
    /// Whether all works as before without it, between interfaces and with the internet.
    pub changes_nothing: bool,
    /// The rule of the same group or list that matches all that it matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_by: Option<Rule>,
}

/// A line, and changes that make it untrue.
#[derive(Debug, Clone, Serialize)]
pub struct Killed {
    /// The line.
    pub id: String,
    /// The changes, in words; empty: no change of rules was found.
    pub by: Vec<String>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is so.
    Ok,
    /// It is not so.
    Fail,
    /// It is so for a share.
    Partial,
    /// It depends on something that is not modelled or not in the export.
    Undecided,
    /// It speaks of nobody: it would be so whatever the rules say (PC0901).
    Vacuous,
    /// It is not so, and is looked away from.
    Waived,
}

/// What a line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asks {
    /// `allow`.
    Allow,
    /// `deny`.
    Deny,
    /// `closed`.
    Closed,
    /// `temporary`.
    Temporary,
    /// `expect`.
    Expect,
}

impl Asks {
    /// The key in the file.
    pub fn word(self) -> &'static str {
        match self {
            Asks::Allow => "allow",
            Asks::Deny => "deny",
            Asks::Closed => "closed",
            Asks::Temporary => "temporary",
            Asks::Expect => "expect",
        }
    }
}

/// One line and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct TestedLine {
    /// What it is called.
    pub id: String,
    /// What it asks for.
    pub asks: Asks,
    /// What it says.
    pub text: String,
    /// Why it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Where it is written.
    #[serde(serialize_with = "place")]
    pub place: Location,
    /// What became of it.
    pub status: Status,
    /// The rule of `portcullis rule` that says more: `PC0901`, `PC0902`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// One sentence; empty where there is nothing to say.
    pub message: String,
    /// How many pairs of interfaces, or of interfaces and the internet, it is about.
    pub pairs: u64,
    /// Of how many of them all works.
    pub works: u64,
    /// The share of what it asks that works, pairs counting alike.
    pub share: f64,
    /// Connections that show that it is not so.
    pub counterexamples: Vec<Counterexample>,
    /// The smallest change that makes it so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<LineFix>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

/// A connection that shows that a line is not so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counterexample {
    /// The connection as a question: `portcullis explain` answers it with `verdict`.
    pub question: String,
    /// What becomes of it.
    #[serde(serialize_with = "crate::explain::data::verdict")]
    pub verdict: engine::Verdict,
    /// What becomes of the request alone, where a line says that none may arrive.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "crate::explain::data::some_verdict")]
    pub request: Option<engine::Verdict>,
    /// The client's name.
    pub client: String,
    /// The server's name.
    pub server: String,
    /// The connection in addresses: `10.0.9.4:40000`, or an address with a type of ICMP.
    pub from: String,
    /// The same of the server.
    pub to: String,
    /// The protocol, where it is not TCP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Which of two networks it works in, where `layers: 2` asks for both; empty: in the network itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// The rules that let it in, or what stops it.
    pub rules: Vec<Rule>,
}

/// A rule on the way, or a gate that decided without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The gate that has it: `security-group`, `network-acl`, …
    pub gate: &'static str,
    /// What people call the gate.
    pub name: String,
    /// `in` or `out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<&'static str>,
    /// Whether it is the reply that meets it.
    pub reply: bool,
    /// The rule with its number, or what decided where no rule did.
    pub text: String,
    /// Where it is written.
    #[serde(flatten, serialize_with = "crate::explain::data::location")]
    pub location: Option<Location>,
}

impl From<RuleOnWay> for Rule {
    fn from(rule: RuleOnWay) -> Rule {
        let RuleOnWay { gate, name, direction, reply, text, location } = rule;
        Rule { gate, name, direction, reply, text, location }
    }
}

/// A change that makes a line so.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LineFix {
    /// The changes, in order.
    #[serde(serialize_with = "crate::explain::data::changes")]
    pub changes: Vec<Change>,
    /// Names of the groups and lists that they touch, by id.
    pub names: Vec<(String, String)>,
    /// Whether the engine, run on the changed network, says that all of the line is so.
    pub proved: bool,
    /// Lines that are so now and would not be after.
    pub breaks: Vec<String>,
    /// Lines that go on being so although they speak of what is changed.
    pub keeps: Vec<String>,
    /// What no rule can mend, and what would.
    pub advice: Vec<String>,
}

fn place<S: Serializer>(place: &Location, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut map = serializer.serialize_map(Some(3))?;
    map.serialize_entry("file", &place.file)?;
    map.serialize_entry("line", &place.line)?;
    map.serialize_entry("column", &place.column)?;
    map.end()
}

impl Tested {
    /// Whether some entry that allows something can be taken away and no line notices.
    pub fn unnoticed(&self) -> bool {
        let mutated = self.mutated.as_ref();
        mutated.is_some_and(|mutated| mutated.entries.iter().any(|entry| entry.noticed_by.is_empty()))
    }

    /// How many lines have a status.
    pub fn count(&self, status: Status) -> usize {
        self.lines.iter().filter(|line| line.status == status).count()
    }
}
