//! What the internet reaches, as text: the surface first, then grade by grade whom, what, by which rule. And as JSON.

use std::fmt::Write;

use answers::explain::{Outcome, RuleUse};
use answers::exposure::{Behind, Exposure, Finding, From, Grade, Services, Stop, Unreachable, Who};
use answers::question::{CATALOGUE, PortRange, Service};
use serde::Serialize;

use crate::Style;
use crate::text::shorten;

/// The version of the shape of [`exposure_json`]. It changes when a field is renamed, removed or changes its meaning; new
/// fields do not change it.
pub const EXPOSURE_SCHEMA: &str = "portcullis.exposure/1";

/// How many blocks of one grade are shown before the rest is counted.
const MOST: usize = 20;
/// How many names, rules and targets are spelled out.
const MOST_NAMES: usize = 4;
/// What an export cannot say.
const ASSUMING: &str = "assuming that servers listen, and no firewall of their own stops it";
/// What is wider than this gets a line of its own.
const WIDEST: usize = 44;

/// An exposure as indented JSON.
///
/// # Errors
/// None that a well-formed answer can cause; they are passed on all the same.
pub fn exposure_json(exposure: &Exposure) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Versioned<'a> {
        schema: &'static str,
        #[serde(flatten)]
        exposure: &'a Exposure,
    }
    serde_json::to_string_pretty(&Versioned { schema: EXPOSURE_SCHEMA, exposure })
}

/// An exposure as text; with `all`, however long the lists are.
pub fn exposure(exposure: &Exposure, all: bool, style: Style) -> String {
    let (exposure, folder) = &shortened(exposure);
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.heading(&summary(exposure)));
    let _ = writeln!(out, "  {}", interfaces(exposure));
    for grade in [Grade::Exposed, Grade::Partial, Grade::Undecided, Grade::Latent] {
        let blocks = blocks(&exposure.findings, grade);
        if blocks.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", style.heading(grade_word(grade)));
        let shown = if all { blocks.len() } else { MOST.min(blocks.len()) };
        for block in blocks.iter().take(shown) {
            write_block(&mut out, block, grade, style);
        }
        let rest: usize =
            blocks.iter().skip(shown).filter_map(|block| block.first()).map(|f| f.of.len()).sum();
        if rest > 0 {
            let _ = writeln!(out, "  {}", style.dim(&format!("and {rest} more; --all shows them")));
        }
        if grade == Grade::Exposed {
            behind(&mut out, &exposure.behind, all, style);
        }
    }
    let reached = exposure.findings.iter().any(|finding| finding.grade == Grade::Exposed);
    if !reached {
        behind(&mut out, &exposure.behind, all, style);
    }
    unreachable(&mut out, &exposure.unreachable, all, style);
    if !folder.is_empty() {
        let _ = writeln!(out, "\n{}", style.dim(&format!("files are in {folder}")));
    }
    if exposure.findings.iter().any(|finding| finding.grade <= Grade::Partial) {
        let _ = writeln!(out, "\n{}", style.dim(ASSUMING));
    }
    out
}

/// The surface in one line.
pub(crate) fn summary(exposure: &Exposure) -> String {
    let surface = exposure.surface;
    let noun = if surface.pairs == 1 { "pair" } else { "pairs" };
    let mut line = format!("surface: {} (interface, port) {noun}", surface.pairs);
    if surface.partial > 0 {
        let _ = write!(line, ", {} of them partial", surface.partial);
    }
    if surface.undecided > 0 {
        let _ = write!(line, "; {} more are undecided", surface.undecided);
    }
    line
}

