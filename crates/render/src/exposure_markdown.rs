//! What the internet reaches, as Markdown: a table a grade, for an issue or a report.

use std::fmt::Write;

use answers::explain::RuleUse;
use answers::exposure::{Exposure, Finding, Grade};

use crate::exposure::{
    asked, decided, from, grade_word, interfaces, names, percent, plain_rule, reason, sent_by, summary,
    targets, telling,
};
use crate::markdown::escaped;

/// An exposure as Markdown.
pub fn exposure_markdown(exposure: &Exposure) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "### {}\n\n{}\n", summary(exposure), interfaces(exposure));
    for grade in [Grade::Exposed, Grade::Partial, Grade::Undecided, Grade::Latent] {
        let findings: Vec<_> = exposure.findings.iter().filter(|finding| finding.grade == grade).collect();
        if findings.is_empty() {
            continue;
        }
        let (last, rule) = match grade {
            Grade::Exposed => ("", ""),
            Grade::Partial => (" works; cut by |", "---|"),
            Grade::Undecided => (" not known |", "---|"),
            Grade::Latent => (" stopped by |", "---|"),
        };
        let _ = writeln!(out, "#### {}\n", grade_word(grade));
        let _ = writeln!(out, "| interfaces | service | from | let in by |{last}\n|---|---|---|---|{rule}");
        for finding in findings {
            let rules: Vec<String> =
                finding.rules.iter().map(|rule| placed(&plain_rule(rule, "in"), rule)).collect();
            let cells = [names(&finding.of), asked(finding), from(&finding.from)].map(|cell| escaped(&cell));
            let more = more(finding).map_or(String::new(), |more| format!(" {more} |"));
            let _ = writeln!(out, "| {} | {} |{more}", cells.join(" | "), rules.join("<br>"));
        }
        out.push('\n');
    }
    if !exposure.behind.is_empty() {
        let _ = writeln!(out, "#### behind load balancers\n\n| load balancer | targets |\n|---|---|");
        for one in &exposure.behind {
            let _ = writeln!(out, "| {} | {} |", escaped(&sent_by(one)), escaped(&targets(one, false)));
        }
        out.push('\n');
    }
    if !exposure.unreachable.is_empty() {
        let _ = writeln!(out, "#### unreachable\n\n| interfaces | why |\n|---:|---|");
        for one in &exposure.unreachable {
            let _ = writeln!(out, "| {} | {} |", one.of.len(), escaped(&reason(one)));
        }
        out.push('\n');
    }
    out
}

/// What stands in the way, in the last column.
fn more(finding: &Finding) -> Option<String> {
    let stops = finding.gates.iter().map(|stop| {
        let rules = telling(stop).into_iter().map(|rule| format!(": {}", placed(&decided(rule), rule)));
        format!("{}{}", escaped(&stop.why), rules.collect::<String>())
    });
    let stops = stops.collect::<Vec<_>>().join("<br>");
    match finding.grade {
        Grade::Exposed => None,
        Grade::Partial => Some(format!("{}<br>{stops}", percent(finding.share))),
        Grade::Undecided => Some(escaped(&finding.reasons.join("; "))),
        Grade::Latent => {
            Some(format!("latent({}): {stops}", finding.gates_left.unwrap_or(finding.gates.len())))
        }
    }
}

fn placed(text: &str, rule: &RuleUse) -> String {
    let place = rule.location.as_ref().map(|place| format!(" `{}:{}`", place.file, place.line));
    format!("{}{}", escaped(text), place.unwrap_or_default())
}
