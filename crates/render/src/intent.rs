//! What became of an intent, as text and as JSON: the verdict first, then line by line what shows it.

use std::fmt::Write;

use answers::intent::{Asks, Counterexample, LineFix, Mutated, Rule, Status, Tested, TestedLine};
use engine::Verdict;
use serde::Serialize;

use crate::Style;
use crate::aws_cli::aws_cli;
use crate::plan::named;
use crate::text::common;

/// The version of the shape of [`test_json`]. It changes when a field is renamed, removed or changes its meaning; new
/// fields do not change it.
pub const TEST_SCHEMA: &str = "portcullis.test/1";

/// What is wider than this gets no column.
const WIDEST: usize = 48;

/// An answer as indented JSON.
///
/// # Errors
/// None that a well-formed answer can cause; they are passed on all the same.
pub fn test_json(tested: &Tested) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Versioned<'a> {
        schema: &'static str,
        #[serde(flatten)]
        tested: &'a Tested,
    }
    serde_json::to_string_pretty(&Versioned { schema: TEST_SCHEMA, tested })
}

/// An answer as text. `seconds` is how long it took.
pub fn test(tested: &Tested, seconds: Option<f64>, style: Style) -> String {
    let mut tested = tested.clone();
    let folder = shorten(&mut tested);
    let mut out = String::new();
    let _ = writeln!(out, "{}\n", headline(&tested, style));
    let width =
        tested.lines.iter().map(|line| line.id.chars().count()).filter(|width| *width <= WIDEST).max();
    for line in &tested.lines {
        one(&mut out, line, width.unwrap_or(0), style);
    }
    if let Some(mutated) = &tested.mutated {
        noticed(&mut out, mutated, style);
    }
    if let Some(folder) = folder {
        let _ = writeln!(out, "\n  {}", style.dim(&format!("rules are in {folder}")));
    }
    let time = seconds.map_or(String::new(), |seconds| format!("        {seconds:.2} s"));
    let _ = writeln!(out, "\n  {}{time}", counts(&tested));
    out
}

/// Which rules no line needs, and which lines no rule makes untrue.
fn noticed(out: &mut String, mutated: &Mutated, style: Style) {
    let covered = mutated.entries.iter().filter(|entry| !entry.noticed_by.is_empty()).count();
    let entries = mutated.entries.len();
    let heading =
        format!("{covered} of {entries} rules that allow something are noticed when they are taken away");
    let _ = writeln!(out, "\n{}", style.heading(&heading));
    for entry in &mutated.entries {
        let rule = described(&entry.rule, style);
        if !entry.noticed_by.is_empty() {
            let _ = writeln!(out, "  {}      {rule}", style.verdict(Verdict::Allowed, "noticed"));
            field(out, "", &format!("by {}", listed(&entry.noticed_by)));
            continue;
        }
        let _ = writeln!(out, "  {}  {rule}", style.verdict(Verdict::Partial, "not covered"));
        match (&entry.covered_by, entry.changes_nothing) {
            (Some(by), _) => field(out, "", &format!("changes nothing: covered by {}", described(by, style))),
            (None, true) => field(out, "", "changes nothing: nobody is there, or it is stopped elsewhere"),
            (None, false) => {}
        }
    }
    let killed = mutated.lines.iter().filter(|line| !line.by.is_empty()).count();
    let heading = format!("{killed} of {} lines that hold notice some change", mutated.lines.len());
    let _ = writeln!(out, "\n{}", style.heading(&heading));
    for line in &mutated.lines {
        let (verdict, word) = match line.by.is_empty() {
            true => (Verdict::Partial, "never"),
            false => (Verdict::Allowed, "notices"),
        };
        let pad = " ".repeat(7usize.saturating_sub(word.len()));
        let _ = writeln!(out, "  {}{pad}  {}", style.verdict(verdict, word), line.id);
        match line.by.as_slice() {
            [] => field(out, "", "whatever the rules say: routes or missing addresses keep it"),
            [only] => field(out, "", only),
            [first, more @ ..] => field(out, "", &format!("{first}; and {} more", more.len())),
        }
    }
}

/// One line, the first of all.
pub(crate) fn summary(tested: &Tested) -> String {
    let all = tested.lines.len();
    let not_so = tested.count(Status::Fail) + tested.count(Status::Partial) + tested.count(Status::Vacuous);
    let lines = |count: usize| if count == 1 { "line" } else { "lines" };
    if not_so > 0 {
        return format!(
            "{not_so} of {all} {} {} not hold",
            lines(all),
            if not_so == 1 { "does" } else { "do" }
        );
    }
    match tested.count(Status::Undecided) {
        0 if all == 1 => "the line holds".to_owned(),
        0 => format!("all {all} lines hold"),
        unknown => format!("{unknown} of {all} {} cannot be decided", lines(all)),
    }
}

