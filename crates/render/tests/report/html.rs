//! The HTML file, read back by a strict reader of XML.

use proptest::prelude::*;
use roxmltree::{Document, Node, ParsingOptions};

use crate::fixture::{HOSTILE, filled, sample};
use crate::{named, print};

fn parse(text: &str) -> Document<'_> {
    Document::parse_with_options(text, ParsingOptions { allow_dtd: true, ..ParsingOptions::default() })
        .unwrap()
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter_map(|node| node.is_text().then(|| node.text()).flatten()).collect()
}

fn all<'a>(document: &'a Document<'_>, tag: &str) -> Vec<Node<'a, 'a>> {
    document.descendants().filter(|node| node.tag_name().name() == tag).collect()
}

#[test]
fn nothing_is_fetched_and_nothing_is_run() {
    for report in [sample(), filled(HOSTILE)] {
        let page = print(&report, "html");
        let document = parse(&page);
        let known =
            "html head meta title style body header main article h1 h2 h3 p span a pre details summary ul li";
        for node in document.descendants().filter(Node::is_element) {
            assert!(known.split(' ').any(|tag| tag == node.tag_name().name()), "{:?}", node.tag_name());
            for attribute in node.attributes() {
                let known = "lang charset name content class id href";
                assert!(known.split(' ').any(|name| name == attribute.name()), "{attribute:?}");
                assert!(
                    attribute.name() != "href" || attribute.value().starts_with("#rule-"),
                    "{attribute:?}"
                );
            }
        }
        let style = text(all(&document, "style")[0]);
        assert!(!style.contains("url(") && !style.contains("@import"));
        assert!(style.contains("prefers-color-scheme: dark") && style.contains("@media print"));
    }
}

#[test]
fn what_is_wrong_is_open_and_the_rest_is_folded() {
    let page = print(&sample(), "html");
    let document = parse(&page);
    assert_eq!(text(all(&document, "h1")[0]), "2 findings, 1 undecided");
    assert_eq!(text(all(&document, "p")[0]), "portcullis audit of ./export, 0.03 s");
    let articles = all(&document, "article");
    let words: Vec<_> = articles.iter().map(|one| one.attribute("class").unwrap()).collect();
    assert_eq!(words, ["warning", "error", "undecided"]);
    let lines: Vec<_> =
        text(articles[0]).lines().map(str::to_owned).filter(|line| !line.is_empty()).collect();
    let expected = [
        "warning acl-web in 200",
        "this deny never applies",
        "shadowed by rule 100 allow all",
        "fix: renumber 200 to 90",
        "the rule that comes first: export/my acls.json:44:1",
        "./export/acls.json:57:3",
        "PC0203 a rule that never applies",
    ];
    assert_eq!(lines, expected);
    let summaries: Vec<_> = all(&document, "summary").into_iter().map(text).collect();
    let expected =
        ["1 skipped", "1 passed", "PC0101 reachable from the internet", "PC0203 a rule that never applies"];
    assert_eq!(summaries, expected);
    let link = all(&document, "a")[0].attribute("href").unwrap().trim_start_matches('#');
    let rule = all(&document, "details").into_iter().find(|node| node.attribute("id") == Some(link)).unwrap();
    assert!(text(rule).contains("It is bad because nobody sees it."));
}

fn survives(hostile: &str) {
    let page = print(&filled(hostile), "html");
    let document = parse(&page);
    let articles = all(&document, "article");
    assert_eq!(articles.len(), 4);
    assert_eq!(text(all(&document, "h1")[0]), named(hostile));
    for article in articles {
        let message = article.children().find(|node| node.has_tag_name("p")).unwrap();
        assert_eq!(text(message), named(hostile));
    }
}

#[test]
fn hostile_text_stays_text() {
    survives(HOSTILE);
}

proptest! {
    #[test]
    fn any_text_stays_text(text in "(?s)\\PC{0,20}|.{0,20}|(</pre>|</title>|</style>|<!--|&#x41;|\"){1,4}") {
        survives(&text);
    }
}
