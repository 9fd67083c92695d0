//! A finding: what is wrong, where, with which effect, how to see it, and how to mend it.

use engine::Network;
use model::{Change, Location, Noun, Origin};
use serde::{Serialize, Serializer};

use super::Counterexample;
use crate::explain::data::{changes, location};
use crate::explain::gates::named;
use crate::exposure::Stop;
use crate::fingerprint::fingerprint;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing: tidying up, or something that may be meant.
    #[default]
    Note,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
}

impl Severity {
    /// As output and options write it.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// The resource that a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Subject {
    /// Its kind: `security-group`, `network-acl`, …
    pub kind: &'static str,
    /// What people call it.
    pub name: String,
    /// Its id.
    pub id: String,
}

impl Subject {
    /// A resource of this kind.
    pub(super) fn of(kind: &'static str, noun: &impl Noun) -> Subject {
        Subject { kind, name: named(noun).to_owned(), id: noun.id().to_string() }
    }
}

/// Another place that has to do with a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// What it has to do with it: `shadowed by rule 100  allow all from 0.0.0.0/0`.
    pub text: String,
    /// Where it is written.
    #[serde(flatten, serialize_with = "location")]
    pub location: Option<Location>,
}

impl Related {
    /// A text about something that is written there.
    pub(super) fn at(network: &Network, text: impl Into<String>, origin: Origin) -> Related {
        Related { text: text.into(), location: network.model().sources.locate(origin) }
    }
}

/// A change that mends a finding.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Fix {
    /// The calls, in order.
    #[serde(serialize_with = "self::changed")]
    pub changes: Vec<Change>,
    /// Names of the groups and lists that the changes touch, by id.
    pub names: Vec<(String, String)>,
    /// Whether no connection at all works differently afterwards, as the engine says of the changed model.
    pub equal: bool,
    /// What the engine proved about the changed model, in words.
    pub proof: String,
}

fn changed<S: Serializer>(list: &[Change], serializer: S) -> Result<S::Ok, S::Error> {
    changes(list, serializer)
}

/// Something that is wrong.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// The rule's name.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line, lower case.
    pub title: String,
    /// The resource.
    pub subject: Subject,
    /// What of it, as people say it: `nacl-web in 200 deny tcp 22 from 0.0.0.0/0`.
    pub text: String,
    /// Where that is written.
    #[serde(flatten, serialize_with = "location")]
    pub location: Option<Location>,
    /// Other places.
    pub related: Vec<Related>,
    /// What follows from it, with exact figures.
    pub effect: Vec<String>,
    /// What stops it from being worse.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Stop>,
    /// A question that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<Counterexample>,
    /// What mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// What to do where no change can be proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The same for as long as rule, resource and `text` are: neither lines nor the order of rules matter.
    pub fingerprint: String,
    /// What sets it apart from others of the same rule and text: a class of ports, a family.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub aspect: String,
}

impl Finding {
    /// About a resource; `text` says what of it, `origin` where it is written.
    pub(super) fn about(
        network: &Network,
        severity: Severity,
        title: impl Into<String>,
        subject: Subject,
        text: impl Into<String>,
        origin: Origin,
    ) -> Finding {
        Finding {
            severity,
            title: title.into(),
            subject,
            text: text.into(),
            location: network.model().sources.locate(origin),
            ..Finding::default()
        }
    }

    pub(super) fn fingerprint_of(&self, rule: &str) -> String {
        fingerprint([rule, &self.subject.id, &self.text, &self.aspect])
    }
}

/// Something that a rule could not decide about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Undecided {
    /// The rule's id.
    pub rule: &'static str,
    /// The resource.
    pub subject: Subject,
    /// What the export does not say.
    pub reason: String,
}