fn headline(tested: &Tested, style: Style) -> String {
    let bad = [Status::Fail, Status::Partial, Status::Vacuous].iter().any(|status| tested.count(*status) > 0);
    let (verdict, word) = match (bad, tested.count(Status::Undecided)) {
        (true, _) => (Verdict::Blocked, "FAIL"),
        (false, 0) => (Verdict::Allowed, "OK"),
        (false, _) => (Verdict::Undecided, "UNDECIDED"),
    };
    format!("{}  {}", style.verdict(verdict, word), summary(tested))
}

fn counts(tested: &Tested) -> String {
    let all = tested.lines.len();
    let count = |status| tested.count(status);
    let mut text = format!(
        "{all} {}: {} ok, {} failed, {} partial, {} undecided",
        if all == 1 { "test" } else { "tests" },
        count(Status::Ok),
        count(Status::Fail),
        count(Status::Partial),
        count(Status::Undecided)
    );
    for (status, word) in [(Status::Vacuous, "vacuous"), (Status::Waived, "waived")] {
        if count(status) > 0 {
            let _ = write!(text, ", {} {word}", count(status));
        }
    }
    text
}

/// One line and what shows that it is not so.
pub(crate) fn one(out: &mut String, line: &TestedLine, width: usize, style: Style) {
    let (verdict, word) = word(line.status);
    let pad = " ".repeat(9usize.saturating_sub(word.len()));
    let of_id = " ".repeat(width.saturating_sub(line.id.chars().count()));
    let place = format!("{}:{}", line.place.file, line.place.line);
    let behind = match line.status {
        Status::Ok => said(line),
        _ => match &line.rule {
            Some(rule) => format!("{place}  {rule}"),
            None => place,
        },
    };
    let _ =
        writeln!(out, "  {}{pad} {}{of_id}  {}", style.verdict(verdict, word), line.id, style.dim(&behind));
    if line.status == Status::Ok {
        return;
    }
    if line.id != line.text && !line.id.starts_with("closed: ") {
        field(out, "", &line.text);
    }
    if !line.message.is_empty() {
        field(out, "", &line.message);
    }
    if line.status == Status::Partial && line.asks == Asks::Allow {
        field(out, "works", &format!("{:.1} % of what it asks", line.share * 100.0));
    }
    for example in &line.counterexamples {
        counterexample(out, example, style);
    }
    if let Some(fix) = &line.fix {
        fixed(out, line, fix, style);
    }
    for note in &line.notes {
        field(out, "note", note);
    }
}

/// What is said of a line that is so.
fn said(line: &TestedLine) -> String {
    let pairs = |word: &str| format!("{} {word}{}", line.pairs, if line.pairs == 1 { "" } else { "s" });
    match line.asks {
        _ if !line.message.is_empty() => line.message.clone(),
        Asks::Allow => format!("{}, replies complete", pairs("pair")),
        Asks::Deny | Asks::Temporary => format!("{}, none gets through", pairs("pair")),
        Asks::Closed => format!("{}, nothing undeclared", pairs("pair")),
        Asks::Expect => pairs("attachment"),
    }
}

fn word(status: Status) -> (Verdict, &'static str) {
    match status {
        Status::Ok => (Verdict::Allowed, "ok"),
        Status::Waived => (Verdict::Allowed, "waived"),
        Status::Fail => (Verdict::Blocked, "FAIL"),
        Status::Vacuous => (Verdict::Blocked, "VACUOUS"),
        Status::Partial => (Verdict::Partial, "PARTIAL"),
        Status::Undecided => (Verdict::Undecided, "UNDECIDED"),
    }
}

fn field(out: &mut String, name: &str, text: &str) {
    let line = match name {
        "" => format!("            {text}"),
        name => format!("            {name:<14}  {text}"),
    };
    let _ = writeln!(out, "{}", line.trim_end());
}

