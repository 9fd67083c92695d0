//! What `reach` prints: who reaches whom, with the rules that let them, and by what the others are stopped.

use std::fmt::Write;

use answers::explain::verdict_word;
use answers::reach::{Factored, Labels, Matrix, Others, RuleOnWay, Summary, Talk, Why};
use model::Location;
use serde::Serialize;

use crate::Style;
use crate::matrix::{Service, count, family_word, services};
use crate::text::common;

/// The version of the shape of [`reach_json`]. It changes when a field is renamed, removed or changes its meaning; new
/// fields do not change it.
pub const REACH_SCHEMA: &str = "portcullis.reach/1";

/// How many rules of a kind are shown for one group of ends.
const MOST_RULES: usize = 6;

/// What `reach` found.
pub struct Reached<'a> {
    /// Who gets to whom.
    pub matrix: &'a Matrix<'a>,
    /// The sets of it.
    pub factored: &'a Factored,
    /// The names.
    pub labels: &'a Labels<'a>,
    /// Who talks, each with why.
    pub talks: &'a [(Talk, Why)],
    /// Those on the other side that are in none.
    pub others: Option<&'a Others>,
    /// What the question calls the two sides, where it names them.
    pub sides: [Option<&'a str>; 2],
}

impl Reached<'_> {
    fn side(&self, sets: &[u32], beyond: bool) -> String {
        let interfaces = self.factored.interfaces(sets);
        let held = (!interfaces.is_empty()).then(|| self.labels.set(&interfaces));
        let beyond = beyond.then(|| "internet".to_owned());
        beyond.into_iter().chain(held).collect::<Vec<_>>().join(", ")
    }

    fn folder(&self) -> String {
        let rules = self.talks.iter().flat_map(|(_, why)| why.by.iter().chain(&why.cut));
        let mut folder: Option<String> = None;
        for place in rules.filter_map(|rule| rule.location.as_ref()) {
            let parent = place.file.rsplit_once('/').map_or("", |(parent, _)| parent);
            folder = Some(folder.map_or_else(|| parent.to_owned(), |folder| common(&folder, parent)));
        }
        folder.unwrap_or_default()
    }

    /// The answer in a sentence.
    fn headline(&self) -> String {
        let summary = Summary::of(self.matrix, self.factored);
        let side = |side: Option<&str>| match side {
            Some("internet") => Some("the internet".to_owned()),
            side => side.map(str::to_owned),
        };
        // Between two ends beyond the network nothing is asked.
        let asked = self.matrix.query.from.has_interfaces() && self.matrix.query.to.has_interfaces();
        let summary = match asked {
            true => summary,
            false => Summary { from_internet: None, to_internet: None, ..summary },
        };
        let count_of = |clients: bool| {
            let sets = self.talks.iter().flat_map(|(talk, _)| if clients { &talk.from } else { &talk.to });
            let sets: Vec<u32> = sets.copied().collect();
            self.factored.interfaces(&sets).len() as u64
        };
        let beyond = |clients: bool| {
            self.talks.iter().any(|(talk, _)| if clients { talk.from_internet } else { talk.to_internet })
        };
        match (side(self.sides[0]), side(self.sides[1])) {
            (None, Some(to)) => {
                let internet = match (summary.from_internet, beyond(true)) {
                    (None, _) => "",
                    (_, true) => " and the internet",
                    (_, false) => ", and the internet does not",
                };
                match (count_of(true), beyond(true)) {
                    (0, false) => format!("nobody reaches {to}"),
                    (0, true) => format!("only the internet reaches {to}"),
                    (1, false) => format!("1 interface reaches {to}{internet}"),
                    (many, false) => format!("{} reach {to}{internet}", count(many, "interface")),
                    (many, true) => format!("{}{internet} reach {to}", count(many, "interface")),
                }
            }
            (Some(from), None) => {
                let internet = match (summary.to_internet, beyond(false)) {
                    (None, _) => "",
                    (_, true) => " and the internet",
                    (_, false) => ", and not the internet",
                };
                match (count_of(false), beyond(false)) {
                    (0, false) => format!("{from} reaches nobody"),
                    (0, true) => format!("{from} reaches only the internet"),
                    (many, _) => format!("{from} reaches {}{internet}", count(many, "interface")),
                }
            }
            (from, to) => {
                let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
                let pairs: u64 = self.talks.iter().map(|(talk, _)| talk.pairs).sum();
                match pairs {
                    0 => format!("{from} does not reach {to}"),
                    pairs => format!("{from} reaches {to}: {}", count(pairs, "pair")),
                }
            }
        }
    }
}

