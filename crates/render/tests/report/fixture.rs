//! Reports to print: one as commands make them, and one whose every text tries to get out of its place.

use model::Location;
use render::report::{Case, Level, Outcome, Report, RuleInfo};

/// What formats give a meaning to: ends of commands, of sections and of scripts, escapes, quotes, lines.
pub(crate) const HOSTILE: &str = "a\"b'c\\ <b>&amp;</script>]]>\n::error file=x::%0A {0} [x](1) |*_`#\t\r\u{1b}[31m\u{0}\u{202e}\u{e5}\u{1f600}";

fn at(file: &str, line: usize, column: usize) -> Location {
    Location { file: file.to_owned(), line, column }
}

/// A report with each outcome.
pub(crate) fn sample() -> Report {
    let rule = |id: &str, title: &str, level| RuleInfo {
        id: id.to_owned(),
        title: title.to_owned(),
        documentation: format!("{title}.\n\nIt is bad because nobody sees it.\n\n```hcl\nrule {{ }}\n```\n"),
        level,
    };
    let case = |rule: &str, name: &str, outcome, message: &str, fingerprint: &str| Case {
        rule: rule.to_owned(),
        name: name.to_owned(),
        outcome,
        message: message.to_owned(),
        details: Vec::new(),
        place: None,
        related: Vec::new(),
        fingerprint: fingerprint.to_owned(),
    };
    let never = "this deny never applies";
    Report {
        command: "audit",
        summary: "2 findings, 1 undecided".to_owned(),
        input: "./export".to_owned(),
        rules: vec![
            rule("PC0101", "reachable from the internet", Level::Error),
            rule("PC0203", "a rule that never applies", Level::Warning),
        ],
        cases: vec![
            Case {
                details: vec![
                    "shadowed by rule 100 allow all".to_owned(),
                    "fix: renumber 200 to 90".to_owned(),
                ],
                place: Some(at("./export/acls.json", 57, 3)),
                related: vec![(at("export/my acls.json", 44, 1), "the rule that comes first".to_owned())],
                ..case("PC0203", "acl-web in 200", Outcome::Failed(Level::Warning), never, "00c0ffee")
            },
            case(
                "PC0101",
                "web-1",
                Outcome::Failed(Level::Error),
                "tcp 22 is open to the internet",
                "0badcafe",
            ),
            case(
                "PC0101",
                "db-1",
                Outcome::Undecided("no route table is described".to_owned()),
                "may be open",
                "1",
            ),
            case("PC0101", "lb-1", Outcome::Skipped("the shop, until 2027-01-31".to_owned()), "is open", "2"),
            case("PC0101", "app-1", Outcome::Passed, "is not reachable", "3"),
        ],
        seconds: Some(0.0314),
        fails_from: Level::Warning,
    }
}

/// A report in which every text is this one.
pub(crate) fn filled(text: &str) -> Report {
    let text = || text.to_owned();
    let outcomes = [
        Outcome::Failed(Level::Error),
        Outcome::Failed(Level::Warning),
        Outcome::Failed(Level::Note),
        Outcome::Undecided(text()),
        Outcome::Skipped(text()),
        Outcome::Passed,
    ];
    let case = |outcome| Case {
        rule: text(),
        name: text(),
        outcome,
        message: text(),
        details: vec![text(), text()],
        place: Some(at(&text(), 7, 3)),
        related: vec![(at(&text(), 9, 1), text())],
        fingerprint: text(),
    };
    Report {
        command: "test",
        summary: text(),
        input: text(),
        rules: vec![RuleInfo { id: text(), title: text(), documentation: text(), level: Level::Note }],
        cases: outcomes.into_iter().map(case).collect(),
        seconds: None,
        fails_from: Level::Warning,
    }
}
