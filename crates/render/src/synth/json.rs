//! As JSON, for programs: rules with the lines that they are for, by their ids.

use answers::explain::verdict_word;
use answers::intent::TestedLine;
use answers::reach::ServiceShare;
use answers::synth::{
    Act, Attachment, Passage, PlannedGroup, PlannedList, Step, Unmet, Widened, attachments,
};
use model::{Change, Id, NetworkAclEntry, Peer, SecurityGroupRule};
use serde::Serialize;

use super::{Synthesised, steps};
use crate::Style;
use crate::matrix::expanded::family_word;
use crate::matrix::words;

/// The version of the shape of [`synth_json`]. It changes when a field is renamed, removed or changes its meaning; new
/// fields do not change it.
pub const SYNTH_SCHEMA: &str = "portcullis.synth/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    proved: bool,
    verdict: String,
    pairs: usize,
    lines: Vec<Line<'a>>,
    groups: Vec<Group<'a>>,
    lists: Vec<List<'a>>,
    larger_blocks: Vec<Larger<'a>>,
    unmet: Vec<NotMet<'a>>,
    undeclared: Vec<Passing<'a>>,
    tested: &'a [TestedLine],
    /// Only with `--keep-existing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<OneStep<'a>>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    /// Health checks, which come behind the declared lines, have none.
    flow: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    name: String,
}

#[derive(Serialize)]
struct Group<'a> {
    id: &'a str,
    new: bool,
    name: Option<&'a str>,
    vpc: Option<&'a str>,
    members: Vec<Named<'a>>,
    give_to: Vec<Place>,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Place {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: String,
}

#[derive(Serialize)]
struct Rule<'a> {
    direction: &'static str,
    traffic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cidr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix_list: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    lines: Vec<&'a str>,
}

#[derive(Serialize)]
struct List<'a> {
    id: &'a str,
    new: bool,
    name: Option<&'a str>,
    vpc: &'a str,
    subnets: Vec<Named<'a>>,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    direction: &'static str,
    number: u32,
    action: String,
    traffic: String,
    cidr: String,
    lines: Vec<&'a str>,
}

#[derive(Serialize)]
struct OneStep<'a> {
    call: &'static str,
    text: String,
    opens: Vec<Passing<'a>>,
    breaks: Vec<Passing<'a>>,
    ends: Vec<Passing<'a>>,
}

/// One block in place of several.
#[derive(Serialize)]
struct Larger<'a> {
    of: &'a str,
    direction: &'static str,
    block: String,
    in_place_of: Vec<String>,
    /// As text, since there may be more than programs count in numbers of JSON.
    more_addresses: String,
}

#[derive(Serialize)]
struct NotMet<'a> {
    line: Option<&'a str>,
    pairs: usize,
    verdict: &'static str,
}

#[derive(Serialize)]
struct Passing<'a> {
    client: Option<&'a str>,
    server: Option<&'a str>,
    family: &'static str,
    services: Vec<String>,
    may_pass: Vec<String>,
}

/// The rules as indented JSON.
///
/// # Errors
/// None that a well-formed answer can cause; they are passed on all the same.
pub fn synth_json(shown: &Synthesised<'_>) -> serde_json::Result<String> {
    let proof = &shown.found.proof;
    let lines = shown.found.lines.iter().enumerate().map(|(position, id)| {
        let declared = shown.declared.get(position);
        let flow = declared.map(|line| line.question.text.as_str());
        Line { id, flow, why: declared.and_then(|line| line.why.as_deref()) }
    });
    serde_json::to_string_pretty(&Document {
        schema: SYNTH_SCHEMA,
        proved: shown.is_proved(),
        verdict: shown.verdict(),
        pairs: proof.pairs,
        lines: lines.collect(),
        groups: shown.found.groups.iter().map(|planned| group(shown, planned)).collect(),
        lists: shown.found.lists.iter().map(|planned| list(shown, planned)).collect(),
        larger_blocks: shown.found.widened.iter().map(larger).collect(),
        unmet: proof.unmet.iter().map(|unmet| not_met(shown, unmet)).collect(),
        undeclared: proof.undeclared.iter().map(passing).collect(),
        tested: &shown.tested.lines,
        steps: (shown.found.steps.as_ref()).map(|all| all.iter().map(|step| one_step(shown, step)).collect()),
        notes: shown.notes,
    })
}

fn ids<'a>(shown: &Synthesised<'a>, lines: &[usize]) -> Vec<&'a str> {
    lines.iter().filter_map(|line| shown.found.lines.get(*line)).map(String::as_str).collect()
}

fn direction(egress: bool) -> &'static str {
    if egress { "out" } else { "in" }
}