/// Who reaches whom, as text.
pub fn reach_text(reached: &Reached<'_>, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.heading(&reached.headline()));
    let folder = reached.folder();
    let [from, to] = reached.sides;
    for (talk, why) in reached.talks {
        let (mark, text) = services(reached.matrix, &talk.judged, talk.to_internet, style);
        let ends = match (from, to) {
            (None, Some(_)) => reached.side(&talk.from, talk.from_internet),
            (Some(_), None) => reached.side(&talk.to, talk.to_internet),
            _ => String::new(),
        };
        // Whom of those asked for it is about, where it is not all of them.
        let other = match (from, to) {
            (None, Some(_)) => part(reached, talk, false),
            (Some(_), None) => part(reached, talk, true),
            _ => Some(format!(
                "{} {} {}",
                reached.side(&talk.from, talk.from_internet),
                style.arrow(),
                reached.side(&talk.to, talk.to_internet)
            )),
        };
        let ends = match other {
            Some(other) if ends.is_empty() => other,
            Some(other) => format!("{ends} {} {other}", style.arrow()),
            None => ends,
        };
        let _ = writeln!(out, "\n{} {}  {text}", mark.painted(style), style.heading(&ends));
        for (word, rules) in [("let by", &why.by), ("cut by", &why.cut)] {
            let widest = rules.iter().map(|rule| title(rule).chars().count()).max().unwrap_or(0);
            for (position, rule) in rules.iter().take(MOST_RULES).enumerate() {
                let word = if position == 0 { word } else { "" };
                let place = rule.location.as_ref().map_or(String::new(), |place| shown(place, &folder));
                let line = format!("    {word:6}  {:widest$}  {}", title(rule), rule.text);
                let _ = writeln!(out, "{line}  {}", style.dim(&place));
            }
            let more = rules.len().saturating_sub(MOST_RULES);
            if more > 0 {
                let _ = writeln!(out, "            and {}", count(more as u64, "more rule"));
            }
        }
    }
    if let Some(others) = reached.others.filter(|others| !others.stopped.is_empty()) {
        let _ = writeln!(out, "\n{}", style.heading("blocked"));
        let all = |stopped: &answers::reach::Stopped| reached.labels.set(&stopped.interfaces);
        let widest = others.stopped.iter().map(|stopped| all(stopped).chars().count()).max().unwrap_or(0);
        for stopped in &others.stopped {
            let _ = writeln!(out, "  {:widest$}  {}", all(stopped), stopped.cause);
        }
        if others.more > 0 {
            let _ = writeln!(out, "  and {}, not looked at", count(others.more as u64, "more interface"));
        }
    }
    if !folder.is_empty() {
        let _ = writeln!(out, "\n{}", style.dim(&format!("files are in {folder}")));
    }
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Of the side that was asked about, whom a talk is about, unless it is everybody there.
fn part(reached: &Reached<'_>, talk: &Talk, clients: bool) -> Option<String> {
    let side = if clients { &reached.matrix.query.from } else { &reached.matrix.query.to };
    let ends = reached.matrix.ends();
    let mut all: Vec<_> = (ends.classes.iter().flat_map(|class| &class.members))
        .filter(|end| side.has(**end))
        .map(|end| end.interface)
        .collect();
    all.sort_unstable();
    all.dedup();
    let (sets, beyond) =
        if clients { (&talk.from, talk.from_internet) } else { (&talk.to, talk.to_internet) };
    let here = reached.factored.interfaces(sets);
    let nobody_else = here.len() == all.len() || (all.is_empty() && beyond);
    (!nobody_else).then(|| reached.side(sets, beyond))
}

fn title(rule: &RuleOnWay) -> String {
    let direction = rule.direction.map_or(String::new(), |direction| format!(" {direction}"));
    let reply = if rule.reply && rule.gate != "security-group" { " (reply)" } else { "" };
    format!("{}{direction}{reply}", rule.name)
}

fn shown(place: &Location, folder: &str) -> String {
    let inside = place.file.strip_prefix(folder).filter(|_| !folder.is_empty());
    let file = inside.and_then(|rest| rest.strip_prefix('/')).unwrap_or(&place.file);
    format!("{file}:{}", place.line)
}

#[derive(Serialize)]
struct Shape<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    summary: String,
    groups: Vec<Group<'a>>,
    blocked: Vec<Blocked<'a>>,
    /// How many blocked interfaces were not looked at.
    not_looked_at: usize,
}

