//! What a file defines: names for ends, and the ports that clients send from.

use std::net::IpAddr;

use engine::ephemeral::{CLIENT_KINDS, client_kind};
use ipnet::IpNet;
use model::{Location, PortRange};
use saphyr::MarkedYaml;

use super::data::names_in;
use super::node::Reader;
use super::{Defined, FileOf, IntentError, Meaning, Profile};
use crate::question::{self, Ends, Term, shown};
use crate::suggest::closest;

pub(super) fn names<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>, file_of: FileOf<'_>) -> Vec<Defined> {
    let mut defined = Vec::new();
    for (name, key, value) in reader.mapping(node, "`names`") {
        if !matches!(question::parse_ends(name), Ok(Ends::Term(term)) if matches!(term.node, Term::Name(_)))
            && question::parse_ends(name).is_ok()
        {
            let message = format!("{} means something else in questions", shown(name));
            reader.error(key, message, Some("give it another name".to_owned()));
            continue;
        }
        let Some(text) = reader.text(value, "ends such as `sg:web & subnet:web-*`") else { continue };
        let place = reader.words(value, &text).unwrap_or_else(|| reader.place(value));
        let meaning = match text.strip_prefix("file:") {
            Some(file) => {
                Meaning::Blocks { file: file.to_owned(), blocks: blocks(reader, value, file, file_of) }
            }
            None => match reader.ends(value, &text) {
                Some(ends) => Meaning::Ends { text, ends },
                None => continue,
            },
        };
        defined.push((value, Defined { name: name.to_owned(), meaning, place }));
    }
    in_order(reader, defined)
}

/// The blocks that a file lists, one address or block a line; `#` begins a comment.
fn blocks(reader: &mut Reader<'_>, node: &MarkedYaml<'_>, file: &str, file_of: FileOf<'_>) -> Vec<IpNet> {
    let text = match file_of(file) {
        Ok(text) => text,
        Err(why) => {
            reader.error(node, format!("{} could not be read: {why}", shown(file)), None);
            return Vec::new();
        }
    };
    let mut blocks = Vec::new();
    for (line, written) in (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(&text).lines()) {
        let word = written.split('#').next().unwrap_or_default().trim();
        if word.is_empty() {
            continue;
        }
        let block = word.parse::<IpNet>().ok().or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from));
        match block {
            Some(block) if block.trunc() == block => blocks.push(block),
            found => {
                let message = match found {
                    Some(block) => {
                        format!("{} has bits set behind its prefix; expected {}", shown(word), block.trunc())
                    }
                    None => format!("expected an address or a block, found {}", shown(word)),
                };
                let place = Location { file: file.to_owned(), line, column: 1 };
                let width = written.chars().count().max(1);
                reader.errors.push(IntentError { place, width, message, help: None });
            }
        }
    }
    blocks
}

/// Names so that each speaks only of those before it; those that speak of themselves are errors.
fn in_order<'n>(reader: &mut Reader<'_>, mut waiting: Vec<(&'n MarkedYaml<'n>, Defined)>) -> Vec<Defined> {
    let mut done: Vec<Defined> = Vec::new();
    loop {
        let speaks_of = |defined: &Defined, name: &str| match &defined.meaning {
            Meaning::Ends { ends, .. } => {
                names_in(ends).any(|term| matches!(&term.node, Term::Name(own) if own == name))
            }
            Meaning::Blocks { .. } => false,
        };
        let ready = waiting
            .iter()
            .position(|(_, defined)| !waiting.iter().any(|(_, other)| speaks_of(defined, &other.name)));
        match ready {
            Some(ready) => done.push(waiting.remove(ready).1),
            None => break,
        }
    }
    for (node, defined) in &waiting {
        let itself = match &defined.meaning {
            Meaning::Ends { ends, .. } => {
                names_in(ends).any(|term| term.node == Term::Name(defined.name.clone()))
            }
            Meaning::Blocks { .. } => false,
        };
        let name = shown(&defined.name);
        let (message, help) = match itself {
            true => (
                format!("{name} stands for itself"),
                format!("write the kind of the resource that is called so: `sg:{}`", defined.name),
            ),
            false => (
                format!("{name} stands for names that in the end stand for it"),
                "say without them what one of these names is".to_owned(),
            ),
        };
        reader.error(node, message, Some(help));
    }
    done
}

pub(super) fn profiles<'t>(reader: &mut Reader<'t>, node: &MarkedYaml<'t>) -> Vec<Profile> {
    let mut profiles = Vec::new();
    for (text, key, value) in reader.mapping(node, "`profiles`") {
        let ends = reader.ends(key, text);
        let Some(written) = reader.text(value, "a kind of client or a range of ports") else { continue };
        let ports = client_kind(&written).map(|kind| kind.ports).or_else(|| range(&written));
        let (Some(ends), Some(ports)) = (ends, ports) else {
            if ports.is_none() {
                let kinds = || CLIENT_KINDS.iter().map(|kind| kind.key);
                let help = match closest(&written, kinds()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!(
                        "write a range such as 1024-65535, or one of {}",
                        kinds().collect::<Vec<_>>().join(", ")
                    ),
                };
                reader.error(
                    value,
                    format!("{} is no kind of client and no range of ports", shown(&written)),
                    Some(help),
                );
            }
            continue;
        };
        let place = reader.place(key);
        profiles.push(Profile { ends, text: text.to_owned(), written, ports, place });
    }
    profiles
}

fn range(text: &str) -> Option<PortRange> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let range = PortRange { from: from.parse().ok()?, to: to.parse().ok()? };
    (range.from <= range.to).then_some(range)
}
