//! What `grant` plans, and what is overdue, as text, as AWS CLI lines, as Terraform and as JSON.

use answers::explain::{Changes, Fix, verdict_word};
use answers::grant::{Expiries, Granted, Plan};
use engine::Verdict;
use model::Change;
use serde::Serialize;

use crate::Style;
use crate::aws_cli::{aws_cli, aws_cli_tagged, tag_list, untag_list};
use crate::plan::{field, named};
use crate::terraform::{terraform_list_tag, terraform_tagged};

/// The version of the shape of [`grant_json`] and [`expiries_json`]; see [`crate::SCHEMA`].
pub const GRANT_SCHEMA: &str = "portcullis.grant/1";

/// The lines that make the grant: a list gets its tag first, so that nothing is ever open without its end.
fn commands(plan: &Plan) -> Vec<String> {
    let tags = plan.list_tags.iter().map(tag_list);
    let tagged = plan.mark.tags();
    let changes = plan.changes.iter().map(|change| aws_cli_tagged(change, &tagged));
    tags.chain(changes).collect()
}

/// The lines that take it away again.
fn undo(plan: &Plan) -> Vec<String> {
    plan.undo.iter().map(aws_cli).chain(plan.list_tags.iter().map(untag_list)).collect()
}

/// A plan as text.
pub fn grant(plan: &Plan, style: Style) -> String {
    let flow = &plan.now.question;
    let (verdict, word) = match plan {
        _ if plan.is_idle() => {
            let text = format!("{flow} works already: nothing to grant");
            return format!("{}  {text}\n", style.verdict(Verdict::Allowed, "WORKS"));
        }
        _ if plan.is_proved() => (Verdict::Allowed, "GRANTS"),
        _ if plan.now.verdict == Verdict::Undecided => (Verdict::Undecided, "UNDECIDED"),
        _ => (Verdict::Blocked, "FAIL"),
    };
    let until = format!("until {}  ({})", plan.mark.expires, plan.mark.why);
    let mut text = format!("{}  {flow}  {until}\n\n", style.verdict(verdict, word));
    text.push_str(&field("because", &plan.now.reasons));
    let none = Fix::default();
    let fix = plan.now.fix.as_ref().unwrap_or(&none);
    text.push_str(&field("needs", &fix.advice));
    for change in &plan.changes {
        text.push_str(&format!("  {}\n", named(change, &fix.names)));
    }
    if plan.changes.is_empty() {
        return text;
    }
    text.push('\n');
    text.push_str(&field("proved", &["it works on the changed network".to_owned()]));
    let opens = match (fix.also_opens.as_slice(), &fix.also_opens_incomplete) {
        ([], None) => vec!["nothing".to_owned()],
        (opens, incomplete) => opens.iter().chain(incomplete).cloned().collect(),
    };
    text.push_str(&field("also opens", &opens));
    text.push_str(&field("note", &fix.notes));
    let place = |place: &model::Location| format!("{}:{}", place.file, place.line);
    let under = plan.under.iter().map(|under| match &under.approve {
        Some(approve) => format!("{approve} has to approve it  ({} `{}`)", place(&under.place), under.id),
        None => format!("as {} says: `{}`", place(&under.place), under.id),
    });
    text.push_str(&field("declared", &under.collect::<Vec<_>>()));
    let broken =
        plan.broken.iter().map(|line| format!("`{}` ({}) will not hold", line.id, place(&line.place)));
    text.push_str(&field("breaks", &broken.collect::<Vec<_>>()));
    text.push('\n');
    for line in commands(plan) {
        text.push_str(&format!("  $ {line}\n"));
    }
    text.push_str(&format!("\n  to take it away again, at {}\n", plan.mark.expires));
    for line in undo(plan) {
        text.push_str(&format!("  $ {line}\n"));
    }
    text
}

/// A plan as AWS CLI lines; what takes it away again stands below, as comments.
pub fn grant_cli(plan: &Plan) -> String {
    let mut text: String = commands(plan).into_iter().map(|line| line + "\n").collect();
    if !plan.undo.is_empty() {
        text.push_str(&format!("# to take it away again, at {}:\n", plan.mark.expires));
        undo(plan).iter().for_each(|line| text.push_str(&format!("# {line}\n")));
    }
    text
}

/// A plan as Terraform; it is taken away again by deleting it there.
pub fn grant_terraform(plan: &Plan) -> String {
    let tags = plan.mark.tags();
    let changes = plan.changes.iter().map(|change| terraform_tagged(change, &tags));
    let all = plan.list_tags.iter().map(terraform_list_tag).chain(changes);
    let comment = format!("# until {}: delete it then\n", plan.mark.expires);
    let text = all.collect::<Vec<_>>().join("\n");
    if text.is_empty() { text } else { comment + &text }
}

