//! What `tighten` plans, as text and as JSON.

use answers::explain::Changes;
use answers::tighten::Plan;
use engine::Verdict;
use serde::Serialize;

use crate::Style;
use crate::plan::{PairJson, commands, field, named, pairs, pairs_json};

/// The version of the shape of [`tighten_json`]; see [`crate::SCHEMA`].
pub const TIGHTEN_SCHEMA: &str = "portcullis.tighten/1";

fn headline(plan: &Plan, style: Style) -> String {
    let rules = if plan.rules == 1 { "the one rule".to_owned() } else { format!("{} rules", plan.rules) };
    if plan.changes.is_empty() {
        return format!("{}  nothing of {rules} can go", style.verdict(Verdict::Allowed, "TIGHT"));
    }
    let goes = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    let (removed, narrowed) = (plan.removed, plan.narrowed);
    let what = [
        (removed > 0).then(|| goes(removed, "goes", "go")),
        (narrowed > 0).then(|| goes(narrowed, "becomes narrower", "become narrower")),
    ];
    let what = what.into_iter().flatten().collect::<Vec<_>>().join(", ");
    format!("{}  of {rules} {what}", style.verdict(Verdict::Partial, "LOOSE"))
}

/// A plan as text.
pub fn tighten(plan: &Plan, style: Style) -> String {
    let mut text = headline(plan, style) + "\n\n";
    for change in &plan.changes {
        text.push_str(&format!("  {}\n", named(change, &plan.names)));
    }
    if !plan.changes.is_empty() {
        text.push('\n');
    }
    let are = if plan.pairs == 1 {
        "1 pair of ends works".to_owned()
    } else {
        format!("{} pairs of ends work", plan.pairs)
    };
    text.push_str(&field("proved", &[format!("what is declared: {are} as before; nothing is opened")]));
    let failing = plan.failing.iter();
    let failing = failing.map(|line| {
        let place = format!("{}:{}", line.place.file, line.place.line);
        format!("`{}` ({place}) does not work in full now: only what works is kept", line.id)
    });
    text.push_str(&field("note", &failing.collect::<Vec<_>>()));
    text.push_str(&field("interrupted", &pairs(&plan.interrupted, style)));
    if !plan.interrupted.is_empty() {
        let says = "declared: open connections are cut, new ones work: they are not tracked until then";
        text.push_str(&field("", &[says.to_owned()]));
    }
    text.push_str(&field("cut at once", &pairs(&plan.cut, style)));
    text.push_str(&field("perhaps cut", &pairs(&plan.perhaps_cut, style)));
    text.push_str(&field("closed", &pairs(&plan.goes_on, style)));
    if !plan.goes_on.is_empty() {
        let says = "to new connections; open ones go on until they end, being tracked";
        text.push_str(&field("", &[says.to_owned()]));
    }
    let quota = plan.exceeded.iter().map(|exceeded| format!("on the way, {exceeded}"));
    text.push_str(&field("quota", &quota.collect::<Vec<_>>()));
    if !plan.changes.is_empty() {
        text.push_str(&commands(&plan.changes));
    }
    text
}

/// A plan as indented JSON.
///
/// # Errors
/// None that a well-formed plan can cause; they are passed on all the same.
pub fn tighten_json(plan: &Plan) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Json<'a> {
        schema: &'static str,
        rules: usize,
        removed: usize,
        narrowed: usize,
        changes: Changes<'a>,
        proved_pairs: usize,
        failing: Vec<&'a str>,
        interrupted: Vec<PairJson<'a>>,
        cut_at_once: Vec<PairJson<'a>>,
        perhaps_cut: Vec<PairJson<'a>>,
        closed_to_new: Vec<PairJson<'a>>,
        quota: Vec<String>,
    }
    serde_json::to_string_pretty(&Json {
        schema: TIGHTEN_SCHEMA,
        rules: plan.rules,
        removed: plan.removed,
        narrowed: plan.narrowed,
        changes: Changes(&plan.changes),
        proved_pairs: plan.pairs,
        failing: plan.failing.iter().map(|line| line.id.as_str()).collect(),
        interrupted: pairs_json(&plan.interrupted),
        cut_at_once: pairs_json(&plan.cut),
        perhaps_cut: pairs_json(&plan.perhaps_cut),
        closed_to_new: pairs_json(&plan.goes_on),
        quota: plan.exceeded.iter().map(ToString::to_string).collect(),
    })
}
