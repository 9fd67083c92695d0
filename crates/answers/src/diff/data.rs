//! The shape of the answer. Its field names are those of the JSON.

use model::{Differing, Location};
use serde::{Serialize, Serializer};

use crate::explain::data::location;
use crate::exposure::Surface;
use crate::reach::What;

/// What a change does.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Difference {
    /// In a word.
    pub verdict: Verdict,
    /// In which nouns the configurations differ.
    pub configuration: Vec<Edited>,
    /// What differs between ends: from the internet first, then by kind of change and by how many pairs.
    pub flows: Vec<Flow>,
    /// How many pairs of ends have the same answer in both: the internet is an end, and each family counts by itself.
    pub same: u64,
    /// The lines of an intent that held before and do not after, if the change was held against one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<Broken>,
    /// What the internet reaches before and after, where that may differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<Exposed>,
}

/// What a change does, in a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Both configurations say the same.
    #[default]
    Same,
    /// The configurations differ and no answer does: proved for every pair (PC0602).
    Refactor,
    /// Some answer differs (PC0601).
    Changed,
}

/// A noun in which the configurations differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edited {
    /// What it is.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its name, if that is not its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `added`, `removed` or `changed`.
    pub how: &'static str,
}

/// What the internet reaches, as a number of address and port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Exposed {
    /// Of all interfaces; else only of those to which flows from the internet differ.
    pub of_all: bool,
    /// Before.
    pub before: Surface,
    /// After.
    pub after: Surface,
}

/// What becomes of a service between two ends; in the order in which people want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Nothing of it worked, and something does.
    Opens,
    /// Something of it worked, and nothing does.
    Closes,
    /// It works before and after, from other client ports or for another share.
    Partial,
    /// Before or after, nobody can say.
    Undecided,
}

/// Some clients, some servers, and what differs between each of these and each of those but itself.
#[derive(Debug, Clone, Serialize)]
pub struct Flow {
    /// What becomes of it.
    pub change: Change,
    /// Who asks.
    pub from: EndsOfFlow,
    /// Who is asked.
    pub to: EndsOfFlow,
    /// How many pairs that is, each family by itself.
    pub pairs: u64,
    /// What is asked for, with how much works before and after.
    pub services: Vec<Service>,
    /// The rules and other things that do it, of a pair that stands for the others.
    pub causes: Vec<Cause>,
    /// Something works now that did not for certain: a larger share of it, too.
    pub opens: bool,
    /// Something worked that does not for certain now.
    pub closes: bool,
    /// Nobody can say, and something may work that did not for certain.
    pub may_open: bool,
    /// Nobody can say, and something may not work that may have.
    pub may_close: bool,
    /// What becomes of connections that are open, where something closes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Live>,
    /// The lines of an intent that it breaks: `deny #2`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<String>,
}

/// A line of an intent that held before a change and does not after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The key that it is below: `allow`, `deny`, `closed`, `temporary`, `expect`.
    pub asks: &'static str,
    /// Which of the lines below that key it is, from 1.
    pub number: usize,
    /// What it is called.
    pub id: String,
    /// What it says.
    pub text: String,
    /// Where it is written.
    #[serde(serialize_with = "location")]
    pub location: Option<Location>,
    /// A question that shows it in the later network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
}

impl Broken {
    /// As people call it: `deny #2`.
    pub fn called(&self) -> String {
        format!("{} #{}", self.asks, self.number)
    }
}

/// One side of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndsOfFlow {
    /// What people call it.
    pub name: String,
    /// The ids of its interfaces.
    pub interfaces: Vec<String>,
    /// And the internet.
    pub internet: bool,
    /// How many of the interfaces only the later network has.
    pub new: usize,
    /// How many only the earlier one has.
    pub gone: usize,
}

