//! What `block` plans and lists, as text and as JSON.

use answers::block::{Broken, Count, Direction, Kept, Listed, NoRoom, Plan};
use answers::explain::Changes;
use answers::intent::{Status, TestedLine};
use engine::Verdict;
use ipnet::IpNet;
use serde::Serialize;

use crate::Style;
use crate::intent::counterexample;
use crate::plan::{PairJson, commands, field, named, pairs, pairs_json};

/// The version of the shape of [`block_json`] and [`blocked_json`]; see [`crate::SCHEMA`].
pub const BLOCK_SCHEMA: &str = "portcullis.block/1";

/// A plan as text. `is_add` says whether it stops addresses or lets them pass again.
pub fn block(plan: &Plan, blocks: &[IpNet], is_add: bool, style: Style) -> String {
    let mut text = format!("{}\n\n", headline(plan, blocks, is_add, style));
    for change in &plan.changes {
        text.push_str(&format!("  {}\n", named(change, &plan.names)));
    }
    if !plan.changes.is_empty() {
        text.push('\n');
    }
    text.push_str(&field("kept", &kept(&plan.kept)));
    text.push_str(&field("no room", &plan.no_room.iter().map(no_room).collect::<Vec<_>>()));
    let unknown = |name: &String| format!("the export does not say which list {name} has");
    text.push_str(&field("unknown", &plan.unknown.iter().map(unknown).collect::<Vec<_>>()));
    if is_add && plan.passes.is_empty() && plan.no_room.is_empty() {
        text.push_str(&field("proved", &["no packet from or to it gets through".to_owned()]));
    }
    for line in &plan.passes {
        text.push_str(&field("gets through", &[passing(line)]));
        for example in &line.counterexamples {
            counterexample(&mut text, example, style);
        }
    }
    let own = |name: &String| format!("{name} is an interface of this network");
    text.push_str(&field("in the block", &plan.own.iter().map(own).collect::<Vec<_>>()));
    text.push_str(&field(if is_add { "stops" } else { "opens" }, &pairs(&plan.of_blocks, style)));
    if !plan.changes.is_empty() {
        let or_nothing = |lines: Vec<String>| match lines.is_empty() {
            true => vec!["nothing".to_owned()],
            false => lines,
        };
        text.push_str(&field("also stops", &or_nothing(pairs(&plan.also_closes, style))));
        text.push_str(&field("also opens", &or_nothing(pairs(&plan.also_opens, style))));
    }
    text.push_str(&field("declared", &plan.broken.iter().map(broken).collect::<Vec<_>>()));
    text.push_str(&field("entries", &plan.counts.iter().flat_map(count).collect::<Vec<_>>()));
    let quota = plan.exceeded.iter().map(ToString::to_string);
    text.push_str(&field("quota", &quota.collect::<Vec<_>>()));
    if !plan.changes.is_empty() {
        text.push_str(&commands(&plan.changes));
    }
    text
}

fn headline(plan: &Plan, blocks: &[IpNet], is_add: bool, style: Style) -> String {
    let blocks = blocks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let entries = plan.changes.len();
    let of = format!("{entries} change{}", if entries == 1 { "" } else { "s" });
    match is_add {
        true if plan.holds() && plan.changes.is_empty() => {
            format!("{}  {blocks}: nothing to change", style.verdict(Verdict::Allowed, "BLOCKED"))
        }
        true if plan.holds() => {
            format!("{}  {blocks}: {of}", style.verdict(Verdict::Allowed, "BLOCKS"))
        }
        true if plan.is_undecided() => {
            format!("{}  whether {blocks} is stopped", style.verdict(Verdict::Undecided, "UNDECIDED"))
        }
        true => format!("{}  {blocks} is not stopped", style.verdict(Verdict::Blocked, "FAIL")),
        false if plan.changes.is_empty() => {
            format!("{}  no entry denies exactly {blocks}", style.verdict(Verdict::Blocked, "NOTHING"))
        }
        false => format!("{}  {blocks}: {of}", style.verdict(Verdict::Allowed, "UNBLOCKS")),
    }
}

fn way(direction: &Direction) -> String {
    format!("{} {}", direction.list, if direction.egress { "out" } else { "in" })
}

/// What stays, those directions in one line that let nothing pass by themselves.
fn kept(all: &[Kept]) -> Vec<String> {
    let entry = |kept: &Kept| kept.entry.as_ref().map(|entry| format!("{}  {entry}", way(&kept.direction)));
    let mut lines: Vec<String> = all.iter().filter_map(entry).collect();
    lines.dedup();
    let mut idle: Vec<(&Direction, Vec<String>)> = Vec::new();
    for kept in all.iter().filter(|kept| kept.entry.is_none()) {
        match idle.last_mut() {
            Some((direction, blocks)) if *direction == &kept.direction => blocks.push(kept.block.to_string()),
            _ => idle.push((&kept.direction, vec![kept.block.to_string()])),
        }
    }
    lines.extend(
        idle.into_iter().map(|(direction, blocks)| {
            format!("{}  no entry lets {} pass", way(direction), blocks.join(", "))
        }),
    );
    lines
}

fn no_room(found: &NoRoom) -> String {
    let NoRoom { direction, block, before } = found;
    format!(
        "{}  every number before `{before}` is taken: give that entry a higher one, then deny {block}",
        way(direction)
    )
}