/// How many interfaces are of which grade.
pub(crate) fn interfaces(exposure: &Exposure) -> String {
    let counts = exposure.interfaces;
    let parts = [
        (counts.exposed, "exposed"),
        (counts.partial, "partial"),
        (counts.undecided, "undecided"),
        (counts.behind, "behind load balancers"),
        (counts.latent, "latent"),
        (counts.unreachable, "unreachable"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let noun = if counts.all == 1 { "interface" } else { "interfaces" };
    format!("{} {noun}: {}", counts.all, parts.collect::<Vec<_>>().join(", "))
}

pub(crate) fn grade_word(grade: Grade) -> &'static str {
    match grade {
        Grade::Exposed => "exposed",
        Grade::Partial => "partial",
        Grade::Undecided => "undecided",
        Grade::Latent => "latent",
    }
}

/// The findings of a grade, those about the same interfaces together.
fn blocks(findings: &[Finding], grade: Grade) -> Vec<Vec<&Finding>> {
    let mut blocks: Vec<Vec<&Finding>> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for finding in findings.iter().filter(|finding| finding.grade == grade) {
        let of: Vec<_> = finding.of.iter().map(|who| (&who.name, &who.interface)).collect();
        let position = *known.entry(of).or_insert(blocks.len());
        match blocks.get_mut(position) {
            Some(block) => block.push(finding),
            None => blocks.push(vec![finding]),
        }
    }
    blocks
}

fn write_block(out: &mut String, block: &[&Finding], grade: Grade, style: Style) {
    let Some(first) = block.first() else { return };
    let mark = style.grade(grade);
    match first.of.as_slice() {
        [who] => {
            let mut addresses: Vec<String> = Vec::new();
            for address in block.iter().flat_map(|finding| &finding.of).filter_map(addresses_of) {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            let id = who.interface.as_deref().filter(|id| *id != who.name).unwrap_or_default();
            let line = format!("  {mark} {}  {}  {}", who.name, addresses.join(", "), style.dim(id));
            let _ = writeln!(out, "{}", line.trim_end());
        }
        several => {
            let count = style.dim(&format!("{} interfaces", several.len()));
            let _ = writeln!(out, "  {mark} {}  {count}", names(several));
        }
    }
    let rows: Vec<(String, String)> =
        block.iter().map(|finding| (asked(finding), from(&finding.from))).collect();
    let narrow = |column: fn(&(String, String)) -> &String| {
        rows.iter().map(|row| width(column(row))).filter(|width| *width <= WIDEST).max().unwrap_or(0)
    };
    let (services, sources) = (narrow(|row| &row.0), narrow(|row| &row.1));
    let margin = 6 + services + 2 + sources + 2;
    for (position, (finding, (asked, from))) in block.iter().zip(&rows).enumerate() {
        let mut line = format!("      {asked}");
        to_column(&mut line, 6 + services + 2);
        line.push_str(from);
        to_column(&mut line, margin);
        let mut rules = finding.rules.iter().map(|rule| rule_text(rule, "in", style));
        line.push_str(&rules.next().unwrap_or_else(|| "no security groups".into()));
        let _ = writeln!(out, "{line}");
        let margin = " ".repeat(margin);
        let more = finding.rules.len().saturating_sub(MOST_NAMES);
        for rule in rules.take(MOST_NAMES - 1) {
            let _ = writeln!(out, "{margin}{rule}");
        }
        if more > 0 {
            let _ = writeln!(out, "{margin}{}", style.dim(&format!("and {more} more rules")));
        }
        // What holds for the next service as well is said below that one.
        let details = details(finding, style);
        if block.get(position + 1).is_none_or(|next| self::details(next, style) != details) {
            out.push_str(&details);
        }
    }
}

/// Fills a line up to a column; one that is longer goes on in the next line.
fn to_column(line: &mut String, column: usize) {
    let here = line.rsplit('\n').next().map_or(0, width);
    if here + 2 > column {
        line.push('\n');
        line.push_str(&" ".repeat(column));
    } else {
        line.push_str(&" ".repeat(column - here));
    }
}

/// What stops it, or leaves it open.
fn details(finding: &Finding, style: Style) -> String {
    let mut out = String::new();
    if finding.grade == Grade::Partial {
        // Where the load balancer's picks decide, there is no more to say than how many.
        let shares = finding.works.ends_with("of connections");
        let works =
            if finding.works.is_empty() || shares { String::new() } else { format!(": {}", finding.works) };
        let least = if finding.reasons.is_empty() { "" } else { "at least " };
        let _ = writeln!(out, "        {least}{} of connections work{works}; cut by", percent(finding.share));
    }
    if let Some(left) = finding.gates_left {
        let _ = writeln!(out, "        latent({left}), stopped by");
    }
    let mark = style.outcome(if finding.grade == Grade::Latent { Outcome::Blocks } else { Outcome::Partly });
    for stop in &finding.gates {
        let _ = writeln!(out, "         {mark} {}", stop_text(stop, style));
    }
    for reason in &finding.reasons {
        let _ = writeln!(out, "        not known: {reason}");
    }
    out
}

fn behind(out: &mut String, behind: &[Behind], all: bool, style: Style) {
    if behind.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.heading("behind load balancers"));
    let shown = if all { behind.len() } else { MOST.min(behind.len()) };
    for one in behind.iter().take(shown) {
        let _ = writeln!(out, "    {} {} {}", sent_by(one), style.arrow(), targets(one, all));
    }
    if behind.len() > shown {
        let rest = format!("and {} more; --all shows them", behind.len() - shown);
        let _ = writeln!(out, "  {}", style.dim(&rest));
    }
}

/// By which load balancer, asked for what.
pub(crate) fn sent_by(behind: &Behind) -> String {
    let through = behind.by.join(", ");
    format!("{through} {}", services(&behind.services))
}

/// To whom it sends.
pub(crate) fn targets(behind: &Behind, all: bool) -> String {
    let port = behind.target_port.map_or(String::new(), |port| format!(" on port {port}"));
    let most = if all { behind.targets.len() } else { MOST_NAMES.max(1) };
    format!("{}{port}", list(behind.targets.iter().map(String::as_str), behind.targets.len(), most))
}

fn unreachable(out: &mut String, unreachable: &[Unreachable], all: bool, style: Style) {
    if unreachable.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.heading("unreachable"));
    let widest = unreachable.iter().map(|one| one.of.len().to_string().len()).max().unwrap_or(0);
    let shown = if all { unreachable.len() } else { MOST.min(unreachable.len()) };
    for one in unreachable.iter().take(shown) {
        let _ = writeln!(out, "  {:>widest$}  {}", one.of.len(), reason(one));
        let of: Vec<&Who> = one.of.iter().collect();
        let most = if all { of.len() } else { MOST_NAMES };
        let of = list(of.iter().map(|who| who.name.as_str()), of.len(), most);
        let _ = writeln!(out, "  {:>widest$}  {}", "", style.dim(&of));
    }
    let rest: usize = unreachable.iter().skip(shown).map(|one| one.of.len()).sum();
    if rest > 0 {
        let _ = writeln!(out, "  {}", style.dim(&format!("and {rest} more; --all shows them")));
    }
}

