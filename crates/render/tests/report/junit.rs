//! JUnit XML, read back by `roxmltree`.

use proptest::prelude::*;
use render::report::{Level, Report};
use roxmltree::{Document, Node};

use crate::fixture::{HOSTILE, filled, sample};
use crate::{named, print};

fn cases<'a>(document: &'a Document<'_>) -> Vec<Node<'a, 'a>> {
    document.descendants().filter(|node| node.has_tag_name("testcase")).collect()
}

#[test]
fn suites_count_their_cases() {
    let text = print(&sample(), "junit");
    let document = Document::parse(&text).unwrap();
    for tag in ["testsuites", "testsuite"] {
        let suite = document.descendants().find(|node| node.has_tag_name(tag)).unwrap();
        let counts =
            ["tests", "failures", "errors", "skipped", "time"].map(|name| suite.attribute(name).unwrap());
        assert_eq!(counts, ["5", "2", "1", "1", "0.031"], "{tag}");
    }
    let suite = document.root_element().first_element_child().unwrap();
    assert_eq!(suite.attribute("name"), Some("portcullis audit"));
    let property = suite.descendants().find(|node| node.has_tag_name("property")).unwrap();
    assert_eq!(property.attribute("value"), Some("2 findings, 1 undecided"));
}

#[test]
fn a_finding_is_a_failure_with_its_place() {
    let text = print(&sample(), "junit");
    let document = Document::parse(&text).unwrap();
    let case = cases(&document)[0];
    let attributes = ["name", "classname", "file", "line"].map(|name| case.attribute(name).unwrap());
    assert_eq!(attributes, ["acl-web in 200", "portcullis.audit.PC0203", "export/acls.json", "57"]);
    let failure = case.first_element_child().unwrap();
    assert_eq!(failure.tag_name().name(), "failure");
    assert_eq!(failure.attribute("type"), Some("warning"));
    assert_eq!(failure.attribute("message"), Some("this deny never applies"));
    assert_eq!(
        failure.text(),
        Some(
            "this deny never applies\nat ./export/acls.json:57:3\nshadowed by rule 100 allow all\n\
             fix: renumber 200 to 90\nthe rule that comes first: export/my acls.json:44:1"
        )
    );
}

#[test]
fn outcomes_are_elements() {
    let text = print(&sample(), "junit");
    let document = Document::parse(&text).unwrap();
    let outcome = |case: &Node<'_, '_>| {
        let element = case.first_element_child();
        element.map(|one| (one.tag_name().name().to_owned(), one.attribute("message").unwrap().to_owned()))
    };
    let outcomes: Vec<_> = cases(&document).iter().map(outcome).skip(1).collect();
    let expected = [
        Some(("failure", "tcp 22 is open to the internet")),
        Some(("error", "no route table is described")),
        Some(("skipped", "the shop, until 2027-01-31")),
        None,
    ];
    let expected = expected.map(|one| one.map(|(tag, text)| (tag.to_owned(), text.to_owned())));
    assert_eq!(outcomes, expected);
}

/// What makes the command fail is a failure, and nothing else: a note of `audit` is, one of `diff` is not.
#[test]
fn failures_are_what_the_command_fails_for() {
    let failures = |fails_from| {
        let text = print(&Report { fails_from, ..sample() }, "junit");
        let document = Document::parse(&text).unwrap();
        let of_case = cases(&document)
            .iter()
            .filter(|case| case.children().any(|one| one.has_tag_name("failure")))
            .count();
        let counted = document.root_element().attribute("failures").unwrap().parse::<usize>().unwrap();
        assert_eq!(of_case, counted);
        counted
    };
    // One warning, one error.
    assert_eq!([Level::Note, Level::Warning, Level::Error].map(failures), [2, 2, 1]);
}

fn survives(text: &str) {
    let printed = print(&filled(text), "junit");
    let document = Document::parse(&printed).unwrap();
    let cases = cases(&document);
    assert_eq!(cases.len(), 6);
    let suite = document.root_element();
    assert_eq!(
        ["failures", "errors", "skipped"].map(|name| suite.attribute(name)),
        [Some("2"), Some("1"), Some("1")]
    );
    for case in cases {
        assert_eq!(case.attribute("name"), Some(named(text).as_str()));
        assert_eq!(case.attribute("classname"), Some(format!("portcullis.test.{}", named(text)).as_str()));
        let Some(outcome) = case.first_element_child() else { continue };
        // What is worth knowing is no failure.
        let message = (!outcome.has_tag_name("system-out")).then(|| named(text));
        assert_eq!(outcome.attribute("message"), message.as_deref());
        let body = outcome.text().unwrap();
        assert!(body.starts_with(&named(&format!("{text}\nat {text}:7:3\n"))), "{body:?}");
    }
}

#[test]
fn hostile_text_stays_text() {
    survives(HOSTILE);
}

proptest! {
    #[test]
    fn any_text_stays_text(text in "(?s)\\PC{0,20}|.{0,20}|(\\]\\]>|&#0;|<!--|\r\n){1,4}") {
        survives(&text);
    }
}
