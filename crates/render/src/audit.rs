//! What an audit found, as text in the manner of compilers, as JSON, and as the report that other formats are made of.

use std::fmt::Write;

use answers::audit::{Finding, Graded, ImportGrade, Rule, Severity, Sifted};
use serde::Serialize;

use crate::plan::named;
use crate::report::{Case, Level, Outcome, Report, RuleInfo};
use crate::text::shorten;
use crate::{Style, aws_cli};

/// The version of the shape of [`audit_json`]. It changes when a field is renamed, removed or changes its meaning; new
/// fields do not change it.
pub const AUDIT_SCHEMA: &str = "portcullis.audit/1";

/// An audit as indented JSON.
///
/// # Errors
/// None that a well-formed answer can cause; they are passed on all the same.
pub fn audit_json(sifted: &Sifted) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Versioned<'a> {
        schema: &'static str,
        #[serde(flatten)]
        sifted: &'a Sifted,
    }
    serde_json::to_string_pretty(&Versioned { schema: AUDIT_SCHEMA, sifted })
}

/// An audit as text: how many there are, then each with its place, effect and fix.
pub fn audit(sifted: &Sifted, style: Style) -> String {
    let (sifted, folder) = &shortened(sifted);
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.heading(&summary(sifted)));
    for finding in &sifted.findings {
        out.push('\n');
        write_finding(&mut out, finding, style);
    }
    for waived in &sifted.waived {
        let until = waived.until.as_ref().map_or_else(String::new, |until| format!(" until {until}"));
        let line =
            format!("waived[{}]{until}: {} ({})", waived.finding.rule, waived.finding.text, waived.why);
        let _ = writeln!(out, "\n{}", style.dim(&line));
    }
    for told in &sifted.told {
        let _ = writeln!(out, "\nnote: {told}");
    }
    imported(&mut out, &sifted.imported, style);
    if !sifted.undecided.is_empty() {
        let _ = writeln!(out, "\n{}", style.heading("undecided"));
        for one in &sifted.undecided {
            let _ = writeln!(out, "  {} {}: {}", one.rule, one.subject.name, one.reason);
        }
    }
    if !folder.is_empty() {
        let _ = writeln!(out, "\n{}", style.dim(&format!("files are in {folder}")));
    }
    out
}

fn shortened(sifted: &Sifted) -> (Sifted, String) {
    let mut sifted = sifted.clone();
    let folder = shorten(|visit| {
        for finding in &mut sifted.findings {
            let related = finding.related.iter_mut().filter_map(|related| related.location.as_mut());
            for place in finding.location.iter_mut().chain(related) {
                visit(&mut place.file);
            }
        }
    });
    (sifted, folder)
}

/// What another scanner found, the worst first.
fn imported(out: &mut String, graded: &[Graded], style: Style) {
    if graded.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.heading("findings of other scanners"));
    for one in graded {
        let grade = match (one.grade, one.gates_left) {
            (ImportGrade::Latent, Some(left)) => format!("latent({left})"),
            (grade, _) => grade.word().to_owned(),
        };
        let on = one.resource.as_ref().map_or_else(|| one.message.clone(), |on| on.name.clone());
        let _ = writeln!(out, "  {grade:11} {} {}: {on}", one.tool, one.rule);
        for why in &one.why {
            let _ = writeln!(out, "              {}", style.dim(why));
        }
    }
}

/// The first line.
pub(crate) fn summary(sifted: &Sifted) -> String {
    let of = |severity| sifted.findings.iter().filter(|finding| finding.severity == severity).count();
    let count = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        several => format!("{several} {noun}s"),
    };
    let mut line = match sifted.findings.len() {
        0 => "no findings".to_owned(),
        several => count(several, "finding"),
    };
    let parts = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| (of(severity), severity));
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, severity)| count(*number, severity.word())).collect();
    if !parts.is_empty() {
        let _ = write!(line, ": {}", parts.join(", "));
    }
    let others = [
        (sifted.waived.len(), "waived"),
        (sifted.known, "known before"),
        (sifted.undecided.len(), "undecided"),
    ];
    for (number, word) in others.into_iter().filter(|(number, _)| *number > 0) {
        let _ = write!(line, "; {number} {word}");
    }
    line
}