/// Why, and what would be left without the first cause.
pub(crate) fn reason(unreachable: &Unreachable) -> String {
    let also = unreachable.also.iter().map(|cause| format!("; {cause}")).collect::<String>();
    format!("{}{also}", unreachable.reason)
}

/// The service and, of IPv6, the family.
pub(crate) fn asked(finding: &Finding) -> String {
    let family = if finding.family == "IPv6" { " over IPv6" } else { "" };
    format!("{}{family}", services(&finding.services))
}

/// Services as people write them.
pub(crate) fn services(services: &[Services]) -> String {
    if services.len() == 4 && services.iter().all(|services| services.all) {
        return "everything".into();
    }
    let text = |services: &Services| match (services.protocol, services.all) {
        ("proto", true) => "every other protocol".into(),
        ("proto", false) => {
            let numbers: Vec<_> = services.numbers.iter().map(|number| format!("proto/{number}")).collect();
            list(numbers.iter().map(String::as_str), numbers.len(), MOST_NAMES)
        }
        ("tcp" | "udp", true) => format!("{} every port", services.protocol),
        ("icmp" | "icmpv6", true) => services.protocol.into(),
        (protocol, _) => {
            let numbers: Vec<_> = services.numbers.iter().map(|number| called(protocol, number)).collect();
            format!("{protocol} {}", list(numbers.iter().map(String::as_str), numbers.len(), MOST_NAMES))
        }
    };
    services.iter().map(text).collect::<Vec<_>>().join("; ")
}

/// A port with the name that it has in questions.
fn called(protocol: &str, number: &str) -> String {
    let single = number.parse().ok().map(PortRange::single);
    let service = match (protocol, single) {
        ("tcp", Some(port)) => Some(Service::Tcp(port)),
        ("udp", Some(port)) => Some(Service::Udp(port)),
        ("icmp", _) if number == "8" => return "echo".into(),
        ("icmpv6", _) if number == "128" => return "echo".into(),
        _ => None,
    };
    let row = CATALOGUE.iter().find(|row| service.is_some() && row.services.first().copied() == service);
    match row.filter(|row| row.services.len() == 1).and_then(|row| row.names.first()) {
        Some(name) => format!("{number} ({name})"),
        None => number.to_owned(),
    }
}

/// From where.
pub(crate) fn from(from: &From) -> String {
    if from.all {
        return "from the internet".into();
    }
    match from.blocks.as_slice() {
        blocks if (1..=MOST_NAMES).contains(&blocks.len()) => {
            format!("from {} ({})", blocks.join(", "), addresses(&from.addresses))
        }
        _ if from.share > 0.5 => format!("from the internet but {}", addresses(&from.without)),
        _ if from.share >= 0.01 => format!("from {} of the internet", percent(from.share)),
        [] => format!("from {}", addresses(&from.addresses)),
        blocks => format!("from {} in {} blocks", addresses(&from.addresses), blocks.len()),
    }
}

