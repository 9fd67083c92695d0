//! What an intent file says, as data.

use std::net::IpAddr;

use ipnet::IpNet;
use model::{Location, PortRange};

use super::{Date, PlannedVpc};
use crate::question::{Ends, Kind, Question, Spanned};

/// Everything that a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intent {
    /// The address that `me` stands for in questions.
    pub me: Option<IpAddr>,
    /// What is not there yet.
    pub network: Vec<PlannedVpc>,
    /// Names for ends, in an order in which each speaks only of those before it.
    pub names: Vec<Defined>,
    /// From which ports whose connections come, where it is not told by what they are.
    pub profiles: Vec<Profile>,
    /// What must work, for all.
    pub allow: Vec<Allow>,
    /// What must get through for none.
    pub deny: Vec<Deny>,
    /// Whom nothing reaches, and who reaches nothing, but by what is declared.
    pub closed: Vec<Closed>,
    /// What may be open only while somebody granted it.
    pub temporary: Vec<Temporary>,
    /// Findings that are looked away from.
    pub waive: Vec<Waive>,
    /// What must be attached to what.
    pub expect: Vec<Expect>,
    /// Settings of `audit`.
    pub audit: AuditSettings,
}

/// What all lines have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is called: its `id:`, else its text.
    pub id: String,
    /// Why it is there, from `why:` or from a comment `# why: ...` behind it.
    pub why: Option<String>,
    /// Where it is written.
    pub place: Location,
    /// Where its flow or its ends begin, if they are written in one line as they are.
    pub words: Option<Location>,
}

/// A name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defined {
    /// The name.
    pub name: String,
    /// What it stands for.
    pub meaning: Meaning,
    /// Where what it stands for is written, if in one line as it is; else where that begins.
    pub place: Location,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Ends, in the words of questions; spans point into the text.
    Ends {
        /// The text.
        text: String,
        /// What it says.
        ends: Ends,
    },
    /// `file:blocklist.txt`: the blocks that a file lists.
    Blocks {
        /// The file's name as written.
        file: String,
        /// What it lists.
        blocks: Vec<IpNet>,
    },
}

/// From which ports some clients send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Whose they are.
    pub ends: Ends,
    /// Their text.
    pub text: String,
    /// The kind of client or the range, as written.
    pub written: String,
    /// The ports.
    pub ports: PortRange,
    /// Where it is written.
    pub place: Location,
}

/// A flow that must work: for every source, target, zone and client port, and its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// What all lines have.
    pub line: Line,
    /// The flow.
    pub flow: Question,
}

/// A flow of which nothing may arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deny {
    /// What all lines have.
    pub line: Line,
    /// The flow.
    pub flow: Question,
    /// Whether security groups and network ACLs must each stop it alone (`layers: 2`).
    pub two_layers: bool,
}

/// Ends that are closed but for what is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// What all lines have.
    pub line: Line,
    /// Who.
    pub ends: Ends,
    /// Their text.
    pub text: String,
}

/// A flow that is granted for a while: declared for `closed`, and closed itself unless it is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Temporary {
    /// What all lines have.
    pub line: Line,
    /// The flow.
    pub flow: Question,
    /// For how long at most it is granted, as written.
    pub max: Option<String>,
    /// Who has to approve it.
    pub approve: Option<String>,
}

/// A finding that is looked away from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waive {
    /// The rule's id: `PC0302`.
    pub finding: String,
    /// Of what; `None`: of everything.
    pub on: Option<(String, Ends)>,
    /// The last day on which it is looked away from; `None`: for ever.
    pub until: Option<Date>,
    /// Why.
    pub why: String,
    /// Where it is written.
    pub place: Location,
}

impl Waive {
    /// Whether it still holds on a day.
    pub fn holds(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }
}

/// Something that must be attached to something: `subnet:db-* uses nacl:db`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// What all lines have.
    pub line: Line,
    /// Who, and the text that their spans point into.
    pub ends: Ends,
    /// The text of `ends`.
    pub text: String,
    /// What they have to use.
    pub uses: Expected,
    /// The id or name, or a pattern of it.
    pub glob: String,
}

/// What is expected to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// `nacl:` or `acl:`: the network ACL of subnets.
    NetworkAcl,
    /// `sg:`: a security group of interfaces.
    SecurityGroup,
}

impl Expected {
    /// The kind of resource.
    pub fn kind(self) -> Kind {
        match self {
            Expected::NetworkAcl => Kind::NetworkAcl,
            Expected::SecurityGroup => Kind::SecurityGroup,
        }
    }
}

/// What `audit` reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditSettings {
    /// Rules that are not looked at.
    pub skip: Vec<Skip>,
    /// The least level that is reported: `note`, `warning` or `error`.
    pub severity: Option<(String, Location)>,
}

/// A rule that is not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// Its id.
    pub rule: String,
    /// Why.
    pub why: Option<String>,
    /// Where it is written.
    pub place: Location,
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct IntentError {
    /// The place.
    pub place: Location,
    /// How many characters of the line it is about, at least one.
    pub width: usize,
    /// What is wrong: lower case, no full stop, the user's words in backticks.
    pub message: String,
    /// What to write instead, where that can be said.
    pub help: Option<String>,
}

impl Intent {
    /// Every flow with the line that has it: allowed, denied, temporary.
    pub fn flows(&self) -> impl Iterator<Item = (&Line, &Question)> {
        let allow = self.allow.iter().map(|allow| (&allow.line, &allow.flow));
        let deny = self.deny.iter().map(|deny| (&deny.line, &deny.flow));
        allow.chain(deny).chain(self.temporary.iter().map(|temporary| (&temporary.line, &temporary.flow)))
    }

    /// The ids of all lines that are tested.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let closed = self.closed.iter().map(|closed| &closed.line);
        let expect = self.expect.iter().map(|expect| &expect.line);
        self.flows().map(|(line, _)| line).chain(closed).chain(expect).map(|line| line.id.as_str())
    }

    /// Whether there is nothing to test.
    pub fn is_empty(&self) -> bool {
        self.ids().next().is_none()
    }
}

/// Names that a question's terms speak of.
pub(super) fn names_in(ends: &Ends) -> impl Iterator<Item = &Spanned<crate::question::Term>> {
    ends.terms().filter(|term| matches!(term.node, crate::question::Term::Name(_)))
}
