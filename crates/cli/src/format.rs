//! `--format` of the commands whose answers are reports: for people, for programs, for other tools.

use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use render::report;

/// How to print a report.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One object of the command's own shape.
    Json,
    /// The format of another tool.
    Report(&'static report::Format),
}

static ALL: LazyLock<Vec<Format>> = LazyLock::new(|| {
    [Format::Text, Format::Json].into_iter().chain(report::FORMATS.iter().map(Format::Report)).collect()
});

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Format] {
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, about) = match self {
            Format::Text => ("text", "For people"),
            Format::Json => ("json", "One object"),
            Format::Report(format) => (format.name, format.about),
        };
        Some(PossibleValue::new(name).help(about))
    }
}
