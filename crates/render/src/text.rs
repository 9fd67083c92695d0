//! Text for a terminal: the verdict first, then both directions gate by gate, then what to do.

use std::fmt::Write;

use answers::explain::{End, Explanation, Fix, Gate, KindShare, Leg, Outcome, Pair, RuleUse, Way};
use engine::Verdict;

use crate::plan::named;
use crate::{Style, aws_cli, terraform};

/// How many pairs that do not work are shown gate by gate before the rest is one line each.
const IN_FULL: usize = 4;

/// In which form the smallest fix is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FixForm {
    /// Lines of the AWS CLI.
    #[default]
    Cli,
    /// Terraform resources.
    Terraform,
}

/// An answer as text.
pub fn text(explanation: &Explanation, fix_form: FixForm, style: Style) -> String {
    let (explanation, folder) = &shortened(explanation);
    let mut out = String::new();
    headline(&mut out, explanation, style);
    for reason in &explanation.reasons {
        let _ = writeln!(out, "  {reason}");
    }
    // What is not as it should be comes first, in full.
    let mut order: Vec<&Pair> = explanation.pairs.iter().collect();
    order.sort_by_key(|pair| pair.verdict == Verdict::Allowed);
    let failing = order.iter().filter(|pair| pair.verdict != Verdict::Allowed).count();
    let (in_full, in_short) = order.split_at_checked(failing.clamp(1, IN_FULL)).unwrap_or((&order, &[]));
    for pair in in_full {
        full(&mut out, pair, style);
    }
    for (position, pair) in in_short.iter().enumerate() {
        if position == 0 {
            out.push('\n');
        }
        let word = style.verdict(pair.verdict, verdict_word(pair.verdict));
        let _ = writeln!(out, "  {word}  {} -> {} ({})", pair.client.name, pair.server.name, pair.family);
    }
    if let ([pair], Verdict::Allowed | Verdict::Partial) = (explanation.pairs.as_slice(), explanation.verdict)
    {
        live(&mut out, pair, style);
    }
    if let Some(fix) = &explanation.fix {
        smallest_fix(&mut out, fix, fix_form, style);
    }
    if !folder.is_empty() {
        let _ = writeln!(out, "\n  {}", style.dim(&format!("files are in {folder}")));
    }
    if let [Pair { flow_log, .. }] = explanation.pairs.as_slice()
        && !flow_log.is_empty()
    {
        let _ = writeln!(out, "\n  {}", style.heading("in the flow logs"));
        for record in flow_log {
            let part = if record.part.is_empty() { String::new() } else { format!("  ({})", record.part) };
            let _ = writeln!(
                out,
                "    {} {:<7} {}  {}{part}",
                record.action, record.direction, record.at, record.words
            );
        }
    }
    for warning in &explanation.warnings {
        let _ = writeln!(out, "\n  warning: {warning}");
    }
    if matches!(explanation.verdict, Verdict::Blocked | Verdict::Partial) && !tried(explanation) {
        let _ =
            writeln!(out, "\n  {}", style.dim("more: --rules (every rule tried)  --fix tf  --format json"));
    }
    if !explanation.assumptions.is_empty() {
        let _ = writeln!(
            out,
            "\n  {}",
            style.dim(&format!("assuming that {}", explanation.assumptions.join("; that ")))
        );
    }
    out
}

/// The explanation with its places below the folder that all of them are in, and that folder: long paths would wrap
/// on every line.
fn shortened(explanation: &Explanation) -> (Explanation, String) {
    let mut explanation = explanation.clone();
    let mut folder: Option<String> = None;
    each_place(&mut explanation, &mut |file| {
        let parent = file.rfind('/').map_or("", |end| file.get(..end).unwrap_or(""));
        folder = Some(match &folder {
            None => parent.to_owned(),
            Some(folder) => common(folder, parent),
        });
    });
    let folder = folder.unwrap_or_default();
    if !folder.is_empty() {
        let prefix = format!("{folder}/");
        each_place(&mut explanation, &mut |file| {
            if let Some(rest) = file.strip_prefix(&prefix) {
                *file = rest.to_owned();
            }
        });
    }
    (explanation, folder)
}

/// The folder that both folders are in.
pub(crate) fn common(a: &str, b: &str) -> String {
    let steps = a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).map(|(step, _)| step);
    steps.collect::<Vec<_>>().join("/")
}

