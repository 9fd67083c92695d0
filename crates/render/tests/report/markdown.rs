//! Markdown, read back by `pulldown-cmark`.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use render::report::{Case, Level, Outcome, Report};

use crate::fixture::{HOSTILE, filled, sample};
use crate::{named, print};

/// The cells of all tables, and what else may be in a comment of ours: anything more was made by somebody's text.
fn cells(text: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut cell = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::TableCell) => cell = Some(String::new()),
            Event::End(TagEnd::TableCell) => cells.extend(cell.take()),
            Event::Text(text) => cell.iter_mut().for_each(|cell| cell.push_str(&text)),
            Event::InlineHtml(html) => assert_eq!(&*html, "<!-- -->"),
            Event::Html(html) => assert!(!html.contains("<b>") && !html.contains("</script>"), "{html}"),
            Event::Start(
                Tag::Heading { .. }
                | Tag::Paragraph
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow
                | Tag::HtmlBlock
                | Tag::List(None)
                | Tag::Item,
            )
            | Event::End(_) => {}
            other => panic!("{other:?} in {text}"),
        }
    }
    cells
}

#[test]
fn the_verdict_comes_first_and_the_rest_is_folded() {
    let expected = "\
### portcullis audit: 2 findings, 1 undecided

| | rule | what | where |
|---|---|---|---|
| warning | PC0203 | acl-web in 200: this deny never applies | export/acls.json:57 |
| error | PC0101 | web-1: tcp 22 is open to the internet |  |
| undecided | PC0101 | db-1: may be open |  |

<details><summary>PC0203 acl-web in 200: this deny never applies</summary>

<pre>
shadowed by rule 100 allow all
fix: renumber 200 to 90
the rule that comes first: export/my acls.json:44:1
</pre>

</details>

<details><summary>PC0101 db-1: may be open</summary>

<pre>
undecided: no route table is described
</pre>

</details>

<details><summary>1 skipped</summary>

- PC0101 lb-1: is open (the shop, until 2027-01-31)

</details>

<details><summary>1 passed</summary>

- PC0101 app-1: is not reachable

</details>
";
    assert_eq!(print(&sample(), "md"), expected);
}

/// In one line, without what stands before and after.
fn line(text: &str) -> String {
    named(text).trim().replace(['\n', '\t'], " ")
}

fn survives(text: &str) {
    let found = cells(&print(&filled(text), "md"));
    let rows: Vec<_> = found.chunks(4).skip(1).collect();
    assert_eq!(rows.len(), 4);
    for row in rows {
        // The reader takes spaces at the ends of a cell away, as we do.
        assert_eq!(row[1], line(text), "{text:?}");
        assert_eq!(row[2], line(text), "{text:?}");
    }
}

#[test]
fn hostile_text_stays_text() {
    survives(HOSTILE);
    survives("- @everyone: #1 1. 2) + **b** _i_ ~~s~~ `c` ![i](u) [l](u) <https://example.org> &amp; a\\|b");
    survives("1. one");
    survives("# one");
}

proptest! {
    #[test]
    fn any_text_stays_text(text in "\\PC{1,20}|[-+#>1. )(_*`~|\\\\\\[\\]!&;<a\n\t]{1,12}") {
        survives(&text);
    }
}

#[test]
fn a_comment_is_not_longer_than_it_may_be() {
    let case = |number: usize| Case {
        rule: "PC0101".to_owned(),
        name: format!("web-{number}"),
        outcome: if number.is_multiple_of(3) { Outcome::Passed } else { Outcome::Failed(Level::Error) },
        message: "is open".to_owned(),
        details: vec!["because of a rule".to_owned()],
        place: None,
        related: Vec::new(),
        fingerprint: number.to_string(),
    };
    let text = print(&Report { cases: (0..6000).map(case).collect(), ..Report::default() }, "md");
    assert!(text.len() < 65_536, "{}", text.len());
    let rows = text.lines().filter(|line| line.starts_with("| error")).count();
    assert!(rows > 0 && text.contains(&format!("\n{} more are left out", 4000 - rows)), "{rows} rows");
    assert!(text.contains("The details of 4000 more are left out"));
    assert!(text.contains("<details><summary>2000 passed</summary>\n\n- and 2000 more\n"));
}
