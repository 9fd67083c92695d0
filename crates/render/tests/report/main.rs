//! Reports in the formats of other tools, read back by readers that share nothing with the writers.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod fixture;
mod junit;
mod sarif;

use render::report::{self, Report};

/// A report in the format of this name.
fn print(report: &Report, format: &str) -> String {
    let format = report::FORMATS.iter().find(|one| one.name == format);
    report::print(report, format.unwrap_or_else(|| panic!("no such format"))).unwrap()
}