fn write_finding(out: &mut String, finding: &Finding, style: Style) {
    let head = format!("{}[{}]", finding.severity.word(), finding.rule);
    let _ = writeln!(out, "{}: {}", style.severity(finding.severity, &head), finding.title);
    let place = finding.location.as_ref().map(ToString::to_string);
    let _ = match place {
        Some(place) => writeln!(out, "  --> {place}    {}", finding.text),
        None => writeln!(out, "  --> {}", finding.text),
    };
    for related in &finding.related {
        let place = related.location.as_ref().map(|place| format!("  {}:{}", place.file, place.line));
        let _ = writeln!(out, "   |  {}{}", related.text, style.dim(&place.unwrap_or_default()));
    }
    for effect in &finding.effect {
        let _ = writeln!(out, "   = effect: {effect}");
    }
    for gate in &finding.gates {
        let rules: Vec<String> =
            gate.rules.iter().filter(|rule| rule.action != "allow").map(rule_words).collect();
        let rules = if rules.is_empty() { String::new() } else { format!(": {}", rules.join("; ")) };
        let _ = writeln!(out, "   = stopped by: {}{rules}", gate.why);
    }
    if let Some(shown) = &finding.counterexample {
        let _ = writeln!(out, "   = shown by: portcullis explain '{}'  ({})", shown.question, shown.verdict);
    }
    if let Some(fix) = &finding.fix {
        for (position, change) in fix.changes.iter().enumerate() {
            let head = if position == 0 { "   = fix:" } else { "         " };
            let _ = writeln!(out, "{head} {}", named(change, &fix.names));
        }
        let _ = writeln!(out, "     proved: {}", fix.proof);
        for change in &fix.changes {
            let _ = writeln!(out, "       $ {}", aws_cli(change));
        }
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "   = help: {help}");
    }
}

fn fix_words(fix: &answers::audit::Fix) -> String {
    fix.changes.iter().map(|change| named(change, &fix.names)).collect::<Vec<_>>().join("; ")
}

fn rule_words(rule: &answers::explain::RuleUse) -> String {
    match &rule.number {
        Some(number) => format!("rule {number}  {}", rule.text),
        None => rule.text.clone(),
    }
}

/// An audit for the formats of other tools.
pub fn audit_report(sifted: &Sifted, rules: &[&Rule]) -> Report {
    let level = |severity| match severity {
        Severity::Note => Level::Note,
        Severity::Warning => Level::Warning,
        Severity::Error => Level::Error,
    };
    let case =
        |finding: &Finding, outcome: Outcome| {
            let mut details: Vec<String> = finding.effect.clone();
            details.extend(finding.gates.iter().map(|gate| format!("stopped by {}", gate.why)));
            let shown = finding.counterexample.as_ref();
            details.extend(shown.map(|shown| {
                format!("shown by: portcullis explain '{}' ({})", shown.question, shown.verdict)
            }));
            if let Some(fix) = &finding.fix {
                details.push(format!("fix: {} (proved: {})", fix_words(fix), fix.proof));
                details.extend(fix.changes.iter().map(aws_cli));
            }
            details.extend(finding.help.clone());
            let related = finding.related.iter();
            Case {
                rule: finding.rule.to_owned(),
                name: finding.text.clone(),
                outcome,
                message: format!("{}: {}", finding.title, finding.text),
                details,
                place: finding.location.clone(),
                related: related.filter_map(|one| Some((one.location.clone()?, one.text.clone()))).collect(),
                fingerprint: finding.fingerprint.clone(),
            }
        };
    let mut cases: Vec<Case> = sifted
        .findings
        .iter()
        .map(|finding| case(finding, Outcome::Failed(level(finding.severity))))
        .collect();
    cases.extend(
        sifted.waived.iter().map(|waived| case(&waived.finding, Outcome::Skipped(waived.why.clone()))),
    );
    cases.extend(sifted.undecided.iter().map(|one| Case {
        rule: one.rule.to_owned(),
        name: one.subject.name.clone(),
        outcome: Outcome::Undecided(one.reason.clone()),
        message: format!("{}: {}", one.subject.name, one.reason),
        details: Vec::new(),
        place: None,
        related: Vec::new(),
        fingerprint: answers::fingerprint::fingerprint([one.rule, &one.subject.id, &one.reason]),
    }));
    let rules = rules.iter().map(|rule| RuleInfo {
        id: rule.id.to_owned(),
        title: rule.title.to_owned(),
        documentation: rule.docs.to_owned(),
        level: level(rule.severity),
    });
    Report {
        command: "audit",
        summary: summary(sifted),
        rules: rules.collect(),
        cases,
        // What counts is found, however bad it is: `--severity` says from which level on it counts.
        fails_from: Level::Note,
        ..Report::default()
    }
}

