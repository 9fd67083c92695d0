//! The keys of the file, one function each.

use std::net::IpAddr;

use saphyr::{MarkedYaml, Scalar, YamlData};

use super::define::{names, profiles};
use super::node::Reader;
use super::{
    Allow, AuditSettings, Closed, Deny, Expect, Expected, Intent, IntentError, Line, Skip, Temporary, Waive,
    network,
};
use crate::question::{self, Question, QuestionError, shown};
use crate::suggest::closest;

/// The keys of the file, and those of its mappings: what the JSON Schema has to know, as properties or definitions.
pub const KEYS: [(&str, &[&str]); 10] = [
    ("", &TOP),
    ("vpc", &network::VPC),
    ("load-balancer", &network::BALANCER),
    ("allow", &ALLOW),
    ("deny", &DENY),
    ("closed", &CLOSED),
    ("temporary", &TEMPORARY),
    ("waive", &WAIVE),
    ("expect", &EXPECT),
    ("audit", &AUDIT),
];

const TOP: [&str; 12] = [
    "version",
    "me",
    "network",
    "names",
    "profiles",
    "allow",
    "deny",
    "closed",
    "temporary",
    "waive",
    "expect",
    "audit",
];
const ALLOW: [&str; 3] = ["flow", "id", "why"];
const DENY: [&str; 4] = ["flow", "id", "why", "layers"];
const CLOSED: [&str; 3] = ["ends", "id", "why"];
const TEMPORARY: [&str; 5] = ["flow", "id", "why", "max", "approve"];
const WAIVE: [&str; 4] = ["finding", "on", "until", "why"];
const EXPECT: [&str; 3] = ["uses", "id", "why"];
const AUDIT: [&str; 2] = ["skip", "severity"];
const SKIP: [&str; 2] = ["rule", "why"];

/// The text of a file that the intent names, or why it cannot be read.
pub type FileOf<'f> = &'f dyn Fn(&str) -> Result<String, String>;

/// Reads an intent file. `file` is what errors call it; `file_of` reads the lists that `file:` names.
///
/// # Errors
/// Everything that is wrong with it, in the order of its lines.
pub fn parse(file: &str, text: &str, file_of: FileOf<'_>) -> Result<Intent, Vec<IntentError>> {
    // Windows tools begin a file with a byte-order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::new(file, text);
    let mut intent = Intent::default();
    if let Some(document) = reader.document() {
        for (key, at, value) in reader.fields(&document, "the intent", &TOP) {
            match key {
                "version" => version(&mut reader, value),
                "me" => intent.me = me(&mut reader, value),
                "network" => intent.network = network::network(&mut reader, value),
                "names" => intent.names = names(&mut reader, value, file_of),
                "profiles" => intent.profiles = profiles(&mut reader, value),
                "allow" => intent.allow = reader.items(value, key, allow),
                "deny" => intent.deny = reader.items(value, key, deny),
                "closed" => intent.closed = reader.items(value, key, closed),
                "temporary" => intent.temporary = reader.items(value, key, temporary),
                "waive" => intent.waive = reader.items(value, key, waive),
                "expect" => intent.expect = reader.items(value, key, expect),
                "audit" => intent.audit = audit(&mut reader, value),
                _ => reader.error(at, format!("{} is not read", shown(key)), None),
            }
        }
    }
    twice(&mut reader, &intent);
    let mut errors = reader.errors;
    if errors.is_empty() {
        return Ok(intent);
    }
    errors.sort_by_key(|error| (error.place.file != file, error.place.line, error.place.column));
    Err(errors)
}

impl<'t> Reader<'t> {
    fn items<T>(
        &mut self,
        node: &MarkedYaml<'t>,
        key: &str,
        read: fn(&mut Reader<'t>, &MarkedYaml<'t>) -> Option<T>,
    ) -> Vec<T> {
        let items = self.list(node, key);
        items.iter().filter_map(|item| read(self, item)).collect()
    }
}

fn version(reader: &mut Reader<'_>, node: &MarkedYaml<'_>) {
    if !matches!(node.data, YamlData::Value(Scalar::Integer(1))) {
        reader.error(node, "`version`: expected 1, the only one there is", None);
    }
}

fn me(reader: &mut Reader<'_>, node: &MarkedYaml<'_>) -> Option<IpAddr> {
    let expected = "`me`: expected an address such as 198.51.100.7";
    let text = reader.text(node, "an address such as 198.51.100.7 for `me`")?;
    let address = text.parse().ok();
    if address.is_none() {
        reader.error(node, format!("{expected}, found {}", shown(&text)), None);
    }
    address
}