/// Takes the folder that all files are in from their names, and says which it is. `each` visits every name.
pub(crate) fn shorten(mut each: impl FnMut(&mut dyn FnMut(&mut String))) -> String {
    let mut folder: Option<String> = None;
    each(&mut |file| {
        let parent = file.rsplit_once('/').map_or("", |(parent, _)| parent);
        folder = Some(folder.as_ref().map_or_else(|| parent.to_owned(), |folder| common(folder, parent)));
    });
    let folder = folder.unwrap_or_default();
    if !folder.is_empty() {
        let prefix = format!("{folder}/");
        each(&mut |file| {
            if let Some(rest) = file.strip_prefix(&prefix) {
                *file = rest.to_owned();
            }
        });
    }
    folder
}

/// Visits the file of every place that is shown.
fn each_place(explanation: &mut Explanation, visit: &mut impl FnMut(&mut String)) {
    for way in explanation.pairs.iter_mut().flat_map(|pair| &mut pair.ways) {
        for gate in std::iter::once(&mut way.request).chain(&mut way.replies).flat_map(|leg| &mut leg.gates) {
            let tried = gate.tried.iter_mut().map(|tried| &mut tried.rule);
            for place in gate.rules.iter_mut().chain(tried).filter_map(|rule| rule.location.as_mut()) {
                visit(&mut place.file);
            }
        }
    }
}

/// Whether the rules that were tried are shown already.
fn tried(explanation: &Explanation) -> bool {
    let ways = explanation.pairs.iter().flat_map(|pair| &pair.ways);
    let legs = ways.flat_map(|way| way.replies.iter().chain([&way.request]));
    legs.flat_map(|leg| &leg.gates).any(|gate| !gate.tried.is_empty())
}

pub(crate) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "OK",
        Verdict::Partial => "PARTIAL",
        Verdict::Blocked => "BLOCKED",
        Verdict::Undecided => "UNDECIDED",
    }
}

/// The first line: verdict, question, and what the person at the client sees.
fn headline(out: &mut String, explanation: &Explanation, style: Style) {
    let word = style.verdict(explanation.verdict, verdict_word(explanation.verdict));
    let _ = writeln!(out, "{word}  {}", explanation.question);
    let sentence = match explanation.verdict {
        Verdict::Allowed => return,
        Verdict::Undecided => "This cannot be decided from the export:".to_owned(),
        Verdict::Partial => partly(explanation),
        Verdict::Blocked => blocked(explanation),
    };
    if !sentence.is_empty() {
        let _ = writeln!(out, "  {sentence}");
    }
}

fn partly(explanation: &Explanation) -> String {
    let percent = percent(explanation.share);
    match explanation.pairs.as_slice() {
        [pair] if pair.targets.iter().any(|target| target.verdict != Verdict::Allowed) => {
            let works = pair.targets.iter().filter(|target| target.verdict == Verdict::Allowed).count();
            format!(
                "{works} of {} targets work ({percent} of connections); the others hang.",
                pair.targets.len()
            )
        }
        [pair] if pair.works.starts_with("client port") => {
            format!("{percent} of the client's ports work; connections from the others hang.")
        }
        [pair] if !pair.works.is_empty() => {
            format!("Works for {}; the rest does not ({percent} works).", pair.works)
        }
        pairs => {
            if let Some(sentence) = split(pairs) {
                return sentence;
            }
            let works = pairs.iter().filter(|pair| pair.verdict == Verdict::Allowed).count();
            format!("{works} of {} pairs work in full ({percent} of all that was asked).", pairs.len())
        }
    }
}

/// Where what works and what does not are told apart by one thing: the family, the client's zone or the server's.
fn split(pairs: &[Pair]) -> Option<String> {
    type Key = fn(&Pair) -> Option<&str>;
    let keys: [(&str, Key); 3] = [
        ("over", |pair| Some(pair.family)),
        ("from", |pair| pair.client.zone.as_deref()),
        ("to", |pair| pair.server.zone.as_deref()),
    ];
    keys.into_iter().find_map(|(word, key)| {
        let (mut works, mut fails): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for pair in pairs {
            let list = match pair.verdict {
                Verdict::Allowed => &mut works,
                Verdict::Blocked => &mut fails,
                Verdict::Partial | Verdict::Undecided => return None,
            };
            let value = key(pair)?;
            if !list.contains(&value) {
                list.push(value);
            }
        }
        let apart =
            !works.is_empty() && !fails.is_empty() && !works.iter().any(|value| fails.contains(value));
        apart.then(|| format!("Works {word} {}, and not {word} {}.", works.join(", "), fails.join(", ")))
    })
}