fn addresses(count: &str) -> String {
    match count.parse::<u128>() {
        Ok(1) => "1 address".into(),
        Ok(count) if count.is_power_of_two() && count > 1 << 32 => format!("2^{} addresses", count.ilog2()),
        Ok(count) if count > 1 << 32 => format!("about 2^{} addresses", count.ilog2()),
        _ => format!("{count} addresses"),
    }
}

/// A rule, its list and its place.
fn rule_text(rule: &RuleUse, direction: &str, style: Style) -> String {
    let mut text = plain_rule(rule, direction);
    if let Some(place) = &rule.location {
        let _ = write!(text, "  {}", style.dim(&format!("{}:{}", place.file, place.line)));
    }
    text
}

/// A rule and its list.
pub(crate) fn plain_rule(rule: &RuleUse, direction: &str) -> String {
    if rule.of.is_empty() { rule.text.clone() } else { format!("{} {direction}  {}", rule.of, rule.text) }
}

/// A stop with the rules that decided.
fn stop_text(stop: &Stop, style: Style) -> String {
    let mut text = stop.why.clone();
    let place = |place: &model::Location| style.dim(&format!("{}:{}", place.file, place.line)).to_string();
    // A table without a route has none to show.
    if let (true, "route", Some(location)) = (stop.rules.is_empty(), stop.gate, &stop.location) {
        let _ = write!(text, " in {}  {}", stop.name, place(location));
    }
    let shown = telling(stop);
    for rule in &shown {
        let indent = if shown.len() == 1 { "  ".to_owned() } else { format!("\n{}", " ".repeat(15)) };
        let _ = write!(text, "{indent}{}", decided(rule));
        if let Some(location) = &rule.location {
            let _ = write!(text, "  {}", place(location));
        }
    }
    text
}

/// The rules of a stop that say why: those that drop something, and where that is the end of the list only, what is
/// allowed before.
pub(crate) fn telling(stop: &Stop) -> Vec<&RuleUse> {
    let drops = |rule: &&RuleUse| rule.action != "allow";
    let dropping: Vec<&RuleUse> = stop.rules.iter().filter(drops).collect();
    let by_the_end = |rule: &&RuleUse| rule.number.as_deref().is_none_or(|number| number == "*");
    let shown = if dropping.iter().all(by_the_end) { stop.rules.iter().collect() } else { dropping };
    shown.into_iter().take(MOST_NAMES).collect()
}

/// What a rule of a stop says, with the part that it took.
pub(crate) fn decided(rule: &RuleUse) -> String {
    let number = rule.number.as_ref().map_or(String::new(), |number| format!("rule {number}  "));
    let takes = if rule.takes.is_empty() { String::new() } else { format!("  takes {}", rule.takes) };
    format!("{number}{}{takes}", rule.text)
}

pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        most if (99.995..100.0).contains(&most) => "over 99.99 %".into(),
        least if least > 0.0 && least < 0.005 => "under 0.01 %".into(),
        percent => format!("{percent:.2} %"),
    }
}

/// Some names, the first of them spelled out.
pub(crate) fn names(of: &[Who]) -> String {
    list(of.iter().map(|who| who.name.as_str()), of.len(), MOST_NAMES)
}

fn list<'a>(names: impl Iterator<Item = &'a str>, count: usize, most: usize) -> String {
    let most = if count == most + 1 { count } else { most };
    let mut text = names.take(most).collect::<Vec<_>>().join(", ");
    if count > most {
        let _ = write!(text, " and {} more", count - most);
    }
    text
}

fn addresses_of(who: &Who) -> Option<String> {
    match (&who.address, &who.public_address) {
        (Some(own), Some(public)) => Some(format!("{own} / {public}")),
        (own, _) => own.clone(),
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// The answer with its places below the folder that all of them are in, and that folder.
fn shortened(exposure: &Exposure) -> (Exposure, String) {
    let mut exposure = exposure.clone();
    let folder = shorten(|visit| each_file(&mut exposure, visit));
    (exposure, folder)
}

fn each_file(exposure: &mut Exposure, visit: &mut dyn FnMut(&mut String)) {
    for finding in &mut exposure.findings {
        for location in finding.gates.iter_mut().filter_map(|stop| stop.location.as_mut()) {
            visit(&mut location.file);
        }
        let of_gates = finding.gates.iter_mut().flat_map(|stop| &mut stop.rules);
        for rule in finding.rules.iter_mut().chain(of_gates) {
            if let Some(location) = &mut rule.location {
                visit(&mut location.file);
            }
        }
    }
}
