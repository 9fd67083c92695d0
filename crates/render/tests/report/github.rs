//! Workflow commands of GitHub, read as its runner reads them: a line that begins with `::`, a name, properties with
//! commas between them, `::`, the text; then the escapes of each.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::fixture::{HOSTILE, filled, sample};
use crate::print;

#[derive(Debug, PartialEq)]
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    text: String,
}

fn unescaped(text: &str, property: bool) -> String {
    let mut text = text.replace("%0D", "\r").replace("%0A", "\n");
    if property {
        text = text.replace("%3A", ":").replace("%2C", ",");
    }
    text.replace("%25", "%")
}

/// The commands of a log; every line has to be one. The runner's lines end at `\n`, `\r` or both.
fn commands(log: &str) -> Vec<Command> {
    let lines = log.split(['\r', '\n']).filter(|line| !line.is_empty());
    let parse = |line: &str| {
        let (head, text) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let property = |one: &str| {
            let (key, value) = one.split_once('=').unwrap();
            (key.to_owned(), unescaped(value, true))
        };
        let properties = properties.split(',').filter(|one| !one.is_empty()).map(property).collect();
        Command { name: name.to_owned(), properties, text: unescaped(text, false) }
    };
    lines.map(parse).collect()
}

fn command(name: &str, properties: &[(&str, &str)], text: &str) -> Command {
    let properties = properties.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    Command { name: name.to_owned(), properties, text: text.to_owned() }
}

#[test]
fn what_is_wrong_is_annotated() {
    let place =
        [("file", "export/acls.json"), ("line", "57"), ("col", "3"), ("title", "PC0203 acl-web in 200")];
    let expected = [
        command("notice", &[("title", "portcullis audit")], "2 findings, 1 undecided"),
        command(
            "warning",
            &place,
            "this deny never applies\nshadowed by rule 100 allow all\nfix: renumber 200 to 90\n\
             the rule that comes first: export/my acls.json:44:1",
        ),
        command("error", &[("title", "PC0101 web-1")], "tcp 22 is open to the internet"),
        command("error", &[("title", "PC0101 db-1")], "may be open\nundecided: no route table is described"),
    ];
    assert_eq!(commands(&print(&sample(), "github")), expected);
}

fn survives(text: &str) {
    let found = commands(&print(&filled(text), "github"));
    let names: Vec<_> = found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["notice", "error", "warning", "notice", "notice"]);
    assert_eq!(found[0].text, text);
    for one in &found[1..] {
        assert_eq!(one.properties["title"], format!("{text} {text}"));
        assert_eq!(one.properties["line"], "7");
        assert!(one.text.starts_with(&format!("{text}\n")), "{:?}", one.text);
    }
}

#[test]
fn hostile_text_stays_text() {
    survives(HOSTILE);
}

proptest! {
    #[test]
    fn any_text_stays_text(text in "(?s)\\PC{1,20}|.{1,20}|(%|%25|%0A|::|,|=|\n|\r){1,6}") {
        survives(&text);
    }
}