fn passing(line: &TestedLine) -> String {
    let may = if line.status == Status::Undecided { ", perhaps" } else { "" };
    match line.message.as_str() {
        "" => format!("{}{may}", line.text),
        message => format!("{}{may}: {message}", line.text),
    }
}

fn broken(broken: &Broken) -> String {
    let Broken { line, only_for_blocked } = broken;
    let place = format!("{}:{}", line.place.file, line.place.line);
    match only_for_blocked {
        true => {
            format!("`{}` ({place}) no longer holds for the blocked addresses: say ` - BLOCK` in it", line.id)
        }
        false => format!("`{}` ({place}) no longer holds", line.id),
    }
}

fn count(count: &Count) -> Vec<String> {
    let limit = model::ENTRIES_PER_ACL;
    let families = ["IPv4", "IPv6"].into_iter().zip(count.entries);
    let more = families.filter(|(_, entries)| *entries > 1);
    more.map(|(family, entries)| format!("{}  {entries} of {limit} ({family})", way(&count.direction)))
        .collect()
}

#[derive(Serialize)]
struct Entry {
    list: String,
    direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
}

fn entry(direction: &Direction, block: Option<IpNet>, entry: Option<&model::NetworkAclEntry>) -> Entry {
    Entry {
        list: direction.list.clone(),
        direction: if direction.egress { "out" } else { "in" },
        block: block.map(|block| block.to_string()),
        entry: entry.map(ToString::to_string),
    }
}

/// A plan as indented JSON.
///
/// # Errors
/// None that a well-formed plan can cause; they are passed on all the same.
pub fn block_json(plan: &Plan, blocks: &[IpNet]) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Json<'a> {
        schema: &'static str,
        blocks: Vec<String>,
        holds: bool,
        changes: Changes<'a>,
        kept: Vec<Entry>,
        no_room: Vec<Entry>,
        gets_through: &'a [TestedLine],
        unknown: &'a [String],
        own_interfaces: &'a [String],
        of_blocks: Vec<PairJson<'a>>,
        also_stops: Vec<PairJson<'a>>,
        also_opens: Vec<PairJson<'a>>,
        declared: Vec<String>,
        quota: Vec<String>,
    }
    let kept = plan.kept.iter().map(|kept| entry(&kept.direction, Some(kept.block), kept.entry.as_ref()));
    let no_room = plan.no_room.iter().map(|no| entry(&no.direction, Some(no.block), Some(&no.before)));
    serde_json::to_string_pretty(&Json {
        schema: BLOCK_SCHEMA,
        blocks: blocks.iter().map(ToString::to_string).collect(),
        holds: plan.holds(),
        changes: Changes(&plan.changes),
        kept: kept.collect(),
        no_room: no_room.collect(),
        gets_through: &plan.passes,
        unknown: &plan.unknown,
        own_interfaces: &plan.own,
        of_blocks: pairs_json(&plan.of_blocks),
        also_stops: pairs_json(&plan.also_closes),
        also_opens: pairs_json(&plan.also_opens),
        declared: plan.broken.iter().map(|broken| broken.line.id.clone()).collect(),
        quota: plan.exceeded.iter().map(ToString::to_string).collect(),
    })
}

/// What lists deny as a whole, as text.
pub fn blocked(all: &[Listed], style: Style) -> String {
    let open = all.iter().filter(|listed| !listed.open.is_empty()).count();
    let blocks = |count: usize| format!("{count} block{}", if count == 1 { "" } else { "s" });
    let mut text = match (all.len(), open) {
        (0, _) => "no entry denies every protocol of a block\n".to_owned(),
        (many, 0) => format!("{}  {}\n\n", style.verdict(Verdict::Allowed, "BLOCKED"), blocks(many)),
        (many, open) => {
            let word = style.verdict(Verdict::Blocked, "FAIL");
            format!("{word}  {open} of {} can pass somewhere\n\n", blocks(many))
        }
    };
    for listed in all {
        let entries = listed.entries.iter().map(|(direction, entry)| format!("{}  {entry}", way(direction)));
        let open = listed
            .open
            .iter()
            .map(|(direction, entry)| format!("open: {}  {entry}  comes first", way(direction)));
        text.push_str(&format!("  {}\n", listed.block));
        text.push_str(&field("", &entries.chain(open).collect::<Vec<_>>()));
    }
    text
}

/// The same as indented JSON.
///
/// # Errors
/// As [`block_json`].
pub fn blocked_json(all: &[Listed]) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct One {
        block: String,
        entries: Vec<Entry>,
        open: Vec<Entry>,
    }
    #[derive(Serialize)]
    struct Json {
        schema: &'static str,
        blocks: Vec<One>,
    }
    let places = |list: &[(Direction, model::NetworkAclEntry)]| {
        list.iter().map(|(direction, one)| entry(direction, None, Some(one))).collect()
    };
    let one = |listed: &Listed| One {
        block: listed.block.to_string(),
        entries: places(&listed.entries),
        open: places(&listed.open),
    };
    serde_json::to_string_pretty(&Json { schema: BLOCK_SCHEMA, blocks: all.iter().map(one).collect() })
}