/// What lines with a flow have in common, and what else they say.
struct FlowLine<'n, 't> {
    line: Line,
    flow: Question,
    others: Vec<(&'n str, &'n MarkedYaml<'t>)>,
}

/// A flow by itself, or with more about it.
fn flow<'n, 't>(
    reader: &mut Reader<'t>,
    node: &'n MarkedYaml<'t>,
    what: &str,
    keys: &[&str],
) -> Option<FlowLine<'n, 't>> {
    let (text_at, mut id, mut why, mut others) = match &node.data {
        YamlData::Mapping(_) => {
            let (mut flow, mut id, mut why, mut others) = (None, None, None, Vec::new());
            for (key, _, value) in reader.fields(node, what, keys) {
                match key {
                    "flow" => flow = Some(value),
                    "id" => id = reader.text(value, "a name for the line"),
                    "why" => why = reader.text(value, "a reason"),
                    _ => others.push((key, value)),
                }
            }
            let Some(flow) = flow else {
                reader.error(
                    node,
                    format!("a line of {what} without `flow`"),
                    Some("write `{ flow: \"a -> b:443\" }`".to_owned()),
                );
                return None;
            };
            (flow, id, why, others)
        }
        _ => (node, None, None, Vec::new()),
    };
    let text = reader.text(text_at, "a flow such as `web -> db:mysql`")?;
    let flow = reader.question(text_at, &text)?;
    let words = reader.words(text_at, &text);
    let why = why.take().or_else(|| reader.comment(node));
    // White space that lines things up is no part of a name.
    let id = id.take().unwrap_or_else(|| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let line = Line { id, why, place: reader.place(node), words };
    Some(FlowLine { line, flow, others: std::mem::take(&mut others) })
}

fn allow<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>) -> Option<Allow> {
    let FlowLine { line, flow, .. } = flow(reader, node, "`allow`", &ALLOW)?;
    Some(Allow { line, flow })
}

fn deny<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>) -> Option<Deny> {
    let FlowLine { line, flow, others } = flow(reader, node, "`deny`", &DENY)?;
    let mut two_layers = false;
    for (_, value) in others {
        match value.data {
            YamlData::Value(Scalar::Integer(layers @ 1..=2)) => two_layers = layers == 2,
            _ => {
                let message = "`layers`: expected 1, or 2 for security groups and network ACLs each alone";
                reader.error(value, message, None);
            }
        }
    }
    Some(Deny { line, flow, two_layers })
}

fn closed<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>) -> Option<Closed> {
    let (mut at, mut id, mut why) = (Some(node), None, None);
    if let YamlData::Mapping(_) = node.data {
        at = None;
        for (key, _, value) in reader.fields(node, "`closed`", &CLOSED) {
            match key {
                "ends" => at = Some(value),
                "id" => id = reader.text(value, "a name for the line"),
                _ => why = reader.text(value, "a reason"),
            }
        }
    }
    let Some(at) = at else {
        reader.error(node, "a line of `closed` without `ends`", Some("write `{ ends: web }`".to_owned()));
        return None;
    };
    let text = reader.text(at, "ends such as `web`")?;
    let ends = reader.ends(at, &text)?;
    let why = why.or_else(|| reader.comment(node));
    let words = reader.words(at, &text);
    let id = id.unwrap_or_else(|| format!("closed: {text}"));
    let line = Line { id, why, place: reader.place(node), words };
    Some(Closed { line, ends, text })
}

fn temporary<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>) -> Option<Temporary> {
    let FlowLine { line, flow, others } = flow(reader, node, "`temporary`", &TEMPORARY)?;
    let (mut max, mut approve) = (None, None);
    for (key, value) in others {
        match key {
            "max" => {
                max =
                    reader.text(value, "a duration such as 2h").filter(|text| duration(reader, value, text));
            }
            _ => approve = reader.text(value, "who approves it"),
        }
    }
    Some(Temporary { line, flow, max, approve })
}

/// Whether a text is a duration; the question grammar knows what one is.
fn duration(reader: &mut Reader<'_>, node: &MarkedYaml<'_>, text: &str) -> bool {
    let error = question::parse_duration(text).err();
    if let Some(QuestionError { help, .. }) = &error {
        reader.error(node, format!("{} is not a duration", shown(text)), help.clone());
    }
    error.is_none()
}

fn waive<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>) -> Option<Waive> {
    let (mut finding, mut on, mut until, mut why) = (None, None, None, None);
    for (key, _, value) in reader.fields(node, "`waive`", &WAIVE) {
        match key {
            "finding" => finding = Some(rule(reader, value)?),
            "on" => {
                let text = reader.text(value, "ends such as `sg:web`")?;
                on = Some((text.clone(), reader.ends(value, &text)?));
            }
            "until" => {
                let text = reader.text(value, "a day such as 2027-01-31")?;
                match text.parse() {
                    Ok(date) => until = Some(date),
                    Err(error) => {
                        reader.error(value, format!("`until`: {error}, found {}", shown(&text)), None);
                        return None;
                    }
                }
            }
            _ => why = reader.text(value, "a reason"),
        }
    }
    let place = reader.place(node);
    let why = why.or_else(|| reader.comment(node));
    let (Some(finding), Some(why)) = (finding.clone(), why) else {
        let missing = if finding.is_none() { "`finding`" } else { "`why`" };
        reader.error(node, format!("a line of `waive` without {missing}"), None);
        return None;
    };
    Some(Waive { finding, on, until, why, place })
}

