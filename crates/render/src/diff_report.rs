//! What a change does, for the formats of other tools: each flow that differs is a case.

use answers::diff::{Broken, Cause, Change, Difference, Flow, Verdict};

use crate::Style;
use crate::diff::{
    asked, breaks, broken_line, change_word, headline, kinds, open_connections, sign, surface, title, told,
};
use crate::report::{Case, Level, Outcome, Report, RuleInfo};

/// How bad a flow is that the policy forbids.
const FORBIDDEN: Level = Level::Error;
/// And one that it does not.
const TOLD: Level = Level::Note;

/// A difference as a report. `fails` says of a flow whether the policy forbids it, and `breaking` whether it forbids that a
/// line of the intent is broken; what is undecided stays so.
pub fn diff_report(difference: &Difference, fails: &dyn Fn(&Flow) -> bool, breaking: bool) -> Report {
    let flows = difference.flows.iter().map(|flow| {
        let outcome = match (flow.change, fails(flow)) {
            (Change::Undecided, _) => Outcome::Undecided(why_undecided(flow)),
            (_, true) => Outcome::Failed(FORBIDDEN),
            (_, false) => Outcome::Failed(TOLD),
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
    let mut cases: Vec<Case> = match difference.verdict {
        Verdict::Changed => flows.collect(),
        Verdict::Same | Verdict::Refactor => vec![proved],
    };
    cases.extend(difference.broken.iter().map(|line| broken(line, breaking)));
    Report {
        command: "diff",
        summary: headline(difference),
        rules: rules(),
        cases,
        fails_from: FORBIDDEN,
        ..Report::default()
    }
}

/// A flow in one line, with its causes below.
fn case(flow: &Flow, outcome: Outcome) -> Case {
    let name = format!("{} \u{2192} {}", flow.from.name, flow.to.name);
    // With its place, by which formats that list other places know that it has been said.
    let mut details: Vec<String> = flow
        .causes
        .iter()
        .map(|cause| match &cause.location {
            Some(location) => format!("{}: {location}", said(cause)),
            None => said(cause),
        })
        .collect();
    details.extend(kinds(flow));
    details.extend(flow.live.as_ref().map(open_connections));
    details.extend((!flow.breaks.is_empty()).then(|| breaks(flow)));
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

/// A line of the intent that held before.
fn broken(line: &Broken, forbidden: bool) -> Case {
    let name = broken_line(line);
    Case {
        rule: "broken".into(),
        outcome: Outcome::Failed(if forbidden { FORBIDDEN } else { TOLD }),
        message: format!("breaks {name}"),
        details: line
            .question
            .iter()
            .map(|question| format!("shown by: portcullis explain '{question}'"))
            .collect(),
        place: line.location.clone(),
        related: Vec::new(),
        fingerprint: answers::fingerprint::fingerprint(["broken", line.asks, &line.text]),
        name,
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
            TOLD,
        ),
        rule(
            "PC0602",
            "the change is a pure refactor",
            "The configurations differ and no pair of ends gets another answer: proved, not sampled.",
            TOLD,
        ),
        rule(
            "broken",
            "the change breaks a line of the intent",
            "A line of portcullis.yaml holds in the network before and not in the network after.",
            FORBIDDEN,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use answers::diff::{EndsOfFlow, Live, Service, Sign, Status, Works};
    use answers::reach::What;
    use model::Location;

    use super::*;

    fn ends(name: &str, internet: bool) -> EndsOfFlow {
        EndsOfFlow { name: name.into(), interfaces: Vec::new(), internet, new: 0, gone: 0 }
    }

    fn works(status: Status, share: f64) -> Works {
        Works { status, share: Some(share), client_ports: Vec::new() }
    }

    fn closed() -> Flow {
        let place = |line| Some(Location { file: "rules.json".into(), line, column: 1 });
        let cause = |sign, text: &str, line| Cause {
            sign,
            gate: "network-acl",
            name: "nacl-1".into(),
            direction: Some("in"),
            reply: false,
            text: text.into(),
            location: place(line),
        };
        Flow {
            change: Change::Closes,
            from: ends("internet", true),
            to: ends("web-1", false),
            pairs: 1,
            services: vec![Service {
                what: What::Tcp(22, 22),
                families: vec!["IPv4"],
                before: works(Status::All, 1.0),
                after: works(Status::Nothing, 0.0),
                kinds: Vec::new(),
                only: Vec::new(),
                except: Vec::new(),
            }],
            causes: vec![
                cause(Sign::Added, "rule 90  deny tcp 22 from 0.0.0.0/0", 7),
                cause(Sign::Removed, "rule 100  allow tcp 22 from 0.0.0.0/0", 3),
            ],
            opens: false,
            closes: true,
            may_open: false,
            may_close: false,
            live: Some(Live { goes_on: false, cut: true, unknown: false, of_all: true }),
            breaks: Vec::new(),
        }
    }

    /// A flow is a case: at its first rule, with the others beside it, and as bad as the policy says.
    #[test]
    fn a_flow_is_a_case() {
        let difference =
            Difference { verdict: Verdict::Changed, flows: vec![closed()], ..Difference::default() };
        let report = diff_report(&difference, &|flow| flow.closes, false);
        assert_eq!((report.summary.as_str(), report.cases.len()), ("closes 1 flow", 1));
        let case = &report.cases[0];
        assert_eq!((case.rule.as_str(), &case.outcome), ("PC0601", &Outcome::Failed(Level::Error)));
        assert_eq!(case.name, "internet \u{2192} web-1");
        assert_eq!(case.message, "closes tcp/22, 1 pair");
        assert_eq!(case.place.as_ref().map(|place| place.line), Some(7));
        assert_eq!(case.related.len(), 1);
        assert_eq!(case.details.last().map(String::as_str), Some("open connections are cut at once"));
        // Each rule is said once, although it is a place beside the case too.
        let said = case.details.iter().filter(|detail| detail.contains("rule 100  allow tcp 22")).count();
        assert_eq!((said, case.details[1].ends_with(": rules.json:3:1")), (1, true), "{:?}", case.details);
        let allowed = diff_report(&difference, &|_| false, false);
        assert_eq!(allowed.cases[0].outcome, Outcome::Failed(Level::Note));
        assert_eq!(allowed.cases[0].fingerprint, case.fingerprint);
    }

    /// Where nothing differs, that is what was proved.
    #[test]
    fn nothing_that_differs_is_a_case_that_passed() {
        let report = diff_report(&Difference::default(), &|_| true, false);
        assert_eq!(report.cases.len(), 1);
        assert_eq!((report.cases[0].rule.as_str(), &report.cases[0].outcome), ("PC0602", &Outcome::Passed));
    }
}