pub(crate) fn counterexample(out: &mut String, example: &Counterexample, style: Style) {
    let end = |name: &str, address: &str| match address.starts_with(name) {
        true => address.to_owned(),
        false => format!("{name} {address}"),
    };
    let protocol = example.protocol.as_ref().map_or(String::new(), |protocol| format!("  {protocol}"));
    let arrow = if style.unicode { "\u{2192}" } else { "->" };
    let (from, to) = (end(&example.client, &example.from), end(&example.server, &example.to));
    if !example.when.is_empty() {
        field(out, "", &example.when);
    }
    field(out, "counterexample", &format!("{from} {arrow} {to}{protocol}"));
    let works = example.verdict == Verdict::Allowed
        || example.verdict == Verdict::Partial && example.rules.is_empty();
    let by = match example.request.unwrap_or(example.verdict) {
        Verdict::Undecided => "depends on",
        Verdict::Allowed => "let in by",
        _ if works => "let in by",
        Verdict::Partial => "cut by",
        _ => "stopped by",
    };
    for (position, rule) in example.rules.iter().enumerate() {
        let line = described(rule, style);
        field(out, if position == 0 { by } else { " " }, &line);
    }
    if let Some(words) = unanswered(example) {
        field(out, "", words);
    }
    // The question is asked of the network as it is.
    if example.when.is_empty() {
        field(out, "replay", &format!("portcullis explain '{}'", example.question));
    }
}

/// What is said of a request that arrives, or may, and gets no answer: `explain` says that the connection is blocked.
pub(crate) fn unanswered(example: &Counterexample) -> Option<&'static str> {
    match (example.request?, example.verdict) {
        (Verdict::Allowed, Verdict::Blocked) => Some("it arrives, though no answer gets back"),
        (Verdict::Undecided, Verdict::Blocked) => Some("it may arrive, though no answer gets back"),
        _ => None,
    }
}

fn described(rule: &Rule, style: Style) -> String {
    let direction = rule.direction.map_or(String::new(), |direction| format!(" {direction}"));
    let reply = if rule.reply { " (reply)" } else { "" };
    let place = rule.location.as_ref().map_or(String::new(), |at| format!("  {}:{}", at.file, at.line));
    format!("{}{direction}{reply}  {}{}", rule.name, rule.text, style.dim(&place))
}

fn fixed(out: &mut String, line: &TestedLine, fix: &LineFix, style: Style) {
    let name = if line.asks == Asks::Allow { "smallest fix" } else { "stops it" };
    for (position, advice) in fix.advice.iter().enumerate() {
        field(out, if position == 0 { name } else { " " }, advice);
    }
    if fix.changes.is_empty() {
        match fix.breaks.as_slice() {
            _ if !fix.advice.is_empty() => {}
            [] => field(out, name, "no change of a few rules was found"),
            breaks => {
                field(out, name, &format!("no change was found that does not break {}", listed(breaks)));
            }
        }
        return;
    }
    for (position, change) in fix.changes.iter().enumerate() {
        let first = position == 0 && fix.advice.is_empty();
        field(out, if first { name } else { " " }, &named(change, &fix.names));
    }
    let proved = if fix.proved { "proved on the changed network" } else { "with the advice above" };
    let keeps = match (fix.keeps.as_slice(), fix.breaks.as_slice()) {
        ([], []) => String::new(),
        (keeps, []) => format!("; keeps {}", listed(keeps)),
        (_, breaks) => format!("; breaks {}", listed(breaks)),
    };
    field(out, " ", &style.dim(&format!("{proved}{keeps}")).to_string());
    for change in &fix.changes {
        field(out, " ", &format!("$ {}", aws_cli(change)));
    }
}

fn listed(ids: &[String]) -> String {
    const MOST: usize = 4;
    let shown: Vec<String> = ids.iter().take(MOST).map(|id| format!("`{id}`")).collect();
    match ids.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Takes the folder that all rules are in out of their places, and returns it.
fn shorten(tested: &mut Tested) -> Option<String> {
    let of_lines = tested.lines.iter_mut().flat_map(|line| &mut line.counterexamples);
    let entries = tested.mutated.iter_mut().flat_map(|mutated| &mut mutated.entries);
    let of_entries = entries.flat_map(|entry| std::iter::once(&mut entry.rule).chain(&mut entry.covered_by));
    let rules = of_lines.flat_map(|example| &mut example.rules).chain(of_entries);
    let mut places: Vec<&mut String> =
        rules.filter_map(|rule| rule.location.as_mut().map(|location| &mut location.file)).collect();
    let parents = places.iter().map(|file| file.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned());
    let folder = parents.reduce(|a, b| common(&a, &b)).filter(|folder| !folder.is_empty())?;
    let prefix = format!("{folder}/");
    for file in &mut places {
        if let Some(rest) = file.strip_prefix(&prefix) {
            **file = rest.to_owned();
        }
    }
    Some(folder)
}