/// The rules as a list: id, worst severity, name and what each is about.
pub fn rule_list(rules: &[&Rule], style: Style) -> String {
    let mut out = String::new();
    let name = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for rule in rules {
        let severity = style.severity(rule.severity, &format!("{:7}", rule.severity.word()));
        let _ = writeln!(out, "{}  {severity}  {:name$}  {}", style.heading(rule.id), rule.name, rule.title);
    }
    out
}

/// A rule's documentation, as Markdown.
pub fn rule_page(rule: &Rule) -> String {
    format!(
        "# {} {}\n\n{}, at worst: {}.\n\n{}",
        rule.id,
        rule.name,
        rule.severity.word(),
        rule.title,
        rule.docs
    )
}

/// All rules' documentation in one page.
pub fn rules_page(rules: &[&Rule]) -> String {
    let mut out = String::from(RULES_HEAD);
    for rule in rules {
        let _ =
            writeln!(out, "| [{}](#{}) | {} | {} |", rule.id, anchor(rule), rule.severity.word(), rule.title);
    }
    for rule in rules {
        let docs = rule.docs.replace("\n## ", "\n### ");
        let docs = docs.strip_prefix("## ").map_or_else(|| docs.clone(), |rest| format!("### {rest}"));
        let _ = write!(
            out,
            "\n## {} {}\n\nAt worst: {}. {}.\n\n{docs}",
            rule.id,
            rule.name,
            rule.severity.word(),
            sentence(rule.title)
        );
    }
    out
}

fn sentence(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// As hosts of Markdown make anchors of headings.
fn anchor(rule: &Rule) -> String {
    format!("{}-{}", rule.id.to_lowercase(), rule.name)
}

const RULES_HEAD: &str = "\
# Rules of `portcullis audit`

This page is written by the program: `portcullis rule --all` prints it, and a test keeps it current. `portcullis rule
PC0203` prints one rule.

Other commands use ids of the same kind: PC0601 (flows that a change opens, closes or cuts), PC0602 (a change that no answer
differs by) and what becomes of open connections are `portcullis diff`'s; PC0901 (a line that speaks of nobody) and PC0902
(something that no line declares) are `portcullis test`'s. Left out is what no export says: which rules are never used, and
whether flow logs contradict the answers, since flow logs are not read.

| rule | at worst | what it is about |
|---|---|---|
";

#[cfg(test)]
mod tests {
    use answers::audit::RULES;

    /// The page is what the program prints: `portcullis rule --all > docs/rules.md`.
    #[test]
    fn the_page_of_rules_is_current() {
        let page = include_str!("../../../docs/rules.md");
        assert_eq!(super::rules_page(RULES), page, "write it again: portcullis rule --all > docs/rules.md");
    }
}
