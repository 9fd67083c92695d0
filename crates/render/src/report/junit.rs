//! JUnit XML, in the form that most CI servers read: a suite a command, a test case each case.
//!
//! What makes the command end with 1 is a `failure`, what nobody can decide an `error`, what was looked away from
//! `skipped`. What was found beside that has passed, and says so in `system-out`. XML cannot hold most control characters;
//! they are named.

use std::io::{self, Write};

use quick_xml::events::BytesText;
use quick_xml::{ElementWriter, Writer};

use super::{Case, Format, Outcome, Report, place};
use crate::visible::visible;

pub(super) const FORMAT: Format =
    Format { name: "junit", about: "JUnit XML, for the test reports of CI servers", print };

fn print(report: &Report) -> io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.get_mut().write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writer.write_indent()?;
    let counts = counts(report);
    let suites =
        attributes(writer.create_element("testsuites"), &counts).with_attribute(("name", "portcullis"));
    suites.write_inner_content(|writer| {
        let suite = attributes(writer.create_element("testsuite"), &counts);
        suite
            .with_attribute(("name", format!("portcullis {}", report.command).as_str()))
            .write_inner_content(|writer| {
                let properties = writer.create_element("properties");
                properties.write_inner_content(|writer| {
                    let property = writer.create_element("property").with_attribute(("name", "summary"));
                    property.with_attribute(("value", &*visible(&report.summary))).write_empty()?;
                    Ok(())
                })?;
                report.cases.iter().try_for_each(|case| test_case(report, case, writer))
            })?;
        Ok(())
    })?;
    writer.write_indent()?;
    String::from_utf8(writer.into_inner()).map_err(io::Error::other)
}

/// What both the suites and the suite say: how many, and how long it took.
fn counts(report: &Report) -> Vec<(&'static str, String)> {
    let of = |wanted: &dyn Fn(&Outcome) -> bool| {
        report.cases.iter().filter(|case| wanted(&case.outcome)).count().to_string()
    };
    let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed(level) if *level >= report.fails_from);
    let mut counts = vec![
        ("tests", report.cases.len().to_string()),
        ("failures", of(&failed)),
        ("errors", of(&|outcome| matches!(outcome, Outcome::Undecided(_)))),
        ("skipped", of(&|outcome| matches!(outcome, Outcome::Skipped(_)))),
    ];
    counts.extend(report.seconds.map(|seconds| ("time", format!("{seconds:.3}"))));
    counts
}

fn attributes<'a, W>(
    element: ElementWriter<'a, W>,
    values: &[(&'static str, String)],
) -> ElementWriter<'a, W> {
    element.with_attributes(values.iter().map(|(name, value)| (*name, value.as_str())))
}

fn test_case(report: &Report, case: &Case, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let class = format!("portcullis.{}.{}", report.command, case.rule);
    let element = writer
        .create_element("testcase")
        .with_attribute(("name", &*visible(&case.name)))
        .with_attribute(("classname", &*visible(&class)));
    let element = match &case.place {
        Some(at) => element
            .with_attribute(("file", &*visible(&place::path(&at.file))))
            .with_attribute(("line", at.line.to_string().as_str())),
        None => element,
    };
    let (tag, kind, message) = match &case.outcome {
        Outcome::Passed => {
            element.write_empty()?;
            return Ok(());
        }
        Outcome::Failed(level) if *level < report.fails_from => ("system-out", None, None),
        Outcome::Failed(level) => ("failure", Some(level.word()), Some(&case.message)),
        Outcome::Undecided(reason) => ("error", Some("undecided"), Some(reason)),
        Outcome::Skipped(reason) => ("skipped", None, Some(reason)),
    };
    element.write_inner_content(|writer| {
        let outcome = writer.create_element(tag);
        let outcome = outcome.with_attributes(message.map(|text| ("message", visible(text))));
        let outcome = outcome.with_attributes(kind.map(|kind| ("type", kind)));
        outcome.write_text_content(BytesText::new(&visible(&body(case))))?;
        Ok(())
    })?;
    Ok(())
}

/// What CI servers show when a case is opened.
fn body(case: &Case) -> String {
    let place = case.place.as_ref().map(|at| format!("at {at}"));
    [case.message.clone()].into_iter().chain(place).chain(case.lines()).collect::<Vec<_>>().join("\n")
}
