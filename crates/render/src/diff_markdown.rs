//! What a change does, as Markdown: a comment on a pull request.

use std::fmt::Write;

use answers::diff::{Cause, Difference, Flow, Verdict};

use crate::Style;
use crate::diff::{
    asked, breaks, broken_line, change_word, edited, headline, kinds, open_connections, place, same, sign,
    surface, title, told,
};
use crate::markdown::escaped;

/// More flows than this are counted: a comment has to be read, and GitHub takes 65,536 characters.
const MOST_FLOWS: usize = 50;
/// How many causes of a flow are shown.
const MOST_CAUSES: usize = 4;

/// A difference as Markdown.
pub fn diff_markdown(difference: &Difference) -> String {
    let mut out = format!("### {}\n", escaped(&headline(difference)));
    if difference.verdict == Verdict::Refactor {
        out.push('\n');
        for line in edited(difference) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let _ = writeln!(out, "- {}", escaped(&words.join(" ")));
        }
    }
    if difference.verdict != Verdict::Changed {
        write_broken(&mut out, difference);
        return out;
    }
    out.push_str("\n| | from | to | service | by | open connections |\n|---|---|---|---|---|---|\n");
    for flow in difference.flows.iter().take(MOST_FLOWS) {
        let _ = writeln!(out, "| {} |", row(flow).join(" | "));
    }
    let more = difference.flows.len().saturating_sub(MOST_FLOWS);
    if more > 0 {
        let _ = writeln!(out, "\nand {more} more flows");
    }
    write_broken(&mut out, difference);
    for line in std::iter::once(same(difference)).chain(surface(difference)) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let _ = writeln!(out, "\n{}", escaped(&words.join(" ")));
    }
    out
}

/// The lines of the intent that the change breaks.
fn write_broken(out: &mut String, difference: &Difference) {
    for broken in &difference.broken {
        let place = broken.location.as_ref().map_or(String::new(), |place| format!(" (`{place}`)"));
        let _ = writeln!(out, "\n**breaks** {}{place}", escaped(&broken_line(broken)));
    }
}

fn row(flow: &Flow) -> [String; 6] {
    let mut asked = escaped(&asked(flow, Style::PLAIN));
    for kind in kinds(flow) {
        let _ = write!(asked, "<br>{}", escaped(&kind));
    }
    if !flow.breaks.is_empty() {
        let _ = write!(asked, "<br>**{}**", escaped(&breaks(flow)));
    }
    let mut by: Vec<String> = flow.causes.iter().take(MOST_CAUSES).map(cause).collect();
    let more = flow.causes.len().saturating_sub(MOST_CAUSES);
    by.extend((more > 0).then(|| format!("and {more} more")));
    let live = flow.live.as_ref().map_or(String::new(), |live| {
        let said = open_connections(live);
        said.strip_prefix("open connections ").map_or(said.clone(), str::to_owned)
    });
    [
        format!("**{}**", change_word(flow.change)),
        escaped(&flow.from.name),
        format!("{}<br>{}", escaped(&flow.to.name), told(flow)),
        asked,
        by.join("<br>"),
        live,
    ]
}

fn cause(cause: &Cause) -> String {
    let (title, text) = (escaped(&title(cause)), escaped(&cause.text));
    let place = place(cause);
    let place = if place.is_empty() { String::new() } else { format!(" (`{place}`)") };
    match sign(cause.sign) {
        ' ' => format!("{title}: {text}{place}"),
        sign => format!("`{sign}` {title}: {text}{place}"),
    }
}
