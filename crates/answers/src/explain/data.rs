//! What an explanation says, as data. The field names are the JSON that `explain --format json` prints.

use model::{Change, Location};
use serde::{Serialize, Serializer};

/// The answer to one question.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The question, in canonical form.
    pub question: String,
    /// The verdict over all pairs of ends.
    #[serde(serialize_with = "verdict")]
    pub verdict: engine::Verdict,
    /// The share of what was asked that works for certain, 0 to 1. For one pair of addresses and one service: the
    /// share of the client's ports, taken as equally likely. Pairs count alike.
    pub share: f64,
    /// Why it is undecided, or could not be asked of any pair.
    pub reasons: Vec<String>,
    /// Each client with each server, in each family that both have.
    pub pairs: Vec<Pair>,
    /// The smallest change that makes it work, where that was asked for and something is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// What works and may yet surprise.
    pub warnings: Vec<String>,
    /// What the answer takes for granted.
    pub assumptions: Vec<String>,
}

/// One client, one server, one family.
#[derive(Debug, Clone, Serialize)]
pub struct Pair {
    /// Who asks.
    pub client: End,
    /// Who is asked.
    pub server: End,
    /// `IPv4` or `IPv6`.
    pub family: &'static str,
    /// What is asked for.
    pub services: Vec<String>,
    /// The verdict.
    #[serde(serialize_with = "verdict")]
    pub verdict: engine::Verdict,
    /// See [`Explanation::share`].
    pub share: f64,
    /// The part that works, in words; empty if all or none does.
    pub works: String,
    /// The part that does not; empty if all or none does.
    pub fails: String,
    /// The client's ports that work both ways for some of what was asked.
    pub client_ports: Vec<String>,
    /// Shares by kind of client, where the client could be of any.
    pub kinds: Vec<KindShare>,
    /// Where a load balancer picks one of several: each with what becomes of its share.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetOutcome>,
    /// The ways that packets take; parts of the flow may take different ones.
    pub ways: Vec<Way>,
    /// What the flow logs of the two interfaces will show.
    pub flow_log: Vec<FlowLogRecord>,
}

/// One side of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct End {
    /// What people call it.
    pub name: String,
    /// The interface, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Its address, or the blocks of addresses; none where there are too many to be read, as for the internet.
    pub addresses: Vec<String>,
    /// The public address that the internet knows it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_address: Option<String>,
    /// The name of its subnet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<String>,
    /// The Availability Zone of its subnet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// For a client: the kind of client and its range of ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<String>,
}

/// How much works for a kind of client.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindShare {
    /// The kind's key.
    pub kind: &'static str,
    /// The kind in words.
    pub words: &'static str,
    /// The share of its ports that works.
    pub share: f64,
    /// How many of its ports work for all that was asked otherwise.
    pub working: u64,
    /// How many it has.
    pub ports: u64,
}

/// A way there and the ways back.
#[derive(Debug, Clone, Serialize)]
pub struct Way {
    /// The part of the flow that takes it; empty if all does.
    pub carries: String,
    /// The request.
    pub request: Leg,
    /// The replies. Empty where none is needed or the request arrives nowhere.
    pub replies: Vec<Leg>,
}

/// One direction: the gates in order.
#[derive(Debug, Clone, Serialize)]
pub struct Leg {
    /// The packet's source.
    pub from: String,
    /// The packet's destination.
    pub to: String,
    /// The part of the flow, if the reply takes several ways.
    pub carries: String,
    /// The gates.
    pub gates: Vec<Gate>,
    /// Where devices send the packet on with other addresses or ports: each begins a new segment of the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<Segment>,
    /// Where it ends, in words.
    pub arrives: String,
}

/// The part of a way behind a device that replaces addresses or ports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// What people call the device.
    pub by: String,
    /// The position of its first gate among the leg's.
    pub first_gate: usize,
    /// The packet's source from here on.
    pub from: String,
    /// The packet's destination from here on.
    pub to: String,
}

/// What becomes of the connections that a load balancer hands to one of its targets.
#[derive(Debug, Clone, Serialize)]
pub struct TargetOutcome {
    /// The target and its port.
    pub target: String,
    /// The Availability Zone of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What becomes of them.
    #[serde(serialize_with = "verdict")]
    pub verdict: engine::Verdict,
    /// Which gate stops them, and why; empty if none does.
    pub cause: String,
}

/// What a gate did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Let all pass.
    Passes,
    /// Let some pass.
    Partly,
    /// Let nothing pass.
    Blocks,
    /// Nobody can say.
    Unknown,
}

/// One gate on the way.
#[derive(Debug, Clone, Serialize)]
pub struct Gate {
    /// Which kind: `security-group`, `network-acl`, `route`, `internet-gateway`, `nat-gateway`,
    /// `egress-only-internet-gateway`, `vpn-gateway`, `gateway-endpoint`, `interface-endpoint`,
    /// `vpc-peering-connection`, `transit-gateway-attachment`, `transit-gateway-route`, `appliance`, `load-balancer`,
    /// `block-public-access`, `host`, `unmodelled`.
    pub gate: &'static str,
    /// What people call it.
    pub name: String,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `in` or `out`, where it has two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<&'static str>,
    /// What it did with what takes this way.
    pub outcome: Outcome,
    /// Whether anything gets here at all, past the gates before.
    pub reached: bool,
    /// What decided: `rules`, or why a gate without rules did what it did, such as `no-route` or `passed`.
    pub cause: &'static str,
    /// The rules that decided, with what each took; for a route table the route.
    pub rules: Vec<RuleUse>,
    /// In words, where no rule decided, or beside the rules.
    pub reason: String,
    /// For security groups: `tracked`, `untracked` or `tracked and untracked` (S1.30, S1.32).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Where the gate itself is written.
    #[serde(flatten, serialize_with = "location")]
    pub location: Option<Location>,
    /// When a change of its rules takes effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_takes_effect: Option<&'static str>,
    /// Every rule of the gate in the order tried, if asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
}