/// A share for people; what is little but not nothing does not round to nothing.
fn percent(share: f64) -> String {
    match share * 100.0 {
        little if little > 0.0 && little < 0.01 => "less than 0.01 %".into(),
        most if most < 100.0 && most > 99.99 => "more than 99.99 %".into(),
        percent => format!("{percent:.2} %"),
    }
}

/// Where it is blocked, in one sentence.
fn blocked(explanation: &Explanation) -> String {
    let [pair] = explanation.pairs.as_slice() else {
        let pairs = explanation.pairs.len();
        return if pairs > 1 { format!("None of {pairs} pairs works.") } else { String::new() };
    };
    let blocks = |leg: &Leg| leg.gates.iter().any(|gate| gate.outcome == Outcome::Blocks);
    let request = pair.ways.iter().any(|way| blocks(&way.request));
    let reply = pair.ways.iter().any(|way| way.replies.iter().any(blocks));
    let server = match pair.server.name.as_str() {
        "internet" => "the internet",
        name => name,
    };
    // It takes another way than the question wants, as the reasons say.
    if !request && !reply && !explanation.reasons.is_empty() {
        return String::new();
    }
    let taken =
        |gate: &&Gate| gate.gate == "load-balancer" && gate.reached && gate.outcome == Outcome::Passes;
    if let Some(balancer) = pair.ways.iter().find_map(|way| way.request.gates.iter().find(taken)) {
        return format!(
            "{} takes it, and no target's answer comes back: the client sees a timeout, or an error of the load balancer.",
            balancer.name
        );
    }
    match (request, reply) {
        (true, false) => format!("The request never arrives at {server}: the client sees a timeout."),
        (false, true) => format!("Requests reach {server}, no answer comes back: the client sees a timeout."),
        (true, true) => "Both the request and the reply are stopped: the client sees a timeout.".into(),
        (false, false) => "What one gate lets through another stops: the client sees a timeout.".into(),
    }
}

fn full(out: &mut String, pair: &Pair, style: Style) {
    out.push('\n');
    let _ = writeln!(out, "  {}  {}", style.dim("client"), end(&pair.client));
    let _ = writeln!(out, "  {}  {}", style.dim("server"), end(&pair.server));
    if pair.targets.len() > 1 {
        targets(out, pair, style);
    }
    // Of the targets of a load balancer that all do, one way shows how.
    let mut shown = false;
    for way in &pair.ways {
        let works = pair.targets.len() > 1 && works(way);
        if works && std::mem::replace(&mut shown, true) {
            continue;
        }
        out.push('\n');
        one_way(out, way, style);
    }
    if pair.verdict == Verdict::Partial && !pair.kinds.is_empty() {
        kinds(out, &pair.kinds, style);
    }
}

/// Whether every gate of a way lets everything pass.
fn works(way: &Way) -> bool {
    let mut gates = std::iter::once(&way.request).chain(&way.replies).flat_map(|leg| &leg.gates);
    gates.all(|gate| gate.outcome == Outcome::Passes)
}

fn end(end: &End) -> String {
    let mut text = end.name.clone();
    if end.interface.is_some() {
        let public = end.public_address.as_ref().map_or(String::new(), |public| format!(" / {public}"));
        let _ = write!(text, "  {}{public}", end.addresses.join(", "));
    }
    // The nodes of load balancers and endpoints are called after their subnet.
    let said = |subnet: &&String| end.name.ends_with(&format!(" in {subnet}"));
    if let Some(subnet) = end.subnet.as_ref().filter(|subnet| !said(subnet)) {
        let _ = write!(text, "  in {subnet}");
        if let Some(zone) = &end.zone {
            let _ = write!(text, ", {zone}");
        }
    }
    if let Some(ports) = &end.ports {
        let _ = write!(text, "  ({ports})");
    }
    text
}

