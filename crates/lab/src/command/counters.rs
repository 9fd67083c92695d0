//! `portcullis lab counters`: what each rule has taken.

use std::collections::HashMap;
use std::fmt::Write;
use std::process::ExitCode;

use answers::explain::{RuleUse, rule_use};
use clap::Args;
use cli::input;
use cli::output::{self, ColorChoice};
use engine::{Network, RuleAction, RuleRef};
use lab::addresses;
use lab::counters::{self, Count};
use model::Action;
use render::LAB_COUNTERS_SCHEMA;
use serde::Serialize;

use super::{Format, count, planned, standing};

/// Show what each rule of security groups and network ACLs has taken
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How to print it
    #[arg(long, value_enum, default_value_t, env = "PORTCULLIS_FORMAT")]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  portcullis lab counters
  portcullis lab counters --format json

A rule of a network ACL counts every packet that it decides. A rule of a security group counts the first packet of each
connection that the group keeps track of, and every packet of one that it does not. Where several rules match, the one that
decides counts: of a group's rules the first.

`unused` has taken nothing since it came into force. `no packet meets it`: no interface of the lab has the group, no subnet
the list, or rules before it take all that it matches.

Exit codes: 0 it was shown, 2 no lab is up, or its input has changed";

/// A rule and what it has taken.
#[derive(Serialize)]
struct Row {
    kind: &'static str,
    list: String,
    direction: &'static str,
    #[serde(flatten)]
    rule: RuleUse,
    in_force: bool,
    packets: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Shown<'a> {
    schema: &'static str,
    lab: &'a str,
    rules: &'a [Row],
}

/// Runs it.
///
/// # Errors
/// If no lab is up, or its input has changed since.
pub(crate) fn run(arguments: &Arguments, name: &str, color: ColorChoice) -> anyhow::Result<ExitCode> {
    let state = standing(name)?;
    let loaded = input::load(&state.inputs, output::style(color, &std::io::stderr()))?;
    let (network, _) = addresses::given(&loaded.network);
    let lab = planned(&state, &network)?;
    let counts = counters::read(lab.topology(), lab.names(), &lab.rules().marks)?;
    let rows = rows(&network, &counts);
    output::print(&match arguments.format {
        Format::Text => text(&rows),
        Format::Json => {
            let shown = Shown { schema: LAB_COUNTERS_SCHEMA, lab: name, rules: &rows };
            serde_json::to_string_pretty(&shown)? + "\n"
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Every rule, by group or list, inbound ones first; entries of lists in the order in which they are tried.
fn rows(network: &Network, counts: &HashMap<RuleRef, Count>) -> Vec<Row> {
    let model = network.model();
    let row = |kind, list: &model::Id, egress, rule: RuleRef, action: &RuleAction| {
        let count = counts.get(&rule);
        let Count { packets, bytes } = count.copied().unwrap_or_default();
        let direction = if egress { "out" } else { "in" };
        let rule = rule_use(network, Some(rule), action);
        Row { kind, list: list.to_string(), direction, rule, in_force: count.is_some(), packets, bytes }
    };
    let mut rows = Vec::new();
    for (ix, group) in model.security_groups.iter() {
        for way in [false, true] {
            let rules = group.rules.iter().enumerate().filter(|(_, rule)| rule.egress == way);
            rows.extend(rules.map(|(at, _)| {
                row("security-group", &group.id, way, RuleRef::SecurityGroup(ix, at), &RuleAction::Allow)
            }));
        }
    }
    for (ix, acl) in model.network_acls.iter() {
        for way in [false, true] {
            let entries = acl.entries.iter().enumerate().filter(|(_, entry)| entry.egress == way);
            let mut entries: Vec<_> = entries.collect();
            entries.sort_by_key(|(_, entry)| entry.number);
            rows.extend(entries.into_iter().map(|(at, entry)| {
                let action = match entry.action {
                    Action::Allow => RuleAction::Allow,
                    Action::Deny => RuleAction::Deny,
                };
                row("network-acl", &acl.id, way, RuleRef::NetworkAcl(ix, at), &action)
            }));
        }
    }
    rows
}

fn text(rows: &[Row]) -> String {
    let rule = |row: &Row| {
        let number = row.rule.number.as_ref().map_or(String::new(), |number| format!("{number:>5}  "));
        format!("  {:3}  {number}{}", row.direction, row.rule.text)
    };
    let width = rows.iter().map(|row| rule(row).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let mut last = None;
    for row in rows {
        if last.replace(&row.list) != Some(&row.list) {
            let called = if row.rule.of == row.list {
                row.list.clone()
            } else {
                format!("{} {}", row.rule.of, row.list)
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{called}");
        }
        let taken = match (row.in_force, row.packets) {
            (false, _) => "no packet meets it".to_owned(),
            (true, 0) => "unused".to_owned(),
            (true, packets) => format!("{}  {}", number(packets, "packet"), number(row.bytes, "byte")),
        };
        let _ = writeln!(text, "{:width$}  {taken}", rule(row));
    }
    text
}

fn number(value: u64, word: &str) -> String {
    usize::try_from(value).map_or_else(|_| format!("{value} {word}s"), |value| count(value, word))
}