/// A rule and the part of the flow that it took.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct RuleUse {
    /// The rule's own id (`sgr-…`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The group or list that it is of.
    pub of: String,
    /// The number of a network ACL's entry; `*` for the final deny.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// `allow`, `deny` or `unknown`; `route` for a route.
    pub action: &'static str,
    /// The rule as people say it.
    pub text: String,
    /// Where it is written.
    #[serde(flatten, serialize_with = "location")]
    pub location: Option<Location>,
    /// The part that it took; empty if all.
    pub takes: String,
}

/// A rule that was tried, and why it did not match.
#[derive(Debug, Clone, Serialize)]
pub struct Tried {
    /// The rule.
    #[serde(flatten)]
    pub rule: RuleUse,
    /// Whether it matches any of the flow.
    pub matches: bool,
    /// Why it does not match, or not all.
    pub why: String,
}

/// A flow-log record to expect (S7.2, S7.7 to S7.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowLogRecord {
    /// The name of the interface's owner.
    pub at: String,
    /// `ingress` or `egress`.
    pub direction: &'static str,
    /// `ACCEPT` or `REJECT`.
    pub action: &'static str,
    /// The record in the default format; `-` for the counters and times.
    pub record: String,
    /// In words: source, destination and port.
    pub words: String,
    /// The part of the flow that it is about; empty if all.
    pub part: String,
}

/// The smallest change that was found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Fix {
    /// What no rule can mend, and what would.
    pub advice: Vec<String>,
    /// Changes of rules, in order.
    #[serde(serialize_with = "changes")]
    pub changes: Vec<Change>,
    /// Names of the groups and lists that the changes touch, by id.
    pub names: Vec<(String, String)>,
    /// Whether the engine, run on the changed model, says that all of the question works. False only where advice has
    /// to be followed too, or nothing was found.
    pub proved: bool,
    /// What else the changes open, in words; empty: nothing else.
    pub also_opens: Vec<String>,
    /// Why `also_opens` is not complete, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also_opens_incomplete: Option<String>,
    /// Quotas that the changes run into, and other things to know.
    pub notes: Vec<String>,
}

pub(crate) fn verdict<S: Serializer>(verdict: &engine::Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict_word(*verdict))
}

pub(crate) fn some_verdict<S: Serializer>(
    verdict: &Option<engine::Verdict>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    verdict.map(verdict_word).serialize(serializer)
}

/// The verdict as answers write it.
pub fn verdict_word(verdict: engine::Verdict) -> &'static str {
    match verdict {
        engine::Verdict::Allowed => "allowed",
        engine::Verdict::Partial => "partial",
        engine::Verdict::Blocked => "blocked",
        engine::Verdict::Undecided => "undecided",
    }
}

pub(crate) fn location<S: Serializer>(location: &Option<Location>, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut map = serializer.serialize_map(None)?;
    if let Some(location) = location {
        map.serialize_entry("file", &location.file)?;
        map.serialize_entry("line", &location.line)?;
        map.serialize_entry("column", &location.column)?;
    }
    map.end()
}

/// A change as programs read it, beside its text.
#[derive(Serialize)]
struct ChangeFields {
    call: &'static str,
    id: String,
    direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traffic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    text: String,
}

/// Changes, in order, as answers have them in JSON.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'c>(pub &'c [Change]);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        changes(self.0, serializer)
    }
}

pub(crate) fn changes<S: Serializer>(changes: &[Change], serializer: S) -> Result<S::Ok, S::Error> {
    let fields = |change: &Change| {
        let (call, id, egress, rule) = match change {
            Change::AuthorizeSecurityGroup { group, rule } => {
                ("authorize-security-group", group, rule.egress, Ok(rule))
            }
            Change::RevokeSecurityGroup { group, rule } => {
                ("revoke-security-group", group, rule.egress, Ok(rule))
            }
            Change::CreateNetworkAclEntry { acl, entry } => {
                ("create-network-acl-entry", acl, entry.egress, Err(Some(entry)))
            }
            Change::ReplaceNetworkAclEntry { acl, entry } => {
                ("replace-network-acl-entry", acl, entry.egress, Err(Some(entry)))
            }
            Change::DeleteNetworkAclEntry { acl, egress, .. } => {
                ("delete-network-acl-entry", acl, *egress, Err(None))
            }
        };
        let (number, action, traffic, peer) = match (rule, change) {
            (Ok(rule), _) => (None, Some("allow".into()), Some(rule.traffic), Some(rule.peer.to_string())),
            (Err(Some(entry)), _) => (
                Some(entry.number),
                Some(entry.action.to_string()),
                Some(entry.traffic),
                Some(entry.cidr.to_string()),
            ),
            (Err(None), Change::DeleteNetworkAclEntry { number, .. }) => (Some(*number), None, None, None),
            (Err(None), _) => (None, None, None, None),
        };
        ChangeFields {
            call,
            id: id.to_string(),
            direction: if egress { "out" } else { "in" },
            number,
            action,
            traffic: traffic.map(|traffic| traffic.to_string()),
            peer,
            text: change.to_string(),
        }
    };
    serializer.collect_seq(changes.iter().map(fields))
}