#[derive(Serialize)]
struct Group<'a> {
    from: Side<'a>,
    to: Side<'a>,
    pairs: u64,
    says: Vec<Says>,
    let_by: Vec<Rule<'a>>,
    cut_by: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Side<'a> {
    name: String,
    interfaces: Vec<&'a str>,
    internet: bool,
}

#[derive(Serialize)]
struct Says {
    family: &'static str,
    verdict: &'static str,
    share: f64,
    services: Vec<Service>,
    may_work: Vec<Service>,
}

#[derive(Serialize)]
struct Rule<'a> {
    gate: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<&'a str>,
    reply: bool,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

#[derive(Serialize)]
struct Blocked<'a> {
    name: String,
    interfaces: Vec<&'a str>,
    cause: &'a str,
}

/// Who reaches whom, as indented JSON.
///
/// # Errors
/// None that a well-formed answer can cause; they are passed on all the same.
pub fn reach_json(reached: &Reached<'_>) -> serde_json::Result<String> {
    let nouns = &reached.matrix.network.model().network_interfaces;
    let ids = |interfaces: &[model::Ix<model::NetworkInterface>]| -> Vec<&str> {
        interfaces.iter().map(|ix| nouns.at(*ix).id.as_str()).collect()
    };
    let side = |sets: &[u32], internet: bool| Side {
        name: reached.side(sets, internet),
        interfaces: ids(&reached.factored.interfaces(sets)),
        internet,
    };
    let groups = reached.talks.iter().map(|(talk, why)| Group {
        from: side(&talk.from, talk.from_internet),
        to: side(&talk.to, talk.to_internet),
        pairs: talk.pairs,
        says: (talk.judged.iter().filter_map(|judged| reached.matrix.judged.get(*judged)))
            .map(|judged| Says {
                family: family_word(judged.family),
                verdict: verdict_word(judged.verdict),
                share: judged.share,
                services: judged.services.iter().cloned().map(Service).collect(),
                may_work: judged.may_work.iter().cloned().map(Service).collect(),
            })
            .collect(),
        let_by: why.by.iter().map(rule).collect(),
        cut_by: why.cut.iter().map(rule).collect(),
    });
    let blocked = reached.others.into_iter().flat_map(|others| &others.stopped);
    let blocked = blocked.map(|stopped| Blocked {
        name: reached.labels.set(&stopped.interfaces),
        interfaces: ids(&stopped.interfaces),
        cause: &stopped.cause,
    });
    let shape = Shape {
        schema: REACH_SCHEMA,
        from: reached.sides[0],
        to: reached.sides[1],
        summary: reached.headline(),
        groups: groups.collect(),
        blocked: blocked.collect(),
        not_looked_at: reached.others.map_or(0, |others| others.more),
    };
    serde_json::to_string_pretty(&shape)
}

fn rule(rule: &RuleOnWay) -> Rule<'_> {
    Rule {
        gate: rule.gate,
        name: &rule.name,
        direction: rule.direction,
        reply: rule.reply,
        text: &rule.text,
        file: rule.location.as_ref().map(|place| place.file.as_str()),
        line: rule.location.as_ref().map(|place| place.line),
    }
}
