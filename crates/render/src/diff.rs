//! What `diff` prints: which flows a change opens, closes and makes partial, by which rules, and what becomes of open
//! connections.

use std::fmt::Write;

use answers::diff::{Broken, Cause, Change, Difference, Flow, Live, Service, Sign, Status, Verdict, Works};
use answers::reach::ServiceShare;
use serde::Serialize;

use crate::Style;
use crate::matrix::{count, number, percent, together};

/// The version of the shape of [`diff_json`]. It changes when a field is renamed, removed or changes its meaning; new
/// fields do not change it.
pub const DIFF_SCHEMA: &str = "portcullis.diff/1";

/// How many causes of a flow are shown.
const MOST_CAUSES: usize = 6;
/// How many nouns that differ are listed, where no flow does.
const MOST_EDITED: usize = 12;

/// A difference as text.
pub fn diff(difference: &Difference, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.heading(&headline(difference)));
    for flow in &difference.flows {
        let ends = format!("{} {} {}", flow.from.name, style.arrow(), flow.to.name);
        let asked = asked(flow, style);
        let word = format!("{:<9}", change_word(flow.change));
        let _ = writeln!(
            out,
            "\n{} {}  {asked}  {}",
            style.change(flow.change, &word),
            style.heading(&ends),
            style.dim(&told(flow))
        );
        let shown = flow.causes.iter().take(MOST_CAUSES);
        let titles = shown.clone().map(title).collect::<Vec<_>>();
        let widest = titles.iter().map(|title| title.chars().count()).max().unwrap_or(0);
        for (cause, title) in shown.zip(&titles) {
            let line = format!("    {} {title:widest$}  {}", sign(cause.sign), cause.text);
            let _ = writeln!(out, "{line}  {}", style.dim(&place(cause)));
        }
        let more = flow.causes.len().saturating_sub(MOST_CAUSES);
        if more > 0 {
            let _ = writeln!(out, "      and {}", count(more as u64, "more cause"));
        }
        for kind in kinds(flow) {
            let _ = writeln!(out, "      {kind}");
        }
        if let Some(live) = &flow.live {
            let _ = writeln!(out, "      {}", open_connections(live));
        }
        if !flow.breaks.is_empty() {
            let _ = writeln!(out, "      {}", breaks(flow));
        }
    }
    if difference.verdict == Verdict::Refactor {
        out.push('\n');
        for line in edited(difference) {
            let _ = writeln!(out, "  {line}");
        }
    }
    for (position, broken) in difference.broken.iter().enumerate() {
        let gap = if position == 0 { "\n" } else { "" };
        let place = broken.location.as_ref().map_or(String::new(), ToString::to_string);
        let _ = writeln!(out, "{gap}breaks    {}  {}", broken_line(broken), style.dim(&place));
    }
    if difference.verdict == Verdict::Changed {
        let _ = writeln!(out, "\n{}", same(difference));
        let surface = surface(difference);
        let _ = write!(out, "{}", surface.map_or(String::new(), |line| line + "\n"));
    }
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[derive(Serialize)]
struct Shape<'a> {
    schema: &'static str,
    summary: String,
    #[serde(flatten)]
    difference: &'a Difference,
}

/// A difference as indented JSON.
///
/// # Errors
/// None that a well-formed answer can cause; they are passed on all the same.
pub fn diff_json(difference: &Difference) -> serde_json::Result<String> {
    let summary = headline(difference);
    serde_json::to_string_pretty(&Shape { schema: DIFF_SCHEMA, summary, difference })
}

/// The answer in a sentence, with the lines of the intent that the change breaks.
pub(crate) fn headline(difference: &Difference) -> String {
    let said = of_flows(difference);
    match difference.broken.len() as u64 {
        0 => said,
        many => format!("{said}; breaks {}", count(many, "declared line")),
    }
}

fn of_flows(difference: &Difference) -> String {
    let of = |change: Change| difference.flows.iter().filter(|flow| flow.change == change).count() as u64;
    match difference.verdict {
        Verdict::Same => "the same configuration".into(),
        Verdict::Refactor => format!(
            "pure refactor, proved equal: {} and none of {} answers otherwise",
            match difference.configuration.len() as u64 {
                1 => "1 resource differs".to_owned(),
                many => format!("{} differ", count(many, "resource")),
            },
            match difference.same {
                1 => "1 pair of ends".to_owned(),
                many => format!("{} pairs of ends", number(many)),
            }
        ),
        Verdict::Changed => {
            let flows = |change, verb: &str, tail: &str| match of(change) {
                0 => None,
                many => Some(format!("{verb} {}{tail}", count(many, "flow"))),
            };
            let said = [
                flows(Change::Opens, "opens", ""),
                flows(Change::Closes, "closes", ""),
                flows(Change::Partial, "changes the share of", ""),
                flows(Change::Undecided, "leaves", " undecided"),
            ];
            said.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    }
}

pub(crate) fn change_word(change: Change) -> &'static str {
    match change {
        Change::Opens => "opens",
        Change::Closes => "closes",
        Change::Partial => "partial",
        Change::Undecided => "undecided",
    }
}

/// How many pairs a flow is, and which of its ends only one of the networks has.
pub(crate) fn told(flow: &Flow) -> String {
    let mut told = vec![count(flow.pairs, "pair")];
    let ends = [&flow.from, &flow.to];
    let (new, gone): (usize, usize) =
        (ends.iter().map(|ends| ends.new).sum(), ends.iter().map(|ends| ends.gone).sum());
    if new > 0 {
        told.push(count(new as u64, "new interface"));
    }
    if gone > 0 {
        told.push(format!("{} gone", count(gone as u64, "interface")));
    }
    told.join(", ")
}