fn one_way(out: &mut String, way: &Way, style: Style) {
    let width = way
        .replies
        .iter()
        .chain([&way.request])
        .flat_map(|leg| &leg.gates)
        .map(label_width)
        .max()
        .unwrap_or(0);
    if !way.carries.is_empty() {
        let _ = writeln!(out, "  {}", style.dim(&format!("for {}", way.carries)));
    }
    leg(out, "request", &way.request, width, style);
    for reply in &way.replies {
        if !reply.carries.is_empty() {
            let _ = writeln!(out, "  {}", style.dim(&format!("for {}", reply.carries)));
        }
        leg(out, "reply", reply, width, style);
    }
}

/// What becomes of open connections when a rule that lets them pass is taken away.
fn live(out: &mut String, pair: &Pair, style: Style) {
    let (mut go_on, mut depends, mut cut) = (Vec::new(), Vec::new(), Vec::new());
    let legs = pair.ways.iter().flat_map(|way| [&way.request].into_iter().chain(&way.replies));
    for gate in legs.flat_map(|leg| &leg.gates) {
        let list = match (gate.gate, gate.state) {
            ("security-group", Some("tracked")) => &mut go_on,
            ("security-group", Some("untracked")) => &mut cut,
            ("security-group", Some(_)) => &mut depends,
            ("network-acl", _) => &mut cut,
            _ => continue,
        };
        if !list.contains(&label(gate)) {
            list.push(label(gate));
        }
    }
    let lists = [
        (go_on, "open connections go on, being tracked"),
        (depends, "open connections go on where tracked, and are cut at once where not"),
        (cut, "open connections are cut at once"),
    ];
    if lists.iter().all(|(gates, _)| gates.is_empty()) {
        return;
    }
    let _ = writeln!(out, "\n  {}", style.heading("if the rule were removed"));
    for (gates, fate) in lists.iter().filter(|(gates, _)| !gates.is_empty()) {
        let _ = writeln!(out, "    {}: {fate}", gates.join(", "));
    }
}

fn label(gate: &Gate) -> String {
    match gate.direction {
        Some(direction) if gate.gate != "internet-gateway" => format!("{} {direction}", gate.name),
        _ => gate.name.clone(),
    }
}

fn label_width(gate: &Gate) -> usize {
    label(gate).chars().count()
}

fn leg(out: &mut String, name: &str, leg: &Leg, width: usize, style: Style) {
    let heading = style.heading(&format!("{name:<8}"));
    let _ = writeln!(out, "  {heading} {} {} {}", leg.from, style.arrow(), leg.to);
    for (position, gate) in leg.gates.iter().enumerate() {
        segments(out, leg, position, style);
        gate_lines(out, gate, width, style);
    }
    segments(out, leg, leg.gates.len(), style);
    let silent = leg.gates.is_empty() || leg.arrives.contains(',');
    if silent && !leg.arrives.is_empty() {
        let _ = writeln!(out, "     {}", style.dim(&leg.arrives));
    }
}

/// The heads of the segments that begin at a gate.
fn segments(out: &mut String, leg: &Leg, position: usize, style: Style) {
    for segment in leg.segments.iter().filter(|segment| segment.first_gate == position) {
        let by = style.dim(&format!("by {}", segment.by));
        let _ = writeln!(out, "   {by}  {} {} {}", segment.from, style.arrow(), segment.to);
    }
}

