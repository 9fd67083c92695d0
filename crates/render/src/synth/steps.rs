//! The steps from what is there: in words, and what they do beside what they are for.

use answers::synth::{Act, Passage, Step};
use model::{Change, Id};

use super::text::passage;
use super::{Synthesised, place};
use crate::Style;
use crate::matrix::words;

/// How many pairs of a step are listed.
const MOST: usize = 4;

/// What is proved of all steps, in one line.
pub(super) fn verdict(steps: &[Step]) -> String {
    if steps.is_empty() {
        return "no steps: what is there is what is meant".to_owned();
    }
    let those = |of: fn(&Step) -> &[Passage]| steps.iter().filter(|step| !of(step).is_empty()).count();
    let kinds = [
        (those(|step| &step.breaks), ["breaks", "break"], "what is declared", " until a later one"),
        (those(|step| &step.opens), ["opens", "open"], "what is not", " until a later one"),
        (those(|step| &step.cuts), ["ends", "end"], "open connections", ""),
    ];
    let said = kinds.map(|(those, [does, do_], what, until)| match those {
        0 => format!("none {does} {what}"),
        1 => format!("1 {does} {what}{until}"),
        many => format!("{many} {do_} {what}{until}"),
    });
    format!("{} from what is there: {}", words::count(steps.len() as u64, "step"), said.join("; "))
}

/// What a step is.
pub(super) fn words(act: &Act, shown: &Synthesised<'_>) -> String {
    let names = |ids: &[Id]| ids.iter().map(Id::as_str).collect::<Vec<_>>().join(", ");
    match act {
        Act::CreateGroup(group) => format!("make {}, with its rules", group.id),
        Act::CreateList(list) => format!("make {}, with its entries", list.id),
        Act::Change(change) => change.to_string(),
        Act::SetGroups { place: of, to, .. } => {
            format!("give {} to {}, and no others", names(to), place(of, shown.to_be))
        }
        Act::Associate(subnet, list) => format!("let {list} guard {}", shown.subnet(subnet)),
    }
}

/// What a step does that it is not for, a line for each pair; none for most.
pub(super) fn does(step: &Step, shown: &Synthesised<'_>) -> Vec<String> {
    let kinds = [
        ("breaks until a later step", &step.breaks),
        ("opens until a later step", &step.opens),
        ("ends open connections", &step.cuts),
    ];
    let mut lines = Vec::new();
    for (does, pairs) in kinds {
        let first = pairs.iter().take(MOST);
        lines.extend(first.map(|pair| format!("{does}: {}", passage(pair, shown, Style::PLAIN))));
        let more = pairs.len().saturating_sub(MOST);
        lines.extend((more > 0).then(|| format!("{does}: {more} more (--format json)")));
    }
    lines
}

/// Rules and entries that groups and lists get that are there already.
pub(super) fn added<'a>(shown: &Synthesised<'a>) -> impl Iterator<Item = &'a Change> {
    shown.found.steps.iter().flatten().filter_map(|step| match &step.act {
        Act::Change(change) if !takes_away(&step.act) => Some(change),
        _ => None,
    })
}

/// What neither Terraform nor CloudFormation does by these resources: rules that they did not make go, and interfaces get
/// other groups.
pub(super) fn by_hand(shown: &Synthesised<'_>) -> Vec<String> {
    let steps = shown.found.steps.iter().flatten().enumerate();
    let left = steps.filter(|(_, step)| takes_away(&step.act));
    left.map(|(position, step)| format!("{}: {}", position + 1, words(&step.act, shown))).collect()
}

fn takes_away(act: &Act) -> bool {
    match act {
        Act::Change(Change::RevokeSecurityGroup { .. } | Change::DeleteNetworkAclEntry { .. })
        | Act::SetGroups { .. } => true,
        Act::CreateGroup(_) | Act::CreateList(_) | Act::Associate(..) | Act::Change(_) => false,
    }
}
