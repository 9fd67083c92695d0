//! Workflow commands of GitHub, which shows them as annotations: a line each thing that is wrong.
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>
//!
//! Every line is a command, so that no text of a report can begin one of its own.

use std::io;

use super::{Format, Level, Outcome, Report, place};

pub(super) const FORMAT: Format =
    Format { name: "github", about: "Annotations of GitHub, for the log of a workflow", print };

fn print(report: &Report) -> io::Result<String> {
    let title = property(&format!("portcullis {}", report.command));
    let mut out = format!("::notice title={title}::{}\n", data(&report.summary));
    for case in &report.cases {
        if matches!(case.outcome, Outcome::Passed | Outcome::Skipped(_)) {
            continue;
        }
        let command = match report.level(case) {
            Level::Note => "notice",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let place = case.place.as_ref().map(|at| {
            format!("file={},line={},col={},", property(&place::path(&at.file)), at.line, at.column)
        });
        let title = property(&format!("{} {}", case.rule, case.name));
        let message = [case.message.clone()].into_iter().chain(case.lines()).collect::<Vec<_>>().join("\n");
        out.push_str(&format!(
            "::{command} {}title={title}::{}\n",
            place.unwrap_or_default(),
            data(&message)
        ));
    }
    Ok(out)
}

/// What follows the second `::`, as `@actions/core` writes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, as `@actions/core` writes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
