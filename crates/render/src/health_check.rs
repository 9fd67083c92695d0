//! The health checks of a target group as text: a table of nodes and targets.

use std::fmt::Write;

use answers::explain::{HealthCheck, HealthRow, Outcome};
use engine::Verdict;

use crate::Style;
use crate::text::{FixForm, smallest_fix, verdict_word};

/// The checks as text: the verdict first, then node by node.
pub fn health_check(health: &HealthCheck, form: FixForm, style: Style) -> String {
    let mut out = String::new();
    let word = verdict_word(health.verdict);
    let passing = health.checks.iter().filter(|check| check.verdict == Verdict::Allowed).count();
    let _ = writeln!(
        out,
        "{}  health checks of {} ({}): {passing} of {} pass",
        style.verdict(health.verdict, word),
        health.target_group,
        health.check,
        health.checks.len()
    );
    for reason in &health.reasons {
        let _ = writeln!(out, "  {reason}");
    }
    if !health.checks.is_empty() {
        table(&mut out, &health.checks, style);
    }
    for note in &health.notes {
        let _ = writeln!(out, "\n  {note}");
    }
    if let Some(fix) = &health.fix {
        smallest_fix(&mut out, fix, form, style);
    }
    out
}

fn table(out: &mut String, checks: &[HealthRow], style: Style) {
    let place = |name: &str, zone: &str| match zone {
        "" => name.to_owned(),
        zone => format!("{name} ({zone})"),
    };
    let rows: Vec<[String; 3]> = checks
        .iter()
        .map(|check| {
            let state = match &check.state_reason {
                Some(reason) if check.state != "healthy" => format!("{}: {reason}", check.state),
                _ => check.state.to_owned(),
            };
            [place(&check.node, &check.node_zone), place(&check.target, &check.zone), state]
        })
        .collect();
    let width = |column: usize, head: &str| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.max().unwrap_or(0).max(head.len())
    };
    let (node, target) = (width(0, "node"), width(1, "target"));
    let head = format!("node{:<pad$}  target{:<more$}  AWS says", "", "", pad = node - 4, more = target - 6);
    let _ = writeln!(out, "\n     {}", style.dim(&head));
    for (check, [from, to, state]) in checks.iter().zip(&rows) {
        let mark = style.outcome(match check.verdict {
            Verdict::Allowed => Outcome::Passes,
            Verdict::Partial => Outcome::Partly,
            Verdict::Blocked => Outcome::Blocks,
            Verdict::Undecided => Outcome::Unknown,
        });
        let _ = writeln!(out, "   {mark} {from:<node$}  {to:<target$}  {state}");
        if !check.cause.is_empty() {
            let _ = writeln!(out, "       {}", check.cause);
        }
    }
}
