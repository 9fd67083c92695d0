//! What `reach` prints: who reaches whom, with the rules that let them, and by what the others are stopped.

use std::collections::HashSet;
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
    /// The clients and the servers of a talk, in words.
    fn ends(&self, talk: &Talk) -> [String; 2] {
        let [from, to] = self.factored.sides(talk);
        [self.labels.side(&from, talk.from_internet), self.labels.side(&to, talk.to_internet)]
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
        let count_of = |clients: bool| {
            let sides = self.talks.iter().map(|(talk, _)| self.factored.sides(talk));
            let all = sides.flat_map(|[from, to]| if clients { from } else { to });
            all.collect::<HashSet<_>>().len() as u64
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
                let interfaces = |many: u64| count(many, "interface");
                match (count_of(true), count_of(false)) {
                    (0, 0) => format!("{from} does not reach {to}"),
                    (0, servers) => format!("{from} reaches {} of {to}", interfaces(servers)),
                    (1, 0) => format!("1 interface of {from} reaches {to}"),
                    (clients, 0) => format!("{} of {from} reach {to}", interfaces(clients)),
                    (clients, servers) => {
                        let verb = if clients == 1 { "reaches" } else { "reach" };
                        format!("{} of {from} {verb} {} of {to}", interfaces(clients), interfaces(servers))
                    }
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
        let [clients, servers] = reached.ends(talk);
        let between = |clients: &str, servers: &str| format!("{clients} {} {servers}", style.arrow());
        // Whom of those asked for it is about is told where it is not all of them.
        let ends = match (from, to) {
            (None, Some(_)) if all_of(reached, talk, false) => clients,
            (Some(_), None) if all_of(reached, talk, true) => servers,
            _ => between(&clients, &servers),
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

/// Whether a talk is about everybody on the side that was asked about.
fn all_of(reached: &Reached<'_>, talk: &Talk, clients: bool) -> bool {
    let side = if clients { &reached.matrix.query.from } else { &reached.matrix.query.to };
    let members = reached.matrix.ends().classes.iter().flat_map(|class| &class.members);
    let asked: HashSet<_> = members.filter(|end| side.has(**end)).map(|end| end.interface).collect();
    let sets = if clients { &talk.from } else { &talk.to };
    let here: HashSet<_> = reached.factored.interfaces(sets).into_iter().collect();
    here == asked
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
    let side = |name: String, interfaces: &[model::Ix<model::NetworkInterface>], internet: bool| Side {
        name,
        interfaces: ids(interfaces),
        internet,
    };
    let between = |talk: &Talk| {
        let ([from, to], [clients, servers]) = (reached.factored.sides(talk), reached.ends(talk));
        (side(clients, &from, talk.from_internet), side(servers, &to, talk.to_internet))
    };
    let groups = reached.talks.iter().map(|(talk, why)| (talk, why, between(talk)));
    let groups = groups.map(|(talk, why, (from, to))| Group {
        from,
        to,
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
