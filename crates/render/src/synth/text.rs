//! For people: the verdict first, then each group and list as a table, what to give it to, and what is not as declared.

use std::fmt::Write;

use answers::synth::{Passage, PlannedGroup, PlannedList, attachments};
use engine::Verdict;

use super::{Synthesised, kept_name, place, steps};
use crate::Style;
use crate::matrix::words;

/// The rules as text.
pub fn synth_text(shown: &Synthesised<'_>, style: Style) -> String {
    let mut out = String::new();
    let verdict = shown.verdict();
    let (word, rest) = verdict.split_once("  ").unwrap_or((&verdict, ""));
    let colour = if shown.is_proved() { Verdict::Allowed } else { Verdict::Blocked };
    let _ = writeln!(out, "{}  {rest}", style.verdict(colour, word));
    for planned in &shown.found.groups {
        group(&mut out, planned, shown, style);
    }
    for planned in &shown.found.lists {
        list(&mut out, planned, shown, style);
    }
    if shown.found.lists.is_empty() {
        let _ = writeln!(out, "\n  network ACLs stay as they are");
    }
    let widened = &shown.found.widened;
    if !widened.is_empty() {
        let _ = writeln!(out, "\n  {}", style.heading("one block in place of several, which are too many"));
    }
    for widened in widened {
        let _ = writeln!(out, "    {}", super::larger(widened));
    }
    failures(&mut out, shown, style);
    if let Some(found) = &shown.found.steps {
        let _ = writeln!(out, "\n  {}", style.heading(&steps::verdict(found)));
        for (position, step) in found.iter().enumerate() {
            let _ = writeln!(out, "    {:>2}  {}", position + 1, steps::words(&step.act, shown));
            for said in steps::does(step, shown) {
                let _ = writeln!(out, "        {said}");
            }
        }
    }
    if !shown.notes.is_empty() {
        out.push('\n');
    }
    for note in shown.notes {
        let _ = writeln!(out, "  note: {note}");
    }
    out
}

fn group(out: &mut String, planned: &PlannedGroup, shown: &Synthesised<'_>, style: Style) {
    let group = &planned.group;
    let is_new = shown.is_new_group(&group.id);
    let what = if is_new { "a new security group" } else { "a security group that is there" };
    let name = kept_name(is_new, &group.tags, group.name.as_deref());
    let _ = writeln!(out, "\n  {}  {name}{what}", style.heading(group.id.as_str()));
    let mut rows = Vec::new();
    for egress in [false, true] {
        let rules = group.rules.iter().zip(&planned.lines).filter(|(rule, _)| rule.egress == egress);
        let before = rows.len();
        for (rule, lines) in rules {
            let peer = format!("{} {}", preposition(egress), rule.peer);
            rows.push([direction(egress).into(), rule.traffic.to_string(), peer, shown.purpose(lines)]);
        }
        if rows.len() == before {
            rows.push([direction(egress), "(none)", "", ""].map(str::to_owned));
        }
    }
    table(out, &rows, style);
    if !is_new {
        return;
    }
    for (position, attachment) in attachments(&shown.found.after, planned).iter().enumerate() {
        let word = if position == 0 { "give it to" } else { "and" };
        let _ = writeln!(out, "    {word:<10}  {}", place(attachment, shown.to_be));
    }
}

fn list(out: &mut String, planned: &PlannedList, shown: &Synthesised<'_>, style: Style) {
    let list = &planned.list;
    let subnets = words::list(list.subnets.iter().map(|id| shown.subnet(id)).collect());
    let is_new = shown.is_new_list(&list.id);
    let what = if is_new { "a new network ACL for" } else { "a network ACL that is there, of" };
    let name = kept_name(is_new, &list.tags, None);
    let _ = writeln!(out, "\n  {}  {name}{what} {subnets}", style.heading(list.id.as_str()));
    let mut rows = Vec::new();
    for egress in [false, true] {
        let entries = list.entries.iter().zip(&planned.lines).filter(|(entry, _)| entry.egress == egress);
        for (entry, lines) in entries {
            let peer = format!("{} {}", preposition(egress), entry.cidr);
            let purpose = shown.purpose(lines);
            let [number, action, traffic] =
                [entry.number.to_string(), entry.action.to_string(), entry.traffic.to_string()];
            rows.push([direction(egress).into(), number, action, traffic, peer, purpose]);
        }
        rows.push([direction(egress), "*", "deny", "all", "", ""].map(str::to_owned));
    }
    table(out, &rows, style);
}

fn direction(egress: bool) -> &'static str {
    if egress { "out" } else { "in" }
}

fn preposition(egress: bool) -> &'static str {
    if egress { "to" } else { "from" }
}

/// Columns as wide as what is in them; the last, what a rule is for, is dimmed.
fn table<const N: usize>(out: &mut String, rows: &[[String; N]], style: Style) {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    });
    for row in rows {
        let mut line = String::from("    ");
        let mut gap = 0;
        for (position, (cell, width)) in row.iter().zip(widths).enumerate() {
            if cell.is_empty() {
                gap += width + 2;
                continue;
            }
            line.push_str(&" ".repeat(gap));
            match position + 1 == N {
                true => line.push_str(&style.dim(cell).to_string()),
                false => line.push_str(cell),
            }
            gap = width.saturating_sub(cell.chars().count()) + 2;
        }
        let _ = writeln!(out, "{line}");
    }
}

/// What is not as declared.
fn failures(out: &mut String, shown: &Synthesised<'_>, style: Style) {
    let proof = &shown.found.proof;
    if !proof.unmet.is_empty() {
        let _ = writeln!(out, "\n  {}", style.heading("declared, and no new rule lets it through"));
    }
    for unmet in &proof.unmet {
        let word = match (unmet.verdict, unmet.pairs) {
            (Verdict::Undecided, _) => "cannot be decided",
            (_, 1) => "does not work in full",
            _ => "do not work in full",
        };
        let pairs = words::count(unmet.pairs as u64, "pair");
        let _ = writeln!(out, "    {}  {pairs} {word}", shown.line(unmet.line));
        if let Some(line) = shown.declared.get(unmet.line) {
            let question = line.question.text.replace('\'', "'\\''");
            let _ = writeln!(out, "      portcullis explain '{question}'");
        }
    }
    if !proof.undeclared.is_empty() {
        let _ = writeln!(out, "\n  {}", style.heading("passes, and no line declares it"));
    }
    for found in &proof.undeclared {
        let _ = writeln!(out, "    {}", passage(found, shown, style));
    }
    let failed: Vec<_> = shown.tested.lines.iter().filter(|line| !super::is_so(line.status)).collect();
    if !failed.is_empty() {
        let _ = writeln!(out, "\n  {}", style.heading("other lines, with these rules"));
    }
    for line in failed {
        crate::intent::one(out, line, 0, style);
    }
}

/// `web-1 -> web-2  tcp 443`.
pub(super) fn passage(found: &Passage, shown: &Synthesised<'_>, style: Style) -> String {
    let beyond = if found.family == space::Family::V4 { "internet" } else { "internet6" };
    let name =
        |id: &Option<model::Id>| id.as_ref().map_or_else(|| beyond.to_owned(), |id| shown.interface(id));
    let to_internet = found.server.is_none();
    let services = words::together(&found.services, to_internet, style);
    let may =
        words::together(&found.may_pass, to_internet, style).into_iter().map(|text| format!("? {text}"));
    let passes = services.into_iter().chain(may).collect::<Vec<_>>().join("; ");
    format!("{} -> {}  {passes}", name(&found.client), name(&found.server))
}