/// A service, and how much of it works.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Service {
    /// The service.
    #[serde(rename = "service", serialize_with = "displayed")]
    pub what: What,
    /// `IPv4`, `IPv6` or both.
    pub families: Vec<&'static str>,
    /// Before.
    pub before: Works,
    /// After.
    pub after: Works,
    /// By kind of client, where the client could be of any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<KindShift>,
    /// Of the internet, only these addresses; empty for all.
    #[serde(serialize_with = "each", skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<ipnet::IpNet>,
    /// Of the internet, all addresses but these.
    #[serde(serialize_with = "each", skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<ipnet::IpNet>,
}

/// How much of a service works in one of the networks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Works {
    /// In a word.
    pub status: Status,
    /// The share of the client's ports, and of what devices pick; `None` where it differs within the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// The client's ports that work, where that is a part.
    #[serde(serialize_with = "each", skip_serializing_if = "Vec::is_empty")]
    pub client_ports: Vec<model::PortRange>,
}

impl Works {
    pub(super) fn plain(status: Status) -> Works {
        let share = match status {
            Status::Nothing => Some(0.0),
            Status::All => Some(1.0),
            Status::Part | Status::Undecided => None,
        };
        Works { status, share, client_ports: Vec::new() }
    }

    pub(super) fn of(service: &crate::reach::ServiceShare) -> Works {
        match service.share >= 1.0 {
            true => Works::plain(Status::All),
            false => Works {
                status: Status::Part,
                share: Some(service.share),
                client_ports: service.client_ports.clone(),
            },
        }
    }
}

/// Whether a service works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not at all.
    Nothing,
    /// From some of the client's ports, or for some of what devices pick.
    Part,
    /// In full.
    All,
    /// Nobody can say.
    Undecided,
}

/// How much works for a kind of client, before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindShift {
    /// The kind's key.
    pub kind: &'static str,
    /// The kind in words.
    pub words: &'static str,
    /// The share of its ports that worked.
    pub before: f64,
    /// The share that works.
    pub after: f64,
}

/// Something that makes a flow differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Cause {
    /// Whether it came, went, or decides without having changed itself.
    pub sign: Sign,
    /// The kind of gate or of noun.
    pub gate: &'static str,
    /// What people call it.
    pub name: String,
    /// `in` or `out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<&'static str>,
    /// Whether it is the reply that meets it.
    pub reply: bool,
    /// The rule, or what it does.
    pub text: String,
    /// Where it is written: in the later network, or in the earlier one if it went.
    #[serde(serialize_with = "location", skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// Whether a cause came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// Only the later network has it.
    Added,
    /// Only the earlier one had it.
    Removed,
    /// Both have it, and it decides now.
    Decides,
}

/// What becomes of connections that are open when the change is made (PC0603).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Live {
    /// Some go on: groups keep track of them (S1.37).
    pub goes_on: bool,
    /// Some are cut at once: not tracked, or stopped by what keeps no track (S1.38, S2.16).
    pub cut: bool,
    /// Of some nobody can say.
    pub unknown: bool,
    /// Every kind of pair was looked at; else only the first ones.
    pub of_all: bool,
}

impl Flow {
    /// Stays the same while the flow does, wherever its rules are written.
    pub fn fingerprint(&self) -> String {
        let word = format!("{:?}", self.change);
        let services = self.services.iter().map(|service| service.what.to_string()).collect::<Vec<_>>();
        let ends = [&self.from, &self.to].map(|ends| {
            let internet = ends.internet.then_some("internet");
            internet
                .into_iter()
                .chain(ends.interfaces.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join(" ")
        });
        let [from, to] = &ends;
        let parts = [word.as_str(), from, to].into_iter();
        crate::fingerprint::fingerprint(parts.chain(services.iter().map(String::as_str)))
    }
}

impl Edited {
    pub(super) fn of(differing: &Differing, name: Option<&str>) -> Edited {
        Edited {
            kind: differing.kind,
            id: differing.id.to_string(),
            name: name.filter(|name| *name != differing.id.as_str()).map(str::to_owned),
            how: match differing.how {
                model::Difference::Added => "added",
                model::Difference::Removed => "removed",
                model::Difference::Changed => "changed",
            },
        }
    }
}

fn displayed<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn each<S: Serializer>(values: &[impl std::fmt::Display], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(ToString::to_string))
}