/// What becomes of the share of each target.
fn targets(out: &mut String, pair: &Pair, style: Style) {
    let Some(width) = pair.targets.iter().map(|target| target.target.chars().count()).max() else { return };
    let _ = writeln!(out, "\n  {}", style.heading("by target"));
    for target in &pair.targets {
        let mark = style.outcome(match target.verdict {
            Verdict::Allowed => Outcome::Passes,
            Verdict::Partial => Outcome::Partly,
            Verdict::Blocked => Outcome::Blocks,
            Verdict::Undecided => Outcome::Unknown,
        });
        let pad = " ".repeat(width.saturating_sub(target.target.chars().count()));
        let zone = target.zone.as_ref().map_or(String::new(), |zone| format!("  {zone}"));
        let line = format!("   {mark} {}{pad}{}  {}", target.target, style.dim(&zone), target.cause);
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn gate_lines(out: &mut String, gate: &Gate, width: usize, style: Style) {
    let name = label(gate);
    let pad = " ".repeat(width.saturating_sub(name.chars().count()));
    // What nothing reaches still shows whether it would block: all that stands in the way is listed.
    let mark = if gate.reached || gate.outcome == Outcome::Blocks {
        style.outcome(gate.outcome).to_string()
    } else {
        style.not_reached().to_owned()
    };
    let mut lines: Vec<(String, String)> = gate.rules.iter().map(rule).collect();
    if !gate.reason.is_empty() {
        match lines.first_mut() {
            Some((text, _)) => {
                let _ = write!(text, "  ({})", gate.reason);
            }
            None => lines.push((gate.reason.clone(), String::new())),
        }
    }
    if let (Some(state), Some((text, _))) = (gate.state, lines.first_mut()) {
        let _ = write!(text, "  [{state}]");
    }
    // The mark of what nothing reaches says so; that it would block as well is said in words.
    if let (false, Outcome::Blocks, Some((text, _))) = (gate.reached, gate.outcome, lines.first_mut()) {
        text.push_str("  [not reached]");
    }
    for (position, (text, place)) in lines.iter().enumerate() {
        let place = if place.is_empty() { String::new() } else { format!("  {}", style.dim(place)) };
        if position == 0 {
            let _ = writeln!(out, "   {mark} {name}{pad}  {text}{place}");
        } else {
            let _ = writeln!(out, "     {}  {text}{place}", " ".repeat(width));
        }
    }
    for tried in &gate.tried {
        let (text, place) = rule(&tried.rule);
        let why = if tried.matches { String::new() } else { format!("  {}", tried.why) };
        let word = if tried.matches { "match" } else { "tried" };
        let _ = writeln!(out, "       {} {text}{why}  {}", style.dim(word), style.dim(&place));
    }
    if let (Some(effect), true) = (gate.change_takes_effect, !gate.tried.is_empty()) {
        let _ = writeln!(out, "       {}", style.dim(&format!("a change takes effect {effect}")));
    }
}

/// A rule and its place.
fn rule(rule: &RuleUse) -> (String, String) {
    let number = rule.number.as_ref().map_or(String::new(), |number| format!("rule {number}  "));
    let takes = if rule.takes.is_empty() { String::new() } else { format!("  takes {}", rule.takes) };
    let place =
        rule.location.as_ref().map_or(String::new(), |place| format!("{}:{}", place.file, place.line));
    (format!("{number}{}{takes}", rule.text), place)
}

fn kinds(out: &mut String, kinds: &[KindShare], style: Style) {
    let _ = writeln!(out, "\n     {}", style.dim("client kind              works      hangs"));
    for kind in kinds {
        let works = kind.share * 100.0;
        let _ = writeln!(
            out,
            "     {:<22} {works:>6.2} %   {:>6.2} %   ({} of {} ports)",
            kind.words,
            100.0 - works,
            kind.working,
            kind.ports
        );
    }
}

pub(crate) fn smallest_fix(out: &mut String, fix: &Fix, form: FixForm, style: Style) {
    let _ = writeln!(out, "\n  {}", style.heading("smallest fix"));
    for advice in &fix.advice {
        let _ = writeln!(out, "    {advice}");
    }
    for change in &fix.changes {
        let _ = writeln!(out, "    {}", named(change, &fix.names));
    }
    if fix.changes.len() > 1 {
        let _ = writeln!(out, "    {}", style.dim("all of them are needed; one alone does not help"));
    }
    if !fix.changes.is_empty() {
        let opens = match (fix.also_opens.as_slice(), &fix.also_opens_incomplete) {
            ([], None) => "opens nothing else".to_owned(),
            ([], Some(why)) => format!("what else it opens is not known: {why}"),
            (opens, None) => format!("also opens {}", opens.join("; ")),
            (opens, Some(why)) => format!("also opens at least {} ({why})", opens.join("; ")),
        };
        let proved = if fix.proved { "proved on the changed model" } else { "with the advice above" };
        let _ = writeln!(out, "    {proved}; {opens}");
        out.push('\n');
        for change in &fix.changes {
            match form {
                FixForm::Cli => {
                    let _ = writeln!(out, "    $ {}", aws_cli(change));
                }
                FixForm::Terraform => {
                    for line in terraform(change).lines() {
                        let _ = writeln!(out, "    {line}");
                    }
                }
            }
        }
    }
    if fix.changes.is_empty() && fix.advice.is_empty() {
        let _ = writeln!(out, "    none was found");
    }
    for note in &fix.notes {
        let _ = writeln!(out, "    note: {note}");
    }
}