fn group<'a>(shown: &Synthesised<'a>, planned: &'a PlannedGroup) -> Group<'a> {
    let group = &planned.group;
    let named = |id: &'a Id| Named { id: id.as_str(), name: shown.interface(id) };
    Group {
        id: group.id.as_str(),
        new: shown.is_new_group(&group.id),
        name: group.name.as_deref(),
        vpc: group.vpc.as_ref().map(Id::as_str),
        members: planned.members.iter().chain(&planned.makers).map(named).collect(),
        give_to: attachments(&shown.found.after, planned).iter().map(place).collect(),
        rules: group.rules.iter().zip(&planned.lines).map(|(of, lines)| rule(shown, of, lines)).collect(),
    }
}

fn place(attachment: &Attachment) -> Place {
    let (kind, id, name) = match attachment {
        Attachment::Interface { id, name } => ("network-interface", Some(id), name),
        Attachment::LoadBalancer { id, name, .. } => ("load-balancer", Some(id), name),
        Attachment::Launch { group } => ("auto-scaling-group", None, group),
        Attachment::Endpoint { id, name } => ("vpc-endpoint", Some(id), name),
        Attachment::Service { id, name } => ("service", Some(id), name),
    };
    Place { kind, id: id.map(Id::to_string), name: name.clone() }
}

fn rule<'a>(shown: &Synthesised<'a>, rule: &'a SecurityGroupRule, lines: &[usize]) -> Rule<'a> {
    let (mut cidr, mut group, mut prefix_list) = (None, None, None);
    match &rule.peer {
        Peer::Cidr(block) => cidr = Some(block.to_string()),
        Peer::Group(id) => group = Some(id.as_str()),
        Peer::PrefixList(id) => prefix_list = Some(id.as_str()),
    }
    Rule {
        direction: direction(rule.egress),
        traffic: rule.traffic.to_string(),
        cidr,
        group,
        prefix_list,
        description: rule.description.as_deref(),
        lines: ids(shown, lines),
    }
}

fn list<'a>(shown: &Synthesised<'a>, planned: &'a PlannedList) -> List<'a> {
    let list = &planned.list;
    let named = |id: &'a Id| Named { id: id.as_str(), name: shown.subnet(id) };
    let entry = |(entry, lines): (&NetworkAclEntry, &Vec<usize>)| Entry {
        direction: direction(entry.egress),
        number: entry.number,
        action: entry.action.to_string(),
        traffic: entry.traffic.to_string(),
        cidr: entry.cidr.to_string(),
        lines: ids(shown, lines),
    };
    List {
        id: list.id.as_str(),
        new: shown.is_new_list(&list.id),
        name: list.tags.name(),
        vpc: list.vpc.as_str(),
        subnets: list.subnets.iter().map(named).collect(),
        entries: list.entries.iter().zip(&planned.lines).map(entry).collect(),
    }
}

fn one_step<'a>(shown: &Synthesised<'a>, step: &'a Step) -> OneStep<'a> {
    let call = match &step.act {
        Act::CreateGroup(_) => "create-group",
        Act::CreateList(_) => "create-list",
        Act::Change(Change::AuthorizeSecurityGroup { .. }) => "authorize-rule",
        Act::Change(Change::RevokeSecurityGroup { .. }) => "revoke-rule",
        Act::Change(Change::CreateNetworkAclEntry { .. }) => "create-entry",
        Act::Change(Change::ReplaceNetworkAclEntry { .. }) => "replace-entry",
        Act::Change(Change::DeleteNetworkAclEntry { .. }) => "delete-entry",
        Act::SetGroups { .. } => "set-groups",
        Act::Associate(..) => "associate-list",
    };
    let [opens, breaks, ends] =
        [&step.opens, &step.breaks, &step.cuts].map(|all| all.iter().map(passing).collect());
    OneStep { call, text: steps::words(&step.act, shown), opens, breaks, ends }
}

fn larger(widened: &Widened) -> Larger<'_> {
    Larger {
        of: widened.id.as_str(),
        direction: direction(widened.egress),
        block: widened.into.to_string(),
        in_place_of: widened.blocks.iter().map(ToString::to_string).collect(),
        more_addresses: widened.extra.to_string(),
    }
}

fn not_met<'a>(shown: &Synthesised<'a>, unmet: &Unmet) -> NotMet<'a> {
    let line = shown.found.lines.get(unmet.line).map(String::as_str);
    NotMet { line, pairs: unmet.pairs, verdict: verdict_word(unmet.verdict) }
}

fn passing(found: &Passage) -> Passing<'_> {
    let to_internet = found.server.is_none();
    let text =
        |all: &[ServiceShare]| all.iter().map(|one| words::service(one, to_internet, Style::PLAIN)).collect();
    Passing {
        client: found.client.as_ref().map(Id::as_str),
        server: found.server.as_ref().map(Id::as_str),
        family: family_word(found.family),
        services: text(&found.services),
        may_pass: text(&found.may_pass),
    }
}
