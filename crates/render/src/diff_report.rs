//! What a change does, for the formats of other tools: each flow that differs is a case.

use answers::diff::{Cause, Change, Difference, Flow, Verdict};

use crate::Style;
use crate::diff::{asked, change_word, headline, kinds, open_connections, sign, surface, title, told};
use crate::report::{Case, Level, Outcome, Report, RuleInfo};

/// How bad a flow is that a policy does not allow, and one that no policy is about.
const LEVELS: [Level; 2] = [Level::Error, Level::Note];

/// A difference as a report. `fails` says of a flow whether the policy forbids it; what is undecided stays so.
pub fn diff_report(difference: &Difference, fails: &dyn Fn(&Flow) -> bool) -> Report {
    let [forbidden, told_only] = LEVELS;
    let flows = difference.flows.iter().map(|flow| {
        let outcome = match (flow.change, fails(flow)) {
            (Change::Undecided, _) => Outcome::Undecided(why_undecided(flow)),
            (_, true) => Outcome::Failed(forbidden),
            (_, false) => Outcome::Failed(told_only),
        };
        case(flow, outcome)
    });
    let proved = Case {
        rule: "PC0602".into(),
        name: "all pairs of ends".into(),
        outcome: Outcome::Passed,
        message: headline(difference),
        details: surface(difference).into_iter().collect(),
        place: None,
        related: Vec::new(),
        fingerprint: answers::fingerprint::fingerprint(["PC0602"]),
    };
    let cases = match difference.verdict {
        Verdict::Changed => flows.collect(),
        Verdict::Same | Verdict::Refactor => vec![proved],
    };
    Report { command: "diff", summary: headline(difference), rules: rules(), cases, seconds: None }
}

/// A flow in one line, with its causes below.
fn case(flow: &Flow, outcome: Outcome) -> Case {
    let name = format!("{} \u{2192} {}", flow.from.name, flow.to.name);
    let mut details: Vec<String> = flow.causes.iter().map(said).collect();
    details.extend(kinds(flow));
    details.extend(flow.live.as_ref().map(open_connections));
    let places = flow.causes.iter().filter_map(|cause| Some((cause.location.clone()?, said(cause))));
    let mut places: Vec<_> = places.collect();
    let place = (!places.is_empty()).then(|| places.remove(0).0);
    Case {
        rule: "PC0601".into(),
        name,
        outcome,
        message: format!("{} {}, {}", change_word(flow.change), asked(flow, Style::PLAIN), told(flow)),
        details,
        place,
        related: places,
        fingerprint: flow.fingerprint(),
    }
}

fn said(cause: &Cause) -> String {
    format!("{} {}  {}", sign(cause.sign), title(cause), cause.text).trim_start().to_owned()
}

fn why_undecided(flow: &Flow) -> String {
    let reasons: Vec<&str> = flow.causes.iter().map(|cause| cause.text.as_str()).collect();
    match reasons.is_empty() {
        true => "the input does not say".into(),
        false => reasons.join("; "),
    }
}

fn rules() -> Vec<RuleInfo> {
    let rule = |id: &str, title: &str, documentation: &str, level| RuleInfo {
        id: id.into(),
        title: title.into(),
        documentation: documentation.into(),
        level,
    };
    vec![
        rule(
            "PC0601",
            "the change opens, closes or cuts flows",
            "Between two ends something works that did not, or worked and does not now, or works for another share of \
             client ports. Every pair of ends is compared, with replies; the rule that does it is named.",
            LEVELS[1],
        ),
        rule(
            "PC0602",
            "the change is a pure refactor",
            "The configurations differ and no pair of ends gets another answer: proved, not sampled.",
            LEVELS[1],
        ),
    ]
}
