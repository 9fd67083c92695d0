//! Markdown, for an issue or a pull request: the verdict as a heading, the gates as a table.

use std::fmt::Write;

use answers::explain::{Explanation, Gate, Leg, Outcome, verdict_word};

use crate::aws_cli;
use crate::visible::visible;

/// An answer as Markdown.
pub fn markdown(explanation: &Explanation) -> String {
    let mut out = String::new();
    let verdict = verdict_word(explanation.verdict);
    let _ = writeln!(out, "### {verdict}: `{}`\n", explanation.question);
    for reason in &explanation.reasons {
        let _ = writeln!(out, "- {}", escaped(reason));
    }
    for pair in &explanation.pairs {
        let share = pair.share * 100.0;
        let _ = writeln!(
            out,
            "**{} to {}** ({}): {}, {share:.2} % works\n",
            escaped(&pair.client.name),
            escaped(&pair.server.name),
            pair.family,
            verdict_word(pair.verdict)
        );
        if pair.targets.len() > 1 {
            let _ = writeln!(out, "| target | zone | | stopped by |\n|---|---|---|---|");
            for target in &pair.targets {
                let zone = target.zone.as_deref().unwrap_or_default();
                let verdict = verdict_word(target.verdict);
                let cells = [&target.target, zone, verdict, &target.cause].map(escaped);
                let _ = writeln!(out, "| {} |", cells.join(" | "));
            }
            out.push('\n');
        }
        let _ = writeln!(out, "| | gate | decided by | where |\n|---|---|---|---|");
        for way in &pair.ways {
            leg(&mut out, "request", &way.request);
            for reply in &way.replies {
                leg(&mut out, "reply", reply);
            }
        }
        out.push('\n');
    }
    if let Some(fix) = &explanation.fix {
        let _ = writeln!(
            out,
            "**Smallest fix**{}\n",
            if fix.proved { ", proved on the changed model" } else { "" }
        );
        for advice in &fix.advice {
            let _ = writeln!(out, "- {}", escaped(advice));
        }
        if !fix.changes.is_empty() {
            let _ = writeln!(out, "```sh");
            for change in &fix.changes {
                let _ = writeln!(out, "{}", aws_cli(change));
            }
            let _ = writeln!(out, "```");
            let opens =
                if fix.also_opens.is_empty() { "nothing else".into() } else { fix.also_opens.join("; ") };
            let _ = writeln!(out, "\nAlso opens: {}", escaped(&opens));
        }
    }
    for warning in &explanation.warnings {
        let _ = writeln!(out, "> {}", escaped(warning));
    }
    out
}

fn leg(out: &mut String, name: &str, leg: &Leg) {
    let _ = writeln!(out, "| | **{name}** | {} to {} | |", escaped(&leg.from), escaped(&leg.to));
    for (position, gate) in leg.gates.iter().enumerate() {
        segments(out, leg, position);
        let (decided, place) = decided(gate);
        let mark = match gate.outcome {
            Outcome::Passes => "passes",
            Outcome::Partly => "**partly**",
            Outcome::Blocks => "**blocks**",
            Outcome::Unknown => "**unknown**",
        };
        let direction = gate.direction.map_or(String::new(), |direction| format!(" {direction}"));
        let _ = writeln!(out, "| {mark} | {}{direction} | {decided} | {place} |", escaped(&gate.name));
    }
    segments(out, leg, leg.gates.len());
}

/// The heads of the segments that begin at a gate.
fn segments(out: &mut String, leg: &Leg, position: usize) {
    for segment in leg.segments.iter().filter(|segment| segment.first_gate == position) {
        let (by, from, to) = (escaped(&segment.by), escaped(&segment.from), escaped(&segment.to));
        let _ = writeln!(out, "| | *by {by}* | {from} to {to} | |");
    }
}

fn decided(gate: &Gate) -> (String, String) {
    let mut words: Vec<String> = Vec::new();
    for rule in &gate.rules {
        let number = rule.number.as_ref().map_or(String::new(), |number| format!("{number} "));
        let takes = if rule.takes.is_empty() { String::new() } else { format!(" ({})", rule.takes) };
        words.push(escaped(&format!("{number}{}{takes}", rule.text)));
    }
    if !gate.reason.is_empty() {
        words.push(escaped(&gate.reason));
    }
    let place = gate.rules.iter().find_map(|rule| rule.location.as_ref());
    (words.join("<br>"), place.map_or(String::new(), |place| format!("`{}:{}`", place.file, place.line)))
}

/// Text that stays text, in a cell of a table and in an item of a list: nothing in it is Markdown, HTML, or the name of
/// somebody who would be told. Names come from tags of resources, which anybody may write.
pub(crate) fn escaped(text: &str) -> String {
    let text = visible(text);
    let text = text.trim();
    let mut safe = String::with_capacity(text.len());
    // `1. ` begins a list, as `- ` does.
    let number = text.find(|letter: char| !letter.is_ascii_digit());
    let mut before = None;
    for (position, letter) in text.char_indices() {
        let after = text.get(position + letter.len_utf8()..).and_then(|rest| rest.chars().next());
        let special = match letter {
            // Within a word it is none.
            '_' => !(before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)),
            '\\' | '`' | '*' | '[' | '<' | '>' | '|' | '~' | '&' => true,
            '#' | '-' | '+' => position == 0,
            '.' | ')' if position > 0 && number == Some(position) => after.is_none_or(char::is_whitespace),
            _ => false,
        };
        match letter {
            '\n' | '\t' => safe.push(' '),
            '@' => safe.push_str("@<!-- -->"),
            letter if special => safe.extend(['\\', letter]),
            letter => safe.push(letter),
        }
        before = Some(letter);
    }
    safe
}
