//! The shape of the answer. Its field names are those of the JSON.

use model::Location;
use serde::Serialize;

use crate::explain::RuleUse;
use crate::explain::data::location;

/// What the internet reaches.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Exposure {
    /// How much that is, as one number.
    pub surface: Surface,
    /// How many interfaces there are of each grade.
    pub interfaces: Interfaces,
    /// What was found, the worst first; each for all interfaces of which it holds.
    pub findings: Vec<Finding>,
    /// What load balancers send on to: reached by way of them.
    pub behind: Vec<Behind>,
    /// Interfaces of which the internet reaches nothing, and why.
    pub unreachable: Vec<Unreachable>,
}

/// The surface: pairs of an interface's address and a port, each once however many clients reach it.
///
/// A port counts one for TCP and one for UDP, so a range counts as many as it has ports. ICMP counts one, and so does
/// every other protocol, since they have no ports. The addresses of one interface count each for itself. What is only
/// reached behind a load balancer is not counted: the load balancer's nodes are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Surface {
    /// All that the internet reaches, in full or in part.
    pub pairs: u64,
    /// Those of them that no client of the internet reaches every time.
    pub partial: u64,
    /// Those that may be reached besides: nobody can say from the export.
    pub undecided: u64,
}

impl Surface {
    /// Adds that of some ends that are alike.
    pub(super) fn add(&mut self, of_one: Surface, ends: u64) {
        self.pairs += of_one.pairs * ends;
        self.partial += of_one.partial * ends;
        self.undecided += of_one.undecided * ends;
    }
}

/// How many interfaces are of which grade; each counts once, by the worst that was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Interfaces {
    /// All that were looked at.
    pub all: usize,
    /// Exposed.
    pub exposed: usize,
    /// Partial at most.
    pub partial: usize,
    /// Perhaps reached, and not reached for certain.
    pub undecided: usize,
    /// Reached behind a load balancer only.
    pub behind: usize,
    /// Latent at most.
    pub latent: usize,
    /// Nothing of them is reached, and no group lets anything in.
    pub unreachable: usize,
}

/// How much stands between the internet and a service, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Each client in [`From`] gets an answer, whatever port it sends from and whichever target is picked.
    Exposed,
    /// They get one for a share of their ports, or of the load balancer's picks.
    Partial,
    /// They may get one: it depends on something that the export does not say.
    Undecided,
    /// The interface's groups let them in, and other gates still stop it.
    Latent,
}

/// What holds for some services of some interfaces.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub grade: Grade,
    /// `IPv4` or `IPv6`.
    pub family: &'static str,
    /// The services.
    pub services: Vec<Services>,
    /// How many ports that is for one address, as the surface counts them.
    pub ports: u64,
    /// From where.
    pub from: From,
    /// The share of connections that works: 1 if exposed, 0 if latent or undecided.
    pub share: f64,
    /// What of it works, where that is not all: which of the clients' ports, which share of picks.
    pub works: String,
    /// If latent: how many gates have to open before anything is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gates_left: Option<usize>,
    /// What stops it, or a part of it, in the order of the way.
    pub gates: Vec<Stop>,
    /// The rules of the interface's groups that let it in.
    pub rules: Vec<RuleUse>,
    /// Why it is not decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Of whom it holds.
    pub of: Vec<Who>,
}

/// Ports of one protocol, or several protocols that have none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Services {
    /// `tcp`, `udp`, `icmp`, `icmpv6`; `proto` for those by number.
    pub protocol: &'static str,
    /// Ports, types of messages or numbers of protocols, as ranges.
    pub numbers: Vec<String>,
    /// Whether that is all that the protocol has; for `proto`, every other protocol.
    pub all: bool,
}

/// A part of the internet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct From {
    /// Whether it is all of the internet.
    pub all: bool,
    /// How many addresses, exactly, in decimal: IPv6 has more than a number of JSON can hold.
    pub addresses: String,
    /// How many addresses of the internet are not meant.
    pub without: String,
    /// Their share of the internet's addresses.
    pub share: f64,
    /// They as blocks, unless that is all of the internet or they are more than [`MOST_BLOCKS`].
    pub blocks: Vec<String>,
}

/// More blocks than this are counted and not listed.
pub const MOST_BLOCKS: usize = 64;

/// A checkpoint that stops something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Stop {
    /// Its kind.
    pub gate: &'static str,
    /// What people call it.
    pub name: String,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `in` or `out`, where it has two directions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<&'static str>,
    /// Why, as one word.
    pub cause: &'static str,
    /// Why, in a few words.
    pub why: String,
    /// The rules that decided.
    pub rules: Vec<RuleUse>,
    /// Where it is written.
    #[serde(flatten, serialize_with = "location")]
    pub location: Option<Location>,
}

/// An interface with one of its addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Who {
    /// What people call it.
    pub name: String,
    /// The interface's id; none if the export lacks the interface and knows that there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Its address in the VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The public address that stands for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_address: Option<String>,
}

/// What a load balancer that the internet reaches sends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// The load balancers, the one that the internet reaches first.
    pub by: Vec<String>,
    /// What the internet asks of the first.
    pub services: Vec<Services>,
    /// The port that targets are asked on, if it is another than the client asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_port: Option<u16>,
    /// The targets.
    pub targets: Vec<String>,
}

/// Interfaces of which the internet reaches nothing, for the same reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unreachable {
    /// Why: the first cause on the way of a packet from the internet.
    pub reason: String,
    /// Causes that would be left without the first, in the order of the way.
    pub also: Vec<String>,
    /// Them.
    pub of: Vec<Who>,
}