/// What is asked for, with how much of it works where that is a part.
pub(crate) fn asked(flow: &Flow, style: Style) -> String {
    let whole = |service: &Service, share: f64| ServiceShare {
        what: service.what,
        share,
        client_ports: Vec::new(),
        only: service.only.clone(),
        except: service.except.clone(),
    };
    let mut groups: Vec<(String, Vec<ServiceShare>)> = Vec::new();
    for service in &flow.services {
        let (share, behind) = match flow.change {
            Change::Opens => (service.after.share.unwrap_or(1.0), String::new()),
            Change::Closes => (service.before.share.unwrap_or(1.0), String::new()),
            Change::Partial | Change::Undecided => {
                let arrow = if style.unicode { "\u{2192}" } else { "->" };
                (1.0, format!(" {} {arrow} {}", state(&service.before), state(&service.after)))
            }
        };
        let behind = match service.families.as_slice() {
            ["IPv6"] => format!("{behind} (IPv6)"),
            [_, _] => format!("{behind} (IPv4 and IPv6)"),
            _ => behind,
        };
        let one = whole(service, share);
        match groups.iter_mut().find(|(known, _)| *known == behind) {
            Some((_, services)) => services.push(one),
            None => groups.push((behind, vec![one])),
        }
    }
    let texts = groups.into_iter().map(|(behind, services)| {
        format!("{}{behind}", together(&services, flow.to.internet, style).join("; "))
    });
    texts.collect::<Vec<_>>().join("; ")
}

/// How much of a service works.
fn state(works: &Works) -> String {
    match (works.status, works.share) {
        (Status::Nothing, _) => "blocked".into(),
        (Status::Undecided, _) => "undecided".into(),
        (Status::All, _) => "100 %".into(),
        (Status::Part, Some(share)) => percent(share),
        (Status::Part, None) => "in part".into(),
    }
}

/// How much works for each kind of client, before and after.
pub(crate) fn kinds(flow: &Flow) -> Vec<String> {
    let percent = |share: f64| match share {
        all if all >= 1.0 => "100 %".to_owned(),
        none if none <= 0.0 => "0 %".to_owned(),
        part => percent(part),
    };
    let mut lines = Vec::new();
    for service in flow.services.iter().filter(|service| !service.kinds.is_empty()) {
        let each = service
            .kinds
            .iter()
            .map(|kind| format!("{} {} \u{2192} {}", kind.words, percent(kind.before), percent(kind.after)));
        let line = format!("{}: {}", service.what, each.collect::<Vec<_>>().join(", "));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

pub(crate) fn sign(sign: Sign) -> char {
    match sign {
        Sign::Added => '+',
        Sign::Removed => '-',
        Sign::Decides => ' ',
    }
}

/// The gate of a cause.
pub(crate) fn title(cause: &Cause) -> String {
    let direction = cause.direction.map_or(String::new(), |direction| format!(" {direction}"));
    let reply = if cause.reply && cause.gate != "security-group" { " (reply)" } else { "" };
    format!("{}{direction}{reply}", cause.name)
}

/// Where a cause is written.
pub(crate) fn place(cause: &Cause) -> String {
    cause.location.as_ref().map_or(String::new(), |place| format!("{}:{}", place.file, place.line))
}

/// What becomes of open connections, in a sentence.
pub(crate) fn open_connections(live: &Live) -> String {
    let said = match (live.goes_on, live.cut, live.unknown) {
        (true, false, false) => {
            "open connections go on until they end or fall idle: security groups track them"
        }
        (false, true, false) => "open connections are cut at once",
        (false, false, true) => "nobody can say what becomes of open connections",
        (true, true, false) => {
            "some open connections go on, tracked by security groups; the others are cut at once"
        }
        _ => "some open connections are known to go on or to be cut; of the others nobody can say",
    };
    let of = if live.of_all { "" } else { " (of the first pairs that were looked at)" };
    format!("{said}{of}")
}

/// The lines of the intent that a flow breaks.
pub(crate) fn breaks(flow: &Flow) -> String {
    format!("breaks {}", flow.breaks.join(", "))
}

/// A line of the intent that held before, with its name where it has one.
pub(crate) fn broken_line(broken: &Broken) -> String {
    let name = if broken.id == broken.text { String::new() } else { format!(" ({})", broken.id) };
    format!("{}{name}  {}", broken.called(), broken.text)
}

/// How much is the same.
pub(crate) fn same(difference: &Difference) -> String {
    match difference.same {
        1 => "same      1 other pair of ends".into(),
        many => format!("same      {} other pairs of ends", number(many)),
    }
}

/// What the internet reaches, before and after.
pub(crate) fn surface(difference: &Difference) -> Option<String> {
    let surface = difference.surface?;
    let whose = if surface.of_all { "" } else { " of these interfaces" };
    let (before, after) = (number(surface.before.pairs), number(surface.after.pairs));
    Some(format!(
        "surface   {before} \u{2192} {after} (interface, port) pairs{whose} reached from the internet"
    ))
}

/// The nouns in which the configurations differ.
pub(crate) fn edited(difference: &Difference) -> Vec<String> {
    let all = difference.configuration.iter().take(MOST_EDITED).map(|edited| {
        let name = edited.name.as_deref().unwrap_or(&edited.id);
        format!("{:<8} {} {name}", edited.how, edited.kind)
    });
    let more = difference.configuration.len().saturating_sub(MOST_EDITED);
    let more = (more > 0).then(|| format!("and {}", count(more as u64, "more resource")));
    all.chain(more).collect()
}