/// A plan as indented JSON.
///
/// # Errors
/// None that a well-formed plan can cause; they are passed on all the same.
pub fn grant_json(plan: &Plan) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Json<'a> {
        schema: &'static str,
        question: &'a str,
        verdict: &'static str,
        expires: String,
        why: &'a str,
        description: String,
        proved: bool,
        changes: Changes<'a>,
        commands: Vec<String>,
        undo: Changes<'a>,
        undo_commands: Vec<String>,
        also_opens: &'a [String],
        advice: &'a [String],
        approve: Vec<&'a str>,
        breaks: Vec<&'a str>,
    }
    let none = Fix::default();
    let fix = plan.now.fix.as_ref().unwrap_or(&none);
    serde_json::to_string_pretty(&Json {
        schema: GRANT_SCHEMA,
        question: &plan.now.question,
        verdict: verdict_word(plan.now.verdict),
        expires: plan.mark.expires.to_string(),
        why: &plan.mark.why,
        description: plan.mark.description(),
        proved: plan.is_proved(),
        changes: Changes(&plan.changes),
        commands: commands(plan),
        undo: Changes(&plan.undo),
        undo_commands: undo(plan),
        also_opens: &fix.also_opens,
        advice: &fix.advice,
        approve: plan.under.iter().filter_map(|under| under.approve.as_deref()).collect(),
        breaks: plan.broken.iter().map(|line| line.id.as_str()).collect(),
    })
}

/// The lines that take something away.
fn removal(granted: &Granted) -> Vec<String> {
    granted.remove.iter().map(aws_cli).chain(granted.tag.iter().map(untag_list)).collect()
}

/// What is overdue, as text.
pub fn expiries(found: &Expiries, style: Style) -> String {
    let (overdue, running) = (found.overdue.len(), found.running.len());
    let is = |count: usize| format!("{count} grant{}", if count == 1 { "" } else { "s" });
    let word = match (overdue, found.unreadable.is_empty()) {
        (0, true) => style.verdict(Verdict::Allowed, "OK"),
        (0, false) => style.verdict(Verdict::Blocked, "FAIL"),
        _ => style.verdict(Verdict::Blocked, "OVERDUE"),
    };
    let mut text = match overdue {
        0 => format!("{word}  nothing is overdue; {} still running\n", is(running)),
        _ => format!("{word}  {}; {} still running\n", is(overdue), is(running)),
    };
    for (title, list) in [("overdue", &found.overdue), ("running", &found.running)] {
        for granted in list {
            text.push_str(&format!(
                "\n  {}  {}\n",
                granted.gate,
                granted.rule.as_deref().unwrap_or("(gone)")
            ));
            let mark = format!("{}  {}", granted.mark.expires, granted.mark.why);
            text.push_str(&field(title, &[mark]));
            let place = granted.place.as_ref().map(|place| format!("{}:{}", place.file, place.line));
            text.push_str(&field("written in", &place.into_iter().collect::<Vec<_>>()));
            if title == "overdue" {
                removal(granted).iter().for_each(|line| text.push_str(&format!("  $ {line}\n")));
            }
        }
    }
    for (rule, error) in &found.unreadable {
        text.push_str(&format!("\n  {rule}\n"));
        text.push_str(&field("not readable", std::slice::from_ref(error)));
    }
    text
}

/// The lines that take away what is overdue.
pub fn expiries_cli(found: &Expiries) -> String {
    found.overdue.iter().flat_map(removal).map(|line| line + "\n").collect()
}

/// The same as Terraform can say it: as comments.
pub fn expiries_terraform(found: &Expiries) -> String {
    let changes: Vec<Change> = found.overdue.iter().filter_map(|granted| granted.remove.clone()).collect();
    crate::plan::changes_terraform(&changes)
}

/// What was granted, as indented JSON.
///
/// # Errors
/// As [`grant_json`].
pub fn expiries_json(found: &Expiries) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct One<'a> {
        gate: &'a str,
        rule: Option<&'a str>,
        expires: String,
        why: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<String>,
        remove: Vec<String>,
    }
    #[derive(Serialize)]
    struct Json<'a> {
        schema: &'static str,
        overdue: Vec<One<'a>>,
        running: Vec<One<'a>>,
        unreadable: Vec<String>,
    }
    fn all(list: &[Granted]) -> Vec<One<'_>> {
        fn one(granted: &Granted) -> One<'_> {
            let Granted { mark, gate, rule, place, .. } = granted;
            let place = place.as_ref().map(ToString::to_string);
            let (expires, why) = (mark.expires.to_string(), mark.why.as_str());
            One { gate, rule: rule.as_deref(), expires, why, place, remove: removal(granted) }
        }
        list.iter().map(one).collect()
    }
    let unreadable = found.unreadable.iter().map(|(rule, error)| format!("{rule}: {error}"));
    serde_json::to_string_pretty(&Json {
        schema: GRANT_SCHEMA,
        overdue: all(&found.overdue),
        running: all(&found.running),
        unreadable: unreadable.collect(),
    })
}
