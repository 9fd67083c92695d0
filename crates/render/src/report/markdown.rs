//! Markdown for the comment on a pull request: the verdict first, then a table of what is wrong, the rest folded.

use std::fmt::Write;
use std::io;

use super::{Case, Format, Outcome, Report, place};
use crate::html;
use crate::markdown::escaped;

pub(super) const FORMAT: Format =
    Format { name: "md", about: "Markdown, for a comment on a pull request", print };

/// A comment on GitHub holds 65,536 characters. Longer ones are refused, so what is left over is counted instead.
const ROOM: usize = 60_000;

fn print(report: &Report) -> io::Result<String> {
    let wrong: Vec<&Case> =
        of(report, |outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Undecided(_)));
    let mut out = format!("### portcullis {}: {}\n", report.command, escaped(&report.summary));
    if !wrong.is_empty() {
        let head = "\n| | rule | what | where |\n|---|---|---|---|\n";
        append(&mut out, head, wrong.iter().map(|case| row(case)), |left| {
            format!("\n{left} more are left out: a comment has no room for them.\n")
        });
        let detailed: Vec<_> = wrong.iter().filter(|case| !case.lines().is_empty()).collect();
        append(&mut out, "", detailed.iter().map(|case| details(case)), |left| {
            format!("\nThe details of {left} more are left out: a comment has no room for them.\n")
        });
    }
    for (what, cases) in [
        ("skipped", of(report, |outcome| matches!(outcome, Outcome::Skipped(_)))),
        ("passed", of(report, |outcome| matches!(outcome, Outcome::Passed))),
    ] {
        if cases.is_empty() {
            continue;
        }
        let head = format!("\n<details><summary>{} {what}</summary>\n\n", cases.len());
        append(&mut out, &head, cases.iter().map(|case| item(case)), |left| format!("- and {left} more\n"));
        out.push_str("\n</details>\n");
    }
    Ok(out)
}

fn of(report: &Report, wanted: fn(&Outcome) -> bool) -> Vec<&Case> {
    report.cases.iter().filter(|case| wanted(&case.outcome)).collect()
}

/// Adds pieces while there is room, and what to say of those that are left.
fn append(
    out: &mut String,
    head: &str,
    pieces: impl ExactSizeIterator<Item = String>,
    rest: impl Fn(usize) -> String,
) {
    out.push_str(head);
    let mut left = pieces.len();
    for piece in pieces {
        if out.len() + piece.len() > ROOM {
            break;
        }
        out.push_str(&piece);
        left -= 1;
    }
    if left > 0 {
        out.push_str(&rest(left));
    }
}

fn row(case: &Case) -> String {
    let place = case.place.as_ref().map(|at| format!("{}:{}", place::path(&at.file), at.line));
    let cells = [case.outcome.word(), &case.rule, &case.sentence(), &place.unwrap_or_default()].map(escaped);
    format!("| {} |\n", cells.join(" | "))
}

fn item(case: &Case) -> String {
    let reason = match &case.outcome {
        Outcome::Skipped(reason) => format!(" ({reason})"),
        _ => String::new(),
    };
    format!("- {}\n", escaped(&format!("{} {}{reason}", case.rule, case.sentence())))
}

/// As preformatted text, in which nothing but a tag has a meaning.
fn details(case: &Case) -> String {
    let mut out = String::new();
    let title = html::escaped(&format!("{} {}", case.rule, case.sentence()).replace('\n', " "));
    // Nobody is told that a resource has their name.
    let title = title.replace('@', "@<!-- -->");
    let _ = writeln!(out, "\n<details><summary>{title}</summary>\n");
    let _ = writeln!(out, "<pre>\n{}\n</pre>\n\n</details>", html::escaped(&case.lines().join("\n")));
    out
}