/// The id of a rule. Whether there is such a rule knows who has the rules.
fn rule(reader: &mut Reader<'_>, node: &MarkedYaml<'_>) -> Option<String> {
    let text = reader.text(node, "the id of a rule such as PC0302")?;
    let digits = text.strip_prefix("PC").filter(|digits| digits.len() == 4);
    if !digits.is_some_and(|digits| digits.chars().all(|c| c.is_ascii_digit())) {
        reader.error(node, format!("expected the id of a rule such as PC0302, found {}", shown(&text)), None);
        return None;
    }
    Some(text)
}

fn expect<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>) -> Option<Expect> {
    let (mut at, mut id, mut why) = (Some(node), None, None);
    if let YamlData::Mapping(_) = node.data {
        at = None;
        for (key, _, value) in reader.fields(node, "`expect`", &EXPECT) {
            match key {
                "uses" => at = Some(value),
                "id" => id = reader.text(value, "a name for the line"),
                _ => why = reader.text(value, "a reason"),
            }
        }
    }
    let wanted = "`subnet:db-* uses nacl:db`";
    let Some(at) = at else {
        reader.error(node, "a line of `expect` without `uses`", Some(format!("write {{ uses: {wanted} }}")));
        return None;
    };
    let text = reader.text(at, wanted)?;
    let Some((who, what)) = text.split_once(" uses ") else {
        reader.error(at, format!("expected {wanted}, found {}", shown(&text)), None);
        return None;
    };
    let ends = reader.ends(at, who)?;
    let uses = match what.trim().split_once(':') {
        Some(("nacl" | "acl", glob)) => Some((Expected::NetworkAcl, glob)),
        Some(("sg", glob)) => Some((Expected::SecurityGroup, glob)),
        _ => None,
    };
    let Some((uses, glob)) = uses.filter(|(_, glob)| !glob.is_empty()) else {
        let message =
            format!("expected `nacl:` or `sg:` and a name behind `uses`, found {}", shown(what.trim()));
        reader.error(at, message, None);
        return None;
    };
    let glob = glob.trim_matches('"').to_owned();
    let why = why.or_else(|| reader.comment(node));
    let words = reader.words(at, &text);
    let line = Line { id: id.unwrap_or_else(|| text.clone()), why, place: reader.place(node), words };
    Some(Expect { line, ends, text: who.to_owned(), uses, glob })
}

fn audit<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>) -> AuditSettings {
    const LEVELS: [&str; 3] = ["note", "warning", "error"];
    let mut settings = AuditSettings::default();
    for (key, _, value) in reader.fields(node, "`audit`", &AUDIT) {
        match key {
            "skip" => settings.skip = reader.items(value, "skip", skip),
            _ => {
                let Some(text) = reader.text(value, "`note`, `warning` or `error`") else { continue };
                if LEVELS.contains(&text.as_str()) {
                    settings.severity = Some((text, reader.place(value)));
                } else {
                    let help = closest(&text, LEVELS).map(|meant| format!("did you mean `{meant}`?"));
                    let message =
                        format!("`severity`: expected note, warning or error, found {}", shown(&text));
                    reader.error(value, message, help);
                }
            }
        }
    }
    settings
}

fn skip<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>) -> Option<Skip> {
    let (mut id, mut why) = (None, None);
    if let YamlData::Mapping(_) = node.data {
        for (key, _, value) in reader.fields(node, "`skip`", &SKIP) {
            match key {
                "rule" => id = rule(reader, value),
                _ => why = reader.text(value, "a reason"),
            }
        }
        if id.is_none() {
            reader.error(node, "a line of `skip` without `rule`", None);
        }
    } else {
        id = rule(reader, node);
    }
    let why = why.or_else(|| reader.comment(node));
    Some(Skip { rule: id?, why, place: reader.place(node) })
}

/// Ids that several lines have: `--only` and other tools tell lines by them.
fn twice(reader: &mut Reader<'_>, intent: &Intent) {
    let flows = intent.flows().map(|(line, _)| line);
    let closed = intent.closed.iter().map(|closed| &closed.line);
    let mut seen: Vec<&Line> = Vec::new();
    for line in flows.chain(closed).chain(intent.expect.iter().map(|expect| &expect.line)) {
        if let Some(first) = seen.iter().find(|first| first.id == line.id) {
            let message = format!("{} is the id of line {} too", shown(&line.id), first.place.line);
            let help = Some("give one of them another `id:`".to_owned());
            reader.errors.push(IntentError { place: line.place.clone(), width: 1, message, help });
        }
        seen.push(line);
    }
}
