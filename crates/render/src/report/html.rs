//! One HTML file: nothing is fetched, nothing is run. It is XML as well, so that a strict reader can check it.

use std::fmt::Write;
use std::io;

use super::{Case, Format, Outcome, Report};
use crate::html::{COLOURS, escaped};

pub(super) const FORMAT: Format =
    Format { name: "html", about: "One HTML file, to read and to print", print };

const STYLE: &str = "\
body { margin: 1rem auto; max-width: 60rem; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.2rem; margin: 0 0 .2rem } h2 { font-size: 1rem; margin: 1.5rem 0 .5rem } h3 { font-size: 1rem; margin: 0 }
p { margin: .3rem 0 } header p, .where, .rule { color: var(--dim) }
article { border: 1px solid var(--line); border-left-width: .4rem; padding: .5rem .8rem; margin: .6rem 0; break-inside: avoid }
.error { border-left-color: var(--no) } .warning { border-left-color: var(--part) } .note { border-left-color: var(--line) } .undecided { border-left-color: var(--may) }
.mark { padding: 0 .4rem; border-radius: .2rem; font-weight: 600 }
.error .mark { background: var(--no) } .warning .mark { background: var(--part) } .note .mark { background: var(--head) } .undecided .mark { background: var(--may) }
pre { white-space: pre-wrap; background: var(--head); padding: .5rem; margin: .4rem 0 }
summary { cursor: pointer } ul { padding-left: 1.2rem; margin: .3rem 0 }
@media print { body { max-width: none } details::details-content { content-visibility: visible; block-size: auto } }
";

fn print(report: &Report) -> io::Result<String> {
    let mut out = String::new();
    // A `String` takes everything.
    let _ = page(report, &mut out);
    Ok(out)
}

fn page(report: &Report, out: &mut String) -> std::fmt::Result {
    let title = escaped(&format!("portcullis {}", report.command));
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")?;
    writeln!(out, "<title>{title}: {}</title>\n<style>\n{COLOURS}{STYLE}</style>", escaped(&report.summary))?;
    writeln!(out, "</head>\n<body>\n<header>\n<h1>{}</h1>", escaped(&report.summary))?;
    let seconds = report.seconds.map(|seconds| format!(", {seconds:.2} s")).unwrap_or_default();
    let of = if report.input.is_empty() { "" } else { " of " };
    writeln!(out, "<p>{title}{of}{}{seconds}</p>\n</header>", escaped(&report.input))?;
    let wrong = |case: &&Case| matches!(case.outcome, Outcome::Failed(_) | Outcome::Undecided(_));
    writeln!(out, "<main>")?;
    for case in report.cases.iter().filter(wrong) {
        article(report, case, out)?;
    }
    folded(report, "skipped", |outcome| matches!(outcome, Outcome::Skipped(_)), out)?;
    folded(report, "passed", |outcome| matches!(outcome, Outcome::Passed), out)?;
    rules(report, out)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

fn article(report: &Report, case: &Case, out: &mut String) -> std::fmt::Result {
    let word = case.outcome.word();
    writeln!(out, "<article class=\"{word}\">")?;
    writeln!(out, "<h3><span class=\"mark\">{word}</span> {}</h3>", escaped(&case.name))?;
    writeln!(out, "<p>{}</p>", escaped(&case.message))?;
    let lines = case.lines();
    if !lines.is_empty() {
        writeln!(out, "<pre>{}</pre>", escaped(&lines.join("\n")))?;
    }
    if let Some(at) = &case.place {
        writeln!(out, "<p class=\"where\">{}</p>", escaped(&at.to_string()))?;
    }
    let rule = escaped(&case.rule);
    match report.rule(case) {
        Some((index, info)) => writeln!(
            out,
            "<p class=\"rule\"><a href=\"#rule-{index}\">{rule}</a> {}</p>",
            escaped(&info.title)
        )?,
        None => writeln!(out, "<p class=\"rule\">{rule}</p>")?,
    }
    writeln!(out, "</article>")
}

/// What is not wrong: a line each, behind a click.
fn folded(report: &Report, what: &str, wanted: fn(&Outcome) -> bool, out: &mut String) -> std::fmt::Result {
    let cases: Vec<_> = report.cases.iter().filter(|case| wanted(&case.outcome)).collect();
    if cases.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>{} {what}</summary>\n<ul>", cases.len())?;
    for case in cases {
        let reason = match &case.outcome {
            Outcome::Skipped(reason) => format!(" ({reason})"),
            _ => String::new(),
        };
        writeln!(out, "<li>{}</li>", escaped(&format!("{} {}{reason}", case.rule, case.sentence())))?;
    }
    writeln!(out, "</ul>\n</details>")
}

fn rules(report: &Report, out: &mut String) -> std::fmt::Result {
    if report.rules.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Rules</h2>")?;
    for (index, rule) in report.rules.iter().enumerate() {
        let title = escaped(&format!("{} {}", rule.id, rule.title));
        writeln!(out, "<details id=\"rule-{index}\"><summary>{title}</summary>")?;
        writeln!(out, "<pre>{}</pre>\n</details>", escaped(rule.documentation.trim()))?;
    }
    Ok(())
}
